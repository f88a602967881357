/* Replacement PSUs, drawn in advance.
 *
 * Some PSUs of a sample cannot be worked in: a flood, a refused permit. Whoever chooses the next
 * one on the day chooses what is easy. So a few more are drawn in each stratum at once, from those
 * the sample left, by the same measure of size and from a stream of their own
 * ("SEED/stratum/reserve"): asking for reserves changes nothing in the sample. They are matched by
 * size: the reserves and the sample's PSUs of a stratum are both put in order of size, and each
 * reserve stands for the PSUs at its height.
 *
 * The rules when one may be used stand in the selection report. A replaced PSU is nonresponse in
 * another dress: its substitute's p_psu is that of a PSU of its size in the main draw, which is an
 * approximation, and is said so. */
#include <stdlib.h>
#include <string.h>

#include "draw/inside.h"

struct sized {
    double size;
    size_t frame;
};

static int larger_first(const void *a, const void *b)
{
    const struct sized *x = a, *y = b;
    if (x->size < y->size || x->size > y->size)
        return x->size < y->size ? 1 : -1;
    return (x->frame > y->frame) - (x->frame < y->frame);
}

static bool is_drawn(const struct tf_sample *sample, size_t frame)
{
    for (size_t k = 0; k < sample->n; k++)
        if (sample->psu[k].frame == frame)
            return true;
    return false;
}

/* The PSUs of the sample from place `from` to `to` of their order, as one text. */
static const char *names(struct tf_arena *a, const struct tf_frame *f, const struct sized *main,
                         size_t from, size_t to)
{
    struct tf_buf b = {.arena = a};
    for (size_t k = from; k < to; k++)
        tf_buf_printf(&b, "%s%s", k > from ? "; " : "", f->psu[main[k].frame].psu);
    return tf_buf_text(&b);
}

static void reserves_of(struct tf_arena *a, const struct tf_frame *f, const struct draw_stratum *s,
                        const struct tf_draw_opt *opt, struct tf_sample *sample)
{
    struct sized *main = TF_NEW_N(a, struct sized, s->n), *more = TF_NEW_N(a, struct sized, s->n);
    double *size = TF_NEW_N(a, double, s->n), *p = TF_NEW_N(a, double, s->n);
    double *as_main = TF_NEW_N(a, double, s->n);
    unsigned *hits = TF_NEW_N(a, unsigned, s->n);
    size_t *left = TF_NEW_N(a, size_t, s->n), n_main = 0, n_left = 0, n = 0;
    const bool sized = draw_method_of(opt->method)->sized;
    for (size_t k = 0; k < s->n; k++)
        size[k] = sized ? f->psu[s->psu[k]].size : 1;
    draw_inclusion(size, s->n, s->take, as_main);
    for (size_t k = 0; k < s->n; k++)
        if (is_drawn(sample, s->psu[k])) {
            main[n_main++] = (struct sized){f->psu[s->psu[k]].size, s->psu[k]};
        } else {
            size[n_left] = size[k];
            left[n_left++] = k;
        }
    const size_t take = opt->reserve < n_left ? opt->reserve : n_left;
    if (take == 0)
        return;
    struct tf_rng rng = tf_rng_named(tf_printf(a, "%s/%s/reserve", opt->seed, s->name));
    draw_inclusion(size, n_left, take, p);
    tf_list_draw(a, TF_DRAW_PPS_SYSTEMATIC, &(struct tf_list){.n = n_left, .p = p}, &rng, hits);
    for (size_t k = 0; k < n_left; k++)
        if (hits[k] > 0)
            more[n++] = (struct sized){f->psu[s->psu[left[k]]].size, left[k]};
    qsort(main, n_main, sizeof *main, larger_first);
    qsort(more, n, sizeof *more, larger_first);
    for (size_t j = 0; j < n; j++) {
        const size_t k = more[j].frame, psu = s->psu[k];
        const size_t from = j * n_main / n, to = (j + 1) * n_main / n;
        sample->reserve[sample->n_reserve++] = (struct tf_reserve){
            .psu = f->psu[psu].psu, .stratum = s->name, .size = f->psu[psu].size,
            .p_psu = as_main[k], .frame = psu, .order = j + 1,
            .stands_for = names(a, f, main, from, to > from ? to : from + 1)};
    }
}

void draw_reserves(struct tf_arena *a, const struct tf_frame *f, const struct draw_stratum *s,
                   size_t n, const struct tf_draw_opt *opt, struct tf_sample *sample)
{
    size_t most = 0;
    for (size_t k = 0; k < n; k++)
        most += opt->reserve < s[k].n ? opt->reserve : s[k].n;
    sample->reserve = TF_NEW_N(a, struct tf_reserve, most);
    for (size_t k = 0; k < n; k++)
        reserves_of(a, f, &s[k], opt, sample);
}
