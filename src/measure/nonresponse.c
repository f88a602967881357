/* Nonresponse: those who answered stand for those who did not.
 *
 *     {step: nonresponse, response: done, classes: [region, urban], min_class: 20}
 *     {step: nonresponse, response: done, propensity: "~ age + sex", method: inverse | strata,
 *      strata: 5, link: logit, weighted: true}
 *     … eligible: found               1 eligible, 0 not, missing: not known
 *
 * Three groups share out their weight in turn (AAPOR 2023, Standard Definitions; Kalton &
 * Flores-Cervantes 2003, J. Off. Statist. 19, 81-97):
 *
 *     eligibility unknown   laid upon those whose eligibility is known, in their class
 *     nonrespondents        laid upon the respondents of their class: x sum w eligible / sum w
 *                           respondents; or each respondent is divided by the chance to respond
 *                           that
 *                           a model gives (`inverse`), or is in the class of those with a like
 *                           chance
 *                           (`strata`: equal numbers of cases; Little 1986, Int. Statist. Rev. 54)
 *     not eligible          leave; they stood for people outside the population
 *
 * All but respondents have weight 0 afterwards and leave the sample. Linearised standard errors
 * take the factors as given; replicates make them anew, the model included. */
#include <math.h>
#include <string.h>

#include "measure/calibrate.h"
#include "measure/model.h"

enum state { GONE, RESPONDED, SILENT, UNKNOWN, NOT_ELIGIBLE };
struct said {
    const struct tf_yaml *at, *formula;
    const char *response, *eligible, **class;
    size_t n_classes, min_class, n_strata; /* n_strata 0: inverse */
    enum tf_link link;
    bool weighted;
};
struct bound {
    const struct said *said;
    uint8_t *state;
    struct tf_cells cells;
    const char **label;                   /* [cells] */
    double *all, *lost, *able, *factor;   /* [cells + 1] sums by class; a factor */
    double *rows;                         /* [n] scratch */
    struct tf_model *m;
    double *beta, *given, *chances, *cut; /* model: start, weights, chances, cut points */
    bool started;
};

/* ---- Reading ------------------------------------------------------------------------------ */

static enum tf_code read_model(const struct tf_yaml *at, struct said *s, struct tf_err *reterr)
{
    static const struct {
        const char *word;
        enum tf_link link;
    } links[] = {{"logit", TF_LINK_LOGIT}, {"probit", TF_LINK_PROBIT},
                 {"cloglog", TF_LINK_CLOGLOG}};
    const char *method, *link;
    double strata;
    size_t k = 0;
    TF_TRY(tf_yaml_opt_text(at, "method", "inverse", &method, reterr));
    TF_TRY(tf_yaml_opt_text(at, "link", "logit", &link, reterr));
    TF_TRY(tf_yaml_opt_number(at, "strata", 5, &strata, reterr));
    TF_TRY(tf_yaml_opt_bool(at, "weighted", true, &s->weighted, reterr));
    while (k < 3 && strcmp(links[k].word, link) != 0)
        k++;
    if (k == 3)
        return tf_yaml_fail(tf_yaml_get(at, "link"), reterr,
                            "a chance to respond has the link logit, probit or cloglog");
    s->link = links[k].link;
    if (strcmp(method, "inverse") == 0)
        return TF_OK;
    if (strcmp(method, "strata") != 0)
        return tf_yaml_fail(tf_yaml_get(at, "method"), reterr,
                            "a chance to respond is used as: inverse, or strata");
    if (!(strata >= 2 && strata <= 1000) || floor(strata) < strata)
        return tf_yaml_fail(tf_yaml_get(at, "strata"), reterr, "2 to 1,000 strata can be made");
    s->n_strata = (size_t)strata;
    return TF_OK;
}

