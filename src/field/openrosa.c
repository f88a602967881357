/* OpenRosa 1.0: form list, manifest, submission.
 *
 * A client (ODK Collect, KoboCollect, our own page) asks for the list of forms, fetches each form and
 * its media when their hashes changed, and posts what was filled in. Its rule for deleting its own copy
 * is short: 201 or 202 with the envelope below. So 201 is said of records that are on the disk, and of
 * nothing else, and a post that is repeated gets the same answer as the first time.
 *
 * What is refused, and how, stands in the tables `refusals` and `outcomes`: the same statuses that ODK
 * Central 2026.2 gives (an outside check by black box), with sentences of our own that say what to do.
 * One difference: when a form was closed, a record that is here already is still acknowledged, and files
 * that belong to it are still taken; a tablet that was offline for a week is not told to worry.
 *
 * Submissions of a draft are kept apart: under the country "XA-draft", which no table ever joins.
 *
 * Sources: OpenRosa 1.0 Form List, Form Submission, HTTP Request (getodk.github.io). */
#include <stdio.h>
#include <string.h>

#include "field/openrosa.h"

enum { MAX_ID = 255 };

/* ---- which forms ---- */

static bool is_for(const struct tf_openrosa *o, const struct tf_out_form *f)
{
    if (o->draft != NULL)
        return f->state == TF_FORM_DRAFT && tf_streq(f->draft_token, o->draft);
    return f->state != TF_FORM_DRAFT &&
           (o->country == NULL || strcmp(o->country, f->country) == 0);
}

static bool may_download(const struct tf_out_form *f)
{
    return f->state == TF_FORM_OPEN || f->state == TF_FORM_DRAFT;
}

const struct tf_out_form *tf_openrosa_form(const struct tf_openrosa *o, const char *id,
                                           const char *version)
{
    for (size_t k = 0; k < o->n_forms; k++) {
        const struct tf_out_form *f = &o->form[k];
        if (is_for(o, f) && may_download(f) && strcmp(f->id, id) == 0 &&
            (version == NULL ? f->current || f->state == TF_FORM_DRAFT
                             : strcmp(f->version, version) == 0))
            return f;
    }
    return NULL;
}

/* ---- lists ---- */

/* One step of a path: everything but unreserved characters as %XX (RFC 3986 2.3). */
static void add_step(struct tf_buf *b, const char *s)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    for (; *s != '\0'; s++)
        if (strchr(plain, *s) != NULL)
            tf_buf_char(b, *s);
        else
            tf_buf_printf(b, "%%%02X", (unsigned)(unsigned char)*s);
}

/* "BASE/forms/ID", or of a version that is not the current one "BASE/forms/ID/versions/VERSION". An
 * empty version is "___" in a path, as Central writes it. */
static const char *address(const struct tf_openrosa *o, const struct tf_out_form *f,
                           struct tf_arena *arena)
{
    struct tf_buf b = {.arena = arena};
    tf_buf_printf(&b, "%s/forms/", o->base);
    add_step(&b, f->id);
    if (!f->current && f->state != TF_FORM_DRAFT) {
        tf_buf_add(&b, "/versions/");
        add_step(&b, *f->version == '\0' ? "___" : f->version);
    }
    return tf_buf_text(&b);
}

static void element(struct tf_buf *b, const char *name, const char *prefix, const char *text)
{
    tf_buf_printf(b, "<%s>%s", name, prefix);
    tf_buf_html(b, text);
    tf_buf_printf(b, "</%s>", name);
}

static void add_xform(const struct tf_openrosa *o, const struct tf_form_query *q,
                      const struct tf_out_form *f, struct tf_buf *b)
{
    const char *at = address(o, f, b->arena);
    tf_buf_add(b, "<xform>");
    element(b, "formID", "", f->id);
    element(b, "name", "", tf_is_blank(f->title) ? f->id : f->title);
    element(b, "version", "", f->version);
    element(b, "hash", "md5:", f->md5);
    if (q->verbose)
        element(b, "descriptionText", "", f->encrypted ? "Sealed on the device." : "");
    element(b, "downloadUrl", "", tf_printf(b->arena, "%s.xml", at));
    if (f->n_media > 0 || (q->has_own != NULL && q->has_own(f)))
        element(b, "manifestUrl", "", tf_printf(b->arena, "%s/manifest", at));
    tf_buf_add(b, "</xform>\n");
}

