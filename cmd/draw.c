/* trefoil draw: the sample, with every probability kept
 *
 * usage: trefoil draw plan       --share P --margin E                  how many
 *        trefoil draw check      --frame FILE                          is the frame fit?
 *        trefoil draw coverage   --frame FILE                          what it leaves out, and why
 *        trefoil draw sample     --frame FILE   --psus N --seed NAME   PSUs
 *        trefoil draw segments   --segments FILE         --seed NAME   a piece of a large PSU
 *        trefoil draw walk       --sample FILE  --doors N --seed NAME  starts and doors
 *        trefoil draw households --listing FILE --take N --seed NAME   from a listing
 *        trefoil draw kish       --sample FILE --sheets N --seed NAME  paper grids
 *        trefoil draw dyads      --roster FILE           --seed NAME   one child, one caregiver
 *        trefoil draw roster     --roster FILE --sample FILE --households FILE   all children
 *
 * Draws N primary sampling units from a frame with probability proportional to their households,
 * systematically within strata, at least two in each:
 *
 *     trefoil draw sample --frame demo-study/children/XA/frame.csv --psus 100 --seed XA-2021
 *
 * --frame    CSV with psu, households and, where you have them, stratum, region, area (urban or
 *            rural), lat, lon; where PSUs cannot be reached, excluded (0 or 1) and reason
 * --seed     a name: the same name draws the same sample on any machine
 *
 * Prints a CSV. p_psu is the probability that the PSU is in the sample; with the probabilities of
 * the household and of the child within it, its inverse is the base weight. hits above 1: a PSU so
 * large that it was selected more than once; select its households as many times over. Order the
 * frame by place before: the draw follows its order. More of `sample`:
 *
 * --method   pps_systematic (default), srs, systematic, systematic_random, pps_random, sampford,
 *            tille, maxent, brewer, cube (--balance COLUMN,COLUMN; --across strata), pps_wr
 * --size     another column that measures size; --certainty: very large PSUs once, not several hits
 * --order    columns: the frame in serpentine order by them, in each stratum, before the draw
 * --allocation  proportional (default), equal, neyman, power, given; --strata FILE, --min 2
 * --reserve  N replacement PSUs in each stratum, drawn in advance
 * --joint    the joint probabilities too (with --out or --json)
 * --out      a folder for the whole set, all or nothing: sample, coverage, maps, reserves, control
 *            sheets, report; --take N for the sheets, --replace where the folder exists
 *
 *     trefoil draw check --frame demo-study/children/XA/frame.csv --take 300
 *     trefoil draw coverage --frame demo-study/children/XA/frame.csv
 *     trefoil draw sample --frame demo-study/children/XA/frame.csv --psus 100 --seed a --out drawn
 *
 * plan       one of --margin, --compare with --power, --interviews, --budget; --deff, or --icc with
 *            --take and --weights FILE; --population; --contact, --eligibility, --response;
 *            --cost-psu, --cost-interview; --strata
 * segments   CSV psu, segment, households; or --sample FILE --standard 200: how many to make
 * walk       --landmarks FILE or --grid 10; --interval 3; says which p_household is known
 * households from a listing (CSV psu, household), systematically; prints p_household. --sample FILE
 *            checks that it is of the PSUs drawn, and takes as often as they were hit
 * dyads      from a roster (CSV psu, household, person, role = child | caregiver | other, and
 *            eligible = 0 | 1 if not all are); --rule random, kish, last_birthday, next_birthday. A
 *            household's draw depends on its own name only
 * roster     every eligible child of every contacted household with its weight; --ages 12-17
 *
 * docs/DRAW.md explains every option, with examples. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "cmd/draw_parts.h"

/* What may be asked of any part; each takes what is its own. */
struct ask {
    struct tf_run *run;
    const char *frame, *psus, *seed, *listing, *take, *roster, *size, *zero_size, *method;
    const char *allocation, *strata, *power, *min, *balance, *order, *reserve, *out, *sample;
    const char *segments, *standard, *landmarks, *grid, *doors, *interval, *sheets, *rule;
    const char *visit, *households;
    const char *ages;
    bool certainty, joint, replace, across;
};

/* ---- words to values ---- */

/* NEED("part", value, "--name", …): all of them, or the usage. */
static enum tf_code need(struct ask *q, const char *part, const char *const *pair, size_t n,
                         struct tf_err *reterr)
{
    for (size_t k = 0; k < n; k += 2)
        if (tf_is_blank(pair[k]))
            return tf_usage(q->run, reterr, "`trefoil draw %s` needs %s", part, pair[k + 1]);
    return TF_OK;
}
#define NEED(part, ...)                                   \
    TF_TRY(need(q, part, (const char *const[]){__VA_ARGS__}, \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), reterr))

