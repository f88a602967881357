/* Cross-tabulations: two questions against each other, with the tests of their association.
 *
 *     - {stat: crosstab, rows: q24, cols: q2, percent: row, tests: [F, Wald]}
 *
 * Every cell is an item: its share of the table, of its row or of its column, with error and
 * counts. Lists of rows and of columns make a table of each pair. Tests (raoscott.c) are made in
 * each domain on the categories that have cases there: a category that nobody chose takes no part,
 * instead of making the test impossible, and the note says so. A table of one row or one column
 * has no test: NaN.
 *
 * Cases without an answer to either question are outside the table, but stay in the design. */
#include <string.h>

#include "measure/groups.h"
#include "measure/tabulate.h"

enum percent { OF_TOTAL, OF_ROW, OF_COLUMN, N_PERCENTS };
static const char *const PERCENT[N_PERCENTS] = {
    [OF_TOTAL] = "total", [OF_ROW] = "row", [OF_COLUMN] = "column"};

struct asked { /* the keys */
    const char **row, **col;
    size_t n_rows, n_cols;
    enum tf_association test[TF_N_ASSOCIATIONS];
    size_t n_tests;
    enum percent percent;
    bool totals; /* a test needs them */
    const struct tf_interval_method *const *ci;
    size_t n_ci;
};

struct table { /* one pair of questions in one domain */
    struct tf_runner *r;
    struct tf_arena *scratch; /* of a batch: codes, cells, covariances */
    const struct tf_ask *ask;
    const struct asked *asked;
    const struct tf_codes *row, *col;
    const uint32_t *row_at, *col_at; /* category of the table -> code */
    size_t rows, cols;               /* categories with cases in some domain */
    const struct tf_domain *domain;
    uint32_t *rank[2];               /* [codes] category of the table */
    uint32_t *of;                    /* [n] cell; one for all tables of a batch */
    const uint32_t *group;           /* [cells] what a cell is a share of */
    struct tf_tabulated shown, whole; /* the shares asked for; shares of the table */
    const char *pair;                /* "q24 by q2" when there are several tables */
    double df;
};

/* ---- The keys ------------------------------------------------------------------------------ */

static enum tf_code words_of(const struct tf_runner *r, const struct tf_ask *ask, const char *key,
                             const char ***ret, size_t *ret_n, struct tf_err *reterr)
{
    TF_TRY(tf_yaml_opt_texts(r->arena, ask->at, key, ret, ret_n, reterr));
    if (*ret_n == 0) {
        (void)tf_yaml_fail(ask->at, reterr, "a crosstab without '%s'", key);
        return tf_help(reterr, "Name the variable whose categories are the %s: %s: q1.", key, key);
    }
    return TF_OK;
}

static enum tf_code read_tests(const struct tf_runner *r, const struct tf_ask *ask,
                               struct asked *asked, struct tf_err *reterr)
{
    const char **word;
    size_t n;
    TF_TRY(tf_yaml_opt_texts(r->arena, ask->at, "tests", &word, &n, reterr));
    if (tf_yaml_get(ask->at, "tests") == NULL)
        asked->test[asked->n_tests++] = TF_TEST_F;
    for (size_t k = 0; k < n; k++) {
        enum tf_association which;
        if (!tf_association_named(word[k], &which)) {
            (void)tf_yaml_fail(tf_yaml_get(ask->at, "tests"), reterr, "no test is called '%s'",
                               word[k]);
            return tf_help(reterr, "Choose from F, Chisq, Wald, adjWald, lincom, saddlepoint, "
                                   "exact.");
        }
        if (asked->n_tests < TF_N_ASSOCIATIONS)
            asked->test[asked->n_tests++] = which;
        asked->totals |= which == TF_TEST_WALD || which == TF_TEST_ADJWALD;
    }
    return TF_OK;
}

