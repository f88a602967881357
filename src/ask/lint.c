/* What a form's team should look at before it goes to the field: see xform.h.
 *
 * ODK Validate says whether a form runs. This says whether it asks what the study needs, in every
 * language, and safely: sensitive items behind consent and with a way not to answer (domain: ECPAT
 * guidelines of 2019; Luxembourg Guidelines for words), the recall period that the indicator states,
 * every indicator's items. What is unreachable is said by lint_reach.c.
 *
 * "Behind consent" means: its relevance, or that of a group round it, or of a field these read, speaks of
 * a field whose name has consent or assent in it. That such a field asks for consent, only people can
 * see. */
#include <stdio.h>
#include <string.h>

#include "ask/ask.h"
#include "ask/expr_inside.h"
#include "ask/lint.h"

enum { MAX_CHAIN = 6, MAX_SHOWN = 5 };
/* How a template's text marks what a team must fill in: a row of dots (three ellipses). */
static const char blank[] = "\xE2\x80\xA6\xE2\x80\xA6\xE2\x80\xA6";

void tf_lint_say(const struct tf_xform *form, struct tf_notices *out, const struct tf_xfield *x,
                 const char *id, const char *help, const char *format, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    tf_notice_add(out, TF_WARNING, id, form->file, x == NULL ? 0 : x->line, 0, help, "%s", text);
}

struct linting {
    struct tf_arena *arena;
    const struct tf_xform *form;
    const struct tf_study *study;
    const struct tf_dataset *dataset; /* what its submissions become, or NULL */
    const char *const *sensitive;
    size_t n_sensitive;
    struct tf_notices *out;
};

static bool is_question(const struct tf_xfield *f)
{
    return f->control && f->type > TF_X_REPEAT;
}

/* ---- languages ---------------------------------------------------------------------------------- */

/* XLSForm tools put "-" where a translation is missing. */
static bool stands_in(const struct tf_words *words, const char *lang)
{
    for (size_t k = 0; k < words->n; k++)
        if (strcmp(words->item[k].lang, lang) == 0)
            return !tf_is_blank(words->item[k].text) && strcmp(words->item[k].text, "-") != 0;
    return false;
}

/* Texts that have no language at all are the same in each. */
static bool is_translated(const struct tf_xform *form, const struct tf_words *words)
{
    for (size_t k = 0; k < words->n; k++)
        for (size_t l = 0; l < form->n_languages; l++)
            if (strcmp(words->item[k].lang, form->language[l]) == 0)
                return true;
    return false;
}

struct counting {
    const struct tf_xform *form;
    struct tf_language_share *share;
    /* which are missing, for notices; NULL when only counted */
    struct tf_buf *missing; /* [n_languages * TF_LINT_PARTS] */
    size_t *n_missing;
};

static void count(struct counting *c, int part, const struct tf_words *words, const char *path)
{
    if (!is_translated(c->form, words))
        return;
    for (size_t l = 0; l < c->form->n_languages; l++) {
        const size_t at = l * TF_LINT_PARTS + (size_t)part;
        c->share[l].of[part]++;
        if (stands_in(words, c->form->language[l])) {
            c->share[l].have[part]++;
        } else if (c->missing != NULL && c->n_missing[at]++ < MAX_SHOWN) {
            tf_buf_printf(&c->missing[at], "%s%s", c->missing[at].n == 0 ? "" : ", ", path);
        }
    }
}

/* Lists of choices count once, though many questions use them. */
static bool seen(struct tf_arena *arena, const char ***list, size_t *n, size_t *cap, const char *name)
{
    for (size_t k = 0; k < *n; k++)
        if (strcmp((*list)[k], name) == 0)
            return true;
    *list = tf_grow(arena, *list, *n, cap, sizeof **list);
    (*list)[(*n)++] = name;
    return false;
}

static void count_all(struct tf_arena *arena, struct counting *c)
{
    const char **list = NULL;
    size_t n = 0, cap = 0;
    for (size_t k = 0; k < c->form->n_fields; k++) {
        const struct tf_xfield *f = &c->form->field[k];
        if (f->label.n > 0)
            count(c, TF_LINT_LABELS, &f->label, f->path);
        if (f->hint.n > 0)
            count(c, TF_LINT_HINTS, &f->hint, f->path);
        count(c, TF_LINT_MESSAGES, &f->constraint_message, f->path);
        count(c, TF_LINT_MESSAGES, &f->required_message, f->path);
        count(c, TF_LINT_AUDIO, &f->audio, f->path);
        const char *name = f->itemset == NULL
                               ? f->path
                               : tf_strndup(arena, f->itemset, strcspn(f->itemset, "["));
        if (f->n_items == 0 || seen(arena, &list, &n, &cap, name))
            continue;
        for (size_t j = 0; j < f->n_items; j++)
            count(c, TF_LINT_CHOICES, &f->item[j].label,
                  tf_printf(arena, "%s = %s", f->path, f->item[j].value));
    }
}

