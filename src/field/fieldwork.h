/* field/fieldwork: the running of the field: forms that are out, devices, people, assignments, reviews.
 * Part of field's public face.
 *
 * <study>/.trefoil/field.db holds it (encrypted under <study>/.trefoil/field.key, which the collecting
 * process has; no answer of anyone is in it). Secrets are stored as hashes: a device's token as
 * BLAKE2b-256, a person's password by Argon2id, and (only when a country asks for Digest) HA1. */
#ifndef TF_FIELD_FIELDWORK_H
#define TF_FIELD_FIELDWORK_H

#include "ask/ask.h"
#include "base/base.h"

struct tf_fieldwork;
TF_MUST_CHECK enum tf_code tf_fieldwork_open(struct tf_arena *arena, const char *study_dir,
                                             bool create, struct tf_fieldwork **ret,
                                             struct tf_err *reterr);
/* A number that changes whenever another process changed it: what was read is then read again. */
int64_t tf_fieldwork_version(struct tf_fieldwork *fw);

/* ---- forms that are out ---- */
enum tf_form_state { TF_FORM_DRAFT, TF_FORM_OPEN, TF_FORM_CLOSING, TF_FORM_CLOSED };
struct tf_out_form { /* one version of a form for one country */
    const char *country, *id, *version, *title, *evidence;
    enum tf_form_state state;
    bool current;              /* the version that devices are given */
    bool encrypted;
    const char *xml;           /* path of the XForm file */
    const char *md5;           /* 32 hex digits of it */
    const char *draft_token;   /* hash, hex; for draft forms */
    const char *draft_secret;  /* the token itself: only as tf_form_publish returns a draft */
    struct tf_out_media { const char *name, *path, *md5; } *media;
    size_t n_media;
    const char **expected;     /* media the form names and that are not there */
    size_t n_expected;
    bool own_assignments, own_quotas; /* the form names assignments.csv, quotas.csv */
    const char **clear;        /* declared clear fields: names; "audit" stands for its summary */
    size_t n_clear;
    const char *self;          /* group answered alone, or NULL */
    enum tf_respondent who;
    enum tf_strand strand;
    const char *purpose, *dataset; /* as in study.yaml; dataset may be NULL */
};
/* Convert or take over a form of study.yaml, put the public key in, check it, store it as evidence
 * (kind "form") and as a file, and make it the version that is out. Refused while an ethics approval
 * is missing or lapsed on `day` ("2026-11-24", keep/approvals); the same version with other content is
 * refused. state: TF_FORM_OPEN, or TF_FORM_DRAFT for a version that only its own token gets. */
