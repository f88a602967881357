/* The parts of `trefoil keep`: what the dispatcher (keep.c) hands to each. */
#ifndef TF_CMD_KEEP_PARTS_H
#define TF_CMD_KEEP_PARTS_H

#include "ask/ask.h"
#include "cmd/cmd.h"
#include "keep/keep.h"

struct keep_words { /* options, as they were given; NULL and false when not */
    const char *as, *country, *role, *strand, *purpose, *minutes, *passphrase_fd, *key_file,
        *public_key, *open, *reason, *on, *check, *out, *form, *language, *from_keys;
    bool keys, older, destroy, head, counts;
    const char **word; /* the words; the first names the part */
    size_t n;
};
#define KEEP_PART(name)                                                                            \
    enum tf_code name(struct tf_run *run, const struct keep_words *w, struct tf_err *reterr)
KEEP_PART(tf_keep_run_open);
KEEP_PART(tf_keep_run_export);
KEEP_PART(tf_keep_run_init);
KEEP_PART(tf_keep_run_unlock);
KEEP_PART(tf_keep_run_lock);
KEEP_PART(tf_keep_run_custodians);
KEEP_PART(tf_keep_run_add_custodian);
KEEP_PART(tf_keep_run_remove_custodian);
KEEP_PART(tf_keep_run_rekey);
KEEP_PART(tf_keep_run_make_key);
KEEP_PART(tf_keep_run_backup);
KEEP_PART(tf_keep_run_restore);
KEEP_PART(tf_keep_run_approvals);
KEEP_PART(tf_keep_run_retention);
KEEP_PART(tf_keep_run_consent);
KEEP_PART(tf_keep_run_withdraw);
KEEP_PART(tf_keep_run_turn_inbox);

/* Secrets of a person, asked on the terminal without echo, or read a line at a time from
 * --passphrase-fd; twice: asked again, to be sure. In locked memory of the run's arena. */
TF_MUST_CHECK enum tf_code tf_ask_passphrase(struct tf_run *run, const struct keep_words *w,
                                             const char *whose, bool twice,
                                             struct tf_credential *ret, struct tf_err *reterr);
/* The private key in a key file. */
TF_MUST_CHECK enum tf_code tf_read_key_file(struct tf_run *run, const char *path,
                                            struct tf_credential *ret, struct tf_err *reterr);
/* Write an act into the ledger. */
TF_MUST_CHECK enum tf_code tf_note_act(struct tf_run *run, const char *act, const char *subject,
                                       struct json_t *detail, struct tf_err *reterr);
#endif
