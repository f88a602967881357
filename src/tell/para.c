/* Lines: a paragraph is broken where the whole of it looks best.
 *
 * Inlines are laid end to end into one text with spans (a span has one look and one meaning). ICU's
 * line breaker finds where a line may end: at spaces and hyphens in Latin scripts, between
 * words by dictionary in Khmer and Thai, where nothing is written. What stands between two such
 * places is a box: shaped words, then the space that a line's end swallows.
 *
 * Of all ways to fill the lines the one with the least total cost is taken (Knuth & Plass 1981,
 * Softw. Pract. Exper. 11, 1119-1184; the case without stretch). For a line of width w in a
 * measure W, not the last, the cost is
 *
 *     10 + 100 ((W - w) / W)^2        10 a line: never a line more than needed
 *
 * and a last line shorter than W/7 costs 5 more. The text is set ragged right; words are never
 * parted. Programme: best[j] = min over i of best[i] + cost(i, j), over boxes; a line holds few
 * boxes, so it is nearly linear.
 *
 * A box wider than the measure (a web address) may also end after / . _ - = ? & ; one that still
 * does not fit is counted as overfull, never cut. Not done: hyphenation, justification. */
#include <float.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "tell/press.h"

struct flat { /* inlines laid end to end */
    struct tf_buf text;
    struct tf_span *span;
    size_t n, cap;
};
struct box {
    size_t from, to;  /* bytes, with trailing space */
    size_t first, n;  /* pieces; the last may be a space */
    double width;     /* without trailing space */
    double space;
    bool hard;        /* the line ends here */
};
struct setter {
    struct tf_press *p;
    struct flat flat;
    struct tf_piece *piece;
    size_t n_pieces, cap_pieces;
    struct box *box;
    size_t n_boxes, cap_boxes;
    bool khmer, thai, ethiopic;
};

/* ---- flattening ---- */

static void add_span(struct tf_press *p, struct flat *f, struct tf_span look, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    look.from = f->text.n;
    tf_buf_add(&f->text, text);
    look.to = f->text.n;
    f->span = tf_grow(p->a, f->span, f->n, &f->cap, sizeof *f->span);
    f->span[f->n++] = look;
}

static const char *xref_text(struct tf_press *p, const struct tf_inline *in)
{
    const char *id = in->ref != NULL ? in->ref : in->href;
    if (!tf_is_blank(in->text))
        return in->text;
    if (id != NULL && *id == '#')
        id++;
    const struct tf_target *t = id != NULL ? tf_press_target(p, id) : NULL;
    return t != NULL && t->text != NULL ? t->text : id;
}

static const char *hash_of(struct tf_press *p, const struct tf_inline *in)
{
    const char *id = in->href != NULL ? in->href : in->ref;
    if (id == NULL)
        return NULL;
    return *id == '#' ? id : tf_printf(p->a, "#%s", id);
}

/* "12, 38": the pages that print a number of evidence, each a link; known from the pass before. */
static void add_uses(struct tf_press *p, struct flat *f, const char *href, struct tf_span look)
{
    const struct tf_press *q = p->before;
    size_t last = SIZE_MAX, shown = 0;
    for (size_t k = 0; q != NULL && k < q->n_uses; k++) {
        if (!tf_streq(q->use[k].href, href) || q->use[k].page == last)
            continue;
        last = q->use[k].page;
        if (++shown > 5)
            continue;
        add_span(p, f, look, shown == 1 ? "" : ", ");
        struct tf_span s = look;
        s.href = tf_printf(p->a, "#use-%zu", k);
        s.type.colour = 0x1a5a96;
        add_span(p, f, s, tf_printf(p->a, "%zu", last + 1));
    }
    if (shown > 5)
        add_span(p, f, look, " \xE2\x80\xA6");
}

static const char *page_text(struct tf_press *p, const char *href)
{
    struct tf_press *q = (struct tf_press *)(uintptr_t)p->before;
    const struct tf_target *t = q == NULL || href == NULL ? NULL : tf_press_target(q, href + 1);
    return t != NULL && t->found ? tf_printf(p->a, ", page\xC2\xA0%zu", t->page + 1)
                                 : ", page\xC2\xA0" "00";
}

