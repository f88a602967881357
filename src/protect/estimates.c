/* Estimates into figures: the policy on every cell, then the complement rule over all of them.
 *
 * All figures of a country are decided together, because the same fact may stand in several: a cell
 * hidden in one table and printed in another is not hidden. The lines that add up are
 *
 *     a row over the categories of one banner      total = boys + girls
 *     a column over the categories of one question  base = never + once + often
 *
 * (where the base is known, because the other categories print it). Only then are cells blanked and
 * contrasts kept: those between two shown cells. */
#include <math.h>
#include <string.h>

#include "protect/inside.h"

struct work { /* all cells of all estimate figures of the country, side by side */
    struct tf_making *m;
    const struct tf_measured *all;
    size_t n_all;
    struct tf_fact_cell *fact;
    size_t n_facts, cap_facts;
    struct tf_line *line;
    size_t n_lines, cap_lines;
    size_t *spare; /* room of a line that was not kept */
    size_t cap_spare;
};

static const char *unit_of(const struct tf_measured *x)
{
    return tf_streq(x->stat, "prop") ? "share" : x->stat;
}

static enum tf_strand strand_of(const char *word)
{
    for (int k = 0; k < 3; k++)
        if (tf_streq(word, tf_strand_name((enum tf_strand)k)))
            return (enum tf_strand)k;
    return TF_CHILDREN;
}

static const char *trace_of(struct tf_arena *a, const struct tf_measured *x)
{
    struct tf_buf b = {.arena = a};
    tf_json_open(&b);
    tf_json_text(&b, "dataset", x->dataset);
    tf_json_text(&b, "dataset_evidence", x->dataset_evidence);
    tf_json_text(&b, "dataset_hash", x->dataset_hash);
    tf_json_number(&b, "n", (double)x->n_rows_data);
    tf_json_number(&b, "psu", (double)x->n_psu);
    tf_json_number(&b, "strata", (double)x->n_strata);
    tf_json_text(&b, "design", x->design_text);
    tf_json_text(&b, "stat", x->stat);
    tf_json_text(&b, "ci", x->ci);
    tf_json_text(&b, "recipe", x->recipe_file);
    tf_json_text(&b, "recipe_evidence", x->recipe_evidence);
    tf_json_text(&b, "recipe_hash", x->recipe_hash);
    tf_json_text(&b, "indicator", x->indicator);
    tf_json_text(&b, "indicator_version", x->indicator_version);
    tf_json_close(&b);
    return tf_buf_text(&b);
}

/* Is the row about a sensitive variable or indicator, or the figure as a whole? */
static bool row_sensitive(const struct tf_making *m, const struct tf_measured *x,
                          const struct tf_measured_cell *c)
{
    const struct tf_dataset *d = tf_study_dataset(m->study, x->dataset);
    const struct tf_indicator *i = tf_study_indicator(m->study, c->row);
    return x->sensitive || (i != NULL && i->sensitive) ||
           (d != NULL && c->e.var != NULL && tf_dataset_sensitive(d, c->e.var));
}

/* The numbers that a state lets through. */
static void fill_cell(struct tf_cell *c, const struct tf_measured *x, const struct tf_estimate *e)
{
    const double n = (double)e->n, base = (double)e->base;
    c->n = n;
    c->base = base;
    c->psu = (double)e->psu;
    if (c->state == TF_CELL_COUNT) {
        c->value = tf_streq(x->stat, "prop") ? n / base
                   : tf_streq(x->stat, "count") ? n : e->estimate;
    } else if (c->state == TF_CELL_SHOWN || c->state == TF_CELL_FLAGGED) {
        c->value = e->estimate;
        c->lo = e->lo;
        c->hi = e->hi;
        c->se = e->se;
        c->df = e->df;
        c->deff = e->deff;
    }
}

/* How many cases say yes. A proportion knows it; a total or a mean of yes and no gives it away: it
 * is taken from the proportion of the same question, column and base where a figure has one, else
 * told from the estimate (share times base). */
static double numerator(const struct work *w, const struct tf_measured *x,
                        const struct tf_measured_cell *c)
{
    const struct tf_estimate *e = &c->e;
    if (tf_streq(x->stat, "prop") || tf_streq(x->stat, "count"))
        return (double)e->n;
    for (size_t k = 0; k < w->n_all; k++) {
        const struct tf_measured *o = &w->all[k];
        if (!tf_streq(o->stat, "prop") || !tf_streq(o->dataset, x->dataset))
            continue;
        for (size_t j = 0; j < o->n_cells; j++)
            if (tf_streq(o->cell[j].e.var, e->var) && tf_streq(o->cell[j].row, c->row) &&
                tf_streq(o->cell[j].col, c->col) && o->cell[j].e.base == e->base)
                return (double)o->cell[j].e.n;
    }
    const double share = tf_streq(x->stat, "mean") ? e->estimate : e->estimate / e->base_weighted;
    return share >= 0 && share <= 1 ? round(share * (double)e->base) : (double)e->n;
}

