/* Drawing: pages of rows become marked content.
 *
 * Every stroke on a page is either content of a tag or an artifact (spine, folio, rules, grounds,
 * repeated heads). Words of one tag on one line are one piece of marked content; where glyphs do
 * not read back as the text (Khmer, Thai, a no-break space), the line's text stands beside them
 * as /ActualText, whole, so that copying, searching and speech get what was written.
 *
 * A link is a rectangle over its words on each line, an annotation of its Link tag. */
#include <string.h>

#include "tell/press.h"

/* Grounds that touch the edge go over it, so that no renderer leaves a hair of paper. */
static const double BLEED = 3;

struct pen {
    struct tf_press *p;
    struct tf_page *page;
    size_t number; /* of the page, from 0 */
    double width, height;
    bool artifact; /* what is drawn now repeats */
};

double tf_baseline(double leading, double size)
{
    return (leading - 1.362 * size) / 2 + 1.069 * size;
}

static struct tf_buf *out(struct pen *n)
{
    return &n->p->ink.out;
}

static void begin_artifact(struct pen *n)
{
    tf_buf_add(out(n), "/Artifact BMC\n");
}

static void end_mark(struct pen *n)
{
    tf_buf_add(out(n), "EMC\n");
}

static void begin_tag(struct pen *n, struct tf_tag *tag)
{
    if (n->artifact || tag == NULL)
        begin_artifact(n);
    else
        tf_buf_printf(out(n), "/%s<</MCID %zu>>BDC\n", tag->type,
                      tf_tag_mark(&n->p->tags, tag, n->number));
}

/* ---- links ---- */

/* Where an href leads: a place in the document, or an address; false when nowhere. */
static bool leads(struct tf_press *p, const char *href, size_t *ret_page, double *ret_y,
                  bool *ret_out)
{
    *ret_out = false;
    if (tf_is_blank(href))
        return false;
    if (*href != '#') {
        *ret_out = strstr(href, "://") != NULL || tf_starts(href, "mailto:") ||
                   tf_starts(href, "tel:");
        return *ret_out;
    }
    int64_t note = 0;
    if (tf_starts(href, "#note-") && tf_parse_int(href + 6, &note) && note >= 0 &&
        (size_t)note < p->doc->n_notes && p->note[note].page > 0) {
        *ret_page = p->note[note].page - 1;
        *ret_y = p->note[note].y;
        return true;
    }
    int64_t use = 0;
    if (tf_starts(href, "#use-") && tf_parse_int(href + 5, &use) && use >= 0 &&
        (size_t)use < p->n_uses) {
        *ret_page = p->use[use].page;
        *ret_y = p->use[use].y;
        return true;
    }
    const struct tf_target *t = tf_press_target(p, href + 1);
    if (t == NULL || !t->found)
        return false;
    *ret_page = t->page;
    *ret_y = t->y;
    return true;
}

static void add_link(struct pen *n, struct tf_tag *tag, const char *href, const char *words,
                     double x, double y, double w, double h)
{
    struct tf_press *p = n->p;
    size_t page = 0;
    double at = 0;
    bool outside = false;
    if (n->artifact || !leads(p, href, &page, &at, &outside))
        return;
    const size_t object = tf_pdf_reserve(&p->pdf);
    const size_t parent = p->n_pages + tf_tag_link(&p->tags, tag, n->number, object);
    struct tf_buf b = {.arena = p->a};
    tf_buf_add(&b, "<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[");
    const double box[4] = {x, n->height - y - h, x + w, n->height - y};
    for (int i = 0; i < 4; i++) {
        tf_pdf_num(&b, box[i]);
        tf_buf_char(&b, ' ');
    }
    tf_buf_printf(&b, "]/StructParent %zu/Contents", parent);
    tf_pdf_text(&b, words, strlen(words));
    if (outside) {
        tf_buf_add(&b, "/A<</S/URI/URI");
        struct tf_buf uri = {.arena = p->a}; /* 7-bit: other bytes as %XX */
        for (const char *c = href; *c != '\0'; c++)
            if (*c > ' ' && *c < 127)
                tf_buf_char(&uri, *c);
            else
                tf_buf_printf(&uri, "%%%02X", (unsigned char)*c);
        tf_pdf_text(&b, uri.s, uri.n);
        tf_buf_add(&b, ">>>>");
    } else {
        const double full = p->page[page].land ? 210 * TF_MM : 297 * TF_MM;
        tf_buf_printf(&b, "/Dest[%zu 0 R/XYZ 0 ", p->page[page].object);
        tf_pdf_num(&b, full - at + 8 > full ? full : full - at + 8);
        tf_buf_add(&b, " null]>>");
    }
    tf_pdf_object(&p->pdf, object, b.s, b.n);
    n->page->annot = tf_grow(p->a, n->page->annot, n->page->n_annots, &n->page->cap_annots,
                             sizeof *n->page->annot);
    n->page->annot[n->page->n_annots++] = object;
}

