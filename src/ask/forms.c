/* Forms: what goes to the field, and what of it stays readable there.
 *
 * A form that a child, a caregiver or a survivor answers is sealed on the tablet: only who holds the
 * private key reads an answer. Quality control needs a few facts all the same (which cluster, how long,
 * how it ended), so a form may name a short list of fields that stay clear. Short, because each clear
 * field is one more thing that a stolen server tells; and never a sensitive item of its dataset, and
 * never one of the part that the respondent answers alone.
 *
 * Those rules are checked here, as far as study.yaml itself can tell; whether a clear field stands in
 * the group answered alone is known when the form is read (tf_form_clear_allowed). */
#include <string.h>

#include "ask/inside.h"

enum { CLEAR_MOST = 12 };

static const char *const respondents[] = {"child",  "caregiver",   "survivor",
                                          "worker", "interviewer", NULL};
static const char *const purposes[] = {"identity", "response", "qual", NULL};

/* clang-format off */
static const struct field form_fields[] = {
    {"id",        FIELD_ID,     true,  FIELD_AT(struct tf_study_form, id)},
    {"file",      FIELD_TEXT,   true,  FIELD_AT(struct tf_study_form, file)},
    {"who",       FIELD_CHOICE, true,  FIELD_AT(struct tf_study_form, who), .words = respondents},
    {"dataset",   FIELD_TEXT,   false, FIELD_AT(struct tf_study_form, dataset)},
    {"strand",    FIELD_CHOICE, false, FIELD_AT(struct tf_study_form, strand), .words = tf_strand_words},
    {"purpose",   FIELD_WORD,   false, FIELD_AT(struct tf_study_form, purpose), .words = purposes},
    {"encrypted", FIELD_BOOL,   false, FIELD_AT(struct tf_study_form, encrypted)},
    {"clear",     FIELD_TEXTS,  false, FIELD_AT2(struct tf_study_form, clear, n_clear)},
    {"self",      FIELD_TEXT,   false, FIELD_AT(struct tf_study_form, self)},
    {"media",     FIELD_TEXT,   false, FIELD_AT(struct tf_study_form, media)},
    {"countries", FIELD_TEXTS,  false, FIELD_AT2(struct tf_study_form, country, n_countries)},
    {"crosswalk", FIELD_TEXT,   false, FIELD_AT(struct tf_study_form, crosswalk)},
    {"consent",   FIELD_OTHER,  false, .at = 0},
    FIELD_END};
/* clang-format on */

const char *tf_respondent_word(enum tf_respondent who)
{
    return (unsigned)who < 5 ? respondents[who] : "";
}

bool tf_respondent_sealed(enum tf_respondent who)
{
    return who != TF_ASKED_WORKER && who != TF_ASKED_INTERVIEWER;
}

static void start_form(void *thing)
{
    struct tf_study_form *f = thing;
    f->encrypted = true;
    f->strand = TF_CHILDREN;
    f->purpose = "response";
}

static enum tf_code form_fail(const struct tf_yaml *map, const char *key, struct tf_err *reterr,
                              const char *name, const char *what, const char *help)
{
    const struct tf_yaml *at = tf_yaml_get(map, key);
    (void)tf_yaml_fail(at == NULL ? map : at, reterr, "'%s' %s", name, what);
    return tf_help(reterr, "%s", help);
}

/* consent: {consent: {interview: consent_caregiver}, assent: {interview: assent_child}} */
static enum tf_code read_consent(struct tf_arena *arena, const struct tf_yaml *map,
                                 struct tf_study_form *f, struct tf_err *reterr)
{
    const struct tf_yaml *kinds = tf_yaml_get(map, "consent");
    size_t cap = 0;
    for (size_t k = 0; kinds != NULL && k < (kinds->kind == TF_YAML_MAP ? kinds->n : 1); k++) {
        const struct tf_yaml *fields = kinds->kind == TF_YAML_MAP ? kinds->item[k] : kinds;
        const char *kind = kinds->kind == TF_YAML_MAP ? kinds->key[k]->text : "";
        if ((strcmp(kind, "consent") != 0 && strcmp(kind, "assent") != 0) ||
            fields->kind != TF_YAML_MAP) {
            (void)tf_yaml_fail(fields, reterr, "'consent' names fields by kind and switch");
            return tf_help(reterr, "Write `consent: {consent: {interview: FIELD}, assent: {interview: "
                                   "FIELD}}`.");
        }
        for (size_t j = 0; j < fields->n; j++) {
            f->consent = tf_grow(arena, f->consent, f->n_consents, &cap, sizeof *f->consent);
            f->consent[f->n_consents++] = (struct tf_form_consent){kind, fields->key[j]->text,
                                                                   fields->item[j]->text};
        }
    }
    return TF_OK;
}

