/* Caregivers (one for each child interviewed, mirror questions, linked by household only), the
 * convenience sample of fifty frontline workers, and the consultation of 85 young people, 19 of
 * whom say that they would tell nobody: the evidence that faults/wrong-percentage contradicts. */
#include <math.h>

#include "demo/inside.h"

static const struct demo_yesno mirror[] = {
    {"md_talk",     {0.72, 0.63, 0.52}, -0.05, 0.3,  0.1,  0.005, 0.002},
    {"md_help",     {0.51, 0.42, 0.30}, -0.30, 0,    0.3,  0.005, 0.002},
    {"md_suggest",  {0.69, 0.60, 0.50}, -0.05, 0.2,  0.1,  0.005, 0.002},
    {"md_rules",    {0.71, 0.68, 0.63}, 0,     0.1,  0,    0.005, 0.002},
    {"md_limit",    {0.57, 0.55, 0.53}, 0,     0.1,  0,    0.005, 0.002},
    {"md_check",    {0.45, 0.39, 0.28}, -0.35, 0,    0.2,  0.005, 0.002},
    {"wd_talk",     {0.74, 0.69, 0.63}, 0,     0.3,  0,    0.02,  0.002},
    {"wd_police",   {0.41, 0.33, 0.24}, 0,     -0.2, 0.2,  0.02,  0.002},
    {"wd_teacher",  {0.35, 0.30, 0.27}, 0,     0.1,  0,    0.02,  0.002},
    {"wd_helpline", {0.19, 0.12, 0.07}, 0,     0.1,  0.3,  0.02,  0.002},
    {"wd_nobody",   {0.08, 0.12, 0.18}, 0,     0,    -0.1, 0.02,  0.002},
    {"in_child",    {0.21, 0.18, 0.14}, 0.10,  0.1,  0,    0.01,  0.002},
    {"in_school",   {0.39, 0.28, 0.17}, 0,     0.1,  0.2,  0.01,  0.002},
    {"in_friend",   {0.33, 0.34, 0.35}, 0,     0,    -0.1, 0.01,  0.002},
    {"in_media",    {0.47, 0.40, 0.31}, 0,     -0.1, 0.2,  0.01,  0.002},
    {"in_none",     {0.16, 0.24, 0.37}, 0.15,  0,    -0.3, 0.01,  0.002},
};
static const struct demo_scale view[] = {
    {"b1",         7, {0.13, 0.09, 0.06, 0.17, 0.27, 0.19, 0.09}, {0.6, 0, -0.9}, -0.75, -0.2, 0.5, 0.004},
    {"rp_meet",    4, {0.02, 0.04, 0.14, 0.80},                   {0.1, 0, -0.2}, 0,     0.1,  0,   0.03 },
    {"rp_contact", 4, {0.05, 0.10, 0.24, 0.61},                   {0.1, 0, -0.2}, 0,     0.1,  0,   0.03 },
    {"rp_address", 4, {0.03, 0.07, 0.20, 0.70},                   {0.1, 0, -0.2}, 0,     0.1,  0,   0.03 },
    {"rp_image",   4, {0.01, 0.02, 0.08, 0.89},                   {0.1, 0, -0.2}, 0,     0.1,  0,   0.03 },
    {"at_blame",   3, {0.70, 0.13, 0.17},                         {0.3, 0, -0.4}, -0.05, 0,    0,   0.03 },
    {"at_share",   3, {0.76, 0.10, 0.14},                         {0.2, 0, -0.3}, -0.05, 0,    0,   0.03 },
    {"at_adult",   3, {0.80, 0.12, 0.08},                         {-0.1, 0, 0.2}, 0,     -0.1, 0,   0.02 },
    {"at_safe",    3, {0.27, 0.24, 0.49},                         {-0.1, 0, 0.2}, 0,     0,    0,   0.03 },
};

