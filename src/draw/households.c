/* Households from a listing.
 *
 * Households are drawn with equal probability, systematically along the listing (which follows the
 * walk, so that the draw spreads over the PSU): with N listed and n to take, a household is in the
 * sample with p_household = min(1, n / N), exactly, whatever N / n is. The line of households is N
 * long, a step is N / n, the start uniform in [0, step).
 *
 * With the sample beside it, a PSU that was selected h times gives h n households: given the hits,
 * p_household is h n / N, and the PSU's weight hits / expected makes the product right. A listing
 * of a PSU that nobody drew is refused, and so is a PSU drawn that nobody listed: either would be
 * lost in silence. Source: Särndal, Swensson & Wretman (1992) 3.4.1. */
#include <math.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

/* How often was the PSU of this group selected? Without a sample: once. */
static enum tf_code hits_of(const struct tf_sheet *s, size_t row, size_t psu_at,
                            const struct draw_index *sample, size_t hits_at, size_t *ret,
                            struct tf_err *reterr)
{
    const char *psu = tf_sheet_text(s, row, psu_at);
    int64_t n = 1;
    *ret = 1;
    if (sample == NULL)
        return TF_OK;
    const size_t at = draw_index_find(sample, psu, "");
    if (at == SIZE_MAX) {
        (void)tf_sheet_fail(s, row, psu_at, reterr, "the PSU '%s' was not drawn", psu);
        return tf_help(reterr, "It is not in %s.", sample->s->file);
    }
    const char *text = tf_sheet_text(sample->s, at, hits_at);
    if (*text != '\0' && (!tf_parse_int(text, &n) || n < 1 || n > 1000000)) {
        (void)tf_sheet_fail(sample->s, at, hits_at, reterr, "hits '%s' is no count", text);
        return tf_help(reterr, "Write how often the PSU was selected, 1 or more.");
    }
    *ret = (size_t)n;
    return TF_OK;
}

static void draw_listing(struct tf_arena *a, const struct tf_sheet *s, struct draw_group g,
                         const size_t *key, size_t take, const char *seed, struct tf_table *t)
{
    const char *psu = tf_sheet_text(s, g.from, key[0]);
    const size_t all = g.to - g.from, wanted = take < all ? take : all;
    const double listed = (double)all, step = listed / (double)wanted;
    struct tf_rng rng = tf_rng_named(tf_printf(a, "%s/%s", seed, psu));
    const double start = tf_rng_uniform(&rng) * step;
    for (size_t k = 0; k < wanted; k++) {
        const double at = fmin(floor(start + (double)k * step), listed - 1);
        const size_t row = g.from + (size_t)at, n = t->n_rows++;
        draw_put_text(t, 0, n, psu);
        draw_put_text(t, 1, n, tf_sheet_text(s, row, key[1]));
        draw_put_number(t, 2, n, listed);
        draw_put_number(t, 3, n, 1 / step);
    }
}

/* A PSU of the sample of which there is no listing was not worked, or its listing is lost. */
static enum tf_code all_listed(const struct tf_sheet *sample, size_t psu_at,
                               const struct tf_sheet *s, const struct draw_group *g, size_t n,
                               size_t key, struct tf_err *reterr)
{
    for (size_t row = 0; row < sample->t->n_rows; row++) {
        const char *psu = tf_sheet_text(sample, row, psu_at);
        size_t k = 0;
        while (k < n && strcmp(tf_sheet_text(s, g[k].from, key), psu) != 0)
            k++;
        if (k < n)
            continue;
        (void)tf_sheet_fail(sample, row, psu_at, reterr, "the PSU '%s' has no listing", psu);
        return tf_help(reterr,
                       "Add its households to %s; if it could not be worked, take it out of "
                       "the sample given here, and count it in the case-flow.",
                       s->file);
    }
    return TF_OK;
}

static enum tf_code draw_households(struct tf_arena *a, const char *listing, const char *sample,
                                    size_t take, const char *seed, struct tf_table **ret,
                                    struct tf_err *reterr)
{
    static const char *const column[] = {"psu", "household", "listed", "p_household"};
    struct tf_sheet *s, *drawn = NULL;
    struct draw_index by;
    struct draw_group *g;
    size_t key[2], n, hits_at = SIZE_MAX, psu_at = SIZE_MAX;
    TF_TRY(tf_sheet_read(a, listing, &s, reterr));
    TF_TRY(tf_sheet_need(s, "psu", &key[0], reterr));
    TF_TRY(tf_sheet_need(s, "household", &key[1], reterr));
    TF_TRY(draw_groups(s, key, 1, "PSU", &g, &n, reterr));
    if (sample != NULL) {
        TF_TRY(tf_sheet_read(a, sample, &drawn, reterr));
        TF_TRY(tf_sheet_need(drawn, "psu", &psu_at, reterr));
        TF_TRY(draw_index_new(drawn, &psu_at, 1, &by, reterr));
        hits_at = tf_table_find(drawn->t, "hits");
        hits_at = hits_at >= SIZE_MAX - 1 ? SIZE_MAX : hits_at;
        TF_TRY(all_listed(drawn, psu_at, s, g, n, key[0], reterr));
    }
    struct tf_table *t = draw_table(a, "households", s->t->n_rows, column, 2, 2);
    t->n_rows = 0;
    for (size_t k = 0; k < n; k++) {
        size_t hits;
        TF_TRY(hits_of(s, g[k].from, key[0], drawn != NULL ? &by : NULL, hits_at, &hits, reterr));
        draw_listing(a, s, g[k], key, take * hits, seed, t);
    }
    *ret = t;
    return TF_OK;
}

enum tf_code tf_households_draw(struct tf_arena *arena, const char *listing, size_t take,
                                const char *seed_name, struct tf_table **ret, struct tf_err *reterr)
{
    return draw_households(arena, listing, NULL, take, seed_name, ret, reterr);
}

enum tf_code tf_households_draw_for(struct tf_arena *arena, const char *listing, const char *sample,
                                    size_t take, const char *seed_name, struct tf_table **ret,
                                    struct tf_err *reterr)
{
    return draw_households(arena, listing, sample, take, seed_name, ret, reterr);
}
