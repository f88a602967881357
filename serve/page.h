/* serve, inside: pages. Each returns false when there is no such page. */
#ifndef TF_SERVE_PAGE_H
#define TF_SERVE_PAGE_H

#include "serve/walk.h"

struct tf_page {
    const char *type; /* MIME */
    const void *data;
    size_t n;
    bool report;      /* carries its styles, charts and fonts inline */
};
/* The page of a path such as "/XB/evidence/ev-exp-exp-a". */
bool tf_page_at(struct tf_arena *arena, const struct tf_study *study, const char *path,
                struct tf_page *ret);
/* The page for what is not there. */
void tf_page_missing(struct tf_arena *arena, const struct tf_study *study, struct tf_page *ret);

#endif
