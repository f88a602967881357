/* Series into figures: rows are breakdowns, columns are periods.
 *
 * An empty cell of a source is never a zero: it keeps its typed reason and prints it. Where the unit
 * of count is a person (victim, suspect, offender), counts in the policy's hidden range are withheld
 * and the parts of a partition are guarded against subtraction, period by period. Reports, cases and
 * contacts are not persons and are shown as they are.
 *
 * A series leaves the vault only with `handling: public` (threats: the owner's word is needed for
 * anything above it): another one is refused by name. */
#include <math.h>
#include <string.h>

#include "protect/inside.h"

static bool counts_persons(const char *unit)
{
    static const char *const persons[] = {"victim", "suspect", "offender", "person", "child"};
    for (size_t k = 0; unit != NULL && k < sizeof persons / sizeof persons[0]; k++)
        if (strncmp(unit, persons[k], strlen(persons[k])) == 0)
            return true;
    return false;
}

static const char *trace_of(struct tf_making *m, const struct tf_series *s)
{
    struct tf_buf b = {.arena = m->arena};
    const char *file = NULL, *mapping = NULL;
    for (size_t k = 0; k < m->study->n_series; k++)
        if (strcmp(m->study->series[k].id, s->id) == 0) {
            file = tf_replace(m->arena, m->study->series[k].file, "{country}", m->country->code);
            mapping = tf_replace(m->arena, m->study->series[k].mapping, "{country}", m->country->code);
        }
    tf_json_open(&b);
    tf_json_text(&b, "series", s->id);
    tf_json_text(&b, "source", s->source);
    tf_json_text(&b, "unit", s->unit);
    tf_json_text(&b, "counting_rule", s->counting_rule);
    tf_json_text(&b, "location_basis", s->location_basis);
    tf_json_text(&b, "vintage", s->vintage);
    tf_json_text(&b, "caveat", s->caveat);
    tf_json_text(&b, "grade_scheme", s->grade_scheme);
    tf_json_text(&b, "grade", s->grade);
    tf_json_text(&b, "handling", s->handling);
    tf_json_text(&b, "purpose", s->purpose);
    tf_json_text(&b, "review_by", s->review_by);
    tf_json_text(&b, "definition", s->definition);
    tf_json_text(&b, "evidence", s->evidence);
    tf_json_text(&b, "hash", s->hash);
    tf_json_text(&b, "file", file);
    tf_json_text(&b, "mapping", mapping);
    tf_json_close(&b);
    return tf_buf_text(&b);
}

/* "offence=x;sex=y" -> "offence-x-sex-y"; the whole is "total". */
static const char *row_id(struct tf_arena *a, const char *breakdown)
{
    return tf_is_blank(breakdown) ? "total" : tf_slug(a, breakdown);
}

/* "offence=Grooming;sex=f" -> "Grooming, f". */
static const char *row_label(struct tf_arena *a, const char *breakdown)
{
    struct tf_buf b = {.arena = a};
    char **part;
    if (tf_is_blank(breakdown))
        return "Total";
    const size_t n = tf_split(a, breakdown, ';', &part);
    for (size_t k = 0; k < n; k++) {
        const char *eq = strchr(part[k], '=');
        tf_buf_printf(&b, "%s%s", k > 0 ? ", " : "", eq != NULL ? eq + 1 : part[k]);
    }
    return tf_buf_text(&b);
}

/* The keys of a breakdown: "offence;sex". Rows with equal keys are parts of one whole. */
static const char *row_keys(struct tf_arena *a, const char *breakdown)
{
    struct tf_buf b = {.arena = a};
    char **part;
    const size_t n = tf_is_blank(breakdown) ? 0 : tf_split(a, breakdown, ';', &part);
    for (size_t k = 0; k < n; k++)
        tf_buf_printf(&b, "%.*s;", (int)strcspn(part[k], "="), part[k]);
    return tf_buf_text(&b);
}

struct grid { /* rows by periods of one series */
    const char **row, **col; /* breakdowns, periods */
    size_t n_rows, n_cols;
};

