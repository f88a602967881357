/* What the files of the verb `measure` share. */
#ifndef TF_CMD_MEASURE_H
#define TF_CMD_MEASURE_H

#include "cmd/cmd.h"
#include "measure/measure.h"

/* measure_run.c: run a recipe file and say its results; `out` (or NULL): a .csv or .xlsx file that
 * gets them as a table, `weights` (or NULL): a .csv that gets the data with every step's weights. */
struct tf_recipe_say {
    const char *recipe, *threads, *out, *weights;
};
TF_MUST_CHECK enum tf_code tf_run_recipe(struct tf_run *run, const struct tf_recipe_say *say,
                                         struct tf_err *reterr);
/* measure_partial.c: the sums of one shard (a data file) into `out`; parts joined and said. */
TF_MUST_CHECK enum tf_code tf_run_partial(struct tf_run *run, const char *recipe, const char *shard,
                                          const char *threads, const char *out,
                                          struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_run_merge(struct tf_run *run, const char *const *part, size_t n,
                                        const char *out, struct tf_err *reterr);
/* measure_json.c */
void tf_say_recipe_json(struct tf_arena *arena, const struct tf_recipe_run *r);
/* Say results that are there (also of merged shards). */
TF_MUST_CHECK enum tf_code tf_say_results(struct tf_run *run, const struct tf_recipe_run *r,
                                          const char *out, struct tf_err *reterr);

#endif
