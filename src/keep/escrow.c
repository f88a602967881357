/* Escrow: a copy of the key folder, kept apart, in one file.
 *
 *     <place>/trefoil-keys.escrow      "TFESC1\n\0" | entries | BLAKE2b-256 of all before
 *     entry                            length of name (4) | name | length (4) | bytes
 *
 * Everything in it is wrapped for custodians or sealed already, except the machine's own vault.key
 * of a study that has no custodians: such a copy opens the study, and is for its owner only (0600).
 *
 * The place is remembered. Whenever a key is destroyed (a withdrawal, a retention date, the inbox's
 * turn) each copy is written anew without it and the old bytes are overwritten. A copy that cannot
 * be reached then is named, and remembered as behind: it still opens what was destroyed here, until
 * somebody brings it in. A file once copied elsewhere by hand is beyond this. */
#define _XOPEN_SOURCE 700 /* realpath */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <stdlib.h>

#include "keep/escrow.h"
#include "keep/inside.h"
#include "keep/keys.h"
#include "keep/stage.h"

static const char magic[8] = "TFESC1\n", *const places = "keys/escrow";
enum { SUM = 32, MAX_PLACES = 32 };
static const size_t copy_limit = (size_t)512 << 20;

/* What belongs to the key folder. The remembered head of the ledger and the list of places do not:
 * they say something of this machine. */
static enum tf_code
key_files(struct tf_arena *arena, const char *study_dir, struct tf_names *to, struct tf_err *reterr)
{
    struct tf_names all = {.n = 0};
    const char *top = tf_keep_path(arena, study_dir, "");
    TF_TRY(tf_tree_files(arena, top, "keys", &all, reterr));
    TF_TRY(tf_tree_files(arena, top, "public", &all, reterr));
    for (size_t k = 0; k < all.n; k++) {
        const char *name = all.name[k];
        if (strcmp(name, places) == 0 || strcmp(name, "keys/head") == 0 || tf_ends(name, ".new") ||
            tf_ends(name, "lock"))
            continue;
        to->name = tf_grow(arena, to->name, to->n, &to->cap, sizeof *to->name);
        to->name[to->n++] = name;
    }
    static const char *const more[] = {"vault.key", "inbox.pub", "field.key"};
    for (size_t k = 0; k < 3; k++)
        if (tf_file_exists(tf_keep_path(arena, study_dir, more[k]))) {
            to->name = tf_grow(arena, to->name, to->n, &to->cap, sizeof *to->name);
            to->name[to->n++] = more[k];
        }
    return TF_OK;
}

static enum tf_code
pack(struct tf_arena *arena, const char *study_dir, struct tf_buf *to, struct tf_err *reterr)
{
    struct tf_names list = {.n = 0};
    TF_TRY(key_files(arena, study_dir, &list, reterr));
    size_t room = sizeof magic + SUM + 1;
    for (size_t k = 0; k < list.n; k++) {
        struct stat st;
        if (stat(tf_keep_path(arena, study_dir, list.name[k]), &st) == 0 && st.st_size > 0)
            room += (size_t)st.st_size + strlen(list.name[k]) + 8;
    }
    to->s = tf_alloc(arena, room); /* once, so that no copy is left behind by growing */
    to->cap = room;
    tf_buf_addn(to, magic, sizeof magic);
    for (size_t k = 0; k < list.n; k++) {
        struct tf_bytes file;
        TF_TRY(tf_file_read(arena, tf_keep_path(arena, study_dir, list.name[k]), copy_limit, &file,
                            reterr));
        tf_blob_text(to, list.name[k]);
        tf_blob_u32(to, (uint32_t)file.n);
        tf_buf_addn(to, file.data, file.n);
        if (tf_ends(list.name[k], "vault.key") || tf_ends(list.name[k], "field.key"))
            sodium_memzero((void *)(uintptr_t)file.data, file.n);
    }
    unsigned char sum[SUM];
    (void)crypto_generichash(sum, SUM, (const unsigned char *)to->s, to->n, NULL, 0);
    tf_buf_addn(to, sum, SUM);
    return TF_OK;
}

