/* Charts from released figures: which cells, in which order, with which words.
 *
 *   bar, dot, funnel   rows down, one value each; by=sex gives one series a group
 *   likert             the categories of one variable are the parts of a bar: total, or by=sex
 *   line               periods along, rows are the lines; a missing year keeps its reason
 *
 * A cell that is withheld becomes a mark without a value: it is drawn hatched with [c], never as
 * nothing, never as zero. */
#include <math.h>
#include <string.h>

#include "tell/build.h"

static const struct {
    const char *name;
    enum tf_chart_form form;
} forms[] = {{"bar", TF_CHART_BAR}, {"dot", TF_CHART_DOT}, {"likert", TF_CHART_LIKERT},
             {"line", TF_CHART_LINE}, {"funnel", TF_CHART_FUNNEL}};

struct names {
    const char **id, **label;
    size_t n;
};

static void name_add(struct tf_build *b, struct names *out, const char *id, const char *label)
{
    for (size_t k = 0; k < out->n; k++)
        if (strcmp(out->id[k], id) == 0)
            return;
    out->id[out->n] = id;
    out->label[out->n++] = tf_label_shown(b, label, id);
}

static struct names room_for(struct tf_build *b, const struct tf_figure *f)
{
    return (struct names){.id = TF_NEW_N(b->arena, const char *, f->n_cells + 1),
                          .label = TF_NEW_N(b->arena, const char *, f->n_cells + 1)};
}

static const char *col_of(const struct tf_cell *c)
{
    return c->col == NULL ? "total" : c->col;
}

/* Rows asked for, in the order asked; all in the order of the figure else. "b1" means b1.1, b1.2 … */
static struct names rows_of(struct tf_build *b, const struct tf_figure *f,
                            const struct tf_fence *fence)
{
    struct names out = room_for(b, f);
    const char *list = tf_fence_get(fence, "rows");
    char **word;
    const size_t n = list == NULL ? 1 : tf_split(b->arena, list, ',', &word);
    for (size_t k = 0; k < n; k++) {
        const size_t before = out.n, len = list == NULL ? 0 : strlen(word[k]);
        for (size_t j = 0; j < f->n_cells; j++) {
            const struct tf_cell *c = &f->cell[j];
            if (list == NULL || strcmp(c->row, word[k]) == 0 ||
                (strncmp(c->row, word[k], len) == 0 && c->row[len] == '.'))
                name_add(b, &out, c->row, c->row_label);
        }
        if (list != NULL && out.n == before)
            tf_notice_add(b->notices, TF_ERROR, "unknown-row", fence->file, fence->line, 1,
                          "Name rows as the recipe does.", "figure '%s' of %s has no row '%s'",
                          f->id, b->country->code, word[k]);
    }
    return out;
}

/* Columns: by=sex gives its categories, col/cols the ones named, else the total. */
static struct names cols_of(struct tf_build *b, const struct tf_figure *f,
                            const struct tf_fence *fence, bool all)
{
    struct names out = room_for(b, f);
    const char *by = tf_fence_get(fence, "by"), *list = tf_fence_get(fence, "cols");
    if (list == NULL)
        list = tf_fence_get(fence, "col");
    char **word;
    const size_t n = list == NULL ? 0 : tf_split(b->arena, list, ',', &word);
    if (by == NULL && list == NULL && !all)
        for (size_t j = 0; j < f->n_cells; j++)
            if (strcmp(col_of(&f->cell[j]), "total") == 0)
                name_add(b, &out, "total", f->cell[j].col_label);
    for (size_t j = 0; all && by == NULL && list == NULL && j < f->n_cells; j++)
        if (strcmp(col_of(&f->cell[j]), "total") != 0)
            name_add(b, &out, col_of(&f->cell[j]), f->cell[j].col_label);
    const size_t len = by == NULL ? 0 : strlen(by);
    for (size_t j = 0; by != NULL && j < f->n_cells; j++)
        if (strncmp(col_of(&f->cell[j]), by, len) == 0 && col_of(&f->cell[j])[len] == '=')
            name_add(b, &out, col_of(&f->cell[j]), f->cell[j].col_label);
    for (size_t k = 0; k < n; k++) {
        const struct tf_cell *c = f->n_cells == 0 ? NULL
                                                  : tf_figure_cell(f, f->cell[0].row, word[k]);
        if (c != NULL)
            name_add(b, &out, col_of(c), c->col_label);
    }
    if (out.n == 0 && (by != NULL || list != NULL))
        tf_notice_add(b->notices, TF_ERROR, "unknown-column", fence->file, fence->line, 1,
                      "Name columns as the recipe does.", "figure '%s' of %s has no column '%s'",
                      f->id, b->country->code, by != NULL ? by : list);
    return out;
}

static const struct tf_cell *cell_of(const struct tf_figure *f, const char *row, const char *col)
{
    for (size_t k = 0; k < f->n_cells; k++)
        if (strcmp(f->cell[k].row, row) == 0 && strcmp(col_of(&f->cell[k]), col) == 0)
            return &f->cell[k];
    return NULL;
}

