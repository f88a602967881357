/* Opening the inbox's records: needs the private half of inbox.pub, so it happens where the vault is.
 *
 * A segment's key is unsealed once (crypto_box_seal_open) and with it each record is decrypted into
 * locked memory that is wiped after the visitor has seen it. Three things are proved of every record:
 * its hash and the chain to the one before, the cipher's tag over frame, head and content, and that
 * the files fill the content to the last byte. What fails is a notice that names the record; the walk
 * goes on, for one bad sector must not hide a country's interviews. */
#include <string.h>

#include "keep/inbox_open.h"
#include "keep/inbox_inside.h"
#include "keep/keep.h"

struct opening {
    const struct in_reader *reader;
    struct tf_arena *arena;
    struct tf_notices *out;
    struct in_head head;
    unsigned char *segment_key; /* locked; of segment `seq` */
    uint32_t seq;
    bool has_key;
    enum tf_code code;          /* what ended the walk */
    struct tf_err *reterr;
};

static void note(struct opening *o, const struct seg *s, const struct rec *r, const char *what)
{
    tf_notice_add(o->out, TF_ERROR, "inbox-record", s->path, 0, 0,
                  "The other records are opened. Put back a copy of the file to open this one.",
                  "record %llu of the inbox (byte %llu) %s", (unsigned long long)r->number,
                  (unsigned long long)r->offset, what);
}

/* The key of the segment at hand; false when it cannot be had, which was said once. */
static bool key_of(struct opening *o, const struct seg *s)
{
    const unsigned char *secret = NULL;
    struct tf_err err = {.code = TF_OK};
    if (o->seq == s->seq)
        return o->has_key;
    o->seq = s->seq;
    o->has_key = false;
    if (o->reader->private_key(o->arena, s->h.public_key, &secret, o->reader->to, &err) != TF_OK) {
        tf_notice_err(o->out, "inbox-key", &err);
        return false;
    }
    o->has_key = crypto_box_seal_open(o->segment_key, s->h.key, sizeof s->h.key, s->h.public_key,
                                      secret) == 0;
    if (!o->has_key)
        tf_notice_add(o->out, TF_ERROR, "inbox-key", s->path, 0, 0,
                      "Is this the private key of the inbox.pub that the server had?",
                      "the key of a segment of the inbox does not open");
    return o->has_key;
}

static bool show(struct opening *o, const struct rec *r, const unsigned char *content)
{
    struct tf_inbox_head *h = &o->head.is;
    for (size_t k = 0; k < h->n_parts; k++) {
        o->head.part[k].data = content;
        content += o->head.part[k].n;
    }
    h->number = r->number;
    const struct tf_inbox_record record = {.head = h, .part = o->head.part, .n_parts = h->n_parts};
    o->code = o->reader->each(&record, o->reader->to, o->reterr);
    return o->code == TF_OK;
}

static bool one_record(struct seg *s, const struct rec *r, bool whole, void *to)
{
    struct opening *o = to;
    if (!whole) {
        note(o, s, r, "is not what was put in: its hash differs");
        return true;
    }
    if (!tf_in_head_read(o->arena, r->head, r->head_n, &o->head) ||
        o->head.is.n_bytes + IN_TAG != r->sealed_n) {
        note(o, s, r, "has no readable head");
        return true;
    }
    if (!key_of(o, s))
        return true;
    unsigned char *content = sodium_malloc((size_t)r->sealed_n);
    if (content == NULL) {
        o->code = tf_fail(o->reterr, TF_E_MEMORY, "there is no lockable memory for record %llu",
                          (unsigned long long)r->number);
        return false;
    }
    bool on = true;
    const unsigned char *nonce = r->frame + IN_FRAME - IN_NONCE;
    if (!tf_in_read_at(s->fd, content, (size_t)r->sealed_n, r->offset + IN_FRAME + r->head_n))
        note(o, s, r, "cannot be read");
    else if (crypto_aead_xchacha20poly1305_ietf_decrypt(
                 content, NULL, NULL, content, (size_t)r->sealed_n, r->frame,
                 IN_FRAME + (size_t)r->head_n, nonce, o->segment_key) != 0)
        note(o, s, r, "does not open under its segment's key");
    else
        on = show(o, r, content);
    sodium_free(content); /* wipes */
    return on;
}

static void release(void *secret)
{
    sodium_free(secret);
}

enum tf_code tf_in_each(struct tf_arena *arena, const char *study_dir, uint64_t from,
                        const struct in_reader *reader, struct tf_notices *out,
                        struct tf_err *reterr)
{
    struct opening o = {.reader = reader, .arena = arena, .out = out, .reterr = reterr,
                        .segment_key = sodium_malloc(IN_KEY)};
    const struct in_walk walk = {.arena = arena, .study_dir = study_dir, .from = from,
                                 .prove = true, .each = one_record, .to = &o};
    if (o.segment_key == NULL)
        return tf_fail(reterr, TF_E_MEMORY, "there is no lockable memory for a key");
    tf_arena_defer(arena, release, o.segment_key);
    TF_TRY(tf_in_walk(&walk, reterr));
    return o.code;
}
