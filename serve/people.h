/* serve, inside: who is signed in, and the frame of the pages for people.
 *
 * Sessions live in the memory of the server and nowhere else: when it ends, everybody signs in again.
 * A session is known by 32 random bytes in a cookie (HttpOnly, SameSite=Strict, Secure); it ends after 30
 * minutes without a request and after 12 hours. Every form carries a token of its session. */
#ifndef TF_SERVE_PEOPLE_H
#define TF_SERVE_PEOPLE_H

#include "field/field.h"
#include "serve/collect.h"
#include "serve/web.h"

/* The person whose cookie the request carries, alive for the request; NULL when nobody. Call it where
 * pages run (one at a time): it reads the site's book. */
const struct tf_person *tf_people_session(struct tf_request *r);
/* The token that a form of this session carries; "" when nobody is signed in. */
const char *tf_people_token(struct tf_request *r);
/* Does a POST carry it, and come from a page of ours? */
bool tf_people_posted(struct tf_request *r);
/* Who may see what of a country. team: all of it (NULL) or one team's; false: nothing. */
bool tf_people_may_see(const struct tf_person *p, const char *country, const char **ret_team);
bool tf_people_may_review(const struct tf_person *p);

/* ---- the frame of a page (people_html.c) ---- */
struct tf_frame {
    struct tf_buf b;
    const char *at; /* which of the links is this page: "fieldwork", "review", "" */
};
void tf_frame_begin(struct tf_frame *f, struct tf_request *r, const char *title,
                    const char *country, bool narrow);
void tf_frame_end(struct tf_frame *f, struct tf_reply *reply, unsigned status);
/* A page that says one thing. */
void tf_frame_say(struct tf_request *r, struct tf_reply *reply, unsigned status, const char *title,
                  const char *text);
/* Send somebody elsewhere (303). */
void tf_reply_go(struct tf_request *r, struct tf_reply *reply, const char *path);
/* The headers and the policy that all of these pages have. */
void tf_reply_private(struct tf_reply *reply);
#endif
