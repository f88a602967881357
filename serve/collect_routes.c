/* Which path is what, who may ask, and OpenRosa's own requests.
 *
 * A path of OpenRosa is: who asks, then what for. Who:
 *
 *     /key/TOKEN              a device, by the token it was enrolled with
 *     /test/TOKEN             whoever tries a draft, by the draft's token
 *     (nothing)               a person, by HTTP Digest
 *
 * each also below /v1, and with /projects/N after it, as clients that were set up for ODK Central write
 * them; N is not looked at, for a server serves one study. What: the table `openrosa` below, in which
 * ID, VERSION and NAME stand for any step. Other paths are pages: the table `pages`, by prefix.
 *
 * Steps are split before they are decoded, so an encoded slash stays within its step. A token is compared
 * by its hash, in a table: no secret is compared byte by byte, and no slow hash is computed for anyone.
 *
 * Source: OpenRosa 1.0 (getodk.github.io); paths of ODK Central's API. */
#include <sodium.h>
#include <string.h>

#include "serve/collect_inside.h"

/* ---- text of URLs ---- */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                        : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL when it is no UTF-8, or holds a zero byte. */
char *tf_url_decode(struct tf_arena *arena, const char *s, size_t n, bool plus_is_blank)
{
    char *out = tf_alloc(arena, n + 1);
    size_t m = 0;
    for (size_t k = 0; k < n; k++) {
        if (s[k] == '%' && k + 2 < n && digit(s[k + 1]) >= 0 && digit(s[k + 2]) >= 0) {
            out[m++] = (char)(digit(s[k + 1]) * 16 + digit(s[k + 2]));
            k += 2;
        } else if (s[k] == '+' && plus_is_blank) {
            out[m++] = ' ';
        } else {
            out[m++] = s[k];
        }
    }
    return strlen(out) == m && tf_utf8_valid(out, m) == m ? out : NULL;
}

/* ---- answers of OpenRosa ---- */

static void answer_xml(struct call *call, const struct tf_buf *b)
{
    call->reply.status = MHD_HTTP_OK;
    call->reply.type = "text/xml; charset=utf-8";
    call->reply.data = tf_buf_text(b);
    call->reply.n = b->n;
}

static bool own_media(const struct tf_out_form *form)
{
    return form->own_assignments || form->own_quotas;
}

static void answer_list(struct call *call)
{
    struct tf_buf b = {.arena = call->arena};
    const struct tf_request *r = &call->request;
    const struct tf_form_query query = {
        .form_id = tf_web_query(r, "formID"),
        .all_versions = tf_streq(tf_web_query(r, "listAllVersions"), "true"),
        .verbose = tf_streq(tf_web_query(r, "verbose"), "true"),
        .has_own = r->device != NULL ? own_media : NULL};
    tf_openrosa_form_list(&call->asker, &query, &b);
    answer_xml(call, &b);
}

static const struct tf_out_form *the_form(struct call *call)
{
    const char *version = call->version != NULL && strcmp(call->version, "___") == 0 ? "" : call->version;
    const struct tf_out_form *form = tf_openrosa_form(&call->asker, call->form_id, version);
    if (form == NULL)
        tf_call_say(call, MHD_HTTP_NOT_FOUND, "There is no such form to download.");
    return form;
}

static void answer_form(struct call *call)
{
    const struct tf_out_form *form = the_form(call);
    if (form == NULL)
        return;
    call->file = form->xml;
    call->reply.status = MHD_HTTP_OK;
    call->reply.type = "text/xml; charset=utf-8";
}

/* At the desk: a device's own media are made from the book. */
static bool device_media(struct call *call, const struct tf_out_form *form,
                         struct tf_own_media **ret, size_t *ret_n)
{
    struct tf_err err;
    *ret_n = 0;
    *ret = NULL;
    if (call->request.device == NULL || !own_media(form))
        return true;
    if (tf_device_media(call->request.arena, call->site->fieldwork, call->request.device, form, ret,
                        ret_n, &err) == TF_OK)
        return true;
    tf_reply_text(&call->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "The book cannot be read just now.\n");
    return false;
}

static struct call *call_of(struct tf_request *request)
{
    return (struct call *)((char *)request - offsetof(struct call, request));
}

