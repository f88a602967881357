/* Deterministic random numbers: see rng.h. */
#include "base/rng.h"

#include <math.h>

#include "base/hash.h"

uint32_t tf_rng_u32(struct tf_rng *rng)
{
    const uint64_t old = rng->state;
    rng->state = old * UINT64_C(6364136223846793005) + rng->increment;
    const uint32_t x = (uint32_t)(((old >> 18) ^ old) >> 27);
    const uint32_t turn = (uint32_t)(old >> 59);
    return x >> turn | x << ((32 - turn) & 31);
}

struct tf_rng tf_rng_named(const char *name)
{
    const uint64_t seed = tf_hash_u64(name);
    struct tf_rng rng = {.state = 0, .increment = (seed >> 1) << 1 | 1};
    (void)tf_rng_u32(&rng);
    rng.state += seed ^ UINT64_C(0x9E3779B97F4A7C15);
    (void)tf_rng_u32(&rng);
    return rng;
}

double tf_rng_uniform(struct tf_rng *rng)
{
    const uint64_t high = tf_rng_u32(rng) >> 5, low = tf_rng_u32(rng) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

uint32_t tf_rng_below(struct tf_rng *rng, uint32_t n)
{
    const uint32_t skip = -n % n; /* 2^32 mod n: reject the short end */
    for (;;) {
        const uint32_t x = tf_rng_u32(rng);
        if (x >= skip)
            return x % n;
    }
}

double tf_rng_normal(struct tf_rng *rng)
{
    for (;;) {
        const double u = 2 * tf_rng_uniform(rng) - 1, v = 2 * tf_rng_uniform(rng) - 1;
        const double s = u * u + v * v;
        if (s > 0 && s < 1)
            return u * sqrt(-2 * log(s) / s);
    }
}
