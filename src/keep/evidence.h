/* keep/evidence: the register of evidence and the ledger. Holds names, hashes and links; no answer.
 *
 * Evidence has an identity: its id is made from kind, country, name and the first 12 hex digits of
 * its content hash ("dataset-XA-child-3f9a1c0b77aa"), so the same content has the same id on any
 * machine, and importing it twice changes nothing. The register stands in <study>/.trefoil/register.db
 * (encrypted like the vault). The ledger is append-only and chained: each entry's hash covers the
 * entry before it; it carries ids, counts and hashes, and no clock. */
#ifndef TF_KEEP_EVIDENCE_H
#define TF_KEEP_EVIDENCE_H

#include "base/base.h"

struct tf_evidence {
    const char *id, *kind;    /* dataset form sample series transcript codebook segments law
                                 participants contacts recipe estimates release claim report */
    const char *country;      /* or "" for the whole study */
    const char *strand, *name, *title;
    const char *hash;         /* 64 hex digits */
    const char *file;         /* where it came from, relative to the study, or "" */
    const char *detail;       /* JSON object as text: counts, vintage, caveat …; "{}" if none */
};
struct tf_register;

/* Open (make, when create) the register of a study folder. Closed with the arena. */
TF_MUST_CHECK enum tf_code tf_register_open(struct tf_arena *arena, const char *study_dir,
                                            bool create, struct tf_register **ret,
                                            struct tf_err *reterr);
/* The id that evidence of this kind, country, name and hash has. */
char *tf_evidence_id(struct tf_arena *arena, const char *kind, const char *country,
                     const char *name, const char *hash);
/* Register (id is computed when e->id is NULL; returned in *ret_id when not NULL). The newest of a
 * (kind, country, name) becomes current; the same content again is no change. Writes a ledger entry
 * when something changed. */
TF_MUST_CHECK enum tf_code tf_evidence_put(struct tf_register *reg, const struct tf_evidence *e,
                                           const char **ret_id, struct tf_err *reterr);
/* By id; TF_E_INPUT when there is none. */
TF_MUST_CHECK enum tf_code tf_evidence_get(struct tf_arena *arena, struct tf_register *reg,
                                           const char *id, struct tf_evidence *ret,
                                           struct tf_err *reterr);
/* The current one of (kind, country, name): *ret_found false when there is none. */
TF_MUST_CHECK enum tf_code tf_evidence_current(struct tf_arena *arena, struct tf_register *reg,
                                               const char *kind, const char *country,
                                               const char *name, bool *ret_found,
                                               struct tf_evidence *ret, struct tf_err *reterr);
/* All current evidence of a country ("" = all), ordered by id. */
TF_MUST_CHECK enum tf_code tf_evidence_list(struct tf_arena *arena, struct tf_register *reg,
                                            const char *country, struct tf_evidence **ret,
                                            size_t *ret_n, struct tf_err *reterr);
/* `derived` was made from `from`. */
TF_MUST_CHECK enum tf_code tf_evidence_link(struct tf_register *reg, const char *derived,
                                            const char *from, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_evidence_sources(struct tf_arena *arena, struct tf_register *reg,
                                               const char *derived, const char ***ret,
                                               size_t *ret_n, struct tf_err *reterr);

/* What was made from `from`, directly. */
TF_MUST_CHECK enum tf_code tf_evidence_derived(struct tf_arena *arena, struct tf_register *reg,
                                               const char *from, const char ***ret,
                                               size_t *ret_n, struct tf_err *reterr);

/* Append an act ("import", "measure", "release", …) on a subject id. */
TF_MUST_CHECK enum tf_code tf_ledger_add(struct tf_register *reg, const char *act,
                                         const char *subject, const char *detail,
                                         struct tf_err *reterr);
/* The entries in order, the chain walked on the way (as tf_ledger_verify). */
struct tf_ledger_entry {
    size_t entry; /* from 1 */
    const char *act, *subject, *detail, *hash;
};
TF_MUST_CHECK enum tf_code tf_ledger_list(struct tf_arena *arena, struct tf_register *reg,
                                          struct tf_ledger_entry **ret, size_t *ret_n,
                                          struct tf_err *reterr);
/* Walk the chain; an altered, removed or re-ordered entry is TF_E_REFUSED naming its number. */
TF_MUST_CHECK enum tf_code tf_ledger_verify(struct tf_register *reg, size_t *ret_entries,
                                            struct tf_err *reterr);

#endif
