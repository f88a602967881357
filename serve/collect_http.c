/* One request from its head to its answer: what libmicrohttpd calls.
 *
 *     first call   the head is here: route, admit, refuse what can be refused
 *     next calls   pieces of the body: to the multipart reader, or a small buffer
 *     last call    the body is whole: answer, or suspend and queue for the committer or the desk
 *     once more    resumed: send what they found
 *
 * A refusal known early is sent late: the rest of a small body is read and dropped first, because a
 * client that is still sending may never see an answer. A large body, or a client that waits for
 * "100 Continue", is answered at once and the connection closed.
 *
 * Two front ends that see two different requests in the same bytes is how requests are smuggled; so a
 * head that could be read in two ways (two lengths, a length and chunks, another transfer encoding)
 * gets 400. Each call has its own arena, wiped when it goes; each entry sets a guard, so memory that
 * runs out ends one request with 503 and no more. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "serve/collect_inside.h"

enum { SWALLOW = 4 << 20, PAGE_BODY = 1 << 20, MAX_PARTS = 2000 };
static const uint64_t ALL_BODIES = (uint64_t)512 << 20;

/* ---- answers ---- */

void tf_call_say(struct call *call, unsigned status, const char *text)
{
    if (call->route == NULL || !call->route->openrosa) {
        tf_reply_text(&call->reply, status, tf_printf(call->arena, "%s\n", text));
        return;
    }
    struct tf_buf b = {.arena = call->arena};
    tf_openrosa_message(&b, status < 300, text);
    call->reply.status = status;
    call->reply.type = "text/xml; charset=utf-8";
    call->reply.data = tf_buf_text(&b);
    call->reply.n = b.n;
}

static struct MHD_Response *of_file(const char *path)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0)
            (void)close(fd);
        return NULL;
    }
    struct MHD_Response *r = MHD_create_response_from_fd64((uint64_t)st.st_size, fd);
    if (r == NULL)
        (void)close(fd);
    return r;
}

struct MHD_Response *tf_response(const struct call *call, bool copy)
{
    static const char strict[] = "default-src 'none'; style-src 'self'; base-uri 'none'; "
                                 "form-action 'self'; frame-ancestors 'none'";
    const struct tf_reply *reply = &call->reply;
    const struct tf_bytes body = {reply->data, reply->n};
    char *data = NULL;
    memcpy(&data, &body.data, sizeof data); /* the library asks for a pointer it does not write to */
    struct MHD_Response *r =
        call->file != NULL ? of_file(call->file)
                           : MHD_create_response_from_buffer(reply->n, data,
                                                             copy ? MHD_RESPMEM_MUST_COPY
                                                                  : MHD_RESPMEM_PERSISTENT);
    if (r == NULL)
        return NULL;
    const bool openrosa = call->route != NULL && call->route->openrosa;
    const char *const header[][2] = {
        {"Content-Type", reply->type},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"X-OpenRosa-Version", openrosa ? "1.0" : NULL},
        {"Content-Security-Policy", openrosa ? NULL : reply->policy == NULL ? strict : reply->policy},
        {"X-Frame-Options", openrosa ? NULL : "DENY"},
        {"Strict-Transport-Security", call->site->tls ? "max-age=31536000" : NULL}};
    for (size_t k = 0; k < sizeof header / sizeof *header; k++)
        if (header[k][1] != NULL)
            (void)MHD_add_response_header(r, header[k][0], header[k][1]);
    if (openrosa) {
        char most[24];
        (void)snprintf(most, sizeof most, "%zu", call->site->max_bytes);
        (void)MHD_add_response_header(r, "X-OpenRosa-Accept-Content-Length", most);
    }
    bool cached = false;
    for (size_t k = 0; k < reply->n_header; k++) {
        cached = cached || tf_casecmp(reply->header[k].name, "cache-control") == 0;
        (void)MHD_add_response_header(r, reply->header[k].name, reply->header[k].value);
    }
    if (!cached)
        (void)MHD_add_response_header(r, "Cache-Control", "no-store");
    return r;
}

static enum MHD_Result send_reply(struct call *call)
{
    struct MHD_Response *r = call->made != NULL ? call->made : tf_response(call, false);
    enum MHD_Result result;
    call->made = NULL;
    if (r == NULL && call->file != NULL) { /* a file that went from under us */
        call->file = NULL;
        tf_call_say(call, MHD_HTTP_NOT_FOUND, "The file is not there just now. Try again later.");
        r = tf_response(call, false);
    }
    if (r == NULL)
        return MHD_NO;
    if (call->digest_wanted)
        result = MHD_queue_auth_fail_response2(call->connection, TF_FIELD_REALM, "trefoil", r,
                                               call->stale ? MHD_YES : MHD_NO, MHD_DIGEST_ALG_MD5);
    else
        result = MHD_queue_response(call->connection, call->reply.status, r);
    MHD_destroy_response(r);
    tf_slot_set(call->slot, SLOT_BUSY);
    return result;
}

