/* Putting a batch into the inbox: decide, encrypt, append, flush, read back; or as if nothing had been.
 *
 * What a post is (new, the same again, the same with more files, a conflict, an edit of something that
 * is not here or not the newest) is decided against the index, in the order of the batch, so that two
 * posts of one instance in one batch are treated as two that came one after the other.
 *
 * A record's content is its files one after the other, encrypted by XChaCha20-Poly1305 under the
 * segment's key with a random nonce (192 bits; never a counter: a number is used again after a failed
 * write) and frame and clear head as additional data: a head cannot be put before another's content.
 *
 * The batch is one write and one flush. Then it is read back and compared with what was meant, and
 * only then do results say stored. When any of it fails the file is cut back to where it was, the
 * index gets its former values, and what would have been new has failed; a sender tries again.
 *
 * Sources: RFC 8439 and draft-irtf-cfrg-xchacha-03 (the cipher), libsodium. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "keep/inbox_inside.h"
#include "keep/inside.h"

enum { READ_BACK = 1 << 16 };

uint64_t tf_in_mac_bits(const unsigned char mac[IN_MAC])
{
    return tf_in_u64(mac) & (IN_SUPERSEDED - 1);
}

/* ---- the index, with a way back ---- */

static enum tf_code grow_undo(struct tf_inbox *x, struct tf_err *reterr)
{
    struct tf_guard guard;
    if (x->n_undo < x->cap_undo)
        return TF_OK;
    if (tf_guard_begin(&guard, reterr) != TF_OK)
        return TF_E_MEMORY;
    const size_t cap = x->cap_undo < 1024 ? 4096 : 2 * x->cap_undo;
    struct tf_arena *arena = tf_arena_new("a batch of the inbox", (size_t)1 << 30);
    struct undo *bigger = TF_NEW_N(arena, struct undo, cap);
    if (x->n_undo > 0)
        memcpy(bigger, x->undo, x->n_undo * sizeof *bigger);
    tf_arena_free(x->undo_arena);
    x->undo_arena = arena;
    x->undo = bigger;
    x->cap_undo = cap;
    tf_guard_end(&guard);
    return TF_OK;
}

static enum tf_code set(struct tf_inbox *x, uint64_t key, uint64_t value, struct tf_err *reterr)
{
    uint64_t was = IN_GONE;
    TF_TRY(grow_undo(x, reterr));
    TF_TRY(tf_in_reserve(x->index, key, reterr));
    (void)tf_in_get(x->index, key, &was);
    x->undo[x->n_undo++] = (struct undo){key, was};
    tf_in_set(x->index, key, value);
    return TF_OK;
}

static void undo_to(struct tf_inbox *x, size_t mark)
{
    while (x->n_undo > mark) {
        x->n_undo--;
        tf_in_set(x->index, x->undo[x->n_undo].key, x->undo[x->n_undo].value);
    }
}

static bool has_part(const struct tf_inbox_post *post, const char *name)
{
    for (size_t k = 1; k < post->n_parts; k++)
        if (strcmp(post->part[k].name, name) == 0)
            return true;
    return false;
}

static enum tf_code note_more(struct tf_inbox *x, const struct tf_inbox_post *post,
                              struct tf_err *reterr)
{
    const uint64_t count = tf_in_key(x->index, post, post->instance, "");
    uint64_t waits, left = 0;
    (void)tf_in_get(x->index, count, &left);
    for (size_t k = 1; k < post->n_parts; k++) {
        const uint64_t file = tf_in_key(x->index, post, post->instance, post->part[k].name);
        if (left > 0 && tf_in_get(x->index, file, &waits)) {
            TF_TRY(set(x, file, IN_GONE, reterr));
            left--;
        }
    }
    return set(x, count, left == 0 ? IN_GONE : left, reterr);
}

static enum tf_code note_new(struct tf_inbox *x, const struct tf_inbox_post *post, uint64_t key,
                             uint64_t bits, struct tf_err *reterr)
{
    uint64_t value, left = 0;
    TF_TRY(set(x, key, bits, reterr));
    if (post->deprecated != NULL) {
        const uint64_t old = tf_in_key(x->index, post, post->deprecated, NULL);
        if (tf_in_get(x->index, old, &value))
            TF_TRY(set(x, old, value | IN_SUPERSEDED, reterr));
    }
    for (size_t k = 0; k < post->n_expects; k++) {
        const uint64_t file = tf_in_key(x->index, post, post->instance, post->expects[k]);
        if (has_part(post, post->expects[k]) || tf_in_get(x->index, file, &value))
            continue;
        TF_TRY(set(x, file, 1, reterr));
        left++;
    }
    return left == 0 ? TF_OK
                     : set(x, tf_in_key(x->index, post, post->instance, ""), left, reterr);
}