/* ---- lines ---- */

/* The tag of a span: its own when it is a link, a note's mark or in another language. */
static struct tf_tag *span_tag(struct pen *n, struct tf_span *span, struct tf_tag *tag,
                               bool *ret_link)
{
    size_t page = 0;
    double y = 0;
    bool outside = false;
    *ret_link = false;
    if (tag == NULL || n->artifact)
        return NULL;
    const bool link = leads(n->p, span->href, &page, &y, &outside);
    const bool foreign = span->lang != NULL && !tf_streq(span->lang, tag->lang);
    *ret_link = link;
    if (span->tag != NULL)
        return span->tag;
    if (!link && !foreign)
        return tag;
    struct tf_tag *up = tag;
    if (span->note > 0)
        up = tf_tag_new(&n->p->tags, tag, "Reference");
    span->tag = tf_tag_new(&n->p->tags, up, link ? "Link" : "Span");
    if (foreign)
        span->tag->lang = span->lang;
    return span->tag;
}

static const char *words_of(struct pen *n, const struct tf_piece *piece, size_t count)
{
    struct tf_buf b = {.arena = n->p->a};
    for (size_t i = 0; i < count; i++)
        tf_buf_addn(&b, piece[i].word->s, piece[i].word->n);
    return tf_buf_text(&b);
}

/* Pieces of one tag, on a baseline. */
static void draw_segment(struct pen *n, const struct tf_piece *piece, size_t count, double x,
                         double y, struct tf_tag *tag, bool link, bool whole_link)
{
    struct tf_ink *k = &n->p->ink;
    const struct tf_span *span = piece[0].span;
    const struct tf_piece *last = &piece[count - 1];
    const double from = x + piece[0].x, to = x + last->x + last->width;
    if (span->chip) {
        begin_artifact(n);
        tf_ink_round(k, from, y - 7.4, to - from - TF_MM, 10.2, 5.1, span->chip_fill, 0);
        end_mark(n);
        x += 2 * TF_MM;
    }
    begin_tag(n, tag);
    const bool actual = !n->artifact && tf_ink_actual(k, piece, count);
    tf_ink_pieces(k, x, y, piece, count);
    if (actual)
        end_mark(n);
    end_mark(n);
    if (link && !whole_link)
        add_link(n, tag, span->href, words_of(n, piece, count), from,
                 y - span->rise - span->type.size * 1.05, to - from, span->type.size * 1.4);
    const bool address = link && span->href != NULL && *span->href != '#';
    const bool live = span->live && span->type.size < 16; /* a display number needs no dots */
    if ((live || address) && !n->artifact) {
        begin_artifact(n);
        tf_ink_line(k, from, y + span->type.size * 0.24, to, y + span->type.size * 0.24,
                    span->live ? 0.6 : 0.35, span->live ? 0x8a94a6 : span->type.colour,
                    span->live ? "0.6 1.3" : NULL);
        end_mark(n);
    }
}

static void draw_line(struct pen *n, const struct tf_line *line, double x, double y,
                      struct tf_tag *tag)
{
    if (line->overfull && !n->artifact)
        n->p->said.overfull++;
    for (size_t i = 0, j; i < line->n_pieces; i = j) {
        bool link = false, next_link = false;
        struct tf_tag *mine = span_tag(n, line->piece[i].span, tag, &link);
        j = i + 1;
        while (j < line->n_pieces) {
            const struct tf_span *a = line->piece[j - 1].span, *b = line->piece[j].span;
            if (a != b && (a->chip || b->chip || a->live || b->live))
                break;
            if (span_tag(n, line->piece[j].span, tag, &next_link) != mine)
                break;
            j++;
        }
        draw_segment(n, line->piece + i, j - i, x, y, mine != NULL ? mine : tag, link, false);
    }
}