/* ---- the head ---- */

struct pairs {
    struct tf_arena *arena;
    struct tf_web_pair *item;
    size_t n, cap;
    bool decode;
};

static enum MHD_Result add_pair(void *cls, enum MHD_ValueKind kind TF_UNUSED, const char *name,
                                const char *value)
{
    struct pairs *p = cls;
    if (value == NULL)
        value = "";
    p->item = tf_grow(p->arena, p->item, p->n, &p->cap, sizeof *p->item);
    if (p->decode) {
        name = tf_url_decode(p->arena, name, strlen(name), true);
        value = tf_url_decode(p->arena, value, strlen(value), true);
    }
    if (name != NULL && value != NULL)
        p->item[p->n++] = (struct tf_web_pair){name, value};
    return MHD_YES;
}

static void read_pairs(struct call *call)
{
    struct pairs query = {.arena = call->arena, .decode = true}, header = {.arena = call->arena};
    (void)MHD_get_connection_values(call->connection, MHD_GET_ARGUMENT_KIND, add_pair, &query);
    (void)MHD_get_connection_values(call->connection, MHD_HEADER_KIND, add_pair, &header);
    call->request.query = query.item;
    call->request.n_query = query.n;
    call->request.header = header.item;
    call->request.n_header = header.n;
}

/* A number of bytes, digits only; UINT64_MAX when it is none. */
static uint64_t length_of(const char *s)
{
    uint64_t n = 0;
    const size_t digits = strspn(s, "0123456789");
    if (digits == 0 || digits > 15 || s[digits] != '\0')
        return UINT64_MAX;
    for (; *s != '\0'; s++)
        n = 10 * n + (uint64_t)(*s - '0');
    return n;
}

/* Can this head be read in one way only? *ret_length: 0 when none is given. */
static bool is_plain(const struct tf_request *r, uint64_t *ret_length, bool *ret_chunked)
{
    size_t lengths = 0, encodings = 0;
    *ret_length = 0;
    *ret_chunked = false;
    for (size_t k = 0; k < r->n_header; k++) {
        const struct tf_web_pair *h = &r->header[k];
        if (tf_casecmp(h->name, "content-length") == 0) {
            lengths++;
            *ret_length = length_of(h->value);
        } else if (tf_casecmp(h->name, "transfer-encoding") == 0) {
            encodings++;
            *ret_chunked = tf_casecmp(h->value, "chunked") == 0;
        }
    }
    return lengths <= 1 && encodings <= 1 && lengths + encodings <= 1 &&
           *ret_length != UINT64_MAX && (encodings == 0 || *ret_chunked);
}

