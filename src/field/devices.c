/* Devices and people: who may send, and who may look.
 *
 * A device proves itself by a token in its address: 32 random bytes as 43 characters. The book holds
 * its BLAKE2b-256 hash alone: a token has 256 bits of chance, so a fast hash is as good as a slow one,
 * and each request may be checked in a microsecond. People choose passwords, which have little
 * chance in them: those are stretched by Argon2id (people.c).
 *
 * A device is never deleted: what it sent names it. Revoked, it is answered no more. */
#include <sodium.h>
#include <string.h>

#include "field/inside.h"

struct tf_hash tf_token_hash(const char *token)
{
    return tf_hash_bytes(token, strlen(token));
}

const char *tf_token_make(struct tf_arena *arena)
{
    enum { TOKEN_TEXT = sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_URLSAFE_NO_PADDING) };
    unsigned char bytes[32];
    char *text = tf_alloc(arena, TOKEN_TEXT);
    randombytes_buf(bytes, sizeof bytes);
    (void)sodium_bin2base64(text, TOKEN_TEXT, bytes, sizeof bytes,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
    return text;
}

/* Names stand in addresses, files and feeds. */
static enum tf_code usable(const char *what, const char *name, struct tf_err *reterr)
{
    const size_t n = name == NULL ? 0 : strlen(name);
    static const char *const letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (n > 0 && n <= 64 && name[0] != '.' && name[0] != '-' && strspn(name, letters) == n)
        return TF_OK;
    (void)tf_fail(reterr, TF_E_INPUT, "'%.64s' cannot be the name of a %s",
                  name == NULL ? "" : name, what);
    return tf_help(reterr, "Use letters, digits, '_', '-' and '.', at most 64.");
}

enum tf_code tf_devices(struct tf_arena *arena, struct tf_fieldwork *fw, struct tf_device **ret,
                        size_t *ret_n, struct tf_err *reterr)
{
    struct tf_device *list = NULL;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "device_list", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        list[n++] = (struct tf_device){.id = tf_col_text(arena, q, 0),
                                       .name = tf_col_text(arena, q, 1),
                                       .country = tf_col_text(arena, q, 2),
                                       .team = tf_col_text(arena, q, 3),
                                       .person = tf_col_text(arena, q, 4),
                                       .token_hash = tf_col_text(arena, q, 5),
                                       .revoked = tf_col_int(q, 6) != 0};
    }
    TF_TRY(code);
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

static enum tf_code device_free(struct tf_fieldwork *fw, const char *id, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "device_one", &q, reterr));
    tf_bind_text(q, 1, id);
    if (!tf_step(q, &code, reterr))
        return code;
    TF_TRY(tf_run(q, reterr));
    (void)tf_fail(reterr, TF_E_REFUSED, "a device named '%s' is enrolled already", id);
    return tf_help(reterr, "A tablet that is enrolled again gets a new name: what the old one sent "
                           "still names it. `trefoil field revoke %s` ends the old one.", id);
}

enum tf_code tf_device_enrol(struct tf_arena *arena, struct tf_fieldwork *fw,
                             const struct tf_device *device, const char **ret_token,
                             struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(usable("device", device->id, reterr));
    TF_TRY(usable("person", device->person, reterr));
    TF_TRY(usable("team", device->team, reterr));
    TF_TRY(device_free(fw, device->id, reterr));
    const char *token = tf_token_make(arena);
    const struct tf_hash hash = tf_token_hash(token);
    TF_TRY(tf_sql(fw->db, "device_put", &q, reterr));
    tf_bind_text(q, 1, device->id);
    tf_bind_text(q, 2, device->name == NULL ? device->id : device->name);
    tf_bind_text(q, 3, device->country);
    tf_bind_text(q, 4, device->team);
    tf_bind_text(q, 5, device->person);
    tf_bind_text(q, 6, hash.hex);
    TF_TRY(tf_run(q, reterr));
    *ret_token = token;
    return TF_OK;
}

enum tf_code tf_device_revoke(struct tf_fieldwork *fw, const char *id, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "device_revoke", &q, reterr));
    tf_bind_text(q, 1, id);
    if (tf_step(q, &code, reterr))
        return tf_run(q, reterr);
    TF_TRY(code);
    (void)tf_fail(reterr, TF_E_INPUT, "no device '%s' is enrolled", id);
    return tf_help(reterr, "`trefoil field devices` lists them.");
}

/* ---- people ---------------------------------------------------------------------------------- */

enum tf_code tf_people(struct tf_arena *arena, struct tf_fieldwork *fw, struct tf_person **ret,
                       size_t *ret_n, struct tf_err *reterr)
{
    struct tf_person *list = NULL;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "person_list", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        list[n++] = (struct tf_person){.id = tf_col_text(arena, q, 0),
                                       .name = tf_col_text(arena, q, 1),
                                       .country = tf_col_text(arena, q, 2),
                                       .team = tf_col_text(arena, q, 3),
                                       .role = tf_col_text(arena, q, 4),
                                       .password = tf_col_text(arena, q, 5),
                                       .totp = tf_col_text(arena, q, 6),
                                       .ha1 = tf_col_text(arena, q, 7),
                                       .active = tf_col_int(q, 8) != 0,
                                       .totp_step = tf_col_int(q, 9)};
    }
    TF_TRY(code);
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

enum tf_code tf_person_put(struct tf_fieldwork *fw, const struct tf_person *p,
                           struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(usable("person", p->id, reterr));
    if (!tf_is_blank(p->team))
        TF_TRY(usable("team", p->team, reterr));
    TF_TRY(tf_sql(fw->db, "person_put", &q, reterr));
    const char *const text[] = {p->id,   p->name == NULL ? p->id : p->name, p->country,
                                p->team == NULL ? "" : p->team, p->role, p->password,
                                p->totp, p->ha1};
    for (int k = 0; k < 8; k++)
        tf_bind_text(q, k + 1, text[k]);
    return tf_run(q, reterr);
}

enum tf_code tf_person_end(struct tf_fieldwork *fw, const char *id, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "person_end", &q, reterr));
    tf_bind_text(q, 1, id);
    if (tf_step(q, &code, reterr))
        return tf_run(q, reterr);
    TF_TRY(code);
    (void)tf_fail(reterr, TF_E_INPUT, "there is no person '%s'", id);
    return tf_help(reterr, "`trefoil field person list` lists them.");
}

enum tf_code tf_person_step(struct tf_fieldwork *fw, const char *id, int64_t step, bool *ret_new,
                            struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "person_step", &q, reterr));
    tf_bind_text(q, 1, id);
    tf_bind_int(q, 2, step);
    *ret_new = tf_step(q, &code, reterr);
    return *ret_new ? tf_run(q, reterr) : code;
}