/* The page of a contents entry, with a dotted leader; the whole row is the link. */
static void draw_entry(struct pen *n, const struct tf_row *row, double x, double y, double top,
                       const struct tf_line *line, bool last)
{
    const struct tf_target *t = tf_press_target(n->p, row->label_to);
    const double right = x + row->label_w;
    if (last && t != NULL && t->found) {
        struct tf_look look = line->piece[0].span->type;
        struct tf_para *number =
            tf_para_text(n->p, tf_printf(n->p->a, "%zu", t->page + 1), look, 100);
        if (!look.bold) {
            begin_artifact(n);
            tf_ink_line(&n->p->ink, x + line->width + 4, y, right - number->max - 4, y, 0.5,
                        0xb4bbc8, "0.5 2.6");
            end_mark(n);
        }
        begin_tag(n, row->tag);
        tf_ink_pieces(&n->p->ink, right - number->max, y, number->line[0].piece,
                      number->line[0].n_pieces);
        end_mark(n);
    }
    add_link(n, row->tag, tf_printf(n->p->a, "#%s", row->label_to),
             words_of(n, line->piece, line->n_pieces), x, top, row->label_w, row->h);
}

static void draw_text_row(struct pen *n, const struct tf_row *row, double x, double top)
{
    const struct tf_line *line = &row->para->line[row->line];
    const double y = top + tf_baseline(row->para->leading, row->para->size);
    if (row->align == 'r')
        x += row->w - line->width;
    else if (row->align == 'c')
        x += (row->w - line->width) / 2;
    if (row->label != NULL && row->label->n_lines > 0)
        draw_line(n, &row->label->line[0], row->label_x, y, row->label_tag);
    draw_line(n, line, x, y, row->tag);
    if (row->label_to != NULL && line->n_pieces > 0)
        draw_entry(n, row, x, y, top, line, row->line + 1 == row->para->n_lines);
}

/* ---- rows ---- */

static void draw_rule(struct pen *n, double x, double y, double w, double width, uint32_t colour)
{
    begin_artifact(n);
    tf_ink_line(&n->p->ink, x, y, x + w, y, width, colour, NULL);
    end_mark(n);
}

static void draw_cell(struct pen *n, const struct tf_row *row, const struct tf_cell_set *c,
                      double top)
{
    const double pad = 1.25 * TF_MM;
    const double text_h = (double)c->para->n_lines * c->para->leading;
    double y = top + (c->first ? pad : 0);
    if (row->head)
        y = top + c->height - pad - text_h;
    for (size_t i = c->from; i < c->to; i++) {
        const struct tf_line *line = &c->para->line[i];
        const double slack = c->w - line->width;
        const double x = c->x + (c->align == 'r' ? slack : c->align == 'c' ? slack / 2 : 0);
        draw_line(n, line, x, y + tf_baseline(c->para->leading, c->para->size), c->tag);
        y += c->para->leading;
    }
    if (c->group)
        draw_rule(n, c->full_x + 1.2 * TF_MM, top + c->height - 0.3, c->full_w - 2 * TF_MM, 0.6,
                  0x9aa3b2);
}

static void draw_cells(struct pen *n, const struct tf_row *row, double top)
{
    for (size_t i = 0; i < row->n_cells; i++)
        draw_cell(n, row, &row->cell[i], top);
    if (row->head_end)
        draw_rule(n, row->x, top + row->h, row->w, 0.9, TF_INK);
    else if (!row->head && !row->slice)
        for (size_t i = 0; i < row->n_cells; i++) /* not through a cell that goes on below */
            if (row->cell[i].rows == 1)
                draw_rule(n, row->cell[i].full_x, top + row->h, row->cell[i].full_w, 0.4,
                          TF_HAIR);
    for (size_t i = 0; i < row->n_cells; i++)
        if (!row->head && row->cell[i].rows > 1)
            draw_rule(n, row->cell[i].full_x, top + row->cell[i].height, row->cell[i].full_w,
                      0.4, TF_HAIR);
}

static void draw_parts(struct pen *n, const struct tf_row *row, double top)
{
    for (size_t i = 0; i < row->n_parts; i++) {
        const struct tf_row *part = &row->part[i];
        if (part->kind == TF_R_RULE)
            draw_rule(n, part->x, top + part->y, part->w, part->rule, part->colour);
        else
            draw_text_row(n, part, part->x, top + part->y);
    }
}

static void draw_chart(struct pen *n, struct tf_row *row, double top)
{
    /* Title before, source after the drawing: reading order is the tags' affair. */
    draw_parts(n, row, top);
    const double y = top + row->chart_y;
    row->tag->has_box = true;
    row->tag->box[0] = row->x;
    row->tag->box[1] = n->height - y - row->chart_h;
    row->tag->box[2] = row->x + row->w;
    row->tag->box[3] = n->height - y;
    struct tf_canvas canvas = tf_pdf_canvas(&n->p->ink, row->x, y);
    begin_tag(n, row->tag);
    tf_chart_draw(row->block->chart, n->p->fonts, row->w, &canvas);
    end_mark(n);
}