static void flatten(struct tf_press *p, struct flat *f, const struct tf_inline *in,
                    struct tf_span look)
{
    for (; in != NULL; in = in->next) {
        struct tf_span s = look;
        if (in->lang != NULL)
            s.lang = in->lang;
        switch (in->kind) {
        case TF_I_TEXT:
            add_span(p, f, s, in->text);
            break;
        case TF_I_STRONG:
        case TF_I_EMPH:
            s.type.bold = true;
            flatten(p, f, in->child, s);
            add_span(p, f, s, in->child == NULL ? in->text : NULL);
            break;
        case TF_I_CODE:
            s.type.size *= 0.94;
            add_span(p, f, s, in->text);
            break;
        case TF_I_LINK:
            s.href = in->href;
            if (look.type.colour == TF_INK)
                s.type.colour = 0x1a5a96;
            flatten(p, f, in->child, s);
            add_span(p, f, s, in->child == NULL ? in->text : NULL);
            break;
        case TF_I_NUM:
            s.href = in->href;
            s.live = true;
            add_span(p, f, s, in->text);
            break;
        case TF_I_NOTE:
            if (in->note >= p->doc->n_notes)
                break;
            s.note = in->note + 1;
            s.rise = look.type.size * 0.36;
            s.type.size = look.type.size * 0.65;
            s.type.bold = false;
            if (look.type.colour == TF_INK || look.type.colour == TF_MUTE)
                s.type.colour = TF_NAVY;
            s.href = tf_printf(p->a, "#note-%zu", in->note);
            add_span(p, f, s, p->doc->note[in->note].number);
            break;
        case TF_I_XREF:
            s.href = hash_of(p, in);
            if (look.type.colour == TF_INK)
                s.type.colour = 0x1a5a96;
            add_span(p, f, s, xref_text(p, in));
            break;
        case TF_I_CHIP:
            s.chip = true;
            s.chip_fill = tf_strand_colour(in->strand);
            s.type = (struct tf_look){.size = 7, .leading = look.type.leading, .bold = true,
                                      .colour = TF_WHITE, .track = 0.2};
            add_span(p, f, s, in->text);
            break;
        case TF_I_USES:
            add_uses(p, f, in->href, s);
            break;
        case TF_I_PAGE:
            s.href = in->href;
            add_span(p, f, s, page_text(p, in->href));
            break;
        case TF_I_BREAK:
            add_span(p, f, s, "\n");
            break;
        }
    }
}

/* ---- boxes ---- */

static struct tf_span *span_at(struct flat *f, size_t at, size_t *hint)
{
    while (*hint + 1 < f->n && f->span[*hint].to <= at)
        (*hint)++;
    return &f->span[*hint];
}

static double piece_width(const struct tf_shaped *w, const struct tf_look *t)
{
    return (double)w->advance * t->size / 1000 + t->track * (double)w->n_glyphs;
}

static void add_piece(struct setter *s, struct tf_span *span, const char *text, size_t n, int face)
{
    const struct tf_shaped *w = tf_font_shape(s->p->fonts, face, text, n);
    s->piece = tf_grow(s->p->a, s->piece, s->n_pieces, &s->cap_pieces, sizeof *s->piece);
    s->piece[s->n_pieces++] =
        (struct tf_piece){.word = w, .span = span, .width = piece_width(w, &span->type)};
    s->khmer |= face == TF_FACE_KHMER || face == TF_FACE_KHMER_BOLD;
    s->thai |= face == TF_FACE_THAI || face == TF_FACE_THAI_BOLD;
    s->ethiopic |= face == TF_FACE_ETHIOPIC || face == TF_FACE_ETHIOPIC_BOLD;
}

/* Cut text[from, to) by span and face, shape the parts. */
static double shape_range(struct setter *s, size_t from, size_t to, size_t *hint)
{
    double width = 0;
    const char *text = s->flat.text.s;
    int face = -1;
    for (size_t at = from; at < to;) {
        struct tf_span *span = span_at(&s->flat, at, hint);
        const size_t end = span->to < to ? span->to : to;
        const size_t step =
            tf_font_run(s->p->fonts, text + at, end - at, span->type.bold, face, &face);
        add_piece(s, span, text + at, step, face);
        struct tf_piece *piece = &s->piece[s->n_pieces - 1];
        if (span->chip && at == span->from)
            piece->width += 2 * TF_MM;
        if (span->chip && at + step == span->to)
            piece->width += 3 * TF_MM;
        width += piece->width;
        at += step;
    }
    return width;
}

