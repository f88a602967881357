/* A form goes out: from a study's file to what devices are given.
 *
 *     XLSForm or XForm ─► XForm ─► public key put in ─► read and checked ─► evidence, file, book
 *
 * Everything that could go wrong in the field goes wrong here: an approval that lapsed, a form that no
 * tablet could read, a clear field that is not there or stands in the part answered alone, a medium that
 * is missing (a warning: it may come later), the same version with other content (refused: two tablets
 * would fill in different forms under one name). What is out never changes; a new version replaces it.
 *
 * Files go to .trefoil/forms/COUNTRY/ID/VERSION.xml and VERSION-media/. Only when all stand does the
 * book name them, in one transaction: a form is out wholly or not.
 *
 * Does not: translate, or judge wording (`trefoil ask lint`). */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#include "field/inside.h"
#include "keep/approvals.h"
#include "keep/custody.h"
#include "keep/evidence.h"
#include "keep/seal.h"

enum { FORM_MOST = 16 << 20, MEDIUM_MOST = 64 << 20, MEDIA_MOST = 2000 };

struct publication {
    struct tf_arena *arena;
    struct tf_fieldwork *fw;
    const struct tf_study *study;
    const struct tf_study_form *form;
    const char *country, *place; /* place: "…/forms/XA/child/1", relative to the study */
    struct tf_notices *out;
    struct tf_bytes xml, itemsets;
    struct tf_xform *x;
    struct tf_out_form made;
    const char *hash;
};

/* ---- the file ----------------------------------------------------------------------------------- */

static enum tf_code load_form(struct publication *p, struct tf_err *reterr)
{
    const char *path = tf_study_path(p->arena, p->study, p->form->file, p->country, NULL);
    struct tf_xform_made made = {.id = NULL};
    if (tf_ends(path, ".xml"))
        return tf_file_read_text(p->arena, path, FORM_MOST, &p->xml, reterr);
    TF_TRY(tf_xform_convert(p->arena, path, NULL, false, p->out, &made, reterr));
    p->xml = made.xml;
    p->itemsets = made.itemsets;
    return TF_OK;
}

/* ---- the public key ----------------------------------------------------------------------------- */

static xmlNode *child_named(xmlNode *parent, const char *name)
{
    for (xmlNode *c = parent == NULL ? NULL : parent->children; c != NULL; c = c->next)
        if (c->type == XML_ELEMENT_NODE && strcmp((const char *)c->name, name) == 0)
            return c;
    return NULL;
}

/* The form's submission element carries the key; the model is given one when it has none. */
static bool write_key(xmlDoc *doc, const char *key)
{
    xmlNode *model = child_named(child_named(xmlDocGetRootElement(doc), "head"), "model");
    xmlNode *submission = child_named(model, "submission");
    if (model != NULL && submission == NULL) {
        submission = xmlNewNode(model->ns, (const xmlChar *)"submission");
        xmlNode *first = model->children;
        if (submission != NULL && first != NULL)
            (void)xmlAddPrevSibling(first, submission);
        else if (submission != NULL)
            (void)xmlAddChild(model, submission);
    }
    return submission != NULL &&
           xmlSetProp(submission, (const xmlChar *)"base64RsaPublicKey", (const xmlChar *)key) != NULL;
}

static void drop_doc(void *doc)
{
    xmlFreeDoc(doc);
}

static void drop_text(void *text)
{
    xmlFree(text);
}

