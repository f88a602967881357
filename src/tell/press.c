/* The press: a document tree in, a tagged PDF out.
 *
 *   look   every id and heading of the tree is listed, so that references and contents can print
 *   flow   blocks -> rows with their tags             (press_flow.c, press_table.c, para.c)
 *   build  rows -> pages                              (page.c)
 *   draw   pages -> operators, links, marked content  (press_draw.c, pdf_canvas.c)
 *   close  fonts, bookmarks, structure, metadata, cross-reference
 *
 * The file aims at PDF/UA-1 (ISO 14289-1): all content is tagged or an artifact, every figure has
 * alternative text, every font is embedded with its text, languages are marked, the title is
 * shown. No clock is read: the same tree gives the same bytes.
 *
 * Not done: PDF/A, attachments, forms. */
#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>

#include "tell/press.h"

/* ---- look ---- */

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct tf_target *)a)->id, ((const struct tf_target *)b)->id);
}

struct tf_target *tf_press_target(struct tf_press *p, const char *id)
{
    const struct tf_target key = {.id = id};
    if (id == NULL || p->n_targets == 0)
        return NULL;
    return bsearch(&key, p->target, p->n_targets, sizeof key, by_id);
}

static void add_target(struct tf_press *p, const char *id, const char *text)
{
    if (tf_is_blank(id))
        return;
    p->target = tf_grow(p->a, p->target, p->n_targets, &p->cap_targets, sizeof *p->target);
    p->target[p->n_targets++] = (struct tf_target){.id = id, .text = text};
}

static const char *plain_text(struct tf_press *p, const struct tf_inline *in, const char *other)
{
    struct tf_buf b = {.arena = p->a};
    for (; in != NULL; in = in->next) {
        if (in->kind == TF_I_NOTE)
            continue;
        if (in->child != NULL)
            tf_buf_add(&b, plain_text(p, in->child, NULL));
        else if (in->text != NULL)
            tf_buf_add(&b, in->text);
    }
    return b.n == 0 && other != NULL ? other : tf_buf_text(&b);
}

static void add_head(struct tf_press *p, const struct tf_block *b, int level)
{
    const char *title = plain_text(p, b->inlines, b->title), *text = title;
    if (!tf_is_blank(b->number))
        text = tf_printf(p->a, "%s  %s", b->number, title);
    if (level <= 2) {
        const char *id = tf_printf(p->a, "head-%zu", p->n_heads + 1);
        p->head = tf_grow(p->a, p->head, p->n_heads, &p->cap_heads, sizeof *p->head);
        p->head[p->n_heads++] = (struct tf_head){
            .block = b, .id = id, .number = b->number, .title = title, .text = text,
            .level = level};
        add_target(p, id, text);
    }
    add_target(p, b->id, !tf_is_blank(b->number) ? b->number : text);
}

static void look(struct tf_press *p, const struct tf_block *b)
{
    for (; b != NULL; b = b->next) {
        if (b->kind == TF_B_OPENER || b->kind == TF_B_HEADING)
            add_head(p, b, b->kind == TF_B_OPENER || b->level < 1 ? 1 : b->level);
        else if (b->kind == TF_B_FIGURE && b->chart != NULL) {
            add_target(p, b->id, b->chart->number);
            if (!tf_streq(b->id, b->chart->id))
                add_target(p, b->chart->id, b->chart->number);
        } else if (b->kind == TF_B_TABLE && b->table != NULL) {
            add_target(p, b->id, b->table->number);
            if (!tf_streq(b->id, b->table->id))
                add_target(p, b->table->id, b->table->number);
        } else {
            add_target(p, b->id, plain_text(p, b->inlines, b->title));
        }
        for (size_t i = 0; b->table != NULL && i < b->table->n_rows; i++)
            add_target(p, b->table->cell[i * b->table->n_cols].id, NULL);
        if (b->kind != TF_B_OPENER)
            look(p, b->child);
    }
}

static void find_target(struct tf_press *p, const char *id, const struct tf_row *row)
{
    struct tf_target *t = tf_press_target(p, id);
    if (t == NULL || t->found)
        return;
    t->found = true;
    t->page = row->page;
    t->y = row->y;
}

