/* Front: the pages that are pictures of themselves: cover, chapter openers, contents.
 *
 * A cover and an opener are one row as high as the page, with their lines inside at fixed places;
 * their grounds and leaves are drawn later (press_draw.c). The contents are rows like others, one
 * for each heading of the first two levels; their page numbers are printed when pages are drawn. */
#include "tell/press.h"

/* ---- whole pages ---- */

static uint32_t blend(uint32_t over, uint32_t under, double share)
{
    uint32_t out = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        const double a = (over >> shift) & 255, b = (under >> shift) & 255;
        out |= (uint32_t)(a * share + b * (1 - share) + 0.5) << shift;
    }
    return out;
}

void tf_flow_cover(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    const struct tf_look kicker = {.size = 8.6, .leading = 12, .track = 0.8, .bold = true,
                                   .colour = TF_WHITE};
    const struct tf_look sub = {.size = 14, .leading = 20,
                                .colour = blend(TF_WHITE, TF_NAVY, 0.92)};
    const struct tf_look small = {.size = 9, .leading = 14, .colour = TF_MUTE};
    const struct tf_look label = {.size = 8, .leading = 10, .track = 0.5, .bold = true,
                                  .colour = TF_INK};
    struct tf_look title = {.size = 43, .leading = 47, .track = -0.4, .bold = true,
                            .balance = true, .colour = TF_WHITE};
    const double x = 34 * TF_MM;
    struct tf_tag *tag = tf_tag_in(p, f, "Sect", b);
    p->fresh = true;
    struct tf_row *r = tf_row_add(p, TF_R_COVER, f, 297 * TF_MM, 0);
    r->block = b;
    r->id = b->id;
    r->barrier = true;
    double y = 30 * TF_MM;
    if (!tf_is_blank(b->kicker))
        (void)tf_part_para(p, r, tf_para_text(p, b->kicker, kicker, 150 * TF_MM), x, y,
                           150 * TF_MM, 'l', tf_tag_new(&p->tags, tag, "P"));
    const char *words = b->title != NULL ? b->title : p->doc->title;
    struct tf_para *para = tf_para_text(p, words, title, 150 * TF_MM);
    for (; para->n_lines > 4 && title.size > 24; title.size -= 4) {
        title.leading = title.size * 1.1;
        para = tf_para_text(p, words, title, 150 * TF_MM);
    }
    y = tf_part_para(p, r, para, x, y + 26 * TF_MM, 150 * TF_MM, 'l',
                     tf_tag_new(&p->tags, tag, "H1"));
    const char *under = b->subtitle != NULL ? b->subtitle : p->doc->subtitle;
    if (!tf_is_blank(under))
        (void)tf_part_para(p, r, tf_para_text(p, under, sub, 92 * TF_MM), x, y + 8 * TF_MM,
                           92 * TF_MM, 'l', tf_tag_new(&p->tags, tag, "P"));
    y = 238 * TF_MM;
    if (!tf_is_blank(p->doc->synthetic)) {
        y = tf_part_para(p, r, tf_para_text(p, p->doc->synthetic, label, 120 * TF_MM),
                         x + 2.4 * TF_MM, y, 120 * TF_MM, 'l', tf_tag_new(&p->tags, tag, "P"));
        r->label = r->part[r->n_parts - 1].para; /* framed when drawn */
        y += 4 * TF_MM;
    }
    for (const struct tf_block *c = b->child; c != NULL; c = c->next) {
        para = tf_para_set(p, c->inlines, NULL, small, c->lang, 110 * TF_MM);
        y = tf_part_para(p, r, para, x, y, 110 * TF_MM, 'l', tf_tag_new(&p->tags, tag, "P"));
        y += 2 * TF_MM;
    }
    p->fresh = true;
    p->after = 0;
}