/* What one entry can tell by itself. */
static enum tf_code more_form(struct tf_arena *arena, const struct tf_yaml *map, void *thing,
                              struct tf_err *reterr)
{
    struct tf_study_form *f = thing;
    TF_TRY(read_consent(arena, map, f, reterr));
    if (!f->encrypted && tf_respondent_sealed(f->who))
        return form_fail(map, "encrypted", reterr, f->id, "is a form that must be encrypted",
                         "What a child, a caregiver or a survivor answers leaves the tablet sealed; "
                         "only forms of workers and interviewers may say `encrypted: false`.");
    if (f->n_clear > CLEAR_MOST)
        return form_fail(map, "clear", reterr, f->id, "keeps too many fields readable",
                         "At most 12 names stay clear: what quality control needs each day.");
    for (size_t k = 0; k < f->n_clear; k++) {
        if (tf_is_blank(f->clear[k]) || strpbrk(f->clear[k], "/\n\r\t *") != NULL)
            return form_fail(map, "clear", reterr, f->clear[k], "is no name of a field",
                             "Write the names of questions, as in the survey sheet.");
        for (size_t j = 0; j < k; j++)
            if (strcmp(f->clear[j], f->clear[k]) == 0)
                return form_fail(map, "clear", reterr, f->clear[k], "stands twice",
                                 "Name each clear field once.");
        if (f->self != NULL && strcmp(f->self, f->clear[k]) == 0)
            return form_fail(map, "clear", reterr, f->clear[k],
                             "is the part that is answered alone", "Nothing of that part stays readable: take it out.");
    }
    return TF_OK;
}

/* What only the whole study can tell: the dataset, and which of its items are sensitive. */
static enum tf_code judge_form(const struct tf_study *s, const struct tf_yaml *map,
                               const struct tf_study_form *f, struct tf_err *reterr)
{
    const struct tf_dataset *d = tf_study_dataset(s, f->dataset);
    if (f->dataset != NULL && d == NULL)
        return form_fail(map, "dataset", reterr, f->dataset, "is no dataset of the study",
                         "Datasets stand under `datasets:` of study.yaml.");
    for (size_t k = 0; d != NULL && k < f->n_clear; k++)
        if (tf_dataset_sensitive(d, f->clear[k]))
            return form_fail(map, "clear", reterr, f->clear[k],
                             "is a sensitive item and cannot stay clear", "Take it out of `clear:`; the dataset lists it as sensitive.");
    for (size_t k = 0; k < f->n_countries; k++)
        if (tf_study_country(s, f->country[k]) == NULL)
            return form_fail(map, "countries", reterr, f->country[k], "is no country of the study",
                             "Countries stand under `countries:` of study.yaml.");
    return TF_OK;
}

enum tf_code tf_forms_read(struct tf_study *s, const struct tf_yaml *root, struct tf_err *reterr)
{
    static const struct list_kind forms = {.key = "forms",
                                           .fields = form_fields,
                                           .size = sizeof(struct tf_study_form),
                                           .place = offsetof(struct tf_study_form, at),
                                           .start = start_form,
                                           .more = more_form};
    void *list;
    TF_TRY(tf_list_read(s->arena, root, &forms, &list, &s->n_forms, reterr));
    s->form = list;
    for (size_t k = 0; k < s->n_forms; k++)
        TF_TRY(judge_form(s, tf_yaml_get(root, "forms")->item[k], &s->form[k], reterr));
    return TF_OK;
}

