/* keep/export: a dataset as a file for the survey team. Part of keep's public face, for the door.
 *
 * This is microdata before disclosure control: it may go to those who may open the dataset, and to
 * nobody else. What is made public goes through protect. */
#ifndef TF_KEEP_EXPORT_H
#define TF_KEEP_EXPORT_H

#include "ask/ask.h"
#include "base/base.h"

enum tf_export_kind { TF_EXPORT_CSV, TF_EXPORT_SAV, TF_EXPORT_DTA, TF_EXPORT_XLSX, TF_EXPORT_CODEBOOK };
/* The kind of a word ("csv", "sav", "dta", "xlsx", "codebook"); false when there is none. */
bool tf_export_named(const char *word, enum tf_export_kind *ret);

struct tf_export_opt {
    enum tf_export_kind kind;
    const char *title, *source; /* or NULL */
    const struct tf_dataset *dataset; /* its missing codes, id and weight; or NULL */
    bool counts;                /* codebook: how many had each code */
};
/* Codes that study.yaml declares missing become typed missing values, in the table itself; id and weight
 * keep theirs. */
void tf_export_type(struct tf_table *t, const struct tf_dataset *d);
/* Write the table. Numbers, texts, labels read back exactly; ISO dates are
 * dates in sav and dta. Reasons of missing values:
 *     csv   the study's code of the reason, where it has one; else empty
 *     sav   user-missing codes of the column, labelled; those of a text in a column NAME_missing
 *     dta   .a to .o, labelled; those of a text in a column NAME_missing
 *     xlsx  as csv; a second sheet has the codebook
 * The file is for its owner only, and replaced as a whole. Notices say what the format could not hold
 * (names, long texts). path of a codebook that ends in .csv gives CSV, else HTML. */
TF_MUST_CHECK enum tf_code tf_export_write(struct tf_table *t, const struct tf_export_opt *opt,
                                           const char *path, struct tf_notices *out,
                                           struct tf_err *reterr);
#endif