static bool is_share(const struct tf_figure *f)
{
    return (f->kind == TF_FIG_ESTIMATE || f->kind == TF_FIG_COUNT) &&
           (f->unit == NULL || strcmp(f->unit, "share") == 0 || strcmp(f->unit, "prop") == 0);
}

static struct tf_mark mark_of(struct tf_build *b, const struct tf_figure *f,
                              const struct tf_cell *c, const char *row, const char *series)
{
    struct tf_mark m = {.row = row, .series = series, .value = (double)NAN, .lo = (double)NAN,
                        .hi = (double)NAN,
                        .state = TF_MARK_MISSING, .label = "not available"};
    if (c == NULL)
        return m;
    m.ref = tf_printf(b->arena, "%s.%s %s", f->id, c->row, col_of(c));
    if (c->state == TF_CELL_SUPPRESSED || c->state == TF_CELL_UNRELIABLE) {
        m.state = TF_MARK_SUPPRESSED;
        m.label = tf_show_mark(c);
    } else if (c->state == TF_CELL_MISSING || c->state == TF_CELL_NA) {
        m.label = tf_is_blank(c->text) ? tf_show_mark(c) : c->text;
    } else if (c->state != TF_CELL_TEXT) {
        const bool of_base = c->state == TF_CELL_COUNT && !isnan(c->base) && c->base > 0 &&
                             f->kind != TF_FIG_SERIES && f->kind != TF_FIG_FLOW;
        m.state = c->state == TF_CELL_COUNT && of_base ? TF_MARK_COUNT : TF_MARK_SHOWN;
        m.value = of_base ? (isnan(c->n) ? c->value : c->n) / c->base
                          : isnan(c->value) ? c->n : c->value;
        if (c->state == TF_CELL_SHOWN || c->state == TF_CELL_FLAGGED) {
            m.lo = c->lo;
            m.hi = c->hi;
        }
        struct tf_buf label = {.arena = b->arena};
        if (m.state == TF_MARK_SHOWN && is_share(f)) {
            tf_show_points(&label, c->value, 0, b->lang);
            m.label = c->state == TF_CELL_FLAGGED ? tf_printf(b->arena, "(%s)", label.s) : label.s;
        } else {
            m.label = tf_show_cell(b->arena, f, c, NULL, b->lang);
        }
    }
    return m;
}

/* "Don't know", "prefer not to say" are set apart in grey. */
static bool is_apart(struct tf_build *b, const char *label)
{
    const char *low = tf_lower(b->arena, label);
    return strstr(low, "know") != NULL || strstr(low, "prefer not") != NULL ||
           strstr(low, "refused") != NULL || strstr(low, "no answer") != NULL;
}

static const char *source_of(struct tf_build *b, const struct tf_figure *f,
                             const struct names *rows, const struct names *cols)
{
    struct tf_buf out = {.arena = b->arena};
    double lo = HUGE_VAL, hi = -HUGE_VAL;
    for (size_t k = 0; k < rows->n * cols->n; k++) {
        const struct tf_cell *c = cell_of(f, rows->id[k / cols->n], cols->id[k % cols->n]);
        if (c == NULL || isnan(c->base) || tf_show_mark(c) != NULL)
            continue;
        lo = fmin(lo, c->base);
        hi = fmax(hi, c->base);
    }
    tf_buf_add(&out, tf_is_blank(f->source) ? "Source: the study" : f->source);
    if ((f->kind == TF_FIG_ESTIMATE || f->kind == TF_FIG_COUNT) && hi >= lo) {
        tf_buf_add(&out, "; n" TF_NBSP "=" TF_NBSP);
        tf_buf_grouped(&out, lo);
        if (hi > lo) {
            tf_buf_add(&out, TF_NDASH);
            tf_buf_grouped(&out, hi);
        }
    }
    bool weighted = false;
    for (size_t k = 0; k < f->n_cells; k++)
        weighted = weighted || f->cell[k].state == TF_CELL_SHOWN ||
                   f->cell[k].state == TF_CELL_FLAGGED;
    if (f->kind == TF_FIG_ESTIMATE && weighted)
        tf_buf_add(&out, "; weighted");
    tf_buf_char(&out, '.');
    if (!tf_is_blank(f->caveat))
        tf_buf_printf(&out, " %s%s", f->caveat, tf_ends(f->caveat, ".") ? "" : ".");
    return out.s;
}

static const char *subtitle_of(struct tf_build *b, const struct tf_figure *f, bool percent,
                               bool interval)
{
    struct tf_buf out = {.arena = b->arena};
    const bool share = percent && f->kind == TF_FIG_ESTIMATE;
    if (f->kind == TF_FIG_SERIES || f->kind == TF_FIG_FLOW)
        tf_buf_printf(&out, "Number%s%s%s", f->kind == TF_FIG_SERIES && f->unit != NULL ? " of " : "",
                      f->kind == TF_FIG_SERIES && f->unit != NULL ? f->unit : "",
                      f->kind == TF_FIG_SERIES && f->unit != NULL && !tf_ends(f->unit, "s") ? "s"
                                                                                            : "");
    else
        tf_buf_add(&out, share ? "Share" : "Counts");
    if (!tf_is_blank(f->population))
        tf_buf_printf(&out, "%s%s", share ? " of " : " among ", f->population);
    if (!tf_is_blank(f->recall))
        tf_buf_printf(&out, ", %s", f->recall);
    if (interval && share)
        tf_buf_add(&out, ", with 95" TF_NBSP "% interval");
    return out.s;
}

