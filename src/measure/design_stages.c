/* Strata and units of each stage of a design, numbered densely (design_parts.h).
 *
 * A unit of a later stage is known by its code within the unit before it (or, with `nest`, within
 * the stratum of its stage); the strata of a later stage are those declared for it, the last
 * declared ones where there are fewer, within the unit before. Each item of `strata` and `psu` may
 * be a list: its columns are crossed. */
#include <string.h>

#include "measure/design_parts.h"

static const struct tf_codes *
as_codes(struct tf_arena *arena, const uint32_t *of, size_t n, size_t n_rows)
{
    struct tf_codes *c = TF_NEW(arena, struct tf_codes);
    c->n = n;
    c->of = TF_NEW_N(arena, uint32_t, n_rows);
    memcpy(c->of, of, n_rows * sizeof *of);
    return c;
}

static void
count_units(const struct tf_design_reader *r, struct tf_stage *st, const struct tf_stage *above)
{
    uint32_t *stratum = TF_NEW_N(r->arena, uint32_t, st->n_units);
    uint32_t *parent = TF_NEW_N(r->arena, uint32_t, above != NULL ? st->n_units : 0);
    uint32_t *units = TF_NEW_N(r->arena, uint32_t, st->n_strata);
    for (size_t row = 0; row < r->t->n_rows; row++) {
        stratum[st->unit[row]] = st->stratum[row];
        if (above != NULL)
            parent[st->unit[row]] = above->unit[row];
    }
    for (size_t i = 0; i < st->n_units; i++)
        units[stratum[i]]++;
    st->unit_stratum = stratum;
    st->stratum_units = units;
    st->unit_parent = above != NULL ? parent : NULL;
}

/* A unit must lie in one stratum. */
static enum tf_code check_nesting(const struct tf_design_reader *r,
                                  const struct tf_design_part *psu, const struct tf_stage *st,
                                  size_t stage, struct tf_err *reterr)
{
    for (size_t row = 0; row < r->t->n_rows; row++) {
        if (st->stratum[row] == st->unit_stratum[st->unit[row]])
            continue;
        size_t other = row + 1; /* counting took the last row's stratum */
        while (other < r->t->n_rows &&
               (st->unit[other] != st->unit[row] || st->stratum[other] == st->stratum[row]))
            other++;
        (void)tf_fail(reterr, TF_E_DESIGN, "the PSU %s stands in two strata%s",
                      tf_design_codes_text(r->arena, psu, row), stage > 0 ? " of its stage" : "");
        (void)tf_fact(reterr, "rows %zu and %zu of '%s'", row + 1, other + 1, r->t->name);
        (void)tf_help(reterr, "If PSU codes are unique only within a stratum, say `nest: true`.");
        return tf_recipe_place(psu->at, TF_E_DESIGN, reterr);
    }
    return TF_OK;
}

/* Units and strata of one stage; codes of a later stage count within the unit above. */
static enum tf_code
make_stage(const struct tf_design_reader *r, const struct tf_design_parts *strata,
           const struct tf_design_parts *psu, bool nest, size_t stage, struct tf_err *reterr)
{
    struct tf_stage *st = &r->stage[stage], *above = stage > 0 ? st - 1 : NULL;
    const size_t n = r->t->n_rows, declared = strata->n == 0      ? 0
                                              : stage < strata->n ? stage + 1
                                                                  : strata->n;
    const struct tf_codes *up =
        above != NULL ? as_codes(r->arena, above->unit, above->n_units, n) : NULL;
    const struct tf_design_part *own = declared > 0 ? &strata->part[declared - 1] : NULL;
    const struct tf_design_part *unit = psu->n > 0 ? &psu->part[stage] : NULL;
    const size_t most = (own != NULL ? own->n : 0) + 1 + (unit != NULL ? unit->n : 0);
    const struct tf_codes **mix = TF_NEW_N(r->arena, const struct tf_codes *, most);
    size_t m = 0;
    for (size_t k = 0; own != NULL && k < own->n; k++)
        mix[m++] = own->codes[k];
    if (up != NULL)
        mix[m++] = up;
    const struct tf_crossing h = tf_codes_cross(r->arena, mix, m, NULL, n);
    st->stratum = h.of;
    st->n_strata = h.n;
    if (unit == NULL) {
        uint32_t *row = TF_NEW_N(r->arena, uint32_t, n);
        for (size_t k = 0; k < n; k++)
            row[k] = (uint32_t)k;
        st->unit = row;
        st->n_units = n;
        count_units(r, st, above);
        return TF_OK;
    }
    m = 0;
    if (nest)
        mix[m++] = as_codes(r->arena, st->stratum, st->n_strata, n);
    else if (up != NULL)
        mix[m++] = up;
    for (size_t k = 0; k < unit->n; k++)
        mix[m++] = unit->codes[k];
    const struct tf_crossing i = tf_codes_cross(r->arena, mix, m, NULL, n);
    st->unit = i.of;
    st->n_units = i.n;
    count_units(r, st, above);
    return check_nesting(r, unit, st, stage, reterr);
}

enum tf_code tf_design_stages(struct tf_design_reader *r, struct tf_design_parts *ret_strata,
                              struct tf_design_parts *ret_psu, struct tf_err *reterr)
{
    struct tf_design_parts strata, psu;
    bool nest;
    TF_TRY(tf_design_parts_read(r, "strata", "stratum", &strata, reterr));
    TF_TRY(tf_design_parts_read(r, "psu", "PSU", &psu, reterr));
    TF_TRY(tf_yaml_opt_bool(r->at, "nest", false, &nest, reterr));
    r->n_stages = psu.n > 0 ? psu.n : 1;
    r->stage = TF_NEW_N(r->arena, struct tf_stage, r->n_stages);
    if (strata.n > r->n_stages) {
        (void)tf_yaml_fail(strata.part[r->n_stages].at, reterr,
                           "`strata` names %zu stages and `psu` %zu", strata.n, r->n_stages);
        return tf_help(reterr, "To cross variables at one stage write a list in the list: "
                               "[[region, urban]].");
    }
    for (size_t l = 0; l < r->n_stages; l++)
        TF_TRY(make_stage(r, &strata, &psu, nest, l, reterr));
    *ret_strata = strata;
    *ret_psu = psu;
    return TF_OK;
}
