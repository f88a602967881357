/* Retention clocks: data that are no longer needed stop to exist.
 *
 * study.yaml says of each purpose until when it is kept: until a day, or for so many months after a
 * milestone of the timeline. When the day has come the key of each file of that purpose is
 * destroyed: its wrapping goes from the keyring and from the escrow copies, and the file goes.
 * Every backup of it is unreadable from then on. "inbox" destroys the keys under which submissions
 * came in.
 *
 * First the ledger says what is to go, then the keyring is replaced as a whole, then the files are
 * removed; a run that was killed between is completed by the next. What the register knows of the
 * evidence (names and hashes) stays.
 *
 * With the machine's own key a file's key is derived and cannot be destroyed alone: there the file
 * is overwritten and removed, and what lies in backups stays readable with vault.key. */
#include "keep/retention.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/agent.h"
#include "keep/inside.h"
#include "keep/keyring.h"
#include "keep/stage.h"

struct due_list {
    struct tf_due *item;
    size_t n, cap;
};

static bool covers(struct tf_arena *arena, const struct tf_retention *r, const char *file,
                   const char **ret_country)
{
    const char *country = "", *strand = "", *purpose = "";
    if (strcmp(r->purpose, "inbox") == 0 && tf_starts(file, "keys/inbox/")) {
        *ret_country = "";
        return true;
    }
    if (strcmp(r->purpose, "release") == 0 && strcmp(file, "release.db") == 0) {
        *ret_country = "";
        return true;
    }
    if (!tf_key_parts(arena, file, &country, &strand, &purpose))
        return false;
    *ret_country = country;
    return strcmp(purpose, r->purpose) == 0 &&
           (r->strand == NULL || strcmp(r->strand, strand) == 0) &&
           tf_country_in(r->country, r->n_countries, country);
}

enum tf_code tf_retention_list(struct tf_arena *arena, const struct tf_study *study,
                               const char *day, struct tf_due **ret, size_t *ret_n,
                               struct tf_err *reterr)
{
    struct tf_names files = {.n = 0};
    struct due_list list = {.n = 0};
    const char *top = tf_keep_path(arena, study->dir, "");
    TF_TRY(tf_tree_files(arena, top, "vault", &files, reterr));
    TF_TRY(tf_tree_files(arena, top, "keys/inbox", &files, reterr));
    if (tf_file_exists(tf_path_join(arena, top, "release.db"))) {
        files.name = tf_grow(arena, files.name, files.n, &files.cap, sizeof *files.name);
        files.name[files.n++] = "release.db";
    }
    for (size_t k = 0; k < study->n_retentions; k++) {
        const struct tf_retention *r = &study->retention[k];
        const char *end = tf_retention_day(arena, study, r), *country;
        for (size_t j = 0; j < files.n; j++) {
            if (!covers(arena, r, files.name[j], &country))
                continue;
            list.item = tf_grow(arena, list.item, list.n, &list.cap, sizeof *list.item);
            list.item[list.n++] = (struct tf_due){.rule = r->id,
                                                  .file = files.name[j],
                                                  .country = country,
                                                  .purpose = r->purpose,
                                                  .day = end == NULL ? "not yet known" : end,
                                                  .due = end != NULL && strcmp(end, day) <= 0};
        }
    }
    *ret = list.item;
    *ret_n = list.n;
    return TF_OK;
}

/* ---- Destroying ------------------------------------------------------------------------------ */

static enum tf_code
remove_file(struct tf_arena *arena, const char *study_dir, const char *name, struct tf_err *reterr)
{
    static const char zeros[65536];
    const char *path = tf_keep_path(arena, study_dir, name);
    struct stat st = {.st_size = 0};
    const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && fstat(fd, &st) == 0)
        for (off_t at = 0; at < st.st_size; at += (off_t)sizeof zeros)
            if (pwrite(fd, zeros, sizeof zeros, at) < 0)
                break; /* it is removed all the same */
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    if (unlink(path) == 0 || errno == ENOENT)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "this file could not be removed");
    return tf_fact(reterr, "%s", strerror(errno));
}