void tf_flow_opener(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    const uint32_t ground = tf_strand_colour(b->strand);
    struct tf_look title = {.size = 34, .leading = 39, .track = -0.3, .bold = true,
                            .balance = true, .colour = TF_WHITE};
    const struct tf_look number = {.size = 90, .leading = 90, .bold = true,
                                   .colour = blend(TF_WHITE, ground, 0.28)};
    const struct tf_look finding = {.size = 12.4, .leading = 18, .colour = TF_WHITE};
    const struct tf_look foot = {.size = 9, .leading = 14,
                                 .colour = blend(TF_WHITE, ground, 0.85)};
    const struct tf_head *head = tf_this_head(p, b);
    const double x = 34 * TF_MM, w = 130 * TF_MM;
    p->strand = b->strand;
    p->running = head->text;
    p->fresh = true;
    struct tf_tag *tag = tf_tag_in(p, f, "H1", b);
    struct tf_row *r = tf_row_add(p, TF_R_OPENER, f, 297 * TF_MM, 0);
    const size_t self = p->n_rows - 1;
    r->block = b;
    r->id = b->id;
    r->id2 = head->id;
    r->barrier = true;
    double y = 34 * TF_MM;
    if (!tf_is_blank(b->number))
        y = tf_part_para(p, r, tf_para_text(p, b->number, number, w), x, y, w, 'l', tag);
    struct tf_para *para = tf_para_set(p, b->inlines, b->inlines == NULL ? b->title : NULL, title,
                                       b->lang, w);
    y = tf_part_para(p, r, para, x, y + 4 * TF_MM, w, 'l', tag) + 12 * TF_MM;
    for (const struct tf_block *c = b->child; c != NULL; c = c->next) {
        para = tf_para_set(p, c->inlines, NULL, finding, c->lang, 128 * TF_MM);
        tf_part_rule(p, r, x, y, 128 * TF_MM, 0.6, blend(TF_WHITE, ground, 0.4));
        y = tf_part_para(p, r, para, x, y + 4.4 * TF_MM, 128 * TF_MM, 'l',
                         tf_tag_new(&p->tags, f->tag, "P"));
        y += 4.4 * TF_MM;
    }
    const char *under = b->kicker != NULL ? b->kicker : b->subtitle;
    if (!tf_is_blank(under))
        (void)tf_part_para(p, r, tf_para_text(p, under, foot, w), x, (297 - 24) * TF_MM - 14, w,
                           'l', tf_tag_new(&p->tags, f->tag, "P"));
    tf_note_outline(p, head->text, 1, self);
    p->fresh = true;
    p->after = 0;
}

/* ---- contents ---- */

void tf_flow_contents(struct tf_press *p, const struct tf_block *b, const struct tf_frame *f)
{
    static const struct tf_look LEVEL[3] = {
        [1] = {.size = 10.6, .leading = 15, .bold = true, .colour = TF_INK},
        [2] = {.size = 9.6, .leading = 14, .colour = TF_INK}};
    p->fresh = p->n_rows > 0;
    (void)tf_flow_text(p, NULL, tf_is_blank(b->title) ? "Contents" : b->title, f, tf_heading_look(1),
                    "H1", b, 0, 8 * TF_MM);
    struct tf_tag *toc = tf_tag_in(p, f, "TOC", b);
    for (size_t i = 0; i < p->n_heads; i++) {
        const struct tf_head *h = &p->head[i];
        struct tf_frame in = *f;
        struct tf_tag *item = tf_tag_new(&p->tags, toc, "TOCI");
        struct tf_tag *reference = tf_tag_new(&p->tags, item, "Reference");
        const bool numbered = !tf_is_blank(h->number);
        const double indent = (h->level == 1 ? 0 : 8) * TF_MM;
        const double hang = numbered ? (h->level == 1 ? 8 : 9) * TF_MM : 0;
        in.x += indent + hang;
        in.w -= indent + hang + 14 * TF_MM;
        struct tf_para *para = tf_para_text(p, h->title, LEVEL[h->level], in.w);
        struct tf_tag *link = tf_tag_new(&p->tags, reference, "Link");
        const size_t first = tf_rows_para(p, para, &in, link,
                                          (h->level == 1 ? 3.2 : 0.3) * TF_MM, 0);
        if (numbered && first < p->n_rows) {
            p->row[first].label =
                tf_para_text(p, tf_printf(p->a, "%s ", h->number), LEVEL[h->level], 100);
            p->row[first].label_x = f->x + indent;
            p->row[first].label_tag = link;
        }
        for (size_t k = first; k < p->n_rows; k++) {
            p->row[k].label_to = h->id;
            p->row[k].label_w = in.w + 14 * TF_MM;
            p->row[k].keep |= h->level == 1 && i + 1 < p->n_heads && p->head[i + 1].level == 2;
        }
    }
    p->fresh = true;
}
