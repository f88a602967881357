/* protect: the second door. Nothing leaves but through here, into release.db, and what is not
 * released is not in it: a suppressed cell has no numbers there.
 *
 * Policies (named objects of the study): small bases (DH: below 50 counts; DHS: 25/50; suppress),
 * numerators 1-4 on sensitive items hidden with their complement, convenience samples as "x of n"
 * with their caveat and never an interval, quotes only with consent. docs/METHODS.md says each rule. */
#ifndef TF_PROTECT_H
#define TF_PROTECT_H

#include "ask/ask.h"
#include "base/base.h"
#include "harmonise/harmonise.h"
#include "keep/keep.h"
#include "listen/listen.h"
#include "measure/measure.h"

enum tf_figure_kind {
    TF_FIG_ESTIMATE, /* probability sample: shares or means with intervals */
    TF_FIG_COUNT,    /* convenience sample: x of n */
    TF_FIG_SERIES,   /* administrative counts by period (rows: breakdowns; columns: periods) */
    TF_FIG_FLOW,     /* case-flow */
    TF_FIG_GRID      /* text cells: legal grid, capacity, code by case (numbers as counts) */
};
enum tf_cell_state {
    TF_CELL_SHOWN,      /* value and interval */
    TF_CELL_COUNT,      /* small base or convenience sample: print "x of n" */
    TF_CELL_FLAGGED,    /* shown in parentheses: small base */
    TF_CELL_SUPPRESSED, /* [c]: withheld to protect children; no numbers stored */
    TF_CELL_UNRELIABLE, /* [u]: the design cannot say (df 0) */
    TF_CELL_MISSING,    /* [x]: typed missing, reason in text */
    TF_CELL_NA,         /* [z]: not applicable (empty base, not asked) */
    TF_CELL_TEXT        /* text */
};
struct tf_cell {
    const char *row, *row_label, *col, *col_label;
    enum tf_cell_state state;
    double value;  /* share 0..1, mean, or count; NaN where not released */
    double lo, hi, se, df, deff;
    double n, base, psu; /* unweighted; NaN where not released */
    const char *text;    /* TEXT; or the reason of MISSING */
    unsigned flags;
};
struct tf_figure {
    const char *id, *country, *title;
    enum tf_figure_kind kind;
    enum tf_strand strand;
    const char *unit;     /* share, mean, total, count, report, case, … */
    const char *population, *source, *caveat, *question, *recall, *base_text;
    const char *indicator, *indicator_version, *policy;
    const char *vintage;  /* series: as-of date */
    const char *trace;    /* JSON object: dataset, dataset_hash, recipe, recipe_hash, design, n, psu,
                             strata, evidence ids; for series: source, unit, counting_rule, vintage,
                             caveat, grade; for laws: instrument, article, date per row */
    const char *hash;     /* of the released content */
    bool probability, sensitive;
    unsigned flags;
    struct tf_cell *cell;
    size_t n_cells;
    struct tf_contrast *contrast; /* only between two shown cells */
    size_t n_contrasts;
};
struct tf_quote {
    const char *id, *country, *text, *attribution; /* as printed: "Justice professional, RA4-XB-07-J" */
    const char *code, *theme, *participant, *segment, *transcript, *transcript_hash, *consent;
    size_t start, end;
};
struct tf_legal { /* one row of the legal grid, citable by id */
    const char *id, *country, *instrument, *article, *criterion, *criterion_label, *status, *date,
        *note, *evidence;
};
/* Apply the policy to everything measured, counted and coded in a country and write it to
 * <study>/.trefoil/release.db in one transaction. The figures made: those of the recipes; "flow"
 * (case-flow T1); each series by its id; "legal"; "codes" (code by case); "capacity"; "profile". */
TF_MUST_CHECK enum tf_code tf_protect_country(struct tf_arena *arena, const struct tf_study *study,
                                              struct tf_keep *keep, const char *country,
                                              struct tf_err *reterr);
/* What comes to a release from rooms that protect may not see: the door brings it. */
struct tf_protect_extra {
    const struct tf_flow_input { /* the door-level case-flow (T1): one stage of the contact sheets */
        const char *id, *label;
        double count;
        const char *why;
    } *flow;
    size_t n_flow;
};
/* As tf_protect_country, with what the door brings (extra may be NULL). */
TF_MUST_CHECK enum tf_code tf_protect_country_with(struct tf_arena *arena,
                                                   const struct tf_study *study,
                                                   struct tf_keep *keep, const char *country,
                                                   const struct tf_protect_extra *extra,
                                                   struct tf_err *reterr);
/* Decide one cell under a policy: exposed for tests and for `trefoil protect explain`. */
enum tf_cell_state tf_policy_state(const struct tf_policy *p, bool probability, bool sensitive,
                                   double n, double base, double df);

/* A sentence that says why a cell is in its state; words for the state: "shown", "suppressed", … */
const char *tf_cell_why(struct tf_arena *arena, const struct tf_policy *p, const struct tf_figure *f,
                        const struct tf_cell *c);
const char *tf_cell_state_word(enum tf_cell_state state);
const char *tf_figure_kind_word(enum tf_figure_kind kind);

/* ---- reading the release: all that relate and tell ever see ---- */
struct tf_release {
    const char *country, *hash; /* hash of all below: the report's "evidence snapshot" */
    struct tf_figure *figure;
    size_t n_figures;
    struct tf_quote *quote;
    size_t n_quotes;
    struct tf_legal *legal;
    size_t n_legal;
};
TF_MUST_CHECK enum tf_code tf_release_read(struct tf_arena *arena, const char *study_dir,
                                           const char *country, struct tf_release **ret,
                                           struct tf_err *reterr);
const struct tf_figure *tf_release_figure(const struct tf_release *r, const char *id);
const struct tf_quote *tf_release_quote(const struct tf_release *r, const char *id);
const struct tf_legal *tf_release_legal(const struct tf_release *r, const char *id);
/* The cell of (row, col); col NULL = "total"; a row may be given without the figure's common prefix.
 * A column may be written by code ("sex=2") or by label slug ("sex=girl" for label "Girls" or "Girl"). */
const struct tf_cell *tf_figure_cell(const struct tf_figure *f, const char *row, const char *col);
const struct tf_contrast *tf_figure_contrast(const struct tf_figure *f, const char *row,
                                             const char *col_a, const char *col_b, bool *ret_swapped);
/* The name of the evidence card of a cell, a quote or a law, for pages and links: "ev-exp-exp-a",
 * "ev-exp-ocsea-any-sex-2", "ev-quote-q-xa-01", "ev-law-l-xa-03". col NULL or "total" adds nothing. */
char *tf_release_card_id(struct tf_arena *arena, const char *figure, const char *row,
                         const char *col);
char *tf_release_quote_card_id(struct tf_arena *arena, const char *quote);
char *tf_release_law_card_id(struct tf_arena *arena, const char *law);
/* The cell that a card id names, and its figure; NULL when there is none. */
const struct tf_cell *tf_release_card(struct tf_arena *arena, const struct tf_release *r,
                                      const char *card_id, const struct tf_figure **ret_figure);
/* The countries that have something released, ordered by code; none when there is no release. */
TF_MUST_CHECK enum tf_code tf_release_countries(struct tf_arena *arena, const char *study_dir,
                                                const char ***ret, size_t *ret_n,
                                                struct tf_err *reterr);
/* Is the release older than what it was made from? Names the first changed evidence. */
TF_MUST_CHECK enum tf_code tf_release_fresh(struct tf_arena *arena, const struct tf_study *study,
                                            struct tf_keep *keep, const char *country,
                                            struct tf_err *reterr);

#endif
