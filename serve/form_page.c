/* The form in the browser: the page, its files, and one device's forms.
 *
 *   /f/static/NAME           files of the page; the name holds a hash of the content, kept for ever
 *   /f/sw.js                 the service worker, which keeps the page for work without a net
 *   /f/leave                 the neutral page that quick exit leaves behind
 *   /f/licences.txt          what others wrote of it, and their licences
 *   /f/TOKEN/FORM[/LANG]     the page itself, the same bytes for every form
 *   /f/TOKEN/FORM/form.json  which form this is; what the study declared of it
 *   /f/TOKEN/FORM/form.xml   the XForm
 *   /f/TOKEN/FORM/media/NAME a file of the form, or one made for this device alone
 *
 * TOKEN is that of an enrolled device, or of a draft form. What was answered never comes here: the
 * page seals it and posts it to /key/TOKEN/submission like any other client (collect.c).
 *
 * A form that is not encrypted is refused: a page cannot keep answers for the time without a net
 * but sealed, and it holds no key that it could open again. So there is one rule and no exception.
 *
 * The page (web/form) is built once by Vite and lies compressed in the program; a client that
 * cannot read gzip gets it inflated. No request leaves the origin: the policy below forbids it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "serve/collect.h"
#include "serve/web.h"

struct tf_packed {
    const char *name;
    const unsigned char *begin, *end;
};
#include "web_form.h"

/* Scripts are our own files; web-forms reads XPath by WebAssembly and puts its styles into the page.
 * Data and blob addresses are pictures, fonts and recorded labels that are there already. */
static const char policy[] =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src data:; media-src blob:; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
static const size_t MEDIA_LIMIT = (size_t)256 << 20, FORM_LIMIT = (size_t)16 << 20;

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {
        {".js", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
        {".html", "text/html; charset=utf-8"},     {".txt", "text/plain; charset=utf-8"},
        {".xml", "application/xml; charset=utf-8"},{".csv", "text/csv; charset=utf-8"},
        {".geojson", "application/geo+json"},      {".json", "application/json"},
        {".png", "image/png"},   {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},   {".webp", "image/webp"},{".svg", "image/svg+xml"},
        {".mp3", "audio/mpeg"},  {".m4a", "audio/mp4"},  {".ogg", "audio/ogg"},
        {".oga", "audio/ogg"},   {".opus", "audio/ogg"}, {".wav", "audio/wav"},
        {".mp4", "video/mp4"},   {".webm", "video/webm"}};
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
        if (tf_ends(name, types[k][0]))
            return types[k][1];
    return "application/octet-stream";
}

static void headers(struct tf_reply *reply, const char *cache)
{
    reply->policy = policy;
    tf_reply_header(reply, "Cache-Control", cache);
    tf_reply_header(reply, "Cross-Origin-Opener-Policy", "same-origin");
    tf_reply_header(reply, "Cross-Origin-Embedder-Policy", "require-corp");
    tf_reply_header(reply, "Cross-Origin-Resource-Policy", "same-origin");
    tf_reply_header(reply, "Permissions-Policy",
                    "camera=(self), microphone=(self), geolocation=(self), browsing-topics=()");
}

static void refuse(struct tf_reply *reply, unsigned status, const char *sentence)
{
    tf_reply_text(reply, status, sentence);
    tf_reply_header(reply, "Cache-Control", "no-store");
}

/* ---- files of the page ---- */

static bool reads_gzip(const struct tf_request *r)
{
    const char *accept = tf_web_header(r, "Accept-Encoding");
    return accept != NULL && strstr(accept, "gzip") != NULL;
}

/* The bytes of a packed file, for a client without gzip. */
static bool inflated(struct tf_arena *a, const struct tf_packed *f, struct tf_reply *reply)
{
    const size_t n = (size_t)(f->end - f->begin);
    uint32_t size; /* gzip ends with the size of what is inside */
    memcpy(&size, f->end - 4, sizeof size);
    Bytef *out = tf_alloc(a, (size_t)size + 1);
    z_stream z = {.avail_in = (uInt)n, .avail_out = size, .next_out = out};
    memcpy(&z.next_in, &f->begin, sizeof z.next_in);
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return false;
    const int end = inflate(&z, Z_FINISH);
    (void)inflateEnd(&z);
    reply->data = out;
    reply->n = size;
    return end == Z_STREAM_END;
}

