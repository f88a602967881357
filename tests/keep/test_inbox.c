/* The inbox: what was acknowledged is found again, once; what was not is not seen; nothing opens
 * without the private key, and no byte of it can change unseen. */
#include "../house.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "keep/inbox_inside.h"
#include "keep/inbox_open.h"

/* ---- an inbox of a test ---- */

static unsigned char public_key[32], private_key[32];

static void make_public(struct house *h)
{
    char line[128] = "trefoil-inbox-1 ";
    assert_int_equal(crypto_box_keypair(public_key, private_key), 0);
    (void)sodium_bin2base64(line + 16, 100, public_key, 32, sodium_base64_VARIANT_ORIGINAL);
    (void)strcat(line, "\n");
    (void)put_file(h, ".trefoil/inbox.pub", line);
}

static struct tf_inbox *opened(struct house *h, struct tf_arena **ret_arena)
{
    struct tf_inbox *x = NULL;
    *ret_arena = tf_arena_new("the inbox", (size_t)1 << 30);
    if (tf_inbox_open(*ret_arena, h->dir, &x, &h->err) != TF_OK)
        fail_msg("%s | %s", h->err.what, h->err.fact);
    return x;
}

struct sent { /* a post as a test says it: files "a.jpg" with their names as content */
    const char *instance, *deprecated, *xml, *file[3], *expects[3];
};

static struct tf_inbox_post *post_of(struct house *h, const struct sent *s)
{
    struct tf_inbox_post *p = TF_NEW(h->arena, struct tf_inbox_post);
    struct tf_inbox_part *part = TF_NEW_N(h->arena, struct tf_inbox_part, 4);
    struct tf_inbox_field *clear = TF_NEW(h->arena, struct tf_inbox_field);
    *clear = (struct tf_inbox_field){"minutes", "31"};
    part[0] = (struct tf_inbox_part){"xml_submission_file", "text/xml", s->xml, strlen(s->xml)};
    *p = (struct tf_inbox_post){.country = "XA", .form = "child", .version = "3",
                                .instance = s->instance, .deprecated = s->deprecated,
                                .sender = "tablet-1", .received = 1764000000, .part = part,
                                .n_parts = 1, .clear = clear, .n_clear = 1};
    for (size_t k = 0; k < 3 && s->file[k] != NULL; k++)
        part[p->n_parts++] = (struct tf_inbox_part){s->file[k], "image/jpeg", s->file[k],
                                                    strlen(s->file[k])};
    p->expects = TF_NEW_N(h->arena, const char *, 3);
    for (size_t k = 0; k < 3 && s->expects[k] != NULL; k++)
        p->expects[p->n_expects++] = s->expects[k];
    return p;
}

static enum tf_inbox_outcome put_one(struct house *h, struct tf_inbox *x, struct sent s)
{
    const struct tf_inbox_post *p = post_of(h, &s);
    struct tf_inbox_result r;
    tf_inbox_put(x, &p, 1, &r, &h->err);
    return r.outcome;
}
#define PUT(h, x, ...) put_one(h, x, (struct sent){__VA_ARGS__})

struct seen { /* what a reader met, one line a record */
    struct tf_buf text;
    size_t n;
};

static bool see_head(const struct tf_inbox_head *head, void *to)
{
    struct seen *s = to;
    tf_buf_printf(&s->text, "%llu %s %s%s\n", (unsigned long long)head->number, head->instance,
                  head->complete ? "whole" : "waits", head->deprecated == NULL ? "" : " edit");
    s->n++;
    return true;
}

static const char *heads(struct house *h, uint64_t from)
{
    struct seen s = {.text = {.arena = h->arena}};
    if (tf_inbox_heads(h->arena, h->dir, from, see_head, &s, &h->err) != TF_OK)
        fail_msg("%s | %s", h->err.what, h->err.fact);
    return tf_buf_text(&s.text);
}

/* ---- what a post is ---- */

