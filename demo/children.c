/* The household survey of children: what they answered, and the faults of the delivered file.
 *
 * The tables below are the questionnaire in small: one line a question, with the shares of the
 * three countries and the effects of age, sex and area. The faults are those that real files had:
 * ids delivered twice, padded strings, codes in the order of the paper form (1, 3, 2), a run of six
 * interviews broken off by one interviewer, an item that one translation made meaningless, rows
 * without a weight. Each is handled by a rule in child.cleaning.yaml. */
#include <math.h>

#include "demo/inside.h"

static const struct demo_scale frequency = {
    "b1", 7, {0.01,  0.04, 0.05, 0.16, 0.33, 0.27, 0.14},
      {0.5, 0.1, -0.5},
      0.14, -0.1, 0.35, 0.005
};

static const struct demo_yesno access[] = {
    {"pl_home",     {0.92, 0.86, 0.71}, 0,     0.05, 0.4,  0.005, 0.002},
    {"pl_school",   {0.41, 0.33, 0.17}, 0.05,  0,    0.3,  0.01,  0.002},
    {"pl_friend",   {0.38, 0.42, 0.44}, 0.10,  -0.3, 0,    0.01,  0.002},
    {"pl_street",   {0.29, 0.31, 0.27}, 0.12,  -0.3, 0.2,  0.01,  0.002},
    {"pl_shop",     {0.09, 0.15, 0.22}, 0.05,  -0.6, 0.1,  0.01,  0.002},
    {"dv_phone",    {0.97, 0.95, 0.91}, 0.15,  0,    0.1,  0.002, 0.002},
    {"dv_shared",   {0.22, 0.39, 0.58}, -0.18, 0.1,  -0.3, 0.005, 0.002},
    {"dv_computer", {0.38, 0.27, 0.14}, 0.08,  0,    0.7,  0.005, 0.002},
    {"dv_tablet",   {0.17, 0.12, 0.06}, -0.05, 0,    0.5,  0.005, 0.002},
    {"dv_tv",       {0.21, 0.14, 0.05}, -0.02, 0,    0.4,  0.005, 0.002},
    {"br_signal",   {0.31, 0.38, 0.49}, 0,     0,    -0.6, 0.02,  0.002},
    {"br_cost",     {0.18, 0.34, 0.52}, 0.05,  0,    -0.3, 0.02,  0.002},
    {"br_parent",   {0.36, 0.33, 0.29}, -0.25, 0.3,  0,    0.02,  0.002},
    {"br_power",    {0.04, 0.11, 0.28}, 0,     0,    -0.8, 0.02,  0.002},
    {"br_others",   {0.12, 0.18, 0.26}, -0.12, 0.1,  -0.1, 0.02,  0.002},
};
static const struct demo_scale weekly[] = {
    {"ac_school",  5, {0.06, 0.10, 0.18, 0.36, 0.30}, {0.3, 0, -0.5}, 0.06,  0.2,  0.2,  0.01 },
    {"ac_learn",   5, {0.08, 0.14, 0.22, 0.33, 0.23}, {0.2, 0, -0.3}, 0.05,  0.1,  0.2,  0.01 },
    {"ac_video",   5, {0.02, 0.04, 0.08, 0.26, 0.60}, {0.3, 0, -0.4}, 0,     0,    0.2,  0.005},
    {"ac_message", 5, {0.06, 0.06, 0.09, 0.27, 0.52}, {0.3, 0, -0.3}, 0.22,  0.1,  0.1,  0.005},
    {"ac_social",  5, {0.10, 0.07, 0.10, 0.25, 0.48}, {0.1, 0, -0.1}, 0.28,  0.1,  0.1,  0.005},
    {"ac_game",    5, {0.20, 0.13, 0.13, 0.24, 0.30}, {0.2, 0, -0.2}, -0.10, -1.0, 0.1,  0.005},
    {"ac_news",    5, {0.36, 0.21, 0.19, 0.16, 0.08}, {-0.1, 0, 0.1}, 0.16,  -0.1, 0.1,  0.02 },
    {"ac_health",  5, {0.38, 0.24, 0.20, 0.13, 0.05}, {-0.1, 0, 0.2}, 0.14,  0.2,  0,    0.02 },
    {"ac_create",  5, {0.52, 0.20, 0.13, 0.10, 0.05}, {0, 0, -0.1},   0.05,  0.1,  0.1,  0.01 },
    {"ac_call",    5, {0.14, 0.15, 0.22, 0.30, 0.19}, {-0.2, 0, 0.3}, 0.08,  0.1,  -0.1, 0.01 },
};
static const struct demo_scale skill[] = {
    {"sk_save",    4, {0.08, 0.13, 0.35, 0.44}, {0.5, 0, -0.6}, 0.20, 0,    0.3, 0.01},
    {"sk_private", 4, {0.22, 0.23, 0.29, 0.26}, {0.4, 0, -0.6}, 0.28, 0,    0.3, 0.02},
    {"sk_judge",   4, {0.25, 0.32, 0.28, 0.15}, {0.1, 0, -0.2}, 0.15, -0.1, 0.2, 0.02},
    {"sk_remove",  4, {0.13, 0.15, 0.33, 0.39}, {0.4, 0, -0.6}, 0.24, 0,    0.3, 0.01},
    {"sk_report",  4, {0.31, 0.28, 0.24, 0.17}, {0.2, 0, -0.5}, 0.20, 0,    0.2, 0.03},
    {"sk_post",    4, {0.14, 0.17, 0.34, 0.35}, {0.3, 0, -0.4}, 0.18, 0.2,  0.2, 0.02},
};
static const struct demo_yesno support[] = {
    {"md_talk",    {0.61, 0.49, 0.38}, -0.05, 0.2, 0.1, 0.01, 0.003},
    {"md_help",    {0.44, 0.36, 0.25}, -0.20, 0.1, 0.2, 0.01, 0.003},
    {"md_suggest", {0.58, 0.47, 0.35}, -0.05, 0.2, 0.1, 0.01, 0.003},
    {"md_rules",   {0.56, 0.52, 0.46}, -0.18, 0.3, 0,   0.01, 0.003},
    {"md_limit",   {0.42, 0.39, 0.36}, -0.22, 0.2, 0,   0.01, 0.003},
    {"md_check",   {0.37, 0.31, 0.22}, -0.20, 0.2, 0.1, 0.02, 0.003},
    {"sf_any",     {0.71, 0.58, 0.41}, 0.05,  0.1, 0.3, 0.02, 0.003},
    {"sf_parent",  {0.46, 0.36, 0.24}, -0.02, 0.2, 0.2, 0.02, 0.003},
    {"sf_teacher", {0.49, 0.34, 0.19}, 0,     0.1, 0.3, 0.02, 0.003},
    {"sf_friend",  {0.24, 0.22, 0.17}, 0.08,  0.1, 0.1, 0.02, 0.003},
    {"sf_media",   {0.27, 0.21, 0.15}, 0.08,  0,   0.2, 0.02, 0.003},
};
static const struct demo_scale risk[] = {
    {"rp_meet",    4, {0.05, 0.09, 0.24, 0.62}, {0.2, 0, -0.2}, 0.02,  0.3, 0, 0.03},
    {"rp_contact", 4, {0.13, 0.20, 0.31, 0.36}, {0.2, 0, -0.2}, -0.05, 0.3, 0, 0.03},
    {"rp_address", 4, {0.08, 0.14, 0.28, 0.50}, {0.2, 0, -0.2}, 0,     0.2, 0, 0.03},
    {"rp_image",   4, {0.03, 0.05, 0.15, 0.77}, {0.2, 0, -0.2}, 0.05,  0.4, 0, 0.03},
};
static const struct demo_yesno behaviour[] = {
    {"rb_meet",      {0.05, 0.11, 0.16}, 0.20, -0.2, 0,   0.01, 0.01},
    {"rb_contact",   {0.28, 0.36, 0.41}, 0.16, -0.2, 0,   0.01, 0.01},
    {"rb_address",   {0.09, 0.14, 0.19}, 0.08, -0.1, 0,   0.01, 0.01},
    {"rb_image",     {0.01, 0.03, 0.06}, 0.20, 0,    0,   0.01, 0.02},
    {"seen_acc",     {0.23, 0.31, 0.37}, 0.20, -0.1, 0.1, 0.01, 0.03},
    {"seen_ad",      {0.12, 0.15, 0.17}, 0.12, 0,    0.1, 0.01, 0.03},
    {"seen_social",  {0.10, 0.16, 0.21}, 0.20, 0,    0.1, 0.01, 0.03},
    {"seen_message", {0.04, 0.07, 0.11}, 0.20, -0.1, 0,   0.01, 0.03},
    {"seen_search",  {0.08, 0.09, 0.10}, 0.10, -0.1, 0.1, 0.01, 0.03},
};
static const struct demo_yesno knowledge[] = {
    {"kn_help",     {0.59, 0.47, 0.33}, 0.10, 0.05, 0.2, 0.03, 0.003},
    {"kn_report",   {0.41, 0.30, 0.19}, 0.12, 0,    0.3, 0.03, 0.003},
    {"kn_helpline", {0.36, 0.24, 0.12}, 0.08, 0.1,  0.3, 0.02, 0.003},
    {"kn_sexed",    {0.52, 0.43, 0.28}, 0.25, 0.1,  0.2, 0.02, 0.003},
};
static const struct demo_scale attitude[] = {
    {"at_blame", 3, {0.58, 0.17, 0.25}, {0.3, 0, -0.4}, 0.02, 0,    0, 0.03},
    {"at_share", 3, {0.66, 0.14, 0.20}, {0.2, 0, -0.3}, 0,    0.1,  0, 0.03},
    {"at_adult", 3, {0.69, 0.18, 0.13}, {-0.2, 0, 0.3}, 0.05, -0.2, 0, 0.02},
    {"at_safe",  3, {0.34, 0.27, 0.39}, {-0.2, 0, 0.3}, 0,    0.2,  0, 0.03},
};

