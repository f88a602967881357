/* Tables from released figures.
 *
 * One form for all: rows down, columns across, a second head above banners (Sex | Age | Area), the
 * total last as "All (95 % CI)", and the unweighted base at the foot. What is not shown is marked as
 * the Government Analysis Function asks: [c] confidential, [u] unreliable, [x] not available, [z] not
 * applicable; a mark is explained under the table that uses it. Whole percentages; one decimal
 * where the base is 400 or more, for the total in annexes and wherever a table asks for it. */
#include <math.h>
#include <string.h>

#include "tell/build.h"

enum { ONE_DECIMAL_FROM = 400 }; /* below, the interval is wider than the decimal is fine */

struct tf_doc_table *tf_table_plain(struct tf_build *b, size_t n_rows, size_t n_cols)
{
    struct tf_doc_table *t = TF_NEW(b->arena, struct tf_doc_table);
    t->n_rows = n_rows;
    t->n_cols = n_cols;
    t->cell = TF_NEW_N(b->arena, struct tf_table_cell, n_rows * n_cols + 1);
    for (size_t k = 0; k < n_rows * n_cols; k++)
        t->cell[k] = (struct tf_table_cell){.colspan = 1, .rowspan = 1, .align = 'l'};
    return t;
}

void tf_table_set(struct tf_build *b, struct tf_doc_table *t, size_t row, size_t col,
                  const char *text)
{
    struct tf_inline **in = &t->cell[row * t->n_cols + col].inlines;
    while (*in != NULL)
        in = &(*in)->next;
    (void)tf_inline_add(b->arena, &in, TF_I_TEXT, text);
    t->cell[row * t->n_cols + col].head = row < t->n_head || (t->row_heads && col == 0);
}

void tf_table_keep(struct tf_build *b, struct tf_doc_table *t, const struct tf_figure *f)
{
    t->csv = tf_printf(b->arena, "%s.csv", tf_slug(b->arena, f->id));
    const size_t n = b->n_tables;
    b->table = tf_grow(b->arena, b->table, n, &b->cap_tables, sizeof *b->table);
    b->table_figure = tf_grow(b->arena, b->table_figure, n, &b->cap_table_figures,
                              sizeof *b->table_figure);
    b->table[n] = t;
    b->table_figure[n] = f;
    b->n_tables++;
}

/* ---- rows and columns of a figure ---- */
const char *tf_label_shown(struct tf_build *b, const char *label, const char *id)
{
    if (tf_is_blank(label) || (id != NULL && strcmp(label, id) == 0))
        return id;
    char *copy = tf_strdup(b->arena, label);
    if (*copy >= 'a' && *copy <= 'z')
        *copy = (char)(*copy - 'a' + 'A');
    return copy;
}

struct names {
    const char **id, **label;
    size_t n;
};

static bool listed(struct tf_build *b, const char *list, const char *name)
{
    char **word;
    if (list == NULL)
        return true;
    const size_t n = tf_split(b->arena, list, ',', &word);
    for (size_t k = 0; k < n; k++) {
        const size_t len = strlen(word[k]); /* "sex" asks for the whole banner, "b1" for b1.1 … */
        if (strncmp(word[k], name, len) == 0 &&
            (name[len] == '\0' || name[len] == '=' || name[len] == '.'))
            return true;
    }
    return false;
}

static struct names names_of(struct tf_build *b, const struct tf_figure *f, bool columns,
                             const char *list)
{
    struct names out = {.id = TF_NEW_N(b->arena, const char *, f->n_cells + 1),
                        .label = TF_NEW_N(b->arena, const char *, f->n_cells + 1)};
    for (size_t k = 0; k < f->n_cells; k++) {
        const struct tf_cell *c = &f->cell[k];
        const char *id = columns ? (c->col == NULL ? "total" : c->col) : c->row;
        const char *label = columns ? c->col_label : c->row_label;
        bool seen = !listed(b, list, id);
        for (size_t j = 0; !seen && j < out.n; j++)
            seen = strcmp(out.id[j], id) == 0;
        if (seen)
            continue;
        out.id[out.n] = id;
        out.label[out.n++] = tf_label_shown(b, label, id);
    }
    if (!columns && out.n == 1 && strcmp(out.label[0], out.id[0]) == 0 && f->title != NULL)
        out.label[0] = f->title; /* a lone row without a label is what the figure is */
    return out;
}