static size_t place(struct tf_arena *a, const char ***list, size_t *n, size_t *cap, const char *s)
{
    for (size_t k = 0; k < *n; k++)
        if (strcmp((*list)[k], s) == 0)
            return k;
    *list = tf_grow(a, *list, *n, cap, sizeof **list);
    (*list)[*n] = s;
    return (*n)++;
}

static struct grid lay_out(struct tf_arena *a, const struct tf_series *s)
{
    struct grid g = {0};
    size_t cap_rows = 0, cap_cols = 0;
    for (size_t k = 0; k < s->n_obs; k++) /* the whole stands first */
        if (tf_is_blank(s->obs[k].breakdown))
            (void)place(a, &g.row, &g.n_rows, &cap_rows, "");
    for (size_t k = 0; k < s->n_obs; k++) {
        const struct tf_obs *o = &s->obs[k];
        (void)place(a, &g.row, &g.n_rows, &cap_rows, tf_is_blank(o->breakdown) ? "" : o->breakdown);
        (void)place(a, &g.col, &g.n_cols, &cap_cols, o->period);
    }
    for (size_t k = 1; k < g.n_cols; k++) /* periods in order of time, which is order of text */
        for (size_t j = k; j > 0 && strcmp(g.col[j - 1], g.col[j]) > 0; j--) {
            const char *t = g.col[j];
            g.col[j] = g.col[j - 1];
            g.col[j - 1] = t;
        }
    return g;
}

static const struct tf_obs *observation(const struct tf_series *s, const char *row, const char *col)
{
    for (size_t k = 0; k < s->n_obs; k++)
        if (strcmp(s->obs[k].period, col) == 0 &&
            strcmp(tf_is_blank(s->obs[k].breakdown) ? "" : s->obs[k].breakdown, row) == 0)
            return &s->obs[k];
    return NULL;
}

static void fill(struct tf_making *m, struct tf_figure *f, struct tf_cell *c, const struct tf_obs *o)
{
    tf_cell_blank(c);
    c->state = TF_CELL_NA;
    if (o == NULL) {
        c->text = "no entry in the source";
        return;
    }
    if (tf_streq(o->status, "provisional"))
        c->flags |= TF_PROVISIONAL;
    if (o->missing != TF_PRESENT || isnan(o->value)) {
        c->state = TF_CELL_MISSING;
        c->text = tf_miss_plain(o->missing == TF_PRESENT ? TF_MISS_SYSTEM : o->missing);
        return;
    }
    c->state = f->sensitive && m->policy->hide_from > 0 && o->value >= m->policy->hide_from &&
                       o->value <= m->policy->hide_to
                   ? TF_CELL_SUPPRESSED
                   : TF_CELL_SHOWN;
    c->value = o->value;
}

/* The parts of each whole, period by period, as lines for the complement rule. */
static void guard_parts(struct tf_making *m, const struct tf_series *s, const struct grid *g,
                        struct tf_figure *f)
{
    struct tf_arena *a = m->arena;
    struct tf_fact_cell *fact = TF_NEW_N(a, struct tf_fact_cell, f->n_cells + 1);
    struct tf_line *line = TF_NEW_N(a, struct tf_line, f->n_cells + 1);
    const char **keys = TF_NEW_N(a, const char *, g->n_rows + 1);
    size_t n_lines = 0;
    const bool whole = g->n_rows > 0 && g->row[0][0] == '\0';
    for (size_t k = 0; k < f->n_cells; k++)
        fact[k] = (struct tf_fact_cell){.cell = &f->cell[k], .n = f->cell[k].value};
    for (size_t r = 0; r < g->n_rows; r++)
        keys[r] = row_keys(a, g->row[r]);
    for (size_t r = 1; whole && !tf_streq(s->partition, "multi_response") && r < g->n_rows; r++) {
        bool first = true;
        for (size_t q = 1; q < r; q++)
            first = first && strcmp(keys[q], keys[r]) != 0;
        for (size_t c = 0; first && c < g->n_cols; c++) {
            struct tf_line *l = &line[n_lines];
            *l = (struct tf_line){.at = TF_NEW_N(a, size_t, g->n_rows), .has_whole = true};
            l->at[l->n++] = c;
            for (size_t q = r; q < g->n_rows; q++)
                if (strcmp(keys[q], keys[r]) == 0 &&
                    f->cell[q * g->n_cols + c].state != TF_CELL_NA)
                    l->at[l->n++] = q * g->n_cols + c;
            n_lines += l->n > 1;
        }
    }
    (void)tf_secondary(a, fact, f->n_cells, line, n_lines);
}