/* Where every mark is a count of a small base, so is the axis: bars of 12 and 19, not of per cent. */
static void count_axis(struct tf_chart *c, const struct tf_figure *f, const struct names *rows,
                       const struct names *cols, bool turned)
{
    size_t counts = 0;
    for (size_t k = 0; k < c->n_rows * c->n_series; k++) {
        if (c->mark[k].state == TF_MARK_SHOWN)
            return;
        counts += c->mark[k].state == TF_MARK_COUNT;
    }
    if (counts == 0)
        return;
    for (size_t r = 0; r < c->n_rows; r++)
        for (size_t s = 0; s < c->n_series; s++) {
            const struct tf_cell *cell = turned ? cell_of(f, rows->id[s], cols->id[r])
                                                : cell_of(f, rows->id[r], cols->id[s]);
            struct tf_mark *m = &c->mark[r * c->n_series + s];
            if (m->state == TF_MARK_COUNT)
                m->value = isnan(cell->n) ? cell->value : cell->n;
        }
    c->percent = false;
    c->unit = "count";
}

struct tf_chart *tf_chart_of_figure(struct tf_build *b, const struct tf_figure *f,
                                    const struct tf_fence *fence)
{
    const char *form = tf_fence_get(fence, "form"), *id = tf_fence_get(fence, "id");
    const char *title = tf_fence_get(fence, "title"), *sub = tf_fence_get(fence, "subtitle");
    size_t k = 0;
    while (form != NULL && k < 5 && strcmp(forms[k].name, form) != 0)
        k++;
    if (form == NULL || k == 5) {
        tf_notice_add(b->notices, TF_ERROR, "fenced-block", fence->file, fence->line, 1,
                      "Forms: bar dot likert line funnel.", "there is no chart form '%s'",
                      form == NULL ? "" : form);
        return NULL;
    }
    struct tf_chart *c = TF_NEW(b->arena, struct tf_chart);
    c->form = forms[k].form;
    const bool line = c->form == TF_CHART_LINE, likert = c->form == TF_CHART_LIKERT;
    const struct names rows = rows_of(b, f, fence), cols = cols_of(b, f, fence, line);
    if (rows.n == 0 || cols.n == 0)
        return NULL;
    if (rows.n == 1 && strcmp(rows.label[0], rows.id[0]) == 0 && f->title != NULL)
        rows.label[0] = f->title;
    /* the chart's rows and series, from the figure's rows and columns: Likert and line charts turn
     * them over */
    const bool turned = line || likert;
    const struct names *down = turned ? &cols : &rows, *across = turned ? &rows : &cols;
    c->n_rows = down->n;
    c->n_series = across->n;
    c->row = down->label;
    c->series = across->label;
    if (likert && cols.n == 1 && strcmp(cols.id[0], "total") == 0)
        cols.label[0] = "All";
    if (!turned && cols.n == 1 && strcmp(cols.id[0], "total") == 0)
        cols.label[0] = NULL;
    c->id = id == NULL ? tf_printf(b->arena, "F-%s", f->id) : id;
    c->lang = b->lang;
    c->percent = is_share(f);
    c->unit = c->percent ? "%" : f->unit;
    c->strand = (int)f->strand;
    c->mark = TF_NEW_N(b->arena, struct tf_mark, c->n_rows * c->n_series);
    bool *apart = TF_NEW_N(b->arena, bool, c->n_series);
    for (size_t r = 0; r < c->n_rows; r++)
        for (size_t s = 0; s < c->n_series; s++) {
            const struct tf_cell *cell = turned ? cell_of(f, rows.id[s], cols.id[r])
                                                : cell_of(f, rows.id[r], cols.id[s]);
            c->mark[r * c->n_series + s] = mark_of(b, f, cell, c->row[r], c->series[s]);
        }
    if (!likert && c->percent)
        count_axis(c, f, &rows, &cols, turned);
    for (size_t s = 0; likert && s < c->n_series; s++)
        apart[s] = is_apart(b, c->series[s]);
    c->apart = likert ? apart : NULL;
    c->title = tf_text_plain(b, fence->file, title == NULL ? (f->title == NULL ? f->id : f->title)
                                                           : title, fence->line);
    c->subtitle = sub != NULL ? tf_text_plain(b, fence->file, sub, fence->line)
                              : subtitle_of(b, f, c->percent, !turned &&
                                                                  c->form != TF_CHART_FUNNEL);
    c->source = source_of(b, f, &rows, &cols);
    c->alt = tf_chart_alt(b->arena, c);
    return c;
}
