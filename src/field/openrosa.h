/* field/openrosa: what a client of OpenRosa 1.0 gets back, without a socket. Part of field's public face.
 *
 * Form lists, manifests and the answer to a submission are functions of the forms that are out, of who
 * asks, and of what arrived. The web door reads requests and sends what stands here; the inbox is put
 * to by the door, between tf_openrosa_receive and tf_openrosa_outcome. */
#ifndef TF_FIELD_OPENROSA_H
#define TF_FIELD_OPENROSA_H

#include "ask/xform.h"
#include "base/base.h"
#include "field/fieldwork.h"
#include "field/multipart.h"
#include "keep/inbox.h"

struct tf_openrosa { /* who asks, and what there is */
    const struct tf_out_form *form; /* all that are out */
    size_t n_forms;
    const struct tf_xform *const *xform; /* of each form that is not encrypted; else NULL */
    const char *country;  /* of the device; NULL = any (a person of no country) */
    const char *sender;   /* id of the device or person */
    const char *draft;    /* hash of a draft's token: then this draft alone is seen */
    const char *base;     /* "https://host/key/TOKEN": what is put before paths */
};
/* A form that this asker may download: open (or its draft); version NULL = the current one. */
const struct tf_out_form *tf_openrosa_form(const struct tf_openrosa *o, const char *id,
                                           const char *version);
struct tf_form_query {
    const char *form_id; /* only this one, or NULL */
    bool all_versions, verbose;
    /* Has the form media for this device (its own, beside the form's)? NULL: only the form's count. */
    bool (*has_own)(const struct tf_out_form *form);
};
void tf_openrosa_form_list(const struct tf_openrosa *o, const struct tf_form_query *query,
                           struct tf_buf *b);
void tf_openrosa_manifest(const struct tf_openrosa *o, const struct tf_out_form *form,
                          const struct tf_own_media *own, size_t n_own, struct tf_buf *b);
/* The envelope of an answer. */
void tf_openrosa_message(struct tf_buf *b, bool good, const char *text);

struct tf_openrosa_answer {
    unsigned status;
    const char *text; /* one sentence; in the asker's arena or for ever */
};
/* A submission's parts: a record for the inbox (true), or why not (false). now: when it was received.
 * What it returns lives in arena; parts are pointed to. */
bool tf_openrosa_receive(struct tf_arena *arena, const struct tf_openrosa *o,
                         const struct tf_part *part, size_t n_parts, int64_t now,
                         struct tf_inbox_post *ret, struct tf_openrosa_answer *ret_refusal);
/* What the client is told of what the inbox did with it. */
struct tf_openrosa_answer tf_openrosa_outcome(struct tf_arena *arena,
                                              const struct tf_inbox_post *post,
                                              enum tf_inbox_outcome outcome);

/* ---- what a server may read of a clear submission (clear.c) ---- */
/* Of a form that is not encrypted: the files that its answers name, and the declared clear fields
 * (with "audit" declared, the summary of the audit log). TF_E_INPUT: the XML cannot be read. */
struct tf_clear_read {
    const char **file;
    size_t n_files;
    struct tf_inbox_field *field;
    size_t n_fields;
};
TF_MUST_CHECK enum tf_code tf_clear_read(struct tf_arena *arena, const struct tf_out_form *form,
                                         const struct tf_xform *xform, const struct tf_part *xml,
                                         const struct tf_part *audit, struct tf_clear_read *ret,
                                         struct tf_err *reterr);
/* audit.csv in five numbers: audit.events, audit.seconds (from first to last), audit.form_seconds (with
 * a question on the screen), audit.start_hour (UTC), audit.constraint_errors. False: it is no such log. */
enum { TF_AUDIT_FIELDS = 5 };
bool tf_audit_summary(struct tf_arena *arena, const char *csv, size_t n,
                      struct tf_inbox_field ret[TF_AUDIT_FIELDS]);
#endif
