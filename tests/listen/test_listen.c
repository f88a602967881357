/* Interviews and law: passages equal their text, consent is applied, all or nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listen/listen.h"

static struct tf_arena *arena;
static char dir[64];
static struct tf_listen_files files;

static const char *put(const char *name, const char *text)
{
    struct tf_err e = {0};
    const char *path = tf_path_join(arena, dir, name);
    if (tf_file_write(path, text, strlen(text), &e) != TF_OK)
        fail_msg("%s", e.what);
    return path;
}

#define PEOPLE "participant,activity,role,institution,attribution,consent_use,consent_quote,withdrawn\n"
#define SEGS "segment,transcript,start,end,code,coder,quote,text\n"
#define LAWS "id,instrument,article,criterion,criterion_label,status,date,note\n"
#define TALK "language: en\n\nINTERVIEWER: Where do families turn?\nPARTICIPANT: Ngôi nhà: the police. The helpline is new.\n"
/* code points: "Ngôi" begins at 64 */

struct texts {
    const char *codebook, *people, *talk, *segments, *legal;
};
static const struct texts good = {
    "code,label,theme,definition\nhelp,Help,services,Who is asked\nwait,Waiting,justice,\n",
    PEOPLE "P1,ra4,judge,,code,1,1,0\nP2,ra4,police,,code,1,0,0\n",
    TALK,
    SEGS "S1,P1,64,84,help,K1,Q-1,Ngôi nhà: the police\nS2,P1,86,106,wait,K1,,The helpline is new.\n"
         "S3,P2,64,84,help,K2,,Ngôi nhà: the police\n",
    LAWS "L-XA-01,Child Protection Act,12,c1,Specific law,met,2015,\n",
};

static void write_all(struct texts t)
{
    struct tf_err e;
    assert_int_equal(tf_dir_make(tf_path_join(arena, dir, "talks"), &e), TF_OK);
    files = (struct tf_listen_files){.transcripts = tf_path_join(arena, dir, "talks"),
                                     .participants = put("people.csv", t.people),
                                     .codebook = put("codebook.csv", t.codebook),
                                     .segments = put("segments.csv", t.segments),
                                     .legal = put("legal.csv", t.legal),
                                     .base = dir};
    (void)put("talks/P1.txt", t.talk);
    (void)put("talks/P2.txt", TALK);
}

static int set_up(void **state)
{
    (void)state;
    arena = tf_arena_new("test", (size_t)64 << 20);
    memcpy(dir, "/tmp/tf-listen-XXXXXX", sizeof "/tmp/tf-listen-XXXXXX");
    return mkdtemp(dir) == NULL;
}

static void remove_all(const char *path)
{
    char **name;
    size_t n;
    struct tf_err e;
    static const char *const hidden[] = {".trefoil/vault", ".trefoil"};
    if (tf_dir_list(arena, path, &name, &n, &e) == TF_OK)
        for (size_t k = 0; k < n; k++)
            remove_all(tf_path_join(arena, path, name[k]));
    for (size_t k = 0; k < 2; k++)
        if (strcmp(path, dir) == 0 && tf_dir_exists(tf_path_join(arena, path, hidden[k])))
            remove_all(tf_path_join(arena, path, hidden[k]));
    if (rmdir(path) != 0)
        (void)unlink(path);
}

static int tear_down(void **state)
{
    (void)state;
    remove_all(dir);
    tf_arena_free(arena);
    return 0;
}

/* ---- faults ------------------------------------------------------------------------------------ */

