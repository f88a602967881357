/* Stacked answers, 100 % wide. Parts run from dark to light with white gaps between, values printed
 * inside where they fit; "don't know" and "prefer not to say" stand apart at the end, in grey, behind
 * a gap. A withheld part is hatched and takes what the shown parts leave. */
#include <math.h>
#include <string.h>

#include "tell/chart_inside.h"

enum { MAX_PARTS = 12 };

static void colours(const struct tf_chart *c, uint32_t *out)
{
    static const uint32_t ramp[][8] = {
        {TF_NAVY},
        {TF_NAVY, TF_SKY},
        {TF_NAVY, TF_BLUE, TF_PALE},
        {TF_NAVY, TF_BLUE, TF_SKY, TF_PALE},
        {TF_NAVY, TF_BLUE, TF_SKY, TF_PALE, 0xEAF2FA},
        {TF_NAVY, 0x1A5C96, 0x3F8ACB, 0x86BDEB, TF_PALE, 0xEAF2FA},
        {TF_NAVY, 0x1A5C96, TF_BLUE, 0x4F99D6, 0x93C4EE, TF_PALE, 0xEAF2FA},
        {TF_NAVY, 0x17558C, TF_BLUE, 0x4A95D3, 0x7FB8E8, 0xA8D0F2, 0xCFE4F6, 0xEEF5FB}};
    size_t parts = 0, k = 0, greys = 0;
    for (size_t s = 0; s < c->n_series; s++)
        parts += c->apart == NULL || !c->apart[s];
    const size_t row = parts == 0 ? 0 : parts > 8 ? 7 : parts - 1;
    for (size_t s = 0; s < c->n_series && s < MAX_PARTS; s++)
        if (c->apart != NULL && c->apart[s])
            out[s] = greys++ % 2 == 0 ? TF_GREY : 0xD3D8DF;
        else
            out[s] = k < 8 ? ramp[row][k++] : 0xEEF5FB;
}

static double part_of(const struct tf_chart *c, size_t row, size_t s)
{
    const struct tf_mark *m = &c->mark[row * c->n_series + s];
    double shown = 0;
    size_t hidden = 0;
    if (m->state == TF_MARK_SHOWN || m->state == TF_MARK_COUNT)
        return isnan(m->value) ? 0 : m->value;
    if (m->state == TF_MARK_MISSING)
        return 0;
    for (size_t k = 0; k < c->n_series; k++) {
        const struct tf_mark *o = &c->mark[row * c->n_series + k];
        if (o->state == TF_MARK_SUPPRESSED)
            hidden++;
        else if (!isnan(o->value) && o->state != TF_MARK_MISSING)
            shown += o->value;
    }
    return fmax(1 - shown, 0.04 * (double)hidden) / (double)hidden;
}

/* Values in dark parts are white. */
static bool is_dark(uint32_t colour)
{
    return (colour >> 8 & 0xFF) < 0x7A; /* little green: white reads at 4.5:1 or more */
}

static void draw_row(const struct tf_pen *p, size_t row, double x0, double x1, double y,
                     double thick, const uint32_t *colour)
{
    const struct tf_chart *c = p->c;
    double total = 0, x = x0, apart = 0;
    for (size_t s = 0; s < c->n_series; s++) {
        total += part_of(c, row, s);
        apart += c->apart != NULL && c->apart[s] ? 1 : 0;
    }
    if (!(total > 0)) {
        tf_pen_text(p, x0 + 4, y + thick / 2 + 3, c->mark[row * c->n_series].label, TF_SMALL, false,
                    TF_MUTE, TF_START);
        return;
    }
    const double scale = (x1 - x0 - (apart > 0 ? 7 : 0)) / fmax(total, 1);
    for (int pass = 0; pass < 2; pass++)
        for (size_t s = 0; s < c->n_series && s < MAX_PARTS; s++) {
            const struct tf_mark *m = &c->mark[row * c->n_series + s];
            if ((c->apart != NULL && c->apart[s]) != (pass == 1))
                continue;
            const double w = part_of(c, row, s) * scale;
            const double start = x + (pass == 1 ? 7 : 0);
            if (w <= 0)
                continue;
            if (m->state == TF_MARK_SUPPRESSED)
                tf_pen_hatch(p, start, y, fmax(w - 1, 0.5), thick);
            else
                tf_pen_rect(p, start, y, fmax(w - 1, 0.5), thick, colour[s]);
            const bool bold = m->state != TF_MARK_SUPPRESSED;
            if (tf_text_width(p->fonts, m->label, TF_LABEL, bold) + 4 < w)
                tf_pen_text(p, start + w / 2 - 0.5, y + thick / 2 + TF_LABEL * 0.36, m->label,
                            TF_LABEL, bold, bold && is_dark(colour[s]) ? TF_WHITE : TF_INK,
                            TF_MIDDLE);
            x += w;
        }
}

double tf_chart_likert(const struct tf_pen *p)
{
    const struct tf_chart *c = p->c;
    const double room = p->width * 0.32, thick = 20;
    uint32_t colour[MAX_PARTS] = {0};
    double label = 0;
    colours(c, colour);
    for (size_t r = 0; r < c->n_rows; r++) {
        struct tf_lines lines;
        tf_pen_break(p, c->row[r], TF_LABEL, room, &lines);
        label = fmax(label, lines.width);
    }
    double y = tf_pen_legend(p, colour, c->apart) + 2;
    const double x0 = label + 8;
    for (size_t r = 0; r < c->n_rows; r++) {
        struct tf_lines lines;
        tf_pen_break(p, c->row[r], TF_LABEL, label, &lines);
        const double high = fmax(thick, 10.6 * (double)lines.n);
        for (size_t k = 0; k < lines.n; k++)
            tf_pen_text(p, label,
                        y + high / 2 + TF_LABEL * 0.36 - 10.6 * (double)lines.n / 2 +
                            10.6 * ((double)k + 0.5), lines.line[k], TF_LABEL, false, TF_INK,
                        TF_END);
        draw_row(p, r, x0, p->width, y + (high - thick) / 2, thick, colour);
        y += high + 8;
    }
    return y;
}
