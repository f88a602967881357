/* keep, inside: a secret of 32 bytes in shares (shares.c). */
#ifndef TF_KEEP_SHARES_H
#define TF_KEEP_SHARES_H

#include <stdbool.h>
#include <stddef.h>

enum { TF_MAX_SHARES = 32 };
struct tf_share {
    unsigned char x; /* 1 … n */
    unsigned char y[32];
};
/* n shares (<= TF_MAX_SHARES), any `need` of which give the secret back. */
void tf_shares_make(const unsigned char secret[32], size_t need, size_t n, struct tf_share *ret);
/* False when a share stands twice or is none. */
bool tf_shares_join(const struct tf_share *share, size_t n, unsigned char ret[32]);
#endif
