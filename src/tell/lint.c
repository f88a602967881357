/* What no editor should have to look for: digits typed by hand, claim words without a test, and
 * terms the field has agreed to leave behind.
 *
 * A number in a report is evidence, so it comes from the release by a reference, never from the
 * keyboard. Left alone are years (1990-2039), dates with a month's name, words that begin with a
 * letter ("EX1a", "RA4-XA-01-J", "COVID-19") and the study's allowed_numbers. A typed percentage is
 * shown beside what the evidence of its sentence, or else of its claim, says: that is how "37 %"
 * beside 19 of 85 is found before it is printed.
 *
 * Claim words: "majority", "most children", "more than half" need {{ if majority }}; "more likely",
 * "fewer girls than" need {{ if sig }} or {{ if more }}. In a sentence that prints a number they are
 * errors, elsewhere warnings; "most common", "at most", "more than one" say nothing of shares and
 * pass. Terms: ECPAT, Terminology Guidelines (Luxembourg Guidelines), 2016. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "tell/build.h"

struct line { /* a block's text flattened, with the piece of each byte */
    struct tf_build *b;
    const char *file, *text;
    size_t n;
    const struct tf_piece *piece;
    size_t n_pieces;
    size_t *start; /* of each piece in text */
};

static const struct tf_piece *piece_at(const struct line *l, size_t at, size_t *ret_offset)
{
    for (size_t k = l->n_pieces; k-- > 0;)
        if (l->start[k] <= at) {
            *ret_offset = at - l->start[k];
            return &l->piece[k];
        }
    *ret_offset = 0;
    return &l->piece[0];
}

/* Where byte `at` was written: its piece's place, then the snippet found from there. */
static void place(const struct line *l, size_t at, const char *snippet, size_t *line,
                  size_t *column)
{
    size_t offset;
    const struct tf_piece *p = piece_at(l, at, &offset);
    const struct tf_source *s = NULL;
    *line = p->line;
    *column = p->column;
    for (size_t k = 0; k < l->b->n_sources; k++)
        if (strcmp(l->b->source[k].file, l->file) == 0)
            s = &l->b->source[k];
    if (s == NULL || p->live)
        return;
    struct tf_span span = {.source = s, .end = s->n, .line = p->line};
    size_t row = s->first_line;
    while (row < p->line && span.cursor < s->n)
        if (s->text[span.cursor++] == '\n')
            row++;
    if (row == p->line && p->column > 1)
        span.cursor += p->column - 1;
    /* the same snippet may stand earlier in the piece: pass it as often */
    const size_t len = strlen(snippet);
    for (size_t k = at - offset; k < at && len > 0; k++)
        if (k + len <= at && memcmp(l->text + k, snippet, len) == 0)
            tf_span_find(&span, snippet, line, column);
    tf_span_find(&span, snippet, line, column);
}

static bool is_letter(unsigned char c)
{
    return isalpha(c) != 0 || c >= 0x80;
}

/* The word around a digit run: begins with a letter when it is a code such as EX1a. */
static bool is_code(const struct line *l, size_t from)
{
    size_t at = from;
    while (at > 0) {
        const unsigned char c = (unsigned char)l->text[at - 1];
        if (isalnum(c) == 0 && c != '-' && c != '_' && c != '.')
            break;
        at--;
    }
    return at < from && isalpha((unsigned char)l->text[at]) != 0;
}

static bool is_allowed(const struct line *l, size_t from, size_t to)
{
    for (size_t k = 0; k < l->b->study->n_allowed_numbers; k++) {
        const char *phrase = l->b->study->allowed_number[k];
        const size_t len = strlen(phrase);
        for (size_t at = to > len ? to - len : 0; len > 0 && at <= from && at + len <= l->n; at++)
            if (at + len >= to && memcmp(l->text + at, phrase, len) == 0)
                return true;
    }
    return false;
}

static bool month_follows(const char *s)
{
    static const char *const months[] = {"January", "February", "March",     "April",
                                         "May",     "June",     "July",      "August",
                                         "September", "October", "November", "December"};
    if (*s != ' ')
        return false;
    for (size_t k = 0; k < 12; k++)
        if (tf_starts(s + 1, months[k]))
            return true;
    return false;
}

static bool is_year(const char *s, size_t n)
{
    if (n != 4 || (n < 4))
        return false;
    const int year = (s[0] - '0') * 1000 + (s[1] - '0') * 100 + (s[2] - '0') * 10 + (s[3] - '0');
    return year >= 1990 && year <= 2039;
}