static enum tf_code read_nonresponse(struct tf_arena *arena, const struct tf_yaml *at,
                                     const char *dir, void **ret, struct tf_err *reterr)
{
    static const char *const of_model[] = {"method", "strata", "link", "weighted"};
    struct said *s = TF_NEW(arena, struct said);
    const char *formula;
    double least;
    (void)dir;
    *ret = s;
    s->at = at;
    TF_TRY(tf_yaml_opt_text(at, "response", "responded", &s->response, reterr));
    TF_TRY(tf_yaml_opt_text(at, "eligible", NULL, &s->eligible, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, at, "classes", &s->class, &s->n_classes, reterr));
    TF_TRY(tf_yaml_opt_text(at, "propensity", NULL, &formula, reterr));
    TF_TRY(tf_yaml_opt_number(at, "min_class", 20, &least, reterr));
    if (!(least >= 0 && least <= 1e9))
        return tf_yaml_fail(tf_yaml_get(at, "min_class"), reterr, "min_class is a number of cases");
    s->min_class = (size_t)least;
    if (formula == NULL) {
        for (size_t k = 0; k < 4; k++)
            if (tf_yaml_get(at, of_model[k]) != NULL)
                return tf_yaml_fail(tf_yaml_get(at, of_model[k]), reterr,
                                    "'%s' belongs to `propensity`", of_model[k]);
        return TF_OK;
    }
    s->formula = tf_yaml_get(at, "propensity");
    if (s->n_classes > 0)
        return tf_yaml_fail(at, reterr, "write either `classes` or `propensity`");
    return read_model(at, s, reterr);
}

/* ---- Binding ------------------------------------------------------------------------------ */

/* 1, 0, or missing (-1). */
static enum tf_code yes_or_no(const struct tf_weighing *g, const char *name, size_t col,
                              size_t row, int *ret, struct tf_err *reterr)
{
    double x = 0;
    *ret = -1;
    if (tf_value_missing(&g->t->col[col], row))
        return TF_OK;
    if (!tf_value_number(&g->t->col[col], row, &x) || (fabs(x) > 0 && fabs(x - 1) > 0)) {
        (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has neither 1 nor 0 in '%s'", row + 1,
                      g->t->name, name);
        return tf_help(reterr, "Make a column of 1 (yes) and 0 (no).");
    }
    *ret = x > 0;
    return TF_OK;
}

static enum tf_code find_states(const struct tf_weighing *g, struct bound *b, const double *w,
                                struct tf_err *reterr)
{
    const struct said *s = b->said;
    size_t response, eligible = 0;
    TF_TRY(tf_table_need(g->t, s->response, &response, reterr));
    if (s->eligible != NULL)
        TF_TRY(tf_table_need(g->t, s->eligible, &eligible, reterr));
    for (size_t row = 0; row < g->n; row++) {
        int able = 1, answer;
        if (!tf_in_sample(w[row]))
            continue; /* GONE */
        if (s->eligible != NULL)
            TF_TRY(yes_or_no(g, s->eligible, eligible, row, &able, reterr));
        TF_TRY(yes_or_no(g, s->response, response, row, &answer, reterr));
        if (able == 1 && answer < 0) {
            (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no '%s'", row + 1, g->t->name,
                          s->response);
            return tf_help(reterr, "It is 1 for those who responded and 0 for those who did not.");
        }
        b->state[row] = able < 0     ? UNKNOWN
                        : able == 0  ? NOT_ELIGIBLE
                        : answer > 0 ? RESPONDED
                                     : SILENT;
    }
    return TF_OK;
}

