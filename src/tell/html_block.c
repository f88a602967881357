/* Blocks as HTML. The tree says what a thing is; this file says which element that is. Chapters are
 * h2 under the report's one h1, so levels never skip. */
#include <string.h>

#include "tell/html_inside.h"

static void block_of(struct tf_page *p, const struct tf_block *b);

static void attribute(struct tf_page *p, const char *name, const char *value)
{
    if (value == NULL)
        return;
    tf_buf_printf(p->out, " %s=\"", name);
    tf_buf_html(p->out, value);
    tf_buf_char(p->out, '"');
}

static void open(struct tf_page *p, const char *tag, const struct tf_block *b, const char *class)
{
    tf_buf_printf(p->out, "<%s", tag);
    attribute(p, "id", b->id);
    attribute(p, "class", class);
    attribute(p, "lang", b->lang);
    tf_buf_char(p->out, '>');
}

static void heading(struct tf_page *p, const struct tf_block *b)
{
    static const char *const tags[] = {"h2", "h2", "h3", "h4", "h5"};
    const char *tag = tags[b->level < 0 || b->level > 4 ? 4 : b->level];
    open(p, tag, b, NULL);
    if (b->number != NULL) {
        tf_buf_add(p->out, "<span class=\"no\">");
        if (*b->number >= 'A' && *b->number <= 'Z')
            tf_page_text(p, "Annex ");
        tf_page_text(p, b->number);
        tf_buf_add(p->out, "</span>");
    }
    tf_page_inlines(p, b->inlines);
    tf_buf_printf(p->out, "</%s>\n", tag);
}

static void opener(struct tf_page *p, const struct tf_block *b)
{
    tf_buf_printf(p->out, "<div class=\"opener s%d\">", b->strand);
    if (b->number != NULL) {
        tf_buf_add(p->out, "<p class=\"n\" aria-hidden=\"true\">");
        tf_page_text(p, b->number);
        tf_buf_add(p->out, "</p>");
    }
    open(p, "h2", b, NULL);
    tf_page_text(p, b->title);
    tf_buf_add(p->out, "</h2>\n");
    tf_page_blocks(p, b->child);
    if (b->kicker != NULL) {
        tf_buf_add(p->out, "<p class=\"strands\">");
        tf_page_text(p, b->kicker);
        tf_buf_add(p->out, "</p>");
    }
    tf_buf_add(p->out, "</div>\n");
}

static void callout(struct tf_page *p, const struct tf_block *b)
{
    tf_buf_add(p->out, "<div");
    attribute(p, "id", b->id);
    tf_buf_printf(p->out, " class=\"call %s\"><p class=\"kicker\">", b->style == NULL ? "" : b->style);
    tf_page_text(p, b->kicker);
    tf_buf_add(p->out, "</p>\n");
    tf_page_blocks(p, b->child);
    tf_buf_add(p->out, "</div>\n");
}

static void quote(struct tf_page *p, const struct tf_block *b)
{
    open(p, "blockquote", b, NULL);
    tf_page_blocks(p, b->child);
    if (b->inlines != NULL) {
        tf_buf_add(p->out, "<footer>");
        tf_page_inlines(p, b->inlines);
        tf_buf_add(p->out, "</footer>");
    }
    tf_buf_add(p->out, "</blockquote>\n");
}

static void finding(struct tf_page *p, const struct tf_block *b)
{
    open(p, "div", b, "find");
    tf_buf_add(p->out, "<p class=\"big\">");
    tf_page_inlines(p, b->big);
    tf_buf_add(p->out, "</p><div><p>");
    tf_page_inlines(p, b->inlines);
    tf_buf_add(p->out, "</p><p class=\"how\">");
    tf_page_inlines(p, b->how_inlines);
    tf_buf_add(p->out, "</p></div></div>\n");
}

/* A definition table becomes a list of terms; a table of evidence stays a table. */
static void terms(struct tf_page *p, const struct tf_doc_table *t)
{
    tf_buf_add(p->out, "<dl>");
    for (size_t i = 0; i < t->n_rows; i++) {
        tf_buf_add(p->out, "<dt>");
        tf_page_inlines(p, t->cell[i * t->n_cols].inlines);
        tf_buf_add(p->out, "</dt><dd>");
        tf_page_inlines(p, t->cell[i * t->n_cols + 1].inlines);
        tf_buf_add(p->out, "</dd>");
    }
    tf_buf_add(p->out, "</dl>");
}

