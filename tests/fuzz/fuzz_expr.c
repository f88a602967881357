/* Expressions: any text is a tree or an error; a tree has paths, and a value over a submission. The first
 * byte chooses where it is evaluated. */
#include <string.h>

#include "ask/expr.h"
#include "fuzz.h"
#include "tests/ask/forms.h"

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_xform *form;
    struct tf_instance *in;
    struct tf_xpath *x;
    struct tf_xvalue v;
    struct tf_err err;
    const char **path;
    if (n == 0)
        return;
    const char *text = tf_strndup(arena, data + 1, n - 1);
    if (tf_xpath_parse(arena, text, "fuzz", 1, &x, &err) != TF_OK) {
        if (err.column == 0 && err.code != TF_E_LIMIT)
            abort();
        return;
    }
    (void)tf_xpath_paths(arena, x, "/data/kid/name", &path);
    if (tf_xform_parse(arena, "f", xf_household, strlen(xf_household), NULL, &form, &err) != TF_OK ||
        tf_instance_read(arena, form, xf_household_answer, strlen(xf_household_answer), &in, &err) !=
            TF_OK)
        abort();
    const struct tf_xscope scope = {.form = form, .instance = in,
                                    .answer = (unsigned char)data[0] % in->n_answers,
                                    .now = (data[0] & 0x80) != 0 ? NULL : "2026-11-24T10:00:00.000Z"};
    if (tf_xpath_eval(arena, x, &scope, &v, &err) != TF_OK)
        return;
    if (tf_xvalue_text(arena, &v, &scope) == NULL)
        abort();
    for (size_t k = 0; k < v.n_nodes; k++)
        if (v.node[k] >= in->n_answers)
            abort();
}
