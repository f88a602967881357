/* Makes a form for the measurement of conversion: N questions in L languages, in the proportions of a
 * real household survey (selects of one and of several, numbers, texts, dates; groups of ten with hints,
 * relevance, constraints and calculations).
 *
 * usage: convert QUESTIONS LANGUAGES FORM.xlsx */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/xlsx.h"

static const char *const language[] = {"English (en)", "Khmer (km)", "Swahili (sw)", "Thai (th)",
                                       "Vietnamese (vi)"};

struct table {
    struct tf_arena *arena;
    const char **cell;
    size_t n, cap, n_cols;
};

static void put(struct table *t, const char *text)
{
    t->cell = tf_grow(t->arena, t->cell, t->n, &t->cap, sizeof *t->cell);
    t->cell[t->n++] = text;
}

static void fill(struct table *t)
{
    while (t->n % t->n_cols != 0)
        put(t, "");
}

static void head(struct table *t, const char *const *plain, const char *const *spoken, size_t langs)
{
    for (size_t k = 0; plain[k] != NULL; k++)
        put(t, plain[k]);
    for (size_t k = 0; spoken[k] != NULL; k++)
        for (size_t l = 0; l < langs; l++)
            put(t, tf_printf(t->arena, "%s::%s", spoken[k], language[l]));
    t->n_cols = t->n;
}

static void question(struct table *t, size_t q, size_t langs)
{
    static const char *const type[] = {"select_one yes_no", "integer", "select_multiple places",
                                       "text",              "select_one often", "decimal",
                                       "date",              "select_one yes_no", "note"};
    struct tf_arena *a = t->arena;
    const bool calculate = q % 10 == 9;
    put(t, calculate ? "calculate" : type[q % 9]);
    put(t, tf_printf(a, "q%zu", q));
    put(t, q % 3 == 1 && q > 10 ? tf_printf(a, "${q%zu} != ''", q - 10) : "");
    put(t, type[q % 9][0] == 'i' && !calculate ? ". >= 0 and . <= 120" : "");
    put(t, calculate ? tf_printf(a, "if(${q%zu} = '', 0, ${q%zu} + 1)", q - 8, q - 8) : "");
    put(t, q % 4 == 0 ? "yes" : "");
    put(t, type[q % 9][7] == 'o' && q % 5 == 0 ? "minimal" : "");
    for (size_t l = 0; !calculate && l < langs; l++)
        put(t, tf_printf(a, "Question %zu: what is asked of everybody here, %s?", q, language[l]));
    for (size_t l = 0; !calculate && q % 2 == 0 && l < langs; l++)
        put(t, tf_printf(a, "Read it out slowly (%zu, %s).", q, language[l]));
    fill(t);
}

static struct tf_sheet survey(struct tf_arena *a, size_t questions, size_t langs)
{
    static const char *const plain[] = {"type", "name", "relevant", "constraint", "calculation",
                                        "required", "appearance", NULL};
    static const char *const spoken[] = {"label", "hint", "constraint_message", NULL};
    struct table t = {.arena = a};
    head(&t, plain, spoken, langs);
    for (size_t q = 0; q < questions; q++) {
        if (q % 10 == 0) {
            put(&t, "begin_group");
            put(&t, tf_printf(a, "part%zu", q / 10));
            for (size_t k = 0; k < 5; k++)
                put(&t, "");
            for (size_t l = 0; l < langs; l++)
                put(&t, tf_printf(a, "Part %zu (%s)", q / 10, language[l]));
            fill(&t);
        }
        question(&t, q, langs);
        if (q % 10 == 9 || q + 1 == questions) {
            put(&t, "end_group");
            fill(&t);
        }
    }
    return (struct tf_sheet){"survey", t.n / t.n_cols, t.n_cols, t.cell};
}

static struct tf_sheet choices(struct tf_arena *a, size_t langs)
{
    static const char *const plain[] = {"list_name", "name", NULL}, *const spoken[] = {"label", NULL};
    static const struct {
        const char *list;
        size_t n;
    } lists[] = {{"yes_no", 4}, {"often", 6}, {"places", 40}};
    struct table t = {.arena = a};
    head(&t, plain, spoken, langs);
    for (size_t k = 0; k < 3; k++)
        for (size_t c = 1; c <= lists[k].n; c++) {
            put(&t, lists[k].list);
            put(&t, tf_printf(a, "%zu", c));
            for (size_t l = 0; l < langs; l++)
                put(&t, tf_printf(a, "Choice %zu of %s, %s", c, lists[k].list, language[l]));
        }
    return (struct tf_sheet){"choices", t.n / t.n_cols, t.n_cols, t.cell};
}

int main(int argc, char **argv)
{
    static const char *settings[] = {"form_title", "form_id", "version", "default_language",
                                     "A measured form", "measured", "1", "English (en)"};
    struct tf_err err;
    const size_t questions = argc == 4 ? (size_t)atoi(argv[1]) : 0;
    const size_t langs = argc == 4 ? (size_t)atoi(argv[2]) : 0;
    if (questions == 0 || langs == 0 || langs > 5 || sodium_init() < 0) {
        (void)fprintf(stderr, "usage: convert QUESTIONS LANGUAGES(1 to 5) FORM.xlsx\n");
        return 1;
    }
    struct tf_arena *a = tf_arena_new("a form", (size_t)1 << 30);
    const struct tf_sheet sheet[] = {survey(a, questions, langs), choices(a, langs),
                                     {"settings", 2, 4, settings}};
    const enum tf_code code = tf_xlsx_write(argv[3], sheet, 3, false, &err);
    if (code != TF_OK)
        (void)fprintf(stderr, "%s\n", err.what);
    tf_arena_free(a);
    return code != TF_OK;
}
