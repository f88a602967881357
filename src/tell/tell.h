/* tell: from claims to the report that people hold in their hands.
 *
 * Markdown with live references -> one document tree -> HTML and PDF. The tree holds meaning
 * (heading, finding, estimate, cell scope, language), so tags are written, not guessed; both forms
 * carry the same words, numbers and order. No number is typed by hand. */
#ifndef TF_TELL_H
#define TF_TELL_H

#include "ask/ask.h"
#include "base/base.h"
#include "protect/protect.h"
#include "relate/relate.h"

struct tf_told { /* what was written, and what the checks of the page found */
    const char *html, *pdf, *tables; /* paths: out/XA/report.html, report.pdf, tables/ (CSV) + tables.xlsx */
    size_t pages, figures, tables_n, numbers; /* numbers = live references printed */
    size_t overfull;                 /* lines wider than their measure: must be 0 */
    const char *hash;                /* of the release it was built from */
};
/* Build a country's report in a language into <study>/out/<country>/ (or out_dir when not NULL).
 * Unknown, suppressed, stale or unbacked references and typed numbers are errors with
 * file:line:column; then nothing is written. */
TF_MUST_CHECK enum tf_code tf_tell_report(struct tf_arena *arena, const struct tf_study *study,
                                          const char *country, const char *lang,
                                          const char *out_dir, struct tf_told *ret,
                                          struct tf_err *reterr);
/* All faults of the texts of a country (references, typed numbers, terms to avoid), as notices. */
void tf_tell_check(struct tf_arena *arena, const struct tf_study *study, const char *country,
                   const struct tf_release *release, struct tf_notices *out);
/* Where is a figure cell, quote, law or claim used? Sentences of the report that print it. */
struct tf_use {
    const char *file;
    size_t line, column;
    const char *sentence; /* as printed, numbers resolved */
    const char *ref;      /* figure.row col | quote | law */
    const char *claim;    /* claim id, or NULL */
    const char *shown;    /* the characters printed for it, e.g. "16 %" */
};
TF_MUST_CHECK enum tf_code tf_tell_uses(struct tf_arena *arena, const struct tf_study *study,
                                        const char *country, const char *lang,
                                        struct tf_use **ret, size_t *ret_n, struct tf_err *reterr);

#endif
