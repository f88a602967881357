/* press, inside: what the files of the typesetter share. Nobody else includes this.
 *
 *   font.c        faces, shaped words, subsets
 *   para.c        inlines -> lines of the best total fit
 *   press_flow.c  blocks -> rows (what may not be parted)
 *   press_front.c cover, openers, contents
 *   press_table.c cells -> columns, table rows, spans
 *   page.c        rows -> pages
 *   press_draw.c  pages -> marked content
 * *   pdf.c         objects, cross-reference stream, compression
 *   tags.c        structure tree
 *   pdf_canvas.c  charts and runs of text as page operators
 *   press.c       the whole: fonts, outline, links, metadata
 *
 * All lengths are points (1/72 inch). Inside the press y grows DOWN from the top of the page;
 * it is turned over only where operators are written. */
#ifndef TF_TELL_PRESS_H
#define TF_TELL_PRESS_H

#include "base/base.h"
#include "tell/canvas.h"
#include "tell/font.h"
#include "tell/inside.h"
#include "tell/tree.h"

/* ---- font.c ---- */

/* Two more faces stand in where Noto Sans has no glyph: mathematical signs and symbols. They have
 * one weight and are opened only when first needed. */
enum { TF_FACE_MATH = TF_N_FACES, TF_FACE_SYMBOLS, TF_ALL_FACES };

struct tf_glyph { /* lengths in 1/1000 of the size */
    uint32_t id;
    uint32_t cluster; /* byte offset in the word */
    int advance, dx, dy;
    int width; /* the face's own advance of this glyph */
};
/* A shaped word: one face, no break inside that matters. Lives as long as the fonts. */
struct tf_shaped {
    const char *s;
    size_t n; /* bytes of s */
    uint64_t hash;
    int face;
    bool exact; /* the glyphs, read one by one through ToUnicode, give back s */
    size_t n_glyphs;
    struct tf_glyph *glyph;
    int advance; /* sum */
};
/* Shape s[0..n), which is of one face; from the cache when seen before. */
const struct tf_shaped *tf_font_shape(struct tf_fonts *f, int face, const char *s, size_t n);
/* Length of the longest start of s[0..n) that one face shows, and that face. Spaces and marks
 * join the run they follow; `before` is the face of the run before, or -1. */
size_t tf_font_run(struct tf_fonts *f, const char *s, size_t n, bool bold, int before,
                   int *ret_face);
/* Forget which glyphs were printed; then remember those of a word. */
void tf_font_press_begin(struct tf_fonts *f);
void tf_font_press_word(struct tf_fonts *f, const struct tf_shaped *w);

struct tf_face_info {
    const char *name; /* PostScript name */
    int ascent, descent, cap_height, box[4], stem;
    bool printed; /* some glyph was remembered since tf_font_press_begin */
};
struct tf_face_info tf_font_info(struct tf_fonts *f, int face);
/* The next printed glyph after *gid (start with UINT32_MAX): its id, width, and text as UTF-8. */
bool tf_font_printed(struct tf_fonts *f, int face, uint32_t *gid, int *ret_width,
                     const char **ret_text);
/* Subset of the printed glyphs, ids kept, without hints and layout. */
TF_MUST_CHECK enum tf_code tf_font_press_subset(struct tf_arena *a, struct tf_fonts *f, int face,
                                                struct tf_bytes *ret, struct tf_err *reterr);

/* ---- pdf.c ---- */

struct tf_pdf {
    struct tf_arena *arena;
    struct tf_buf *out;
    bool plain;     /* nothing compressed, classic table: for tests and curious eyes */
    struct tf_pdf_entry {
        unsigned char kind; /* 0 free, 1 at an offset, 2 in an object stream */
        size_t at, index;
    } *entry;
    size_t n_objects, cap_objects;
    struct tf_buf pack, pack_head; /* the object stream being filled */
    size_t n_packed;
    char *scratch; /* for deflate */
    size_t cap_scratch;
};
void tf_pdf_begin(struct tf_pdf *pdf, struct tf_arena *a, struct tf_buf *out, bool plain);
/* A new object's number, to be written later. */
size_t tf_pdf_reserve(struct tf_pdf *pdf);
void tf_pdf_object(struct tf_pdf *pdf, size_t number, const char *body, size_t n);
/* dict: entries without << >>, /Length and /Filter. */
void tf_pdf_stream(struct tf_pdf *pdf, size_t number, const char *dict, const void *data, size_t n,
                   bool deflate);