void tf_openrosa_form_list(const struct tf_openrosa *o, const struct tf_form_query *query,
                           struct tf_buf *b)
{
    tf_buf_add(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<xforms xmlns=\"http://openrosa.org/xforms/xformsList\">\n");
    for (size_t k = 0; k < o->n_forms; k++) {
        const struct tf_out_form *f = &o->form[k];
        if (is_for(o, f) && may_download(f) &&
            (query->all_versions || f->current || f->state == TF_FORM_DRAFT) &&
            (query->form_id == NULL || strcmp(query->form_id, f->id) == 0))
            add_xform(o, query, f, b);
    }
    tf_buf_add(b, "</xforms>\n");
}

static void add_media(struct tf_buf *b, const char *at, const char *name, const char *md5)
{
    struct tf_buf url = {.arena = b->arena};
    tf_buf_printf(&url, "%s/attachments/", at);
    add_step(&url, name);
    tf_buf_add(b, "<mediaFile>");
    element(b, "filename", "", name);
    element(b, "hash", "md5:", md5);
    element(b, "downloadUrl", "", tf_buf_text(&url));
    tf_buf_add(b, "</mediaFile>\n");
}

void tf_openrosa_manifest(const struct tf_openrosa *o, const struct tf_out_form *form,
                          const struct tf_own_media *own, size_t n_own, struct tf_buf *b)
{
    const char *at = address(o, form, b->arena);
    tf_buf_add(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<manifest xmlns=\"http://openrosa.org/xforms/xformsManifest\">\n");
    for (size_t k = 0; k < form->n_media; k++)
        add_media(b, at, form->media[k].name, form->media[k].md5);
    for (size_t k = 0; k < n_own; k++)
        add_media(b, at, own[k].name, own[k].md5);
    tf_buf_add(b, "</manifest>\n");
}

void tf_openrosa_message(struct tf_buf *b, bool good, const char *text)
{
    tf_buf_printf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\" items=\"0\">\n"
                     "<message nature=\"%s\">", good ? "submit_success" : "error");
    tf_buf_html(b, text);
    tf_buf_add(b, "</message>\n</OpenRosaResponse>\n");
}

/* ---- a submission ---- */

enum refusal { NO_XML, BAD_XML, NO_INSTANCE, NO_FORM, NO_VERSION, NOT_ENCRYPTED, NOT_SEALED };
/* clang-format off */
static const struct tf_openrosa_answer refusals[] = {
    [NO_XML]        = {400, "The submission has no part named xml_submission_file. Send it as OpenRosa says."},
    [BAD_XML]       = {400, "The submission's XML cannot be read."},
    [NO_INSTANCE]   = {400, "The submission has no instanceID of 1 to 255 plain characters. The form must have a meta block."},
    [NO_FORM]       = {404, "There is no such form here. Download the list of forms again."},
    [NO_VERSION]    = {404, "The form version of this submission does not exist here. Download the form again; the coordinator can put the version out."},
    [NOT_ENCRYPTED] = {400, "The form is not an encrypted one, so this encrypted record could never be opened. Download the form again."},
    [NOT_SEALED]    = {400, "This form's records are sealed on the device, and this one is not. Use a client that encrypts, with the form as downloaded from here."},
};
static const struct tf_openrosa_answer outcomes[] = {
    [TF_INBOX_NEW]      = {201, "The submission was received and stored."},
    [TF_INBOX_AGAIN]    = {201, "The submission was received and stored."}, /* the same words each time */
    [TF_INBOX_MORE]     = {201, "The submission was received and stored."},
    [TF_INBOX_CONFLICT] = {409, "A submission with this instanceID is here already, with other content. Nothing was changed; call the coordinator before anything is deleted."},
    [TF_INBOX_OLD_EDIT] = {409, "This edits a version that was edited already. Get the newest version and edit that."},
    [TF_INBOX_NO_EDIT]  = {404, "This edits a submission that is not here. Send the first one before its edit."},
    [TF_INBOX_CLOSED]   = {409, "This form is closed and takes no new submissions. Keep the record and call the coordinator."},
    [TF_INBOX_FAILED]   = {503, "The submission could not be stored just now. Nothing is lost: keep it and send it again later."},
};
/* clang-format on */