enum tf_code tf_draw_whole(struct tf_run *run, const char *text, const char *name, int64_t low,
                           size_t *ret, struct tf_err *reterr)
{
    int64_t n;
    if (text == NULL)
        return TF_OK;
    if (!tf_parse_int(text, &n) || n < low || n > 1000000)
        return tf_usage(run, reterr, "%s is a whole number of at least %d, not '%s'", name,
                        (int)low, text);
    *ret = (size_t)n;
    return TF_OK;
}

enum tf_code tf_draw_decimal(struct tf_run *run, const char *text, const char *name, double *ret,
                             struct tf_err *reterr)
{
    *ret = (double)NAN;
    if (text != NULL && !tf_parse_double(text, ret))
        return tf_usage(run, reterr, "%s is a number, not '%s'", name, text);
    return TF_OK;
}

enum tf_code tf_draw_rule(struct tf_run *run, const char *text, enum tf_allocation *ret,
                          struct tf_err *reterr)
{
    if (text == NULL || tf_allocation_named(text, ret))
        return TF_OK;
    return tf_usage(run, reterr,
                    "--allocation is proportional, equal, neyman, power or given, not '%s'", text);
}

enum tf_code tf_draw_power(struct tf_run *run, const char *text, double *ret, struct tf_err *reterr)
{
    TF_TRY(tf_draw_decimal(run, text, "--power", ret, reterr));
    *ret = isnan(*ret) ? 0.5 : *ret;
    if (!(*ret >= 0 && *ret <= 1))
        return tf_usage(run, reterr, "--power lies between 0 and 1");
    return TF_OK;
}

/* Names between commas; none where the option was not given. */
static size_t columns_of(struct tf_arena *a, const char *text, const char *const **ret)
{
    char **name;
    const size_t n = text == NULL ? 0 : tf_split(a, text, ',', &name);
    const char **column = TF_NEW_N(a, const char *, n + 1);
    for (size_t k = 0; k < n; k++)
        column[k] = name[k];
    *ret = column;
    return n;
}

static enum tf_code frame_opt(struct ask *q, struct tf_frame_opt *ret, struct tf_err *reterr)
{
    ret->size = q->size;
    if (q->zero_size != NULL && strcmp(q->zero_size, "exclude") != 0 &&
        strcmp(q->zero_size, "refuse") != 0)
        return tf_usage(q->run, reterr, "--zero-size is refuse or exclude, not '%s'", q->zero_size);
    ret->zero_excluded = tf_streq(q->zero_size, "exclude");
    return tf_draw_whole(q->run, q->take, "--take", 1, &ret->take, reterr);
}

/* ---- saying it ---- */

json_t *tf_draw_rows(const struct tf_table *t)
{
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
    return list;
}

/* A drawn table: CSV for people and tablets, an array of objects for machines. */
static enum tf_code say_table(struct ask *q, const char *name, const struct tf_table *t)
{
    struct tf_buf csv = {.arena = q->run->arena};
    if (q->run->json) {
        json_t *root = json_object();
        if (q->seed != NULL)
            (void)json_object_set_new(root, "seed", json_string(q->seed));
        (void)json_object_set_new(root, name, tf_draw_rows(t));
        tf_say_json(root);
        return TF_OK;
    }
    tf_table_csv(t, &csv);
    tf_say("%s", tf_buf_text(&csv));
    return TF_OK;
}

