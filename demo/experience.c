/* Unwanted experiences online: eight items, the last time, whom children told.
 *
 * One latent number per child (what the PSU shares, a little age, chance) orders the children; the
 * composite "clear example" (any of e, f, g, h) is the upper share that the preset asks for,
 * exactly, by weight, among those with an answer to every item asked. Items a to d follow the same
 * latent number less closely. Items e and f (money or gifts) are asked of ages 15 to 17 only.
 * Nothing is said of what happened: a code is all there is. */
#include <math.h>

#include "demo/inside.h"

static const char *const item_name[DEMO_ITEMS] = {"exp_a", "exp_b", "exp_c", "exp_d",
                                                  "exp_e", "exp_f", "exp_g", "exp_h"};
struct harm { /* what all parts below need */
    struct demo_country *c;
    size_t n;
    double *item[DEMO_ITEMS];
    double *latent, *weight;
    bool *answered; /* an answer to each of e to h that was asked */
};

static bool is(double x, double code)
{
    return x > code - 0.5 && x < code + 0.5;
}
static bool asked(const struct demo_child *x, size_t k)
{
    return !((k == 4 || k == 5) && x->age < 15);
}

/* Who answers what: a few decline the whole block, some decline or do not know one item. */
static void decline(struct harm *h)
{
    struct tf_rng rng = demo_stream(h->c, "exp/missing");
    for (size_t r = 0; r < h->n; r++) {
        const bool whole = tf_rng_uniform(&rng) < 0.022;
        h->answered[r] = true;
        for (size_t k = 0; k < DEMO_ITEMS; k++) {
            const double u = tf_rng_uniform(&rng);
            double code = whole || u < 0.010 ? 999 : u < 0.018 ? 888 : 0;
            if (!asked(&h->c->child[r], k))
                code = (double)NAN;
            h->item[k][r] = code;
            if (k >= 4 && code > 1)
                h->answered[r] = false;
        }
    }
}

static void order_children(struct harm *h, const struct demo_person *p)
{
    struct tf_rng rng = demo_stream(h->c, "exp/latent");
    const double icc = h->c->preset->cluster;
    for (size_t r = 0; r < h->n; r++) {
        h->latent[r] =
            sqrt(icc) * p[r].cluster + sqrt(1 - icc) * tf_rng_normal(&rng) + 0.05 * p[r].age;
        h->weight[r] = isnan(h->c->child[r].weight) ? 0 : h->c->child[r].weight;
    }
}

/* Items a to d: their own latent number, cut where the preset's share lies. */
static void lighter_items(struct harm *h)
{
    const struct demo_preset *p = h->c->preset;
    for (size_t k = 0; k < 4; k++) {
        struct tf_rng rng = demo_stream(h->c, tf_printf(h->c->arena, "exp/%s", item_name[k]));
        double *x = TF_NEW_N(h->c->arena, double, h->n + 1);
        bool *mask = TF_NEW_N(h->c->arena, bool, h->n + 1);
        for (size_t r = 0; r < h->n; r++) {
            x[r] = 0.62 * h->latent[r] + 0.78 * tf_rng_normal(&rng);
            mask[r] = h->item[k][r] < 1;
        }
        const double cut = demo_threshold(h->c->arena, x, h->weight, mask, h->n, p->item[k]);
        for (size_t r = 0; r < h->n; r++)
            if (mask[r])
                h->item[k][r] = x[r] > cut;
    }
}

/* Items e to h: those above the composite's threshold have at least one. */
static void clear_examples(struct harm *h)
{
    struct tf_rng rng = demo_stream(h->c, "exp/clear");
    const double cut = demo_threshold(h->c->arena, h->latent, h->weight, h->answered, h->n,
                                      h->c->preset->composite);
    static const double older[] = {0.55, 0.42, 0.38, 0.34}, younger[] = {0, 0, 0.62, 0.50};
    for (size_t r = 0; r < h->n; r++) {
        double u[4];
        for (size_t k = 0; k < 4; k++)
            u[k] = tf_rng_uniform(&rng);
        const size_t one = tf_rng_below(&rng, 2);
        if (!h->answered[r] || h->latent[r] <= cut)
            continue;
        const bool old = h->c->child[r].age >= 15;
        bool any = false;
        for (size_t k = 0; k < 4; k++) {
            const bool yes = u[k] < (old ? older[k] : younger[k]);
            if (asked(&h->c->child[r], k + 4))
                h->item[k + 4][r] = yes;
            any = any || yes;
        }
        if (!any)
            h->item[(old ? 4 : 6) + one][r] = 1;
    }
}

