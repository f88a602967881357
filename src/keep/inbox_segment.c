/* Segments of the inbox, read: headers, records one after the other, and whether they are whole.
 *
 * Three readers share this: recovery at opening, the clear heads, and who opens the records. A record
 * is known by its frame: the segment's random mark, its own offset and its number must stand in it.
 * So nothing inside an encrypted record, and nothing left from elsewhere, can pass for one.
 *
 * What ends a segment badly is one of two things. A torn tail: the last batch was being written when
 * the process or the machine stopped; nobody was told that it was stored, and it is cut. Or damage:
 * something that was on the disk is no longer as it was. They are told apart by `settled`, which every
 * frame carries: a later frame that says more was settled proves damage, and damage is never cut. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/inbox_inside.h"
#include "keep/inside.h"

static const unsigned char magic[] = {'T', 'F', 'I', 'N', 'B', 'O', 'X', '1'};
enum { GUESS = 4096, PIECE = 1 << 16 };

/* ---- headers ---- */

void tf_in_header_write(unsigned char at[IN_HEADER], struct seg_header *h)
{
    struct pen p = {.at = at};
    tf_pen_bytes(&p, magic, sizeof magic);
    tf_pen_u32(&p, h->seq);
    tf_pen_u32(&p, 0);
    tf_pen_u64(&p, h->first);
    tf_pen_bytes(&p, h->public_key, sizeof h->public_key);
    tf_pen_bytes(&p, h->mark, sizeof h->mark);
    tf_pen_bytes(&p, h->mac_id, sizeof h->mac_id);
    tf_pen_bytes(&p, h->prev, sizeof h->prev);
    tf_pen_bytes(&p, h->key, sizeof h->key);
    (void)crypto_generichash(h->hash, sizeof h->hash, at, p.n, NULL, 0);
    tf_pen_bytes(&p, h->hash, sizeof h->hash);
}

bool tf_in_header_read(const unsigned char at[IN_HEADER], struct seg_header *ret)
{
    unsigned char hash[IN_HASH];
    const unsigned char *p = at + sizeof magic + 16;
    (void)crypto_generichash(hash, sizeof hash, at, IN_HEADER - IN_HASH, NULL, 0);
    if (memcmp(at, magic, sizeof magic) != 0 || memcmp(hash, at + IN_HEADER - IN_HASH, IN_HASH) != 0)
        return false;
    ret->seq = tf_in_u32(at + 8);
    ret->first = tf_in_u64(at + 16);
    const struct {
        unsigned char *to;
        size_t n;
    } field[] = {{ret->public_key, sizeof ret->public_key}, {ret->mark, sizeof ret->mark},
                 {ret->mac_id, sizeof ret->mac_id},         {ret->prev, sizeof ret->prev},
                 {ret->key, sizeof ret->key},               {ret->hash, sizeof ret->hash}};
    for (size_t k = 0; k < sizeof field / sizeof *field; k++) {
        memcpy(field[k].to, p, field[k].n);
        p += field[k].n;
    }
    return true;
}

/* ---- files ---- */

char *tf_inbox_dir(struct tf_arena *arena, const char *study_dir)
{
    return tf_keep_path(arena, study_dir, "inbox");
}

char *tf_inbox_segment(struct tf_arena *arena, const char *study_dir, uint32_t seq)
{
    return tf_printf(arena, "%s/%08u.seg", tf_inbox_dir(arena, study_dir), (unsigned)seq);
}

/* "00000012.seg" */
static bool is_segment(const char *name, uint32_t *ret)
{
    uint32_t seq = 0;
    if (strlen(name) != 12 || strcmp(name + 8, ".seg") != 0 || strspn(name, "0123456789") != 8)
        return false;
    for (size_t k = 0; k < 8; k++)
        seq = 10 * seq + (uint32_t)(name[k] - '0');
    *ret = seq;
    return seq > 0;
}

