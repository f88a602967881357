/* The document tree's makers: two appends and one reading back. All the rest of the tree is plain
 * structs that the reader (text.c) and the builder (report.c) fill by name. */
#include "tell/tree.h"

struct tf_block *tf_block_add(struct tf_arena *a, struct tf_block ***tail, enum tf_block_kind kind)
{
    struct tf_block *block = TF_NEW(a, struct tf_block);
    block->kind = kind;
    block->strand = -1;
    **tail = block;
    *tail = &block->next;
    return block;
}

struct tf_inline *tf_inline_add(struct tf_arena *a, struct tf_inline ***tail,
                                enum tf_inline_kind kind, const char *text)
{
    struct tf_inline *in = TF_NEW(a, struct tf_inline);
    in->kind = kind;
    in->text = text;
    in->strand = -1;
    **tail = in;
    *tail = &in->next;
    return in;
}

void tf_inline_text(const struct tf_inline *first, struct tf_buf *out)
{
    for (const struct tf_inline *in = first; in != NULL; in = in->next) {
        if (in->kind == TF_I_BREAK)
            tf_buf_char(out, ' ');
        else if (in->text != NULL && in->kind != TF_I_NOTE)
            tf_buf_add(out, in->text);
        tf_inline_text(in->child, out);
    }
}
