/* Segments: a PSU too large to list is cut, and one piece of it is worked.
 *
 * After mapping and a quick count each segment has its number of households m; one is drawn with
 * probability proportional to it,
 *
 *     p_segment = m / M
 *
 * and the listing is made there only. The count need not be right, only made before the draw: the
 * probability is the one drawn with. p_psu x p_segment x p_household is then the household's.
 * Before the mapping, the plan says into how many segments each PSU of a sample is to be cut so
 * that each has about the standard number of households, and which number is worked where they can
 * be made equal. Source: Demographic and Health Surveys, Sampling and Household Listing Manual
 * (2012) 2.6. */
#include <math.h>

#include "base/sheet.h"
#include "draw/inside.h"

static enum tf_code households_of(const struct tf_sheet *s, size_t row, size_t col, double *ret,
                                  struct tf_err *reterr)
{
    const char *text = tf_sheet_text(s, row, col);
    if (tf_parse_double(text, ret) && *ret > 0 && *ret <= 1e15)
        return TF_OK;
    (void)tf_sheet_fail(s, row, col, reterr, "households '%s' is not usable", text);
    return tf_help(reterr, "Give a count above 0; leave out a segment where nobody lives.");
}

static enum tf_code draw_one(struct tf_arena *a, const struct tf_sheet *s, const size_t *at,
                             struct draw_group g, const char *seed_name, struct tf_table *t,
                             size_t to, struct tf_err *reterr)
{
    const char *psu = tf_sheet_text(s, g.from, at[0]);
    double all = 0, size = 0, edge = 0;
    for (size_t row = g.from; row < g.to; row++) {
        TF_TRY(households_of(s, row, at[2], &size, reterr));
        all += size;
    }
    struct tf_rng rng = tf_rng_named(tf_printf(a, "%s/%s/segment", seed_name, psu));
    const double point = tf_rng_uniform(&rng) * all;
    size_t drawn = g.from;
    for (size_t row = g.from; row < g.to; row++) {
        TF_TRY(households_of(s, row, at[2], &size, reterr));
        drawn = row;
        edge += size;
        if (point < edge)
            break;
    }
    draw_put_text(t, 0, to, psu);
    draw_put_text(t, 1, to, tf_sheet_text(s, drawn, at[1]));
    draw_put_number(t, 2, to, (double)(g.to - g.from));
    draw_put_number(t, 3, to, size);
    draw_put_number(t, 4, to, all);
    draw_put_number(t, 5, to, size / all);
    return TF_OK;
}

enum tf_code tf_segments_draw(struct tf_arena *arena, const char *segments, const char *seed_name,
                              struct tf_table **ret, struct tf_err *reterr)
{
    static const char *const need[] = {"psu", "segment", "households"};
    static const char *const column[] = {"psu", "segment", "segments", "households",
                                         "psu_households", "p_segment"};
    struct tf_sheet *s;
    struct draw_group *g;
    struct draw_index once;
    size_t at[3], n;
    TF_TRY(tf_sheet_read(arena, segments, &s, reterr));
    for (size_t k = 0; k < 3; k++)
        TF_TRY(tf_sheet_need(s, need[k], &at[k], reterr));
    TF_TRY(draw_groups(s, at, 1, "PSU", &g, &n, reterr));
    TF_TRY(draw_index_new(s, at, 2, &once, reterr));
    struct tf_table *t = draw_table(arena, "segments", n, column, 2, 4);
    for (size_t k = 0; k < n; k++)
        TF_TRY(draw_one(arena, s, at, g[k], seed_name, t, k, reterr));
    *ret = t;
    return TF_OK;
}

enum tf_code tf_segments_plan(struct tf_arena *arena, const char *sample, double standard,
                              const char *seed_name, struct tf_table **ret, struct tf_err *reterr)
{
    static const char *const column[] = {"psu", "households", "segments", "segment", "p_segment"};
    struct tf_sheet *s;
    struct draw_index once;
    size_t at[2];
    TF_TRY(tf_sheet_read(arena, sample, &s, reterr));
    TF_TRY(tf_sheet_need(s, "psu", &at[0], reterr));
    TF_TRY(tf_sheet_need(s, "households", &at[1], reterr));
    TF_TRY(draw_index_new(s, at, 1, &once, reterr));
    struct tf_table *t = draw_table(arena, "segments", s->t->n_rows, column, 1, 4);
    for (size_t row = 0; row < s->t->n_rows; row++) {
        const char *psu = tf_sheet_text(s, row, at[0]);
        double households = 0;
        TF_TRY(households_of(s, row, at[1], &households, reterr));
        const double n = fmin(fmax(1, nearbyint(households / standard)), 1e9);
        struct tf_rng rng = tf_rng_named(tf_printf(arena, "%s/%s/segment", seed_name, psu));
        draw_put_text(t, 0, row, psu);
        draw_put_number(t, 1, row, households);
        draw_put_number(t, 2, row, n);
        draw_put_number(t, 3, row, 1 + (double)tf_rng_below(&rng, (uint32_t)n));
        draw_put_number(t, 4, row, 1 / n);
    }
    *ret = t;
    return TF_OK;
}
