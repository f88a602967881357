/* Random walks: where to start, and at which doors to knock.
 *
 * Where there is no listing, an interviewer walks from a start point, keeps to the left hand at
 * every turn, and knocks at every k-th dwelling. Nothing of that may be chosen on the way, so it is
 * drawn before: the start (one of the landmarks named for the PSU, each as likely as any other, or
 * a square of a numbered grid laid over its map), the first dwelling (1 … k) and with it the whole
 * sequence.
 *
 * What such a walk's probabilities are worth differs, and each row says which it is:
 *
 *   known    the walk passes every dwelling of the PSU (doors x interval reaches the households
 *            listed): one in k, p = 1 / k, whatever the path
 *   assumed  it passes a part: p = doors / households holds if every dwelling is as likely to lie
 *            on the path as any other, which walks only come near to (Bauer 2014, J. Off. Stat. 30)
 *   unknown  the households of the PSU are not known: no p is given, and none may be made up; the
 *            number must come from the field
 *
 * The left-hand rule: with the back to the start, go right; at each corner turn left; of a block of
 * flats take floors from the top; where the path closes, cross to the nearest block not yet
 * walked. */
#include <math.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

struct walking {
    struct tf_arena *a;
    const struct tf_sheet *sample, *marks; /* marks: NULL without landmarks */
    size_t psu, households, mark_psu, landmark, lat, lon;
    struct draw_group *g;
    size_t n_groups;
    struct tf_walk_opt opt;
    const char *seed;
    struct tf_table *t;
    size_t n;
};

struct start {
    const char *name;
    double lat, lon, starts;
};

static enum tf_code place(const struct walking *w, size_t row, size_t col, double most, double *ret,
                          struct tf_err *reterr)
{
    const char *text = tf_sheet_text(w->marks, row, col);
    *ret = (double)NAN;
    if (*text == '\0' || (tf_parse_double(text, ret) && fabs(*ret) <= most))
        return TF_OK;
    (void)tf_sheet_fail(w->marks, row, col, reterr, "'%s' is no place on the globe", text);
    return tf_help(reterr, "Degrees: lat from -90 to 90, lon from -180 to 180.");
}

static enum tf_code find_start(const struct walking *w, size_t row, const char *psu,
                               struct tf_rng *rng, struct start *ret, struct tf_err *reterr)
{
    *ret = (struct start){.name = "", .lat = (double)NAN, .lon = (double)NAN};
    if (w->marks == NULL) {
        const uint32_t grid = (uint32_t)w->opt.grid;
        const uint32_t x = tf_rng_below(rng, grid), y = tf_rng_below(rng, grid);
        ret->name = tf_printf(w->a, "square %c%u", (int)('A' + x), y + 1);
        ret->starts = (double)grid * grid;
        return TF_OK;
    }
    for (size_t k = 0; k < w->n_groups; k++) {
        const size_t from = w->g[k].from, n = w->g[k].to - from;
        if (strcmp(tf_sheet_text(w->marks, from, w->mark_psu), psu) != 0)
            continue;
        const size_t at = from + tf_rng_below(rng, (uint32_t)n);
        ret->name = tf_sheet_text(w->marks, at, w->landmark);
        ret->starts = (double)n;
        TF_TRY(place(w, at, w->lat, 90, &ret->lat, reterr));
        return place(w, at, w->lon, 180, &ret->lon, reterr);
    }
    (void)tf_sheet_fail(w->sample, row, w->psu, reterr, "no landmark is listed for the PSU '%s'",
                        psu);
    return tf_help(reterr, "List at least one in %s, or draw starts by --grid.", w->marks->file);
}

static enum tf_code walk_psu(struct walking *w, size_t row, struct tf_err *reterr)
{
    const char *psu = tf_sheet_text(w->sample, row, w->psu);
    const char *text = tf_sheet_text(w->sample, row, w->households);
    const double k = (double)w->opt.interval;
    double households = (double)NAN;
    if (*text != '\0' && (!tf_parse_double(text, &households) || !(households > 0))) {
        (void)tf_sheet_fail(w->sample, row, w->households, reterr, "households '%s' is not usable",
                            text);
        return tf_help(reterr, "Give a count above 0, or leave it empty where it is not known.");
    }
    struct tf_rng rng = tf_rng_named(tf_printf(w->a, "%s/%s/walk", w->seed, psu));
    struct start start;
    TF_TRY(find_start(w, row, psu, &rng, &start, reterr));
    const bool whole = (double)w->opt.doors * k >= households; /* false when not known */
    const char *knowledge = whole ? "known" : isnan(households) ? "unknown" : "assumed";
    const double p = whole ? 1 / k : (double)w->opt.doors / households;
    const double first = 1 + (double)tf_rng_below(&rng, (uint32_t)w->opt.interval);
    for (size_t door = 0; door < w->opt.doors; door++) {
        const double dwelling = first + (double)door * k;
        if (whole && dwelling > households)
            break;
        const double number[] = {start.lat, start.lon, start.starts, 1 / start.starts,
                                 (double)(door + 1), dwelling, p};
        draw_put_text(w->t, 0, w->n, psu);
        draw_put_text(w->t, 1, w->n, start.name);
        draw_put_text(w->t, 2, w->n, knowledge);
        for (size_t c = 0; c < 7; c++)
            draw_put_number(w->t, 3 + c, w->n, number[c]);
        w->n++;
    }
    return TF_OK;
}

static size_t column_or_none(const struct tf_sheet *s, const char *name)
{
    const size_t at = tf_table_find(s->t, name);
    return at >= SIZE_MAX - 1 ? SIZE_MAX : at;
}

enum tf_code tf_walk_draw(struct tf_arena *arena, const char *sample, const char *landmarks,
                          struct tf_walk_opt opt, const char *seed_name, struct tf_table **ret,
                          struct tf_err *reterr)
{
    static const char *const column[] = {"psu",     "start", "knowledge", "lat",  "lon", "starts",
                                         "p_start", "door",  "dwelling",  "p_household"};
    struct walking w = {.a = arena, .opt = opt, .seed = seed_name};
    struct tf_sheet *s, *marks;
    struct draw_index once;
    TF_TRY(tf_sheet_read(arena, sample, &s, reterr));
    w.sample = s;
    TF_TRY(tf_sheet_need(s, "psu", &w.psu, reterr));
    TF_TRY(draw_index_new(s, &w.psu, 1, &once, reterr));
    w.households = column_or_none(s, "households");
    if (landmarks != NULL) {
        TF_TRY(tf_sheet_read(arena, landmarks, &marks, reterr));
        w.marks = marks;
        TF_TRY(tf_sheet_need(marks, "psu", &w.mark_psu, reterr));
        TF_TRY(tf_sheet_need(marks, "landmark", &w.landmark, reterr));
        w.lat = column_or_none(marks, "lat");
        w.lon = column_or_none(marks, "lon");
        TF_TRY(draw_groups(marks, &w.mark_psu, 1, "PSU", &w.g, &w.n_groups, reterr));
    }
    w.t = draw_table(arena, "walk", s->t->n_rows * opt.doors, column, 3, 7);
    for (size_t row = 0; row < s->t->n_rows; row++)
        TF_TRY(walk_psu(&w, row, reterr));
    w.t->n_rows = w.n;
    *ret = w.t;
    return TF_OK;
}
