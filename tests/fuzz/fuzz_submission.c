/* Submissions: any text is a record or an error; a record's answers hang together, and can be checked. */
#include <string.h>

#include "ask/xform.h"
#include "fuzz.h"
#include "tests/ask/forms.h"

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_instance_head head;
    struct tf_xform *form;
    struct tf_instance *in;
    struct tf_notices out = {.arena = arena};
    struct tf_err err;
    const char **name;
    size_t n_names;
    if (tf_instance_head(arena, data, n, &head, &err) != TF_OK)
        return;
    if (head.form_id == NULL || head.version == NULL)
        abort();
    if (tf_xform_parse(arena, "f", xf_household, strlen(xf_household), NULL, &form, &err) != TF_OK)
        abort();
    if (tf_instance_read(arena, form, data, n, &in, &err) != TF_OK)
        return;
    for (size_t k = 0; k < in->n_answers; k++) {
        const struct tf_answer *a = &in->answer[k];
        if ((a->parent != SIZE_MAX && a->parent >= k) || a->end <= k || a->end > in->n_answers ||
            a->row >= in->n_rows || a->path[0] != '/')
            abort();
    }
    tf_instance_check(arena, form, in, &out);
    if (tf_instance_media(arena, form, data, n, &name, &n_names, &err) != TF_OK)
        abort();
}