/* The translation fault: whoever answered item d in this language said yes. */
static void translation_fault(struct harm *h)
{
    if (h->c->preset->index != 2)
        return;
    for (size_t r = 0; r < h->n; r++)
        if (tf_streq(h->c->preset->language[h->c->child[r].language], "vi"))
            h->item[3][r] = 1;
}

/* The follow-up opens after any of a to c and e to h. */
static double *any_experience(struct harm *h, struct demo_grid *g)
{
    double *any = demo_grid_add(g, "unwanted");
    for (size_t r = 0; r < h->n; r++) {
        bool yes = false, some = false;
        for (size_t k = 0; k < DEMO_ITEMS; k++) {
            if (k == 3)
                continue;
            yes = yes || is(h->item[k][r], 1);
            some = some || h->item[k][r] < 2;
        }
        any[r] = yes ? 1 : some ? 0 : 999;
    }
    return any;
}

static void last_time(struct harm *h, struct demo_grid *g, const double *any)
{
    static const struct {
        const char *name;
        size_t k;
        double share[DEMO_COUNTRIES][7];
        /* clang-format off */
    } question[] = {
        {"last_feel", 4, {{0.31, 0.33, 0.22, 0.14},
                          {0.34, 0.33, 0.20, 0.13},
                          {0.37, 0.33, 0.18, 0.12}}},
        {"last_mode", 4, {{0.58, 0.16, 0.17, 0.09},
                          {0.55, 0.18, 0.19, 0.08},
                          {0.52, 0.20, 0.21, 0.07}}},
        {"last_plat", 5, {{0.52, 0.26, 0.12, 0.05, 0.05},
                          {0.56, 0.24, 0.10, 0.05, 0.05},
                          {0.58, 0.24, 0.08, 0.06, 0.04}}},
        {"last_person", 7, {{0.24, 0.09, 0.19, 0.10, 0.05, 0.10, 0.23},
                            {0.22, 0.10, 0.20, 0.10, 0.05, 0.10, 0.23},
                            {0.20, 0.11, 0.20, 0.11, 0.06, 0.10, 0.22}}},
        {"last_outcome", 5, {{0.46, 0.30, 0.08, 0.04, 0.12},
                             {0.43, 0.33, 0.09, 0.04, 0.11},
                             {0.38, 0.37, 0.11, 0.03, 0.11}}},
        /* clang-format on */
    };
    for (size_t q = 0; q < sizeof question / sizeof question[0]; q++) {
        struct tf_rng rng = demo_stream(h->c, question[q].name);
        double *x = demo_grid_add(g, question[q].name);
        for (size_t r = 0; r < h->n; r++) {
            const int code = demo_pick(&rng, question[q].share[h->c->preset->index], question[q].k);
            if (is(any[r], 1))
                x[r] = code;
        }
    }
}