/* "sex=2" belongs to the banner "Sex". */
static const char *banner_of(struct tf_build *b, const char *col)
{
    static const struct {
        const char *var, *shown;
    } known[] = {{"agegrp", "Age"}, {"age", "Age"}, {"age_group", "Age"}, {"child_age", "Age"}};
    const char *eq = strchr(col, '=');
    if (eq == NULL)
        return NULL;
    char *var = tf_strndup(b->arena, col, (size_t)(eq - col));
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(var, known[k].var) == 0)
            return known[k].shown;
    for (char *p = var; *p != '\0'; p++)
        if (*p == '_')
            *p = ' ';
    if (*var >= 'a' && *var <= 'z')
        *var = (char)(*var - 'a' + 'A');
    return var;
}

static const struct tf_cell *cell_of(const struct tf_figure *f, const char *row, const char *col)
{
    for (size_t k = 0; k < f->n_cells; k++)
        if (strcmp(f->cell[k].row, row) == 0 &&
            strcmp(f->cell[k].col == NULL ? "total" : f->cell[k].col, col) == 0)
            return &f->cell[k];
    return NULL;
}

static bool is_share(const struct tf_figure *f)
{
    return f->unit == NULL || strcmp(f->unit, "share") == 0 || strcmp(f->unit, "prop") == 0;
}

static const char *interval_of(struct tf_build *b, const struct tf_figure *f,
                               const struct tf_cell *c, int decimals)
{
    const int places = is_share(f) ? decimals : tf_streq(f->unit, "mean") ? 1 : 0;
    struct tf_buf out = {.arena = b->arena};
    for (int k = 0; k < 2; k++) {
        const double x = k == 0 ? c->lo : c->hi;
        if (is_share(f))
            tf_show_points(&out, x, places, b->lang);
        else
            tf_show_number(&out, x, places, b->lang);
        if (k == 0)
            tf_buf_add(&out, TF_NDASH);
    }
    return out.s;
}

/* Does any cell of it carry an interval? Counts of interviews, or of small bases alone, do not. */
static bool has_intervals(const struct tf_figure *f)
{
    for (size_t k = 0; f->kind == TF_FIG_ESTIMATE && k < f->n_cells; k++)
        if (f->cell[k].state == TF_CELL_SHOWN || f->cell[k].state == TF_CELL_FLAGGED)
            return true;
    return false;
}

/* A cell as a table prints it: percent signs stand in the head, not in each cell. */
static const char *shown(struct tf_build *b, const struct tf_figure *f, const struct tf_cell *c,
                         int decimals, bool interval)
{
    struct tf_buf out = {.arena = b->arena};
    if (c == NULL)
        return "[z]";
    if (c->state == TF_CELL_MISSING)
        return tf_is_blank(c->text) ? "[x]" : c->text;
    if (tf_show_mark(c) != NULL)
        return tf_show_mark(c);
    if (f->kind != TF_FIG_ESTIMATE || c->state == TF_CELL_COUNT || c->state == TF_CELL_TEXT)
        return tf_show_cell(b->arena, f, c, NULL, b->lang);
    if (c->state == TF_CELL_FLAGGED)
        tf_buf_char(&out, '(');
    if (is_share(f) && decimals == 0 && c->value > 0 && c->value < 0.005)
        tf_buf_add(&out, "<1"); /* some, so not nothing */
    else if (is_share(f))
        tf_show_points(&out, c->value, decimals, b->lang);
    else
        tf_show_number(&out, c->value, tf_streq(f->unit, "mean") ? 1 : 0, b->lang);
    if (c->state == TF_CELL_FLAGGED)
        tf_buf_char(&out, ')');
    if (interval && !isnan(c->lo))
        tf_buf_printf(&out, " (%s)", interval_of(b, f, c, decimals));
    return out.s;
}

/* In the annex the interval stands below its value. */
static void below(struct tf_build *b, struct tf_doc_table *t, const struct tf_figure *f,
                  const struct tf_cell *c, size_t row, size_t col, int decimals)
{
    if (c == NULL || f->kind != TF_FIG_ESTIMATE || tf_show_mark(c) != NULL || isnan(c->lo) ||
        (c->state != TF_CELL_SHOWN && c->state != TF_CELL_FLAGGED))
        return;
    struct tf_inline **in = &t->cell[row * t->n_cols + col].inlines;
    while (*in != NULL)
        in = &(*in)->next;
    (void)tf_inline_add(b->arena, &in, TF_I_BREAK, NULL);
    (void)tf_inline_add(b->arena, &in, TF_I_TEXT,
                        tf_printf(b->arena, "(%s)", interval_of(b, f, c, decimals)));
}

