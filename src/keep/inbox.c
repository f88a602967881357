/* The inbox opened for appending: its lock, its keys, its memory of what is here, and recovery.
 *
 *     <study>/.trefoil/inbox.pub        "trefoil-inbox-1 BASE64": whom segments are sealed to
 *     <study>/.trefoil/inbox/lock       held by the one process that appends
 *                            hash.key   32 random bytes, 0600: keys the hashes of XML in clear heads
 *                            settled    up to where all is on the disk: readers go no further
 *                            00000001.seg …
 *
 * hash.key is not a key to anything sealed. It lets this server say, after a restart too, whether a
 * tablet sends the same XML again; without it nobody can try guesses of short answers against the
 * hashes that stand in clear heads. A new one would take every repetition for a conflict, so a lost
 * one is an error.
 *
 * Opening reads all clear heads into the index, and proves every hash of the last segment, the only
 * one that can have a torn tail: each opening begins a segment of its own, for the key of an earlier
 * one is forgotten. What is cut was never acknowledged.
 *
 * Does not: open anything. The private half of inbox.pub is elsewhere (keep/custody.h). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/inbox_inside.h"
#include "keep/inside.h"

static const char pub_word[] = "trefoil-inbox-1 ";

static enum tf_code io_error(struct tf_err *reterr, const char *path, const char *what)
{
    const int why = errno;
    (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "%s", what);
    return tf_fact(reterr, "%s", strerror(why));
}

bool tf_in_write_at(int fd, const void *data, size_t n, uint64_t at)
{
    const unsigned char *p = data;
    while (n > 0) {
        const ssize_t put = pwrite(fd, p, n, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        p += put;
        n -= (size_t)put;
        at += (uint64_t)put;
    }
    return true;
}

static bool flush_dir(const char *dir)
{
    const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    return done;
}

/* ---- what it needs: the public key, the hash key, the lock ---- */

static enum tf_code read_public(struct tf_inbox *x, struct tf_err *reterr)
{
    const char *path = tf_keep_path(x->arena, x->dir, "inbox.pub");
    struct tf_bytes file;
    size_t n = 0;
    if (!tf_file_exists(path)) {
        (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "the inbox has no public key");
        (void)tf_fact(reterr, "What is received is sealed to it.");
        return tf_help(reterr, "`trefoil keep init` makes it, where the vault is; copy it here.");
    }
    TF_TRY(tf_file_read(x->arena, path, 200, &file, reterr));
    const char *text = tf_trim(x->arena, file.data);
    if (tf_starts(text, pub_word) &&
        sodium_base642bin(x->public_key, sizeof x->public_key, text + strlen(pub_word),
                          strlen(text + strlen(pub_word)), NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0 &&
        n == sizeof x->public_key)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_KEY, path, 1, 0, "this is no public key of an inbox");
    return tf_help(reterr, "It is one line: \"trefoil-inbox-1 \" and 44 characters of base64.");
}

static void release(void *secret)
{
    sodium_free(secret); /* wipes */
}

static enum tf_code locked(struct tf_inbox *x, unsigned char **ret, struct tf_err *reterr)
{
    *ret = sodium_malloc(IN_KEY);
    if (*ret == NULL) {
        (void)tf_fail(reterr, TF_E_MEMORY, "there is no lockable memory for a key");
        return tf_help(reterr, "Raise the limit of locked memory (ulimit -l).");
    }
    tf_arena_defer(x->arena, release, *ret);
    return TF_OK;
}

/* Made when the inbox is; never again. */
static enum tf_code open_mac_key(struct tf_inbox *x, bool fresh, struct tf_err *reterr)
{
    static const char label[] = "the id of an inbox's hash key";
    const char *path = tf_path_join(x->arena, tf_inbox_dir(x->arena, x->dir), "hash.key");
    struct stat st;
    TF_TRY(locked(x, &x->mac_key, reterr));
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT && !fresh) {
        (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "the inbox's hash.key is not there");
        return tf_help(reterr, "Put it back; a new one would take every repeated record for another.");
    }
    if (fd < 0 && errno == ENOENT) {
        randombytes_buf(x->mac_key, IN_KEY);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 || !tf_in_write_at(fd, x->mac_key, IN_KEY, 0) || fsync(fd) != 0) {
            const enum tf_code code = io_error(reterr, path, "the inbox's hash.key cannot be written");
            if (fd >= 0) {
                (void)close(fd);
                (void)unlink(path);
            }
            return code;
        }
    }
    if (fd < 0)
        return io_error(reterr, path, "the inbox's hash.key cannot be read");
    const bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0 &&
                      st.st_size == IN_KEY && tf_in_read_at(fd, x->mac_key, IN_KEY, 0);
    (void)close(fd);
    if (!good) {
        (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "hash.key is no key, or others may read it");
        return tf_help(reterr, "It has 32 bytes and mode 600.");
    }
    (void)crypto_generichash(x->mac_id, IN_MAC, (const unsigned char *)label, sizeof label,
                             x->mac_key, IN_KEY);
    return TF_OK;
}

