/* trefoil measure: estimates from complex samples, with intervals that know the design
 *
 * usage: trefoil measure estimate --data FILE --weight W --var V[,V…] [--stratum S[,S…]] [--psu P]
 *            [--stat prop|mean|total] [--by A[,B…]] [--where EXPR] [--ci logit|t] [--level 0.95]
 *            [--lonely-psu error|adjust|average|remove|certainty] [--json]
 *        trefoil measure run RECIPE.yaml [--threads N] [-o FILE.csv|.xlsx] [--weights FILE.csv]
 *            [--json]
 *        trefoil measure run COUNTRY [--study DIR] [--json]
 *        trefoil measure partial RECIPE.yaml --shard FILE -o PART [--threads N]
 *        trefoil measure merge PART… [-o FILE.csv|.xlsx] [--json]
 *
 * `estimate` reads a data file (.sav .zsav .dta .xpt .csv) and answers at once:
 *
 *     trefoil measure estimate --data yrbs2019.sav --weight weight --stratum stratum --psu psu \
 *         --var q24 --by q2
 *     trefoil measure estimate --data child.csv --weight w --psu village --var age --stat mean \
 *         --where 'area = "urban" and not missing(age)'
 *
 * --var      one or more variables; shares of each of their values, or with --stat mean or total
 *            their mean or weighted sum. Names match exactly, else in any case when one fits
 * --by       domains: the crossing of these variables
 * --where    a domain for all of it: = != < <= > >=, and, or, not, in (1, 2), missing(v). Cases
 *            outside still count in the design, as they must
 * --stratum  several are crossed; PSU codes count within a stratum. Without --psu each case is
 *            its own PSU
 * --ci       logit (shares, default) or t; means and totals always have t. Degrees of freedom:
 *            PSUs minus strata where the domain has cases
 * --lonely-psu  what to do with a stratum of one PSU: stop (error, default), or as R survey does
 *
 * Shares are printed in percent, and as 0..1 in --json, where every number reads back exactly.
 * n counts the cases in the category, base those that answered, both unweighted. deff compares
 * with a simple random sample with replacement of the same size. Flags: zero and full (nobody or
 * everybody: a one-sided interval), df0 (no degree of freedom: no interval), lonely, empty.
 *
 * `run RECIPE.yaml` needs nothing of a study: a data file, its design, weighting steps, and the
 * estimates wanted, as text that can be kept and signed. For instance
 *
 *     data: yrbs2019.sav
 *     design: {weight: weight, strata: stratum, psu: psu, nest: true}
 *     estimates:
 *       - {id: sad, stat: prop, vars: [q25, q26], by: [q2], ci: [logit, beta], deff: true}
 *       - {id: gap, stat: contrast, of: sad, expr: "`2:q25:1` - `1:q25:1`"}
 *
 * Every design, replicate, weighting step and statistic it knows: docs/RECIPES.md. --threads changes
 * the time and no digit. -o writes the tables, --weights the data with a column for each step.
 *
 * `run COUNTRY` does what the recipes of a study say for one country and keeps the figures in the
 * vault.
 *
 * `partial` writes what a recipe needs of one shard of the data, as sums of PSUs and never a row;
 * `merge` joins parts and prints what `run` would of the whole, to the bit (prop, mean, total). A
 * part is as confidential as the data: the sum of a PSU may be one person (docs/FORMATS.md).
 *
 * How each number is made, and where packages differ: docs/METHODS.md. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/import.h"
#include "cmd/measure.h"

struct ask { /* the words of `estimate` */
    const char *data, *weight, *stratum, *psu, *stat, *var, *by, *where, *ci, *level, *lonely;
};
struct job {
    const char **var, **by;
    size_t n_var, n_by;
    struct tf_design_spec spec;
    struct tf_estimate_opt opt;
};

/* "a,b" as names; empty pieces are a slip. */
static enum tf_code split_names(struct tf_run *run, const char *text, const char *option,
                                const char ***ret, size_t *ret_n, struct tf_err *reterr)
{
    char **piece = NULL;
    const size_t n = text == NULL ? 0 : tf_split(run->arena, text, ',', &piece);
    const char **name = TF_NEW_N(run->arena, const char *, n + 1);
    for (size_t k = 0; k < n; k++) {
        if (*piece[k] == '\0')
            return tf_usage(run, reterr, "%s has an empty name in '%s'", option, text);
        name[k] = piece[k];
    }
    *ret = name;
    *ret_n = n;
    return TF_OK;
}