static void make_one(struct tf_making *m, const struct tf_series *s)
{
    struct tf_arena *a = m->arena;
    const struct grid g = lay_out(a, s);
    struct tf_figure *f = tf_making_figure(m, s->id, s->title, TF_FIG_SERIES, TF_THREATS);
    f->unit = s->unit;
    f->source = s->source;
    f->caveat = s->caveat;
    f->vintage = s->vintage;
    f->indicator = s->indicator;
    f->sensitive = counts_persons(s->unit);
    f->trace = trace_of(m, s);
    f->n_cells = g.n_rows * g.n_cols;
    f->cell = TF_NEW_N(a, struct tf_cell, f->n_cells + 1);
    for (size_t r = 0; r < g.n_rows; r++)
        for (size_t c = 0; c < g.n_cols; c++) {
            struct tf_cell *cell = &f->cell[r * g.n_cols + c];
            cell->row = row_id(a, g.row[r]);
            cell->row_label = row_label(a, g.row[r]);
            cell->col = cell->col_label = g.col[c];
            fill(m, f, cell, observation(s, g.row[r], g.col[c]));
            f->flags |= cell->flags;
        }
    if (f->sensitive)
        guard_parts(m, s, &g, f);
    for (size_t k = 0; k < f->n_cells; k++)
        if (f->cell[k].state == TF_CELL_SUPPRESSED)
            tf_cell_blank(&f->cell[k]);
}

static enum tf_code refuse(const struct tf_making *m, const struct tf_series *s,
                           struct tf_err *reterr)
{
    for (size_t k = 0; k < m->study->n_series; k++)
        if (strcmp(m->study->series[k].id, s->id) == 0)
            (void)tf_fail_at(reterr, TF_E_REFUSED, m->study->series[k].at.file,
                             m->study->series[k].at.line, m->study->series[k].at.column,
                             "series '%s' may not be released", s->id);
    (void)tf_fact(reterr, "Its handling is '%s'; only 'public' leaves the vault (owner: %s).",
                  s->handling != NULL ? s->handling : "not stated",
                  s->source != NULL ? s->source : "not stated");
    return tf_help(reterr, "Get the owner's permission and write `handling: public` in its mapping, or "
                           "take the series out of study.yaml.");
}

static bool declared(const struct tf_study *study, const char *id, const char *country)
{
    for (size_t k = 0; k < study->n_series; k++) {
        const struct tf_series_source *x = &study->series[k];
        if (strcmp(x->id, id) == 0 && tf_country_in(x->country, x->n_countries, country))
            return true;
    }
    return false;
}

enum tf_code tf_make_series(struct tf_making *m, struct tf_err *reterr)
{
    struct tf_evidence *e;
    struct tf_counts *counts;
    struct tf_series *s;
    size_t n, n_series = 0;
    TF_TRY(tf_evidence_list(m->arena, tf_keep_register(m->keep), m->country->code, &e, &n, reterr));
    for (size_t k = 0; k < n; k++)
        n_series += strcmp(e[k].kind, "series") == 0;
    if (n_series == 0)
        return TF_OK; /* no counts were put in for this country */
    TF_TRY(tf_counts_open(m->arena, m->study->dir, m->country->code, false, &counts, reterr));
    TF_TRY(tf_counts_all(m->arena, counts, &s, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        if (!declared(m->study, s[k].id, m->country->code))
            continue;
        if (s[k].handling == NULL || tf_casecmp(s[k].handling, "public") != 0)
            return refuse(m, &s[k], reterr);
        make_one(m, &s[k]);
    }
    return TF_OK;
}