static void packed(struct tf_request *r, struct tf_reply *reply, const char *name,
                   const char *cache)
{
    for (const struct tf_packed *f = tf_web_form; f->name != NULL; f++) {
        if (strcmp(f->name, name) != 0)
            continue;
        reply->status = 200;
        reply->type = type_of(name);
        reply->data = f->begin;
        reply->n = (size_t)(f->end - f->begin);
        headers(reply, cache);
        tf_reply_header(reply, "Vary", "Accept-Encoding");
        if (reads_gzip(r))
            tf_reply_header(reply, "Content-Encoding", "gzip");
        else if (!inflated(r->arena, f, reply))
            refuse(reply, 500, "This file of the page is damaged.\n");
        return;
    }
}

/* ---- one device's form ---- */

struct wanted {
    const struct tf_out_form *form;
    const struct tf_device *device; /* NULL for a draft */
    const char *token, *base;       /* base: /f/TOKEN/FORM, as in the address */
};

/* The form of a token: what is out in the device's country, or the draft that the token is for. */
static const struct tf_out_form *form_of(const struct tf_request *r, const char *token,
                                         const struct tf_device *device, const char *id)
{
    size_t n;
    const struct tf_out_form *forms = tf_request_forms(r, &n);
    const struct tf_hash hash = tf_token_hash(token);
    for (size_t k = 0; k < n; k++) {
        const struct tf_out_form *f = &forms[k];
        if (strcmp(f->id, id) != 0)
            continue;
        if (f->state == TF_FORM_DRAFT ? tf_streq(f->draft_token, hash.hex)
                                      : device != NULL && f->current &&
                                            strcmp(f->country, device->country) == 0)
            return f;
    }
    return NULL;
}

static json_t *names(const char *const *name, size_t n)
{
    json_t *list = json_array();
    for (size_t k = 0; k < n; k++)
        (void)json_array_append_new(list, json_string(name[k]));
    return list;
}

static void drop(void *json)
{
    json_decref(json);
}

/* An address's part, escaped. */
static const char *escaped(struct tf_arena *a, const char *s)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    struct tf_buf b = {.arena = a};
    for (; *s != '\0'; s++)
        if (strchr(safe, *s) != NULL)
            tf_buf_char(&b, *s);
        else
            tf_buf_printf(&b, "%%%02X", (unsigned)(unsigned char)*s);
    return tf_buf_text(&b);
}

/* What the page needs to know: docs/COLLECT.md, "In the browser". */
static enum tf_code about(struct tf_request *r, const struct wanted *w, struct tf_reply *reply,
                          struct tf_err *reterr)
{
    const struct tf_out_form *f = w->form;
    struct tf_own_media *own = NULL;
    size_t n_own = 0;
    if (w->device != NULL)
        TF_TRY(tf_device_media(r->arena, tf_site_fieldwork(r->site), w->device, f, &own, &n_own,
                               reterr));
    const char **media = tf_alloc_n(r->arena, f->n_media + n_own + 1, sizeof *media);
    for (size_t k = 0; k < f->n_media; k++)
        media[k] = f->media[k].name;
    for (size_t k = 0; k < n_own; k++)
        media[f->n_media + k] = own[k].name;
    const char *form_xml = tf_printf(r->arena, "%s/form.xml?%s", w->base, f->md5);
    const char *post = f->state == TF_FORM_DRAFT
                           ? tf_printf(r->arena, "/test/%s/submission", escaped(r->arena, w->token))
                           : tf_printf(r->arena, "/key/%s/submission", escaped(r->arena, w->token));
    json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:b,s:s?,s:o,s:o,s:o,s:s,s:s,s:s}", "id", f->id,
                          "version", f->version, "title", f->title, "country", f->country,
                          "encrypted", f->encrypted, "self", f->self, "clear",
                          names(f->clear, f->n_clear), "media", names(media, f->n_media + n_own),
                          "keep", names(media, f->n_media), "xml", form_xml, "post", post, "device",
                          w->device != NULL ? w->device->id : "draft");
    tf_arena_defer(r->arena, drop, j);
    char *text = json_dumps(j, JSON_COMPACT);
    if (text == NULL)
        return tf_fail(reterr, TF_E_BUG, "the form's description cannot be written");
    tf_arena_defer(r->arena, free, text);
    reply->status = 200;
    reply->type = "application/json";
    reply->data = text;
    reply->n = strlen(text);
    headers(reply, "no-cache");
    return TF_OK;
}

