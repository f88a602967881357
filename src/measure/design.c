/* The sample design: which weight, stratum and PSU each case has.
 *
 * Strata are numbered in the order of their values (several variables are crossed), PSUs over all
 * strata. With `nest` a PSU code means nothing outside its stratum, so PSU 1 of stratum A and PSU 1
 * of stratum B are two PSUs; without it the same code in two strata is a fault in the data, and is
 * refused. Only the first stage enters the variance ("ultimate cluster": Hansen, Hurwitz & Madow
 * 1953, I, ch. 6), so later stages of `psu` are read by nobody here.
 *
 * A weight that is missing, zero or negative is refused, with its row: which cases count is a
 * decision for a cleaning rule that somebody wrote, not for a division. */
#include <math.h>

#include "measure/inside.h"

static const char *place(struct tf_arena *arena, const struct tf_codes *const *codes, size_t n,
                         size_t row)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < n; k++)
        tf_buf_printf(&b, "%s%s = %s", k > 0 ? ", " : "", codes[k]->column->name,
                      codes[k]->text[codes[k]->of[row]]);
    return tf_buf_text(&b);
}

static enum tf_code read_weights(struct tf_arena *arena, const struct tf_table *t,
                                 const char *name, const double **ret, struct tf_err *reterr)
{
    double *w = TF_NEW_N(arena, double, t->n_rows);
    size_t col = 0;
    if (name != NULL)
        TF_TRY(tf_table_need(t, name, &col, reterr));
    for (size_t row = 0; row < t->n_rows; row++) {
        w[row] = 1;
        if (name == NULL || (tf_value_number(&t->col[col], row, &w[row]) && w[row] > 0 &&
                             isfinite(w[row])))
            continue;
        if (tf_value_missing(&t->col[col], row))
            (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no weight", row + 1, t->name);
        else if (t->col[col].type == TF_TEXT && !tf_value_number(&t->col[col], row, &w[row]))
            (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has the weight '%s'", row + 1,
                          t->name, t->col[col].text[row]);
        else
            (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has the weight %s", row + 1,
                          t->name, tf_double_text(arena, w[row]));
        (void)tf_fact(reterr, "every case must have a weight above 0 in '%s'", t->col[col].name);
        return tf_help(reterr, "Correct it, or leave such cases out by a cleaning rule.");
    }
    *ret = w;
    return TF_OK;
}

/* The codes of the columns named; a case without a value is refused. */
static enum tf_code read_codes(struct tf_arena *arena, const struct tf_table *t,
                               const char *const *name, size_t n, const char *what,
                               const struct tf_codes ***ret, struct tf_err *reterr)
{
    const struct tf_codes **codes = TF_NEW_N(arena, const struct tf_codes *, n + 1);
    for (size_t k = 0; k < n; k++) {
        size_t col;
        TF_TRY(tf_table_need(t, name[k], &col, reterr));
        codes[k] = tf_codes_make(arena, t, col);
        for (size_t row = 0; row < t->n_rows; row++)
            if (codes[k]->of[row] == TF_NO_CODE) {
                (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no %s", row + 1, t->name,
                              what);
                (void)tf_fact(reterr, "'%s' is missing there", t->col[col].name);
                return tf_help(reterr, "Every case needs one: correct it, or leave such cases out "
                                       "by a cleaning rule.");
            }
    }
    *ret = codes;
    return TF_OK;
}

/* PSU codes that must be unique over all strata, and are not. */
static enum tf_code check_nesting(struct tf_arena *arena, const struct tf_table *t,
                                  const struct tf_codes *const *psu, const uint32_t *stratum,
                                  const struct tf_crossing *x, struct tf_err *reterr)
{
    for (size_t row = 0; row < t->n_rows; row++) {
        const size_t first = x->first[x->of[row]];
        if (stratum[first] == stratum[row])
            continue;
        (void)tf_fail(reterr, TF_E_DESIGN, "the PSU %s stands in two strata",
                      place(arena, psu, 1, row));
        (void)tf_fact(reterr, "rows %zu and %zu of '%s'", first + 1, row + 1, t->name);
        return tf_help(reterr, "If PSU codes are unique only within a stratum, say `nest: true`.");
    }
    return TF_OK;
}

static enum tf_code check_lonely(struct tf_arena *arena, const struct tf_table *t,
                                 const struct tf_design *d, const struct tf_codes *const *strata,
                                 size_t n_strata, struct tf_err *reterr)
{
    if (d->lonely != TF_LONELY_ERROR)
        return TF_OK;
    for (size_t row = 0; row < t->n_rows; row++) {
        if (d->stratum_psus[d->h[row]] > 1)
            continue;
        if (n_strata == 0)
            (void)tf_fail(reterr, TF_E_DESIGN, "'%s' has one PSU only", t->name);
        else
            (void)tf_fail(reterr, TF_E_DESIGN, "the stratum %s has one PSU only",
                          place(arena, strata, n_strata, row));
        (void)tf_fact(reterr, "its variance cannot be estimated (first case: row %zu of '%s')",
                      row + 1, t->name);
        return tf_help(reterr, "Merge it with a neighbour, or choose a rule for lonely PSUs: "
                               "adjust, average, remove or certainty.");
    }
    return TF_OK;
}

static void count_psus(struct tf_arena *arena, struct tf_design *d, const uint32_t *h,
                       const uint32_t *i)
{
    uint32_t *stratum = TF_NEW_N(arena, uint32_t, d->n_psu);
    uint32_t *psus = TF_NEW_N(arena, uint32_t, d->n_strata);
    bool *seen = TF_NEW_N(arena, bool, d->n_psu);
    for (size_t row = 0; row < d->n; row++) {
        stratum[i[row]] = h[row];
        psus[h[row]] += !seen[i[row]];
        seen[i[row]] = true;
    }
    d->psu_stratum = stratum;
    d->stratum_psus = psus;
}

enum tf_code tf_design_make(struct tf_arena *arena, const struct tf_table *t,
                            const struct tf_design_spec *spec, struct tf_design **ret,
                            struct tf_err *reterr)
{
    const struct tf_codes **strata, **psu;
    struct tf_design *d = TF_NEW(arena, struct tf_design);
    if (t->n_rows == 0) {
        (void)tf_fail(reterr, TF_E_DESIGN, "'%s' has no cases", t->name);
        return tf_help(reterr, "Give a file with at least one row below its header.");
    }
    if (t->n_rows >= TF_NO_CODE)
        return tf_fail(reterr, TF_E_LIMIT, "'%s' has more than 4 billion rows", t->name);
    d->n = t->n_rows;
    d->lonely = spec->lonely;
    TF_TRY(read_weights(arena, t, spec->weight, &d->w, reterr));
    TF_TRY(read_codes(arena, t, spec->stratum, spec->n_strata, "stratum", &strata, reterr));
    TF_TRY(read_codes(arena, t, spec->psu, spec->n_psu > 0, "PSU", &psu, reterr));

    const struct tf_crossing h = tf_codes_cross(arena, strata, spec->n_strata, NULL, d->n);
    d->h = h.of;
    d->n_strata = h.n;
    uint32_t *own = TF_NEW_N(arena, uint32_t, d->n);
    for (size_t row = 0; row < d->n; row++)
        own[row] = (uint32_t)row;
    d->i = own; /* without PSUs each case is its own */
    d->n_psu = d->n;
    if (spec->n_psu > 0) {
        struct tf_codes stratum = {.n = h.n, .of = h.of};
        const struct tf_codes *nested[2] = {&stratum, psu[0]};
        const struct tf_crossing i = spec->nest ? tf_codes_cross(arena, nested, 2, NULL, d->n)
                                                : tf_codes_cross(arena, psu, 1, NULL, d->n);
        d->i = i.of;
        d->n_psu = i.n;
        TF_TRY(check_nesting(arena, t, psu, d->h, &i, reterr));
    }
    count_psus(arena, d, d->h, d->i);
    TF_TRY(check_lonely(arena, t, d, strata, spec->n_strata, reterr));
    *ret = d;
    return TF_OK;
}
