/* Tables and figures as HTML. A table scrolls inside a focusable group, so a phone never scrolls the
 * page sideways; heads carry their scope. A figure holds its chart twice, drawn for a wide and for a
 * narrow page (only one is shown), and the data of the chart in a table behind a summary. */
#include <string.h>

#include "tell/html_inside.h"

static const char *plain(struct tf_page *p, const struct tf_inline *in)
{
    struct tf_buf text = {.arena = p->a};
    tf_inline_text(in, &text);
    return tf_buf_text(&text);
}

static void cell(struct tf_page *p, const struct tf_doc_table *t, size_t i, size_t j)
{
    const struct tf_table_cell *c = &t->cell[i * t->n_cols + j];
    const bool head = (i < t->n_head || (t->row_heads && j == 0)) && c->inlines != NULL;
    const char *tag = head ? "th" : "td";
    tf_buf_printf(p->out, "<%s", tag);
    if (head)
        tf_buf_printf(p->out, " scope=\"%s%s\"", i < t->n_head ? "col" : "row",
                      i < t->n_head && c->colspan > 1 ? "group" : "");
    if (c->colspan > 1)
        tf_buf_printf(p->out, " colspan=\"%u\"", (unsigned)c->colspan);
    if (c->rowspan > 1)
        tf_buf_printf(p->out, " rowspan=\"%u\"", (unsigned)c->rowspan);
    const char *side = c->align == 'r' ? "" : c->align == 'c' ? "c" : "l";
    const bool brief = i < t->n_head && strlen(plain(p, c->inlines)) < 13;
    if (*side != '\0' || brief)
        tf_buf_printf(p->out, " class=\"%s%s%s\"", side, *side != '\0' && brief ? " " : "",
                      brief ? "nw" : "");
    if (c->lang != NULL)
        tf_buf_printf(p->out, " lang=\"%s\"", c->lang);
    tf_buf_char(p->out, '>');
    tf_page_inlines(p, c->inlines);
    tf_buf_printf(p->out, "</%s>", tag);
}

/* The class of a word that says how strands stand together. */
static const char *relation(const char *text)
{
    static const char *const words[] = {"Agree", "Contradict", "Complete", "Silent"};
    static const char *const classes[] = {"agree", "contradict", "complement", "silent"};
    for (size_t k = 0; k < 4; k++)
        if (strlen(text) > 4 && tf_starts(text + 4, words[k])) /* after its sign and a blank */
            return classes[k];
    return "";
}

static void rows(struct tf_page *p, const struct tf_block *block, const struct tf_doc_table *t)
{
    const bool together = block != NULL && tf_streq(block->kicker, "convergence");
    for (size_t i = 0; i < t->n_rows; i++) {
        if (i == 0 && t->n_head > 0)
            tf_buf_add(p->out, "<thead>");
        if (i == t->n_head)
            tf_buf_add(p->out, t->n_head > 0 ? "</thead><tbody>" : "<tbody>");
        const bool base = i >= t->n_head &&
                          strcmp(plain(p, t->cell[i * t->n_cols].inlines), "Unweighted base") == 0;
        tf_buf_add(p->out, base ? "<tr class=\"base\"" : "<tr");
        if (t->cell[i * t->n_cols].id != NULL) {
            tf_buf_add(p->out, " id=\"");
            tf_buf_html(p->out, t->cell[i * t->n_cols].id);
            tf_buf_char(p->out, '"');
        }
        tf_buf_char(p->out, '>');
        for (size_t j = 0; j < t->n_cols; j++) {
            if (t->cell[i * t->n_cols + j].colspan == 0)
                continue;
            if (together && j + 1 == t->n_cols && i >= t->n_head) {
                const struct tf_inline *in = t->cell[i * t->n_cols + j].inlines;
                tf_buf_printf(p->out, "<td class=\"rel %s\">", relation(plain(p, in)));
                tf_page_inlines(p, in);
                tf_buf_add(p->out, "</td>");
                continue;
            }
            cell(p, t, i, j);
        }
        tf_buf_add(p->out, "</tr>\n");
    }
    tf_buf_add(p->out, t->n_rows > t->n_head ? "</tbody>" : "</thead>");
}

