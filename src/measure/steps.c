/* Weighting steps, one after another.
 *
 *     weights:
 *       - {step: base, p_psu: p1, p_household: p2, p_person: p3}
 *       - {step: nonresponse, response: done, classes: [region]}
 *       - {step: rake, margins: […]}
 *       - {step: trim, upper: {ratio_to_median: 5}}
 *       - {step: scale, to: n}
 *
 * A step is read (keys), bound to the data (columns, cells, totals) given the weights so far, and
 * taken. Each leaves its weights as a column of the table, and a line of diagnosis: sum, range,
 * Kish's 1 + cv^2 (the price of unequal weights: Kish 1965, 11.2C), how many cases have no weight
 * and why. A row whose weight is 0 is not in the sample any more, and later steps do not look at
 * it.
 *
 * Replicates take the same bound steps again from their own base weights (those after the step that
 * begins), so their spread knows all of them; a replicate whose step fails is left out by the fit
 * (TF_E_CONVERGE). Linearised standard errors know the totals of post-stratification, raking,
 * calibration and scaling to a population (residual.c); base weights, nonresponse factors and
 * trimming count as given.
 *
 * A new step is a struct tf_step_kind and a row in the table `kinds`. */
#include <math.h>
#include <string.h>

#include "measure/calibrate.h"

static const struct tf_step_kind *const kinds[] = {
    &tf_step_base, &tf_step_nonresponse, &tf_step_poststratify, &tf_step_rake,
    &tf_step_calibrate, &tf_step_trim, &tf_step_scale};
enum { N_KINDS = sizeof kinds / sizeof kinds[0], MOST_KEYS = 24 };

struct tf_step {
    const struct tf_step_kind *kind;
    const struct tf_yaml *at;
    const char *name;     /* of its column */
    bool named;           /* by the recipe */
    const char **country; /* none: all */
    size_t n_countries;
    void *said, *bound;
    bool known;           /* standard errors know its totals */
};
struct tf_steps {
    struct tf_step *step;
    size_t n;
    struct tf_weighing *g; /* as they were taken */
    struct tf_step **taken;
    size_t n_taken;
};

/* ---- Reading ------------------------------------------------------------------------------ */

static enum tf_code find_kind(const struct tf_yaml *map, const struct tf_step_kind **ret,
                              struct tf_err *reterr)
{
    const char *word, *words[N_KINDS + 1] = {NULL};
    TF_TRY(tf_yaml_need_text(map, "step", &word, reterr));
    for (size_t k = 0; k < N_KINDS; k++) {
        words[k] = kinds[k]->word;
        *ret = kinds[k];
        if (strcmp(kinds[k]->word, word) == 0)
            return TF_OK;
    }
    const char *near = tf_nearest(word, words);
    (void)tf_yaml_fail(tf_yaml_get(map, "step"), reterr, "there is no step '%s'", word);
    return near != NULL
               ? tf_help(reterr, "Did you mean '%s'?", near)
               : tf_help(reterr, "Write base, nonresponse, poststratify, rake, calibrate, trim or "
                                 "scale.");
}

static enum tf_code read_step(struct tf_arena *arena, const struct tf_yaml *map, const char *dir,
                              size_t number, struct tf_step *s, struct tf_err *reterr)
{
    const char *known[MOST_KEYS] = {"step", "name", "countries"};
    if (map->kind != TF_YAML_MAP)
        return tf_yaml_fail(map, reterr, "an entry of 'weights' must have keys");
    s->at = map;
    TF_TRY(find_kind(map, &s->kind, reterr));
    for (size_t k = 0; s->kind->known[k] != NULL && k + 4 < MOST_KEYS; k++)
        known[k + 3] = s->kind->known[k];
    TF_TRY(tf_yaml_known(map, known, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, map, "countries", &s->country, &s->n_countries, reterr));
    TF_TRY(tf_yaml_opt_text(map, "name", NULL, &s->name, reterr));
    s->named = s->name != NULL;
    if (!s->named)
        s->name = tf_printf(arena, "weight_%zu_%s", number, s->kind->word);
    return s->kind->read(arena, map, dir, &s->said, reterr);
}

