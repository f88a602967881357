/* Contact sheets: one row a door, with the outcome of the last visit.
 *
 * Rows are judged one by one and every fault is named with its place: a door twice in one PSU, an
 * outcome outside the list, visits that are no number of visits, a PSU that was never drawn. A flow
 * made from a sheet with faults would count them silently, so tf_flow_from_contacts stops at the
 * first and tf_field_check lists all.
 *
 * Does not: read who lives there; the roster of a household is a dataset like any other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sheet.h"
#include "field/inside.h"

struct columns {
    size_t psu, door, visits, outcome; /* visits SIZE_MAX when the sheet has none */
};

static enum tf_code find_columns(const struct tf_sheet *s, struct columns *c, struct tf_err *reterr)
{
    TF_TRY(tf_sheet_need(s, "psu", &c->psu, reterr));
    TF_TRY(tf_sheet_need(s, "door", &c->door, reterr));
    TF_TRY(tf_sheet_need(s, "outcome", &c->outcome, reterr));
    c->visits = tf_table_find(s->t, "visits");
    if (c->visits == SIZE_MAX - 1)
        c->visits = SIZE_MAX;
    return TF_OK;
}

static const struct tf_outcome *read_outcome(const struct tf_sheet *s, size_t row, size_t col,
                                             struct tf_notices *faults)
{
    const char *word = tf_sheet_text(s, row, col), *known[16] = {NULL}, *help;
    const struct tf_outcome *o = tf_outcome_named(word);
    if (o != NULL)
        return o;
    for (size_t k = 0; tf_outcomes[k].word != NULL && k < 15; k++)
        known[k] = tf_outcomes[k].word;
    const char *near = tf_nearest(word, known);
    help = near == NULL ? "docs/FORMATS.md lists the outcomes."
                        : tf_printf(s->arena, "Did you mean '%s'?", near);
    if (*word == '\0')
        tf_sheet_notice(s, row, col, faults, TF_ERROR, "outcome", help, "the door has no outcome");
    else
        tf_sheet_notice(s, row, col, faults, TF_ERROR, "outcome", help,
                        "'%s' is no outcome of a contact", word);
    return NULL;
}

static double read_visits(const struct tf_sheet *s, size_t row, size_t col,
                          struct tf_notices *faults)
{
    const char *text = tf_sheet_text(s, row, col);
    int64_t n;
    if (*text == '\0')
        return (double)NAN;
    if (tf_parse_int(text, &n) && n >= 1 && n <= 99)
        return (double)n;
    tf_sheet_notice(s, row, col, faults, TF_ERROR, "visits",
                    "Write how often the door was visited: 1, 2, 3 …",
                    "'%s' is no number of visits", text);
    return (double)NAN;
}

static int by_door(const void *x, const void *y)
{
    const struct tf_door *a = x, *b = y;
    int c = strcmp(a->psu, b->psu);
    if (c == 0)
        c = strcmp(a->door, b->door);
    return c != 0 ? c : (a->row > b->row) - (a->row < b->row);
}

/* Sorted by PSU and door: the second of two equal ones is the fault. Returns the number of PSUs. */
static size_t judge_doors(const struct tf_sheet *s, const struct columns *c,
                          const struct tf_contacts *list, struct tf_notices *faults)
{
    struct tf_door *sorted = TF_NEW_N(s->arena, struct tf_door, list->n + 1);
    size_t psus = 0;
    if (list->n > 0)
        memcpy(sorted, list->door, list->n * sizeof *sorted);
    qsort(sorted, list->n, sizeof *sorted, by_door);
    for (size_t k = 0; k < list->n; k++) {
        const bool same_psu = k > 0 && strcmp(sorted[k].psu, sorted[k - 1].psu) == 0;
        psus += !same_psu;
        if (same_psu && strcmp(sorted[k].door, sorted[k - 1].door) == 0)
            tf_sheet_notice(s, sorted[k].row, c->door, faults, TF_ERROR, "door-twice",
                            "A door has one row: keep the outcome of its last visit.",
                            "the door '%s' of PSU '%s' stands twice; first on line %zu",
                            sorted[k].door, sorted[k].psu, s->line[sorted[k - 1].row]);
    }
    return psus;
}