static bool has_method(const char *methods, const char *method)
{
    const size_t n = strlen(method);
    for (const char *at = strstr(methods, method); at != NULL; at = strstr(at + 1, method))
        if ((at == methods || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

/* What the head alone decides. The reply's status is set when it is refused. */
static void judge_head(struct call *call, uint64_t length)
{
    const struct tf_request *r = &call->request;
    const char *version = tf_web_header(r, "X-OpenRosa-Version");
    tf_call_route(call);
    if (call->reply.status != 0)
        return;
    if (call->route == NULL) {
        tf_call_say(call, MHD_HTTP_NOT_FOUND, "There is nothing at this address.");
    } else if (!has_method(call->route->methods, r->method)) {
        tf_call_say(call, MHD_HTTP_METHOD_NOT_ALLOWED, "This address does not take this method.");
        tf_reply_header(&call->reply, "Allow", call->route->methods);
    } else if (call->route->openrosa && (version == NULL || strcmp(version, "1.0") != 0)) {
        tf_call_say(call, MHD_HTTP_BAD_REQUEST,
                    version == NULL ? "The header X-OpenRosa-Version: 1.0 is missing."
                                    : "This server speaks X-OpenRosa-Version: 1.0.");
    } else if (!tf_call_admit(call)) {
        return;
    } else if (length > (call->route->openrosa ? call->site->max_bytes : PAGE_BODY)) {
        tf_call_say(call, MHD_HTTP_CONTENT_TOO_LARGE,
                    "The request is larger than this server takes at once (see "
                    "X-OpenRosa-Accept-Content-Length). Send the files in several requests.");
    }
}

static void begin_body(struct call *call, uint64_t length)
{
    struct tf_err err;
    if (call->reply.status != 0 || strcmp(call->request.method, "POST") != 0 ||
        !call->route->openrosa)
        return;
    const struct tf_multipart_limit limit = {.bytes = call->site->max_bytes, .parts = MAX_PARTS};
    if (tf_multipart_begin(call->arena, tf_web_header(&call->request, "Content-Type"), limit,
                           (size_t)length, &call->multipart, &err) != TF_OK)
        tf_call_say(call, MHD_HTTP_BAD_REQUEST, tf_printf(call->arena, "%s. %s", err.what, err.help));
}

static enum MHD_Result read_head(struct call *call, const char *url, const char *method)
{
    uint64_t length = 0;
    bool chunked = false;
    struct tf_request *r = &call->request;
    r->arena = call->arena;
    r->site = call->site;
    r->method = method;
    r->base_url = call->site->base_url;
    r->secure = call->site->tls || call->site->loopback;
    r->now = (int64_t)time(NULL);
    r->rolls = call->rolls;
    r->path = url;
    call->is_head = strcmp(method, "HEAD") == 0;
    read_pairs(call);
    const bool plain = is_plain(r, &length, &chunked);
    if (!plain)
        tf_call_say(call, MHD_HTTP_BAD_REQUEST, "The request does not say plainly how long it is.");
    else
        judge_head(call, length);
    if (plain)
        begin_body(call, length);
    call->swallow = call->reply.status != 0;
    const bool waits = tf_web_header(r, "Expect") != NULL;
    if (!plain || (call->swallow && (length > SWALLOW || (waits && (length > 0 || chunked)))))
        return send_reply(call); /* at once: the library closes the connection after it */
    return MHD_YES;
}

/* ---- the body ---- */

static void take_piece(struct call *call, const char *data, size_t n)
{
    struct tf_err err;
    const uint64_t most = call->multipart != NULL ? call->site->max_bytes + ((uint64_t)1 << 20)
                                                  : PAGE_BODY;
    call->received += n;
    if (call->swallow)
        return;
    call->counted += n;
    if (atomic_fetch_add(&call->site->bytes, n) + n > ALL_BODIES) {
        tf_call_say(call, MHD_HTTP_SERVICE_UNAVAILABLE,
                    "The server is busy with large files. Keep the record and send it again later.");
        tf_reply_header(&call->reply, "Retry-After", "60");
    } else if (call->received > most) {
        tf_call_say(call, MHD_HTTP_CONTENT_TOO_LARGE,
                    "The request is larger than this server takes at once.");
    } else if (call->multipart == NULL) {
        tf_buf_addn(&call->body, data, n);
    } else if (tf_multipart_feed(call->multipart, data, n, &err) != TF_OK) {
        tf_call_say(call, err.code == TF_E_LIMIT ? MHD_HTTP_CONTENT_TOO_LARGE : MHD_HTTP_BAD_REQUEST,
                    tf_printf(call->arena, "%s (%s). %s", err.what, err.fact, err.help));
    }
    call->swallow = call->reply.status != 0;
}

static void form_fields(struct call *call)
{
    struct tf_request *r = &call->request;
    const char *type = tf_web_header(r, "Content-Type");
    struct pairs p = {.arena = call->arena, .decode = true};
    r->body = tf_buf_text(&call->body);
    r->n_body = call->body.n;
    if (type == NULL || !tf_starts(tf_lower(call->arena, type), "application/x-www-form-urlencoded") ||
        strlen(r->body) != r->n_body)
        return;
    for (const char *at = r->body; *at != '\0';) {
        const size_t n = strcspn(at, "&"), name = strcspn(at, "=&");
        const char *value = name < n ? tf_strndup(call->arena, at + name + 1, n - name - 1) : "";
        (void)add_pair(&p, MHD_POSTDATA_KIND, tf_strndup(call->arena, at, name), value);
        at += n + (at[n] == '&');
    }
    r->field = p.item;
    r->n_field = p.n;
}

/* ---- the end ---- */

static void hand_over(struct call *call, struct queue *queue)
{
    call->stage = CALL_WAITING;
    tf_slot_set(call->slot, SLOT_BUSY);
    MHD_suspend_connection(call->connection);
    if (tf_queue_put(queue, call))
        return;
    call->stage = CALL_DONE; /* the server is ending */
    call->outcome = TF_INBOX_FAILED;
    if (queue == &call->site->desk)
        tf_call_say(call, MHD_HTTP_SERVICE_UNAVAILABLE, "The server is ending.");
    MHD_resume_connection(call->connection);
}

static enum MHD_Result body_whole(struct call *call)
{
    struct tf_err err;
    if (call->swallow)
        return send_reply(call);
    if (call->multipart != NULL) {
        if (tf_multipart_end(call->multipart, &call->part, &call->n_parts, &err) != TF_OK) {
            tf_call_say(call, MHD_HTTP_BAD_REQUEST, tf_printf(call->arena, "%s. %s", err.what, err.help));
            return send_reply(call);
        }
    } else {
        form_fields(call);
    }
    if (call->route->answer != NULL)
        call->route->answer(call);
    if (call->reply.status != 0 || call->file != NULL)
        return send_reply(call);
    hand_over(call, call->route->page != NULL || call->route->desk != NULL ? &call->site->desk
                                                                           : &call->site->posts);
    return MHD_YES;
}

static enum MHD_Result resumed(struct call *call)
{
    if (call->made == NULL && call->reply.status == 0) {
        const struct tf_openrosa_answer answer =
            tf_openrosa_outcome(call->arena, &call->post, call->outcome);
        tf_call_say(call, answer.status, answer.text);
        if (answer.status == MHD_HTTP_SERVICE_UNAVAILABLE)
            tf_reply_header(&call->reply, "Retry-After", "30");
    }
    return send_reply(call);
}

static struct call *new_call(struct tf_site *site, struct MHD_Connection *connection)
{
    struct tf_arena *arena = tf_arena_new_wiped("a request", 4 * site->max_bytes + (64 << 20));
    struct call *call = TF_NEW(arena, struct call);
    call->arena = arena;
    call->site = site;
    call->connection = connection;
    call->body.arena = arena;
    call->slot = tf_slot_of(connection);
    call->rolls = tf_rolls_take(site);
    atomic_fetch_add(&site->calls, 1);
    tf_slot_set(call->slot, SLOT_BODY);
    return call;
}

/* Without memory: a sentence that needs none. */
static void no_memory(struct call *call)
{
    call->file = NULL;
    call->digest_wanted = false;
    call->reply.n_header = 0;
    tf_reply_text(&call->reply, MHD_HTTP_SERVICE_UNAVAILABLE,
                  "The request needs more memory than there is. Send it again later.\n");
    call->swallow = true;
}

enum MHD_Result tf_call_access(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version TF_UNUSED,
                               const char *upload, size_t *upload_size, void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    enum MHD_Result result = MHD_YES;
    if (tf_guard_begin(&guard, &err) != TF_OK) {
        if (*state == NULL)
            return MHD_NO;
        no_memory(*state);
        if (*upload_size > 0) {
            *upload_size = 0;
            return MHD_YES;
        }
        return send_reply(*state);
    }
    struct call *call = *state;
    if (call == NULL) {
        call = new_call(cls, connection);
        *state = call;
        result = read_head(call, url, method);
    } else if (*upload_size > 0) {
        if (call->slot != NULL)
            atomic_fetch_add(&call->slot->bytes, *upload_size);
        take_piece(call, upload, *upload_size);
        *upload_size = 0;
    } else if (call->stage == CALL_READING) {
        result = body_whole(call);
    } else if (call->stage == CALL_DONE) {
        result = resumed(call);
    }
    tf_guard_end(&guard);
    return result;
}

/* One line to standard error: no token, no answer, no address. */
static void log_line(const struct call *call)
{
    const time_t now = (time_t)call->request.now;
    struct tm utc;
    char when[24] = "";
    if (gmtime_r(&now, &utc) != NULL)
        (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    (void)fprintf(stderr, "%s %u %s %s %s\n", when,
                  call->digest_wanted ? 401U : call->reply.status,
                  call->request.method, call->route == NULL ? "-" : call->route->name,
                  call->request.device != NULL   ? call->request.device->id
                  : call->request.person != NULL ? call->request.person->id
                                                 : "-");
}

void tf_call_completed(void *cls, struct MHD_Connection *connection TF_UNUSED, void **state,
                       enum MHD_RequestTerminationCode why TF_UNUSED)
{
    struct tf_site *site = cls;
    struct call *call = *state;
    if (call == NULL)
        return;
    *state = NULL;
    if (site->opt->log)
        log_line(call);
    if (call->made != NULL)
        MHD_destroy_response(call->made);
    (void)atomic_fetch_sub(&site->bytes, call->counted);
    tf_rolls_give(call->rolls);
    tf_slot_set(call->slot, SLOT_IDLE);
    tf_arena_free(call->arena);
    (void)atomic_fetch_sub(&site->calls, 1);
}
