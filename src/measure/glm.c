/* Generalised linear models of survey data (R survey svyglm).
 *
 * The coefficients solve the weighted score equations, sum_i w_i u_i(b) = 0 (Binder 1983, Int.
 * Stat. Rev. 51, 279-292). Linearised, b varies as A sum_i w_i u_i, A = (X'WX)^-1: the survey
 * gives the variance of the totals of the scores, and the sandwich is closed here. Replicate
 * weights fit the model again, each from the full sample's coefficients.
 *
 * Each domain has a model of its own; all their coefficients are numbers of one statistic, so that
 * covariances between domains (which share PSUs) are there for contrasts. A domain whose model has
 * no finite estimate gives NaN, the flag not_fitted and a note; when it is the only one, an error.
 * Margins: margins.c; pseudo-R2: glm_psrsq.c. */
#include "measure/glm_run.h"

#include <math.h>
#include <string.h>

#include "measure/collapse.h"
#include "measure/variance.h"

/* ---- The statistic ------------------------------------------------------------------------ */

/* Part k of the rows' scores. */
enum { SCORE_PARTS = 64 };
static void make_scores(void *context, size_t k)
{
    const struct tf_glm_one *o = context;
    const size_t end = o->m->n * (k + 1) / SCORE_PARTS;
    for (size_t row = o->m->n * k / SCORE_PARTS; row < end; row++)
        if (o->rows[row])
            o->score[row] = o->full.working[row] * o->full.residual[row];
}

static enum tf_code first_fit(struct tf_glm_models *s, struct tf_glm_one *o, struct tf_err *reterr)
{
    struct tf_err why = {.code = TF_OK};
    const enum tf_code code =
        tf_glm_fit_rounds(s->r->arena, o->m, s->r->survey->w, s->family, s->link, NULL, s->epsilon,
                          s->r->survey->threads, &o->full, &why);
    o->score = TF_NEW_N(s->r->arena, double, o->m->n + 1);
    if (code == TF_OK) {
        tf_in_parallel(s->r->survey->threads, SCORE_PARTS, make_scores, o);
        return TF_OK;
    }
    if (s->n == 1 || code == TF_E_INPUT) {
        *reterr = why;
        return code;
    }
    o->failed = tf_printf(s->r->arena, "%s%s%s", why.what, why.fact[0] != '\0' ? ": " : "",
                          why.fact);
    for (size_t j = 0; j < o->m->p; j++)
        o->full.beta[j] = (double)NAN;
    return TF_OK;
}

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct tf_glm_models *s = self;
    for (size_t k = 0; k < s->n; k++) {
        struct tf_glm_one *o = &s->one[k];
        if (!s->fitted || w == s->r->survey->w) { /* after replicates it is asked once more */
            if (!s->kept && !s->fitted)
                TF_TRY(first_fit(s, o, reterr));
            memcpy(theta + o->first, o->full.beta, o->m->p * sizeof *theta);
            continue;
        }
        struct tf_arena *own = tf_arena_new("replicate of a model", (size_t)16 << 30);
        struct tf_glm now;
        struct tf_err ignored;
        const bool ok = o->failed == NULL &&
                        tf_glm_fit_rounds(own, o->m, w, s->family, s->link, o->full.beta,
                                          s->epsilon, s->r->survey->threads, &now,
                                          &ignored) == TF_OK;
        for (size_t j = 0; j < o->m->p; j++)
            theta[o->first + j] = ok ? now.beta[j] : (double)NAN;
        tf_arena_free(own);
    }
    s->fitted = true;
    return TF_OK;
}

static const struct tf_glm_one *owner(const struct tf_glm_models *s, size_t k)
{
    size_t d = 0;
    while (d + 1 < s->n && s->one[d + 1].first <= k)
        d++;
    return &s->one[d];
}