static const struct demo_person *people(const struct demo_country *c)
{
    struct demo_person *p = TF_NEW_N(c->arena, struct demo_person, c->n_children + 1);
    for (size_t k = 0; k < c->n_children; k++)
        p[k] = (struct demo_person){.age = c->child[k].age - 14.5,
                                    .second_sex = c->child[k].sex == 2,
                                    .urban = demo_urban(c, c->child[k].psu),
                                    .cluster = c->psu_effect[c->child[k].psu]};
    return p;
}

#define ASK_ALL(how, table)                                                                        \
    for (size_t k = 0; k < sizeof(table) / sizeof(table)[0]; k++)                                  \
    how(c, g, "child", p, &(table)[k])

/* Content seen by accident: where, only when it was seen. */
static void keep_where_seen(struct demo_grid *g)
{
    const double *seen = demo_grid_find(g, "seen_acc");
    static const char *const where[] = {"seen_ad", "seen_social", "seen_message", "seen_search"};
    for (size_t k = 0; k < 4; k++) {
        double *x = demo_grid_find(g, where[k]);
        for (size_t r = 0; r < g->n_rows; r++)
            if (seen[r] < 1 || seen[r] > 1)
                x[r] = seen[r] > 1 ? seen[r] : 0;
    }
}

/* The paper form listed agree, disagree, neither: codes 2 and 3 were delivered the wrong way round.
 */
