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
#include <cmark-gfm.h>

#include "tell/build.h"

/* ---- sources ---- */
const struct tf_source *tf_source_add(struct tf_build *b, const char *file, const char *text,
                                      size_t n, size_t first_line)
{
    for (size_t k = 0; k < b->n_sources; k++)
        if (strcmp(b->source[k].file, file) == 0 && b->source[k].first_line <= first_line)
            return &b->source[k];
    b->source = tf_grow(b->arena, b->source, b->n_sources, &b->cap_sources, sizeof *b->source);
    b->source[b->n_sources] = (struct tf_source){file, text, n, first_line};
    return &b->source[b->n_sources++];
}

struct tf_span tf_span_lines(struct tf_build *b, const char *file, size_t line, size_t last_line)
{
    static const struct tf_source none = {"", "", 0, 1};
    struct tf_span span = {.source = &none, .line = line};
    for (size_t k = 0; k < b->n_sources; k++)
        if (strcmp(b->source[k].file, file) == 0)
            span.source = &b->source[k];
    const struct tf_source *s = span.source;
    size_t row = s->first_line, at = 0;
    while (row < line && at < s->n)
        if (s->text[at++] == '\n')
            row++;
    span.cursor = at;
    while (row <= last_line && at < s->n)
        if (s->text[at++] == '\n')
            row++;
    span.end = at;
    return span;
}

static void place_of(const struct tf_span *span, size_t at, size_t *ret_line, size_t *ret_column)
{
    const struct tf_source *s = span->source;
    size_t line = s->first_line, start = 0;
    for (size_t k = 0; k < at; k++)
        if (s->text[k] == '\n') {
            line++;
            start = k + 1;
        }
    *ret_line = line;
    *ret_column = at - start + 1;
}

void tf_span_find(struct tf_span *span, const char *snippet, size_t *ret_line, size_t *ret_column)
{
    const size_t n = strcspn(snippet, "\n"); /* a reference over two lines: its first is enough */
    for (size_t at = span->cursor; n > 0 && at + n <= span->end; at++)
        if (memcmp(span->source->text + at, snippet, n) == 0) {
            place_of(span, at, ret_line, ret_column);
            span->cursor = at + n;
            return;
        }
    if (*ret_line == 0) {
        *ret_line = span->line;
        *ret_column = 1;
    }
}

/* ---- tokens of a block ---- */
enum token_kind { T_TEXT, T_OPEN, T_CLOSE, T_CODE, T_NOTE, T_BREAK };
struct token {
    enum token_kind kind;
    struct tf_buf text;
    enum tf_inline_kind as;
    const char *href;
};
struct reader {
    struct tf_build *b;
    const char *file;
    size_t line0; /* add to cmark's lines */
    struct token *token;
    size_t n_tokens, cap_tokens;
    cmark_node *note[256]; /* footnote definitions, in order */
    size_t note_index[256]; /* 1 + index in doc->note once printed */
    size_t n_notes;
};

static struct token *token(struct reader *r, enum token_kind kind)
{
    r->token = tf_grow(r->b->arena, r->token, r->n_tokens, &r->cap_tokens, sizeof *r->token);
    struct token *t = &r->token[r->n_tokens++];
    *t = (struct token){.kind = kind, .text = {.arena = r->b->arena}};
    return t;
}

static void add_text(struct reader *r, const char *s)
{
    struct token *last = r->n_tokens > 0 ? &r->token[r->n_tokens - 1] : NULL;
    if (last == NULL || last->kind != T_TEXT)
        last = token(r, T_TEXT);
    tf_buf_add(&last->text, s);
}

