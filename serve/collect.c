/* The collecting server: opens what it serves, starts its threads, and ends in order.
 *
 * Ending (SIGINT, SIGTERM): no new connections; requests under way are finished, for at most ten
 * seconds; the committer puts what it has and says so to the clients; then all is closed. Being killed
 * instead loses nothing that was acknowledged (keep/inbox).
 *
 * The certificate's key is read into locked memory. Plain HTTP is served on the loopback only: tokens
 * and clear forms would cross the network readable. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "serve/collect_inside.h"

enum {
    MAX_CONNECTIONS = 8192,
    PER_ADDRESS = 1024,         /* an office of tablets behind one address */
    CONNECTION_MEMORY = 16384,  /* head of a request; pieces of bodies */
    IDLE_SECONDS = 75,
    END_MS = 10000
};
static const size_t MAX_BYTES = 100000000;
static volatile sig_atomic_t ended;

static void on_end(int sig)
{
    (void)sig;
    ended = 1;
}

/* ---- beginning ---- */

static enum tf_code check_address(const struct tf_collect_opt *opt, const struct tf_address *at,
                                  struct tf_err *reterr)
{
    if ((opt->cert == NULL) != (opt->key == NULL))
        return tf_fail(reterr, TF_E_USAGE, "--cert and --key belong together");
    if (opt->cert == NULL && !at->loopback) {
        (void)tf_fail(reterr, TF_E_REFUSED, "plain HTTP is not served on '%s'", opt->listen);
        (void)tf_fact(reterr, "Tokens and answers would cross the network readable.");
        return tf_help(reterr, "Give --cert FILE --key FILE, or listen on 127.0.0.1 behind a proxy "
                               "that has them and give --public-url https://….");
    }
    if (opt->public_url == NULL && at->wildcard) {
        (void)tf_fail(reterr, TF_E_USAGE, "how do devices reach this server?");
        (void)tf_fact(reterr, "'%s' is every address of this machine; lists of forms hold whole URLs.",
                      opt->listen);
        return tf_help(reterr, "Give --public-url https://collect.example.org");
    }
    if (opt->public_url != NULL && !tf_starts(opt->public_url, "https://") &&
        !tf_starts(opt->public_url, "http://127.0.0.1") && !tf_starts(opt->public_url, "http://localhost")) {
        (void)tf_fail(reterr, TF_E_USAGE, "'%.200s' is no public URL", opt->public_url);
        return tf_help(reterr, "It begins with https://");
    }
    return TF_OK;
}

static void release(void *secret)
{
    sodium_free(secret);
}

/* A PEM file in locked memory, ended by a zero. */
static enum tf_code read_pem(struct tf_arena *arena, const char *path, char **ret,
                             struct tf_err *reterr)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    char *pem = NULL;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < 1 << 20)
        pem = sodium_malloc((size_t)st.st_size + 1);
    if (pem != NULL) {
        tf_arena_defer(arena, release, pem);
        for (ssize_t got = 1; n < (size_t)st.st_size && got > 0; n += got > 0 ? (size_t)got : 0)
            got = read(fd, pem + n, (size_t)st.st_size - n);
        pem[n] = '\0';
    }
    if (fd >= 0)
        (void)close(fd);
    if (pem == NULL || n != (size_t)st.st_size || strstr(pem, "-----BEGIN") == NULL)
        return tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "this is no PEM file that can be read");
    *ret = pem;
    return TF_OK;
}

/* As many files as connections need, where the machine allows it; returns how many connections. */
static unsigned raise_limits(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 512;
    files.rlim_cur = files.rlim_max > MAX_CONNECTIONS + 128 ? MAX_CONNECTIONS + 128 : files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 && getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 512;
    return files.rlim_cur > 256 ? (unsigned)files.rlim_cur - 128 : 128;
}

static void handle_signals(void)
{
    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_handler = on_end;
    (void)sigemptyset(&act.sa_mask);
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit of file size is a full disk, not an end */
    (void)signal(SIGPIPE, SIG_IGN);
}

