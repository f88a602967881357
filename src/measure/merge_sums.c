/* Joining the sums of one estimate.
 *
 * Domains and categories of all parts are put in the order that the whole would have and every sum is
 * added where it belongs. Sums of categories come in units of 2^exponent, which each shard chose by
 * its own lowest bit: they are shifted to the lowest of all, still whole. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/partial.h"

struct stored { /* sums of one unit and domain */
    uint32_t rows;
    tf_u128 *sum[2]; /* [cells8] */
    uint32_t *count;
};
struct store { /* what a family's source reads from */
    const struct tf_layout *layout;
    size_t n_domains;
    struct stored **at; /* [n_units * n_domains], NULL: no row */
};
struct sums {
    const struct tf_joining *j;
    const struct tf_ask *ask;
    size_t k;            /* number of the estimate */
    struct tf_family *f;
    struct store *store;
    size_t **domain_of;  /* [parts][its domains] */
    size_t ***category_of; /* [parts][variables][its categories] */
    size_t *k_of;        /* [variables] categories; numbers: 0 */
    int exponent;
};

static const struct tf_part_family *part_of(const struct sums *s, size_t p)
{
    return &s->j->part[p]->family[s->k];
}

static void gather_stored(const void *self, size_t unit, const struct tf_gathering *to)
{
    const struct store *store = self;
    const size_t cells = store->layout->cells8;
    for (size_t d = 0; d < store->n_domains; d++) {
        const struct stored *from = store->at[unit * store->n_domains + d];
        if (from == NULL)
            continue;
        to->rows[d] += from->rows;
        for (size_t c = 0; c < cells; c++) {
            to->count[d * cells + c] += from->count[c];
            to->sum[0][d * cells + c] += from->sum[0][c];
            if (from->sum[1] != NULL)
                to->sum[1][d * cells + c] += from->sum[1][c];
        }
    }
}

/* ---- Names ---------------------------------------------------------------------------------- */

static enum tf_code same_estimate(const struct sums *s)
{
    struct tf_part_family *first = &s->j->part[0]->family[s->k];
    for (size_t p = 0; p < s->j->n; p++) {
        const struct tf_part_family *f = part_of(s, p);
        bool same = strcmp(first->id, f->id) == 0 && first->of == f->of &&
                    first->n_vars == f->n_vars && strcmp(f->id, s->ask->id) == 0 &&
                    f->n_vars == s->ask->n_vars && f->by.n == s->ask->n_by;
        for (size_t v = 0; same && v < f->n_vars; v++)
            same = strcmp(first->var[v].name, f->var[v].name) == 0;
        if (!same)
            return tf_fail(s->j->reterr, TF_E_INPUT, "'%s' asks for something else in '%s' than "
                           "the recipe", s->j->part[p]->file, f->id);
        if (f->n_domains > 0)
            TF_TRY(tf_same_keys(s->j, &first->by, &f->by, "domains"));
    }
    return TF_OK;
}

static void join_domains(struct sums *s)
{
    struct tf_arena *a = s->j->arena;
    size_t n = 0, k = 0;
    for (size_t p = 0; p < s->j->n; p++)
        n += part_of(s, p)->n_domains;
    struct tf_keyed *item = TF_NEW_N(a, struct tf_keyed, n + 1);
    s->domain_of = TF_NEW_N(a, size_t *, s->j->n);
    for (size_t p = 0; p < s->j->n; p++) {
        const struct tf_part_family *f = part_of(s, p);
        s->domain_of[p] = TF_NEW_N(a, size_t, f->n_domains + 1);
        for (size_t d = 0; d < f->n_domains; d++) {
            const char **text = TF_NEW_N(a, const char *, f->by.n + 1);
            for (size_t b = 0; b < f->by.n; b++)
                text[b] = f->domain[d] != NULL ? f->domain[d][b].value : "";
            item[k++] = (struct tf_keyed){.keys = &part_of(s, 0)->by, .text = text, .part = p,
                                          .index = d};
        }
    }
    s->f->n_domains = tf_number_keys(item, n);
    s->f->n_by = s->ask->n_by;
    s->f->by = TF_NEW_N(a, struct tf_by *, s->f->n_domains + 1);
    for (k = 0; k < n; k++) {
        struct tf_by *by = part_of(s, item[k].part)->domain[item[k].index];
        struct tf_by **to = &s->f->by[item[k].number];
        s->domain_of[item[k].part][item[k].index] = item[k].number;
        if (*to == NULL)
            *to = by;
        for (size_t b = 0; by != NULL && b < s->f->n_by; b++)
            if ((*to)[b].label == NULL)
                (*to)[b].label = by[b].label;
    }
}