static void gather(struct reader *r, cmark_node *parent);
static void gather_one(struct reader *r, cmark_node *node)
{
    struct tf_arena *a = r->b->arena;
    const char *literal = cmark_node_get_literal(node);
    struct token *t;
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_TEXT: add_text(r, literal); return;
    case CMARK_NODE_SOFTBREAK: add_text(r, "\n"); return;
    case CMARK_NODE_LINEBREAK: (void)token(r, T_BREAK); return;
    case CMARK_NODE_CODE: tf_buf_add(&token(r, T_CODE)->text, literal); return;
    case CMARK_NODE_FOOTNOTE_REFERENCE: tf_buf_add(&token(r, T_NOTE)->text, literal); return;
    case CMARK_NODE_HTML_INLINE:
        tf_notice_add(r->b->notices, TF_ERROR, "raw-html", r->file,
                      r->line0 + (size_t)cmark_node_get_start_line(node),
                      (size_t)cmark_node_get_start_column(node), "Write Markdown.",
                      "raw HTML '%s' is not taken: a report is made in several forms", literal);
        return;
    default: break;
    }
    const cmark_node_type type = cmark_node_get_type(node);
    t = token(r, T_OPEN);
    t->as = type == CMARK_NODE_STRONG ? TF_I_STRONG
            : type == CMARK_NODE_EMPH ? TF_I_EMPH : TF_I_LINK;
    if (t->as == TF_I_LINK)
        t->href = tf_strdup(a, cmark_node_get_url(node) == NULL ? "" : cmark_node_get_url(node));
    gather(r, node);
    (void)token(r, T_CLOSE);
}

static void gather(struct reader *r, cmark_node *parent)
{
    for (cmark_node *n = cmark_node_first_child(parent); n != NULL; n = cmark_node_next(n))
        gather_one(r, n);
}

/* ---- tokens to inlines ---- */
struct branch {
    bool taken, was_taken, elsed, test, majority;
    size_t depth;
    const char *raw;
    size_t line, column;
};
struct maker { /* state while one block's inlines are made */
    struct reader *r;
    struct tf_span span;
    struct tf_inline *first, **tail[32];
    size_t depth, skip_depth;
    struct branch branch[16];
    size_t n_branches;
    struct tf_piece *piece;
    size_t n_pieces, cap_pieces;
};

static bool taken(const struct maker *m)
{
    for (size_t k = 0; k < m->n_branches; k++)
        if (!m->branch[k].taken)
            return false;
    return true;
}

static struct tf_piece *piece(struct maker *m, const char *text)
{
    struct tf_build *b = m->r->b;
    m->piece = tf_grow(b->arena, m->piece, m->n_pieces, &m->cap_pieces, sizeof *m->piece);
    struct tf_piece *p = &m->piece[m->n_pieces++];
    *p = (struct tf_piece){.text = text, .skipped = !taken(m)};
    place_of(&m->span, m->span.cursor, &p->line, &p->column);
    for (size_t k = 0; k < m->n_branches; k++) {
        p->test = p->test || m->branch[k].test;
        p->majority = p->majority || (m->branch[k].majority && !m->branch[k].elsed);
    }
    return p;
}

static const char *script_of(uint32_t cp)
{
    if ((cp >= 0x1780 && cp <= 0x17FF) || (cp >= 0x19E0 && cp <= 0x19FF))
        return "km";
    if (cp >= 0x0E00 && cp <= 0x0E7F)
        return "th";
    if ((cp >= 0x1200 && cp <= 0x139F) || (cp >= 0x2D80 && cp <= 0x2DDF))
        return "am";
    return cp < 0x80 && !((cp | 32) >= 'a' && (cp | 32) <= 'z') ? NULL : "";
}

/* Typed text, cut where the script changes so that each passage carries its language. */
static void emit_text(struct maker *m, const char *s)
{
    struct tf_build *b = m->r->b;
    const size_t n = strlen(s);
    size_t from = 0;
    const char *lang = "";
    for (size_t at = 0; at <= n;) {
        uint32_t cp = 0;
        const size_t len = at < n ? tf_utf8_next(s + at, n - at, &cp) : 0;
        const char *script = len == 0 ? NULL : script_of(cp);
        if (len == 0 || (script != NULL && strcmp(script, lang) != 0)) {
            if (at > from) {
                struct tf_inline *in = tf_inline_add(b->arena, &m->tail[m->depth], TF_I_TEXT,
                                                     tf_strndup(b->arena, s + from, at - from));
                in->lang = *lang == '\0' || strcmp(lang, b->lang) == 0 ? NULL : lang;
            }
            from = at;
            if (script != NULL)
                lang = script;
        }
        if (len == 0)
            break;
        at += len;
    }
}

static void typed(struct maker *m, const char *s, size_t n)
{
    char *text = tf_strndup(m->r->b->arena, s, n);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\n')
            *p = ' ';
    if (n == 0)
        return;
    (void)piece(m, text);
    if (taken(m))
        emit_text(m, text);
}

