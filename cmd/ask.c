/* trefoil ask: the study: its plan, indicators and questions
 *
 * usage: trefoil ask show [--study DIR] [--json]
 *        trefoil ask indicators [--study DIR] [--json]
 *        trefoil ask questions [--dataset DATASET] [--lang en] [--study DIR] [--json]
 *        trefoil ask convert FORM [-o FORM.xml] [--name ROOT] [--pretty] [--warnings-json W.json] [--json]
 *        trefoil ask lint FORM [--study DIR] [--json]
 *        trefoil ask check-submission FORM SUBMISSION.xml [--json]
 *
 * show prints the study in short: countries with their status, activities with their targets and what
 * was achieved, partners, timeline, research questions, datasets, principles, rules and roles (the
 * program shows roles and does not enforce them: who may do what is the team's to keep).
 * indicators prints the registry: what each number means, with its version, items, base and recall.
 * questions prints what the instruments ask: name, type, words, who is asked, codes.
 * convert makes an ODK XForm of an XLSForm: FORM is an .xlsx, an .xls, a folder of CSV sheets, or one CSV
 * or Markdown table whose first column names the sheet (told by its first bytes). ROOT names the root of
 * the answers where the form's settings do not; --pretty indents; W.json gets the warnings.
 * lint says what to look at before a form (an XLSForm or an XForm) goes to the field: questions that
 * nobody can reach, constraints that nothing can meet, sensitive items without consent before them or
 * without a way not to answer, how complete each language is, terms to avoid, recall periods that differ
 * from the registry's, indicators whose items are not asked (with --study).
 * check-submission says where a submission does not keep to its form: by path, never the value.
 *
 * examples:
 *   trefoil ask show --study demo-study
 *   trefoil ask questions --dataset child --lang en --study demo-study
 *   trefoil ask convert form.xlsx -o form.xml --pretty
 *   trefoil ask lint demo-study/children/child.xlsx --study demo-study
 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "ask/ask.h"
#include "cmd/ask_parts.h"

enum { MAX_COLS = 8 };

/* A table that grows by rows, printed for people or as a list of objects. */
struct out {
    struct tf_run *run;
    const char *const *head;
    size_t n_cols, n_rows, cap;
    const char **cell;
    json_t *json; /* the object that the parts go into, with --json */
};

static void begin(struct out *o, const char *const *head)
{
    o->head = head;
    o->n_cols = o->n_rows = o->cap = 0;
    o->cell = NULL;
    while (head[o->n_cols] != NULL)
        o->n_cols++;
}

static void row(struct out *o, const char *const *cells)
{
    struct tf_arena *a = o->run->arena;
    const size_t used = o->n_rows * o->n_cols;
    if (used + o->n_cols > o->cap) {
        const size_t cap = (used + o->n_cols) * 2;
        const char **more = TF_NEW_N(a, const char *, cap);
        if (used > 0)
            memcpy(more, o->cell, used * sizeof *more);
        o->cell = more;
        o->cap = cap;
    }
    for (size_t c = 0; c < o->n_cols; c++)
        o->cell[used + c] = cells[c] == NULL ? "" : cells[c];
    o->n_rows++;
}

static void end(struct out *o, const char *name)
{
    struct tf_arena *a = o->run->arena;
    if (o->run->json) {
        json_t *list = json_array();
        for (size_t r = 0; r < o->n_rows; r++) {
            json_t *one = json_object();
            for (size_t c = 0; c < o->n_cols; c++)
                (void)json_object_set_new(one, o->head[c],
                                          json_string(o->cell[r * o->n_cols + c]));
            (void)json_array_append_new(list, one);
        }
        (void)json_object_set_new(o->json, name, list);
        return;
    }
    if (o->n_rows == 0)
        return;
    const char **all = TF_NEW_N(a, const char *, (o->n_rows + 1) * o->n_cols);
    memcpy(all, o->head, o->n_cols * sizeof *all);
    memcpy(all + o->n_cols, o->cell, o->n_rows * o->n_cols * sizeof *all);
    tf_say("\n%s\n", name);
    tf_say_table(a, all, o->n_rows + 1, o->n_cols);
}