enum tf_code tf_in_note(struct tf_inbox *x, const struct tf_inbox_post *post,
                        const unsigned char mac[IN_MAC], struct tf_err *reterr)
{
    const uint64_t key = tf_in_key(x->index, post, post->instance, NULL);
    uint64_t value;
    if (tf_in_get(x->index, key, &value))
        return note_more(x, post, reterr);
    return note_new(x, post, key, tf_in_mac_bits(mac), reterr);
}

/* ---- what a post is ---- */

/* keep: which parts would be stored. */
static enum tf_inbox_outcome judge(const struct tf_inbox *x, const struct tf_inbox_post *post,
                                   const unsigned char mac[IN_MAC], bool *keep)
{
    uint64_t value;
    for (size_t k = 0; k < post->n_parts; k++)
        keep[k] = true;
    if (!tf_in_get(x->index, tf_in_key(x->index, post, post->instance, NULL), &value)) {
        if (post->only_known)
            return TF_INBOX_CLOSED;
        if (post->deprecated == NULL)
            return TF_INBOX_NEW;
        if (!tf_in_get(x->index, tf_in_key(x->index, post, post->deprecated, NULL), &value))
            return TF_INBOX_NO_EDIT;
        return (value & IN_SUPERSEDED) != 0 ? TF_INBOX_OLD_EDIT : TF_INBOX_NEW;
    }
    if ((value & ~IN_SUPERSEDED) != tf_in_mac_bits(mac))
        return TF_INBOX_CONFLICT;
    enum tf_inbox_outcome outcome = TF_INBOX_AGAIN;
    for (size_t k = 1; k < post->n_parts; k++) {
        keep[k] = tf_in_get(x->index,
                            tf_in_key(x->index, post, post->instance, post->part[k].name), &value);
        if (keep[k])
            outcome = TF_INBOX_MORE;
    }
    return outcome;
}

/* ---- a batch ---- */

struct batch {
    struct tf_arena *arena;
    unsigned char *at;
    size_t n, cap;
    bool *keep;
    uint64_t number;
    unsigned char hash[IN_HASH];
};

static bool is_stored(enum tf_inbox_outcome outcome)
{
    return outcome == TF_INBOX_NEW || outcome == TF_INBOX_MORE;
}

static enum tf_code fits(const struct tf_inbox_post *post, size_t *ret_n, struct tf_err *reterr)
{
    static const bool all[IN_LIST_MAX] = {false};
    static const unsigned char no_mac[IN_MAC] = {0};
    struct pen head = {.at = NULL};
    size_t n = 0;
    if (post->n_parts == 0 || post->n_parts > IN_LIST_MAX || post->n_expects > IN_LIST_MAX ||
        post->n_clear > IN_LIST_MAX)
        return tf_fail(reterr, TF_E_LIMIT, "a record names too many files or fields");
    tf_in_head_write(&head, post, all, no_mac, false);
    for (size_t k = 0; k < post->n_parts; k++) {
        if (post->part[k].n > IN_SEALED_MAX - n)
            return tf_fail(reterr, TF_E_LIMIT, "a record is larger than 1 GB");
        n += post->part[k].n;
        head.n += strlen(post->part[k].name) + strlen(post->part[k].type) + 18;
    }
    if (head.n > IN_HEAD_MAX)
        return tf_fail(reterr, TF_E_LIMIT, "the clear head of a record is larger than 1 MB");
    *ret_n = n + head.n + IN_FRAME + IN_TAG + IN_HASH;
    return TF_OK;
}