/* Every live number, in the order of the pages: what evidence links back to. */
static void find_uses_of(struct tf_press *p, const struct tf_para *para, size_t from, size_t to,
                         size_t page, double y)
{
    for (size_t i = from; para != NULL && i < to && i < para->n_lines; i++)
        for (size_t k = 0; k < para->line[i].n_pieces; k++) {
            const struct tf_span *span = para->line[i].piece[k].span;
            if (!span->live || (k > 0 && para->line[i].piece[k - 1].span == span))
                continue;
            p->use = tf_grow(p->a, p->use, p->n_uses, &p->cap_uses, sizeof *p->use);
            p->use[p->n_uses++] = (struct tf_used){.href = span->href, .page = page, .y = y};
        }
}

static void find_uses(struct tf_press *p)
{
    for (size_t i = 0; i < p->n_rows; i++) {
        const struct tf_row *row = &p->row[i];
        if (row->kind == TF_R_LINE)
            find_uses_of(p, row->para, row->line, row->line + 1, row->page, row->y);
        for (size_t k = 0; k < row->n_cells; k++)
            find_uses_of(p, row->cell[k].para, row->cell[k].from, row->cell[k].to, row->page,
                         row->y);
        for (size_t k = 0; k < row->n_parts; k++)
            if (row->part[k].para != NULL)
                find_uses_of(p, row->part[k].para, row->part[k].line, row->part[k].line + 1,
                             row->page, row->y + row->part[k].y);
    }
}

/* ---- close ---- */

static void put_text(struct tf_buf *b, const char *s)
{
    tf_pdf_text(b, s != NULL ? s : "", s != NULL ? strlen(s) : 0);
}

static void write_to_unicode(struct tf_press *p, int face, size_t object)
{
    struct tf_buf b = {.arena = p->a}, part = {.arena = p->a};
    uint32_t gid = UINT32_MAX;
    const char *text = NULL;
    int width = 0;
    size_t n = 0;
    tf_buf_add(&b, "/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n"
                   "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
                   "/CMapName/Adobe-Identity-UCS def/CMapType 2 def\n"
                   "1 begincodespacerange <0000><FFFF> endcodespacerange\n");
    bool more = true;
    while (more) {
        more = tf_font_printed(p->fonts, face, &gid, &width, &text);
        if (more) {
            tf_buf_printf(&part, "<%04X><", (unsigned)gid);
            tf_pdf_utf16(&part, text, strlen(text));
            tf_buf_add(&part, ">\n");
            n++;
        }
        if (n > 0 && (n == 100 || !more)) {
            tf_buf_printf(&b, "%zu beginbfchar\n", n);
            tf_buf_addn(&b, part.s, part.n);
            tf_buf_add(&b, "endbfchar\n");
            part.n = n = 0;
        }
    }
    tf_buf_add(&b, "endcmap CMapName currentdict/CMap defineresource pop end end\n");
    tf_pdf_stream(&p->pdf, object, "", b.s, b.n, true);
}

static void write_widths(struct tf_press *p, struct tf_buf *b, int face)
{
    uint32_t gid = UINT32_MAX, before = UINT32_MAX - 1;
    const char *text = NULL;
    int width = 0;
    tf_buf_add(b, "/DW 1000/W[");
    bool open = false;
    while (tf_font_printed(p->fonts, face, &gid, &width, &text)) {
        if (open && gid != before + 1)
            tf_buf_add(b, "]");
        if (!open || gid != before + 1)
            tf_buf_printf(b, "%u[", (unsigned)gid);
        else
            tf_buf_char(b, ' ');
        tf_buf_printf(b, "%d", width);
        open = true;
        before = gid;
    }
    tf_buf_add(b, open ? "]]" : "]");
}

