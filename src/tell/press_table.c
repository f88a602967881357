/* Tables: columns from what cells hold, rows from their tallest cell, spans over both.
 *
 * Column widths: every cell is set once on one line; that gives its widest word (min) and its
 * whole width (max). If all fit, columns get their max and share what is left; else each gets its
 * min and the rest is shared by how much more a column would like (as CSS 2.2, 17.5.2.2). A
 * table may also state relative widths.
 *
 * A head of one or two rows repeats on each page. A row stays whole unless it has eight lines or
 * more; then it may part between lines, two at least on each side. Rows joined by a spanning cell
 * stay together. */
#include <string.h>

#include "tell/press.h"

enum { TALL = 8 };
static const double PAD_X = 2 * TF_MM;

struct table {
    struct tf_press *p;
    const struct tf_block *block;
    const struct tf_doc_table *t;
    struct tf_frame f;
    struct tf_look look;
    double *x, *w;       /* [n_cols] cells, from the left of the table */
    double *min, *max;   /* [n_cols] of text and padding */
    struct tf_cell_set *cell; /* [n_rows * n_cols] */
    double *height;      /* [n_rows] */
    bool words;          /* a table of text, not of numbers */
    bool dense;          /* evidence: small type, rows close together */
    double pad_x, pad_y;
    struct tf_tag *tag;
};

static const struct tf_table_cell *cell_at(const struct table *s, size_t row, size_t col)
{
    return &s->t->cell[row * s->t->n_cols + col];
}

static struct tf_cell_set *set_at(const struct table *s, size_t row, size_t col)
{
    return &s->cell[row * s->t->n_cols + col];
}

static double pads(const struct table *s, size_t col, size_t span)
{
    return (col == 0 ? 0 : s->pad_x) + (col + span == s->t->n_cols ? 0 : s->pad_x);
}

static size_t span_of(const struct table *s, size_t row, size_t col)
{
    const size_t span = cell_at(s, row, col)->colspan;
    return col + span > s->t->n_cols ? s->t->n_cols - col : span;
}

static bool is_head(const struct table *s, size_t row, size_t col)
{
    const struct tf_table_cell *c = cell_at(s, row, col);
    if (set_at(s, row, col)->para->n_lines == 0) /* the empty corner heads nothing */
        return false;
    return row < s->t->n_head || c->head || (s->t->row_heads && col == 0);
}

static struct tf_para *set_cell(const struct table *s, size_t row, size_t col, double width)
{
    const struct tf_table_cell *c = cell_at(s, row, col);
    struct tf_look look = s->look;
    look.bold = row < s->t->n_head || (s->words && !s->dense && col == 0 && s->t->row_heads);
    look.balance = row < s->t->n_head;
    return tf_para_set(s->p, c->inlines, NULL, look, c->lang, width);
}

/* ---- columns ---- */

static void widen(double *w, size_t from, size_t span, double need)
{
    double have = 0;
    for (size_t i = 0; i < span; i++)
        have += w[from + i];
    for (size_t i = 0; i < span && need > have; i++)
        w[from + i] += (need - have) / (double)span;
}

static void measure(struct table *s)
{
    for (int pass = 0; pass < 2; pass++) /* single cells first, then spans over them */
        for (size_t r = 0; r < s->t->n_rows; r++)
            for (size_t c = 0; c < s->t->n_cols; c++) {
                const size_t span = span_of(s, r, c);
                if (span == 0 || (span > 1) != (pass == 1))
                    continue;
                struct tf_para *para = set_cell(s, r, c, 1e6);
                set_at(s, r, c)->para = para;
                widen(s->min, c, span, para->min + pads(s, c, span) + 0.1);
                widen(s->max, c, span, para->max + pads(s, c, span) + 0.1);
            }
}

