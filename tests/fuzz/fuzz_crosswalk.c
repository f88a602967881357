/* Crosswalks of form versions: any bytes as a CSV. */
#include "fuzz.h"

#include "keep/crosswalk.h"

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_crosswalk *cw;
    struct tf_err err;
    if (tf_crosswalk_parse(arena, "cross.csv", data, n, &cw, &err) != TF_OK)
        return;
    for (size_t k = 0; k < cw->n; k++) /* what was read is found again */
        if (tf_crosswalk_find(cw, cw->item[k].version, cw->item[k].old_name) == NULL)
            abort();
}
