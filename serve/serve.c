/* The web door itself: one socket on the loopback, one request at a time.
 *
 * libmicrohttpd is polled from the program's own thread (MHD_run_wait), so arenas and guards stay in
 * one thread and ^C ends the loop between two requests. Each request has an arena and a guard of its
 * own: a request that needs too much memory is answered with 500 and leaves nothing behind.
 *
 * Against a hostile page in the same browser: the Host header must name the loopback (no DNS
 * rebinding), answers carry a content security policy without scripts, nosniff, no-store and no
 * referrer, and nothing can be changed by a request. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include <microhttpd.h>

#include "serve/page.h"
#include "serve/serve.h"

static const size_t REQUEST_LIMIT = (size_t)1 << 30;

struct door {
    const struct tf_study *study;
};

/* ---- where to listen ---- */

struct address {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    bool six;
};

static enum tf_code refuse_address(const char *host, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_REFUSED, "`serve` does not listen on '%s'", host);
    (void)tf_fact(reterr, "It is a reading room for this machine: it has no accounts and no encryption.");
    return tf_help(reterr, "Use 127.0.0.1; to show a report to others, give them the files in out/.");
}

/* "127.0.0.1:8080", "localhost:0", "[::1]:8080". */
static enum tf_code parse_address(struct tf_arena *a, const char *listen, struct address *ret,
                                  struct tf_err *reterr)
{
    const char *colon = strrchr(listen, ':');
    int64_t port = 8080;
    struct in_addr v4;
    *ret = (struct address){.v4 = {.sin_family = AF_INET}, .v6 = {.sin6_family = AF_INET6}};
    if (colon == NULL || !tf_parse_int(colon + 1, &port) || port < 0 || port > 65535) {
        (void)tf_fail(reterr, TF_E_USAGE, "'%s' is not an address and a port", listen);
        return tf_help(reterr, "For example 127.0.0.1:8080, or 127.0.0.1:0 for any free port.");
    }
    const char *host = tf_strndup(a, listen, (size_t)(colon - listen));
    ret->v4.sin_port = ret->v6.sin6_port = htons((uint16_t)port);
    if (strcmp(host, "[::1]") == 0) {
        ret->six = true;
        ret->v6.sin6_addr = in6addr_loopback;
        return TF_OK;
    }
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &v4) != 1 || ntohl(v4.s_addr) != INADDR_LOOPBACK)
        return refuse_address(host, reterr);
    ret->v4.sin_addr = v4;
    return TF_OK;
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
    struct address at;
    TF_TRY(parse_address(arena, listen, &at, reterr));
    struct MHD_Daemon *daemon = MHD_start_daemon(
        at.six ? MHD_USE_IPv6 : MHD_NO_FLAG, 0, NULL, NULL, on_request, &door, MHD_OPTION_SOCK_ADDR,
        at.six ? (const struct sockaddr *)&at.v6 : (const struct sockaddr *)&at.v4,
        MHD_OPTION_CONNECTION_LIMIT, 64U, MHD_OPTION_CONNECTION_TIMEOUT, 30U, MHD_OPTION_END);
    if (daemon == NULL) {
        (void)tf_fail(reterr, TF_E_IO, "cannot listen on %s", listen);
        return tf_help(reterr, "Another program may have the port; 127.0.0.1:0 takes a free one.");
    }
    tf_arena_defer(arena, stop, daemon);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    ready(tf_printf(arena, "http://%s:%u/", at.six ? "[::1]" : "127.0.0.1",
                    info != NULL ? (unsigned)info->port : 0U));
    while (!tf_interrupted())
        if (MHD_run_wait(daemon, 500) != MHD_YES && !tf_interrupted())
            return tf_fail(reterr, TF_E_IO, "the web door stopped");
    return TF_OK;
}
