/* Form data: any bytes end in parts or a refusal, and in the same parts however they are cut up. The
 * first byte says how the second reading is cut. */
#include "fuzz.h"

#include <string.h>

#include "field/multipart.h"

static enum tf_code feed(struct tf_arena *arena, const char *data, size_t n, size_t step,
                         struct tf_part **part, size_t *n_parts)
{
    static const struct tf_multipart_limit limit = {.bytes = 1 << 20, .parts = 50};
    struct tf_multipart *m;
    struct tf_err err;
    TF_TRY(tf_multipart_begin(arena, "multipart/form-data; boundary=xyz", limit, n, &m, &err));
    for (size_t k = 0; k < n; k += step)
        TF_TRY(tf_multipart_feed(m, data + k, n - k < step ? n - k : step, &err));
    return tf_multipart_end(m, part, n_parts, &err);
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_part *a, *b;
    struct tf_multipart *m;
    size_t n_a = 0, n_b = 0;
    struct tf_err err;
    char *header = tf_strndup(arena, data, n);
    (void)tf_multipart_begin(arena, header, (struct tf_multipart_limit){1000, 2}, 0, &m, &err);
    if (n == 0)
        return;
    const size_t step = 1 + (unsigned char)data[0] % 40;
    const enum tf_code whole = feed(arena, data + 1, n - 1, n, &a, &n_a);
    const enum tf_code cut = feed(arena, data + 1, n - 1, step, &b, &n_b);
    if (whole != cut || (whole == TF_OK && n_a != n_b))
        abort();
    for (size_t k = 0; whole == TF_OK && k < n_a; k++)
        if (a[k].n != b[k].n || memcmp(a[k].data, b[k].data, a[k].n) != 0 ||
            strcmp(a[k].name, b[k].name) != 0 || a[k].n > n)
            abort();
}
