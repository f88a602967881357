/* Joining parts: the same items as from the whole, to the bit.
 *
 * Every part numbers its strata, PSUs, domains and categories for itself; here they are told by their
 * keys and numbered again, in the order that the whole would have: numbers by size, texts by bytes,
 * strata first, PSUs within. Then sums are added; they are whole numbers, so it does not matter which
 * rows stood in which shard, nor that a PSU lies in several. What follows (family_items.c) sees sums
 * only, and cannot tell them from those of one file.
 *
 * What only the whole can say is said here: that a stratum has one PSU, that a PSU lies in two strata,
 * that populations of a stratum differ, that a shard was given twice. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/partial.h"
#include "measure/result.h"

/* ---- Keys ----------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct tf_keyed *x = a, *y = b;
    if (x->above != y->above)
        return x->above < y->above ? -1 : 1;
    for (size_t k = 0; k < x->keys->n; k++) {
        double p, q;
        int order = strcmp(x->text[k], y->text[k]);
        if (order != 0 && x->keys->key[k].number && tf_parse_double(x->text[k], &p) &&
            tf_parse_double(y->text[k], &q) && (p < q || q < p))
            order = p < q ? -1 : 1;
        if (order != 0)
            return order;
    }
    return 0;
}

/* Sort and number; returns how many different ones there are. */
size_t tf_number_keys(struct tf_keyed *item, size_t n)
{
    size_t number = 0;
    qsort(item, n, sizeof *item, by_key);
    for (size_t k = 0; k < n; k++) {
        number += k > 0 && by_key(&item[k - 1], &item[k]) != 0;
        item[k].number = number;
    }
    return n > 0 ? number + 1 : 0;
}

static const char *key_text(const struct tf_joining *j, const struct tf_keyed *k)
{
    struct tf_buf b = {.arena = j->arena};
    for (size_t i = 0; i < k->keys->n; i++)
        tf_buf_printf(&b, "%s%s = %s", i > 0 ? ", " : "", k->keys->key[i].var, k->text[i]);
    return tf_buf_text(&b);
}

/* Keys are numbers where they are in every part; the first part's list is corrected. */
enum tf_code tf_same_keys(const struct tf_joining *j, struct tf_part_keys *first,
                              const struct tf_part_keys *other, const char *what)
{
    bool same = first->n == other->n;
    for (size_t k = 0; same && k < first->n; k++) {
        same = strcmp(first->key[k].var, other->key[k].var) == 0;
        first->key[k].number = first->key[k].number && other->key[k].number;
    }
    return same ? TF_OK
                : tf_fail(j->reterr, TF_E_INPUT, "the parts name different variables for %s", what);
}

/* ---- Are they parts of one thing? -------------------------------------------------------------- */

static enum tf_code belong_together(const struct tf_joining *j)
{
    struct tf_part *first = j->part[0];
    for (size_t k = 0; k < j->n; k++) {
        struct tf_part *p = j->part[k];
        for (size_t i = 0; i < k; i++)
            if (strcmp(j->part[i]->data_hash, p->data_hash) == 0) {
                (void)tf_fail(j->reterr, TF_E_INPUT, "'%s' and '%s' hold the same shard",
                              j->part[i]->file, p->file);
                (void)tf_fact(j->reterr, "both were made from a file '%s' with the same content",
                              p->data);
                return tf_help(j->reterr, "Give each shard once.");
            }
        if (strcmp(first->recipe_hash, p->recipe_hash) != 0) {
            (void)tf_fail(j->reterr, TF_E_INPUT, "'%s' was made with another recipe than '%s'",
                          p->file, first->file);
            return tf_help(j->reterr, "Make all parts with the same recipe file.");
        }
        if (p->by_rows != first->by_rows || p->nest != first->nest || p->fpc != first->fpc ||
            p->n_families != first->n_families)
            return tf_fail(j->reterr, TF_E_INPUT, "'%s' has another design than '%s'", p->file,
                           first->file);
        TF_TRY(tf_same_keys(j, &first->strata, &p->strata, "strata"));
        TF_TRY(tf_same_keys(j, &first->psu, &p->psu, "PSUs"));
    }
    return TF_OK;
}