struct tf_openrosa_answer tf_openrosa_outcome(struct tf_arena *arena,
                                              const struct tf_inbox_post *post,
                                              enum tf_inbox_outcome outcome)
{
    struct tf_openrosa_answer answer = outcomes[outcome];
    if (post->n_expects + 1 > post->n_parts && (outcome == TF_INBOX_NEW || outcome == TF_INBOX_MORE))
        answer.text = tf_printf(arena, "%s Files that belong to it may still follow.", answer.text);
    return answer;
}

static bool refuse(enum refusal why, struct tf_openrosa_answer *ret)
{
    *ret = refusals[why];
    return false;
}

/* An id that can stand in a file, a table and a log: not empty, no control characters. */
static bool is_id(const char *s)
{
    const size_t n = s == NULL ? 0 : strlen(s);
    if (n == 0 || n > MAX_ID)
        return false;
    for (size_t k = 0; k < n; k++)
        if ((unsigned char)s[k] < 0x20 || s[k] == 0x7f)
            return false;
    return true;
}

static const struct tf_part *part_named(const struct tf_part *part, size_t n, const char *name)
{
    for (size_t k = 0; k < n; k++)
        if (tf_streq(part[k].filename, name) || strcmp(part[k].name, name) == 0)
            return &part[k];
    return NULL;
}

static const struct tf_part *the_xml(const struct tf_part *part, size_t n)
{
    const struct tf_part *found = NULL;
    for (size_t k = 0; k < n; k++)
        if (strcmp(part[k].name, "xml_submission_file") == 0) {
            if (found != NULL)
                return NULL; /* which would it be? */
            found = &part[k];
        }
    return found;
}

/* The form that a submission is of; closed ones, too. */
static const struct tf_out_form *form_of(const struct tf_openrosa *o,
                                         const struct tf_instance_head *head, bool *ret_other_version)
{
    *ret_other_version = false;
    for (size_t k = 0; k < o->n_forms; k++) {
        const struct tf_out_form *f = &o->form[k];
        if (!is_for(o, f) || strcmp(f->id, head->form_id) != 0)
            continue;
        if (strcmp(f->version, head->version) == 0)
            return f;
        *ret_other_version = true;
    }
    return NULL;
}

/* Each name once. */
static void expect(struct tf_arena *arena, const char *const *name, size_t n, const char *one_more,
                   struct tf_inbox_post *post)
{
    const char **list = TF_NEW_N(arena, const char *, n + 1);
    size_t kept = 0;
    for (size_t k = 0; k <= n; k++) {
        const char *one = k < n ? name[k] : one_more;
        bool known = one == NULL || !is_id(one);
        for (size_t j = 0; j < kept && !known; j++)
            known = strcmp(list[j], one) == 0;
        if (!known)
            list[kept++] = one;
    }
    post->expects = list;
    post->n_expects = kept;
}

static void take_files(struct tf_arena *arena, const struct tf_part *xml,
                       const struct tf_part *part, size_t n_parts, struct tf_inbox_post *post)
{
    struct tf_inbox_part *kept = TF_NEW_N(arena, struct tf_inbox_part, post->n_expects + 1);
    size_t n = 0;
    kept[n++] = (struct tf_inbox_part){xml->name, xml->type, xml->data, xml->n};
    for (size_t k = 0; k < post->n_expects; k++) {
        const struct tf_part *p = part_named(part, n_parts, post->expects[k]);
        if (p != NULL && p != xml)
            kept[n++] = (struct tf_inbox_part){post->expects[k], p->type, p->data, p->n};
    }
    post->part = kept;
    post->n_parts = n;
}

