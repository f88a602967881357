/* A whole survey, many times: from a known population through draw, weights and estimates.
 *
 * The population: 8 strata of 40 PSUs of 60 to 300 households, in each household 0 to 3 children of
 * 12-17; whether a child uses the internet and has had the experience asked for depends on sex, age
 * and a random effect of the PSU (intraclass correlation about 0.05). A survey draws 100 PSUs by
 * systematic PPS, 18 households in each hit, one child of each household with an eligible one; some
 * do not answer, more in towns. Weights: base, nonresponse by stratum, raked to sex and age group.
 * Estimated: a share, the same by sex, a mean, a total; their intervals must hold the truth as often
 * as they say and the mean of the estimates must be the truth.
 *
 * Used by bench/simulation.c (1,000 surveys) and tests/measure/test_simulation.c (fewer). */
#ifndef TF_BENCH_SIMULATION_H
#define TF_BENCH_SIMULATION_H

#include <math.h>
#include <string.h>

#include "draw/draw.h"
#include "measure/run.h"

enum { SIM_STRATA = 8, SIM_PSUS = 40, SIM_DRAWN = 100, SIM_TAKE = 18, SIM_TARGETS = 5 };
static const char *const sim_target[SIM_TARGETS] = {"share", "share, boys", "share, girls", "mean age",
                                                    "total"};

struct sim_child {
    uint32_t psu, household;
    uint8_t sex, age, children; /* eligible children of the household */
    bool user, experience;
};
struct sim_population {
    struct tf_frame frame;
    size_t *first; /* [PSUs + 1] first child of a PSU */
    struct sim_child *child;
    size_t n, cap;
    double truth[SIM_TARGETS];
    double sex[3], agegrp[4]; /* totals of users, [1..] */
};
struct sim_score { /* of one target over the surveys */
    double sum, square, se, covered, n;
};

static void sim_household(struct tf_arena *arena, struct sim_population *p, struct tf_rng *rng,
                          uint32_t psu, uint32_t household, double effect)
{
    static const unsigned of_ten[10] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 3};
    const unsigned children = of_ten[tf_rng_below(rng, 10)];
    const size_t first = p->n;
    unsigned users = 0;
    for (unsigned k = 0; k < children; k++) {
        p->child = tf_grow(arena, p->child, p->n, &p->cap, sizeof *p->child);
        struct sim_child *c = &p->child[p->n++];
        *c = (struct sim_child){.psu = psu, .household = household,
                                .sex = (uint8_t)(1 + tf_rng_below(rng, 2)),
                                .age = (uint8_t)(12 + tf_rng_below(rng, 6))};
        const double use = 0.2 * (c->age - 14) + 0.3 * effect + 0.8;
        c->user = tf_rng_uniform(rng) < 1 / (1 + exp(-use));
        const double risk = -2.2 + 0.25 * (c->sex == 2) + 0.1 * (c->age - 14) + effect;
        c->experience = tf_rng_uniform(rng) < 1 / (1 + exp(-risk));
        users += c->user;
    }
    for (size_t k = first; k < p->n; k++)
        p->child[k].children = (uint8_t)users;
}

static unsigned sim_agegrp(const struct sim_child *c)
{
    return c->age < 14 ? 1 : c->age < 16 ? 2 : 3;
}

/* Truths and margins over the children who use the internet. */
static void sim_truths(struct sim_population *p)
{
    double n[3] = {0}, y[3] = {0}, age = 0;
    for (size_t k = 0; k < p->n; k++) {
        const struct sim_child *c = &p->child[k];
        if (!c->user)
            continue;
        n[0]++;
        n[c->sex]++;
        y[0] += c->experience;
        y[c->sex] += c->experience;
        age += c->age;
        p->sex[c->sex]++;
        p->agegrp[sim_agegrp(c)]++;
    }
    p->truth[0] = y[0] / n[0];
    p->truth[1] = y[1] / n[1];
    p->truth[2] = y[2] / n[2];
    p->truth[3] = age / n[0];
    p->truth[4] = y[0];
}

