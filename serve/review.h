/* serve, inside: the page of records and their review states. */
#ifndef TF_SERVE_REVIEW_H
#define TF_SERVE_REVIEW_H

#include "serve/web.h"

/* team: the only one whose records are shown, or NULL. */
void tf_review_page(struct tf_request *r, struct tf_reply *reply, const char *country,
                    const char *team);
#endif