enum which { CODEBOOK, PEOPLE_FILE, TALK_FILE, SEGMENTS, LEGAL };
struct bad {
    const char *name;
    enum which which;
    const char *text, *file;
    size_t line, column;
    const char *says; /* in the text or the help */
    bool imports;     /* a check names it and an import goes on */
};
static const struct bad bads[] = {
    {"a code twice", CODEBOOK, "code,label,theme,definition\nhelp,Help,,\nwait,W,,\nhelp,H,,\n", "codebook.csv", 4, 1, "stands twice", false},
    {"a code without a label", CODEBOOK, "code,label,theme,definition\nhelp,Help,,\nwait,,,\n", "codebook.csv", 3, 6, "no label", false},
    {"no column of labels", CODEBOOK, "code,theme,definition\nhelp,,\n", "codebook.csv", 1, 1, "'label'", false},
    {"a participant twice", PEOPLE_FILE, PEOPLE "P1,ra4,judge,,code,1,1,0\nP2,ra4,p,,code,1,1,0\nP1,ra4,judge,,code,1,1,0\n", "people.csv", 4, 1, "stands twice", false},
    {"a consent that is neither yes nor no", PEOPLE_FILE, PEOPLE "P1,ra4,judge,,code,,1,0\nP2,ra4,p,,code,1,1,0\n", "people.csv", 2, 20, "no switch", false},
    {"an unknown way to name", PEOPLE_FILE, PEOPLE "P1,ra4,judge,,rol,1,1,0\nP2,ra4,p,,code,1,1,0\n", "people.csv", 2, 15, "Did you mean 'role'", false},
    {"an institution to be named that is empty", PEOPLE_FILE, PEOPLE "P1,ra4,judge,,institution,1,1,0\nP2,ra4,p,,code,1,1,0\n", "people.csv", 2, 14, "empty", false},
    {"a transcript whose participant has no row", PEOPLE_FILE, PEOPLE "P1,ra4,judge,,code,1,1,0\n", "talks/P2.txt", 0, 0, "agreed to", false},
    {"a transcript without a language", TALK_FILE, "INTERVIEWER: a\nPARTICIPANT: b\n", "talks/P1.txt", 1, 1, "language", false},
    {"a speaker that is none", TALK_FILE, "language: en\nINTERVIEWER: a\nPARTICPANT: b\n", "talks/P1.txt", 3, 1, "did you mean PARTICIPANT", false},
    {"text before the first speaker", TALK_FILE, "language: en\nhello\nPARTICIPANT: b\n", "talks/P1.txt", 2, 1, "before the first speaker", false},
    {"a stray byte", TALK_FILE, "language: en\nPARTICIPANT: \xff\n", "talks/P1.txt", 2, 14, "", false},
    {"an unknown code names the nearest", SEGMENTS, SEGS "S1,P1,64,84,hlp,K1,,Ngôi nhà: the police\n", "segments.csv", 2, 13, "Did you mean 'help'", false},
    {"an unknown transcript", SEGMENTS, SEGS "S1,P9,64,84,help,K1,,x\n", "segments.csv", 2, 4, "no transcript 'P9'", false},
    {"an end past the text", SEGMENTS, SEGS "S1,P1,64,999,help,K1,,x\n", "segments.csv", 2, 10, "107 code points", false},
    {"an empty passage", SEGMENTS, SEGS "S1,P1,64,64,help,K1,,\n", "segments.csv", 2, 10, "is empty", false},
    {"an offset that is no number", SEGMENTS, SEGS "S1,P1,a,64,help,K1,,x\n", "segments.csv", 2, 7, "no offset", false},
    {"a passage that differs says both texts", SEGMENTS, SEGS "S1,P1,64,84,help,K1,,Ngôi nhà: the polixe\n", "segments.csv", 2, 22, "“Ngôi nhà: the police” from 'P1', and its text says “Ngôi nhà: the polixe”", false},
    {"a shifted passage says where it stands", SEGMENTS, SEGS "S1,P1,87,107,help,K1,,The helpline is new.\n", "segments.csv", 2, 23, "begins at code point 86, not 87", false},
    {"offsets in bytes are told", SEGMENTS, SEGS "S1,P1,88,106,help,K1,,The helpline is new.\n", "segments.csv", 2, 23, "count bytes", false},
    {"a segment twice", SEGMENTS, SEGS "S1,P1,64,84,help,K1,,Ngôi nhà: the police\nS1,P1,64,84,wait,K1,,Ngôi nhà: the police\n", "segments.csv", 3, 1, "stands twice", false},
    {"a quote id twice", SEGMENTS, SEGS "S1,P1,64,84,help,K1,Q,Ngôi nhà: the police\nS2,P1,64,84,wait,K1,Q,Ngôi nhà: the police\n", "segments.csv", 3, 21, "also the segment 'S1'", false},
    {"a quote that holds the interviewer's words", SEGMENTS, SEGS "S1,P1,27,32,help,K1,Q,Where\n", "segments.csv", 2, 7, "not within one turn", false},
    {"a quote without consent to quote", SEGMENTS, SEGS "S1,P2,64,84,help,K1,Q-7,Ngôi nhà: the police\n", "segments.csv", 2, 21, "quote Q-7 may not be printed: the participant did not agree to be quoted", true},
    {"a quote of somebody who withdrew", PEOPLE_FILE, PEOPLE "P1,ra4,judge,,code,1,1,1\nP2,ra4,p,,code,1,1,0\n", "segments.csv", 2, 21, "quote Q-1 may not be printed: the participant has withdrawn", true},
    {"a law without a date", LEGAL, LAWS "L1,Act,1,c1,C,met,,\n", "legal.csv", 2, 19, "no date", false},
    {"a date that is none", LEGAL, LAWS "L1,Act,1,c1,C,met,soon,\n", "legal.csv", 2, 19, "no date", false},
    {"an unknown status", LEGAL, LAWS "L1,Act,1,c1,C,parly,2015,\n", "legal.csv", 2, 15, "Did you mean 'partly'", false},
    {"a law twice", LEGAL, LAWS "L1,Act,1,c1,C,met,2015,\nL1,Act,2,c2,C,met,2015,\n", "legal.csv", 3, 1, "stands twice", false},
    {"a criterion met by nothing", LEGAL, LAWS "L1,,,c1,C,met,2015,\n", "legal.csv", 2, 4, "no named instrument", false},
};

