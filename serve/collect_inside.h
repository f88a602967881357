/* serve, inside: the parts of the collecting server and what they share.
 *
 *     collect.c         opens the site, starts and ends the threads
 *     collect_http.c    libmicrohttpd's callbacks: one request from its head to its answer
 *     collect_routes.c  which path is what; OpenRosa's requests
 *     collect_commit.c  the committer: posts into the inbox, a batch to each flush
 *     collect_desk.c    the desk: the field's book, its tables, the pages; one thread
 *     collect_pace.c    connections, and which of them are too slow
 *
 * A call is one request under way. It belongs to the thread of its connection; while it waits for the
 * committer or the desk its connection is suspended, and it belongs to them. */
#ifndef TF_SERVE_COLLECT_INSIDE_H
#define TF_SERVE_COLLECT_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include <microhttpd.h>

#include "keep/keep.h"
#include "serve/address.h"
#include "serve/collect.h"

/* ---- tables of who and what, read whole and exchanged whole ---- */
struct tf_rolls {
    struct tf_arena *arena;       /* of the desk's thread */
    _Atomic unsigned users;
    struct tf_rolls *older;       /* replaced ones that still have users */
    struct tf_out_form *form;
    const struct tf_xform **xform;
    size_t n_forms;
    struct tf_device *device;     /* by token_hash */
    size_t n_devices;
    struct tf_person *person;
    size_t n_people;
};
const struct tf_device *tf_rolls_device(const struct tf_rolls *rolls, const char *token);
const struct tf_person *tf_rolls_person(const struct tf_rolls *rolls, const char *id);

/* ---- a request under way ---- */
enum call_stage { CALL_READING, CALL_WAITING, CALL_DONE };
struct call;
struct route {
    const char *name;    /* in the log */
    const char *methods; /* "GET HEAD" */
    bool openrosa;       /* wants X-OpenRosa-Version, answers with the envelope */
    void (*answer)(struct call *call); /* in the connection's thread, when the body is whole */
    tf_web_page *page;   /* or a page, at the desk */
    tf_web_page *desk;   /* or something of ours that needs the book */
};
struct call {
    struct tf_arena *arena;         /* wiped when it goes: bodies may be answers */
    struct tf_site *site;
    struct MHD_Connection *connection;
    struct slot *slot;              /* of its connection */
    struct tf_rolls *rolls;
    const struct route *route;      /* NULL: no such path */
    enum call_stage stage;
    struct tf_request request;
    struct tf_openrosa asker;
    bool digest_wanted, stale;      /* answer with a challenge */
    bool is_head;
    /* what the path said */
    const char *token, *form_id, *version, *media;
    /* the body */
    bool swallow;                   /* the answer stands; the rest of the body is dropped */
    uint64_t received, counted;     /* bytes of it; those in memory */
    struct tf_multipart *multipart;
    struct tf_buf body;
    struct tf_part *part;
    size_t n_parts;
    /* the answer */
    struct tf_reply reply;
    const char *file;               /* send this file instead of reply.data */
    struct MHD_Response *made;      /* by the desk */
    /* for the committer, and the desk */
    struct tf_inbox_post post;
    size_t post_bytes;
    enum tf_inbox_outcome outcome;
    struct call *next;
};
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct call *first, **last;
    bool open;
};
void tf_queue_begin(struct queue *q);
bool tf_queue_put(struct queue *q, struct call *call); /* false: it is closed */
void tf_queue_close(struct queue *q);

/* ---- the site ---- */
struct tf_site {
    const struct tf_collect_opt *opt;
    const struct tf_study *study;
    const char *base_url;
    bool tls, loopback;
    size_t max_bytes;
    struct MHD_Daemon *daemon;
    _Atomic unsigned calls;          /* under way */
    _Atomic uint64_t bytes;          /* of bodies in memory */
    atomic_bool stopping;
    /* committer */
    struct queue posts;
    pthread_t committer;
    /* desk */
    struct queue desk;
    pthread_t desk_thread;
    struct tf_fieldwork *fieldwork;  /* the desk's */
    atomic_bool changed;
    pthread_mutex_t rolls_lock;
    struct tf_rolls *rolls;
    /* how the threads began: they say so under the lock */
    pthread_mutex_t start_lock;
    pthread_cond_t started;
    unsigned n_started;
    struct tf_err start_err;
    /* connections */
    pthread_mutex_t slots_lock;
    struct slot *slots;
    int n_slots;
};
void tf_site_started(struct tf_site *site, const struct tf_err *err); /* err NULL: well */

/* ---- threads ---- */
void *tf_committer(void *site);
void *tf_desk(void *site);
struct tf_rolls *tf_rolls_take(struct tf_site *site);
void tf_rolls_give(struct tf_rolls *rolls);

/* ---- requests ---- */
enum MHD_Result tf_call_access(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_size, void **state);
void tf_call_completed(void *cls, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode why);
/* The response of a reply: headers, policy, type. NULL when there is no memory. copy: its bytes go
 * before it is sent. */
struct MHD_Response *tf_response(const struct call *call, bool copy);
/* Find the route of call->request.path and what the path says. */
void tf_call_route(struct call *call);
/* Who asks: fills device, person, asker. False: an answer stands. */
bool tf_call_admit(struct call *call);
/* An answer in the route's own manner: envelope or text. */
void tf_call_say(struct call *call, unsigned status, const char *text);
char *tf_url_decode(struct tf_arena *arena, const char *s, size_t n, bool plus_is_blank);

/* ---- connections ---- */
enum slot_state { SLOT_NONE, SLOT_IDLE, SLOT_HEAD, SLOT_BODY, SLOT_BUSY };
struct slot { /* of one connection; its place is the number of its socket */
    _Atomic int state;
    _Atomic int64_t since;      /* monotonic milliseconds */
    _Atomic uint64_t bytes;
};
void tf_slot_notify(void *cls, struct MHD_Connection *connection, void **socket_context,
                    enum MHD_ConnectionNotificationCode code);
void *tf_slot_line(void *cls, const char *uri, struct MHD_Connection *connection);
struct slot *tf_slot_of(struct MHD_Connection *connection);
void tf_slot_set(struct slot *slot, enum slot_state state);
/* Shut the connections that are too slow. */
void tf_slots_sweep(struct tf_site *site);
int64_t tf_monotonic_ms(void);
#endif