/* The text was read by tf_xform_parse before: no DTD, no entities, within its limits. */
static enum tf_code put_key(struct publication *p, const char *key, struct tf_err *reterr)
{
    xmlChar *text = NULL;
    int n = 0;
    xmlDoc *doc = xmlReadMemory(p->xml.data, (int)p->xml.n, "form.xml", NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (doc == NULL)
        return tf_fail(reterr, TF_E_INPUT, "the form is no XML");
    tf_arena_defer(p->arena, drop_doc, doc);
    if (!write_key(doc, key))
        return tf_fail(reterr, TF_E_INPUT, "the form has no model to carry a key");
    xmlDocDumpMemoryEnc(doc, &text, &n, "UTF-8");
    if (text == NULL || n <= 0)
        return tf_fail(reterr, TF_E_MEMORY, "the form could not be written");
    tf_arena_defer(p->arena, drop_text, text);
    p->xml = (struct tf_bytes){.data = tf_strndup(p->arena, (const char *)text, (size_t)n),
                               .n = (size_t)n};
    return TF_OK;
}

static enum tf_code parse(struct publication *p, struct tf_err *reterr)
{
    return tf_xform_parse(p->arena, p->form->file, p->xml.data, p->xml.n, p->out, &p->x, reterr);
}

/* The key of this country, strand and purpose; made at first need where the vault can be opened. */
static enum tf_code public_key(const struct publication *p, const char **ret, struct tf_err *reterr)
{
    const char *strand = tf_strand_name(p->form->strand), *dir = p->study->dir;
    struct tf_key *key;
    const enum tf_code code = tf_form_key_public(p->arena, dir, p->country, strand,
                                                 p->form->purpose, ret, reterr);
    if (code != TF_E_KEY)
        return code;
    TF_TRY(tf_key_open(p->arena, dir, true, &key, reterr));
    TF_TRY(tf_form_key_make(p->arena, dir, key, p->country, strand, p->form->purpose, reterr));
    return tf_form_key_public(p->arena, dir, p->country, strand, p->form->purpose, ret, reterr);
}

/* What the collecting server puts submissions in with; made with the first form where there is none. */
static enum tf_code need_inbox(const struct publication *p, struct tf_err *reterr)
{
    struct tf_key *key;
    if (tf_file_exists(tf_path_join(p->arena, p->study->dir, ".trefoil/inbox.pub")))
        return TF_OK;
    TF_TRY(tf_key_open(p->arena, p->study->dir, true, &key, reterr));
    return tf_inbox_key_make(p->arena, p->study->dir, key, reterr);
}

static enum tf_code seal_form(struct publication *p, struct tf_err *reterr)
{
    const char *key;
    if (!p->form->encrypted) {
        if (p->x->public_key == NULL)
            return TF_OK;
        (void)tf_fail_at(reterr, TF_E_INPUT, p->form->file, 0, 0,
                         "the form carries a key and study.yaml says that it is not encrypted");
        return tf_help(reterr, "Take `public_key` out of its settings, or `encrypted: false` out of "
                               "study.yaml.");
    }
    TF_TRY(public_key(p, &key, reterr));
    if (p->x->public_key != NULL && strcmp(p->x->public_key, key) == 0)
        return TF_OK;
    if (p->x->public_key != NULL) {
        (void)tf_fail_at(reterr, TF_E_REFUSED, p->form->file, 0, 0,
                         "the form carries a public key that is not this study's");
        return tf_help(reterr, "Take `public_key` out of its settings: the study's own is put in.");
    }
    TF_TRY(put_key(p, key, reterr));
    return parse(p, reterr);
}

/* ---- what must be so ---------------------------------------------------------------------------- */

static enum tf_code judge_form(const struct publication *p, struct tf_err *reterr)
{
    if (strcmp(p->x->id, p->form->id) != 0) {
        (void)tf_fail_at(reterr, TF_E_INPUT, p->form->file, 0, 0,
                         "the form calls itself '%s', study.yaml calls it '%s'", p->x->id,
                         p->form->id);
        return tf_help(reterr, "Give both the same: `form_id` in the settings, `id` in study.yaml.");
    }
    return tf_form_clear_allowed(p->form, p->x, reterr);
}

/* The version as the name of a file: as it is where that is safe, else by its hash. */
static const char *file_version(struct tf_arena *arena, const char *version)
{
    static const char *const safe =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const size_t n = strlen(version);
    if (n == 0)
        return "unversioned";
    if (n <= 64 && version[0] != '.' && strspn(version, safe) == n)
        return version;
    const struct tf_hash h = tf_hash_bytes(version, n);
    return tf_printf(arena, "v-%.16s", h.hex);
}

/* What stands in a book already: the same version with other content is refused. A draft may change. */
static enum tf_code judge_version(struct publication *p, enum tf_form_state state, bool *ret_same,
                                  struct tf_err *reterr)
{
    struct tf_out_form old;
    bool found;
    TF_TRY(tf_form_out_find(p->arena, p->fw, p->country, p->form->id, p->x->version, &found, &old,
                            reterr));
    *ret_same = found && strcmp(old.md5, p->made.md5) == 0;
    if (!found || old.state == TF_FORM_DRAFT)
        return TF_OK;
    if (state == TF_FORM_DRAFT) {
        (void)tf_fail(reterr, TF_E_REFUSED, "version '%s' of '%s' is out in %s already",
                      p->x->version, p->form->id, p->country);
        return tf_help(reterr, "Give the draft a version of its own.");
    }
    for (size_t k = 0; *ret_same && k < old.n_media; k++)
        for (size_t j = 0; j < p->made.n_media && *ret_same; j++)
            *ret_same = strcmp(old.media[k].name, p->made.media[j].name) != 0 ||
                        strcmp(old.media[k].md5, p->made.media[j].md5) == 0;
    if (*ret_same)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_REFUSED, p->form->file, 0, 0,
                     "version '%s' of '%s' is out in %s with other content", p->x->version,
                     p->form->id, p->country);
    return tf_help(reterr, "Raise `version` in the form's settings: tablets must not have two forms "
                           "under one name.");
}