void tf_pdf_finish(struct tf_pdf *pdf, size_t root, size_t info);
/* x with at most 3 decimals. */
void tf_pdf_num(struct tf_buf *b, double x);
/* A text string: (…) when it is plain ASCII, else UTF-16 in hex. */
void tf_pdf_text(struct tf_buf *b, const char *utf8, size_t n);
/* UTF-16BE in hex digits, without the brackets. */
void tf_pdf_utf16(struct tf_buf *b, const char *utf8, size_t n);

/* ---- tags.c ---- */

struct tf_tag {
    const char *type; /* a standard structure type */
    struct tf_tag *up;
    const char *alt, *lang, *id, *title;
    const char *scope; /* TH: "Column", "Row" */
    unsigned colspan, rowspan;
    const char *list;  /* L: numbering */
    bool block;        /* /Placement /Block with a box (figures) */
    double box[4];     /* left, bottom, right, top in page space */
    bool has_box;
    bool keep_empty;
    struct tf_tag_kid {
        struct tf_tag *tag; /* a child, or NULL */
        bool link;          /* number is an annotation's object, else a marked-content id */
        size_t page, number;
    } *kid;
    size_t n_kids, cap_kids;
    size_t object; /* 0 until written */
    bool live;
};
struct tf_tags {
    struct tf_arena *arena;
    struct tf_tag *root; /* Document */
    struct tf_tag_page {
        struct tf_tag **tag; /* by marked-content id */
        size_t n, cap;
    } *page;
    size_t n_pages, cap_pages;
    struct tf_tag **link; /* by annotation */
    size_t n_links, cap_links;
};
void tf_tags_begin(struct tf_tags *tags, struct tf_arena *a, const char *lang);
struct tf_tag *tf_tag_new(struct tf_tags *tags, struct tf_tag *up, const char *type);
/* A marked-content id on a page (from 0) that belongs to the tag. */
size_t tf_tag_mark(struct tf_tags *tags, struct tf_tag *tag, size_t page);
/* An annotation of the tag; returns its index: /StructParent is the number of pages plus this. */
size_t tf_tag_link(struct tf_tags *tags, struct tf_tag *tag, size_t page, size_t object);
/* Write all; page_object[n_pages]. Returns the object number of the StructTreeRoot. */
size_t tf_tags_write(struct tf_tags *tags, struct tf_pdf *pdf, const size_t *page_object,
                     size_t n_pages);

/* ---- para.c ---- */

struct tf_look { /* how text is set */
    double size, leading, track;
    bool bold;
    bool balance; /* headings: lines of like length */
    uint32_t colour;
};
struct tf_span { /* a stretch of a paragraph with one look and one meaning */
    size_t from, to; /* bytes of the paragraph's text */
    struct tf_look type;
    double rise;
    bool chip;
    uint32_t chip_fill;
    bool live;         /* a live number: dotted line beneath */
    const char *href;  /* link, or NULL */
    const char *lang;
    size_t note;       /* index + 1 of a footnote's mark, or 0 */
    struct tf_tag *tag;/* made when first drawn */
};
struct tf_piece {
    const struct tf_shaped *word;
    struct tf_span *span;
    double x, width; /* x from the start of the line; width with chip padding */
};
struct tf_line {
    struct tf_piece *piece;
    size_t n_pieces;
    double width;    /* without trailing space */
    size_t *note;    /* footnotes marked on it */
    size_t n_notes;
    bool overfull;
};
struct tf_para {
    struct tf_line *line;
    size_t n_lines;
    double leading, size;
    double min, max; /* widest unbreakable part; width on one line */
};
struct tf_press;
/* Set inlines into lines of a width. */
struct tf_para *tf_para_set(struct tf_press *p, const struct tf_inline *first, const char *prefix,
                            struct tf_look type, const char *lang, double width);
/* The same for a plain text. */
struct tf_para *tf_para_text(struct tf_press *p, const char *s, struct tf_look type, double width);

/* ---- pdf_canvas.c ---- */

struct tf_ink { /* operators of one page */
    struct tf_arena *arena;
    struct tf_buf out;
    struct tf_fonts *fonts;
    double height; /* of the page */
    uint32_t fill, stroke; /* current colours; TF_NO_PAINT = unknown */
    int face;              /* current font, -1 = none */
    double size, width;
    bool used[TF_ALL_FACES];
    double ox, oy; /* origin of the chart being drawn */
    struct tf_piece *label; /* room for the words of a label */
    size_t cap_label;
};
void tf_ink_begin(struct tf_ink *k, double page_height);
void tf_ink_fill(struct tf_ink *k, uint32_t rgb);
void tf_ink_rect(struct tf_ink *k, double x, double y, double w, double h, uint32_t rgb);
void tf_ink_round(struct tf_ink *k, double x, double y, double w, double h, double r, uint32_t rgb,
                  double stroke_width); /* stroke_width 0 = filled */