static void desk_manifest(struct tf_request *request, struct tf_reply *reply)
{
    struct call *call = call_of(request);
    const struct tf_out_form *form = the_form(call);
    struct tf_buf b = {.arena = request->arena};
    struct tf_own_media *own;
    size_t n;
    if (form == NULL || !device_media(call, form, &own, &n))
        return;
    tf_openrosa_manifest(&call->asker, form, own, n, &b);
    reply->status = MHD_HTTP_OK;
    reply->type = "text/xml; charset=utf-8";
    reply->data = tf_buf_text(&b);
    reply->n = b.n;
}

static const char *media_type(const char *name)
{
    static const char *const types[][2] = {
        {".csv", "text/csv; charset=utf-8"}, {".xml", "text/xml; charset=utf-8"},
        {".geojson", "application/geo+json"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},
        {".png", "image/png"}, {".svg", "image/svg+xml"}, {".mp3", "audio/mpeg"},
        {".m4a", "audio/mp4"}, {".ogg", "audio/ogg"}, {".wav", "audio/wav"}, {".mp4", "video/mp4"}};
    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
        if (tf_ends(name, types[k][0]))
            return types[k][1];
    return "application/octet-stream";
}

static void desk_media(struct tf_request *request, struct tf_reply *reply)
{
    struct call *call = call_of(request);
    const struct tf_out_form *form = the_form(call);
    struct tf_own_media *own;
    size_t n;
    if (form == NULL)
        return;
    reply->type = media_type(call->media);
    for (size_t k = 0; k < form->n_media; k++)
        if (strcmp(form->media[k].name, call->media) == 0) {
            reply->status = MHD_HTTP_OK;
            call->file = form->media[k].path;
            return;
        }
    if (!device_media(call, form, &own, &n))
        return;
    for (size_t k = 0; k < n; k++)
        if (strcmp(own[k].name, call->media) == 0) {
            reply->status = MHD_HTTP_OK;
            reply->data = own[k].data.data;
            reply->n = own[k].data.n;
            return;
        }
    tf_call_say(call, MHD_HTTP_NOT_FOUND, "The form has no such file.");
}

/* HEAD before the first POST (and GET, which HTTP wants to be the same): you may send. */
static void answer_submission(struct call *call)
{
    struct tf_openrosa_answer refusal;
    if (strcmp(call->request.method, "POST") != 0) {
        call->reply.status = MHD_HTTP_NO_CONTENT;
        call->reply.type = "text/xml; charset=utf-8";
        return;
    }
    if (!tf_openrosa_receive(call->arena, &call->asker, call->part, call->n_parts,
                             call->request.now, &call->post, &refusal)) {
        tf_call_say(call, refusal.status, refusal.text);
        return;
    }
    for (size_t k = 0; k < call->post.n_parts; k++)
        call->post_bytes += call->post.part[k].n;
}

/* ---- the tables ---- */

/* clang-format off */
enum { FORM_LIST, SUBMISSION, FORM_XML, MANIFEST, MEDIA };
static const struct route routes[] = {
    [FORM_LIST]  = {"formList",   "GET HEAD",      true,  answer_list,       NULL, NULL},
    [SUBMISSION] = {"submission", "GET HEAD POST", true,  answer_submission, NULL, NULL},
    [FORM_XML]   = {"form",       "GET HEAD",      false, answer_form,       NULL, NULL},
    [MANIFEST]   = {"manifest",   "GET HEAD",      true,  NULL,              NULL, desk_manifest},
    [MEDIA]      = {"media",      "GET HEAD",      false, NULL,              NULL, desk_media},
};
static const struct { const char *steps; int route; } openrosa[] = {
    {"formList",                                 FORM_LIST},
    {"submission",                               SUBMISSION},
    {"forms/ID.xml",                             FORM_XML},
    {"forms/ID/manifest",                        MANIFEST},
    {"forms/ID/attachments/NAME",                MEDIA},
    {"forms/ID/versions/VERSION.xml",            FORM_XML},
    {"forms/ID/versions/VERSION/manifest",       MANIFEST},
    {"forms/ID/versions/VERSION/attachments/NAME", MEDIA},
    {"forms/ID/draft.xml",                       FORM_XML}, /* drafts, as Central writes them */
    {"forms/ID/draft/formList",                  FORM_LIST},
    {"forms/ID/draft/submission",                SUBMISSION},
    {"forms/ID/draft/manifest",                  MANIFEST},
    {"forms/ID/draft/attachments/NAME",          MEDIA},
};
/* Pages, by prefix; each lands with its own file. */
static const struct { const char *prefix; struct route route; } pages[] = {
    {"/f", {"form page", "GET HEAD", false, NULL, tf_form_page, NULL}},
    {"/sign-in", {"sign-in", "GET HEAD POST", false, NULL, tf_people_page, NULL}},
    {"/sign-out", {"sign-out", "POST", false, NULL, tf_people_page, NULL}},
    {"/fieldwork", {"fieldwork", "GET HEAD POST", false, NULL, tf_monitor_page, NULL}},
    {"/odata", {"feed", "GET HEAD", false, NULL, tf_odata_page, NULL}},
};
/* clang-format on */

