/* Live references: what each prints, and what each fault says, with its place. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sodium.h>

#include "fake.h"

static const struct {
    const char *name, *text, *says;
} prints[] = {
    {"an estimate is a whole percentage", "An estimated {{ est exp.exp_a }} were.", "An estimated 16 % were."},
    {"a column is named by its label", "{{ est exp.exp_a sex=girls }}", "17 %"},
    {"a column is named by its code", "{{ est exp.exp_a sex=2 }}", "17 %"},
    {"one decimal is asked for", "{{ est exp.exp_b fmt=pct1 }}", "15.5 %"},
    {"an interval is a range", "{{ est exp.exp_a fmt=ci }}", "14\xE2\x80\x93" "19"},
    {"the base stands alone", "{{ n exp.exp_a }}", "1,012"},
    {"the base as a format", "{{ est exp.exp_a fmt=n }}", "1,012"},
    {"one in so many", "{{ est exp.exp_a fmt=per-n }}", "1 in 6"},
    {"all of it", "{{ est exp.exp_a fmt=full }}", "16 % (95 % CI 14\xE2\x80\x93" "19; n = 1,012)"},
    {"a small base is so many of so many", "{{ est told.none }}", "19 of 85"},
    {"a small base stays so in any format", "{{ est told.none fmt=pct1 }}", "19 of 85"},
    {"a count of a series", "{{ count cybertips.total 2020 }}", "12,788"},
    {"a missing count says why", "{{ count cybertips.total 2018 }}", "not supplied by the source"},
    {"a difference has an interval", "{{ diff exp.ocsea_any sex=boys sex=girls }}",
     "\xE2\x88\x92" "1 point (\xE2\x88\x92" "6 to 4)"},
    {"a difference turns over", "{{ diff exp.ocsea_any sex=girls sex=boys }}",
     "1 point (\xE2\x88\x92" "4 to 6)"},
    {"a law is cited in full", "{{ law L-XC-03 }}", "Article 12, Child Protection Act (2015)"},
    {"a quote alone is a block", "{{ quote Q-XC-01 }}",
     "\xE2\x80\x9CThe child came with her teacher. We had no room where she could speak without "
     "being overheard.\xE2\x80\x9DJustice professional, RA4-XC-07-J (synthetic)"},
    {"a fact is the study's", "{{ fact ages }}, {{ fact population }}, {{ fact coverage }}",
     "12\xE2\x80\x93" "17, 1,200,000, 97 %"},
    {"the country is plain text", "In {{ fact country }}.", "In Country XC."},
    {"a clear difference prints its branch",
     "{{ if sig exp.exp_a agegrp=1 agegrp=3 }}differs{{ else }}same{{ end }}", "differs"},
    {"a difference that is not clear prints the other",
     "{{ if sig exp.ocsea_any sex=1 sex=2 }}differs{{ else }}same{{ end }}", "same"},
    {"more knows the direction",
     "{{ if more exp.exp_a agegrp=1 agegrp=3 }}more{{ else }}not more{{ end }}", "not more"},
    {"more, turned over",
     "{{ if more exp.exp_a agegrp=3 agegrp=1 }}more{{ else }}not more{{ end }}", "more"},
    {"a withheld cell is not shown",
     "{{ if shown exp.exp_f agegrp=1 }}{{ est exp.exp_f agegrp=1 }}{{ else }}left out{{ end }}",
     "left out"},
    {"a majority needs its whole interval", "{{ if majority exp.exp_a }}yes{{ else }}no{{ end }}", "no"},
    {"a branch spans bold text", "{{ if country XC }}**here** too{{ else }}*there*{{ end }}.",
     "here too."},
    {"branches nest", "{{ if country XC }}{{ if shown told.police }}a{{ else }}b{{ end }}{{ end }}", "b"},
    {"a reference runs over a line break", "{{ est\nexp.exp_a }}", "16 %"},
    {"a figure's row may hold a dot", "{{ est freq.b1.1 }}", "38 %"},
    {"a footnote that marks itself ends", "Text[^a].\n\n[^a]: A note, see[^a].", "Text."},
    {"years and allowed phrases are typed", "In 2019 children aged 12\xE2\x80\x93" "17, past 12 months.",
     "In 2019 children aged 12\xE2\x80\x93" "17, past 12 months."},
    {"codes and dates are typed", "Question EX1a, RA4-XC-07-J, as of 3 February 2021.",
     "Question EX1a, RA4-XC-07-J, as of 3 February 2021."}};

static const struct {
    const char *name, *text, *fault;
} faults[] = {
    {"an unknown word", "Text {{ estimate exp.exp_a }}.",
     "t.md:1:6: {{ estimate exp.exp_a }}: there is no reference 'estimate'"},
    {"an unknown figure", "One.\n\nTwo {{ est exq.exp_a }}.",
     "t.md:3:5: {{ est exq.exp_a }}: XC has no released figure 'exq'; did you mean 'exp'?"},
    {"an unknown row", "A {{ est exp.exp_z }}",
     "t.md:1:3: {{ est exp.exp_z }}: figure 'exp' of XC has no row 'exp_z'; did you mean 'exp_a'?"},
    {"an unknown column", "{{ est exp.exp_a agegrp=9 }}",
     "t.md:1:1: {{ est exp.exp_a agegrp=9 }}: figure 'exp' of XC has no column 'agegrp=9'; did you "
     "mean 'agegrp=1'?"},
    {"a withheld cell in prose", "So\n{{ est exp.exp_f agegrp=1 }} did.",
     "t.md:2:1: {{ est exp.exp_f agegrp=1 }}: exp.exp_f agegrp=1 in XC is withheld to protect "
     "children [c]"},
    {"a missing count as a number", "{{ est cybertips.total 2018 }}",
     "t.md:1:1: {{ est cybertips.total 2018 }}: cybertips.total 2018 in XC is missing (not supplied "
     "by the source), not a number"},
    {"a count read as an estimate", "{{ est cybertips.total 2020 }}",
     "t.md:1:1: {{ est cybertips.total 2020 }}: cybertips.total 2020 in XC is a count, not an "
     "estimate"},
    {"arithmetic", "{{ est exp.exp_a*2 }}",
     "t.md:1:1: {{ est exp.exp_a*2 }}: there is no arithmetic in a reference"},
    {"an unknown format", "{{ est exp.exp_a fmt=pct2 }}",
     "t.md:1:1: {{ est exp.exp_a fmt=pct2 }}: there is no format 'pct2'; did you mean 'pct0'?"},
    {"a reference left open", "Then {{ est exp.exp_a",
     "t.md:1:6: a reference is opened and not closed"},
    {"an if left open", "{{ if country XC }}a", "t.md:1:1: {{ if country XC }} has no {{ end }}"},
    {"an else without if", "a {{ else }} b", "t.md:1:3: {{ else }} has no {{ if \xE2\x80\xA6 }}"},
    {"an unknown country", "{{ if country XQ }}a{{ end }}",
     "t.md:1:1: {{ if country XQ }}: the study has no country 'XQ'"},
    {"an unknown quote", "{{ quote Q-XC-02 }}",
     "t.md:1:1: {{ quote Q-XC-02 }}: no quote 'Q-XC-02' is released for XC; did you mean 'Q-XC-01'?"},
    {"an unknown law", "{{ law L-XC-99 }}",
     "t.md:1:1: {{ law L-XC-99 }}: the legal grid of XC has no 'L-XC-99'"},
    {"an unknown fact", "{{ fact budget }}",
     "t.md:1:1: {{ fact budget }}: the study states no 'budget' for XC"},
    {"a difference that nobody computed", "{{ diff exp.exp_b sex=1 sex=2 }}",
     "t.md:1:1: {{ diff exp.exp_b sex=1 sex=2 }}: the two columns are not compared, or one of them "
     "is withheld"},
    {"an unknown call-out", "> [!note]\n> Text", "t.md:1:3: there is no such call-out"},
    {"an unknown block", "```tables id=T1\n```",
     "t.md:1:1: there is no block 'tables'; did you mean 'table'?"},
    {"raw HTML", "A <b>word</b>", "t.md:1:3: raw HTML '<b>' is not taken: a report is made in several forms"}};

static void prints_each(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof prints / sizeof *prints; k++) {
        struct tf_guard guard;
        struct tf_err err;
        struct fake f;
        assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
        struct tf_arena *a = tf_arena_new("test", 64 << 20);
        fake_make(&f, a);
        const char *says = fake_read(&f, prints[k].text);
        if (strcmp(says, prints[k].says) != 0 || f.notices.n > 0)
            fail_msg("%s:\n  wanted %s\n  got    %s\n  %s", prints[k].name, prints[k].says, says,
                     fake_faults(&f, TF_NOTE));
        tf_arena_free(a);
        tf_guard_end(&guard);
    }
}

static void faults_name_their_place(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        struct tf_guard guard;
        struct tf_err err;
        struct fake f;
        assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
        struct tf_arena *a = tf_arena_new("test", 64 << 20);
        fake_make(&f, a);
        (void)fake_read(&f, faults[k].text);
        const char *said = fake_faults(&f, TF_ERROR);
        if (strncmp(said, faults[k].fault, strlen(faults[k].fault)) != 0)
            fail_msg("%s:\n  wanted %s\n  got    %s", faults[k].name, faults[k].fault, said);
        tf_arena_free(a);
        tf_guard_end(&guard);
    }
}

static void a_table_carries_marks(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    struct fake f;
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("test", 64 << 20);
    fake_make(&f, a);
    const char *text = "| Age | Share |\n|---|---|\n| youngest | {{ est exp.exp_f agegrp=1 }} |\n"
                       "| all | {{ est exp.exp_f }}[^1] |\n\n[^1]: Of {{ n exp.exp_f }} children.\n";
    const struct tf_block *b = tf_text_blocks(f.b, "t.md", text, strlen(text), 1);
    assert_string_equal(fake_faults(&f, TF_NOTE), "");
    struct tf_buf cell = {.arena = a};
    tf_inline_text(b->table->cell[3].inlines, &cell);
    assert_string_equal(tf_buf_text(&cell), "[c]");
    assert_int_equal(f.b->doc->n_notes, 1);
    assert_int_equal(f.b->n_uses, 3);
    assert_int_equal(f.b->use[0].line, 3);
    assert_int_equal(f.b->use[0].column, 14);
    tf_arena_free(a);
    tf_guard_end(&guard);
}

static void uses_keep_the_sentence(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    struct fake f;
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("test", 64 << 20);
    fake_make(&f, a);
    (void)fake_read(&f, "First. Of them {{ est exp.exp_a sex=girls }} were girls. Last.");
    assert_int_equal(f.b->n_uses, 1);
    assert_string_equal(f.b->use[0].sentence, "Of them 17 % were girls.");
    assert_string_equal(f.b->use[0].ref, "exp.exp_a sex=2");
    assert_string_equal(f.b->use[0].shown, "17 %");
    assert_int_equal(f.b->use[0].column, 16);
    tf_arena_free(a);
    tf_guard_end(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_each), cmocka_unit_test(faults_name_their_place),
        cmocka_unit_test(a_table_carries_marks), cmocka_unit_test(uses_keep_the_sentence)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
