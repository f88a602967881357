/* The keys of one estimate, and what they mean on the data: its domains, df, columns.
 *
 * Every statistic knows the common keys (read here) and its own (read in its file). A domain is the
 * crossing of `by` within `where`; rows that left the sample (weight 0) are in none. Degrees of
 * freedom follow one of four rules, since packages differ:
 *
 *     domain   PSUs minus strata where the domain has cases (R: degf of the subset; the default)
 *     design   the same of the whole design (Stata, srvyr)
 *     inf      the normal distribution (R: confint of svymean and svyby)
 *     NUMBER   as given */
#include <math.h>
#include <string.h>

#include "measure/run.h"

const char *const tf_ask_keys[] = {"id",  "stat", "title", "vars", "var",   "by",      "where", "ci",
                                   "level", "deff", "df",  "vcov", "flags", "missing", NULL};

static enum tf_code read_df(const struct tf_yaml *at, struct tf_ask *ask, struct tf_err *reterr)
{
    static const char *const words[] = {[TF_DF_DOMAIN] = "domain", [TF_DF_DESIGN] = "design",
                                        [TF_DF_INFINITE] = "inf"};
    if (at == NULL)
        return TF_OK;
    for (size_t k = 0; k < 3 && at->kind == TF_YAML_SCALAR; k++)
        if (strcmp(at->text, words[k]) == 0) {
            ask->df = (enum tf_df_rule)k;
            return TF_OK;
        }
    if (at->kind != TF_YAML_SCALAR || !tf_parse_double(at->text, &ask->df_given) ||
        !(ask->df_given > 0)) {
        (void)tf_yaml_fail(at, reterr, "`df` is not understood");
        return tf_help(reterr, "Write domain, design, inf, or a number above 0.");
    }
    ask->df = TF_DF_GIVEN;
    return TF_OK;
}

static enum tf_code read_deff(const struct tf_yaml *at, struct tf_ask *ask, struct tf_err *reterr)
{
    static const struct {
        const char *word, *kind;
    } words[] = {{"true", "replace"}, {"false", NULL}, {"replace", "replace"}, {"srs", "srs"}};
    for (size_t k = 0; at != NULL && k < sizeof words / sizeof words[0]; k++)
        if (at->kind == TF_YAML_SCALAR && strcmp(at->text, words[k].word) == 0) {
            ask->deff_kind = words[k].kind;
            ask->deff = ask->deff_kind != NULL;
            return TF_OK;
        }
    if (at == NULL)
        return TF_OK;
    (void)tf_yaml_fail(at, reterr, "`deff` is not understood");
    return tf_help(reterr, "Write true (or replace: against simple random sampling with "
                           "replacement), srs (without replacement) or false.");
}

static enum tf_code read_missing(const struct tf_yaml *map, struct tf_ask *ask,
                                 struct tf_err *reterr)
{
    const char *word;
    TF_TRY(tf_yaml_opt_text(map, "missing", "each", &word, reterr));
    ask->listwise = strcmp(word, "listwise") == 0;
    if (ask->listwise || strcmp(word, "each") == 0)
        return TF_OK;
    (void)tf_yaml_fail(tf_yaml_get(map, "missing"), reterr, "`missing` is not understood");
    return tf_help(reterr, "Write each (a variable needs its own answer only) or listwise (cases "
                           "with every variable of the list).");
}

