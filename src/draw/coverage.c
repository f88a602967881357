/* What the frame covers, and what it leaves out, by reason.
 *
 * Coverage is the share of all size (households, unless another measure was named) that stands in
 * PSUs that could be drawn. What is left out is listed by the reason given in the frame, largest
 * first, so that the statement printed beside the results is a count. */
#include <stdlib.h>
#include <string.h>

#include "draw/inside.h"

struct left_out {
    const char *reason;
    double psus, size;
};

static int largest_first(const void *a, const void *b)
{
    const struct left_out *x = a, *y = b;
    if (x->size < y->size || x->size > y->size)
        return x->size < y->size ? 1 : -1;
    return strcmp(x->reason, y->reason);
}

static void put_row(struct tf_table *t, size_t row, const char *reason, double psus, double size,
                    double all)
{
    draw_put_text(t, 0, row, reason);
    draw_put_number(t, 1, row, psus);
    draw_put_number(t, 2, row, size);
    draw_put_number(t, 3, row, all > 0 ? size / all : 0);
}

struct tf_table *tf_coverage_table(struct tf_arena *arena, const struct tf_frame *f)
{
    static const char *const column[] = {"reason", "psus", "size", "share"};
    struct left_out *out = TF_NEW_N(arena, struct left_out, f->n),
                    open = {"could be sampled", 0, 0};
    size_t n = 0;
    double all = 0;
    for (size_t k = 0; k < f->n; k++) {
        const struct tf_frame_psu *p = &f->psu[k];
        struct left_out *to = &open;
        if (p->excluded) {
            size_t at = 0;
            while (at < n && strcmp(out[at].reason, p->reason) != 0)
                at++;
            if (at == n)
                out[n++].reason = p->reason;
            to = &out[at];
        }
        to->psus++;
        to->size += p->size;
        all += p->size;
    }
    if (n > 0)
        qsort(out, n, sizeof *out, largest_first);
    struct tf_table *t = draw_table(arena, "coverage", n + 2, column, 1, 3);
    for (size_t k = 0; k < n; k++)
        put_row(t, k, out[k].reason, out[k].psus, out[k].size, all);
    put_row(t, n, open.reason, open.psus, open.size, all);
    put_row(t, n + 1, "all", (double)f->n, all, all);
    return t;
}
