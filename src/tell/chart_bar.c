/* Horizontal bars with their 95 % intervals: the workhorse. The interval is orange on dark bars and
 * ink on light ones, at least 3:1 to both the bar and the page. A count of a small base ("12 of 38")
 * is a pale outlined bar: it describes those who answered and has no interval. */
#include <math.h>

#include "tell/chart_inside.h"

static void bar(const struct tf_pen *p, const struct tf_mark *m, size_t series, double x0, double x,
                double lo, double hi, double y, double thick)
{
    const uint32_t colour = tf_series_colour(series);
    if (m->state == TF_MARK_COUNT) {
        if (p->canvas != NULL)
            p->canvas->rect(p->canvas->self, x0, y - thick / 2, fmax(x - x0, 0.6), thick,
                            (struct tf_paint){.fill = 0xD5E1EC, .stroke = colour, .width = 0.9});
        return;
    }
    tf_pen_rect(p, x0, y - thick / 2, fmax(x - x0, 0.6), thick, colour);
    if (!isnan(m->lo) && !isnan(m->hi))
        tf_pen_interval(p, lo, hi, y, thick * 0.26,
                        colour == TF_NAVY || colour == TF_PLUM ? TF_ORANGE : TF_INK);
}

double tf_chart_bar(const struct tf_pen *p)
{
    const bool groups = p->c->n_series > 1;
    const struct tf_rows rows = {.thick = groups ? 9 : 12.5, .pitch = 11.5, .axis = true,
                                 .mark = bar};
    return tf_chart_rows(p, &rows);
}