static const char *file_in(struct tf_arena *arena, const char *place)
{
    return tf_path_join(arena, place, "trefoil-keys.escrow");
}

/* ---- The places ------------------------------------------------------------------------------ */

static enum tf_code read_places(struct tf_arena *arena, const char *study_dir, char ***ret,
                                size_t *ret_n, struct tf_err *reterr)
{
    const char *path = tf_keep_path(arena, study_dir, places);
    struct tf_bytes text;
    *ret_n = 0;
    if (!tf_file_exists(path))
        return TF_OK;
    TF_TRY(tf_file_read(arena, path, 65536, &text, reterr));
    *ret_n = tf_split(arena, text.data, '\n', ret);
    while (*ret_n > 0 && (*ret)[*ret_n - 1][0] == '\0')
        (*ret_n)--;
    return TF_OK;
}

static enum tf_code
remember(struct tf_arena *arena, const char *study_dir, const char *place, struct tf_err *reterr)
{
    struct tf_buf text = {.arena = arena};
    char **line;
    size_t n;
    TF_TRY(read_places(arena, study_dir, &line, &n, reterr));
    if (n >= MAX_PLACES)
        return tf_fail(reterr, TF_E_LIMIT, "more than %d escrow copies", MAX_PLACES);
    for (size_t k = 0; k < n; k++) {
        if (strcmp(line[k], place) == 0)
            return TF_OK;
        tf_buf_printf(&text, "%s\n", line[k]);
    }
    tf_buf_printf(&text, "%s\n", place);
    TF_TRY(tf_keep_folder_for(arena, tf_keep_path(arena, study_dir, places), reterr));
    return tf_private_write(arena, tf_keep_path(arena, study_dir, places), tf_buf_text(&text),
                            text.n, reterr);
}

/* ---- Copying --------------------------------------------------------------------------------- */

static enum tf_code
copy_to(struct tf_arena *arena, const char *study_dir, const char *place, struct tf_err *reterr)
{
    struct tf_buf b = {.arena = arena};
    enum tf_code code = pack(arena, study_dir, &b, reterr);
    if (code == TF_OK)
        code = tf_private_write(arena, file_in(arena, place), b.s, b.n, reterr);
    if (b.s != NULL)
        sodium_memzero(b.s, b.n);
    return code;
}

enum tf_code tf_escrow_put(struct tf_arena *arena, const char *study_dir, const char *place,
                           struct tf_err *reterr)
{
    char *whole = realpath(place, NULL);
    if (whole == NULL || !tf_dir_exists(place) || strchr(whole, '\n') != NULL) {
        free(whole);
        (void)tf_fail(reterr, TF_E_IO, "there is no folder '%s' for the escrow copy", place);
        return tf_help(reterr,
                       "Bring in the medium that the copy is to lie on, and name a folder on it.");
    }
    const char *path = tf_strdup(arena, whole);
    free(whole);
    struct tf_arena *scratch = tf_arena_new("the escrow copy", 2 * copy_limit);
    enum tf_code code = copy_to(scratch, study_dir, path, reterr);
    if (code == TF_OK)
        code = remember(scratch, study_dir, path, reterr);
    tf_arena_free(scratch);
    return code;
}

enum tf_code tf_escrow_refresh(struct tf_arena *arena TF_UNUSED, const char *study_dir,
                               struct tf_notices *to, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("the escrow copies", 4 * copy_limit);
    char **place = NULL;
    size_t n = 0;
    const enum tf_code code = read_places(scratch, study_dir, &place, &n, reterr);
    for (size_t k = 0; code == TF_OK && k < n; k++) {
        struct tf_err err = {.code = TF_OK};
        if (tf_file_exists(file_in(scratch, place[k])) &&
            copy_to(scratch, study_dir, place[k], &err) == TF_OK)
            continue;
        if (to != NULL)
            tf_notice_add(
                to, TF_WARNING, "escrow", place[k], 0, 0,
                "Bring it in and run `trefoil keep backup --keys` with this folder; until "
                "then that copy still opens what was destroyed here.",
                "the escrow copy could not be reached%s%s", err.code == TF_OK ? "" : ": ",
                err.code == TF_OK ? "" : err.what);
    }
    tf_arena_free(scratch);
    return code;
}

