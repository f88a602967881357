/* The draw: the first byte says what the rest is. A frame is drawn from by every method, and
 * whatever is drawn has probabilities that are probabilities and pairs within the bounds of any two
 * events; a file of strata, counted segments, landmarks, a roster, a listing end in a table or in an
 * error. */
#include "fuzz.h"

#include <math.h>

#include "draw/draw.h"

static void check(const struct tf_sample *s)
{
    size_t hits = 0;
    for (size_t k = 0; k < s->n; k++) {
        hits += s->psu[k].hits;
        if (!(s->psu[k].p_psu > 0 && s->psu[k].p_psu <= 1) || s->psu[k].hits == 0)
            abort();
        for (size_t j = 0; j < s->n; j++) {
            const double both = s->joint[k * s->n + j];
            if (!(both >= 0 && both <= fmin(s->psu[k].p_psu, s->psu[j].p_psu) + 1e-9))
                abort();
        }
    }
    if (hits != 4)
        abort();
}

static void draw_all(struct tf_arena *arena, const char *path)
{
    static const char *const balance[] = {"households"}, *const order[] = {"stratum", "psu"};
    struct tf_notices notices = {.arena = arena};
    struct tf_frame *f;
    struct tf_sample *s;
    struct tf_err err;
    const struct tf_frame_opt opt_frame = {.take = 10};
    if (tf_frame_check(arena, path, opt_frame, &notices, &f, &err) != TF_OK ||
        tf_notices_count(&notices, TF_ERROR) > 0 || f->n > 60)
        return;
    for (int m = 0; m <= TF_N_DRAW; m++) {
        const bool across = m == TF_N_DRAW, cube = across || m == TF_DRAW_CUBE;
        const struct tf_draw_opt opt = {
            .n = 4, .seed = "fuzz", .method = cube ? TF_DRAW_CUBE : (enum tf_draw_method)m,
            .min = 2, .joint = true, .reserve = 1, .n_balance = cube ? 1 : 0, .balance = balance,
            .across = across, .order = order, .n_order = across ? 2 : 0};
        if (tf_sample_select(arena, f, &opt, &s, &err) == TF_OK)
            check(s);
    }
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    const char *path;
    struct tf_table *t;
    struct tf_strata *strata;
    struct tf_err err;
    if (n == 0)
        return;
    (void)as_file(data + 1, n - 1, &path);
    const struct tf_roster_opt roster = {.roster = path, .sample = path, .households = path,
                                         .min_age = 12, .max_age = 17};
    switch (data[0] % 8) {
    case 0:
        draw_all(arena, path);
        break;
    case 1:
        (void)!tf_strata_read(arena, path, &strata, &err);
        break;
    case 2:
        (void)!tf_segments_draw(arena, path, "fuzz", &t, &err);
        break;
    case 3:
        (void)!tf_walk_draw(arena, path, path, (struct tf_walk_opt){.doors = 3, .interval = 2},
                            "fuzz", &t, &err);
        break;
    case 4:
        (void)!tf_dyads_draw_by(arena, path, TF_WITHIN_LAST, "2021-02-29", "fuzz", &t, &err);
        break;
    case 5:
        (void)!tf_roster_make(arena, &roster, &t, &err);
        break;
    case 6:
        (void)!tf_households_draw_for(arena, path, path, 2, "fuzz", &t, &err);
        break;
    default:
        (void)!tf_dyads_draw_by(arena, path, TF_WITHIN_KISH, NULL, "fuzz", &t, &err);
    }
}