const struct tf_study_form *tf_study_form(const struct tf_study *s, const char *id)
{
    for (size_t k = 0; id != NULL && k < s->n_forms; k++)
        if (strcmp(s->form[k].id, id) == 0)
            return &s->form[k];
    return NULL;
}

/* ---- against the form itself ------------------------------------------------------------------ */

static bool below_group(const struct tf_xform *x, size_t at, const char *group)
{
    for (size_t up = x->field[at].parent; up != SIZE_MAX; up = x->field[up].parent)
        if (strcmp(x->field[up].name, group) == 0)
            return true;
    return false;
}

static enum tf_code clear_fail(const struct tf_study_form *f, struct tf_err *reterr,
                               const char *name, const char *what, const char *help)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, f->at.file, f->at.line, f->at.column, "'%s' %s", name,
                     what);
    (void)tf_fact(reterr, "the form is '%s'", f->id);
    return tf_help(reterr, "%s", help);
}

static enum tf_code judge_clear(const struct tf_study_form *f, const struct tf_xform *x,
                                const char *name, struct tf_err *reterr)
{
    size_t found = 0;
    for (size_t k = 0; k < x->n_fields; k++) {
        if (strcmp(x->field[k].name, name) != 0)
            continue;
        found++;
        if (f->self != NULL && below_group(x, k, f->self))
            return clear_fail(f, reterr, name, "is answered alone and cannot stay clear",
                              "Take it out of `clear:`.");
        if (x->field[k].repeat != SIZE_MAX)
            return clear_fail(f, reterr, name, "stands in a repeat and cannot stay clear",
                              "Clear fields are those asked once; calculate a count outside.");
        if (x->field[k].type == TF_X_GROUP || x->field[k].type == TF_X_REPEAT)
            return clear_fail(f, reterr, name, "is a group and cannot stay clear",
                              "Name single questions.");
    }
    if (found == 1)
        return TF_OK;
    return clear_fail(f, reterr, name,
                      found == 0 ? "is no field of the form" : "names several fields of the form",
                      "`clear:` names fields of the form, each by a name it has once.");
}

enum tf_code tf_form_clear_allowed(const struct tf_study_form *f, const struct tf_xform *x,
                                   struct tf_err *reterr)
{
    bool found = f->self == NULL;
    for (size_t k = 0; k < x->n_fields && !found; k++)
        found = x->field[k].type == TF_X_GROUP && strcmp(x->field[k].name, f->self) == 0;
    if (!found)
        return clear_fail(f, reterr, f->self, "is no group of the form",
                          "`self:` names the group that the respondent answers alone.");
    for (size_t k = 0; k < f->n_clear; k++)
        if (strcmp(f->clear[k], "audit") != 0)
            TF_TRY(judge_clear(f, x, f->clear[k], reterr));
    return TF_OK;
}

/* ---- the check -------------------------------------------------------------------------------- */

void tf_forms_check(const struct tf_study *s, struct tf_notices *out)
{
    struct tf_arena *arena = out->arena;
    for (size_t k = 0; k < s->n_forms; k++) {
        const struct tf_study_form *f = &s->form[k];
        const char *const path[] = {tf_study_path(arena, s, f->file, NULL, NULL),
                                    tf_study_path(arena, s, f->media, NULL, NULL),
                                    tf_study_path(arena, s, f->crosswalk, NULL, NULL)};
        static const char *const what[] = {"file", "folder of media", "crosswalk"};
        for (size_t j = 0; j < 3; j++)
            if (path[j] != NULL && !tf_file_exists(path[j]) && !tf_dir_exists(path[j]))
                tf_notice_add(out, TF_ERROR, "no-form-file", f->at.file, f->at.line, f->at.column,
                              "Correct the name in study.yaml, or put it there.",
                              "the form '%s' names a %s that is not there: %s", f->id, what[j],
                              path[j]);
        if (f->who == TF_ASKED_CHILD && f->self == NULL)
            tf_notice_add(out, TF_WARNING, "no-part-alone", f->at.file, f->at.line, f->at.column,
                          "Add `self: GROUP`: the part that the child answers without the interviewer.",
                          "the form '%s' has no part that the child answers alone", f->id);
    }
}
