/* The sample of PSUs by each method and allocation: joint probabilities of the whole, reserves, strata that
 * do not disturb each other, the set that is written, frames and their findings. */
#include "../house.h"

#include "draw/draw.h"

/* Three strata of 14, 9 and 20 PSUs, sizes 30 to 200 and one of 5,000; an auxiliary column. */
static const char *frame_text(struct house *h, size_t last)
{
    static const size_t psus[] = {14, 9};
    struct tf_buf csv = {.arena = h->arena};
    tf_buf_add(&csv, "psu,stratum,region,area,households,lat,lon,wealth,excluded,reason\n");
    for (size_t g = 0; g < 3; g++)
        for (size_t i = 0; i < (g < 2 ? psus[g] : last); i++)
            tf_buf_printf(&csv, "P%zu-%02zu,S%zu,R,%s,%zu,%zu.5,-%zu.25,%zu,0,\n", g, i, g,
                          i % 2 ? "urban" : "rural", g == 1 && i == 4 ? 5000 : 30 + (i * 53 + g * 17) % 171,
                          i, g, 5 + (i * 31 + g) % 40);
    tf_buf_add(&csv, "X1,S0,R,rural,400,,,1,1,floods\nX2,S2,R,rural,100,,,1,1,security\n"
                     "X3,S2,R,rural,300,,,1,1,security\n");
    return tf_buf_text(&csv);
}

static struct tf_frame *frame(struct house *h)
{
    struct tf_frame *f = NULL;
    OK(tf_frame_read(h->arena, put_file(h, "frame.csv", frame_text(h, 20)), &f, &h->err));
    return f;
}

static struct tf_sample *draw(struct house *h, const struct tf_frame *f, struct tf_draw_opt opt)
{
    struct tf_sample *s = NULL;
    opt.min = opt.min == 0 ? 2 : opt.min;
    opt.seed = opt.seed == NULL ? "XA" : opt.seed;
    OK(tf_sample_select(h->arena, f, &opt, &s, &h->err));
    return s;
}

static void every_method_draws_a_whole_sample(void **state)
{
    (void)state;
    static const char *const balance[] = {"wealth"};
    IN_HOUSE(h);
    const struct tf_frame *f = frame(&h);
    for (int m = 0; m < TF_N_DRAW; m++) {
        const bool cube = m == TF_DRAW_CUBE;
        const struct tf_sample *s = draw(&h, f, (struct tf_draw_opt){
            .n = 18, .method = (enum tf_draw_method)m, .joint = true, .balance = cube ? balance : NULL,
            .n_balance = cube ? 1 : 0});
        unsigned hits = 0;
        bool large = false;
        for (size_t i = 0; i < s->n; i++) {
            const struct tf_sample_psu *p = &s->psu[i];
            hits += p->hits;
            assert_true(p->p_psu > 0 && p->p_psu <= 1 && p->psu[0] == 'P');
            assert_true(fabs(s->joint[i * s->n + i] / p->p_psu - 1) < 1e-12);
            large = large || p->size > 4999;
            for (size_t j = 0; j < s->n; j++) {
                const struct tf_sample_psu *q = &s->psu[j];
                const double both = s->joint[i * s->n + j];
                assert_true(fabs(both - s->joint[j * s->n + i]) < 1e-12);
                assert_true(both <= fmin(p->p_psu, q->p_psu) + 1e-12);
                if (strcmp(p->stratum, q->stratum) != 0)
                    assert_true(fabs(both / (p->p_psu * q->p_psu) - 1) < 1e-12);
            }
        }
        assert_int_equal(hits, 18);
        const bool sized = m != TF_DRAW_SRS && m != TF_DRAW_SYSTEMATIC && m != TF_DRAW_SYSTEMATIC_RANDOM;
        assert_true(!sized || large); /* 5,000 of 6,000 households cannot be missed (18 draws with
                                         replacement: 1 in 10^12) */
        assert_true(s->deff_weights >= 1 - 1e-12);
    }
    OUT_OF_HOUSE(h);
}

/* Horvitz and Thompson's estimate of a total is unbiased, and the Sen-Yates-Grundy variance from the
 * joint probabilities is the variance that many samples show. */
