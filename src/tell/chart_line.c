/* Counts over years. A line is cut where a year is missing, and the gap says why ("not supplied by
 * the source"): a missing count is neither zero nor a straight line between its neighbours. Years keep
 * their distance. Lines are labelled at their ends, pushed apart where they would touch. */
#include <math.h>
#include <string.h>

#include "tell/chart_inside.h"

struct plot {
    double x0, x1, y0, y1; /* y0 = top, y1 = zero line */
    struct tf_scale scale;
    bool named;            /* end labels */
};

static const struct tf_mark *mark_at(const struct tf_chart *c, size_t r, size_t s)
{
    return &c->mark[r * c->n_series + s];
}

static bool shown(const struct tf_mark *m)
{
    return (m->state == TF_MARK_SHOWN || m->state == TF_MARK_COUNT) && !isnan(m->value);
}

/* Position along the axis: by year where all periods are years, else evenly. */
static double along(const struct tf_chart *c, size_t r)
{
    double first = 0, last = 0, here = 0;
    bool years = c->n_rows > 1;
    for (size_t k = 0; years && k < c->n_rows; k++) {
        double y = 0;
        years = tf_parse_double(c->row[k], &y) && (k == 0 || y > last);
        if (k == 0)
            first = y;
        if (k == r)
            here = y;
        last = y;
    }
    if (years)
        return (here - first) / (last - first);
    return c->n_rows > 1 ? (double)r / (double)(c->n_rows - 1) : 0.5;
}

static double x_of(const struct tf_pen *p, const struct plot *g, size_t r)
{
    return g->x0 + 14 + (g->x1 - g->x0 - 28) * along(p->c, r);
}

static double y_of(const struct plot *g, double value)
{
    return g->y1 - (g->y1 - g->y0) * value / g->scale.top;
}

static bool gap_at(const struct tf_chart *c, size_t r)
{
    for (size_t s = 0; s < c->n_series; s++)
        if (shown(mark_at(c, r, s)))
            return false;
    return true;
}

/* Bands over the years that nobody counted, with the reason written once. */
static void gaps(const struct tf_pen *p, const struct plot *g)
{
    const struct tf_chart *c = p->c;
    const double half = c->n_rows > 1 ? (g->x1 - g->x0 - 28) / (double)(c->n_rows - 1) / 2 : 30;
    for (size_t r = 0; r < c->n_rows;) {
        size_t to = r + 1;
        if (!gap_at(c, r)) {
            r++;
            continue;
        }
        while (to < c->n_rows && gap_at(c, to) &&
               strcmp(mark_at(c, to, 0)->label, mark_at(c, r, 0)->label) == 0)
            to++;
        const double left = fmax(x_of(p, g, r) - half * 0.92, g->x0 + 1);
        const double right = fmin(x_of(p, g, to - 1) + half * 0.92, g->x1);
        struct tf_lines lines;
        tf_pen_rect(p, left, g->y0, right - left, g->y1 - g->y0, 0xF1F3F6);
        tf_pen_break(p, mark_at(c, r, 0)->label, TF_SMALL, right - left - 4, &lines);
        const double middle = (g->y0 + g->y1) / 2 - 9.6 * (double)lines.n / 2;
        for (size_t k = 0; k < lines.n; k++)
            tf_pen_text(p, (left + right) / 2, middle + 9.6 * ((double)k + 0.8), lines.line[k],
                        TF_SMALL, false, TF_MUTE, TF_MIDDLE);
        r = to;
    }
}

static void grid(const struct tf_pen *p, const struct plot *g)
{
    for (size_t k = 0; k <= g->scale.n; k++) {
        char text[32];
        const double value = g->scale.step * (double)k, y = y_of(g, value);
        tf_scale_text(text, sizeof text, value, p->c, k == g->scale.n);
        if (k > 0)
            tf_pen_line(p, g->x0, y, g->x1, y, TF_GRID, 0.8);
        tf_pen_text(p, g->x0 - 5, y + TF_SMALL * 0.36, text, TF_SMALL, false, TF_MUTE, TF_END);
    }
    double last = -1e9;
    for (size_t r = 0; r < p->c->n_rows; r++) {
        const double x = x_of(p, g, r), w = tf_text_width(p->fonts, p->c->row[r], TF_SMALL, false);
        if (x - w / 2 < last + 4)
            continue;
        tf_pen_text(p, x, g->y1 + 12, p->c->row[r], TF_SMALL, false, TF_MUTE, TF_MIDDLE);
        last = x + w / 2;
    }
}

static void series(const struct tf_pen *p, const struct plot *g, size_t s)
{
    const struct tf_chart *c = p->c;
    const uint32_t colour = tf_series_colour(s);
    static const char *const dashes[] = {NULL, "6 2.5", "2 2", "7 2 2 2"};
    for (size_t r = 0; r + 1 < c->n_rows; r++) {
        const struct tf_mark *a = mark_at(c, r, s), *b = mark_at(c, r + 1, s);
        if (shown(a) && shown(b) && p->canvas != NULL)
            p->canvas->line(p->canvas->self, x_of(p, g, r), y_of(g, a->value), x_of(p, g, r + 1),
                            y_of(g, b->value),
                            (struct tf_paint){.fill = TF_NO_PAINT, .stroke = colour, .width = 2,
                                              .dash = dashes[s % 4]});
    }
    for (size_t r = 0; r < c->n_rows; r++) {
        const struct tf_mark *m = mark_at(c, r, s);
        if (shown(m) && p->canvas != NULL)
            p->canvas->circle(p->canvas->self, x_of(p, g, r), y_of(g, m->value), 2.9,
                              (struct tf_paint){.fill = colour, .stroke = TF_WHITE, .width = 0.9});
        if (m->state == TF_MARK_SUPPRESSED || (!shown(m) && !gap_at(c, r) && c->n_series <= 2))
            tf_pen_text(p, x_of(p, g, r), g->y1 - 4 - 9 * (double)s,
                        m->state == TF_MARK_SUPPRESSED ? m->label : "[x]", TF_SMALL, false,
                        colour == TF_ORANGE || colour == TF_TEAL ? TF_MUTE : colour, TF_MIDDLE);
    }
}

