/* draw: the sample.
 *
 * Stages with stratification: PSUs by any of eleven methods within strata, a segment of a large
 * PSU, then households, then one child and their caregiver within the household. Every probability
 * is kept: it is what base weights are made of. Sources stand in the files; the whole: Kish (1965);
 * Särndal, Swensson & Wretman (1992); Tillé (2006), Sampling Algorithms.
 *
 * Everything is drawn from streams named after the seed and the place ("SEED/stratum"): the same
 * name draws the same sample on any machine, and a change in one stratum leaves the others. */
#ifndef TF_DRAW_H
#define TF_DRAW_H

#include "base/base.h"

struct tf_sheet;

/* ---- the frame (frame.c, coverage.c) ---- */

struct tf_frame_psu {
    const char *psu, *stratum, *region, *area; /* area: urban | rural, or "" */
    double size;                               /* the measure of size, > 0 unless excluded */
    bool excluded;                             /* cannot be sampled (security, access …) */
    const char *reason;
    double households; /* = size, unless another column is the measure; NaN when unknown */
    double lat, lon;   /* degrees, NaN where not given */
    size_t row;        /* in the sheet */
};
struct tf_frame {
    const char *file;
    struct tf_frame_psu *psu;
    size_t n;
    double coverage; /* share of all size that stands in PSUs that could be sampled */
    const struct tf_sheet *sheet;
    const char *size_column;
    bool has_place; /* some PSU has lat and lon */
};
struct tf_frame_opt {
    const char *size;  /* the column that measures size; NULL: households */
    bool zero_excluded; /* a PSU of size zero is excluded, and counted, where it is else refused */
    size_t take; /* households to be taken in a PSU: smaller PSUs are warned of; 0: not asked */
};
/* Read a frame CSV: columns psu, households[, stratum, region, area, excluded, reason, lat, lon].
 * Every finding is a notice with its place (errors: psu, size, duplicate, area, excluded, reason,
 * place; warnings: undersized, stratum). The frame holds the usable rows even when errors stand. */
TF_MUST_CHECK enum tf_code tf_frame_check(struct tf_arena *arena, const char *path,
                                          struct tf_frame_opt opt, struct tf_notices *notices,
                                          struct tf_frame **ret, struct tf_err *reterr);
