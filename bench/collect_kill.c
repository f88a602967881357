/* The collecting server killed under load, again and again.
 *
 *     collect_kill TREFOIL STUDY /key/TOKEN KILLS [SEED]
 *
 * Each round starts the server, sends from 8 connections for a random time (0 to 60 ms after the first
 * 201), kills it with SIGKILL, and keeps what the clients know: which instances got 201, which were
 * under way. The next round sends some of those under way again. In the end the inbox's heads are read:
 * every instance with a 201 must be there, none twice, and nothing that nobody sent. Exit 1 otherwise.
 *
 * (SIGKILL ends the process, not the machine: that 201 waits for the flush is held by the order of calls,
 * and torn tails at every byte by tests/keep/test_inbox.c.) */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include <sodium.h>

#include "collect_client.h"
#include "keep/keep.h"

enum { CONNECTIONS = 8, MAX_SENT = 4000000, NAME = 48 };
enum fate { UNKNOWN, SENT, STORED, SEEN };
static unsigned char fate[MAX_SENT];
static _Atomic unsigned next_id;
static _Atomic int acknowledged, strange;
static const char *path;
static int port;
static uint64_t dice = 88172645463325252ULL;

static unsigned roll(unsigned below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (unsigned)(dice % below);
}

static void name_of(unsigned id, char to[NAME])
{
    (void)snprintf(to, NAME, "uuid:kill-%08u-000000000000", id);
}

/* One connection until the server is gone. Every tenth is one that was under way when it was killed. */
static void *work(void *cls)
{
    char request[CLIENT_HEAD + CLIENT_BODY], name[NAME];
    const int fd = client_connect("127.0.0.1", port);
    unsigned again = *(unsigned *)cls;
    for (unsigned k = 0; fd >= 0; k++) {
        unsigned id = MAX_SENT;
        for (; k % 10 == 0 && again > 0 && id == MAX_SENT; again--)
            if (fate[again - 1] == SENT)
                id = again - 1;
        if (id == MAX_SENT)
            id = next_id++;
        if (id >= MAX_SENT)
            break;
        name_of(id, name);
        const size_t n = client_request(request, path, name, false);
        fate[id] = SENT;
        const int status = client_send(fd, request, n) ? client_answer(fd) : 0;
        if (status == 0)
            break;
        if (status == 201) {
            fate[id] = STORED;
            acknowledged++;
        } else {
            strange = status;
        }
    }
    if (fd >= 0)
        (void)close(fd);
    return NULL;
}

/* Start the server on a free port; its process, or -1. */
static pid_t start(const char *trefoil, const char *study)
{
    int out[2];
    char line[512];
    size_t n = 0;
    if (pipe(out) != 0)
        return -1;
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        (void)close(out[0]);
        (void)close(out[1]);
        (void)execl(trefoil, trefoil, "serve", "--listen", "127.0.0.1:0", study, (char *)NULL);
        _exit(127);
    }
    (void)close(out[1]);
    while (n < sizeof line - 1 && read(out[0], line + n, 1) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
    (void)close(out[0]);
    const char *colon = strrchr(line, ':');
    port = strncmp(line, "Collecting: ", 12) == 0 && colon != NULL ? atoi(colon + 1) : 0;
    return port == 0 ? -1 : child;
}

static bool one_round(const char *trefoil, const char *study)
{
    pthread_t thread[CONNECTIONS];
    unsigned again[CONNECTIONS];
    const unsigned before = next_id;
    const pid_t child = start(trefoil, study);
    const int was = acknowledged;
    if (child < 0)
        return false;
    for (unsigned k = 0; k < CONNECTIONS; k++) {
        again[k] = before > k ? before - k : 0;
        (void)pthread_create(&thread[k], NULL, work, &again[k]);
    }
    struct timespec t = {.tv_nsec = 200000};
    for (int k = 0; k < 20000 && acknowledged == was; k++)
        (void)nanosleep(&t, NULL);
    t.tv_nsec = (long)roll(60000000);
    (void)nanosleep(&t, NULL);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    for (unsigned k = 0; k < CONNECTIONS; k++)
        (void)pthread_join(thread[k], NULL);
    return acknowledged > was;
}

struct count {
    size_t heads, twice, nobody;
};

static bool look(const struct tf_inbox_head *head, void *to)
{
    struct count *c = to;
    char name[NAME];
    const unsigned id = strlen(head->instance) > 18 ? (unsigned)strtoul(head->instance + 10, NULL, 10)
                                                     : MAX_SENT;
    c->heads++;
    if (id >= next_id || id >= MAX_SENT) {
        c->nobody++;
        return true;
    }
    name_of(id, name);
    c->nobody += strcmp(name, head->instance) != 0 || fate[id] == UNKNOWN;
    c->twice += fate[id] == SEEN;
    fate[id] = SEEN;
    return true;
}

int main(int argc, char **argv)
{
    struct tf_guard guard;
    struct tf_err err;
    struct count c = {0};
    size_t lost = 0, stored = 0;
    if (argc < 5 || sodium_init() < 0)
        return 2;
    const int kills = atoi(argv[4]);
    path = argv[3];
    dice += argc > 5 ? (uint64_t)atoi(argv[5]) * 7919 : 0;
    for (int k = 0; k < kills; k++)
        if (!one_round(argv[1], argv[2])) {
            (void)fprintf(stderr, "collect_kill: round %d: the server did not start or did not answer\n", k);
            return 1;
        }
    for (unsigned id = 0; id < next_id && id < MAX_SENT; id++)
        stored += fate[id] == STORED;
    static unsigned char known[MAX_SENT];
    memcpy(known, fate, sizeof known);
    if (tf_guard_begin(&guard, &err) != TF_OK)
        return 2;
    struct tf_arena *arena = tf_arena_new("heads", (size_t)1 << 30);
    if (tf_inbox_heads(arena, argv[2], 0, look, &c, &err) != TF_OK) {
        (void)fprintf(stderr, "collect_kill: %s\n  %s\n", err.what, err.fact);
        return 1;
    }
    for (unsigned id = 0; id < next_id && id < MAX_SENT; id++)
        lost += known[id] == STORED && fate[id] != SEEN;
    (void)printf("%d kills, %u sent, %d answers 201 of %zu records; in the inbox %zu: lost %zu, twice %zu, "
                 "sent by nobody %zu, other answers %d\n",
                 kills, (unsigned)next_id, acknowledged, stored, c.heads, lost, c.twice, c.nobody, strange);
    tf_arena_free(arena);
    tf_guard_end(&guard);
    return lost > 0 || c.twice > 0 || c.nobody > 0 || strange != 0;
}
