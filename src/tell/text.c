/* Markdown to the document tree.
 *
 * cmark-gfm parses (tables and footnotes on, strikethrough off) and gives a tree with source lines.
 * A block's inlines are flattened to tokens, since cmark splits texts at every special character and
 * a reference may be cut in pieces; neighbouring texts are joined, references found in them, and an
 * {{ if }} may span inlines as long as it opens and closes at one depth. Values enter as tree nodes,
 * never as Markdown, so no value can break the markup.
 *
 *     [text "Girls {{ est x "] [open strong] … [close]   ->   pieces: typed, live, typed, …
 *
 * Places: cmark's columns are off after line breaks and inside tables, so the column of a reference is
 * found in the source: its characters are searched from where the last one ended. */
#include <string.h>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm-extension_api.h>

#include "tell/text_inside.h"

static struct tf_span span_of(struct tf_reader *r, cmark_node *node)
{
    const int first = cmark_node_get_start_line(node), last = cmark_node_get_end_line(node);
    return tf_span_lines(r->b, r->file, r->line0 + (size_t)(first < 1 ? 1 : first),
                         r->line0 + (size_t)(last < first ? first : last));
}

/* ---- blocks ---- */
static bool inlines_blank(const struct tf_inline *in)
{
    for (; in != NULL; in = in->next)
        if (in->kind != TF_I_TEXT || !tf_is_blank(in->text))
            return false;
    return true;
}

/* A paragraph that holds quotes and nothing else becomes blocks of their own. */
static bool only_quotes(const struct tf_inline *in)
{
    bool any = false;
    for (; in != NULL; in = in->next) {
        const bool quote = in->kind == TF_I_NUM && tf_starts(in->ref, "quote:");
        if (!quote && !(in->kind == TF_I_TEXT && tf_is_blank(in->text)))
            return false;
        any = any || quote;
    }
    return any;
}

/* A quote inside a sentence or a cell carries its attribution there. */
static void attribute(struct tf_build *b, struct tf_inline *in)
{
    for (; in != NULL; in = in->next) {
        if (in->kind == TF_I_NUM && tf_starts(in->ref, "quote:")) {
            const struct tf_quote *q = tf_release_quote(b->release, in->ref + strlen("quote:"));
            if (q != NULL)
                in->text = tf_printf(b->arena, "%s (%s)", in->text, q->attribution);
        }
        attribute(b, in->child);
    }
}

static void quote_blocks(struct tf_reader *r, struct tf_inline *in, struct tf_block ***tail)
{
    struct tf_build *b = r->b;
    for (struct tf_inline *next; in != NULL; in = next) {
        next = in->next;
        if (in->kind != TF_I_NUM)
            continue;
        const struct tf_quote *q = tf_release_quote(b->release, in->ref + strlen("quote:"));
        struct tf_block *block = tf_block_add(b->arena, tail, TF_B_QUOTE);
        block->strand = TF_CONTEXT;
        struct tf_block **child = &block->child;
        struct tf_inline **text = &tf_block_add(b->arena, &child, TF_B_PARA)->inlines;
        (void)tf_inline_add(b->arena, &text, TF_I_TEXT, in->text);
        struct tf_inline **from = &block->inlines;
        in->next = NULL;
        in->text = tf_printf(b->arena, "%s%s", q->attribution,
                             b->study->synthetic ? " (synthetic)" : "");
        *from = in;
    }
}

static bool is_vietnamese(const struct tf_inline *in)
{
    struct tf_buf text = {0};
    size_t marks = 0;
    for (; in != NULL; in = in->next) {
        const size_t n = in->text == NULL ? 0 : strlen(in->text);
        for (size_t at = 0, len; at < n; at += len) {
            uint32_t cp;
            len = tf_utf8_next(in->text + at, n - at, &cp);
            if (len == 0)
                break;
            marks += (cp >= 0x1EA0 && cp <= 0x1EF9) || cp == 0x1A1 || cp == 0x1B0;
        }
    }
    (void)text;
    return marks >= 3;
}

