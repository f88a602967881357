/* The report as one page: nothing outside it is asked for, no script runs, and it reads on a phone, on
 * paper and aloud.
 *
 * Styles stand inline, fonts are subsets of what was printed, as base64; a Content-Security-Policy
 * forbids the rest. The body is written first, since only then is known which glyphs are needed. */
#include <string.h>

#include <sodium.h>

#include "gen/report_css.h"
#include "tell/html_inside.h"

static const char leaf[] =
    "<svg viewBox=\"0 0 200 200\" aria-hidden=\"true\" focusable=\"false\"><g fill-opacity=\".94\">"
    "<circle cx=\"100\" cy=\"62\" r=\"46\" fill=\"#28A197\"/><circle cx=\"62\" cy=\"124\" r=\"46\" "
    "fill=\"#801650\"/><circle cx=\"138\" cy=\"124\" r=\"46\" fill=\"#F46A25\"/></g><g fill=\"none\" "
    "stroke=\"#fff\" stroke-width=\"2\"><circle cx=\"100\" cy=\"62\" r=\"46\"/><circle cx=\"62\" "
    "cy=\"124\" r=\"46\"/><circle cx=\"138\" cy=\"124\" r=\"46\"/></g></svg>";

static void cover(struct tf_page *p, const struct tf_block *b)
{
    tf_buf_add(p->out, "<header><div class=\"cover\"><div class=\"in\">");
    if (b->kicker != NULL) {
        tf_buf_add(p->out, "<p class=\"kicker\">");
        tf_page_text(p, b->kicker);
        tf_buf_add(p->out, "</p>");
    }
    tf_buf_add(p->out, "<h1>");
    tf_page_text(p, b->title);
    tf_buf_add(p->out, "</h1>");
    if (b->subtitle != NULL) {
        tf_buf_add(p->out, "<p class=\"sub\">");
        tf_page_text(p, b->subtitle);
        tf_buf_add(p->out, "</p>");
    }
    tf_buf_printf(p->out, "</div>%s</div>\n<div class=\"imprint\">", leaf);
    if (p->doc->synthetic != NULL) {
        tf_buf_add(p->out, "<p><span class=\"syn\">");
        tf_page_text(p, p->doc->synthetic);
        tf_buf_add(p->out, "</span></p>");
    }
    for (const struct tf_block *k = b->child; k != NULL; k = k->next) {
        tf_buf_add(p->out, "<p>");
        tf_page_inlines(p, k->inlines);
        tf_buf_add(p->out, "</p>");
    }
    tf_buf_add(p->out, "</div></header>\n");
}

static void toc_entry(struct tf_page *p, const struct tf_block *b)
{
    struct tf_buf title = {.arena = p->a};
    if (b->kind == TF_B_OPENER)
        tf_buf_add(&title, b->title);
    else
        tf_inline_text(b->inlines, &title);
    tf_buf_add(p->out, "<li><a href=\"#");
    tf_buf_html(p->out, b->id);
    tf_buf_add(p->out, "\">");
    if (b->number != NULL)
        tf_buf_printf(p->out, "<span class=\"no\">%s</span>", b->number);
    tf_page_text(p, tf_buf_text(&title));
    tf_buf_add(p->out, "</a>");
}

static void toc(struct tf_page *p)
{
    tf_buf_add(p->out, "<nav class=\"toc\" aria-labelledby=\"toc-title\"><h2 id=\"toc-title\">"
                       "Contents</h2><ol>\n");
    for (const struct tf_block *s = p->doc->block; s != NULL; s = s->next) {
        bool inner = false, outer = false;
        if (s->kind != TF_B_SECTION)
            continue;
        for (const struct tf_block *b = s->child; b != NULL; b = b->next) {
            const bool first = b->kind == TF_B_OPENER || (b->kind == TF_B_HEADING && b->level == 1);
            const bool second = b->kind == TF_B_HEADING && b->level == 2;
            if (!first && !second)
                continue;
            if (first && inner)
                tf_buf_add(p->out, "</ol>");
            if (first && outer)
                tf_buf_add(p->out, "</li>\n");
            if (second && !inner && outer)
                tf_buf_add(p->out, "<ol>");
            inner = second && outer ? true : first ? false : inner;
            outer = outer || first;
            toc_entry(p, b);
            if (second)
                tf_buf_add(p->out, "</li>");
        }
        tf_buf_add(p->out, inner ? "</ol></li>\n" : outer ? "</li>\n" : "\n");
    }
    tf_buf_add(p->out, "</ol></nav>\n");
}

