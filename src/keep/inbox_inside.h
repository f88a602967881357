/* keep/inbox, inside: the format of its segments, in one place. docs/FORMATS.md, "The inbox", says it
 * in words. All numbers are little-endian.
 *
 *     segment = header, record, record, …
 *     header  = "TFINBOX1" seq:u32 0:u32 first:u64 public[32] mark[8] mac_id[16] prev[32] key[80] hash[32]
 *     record  = frame head sealed hash[32]
 *     frame   = mark[8] number:u64 offset:u64 settled:u64 head_n:u32 0:u32 sealed_n:u64 nonce[24]
 *
 * mark: random, of this segment. settled: up to which offset the segment was on the disk when this
 * record was written: what lies below it can never be a torn tail. hash: BLAKE2b-256 over the hash
 * before it (the header's for the first record), frame, head and sealed. prev: the last hash of the
 * segment before. */
#ifndef TF_KEEP_INBOX_INSIDE_H
#define TF_KEEP_INBOX_INSIDE_H

#include <sodium.h>

#include "keep/inbox.h"

enum {
    IN_HASH = 32,
    IN_MARK = 8,
    IN_MAC = 16,
    IN_NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    IN_TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    IN_KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    IN_SEALED_KEY = IN_KEY + crypto_box_SEALBYTES,
    IN_HEADER = 8 + 4 + 4 + 8 + 32 + IN_MARK + IN_MAC + IN_HASH + IN_SEALED_KEY + IN_HASH,
    IN_FRAME = IN_MARK + 8 + 8 + 8 + 4 + 4 + 8 + IN_NONCE,
    IN_HEAD_MAX = 1 << 20,   /* bytes of one clear head */
    IN_LIST_MAX = 1 << 14,   /* names in one list of a head */
    IN_SEGMENT_RECORDS = 100000
};
#define IN_SEALED_MAX ((uint64_t)1 << 30)
#define IN_SEGMENT_BYTES ((uint64_t)64 << 20)

/* ---- writing numbers and texts; at == NULL only counts ---- */
struct pen {
    unsigned char *at;
    size_t n;
};
void tf_pen_bytes(struct pen *p, const void *data, size_t n);
void tf_pen_u32(struct pen *p, uint32_t x);
void tf_pen_u64(struct pen *p, uint64_t x);
uint32_t tf_in_u32(const unsigned char *at);
uint64_t tf_in_u64(const unsigned char *at);

/* ---- the clear head of a record ---- */
struct in_head { /* texts point into the bytes it was read from */
    struct tf_inbox_head is;
    const unsigned char *mac;         /* keyed hash of the XML, IN_MAC bytes */
    const char **expects;
    size_t n_expects;
    struct tf_inbox_part *part;       /* names, types and sizes; data NULL */
    size_t cap_expects, cap_part, cap_clear;
    struct tf_inbox_field *clear;
};
/* keep[k] says whether part k of the post is stored. */
void tf_in_head_write(struct pen *p, const struct tf_inbox_post *post, const bool *keep,
                      const unsigned char mac[IN_MAC], bool complete);
/* Read n bytes; the lists of *ret grow in arena and are used again. False: not a head. */
bool tf_in_head_read(struct tf_arena *arena, const unsigned char *at, size_t n,
                     struct in_head *ret);

/* ---- segments on the disk ---- */
struct seg_header {
    uint32_t seq;
    uint64_t first;
    unsigned char public_key[32], mark[IN_MARK], mac_id[IN_MAC], prev[IN_HASH],
        key[IN_SEALED_KEY], hash[IN_HASH];
};
void tf_in_header_write(unsigned char at[IN_HEADER], struct seg_header *h); /* sets h->hash */
bool tf_in_header_read(const unsigned char at[IN_HEADER], struct seg_header *ret);

struct seg { /* a segment that is read */
    struct tf_arena *arena;
    const char *path;
    uint32_t seq;
    int fd;
    uint64_t size, at, number; /* where the next record begins, and its number */
    struct seg_header h;
    unsigned char *buffer;     /* frame and head of the record at hand */
    size_t cap;
};
struct rec {
    uint64_t number, offset, settled, sealed_n, next;
    uint32_t head_n;
    const unsigned char *frame, *head; /* in the segment's buffer */
};
enum rec_kind { REC_END, REC_IS, REC_BAD };
/* <study>/.trefoil/inbox */
char *tf_inbox_dir(struct tf_arena *arena, const char *study_dir);
char *tf_inbox_segment(struct tf_arena *arena, const char *study_dir, uint32_t seq);
/* The segments that are there, in order. */
TF_MUST_CHECK enum tf_code tf_in_list(struct tf_arena *arena, const char *study_dir,
                                      uint32_t **ret_seq, size_t *ret_n, struct tf_err *reterr);
/* Open one to read. *ret_torn: it is shorter than a header, which only a torn beginning is. */
TF_MUST_CHECK enum tf_code tf_in_open(struct tf_arena *arena, const char *study_dir, uint32_t seq,
                                      struct seg *ret, bool *ret_torn, struct tf_err *reterr);