/* In a table of words, what a column has beyond its longest cell goes to those that must wrap. */
static void give_over(struct table *s)
{
    double spare = 0, want = 0;
    for (size_t c = 0; c < s->t->n_cols; c++) {
        spare += s->w[c] > s->max[c] ? s->w[c] - s->max[c] : 0;
        want += s->w[c] < s->max[c] ? s->max[c] - s->w[c] : 0;
    }
    const double given = spare < want ? spare : want;
    for (size_t c = 0; c < s->t->n_cols && given > 0; c++)
        s->w[c] += s->w[c] > s->max[c] ? -(s->w[c] - s->max[c]) * given / spare
                                       : (s->max[c] - s->w[c]) * given / want;
}

static void share(struct table *s)
{
    const size_t n = s->t->n_cols;
    double min = 0, max = 0, parts = 0;
    for (size_t c = 0; c < n; c++) {
        min += s->min[c];
        max += s->max[c];
        parts += s->t->width != NULL ? s->t->width[c] : 0;
    }
    if (parts > 0) { /* stated widths, but never narrower than a word where there is room */
        double want = 0, give = 0;
        for (size_t c = 0; c < n; c++) {
            const double w = s->f.w * s->t->width[c] / parts;
            s->w[c] = w > s->min[c] ? w : s->min[c];
            want += s->w[c];
            give += s->w[c] - s->min[c];
        }
        for (size_t c = 0; c < n && give > 0; c++)
            s->w[c] -= (s->w[c] - s->min[c]) * (want - s->f.w) / give;
        if (s->words && !s->f.small)
            give_over(s);
        return;
    }
    for (size_t c = 0; c < n; c++) {
        if (max <= s->f.w)
            s->w[c] = s->max[c] + (s->f.w - max) * s->max[c] / max;
        else if (min < s->f.w)
            s->w[c] = s->min[c] + (s->max[c] - s->min[c]) * (s->f.w - min) / (max - min);
        else
            s->w[c] = s->min[c] * s->f.w / min;
    }
}

/* A table whose widest words do not fit side by side, or leave its row heads less than a quarter of
 * the width, may part ranges (491–505) after the dash, and is then set smaller and smaller. */
static void fit(struct table *s)
{
    static const double SIZE[] = {8.6, 8.6, 8, 7.5};
    const double least = s->look.size;
    for (size_t k = 0; k < 4; k++) {
        double sum = 0;
        s->look.size = SIZE[k] < least ? SIZE[k] : least;
        s->p->tight = k > 0;
        for (size_t c = 0; c < s->t->n_cols; c++)
            s->min[c] = s->max[c] = 0;
        measure(s);
        for (size_t c = 0; c < s->t->n_cols; c++)
            sum += s->min[c];
        if (sum <= s->f.w && (s->words || s->f.w - sum + s->min[0] > 0.26 * s->f.w))
            return;
    }
}

/* ---- cells ---- */

static void place_cell(struct table *s, size_t r, size_t c)
{
    struct tf_cell_set *set = set_at(s, r, c);
    const struct tf_table_cell *cell = cell_at(s, r, c);
    const size_t span = span_of(s, r, c);
    double w = 0;
    for (size_t i = 0; i < span; i++)
        w += s->w[c + i];
    set->full_x = s->f.x + s->x[c];
    set->full_w = w;
    set->x = set->full_x + (c == 0 ? 0 : s->pad_x);
    set->w = w - pads(s, c, span);
    set->align = cell->align == 'r' || cell->align == 'c' ? cell->align : 'l';
    set->row = r;
    set->rows = cell->rowspan < 1 ? 1 : cell->rowspan;
    if (r + set->rows > s->t->n_rows)
        set->rows = s->t->n_rows - r;
    set->head = r < s->t->n_head;
    set->group = set->head && span > 1 && r + 1 < s->t->n_head;
    if (set->group)
        set->align = 'c';
    if (set->para->max > set->w)
        set->para = set_cell(s, r, c, set->w);
    set->to = set->para->n_lines;
    set->first = true;
    set->height = (double)set->para->n_lines * set->para->leading + 2 * s->pad_y;
}

