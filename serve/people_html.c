/* The frame of the pages for people: head, navigation, foot. No script, one style sheet, nothing from
 * elsewhere; a page is never stored by a browser or a proxy. */
#include <string.h>

#include "serve/people.h"

static const char policy[] = "default-src 'none'; style-src 'self'; img-src 'self' data:; "
                             "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

void tf_reply_private(struct tf_reply *reply)
{
    reply->policy = policy;
    tf_reply_header(reply, "Cache-Control", "no-store");
}

static void nav_link(struct tf_buf *b, const char *country, const char *part, const char *text,
                     const char *at)
{
    tf_buf_add(b, "<a href=\"/fieldwork/");
    tf_buf_html(b, country);
    if (strcmp(part, "review") == 0)
        tf_buf_add(b, "/review");
    tf_buf_add(b, strcmp(at, part) == 0 ? "\" aria-current=\"page\">" : "\">");
    tf_buf_html(b, text);
    tf_buf_add(b, "</a>\n");
}

static void nav(struct tf_buf *b, struct tf_request *r, const char *country, const char *at)
{
    tf_buf_add(b, "<nav aria-label=\"Main\">");
    if (country != NULL) {
        nav_link(b, country, "fieldwork", "Progress", at);
        if (tf_people_may_review(r->person))
            nav_link(b, country, "review", "Records", at);
    }
    tf_buf_add(b, "</nav>\n");
    if (r->person == NULL)
        return;
    tf_buf_add(b, "<form method=\"post\" action=\"/sign-out\"><input type=\"hidden\" name=\"token\" value=\"");
    tf_buf_html(b, tf_people_token(r));
    tf_buf_add(b, "\"><button>Sign out ");
    tf_buf_html(b, r->person->id);
    tf_buf_add(b, "</button></form>\n");
}

void tf_frame_begin(struct tf_frame *f, struct tf_request *r, const char *title,
                    const char *country, bool narrow)
{
    const struct tf_study *s = tf_site_study(r->site);
    struct tf_buf *b = &f->b;
    b->arena = r->arena;
    tf_buf_add(b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
    tf_buf_html(b, title);
    tf_buf_add(b, "</title><link rel=\"icon\" href=\"data:,\">"
                  "<link rel=\"stylesheet\" href=\"/fieldwork/style.css\"></head>\n<body>"
                  "<a class=\"skip\" href=\"#main\">To the content</a>\n"
                  "<header class=\"top\"><div class=\"in\"><span class=\"name\">");
    tf_buf_html(b, s->title);
    tf_buf_add(b, "</span>\n");
    nav(b, r, country, f->at == NULL ? "" : f->at);
    tf_buf_add(b, narrow ? "</div></header>\n<main id=\"main\" class=\"narrow\"><h1>"
                         : "</div></header>\n<main id=\"main\"><h1>");
    tf_buf_html(b, title);
    tf_buf_add(b, "</h1>\n");
    if (s->synthetic)
        tf_buf_add(b, "<p><span class=\"syn\">Synthetic data</span></p>\n");
}

void tf_frame_end(struct tf_frame *f, struct tf_reply *reply, unsigned status)
{
    tf_buf_add(&f->b, "</main></body></html>\n");
    reply->status = status;
    reply->type = "text/html; charset=utf-8";
    reply->data = tf_buf_text(&f->b);
    reply->n = f->b.n;
    tf_reply_private(reply);
}

void tf_frame_say(struct tf_request *r, struct tf_reply *reply, unsigned status, const char *title,
                  const char *text)
{
    struct tf_frame f = {.at = ""};
    tf_frame_begin(&f, r, title, NULL, true);
    tf_buf_add(&f.b, "<p>");
    tf_buf_html(&f.b, text);
    tf_buf_add(&f.b, "</p>\n");
    tf_frame_end(&f, reply, status);
}

void tf_reply_go(struct tf_request *r, struct tf_reply *reply, const char *path)
{
    tf_reply_text(reply, 303, "See the other page.\n");
    tf_reply_header(reply, "Location", tf_printf(r->arena, "%s%s", r->base_url, path));
    tf_reply_private(reply);
}
