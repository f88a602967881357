/* text, inside: what the block half and the inline half of the Markdown reader share. */
#ifndef TF_TELL_TEXT_INSIDE_H
#define TF_TELL_TEXT_INSIDE_H

#include <cmark-gfm.h>

#include "tell/build.h"

enum token_kind { T_TEXT, T_OPEN, T_CLOSE, T_CODE, T_NOTE, T_BREAK };
struct token {
    enum token_kind kind;
    struct tf_buf text;
    enum tf_inline_kind as;
    const char *href;
};
struct tf_reader {
    struct tf_build *b;
    const char *file;
    size_t line0; /* add to cmark's lines */
    struct token *token;
    size_t n_tokens, cap_tokens;
    cmark_node *note[256]; /* footnote definitions, in order */
    size_t note_index[256]; /* 1 + index in doc->note once printed */
    size_t n_notes;
};
/* ---- text_inline.c ---- */
/* Forget the tokens of the block before. */
void tf_reader_fresh(struct tf_reader *r);
/* The inlines under a node as tokens, neighbouring texts joined. */
void tf_reader_gather(struct tf_reader *r, cmark_node *parent);
/* Take what stands at the ends of a heading out of the tokens: `{#id}`, "2.2 "; or NULL. */
const char *tf_reader_id(struct tf_reader *r);
const char *tf_reader_number(struct tf_reader *r);
/* Inlines from the tokens gathered; lints and keeps uses. */
struct tf_inline *tf_reader_inlines(struct tf_reader *r, struct tf_span span);
/* ---- text.c ---- */
struct tf_block *tf_reader_blocks(struct tf_reader *r, cmark_node *parent);

#endif