static void say_sample_json(struct ask *q, const struct tf_frame *f, const struct tf_sample *s)
{
    struct tf_arena *a = q->run->arena;
    json_t *root =
        json_pack("{s:s, s:f, s:I, s:s, s:s, s:f, s:o, s:o, s:o}", "seed", s->seed_name, "coverage",
                  f->coverage, "psus", (json_int_t)s->n, "method", tf_draw_method_word(s->method),
                  "allocation_rule", s->allocation, "deff_weights", s->deff_weights, "sample",
                  tf_draw_rows(tf_sample_full_table(a, s, f)), "allocation",
                  tf_draw_rows(tf_allocation_table(a, s)), "covered",
                  tf_draw_rows(tf_coverage_table(a, f)));
    if (s->n_reserve > 0)
        (void)json_object_set_new(root, "reserve", tf_draw_rows(tf_reserve_table(a, s)));
    json_t *balance = json_array(), *joint = json_array();
    for (size_t c = 0; c < s->n_balance; c++)
        (void)json_array_append_new(
            balance, json_pack("{s:s, s:f, s:f}", "column", s->balance[c].column, "total",
                               s->balance[c].total, "estimate", s->balance[c].estimate));
    for (size_t i = 0; s->joint != NULL && i < s->n; i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < s->n; j++)
            (void)json_array_append_new(row, json_real(s->joint[i * s->n + j]));
        (void)json_array_append_new(joint, row);
    }
    if (s->n_balance > 0)
        (void)json_object_set(root, "balance", balance);
    if (s->joint != NULL)
        (void)json_object_set(root, "joint", joint);
    json_decref(balance);
    json_decref(joint);
    if (q->out != NULL)
        (void)json_object_set_new(root, "written", json_string(q->out));
    tf_say_json(root);
}

/* ---- the parts ---- */

static enum tf_code check(struct ask *q, struct tf_err *reterr)
{
    struct tf_notices notices = {.arena = q->run->arena};
    struct tf_frame_opt opt = {0};
    struct tf_frame *f;
    NEED("check", q->frame, "--frame");
    TF_TRY(frame_opt(q, &opt, reterr));
    TF_TRY(tf_frame_check(q->run->arena, q->frame, opt, &notices, &f, reterr));
    if (notices.n == 0 && !q->run->json)
        tf_say("%zu PSUs, nothing to say\n", f->n);
    return tf_say_notices(q->run, &notices, reterr);
}

static enum tf_code coverage(struct ask *q, struct tf_err *reterr)
{
    struct tf_frame_opt opt = {0};
    struct tf_frame *f;
    NEED("coverage", q->frame, "--frame");
    TF_TRY(frame_opt(q, &opt, reterr));
    TF_TRY(tf_frame_read_with(q->run->arena, q->frame, opt, &f, reterr));
    return say_table(q, "coverage", tf_coverage_table(q->run->arena, f));
}

static enum tf_code sample_opt(struct ask *q, struct tf_draw_opt *ret, struct tf_err *reterr)
{
    struct tf_arena *a = q->run->arena;
    struct tf_draw_opt o = {
        .seed = q->seed, .min = 2, .certainty = q->certainty, .joint = q->joint};
    struct tf_strata *strata = NULL;
    TF_TRY(tf_draw_whole(q->run, q->psus, "--psus", 2, &o.n, reterr));
    TF_TRY(tf_draw_whole(q->run, q->min, "--min", 1, &o.min, reterr));
    TF_TRY(tf_draw_whole(q->run, q->reserve, "--reserve", 1, &o.reserve, reterr));
    if (q->method != NULL && !tf_draw_method_named(q->method, &o.method)) {
        const char *known[TF_N_DRAW + 1] = {NULL};
        for (int k = 0; k < TF_N_DRAW; k++)
            known[k] = tf_draw_method_word((enum tf_draw_method)k);
        const char *near = tf_nearest(q->method, known);
        return tf_usage(q->run, reterr, "there is no method '%s'%s%s", q->method,
                        near != NULL ? "; did you mean " : "", near != NULL ? near : "");
    }
    TF_TRY(tf_draw_rule(q->run, q->allocation, &o.allocation, reterr));
    TF_TRY(tf_draw_power(q->run, q->power, &o.power, reterr));
    if (q->strata != NULL)
        TF_TRY(tf_strata_read(a, q->strata, &strata, reterr));
    o.strata = strata;
    if (q->balance != NULL && o.method != TF_DRAW_CUBE)
        return tf_usage(q->run, reterr, "--balance is for --method cube");
    if (q->across && o.method != TF_DRAW_CUBE)
        return tf_usage(q->run, reterr, "--across is for --method cube");
    o.across = q->across;
    o.n_balance = columns_of(a, q->balance, &o.balance);
    o.n_order = columns_of(a, q->order, &o.order);
    if (o.n == 0 && o.allocation != TF_ALLOCATE_GIVEN)
        return tf_usage(q->run, reterr, "`trefoil draw sample` needs --frame, --psus and --seed");
    *ret = o;
    return TF_OK;
}

