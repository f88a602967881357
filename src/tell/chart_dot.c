/* Dots with intervals (Cleveland): for many groups, where bars would be a wall of ink. Groups differ
 * in form as well as colour: filled, open, square. */
#include <math.h>

#include "tell/chart_inside.h"

static void dot(const struct tf_pen *p, const struct tf_mark *m, size_t series, double x0 TF_UNUSED,
                double x, double lo, double hi, double y, double thick)
{
    const uint32_t colour = tf_series_colour(series);
    if (p->canvas == NULL)
        return;
    if (!isnan(m->lo) && !isnan(m->hi)) {
        tf_pen_line(p, lo, y, hi, y, colour, 1.5);
        tf_pen_line(p, lo, y - 2.2, lo, y + 2.2, colour, 1.5);
        tf_pen_line(p, hi, y - 2.2, hi, y + 2.2, colour, 1.5);
    }
    const bool open = m->state == TF_MARK_COUNT || series % 3 == 1;
    const struct tf_paint paint = {.fill = open ? TF_WHITE : colour, .stroke = colour,
                                   .width = 1.5};
    if (series % 3 == 2)
        p->canvas->rect(p->canvas->self, x - thick * 0.38, y - thick * 0.38, thick * 0.76,
                        thick * 0.76, paint);
    else
        p->canvas->circle(p->canvas->self, x, y, thick * 0.42, paint);
}

double tf_chart_dot(const struct tf_pen *p)
{
    const struct tf_rows rows = {.thick = 9, .pitch = 12, .axis = true, .guide = true, .mark = dot};
    return tf_chart_rows(p, &rows);
}
