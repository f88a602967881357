/* The sampling frame: every primary sampling unit once, with its size.
 *
 * A frame is a CSV: psu, households[, stratum, region, area, excluded, reason, lat, lon]; other
 * columns are kept for balancing. Without stratum the whole frame is one. A PSU that cannot be
 * reached (security, access) stays in the file with excluded = 1 and its reason, so that coverage -
 * the share of all households in PSUs that could be sampled - is counted and not remembered
 * (coverage.c).
 *
 * All faults of a frame are found in one reading, each with its line and column: a size that is
 * missing, zero, negative or no number; a PSU twice; an exclusion without a reason; a place off the
 * globe; and, as warnings, PSUs with fewer households than are to be taken (with the neighbour they
 * could be merged with) and strata with fewer than two PSUs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

enum { PSU, SIZE, STRATUM, REGION, AREA, EXCLUDED, REASON, HOUSEHOLDS, LAT, LON, N_COLUMNS };
static const char *const columns[N_COLUMNS] = {
    "psu", NULL, "stratum", "region", "area", "excluded", "reason", "households", "lat", "lon"};

struct reading {
    const struct tf_sheet *s;
    struct tf_frame_opt opt;
    size_t at[N_COLUMNS]; /* SIZE_MAX: not there */
    struct tf_notices *notices;
    bool bad; /* the row at hand */
};

static const char *field(const struct reading *r, size_t row, int column)
{
    return tf_sheet_text(r->s, row, r->at[column]);
}

static void blame(struct reading *r, size_t row, int column, const char *id, const char *help)
{
    const char *name = column == SIZE ? r->opt.size : columns[column];
    const char *value = field(r, row, column);
    r->bad = true;
    if (*value == '\0')
        tf_sheet_notice(r->s, row, r->at[column], r->notices, TF_ERROR, id, help, "%s is missing",
                        name);
    else
        tf_sheet_notice(r->s, row, r->at[column], r->notices, TF_ERROR, id, help,
                        "%s '%s' is not usable", name, value);
}

/* A number within bounds; NaN where the cell is empty or the column not there. */
static bool number_in(const struct reading *r, size_t row, int column, double low, double high,
                      double *ret)
{
    const char *text = field(r, row, column);
    *ret = (double)NAN;
    return *text == '\0' || (tf_parse_double(text, ret) && *ret >= low && *ret <= high);
}

static void read_size(struct reading *r, size_t row, struct tf_frame_psu *p)
{
    const char *text = field(r, row, SIZE);
    const bool number = tf_parse_double(text, &p->size) && p->size >= 0 &&
                        p->size <= 1e15 && !(p->size > 0 && p->size < 1e-9);
    if (number && !(p->size > 0) && (p->excluded || r->opt.zero_excluded)) {
        if (!p->excluded) {
            p->excluded = true;
            p->reason = "measure of size is zero";
        }
    } else if (!number || !(p->size > 0)) {
        blame(r, row, SIZE, "size",
              number ? "A PSU of size zero can never be drawn: give its size, exclude it with a "
                       "reason, or draw with --zero-size exclude."
                     : "Give its size, a number above 0.");
    }
    p->households = p->size;
    if (r->at[HOUSEHOLDS] != r->at[SIZE] &&
        !number_in(r, row, HOUSEHOLDS, 0, (double)INFINITY, &p->households))
        blame(r, row, HOUSEHOLDS, "size", "Give the number of households, or leave it empty.");
}

