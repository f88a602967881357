/* trefoil draw: the sample, with every probability kept
 *
 * usage: trefoil draw sample --frame FILE --psus N --seed NAME [--json]
 *
 * Draws N primary sampling units from a frame with probability proportional to their households,
 * systematically within strata, at least two in each:
 *
 *     trefoil draw sample --frame demo-study/children/XA/frame.csv --psus 100 --seed XA-2021
 *
 * --frame    CSV with psu, stratum, region, area, households and, where PSUs cannot be reached,
 *            excluded (0 or 1) and reason
 * --seed     a name: the same name draws the same sample on any machine
 *
 * Prints the sample as CSV: psu, stratum, region, area, households, p_psu, hits. p_psu is the
 * probability that the PSU is in the sample; with the probabilities of the household and of the
 * child within it, its inverse is the base weight. hits above 1: a PSU so large that it was
 * selected more than once; select its households as many times over. With --json the coverage
 * of the frame stands beside it. Order the frame by place before: the draw follows its order. */
#include <jansson.h>
#include <string.h>

#include "cmd/cmd.h"
#include "draw/draw.h"

static void say_json(const struct tf_frame *frame, const struct tf_sample *s)
{
    json_t *list = json_array();
    for (size_t k = 0; k < s->n; k++) {
        const struct tf_sample_psu *p = &s->psu[k];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:I}", "psu", p->psu, "stratum",
                            p->stratum, "region", p->region, "area", p->area, "households",
                            p->households, "p_psu", p->p_psu, "hits", (json_int_t)p->hits));
    }
    tf_say_json(json_pack("{s:s, s:f, s:I, s:o}", "seed", s->seed_name, "coverage", frame->coverage,
                          "psus", (json_int_t)s->n, "sample", list));
}

static enum tf_code sample(struct tf_run *run, const char *path, const char *psus,
                           const char *seed, struct tf_err *reterr)
{
    struct tf_frame *frame;
    struct tf_sample *s;
    struct tf_buf csv = {.arena = run->arena};
    int64_t n;
    if (tf_is_blank(path) || tf_is_blank(psus) || tf_is_blank(seed))
        return tf_usage(run, reterr, "`trefoil draw sample` needs --frame, --psus and --seed");
    if (!tf_parse_int(psus, &n) || n < 2 || n > 1000000)
        return tf_usage(run, reterr, "--psus is a whole number of at least 2, not '%s'", psus);
    TF_TRY(tf_frame_read(run->arena, path, &frame, reterr));
    TF_TRY(tf_sample_draw(run->arena, frame, (size_t)n, seed, &s, reterr));
    if (run->json) {
        say_json(frame, s);
        return TF_OK;
    }
    tf_table_csv(tf_sample_table(run->arena, s), &csv);
    tf_say("%s", tf_buf_text(&csv));
    return TF_OK;
}

enum tf_code cmd_draw(struct tf_run *run, struct tf_err *reterr)
{
    const char *frame = NULL, *psus = NULL, *seed = NULL, **word;
    const struct tf_option options[] = {
        {"--frame", &frame, NULL}, {"--psus", &psus, NULL}, {"--seed", &seed, NULL}};
    size_t n;
    TF_TRY(tf_options(run, options, 3, &word, &n, reterr));
    if (n == 1 && strcmp(word[0], "sample") == 0)
        return sample(run, frame, psus, seed, reterr);
    return tf_usage(run, reterr, "say `trefoil draw sample --frame FILE --psus N --seed NAME`");
}