/* Length of a percent word after a number, or 0: "%", " %", " per cent", " percent". */
static size_t percent_after(const char *s)
{
    static const char *const words[] = {"%", " %", TF_NBSP "%", " per cent", " percent"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (tf_starts(s, words[k]))
            return strlen(words[k]);
    return 0;
}

static void evidence_add(struct line *l, struct tf_buf *out, const struct tf_figure *f,
                         const struct tf_cell *c)
{
    if (f == NULL || c == NULL)
        return;
    const bool total = c->col == NULL || strcmp(c->col, "total") == 0;
    tf_buf_printf(out, "%s%s.%s%s%s in %s is %s", out->n == 0 ? "" : "; ", f->id, c->row,
                  total ? "" : " ", total ? "" : c->col, l->b->country->code,
                  tf_show_evidence(l->b->arena, f, c, l->b->lang));
}

/* What the evidence says: the live numbers of the sentence, else the links of the claim. */
static const char *evidence_of(struct line *l, size_t from, size_t to)
{
    struct tf_buf out = {.arena = l->b->arena};
    for (size_t k = 0; k < l->n_pieces; k++)
        if (l->piece[k].live && l->piece[k].printed != NULL && l->start[k] >= from &&
            l->start[k] < to)
            evidence_add(l, &out, l->piece[k].printed->figure, l->piece[k].printed->cell);
    const struct tf_claim *claim = l->b->claim;
    for (size_t k = 0; out.n == 0 && claim != NULL && k < claim->n_links; k++) {
        const struct tf_link *link = &claim->link[k];
        if (link->kind != TF_LINK_FIGURE || link->figure == NULL)
            continue;
        const struct tf_figure *f = tf_release_figure(l->b->release, link->figure);
        if (f != NULL)
            evidence_add(l, &out, f, tf_figure_cell(f, link->row, link->col));
    }
    return out.n == 0 ? NULL : out.s;
}

static void digit_fault(struct line *l, size_t from, size_t to, size_t percent, size_t begin,
                        size_t end)
{
    struct tf_build *b = l->b;
    size_t line, column;
    const char *typed = tf_strndup(b->arena, l->text + from, to - from);
    place(l, from, typed, &line, &column);
    if (percent == 0) {
        tf_notice_add(b->notices, TF_ERROR, "typed-number", l->file, line, column,
                      "Write a reference such as {{ est FIGURE.ROW }}, or add the phrase to "
                      "`allowed_numbers` of the study.",
                      "the number '%s' is typed by hand", typed);
        return;
    }
    const char *shown = tf_strndup(b->arena, l->text + from, to - from + percent);
    const char *evidence = evidence_of(l, begin, end);
    tf_notice_add(b->notices, TF_ERROR, "typed-percentage", l->file, line, column,
                  "Write a reference in place of the number: {{ est FIGURE.ROW }}.",
                  "text says '%s', but %s", shown,
                  evidence == NULL ? "no evidence is linked in this sentence or claim" : evidence);
}

static void lint_digits(struct line *l, size_t begin, size_t end)
{
    for (size_t at = begin; at < end; at++) {
        size_t offset, to = at;
        if (isdigit((unsigned char)l->text[at]) == 0 || piece_at(l, at, &offset)->live)
            continue;
        for (;;) { /* 1,012  15.7: a separator counts between digits */
            while (to < end && isdigit((unsigned char)l->text[to]) != 0 &&
                   !piece_at(l, to, &offset)->live)
                to++;
            if (to + 1 < end && (l->text[to] == ',' || l->text[to] == '.') &&
                isdigit((unsigned char)l->text[to + 1]) != 0 &&
                !piece_at(l, to + 1, &offset)->live)
                to++;
            else
                break;
        }
        const size_t percent = percent_after(l->text + to);
        const bool free = percent == 0 && (is_year(l->text + at, to - at) || is_code(l, at) ||
                                           (to - at <= 2 && month_follows(l->text + to)));
        if (!free && !(percent == 0 && is_allowed(l, at, to)))
            digit_fault(l, at, to, percent, begin, end);
        at = to - 1;
    }
}

static bool word_at(const struct line *l, const char *low, size_t at, const char *word)
{
    const size_t n = strlen(word);
    return at + n <= l->n && memcmp(low + at, word, n) == 0 &&
           (at == 0 || !is_letter((unsigned char)low[at - 1])) &&
           !is_letter((unsigned char)low[at + n]);
}

static void lint_terms(struct line *l)
{
    const char *say, *found = l->text;
    for (size_t n = 0; (found = tf_term_to_avoid(found + n, &n, &say)) != NULL;) {
        size_t line, column, offset;
        const size_t at = (size_t)(found - l->text);
        if (piece_at(l, at, &offset)->live)
            continue;
        const char *typed = tf_strndup(l->b->arena, found, n);
        place(l, at, typed, &line, &column);
        tf_notice_add(l->b->notices, TF_ERROR, "term", l->file, line, column,
                      tf_printf(l->b->arena, "Write '%s'.", say),
                      "'%s' is a term to avoid (Luxembourg Guidelines); the term is '%s'", typed, say);
    }
}

/* Is a group of people named in low[from..to)? */
static bool group_between(const struct line *l, const char *low, size_t from, size_t to)
{
    static const char *const groups[] = {"girls",   "boys",    "children", "caregivers", "parents",
                                         "workers", "adults",  "respondents", "adolescents",
                                         "students", "teachers", "interviewees", "participants"};
    for (size_t at = from; at < to; at++)
        for (size_t k = 0; k < sizeof groups / sizeof *groups; k++)
            if (word_at(l, low, at, groups[k]))
                return true;
    return false;
}

static void claim_fault(struct line *l, size_t at, const char *word, bool number, const char *need)
{
    size_t line, column;
    place(l, at, tf_strndup(l->b->arena, l->text + at, strlen(word)), &line, &column);
    tf_notice_add(l->b->notices, number ? TF_ERROR : TF_WARNING, "claim-word", l->file, line,
                  column,
                  tf_printf(l->b->arena, "Put the words inside {{ if %s … }}, with {{ else }} for "
                                         "when the evidence does not bear them.", need),
                  "'%s' claims more than the sentence proves",
                  tf_strndup(l->b->arena, l->text + at, strlen(word)));
}

static void lint_claims(struct line *l, const char *low, size_t begin, size_t end)
{
    static const char *const majority[] = {"majority", "most of the", "more than half",
                                           "over half", NULL};
    static const char *const most[] = {"most children", "most girls", "most boys",
                                       "most caregivers", "most parents", "most frontline workers",
                                       "most workers", "most students", "most respondents",
                                       "most adolescents", "most young people", NULL};
    static const char *const likely[] = {"more likely", "less likely", "likelier", NULL};
    bool number = l->b->claim != NULL && l->b->claim->n_links > 0;
    for (size_t k = 0; k < l->n_pieces; k++)
        number = number || (l->piece[k].live && l->piece[k].printed != NULL &&
                            l->piece[k].printed->figure != NULL && l->start[k] >= begin &&
                            l->start[k] < end);
    for (size_t at = begin; at < end; at++) {
        size_t offset;
        const struct tf_piece *p = piece_at(l, at, &offset);
        if (p->live || p->skipped)
            continue;
        for (size_t k = 0; majority[k] != NULL && !p->majority; k++)
            if (word_at(l, low, at, majority[k]))
                claim_fault(l, at, majority[k], number, "majority");
        for (size_t k = 0; most[k] != NULL && !p->majority; k++)
            if (word_at(l, low, at, most[k]) && !(at >= 3 && memcmp(low + at - 3, "at ", 3) == 0))
                claim_fault(l, at, most[k], number, "majority");
        for (size_t k = 0; likely[k] != NULL && !p->test; k++)
            if (word_at(l, low, at, likely[k]) && group_between(l, low, begin, end) &&
                strstr(low + at, "than") != NULL && strstr(low + at, "than") < low + end)
                claim_fault(l, at, likely[k], number, "more");
        for (int k = 0; k < 2 && !p->test; k++) { /* "more girls than boys" */
            const char *word = k == 0 ? "more" : "fewer";
            if (!word_at(l, low, at, word))
                continue;
            const char *than = strstr(low + at, " than ");
            const size_t gap = than == NULL ? 0 : (size_t)(than - low) - at;
            if (than != NULL && than < low + end && gap < 40 &&
                group_between(l, low, at, (size_t)(than - low)))
                claim_fault(l, at, word, number, "more");
        }
    }
}

size_t tf_sentence_end(const char *text, size_t n, size_t from)
{
    for (size_t k = from; k < n; k++) {
        if (strchr(".!?", text[k]) == NULL || text[k] == '\0')
            continue;
        size_t to = k + 1;
        while (to < n && strchr("\"')]", text[to]) != NULL && text[to] != '\0')
            to++;
        if (n - to >= 3 && memcmp(text + to, "\xE2\x80\x9D", 3) == 0)
            to += 3;
        if (to == n || (text[to] == ' ' && !(to + 1 < n && islower((unsigned char)text[to + 1]))))
            return to;
    }
    return n;
}

void tf_lint_pieces(struct tf_build *b, const char *file, const struct tf_piece *piece, size_t n)
{
    struct tf_buf text = {.arena = b->arena};
    struct line l = {.b = b, .file = file, .piece = piece, .n_pieces = n};
    if (n == 0)
        return;
    l.start = TF_NEW_N(b->arena, size_t, n);
    for (size_t k = 0; k < n; k++) {
        l.start[k] = text.n;
        tf_buf_add(&text, piece[k].text);
    }
    l.text = tf_buf_text(&text);
    l.n = text.n;
    char *low = tf_lower(b->arena, l.text);
    lint_terms(&l);
    for (size_t from = 0; from < l.n;) {
        const size_t to = tf_sentence_end(l.text, l.n, from);
        lint_digits(&l, from, to);
        lint_claims(&l, low, from, to);
        from = to;
    }
}
