/* Contact sheets: any bytes end in a case-flow or an error; each stage is a part of the one before, and
 * each rate a share or unknown. */
#include "fuzz.h"

#include <math.h>

#include "field/inside.h"

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    const char *path;
    struct tf_flow *flow;
    struct tf_flow_rate *rate;
    struct tf_err err;
    struct tf_notices out = {.arena = arena};
    size_t n_rates;
    (void)as_file(data, n, &path);
    const enum tf_code code = tf_flow_from_contacts(arena, path, &flow, &err);
    tf_field_check(arena, path, NULL, &out);
    if ((code == TF_OK) != (tf_notices_count(&out, TF_ERROR) == 0))
        abort();
    if (code != TF_OK)
        return;
    tf_flow_rates(arena, flow, &rate, &n_rates);
    for (size_t k = 0; k < n_rates; k++)
        if (!isnan(rate[k].value) && !(rate[k].value >= 0 && rate[k].value <= 1))
            abort();
}