/* The bases of a column: one number, or a range when routing makes them differ. */
static const char *base_of(struct tf_build *b, const struct tf_figure *f, const struct names *rows,
                           const char *col)
{
    double lo = HUGE_VAL, hi = -HUGE_VAL;
    for (size_t k = 0; k < rows->n; k++) {
        const struct tf_cell *c = cell_of(f, rows->id[k], col);
        if (c == NULL || isnan(c->base) || tf_show_mark(c) != NULL)
            continue;
        lo = fmin(lo, c->base);
        hi = fmax(hi, c->base);
    }
    struct tf_buf out = {.arena = b->arena};
    if (hi < lo)
        return "[c]";
    tf_buf_grouped(&out, lo);
    if (hi > lo) {
        tf_buf_add(&out, TF_NDASH);
        tf_buf_grouped(&out, hi);
    }
    return out.s;
}

/* The marks and reasons used, explained, and the source line. */
static const char *foot(struct tf_build *b, const struct tf_figure *f, const struct tf_doc_table *t)
{
    static const struct {
        const char *mark, *means;
    } marks[] = {{"[c]", "withheld to protect children"},
                 {"[u]", "too few sampling units to be estimated"},
                 {"[x]", "not available"},
                 {"[z]", "not applicable"}};
    struct tf_buf out = {.arena = b->arena}, all = {.arena = b->arena};
    for (size_t k = 0; k < t->n_rows * t->n_cols; k++)
        tf_inline_text(t->cell[k].inlines, &all);
    if (!tf_is_blank(f->source))
        tf_buf_printf(&out, "%s%s", f->source, tf_ends(f->source, ".") ? "" : ".");
    if (has_intervals(f))
        tf_buf_printf(&out, "%sWeighted; 95" TF_NBSP "%% intervals.", out.n == 0 ? "" : " ");
    else if (f->kind == TF_FIG_ESTIMATE && f->probability)
        tf_buf_printf(&out, "%sUnweighted counts.", out.n == 0 ? "" : " ");
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        if (strstr(tf_buf_text(&all), marks[k].mark) != NULL)
            tf_buf_printf(&out, " %s %s.", marks[k].mark, marks[k].means);
    if (!tf_is_blank(f->caveat))
        tf_buf_printf(&out, "%s%s%s", out.n == 0 ? "" : " ", f->caveat,
                      tf_ends(f->caveat, ".") ? "" : ".");
    if (f->kind == TF_FIG_SERIES && !tf_is_blank(f->vintage))
        tf_buf_printf(&out, " As of %s.", f->vintage);
    return tf_strdup(b->arena, tf_buf_text(&out));
}

static const char *subtitle_of(struct tf_build *b, const struct tf_figure *f)
{
    struct tf_buf out = {.arena = b->arena};
    if (f->kind == TF_FIG_GRID || f->kind == TF_FIG_FLOW)
        return tf_is_blank(f->population) ? NULL : tf_label_shown(b, f->population, NULL);
    const bool percent = f->kind == TF_FIG_ESTIMATE && is_share(f) && has_intervals(f);
    if (percent)
        tf_buf_add(&out, "Per cent");
    else if (f->kind == TF_FIG_COUNT || (f->kind == TF_FIG_ESTIMATE && !has_intervals(f)))
        tf_buf_add(&out, "Counts, out of those who answered");
    else if (tf_streq(f->unit, "mean"))
        tf_buf_add(&out, "Mean");
    else if (f->kind == TF_FIG_SERIES)
        tf_buf_printf(&out, "Number of %s%s", f->unit == NULL ? "report" : f->unit,
                      f->unit != NULL && tf_ends(f->unit, "s") ? "" : "s");
    if (!tf_is_blank(f->population))
        tf_buf_printf(&out, "%s%s", out.n == 0 ? "" : " of ", f->population);
    if (!tf_is_blank(f->recall))
        tf_buf_printf(&out, ", %s", f->recall);
    return tf_strdup(b->arena, tf_buf_text(&out));
}

/* Heads: banners over columns, or one row when there is no banner. Columns in reading order:
 * banners first, the total last. */