static void every_fault_is_named_and_stops_the_import(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof bads / sizeof bads[0]; k++) {
        const struct bad *b = &bads[k];
        struct texts t = good;
        const char **of[] = {&t.codebook, &t.people, &t.talk, &t.segments, &t.legal};
        struct tf_notices out = {.arena = arena};
        struct tf_err e = {0};
        *of[b->which] = b->text;
        write_all(t);
        tf_listen_check(arena, "XA", &files, &out);
        const char *file = tf_path_join(arena, dir, b->file);
        bool found = false;
        for (size_t j = 0; j < out.n; j++)
            found = found || (out.item[j].level == TF_ERROR && tf_streq(out.item[j].file, file) &&
                              out.item[j].line == b->line && out.item[j].column == b->column &&
                              (strstr(out.item[j].text, b->says) != NULL ||
                               (out.item[j].help != NULL &&
                                strstr(out.item[j].help, b->says) != NULL)));
        if (!found) {
            for (size_t j = 0; j < out.n; j++)
                print_message("%s:%zu:%zu: %s (%s)\n", out.item[j].file, out.item[j].line,
                              out.item[j].column, out.item[j].text,
                              out.item[j].help == NULL ? "" : out.item[j].help);
            fail_msg("%s", b->name);
        }
        struct tf_keep *keep;
        struct tf_listened *l;
        struct tf_arena *own = tf_arena_new("vault", (size_t)64 << 20);
        if (tf_keep_open(own, dir, true, &keep, &e) != TF_OK)
            fail_msg("%s", e.what);
        const enum tf_code code = tf_listen_import(own, keep, b->imports ? "XB" : "XA", &files, &e);
        if (code != (b->imports ? TF_OK : TF_E_INPUT))
            fail_msg("%s: %d %s", b->name, (int)code, e.what);
        if (tf_listen_load(own, keep, "XA", &l, &e) != TF_OK)
            fail_msg("%s", e.what);
        assert_int_equal(l->n_segments + l->n_participants + l->n_laws, 0); /* nothing was stored */
        tf_arena_free(own);
    }
}

