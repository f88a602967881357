/* Frames: any bytes as a frame end in one or in an error; from one, a sample is drawn whose
 * probabilities are probabilities, or the design says why not. */
#include "fuzz.h"

#include "draw/draw.h"

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    const char *path;
    struct tf_frame *frame;
    struct tf_sample *s;
    struct tf_err err;
    (void)as_file(data, n, &path);
    if (tf_frame_read(arena, path, &frame, &err) != TF_OK)
        return;
    if (!(frame->coverage >= 0 && frame->coverage <= 1))
        abort();
    if (tf_sample_draw(arena, frame, 4, "fuzz", &s, &err) != TF_OK)
        return;
    size_t hits = 0;
    for (size_t k = 0; k < s->n; k++) {
        hits += s->psu[k].hits;
        if (!(s->psu[k].p_psu > 0 && s->psu[k].p_psu <= 1) || s->psu[k].hits == 0)
            abort();
    }
    if (hits < 4 || tf_sample_table(arena, s)->n_rows != s->n)
        abort();
}