enum tf_code tf_in_list(struct tf_arena *arena, const char *study_dir, uint32_t **ret_seq,
                        size_t *ret_n, struct tf_err *reterr)
{
    char **name = NULL;
    size_t n = 0;
    const char *dir = tf_inbox_dir(arena, study_dir);
    *ret_n = 0;
    *ret_seq = NULL;
    if (!tf_dir_exists(dir))
        return TF_OK;
    TF_TRY(tf_dir_list(arena, dir, &name, &n, reterr)); /* sorted by byte: by number, too */
    *ret_seq = TF_NEW_N(arena, uint32_t, n + 1);
    for (size_t k = 0; k < n; k++)
        if (is_segment(name[k], &(*ret_seq)[*ret_n]))
            (*ret_n)++;
    return TF_OK;
}

bool tf_in_read_at(int fd, void *to, size_t n, uint64_t at)
{
    unsigned char *p = to;
    while (n > 0) {
        const ssize_t got = pread(fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
        at += (uint64_t)got;
    }
    return true;
}

enum tf_code tf_in_damaged(struct tf_err *reterr, const char *path, uint64_t offset,
                           const char *fact)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "a segment of the inbox is damaged at byte %llu",
                     (unsigned long long)offset);
    (void)tf_fact(reterr, "%s", fact);
    return tf_help(reterr, "Nothing was changed. Put back a copy of the file, or move it out of the "
                           "folder together with all later ones and keep them.");
}