/* Without the wrappings of what is due; nothing changes when they are gone already. */
static enum tf_code drop_keys(struct tf_arena *arena, const char *study_dir,
                              const struct tf_due *list, size_t n, struct tf_err *reterr)
{
    struct keyring *ring;
    struct ring *held;
    size_t left = 0;
    TF_TRY(tf_lock_take(arena, tf_keep_path(arena, study_dir, "keys/keyring.lock"), true, true, "",
                        NULL, reterr));
    TF_TRY(tf_keyring_read(arena, study_dir, &ring, reterr));
    TF_TRY(tf_agent_whole(arena, study_dir, &held, reterr));
    const unsigned char *register_key = tf_ring_find(held, "register.db");
    if (register_key == NULL)
        return tf_fail(reterr, TF_E_KEY, "who unlocked this study may not destroy keys");
    TF_TRY(tf_keyring_proved(arena, ring, register_key, reterr));
    for (size_t k = 0; k < ring->n_keys; k++) {
        bool goes = false;
        for (size_t j = 0; j < n; j++)
            goes =
                goes || (list[j].due &&
                         strcmp(strcmp(list[j].file, "release.db") == 0 ? "release" : list[j].file,
                                ring->key[k].name) == 0);
        if (!goes)
            ring->key[left++] = ring->key[k];
    }
    if (left == ring->n_keys)
        return TF_OK;
    ring->n_keys = left;
    return tf_keyring_write(arena, study_dir, ring, register_key, reterr);
}

static enum tf_code note(struct tf_arena *arena, const char *study_dir, const struct tf_due *list,
                         size_t n, struct tf_err *reterr)
{
    struct tf_register *reg;
    TF_TRY(tf_register_open(arena, study_dir, false, &reg, reterr));
    for (size_t k = 0; k < n; k++)
        if (list[k].due)
            TF_TRY(tf_ledger_add(reg, "destroy", list[k].file,
                                 tf_printf(arena, "{\"retention\":\"%s\",\"until\":\"%s\"}",
                                           list[k].rule, list[k].day),
                                 reterr));
    return TF_OK;
}

enum tf_code tf_retention_destroy(struct tf_arena *arena, const struct tf_study *study,
                                  const char *day, size_t *ret_n, struct tf_notices *out,
                                  struct tf_err *reterr)
{
    struct tf_arena *first = tf_arena_new("what is due", (size_t)256 << 20), *own;
    struct tf_due *list = NULL;
    size_t n = 0, due = 0;
    const bool ring = tf_keyring_exists(arena, study->dir);
    enum tf_code code = tf_retention_list(arena, study, day, &list, &n, reterr);
    for (size_t k = 0; k < n; k++)
        due += list[k].due;
    if (code == TF_OK && due > 0)
        code = note(first, study->dir, list, n, reterr);
    tf_arena_free(first); /* nobody holds the vault now, we neither */
    *ret_n = due;
    if (code != TF_OK || due == 0)
        return code;
    own = tf_arena_new("destroying keys", (size_t)256 << 20);
    code = tf_stage_begin(own, study->dir, reterr);
    if (code == TF_OK && ring)
        code = drop_keys(own, study->dir, list, n, reterr);
    for (size_t k = 0; k < n && code == TF_OK; k++)
        if (list[k].due)
            code = remove_file(own, study->dir, list[k].file, reterr);
    if (code == TF_OK)
        code = tf_escrow_refresh(own, study->dir, out, reterr);
    tf_arena_free(own);
    if (code != TF_OK)
        return code;
    if (ring)
        return tf_agent_end(arena, study->dir, reterr); /* it holds what was destroyed */
    tf_notice_add(
        out, TF_WARNING, "machine-key", study->file, 0, 0,
        "Destroy backups that hold these files, or give the study custodians (`trefoil keep "
        "init`).",
        "this study has no custodians: backups of what was destroyed still open with vault.key");
    return TF_OK;
}