static void a_post_is_told_from_those_before_it(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    make_public(&h);
    for (int again = 0; again < 2; again++) { /* the second time after a restart */
        struct tf_arena *a;
        struct tf_inbox *x = opened(&h, &a);
        assert_int_equal(PUT(&h, x, .instance = "u1", .xml = "<a/>"),
                         again ? TF_INBOX_AGAIN : TF_INBOX_NEW);
        assert_int_equal(PUT(&h, x, .instance = "u1", .xml = "<a/>"), TF_INBOX_AGAIN);
        assert_int_equal(PUT(&h, x, .instance = "u1", .xml = "<b/>"), TF_INBOX_CONFLICT);
        assert_int_equal(PUT(&h, x, .instance = "e0", .deprecated = "none", .xml = "<e/>"),
                         TF_INBOX_NO_EDIT);
        assert_int_equal(PUT(&h, x, .instance = "e1", .deprecated = "u1", .xml = "<e/>"),
                         again ? TF_INBOX_AGAIN : TF_INBOX_NEW);
        assert_int_equal(PUT(&h, x, .instance = "e2", .deprecated = "u1", .xml = "<e/>"),
                         TF_INBOX_OLD_EDIT);
        assert_int_equal(PUT(&h, x, .instance = "e3", .deprecated = "e1", .xml = "<e/>"),
                         again ? TF_INBOX_AGAIN : TF_INBOX_NEW);
        tf_arena_free(a);
    }
    assert_string_equal(heads(&h, 0), "1 u1 whole\n2 e1 whole edit\n3 e3 whole edit\n");
    assert_string_equal(heads(&h, 3), "3 e3 whole edit\n");
    OUT_OF_HOUSE(h);
}

static void files_may_come_later_and_once(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    make_public(&h);
    for (int again = 0; again < 2; again++) {
        struct tf_arena *a;
        struct tf_inbox *x = opened(&h, &a);
#define M(f) PUT(&h, x, .instance = "m", .xml = "<m/>", .expects = {"a", "b", "c"}, .file = {f})
        assert_int_equal(M("a"), again ? TF_INBOX_AGAIN : TF_INBOX_NEW);
        assert_int_equal(M("a"), TF_INBOX_AGAIN);
        assert_int_equal(M("b"), again ? TF_INBOX_AGAIN : TF_INBOX_MORE);
        assert_int_equal(M("c"), TF_INBOX_MORE + again * (TF_INBOX_AGAIN - TF_INBOX_MORE));
        assert_int_equal(M("c"), TF_INBOX_AGAIN);
        assert_int_equal(M("other"), TF_INBOX_AGAIN);
        tf_arena_free(a);
    }
    assert_string_equal(heads(&h, 0), "1 m waits\n2 m waits\n3 m whole\n");
    OUT_OF_HOUSE(h);
}

static void two_of_one_batch_are_as_two_in_a_row(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_arena *a;
    make_public(&h);
    struct tf_inbox *x = opened(&h, &a);
    const struct sent sent[] = {{.instance = "u", .xml = "<a/>"}, {.instance = "u", .xml = "<a/>"},
                                {.instance = "u", .xml = "<b/>"},
                                {.instance = "v", .deprecated = "u", .xml = "<v/>"},
                                {.instance = "w", .deprecated = "u", .xml = "<v/>"}};
    const enum tf_inbox_outcome want[] = {TF_INBOX_NEW, TF_INBOX_AGAIN, TF_INBOX_CONFLICT,
                                          TF_INBOX_NEW, TF_INBOX_OLD_EDIT};
    const struct tf_inbox_post *p[5];
    struct tf_inbox_result r[5];
    for (size_t k = 0; k < 5; k++)
        p[k] = post_of(&h, &sent[k]);
    tf_inbox_put(x, p, 5, r, &h.err);
    for (size_t k = 0; k < 5; k++)
        assert_int_equal(r[k].outcome, want[k]);
    assert_int_equal(strlen(r[0].receipt.hex), 64);
    assert_string_not_equal(r[0].receipt.hex, r[3].receipt.hex);
    assert_string_equal(heads(&h, 0), "1 u whole\n2 v whole edit\n");
    tf_arena_free(a);
    OUT_OF_HOUSE(h);
}

/* ---- what is on the disk ---- */

static const char *segment(struct house *h, unsigned seq)
{
    return tf_printf(h->arena, "%s/.trefoil/inbox/%08u.seg", h->dir, seq);
}

static void write_over(const char *path, const char *data, size_t n)
{
    const int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, n), (ssize_t)n);
    (void)close(fd);
}

