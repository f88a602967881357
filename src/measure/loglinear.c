/* Log-linear models of a table of categories, and tests between them.
 *
 *     - {stat: loglin, formula: "~ a + b", against: "~ a * b", tests: [F, saddlepoint]}
 *
 * The cells' shares p, times the number of cases n, are fitted as log(mu) = X b by Poisson likelihood
 * (Newton). Coefficients are contrasts that sum to 0 (R's contr.sum: a1 is category 1 against the mean
 * of all; the last follows from the others), with
 *
 *     var(b) = A^-1 X' V X A^-1 / n^2,   A = X' P X,   P = (diag(m) - m m') / n,   m = mu / n
 *
 * X centred, V = var(p) by the design. A smaller model is tested against a larger one by the
 * difference of their deviances, and by the score n sum (m1 - m0)^2 / m0; either is a sum of
 * chi-squares weighted by the eigenvalues of
 *
 *     (W' P_sat W)^-1 W' V W,   W = X1 - X0 (X0' P1 X0)^-1 X0' P1 X1 (its independent columns)
 *
 * (Rao & Scott 1984, section 3; R's svyloglin and anova.svyloglin). Without `against` the larger model
 * is the saturated one. Formulas join variables by +, : and *; what a product contains must be in the
 * model too. Cases that miss an answer count for n, as in R. */
#include <math.h>
#include <string.h>

#include "measure/tabulate.h"

enum { MOST_VARS = 8, MOST_CELLS = 1000 };

struct grid { /* the table of all variables that either formula names */
    const struct tf_codes *codes[MOST_VARS];
    const char *name[MOST_VARS];
    uint32_t *code[MOST_VARS]; /* [size] its categories with cases */
    size_t size[MOST_VARS], n_vars, cells;
};
struct terms { /* sets of variables, as bits, by order of interaction, then as written */
    unsigned set[1 << MOST_VARS];
    size_t n;
};
struct loglinear { /* one model, fitted */
    double *x; /* [cells x p] without the intercept, columns centred */
    const char **name;
    size_t p;
    double *beta; /* [p + 1] intercept first */
    double *mu;   /* [cells] sums to n */
    double deviance;
};

/* ---- Formulas ------------------------------------------------------------------------------ */

static void add_term(struct terms *t, unsigned set)
{
    for (size_t k = 0; k < t->n; k++)
        if (t->set[k] == set)
            return;
    t->set[t->n++] = set;
}

