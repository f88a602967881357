/* Parts come from other houses: any bytes end in a part or an error with its line, and what is a part
 * can be joined, or the join says why not. */
#include "fuzz.h"

#include "measure/partial.h"

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_part *part[2];
    struct tf_recipe_run *run;
    struct tf_err err = {0};
    if (tf_part_parse(arena, "fuzz.tfp", data, n, &part[0], &err) != TF_OK) {
        if (err.line == 0 || err.help[0] == '\0')
            abort();
        return;
    }
    (void)!tf_parts_join(arena, part, 1, &run, &err);
}
