/* keep, inside: submissions as tables: one row a submission, and one table for each repeat.
 *
 *     struct tf_flat *flat = tf_flat_new(arena, &opt);
 *     tf_flat_form(…) for every version, the newest first: it gives order, texts and types
 *     tf_flat_add(…) for every record, in the order of the rows
 *     tf_flat_tables(…)
 *
 * The arena holds opened answers: it must be one that is wiped. */
#ifndef TF_KEEP_FLATTEN_H
#define TF_KEEP_FLATTEN_H

#include "ask/ask.h"
#include "base/base.h"
#include "keep/crosswalk.h"

struct tf_flat;
struct tf_flat_opt {
    const char *dataset;  /* name of the first table; a repeat's is dataset.repeat */
    const char *language; /* of texts: "en" finds "English (en)" */
    const char *id_var;   /* column of the participant's code, also given to rows of repeats; or NULL */
    const struct tf_missing_code *missing; /* codes of numbers that say why there is none */
    size_t n_missing;
};
struct tf_flat *tf_flat_new(struct tf_arena *arena, const struct tf_flat_opt *opt);
/* Take in a version; form and cw (or NULL) must live as long. *ret is its number for tf_flat_add.
 * TF_E_INPUT: the crosswalk names a question that the version has not; TF_E_LIMIT: too many columns. */
TF_MUST_CHECK enum tf_code tf_flat_form(struct tf_flat *flat, const struct tf_xform *form,
                                        const struct tf_crosswalk *cw, struct tf_notices *out,
                                        size_t *ret, struct tf_err *reterr);
struct tf_flat_record {
    size_t form;            /* number of its version */
    const struct tf_instance *instance;
    const char *key;        /* the record's identity: KEY of its row */
    const char *code;       /* the participant's code, or NULL */
    bool broken_off;        /* stopped early: what was not reached is missing for that reason */
};
/* One more row, and those of its repeats. Values that are not of their type go missing with a notice
 * that has the path and the key, never the value. */
TF_MUST_CHECK enum tf_code tf_flat_add(struct tf_flat *flat, const struct tf_flat_record *r,
                                       struct tf_notices *out, struct tf_err *reterr);
/* All tables, the submission's own first; no rows can be added after. */
TF_MUST_CHECK enum tf_code tf_flat_tables(struct tf_flat *flat, struct tf_table ***ret,
                                          size_t *ret_n, struct tf_err *reterr);
/* The text in a language given as tag, where forms call it "English (en)"; NULL when empty. */
const char *tf_form_text(const struct tf_words *words, const char *language);
#endif