/* The categories of a variable over all parts. */
static void join_categories(struct sums *s, size_t v)
{
    struct tf_arena *a = s->j->arena;
    struct tf_family_var *var = &s->f->var[v];
    struct tf_part_key key = {.number = true};
    const struct tf_part_keys keys = {&key, 1};
    size_t n = 0, k = 0;
    for (size_t p = 0; p < s->j->n; p++) {
        n += part_of(s, p)->var[v].n;
        if (part_of(s, p)->var[v].n > 0 && !part_of(s, p)->var[v].numbers_as_codes)
            key.number = false;
    }
    struct tf_keyed *item = TF_NEW_N(a, struct tf_keyed, n + 1);
    for (size_t p = 0; p < s->j->n; p++) {
        s->category_of[p][v] = TF_NEW_N(a, size_t, part_of(s, p)->var[v].n + 1);
        for (size_t c = 0; c < part_of(s, p)->var[v].n; c++)
            item[k++] = (struct tf_keyed){.keys = &keys, .text = &part_of(s, p)->var[v].text[c],
                                          .part = p, .index = c};
    }
    var->n = tf_number_keys(item, n);
    var->text = TF_NEW_N(a, const char *, var->n + 1);
    var->text_label = TF_NEW_N(a, const char *, var->n + 1);
    for (k = 0; k < n; k++) {
        const struct tf_family_var *from = &part_of(s, item[k].part)->var[v];
        const size_t c = item[k].number;
        s->category_of[item[k].part][v][item[k].index] = c;
        var->text[c] = from->text[item[k].index];
        if (var->text_label[c] == NULL)
            var->text_label[c] = from->text_label[item[k].index];
    }
    s->k_of[v] = var->n;
}

static enum tf_code join_variables(struct sums *s)
{
    struct tf_arena *a = s->j->arena;
    struct tf_family *f = s->f;
    f->n_vars = part_of(s, 0)->n_vars;
    f->var = TF_NEW_N(a, struct tf_family_var, f->n_vars + 1);
    s->k_of = TF_NEW_N(a, size_t, f->n_vars + 1);
    s->category_of = TF_NEW_N(a, size_t **, s->j->n);
    for (size_t p = 0; p < s->j->n; p++)
        s->category_of[p] = TF_NEW_N(a, size_t *, f->n_vars + 1);
    for (size_t v = 0; v < f->n_vars; v++) {
        f->var[v] = (struct tf_family_var){.name = part_of(s, 0)->var[v].name,
                                           .number = part_of(s, 0)->var[v].number};
        for (size_t p = 0; p < s->j->n; p++) {
            const struct tf_family_var *from = &part_of(s, p)->var[v];
            if (from->number != f->var[v].number) {
                (void)tf_fail(s->j->reterr, TF_E_INPUT, "'%s' is a number in some parts and words "
                              "in others", from->name);
                return tf_fact(s->j->reterr, "see '%s' and '%s'", s->j->part[0]->file,
                               s->j->part[p]->file);
            }
            f->var[v].flags |= from->flags;
            if (f->var[v].label == NULL)
                f->var[v].label = from->label;
        }
        if (f->var[v].number) {
            f->var[v].n = 1;
            f->var[v].cell = f->n_numbers++;
        } else {
            join_categories(s, v);
        }
    }
    return TF_OK;
}