static enum tf_code read_words(struct tf_run *run, const struct ask *a, struct job *job,
                               struct tf_err *reterr)
{
    const struct {
        const char *name, *value;
    } needed[] = {{"--data", a->data}, {"--weight", a->weight}, {"--var", a->var}};
    for (size_t k = 0; k < sizeof needed / sizeof needed[0]; k++)
        if (tf_is_blank(needed[k].value))
            return tf_usage(run, reterr, "`trefoil measure estimate` needs %s", needed[k].name);
    job->opt = (struct tf_estimate_opt){.stat = TF_STAT_PROP, .ci = TF_CI_LOGIT, .level = 0.95};
    job->spec = (struct tf_design_spec){.weight = a->weight, .nest = true};
    if (a->stat != NULL && (!tf_stat_named(a->stat, &job->opt.stat) ||
                            job->opt.stat == TF_STAT_COUNT))
        return tf_usage(run, reterr, "--stat is prop, mean or total, not '%s'", a->stat);
    if (a->ci != NULL && !tf_ci_named(a->ci, &job->opt.ci))
        return tf_usage(run, reterr, "--ci is logit or t, not '%s'", a->ci);
    if (a->lonely != NULL && !tf_lonely_named(a->lonely, &job->spec.lonely))
        return tf_usage(run, reterr, "--lonely-psu is error, adjust, average, remove or certainty,"
                        " not '%s'", a->lonely);
    if (a->level != NULL && (!tf_parse_double(a->level, &job->opt.level) ||
                             !(job->opt.level > 0 && job->opt.level < 1)))
        return tf_usage(run, reterr, "--level lies between 0 and 1, such as 0.95, not '%s'",
                        a->level);
    TF_TRY(split_names(run, a->var, "--var", &job->var, &job->n_var, reterr));
    TF_TRY(split_names(run, a->by, "--by", &job->by, &job->n_by, reterr));
    TF_TRY(split_names(run, a->stratum, "--stratum", &job->spec.stratum, &job->spec.n_strata,
                       reterr));
    return split_names(run, a->psu, "--psu", &job->spec.psu, &job->spec.n_psu, reterr);
}

/* ---- For machines ------------------------------------------------------------------------- */

static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *text_or_null(const char *s)
{
    json_t *text = s != NULL ? json_string(s) : NULL;
    return text != NULL ? text : json_null();
}

static json_t *estimate_json(struct tf_run *run, const struct tf_estimate *e)
{
    json_t *by = json_object(), *flags = json_array();
    for (size_t k = 0; k < e->n_by; k++)
        (void)json_object_set_new(by, e->by[k].var, text_or_null(e->by[k].value));
    for (const char **word = tf_estimate_flags(run->arena, e->flags); *word != NULL; word++)
        (void)json_array_append_new(flags, json_string(*word));
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:[o,o], s:o, s:o, s:o}", "var",
                     text_or_null(e->var), "category", text_or_null(e->category), "label",
                     text_or_null(e->label), "by", by, "n", (json_int_t)e->n, "base",
                     (json_int_t)e->base, "estimate", number_or_null(e->estimate), "se",
                     number_or_null(e->se), "ci", number_or_null(e->lo), number_or_null(e->hi),
                     "deff", number_or_null(e->deff), "df", number_or_null(e->df), "flags", flags);
}

static void say_json(struct tf_run *run, const struct tf_design *d, const struct tf_estimate *e,
                     size_t n)
{
    json_t *list = json_array();
    for (size_t k = 0; k < n; k++)
        (void)json_array_append_new(list, estimate_json(run, &e[k]));
    tf_say_json(json_pack("{s:{s:I, s:I, s:I, s:I}, s:o}", "design", "n", (json_int_t)d->n, "strata",
                          (json_int_t)d->n_strata, "psu", (json_int_t)d->n_psu, "df",
                          (json_int_t)d->n_psu - (json_int_t)d->n_strata, "estimates", list));
}