enum tf_code tf_steps_read(struct tf_arena *arena, const struct tf_yaml *list, const char *dir,
                           struct tf_steps **ret, struct tf_err *reterr)
{
    struct tf_steps *s = TF_NEW(arena, struct tf_steps);
    *ret = s;
    if (list == NULL)
        return TF_OK;
    if (list->kind != TF_YAML_LIST)
        return tf_yaml_fail(list, reterr, "'weights' must be a list");
    s->step = TF_NEW_N(arena, struct tf_step, list->n + 1);
    s->taken = TF_NEW_N(arena, struct tf_step *, list->n + 1);
    for (size_t k = 0; k < list->n; k++) {
        TF_TRY(read_step(arena, list->item[k], dir, k + 1, &s->step[k], reterr));
        s->n = k + 1;
    }
    return TF_OK;
}

static bool holds_for(const struct tf_step *s, const char *country)
{
    for (size_t k = 0; country != NULL && k < s->n_countries; k++)
        if (strcmp(s->country[k], country) == 0)
            return true;
    return s->n_countries == 0;
}

const struct tf_yaml *tf_steps_first(const struct tf_steps *steps, const char *country,
                                     bool *ret_begins)
{
    for (size_t k = 0; steps != NULL && k < steps->n; k++)
        if (holds_for(&steps->step[k], country)) {
            *ret_begins = steps->step[k].kind->begins;
            return steps->step[k].at;
        }
    return NULL;
}

/* ---- Diagnosis ---------------------------------------------------------------------------- */

static const char *line_of(struct tf_arena *arena, const struct tf_step_report *r,
                           const char *words)
{
    struct tf_buf b = {.arena = arena};
    tf_buf_printf(&b, "%s: sum ", words);
    tf_buf_fixed(&b, r->sum, 0);
    tf_buf_add(&b, ", ");
    tf_buf_fixed(&b, r->low, 2);
    tf_buf_add(&b, " to ");
    tf_buf_fixed(&b, r->high, 2);
    tf_buf_add(&b, ", effect of unequal weights ");
    tf_buf_fixed(&b, r->deff_kish, 2);
    if (r->n_without > 0)
        tf_buf_printf(&b, "; %zu case%s without a weight (%s)", r->n_without,
                      r->n_without == 1 ? "" : "s", r->why_without);
    return tf_buf_text(&b);
}

/* before: [n] the weights before the step, to tell whom it left without one. */
static struct tf_step_report diagnose(struct tf_weighing *g, const struct tf_step *s,
                                      const struct tf_took *took, const double *w,
                                      const char *why_before)
{
    struct tf_step_report r = {.step = s->kind->word, .column = s->name,
                               .iterations = took->iterations, .gap = took->gap};
    struct tf_sum sum = {0}, square = {0};
    double *present = TF_NEW_N(g->arena, double, g->n + 1);
    r.low = (double)INFINITY;
    r.high = -(double)INFINITY;
    for (size_t row = 0; row < g->n; row++) {
        if (!tf_in_sample(w[row]))
            continue;
        present[r.n++] = w[row];
        r.low = w[row] < r.low ? w[row] : r.low;
        r.high = w[row] > r.high ? w[row] : r.high;
        tf_sum_add(&sum, w[row]);
        tf_sum_add(&square, w[row] * w[row]);
    }
    r.n_without = g->n - r.n;
    if (r.n_without > 0)
        r.why_without = took->why_without != NULL ? took->why_without
                        : why_before != NULL      ? why_before
                                                  : "the weight is 0";
    r.sum = tf_sum_of(&sum);
    if (r.n == 0)
        r.low = r.high = (double)NAN;
    r.q1 = tf_quantile_of(present, r.n, 0.25);
    r.median = tf_quantile_of(present, r.n, 0.5);
    r.q3 = tf_quantile_of(present, r.n, 0.75);
    r.deff_kish = (double)r.n * tf_sum_of(&square) / (r.sum * r.sum);
    r.text = line_of(g->arena, &r, took->words);
    return r;
}