static const char *number(struct tf_arena *a, double x)
{
    return isnan(x) ? "" : tf_double_text(a, x);
}

static const char *joined(struct tf_arena *a, const char *const *word, size_t n)
{
    struct tf_buf b = {.arena = a};
    for (size_t k = 0; k < n; k++)
        tf_buf_printf(&b, "%s%s", k == 0 ? "" : ", ", word[k]);
    return tf_buf_text(&b);
}

/* ---- show ------------------------------------------------------------------------------------- */

static void show_countries(struct out *o, const struct tf_study *s)
{
    static const char *const head[] = {"code", "name", "region", "status", "ages", "languages",
                                       "policy", "activities", NULL};
    struct tf_arena *a = o->run->arena;
    begin(o, head);
    for (size_t k = 0; k < s->n_countries; k++) {
        const struct tf_country *c = &s->country[k];
        const char *cells[MAX_COLS] = {
            c->code,   c->name,
            c->region, c->status,
            c->age_max == 0 ? "" : tf_printf(a, "%d to %d", c->age_min, c->age_max),
            joined(a, c->language, c->n_languages),
            c->policy, tf_printf(a, "%zu", c->n_activities)};
        row(o, cells);
    }
    end(o, "countries");
}

/* The programme's target per country, its target in all, and what all countries achieved. */
static const char *target_text(struct tf_arena *a, const struct tf_activity *t)
{
    if (!isnan(t->in_all))
        return isnan(t->across) ? tf_printf(a, "%s in all", number(a, t->in_all))
                                : tf_printf(a, "%s in all, across %s countries",
                                            number(a, t->in_all), number(a, t->across));
    if (isnan(t->target_min))
        return "as available";
    if (t->target_min < t->target_max)
        return tf_printf(a, "%s to %s", number(a, t->target_min), number(a, t->target_max));
    return number(a, t->target_min);
}

static void show_activities(struct out *o, const struct tf_study *s)
{
    static const char *const head[] = {"id",   "strand",   "title",     "target",
                                       "unit", "achieved", "countries", NULL};
    struct tf_arena *a = o->run->arena;
    begin(o, head);
    for (size_t k = 0; k < s->n_activities; k++) {
        const struct tf_activity *t = &s->activity[k];
        double achieved = (double)NAN;
        size_t countries = 0;
        for (size_t c = 0; c < s->n_countries; c++)
            for (size_t j = 0; j < s->country[c].n_activities; j++) {
                const struct tf_country_activity *taken = &s->country[c].activity[j];
                if (strcmp(taken->activity, t->id) != 0)
                    continue;
                countries++;
                if (!isnan(taken->achieved))
                    achieved = (isnan(achieved) ? 0 : achieved) + taken->achieved;
            }
        const char *cells[MAX_COLS] = {t->id,
                                       tf_strand_name(t->strand),
                                       t->title,
                                       target_text(a, t),
                                       t->unit,
                                       number(a, achieved),
                                       tf_printf(a, "%zu", countries)};
        row(o, cells);
    }
    end(o, "activities");
}

