/* Faults in delivered data: found here, handled only by rules that a person wrote.
 *
 *     duplicate-id     an id stands on several rows
 *     padded           texts with blanks at an end ("urban " is not "urban")
 *     code-unknown     codes that the instrument does not offer
 *     code-order       codes in an order unlike the scale's: the file's labels give a text another
 *                      code than the instrument, or the instrument's own list runs 1, 3, 2
 *     break-off-run    five or more interviews in a row of one interviewer that stop before the end
 *     item-language    an item empty in one language, or with one code for 95 % of it (n >= 20)
 *                      where other languages differ by 10 points and four standard errors
 *     no-weight        rows without a weight      weight-value   a weight of zero or below
 *
 * Every finding says which rule handles it, by its line; one that no rule handles is an error, and
 * its help is the line to write. A rule covers a finding when it names the same thing, holds for the
 * country and its condition holds on the rows found. Rows are judged on trimmed texts, so that one
 * fault does not hide another; they are numbered as delivered, from 1.
 *
 * Does not: judge whether an answer is true, or find one fault behind two names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/clean_rules.h"

enum { RUN = 5, MIN_LANGUAGE = 20, MAX_CODES = 12 };

struct scan {
    struct tf_arena *arena;
    const struct tf_dataset *d;
    const struct tf_instrument *instrument;
    const char *country, *file, *rules_path;
    const struct tf_table *raw, *t; /* as delivered; with texts trimmed */
    const struct tf_rule *rule;
    size_t n_rules;
    struct tf_notices *out;
};

/* ---- which rule handles it --------------------------------------------------------------------- */

/* Does the rule's condition hold on the rows found, that are not gone already? NULL rows: yes. */
static bool covers_rows(const struct scan *s, const struct tf_rule *r, const bool *rows)
{
    bool *mask;
    struct tf_err e;
    if (rows == NULL || r->where == NULL)
        return true;
    if (tf_rule_mask(s->arena, r, s->t, &mask, &e) != TF_OK)
        return false;
    for (size_t row = 0; row < s->t->n_rows; row++)
        if (rows[row] && !mask[row])
            return false;
    return true;
}

static const struct tf_rule *handler(const struct scan *s, enum tf_rule_kind kind, const char *var,
                                     const bool *rows)
{
    for (size_t k = 0; k < s->n_rules; k++) {
        const struct tf_rule *r = &s->rule[k];
        const char *of = kind == DROP_DUPLICATES ? r->id : r->weight;
        if (r->kind != kind || !tf_rule_is_for(r, s->country))
            continue;
        if (kind == DROP_DUPLICATES || kind == DROP_UNWEIGHTED) {
            if (of == NULL || tf_casecmp(of, var) != 0)
                continue;
        } else if (kind != DROP && !tf_rule_names(r, var)) {
            continue;
        }
        if (covers_rows(s, r, rows))
            return r;
    }
    return NULL;
}

/* Say what was found, and what handles it. `line` is the YAML to write when nothing does. */
static void found(const struct scan *s, const char *id, enum tf_rule_kind kind, const char *var,
                  const bool *rows, const char *line, const char *text)
{
    const struct tf_rule *r = handler(s, kind, var, rows);
    if (r != NULL)
        tf_notice_add(s->out, TF_NOTE, id, s->file, 0, 0, NULL,
                      "%s: handled by '%s', %s line %zu", text, r->name,
                      tf_path_name(s->rules_path), r->at->line);
    else
        tf_notice_add(s->out, TF_ERROR, id, s->file, 0, 0,
                      tf_printf(s->arena, "Add to %s:  - %s",
                                s->rules_path == NULL ? "the dataset's cleaning file"
                                                      : tf_path_name(s->rules_path),
                                line),
                      "%s: no rule handles it", text);
}

/* ---- small helpers ----------------------------------------------------------------------------- */

/* The index of a named column of the table, or SIZE_MAX. */
static size_t column(const struct tf_table *t, const char *name)
{
    const size_t at = name == NULL ? SIZE_MAX : tf_table_find(t, name);
    return at == SIZE_MAX - 1 ? SIZE_MAX : at;
}

static const char *text_of(const struct scan *s, size_t col, size_t row)
{
    const struct tf_column *c = &s->t->col[col];
    if (c->miss[row] != TF_PRESENT)
        return "";
    return c->type == TF_TEXT ? c->text[row] : tf_double_text(s->arena, c->num[row]);
}