static enum tf_code file_reply(struct tf_request *r, const char *path, const char *name,
                               size_t limit, struct tf_reply *reply, struct tf_err *reterr)
{
    struct tf_bytes bytes;
    TF_TRY(tf_file_read(r->arena, path, limit, &bytes, reterr));
    reply->status = 200;
    reply->type = type_of(name);
    reply->data = bytes.data;
    reply->n = bytes.n;
    headers(reply, "no-cache");
    return TF_OK;
}

/* A file of the form; else one made for this device, which no cache may keep (addresses). */
static enum tf_code medium(struct tf_request *r, const struct wanted *w, const char *name,
                           struct tf_reply *reply, struct tf_err *reterr)
{
    const struct tf_out_form *f = w->form;
    for (size_t k = 0; k < f->n_media; k++)
        if (strcmp(f->media[k].name, name) == 0)
            return file_reply(r, f->media[k].path, name, MEDIA_LIMIT, reply, reterr);
    struct tf_own_media *own = NULL;
    size_t n_own = 0;
    if (w->device != NULL)
        TF_TRY(tf_device_media(r->arena, tf_site_fieldwork(r->site), w->device, f, &own, &n_own,
                               reterr));
    for (size_t k = 0; k < n_own; k++) {
        if (strcmp(own[k].name, name) != 0)
            continue;
        reply->status = 200;
        reply->type = type_of(name);
        reply->data = own[k].data.data;
        reply->n = own[k].data.n;
        headers(reply, "no-store");
        return TF_OK;
    }
    refuse(reply, 404, "The form has no such file.\n");
    return TF_OK;
}

/* rest: what follows /f/TOKEN/FORM, "" or "/…". */
static enum tf_code form_reply(struct tf_request *r, const struct wanted *w, const char *rest,
                               struct tf_reply *reply, struct tf_err *reterr)
{
    if (strcmp(rest, "/form.json") == 0)
        return about(r, w, reply, reterr);
    if (strcmp(rest, "/form.xml") == 0)
        return file_reply(r, w->form->xml, "form.xml", FORM_LIMIT, reply, reterr);
    if (tf_starts(rest, "/media/"))
        return medium(r, w, rest + 7, reply, reterr);
    /* the page, or the page in a language */
    if (strchr(rest[0] == '/' ? rest + 1 : rest, '/') == NULL)
        packed(r, reply, "index.html", "no-cache");
    return TF_OK;
}

static void one_form(struct tf_request *r, struct tf_reply *reply, const char *path)
{
    const char *slash = strchr(path, '/');
    if (slash == NULL || slash[1] == '\0')
        return;
    const char *rest = strchr(slash + 1, '/');
    if (rest == NULL)
        rest = slash + strlen(slash);
    const char *token = tf_strndup(r->arena, path, (size_t)(slash - path));
    const char *id = tf_strndup(r->arena, slash + 1, (size_t)(rest - slash - 1));
    struct wanted w = {.token = token, .device = tf_request_device_of(r, token)};
    w.form = form_of(r, token, w.device, id);
    w.base = tf_printf(r->arena, "/f/%s/%s", escaped(r->arena, token), escaped(r->arena, id));
    if (w.form == NULL && w.device == NULL)
        refuse(reply, 403,
               "This address is not, or no longer, in use. Ask the survey team for a new one.\n");
    else if (w.form == NULL)
        refuse(reply, 404, "No such form is out in this country.\n");
    else if (w.form->state == TF_FORM_CLOSED)
        refuse(reply, 403, "This form is closed: nothing more is collected with it.\n");
    else if (!w.form->encrypted)
        refuse(reply, 403,
               "This form is not encrypted, so it may not be used in a browser. Publish it with a "
               "public key, or use it on a tablet.\n");
    else {
        struct tf_err err = {0};
        if (form_reply(r, &w, rest, reply, &err) != TF_OK)
            refuse(reply, 500, "The form could not be read on the server. Tell the survey team.\n");
    }
}

void tf_form_page(struct tf_request *request, struct tf_reply *reply)
{
    const char *rest = request->rest[0] == '/' ? request->rest + 1 : request->rest;
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0) {
        refuse(reply, 405, "Only GET and HEAD.\n");
        tf_reply_header(reply, "Allow", "GET, HEAD");
    } else if (tf_starts(rest, "static/"))
        packed(request, reply, rest + 7, "public, max-age=31536000, immutable");
    else if (strcmp(rest, "sw.js") == 0 || strcmp(rest, "licences.txt") == 0)
        packed(request, reply, rest, "no-cache");
    else if (strcmp(rest, "leave") == 0)
        packed(request, reply, "leave.html", "no-cache");
    else
        one_form(request, reply, rest);
}