static void add_box(struct setter *s, size_t from, size_t to, size_t *hint)
{
    const char *text = s->flat.text.s;
    size_t end = to;
    while (end > from && (text[end - 1] == ' ' || text[end - 1] == '\n'))
        end--;
    struct box b = {.from = from, .to = to, .first = s->n_pieces};
    b.hard = to > end && memchr(text + end, '\n', to - end) != NULL;
    b.width = shape_range(s, from, end, hint);
    size_t space = end;
    while (space < to && text[space] == ' ')
        space++;
    if (space > end) {
        struct tf_span *span = span_at(&s->flat, end, hint);
        const int face = span->type.bold ? TF_FACE_LATIN_BOLD : TF_FACE_LATIN;
        add_piece(s, span, " ", 1, face); /* a run of spaces is one */
        b.space = s->piece[s->n_pieces - 1].width;
    }
    b.n = s->n_pieces - b.first;
    s->box = tf_grow(s->p->a, s->box, s->n_boxes, &s->cap_boxes, sizeof *s->box);
    s->box[s->n_boxes++] = b;
}

/* What belongs together though a plain space is between: "● Agree", "16 %", "n = 1,012". */
static bool belongs(const char *s, size_t n, size_t at, bool tight)
{
    if (!tight && at >= 4 && at < n && memcmp(s + at - 3, "\xE2\x80\x93", 3) == 0) /* 12–17 */
        return s[at - 4] >= '0' && s[at - 4] <= '9' && s[at] >= '0' && s[at] <= '9';
    if (at < 2 || at >= n || s[at - 1] != ' ')
        return false;
    const unsigned char before = (unsigned char)s[at - 2];
    if ((s[at] == '%' || s[at] == '=') && before != ' ')
        return s[at] == '=' || (before >= '0' && before <= '9');
    if (before == '=')
        return true;
    return at >= 4 && (memcmp(s + at - 4, "\xE2\x96", 2) == 0 || /* U+2580..25FF */
                       memcmp(s + at - 4, "\xE2\x97", 2) == 0);
}

/* Inside a chip and before a footnote's mark a line never ends, whatever ICU says. */
static bool may_end(struct flat *f, size_t at, bool tight)
{
    if (belongs(f->text.s, f->text.n, at, tight))
        return false;
    for (size_t i = 0; i < f->n; i++) {
        if (f->span[i].chip && at > f->span[i].from && at < f->span[i].to)
            return false;
        if (f->span[i].note > 0 && at == f->span[i].from)
            return false;
    }
    return true;
}

/* A box wider than the measure may also end inside an address. */
static size_t emergency(struct setter *s, size_t from, size_t to, double width)
{
    const char *text = s->flat.text.s;
    if (to - from < 12)
        return to;
    size_t hint = 0, cut = to;
    const size_t n_pieces = s->n_pieces;
    for (size_t at = from + 3; at + 3 < to; at++) {
        if (strchr("/._-=?&:", text[at - 1]) == NULL && to - from < 28)
            continue; /* a word is never parted; a hash of 28 signs and more is not a word */
        if (((unsigned char)text[at] & 0xC0) == 0x80 || (unsigned char)text[at] >= 0x80 ||
            (unsigned char)text[at - 1] >= 0x80)
            continue;
        hint = 0;
        const double w = shape_range(s, from, at, &hint);
        s->n_pieces = n_pieces;
        if (w > width)
            break;
        cut = at;
    }
    return cut;
}

static void cut_boxes(struct setter *s, double width)
{
    UErrorCode status = U_ZERO_ERROR;
    UText whole = UTEXT_INITIALIZER;
    size_t hint = 0, from = 0;
    (void)utext_openUTF8(&whole, s->flat.text.s, (int64_t)s->flat.text.n, &status);
    ubrk_setUText(s->p->breaker, &whole, &status);
    int32_t at = U_SUCCESS(status) ? ubrk_first(s->p->breaker) : UBRK_DONE;
    for (at = at == UBRK_DONE ? at : ubrk_next(s->p->breaker); from < s->flat.text.n;
         at = ubrk_next(s->p->breaker)) {
        const size_t to = at == UBRK_DONE ? s->flat.text.n : (size_t)at;
        if (to < s->flat.text.n && !may_end(&s->flat, to, s->p->tight))
            continue;
        while (from < to) {
            const size_t n_pieces = s->n_pieces, was = hint;
            add_box(s, from, to, &hint);
            if (s->box[s->n_boxes - 1].width <= width + 0.01)
                break;
            const size_t cut = emergency(s, from, to, width);
            if (cut >= to)
                break;
            s->n_boxes--;
            s->n_pieces = n_pieces;
            hint = was;
            add_box(s, from, cut, &hint);
            from = cut;
        }
        from = to;
        if (at == UBRK_DONE)
            break;
    }
    utext_close(&whole);
}