/* A declared code for "don't know" and the like is an answer of no category. */
static bool is_missing_code(const struct scan *s, double x)
{
    for (size_t k = 0; s->d != NULL && k < s->d->n_missing; k++)
        if (s->d->missing[k].code == x)
            return true;
    return false;
}

/* A copy of the table whose texts are trimmed; numbers are shared. */
static struct tf_table *trimmed(struct tf_arena *arena, const struct tf_table *raw)
{
    struct tf_table *t = TF_NEW(arena, struct tf_table);
    *t = *raw;
    t->col = TF_NEW_N(arena, struct tf_column, raw->n_cols + 1);
    for (size_t k = 0; k < raw->n_cols; k++) {
        t->col[k] = raw->col[k];
        if (raw->col[k].type != TF_TEXT)
            continue;
        t->col[k].text = TF_NEW_N(arena, const char *, raw->n_rows + 1);
        for (size_t row = 0; row < raw->n_rows; row++)
            t->col[k].text[row] = tf_trim(arena, raw->col[k].text[row]);
    }
    return t;
}

struct keyed {
    const char *key;
    size_t row;
};
static int by_key(const void *x, const void *y)
{
    const struct keyed *a = x, *b = y;
    const int c = strcmp(a->key, b->key);
    return c != 0 ? c : (a->row > b->row) - (a->row < b->row);
}

/* Rows with a value in a column, sorted by it and then by row. */
static size_t sorted_by(const struct scan *s, size_t col, struct keyed **ret)
{
    struct keyed *list = TF_NEW_N(s->arena, struct keyed, s->t->n_rows + 1);
    size_t n = 0;
    for (size_t row = 0; row < s->t->n_rows; row++)
        if (*text_of(s, col, row) != '\0')
            list[n++] = (struct keyed){text_of(s, col, row), row};
    qsort(list, n, sizeof *list, by_key);
    *ret = list;
    return n;
}

/* ---- ids, texts, weights ----------------------------------------------------------------------- */

static void scan_ids(const struct scan *s)
{
    const size_t col = column(s->t, s->d->id_var);
    struct keyed *list;
    size_t more = 0;
    const struct keyed *first = NULL;
    if (col == SIZE_MAX)
        return;
    const size_t n = sorted_by(s, col, &list);
    for (size_t k = 1; k < n; k++)
        if (strcmp(list[k].key, list[k - 1].key) == 0) {
            more++;
            if (first == NULL)
                first = &list[k];
        }
    if (first == NULL)
        return;
    found(s, "duplicate-id", DROP_DUPLICATES, s->d->id_var, NULL,
          tf_printf(s->arena, "{rule: drop_duplicates, id: %s, keep: first, why: …}", s->d->id_var),
          tf_printf(s->arena,
                    "%zu row%s an id that another has; the first is '%s' on rows %zu and %zu", more,
                    more == 1 ? " repeats" : "s repeat", first->key, first[-1].row + 1,
                    first->row + 1));
}

static void scan_padding(const struct scan *s)
{
    for (size_t k = 0; k < s->raw->n_cols; k++) {
        const struct tf_column *c = &s->raw->col[k];
        size_t n = 0, first = 0;
        for (size_t row = 0; c->type == TF_TEXT && row < s->raw->n_rows; row++) {
            if (c->miss[row] != TF_PRESENT || strcmp(c->text[row], s->t->col[k].text[row]) == 0)
                continue;
            if (n++ == 0)
                first = row;
        }
        if (n > 0)
            found(s, "padded", TRIM, c->name, NULL,
                  tf_printf(s->arena, "{rule: trim, vars: [%s], why: …}", c->name),
                  tf_printf(s->arena, "%zu value%s of '%s' %s padded with blanks, first on row %zu",
                            n, n == 1 ? "" : "s", c->name, n == 1 ? "is" : "are", first + 1));
    }
}

static void scan_weights(const struct scan *s)
{
    const size_t col = column(s->t, s->d->weight_var);
    size_t none = 0, wrong = 0, first = 0;
    if (col == SIZE_MAX)
        return;
    const struct tf_column *c = &s->t->col[col];
    for (size_t row = 0; row < s->t->n_rows; row++) {
        if (c->miss[row] != TF_PRESENT)
            none++;
        else if (c->type == TF_NUMBER && !(c->num[row] > 0) && wrong++ == 0)
            first = row;
    }
    if (none > 0)
        found(s, "no-weight", DROP_UNWEIGHTED, s->d->weight_var, NULL,
              tf_printf(s->arena, "{rule: drop_unweighted, weight: %s, as: no_weight, why: …}",
                        s->d->weight_var),
              tf_printf(s->arena, "%zu of %zu rows ha%s no weight", none, s->t->n_rows,
                        none == 1 ? "s" : "ve"));
    if (wrong > 0)
        tf_notice_add(s->out, TF_ERROR, "weight-value", s->file, 0, 0,
                      "No design gives such a weight: ask who made them.",
                      "%zu weight%s zero or below, first on row %zu", wrong,
                      wrong == 1 ? " is" : "s are", first + 1);
}

