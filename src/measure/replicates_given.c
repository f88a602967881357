/* Replicate weights that came with the data.
 *
 *     replicates: {columns: "repw1-repw80", type: acs}
 *     replicates: {file: repw.csv, scale: 0.05, rscales: [1, 1, …], mse: true}
 *
 * Columns of the data (a list, or the first and last joined by '-'), or of a CSV file whose rows
 * stand in the order of the data. `combined: true` (R's default): they are weights; false: they are
 * to be multiplied by the weight. They are kept once, as they were read.
 *
 * scale and rscales are given, or follow from the type as in R survey's svrepdesign, R being the
 * number of replicates:
 *
 *     brr            1 / R
 *     fay            1 / (R (1 - rho)^2)
 *     bootstrap      1 / (R - 1), unless given
 *     jk1            (R - 1) / R, unless given; not combined: 1 / the largest of the first
 *     replicate
 *     jkn            rscales must be given; not combined: 1 / the largest of each
 *     acs, sdr       4 / R
 *     jk2            1
 *     other          as given, else 1
 *
 * `fpc`: sampling fractions, one per replicate, for jk1, jkn and other: rscales x (1 - fpc). */
#include <string.h>

#include "measure/variance.h"

enum scaling { FROM_R, FROM_RHO, BOOTSTRAP, JK1, JKN, FOUR, ONE, OTHER };
static const struct type {
    const char *word;
    enum scaling scaling;
} types[] = {
    {"brr",          FROM_R   },
    {"fay",          FROM_RHO },
    {"bootstrap",    BOOTSTRAP},
    {"bootstrap_rw", BOOTSTRAP},
    {"bootstrap_cd", BOOTSTRAP},
    {"mrb",          BOOTSTRAP},
    {"jk1",          JK1      },
    {"jkn",          JKN      },
    {"acs",          FOUR     },
    {"sdr",          FOUR     },
    {"jk2",          ONE      },
    {"other",        OTHER    },
};
enum { N_TYPES = sizeof types / sizeof *types };

struct given {
    size_t n;
    const double **x; /* [count] columns [n] */
    bool combined;
};

static void weights(const struct tf_replicates *rep, const double *w_base, size_t r, double *w)
{
    const struct given *g = rep->self;
    for (size_t row = 0; row < g->n; row++)
        w[row] = g->combined ? g->x[r][row] : g->x[r][row] * w_base[row];
}

/* ---- Columns -------------------------------------------------------------------------------- */

static enum tf_code take_column(const struct tf_replicates_reader *r, const struct tf_yaml *at,
                                const struct tf_table *t, size_t col, struct given *g,
                                struct tf_err *reterr)
{
    const struct tf_column *c = &t->col[col];
    for (size_t row = 0; row < t->n_rows; row++) {
        if (c->type == TF_NUMBER && !tf_value_missing(c, row))
            continue;
        (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no replicate weight", row + 1,
                      t->name);
        (void)tf_fact(reterr, "'%s' is %s there", c->name,
                      c->type == TF_NUMBER ? "missing" : "no number");
        (void)tf_help(reterr, "Every case needs a number in each replicate.");
        return tf_recipe_place(at, TF_E_DESIGN, reterr);
    }
    g->x[r->rep->count++] = c->num;
    return TF_OK;
}

static enum tf_code
from_file(const struct tf_replicates_reader *r, struct given *g, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, "file");
    struct tf_table *t;
    TF_TRY(tf_design_csv(r->s->arena, at, r->dir, &t, reterr));
    if (t->n_rows != r->s->n) {
        (void)tf_yaml_fail(at, reterr, "'%s' has %zu rows and the data %zu", at->text, t->n_rows,
                           r->s->n);
        return tf_help(reterr, "One row per case is expected, in the order of the data.");
    }
    g->x = TF_NEW_N(r->s->arena, const double *, t->n_cols);
    for (size_t col = 0; col < t->n_cols; col++)
        TF_TRY(take_column(r, at, t, col, g, reterr));
    return TF_OK;
}