/* Whom children told; "nobody" excludes the others, and opens the reasons. */
static void told(struct harm *h, struct demo_grid *g, const double *any)
{
    static const struct demo_yesno whom[] = {
        {"told_friend",   {0.52, 0.50, 0.47},   0, 0, 0, 0, 0},
        {"told_sibling",  {0.20, 0.19, 0.17},   0, 0, 0, 0, 0},
        {"told_parent",   {0.36, 0.30, 0.22},   0, 0, 0, 0, 0},
        {"told_adult",    {0.07, 0.07, 0.06},   0, 0, 0, 0, 0},
        {"told_teacher",  {0.06, 0.05, 0.04},   0, 0, 0, 0, 0},
        {"told_social",   {0.02, 0.015, 0.01},  0, 0, 0, 0, 0},
        {"told_helpline", {0.02, 0.015, 0.008}, 0, 0, 0, 0, 0},
        {"told_police",   {0.03, 0.02, 0.01},   0, 0, 0, 0, 0},
    };
    static const struct demo_yesno reason[] = {
        {"why_where",   {0.36, 0.40, 0.44}, 0, 0, 0, 0, 0},
        {"why_shame",   {0.31, 0.33, 0.34}, 0, 0, 0, 0, 0},
        {"why_blame",   {0.22, 0.25, 0.29}, 0, 0, 0, 0, 0},
        {"why_trouble", {0.20, 0.21, 0.22}, 0, 0, 0, 0, 0},
        {"why_minor",   {0.30, 0.24, 0.20}, 0, 0, 0, 0, 0},
        {"why_nothing", {0.15, 0.19, 0.23}, 0, 0, 0, 0, 0},
    };
    static const double nobody[] = {0.31, 0.35, 0.40};
    struct tf_rng rng = demo_stream(h->c, "told");
    double *x[8], *why[6];
    for (size_t k = 0; k < 8; k++)
        x[k] = demo_grid_add(g, whom[k].name);
    double *none = demo_grid_add(g, "told_nobody");
    for (size_t k = 0; k < 6; k++)
        why[k] = demo_grid_add(g, reason[k].name);
    for (size_t r = 0; r < h->n; r++) {
        if (!is(any[r], 1))
            continue;
        const bool silent = tf_rng_uniform(&rng) < nobody[h->c->preset->index];
        bool some = false;
        for (size_t k = 0; k < 8; k++) {
            x[k][r] = tf_rng_uniform(&rng) < whom[k].share[h->c->preset->index] && !silent;
            some = some || is(x[k][r], 1);
        }
        if (!some && !silent)
            x[0][r] = 1;
        none[r] = silent;
        for (size_t k = 0; k < 6; k++) {
            const double u = tf_rng_uniform(&rng);
            if (silent)
                why[k][r] = u < reason[k].share[h->c->preset->index];
        }
    }
}

static void offline(struct harm *h, struct demo_grid *g, const double *any)
{
    static const struct {
        const char *name;
        double share[DEMO_COUNTRIES][2]; /* without, with an unwanted experience online */
    } form[] = {
        {"off_emotional", {{0.15, 0.36}, {0.19, 0.42}, {0.24, 0.46}}   },
        {"off_physical",  {{0.09, 0.24}, {0.13, 0.31}, {0.18, 0.37}}   },
        {"off_sexual",    {{0.008, 0.07}, {0.012, 0.09}, {0.015, 0.12}}}
    };
    for (size_t k = 0; k < 3; k++) {
        struct tf_rng rng = demo_stream(h->c, form[k].name);
        double *x = demo_grid_add(g, form[k].name);
        for (size_t r = 0; r < h->n; r++) {
            const double u = tf_rng_uniform(&rng), miss = tf_rng_uniform(&rng);
            x[r] = miss < 0.03 || any[r] > 2
                       ? 999
                       : u < form[k].share[h->c->preset->index][is(any[r], 1)];
        }
    }
}

void demo_experiences(struct demo_country *c, struct demo_grid *g, const struct demo_person *p)
{
    struct harm h = {.c = c, .n = c->n_children};
    h.latent = TF_NEW_N(c->arena, double, h.n + 1);
    h.weight = TF_NEW_N(c->arena, double, h.n + 1);
    h.answered = TF_NEW_N(c->arena, bool, h.n + 1);
    for (size_t k = 0; k < DEMO_ITEMS; k++)
        h.item[k] = demo_grid_add(g, item_name[k]);
    decline(&h);
    order_children(&h, p);
    lighter_items(&h);
    clear_examples(&h);
    const double *any = any_experience(&h, g);
    translation_fault(&h);
    last_time(&h, g, any);
    told(&h, g, any);
    offline(&h, g, any);
}
