/* The head of a submission: which form, which record, encrypted or not, which files belong to it.
 *
 * Two documents arrive as submissions (OpenRosa form submission; ODK encryption):
 *
 *   plain     <data id="child" version="3"> … <meta><instanceID>uuid:…</instanceID></meta></data>
 *   manifest  <data xmlns="http://opendatakit.org/submissions" id version encrypted="yes">
 *               <base64EncryptedKey/> <media><file/></media> <encryptedXmlFile/>
 *               <base64EncryptedElementSignature/>
 *               <meta xmlns="http://openrosa.org/xforms"><instanceID/>
 *                 <clear xmlns="urn:trefoil:clear"><field name="minutes">31</field></clear></meta></data>
 *
 * The clear header is ours: the few values that a form declares readable for quality control. A server
 * asks for the head of every record, so this is one pass without a tree (submission_scan.h); answers
 * are passed over, not copied. The whole document is read all the same: a record that ends too soon
 * must not be taken.
 *
 * Source: OpenRosa 1.0 Metadata Schema; ODK XForms specification, "Encryption". */
#include <string.h>

#include "ask/submission_scan.h"
#include "ask/xform.h"

enum { MAX_BYTES = 8 << 20, MAX_MEDIA = 2000, MAX_CLEAR = 200, MAX_WATCHED = 5 };
static const char clear_space[] = "urn:trefoil:clear";

/* Where we stand: what the elements from the root down are, as far as they matter. */
enum part { ELSE, ROOT, META, MEDIA, CLEAR, TEXT };
struct reading {
    struct tf_arena *arena;
    struct scan scan;
    struct tf_instance_head *head;
    enum part part[SCAN_DEPTH + 1];
    const char **text;      /* where the text of the open element goes */
    size_t cap_media, cap_clear;
    struct tf_err *reterr;
};

static const char *own(struct tf_arena *arena, const char *text)
{
    return text == NULL ? NULL : tf_trim(arena, text);
}

static enum tf_code read_root(struct reading *r)
{
    struct tf_instance_head *h = r->head;
    const char *encrypted = scan_attr(r->arena, &r->scan, "encrypted");
    h->form_id = own(r->arena, scan_attr(r->arena, &r->scan, "id"));
    h->version = own(r->arena, scan_attr(r->arena, &r->scan, "version"));
    h->instance_id = own(r->arena, scan_attr(r->arena, &r->scan, "instanceID"));
    h->encrypted = encrypted != NULL && strcmp(encrypted, "yes") == 0;
    if (h->version == NULL)
        h->version = "";
    if (h->form_id == NULL && r->scan.space.n > 0) /* as JavaRosa does for a form without id */
        h->form_id = scan_text(r->arena, r->scan.space, false);
    if (!tf_is_blank(h->form_id))
        return TF_OK;
    (void)tf_fail(r->reterr, TF_E_INPUT, "the submission does not say which form it is of");
    (void)tf_fact(r->reterr, "Its root element has no attribute 'id'.");
    return tf_help(r->reterr, "Send it from a form that was downloaded from this server.");
}

static enum tf_code too_many(struct reading *r, const char *what, size_t most)
{
    (void)tf_fail(r->reterr, TF_E_LIMIT, "the submission names too many %s", what);
    (void)tf_fact(r->reterr, "At most %zu are taken.", most);
    return tf_help(r->reterr, "Send it as several records.");
}

/* A text element below root, meta, media or clear: where its text is to go, or NULL. */
static enum tf_code place_of(struct reading *r, enum part above, const char ***ret)
{
    struct tf_instance_head *h = r->head;
    const struct {
        enum part above;
        const char *name;
        const char **to;
        bool manifest;
    } known[] = {
        {META, "instanceID", &h->instance_id, false},
        {META, "deprecatedID", &h->deprecated_id, false},
        {ROOT, "base64EncryptedKey", &h->encrypted_key, true},
        {ROOT, "encryptedXmlFile", &h->xml_file, true},
        {ROOT, "base64EncryptedElementSignature", &h->signature, true},
    };
    *ret = NULL;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (above == known[k].above && (!known[k].manifest || h->encrypted) &&
            scan_is(r->scan.name, known[k].name)) {
            *known[k].to = NULL; /* the element says it better than an attribute */
            *ret = known[k].to;
        }
    if (above == MEDIA && scan_is(r->scan.name, "file")) {
        if (h->n_media == MAX_MEDIA)
            return too_many(r, "files", MAX_MEDIA);
        h->media = tf_grow(r->arena, h->media, h->n_media, &r->cap_media, sizeof *h->media);
        *ret = &h->media[h->n_media++];
    }
    if (above == CLEAR && scan_is(r->scan.name, "field")) {
        if (h->n_clear == MAX_CLEAR)
            return too_many(r, "clear fields", MAX_CLEAR);
        h->clear = tf_grow(r->arena, h->clear, h->n_clear, &r->cap_clear, sizeof *h->clear);
        const char *name = own(r->arena, scan_attr(r->arena, &r->scan, "name"));
        h->clear[h->n_clear] = (struct tf_clear){.name = name == NULL ? "" : name, .value = NULL};
        *ret = &h->clear[h->n_clear++].value;
    }
    return TF_OK;
}