/* ---- Sums ----------------------------------------------------------------------------------- */

static struct stored *stored_at(struct sums *s, size_t unit, size_t domain)
{
    struct stored **at = &s->store->at[unit * s->f->n_domains + domain];
    const size_t cells = s->store->layout->cells8;
    struct tf_arena *a = s->j->arena;
    if (*at != NULL)
        return *at;
    *at = TF_NEW(a, struct stored);
    (*at)->sum[0] = TF_NEW_N(a, tf_u128, cells + 1);
    if (s->j->part[0]->by_rows)
        (*at)->sum[1] = TF_NEW_N(a, tf_u128, cells + 1);
    (*at)->count = TF_NEW_N(a, uint32_t, cells + 1);
    return *at;
}

/* Which cell of the whole is cell c of a part. */
static size_t cell_in_whole(const struct sums *s, size_t p, size_t c)
{
    const struct tf_part_family *from = part_of(s, p);
    size_t own = 0;
    for (size_t v = 0; v < from->n_vars; v++) {
        const size_t n = from->var[v].number ? 0 : from->var[v].n > 0 ? from->var[v].n : 1;
        if (!from->var[v].number && c < from->var[v].cell + n)
            return from->var[v].n == 0
                       ? SIZE_MAX /* a cell of nobody */
                       : tf_layout_cell(s->store->layout, own,
                                        s->category_of[p][v][c - from->var[v].cell]);
        own += !from->var[v].number;
    }
    return SIZE_MAX;
}

static bool shifted(tf_u128 *x, int by)
{
    if (*x == 0 || by == 0)
        return true;
    if (by > 124 || *x >> (124 - by) != 0)
        return false;
    *x <<= by;
    return true;
}

static enum tf_code add_sums(struct sums *s, size_t p, const struct tf_part_sums *from)
{
    const size_t unit = s->j->unit_at[p][from->unit];
    const int by = part_of(s, p)->exponent - s->exponent;
    if (unit == SIZE_MAX)
        return tf_fail(s->j->reterr, TF_E_INPUT, "'%s' has sums of a PSU without rows",
                       s->j->part[p]->file);
    struct stored *to = stored_at(s, unit, s->domain_of[p][from->domain]);
    to->rows += from->rows;
    for (size_t k = 0; k < from->n; k++) {
        struct tf_part_cell cell = from->cell[k];
        const size_t at = cell_in_whole(s, p, cell.cell);
        if (at == SIZE_MAX || !shifted(&cell.sum, by) || !shifted(&cell.square, 2 * by))
            return tf_fail(s->j->reterr, TF_E_INPUT, "the weights of '%s' and of the other parts "
                           "differ too much to be added", s->j->part[p]->file);
        to->sum[0][at] += cell.sum;
        to->count[at] += cell.count;
        if (to->sum[1] != NULL)
            to->sum[1][at] += cell.square;
    }
    return TF_OK;
}

static void join_number(struct tf_number_sum *to, const struct tf_number_sum *from)
{
    to->n += from->n;
    tf_exact_join(&to->w, &from->w);
    tf_exact_join(&to->v, &from->v);
    tf_exact_join(&to->vv, &from->vv);
    tf_exact_join(&to->vw, &from->vw);
    tf_exact_join(&to->ww, &from->ww);
}

static void add_all(struct sums *s, size_t p, const struct tf_part_all *from)
{
    struct tf_family *f = s->f;
    const size_t d = s->domain_of[p][from->domain];
    if (!f->var[from->var].number) {
        size_t own = 0;
        for (size_t v = 0; v < from->var; v++)
            own += !f->var[v].number;
        tf_exact_join(&f->square[own * f->n_domains + d], &from->all.ww);
        return;
    }
    struct tf_number_all *to = &f->all[f->var[from->var].cell * f->n_domains + d];
    tf_exact_join(&to->wyy, &from->all.wyy);
    tf_exact_join(&to->ww, &from->all.ww);
    to->low = !(to->low <= from->all.low) ? from->all.low : to->low;
    to->high = !(to->high >= from->all.high) ? from->all.high : to->high;
}