static void misorder(struct demo_grid *g)
{
    double *x = demo_grid_find(g, "at_safe");
    for (size_t r = 0; r < g->n_rows; r++)
        if (x[r] > 1.5 && x[r] < 3.5)
            x[r] = 5 - x[r];
}

/* Life satisfaction, a little lower where there was harm. */
static void ladder(struct demo_country *c, struct demo_grid *g)
{
    struct tf_rng rng = demo_stream(c, "child/ladder");
    const double *any = demo_grid_find(g, "unwanted");
    double *x = demo_grid_add(g, "ladder");
    for (size_t r = 0; r < g->n_rows; r++) {
        const double y =
            floor(7.4 - 0.2 * (double)c->preset->index - (any[r] > 0.5 && any[r] < 1.5 ? 0.9 : 0) +
                  1.9 * tf_rng_normal(&rng) + 0.5);
        x[r] = y < 0 ? 0 : y > 10 ? 10 : y;
    }
}

static void write_row(struct demo_country *c, struct tf_buf *out, const struct demo_grid *g,
                      size_t r, size_t sealed_from)
{
    const struct demo_child *x = &c->child[r];
    const struct tf_sample_psu *s = &c->sample->psu[x->psu];
    const size_t interviewer = x->psu / 5 + 1;
    const bool urban = demo_urban(c, x->psu);
    const char *pad = interviewer % 3 == 2 ? (urban ? "     " : "      ") : "";
    tf_buf_printf(out, "%s-%04zu,%s,%s,%s,%s%s,%s-I%02zu,%s,%d,%d,", c->preset->code, r + 1, s->psu,
                  s->stratum, s->region, urban ? "Urban" : "Rural", pad, c->preset->code,
                  interviewer, c->preset->language[x->language], x->sex, x->age);
    tf_buf_fixed(out, x->p_psu, 6);
    tf_buf_char(out, ',');
    tf_buf_fixed(out, x->p_hh, 6);
    tf_buf_char(out, ',');
    tf_buf_fixed(out, x->p_person, 6);
    tf_buf_char(out, ',');
    if (!isnan(x->weight))
        tf_buf_fixed(out, x->weight, 7);
    tf_buf_printf(out, ",%d", x->broken);
    demo_grid_row(out, g, r, sealed_from, x->broken);
}