void tf_ink_disc(struct tf_ink *k, double x, double y, double r, uint32_t fill, uint32_t stroke,
                 double width);
void tf_ink_line(struct tf_ink *k, double x1, double y1, double x2, double y2, double width,
                 uint32_t rgb, const char *dash);
/* Pieces of a line from x, on a baseline. */
void tf_ink_pieces(struct tf_ink *k, double x, double y, const struct tf_piece *piece, size_t n);
/* /ActualText for pieces that do not read back glyph by glyph; returns whether it was opened. */
bool tf_ink_actual(struct tf_ink *k, const struct tf_piece *piece, size_t n);
struct tf_canvas tf_pdf_canvas(struct tf_ink *k, double x, double y);

/* ---- rows and pages ---- */

struct tf_box { /* washed ground with a bar, behind rows */
    struct tf_box *up;
    double x, w;
    uint32_t wash, bar; /* TF_NO_PAINT = none */
    size_t page;        /* while drawing: the page of y0, y1, plus one */
    double y0, y1;
};
enum tf_row_kind { TF_R_SPACE, TF_R_LINE, TF_R_RULE, TF_R_CELLS, TF_R_PARTS, TF_R_CHART,
                   TF_R_COVER, TF_R_OPENER };
struct tf_cell_set { /* a cell, set */
    struct tf_para *para;
    double x, w;      /* of the text */
    double full_x, full_w; /* of the cell */
    char align;
    size_t row, rows; /* rows covered */
    bool group;       /* a head over several columns */
    bool head;
    double top, height;
    struct tf_tag *tag;
    size_t from, to;  /* lines of para in this slice */
    bool first;       /* draws at the top of the row (not covered by a span from above) */
};
struct tf_row {
    enum tf_row_kind kind;
    double h, before;
    double x, w;
    bool keep;      /* with the next row */
    bool land;      /* on a landscape page */
    bool fresh;     /* starts a new page */
    bool floats;    /* may go to the next page's top while text goes on */
    bool barrier;   /* nothing floats past it */
    int heading;    /* level, 0 = none */
    struct tf_box *box;
    const char *id, *id2; /* destinations */
    struct tf_tag *tag;
    struct tf_para *para; /* LINE */
    size_t line;
    double indent;
    char align;
    struct tf_para *label; /* list mark or page number, beside the line */
    double label_x;
    struct tf_tag *label_tag;
    const char *label_to; /* contents: print the page of this id, right-aligned */
    double label_w;
    uint32_t colour;      /* RULE */
    double rule;
    struct tf_grid *grid; /* CELLS */
    struct tf_cell_set *cell;
    size_t n_cells;
    bool head;            /* repeats */
    bool head_end;        /* the last row of the head: a strong line beneath */
    bool slice;           /* continues on the next row: no line beneath */
    const struct tf_block *block; /* CHART, COVER, OPENER */
    struct tf_row *part;  /* PARTS, CHART, COVER, OPENER: rows inside; y from the top of this row */
    size_t n_parts, cap_parts;
    double chart_y, chart_h; /* CHART */
    size_t *note;
    size_t n_notes;
    int strand;
    const char *running;
    size_t page;          /* where it was put, from 0 */
    double y;
    bool placed;
};
struct tf_grid { /* a table, for repeating its head */
    size_t head_from, head_n; /* rows of the head, by index */
    double head_h;
};
struct tf_line_item { /* a row put on a page */
    size_t row;
    double y;
    bool repeat;
};
struct tf_page {
    bool land, bare;  /* bare: no folio and spine */
    struct tf_line_item *item;
    size_t n, cap;
    size_t *note;
    size_t n_notes, cap_notes;
    double notes_h;
    int strand;
    const char *running;
    size_t object;
    size_t *annot;
    size_t n_annots, cap_annots;
};
struct tf_note_set {
    struct tf_para **para; /* set paragraphs of the note */
    size_t n;
    double h;
    struct tf_para *label;
    struct tf_tag *tag, *label_tag, **para_tag;
    bool used;
    size_t page;
    double y;
};
struct tf_target { /* something with an id */
    const char *id;
    const char *text; /* what a cross reference prints */
    bool found;       /* on a page */
    size_t page;
    double y;
};
struct tf_used { /* a printed number: the card it links to, and where it stands */
    const char *href;
    size_t page;
    double y;
};
struct tf_press {
    const struct tf_press *before; /* the pass before this one: it knows the pages */
    struct tf_used *use;
    size_t n_uses, cap_uses;
    struct tf_arena *a;
    const struct tf_doc *doc;
    struct tf_fonts *fonts;
    struct tf_pdf pdf;
    struct tf_tags tags;
    struct tf_ink ink;
    struct tf_row *row;
    size_t n_rows, cap_rows;
    struct tf_page *page;
    size_t n_pages, cap_pages;
    struct tf_note_set *note;
    struct tf_target *target; /* sorted by id */
    size_t n_targets, cap_targets;
    struct tf_outline {
        const char *title;
        int level;
        size_t row;
    } *outline;
    size_t n_outline, cap_outline;
    struct tf_head { /* headings for the contents, in order */
        const struct tf_block *block;
        const char *id, *number, *title, *text; /* text: number and title */
        int level;
    } *head;
    size_t n_heads, cap_heads, next_head;
    struct tf_pressed said;
    void *breaker; /* ICU */
    /* while flowing */
    double after;  /* space owed */
    int strand;
    const char *running;
    bool fresh;
    bool tight; /* in a table too wide: ranges may part after the dash */
};
#define TF_MM (72.0 / 25.4)
enum { TF_INK = 0x1d2433, TF_MUTE = 0x5b6475, TF_HAIR = 0xd9dee7, TF_NAVY = 0x12436D,
       TF_TEAL = 0x28A197, TF_PLUM = 0x801650, TF_RUST = 0xb0470e, TF_ORANGE = 0xF46A25,
       TF_WASH = 0xf3f6fa, TF_WHITE = 0xffffff };