static enum tf_code find_classes(struct tf_weighing *g, struct bound *b, struct tf_err *reterr)
{
    const struct said *s = b->said;
    const struct tf_codes **codes = TF_NEW_N(g->arena, const struct tf_codes *, s->n_classes + 1);
    bool *in = TF_NEW_N(g->arena, bool, g->n);
    for (size_t k = 0; k < s->n_classes; k++) {
        size_t col;
        TF_TRY(tf_table_need(g->t, s->class[k], &col, reterr));
        codes[k] = tf_codes_make(g->arena, g->t, col);
    }
    for (size_t row = 0; row < g->n; row++) {
        in[row] = b->state[row] != GONE;
        for (size_t k = 0; in[row] && k < s->n_classes; k++)
            if (codes[k]->of[row] == TF_NO_CODE) {
                (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no '%s'", row + 1,
                              g->t->name, s->class[k]);
                return tf_help(reterr, "A weighting class must be known for everyone, also for "
                                       "those who did not respond.");
            }
    }
    const struct tf_crossing x = tf_codes_cross(g->arena, codes, s->n_classes, in, g->n);
    b->label = TF_NEW_N(g->arena, const char *, x.n + 1);
    for (size_t c = 0; c < x.n; c++) {
        struct tf_buf label = {.arena = g->arena};
        for (size_t k = 0; k < s->n_classes; k++)
            tf_buf_printf(&label, "%s%s = %s", k > 0 ? ", " : "", s->class[k],
                          codes[k]->text[codes[k]->of[x.first[c]]]);
        b->label[c] = s->n_classes > 0 ? tf_buf_text(&label) : "everyone";
    }
    tf_cells_open(g->arena, &b->cells, x.of, x.n, g->n, g->threads);
    return TF_OK;
}

static enum tf_code open_model(struct tf_weighing *g, struct bound *b, struct tf_err *reterr)
{
    struct tf_formula *f;
    bool *in = TF_NEW_N(g->arena, bool, g->n);
    for (size_t row = 0; row < g->n; row++)
        in[row] = b->state[row] == RESPONDED || b->state[row] == SILENT;
    TF_TRY(tf_formula_read(g->arena, b->said->formula, g->t, &f, reterr));
    TF_TRY(tf_model_make(g->arena, f, g->t, in, &b->m, reterr));
    for (size_t row = 0; row < g->n; row++)
        if (in[row] && !b->m->complete[row]) {
            (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no value for the formula",
                          row + 1, g->t->name);
            return tf_help(reterr, "A predictor of response must be known for everyone, also for "
                                   "those who did not respond.");
        }
    b->m->y = TF_NEW_N(g->arena, double, g->n);
    b->m->y_name = b->said->response;
    for (size_t row = 0; row < g->n; row++)
        b->m->y[row] = b->state[row] == RESPONDED;
    b->beta = TF_NEW_N(g->arena, double, b->m->p + 1);
    b->given = TF_NEW_N(g->arena, double, g->n);
    b->chances = TF_NEW_N(g->arena, double, g->n);
    b->cut = TF_NEW_N(g->arena, double, b->said->n_strata + 1);
    return TF_OK;
}

static enum tf_code bind_nonresponse(struct tf_weighing *g, const void *said, const double *w,
                                     void **ret, struct tf_err *reterr)
{
    struct bound *b = TF_NEW(g->arena, struct bound);
    *ret = b;
    b->said = said;
    b->state = TF_NEW_N(g->arena, uint8_t, g->n);
    b->rows = TF_NEW_N(g->arena, double, g->n);
    TF_TRY(find_states(g, b, w, reterr));
    TF_TRY(find_classes(g, b, reterr));
    size_t most = b->cells.n > b->said->n_strata ? b->cells.n : b->said->n_strata;
    b->all = TF_NEW_N(g->arena, double, most + 1);
    b->lost = TF_NEW_N(g->arena, double, most + 1);
    b->able = TF_NEW_N(g->arena, double, most + 1);
    b->factor = TF_NEW_N(g->arena, double, most + 1);
    return b->said->formula != NULL ? open_model(g, b, reterr) : TF_OK;
}

/* ---- Sharing out --------------------------------------------------------------------------- */

static void sum_of_states(struct bound *b, const double *w, unsigned states, double *sum)
{
    for (size_t row = 0; row < b->cells.n_rows; row++)
        b->rows[row] = states >> b->state[row] & 1u ? w[row] : 0;
    tf_cells_sum(&b->cells, b->rows, sum);
}