static void fault(struct maker *m, size_t line, size_t column, const char *help, const char *what)
{
    tf_notice_add(m->r->b->notices, TF_ERROR, "reference", m->r->file, line, column, help, "%s",
                  what);
}

static void open_branch(struct maker *m, const struct tf_ref *ref)
{
    if (m->n_branches == sizeof m->branch / sizeof *m->branch) {
        fault(m, ref->line, ref->column, "Make it two sentences.", "too many {{ if }} in a row");
        return;
    }
    const bool yes = taken(m) && tf_ref_if(m->r->b, ref, m->r->file);
    const char *test = ref->word[0];
    m->branch[m->n_branches++] = (struct branch){
        .taken = yes, .was_taken = yes, .depth = m->depth, .raw = ref->raw, .line = ref->line,
        .column = ref->column, .test = strcmp(test, "sig") == 0 || strcmp(test, "more") == 0,
        .majority = strcmp(test, "majority") == 0};
}

static void turn_branch(struct maker *m, const struct tf_ref *ref)
{
    struct branch *last = m->n_branches == 0 ? NULL : &m->branch[m->n_branches - 1];
    if (last == NULL || (ref->kind == TF_REF_ELSE && last->elsed)) {
        fault(m, ref->line, ref->column, NULL,
              tf_printf(m->r->b->arena, "%s has no {{ if … }}", ref->raw));
        return;
    }
    if (last->depth != m->depth)
        fault(m, ref->line, ref->column, "Put the whole {{ if }} inside or outside the bold text.",
              tf_printf(m->r->b->arena, "%s stands at another depth than its {{ if … }}",
                        ref->raw));
    if (ref->kind == TF_REF_END) {
        m->n_branches--;
        return;
    }
    last->elsed = true;
    last->taken = !last->was_taken;
}

static void reference(struct maker *m, const char *raw)
{
    struct tf_build *b = m->r->b;
    struct tf_ref ref;
    size_t line = 0, column = 0;
    tf_span_find(&m->span, raw, &line, &column);
    if (!tf_ref_parse(b, &m->span, raw, line, column, &ref))
        return;
    if (ref.kind == TF_REF_IF) {
        open_branch(m, &ref);
        return;
    }
    if (ref.kind == TF_REF_ELSE || ref.kind == TF_REF_END) {
        turn_branch(m, &ref);
        return;
    }
    if (!taken(m))
        return;
    const struct tf_printed *printed = NULL;
    struct tf_inline *in = tf_ref_inline(b, &ref, m->r->file, &printed);
    if (in == NULL)
        return;
    *m->tail[m->depth] = in;
    m->tail[m->depth] = &in->next;
    struct tf_piece *p = piece(m, in->text == NULL ? "" : in->text);
    p->live = true;
    p->printed = printed;
    p->line = line;
    p->column = column;
}

static void text_token(struct maker *m, const char *s)
{
    for (;;) {
        const char *open = strstr(s, "{{");
        if (open == NULL) {
            typed(m, s, strlen(s));
            return;
        }
        typed(m, s, (size_t)(open - s));
        const char *close = strstr(open, "}}");
        const char *again = strstr(open + 2, "{{");
        if (close == NULL || (again != NULL && again < close)) {
            size_t line = 0, column = 0;
            tf_span_find(&m->span, "{{", &line, &column);
            fault(m, line, column, "End it with }}.", "a reference is opened and not closed");
            s = open + 2;
            continue;
        }
        reference(m, tf_strndup(m->r->b->arena, open, (size_t)(close + 2 - open)));
        s = close + 2;
    }
}

static struct tf_block *blocks_of(struct reader *r, cmark_node *parent);

/* The footnote a mark stands for; its text is read when first marked, so that a note in a branch
 * not taken is not printed. */
static void note_token(struct maker *m, const char *number)
{
    struct reader *r = m->r;
    struct tf_build *b = r->b;
    int64_t k;
    if (!taken(m) || !tf_parse_int(number, &k) || k < 1 || (size_t)k > r->n_notes)
        return;
    if (r->note_index[k - 1] == 0) {
        struct reader inner = *r;
        inner.token = NULL;
        inner.n_tokens = inner.cap_tokens = 0;
        b->doc->note = tf_grow(b->arena, b->doc->note, b->doc->n_notes, &b->cap_notes,
                               sizeof *b->doc->note);
        const size_t index = b->doc->n_notes++;
        b->doc->note[index] = (struct tf_note){.number = NULL};
        r->note_index[k - 1] = index + 1;
        struct tf_block *body = blocks_of(&inner, r->note[k - 1]);
        b->doc->note[index].body = body;
    }
    struct tf_inline *in = tf_inline_add(b->arena, &m->tail[m->depth], TF_I_NOTE, NULL);
    in->note = r->note_index[k - 1] - 1;
}