enum tf_code demo_caregivers(struct demo_country *c, struct tf_err *reterr)
{
    struct tf_rng rng = demo_stream(c, "caregiver");
    size_t *of = TF_NEW_N(c->arena, size_t, c->n_children + 1), n = 0;
    for (size_t k = 0; k < c->n_children; k++)
        if (!c->child[k].broken && tf_rng_uniform(&rng) >= 0.004)
            of[n++] = k;
    struct demo_person *p = TF_NEW_N(c->arena, struct demo_person, n + 1);
    int *sex = TF_NEW_N(c->arena, int, n + 1), *age = TF_NEW_N(c->arena, int, n + 1);
    for (size_t r = 0; r < n; r++) {
        const struct demo_child *x = &c->child[of[r]];
        sex[r] = tf_rng_uniform(&rng) < 0.34 ? 1 : 2;
        const double years = floor(42 + 8.5 * tf_rng_normal(&rng));
        age[r] = years < 22 ? 22 : years > 79 ? 79 : (int)years;
        p[r] = (struct demo_person){.age = (age[r] - 40) / 10.0,
                                    .second_sex = sex[r] == 2,
                                    .urban = demo_urban(c, x->psu),
                                    .cluster = c->psu_effect[x->psu]};
    }
    struct demo_grid *g = demo_grid_new(c->arena, n);
    for (size_t k = 0; k < sizeof view / sizeof view[0]; k++)
        demo_ask_scale(c, g, "caregiver", p, &view[k]);
    for (size_t k = 0; k < sizeof mirror / sizeof mirror[0]; k++)
        demo_ask_yesno(c, g, "caregiver", p, &mirror[k]);

    struct tf_buf out = {.arena = c->arena};
    tf_buf_add(&out, "caregiver_id,psu,stratum,household,area,interviewer,language,sex,age,weight");
    for (size_t k = 0; k < g->n_cols; k++)
        tf_buf_printf(&out, ",%s", g->name[k]);
    tf_buf_char(&out, '\n');
    for (size_t r = 0; r < n; r++) {
        const struct demo_child *x = &c->child[of[r]];
        const struct tf_sample_psu *s = &c->sample->psu[x->psu];
        const bool urban = demo_urban(c, x->psu);
        tf_buf_printf(&out, "%s-C%04zu,%s,%s,%s-H%zu,%s%s,%s-I%02zu,%s,%d,%d,", c->preset->code,
                      r + 1, s->psu, s->stratum, s->psu, x->household, urban ? "Urban" : "Rural",
                      x->psu / 5 % 3 == 1 ? "     " : "", c->preset->code, x->psu / 5 + 1,
                      c->preset->language[x->language], sex[r], age[r]);
        if (!isnan(x->weight))
            tf_buf_fixed(&out, x->weight, 7);
        demo_grid_row(&out, g, r, 0, false);
    }
    return demo_put(c, "children/{country}/caregiver.csv", &out, reterr);
}