static void estimates_are_unbiased_and_variances_true(void **state)
{
    (void)state;
    enum { SEEDS = 1500 };
    static const enum tf_draw_method methods[] = {TF_DRAW_SAMPFORD, TF_DRAW_TILLE, TF_DRAW_MAXENT,
                                                  TF_DRAW_BREWER, TF_DRAW_PPS_RANDOM};
    IN_HOUSE(h);
    const struct tf_frame *f = frame(&h);
    double total = 0, y[64];
    for (size_t k = 0; k < f->n; k++) {
        y[k] = 20 + 0.3 * sqrt(f->psu[k].size) * (double)(1 + k % 4);
        total += f->psu[k].excluded ? 0 : y[k];
    }
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
        double sum = 0, squares = 0, variance = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            struct tf_arena *one = tf_arena_new("draw", (size_t)1 << 22);
            char name[32];
            struct tf_sample *s = NULL;
            (void)snprintf(name, sizeof name, "seed-%d", seed);
            const struct tf_draw_opt opt = {.n = 18, .seed = name, .method = methods[m], .min = 2,
                                            .joint = true};
            OK(tf_sample_select(one, f, &opt, &s, &h.err));
            double estimate = 0;
            for (size_t i = 0; i < s->n; i++) {
                estimate += y[s->psu[i].frame] / s->psu[i].p_psu;
                for (size_t j = 0; j < i; j++) {
                    const double both = s->joint[i * s->n + j];
                    const double d = y[s->psu[i].frame] / s->psu[i].p_psu -
                                     y[s->psu[j].frame] / s->psu[j].p_psu;
                    variance += (s->psu[i].p_psu * s->psu[j].p_psu / both - 1) * d * d;
                }
            }
            sum += estimate;
            squares += estimate * estimate;
            tf_arena_free(one);
        }
        const double mean = sum / SEEDS, seen = squares / SEEDS - mean * mean;
        print_message("%s: bias %.2f se, variance %.3f of the true one\n",
                      tf_draw_method_word(methods[m]), (mean - total) / sqrt(seen / SEEDS),
                      variance / SEEDS / seen);
        assert_true(fabs(mean - total) < 4 * sqrt(seen / SEEDS));
        /* the variance of a variance from 1,500 samples: about 4 %; approximations a little more */
        assert_true(fabs(variance / SEEDS / seen - 1) < 0.16);
    }
    OUT_OF_HOUSE(h);
}

static void a_change_in_one_stratum_leaves_the_others(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const struct tf_frame *f = frame(&h);
    struct tf_frame *g = NULL;
    OK(tf_frame_read(h.arena, put_file(&h, "other.csv", frame_text(&h, 21)), &g, &h.err));
    struct tf_strata *given = NULL;
    OK(tf_strata_read(h.arena, put_file(&h, "strata.csv", "stratum,psus\nS0,5\nS1,3\nS2,6\n"), &given,
                      &h.err));
    for (int m = 0; m < TF_N_DRAW; m++) {
        const struct tf_draw_opt opt = {.method = (enum tf_draw_method)m,
                                        .allocation = TF_ALLOCATE_GIVEN, .strata = given, .reserve = 2};
        const struct tf_sample *a = draw(&h, f, opt), *b = draw(&h, g, opt);
        size_t k = 0;
        for (; k < a->n && strcmp(a->psu[k].stratum, "S2") < 0; k++) {
            assert_string_equal(a->psu[k].psu, b->psu[k].psu);
            assert_true(fabs(a->psu[k].p_psu - b->psu[k].p_psu) <= 0);
        }
        assert_true(k > 0);
        assert_string_equal(a->reserve[0].psu, b->reserve[0].psu);
    }
    OUT_OF_HOUSE(h);
}

