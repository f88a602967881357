/* A survey of sampling units instead of rows.
 *
 * The variance by stages needs no row, only the sums of the last stage's units. A regression has a
 * linearised variable for each coefficient; summed to units as it is made it is never written out,
 * which for a million rows and eleven coefficients saves some 90 MB of memory traffic. The file of
 * the variance (variance_stages.c) then runs on a survey of a thousand rows, unchanged.
 *
 *     rows of s      z z z z z z z z z z z z z
 *                     \|/   \|/   \|/   \|/
 *     collapsed        u     u     u     u       its rows; stages and strata as before
 */
#include "measure/collapse.h"

static const struct tf_stage *last_stage(const struct tf_survey *s)
{
    return &s->stage[s->n_stages - 1];
}

struct tf_survey *tf_survey_collapse(struct tf_arena *arena, const struct tf_survey *s)
{
    const struct tf_stage *last = last_stage(s);
    const size_t units = last->n_units;
    if (s->kind != TF_BY_STAGES || s->n_calibrated > 0 || s->pps != NULL || s->phases != NULL ||
        units > s->n / 4)
        return NULL;
    struct tf_survey *small = TF_NEW(arena, struct tf_survey);
    double *w = TF_NEW_N(arena, double, units);
    *small = *s;
    small->n = units;
    small->w = small->w_base = w;
    small->stage = TF_NEW_N(arena, struct tf_stage, s->n_stages);
    for (size_t row = 0; row < s->n;) { /* the rows of a unit mostly stand together */
        const uint32_t u = last->unit[row];
        double sum = w[u];
        for (; row < s->n && last->unit[row] == u; row++)
            sum += s->w[row] > 0 ? s->w[row] : 0;
        w[u] = sum;
    }
    for (size_t k = 0; k < s->n_stages; k++) {
        uint32_t *unit = TF_NEW_N(arena, uint32_t, units);
        uint32_t *stratum = TF_NEW_N(arena, uint32_t, units);
        for (size_t row = 0; row < s->n; row++) {
            if (row > 0 && last->unit[row] == last->unit[row - 1])
                continue; /* as the row before */
            unit[last->unit[row]] = s->stage[k].unit[row];
            stratum[last->unit[row]] = s->stage[k].stratum[row];
        }
        small->stage[k] = s->stage[k];
        small->stage[k].unit = unit;
        small->stage[k].stratum = stratum;
    }
    return small;
}

/* Four columns over rows from..end: rows of a unit mostly stand together, so its sums are kept at
 * hand until another unit comes. (x[1..3] may be x[0] again: their sums then go to waste.) */
static void sum_rows(const uint32_t *unit, const bool *in, const double *score,
                     const double *const x[4], double *const sum[4], size_t from, size_t end)
{
    uint32_t u = unit[from];
    double a = sum[0][u], b = sum[1][u], c = sum[2][u], d = sum[3][u];
    for (size_t row = from; row < end; row++) {
        if (!in[row])
            continue;
        if (unit[row] != u) {
            sum[0][u] = a, sum[1][u] = b, sum[2][u] = c, sum[3][u] = d;
            u = unit[row];
            a = sum[0][u], b = sum[1][u], c = sum[2][u], d = sum[3][u];
        }
        a += x[0][row] * score[row];
        b += x[1][row] * score[row];
        c += x[2][row] * score[row];
        d += x[3][row] * score[row];
    }
    sum[0][u] = a, sum[1][u] = b, sum[2][u] = c, sum[3][u] = d;
}

void tf_collapse_sums(const struct tf_survey *s, double *const *x, size_t p, const double *score,
                      const bool *in, double *const *sum, double *const waste[4])
{
    enum { BLOCK = 2048 }; /* unit, score and mask of a block stay near while the columns pass */
    const struct tf_stage *last = last_stage(s);
    for (size_t from = 0; from < s->n; from += BLOCK) {
        const size_t end = from + BLOCK < s->n ? from + BLOCK : s->n;
        for (size_t j = 0; j < p; j += 4) {
            const double *column[4];
            double *to[4];
            for (size_t k = 0; k < 4; k++) {
                column[k] = j + k < p ? x[j + k] : x[j];
                to[k] = j + k < p ? sum[j + k] : waste[k];
            }
            sum_rows(last->unit, in, score, column, to, from, end);
        }
    }
}

void tf_collapse_mask(const struct tf_survey *s, const bool *in, bool *has)
{
    const uint32_t *unit = last_stage(s)->unit;
    for (size_t row = 0; row < s->n; row++)
        if (in[row])
            has[unit[row]] = true;
}
