/* Connections, and which of them are too slow.
 *
 * libmicrohttpd ends a connection that sends nothing for a while; one that sends a byte now and then
 * (a slow loris, or a bad line that will never be done) holds a place for ever. So each connection has
 * a slot that says what it is doing since when, and once a second the slots are looked over:
 *
 *     idle   no request line for 90 s
 *     head   headers not whole within 20 s of the request line
 *     body   after a minute, less than 256 bytes a second on average
 *     busy   the server's own turn: never cut
 *
 * A slow one is shut down at its socket; the library then cleans it up. The slot goes, under the same
 * lock, before the library closes the socket, so a number that was used again is never shut.
 * The limits let a tablet on a 2G line (some KB/s) through: 60 s for its first 15 KB. */
#include <sys/socket.h>
#include <time.h>

#include "serve/collect_inside.h"

enum { IDLE_MS = 90000, HEAD_MS = 20000, GRACE_MS = 60000, BYTES_A_SECOND = 256 };

int64_t tf_monotonic_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void tf_slot_set(struct slot *slot, enum slot_state state)
{
    if (slot == NULL)
        return;
    atomic_store(&slot->bytes, 0);
    atomic_store(&slot->since, tf_monotonic_ms());
    atomic_store(&slot->state, (int)state);
}

struct slot *tf_slot_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

void tf_slot_notify(void *cls, struct MHD_Connection *connection, void **socket_context,
                    enum MHD_ConnectionNotificationCode code)
{
    struct tf_site *site = cls;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const bool watched = info != NULL && info->connect_fd < site->n_slots;
        *socket_context = watched ? &site->slots[info->connect_fd] : NULL;
        tf_slot_set(*socket_context, SLOT_IDLE);
        return;
    }
    (void)pthread_mutex_lock(&site->slots_lock);
    tf_slot_set(*socket_context, SLOT_NONE);
    (void)pthread_mutex_unlock(&site->slots_lock);
}

/* A request line was read; NULL, so that the first call of the handler knows it is the first. */
void *tf_slot_line(void *cls TF_UNUSED, const char *uri TF_UNUSED,
                   struct MHD_Connection *connection)
{
    tf_slot_set(tf_slot_of(connection), SLOT_HEAD);
    return NULL;
}

static bool too_slow(struct slot *slot, int64_t now)
{
    const int64_t ms = now - atomic_load(&slot->since);
    switch ((enum slot_state)atomic_load(&slot->state)) {
    case SLOT_IDLE: return ms > IDLE_MS;
    case SLOT_HEAD: return ms > HEAD_MS;
    case SLOT_BODY:
        return ms > GRACE_MS && (int64_t)atomic_load(&slot->bytes) * 1000 < ms * BYTES_A_SECOND;
    case SLOT_NONE:
    case SLOT_BUSY: break;
    }
    return false;
}

void tf_slots_sweep(struct tf_site *site)
{
    const int64_t now = tf_monotonic_ms();
    for (int fd = 0; fd < site->n_slots; fd++) {
        if (!too_slow(&site->slots[fd], now))
            continue;
        (void)pthread_mutex_lock(&site->slots_lock);
        if (too_slow(&site->slots[fd], now))
            (void)shutdown(fd, SHUT_RDWR);
        (void)pthread_mutex_unlock(&site->slots_lock);
    }
}