static unsigned count_bits(unsigned set)
{
    unsigned n = 0;
    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

static enum tf_code variable_bit(struct tf_runner *r, const struct tf_yaml *at, const char *name,
                                 struct grid *g, unsigned *ret, struct tf_err *reterr)
{
    size_t column;
    for (unsigned k = 0; k < g->n_vars; k++)
        if (strcmp(g->name[k], name) == 0) {
            *ret = 1u << k;
            return TF_OK;
        }
    TF_TRY(tf_ask_column(r, at, name, &column, reterr));
    if (g->n_vars == MOST_VARS)
        return tf_yaml_fail(at, reterr, "a log-linear model has up to 8 variables");
    g->codes[g->n_vars] = tf_codes_make(r->arena, r->t, column);
    g->name[g->n_vars] = name;
    *ret = 1u << g->n_vars++;
    return TF_OK;
}

/* One summand: variables joined by ':' (one term) or '*' (with all that it contains). */
static enum tf_code read_product(struct tf_runner *r, const struct tf_yaml *at, const char *from,
                                 const char *to, struct grid *g, struct terms *t,
                                 struct tf_err *reterr)
{
    unsigned list[1 << MOST_VARS] = {0}, whole = 0;
    bool star = false;
    while (from < to) {
        const char *end = from;
        unsigned bit = 0;
        while (end < to && *end != ':' && *end != '*')
            end++;
        star |= end < to && *end == '*';
        const char *name = tf_trim(r->arena, tf_strndup(r->arena, from, (size_t)(end - from)));
        if (*name == '\0' || (end < to && end + 1 == to))
            return tf_yaml_fail(at, reterr, "a variable is missing in '%s'", at->text);
        TF_TRY(variable_bit(r, at, name, g, &bit, reterr));
        whole |= bit;
        from = end < to ? end + 1 : to;
    }
    size_t n = 0;
    for (unsigned set = 1; set <= whole; set++)
        if ((set & whole) == set && (star || set == whole))
            list[n++] = set;
    for (size_t k = 0; k < n; k++)
        add_term(t, list[k]);
    return TF_OK;
}

/* Lower orders first; as they were written within an order. */
static void sort_terms(struct terms *t)
{
    for (size_t i = 1; i < t->n; i++)
        for (size_t j = i; j > 0 && count_bits(t->set[j]) < count_bits(t->set[j - 1]); j--) {
            const unsigned keep = t->set[j];
            t->set[j] = t->set[j - 1];
            t->set[j - 1] = keep;
        }
}

static enum tf_code check_whole(const struct tf_yaml *at, const struct terms *t,
                                struct tf_err *reterr)
{
    for (size_t k = 0; k < t->n; k++)
        for (unsigned set = 1; set < t->set[k]; set++) {
            bool there = (set & t->set[k]) != set;
            for (size_t j = 0; j < t->n && !there; j++)
                there = t->set[j] == set;
            if (!there) {
                (void)tf_yaml_fail(at, reterr, "'%s' has a product without its parts", at->text);
                return tf_help(reterr, "Write a * b for a + b + a:b.");
            }
        }
    return TF_OK;
}

static enum tf_code read_formula(struct tf_runner *r, const struct tf_yaml *at, struct grid *g,
                                 struct terms *t, struct tf_err *reterr)
{
    const char *s = at->kind == TF_YAML_SCALAR ? at->text : NULL;
    if (s == NULL || s[strspn(s, " ")] != '~') {
        (void)tf_yaml_fail(at, reterr, "a log-linear model begins with '~'");
        return tf_help(reterr, "Name its terms: formula: \"~ a * b + c\".");
    }
    for (s += strspn(s, " ") + 1; *s != '\0';) {
        const size_t length = strcspn(s, "+");
        TF_TRY(read_product(r, at, s, s + length, g, t, reterr));
        s += length;
        if (*s == '+' && s[1 + strspn(s + 1, " ")] == '\0')
            return tf_yaml_fail(at, reterr, "nothing after the last '+' of '%s'", at->text);
        s += *s == '+';
    }
    if (t->n == 0)
        return tf_yaml_fail(at, reterr, "a log-linear model without a term");
    sort_terms(t);
    return check_whole(at, t, reterr);
}

/* ---- The table ----------------------------------------------------------------------------- */

static bool answered(const struct grid *g, const struct tf_domain *d, size_t i)
{
    bool all = d->in[i];
    for (size_t v = 0; v < g->n_vars; v++)
        all = all && g->codes[v]->of[i] != TF_NO_CODE;
    return all;
}

/* Categories with cases, then the cell of each row: the first variable varies fastest. */
static enum tf_code make_grid(struct tf_runner *r, const struct tf_ask *ask, struct grid *g,
                              const struct tf_domain *d, uint32_t *of, struct tf_err *reterr)
{
    const size_t n = r->survey->n;
    uint32_t *number[MOST_VARS];
    g->cells = 1;
    for (size_t v = 0; v < g->n_vars; v++) {
        const size_t codes = g->codes[v]->n;
        bool *seen = TF_NEW_N(r->arena, bool, codes);
        number[v] = TF_NEW_N(r->arena, uint32_t, codes);
        g->code[v] = TF_NEW_N(r->arena, uint32_t, codes);
        g->size[v] = 0;
        for (size_t i = 0; i < n; i++)
            if (answered(g, d, i))
                seen[g->codes[v]->of[i]] = true;
        for (uint32_t c = 0; c < codes; c++)
            if (seen[c]) {
                number[v][c] = (uint32_t)g->size[v];
                g->code[v][g->size[v]++] = c;
            }
        g->cells *= g->size[v];
        if (g->cells > MOST_CELLS)
            return tf_yaml_fail(ask->at, reterr, "a log-linear model of more than %d cells",
                                MOST_CELLS);
    }
    for (size_t i = 0; i < n; i++) {
        size_t cell = 0;
        of[i] = TF_NO_CODE;
        if (!answered(g, d, i))
            continue;
        for (size_t v = g->n_vars; v-- > 0;)
            cell = cell * g->size[v] + number[v][g->codes[v]->of[i]];
        of[i] = (uint32_t)cell;
    }
    return TF_OK;
}

/* Place of variable v's category in a cell. */
static size_t place(const struct grid *g, size_t v, size_t cell)
{
    for (size_t u = 0; u < v; u++)
        cell /= g->size[u];
    return cell % g->size[v];
}

/* ---- Fitting ------------------------------------------------------------------------------- */

static size_t columns_of(const struct grid *g, unsigned set)
{
    size_t p = 1;
    for (size_t v = 0; v < g->n_vars; v++)
        if ((set >> v & 1) != 0)
            p *= g->size[v] - 1;
    return p;
}

/* Column m of a term: the product of its variables' contrasts, the first varying fastest. */
static void make_column(struct tf_arena *arena, const struct grid *g, unsigned set, size_t m,
                        double *x, const char **name)
{
    *name = "";
    for (size_t c = 0; c < g->cells; c++)
        x[c] = 1;
    for (size_t v = 0; v < g->n_vars; v++) {
        if ((set >> v & 1) == 0)
            continue;
        const size_t level = m % (g->size[v] - 1);
        m /= g->size[v] - 1;
        *name = tf_printf(arena, "%s%s%s%zu", *name, **name != '\0' ? ":" : "", g->name[v],
                          level + 1);
        for (size_t c = 0; c < g->cells; c++) {
            const size_t at = place(g, v, c);
            x[c] *= at + 1 == g->size[v] ? -1 : at == level ? 1 : 0;
        }
    }
}

static void make_matrix(struct tf_arena *arena, const struct grid *g, const struct terms *t,
                        struct loglinear *m)
{
    m->p = 0;
    for (size_t k = 0; k < t->n; k++)
        m->p += columns_of(g, t->set[k]);
    m->x = TF_NEW_N(arena, double, g->cells * m->p);
    m->name = TF_NEW_N(arena, const char *, m->p);
    for (size_t k = 0, at = 0; k < t->n; k++)
        for (size_t j = 0; j < columns_of(g, t->set[k]); j++, at++)
            make_column(arena, g, t->set[k], j, m->x + at * g->cells, &m->name[at]);
}

static double deviance_of(const double *y, const double *mu, size_t cells)
{
    double d = 0;
    for (size_t c = 0; c < cells; c++)
        d += 2 * ((y[c] > 0 ? y[c] * log(y[c] / mu[c]) : 0) - (y[c] - mu[c]));
    return d;
}

/* One step of weighted least squares: beta from mu. False when the model is singular. */
static bool step(struct tf_arena *arena, const struct loglinear *m, const double *y, size_t cells,
                 double *beta)
{
    const size_t p = m->p + 1;
    double *a = TF_NEW_N(arena, double, p * p);
    for (size_t i = 0; i < p; i++)
        beta[i] = 0;
    for (size_t c = 0; c < cells; c++) {
        const double z = m->mu[c] * log(m->mu[c]) + y[c] - m->mu[c]; /* weight x working response */
        for (size_t i = 0; i < p; i++) {
            const double xi = i == 0 ? 1 : m->x[c + (i - 1) * cells];
            beta[i] += xi * z;
            for (size_t j = 0; j <= i; j++)
                a[i + j * p] += xi * (j == 0 ? 1 : m->x[c + (j - 1) * cells]) * m->mu[c];
        }
    }
    if (!tf_cholesky(a, p))
        return false;
    tf_cholesky_solve(a, p, beta, 1);
    return true;
}

/* R's start and stopping rule; where no cell is empty, two steps more to the last digits. */
static bool fit_model(struct tf_arena *arena, const double *y, size_t cells, struct loglinear *m)
{
    double last = INFINITY, least = INFINITY;
    int more = 3;
    m->beta = TF_NEW_N(arena, double, m->p + 1);
    m->mu = TF_NEW_N(arena, double, cells);
    for (size_t c = 0; c < cells; c++) {
        m->mu[c] = y[c] + 0.1;
        least = y[c] < least ? y[c] : least;
    }
    for (int round = 0; round < 25 && more > 0; round++) {
        if (!step(arena, m, y, cells, m->beta))
            return false;
        for (size_t c = 0; c < cells; c++) {
            double eta = m->beta[0];
            for (size_t j = 0; j < m->p; j++)
                eta += m->x[c + j * cells] * m->beta[j + 1];
            m->mu[c] = exp(eta);
        }
        m->deviance = deviance_of(y, m->mu, cells);
        if (fabs(m->deviance - last) / (fabs(m->deviance) + 0.1) < 1e-8)
            more = least > 0 ? more - 1 : 0;
        last = m->deviance;
    }
    return isfinite(m->deviance);
}

static void centre(struct loglinear *m, size_t cells)
{
    for (size_t j = 0; j < m->p; j++) {
        double mean = 0;
        for (size_t c = 0; c < cells; c++)
            mean += m->x[c + j * cells] / (double)cells;
        for (size_t c = 0; c < cells; c++)
            m->x[c + j * cells] -= mean;
    }
}

/* x' P y with P = (diag(m) - m m') / n. */
static double *simple_product(struct tf_arena *arena, const double *x, size_t p, const double *y,
                              size_t q, const double *m, size_t cells, double n)
{
    double *out = TF_NEW_N(arena, double, p * q);
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < q; j++) {
            double xy = 0, xm = 0, ym = 0;
            for (size_t c = 0; c < cells; c++) {
                xy += x[c + i * cells] * y[c + j * cells] * m[c];
                xm += x[c + i * cells] * m[c];
                ym += y[c + j * cells] * m[c];
            }
            out[i + j * p] = (xy - xm * ym) / n;
        }
    return out;
}

