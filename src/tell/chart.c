/* Charts: what the forms share, and their alternative text.
 *
 * A form is one function that draws on a pen, or, when the pen has no canvas, only says how high it
 * would be; so height and drawing cannot disagree. Texts are measured by the same shaping in SVG and
 * PDF: labels that do not clash in one do not clash in the other. Nothing is smaller than 7.5 pt.
 * Colours: Government Analysis Function palette; never the only carrier of meaning. */
#include "tell/chart_inside.h"

#include <math.h>
#include <string.h>

uint32_t tf_series_colour(size_t k)
{
    static const uint32_t palette[] = {TF_NAVY, TF_TEAL, TF_PLUM, TF_ORANGE, 0x3D3D3D, 0xA285D1};
    return palette[k % (sizeof palette / sizeof *palette)];
}

static void copy(char *out, size_t n, const char *s, size_t len)
{
    if (len >= n)
        len = n - 1;
    memcpy(out, s, len);
    out[len] = '\0';
}

void tf_pen_break(const struct tf_pen *p, const char *s, double size, double width,
                  struct tf_lines *ret)
{
    const size_t most = sizeof ret->line / sizeof *ret->line, room = sizeof ret->line[0];
    *ret = (struct tf_lines){.n = 0};
    while (*s == ' ')
        s++;
    while (*s != '\0' && ret->n < most) {
        size_t fit = 0;
        char try[160];
        for (size_t at = 0;;) { /* the longest start, at a blank, that fits */
            const size_t word = at + strcspn(s + at, " ");
            if (word >= room)
                break;
            copy(try, room, s, word);
            if (fit > 0 && ret->n + 1 < most && tf_text_width(p->fonts, try, size, false) > width)
                break;
            fit = word;
            if (s[word] == '\0')
                break;
            at = word + 1;
        }
        if (fit == 0)
            fit = strlen(s) < room ? strlen(s) : room - 1;
        copy(ret->line[ret->n], room, s, fit);
        ret->width = fmax(ret->width, tf_text_width(p->fonts, ret->line[ret->n], size, false));
        ret->n++;
        s += fit;
        while (*s == ' ')
            s++;
    }
}

void tf_pen_text(const struct tf_pen *p, double x, double y, const char *s, double size, bool bold,
                 uint32_t colour, enum tf_anchor anchor)
{
    if (p->canvas != NULL && s != NULL && *s != '\0')
        p->canvas->text(p->canvas->self, x, y, s,
                        (struct tf_textstyle){.size = size, .bold = bold, .colour = colour,
                                              .anchor = anchor, .lang = p->c->lang});
}

void tf_pen_rect(const struct tf_pen *p, double x, double y, double w, double h, uint32_t fill)
{
    if (p->canvas != NULL)
        p->canvas->rect(p->canvas->self, x, y, w, h,
                        (struct tf_paint){.fill = fill, .stroke = TF_NO_PAINT});
}

void tf_pen_hatch(const struct tf_pen *p, double x, double y, double w, double h)
{
    if (p->canvas != NULL)
        p->canvas->rect(p->canvas->self, x, y, w, h,
                        (struct tf_paint){.fill = TF_WHITE, .stroke = TF_MUTE, .width = 0.6,
                                          .hatch = true});
}

void tf_pen_line(const struct tf_pen *p, double x1, double y1, double x2, double y2,
                 uint32_t colour, double width)
{
    if (p->canvas != NULL)
        p->canvas->line(p->canvas->self, x1, y1, x2, y2,
                        (struct tf_paint){.fill = TF_NO_PAINT, .stroke = colour, .width = width});
}

void tf_pen_interval(const struct tf_pen *p, double lo, double hi, double y, double tick,
                     uint32_t colour)
{
    tf_pen_line(p, lo, y, hi, y, colour, 1.6);
    tf_pen_line(p, lo, y - tick, lo, y + tick, colour, 1.6);
    tf_pen_line(p, hi, y - tick, hi, y + tick, colour, 1.6);
}

double tf_pen_legend(const struct tf_pen *p, const uint32_t *colour, const bool *last)
{
    double x = 0, y = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t s = 0; s < p->c->n_series; s++) {
            if ((last != NULL && last[s]) != (pass == 1))
                continue;
            const char *name = p->c->series[s] == NULL ? "" : p->c->series[s];
            const double w = tf_text_width(p->fonts, name, TF_LABEL, false);
            if (x > 0 && x + 13 + w > p->width) {
                x = 0;
                y += 13;
            }
            tf_pen_rect(p, x, y + 1, 9, 9, colour[s]);
            if (p->canvas != NULL)
                p->canvas->rect(p->canvas->self, x, y + 1, 9, 9,
                                (struct tf_paint){.fill = TF_NO_PAINT, .stroke = TF_MUTE,
                                                  .width = 0.4});
            tf_pen_text(p, x + 13, y + 9, name, TF_LABEL, false, TF_INK, TF_START);
            x += 13 + w + 14;
        }
    return y + 18;
}

