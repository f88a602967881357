/* The sampling frame: a list of PSUs with their sizes, as the statistics office delivers it.
 *
 * Each row is checked where it stands, because a fault here silently changes every weight later: a
 * PSU twice is sampled twice, a size of zero is never sampled, an area spelt two ways is two strata.
 * Coverage is the share of all households that stand in PSUs which could be sampled; what is excluded
 * needs its reason, which the report prints. Does not: read maps, or split PSUs. */
#include <stdlib.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/draw.h"

struct columns {
    size_t psu, stratum, region, area, households, excluded, reason;
};

static enum tf_code find_columns(const struct tf_sheet *s, struct columns *c, struct tf_err *reterr)
{
    TF_TRY(tf_sheet_need(s, "psu", &c->psu, reterr));
    TF_TRY(tf_sheet_need(s, "stratum", &c->stratum, reterr));
    TF_TRY(tf_sheet_need(s, "region", &c->region, reterr));
    TF_TRY(tf_sheet_need(s, "area", &c->area, reterr));
    TF_TRY(tf_sheet_need(s, "households", &c->households, reterr));
    c->excluded = tf_table_find(s->t, "excluded");
    c->reason = tf_table_find(s->t, "reason");
    return TF_OK;
}

static enum tf_code read_psu(const struct tf_sheet *s, const struct columns *c, size_t row,
                             struct tf_frame_psu *p, struct tf_err *reterr)
{
    *p = (struct tf_frame_psu){.psu = tf_sheet_text(s, row, c->psu),
                               .stratum = tf_sheet_text(s, row, c->stratum),
                               .region = tf_sheet_text(s, row, c->region),
                               .area = tf_sheet_text(s, row, c->area),
                               .reason = tf_sheet_text(s, row, c->reason)};
    const char *excluded = tf_sheet_text(s, row, c->excluded);
    if (*p->psu == '\0')
        return tf_sheet_fail(s, row, c->psu, reterr, "a PSU without a name");
    if (*p->stratum == '\0')
        return tf_sheet_fail(s, row, c->stratum, reterr, "PSU '%s' is in no stratum", p->psu);
    if (strcmp(p->area, "urban") != 0 && strcmp(p->area, "rural") != 0) {
        (void)tf_sheet_fail(s, row, c->area, reterr, "the area of PSU '%s' is '%s'", p->psu, p->area);
        return tf_help(reterr, "Write urban or rural.");
    }
    if (!tf_parse_double(tf_sheet_text(s, row, c->households), &p->size) || !(p->size > 0)) {
        (void)tf_sheet_fail(s, row, c->households, reterr,
                            "the households of PSU '%s' are '%s'", p->psu,
                            tf_sheet_text(s, row, c->households));
        return tf_help(reterr, "A PSU needs a number of households above zero; leave out empty ones.");
    }
    if (*excluded != '\0' && strcmp(excluded, "0") != 0 && strcmp(excluded, "1") != 0) {
        (void)tf_sheet_fail(s, row, c->excluded, reterr, "excluded is '%s'", excluded);
        return tf_help(reterr, "Write 1 for a PSU that cannot be sampled, else 0.");
    }
    p->excluded = strcmp(excluded, "1") == 0;
    if (p->excluded && *p->reason == '\0') {
        (void)tf_sheet_fail(s, row, c->excluded, reterr, "PSU '%s' is excluded without a reason",
                            p->psu);
        return tf_help(reterr, "Give the reason: the report prints it.");
    }
    return TF_OK;
}

static int by_psu(const void *a, const void *b)
{
    const struct tf_frame_psu *const *x = a, *const *y = b;
    const int order = strcmp((*x)->psu, (*y)->psu);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* The first PSU that stands twice, at its second place. */
static enum tf_code refuse_twins(struct tf_arena *a, const struct tf_sheet *s,
                                 const struct columns *c, const struct tf_frame *f,
                                 struct tf_err *reterr)
{
    const struct tf_frame_psu **sorted = TF_NEW_N(a, const struct tf_frame_psu *, f->n);
    for (size_t k = 0; k < f->n; k++)
        sorted[k] = &f->psu[k];
    if (f->n > 1)
        qsort(sorted, f->n, sizeof *sorted, by_psu);
    for (size_t k = 1; k < f->n; k++)
        if (strcmp(sorted[k - 1]->psu, sorted[k]->psu) == 0) {
            (void)tf_sheet_fail(s, (size_t)(sorted[k] - f->psu), c->psu, reterr,
                                "PSU '%s' stands twice in the frame", sorted[k]->psu);
            return tf_help(reterr, "It would be drawn twice as often. Remove one row.");
        }
    return TF_OK;
}

enum tf_code tf_frame_read(struct tf_arena *arena, const char *path, struct tf_frame **ret,
                           struct tf_err *reterr)
{
    struct tf_sheet *s;
    struct columns c;
    TF_TRY(tf_sheet_read(arena, path, &s, reterr));
    TF_TRY(find_columns(s, &c, reterr));
    struct tf_frame *f = TF_NEW(arena, struct tf_frame);
    double all = 0, covered = 0;
    f->file = tf_strdup(arena, path);
    f->n = s->t->n_rows;
    f->psu = TF_NEW_N(arena, struct tf_frame_psu, f->n);
    for (size_t row = 0; row < f->n; row++) {
        TF_TRY(read_psu(s, &c, row, &f->psu[row], reterr));
        all += f->psu[row].size;
        covered += f->psu[row].excluded ? 0 : f->psu[row].size;
    }
    TF_TRY(refuse_twins(arena, s, &c, f, reterr));
    f->coverage = all > 0 ? covered / all : 0;
    *ret = f;
    return TF_OK;
}
