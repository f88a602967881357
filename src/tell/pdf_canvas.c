/* Ink: colours, lines, shapes and shaped words as page operators; and the charts' canvas.
 *
 * The press thinks from the top of a page down, PDF from the bottom up: each y is turned over here
 * and nowhere else. Colours, fonts and line widths are written only when they change.
 *
 * Words are shown glyph by glyph (Identity-H: two bytes a glyph). Where HarfBuzz moves the pen
 * otherwise than the font's own width does, the difference goes into the TJ array; where it
 * lifts a mark, Ts lifts the text. */
#include <stdlib.h>
#include <string.h>

#include "tell/press.h"

/* ---- state ---- */

void tf_ink_begin(struct tf_ink *k, double page_height)
{
    k->out.n = 0;
    k->out.arena = k->arena;
    k->height = page_height;
    k->fill = k->stroke = TF_NO_PAINT;
    k->face = -1;
    k->width = -1;
}

static void num(struct tf_ink *k, double x)
{
    tf_pdf_num(&k->out, x);
    tf_buf_char(&k->out, ' ');
}

static void xy(struct tf_ink *k, double x, double y)
{
    num(k, x);
    num(k, k->height - y);
}

static void colour(struct tf_ink *k, uint32_t rgb, const char *op)
{
    for (int shift = 16; shift >= 0; shift -= 8)
        num(k, (double)((rgb >> shift) & 255) / 255);
    tf_buf_add(&k->out, op);
}

void tf_ink_fill(struct tf_ink *k, uint32_t rgb)
{
    if (rgb != k->fill)
        colour(k, rgb, "rg\n");
    k->fill = rgb;
}

static void stroke_with(struct tf_ink *k, uint32_t rgb, double width)
{
    if (rgb != k->stroke)
        colour(k, rgb, "RG\n");
    if (width < k->width || width > k->width) {
        num(k, width);
        tf_buf_add(&k->out, "w\n");
    }
    k->stroke = rgb;
    k->width = width;
}

/* ---- shapes ---- */

void tf_ink_rect(struct tf_ink *k, double x, double y, double w, double h, uint32_t rgb)
{
    tf_ink_fill(k, rgb);
    xy(k, x, y + h);
    num(k, w);
    num(k, h);
    tf_buf_add(&k->out, "re f\n");
}

static void curve(struct tf_ink *k, double x1, double y1, double x2, double y2, double x3,
                  double y3)
{
    xy(k, x1, y1);
    xy(k, x2, y2);
    xy(k, x3, y3);
    tf_buf_add(&k->out, "c\n");
}

/* A rectangle with round corners; r at most half of the shorter side. A quarter of a circle is one
 * Bezier with handles of 0.5523 r. */
static void round_path(struct tf_ink *k, double x, double y, double w, double h, double r)
{
    const double most = (w < h ? w : h) / 2;
    r = r > most ? most : r;
    const double q = r * (1 - 0.5523);
    xy(k, x + r, y);
    tf_buf_add(&k->out, "m ");
    xy(k, x + w - r, y);
    tf_buf_add(&k->out, "l ");
    curve(k, x + w - q, y, x + w, y + q, x + w, y + r);
    xy(k, x + w, y + h - r);
    tf_buf_add(&k->out, "l ");
    curve(k, x + w, y + h - q, x + w - q, y + h, x + w - r, y + h);
    xy(k, x + r, y + h);
    tf_buf_add(&k->out, "l ");
    curve(k, x + q, y + h, x, y + h - q, x, y + h - r);
    xy(k, x, y + r);
    tf_buf_add(&k->out, "l ");
    curve(k, x, y + q, x + q, y, x + r, y);
    tf_buf_add(&k->out, "h ");
}

void tf_ink_round(struct tf_ink *k, double x, double y, double w, double h, double r, uint32_t rgb,
                  double stroke_width)
{
    if (stroke_width > 0)
        stroke_with(k, rgb, stroke_width);
    else
        tf_ink_fill(k, rgb);
    round_path(k, x, y, w, h, r);
    tf_buf_add(&k->out, stroke_width > 0 ? "S\n" : "f\n");
}

void tf_ink_disc(struct tf_ink *k, double x, double y, double r, uint32_t fill, uint32_t stroke,
                 double width)
{
    if (fill != TF_NO_PAINT)
        tf_ink_fill(k, fill);
    if (stroke != TF_NO_PAINT)
        stroke_with(k, stroke, width);
    round_path(k, x - r, y - r, 2 * r, 2 * r, r);
    tf_buf_add(&k->out, stroke == TF_NO_PAINT ? "f\n" : fill == TF_NO_PAINT ? "S\n" : "B\n");
}

static void dashed(struct tf_ink *k, const char *dash)
{
    if (dash == NULL)
        return;
    tf_buf_add(&k->out, "[");
    tf_buf_add(&k->out, dash);
    tf_buf_add(&k->out, "] 0 d\n");
}

static void undash(struct tf_ink *k, const char *dash)
{
    if (dash != NULL)
        tf_buf_add(&k->out, "[] 0 d\n");
}