/* Two records in a first batch, one in a second; the bytes of the segment. */
static struct tf_bytes three_records(struct house *h, size_t *ret_second)
{
    struct tf_arena *a;
    struct tf_bytes file;
    struct stat st;
    struct tf_inbox *x = opened(h, &a);
    const struct sent sent[] = {{.instance = "r1", .xml = "<a/>"}, {.instance = "r2", .xml = "<b/>"}};
    const struct tf_inbox_post *p[] = {post_of(h, &sent[0]), post_of(h, &sent[1])};
    struct tf_inbox_result r[2];
    tf_inbox_put(x, p, 2, r, &h->err);
    assert_int_equal(stat(segment(h, 1), &st), 0);
    *ret_second = (size_t)st.st_size;
    assert_int_equal(PUT(h, x, .instance = "r3", .xml = "<c/>"), TF_INBOX_NEW);
    tf_arena_free(a);
    OK(tf_file_read(h->arena, segment(h, 1), 1 << 20, &file, &h->err));
    return file;
}

/* A machine that stops in the middle of the second batch leaves any prefix of it, or the right length
 * with anything in it. */
static void a_torn_tail_is_cut_at_every_byte(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    size_t second;
    make_public(&h);
    const struct tf_bytes file = three_records(&h, &second);
    for (size_t n = second; n <= file.n; n++) {
        struct tf_arena *a = tf_arena_new("one prefix", (size_t)64 << 20);
        struct tf_inbox *x;
        write_over(segment(&h, 1), file.data, n);
        OK(tf_inbox_open(a, h.dir, &x, &h.err));
        assert_int_equal(x->cut, n == file.n ? 0 : n - second);
        assert_int_equal(x->number, n == file.n ? 3 : 2);
        assert_string_equal(heads(&h, 0), n == file.n ? "1 r1 whole\n2 r2 whole\n3 r3 whole\n"
                                                      : "1 r1 whole\n2 r2 whole\n");
        tf_arena_free(a);
    }
    for (size_t at = second; at < file.n; at += 7) { /* pages that were never written */
        char *holes = tf_strndup(h.arena, file.data, file.n);
        struct tf_arena *a = tf_arena_new("one hole", (size_t)64 << 20);
        struct tf_inbox *x;
        memset(holes + at, 0, file.n - at < 64 ? file.n - at : 64);
        write_over(segment(&h, 1), holes, file.n);
        OK(tf_inbox_open(a, h.dir, &x, &h.err));
        assert_int_equal(x->number, 2);
        assert_int_equal(PUT(&h, x, .instance = "r3", .xml = "<c/>"), TF_INBOX_NEW);
        tf_arena_free(a);
        assert_string_equal(heads(&h, 0), "1 r1 whole\n2 r2 whole\n3 r3 whole\n");
        assert_int_equal(unlink(segment(&h, 2)), 0);
    }
    OUT_OF_HOUSE(h);
}

/* What was acknowledged before the last batch is never cut, whatever happened to it. */
static void damage_is_never_cut(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    size_t second;
    make_public(&h);
    const struct tf_bytes file = three_records(&h, &second);
    for (size_t at = 0; at < second; at++) {
        char *flipped = tf_strndup(h.arena, file.data, file.n);
        struct tf_arena *a = tf_arena_new("one flip", (size_t)64 << 20);
        struct tf_bytes after;
        struct tf_inbox *x;
        flipped[at] = (char)(flipped[at] ^ 0x20);
        write_over(segment(&h, 1), flipped, file.n);
        const enum tf_code code = tf_inbox_open(a, h.dir, &x, &h.err);
        if (code != TF_E_INPUT)
            fail_msg("byte %zu: code %d", at, (int)code);
        tf_arena_free(a);
        OK(tf_file_read(h.arena, segment(&h, 1), 1 << 20, &after, &h.err));
        assert_int_equal(after.n, file.n);
        assert_memory_equal(after.data, flipped, file.n);
    }
    OUT_OF_HOUSE(h);
}

static void a_header_that_was_never_flushed_is_taken_away(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    size_t second;
    make_public(&h);
    const struct tf_bytes file = three_records(&h, &second);
    for (size_t n = 0; n <= IN_HEADER; n += 16) {
        struct tf_arena *a;
        char zeros[IN_HEADER] = {0};
        write_over(segment(&h, 2), zeros, n);
        struct tf_inbox *x = opened(&h, &a);
        assert_false(tf_file_exists(segment(&h, 2)));
        assert_int_equal(x->number, 3);
        tf_arena_free(a);
    }
    assert_true(file.n > second);
    OUT_OF_HOUSE(h);
}

