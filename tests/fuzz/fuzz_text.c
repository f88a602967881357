/* Report text: any Markdown with live references, over a small release made by hand, becomes blocks or
 * notices with a place. */
#include "fuzz.h"

#include <string.h>

#include "tests/tell/fake.h"

static void look(const struct tf_block *b, struct tf_buf *said, int depth)
{
    if (depth > 200)
        abort();
    for (; b != NULL; b = b->next) {
        tf_inline_text(b->inlines, said);
        look(b->child, said, depth + 1);
    }
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct fake f;
    struct tf_buf said = {.arena = arena};
    fake_make(&f, arena);
    look(tf_text_blocks(f.b, "t.md", tf_strndup(arena, data, n), n, 1), &said, 0);
    for (size_t k = 0; k < f.notices.n; k++)
        if (f.notices.item[k].level == TF_ERROR && f.notices.item[k].line == 0)
            abort();
}
