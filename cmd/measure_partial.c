/* `measure partial` and `measure merge`: sums of shards, and what they say together. The help stands
 * with the verb (measure.c). */
#include "cmd/measure.h"

enum tf_code tf_run_partial(struct tf_run *run, const char *recipe, const char *shard,
                            const char *threads, const char *out, struct tf_err *reterr)
{
    int64_t n = 1;
    if (tf_is_blank(shard))
        return tf_usage(run, reterr, "`measure partial` needs --shard FILE: the rows it sums");
    if (tf_is_blank(out))
        return tf_usage(run, reterr, "`measure partial` needs -o FILE: where the part is written");
    if (threads != NULL && (!tf_parse_int(threads, &n) || n < 1 || n > 64))
        return tf_usage(run, reterr, "--threads is a whole number from 1 to 64, not '%s'", threads);
    return tf_partial_write(run->arena, recipe, shard, (unsigned)n, out, reterr);
}

enum tf_code tf_run_merge(struct tf_run *run, const char *const *part, size_t n, const char *out,
                          struct tf_err *reterr)
{
    struct tf_recipe_run *r;
    if (n == 0)
        return tf_usage(run, reterr, "`measure merge` needs the parts to join");
    TF_TRY(tf_parts_merge(run->arena, part, n, &r, reterr));
    return tf_say_results(run, r, out, reterr);
}