/* The language of a block whose text is all in one other script. */
static const char *lang_of(const struct tf_build *b, const struct tf_inline *first)
{
    const char *lang = NULL;
    if (is_vietnamese(first))
        return strcmp(b->lang, "vi") == 0 ? NULL : "vi";
    for (const struct tf_inline *in = first; in != NULL; in = in->next) {
        if (in->kind != TF_I_TEXT)
            continue;
        if (in->lang == NULL ? !tf_is_blank(in->text) : lang != NULL && strcmp(lang, in->lang) != 0)
            return NULL;
        if (in->lang != NULL)
            lang = in->lang;
    }
    return lang;
}

static void paragraph(struct tf_reader *r, cmark_node *node, struct tf_block ***tail)
{
    tf_reader_fresh(r);
    tf_reader_gather(r, node);
    struct tf_inline *in = tf_reader_inlines(r, span_of(r, node));
    if (inlines_blank(in))
        return;
    if (only_quotes(in)) {
        quote_blocks(r, in, tail);
        return;
    }
    attribute(r->b, in);
    struct tf_block *block = tf_block_add(r->b->arena, tail, TF_B_PARA);
    block->inlines = in;
    block->lang = lang_of(r->b, in);
    block->file = r->file;
    block->line = r->line0 + (size_t)cmark_node_get_start_line(node);
}

static void heading(struct tf_reader *r, cmark_node *node, struct tf_block ***tail)
{
    tf_reader_fresh(r);
    tf_reader_gather(r, node);
    struct tf_block *block = tf_block_add(r->b->arena, tail, TF_B_HEADING);
    block->level = cmark_node_get_heading_level(node);
    block->id = tf_reader_id(r);
    block->number = tf_reader_number(r);
    r->b->in_heading = true;
    block->inlines = tf_reader_inlines(r, span_of(r, node));
    r->b->in_heading = false;
    block->file = r->file;
    block->line = r->line0 + (size_t)cmark_node_get_start_line(node);
}

/* Call-outs: the mark of their first line, its label, the class. */
static const struct {
    const char *mark, *kicker, *style;
} callouts[] = {{"[!finding]", "Key finding", "finding"},
                {"[!voices]", "In children\xE2\x80\x99s words", "voices"},
                {"[!how]", "How we know", "how"},
                {"[!do]", "What to do", "do"},
                {"[!warning]", "Content warning", "warning"}};

static bool callout(struct tf_reader *r, cmark_node *node, struct tf_block ***tail)
{
    struct tf_build *b = r->b;
    cmark_node *first = cmark_node_first_child(node);
    if (first == NULL || cmark_node_get_type(first) != CMARK_NODE_PARAGRAPH)
        return false;
    tf_reader_fresh(r);
    tf_reader_gather(r, first);
    if (r->n_tokens == 0 || r->token[0].kind != T_TEXT || !tf_starts(r->token[0].text.s, "[!"))
        return false;
    size_t k = 0;
    const size_t n_kinds = sizeof callouts / sizeof *callouts;
    while (k < n_kinds && !tf_starts(r->token[0].text.s, callouts[k].mark))
        k++;
    struct tf_span span = span_of(r, first);
    if (k == n_kinds) {
        size_t line = 0, column = 0;
        tf_span_find(&span, "[!", &line, &column);
        tf_notice_add(b->notices, TF_ERROR, "call-out", r->file, line, column,
                      "Write [!finding], [!voices], [!how], [!do] or [!warning].",
                      "there is no such call-out");
        return true;
    }
    const char *rest = r->token[0].text.s + strlen(callouts[k].mark);
    struct tf_buf text = {.arena = b->arena};
    tf_buf_add(&text, *rest == '\n' || *rest == ' ' ? rest + 1 : rest);
    r->token[0].text = text;
    struct tf_block *block = tf_block_add(b->arena, tail, TF_B_CALLOUT);
    block->kicker = callouts[k].kicker;
    block->style = callouts[k].style;
    struct tf_block **child = &block->child;
    struct tf_inline *in = tf_reader_inlines(r, span);
    if (only_quotes(in)) {
        quote_blocks(r, in, &child);
    } else if (!inlines_blank(in)) {
        attribute(b, in);
        tf_block_add(b->arena, &child, TF_B_PARA)->inlines = in;
    }
    cmark_node_unlink(first);
    *child = tf_reader_blocks(r, node);
    (void)cmark_node_prepend_child(node, first); /* the tree frees it */
    return true;
}

