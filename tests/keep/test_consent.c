/* Consent and assent, the ledger's head, clocks: what is said once can be proved later. */
#include "house.h"

#include "keep/keyring.h"
#include "keep/register.h"

static const char study_yaml[] =
    "trefoil: 1\nid: test\ntitle: A test\nedition: \"1\"\nfindings: findings\nsynthetic: true\n"
    "policies:\n  - {name: dh, suppress_below: 0}\n"
    "countries:\n  - {code: XA, name: Country XA, status: active, ages: [12, 17], languages: [en], policy: dh}\n"
    "retention:\n  - {id: soon, purpose: response, until: 2026-06-30}\n  - {id: later, purpose: inbox, until: 2030-01-01}\n";

static struct tf_keep *open_keep(struct tf_arena *a, struct house *h)
{
    struct tf_keep *keep = NULL;
    if (tf_keep_open(a, h->dir, true, &keep, &h->err) != TF_OK)
        fail_msg("%s (%s)", h->err.what, h->err.fact);
    return keep;
}

static bool put(struct house *h, struct tf_keep *keep, const char *kind, bool audio)
{
    const struct tf_switch sw[] = {{"interview", true}, {"audio", audio}};
    const struct tf_consent c = {.participant = "XA-1", .kind = kind, .text = "child 4", .language = "km",
                                 .day = "2026-11-24", .by = "fw-07", .source = "uuid:1", .sw = sw,
                                 .n_switches = 2};
    size_t changed = 0;
    OK(tf_consent_put(keep, "XA", &c, 1, &changed, &h->err));
    return changed == 1;
}

static void records_have_versions_and_each_switch_counts(void **state TF_UNUSED)
{
    struct tf_consent *list;
    size_t n;
    bool may;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(h.arena, &h);
    OK(tf_consent_allows(keep, "XA", "XA-1", "interview", &may, &h.err));
    assert_false(may); /* silence is no consent */
    assert_true(put(&h, keep, "consent", true));
    assert_false(put(&h, keep, "consent", true)); /* the same again */
    OK(tf_consent_allows(keep, "XA", "XA-1", "audio", &may, &h.err));
    assert_true(may);
    assert_true(put(&h, keep, "assent", false)); /* the child says no to audio */
    OK(tf_consent_allows(keep, "XA", "XA-1", "audio", &may, &h.err));
    assert_false(may);
    OK(tf_consent_allows(keep, "XA", "XA-1", "interview", &may, &h.err));
    assert_true(may);
    assert_true(put(&h, keep, "assent", true)); /* and changes her mind */
    OK(tf_consent_allows(keep, "XA", "XA-1", "audio", &may, &h.err));
    assert_true(may);
    OK(tf_consent_allows(keep, "XA", "XA-1", "quote", &may, &h.err));
    assert_false(may); /* never asked */
    OK(tf_consent_list(h.arena, keep, "XA", &list, &n, &h.err));
    assert_int_equal(n, 3);
    assert_string_equal(list[2].kind, "assent");
    assert_int_equal(list[2].version, 2);
    assert_true(list[2].current);
    assert_false(list[1].current);
    assert_string_equal(list[2].by, "fw-07");
    assert_string_equal(list[2].text, "child 4");
    OUT_OF_HOUSE(h);
}

