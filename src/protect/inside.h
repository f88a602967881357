/* protect, inside: a release in the making. Not for other rooms. */
#ifndef TF_PROTECT_INSIDE_H
#define TF_PROTECT_INSIDE_H

#include "base/sql.h"
#include "protect/protect.h"

/* What a release was made from: ("evidence", id), ("file", path), ("rules", name), each with a hash. */
struct tf_release_source {
    const char *what, *name, *hash;
};
struct tf_making {
    struct tf_arena *arena;
    const struct tf_study *study;
    struct tf_keep *keep;
    const struct tf_country *country;
    const struct tf_policy *policy;
    struct tf_release release; /* country, figures, quotes, laws; hash at the end */
    size_t cap_figures;
};

/* ---- secondary.c: no subtraction may undo a suppression ---- */
/* A fact of the tables: the same people, row and column in two figures are the same fact. */
struct tf_fact_cell {
    struct tf_cell *cell;
    const char *same; /* what it is about; equal text = the same fact. NULL: on its own */
    double n;         /* the count that must not be found out; NaN: unknown to anybody */
};
/* Lines of cells that add up (the first is the whole, or NULL when the whole is known anyway). */
struct tf_line {
    size_t *at; /* indices of facts; at[0] is the whole when has_whole */
    size_t n;
    bool has_whole;
};
/* Hide cells until no line has exactly one unknown and equal facts share their fate. Returns how
 * many were hidden. cell->state is all that is changed. */
size_t tf_secondary(struct tf_arena *arena, struct tf_fact_cell *fact, size_t n_facts,
                    const struct tf_line *line, size_t n_lines);
/* A suppressed cell keeps its names and state and nothing else. */
void tf_cell_blank(struct tf_cell *c);

/* ---- the makers: each adds its figures to the release in the making ---- */
struct tf_figure *tf_making_figure(struct tf_making *m, const char *id, const char *title,
                                   enum tf_figure_kind kind, enum tf_strand strand);
TF_MUST_CHECK enum tf_code tf_make_estimates(struct tf_making *m, struct tf_err *reterr);
/* The same from figures in memory. */
void tf_make_measured(struct tf_making *m, const struct tf_measured *x, size_t n);
TF_MUST_CHECK enum tf_code tf_make_series(struct tf_making *m, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_make_voices(struct tf_making *m, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_make_capacity(struct tf_making *m, struct tf_err *reterr);
void tf_make_flow(struct tf_making *m, const struct tf_protect_extra *extra);
/* How a participant may be named in print: by the level they agreed to. */
const char *tf_attribution(struct tf_arena *arena, const struct tf_participant *p);

/* ---- sources.c ---- */
TF_MUST_CHECK enum tf_code tf_sources_now(struct tf_arena *arena, const struct tf_study *study,
                                          struct tf_keep *keep, const struct tf_country *country,
                                          struct tf_release_source **ret, size_t *ret_n,
                                          struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_policy_of(const struct tf_study *study,
                                        const struct tf_country *country,
                                        const struct tf_policy **ret, struct tf_err *reterr);

/* ---- release.c ---- */
struct tf_hash tf_figure_hash(const struct tf_figure *f);
struct tf_hash tf_release_hash(const struct tf_release *r);
TF_MUST_CHECK enum tf_code tf_release_open(struct tf_arena *arena, const char *study_dir,
                                           bool create, struct tf_db **ret, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_release_write(struct tf_making *m,
                                            const struct tf_release_source *source,
                                            size_t n_sources, struct tf_err *reterr);

/* ---- json.c: the trace is a flat JSON object; NULL and NaN are left out ---- */
void tf_json_open(struct tf_buf *b);
void tf_json_text(struct tf_buf *b, const char *key, const char *value);
void tf_json_number(struct tf_buf *b, const char *key, double value);
void tf_json_close(struct tf_buf *b);

#endif