/* x' V x. */
static double *design_product(struct tf_arena *arena, const double *x, size_t p, const double *v,
                              size_t cells)
{
    double *t = TF_NEW_N(arena, double, cells * p), *out = TF_NEW_N(arena, double, p * p);
    for (size_t c = 0; c < cells; c++)
        for (size_t j = 0; j < p; j++)
            t[j + c * p] = x[c + j * cells];
    tf_sandwich(arena, t, v, p, cells, out);
    return out;
}

/* ---- Results ------------------------------------------------------------------------------- */

struct run { /* one domain */
    struct tf_runner *r;
    const struct tf_ask *ask;
    const struct tf_domain *d;
    struct grid *g;
    struct tf_tabulated t;
    double n, df;
    struct loglinear small, large;
};

static double *fitted_shares(const struct run *u, const struct loglinear *m)
{
    double *share = TF_NEW_N(u->r->arena, double, u->g->cells);
    for (size_t c = 0; c < u->g->cells; c++)
        share[c] = m->mu[c] / u->n;
    return share;
}

static void make_items(const struct run *u, const struct tf_tally *tally, struct tf_result *out)
{
    struct tf_arena *arena = u->r->arena;
    const struct loglinear *m = &u->small;
    double *a = simple_product(arena, m->x, m->p, m->x, m->p, fitted_shares(u, m), u->g->cells, u->n);
    const double *b = design_product(arena, m->x, m->p, u->t.v_share, u->g->cells);
    double *v = TF_NEW_N(arena, double, m->p * m->p);
    const bool sound = tf_invert(arena, a, m->p);
    if (sound)
        tf_sandwich(arena, a, b, m->p, m->p, v);
    for (size_t j = 0; j < m->p; j++) {
        struct tf_item *item = tf_result_item(u->r, out);
        item->term = m->name[j];
        item->by = u->d->by;
        item->n_by = u->ask->n_by;
        item->estimate = m->beta[j + 1];
        item->df = u->df;
        item->n = item->base = tally->n;
        item->psu = tally->psu;
        if (!sound || !(v[j + j * m->p] >= 0))
            continue;
        item->se = sqrt(v[j + j * m->p]) / u->n;
        if (u->df > 0)
            tf_item_interval(u->r, item, "t", u->ask->level);
    }
}