/* ---- the way in and back ----------------------------------------------------------------------- */

static struct tf_listened *import_and_load(struct texts t)
{
    struct tf_keep *keep;
    struct tf_listened *l = NULL;
    struct tf_err e = {0};
    write_all(t);
    if (tf_keep_open(arena, dir, true, &keep, &e) != TF_OK ||
        tf_listen_import(arena, keep, "XA", &files, &e) != TF_OK ||
        tf_listen_load(arena, keep, "XA", &l, &e) != TF_OK)
        fail_msg("%s:%zu: %s", e.file, e.line, e.what);
    return l;
}

static void what_went_in_comes_back(void **state)
{
    (void)state;
    const struct tf_listened *l = import_and_load(good);
    assert_int_equal(l->n_participants, 2);
    assert_int_equal(l->n_transcripts, 2);
    assert_int_equal(l->n_codes, 2);
    assert_int_equal(l->n_segments, 3);
    assert_string_equal(l->segment[0].text, "Ngôi nhà: the police");
    assert_string_equal(l->segment[0].quote, "Q-1");
    assert_string_equal(l->segment[0].participant, "P1");
    assert_null(l->segment[1].quote);
    assert_non_null(l->segment[0].evidence);
    assert_int_equal(l->n_laws, 1);
    assert_string_equal(l->law[0].id, "L-XA-01");
    assert_true(tf_starts(l->law[0].evidence, "law-XA-"));
    const struct tf_listened *again = import_and_load(good);
    assert_string_equal(again->segment[0].evidence, l->segment[0].evidence);
    assert_string_equal(again->law[0].evidence, l->law[0].evidence);
}

static void a_withdrawal_takes_everything_out_at_once(void **state)
{
    (void)state;
    struct texts t = good;
    (void)import_and_load(good);
    t.people = PEOPLE "P1,ra4,judge,,code,1,1,1\nP2,ra4,police,,code,1,0,0\n";
    const struct tf_listened *l = import_and_load(t);
    assert_int_equal(l->n_segments, 1);
    assert_string_equal(l->segment[0].participant, "P2");
    assert_int_equal(l->n_transcripts, 1);
    t.people = PEOPLE "P1,ra4,judge,,code,1,1,0\nP2,ra4,police,,code,0,1,0\n";
    l = import_and_load(t);
    assert_int_equal(l->n_segments, 2); /* without consent to use, quoting counts for nothing */
    assert_non_null(tf_quote_barred(&l->participant[1]));
    assert_null(tf_quote_barred(&l->participant[0]));
}

static void codes_by_case_count_people_once(void **state)
{
    (void)state;
    struct texts t = good;
    double *cell;
    const char **role;
    size_t n;
    t.segments = SEGS "S1,P1,64,84,help,K1,,Ngôi nhà: the police\nS2,P1,86,106,help,K1,,The helpline is new.\n"
                      "S3,P2,64,84,help,K2,,Ngôi nhà: the police\nS4,P2,64,84,wait,K2,,Ngôi nhà: the police\n";
    const struct tf_listened *l = import_and_load(t);
    tf_code_by_case(arena, l, &cell, &role, &n);
    assert_int_equal(n, 2);
    assert_string_equal(role[0], "judge");
    assert_string_equal(role[1], "police");
    assert_true(cell[0] == 1 && cell[1] == 1 && cell[2] == 0 && cell[3] == 1);
}

static void a_mark_at_the_front_does_not_shift_offsets(void **state)
{
    (void)state;
    struct texts t = good;
    t.talk = "\xEF\xBB\xBF" TALK;
    assert_int_equal(import_and_load(t)->n_segments, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_fault_is_named_and_stops_the_import, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_went_in_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_withdrawal_takes_everything_out_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(codes_by_case_count_people_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_mark_at_the_front_does_not_shift_offsets, set_up, tear_down),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
