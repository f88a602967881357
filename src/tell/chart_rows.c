/* Rows of marks: the frame of bar, dot and funnel charts. Row labels stand at the left, wrapped to at
 * most two fifths of the width; values run right from a heavy zero line over a light grid of round
 * steps; each mark carries its value behind its interval, so no value has to be read off the axis. */
#include <math.h>
#include <string.h>

#include "tell/chart_inside.h"

static const double leading = 10.6;

struct frame {
    double x0, x1, label_width, top;
    struct tf_scale scale;
};

static struct frame frame_of(const struct tf_pen *p)
{
    const struct tf_chart *c = p->c;
    struct frame f = {.top = 0};
    double most = 0, behind = 0;
    const double room = p->width * (p->width < 330 ? 0.40 : 0.38);
    for (size_t r = 0; r < c->n_rows; r++) {
        struct tf_lines lines;
        tf_pen_break(p, c->row[r], TF_LABEL, room, &lines);
        f.label_width = fmax(f.label_width, fmin(lines.width, room + 20));
    }
    for (size_t k = 0; k < c->n_rows * c->n_series; k++) {
        const struct tf_mark *m = &c->mark[k];
        if (m->state == TF_MARK_SUPPRESSED || m->state == TF_MARK_MISSING)
            continue;
        most = fmax(most, fmax(m->value, isnan(m->hi) ? 0 : m->hi));
        behind = fmax(behind, tf_text_width(p->fonts, m->label, TF_LABEL, true));
    }
    f.scale = tf_scale_for(most, c->percent);
    f.x0 = f.label_width + 8;
    f.x1 = fmax(p->width - behind - 9, f.x0 + 40);
    return f;
}

static void axis(const struct tf_pen *p, const struct frame *f, double bottom)
{
    double last = -1e9;
    for (size_t k = 0; k <= f->scale.n; k++) {
        char text[32];
        const double value = f->scale.step * (double)k;
        const double x = f->x0 + (f->x1 - f->x0) * value / f->scale.top;
        tf_scale_text(text, sizeof text, value, p->c, k == f->scale.n);
        const double w = tf_text_width(p->fonts, text, TF_SMALL, false);
        if (k > 0)
            tf_pen_line(p, x, f->top, x, bottom, TF_GRID, 0.8);
        if (x - w / 2 > last + 3) {
            tf_pen_text(p, x, bottom + 11, text, TF_SMALL, false, TF_MUTE, TF_MIDDLE);
            last = x + w / 2;
        }
    }
}

static void value_text(const struct tf_pen *p, const struct tf_mark *m, double x, double y)
{
    const bool plain = m->state == TF_MARK_MISSING || m->state == TF_MARK_SUPPRESSED;
    tf_pen_text(p, x, y + TF_LABEL * 0.36, m->label, plain ? TF_SMALL : TF_LABEL, !plain,
                plain ? TF_MUTE : TF_INK, TF_START);
}

static void mark(const struct tf_pen *p, const struct tf_rows *rows, const struct frame *f,
                 const struct tf_mark *m, size_t series, double y)
{
    const double scale = (f->x1 - f->x0) / f->scale.top;
    if (m->state == TF_MARK_MISSING) {
        value_text(p, m, f->x0 + 5, y);
        return;
    }
    if (m->state == TF_MARK_SUPPRESSED) {
        tf_pen_hatch(p, f->x0, y - rows->thick / 2, 34, rows->thick);
        value_text(p, m, f->x0 + 39, y);
        return;
    }
    const double x = f->x0 + m->value * scale;
    const double lo = isnan(m->lo) ? x : f->x0 + m->lo * scale;
    const double hi = isnan(m->hi) ? x : f->x0 + m->hi * scale;
    rows->mark(p, m, series, f->x0, x, lo, hi, y, rows->thick);
    value_text(p, m, fmax(x, hi) + 5, y);
}

double tf_chart_rows(const struct tf_pen *p, const struct tf_rows *rows)
{
    const struct tf_chart *c = p->c;
    struct frame f = frame_of(p);
    uint32_t colour[16];
    double y = 0;
    if (c->n_series > 1) {
        for (size_t s = 0; s < 16; s++)
            colour[s] = tf_series_colour(s);
        y = tf_pen_legend(p, colour, NULL);
    }
    f.top = y;
    /* heights first, since the grid lies under the marks */
    double bottom = y + 4;
    for (int pass = p->canvas == NULL ? 1 : 0; pass < 2; pass++) {
        y = f.top + 4;
        for (size_t r = 0; r < c->n_rows; r++) {
            struct tf_lines lines;
            tf_pen_break(p, c->row[r], TF_LABEL, f.label_width, &lines);
            const double marks = rows->pitch * (double)(c->n_series - 1) + rows->thick;
            const double text = leading * (double)lines.n;
            const double high = fmax(marks, text) + (c->n_series > 1 ? 11 : 9);
            const double middle = y + high / 2;
            if (pass == 1 && rows->guide)
                tf_pen_line(p, f.x0, middle, f.x1, middle, TF_GRID, 0.8);
            for (size_t k = 0; pass == 1 && k < lines.n; k++)
                tf_pen_text(p, f.label_width,
                            middle + TF_LABEL * 0.36 - text / 2 + leading * ((double)k + 0.5),
                            lines.line[k], TF_LABEL, false, TF_INK, TF_END);
            for (size_t s = 0; pass == 1 && s < c->n_series; s++)
                mark(p, rows, &f, &c->mark[r * c->n_series + s], s,
                     middle - marks / 2 + rows->thick / 2 + rows->pitch * (double)s);
            y += high;
        }
        bottom = y + 2;
        if (pass == 0 && rows->axis)
            axis(p, &f, bottom);
    }
    tf_pen_line(p, f.x0, f.top, f.x0, bottom, TF_INK, 1.1);
    return bottom + (rows->axis ? 16 : 4);
}
