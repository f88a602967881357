/* Reading a series: a CSV and its mapping into observations.
 *
 *     mapping ──► columns found ──► persons refused ──► each row: pick, area, period, breakdown,
 *     CSV     ──►                                        value or reason ──► twins refused ──► one
 *                                                        series for each country
 *
 * Nothing is guessed. Zero is a value. An empty cell is read by the mapping's `missing`, or refused:
 * "not available" must never become 0. A value beside a word that says it is missing is refused too,
 * since one of the two is wrong. Thousands separators are refused: 12,788 in one locale is 12.788 in
 * another.
 *
 * A file may hold several areas: a country's own code, and codes below it that begin with it and a
 * dash (XA, XA-NORTH). The latest release date of a column of vintages becomes the series' vintage;
 * cells released earlier say so in their note. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harmonise/inside.h"

static const size_t MAX_MAPPING = (size_t)1 << 20;

struct cell { /* an observation and where it came from */
    struct tf_obs obs;
    const char *country, *vintage;
    size_t row;
};
struct reading {
    struct tf_arena *arena;
    const struct tf_sheet *s;
    struct tf_mapping *m;
    const char *country;  /* or NULL */
    const char *unit, *counting_rule, *source_label; /* the first one met */
    size_t unit_row, rule_row;
    struct cell *cell;
    size_t n, cap;
};

/* ---- periods and dates ------------------------------------------------------------------------- */

static bool digits(const char *s, size_t n, int low, int high)
{
    int x = 0;
    for (size_t k = 0; k < n; k++) {
        if (s[k] < '0' || s[k] > '9')
            return false;
        x = x * 10 + (s[k] - '0');
    }
    return x >= low && x <= high;
}

static bool one_period(const char *s, size_t n)
{
    if (n < 4 || !digits(s, 4, 1900, 2100))
        return false;
    if (n == 4)
        return true;
    if (s[4] != '-')
        return false;
    if (n == 7 && s[5] == 'Q')
        return s[6] >= '1' && s[6] <= '4';
    if (n == 7 && s[5] == 'H')
        return s[6] == '1' || s[6] == '2';
    if (n == 7)
        return digits(s + 5, 2, 1, 12);
    return n == 10 && s[7] == '-' && digits(s + 5, 2, 1, 12) && digits(s + 8, 2, 1, 31);
}

bool tf_period_valid(const char *s)
{
    const char *slash = strchr(s, '/');
    if (slash == NULL)
        return one_period(s, strlen(s));
    return one_period(s, (size_t)(slash - s)) && one_period(slash + 1, strlen(slash + 1));
}

bool tf_date_valid(const char *s)
{
    return strlen(s) == 10 && one_period(s, 10);
}

/* ---- one row ----------------------------------------------------------------------------------- */

static const char *told_text(const struct reading *r, const struct tf_told *t, size_t row)
{
    if (t->word != NULL)
        return t->word;
    return t->column == NULL ? "" : tf_sheet_text(r->s, row, t->col);
}

static bool picked(const struct reading *r, size_t row)
{
    for (size_t k = 0; k < r->m->n_only; k++) {
        const struct tf_pick *p = &r->m->only[k];
        const char *text = tf_sheet_text(r->s, row, p->col);
        bool found = false;
        for (size_t j = 0; j < p->n_words; j++)
            found = found || strcmp(p->word[j], text) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* The study's code of the row's area; NULL in *ret when the mapping skips it. */
static enum tf_code area_of(const struct reading *r, size_t row, const char **ret,
                            struct tf_err *reterr)
{
    const struct tf_told *a = &r->m->area;
    if (a->column == NULL) {
        *ret = a->word != NULL ? a->word : r->country;
        if (*ret != NULL)
            return TF_OK;
        (void)tf_fail_at(reterr, TF_E_INPUT, r->m->file, 1, 1, "the series has no area");
        return tf_help(reterr, "Add 'area: XA' or 'area: {column: …}', or import it for a country.");
    }
    const char *text = tf_sheet_text(r->s, row, a->col);
    if (*text == '\0') {
        (void)tf_sheet_fail(r->s, row, a->col, reterr, "the row has no area");
        return tf_help(reterr, "Every count belongs to an area: fill in '%s'.", a->column);
    }
    const struct tf_yaml *to = tf_yaml_get(r->m->area_map, text);
    *ret = r->m->area_map == NULL ? text : to != NULL ? to->text : NULL;
    if (*ret != NULL || r->m->area_others_skipped)
        return TF_OK;
    (void)tf_sheet_fail(r->s, row, a->col, reterr, "the area '%s' is not in the mapping", text);
    (void)tf_fact(reterr, "The areas are mapped in %s, line %zu.", r->m->file,
                  r->m->area_map->line);
    return tf_help(reterr, "Add '%s: …' to area.map, or 'others: skip' to leave other areas out.",
                   text);
}

static bool within(const char *area, const char *country)
{
    const size_t n = strlen(country);
    return strncmp(area, country, n) == 0 && (area[n] == '\0' || area[n] == '-');
}

struct part {
    const char *key, *text;
};
static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct part *)a)->key, ((const struct part *)b)->key);
}