/* Values above the points of a lone line: all where there is room, else first, highest, last. */
static void values(const struct tf_pen *p, const struct plot *g)
{
    const struct tf_chart *c = p->c;
    double right = -1e9;
    for (size_t r = 0; r < c->n_rows; r++) {
        const struct tf_mark *m = mark_at(c, r, 0);
        if (!shown(m))
            continue;
        const double w = tf_text_width(p->fonts, m->label, TF_LABEL, true);
        const double x = fmin(fmax(x_of(p, g, r), g->x0 + w / 2 + 2), p->width - w / 2);
        if (x - w / 2 < right + 4)
            continue;
        /* below the point where the line comes down to it, so that they don't cross */
        const struct tf_mark *before = r > 0 ? mark_at(c, r - 1, 0) : m;
        const struct tf_mark *after = r + 1 < c->n_rows ? mark_at(c, r + 1, 0) : m;
        const bool falls = (shown(before) && before->value > m->value) ||
                           (shown(after) && after->value > m->value);
        const bool rises = (shown(before) && before->value < m->value) ||
                           (shown(after) && after->value < m->value);
        const double y = y_of(g, m->value);
        const bool below = falls && !rises && y + 16 < g->y1;
        tf_pen_text(p, x, below ? y + 14 : y - 6, m->label, TF_LABEL, true, TF_INK, TF_MIDDLE);
        right = x + w / 2;
    }
}

/* Names behind the last shown point of each line, apart by a line's height. */
static void names(const struct tf_pen *p, const struct plot *g)
{
    const struct tf_chart *c = p->c;
    struct end {
        double y;
        size_t s;
    } end[8];
    size_t n = 0;
    for (size_t s = 0; s < c->n_series && s < 8; s++)
        for (size_t r = c->n_rows; r-- > 0;)
            if (shown(mark_at(c, r, s))) {
                size_t k = n++;
                const double y = y_of(g, mark_at(c, r, s)->value);
                for (; k > 0 && end[k - 1].y > y; k--)
                    end[k] = end[k - 1];
                end[k] = (struct end){y, s};
                break;
            }
    for (size_t k = 1; k < n; k++)
        end[k].y = fmax(end[k].y, end[k - 1].y + 11);
    for (size_t k = n; k-- > 0;) { /* back up where the last would fall below the zero line */
        end[k].y = fmin(end[k].y, k + 1 == n ? g->y1 - 3 : end[k + 1].y - 11);
        tf_pen_text(p, g->x1 + 3, end[k].y + TF_LABEL * 0.36, c->series[end[k].s], TF_LABEL, true,
                    TF_INK, TF_START);
        tf_pen_line(p, g->x1 - 9, end[k].y, g->x1 + 1, end[k].y, tf_series_colour(end[k].s), 2);
    }
}

double tf_chart_line(const struct tf_pen *p)
{
    const struct tf_chart *c = p->c;
    struct plot g = {.y0 = 18};
    double most = 0, name = 0, tick = 0, top = 0;
    uint32_t colour[16];
    for (size_t k = 0; k < c->n_rows * c->n_series; k++)
        if (shown(&c->mark[k]))
            most = fmax(most, c->mark[k].value);
    for (size_t s = 0; s < c->n_series; s++)
        if (c->series[s] != NULL)
            name = fmax(name, tf_text_width(p->fonts, c->series[s], TF_LABEL, true));
    g.scale = tf_scale_for(most, c->percent);
    for (size_t k = 0; k <= g.scale.n; k++) {
        char text[32];
        tf_scale_text(text, sizeof text, g.scale.step * (double)k, c, true);
        tick = fmax(tick, tf_text_width(p->fonts, text, TF_SMALL, false));
    }
    g.named = c->n_series > 1 && c->n_series <= 8 && name < p->width * 0.3;
    if (c->n_series > 1 && !g.named) { /* long names go above */
        for (size_t s = 0; s < 16; s++)
            colour[s] = tf_series_colour(s);
        top = tf_pen_legend(p, colour, NULL);
    }
    g.y0 += top;
    g.x0 = tick + 8;
    g.x1 = p->width - (g.named ? name + 5 : 2);
    g.y1 = g.y0 + fmin(170, fmax(120, p->width * 0.36));
    if (p->canvas != NULL) {
        gaps(p, &g);
        grid(p, &g);
        tf_pen_line(p, g.x0, g.y1, g.x1, g.y1, TF_INK, 1.1);
        for (size_t s = 0; s < c->n_series; s++)
            series(p, &g, s);
        if (c->n_series == 1)
            values(p, &g);
        if (g.named)
            names(p, &g);
    }
    return g.y1 + 18;
}