static enum tf_code open_recipe(struct tf_joining *j)
{
    const struct tf_part *p = j->part[0];
    const char *word;
    TF_TRY(tf_yaml_parse(j->arena, p->recipe, 1, p->recipe_text, strlen(p->recipe_text), &j->root,
                         j->reterr));
    const struct tf_yaml *design = tf_yaml_get(j->root, "design");
    const struct tf_yaml *list = tf_yaml_get(j->root, "estimates");
    if (list == NULL || list->kind != TF_YAML_LIST || list->n != p->n_families)
        return tf_fail(j->reterr, TF_E_INPUT, "'%s' does not hold what its recipe asks for",
                       p->file);
    j->lonely = TF_LONELY_ERROR;
    if (design == NULL)
        return TF_OK;
    TF_TRY(tf_yaml_opt_text(design, "lonely_psu", "error", &word, j->reterr));
    return tf_lonely_named(word, &j->lonely)
               ? TF_OK
               : tf_fail(j->reterr, TF_E_INPUT, "'%s' is no rule for lonely PSUs", word);
}

/* ---- Strata and units ------------------------------------------------------------------------ */

struct strata {
    struct tf_keyed *item;
    size_t n_items, n;
    size_t **of;         /* [parts][its strata] number */
    size_t *units, *rows;/* [n] */
    const char **fpc;
    const struct tf_keyed **first;
};

static enum tf_code join_strata(struct tf_joining *j, struct strata *s)
{
    for (size_t p = 0; p < j->n; p++)
        s->n_items += j->part[p]->n_strata;
    s->item = TF_NEW_N(j->arena, struct tf_keyed, s->n_items + 1);
    s->of = TF_NEW_N(j->arena, size_t *, j->n);
    size_t k = 0;
    for (size_t p = 0; p < j->n; p++) {
        s->of[p] = TF_NEW_N(j->arena, size_t, j->part[p]->n_strata + 1);
        for (size_t h = 0; h < j->part[p]->n_strata; h++)
            s->item[k++] = (struct tf_keyed){.keys = &j->part[0]->strata,
                                          .text = j->part[p]->stratum[h].key,
                                          .part = p, .index = h};
    }
    s->n = tf_number_keys(s->item, s->n_items);
    s->units = TF_NEW_N(j->arena, size_t, s->n + 1);
    s->rows = TF_NEW_N(j->arena, size_t, s->n + 1);
    s->fpc = TF_NEW_N(j->arena, const char *, s->n + 1);
    s->first = TF_NEW_N(j->arena, const struct tf_keyed *, s->n + 1);
    for (k = 0; k < s->n_items; k++) {
        const struct tf_keyed *item = &s->item[k];
        const struct tf_part_stratum *st = &j->part[item->part]->stratum[item->index];
        s->of[item->part][item->index] = item->number;
        s->units[item->number] += st->units;
        s->rows[item->number] += st->rows;
        if (s->first[item->number] == NULL) {
            s->first[item->number] = item;
            s->fpc[item->number] = st->fpc;
        } else if (st->fpc != NULL && strcmp(s->fpc[item->number], st->fpc) != 0) {
            (void)tf_fail(j->reterr, TF_E_DESIGN, "the population differs within the stratum %s",
                          key_text(j, item));
            return tf_fact(j->reterr, "'%s' has %s, '%s' has %s",
                           j->part[s->first[item->number]->part]->file, s->fpc[item->number],
                           j->part[item->part]->file, st->fpc);
        }
    }
    return TF_OK;
}

/* A PSU outside `nest` must lie in one stratum. */
static enum tf_code check_nesting(const struct tf_joining *j, struct tf_keyed *unit, size_t n)
{
    struct tf_keyed *copy = TF_NEW_N(j->arena, struct tf_keyed, n + 1);
    if (j->part[0]->nest)
        return TF_OK;
    memcpy(copy, unit, n * sizeof *copy);
    for (size_t k = 0; k < n; k++) {
        copy[k].index = copy[k].above;
        copy[k].above = 0;
    }
    qsort(copy, n, sizeof *copy, by_key);
    for (size_t k = 1; k < n; k++)
        if (by_key(&copy[k - 1], &copy[k]) == 0 && copy[k - 1].index != copy[k].index) {
            (void)tf_fail(j->reterr, TF_E_DESIGN, "the PSU %s lies in two strata",
                          key_text(j, &copy[k]));
            return tf_help(j->reterr, "If PSU codes are unique only within a stratum, say "
                                      "`nest: true` in the recipe of the parts.");
        }
    return TF_OK;
}

