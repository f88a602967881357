/* Evidence cards: for every cell, difference, quote, law and fact that the report prints, where it
 * comes from.
 *
 * A card belongs to a figure. What all its numbers share is said once: question, population, dataset
 * and its hash, recipe, indicator and version, policy, source, caveat. Below, a row a number: value,
 * interval, base, sampling units, reference, and the places where it is printed. The row is what a
 * number in the text links to ("ev-..."); its last cell links back. Laws, quotes and facts of the
 * study each have one card of the same kind. */
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "tell/build.h"

struct tf_printed *tf_printed_add(struct tf_build *b, enum tf_ref_kind kind, const char *key,
                                  const char *title, const char *id)
{
    for (size_t k = 0; k < b->n_printed; k++)
        if (b->printed[k]->kind == kind && strcmp(b->printed[k]->key, key) == 0)
            return b->printed[k];
    struct tf_printed *p = TF_NEW(b->arena, struct tf_printed);
    p->kind = kind;
    p->key = key;
    p->title = title;
    if (id == NULL)
        id = tf_printf(b->arena, "ev-%s", tf_slug(b->arena, key));
    for (size_t k = 0; k < b->n_printed; k++) /* two keys with one slug: number the later */
        if (strcmp(b->printed[k]->id, id) == 0)
            id = tf_printf(b->arena, "%s-%zu", id, b->n_printed);
    p->id = id;
    b->printed = tf_grow(b->arena, b->printed, b->n_printed, &b->cap_printed, sizeof *b->printed);
    b->printed[b->n_printed++] = p;
    return p;
}

struct facts { /* run-in facts: a bold word, what it is, a full stop */
    struct tf_build *b;
    struct tf_inline **tail;
};
static void fact(struct facts *c, const char *term, const char *text)
{
    struct tf_arena *a = c->b->arena;
    if (tf_is_blank(text))
        return;
    struct tf_inline *strong = tf_inline_add(a, &c->tail, TF_I_STRONG, NULL);
    struct tf_inline **in = &strong->child;
    (void)tf_inline_add(a, &in, TF_I_TEXT, tf_printf(a, "%s:", term));
    const bool ends = tf_ends(text, ".") || tf_ends(text, "?") || tf_ends(text, "!");
    (void)tf_inline_add(a, &c->tail, TF_I_TEXT, tf_printf(a, " %s%s ", text, ends ? "" : "."));
}

/* A value of the figure's trace, as text; hashes are cut to what a person compares. */
static const char *trace(struct tf_arena *a, const json_t *json, const char *key)
{
    const json_t *v = json_object_get(json, key);
    if (json_is_string(v)) {
        const char *s = json_string_value(v);
        const bool hash = tf_ends(key, "hash");
        return hash ? tf_strndup(a, s, strlen(s) < 12 ? strlen(s) : 12) : tf_strdup(a, s);
    }
    if (json_is_number(v)) {
        struct tf_buf out = {.arena = a};
        tf_buf_grouped(&out, json_number_value(v));
        return out.s;
    }
    return NULL;
}

static void trace_facts(struct facts *c, const struct tf_figure *f)
{
    static const struct {
        const char *key, *hash, *term;
    } known[] = {{"dataset", "dataset_hash", "Dataset"},
                 {"recipe", "recipe_hash", "Recipe"},
                 {"design", NULL, "Design"},
                 {"psu", NULL, "Sampling units (PSUs), whole sample"},
                 {"strata", NULL, "Strata"},
                 {"unit", NULL, "Unit of count"},
                 {"counting_rule", NULL, "Counting rule"},
                 {"vintage", NULL, "As of"},
                 {"grade", NULL, "Grade of the source"},
                 {"document", NULL, "Document"}};
    struct tf_arena *a = c->b->arena;
    json_t *json = f->trace == NULL ? NULL : json_loads(f->trace, 0, NULL);
    for (size_t k = 0; json != NULL && k < sizeof known / sizeof *known; k++) {
        const char *text = trace(a, json, known[k].key);
        const char *hash = known[k].hash == NULL ? NULL : trace(a, json, known[k].hash);
        if (hash != NULL)
            text = text == NULL ? tf_printf(a, "hash %s", hash)
                                : tf_printf(a, "%s, hash %s", text, hash);
        fact(c, known[k].term, text);
    }
    json_decref(json);
}

/* "1, 1, 1" -> "1" */
static const char *one_version(struct tf_arena *a, const char *versions)
{
    char **word;
    const size_t n = tf_split(a, versions, ',', &word);
    for (size_t k = 1; k < n; k++)
        if (strcmp(tf_trim(a, word[k]), tf_trim(a, word[0])) != 0)
            return versions;
    return n == 0 ? versions : tf_trim(a, word[0]);
}

