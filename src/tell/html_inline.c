/* Inlines as HTML. Every live number is a link to its evidence card and has an id, so that the card
 * can link back; a number and its sign stay on one line. */
#include <string.h>

#include "tell/html_inside.h"

void tf_page_text(struct tf_page *p, const char *s)
{
    if (s == NULL)
        return;
    tf_fonts_use(p->fonts, s, false);
    tf_fonts_use(p->fonts, s, true);
    tf_buf_html(p->out, s);
}

static void open_lang(struct tf_page *p, const struct tf_inline *in)
{
    if (in->lang != NULL)
        tf_buf_printf(p->out, "<span lang=\"%s\">", in->lang);
}

static void number(struct tf_page *p, const struct tf_inline *in)
{
    const bool brief = strlen(in->text) <= 24;
    const char *text = brief ? tf_replace(p->a, in->text, "\xC2\xA0", " ") : in->text;
    p->number_href = tf_grow(p->a, p->number_href, p->n_numbers, &p->cap_numbers,
                             sizeof *p->number_href);
    p->number_href[p->n_numbers++] = in->href;
    tf_buf_printf(p->out, "<a class=\"num%s\" id=\"u-%zu\" href=\"", brief ? " nw" : "",
                  p->n_numbers);
    tf_buf_html(p->out, in->href);
    tf_buf_add(p->out, "\">");
    tf_page_text(p, text);
    tf_buf_add(p->out, "</a>");
}

static void note(struct tf_page *p, const struct tf_inline *in)
{
    const char *number_text = p->doc->note[in->note].number;
    tf_buf_add(p->out, "<sup><a");
    if (!p->note_marked[in->note]) {
        tf_buf_printf(p->out, " id=\"noteref-%zu\"", in->note + 1);
        p->note_marked[in->note] = true;
        p->note = tf_grow(p->a, p->note, p->n_notes, &p->cap_notes, sizeof *p->note);
        p->note[p->n_notes++] = in->note;
    }
    tf_buf_printf(p->out, " href=\"#note-%zu\" aria-label=\"Note %s\">%s</a></sup>", in->note + 1,
                  number_text, number_text);
}

static void link_to(struct tf_page *p, const struct tf_inline *in)
{
    tf_buf_add(p->out, "<a href=\"");
    tf_buf_html(p->out, in->href == NULL ? "#" : in->href);
    tf_buf_add(p->out, "\">");
    if (in->text != NULL)
        tf_page_text(p, in->text);
    tf_page_inlines(p, in->child);
    tf_buf_add(p->out, "</a>");
}

/* Back from an evidence row to where its number is printed. */
static void uses(struct tf_page *p, const struct tf_inline *in)
{
    size_t shown = 0;
    for (size_t k = 0; k < p->n_numbers; k++) {
        if (!tf_streq(p->number_href[k], in->href))
            continue;
        if (++shown <= 6)
            tf_buf_printf(p->out, "%s<a href=\"#u-%zu\">place %zu</a>", shown == 1 ? "" : ", ",
                          k + 1, shown);
    }
    if (shown > 6)
        tf_buf_printf(p->out, " and %zu more", shown - 6);
    if (shown == 0)
        tf_buf_add(p->out, "a chart or a table");
}

void tf_page_inlines(struct tf_page *p, const struct tf_inline *in)
{
    for (; in != NULL; in = in->next) {
        open_lang(p, in);
        switch (in->kind) {
        case TF_I_TEXT: tf_page_text(p, in->text); break;
        case TF_I_STRONG:
        case TF_I_EMPH:
            tf_buf_add(p->out, in->kind == TF_I_STRONG ? "<strong>" : "<em>");
            tf_page_inlines(p, in->child);
            tf_buf_add(p->out, in->kind == TF_I_STRONG ? "</strong>" : "</em>");
            break;
        case TF_I_CODE:
            tf_buf_add(p->out, "<code>");
            tf_buf_html(p->out, in->text);
            tf_buf_add(p->out, "</code>");
            break;
        case TF_I_LINK:
        case TF_I_XREF: link_to(p, in); break;
        case TF_I_NUM: number(p, in); break;
        case TF_I_NOTE: note(p, in); break;
        case TF_I_CHIP:
            tf_buf_printf(p->out, "<span class=\"chip s%d\">", in->strand);
            tf_page_text(p, in->text);
            tf_buf_add(p->out, "</span>");
            break;
        case TF_I_BREAK: tf_buf_add(p->out, "<br>"); break;
        case TF_I_USES: uses(p, in); break;
        default: break;
        }
        if (in->lang != NULL)
            tf_buf_add(p->out, "</span>");
    }
}