struct tf_frame { /* where blocks flow */
    double x, w;
    struct tf_tag *tag;
    struct tf_box *box;
    struct tf_look body;
    bool land, small;
    const char *lang;
};
uint32_t tf_strand_colour(int strand);
struct tf_target *tf_press_target(struct tf_press *p, const char *id);
struct tf_row *tf_row_add(struct tf_press *p, enum tf_row_kind kind, const struct tf_frame *f,
                          double h, double before);
/* Lines of a paragraph inside a row, from y; returns the y below. */
double tf_part_para(struct tf_press *p, struct tf_row *row, struct tf_para *para, double x, double y,
                    double w, char align, struct tf_tag *tag);
/* Rows of a paragraph's lines. Returns the index of the first. */
size_t tf_rows_para(struct tf_press *p, struct tf_para *para, const struct tf_frame *f,
                    struct tf_tag *tag, double before, double after);
/* Structure elements of the notes of a paragraph, beside it. */
void tf_flow_notes(struct tf_press *p, const struct tf_para *para, struct tf_tag *up);
/* Text as rows: inlines behind a prefix, either may be NULL. Returns the index of the first row. */
size_t tf_flow_text(struct tf_press *p, const struct tf_inline *in, const char *prefix,
                    const struct tf_frame *f, struct tf_look look, const char *tag_type,
                    const struct tf_block *b, double before, double after);
struct tf_tag *tf_tag_in(struct tf_press *p, const struct tf_frame *f, const char *type,
                         const struct tf_block *b);
void tf_part_rule(struct tf_press *p, struct tf_row *row, double x, double y, double w,
                  double width, uint32_t colour);
void tf_note_outline(struct tf_press *p, const char *title, int level, size_t row);
const struct tf_head *tf_this_head(struct tf_press *p, const struct tf_block *b);
struct tf_look tf_heading_look(int level); /* 1-4 */
void tf_flow_blocks(struct tf_press *p, const struct tf_block *first, struct tf_frame f);
void tf_flow_cover(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f);
void tf_flow_opener(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f);
void tf_flow_contents(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f);
void tf_flow_table(struct tf_press *p, const struct tf_block *b, struct tf_frame f);
void tf_pages_build(struct tf_press *p);
void tf_pages_draw(struct tf_press *p);
/* Where in a line of this leading the baseline is. */
double tf_baseline(double leading, double size);
/* tf_press_write, with nothing compressed when plain. */
TF_MUST_CHECK enum tf_code tf_press_write_as(struct tf_arena *a, const struct tf_doc *doc,
                                             struct tf_fonts *fonts, bool plain,
                                             struct tf_buf *out, struct tf_pressed *ret,
                                             struct tf_err *reterr);

#endif