void tf_page_table(struct tf_page *p, const struct tf_block *block, const struct tf_doc_table *t,
                   bool captioned)
{
    const char *caption = plain(p, t->caption);
    const bool text = block != NULL && tf_streq(block->style, "text");
    tf_buf_printf(p->out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table "
                          "%zu on this page", ++p->n_scrolls);
    if (*caption != '\0')
        tf_buf_add(p->out, ": ");
    tf_buf_html(p->out, caption);
    tf_buf_printf(p->out, "\"><table class=\"%s%s\">", text ? "text" : block != NULL && tf_streq(block->style, "evidence") ? "evid" : "data",
                  block != NULL && tf_streq(block->kicker, "convergence") ? " conv" : "");
    if (captioned && *caption != '\0') {
        tf_buf_add(p->out, "<caption><span class=\"ft\">");
        if (t->number != NULL) {
            tf_page_text(p, t->number);
            tf_buf_add(p->out, ". ");
        }
        tf_page_inlines(p, t->caption);
        tf_buf_add(p->out, "</span>");
        if (t->subtitle != NULL) {
            tf_buf_add(p->out, "<span class=\"fs\">");
            tf_page_text(p, t->subtitle);
            tf_buf_add(p->out, "</span>");
        }
        tf_buf_add(p->out, "</caption>");
    }
    rows(p, block, t);
    tf_buf_add(p->out, "</table></div>\n");
    if (captioned && !tf_is_blank(t->source)) {
        tf_buf_add(p->out, "<p class=\"src\">");
        tf_page_text(p, t->source);
        tf_buf_add(p->out, "</p>");
    }
}

static void chart(struct tf_page *p, const struct tf_chart *c, double width, const char *class)
{
    struct tf_canvas canvas = tf_svg_canvas(p->a, p->out);
    const size_t k = ++p->n_charts;
    struct tf_buf height = {.arena = p->a};
    tf_buf_fixed(&height, tf_chart_height(c, p->fonts, width), 1);
    tf_buf_printf(p->out, "<svg class=\"%s\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                          "viewBox=\"0 0 %d %s\" aria-labelledby=\"ct-%zu cd-%zu\"><title "
                          "id=\"ct-%zu\">", class, (int)width, height.s, k, k, k);
    tf_page_text(p, c->title);
    tf_buf_printf(p->out, "</title><desc id=\"cd-%zu\">", k);
    tf_page_text(p, c->alt);
    tf_buf_add(p->out, "</desc>");
    tf_chart_draw(c, p->fonts, width, &canvas);
    tf_buf_add(p->out, "</svg>\n");
    for (size_t r = 0; r < c->n_rows; r++) /* what the chart printed, for the subsets */
        tf_fonts_use(p->fonts, c->row[r], false);
    for (size_t s = 0; s < c->n_series; s++)
        for (int bold = 0; c->series[s] != NULL && bold < 2; bold++)
            tf_fonts_use(p->fonts, c->series[s], bold == 1);
}

void tf_page_figure(struct tf_page *p, const struct tf_block *block)
{
    const struct tf_chart *c = block->chart;
    tf_buf_add(p->out, "<figure id=\"");
    tf_buf_html(p->out, block->id);
    tf_buf_add(p->out, "\"><figcaption><p class=\"ft\">");
    tf_page_text(p, block->title);
    tf_buf_add(p->out, "</p><p class=\"fs\">");
    tf_page_text(p, block->subtitle);
    tf_buf_add(p->out, "</p></figcaption>\n");
    chart(p, c, 500, "wide");
    chart(p, c, 280, "narrow");
    tf_buf_add(p->out, "<p class=\"src\">");
    tf_page_text(p, c->source);
    tf_buf_add(p->out, "</p>");
    if (block->table != NULL) {
        tf_buf_printf(p->out, "<details><summary>Data of this figure as a table<span "
                              "class=\"small\"> (%s)</span></summary>",
                      block->number == NULL ? "figure" : block->number);
        tf_page_table(p, NULL, block->table, false);
        tf_buf_add(p->out, "</details>");
    }
    tf_buf_add(p->out, "</figure>\n");
}