void tf_in_close(struct seg *s);
/* Does segment `next` follow the one whose last hash is prev and whose next number is `number`? */
TF_MUST_CHECK enum tf_code tf_in_follows(const struct seg *next, const unsigned char prev[IN_HASH],
                                         uint64_t number, struct tf_err *reterr);
/* The record at s->at: its frame and head, not its content. Only below `end`. */
enum rec_kind tf_in_next(struct seg *s, uint64_t end, struct rec *ret);
/* The record's hash after prev, as it should be, and whether it is so on the disk. */
bool tf_in_verify(struct seg *s, const struct rec *r, const unsigned char prev[IN_HASH],
                  unsigned char ret_hash[IN_HASH]);
/* The hash that ends a record, as it stands on the disk. */
bool tf_in_hash_of(const struct seg *s, const struct rec *r, unsigned char ret[IN_HASH]);
bool tf_in_read_at(int fd, void *to, size_t n, uint64_t at);
/* Is there a whole frame of this segment after `from` that says more than `from` was settled? */
bool tf_in_settled_beyond(struct seg *s, uint64_t from);
enum tf_code tf_in_damaged(struct tf_err *reterr, const char *path, uint64_t offset,
                           const char *fact);

/* ---- a walk over what is on the disk ---- */
/* Each settled record from number `from`, in order. whole: its frame and head could be read and, with
 * `prove`, its hash and its place in the chain are right; else the walk ends with it (a frame that is
 * broken) or goes on (only the content is). each() returns false to end the walk. */
struct in_walk {
    struct tf_arena *arena;
    const char *study_dir;
    uint64_t from;
    bool prove;
    bool (*each)(struct seg *s, const struct rec *r, bool whole, void *to);
    void *to;
};
TF_MUST_CHECK enum tf_code tf_in_walk(const struct in_walk *walk, struct tf_err *reterr);

/* ---- how far all is on the disk: <inbox>/settled, written after each flush ---- */
struct settled {
    uint64_t seq, end, number;
};
bool tf_in_settled_read(struct tf_arena *arena, const char *study_dir, struct settled *ret);
void tf_in_settled_write(unsigned char at[32], const struct settled *s);

/* ---- the index in memory ---- */
struct in_index;
struct in_index *tf_in_index_new(struct tf_arena *arena);
/* Keys: one way from names to 64 bits, different in each process. */
uint64_t tf_in_key(const struct in_index *x, const struct tf_inbox_post *post, const char *instance,
                   const char *file);
/* Room for one more under this key, so that _set cannot fail. Each growth has a guard of its own. */
TF_MUST_CHECK enum tf_code tf_in_reserve(struct in_index *x, uint64_t key, struct tf_err *reterr);
bool tf_in_get(const struct in_index *x, uint64_t key, uint64_t *ret);
void tf_in_set(struct in_index *x, uint64_t key, uint64_t value);
#define IN_GONE UINT64_MAX /* a value that means: not there */
size_t tf_in_bytes(const struct in_index *x);
#define IN_SUPERSEDED ((uint64_t)1 << 62) /* in the value of an instance: a later version edits it */
/* What the XML's keyed hash is in the index: 62 bits. */
uint64_t tf_in_mac_bits(const unsigned char mac[IN_MAC]);
/* Note a record in the index. Missing files are kept count of. */
TF_MUST_CHECK enum tf_code tf_in_note(struct tf_inbox *inbox, const struct tf_inbox_post *post,
                                      const unsigned char mac[IN_MAC], struct tf_err *reterr);

/* ---- the inbox open for appending ---- */
struct tf_inbox {
    struct tf_arena *arena;
    const char *dir;              /* of the study */
    unsigned char public_key[32], mac_id[IN_MAC];
    unsigned char *mac_key;       /* in locked memory */
    unsigned char *segment_key;   /* in locked memory; wiped when the segment is full */
    struct in_index *index;
    int fd, settled_fd;           /* the open segment, or -1 */
    struct seg_header h;          /* of the open segment */
    uint64_t end, records;        /* of the open segment: where it ends, how many it has */
    uint32_t last_seq;
    uint64_t number;              /* of the last record */
    unsigned char hash[IN_HASH];  /* of the last record */
    uint64_t cut;                 /* bytes of torn tail cut at opening */
    bool torn;                    /* a failed write could not be cut back yet */
    struct undo {
        uint64_t key, value;
    } *undo;                      /* what the index held before this batch */
    struct tf_arena *undo_arena;
    size_t n_undo, cap_undo;
};
/* Begin a segment: its file, header, key. On failure there is none. */
TF_MUST_CHECK enum tf_code tf_in_begin(struct tf_inbox *inbox, struct tf_err *reterr);
/* The segment is full: forget its key. */
void tf_in_end(struct tf_inbox *inbox);
TF_MUST_CHECK bool tf_in_write_at(int fd, const void *data, size_t n, uint64_t at);
#endif