enum tf_code tf_in_open(struct tf_arena *arena, const char *study_dir, uint32_t seq,
                        struct seg *ret, bool *ret_torn, struct tf_err *reterr)
{
    unsigned char header[IN_HEADER];
    struct stat st;
    const char *path = tf_inbox_segment(arena, study_dir, seq);
    *ret_torn = false;
    *ret = (struct seg){.arena = arena, .path = path, .seq = seq,
                        .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (ret->fd < 0 || fstat(ret->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        const int why = errno;
        tf_in_close(ret);
        (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "a segment of the inbox cannot be read");
        return tf_fact(reterr, "%s", strerror(why));
    }
    ret->size = (uint64_t)st.st_size;
    ret->at = IN_HEADER;
    if (ret->size < IN_HEADER) {
        *ret_torn = true;
        tf_in_close(ret);
        return TF_OK;
    }
    if (tf_in_read_at(ret->fd, header, sizeof header, 0) && tf_in_header_read(header, &ret->h) &&
        ret->h.seq == seq) {
        ret->number = ret->h.first;
        return TF_OK;
    }
    *ret_torn = ret->size == IN_HEADER; /* it is flushed before the first record follows it */
    tf_in_close(ret);
    return *ret_torn ? TF_OK : tf_in_damaged(reterr, path, 0, "Its header is not one.");
}

void tf_in_close(struct seg *s)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
}

enum tf_code tf_in_follows(const struct seg *next, const unsigned char prev[IN_HASH],
                           uint64_t number, struct tf_err *reterr)
{
    if (memcmp(next->h.prev, prev, IN_HASH) == 0 && next->h.first == number)
        return TF_OK;
    return tf_in_damaged(reterr, next->path, 0,
                         "It does not follow the segment before it: one is missing, or was changed.");
}

/* ---- records ---- */

static bool frame_read(const struct seg *s, const unsigned char *at, struct rec *ret)
{
    *ret = (struct rec){.number = tf_in_u64(at + IN_MARK),
                        .offset = tf_in_u64(at + IN_MARK + 8),
                        .settled = tf_in_u64(at + IN_MARK + 16),
                        .head_n = tf_in_u32(at + IN_MARK + 24),
                        .sealed_n = tf_in_u64(at + IN_MARK + 32),
                        .frame = at};
    ret->next = ret->offset + IN_FRAME + ret->head_n + ret->sealed_n + IN_HASH;
    return memcmp(at, s->h.mark, IN_MARK) == 0 && ret->head_n <= IN_HEAD_MAX &&
           ret->sealed_n >= IN_TAG && ret->sealed_n <= IN_SEALED_MAX + IN_TAG &&
           tf_in_u32(at + IN_MARK + 28) == 0;
}

static void need(struct seg *s, size_t n)
{
    if (n <= s->cap)
        return;
    unsigned char *bigger = tf_alloc(s->arena, n + n / 2);
    if (s->cap > 0)
        memcpy(bigger, s->buffer, s->cap);
    s->buffer = bigger;
    s->cap = n + n / 2;
}

enum rec_kind tf_in_next(struct seg *s, uint64_t end, struct rec *ret)
{
    const uint64_t at = s->at;
    if (end > s->size)
        end = s->size;
    if (at >= end)
        return REC_END;
    const size_t first = end - at < GUESS ? (size_t)(end - at) : GUESS;
    need(s, GUESS);
    if (first < IN_FRAME || !tf_in_read_at(s->fd, s->buffer, first, at) ||
        !frame_read(s, s->buffer, ret) || ret->offset != at || ret->number != s->number ||
        ret->next > end || ret->settled > at)
        return REC_BAD;
    const size_t whole = IN_FRAME + (size_t)ret->head_n;
    need(s, whole);
    if (whole > first && !tf_in_read_at(s->fd, s->buffer + first, whole - first, at + first))
        return REC_BAD;
    ret->frame = s->buffer;
    ret->head = s->buffer + IN_FRAME;
    s->at = ret->next;
    s->number++;
    return REC_IS;
}

bool tf_in_hash_of(const struct seg *s, const struct rec *r, unsigned char ret[IN_HASH])
{
    return tf_in_read_at(s->fd, ret, IN_HASH, r->next - IN_HASH);
}

bool tf_in_verify(struct seg *s, const struct rec *r, const unsigned char prev[IN_HASH],
                  unsigned char ret_hash[IN_HASH])
{
    unsigned char piece[PIECE], stands[IN_HASH];
    crypto_generichash_state state;
    uint64_t at = r->offset + IN_FRAME + r->head_n;
    (void)crypto_generichash_init(&state, NULL, 0, IN_HASH);
    (void)crypto_generichash_update(&state, prev, IN_HASH);
    (void)crypto_generichash_update(&state, r->frame, IN_FRAME + (size_t)r->head_n);
    for (uint64_t left = r->sealed_n; left > 0;) {
        const size_t n = left < PIECE ? (size_t)left : PIECE;
        if (!tf_in_read_at(s->fd, piece, n, at))
            return false;
        (void)crypto_generichash_update(&state, piece, n);
        at += n;
        left -= n;
    }
    (void)crypto_generichash_final(&state, ret_hash, IN_HASH);
    return tf_in_hash_of(s, r, stands) && memcmp(stands, ret_hash, IN_HASH) == 0;
}

bool tf_in_settled_beyond(struct seg *s, uint64_t from)
{
    unsigned char window[PIECE];
    for (uint64_t at = from; at + IN_FRAME <= s->size;) {
        const size_t n = s->size - at < PIECE ? (size_t)(s->size - at) : PIECE;
        if (!tf_in_read_at(s->fd, window, n, at))
            return true; /* what cannot be read may have been settled */
        for (size_t k = 0; k + IN_FRAME <= n; k++) {
            struct rec r;
            if (window[k] == s->h.mark[0] && frame_read(s, window + k, &r) && r.offset == at + k &&
                r.settled > from)
                return true;
        }
        at += n - (IN_FRAME - 1);
    }
    return false;
}

/* ---- how far all is on the disk ---- */

enum { SETTLED = 32 };

void tf_in_settled_write(unsigned char at[SETTLED], const struct settled *s)
{
    unsigned char hash[IN_HASH];
    struct pen p = {.at = at};
    tf_pen_u64(&p, s->seq);
    tf_pen_u64(&p, s->end);
    tf_pen_u64(&p, s->number);
    (void)crypto_generichash(hash, sizeof hash, at, p.n, NULL, 0);
    tf_pen_bytes(&p, hash, 8);
}

/* Another process may be writing just now: then the check fails, and it is read again. */
bool tf_in_settled_read(struct tf_arena *arena, const char *study_dir, struct settled *ret)
{
    unsigned char file[SETTLED], again[SETTLED];
    const char *path = tf_path_join(arena, tf_inbox_dir(arena, study_dir), "settled");
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = false;
    for (int k = 0; fd >= 0 && k < 100 && !good; k++) {
        if (!tf_in_read_at(fd, file, sizeof file, 0))
            break;
        *ret = (struct settled){.seq = tf_in_u64(file), .end = tf_in_u64(file + 8),
                                .number = tf_in_u64(file + 16)};
        tf_in_settled_write(again, ret);
        good = memcmp(file, again, sizeof file) == 0;
    }
    if (fd >= 0)
        (void)close(fd);
    return good;
}
