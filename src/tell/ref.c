/* Live references: the grammar between the braces, and what each form stands for.
 *
 *     {{ est FIG.ROW [COL] [fmt=…] }}   {{ count FIG.ROW COL }}   {{ n FIG.ROW [COL] }}
 *     {{ diff FIG.ROW A B }}   {{ quote ID }}   {{ law ID }}   {{ fact NAME }}   {{ ref kind:ID }}
 *     {{ if sig|more FIG.ROW A B }} {{ if shown|majority FIG.ROW [COL] }} {{ if country XA … }}
 *     {{ else }} {{ end }}
 *
 * A reference sees the release and nothing else: what was not released has no number here, so it
 * cannot be printed by mistake. Every fault names file, line and column, what was written, and the
 * nearest name that exists. There is no arithmetic: a number that is wanted is computed upstream,
 * once, with its interval. */
#include <math.h>
#include <string.h>

#include "tell/build.h"

static void fault(struct tf_build *b, const struct tf_ref *ref, const char *file, const char *id,
                  const char *help, const char *what)
{
    tf_notice_add(b->notices, TF_ERROR, id, file, ref->line, ref->column, help, "%s: %s", ref->raw,
                  what);
}

/* Forms: name, kind, fewest and most words, usage. */
static const struct form {
    const char *name;
    enum tf_ref_kind kind;
    size_t min, max;
    bool format;
    const char *usage;
} forms[] = {
    {"est",   TF_REF_EST,   1, 2, true,  "{{ est FIGURE.ROW [COLUMN] [fmt=pct0] }}"},
    {"count", TF_REF_COUNT, 1, 2, false, "{{ count FIGURE.ROW COLUMN }}"},
    {"n",     TF_REF_N,     1, 2, false, "{{ n FIGURE.ROW [COLUMN] }}"},
    {"diff",  TF_REF_DIFF,  3, 3, false, "{{ diff FIGURE.ROW COLUMN COLUMN }}"},
    {"quote", TF_REF_QUOTE, 1, 1, false, "{{ quote ID }}"},
    {"law",   TF_REF_LAW,   1, 1, false, "{{ law ID }}"},
    {"fact",  TF_REF_FACT,  1, 1, false, "{{ fact NAME }}"},
    {"ref",   TF_REF_XREF,  1, 1, false, "{{ ref fig:ID }}"},
    {"if",    TF_REF_IF,    2, 6, false, "{{ if sig FIGURE.ROW COLUMN COLUMN }}"},
    {"else",  TF_REF_ELSE,  0, 0, false, "{{ else }}"},
    {"end",   TF_REF_END,   0, 0, false, "{{ end }}"}};
static const char *const formats[] = {"pct0", "pct1", "n", "ci", "per-n",
                                      "full", "mean1", "count", "thousands",
                                      "thousands-ci", NULL};

static const char *near(struct tf_build *b, const char *word, const char *const *names)
{
    const char *n = tf_nearest(word, names);
    return n == NULL ? "" : tf_printf(b->arena, "; did you mean '%s'?", n);
}