/* The columns of the larger model that the smaller one does not span, P1-orthogonal to it. */
static double *beyond(const struct run *u, size_t *ret_q)
{
    struct tf_arena *arena = u->r->arena;
    const struct loglinear *x0 = &u->small, *x1 = &u->large;
    const size_t cells = u->g->cells, p0 = x0->p, p1 = x1->p;
    const double *m1 = fitted_shares(u, x1);
    double *a = simple_product(arena, x0->x, p0, x0->x, p0, m1, cells, u->n);
    double *b = simple_product(arena, x0->x, p0, x1->x, p1, m1, cells, u->n);
    double *w = TF_NEW_N(arena, double, cells * p1), *spoilt = TF_NEW_N(arena, double, cells * p1);
    size_t *pivot = TF_NEW_N(arena, size_t, p1);
    *ret_q = 0;
    if (!tf_cholesky(a, p0))
        return w;
    tf_cholesky_solve(a, p0, b, p1);
    tf_multiply(x0->x, b, cells, p0, p1, w);
    for (size_t k = 0; k < cells * p1; k++) {
        w[k] = x1->x[k] - w[k];
        spoilt[k] = nearbyint(w[k] * 1e11) / 1e11; /* what is only rounding must be exactly 0 */
    }
    *ret_q = tf_rank(spoilt, cells, p1, 1e-7, pivot);
    double *kept = TF_NEW_N(arena, double, cells * (*ret_q + 1));
    for (size_t j = 0; j < *ret_q; j++)
        memcpy(kept + j * cells, w + pivot[j] * cells, cells * sizeof *w);
    return kept;
}