/* Three leaves: context, threats, children; overlapping, with white outlines. */
static void draw_cover(struct pen *n, const struct tf_row *row)
{
    static const struct {
        double x, y;
        uint32_t colour;
    } LEAF[] = {{100, 62, TF_TEAL}, {62, 124, TF_PLUM}, {138, 124, TF_ORANGE}};
    struct tf_ink *k = &n->p->ink;
    const double unit = 88 * TF_MM / 200, left = 106 * TF_MM, top = 139 * TF_MM;
    begin_artifact(n);
    tf_ink_rect(k, -BLEED, -BLEED, n->width + 2 * BLEED, 183 * TF_MM + BLEED, TF_NAVY);
    tf_buf_add(out(n), "/G92 gs\n");
    for (size_t i = 0; i < 3; i++)
        tf_ink_disc(k, left + LEAF[i].x * unit, top + LEAF[i].y * unit, 46 * unit,
                    LEAF[i].colour, TF_NO_PAINT, 0);
    tf_buf_add(out(n), "/G100 gs\n");
    for (size_t i = 0; i < 3; i++)
        tf_ink_disc(k, left + LEAF[i].x * unit, top + LEAF[i].y * unit, 46 * unit, TF_NO_PAINT,
                    TF_WHITE, 2.4 * unit);
    for (size_t i = 0; i < row->n_parts && row->label != NULL; i++)
        if (row->part[i].para == row->label)
            tf_ink_round(k, row->part[i].x - 2.4 * TF_MM, row->part[i].y - 1 * TF_MM,
                         row->label->max + 4.8 * TF_MM, row->label->leading + 2 * TF_MM,
                         1 * TF_MM, TF_INK, 0.9);
    end_mark(n);
    draw_parts(n, row, 0);
}

static void draw_opener(struct pen *n, const struct tf_row *row)
{
    begin_artifact(n);
    tf_ink_rect(&n->p->ink, -BLEED, -BLEED, n->width + 2 * BLEED, n->height + 2 * BLEED,
                tf_strand_colour(row->block->strand));
    end_mark(n);
    draw_parts(n, row, 0);
}

static void draw_row(struct pen *n, struct tf_row *row, double top)
{
    switch (row->kind) {
    case TF_R_LINE: draw_text_row(n, row, row->x, top); break;
    case TF_R_RULE: draw_rule(n, row->x, top + row->rule / 2, row->w, row->rule, row->colour); break;
    case TF_R_CELLS: draw_cells(n, row, top); break;
    case TF_R_PARTS: draw_parts(n, row, top); break;
    case TF_R_CHART: draw_chart(n, row, top); break;
    case TF_R_COVER: draw_cover(n, row); break;
    case TF_R_OPENER: draw_opener(n, row); break;
    case TF_R_SPACE: break;
    }
}

/* ---- the page ---- */

/* The grounds of boxes: as far as their rows reach on this page. Outer boxes first. */
static void draw_boxes(struct pen *n)
{
    struct tf_press *p = n->p;
    for (int depth = 3; depth >= 0; depth--)
        for (size_t i = 0; i < n->page->n; i++) {
            const struct tf_row *row = &p->row[n->page->item[i].row];
            struct tf_box *chain[4] = {NULL, NULL, NULL, NULL};
            int levels = 0;
            for (struct tf_box *b = row->box; b != NULL && levels < 4; b = b->up)
                chain[levels++] = b;
            if (depth >= levels || chain[depth]->page == n->number + 1)
                continue;
            struct tf_box *box = chain[depth];
            double y1 = 0;
            for (size_t k = i; k < n->page->n; k++)
                for (const struct tf_box *b = p->row[n->page->item[k].row].box; b; b = b->up)
                    if (b == box)
                        y1 = n->page->item[k].y + p->row[n->page->item[k].row].h;
            box->page = n->number + 1;
            const double y0 = n->page->item[i].y;
            if (box->wash != TF_NO_PAINT)
                tf_ink_rect(&p->ink, box->x, y0, box->w, y1 - y0, box->wash);
            if (box->bar != TF_NO_PAINT)
                tf_ink_rect(&p->ink, box->x, y0, 1.6 * TF_MM, y1 - y0, box->bar);
        }
}

