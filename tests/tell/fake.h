/* A release made by hand, for the tests of tell: one country, a survey figure with a withheld cell, a
 * small-base figure (19 of 85), answers in stacks, a series with years missing, a flow, a grid, a
 * quote, laws. Synthetic, like everything here. */
#ifndef TESTS_TELL_FAKE_H
#define TESTS_TELL_FAKE_H

#include <math.h>
#include <string.h>

#include "tell/build.h"

struct fake {
    struct tf_arena *a;
    struct tf_study study;
    struct tf_release release;
    struct tf_claims claims;
    struct tf_notices notices;
    struct tf_build *b;
};

static inline struct tf_cell *fake_cell(struct tf_arena *a, struct tf_figure *f, size_t *cap,
                                        const char *row, const char *row_label, const char *col,
                                        const char *col_label, enum tf_cell_state state,
                                        double value, double base)
{
    f->cell = tf_grow(a, f->cell, f->n_cells, cap, sizeof *f->cell);
    struct tf_cell *c = &f->cell[f->n_cells++];
    const double half = base > 0 && value > 0 && value < 1 ? 2.2 * sqrt(value * (1 - value) / base) : 0;
    *c = (struct tf_cell){.row = row, .row_label = row_label, .col = col, .col_label = col_label,
                          .state = state, .value = value, .lo = value - half * 0.92,
                          .hi = value + half, .se = half / 2, .df = 80, .deff = 1.4,
                          .n = floor(value * base + 0.5), .base = base, .psu = 100};
    if (state == TF_CELL_SUPPRESSED)
        c->value = c->lo = c->hi = c->se = c->n = c->base = NAN;
    if (state == TF_CELL_COUNT)
        c->lo = c->hi = c->se = NAN;
    return c;
}

static inline struct tf_figure fake_figure(const char *id, enum tf_figure_kind kind,
                                           enum tf_strand strand, const char *title)
{
    return (struct tf_figure){
        .id = id, .country = "XC", .kind = kind, .strand = strand, .title = title,
        .unit = kind == TF_FIG_SERIES ? "reports" : kind == TF_FIG_FLOW ? "count" : "share",
        .probability = kind == TF_FIG_ESTIMATE, .policy = "dh",
        .trace = "{\"dataset\":\"child\",\"dataset_hash\":\"7c1ea90f00112233\",\"recipe\":"
                 "\"children/child.recipe.yaml\",\"psu\":100}"};
}

static const struct {
    const char *col, *label;
    double n;
} fake_cols[] = {{"total", "Total", 1012}, {"sex=1", "Boys", 514},       {"sex=2", "Girls", 498},
                 {"agegrp=1", "12\xE2\x80\x93" "13", 326}, {"agegrp=2", "14\xE2\x80\x93" "15", 341},
                 {"agegrp=3", "16\xE2\x80\x93" "17", 345}, {"area=1", "Urban", 560},
                 {"area=2", "Rural", 452}};

static inline struct tf_figure fake_exp(struct tf_arena *a)
{
    static const struct {
        const char *row, *label;
        double share;
    } rows[] = {{"exp_a", "Sexual comments that made them uncomfortable", 0.16},
                {"exp_b", "Unwanted sexual images sent", 0.155},
                {"exp_c", "Asked for an image of themselves", 0.09},
                {"exp_d", "Offered money or gifts for images", 0.05},
                {"exp_e", "Images shared without permission", 0.047},
                {"exp_f", "Threatened or blackmailed", 0.04},
                {"ocsea_any", "Any clear example of online sexual exploitation", 0.1}};
    struct tf_figure f = fake_figure("exp", TF_FIG_ESTIMATE, TF_CHILDREN,
                                     "Experiences in the past 12 months");
    size_t cap = 0;
    f.population = "internet-using children aged 12\xE2\x80\x93" "17";
    f.recall = "past 12 months";
    f.source = "Household survey of children";
    f.sensitive = true;
    f.indicator = "ocsea_any";
    f.indicator_version = "DH1";
    for (size_t r = 0; r < 7; r++)
        for (size_t c = 0; c < 8; c++) {
            const bool hide = r == 5 && (c == 3 || c == 4);
            const double tilt = c == 2 ? 0.01 : c == 1 ? -0.01 : c == 5 ? 0.02 : 0;
            (void)fake_cell(a, &f, &cap, rows[r].row, rows[r].label, fake_cols[c].col,
                            fake_cols[c].label, hide ? TF_CELL_SUPPRESSED : TF_CELL_SHOWN,
                            rows[r].share + (r == 5 ? 0 : tilt), fake_cols[c].n);
        }
    struct tf_contrast *d = TF_NEW_N(a, struct tf_contrast, 2);
    d[0] = (struct tf_contrast){.row = "ocsea_any", .col_a = "sex=1", .col_b = "sex=2",
                                .difference = -0.01, .lo = -0.06, .hi = 0.04, .p = 0.6, .df = 80};
    d[1] = (struct tf_contrast){.row = "exp_a", .col_a = "agegrp=1", .col_b = "agegrp=3",
                                .difference = -0.08, .lo = -0.12, .hi = -0.04, .p = 0.001, .df = 80};
    f.contrast = d;
    f.n_contrasts = 2;
    return f;
}

