/* The selection report: how the sample was drawn, so that a reader can judge it and repeat it.
 *
 * Markdown, written from the sample itself: method and source, seed, allocation, coverage with what
 * was left out by reason, probabilities, what can be said of pairs, the weights to be expected,
 * balance, and the rules for reserves. Nothing in it depends on the day or the machine. */
#include <math.h>

#include "draw/inside.h"

static void number(struct tf_buf *b, double x)
{
    if (x >= 1000 && fabs(x - nearbyint(x)) < 1e-9)
        tf_buf_grouped(b, x);
    else if (fabs(x - nearbyint(x)) < 1e-9)
        tf_buf_fixed(b, x, 0);
    else
        tf_buf_fixed(b, x, x < 10 ? 4 : 1);
}

static void percent(struct tf_buf *b, double share)
{
    tf_buf_fixed(b, 100 * share, 1);
    tf_buf_add(b, " %");
}

static void row(struct tf_buf *b, const char *name, const char *value)
{
    tf_buf_printf(b, "| %s | %s |\n", name, value);
}

static void how(const struct tf_sample *s, const struct tf_frame *f, size_t take, struct tf_buf *b)
{
    const struct draw_method *m = draw_method_of(s->method);
    struct tf_arena *a = b->arena;
    unsigned hits = 0;
    for (size_t k = 0; k < s->n; k++)
        hits += s->psu[k].hits;
    tf_buf_add(b, "# Selection report\n\n## How it was drawn\n\n| | |\n|---|---|\n");
    row(b, "Frame", tf_path_name(f->file));
    row(b, "Measure of size", m->sized ? f->size_column : "not used by the method");
    row(b, "Method", tf_printf(a, "%s (%s)", m->word, m->source));
    row(b, "Random stream",
        tf_printf(a, "%s, %s", s->seed_name,
                  s->across ? "one for all strata" : "one for each stratum, named after it"));
    row(b, "Order of the frame",
        *s->order == '\0' ? "as in the file" : tf_printf(a, "serpentine by %s", s->order));
    row(b, "Allocation to strata", s->allocation);
    row(b, "Selections", tf_printf(a, "%u, in %zu PSUs of %zu strata", hits, s->n, s->n_strata));
    if (take > 0)
        row(b, "Planned in each selection", tf_printf(a, "%zu, %zu in all", take, take * hits));
    tf_buf_add(b, "\nThe same frame and the same name draw the same sample on any machine");
    tf_buf_add(b, s->across
                      ? ". Strata are balanced together: a change in one may change others.\n\n"
                      : "; a change in one stratum leaves the others as they are.\n\n");
}

static void coverage(const struct tf_frame *f, struct tf_buf *b)
{
    const struct tf_table *t = tf_coverage_table(b->arena, f);
    const size_t n = t->n_rows - 2;
    tf_buf_add(b, "## Coverage\n\nThe PSUs that could be drawn hold ");
    percent(b, f->coverage);
    tf_buf_printf(b, " of all %s in the frame. ", f->size_column);
    if (n == 0)
        tf_buf_add(b, "Nothing was excluded.");
    else
        tf_buf_add(b, "Left out: ");
    for (size_t k = 0; k < n; k++) {
        tf_buf_printf(b, "%s%s (", k > 0 ? ", " : "", t->col[0].text[k]);
        number(b, t->col[1].num[k]);
        tf_buf_add(b, t->col[1].num[k] > 1 ? " PSUs, " : " PSU, ");
        percent(b, t->col[3].num[k]);
        tf_buf_add(b, k + 1 == n ? ")." : ")");
    }
    tf_buf_printf(b, "\n\n| reason | PSUs | %s | share |\n|---|---:|---:|---:|\n", f->size_column);
    for (size_t k = 0; k < t->n_rows; k++) {
        tf_buf_printf(b, "| %s | ", t->col[0].text[k]);
        number(b, t->col[1].num[k]);
        tf_buf_add(b, " | ");
        number(b, t->col[2].num[k]);
        tf_buf_add(b, " | ");
        percent(b, t->col[3].num[k]);
        tf_buf_add(b, " |\n");
    }
    tf_buf_add(
        b, "\nResults speak of the population of the PSUs that could be drawn; what was left out "
           "is stated beside them.\n\n");
}

static void allocation(const struct tf_sample *s, struct tf_buf *b)
{
    double all = 0;
    size_t lonely = 0;
    for (size_t k = 0; k < s->n_strata; k++)
        all += s->stratum[k].size;
    tf_buf_add(b,
               "## Allocation\n\n| stratum | PSUs in frame | size | share | drawn | for certain |\n"
               "|---|---:|---:|---:|---:|---:|\n");
    for (size_t k = 0; k < s->n_strata; k++) {
        const struct tf_sample_stratum *h = &s->stratum[k];
        tf_buf_printf(b, "| %s | %zu | ", h->name, h->psus);
        number(b, h->size);
        tf_buf_add(b, " | ");
        percent(b, h->size / all);
        tf_buf_printf(b, " | %zu | %zu |\n", h->take, h->certain);
        lonely += h->take == 1 && h->psus > 1;
    }
    tf_buf_char(b, '\n');
    if (lonely > 0)
        tf_buf_printf(b, "%zu of %zu strata give one PSU only: such a stratum has no variance of its "
                         "own, and the analysis borrows one by the rule it names.\n\n",
                      lonely, s->n_strata);
}