static void place_cells(struct table *s)
{
    double x = 0;
    for (size_t c = 0; c < s->t->n_cols; c++) {
        s->x[c] = x;
        x += s->w[c];
    }
    for (size_t r = 0; r < s->t->n_rows; r++)
        for (size_t c = 0; c < s->t->n_cols; c++)
            if (span_of(s, r, c) > 0)
                place_cell(s, r, c);
    for (size_t r = 0; r < s->t->n_rows; r++) {
        s->height[r] = s->look.leading + 2 * s->pad_y;
        for (size_t c = 0; c < s->t->n_cols; c++)
            if (span_of(s, r, c) > 0 && set_at(s, r, c)->rows == 1 &&
                set_at(s, r, c)->height > s->height[r])
                s->height[r] = set_at(s, r, c)->height;
    }
    for (size_t r = 0; r < s->t->n_rows; r++)
        for (size_t c = 0; c < s->t->n_cols; c++) {
            struct tf_cell_set *set = set_at(s, r, c);
            if (span_of(s, r, c) == 0)
                continue;
            double have = 0;
            for (size_t i = 0; i < set->rows; i++)
                have += s->height[r + i];
            if (set->rows > 1 && set->height > have)
                s->height[r + set->rows - 1] += set->height - have;
            set->height = have > set->height ? have : set->height;
        }
}

static void tag_cells(struct table *s, size_t r)
{
    struct tf_tag *tr = tf_tag_new(&s->p->tags, s->tag, "TR");
    for (size_t c = 0; c < s->t->n_cols; c++) {
        const struct tf_table_cell *cell = cell_at(s, r, c);
        const size_t span = span_of(s, r, c);
        if (span == 0)
            continue;
        struct tf_cell_set *set = set_at(s, r, c);
        struct tf_tag *tag = tf_tag_new(&s->p->tags, tr, is_head(s, r, c) ? "TH" : "TD");
        tag->keep_empty = true;
        tag->colspan = (unsigned)span;
        tag->rowspan = (unsigned)set->rows;
        tag->lang = cell->lang;
        if (is_head(s, r, c))
            tag->scope = r < s->t->n_head ? "Column" : "Row";
        set->tag = tag;
        tf_flow_notes(s->p, set->para, tag);
    }
}

/* ---- rows ---- */

static void row_notes(struct table *s, struct tf_row *row)
{
    for (size_t i = 0; i < row->n_cells; i++)
        for (size_t k = row->cell[i].from; k < row->cell[i].to; k++) {
            const struct tf_line *line = &row->cell[i].para->line[k];
            size_t *all = TF_NEW_N(s->p->a, size_t, row->n_notes + line->n_notes + 1);
            if (row->n_notes > 0)
                memcpy(all, row->note, row->n_notes * sizeof *all);
            if (line->n_notes > 0)
                memcpy(all + row->n_notes, line->note, line->n_notes * sizeof *all);
            row->note = all;
            row->n_notes += line->n_notes;
        }
}

static struct tf_row *add_row(struct table *s, size_t r, struct tf_grid *grid, double h)
{
    struct tf_row *row = tf_row_add(s->p, TF_R_CELLS, &s->f, h, 0);
    row->grid = grid;
    row->head = r < s->t->n_head;
    row->head_end = r + 1 == s->t->n_head;
    row->keep = row->head;
    row->id = cell_at(s, r, 0)->id;
    row->cell = TF_NEW_N(s->p->a, struct tf_cell_set, s->t->n_cols);
    for (size_t c = 0; c < s->t->n_cols; c++)
        if (span_of(s, r, c) > 0)
            row->cell[row->n_cells++] = *set_at(s, r, c);
    return row;
}

/* A tall row, line by line. */
static void add_slices(struct table *s, size_t r, struct tf_grid *grid, size_t lines)
{
    double leading = s->look.leading;
    for (size_t c = 0; c < s->t->n_cols; c++)
        if (span_of(s, r, c) > 0 && set_at(s, r, c)->para->leading > leading)
            leading = set_at(s, r, c)->para->leading;
    for (size_t k = 0; k < lines; k++) {
        const double h = leading + (k == 0 ? s->pad_y : 0) + (k + 1 == lines ? s->pad_y : 0);
        struct tf_row *row = add_row(s, r, grid, h);
        for (size_t i = 0; i < row->n_cells; i++) {
            struct tf_cell_set *set = &row->cell[i];
            set->from = k < set->para->n_lines ? k : set->para->n_lines;
            set->to = k + 1 < set->para->n_lines ? k + 1 : set->para->n_lines;
            set->first = k == 0;
            set->height = h;
        }
        row->slice = k + 1 < lines;
        row->keep = k < 2 || (k + 3 >= lines && k + 1 < lines);
        row_notes(s, row);
    }
}

