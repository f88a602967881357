/* Charts: round steps, well-formed SVG, no two texts over each other, the same height as drawn. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <libxml/parser.h>
#include <sodium.h>

#include "fake.h"
#include "tell/chart_inside.h"

static void steps_are_round(void **state)
{
    static const struct {
        double most;
        bool percent;
        double top, step;
    } cases[] = {{0.184, true, 0.2, 0.05}, {0.98, true, 1, 0.2}, {12788, false, 15000, 5000},
                 {0.03, true, 0.03, 0.01}, {7, false, 8, 2},     {41, false, 50, 10},
                 {0, true, 0.05, 0.01}};
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const struct tf_scale s = tf_scale_for(cases[k].most, cases[k].percent);
        assert_true(fabs(s.top - cases[k].top) < 1e-9);
        assert_true(fabs(s.step - cases[k].step) < 1e-9);
    }
}

/* A canvas that keeps the boxes of texts. */
struct boxes {
    struct tf_fonts *fonts;
    double width, lowest;
    struct box {
        double x0, y0, x1, y1;
        char text[80];
    } box[200];
    size_t n;
};
static void no_rect(void *s, double x, double y, double w, double h, struct tf_paint p)
{
    struct boxes *b = s;
    (void)x, (void)w, (void)p;
    b->lowest = fmax(b->lowest, y + h);
}
static void no_line(void *s, double x1, double y1, double x2, double y2, struct tf_paint p)
{
    struct boxes *b = s;
    (void)x1, (void)x2, (void)p;
    b->lowest = fmax(b->lowest, fmax(y1, y2));
}
static void no_path(void *s, const double *xy, size_t n, bool closed, struct tf_paint p)
{
    (void)s, (void)xy, (void)n, (void)closed, (void)p;
}
static void no_circle(void *s, double x, double y, double r, struct tf_paint p)
{
    (void)s, (void)x, (void)y, (void)r, (void)p;
}
static void no_group(void *s, const char *role, const char *id)
{
    (void)s, (void)role, (void)id;
}
static void keep_text(void *s, double x, double y, const char *text, struct tf_textstyle t)
{
    struct boxes *b = s;
    const double w = tf_text_width(b->fonts, text, t.size, t.bold);
    const double left = t.anchor == TF_START ? x : t.anchor == TF_END ? x - w : x - w / 2;
    assert_true(t.size >= 7.5);
    assert_true(b->n < 200);
    struct box *k = &b->box[b->n++];
    *k = (struct box){.x0 = left, .x1 = left + w, .y0 = y - t.size * 0.75, .y1 = y + t.size * 0.1};
    for (size_t j = 0; j + 1 < sizeof k->text && text[j] != '\0'; j++)
        k->text[j] = text[j];
    b->lowest = fmax(b->lowest, y + t.size * 0.25);
}

static void look(const struct tf_chart *c, struct tf_fonts *fonts, double width)
{
    static struct boxes b;
    b = (struct boxes){.fonts = fonts, .width = width};
    struct tf_canvas canvas = {.self = &b, .rect = no_rect, .line = no_line, .path = no_path,
                               .circle = no_circle, .text = keep_text, .group = no_group};
    tf_chart_draw(c, fonts, width, &canvas);
    if (b.lowest > tf_chart_height(c, fonts, width) + 0.01)
        fail_msg("%s at %g: drawn down to %g, height %g", c->id, width, b.lowest,
                 tf_chart_height(c, fonts, width));
    for (size_t k = 0; k < b.n; k++) {
        if (b.box[k].x0 < -0.5 || b.box[k].x1 > width + 0.5)
            fail_msg("%s at %g: '%s' leaves the chart (%g..%g)", c->id, width, b.box[k].text,
                     b.box[k].x0, b.box[k].x1);
        for (size_t j = 0; j < k; j++)
            if (b.box[k].x0 < b.box[j].x1 && b.box[j].x0 < b.box[k].x1 &&
                b.box[k].y0 < b.box[j].y1 && b.box[j].y0 < b.box[k].y1)
                fail_msg("%s at %g: '%s' lies over '%s'", c->id, width, b.box[k].text,
                         b.box[j].text);
    }
}

static const char *const infos[] = {
    "chart id=F-exp form=bar figure=exp",
    "chart id=F-age form=bar figure=exp by=agegrp",
    "chart id=F-dot form=dot figure=exp by=sex",
    "chart id=F-told form=bar figure=told",
    "chart id=F-freq form=likert figure=freq by=sex",
    "chart id=F-freq1 form=likert figure=freq",
    "chart id=F-tips form=line figure=cybertips",
    "chart id=F-flow form=funnel figure=flow"};

static void charts_are_drawn_clean(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof infos / sizeof *infos; k++) {
        struct tf_guard guard;
        struct tf_err err;
        struct fake f;
        struct tf_fonts *fonts;
        struct tf_fence fence;
        assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
        struct tf_arena *a = tf_arena_new("test", 64 << 20);
        fake_make(&f, a);
        if (tf_fonts_open(a, &fonts, &err) != TF_OK)
            skip();
        assert_true(tf_fence_parse(f.b, "t.md", 1, infos[k], "", &fence));
        const char *id = tf_fence_get(&fence, "figure");
        const struct tf_chart *c = tf_chart_of_figure(f.b, tf_release_figure(&f.release, id),
                                                      &fence);
        assert_non_null(c);
        look(c, fonts, 500);
        look(c, fonts, 436);
        look(c, fonts, 280);
        struct tf_buf svg = {.arena = a};
        tf_buf_add(&svg, "<svg xmlns=\"http://www.w3.org/2000/svg\">");
        struct tf_canvas canvas = tf_svg_canvas(a, &svg);
        tf_chart_draw(c, fonts, 500, &canvas);
        tf_buf_add(&svg, "</svg>");
        xmlDocPtr doc = xmlReadMemory(svg.s, (int)svg.n, "chart", NULL, XML_PARSE_NONET);
        assert_non_null(doc);
        xmlFreeDoc(doc);
        assert_null(strstr(svg.s, "nan"));
        assert_null(strstr(svg.s, "NaN"));
        tf_arena_free(a);
        tf_guard_end(&guard);
    }
}

static void alt_text_says_the_range(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    struct fake f;
    struct tf_fence fence;
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("test", 64 << 20);
    fake_make(&f, a);
    assert_true(tf_fence_parse(f.b, "t.md", 1, infos[3], "", &fence));
    const struct tf_chart *c = tf_chart_of_figure(f.b, tf_release_figure(&f.release, "told"), &fence);
    assert_string_equal(tf_replace(a, c->alt, TF_NBSP, " "),
                        "Bars for 4 rows: highest A friend (41 of 85), lowest Mother or female "
                        "caregiver (17 of 85). 1 value is withheld or missing.");
    assert_false(c->percent);
    tf_arena_free(a);
    tf_guard_end(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps_are_round),
                                       cmocka_unit_test(charts_are_drawn_clean),
                                       cmocka_unit_test(alt_text_says_the_range)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