static enum tf_code nobody(struct tf_weighing *g, const struct said *s, const char *class,
                           const char *who, struct tf_err *reterr)
{
    if (g->replicate)
        return tf_fail(reterr, TF_E_CONVERGE, "a replicate has a class without %s", who);
    (void)tf_yaml_fail(s->at, reterr, "the class %s has no %s", class, who);
    if (reterr != NULL)
        reterr->code = TF_E_DESIGN;
    (void)tf_help(reterr, "Nobody can stand for its other cases: join it with another class.");
    return TF_E_DESIGN;
}

/* Those whose eligibility is not known go to those whose is. */
static enum tf_code share_unknown(struct tf_weighing *g, struct bound *b, double *w,
                                  struct tf_err *reterr)
{
    if (b->said->eligible == NULL)
        return TF_OK;
    sum_of_states(b, w, 1u << UNKNOWN, b->lost);
    sum_of_states(b, w, 1u << RESPONDED | 1u << SILENT | 1u << NOT_ELIGIBLE, b->all);
    for (size_t c = 0; c < b->cells.n; c++) {
        if (b->lost[c] > 0 && !(b->all[c] > 0))
            return nobody(g, b->said, b->label[c], "case of known eligibility", reterr);
        b->factor[c] = b->all[c] > 0 ? 1 + b->lost[c] / b->all[c] : 1;
    }
    tf_cells_multiply(&b->cells, b->factor, w);
    return TF_OK;
}

static enum tf_code share_in_classes(struct tf_weighing *g, struct bound *b, double *w,
                                     struct tf_err *reterr)
{
    sum_of_states(b, w, 1u << RESPONDED | 1u << SILENT, b->able);
    sum_of_states(b, w, 1u << RESPONDED, b->all);
    for (size_t c = 0; c < b->cells.n; c++) {
        if (b->able[c] > 0 && !(b->all[c] > 0))
            return nobody(g, b->said, b->label[c], "respondent", reterr);
        b->factor[c] = b->all[c] > 0 ? b->able[c] / b->all[c] : 1;
    }
    tf_cells_multiply(&b->cells, b->factor, w);
    return TF_OK;
}

/* Classes of like chances: cut points at R's quantiles (type 7) of the cases, ties together. */
static enum tf_code share_in_strata(struct tf_weighing *g, struct bound *b, const double *chance,
                                    double *w, struct tf_err *reterr)
{
    const size_t strata = b->said->n_strata;
    size_t m = 0;
    for (size_t row = 0; row < g->n; row++)
        if (b->given[row] > 0)
            b->chances[m++] = chance[row];
    for (size_t k = 1; k < strata; k++)
        b->cut[k - 1] = tf_quantile_of(b->chances, m, (double)k / (double)strata);
    memset(b->able, 0, strata * sizeof *b->able);
    memset(b->all, 0, strata * sizeof *b->all);
    for (int round = 0; round < 2; round++)
        for (size_t row = 0; row < g->n; row++) {
            size_t class = 0;
            if (!(b->given[row] > 0))
                continue;
            while (class + 1 < strata && chance[row] > b->cut[class])
                class++;
            if (round == 0) {
                b->able[class] += w[row];
                b->all[class] += b->state[row] == RESPONDED ? w[row] : 0;
            } else {
                if (!(b->all[class] > 0))
                    return nobody(g, b->said,
                                  g->replicate ? "" : tf_printf(g->arena, "%zu of %zu", class + 1,
                                                                strata),
                                  "respondent", reterr);
                w[row] *= b->able[class] / b->all[class];
            }
        }
    return TF_OK;
}