/* The score of a coefficient, with the weight; the sandwich is closed after. */
static void linear(void *self, size_t k, double *z)
{
    const struct tf_glm_models *s = self;
    const struct tf_glm_one *o = owner(s, k);
    const double *x = o->m->x[k - o->first];
    for (size_t row = 0; row < o->m->n; row++)
        z[row] = o->rows[row] ? x[row] * o->score[row] : 0;
}

static const bool *domain(void *self, size_t k)
{
    return owner(self, k)->rows;
}

/* V = A B A' with the blocks of A on its diagonal; NaN again where a coefficient is. */
static void close_sandwich(struct tf_arena *arena, const struct tf_glm_models *s,
                           struct tf_fit *fit)
{
    const size_t p = fit->p;
    double *bread = TF_NEW_N(arena, double, p * p), *meat = TF_NEW_N(arena, double, p * p);
    for (size_t d = 0; d < s->n; d++) {
        const struct tf_glm_one *o = &s->one[d];
        for (size_t j = 0; j < o->m->p && o->failed == NULL; j++)
            for (size_t i = 0; i < o->m->p; i++)
                bread[o->first + i + (o->first + j) * p] = o->full.inverse[i + j * o->m->p];
    }
    for (size_t k = 0; k < p * p; k++)
        meat[k] = isnan(fit->v[k]) ? 0 : fit->v[k];
    double *v = TF_NEW_N(arena, double, p * p);
    tf_sandwich(arena, bread, meat, p, p, v);
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++)
            fit->v[i + j * p] = isnan(fit->theta[i]) || isnan(fit->theta[j]) ? (double)NAN
                                                                             : v[i + j * p];
}

/* ---- The same by units: scores are summed as they are made ---------------------------------- */

struct units {
    struct tf_glm_models *s;
    const struct tf_survey *small;
    double **z;    /* [p] sums of a coefficient's scores [units] */
    bool **has;    /* [n domains][units] */
    size_t shares; /* threads */
    double **waste; /* [shares][4] scratch of each */
};

/* One thread's share: every so-many-th stretch of columns, in each domain. */
static void sum_columns(void *context, size_t k)
{
    struct units *u = context;
    for (size_t d = 0; d < u->s->n; d++) {
        const struct tf_glm_one *o = &u->s->one[d];
        const size_t p = o->m->p, from = p * k / u->shares, end = p * (k + 1) / u->shares;
        if (o->failed == NULL)
            tf_collapse_sums(u->s->r->survey, o->m->x + from, end - from, o->score, o->rows,
                             u->z + o->first + from, u->waste + 4 * k);
    }
}

static enum tf_code units_value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct units *u = self;
    (void)w; /* of the units; the models want those of the rows */
    return value(u->s, u->s->r->survey->w, theta, reterr);
}

static void units_linear(void *self, size_t k, double *z)
{
    const struct units *u = self;
    memcpy(z, u->z[k], u->small->n * sizeof *z);
}

static const bool *units_domain(void *self, size_t k)
{
    const struct units *u = self;
    return u->has[owner(u->s, k) - u->s->one];
}

static enum tf_code fit_by_units(struct tf_glm_models *s, const struct tf_survey *small, size_t p,
                                 struct tf_fit *fit, struct tf_err *reterr)
{
    struct tf_arena *arena = s->r->arena;
    struct units u = {.s = s, .small = small, .z = TF_NEW_N(arena, double *, p + 1)};
    double *theta = TF_NEW_N(arena, double, p + 1);
    const struct tf_statistic statistic = {p, &u, units_value, units_linear, units_domain};
    u.has = TF_NEW_N(arena, bool *, s->n + 1);
    TF_TRY(value(s, s->r->survey->w, theta, reterr));
    for (size_t d = 0; d < s->n; d++) {
        u.has[d] = TF_NEW_N(arena, bool, small->n);
        tf_collapse_mask(s->r->survey, s->one[d].rows, u.has[d]);
    }
    for (size_t k = 0; k < p; k++)
        u.z[k] = TF_NEW_N(arena, double, small->n);
    u.shares = s->r->survey->threads > 0 ? s->r->survey->threads : 1;
    u.waste = TF_NEW_N(arena, double *, 4 * u.shares);
    for (size_t k = 0; k < 4 * u.shares; k++)
        u.waste[k] = TF_NEW_N(arena, double, small->n);
    tf_in_parallel(s->r->survey->threads, u.shares, sum_columns, &u);
    s->fitted = false; /* tf_survey_fit asks for the value once more: what there is is kept */
    s->kept = true;
    return tf_survey_fit(arena, small, &statistic, true, fit, reterr);
}