/* ---- finding one ---- */

enum { MAX_STEPS = 12 };
struct steps {
    const char *raw[MAX_STEPS];
    size_t length[MAX_STEPS], n;
};

static bool split(const char *path, struct steps *ret)
{
    ret->n = 0;
    while (*path == '/') {
        path++;
        if (ret->n == MAX_STEPS)
            return false;
        ret->raw[ret->n] = path;
        ret->length[ret->n] = strcspn(path, "/");
        path += ret->length[ret->n++];
    }
    return ret->n > 0 && *path == '\0';
}

static bool step_is(const struct steps *s, size_t k, const char *word)
{
    return k < s->n && s->length[k] == strlen(word) && memcmp(s->raw[k], word, s->length[k]) == 0;
}

/* One step against one of a pattern: a word, or a name, or a name with ".xml" behind it. */
static bool step_fits(struct call *call, const char *raw, size_t n, const char *want, size_t m)
{
    static const char *const names[] = {"ID", "VERSION", "NAME"};
    const char **const to[] = {&call->form_id, &call->version, &call->media};
    for (size_t k = 0; k < 3; k++) {
        const size_t name = strlen(names[k]);
        if (m < name || memcmp(want, names[k], name) != 0)
            continue;
        const size_t tail = m - name; /* ".xml" or nothing */
        if (n <= tail || memcmp(raw + n - tail, want + name, tail) != 0)
            return false;
        *to[k] = tf_url_decode(call->arena, raw, n - tail, false);
        return *to[k] != NULL;
    }
    return n == m && memcmp(raw, want, n) == 0;
}

static bool fits(struct call *call, const struct steps *s, size_t from, const char *pattern)
{
    call->form_id = call->version = call->media = NULL;
    for (size_t k = from; k < s->n; k++) {
        const size_t m = strcspn(pattern, "/");
        if (!step_fits(call, s->raw[k], s->length[k], pattern, m))
            return false;
        pattern += m;
        if (*pattern == '\0')
            return k + 1 == s->n;
        pattern++;
    }
    return false;
}

static bool find_openrosa(struct call *call, const struct steps *s)
{
    struct tf_buf base = {.arena = call->arena};
    const char *hash = NULL;
    size_t at = step_is(s, 0, "v1") ? 1 : 0;
    tf_buf_add(&base, call->site->base_url);
    const bool key = step_is(s, at, "key"), test = step_is(s, at, "test");
    if ((key || test) && at + 1 < s->n) {
        call->token = tf_url_decode(call->arena, s->raw[at + 1], s->length[at + 1], false);
        if (call->token == NULL)
            return false;
        if (test) {
            const struct tf_hash h = tf_token_hash(call->token);
            hash = tf_strdup(call->arena, h.hex);
        }
        at += 2;
    }
    if (step_is(s, at, "projects"))
        at += 2;
    for (size_t k = 0; k < at && k < s->n; k++) {
        tf_buf_char(&base, '/');
        tf_buf_addn(&base, s->raw[k], s->length[k]);
    }
    call->asker = (struct tf_openrosa){.form = call->rolls->form, .n_forms = call->rolls->n_forms,
                                       .xform = call->rolls->xform, .base = tf_buf_text(&base),
                                       .draft = hash};
    for (size_t k = 0; k < sizeof openrosa / sizeof *openrosa; k++)
        if (fits(call, s, at, openrosa[k].steps)) {
            call->route = &routes[openrosa[k].route];
            return true;
        }
    return false;
}

