/* tell, inside: the steps of a report and who writes what. Not for other rooms. */
#ifndef TF_TELL_INSIDE_H
#define TF_TELL_INSIDE_H

#include "tell/chart.h"
#include "tell/font.h"
#include "tell/tell.h"
#include "tell/tree.h"

/* ---- html.c ---- */
/* The whole page: style inline, SVG charts inline with their data tables in <details>, fonts as
 * base64 subsets, no script, no outside request. */
TF_MUST_CHECK enum tf_code tf_html_write(struct tf_arena *a, const struct tf_doc *doc,
                                         struct tf_fonts *fonts, struct tf_buf *out,
                                         struct tf_err *reterr);
/* ---- press.c (with para.c, page.c, pdf.c, tags.c, pdf_canvas.c) ---- */
struct tf_pressed {
    size_t pages, overfull, lost_notes, orphans; /* the press's own report */
};
/* Typeset to PDF 1.7, tagged (PDF/UA-1 intent), bookmarks, contents with page numbers. */
TF_MUST_CHECK enum tf_code tf_press_write(struct tf_arena *a, const struct tf_doc *doc,
                                          struct tf_fonts *fonts, struct tf_buf *out,
                                          struct tf_pressed *ret, struct tf_err *reterr);

#endif