size_t tf_form_languages(struct tf_arena *arena, const struct tf_xform *form,
                         struct tf_language_share **ret)
{
    struct counting c = {.form = form};
    c.share = TF_NEW_N(arena, struct tf_language_share, form->n_languages + 1);
    for (size_t l = 0; l < form->n_languages; l++)
        c.share[l].language = form->language[l];
    count_all(arena, &c);
    *ret = c.share;
    return form->n_languages;
}

static void check_languages(struct linting *t)
{
    static const char *const parts[] = {"labels", "hints", "messages", "choices", "recordings"};
    const size_t n = t->form->n_languages * TF_LINT_PARTS;
    struct counting c = {.form = t->form};
    c.share = TF_NEW_N(t->arena, struct tf_language_share, t->form->n_languages + 1);
    c.missing = TF_NEW_N(t->arena, struct tf_buf, n + 1);
    c.n_missing = TF_NEW_N(t->arena, size_t, n + 1);
    for (size_t k = 0; k < n; k++)
        c.missing[k].arena = t->arena;
    count_all(t->arena, &c);
    for (size_t l = 0; l < t->form->n_languages; l++)
        for (size_t p = 0; p < TF_LINT_PARTS; p++) {
            const size_t at = l * TF_LINT_PARTS + p;
            if (c.n_missing[at] > 0)
                tf_lint_say(t->form, t->out, NULL, "translation", tf_printf(t->arena, "%s%s",
                            tf_buf_text(&c.missing[at]), c.n_missing[at] > MAX_SHOWN ? ", …" : ""),
                            "%s: %zu of %zu %s are missing", t->form->language[l], c.n_missing[at],
                            c.share[l].of[p], parts[p]);
        }
}

/* ---- sensitive items ---------------------------------------------------------------------------- */

static bool says_consent(const char *name)
{
    return strstr(name, "consent") != NULL || strstr(name, "assent") != NULL;
}

static bool behind_consent(struct linting *t, const struct tf_xfield *f, int depth)
{
    const char **path;
    struct tf_xpath *x;
    struct tf_err err;
    if (depth == MAX_CHAIN)
        return false;
    for (const struct tf_xfield *up = f;; up = &t->form->field[up->parent]) {
        if (up->relevant != NULL &&
            tf_xpath_parse(t->arena, up->relevant, NULL, 0, &x, &err) == TF_OK) {
            const size_t n = tf_xpath_paths(t->arena, x, up->path, &path);
            for (size_t k = 0; k < n; k++) {
                const struct tf_xfield *read = tf_xform_field(t->form, path[k]);
                if (read != NULL && (says_consent(read->name) || behind_consent(t, read, depth + 1)))
                    return true;
            }
        }
        if (up->parent == SIZE_MAX)
            return false;
    }
}

static bool is_sensitive(const struct linting *t, const struct tf_xfield *f)
{
    if (t->dataset != NULL && tf_dataset_sensitive(t->dataset, f->name))
        return true;
    for (size_t k = 0; k < t->n_sensitive; k++)
        if (strcmp(t->sensitive[k], f->name) == 0)
            return true;
    for (size_t up = f->parent; up != SIZE_MAX; up = t->form->field[up].parent)
        if (strcmp(t->form->field[up].name, "sensitive") == 0)
            return true;
    return false;
}

static bool declines(const struct linting *t, const struct tf_xitem *item)
{
    static const char *const says[] = {"prefer not", "rather not", "refus", "do not want to"};
    double code;
    for (size_t k = 0; k < item->label.n; k++) {
        const char *text = tf_lower(t->arena, item->label.item[k].text);
        for (size_t j = 0; j < sizeof says / sizeof *says; j++)
            if (strstr(text, says[j]) != NULL)
                return true;
    }
    if (t->dataset == NULL || !tf_parse_double(item->value, &code))
        return false;
    for (size_t k = 0; k < t->dataset->n_missing; k++)
        if (t->dataset->missing[k].code == code &&
            (t->dataset->missing[k].why == TF_MISS_PREFER_NOT ||
             t->dataset->missing[k].why == TF_MISS_REFUSED))
            return true;
    return false;
}

static void check_sensitive(struct linting *t, const struct tf_xfield *f)
{
    bool way_out = f->n_items == 0 && f->required == NULL;
    if (!is_question(f) || !is_sensitive(t, f) ||
        (f->type == TF_X_STRING && f->readonly != NULL)) /* a note */
        return;
    for (size_t k = 0; k < f->n_items && !way_out; k++)
        way_out = declines(t, &f->item[k]);
    if (!way_out)
        tf_lint_say(t->form, t->out, f, "sensitive-choice",
                    f->n_items > 0 ? "Add the choice \"Prefer not to say\"."
                                   : "Let it be left empty, or ask it with choices.",
                    "%s is sensitive and has no way not to answer", f->path);
    if (!behind_consent(t, f, 0))
        tf_lint_say(t->form, t->out, f, "sensitive-consent",
                    "Make it relevant only after consent and assent.",
                    "%s is sensitive and is asked whatever was said to consent", f->path);
}

/* ---- words -------------------------------------------------------------------------------------- */