static void what_is_no_record_is_refused(void **state TF_UNUSED)
{
    static const struct tf_switch odd[] = {{"two words", true}}, good[] = {{"audio", true}};
    const struct tf_consent rows[] = {
        {.participant = "", .kind = "consent"},
        {.participant = "a", .kind = "promise"},
        {.participant = "a", .kind = "consent", .by = "x\nswitch audio yes"},
        {.participant = "a", .kind = "consent", .sw = odd, .n_switches = 1},
        {.participant = "a", .kind = "consent", .sw = good, .n_switches = 65},
    };
    size_t changed;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(h.arena, &h);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        assert_int_equal(tf_consent_put(keep, "XA", &rows[k], 1, &changed, &h.err), TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

static void a_list_is_put_whole_or_not_at_all(void **state TF_UNUSED)
{
    static const struct tf_switch sw = {"audio", true};
    const struct tf_consent good = {.participant = "a", .kind = "assent", .sw = &sw, .n_switches = 1};
    const struct tf_consent mixed[] = {good, {.participant = "b", .kind = "promise"}};
    const struct tf_consent twice[] = {good, good};
    struct tf_consent *list;
    size_t changed, n;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(h.arena, &h);
    assert_int_equal(tf_consent_put(keep, "XA", mixed, 2, &changed, &h.err), TF_E_INPUT);
    OK(tf_consent_list(h.arena, keep, "XA", &list, &n, &h.err));
    assert_int_equal(n, 0);
    OK(tf_consent_put(keep, "XA", twice, 2, &changed, &h.err));
    assert_int_equal(changed, 1);
    OUT_OF_HOUSE(h);
}

/* Bytes of this process's memory, VmSize. */
static size_t memory_now(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu", &pages), 1);
    (void)fclose(f);
    return pages * 4096;
}

static void memory_does_not_grow_with_the_number_of_records(void **state TF_UNUSED)
{
    enum { PEOPLE = 2000, AGAIN = 50 };
    static const struct tf_switch sw = {"audio", true};
    size_t changed;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(h.arena, &h);
    struct tf_consent *list = TF_NEW_N(h.arena, struct tf_consent, PEOPLE);
    for (size_t k = 0; k < PEOPLE; k++)
        list[k] = (struct tf_consent){.participant = tf_printf(h.arena, "p%zu", k), .kind = "assent",
                                      .day = "2026-11-24", .sw = &sw, .n_switches = 1};
    OK(tf_consent_put(keep, "XA", list, PEOPLE, &changed, &h.err));
    assert_int_equal(changed, PEOPLE);
    const size_t before = memory_now();
    for (size_t k = 0; k < AGAIN; k++) /* each looks into the keys of all */
        OK(tf_consent_put(keep, "XA", &list[k], 1, &changed, &h.err));
    assert_true(memory_now() < before + ((size_t)2 << 20)); /* were they kept: 50 x 128 KB, twice */
    OUT_OF_HOUSE(h);
}

static void withdrawal_takes_the_record_along(void **state TF_UNUSED)
{
    struct tf_consent *list;
    struct tf_withdrawal w;
    size_t n;
    IN_HOUSE(h);
    struct tf_notices out = {.arena = h.arena};
    struct tf_keep *keep = open_keep(h.arena, &h);
    assert_true(put(&h, keep, "consent", true));
    OK(tf_withdraw(h.arena, keep, "XA", "XA-1", "asked", &w, &out, &h.err));
    OK(tf_consent_list(h.arena, keep, "XA", &list, &n, &h.err));
    assert_int_equal(n, 0);
    assert_false(put(&h, keep, "consent", true)); /* and none is taken again */
    OUT_OF_HOUSE(h);
}

/* ---- the head ------------------------------------------------------------------------------------ */

static void an_earlier_head_is_proved_and_a_false_one_is_not(void **state TF_UNUSED)
{
    const char *head, *later;
    IN_HOUSE(h);
    struct tf_register *reg = tf_keep_register(open_keep(h.arena, &h));
    for (int k = 0; k < 3; k++)
        OK(tf_ledger_add(reg, "act", "thing", "{}", &h.err));
    OK(tf_head_signed(h.arena, h.dir, reg, &head, &h.err));
    assert_true(tf_starts(head, "trefoil-head-1 3 "));
    OK(tf_head_prove(h.arena, h.dir, reg, head, &h.err));
    OK(tf_ledger_add(reg, "act", "more", "{}", &h.err));
    OK(tf_head_prove(h.arena, h.dir, reg, head, &h.err));
    OK(tf_head_signed(h.arena, h.dir, reg, &later, &h.err));
    char *text = tf_strdup(h.arena, head);
    for (size_t k = strlen("trefoil-head-1 "); k < strlen(text); k++) { /* every character of it */
        const char was = text[k];
        text[k] = was == '1' ? '2' : was == 'A' ? 'B' : was == ' ' ? '_' : 'A';
        assert_int_not_equal(tf_head_prove(h.arena, h.dir, reg, text, &h.err), TF_OK);
        text[k] = was;
    }
    assert_int_equal(tf_head_prove(h.arena, h.dir, reg, "hello", &h.err), TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

static void a_ledger_put_back_is_found_out(void **state TF_UNUSED)
{
    struct tf_bytes old;
    IN_HOUSE(h);
    struct tf_arena *first = tf_arena_new("first", (size_t)1 << 26);
    struct tf_register *reg = tf_keep_register(open_keep(first, &h));
    const char *path = tf_keep_path(h.arena, h.dir, "register.db");
    OK(tf_ledger_add(reg, "act", "one", "{}", &h.err));
    OK(tf_file_read(h.arena, path, (size_t)1 << 24, &old, &h.err));
    OK(tf_ledger_add(reg, "act", "two", "{}", &h.err));
    OK(tf_head_check(h.arena, reg, &h.err));
    tf_arena_free(first);
    OK(tf_file_write(path, old.data, old.n, &h.err));
    reg = tf_keep_register(open_keep(h.arena, &h));
    OK(tf_ledger_verify(reg, NULL, &h.err)); /* the chain itself is whole */
    assert_int_equal(tf_head_check(h.arena, reg, &h.err), TF_E_REFUSED);
    struct tf_notices out = {.arena = h.arena};
    tf_keep_check(h.arena, h.dir, &out);
    assert_int_equal(tf_notices_count(&out, TF_ERROR), 1);
    assert_string_equal(out.item[0].id, "rolled-back");
    OUT_OF_HOUSE(h);
}

/* ---- clocks -------------------------------------------------------------------------------------- */

static void what_is_due_is_listed_and_destroyed(void **state TF_UNUSED)
{
    struct tf_due *list;
    struct tf_study *s;
    const char *id;
    size_t n, gone;
    IN_HOUSE(h);
    struct tf_notices out = {.arena = h.arena};
    (void)put_file(&h, "study.yaml", study_yaml);
    struct tf_arena *first = tf_arena_new("first", (size_t)1 << 28);
    OK(tf_keep_dataset_put(open_keep(first, &h), "XA", "children", "child", "Children", sample_table(first), "x",
                           NULL, &id, &h.err));
    tf_arena_free(first);
    OK(tf_study_read(h.arena, h.dir, &s, &h.err));
    OK(tf_retention_list(h.arena, s, "2026-06-29", &list, &n, &h.err));
    assert_int_equal(n, 2);
    assert_string_equal(list[0].file, "vault/XA-children-response.db");
    assert_false(list[0].due);
    OK(tf_retention_destroy(h.arena, s, "2026-06-29", &gone, &out, &h.err));
    assert_int_equal(gone, 0);
    OK(tf_retention_destroy(h.arena, s, "2026-06-30", &gone, &out, &h.err));
    assert_int_equal(gone, 1);
    assert_false(tf_file_exists(tf_keep_path(h.arena, h.dir, "vault/XA-children-response.db")));
    assert_int_equal(tf_notices_count(&out, TF_WARNING), 1); /* the machine's key: backups are not reached */
    OK(tf_retention_destroy(h.arena, s, "2026-07-01", &gone, &out, &h.err));
    assert_int_equal(gone, 0);
    out.n = 0;
    tf_keep_check(h.arena, h.dir, &out);
    assert_int_equal(tf_notices_count(&out, TF_ERROR), 0); /* missing by right */
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_have_versions_and_each_switch_counts),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(a_list_is_put_whole_or_not_at_all),
        cmocka_unit_test(memory_does_not_grow_with_the_number_of_records),
        cmocka_unit_test(withdrawal_takes_the_record_along),
        cmocka_unit_test(an_earlier_head_is_proved_and_a_false_one_is_not),
        cmocka_unit_test(a_ledger_put_back_is_found_out),
        cmocka_unit_test(what_is_due_is_listed_and_destroyed),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("consent", tests, NULL, NULL);
}