static void pairs(const struct tf_sample *s, struct tf_buf *b)
{
    const struct draw_method *m = draw_method_of(s->method);
    size_t none = 0, all = 0;
    for (size_t i = 0; s->joint != NULL && i < s->n; i++)
        for (size_t j = 0; j < i; j++) {
            all++;
            none += !(s->joint[i * s->n + j] > 0);
        }
    tf_buf_printf(b, "Joint probabilities of pairs: %s.", m->pairs);
    if (none > 0)
        tf_buf_printf(
            b,
            " Of the %zu pairs in the sample %zu have none: an unbiased variance from joint "
            "probabilities does not exist, and the with-replacement variance is used.",
            all, none);
    else if (s->method == TF_DRAW_PPS_SYSTEMATIC || s->method == TF_DRAW_SYSTEMATIC)
        tf_buf_add(b, " Pairs of neighbours can never come together: for variances the "
                      "with-replacement form is used.");
    else if (s->joint != NULL && all > 0)
        tf_buf_printf(b, " All %zu pairs of the sample have one above 0; they stand in joint.csv.",
                      all);
    tf_buf_add(b, "\n\n");
}

static void probabilities(const struct tf_sample *s, size_t take, struct tf_buf *b)
{
    double low = 1, high = 0;
    size_t certain = 0, many = 0, small = 0;
    for (size_t k = 0; k < s->n; k++) {
        low = fmin(low, s->psu[k].p_psu);
        high = fmax(high, s->psu[k].p_psu);
        certain += s->psu[k].certain;
        many += s->psu[k].hits > 1;
        small += s->psu[k].households < (double)(take * s->psu[k].hits);
    }
    tf_buf_add(
        b, "## Probabilities and weights\n\nInclusion probabilities of the PSUs drawn run from ");
    tf_buf_fixed(b, low, 4);
    tf_buf_add(b, " to ");
    tf_buf_fixed(b, high, 4);
    if (certain == 0)
        tf_buf_add(b, "; none was drawn for certain");
    else
        tf_buf_printf(b, "; %zu PSU%s drawn for certain", certain,
                      certain == 1 ? " was" : "s were");
    if (many > 0)
        tf_buf_printf(b, ", %zu more than once (select households as many times over)", many);
    tf_buf_add(b, ". ");
    if (small > 0)
        tf_buf_printf(b, "%zu PSU%s fewer households than are to be taken: all of them are. ", small,
                      small == 1 ? " has" : "s have");
    pairs(s, b);
    tf_buf_add(b,
               "With an equal number of households from each selection, base weights cost a design "
               "effect of ");
    tf_buf_fixed(b, s->deff_weights, 3);
    tf_buf_add(b, " (1 + cv^2, Kish), to be expected before nonresponse and calibration.\n\n");
}

static void balance(const struct tf_sample *s, struct tf_buf *b)
{
    if (s->n_balance == 0)
        return;
    tf_buf_add(
        b, "## Balance\n\n| column | total of the frame | estimate from the sample | difference |\n"
           "|---|---:|---:|---:|\n");
    for (size_t c = 0; c < s->n_balance; c++) {
        const struct tf_balance *x = &s->balance[c];
        tf_buf_printf(b, "| %s | ", x->column);
        number(b, x->total);
        tf_buf_add(b, " | ");
        number(b, x->estimate);
        tf_buf_add(b, " | ");
        if (fabs(x->total) > 0)
            percent(b, x->estimate / x->total - 1);
        tf_buf_add(b, " |\n");
    }
    tf_buf_char(b, '\n');
}

static void reserves(const struct tf_sample *s, struct tf_buf *b)
{
    if (s->n_reserve == 0)
        return;
    tf_buf_printf(
        b,
        "## Reserves\n\n%zu replacement PSUs were drawn at the same time, from a stream of "
        "their own, and matched by stratum and size (reserve.csv).\n\n",
        s->n_reserve);
    tf_buf_add(
        b,
        "1. A reserve is used only when a PSU of the sample cannot be worked at all: no access, no "
        "safety, no permit, no longer there. Never for refusals, for few eligible children, or for "
        "distance.\n"
        "2. Whoever leads the survey decides, in writing, with date and reason, before a team "
        "enters "
        "the reserve.\n"
        "3. The reserve is the one that stands for the PSU; if it is used up or out of reach "
        "itself, "
        "the next by number in the same stratum. Never one of another stratum.\n"
        "4. A PSU in which work has begun is not replaced: what was done counts, and the rest is "
        "nonresponse.\n"
        "5. The PSU that was replaced stays in the case-flow as not worked, and the number of "
        "replacements is printed with the results.\n\n"
        "The probability given for a reserve is that of a PSU of its size in the main draw: an "
        "approximation, since who is replaced is not random.\n\n");
}

void tf_sample_report(const struct tf_sample *s, const struct tf_frame *f, size_t take,
                      struct tf_buf *out)
{
    how(s, f, take, out);
    coverage(f, out);
    allocation(s, out);
    probabilities(s, take, out);
    balance(s, out);
    reserves(s, out);
}