static void show_rest(struct out *o, const struct tf_study *s)
{
    static const char *const partners[] = {"name", "area", "role", NULL};
    static const char *const timeline[] = {"from", "to", "title", "status", NULL};
    static const char *const questions[] = {"id", "strand", "text", NULL};
    static const char *const datasets[] = {"id", "strand", "kind", "title", "file", NULL};
    begin(o, partners);
    for (size_t k = 0; k < s->n_partners; k++)
        row(o, (const char *const[]){s->partner[k].name, s->partner[k].area, s->partner[k].role});
    end(o, "partners");
    begin(o, timeline);
    for (size_t k = 0; k < s->n_milestones; k++)
        row(o, (const char *const[]){s->milestone[k].from, s->milestone[k].to,
                                     s->milestone[k].title, s->milestone[k].status});
    end(o, "timeline");
    begin(o, questions);
    for (size_t k = 0; k < s->n_questions; k++)
        row(o, (const char *const[]){s->question[k].id, tf_strand_name(s->question[k].strand),
                                     s->question[k].text});
    end(o, "questions");
    begin(o, datasets);
    for (size_t k = 0; k < s->n_datasets; k++)
        row(o, (const char *const[]){s->dataset[k].id, tf_strand_name(s->dataset[k].strand),
                                     s->dataset[k].kind == TF_CONVENIENCE ? "convenience"
                                                                          : "probability",
                                     s->dataset[k].title, s->dataset[k].file});
    end(o, "datasets");
}

/* What the study says of itself in words. */
static void show_words(struct out *o, const struct tf_study *s)
{
    static const char *const words[] = {"part", "text", NULL};
    static const char *const roles[] = {"id", "may", "who", NULL};
    const struct {
        const char *part, *text;
    } one[] = {{"why", s->why}, {"terminology", s->terminology},
               {"response frame", s->response_frame}, {"rules for counts", s->threat_rules}};
    const struct {
        const char *part, *const *text;
        size_t n;
    } list[] = {{"principle", s->principle, s->n_principles},
                {"topic of counts", s->threat_topic, s->n_threat_topics},
                {"source of counts", s->threat_source, s->n_threat_sources}};
    begin(o, words);
    for (size_t k = 0; k < sizeof one / sizeof *one; k++)
        if (!tf_is_blank(one[k].text))
            row(o, (const char *const[]){one[k].part, one[k].text});
    for (size_t k = 0; k < sizeof list / sizeof *list; k++)
        for (size_t j = 0; j < list[k].n; j++)
            row(o, (const char *const[]){list[k].part, list[k].text[j]});
    end(o, "words");
    begin(o, roles);
    for (size_t k = 0; k < s->n_roles; k++)
        row(o, (const char *const[]){s->role[k].id,
                                     joined(o->run->arena, s->role[k].may, s->role[k].n_may),
                                     s->role[k].who});
    end(o, "roles");
}

static enum tf_code show(struct out *o, const struct tf_study *s, const char *dataset TF_UNUSED,
                         const char *lang TF_UNUSED, struct tf_err *reterr TF_UNUSED)
{
    if (o->run->json) {
        (void)json_object_set_new(o->json, "id", json_string(s->id));
        (void)json_object_set_new(o->json, "title", json_string(s->title));
        (void)json_object_set_new(o->json, "synthetic", json_boolean(s->synthetic));
    } else {
        tf_say("%s: %s\n%s", s->id, s->title, s->subtitle[0] == '\0' ? "" : s->subtitle);
        tf_say("%s", s->synthetic ? "\nall data are synthetic\n" : "\n");
    }
    show_countries(o, s);
    show_activities(o, s);
    show_rest(o, s);
    show_words(o, s);
    return TF_OK;
}

/* ---- indicators ------------------------------------------------------------------------------- */

static enum tf_code indicators(struct out *o, const struct tf_study *s, const char *dataset,
                               const char *lang, struct tf_err *reterr TF_UNUSED)
{
    static const char *const head[] = {"id",    "version", "dataset", "label",
                                       "items", "codes",   "base",    "recall", NULL};
    struct tf_arena *a = o->run->arena;
    begin(o, head);
    for (size_t k = 0; k < s->n_indicators; k++) {
        const struct tf_indicator *i = &s->indicator[k];
        struct tf_buf codes = {.arena = a};
        if (dataset != NULL && strcmp(i->dataset, dataset) != 0)
            continue;
        for (size_t j = 0; j < i->n_codes; j++)
            tf_buf_printf(&codes, "%s%s", j == 0 ? "" : ", ", tf_double_text(a, i->code[j]));
        const char *cells[MAX_COLS] = {i->id,
                                       i->version,
                                       i->dataset,
                                       tf_words_in(&i->label, lang),
                                       joined(a, i->item, i->n_items),
                                       tf_buf_text(&codes),
                                       i->base_text != NULL ? i->base_text : i->base,
                                       i->recall};
        row(o, cells);
    }
    end(o, "indicators");
    return TF_OK;
}