TF_MUST_CHECK enum tf_code tf_form_publish(struct tf_arena *arena, struct tf_fieldwork *fw,
                                           const struct tf_study *study,
                                           const struct tf_study_form *form, const char *country,
                                           enum tf_form_state state, const char *day,
                                           struct tf_notices *out, struct tf_out_form *ret,
                                           struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_form_state_set(struct tf_fieldwork *fw, const char *country,
                                             const char *id, enum tf_form_state state,
                                             struct tf_err *reterr);
/* All that are out, every version, ordered by country, id, version. */
TF_MUST_CHECK enum tf_code tf_forms_out(struct tf_arena *arena, struct tf_fieldwork *fw,
                                        struct tf_out_form **ret, size_t *ret_n,
                                        struct tf_err *reterr);

/* ---- devices and people ---- */
struct tf_device {
    const char *id, *name, *country, *team, *person; /* person: the interviewer it belongs to */
    const char *token_hash;                          /* 64 hex digits */
    bool revoked;
};
struct tf_person {
    const char *id, *name, *country, *team;
    const char *role;     /* lead, survey, supervisor, interviewer, … (keep/roles) */
    const char *password; /* Argon2id string, or NULL */
    const char *totp;     /* base32 secret, or NULL */
    const char *ha1;      /* for Digest, or NULL */
    bool active;
    int64_t totp_step;    /* the last step that was used: a code opens once */
};
TF_MUST_CHECK enum tf_code tf_devices(struct tf_arena *arena, struct tf_fieldwork *fw,
                                      struct tf_device **ret, size_t *ret_n, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_people(struct tf_arena *arena, struct tf_fieldwork *fw,
                                     struct tf_person **ret, size_t *ret_n, struct tf_err *reterr);
/* Enrol: makes a token (43 characters, URL-safe), keeps its hash, and returns it once. */
TF_MUST_CHECK enum tf_code tf_device_enrol(struct tf_arena *arena, struct tf_fieldwork *fw,
                                           const struct tf_device *device, const char **ret_token,
                                           struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_device_revoke(struct tf_fieldwork *fw, const char *id,
                                            struct tf_err *reterr);
/* Write a person (a known id is replaced), end one, and note that the time step of a second factor was
 * used: *ret_new is false when it, or a later one, was used before. */
TF_MUST_CHECK enum tf_code tf_person_put(struct tf_fieldwork *fw, const struct tf_person *p,
                                         struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_person_end(struct tf_fieldwork *fw, const char *id,
                                         struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_person_step(struct tf_fieldwork *fw, const char *id, int64_t step,
                                          bool *ret_new, struct tf_err *reterr);
/* ---- what people prove themselves by (people.c, totp.c) ---- */
#define TF_FIELD_REALM "Trefoil" /* of Digest: HA1 is made for it */
/* Stretch a password (Argon2id; 8 to 128 bytes) for tf_person.password; and HA1 for Digest. */
TF_MUST_CHECK enum tf_code tf_password_hash(struct tf_arena *arena, const char *password,
                                            const char **ret, struct tf_err *reterr);
bool tf_password_fits(const char *stretched, const char *password); /* takes about 0.1 s */
const char *tf_password_ha1(struct tf_arena *arena, const char *id, const char *password);
/* A secret of 20 bytes in base32, the address that an authenticator app scans, and the step whose code
 * this is (RFC 6238: 30 s, 6 digits, one step early or late); -1 when it is none. */
const char *tf_totp_secret(struct tf_arena *arena);
const char *tf_totp_address(struct tf_arena *arena, const char *study, const char *id,
                            const char *secret);
int64_t tf_totp_step(const char *secret, const char *code, int64_t now);
/* What Collect scans to be set up: settings with the device's address, packed. */
const char *tf_collect_settings(struct tf_arena *arena, const char *base_url, const char *token,
                                const char *project);
/* A QR code of a text: for a terminal (blocks), as SVG, as PNG. TF_E_LIMIT when it is too long. */
struct tf_qr { const char *blocks, *svg; struct tf_bytes png; };
TF_MUST_CHECK enum tf_code tf_qr_make(struct tf_arena *arena, const char *text, struct tf_qr *ret,
                                      struct tf_err *reterr);

/* Hash of a token as stored. */
struct tf_hash tf_token_hash(const char *token);

/* ---- who goes where ---- */
struct tf_assignment {
    const char *kind;         /* "visit" or "backcheck" */
    const char *psu, *unit;   /* unit: the household's or the door's number in its PSU */
    const char *person, *team;
    const char *note;         /* how to find it: the walk's start, the dwelling, the place */
    int64_t place;            /* in the order of the work, from 1 */
};
/* Deal the drawn addresses (CSV: psu and household or door[, start, dwelling, lat, lon]; what `trefoil
 * draw households` and `draw walk` write) to the interviewers of these teams. Whole PSUs go to a team, the
 * largest first to the team with the least work for its people; within a team doors are dealt in turn, so
 * that loads differ by one at most and no interviewer is one PSU. All visits of the country that the
 * teams had before are replaced. */
TF_MUST_CHECK enum tf_code tf_assign_units(struct tf_arena *arena, struct tf_fieldwork *fw,
                                           const char *country, const char *file,
                                           const char *const *team, size_t n_teams,
                                           const char *seed, size_t *ret_n, struct tf_err *reterr);
/* All of a country, by kind and place. */
TF_MUST_CHECK enum tf_code tf_assignments(struct tf_arena *arena, struct tf_fieldwork *fw,
                                          const char *country, struct tf_assignment **ret,
                                          size_t *ret_n, struct tf_err *reterr);
/* Draw a share (0, 1] of each interviewer's complete interviews, one at least, and give each to an
 * interviewer who is somebody else, of the same team where it has another. done: who did what (kind, note
 * and place are not read). Replaces the back-checks of the country. */
TF_MUST_CHECK enum tf_code tf_backcheck_draw(struct tf_arena *arena, struct tf_fieldwork *fw,
                                             const char *country,
                                             const struct tf_assignment *done, size_t n_done,
                                             double share, const char *seed, size_t *ret_n,
                                             struct tf_err *reterr);
/* Cells with a number of interviews that is enough: kept for quotas.csv. */
struct tf_quota { const char *cell; int64_t target, done; };
TF_MUST_CHECK enum tf_code tf_quotas(struct tf_arena *arena, struct tf_fieldwork *fw,
                                     const char *country, struct tf_quota **ret, size_t *ret_n,
                                     struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_quotas_put(struct tf_fieldwork *fw, const char *country,
                                         const struct tf_quota *quota, size_t n,
                                         struct tf_err *reterr);

/* ---- what people think of a record ---- */
extern const char *const tf_review_states[]; /* received, hasIssues, approved, rejected, edited; NULL */
struct tf_review {
    const char *form, *instance; /* the record's first instanceID */
    uint64_t record;             /* number in the inbox of the version that was looked at */
    const char *state, *person, *comment;
    int64_t at;                  /* seconds since 1970 */
};
/* Every review of a country in the order they were made; the last of a record holds, unless the record
 * was edited since: then it is "edited". */
TF_MUST_CHECK enum tf_code tf_reviews(struct tf_arena *arena, struct tf_fieldwork *fw,
                                      const char *country, struct tf_review **ret, size_t *ret_n,
                                      struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_review_put(struct tf_fieldwork *fw, const char *country,
                                         const struct tf_review *review, struct tf_err *reterr);

/* ---- what one device alone is given ---- */
/* Media that are made for a device: "assignments.csv" (its own addresses, nobody else's) and
 * "quotas.csv" (which cells are still open), each only where the form names it. They belong in the
 * device's manifest beside the form's own media; out_form.expected never names them. */
struct tf_own_media { const char *name; struct tf_bytes data; const char *md5; };
TF_MUST_CHECK enum tf_code tf_device_media(struct tf_arena *arena, struct tf_fieldwork *fw,
                                           const struct tf_device *device,
                                           const struct tf_out_form *form,
                                           struct tf_own_media **ret, size_t *ret_n,
                                           struct tf_err *reterr);

#endif
