/* Fonts: faces, widths, subsets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "tell/press.h"

static struct tf_arena *arena;
static struct tf_fonts *fonts;

static int open_fonts(void **state)
{
    (void)state;
    struct tf_err err = {0};
    arena = tf_arena_new("test", 64u << 20);
    if (tf_fonts_open(arena, &fonts, &err) == TF_OK)
        return 0;
    print_error("%s\n%s\n%s\n", err.what, err.fact, err.help);
    return -1;
}

static int close_fonts(void **state)
{
    (void)state;
    tf_arena_free(arena);
    return 0;
}

static void each_script_has_its_face(void **state)
{
    (void)state;
    static const struct {
        uint32_t cp;
        enum tf_face face;
    } CASE[] = {{'a', TF_FACE_LATIN},      {0x1EBF, TF_FACE_LATIN},   {0x1780, TF_FACE_KHMER},
                {0x17D2, TF_FACE_KHMER},   {0x0E01, TF_FACE_THAI},    {0x1208, TF_FACE_ETHIOPIC},
                {'7', TF_FACE_LATIN},      {0x0E3F, TF_FACE_LATIN}};
    for (size_t i = 0; i < sizeof CASE / sizeof CASE[0]; i++) {
        assert_int_equal(tf_face_for(CASE[i].cp, false), CASE[i].face);
        assert_int_equal(tf_face_for(CASE[i].cp, true), (int)CASE[i].face + 1);
    }
}

static void a_width_is_proportional_to_the_size_and_adds_up(void **state)
{
    (void)state;
    const double one = tf_text_width(fonts, "Sexual comments, 16 %", 10, false);
    assert_true(one > 90 && one < 120);
    assert_true(tf_text_width(fonts, "Sexual comments, 16 %", 20, false) - 2 * one < 1e-9);
    assert_true(tf_text_width(fonts, "Sexual comments, 16 %", 10, true) > one);
    assert_true(tf_text_width(fonts, "", 10, false) == 0);
    const double ab = tf_text_width(fonts, "ab ", 10, false) + tf_text_width(fonts, "cd", 10, false);
    const double both = tf_text_width(fonts, "ab cd", 10, false);
    assert_true(both - ab < 1e-9 && ab - both < 1e-9);
}

static void no_text_of_the_programme_shows_the_missing_glyph(void **state)
{
    (void)state;
    static const char *const TEXT[] = {
        "Trẻ em Việt Nam biết nơi tìm sự giúp đỡ",
        "ልጆች እርዳታ የት እንደሚያገኙ ያውቃሉ።",
        "เด็กทราบว่าจะขอความช่วยเหลือได้ที่ใด",
        "កុមារដឹងថាត្រូវស្វែងរកជំនួយនៅទីណា។",
        "difference −4 to 6; ≥ 50 ● ▲ ◆ ○ → “quoted” – … ŋ ɓ",
    };
    for (size_t i = 0; i < sizeof TEXT / sizeof TEXT[0]; i++) {
        const char *s = TEXT[i];
        const size_t n = strlen(s);
        int face = -1;
        for (size_t at = 0, step; at < n; at += step) {
            step = tf_font_run(fonts, s + at, n - at, i % 2 == 0, face, &face);
            const struct tf_shaped *w = tf_font_shape(fonts, face, s + at, step);
            for (size_t g = 0; g < w->n_glyphs; g++)
                assert_int_not_equal(w->glyph[g].id, 0);
        }
    }
}

static void plain_text_reads_back_glyph_by_glyph_and_khmer_does_not(void **state)
{
    (void)state;
    assert_true(tf_font_shape(fonts, TF_FACE_LATIN, "office", 6)->exact);
    assert_true(tf_font_shape(fonts, TF_FACE_LATIN, "giúp", strlen("giúp"))->exact);
    assert_false(tf_font_shape(fonts, TF_FACE_KHMER, "ស្វែង", strlen("ស្វែង"))->exact);
}

static void the_same_word_is_shaped_once(void **state)
{
    (void)state;
    assert_ptr_equal(tf_font_shape(fonts, TF_FACE_THAI, "เด็ก", strlen("เด็ก")),
                     tf_font_shape(fonts, TF_FACE_THAI, "เด็ก", strlen("เด็ก")));
}

static void a_subset_is_small_and_keeps_layout_only_for_html(void **state)
{
    (void)state;
    struct tf_err err = {0};
    struct tf_bytes html = {0}, plain = {0};
    assert_int_equal(tf_fonts_subset(arena, fonts, TF_FACE_KHMER, true, &html, &err), TF_OK);
    assert_int_equal(html.n, 0);
    tf_fonts_use(fonts, "កុមារដឹងថាត្រូវ", false);
    assert_int_equal(tf_fonts_subset(arena, fonts, TF_FACE_KHMER, true, &html, &err), TF_OK);
    assert_int_equal(tf_fonts_subset(arena, fonts, TF_FACE_KHMER, false, &plain, &err), TF_OK);
    assert_in_range(html.n, 2000, 40000);
    bool gsub[2] = {false, false};
    for (size_t i = 12; i + 4 < 400 && i + 4 < plain.n; i += 16)
        gsub[0] = gsub[0] || memcmp(plain.data + i, "GSUB", 4) == 0;
    for (size_t i = 12; i + 4 < 400 && i + 4 < html.n; i += 16)
        gsub[1] = gsub[1] || memcmp(html.data + i, "GSUB", 4) == 0;
    assert_false(gsub[0]);
    assert_true(gsub[1]);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(each_script_has_its_face),
        cmocka_unit_test(a_width_is_proportional_to_the_size_and_adds_up),
        cmocka_unit_test(no_text_of_the_programme_shows_the_missing_glyph),
        cmocka_unit_test(plain_text_reads_back_glyph_by_glyph_and_khmer_does_not),
        cmocka_unit_test(the_same_word_is_shaped_once),
        cmocka_unit_test(a_subset_is_small_and_keeps_layout_only_for_html),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("font", cases, open_fonts, close_fonts);
}
