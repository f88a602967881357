/* Reviews: what people think of a record, and when.
 *
 * A review is a line that is only ever added: who, when, which state, with a comment. It speaks of one
 * version of a record (its number in the inbox); when the record is edited afterwards the review no
 * longer holds and the record counts as "edited" until somebody looks again. The states are those that
 * collection tools know: received, hasIssues, approved, rejected, edited.
 *
 * Does not: change a record, or show one. */
#include <string.h>

#include "field/inside.h"

const char *const tf_review_states[] = {"received", "hasIssues", "approved",
                                        "rejected", "edited",    NULL};

enum { COMMENT_MOST = 2000 };

enum tf_code tf_reviews(struct tf_arena *arena, struct tf_fieldwork *fw, const char *country,
                        struct tf_review **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct tf_review *list = NULL;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "review_list", &q, reterr));
    tf_bind_text(q, 1, country);
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        list[n++] = (struct tf_review){.form = tf_col_text(arena, q, 0),
                                       .instance = tf_col_text(arena, q, 1),
                                       .record = (uint64_t)tf_col_int(q, 2),
                                       .state = tf_col_text(arena, q, 3),
                                       .person = tf_col_text(arena, q, 4),
                                       .comment = tf_col_text(arena, q, 5),
                                       .at = tf_col_int(q, 6)};
    }
    TF_TRY(code);
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

static enum tf_code judge(const struct tf_review *r, struct tf_err *reterr)
{
    size_t k = 0;
    while (tf_review_states[k] != NULL && strcmp(tf_review_states[k], r->state) != 0)
        k++;
    if (tf_review_states[k] == NULL || strcmp(r->state, "edited") == 0) {
        const char *near = tf_nearest(r->state, tf_review_states);
        (void)tf_fail(reterr, TF_E_USAGE, "'%.64s' is no state of a review", r->state);
        if (near != NULL && strcmp(near, "edited") != 0)
            return tf_help(reterr, "Did you mean '%s'?", near);
        return tf_help(reterr, "Use received, hasIssues, approved or rejected; a record becomes "
                               "'edited' by itself.");
    }
    const size_t n = strlen(r->comment);
    if (n > COMMENT_MOST)
        return tf_fail(reterr, TF_E_LIMIT, "the comment is longer than %d bytes", COMMENT_MOST);
    if (tf_utf8_valid(r->comment, n) != n)
        return tf_fail(reterr, TF_E_INPUT, "the comment is not UTF-8");
    if (strcmp(r->state, "approved") != 0 && strcmp(r->state, "received") != 0 &&
        tf_is_blank(r->comment)) {
        (void)tf_fail(reterr, TF_E_USAGE, "a record that is '%s' needs a comment", r->state);
        return tf_help(reterr, "Say what is wrong, never what was answered.");
    }
    return TF_OK;
}

enum tf_code tf_review_put(struct tf_fieldwork *fw, const char *country,
                           const struct tf_review *review, struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(judge(review, reterr));
    TF_TRY(tf_sql(fw->db, "review_put", &q, reterr));
    tf_bind_text(q, 1, country);
    tf_bind_text(q, 2, review->form);
    tf_bind_text(q, 3, review->instance);
    tf_bind_int(q, 4, (int64_t)review->record);
    tf_bind_text(q, 5, review->state);
    tf_bind_text(q, 6, review->person);
    tf_bind_text(q, 7, review->comment);
    tf_bind_int(q, 8, review->at);
    return tf_run(q, reterr);
}