static enum tf_code face(struct tf_page *p, struct tf_buf *css, enum tf_face which,
                         struct tf_err *reterr)
{
    static const char *const families[] = {"Trefoil Sans", "Trefoil Khmer", "Trefoil Thai",
                                           "Trefoil Ethiopic"};
    struct tf_bytes bytes;
    TF_TRY(tf_fonts_subset(p->a, p->fonts, which, true, &bytes, reterr));
    if (bytes.n == 0)
        return TF_OK;
    const size_t room = sodium_base64_encoded_len(bytes.n, sodium_base64_VARIANT_ORIGINAL);
    char *text = tf_alloc(p->a, room);
    (void)sodium_bin2base64(text, room, (const unsigned char *)bytes.data, bytes.n,
                            sodium_base64_VARIANT_ORIGINAL);
    tf_buf_printf(css, "@font-face{font-family:\"%s\";font-weight:%d;font-display:block;"
                       "src:url(data:font/ttf;base64,", families[which / 2],
                  which % 2 == 0 ? 400 : 700);
    tf_buf_add(css, text);
    tf_buf_add(css, ") format(\"truetype\")}\n");
    return TF_OK;
}

static void head(struct tf_page *p, struct tf_buf *out, const char *fonts)
{
    const struct tf_doc *doc = p->doc;
    tf_buf_printf(out, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
                       "name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta "
                       "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                       "style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action "
                       "'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta "
                       "name=\"generator\" content=\"Trefoil\">\n<title>", doc->lang);
    tf_buf_html(out, doc->title);
    if (doc->synthetic != NULL)
        tf_buf_add(out, " (synthetic data)");
    tf_buf_add(out, "</title>\n");
    if (doc->subtitle != NULL) {
        tf_buf_add(out, "<meta name=\"description\" content=\"");
        tf_buf_html(out, doc->subtitle);
        tf_buf_add(out, "\">\n");
    }
    tf_buf_add(out, "<style>\n");
    tf_buf_add(out, fonts);
    tf_buf_add(out, (const char *)tf_report_css);
    tf_buf_add(out, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
                    "report</a>\n");
}

enum tf_code tf_html_write(struct tf_arena *a, const struct tf_doc *doc, struct tf_fonts *fonts,
                           struct tf_buf *out, struct tf_err *reterr)
{
    struct tf_buf body = {.arena = a}, css = {.arena = a};
    struct tf_page p = {.a = a, .doc = doc, .fonts = fonts, .out = &body,
                        .note_marked = TF_NEW_N(a, bool, doc->n_notes + 1)};
    /* letters that styles and links may need beyond the text */
    tf_page_text(&(struct tf_page){.a = a, .fonts = fonts, .out = &css},
                 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,;:()-\xE2\x86\xA9");
    css = (struct tf_buf){.arena = a};
    for (const struct tf_block *b = doc->block; b != NULL; b = b->next)
        if (b->kind == TF_B_COVER)
            cover(&p, b);
    tf_buf_add(&body, "<div class=\"frame\">\n");
    toc(&p);
    tf_buf_add(&body, "<main id=\"main\">\n");
    tf_page_blocks(&p, doc->block);
    tf_page_notes(&p);
    tf_buf_add(&body, "</main>\n</div>\n<footer class=\"page\"><p>");
    tf_page_text(&p, doc->running == NULL ? doc->title : doc->running);
    if (doc->hash != NULL) {
        tf_page_text(&p, " \xC2\xB7 evidence snapshot ");
        tf_page_text(&p, doc->hash);
    }
    tf_buf_add(&body, "</p></footer>\n</body>\n</html>\n");
    for (int k = 0; k < TF_N_FACES; k++)
        TF_TRY(face(&p, &css, (enum tf_face)k, reterr));
    head(&p, out, tf_buf_text(&css));
    tf_buf_addn(out, body.s, body.n);
    return TF_OK;
}
