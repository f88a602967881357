/* Three hundred surveys of a known population, from the frame to the share of children: PSUs,
 * households from a listing, the whole roster, one child of each household. Both the roster and the
 * interviews give the population's share without bias, and 95 % intervals that hold it about as
 * often as they say. */
#include "../house.h"

#include "base/sheet.h"
#include "draw/draw.h"

enum { PSUS = 90, STRATA = 3, DRAWN = 30, TAKE = 10, SURVEYS = 300 };

struct population {
    unsigned households[PSUS];
    double rate[PSUS]; /* chance of a child in this PSU to say yes */
    double share;
};

/* Children of a household, 0 … 3, and their answers: the same whenever asked. */
static unsigned children_of(unsigned psu, unsigned household)
{
    return (psu * 7 + household * 13 + psu * household) % 4;
}

static bool answer_of(const struct population *p, unsigned psu, unsigned household, unsigned child)
{
    const unsigned mixed = (psu * 7919u + household * 104729u + child * 1299709u) * 2654435761u;
    return (double)(mixed >> 16) / 65536 < p->rate[psu] + (child > 0 ? 0.1 : 0);
}

static struct population populate(void)
{
    struct population p = {.share = 0};
    struct tf_rng rng = tf_rng_named("population");
    double all = 0;
    for (unsigned k = 0; k < PSUS; k++) {
        p.households[k] = 40 + tf_rng_below(&rng, 160);
        p.rate[k] = 0.15 + 0.2 * tf_rng_uniform(&rng);
        for (unsigned j = 0; j < p.households[k]; j++)
            for (unsigned c = 0; c < children_of(k, j); c++, all++)
                p.share += answer_of(&p, k, j, c);
    }
    p.share /= all;
    return p;
}

static const char *frame_of(struct tf_arena *a, const struct population *p)
{
    struct tf_buf csv = {.arena = a};
    tf_buf_add(&csv, "psu,stratum,households\n");
    for (unsigned k = 0; k < PSUS; k++)
        tf_buf_printf(&csv, "%u,S%u,%u\n", k, k % STRATA, p->households[k]);
    return tf_buf_text(&csv);
}

static const char *listing_of(struct tf_arena *a, const struct population *p,
                              const struct tf_sample *s)
{
    struct tf_buf csv = {.arena = a};
    tf_buf_add(&csv, "psu,household\n");
    for (size_t k = 0; k < s->n; k++)
        for (unsigned j = 0; j < p->households[s->psu[k].frame]; j++)
            tf_buf_printf(&csv, "%s,%u\n", s->psu[k].psu, j);
    return tf_buf_text(&csv);
}

static unsigned number_at(const struct tf_table *t, size_t col, size_t row)
{
    int64_t n = 0;
    assert_true(t->col[col].type == TF_NUMBER || tf_parse_int(t->col[col].text[row], &n));
    return t->col[col].type == TF_NUMBER ? (unsigned)t->col[col].num[row] : (unsigned)n;
}

static const char *roster_of(struct tf_arena *a, const struct population *p,
                             const struct tf_table *h)
{
    struct tf_buf csv = {.arena = a};
    tf_buf_add(&csv, "psu,household,person,role,yes\n");
    for (size_t row = 0; row < h->n_rows; row++) {
        const unsigned psu = number_at(h, 0, row), household = number_at(h, 1, row);
        for (unsigned c = 0; c < children_of(psu, household); c++)
            tf_buf_printf(&csv, "%u,%u,%u,child,%d\n", psu, household, c,
                          answer_of(p, psu, household, c));
        tf_buf_printf(&csv, "%u,%u,9,caregiver,\n", psu, household);
    }
    return tf_buf_text(&csv);
}

/* A weighted share with its linearised variance between PSUs within strata. */
struct share {
    double w[PSUS], wy[PSUS];
};

static bool holds(const struct share *s, const struct tf_sample *drawn, double truth, double *ret)
{
    double w = 0, wy = 0, variance = 0;
    for (size_t k = 0; k < PSUS; k++) {
        w += s->w[k];
        wy += s->wy[k];
    }
    *ret = wy / w;
    for (size_t h = 0; h < drawn->n_strata; h++) {
        double n = 0, sum = 0, squares = 0;
        for (size_t k = 0; k < drawn->n; k++) {
            const size_t psu = drawn->psu[k].frame;
            if (strcmp(drawn->psu[k].stratum, drawn->stratum[h].name) != 0)
                continue;
            const double e = (s->wy[psu] - *ret * s->w[psu]) / w;
            n++;
            sum += e;
            squares += e * e;
        }
        variance += n / (n - 1) * (squares - sum * sum / n);
    }
    return fabs(*ret - truth) <= 2.0518 * sqrt(variance); /* t, 27 degrees of freedom */
}

