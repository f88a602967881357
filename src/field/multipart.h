/* field/multipart: the files of a POST, read as they arrive. Part of field's public face.
 *
 * multipart/form-data (RFC 7578) over multipart (RFC 2046), fed in pieces of any size. What it holds is
 * bounded by the limits given; nothing of a body is used before its last delimiter was seen, so a
 * network cut leaves nothing. */
#ifndef TF_FIELD_MULTIPART_H
#define TF_FIELD_MULTIPART_H

#include "base/base.h"

struct tf_multipart_limit {
    size_t bytes;  /* of all contents together */
    size_t parts;
};
struct tf_part {
    const char *name;     /* of the field */
    const char *filename; /* without folders; NULL when none was given */
    const char *type;     /* "text/xml"; "application/octet-stream" when none was given */
    const char *data;
    size_t n;
};
struct tf_multipart;
/* content_type: the request's header. TF_E_INPUT when it is not multipart/form-data with a boundary.
 * expected: how many bytes the client announced, or 0. Memory is of the arena and wiped with it. */
TF_MUST_CHECK enum tf_code tf_multipart_begin(struct tf_arena *arena, const char *content_type,
                                              struct tf_multipart_limit limit, size_t expected,
                                              struct tf_multipart **ret, struct tf_err *reterr);
/* The next n bytes. TF_E_INPUT: malformed; TF_E_LIMIT: too large. After an error feed nothing more. */
TF_MUST_CHECK enum tf_code tf_multipart_feed(struct tf_multipart *m, const void *data, size_t n,
                                             struct tf_err *reterr);
/* No more comes: the parts, in order. */
TF_MUST_CHECK enum tf_code tf_multipart_end(struct tf_multipart *m, struct tf_part **ret,
                                            size_t *ret_n, struct tf_err *reterr);
#endif