/* Round steps 1, 2, 2.5, 5 x 10^k so that there are three to six. */
struct tf_scale tf_scale_for(double most, bool percent)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    if (!(most > 0))
        most = percent ? 0.05 : 5;
    double power = pow(10, floor(log10(most)) - 1);
    for (int more = 0; more < 3; more++, power *= 10)
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            const double step = steps[k] * power, n = ceil(most / step - 1e-9);
            if (n <= 5 && !(!percent && step < 1) && !(percent && step < 0.01 - 1e-12))
                return (struct tf_scale){.top = n * step, .step = step, .n = (size_t)n};
        }
    return (struct tf_scale){.top = most, .step = most, .n = 1};
}

void tf_scale_text(char *out, size_t n, double x, const struct tf_chart *c, bool sign)
{
    char raw[32], *at = raw + sizeof raw - 1;
    const double shown = c->percent ? x * 100 : x;
    const double tenth = floor(shown * 10 + 0.5);
    double whole = floor(tenth / 10);
    const int rest = (int)(tenth - whole * 10);
    size_t digits = 0;
    *at = '\0';
    if (c->percent && sign) {
        at -= 3;
        memcpy(at, "\xC2\xA0%", 3);
    }
    if (rest != 0) {
        *--at = (char)('0' + rest);
        *--at = '.';
    }
    do { /* 1,000 */
        if (digits > 0 && digits % 3 == 0)
            *--at = ',';
        const double tens = floor(whole / 10);
        *--at = (char)('0' + (int)(whole - tens * 10));
        whole = tens;
        digits++;
    } while (whole > 0 && at > raw + 2);
    copy(out, n, at, strlen(at));
}

static double (*const forms[])(const struct tf_pen *) = {
    [TF_CHART_BAR] = tf_chart_bar,       [TF_CHART_DOT] = tf_chart_dot,
    [TF_CHART_LIKERT] = tf_chart_likert, [TF_CHART_LINE] = tf_chart_line,
    [TF_CHART_FUNNEL] = tf_chart_funnel};

double tf_chart_height(const struct tf_chart *c, struct tf_fonts *fonts, double width)
{
    const struct tf_pen p = {.c = c, .fonts = fonts, .width = width};
    return forms[c->form](&p);
}

void tf_chart_draw(const struct tf_chart *c, struct tf_fonts *fonts, double width,
                   struct tf_canvas *canvas)
{
    const struct tf_pen p = {.c = c, .fonts = fonts, .width = width, .canvas = canvas};
    (void)forms[c->form](&p);
}

/* ---- alternative text: form, range, the ends; at most two sentences ---- */
static void say_mark(struct tf_buf *out, const struct tf_chart *c, const struct tf_mark *m)
{
    tf_buf_add(out, m->row);
    if (m->series != NULL && c->n_series > 1)
        tf_buf_printf(out, ", %s", m->series);
    tf_buf_printf(out, " (%s%s)", m->label,
                  c->percent && m->state == TF_MARK_SHOWN ? "\xC2\xA0%" : "");
}

char *tf_chart_alt(struct tf_arena *a, const struct tf_chart *c)
{
    static const char *const names[] = {"Bars", "Dots", "Stacked bars", "Lines", "Stepped bars"};
    const struct tf_mark *low = NULL, *high = NULL;
    size_t withheld = 0, missing = 0, n = 0;
    struct tf_buf out = {.arena = a};
    for (size_t k = 0; k < c->n_rows * c->n_series; k++) {
        const struct tf_mark *m = &c->mark[k];
        withheld += m->state == TF_MARK_SUPPRESSED;
        missing += m->state == TF_MARK_MISSING;
        if (isnan(m->value) || m->state == TF_MARK_SUPPRESSED || m->state == TF_MARK_MISSING)
            continue;
        n++;
        if (high == NULL || m->value > high->value)
            high = m;
        if (low == NULL || m->value < low->value)
            low = m;
    }
    const bool lines = c->form == TF_CHART_LINE;
    tf_buf_printf(&out, "%s for %zu %s", names[c->form], c->n_rows,
                  lines ? "periods" : c->n_rows == 1 ? "row" : "rows");
    if (c->n_series > 1)
        tf_buf_printf(&out, " and %zu %s", c->n_series,
                      c->form == TF_CHART_LIKERT ? "answers" : "groups");
    if (n == 0) {
        tf_buf_add(&out, "; no value is shown.");
        return out.s;
    }
    tf_buf_add(&out, n == 1 ? ": " : ": highest ");
    say_mark(&out, c, high);
    if (n > 1) {
        tf_buf_add(&out, ", lowest ");
        say_mark(&out, c, low);
    }
    tf_buf_char(&out, '.');
    if (withheld + missing > 0)
        tf_buf_printf(&out, " %zu %s", withheld + missing,
                      withheld + missing == 1 ? "value is withheld or missing."
                                              : "values are withheld or missing.");
    return out.s;
}