static enum tf_code add_column(struct tf_weighing *g, const struct tf_step *s, const double *w,
                               struct tf_err *reterr)
{
    size_t col = tf_table_find(g->t, s->name);
    if (col < SIZE_MAX - 1 && s->named) {
        (void)tf_yaml_fail(tf_yaml_get(s->at, "name"), reterr,
                           "the data have a column '%s' already", s->name);
        return tf_help(reterr, "Choose another name for the step's weights.");
    }
    if (col >= SIZE_MAX - 1)
        col = tf_table_add(g->t, s->name, TF_NUMBER);
    struct tf_column *c = &g->t->col[col];
    c->type = TF_NUMBER;
    c->num = TF_NEW_N(g->arena, double, g->n + 1);
    memcpy(c->num, w, g->n * sizeof *w);
    memset(c->miss, TF_PRESENT, g->n * sizeof *c->miss);
    return TF_OK;
}

/* ---- Taking them -------------------------------------------------------------------------- */

static enum tf_code take_one(struct tf_weighing *g, struct tf_step *s, double *w,
                             struct tf_took *took, struct tf_err *reterr)
{
    TF_TRY(s->kind->bind(g, s->said, w, &s->bound, reterr));
    return s->kind->take(g, s->bound, w, took, reterr);
}

static enum tf_code may_stand_here(const struct tf_steps *steps, const struct tf_step *s,
                                   const char *country, struct tf_err *reterr)
{
    if (country == NULL && s->n_countries > 0) {
        (void)tf_yaml_fail(tf_yaml_get(s->at, "countries"), reterr,
                           "the step holds for some countries, and the data name none");
        return tf_help(reterr, "Take `countries` out, or name the country of the dataset.");
    }
    return s->kind->begins && steps->n_taken > 0
               ? tf_yaml_fail(s->at, reterr, "'%s' makes weights anew: it must be the first step",
                              s->kind->word)
               : TF_OK;
}

enum tf_code tf_steps_take(struct tf_weighing *g, struct tf_steps *steps, const char *country,
                           bool columns, double *w, struct tf_weighed *ret, struct tf_err *reterr)
{
    const char *why = NULL;
    *ret = (struct tf_weighed){.base = TF_NEW_N(g->arena, double, g->n + 1)};
    ret->report = TF_NEW_N(g->arena, struct tf_step_report, steps->n + 1);
    ret->calibrated = TF_NEW_N(g->arena, struct tf_calibrated *, steps->n + 1);
    steps->g = g;
    steps->n_taken = 0;
    memcpy(ret->base, w, g->n * sizeof *w);
    for (size_t k = 0; k < steps->n; k++) {
        struct tf_step *s = &steps->step[k];
        struct tf_took took = {0};
        if (country != NULL && !holds_for(s, country))
            continue;
        TF_TRY(may_stand_here(steps, s, country, reterr));
        TF_TRY(tf_recipe_place(s->at, take_one(g, s, w, &took, reterr), reterr));
        if (s->kind->begins)
            memcpy(ret->base, w, g->n * sizeof *w);
        if (columns)
            TF_TRY(add_column(g, s, w, reterr));
        struct tf_calibrated *known = s->kind->known_totals != NULL
                                          ? s->kind->known_totals(g, s->bound, w) : NULL;
        s->known = known != NULL;
        if (s->known)
            ret->calibrated[ret->n_calibrated++] = known;
        ret->report[ret->n_reports++] = diagnose(g, s, &took, w, why);
        why = took.why_without != NULL ? took.why_without : why;
        steps->taken[steps->n_taken++] = s;
    }
    return TF_OK;
}

static void add_word(struct tf_buf *list, const char *word)
{
    tf_buf_printf(list, "%s%s", list->n > 0 ? ", " : "", word);
}