static enum tf_code write_font(struct tf_press *p, int face, size_t object, struct tf_err *reterr)
{
    const struct tf_face_info f = tf_font_info(p->fonts, face);
    struct tf_bytes file = {0};
    TF_TRY(tf_font_press_subset(p->a, p->fonts, face, &file, reterr));
    const struct tf_hash hash = tf_hash_bytes(file.data, file.n);
    char tag[8];
    for (size_t i = 0; i < 6; i++) /* six capitals from the hash, as subset names ask */
        tag[i] = (char)('A' + (hash.hex[2 * i] * 7 + hash.hex[2 * i + 1]) % 26);
    tag[6] = '+';
    tag[7] = '\0';
    const size_t cid = tf_pdf_reserve(&p->pdf), about = tf_pdf_reserve(&p->pdf);
    const size_t program = tf_pdf_reserve(&p->pdf), unicode = tf_pdf_reserve(&p->pdf);
    struct tf_buf b = {.arena = p->a};
    tf_buf_printf(&b,
                  "<</Type/Font/Subtype/Type0/BaseFont/%s%s/Encoding/Identity-H"
                  "/DescendantFonts[%zu 0 R]/ToUnicode %zu 0 R>>",
                  tag, f.name, cid, unicode);
    tf_pdf_object(&p->pdf, object, b.s, b.n);
    b.n = 0;
    tf_buf_printf(&b,
                  "<</Type/Font/Subtype/CIDFontType2/BaseFont/%s%s/CIDSystemInfo<</Registry(Adobe)"
                  "/Ordering(Identity)/Supplement 0>>/CIDToGIDMap/Identity/FontDescriptor %zu 0 R",
                  tag, f.name, about);
    write_widths(p, &b, face);
    tf_buf_add(&b, ">>");
    tf_pdf_object(&p->pdf, cid, b.s, b.n);
    b.n = 0;
    tf_buf_printf(&b,
                  "<</Type/FontDescriptor/FontName/%s%s/Flags 4/FontBBox[%d %d %d %d]"
                  "/ItalicAngle 0/Ascent %d/Descent %d/CapHeight %d/StemV %d/FontFile2 %zu 0 R>>",
                  tag, f.name, f.box[0], f.box[1], f.box[2], f.box[3], f.ascent, f.descent,
                  f.cap_height, f.stem, program);
    tf_pdf_object(&p->pdf, about, b.s, b.n);
    tf_pdf_stream(&p->pdf, program, tf_printf(p->a, "/Length1 %zu", file.n), file.data, file.n,
                  true);
    write_to_unicode(p, face, unicode);
    return TF_OK;
}

static enum tf_code write_resources(struct tf_press *p, size_t object, struct tf_err *reterr)
{
    struct tf_buf b = {.arena = p->a};
    tf_buf_add(&b, "<</ProcSet[/PDF/Text]/ExtGState<</G92<</ca .92>>/G100<</ca 1>>>>/Font<<");
    for (int face = 0; face < TF_ALL_FACES; face++) {
        if (!p->ink.used[face])
            continue;
        const size_t font = tf_pdf_reserve(&p->pdf);
        TF_TRY(write_font(p, face, font, reterr));
        tf_buf_printf(&b, "/F%d %zu 0 R", face, font);
    }
    tf_buf_add(&b, ">>>>");
    tf_pdf_object(&p->pdf, object, b.s, b.n);
    return TF_OK;
}

/* Bookmarks of two levels. Returns the object of the outline, 0 when there is none. */
static size_t write_outline(struct tf_press *p)
{
    const size_t n = p->n_outline;
    if (n == 0)
        return 0;
    const size_t root = tf_pdf_reserve(&p->pdf);
    const size_t first = p->pdf.n_objects;
    size_t tops = 0, last_top = 0;
    for (size_t i = 0; i < n; i++)
        (void)tf_pdf_reserve(&p->pdf);
    p->outline[0].level = 1;
    struct tf_buf b = {.arena = p->a};
    for (size_t i = 0; i < n; i++) {
        const struct tf_outline *o = &p->outline[i];
        size_t up = root, before = 0, after = 0, kids = 0;
        for (size_t k = i; k-- > 0 && before == 0 && up == root;) {
            if (p->outline[k].level == o->level)
                before = first + k;
            else if (p->outline[k].level < o->level)
                up = first + k;
        }
        for (size_t k = i; o->level == 2 && k-- > 0 && up == root;)
            if (p->outline[k].level == 1)
                up = first + k;
        for (size_t k = i + 1; k < n && p->outline[k].level >= o->level && after == 0; k++)
            if (p->outline[k].level == o->level)
                after = first + k;
        for (size_t k = i + 1; k < n && p->outline[k].level > o->level; k++)
            kids++;
        if (o->level == 1) {
            tops++;
            last_top = first + i;
        }
        const struct tf_row *row = &p->row[o->row];
        const struct tf_page *page = &p->page[row->page];
        b.n = 0;
        tf_buf_add(&b, "<</Title");
        put_text(&b, o->title);
        tf_buf_printf(&b, "/Parent %zu 0 R", up);
        if (before > 0)
            tf_buf_printf(&b, "/Prev %zu 0 R", before);
        if (after > 0)
            tf_buf_printf(&b, "/Next %zu 0 R", after);
        if (kids > 0)
            tf_buf_printf(&b, "/First %zu 0 R/Last %zu 0 R/Count -%zu", first + i + 1,
                          first + i + kids, kids);
        tf_buf_printf(&b, "/Dest[%zu 0 R/XYZ 0 ", page->object);
        const double top = (page->land ? 210 : 297) * TF_MM - row->y + 12;
        tf_pdf_num(&b, page->bare ? 297 * TF_MM : top);
        tf_buf_add(&b, " null]>>");
        tf_pdf_object(&p->pdf, first + i, b.s, b.n);
    }
    b.n = 0;
    tf_buf_printf(&b, "<</Type/Outlines/First %zu 0 R/Last %zu 0 R/Count %zu>>", first, last_top,
                  tops);
    tf_pdf_object(&p->pdf, root, b.s, b.n);
    return root;
}

