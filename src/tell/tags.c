/* Structure: what a screen reader walks through (ISO 32000-1, 14.7 and 14.8; PDF/UA-1).
 *
 * The tree of tags is made while blocks flow, in the order of the report, so a figure that floats
 * to the next page keeps its place in the reading. Marked content is joined to its tag when the
 * page is drawn. Every page has an array from marked-content id back to tag, every link an entry
 * of its own: the parent tree.
 *
 * A tag that got no content is not written, except empty table cells, which count as columns. */
#include <stdlib.h>
#include <string.h>

#include "tell/press.h"

void tf_tags_begin(struct tf_tags *tags, struct tf_arena *a, const char *lang)
{
    *tags = (struct tf_tags){.arena = a};
    tags->root = tf_tag_new(tags, NULL, "Document");
    tags->root->lang = lang;
}

static void add_kid(struct tf_tags *tags, struct tf_tag *tag, struct tf_tag_kid kid)
{
    tag->kid = tf_grow(tags->arena, tag->kid, tag->n_kids, &tag->cap_kids, sizeof *tag->kid);
    tag->kid[tag->n_kids++] = kid;
}

struct tf_tag *tf_tag_new(struct tf_tags *tags, struct tf_tag *up, const char *type)
{
    struct tf_tag *tag = TF_NEW(tags->arena, struct tf_tag);
    tag->type = type;
    tag->up = up;
    tag->colspan = tag->rowspan = 1;
    if (up != NULL)
        add_kid(tags, up, (struct tf_tag_kid){.tag = tag});
    return tag;
}

size_t tf_tag_mark(struct tf_tags *tags, struct tf_tag *tag, size_t page)
{
    while (tags->n_pages <= page) {
        tags->page = tf_grow(tags->arena, tags->page, tags->n_pages, &tags->cap_pages,
                             sizeof *tags->page);
        tags->page[tags->n_pages++] = (struct tf_tag_page){0};
    }
    struct tf_tag_page *here = &tags->page[page];
    here->tag = tf_grow(tags->arena, here->tag, here->n, &here->cap, sizeof *here->tag);
    here->tag[here->n] = tag;
    add_kid(tags, tag, (struct tf_tag_kid){.page = page, .number = here->n});
    return here->n++;
}

size_t tf_tag_link(struct tf_tags *tags, struct tf_tag *tag, size_t page, size_t object)
{
    add_kid(tags, tag, (struct tf_tag_kid){.link = true, .page = page, .number = object});
    tags->link = tf_grow(tags->arena, tags->link, tags->n_links, &tags->cap_links,
                         sizeof *tags->link);
    tags->link[tags->n_links] = tag;
    return tags->n_links++;
}

/* Mark what is worth writing, and give it object numbers in reading order. */
static bool number(struct tf_tags *tags, struct tf_pdf *pdf, struct tf_tag *tag)
{
    tag->live = tag->keep_empty;
    for (size_t i = 0; i < tag->n_kids; i++)
        tag->live |= tag->kid[i].tag == NULL || number(tags, pdf, tag->kid[i].tag);
    if (tag->live)
        tag->object = tf_pdf_reserve(pdf);
    return tag->live;
}

static void write_kids(struct tf_buf *b, const struct tf_tag *tag, const size_t *page_object,
                       size_t home)
{
    tf_buf_add(b, "/K[");
    for (size_t i = 0; i < tag->n_kids; i++) {
        const struct tf_tag_kid *kid = &tag->kid[i];
        if (kid->tag != NULL && kid->tag->live)
            tf_buf_printf(b, "%zu 0 R ", kid->tag->object);
        else if (kid->tag == NULL && kid->link)
            tf_buf_printf(b, "<</Type/OBJR/Obj %zu 0 R/Pg %zu 0 R>>", kid->number,
                          page_object[kid->page]);
        else if (kid->tag == NULL && kid->page == home)
            tf_buf_printf(b, "%zu ", kid->number);
        else if (kid->tag == NULL)
            tf_buf_printf(b, "<</Type/MCR/Pg %zu 0 R/MCID %zu>>", page_object[kid->page],
                          kid->number);
    }
    tf_buf_char(b, ']');
}

static void write_attributes(struct tf_buf *b, const struct tf_tag *tag)
{
    if (strcmp(tag->type, "TH") == 0 || strcmp(tag->type, "TD") == 0) {
        tf_buf_add(b, "/A<</O/Table");
        if (tag->scope != NULL)
            tf_buf_printf(b, "/Scope/%s", tag->scope);
        if (tag->colspan > 1)
            tf_buf_printf(b, "/ColSpan %u", tag->colspan);
        if (tag->rowspan > 1)
            tf_buf_printf(b, "/RowSpan %u", tag->rowspan);
        tf_buf_add(b, ">>");
    } else if (tag->list != NULL) {
        tf_buf_printf(b, "/A<</O/List/ListNumbering/%s>>", tag->list);
    } else if (tag->has_box) {
        tf_buf_add(b, "/A<</O/Layout/Placement/Block/BBox[");
        for (int i = 0; i < 4; i++) {
            tf_pdf_num(b, tag->box[i]);
            tf_buf_char(b, i < 3 ? ' ' : ']');
        }
        tf_buf_add(b, ">>");
    }
}