static enum tf_code add_part(struct sums *s, size_t p)
{
    const struct tf_part_family *from = part_of(s, p);
    struct tf_family *f = s->f;
    for (size_t k = 0; k < from->n_sums; k++)
        TF_TRY(add_sums(s, p, &from->sums[k]));
    for (size_t k = 0; k < from->n_values; k++) {
        const struct tf_part_value *v = &from->value[k];
        const size_t unit = s->j->unit_at[p][v->unit];
        if (unit == SIZE_MAX)
            return tf_fail(s->j->reterr, TF_E_INPUT, "'%s' has sums of a PSU without rows",
                           s->j->part[p]->file);
        join_number(&f->number[(f->var[v->var].cell * f->n_domains +
                                s->domain_of[p][v->domain]) * s->j->n_units + unit],
                    &v->sum);
    }
    for (size_t k = 0; k < from->n_all; k++)
        add_all(s, p, &from->all[k]);
    return TF_OK;
}

/* ---- The family ------------------------------------------------------------------------------ */

static void open_store(struct sums *s)
{
    const struct tf_joining *j = s->j;
    struct tf_arena *a = j->arena;
    struct tf_family *f = s->f;
    size_t *k = TF_NEW_N(a, size_t, f->n_vars + 1), own = 0;
    for (size_t v = 0; v < f->n_vars; v++)
        if (!f->var[v].number)
            k[own++] = s->k_of[v] > 0 ? s->k_of[v] : 1;
    s->store = TF_NEW(a, struct store);
    *s->store = (struct store){.layout = tf_layout_new(a, k, own), .n_domains = f->n_domains,
                               .at = TF_NEW_N(a, struct stored *, j->n_units * f->n_domains + 1)};
    own = 0;
    for (size_t v = 0; v < f->n_vars; v++)
        if (!f->var[v].number)
            f->var[v].cell = s->store->layout->first[own++];
    s->exponent = 200;
    for (size_t p = 0; p < j->n; p++)
        if (part_of(s, p)->n_sums > 0 && part_of(s, p)->exponent < s->exponent)
            s->exponent = part_of(s, p)->exponent;
    f->square = TF_NEW_N(a, struct tf_exact, own * f->n_domains + 1);
    f->number = TF_NEW_N(a, struct tf_number_sum, f->n_numbers * f->n_domains * j->n_units + 1);
    f->all = TF_NEW_N(a, struct tf_number_all, f->n_numbers * f->n_domains + 1);
    for (size_t n = 0; n < f->n_numbers * f->n_domains; n++)
        f->all[n].low = f->all[n].high = (double)NAN;
    f->source = (struct tf_source){
        .layout = s->store->layout, .n_units = j->n_units, .stratum = j->stratum,
        .n_strata = j->n_strata, .n_domains = f->n_domains, .n_first = f->n_domains,
        .exponent = s->exponent, .lonely = j->lonely, .by_rows = j->part[0]->by_rows,
        .threads = 1, .gather = gather_stored, .self = s->store};
}

enum tf_code tf_join_family(const struct tf_joining *j, const struct tf_ask *ask, size_t k,
                            struct tf_family **ret)
{
    struct tf_family *f = TF_NEW(j->arena, struct tf_family);
    struct sums s = {.j = j, .ask = ask, .k = k, .f = f};
    f->of = j->part[0]->family[k].of;
    f->n_rows = j->n_rows;
    TF_TRY(same_estimate(&s));
    join_domains(&s);
    TF_TRY(join_variables(&s));
    open_store(&s);
    for (size_t p = 0; p < j->n; p++)
        TF_TRY(add_part(&s, p));
    f->rows = TF_NEW_N(j->arena, uint32_t, j->n_units * f->n_domains + 1);
    for (size_t n = 0; n < j->n_units * f->n_domains; n++)
        f->rows[n] = s.store->at[n] != NULL ? s.store->at[n]->rows : 0;
    *ret = f;
    return TF_OK;
}
