/* Consent and assent: records of what somebody agreed to, each switch by itself.
 *
 *     trefoil-consent-1
 *     country XA
 *     participant XA-0412-2
 *     kind assent
 *     text child 4
 *     language km
 *     day 2026-11-24
 *     by fw-07
 *     source uuid:…
 *     switch interview yes
 *     switch audio no
 *     signature BASE64          Ed25519, by the study's signing key, over all lines before
 *
 * A caregiver's consent and a child's assent are records apart: neither stands for the other. A
 * record is never changed; who turns a switch has a next version. The whole lies sealed under the
 * participant's own key (said.c), so that withdrawal takes the record with it; what stays is an
 * entry in the ledger that somebody withdrew. */
#include "keep/consent.h"

#include <sodium.h>
#include <string.h>

#include "keep/head.h"
#include "keep/inside.h"
#include "keep/keys.h"
#include "keep/records.h"
#include "keep/said.h"

#include "gen/keep_consent_sql.h" /* wants struct tf_named_sql */

enum { B64 = sodium_base64_VARIANT_ORIGINAL, MAX_SWITCHES = 64 };
static const char first_line[] = "trefoil-consent-1\n";
static const char *const purpose = "consent";

static enum tf_code
open_file(struct tf_keep *keep, const char *country, struct tf_db **ret, struct tf_err *reterr)
{
    return tf_keep_file(keep, country, "children", purpose, tf_keep_consent_sql, ret, reterr);
}

/* ---- A record as text ------------------------------------------------------------------------ */

/* The lines' words, and where they go: reading and writing walk the same table. */
static const struct {
    const char *word;
    size_t at;
} lines[] = {
    {"participant", offsetof(struct tf_consent, participant)},
    {"kind",        offsetof(struct tf_consent, kind)       },
    {"text",        offsetof(struct tf_consent, text)       },
    {"language",    offsetof(struct tf_consent, language)   },
    {"day",         offsetof(struct tf_consent, day)        },
    {"by",          offsetof(struct tf_consent, by)         },
    {"source",      offsetof(struct tf_consent, source)     }
};
enum { N_LINES = sizeof lines / sizeof *lines };

static bool one_line(const char *s)
{
    return s == NULL || strpbrk(s, "\r\n") == NULL;
}

enum tf_code tf_consent_sound(const struct tf_consent *c, struct tf_err *reterr)
{
    bool good = !tf_is_blank(c->participant) && c->n_switches <= MAX_SWITCHES;
    for (size_t k = 0; k < N_LINES; k++)
        good =
            good && one_line(*(const char *const *)(const void *)((const char *)c + lines[k].at));
    for (size_t k = 0; k < c->n_switches; k++)
        good = good && !tf_is_blank(c->sw[k].name) && one_line(c->sw[k].name) &&
               strchr(c->sw[k].name, ' ') == NULL;
    if (good && (tf_streq(c->kind, "consent") || tf_streq(c->kind, "assent")))
        return TF_OK;
    (void)tf_fail(reterr, TF_E_INPUT, "this is no record of consent");
    return tf_help(reterr,
                   "It has a participant, the kind consent or assent, and switches of one word.");
}

static const char *
record_text(struct tf_arena *arena, const char *country, const struct tf_consent *c)
{
    struct tf_buf b = {.arena = arena};
    tf_buf_add(&b, first_line);
    tf_buf_printf(&b, "country %s\n", country);
    for (size_t k = 0; k < N_LINES; k++) {
        const char *value = *(const char *const *)(const void *)((const char *)c + lines[k].at);
        if (value != NULL)
            tf_buf_printf(&b, "%s %s\n", lines[k].word, value);
    }
    for (size_t k = 0; k < c->n_switches; k++)
        tf_buf_printf(&b, "switch %s %s\n", c->sw[k].name, c->sw[k].on ? "yes" : "no");
    return tf_buf_text(&b);
}

static bool read_switch(struct tf_arena *arena, const char *line, struct tf_consent *c, size_t *cap)
{
    const char *end = strchr(line, ' ');
    struct tf_switch s;
    if (end == NULL || c->n_switches == MAX_SWITCHES)
        return false;
    s = (struct tf_switch){tf_strndup(arena, line, (size_t)(end - line)),
                           strcmp(end + 1, "yes") == 0};
    struct tf_switch *list =
        tf_grow(arena, (struct tf_switch *)(uintptr_t)c->sw, c->n_switches, cap, sizeof s);
    list[c->n_switches++] = s;
    c->sw = list;
    return true;
}

