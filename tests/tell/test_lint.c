/* What the linter finds and what it lets pass. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sodium.h>

#include "fake.h"

static const struct {
    const char *name, *text, *fault; /* fault "" = passes */
} cases[] = {
    {"a typed percentage beside small-base evidence",
     "Of those who answered, 37 % told no one ({{ est told.none }}).",
     "t.md:1:24: text says '37 %', but told.none in XC is 19 of 85 (22 %)"},
    {"a typed percentage beside an estimate", "So 20% ({{ est exp.exp_a }}) were.",
     "t.md:1:4: text says '20%', but exp.exp_a in XC is 16 % (95 % CI 14\xE2\x80\x93" "19; n = 1,012)"},
    {"a typed percentage with no evidence", "About 40 per cent of them.",
     "t.md:1:7: text says '40 per cent', but no evidence is linked in this sentence or claim"},
    {"a typed count", "We met 35 workers.", "t.md:1:8: the number '35' is typed by hand"},
    {"a number with a separator is one", "Of 1,012 children.",
     "t.md:1:4: the number '1,012' is typed by hand"},
    {"the second of two equal numbers is found", "In 2019 {{ n exp.exp_a }} and 19 more.",
     "t.md:1:31: the number '19' is typed by hand"},
    {"a number in a branch not taken", "{{ if shown told.police }}Some 7 did.{{ end }}",
     "t.md:1:32: the number '7' is typed by hand"},
    {"a number in a footnote", "Text.[^1]\n\n[^1]: Of 85 children.",
     "t.md:3:10: the number '85' is typed by hand"},
    {"a number in a table", "| a | b |\n|---|---|\n| c | 12 |\n",
     "t.md:3:7: the number '12' is typed by hand"},
    {"a section number before a heading passes", "## 2.2 Requests {#req}", ""},
    {"a number in a heading does not", "## Six of 10 children", "t.md:1:11: the number '10' is typed by hand"},
    {"code and link targets pass", "See `a1 22` and [the page](https://example.org/22).", ""},
    {"years pass", "Between 2018 and 2020, and 2018\xE2\x80\x93" "2020.", ""},
    {"a year too far does not", "In 1848.", "t.md:1:4: the number '1848' is typed by hand"},
    {"a percentage is never an allowed number", "Some 12\xE2\x80\x93" "17 % did.",
     "t.md:1:11: text says '17 %', but no evidence is linked in this sentence or claim"},
    {"a term to avoid", "They look for child pornography online.",
     "t.md:1:15: 'child pornography' is a term to avoid (Luxembourg Guidelines); the term is 'child "
     "sexual abuse material'"},
    {"a majority without a test", "A majority, {{ est exp.exp_a }}, did.",
     "t.md:1:3: 'majority' claims more than the sentence proves"},
    {"a majority within its test passes",
     "{{ if majority freq.b1.1 }}A majority of children{{ else }}Many children{{ end }} "
     "({{ est freq.b1.1 }}).", ""},
    {"most children without a test", "Most children ({{ est freq.b1.1 }}) do.",
     "t.md:1:1: 'Most children' claims more than the sentence proves"},
    {"most common says nothing of a share", "The most common answer was {{ est freq.b1.1 }}.", ""},
    {"at most children pass", "It reached at most children nearby, {{ est exp.exp_a }}.", ""},
    {"more likely without a test", "Girls are more likely than boys to ({{ est exp.exp_a sex=girls }}).",
     "t.md:1:11: 'more likely' claims more than the sentence proves"},
    {"more likely within its test passes",
     "{{ if more exp.exp_a agegrp=3 agegrp=1 }}Older children are more likely than younger "
     "children{{ else }}Age makes no clear difference{{ end }} ({{ est exp.exp_a }}).", ""},
    {"more than one passes", "A child can meet more than one form ({{ est exp.exp_a }}).", ""},
    {"without a number it is only a warning", "Girls are more likely than boys to speak.", ""}};

static void each(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_guard guard;
        struct tf_err err;
        struct fake f;
        assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
        struct tf_arena *a = tf_arena_new("test", 64 << 20);
        fake_make(&f, a);
        (void)fake_read(&f, cases[k].text);
        const char *said = fake_faults(&f, TF_ERROR);
        if (*cases[k].fault == '\0' ? *said != '\0'
                                    : strncmp(said, cases[k].fault, strlen(cases[k].fault)) != 0)
            fail_msg("%s:\n  wanted %s\n  got    %s", cases[k].name, cases[k].fault, said);
        tf_arena_free(a);
        tf_guard_end(&guard);
    }
}

/* The links of a claim bear witness where its sentence has none. */
static void claim_links_bear_witness(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    struct fake f;
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("test", 64 << 20);
    fake_make(&f, a);
    struct tf_link link = {.kind = TF_LINK_FIGURE, .ref = "told.none", .figure = "told",
                           .row = "none"};
    const struct tf_claim claim = {.id = "F9", .file = "t.md", .kind = "finding", .title = "T",
                                   .link = &link, .n_links = 1};
    f.b->claim = &claim;
    (void)fake_read(&f, "37 % did not tell anyone.");
    assert_string_equal(fake_faults(&f, TF_ERROR),
                        "t.md:1:1: text says '37 %', but told.none in XC is 19 of 85 (22 %)");
    tf_arena_free(a);
    tf_guard_end(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each),
                                       cmocka_unit_test(claim_links_bear_witness)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
