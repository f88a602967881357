/* Submissions a second, each on the disk before its 201: N keep-alive connections, one thread each,
 * unique instance ids. Prints rate and percentiles of the time from the first byte sent to the answer.
 *
 *     collect HOST PORT /key/TOKEN CONNECTIONS REQUESTS [sealed]
 *
 * Any answer but 201 ends it with 1. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>

#include "clock.h"
#include "collect_client.h"

struct worker {
    pthread_t thread;
    const char *host, *path;
    int port, id;
    bool sealed;
    size_t n, bad;
    long run;
    double *ms;
};

static void *work(void *cls)
{
    struct worker *w = cls;
    char request[CLIENT_HEAD + CLIENT_BODY], instance[80];
    const int fd = client_connect(w->host, w->port);
    for (size_t k = 0; k < w->n; k++) {
        (void)snprintf(instance, sizeof instance, "uuid:%08lx-%04d-4000-8000-%012zu", w->run, w->id, k);
        const size_t n = client_request(request, w->path, instance, w->sealed);
        const double from = now();
        const bool sent = client_send(fd, request, n);
        w->bad += !sent || client_answer(fd) != 201;
        w->ms[k] = (now() - from) * 1000;
    }
    (void)close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    const int connections = atoi(argv[4]);
    const size_t each = (size_t)atol(argv[5]) / (size_t)connections, all = each * (size_t)connections;
    struct worker *w = calloc((size_t)connections, sizeof *w);
    double *ms = calloc(all, sizeof *ms);
    const long run = (long)(now() * 1000);
    size_t bad = 0;
    const double from = now();
    for (int k = 0; k < connections; k++) {
        w[k] = (struct worker){.host = argv[1], .port = atoi(argv[2]), .path = argv[3], .id = k,
                               .n = each, .ms = ms + (size_t)k * each, .run = run, .sealed = argc > 6};
        (void)pthread_create(&w[k].thread, NULL, work, &w[k]);
    }
    for (int k = 0; k < connections; k++) {
        (void)pthread_join(w[k].thread, NULL);
        bad += w[k].bad;
    }
    const double seconds = now() - from;
    qsort(ms, all, sizeof *ms, by_size);
    (void)printf("%3d connections, %s, n=%zu: %8.0f/s  p50 %.2f  p90 %.2f  p99 %.2f  max %.2f ms  not 201: %zu\n",
                 connections, argc > 6 ? "sealed" : "clear ", all, (double)all / seconds, ms[all / 2],
                 ms[all * 9 / 10], ms[all * 99 / 100], ms[all - 1], bad);
    free(ms);
    free(w);
    return bad != 0;
}