static void table(struct tf_reader *r, cmark_node *node, struct tf_block ***tail)
{
    struct tf_build *b = r->b;
    const uint8_t *align = cmark_gfm_extensions_get_table_alignments(node);
    const size_t n_cols = cmark_gfm_extensions_get_table_columns(node);
    size_t n_rows = 0, i = 0;
    for (cmark_node *row = cmark_node_first_child(node); row != NULL; row = cmark_node_next(row))
        n_rows++;
    struct tf_block *block = tf_block_add(b->arena, tail, TF_B_TABLE);
    struct tf_doc_table *t = tf_table_plain(b, n_rows, n_cols);
    struct tf_span span = span_of(r, node);
    block->table = t;
    block->style = "text";
    block->file = r->file;
    block->line = span.line;
    t->n_head = 1;
    t->row_heads = true;
    b->in_table = true;
    for (cmark_node *row = cmark_node_first_child(node); row != NULL;
         row = cmark_node_next(row), i++) {
        size_t j = 0;
        for (cmark_node *cell = cmark_node_first_child(row); cell != NULL && j < n_cols;
             cell = cmark_node_next(cell), j++) {
            const int line = cmark_node_get_start_line(row);
            struct tf_table_cell *c = &t->cell[i * n_cols + j];
            tf_reader_fresh(r);
            tf_reader_gather(r, cell);
            struct tf_span at = tf_span_lines(b, r->file, r->line0 + (size_t)(line < 1 ? 1 : line),
                                              r->line0 + (size_t)(line < 1 ? 1 : line));
            if (at.cursor < span.cursor && span.cursor <= at.end)
                at.cursor = span.cursor;
            c->inlines = tf_reader_inlines(r, line > 0 ? at : span);
            span.cursor = at.cursor;
            attribute(b, c->inlines);
            c->head = i == 0 || j == 0;
            c->align = align[j] == 'r' || align[j] == 'c' ? (char)align[j] : 'l';
            if (i > 0)
                c->lang = lang_of(b, c->inlines);
        }
    }
    b->in_table = false;
}

static void fenced(struct tf_reader *r, cmark_node *node, struct tf_block ***tail)
{
    struct tf_build *b = r->b;
    const char *info = cmark_node_get_fence_info(node);
    const size_t line = r->line0 + (size_t)cmark_node_get_start_line(node);
    struct tf_fence fence;
    if (tf_is_blank(info)) {
        struct tf_inline **in = &tf_block_add(b->arena, tail, TF_B_PARA)->inlines;
        (void)tf_inline_add(b->arena, &in, TF_I_CODE,
                            tf_strdup(b->arena, cmark_node_get_literal(node)));
        return;
    }
    if (tf_fence_parse(b, r->file, line, tf_strdup(b->arena, info),
                       tf_strdup(b->arena, cmark_node_get_literal(node)), &fence))
        tf_fence_block(b, &fence, tail);
}

static void block_of(struct tf_reader *r, cmark_node *node, struct tf_block ***tail)
{
    struct tf_arena *a = r->b->arena;
    const cmark_node_type type = cmark_node_get_type(node);
    struct tf_block *block;
    if (type == CMARK_NODE_PARAGRAPH) {
        paragraph(r, node, tail);
    } else if (type == CMARK_NODE_HEADING) {
        heading(r, node, tail);
    } else if (strcmp(cmark_node_get_type_string(node), "table") == 0) {
        table(r, node, tail);
    } else if (type == CMARK_NODE_CODE_BLOCK) {
        fenced(r, node, tail);
    } else if (type == CMARK_NODE_THEMATIC_BREAK) {
        (void)tf_block_add(a, tail, TF_B_RULE);
    } else if (type == CMARK_NODE_LIST || type == CMARK_NODE_ITEM) {
        struct tf_block *child = tf_reader_blocks(r, node);
        if (child == NULL)
            return; /* every item stood in a branch not taken */
        block = tf_block_add(a, tail, type == CMARK_NODE_LIST ? TF_B_LIST : TF_B_ITEM);
        block->ordered = type == CMARK_NODE_LIST &&
                         cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
        block->child = child;
    } else if (type == CMARK_NODE_BLOCK_QUOTE) {
        if (callout(r, node, tail))
            return;
        struct tf_block *child = tf_reader_blocks(r, node);
        tf_block_add(a, tail, TF_B_QUOTE)->child = child;
    } else if (type == CMARK_NODE_HTML_BLOCK) {
        const char *html = cmark_node_get_literal(node);
        if (tf_starts(html, "<!--"))
            return;
        tf_notice_add(r->b->notices, TF_ERROR, "raw-html", r->file,
                      r->line0 + (size_t)cmark_node_get_start_line(node), 1, "Write Markdown.",
                      "raw HTML is not taken: a report is made in several forms");
    }
}