static enum tf_cell_state state_of(const struct work *w, const struct tf_measured *x,
                                   const struct tf_measured_cell *c)
{
    const struct tf_making *m = w->m;
    const bool counted = tf_streq(x->stat, "count");
    const bool shares = tf_streq(x->stat, "prop") || counted;
    const struct tf_estimate *e = &c->e;
    const enum tf_cell_state s =
        tf_policy_state(m->policy, x->probability && !counted, row_sensitive(m, x, c),
                        numerator(w, x, c), (double)e->base, e->df);
    if (s != TF_CELL_COUNT || shares || !x->probability)
        return s;
    /* A mean or total on a small base is no "x of n": it stands in parentheses, if it can. */
    return isnan(e->df) || e->df <= 0 ? TF_CELL_UNRELIABLE : TF_CELL_FLAGGED;
}

static void make_cells(struct work *w, struct tf_figure *f, const struct tf_measured *x)
{
    struct tf_arena *a = w->m->arena;
    const struct tf_policy *p = w->m->policy;
    const int small = p->counts_below > p->flag_below ? p->counts_below : p->flag_below;
    f->cell = TF_NEW_N(a, struct tf_cell, x->n_cells + 1);
    f->n_cells = x->n_cells;
    for (size_t k = 0; k < x->n_cells; k++) {
        const struct tf_measured_cell *from = &x->cell[k];
        struct tf_cell *c = &f->cell[k];
        *c = (struct tf_cell){.row = from->row, .row_label = from->row_label, .col = from->col,
                              .col_label = from->col_label, .flags = from->e.flags};
        tf_cell_blank(c);
        c->state = state_of(w, x, from);
        f->sensitive = f->sensitive || row_sensitive(w->m, x, from);
        fill_cell(c, x, &from->e);
        if (c->base < small)
            c->flags |= TF_SMALL_BASE;
        w->fact = tf_grow(a, w->fact, w->n_facts, &w->cap_facts, sizeof *w->fact);
        w->fact[w->n_facts++] = (struct tf_fact_cell){
            .cell = c,
            .n = numerator(w, x, from),
            .same = tf_printf(a, "%s|%s|%s|%s|%s|%zu|%zu", x->dataset, x->stat,
                              from->e.var != NULL ? from->e.var : from->row,
                              from->e.category != NULL ? from->e.category : "", from->col,
                              from->e.base, from->e.n)};
    }
}

/* ---- the lines ---- */

static struct tf_line *new_line(struct work *w, size_t most)
{
    w->line = tf_grow(w->m->arena, w->line, w->n_lines, &w->cap_lines, sizeof *w->line);
    struct tf_line *l = &w->line[w->n_lines];
    if (w->spare == NULL || w->cap_spare < most) {
        w->spare = TF_NEW_N(w->m->arena, size_t, most + 1);
        w->cap_spare = most;
    }
    *l = (struct tf_line){.at = w->spare};
    return l;
}

static void keep_line(struct work *w)
{
    w->n_lines++;
    w->spare = NULL;
}

static size_t var_length(const char *col)
{
    const char *eq = strchr(col, '=');
    return eq == NULL ? 0 : (size_t)(eq - col);
}

/* The banner in the row of cell `first`, when that is the banner's first category: whole, then parts. */
static void banner_line(struct work *w, const struct tf_measured *x, size_t first, size_t offset)
{
    const struct tf_measured_cell *c = &x->cell[first];
    const size_t len = var_length(c->col);
    if (len == 0)
        return;
    struct tf_line *l = new_line(w, x->n_cells);
    for (size_t k = 0; k < x->n_cells && !l->has_whole; k++)
        if (strcmp(x->cell[k].row, c->row) == 0 && strcmp(x->cell[k].col, "total") == 0) {
            l->has_whole = true;
            l->at[l->n++] = offset + k;
        }
    for (size_t k = 0; k < x->n_cells; k++) {
        const struct tf_measured_cell *o = &x->cell[k];
        if (strcmp(o->row, c->row) != 0 || var_length(o->col) != len ||
            strncmp(o->col, c->col, len) != 0)
            continue;
        if (k < first)
            return; /* another cell began this line */
        l->at[l->n++] = offset + k;
    }
    if (l->has_whole && l->n > 2)
        keep_line(w);
}