/* "offence=…;sex=…", keys sorted; a column that is empty or says "total" does not break down. */
static enum tf_code breakdown_of(const struct reading *r, size_t row, const char **ret,
                                 struct tf_err *reterr)
{
    const struct tf_mapping *m = r->m;
    struct part *part = TF_NEW_N(r->arena, struct part, m->n_breakdowns + 1);
    struct tf_buf b = {.arena = r->arena};
    size_t n = 0;
    for (size_t k = 0; k < m->n_breakdowns; k++) {
        const struct tf_told *t = &m->breakdown[k];
        const char *text = tf_sheet_text(r->s, row, t->col);
        if (*text == '\0' || tf_casecmp(text, "total") == 0)
            continue;
        for (size_t j = 0; j < m->n_shown; j++)
            if (strcmp(m->shown[j].column, t->column) == 0 &&
                strcmp(m->shown[j].verbatim, text) == 0) {
                text = m->shown[j].shown;
                break;
            }
        if (strpbrk(text, ";=") != NULL) {
            (void)tf_sheet_fail(r->s, row, t->col, reterr, "'%s' holds a ';' or '='", text);
            return tf_help(reterr, "Give it another word under 'labels' in the mapping.");
        }
        part[n++] = (struct part){.key = t->column, .text = text};
    }
    qsort(part, n, sizeof *part, by_key);
    for (size_t k = 0; k < n; k++)
        tf_buf_printf(&b, "%s%s=%s", k == 0 ? "" : ";", part[k].key, part[k].text);
    *ret = tf_buf_text(&b);
    return TF_OK;
}

/* Why the row's value is empty; TF_PRESENT when the mapping's word says nothing of it. */
static enum tf_code reason_of(const struct reading *r, size_t row, bool has_value,
                              enum tf_miss *ret, struct tf_err *reterr)
{
    const struct tf_mapping *m = r->m;
    const char *by = m->missing_by.column == NULL ? "" : tf_sheet_text(r->s, row, m->missing_by.col);
    const struct tf_yaml *word = tf_yaml_get(m->missing_words, by);
    *ret = TF_PRESENT;
    if (word != NULL && has_value) {
        (void)tf_sheet_fail(r->s, row, m->missing_by.col, reterr,
                            "'%s' says that the value is missing, and there is one", by);
        return tf_help(reterr, "One of the two is wrong: ask the source.");
    }
    if (has_value)
        return TF_OK;
    if (m->missing_at == NULL) {
        (void)tf_sheet_fail(r->s, row, m->value.col, reterr,
                            "the value is empty and the mapping does not explain it");
        (void)tf_fact(reterr, "An empty cell is not zero.");
        return tf_help(reterr, "Add 'missing: {as: not_supplied}', or 'missing: {by: column, words: "
                               "{…}}', to the mapping.");
    }
    if (m->missing_by.column == NULL) {
        *ret = m->missing_as;
        return TF_OK;
    }
    if (word != NULL && tf_miss_named(word->text, ret))
        return TF_OK;
    (void)tf_sheet_fail(r->s, row, m->missing_by.col, reterr,
                        "the value is empty and '%s' is no word for a missing one", by);
    const char **known = TF_NEW_N(r->arena, const char *, m->missing_words->n + 1);
    for (size_t k = 0; k < m->missing_words->n; k++)
        known[k] = m->missing_words->key[k]->text;
    const char *near = tf_nearest(by, known);
    if (near != NULL)
        return tf_help(reterr, "Did you mean '%s'? The words stand in %s, line %zu.", near, m->file,
                       m->missing_words->line);
    return tf_help(reterr, "The words stand in %s, line %zu.", m->file, m->missing_words->line);
}

