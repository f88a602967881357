/* Running a recipe: data, missing codes, design, weights, then each estimate in order.
 *
 * The file is read whole and its keys checked before the data are touched; results are printed by
 * the door only when all have been made, so a recipe with a fault in its last line gives an error
 * and no half of a table. A statistic is a row of `kinds`; it knows the common keys (run_keys.c) and
 * those of its row, and finds earlier results in the runner (contrasts). */
#include <string.h>

#include "measure/partial.h"
#include "measure/run.h"

struct kind {
    const char *word;
    tf_stat_run run;
    const char *const *keys; /* its own, ends with NULL */
};
#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})
static const struct kind kinds[] = {
    {"prop", tf_run_prop, NULL},
    {"mean", tf_run_mean, NULL},
    {"total", tf_run_total, NULL},
    {"count", tf_run_count, NULL},
    {"ratio", tf_run_ratio, KEYS("numerator", "denominator", "separate")},
    {"variance", tf_run_variance, NULL},
    {"contrast", tf_run_contrast, KEYS("of", "expr")},
    {"scaled", tf_run_scaled, KEYS("factors", "rounding", "seed", "draws")},
    {"quantile", tf_run_quantile, KEYS("quantiles", "interval", "qrule")},
    {"crosstab", tf_run_crosstab, KEYS("rows", "cols", "percent", "tests")},
    {"gof", tf_run_gof, KEYS("p", "tests")},
    {"loglin", tf_run_loglin, KEYS("formula", "against", "tests", "effects")},
    {"ttest", tf_run_ttest, KEYS("groups", "minus", "mu")},
    {"ranktest", tf_run_ranktest, KEYS("groups", "test", "ties")},
    {"kappa", tf_run_kappa, KEYS("agreement")},
    {"alpha", tf_run_alpha, KEYS(NULL)},
    {"glm", tf_run_glm, KEYS("formula", "family", "link", "terms", "tests", "margins",
                                "exponentiate", "epsilon", "aliased")},
    {"olr", tf_run_olr, KEYS("formula", "method", "levels", "terms", "exponentiate")},
    {"km", tf_run_km, KEYS("formula", "time", "event", "times", "quantiles", "type")},
    {"logrank", tf_run_logrank, KEYS("formula", "time", "event", "rho", "gamma", "method")},
    {"cox", tf_run_cox, KEYS("formula", "time", "event", "ties", "terms", "tests", "exponentiate")},
    {"gini", tf_run_gini, NULL},
    {"qsr", tf_run_gini, NULL},
    {"arpr", tf_run_arpr, KEYS("percent", "quantile")},
    {"arpt", tf_run_arpr, KEYS("percent", "quantile")},
    {"rmpg", tf_run_arpr, KEYS("percent", "quantile")},
    {"pooled", tf_run_pooled, KEYS("imputations", "estimate", "complete_df")},
    {NULL, NULL, NULL},
};

static const struct kind *find_kind(const char *word)
{
    for (const struct kind *k = kinds; k->word != NULL; k++)
        if (strcmp(k->word, word) == 0)
            return k;
    return NULL;
}

static enum tf_code no_such_kind(struct tf_runner *r, const struct tf_yaml *at, const char *word,
                                 struct tf_err *reterr)
{
    struct tf_buf b = {.arena = r->arena};
    const char *words[sizeof kinds / sizeof kinds[0]] = {NULL};
    for (size_t k = 0; kinds[k].word != NULL; k++) {
        words[k] = kinds[k].word;
        tf_buf_printf(&b, "%s%s", k > 0 ? ", " : "", words[k]);
    }
    const char *near = tf_nearest(word, words);
    (void)tf_yaml_fail(at, reterr, "there is no statistic '%s'", word);
    (void)tf_fact(reterr, "there are %s", tf_buf_text(&b));
    if (near != NULL)
        return tf_help(reterr, "Did you mean '%s'?", near);
    return tf_help(reterr, "docs/RECIPES.md says what each is.");
}

static enum tf_code check_keys(struct tf_runner *r, const struct tf_yaml *map,
                               const struct kind *kind, struct tf_err *reterr)
{
    size_t n = 0;
    const char **all = TF_NEW_N(r->arena, const char *, 64);
    for (const char *const *k = tf_ask_keys; *k != NULL; k++)
        all[n++] = *k;
    for (const char *const *k = kind->keys; k != NULL && *k != NULL && n < 63; k++)
        all[n++] = *k;
    return tf_yaml_known(map, all, reterr);
}

/* Read the keys of an estimate and find its statistic. */
static enum tf_code open_estimate(struct tf_runner *r, const struct tf_yaml *map,
                                  struct tf_ask *ask, const struct kind **kind,
                                  struct tf_err *reterr)
{
    if (map->kind != TF_YAML_MAP)
        return tf_yaml_fail(map, reterr, "an estimate has keys, such as {stat: mean, vars: age}");
    const char *word;
    TF_TRY(tf_yaml_need_text(map, "stat", &word, reterr));
    *kind = find_kind(word);
    if (*kind == NULL)
        return no_such_kind(r, tf_yaml_get(map, "stat"), word, reterr);
    TF_TRY(check_keys(r, map, *kind, reterr));
    return tf_ask_read(r->arena, map, ask, reterr);
}

