/* The order of the frame, which a systematic draw follows: serpentine by columns.
 *
 * A comb spreads over whatever order it meets. Sorted by region and then by size, small PSUs of one
 * region would follow the large ones of the one before; in a serpentine the second column rises in
 * one group and falls in the next, so that neighbours in the order are alike at every step
 * (Williams & Chromy 1980; SAS SURVEYSELECT sorts so for its CONTROL variables):
 *
 *     region  A A A  B B B  C C C
 *     size    1 5 9  8 4 2  1 3 7
 *
 * A column sorts as numbers where all its cells are numbers, else by its bytes. What is equal in
 * all columns keeps the order of the file. Each stratum is sorted for itself: another stratum's
 * PSUs change nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

struct item {
    double number;
    const char *text; /* NULL: a number */
    size_t psu;
    int sign; /* -1: falling */
};

static int by_value(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int order = x->text != NULL ? strcmp(x->text, y->text)
                                : (x->number > y->number) - (x->number < y->number);
    if (order != 0)
        return x->sign * order;
    return (x->psu > y->psu) - (x->psu < y->psu);
}

static bool same(const struct item *a, const struct item *b)
{
    return a->text != NULL ? strcmp(a->text, b->text) == 0
                           : !(a->number < b->number) && !(a->number > b->number);
}

struct sorting {
    const struct tf_frame *f;
    const size_t *col;
    const bool *numeric; /* [n_cols] */
    size_t n_cols;
    int *sign;           /* [n_cols] the direction that the next group of a column takes */
    struct item *item;   /* as many as the stratum has PSUs */
};

/* Sort psu[0..n) by column c and below; each group of equal values turns the next column round. */
static void serpentine(struct sorting *s, size_t *psu, size_t n, size_t c)
{
    if (c == s->n_cols || n == 0)
        return;
    for (size_t k = 0; k < n; k++) {
        const char *text = tf_sheet_text(s->f->sheet, s->f->psu[psu[k]].row, s->col[c]);
        struct item *i = &s->item[k];
        *i = (struct item){.text = s->numeric[c] ? NULL : text, .psu = psu[k], .sign = s->sign[c]};
        if (s->numeric[c])
            (void)tf_parse_double(text, &i->number);
    }
    s->sign[c] = -s->sign[c];
    qsort(s->item, n, sizeof *s->item, by_value);
    size_t *edge = TF_NEW_N(s->f->sheet->arena, size_t, n + 1), groups = 0;
    for (size_t k = 0; k < n; k++) {
        psu[k] = s->item[k].psu;
        if (k == 0 || !same(&s->item[k - 1], &s->item[k]))
            edge[groups++] = k;
    }
    edge[groups] = n;
    for (size_t g = 0; g < groups; g++) /* the items are free again below */
        serpentine(s, psu + edge[g], edge[g + 1] - edge[g], c + 1);
}

enum tf_code draw_order(struct tf_arena *a, const struct tf_frame *f, const struct tf_draw_opt *opt,
                        struct draw_stratum *stratum, size_t n, struct tf_err *reterr)
{
    size_t *col = TF_NEW_N(a, size_t, opt->n_order), most = 0;
    bool *numeric = TF_NEW_N(a, bool, opt->n_order);
    int *sign = TF_NEW_N(a, int, opt->n_order);
    for (size_t c = 0; c < opt->n_order; c++) {
        TF_TRY(tf_sheet_need(f->sheet, opt->order[c], &col[c], reterr));
        numeric[c] = true;
        for (size_t k = 0; k < f->n && numeric[c]; k++) {
            double x;
            numeric[c] = f->psu[k].excluded ||
                         tf_parse_double(tf_sheet_text(f->sheet, f->psu[k].row, col[c]), &x);
        }
    }
    for (size_t k = 0; k < n; k++)
        most = stratum[k].n > most ? stratum[k].n : most;
    struct sorting s = {.f = f, .col = col, .numeric = numeric, .n_cols = opt->n_order,
                        .sign = sign, .item = TF_NEW_N(a, struct item, most)};
    for (size_t k = 0; k < n; k++) {
        for (size_t c = 0; c < opt->n_order; c++)
            sign[c] = 1;
        serpentine(&s, stratum[k].psu, stratum[k].n, 0);
    }
    return TF_OK;
}
