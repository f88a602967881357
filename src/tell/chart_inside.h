/* chart, inside: what the five forms share. Nobody outside chart*.c includes this. */
#ifndef TF_TELL_CHART_INSIDE_H
#define TF_TELL_CHART_INSIDE_H

#include "tell/chart.h"

/* Colours of the Government Analysis Function palette; contrasts in web/report.css and README. */
enum {
    TF_NAVY = 0x12436D, TF_TEAL = 0x28A197, TF_PLUM = 0x801650, TF_ORANGE = 0xF46A25,
    TF_BLUE = 0x2073BC, TF_SKY = 0x6BACE6, TF_PALE = 0xC6DDF1, TF_INK = 0x1D2433,
    TF_MUTE = 0x566073, TF_GRID = 0xE4E8EE, TF_GREY = 0xA9B1BD, TF_WHITE = 0xFFFFFF
};
#define TF_LABEL 8.6 /* pt */
#define TF_SMALL 7.6

struct tf_pen { /* a chart being drawn; canvas NULL = only measured */
    const struct tf_chart *c;
    struct tf_fonts *fonts;
    double width;
    struct tf_canvas *canvas;
};
struct tf_lines { /* a text broken to a width */
    char line[6][160];
    size_t n;
    double width; /* of the widest */
};
void tf_pen_break(const struct tf_pen *p, const char *s, double size, double width,
                  struct tf_lines *ret);
void tf_pen_text(const struct tf_pen *p, double x, double y, const char *s, double size, bool bold,
                 uint32_t colour, enum tf_anchor anchor);
void tf_pen_rect(const struct tf_pen *p, double x, double y, double w, double h, uint32_t fill);
void tf_pen_hatch(const struct tf_pen *p, double x, double y, double w, double h);
void tf_pen_line(const struct tf_pen *p, double x1, double y1, double x2, double y2,
                 uint32_t colour, double width);
/* An interval: a line with end ticks, over y. */
void tf_pen_interval(const struct tf_pen *p, double lo, double hi, double y, double tick,
                     uint32_t colour);
/* Labels of series in data order above the plot; returns the height used. */
double tf_pen_legend(const struct tf_pen *p, const uint32_t *colour, const bool *last);

struct tf_scale { /* 0 .. top in `n` equal round steps */
    double top, step;
    size_t n;
};
struct tf_scale tf_scale_for(double most, bool percent);
/* A value as text of the axis ("15", "20 %", "1,000", "2 million"). */
void tf_scale_text(char *out, size_t n, double x, const struct tf_chart *c, bool sign);
uint32_t tf_series_colour(size_t k);

double tf_chart_bar(const struct tf_pen *p);    /* bar, dot and funnel: rows of marks */
double tf_chart_dot(const struct tf_pen *p);
double tf_chart_funnel(const struct tf_pen *p);
double tf_chart_likert(const struct tf_pen *p);
double tf_chart_line(const struct tf_pen *p);

/* The rows of bar, dot and funnel: labels at the left, wrapped; marks by `mark`. */
struct tf_rows {
    double thick, pitch;  /* of one mark; from mark to mark within a row */
    bool axis, guide;     /* ticks and grid; a light line under each row */
    void (*mark)(const struct tf_pen *p, const struct tf_mark *m, size_t series, double x0,
                 double x, double lo, double hi, double y, double thick);
};
double tf_chart_rows(const struct tf_pen *p, const struct tf_rows *rows);

#endif