static void reserves_are_matched_and_change_nothing(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const struct tf_frame *f = frame(&h);
    const struct tf_sample *a = draw(&h, f, (struct tf_draw_opt){.n = 18});
    const struct tf_sample *b = draw(&h, f, (struct tf_draw_opt){.n = 18, .reserve = 3});
    assert_int_equal(a->n, b->n);
    assert_int_equal(b->n_reserve, 9);
    for (size_t k = 0; k < a->n; k++)
        assert_string_equal(a->psu[k].psu, b->psu[k].psu);
    for (size_t k = 0; k < b->n; k++) { /* each PSU of the sample has a reserve of its stratum */
        size_t found = 0;
        for (size_t r = 0; r < b->n_reserve; r++) {
            assert_string_not_equal(b->reserve[r].psu, b->psu[k].psu);
            if (strstr(b->reserve[r].stands_for, b->psu[k].psu) == NULL)
                continue;
            assert_string_equal(b->reserve[r].stratum, b->psu[k].stratum);
            found++;
        }
        assert_int_equal(found, 1);
    }
    for (size_t r = 1; r < b->n_reserve; r++)
        if (strcmp(b->reserve[r].stratum, b->reserve[r - 1].stratum) == 0)
            assert_true(b->reserve[r].size <= b->reserve[r - 1].size);
    OUT_OF_HOUSE(h);
}

static void very_large_psus_are_certain_when_asked(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const struct tf_frame *f = frame(&h);
    const struct tf_sample *hits = draw(&h, f, (struct tf_draw_opt){.n = 18});
    const struct tf_sample *once = draw(&h, f, (struct tf_draw_opt){.n = 18, .certainty = true});
    for (size_t k = 0; k < hits->n; k++)
        if (hits->psu[k].size > 4999)
            assert_true(hits->psu[k].hits > 1 && hits->psu[k].expected > 1);
    size_t certain = 0, take[2] = {0, 0};
    for (size_t k = 0; k < once->n; k++) {
        assert_int_equal(once->psu[k].hits, 1);
        certain += once->psu[k].certain;
    }
    assert_true(certain >= 1 && once->n == 18);
    for (size_t k = 0; k < 3; k++) {
        take[0] += hits->stratum[k].take;
        take[1] += once->stratum[k].take;
    }
    assert_int_equal(take[0], 18);
    assert_int_equal(take[1], 18);
    OUT_OF_HOUSE(h);
}

static void psus_go_to_strata_by_each_rule(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum tf_allocation rule;
        size_t n, take[3];
    } cases[] = {
        {"equal, at least 5 in S2", TF_ALLOCATE_EQUAL, 12, {4, 3, 5}},
        {"as given", TF_ALLOCATE_GIVEN, 0, {6, 3, 7}},
        /* size x sd / sqrt(cost): S0 1,500 x 1, S1 5,9xx x .2 / 2, S2 2,2xx x .5 */
        {"Neyman, with costs", TF_ALLOCATE_NEYMAN, 15, {0, 0, 0}},
    };
    IN_HOUSE(h);
    const struct tf_frame *f = frame(&h);
    struct tf_strata *s = NULL;
    OK(tf_strata_read(h.arena, put_file(&h, "strata.csv", "stratum,sd,mean,cost,psus,min\nS0,1,1,1,6,\n"
                                                          "S1,0.2,1,4,3,\nS2,0.5,1,1,7,5\n"), &s, &h.err));
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const struct tf_sample *x = draw(&h, f, (struct tf_draw_opt){
            .n = cases[c].n, .allocation = cases[c].rule, .strata = s, .min = 2});
        size_t want[3];
        memcpy(want, cases[c].take, sizeof want);
        if (cases[c].rule == TF_ALLOCATE_NEYMAN) {
            const double w[3] = {x->stratum[0].size, x->stratum[1].size * 0.1, x->stratum[2].size * 0.5};
            for (size_t k = 0; k < 3; k++) { /* within one of its share, above the least */
                const double share = 15 * w[k] / (w[0] + w[1] + w[2]);
                const double least = k == 2 ? 5 : 2;
                assert_true(fabs((double)x->stratum[k].take - fmax(share, least)) < 1.6);
            }
            continue;
        }
        for (size_t k = 0; k < 3; k++)
            if (x->stratum[k].take != want[k])
                fail_msg("%s: stratum %zu gets %zu, not %zu", cases[c].name, k, x->stratum[k].take, want[k]);
    }
    OUT_OF_HOUSE(h);
}