static void make_token(struct maker *m, const struct token *t)
{
    struct tf_build *b = m->r->b;
    switch (t->kind) {
    case T_TEXT: text_token(m, tf_buf_text(&t->text)); return;
    case T_NOTE: note_token(m, tf_buf_text(&t->text)); return;
    case T_CODE:
        if (taken(m))
            (void)tf_inline_add(b->arena, &m->tail[m->depth], TF_I_CODE, tf_buf_text(&t->text));
        return;
    case T_BREAK:
        (void)piece(m, " ");
        if (taken(m))
            (void)tf_inline_add(b->arena, &m->tail[m->depth], TF_I_BREAK, NULL);
        return;
    case T_OPEN:
        if (taken(m) && m->skip_depth == 0 && m->depth + 1 < 32) {
            struct tf_inline *in = tf_inline_add(b->arena, &m->tail[m->depth], t->as, NULL);
            in->href = t->href;
            m->tail[++m->depth] = &in->child;
        } else {
            m->skip_depth++;
        }
        return;
    case T_CLOSE:
        if (m->skip_depth > 0)
            m->skip_depth--;
        else if (m->depth > 0)
            m->depth--;
        return;
    default: return;
    }
}

/* The id at the end of a heading, `{#id}`, taken out of its last text. */
static const char *take_id(struct reader *r)
{
    struct token *last = r->n_tokens == 0 ? NULL : &r->token[r->n_tokens - 1];
    if (last == NULL || last->kind != T_TEXT)
        return NULL;
    char *open = strstr(last->text.s, "{#"), *next;
    while (open != NULL && (next = strstr(open + 1, "{#")) != NULL)
        open = next;
    char *close = open == NULL ? NULL : strchr(open, '}');
    if (close == NULL || !tf_is_blank(close + 1))
        return NULL;
    const char *id = tf_strndup(r->b->arena, open + 2, (size_t)(close - open - 2));
    *open = '\0';
    while (open > last->text.s && open[-1] == ' ')
        *--open = '\0';
    last->text.n = (size_t)(open - last->text.s);
    return id;
}

/* A section number typed before a heading ("2.2 Title"). */
static const char *take_number(struct reader *r)
{
    struct token *t = r->n_tokens == 0 ? NULL : &r->token[0];
    if (t == NULL || t->kind != T_TEXT)
        return NULL;
    const char *s = tf_buf_text(&t->text);
    const size_t n = strspn(s, "0123456789.");
    if (n == 0 || s[n] != ' ' || *s == '.')
        return NULL;
    const char *number = tf_strndup(r->b->arena, s, s[n - 1] == '.' ? n - 1 : n);
    struct tf_buf rest = {.arena = r->b->arena};
    tf_buf_add(&rest, s + n + 1);
    t->text = rest;
    return number;
}

/* Inlines from the tokens gathered; lints and keeps uses. */
static struct tf_inline *make_inlines(struct reader *r, struct tf_span span)
{
    struct maker m = {.r = r, .span = span};
    m.tail[0] = &m.first;
    struct token *tokens = r->token; /* a footnote read on the way has its own list */
    const size_t n = r->n_tokens;
    for (size_t k = 0; k < n; k++)
        make_token(&m, &tokens[k]);
    if (m.n_branches > 0) {
        const struct branch *open = &m.branch[m.n_branches - 1];
        fault(&m, open->line, open->column, "An {{ if … }} ends in the same paragraph.",
              tf_printf(r->b->arena, "%s has no {{ end }}", open->raw));
    }
    tf_lint_pieces(r->b, r->file, m.piece, m.n_pieces);
    tf_uses_keep(r->b, r->file, m.piece, m.n_pieces);
    return m.first;
}

static void fresh(struct reader *r)
{
    r->token = NULL;
    r->n_tokens = r->cap_tokens = 0;
}

