/* Series: any bytes as a mapping, or as the CSV of a sound one, end in series or an error, and series
 * hold what they promise. The first byte chooses. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "harmonise/harmonise.h"

static const char sound[] = "id: a\ntitle: t\nsource: s\nindicator: i\nunit: {column: unit}\n"
                            "counting_rule: c\nperiod: year\nvalue: n\narea: {column: iso}\n"
                            "breakdown: [sex]\nbreakdown_kind: partition\nvintage: 2024-01-01\n"
                            "caveat: c\nhandling: public\npurpose: p\n"
                            "missing: {by: status, words: {x: not_found}}\n";
static const char rows[] = "iso,year,sex,n,unit,status\nXA,2019,,1,report,\nXA,2020,f,,report,x\n";

static void look(struct tf_arena *arena, const struct tf_series *s)
{
    struct tf_notices out = {.arena = arena};
    double sum;
    tf_series_check(s, "fuzz", &out);
    for (size_t k = 0; k < s->n_obs; k++) {
        const struct tf_obs *o = &s->obs[k];
        if ((o->missing == TF_PRESENT) != (isfinite(o->value) != 0))
            abort();
        if (tf_series_sum(s, &o->period, 1, &sum, NULL) == TF_OK && !(sum >= 0))
            abort();
    }
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_series *s;
    struct tf_err err;
    size_t n_series;
    if (n == 0)
        return;
    const bool csv = data[0] == '1';
    if (tf_series_parse(arena, "fuzz.csv", csv ? data + 1 : rows, csv ? n - 1 : sizeof rows - 1,
                        "fuzz.yaml", csv ? sound : data + 1, csv ? sizeof sound - 1 : n - 1, NULL,
                        &s, &n_series, &err) != TF_OK)
        return;
    for (size_t k = 0; k < n_series; k++)
        look(arena, &s[k]);
}