enum tf_code tf_ask_read(struct tf_arena *arena, const struct tf_yaml *map, struct tf_ask *ask,
                         struct tf_err *reterr)
{
    const char **one;
    size_t n_one;
    *ask = (struct tf_ask){.at = map};
    TF_TRY(tf_yaml_need_text(map, "stat", &ask->stat, reterr));
    TF_TRY(tf_yaml_opt_text(map, "id", ask->stat, &ask->id, reterr));
    TF_TRY(tf_yaml_opt_text(map, "where", NULL, &ask->where, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, map, "vars", &ask->var, &ask->n_vars, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, map, "var", &one, &n_one, reterr));
    if (n_one > 0 && ask->n_vars > 0)
        return tf_yaml_fail(tf_yaml_get(map, "var"), reterr, "write either `var` or `vars`");
    if (n_one > 0) {
        ask->var = one;
        ask->n_vars = n_one;
    }
    TF_TRY(tf_yaml_opt_texts(arena, map, "by", &ask->by, &ask->n_by, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, map, "ci", &ask->ci, &ask->n_ci, reterr));
    TF_TRY(tf_yaml_opt_number(map, "level", 0.95, &ask->level, reterr));
    if (!(ask->level > 0 && ask->level < 1)) {
        (void)tf_yaml_fail(tf_yaml_get(map, "level"), reterr,
                           "the level of an interval lies between 0 and 1");
        return tf_help(reterr, "The usual one is 0.95.");
    }
    TF_TRY(read_df(tf_yaml_get(map, "df"), ask, reterr));
    TF_TRY(read_deff(tf_yaml_get(map, "deff"), ask, reterr));
    TF_TRY(read_missing(map, ask, reterr));
    ask->vcov_given = tf_yaml_get(map, "vcov") != NULL;
    TF_TRY(tf_yaml_opt_bool(map, "vcov", true, &ask->vcov, reterr));
    return tf_yaml_opt_text(map, "flags", NULL, &ask->flags, reterr);
}

/* ---- Columns ------------------------------------------------------------------------------ */

enum tf_code tf_ask_column(const struct tf_runner *r, const struct tf_yaml *at, const char *name,
                           size_t *ret, struct tf_err *reterr)
{
    return tf_recipe_place(at, tf_table_need(r->t, name, ret, reterr), reterr);
}

enum tf_code tf_ask_numbers(const struct tf_runner *r, const struct tf_yaml *at, const char *name,
                            double **ret, struct tf_err *reterr)
{
    size_t col;
    TF_TRY(tf_ask_column(r, at, name, &col, reterr));
    const struct tf_column *c = &r->t->col[col];
    double *x = TF_NEW_N(r->arena, double, r->t->n_rows);
    for (size_t row = 0; row < r->t->n_rows; row++) {
        x[row] = (double)NAN;
        if (tf_value_missing(c, row) || tf_value_number(c, row, &x[row]))
            continue;
        (void)tf_yaml_fail(at, reterr, "'%s' holds words, where numbers are needed", c->name);
        (void)tf_fact(reterr, "row %zu holds '%s'", row + 1, c->text[row]);
        return tf_help(reterr, "Ask for the shares of its values (stat: prop), or give it codes.");
    }
    *ret = x;
    return TF_OK;
}

/* ---- Domains ------------------------------------------------------------------------------ */

static struct tf_by *domain_values(struct tf_runner *r, const struct tf_ask *ask,
                                   const struct tf_codes *const *codes, size_t row)
{
    struct tf_by *by = TF_NEW_N(r->arena, struct tf_by, ask->n_by + 1);
    for (size_t k = 0; k < ask->n_by; k++) {
        const struct tf_codes *c = codes[k];
        const uint32_t code = c->of[row];
        by[k] = (struct tf_by){ask->by[k], c->text[code],
                               tf_value_label(c->column, c->number[code], c->text[code])};
    }
    return by;
}

/* The rows of the sample for which `where` holds. */
static enum tf_code sample_mask(struct tf_runner *r, const struct tf_ask *ask, bool **ret,
                                struct tf_err *reterr)
{
    const size_t n = r->t->n_rows;
    const double *w = r->survey->w;
    if (tf_is_blank(ask->where)) {
        bool *mask = TF_NEW_N(r->arena, bool, n);
        for (size_t row = 0; row < n; row++)
            mask[row] = tf_in_sample(w[row]);
        *ret = mask;
        return TF_OK;
    }
    TF_TRY(tf_recipe_place(tf_yaml_get(ask->at, "where"),
                           tf_where_mask(r->arena, ask->where, r->t, ret, reterr), reterr));
    for (size_t row = 0; row < n; row++)
        (*ret)[row] = (*ret)[row] && tf_in_sample(w[row]);
    return TF_OK;
}