enum tf_code tf_run_one(struct tf_runner *r, const struct tf_yaml *map, struct tf_result *ret,
                        struct tf_err *reterr)
{
    enum { PRINTED = 50 };
    struct tf_ask ask = {0};
    const struct kind *kind;
    struct tf_result out = {0};
    TF_TRY(open_estimate(r, map, &ask, &kind, reterr));
    out.id = ask.id;
    out.stat = ask.stat;
    TF_TRY(tf_recipe_place(map, kind->run(r, &ask, &out, reterr), reterr));
    tf_result_names(r, &out);
    out.keep_vcov = ask.vcov_given ? ask.vcov : out.n <= PRINTED;
    *ret = out;
    return TF_OK;
}

/* ---- The whole ---------------------------------------------------------------------------- */

static enum tf_code check_estimates(struct tf_runner *r, const struct tf_yaml *list,
                                    struct tf_err *reterr)
{
    struct tf_ask ask = {0};
    const struct kind *kind;
    if (list == NULL || list->kind != TF_YAML_LIST || list->n == 0)
        return tf_yaml_fail(list != NULL ? list : r->root, reterr,
                            "a recipe needs `estimates`: a list");
    const char **id = TF_NEW_N(r->arena, const char *, list->n);
    for (size_t k = 0; k < list->n; k++) {
        TF_TRY(open_estimate(r, list->item[k], &ask, &kind, reterr));
        id[k] = tf_yaml_get(list->item[k], "id") != NULL ? ask.id : NULL;
        for (size_t j = 0; j < k && id[k] != NULL; j++)
            if (id[j] != NULL && strcmp(id[j], id[k]) == 0) {
                (void)tf_yaml_fail(tf_yaml_get(list->item[k], "id"), reterr,
                                   "the id '%s' is used twice", id[k]);
                return tf_help(reterr, "Contrasts call results by their ids: give each its own.");
            }
    }
    return TF_OK;
}

static enum tf_code run_estimates(struct tf_runner *r, const struct tf_yaml *list,
                                  struct tf_err *reterr)
{
    r->result = TF_NEW_N(r->arena, struct tf_result, list->n);
    tf_progress_start("estimates", list->n);
    for (size_t k = 0; k < list->n; k++) {
        if (tf_interrupted()) {
            (void)tf_fail(reterr, TF_E_INTERRUPTED, "stopped");
            return tf_help(reterr, "Nothing was changed.");
        }
        tf_progress_at(k);
        TF_TRY(tf_run_one(r, list->item[k], &r->result[k], reterr));
        r->n_results = k + 1;
    }
    tf_progress_stop();
    return TF_OK;
}

static enum tf_code open_recipe(struct tf_runner *r, const char *path, struct tf_recipe_run *run,
                                struct tf_err *reterr)
{
    static const char *const known[] = {"title",   "data",    "missing",   "columns",
                                        "design",  "weights", "estimates", NULL};
    struct tf_yaml *root;
    struct tf_hash hash;
    TF_TRY(tf_yaml_read(r->arena, path, &root, reterr));
    r->root = root;
    if (root->kind != TF_YAML_MAP)
        return tf_yaml_fail(root, reterr, "a recipe has keys: data, design, estimates …");
    TF_TRY(tf_yaml_known(root, known, reterr));
    TF_TRY(tf_file_hash(path, &hash, reterr));
    run->recipe = tf_strdup(r->arena, path);
    run->recipe_hash = tf_strdup(r->arena, hash.hex);
    return check_estimates(r, tf_yaml_get(root, "estimates"), reterr);
}

enum tf_code tf_runner_open(struct tf_arena *arena, const char *path, struct tf_recipe_opt opt,
                            struct tf_runner **ret, struct tf_recipe_run **ret_run,
                            struct tf_err *reterr)
{
    struct tf_runner *r = TF_NEW(arena, struct tf_runner);
    struct tf_recipe_run *run = TF_NEW(arena, struct tf_recipe_run);
    r->arena = arena;
    r->dir = tf_path_dir(arena, path);
    TF_TRY(open_recipe(r, path, run, reterr));
    TF_TRY(tf_run_data(r, opt, run, reterr));
    const struct tf_yaml *design = tf_yaml_get(r->root, "design");
    if (opt.shard != NULL) /* what is lonely is known when the parts are joined */
        design = tf_shard_design(arena, design);
    TF_TRY(tf_survey_read(arena, design, r->dir, r->t, &r->survey, reterr));
    r->survey->threads = opt.threads > 0 ? opt.threads : 1;
    TF_TRY(tf_survey_weigh_recipe(r->survey, r->root, r->dir, &r->step, &r->n_steps, reterr));
    *ret = r;
    *ret_run = run;
    return TF_OK;
}

enum tf_code tf_measure_recipe(struct tf_arena *arena, const char *path, struct tf_recipe_opt opt,
                               struct tf_recipe_run **ret, struct tf_err *reterr)
{
    struct tf_runner *r;
    struct tf_recipe_run *run;
    TF_TRY(tf_runner_open(arena, path, opt, &r, &run, reterr));
    TF_TRY(run_estimates(r, tf_yaml_get(r->root, "estimates"), reterr));
    const struct tf_tally all = tf_survey_count(arena, r->survey, NULL);
    run->design = r->survey->text;
    run->n = all.n;
    run->n_psu = all.psu;
    run->n_strata = all.strata;
    run->df = tf_survey_df(arena, r->survey, NULL);
    run->n_replicates = tf_replicates_count(r->survey);
    run->step = r->step;
    run->n_steps = r->n_steps;
    run->result = r->result;
    run->n_results = r->n_results;
    run->table = r->t;
    *ret = run;
    return TF_OK;
}