void tf_site_started(struct tf_site *site, const struct tf_err *err)
{
    (void)pthread_mutex_lock(&site->start_lock);
    site->n_started++;
    if (err != NULL && site->start_err.code == TF_OK)
        site->start_err = *err;
    (void)pthread_cond_signal(&site->started);
    (void)pthread_mutex_unlock(&site->start_lock);
}

static enum tf_code start_thread(struct tf_site *site, pthread_t *thread, void *(*run)(void *),
                                 struct tf_err *reterr)
{
    const unsigned before = site->n_started;
    if (pthread_create(thread, NULL, run, site) != 0)
        return tf_fail(reterr, TF_E_MEMORY, "a thread of the server cannot begin");
    (void)pthread_mutex_lock(&site->start_lock);
    while (site->n_started == before)
        (void)pthread_cond_wait(&site->started, &site->start_lock);
    const struct tf_err err = site->start_err;
    (void)pthread_mutex_unlock(&site->start_lock);
    if (err.code == TF_OK)
        return TF_OK;
    (void)pthread_join(*thread, NULL);
    if (reterr != NULL)
        *reterr = err;
    return err.code;
}

static size_t keep_escapes(void *cls TF_UNUSED, struct MHD_Connection *c TF_UNUSED, char *s)
{
    return strlen(s); /* paths are split before they are decoded */
}

/* The socket is ours, so that the port is known before the first request. */
static enum tf_code listen_at(struct tf_site *site, const struct tf_address *at, int *ret_fd,
                              unsigned *ret_port, struct tf_err *reterr)
{
    struct tf_address bound = {.host = NULL};
    socklen_t size = at->six ? sizeof at->at.v6 : sizeof at->at.v4;
    const int one = 1, fd = socket(at->six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        bind(fd, &at->at.any, size) == 0 && listen(fd, 1024) == 0 &&
        getsockname(fd, &bound.at.any, &size) == 0) {
        *ret_fd = fd;
        *ret_port = ntohs(at->six ? bound.at.v6.sin6_port : bound.at.v4.sin_port);
        return TF_OK;
    }
    const int why = errno;
    if (fd >= 0)
        (void)close(fd);
    (void)tf_fail(reterr, TF_E_IO, "cannot listen on %s", site->opt->listen);
    (void)tf_fact(reterr, "%s", strerror(why));
    return tf_help(reterr, "Another program may have the port; port 0 takes a free one.");
}

static enum tf_code start_daemon(struct tf_arena *arena, struct tf_site *site,
                                 const struct tf_address *at, int listening, unsigned connections,
                                 struct tf_err *reterr)
{
    static unsigned char random[32];
    char *cert = NULL, *key = NULL;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned threads = processors < 2 ? 2U : processors > 8 ? 8U : (unsigned)processors;
    const unsigned per_address = at->loopback ? connections : PER_ADDRESS; /* a proxy is one address */
    if (site->tls) {
        TF_TRY(read_pem(arena, site->opt->cert, &cert, reterr));
        TF_TRY(read_pem(arena, site->opt->key, &key, reterr));
    }
    randombytes_buf(random, sizeof random);
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, key},
        {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    site->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
            (at->six ? MHD_USE_IPv6 : 0U) | (site->tls ? MHD_USE_TLS : 0U),
        0, NULL, NULL, tf_call_access, site, MHD_OPTION_LISTEN_SOCKET, listening,
        MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, per_address, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_NOTIFY_COMPLETED, tf_call_completed, site, MHD_OPTION_NOTIFY_CONNECTION,
        tf_slot_notify, site, MHD_OPTION_URI_LOG_CALLBACK, tf_slot_line, site,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_DIGEST_AUTH_RANDOM, sizeof random, random, MHD_OPTION_NONCE_NC_SIZE, 1024U,
        MHD_OPTION_ARRAY, site->tls ? tls : none,
        MHD_OPTION_END);
    if (site->daemon != NULL)
        return TF_OK;
    (void)close(listening);
    (void)tf_fail(reterr, site->tls ? TF_E_INPUT : TF_E_MEMORY, "the server's threads cannot begin");
    return tf_help(reterr, site->tls ? "Do certificate and key belong together?" : "Try again later.");
}

