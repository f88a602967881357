/* The plan of `trefoil draw`: its options, its answer for people (draw's plan_text.c) and for
 * machines. Help stands in draw.c. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "cmd/draw_parts.h"

/* The options that are numbers of a plan, each with its place. */
enum { NUMBERS = 19, OTHERS = 7 };
struct number {
    const char *name;
    double *to;
};

static void numbers_of(struct tf_plan_opt *o, struct number *ret)
{
    const struct number n[NUMBERS] = {
        {"--share", &o->share}, {"--mean", &o->mean}, {"--sd", &o->sd}, {"--margin", &o->margin},
        {"--compare", &o->compare}, {"--ratio", &o->ratio}, {"--level", &o->level},
        {"--interviews", &o->interviews}, {"--budget", &o->budget}, {"--deff", &o->deff},
        {"--icc", &o->icc}, {"--take", &o->take}, {"--weights-deff", &o->weights_deff},
        {"--population", &o->population}, {"--contact", &o->contact},
        {"--eligibility", &o->eligibility}, {"--response", &o->response},
        {"--cost-psu", &o->cost_psu}, {"--cost-interview", &o->cost_interview},
    };
    memcpy(ret, n, sizeof n);
}

struct words { /* the other options */
    const char *power, *strata, *allocation, *min, *weights, *weight;
    bool relative;
};

static enum tf_code read_options(struct tf_run *run, struct tf_plan_opt *o, struct words *w,
                                 struct tf_err *reterr)
{
    struct number number[NUMBERS];
    const char *text[NUMBERS] = {NULL}, **word;
    struct tf_option option[OTHERS + NUMBERS] = {
        {"--power", &w->power, NULL}, {"--strata", &w->strata, NULL},
        {"--allocation", &w->allocation, NULL}, {"--min", &w->min, NULL},
        {"--weights", &w->weights, NULL}, {"--weight", &w->weight, NULL},
        {"--relative", NULL, &w->relative}};
    size_t n;
    int aims = 0;
    numbers_of(o, number);
    for (size_t k = 0; k < NUMBERS; k++)
        option[OTHERS + k] = (struct tf_option){number[k].name, &text[k], NULL};
    TF_TRY(tf_options(run, option, OTHERS + NUMBERS, &word, &n, reterr));
    if (n != 1)
        return tf_usage(run, reterr, "`trefoil draw plan` takes options only, not '%s'", word[1]);
    for (size_t k = 0; k < NUMBERS; k++)
        TF_TRY(tf_draw_decimal(run, text[k], number[k].name, number[k].to, reterr));
    o->relative = w->relative;
    const struct {
        double x;
        enum tf_plan_aim aim;
    } aim[] = {{o->margin, TF_PLAN_MARGIN}, {o->compare, TF_PLAN_POWER},
               {o->interviews, TF_PLAN_INTERVIEWS}, {o->budget, TF_PLAN_BUDGET}};
    for (size_t k = 0; k < 4; k++)
        if (!isnan(aim[k].x)) {
            o->aim = aim[k].aim;
            aims++;
        }
    if (w->weights != NULL && !isnan(o->weights_deff))
        return tf_usage(run, reterr, "--weights-deff is taken from --weights: give one of them");
    if (w->weights != NULL)
        TF_TRY(tf_weights_deff(run->arena, w->weights, w->weight != NULL ? w->weight : "weight",
                               &o->weights_deff, reterr));
    if (aims > 1)
        return tf_usage(run, reterr,
                        "ask one thing: --margin, --compare, --interviews or --budget");
    /* of a comparison --power is the chance to find it; else it is Bankier's */
    return tf_draw_decimal(run, o->aim == TF_PLAN_POWER ? w->power : NULL, "--power", &o->power,
                           reterr);
}

static void say_json(struct tf_arena *a, const struct tf_plan *p, const struct tf_table *strata)
{
    const struct {
        const char *name;
        double x;
    } number[] = {
        {"level", p->in.level}, {"z", p->z}, {"deff_cluster", p->deff_cluster}, {"deff", p->deff},
        {"interviews_srs", p->n_srs}, {"interviews", p->interviews},
        {"effective", p->n_effective}, {"half_width", p->half_width}, {"take", p->take},
        {"psus", p->psus}, {"eligible", p->eligible}, {"contacted", p->contacted},
        {"doors", p->doors}, {"best_take", p->best_take}, {"cost", p->cost},
    };
    json_t *root = json_object();
    double deff[5];
    const size_t n = tf_plan_deffs(p, deff);
    for (size_t k = 0; k < sizeof number / sizeof number[0]; k++)
        (void)json_object_set_new(root, number[k].name,
                                  isnan(number[k].x) ? json_null() : json_real(number[k].x));
    if (p->in.aim == TF_PLAN_POWER)
        (void)json_object_set_new(root, "groups", json_pack("[f, f]", p->group[0], p->group[1]));
    (void)json_object_set_new(
        root, "precision",
        tf_draw_rows(tf_precision_table(a, p->interviews, p->in.level, deff, n)));
    if (!isnan(p->in.icc))
        (void)json_object_set_new(root, "takes", tf_draw_rows(tf_take_table(a, p)));
    if (strata != NULL)
        (void)json_object_set_new(root, "strata", tf_draw_rows(strata));
    tf_say_json(root);
}

enum tf_code tf_draw_plan(struct tf_run *run, struct tf_err *reterr)
{
    struct tf_plan_opt opt = {.aim = TF_PLAN_MARGIN};
    struct words w = {.relative = false};
    struct tf_plan p;
    struct tf_strata *strata;
    struct tf_table *t = NULL;
    struct tf_buf text = {.arena = run->arena};
    enum tf_allocation rule = TF_ALLOCATE_PROPORTIONAL;
    double power = 0.5;
    size_t min = 2;
    TF_TRY(read_options(run, &opt, &w, reterr));
    TF_TRY(tf_plan_make(&opt, &p, reterr));
    if (w.strata != NULL) {
        TF_TRY(tf_draw_rule(run, w.allocation, &rule, reterr));
        if (opt.aim != TF_PLAN_POWER)
            TF_TRY(tf_draw_power(run, w.power, &power, reterr));
        TF_TRY(tf_draw_whole(run, w.min, "--min", 1, &min, reterr));
        TF_TRY(tf_strata_read(run->arena, w.strata, &strata, reterr));
        TF_TRY(tf_plan_strata(run->arena, &p, strata, rule, power, min, &t, reterr));
    }
    if (run->json) {
        say_json(run->arena, &p, t);
        return TF_OK;
    }
    tf_plan_text(run->arena, &p, t, &text);
    tf_say("%s", tf_buf_text(&text));
    return TF_OK;
}