static void figure_facts(struct facts *c, const struct tf_figure *f)
{
    struct tf_arena *a = c->b->arena;
    fact(c, "Question", f->question);
    fact(c, "Population", f->population);
    fact(c, "Base", f->base_text);
    fact(c, "Period", f->recall);
    if (f->indicator != NULL)
        fact(c, "Indicator", f->indicator_version == NULL
                                 ? f->indicator
                                 : tf_printf(a, "%s, version %s", f->indicator,
                                             one_version(a, f->indicator_version)));
    trace_facts(c, f);
    if (f->policy != NULL) {
        const struct tf_policy *p = tf_study_policy(c->b->study, f->policy);
        fact(c, "Small-base policy", p == NULL || p->title == NULL
                                         ? f->policy
                                         : tf_printf(a, "%s (%s)", p->title, p->name));
    }
    fact(c, "Source", f->source);
    fact(c, "Caveat", f->caveat);
    if (!f->probability && f->kind == TF_FIG_COUNT)
        fact(c, "Sample", "not a probability sample; describes these respondents only");
}

static const char *title_of(struct tf_build *b, const struct tf_printed *p)
{
    struct tf_arena *a = b->arena;
    if (p->cell != NULL) {
        const char *label = p->cell->row_label == NULL ? p->cell->row : p->cell->row_label;
        const char *col = p->cell->col_label;
        return col == NULL || tf_streq(p->cell->col, "total")
                   ? label
                   : tf_printf(a, "%s, %s", label, col);
    }
    if (p->contrast != NULL) {
        const struct tf_cell *one = tf_figure_cell(p->figure, p->contrast->row,
                                                   p->contrast->col_a);
        const struct tf_cell *two = tf_figure_cell(p->figure, p->contrast->row,
                                                   p->contrast->col_b);
        if (one != NULL && two != NULL)
            return tf_printf(a, "%s: difference, %s to %s", one->row_label, one->col_label,
                             two->col_label);
    }
    return p->title == NULL ? p->key : p->title;
}

/* ---- columns: each says its text for a printed thing, or NULL ---- */
static const char *value_text(struct tf_build *b, const struct tf_printed *p)
{
    const struct tf_cell *cell = p->cell;
    if (p->contrast != NULL) {
        struct tf_buf text = {.arena = b->arena};
        tf_buf_fixed(&text, p->contrast->p, 3);
        const bool least = strcmp(text.s, "0.000") == 0;
        return tf_printf(b->arena, "%s; p%s%s", tf_show_contrast(b->arena, p->figure, p->contrast,
                                                                 false, b->lang),
                         least ? TF_NBSP "<" TF_NBSP : TF_NBSP "=" TF_NBSP,
                         least ? "0.001" : text.s);
    }
    const bool estimate = p->figure->kind == TF_FIG_ESTIMATE && tf_show_mark(cell) == NULL &&
                          cell->state != TF_CELL_COUNT && cell->state != TF_CELL_TEXT;
    const char *full = tf_show_cell(b->arena, p->figure, cell, estimate ? "full" : NULL, b->lang);
    if (p->thousands && estimate)
        return tf_printf(b->arena, "%s (95" TF_NBSP "%% CI %s)",
                         tf_show_cell(b->arena, p->figure, cell, "thousands", b->lang),
                         tf_show_cell(b->arena, p->figure, cell, "thousands-ci", b->lang));
    const char *cut = strstr(full, "; n" TF_NBSP "="); /* the base has a column of its own */
    return cut == NULL ? full
                       : tf_printf(b->arena, "%s)", tf_strndup(b->arena, full,
                                                               (size_t)(cut - full)));
}

static const char *base_text(struct tf_build *b, const struct tf_printed *p)
{
    struct tf_buf text = {.arena = b->arena};
    if (p->cell == NULL || tf_show_mark(p->cell) != NULL || isnan(p->cell->base) ||
        p->cell->base <= 0)
        return NULL;
    tf_buf_grouped(&text, p->cell->base);
    return text.s;
}

static bool is_estimate(const struct tf_printed *p)
{
    return p->cell != NULL && p->figure->kind == TF_FIG_ESTIMATE &&
           tf_show_mark(p->cell) == NULL && p->cell->state != TF_CELL_COUNT &&
           p->cell->state != TF_CELL_TEXT;
}

static const char *psu_text(struct tf_build *b, const struct tf_printed *p)
{
    struct tf_buf text = {.arena = b->arena};
    if (!is_estimate(p) || isnan(p->cell->psu))
        return NULL;
    tf_buf_grouped(&text, p->cell->psu);
    return text.s;
}