static enum tf_code value_of(const struct reading *r, size_t row, struct tf_obs *obs,
                             struct tf_err *reterr)
{
    const size_t col = r->m->value.col;
    const char *text = tf_sheet_text(r->s, row, col);
    const bool by_itself = r->m->missing_by.col == col;
    double x = (double)NAN;
    obs->missing = TF_PRESENT;
    obs->value = (double)NAN;
    if (*text == '\0' || (by_itself && !tf_parse_double(text, &x)))
        return reason_of(r, row, false, &obs->missing, reterr);
    if (!tf_parse_double(text, &x)) {
        (void)tf_sheet_fail(r->s, row, col, reterr, "'%s' is no number", text);
        return tf_help(reterr, strchr(text, ',') != NULL || strchr(text, ' ') != NULL
                                   ? "Write numbers without thousands separators."
                                   : "Leave the cell empty and say why under 'missing'.");
    }
    if (x < 0) {
        (void)tf_sheet_fail(r->s, row, col, reterr, "the count is below zero: %s", text);
        return tf_help(reterr, "A missing value is an empty cell with a reason, not a code.");
    }
    obs->value = x;
    return by_itself ? TF_OK : reason_of(r, row, true, &obs->missing, reterr);
}

/* What must be the same on every row of a series, and stated where there is a value. */
static enum tf_code same(const struct reading *r, const struct tf_told *t, const char *what,
                         size_t row, bool needed, const char **kept, size_t *kept_row,
                         struct tf_err *reterr)
{
    const char *text = told_text(r, t, row);
    if (*text == '\0') {
        if (!needed)
            return TF_OK;
        (void)tf_sheet_fail(r->s, row, t->col, reterr, "the row has no %s", what);
        return tf_help(reterr, "A count without its %s cannot be used: ask the source.", what);
    }
    if (*kept == NULL) {
        *kept = text;
        *kept_row = row;
    } else if (strcmp(*kept, text) != 0) {
        size_t line, column;
        tf_sheet_place(r->s, *kept_row, t->col, &line, &column);
        (void)tf_sheet_fail(r->s, row, t->col, reterr, "the series changes its %s", what);
        (void)tf_fact(reterr, "Here '%.150s'; on line %zu '%.150s'.", text, line, *kept);
        return tf_help(reterr, "Keep one of them with 'only: {%s: …}', and make the other its own "
                               "series.",
                       t->column);
    }
    return TF_OK;
}

/* A unit that comes from a column is held against the same list as one in the mapping. */
static enum tf_code unit_of(struct reading *r, size_t row, struct tf_err *reterr)
{
    const bool first = r->unit == NULL;
    const char *near;
    TF_TRY(same(r, &r->m->unit, "unit", row, true, &r->unit, &r->unit_row, reterr));
    if (!first || r->m->unit.column == NULL || tf_unit_known(r->unit, &near))
        return TF_OK;
    (void)tf_sheet_fail(r->s, row, r->m->unit.col, reterr, "'%s' is no unit of count", r->unit);
    if (near != NULL)
        return tf_help(reterr, "Did you mean '%s'?", near);
    return tf_help(reterr, "docs/FORMATS.md lists the units.");
}

static enum tf_code vintage_of(const struct reading *r, size_t row, bool needed, const char **ret,
                               struct tf_err *reterr)
{
    *ret = told_text(r, &r->m->vintage, row);
    if (**ret == '\0' && !needed)
        return TF_OK;
    if (tf_period_valid(*ret))
        return TF_OK;
    if (**ret == '\0')
        (void)tf_sheet_fail(r->s, row, r->m->vintage.col, reterr, "the row has no vintage");
    else
        (void)tf_sheet_fail(r->s, row, r->m->vintage.col, reterr, "'%s' is no date", *ret);
    return tf_help(reterr, "Write the release's date as 2024-04-12.");
}