static enum tf_code open_element(struct reading *r)
{
    const struct scan *s = &r->scan;
    enum part *here = &r->part[s->depth];
    *here = ELSE;
    r->text = NULL;
    if (s->depth == 1) {
        *here = ROOT;
        return read_root(r);
    }
    const enum part above = here[-1];
    if (above == ELSE || above == TEXT)
        return TF_OK;
    if (above == ROOT && scan_is(s->name, "meta"))
        *here = META;
    else if (above == ROOT && r->head->encrypted && scan_is(s->name, "media"))
        *here = MEDIA;
    else if (above == META && r->head->encrypted && scan_is(s->name, "clear") &&
             scan_is(s->space, clear_space))
        *here = CLEAR;
    if (*here != ELSE)
        return TF_OK;
    TF_TRY(place_of(r, above, &r->text));
    if (r->text != NULL)
        *here = TEXT;
    return TF_OK;
}

/* A manifest without one of its parts cannot ever be opened. */
static enum tf_code check_manifest(const struct reading *r)
{
    const struct {
        const char *name, *text;
    } need[] = {{"base64EncryptedKey", r->head->encrypted_key},
                {"encryptedXmlFile", r->head->xml_file},
                {"base64EncryptedElementSignature", r->head->signature},
                {"meta/instanceID", r->head->instance_id}};
    for (size_t k = 0; k < sizeof need / sizeof *need && r->head->encrypted; k++)
        if (tf_is_blank(need[k].text)) {
            (void)tf_fail(r->reterr, TF_E_INPUT, "the encrypted submission has no %s",
                          need[k].name);
            (void)tf_fact(r->reterr, "Without it nobody could ever open the record.");
            return tf_help(r->reterr, "The device keeps its copy: send it again.");
        }
    return TF_OK;
}

static void finish_texts(struct reading *r)
{
    struct tf_instance_head *h = r->head;
    const char **one[] = {&h->instance_id, &h->deprecated_id, &h->encrypted_key, &h->signature,
                          &h->xml_file};
    for (size_t k = 0; k < sizeof one / sizeof *one; k++) {
        *one[k] = own(r->arena, *one[k]);
        if (*one[k] != NULL && **one[k] == '\0')
            *one[k] = NULL;
    }
    for (size_t k = 0; k < h->n_clear; k++)
        h->clear[k].value = h->clear[k].value == NULL ? "" : own(r->arena, h->clear[k].value);
    size_t n = 0;
    for (size_t k = 0; k < h->n_media; k++) /* <file/> names nothing */
        if (!tf_is_blank(h->media[k]))
            h->media[n++] = own(r->arena, h->media[k]);
    h->n_media = n;
}

enum tf_code tf_instance_head(struct tf_arena *arena, const char *xml, size_t n,
                              struct tf_instance_head *ret, struct tf_err *reterr)
{
    struct tf_instance_head head = {.version = ""};
    struct reading r;
    if (n > MAX_BYTES) {
        (void)tf_fail(reterr, TF_E_LIMIT, "the submission's XML is larger than 8 MB");
        (void)tf_fact(reterr, "It has %zu bytes.", n);
        return tf_help(reterr, "Photos and recordings belong in files of their own.");
    }
    r.arena = arena;
    r.head = &head;
    r.text = NULL;
    r.cap_media = r.cap_clear = 0;
    r.reterr = reterr;
    scan_begin(&r.scan, xml, n);
    for (;;) {
        const enum scan_kind kind = scan_next(&r.scan);
        if (kind == SCAN_FAULT)
            return scan_fail(&r.scan, reterr);
        if (kind == SCAN_END)
            break;
        if (kind == SCAN_OPEN)
            TF_TRY(open_element(&r));
        else if (kind == SCAN_CLOSE)
            r.text = NULL;
        else if (r.text != NULL)
            scan_join(arena, r.text, &r.scan);
    }
    finish_texts(&r);
    TF_TRY(check_manifest(&r));
    *ret = head;
    return TF_OK;
}