/* ---- codes ------------------------------------------------------------------------------------- */

static const struct tf_choice *choice_of(const struct tf_question *q, const char *value)
{
    double x, y;
    for (size_t k = 0; k < q->n_choices; k++)
        if (strcmp(q->choice[k].value, value) == 0 ||
            (tf_parse_double(q->choice[k].value, &x) && tf_parse_double(value, &y) && x == y))
            return &q->choice[k];
    return NULL;
}

/* Codes in the file that the question does not offer. */
static void scan_unknown(const struct scan *s, const struct tf_question *q, size_t col)
{
    const struct tf_column *c = &s->t->col[col];
    bool *rows = TF_NEW_N(s->arena, bool, s->t->n_rows + 1);
    const char *code = NULL;
    size_t n = 0;
    for (size_t row = 0; row < s->t->n_rows; row++) {
        const char *text = text_of(s, col, row);
        if (*text == '\0' || choice_of(q, text) != NULL ||
            (c->type == TF_NUMBER && is_missing_code(s, c->num[row])))
            continue;
        rows[row] = true;
        n++;
        if (code == NULL)
            code = text;
    }
    if (n == 0)
        return;
    found(s, "code-unknown", RECODE, q->name, rows,
          tf_printf(s->arena, "{rule: recode, vars: [%s], map: {%s: …}, why: …}", q->name, code),
          tf_printf(s->arena, "%zu answer%s to '%s' %s not among its choices, for example %s", n,
                    n == 1 ? "" : "s", q->name, n == 1 ? "is" : "are", code));
}

/* The map that puts the file's codes into the instrument's order by their labels; NULL if they agree. */
static const char *label_map(const struct scan *s, const struct tf_question *q,
                             const struct tf_column *c)
{
    struct tf_buf b = {.arena = s->arena};
    size_t moved = 0;
    for (size_t k = 0; k < c->n_labels; k++) {
        for (size_t j = 0; j < q->n_choices; j++) {
            double x;
            bool same = false;
            for (size_t w = 0; w < q->choice[j].label.n; w++)
                same = same ||
                       tf_casecmp(q->choice[j].label.item[w].text, c->labels[k].label) == 0;
            if (!same || !tf_parse_double(q->choice[j].value, &x) || c->labels[k].text != NULL)
                continue;
            moved += x != c->labels[k].value;
            tf_buf_printf(&b, "%s%s: %s", b.n == 0 ? "" : ", ",
                          tf_double_text(s->arena, c->labels[k].value), q->choice[j].value);
        }
    }
    return moved > 0 ? tf_buf_text(&b) : NULL;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The map that puts an instrument's own list into order, when it runs neither up nor down over
 * consecutive codes (1, 3, 2); codes for "don't know" and a "none" of 0 aside. */
static const char *list_map(const struct scan *s, const struct tf_question *q)
{
    double code[MAX_CODES], sorted[MAX_CODES];
    size_t n = 0, ups = 0, downs = 0;
    for (size_t k = 0; k < q->n_choices; k++) {
        double x;
        if (!tf_parse_double(q->choice[k].value, &x) || n == MAX_CODES)
            return NULL;
        if (!is_missing_code(s, x) && x >= 1 && x < 77)
            code[n++] = x;
    }
    for (size_t k = 1; k < n; k++) {
        ups += code[k] > code[k - 1];
        downs += code[k] < code[k - 1];
    }
    if (n < 3 || ups == 0 || downs == 0)
        return NULL;
    memcpy(sorted, code, n * sizeof *code);
    qsort(sorted, n, sizeof *sorted, by_size);
    if (sorted[n - 1] - sorted[0] != (double)(n - 1))
        return NULL;
    struct tf_buf b = {.arena = s->arena};
    for (size_t k = 0; k < n; k++)
        tf_buf_printf(&b, "%s%s: %s", k == 0 ? "" : ", ", tf_double_text(s->arena, code[k]),
                      tf_double_text(s->arena, sorted[k]));
    return tf_buf_text(&b);
}

static void scan_codes(const struct scan *s)
{
    for (size_t k = 0; s->instrument != NULL && k < s->instrument->n_questions; k++) {
        const struct tf_question *q = &s->instrument->question[k];
        const size_t col = column(s->t, q->name);
        if (col == SIZE_MAX || q->n_choices == 0 || !tf_streq(q->type, "select_one"))
            continue;
        scan_unknown(s, q, col);
        const char *labels = label_map(s, q, &s->t->col[col]);
        const char *list = labels == NULL ? list_map(s, q) : NULL;
        if (labels == NULL && list == NULL)
            continue;
        found(s, "code-order", RECODE, q->name, NULL,
              tf_printf(s->arena, "{rule: recode, vars: [%s], map: {%s}, why: …}", q->name,
                        labels != NULL ? labels : list),
              tf_printf(s->arena, labels != NULL
                                      ? "the labels of '%s' have other codes than its choices"
                                      : "the codes of '%s' are not in the order of its scale",
                        q->name));
    }
}

/* ---- break-off runs ---------------------------------------------------------------------------- */

/* Columns that most interviews answer and some do not, in order: where a tail of them is missing, the
 * interview was left. */
static size_t common_columns(const struct scan *s, size_t **ret)
{
    const size_t n = s->instrument == NULL ? s->t->n_cols : s->instrument->n_questions;
    size_t *list = TF_NEW_N(s->arena, size_t, n + 1), kept = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t col = s->instrument == NULL
                               ? k
                               : column(s->t, s->instrument->question[k].name);
        if (col == SIZE_MAX || col == column(s->t, s->d->weight_var))
            continue;
        size_t there = 0;
        for (size_t row = 0; row < s->t->n_rows; row++)
            there += s->t->col[col].miss[row] == TF_PRESENT;
        if (2 * there >= s->t->n_rows && there < s->t->n_rows)
            list[kept++] = col;
    }
    *ret = list;
    return kept;
}