static void write_text(struct tf_buf *b, const char *key, const char *s)
{
    if (s == NULL)
        return;
    tf_buf_add(b, key);
    tf_pdf_text(b, s, strlen(s));
}

static void write_tag(struct tf_pdf *pdf, struct tf_buf *b, const struct tf_tag *tag, size_t up,
                      const size_t *page_object)
{
    size_t home = SIZE_MAX;
    for (size_t i = 0; i < tag->n_kids && home == SIZE_MAX; i++)
        if (tag->kid[i].tag == NULL)
            home = tag->kid[i].page;
    b->n = 0;
    tf_buf_printf(b, "<</Type/StructElem/S/%s/P %zu 0 R", tag->type, up);
    if (home != SIZE_MAX)
        tf_buf_printf(b, "/Pg %zu 0 R", page_object[home]);
    write_text(b, "/Alt", tag->alt);
    write_text(b, "/Lang", tag->lang);
    write_text(b, "/T", tag->title);
    write_text(b, "/ID", tag->id);
    write_attributes(b, tag);
    write_kids(b, tag, page_object, home);
    tf_buf_add(b, ">>");
    tf_pdf_object(pdf, tag->object, b->s, b->n);
    for (size_t i = 0; i < tag->n_kids; i++)
        if (tag->kid[i].tag != NULL && tag->kid[i].tag->live)
            write_tag(pdf, b, tag->kid[i].tag, tag->object, page_object);
}

/* Page by page, then link by link: marked content -> tag. Returns the object's number. */
static size_t parent_tree(struct tf_tags *tags, struct tf_pdf *pdf, struct tf_buf *b,
                          size_t n_pages)
{
    struct tf_buf nums = {.arena = tags->arena};
    tf_buf_add(&nums, "<</Nums[");
    for (size_t p = 0; p < n_pages; p++) {
        b->n = 0;
        tf_buf_char(b, '[');
        for (size_t i = 0; p < tags->n_pages && i < tags->page[p].n; i++)
            tf_buf_printf(b, "%zu 0 R ", tags->page[p].tag[i]->object);
        tf_buf_char(b, ']');
        const size_t object = tf_pdf_reserve(pdf);
        tf_pdf_object(pdf, object, b->s, b->n);
        tf_buf_printf(&nums, "%zu %zu 0 R ", p, object);
    }
    for (size_t i = 0; i < tags->n_links; i++)
        tf_buf_printf(&nums, "%zu %zu 0 R ", n_pages + i, tags->link[i]->object);
    tf_buf_add(&nums, "]>>");
    const size_t self = tf_pdf_reserve(pdf);
    tf_pdf_object(pdf, self, nums.s, nums.n);
    return self;
}

struct named {
    const char *id;
    size_t object;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->id, ((const struct named *)b)->id);
}

static void collect_ids(const struct tf_tag *tag, struct tf_arena *a, struct named **list,
                        size_t *n, size_t *cap)
{
    if (!tag->live)
        return;
    if (tag->id != NULL) {
        *list = tf_grow(a, *list, *n, cap, sizeof **list);
        (*list)[(*n)++] = (struct named){.id = tag->id, .object = tag->object};
    }
    for (size_t i = 0; i < tag->n_kids; i++)
        if (tag->kid[i].tag != NULL)
            collect_ids(tag->kid[i].tag, a, list, n, cap);
}

size_t tf_tags_write(struct tf_tags *tags, struct tf_pdf *pdf, const size_t *page_object,
                     size_t n_pages)
{
    struct tf_buf b = {.arena = tags->arena};
    struct named *named = NULL;
    size_t n_named = 0, cap_named = 0;
    const size_t root = tf_pdf_reserve(pdf);
    tags->root->keep_empty = true;
    (void)number(tags, pdf, tags->root);
    write_tag(pdf, &b, tags->root, root, page_object);
    const size_t parents = parent_tree(tags, pdf, &b, n_pages);
    collect_ids(tags->root, tags->arena, &named, &n_named, &cap_named);
    if (n_named > 1)
        qsort(named, n_named, sizeof *named, by_id);
    b.n = 0;
    tf_buf_printf(&b, "<</Type/StructTreeRoot/K %zu 0 R/ParentTree %zu 0 R/ParentTreeNextKey %zu",
                  tags->root->object, parents, n_pages + tags->n_links);
    if (n_named > 0) {
        tf_buf_add(&b, "/IDTree<</Kids[<</Limits[");
        tf_pdf_text(&b, named[0].id, strlen(named[0].id));
        tf_pdf_text(&b, named[n_named - 1].id, strlen(named[n_named - 1].id));
        tf_buf_add(&b, "]/Names[");
        for (size_t i = 0; i < n_named; i++) {
            tf_pdf_text(&b, named[i].id, strlen(named[i].id));
            tf_buf_printf(&b, "%zu 0 R ", named[i].object);
        }
        tf_buf_add(&b, "]>>]>>");
    }
    tf_buf_add(&b, ">>");
    tf_pdf_object(pdf, root, b.s, b.n);
    return root;
}
