/* The sampling frame and the sample of PSUs.
 *
 * Some 600 primary sampling units in eight strata (four regions, urban and rural), with household
 * counts between 260 and 900. Part of the frame is excluded, as in every real country: remote
 * places, or a whole region for security. The frame is written as a user would deliver it, read
 * back by the draw room and drawn from there: the demo has no second sampler. */
#include <math.h>

#include "demo/inside.h"

static const char *const region_name[] = {"North", "South", "East", "West"};
static const double region_psus[] = {150, 190, 70, 190}; /* per region, both areas */

static bool is_excluded(const struct demo_preset *p, const char *region, bool urban, double remote)
{
    if (p->excluded_region != NULL)
        return tf_streq(region, p->excluded_region);
    /* remote places: rural PSUs of the North, a share of the 75 there */
    return tf_streq(region, "North") && !urban && remote < p->excluded_share * 600 / 75;
}

static void write_frame(struct demo_country *c, struct tf_buf *out)
{
    struct tf_rng rng = demo_stream(c, "frame");
    const struct demo_preset *p = c->preset;
    tf_buf_add(out, "psu,stratum,region,area,households,excluded,reason\n");
    size_t number = 0;
    for (size_t g = 0; g < 4; g++) {
        for (size_t k = 0; k < (size_t)region_psus[g]; k++) {
            const bool urban = k % 2 == 0;
            const double size = floor(260 + 440 * tf_rng_uniform(&rng) + 200 * urban);
            const double remote = ((double)(k / 2) + 0.5) / (region_psus[g] / 2);
            const bool excluded = is_excluded(p, region_name[g], urban, remote);
            number++;
            tf_buf_printf(out, "%s-P%03zu,%s-%s,%s,%s,", p->code, number, region_name[g],
                          urban ? "urban" : "rural", region_name[g], urban ? "urban" : "rural");
            tf_buf_fixed(out, size, 0);
            tf_buf_printf(out, ",%d,%s\n", excluded, excluded ? p->excluded_reason : "");
        }
    }
}

bool demo_urban(const struct demo_country *c, size_t psu)
{
    return tf_streq(c->sample->psu[psu].area, "urban");
}

enum tf_code demo_frame(struct demo_country *c, struct tf_err *reterr)
{
    struct tf_buf text = {.arena = c->arena};
    write_frame(c, &text);
    TF_TRY(demo_put(c, "children/{country}/frame.csv", &text, reterr));
    struct tf_frame *frame;
    TF_TRY(tf_frame_read(
        c->arena, tf_path_join(c->arena, c->dir, demo_name(c, "children/{country}/frame.csv")),
        &frame, reterr));
    TF_TRY(tf_sample_draw(c->arena, frame, DEMO_PSUS,
                          tf_printf(c->arena, "demo/%s/sample", c->preset->code), &c->sample,
                          reterr));
    if (c->sample->n > DEMO_PSUS)
        return tf_fail(reterr, TF_E_BUG, "the sample has %zu PSUs, more than the demo plans for",
                       c->sample->n);
    struct tf_buf drawn = {.arena = c->arena};
    tf_table_csv(tf_sample_table(c->arena, c->sample), &drawn);
    TF_TRY(demo_put(c, "children/{country}/sample.csv", &drawn, reterr));
    struct tf_rng rng = demo_stream(c, "psu");
    for (size_t k = 0; k < DEMO_PSUS; k++)
        c->psu_effect[k] = tf_rng_normal(&rng);
    return TF_OK;
}
