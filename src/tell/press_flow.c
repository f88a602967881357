/* Flow: the blocks of the tree become rows, the smallest things a page may not part.
 *
 * A row has a height, the space it wants before it, and what it must stay with: two lines at least
 * of a paragraph stand together at the foot and at the head of a page; a heading stays with what
 * follows. All sizes are those of the design (docs: "how a page looks"): body 10.2 on 14.5,
 * headings 27, 15, 10.6; measures in millimetres from the edges of A4.
 *
 * Tags are made here, in the order of the report; drawing only fills them. */
#include <string.h>

#include "tell/press.h"

#define BODY_TYPE {.size = 10.2, .leading = 14.5, .colour = TF_INK}

static const struct tf_look KICKER = {.size = 7.6, .leading = 11, .track = 0.9, .bold = true,
                                      .colour = TF_NAVY};
static const struct tf_look HOW = {.size = 8.2, .leading = 11.4, .colour = TF_MUTE};
static const struct tf_look SOURCE = {.size = 7.6, .leading = 10.4, .colour = TF_MUTE};
static const struct tf_look NOTE = {.size = 7.8, .leading = 10.6, .colour = 0x3a4356};

/* A kicker is set in small spaced capitals; scripts without capitals stay as they are. */
static const char *capitals(struct tf_press *p, const char *s)
{
    char *copy = tf_strdup(p->a, s);
    for (char *c = copy; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return copy;
}

/* Headings by level: type, millimetres before and after. */
static const struct {
    struct tf_look look;
    double before, after;
    const char *tag;
} HEADING[5] = {
    [1] = {{.size = 27, .leading = 31, .track = -0.3, .bold = true, .balance = true,
            .colour = TF_INK}, 9, 6, "H1"},
    [2] = {{.size = 15, .leading = 19, .track = -0.1, .bold = true, .balance = true,
            .colour = TF_INK}, 7, 3, "H2"},
    [3] = {{.size = 10.8, .leading = 14.5, .bold = true, .balance = true, .colour = TF_INK},
           5, 1.5, "H3"},
    [4] = {{.size = 10.2, .leading = 14.5, .bold = true, .balance = true, .colour = TF_MUTE},
           4, 1, "H4"},
};

static const struct {
    const char *style;
    struct tf_look look;
} PARA[] = {
    {"lead", {.size = 12.2, .leading = 18, .colour = 0x2b3446}},
    {"small", {.size = 8.2, .leading = 11.4, .colour = TF_MUTE}},
    {"source", {.size = 7.6, .leading = 10.4, .colour = TF_MUTE}},
    {"facts", {.size = 7.4, .leading = 9.6, .colour = 0x3a4356}},
};

/* Call-outs by style or by their English kicker: bar, colour of the kicker. */
static const struct {
    const char *style, *kicker;
    uint32_t bar, text;
} CALLOUT[] = {
    {"how", "How we know", TF_TEAL, 0x146b63},
    {"finding", "Key finding", TF_NAVY, TF_NAVY},
    {"voices", "In children's words", TF_PLUM, TF_PLUM},
    {"do", "What to do", TF_ORANGE, TF_RUST},
    {"warning", "Content warning", 0x3D3D3D, 0x3D3D3D},
};

uint32_t tf_strand_colour(int strand)
{
    static const uint32_t COLOUR[] = {
        [TF_CONTEXT] = TF_PLUM, [TF_THREATS] = TF_RUST, [TF_CHILDREN] = TF_NAVY};
    return strand >= 0 && strand <= TF_CHILDREN ? COLOUR[strand] : TF_NAVY;
}

struct tf_look tf_heading_look(int level)
{
    return HEADING[level].look;
}

/* ---- rows ---- */

struct tf_row *tf_row_add(struct tf_press *p, enum tf_row_kind kind, const struct tf_frame *f,
                          double h, double before)
{
    p->row = tf_grow(p->a, p->row, p->n_rows, &p->cap_rows, sizeof *p->row);
    struct tf_row *r = &p->row[p->n_rows++];
    *r = (struct tf_row){.kind = kind, .h = h, .x = f->x, .w = f->w, .land = f->land,
                         .box = f->box, .strand = p->strand, .running = p->running,
                         .fresh = p->fresh, .align = 'l'};
    r->before = before > p->after ? before : p->after;
    p->after = 0;
    p->fresh = false;
    return r;
}

static void join_notes(struct tf_press *p, struct tf_row *row, const struct tf_line *line)
{
    if (line->n_notes == 0)
        return;
    size_t *all = TF_NEW_N(p->a, size_t, row->n_notes + line->n_notes);
    if (row->n_notes > 0)
        memcpy(all, row->note, row->n_notes * sizeof *all);
    memcpy(all + row->n_notes, line->note, line->n_notes * sizeof *all);
    row->note = all;
    row->n_notes += line->n_notes;
}

size_t tf_rows_para(struct tf_press *p, struct tf_para *para, const struct tf_frame *f,
                    struct tf_tag *tag, double before, double after)
{
    const size_t first = p->n_rows, n = para->n_lines;
    for (size_t i = 0; i < n; i++) {
        struct tf_row *r = tf_row_add(p, TF_R_LINE, f, para->leading, i == 0 ? before : 0);
        r->para = para;
        r->line = i;
        r->tag = tag;
        r->keep = i + 1 < n && (i == 0 || i + 2 == n);
        join_notes(p, r, &para->line[i]);
    }
    if (n > 0)
        p->after = after;
    return first;
}

double tf_part_para(struct tf_press *p, struct tf_row *row, struct tf_para *para, double x, double y,
                    double w, char align, struct tf_tag *tag)
{
    for (size_t i = 0; i < para->n_lines; i++) {
        row->part = tf_grow(p->a, row->part, row->n_parts, &row->cap_parts, sizeof *row->part);
        row->part[row->n_parts++] =
            (struct tf_row){.kind = TF_R_LINE, .para = para, .line = i, .x = x, .w = w, .y = y,
                            .h = para->leading, .align = align, .tag = tag};
        join_notes(p, row, &para->line[i]);
        y += para->leading;
    }
    return y;
}

void tf_part_rule(struct tf_press *p, struct tf_row *row, double x, double y, double w,
                  double width, uint32_t colour)
{
    row->part = tf_grow(p->a, row->part, row->n_parts, &row->cap_parts, sizeof *row->part);
    row->part[row->n_parts++] = (struct tf_row){.kind = TF_R_RULE, .x = x, .w = w, .y = y,
                                                .rule = width, .colour = colour};
}

struct tf_tag *tf_tag_in(struct tf_press *p, const struct tf_frame *f, const char *type,
                         const struct tf_block *b)
{
    struct tf_tag *tag = tf_tag_new(&p->tags, f->tag, type);
    if (b != NULL)
        tag->lang = b->lang;
    return tag;
}

/* ---- notes ---- */

static void set_note(struct tf_press *p, size_t i, struct tf_tag *up)
{
    struct tf_note_set *set = &p->note[i];
    const struct tf_note *note = &p->doc->note[i];
    const double w = (210 - 34 - 22) * TF_MM;
    struct tf_look mark = NOTE;
    mark.size *= 0.85;
    mark.colour = TF_NAVY;
    set->used = true;
    set->tag = tf_tag_new(&p->tags, up, "Note");
    set->tag->id = tf_printf(p->a, "note-%zu", i + 1);
    set->label_tag = tf_tag_new(&p->tags, set->tag, "Lbl");
    set->label = tf_para_text(p, note->number, mark, 100);
    for (const struct tf_block *b = note->body; b != NULL; b = b->next)
        set->n++;
    set->para = TF_NEW_N(p->a, struct tf_para *, set->n);
    set->para_tag = TF_NEW_N(p->a, struct tf_tag *, set->n);
    set->n = 0;
    for (const struct tf_block *b = note->body; b != NULL; b = b->next) {
        struct tf_para *para = tf_para_set(p, b->inlines, NULL, NOTE, b->lang, w - 4.4 * TF_MM);
        set->para_tag[set->n] = tf_tag_new(&p->tags, set->tag, "P");
        set->para_tag[set->n]->lang = b->lang;
        set->para[set->n++] = para;
        set->h += (double)para->n_lines * para->leading;
    }
}

void tf_flow_notes(struct tf_press *p, const struct tf_para *para, struct tf_tag *up)
{
    for (size_t i = 0; i < para->n_lines; i++)
        for (size_t k = 0; k < para->line[i].n_notes; k++)
            if (!p->note[para->line[i].note[k]].used)
                set_note(p, para->line[i].note[k], up);
}

/* ---- paragraphs and headings ---- */

size_t tf_flow_text(struct tf_press *p, const struct tf_inline *in, const char *prefix,
                    const struct tf_frame *f, struct tf_look look, const char *tag_type,
                    const struct tf_block *b, double before, double after)
{
    struct tf_para *para = tf_para_set(p, in, prefix, look, b != NULL ? b->lang : NULL, f->w);
    struct tf_tag *tag = tf_tag_in(p, f, tag_type, b);
    const size_t first = tf_rows_para(p, para, f, tag, before, after);
    tf_flow_notes(p, para, f->tag);
    if (first < p->n_rows && b != NULL)
        p->row[first].id = b->id;
    return first;
}

static void flow_para(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    struct tf_look look = f->body;
    for (size_t i = 0; i < sizeof PARA / sizeof PARA[0]; i++)
        if (tf_streq(b->style, PARA[i].style))
            look = PARA[i].look;
    (void)tf_flow_text(p, b->inlines, NULL, f, look, "P", b, 0,
                    f->small ? 1.4 * TF_MM : look.leading * 0.586);
}

void tf_note_outline(struct tf_press *p, const char *title, int level, size_t row)
{
    p->outline = tf_grow(p->a, p->outline, p->n_outline, &p->cap_outline, sizeof *p->outline);
    p->outline[p->n_outline++] =
        (struct tf_outline){.title = title, .level = level, .row = row};
}

/* The next heading of the list made beforehand: its id is what the contents point to. */
const struct tf_head *tf_this_head(struct tf_press *p, const struct tf_block *b)
{
    static const struct tf_head NONE = {0};
    if (p->next_head < p->n_heads && p->head[p->next_head].block == b)
        return &p->head[p->next_head++];
    return &NONE;
}

static void keep_rows(struct tf_press *p, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        p->row[i].keep = true;
}

static void flow_heading(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    const int level = b->level < 1 ? 1 : b->level > 4 ? 4 : b->level;
    const struct tf_head *head = tf_this_head(p, b);
    const size_t first = p->n_rows;
    double before = HEADING[level].before * TF_MM;
    if (!tf_is_blank(b->kicker)) {
        struct tf_look kicker = KICKER;
        kicker.colour = tf_strand_colour(p->strand);
        (void)tf_flow_text(p, NULL, capitals(p, b->kicker), f, kicker, "P", NULL, before, 0);
        before = 2.6 * TF_MM;
    }
    const char *prefix = tf_is_blank(b->number) ? NULL : tf_printf(p->a, "%s ", b->number);
    const bool only_title = b->inlines == NULL && b->title != NULL;
    if (only_title)
        prefix = tf_printf(p->a, "%s%s", prefix != NULL ? prefix : "", b->title);
    const size_t at =
        tf_flow_text(p, b->inlines, prefix, f, HEADING[level].look, HEADING[level].tag, b,
                  before, HEADING[level].after * TF_MM);
    keep_rows(p, first, p->n_rows);
    if (at >= p->n_rows)
        return;
    p->row[first].heading = level;
    p->row[first].barrier = level <= 2;
    p->row[first].id = b->id;
    p->row[first].id2 = head->id;
    if (level <= 2)
        tf_note_outline(p, head->text, level, first);
}

/* ---- lists ---- */

static void flow_list(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    struct tf_tag *list = tf_tag_in(p, f, "L", b);
    list->list = b->ordered ? "Decimal" : "Disc";
    int number = 0;
    const double indent = 5.4 * TF_MM;
    for (const struct tf_block *item = b->child; item != NULL; item = item->next) {
        struct tf_tag *li = tf_tag_new(&p->tags, list, "LI");
        struct tf_frame in = *f;
        const char *mark = b->ordered ? tf_printf(p->a, "%d.", ++number) : "\xE2\x80\xA2";
        struct tf_tag *lbl = tf_tag_new(&p->tags, li, "Lbl");
        in.tag = tf_tag_new(&p->tags, li, "LBody");
        in.x += indent;
        in.w -= indent;
        in.small = true;
        const size_t first = p->n_rows;
        if (item->inlines != NULL)
            (void)tf_flow_text(p, item->inlines, NULL, &in, in.body, "P", item, 0, 1.4 * TF_MM);
        tf_flow_blocks(p, item->child, in);
        if (first < p->n_rows) {
            p->row[first].label = tf_para_text(p, mark, f->body, indent * 2);
            p->row[first].label_x = f->x + (b->ordered ? 0 : 1.2 * TF_MM);
            p->row[first].label_tag = lbl;
        }
    }
    if (p->after < f->body.leading * 0.586)
        p->after = f->body.leading * 0.586;
}

/* ---- boxed blocks ---- */

static void pad(struct tf_press *p, const struct tf_frame *f, double h, double before, bool keep)
{
    tf_row_add(p, TF_R_SPACE, f, h, before)->keep = keep;
}

static struct tf_frame open_box(struct tf_press *p, const struct tf_frame *f, uint32_t wash,
                                uint32_t bar, double top, double inset, double before)
{
    struct tf_frame in = *f;
    struct tf_box *box = TF_NEW(p->a, struct tf_box);
    *box = (struct tf_box){.up = f->box, .x = f->x, .w = f->w, .wash = wash, .bar = bar};
    in.box = box;
    pad(p, &in, top, before, true);
    in.x += 1.6 * TF_MM + inset;
    in.w -= 1.6 * TF_MM + inset * (wash == TF_NO_PAINT ? 1 : 2);
    return in;
}

static void close_box(struct tf_press *p, const struct tf_frame *in, double bottom, double after)
{
    p->after = 0;
    if (p->n_rows > 0)
        p->row[p->n_rows - 1].keep = true;
    pad(p, in, bottom, 0, false);
    p->after = after;
}

static void flow_callout(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    size_t kind = 0;
    for (size_t i = 0; i < sizeof CALLOUT / sizeof CALLOUT[0]; i++)
        if (tf_streq(b->style, CALLOUT[i].style) || tf_streq(b->kicker, CALLOUT[i].kicker))
            kind = i;
    const size_t first = p->n_rows;
    struct tf_frame in =
        open_box(p, f, TF_WASH, CALLOUT[kind].bar, 4 * TF_MM, 5 * TF_MM, 5 * TF_MM);
    in.tag = tf_tag_in(p, f, "Div", b);
    p->row[first].id = b->id;
    if (!tf_is_blank(b->kicker)) {
        struct tf_look kicker = KICKER;
        kicker.colour = CALLOUT[kind].text;
        const size_t at = tf_flow_text(p, NULL, capitals(p, b->kicker), &in, kicker, "P", NULL, 0,
                                       0.8 * TF_MM);
        keep_rows(p, at, p->n_rows);
    }
    if (b->inlines != NULL)
        (void)tf_flow_text(p, b->inlines, NULL, &in, in.body, "P", NULL, 0, 3 * TF_MM);
    tf_flow_blocks(p, b->child, in);
    close_box(p, &in, 4 * TF_MM, 5 * TF_MM);
}

static void flow_quote(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    const size_t first = p->n_rows;
    struct tf_frame in =
        open_box(p, f, TF_NO_PAINT, TF_PLUM, 1 * TF_MM, 5 * TF_MM, 5 * TF_MM);
    in.tag = tf_tag_in(p, f, "BlockQuote", b);
    in.body.size = 11.6;
    in.body.leading = 17;
    in.small = true;
    p->row[first].id = b->id;
    tf_flow_blocks(p, b->child, in);
    if (b->inlines != NULL) {
        keep_rows(p, p->n_rows - 1, p->n_rows);
        (void)tf_flow_text(p, b->inlines, NULL, &in, HOW, "P", NULL, 1.4 * TF_MM, 0);
    }
    close_box(p, &in, 1 * TF_MM, 5 * TF_MM);
}

/* An evidence card: a rule, its title, what it says; kept whole when it is not long. */
static void flow_card(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    struct tf_frame in = *f;
    in.tag = tf_tag_in(p, f, "Div", b);
    in.small = true;
    in.body = (struct tf_look){.size = 8.4, .leading = 11.8, .colour = TF_INK};
    struct tf_row *rule = tf_row_add(p, TF_R_RULE, f, 1.6 * TF_MM, 5 * TF_MM);
    rule->rule = 0.9;
    rule->colour = tf_strand_colour(b->strand);
    rule->keep = true;
    rule->id = b->id;
    const size_t first = p->n_rows - 1;
    const struct tf_look title = {.size = 9.4, .leading = 13, .bold = true, .balance = true,
                                  .colour = TF_INK};
    if (b->inlines != NULL || b->title != NULL) {
        const size_t at = tf_flow_text(p, b->inlines, b->inlines == NULL ? b->title : NULL, &in,
                                    title, "P", NULL, 0, 0.6 * TF_MM);
        keep_rows(p, at, p->n_rows);
    }
    tf_flow_blocks(p, b->child, in);
    double h = 0;
    for (size_t i = first; i < p->n_rows; i++)
        h += p->row[i].h + p->row[i].before;
    size_t table = first; /* what is said before the rows stays with the first of them */
    while (table + 1 < p->n_rows && p->row[table].grid == NULL)
        table++;
    keep_rows(p, first, h < 60 * TF_MM ? p->n_rows - 1 : table);
    p->after = 3 * TF_MM;
}

/* ---- findings ---- */

static bool has_strong(const struct tf_inline *in)
{
    for (; in != NULL; in = in->next)
        if (in->kind == TF_I_STRONG)
            return true;
    return false;
}

static void flow_finding(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    struct tf_look big = {.size = 23, .leading = 25, .track = -0.6, .bold = true,
                          .colour = tf_strand_colour(b->strand)};
    struct tf_look title = BODY_TYPE;
    const double x = f->x + 36 * TF_MM, w = f->w - 36 * TF_MM, pad_mm = 4.4 * TF_MM;
    struct tf_frame in = *f;
    title.bold = !has_strong(b->inlines);
    in.tag = tf_tag_in(p, f, "Div", b);
    struct tf_row *r = tf_row_add(p, TF_R_PARTS, f, 0, 0);
    r->id = b->id;
    tf_part_rule(p, r, f->x, 0, f->w, 0.6, TF_HAIR);
    struct tf_para *para = tf_para_set(p, b->big, NULL, big, b->lang, 33 * TF_MM);
    for (; (para->n_lines > 1 || para->min > 33 * TF_MM) && big.size > 12; big.size -= 2) {
        big.leading = big.size + 2;
        para = tf_para_set(p, b->big, NULL, big, b->lang, 33 * TF_MM);
    }
    double left = tf_part_para(p, r, para, f->x, pad_mm, 33 * TF_MM, 'l',
                               tf_tag_new(&p->tags, in.tag, "P"));
    struct tf_tag *tag = tf_tag_new(&p->tags, in.tag, "P");
    para = tf_para_set(p, b->inlines, b->inlines == NULL ? b->title : NULL, title, b->lang, w);
    double right = tf_part_para(p, r, para, x, pad_mm, w, 'l', tag);
    tf_flow_notes(p, para, in.tag);
    tag = tf_tag_new(&p->tags, in.tag, "P");
    para = tf_para_set(p, b->how_inlines, b->how_inlines == NULL ? b->how : NULL, HOW, b->lang, w);
    if (para->n_lines > 0)
        right = tf_part_para(p, r, para, x, right + 1.2 * TF_MM, w, 'l', tag);
    tf_flow_notes(p, para, in.tag);
    r->h = (left > right ? left : right) + pad_mm;
    if (b->next == NULL || b->next->kind != TF_B_FINDING) {
        tf_part_rule(p, r, f->x, r->h, f->w, 0.6, TF_HAIR);
        p->after = 6 * TF_MM;
    }
}

/* ---- figures ---- */

static void flow_figure(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    static const struct tf_look TITLE = {.size = 10.8, .leading = 14, .bold = true,
                                         .balance = true, .colour = TF_INK};
    static const struct tf_look SUB = {.size = 8.6, .leading = 12, .colour = TF_MUTE};
    const struct tf_chart *c = b->chart;
    if (c == NULL)
        return;
    struct tf_tag *all = tf_tag_in(p, f, "Div", b);
    struct tf_tag *caption = tf_tag_new(&p->tags, all, "Caption");
    struct tf_tag *title = tf_tag_new(&p->tags, caption, "P");
    struct tf_tag *sub = tf_tag_new(&p->tags, caption, "P");
    struct tf_tag *figure = tf_tag_new(&p->tags, all, "Figure");
    figure->alt = c->alt != NULL ? c->alt : tf_chart_alt(p->a, c);
    figure->lang = c->lang;
    struct tf_tag *source = tf_tag_new(&p->tags, all, "P");
    struct tf_row *r = tf_row_add(p, TF_R_CHART, f, 0, 5 * TF_MM);
    r->block = b;
    r->tag = figure;
    r->id = b->id;
    r->id2 = c->id;
    r->floats = f->box == NULL;
    tf_part_rule(p, r, f->x, 0.6, f->w, 1.2, TF_INK);
    double y = 3.6 * TF_MM;
    if (c->title != NULL)
        y = tf_part_para(p, r, tf_para_text(p, c->title, TITLE, f->w), f->x, y, f->w, 'l', title);
    if (c->subtitle != NULL)
        y = tf_part_para(p, r, tf_para_text(p, c->subtitle, SUB, f->w), f->x, y + 0.4 * TF_MM,
                         f->w, 'l', sub);
    r->chart_y = y + 2.4 * TF_MM;
    r->chart_h = tf_chart_height(c, p->fonts, f->w);
    y = r->chart_y + r->chart_h + 1.6 * TF_MM;
    const char *line = c->source != NULL ? c->source : "";
    if (c->number != NULL && !tf_starts(line, c->number))
        line = tf_printf(p->a, "%s. %s", c->number, line);
    y = tf_part_para(p, r, tf_para_text(p, line, SOURCE, f->w), f->x, y, f->w, 'l', source);
    r->h = y;
    p->after = 5.5 * TF_MM;
}

/* ---- sections and all ---- */

static void flow_section(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    struct tf_frame in = *f;
    const int strand = p->strand;
    const char *running = p->running;
    const bool top = f->tag == p->tags.root;
    in.tag = tf_tag_in(p, f, "Sect", b);
    if (b->strand >= 0 || top)
        p->strand = b->strand;
    if (top) {
        p->fresh = p->n_rows > 0;
        p->running = NULL;
    }
    const size_t first = p->n_rows;
    tf_flow_blocks(p, b->child, in);
    if (first < p->n_rows && p->row[first].id == NULL)
        p->row[first].id = b->id;
    p->strand = strand;
    p->running = running;
}

static void flow_break(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    (void)b;
    (void)f;
    p->fresh = true;
}

static void flow_rule(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    (void)b;
    struct tf_row *r = tf_row_add(p, TF_R_RULE, f, 1, 4 * TF_MM);
    r->rule = 0.6;
    r->colour = TF_HAIR;
    p->after = 4 * TF_MM;
}

static void flow_item(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    tf_flow_blocks(p, b->child, *f);
}

static void flow_table(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    tf_flow_table(p, b, *f);
}

void tf_flow_blocks(struct tf_press *p, const struct tf_block *first, struct tf_frame f)
{
    static void (*const FLOW[])(struct tf_press *, const struct tf_block *,
                                const struct tf_frame *) = {
        [TF_B_COVER] = tf_flow_cover,     [TF_B_TOC] = tf_flow_contents,
        [TF_B_OPENER] = tf_flow_opener,   [TF_B_HEADING] = flow_heading,
        [TF_B_PARA] = flow_para,       [TF_B_LIST] = flow_list,
        [TF_B_ITEM] = flow_item,       [TF_B_CALLOUT] = flow_callout,
        [TF_B_QUOTE] = flow_quote,     [TF_B_FINDING] = flow_finding,
        [TF_B_TABLE] = flow_table,     [TF_B_FIGURE] = flow_figure,
        [TF_B_SECTION] = flow_section, [TF_B_PAGEBREAK] = flow_break,
        [TF_B_RULE] = flow_rule,       [TF_B_CARD] = flow_card};
    for (const struct tf_block *b = first; b != NULL; b = b->next)
        FLOW[b->kind](p, b, &f);
}