/* The categories of one question in the column of cell `first`, when that is the first of them. */
static void question_line(struct work *w, const struct tf_measured *x, size_t first, size_t offset)
{
    const struct tf_measured_cell *c = &x->cell[first];
    if (c->e.category == NULL)
        return;
    struct tf_line *l = new_line(w, x->n_cells);
    for (size_t k = 0; k < x->n_cells; k++) {
        const struct tf_measured_cell *o = &x->cell[k];
        if (!tf_streq(o->e.var, c->e.var) || strcmp(o->col, c->col) != 0)
            continue;
        if (k < first)
            return;
        l->at[l->n++] = offset + k;
    }
    if (l->n > 1)
        keep_line(w);
}

/* ---- figures ---- */

static void make_flow_figure(struct tf_figure *f, struct tf_arena *a, const struct tf_measured *x)
{
    f->cell = TF_NEW_N(a, struct tf_cell, x->n_cells + 1);
    f->n_cells = x->n_cells;
    for (size_t k = 0; k < x->n_cells; k++) {
        const struct tf_measured_cell *from = &x->cell[k];
        struct tf_cell *c = &f->cell[k];
        *c = (struct tf_cell){.row = from->row, .row_label = from->row_label, .col = from->col,
                              .col_label = from->col_label, .flags = from->e.flags};
        tf_cell_blank(c);
        c->state = TF_CELL_SHOWN;
        c->n = c->value = from->e.n == 0 && from->e.estimate > 0 ? from->e.estimate
                                                                 : (double)from->e.n;
    }
}

static struct tf_figure *make_figure(struct tf_making *m, const struct tf_measured *x)
{
    const bool flow = tf_streq(x->stat, "flow");
    struct tf_figure *f = tf_making_figure(
        m, x->figure, x->title, flow ? TF_FIG_FLOW : x->probability ? TF_FIG_ESTIMATE : TF_FIG_COUNT,
        strand_of(x->strand));
    f->unit = flow ? "count" : unit_of(x);
    f->population = x->population;
    f->source = x->source;
    f->caveat = x->caveat;
    f->question = x->question;
    f->recall = x->recall;
    f->base_text = x->base_text;
    f->indicator = x->indicator;
    f->indicator_version = x->indicator_version;
    f->probability = x->probability;
    f->sensitive = x->sensitive;
    f->trace = trace_of(m->arena, x);
    f->flags |= x->flags | (x->probability ? 0U : (unsigned)TF_NON_PROBABILITY);
    return f;
}

static enum tf_cell_state state_in(const struct tf_figure *f, const char *row, const char *col)
{
    for (size_t k = 0; k < f->n_cells; k++)
        if (strcmp(f->cell[k].row, row) == 0 && strcmp(f->cell[k].col, col) == 0)
            return f->cell[k].state;
    return TF_CELL_NA;
}

static void finish_figure(struct tf_arena *a, struct tf_figure *f, const struct tf_measured *x)
{
    for (size_t k = 0; k < f->n_cells; k++)
        if (f->cell[k].state == TF_CELL_SUPPRESSED) {
            tf_cell_blank(&f->cell[k]);
            f->cell[k].flags = 0; /* "all of them", "none of them" would tell */
        }
    f->contrast = TF_NEW_N(a, struct tf_contrast, x->n_contrasts + 1);
    for (size_t k = 0; x->probability && k < x->n_contrasts; k++)
        if (state_in(f, x->contrast[k].row, x->contrast[k].col_a) == TF_CELL_SHOWN &&
            state_in(f, x->contrast[k].row, x->contrast[k].col_b) == TF_CELL_SHOWN)
            f->contrast[f->n_contrasts++] = x->contrast[k];
}

void tf_make_measured(struct tf_making *m, const struct tf_measured *x, size_t n)
{
    struct work w = {.m = m, .all = x, .n_all = n};
    const size_t first = m->release.n_figures;
    for (size_t k = 0; k < n; k++) {
        struct tf_figure *f = make_figure(m, &x[k]);
        const size_t offset = w.n_facts;
        if (f->kind == TF_FIG_FLOW) {
            make_flow_figure(f, m->arena, &x[k]);
            continue;
        }
        make_cells(&w, f, &x[k]);
        for (size_t j = 0; j < x[k].n_cells; j++) {
            banner_line(&w, &x[k], j, offset);
            question_line(&w, &x[k], j, offset);
        }
    }
    (void)tf_secondary(m->arena, w.fact, w.n_facts, w.line, w.n_lines);
    for (size_t k = 0; k < n; k++)
        if (m->release.figure[first + k].kind != TF_FIG_FLOW)
            finish_figure(m->arena, &m->release.figure[first + k], &x[k]);
}

enum tf_code tf_make_estimates(struct tf_making *m, struct tf_err *reterr)
{
    struct tf_measured *x;
    size_t n;
    TF_TRY(tf_measured_load(m->arena, m->keep, m->country->code, &x, &n, reterr));
    tf_make_measured(m, x, n);
    return TF_OK;
}
