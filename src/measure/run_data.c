/* The data of a recipe: a file, or a dataset of the vault; missing codes; grouped columns.
 *
 *     data: apistrat.csv                        beside the recipe
 *     data: {dataset: child, country: XA}       of the study given with --study: made ready as for
 *                                               the report (ready.c)
 *     missing: {q5: [888, 999], q6: {888: dont_know}, "*": [99]}
 *     columns: [{var: agegrp, from: age, cut: {"12-14": [12, 14], "15-17": [15, 17]}}]
 *
 * A code that stands for no answer must be declared: no rule of thumb ("above 887") guesses, since
 * a true value may be as large. */
#include <string.h>

#include "base/import.h"
#include "measure/run.h"

static enum tf_code missing_codes(struct tf_runner *r, const struct tf_yaml *codes, size_t col,
                                  struct tf_err *reterr)
{
    struct tf_column *c = &r->t->col[col];
    const bool map = codes->kind == TF_YAML_MAP;
    const size_t n = codes->kind == TF_YAML_SCALAR ? 1 : codes->n;
    for (size_t k = 0; k < n; k++) {
        const struct tf_yaml *code = codes->kind == TF_YAML_SCALAR ? codes
                                     : map                         ? codes->key[k]
                                                                   : codes->item[k];
        enum tf_miss why = TF_MISS_SYSTEM;
        double x;
        if (code->kind != TF_YAML_SCALAR)
            return tf_yaml_fail(code, reterr, "a missing code is a value");
        if (map && (codes->item[k]->kind != TF_YAML_SCALAR ||
                    !tf_miss_named(codes->item[k]->text, &why) || why == TF_PRESENT)) {
            (void)tf_yaml_fail(codes->item[k], reterr, "there is no such reason for a missing value");
            return tf_help(reterr, "Write system, dont_know, prefer_not, refused, routing, country, "
                                   "age, void, broken_off or lost.");
        }
        if (c->type == TF_NUMBER && code->text[0] == '.' && code->text[1] >= 'a') { /* ".a" */
            tf_column_missing_text(r->t, col, code->text, why);
            continue;
        }
        if (c->type == TF_NUMBER) {
            if (!tf_parse_double(code->text, &x))
                return tf_yaml_fail(code, reterr, "'%s' has numbers, and '%s' is none", c->name,
                                    code->text);
            tf_column_missing(r->t, col, x, why);
            continue;
        }
        for (size_t row = 0; row < r->t->n_rows; row++)
            if (c->miss[row] == TF_PRESENT && strcmp(c->text[row], code->text) == 0) {
                c->miss[row] = (uint8_t)why;
                c->text[row] = "";
            }
    }
    return TF_OK;
}

/* missing: {q5: [888, 999], q6: {888: dont_know}, "*": [99]} */
static enum tf_code type_missing(struct tf_runner *r, struct tf_err *reterr)
{
    const struct tf_yaml *map = tf_yaml_get(r->root, "missing");
    if (map == NULL)
        return TF_OK;
    if (map->kind != TF_YAML_MAP)
        return tf_yaml_fail(map, reterr, "`missing` names variables: {q5: [888, 999]}");
    for (size_t k = 0; k < map->n; k++) {
        const bool every = strcmp(map->key[k]->text, "*") == 0;
        size_t col = 0;
        if (!every)
            TF_TRY(tf_ask_column(r, map->key[k], map->key[k]->text, &col, reterr));
        for (size_t c = every ? 0 : col; c < (every ? r->t->n_cols : col + 1); c++)
            if (!every || r->t->col[c].type == TF_NUMBER)
                TF_TRY(missing_codes(r, map->item[k], c, reterr));
    }
    for (size_t c = 0; c < r->t->n_cols; c++) /* words among numbers may have been the codes */
        (void)(tf_spells_numbers(&r->t->col[c], r->t->n_rows) && tf_column_to_number(r->t, c));
    return TF_OK;
}