/* ---- Comparing and reading ------------------------------------------------------------------- */

enum tf_code tf_escrow_check(struct tf_arena *arena TF_UNUSED, const char *study_dir,
                             struct tf_notices *to, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("the escrow copies", 4 * copy_limit);
    struct tf_buf now = {.arena = scratch};
    char **place = NULL;
    size_t n = 0;
    enum tf_code code = read_places(scratch, study_dir, &place, &n, reterr);
    if (code == TF_OK && n > 0)
        code = pack(scratch, study_dir, &now, reterr);
    for (size_t k = 0; code == TF_OK && k < n; k++) {
        struct tf_bytes then;
        struct tf_err err;
        if (tf_file_read(scratch, file_in(scratch, place[k]), copy_limit, &then, &err) != TF_OK) {
            tf_notice_add(to, TF_WARNING, "escrow", place[k], 0, 0,
                          "Bring it in and run `trefoil keep backup --keys` with this folder.",
                          "the escrow copy of the keys cannot be reached");
            continue;
        }
        if (then.n != now.n || memcmp(then.data, now.s, now.n) != 0)
            tf_notice_add(to, TF_WARNING, "escrow", place[k], 0, 0,
                          "`trefoil keep backup --keys` with this folder brings it up to date.",
                          "the escrow copy of the keys is not what the key folder is now");
    }
    if (now.s != NULL)
        sodium_memzero(now.s, now.n);
    tf_arena_free(scratch);
    return code;
}

static enum tf_code no_copy(const char *path, struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "this is no whole copy of a key folder");
    return tf_help(reterr,
                   "Give the folder that holds trefoil-keys.escrow, from `trefoil keep backup "
                   "--keys`.");
}

static bool is_name(const char *s)
{
    return s[0] != '\0' && s[0] != '/' && strstr(s, "..") == NULL &&
           (tf_starts(s, "keys/") || tf_starts(s, "public/") || strcmp(s, "vault.key") == 0 ||
            strcmp(s, "inbox.pub") == 0 || strcmp(s, "field.key") == 0);
}

enum tf_code tf_escrow_parse(struct tf_arena *arena, const char *path, const struct tf_bytes *file,
                             struct tf_escrow_file **ret, size_t *ret_n, struct tf_err *reterr)
{
    const unsigned char *data = (const unsigned char *)file->data;
    unsigned char sum[SUM];
    size_t n = 0, cap = 0;
    struct tf_escrow_file *list = NULL;
    if (file->n < sizeof magic + SUM || memcmp(data, magic, sizeof magic) != 0)
        return no_copy(path, reterr);
    (void)crypto_generichash(sum, SUM, data, file->n - SUM, NULL, 0);
    if (memcmp(sum, data + file->n - SUM, SUM) != 0)
        return no_copy(path, reterr);
    struct blob_reader r = {.at = data + sizeof magic, .end = data + file->n - SUM};
    while (r.at < r.end && !r.broken) {
        const char *name = tf_unblob_text(arena, &r);
        const uint32_t size = tf_unblob_u32(&r);
        const unsigned char *bytes = tf_unblob_bytes(&r, size);
        if (r.broken || name == NULL || !is_name(name))
            return no_copy(path, reterr);
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        list[n++] = (struct tf_escrow_file){name, bytes, size};
    }
    *ret = list;
    *ret_n = n;
    return r.broken ? no_copy(path, reterr) : TF_OK;
}

enum tf_code tf_escrow_read(struct tf_arena *arena, const char *place, struct tf_escrow_file **ret,
                            size_t *ret_n, struct tf_err *reterr)
{
    const char *path = file_in(arena, place);
    struct tf_bytes file;
    TF_TRY(tf_file_read(arena, path, copy_limit, &file, reterr));
    return tf_escrow_parse(arena, path, &file, ret, ret_n, reterr);
}
