/* The annexes: how to read the report (its thresholds, printed once), the whole table of every figure
 * used, and the evidence cards. */
#include <math.h>
#include <string.h>

#include "tell/build.h"

const char *tf_annex_number(struct tf_build *b, const struct tf_figure *f)
{
    size_t k = 0;
    while (k < b->n_annex && b->annex[k] != f)
        k++;
    if (k == b->n_annex) {
        b->annex = tf_grow(b->arena, b->annex, b->n_annex, &b->cap_annex, sizeof *b->annex);
        b->annex[b->n_annex++] = f;
    }
    return tf_printf(b->arena, "A%zu", k + 1);
}

static struct tf_block *annex(struct tf_build *b, struct tf_block ***tail, const char *letter,
                              const char *id, const char *title)
{
    struct tf_block *section = tf_block_add(b->arena, tail, TF_B_SECTION);
    struct tf_block **child = &section->child;
    struct tf_block *head = tf_block_add(b->arena, &child, TF_B_HEADING);
    struct tf_inline **in = &head->inlines;
    section->style = "annex";
    section->title = title;
    head->level = 1;
    head->id = id;
    head->number = letter;
    (void)tf_inline_add(b->arena, &in, TF_I_TEXT, title);
    return section;
}

static struct tf_block **end_of(struct tf_block *parent)
{
    struct tf_block **tail = &parent->child;
    while (*tail != NULL)
        tail = &(*tail)->next;
    return tail;
}

static void para(struct tf_build *b, struct tf_block ***tail, const char *lead, const char *text)
{
    struct tf_inline **in = &tf_block_add(b->arena, tail, TF_B_PARA)->inlines;
    if (lead != NULL) {
        struct tf_inline **strong = &tf_inline_add(b->arena, &in, TF_I_STRONG, NULL)->child;
        (void)tf_inline_add(b->arena, &strong, TF_I_TEXT, lead);
        (void)tf_inline_add(b->arena, &in, TF_I_TEXT, " ");
    }
    (void)tf_inline_add(b->arena, &in, TF_I_TEXT, text);
}

static void policy_paras(struct tf_build *b, struct tf_block ***tail)
{
    const struct tf_policy *p = b->country->policy == NULL
                                    ? NULL : tf_study_policy(b->study, b->country->policy);
    struct tf_buf out = {.arena = b->arena};
    if (p == NULL)
        return;
    if (p->counts_below > 0)
        tf_buf_printf(&out, "Where fewer than %d people answered, the report prints how many of "
                            "how many, not a percentage. ", p->counts_below);
    if (p->flag_below > 0)
        tf_buf_printf(&out, "A percentage of fewer than %d answers stands in parentheses. ",
                      p->flag_below);
    if (p->suppress_below > 0)
        tf_buf_printf(&out, "Of fewer than %d answers nothing is printed: [c]. ",
                      p->suppress_below);
    if (p->hide_from > 0)
        tf_buf_printf(&out, "On sensitive questions, cells that rest on %d to %d children are "
                            "withheld, [c], and so is a second cell where a subtraction would "
                            "give the first away. ", p->hide_from, p->hide_to);
    if (out.n > 0)
        para(b, tail, "Small numbers.", tf_trim(b->arena, out.s));
}

static void how_to_read(struct tf_build *b, struct tf_block ***tail)
{
    para(b, tail, "Every number has a card.",
         "A number in the text links to its evidence card in the last annex: value, interval, "
         "number of answers, question, population, dataset, recipe and source. No number in this "
         "report was typed by hand.");
    para(b, tail, "Intervals.",
         "\xE2\x80\x9C" "95" TF_NBSP "% CI 14" TF_NDASH "18\xE2\x80\x9D means: if the survey were "
         "drawn again many times in the same way, intervals made like this one would hold the true "
         "share 95 times in 100. In charts the interval is the orange line.");
    para(b, tail, "Differences.",
         "The report says that one group is above another only where the difference is clear at "
         "the 5" TF_NBSP "% level, and \xE2\x80\x9Cmajority\xE2\x80\x9D only where the whole "
         "interval lies above one half. Where a difference is not clear, it says so.");
    policy_paras(b, tail);
    para(b, tail, "Marks in tables.",
         "[c] withheld to protect children; [u] too few sampling units to be estimated; [x] not "
         "available, with the reason where one is known; [z] not applicable.");
    para(b, tail, "Three strands.",
         "Children: household surveys. Context: law, interviews, frontline workers. Threats: "
         "counts by police, hotlines and industry. Recorded counts are reports, not prevalence, and "
         "are never drawn on one axis with survey estimates.");
    para(b, tail, "Samples that are not drawn by chance.",
         "Where respondents were not drawn with known probability, the report prints \xE2\x80\x9C"
         "so many of so many\xE2\x80\x9D, which describes those respondents only, and no interval.");
}

void tf_annexes_add(struct tf_build *b, struct tf_block ***tail)
{
    struct tf_block **at = end_of(annex(b, tail, "A", "annex-reading", "How to read this report"));
    how_to_read(b, &at);
    if (b->n_annex > 0) {
        at = end_of(annex(b, tail, "B", "annex-data", "Data tables"));
        para(b, &at, NULL,
             "The whole table of every figure used in the report, with its 95" TF_NBSP
             "% intervals. The same tables are in tables.xlsx and, one line a cell, as CSV.");
    }
    for (size_t k = 0; k < b->n_annex; k++) {
        const struct tf_figure *f = b->annex[k];
        const struct tf_table_want want = {.id = tf_printf(b->arena, "A%zu", k + 1),
                                           .title = f->title, .annex = true};
        struct tf_block *block = tf_block_add(b->arena, &at, TF_B_TABLE);
        block->table = tf_table_of_figure(b, f, &want);
        block->table->number = tf_printf(b->arena, "Table A%zu", k + 1);
        block->table->wide = f->kind == TF_FIG_ESTIMATE && block->table->n_cols > 6;
        block->id = want.id;
        block->strand = (int)f->strand;
        block->style = f->kind == TF_FIG_GRID ? "text" : NULL;
        tf_target_add(b, tf_printf(b->arena, "table:A%zu", k + 1), block->table->number, want.id);
        tf_table_keep(b, block->table, f);
    }
    if (b->n_printed > 0) {
        at = end_of(annex(b, tail, b->n_annex > 0 ? "C" : "B", "annex-evidence", "Evidence"));
        para(b, &at, NULL,
             "One card for every number, quote and law printed above: where it comes from, and "
             "what must be known to read it.");
        tf_cards_add(b, &at);
    }
}
