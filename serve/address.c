/* Addresses to listen on. Only numeric ones (and "localhost"): what a name means may change under us. */
#include <arpa/inet.h>
#include <string.h>

#include "serve/address.h"

static enum tf_code not_one(const char *listen, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_USAGE, "'%.80s' is not an address and a port", listen);
    return tf_help(reterr, "For example 127.0.0.1:8080, [::1]:8080, 0.0.0.0:443, or 127.0.0.1:0 for "
                           "any free port.");
}

enum tf_code tf_address_read(struct tf_arena *arena, const char *listen, struct tf_address *ret,
                             struct tf_err *reterr)
{
    const char *colon = strrchr(listen, ':');
    int64_t port;
    *ret = (struct tf_address){.host = NULL};
    if (colon == NULL || colon[1] < '0' || colon[1] > '9' || !tf_parse_int(colon + 1, &port) ||
        port > 65535)
        return not_one(listen, reterr);
    const char *host = tf_strndup(arena, listen, (size_t)(colon - listen));
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    ret->host = host;
    const size_t n = strlen(host);
    if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
        ret->six = true;
        ret->at.v6.sin6_family = AF_INET6;
        ret->at.v6.sin6_port = htons((uint16_t)port);
        if (inet_pton(AF_INET6, tf_strndup(arena, host + 1, n - 2), &ret->at.v6.sin6_addr) != 1)
            return not_one(listen, reterr);
        ret->loopback = memcmp(&ret->at.v6.sin6_addr, &in6addr_loopback, sizeof in6addr_loopback) == 0;
        ret->wildcard = memcmp(&ret->at.v6.sin6_addr, &in6addr_any, sizeof in6addr_any) == 0;
        return TF_OK;
    }
    ret->at.v4.sin_family = AF_INET;
    ret->at.v4.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, host, &ret->at.v4.sin_addr) != 1)
        return not_one(listen, reterr);
    ret->loopback = ntohl(ret->at.v4.sin_addr.s_addr) == INADDR_LOOPBACK;
    ret->wildcard = ntohl(ret->at.v4.sin_addr.s_addr) == INADDR_ANY;
    return TF_OK;
}