static enum tf_code sample(struct ask *q, struct tf_err *reterr)
{
    struct tf_frame_opt frame_options = {0};
    struct tf_draw_opt opt;
    struct tf_frame *f;
    struct tf_sample *s;
    if (tf_is_blank(q->frame) || tf_is_blank(q->seed))
        return tf_usage(q->run, reterr, "`trefoil draw sample` needs --frame, --psus and --seed");
    TF_TRY(frame_opt(q, &frame_options, reterr));
    TF_TRY(sample_opt(q, &opt, reterr));
    TF_TRY(tf_frame_read_with(q->run->arena, q->frame, frame_options, &f, reterr));
    TF_TRY(tf_sample_select(q->run->arena, f, &opt, &s, reterr));
    if (q->out != NULL)
        TF_TRY(
            tf_sample_publish(q->run->arena, s, f, frame_options.take, q->out, q->replace, reterr));
    if (q->run->json)
        say_sample_json(q, f, s);
    else if (q->out != NULL)
        tf_say("%zu PSUs drawn; the set stands in %s\n", s->n, q->out);
    else
        return say_table(q, "sample", tf_sample_full_table(q->run->arena, s, f));
    return TF_OK;
}

static enum tf_code segments(struct ask *q, struct tf_err *reterr)
{
    struct tf_table *t;
    double standard;
    NEED("segments", q->seed, "--seed");
    if (q->segments != NULL) {
        TF_TRY(tf_segments_draw(q->run->arena, q->segments, q->seed, &t, reterr));
        return say_table(q, "segments", t);
    }
    NEED("segments", q->sample, "--segments, or --sample with --standard", q->standard,
         "--standard");
    TF_TRY(tf_draw_decimal(q->run, q->standard, "--standard", &standard, reterr));
    if (!(standard >= 1))
        return tf_usage(q->run, reterr, "--standard is the households of a segment, at least 1");
    TF_TRY(tf_segments_plan(q->run->arena, q->sample, standard, q->seed, &t, reterr));
    return say_table(q, "segments", t);
}

static enum tf_code walk(struct ask *q, struct tf_err *reterr)
{
    struct tf_table *t;
    struct tf_walk_opt opt = {.interval = 1};
    NEED("walk", q->sample, "--sample", q->doors, "--doors", q->seed, "--seed");
    TF_TRY(tf_draw_whole(q->run, q->doors, "--doors", 1, &opt.doors, reterr));
    TF_TRY(tf_draw_whole(q->run, q->interval, "--interval", 1, &opt.interval, reterr));
    TF_TRY(tf_draw_whole(q->run, q->grid, "--grid", 1, &opt.grid, reterr));
    if ((q->landmarks == NULL) == (q->grid == NULL) || opt.grid > 26)
        return tf_usage(q->run, reterr, "starts come from --landmarks FILE, or from --grid 1 … 26");
    TF_TRY(tf_walk_draw(q->run->arena, q->sample, q->landmarks, opt, q->seed, &t, reterr));
    return say_table(q, "walk", t);
}

static enum tf_code households(struct ask *q, struct tf_err *reterr)
{
    struct tf_table *t;
    size_t n = 0;
    if (tf_is_blank(q->listing) || tf_is_blank(q->take) || tf_is_blank(q->seed))
        return tf_usage(q->run, reterr,
                        "`trefoil draw households` needs --listing, --take and --seed");
    TF_TRY(tf_draw_whole(q->run, q->take, "--take", 1, &n, reterr));
    if (q->sample != NULL)
        TF_TRY(
            tf_households_draw_for(q->run->arena, q->listing, q->sample, n, q->seed, &t, reterr));
    else
        TF_TRY(tf_households_draw(q->run->arena, q->listing, n, q->seed, &t, reterr));
    return say_table(q, "households", t);
}

static enum tf_code kish(struct ask *q, struct tf_err *reterr)
{
    struct tf_table *t;
    size_t n = 0;
    NEED("kish", q->sample, "--sample", q->sheets, "--sheets", q->seed, "--seed");
    TF_TRY(tf_draw_whole(q->run, q->sheets, "--sheets", 1, &n, reterr));
    TF_TRY(tf_kish_sheets(q->run->arena, q->sample, n, q->seed, &t, reterr));
    return say_table(q, "kish", t);
}