static void add_tests(const struct run *u, const enum tf_association *which, size_t n_which,
                      struct tf_result *out)
{
    static const char *const TERM[] = {"deviance", "score"};
    struct tf_arena *arena = u->r->arena;
    const size_t cells = u->g->cells;
    size_t q = 0;
    const double *w = beyond(u, &q);
    double value[2] = {u->small.deviance - u->large.deviance, 0};
    double *lambda = TF_NEW_N(arena, double, q + 1);
    for (size_t c = 0; c < cells; c++) {
        const double gap = u->large.mu[c] - u->small.mu[c];
        value[1] += gap * gap / u->small.mu[c]; /* n sum (gap / n)^2 / (mu / n) */
    }
    double *a = simple_product(arena, w, q, w, q, u->t.share, cells, u->n);
    double *b = design_product(arena, w, q, u->t.v_share, cells);
    const bool sound = q > 0 && tf_eigen_of_ratio(a, b, q, lambda);
    for (size_t k = 0; k < n_which; k++)
        for (size_t m = 0; m < 2; m++) {
            struct tf_test *test = tf_result_test(u->r, out, tf_association_word(which[k]));
            test->term = TERM[m];
            test->by = u->d->by;
            test->n_by = u->ask->n_by;
            if (!sound)
                continue;
            const struct tf_tested tested =
                tf_tested_by_effects(value[m], lambda, q, u->df, false, which[k]);
            test->statistic = value[m];
            test->df = tested.df;
            test->ddf = tested.ddf;
            test->p = tested.p;
        }
}