static enum tf_code read_row(struct reading *r, size_t row, struct tf_err *reterr)
{
    const struct tf_mapping *m = r->m;
    struct cell c = {.row = row};
    TF_TRY(area_of(r, row, &c.obs.area, reterr));
    if (c.obs.area == NULL || (r->country != NULL && !within(c.obs.area, r->country)))
        return TF_OK;
    const char *dash = strchr(c.obs.area, '-');
    c.country = r->country != NULL ? r->country
                : dash == NULL     ? c.obs.area
                                   : tf_strndup(r->arena, c.obs.area, (size_t)(dash - c.obs.area));
    c.obs.period = tf_sheet_text(r->s, row, m->period.col);
    if (!tf_period_valid(c.obs.period)) {
        (void)tf_sheet_fail(r->s, row, m->period.col, reterr, "'%s' is no period", c.obs.period);
        return tf_help(reterr, "Write 2019, 2019-Q1, 2019-H1, 2019-04 or 2019-04/2020-03.");
    }
    TF_TRY(breakdown_of(r, row, &c.obs.breakdown, reterr));
    TF_TRY(value_of(r, row, &c.obs, reterr));
    const bool there = c.obs.missing == TF_PRESENT;
    TF_TRY(unit_of(r, row, reterr));
    TF_TRY(same(r, &m->counting_rule, "counting rule", row, there, &r->counting_rule, &r->rule_row,
                reterr));
    if (r->source_label == NULL && *told_text(r, &m->source_label, row) != '\0')
        r->source_label = told_text(r, &m->source_label, row);
    TF_TRY(vintage_of(r, row, there, &c.vintage, reterr));
    c.obs.status = told_text(r, &m->status, row);
    c.obs.document = told_text(r, &m->document, row);
    c.obs.note = told_text(r, &m->note, row);
    r->cell = tf_grow(r->arena, r->cell, r->n, &r->cap, sizeof *r->cell);
    r->cell[r->n++] = c;
    return TF_OK;
}

/* ---- from rows to series ----------------------------------------------------------------------- */

static int by_place(const void *x, const void *y)
{
    const struct cell *a = x, *b = y;
    const char *const l[] = {a->country, a->obs.area, a->obs.breakdown, a->obs.period};
    const char *const k[] = {b->country, b->obs.area, b->obs.breakdown, b->obs.period};
    for (size_t j = 0; j < sizeof l / sizeof l[0]; j++) {
        const int c = strcmp(l[j], k[j]);
        if (c != 0)
            return c;
    }
    return a->row < b->row ? -1 : a->row > b->row;
}

static bool twins(const struct cell *a, const struct cell *b)
{
    return strcmp(a->obs.area, b->obs.area) == 0 && strcmp(a->obs.period, b->obs.period) == 0 &&
           strcmp(a->obs.breakdown, b->obs.breakdown) == 0;
}

static enum tf_code refuse_twins(const struct reading *r, struct tf_err *reterr)
{
    for (size_t k = 1; k < r->n; k++) {
        const struct cell *a = &r->cell[k - 1], *b = &r->cell[k];
        if (!twins(a, b))
            continue;
        size_t line, column;
        tf_sheet_place(r->s, a->row, r->m->value.col, &line, &column);
        (void)tf_sheet_fail(r->s, b->row, r->m->value.col, reterr,
                            "two rows tell the same count: %s, %s%s%s", b->obs.area, b->obs.period,
                            *b->obs.breakdown == '\0' ? "" : ", ", b->obs.breakdown);
        (void)tf_fact(reterr, "The other stands on line %zu.", line);
        return tf_help(reterr, "Remove one, keep one source's rows with 'only: {column: word}', or "
                               "name the column that tells them apart under 'breakdown'.");
    }
    return TF_OK;
}

/* The words shown with the source's own words behind them. */
static const char *own_words(const struct reading *r)
{
    struct tf_buf b = {.arena = r->arena};
    if (r->source_label != NULL)
        tf_buf_add(&b, r->source_label);
    for (size_t k = 0; k < r->m->n_shown; k++)
        tf_buf_printf(&b, "%s%s: %s", b.n == 0 ? "" : "; ", r->m->shown[k].shown,
                      r->m->shown[k].verbatim);
    return b.n == 0 ? NULL : tf_buf_text(&b);
}