static void close_fd(void *fd)
{
    const int *at = fd;
    if (*at >= 0)
        (void)close(*at);
}

static int *kept_fd(struct tf_arena *arena, int fd)
{
    int *at = TF_NEW(arena, int);
    *at = fd;
    tf_arena_defer(arena, close_fd, at);
    return at;
}

static enum tf_code take_lock(struct tf_inbox *x, struct tf_err *reterr)
{
    const char *path = tf_path_join(x->arena, tf_inbox_dir(x->arena, x->dir), "lock");
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const int *fd = kept_fd(x->arena, open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (*fd < 0)
        return io_error(reterr, path, "the inbox cannot be locked");
    if (fcntl(*fd, F_SETLK, &whole) == 0)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_REFUSED, path, 0, 0, "another process appends to this inbox");
    return tf_help(reterr, "One server serves a study: end the other first.");
}

static enum tf_code make_folder(struct tf_inbox *x, struct tf_err *reterr)
{
    const char *dir = tf_inbox_dir(x->arena, x->dir);
    TF_TRY(tf_keep_folder(x->arena, x->dir, reterr));
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return io_error(reterr, dir, "the folder of the inbox cannot be made");
    return TF_OK;
}

/* ---- recovery ---- */

static enum tf_code cut_at(struct tf_inbox *x, const struct seg *s, uint64_t at,
                           struct tf_err *reterr)
{
    const int fd = open(s->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    const bool done = fd >= 0 && ftruncate(fd, (off_t)at) == 0 && fsync(fd) == 0;
    enum tf_code code = TF_OK;
    if (!done)
        code = io_error(reterr, s->path, "the torn tail of a segment cannot be cut");
    else
        x->cut += s->size - at;
    if (fd >= 0)
        (void)close(fd);
    return code;
}

/* The heads of one segment into the index. In the last one each hash is proved. */
static enum tf_code load(struct tf_inbox *x, struct seg *s, bool last, struct tf_err *reterr)
{
    struct in_head head = {.cap_part = 0};
    unsigned char hash[IN_HASH];
    struct rec r;
    enum rec_kind kind;
    uint64_t good = IN_HEADER;
    memcpy(hash, s->h.hash, IN_HASH);
    while ((kind = tf_in_next(s, s->size, &r)) == REC_IS) {
        unsigned char fresh[IN_HASH];
        if (last ? !tf_in_verify(s, &r, hash, fresh) : !tf_in_hash_of(s, &r, fresh)) {
            kind = REC_BAD;
            break;
        }
        if (!tf_in_head_read(x->arena, r.head, r.head_n, &head))
            return tf_in_damaged(reterr, s->path, r.offset, "The head of a record is not one.");
        const struct tf_inbox_post post = {
            .country = head.is.country, .form = head.is.form, .instance = head.is.instance,
            .deprecated = head.is.deprecated, .expects = head.expects,
            .n_expects = head.n_expects, .part = head.part, .n_parts = head.is.n_parts};
        TF_TRY(tf_in_note(x, &post, head.mac, reterr));
        x->n_undo = 0;
        memcpy(hash, fresh, IN_HASH);
        x->number = r.number;
        good = r.next;
    }
    memcpy(x->hash, hash, IN_HASH);
    if (kind == REC_END)
        return TF_OK;
    if (!last || tf_in_settled_beyond(s, good))
        return tf_in_damaged(reterr, s->path, good,
                             "A record there is not as it was when it was acknowledged.");
    return cut_at(x, s, good, reterr);
}

/* What a segment begun and never flushed leaves behind is taken away. */
static enum tf_code drop_torn(struct tf_inbox *x, const struct seg *s, bool last,
                              struct tf_err *reterr)
{
    if (!last)
        return tf_in_damaged(reterr, s->path, 0, "It is shorter than its header.");
    if (unlink(s->path) != 0)
        return io_error(reterr, s->path, "a torn segment cannot be taken away");
    x->cut += s->size;
    return TF_OK;
}

static enum tf_code load_all(struct tf_inbox *x, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("heads of the inbox", (size_t)1 << 30);
    uint32_t *seq;
    size_t n;
    struct settled before;
    enum tf_code code = tf_in_list(scratch, x->dir, &seq, &n, reterr);
    if (code == TF_OK && n == 0 && tf_in_settled_read(scratch, x->dir, &before)) {
        x->last_seq = (uint32_t)before.seq; /* all were moved away: numbers are never used again */
        x->number = before.number;
    }
    for (size_t k = 0; k < n && code == TF_OK; k++) {
        struct seg s;
        bool torn;
        code = tf_in_open(scratch, x->dir, seq[k], &s, &torn, reterr);
        if (code == TF_OK && torn) {
            code = drop_torn(x, &s, k + 1 == n, reterr);
            continue;
        }
        if (code == TF_OK && k > 0)
            code = tf_in_follows(&s, x->hash, x->number + 1, reterr);
        if (code == TF_OK && memcmp(s.h.mac_id, x->mac_id, IN_MAC) != 0) {
            code = tf_fail_at(reterr, TF_E_KEY, s.path, 0, 0, "hash.key is of another inbox");
            (void)tf_help(reterr, "Put the one back that this inbox began with.");
        }
        if (code == TF_OK) {
            x->number = s.h.first - 1;
            code = load(x, &s, k + 1 == n, reterr);
            x->last_seq = seq[k];
        }
        tf_in_close(&s);
    }
    tf_arena_free(scratch);
    return code;
}

/* What recovery found whole may still be in memory only (the process was killed, not the machine):
 * it is flushed before readers are told of it. */
static enum tf_code settle(struct tf_inbox *x, struct tf_err *reterr)
{
    const char *path = tf_path_join(x->arena, tf_inbox_dir(x->arena, x->dir), "settled");
    struct settled now = {.seq = x->last_seq, .number = x->number};
    unsigned char text[32];
    struct stat st;
    if (tf_file_exists(tf_inbox_segment(x->arena, x->dir, x->last_seq))) {
        const char *last = tf_inbox_segment(x->arena, x->dir, x->last_seq);
        const int fd = open(last, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        const bool done = fd >= 0 && fsync(fd) == 0 && fstat(fd, &st) == 0;
        if (fd >= 0)
            (void)close(fd);
        if (!done)
            return io_error(reterr, last, "a segment of the inbox cannot be flushed");
        now.end = (uint64_t)st.st_size;
    }
    tf_in_settled_write(text, &now);
    x->settled_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    (void)kept_fd(x->arena, x->settled_fd);
    if (x->settled_fd < 0 || !tf_in_write_at(x->settled_fd, text, sizeof text, 0) ||
        fsync(x->settled_fd) != 0 || !flush_dir(tf_inbox_dir(x->arena, x->dir)))
        return io_error(reterr, path, "the mark of what is on the disk cannot be written");
    return TF_OK;
}

/* ---- segments ---- */

void tf_in_end(struct tf_inbox *x)
{
    sodium_memzero(x->segment_key, IN_KEY);
    if (x->fd >= 0)
        (void)close(x->fd);
    x->fd = -1;
}

static void end_inbox(void *inbox)
{
    struct tf_inbox *x = inbox;
    tf_in_end(x);
    tf_arena_free(x->undo_arena);
}

enum tf_code tf_in_begin(struct tf_inbox *x, struct tf_err *reterr)
{
    unsigned char header[IN_HEADER];
    char path[4096];
    struct seg_header *h = &x->h;
    *h = (struct seg_header){.seq = x->last_seq + 1, .first = x->number + 1};
    (void)snprintf(path, sizeof path, "%s/.trefoil/inbox/%08u.seg", x->dir, (unsigned)h->seq);
    memcpy(h->public_key, x->public_key, sizeof h->public_key);
    memcpy(h->mac_id, x->mac_id, sizeof h->mac_id);
    memcpy(h->prev, x->hash, sizeof h->prev);
    randombytes_buf(h->mark, sizeof h->mark);
    randombytes_buf(x->segment_key, IN_KEY);
    if (crypto_box_seal(h->key, x->segment_key, IN_KEY, x->public_key) != 0)
        return tf_fail(reterr, TF_E_KEY, "inbox.pub is no public key");
    tf_in_header_write(header, h);
    x->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    *strrchr(path, '/') = '\0';
    if (x->fd >= 0 && tf_in_write_at(x->fd, header, sizeof header, 0) && fdatasync(x->fd) == 0 &&
        flush_dir(path)) {
        x->last_seq = h->seq;
        x->end = IN_HEADER;
        x->records = 0;
        memcpy(x->hash, h->hash, IN_HASH);
        return TF_OK;
    }
    const int why = errno;
    if (x->fd >= 0) {
        path[strlen(path)] = '/';
        (void)unlink(path);
    }
    tf_in_end(x);
    errno = why;
    return io_error(reterr, path, "a segment of the inbox cannot be begun");
}

/* ---- opening ---- */

enum tf_code tf_inbox_open(struct tf_arena *arena, const char *study_dir, struct tf_inbox **ret,
                           struct tf_err *reterr)
{
    struct tf_inbox *x = TF_NEW(arena, struct tf_inbox);
    uint32_t *seq;
    size_t n;
    *x = (struct tf_inbox){.arena = arena, .dir = tf_strdup(arena, study_dir), .fd = -1,
                           .settled_fd = -1};
    if (strlen(study_dir) > 4000)
        return tf_fail(reterr, TF_E_INPUT, "the name of the study's folder is too long");
    TF_TRY(read_public(x, reterr));
    TF_TRY(locked(x, &x->segment_key, reterr));
    tf_arena_defer(arena, end_inbox, x);
    TF_TRY(make_folder(x, reterr));
    TF_TRY(take_lock(x, reterr));
    TF_TRY(tf_in_list(arena, study_dir, &seq, &n, reterr));
    TF_TRY(open_mac_key(x, n == 0, reterr));
    x->index = tf_in_index_new(arena);
    TF_TRY(load_all(x, reterr));
    TF_TRY(settle(x, reterr));
    *ret = x;
    return TF_OK;
}