/* "repw1-repw80": the columns from the first to the last, in the order of the data. */
static enum tf_code range(const struct tf_replicates_reader *r, const struct tf_yaml *at,
                          size_t *ret_first, size_t *ret_last, struct tf_err *reterr)
{
    const struct tf_table *t = r->s->t;
    const char *dash = at->text;
    *ret_first = tf_table_find(t, at->text);
    *ret_last = *ret_first;
    while (*ret_first >= t->n_cols && (dash = strchr(dash, '-')) != NULL) {
        const char *a =
            tf_trim(r->s->arena, tf_strndup(r->s->arena, at->text, (size_t)(dash - at->text)));
        *ret_first = tf_table_find(t, a);
        *ret_last = tf_table_find(t, tf_trim(r->s->arena, ++dash));
        if (*ret_last >= t->n_cols)
            *ret_first = SIZE_MAX;
    }
    if (*ret_first >= t->n_cols)
        return tf_recipe_place(at, tf_table_need(t, at->text, ret_first, reterr), reterr);
    if (*ret_last >= *ret_first)
        return TF_OK;
    (void)tf_yaml_fail(at, reterr, "'%s' ends before it begins", at->text);
    return tf_help(reterr, "Name the first column of the file first.");
}

static enum tf_code
from_columns(const struct tf_replicates_reader *r, struct given *g, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, "columns");
    const bool list = at->kind == TF_YAML_LIST;
    g->x = TF_NEW_N(r->s->arena, const double *, r->s->t->n_cols *(list ? at->n : 1));
    for (size_t k = 0; k < (list ? at->n : 1); k++) {
        const struct tf_yaml *one = list ? at->item[k] : at;
        size_t first, last;
        if (one->kind != TF_YAML_SCALAR)
            return tf_yaml_fail(one, reterr, "the name of a column is expected here");
        TF_TRY(range(r, one, &first, &last, reterr));
        for (size_t col = first; col <= last; col++)
            TF_TRY(take_column(r, one, r->s->t, col, g, reterr));
    }
    return TF_OK;
}

/* ---- Scales --------------------------------------------------------------------------------- */

/* A number, or one for each replicate; `found` false when the key is not there. */
static enum tf_code numbers(const struct tf_replicates_reader *r, const char *key, double *x,
                            bool *found, struct tf_err *reterr)
{
    const char **text;
    size_t n;
    TF_TRY(tf_yaml_opt_texts(r->s->arena, r->at, key, &text, &n, reterr));
    *found = n > 0;
    if (n > 1 && n != r->rep->count) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, key), reterr, "`%s` has %zu numbers", key, n);
        return tf_help(reterr, "Give one, or one for each of the %zu replicates.", r->rep->count);
    }
    for (size_t k = 0; n > 0 && k < r->rep->count; k++)
        if (!tf_parse_double(text[n > 1 ? k : 0], &x[k]) || x[k] < 0) {
            (void)tf_yaml_fail(tf_yaml_get(r->at, key), reterr, "'%s' is no number of 0 or more",
                               text[n > 1 ? k : 0]);
            return tf_help(reterr, "Correct `%s`.", key);
        }
    return TF_OK;
}

static double largest(const struct given *g, size_t r)
{
    double most = g->x[r][0];
    for (size_t row = 1; row < g->n; row++)
        most = g->x[r][row] > most ? g->x[r][row] : most;
    return most;
}

static enum tf_code
find_type(const struct tf_replicates_reader *r, enum scaling *ret, struct tf_err *reterr)
{
    const char *word;
    TF_TRY(tf_yaml_opt_text(r->at, "type", NULL, &word, reterr));
    *ret = OTHER;
    if (word == NULL && tf_yaml_get(r->at, "scale") == NULL) {
        (void)tf_yaml_fail(r->at, reterr, "these replicate weights have neither type nor scale");
        return tf_help(reterr, "Write `type: brr` (fay, jk1, jkn, jk2, bootstrap, acs, other), or "
                               "`scale` and `rscales` as the survey's documentation gives them.");
    }
    for (size_t k = 0; k < N_TYPES && word != NULL; k++)
        if (strcmp(types[k].word, word) == 0) {
            *ret = types[k].scaling;
            return TF_OK;
        }
    if (word == NULL)
        return TF_OK;
    (void)tf_yaml_fail(tf_yaml_get(r->at, "type"), reterr, "'%s' is no type of replicate weights",
                       word);
    return tf_help(reterr, "Types are brr, fay, jk1, jkn, jk2, bootstrap, acs, sdr and other.");
}