static struct tf_series series_of(const struct reading *r, size_t from, size_t to)
{
    const struct tf_mapping *m = r->m;
    struct tf_series s = {.id = m->id,
                          .country = r->cell[from].country,
                          .title = m->title,
                          .source = m->source,
                          .indicator = m->indicator,
                          .unit = r->unit,
                          .counting_rule = r->counting_rule == NULL ? "" : r->counting_rule,
                          .location_basis = m->location_basis,
                          .vintage = "",
                          .caveat = m->caveat,
                          .grade_scheme = m->grade_scheme,
                          .grade = m->grade,
                          .handling = m->handling,
                          .purpose = m->purpose,
                          .review_by = m->review_by,
                          .definition = m->definition,
                          .source_label = own_words(r),
                          .partition = m->breakdown_kind,
                          .n_obs = to - from};
    for (size_t k = from; k < to; k++)
        if (strcmp(r->cell[k].vintage, s.vintage) > 0)
            s.vintage = r->cell[k].vintage;
    s.obs = TF_NEW_N(r->arena, struct tf_obs, s.n_obs);
    for (size_t k = from; k < to; k++) {
        struct tf_obs *o = &s.obs[k - from];
        *o = r->cell[k].obs;
        if (*r->cell[k].vintage != '\0' && strcmp(r->cell[k].vintage, s.vintage) != 0)
            o->note = tf_printf(r->arena, "%s%sreleased %s", o->note, *o->note == '\0' ? "" : "; ",
                                r->cell[k].vintage);
    }
    return s;
}

static enum tf_code read_series(struct reading *r, struct tf_series **ret, size_t *ret_n,
                                struct tf_err *reterr)
{
    TF_TRY(tf_mapping_bind(r->m, r->s, reterr));
    TF_TRY(tf_persons_refuse(r->s, r->m, reterr));
    for (size_t row = 0; row < r->s->t->n_rows; row++)
        if (picked(r, row))
            TF_TRY(read_row(r, row, reterr));
    if (r->n == 0) {
        (void)tf_fail_at(reterr, TF_E_INPUT, r->s->file, 0, 0, "the file has no row%s%s for '%s'",
                         r->country == NULL ? "" : " of ", r->country == NULL ? "" : r->country,
                         r->m->id);
        return tf_help(reterr, "Look at 'area' and 'only' in %s.", r->m->file);
    }
    qsort(r->cell, r->n, sizeof *r->cell, by_place);
    TF_TRY(refuse_twins(r, reterr));
    struct tf_series *list = TF_NEW_N(r->arena, struct tf_series, r->n);
    size_t n = 0;
    for (size_t from = 0, to; from < r->n; from = to) {
        for (to = from + 1;
             to < r->n && strcmp(r->cell[to].country, r->cell[from].country) == 0;)
            to++;
        list[n++] = series_of(r, from, to);
    }
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

enum tf_code tf_series_parse(struct tf_arena *arena, const char *csv_name, const char *csv,
                             size_t csv_n, const char *mapping_name, const char *mapping,
                             size_t mapping_n, const char *country, struct tf_series **ret,
                             size_t *ret_n, struct tf_err *reterr)
{
    struct reading r = {.arena = arena, .country = country};
    struct tf_sheet *sheet;
    TF_TRY(tf_mapping_parse(arena, mapping_name, mapping, mapping_n, &r.m, reterr));
    TF_TRY(tf_sheet_parse(arena, csv_name, csv, csv_n, &sheet, reterr));
    r.s = sheet;
    return read_series(&r, ret, ret_n, reterr);
}

enum tf_code tf_series_read(struct tf_arena *arena, const char *csv_path, const char *mapping_path,
                            const char *country, struct tf_series **ret, size_t *ret_n,
                            struct tf_err *reterr)
{
    struct tf_bytes mapping;
    struct reading r = {.arena = arena, .country = country};
    struct tf_sheet *sheet;
    TF_TRY(tf_file_read_text(arena, mapping_path, MAX_MAPPING, &mapping, reterr));
    TF_TRY(tf_mapping_parse(arena, mapping_path, mapping.data, mapping.n, &r.m, reterr));
    TF_TRY(tf_sheet_read(arena, csv_path, &sheet, reterr));
    r.s = sheet;
    return read_series(&r, ret, ret_n, reterr);
}