static enum tf_code read_keys(const struct tf_runner *r, const struct tf_ask *ask,
                              struct asked *asked, struct tf_err *reterr)
{
    const char *percent;
    *asked = (struct asked){.percent = OF_TOTAL};
    TF_TRY(words_of(r, ask, "rows", &asked->row, &asked->n_rows, reterr));
    TF_TRY(words_of(r, ask, "cols", &asked->col, &asked->n_cols, reterr));
    TF_TRY(read_tests(r, ask, asked, reterr));
    TF_TRY(tf_yaml_opt_text(ask->at, "percent", "total", &percent, reterr));
    while (asked->percent < N_PERCENTS && strcmp(PERCENT[asked->percent], percent) != 0)
        asked->percent++;
    if (asked->percent == N_PERCENTS) {
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "percent"), reterr, "percent of what is '%s'?",
                           percent);
        return tf_help(reterr, "Choose from total, row, column.");
    }
    return tf_intervals_asked(r, ask, TF_OF_SHARE, &asked->ci, &asked->n_ci, reterr);
}

/* ---- Cells --------------------------------------------------------------------------------- */

/* The categories with cases in the table of some domain; rank[code] is a category's place. */
static size_t categories(struct tf_arena *arena, const struct tf_codes *c, const bool *seen,
                         uint32_t **at, uint32_t **rank)
{
    size_t n = 0;
    *at = TF_NEW_N(arena, uint32_t, c->n);
    *rank = TF_NEW_N(arena, uint32_t, c->n);
    for (uint32_t k = 0; k < c->n; k++)
        if (seen[k]) {
            (*rank)[k] = (uint32_t)n;
            (*at)[n++] = k;
        }
    return n;
}

static bool answered(const struct table *t, const struct tf_domain *d, size_t i)
{
    return d->in[i] && t->row->of[i] != TF_NO_CODE && t->col->of[i] != TF_NO_CODE;
}

/* Number the categories over all domains, so that the tables of domains have the same shape. */
static void shape(struct table *t, const struct tf_domain *domain, size_t n_domains)
{
    struct tf_arena *arena = t->scratch;
    bool *row = TF_NEW_N(arena, bool, t->row->n), *col = TF_NEW_N(arena, bool, t->col->n);
    uint32_t *at;
    for (size_t d = 0; d < n_domains; d++)
        for (size_t i = 0; i < t->r->survey->n; i++)
            if (answered(t, &domain[d], i))
                row[t->row->of[i]] = col[t->col->of[i]] = true;
    t->rows = categories(arena, t->row, row, &at, &t->rank[0]);
    t->row_at = at;
    t->cols = categories(arena, t->col, col, &at, &t->rank[1]);
    t->col_at = at;
}

/* The cell of each row; or, for which = 0 or 1, its category of the rows or columns. */
static void number_cells(const struct table *t, int which)
{
    const size_t n = t->r->survey->n;
    for (size_t i = 0; i < n; i++) {
        t->of[i] = TF_NO_CODE;
        if (!answered(t, t->domain, i))
            continue;
        const uint32_t row = t->rank[0][t->row->of[i]], col = t->rank[1][t->col->of[i]];
        t->of[i] = which == 0 ? row : which == 1 ? col : row * (uint32_t)t->cols + col;
    }
}

static const uint32_t *groups(struct tf_arena *arena, const struct table *t, enum percent percent)
{
    uint32_t *group = TF_NEW_N(arena, uint32_t, t->rows * t->cols);
    for (uint32_t k = 0; k < t->rows * t->cols; k++)
        group[k] = percent == OF_TOTAL ? 0
                   : percent == OF_ROW ? k / (uint32_t)t->cols
                                       : k % (uint32_t)t->cols;
    return group;
}

/* ---- Items --------------------------------------------------------------------------------- */

struct base { /* what a cell is a share of */
    size_t n, psu, strata;
    double weights, squares;
};

static struct base *bases(const struct table *t)
{
    struct tf_arena *arena = t->scratch;
    const struct tf_survey *s = t->r->survey;
    const size_t cells = t->rows * t->cols;
    struct base *base = TF_NEW_N(arena, struct base, cells);
    bool *in = TF_NEW_N(arena, bool, s->n);
    for (uint32_t g = 0; g < cells; g++) {
        size_t first = 0;
        while (first < cells && t->group[first] != g)
            first++;
        if (first == cells)
            break;
        for (size_t i = 0; i < s->n; i++) {
            in[i] = t->of[i] != TF_NO_CODE && t->group[t->of[i]] == g;
            base[g].weights += in[i] ? s->w[i] : 0;
            base[g].squares += in[i] ? s->w[i] * s->w[i] : 0;
        }
        const struct tf_tally tally = tf_survey_count(arena, s, in);
        base[g].n = tally.n;
        base[g].psu = tally.psu;
        base[g].strata = tally.strata;
    }
    return base;
}