/* The same; the first error ends it. tf_frame_read is the plain frame. */
TF_MUST_CHECK enum tf_code tf_frame_read_with(struct tf_arena *arena, const char *path,
                                              struct tf_frame_opt opt, struct tf_frame **ret,
                                              struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_frame_read(struct tf_arena *arena, const char *path,
                                         struct tf_frame **ret, struct tf_err *reterr);
/* What the frame covers: one row a reason of exclusion, then what could be sampled, then all.
 * Table: reason, psus, size, share (of all size). */
struct tf_table *tf_coverage_table(struct tf_arena *arena, const struct tf_frame *f);

/* ---- selection from one list (method.c) ---- */

enum tf_draw_method {
    TF_DRAW_PPS_SYSTEMATIC,
    TF_DRAW_SRS,
    TF_DRAW_SYSTEMATIC,
    TF_DRAW_SYSTEMATIC_RANDOM,
    TF_DRAW_PPS_RANDOM,
    TF_DRAW_SAMPFORD,
    TF_DRAW_TILLE,
    TF_DRAW_MAXENT,
    TF_DRAW_BREWER,
    TF_DRAW_CUBE,
    TF_DRAW_PPS_WR,
    TF_N_DRAW
};
const char *tf_draw_method_word(enum tf_draw_method m);
bool tf_draw_method_named(const char *word, enum tf_draw_method *ret);

/* n units with inclusion probabilities p in (0, 1], adding up to a whole number. With hits (methods
 * pps_systematic and pps_wr) p is the expected number of hits and may exceed 1. */
struct tf_list {
    size_t n;
    const double *p; /* [n] */
    const double *x; /* [n x n_x], row-major: balancing columns of the cube, else NULL */
    size_t n_x;
    bool hits;
    const size_t *group; /* cube: p adds up to a whole number in each group 0 … n_groups - 1, and
                            each is drawn with that size; NULL: all are one */
    size_t n_groups;
};
/* p of `take` units in proportion to size (> 0); the certain ones are 1. take <= n. */
void tf_list_inclusion(const double *size, size_t n, size_t take, double *p);
/* Select: hits[n] says how often each unit came. */
void tf_list_draw(struct tf_arena *arena, enum tf_draw_method m, const struct tf_list *l,
                  struct tf_rng *rng, unsigned *hits);
/* Joint inclusion probabilities of the units who[n_who]: pi2 [n_who x n_who], row-major, inclusion
 * probabilities on the diagonal. Exact or approximate by method: docs/DRAW.md. Held by tests/gold
 * against R's sampling package to 1e-9. */
void tf_list_joint(struct tf_arena *arena, enum tf_draw_method m, const struct tf_list *l,
                   const size_t *who, size_t n_who, double *pi2);

/* ---- the sample of PSUs (select.c) ---- */

struct tf_sample_psu {
    const char *psu, *stratum, *region, *area;
    double size;
    double p_psu;      /* inclusion probability of the PSU, in (0, 1] */
    double households; /* listed in the frame */
    unsigned hits;     /* times selected (> 1 for a very large PSU) */
    double expected;   /* expected number of hits (= p_psu where a PSU comes once at most) */
    bool certain;      /* p_psu = 1 */
    size_t frame;      /* index into the frame */
};
struct tf_sample_stratum {
    const char *name;
    size_t psus;    /* that could be sampled */
    double size;
    size_t take, certain;
};
/* A PSU drawn in advance, to stand in for one of the sample that cannot be worked in. */
struct tf_reserve {
    const char *psu, *stratum;
    double size, p_psu; /* p_psu: as if drawn in the main sample */
    size_t frame, order; /* 1-based in its stratum */
    const char *stands_for; /* PSUs of the sample, "; " between */
};
struct tf_balance { /* of one balancing column, over all strata */
    const char *column;
    double total, estimate;
};
struct tf_sample {
    struct tf_sample_psu *psu;
    size_t n;
    const char *seed_name; /* the random stream's name, for the record */
    enum tf_draw_method method;
    const char *allocation;
    struct tf_sample_stratum *stratum;
    size_t n_strata;
    double *joint; /* [n x n], or NULL when not asked */
    struct tf_reserve *reserve;
    size_t n_reserve;
    struct tf_balance *balance;
    size_t n_balance;
    bool across;
    const char *order; /* the columns of the order, or "" */
    double deff_weights; /* 1 + cv^2 of weights to be expected, with an equal take in each PSU */
};

enum tf_allocation {
    TF_ALLOCATE_PROPORTIONAL, /* to size */
    TF_ALLOCATE_EQUAL,
    TF_ALLOCATE_NEYMAN, /* size x sd / sqrt(cost) */
    TF_ALLOCATE_POWER,  /* Bankier: cv x size^power */
    TF_ALLOCATE_GIVEN,  /* column psus of the strata file */
    TF_N_ALLOCATE
};
bool tf_allocation_named(const char *word, enum tf_allocation *ret);
const char *tf_allocation_word(enum tf_allocation rule);

/* What is known of strata (CSV: stratum[, sd, mean, share, cost, psus, size, min]): NaN where not
 * given. share gives mean = p and sd = sqrt(p (1 - p)). */
struct tf_stratum_facts {
    const char *name;
    double sd, mean, cost, psus, size, min;
    size_t row;
};
struct tf_strata {
    const struct tf_sheet *sheet;
    struct tf_stratum_facts *item;
    size_t n;
};
TF_MUST_CHECK enum tf_code tf_strata_read(struct tf_arena *arena, const char *path,
                                          struct tf_strata **ret, struct tf_err *reterr);

struct tf_draw_opt {
    size_t n; /* PSUs in all; 0 with TF_ALLOCATE_GIVEN */
    const char *seed;
    enum tf_draw_method method;
    enum tf_allocation allocation;
    const struct tf_strata *strata; /* for neyman, power, given; else NULL */
    double power;                   /* of Bankier's allocation, 0..1 */
    size_t min;                     /* PSUs in each stratum at least */
    bool certainty; /* sized methods: very large PSUs are taken for certain, once, instead of hit
                       several times. Always so but in pps_systematic and pps_wr */
    const char *const *balance; /* columns of the frame, for the cube */
    size_t n_balance;
    bool across; /* the cube balances over all strata together, not within each: the strata are then
                    drawn from one stream, and a change in one may change the others */
    const char *const *order; /* columns of the frame by which PSUs are put in serpentine order in
                                 each stratum before the draw; n_order 0: as in the file */
    size_t n_order;
    size_t reserve; /* replacement PSUs in each stratum */
    bool joint;     /* fill tf_sample.joint */
};
/* Draw. TF_E_DESIGN when a stratum has fewer than opt.min PSUs (or 2 where min is 2), when the
 * allocation is impossible; TF_E_INPUT for a balancing column that is missing or no number. */
TF_MUST_CHECK enum tf_code tf_sample_select(struct tf_arena *arena, const struct tf_frame *frame,
                                            const struct tf_draw_opt *opt, struct tf_sample **ret,
                                            struct tf_err *reterr);
/* Systematic PPS of n_psu PSUs, allocated to strata in proportion to size (at least 2 each), from
 * the stream named seed_name. TF_E_DESIGN when a stratum has fewer than 2 PSUs. */
TF_MUST_CHECK enum tf_code tf_sample_draw(struct tf_arena *arena, const struct tf_frame *frame,
                                          size_t n_psu, const char *seed_name,
                                          struct tf_sample **ret, struct tf_err *reterr);
/* The sample as a table: psu, stratum, region, area, households, p_psu, hits. */
struct tf_table *tf_sample_table(struct tf_arena *arena, const struct tf_sample *s);
/* The same with size, expected, certain, w_psu (hits / expected: the PSU's base weight), lat,
 * lon. */
struct tf_table *tf_sample_full_table(struct tf_arena *arena, const struct tf_sample *s,
                                      const struct tf_frame *f);
struct tf_table *tf_allocation_table(struct tf_arena *arena, const struct tf_sample *s);
struct tf_table *tf_reserve_table(struct tf_arena *arena, const struct tf_sample *s);
/* Square: header = unit names in sample order, first column `psu` the same. NULL without joint. */
struct tf_table *tf_joint_table(struct tf_arena *arena, const struct tf_sample *s);

/* ---- what is handed over (report.c, sheets.c, publish.c) ---- */

/* The selection report, Markdown: how it was drawn, coverage, allocation, probabilities,
 * weights. */
void tf_sample_report(const struct tf_sample *s, const struct tf_frame *f, size_t take,
                      struct tf_buf *out);
/* One page a PSU for supervisors, one self-contained HTML file that prints. */
void tf_sample_sheets(const struct tf_sample *s, const struct tf_frame *f, size_t take,
                      struct tf_buf *out);
/* The sample's places as GeoJSON points. */
void tf_sample_geojson(const struct tf_sample *s, const struct tf_frame *f, struct tf_buf *out);
/* Write the whole set into a new folder, all or nothing: sample.csv, allocation.csv, coverage.csv,
 * joint.csv and reserve.csv where asked, map.csv and map.geojson where the frame has places,
 * sheets.html, report.md. TF_E_INPUT when dir exists and is not to be replaced. */
TF_MUST_CHECK enum tf_code tf_sample_publish(struct tf_arena *arena, const struct tf_sample *s,
                                             const struct tf_frame *f, size_t take, const char *dir,
                                             bool replace, struct tf_err *reterr);

/* ---- sample size (plan.c, precision.c) ---- */

enum tf_plan_aim { TF_PLAN_MARGIN, TF_PLAN_POWER, TF_PLAN_INTERVIEWS, TF_PLAN_BUDGET };
struct tf_plan_opt { /* NaN: not given */
    enum tf_plan_aim aim;
    double share;             /* expected share, in (0, 1); or */
    double mean, sd;          /* expected mean (for a relative margin) and standard deviation */
    double margin;            /* half-width of the interval */
    bool relative;            /* margin is a share of the estimate */
    double compare;           /* the other group's share or mean; */
    double power, ratio; /* chance to find the difference; n of the second group / n of the first */
    double level;             /* of the interval or 1 - size of the test, e.g. 0.95 */
    double interviews, budget; /* given instead */
    double deff;              /* in all; or from: */
    double icc, take, weights_deff; /* (1 + (take - 1) icc) x weights_deff */
    double population;        /* finite population of eligible persons */
    double contact, eligibility, response;
    double cost_psu, cost_interview;
};
struct tf_plan {
    struct tf_plan_opt in; /* with defaults filled in */
    double z, variance;    /* unit variance */
    double n_srs;          /* interviews a simple random sample of an endless population needs */
    double deff_cluster, deff;
    double interviews;     /* in all, whole */
    double group[2];       /* of the two groups */
    double take, psus, eligible, contacted, doors;
    double half_width;     /* what these interviews give */
    double n_effective;
    double best_take, cost; /* NaN without costs */
};
/* TF_E_USAGE for numbers that are missing or out of range, TF_E_DESIGN where no sample can do
 * it. */
TF_MUST_CHECK enum tf_code tf_plan_make(const struct tf_plan_opt *opt, struct tf_plan *ret,
                                        struct tf_err *reterr);
/* 1 + cv^2 of the weights of an earlier survey (a CSV, and its column; all > 0): Kish's design
 * effect of weighting, n sum w^2 / (sum w)^2. */
TF_MUST_CHECK enum tf_code tf_weights_deff(struct tf_arena *arena, const char *path,
                                           const char *column, double *ret, struct tf_err *reterr);
/* Half-widths in points, and logit limits, at 1, 2, 5, 10, 20 and 50 %, for several deffs.
 * Table: share, deff, half_width, low, high. */
struct tf_table *tf_precision_table(struct tf_arena *arena, double n, double level,
                                    const double *deff, size_t n_deff);
/* Cost of the same precision at several takes. Table: take, deff, interviews, psus, cost. Only with
 * icc; cost is missing where the costs are not given. */
struct tf_table *tf_take_table(struct tf_arena *arena, const struct tf_plan *p);
/* Interviews to strata by a rule, with the half-width each stratum gets. Table: stratum, size,
 * interviews, share, half_width. */
TF_MUST_CHECK enum tf_code tf_plan_strata(struct tf_arena *arena, const struct tf_plan *p,
                                          const struct tf_strata *strata, enum tf_allocation rule,
                                          double power, size_t min, struct tf_table **ret,
                                          struct tf_err *reterr);

/* A plan for people: what was asked, what it takes, and the tables above (plan_text.c). strata may
 * be NULL. */
void tf_plan_text(struct tf_arena *arena, const struct tf_plan *p, const struct tf_table *strata,
                  struct tf_buf *out);
/* The design effects that a plan's precision table shows: 1, 1.5, 2, 3 and its own; returns how
 * many of the five places are filled, in rising order. */
size_t tf_plan_deffs(const struct tf_plan *p, double deff[5]);

/* ---- within the PSU (segment.c, walk.c, households.c, kish.c, within.c, roster.c) ---- */

/* One segment of each PSU with probability proportional to its households (CSV: psu, segment,
 * households; the rows of a PSU together). Table: psu, segment, segments, households,
 * psu_households, p_segment. */
TF_MUST_CHECK enum tf_code tf_segments_draw(struct tf_arena *arena, const char *segments,
                                            const char *seed_name, struct tf_table **ret,
                                            struct tf_err *reterr);
/* How many segments each PSU of a sample (CSV: psu, households) is to be cut into, so that one has
 * about `standard` households: as many as households / standard rounds to, at least 1. Table: psu,
 * households, segments, segment (the number to be worked when all are made equal), p_segment. */
TF_MUST_CHECK enum tf_code tf_segments_plan(struct tf_arena *arena, const char *sample,
                                            double standard, const char *seed_name,
                                            struct tf_table **ret, struct tf_err *reterr);

struct tf_walk_opt {
    size_t doors;    /* contacts to make in each PSU */
    size_t interval; /* every interval-th dwelling */
    size_t grid;     /* without landmarks: start squares of a grid of grid x grid; else 0 */
};
/* Random walks: for each PSU of a sample (CSV: psu[, households]) a start (one of the landmarks of
 * a second CSV: psu, landmark[, lat, lon]; or a square of a grid), a first dwelling, and the doors
 * in the order of the left-hand rule. Table: psu, start, knowledge, lat, lon, starts, p_start,
 * door, dwelling, p_household. knowledge: known | assumed | unknown; unknown has no p. */
TF_MUST_CHECK enum tf_code tf_walk_draw(struct tf_arena *arena, const char *sample,
                                        const char *landmarks, struct tf_walk_opt opt,
                                        const char *seed_name, struct tf_table **ret,
                                        struct tf_err *reterr);

/* Households from a listing (CSV: psu, household; the rows of a PSU together): `take` in each PSU,
 * all where fewer are listed, systematically with equal probability. Table: psu, household, listed,
 * p_household in (0, 1]. take > 0. Errors name line and column. */
TF_MUST_CHECK enum tf_code tf_households_draw(struct tf_arena *arena, const char *listing,
                                              size_t take, const char *seed_name,
                                              struct tf_table **ret, struct tf_err *reterr);
/* The same for the PSUs of a sample (CSV: psu[, hits]): a PSU selected several times gives as many
 * times `take`; a listing of a PSU that was not drawn is refused, and so is a PSU drawn without a
 * listing. */
TF_MUST_CHECK enum tf_code tf_households_draw_for(struct tf_arena *arena, const char *listing,
                                                  const char *sample, size_t take,
                                                  const char *seed_name, struct tf_table **ret,
                                                  struct tf_err *reterr);
/* One child and one caregiver from each household of a roster (CSV: psu, household, person, role =
 * child | caregiver | other[, eligible = 0 | 1]; the rows of a household together). Households
 * without an eligible child give no row; without a caregiver, the caregiver's columns are missing.
 * Table: psu, household, child, caregiver, children, p_child, caregivers, p_caregiver, p_dyad. */
TF_MUST_CHECK enum tf_code tf_dyads_draw(struct tf_arena *arena, const char *roster,
                                         const char *seed_name, struct tf_table **ret,
                                         struct tf_err *reterr);
/* The same by another rule for the child (the caregiver is drawn at random in all):
 *   kish      the household's Kish table names the person in the order of the roster
 *   last, next   the birthday nearest before (after) the day of the visit; columns birthday (MM-DD
 *             or YYYY-MM-DD) and visit (YYYY-MM-DD), or `visit` for all
 * Column `rule` is added: random, kish A…F, last_birthday (p_child = 1 / children is assumed
 * there). */
enum tf_within { TF_WITHIN_RANDOM, TF_WITHIN_KISH, TF_WITHIN_LAST, TF_WITHIN_NEXT };
TF_MUST_CHECK enum tf_code tf_dyads_draw_by(struct tf_arena *arena, const char *roster,
                                            enum tf_within rule, const char *visit,
                                            const char *seed_name, struct tf_table **ret,
                                            struct tf_err *reterr);
/* Kish's tables for households not yet met: `households` numbered sheets in each PSU of a sample
 * (CSV: psu). Table: psu, table (A … F), sheet, of_1 … of_6: whom to interview among 1 … 6 or
 * more. */
TF_MUST_CHECK enum tf_code tf_kish_sheets(struct tf_arena *arena, const char *sample,
                                          size_t households, const char *seed_name,
                                          struct tf_table **ret, struct tf_err *reterr);
/* Kish's tables: which of `persons` the table names (1-based), and with what probability person
 * `which` is named when tables are given in Kish's proportions. */
enum { TF_KISH_TABLES = 8 };
const char *tf_kish_word(size_t table); /* "A", "B1" … "F" */
size_t tf_kish_pick(size_t table, size_t persons);
double tf_kish_p(size_t persons, size_t which);

/* The screened roster as a dataset of its own: every eligible child of every contacted household.
 * roster as above, with age, sex, internet … kept as they are; sample gives p_psu (and stratum),
 * households p_household, segments p_segment (each CSV by psu, and household; NULL for segments
 * where none were cut). Table: stratum, psu, household, person, the roster's other columns,
 * children, p_psu, p_segment, p_household, p_person (1), weight. TF_E_INPUT for a household without
 * probability. */
struct tf_roster_opt {
    const char *roster, *sample, *households, *segments;
    double min_age, max_age; /* NaN: column eligible decides */
};
TF_MUST_CHECK enum tf_code tf_roster_make(struct tf_arena *arena, const struct tf_roster_opt *opt,
                                          struct tf_table **ret, struct tf_err *reterr);

/* Base weight of one interview: 1 / (p_psu x p_household x p_person). Probabilities in (0, 1]. */
double tf_base_weight(double p_psu, double p_household, double p_person);

#endif