static size_t write_metadata(struct tf_press *p)
{
    const size_t object = tf_pdf_reserve(&p->pdf);
    struct tf_buf b = {.arena = p->a};
    tf_buf_add(&b, "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                   "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
                   "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
                   "<rdf:Description rdf:about=\"\" "
                   "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
                   "xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" "
                   "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" "
                   "xmlns:pdfuaid=\"http://www.aiim.org/pdfua/ns/id/\">\n"
                   "<pdfuaid:part>1</pdfuaid:part>\n<dc:format>application/pdf</dc:format>\n"
                   "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">");
    tf_buf_html(&b, p->doc->title != NULL ? p->doc->title : "");
    tf_buf_add(&b, "</rdf:li></rdf:Alt></dc:title>\n<dc:language><rdf:Bag><rdf:li>");
    tf_buf_html(&b, p->doc->lang != NULL ? p->doc->lang : "en");
    tf_buf_add(&b, "</rdf:li></rdf:Bag></dc:language>\n");
    if (p->doc->hash != NULL) {
        tf_buf_add(&b, "<dc:identifier>");
        tf_buf_html(&b, p->doc->hash);
        tf_buf_add(&b, "</dc:identifier>\n");
    }
    tf_buf_add(&b, "<pdf:Producer>Trefoil</pdf:Producer><xmp:CreatorTool>Trefoil"
                   "</xmp:CreatorTool>\n</rdf:Description></rdf:RDF></x:xmpmeta>\n"
                   "<?xpacket end=\"w\"?>");
    const bool plain = p->pdf.plain;
    p->pdf.plain = true; /* readers look for it uncompressed */
    tf_pdf_stream(&p->pdf, object, "/Type/Metadata/Subtype/XML", b.s, b.n, false);
    p->pdf.plain = plain;
    return object;
}

static size_t write_catalog(struct tf_press *p, size_t outline, size_t structure, size_t metadata)
{
    const size_t object = tf_pdf_reserve(&p->pdf);
    struct tf_buf b = {.arena = p->a};
    tf_buf_printf(&b,
                  "<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked true>>/StructTreeRoot %zu 0 R"
                  "/Metadata %zu 0 R/ViewerPreferences<</DisplayDocTitle true>>/Lang",
                  structure, metadata);
    put_text(&b, p->doc->lang != NULL ? p->doc->lang : "en");
    if (outline > 0)
        tf_buf_printf(&b, "/Outlines %zu 0 R/PageMode/UseOutlines", outline);
    tf_buf_add(&b, ">>");
    tf_pdf_object(&p->pdf, object, b.s, b.n);
    return object;
}

static void write_pages(struct tf_press *p, size_t object, size_t *page_object)
{
    struct tf_buf b = {.arena = p->a};
    tf_buf_add(&b, "<</Type/Pages/Kids[");
    for (size_t i = 0; i < p->n_pages; i++) {
        page_object[i] = p->page[i].object;
        tf_buf_printf(&b, "%zu 0 R ", p->page[i].object);
    }
    tf_buf_printf(&b, "]/Count %zu>>", p->n_pages);
    tf_pdf_object(&p->pdf, object, b.s, b.n);
}

static enum tf_code close_file(struct tf_press *p, struct tf_err *reterr)
{
    size_t *page_object = TF_NEW_N(p->a, size_t, p->n_pages + 1);
    struct tf_buf b = {.arena = p->a};
    write_pages(p, 2, page_object);
    TF_TRY(write_resources(p, 3, reterr));
    const size_t outline = write_outline(p);
    const size_t structure = tf_tags_write(&p->tags, &p->pdf, page_object, p->n_pages);
    const size_t metadata = write_metadata(p);
    tf_buf_add(&b, "<</Title");
    put_text(&b, p->doc->title);
    tf_buf_add(&b, "/Producer(Trefoil)/Creator(Trefoil)>>");
    tf_pdf_object(&p->pdf, 1, b.s, b.n);
    tf_pdf_finish(&p->pdf, write_catalog(p, outline, structure, metadata), 1);
    return TF_OK;
}

/* ---- the whole ---- */

static void release_breaker(void *breaker)
{
    ubrk_close(breaker);
}

static enum tf_code open_breaker(struct tf_press *p, struct tf_err *reterr)
{
    UErrorCode status = U_ZERO_ERROR;
    p->breaker = ubrk_open(UBRK_LINE, "en", NULL, 0, &status);
    if (U_FAILURE(status)) {
        (void)tf_fail(reterr, TF_E_IO, "no line breaker: %s", u_errorName(status));
        return tf_help(reterr, "Install the Debian package libicu72 with its data.");
    }
    tf_arena_defer(p->a, release_breaker, p->breaker);
    return TF_OK;
}

/* One pass from the tree to pages. The pass before tells on which pages things stand; a document
 * whose pages it changed would need another. */
static enum tf_code press_pass(struct tf_press *p, struct tf_err *reterr)
{
    struct tf_arena *a = p->a;
    const struct tf_doc *doc = p->doc;
    struct tf_fonts *fonts = p->fonts;
    tf_font_press_begin(fonts);
    p->ink.arena = a;
    p->ink.fonts = fonts;
    p->note = TF_NEW_N(a, struct tf_note_set, doc->n_notes + 1);
    tf_tags_begin(&p->tags, a, doc->lang);
    look(p, doc->block);
    if (p->n_targets > 1)
        qsort(p->target, p->n_targets, sizeof *p->target, by_id);
    struct tf_frame frame = {.x = 34 * TF_MM, .w = (210 - 34 - 22) * TF_MM, .tag = p->tags.root,
                             .body = {.size = 10.2, .leading = 14.5, .colour = TF_INK},
                             .lang = doc->lang};
    tf_flow_blocks(p, doc->block, frame);
    if (p->n_rows == 0)
        return tf_fail(reterr, TF_E_INPUT, "the document has nothing to print");
    tf_pages_build(p);
    for (size_t i = 0; i < p->n_rows; i++) {
        find_target(p, p->row[i].id, &p->row[i]);
        find_target(p, p->row[i].id2, &p->row[i]);
    }
    find_uses(p);
    return TF_OK;
}

/* Do two passes print the same page numbers? */
static bool settled(const struct tf_press *p)
{
    const struct tf_press *q = p->before;
    if (q == NULL || p->n_uses != q->n_uses)
        return false;
    for (size_t k = 0; k < p->n_uses; k++)
        if (p->use[k].page != q->use[k].page)
            return false;
    for (size_t k = 0; k < p->n_targets; k++)
        if (p->target[k].page != q->target[k].page && !tf_starts(p->target[k].id, "ev-"))
            return false;
    return true;
}

enum tf_code tf_press_write_as(struct tf_arena *a, const struct tf_doc *doc, struct tf_fonts *fonts,
                               bool plain, struct tf_buf *out, struct tf_pressed *ret,
                               struct tf_err *reterr)
{
    struct tf_press *p = NULL;
    void *breaker = NULL;
    for (int pass = 0; pass < 4 && (pass < 2 || !settled(p)); pass++) {
        struct tf_press *next = TF_NEW(a, struct tf_press);
        *next = (struct tf_press){.a = a, .doc = doc, .fonts = fonts, .strand = -1, .before = p};
        if (breaker == NULL)
            TF_TRY(open_breaker(next, reterr));
        else
            next->breaker = breaker;
        breaker = next->breaker;
        p = next;
        TF_TRY(press_pass(p, reterr));
    }
    tf_pdf_begin(&p->pdf, a, out, plain);
    for (int i = 0; i < 3; i++) /* 1 Info, 2 Pages, 3 Resources */
        (void)tf_pdf_reserve(&p->pdf);
    tf_pages_draw(p);
    TF_TRY(close_file(p, reterr));
    for (size_t i = 0; i < doc->n_notes; i++) /* a mark that was set, but whose note is nowhere */
        p->said.lost_notes += p->note[i].used && p->note[i].page == 0;
    *ret = p->said;
    return TF_OK;
}

enum tf_code tf_press_write(struct tf_arena *a, const struct tf_doc *doc, struct tf_fonts *fonts,
                            struct tf_buf *out, struct tf_pressed *ret, struct tf_err *reterr)
{
    return tf_press_write_as(a, doc, fonts, false, out, ret, reterr);
}