static const char *deff_text(struct tf_build *b, const struct tf_printed *p)
{
    struct tf_buf text = {.arena = b->arena};
    if (!is_estimate(p) || isnan(p->cell->deff))
        return NULL;
    tf_buf_fixed(&text, p->cell->deff, 2);
    return text.s;
}

static const char *key_text(struct tf_build *b TF_UNUSED, const struct tf_printed *p)
{
    return p->key;
}

static const char *law_text(struct tf_build *b, const struct tf_printed *p)
{
    return tf_is_blank(p->law->article)
               ? p->law->instrument
               : tf_printf(b->arena, "%s, %s", p->law->instrument, p->law->article);
}

static const char *criterion_text(struct tf_build *b TF_UNUSED, const struct tf_printed *p)
{
    return p->law->criterion_label;
}

static const char *status_text(struct tf_build *b, const struct tf_printed *p)
{
    const char *status = p->law->status == NULL ? "" : tf_replace(b->arena, p->law->status, "_",
                                                                  " ");
    return tf_is_blank(p->law->date) ? status
                                     : tf_printf(b->arena, "%s; %s", status, p->law->date);
}

static const char *note_text(struct tf_build *b TF_UNUSED, const struct tf_printed *p)
{
    return p->law->note;
}

static const char *who_text(struct tf_build *b TF_UNUSED, const struct tf_printed *p)
{
    return p->quote->attribution;
}

static const char *code_text(struct tf_build *b TF_UNUSED, const struct tf_printed *p)
{
    return p->quote->code;
}

static const char *transcript_text(struct tf_build *b, const struct tf_printed *p)
{
    struct tf_buf out = {.arena = b->arena};
    tf_buf_add(&out, p->quote->transcript == NULL ? "" : p->quote->transcript);
    if (!tf_is_blank(p->quote->segment))
        tf_buf_printf(&out, "%ssegment %s", out.n > 0 ? ", " : "", p->quote->segment);
    if (p->quote->transcript_hash != NULL)
        tf_buf_printf(&out, "%shash %.12s", out.n > 0 ? ", " : "", p->quote->transcript_hash);
    return tf_strdup(b->arena, tf_buf_text(&out));
}

static const char *consent_text(struct tf_build *b TF_UNUSED, const struct tf_printed *p)
{
    return p->quote->consent;
}

static const char *fact_name(struct tf_build *b TF_UNUSED, const struct tf_printed *p)
{
    return tf_starts(p->key, "fact ") ? p->key + strlen("fact ") : p->key;
}

static const char *fact_value(struct tf_build *b TF_UNUSED, const struct tf_printed *p)
{
    return p->shown;
}

static const char *fact_source(struct tf_build *b TF_UNUSED, const struct tf_printed *p)
{
    return p->source;
}

struct column {
    const char *head;
    double width;
    char align;
    const char *(*text)(struct tf_build *, const struct tf_printed *);
};
enum { MAX_COLUMNS = 7 };
static const struct column of_figure[] = {{"Number", 4.6, 'l', title_of},
                                          {"Value", 3.9, 'l', value_text},
                                          {"Base n", 1.15, 'r', base_text},
                                          {"PSUs", 1, 'r', psu_text},
                                          {"Deff", 0.95, 'r', deff_text},
                                          {"Reference", 3.4, 'l', key_text},
                                          {NULL, 0, 0, NULL}};
static const struct column of_law[] = {{"Law", 3.4, 'l', law_text},
                                       {"Criterion", 3.4, 'l', criterion_text},
                                       {"Status", 2, 'l', status_text},
                                       {"Note", 3.4, 'l', note_text},
                                       {"Reference", 2.6, 'l', key_text},
                                       {NULL, 0, 0, NULL}};
static const struct column of_quote[] = {{"Who", 2.8, 'l', who_text},
                                         {"Code", 2, 'l', code_text},
                                         {"Transcript", 3, 'l', transcript_text},
                                         {"Consent", 4.2, 'l', consent_text},
                                         {"Reference", 2.2, 'l', key_text},
                                         {NULL, 0, 0, NULL}};
static const struct column of_fact[] = {{"Fact", 3, 'l', fact_name},
                                        {"Value", 4, 'l', fact_value},
                                        {"Source", 4, 'l', fact_source},
                                        {NULL, 0, 0, NULL}};