static void the_set_is_written_whole_or_not(void **state)
{
    (void)state;
    static const char *const names[] = {"allocation.csv", "coverage.csv", "joint.csv", "map.csv",
                                        "map.geojson", "report.md", "reserve.csv", "sample.csv",
                                        "sheets.html"};
    IN_HOUSE(h);
    const struct tf_frame *f = frame(&h);
    const struct tf_sample *s = draw(&h, f, (struct tf_draw_opt){.n = 18, .method = TF_DRAW_SAMPFORD,
                                                                 .joint = true, .reserve = 1});
    const char *dir = tf_path_join(h.arena, h.dir, "set");
    char **name;
    size_t n;
    OK(tf_sample_publish(h.arena, s, f, 10, dir, false, &h.err));
    OK(tf_dir_list(h.arena, dir, &name, &n, &h.err));
    assert_int_equal(n, 9);
    for (size_t k = 0; k < n; k++)
        assert_string_equal(name[k], names[k]);
    assert_int_equal(tf_sample_publish(h.arena, s, f, 10, dir, false, &h.err), TF_E_INPUT);
    OK(tf_sample_publish(h.arena, s, f, 10, dir, true, &h.err));
    assert_false(tf_dir_exists(tf_printf(h.arena, "%s.old", dir)));
    assert_false(tf_dir_exists(tf_printf(h.arena, "%s.part", dir)));
    /* a folder that is not ours is left alone */
    const char *other = tf_path_dir(h.arena, put_file(&h, "mine/notes.txt", "x"));
    assert_int_equal(tf_sample_publish(h.arena, s, f, 10, other, true, &h.err), TF_E_INPUT);
    /* the square reads back: names across and down, p on the diagonal */
    struct tf_table *t = NULL;
    OK(tf_csv_read(h.arena, tf_path_join(h.arena, dir, "joint.csv"),
                   (struct tf_csv_opt){.guess_numbers = true}, &t, &h.err));
    assert_int_equal(t->n_rows, s->n);
    assert_int_equal(t->n_cols, s->n + 1);
    for (size_t k = 0; k < s->n; k++) {
        assert_string_equal(t->col[k + 1].name, s->psu[k].psu);
        assert_string_equal(t->col[0].text[k], s->psu[k].psu);
        assert_true(fabs(t->col[k + 1].num[k] - s->psu[k].p_psu) <= 0);
    }
    struct tf_bytes report, sheets;
    OK(tf_file_read(h.arena, tf_path_join(h.arena, dir, "report.md"), 1 << 20, &report, &h.err));
    OK(tf_file_read(h.arena, tf_path_join(h.arena, dir, "sheets.html"), 1 << 20, &sheets, &h.err));
    assert_non_null(strstr(report.data, "security (2 PSUs, "));
    assert_non_null(strstr(report.data, "floods (1 PSU, "));
    assert_non_null(strstr(report.data, "Sampford 1967"));
    assert_null(strstr(report.data, "fewer households than"));
    struct tf_buf warned = {.arena = h.arena};
    const struct tf_sample *thin = draw(&h, f, (struct tf_draw_opt){.n = 4, .min = 1});
    tf_sample_report(thin, f, 5000, &warned);
    assert_non_null(strstr(tf_buf_text(&warned), "fewer households than are to be taken"));
    assert_non_null(strstr(tf_buf_text(&warned), "strata give one PSU only"));
    size_t pages = 0;
    for (const char *at = sheets.data; (at = strstr(at, "<section>")) != NULL; at++)
        pages++;
    assert_int_equal(pages, s->n);
    OUT_OF_HOUSE(h);
}