/* Without `by` the mask is the domain; `where` may hold for nobody, which is an empty domain. */
static struct tf_domain *one_domain(const struct tf_runner *r, bool *mask)
{
    struct tf_domain *d = TF_NEW_N(r->arena, struct tf_domain, 2);
    d->in = mask;
    for (size_t row = 0; row < r->t->n_rows; row++)
        d->n += mask[row];
    d->by = d->n > 0 ? TF_NEW_N(r->arena, struct tf_by, 1) : NULL;
    return d;
}

enum tf_code tf_domains_make(struct tf_runner *r, const struct tf_ask *ask, struct tf_domain **ret,
                             size_t *ret_n, struct tf_err *reterr)
{
    const size_t n = r->t->n_rows;
    const struct tf_codes **codes = TF_NEW_N(r->arena, const struct tf_codes *, ask->n_by + 1);
    const struct tf_yaml *at = tf_yaml_get(ask->at, "by");
    bool *mask;
    TF_TRY(sample_mask(r, ask, &mask, reterr));
    if (ask->n_by == 0) {
        *ret = one_domain(r, mask);
        *ret_n = 1;
        return TF_OK;
    }
    for (size_t k = 0; k < ask->n_by; k++) {
        size_t col;
        TF_TRY(tf_ask_column(r, at, ask->by[k], &col, reterr));
        codes[k] = tf_codes_make(r->arena, r->t, col);
        if (codes[k]->n > 1000) {
            (void)tf_yaml_fail(at, reterr, "'%s' has %zu different values, too many for domains",
                               ask->by[k], codes[k]->n);
            return tf_help(reterr, "Group them first.");
        }
    }
    const struct tf_crossing x = tf_codes_cross(r->arena, codes, ask->n_by, mask, n);
    const size_t n_domains = x.n; /* none where `where` holds for nobody */
    struct tf_domain *d = TF_NEW_N(r->arena, struct tf_domain, n_domains + 1);
    for (size_t k = 0; k < n_domains; k++) {
        d[k].in = TF_NEW_N(r->arena, bool, n);
        d[k].by = domain_values(r, ask, codes, x.first[k]);
    }
    for (size_t row = 0; row < n; row++)
        if (x.of[row] != TF_NO_CODE) {
            d[x.of[row]].in[row] = true;
            d[x.of[row]].n++;
        }
    *ret = d;
    *ret_n = n_domains;
    return TF_OK;
}

double tf_ask_df(const struct tf_runner *r, const struct tf_ask *ask, const bool *domain)
{
    switch (ask->df) {
    case TF_DF_INFINITE:
        return (double)INFINITY;
    case TF_DF_GIVEN:
        return ask->df_given;
    case TF_DF_DESIGN:
        return tf_survey_df(r->arena, r->survey, NULL);
    default:
        return tf_survey_df(r->arena, r->survey, domain);
    }
}

const char *tf_ask_df_note(struct tf_arena *arena, const struct tf_ask *ask)
{
    static const char *const text[] = {
        [TF_DF_DOMAIN] = "df: PSUs minus strata where the domain has cases (replicates: rank of "
                         "their weights there minus 1)",
        [TF_DF_DESIGN] = "df: PSUs minus strata of the whole design (replicates: rank of their "
                         "weights minus 1)",
        [TF_DF_INFINITE] = "df: infinite, intervals by the normal distribution",
    };
    return ask->df == TF_DF_GIVEN
               ? tf_printf(arena, "df: %s, as given", tf_double_text(arena, ask->df_given))
               : text[ask->df];
}
