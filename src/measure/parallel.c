/* A few jobs on a few threads.
 *
 * Job k goes to thread k mod threads. Jobs share nothing that they write, so the answer has the
 * same bits on one thread and on eight; the caller does the jobs of a thread it cannot have. */
#include <pthread.h>

#include "measure/variance.h"

enum { MOST_THREADS = 64 };

struct share {
    pthread_t thread;
    bool runs;
    size_t first, step, n;
    void (*job)(void *, size_t);
    void *context;
};

static void *work(void *given)
{
    const struct share *share = given;
    for (size_t k = share->first; k < share->n; k += share->step)
        share->job(share->context, k);
    return NULL;
}

void tf_in_parallel(unsigned threads, size_t n, void (*job)(void *context, size_t k), void *context)
{
    struct share share[MOST_THREADS];
    size_t m = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
    m = m < n ? m : n;
    for (size_t t = 0; t < m; t++)
        share[t] = (struct share){.first = t, .step = m, .n = n, .job = job, .context = context};
    for (size_t t = 1; t < m; t++)
        share[t].runs = pthread_create(&share[t].thread, NULL, work, &share[t]) == 0;
    if (m > 0)
        (void)work(&share[0]);
    for (size_t t = 1; t < m; t++) {
        if (share[t].runs)
            (void)pthread_join(share[t].thread, NULL);
        else
            (void)work(&share[t]);
    }
}