bool tf_consent_parse(struct tf_arena *arena, const char *text, struct tf_consent *ret)
{
    char **line;
    size_t cap = 0;
    const size_t n = tf_split(arena, text, '\n', &line);
    *ret = (struct tf_consent){.participant = NULL};
    for (size_t k = 1; k < n; k++) {
        const char *value = strchr(line[k], ' ');
        bool known = line[k][0] == '\0' || tf_starts(line[k], "country ") ||
                     tf_starts(line[k], "signature ");
        if (tf_starts(line[k], "switch ")) {
            if (!read_switch(arena, line[k] + 7, ret, &cap))
                return false;
            continue;
        }
        for (size_t j = 0; j < N_LINES && value != NULL && !known; j++) {
            const size_t len = strlen(lines[j].word);
            if (strncmp(line[k], lines[j].word, len) != 0 || line[k] + len != value)
                continue;
            *(const char **)(void *)((char *)ret + lines[j].at) = value + 1;
            known = true;
        }
        if (!known)
            return false;
    }
    return ret->participant != NULL && ret->kind != NULL;
}

/* ---- Putting in ------------------------------------------------------------------------------ */

/* What putting a list needs, had once: locked memory must not grow with the number of records. */
struct putting {
    struct tf_arena *arena; /* wiped */
    struct tf_db *db;
    const char *country;
    unsigned char *secret;
};

static enum tf_code put_one(const struct putting *p, const struct tf_consent *c,
                            const struct tf_record_key *key, size_t *changed, struct tf_err *reterr)
{
    unsigned char signature[64], mac[32];
    char b64[sodium_base64_ENCODED_LEN(64, B64)], hex[65];
    struct tf_stmt *q;
    enum tf_code code;
    if (key->state != TF_RECORD_HELD)
        return TF_OK; /* who withdrew */
    const char *text = record_text(p->arena, p->country, c);
    (void)crypto_generichash(mac, sizeof mac, (const unsigned char *)text, strlen(text), key->key,
                             32);
    (void)sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    TF_TRY(tf_sql(p->db, "consent_known", &q, reterr));
    tf_bind_text(q, 1, hex);
    if (tf_step(q, &code, reterr))
        return tf_run(q, reterr);
    TF_TRY(code);
    (void)crypto_sign_detached(signature, NULL, (const unsigned char *)text, strlen(text),
                               p->secret);
    (void)sodium_bin2base64(b64, sizeof b64, signature, 64, B64);
    const char *whole = tf_printf(p->arena, "%ssignature %s\n", text, b64);
    TF_TRY(tf_sql(p->db, "consent_add", &q, reterr));
    tf_bind_text(q, 1, c->participant);
    tf_bind_text(q, 2, hex);
    tf_bind_text(q, 3, tf_said_seal(p->arena, key->key, c->participant, whole));
    TF_TRY(tf_run(q, reterr));
    ++*changed;
    return TF_OK;
}

static enum tf_code put_list(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                             const struct tf_consent *list, size_t n, size_t *changed,
                             struct tf_err *reterr)
{
    const char **who = TF_NEW_N(arena, const char *, n);
    struct putting p = {.arena = arena, .country = country};
    unsigned char public_key[32];
    struct tf_record_key *key;
    enum tf_code code = TF_OK;
    for (size_t k = 0; k < n; k++) {
        TF_TRY(tf_consent_sound(&list[k], reterr));
        who[k] = list[k].participant;
    }
    TF_TRY(tf_record_keys(arena, keep->key, country, who, n, true, &key, reterr));
    TF_TRY(tf_study_signing_key(arena, keep->dir, &p.secret, public_key, reterr));
    TF_TRY(open_file(keep, country, &p.db, reterr));
    TF_TRY(tf_db_begin(p.db, reterr));
    for (size_t k = 0; k < n && code == TF_OK; k++)
        code = put_one(&p, &list[k], &key[k], changed, reterr);
    if (code == TF_OK)
        code = tf_db_commit(p.db, reterr);
    if (code != TF_OK)
        tf_db_rollback(p.db);
    return code;
}

enum tf_code tf_consent_put(struct tf_keep *keep, const char *country,
                            const struct tf_consent *list, size_t n, size_t *ret_changed,
                            struct tf_err *reterr)
{
    struct tf_arena *arena = tf_arena_new_wiped("records of consent", (size_t)256 << 20);
    *ret_changed = 0;
    const enum tf_code code =
        n == 0 ? TF_OK : put_list(arena, keep, country, list, n, ret_changed, reterr);
    tf_arena_free(arena);
    return code;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static enum tf_code not_signed(const char *who, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_REFUSED, "a record of consent of '%s' is not what was signed", who);
    return tf_help(reterr,
                   "Look at the submission it came from, and put back a copy of the vault.");
}