static enum tf_code one_domain(struct tf_runner *r, const struct tf_ask *ask, struct grid *g,
                               const struct terms *small, const struct terms *large,
                               const struct tf_domain *d, const enum tf_association *which,
                               size_t n_which, struct tf_result *out, struct tf_err *reterr)
{
    struct run u = {.r = r, .ask = ask, .d = d, .g = g, .n = (double)d->n};
    uint32_t *of = TF_NEW_N(r->arena, uint32_t, r->survey->n);
    bool *in = TF_NEW_N(r->arena, bool, r->survey->n);
    TF_TRY(make_grid(r, ask, g, d, of, reterr));
    for (size_t i = 0; i < r->survey->n; i++)
        in[i] = of[i] != TF_NO_CODE;
    for (size_t v = 0; v < g->n_vars; v++)
        if (g->size[v] < 2) {
            tf_result_note(r, out, "No log-linear model where a variable has one category only.");
            return TF_OK;
        }
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, in);
    TF_TRY(tf_tabulate(r->arena, r->survey, of, g->cells, NULL, false, &u.t, reterr));
    u.df = tf_ask_df(r, ask, d->in);
    double *y = TF_NEW_N(r->arena, double, g->cells);
    for (size_t c = 0; c < g->cells; c++)
        y[c] = u.t.share[c] * u.n;
    make_matrix(r->arena, g, small, &u.small);
    make_matrix(r->arena, g, large, &u.large);
    if (!fit_model(r->arena, y, g->cells, &u.small) || !fit_model(r->arena, y, g->cells, &u.large)) {
        tf_result_note(r, out, "The table has too many empty cells for the model: nothing to say.");
        return TF_OK;
    }
    centre(&u.small, g->cells);
    centre(&u.large, g->cells);
    make_items(&u, &tally, out);
    if (u.large.p > u.small.p)
        add_tests(&u, which, n_which, out);
    return TF_OK;
}

/* ---- The keys ------------------------------------------------------------------------------ */

static enum tf_code read_tests(const struct tf_runner *r, const struct tf_ask *ask,
                               enum tf_association *which, size_t *ret_n, struct tf_err *reterr)
{
    const char **word;
    size_t n;
    *ret_n = 0;
    TF_TRY(tf_yaml_opt_texts(r->arena, ask->at, "tests", &word, &n, reterr));
    if (n == 0)
        which[(*ret_n)++] = TF_TEST_F;
    for (size_t k = 0; k < n && *ret_n < TF_N_ASSOCIATIONS; k++) {
        enum tf_association *w = &which[(*ret_n)++];
        if (!tf_association_named(word[k], w) || *w == TF_TEST_WALD || *w == TF_TEST_ADJWALD) {
            (void)tf_yaml_fail(tf_yaml_get(ask->at, "tests"), reterr,
                               "no test of a log-linear model is called '%s'", word[k]);
            return tf_help(reterr, "Choose from F, Chisq, lincom, saddlepoint.");
        }
    }
    return TF_OK;
}

static bool contains(const struct terms *large, const struct terms *small)
{
    for (size_t k = 0; k < small->n; k++) {
        bool there = false;
        for (size_t j = 0; j < large->n; j++)
            there |= large->set[j] == small->set[k];
        if (!there)
            return false;
    }
    return true;
}

enum tf_code tf_run_loglin(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                           struct tf_err *reterr)
{
    const struct tf_yaml *formula = tf_yaml_get(ask->at, "formula");
    const struct tf_yaml *against = tf_yaml_get(ask->at, "against");
    enum tf_association which[TF_N_ASSOCIATIONS];
    struct terms small = {.n = 0}, large = {.n = 0};
    struct grid g = {.n_vars = 0};
    struct tf_domain *d;
    size_t n, n_which;
    if (formula == NULL)
        return tf_yaml_fail(ask->at, reterr, "a log-linear model without its `formula`");
    TF_TRY(read_tests(r, ask, which, &n_which, reterr));
    TF_TRY(read_formula(r, formula, &g, &small, reterr));
    if (against != NULL)
        TF_TRY(read_formula(r, against, &g, &large, reterr));
    else {
        for (unsigned set = 1; set < 1u << g.n_vars; set++)
            add_term(&large, set);
        sort_terms(&large);
    }
    if (!contains(&large, &small)) {
        (void)tf_yaml_fail(against != NULL ? against : formula, reterr,
                           "the model in `against` must contain the one in `formula`");
        return tf_help(reterr, "Every term of `formula` must be in `against`.");
    }
    TF_TRY(tf_domains_make(r, ask, &d, &n, reterr));
    for (size_t k = 0; k < n; k++)
        TF_TRY(one_domain(r, ask, &g, &small, &large, &d[k], which, n_which, out, reterr));
    tf_result_note(r, out, "Coefficients are contrasts that sum to 0 over the categories; tests "
                           "compare with the larger model (R svyloglin, anova).");
    return TF_OK;
}