static void heads(struct tf_build *b, const struct tf_figure *f, struct tf_doc_table *t,
                  const struct names *cols, const size_t *order)
{
    const bool estimate = f->kind == TF_FIG_ESTIMATE;
    for (size_t j = 0; j < cols->n; j++) {
        const char *id = cols->id[order[j]], *label = cols->label[order[j]];
        if (strcmp(id, "total") == 0)
            label = estimate && !has_intervals(f) ? "All" : estimate ? "All (95" TF_NBSP "%" TF_NBSP "CI)"
                    : f->kind == TF_FIG_COUNT ? "All"
                    : f->kind == TF_FIG_SERIES ? "Number" : "Count";
        if (strcmp(id, "total") == 0 && f->kind == TF_FIG_GRID)
            label = f->n_cells > 0 && f->cell[0].state == TF_CELL_TEXT ? "Finding" : "Count";
        tf_table_set(b, t, t->n_head - 1, j + 1, label);
        t->cell[(t->n_head - 1) * t->n_cols + j + 1].align = f->kind == TF_FIG_GRID ? 'l' : 'r';
    }
    tf_table_set(b, t, t->n_head - 1, 0, f->kind == TF_FIG_FLOW   ? "Stage"
                                         : f->kind == TF_FIG_GRID ? "Item"
                                         : estimate && is_share(f) && has_intervals(f) ? "Per cent" : "Answer");
    if (f->kind == TF_FIG_SERIES)
        t->cell[(t->n_head - 1) * t->n_cols].inlines->text = "Series";
    if (t->n_head == 1)
        return;
    t->cell[0].head = true;
    for (size_t j = 0; j < cols->n;) {
        const char *banner = banner_of(b, cols->id[order[j]]);
        size_t to = j + 1;
        while (banner != NULL && to < cols->n && banner_of(b, cols->id[order[to]]) != NULL &&
               strcmp(banner_of(b, cols->id[order[to]]), banner) == 0)
            to++;
        struct tf_table_cell *cell = &t->cell[j + 1];
        cell->head = true;
        if (banner != NULL)
            tf_table_set(b, t, 0, j + 1, banner);
        cell->align = 'c';
        cell->colspan = (unsigned short)(to - j);
        for (size_t k = j + 1; k < to; k++)
            t->cell[k + 1].colspan = 0;
        j = to;
    }
}

struct tf_doc_table *tf_table_of_figure(struct tf_build *b, const struct tf_figure *f,
                                        const struct tf_table_want *want)
{
    const struct names rows = names_of(b, f, false, want->rows);
    const struct names cols = names_of(b, f, true, want->cols);
    size_t *order = TF_NEW_N(b->arena, size_t, cols.n + 1), n = 0;
    bool banners = false;
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < cols.n; k++)
            if ((strcmp(cols.id[k], "total") == 0) == (pass == 1))
                order[n++] = k;
    for (size_t k = 0; k < cols.n; k++)
        banners = banners || banner_of(b, cols.id[k]) != NULL;
    const bool base = f->kind == TF_FIG_ESTIMATE;
    const size_t n_head = banners ? 2 : 1;
    struct tf_doc_table *t = tf_table_plain(b, n_head + rows.n + (base ? 1 : 0), cols.n + 1);
    double *width = TF_NEW_N(b->arena, double, cols.n + 1);
    t->id = want->id;
    t->n_head = n_head;
    t->row_heads = true;
    t->wide = cols.n > 13;
    struct tf_inline **caption = &t->caption;
    (void)tf_inline_add(b->arena, &caption, TF_I_TEXT, want->title == NULL ? f->id : want->title);
    t->subtitle = subtitle_of(b, f);
    heads(b, f, t, &cols, order);
    for (size_t i = 0; i < rows.n; i++) {
        tf_table_set(b, t, n_head + i, 0, rows.label[i]);
        for (size_t j = 0; j < cols.n; j++) {
            const struct tf_cell *c = cell_of(f, rows.id[i], cols.id[order[j]]);
            const bool total = strcmp(cols.id[order[j]], "total") == 0;
            const bool asked = want->decimal || (want->annex && total);
            const int decimals = asked && c != NULL && c->base >= ONE_DECIMAL_FROM ? 1 : 0;
            tf_table_set(b, t, n_head + i, j + 1,
                         shown(b, f, c, decimals, total && !want->annex));
            if (want->annex)
                below(b, t, f, c, n_head + i, j + 1, decimals);
            const bool words = f->kind == TF_FIG_GRID && c != NULL && c->state == TF_CELL_TEXT;
            t->cell[(n_head + i) * t->n_cols + j + 1].align = words ? 'l' : 'r';
        }
    }
    for (size_t j = 0; base && j <= cols.n; j++) {
        tf_table_set(b, t, n_head + rows.n, j,
                     j == 0 ? "Unweighted base" : base_of(b, f, &rows, cols.id[order[j - 1]]));
        t->cell[(n_head + rows.n) * t->n_cols + j].align = j == 0 ? 'l' : 'r';
    }
    for (size_t j = 0; j <= cols.n; j++)
        width[j] = f->kind == TF_FIG_GRID ? (j == 0 ? 3 : 4) : j == 0 ? 4.2 : want->annex ? 1.4 : 1.25;
    if (cols.n > 0 && base && strcmp(cols.id[order[cols.n - 1]], "total") == 0)
        width[cols.n] = want->decimal ? 3.8 : 2.1;
    t->width = width;
    t->source = foot(b, f, t);
    return t;
}