static void read_row(struct reading *r, size_t row, struct tf_frame_psu *p)
{
    const char *excluded = field(r, row, EXCLUDED), *area = field(r, row, AREA);
    *p = (struct tf_frame_psu){.psu = field(r, row, PSU), .stratum = field(r, row, STRATUM),
                               .region = field(r, row, REGION), .area = area,
                               .reason = field(r, row, REASON), .row = row,
                               .excluded = strcmp(excluded, "1") == 0};
    r->bad = false;
    if (*p->psu == '\0')
        blame(r, row, PSU, "psu", "Every PSU needs a code of its own.");
    if (r->at[STRATUM] == SIZE_MAX)
        p->stratum = "all";
    else if (*p->stratum == '\0')
        blame(r, row, STRATUM, "stratum", "Every PSU lies in a stratum.");
    if (r->at[AREA] != SIZE_MAX && strcmp(area, "urban") != 0 && strcmp(area, "rural") != 0)
        blame(r, row, AREA, "area", "Write urban or rural.");
    if (*excluded != '\0' && strcmp(excluded, "0") != 0 && !p->excluded)
        blame(r, row, EXCLUDED, "excluded", "Write 0 or 1.");
    if (p->excluded && *p->reason == '\0')
        blame(r, row, r->at[REASON] == SIZE_MAX ? EXCLUDED : REASON, "reason",
              "Say why the PSU is excluded.");
    read_size(r, row, p);
    if (!number_in(r, row, LAT, -90, 90, &p->lat))
        blame(r, row, LAT, "place", "Degrees from -90 to 90.");
    if (!number_in(r, row, LON, -180, 180, &p->lon))
        blame(r, row, LON, "place", "Degrees from -180 to 180.");
    if (isnan(p->lat) != isnan(p->lon))
        blame(r, row, isnan(p->lat) ? LAT : LON, "place", "A place has both lat and lon.");
}