static struct sim_population sim_populate(struct tf_arena *arena)
{
    struct tf_rng rng = tf_rng_named("simulation/population");
    struct sim_population p = {.frame = {.file = "frame.csv", .n = SIM_STRATA * SIM_PSUS,
                                         .coverage = 1}};
    p.frame.psu = TF_NEW_N(arena, struct tf_frame_psu, p.frame.n);
    p.first = TF_NEW_N(arena, size_t, p.frame.n + 1);
    for (size_t i = 0; i < p.frame.n; i++) {
        const size_t h = i / SIM_PSUS;
        const double effect = 0.4 * tf_rng_normal(&rng) + 0.15 * ((double)h - 3.5);
        const uint32_t households = 60 + tf_rng_below(&rng, 241);
        p.frame.psu[i] = (struct tf_frame_psu){
            .psu = tf_printf(arena, "P%03zu", i), .stratum = tf_printf(arena, "S%zu", h),
            .region = "R", .area = h % 2 == 0 ? "urban" : "rural", .size = households,
            .households = households, .reason = "", .lat = (double)NAN, .lon = (double)NAN};
        p.first[i] = p.n;
        for (uint32_t j = 0; j < households; j++)
            sim_household(arena, &p, &rng, (uint32_t)i, j, effect);
    }
    p.first[p.frame.n] = p.n;
    sim_truths(&p);
    return p;
}

/* ---- One survey --------------------------------------------------------------------------- */

enum sim_column { SIM_PSU, SIM_STRATUM, SIM_P_PSU, SIM_P_HH, SIM_P_CHILD, SIM_ANSWERED, SIM_SEX,
                  SIM_AGEGRP, SIM_AGE, SIM_Y, SIM_COLUMNS };

static void sim_row(struct tf_table *t, const double *value)
{
    for (size_t c = 0; c < SIM_COLUMNS; c++) {
        t->col[c].num[t->n_rows] = value[c];
        t->col[c].miss[t->n_rows] = TF_PRESENT;
    }
    t->n_rows++;
}

/* The households of a PSU that were hit, systematically; one child who uses the internet in each. */
static void sim_visit(const struct sim_population *p, const struct tf_sample_psu *s,
                      struct tf_rng *rng, struct tf_table *t)
{
    const size_t i = s->frame, take = SIM_TAKE * s->hits;
    const double step = s->households / (double)take, start = tf_rng_uniform(rng) * step;
    size_t k = p->first[i];
    for (size_t j = 0; j < take; j++) {
        const uint32_t household = (uint32_t)(start + (double)j * step);
        while (k < p->first[i + 1] && p->child[k].household < household)
            k++;
        if (k == p->first[i + 1] || p->child[k].household != household ||
            p->child[k].children == 0)
            continue;
        uint32_t nth = tf_rng_below(rng, p->child[k].children);
        size_t chosen = k;
        while (!p->child[chosen].user || nth-- > 0)
            chosen++;
        const struct sim_child *c = &p->child[chosen];
        const bool urban = s->area[0] == 'u';
        const bool answered = tf_rng_uniform(rng) < (urban ? 0.75 : 0.9);
        const double value[SIM_COLUMNS] = {
            (double)i, (double)(i / SIM_PSUS), s->p_psu, (double)take / s->households,
            1.0 / c->children, answered, c->sex, sim_agegrp(c), c->age, c->experience};
        sim_row(t, value);
    }
}