static enum tf_code dyads(struct ask *q, struct tf_err *reterr)
{
    static const char *const rules[] = {"random", "kish", "last_birthday", "next_birthday"};
    struct tf_table *t;
    int rule = 0;
    if (tf_is_blank(q->roster) || tf_is_blank(q->seed))
        return tf_usage(q->run, reterr, "`trefoil draw dyads` needs --roster and --seed");
    if (q->rule == NULL) {
        TF_TRY(tf_dyads_draw(q->run->arena, q->roster, q->seed, &t, reterr));
        return say_table(q, "dyads", t);
    }
    while (rule < 4 && strcmp(rules[rule], q->rule) != 0)
        rule++;
    if (rule == 4)
        return tf_usage(q->run, reterr,
                        "--rule is random, kish, last_birthday or next_birthday, not '%s'",
                        q->rule);
    TF_TRY(tf_dyads_draw_by(q->run->arena, q->roster, (enum tf_within)rule, q->visit, q->seed, &t,
                            reterr));
    return say_table(q, "dyads", t);
}

static enum tf_code roster(struct ask *q, struct tf_err *reterr)
{
    struct tf_table *t;
    struct tf_roster_opt opt = {.roster = q->roster,
                                .sample = q->sample,
                                .households = q->households,
                                .segments = q->segments,
                                .min_age = (double)NAN,
                                .max_age = (double)NAN};
    NEED("roster", q->roster, "--roster", q->sample, "--sample", q->households, "--households");
    if (q->ages != NULL) {
        char **end;
        const size_t n = tf_split(q->run->arena, q->ages, '-', &end);
        if (n != 2 || !tf_parse_double(end[0], &opt.min_age) ||
            !tf_parse_double(end[1], &opt.max_age))
            return tf_usage(q->run, reterr, "--ages is FROM-TO, such as 12-17, not '%s'", q->ages);
    }
    TF_TRY(tf_roster_make(q->run->arena, &opt, &t, reterr));
    return say_table(q, "roster", t);
}

/* ---- which part ---- */

enum tf_code cmd_draw(struct tf_run *run, struct tf_err *reterr)
{
    static const struct {
        const char *word;
        enum tf_code (*part)(struct ask *q, struct tf_err *reterr);
    } parts[] = {{"check", check},       {"coverage", coverage},     {"sample", sample},
                 {"segments", segments}, {"walk", walk},             {"kish", kish},
                 {"dyads", dyads},       {"households", households}, {"roster", roster}};
    if (run->argc > 0 && strcmp(run->argv[0], "plan") == 0)
        return tf_draw_plan(run, reterr); /* options of its own */
    struct ask q = {.run = run};
    const struct tf_option options[] = {
        {"--frame",          &q.frame,          NULL        },
        {"--psus",           &q.psus,           NULL        },
        {"--seed",           &q.seed,           NULL        },
        {"--take",           &q.take,           NULL        },
        {"--listing",        &q.listing,        NULL        },
        {"--roster",         &q.roster,         NULL        },
        {"--size",           &q.size,           NULL        },
        {"--zero-size",      &q.zero_size,      NULL        },
        {"--method",         &q.method,         NULL        },
        {"--allocation",     &q.allocation,     NULL        },
        {"--strata",         &q.strata,         NULL        },
        {"--power",          &q.power,          NULL        },
        {"--min",            &q.min,            NULL        },
        {"--balance",        &q.balance,        NULL        },
        {"--order",          &q.order,          NULL        },
        {"--reserve",        &q.reserve,        NULL        },
        {"--out",            &q.out,            NULL        },
        {"--sample",         &q.sample,         NULL        },
        {"--segments",       &q.segments,       NULL        },
        {"--standard",       &q.standard,       NULL        },
        {"--landmarks",      &q.landmarks,      NULL        },
        {"--grid",           &q.grid,           NULL        },
        {"--doors",          &q.doors,          NULL        },
        {"--interval",       &q.interval,       NULL        },
        {"--sheets",         &q.sheets,         NULL        },
        {"--rule",           &q.rule,           NULL        },
        {"--visit",          &q.visit,          NULL        },
        {"--households",     &q.households,     NULL        },
        {"--ages",           &q.ages,           NULL        },
        {"--certainty",      NULL,              &q.certainty},
        {"--joint",          NULL,              &q.joint    },
        {"--across",         NULL,              &q.across   },
        {"--replace",        NULL,              &q.replace  },
    };
    const char **word;
    size_t n;
    TF_TRY(tf_options(run, options, sizeof options / sizeof options[0], &word, &n, reterr));
    for (size_t k = 0; n == 1 && k < sizeof parts / sizeof parts[0]; k++)
        if (strcmp(word[0], parts[k].word) == 0)
            return parts[k].part(&q, reterr);
    return tf_usage(run, reterr, "say what to draw: plan, check, coverage, sample, segments, walk, "
                                 "households, kish, dyads or roster");
}
