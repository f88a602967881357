/* serve: where to listen. "127.0.0.1:8080", "localhost:0", "[::]:443": numbers only, no name look-up. */
#ifndef TF_SERVE_ADDRESS_H
#define TF_SERVE_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/base.h"

struct tf_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
    bool six, loopback, wildcard;
    const char *host; /* as written, [brackets] kept; localhost is 127.0.0.1 */
};
TF_MUST_CHECK enum tf_code tf_address_read(struct tf_arena *arena, const char *listen,
                                           struct tf_address *ret, struct tf_err *reterr);
#endif