/* Memory for all of it, so that nothing after this can fail for want of it. */
static enum tf_code make_room(struct batch *b, const struct tf_inbox_post *const *post, size_t n,
                              struct tf_inbox_result *ret, struct tf_err *reterr)
{
    struct tf_guard guard;
    size_t parts = 0;
    b->cap = 1;
    for (size_t k = 0; k < n; k++) {
        size_t size = 0;
        if (fits(post[k], &size, reterr) != TF_OK)
            ret[k].outcome = TF_INBOX_FAILED;
        else if (post[k]->n_parts > parts)
            parts = post[k]->n_parts;
        b->cap += size;
    }
    if (tf_guard_begin(&guard, reterr) != TF_OK)
        return TF_E_MEMORY;
    b->arena = tf_arena_new("a batch of the inbox", (size_t)3 << 30);
    b->keep = TF_NEW_N(b->arena, bool, parts + 1);
    b->at = tf_alloc(b->arena, b->cap);
    tf_guard_end(&guard);
    return TF_OK;
}

static void add_record(const struct tf_inbox *x, struct batch *b, const struct tf_inbox_post *post,
                       const unsigned char mac[IN_MAC], struct tf_inbox_result *ret)
{
    unsigned char *const start = b->at + b->n;
    unsigned char nonce[IN_NONCE], hash[IN_HASH];
    struct pen p = {.at = start, .n = IN_FRAME};
    uint64_t left = 0;
    crypto_generichash_state state;
    (void)tf_in_get(x->index, tf_in_key(x->index, post, post->instance, ""), &left);
    tf_in_head_write(&p, post, b->keep, mac, left == 0);
    const size_t head_n = p.n - IN_FRAME;
    unsigned char *const content = start + p.n;
    size_t n = 0;
    for (size_t k = 0; k < post->n_parts; k++)
        if (b->keep[k] && post->part[k].n > 0) { /* clear for this moment only: see below */
            memcpy(content + n, post->part[k].data, post->part[k].n);
            n += post->part[k].n;
        }
    randombytes_buf(nonce, sizeof nonce);
    struct pen f = {.at = start};
    tf_pen_bytes(&f, x->h.mark, IN_MARK);
    tf_pen_u64(&f, ++b->number);
    tf_pen_u64(&f, x->end + b->n);
    tf_pen_u64(&f, x->end);
    tf_pen_u32(&f, (uint32_t)head_n);
    tf_pen_u32(&f, 0);
    tf_pen_u64(&f, n + IN_TAG);
    tf_pen_bytes(&f, nonce, sizeof nonce);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(content, NULL, content, n, start, p.n, NULL,
                                                     nonce, x->segment_key);
    p.n += n + IN_TAG;
    (void)crypto_generichash_init(&state, NULL, 0, IN_HASH);
    (void)crypto_generichash_update(&state, b->hash, IN_HASH);
    (void)crypto_generichash_update(&state, start, p.n);
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(b->hash, hash, IN_HASH);
    tf_pen_bytes(&p, hash, IN_HASH);
    b->n += p.n;
    ret->number = b->number;
    (void)sodium_bin2hex(ret->receipt.hex, sizeof ret->receipt.hex, hash, sizeof hash);
}

static void stage(struct tf_inbox *x, struct batch *b, const struct tf_inbox_post *post,
                  struct tf_inbox_result *ret, struct tf_err *reterr)
{
    unsigned char mac[IN_MAC];
    const size_t mark = x->n_undo;
    (void)crypto_generichash(mac, sizeof mac, post->part[0].data, post->part[0].n, x->mac_key,
                             IN_KEY);
    ret->outcome = judge(x, post, mac, b->keep);
    if (!is_stored(ret->outcome))
        return;
    if (tf_in_note(x, post, mac, reterr) != TF_OK) {
        undo_to(x, mark);
        ret->outcome = TF_INBOX_FAILED;
        return;
    }
    add_record(x, b, post, mac, ret);
}

static bool same_on_disk(const struct tf_inbox *x, const struct batch *b)
{
    unsigned char piece[READ_BACK];
    for (size_t at = 0; at < b->n; at += sizeof piece) {
        const size_t n = b->n - at < sizeof piece ? b->n - at : sizeof piece;
        if (!tf_in_read_at(x->fd, piece, n, x->end + at) || memcmp(piece, b->at + at, n) != 0)
            return false;
    }
    return true;
}

static enum tf_code write_failed(struct tf_inbox *x, int why, struct tf_err *reterr)
{
    x->torn = ftruncate(x->fd, (off_t)x->end) != 0 || fdatasync(x->fd) != 0;
    (void)tf_fail(reterr, TF_E_IO, "the inbox could not be written");
    (void)tf_fact(reterr, "%s", why == 0 ? "what was read back is not what was written" : strerror(why));
    return tf_help(reterr, "Nothing was lost: senders keep their copies. Make room on the disk.");
}