bool tf_ref_parse(struct tf_build *b, const struct tf_span *span, const char *raw, size_t line,
                  size_t column, struct tf_ref *ret)
{
    const char *file = span->source->file;
    const char *names[sizeof forms / sizeof *forms + 1] = {NULL};
    char *inner = tf_strndup(b->arena, raw + 2, strlen(raw) - 4);
    *ret = (struct tf_ref){.raw = raw, .line = line, .column = column};
    for (char *p = inner; *p != '\0'; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    char **word;
    size_t n = tf_split(b->arena, tf_trim(b->arena, inner), ' ', &word), k = 0;
    for (size_t j = 0; j < n; j++) /* runs of blanks leave empty pieces */
        if (*word[j] != '\0')
            word[k++] = word[j];
    n = k;
    for (k = 0; k < sizeof forms / sizeof *forms; k++)
        names[k] = forms[k].name;
    const struct form *form = NULL;
    for (k = 0; k < sizeof forms / sizeof *forms; k++)
        if (n > 0 && strcmp(word[0], forms[k].name) == 0)
            form = &forms[k];
    if (form == NULL) {
        fault(b, ret, file, "reference", "docs/FORMATS.md lists the references.",
              n == 0 ? "the reference is empty"
                     : tf_printf(b->arena, "there is no reference '%s'%s", word[0],
                                 near(b, word[0], names)));
        return false;
    }
    ret->kind = form->kind;
    for (k = 1; k < n; k++) {
        if (tf_starts(word[k], "fmt=")) {
            ret->format = word[k] + 4;
            continue;
        }
        if (strpbrk(word[k], "+*/|<>") != NULL) {
            fault(b, ret, file, "reference",
                  "Have the number computed in the recipe, with its interval, and name it here.",
                  "there is no arithmetic in a reference");
            return false;
        }
        if (ret->n_words < 6)
            ret->word[ret->n_words] = word[k];
        ret->n_words++;
    }
    if (ret->n_words < form->min || ret->n_words > form->max) {
        fault(b, ret, file, "reference", tf_printf(b->arena, "Write %s.", form->usage),
              ret->n_words < form->min ? "words are missing" : "there are too many words");
        return false;
    }
    bool known = ret->format == NULL;
    for (k = 0; !known && form->format && formats[k] != NULL; k++)
        known = strcmp(formats[k], ret->format) == 0;
    if (!known) {
        fault(b, ret, file, "reference", "Formats: pct0 pct1 n ci per-n full mean1 count thousands "
                                       "thousands-ci.",
              tf_printf(b->arena, "there is no format '%s'%s", ret->format,
                        near(b, ret->format, formats)));
        return false;
    }
    return true;
}

/* Figure ids may hold dots, as rows may: the longest known start wins. */
const struct tf_figure *tf_ref_split(const struct tf_build *b, const char *word,
                                     const char **ret_row)
{
    for (size_t n = strlen(word); n > 0; n--) {
        if (word[n] != '.' && word[n] != '\0')
            continue;
        const char *id = tf_strndup(b->arena, word, n);
        const struct tf_figure *f = tf_release_figure(b->release, id);
        if (f != NULL) {
            *ret_row = word[n] == '\0' ? "" : word + n + 1;
            return f;
        }
    }
    const char *dot = strchr(word, '.');
    *ret_row = dot == NULL ? "" : dot + 1;
    return NULL;
}

/* Names of what a figure has: rows or columns, NULL-terminated. */
static const char *const *names_of(struct tf_build *b, const struct tf_figure *f, bool columns)
{
    const char **names = TF_NEW_N(b->arena, const char *, f->n_cells + 1);
    size_t n = 0;
    for (size_t k = 0; k < f->n_cells; k++) {
        const char *name = columns ? f->cell[k].col : f->cell[k].row;
        bool seen = name == NULL;
        for (size_t j = 0; !seen && j < n; j++)
            seen = strcmp(names[j], name) == 0;
        if (!seen)
            names[n++] = name;
    }
    return names;
}

const struct tf_cell *tf_ref_cell(struct tf_build *b, const struct tf_ref *ref, const char *word,
                                  const char *col, const char *file,
                                  const struct tf_figure **ret_figure)
{
    const char *row, *code = b->country->code;
    const struct tf_figure *f = tf_ref_split(b, word, &row);
    if (f == NULL) {
        const char **ids = TF_NEW_N(b->arena, const char *, b->release->n_figures + 1);
        for (size_t k = 0; k < b->release->n_figures; k++)
            ids[k] = b->release->figure[k].id;
        const char *dot = strchr(word, '.');
        const char *id = dot == NULL ? word : tf_strndup(b->arena, word, (size_t)(dot - word));
        fault(b, ref, file, "unknown-figure",
              "Name a figure of a recipe or a series that is released for this country.",
              tf_printf(b->arena, "%s has no released figure '%s'%s", code, id,
                        near(b, id, ids)));
        return NULL;
    }
    *ret_figure = f;
    const struct tf_cell *c = tf_figure_cell(f, row, col);
    if (c != NULL)
        return c;
    /* which of the two is unknown? any column of the row will tell */
    const char *const *cols = names_of(b, f, true);
    bool row_known = false;
    for (size_t k = 0; !row_known && cols[k] != NULL; k++)
        row_known = tf_figure_cell(f, row, cols[k]) != NULL;
    const char *what = row_known ? (col == NULL ? "total" : col) : row;
    const char *const *names = row_known ? cols : names_of(b, f, false);
    struct tf_buf list = {.arena = b->arena};
    for (size_t k = 0; k < 8 && names[k] != NULL; k++)
        tf_buf_printf(&list, "%s%s", k == 0 ? "" : ", ", names[k]);
    fault(b, ref, file, row_known ? "unknown-column" : "unknown-row",
          tf_printf(b->arena, "It has: %s.", tf_buf_text(&list)),
          tf_printf(b->arena, "figure '%s' of %s has no %s '%s'%s", f->id, code,
                    row_known ? "column" : "row", what, near(b, what, names)));
    return NULL;
}

static const struct tf_contrast *contrast_of(struct tf_build *b, const struct tf_ref *ref,
                                             const char *word, const char *a, const char *c,
                                             const char *file, const struct tf_figure **ret_figure,
                                             bool *ret_swapped)
{
    const char *row;
    const struct tf_cell *one = tf_ref_cell(b, ref, word, a, file, ret_figure);
    if (one == NULL || tf_ref_cell(b, ref, word, c, file, ret_figure) == NULL)
        return NULL;
    const struct tf_figure *f = tf_ref_split(b, word, &row);
    return tf_figure_contrast(f, row, a, c, ret_swapped);
}

static bool if_test(struct tf_build *b, const struct tf_ref *ref, const char *file, bool more)
{
    const struct tf_figure *f = NULL;
    bool swapped = false;
    if (ref->n_words != 4) {
        fault(b, ref, file, "reference", "Write {{ if more FIGURE.ROW COLUMN COLUMN }}.",
              "a test compares two columns of one row");
        return false;
    }
    const struct tf_contrast *d = contrast_of(b, ref, ref->word[1], ref->word[2], ref->word[3],
                                              file, &f, &swapped);
    if (d == NULL || isnan(d->p) || !(d->p < 0.05))
        return false; /* no contrast between shown cells: nothing can be said to be clear */
    return !more || (swapped ? -d->difference : d->difference) > 0;
}

bool tf_ref_if(struct tf_build *b, const struct tf_ref *ref, const char *file)
{
    static const char *const tests[] = {"sig", "more", "shown", "majority", "country", NULL};
    const char *test = ref->word[0];
    const struct tf_figure *f = NULL;
    if (strcmp(test, "sig") == 0 || strcmp(test, "more") == 0)
        return if_test(b, ref, file, strcmp(test, "more") == 0);
    if (strcmp(test, "country") == 0) {
        bool here = false;
        for (size_t k = 1; k < ref->n_words && k < 6; k++) {
            if (tf_study_country(b->study, ref->word[k]) == NULL)
                fault(b, ref, file, "reference", "Countries stand in study.yaml.",
                      tf_printf(b->arena, "the study has no country '%s'", ref->word[k]));
            here = here || strcmp(ref->word[k], b->country->code) == 0;
        }
        return here;
    }
    if (strcmp(test, "shown") != 0 && strcmp(test, "majority") != 0) {
        fault(b, ref, file, "reference", "Tests: sig more shown majority country.",
              tf_printf(b->arena, "there is no test '%s'%s", test, near(b, test, tests)));
        return false;
    }
    if (ref->n_words > 3) {
        fault(b, ref, file, "reference", "Write {{ if shown FIGURE.ROW [COLUMN] }}.",
              "there are too many words");
        return false;
    }
    const struct tf_cell *c = tf_ref_cell(b, ref, ref->word[1],
                                          ref->n_words > 2 ? ref->word[2] : NULL, file, &f);
    if (c == NULL)
        return false;
    if (strcmp(test, "majority") == 0)
        return c->state == TF_CELL_SHOWN && !isnan(c->lo) && c->lo > 0.5;
    return c->state == TF_CELL_SHOWN || c->state == TF_CELL_FLAGGED || c->state == TF_CELL_COUNT ||
           c->state == TF_CELL_TEXT;
}

static struct tf_inline *number(struct tf_build *b, const char *text, const char *ref,
                                struct tf_printed *printed, const struct tf_printed **ret)
{
    struct tf_inline *in = TF_NEW(b->arena, struct tf_inline);
    printed->times++;
    b->n_numbers++;
    *in = (struct tf_inline){.kind = TF_I_NUM, .text = text, .ref = ref, .strand = -1,
                             .href = tf_printf(b->arena, "#%s", printed->id)};
    *ret = printed;
    return in;
}

/* May this cell be printed by this form? Says why not. */
static bool printable(struct tf_build *b, const struct tf_ref *ref, const char *file,
                      const struct tf_figure *f, const struct tf_cell *c)
{
    const char *where = tf_printf(b->arena, "%s.%s %s in %s", f->id, c->row,
                                  c->col == NULL ? "total" : c->col, b->country->code);
    if (b->in_table && tf_show_mark(c) != NULL)
        return true; /* a table can carry [c], [u], [x], [z] */
    switch (c->state) {
    case TF_CELL_SUPPRESSED:
        fault(b, ref, file, "suppressed",
              "Leave the sentence out with {{ if shown … }}, or use a wider group.",
              tf_printf(b->arena, "%s is withheld to protect children [c]", where));
        return false;
    case TF_CELL_UNRELIABLE:
        fault(b, ref, file, "unreliable", "Leave the sentence out with {{ if shown … }}.",
              tf_printf(b->arena, "%s has too few sampling units to be estimated [u]", where));
        return false;
    case TF_CELL_NA:
        fault(b, ref, file, "not-applicable", "Leave the sentence out with {{ if shown … }}.",
              tf_printf(b->arena, "%s does not apply: nobody was in its base [z]", where));
        return false;
    case TF_CELL_MISSING:
        if (ref->kind == TF_REF_COUNT)
            return true; /* prints its reason in words */
        fault(b, ref, file, "missing-count",
              "Use {{ count … }}, which prints the reason in words.",
              tf_printf(b->arena, "%s is missing (%s), not a number", where,
                        c->text == NULL ? "no reason given" : c->text));
        return false;
    default: break;
    }
    if (ref->kind == TF_REF_EST && (f->kind == TF_FIG_SERIES || f->kind == TF_FIG_FLOW)) {
        fault(b, ref, file, "reference", "Use {{ count … }}.",
              tf_printf(b->arena, "%s is a count, not an estimate", where));
        return false;
    }
    if ((ref->kind == TF_REF_N && isnan(c->base)) ||
        (tf_streq(ref->format, "ci") && c->state != TF_CELL_COUNT && isnan(c->lo))) {
        fault(b, ref, file, "reference", "Choose another format.",
              tf_printf(b->arena, "%s has no %s", where,
                        ref->kind == TF_REF_N ? "base" : "interval"));
        return false;
    }
    return true;
}

static struct tf_inline *cell_inline(struct tf_build *b, const struct tf_ref *ref,
                                     const char *file, const struct tf_printed **ret)
{
    const struct tf_figure *f = NULL;
    const struct tf_cell *c = tf_ref_cell(b, ref, ref->word[0],
                                          ref->n_words > 1 ? ref->word[1] : NULL, file, &f);
    if (c == NULL || !printable(b, ref, file, f, c))
        return NULL;
    const char *col = c->col == NULL ? "total" : c->col;
    const char *key = tf_printf(b->arena, "%s.%s %s", f->id, c->row, col);
    struct tf_printed *p = tf_printed_add(b, TF_REF_EST, key, NULL,
                                          tf_release_card_id(b->arena, f->id, c->row, col));
    p->figure = f;
    p->cell = c;
    const char *format = ref->kind == TF_REF_N ? "n" : ref->format;
    p->thousands = p->thousands || (format != NULL && tf_starts(format, "thousands"));
    return number(b, tf_show_cell(b->arena, f, c, format, b->lang), key, p, ret);
}

static struct tf_inline *diff_inline(struct tf_build *b, const struct tf_ref *ref,
                                     const char *file, const struct tf_printed **ret)
{
    const struct tf_figure *f = NULL;
    bool swapped = false;
    const size_t before = b->notices->n;
    const struct tf_contrast *d = contrast_of(b, ref, ref->word[0], ref->word[1], ref->word[2],
                                              file, &f, &swapped);
    if (d == NULL) {
        if (b->notices->n == before)
            fault(b, ref, file, "no-contrast",
                  "A difference exists between two shown categories of one banner.",
                  "the two columns are not compared, or one of them is withheld");
        return NULL;
    }
    const char *key = tf_printf(b->arena, "%s.%s %s %s", f->id, d->row, d->col_a, d->col_b);
    struct tf_printed *p = tf_printed_add(b, TF_REF_DIFF, key, NULL, NULL);
    p->figure = f;
    p->contrast = d;
    return number(b, tf_show_contrast(b->arena, f, d, swapped, b->lang), key, p, ret);
}

static const char *fact_text(struct tf_build *b, const char *name, const char **ret_source)
{
    const struct tf_country *c = b->country;
    struct tf_buf out = {.arena = b->arena};
    *ret_source = b->study->file == NULL ? "study.yaml" : tf_path_name(b->study->file);
    if (strcmp(name, "country") == 0)
        return c->name;
    if (strcmp(name, "edition") == 0)
        return b->study->edition;
    if (strcmp(name, "ages") == 0)
        return tf_printf(b->arena, "%d" TF_NDASH "%d", c->age_min, c->age_max);
    if (strcmp(name, "population") == 0 && !isnan(c->population)) {
        if (c->population_source != NULL)
            *ret_source = c->population_source;
        tf_show_number(&out, c->population, 0, b->lang);
        return out.s;
    }
    if (strcmp(name, "coverage") == 0 && !isnan(c->coverage)) {
        tf_show_share(&out, c->coverage, 0, b->lang);
        return out.s;
    }
    const struct tf_exclusion *left = c->n_exclusions > 0 ? &c->exclusion[0] : NULL;
    if (left != NULL && strcmp(name, "excluded") == 0) {
        tf_show_share(&out, left->share, 0, b->lang);
        return out.s;
    }
    if (left != NULL && strcmp(name, "excluded.area") == 0)
        return left->area;
    if (left != NULL && strcmp(name, "excluded.reason") == 0)
        return left->reason;
    const bool achieved = tf_starts(name, "achieved.");
    if (achieved || tf_starts(name, "target.")) {
        const char *id = strchr(name, '.') + 1;
        for (size_t k = 0; k < c->n_activities; k++) {
            const struct tf_country_activity *act = &c->activity[k];
            double x = achieved ? act->achieved : act->target;
            if (strcmp(act->activity, id) != 0)
                continue;
            const struct tf_activity *plan = tf_study_activity(b->study, id);
            if (!achieved && isnan(x) && plan != NULL) {
                x = plan->target_min;
                if (plan->target_max > plan->target_min)
                    return tf_printf(b->arena, "%d" TF_NDASH "%d", (int)plan->target_min,
                                     (int)plan->target_max);
            }
            if (isnan(x))
                return NULL;
            tf_show_number(&out, x, 0, b->lang);
            return out.s;
        }
    }
    return NULL;
}

static struct tf_inline *fact_inline(struct tf_build *b, const struct tf_ref *ref,
                                     const char *file, const struct tf_printed **ret)
{
    const char *source, *text = fact_text(b, ref->word[0], &source);
    if (text == NULL) {
        fault(b, ref, file, "unknown-fact",
              "Facts: country ages population coverage excluded edition achieved.ACTIVITY target.ACTIVITY.",
              tf_printf(b->arena, "the study states no '%s' for %s", ref->word[0],
                        b->country->code));
        return NULL;
    }
    if (strcmp(ref->word[0], "country") == 0) {
        struct tf_inline *in = TF_NEW(b->arena, struct tf_inline);
        *in = (struct tf_inline){.kind = TF_I_TEXT, .text = text, .strand = -1};
        return in;
    }
    struct tf_printed *p = tf_printed_add(b, TF_REF_FACT,
                                          tf_printf(b->arena, "fact %s", ref->word[0]), NULL, NULL);
    p->shown = text;
    p->source = source;
    return number(b, text, p->key, p, ret);
}

static struct tf_inline *quote_inline(struct tf_build *b, const struct tf_ref *ref,
                                      const char *file, const struct tf_printed **ret)
{
    const struct tf_quote *q = tf_release_quote(b->release, ref->word[0]);
    if (q == NULL) {
        const char **ids = TF_NEW_N(b->arena, const char *, b->release->n_quotes + 1);
        for (size_t k = 0; k < b->release->n_quotes; k++)
            ids[k] = b->release->quote[k].id;
        fault(b, ref, file, "unknown-quote",
              "A quote is released only when its participant agreed to be quoted.",
              tf_printf(b->arena, "no quote '%s' is released for %s%s", ref->word[0],
                        b->country->code, near(b, ref->word[0], ids)));
        return NULL;
    }
    struct tf_printed *p = tf_printed_add(b, TF_REF_QUOTE, q->id, q->attribution,
                                          tf_release_quote_card_id(b->arena, q->id));
    p->quote = q;
    struct tf_inline *in = number(b, tf_printf(b->arena, "\xE2\x80\x9C%s\xE2\x80\x9D", q->text),
                                  tf_printf(b->arena, "quote:%s", q->id), p, ret);
    b->n_numbers--; /* words, not a number */
    return in;
}

static struct tf_inline *law_inline(struct tf_build *b, const struct tf_ref *ref, const char *file,
                                    const struct tf_printed **ret)
{
    const struct tf_legal *law = tf_release_legal(b->release, ref->word[0]);
    if (law == NULL) {
        const char **ids = TF_NEW_N(b->arena, const char *, b->release->n_legal + 1);
        for (size_t k = 0; k < b->release->n_legal; k++)
            ids[k] = b->release->legal[k].id;
        fault(b, ref, file, "unknown-law", "Laws are rows of the legal grid.",
              tf_printf(b->arena, "the legal grid of %s has no '%s'%s", b->country->code,
                        ref->word[0], near(b, ref->word[0], ids)));
        return NULL;
    }
    struct tf_printed *p = tf_printed_add(b, TF_REF_LAW, law->id, tf_show_law(b->arena, law),
                                          tf_release_law_card_id(b->arena, law->id));
    p->law = law;
    return number(b, tf_show_law(b->arena, law), law->id, p, ret);
}

struct tf_inline *tf_ref_inline(struct tf_build *b, const struct tf_ref *ref, const char *file,
                                const struct tf_printed **ret)
{
    *ret = NULL;
    switch (ref->kind) {
    case TF_REF_EST:
    case TF_REF_COUNT:
    case TF_REF_N: return cell_inline(b, ref, file, ret);
    case TF_REF_DIFF: return diff_inline(b, ref, file, ret);
    case TF_REF_QUOTE: return quote_inline(b, ref, file, ret);
    case TF_REF_LAW: return law_inline(b, ref, file, ret);
    case TF_REF_FACT: return fact_inline(b, ref, file, ret);
    case TF_REF_XREF: {
        struct tf_inline *in = TF_NEW(b->arena, struct tf_inline);
        /* text and href are filled when all is numbered; ref keeps the place for the message */
        *in = (struct tf_inline){.kind = TF_I_XREF, .strand = -1, .ref = ref->word[0],
                                 .href = tf_printf(b->arena, "%s\n%zu\n%zu", file, ref->line,
                                                   ref->column)};
        return in;
    }
    default: return NULL;
    }
}
