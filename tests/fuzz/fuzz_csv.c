/* CSV: any bytes end in a table or an error; a table written and read again is the same; the fast
 * reader gives the careful reader's table, or none, however the text is cut. */
#include "fuzz.h"

#include <string.h>

#include "base/csv_inside.h"

static void try_both(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_table *law, *fast;
    struct tf_err err;
    for (unsigned k = 0; k < 2; k++) {
        const struct tf_csv_opt opt = {.guess_numbers = true, .na_is_missing = k == 1, .threads = 1};
        if (!tf_csv_try(arena, "fuzz", data, n, 16 + n % 50, opt, &fast))
            continue;
        if (tf_csv_careful(arena, "fuzz", data, n, opt, &law, &err) != TF_OK ||
            strcmp(tf_table_hash(law).hex, tf_table_hash(fast).hex) != 0)
            abort();
    }
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_table *t, *again;
    struct tf_err err;
    struct tf_buf out = {.arena = arena};
    const struct tf_csv_opt as_text = {.guess_numbers = false};
    try_both(arena, data, n);
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