/* ---- questions -------------------------------------------------------------------------------- */

static const char *choices_text(struct tf_arena *a, const struct tf_question *q, const char *lang)
{
    struct tf_buf b = {.arena = a};
    for (size_t k = 0; k < q->n_choices; k++)
        tf_buf_printf(&b, "%s%s %s", k == 0 ? "" : "; ", q->choice[k].value,
                      tf_words_in(&q->choice[k].label, lang));
    return tf_buf_text(&b);
}

static enum tf_code questions(struct out *o, const struct tf_study *s, const char *dataset,
                              const char *lang, struct tf_err *reterr)
{
    static const char *const head[] = {"name", "type", "label", "relevant", "choices", NULL};
    struct tf_arena *a = o->run->arena;
    if (dataset != NULL && tf_study_dataset(s, dataset) == NULL)
        return tf_usage(o->run, reterr, "the study has no dataset '%s'", dataset);
    for (size_t k = 0; k < s->n_datasets; k++) {
        const struct tf_dataset *d = &s->dataset[k];
        struct tf_instrument *form;
        if (d->instrument == NULL || (dataset != NULL && strcmp(d->id, dataset) != 0))
            continue;
        const char *country = d->n_countries > 0 ? d->country[0] : NULL;
        TF_TRY(tf_instrument_read(a, tf_study_path(a, s, d->instrument, country, NULL), &form,
                                  reterr));
        begin(o, head);
        for (size_t j = 0; j < form->n_questions; j++) {
            const struct tf_question *q = &form->question[j];
            row(o, (const char *const[]){q->name, q->type, tf_words_in(&q->label, lang),
                                         q->relevant, choices_text(a, q, lang)});
        }
        end(o, d->id);
    }
    return TF_OK;
}

enum tf_code cmd_ask(struct tf_run *run, struct tf_err *reterr)
{
    static const struct {
        const char *word;
        enum tf_code (*run)(struct out *o, const struct tf_study *s, const char *dataset,
                            const char *lang, struct tf_err *reterr);
    } parts[] = {{"show", show}, {"indicators", indicators}, {"questions", questions}};
    static const struct { /* what needs no study */
        const char *word;
        enum tf_code (*run)(struct tf_run *run, struct tf_err *reterr);
    } apart[] = {{"convert", tf_ask_convert},
                 {"lint", tf_ask_lint},
                 {"check-submission", tf_ask_check_submission}};
    const char *dataset = NULL, *lang = "en", **word;
    size_t n, k = 0;
    struct tf_study *s;
    const struct tf_option options[] = {{.name = "--dataset", .text = &dataset},
                                        {.name = "--lang", .text = &lang}};
    for (size_t j = 0; run->argc > 0 && j < sizeof apart / sizeof *apart; j++)
        if (strcmp(run->argv[0], apart[j].word) == 0)
            return apart[j].run(run, reterr);
    TF_TRY(tf_options(run, options, 2, &word, &n, reterr));
    while (n == 1 && k < 3 && strcmp(parts[k].word, word[0]) != 0)
        k++;
    if (n != 1 || k == 3)
        return tf_usage(run, reterr, "say what: show, indicators, questions or convert");
    TF_TRY(tf_study_read(run->arena, run->study, &s, reterr));
    struct out o = {.run = run, .json = json_object()};
    const enum tf_code code = parts[k].run(&o, s, dataset, lang, reterr);
    if (code == TF_OK && run->json)
        tf_say_json(o.json);
    else
        json_decref(o.json);
    return code;
}
