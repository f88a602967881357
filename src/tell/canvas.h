/* An abstract canvas of six calls; charts draw on it once, SVG and PDF come out.
 * Units are points (1/72 inch); x grows right, y grows DOWN from the top left of the chart. */
#ifndef TF_TELL_CANVAS_H
#define TF_TELL_CANVAS_H

#include "base/base.h"

struct tf_paint {
    uint32_t fill, stroke; /* 0xRRGGBB; TF_NO_PAINT = none */
    double width;          /* of the stroke */
    const char *dash;      /* "4 3", or NULL */
    bool hatch;            /* fill with a hatch in `stroke` (suppressed cells) */
};
#define TF_NO_PAINT UINT32_MAX
enum tf_anchor { TF_START, TF_MIDDLE, TF_END };
struct tf_textstyle { /* a text style */
    double size;
    bool bold;
    uint32_t colour;
    enum tf_anchor anchor;
    const char *lang;
};
struct tf_canvas {
    void *self;
    void (*rect)(void *self, double x, double y, double w, double h, struct tf_paint paint);
    void (*line)(void *self, double x1, double y1, double x2, double y2, struct tf_paint paint);
    void (*path)(void *self, const double *xy, size_t n_points, bool closed, struct tf_paint paint);
    void (*circle)(void *self, double x, double y, double r, struct tf_paint paint);
    void (*text)(void *self, double x, double y_baseline, const char *s, struct tf_textstyle type);
    void (*group)(void *self, const char *role, const char *id); /* role NULL ends a group */
};
/* SVG text of what is drawn on it. */
struct tf_canvas tf_svg_canvas(struct tf_arena *a, struct tf_buf *out);

#endif
