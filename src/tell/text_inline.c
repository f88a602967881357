/* The inlines of a block: tokens from cmark's tree, pieces typed or live, inlines of ours.
 *
 * cmark splits texts at every special character, so neighbours are joined before a reference is looked
 * for. An {{ if }} keeps a stack of branches; what stands in a branch not taken is still looked at by
 * the linter, since a number typed there would be printed in another country. Columns come from the
 * source itself: the characters of a reference are searched from where the last one ended. */
#include <string.h>

#include "tell/text_inside.h"

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
static struct token *token(struct tf_reader *r, enum token_kind kind)
{
    r->token = tf_grow(r->b->arena, r->token, r->n_tokens, &r->cap_tokens, sizeof *r->token);
    struct token *t = &r->token[r->n_tokens++];
    *t = (struct token){.kind = kind, .text = {.arena = r->b->arena}};
    return t;
}

static void add_text(struct tf_reader *r, const char *s)
{
    struct token *last = r->n_tokens > 0 ? &r->token[r->n_tokens - 1] : NULL;
    if (last == NULL || last->kind != T_TEXT)
        last = token(r, T_TEXT);
    tf_buf_add(&last->text, s);
}

static void gather_one(struct tf_reader *r, cmark_node *node)
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
    tf_reader_gather(r, node);
    (void)token(r, T_CLOSE);
}

void tf_reader_gather(struct tf_reader *r, cmark_node *parent)
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
    struct tf_reader *r;
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

/* The footnote a mark stands for; its text is read when first marked, so that a note in a branch
 * not taken is not printed. */
static void note_token(struct maker *m, const char *number)
{
    struct tf_reader *r = m->r;
    struct tf_build *b = r->b;
    int64_t k;
    if (!taken(m) || !tf_parse_int(number, &k) || k < 1 || (size_t)k > r->n_notes)
        return;
    if (r->note_index[k - 1] == 0) {
        struct tf_reader inner = *r;
        inner.token = NULL;
        inner.n_tokens = inner.cap_tokens = 0;
        inner.n_notes = 0; /* a note has no notes: one that marks itself would never end */
        b->doc->note = tf_grow(b->arena, b->doc->note, b->doc->n_notes, &b->cap_notes,
                               sizeof *b->doc->note);
        const size_t index = b->doc->n_notes++;
        b->doc->note[index] = (struct tf_note){.number = NULL};
        r->note_index[k - 1] = index + 1;
        struct tf_block *body = tf_reader_blocks(&inner, r->note[k - 1]);
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
const char *tf_reader_id(struct tf_reader *r)
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
const char *tf_reader_number(struct tf_reader *r)
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
struct tf_inline *tf_reader_inlines(struct tf_reader *r, struct tf_span span)
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

void tf_reader_fresh(struct tf_reader *r)
{
    r->token = NULL;
    r->n_tokens = r->cap_tokens = 0;
}
