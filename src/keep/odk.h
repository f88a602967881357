/* keep, inside: submissions encrypted as ODK does it, opened and (for tests and tools) sealed.
 *
 *     manifest    form id, version, instance id; the record's key, sealed to the form's public key;
 *                 names of the encrypted files; the signature; clear XML that a server can read
 *     a.jpg.enc   media, in the manifest's order
 *     submission.xml.enc   the answers, last
 *
 * What is opened lands in the arena given: it must be one that is wiped (tf_arena_new_wiped). Source:
 * ODK XForms specification, "Encryption"; hash and MGF1 of the OAEP are both SHA-256. */
#ifndef TF_KEEP_ODK_H
#define TF_KEEP_ODK_H

#include "ask/xform.h"
#include "base/base.h"
#include "keep/custody.h"

struct tf_odk_file { /* a file of a submission: as it came ("a.jpg.enc"), or opened ("a.jpg") */
    const char *name;
    const void *data;
    size_t n;
};
struct tf_odk_keys; /* the private keys of forms, ready for use; gone with their arena */
/* Take over keys in PKCS#8 DER. TF_E_KEY names the one that is no RSA key. */
TF_MUST_CHECK enum tf_code tf_odk_keys_load(struct tf_arena *arena, const struct tf_form_key *key,
                                            size_t n, struct tf_odk_keys **ret,
                                            struct tf_err *reterr);

struct tf_odk_opened {
    struct tf_odk_file *file; /* media in the manifest's order, then the answers */
    size_t n_files;
    const char *key; /* name of the key that fitted */
};
/* Names of files that the manifest lists and that are not among file[n]. */
size_t tf_odk_missing(struct tf_arena *arena, const struct tf_instance_head *manifest,
                      const struct tf_odk_file *file, size_t n, const char ***ret);
/* Open a whole submission; file[n] in any order, others than the manifest's are passed over.
 * TF_E_KEY   no key fits, or the sealed key was altered
 * TF_E_INPUT a file is missing, or was altered: the error names it (err.file). Which of several files
 *            was altered can be told where its padding or its text shows it; where not, all that are
 *            in question are named. */
TF_MUST_CHECK enum tf_code tf_odk_open(struct tf_arena *arena,
                                       const struct tf_instance_head *manifest,
                                       const char *manifest_name, const struct tf_odk_file *file,
                                       size_t n, struct tf_odk_keys *keys,
                                       struct tf_odk_opened *ret, struct tf_err *reterr);

struct tf_odk_plain { /* a submission to be sealed */
    const char *form_id, *version, *instance_id; /* version "" when none */
    const struct tf_odk_file *file;              /* media, then the answers' XML */
    size_t n_files;
};
/* Seal to a public key (base64 of its SubjectPublicKeyInfo). ret_file[0] is the manifest, then the
 * encrypted files in the order of the plain ones; plain->n_files + 1 in all. */
TF_MUST_CHECK enum tf_code tf_odk_seal(struct tf_arena *arena, const char *public_base64,
                                       const struct tf_odk_plain *plain,
                                       struct tf_odk_file **ret_file, struct tf_err *reterr);
#endif
