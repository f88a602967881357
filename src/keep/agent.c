/* The agent: a process that holds what was unlocked, for a while.
 *
 * `trefoil keep unlock` leaves it behind. It keeps file keys in locked memory (no swap), may not be
 * traced, leaves no core, and answers on <study>/.trefoil/agent.sock, mode 0600 in a folder of mode
 * 0700, and only to processes of its own user. It ends, wiping all, when the time is over or at
 * `trefoil keep lock`; killed, it leaves nothing.
 *
 *     several persons may unlock into one agent: shares of survivors' keys join when two are there;
 *     one person alone gets out either identity (who was interviewed) or answers, never both, even
 *     when their role holds keys of both: that takes two persons.
 *
 * The second rule is a check of this program: a custodian who writes a program of their own is not
 * held by it (docs/SECURITY-MODEL.md says which rules are cryptography). Time is the kernel's
 * timer; the room reads no clock. */
#define _GNU_SOURCE /* struct ucred */
#include "keep/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "keep/inside.h"

enum op { OP_RING = 1, OP_WHOLE, OP_PUT, OP_JOIN, OP_ASK, OP_HEAD, OP_LOCK };
enum { MAX_WAITING = 256, PATIENCE_S = 5 };
static const uint64_t protocol = 0x7472656b65657031U; /* another build's messages are not read */

struct message { /* fixed, both ways; a ring or an unlocked person follows where one is asked for */
    uint64_t protocol, seconds, entries;
    uint32_t op, flag;
    char name[TF_KEY_NAME], head[TF_HASH_TEXT];
    unsigned char key[TF_KEY_BYTES];
};
struct session { /* in locked memory */
    struct tf_agent_state state;
    struct ring ring, out;
    struct unlocked joining;
    struct message message;
    struct {
        char name[TF_KEY_NAME], who[64];
        size_t need;
        struct tf_share share;
    } waiting[MAX_WAITING];
};

/* ---- The socket ------------------------------------------------------------------------------ */

/* A socket's address holds 107 bytes; a study may lie deeper. So it is named through the folder's
 * descriptor. */
static bool address(int folder, struct sockaddr_un *ret)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    return folder >= 0 &&
           snprintf(ret->sun_path, sizeof ret->sun_path, "/proc/self/fd/%d/agent.sock", folder) <
               (int)sizeof ret->sun_path;
}

