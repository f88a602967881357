/* Two small charts as inline SVG: 340 units wide, so that a phone shows them at about their size. */
#include <math.h>
#include <string.h>

#include "serve/monitor_html.h"

enum { WIDE = 340, HIGH = 130, LEFT = 30, TOP = 8, FOOT = 22 };

/* A round number at or above x: 1, 2, 5 times a power of ten. */
static double round_up(double x)
{
    double step = 1;
    while (step * 10 <= x)
        step *= 10;
    const double times[] = {1, 2, 5, 10};
    for (size_t k = 0; k < 4; k++)
        if (step * times[k] >= x)
            return step * times[k];
    return x;
}

static void coord(struct tf_buf *b, const char *name, double x)
{
    tf_buf_printf(b, " %s=\"", name);
    tf_buf_fixed(b, x, 1);
    tf_buf_char(b, '"');
}

static void rect(struct tf_buf *b, const char *class, double x, double y, double w, double h)
{
    tf_buf_printf(b, "<rect class=\"%s\"", class);
    coord(b, "x", x);
    coord(b, "y", y);
    coord(b, "width", w);
    coord(b, "height", h);
    tf_buf_add(b, "/>");
}

static void words(struct tf_buf *b, double x, double y, const char *anchor, const char *text)
{
    tf_buf_add(b, "<text");
    coord(b, "x", x);
    coord(b, "y", y);
    tf_buf_printf(b, " text-anchor=\"%s\">", anchor);
    tf_buf_html(b, text);
    tf_buf_add(b, "</text>");
}

static void begin_chart(struct tf_buf *b, const char *label, double top)
{
    struct tf_buf number = {.arena = b->arena};
    tf_buf_printf(b, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDE, HIGH);
    tf_buf_html(b, label);
    tf_buf_add(b, "\">");
    tf_buf_fixed(&number, top, 0);
    words(b, LEFT - 4, TOP + 9, "end", tf_buf_text(&number));
    words(b, LEFT - 4, HIGH - FOOT, "end", "0");
}

static void end_chart(struct tf_buf *b)
{
    tf_buf_printf(b, "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/></svg>\n", LEFT, WIDE,
                  HIGH - FOOT, HIGH - FOOT);
}

static double of_height(double value, double top)
{
    return top > 0 ? value / top * (HIGH - FOOT - TOP) : 0;
}

void tf_chart_days(struct tf_buf *b, const struct tf_monitor *m)
{
    enum { MOST = 42 }; /* the last six weeks */
    const size_t from = m->n_days > MOST ? m->n_days - MOST : 0, n = m->n_days - from;
    double top = 1;
    if (n == 0)
        return;
    for (size_t k = from; k < m->n_days; k++) {
        const double x = (double)(m->day[k].complete > m->day[k].interviews ? m->day[k].complete
                                                                            : m->day[k].interviews);
        top = x > top ? x : top;
    }
    top = round_up(top);
    begin_chart(b, "Interviews by day", top);
    const double slot = (double)(WIDE - LEFT) / (double)(n < 7 ? 7 : n);
    for (size_t k = 0; k < n; k++) {
        const struct tf_watch_day *d = &m->day[from + k];
        const double x = LEFT + slot * (double)k, bar = of_height((double)d->interviews, top),
                     done = of_height((double)d->complete, top);
        tf_buf_add(b, "<g><title>");
        tf_buf_html(b, d->date);
        tf_buf_printf(b, ": %zu complete at the door, %zu received</title>", d->complete, d->interviews);
        rect(b, "bar", x + slot * 0.08, HIGH - FOOT - bar, slot * 0.84, bar);
        rect(b, "done", x + slot * 0.3, HIGH - FOOT - done, slot * 0.4, done);
        tf_buf_add(b, "</g>");
    }
    words(b, LEFT, HIGH - 6, "start", m->day[from].date);
    if (n > 3)
        words(b, LEFT + slot * (double)n, HIGH - 6, "end", m->day[m->n_days - 1].date);
    end_chart(b);
}

void tf_chart_hours(struct tf_buf *b, const struct tf_monitor *m, double day_begins, double day_ends)
{
    const double slot = (double)(WIDE - LEFT) / 24;
    double top = 1;
    for (size_t k = 0; k < 24; k++)
        top = (double)m->hour[k] > top ? (double)m->hour[k] : top;
    top = round_up(top);
    begin_chart(b, "Interviews by the hour in which they began", top);
    rect(b, "night", LEFT, TOP, slot * day_begins, HIGH - FOOT - TOP);
    rect(b, "night", LEFT + slot * day_ends, TOP, slot * (24 - day_ends), HIGH - FOOT - TOP);
    for (size_t k = 0; k < 24; k++) {
        const double bar = of_height((double)m->hour[k], top);
        tf_buf_printf(b, "<g><title>%zu to %zu h: %zu</title>", k, k + 1, m->hour[k]);
        rect(b, "done", LEFT + slot * ((double)k + 0.12), HIGH - FOOT - bar, slot * 0.76, bar);
        tf_buf_add(b, "</g>");
    }
    static const char *const hour[] = {"0", "6", "12", "18", "24 h"};
    for (size_t k = 0; k < 5; k++)
        words(b, LEFT + slot * 6 * (double)k, HIGH - 6, k == 4 ? "end" : k == 0 ? "start" : "middle",
              hour[k]);
    end_chart(b);
}