static struct tf_by *cell_by(const struct table *t, uint32_t col)
{
    struct tf_by *by = TF_NEW_N(t->r->arena, struct tf_by, t->ask->n_by + 1);
    if (t->ask->n_by > 0)
        memcpy(by, t->domain->by, t->ask->n_by * sizeof *by);
    by[t->ask->n_by] = (struct tf_by){
        t->col->column->name, tf_strdup(t->r->arena, t->col->text[col]),
        tf_value_label(t->col->column, t->col->number[col], t->col->text[col])};
    return by;
}

static void make_item(const struct table *t, struct tf_result *out, uint32_t k,
                      const struct base *base)
{
    const uint32_t row = t->row_at[k / t->cols], col = t->col_at[k % t->cols];
    const struct base *b = &base[t->group[k]];
    const double p = t->shown.share[k], n = (double)b->n;
    const bool edge = t->shown.n[k] == 0 || t->shown.n[k] == b->n; /* no variance but rounding */
    struct tf_item *item = tf_result_item(t->r, out);
    item->var = t->row->column->name;
    item->var_label = t->row->column->label;
    item->category = tf_strdup(t->r->arena, t->row->text[row]);
    item->label = tf_value_label(t->row->column, t->row->number[row], t->row->text[row]);
    item->by = cell_by(t, col);
    item->n_by = t->ask->n_by + 1;
    item->n = t->shown.n[k];
    item->base = b->n;
    const struct tf_linear share = {.n = b->n, .psu = b->psu, .strata = b->strata, .df = t->df,
                                    .sum_w = b->weights, .sum_w2 = b->squares, .value = p,
                                    .var = edge ? 0 : t->shown.v_share[k + k * t->shown.k],
                                    .unit_var = n / (n - 1) * p * (1 - p), .constant = edge,
                                    .lonely = t->shown.lonely};
    tf_item_finish(t->r, t->ask, item, &share, TF_OF_SHARE, t->asked->ci, t->asked->n_ci);
}

/* ---- Tests --------------------------------------------------------------------------------- */

/* The cells of the rows and columns that have cases in this domain. */
static size_t cells_in_use(const struct table *t, size_t *cell, size_t *ret_rows, size_t *ret_cols)
{
    struct tf_arena *arena = t->scratch;
    size_t *row = TF_NEW_N(arena, size_t, t->rows), *col = TF_NEW_N(arena, size_t, t->cols), n = 0;
    for (size_t k = 0; k < t->rows * t->cols; k++) {
        row[k / t->cols] += t->whole.n[k];
        col[k % t->cols] += t->whole.n[k];
    }
    for (size_t k = 0; k < t->rows * t->cols; k++)
        if (row[k / t->cols] > 0 && col[k % t->cols] > 0)
            cell[n++] = k;
    *ret_rows = *ret_cols = 0;
    for (size_t i = 0; i < t->rows; i++)
        *ret_rows += row[i] > 0;
    for (size_t j = 0; j < t->cols; j++)
        *ret_cols += col[j] > 0;
    return n;
}

static void make_tests(const struct table *t, struct tf_result *out)
{
    struct tf_arena *arena = t->scratch;
    size_t *cell = TF_NEW_N(arena, size_t, t->rows * t->cols), rows, cols;
    const size_t k = cells_in_use(t, cell, &rows, &cols);
    const struct tf_tabulated part = tf_tabulated_part(arena, &t->whole, cell, k);
    const double nu = t->df;
    for (size_t m = 0; m < t->asked->n_tests; m++) {
        const enum tf_association which = t->asked->test[m];
        const struct tf_tested tested =
            tf_association_test(arena, &part, rows, cols, t->domain->n, nu, which);
        struct tf_test *test = tf_result_test(t->r, out, tf_association_word(which));
        test->term = t->pair;
        test->by = t->domain->by;
        test->n_by = t->ask->n_by;
        test->statistic = tested.statistic;
        test->df = tested.df;
        test->ddf = tested.ddf;
        test->p = tested.p;
    }
    if (t->asked->n_tests > 0 && (rows < 2 || cols < 2))
        tf_result_note(t->r, out, "No test where a table has one row or one column only: NaN.");
    else if (t->asked->n_tests > 0 && k < t->rows * t->cols)
        tf_result_note(t->r, out,
                       "Categories without a case in a domain have no part in its tests.");
}

