/* serve: the web door. A reading room on this machine only: reports, tables, evidence cards.
 *
 * It listens on the loopback and nowhere else (the vault's key lies on this machine; a reading room
 * for others is a web server that is given the finished files). It answers GET and HEAD, serves only
 * names it has listed itself, sends no script and keeps no log. */
#ifndef TF_SERVE_SERVE_H
#define TF_SERVE_SERVE_H

#include "ask/ask.h"
#include "base/base.h"
#include "serve/collect.h" /* the collecting server */
#include "serve/walk.h"    /* the walk back, for the command door too */

/* Serve a study until ^C. listen is "127.0.0.1:8080"; port 0 takes a free one. ready is called once
 * with the address to open. TF_E_REFUSED for an address that is not the loopback. */
TF_MUST_CHECK enum tf_code tf_serve(struct tf_arena *arena, const struct tf_study *study,
                                    const char *listen, void (*ready)(const char *url),
                                    struct tf_err *reterr);

#endif