static inline struct tf_figure fake_told(struct tf_arena *a)
{
    static const struct {
        const char *row, *label;
        double n;
    } rows[] = {{"friend", "A friend", 41}, {"mother", "Mother or female caregiver", 17},
                {"none", "No one", 19}, {"police", "Police", 2}};
    struct tf_figure f = fake_figure("told", TF_FIG_ESTIMATE, TF_CHILDREN, "Whom children told");
    size_t cap = 0;
    f.population = "children who met a clear example";
    f.source = "Household survey of children";
    for (size_t r = 0; r < 4; r++) {
        struct tf_cell *c = fake_cell(a, &f, &cap, rows[r].row, rows[r].label, "total", "Total",
                                      r == 3 ? TF_CELL_SUPPRESSED : TF_CELL_COUNT,
                                      rows[r].n / 85, 85);
        if (r != 3)
            c->n = rows[r].n;
    }
    return f;
}

static inline struct tf_figure fake_freq(struct tf_arena *a)
{
    static const struct {
        const char *row, *label;
        double share;
    } rows[] = {{"b1.1", "Several times a day", 0.38}, {"b1.2", "Daily", 0.27},
                {"b1.3", "Weekly", 0.2},               {"b1.4", "Less often", 0.1},
                {"b1.888", "Don\xE2\x80\x99t know", 0.03}, {"b1.999", "Prefer not to say", 0.02}};
    struct tf_figure f = fake_figure("freq", TF_FIG_ESTIMATE, TF_CHILDREN,
                                     "How often children go online");
    size_t cap = 0;
    f.population = "internet-using children aged 12\xE2\x80\x93" "17";
    f.source = "Household survey of children";
    for (size_t r = 0; r < 6; r++)
        for (size_t c = 0; c < 3; c++)
            (void)fake_cell(a, &f, &cap, rows[r].row, rows[r].label, fake_cols[c].col,
                            fake_cols[c].label, TF_CELL_SHOWN,
                            rows[r].share + (r == 0 ? 0.04 : r == 1 ? -0.04 : 0) * (c == 1 ? 1 : 0),
                            fake_cols[c].n);
    return f;
}

static inline struct tf_figure fake_series(struct tf_arena *a)
{
    static const char *const years[] = {"2016", "2017", "2018", "2019", "2020", "2021"};
    static const double counts[] = {3120, 5210, -1, -1, 12788, 9475};
    struct tf_figure f = fake_figure("cybertips", TF_FIG_SERIES, TF_THREATS, "CyberTipline reports");
    size_t cap = 0;
    f.source = "National Center for Missing & Exploited Children";
    f.caveat = "Reports are not children, not cases and not prevalence.";
    f.vintage = "2022-03-01";
    for (size_t k = 0; k < 6; k++) {
        struct tf_cell *c = fake_cell(a, &f, &cap, "total", "All reports", years[k], years[k],
                                      counts[k] < 0 ? TF_CELL_MISSING : TF_CELL_SHOWN, counts[k],
                                      NAN);
        c->lo = c->hi = NAN;
        c->n = counts[k];
        if (counts[k] < 0) {
            c->value = c->n = NAN;
            c->text = "not supplied by the source";
        }
    }
    return f;
}

static inline struct tf_figure fake_flow(struct tf_arena *a)
{
    static const struct {
        const char *row, *label;
        double n;
    } rows[] = {{"doors", "Doors visited", 2410}, {"contacted", "Somebody met", 2105},
                {"eligible", "An eligible child lives there", 1240},
                {"consent", "Caregiver and child agreed", 1061},
                {"complete", "Interview complete", 1012}};
    struct tf_figure f = fake_figure("flow", TF_FIG_FLOW, TF_CHILDREN, "From doors to interviews");
    size_t cap = 0;
    f.source = "Contact sheets";
    for (size_t k = 0; k < 5; k++) {
        struct tf_cell *c = fake_cell(a, &f, &cap, rows[k].row, rows[k].label, "total", "Total",
                                      TF_CELL_SHOWN, rows[k].n, NAN);
        c->lo = c->hi = NAN;
        c->n = rows[k].n;
    }
    return f;
}