static const struct demo_yesno worker[] = {
    {"fl_woman",      {0.68, 0.64, 0.58}, 0, 0, 0, 0, 0},
    {"fl_ngo",        {0.36, 0.40, 0.46}, 0, 0, 0, 0, 0},
    {"fl_public",     {0.60, 0.56, 0.48}, 0, 0, 0, 0, 0},
    {"fl_rural",      {0.28, 0.32, 0.36}, 0, 0, 0, 0, 0},
    {"fl_trained",    {0.44, 0.34, 0.20}, 0, 0, 0, 0, 0},
    {"fl_case",       {0.30, 0.42, 0.50}, 0, 0, 0, 0, 0},
    {"vf_left",       {0.66, 0.70, 0.72}, 0, 0, 0, 0, 0},
    {"vf_poverty",    {0.52, 0.64, 0.78}, 0, 0, 0, 0, 0},
    {"vf_violence",   {0.62, 0.66, 0.70}, 0, 0, 0, 0, 0},
    {"vf_disability", {0.34, 0.36, 0.38}, 0, 0, 0, 0, 0},
    {"vf_school",     {0.40, 0.48, 0.60}, 0, 0, 0, 0, 0},
    {"vf_access",     {0.74, 0.70, 0.56}, 0, 0, 0, 0, 0},
    {"ba_blame",      {0.68, 0.70, 0.74}, 0, 0, 0, 0, 0},
    {"ba_shame",      {0.72, 0.74, 0.76}, 0, 0, 0, 0, 0},
    {"ba_where",      {0.50, 0.58, 0.68}, 0, 0, 0, 0, 0},
    {"ba_trust",      {0.40, 0.50, 0.60}, 0, 0, 0, 0, 0},
    {"ba_law",        {0.44, 0.48, 0.56}, 0, 0, 0, 0, 0},
    {"ba_offender",   {0.46, 0.50, 0.54}, 0, 0, 0, 0, 0},
    {"ba_time",       {0.32, 0.36, 0.44}, 0, 0, 0, 0, 0},
    {"av_medical",    {0.80, 0.72, 0.56}, 0, 0, 0, 0, 0},
    {"av_psych",      {0.56, 0.44, 0.28}, 0, 0, 0, 0, 0},
    {"av_legal",      {0.54, 0.44, 0.32}, 0, 0, 0, 0, 0},
    {"av_reint",      {0.38, 0.30, 0.20}, 0, 0, 0, 0, 0},
    {"ef_aware",      {0.46, 0.36, 0.24}, 0, 0, 0, 0, 0},
    {"ef_law",        {0.50, 0.38, 0.26}, 0, 0, 0, 0, 0},
    {"ef_police",     {0.42, 0.34, 0.22}, 0, 0, 0, 0, 0},
    {"ef_coop",       {0.40, 0.34, 0.26}, 0, 0, 0, 0, 0},
};
static const struct demo_scale quality[] = {
    {"sv_medical", 4, {0.10, 0.34, 0.42, 0.14}, {0.4, 0, -0.5}, 0, 0, 0, 0},
    {"sv_psych",   4, {0.24, 0.42, 0.26, 0.08}, {0.4, 0, -0.5}, 0, 0, 0, 0},
    {"sv_legal",   4, {0.20, 0.44, 0.28, 0.08}, {0.3, 0, -0.5}, 0, 0, 0, 0},
    {"sv_reint",   4, {0.34, 0.42, 0.20, 0.04}, {0.3, 0, -0.4}, 0, 0, 0, 0},
};

enum tf_code demo_frontline(struct demo_country *c, struct tf_err *reterr)
{
    struct demo_grid *g = demo_grid_new(c->arena, 50);
    const struct demo_person *p = TF_NEW_N(c->arena, struct demo_person, 50);
    for (size_t k = 0; k < sizeof worker / sizeof worker[0]; k++)
        demo_ask_yesno(c, g, "frontline", p, &worker[k]);
    for (size_t k = 0; k < sizeof quality / sizeof quality[0]; k++)
        demo_ask_scale(c, g, "frontline", p, &quality[k]);
    struct tf_buf out = {.arena = c->arena};
    tf_buf_add(&out, "worker_id");
    for (size_t k = 0; k < g->n_cols; k++)
        tf_buf_printf(&out, ",%s", g->name[k]);
    tf_buf_char(&out, '\n');
    for (size_t r = 0; r < 50; r++) {
        tf_buf_printf(&out, "%s-F%02zu", c->preset->code, r + 1);
        demo_grid_row(&out, g, r, 0, false);
    }
    return demo_put(c, "context/{country}/frontline.csv", &out, reterr);
}

enum tf_code demo_consultation(struct demo_country *c, struct tf_err *reterr)
{
    enum { TOOK_PART = 85, CLEAR = 71, AGREE = 66, NOBODY = 19 };
    struct tf_rng rng = demo_stream(c, "consultation");
    size_t left[] = {CLEAR, AGREE, NOBODY};
    struct tf_buf out = {.arena = c->arena};
    tf_buf_add(&out, "person_id,cs_clear,cs_agree,cs_nobody\n");
    for (size_t r = 0; r < TOOK_PART; r++) {
        tf_buf_printf(&out, "%s-Y%02zu", c->preset->code, r + 1);
        for (size_t k = 0; k < 3; k++) { /* exactly so many, in an order drawn */
            const bool yes = tf_rng_below(&rng, (uint32_t)(TOOK_PART - r)) < left[k];
            left[k] -= yes;
            tf_buf_printf(&out, ",%d", yes);
        }
        tf_buf_char(&out, '\n');
    }
    return demo_put(c, "children/{country}/consultation.csv", &out, reterr);
}