static enum tf_code read_sheet(const struct tf_sheet *s, struct tf_contacts *ret,
                               struct tf_notices *faults, struct tf_err *reterr)
{
    struct columns c;
    TF_TRY(find_columns(s, &c, reterr));
    ret->door = TF_NEW_N(s->arena, struct tf_door, s->t->n_rows + 1);
    for (size_t row = 0; row < s->t->n_rows; row++) {
        struct tf_door d = {.psu = tf_sheet_text(s, row, c.psu),
                            .door = tf_sheet_text(s, row, c.door),
                            .row = row};
        d.outcome = read_outcome(s, row, c.outcome, faults);
        d.visits = read_visits(s, row, c.visits, faults);
        if (*d.psu == '\0' || *d.door == '\0')
            tf_sheet_notice(s, row, *d.psu == '\0' ? c.psu : c.door, faults, TF_ERROR, "door",
                            "A door is known by its PSU and its number.", "the row has no %s",
                            *d.psu == '\0' ? "PSU" : "door");
        else if (d.outcome != NULL)
            ret->door[ret->n++] = d;
    }
    ret->n_psus = judge_doors(s, &c, ret, faults);
    return TF_OK;
}

enum tf_code tf_contacts_read(struct tf_arena *arena, const char *path, struct tf_contacts *ret,
                              struct tf_notices *faults, struct tf_err *reterr)
{
    struct tf_sheet *s;
    TF_TRY(tf_sheet_read(arena, path, &s, reterr));
    return read_sheet(s, ret, faults, reterr);
}

/* ---- the check --------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* PSUs of the sheet that the frame does not have, each named once, where it first stands. */
static void judge_psus(struct tf_arena *arena, const char *contacts_path, const char *frame_path,
                       struct tf_notices *out)
{
    struct tf_sheet *sheet, *frame;
    struct tf_err e = {0};
    size_t in_sheet, in_frame;
    if (tf_sheet_read(arena, contacts_path, &sheet, &e) != TF_OK ||
        tf_sheet_need(sheet, "psu", &in_sheet, &e) != TF_OK)
        return; /* said already */
    if (tf_sheet_read(arena, frame_path, &frame, &e) != TF_OK ||
        tf_sheet_need(frame, "psu", &in_frame, &e) != TF_OK) {
        tf_notice_err(out, "frame", &e);
        return;
    }
    const char **known = TF_NEW_N(arena, const char *, frame->t->n_rows + 1), *last = NULL;
    for (size_t k = 0; k < frame->t->n_rows; k++)
        known[k] = tf_sheet_text(frame, k, in_frame);
    qsort(known, frame->t->n_rows, sizeof *known, by_text);
    for (size_t row = 0; row < sheet->t->n_rows; row++) {
        const char *psu = tf_sheet_text(sheet, row, in_sheet);
        if (*psu == '\0' || tf_streq(psu, last))
            continue;
        last = psu;
        if (bsearch(&psu, known, frame->t->n_rows, sizeof *known, by_text) == NULL)
            tf_sheet_notice(sheet, row, in_sheet, out, TF_ERROR, "psu-not-in-frame",
                            "Correct the code, or add the PSU to the frame it was drawn from.",
                            "the PSU '%s' is not in the frame", psu);
    }
}

void tf_field_check(struct tf_arena *arena, const char *contacts_path, const char *frame_path,
                    struct tf_notices *out)
{
    struct tf_contacts c = {0};
    struct tf_err e = {0};
    if (tf_contacts_read(arena, contacts_path, &c, out, &e) != TF_OK) {
        tf_notice_err(out, "contacts", &e);
        return;
    }
    if (frame_path != NULL)
        judge_psus(arena, contacts_path, frame_path, out);
}
