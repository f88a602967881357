/* A segment of the inbox of any bytes: its heads are read and its records walked, or the fault is named;
 * nothing opens that was not sealed. */
#include "folder.h"

#include "keep/inbox_inside.h"

static bool see(const struct tf_inbox_head *head, void *to)
{
    size_t *n = to;
    *n += strlen(head->country) + strlen(head->form) + strlen(head->instance) + strlen(head->sender);
    for (size_t k = 0; k < head->n_clear; k++)
        *n += strlen(head->clear[k].name) + strlen(head->clear[k].value);
    return true;
}

static bool walk(struct seg *s, const struct rec *r, bool whole TF_UNUSED, void *to TF_UNUSED)
{
    struct in_head head = {.cap_part = 0};
    (void)tf_in_head_read(s->arena, r->head, r->head_n, &head);
    return true;
}

/* The hash of the header is made right, or no input would get past it. */
static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_err err;
    size_t seen = 0;
    struct in_head head = {.cap_part = 0};
    char *copy = tf_alloc(arena, n + 1);
    if (n > 0)
        memcpy(copy, data, n);
    if (n_written == 0) {
        folder_make("");
        folder_make(".trefoil");
        folder_make(".trefoil/inbox");
    }
    if (n >= IN_HEADER)
        (void)crypto_generichash((unsigned char *)copy + IN_HEADER - IN_HASH, IN_HASH,
                                 (const unsigned char *)copy, IN_HEADER - IN_HASH, NULL, 0);
    folder_put(".trefoil/inbox/00000001.seg", copy, n);
    (void)tf_inbox_heads(arena, folder_path(""), 0, see, &seen, &err);
    const struct in_walk w = {.arena = arena, .study_dir = folder_path(""), .prove = true, .each = walk};
    (void)tf_in_walk(&w, &err);
    (void)tf_in_head_read(arena, (const unsigned char *)data, n, &head);
}
