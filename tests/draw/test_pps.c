/* Frames and samples: allocation, probabilities, unbiasedness over many seeds, same bytes twice. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "draw/draw.h"

struct bench {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
    char path[64];
};

static int set_up(void **state)
{
    static struct bench b;
    b.err = (struct tf_err){0};
    (void)snprintf(b.path, sizeof b.path, "/tmp/trefoil-frame-%ld.csv", (long)getpid());
    if (sodium_init() < 0 || tf_guard_begin(&b.guard, &b.err) != TF_OK)
        return -1;
    b.arena = tf_arena_new("test", (size_t)256 << 20);
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    tf_arena_free(b->arena);
    tf_guard_end(&b->guard);
    (void)unlink(b->path);
    return 0;
}

static enum tf_code read_text(struct bench *b, const char *csv, struct tf_frame **ret)
{
    assert_int_equal(tf_file_write(b->path, csv, strlen(csv), &b->err), TF_OK);
    return tf_frame_read(b->arena, b->path, ret, &b->err);
}

/* Three strata of 12, 20 and 4 PSUs with sizes from 20 to 260. */
static struct tf_frame *frame(struct bench *b)
{
    static const size_t psus[] = {12, 20, 4};
    struct tf_buf csv = {.arena = b->arena};
    struct tf_frame *f = NULL;
    tf_buf_add(&csv, "psu,stratum,region,area,households,excluded,reason\n");
    for (size_t h = 0; h < 3; h++)
        for (size_t i = 0; i < psus[h]; i++)
            tf_buf_printf(&csv, "P%zu-%zu,S%zu,R%zu,%s,%zu,0,\n", h, i, h, h,
                          i % 2 ? "urban" : "rural", 20 + (i * 37 + h * 11) % 120);
    tf_buf_add(&csv, "P9,S0,R0,rural,900,1,security\n");
    assert_int_equal(read_text(b, tf_buf_text(&csv), &f), TF_OK);
    return f;
}

static double stratum_size(const struct tf_frame *f, const char *stratum)
{
    double s = 0;
    for (size_t k = 0; k < f->n; k++)
        if (!f->psu[k].excluded && strcmp(f->psu[k].stratum, stratum) == 0)
            s += f->psu[k].size;
    return s;
}

static void a_frame_counts_its_coverage(void **state)
{
    struct bench *b = *state;
    const struct tf_frame *f = frame(b);
    double all = 0, open = 0;
    for (size_t k = 0; k < f->n; k++) {
        all += f->psu[k].size;
        open += f->psu[k].excluded ? 0 : f->psu[k].size;
    }
    assert_int_equal(f->n, 37);
    assert_true(f->coverage == open / all && f->coverage < 1);
}

static void hits_add_up_and_probabilities_are_proportional(void **state)
{
    struct bench *b = *state;
    const struct tf_frame *f = frame(b);
    struct tf_sample *s = NULL;
    assert_int_equal(tf_sample_draw(b->arena, f, 14, "seed", &s, &b->err), TF_OK);
    unsigned hits = 0, in[3] = {0};
    for (size_t k = 0; k < s->n; k++) {
        hits += s->psu[k].hits;
        in[s->psu[k].stratum[1] - '0'] += s->psu[k].hits;
        assert_string_not_equal(s->psu[k].psu, "P9");
    }
    assert_int_equal(hits, 14);
    for (size_t h = 0; h < 3; h++)
        assert_true(in[h] >= 2);
    for (size_t k = 0; k < s->n; k++) {
        const char *h = s->psu[k].stratum;
        const double p = in[h[1] - '0'] * s->psu[k].size / stratum_size(f, h);
        assert_true(fabs(s->psu[k].p_psu - (p < 1 ? p : 1)) < 1e-12);
    }
}

static void probabilities_sum_to_the_stratum_sample(void **state)
{
    struct bench *b = *state;
    const struct tf_frame *f = frame(b);
    /* over many seeds, how often a PSU is in equals its p_psu; the sums are the allocation */
    enum { DRAWS = 4000 };
    double *in = TF_NEW_N(b->arena, double, f->n), *p = TF_NEW_N(b->arena, double, f->n);
    double households = 0, estimate = 0;
    for (size_t k = 0; k < f->n; k++)
        households += f->psu[k].excluded ? 0 : f->psu[k].size;
    for (size_t draw = 0; draw < DRAWS; draw++) {
        struct tf_arena *one = tf_arena_new("draw", (size_t)1 << 22);
        struct tf_sample *s = NULL;
        char seed[32];
        (void)snprintf(seed, sizeof seed, "draw-%zu", draw);
        assert_int_equal(tf_sample_draw(one, f, 14, seed, &s, &b->err), TF_OK);
        for (size_t j = 0; j < s->n; j++)
            for (size_t k = 0; k < f->n; k++)
                if (strcmp(f->psu[k].psu, s->psu[j].psu) == 0) {
                    in[k]++;
                    p[k] = s->psu[j].p_psu;
                    estimate += s->psu[j].size / s->psu[j].p_psu;
                }
        tf_arena_free(one);
    }
    double sum = 0;
    for (size_t k = 0; k < f->n; k++) {
        sum += p[k];
        assert_true(fabs(in[k] / DRAWS - p[k]) < 5 * sqrt(0.25 / DRAWS));
    }
    assert_true(fabs(sum - 14) < 1e-9);
    assert_true(fabs(estimate / DRAWS / households - 1) < 1e-9); /* size is known: no variance */
}

