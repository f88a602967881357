/* A plan for people: one block of numbers, and the tables it is discussed over, in Markdown. */
#include <math.h>

#include "draw/inside.h"

size_t tf_plan_deffs(const struct tf_plan *p, double deff[5])
{
    static const double usual[] = {1, 1.5, 2, 3};
    size_t n = 0, k = 0;
    bool own = false;
    while (n < 5) {
        if (!own && (k == 4 || p->deff <= usual[k])) {
            own = true;
            if (k < 4 && !(p->deff < usual[k]))
                k++; /* it is one of the usual ones */
            deff[n++] = p->deff;
        } else if (k < 4) {
            deff[n++] = usual[k++];
        } else {
            break;
        }
    }
    return n;
}

static void value(struct tf_buf *b, double x, int decimals)
{
    if (isnan(x))
        return;
    if (decimals == 0)
        tf_buf_grouped(b, x);
    else
        tf_buf_fixed(b, x, decimals);
}

static void line(struct tf_buf *b, const char *name, double x, int decimals)
{
    if (isnan(x))
        return;
    tf_buf_printf(b, "| %s | ", name);
    value(b, x, decimals);
    tf_buf_add(b, " |\n");
}

/* A half-width as people say it: points for a share, the unit for a mean. */
static void half_width(struct tf_buf *b, const struct tf_plan *p, double x)
{
    if (isnan(p->in.share)) {
        tf_buf_fixed(b, x, 4);
        return;
    }
    tf_buf_fixed(b, 100 * x, 2);
    tf_buf_add(b, " points");
}

static void numbers(const struct tf_plan *p, struct tf_buf *b)
{
    const struct tf_plan_opt *o = &p->in;
    const bool power = o->aim == TF_PLAN_POWER;
    tf_buf_add(b, "# Sample size\n\n| | |\n|---|---:|\n");
    line(b, power ? "share of the first group" : "expected share", o->share, 4);
    line(b, power ? "mean of the first group" : "expected mean", o->mean, 4);
    line(b, "standard deviation", o->sd, 4);
    line(b, "of the second group", power ? o->compare : (double)NAN, 4);
    line(b, "chance to find the difference", power ? o->power : (double)NAN, 3);
    line(b, "level", o->level, 3);
    line(b, "design effect: clusters", isnan(o->icc) ? (double)NAN : p->deff_cluster, 3);
    line(b, "design effect: weights", o->weights_deff, 3);
    line(b, "design effect", p->deff, 3);
    line(b, "population", o->population, 0);
    line(b, "interviews a simple random sample needs", ceil(p->n_srs - 1e-9), 0);
    line(b, "**interviews**", p->interviews, 0);
    line(b, "in the first group", power ? p->group[0] : (double)NAN, 0);
    line(b, "in the second group", power ? p->group[1] : (double)NAN, 0);
    line(b, "effective interviews", floor(p->n_effective + 1e-9), 0);
    line(b, "interviews in a PSU", p->take, 0);
    line(b, "take of least cost", p->best_take, 0);
    line(b, "**PSUs**", p->psus, 0);
    if (o->response < 1)
        line(b, "eligible households (response)", p->eligible, 0);
    if (o->eligibility < 1)
        line(b, "households contacted (eligibility)", p->contacted, 0);
    if (p->doors > p->interviews)
        line(b, "**doors** (contact)", p->doors, 0);
    line(b, "cost", p->cost, 0);
    if (!power) {
        tf_buf_add(b, "| half-width of the interval | ");
        half_width(b, p, p->half_width);
        tf_buf_add(b, " |\n");
    }
    if (isnan(o->deff) && isnan(o->icc) && isnan(o->weights_deff))
        tf_buf_add(b,
                   "\nNo design effect was given: these are the numbers of a simple random sample. "
                   "Clustered household surveys of this kind have 1.5 to 2.\n");
}

static void precision(struct tf_arena *a, const struct tf_plan *p, struct tf_buf *b)
{
    double deff[5];
    const size_t n = tf_plan_deffs(p, deff);
    const struct tf_table *t = tf_precision_table(a, p->interviews, p->in.level, deff, n);
    tf_buf_add(b,
               "\n## What these interviews can tell\n\nHalf-width in points (logit interval in per "
               "cent) by share and design effect:\n\n| share |");
    for (size_t d = 0; d < n; d++) {
        tf_buf_add(b, " deff ");
        tf_buf_fixed(b, deff[d], 2);
        tf_buf_add(b, " |");
    }
    tf_buf_add(b, "\n|---:|");
    for (size_t d = 0; d < n; d++)
        tf_buf_add(b, "---:|");
    for (size_t row = 0; row < t->n_rows; row++) {
        if (row % n == 0) {
            tf_buf_add(b, "\n| ");
            tf_buf_fixed(b, 100 * t->col[0].num[row], 0);
            tf_buf_add(b, " % |");
        }
        tf_buf_char(b, ' ');
        tf_buf_fixed(b, 100 * t->col[2].num[row], 1);
        tf_buf_add(b, " (");
        tf_buf_fixed(b, 100 * t->col[3].num[row], 1);
        tf_buf_add(b, "-");
        tf_buf_fixed(b, 100 * t->col[4].num[row], 1);
        tf_buf_add(b, ") |");
    }
    tf_buf_char(b, '\n');
}

static void takes(struct tf_arena *a, const struct tf_plan *p, struct tf_buf *b)
{
    if (isnan(p->in.icc))
        return;
    const struct tf_table *t = tf_take_table(a, p);
    tf_buf_add(
        b, "\n## The same precision with other takes\n\n| interviews in a PSU | design effect | "
           "interviews | PSUs | cost |\n|---:|---:|---:|---:|---:|\n");
    for (size_t row = 0; row < t->n_rows; row++) {
        tf_buf_add(b, "| ");
        for (size_t c = 0; c < 5; c++) {
            value(b, t->col[c].num[row], c == 1 ? 3 : 0);
            tf_buf_add(b, c < 4 ? " | " : " |\n");
        }
    }
}

void tf_plan_text(struct tf_arena *arena, const struct tf_plan *p, const struct tf_table *strata,
                  struct tf_buf *out)
{
    numbers(p, out);
    precision(arena, p, out);
    takes(arena, p, out);
    if (strata == NULL)
        return;
    tf_buf_add(out,
               "\n## Interviews to strata\n\n| stratum | size | interviews | share | half-width |\n"
               "|---|---:|---:|---:|---:|\n");
    for (size_t row = 0; row < strata->n_rows; row++) {
        tf_buf_printf(out, "| %s | ", strata->col[0].text[row]);
        value(out, strata->col[1].num[row], 0);
        tf_buf_add(out, " | ");
        value(out, strata->col[2].num[row], 0);
        tf_buf_add(out, " | ");
        tf_buf_fixed(out, 100 * strata->col[3].num[row], 1);
        tf_buf_add(out, " % | ");
        if (!isnan(strata->col[4].num[row]))
            half_width(out, p, strata->col[4].num[row]);
        tf_buf_add(out, " |\n");
    }
}