static struct tf_span span_of(struct reader *r, cmark_node *node)
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

static void quote_blocks(struct reader *r, struct tf_inline *in, struct tf_block ***tail)
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

static void paragraph(struct reader *r, cmark_node *node, struct tf_block ***tail)
{
    fresh(r);
    gather(r, node);
    struct tf_inline *in = make_inlines(r, span_of(r, node));
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

static void heading(struct reader *r, cmark_node *node, struct tf_block ***tail)
{
    fresh(r);
    gather(r, node);
    struct tf_block *block = tf_block_add(r->b->arena, tail, TF_B_HEADING);
    block->level = cmark_node_get_heading_level(node);
    block->id = take_id(r);
    block->number = take_number(r);
    r->b->in_heading = true;
    block->inlines = make_inlines(r, span_of(r, node));
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

static bool callout(struct reader *r, cmark_node *node, struct tf_block ***tail)
{
    struct tf_build *b = r->b;
    cmark_node *first = cmark_node_first_child(node);
    if (first == NULL || cmark_node_get_type(first) != CMARK_NODE_PARAGRAPH)
        return false;
    fresh(r);
    gather(r, first);
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
    struct tf_inline *in = make_inlines(r, span);
    if (only_quotes(in)) {
        quote_blocks(r, in, &child);
    } else if (!inlines_blank(in)) {
        attribute(b, in);
        tf_block_add(b->arena, &child, TF_B_PARA)->inlines = in;
    }
    cmark_node_unlink(first);
    *child = blocks_of(r, node);
    (void)cmark_node_prepend_child(node, first); /* the tree frees it */
    return true;
}

static void table(struct reader *r, cmark_node *node, struct tf_block ***tail)
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
            fresh(r);
            gather(r, cell);
            struct tf_span at = tf_span_lines(b, r->file, r->line0 + (size_t)(line < 1 ? 1 : line),
                                              r->line0 + (size_t)(line < 1 ? 1 : line));
            if (at.cursor < span.cursor && span.cursor <= at.end)
                at.cursor = span.cursor;
            c->inlines = make_inlines(r, line > 0 ? at : span);
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

static void fenced(struct reader *r, cmark_node *node, struct tf_block ***tail)
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

static void block_of(struct reader *r, cmark_node *node, struct tf_block ***tail)
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
        struct tf_block *child = blocks_of(r, node);
        if (child == NULL)
            return; /* every item stood in a branch not taken */
        block = tf_block_add(a, tail, type == CMARK_NODE_LIST ? TF_B_LIST : TF_B_ITEM);
        block->ordered = type == CMARK_NODE_LIST &&
                         cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
        block->child = child;
    } else if (type == CMARK_NODE_BLOCK_QUOTE) {
        if (callout(r, node, tail))
            return;
        struct tf_block *child = blocks_of(r, node);
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

static struct tf_block *blocks_of(struct reader *r, cmark_node *parent)
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
    struct reader *r = TF_NEW(b->arena, struct reader);
    cmark_node *doc = parse(b, text, n);
    *r = (struct reader){.b = b, .file = file, .line0 = first_line - 1};
    (void)tf_source_add(b, file, text, n, first_line);
    for (cmark_node *k = cmark_node_first_child(doc); k != NULL; k = cmark_node_next(k))
        if (cmark_node_get_type(k) == CMARK_NODE_FOOTNOTE_DEFINITION && r->n_notes < 255)
            r->note[r->n_notes++] = k;
    return blocks_of(r, doc);
}

struct tf_inline *tf_text_inlines(struct tf_build *b, const char *file, const char *text,
                                  size_t line)
{
    struct reader *r = TF_NEW(b->arena, struct reader);
    cmark_node *doc = parse(b, text, strlen(text)), *para = cmark_node_first_child(doc);
    *r = (struct reader){.b = b, .file = file};
    if (para == NULL)
        return NULL;
    /* a title such as "2 of …" reads as a list: look for the first block with inlines */
    while (cmark_node_get_type(para) != CMARK_NODE_PARAGRAPH &&
           cmark_node_get_type(para) != CMARK_NODE_HEADING && cmark_node_first_child(para) != NULL)
        para = cmark_node_first_child(para);
    gather(r, para);
    struct tf_inline *in = make_inlines(r, tf_span_lines(b, file, line, line + 3));
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