enum tf_code tf_glm_models_fit(struct tf_glm_models *s, struct tf_fit *fit, struct tf_err *reterr)
{
    const struct tf_survey *survey = s->r->survey;
    size_t p = 0;
    bool whole = true;
    for (size_t d = 0; d < s->n; d++) {
        struct tf_glm_one *o = &s->one[d];
        o->first = p;
        p += o->m->p;
        o->rows = TF_NEW_N(s->r->arena, bool, o->m->n);
        for (size_t row = 0; row < o->m->n; row++) {
            o->rows[row] = o->m->complete[row] && survey->w[row] > 0;
            whole = whole && o->rows[row];
        }
    }
    const struct tf_survey *small = tf_survey_collapse(s->r->arena, survey);
    const struct tf_statistic statistic = {p, s, value, linear, whole ? NULL : domain};
    if (small != NULL)
        TF_TRY(fit_by_units(s, small, p, fit, reterr));
    else
        TF_TRY(tf_survey_fit(s->r->arena, survey, &statistic, true, fit, reterr));
    if (survey->kind != TF_BY_REPLICATES)
        close_sandwich(s->r->arena, s, fit);
    return TF_OK;
}

/* ---- Keys --------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    enum tf_family family;
    enum tf_link link;
    bool dispersed; /* the dispersion is estimated */
} families[] = {
    {"gaussian", TF_GAUSSIAN, TF_LINK_IDENTITY, true},
    {"binomial", TF_BINOMIAL, TF_LINK_LOGIT, false},
    {"quasibinomial", TF_BINOMIAL, TF_LINK_LOGIT, true},
    {"poisson", TF_POISSON, TF_LINK_LOG, false},
    {"quasipoisson", TF_POISSON, TF_LINK_LOG, true},
    {"gamma", TF_GAMMA, TF_LINK_INVERSE, true},
};
static const char *const family_words[] = {"gaussian",     "binomial", "quasibinomial", "poisson",
                                           "quasipoisson", "gamma",    NULL};
static const char *const link_words[] = {"identity", "log",     "logit", "probit",
                                         "cloglog",  "inverse", NULL};
static const char *const test_words[] = {"Wald",     "LRT",        "WorkingWald",
                                         "Cox-Snell", "Nagelkerke", NULL};

struct asked {
    struct tf_formula *f;
    size_t family;
    enum tf_link link;
    bool terms, exponentiate, drop_aliased;
    double epsilon;
    const char **test, **margin;
    size_t n_tests, n_margins;
};