static void card(struct tf_page *p, const struct tf_block *b)
{
    tf_buf_add(p->out, "<article");
    attribute(p, "id", b->id);
    tf_buf_printf(p->out, " class=\"card s%d\"><h3 class=\"ct\">", b->strand);
    tf_page_inlines(p, b->inlines);
    tf_buf_add(p->out, "</h3>\n");
    for (const struct tf_block *in = b->child; in != NULL; in = in->next)
        if (in->kind == TF_B_TABLE && tf_streq(in->style, "card"))
            terms(p, in->table);
        else if (in->kind == TF_B_TABLE)
            tf_page_table(p, in, in->table, false);
        else
            block_of(p, in);
    tf_buf_add(p->out, "</article>\n");
}

static void list(struct tf_page *p, const struct tf_block *b)
{
    open(p, b->ordered ? "ol" : "ul", b, NULL);
    for (const struct tf_block *item = b->child; item != NULL; item = item->next) {
        open(p, "li", item, NULL);
        const struct tf_block *only = item->child;
        if (only != NULL && only->next == NULL && only->kind == TF_B_PARA && only->lang == NULL)
            tf_page_inlines(p, only->inlines); /* tight */
        else
            tf_page_blocks(p, item->child);
        tf_buf_add(p->out, "</li>\n");
    }
    tf_buf_add(p->out, b->ordered ? "</ol>\n" : "</ul>\n");
}

void tf_page_notes(struct tf_page *p)
{
    if (p->n_notes == 0)
        return;
    tf_buf_add(p->out, "<div class=\"notes\" role=\"group\" aria-label=\"Notes\"><ol>");
    for (size_t k = 0; k < p->n_notes; k++) { /* a note may add notes: the list grows */
        const struct tf_note *note = &p->doc->note[p->note[k]];
        tf_buf_printf(p->out, "<li id=\"note-%zu\" value=\"%s\">", p->note[k] + 1, note->number);
        for (const struct tf_block *b = note->body; b != NULL; b = b->next) {
            if (b->kind == TF_B_PARA)
                tf_page_inlines(p, b->inlines);
            tf_buf_add(p->out, b->next == NULL ? " " : "<br>");
        }
        tf_buf_printf(p->out, "<a href=\"#noteref-%zu\" aria-label=\"Back to the text of note "
                              "%s\">\xE2\x86\xA9</a></li>", p->note[k] + 1, note->number);
    }
    tf_buf_add(p->out, "</ol></div>\n");
    p->n_notes = 0;
}

static const char *heading_id(const struct tf_block *b)
{
    for (; b != NULL; b = b->next)
        if (b->kind == TF_B_OPENER || (b->kind == TF_B_HEADING && b->level == 1))
            return b->id;
    return NULL;
}

static void section(struct tf_page *p, const struct tf_block *b)
{
    tf_buf_printf(p->out, "<section class=\"part %s\"", b->style == NULL ? "" : b->style);
    attribute(p, "aria-labelledby", heading_id(b->child));
    tf_buf_add(p->out, ">\n");
    tf_page_blocks(p, b->child);
    tf_page_notes(p);
    tf_buf_add(p->out, "</section>\n");
}

static void block_of(struct tf_page *p, const struct tf_block *b)
{
    switch (b->kind) {
    case TF_B_COVER:
    case TF_B_TOC:
    case TF_B_PAGEBREAK: break; /* html.c writes the first two round the column */
    case TF_B_OPENER: opener(p, b); break;
    case TF_B_HEADING: heading(p, b); break;
    case TF_B_PARA:
        open(p, "p", b, b->style);
        tf_page_inlines(p, b->inlines);
        tf_buf_add(p->out, "</p>\n");
        break;
    case TF_B_LIST: list(p, b); break;
    case TF_B_ITEM: tf_page_blocks(p, b->child); break;
    case TF_B_CALLOUT: callout(p, b); break;
    case TF_B_QUOTE: quote(p, b); break;
    case TF_B_FINDING: finding(p, b); break;
    case TF_B_TABLE:
        open(p, "div", b, "tbl");
        tf_page_table(p, b, b->table, true);
        tf_buf_add(p->out, "</div>\n");
        break;
    case TF_B_FIGURE: tf_page_figure(p, b); break;
    case TF_B_SECTION: section(p, b); break;
    case TF_B_RULE: tf_buf_add(p->out, "<hr>\n"); break;
    case TF_B_CARD: card(p, b); break;
    default: break;
    }
}

void tf_page_blocks(struct tf_page *p, const struct tf_block *block)
{
    for (; block != NULL; block = block->next)
        block_of(p, block);
}