static bool breaks_off(const struct scan *s, const size_t *col, size_t n, size_t row)
{
    size_t tail = 0;
    while (tail < n && s->t->col[col[n - 1 - tail]].miss[row] != TF_PRESENT)
        tail++;
    return tail >= 3 && 5 * tail >= n;
}

static void name_run(const struct scan *s, const struct keyed *list, size_t from, size_t to)
{
    bool *rows = TF_NEW_N(s->arena, bool, s->t->n_rows + 1);
    for (size_t k = from; k < to; k++)
        rows[list[k].row] = true;
    found(s, "break-off-run", DROP, NULL, rows,
          tf_printf(s->arena,
                    "{rule: drop, where: '%s = \"%s\" and …', as: broken_off, countries: [%s], why: "
                    "…}",
                    s->d->interviewer_var, list[from].key, s->country),
          tf_printf(s->arena,
                    "%zu interviews in a row by '%s' stop before the end, rows %zu to %zu",
                    to - from, list[from].key, list[from].row + 1, list[to - 1].row + 1));
}

static void scan_runs(const struct scan *s)
{
    const size_t who = column(s->t, s->d->interviewer_var);
    size_t *col, from = 0;
    struct keyed *list;
    if (who == SIZE_MAX)
        return;
    const size_t n_cols = common_columns(s, &col), n = sorted_by(s, who, &list);
    for (size_t k = 0; k <= n; k++) { /* [from, k) is a run of one interviewer's broken rows */
        const bool same = k < n && k > from && strcmp(list[k].key, list[from].key) == 0;
        const bool broken = k < n && breaks_off(s, col, n_cols, list[k].row);
        if (broken && (same || k == from))
            continue;
        if (k - from >= RUN)
            name_run(s, list, from, k);
        from = broken ? k : k + 1;
    }
}

/* ---- an item in one language ------------------------------------------------------------------- */

struct tally { /* answers to one item, in one language or in the others */
    double code[MAX_CODES];
    size_t count[MAX_CODES], n_codes, n, rows;
    bool too_many;
};

static void count_answer(const struct scan *s, struct tally *y, const struct tf_column *c,
                         size_t row)
{
    y->rows++;
    if (c->miss[row] != TF_PRESENT || is_missing_code(s, c->num[row]))
        return;
    y->n++;
    for (size_t k = 0; k < y->n_codes; k++)
        if (y->code[k] == c->num[row]) {
            y->count[k]++;
            return;
        }
    if (y->n_codes == MAX_CODES) {
        y->too_many = true;
        return;
    }
    y->code[y->n_codes] = c->num[row];
    y->count[y->n_codes++] = 1;
}

