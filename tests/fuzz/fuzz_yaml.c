/* YAML: any bytes end in a tree or an error; every node of a tree has a place and a kind. */
#include "fuzz.h"

#include <string.h>

#include "base/yaml.h"

static void walk(const struct tf_yaml *y)
{
    static const char *const known[] = {"title", "countries", NULL};
    struct tf_err err;
    if (y->line == 0 || y->column == 0 || (y->kind == TF_YAML_SCALAR && y->text == NULL))
        abort();
    (void)!tf_yaml_known(y, known, &err);
    for (size_t k = 0; k < y->n; k++) {
        if (y->kind == TF_YAML_MAP && tf_yaml_get(y, y->key[k]->text) != y->item[k])
            abort();
        walk(y->item[k]);
    }
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_yaml *y;
    struct tf_err err;
    if (tf_yaml_parse(arena, "fuzz", 1, data, n, &y, &err) == TF_OK)
        walk(y);
}
