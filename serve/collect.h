/* serve: the collecting server. `trefoil serve --listen ADDR:PORT STUDY`.
 *
 * What tablets and browsers send goes through here into the inbox (keep/inbox.h). The process holds
 * the inbox's public key, the field's book and hashes of tokens: it can open nothing of what it takes.
 *
 * Threads: libmicrohttpd's own few read and answer requests; ONE committer thread puts what arrived
 * into the inbox, a batch to each flush; the thread that called tf_collect looks once a second
 * whether the field's book changed and whether a connection is too slow. Pages (serve/web.h) run one
 * at a time, so they may use the site's stores; submissions and form lists never wait for a page. */
#ifndef TF_SERVE_COLLECT_H
#define TF_SERVE_COLLECT_H

#include "ask/ask.h"
#include "base/base.h"
#include "field/field.h"
#include "serve/web.h"

struct tf_collect_opt {
    const char *study_dir;
    const char *listen;      /* "127.0.0.1:8383", "[::]:443"; port 0 takes a free one */
    const char *cert, *key;  /* PEM files; without them plain HTTP, on the loopback only */
    const char *public_url;  /* how clients reach it, "https://collect.example.org"; or NULL */
    size_t max_bytes;        /* of one POST; 0 = 100,000,000 */
    bool log;                /* one line a request on standard error: no token, no answer */
};
/* Serve until SIGINT or SIGTERM; then what was received is committed, answered, and all is closed.
 * ready is called once with the URL that clients use. TF_E_REFUSED for plain HTTP elsewhere than on
 * the loopback, TF_E_KEY when the study has no inbox key. */
TF_MUST_CHECK enum tf_code tf_collect(struct tf_arena *arena, const struct tf_collect_opt *opt,
                                      void (*ready)(const char *url), struct tf_err *reterr);

/* ---- for pages: what is served ---- */
/* The study's folder and its study.yaml, read when the server began. */
const char *tf_site_dir(const struct tf_site *site);
const struct tf_study *tf_site_study(const struct tf_site *site);
/* The field's book, open for writing. */
struct tf_fieldwork *tf_site_fieldwork(struct tf_site *site);
/* Tell the server that a page changed the book: tables are read again before the next request. */
void tf_site_changed(struct tf_site *site);
/* Forms, devices and people as they were when this request began; they live as long as the request. */
const struct tf_out_form *tf_request_forms(const struct tf_request *r, size_t *ret_n);
/* The device of a token (not revoked), or NULL. */
const struct tf_device *tf_request_device_of(const struct tf_request *r, const char *token);
#endif