/* ---- media -------------------------------------------------------------------------------------- */

static enum tf_code read_medium(struct publication *p, const char *name, struct tf_bytes *ret,
                                bool *ret_found, struct tf_err *reterr)
{
    *ret_found = true;
    if (strcmp(name, "itemsets.csv") == 0 && p->itemsets.n > 0) {
        *ret = p->itemsets;
        return TF_OK;
    }
    const char *folder = tf_study_path(p->arena, p->study, p->form->media, p->country, NULL);
    const char *path = folder == NULL ? NULL : tf_path_join(p->arena, folder, name);
    *ret_found = path != NULL && tf_file_exists(path);
    return *ret_found ? tf_file_read(p->arena, path, MEDIUM_MOST, ret, reterr) : TF_OK;
}

struct medium {
    const char *name;
    struct tf_bytes data;
};

static void expect(struct publication *p, const char *name, size_t *cap)
{
    struct tf_out_form *f = &p->made;
    f->expected = tf_grow(p->arena, f->expected, f->n_expected, cap, sizeof *f->expected);
    f->expected[f->n_expected++] = name;
    tf_notice_add(p->out, TF_WARNING, "medium-missing", p->form->file, 0, 0,
                  p->form->media == NULL ? "Name its folder: `media:` in study.yaml."
                                         : "Put it into the form's folder of media and publish again.",
                  "the form names the medium '%s', which is not there", name);
}

/* Each medium that the form names, once: ours for the device, there, or expected. */
static enum tf_code gather_media(struct publication *p, struct medium **ret, struct tf_err *reterr)
{
    struct tf_out_form *f = &p->made;
    const bool itemsets = p->itemsets.n > 0;
    const size_t most = p->x->n_media + 1;
    const char **name = TF_NEW_N(p->arena, const char *, most);
    struct medium *list = TF_NEW_N(p->arena, struct medium, most);
    size_t n = 0, cap = 0;
    bool named = false;
    if (p->x->n_media > MEDIA_MOST)
        return tf_fail(reterr, TF_E_LIMIT, "the form names more than %d media", MEDIA_MOST);
    for (size_t k = 0; k < p->x->n_media; k++) {
        name[n++] = p->x->media[k];
        named = named || strcmp(p->x->media[k], "itemsets.csv") == 0;
    }
    if (itemsets && !named)
        name[n++] = "itemsets.csv";
    f->media = TF_NEW_N(p->arena, struct tf_out_media, n + 1);
    for (size_t k = 0; k < n; k++) {
        bool found = false;
        f->own_assignments = f->own_assignments || strcmp(name[k], "assignments.csv") == 0;
        f->own_quotas = f->own_quotas || strcmp(name[k], "quotas.csv") == 0;
        if (strcmp(name[k], "assignments.csv") == 0 || strcmp(name[k], "quotas.csv") == 0)
            continue;
        if (strchr(name[k], '/') != NULL || name[k][0] == '.') {
            (void)tf_fail_at(reterr, TF_E_INPUT, p->form->file, 0, 0,
                             "'%s' cannot be the name of a medium", name[k]);
            return tf_help(reterr, "Media lie in one folder: a name without '/'.");
        }
        TF_TRY(read_medium(p, name[k], &list[f->n_media].data, &found, reterr));
        if (!found) {
            expect(p, name[k], &cap);
            continue;
        }
        list[f->n_media].name = name[k];
        f->media[f->n_media] = (struct tf_out_media){
            .name = name[k],
            .path = tf_printf(p->arena, "%s-media/%s", p->place, name[k]),
            .md5 = tf_md5_hex(p->arena, list[f->n_media].data.data, list[f->n_media].data.n)};
        f->n_media++;
    }
    *ret = list;
    return TF_OK;
}

/* ---- files, evidence, book ---------------------------------------------------------------------- */