static void a_frame_tells_all_its_faults(void **state)
{
    (void)state;
    static const struct {
        const char *name, *csv, *id;
        size_t line, column;
        enum tf_level level;
    } cases[] = {
        {"a size that is missing", "psu,households\nA,10\nB,\n", "size", 3, 3, TF_ERROR},
        {"a size of zero", "psu,households\nA,0\nB,1\n", "size", 2, 3, TF_ERROR},
        {"a negative size", "psu,households\nA,-5\nB,1\n", "size", 2, 3, TF_ERROR},
        {"a size in words", "psu,households\nA,many\nB,1\n", "size", 2, 3, TF_ERROR},
        {"a PSU twice", "psu,households\nA,5\nB,1\nA,7\n", "duplicate", 4, 1, TF_ERROR},
        {"no code", "psu,households\n,5\nB,1\n", "psu", 2, 1, TF_ERROR},
        {"excluded, no reason", "psu,households,excluded,reason\nA,5,1,\nB,1,,\n", "reason", 2, 7, TF_ERROR},
        {"a place off the globe", "psu,households,lat,lon\nA,5,91,0\nB,1,1,1\n", "place", 2, 5, TF_ERROR},
        {"half a place", "psu,households,lat,lon\nA,5,9,\nB,1,1,1\n", "place", 2, 7, TF_ERROR},
        {"a stratum of one", "psu,stratum,households\nA,S,50\nB,S,60\nC,T,70\n", "stratum", 4, 3, TF_WARNING},
        {"a PSU below the take", "psu,households\nA,50\nB,7\nC,40\n", "undersized", 3, 1, TF_WARNING},
    };
    IN_HOUSE(h);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct tf_notices notices = {.arena = h.arena};
        struct tf_frame *f = NULL;
        bool found = false;
        OK(tf_frame_check(h.arena, put_file(&h, "f.csv", cases[c].csv),
                          (struct tf_frame_opt){.take = 10}, &notices, &f, &h.err));
        for (size_t k = 0; k < notices.n; k++) {
            const struct tf_notice *n = &notices.item[k];
            found = found || (strcmp(n->id, cases[c].id) == 0 && n->line == cases[c].line &&
                              n->column == cases[c].column && n->level == cases[c].level);
        }
        if (!found)
            fail_msg("%s: not found (first: %s %zu:%zu)", cases[c].name,
                     notices.n > 0 ? notices.item[0].id : "nothing",
                     notices.n > 0 ? notices.item[0].line : 0, notices.n > 0 ? notices.item[0].column : 0);
    }
    /* the merge that is suggested is the smaller neighbour */
    struct tf_notices notices = {.arena = h.arena};
    struct tf_frame *f = NULL;
    OK(tf_frame_check(h.arena, put_file(&h, "f.csv", "psu,households\nA,50\nB,7\nC,40\n"),
                      (struct tf_frame_opt){.take = 10}, &notices, &f, &h.err));
    assert_non_null(strstr(notices.item[0].help, "'C'"));
    /* another column measures size; zero may be excluded, and is then counted */
    OK(tf_frame_read_with(h.arena, put_file(&h, "f.csv", "psu,households,children\nA,50,20\nB,7,0\nC,40,9\n"),
                          (struct tf_frame_opt){.size = "children", .zero_excluded = true}, &f, &h.err));
    assert_true(f->psu[1].excluded && fabs(f->psu[0].size - 20) < 1e-12);
    assert_true(fabs(f->psu[0].households - 50) < 1e-12);
    const struct tf_table *t = tf_coverage_table(h.arena, f);
    assert_string_equal(t->col[0].text[0], "measure of size is zero");
    OUT_OF_HOUSE(h);
}