void tf_ink_line(struct tf_ink *k, double x1, double y1, double x2, double y2, double width,
                 uint32_t rgb, const char *dash)
{
    stroke_with(k, rgb, width);
    dashed(k, dash);
    xy(k, x1, y1);
    tf_buf_add(&k->out, "m ");
    xy(k, x2, y2);
    tf_buf_add(&k->out, "l S\n");
    undash(k, dash);
}

/* ---- words ---- */

static void hex_glyph(struct tf_buf *b, uint32_t id)
{
    static const char DIGIT[] = "0123456789ABCDEF";
    const char s[4] = {DIGIT[(id >> 12) & 15], DIGIT[(id >> 8) & 15], DIGIT[(id >> 4) & 15],
                       DIGIT[id & 15]};
    tf_buf_addn(b, s, 4);
}

struct show { /* an open TJ array */
    bool array, string;
};

static void open_string(struct tf_ink *k, struct show *s)
{
    if (!s->array)
        tf_buf_char(&k->out, '[');
    if (!s->string)
        tf_buf_char(&k->out, '<');
    s->array = s->string = true;
}

static void close_array(struct tf_ink *k, struct show *s)
{
    if (s->string)
        tf_buf_char(&k->out, '>');
    if (s->array)
        tf_buf_add(&k->out, "]TJ\n");
    s->array = s->string = false;
}

/* Move the pen by thousandths of the size. */
static void move_pen(struct tf_ink *k, struct show *s, int by)
{
    if (by == 0)
        return;
    if (!s->array)
        tf_buf_char(&k->out, '[');
    if (s->string)
        tf_buf_char(&k->out, '>');
    s->array = true;
    s->string = false;
    tf_buf_printf(&k->out, "%d", -by);
}

static void show_word(struct tf_ink *k, struct show *s, const struct tf_shaped *w, double size,
                      double rise)
{
    for (size_t i = 0; i < w->n_glyphs; i++) {
        const struct tf_glyph g = w->glyph[i];
        if (g.dy != 0) {
            close_array(k, s);
            num(k, rise + g.dy * size / 1000);
            tf_buf_add(&k->out, "Ts ");
        }
        move_pen(k, s, g.dx);
        open_string(k, s);
        hex_glyph(&k->out, g.id);
        if (g.dy != 0) {
            close_array(k, s);
            num(k, rise);
            tf_buf_add(&k->out, "Ts\n");
        }
        move_pen(k, s, g.advance - g.dx - g.width);
    }
}

void tf_ink_pieces(struct tf_ink *k, double x, double y, const struct tf_piece *piece, size_t n)
{
    struct show s = {false, false};
    double rise = 0, track = 0;
    if (n == 0)
        return;
    tf_ink_fill(k, piece[0].span->type.colour);
    tf_buf_add(&k->out, "BT\n");
    xy(k, x + piece[0].x, y);
    tf_buf_add(&k->out, "Td\n");
    for (size_t i = 0; i < n; i++) {
        const struct tf_span *span = piece[i].span;
        const struct tf_shaped *w = piece[i].word;
        if (span->type.colour != k->fill || w->face != k->face || span->type.size < k->size ||
            span->type.size > k->size || span->rise < rise || span->rise > rise ||
            span->type.track < track || span->type.track > track)
            close_array(k, &s);
        tf_ink_fill(k, span->type.colour);
        if (w->face != k->face || span->type.size < k->size || span->type.size > k->size) {
            tf_buf_printf(&k->out, "/F%d ", w->face);
            num(k, span->type.size);
            tf_buf_add(&k->out, "Tf\n");
            k->face = w->face;
            k->size = span->type.size;
            k->used[w->face] = true;
        }
        if (span->rise < rise || span->rise > rise) {
            rise = span->rise;
            num(k, rise);
            tf_buf_add(&k->out, "Ts\n");
        }
        if (span->type.track < track || span->type.track > track) {
            track = span->type.track;
            num(k, track);
            tf_buf_add(&k->out, "Tc\n");
        }
        tf_font_press_word(k->fonts, w);
        show_word(k, &s, w, span->type.size, rise);
    }
    close_array(k, &s);
    if (rise > 0)
        tf_buf_add(&k->out, "0 Ts\n");
    if (track > 0 || track < 0)
        tf_buf_add(&k->out, "0 Tc\n");
    tf_buf_add(&k->out, "ET\n");
}

bool tf_ink_actual(struct tf_ink *k, const struct tf_piece *piece, size_t n)
{
    bool exact = true;
    for (size_t i = 0; i < n && exact; i++)
        exact = piece[i].word->exact;
    if (exact)
        return false;
    tf_buf_add(&k->out, "/Span<</ActualText<FEFF");
    for (size_t i = 0; i < n; i++)
        tf_pdf_utf16(&k->out, piece[i].word->s, piece[i].word->n);
    tf_buf_add(&k->out, ">>>BDC\n");
    return true;
}

/* ---- the charts' canvas ---- */

