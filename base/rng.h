/* Deterministic random numbers by name.
 *
 * A stream is known by its name ("draw/XA/psu"); the same name gives the same numbers on every
 * machine. The generator is PCG-XSH-RR 64/32 (O'Neill 2014, HMC-CS-2014-0905), seeded from the
 * BLAKE2b hash of the name. Never for keys: those come from libsodium. */
#ifndef TF_BASE_RNG_H
#define TF_BASE_RNG_H

#include <stdint.h>

struct tf_rng {
    uint64_t state, increment;
};
/* The stream of this name, from its beginning; then 32 bits at a time, or a number made of them. */
struct tf_rng tf_rng_named(const char *name);
uint32_t tf_rng_u32(struct tf_rng *rng);
double tf_rng_uniform(struct tf_rng *rng);                /* [0, 1), 53 bits */
uint32_t tf_rng_below(struct tf_rng *rng, uint32_t n);    /* 0..n-1, no bias; n > 0 */
double tf_rng_normal(struct tf_rng *rng);                 /* mean 0, sd 1 (polar method) */

#endif
