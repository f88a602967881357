/* The desk: one thread that keeps the field's book (field/fieldwork.h) and answers pages.
 *
 * The book is a store that one thread may use at a time, and a page may take its while. So pages are
 * queued for this thread, one after the other, and whoever sends a submission or asks for the list of
 * forms never waits for one: those are answered from tables that the desk reads whole and exchanges
 * whole when the book's version has changed (asked twenty times a second, and after a page that changed it).
 * A request keeps the tables it began with; replaced ones go when their last user has gone.
 *
 * The models of clear forms are read here, too, so that a receipt can find the declared fields. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/collect_inside.h"

/* Asking for the version takes microseconds; a tablet that was enrolled a moment ago is known. */
enum { FORM_BYTES = 16 << 20, LOOK_MS = 50 };
static const size_t ROLLS_LIMIT = (size_t)512 << 20, PAGE_LIMIT = (size_t)1 << 30;

/* ---- the tables ---- */

static int by_token(const void *a, const void *b)
{
    const struct tf_device *x = a, *y = b;
    return strcmp(x->token_hash, y->token_hash);
}

const struct tf_device *tf_rolls_device(const struct tf_rolls *rolls, const char *token)
{
    const struct tf_hash hash = tf_token_hash(token);
    const struct tf_device key = {.token_hash = hash.hex};
    if (rolls->n_devices == 0)
        return NULL;
    const struct tf_device *d = bsearch(&key, rolls->device, rolls->n_devices, sizeof key, by_token);
    return d == NULL || d->revoked ? NULL : d;
}

const struct tf_person *tf_rolls_person(const struct tf_rolls *rolls, const char *id)
{
    for (size_t k = 0; k < rolls->n_people; k++)
        if (rolls->person[k].active && strcmp(rolls->person[k].id, id) == 0)
            return &rolls->person[k];
    return NULL;
}

/* A form whose model cannot be read takes no clear submission (503): better than to guess its files. */
static void read_models(struct tf_arena *arena, struct tf_rolls *r)
{
    r->xform = TF_NEW_N(arena, const struct tf_xform *, r->n_forms + 1);
    for (size_t k = 0; k < r->n_forms; k++) {
        struct tf_notices out = {.arena = arena};
        struct tf_err err;
        struct tf_bytes xml;
        struct tf_xform *model;
        if (r->form[k].encrypted)
            continue;
        if (tf_file_read(arena, r->form[k].xml, FORM_BYTES, &xml, &err) == TF_OK &&
            tf_xform_parse(arena, r->form[k].xml, xml.data, xml.n, &out, &model, &err) == TF_OK)
            r->xform[k] = model;
        else
            (void)fprintf(stderr, "trefoil: error: form %s: %s\n", r->form[k].id, err.what);
    }
}

static enum tf_code read_rolls(struct tf_site *site, struct tf_rolls **ret, struct tf_err *reterr)
{
    struct tf_guard guard;
    if (tf_guard_begin(&guard, reterr) != TF_OK)
        return reterr->code;
    struct tf_arena *arena = tf_arena_new("forms and devices", ROLLS_LIMIT);
    struct tf_rolls *r = TF_NEW(arena, struct tf_rolls);
    r->arena = arena;
    enum tf_code code = tf_forms_out(arena, site->fieldwork, &r->form, &r->n_forms, reterr);
    if (code == TF_OK)
        code = tf_devices(arena, site->fieldwork, &r->device, &r->n_devices, reterr);
    if (code == TF_OK)
        code = tf_people(arena, site->fieldwork, &r->person, &r->n_people, reterr);
    if (code == TF_OK) {
        if (r->n_devices > 0)
            qsort(r->device, r->n_devices, sizeof *r->device, by_token);
        read_models(arena, r);
        *ret = r;
    } else {
        tf_arena_free(arena);
    }
    tf_guard_end(&guard);
    return code;
}

struct tf_rolls *tf_rolls_take(struct tf_site *site)
{
    (void)pthread_mutex_lock(&site->rolls_lock);
    struct tf_rolls *r = site->rolls;
    atomic_fetch_add(&r->users, 1);
    (void)pthread_mutex_unlock(&site->rolls_lock);
    return r;
}

void tf_rolls_give(struct tf_rolls *rolls)
{
    if (rolls != NULL)
        atomic_fetch_sub(&rolls->users, 1);
}

/* Replaced tables without users go; only this thread made them, and only it may. */
static void drop_old(struct tf_rolls *newest)
{
    struct tf_rolls **link = &newest->older;
    while (*link != NULL) {
        struct tf_rolls *old = *link;
        if (atomic_load(&old->users) > 0) {
            link = &old->older;
            continue;
        }
        *link = old->older;
        tf_arena_free(old->arena);
    }
}