/* ---- For people --------------------------------------------------------------------------- */

static const char *fixed(struct tf_run *run, double x, int decimals)
{
    struct tf_buf b = {.arena = run->arena};
    if (!isfinite(x))
        return "";
    tf_buf_fixed(&b, x, decimals);
    return tf_buf_text(&b);
}

static const char *joined(struct tf_run *run, const char **word)
{
    struct tf_buf b = {.arena = run->arena};
    for (; *word != NULL; word++)
        tf_buf_printf(&b, "%s%s", b.n > 0 ? " " : "", *word);
    return tf_buf_text(&b);
}

static void say_people(struct tf_run *run, const struct job *job, const struct tf_design *d,
                       const struct tf_estimate *e, size_t n)
{
    const bool prop = job->opt.stat == TF_STAT_PROP;
    const double scale = prop ? 100 : 1;
    const size_t cols = job->n_by + 12;
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * cols);
    const char *head[] = {"variable", "category", "label", "n", "base", prop ? "%" : "estimate",
                          "se", "low", "high", "deff", "df", "flags"};
    for (size_t k = 0, c = 0; k < sizeof head / sizeof head[0]; k++) {
        cell[c++] = head[k];
        for (size_t b = 0; k == 2 && b < job->n_by; b++)
            cell[c++] = job->by[b];
    }
    for (size_t r = 0; r < n; r++) {
        const char **at = cell + (r + 1) * cols;
        *at++ = e[r].var;
        *at++ = e[r].category != NULL ? e[r].category : "";
        *at++ = e[r].label != NULL ? e[r].label : "";
        for (size_t b = 0; b < e[r].n_by; b++)
            *at++ = e[r].by[b].label != NULL ? tf_printf(run->arena, "%s %s", e[r].by[b].value,
                                                         e[r].by[b].label)
                                             : e[r].by[b].value;
        *at++ = tf_printf(run->arena, "%zu", e[r].n);
        *at++ = tf_printf(run->arena, "%zu", e[r].base);
        *at++ = fixed(run, e[r].estimate * scale, prop ? 2 : 4);
        *at++ = fixed(run, e[r].se * scale, prop ? 2 : 4);
        *at++ = fixed(run, e[r].lo * scale, prop ? 2 : 4);
        *at++ = fixed(run, e[r].hi * scale, prop ? 2 : 4);
        *at++ = fixed(run, e[r].deff, 2);
        *at++ = fixed(run, e[r].df, 0);
        *at++ = joined(run, tf_estimate_flags(run->arena, e[r].flags));
    }
    tf_say("%zu cases, %zu strata, %zu PSUs, %zu degrees of freedom; intervals: %s, level %s\n\n",
           d->n, d->n_strata, d->n_psu, d->n_psu - d->n_strata,
           prop ? tf_ci_word(job->opt.ci) : "t", tf_double_text(run->arena, job->opt.level));
    tf_say_table(run->arena, cell, n + 1, cols);
}

/* ---- The verbs ---------------------------------------------------------------------------- */

static enum tf_code estimate(struct tf_run *run, const struct ask *a, struct tf_err *reterr)
{
    struct job job;
    struct tf_table *t;
    struct tf_design *design;
    bool *where = NULL;
    struct tf_estimate *all = NULL;
    size_t n = 0, cap = 0;
    TF_TRY(read_words(run, a, &job, reterr));
    TF_TRY(tf_import_file(run->arena, a->data, &t, reterr));
    tf_measure_tidy(t, NULL, 0); /* all: conditions name columns too */
    TF_TRY(tf_design_make(run->arena, t, &job.spec, &design, reterr));
    TF_TRY(tf_where_mask(run->arena, a->where, t, &where, reterr));
    job.opt.where = where;
    for (size_t v = 0; v < job.n_var; v++) {
        struct tf_estimate *one;
        size_t n_one;
        TF_TRY(tf_estimate(run->arena, design, t, job.var[v], job.by, job.n_by, job.opt, &one,
                           &n_one, reterr));
        for (size_t k = 0; k < n_one; k++) {
            one[k].var = job.var[v]; /* as the person wrote the names, so that scripts find them */
            for (size_t b = 0; b < one[k].n_by; b++)
                one[k].by[b].var = job.by[b];
            all = tf_grow(run->arena, all, n, &cap, sizeof *all);
            all[n++] = one[k];
        }
    }
    if (run->json)
        say_json(run, design, all, n);
    else
        say_people(run, &job, design, all, n);
    return TF_OK;
}