/* The type's own scale; what it does not know stays. */
static enum tf_code scale_by_type(const struct tf_replicates_reader *r, enum scaling type,
                                  const struct given *g, bool given, bool rgiven,
                                  struct tf_err *reterr)
{
    struct tf_replicates *rep = r->rep;
    const double n = (double)rep->count;
    double rho = 0;
    if (given && (type == FROM_R || type == FROM_RHO || type == FOUR || type == ONE)) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, "scale"), reterr, "this type has its own scale");
        return tf_help(reterr, "Take out `scale`, or write `type: other`.");
    }
    if (type == FROM_RHO)
        TF_TRY(tf_yaml_need_number(r->at, "rho", &rho, reterr));
    if (type == FROM_R || type == FROM_RHO)
        rep->scale = 1 / (n * (1 - rho) * (1 - rho));
    if (type == FOUR)
        rep->scale = 4 / n;
    if (type == BOOTSTRAP && !given)
        rep->scale = 1 / (n - 1);
    if (type == JK1 && !given)
        rep->scale = g->combined ? (n - 1) / n : 1 / largest(g, 0);
    if (type != JKN || rgiven)
        return TF_OK;
    if (g->combined) {
        (void)tf_yaml_fail(r->at, reterr, "jkn weights need `rscales`");
        return tf_help(reterr, "Usually (n - 1) / n of the stratum whose PSU was left out.");
    }
    for (size_t k = 0; k < rep->count; k++)
        rep->rscales[k] = 1 / largest(g, k);
    return TF_OK;
}

static enum tf_code
read_scales(const struct tf_replicates_reader *r, const struct given *g, struct tf_err *reterr)
{
    enum scaling type;
    bool given, rgiven, fgiven;
    double *f = TF_NEW_N(r->s->arena, double, r->rep->count);
    tf_replicates_plain(r, r->rep->count, 1);
    TF_TRY(find_type(r, &type, reterr));
    TF_TRY(tf_yaml_opt_number(r->at, "scale", 1, &r->rep->scale, reterr));
    given = tf_yaml_get(r->at, "scale") != NULL;
    TF_TRY(numbers(r, "rscales", r->rep->rscales, &rgiven, reterr));
    TF_TRY(numbers(r, "fpc", f, &fgiven, reterr));
    TF_TRY(scale_by_type(r, type, g, given, rgiven, reterr));
    if (fgiven && type != JK1 && type != JKN && type != OTHER) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, "fpc"), reterr, "this type takes no `fpc`");
        return tf_help(reterr, "It is for jk1, jkn and other.");
    }
    for (size_t k = 0; k < r->rep->count; k++)
        r->rep->rscales[k] *= 1 - f[k];
    return TF_OK;
}

enum tf_code tf_replicates_given(const struct tf_replicates_reader *r, struct tf_err *reterr)
{
    struct given *g = TF_NEW(r->s->arena, struct given);
    g->n = r->s->n;
    TF_TRY(tf_yaml_opt_bool(r->at, "combined", true, &g->combined, reterr));
    TF_TRY(tf_yaml_get(r->at, "file") != NULL ? from_file(r, g, reterr)
                                              : from_columns(r, g, reterr));
    if (r->rep->count == 0)
        return tf_yaml_fail(r->at, reterr, "there are no replicate weights");
    TF_TRY(read_scales(r, g, reterr));
    r->rep->self = g;
    r->rep->weights = weights;
    tf_buf_printf(r->text, "%zu replicate weights given with the data", r->rep->count);
    return TF_OK;
}