static enum tf_code exchange(struct tf_site *site, struct tf_err *reterr)
{
    struct tf_rolls *fresh;
    TF_TRY(read_rolls(site, &fresh, reterr));
    (void)pthread_mutex_lock(&site->rolls_lock);
    fresh->older = site->rolls;
    site->rolls = fresh;
    (void)pthread_mutex_unlock(&site->rolls_lock);
    drop_old(fresh);
    return TF_OK;
}

/* ---- pages ---- */

static void run_page(struct call *call)
{
    struct tf_guard guard;
    struct tf_err err = {.code = TF_OK};
    tf_web_page *page = call->route->page != NULL ? call->route->page : call->route->desk;
    if (tf_guard_begin(&guard, &err) != TF_OK) {
        call->reply = (struct tf_reply){.status = 0};
        tf_reply_text(&call->reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "This page is too large.\n");
        call->made = tf_response(call, true);
        return;
    }
    struct tf_arena *arena = tf_arena_new_wiped("a page", PAGE_LIMIT);
    call->request.arena = arena;
    page(&call->request, &call->reply);
    if (call->reply.status == 0)
        tf_reply_text(&call->reply, MHD_HTTP_NOT_FOUND, "There is no such page.\n");
    call->made = tf_response(call, true); /* copies: the arena goes now */
    if (call->made == NULL && call->file == NULL)
        tf_reply_text(&call->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "There is no memory just now.\n");
    call->request.arena = call->arena;
    tf_arena_free(arena);
    tf_guard_end(&guard);
}

/* The next call, or NULL after a while without any. */
static struct call *next_call(struct queue *q, bool *ret_open)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    (void)pthread_mutex_lock(&q->lock);
    if (q->first == NULL && q->open)
        (void)pthread_cond_timedwait(&q->more, &q->lock, &until);
    struct call *call = q->first;
    if (call != NULL) {
        q->first = call->next;
        if (q->first == NULL)
            q->last = &q->first;
    }
    *ret_open = q->open || call != NULL;
    (void)pthread_mutex_unlock(&q->lock);
    return call;
}

static void keep_desk(struct tf_site *site)
{
    int64_t version = tf_fieldwork_version(site->fieldwork), looked = tf_monotonic_ms();
    for (bool open = true; open;) {
        struct call *call = next_call(&site->desk, &open);
        if (call != NULL) {
            run_page(call);
            call->stage = CALL_DONE;
        }
        const int64_t now = tf_monotonic_ms();
        bool again = atomic_exchange(&site->changed, false);
        if (now - looked >= LOOK_MS) {
            const int64_t found = tf_fieldwork_version(site->fieldwork);
            again = again || found != version;
            version = found;
            looked = now;
        }
        struct tf_err err;
        if (again && exchange(site, &err) != TF_OK)
            (void)fprintf(stderr, "trefoil: error: the field's book: %s\n", err.what);
        drop_old(site->rolls);
        if (call != NULL)
            MHD_resume_connection(call->connection); /* what the page changed is in force */
    }
}

void *tf_desk(void *cls)
{
    struct tf_site *site = cls;
    struct tf_guard guard;
    struct tf_err err = {.code = TF_OK};
    if (tf_guard_begin(&guard, &err) != TF_OK) {
        tf_site_started(site, &err);
        return NULL;
    }
    struct tf_arena *arena = tf_arena_new("the desk", (size_t)1 << 30);
    enum tf_code code =
        tf_fieldwork_open(arena, site->opt->study_dir, false, &site->fieldwork, &err);
    if (code == TF_OK)
        code = exchange(site, &err);
    tf_site_started(site, code == TF_OK ? NULL : &err);
    if (code == TF_OK)
        keep_desk(site);
    for (struct tf_rolls *r = site->rolls, *older; r != NULL; r = older) {
        older = r->older;
        tf_arena_free(r->arena);
    }
    tf_arena_free(arena);
    tf_guard_end(&guard);
    return NULL;
}

/* ---- what pages ask ---- */

const char *tf_site_dir(const struct tf_site *site)
{
    return site->opt->study_dir;
}

const struct tf_study *tf_site_study(const struct tf_site *site)
{
    return site->study;
}

struct tf_fieldwork *tf_site_fieldwork(struct tf_site *site)
{
    return site->fieldwork;
}

void tf_site_changed(struct tf_site *site)
{
    atomic_store(&site->changed, true);
}

const struct tf_out_form *tf_request_forms(const struct tf_request *r, size_t *ret_n)
{
    *ret_n = r->rolls->n_forms;
    return r->rolls->form;
}

const struct tf_device *tf_request_device_of(const struct tf_request *r, const char *token)
{
    return tf_rolls_device(r->rolls, token);
}