struct tf_block *tf_reader_blocks(struct tf_reader *r, cmark_node *parent)
{
    struct tf_block *first = NULL, **tail = &first;
    for (cmark_node *n = cmark_node_first_child(parent); n != NULL; n = cmark_node_next(n))
        if (cmark_node_get_type(n) != CMARK_NODE_FOOTNOTE_DEFINITION)
            block_of(r, n, &tail);
    return first;
}

/* ---- parsing ---- */
static void free_parser(void *p)
{
    cmark_parser_free(p);
}
static void free_node(void *p)
{
    cmark_node_free(p);
}

static cmark_node *parse(struct tf_build *b, const char *text, size_t n)
{
    cmark_gfm_core_extensions_ensure_registered();
    cmark_parser *parser = cmark_parser_new(CMARK_OPT_FOOTNOTES | CMARK_OPT_SMART |
                                            CMARK_OPT_UNSAFE);
    tf_arena_defer(b->arena, free_parser, parser);
    cmark_syntax_extension *tables = cmark_find_syntax_extension("table");
    if (tables != NULL)
        cmark_parser_attach_syntax_extension(parser, tables);
    cmark_parser_feed(parser, text, n);
    cmark_node *doc = cmark_parser_finish(parser);
    tf_arena_defer(b->arena, free_node, doc);
    return doc;
}

struct tf_block *tf_text_blocks(struct tf_build *b, const char *file, const char *text, size_t n,
                                size_t first_line)
{
    struct tf_reader *r = TF_NEW(b->arena, struct tf_reader);
    cmark_node *doc = parse(b, text, n);
    *r = (struct tf_reader){.b = b, .file = file, .line0 = first_line - 1};
    (void)tf_source_add(b, file, text, n, first_line);
    for (cmark_node *k = cmark_node_first_child(doc); k != NULL; k = cmark_node_next(k))
        if (cmark_node_get_type(k) == CMARK_NODE_FOOTNOTE_DEFINITION && r->n_notes < 255)
            r->note[r->n_notes++] = k;
    return tf_reader_blocks(r, doc);
}

struct tf_inline *tf_text_inlines(struct tf_build *b, const char *file, const char *text,
                                  size_t line)
{
    struct tf_reader *r = TF_NEW(b->arena, struct tf_reader);
    cmark_node *doc = parse(b, text, strlen(text)), *para = cmark_node_first_child(doc);
    *r = (struct tf_reader){.b = b, .file = file};
    if (para == NULL)
        return NULL;
    /* a title such as "2 of …" reads as a list: look for the first block with inlines */
    while (cmark_node_get_type(para) != CMARK_NODE_PARAGRAPH &&
           cmark_node_get_type(para) != CMARK_NODE_HEADING && cmark_node_first_child(para) != NULL)
        para = cmark_node_first_child(para);
    tf_reader_gather(r, para);
    struct tf_inline *in = tf_reader_inlines(r, tf_span_lines(b, file, line, line + 3));
    attribute(b, in);
    return in;
}

char *tf_text_plain(struct tf_build *b, const char *file, const char *text, size_t line)
{
    struct tf_buf out = {.arena = b->arena};
    if (text == NULL)
        return NULL;
    tf_inline_text(tf_text_inlines(b, file, text, line), &out);
    return tf_strdup(b->arena, tf_buf_text(&out));
}
