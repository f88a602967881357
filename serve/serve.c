/* The web door itself: one socket on the loopback, one request at a time.
 *
 * libmicrohttpd is polled from the program's own thread (MHD_run_wait), so arenas and guards stay in
 * one thread and ^C ends the loop between two requests. Each request has an arena and a guard of its
 * own: a request that needs too much memory is answered with 500 and leaves nothing behind.
 *
 * Against a hostile page in the same browser: the Host header must name the loopback (no DNS
 * rebinding), answers carry a content security policy without scripts, nosniff, no-store and no
 * referrer, and nothing can be changed by a request. */
#include <string.h>
#include <strings.h>

#include <microhttpd.h>

#include "serve/address.h"
#include "serve/page.h"
#include "serve/serve.h"

static const size_t REQUEST_LIMIT = (size_t)1 << 30;

struct door {
    const struct tf_study *study;
};

/* ---- where to listen ---- */

static enum tf_code read_address(struct tf_arena *a, const char *listen, struct tf_address *ret,
                                 struct tf_err *reterr)
{
    struct tf_err unread;
    const char *colon = strrchr(listen, ':');
    const enum tf_code code = tf_address_read(a, listen, ret, &unread);
    if (code == TF_OK && ret->loopback)
        return TF_OK;
    if (code != TF_OK && (colon == NULL || colon == listen || strspn(colon + 1, "0123456789") == 0)) {
        *reterr = unread;
        return code;
    }
    (void)tf_fail(reterr, TF_E_REFUSED, "`serve read` does not listen on '%s'", listen);
    (void)tf_fact(reterr, "It is a reading room for this machine: it has no accounts and no encryption.");
    return tf_help(reterr, "Use 127.0.0.1; to show a report to others, give them the files in out/.");
}

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status,
                              const struct tf_page *page)
{
    static const char *const headers[][2] = {
        {"X-Content-Type-Options", "nosniff"},
        {"Cache-Control", "no-store"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Frame-Options", "DENY"},
        {"Cross-Origin-Resource-Policy", "same-origin"}};
    static const char policy_pages[] = "default-src 'none'; style-src 'self'; base-uri 'none'; "
                                       "form-action 'none'; frame-ancestors 'none'";
    static const char policy_report[] =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    char *copy = NULL;
    /* MUST_COPY: the page's arena goes before the bytes are sent */
    struct tf_bytes body = {page->data, page->n};
    memcpy(&copy, &body.data, sizeof copy);
    struct MHD_Response *r = MHD_create_response_from_buffer(page->n, copy, MHD_RESPMEM_MUST_COPY);
    if (r == NULL)
        return MHD_NO;
    (void)MHD_add_response_header(r, "Content-Type", page->type);
    (void)MHD_add_response_header(r, "Content-Security-Policy",
                                  page->report ? policy_report : policy_pages);
    for (size_t k = 0; k < sizeof headers / sizeof headers[0]; k++)
        (void)MHD_add_response_header(r, headers[k][0], headers[k][1]);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(r, "Allow", "GET, HEAD");
    const enum MHD_Result result = MHD_queue_response(connection, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status,
                                   const char *text)
{
    const struct tf_page page = {.type = "text/plain; charset=utf-8", .data = text, .n = strlen(text)};
    return answer(connection, status, &page);
}

/* Does the Host header name the loopback? (A page elsewhere can make a browser ask us under its
 * own name.) */
static bool host_is_here(struct MHD_Connection *connection)
{
    static const char *const here[] = {"127.0.0.1", "localhost", "[::1]"};
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
    for (size_t k = 0; host != NULL && k < 3; k++) {
        const size_t n = strlen(here[k]);
        if (strncasecmp(host, here[k], n) == 0 && (host[n] == '\0' || host[n] == ':'))
            return true;
    }
    return false;
}

static enum MHD_Result answer_path(const struct door *door, struct MHD_Connection *connection,
                                   const char *path)
{
    struct tf_guard guard;
    struct tf_err err = {0};
    struct tf_page page;
    if (tf_guard_begin(&guard, &err) != TF_OK)
        return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "This page is too large.\n");
    struct tf_arena *a = tf_arena_new("a page", REQUEST_LIMIT);
    unsigned status = MHD_HTTP_OK;
    if (!tf_page_at(a, door->study, path, &page)) {
        status = MHD_HTTP_NOT_FOUND;
        tf_page_missing(a, door->study, &page);
    }
    const enum MHD_Result result = answer(connection, status, &page);
    tf_arena_free(a);
    tf_guard_end(&guard);
    return result;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    static int seen;
    (void)version;
    (void)upload;
    if (*state == NULL) { /* the headers are here: wait for the end of the request */
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0; /* a body is read and dropped */
        return MHD_YES;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD.\n");
    if (!host_is_here(connection))
        return answer_text(connection, MHD_HTTP_FORBIDDEN, "This is a reading room of another machine.\n");
    return answer_path(cls, connection, url);
}

/* ---- the loop ---- */

static void stop(void *daemon)
{
    MHD_stop_daemon(daemon);
}

enum tf_code tf_serve(struct tf_arena *arena, const struct tf_study *study, const char *listen,
                      void (*ready)(const char *url), struct tf_err *reterr)
{
    struct door door = {.study = study};
    struct tf_address at;
    TF_TRY(read_address(arena, listen, &at, reterr));
    struct MHD_Daemon *daemon = MHD_start_daemon(
        at.six ? MHD_USE_IPv6 : MHD_NO_FLAG, 0, NULL, NULL, on_request, &door, MHD_OPTION_SOCK_ADDR,
        &at.at.any,
        MHD_OPTION_CONNECTION_LIMIT, 64U, MHD_OPTION_CONNECTION_TIMEOUT, 30U, MHD_OPTION_END);
    if (daemon == NULL) {
        (void)tf_fail(reterr, TF_E_IO, "cannot listen on %s", listen);
        return tf_help(reterr, "Another program may have the port; 127.0.0.1:0 takes a free one.");
    }
    tf_arena_defer(arena, stop, daemon);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    ready(tf_printf(arena, "http://%s:%u/", at.host, info != NULL ? (unsigned)info->port : 0U));
    while (!tf_interrupted())
        if (MHD_run_wait(daemon, 500) != MHD_YES && !tf_interrupted())
            return tf_fail(reterr, TF_E_IO, "the web door stopped");
    return TF_OK;
}