static void faults_of_a_draw_have_their_place(void **state)
{
    (void)state;
    static const char *const wealth[] = {"welth"}, *const reason[] = {"area"};
    IN_HOUSE(h);
    const struct tf_frame *f = frame(&h);
    struct tf_sample *s = NULL;
    struct tf_strata *strata = NULL;
    struct tf_draw_opt o = {.n = 18, .seed = "x", .method = TF_DRAW_CUBE, .min = 2, .balance = wealth,
                            .n_balance = 1};
    assert_int_equal(tf_sample_select(h.arena, f, &o, &s, &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.help, "wealth")); /* the nearest column */
    o.balance = reason;
    assert_int_equal(tf_sample_select(h.arena, f, &o, &s, &h.err), TF_E_INPUT);
    assert_int_equal(h.err.line, 2);
    assert_int_equal(h.err.column, 12);
    o = (struct tf_draw_opt){.n = 18, .seed = "x", .min = 10};
    assert_int_equal(tf_sample_select(h.arena, f, &o, &s, &h.err), TF_E_DESIGN);
    assert_non_null(strstr(h.err.what, "'S1'"));
    OK(tf_strata_read(h.arena, put_file(&h, "s.csv", "stratum,sd\nS0,1\nS1,1\n"), &strata, &h.err));
    o = (struct tf_draw_opt){.n = 18, .seed = "x", .min = 2, .allocation = TF_ALLOCATE_NEYMAN,
                             .strata = strata};
    assert_int_equal(tf_sample_select(h.arena, f, &o, &s, &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.what, "'S2'"));
    assert_int_equal(tf_strata_read(h.arena, put_file(&h, "s.csv", "stratum,share\nS0,1\nS1,1.5\n"),
                                    &strata, &h.err), TF_E_INPUT);
    assert_int_equal(h.err.line, 3);
    assert_int_equal(h.err.column, 4);
    assert_int_equal(tf_strata_read(h.arena, put_file(&h, "s.csv", "stratum,psus\nS0,1\nS0,2\n"),
                                    &strata, &h.err), TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

static void a_cube_across_strata_keeps_every_stratum_whole(void **state)
{
    (void)state;
    static const char *const balance[] = {"wealth", "households"};
    IN_HOUSE(h);
    const struct tf_frame *f = frame(&h);
    const struct tf_draw_opt opt = {.n = 18, .method = TF_DRAW_CUBE, .across = true, .joint = true,
                                    .balance = balance, .n_balance = 2, .reserve = 1};
    const struct tf_sample *s = draw(&h, f, opt), *again = draw(&h, f, opt);
    assert_true(s->across && s->n == 18 && s->n_strata == 3);
    for (size_t g = 0, k = 0; g < 3; g++) {
        size_t in = 0;
        for (; k < s->n && strcmp(s->psu[k].stratum, s->stratum[g].name) == 0; k++, in++)
            assert_string_equal(s->psu[k].psu, again->psu[k].psu);
        assert_int_equal(in, s->stratum[g].take);
    }
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->n; j++) {
            const double both = s->joint[i * s->n + j];
            assert_true(both >= 0 && both <= fmin(s->psu[i].p_psu, s->psu[j].p_psu) + 1e-12);
            if (i == j)
                assert_true(fabs(both - s->psu[i].p_psu) < 1e-12);
        }
    OUT_OF_HOUSE(h);
}

static void the_order_is_a_serpentine(void **state)
{
    (void)state;
    static const struct {
        const char *name, *column[2], *order;
        size_t n;
    } cases[] = {
        {"by one column, ties as in the file", {"region", NULL}, "beghadfc", 1},
        {"numbers as numbers, then turned round", {"region", "v"}, "hgbedafc", 2},
        {"text where a cell is no number", {"w", NULL}, "fgbdhace", 1},
    };
    IN_HOUSE(h);
    const char *path = put_file(&h, "o.csv", "psu,households,region,v,w\na,9,B,100,9\nb,9,A,20,10\n"
                                             "c,9,C,3,x\nd,9,B,101,2\ne,9,A,30,z\nf,9,B,7,1\n"
                                             "g,9,A,9,1\nh,9,A,8,3\n");
    struct tf_frame *f = NULL;
    OK(tf_frame_read(h.arena, path, &f, &h.err));
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char got[9] = "";
        const struct tf_sample *s = draw(&h, f, (struct tf_draw_opt){
            .n = 8, .method = TF_DRAW_SRS, .order = cases[c].column, .n_order = cases[c].n});
        for (size_t k = 0; k < s->n; k++)
            got[k] = s->psu[k].psu[0];
        if (strcmp(got, cases[c].order) != 0)
            fail_msg("%s: %s, not %s", cases[c].name, got, cases[c].order);
    }
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_draws_a_whole_sample),
        cmocka_unit_test(estimates_are_unbiased_and_variances_true),
        cmocka_unit_test(a_change_in_one_stratum_leaves_the_others),
        cmocka_unit_test(reserves_are_matched_and_change_nothing),
        cmocka_unit_test(very_large_psus_are_certain_when_asked),
        cmocka_unit_test(psus_go_to_strata_by_each_rule),
        cmocka_unit_test(the_set_is_written_whole_or_not),
        cmocka_unit_test(a_frame_tells_all_its_faults),
        cmocka_unit_test(a_cube_across_strata_keeps_every_stratum_whole),
        cmocka_unit_test(the_order_is_a_serpentine),
        cmocka_unit_test(faults_of_a_draw_have_their_place),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("draw: samples", tests, NULL, NULL);
}
