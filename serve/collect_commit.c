/* The committer: one thread, the only one that touches the inbox.
 *
 * Requests that brought a submission are suspended and stand in a queue. The committer takes all that
 * stand there (up to a limit), puts them into the inbox as one batch with one flush, and lets their
 * connections go on; meanwhile others queue up. So the disk's slowness is shared: alone a post waits
 * for one flush, and a hundred that come together wait for one, too. (The alternative, a thread waiting
 * for each flush, gave a tenth of the rate when it was tried; a timer that gathers posts makes
 * each wait longer than needed.)
 *
 * It holds no key that opens anything. When the disk is full it says so on standard error, at most
 * every ten seconds, and every client is told to come back. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "serve/collect_inside.h"

enum { MAX_BATCH = 1024, BATCH_BYTES = 16 << 20, SAY_AGAIN_MS = 10000 };

/* ---- the queue, also of the desk ---- */

void tf_queue_begin(struct queue *q)
{
    *q = (struct queue){.open = true};
    q->last = &q->first;
    pthread_condattr_t attr;
    (void)pthread_mutex_init(&q->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* a clock that is set back stops nobody */
    (void)pthread_cond_init(&q->more, &attr);
    (void)pthread_condattr_destroy(&attr);
}

bool tf_queue_put(struct queue *q, struct call *call)
{
    (void)pthread_mutex_lock(&q->lock);
    const bool open = q->open;
    if (open) {
        call->next = NULL;
        *q->last = call;
        q->last = &call->next;
        (void)pthread_cond_signal(&q->more);
    }
    (void)pthread_mutex_unlock(&q->lock);
    return open;
}

void tf_queue_close(struct queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    q->open = false;
    (void)pthread_cond_broadcast(&q->more);
    (void)pthread_mutex_unlock(&q->lock);
}

/* ---- a batch ---- */

struct work {
    struct call *call[MAX_BATCH];
    const struct tf_inbox_post *post[MAX_BATCH];
    struct tf_inbox_result result[MAX_BATCH];
    int64_t said;
};

/* What stands in the queue, up to the limits; waits for the first. 0: it is closed and empty. */
static size_t take(struct queue *q, struct work *w)
{
    size_t n = 0, bytes = 0;
    (void)pthread_mutex_lock(&q->lock);
    while (q->first == NULL && q->open)
        (void)pthread_cond_wait(&q->more, &q->lock);
    while (q->first != NULL && n < MAX_BATCH && (n == 0 || bytes < BATCH_BYTES)) {
        struct call *call = q->first;
        q->first = call->next;
        bytes += call->post_bytes;
        w->call[n] = call;
        w->post[n++] = &call->post;
    }
    if (q->first == NULL)
        q->last = &q->first;
    (void)pthread_mutex_unlock(&q->lock);
    return n;
}

static void complain(struct work *w, const struct tf_err *err)
{
    const int64_t now = tf_monotonic_ms();
    if (err->code == TF_OK || (w->said != 0 && now - w->said < SAY_AGAIN_MS))
        return;
    w->said = now;
    (void)fprintf(stderr, "trefoil: error: %s\n  %s\n  %s\n", err->what, err->fact, err->help);
}

static void commit(struct tf_inbox *inbox, struct work *w, size_t n)
{
    struct tf_err err = {.code = TF_OK};
    tf_inbox_put(inbox, w->post, n, w->result, &err);
    complain(w, &err);
    for (size_t k = 0; k < n; k++) {
        struct call *call = w->call[k];
        call->outcome = w->result[k].outcome;
        call->stage = CALL_DONE;
        MHD_resume_connection(call->connection); /* the call is its thread's again */
    }
}

void *tf_committer(void *cls)
{
    struct tf_site *site = cls;
    struct tf_guard guard;
    struct tf_err err = {.code = TF_OK};
    struct tf_inbox *inbox;
    if (tf_guard_begin(&guard, &err) != TF_OK) {
        tf_site_started(site, &err);
        return NULL;
    }
    struct tf_arena *arena = tf_arena_new("the committer", (size_t)1 << 30);
    struct work *w = TF_NEW(arena, struct work);
    const enum tf_code code = tf_inbox_open(arena, site->opt->study_dir, &inbox, &err);
    tf_site_started(site, code == TF_OK ? NULL : &err);
    for (size_t n; code == TF_OK && (n = take(&site->posts, w)) > 0;)
        commit(inbox, w, n);
    tf_arena_free(arena);
    tf_guard_end(&guard);
    return NULL;
}