/* ---- A batch of tables --------------------------------------------------------------------- */

enum { BATCH = 8 }; /* pairs of questions that are open at a time: their codes are in memory */

struct batch {
    struct tf_arena *scratch;
    const struct tf_domain *domain;
    size_t n_domains;
    struct table *table; /* [pairs x domains] */
    size_t n;
};

static enum tf_code open_pair(struct batch *b, const struct table *like, const size_t *column,
                              struct tf_err *reterr)
{
    struct table t = *like;
    t.row = tf_codes_make(b->scratch, t.r->t, column[0]);
    t.col = tf_codes_make(b->scratch, t.r->t, column[1]);
    if (t.asked->n_rows * t.asked->n_cols > 1)
        t.pair = tf_printf(t.r->arena, "%s by %s", t.row->column->name, t.col->column->name);
    shape(&t, b->domain, b->n_domains);
    if (t.rows * t.cols > 2000) {
        (void)tf_yaml_fail(t.ask->at, reterr, "a table of %zu rows and %zu columns", t.rows,
                           t.cols);
        return tf_help(reterr, "A crosstab holds up to 2,000 cells: group the values first "
                               "(`columns:` with `cut`).");
    }
    t.group = groups(b->scratch, &t, t.asked->percent);
    for (size_t d = 0; d < b->n_domains; d++) {
        t.domain = &b->domain[d];
        t.df = tf_ask_df(t.r, t.ask, t.domain->in);
        b->table[b->n++] = t;
    }
    return TF_OK;
}

/* All tables in one pass over the rows, where the design allows it. */
static bool tabulate_in_one_pass(struct batch *b)
{
    const struct tf_survey *s = b->table[0].r->survey;
    struct tf_pass *pass = tf_pass_new(b->scratch, s);
    struct tf_pass_table *of = TF_NEW_N(b->scratch, struct tf_pass_table, b->n);
    struct tf_tabulated *made = TF_NEW_N(b->scratch, struct tf_tabulated, b->n);
    for (size_t k = 0; k < b->n; k++)
        if (pass == NULL || b->table[k].rows * b->table[k].cols > TF_PASS_CELLS ||
            b->table[k].rows * b->table[k].cols == 0)
            return false;
    for (size_t k = 0; k < b->n; k++) {
        struct table *t = &b->table[k];
        number_cells(t, 0);
        of[k].row = tf_pass_bytes(b->scratch, pass, t->of, t->rows);
        number_cells(t, 1);
        of[k].col = tf_pass_bytes(b->scratch, pass, t->of, t->cols);
    }
    tf_pass_tables(b->scratch, pass, of, b->n, s->threads, made);
    for (size_t k = 0; k < b->n; k++) {
        struct table *t = &b->table[k];
        t->whole = made[k];
        t->shown = tf_tabulated_regroup(b->scratch, &made[k], t->group);
    }
    return true;
}

static enum tf_code tabulate(struct table *t, struct tf_err *reterr)
{
    const struct tf_survey *s = t->r->survey;
    const size_t cells = t->rows * t->cols;
    number_cells(t, -1);
    TF_TRY(tf_tabulate(t->scratch, s, t->of, cells, NULL, t->asked->totals, &t->whole, reterr));
    t->shown = t->whole;
    if (t->asked->percent == OF_TOTAL)
        return TF_OK;
    return tf_tabulate(t->scratch, s, t->of, cells, t->group, false, &t->shown, reterr);
}

static void finish(struct table *t, struct tf_result *out)
{
    const size_t cells = t->rows * t->cols;
    size_t *n = TF_NEW_N(t->scratch, size_t, cells);
    number_cells(t, -1);
    for (size_t i = 0; i < t->r->survey->n; i++)
        if (t->of[i] != TF_NO_CODE)
            n[t->of[i]]++;
    t->whole.n = t->shown.n = n;
    const struct base *base = bases(t);
    for (uint32_t k = 0; k < cells; k++)
        make_item(t, out, k, base);
    make_tests(t, out);
}