static enum tf_code read_keys(struct tf_runner *r, const struct tf_ask *ask, struct asked *a,
                              struct tf_err *reterr)
{
    static const char *const aliased_words[] = {"refuse", "drop", NULL};
    const char *family, *link, *aliased;
    *a = (struct asked){0};
    TF_TRY(tf_word_read(ask, "family", family_words, "gaussian", &family, reterr));
    while (strcmp(families[a->family].word, family) != 0)
        a->family++;
    TF_TRY(tf_word_read(ask, "link", link_words, link_words[0], &link, reterr));
    a->link = families[a->family].link;
    for (size_t k = 0; tf_yaml_get(ask->at, "link") != NULL && link_words[k] != NULL; k++) {
        static const enum tf_link of[] = {TF_LINK_IDENTITY, TF_LINK_LOG,     TF_LINK_LOGIT,
                                          TF_LINK_PROBIT,   TF_LINK_CLOGLOG, TF_LINK_INVERSE};
        if (strcmp(link_words[k], link) == 0)
            a->link = of[k];
    }
    TF_TRY(tf_yaml_opt_number(ask->at, "epsilon", 1e-8, &a->epsilon, reterr));
    if (!(a->epsilon >= 0 && a->epsilon < 0.01)) {
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "epsilon"), reterr,
                           "`epsilon` lies between 0 and 0.01");
        return tf_help(reterr, "R's rule is 1e-8; 0 goes on to the optimum itself.");
    }
    TF_TRY(tf_word_read(ask, "aliased", aliased_words, "refuse", &aliased, reterr));
    a->drop_aliased = strcmp(aliased, "drop") == 0;
    TF_TRY(tf_yaml_opt_bool(ask->at, "terms", false, &a->terms, reterr));
    TF_TRY(tf_yaml_opt_bool(ask->at, "exponentiate", false, &a->exponentiate, reterr));
    TF_TRY(tf_tests_read(r, ask, test_words, &a->test, &a->n_tests, reterr));
    TF_TRY(tf_yaml_opt_texts(r->arena, ask->at, "margins", &a->margin, &a->n_margins, reterr));
    return tf_formula_ask(r, ask, true, &a->f, reterr);
}

static enum tf_code make_models(struct tf_glm_models *s, const struct asked *a,
                                const struct tf_domain *d, struct tf_err *reterr)
{
    for (size_t k = 0; k < s->n; k++) {
        struct tf_glm_one *o = &s->one[k];
        bool *in = TF_NEW_N(s->r->arena, bool, s->r->survey->n);
        for (size_t row = 0; row < s->r->survey->n; row++)
            in[row] = d[k].in[row] && s->r->survey->w[row] > 0;
        o->d = &d[k];
        TF_TRY(tf_model_make(s->r->arena, a->f, s->r->t, in, &o->m, reterr));
        if (o->m->n_y_categories > 2 || (o->m->n_y_categories > 0 && s->family != TF_BINOMIAL))
            return tf_formula_fail(a->f, 0, reterr, "has '%.60s' as its response, whose values "
                                   "are words", o->m->y_name);
    }
    return TF_OK;
}

/* ---- Tests -------------------------------------------------------------------------------- */

/* The deviance without a term, on the same rows. */
static enum tf_code smaller(const struct tf_glm_models *s, const struct asked *a,
                            const struct tf_glm_one *o,
                            size_t term, double *ret, struct tf_err *reterr)
{
    struct tf_model *m;
    struct tf_glm fit;
    const struct tf_formula *f = tf_formula_without(s->r->arena, a->f, term);
    TF_TRY(tf_model_make(s->r->arena, f, s->r->t, o->rows, &m, reterr));
    for (size_t row = 0; row < m->n; row++)
        m->complete[row] = o->rows[row];
    TF_TRY(tf_glm_fit(s->r->arena, m, s->r->survey->w, s->family, s->link, NULL,
                      s->r->survey->threads, &fit, reterr));
    *ret = fit.deviance;
    return TF_OK;
}