static enum tf_code append(struct tf_inbox *x, const struct batch *b, struct tf_err *reterr)
{
    struct settled now = {.seq = x->last_seq, .end = x->end + b->n, .number = b->number};
    unsigned char mark[32];
    errno = 0;
    if (!tf_in_write_at(x->fd, b->at, b->n, x->end) || fdatasync(x->fd) != 0)
        return write_failed(x, errno, reterr);
    if (!same_on_disk(x, b))
        return write_failed(x, 0, reterr);
    tf_in_settled_write(mark, &now);
    if (!tf_in_write_at(x->settled_fd, mark, sizeof mark, 0))
        return write_failed(x, errno, reterr);
    x->end += b->n;
    x->records += b->number - x->number;
    x->number = b->number;
    memcpy(x->hash, b->hash, IN_HASH);
    return TF_OK;
}

/* An open segment with room, its tail whole. */
static enum tf_code ready(struct tf_inbox *x, struct tf_err *reterr)
{
    if (x->torn) {
        x->torn = ftruncate(x->fd, (off_t)x->end) != 0 || fdatasync(x->fd) != 0;
        if (x->torn) {
            (void)tf_fail(reterr, TF_E_IO, "a failed write of the inbox could not be taken back yet");
            return tf_fact(reterr, "%s", strerror(errno));
        }
    }
    if (x->fd >= 0 && (x->end >= IN_SEGMENT_BYTES || x->records >= IN_SEGMENT_RECORDS))
        tf_in_end(x);
    return x->fd >= 0 ? TF_OK : tf_in_begin(x, reterr);
}

/* What each post is against the index as it stands. */
static void judge_all(const struct tf_inbox *x, const struct batch *b,
                      const struct tf_inbox_post *const *post, size_t n,
                      enum tf_inbox_outcome (*rule)(enum tf_inbox_outcome was,
                                                    enum tf_inbox_outcome is),
                      struct tf_inbox_result *ret)
{
    for (size_t k = 0; k < n; k++) {
        unsigned char mac[IN_MAC];
        if (ret[k].outcome == TF_INBOX_FAILED)
            continue;
        (void)crypto_generichash(mac, sizeof mac, post[k]->part[0].data, post[k]->part[0].n,
                                 x->mac_key, IN_KEY);
        const enum tf_inbox_outcome is = judge(x, post[k], mac, b->keep);
        ret[k] = (struct tf_inbox_result){.outcome = rule(ret[k].outcome, is)};
    }
}

/* Nothing can be stored now; what is here already can be said all the same. */
static enum tf_inbox_outcome not_ready(enum tf_inbox_outcome was TF_UNUSED, enum tf_inbox_outcome is)
{
    return is_stored(is) ? TF_INBOX_FAILED : is;
}

/* The batch failed: what was judged against records of it has failed, too. */
static enum tf_inbox_outcome taken_back(enum tf_inbox_outcome was, enum tf_inbox_outcome is)
{
    return is_stored(is) || is != was ? TF_INBOX_FAILED : is;
}

void tf_inbox_put(struct tf_inbox *inbox, const struct tf_inbox_post *const *post, size_t n,
                  struct tf_inbox_result *ret, struct tf_err *reterr)
{
    struct tf_inbox *x = inbox;
    struct batch b = {.n = 0};
    for (size_t k = 0; k < n; k++)
        ret[k] = (struct tf_inbox_result){.outcome = TF_INBOX_NEW};
    if (make_room(&b, post, n, ret, reterr) != TF_OK) {
        for (size_t k = 0; k < n; k++)
            ret[k].outcome = TF_INBOX_FAILED;
        return;
    }
    x->n_undo = 0;
    if (ready(x, reterr) != TF_OK) {
        judge_all(x, &b, post, n, not_ready, ret);
        tf_arena_free(b.arena);
        return;
    }
    b.number = x->number;
    memcpy(b.hash, x->hash, IN_HASH);
    for (size_t k = 0; k < n; k++)
        if (ret[k].outcome != TF_INBOX_FAILED)
            stage(x, &b, post[k], &ret[k], reterr);
    if (b.n > 0 && append(x, &b, reterr) != TF_OK) {
        undo_to(x, 0);
        judge_all(x, &b, post, n, taken_back, ret);
    }
    x->n_undo = 0;
    tf_arena_free(b.arena);
}
