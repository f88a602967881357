/* What the files of the draw room share: one list to draw from, and the table of methods.
 *
 * A list is one stratum without the units that are taken for certain: n units with inclusion
 * probabilities p in (0, 1) that add up to the whole number take. A method selects from it (hits[k]
 * = how often unit k came) and answers for pairs: the probability that both of two units come.
 * Pairs are asked only for the units in `who`, since a sample's variance needs no others: pi2 is
 * n_who x n_who, row-major, with p on its diagonal. */
#ifndef TF_DRAW_INSIDE_H
#define TF_DRAW_INSIDE_H

#include "draw/draw.h"

struct draw_list {
    size_t n, take;
    const double *p; /* [n] */
    const double *x; /* [n x n_x], row-major: what the cube balances on; NULL elsewhere */
    size_t n_x;
    const size_t
        *group; /* cube across strata: the stratum of each unit, 0 … n_groups - 1; or NULL */
    size_t n_groups;
};
typedef void draw_select_fn(struct tf_arena *a, const struct draw_list *l, struct tf_rng *rng,
                            unsigned *hits);
typedef void draw_joint_fn(struct tf_arena *a, const struct draw_list *l, const size_t *who,
                           size_t n_who, double *pi2);

draw_select_fn draw_srs, draw_systematic, draw_systematic_random, draw_sampford, draw_tille,
    draw_maxent, draw_brewer, draw_cube, draw_pps_wr;
draw_joint_fn draw_srs_joint, draw_systematic_joint, draw_hartley_rao_joint, draw_sampford_joint,
    draw_tille_joint, draw_maxent_joint, draw_balanced_joint, draw_brewer_joint, draw_pps_wr_joint;

struct draw_method {
    const char *word;   /* as the option names it */
    bool sized;         /* uses the measure of size */
    bool many_hits;     /* may select a unit more than once when sizes are large */
    draw_select_fn *select;
    draw_joint_fn *joint;
    const char *pairs;  /* exact | what approximation, from where */
    const char *source;
};
/* The row of a method. */
const struct draw_method *draw_method_of(enum tf_draw_method m);

/* Inclusion probabilities of `take` units in proportion to size: what would exceed 1 is set to 1,
 * and the rest shared anew, until all fit. size > 0; take <= n. */
void draw_inclusion(const double *size, size_t n, size_t take, double *p);
/* The order 0..n-1 shuffled (Fisher and Yates). */
void draw_shuffle(struct tf_rng *rng, size_t *order, size_t n);
/* Teeth of a comb that fall on each of n lengths laid end to end (pps.c). */
void draw_comb(const double *length, size_t n, double sum, size_t teeth, double start,
               unsigned *hits);

/* conditional.c: one step of the convolution, forward or backward; see there. */
struct draw_ways {
    size_t n, take;
    double *plain; /* [(n + 1) x (take + 1)] */
    double *led;   /* the same with one unit in the lead; NULL where no unit leads */
};
/* Ways of the last units: row k speaks of units k..n-1. skip = SIZE_MAX, or a unit left out. */
struct draw_ways draw_ways_new(struct tf_arena *a, size_t n, size_t take, bool led);
void draw_ways_tail(struct draw_ways *w, const double *q, size_t skip);
/* Ways of the first units: row k speaks of units 0..k-1. */
void draw_ways_head(struct draw_ways *w, const double *q, size_t skip);
/* Select by the tail table. */
void draw_by_ways(const struct draw_ways *tail, const double *q, struct tf_rng *rng,
                  unsigned *hits);
/* Joint probabilities by head and tail tables, with or without a leader. */
void draw_ways_joint(struct tf_arena *a, const struct draw_list *l, const double *q, bool led,
                     const size_t *who, size_t n_who, double *pi2);

/* Allocation: the shares are weights; each stratum takes from low to high. */
struct draw_share {
    double weight;
    size_t low, high;
    size_t take; /* the answer */
};
void draw_allocate(struct tf_arena *a, struct draw_share *s, size_t n, size_t total);
/* The weight a rule gives a stratum of this size (with TF_ALLOCATE_GIVEN: its number), and the
 * least it is to get: what the file of strata says, else min. */
TF_MUST_CHECK enum tf_code draw_share_of(const struct tf_strata *strata, enum tf_allocation rule,
                                         double power, const char *name, double size, double *ret,
                                         struct tf_err *reterr);
size_t draw_low_of(const struct tf_strata *strata, const char *name, size_t min);

/* One stratum of a frame: its PSUs that could be sampled, in the order of the frame. */
struct draw_stratum {
    const char *name;
    size_t *psu; /* indices into the frame */
    size_t n, cap, take;
    double size;
};
/* Put the PSUs of each stratum in serpentine order by opt->order (order.c). */
TF_MUST_CHECK enum tf_code draw_order(struct tf_arena *a, const struct tf_frame *f,
                                      const struct tf_draw_opt *opt, struct draw_stratum *stratum,
                                      size_t n, struct tf_err *reterr);
struct draw_stratum *draw_strata_of(struct tf_arena *a, const struct tf_frame *f, size_t *ret_n);
/* Reserves of a sample (reserve.c). */
void draw_reserves(struct tf_arena *a, const struct tf_frame *f, const struct draw_stratum *s,
                   size_t n, const struct tf_draw_opt *opt, struct tf_sample *sample);

/* Rows of a sheet that share their first keys and stand together: [from, to) (groups.c). A group
 * that stands in two places of the file would be drawn twice: the second place is refused. */
struct draw_group {
    size_t from, to;
};
TF_MUST_CHECK enum tf_code draw_groups(const struct tf_sheet *s, const size_t *key, size_t n_keys,
                                       const char *what, struct draw_group **ret, size_t *ret_n,
                                       struct tf_err *reterr);
/* Is this row of a roster an eligible child (1), a caregiver (2), or neither (0)? (within.c) */
TF_MUST_CHECK enum tf_code draw_role_of(const struct tf_sheet *s, size_t role_at,
                                        size_t eligible_at, size_t row, int *ret,
                                        struct tf_err *reterr);
/* Looking up rows by one or two keys: an index sorted by them; a key twice is refused. find gives
 * SIZE_MAX where there is none. */
struct draw_index {
    const struct tf_sheet *s;
    size_t key[2], n_keys, *row;
};
TF_MUST_CHECK enum tf_code draw_index_new(const struct tf_sheet *s, const size_t *key,
                                          size_t n_keys, struct draw_index *ret,
                                          struct tf_err *reterr);
size_t draw_index_find(const struct draw_index *x, const char *first, const char *second);

/* Tables of results (tables.c). */
void draw_put_text(struct tf_table *t, size_t col, size_t row, const char *text);
void draw_put_number(struct tf_table *t, size_t col, size_t row, double x); /* NaN: missing */
struct tf_table *draw_table(struct tf_arena *a, const char *name, size_t n,
                            const char *const *column, size_t n_text, size_t n_number);
/* A probability from a cell, in (0, 1]; empty is 1 when `empty_is_one`. */
TF_MUST_CHECK enum tf_code draw_cell_p(const struct tf_sheet *s, size_t row, size_t col,
                                       bool empty_is_one, double *ret, struct tf_err *reterr);

#endif