static enum tf_code open_file(struct tf_runner *r, const char *path, unsigned threads,
                              struct tf_recipe_run *run, struct tf_err *reterr)
{
    const struct tf_csv_opt opt = {.guess_numbers = true, .na_is_missing = true,
                                   .threads = threads};
    struct tf_hash hash;
    TF_TRY(tf_import_file_as(r->arena, path, opt, &r->t, reterr));
    TF_TRY(tf_file_hash(path, &hash, reterr));
    run->data_hash = tf_strdup(r->arena, hash.hex);
    tf_measure_tidy(r->t, NULL, 0);
    return TF_OK;
}

static enum tf_code open_dataset(struct tf_runner *r, const struct tf_yaml *data, const char *dir,
                                 const struct tf_recipe *head, struct tf_recipe_run *run,
                                 struct tf_err *reterr)
{
    static const char *const known[] = {"dataset", "country", NULL};
    struct tf_ready ready = {.arena = r->arena, .recipe = head};
    struct tf_recipe no_columns = *head; /* they are derived later, for files too */
    struct tf_study *study;
    struct tf_evidence evidence;
    struct tf_cleaning *effects;
    const char *dataset;
    no_columns.n_columns = 0;
    TF_TRY(tf_yaml_known(data, known, reterr));
    TF_TRY(tf_yaml_need_text(data, "dataset", &dataset, reterr));
    TF_TRY(tf_yaml_need_text(data, "country", &ready.country, reterr));
    TF_TRY(tf_study_read(r->arena, dir != NULL ? dir : ".", &study, reterr));
    ready.study = study;
    ready.recipe = &no_columns;
    ready.dataset = tf_study_dataset(study, dataset);
    if (ready.dataset == NULL)
        return tf_yaml_fail(tf_yaml_get(data, "dataset"), reterr,
                            "the study has no dataset '%s'", dataset);
    if (tf_study_country(study, ready.country) == NULL)
        return tf_yaml_fail(tf_yaml_get(data, "country"), reterr,
                            "the study has no country '%s'", ready.country);
    TF_TRY(tf_keep_open(r->arena, study->dir, false, &ready.keep, reterr));
    TF_TRY(tf_ready_table(&ready, &r->t, &evidence, &effects, reterr));
    run->data = evidence.id;
    run->data_hash = evidence.hash;
    return TF_OK;
}

enum tf_code tf_run_data(struct tf_runner *r, struct tf_recipe_opt opt, struct tf_recipe_run *run,
                         struct tf_err *reterr)
{
    const struct tf_yaml *data = tf_yaml_get(r->root, "data");
    struct tf_recipe head = {0};
    TF_TRY(tf_recipe_head(r->arena, r->root, &head, reterr));
    if (opt.shard == NULL && data == NULL)
        return tf_yaml_fail(r->root, reterr, "a recipe needs `data`: a file, or a dataset");
    if (opt.shard == NULL && data->kind == TF_YAML_LIST)
        return tf_yaml_fail(data, reterr, "`data` names one file");
    if (opt.shard == NULL && data->kind == TF_YAML_MAP) {
        TF_TRY(tf_recipe_place(data, open_dataset(r, data, opt.study, &head, run, reterr),
                               reterr));
    } else {
        run->data = opt.shard != NULL ? opt.shard : data->text;
        const char *path = opt.shard != NULL ? opt.shard
                                             : tf_path_join(r->arena, r->dir, data->text);
        if (opt.shard == NULL && !tf_file_exists(path)) {
            (void)tf_yaml_fail(data, reterr, "the data file '%s' is not there", data->text);
            (void)tf_fact(reterr, "looked for %s", path);
            return tf_help(reterr, "A name without a folder is looked for beside the recipe.");
        }
        TF_TRY(tf_recipe_place(data, open_file(r, path, opt.threads, run, reterr), reterr));
    }
    TF_TRY(type_missing(r, reterr));
    for (size_t k = 0; k < head.n_columns; k++)
        TF_TRY(tf_recipe_place(head.column[k].at,
                               tf_derive_column(r->arena, &head.column[k], r->t, reterr), reterr));
    return TF_OK;
}
