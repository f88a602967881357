/* serve, inside: one request and its reply, for the pages of the web door.
 *
 * A page is a function from a request to a reply: no socket, no thread, no library of HTTP. collect.c
 * reads requests, finds the page in its table of routes, and sends the reply. Pages run one request to
 * an arena and a guard of its own. */
#ifndef TF_SERVE_WEB_H
#define TF_SERVE_WEB_H

#include "base/base.h"
#include "field/field.h"

struct tf_site;  /* what is served: opened once, see collect.h */
struct tf_web_pair { const char *name, *value; };
struct tf_request {
    struct tf_arena *arena;
    struct tf_site *site;
    const char *method, *path;      /* path decoded, without the query; begins with / */
    const char *rest;               /* of the path, after the route's own prefix */
    const struct tf_web_pair *query, *header, *field; /* field: a small urlencoded body */
    size_t n_query, n_header, n_field;
    const char *body;               /* of a POST that is not multipart, at most 1 MB */
    size_t n_body;
    const char *base_url;           /* "https://collect.example.org", public, no final slash */
    bool secure;                    /* TLS, or the loopback */
    int64_t now;                    /* seconds since 1970 */
    const struct tf_device *device; /* who asks, when a token named it; else NULL */
    const struct tf_person *person; /* who is signed in, or NULL */
    const struct tf_rolls *rolls;   /* forms and devices: ask through serve/collect.h */
};
struct tf_reply {
    unsigned status;
    const char *type;           /* MIME */
    const void *data;           /* lives in the request's arena, or for ever */
    size_t n;
    const char *policy;         /* Content-Security-Policy; NULL = the strict one without scripts */
    struct tf_web_pair header[12];
    size_t n_header;
};
/* The value of a query, header (any case) or field; NULL when there is none. */
const char *tf_web_query(const struct tf_request *r, const char *name);
const char *tf_web_header(const struct tf_request *r, const char *name);
const char *tf_web_field(const struct tf_request *r, const char *name);
void tf_reply_header(struct tf_reply *reply, const char *name, const char *value);
void tf_reply_text(struct tf_reply *reply, unsigned status, const char *text);

/* A page: fills the reply (status 0 = no such page). */
typedef void tf_web_page(struct tf_request *request, struct tf_reply *reply);
tf_web_page tf_form_page;    /* /f/…: the form in the browser and its files (form_page.c) */
tf_web_page tf_people_page;  /* /sign-in, /sign-out: people and their second factor (people_page.c) */
tf_web_page tf_monitor_page; /* /fieldwork…: progress, load, quality, reviews (monitor_page.c) */
tf_web_page tf_odata_page;   /* /odata/…: the clear parts, OData v4 (odata_page.c) */
#endif
