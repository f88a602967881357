/* Stepped bars, from many to few: disclosure, case-flow, attrition. No axis, since each step carries
 * its number; bars start at one line so that lengths compare. Not a Sankey: that is hard to read and
 * hard to voice. */
#include <math.h>

#include "tell/chart_inside.h"

static void step(const struct tf_pen *p, const struct tf_mark *m, size_t series, double x0, double x,
                 double lo, double hi, double y, double thick)
{
    tf_pen_rect(p, x0, y - thick / 2, fmax(x - x0, 0.6), thick, tf_series_colour(series));
    if (!isnan(m->lo) && !isnan(m->hi))
        tf_pen_interval(p, lo, hi, y, thick * 0.26, TF_ORANGE);
}

double tf_chart_funnel(const struct tf_pen *p)
{
    const struct tf_rows rows = {.thick = 15, .pitch = 17, .mark = step};
    return tf_chart_rows(p, &rows);
}
