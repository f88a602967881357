/* CSV: any bytes end in a table or an error; a table written and read again is the same. */
#include "fuzz.h"

#include <string.h>

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_table *t, *again;
    struct tf_err err;
    struct tf_buf out = {.arena = arena};
    const struct tf_csv_opt as_text = {.guess_numbers = false};
    if (tf_csv_parse(arena, "fuzz", data, n, (struct tf_csv_opt){.guess_numbers = true}, &t, &err) !=
        TF_OK)
        return;
    if (tf_csv_parse(arena, "fuzz", data, n, as_text, &t, &err) != TF_OK)
        abort();
    tf_table_csv(t, &out);
    if (tf_csv_parse(arena, "fuzz", out.s, out.n, as_text, &again, &err) != TF_OK)
        abort();
    if (strcmp(tf_table_hash(t).hex, tf_table_hash(again).hex) != 0)
        abort();
}