static void draw_notes(struct pen *n)
{
    struct tf_press *p = n->p;
    const double left = (n->page->land ? 24 : 34) * TF_MM;
    if (n->page->n_notes == 0)
        return;
    draw_rule(n, left, p->note[n->page->note[0]].y - 1.6 * TF_MM, 34 * TF_MM, 0.5, 0x8a94a6);
    for (size_t i = 0; i < n->page->n_notes; i++) {
        struct tf_note_set *note = &p->note[n->page->note[i]];
        double y = note->y;
        if (note->label->n_lines > 0 && note->n > 0)
            draw_line(n, &note->label->line[0], left,
                      y + tf_baseline(note->para[0]->leading, note->para[0]->size) - 1.6,
                      note->label_tag);
        for (size_t k = 0; k < note->n; k++)
            for (size_t l = 0; l < note->para[k]->n_lines; l++) {
                draw_line(n, &note->para[k]->line[l], left + 4.4 * TF_MM,
                          y + tf_baseline(note->para[k]->leading, note->para[k]->size),
                          note->para_tag[k]);
                y += note->para[k]->leading;
            }
    }
}

/* Spine, hairline, running text, page number. */
static void draw_furniture(struct pen *n)
{
    static const struct tf_look FOLIO = {.size = 7.8, .leading = 10, .colour = TF_MUTE};
    struct tf_press *p = n->p;
    const double left = (n->page->land ? 24 : 34) * TF_MM, right = n->width - 22 * TF_MM;
    const double y = n->height - 18.6 * TF_MM;
    const char *running = p->doc->running != NULL ? p->doc->running : p->doc->title;
    if (n->page->running != NULL && running != NULL)
        running = tf_printf(p->a, "%s  ·  %s", running, n->page->running);
    else if (running == NULL)
        running = n->page->running;
    const struct tf_para *text =
        tf_para_text(p, running != NULL ? running : "", FOLIO, right - left - 40);
    const struct tf_para *number =
        tf_para_text(p, tf_printf(p->a, "%zu", n->number + 1), FOLIO, 100);
    tf_buf_add(out(n), "/Artifact<</Type/Pagination/Subtype/Footer>>BDC\n");
    tf_ink_rect(&p->ink, -BLEED, -BLEED, 4 * TF_MM + BLEED, n->height + 2 * BLEED,
                tf_strand_colour(n->page->strand));
    tf_ink_line(&p->ink, left, y, right, y, 0.5, TF_HAIR, NULL);
    if (text->n_lines > 0)
        tf_ink_pieces(&p->ink, left, y + 15, text->line[0].piece, text->line[0].n_pieces);
    tf_ink_pieces(&p->ink, right - number->max, y + 15, number->line[0].piece,
                  number->line[0].n_pieces);
    end_mark(n);
}

static void write_page(struct pen *n)
{
    struct tf_press *p = n->p;
    const size_t content = tf_pdf_reserve(&p->pdf);
    tf_pdf_stream(&p->pdf, content, "", out(n)->s, out(n)->n, true);
    struct tf_buf b = {.arena = p->a};
    tf_buf_add(&b, "<</Type/Page/Parent 2 0 R/Resources 3 0 R/MediaBox[0 0 ");
    tf_pdf_num(&b, n->width);
    tf_buf_char(&b, ' ');
    tf_pdf_num(&b, n->height);
    tf_buf_printf(&b, "]/Contents %zu 0 R/StructParents %zu/Tabs/S", content, n->number);
    if (n->page->n_annots > 0) {
        tf_buf_add(&b, "/Annots[");
        for (size_t i = 0; i < n->page->n_annots; i++)
            tf_buf_printf(&b, "%zu 0 R ", n->page->annot[i]);
        tf_buf_char(&b, ']');
    }
    tf_buf_add(&b, ">>");
    tf_pdf_object(&p->pdf, n->page->object, b.s, b.n);
}

static void draw_page(struct tf_press *p, size_t i)
{
    struct tf_page *page = &p->page[i];
    struct pen n = {.p = p, .page = page, .number = i,
                    .width = (page->land ? 297 : 210) * TF_MM,
                    .height = (page->land ? 210 : 297) * TF_MM};
    tf_ink_begin(&p->ink, n.height);
    if (!page->bare)
        draw_furniture(&n);
    begin_artifact(&n);
    draw_boxes(&n);
    end_mark(&n);
    for (size_t k = 0; k < page->n; k++) {
        n.artifact = page->item[k].repeat;
        draw_row(&n, &p->row[page->item[k].row], page->item[k].y);
    }
    n.artifact = false;
    draw_notes(&n);
    write_page(&n);
}

void tf_pages_draw(struct tf_press *p)
{
    for (size_t i = 0; i < p->n_pages; i++)
        p->page[i].object = tf_pdf_reserve(&p->pdf);
    for (size_t i = 0; i < p->n_pages; i++)
        draw_page(p, i);
}