static int by_name(const void *a, const void *b)
{
    const struct tf_frame_psu *x = *(const struct tf_frame_psu *const *)a;
    const struct tf_frame_psu *y = *(const struct tf_frame_psu *const *)b;
    const int order = strcmp(x->psu, y->psu);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static int by_stratum(const void *a, const void *b)
{
    const struct tf_frame_psu *x = *(const struct tf_frame_psu *const *)a;
    const struct tf_frame_psu *y = *(const struct tf_frame_psu *const *)b;
    const int order = strcmp(x->stratum, y->stratum);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static const struct tf_frame_psu **sorted(const struct reading *r, const struct tf_frame *f,
                                          int (*order)(const void *, const void *))
{
    const struct tf_frame_psu **p = TF_NEW_N(r->s->arena, const struct tf_frame_psu *, f->n);
    for (size_t k = 0; k < f->n; k++)
        p[k] = &f->psu[k];
    if (f->n > 0)
        qsort(p, f->n, sizeof *p, order);
    return p;
}

static void check_unique(const struct reading *r, const struct tf_frame *f)
{
    const struct tf_frame_psu **p = sorted(r, f, by_name);
    for (size_t k = 1; k < f->n; k++)
        if (*p[k]->psu != '\0' && strcmp(p[k]->psu, p[k - 1]->psu) == 0)
            tf_sheet_notice(r->s, p[k]->row, r->at[PSU], r->notices, TF_ERROR, "duplicate",
                            "A PSU listed twice would be drawn twice as often.",
                            "the PSU '%s' stands in the frame twice: in line %zu already",
                            p[k]->psu, r->s->line[p[k - 1]->row]);
}

/* Strata of one PSU have no variance; PSUs below the take give fewer interviews than planned. */
static void check_strata(const struct reading *r, const struct tf_frame *f)
{
    const struct tf_frame_psu **p = sorted(r, f, by_stratum);
    for (size_t from = 0, to; from < f->n; from = to) {
        const struct tf_frame_psu *one = NULL;
        size_t open = 0;
        for (to = from; to < f->n && strcmp(p[to]->stratum, p[from]->stratum) == 0; to++)
            if (!p[to]->excluded) {
                open++;
                one = p[to];
            }
        if (open == 1)
            tf_sheet_notice(
                r->s, one->row, r->at[STRATUM], r->notices, TF_WARNING, "stratum",
                "Join it with a neighbouring stratum: its variance cannot be estimated.",
                "the stratum '%s' has one PSU that could be sampled", one->stratum);
    }
}

/* The nearest PSU of the same stratum in the order of the file, the smaller of the two sides. */
static const struct tf_frame_psu *neighbour(const struct tf_frame *f, size_t k)
{
    const struct tf_frame_psu *side[2] = {NULL, NULL};
    for (size_t j = k; j-- > 0 && side[0] == NULL;)
        if (!f->psu[j].excluded && strcmp(f->psu[j].stratum, f->psu[k].stratum) == 0)
            side[0] = &f->psu[j];
    for (size_t j = k + 1; j < f->n && side[1] == NULL; j++)
        if (!f->psu[j].excluded && strcmp(f->psu[j].stratum, f->psu[k].stratum) == 0)
            side[1] = &f->psu[j];
    if (side[0] == NULL || side[1] == NULL)
        return side[0] != NULL ? side[0] : side[1];
    return side[1]->households < side[0]->households ? side[1] : side[0];
}

static void check_take(const struct reading *r, const struct tf_frame *f)
{
    for (size_t k = 0; k < f->n; k++) {
        const struct tf_frame_psu *p = &f->psu[k];
        if (p->excluded || !(p->households < (double)r->opt.take))
            continue;
        const struct tf_frame_psu *with = neighbour(f, k);
        char *households = tf_double_text(r->s->arena, p->households);
        const char *help = with == NULL ? "Merge it with a neighbour before the draw."
                                        : tf_printf(r->s->arena,
                                                    "Merge it with '%s' (%s households), which "
                                                    "stands next in its stratum, before the draw.",
                                                    with->psu,
                                                    tf_double_text(r->s->arena, with->households));
        tf_sheet_notice(r->s, p->row, r->at[PSU], r->notices, TF_WARNING, "undersized", help,
                        "the PSU '%s' has %s households, fewer than the %zu to be taken", p->psu,
                        households, r->opt.take);
    }
}

static enum tf_code find_columns(struct reading *r, bool named, struct tf_err *reterr)
{
    for (int k = 0; k < N_COLUMNS; k++) {
        const char *name = k == SIZE ? r->opt.size : columns[k];
        r->at[k] = tf_table_find(r->s->t, name);
        if (r->at[k] < SIZE_MAX - 1)
            continue;
        r->at[k] = SIZE_MAX;
        if (k == SIZE && named) /* the nearest column is offered */
            return tf_sheet_need(r->s, name, &r->at[k], reterr);
        if (k == PSU || k == SIZE) {
            (void)tf_fail_at(reterr, TF_E_INPUT, r->s->file, 1, 0, "the frame has no column '%s'",
                             name);
            return tf_help(reterr, "Its header: psu,stratum,region,area,households"
                                   "[,excluded,reason,lat,lon]");
        }
    }
    return TF_OK;
}

enum tf_code tf_frame_check(struct tf_arena *arena, const char *path, struct tf_frame_opt opt,
                            struct tf_notices *notices, struct tf_frame **ret,
                            struct tf_err *reterr)
{
    struct tf_sheet *s;
    TF_TRY(tf_sheet_read(arena, path, &s, reterr));
    struct reading r = {.s = s, .opt = opt, .notices = notices};
    r.opt.size = opt.size != NULL ? opt.size : "households";
    TF_TRY(find_columns(&r, opt.size != NULL, reterr));
    if (s->t->n_rows == 0)
        return tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "the frame lists no PSU");
    struct tf_frame *f = TF_NEW(arena, struct tf_frame);
    f->file = tf_strdup(arena, path);
    f->sheet = s;
    f->size_column = tf_strdup(arena, r.opt.size);
    f->psu = TF_NEW_N(arena, struct tf_frame_psu, s->t->n_rows);
    double all = 0, open = 0;
    for (size_t row = 0; row < s->t->n_rows; row++) {
        struct tf_frame_psu *p = &f->psu[f->n];
        read_row(&r, row, p);
        if (r.bad)
            continue;
        f->n++;
        all += p->size;
        open += p->excluded ? 0 : p->size;
        f->has_place = f->has_place || !isnan(p->lat);
    }
    check_unique(&r, f);
    check_strata(&r, f);
    if (opt.take > 0)
        check_take(&r, f);
    f->coverage = all > 0 ? open / all : 0;
    *ret = f;
    return TF_OK;
}

enum tf_code tf_frame_read_with(struct tf_arena *arena, const char *path, struct tf_frame_opt opt,
                                struct tf_frame **ret, struct tf_err *reterr)
{
    struct tf_notices notices = {.arena = arena};
    struct tf_frame *f;
    TF_TRY(tf_frame_check(arena, path, opt, &notices, &f, reterr));
    for (size_t k = 0; k < notices.n; k++) {
        const struct tf_notice *n = &notices.item[k];
        if (n->level != TF_ERROR)
            continue;
        (void)tf_fail_at(reterr, TF_E_INPUT, n->file, n->line, n->column, "%s", n->text);
        return tf_help(reterr, "%s", n->help);
    }
    *ret = f;
    return TF_OK;
}

enum tf_code tf_frame_read(struct tf_arena *arena, const char *path, struct tf_frame **ret,
                           struct tf_err *reterr)
{
    return tf_frame_read_with(arena, path, (struct tf_frame_opt){0}, ret, reterr);
}
