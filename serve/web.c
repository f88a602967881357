/* What pages ask of a request and say in a reply. See web.h. */
#include <string.h>

#include "serve/web.h"

static const char *value(const struct tf_web_pair *pair, size_t n, const char *name, bool any_case)
{
    for (size_t k = 0; k < n; k++)
        if (any_case ? tf_casecmp(pair[k].name, name) == 0 : strcmp(pair[k].name, name) == 0)
            return pair[k].value;
    return NULL;
}

const char *tf_web_query(const struct tf_request *r, const char *name)
{
    return value(r->query, r->n_query, name, false);
}

const char *tf_web_header(const struct tf_request *r, const char *name)
{
    return value(r->header, r->n_header, name, true);
}

const char *tf_web_field(const struct tf_request *r, const char *name)
{
    return value(r->field, r->n_field, name, false);
}

void tf_reply_header(struct tf_reply *reply, const char *name, const char *text)
{
    if (reply->n_header < sizeof reply->header / sizeof *reply->header)
        reply->header[reply->n_header++] = (struct tf_web_pair){name, text};
}

void tf_reply_text(struct tf_reply *reply, unsigned status, const char *text)
{
    reply->status = status;
    reply->type = "text/plain; charset=utf-8";
    reply->data = text;
    reply->n = strlen(text);
}
