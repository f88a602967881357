/* keep/open: from the sealed inbox to datasets. Part of keep's public face, for the door that holds
 * private keys; nothing that collects calls it.
 *
 *     inbox ──take──► vault/XA-children-response-records.db ──build──► dataset "child", "child.roster"
 *
 * take: every record of the inbox that is not in the vault yet: posts of one instance united, ODK
 * encryption opened, its files sealed again under the participant's own key. After it the inbox's key
 * can be turned. build: the newest state of each record, read with the version of the form it was made
 * with, flattened, masked, put as a snapshot. Both change nothing when nothing is new. */
#ifndef TF_KEEP_OPEN_H
#define TF_KEEP_OPEN_H

#include "ask/ask.h"
#include "base/base.h"

/* Where evidence of a dataset says it comes from when it was made of submissions. */
#define TF_OPENED_FROM ".trefoil/inbox"

struct tf_keep;
struct tf_open_form { /* a published version: what field knows of it */
    const char *country, *id, *version;
    const char *xml;      /* path of the XForm: absolute, or relative to the study */
    const char *evidence; /* its id, or NULL */
    bool current;         /* the version that devices are given: its texts and order hold */
};
struct tf_open_reject { /* a record that fieldwork rejected */
    const char *form, *instance; /* the record's first instance id */
    const char *reason;
};
struct tf_open_opt {
    const char *country;
    const char *form;     /* only this form, or NULL */
    const char *language; /* of labels; NULL = the study's first report language */
    const struct tf_open_form *version;
    size_t n_versions;
    const struct tf_open_reject *reject;
    size_t n_rejects;
};
struct tf_open_count { /* of one form */
    const char *form, *dataset; /* dataset NULL: none is made of it */
    size_t taken;        /* posts that came in now */
    size_t records;      /* that stand in the dataset */
    size_t edits;        /* older states that were replaced */
    size_t waiting, bad, rejected, withdrawn, stopped;
    size_t tables;       /* the dataset and those of its repeats */
    const char *evidence;
    bool changed;        /* the dataset is another than before */
};
struct tf_open_result {
    struct tf_open_count *form;
    size_t n_forms;
};
/* Take in and build all forms of a country that study.yaml declares. What is wrong with a single record
 * is a notice that names its number and its instance id; the work goes on. */
TF_MUST_CHECK enum tf_code tf_open_submissions(struct tf_arena *arena, const struct tf_study *study,
                                               struct tf_keep *keep, const struct tf_open_opt *opt,
                                               struct tf_notices *out, struct tf_open_result *ret,
                                               struct tf_err *reterr);
#endif