/* The design's sentence, with what the weights went through. */
static const char *describe(const struct tf_survey *s)
{
    static const char none[] = "no weight: every case counts 1";
    struct tf_buf all = {.arena = s->arena}, known = {.arena = s->arena},
                  given = {.arena = s->arena}, b = {.arena = s->arena};
    for (size_t k = 0; k < s->steps->n_taken; k++) {
        const struct tf_step_kind *kind = s->steps->taken[k]->kind;
        add_word(&all, kind->word);
        if (s->steps->taken[k]->known)
            add_word(&known, kind->word);
        else if (kind == &tf_step_nonresponse || kind == &tf_step_trim)
            add_word(&given, kind->word);
    }
    tf_buf_printf(&b, "weights by the steps %s", tf_buf_text(&all));
    if (s->kind == TF_BY_REPLICATES)
        tf_buf_add(&b, ", which every replicate takes again");
    else if (known.n > 0 || given.n > 0)
        tf_buf_add(&b, "; standard errors");
    if (s->kind != TF_BY_REPLICATES && known.n > 0)
        tf_buf_printf(&b, " know the totals of %s", tf_buf_text(&known));
    if (s->kind != TF_BY_REPLICATES && given.n > 0)
        tf_buf_printf(&b, "%s take the factors of %s as given", known.n > 0 ? " and" : "",
                      tf_buf_text(&given));
    const char *before = s->text != NULL ? s->text : "";
    if (s->steps->n_taken > 0 && s->steps->taken[0]->kind->begins && tf_starts(before, none))
        return tf_printf(s->arena, "%s%s", tf_buf_text(&b), before + sizeof none - 1);
    return tf_printf(s->arena, "%s%s%s", before, *before != '\0' ? "; " : "", tf_buf_text(&b));
}

enum tf_code tf_survey_weigh_for(struct tf_survey *s, const struct tf_yaml *list,
                                 const char *dir, const char *country,
                                 struct tf_step_report **ret, size_t *ret_n,
                                 struct tf_err *reterr)
{
    struct tf_steps *steps;
    struct tf_weighed made;
    struct tf_weighing *g = TF_NEW(s->arena, struct tf_weighing);
    struct tf_table *t = s->t;
    double *w = TF_NEW_N(s->arena, double, s->n + 1);
    *ret = NULL;
    *ret_n = 0;
    TF_TRY(tf_steps_read(s->arena, list, dir, &steps, reterr));
    *g = (struct tf_weighing){.arena = s->arena, .t = t, .n = s->n, .threads = s->threads,
                              .stage = s->stage, .n_stages = s->n_stages};
    memcpy(w, s->w, s->n * sizeof *w);
    TF_TRY(tf_steps_take(g, steps, country, true, w, &made, reterr));
    if (made.n_reports == 0)
        return TF_OK;
    s->w = w;
    s->w_base = made.base;
    s->steps = steps;
    s->calibrated = made.calibrated;
    s->n_calibrated = made.n_calibrated;
    s->text = describe(s);
    *ret = made.report;
    *ret_n = made.n_reports;
    return TF_OK;
}

enum tf_code tf_survey_weigh(struct tf_survey *s, const struct tf_yaml *steps, const char *dir,
                             struct tf_step_report **ret, size_t *ret_n, struct tf_err *reterr)
{
    return tf_survey_weigh_for(s, steps, dir, NULL, ret, ret_n, reterr);
}

enum tf_code tf_survey_weigh_recipe(struct tf_survey *s, const struct tf_yaml *root,
                                    const char *dir, struct tf_step_report **ret, size_t *ret_n,
                                    struct tf_err *reterr)
{
    const struct tf_yaml *country = tf_yaml_get(tf_yaml_get(root, "data"), "country");
    return tf_survey_weigh_for(s, tf_yaml_get(root, "weights"), dir,
                               country != NULL ? country->text : NULL, ret, ret_n, reterr);
}

enum tf_code tf_steps_again(const struct tf_survey *s, double *w, struct tf_err *reterr)
{
    if (s->steps == NULL)
        return TF_OK;
    struct tf_weighing *g = s->steps->g;
    enum tf_code code = TF_OK;
    g->replicate = true;
    for (size_t k = 0; k < s->steps->n_taken && code == TF_OK; k++) {
        const struct tf_step *step = s->steps->taken[k];
        struct tf_took took = {0};
        if (!step->kind->begins)
            code = step->kind->take(g, step->bound, w, &took, reterr);
    }
    g->replicate = false;
    if (code == TF_E_DESIGN || code == TF_E_INPUT) { /* as the sample, so the replicate: left out */
        if (reterr != NULL)
            reterr->code = TF_E_CONVERGE;
        return TF_E_CONVERGE;
    }
    return code;
}