/* A row a printed thing; a column that is empty in all rows is left out. */
static struct tf_doc_table *rows_of(struct tf_build *b, const struct column *all,
                                    const struct tf_printed **item, size_t n)
{
    const struct column *col[MAX_COLUMNS];
    size_t cols = 0;
    for (; all->head != NULL; all++) {
        bool used = false;
        for (size_t i = 0; i < n && !used; i++)
            used = !tf_is_blank(all->text(b, item[i]));
        if (used)
            col[cols++] = all;
    }
    struct tf_doc_table *t = tf_table_plain(b, n + 1, cols + 1);
    double *width = TF_NEW_N(b->arena, double, cols + 1);
    t->n_head = 1;
    t->row_heads = true;
    t->width = width;
    for (size_t j = 0; j < cols; j++) {
        width[j] = col[j]->width;
        tf_table_set(b, t, 0, j, col[j]->head);
        for (size_t i = 0; i <= n; i++) {
            struct tf_table_cell *c = &t->cell[i * t->n_cols + j];
            c->align = col[j]->align;
            const char *text = i == 0 ? NULL : col[j]->text(b, item[i - 1]);
            if (i > 0 && !tf_is_blank(text))
                tf_table_set(b, t, i, j, text);
        }
    }
    width[cols] = 1.7;
    tf_table_set(b, t, 0, cols, "Printed on page");
    for (size_t i = 0; i < n; i++) {
        struct tf_inline **in = &t->cell[(i + 1) * t->n_cols + cols].inlines;
        tf_inline_add(b->arena, &in, TF_I_USES, NULL)->href = tf_printf(b->arena, "#%s",
                                                                        item[i]->id);
        t->cell[(i + 1) * t->n_cols].id = item[i]->id;
    }
    return t;
}

static void card(struct tf_build *b, struct tf_block ***tail, const char *title,
                 const struct tf_figure *f, const struct column *columns,
                 const struct tf_printed **item, size_t n)
{
    struct tf_block *block = tf_block_add(b->arena, tail, TF_B_CARD);
    struct tf_block **child = &block->child;
    struct tf_inline **in = &block->inlines;
    (void)tf_inline_add(b->arena, &in, TF_I_TEXT, title);
    block->strand = f != NULL ? (int)f->strand : columns == of_fact ? -1 : (int)TF_CONTEXT;
    if (f != NULL) {
        struct tf_block *para = tf_block_add(b->arena, &child, TF_B_PARA);
        struct facts c = {.b = b, .tail = &para->inlines};
        para->style = "facts";
        figure_facts(&c, f);
        bool flagged = false, counts = false;
        for (size_t i = 0; i < n; i++) {
            flagged |= item[i]->cell != NULL && item[i]->cell->state == TF_CELL_FLAGGED;
            counts |= item[i]->cell != NULL && item[i]->cell->state == TF_CELL_COUNT &&
                      f->probability && f->kind == TF_FIG_ESTIMATE;
        }
        if (flagged || counts)
            fact(&c, "Note", flagged ? "values in parentheses rest on a small base"
                                     : "small bases are given as counts, not percentages");
        if (para->inlines == NULL) {
            block->child = NULL;
            child = &block->child;
        }
    }
    struct tf_block *table = tf_block_add(b->arena, &child, TF_B_TABLE);
    table->style = "evidence";
    table->table = rows_of(b, columns, item, n);
}

void tf_cards_add(struct tf_build *b, struct tf_block ***tail)
{
    static const struct {
        const char *title;
        const struct column *columns;
    } others[] = {{"Laws", of_law}, {"Quotes", of_quote}, {"Facts of the study", of_fact}};
    const struct tf_printed **item = TF_NEW_N(b->arena, const struct tf_printed *,
                                              b->n_printed + 1);
    for (size_t k = 0; k < b->n_printed; k++) { /* figures, in the order of first print */
        const struct tf_figure *f = b->printed[k]->figure;
        bool seen = f == NULL;
        size_t n = 0;
        for (size_t j = 0; j < k; j++)
            seen = seen || b->printed[j]->figure == f;
        for (size_t j = k; !seen && j < b->n_printed; j++)
            if (b->printed[j]->figure == f)
                item[n++] = b->printed[j];
        if (n > 0)
            card(b, tail, f->title == NULL ? f->id : f->title, f, of_figure, item, n);
    }
    for (size_t kind = 0; kind < 3; kind++) {
        size_t n = 0;
        for (size_t k = 0; k < b->n_printed; k++) {
            const struct tf_printed *p = b->printed[k];
            const size_t its = p->law != NULL ? 0 : p->quote != NULL ? 1 : 2;
            if (p->figure == NULL && its == kind)
                item[n++] = p;
        }
        if (n > 0)
            card(b, tail, others[kind].title, NULL, others[kind].columns, item, n);
    }
}
