/* The room's results as tables: the sample, its allocation, reserves and joint probabilities, and
 * the three small helpers that every file here fills tables with. */
#include <math.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

void draw_put_text(struct tf_table *t, size_t col, size_t row, const char *text)
{
    t->col[col].text[row] = text;
    t->col[col].miss[row] = *text == '\0' ? TF_MISS_SYSTEM : TF_PRESENT;
}

void draw_put_number(struct tf_table *t, size_t col, size_t row, double x)
{
    t->col[col].num[row] = x;
    t->col[col].miss[row] = (uint8_t)(isnan(x) ? TF_MISS_SYSTEM : TF_PRESENT);
}

struct tf_table *draw_table(struct tf_arena *a, const char *name, size_t n,
                            const char *const *column, size_t n_text, size_t n_number)
{
    struct tf_table *t = tf_table_new(a, name, n);
    for (size_t c = 0; c < n_text + n_number; c++)
        (void)tf_table_add(t, column[c], c < n_text ? TF_TEXT : TF_NUMBER);
    return t;
}

enum tf_code draw_cell_p(const struct tf_sheet *s, size_t row, size_t col, bool empty_is_one,
                         double *ret, struct tf_err *reterr)
{
    const char *text = tf_sheet_text(s, row, col);
    *ret = 1;
    if (*text == '\0' && empty_is_one)
        return TF_OK;
    if (tf_parse_double(text, ret) && *ret > 0 && *ret <= 1)
        return TF_OK;
    (void)tf_sheet_fail(s, row, col, reterr, "'%s' is no probability", text);
    return tf_help(reterr, "It lies above 0 and is at most 1.");
}

static const char *const sample_columns[] = {"psu",      "stratum", "region", "area",
                                             "households", "p_psu", "hits",   "size",
                                             "expected", "certain", "w_psu",  "lat", "lon"};

static void put_sample_row(struct tf_table *t, size_t row, const struct tf_sample_psu *p)
{
    const char *text[] = {p->psu, p->stratum, p->region, p->area};
    const double number[] = {p->households, p->p_psu, (double)p->hits};
    for (size_t c = 0; c < 4; c++)
        draw_put_text(t, c, row, text[c]);
    for (size_t c = 0; c < 3; c++)
        draw_put_number(t, 4 + c, row, number[c]);
}

struct tf_table *tf_sample_table(struct tf_arena *arena, const struct tf_sample *s)
{
    struct tf_table *t = draw_table(arena, "sample", s->n, sample_columns, 4, 3);
    for (size_t row = 0; row < s->n; row++)
        put_sample_row(t, row, &s->psu[row]);
    return t;
}

struct tf_table *tf_sample_full_table(struct tf_arena *arena, const struct tf_sample *s,
                                      const struct tf_frame *f)
{
    struct tf_table *t = draw_table(arena, "sample", s->n, sample_columns, 4,
                                    f->has_place ? 9 : 7);
    for (size_t row = 0; row < s->n; row++) {
        const struct tf_sample_psu *p = &s->psu[row];
        put_sample_row(t, row, p);
        draw_put_number(t, 7, row, p->size);
        draw_put_number(t, 8, row, p->expected);
        draw_put_number(t, 9, row, p->certain ? 1 : 0);
        draw_put_number(t, 10, row, p->hits / p->expected);
        if (f->has_place) {
            draw_put_number(t, 11, row, f->psu[p->frame].lat);
            draw_put_number(t, 12, row, f->psu[p->frame].lon);
        }
    }
    return t;
}

struct tf_table *tf_allocation_table(struct tf_arena *arena, const struct tf_sample *s)
{
    static const char *const column[] = {"stratum", "psus", "size", "drawn", "certain", "share"};
    struct tf_table *t = draw_table(arena, "allocation", s->n_strata, column, 1, 5);
    double all = 0;
    for (size_t k = 0; k < s->n_strata; k++)
        all += s->stratum[k].size;
    for (size_t k = 0; k < s->n_strata; k++) {
        const struct tf_sample_stratum *h = &s->stratum[k];
        const double number[] = {(double)h->psus, h->size, (double)h->take, (double)h->certain,
                                 h->size / all};
        draw_put_text(t, 0, k, h->name);
        for (size_t c = 0; c < 5; c++)
            draw_put_number(t, 1 + c, k, number[c]);
    }
    return t;
}

struct tf_table *tf_reserve_table(struct tf_arena *arena, const struct tf_sample *s)
{
    static const char *const column[] = {"psu", "stratum", "stands_for", "order", "size", "p_psu"};
    struct tf_table *t = draw_table(arena, "reserve", s->n_reserve, column, 3, 3);
    for (size_t k = 0; k < s->n_reserve; k++) {
        const struct tf_reserve *r = &s->reserve[k];
        draw_put_text(t, 0, k, r->psu);
        draw_put_text(t, 1, k, r->stratum);
        draw_put_text(t, 2, k, r->stands_for);
        draw_put_number(t, 3, k, (double)r->order);
        draw_put_number(t, 4, k, r->size);
        draw_put_number(t, 5, k, r->p_psu);
    }
    return t;
}

struct tf_table *tf_joint_table(struct tf_arena *arena, const struct tf_sample *s)
{
    if (s->joint == NULL)
        return NULL;
    struct tf_table *t = tf_table_new(arena, "joint", s->n);
    (void)tf_table_add(t, "psu", TF_TEXT);
    for (size_t k = 0; k < s->n; k++)
        (void)tf_table_add(t, s->psu[k].psu, TF_NUMBER);
    for (size_t i = 0; i < s->n; i++) {
        draw_put_text(t, 0, i, s->psu[i].psu);
        for (size_t j = 0; j < s->n; j++)
            draw_put_number(t, 1 + j, i, s->joint[i * s->n + j]);
    }
    return t;
}