enum tf_code demo_children(struct demo_country *c, struct tf_err *reterr)
{
    struct demo_grid *g = demo_grid_new(c->arena, c->n_children);
    const struct demo_person *p = people(c);
    demo_ask_scale(c, g, "child", p, &frequency);
    ASK_ALL(demo_ask_yesno, access);
    ASK_ALL(demo_ask_scale, weekly);
    ASK_ALL(demo_ask_scale, skill);
    ASK_ALL(demo_ask_yesno, support);
    ASK_ALL(demo_ask_scale, risk);
    const size_t sealed_from = g->n_cols; /* the self-completed part begins here */
    ASK_ALL(demo_ask_yesno, behaviour);
    keep_where_seen(g);
    demo_experiences(c, g, p);
    ladder(c, g);
    ASK_ALL(demo_ask_yesno, knowledge);
    ASK_ALL(demo_ask_scale, attitude);
    misorder(g);

    struct tf_buf out = {.arena = c->arena};
    tf_buf_add(&out, "child_id,psu,stratum,region,area,interviewer,language,sex,age,p_psu,p_hh,"
                     "p_person,weight,broken");
    for (size_t k = 0; k < g->n_cols; k++)
        tf_buf_printf(&out, ",%s", g->name[k]);
    tf_buf_char(&out, '\n');
    for (size_t r = 0; r < c->n_children; r++)
        write_row(c, &out, g, r, sealed_from);
    for (size_t k = 0; k < c->preset->duplicates; k++) /* sent twice at the end of the file */
        write_row(c, &out, g, 57 + 131 * k, sealed_from);
    return demo_put(c, "children/{country}/child.csv", &out, reterr);
}