static void add_rows(struct table *s)
{
    struct tf_grid *grid = TF_NEW(s->p->a, struct tf_grid);
    size_t bound = 0; /* rows before this one belong to a spanning cell above */
    grid->head_from = s->p->n_rows;
    grid->head_n = s->t->n_head;
    for (size_t r = 0; r < s->t->n_rows; r++) {
        size_t lines = 0;
        bool spans = r < bound;
        tag_cells(s, r);
        for (size_t c = 0; c < s->t->n_cols; c++) {
            const struct tf_cell_set *set = set_at(s, r, c);
            if (span_of(s, r, c) == 0)
                continue;
            if (set->rows > 1 && r + set->rows > bound)
                bound = r + set->rows;
            spans |= set->rows > 1;
            if (set->para->n_lines > lines)
                lines = set->para->n_lines;
        }
        if (r < s->t->n_head)
            grid->head_h += s->height[r];
        if (lines >= TALL && !spans && r >= s->t->n_head) {
            add_slices(s, r, grid, lines);
        } else {
            struct tf_row *row = add_row(s, r, grid, s->height[r]);
            row->keep |= r + 1 < bound;
            row_notes(s, row);
        }
        if (r + 2 == s->t->n_rows && r >= s->t->n_head)
            s->p->row[s->p->n_rows - 1].keep = true; /* the last row is not left alone */
    }
}

/* ---- the whole ---- */

static void caption(struct table *s)
{
    static const struct tf_look TITLE = {.size = 10.8, .leading = 14, .bold = true,
                                         .balance = true, .colour = TF_INK};
    static const struct tf_look SUB = {.size = 8.6, .leading = 12, .colour = TF_MUTE};
    const struct tf_doc_table *t = s->t;
    if (t->caption == NULL && t->subtitle == NULL && t->number == NULL)
        return;
    const size_t first = s->p->n_rows;
    struct tf_row *rule = tf_row_add(s->p, TF_R_RULE, &s->f, 3 * TF_MM, 5 * TF_MM);
    rule->rule = 1.2;
    rule->colour = TF_INK;
    struct tf_tag *tag = tf_tag_new(&s->p->tags, s->tag, "Caption");
    const char *prefix =
        t->number != NULL ? tf_printf(s->p->a, t->caption != NULL ? "%s. " : "%s", t->number) : NULL;
    struct tf_para *para = tf_para_set(s->p, t->caption, prefix, TITLE, NULL, s->f.w);
    (void)tf_rows_para(s->p, para, &s->f, tf_tag_new(&s->p->tags, tag, "P"), 0, 0.6 * TF_MM);
    tf_flow_notes(s->p, para, tag);
    if (!tf_is_blank(t->subtitle)) {
        para = tf_para_text(s->p, t->subtitle, SUB, s->f.w);
        (void)tf_rows_para(s->p, para, &s->f, tf_tag_new(&s->p->tags, tag, "P"), 0, 1.2 * TF_MM);
    }
    for (size_t i = first; i < s->p->n_rows; i++)
        s->p->row[i].keep = true;
}

static void landscape(struct tf_frame *f)
{
    f->x = 24 * TF_MM;
    f->w = (297 - 24 - 22) * TF_MM;
    f->land = true;
}

/* A short table stays whole and may wait for the next page as a figure does; of a longer one at
 * least three rows stand under the head. */