static enum tf_code prove(struct tf_arena *arena, const char *text, const char *who,
                          const unsigned char public_key[32], struct tf_consent *ret,
                          struct tf_err *reterr)
{
    const char *sign = strstr(text, "\nsignature ");
    unsigned char signature[64];
    size_t n = 0;
    if (sign == NULL || !tf_starts(text, first_line) ||
        sodium_base642bin(signature, 64, sign + 11, strcspn(sign + 11, "\n"), NULL, &n, NULL,
                          B64) != 0 ||
        n != 64 ||
        crypto_sign_verify_detached(signature, (const unsigned char *)text,
                                    (size_t)(sign - text) + 1, public_key) != 0 ||
        !tf_consent_parse(arena, text, ret) || strcmp(ret->participant, who) != 0)
        return not_signed(who, reterr);
    return TF_OK;
}

static void number_versions(struct tf_consent *list, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        list[k].version = 1;
        list[k].current = true;
        for (size_t j = 0; j < k; j++) {
            if (strcmp(list[j].participant, list[k].participant) != 0 ||
                strcmp(list[j].kind, list[k].kind) != 0)
                continue;
            list[k].version++;
            list[j].current = false;
        }
    }
}

enum tf_code tf_consent_list(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                             struct tf_consent **ret, size_t *ret_n, struct tf_err *reterr)
{
    const char **who = NULL, **sealed = NULL, *text;
    unsigned char signature[64], public_key[32];
    struct tf_record_key *key;
    struct tf_db *db;
    struct tf_stmt *q;
    size_t n = 0, cap_who = 0, cap_sealed = 0, left = 0;
    enum tf_code code;
    *ret_n = 0;
    if (!tf_vault_has(arena, keep, country, "children", purpose))
        return TF_OK;
    TF_TRY(open_file(keep, country, &db, reterr));
    TF_TRY(tf_sql(db, "consent_all", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        who = tf_grow(arena, who, n, &cap_who, sizeof *who);
        sealed = tf_grow(arena, sealed, n, &cap_sealed, sizeof *sealed);
        who[n] = tf_col_text(arena, q, 0);
        sealed[n++] = tf_col_text(arena, q, 1);
    }
    TF_TRY(code);
    TF_TRY(tf_study_sign(arena, keep->dir, "", 0, signature, public_key, reterr));
    TF_TRY(tf_record_keys(arena, keep->key, country, who, n, false, &key, reterr));
    struct tf_consent *list = TF_NEW_N(arena, struct tf_consent, n + 1);
    for (size_t k = 0; k < n; k++) {
        if (key[k].state == TF_RECORD_WITHDRAWN)
            continue;
        if (!tf_said_open(arena, &key[k], who[k], sealed[k], &text))
            return tf_said_broken(who[k], reterr);
        TF_TRY(prove(arena, text, who[k], public_key, &list[left], reterr));
        left++;
    }
    number_versions(list, left);
    *ret = list;
    *ret_n = left;
    return TF_OK;
}

enum tf_code tf_consent_allows(struct tf_keep *keep, const char *country, const char *participant,
                               const char *name, bool *ret, struct tf_err *reterr)
{
    struct tf_consent *list = NULL;
    size_t n;
    bool any = false, all = true;
    TF_TRY(tf_consent_list(keep->arena, keep, country, &list, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        bool on = false;
        if (!list[k].current || strcmp(list[k].participant, participant) != 0)
            continue;
        any = true;
        for (size_t j = 0; j < list[k].n_switches; j++)
            on = on || (strcmp(list[k].sw[j].name, name) == 0 && list[k].sw[j].on);
        all = all && on;
    }
    *ret = any && all;
    return TF_OK;
}

enum tf_code
tf_consent_erase(struct tf_keep *keep, const char *country, const char *code, struct tf_err *reterr)
{
    struct tf_db *db;
    struct tf_stmt *q;
    if (!tf_vault_has(keep->arena, keep, country, "children", purpose))
        return TF_OK;
    TF_TRY(open_file(keep, country, &db, reterr));
    TF_TRY(tf_sql(db, "consent_drop", &q, reterr));
    tf_bind_text(q, 1, code);
    return tf_run(q, reterr);
}
