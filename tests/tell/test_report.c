/* The whole document and its page, from texts on disk and a release made by hand. With
 * TREFOIL_TEST_OUT set to a folder the page and its charts are left there to be looked at. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake.h"

static const char summary[] =
    "# Executive summary {#summary}\n\n> [!warning]\n> This report speaks of harm to children. If it "
    "troubles you, please seek support.\n\nChildren in {{ fact country }} are online. An estimated "
    "{{ est exp.ocsea_any }} of children aged 12\xE2\x80\x93" "17 met a clear example of online sexual "
    "exploitation in the past year.[^how]\n\n[^how]: Asked of {{ n exp.ocsea_any }} children in "
    "private; see {{ ref sec:requests }}.\n\n## What we found\n\n```findings\n```\n";
static const char methods[] =
    "# How this study was made {#methods}\n\nThe survey covers {{ fact coverage }} of the population, "
    "{{ fact population }} children.\n\n```chart id=F-flow form=funnel figure=flow title=\"From doors "
    "to interviews\"\n```\n\n```table id=T44 figure=legal title=\"What the law covers\"\n```\n";
static const char chapter[] =
    "# Experience {#experience}\n\n```opener number=2 strands=children,threats,context title=\"What "
    "children experience, and who knows of it\"\n{{ est exp.ocsea_any fmt=per-n }} children met a clear "
    "example.\nOf those who answered, {{ est told.none }} told no one.\n```\n\n## Unwanted requests are "
    "the commonest experience {#requests}\n\nAmong children aged 12\xE2\x80\x93" "17 an estimated "
    "{{ est exp.exp_a }} were sent sexual comments, and {{ est exp.exp_c fmt=full }} were asked for an "
    "image of themselves when they did not want to be.[^q] {{ if sig exp.ocsea_any sex=girls sex=boys "
    "}}Girls and boys differ{{ else }}Girls and boys do not differ clearly{{ end }} (difference "
    "{{ diff exp.ocsea_any sex=girls sex=boys }}). {{ ref fig:F-exp }} shows all.\n\n[^q]: Question "
    "EX1d; full wording in the instrument.\n\n```chart id=F-exp form=bar figure=exp title=\"Comments "
    "and unwanted images lead; threats are rarer\"\n```\n\n> [!how]\n> Children answered alone, on a "
    "tablet that nobody could read back. See {{ ref table:T18 }}.\n\n```table id=T18 figure=exp "
    "title=\"Experiences by sex, age and area\"\n```\n\n## Girls and boys tell friends first\n\n```chart "
    "id=F-told form=bar figure=told title=\"Friends first\"\n```\n\n```chart id=F-sex form=dot figure=exp "
    "by=sex rows=exp_a,exp_b,exp_c,exp_f title=\"Girls and boys\"\n```\n\n```chart id=F-freq form=likert "
    "figure=freq by=sex title=\"Daily for two in three\"\n```\n\n```chart id=F-age form=bar figure=exp "
    "by=agegrp rows=exp_a,exp_c,exp_f title=\"By age\"\n```\n\n## What platforms report "
    "{#platforms}\n\n```chart id=F-tips form=line figure=cybertips title=\"Reports tripled\"\n```\n\n"
    "{{ quote Q-XC-01 }}\n\n```convergence theme=experiences\n```\n\n\xE1\x9E\x80\xE1\x9E\xBB\xE1\x9E"
    "\x98\xE1\x9E\xB6\xE1\x9E\x9A \xE1\x9E\x93\xE1\x9E\xB7\xE1\x9E\x84 \xE1\x9E\xA2\xE1\x9F\x8A\xE1\x9E"
    "\xB8\xE1\x9E\x93\xE1\x9E\x92\xE1\x9E\xBA\xE1\x9E\x8E\xE1\x9E\xB7\xE1\x9E\x8F\n";
static const char insights[] = "# What to do {#do}\n\n```opener number=4 strands=context title=\"How to "
                               "protect children\"\nSix insights.\n```\n\n```insights\n```\n";

static void claims_make(struct fake *f)
{
    static struct tf_link link = {.kind = TF_LINK_FIGURE, .ref = "exp.ocsea_any", .figure = "exp",
                                  .row = "ocsea_any"};
    static struct tf_link law = {.kind = TF_LINK_LAW, .relation = TF_QUALIFIES, .ref = "L-XC-03"};
    struct tf_claim *c = TF_NEW_N(f->a, struct tf_claim, 6);
    c[0] = (struct tf_claim){.id = "F1", .file = "findings/f1.md", .kind = "finding",
                             .title = "Children met a clear example of online sexual exploitation",
                             .big = "exp.ocsea_any fmt=per-n", .section = "2.1", .link = &link,
                             .n_links = 1, .strand = {[TF_CHILDREN] = true}, .body_line = 9,
                             .body = "Girls and boys are equally at risk."};
    c[1] = (struct tf_claim){.id = "F2", .file = "findings/f2.md", .kind = "finding",
                             .title = "Children told no one", .big = "told.none", .section = "2.2",
                             .strand = {true, false, true}, .body_line = 9};
    c[2] = (struct tf_claim){.id = "F3", .file = "findings/f3.md", .kind = "finding",
                             .title = "Platforms sent reports", .big = "cybertips.total 2020",
                             .section = "2.3", .strand = {[TF_THREATS] = true}, .body_line = 9};
    c[3] = (struct tf_claim){.id = "C1", .file = "findings/c1.md", .kind = "convergence",
                             .title = "Girls and boys", .theme = "experiences",
                             .together = "contradict", .body_line = 9};
    c[3].cell[TF_CHILDREN].text = "Girls {{ est exp.ocsea_any sex=girls }}, boys "
                                  "{{ est exp.ocsea_any sex=boys }}";
    c[3].cell[TF_CONTEXT].text = "Officials speak of girls only: {{ quote Q-XC-01 }}";
    c[3].cell[TF_CHILDREN].line = c[3].cell[TF_CONTEXT].line = 7;
    c[4] = (struct tf_claim){.id = "I1", .file = "findings/i1.md", .kind = "insight",
                             .title = "Children are harmed by people they know", .link = &link,
                             .n_links = 1, .strand = {[TF_CHILDREN] = true}, .body_line = 9,
                             .body = "What children say and what is recorded part ways."};
    c[5] = (struct tf_claim){.id = "R1", .file = "findings/r1.md", .kind = "recommendation",
                             .title = "Teach every adult to listen first", .insight = "I1",
                             .actor = "caregivers and teachers", .link = &law, .n_links = 1,
                             .body_line = 9, .body = "Begin with those children name: friends and mothers."};
    f->claims = (struct tf_claims){.item = c, .n = 6};
}

static void put(struct tf_arena *a, const char *dir, const char *name, const char *text)
{
    struct tf_err err;
    assert_int_equal(tf_file_write(tf_path_join(a, dir, name), text, strlen(text), &err), TF_OK);
}

static const char *page(struct fake *f, struct tf_arena *a, size_t *ret_n)
{
    char dir[] = "/tmp/trefoil-tell-XXXXXX";
    struct tf_fonts *fonts;
    struct tf_err err = {0};
    struct tf_buf out = {.arena = a};
    fake_make(f, a);
    claims_make(f);
    assert_non_null(mkdtemp(dir));
    put(a, dir, "10-summary.md", summary);
    put(a, dir, "20-methods.md", methods);
    put(a, dir, "30-experience.md", chapter);
    put(a, dir, "40-do.md", insights);
    f->study.report = dir;
    tf_report_build(f->b);
    for (int k = 0; k < 4; k++) {
        static const char *const names[] = {"10-summary.md", "20-methods.md", "30-experience.md",
                                            "40-do.md"};
        (void)unlink(tf_path_join(a, dir, names[k]));
    }
    (void)rmdir(dir);
    assert_string_equal(fake_faults(f, TF_WARNING), "");
    if (tf_fonts_open(a, &fonts, &err) != TF_OK)
        skip();
    if (tf_html_write(a, f->b->doc, fonts, &out, &err) != TF_OK)
        fail_msg("%s %s", err.what, err.fact);
    *ret_n = out.n;
    return out.s;
}

static void has(const char *html, const char *what)
{
    if (strstr(html, what) == NULL)
        fail_msg("the page lacks %s", what);
}

static void the_page_is_whole(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    struct fake f;
    size_t n;
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("test", 256 << 20);
    const char *html = page(&f, a, &n);
    has(html, "What children in Country XC live through online");
    has(html, "SYNTHETIC DATA");
    has(html, "7c1e\xC2\xB7" "a90f");
    has(html, "href=\"#ev-exp-exp-a\">16 %</a>");
    has(html, "<span class=\"no\">2.1</span>");
    has(html, ">Figure 2</a> shows all");
    has(html, ">Table 2</a>");
    has(html, "id=\"ev-exp-exp-a\"");
    has(html, "not supplied by the source");
    has(html, "\xE2\x96\xB2 Contradict");
    has(html, "Caregivers and teachers");
    has(html, "lang=\"km\"");
    has(html, ">section\xC2\xA0" "2.1</a>");
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "src=\"http"));
    assert_null(strstr(html, "{{"));
    /* every inner link has its target */
    for (const char *at = html; (at = strstr(at, "href=\"#")) != NULL; at += 7) {
        const char *id = tf_strndup(a, at + 7, strcspn(at + 7, "\""));
        if (strstr(html, tf_printf(a, "id=\"%s\"", id)) == NULL)
            fail_msg("the link to #%s leads nowhere", id);
    }
    const char *dir = getenv("TREFOIL_TEST_OUT");
    if (dir != NULL)
        assert_int_equal(tf_file_write(tf_path_join(a, dir, "report.html"), html, n, &err), TF_OK);
    tf_arena_free(a);
    tf_guard_end(&guard);
}

/* The body is written as XML would be, but for void elements: make those so and parse. */
static void the_page_is_well_formed(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    struct fake f;
    size_t n;
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("test", 256 << 20);
    const char *html = page(&f, a, &n);
    const char *body = tf_replace(a, strstr(html, "<body>"), "<br>", "<br/>");
    body = tf_replace(a, tf_replace(a, body, "<hr>", "<hr/>"), "</html>", "");
    xmlDocPtr doc = xmlReadMemory(body, (int)strlen(body), "body", NULL,
                                  XML_PARSE_NONET | XML_PARSE_HUGE);
    assert_non_null(doc);
    xmlFreeDoc(doc);
    tf_arena_free(a);
    tf_guard_end(&guard);
}

static void the_same_bytes_twice(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    struct fake f;
    size_t n, m;
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("one", 256 << 20), *b = tf_arena_new("two", 256 << 20);
    const char *one = page(&f, a, &n), *two = page(&f, b, &m);
    assert_int_equal(n, m);
    assert_memory_equal(one, two, n);
    tf_arena_free(b);
    tf_arena_free(a);
    tf_guard_end(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_page_is_whole),
                                       cmocka_unit_test(the_page_is_well_formed),
                                       cmocka_unit_test(the_same_bytes_twice)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