/* Units with rows get places in order; strata count all of theirs. */
static enum tf_code join_units(struct tf_joining *j, struct strata *s)
{
    size_t n = 0, k = 0;
    j->unit_at = TF_NEW_N(j->arena, size_t *, j->n);
    for (size_t p = 0; p < j->n; p++)
        n += j->part[p]->n_units;
    struct tf_keyed *unit = TF_NEW_N(j->arena, struct tf_keyed, n + 1);
    for (size_t p = 0; p < j->n; p++) {
        j->unit_at[p] = TF_NEW_N(j->arena, size_t, j->part[p]->n_units + 1);
        for (size_t i = 0; i < j->part[p]->n_units; i++)
            unit[k++] = (struct tf_keyed){.keys = &j->part[0]->psu, .text = j->part[p]->unit[i].key,
                                       .above = s->of[p][j->part[p]->unit[i].stratum],
                                       .part = p, .index = i};
    }
    const size_t different = tf_number_keys(unit, n);
    size_t *rows = TF_NEW_N(j->arena, size_t, different + 1);
    size_t *place = TF_NEW_N(j->arena, size_t, different + 1);
    for (k = 0; k < n; k++)
        rows[unit[k].number] += j->part[unit[k].part]->unit[unit[k].index].rows;
    for (size_t i = 0; i < different; i++)
        place[i] = rows[i] > 0 ? j->n_units++ : SIZE_MAX;
    for (k = 0; k < n; k++) {
        j->unit_at[unit[k].part][unit[k].index] = place[unit[k].number];
        if (k > 0 && unit[k - 1].number == unit[k].number)
            continue;
        s->units[unit[k].above]++;
        if (rows[unit[k].number] == 0)
            continue;
        if (j->n_strata == 0 || j->stratum_number[j->n_strata - 1] != unit[k].above) {
            j->stratum_number[j->n_strata] = unit[k].above;
            j->stratum[j->n_strata++].first = place[unit[k].number];
        }
        j->stratum[j->n_strata - 1].n++;
    }
    return check_nesting(j, unit, n);
}

/* Without PSUs strata take the place of units. */
static void strata_as_units(struct tf_joining *j, const struct strata *s)
{
    size_t *place = TF_NEW_N(j->arena, size_t, s->n + 1);
    for (size_t h = 0; h < s->n; h++) {
        place[h] = SIZE_MAX;
        if (s->rows[h] == 0)
            continue;
        place[h] = j->n_units;
        j->stratum_number[j->n_strata] = h;
        j->stratum[j->n_strata++] = (struct tf_onepass_stratum){.first = j->n_units++, .n = 1};
    }
    j->unit_at = TF_NEW_N(j->arena, size_t *, j->n);
    for (size_t p = 0; p < j->n; p++) {
        j->unit_at[p] = TF_NEW_N(j->arena, size_t, j->part[p]->n_strata + 1);
        for (size_t h = 0; h < j->part[p]->n_strata; h++)
            j->unit_at[p][h] = place[s->of[p][h]];
    }
}

/* Population sizes: fpc holds counts, or sampling fractions of what the parts have together. */
static enum tf_code populate(struct tf_joining *j, const struct strata *s)
{
    bool counts = false;
    double x = 0;
    for (size_t h = 0; h < s->n; h++)
        counts = counts || (s->fpc[h] != NULL && tf_parse_double(s->fpc[h], &x) && x > 1);
    for (size_t k = 0; k < j->n_strata; k++) {
        struct tf_onepass_stratum *st = &j->stratum[k];
        const size_t h = j->stratum_number[k];
        st->units = s->units[h];
        st->population = (double)INFINITY;
        if (s->fpc[h] != NULL && tf_parse_double(s->fpc[h], &x))
            st->population = counts ? x : (double)st->units / x;
        if (st->population < (double)st->units) {
            (void)tf_fail(j->reterr, TF_E_DESIGN, "the population is smaller than the sample in "
                          "the stratum %s", key_text(j, s->first[h]));
            return tf_fact(j->reterr, "it is %s; the parts have %zu units there", s->fpc[h],
                           st->units);
        }
        if (j->lonely == TF_LONELY_ERROR && st->units == 1 && 1 - 1 / st->population >= 1e-7) {
            (void)tf_fail(j->reterr, TF_E_DESIGN, "the stratum %s has one PSU only",
                          key_text(j, s->first[h]));
            return tf_help(j->reterr, "Merge it with a neighbour, or choose a rule for lonely PSUs "
                                      "in the recipe of the parts: adjust, average, remove or "
                                      "certainty.");
        }
    }
    return TF_OK;
}