static bool find_page(struct call *call)
{
    const char *path = call->request.path;
    for (size_t k = 0; k < sizeof pages / sizeof *pages; k++) {
        const size_t n = strlen(pages[k].prefix);
        if (n > 0 && strncmp(path, pages[k].prefix, n) == 0 &&
            (path[n] == '\0' || path[n] == '/' || path[n - 1] == '/')) {
            call->route = &pages[k].route;
            call->request.rest = path + n;
            return true;
        }
    }
    return false;
}

void tf_call_route(struct call *call)
{
    struct steps steps;
    const char *raw = call->request.path;
    call->request.path = tf_url_decode(call->arena, raw, strlen(raw), false);
    if (call->request.path == NULL || *raw != '/') {
        call->request.path = "";
        tf_call_say(call, MHD_HTTP_BAD_REQUEST, "The address is malformed.");
        return;
    }
    if (!find_page(call) && split(raw, &steps))
        (void)find_openrosa(call, &steps);
}

/* ---- who asks ---- */

static bool refuse(struct call *call, unsigned status, const char *text)
{
    tf_call_say(call, status, text);
    return false;
}

/* People who work in the field; the rest have their own rooms. */
static bool may_collect(const struct tf_person *p)
{
    static const char *const roles[] = {"interviewer", "field_supervisor", "survey_team",
                                        "programme_lead"};
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
        if (tf_streq(p->role, roles[k]))
            return true;
    return false;
}

static bool by_digest(struct call *call)
{
    unsigned char ha1[MHD_MD5_DIGEST_SIZE];
    size_t n = 0;
    char *name = MHD_digest_auth_get_username(call->connection);
    const struct tf_person *p = name == NULL ? NULL : tf_rolls_person(call->rolls, name);
    int result = MHD_NO;
    if (p != NULL && p->ha1 != NULL &&
        sodium_hex2bin(ha1, sizeof ha1, p->ha1, strlen(p->ha1), NULL, &n, NULL) == 0 &&
        n == sizeof ha1)
        result = MHD_digest_auth_check_digest2(call->connection, TF_FIELD_REALM, name, ha1,
                                               sizeof ha1, 300, MHD_DIGEST_ALG_MD5);
    MHD_free(name);
    sodium_memzero(ha1, sizeof ha1);
    if (result == MHD_YES && may_collect(p)) {
        call->request.person = p;
        call->asker.sender = p->id;
        call->asker.country = tf_is_blank(p->country) ? NULL : p->country;
        return true;
    }
    if (result == MHD_YES)
        return refuse(call, MHD_HTTP_FORBIDDEN, "Your role does not collect.");
    call->digest_wanted = true;
    call->stale = result == MHD_INVALID_NONCE;
    return refuse(call, MHD_HTTP_UNAUTHORIZED, "Say who you are.");
}

static bool by_draft(struct call *call)
{
    for (size_t k = 0; k < call->rolls->n_forms; k++)
        if (call->rolls->form[k].state == TF_FORM_DRAFT &&
            tf_streq(call->rolls->form[k].draft_token, call->asker.draft)) {
            call->asker.sender = "draft";
            return true;
        }
    return refuse(call, MHD_HTTP_NOT_FOUND,
                  "This draft is not here any more. If it was published, use a device's own link.");
}

bool tf_call_admit(struct call *call)
{
    if (call->route->page != NULL)
        return true; /* pages see to it themselves */
    if (call->asker.draft != NULL)
        return by_draft(call);
    if (call->token == NULL)
        return by_digest(call);
    const struct tf_device *d = tf_rolls_device(call->rolls, call->token);
    if (d == NULL)
        return refuse(call, MHD_HTTP_FORBIDDEN,
                      "This link is not known, or was revoked. Ask the coordinator for a new code.");
    call->request.device = d;
    call->asker.country = d->country;
    call->asker.sender = d->id;
    return true;
}
