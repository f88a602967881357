/* html, inside: the page writer's state. Nobody outside html*.c includes this. */
#ifndef TF_TELL_HTML_INSIDE_H
#define TF_TELL_HTML_INSIDE_H

#include "tell/inside.h"

struct tf_page {
    struct tf_arena *a;
    const struct tf_doc *doc;
    struct tf_fonts *fonts;
    struct tf_buf *out;
    size_t n_numbers, n_scrolls, n_charts;
    const char **number_href; /* [n_numbers] where each printed number points */
    size_t cap_numbers;
    size_t *note;             /* notes marked in the section being written */
    size_t n_notes, cap_notes;
    bool *note_marked;        /* [doc->n_notes] */
    const struct tf_block *block; /* of the inlines being written */
};
/* Text, escaped, its glyphs remembered for the font subsets. */
void tf_page_text(struct tf_page *p, const char *s);
void tf_page_inlines(struct tf_page *p, const struct tf_inline *in);
void tf_page_blocks(struct tf_page *p, const struct tf_block *block);
void tf_page_table(struct tf_page *p, const struct tf_block *block, const struct tf_doc_table *t,
                   bool captioned);
void tf_page_figure(struct tf_page *p, const struct tf_block *block);
void tf_page_notes(struct tf_page *p); /* of the section just written */

#endif