static double share_of(const struct tally *y, double code)
{
    for (size_t k = 0; k < y->n_codes; k++)
        if (y->code[k] == code)
            return (double)y->count[k] / (double)y->n;
    return 0;
}

/* What is odd about the item in this language, or NULL. */
static const char *odd(const struct scan *s, const struct tally *in, const struct tally *out)
{
    if (in->rows >= MIN_LANGUAGE && in->n == 0 && 2 * out->n >= out->rows && out->n > 0)
        return tf_printf(s->arena, "is empty on all %zu rows", in->rows);
    if (in->n < MIN_LANGUAGE || out->n < MIN_LANGUAGE || in->too_many || out->too_many)
        return NULL;
    for (size_t k = 0; k < in->n_codes; k++) {
        const double here = (double)in->count[k] / (double)in->n, there = share_of(out, in->code[k]);
        const double p = fmin(fmax(there, 1 / (double)out->n), 1 - 1 / (double)out->n);
        if (here < 0.95 || here - there < 0.10 ||
            (here - there) / sqrt(p * (1 - p) / (double)in->n) <= 4)
            continue;
        struct tf_buf b = {.arena = s->arena};
        tf_buf_printf(&b, "has the code %s for %zu of %zu, and for ",
                      tf_double_text(s->arena, in->code[k]), in->count[k], in->n);
        tf_buf_fixed(&b, 100 * there, 0);
        tf_buf_add(&b, " % in the other languages");
        return tf_buf_text(&b);
    }
    return NULL;
}

static void scan_item(const struct scan *s, size_t col, size_t language, const char *lang)
{
    const struct tf_column *c = &s->t->col[col];
    struct tally in = {.n = 0}, out = {.n = 0};
    bool *rows = TF_NEW_N(s->arena, bool, s->t->n_rows + 1);
    for (size_t row = 0; row < s->t->n_rows; row++) {
        const char *text = text_of(s, language, row);
        if (*text == '\0')
            continue;
        rows[row] = strcmp(text, lang) == 0;
        count_answer(s, rows[row] ? &in : &out, c, row);
    }
    const char *what = odd(s, &in, &out);
    if (what != NULL)
        found(s, "item-language", VOID_ITEM, c->name, rows,
              tf_printf(s->arena,
                        "{rule: void, vars: [%s], where: '%s = \"%s\"', countries: [%s], why: …}",
                        c->name, s->d->language_var, lang, s->country),
              tf_printf(s->arena, "'%s' in the language '%s' %s", c->name, lang, what));
}

static void scan_languages(const struct scan *s)
{
    const size_t language = column(s->t, s->d->language_var);
    struct keyed *list;
    if (language == SIZE_MAX)
        return;
    const size_t n = sorted_by(s, language, &list);
    for (size_t k = 0; k < n; k++) {
        if (k > 0 && strcmp(list[k].key, list[k - 1].key) == 0)
            continue;
        for (size_t col = 0; col < s->t->n_cols; col++) {
            const struct tf_question *q =
                s->instrument == NULL ? NULL
                                      : tf_instrument_question(s->instrument, s->t->col[col].name);
            if (s->t->col[col].type == TF_NUMBER && col != language &&
                (s->instrument == NULL || (q != NULL && tf_starts(q->type, "select_one"))))
                scan_item(s, col, language, list[k].key);
        }
    }
}

/* ---- the whole --------------------------------------------------------------------------------- */

void tf_clean_scan(struct tf_arena *arena, const struct tf_dataset *d,
                   const struct tf_instrument *instrument, const char *country, const char *file,
                   const struct tf_table *t, const char *rules_path, struct tf_notices *out)
{
    struct tf_rule *rule;
    struct tf_err e = {0};
    struct scan s = {.arena = arena,
                     .d = d,
                     .instrument = instrument,
                     .country = country,
                     .file = file,
                     .rules_path = rules_path,
                     .raw = t,
                     .out = out};
    if (tf_rules_read(arena, rules_path, &rule, &s.n_rules, &e) != TF_OK) {
        tf_notice_err(out, "cleaning", &e);
        s.n_rules = 0;
        rule = NULL;
    }
    s.rule = rule;
    s.t = trimmed(arena, t);
    scan_ids(&s);
    scan_padding(&s);
    scan_weights(&s);
    scan_codes(&s);
    scan_runs(&s);
    scan_languages(&s);
}