static void keep_together(struct table *s, size_t first)
{
    struct tf_press *p = s->p;
    double h = 0;
    for (size_t i = first; i < p->n_rows; i++)
        h += p->row[i].h + p->row[i].before;
    size_t to = p->n_rows - 1;
    const bool brief = tf_streq(s->block->style, "brief");
    const double whole = tf_streq(s->block->style, "matrix") ? 150 : brief ? 95 : 120;
    if (h > whole * TF_MM) {
        to = first;
        for (size_t body = 0; to + 1 < p->n_rows && body < 3; to++)
            body += p->row[to].grid != NULL && !p->row[to].head;
        to--;
    } else {
        p->row[first].floats = s->f.box == NULL && !s->f.land && !s->f.small &&
                               !tf_streq(s->block->style, "annex"); /* those stand in order */
    }
    for (size_t i = first; i < to; i++)
        p->row[i].keep = true;
}

void tf_flow_table(struct tf_press *p, const struct tf_block *b, struct tf_frame f)
{
    static const struct tf_look NUMBERS = {.size = 8.6, .leading = 11.6, .colour = TF_INK};
    static const struct tf_look WORDS = {.size = 8.2, .leading = 11.2, .colour = TF_INK};
    static const struct tf_look ANNEX = {.size = 7.5, .leading = 9.6, .colour = TF_INK};
    static const struct tf_look DENSE = {.size = 7.2, .leading = 9.2, .colour = TF_INK};
    static const struct tf_look SOURCE = {.size = 7.6, .leading = 10.4, .colour = TF_MUTE};
    const struct tf_doc_table *t = b->table;
    if (t == NULL || t->n_rows == 0 || t->n_cols == 0)
        return;
    if (t->wide && f.box == NULL)
        landscape(&f);
    struct table s = {.p = p, .block = b, .t = t, .f = f};
    size_t left = 0, all = 0;
    for (size_t r = t->n_head; r < t->n_rows; r++)
        for (size_t c = 1; c < t->n_cols; c++) {
            all++;
            left += cell_at(&s, r, c)->align != 'r' && cell_at(&s, r, c)->align != 'c';
        }
    s.dense = tf_streq(b->style, "evidence");
    const bool annex = tf_streq(b->style, "annex") || tf_streq(b->style, "brief") ||
                       tf_streq(b->style, "matrix");
    s.pad_y = s.dense ? 0.55 * TF_MM : annex ? 0.7 * TF_MM : 1.25 * TF_MM;
    s.pad_x = annex ? 1.1 * TF_MM : PAD_X;
    s.words = s.dense || left * 2 > all || tf_streq(b->style, "text") || tf_streq(b->style, "card");
    s.look = s.dense ? DENSE : annex ? ANNEX : f.small || s.words ? WORDS : NUMBERS;
    s.x = TF_NEW_N(p->a, double, t->n_cols);
    s.w = TF_NEW_N(p->a, double, t->n_cols);
    s.min = TF_NEW_N(p->a, double, t->n_cols);
    s.max = TF_NEW_N(p->a, double, t->n_cols);
    s.cell = TF_NEW_N(p->a, struct tf_cell_set, t->n_rows * t->n_cols);
    s.height = TF_NEW_N(p->a, double, t->n_rows);
    s.tag = tf_tag_new(&p->tags, f.tag, "Table");
    s.tag->lang = b->lang;
    fit(&s);
    share(&s);
    place_cells(&s);
    p->tight = false;
    const size_t first = p->n_rows;
    caption(&s);
    if (p->n_rows == first && p->after < 2 * TF_MM)
        p->after = f.small ? p->after : 2 * TF_MM;
    add_rows(&s);
    p->row[first].id = b->id;
    p->row[first].id2 = t->id;
    if (tf_is_blank(t->source))
        keep_together(&s, first);
    p->after = f.small ? 1.6 * TF_MM : 5 * TF_MM;
    if (!tf_is_blank(t->source)) {
        p->row[p->n_rows - 1].keep = true;
        struct tf_para *para = tf_para_text(p, t->source, SOURCE, f.w);
        p->after = 0;
        (void)tf_rows_para(p, para, &f, tf_tag_new(&p->tags, f.tag, "P"), 1.6 * TF_MM,
                           5 * TF_MM);
        keep_together(&s, first);
    }
}