static enum tf_code share_by_model(struct tf_weighing *g, struct bound *b, double *w,
                                   struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("chances to respond", (size_t)4 << 30);
    struct tf_glm fit;
    for (size_t row = 0; row < g->n; row++) {
        const bool in = tf_in_sample(w[row]) &&
                        (b->state[row] == RESPONDED || b->state[row] == SILENT);
        b->given[row] = !in ? 0 : b->said->weighted ? w[row] : 1;
    }
    enum tf_code code = tf_glm_fit(scratch, b->m, b->given, TF_BINOMIAL, b->said->link,
                                   b->started ? b->beta : NULL, g->threads, &fit, reterr);
    if (code == TF_OK && !fit.converged)
        code = tf_fail(reterr, TF_E_CONVERGE, "the model of response did not converge");
    if (code == TF_OK && !g->replicate) {
        memcpy(b->beta, fit.beta, b->m->p * sizeof *b->beta);
        b->started = true;
        for (size_t j = 0; j < b->m->p; j++)
            b->started = b->started && !fit.aliased[j];
    }
    if (code == TF_OK && b->said->n_strata > 0)
        code = share_in_strata(g, b, fit.mu, w, reterr);
    for (size_t row = 0; code == TF_OK && b->said->n_strata == 0 && row < g->n; row++)
        if (b->given[row] > 0)
            w[row] /= fit.mu[row];
    tf_arena_free(scratch);
    return code;
}

/* ---- Taking it ---------------------------------------------------------------------------- */

static const char *describe(struct tf_weighing *g, const struct bound *b)
{
    size_t *cases = TF_NEW_N(g->arena, size_t, b->cells.n + 1), few = 0, least = 0, who = 0;
    size_t responded = 0, able = 0;
    for (size_t row = 0; row < g->n; row++) {
        cases[b->cells.of[row]] += b->state[row] == RESPONDED;
        responded += b->state[row] == RESPONDED;
        able += b->state[row] == RESPONDED || b->state[row] == SILENT;
    }
    for (size_t c = 0; c < b->cells.n; c++) {
        few += cases[c] < b->said->min_class;
        if (c == 0 || cases[c] < least) {
            least = cases[c];
            who = c;
        }
    }
    if (b->said->formula != NULL)
        return tf_printf(g->arena, "nonresponse: %zu of %zu responded, by a model of response (%s)",
                         responded, able,
                         b->said->n_strata > 0 ? tf_printf(g->arena, "%zu strata",
                                                           b->said->n_strata) : "inverse chance");
    const char *warning =
        few == 0 || b->said->n_classes == 0
            ? ""
            : tf_printf(g->arena, "; WARNING: %zu class%s below %zu respondents, %s has %zu", few,
                        few == 1 ? "" : "es", b->said->min_class, b->label[who], least);
    return tf_printf(g->arena, "nonresponse: %zu of %zu responded, in %zu class%s%s", responded,
                     able, b->cells.n, b->cells.n == 1 ? "" : "es", warning);
}

static enum tf_code take_nonresponse(struct tf_weighing *g, void *bound, double *w,
                                     struct tf_took *ret, struct tf_err *reterr)
{
    struct bound *b = bound;
    TF_TRY(share_unknown(g, b, w, reterr));
    TF_TRY(b->said->formula != NULL ? share_by_model(g, b, w, reterr)
                                    : share_in_classes(g, b, w, reterr));
    for (size_t row = 0; row < g->n; row++)
        if (b->state[row] != RESPONDED)
            w[row] = 0;
    if (g->replicate)
        return TF_OK;
    ret->words = describe(g, b);
    ret->why_without = b->said->eligible != NULL ? "did not respond, or not eligible"
                                                 : "did not respond";
    return TF_OK;
}

static const char *const nonresponse_keys[] = {"response", "eligible", "classes",  "min_class",
                                               "propensity", "method", "strata", "link",
                                               "weighted", NULL};
const struct tf_step_kind tf_step_nonresponse = {
    .word = "nonresponse", .known = nonresponse_keys, .read = read_nonresponse,
    .bind = bind_nonresponse, .take = take_nonresponse};
