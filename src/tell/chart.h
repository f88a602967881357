/* Charts: a small grammar. Each chart owns its title (the finding), subtitle, alt text, data table,
 * source; drawing is one function per form on an abstract canvas (canvas.h). */
#ifndef TF_TELL_CHART_H
#define TF_TELL_CHART_H

#include "base/base.h"
#include "tell/canvas.h"
#include "tell/font.h"

enum tf_chart_form { TF_CHART_BAR, TF_CHART_DOT, TF_CHART_LIKERT, TF_CHART_LINE, TF_CHART_FUNNEL };
enum tf_mark_state { TF_MARK_SHOWN, TF_MARK_SUPPRESSED, TF_MARK_MISSING, TF_MARK_COUNT };
struct tf_mark { /* one value */
    const char *row, *series; /* category label; group label or NULL */
    const char *label;        /* as printed beside the mark */
    double value, lo, hi;     /* NaN lo/hi = no interval */
    enum tf_mark_state state;
    const char *ref;          /* evidence id of the mark */
};
struct tf_chart {
    enum tf_chart_form form;
    const char *id, *number, *title, *subtitle, *source, *alt, *lang;
    const char *unit;         /* "%" or "reports" … for the axis */
    bool percent;             /* values are shares: axis 0..100 % */
    size_t n_rows, n_series;  /* marks are row-major: mark[r * n_series + s] */
    const char **row, **series;
    struct tf_mark *mark;
    const bool *apart;        /* Likert: series set apart in grey (don't know …), or NULL */
    int strand;
};
/* Height in points that the chart needs at a width. */
double tf_chart_height(const struct tf_chart *c, struct tf_fonts *fonts, double width);
void tf_chart_draw(const struct tf_chart *c, struct tf_fonts *fonts, double width,
                   struct tf_canvas *canvas);
/* Alt text from the data: form, range, highest and lowest; at most two sentences. */
char *tf_chart_alt(struct tf_arena *a, const struct tf_chart *c);

#endif