static void check_term(struct linting *t, const struct tf_xfield *f, const struct tf_words *words,
                       const char *what)
{
    const char *say;
    size_t n;
    for (size_t k = 0; k < words->n; k++) {
        if (strstr(words->item[k].text, blank) != NULL)
            tf_lint_say(t->form, t->out, f, "unfilled", "Write there what holds in this country.",
                        "the %s of %s still has a blank to fill in (%s)", what, f->path,
                        words->item[k].lang);
        const char *found = tf_term_to_avoid(words->item[k].text, &n, &say);
        if (found != NULL)
            tf_lint_say(t->form, t->out, f, "term", tf_printf(t->arena, "Say \"%s\".", say),
                        "the %s of %s uses a term to avoid: \"%.*s\" (%s)", what, f->path, (int)n,
                        found, words->item[k].lang);
    }
}

static void check_terms(struct linting *t, const struct tf_xfield *f)
{
    const struct {
        const struct tf_words *words;
        const char *what;
    } all[] = {{&f->label, "label"},
               {&f->hint, "hint"},
               {&f->guidance, "guidance"},
               {&f->constraint_message, "message"},
               {&f->required_message, "message"}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        check_term(t, f, all[k].words, all[k].what);
    for (size_t k = 0; k < f->n_items; k++)
        check_term(t, f, &f->item[k].label, "choices");
}

/* ---- the registry ------------------------------------------------------------------------------- */

static const struct tf_xfield *field_named(const struct tf_xform *form, const char *name)
{
    for (size_t k = 0; k < form->n_fields; k++)
        if (strcmp(form->field[k].name, name) == 0 && !form->field[k].meta)
            return &form->field[k];
    return NULL;
}

/* The period of its own words, else of the nearest group round it that states one. */
static int period_of(const struct linting *t, const struct tf_xfield *f, const char **ret, size_t *ret_n)
{
    for (;;) {
        const struct tf_words *words[] = {&f->label, &f->hint};
        for (size_t w = 0; w < 2; w++)
            for (size_t k = 0; k < words[w]->n; k++) {
                size_t at;
                const int days = tf_recall_days(words[w]->item[k].text, &at, ret_n);
                *ret = words[w]->item[k].text + (days > 0 ? at : 0);
                if (days > 0)
                    return days;
            }
        if (f->parent == SIZE_MAX)
            return 0;
        f = &t->form->field[f->parent];
    }
}

static void check_indicators(struct linting *t)
{
    for (size_t k = 0; k < t->study->n_indicators; k++) {
        const struct tf_indicator *i = &t->study->indicator[k];
        size_t at, n;
        if (t->dataset == NULL || strcmp(i->dataset, t->dataset->id) != 0)
            continue;
        const int want = i->recall == NULL ? 0 : tf_recall_days(i->recall, &at, &n);
        for (size_t j = 0; j < i->n_items; j++) {
            const struct tf_xfield *f = field_named(t->form, i->item[j]);
            const char *text = "";
            if (f == NULL) {
                tf_lint_say(t->form, t->out, NULL, "indicator",
                            "Ask it, or take the item out of indicators.yaml.",
                            "the indicator '%s' needs the item %s, which the form does not ask", i->id,
                            i->item[j]);
                continue;
            }
            const int days = want == 0 ? 0 : period_of(t, f, &text, &n);
            if (days > 0 && days != want)
                tf_lint_say(t->form, t->out, f, "recall",
                            "Let question and indicator state the same period.",
                            "%s asks about the \"%.*s\", its indicator '%s' is about the \"%s\"",
                            f->path, (int)n, text, i->id, i->recall);
        }
    }
}

/* The dataset of this form: as study.yaml says, else the only one whose instrument has its name. */
static const struct tf_dataset *dataset_of(const struct tf_study *s, const struct tf_xform *form)
{
    const struct tf_study_form *f = tf_study_form(s, form->id);
    if (f != NULL && f->dataset != NULL)
        return tf_study_dataset(s, f->dataset);
    return tf_study_dataset(s, form->id);
}

void tf_form_lint(struct tf_arena *arena, const struct tf_xform *form, const struct tf_study *study,
                  const char *const *sensitive, size_t n_sensitive, struct tf_notices *out)
{
    struct linting t = {.arena = arena, .form = form, .study = study, .sensitive = sensitive,
                        .n_sensitive = n_sensitive, .out = out};
    if (study != NULL)
        t.dataset = dataset_of(study, form);
    tf_lint_reach(arena, form, out);
    for (size_t k = 0; k < form->n_fields; k++) {
        check_sensitive(&t, &form->field[k]);
        check_terms(&t, &form->field[k]);
    }
    check_languages(&t);
    if (study == NULL)
        return;
    if (t.dataset == NULL && study->n_datasets > 0)
        tf_notice_add(out, TF_NOTE, "dataset", form->file, 0, 0,
                      "State it in study.yaml: forms: - {id, file, dataset}.",
                      "the study does not say which dataset the form '%s' fills: its indicators were "
                      "not looked at", form->id);
    check_indicators(&t);
}
