/* Recipes: any bytes end in a recipe or an error; what a recipe holds is whole, and a banner with cuts
 * groups any age or says why not. */
#include "fuzz.h"

#include <string.h>

#include "measure/inside.h"

static struct tf_table *ages(struct tf_arena *arena, const char *name)
{
    static const double age[] = {0, 12, 15, 17, 1e300, -1};
    struct tf_table *t = tf_table_new(arena, "fuzz", sizeof age / sizeof *age);
    const size_t c = tf_table_add(t, name, TF_NUMBER);
    for (size_t row = 0; row < t->n_rows; row++) {
        t->col[c].num[row] = age[row];
        t->col[c].miss[row] = TF_PRESENT;
    }
    return t;
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    const char *path;
    struct tf_recipe *r;
    struct tf_err err;
    (void)as_file(data, n, &path);
    if (tf_recipe_read(arena, path, &r, &err) != TF_OK)
        return;
    for (size_t k = 0; k < r->n_columns; k++) {
        const struct tf_recipe_column *c = &r->column[k];
        if (tf_recipe_column(r, c->var) == NULL)
            abort();
        (void)!tf_derive_column(arena, c, ages(arena, c->var), &err);
    }
    for (size_t k = 0; k < r->n_figures; k++)
        if (r->figure[k].id == NULL)
            abort();
}