static enum tf_code join_design(struct tf_joining *j)
{
    struct strata s = {0};
    TF_TRY(join_strata(j, &s));
    j->stratum = TF_NEW_N(j->arena, struct tf_onepass_stratum, s.n + 1);
    j->stratum_number = TF_NEW_N(j->arena, size_t, s.n + 1);
    for (size_t h = 0; h < s.n; h++)
        j->n_rows += s.rows[h];
    if (j->part[0]->by_rows)
        strata_as_units(j, &s);
    else
        TF_TRY(join_units(j, &s));
    return populate(j, &s);
}

/* ---- All of it ------------------------------------------------------------------------------ */

/* What the parts were made from, as one line and one hash. */
static void name_data(const struct tf_joining *j, struct tf_recipe_run *run)
{
    struct tf_buf b = {.arena = j->arena};
    struct tf_hasher hash;
    tf_hasher_begin(&hash);
    for (size_t k = 0; k < j->n; k++) {
        tf_buf_printf(&b, "%s%s", k > 0 ? " + " : "", j->part[k]->data);
        tf_hasher_text(&hash, j->part[k]->data_hash);
    }
    run->data = tf_buf_text(&b);
    run->data_hash = tf_strdup(j->arena, tf_hasher_end(&hash).hex);
}

enum tf_code tf_parts_join(struct tf_arena *arena, struct tf_part *const *part, size_t n,
                           struct tf_recipe_run **ret, struct tf_err *reterr)
{
    enum { PRINTED = 50 }; /* as tf_run_one */
    struct tf_joining j = {.arena = arena, .part = part, .n = n, .reterr = reterr};
    struct tf_recipe_run *run = TF_NEW(arena, struct tf_recipe_run);
    struct tf_runner r = {.arena = arena, .dir = "."};
    TF_TRY(belong_together(&j));
    TF_TRY(open_recipe(&j));
    TF_TRY(join_design(&j));
    r.root = j.root;
    run->recipe = part[0]->recipe;
    run->recipe_hash = part[0]->recipe_hash;
    name_data(&j, run);
    run->design = part[0]->design;
    run->n = j.n_rows;
    run->n_strata = j.n_strata;
    run->n_psu = part[0]->by_rows ? j.n_rows : j.n_units;
    run->df = (double)run->n_psu - (double)run->n_strata;
    run->n_results = part[0]->n_families;
    run->result = r.result = TF_NEW_N(arena, struct tf_result, run->n_results + 1);
    for (size_t k = 0; k < run->n_results; k++) {
        const struct tf_yaml *map = tf_yaml_get(j.root, "estimates")->item[k];
        struct tf_ask ask = {0};
        struct tf_family *f;
        struct tf_result out = {0};
        TF_TRY(tf_ask_read(arena, map, &ask, reterr));
        out.id = ask.id;
        out.stat = ask.stat;
        TF_TRY(tf_join_family(&j, &ask, k, &f));
        TF_TRY(tf_recipe_place(map, tf_family_items(&r, &ask, f, &out, reterr), reterr));
        tf_result_names(&r, &out);
        out.keep_vcov = ask.vcov_given ? ask.vcov : out.n <= PRINTED;
        run->result[k] = out;
        r.n_results = k + 1;
    }
    *ret = run;
    return TF_OK;
}

enum tf_code tf_parts_merge(struct tf_arena *arena, const char *const *path, size_t n,
                            struct tf_recipe_run **ret, struct tf_err *reterr)
{
    struct tf_part **part = TF_NEW_N(arena, struct tf_part *, n + 1);
    for (size_t k = 0; k < n; k++) {
        struct tf_bytes text;
        TF_TRY(tf_file_read_text(arena, path[k], (size_t)1 << 30, &text, reterr));
        TF_TRY(tf_part_parse(arena, path[k], text.data, text.n, &part[k], reterr));
    }
    return tf_parts_join(arena, part, n, ret, reterr);
}
