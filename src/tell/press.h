/* press, inside: what the files of the typesetter share. Nobody else includes this.
 *
 *   font.c        faces, shaped words, subsets
 *   para.c        inlines -> lines of the best total fit
 *   page.c        blocks -> rows -> pages
 *   table.c       cells -> columns, rows, spans      (in page_table.c)
 *   pdf.c         objects, cross-reference stream, compression
 *   tags.c        structure tree
 *   pdf_canvas.c  charts and runs of text as page operators
 *   press.c       the whole: fonts, outline, links, metadata
 *
 * All lengths are points (1/72 inch). Inside the press y grows DOWN from the top of the page;
 * it is turned over only where operators are written. */
#ifndef TF_TELL_PRESS_H
#define TF_TELL_PRESS_H

#include "base/base.h"
#include "tell/font.h"

/* ---- font.c ---- */

/* Two more faces stand in where Noto Sans has no glyph: mathematical signs and symbols. They have
 * one weight and are opened only when first needed. */
enum { TF_FACE_MATH = TF_N_FACES, TF_FACE_SYMBOLS, TF_ALL_FACES };

struct tf_glyph { /* lengths in 1/1000 of the size */
    uint32_t id;
    uint32_t cluster; /* byte offset in the word */
    int advance, dx, dy;
};
/* A shaped word: one face, no break inside that matters. Lives as long as the fonts. */
struct tf_word {
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
const struct tf_word *tf_font_shape(struct tf_fonts *f, int face, const char *s, size_t n);
/* Length of the longest start of s[0..n) that one face shows, and that face. Spaces and marks
 * join the run they follow; `before` is the face of the run before, or -1. */
size_t tf_font_run(struct tf_fonts *f, const char *s, size_t n, bool bold, int before,
                   int *ret_face);
/* Forget which glyphs were printed; then remember those of a word. */
void tf_font_press_begin(struct tf_fonts *f);
void tf_font_press_word(struct tf_fonts *f, const struct tf_word *w);

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

#endif
