/* trefoil draw: the sample, with every probability kept
 *
 * usage: trefoil draw sample     --frame FILE   --psus N --seed NAME [--json]
 *        trefoil draw households --listing FILE --take N --seed NAME [--json]
 *        trefoil draw dyads      --roster FILE           --seed NAME [--json]
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
 * of the frame stands beside it. Order the frame by place before: the draw follows its order.
 *
 * households  from the listing of the PSUs drawn (CSV: psu, household), N in each with equal
 *             probability, systematically along the listing; prints p_household
 * dyads       from a roster (CSV: psu, household, person, role = child | caregiver | other, and
 *             eligible = 0 | 1 if not all are), one child and one caregiver of each household;
 *             prints p_child, p_caregiver and p_dyad. A household's draw depends on its own name
 *             only: adding another changes nothing for it. */
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

/* A drawn table: CSV for people and tablets, an array of objects for machines. */
static void say_table(struct tf_run *run, const char *name, const char *seed,
                      const struct tf_table *t)
{
    struct tf_buf csv = {.arena = run->arena};
    if (!run->json) {
        tf_table_csv(t, &csv);
        tf_say("%s", tf_buf_text(&csv));
        return;
    }
    json_t *list = json_array();
    for (size_t row = 0; row < t->n_rows; row++) {
        json_t *one = json_object();
        for (size_t c = 0; c < t->n_cols; c++) {
            const struct tf_column *col = &t->col[c];
            json_t *value = col->miss[row] != TF_PRESENT ? json_null()
                            : col->type == TF_TEXT       ? json_string(col->text[row])
                                                         : json_real(col->num[row]);
            (void)json_object_set_new(one, col->name, value);
        }
        (void)json_array_append_new(list, one);
    }
    tf_say_json(json_pack("{s:s, s:o}", "seed", seed, name, list));
}

static enum tf_code households(struct tf_run *run, const char *listing, const char *take,
                               const char *seed, struct tf_err *reterr)
{
    struct tf_table *t;
    int64_t n;
    if (tf_is_blank(listing) || tf_is_blank(take) || tf_is_blank(seed))
        return tf_usage(run, reterr, "`trefoil draw households` needs --listing, --take and --seed");
    if (!tf_parse_int(take, &n) || n < 1 || n > 1000000)
        return tf_usage(run, reterr, "--take is a whole number of at least 1, not '%s'", take);
    TF_TRY(tf_households_draw(run->arena, listing, (size_t)n, seed, &t, reterr));
    say_table(run, "households", seed, t);
    return TF_OK;
}

static enum tf_code dyads(struct tf_run *run, const char *roster, const char *seed,
                          struct tf_err *reterr)
{
    struct tf_table *t;
    if (tf_is_blank(roster) || tf_is_blank(seed))
        return tf_usage(run, reterr, "`trefoil draw dyads` needs --roster and --seed");
    TF_TRY(tf_dyads_draw(run->arena, roster, seed, &t, reterr));
    say_table(run, "dyads", seed, t);
    return TF_OK;
}

enum tf_code cmd_draw(struct tf_run *run, struct tf_err *reterr)
{
    const char *frame = NULL, *psus = NULL, *seed = NULL, *listing = NULL, *take = NULL;
    const char *roster = NULL, **word;
    const struct tf_option options[] = {{"--frame", &frame, NULL},     {"--psus", &psus, NULL},
                                        {"--seed", &seed, NULL},       {"--take", &take, NULL},
                                        {"--listing", &listing, NULL}, {"--roster", &roster, NULL}};
    size_t n;
    TF_TRY(tf_options(run, options, sizeof options / sizeof options[0], &word, &n, reterr));
    if (n == 1 && strcmp(word[0], "sample") == 0)
        return sample(run, frame, psus, seed, reterr);
    if (n == 1 && strcmp(word[0], "households") == 0)
        return households(run, listing, take, seed, reterr);
    if (n == 1 && strcmp(word[0], "dyads") == 0)
        return dyads(run, roster, seed, reterr);
    return tf_usage(run, reterr, "say what to draw: sample, households or dyads");
}