static void a_full_disk_loses_nothing_and_keeps_nothing_half(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_arena *a;
    struct rlimit was, tight;
    struct stat st;
    make_public(&h);
    struct tf_inbox *x = opened(&h, &a);
    assert_int_equal(PUT(&h, x, .instance = "u1", .xml = "<a/>"), TF_INBOX_NEW);
    assert_int_equal(stat(segment(&h, 1), &st), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (rlim_t more = 0; more < 320; more += 40) { /* room for less than one record */
        tight = (struct rlimit){(rlim_t)st.st_size + more, was.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        assert_int_equal(PUT(&h, x, .instance = "u2", .xml = "<a/>"), TF_INBOX_FAILED);
        assert_string_equal(h.err.what, "the inbox could not be written");
        assert_int_equal(PUT(&h, x, .instance = "u1", .xml = "<a/>"), TF_INBOX_AGAIN);
        assert_string_equal(heads(&h, 0), "1 u1 whole\n");
    }
    const struct sent sent[] = {{.instance = "u2", .xml = "<a/>"}, {.instance = "u2", .xml = "<a/>"},
                                {.instance = "u1", .xml = "<a/>"}, {.instance = "u1", .xml = "<x/>"},
                                {.instance = "u3", .deprecated = "u1", .xml = "<x/>"}};
    const enum tf_inbox_outcome want[] = {TF_INBOX_FAILED, TF_INBOX_FAILED, TF_INBOX_AGAIN,
                                          TF_INBOX_CONFLICT, TF_INBOX_FAILED};
    const struct tf_inbox_post *p[5];
    struct tf_inbox_result r[5];
    for (size_t k = 0; k < 5; k++)
        p[k] = post_of(&h, &sent[k]);
    tf_inbox_put(x, p, 5, r, &h.err);
    for (size_t k = 0; k < 5; k++)
        assert_int_equal(r[k].outcome, want[k]);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    tf_inbox_put(x, p, 5, r, &h.err); /* room again: the same posts are stored */
    assert_int_equal(r[0].outcome, TF_INBOX_NEW);
    assert_int_equal(r[1].outcome, TF_INBOX_AGAIN);
    assert_int_equal(r[4].outcome, TF_INBOX_NEW);
    tf_arena_free(a);
    x = opened(&h, &a);
    assert_int_equal(x->cut, 0);
    assert_string_equal(heads(&h, 0), "1 u1 whole\n2 u2 whole\n3 u3 whole edit\n");
    tf_arena_free(a);
    OUT_OF_HOUSE(h);
}

static void no_memory_at_any_moment_is_a_failure_without_a_trace(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_arena *a;
    make_public(&h);
    struct tf_inbox *x = opened(&h, &a);
    const struct sent s = {.instance = "u", .xml = "<a/>", .expects = {"f", "g"}, .file = {"f"}};
    const struct tf_inbox_post *p = post_of(&h, &s);
    struct tf_inbox_result r = {.outcome = TF_INBOX_FAILED};
    size_t at = 0;
    while (r.outcome == TF_INBOX_FAILED && ++at < 100) {
        (void)tf_arena_fail_at(at);
        tf_inbox_put(x, &p, 1, &r, &h.err);
        (void)tf_arena_fail_at(0);
        assert_string_equal(heads(&h, 0), r.outcome == TF_INBOX_FAILED ? "" : "1 u waits\n");
    }
    assert_in_range(at, 3, 50);
    assert_int_equal(r.outcome, TF_INBOX_NEW);
    tf_arena_free(a);
    OUT_OF_HOUSE(h);
}

/* ---- opening ---- */

static enum tf_code give_key(struct tf_arena *arena TF_UNUSED, const unsigned char of[32],
                             const unsigned char **ret, void *to TF_UNUSED,
                             struct tf_err *reterr TF_UNUSED)
{
    assert_memory_equal(of, public_key, 32);
    *ret = private_key;
    return TF_OK;
}

static enum tf_code see_record(const struct tf_inbox_record *r, void *to,
                               struct tf_err *reterr TF_UNUSED)
{
    struct seen *s = to;
    tf_buf_printf(&s->text, "%llu %s", (unsigned long long)r->head->number, r->head->instance);
    for (size_t k = 0; k < r->n_parts; k++)
        tf_buf_printf(&s->text, " %s=%.*s", r->part[k].name, (int)r->part[k].n,
                      (const char *)r->part[k].data);
    tf_buf_add(&s->text, "\n");
    s->n++;
    return TF_OK;
}

static const char *records(struct house *h, uint64_t from, struct tf_notices *out)
{
    struct seen s = {.text = {.arena = h->arena}};
    const struct in_reader reader = {give_key, see_record, &s};
    *out = (struct tf_notices){.arena = h->arena};
    OK(tf_in_each(h->arena, h->dir, from, &reader, out, &h->err));
    return tf_buf_text(&s.text);
}

static void with_the_private_key_everything_is_there(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_notices out;
    make_public(&h);
    for (int k = 0; k < 3; k++) { /* three segments */
        struct tf_arena *a;
        struct tf_inbox *x = opened(&h, &a);
        assert_int_equal(PUT(&h, x, .instance = tf_printf(h.arena, "u%d", k), .xml = "<a/>",
                             .file = {"p", "q"}, .expects = {"p", "q"}), TF_INBOX_NEW);
        tf_arena_free(a);
    }
    assert_string_equal(records(&h, 0, &out), "1 u0 xml_submission_file=<a/> p=p q=q\n"
                                              "2 u1 xml_submission_file=<a/> p=p q=q\n"
                                              "3 u2 xml_submission_file=<a/> p=p q=q\n");
    assert_string_equal(records(&h, 3, &out), "3 u2 xml_submission_file=<a/> p=p q=q\n");
    assert_int_equal(out.n, 0);
    private_key[3] ^= 1;
    assert_string_equal(records(&h, 0, &out), "");
    assert_int_equal(out.n, 3); /* one a segment */
    assert_int_equal(unlink(segment(&h, 2)), 0);
    assert_int_equal(tf_inbox_heads(h.arena, h.dir, 0, see_head, &(struct seen){.text = {.arena = h.arena}}, &h.err),
                     TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

static void no_flipped_byte_of_a_record_opens(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    size_t second;
    struct tf_notices out;
    make_public(&h);
    const struct tf_bytes file = three_records(&h, &second);
    const char *whole = records(&h, 0, &out);
    assert_non_null(strstr(whole, "2 r2 xml_submission_file=<b/>\n"));
    for (size_t at = IN_HEADER; at < file.n; at++) {
        char *flipped = tf_strndup(h.arena, file.data, file.n);
        struct seen s = {.text = {.arena = h.arena}};
        const struct in_reader reader = {give_key, see_record, &s};
        out = (struct tf_notices){.arena = h.arena};
        flipped[at] = (char)(flipped[at] ^ 1);
        write_over(segment(&h, 1), flipped, file.n);
        const enum tf_code code = tf_in_each(h.arena, h.dir, 0, &reader, &out, &h.err);
        if (s.n > 2 || (code == TF_OK && out.n == 0))
            fail_msg("byte %zu: %zu records opened, code %d", at, s.n, (int)code);
    }
    OUT_OF_HOUSE(h);
}

static void no_answer_stands_in_the_files(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_arena *a;
    struct tf_bytes file;
    make_public(&h);
    struct tf_inbox *x = opened(&h, &a);
    assert_int_equal(PUT(&h, x, .instance = "u", .xml = "<a><q>SENTINEL-ANSWER</q></a>",
                         .file = {"SENTINEL-NAME"}, .expects = {"SENTINEL-NAME"}), TF_INBOX_NEW);
    tf_arena_free(a);
    OK(tf_file_read(h.arena, segment(&h, 1), 1 << 20, &file, &h.err));
    bool answer = false, name = false;
    for (size_t k = 0; k + 15 <= file.n; k++) {
        answer = answer || memcmp(file.data + k, "SENTINEL-ANSWER", 15) == 0;
        name = name || memcmp(file.data + k, "SENTINEL-NAME", 13) == 0;
    }
    assert_false(answer);
    assert_true(name); /* names of files are in the clear head */
    OUT_OF_HOUSE(h);
}

/* ---- who may append ---- */

static void one_process_appends(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_arena *a;
    int status;
    make_public(&h);
    (void)opened(&h, &a);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct tf_inbox *x;
        struct tf_arena *own = tf_arena_new("a second process", (size_t)64 << 20);
        _exit(tf_inbox_open(own, h.dir, &x, &h.err) == TF_E_REFUSED ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    tf_arena_free(a);
    (void)opened(&h, &a); /* free again */
    tf_arena_free(a);
    OUT_OF_HOUSE(h);
}

static void keys_that_are_not_there_or_not_keys_are_said(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_arena *a;
    struct tf_inbox *x;
    OK(tf_dir_make(tf_path_join(h.arena, h.dir, ".trefoil"), &h.err));
    assert_int_equal(tf_inbox_open(h.arena, h.dir, &x, &h.err), TF_E_KEY);
    assert_non_null(strstr(h.err.help, "keep init"));
    (void)put_file(&h, ".trefoil/inbox.pub", "trefoil-inbox-1 AAAA\n");
    assert_int_equal(tf_inbox_open(h.arena, h.dir, &x, &h.err), TF_E_KEY);
    make_public(&h);
    x = opened(&h, &a);
    assert_int_equal(PUT(&h, x, .instance = "u", .xml = "<a/>"), TF_INBOX_NEW);
    tf_arena_free(a);
    const char *mac = tf_path_join(h.arena, h.dir, ".trefoil/inbox/hash.key");
    assert_int_equal(unlink(mac), 0);
    assert_int_equal(tf_inbox_open(h.arena, h.dir, &x, &h.err), TF_E_KEY);
    write_over(mac, "12345678901234567890123456789012", 32); /* another's */
    assert_int_equal(tf_inbox_open(h.arena, h.dir, &x, &h.err), TF_E_KEY);
    assert_int_equal(chmod(mac, 0644), 0);
    assert_int_equal(tf_inbox_open(h.arena, h.dir, &x, &h.err), TF_E_KEY);
    OUT_OF_HOUSE(h);
}

/* ---- size ---- */

static void a_full_segment_is_followed_by_another(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_arena *a;
    struct tf_notices out;
    const size_t n = (size_t)33 << 20;
    char *big = tf_alloc(h.arena, n + 1);
    make_public(&h);
    memset(big, 'x', n);
    struct tf_inbox *x = opened(&h, &a);
    for (int k = 0; k < 3; k++)
        assert_int_equal(PUT(&h, x, .instance = tf_printf(h.arena, "big%d", k), .xml = big),
                         TF_INBOX_NEW);
    assert_int_equal(x->last_seq, 2);
    tf_arena_free(a);
    assert_string_equal(heads(&h, 0), "1 big0 whole\n2 big1 whole\n3 big2 whole\n");
    assert_int_equal(strlen(records(&h, 3, &out)), n + strlen("3 big2 xml_submission_file=\n"));
    for (unsigned k = 1; k <= 2; k++)
        assert_int_equal(unlink(segment(&h, k)), 0); /* all moved away: numbers go on */
    x = opened(&h, &a);
    assert_int_equal(PUT(&h, x, .instance = "next", .xml = "<a/>"), TF_INBOX_NEW);
    tf_arena_free(a);
    assert_string_equal(heads(&h, 0), "4 next whole\n");
    OUT_OF_HOUSE(h);
}

static void a_million_records_need_little_memory(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct in_index *x = tf_in_index_new(h.arena);
    for (uint64_t k = 1; k <= 1000000; k++) {
        const uint64_t key = k * 0x9E3779B97F4A7C15ULL;
        OK(tf_in_reserve(x, key, &h.err));
        tf_in_set(x, key, k);
    }
    assert_true(tf_in_bytes(x) < (size_t)32 << 20);
    for (uint64_t k = 1, value; k <= 1000000; k += 997) {
        assert_true(tf_in_get(x, k * 0x9E3779B97F4A7C15ULL, &value));
        assert_int_equal(value, k);
        assert_false(tf_in_get(x, k * 0x9E3779B97F4A7C15ULL + 64, &value));
    }
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_is_told_from_those_before_it),
        cmocka_unit_test(files_may_come_later_and_once),
        cmocka_unit_test(two_of_one_batch_are_as_two_in_a_row),
        cmocka_unit_test(a_torn_tail_is_cut_at_every_byte),
        cmocka_unit_test(damage_is_never_cut),
        cmocka_unit_test(a_header_that_was_never_flushed_is_taken_away),
        cmocka_unit_test(a_full_disk_loses_nothing_and_keeps_nothing_half),
        cmocka_unit_test(no_memory_at_any_moment_is_a_failure_without_a_trace),
        cmocka_unit_test(with_the_private_key_everything_is_there),
        cmocka_unit_test(no_flipped_byte_of_a_record_opens),
        cmocka_unit_test(no_answer_stands_in_the_files),
        cmocka_unit_test(one_process_appends),
        cmocka_unit_test(keys_that_are_not_there_or_not_keys_are_said),
        cmocka_unit_test(a_full_segment_is_followed_by_another),
        cmocka_unit_test(a_million_records_need_little_memory),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