/* The data behind a chart, as drawn: rows by series. */
struct tf_doc_table *tf_table_of_chart(struct tf_build *b, const struct tf_chart *c)
{
    const bool intervals = c->form == TF_CHART_BAR || c->form == TF_CHART_DOT;
    struct tf_doc_table *t = tf_table_plain(b, c->n_rows + 1, c->n_series + 1);
    t->id = tf_printf(b->arena, "data-%s", c->id);
    t->n_head = 1;
    t->row_heads = true;
    struct tf_inline **caption = &t->caption;
    (void)tf_inline_add(b->arena, &caption, TF_I_TEXT, c->title);
    t->subtitle = c->subtitle;
    tf_table_set(b, t, 0, 0, c->form == TF_CHART_LINE ? "Period" : "Category");
    for (size_t s = 0; s < c->n_series; s++) {
        const char *name = c->series[s];
        tf_table_set(b, t, 0, s + 1,
                     name != NULL ? name : c->percent ? "Per cent" : c->unit == NULL ? "Number"
                                                                                     : c->unit);
        t->cell[s + 1].align = 'r';
    }
    for (size_t r = 0; r < c->n_rows; r++) {
        tf_table_set(b, t, r + 1, 0, c->row[r]);
        for (size_t s = 0; s < c->n_series; s++) {
            const struct tf_mark *m = &c->mark[r * c->n_series + s];
            struct tf_buf text = {.arena = b->arena};
            tf_buf_add(&text, m->label == NULL ? "" : m->label);
            if (m->state == TF_MARK_SHOWN && intervals && !isnan(m->lo)) {
                tf_buf_add(&text, " (");
                for (int k = 0; k < 2; k++) {
                    const double x = k == 0 ? m->lo : m->hi;
                    if (c->percent)
                        tf_show_points(&text, x, 0, c->lang);
                    else
                        tf_show_number(&text, x, 1, c->lang);
                    tf_buf_add(&text, k == 0 ? TF_NDASH : ")");
                }
            }
            tf_table_set(b, t, r + 1, s + 1, tf_strdup(b->arena, tf_buf_text(&text)));
            t->cell[(r + 1) * t->n_cols + s + 1].align = 'r';
        }
    }
    return t;
}

/* ---- files ---- */
static void csv_number(struct tf_buf *out, double x)
{
    tf_buf_char(out, ',');
    if (!isnan(x))
        tf_buf_double(out, x);
}

void tf_figure_csv(struct tf_buf *out, const struct tf_figure *f)
{
    static const char *const states[] = {"shown", "count", "flagged", "suppressed", "unreliable",
                                         "missing", "not applicable", "text"};
    tf_buf_add(out, "figure,country,row,row_label,column,column_label,state,value,low,high,n,base,"
                    "text\r\n");
    for (size_t k = 0; k < f->n_cells; k++) {
        const struct tf_cell *c = &f->cell[k];
        const char *const text[] = {f->id, f->country, c->row, c->row_label, c->col, c->col_label,
                                    states[c->state]};
        for (size_t j = 0; j < sizeof text / sizeof *text; j++) {
            if (j > 0)
                tf_buf_char(out, ',');
            tf_buf_csv(out, text[j] == NULL ? "" : text[j]);
        }
        const bool numbers = tf_show_mark(c) == NULL && c->state != TF_CELL_TEXT;
        const double x[] = {c->value, c->lo, c->hi, c->n, c->base};
        for (size_t j = 0; j < sizeof x / sizeof *x; j++)
            csv_number(out, numbers ? x[j] : (double)NAN);
        tf_buf_char(out, ',');
        tf_buf_csv(out, c->text == NULL ? "" : c->text);
        tf_buf_add(out, "\r\n");
    }
}
