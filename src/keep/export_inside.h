/* keep, inside: the parts of export. */
#ifndef TF_KEEP_EXPORT_INSIDE_H
#define TF_KEEP_EXPORT_INSIDE_H

#include "keep/export.h"

struct tf_export_name { /* how a format wants its names */
    size_t most;         /* bytes */
    const char *more;    /* allowed beside letters, digits and '_' */
    const char *const *reserved;
};
/* A name for each column, unique without regard to case; a notice says how many had to change. */
const char **tf_export_names(struct tf_arena *arena, const struct tf_table *t,
                             const struct tf_export_name *how, struct tf_notices *out);
/* The table as SPSS or Stata take it: columns of dates are numbers with a format (*ret_format, NULL where
 * there is none), texts with reasons have a column of them behind. */
struct tf_table *tf_export_typed(struct tf_arena *arena, const struct tf_table *t, bool sav,
                                 const char ***ret_format);
/* SPSS and Stata files, into a buffer. */
TF_MUST_CHECK enum tf_code tf_export_stat(struct tf_arena *arena, const struct tf_table *t,
                                          const struct tf_export_opt *opt, struct tf_buf *file,
                                          struct tf_notices *out, struct tf_err *reterr);
/* The codebook as cells, head first: name, label, type, code, meaning[, count]. */
struct tf_sheet;
void tf_codebook_cells(struct tf_arena *arena, const struct tf_table *t, bool counts,
                       struct tf_sheet *ret);
void tf_codebook_html(struct tf_arena *arena, const struct tf_table *t,
                      const struct tf_export_opt *opt, struct tf_buf *html);
#endif
