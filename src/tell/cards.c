/* Evidence cards: for every cell, difference, quote, law and fact that the report prints, one card
 * that says where it comes from: value, interval, n, PSUs, question, population, dataset and its
 * hash, recipe, indicator and version, policy, source, caveat. A number in the text links to its
 * card; the writer links back. */
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

struct card { /* a definition table that grows */
    struct tf_build *b;
    const char *term[24], *text[24];
    size_t n;
};
static void row(struct card *c, const char *term, const char *text)
{
    if (tf_is_blank(text) || c->n == sizeof c->term / sizeof *c->term)
        return;
    c->term[c->n] = term;
    c->text[c->n++] = text;
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

static void trace_rows(struct card *c, const struct tf_figure *f)
{
    static const struct {
        const char *key, *term;
    } known[] = {{"dataset", "Dataset"},           {"dataset_hash", "Dataset hash"},
                 {"recipe", "Recipe"},             {"recipe_hash", "Recipe hash"},
                 {"design", "Design"},             {"psu", "Sampling units (PSUs), whole sample"},
                 {"strata", "Strata"},             {"unit", "Unit of count"},
                 {"counting_rule", "Counting rule"}, {"vintage", "As of"},
                 {"grade", "Grade of the source"}, {"document", "Document"}};
    struct tf_arena *a = c->b->arena;
    json_t *json = f->trace == NULL ? NULL : json_loads(f->trace, 0, NULL);
    for (size_t k = 0; json != NULL && k < sizeof known / sizeof *known; k++)
        row(c, known[k].term, trace(a, json, known[k].key));
    json_decref(json);
}

static void cell_rows(struct card *c, const struct tf_figure *f, const struct tf_cell *cell)
{
    struct tf_build *b = c->b;
    struct tf_arena *a = b->arena;
    struct tf_buf text = {.arena = a};
    const bool estimate = f->kind == TF_FIG_ESTIMATE && tf_show_mark(cell) == NULL &&
                          cell->state != TF_CELL_COUNT && cell->state != TF_CELL_TEXT;
    row(c, "Value", tf_show_cell(a, f, cell, estimate ? "full" : NULL, b->lang));
    if (estimate && (f->unit == NULL || strcmp(f->unit, "share") == 0) && cell->base >= 400)
        row(c, "To one decimal", tf_show_cell(a, f, cell, "pct1", b->lang));
    if (tf_show_mark(cell) == NULL && !isnan(cell->base) && cell->base > 0) {
        tf_buf_grouped(&text, cell->base);
        row(c, "Unweighted base", text.s);
    }
    if (estimate && !isnan(cell->psu)) {
        text = (struct tf_buf){.arena = a};
        tf_buf_grouped(&text, cell->psu);
        row(c, "Sampling units (PSUs)", text.s);
    }
    if (estimate && !isnan(cell->deff)) {
        text = (struct tf_buf){.arena = a};
        tf_buf_fixed(&text, cell->deff, 2);
        row(c, "Design effect", text.s);
    }
    if (cell->state == TF_CELL_FLAGGED)
        row(c, "Note", "In parentheses: the base is small; read with care.");
    if (cell->state == TF_CELL_COUNT && f->probability)
        row(c, "Note", "Small base: a count, not a percentage.");
}

static void figure_rows(struct card *c, const struct tf_figure *f)
{
    struct tf_arena *a = c->b->arena;
    row(c, "Question", f->question);
    row(c, "Population", f->population);
    row(c, "Base", f->base_text);
    row(c, "Period", f->recall);
    if (f->indicator != NULL)
        row(c, "Indicator", f->indicator_version == NULL
                                ? f->indicator
                                : tf_printf(a, "%s, version %s", f->indicator,
                                            f->indicator_version));
    trace_rows(c, f);
    if (f->policy != NULL) {
        const struct tf_policy *p = tf_study_policy(c->b->study, f->policy);
        row(c, "Small-base policy", p == NULL || p->title == NULL
                                        ? f->policy
                                        : tf_printf(a, "%s (%s)", p->title, p->name));
    }
    if (f->kind == TF_FIG_SERIES)
        row(c, "As of", f->vintage);
    row(c, "Source", f->source);
    row(c, "Caveat", f->caveat);
    if (!f->probability && f->kind == TF_FIG_COUNT)
        row(c, "Sample", "Not a probability sample: describes these respondents only.");
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
    if (p->kind == TF_REF_FACT)
        return tf_printf(a, "Fact of the study: %s", p->key + strlen("fact "));
    return p->title == NULL ? p->key : p->title;
}

static void other_rows(struct card *c, const struct tf_printed *p)
{
    struct tf_build *b = c->b;
    if (p->contrast != NULL) {
        struct tf_buf text = {.arena = b->arena};
        row(c, "Difference", tf_show_contrast(b->arena, p->figure, p->contrast, false, b->lang));
        tf_buf_fixed(&text, p->contrast->p, 3);
        row(c, "p", strcmp(text.s, "0.000") == 0 ? "under 0.001" : text.s);
        row(c, "Reading", p->contrast->p < 0.05 ? "A clear difference at the 5" TF_NBSP "% level."
                                                : "No clear difference at the 5" TF_NBSP
                                                  "% level.");
    }
    if (p->quote != NULL) {
        row(c, "Attribution", p->quote->attribution);
        row(c, "Code", p->quote->code);
        row(c, "Segment", p->quote->segment);
        row(c, "Transcript", p->quote->transcript);
        if (p->quote->transcript_hash != NULL)
            row(c, "Transcript hash", tf_strndup(b->arena, p->quote->transcript_hash,
                                                 strnlen(p->quote->transcript_hash, 12)));
        row(c, "Consent", p->quote->consent);
    }
    if (p->law != NULL) {
        row(c, "Instrument", p->law->instrument);
        row(c, "Article", p->law->article);
        row(c, "Criterion", p->law->criterion_label);
        row(c, "Status", tf_streq(p->law->status, "not_met") ? "not met" : p->law->status);
        row(c, "Date", p->law->date);
        row(c, "Note", p->law->note);
    }
    if (p->shown != NULL) {
        row(c, "Value", p->shown);
        row(c, "Source", p->source);
    }
}

void tf_cards_add(struct tf_build *b, struct tf_block ***tail)
{
    for (size_t k = 0; k < b->n_printed; k++) {
        const struct tf_printed *p = b->printed[k];
        struct card c = {.b = b};
        struct tf_block *block = tf_block_add(b->arena, tail, TF_B_CARD);
        struct tf_inline **in = &block->inlines;
        block->id = p->id;
        block->strand = p->figure != NULL ? (int)p->figure->strand
                        : p->quote != NULL || p->law != NULL ? (int)TF_CONTEXT : -1;
        (void)tf_inline_add(b->arena, &in, TF_I_TEXT, title_of(b, p));
        if (p->cell != NULL)
            cell_rows(&c, p->figure, p->cell);
        other_rows(&c, p);
        if (p->figure != NULL)
            figure_rows(&c, p->figure);
        row(&c, "Reference", p->key);
        struct tf_block **child = &block->child;
        struct tf_block *table = tf_block_add(b->arena, &child, TF_B_TABLE);
        table->style = "card";
        table->table = tf_table_plain(b, c.n, 2);
        table->table->row_heads = true;
        for (size_t j = 0; j < c.n; j++) {
            tf_table_set(b, table->table, j, 0, c.term[j]);
            tf_table_set(b, table->table, j, 1, c.text[j]);
        }
        double *width = TF_NEW_N(b->arena, double, 2);
        width[0] = 3, width[1] = 7;
        table->table->width = width;
    }
}