static int open_folder(struct tf_arena *arena, const char *study_dir)
{
    return open(tf_keep_path(arena, study_dir, ""), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool move_all(int fd, void *data, size_t n, bool out)
{
    char *at = data;
    while (n > 0) {
        const ssize_t done = out ? send(fd, at, n, MSG_NOSIGNAL) : recv(fd, at, n, 0);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

static void be_patient(int fd)
{
    const struct timeval wait = {.tv_sec = PATIENCE_S};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

static bool same_user(int fd)
{
    struct ucred peer;
    socklen_t n = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && peer.uid == geteuid();
}

static int connect_to(struct tf_arena *arena, const char *study_dir)
{
    struct sockaddr_un to;
    const int folder = open_folder(arena, study_dir);
    int fd = -1;
    if (address(folder, &to))
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 || !same_user(fd))) {
        (void)close(fd);
        fd = -1;
    }
    if (folder >= 0)
        (void)close(folder);
    if (fd >= 0)
        be_patient(fd);
    return fd;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static enum tf_code locked_error(const char *study_dir, struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_KEY, study_dir, 0, 0, "the vault is locked");
    return tf_help(
        reterr, "Run `trefoil keep unlock --as NAME`; `trefoil keep custodians` lists the names.");
}

static enum tf_code talk(struct tf_arena *arena, const char *study_dir, struct message *m,
                         void *more, size_t n_more, void *answer, size_t n_answer,
                         struct tf_err *reterr)
{
    const int fd = connect_to(arena, study_dir);
    if (fd < 0)
        return locked_error(study_dir, reterr);
    m->protocol = protocol;
    const bool done = move_all(fd, m, sizeof *m, true) &&
                      (n_more == 0 || move_all(fd, more, n_more, true)) &&
                      move_all(fd, m, sizeof *m, false) && m->protocol == protocol &&
                      (n_answer == 0 || move_all(fd, answer, n_answer, false));
    (void)close(fd);
    if (!done)
        return locked_error(study_dir, reterr);
    if (m->flag != 0)
        return tf_fail(reterr, TF_E_LIMIT,
                       "the agent holds too much already: lock it and begin anew");
    return TF_OK;
}

bool tf_agent_here(struct tf_arena *arena, const char *study_dir)
{
    const int fd = connect_to(arena, study_dir);
    if (fd >= 0)
        (void)close(fd); /* it said nothing: the agent goes on */
    return fd >= 0;
}

static enum tf_code get_ring(struct tf_arena *arena, const char *study_dir, enum op op,
                             struct ring **ret, struct tf_err *reterr)
{
    struct message *m = tf_locked(arena, sizeof *m);
    struct ring *ring = tf_locked(arena, sizeof *ring);
    memset(m, 0, sizeof *m);
    m->op = op;
    TF_TRY(talk(arena, study_dir, m, NULL, 0, ring, sizeof *ring, reterr));
    if (ring->n > TF_MAX_KEYS)
        return locked_error(study_dir, reterr);
    *ret = ring;
    return TF_OK;
}

enum tf_code tf_agent_ring(struct tf_arena *arena, const char *study_dir, struct ring **ret,
                           struct tf_err *reterr)
{
    return get_ring(arena, study_dir, OP_RING, ret, reterr);
}

enum tf_code tf_agent_whole(struct tf_arena *arena, const char *study_dir, struct ring **ret,
                            struct tf_err *reterr)
{
    return get_ring(arena, study_dir, OP_WHOLE, ret, reterr);
}

enum tf_code tf_agent_put(struct tf_arena *arena, const char *study_dir, const char *name,
                          const unsigned char key[TF_KEY_BYTES], struct tf_err *reterr)
{
    struct message *m = tf_locked(arena, sizeof *m);
    memset(m, 0, sizeof *m);
    m->op = OP_PUT;
    memcpy(m->name, name, strnlen(name, TF_KEY_NAME - 1));
    memcpy(m->key, key, TF_KEY_BYTES);
    return talk(arena, study_dir, m, NULL, 0, NULL, 0, reterr);
}

enum tf_code tf_agent_add(struct tf_arena *arena, const char *study_dir, const struct unlocked *u,
                          bool identity, uint64_t seconds, struct tf_err *reterr)
{
    struct message m = {.op = OP_JOIN, .seconds = seconds, .flag = identity};
    struct unlocked *copy = tf_locked(arena, sizeof *copy);
    memcpy(copy, u, sizeof *copy);
    return talk(arena, study_dir, &m, copy, sizeof *copy, NULL, 0, reterr);
}

enum tf_code tf_agent_ask(struct tf_arena *arena, const char *study_dir, struct tf_agent_state *ret,
                          struct tf_err *reterr)
{
    struct message m = {.op = OP_ASK};
    return talk(arena, study_dir, &m, NULL, 0, ret, sizeof *ret, reterr);
}

enum tf_code tf_agent_head(struct tf_arena *arena, const char *study_dir, uint64_t entries,
                           const char *hash, bool force, struct tf_err *reterr)
{
    struct message m = {.op = OP_HEAD, .entries = entries, .flag = force};
    memcpy(m.head, hash, strnlen(hash, TF_HASH_TEXT - 1));
    return talk(arena, study_dir, &m, NULL, 0, NULL, 0, reterr);
}

enum tf_code tf_agent_end(struct tf_arena *arena, const char *study_dir, struct tf_err *reterr)
{
    struct message m = {.op = OP_LOCK};
    return talk(arena, study_dir, &m, NULL, 0, NULL, 0, reterr);
}

/* ---- What it holds --------------------------------------------------------------------------- */

static bool add_person(struct session *s, const struct unlocked *u)
{
    struct tf_agent_state *t = &s->state;
    for (size_t k = 0; k < t->n; k++)
        if (strncmp(t->person[k].who, u->who, sizeof u->who) == 0)
            return true;
    if (t->n == TF_MAX_UNLOCKED)
        return false;
    memcpy(t->person[t->n].who, u->who, sizeof u->who);
    memcpy(t->person[t->n++].role, u->role, sizeof u->role);
    return true;
}

/* A share joins those of other persons; enough of them are a key. */
static bool add_share(struct session *s, const char *who, const char *name, size_t need,
                      const struct tf_share *share)
{
    struct tf_share list[TF_MAX_SHARES];
    unsigned char key[TF_KEY_BYTES];
    size_t n = 0, at = 0;
    for (size_t k = 0; k < s->state.n_waiting; k++)
        if (strcmp(s->waiting[k].name, name) == 0 && s->waiting[k].share.x == share->x)
            return true; /* here already */
    if (s->state.n_waiting == MAX_WAITING)
        return false;
    at = s->state.n_waiting++;
    memcpy(s->waiting[at].name, name, TF_KEY_NAME);
    memcpy(s->waiting[at].who, who, sizeof s->waiting[at].who);
    s->waiting[at].need = need;
    s->waiting[at].share = *share;
    for (size_t k = 0; k < s->state.n_waiting && n < need; k++)
        if (strcmp(s->waiting[k].name, name) == 0)
            list[n++] = s->waiting[k].share;
    bool done = true;
    if (n == need && tf_shares_join(list, n, key))
        done = tf_ring_put(&s->ring, name, key);
    sodium_memzero(list, sizeof list);
    sodium_memzero(key, sizeof key);
    return done;
}

static bool take_in(struct session *s, const struct unlocked *u, bool identity)
{
    bool done = u->ring.n <= TF_MAX_KEYS && u->n_shares <= sizeof u->share / sizeof *u->share &&
                add_person(s, u);
    for (size_t k = 0; done && k < u->ring.n; k++)
        done = tf_ring_put(&s->ring, u->ring.key[k].name, u->ring.key[k].bytes);
    for (size_t k = 0; done && k < u->n_shares; k++)
        done = add_share(s, u->who, u->share[k].name, u->share[k].need, &u->share[k].share);
    if (done)
        s->state.identity = identity;
    s->state.n_keys = s->ring.n;
    return done;
}

/* "vault/XA-children-response.db" and "…-response-records.db" are both of "response". */
static bool is_of(const char *name, const char *purpose)
{
    const char *at = strchr(name, '-');
    at = at == NULL ? NULL : strchr(at + 1, '-');
    const size_t n = strlen(purpose);
    return at != NULL && strncmp(at + 1, purpose, n) == 0 && (at[n + 1] == '.' || at[n + 1] == '-');
}

/* One person who holds both: one of the two stays in. */
static bool withheld(const struct session *s, const char *name)
{
    bool identity = false, response = false;
    if (s->state.n >= 2)
        return false;
    for (size_t k = 0; k < s->ring.n; k++) {
        identity = identity || is_of(s->ring.key[k].name, "identity");
        response = response || is_of(s->ring.key[k].name, "response");
    }
    return identity && response && is_of(name, s->state.identity ? "response" : "identity");
}

static void give_out(struct session *s)
{
    memset(&s->out, 0, sizeof s->out);
    for (size_t k = 0; k < s->ring.n; k++)
        if (!withheld(s, s->ring.key[k].name))
            (void)tf_ring_put(&s->out, s->ring.key[k].name, s->ring.key[k].bytes);
}

/* ---- Serving --------------------------------------------------------------------------------- */

static bool set_timer(int timer, uint64_t seconds)
{
    const struct itimerspec when = {.it_value = {.tv_sec = (time_t)(seconds == 0 ? 1 : seconds)}};
    return timerfd_settime(timer, 0, &when, NULL) == 0;
}

/* One request; false when it was to lock. */
static bool answer(struct session *s, int fd, int timer)
{
    struct message *m = &s->message;
    void *more = NULL;
    size_t n_more = 0;
    bool good = true, go_on = true;
    if (!move_all(fd, m, sizeof *m, false) || m->protocol != protocol)
        return true;
    m->name[TF_KEY_NAME - 1] = '\0';
    m->head[TF_HASH_TEXT - 1] = '\0';
    switch (m->op) {
    case OP_RING:
        give_out(s);
        more = &s->out;
        n_more = sizeof s->out;
        break;
    case OP_WHOLE:
        more = &s->ring;
        n_more = sizeof s->ring;
        break;
    case OP_PUT:
        good = tf_ring_put(&s->ring, m->name, m->key);
        s->state.n_keys = s->ring.n;
        break;
    case OP_JOIN:
        if (!move_all(fd, &s->joining, sizeof s->joining, false))
            return true;
        good = take_in(s, &s->joining, m->flag != 0) && set_timer(timer, m->seconds);
        sodium_memzero(&s->joining, sizeof s->joining);
        break;
    case OP_ASK:
        more = &s->state;
        n_more = sizeof s->state;
        break;
    case OP_HEAD:
        if (m->flag != 0 || m->entries >= s->state.entries) {
            s->state.entries = m->entries;
            memcpy(s->state.head, m->head, sizeof s->state.head);
        }
        break;
    case OP_LOCK: go_on = false; break;
    default: return true;
    }
    m->flag = !good;
    sodium_memzero(m->key, sizeof m->key);
    if (move_all(fd, m, sizeof *m, true) && more != NULL)
        (void)move_all(fd, more, n_more, true);
    sodium_memzero(&s->out, sizeof s->out);
    return go_on;
}

static enum tf_code cannot_serve(struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_IO, "the agent could not be started");
    return tf_fact(reterr, "%s", strerror(errno));
}

static void close_fd(void *fd)
{
    (void)close((int)(intptr_t)fd);
}

static enum tf_code listen_at(struct tf_arena *arena, int folder, int *ret, struct tf_err *reterr)
{
    struct sockaddr_un at;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !address(folder, &at)) {
        const enum tf_code code = cannot_serve(reterr);
        if (fd >= 0)
            (void)close(fd);
        return code;
    }
    tf_arena_defer(arena, close_fd, (void *)(intptr_t)fd);
    (void)unlinkat(folder, "agent.sock", 0); /* of an agent that was killed: its lock is free */
    const mode_t before = umask(0177);
    const int rc = bind(fd, (const struct sockaddr *)&at, sizeof at);
    (void)umask(before);
    if (rc != 0 || listen(fd, 16) != 0)
        return cannot_serve(reterr);
    *ret = fd;
    return TF_OK;
}

static void serve_loop(struct session *s, int listener, int timer)
{
    struct pollfd wait[2] = {
        {.fd = listener, .events = POLLIN},
        {.fd = timer,    .events = POLLIN}
    };
    for (bool go_on = true; go_on && !tf_interrupted();) {
        if (poll(wait, 2, -1) < 0 && errno != EINTR)
            return;
        if ((wait[1].revents & POLLIN) != 0)
            return; /* the time is over */
        if ((wait[0].revents & POLLIN) == 0)
            continue;
        const int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        be_patient(fd);
        if (same_user(fd))
            go_on = answer(s, fd, timer);
        (void)close(fd);
    }
}

enum tf_code tf_agent_run(struct tf_arena *arena, const char *study_dir, const struct unlocked *u,
                          bool identity, uint64_t seconds, void (*ready)(void *to), void *to,
                          struct tf_err *reterr)
{
    const struct rlimit none = {0, 0};
    struct session *s = tf_locked(arena, sizeof *s);
    int listener = -1;
    memset(s, 0, sizeof *s);
    (void)setrlimit(RLIMIT_CORE, &none);
    if (prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) != 0)
        return cannot_serve(reterr);
#ifndef __SANITIZE_ADDRESS__ /* its shadow memory is larger than any machine's */
    (void)mlockall(MCL_CURRENT | MCL_FUTURE); /* beyond the pages that are locked in any case */
#endif
    TF_TRY(tf_lock_take(arena, tf_keep_path(arena, study_dir, "agent.lock"), true, false,
                        "an agent holds this study already", NULL, reterr));
    const int folder = open_folder(arena, study_dir),
              timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
    if (folder < 0 || timer < 0)
        return cannot_serve(reterr);
    tf_arena_defer(arena, close_fd, (void *)(intptr_t)folder);
    tf_arena_defer(arena, close_fd, (void *)(intptr_t)timer);
    if (!take_in(s, u, identity) || !set_timer(timer, seconds))
        return cannot_serve(reterr);
    TF_TRY(listen_at(arena, folder, &listener, reterr));
    ready(to);
    serve_loop(s, listener, timer);
    (void)unlinkat(folder, "agent.sock", 0);
    sodium_memzero(s, sizeof *s);
    return TF_OK;
}
