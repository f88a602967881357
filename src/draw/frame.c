/* The sampling frame: every primary sampling unit once, with its size.
 *
 * A frame is a CSV: psu, stratum, region, area, households[, excluded, reason]; other columns are
 * ignored. A PSU that cannot be reached (security, access) stays in the file with excluded = 1 and
 * its reason, so that coverage - the share of all households in PSUs that could be sampled - is
 * counted and not remembered. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw/draw.h"

enum { PSU, STRATUM, REGION, AREA, HOUSEHOLDS, EXCLUDED, REASON, N_COLUMNS };
static const char *const columns[N_COLUMNS] = {"psu",        "stratum",  "region", "area",
                                               "households", "excluded", "reason"};

struct reading {
    struct tf_arena *arena;
    const char *path;
    const struct tf_table *t;
    size_t at[N_COLUMNS]; /* SIZE_MAX: not there */
    const size_t *line;   /* of each row */
};

static const char *field(const struct reading *r, size_t row, int column)
{
    return r->at[column] == SIZE_MAX
               ? ""
               : tf_trim(r->arena, r->t->col[r->at[column]].text[row]);
}

static enum tf_code fail_row(const struct reading *r, size_t row, int column,
                             struct tf_err *reterr, const char *help)
{
    const char *value = field(r, row, column);
    (void)tf_fail_at(reterr, TF_E_INPUT, r->path, r->line[row], 0, "%s '%s' is not usable",
                     columns[column], value);
    return tf_help(reterr, "%s", help);
}

static enum tf_code read_row(const struct reading *r, size_t row, struct tf_frame_psu *p,
                             struct tf_err *reterr)
{
    const char *excluded = field(r, row, EXCLUDED), *area = field(r, row, AREA);
    p->psu = field(r, row, PSU);
    p->stratum = field(r, row, STRATUM);
    p->region = field(r, row, REGION);
    p->area = area;
    p->reason = field(r, row, REASON);
    p->excluded = strcmp(excluded, "1") == 0;
    if (*p->psu == '\0')
        return fail_row(r, row, PSU, reterr, "Every PSU needs a code of its own.");
    if (*p->stratum == '\0')
        return fail_row(r, row, STRATUM, reterr, "Every PSU lies in a stratum.");
    if (strcmp(area, "urban") != 0 && strcmp(area, "rural") != 0)
        return fail_row(r, row, AREA, reterr, "Write urban or rural.");
    if (!tf_parse_double(field(r, row, HOUSEHOLDS), &p->size) || !(p->size > 0) ||
        !isfinite(p->size))
        return fail_row(r, row, HOUSEHOLDS, reterr, "Give the number of households, above 0.");
    if (*excluded != '\0' && strcmp(excluded, "0") != 0 && !p->excluded)
        return fail_row(r, row, EXCLUDED, reterr, "Write 0 or 1.");
    if (p->excluded && *p->reason == '\0')
        return fail_row(r, row, REASON, reterr, "Say why the PSU is excluded.");
    return TF_OK;
}

struct named {
    const char *psu;
    size_t row;
};

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    const int order = strcmp(x->psu, y->psu);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static enum tf_code check_unique(const struct reading *r, const struct tf_frame *f,
                                 struct tf_err *reterr)
{
    struct named *name = TF_NEW_N(r->arena, struct named, f->n);
    for (size_t k = 0; k < f->n; k++)
        name[k] = (struct named){f->psu[k].psu, k};
    qsort(name, f->n, sizeof *name, by_name);
    for (size_t k = 1; k < f->n; k++)
        if (strcmp(name[k].psu, name[k - 1].psu) == 0) {
            (void)tf_fail_at(reterr, TF_E_INPUT, r->path, r->line[name[k].row], 0,
                             "the PSU '%s' stands in the frame twice", name[k].psu);
            (void)tf_fact(reterr, "it stands in line %zu already", r->line[name[k - 1].row]);
            return tf_help(reterr, "A PSU listed twice would be drawn twice as often.");
        }
    return TF_OK;
}

enum tf_code tf_frame_read(struct tf_arena *arena, const char *path, struct tf_frame **ret,
                           struct tf_err *reterr)
{
    struct tf_table *t;
    size_t *line = NULL;
    struct reading r = {.arena = arena, .path = tf_strdup(arena, path)};
    TF_TRY(tf_csv_read(arena, path, (struct tf_csv_opt){.ret_line = &line}, &t, reterr));
    r.t = t;
    r.line = line;
    for (int k = 0; k < N_COLUMNS; k++) {
        r.at[k] = tf_table_find(t, columns[k]);
        if (r.at[k] >= SIZE_MAX - 1 && k < EXCLUDED) {
            (void)tf_fail_at(reterr, TF_E_INPUT, path, 1, 0, "the frame has no column '%s'",
                             columns[k]);
            return tf_help(reterr, "Its header: psu,stratum,region,area,households"
                                   "[,excluded,reason]");
        }
        if (r.at[k] >= SIZE_MAX - 1)
            r.at[k] = SIZE_MAX;
    }
    struct tf_frame *f = TF_NEW(arena, struct tf_frame);
    f->file = r.path;
    f->n = t->n_rows;
    f->psu = TF_NEW_N(arena, struct tf_frame_psu, f->n);
    if (f->n == 0)
        return tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "the frame lists no PSU");
    double all = 0, open = 0;
    for (size_t k = 0; k < f->n; k++) {
        TF_TRY(read_row(&r, k, &f->psu[k], reterr));
        all += f->psu[k].size;
        open += f->psu[k].excluded ? 0 : f->psu[k].size;
    }
    TF_TRY(check_unique(&r, f, reterr));
    f->coverage = open / all;
    *ret = f;
    return TF_OK;
}