static enum tf_code add_tests(const struct tf_glm_models *s, const struct tf_ask *ask,
                              const struct asked *a, const struct tf_glm_one *o,
                              const struct tf_block *b, const struct tf_fit *fit,
                              struct tf_result *out, struct tf_err *reterr)
{
    const bool lrt = tf_tests_has(a->test, a->n_tests, "LRT");
    const bool wald = tf_tests_has(a->test, a->n_tests, "Wald") || (a->terms && a->n_tests == 0);
    const size_t p = o->m->p;
    double *naive = TF_NEW_N(s->r->arena, double, p * p + 1); /* for weights of mean 1 */
    size_t *index = TF_NEW_N(s->r->arena, size_t, p + 1);
    for (size_t k = 0; k < p * p; k++)
        naive[k] = o->full.inverse[k] * o->full.scale;
    for (size_t t = 1; t <= o->m->n_terms && o->failed == NULL; t++) {
        if (tf_block_term(b, fit, t, index) == 0)
            continue;
        if (wald)
            tf_block_wald(s->r, ask, b, fit, t, out);
        if (tf_tests_has(a->test, a->n_tests, "WorkingWald"))
            tf_block_raoscott(s->r, ask, b, fit, naive, t, (double)NAN, out);
        if (lrt) {
            double without;
            TF_TRY(smaller(s, a, o, t, &without, reterr));
            tf_block_raoscott(s->r, ask, b, fit, naive, t, without - o->full.deviance, out);
        }
    }
    tf_glm_psrsq(s, ask, a->test, a->n_tests, o, out);
    return TF_OK;
}

/* ---- Together ----------------------------------------------------------------------------- */

/* Design effect of a coefficient: against the variance under simple random sampling with the
 * same model, dispersion x (X'WX)^-1 for weights of mean 1 (R svyglm(deff = TRUE)). */
static void add_deff(const struct tf_glm_models *s, const struct asked *a,
                     const struct tf_glm_one *o, const struct tf_fit *fit, struct tf_item *item)
{
    double pearson = 0;
    const struct tf_glm *g = &o->full;
    for (size_t row = 0; row < o->m->n && o->failed == NULL; row++)
        if (o->rows[row])
            pearson += g->working[row] / g->scale * g->residual[row] * g->residual[row];
    const double dispersion = families[a->family].dispersed
                                  ? pearson / ((double)g->n - (double)g->rank)
                                  : 1;
    for (size_t j = 0; j < o->m->p; j++) {
        const size_t at = o->first + j;
        if (!isnan(fit->theta[at]))
            item[j].deff = fit->v[at + at * fit->p] /
                           (dispersion * g->inverse[j + j * o->m->p] * g->scale);
    }
    (void)s;
}

static double *coefficient_vcov(struct tf_runner *r, const struct tf_fit *fit, bool exponentiate)
{
    const size_t p = fit->p;
    double *v = TF_NEW_N(r->arena, double, p * p + 1);
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++)
            v[i + j * p] = fit->v[i + j * p] *
                           (exponentiate ? exp(fit->theta[i]) * exp(fit->theta[j]) : 1);
    return v;
}

static void add_notes(struct tf_runner *r, const struct tf_ask *ask, const struct asked *a,
                      const struct tf_glm_models *s, struct tf_result *out)
{
    static const char *const link[] = {"identity", "log", "logit", "probit", "cloglog", "inverse"};
    const char *stop = a->epsilon > 0
                           ? tf_printf(r->arena, "rounds stop at a change of the deviance below %s "
                                       "of it", tf_double_text(r->arena, a->epsilon))
                           : "coefficients at the optimum of the weighted likelihood";
    tf_result_note(r, out, tf_printf(r->arena, "Family %s, link %s; %s; design-based (sandwich) "
                                     "variance (R svyglm).",
                                     families[a->family].word, link[a->link], stop));
    if (ask->df != TF_DF_GIVEN && ask->df != TF_DF_INFINITE)
        tf_result_note(r, out, "Degrees of freedom of t and F: those of the cases of the model, "
                               "plus 1, minus the coefficients (R svyglm).");
    if (a->exponentiate)
        tf_result_note(r, out, "Estimates are exp(coefficient), se by the delta method, limits "
                               "exp(limits); t and p are those of the coefficient.");
    if (tf_tests_has(a->test, a->n_tests, "LRT"))
        tf_result_note(r, out, "LRT: Rao-Scott likelihood ratio, statistic divided by the mean "
                               "eigenvalue, p by the saddlepoint (R regTermTest).");
    if (a->n_margins > 0)
        tf_result_note(r, out, "Margins: average prediction if all had the value (R "
                               "svypredmeans); intervals by t.");
    for (size_t d = 0; d < s->n; d++) {
        const struct tf_glm_one *o = &s->one[d];
        for (size_t j = 0; j < o->m->p && o->failed == NULL; j++)
            if (o->full.aliased[j])
                tf_result_note(r, out, tf_printf(r->arena, "'%s' depends linearly on the columns "
                                                 "before it and has no coefficient (aliased).",
                                                 o->m->name[j]));
        if (o->failed != NULL)
            tf_result_note(r, out, o->failed);
    }
}