static void the_same_seed_draws_the_same_bytes(void **state)
{
    struct bench *b = *state;
    const struct tf_frame *f = frame(b);
    struct tf_sample *s[3] = {0};
    struct tf_buf csv[3] = {{.arena = b->arena}, {.arena = b->arena}, {.arena = b->arena}};
    static const char *const seed[] = {"XA-2021", "XA-2021", "XA-2022"};
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(tf_sample_draw(b->arena, f, 14, seed[k], &s[k], &b->err), TF_OK);
        tf_table_csv(tf_sample_table(b->arena, s[k]), &csv[k]);
    }
    assert_string_equal(tf_buf_text(&csv[0]), tf_buf_text(&csv[1]));
    assert_string_not_equal(tf_buf_text(&csv[0]), tf_buf_text(&csv[2]));
    assert_true(tf_starts(tf_buf_text(&csv[0]), "psu,stratum,region,area,households,p_psu,hits"));
}

static void a_very_large_psu_is_hit_more_than_once(void **state)
{
    struct bench *b = *state;
    struct tf_frame *f = NULL;
    struct tf_sample *s = NULL;
    assert_int_equal(read_text(b, "psu,stratum,region,area,households\n"
                                  "A,S,R,urban,800\nB,S,R,rural,100\nC,S,R,rural,100\n"
                                  "D,S,R,rural,100\n", &f), TF_OK);
    assert_int_equal(tf_sample_draw(b->arena, f, 4, "x", &s, &b->err), TF_OK);
    assert_string_equal(s->psu[0].psu, "A");
    assert_true(s->psu[0].p_psu <= 1 && s->psu[0].p_psu >= 1);
    assert_true(s->psu[0].hits >= 2);
}

static void a_draw_that_cannot_be_is_refused(void **state)
{
    struct bench *b = *state;
    struct tf_frame *f = frame(b);
    struct tf_sample *s = NULL;
    assert_int_equal(tf_sample_draw(b->arena, f, 5, "x", &s, &b->err), TF_E_DESIGN);
    assert_int_equal(tf_sample_draw(b->arena, f, 37, "x", &s, &b->err), TF_E_DESIGN);
    assert_int_equal(tf_sample_draw(b->arena, f, 36, "x", &s, &b->err), TF_OK);
    assert_int_equal(read_text(b, "psu,stratum,region,area,households\n"
                                  "A,S,R,urban,10\nB,S,R,rural,10\nC,T,R,rural,10\n", &f), TF_OK);
    assert_int_equal(tf_sample_draw(b->arena, f, 3, "x", &s, &b->err), TF_E_DESIGN);
    assert_non_null(strstr(b->err.what, "'T'"));
}

static void a_faulty_frame_names_its_line(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *csv;
        size_t line;
    } cases[] = {
        {"psu,stratum,region,area\nA,S,R,urban\n", 1},
        {"psu,stratum,region,area,households\nA,S,R,urban,10\nA,S,R,rural,10\n", 3},
        {"psu,stratum,region,area,households\nA,S,R,urban,0\n", 2},
        {"psu,stratum,region,area,households\nA,S,R,town,10\n", 2},
        {"psu,stratum,region,area,households\nA,S,R,urban,ten\n", 2},
        {"psu,stratum,region,area,households\n,S,R,urban,10\n", 2},
        {"psu,stratum,region,area,households,excluded,reason\nA,S,R,urban,10,1,\n", 2},
        {"psu,stratum,region,area,households,excluded,reason\nA,S,R,urban,10,yes,\n", 2},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_frame *f = NULL;
        assert_int_equal(read_text(b, cases[k].csv, &f), TF_E_INPUT);
        assert_int_equal(b->err.line, cases[k].line);
        assert_null(f);
    }
}

static void a_base_weight_is_the_inverse_of_the_probability(void **state)
{
    (void)state;
    assert_true(fabs(tf_base_weight(0.1, 0.2, 0.5) - 100) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        ROW(a_frame_counts_its_coverage),
        ROW(hits_add_up_and_probabilities_are_proportional),
        ROW(probabilities_sum_to_the_stratum_sample),
        ROW(the_same_seed_draws_the_same_bytes),
        ROW(a_very_large_psu_is_hit_more_than_once),
        ROW(a_draw_that_cannot_be_is_refused),
        ROW(a_faulty_frame_names_its_line),
        ROW(a_base_weight_is_the_inverse_of_the_probability),
#undef ROW
    };
    return cmocka_run_group_tests_name("draw: frames and samples", tests, NULL, NULL);
}