/* ---- running, and ending ---- */

static void pause_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

static void run(struct tf_site *site)
{
    while (!ended) {
        pause_ms(1000); /* a signal ends it early */
        tf_slots_sweep(site);
    }
}

static void finish(struct tf_site *site)
{
    const int listening = MHD_quiesce_daemon(site->daemon);
    const int64_t until = tf_monotonic_ms() + END_MS;
    atomic_store(&site->stopping, true);
    while (atomic_load(&site->calls) > 0 && tf_monotonic_ms() < until)
        pause_ms(5);
    tf_queue_close(&site->posts); /* what stands in it is still put */
    tf_queue_close(&site->desk);
    (void)pthread_join(site->committer, NULL);
    MHD_stop_daemon(site->daemon);
    (void)pthread_join(site->desk_thread, NULL);
    if (listening >= 0)
        (void)close(listening);
}

/* How clients reach it: the public URL, or what it listens on. */
static enum tf_code open_door(struct tf_arena *arena, struct tf_site *site,
                              const struct tf_address *at, unsigned connections,
                              struct tf_err *reterr)
{
    const char *url = site->opt->public_url;
    unsigned port = 0;
    int fd = -1;
    TF_TRY(listen_at(site, at, &fd, &port, reterr));
    if (url == NULL)
        site->base_url = tf_printf(arena, "%s://%s:%u", site->tls ? "https" : "http", at->host, port);
    else
        site->base_url = tf_strndup(arena, url, strlen(url) - (tf_ends(url, "/") ? 1 : 0));
    return start_daemon(arena, site, at, fd, connections, reterr);
}

static enum tf_code open_site(struct tf_arena *arena, struct tf_site *site,
                              const struct tf_address *at, struct tf_err *reterr)
{
    struct tf_study *study;
    TF_TRY(tf_study_read(arena, site->opt->study_dir, &study, reterr));
    site->study = study;
    const unsigned connections = raise_limits();
    site->n_slots = (int)connections + 256;
    site->slots = TF_NEW_N(arena, struct slot, (size_t)site->n_slots);
    handle_signals();
    TF_TRY(start_thread(site, &site->desk_thread, tf_desk, reterr));
    enum tf_code code = start_thread(site, &site->committer, tf_committer, reterr);
    if (code == TF_OK) {
        code = open_door(arena, site, at, connections, reterr);
        if (code == TF_OK)
            return TF_OK;
        tf_queue_close(&site->posts);
        (void)pthread_join(site->committer, NULL);
    }
    tf_queue_close(&site->desk);
    (void)pthread_join(site->desk_thread, NULL);
    return code;
}

enum tf_code tf_collect(struct tf_arena *arena, const struct tf_collect_opt *opt,
                        void (*ready)(const char *url), struct tf_err *reterr)
{
    struct tf_address at;
    struct tf_site *site = TF_NEW(arena, struct tf_site);
    TF_TRY(tf_address_read(arena, opt->listen, &at, reterr));
    TF_TRY(check_address(opt, &at, reterr));
    site->opt = opt;
    site->tls = opt->cert != NULL;
    site->loopback = at.loopback;
    site->max_bytes = opt->max_bytes == 0 ? MAX_BYTES : opt->max_bytes;
    tf_queue_begin(&site->posts);
    tf_queue_begin(&site->desk);
    (void)pthread_mutex_init(&site->rolls_lock, NULL);
    (void)pthread_mutex_init(&site->start_lock, NULL);
    (void)pthread_mutex_init(&site->slots_lock, NULL);
    (void)pthread_cond_init(&site->started, NULL);
    ended = 0;
    TF_TRY(open_site(arena, site, &at, reterr));
    ready(site->base_url);
    run(site);
    finish(site);
    return TF_OK;
}
