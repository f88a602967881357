/* The annexes: how to read the report (its thresholds, printed once), the whole table of every figure
 * used, and the evidence cards. */
#include <math.h>
#include <string.h>

#include "tell/build.h"

/* The place of a figure among those with a table at the end; it is put there when it is new. */
static size_t place_of(struct tf_build *b, const struct tf_figure *f)
{
    size_t k = 0, cap = b->cap_annex;
    while (k < b->n_annex && b->annex[k] != f)
        k++;
    if (k == b->n_annex) {
        b->annex = tf_grow(b->arena, b->annex, b->n_annex, &b->cap_annex, sizeof *b->annex);
        b->annex_whole = tf_grow(b->arena, b->annex_whole, b->n_annex, &cap,
                                 sizeof *b->annex_whole);
        b->annex_whole[b->n_annex] = NULL;
        b->annex[b->n_annex++] = f;
    }
    return k;
}

void tf_annex_want(struct tf_build *b, const struct tf_figure *f)
{
    (void)place_of(b, f);
}

void tf_annex_says_all(struct tf_build *b, const struct tf_figure *f, const char *number)
{
    const size_t k = place_of(b, f);
    if (b->annex_whole[k] == NULL)
        b->annex_whole[k] = number;
}

/* Charts name the table that holds their data, in the text or here. */
static void name_tables(struct tf_build *b, const char *const *number)
{
    for (size_t k = 0; k < b->n_charts; k++) {
        struct tf_chart *c = b->chart[k];
        const char *name = number[place_of(b, b->chart_figure[k])];
        c->source = tf_printf(b->arena, "%s Data: %s.", c->source, name);
    }
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

static void annex_table(struct tf_build *b, struct tf_block ***tail, const struct tf_figure *f,
                        const char *number)
{
    const char *id = number + strlen("Table ");
    const struct tf_table_want want = {.id = id, .title = f->title, .annex = true};
    struct tf_block *block = tf_block_add(b->arena, tail, TF_B_TABLE);
    block->table = tf_table_of_figure(b, f, &want);
    block->table->number = number;
    block->table->wide = false;
    block->id = id;
    block->strand = (int)f->strand;
    block->style = f->kind == TF_FIG_GRID ? "text" : "annex";
    tf_target_add(b, tf_printf(b->arena, "table:%s", id), number, id);
    tf_table_keep(b, block->table, f);
}

void tf_annexes_add(struct tf_build *b, struct tf_block ***tail)
{
    struct tf_block **at = end_of(annex(b, tail, "A", "annex-reading", "How to read this report"));
    how_to_read(b, &at);
    const char **number = TF_NEW_N(b->arena, const char *, b->n_annex + 1);
    size_t tables = 0;
    for (size_t k = 0; k < b->n_annex; k++)
        number[k] = b->annex_whole[k] != NULL ? b->annex_whole[k]
                                              : tf_printf(b->arena, "Table A%zu", ++tables);
    name_tables(b, number);
    if (tables > 0) {
        at = end_of(annex(b, tail, "B", "annex-data", "Data tables"));
        para(b, &at, NULL,
             "The whole table of every figure that the report does not print in full, with its 95"
             TF_NBSP "% intervals below each value. All tables are in tables.xlsx and, one line a "
             "cell and with all decimals, as CSV.");
    }
    for (size_t k = 0; k < b->n_annex; k++)
        if (b->annex_whole[k] == NULL)
            annex_table(b, &at, b->annex[k], number[k]);
    if (b->n_printed > 0) {
        at = end_of(annex(b, tail, tables > 0 ? "C" : "B", "annex-evidence", "Evidence"));
        para(b, &at, NULL,
             "One card for every number, quote and law printed above: where it comes from, and "
             "what must be known to read it.");
        tf_cards_add(b, &at);
    }
}