static enum tf_code run_country(struct tf_run *run, const char *country, struct tf_err *reterr)
{
    struct tf_study *study;
    struct tf_keep *keep;
    struct tf_measured *figure;
    size_t n;
    TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    TF_TRY(tf_need_country(run->arena, study, country, reterr));
    TF_TRY(tf_keep_open(run->arena, study->dir, true, &keep, reterr));
    TF_TRY(tf_measure_country(run->arena, study, keep, country, reterr));
    TF_TRY(tf_measured_load(run->arena, keep, country, &figure, &n, reterr));
    json_t *list = json_array();
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * 5);
    const char *head[5] = {"figure", "dataset", "stat", "cells", "title"};
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < n; k++) {
        const char *row[5] = {figure[k].figure, figure[k].dataset, figure[k].stat,
                              tf_printf(run->arena, "%zu", figure[k].n_cells),
                              figure[k].title != NULL ? figure[k].title : ""};
        memcpy(cell + (k + 1) * 5, row, sizeof row);
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:I, s:o}", "figure", text_or_null(row[0]), "dataset",
                            text_or_null(row[1]), "stat", text_or_null(row[2]), "cells",
                            (json_int_t)figure[k].n_cells, "title", text_or_null(row[4])));
    }
    if (run->json) {
        tf_say_json(list);
        return TF_OK;
    }
    json_decref(list);
    tf_say_table(run->arena, cell, n + 1, 5);
    return TF_OK;
}

/* A file, not a country: it ends as recipes do, or lies in a folder. */
static bool is_recipe(const char *word)
{
    return tf_ends(word, ".yaml") || tf_ends(word, ".yml") || strchr(word, '/') != NULL;
}

enum tf_code cmd_measure(struct tf_run *run, struct tf_err *reterr)
{
    struct ask a = {0};
    struct tf_recipe_say say = {0};
    const char *shard = NULL;
    const struct tf_option options[] = {
        {"--data", &a.data, NULL},     {"--weight", &a.weight, NULL}, {"--var", &a.var, NULL},
        {"--stratum", &a.stratum, NULL}, {"--psu", &a.psu, NULL},     {"--stat", &a.stat, NULL},
        {"--by", &a.by, NULL},         {"--where", &a.where, NULL},   {"--ci", &a.ci, NULL},
        {"--level", &a.level, NULL},   {"--lonely-psu", &a.lonely, NULL},
        {"--threads", &say.threads, NULL}, {"-o", &say.out, NULL},
        {"--weights", &say.weights, NULL}, {"--shard", &shard, NULL},
    };
    const char **word;
    size_t n;
    TF_TRY(tf_options(run, options, sizeof options / sizeof options[0], &word, &n, reterr));
    if (n == 1 && strcmp(word[0], "estimate") == 0)
        return estimate(run, &a, reterr);
    if (n == 2 && strcmp(word[0], "run") == 0 && is_recipe(word[1])) {
        say.recipe = word[1];
        return tf_run_recipe(run, &say, reterr);
    }
    if (n == 2 && strcmp(word[0], "run") == 0)
        return run_country(run, word[1], reterr);
    if (n == 2 && strcmp(word[0], "partial") == 0)
        return tf_run_partial(run, word[1], shard, say.threads, say.out, reterr);
    if (n > 0 && strcmp(word[0], "merge") == 0)
        return tf_run_merge(run, word + 1, n - 1, say.out, reterr);
    if (n > 0 && strcmp(word[0], "estimate") == 0)
        return tf_usage(run, reterr, "`trefoil measure estimate` does not know the word '%s'",
                        word[1]);
    return tf_usage(run, reterr,
                    "say `trefoil measure estimate …` or `trefoil measure run RECIPE.yaml`");
}
