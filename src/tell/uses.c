/* Where evidence is used: for every live reference the sentence that prints it, with all numbers
 * resolved, as a reader sees it. `trefoil trace` starts here. */
#include <string.h>

#include "tell/build.h"

void tf_uses_keep(struct tf_build *b, const char *file, const struct tf_piece *piece, size_t n)
{
    struct tf_buf text = {.arena = b->arena};
    size_t *start = TF_NEW_N(b->arena, size_t, n + 1);
    for (size_t k = 0; k < n; k++) {
        start[k] = text.n;
        if (!piece[k].skipped)
            tf_buf_add(&text, piece[k].text);
    }
    const char *all = tf_buf_text(&text);
    for (size_t from = 0; from < text.n;) {
        const size_t to = tf_sentence_end(all, text.n, from);
        char *sentence = NULL;
        for (size_t k = 0; k < n; k++) {
            if (!piece[k].live || piece[k].printed == NULL || start[k] < from || start[k] >= to)
                continue;
            if (sentence == NULL)
                sentence = tf_replace(b->arena,
                                      tf_trim(b->arena, tf_strndup(b->arena, all + from,
                                                                   to - from)),
                                      TF_NBSP, " ");
            b->use = tf_grow(b->arena, b->use, b->n_uses, &b->cap_uses, sizeof *b->use);
            b->use[b->n_uses++] = (struct tf_use){
                .file = file, .line = piece[k].line, .column = piece[k].column,
                .sentence = sentence, .ref = piece[k].printed->key,
                .claim = b->claim == NULL ? NULL : b->claim->id,
                .shown = tf_replace(b->arena, piece[k].text, TF_NBSP, " ")};
        }
        from = to;
    }
}