static enum tf_code write_files(const struct publication *p, const struct medium *medium,
                                struct tf_err *reterr)
{
    const char *xml = tf_path_join(p->arena, p->study->dir, p->made.xml);
    TF_TRY(tf_dir_make(tf_path_dir(p->arena, xml), reterr));
    TF_TRY(tf_file_write(xml, p->xml.data, p->xml.n, reterr));
    for (size_t k = 0; k < p->made.n_media; k++) {
        const char *path = tf_path_join(p->arena, p->study->dir, p->made.media[k].path);
        TF_TRY(tf_dir_make(tf_path_dir(p->arena, path), reterr));
        TF_TRY(tf_file_write(path, medium[k].data.data, medium[k].data.n, reterr));
    }
    return TF_OK;
}

static enum tf_code register_form(struct publication *p, struct tf_err *reterr)
{
    struct tf_register *reg;
    struct tf_hasher h;
    tf_hasher_begin(&h);
    tf_hasher_text(&h, p->xml.data);
    for (size_t k = 0; k < p->made.n_media; k++) {
        tf_hasher_text(&h, p->made.media[k].name);
        tf_hasher_text(&h, p->made.media[k].md5);
    }
    const struct tf_hash hash = tf_hasher_end(&h);
    struct tf_buf detail = {.arena = p->arena};
    tf_buf_printf(&detail, "{\"fields\": %zu, \"media\": %zu, \"encrypted\": %s, \"version_md5\": \"%s\"}",
                  p->x->n_fields, p->made.n_media, p->made.encrypted ? "true" : "false",
                  p->made.md5);
    const struct tf_evidence e = {.kind = "form",
                                  .country = p->country,
                                  .strand = tf_strand_name(p->form->strand),
                                  .name = p->form->id,
                                  .title = p->made.title,
                                  .hash = hash.hex,
                                  .file = p->made.xml,
                                  .detail = tf_buf_text(&detail)};
    TF_TRY(tf_register_open(p->arena, p->study->dir, true, &reg, reterr));
    return tf_evidence_put(reg, &e, &p->made.evidence, reterr);
}

static void describe(struct publication *p, enum tf_form_state state)
{
    const char *version = p->x->version;
    p->place = tf_printf(p->arena, ".trefoil/forms/%s/%s/%s%s", p->country, p->form->id,
                         state == TF_FORM_DRAFT ? "draft-" : "", file_version(p->arena, version));
    p->made = (struct tf_out_form){
        .country = p->country,
        .id = p->form->id,
        .version = version,
        .title = tf_is_blank(p->x->title) ? p->form->id : p->x->title,
        .state = state,
        .current = state != TF_FORM_DRAFT,
        .encrypted = p->form->encrypted,
        .xml = tf_printf(p->arena, "%s.xml", p->place),
        .md5 = tf_md5_hex(p->arena, p->xml.data, p->xml.n),
        .clear = p->form->clear,
        .n_clear = p->form->n_clear,
        .self = p->form->self,
        .who = p->form->who,
        .strand = p->form->strand,
        .purpose = p->form->purpose,
        .dataset = p->form->dataset,
    };
    if (state != TF_FORM_DRAFT)
        return;
    p->made.draft_secret = tf_token_make(p->arena);
    const struct tf_hash hash = tf_token_hash(p->made.draft_secret);
    p->made.draft_token = tf_strdup(p->arena, hash.hex);
}

enum tf_code tf_form_publish(struct tf_arena *arena, struct tf_fieldwork *fw,
                             const struct tf_study *study, const struct tf_study_form *form,
                             const char *country, enum tf_form_state state, const char *day,
                             struct tf_notices *out, struct tf_out_form *ret,
                             struct tf_err *reterr)
{
    struct publication p = {.arena = arena, .fw = fw, .study = study, .form = form,
                            .country = country, .out = out};
    struct medium *medium = NULL;
    bool same;
    if (!tf_country_in(form->country, form->n_countries, country)) {
        (void)tf_fail_at(reterr, TF_E_REFUSED, form->at.file, form->at.line, form->at.column,
                         "the form '%s' is not for %s", form->id, country);
        return tf_help(reterr, "Add %s to its `countries:` if it is.", country);
    }
    TF_TRY(tf_approvals_need(arena, study, country, "collect", day, reterr));
    TF_TRY(load_form(&p, reterr));
    TF_TRY(parse(&p, reterr));
    TF_TRY(judge_form(&p, reterr));
    TF_TRY(seal_form(&p, reterr));
    describe(&p, state);
    TF_TRY(gather_media(&p, &medium, reterr));
    TF_TRY(judge_version(&p, state, &same, reterr));
    TF_TRY(need_inbox(&p, reterr));
    TF_TRY(write_files(&p, medium, reterr));
    TF_TRY(register_form(&p, reterr));
    TF_TRY(tf_form_out_put(fw, &p.made, reterr));
    *ret = p.made;
    return TF_OK;
}