/* ---- total fit ---- */

static double cost(double w, double measure, bool last, bool balance)
{
    const double r = measure > 0 ? (measure - w) / measure : 0;
    if (w > measure + 0.01)
        return 1e6;
    if (last)
        return 10 + (balance ? 30 * r * r : r > 6.0 / 7 ? 5 : 0);
    return 10 + 100 * r * r;
}

/* from[j]: the box that begins the line ending before box j, in the best way. */
static size_t *best_breaks(struct setter *s, double measure, bool balance)
{
    const size_t n = s->n_boxes;
    double *best = TF_NEW_N(s->p->a, double, n + 1);
    size_t *from = TF_NEW_N(s->p->a, size_t, n + 1);
    for (size_t j = 1; j <= n; j++) {
        double width = s->box[j - 1].width;
        const bool last = j == n || s->box[j - 1].hard;
        best[j] = DBL_MAX;
        for (size_t i = j - 1;; i--) {
            const double total = best[i] + cost(width, measure, last, balance);
            if (total < best[j]) {
                best[j] = total;
                from[j] = i;
            }
            if (i == 0 || s->box[i - 1].hard)
                break;
            width += s->box[i - 1].width + s->box[i - 1].space;
            if (width > measure + 0.01)
                break;
        }
    }
    return from;
}

static void fill_line(struct setter *s, struct tf_line *line, size_t from, size_t to,
                      double measure)
{
    double x = 0;
    line->piece = s->piece + s->box[from].first;
    for (size_t b = from; b < to; b++) {
        line->n_pieces += s->box[b].n;
        line->width = x + s->box[b].width;
        for (size_t i = 0; i < s->box[b].n; i++) {
            struct tf_piece *piece = &s->piece[s->box[b].first + i];
            piece->x = x;
            x += piece->width;
        }
    }
    line->overfull = line->width > measure + 0.01;
    size_t *note = TF_NEW_N(s->p->a, size_t, 1), cap = 1;
    for (size_t i = 0; i < line->n_pieces; i++) {
        const struct tf_span *span = line->piece[i].span;
        if (span->note == 0 || (i > 0 && line->piece[i - 1].span == span))
            continue;
        note = tf_grow(s->p->a, note, line->n_notes, &cap, sizeof *note);
        note[line->n_notes++] = span->note - 1;
    }
    line->note = note;
}

static struct tf_para *finish(struct setter *s, struct tf_look type, double measure)
{
    struct tf_para *para = TF_NEW(s->p->a, struct tf_para);
    double run = 0;
    para->size = type.size;
    para->leading = type.leading;
    if (s->khmer && para->leading < 1.7 * type.size)
        para->leading = 1.7 * type.size;
    if (s->thai && para->leading < 1.5 * type.size)
        para->leading = 1.5 * type.size;
    if (s->ethiopic && para->leading < 1.45 * type.size)
        para->leading = 1.45 * type.size;
    for (size_t b = 0; b < s->n_boxes; b++) {
        if (s->box[b].width > para->min)
            para->min = s->box[b].width;
        run += s->box[b].width;
        if (run > para->max)
            para->max = run;
        run = s->box[b].hard ? 0 : run + s->box[b].space;
    }
    if (s->n_boxes == 0)
        return para;
    const size_t *from = best_breaks(s, measure, type.balance);
    for (size_t j = s->n_boxes; j > 0; j = from[j])
        para->n_lines++;
    para->line = TF_NEW_N(s->p->a, struct tf_line, para->n_lines);
    size_t at = para->n_lines;
    for (size_t j = s->n_boxes; j > 0; j = from[j])
        fill_line(s, &para->line[--at], from[j], j, measure);
    return para;
}

struct tf_para *tf_para_set(struct tf_press *p, const struct tf_inline *first, const char *prefix,
                            struct tf_look type, const char *lang, double width)
{
    struct setter s = {.p = p, .flat.text.arena = p->a};
    const struct tf_span look = {.type = type, .lang = lang};
    add_span(p, &s.flat, look, prefix);
    flatten(p, &s.flat, first, look);
    if (s.flat.text.n > 0)
        cut_boxes(&s, width);
    return finish(&s, type, width);
}

struct tf_para *tf_para_text(struct tf_press *p, const char *s, struct tf_look type, double width)
{
    return tf_para_set(p, NULL, s, type, NULL, width);
}