/* Of a manifest's clear header only what the form declares. */
static void declared(struct tf_arena *arena, const struct tf_out_form *form,
                     const struct tf_instance_head *head, struct tf_inbox_post *post)
{
    struct tf_inbox_field *clear = TF_NEW_N(arena, struct tf_inbox_field, head->n_clear + 1);
    size_t n = 0;
    for (size_t k = 0; k < head->n_clear; k++) {
        const char *name = head->clear[k].name;
        bool may = false;
        for (size_t j = 0; j < form->n_clear && !may; j++)
            may = strcmp(form->clear[j], name) == 0 ||
                  (strcmp(form->clear[j], "audit") == 0 && tf_starts(name, "audit."));
        for (size_t j = 0; j < n && may; j++)
            may = strcmp(clear[j].name, name) != 0;
        if (may && is_id(name) && strlen(head->clear[k].value) <= MAX_ID)
            clear[n++] = (struct tf_inbox_field){name, head->clear[k].value};
    }
    post->clear = clear;
    post->n_clear = n;
}

static enum tf_code read_clear(struct tf_arena *arena, const struct tf_openrosa *o,
                               const struct tf_out_form *form, const struct tf_part *xml,
                               const struct tf_part *audit, struct tf_inbox_post *post,
                               struct tf_err *reterr)
{
    struct tf_clear_read clear = {.n_files = 0};
    const struct tf_xform *xform = o->xform == NULL ? NULL : o->xform[form - o->form];
    if (xform == NULL)
        return tf_fail(reterr, TF_E_BUG, "the form's model was not read");
    TF_TRY(tf_clear_read(arena, form, xform, xml, audit, &clear, reterr));
    expect(arena, clear.file, clear.n_files, NULL, post);
    post->clear = clear.field;
    post->n_clear = clear.n_fields;
    return TF_OK;
}

/* The server could not read it: the client is told what, and never a value. */
static bool unreadable(struct tf_arena *arena, const struct tf_err *err,
                       struct tf_openrosa_answer *ret)
{
    const unsigned status = err->code == TF_E_LIMIT ? 413 : err->code == TF_E_INPUT ? 400 : 503;
    *ret = (struct tf_openrosa_answer){
        status, tf_printf(arena, "%s %s. %s", refusals[BAD_XML].text, err->what, err->help)};
    return false;
}

bool tf_openrosa_receive(struct tf_arena *arena, const struct tf_openrosa *o,
                         const struct tf_part *part, size_t n_parts, int64_t now,
                         struct tf_inbox_post *ret, struct tf_openrosa_answer *ret_refusal)
{
    struct tf_err err = {.code = TF_OK};
    struct tf_instance_head head;
    bool other_version;
    const struct tf_part *xml = the_xml(part, n_parts);
    if (xml == NULL)
        return refuse(NO_XML, ret_refusal);
    if (tf_instance_head(arena, xml->data, xml->n, &head, &err) != TF_OK)
        return unreadable(arena, &err, ret_refusal);
    if (!is_id(head.instance_id) || (head.deprecated_id != NULL && !is_id(head.deprecated_id)))
        return refuse(NO_INSTANCE, ret_refusal);
    const struct tf_out_form *form = form_of(o, &head, &other_version);
    if (form == NULL)
        return refuse(other_version ? NO_VERSION : NO_FORM, ret_refusal);
    if (head.encrypted != form->encrypted)
        return refuse(head.encrypted ? NOT_ENCRYPTED : NOT_SEALED, ret_refusal);
    *ret = (struct tf_inbox_post){
        .country = o->draft == NULL ? form->country : tf_printf(arena, "%s-draft", form->country),
        .form = form->id, .version = form->version, .instance = head.instance_id,
        .deprecated = head.deprecated_id, .sender = o->sender, .received = now,
        .encrypted = head.encrypted, .only_known = form->state == TF_FORM_CLOSED};
    if (head.encrypted) {
        expect(arena, head.media, head.n_media, head.xml_file, ret);
        declared(arena, form, &head, ret);
    } else if (read_clear(arena, o, form, xml, part_named(part, n_parts, "audit.csv"), ret, &err) !=
               TF_OK) {
        return unreadable(arena, &err, ret_refusal);
    }
    take_files(arena, xml, part, n_parts, ret);
    return true;
}
