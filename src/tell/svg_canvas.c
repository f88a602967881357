/* The canvas as SVG text: text stays text, so it can be searched, copied and read aloud. Numbers have
 * at most two decimals; the hatch is drawn as lines, so that no ids are needed and two charts on a
 * page cannot meet. */
#include <math.h>

#include "tell/chart_inside.h"

struct svg {
    struct tf_buf *out;
};

static void number(struct tf_buf *out, double x)
{
    struct tf_buf text = {.arena = out->arena};
    tf_buf_fixed(&text, x, 2);
    size_t n = text.n;
    while (n > 1 && text.s[n - 1] == '0')
        n--;
    if (text.s[n - 1] == '.')
        n--;
    tf_buf_addn(out, text.s, n);
}

static void attribute(struct tf_buf *out, const char *name, double x)
{
    tf_buf_printf(out, " %s=\"", name);
    number(out, x);
    tf_buf_char(out, '"');
}

static void paint(struct tf_buf *out, struct tf_paint p)
{
    if (p.fill == TF_NO_PAINT)
        tf_buf_add(out, " fill=\"none\"");
    else
        tf_buf_printf(out, " fill=\"#%06x\"", (unsigned)p.fill);
    if (p.stroke != TF_NO_PAINT) {
        tf_buf_printf(out, " stroke=\"#%06x\"", (unsigned)p.stroke);
        attribute(out, "stroke-width", p.width);
        if (p.dash != NULL)
            tf_buf_printf(out, " stroke-dasharray=\"%s\"", p.dash);
    }
    tf_buf_add(out, "/>");
}

static void svg_line(void *self, double x1, double y1, double x2, double y2, struct tf_paint p)
{
    struct tf_buf *out = ((struct svg *)self)->out;
    tf_buf_add(out, "<path d=\"M");
    number(out, x1);
    tf_buf_char(out, ' ');
    number(out, y1);
    tf_buf_add(out, "L");
    number(out, x2);
    tf_buf_char(out, ' ');
    number(out, y2);
    tf_buf_char(out, '"');
    paint(out, p);
}

static void svg_rect(void *self, double x, double y, double w, double h, struct tf_paint p)
{
    struct tf_buf *out = ((struct svg *)self)->out;
    const bool hatch = p.hatch;
    tf_buf_add(out, "<rect");
    attribute(out, "x", x);
    attribute(out, "y", y);
    attribute(out, "width", w);
    attribute(out, "height", h);
    p.hatch = false;
    paint(out, p);
    if (!hatch)
        return;
    tf_buf_add(out, "<path d=\""); /* strokes at 45 degrees, 4 apart, cut to the box */
    for (double k = 4; k < w + h; k += 4) {
        const double x1 = fmax(x, x + k - h), y1 = fmin(y + h, y + k);
        const double x2 = fmin(x + w, x + k), y2 = fmax(y, y + k - w);
        tf_buf_char(out, 'M');
        number(out, x1);
        tf_buf_char(out, ' ');
        number(out, y1);
        tf_buf_char(out, 'L');
        number(out, x2);
        tf_buf_char(out, ' ');
        number(out, y2);
    }
    tf_buf_char(out, '"');
    paint(out, (struct tf_paint){.fill = TF_NO_PAINT, .stroke = p.stroke, .width = p.width});
}

static void svg_path(void *self, const double *xy, size_t n_points, bool closed, struct tf_paint p)
{
    struct tf_buf *out = ((struct svg *)self)->out;
    tf_buf_add(out, "<path d=\"");
    for (size_t k = 0; k < n_points; k++) {
        tf_buf_char(out, k == 0 ? 'M' : 'L');
        number(out, xy[2 * k]);
        tf_buf_char(out, ' ');
        number(out, xy[2 * k + 1]);
    }
    tf_buf_add(out, closed ? "Z\"" : "\"");
    paint(out, p);
}

static void svg_circle(void *self, double x, double y, double r, struct tf_paint p)
{
    struct tf_buf *out = ((struct svg *)self)->out;
    tf_buf_add(out, "<circle");
    attribute(out, "cx", x);
    attribute(out, "cy", y);
    attribute(out, "r", r);
    paint(out, p);
}

static void svg_text(void *self, double x, double y, const char *s, struct tf_textstyle type)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    struct tf_buf *out = ((struct svg *)self)->out;
    tf_buf_add(out, "<text");
    attribute(out, "x", x);
    attribute(out, "y", y);
    attribute(out, "font-size", type.size);
    tf_buf_printf(out, " fill=\"#%06x\"", (unsigned)type.colour);
    if (type.anchor != TF_START)
        tf_buf_printf(out, " text-anchor=\"%s\"", anchors[type.anchor]);
    if (type.bold)
        tf_buf_add(out, " font-weight=\"700\"");
    tf_buf_char(out, '>');
    tf_buf_html(out, s);
    tf_buf_add(out, "</text>");
}

static void svg_group(void *self, const char *role, const char *id TF_UNUSED)
{
    struct tf_buf *out = ((struct svg *)self)->out;
    tf_buf_add(out, role == NULL ? "</g>" : "<g>");
}

struct tf_canvas tf_svg_canvas(struct tf_arena *a, struct tf_buf *out)
{
    struct svg *svg = TF_NEW(a, struct svg);
    svg->out = out;
    return (struct tf_canvas){.self = svg, .rect = svg_rect, .line = svg_line, .path = svg_path,
                              .circle = svg_circle, .text = svg_text, .group = svg_group};
}