static void paint_path(struct tf_ink *k, struct tf_paint p)
{
    const bool fill = p.fill != TF_NO_PAINT, line = p.stroke != TF_NO_PAINT && p.width > 0;
    tf_buf_add(&k->out, fill && line ? "B\n" : fill ? "f\n" : line ? "S\n" : "n\n");
}

static void prepare(struct tf_ink *k, struct tf_paint p)
{
    if (p.fill != TF_NO_PAINT)
        tf_ink_fill(k, p.fill);
    if (p.stroke != TF_NO_PAINT && p.width > 0)
        stroke_with(k, p.stroke, p.width);
    dashed(k, p.dash);
}

/* Slanting lines, 3.2 points apart, inside the rectangle. */
static void hatch(struct tf_ink *k, double x, double y, double w, double h, uint32_t rgb)
{
    tf_buf_add(&k->out, "q\n");
    xy(k, x, y + h);
    num(k, w);
    num(k, h);
    tf_buf_add(&k->out, "re W n\n");
    stroke_with(k, rgb, 0.6);
    for (double at = -h; at < w; at += 3.2) {
        xy(k, x + at, y + h);
        tf_buf_add(&k->out, "m ");
        xy(k, x + at + h, y);
        tf_buf_add(&k->out, "l\n");
    }
    tf_buf_add(&k->out, "S\nQ\n");
    k->fill = k->stroke = TF_NO_PAINT;
    k->width = -1;
    k->face = -1;
}

static void canvas_rect(void *self, double x, double y, double w, double h, struct tf_paint p)
{
    struct tf_ink *k = self;
    if (p.hatch)
        hatch(k, k->ox + x, k->oy + y, w, h,
              p.stroke != TF_NO_PAINT ? p.stroke : TF_MUTE);
    prepare(k, p);
    xy(k, k->ox + x, k->oy + y + h);
    num(k, w);
    num(k, h);
    tf_buf_add(&k->out, "re ");
    if (p.hatch)
        p.fill = TF_NO_PAINT;
    paint_path(k, p);
    undash(k, p.dash);
}

static void canvas_line(void *self, double x1, double y1, double x2, double y2, struct tf_paint p)
{
    struct tf_ink *k = self;
    tf_ink_line(k, k->ox + x1, k->oy + y1, k->ox + x2, k->oy + y2, p.width,
                p.stroke != TF_NO_PAINT ? p.stroke : TF_INK, p.dash);
}

static void canvas_path(void *self, const double *points, size_t n, bool closed,
                        struct tf_paint p)
{
    struct tf_ink *k = self;
    prepare(k, p);
    for (size_t i = 0; i < n; i++) {
        xy(k, k->ox + points[2 * i], k->oy + points[2 * i + 1]);
        tf_buf_add(&k->out, i == 0 ? "m\n" : "l\n");
    }
    if (closed)
        tf_buf_add(&k->out, "h ");
    paint_path(k, p);
    undash(k, p.dash);
}

static void canvas_circle(void *self, double x, double y, double r, struct tf_paint p)
{
    struct tf_ink *k = self;
    prepare(k, p);
    round_path(k, k->ox + x - r, k->oy + y - r, 2 * r, 2 * r, r);
    paint_path(k, p);
    undash(k, p.dash);
}

/* A label: cut into runs and words as tf_text_width measures it. */
static void canvas_text(void *self, double x, double y, const char *text, struct tf_textstyle t)
{
    struct tf_ink *k = self;
    struct tf_span span = {.type = {.size = t.size, .bold = t.bold, .colour = t.colour}};
    const size_t n = strlen(text);
    size_t n_pieces = 0;
    double width = 0;
    int face = -1;
    for (size_t at = 0, end; at < n; at = end) {
        end = at + tf_font_run(k->fonts, text + at, n - at, t.bold, face, &face);
        for (size_t from = at; from < end;) {
            size_t to = from + 1;
            while (text[from] != ' ' && to < end && text[to] != ' ')
                to++;
            k->label = tf_grow(k->arena, k->label, n_pieces, &k->cap_label, sizeof *k->label);
            const struct tf_shaped *w = tf_font_shape(k->fonts, face, text + from, to - from);
            k->label[n_pieces++] = (struct tf_piece){.word = w, .span = &span, .x = width};
            width += w->advance * t.size / 1000;
            from = to;
        }
    }
    const double shift = t.anchor == TF_END ? width : t.anchor == TF_MIDDLE ? width / 2 : 0;
    const bool actual = tf_ink_actual(k, k->label, n_pieces);
    tf_ink_pieces(k, k->ox + x - shift, k->oy + y, k->label, n_pieces);
    if (actual)
        tf_buf_add(&k->out, "EMC\n");
}

static void canvas_group(void *self, const char *role, const char *id)
{
    (void)self; /* the whole chart is one Figure with its alt text */
    (void)role;
    (void)id;
}

struct tf_canvas tf_pdf_canvas(struct tf_ink *k, double x, double y)
{
    k->ox = x;
    k->oy = y;
    return (struct tf_canvas){.self = k, .rect = canvas_rect, .line = canvas_line,
                              .path = canvas_path, .circle = canvas_circle,
                              .text = canvas_text, .group = canvas_group};
}