/* As put_file, without waiting for the disk: 1,200 files are written here. */
static const char *spill(struct house *h, const char *name, const char *text)
{
    const char *path = tf_path_join(h->arena, h->dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return path;
}

static void one_survey(struct house *h, const struct population *p, const struct tf_frame *f,
                       int number, double estimate[2], bool held[2])
{
    static const enum tf_draw_method methods[] = {TF_DRAW_PPS_SYSTEMATIC, TF_DRAW_SAMPFORD,
                                                  TF_DRAW_TILLE};
    struct tf_arena *outer = h->arena, *a = tf_arena_new("survey", (size_t)64 << 20);
    const char *seed = tf_printf(a, "survey-%d", number);
    struct tf_sample *s = NULL;
    struct tf_table *households = NULL, *roster = NULL, *dyads = NULL;
    struct share share[2] = {{{0}, {0}}, {{0}, {0}}};
    h->arena = a;
    const struct tf_draw_opt opt = {
        .n = DRAWN, .seed = seed, .min = 2, .method = methods[number % 3]};
    OK(tf_sample_select(a, f, &opt, &s, &h->err));
    struct tf_buf csv = {.arena = a}, csv_households = {.arena = a};
    tf_table_csv(tf_sample_table(a, s), &csv);
    const char *sample_path = spill(h, "sample.csv", tf_buf_text(&csv));
    OK(tf_households_draw_for(a, spill(h, "listing.csv", listing_of(a, p, s)), sample_path, TAKE,
                              seed, &households, &h->err));
    tf_table_csv(households, &csv_households);
    const struct tf_roster_opt o = {
        .roster = spill(h, "roster.csv", roster_of(a, p, households)), .sample = sample_path,
        .households = spill(h, "households.csv", tf_buf_text(&csv_households)),
        .min_age = (double)NAN, .max_age = (double)NAN};
    OK(tf_roster_make(a, &o, &roster, &h->err));
    const size_t yes = tf_table_find(roster, "yes"), weight = tf_table_find(roster, "weight");
    for (size_t row = 0; row < roster->n_rows; row++) {
        const unsigned psu = number_at(roster, 1, row);
        share[0].w[psu] += roster->col[weight].num[row];
        share[0].wy[psu] += roster->col[weight].num[row] * roster->col[yes].num[row];
    }
    OK(tf_dyads_draw(a, o.roster, seed, &dyads, &h->err));
    for (size_t row = 0, at = 0; row < dyads->n_rows; row++, at++) { /* in the roster's order */
        const unsigned psu = number_at(dyads, 0, row), household = number_at(dyads, 1, row);
        while (number_at(roster, 1, at) != psu || number_at(roster, 2, at) != household)
            at++;
        const double w = roster->col[weight].num[at] / dyads->col[5].num[row]; /* / p_child */
        share[1].w[psu] += w;
        share[1].wy[psu] += w * answer_of(p, psu, household, number_at(dyads, 2, row));
    }
    for (int k = 0; k < 2; k++)
        held[k] = holds(&share[k], s, p->share, &estimate[k]);
    h->arena = outer;
    tf_arena_free(a);
}

static void surveys_are_unbiased_and_their_intervals_hold(void **state)
{
    (void)state;
    static const char *const what[] = {"roster", "one child of each household"};
    const struct population p = populate();
    double sum[2] = {0, 0}, squares[2] = {0, 0}, held[2] = {0, 0};
    IN_HOUSE(h);
    struct tf_frame *f = NULL;
    OK(tf_frame_read(h.arena, put_file(&h, "frame.csv", frame_of(h.arena, &p)), &f, &h.err));
    for (int k = 0; k < SURVEYS; k++) {
        double estimate[2];
        bool in[2];
        one_survey(&h, &p, f, k, estimate, in);
        for (int j = 0; j < 2; j++) {
            sum[j] += estimate[j];
            squares[j] += estimate[j] * estimate[j];
            held[j] += in[j];
        }
    }
    for (int j = 0; j < 2; j++) {
        const double mean = sum[j] / SURVEYS, variance = squares[j] / SURVEYS - mean * mean;
        print_message("%s: truth %.4f, mean %.4f, sd %.4f, covered %.3f\n", what[j], p.share, mean,
                      sqrt(variance), held[j] / SURVEYS);
        assert_true(fabs(mean - p.share) < 4 * sqrt(variance / SURVEYS));
        /* 95 %, give or take 3 standard errors of 300 surveys (1.3 points each), and upwards by the
         * with-replacement variance, which a third of all PSUs drawn makes too large */
        assert_true(held[j] / SURVEYS > 0.912 && held[j] / SURVEYS <= 1);
    }
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surveys_are_unbiased_and_their_intervals_hold),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("draw: whole surveys", tests, NULL, NULL);
}