static inline struct tf_figure fake_grid(struct tf_arena *a)
{
    struct tf_figure f = fake_figure("legal", TF_FIG_GRID, TF_CONTEXT, "What the law covers");
    size_t cap = 0;
    static const char *const rows[][3] = {
        {"L-XC-01", "Grooming is an offence", "met"},
        {"L-XC-02", "Simple possession is an offence", "not met"},
        {"L-XC-03", "Providers must report", "partly met"}};
    f.source = "Legal grid";
    for (size_t k = 0; k < 3; k++) {
        struct tf_cell *c = fake_cell(a, &f, &cap, rows[k][0], rows[k][1], "total", "Status",
                                      TF_CELL_TEXT, NAN, NAN);
        c->text = rows[k][2];
    }
    return f;
}

static inline void fake_make(struct fake *f, struct tf_arena *a)
{
    *f = (struct fake){.a = a, .notices = {.arena = a}};
    struct tf_country *c = TF_NEW(a, struct tf_country);
    *c = (struct tf_country){.code = "XC", .name = "Country XC", .age_min = 12, .age_max = 17,
                             .policy = "dh", .population = 1200000, .coverage = 0.97,
                             .population_source = "National statistics office, projection 2020"};
    struct tf_policy *p = TF_NEW(a, struct tf_policy);
    *p = (struct tf_policy){.name = "dh", .title = "Counts below fifty", .counts_below = 50,
                            .hide_from = 1, .hide_to = 4};
    static const char *allowed[] = {"12\xE2\x80\x93" "17", "past 12 months"};
    f->study = (struct tf_study){
        .arena = a, .dir = ".", .file = "study.yaml", .id = "fake", .edition = "1",
        .title = "What children in {country} live through online",
        .subtitle = "A national report from three strands of evidence: context, threats, and the "
                    "children\xE2\x80\x99s own perspectives",
        .kicker = "Evidence on online child sexual exploitation and abuse", .synthetic = true,
        .country = c, .n_countries = 1, .policy = p, .n_policies = 1, .allowed_number = allowed,
        .n_allowed_numbers = 2};
    struct tf_figure *fig = TF_NEW_N(a, struct tf_figure, 6);
    fig[0] = fake_exp(a);
    fig[1] = fake_told(a);
    fig[2] = fake_freq(a);
    fig[3] = fake_series(a);
    fig[4] = fake_flow(a);
    fig[5] = fake_grid(a);
    struct tf_quote *q = TF_NEW(a, struct tf_quote);
    *q = (struct tf_quote){
        .id = "Q-XC-01", .country = "XC", .attribution = "Justice professional, RA4-XC-07-J",
        .text = "The child came with her teacher. We had no room where she could speak without "
                "being overheard.",
        .code = "services", .participant = "RA4-XC-07-J", .transcript = "RA4-XC-07-J",
        .transcript_hash = "0011aabbccddeeff", .consent = "use and quote", .segment = "S-12"};
    struct tf_legal *law = TF_NEW_N(a, struct tf_legal, 1);
    law[0] = (struct tf_legal){.id = "L-XC-03", .country = "XC", .article = "12",
                               .instrument = "Child Protection Act", .date = "2015-03-01",
                               .criterion_label = "Providers must report", .status = "partly"};
    f->release = (struct tf_release){.country = "XC", .hash = "7c1ea90f55667788", .figure = fig,
                                     .n_figures = 6, .quote = q, .n_quotes = 1, .legal = law,
                                     .n_legal = 1};
    f->b = tf_build_new(a, &f->study, "XC", &f->release, "en", &f->notices);
    f->b->claims = &f->claims;
}

/* Read a text and give what it says, as plain text of its first block's inlines. */
static inline const char *fake_read(struct fake *f, const char *text)
{
    struct tf_buf out = {.arena = f->a};
    const struct tf_block *b = tf_text_blocks(f->b, "t.md", text, strlen(text), 1);
    if (b != NULL && b->kind == TF_B_QUOTE)
        tf_inline_text(b->child->inlines, &out);
    for (; b != NULL; b = b->next)
        tf_inline_text(b->inlines, &out);
    return tf_replace(f->a, tf_buf_text(&out), TF_NBSP, " ");
}

/* The notices as lines "file:line:column: text". */
static inline const char *fake_faults(struct fake *f, enum tf_level level)
{
    struct tf_buf out = {.arena = f->a};
    for (size_t k = 0; k < f->notices.n; k++) {
        const struct tf_notice *n = &f->notices.item[k];
        if (n->level >= level)
            tf_buf_printf(&out, "%s%s:%zu:%zu: %s", out.n == 0 ? "" : "\n",
                          n->file == NULL ? "" : n->file, n->line, n->column, n->text);
    }
    return tf_replace(f->a, tf_buf_text(&out), TF_NBSP, " ");
}

#endif