static struct tf_table *sim_sample(struct tf_arena *arena, const struct sim_population *p,
                                   const char *seed, struct tf_err *err)
{
    static const char *const names[SIM_COLUMNS] = {"psu", "stratum", "p_psu", "p_hh", "p_child",
                                                   "answered", "sex", "agegrp", "age", "y"};
    struct tf_sample *sample;
    struct tf_rng rng = tf_rng_named(tf_printf(arena, "%s/households", seed));
    struct tf_table *t = tf_table_new(arena, "survey", SIM_TAKE * SIM_DRAWN * 2);
    if (tf_sample_draw(arena, &p->frame, SIM_DRAWN, seed, &sample, err) != TF_OK)
        return NULL;
    for (size_t c = 0; c < SIM_COLUMNS; c++)
        (void)tf_table_add(t, names[c], TF_NUMBER);
    t->n_rows = 0;
    for (size_t k = 0; k < sample->n; k++)
        sim_visit(p, &sample->psu[k], &rng, t);
    return t;
}

static const char *sim_recipe(struct tf_arena *arena, const struct sim_population *p)
{
    struct tf_buf b = {.arena = arena};
    tf_buf_add(&b, "data: survey\n"
                   "design: {strata: [stratum], psu: [psu]}\n"
                   "weights:\n"
                   "  - {step: base, p_psu: p_psu, p_household: p_hh, p_person: p_child}\n"
                   "  - {step: nonresponse, response: answered, classes: [stratum]}\n");
    tf_buf_printf(&b, "  - {step: rake, margins: [{var: sex, totals: {1: %s, 2: %s}}, ",
                  tf_double_text(arena, p->sex[1]), tf_double_text(arena, p->sex[2]));
    tf_buf_printf(&b, "{var: agegrp, totals: {1: %s, 2: %s, 3: %s}}]}\n",
                  tf_double_text(arena, p->agegrp[1]), tf_double_text(arena, p->agegrp[2]),
                  tf_double_text(arena, p->agegrp[3]));
    tf_buf_add(&b, "estimates:\n"
                   "  - {id: share, stat: prop, vars: [y]}\n"
                   "  - {id: sex, stat: prop, vars: [y], by: [sex]}\n"
                   "  - {id: mean, stat: mean, vars: [age]}\n"
                   "  - {id: total, stat: total, vars: [y]}\n");
    return tf_buf_text(&b);
}

static void sim_score_item(struct sim_score *s, const struct tf_item *item, double truth)
{
    s->sum += item->estimate;
    s->square += (item->estimate - truth) * (item->estimate - truth);
    s->se += item->se;
    s->covered += item->n_ci > 0 && item->ci[0].lo <= truth && truth <= item->ci[0].hi;
    s->n++;
}

static enum tf_code sim_survey(const struct sim_population *p, const char *seed,
                               struct sim_score *score, struct tf_err *err)
{
    struct tf_arena *arena = tf_arena_new("one survey", (size_t)1 << 30);
    struct tf_yaml *root;
    const char *text = sim_recipe(arena, p);
    struct tf_runner r = {.arena = arena, .dir = "."};
    static const struct {
        size_t estimate, item;
    } where[SIM_TARGETS] = {{0, 1}, {1, 1}, {1, 3}, {2, 0}, {3, 0}};
    struct tf_result result[4];
    r.t = sim_sample(arena, p, seed, err);
    enum tf_code code = r.t == NULL ? err->code : TF_OK;
    if (code == TF_OK)
        code = tf_yaml_parse(arena, "simulation", 1, text, strlen(text), &root, err);
    if (code == TF_OK)
        code = tf_survey_read(arena, tf_yaml_get(root, "design"), ".", r.t, &r.survey, err);
    if (code == TF_OK)
        code = tf_survey_weigh(r.survey, tf_yaml_get(root, "weights"), ".", &r.step, &r.n_steps,
                               err);
    for (size_t k = 0; k < 4 && code == TF_OK; k++)
        code = tf_run_one(&r, tf_yaml_get(root, "estimates")->item[k], &result[k], err);
    for (size_t k = 0; k < SIM_TARGETS && code == TF_OK; k++)
        sim_score_item(&score[k], &result[where[k].estimate].item[where[k].item], p->truth[k]);
    tf_arena_free(arena);
    return code;
}

#endif