/* Of one table alone: the covariances between several were not asked of the design. */
static void keep_covariances(const struct batch *b, struct tf_result *out)
{
    const struct table *t = &b->table[0];
    const size_t k = t->rows * t->cols;
    if (t->pair != NULL || b->n != 1 || !t->ask->vcov)
        return;
    out->vcov = TF_NEW_N(t->r->arena, double, k * k);
    memcpy(out->vcov, t->shown.v_share, k * k * sizeof *out->vcov);
}

static enum tf_code run_batch(struct batch *b, const struct table *like, const size_t *column,
                              size_t n_pairs, struct tf_result *out, struct tf_err *reterr)
{
    struct table t = *like;
    t.scratch = b->scratch;
    t.of = TF_NEW_N(b->scratch, uint32_t, t.r->survey->n);
    b->table = TF_NEW_N(b->scratch, struct table, n_pairs * b->n_domains + 1);
    for (size_t k = 0; k < n_pairs; k++)
        TF_TRY(open_pair(b, &t, column + 2 * k, reterr));
    if (b->n == 0)
        return TF_OK;
    if (!tabulate_in_one_pass(b))
        for (size_t k = 0; k < b->n; k++)
            TF_TRY(tabulate(&b->table[k], reterr));
    for (size_t k = 0; k < b->n; k++)
        finish(&b->table[k], out);
    keep_covariances(b, out);
    return TF_OK;
}

static void notes(struct tf_runner *r, const struct asked *asked, struct tf_result *out)
{
    static const char *const BASE[N_PERCENTS] = {
        [OF_TOTAL] = "Shares are of the whole table.",
        [OF_ROW] = "Shares are of their row.",
        [OF_COLUMN] = "Shares are of their column.",
    };
    tf_result_note(r, out, BASE[asked->percent]);
    if (r->survey->kind == TF_BY_REPLICATES)
        tf_result_note(r, out, "Intervals of cells by the delta method, from the variance over the "
                               "replicates.");
    for (size_t k = 0; k < asked->n_tests; k++)
        if (asked->test[k] == TF_TEST_LINCOM)
            tf_result_note(r, out, "lincom: by saddlepoint, as R survey without the package "
                                   "CompQuadForm; `exact` is the distribution itself.");
    if (asked->n_tests > 0)
        tf_result_note(r, out, "Tests: Rao & Scott (1984), Pearson's X-squared with the design "
                               "effects of the table.");
}

/* Columns of the pairs: rows slow, cols fast. */
static enum tf_code find_columns(const struct tf_runner *r, const struct tf_ask *ask,
                                 const struct asked *asked, size_t *column, struct tf_err *reterr)
{
    const struct tf_yaml *rows = tf_yaml_get(ask->at, "rows"), *cols = tf_yaml_get(ask->at, "cols");
    for (size_t i = 0; i < asked->n_rows; i++)
        for (size_t j = 0; j < asked->n_cols; j++) {
            TF_TRY(tf_ask_column(r, rows, asked->row[i], column++, reterr));
            TF_TRY(tf_ask_column(r, cols, asked->col[j], column++, reterr));
        }
    return TF_OK;
}

enum tf_code tf_run_crosstab(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                             struct tf_err *reterr)
{
    struct asked asked;
    struct tf_domain *domain;
    size_t n_domains;
    TF_TRY(read_keys(r, ask, &asked, reterr));
    TF_TRY(tf_domains_make(r, ask, &domain, &n_domains, reterr));
    const size_t pairs = asked.n_rows * asked.n_cols;
    size_t *column = TF_NEW_N(r->arena, size_t, 2 * pairs);
    TF_TRY(find_columns(r, ask, &asked, column, reterr));
    const struct table like = {.r = r, .ask = ask, .asked = &asked};
    for (size_t k = 0; k < pairs; k += BATCH) {
        struct batch b = {tf_arena_new("crosstab", (size_t)8 << 30), domain, n_domains, NULL, 0};
        const size_t n = pairs - k < BATCH ? pairs - k : BATCH;
        const enum tf_code code = run_batch(&b, &like, column + 2 * k, n, out, reterr);
        tf_arena_free(b.scratch);
        if (code != TF_OK)
            return code;
    }
    notes(r, &asked, out);
    tf_interval_notes(r, out, ask, TF_OF_SHARE, asked.ci, asked.n_ci);
    return TF_OK;
}