/* A column that the others make up: the model is not the one that was meant. */
static enum tf_code check_singular(const struct tf_glm_models *s, const struct tf_ask *ask,
                                   struct tf_err *reterr)
{
    for (size_t d = 0; d < s->n; d++)
        for (size_t j = 0; j < s->one[d].m->p && s->one[d].failed == NULL; j++)
            if (s->one[d].full.aliased[j]) {
                (void)tf_yaml_fail(tf_yaml_get(ask->at, "formula"), reterr,
                                   "the model is singular: '%s' depends linearly on the columns "
                                   "before it", s->one[d].m->name[j]);
                return tf_help(reterr, "Take it out of the formula, or say `aliased: drop` to "
                                       "give it no coefficient, as R does.");
            }
    return TF_OK;
}

enum tf_code tf_run_glm(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                        struct tf_err *reterr)
{
    struct asked a;
    struct tf_domain *d;
    struct tf_fit fit;
    struct tf_glm_models s = {.r = r};
    TF_TRY(read_keys(r, ask, &a, reterr));
    TF_TRY(tf_domains_make(r, ask, &d, &s.n, reterr));
    s.family = families[a.family].family;
    s.link = a.link;
    s.epsilon = a.epsilon;
    s.one = TF_NEW_N(r->arena, struct tf_glm_one, s.n + 1);
    TF_TRY(make_models(&s, &a, d, reterr));
    const enum tf_code code = tf_glm_models_fit(&s, &fit, reterr);
    if (code != TF_OK)
        return tf_recipe_place(tf_yaml_get(ask->at, "formula"), code, reterr);
    if (!a.drop_aliased)
        TF_TRY(check_singular(&s, ask, reterr));
    out->vcov = coefficient_vcov(r, &fit, a.exponentiate);
    struct tf_block *block = TF_NEW_N(r->arena, struct tf_block, s.n + 1);
    for (size_t k = 0; k < s.n; k++) {
        const struct tf_glm_one *o = &s.one[k];
        block[k] = (struct tf_block){
            .first = o->first, .p = o->m->p, .name = o->m->name, .term = o->m->term,
            .term_name = o->m->term_name, .n_terms = o->m->n_terms, .rows = o->rows, .d = o->d,
            .df = tf_model_df(r, ask, o->rows, o->d->in, (double)o->full.rank),
            .failed = o->failed, .lonely = fit.lonely};
        tf_block_items(r, ask, &block[k], &fit, a.exponentiate, out);
        if (ask->deff)
            add_deff(&s, &a, o, &fit, out->item + o->first);
    }
    for (size_t k = 0; k < s.n; k++)
        TF_TRY(add_tests(&s, ask, &a, &s.one[k], &block[k], &fit, out, reterr));
    for (size_t k = 0; k < s.n; k++)
        for (size_t g = 0; g < a.n_margins && s.one[k].failed == NULL; g++) {
            const size_t before = out->n;
            double *v = NULL;
            size_t n = 0;
            TF_TRY(tf_margin_add(&s, ask, a.f, &s.one[k], a.margin[g], &fit, &v, &n, out, reterr));
            tf_vcov_grow(r, out, before, v, n);
        }
    add_notes(r, ask, &a, &s, out);
    return TF_OK;
}
