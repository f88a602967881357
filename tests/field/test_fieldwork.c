/* The field's book: devices, people, addresses dealt, back-checks drawn, reviews; and how people prove
 * who they are. */
#include <zlib.h>

#include "tests/house.h"
#include "field/field.h"

static struct tf_fieldwork *open_book(struct house *h)
{
    struct tf_fieldwork *fw;
    OK(tf_fieldwork_open(h->arena, h->dir, true, &fw, &h->err));
    return fw;
}

static const char *enrol(struct house *h, struct tf_fieldwork *fw, const char *id,
                         const char *person, const char *team)
{
    const struct tf_device d = {.id = id, .country = "XA", .team = team, .person = person};
    const char *token;
    OK(tf_device_enrol(h->arena, fw, &d, &token, &h->err));
    return token;
}

static void a_device_is_known_by_the_hash_of_a_token_that_is_told_once(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_fieldwork *fw = open_book(&h);
    struct tf_device *d;
    struct tf_bytes book;
    size_t n;
    const char *token = enrol(&h, fw, "tab-1", "I01", "north");
    OK(tf_devices(h.arena, fw, &d, &n, &h.err));
    assert_int_equal(n, 1);
    assert_string_equal(d[0].token_hash, tf_token_hash(token).hex);
    assert_false(d[0].revoked);
    OK(tf_file_read(h.arena, tf_path_join(h.arena, h.dir, ".trefoil/field.db"), 1 << 24, &book, &h.err));
    for (size_t k = 0; k + 43 <= book.n; k++)
        assert_int_not_equal(memcmp(book.data + k, token, 43), 0);
    OK(tf_device_revoke(fw, "tab-1", &h.err));
    OK(tf_devices(h.arena, fw, &d, &n, &h.err));
    assert_true(d[0].revoked);
    assert_int_equal(tf_device_revoke(fw, "tab-9", &h.err), TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

static void names_that_could_not_stand_in_an_address_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "a/b", "..", "a b", "-x", "é"};
    IN_HOUSE(h);
    struct tf_fieldwork *fw = open_book(&h);
    const char *token;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        const struct tf_device d = {.id = bad[k], .country = "XA", .team = "t", .person = "p"};
        assert_int_equal(tf_device_enrol(h.arena, fw, &d, &token, &h.err), TF_E_INPUT);
    }
    (void)enrol(&h, fw, "tab-1", "I01", "north");
    const struct tf_device again = {.id = "tab-1", .country = "XA", .team = "t", .person = "p"};
    assert_int_equal(tf_device_enrol(h.arena, fw, &again, &token, &h.err), TF_E_REFUSED);
    OUT_OF_HOUSE(h);
}

static void the_book_does_not_open_with_a_key_that_others_may_read(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_fieldwork *fw = open_book(&h);
    const char *key = tf_path_join(h.arena, h.dir, ".trefoil/field.key");
    assert_non_null(fw);
    assert_int_equal(chmod(key, 0644), 0);
    assert_int_equal(tf_fieldwork_open(h.arena, h.dir, false, &fw, &h.err), TF_E_KEY);
    assert_int_equal(chmod(key, 0600), 0);
    OK(tf_fieldwork_open(h.arena, h.dir, false, &fw, &h.err));
    assert_int_equal(unlink(key), 0);
    assert_int_equal(tf_fieldwork_open(h.arena, h.dir, true, &fw, &h.err), TF_E_KEY);
    OUT_OF_HOUSE(h);
}

static void a_change_by_another_is_noticed(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_fieldwork *one = open_book(&h), *two = open_book(&h);
    const int64_t before = tf_fieldwork_version(one);
    (void)enrol(&h, two, "tab-1", "I01", "north");
    assert_int_not_equal(tf_fieldwork_version(one), before);
    OUT_OF_HOUSE(h);
}

/* ---- addresses -------------------------------------------------------------------------------------- */

static const char *listing(struct house *h, size_t psus, size_t doors)
{
    struct tf_buf b = {.arena = h->arena};
    tf_buf_add(&b, "psu,household,start\n");
    for (size_t p = 0; p < psus; p++)
        for (size_t d = 0; d < doors + p; d++)
            tf_buf_printf(&b, "P%zu,H%zu,\"gate %zu, north\"\n", p, d, p);
    const char *path = tf_path_join(h->arena, h->dir, "households.csv");
    OK(tf_file_write(path, tf_buf_text(&b), b.n, &h->err));
    return path;
}

static void doors_are_dealt_evenly_and_a_psu_stays_with_one_team(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_fieldwork *fw = open_book(&h);
    static const char *const team[] = {"north", "south"};
    struct tf_assignment *a;
    size_t n, made, load[5] = {0};
    for (size_t k = 0; k < 5; k++)
        (void)enrol(&h, fw, tf_printf(h.arena, "tab-%zu", k), tf_printf(h.arena, "I0%zu", k),
                    k < 3 ? "north" : "south");
    OK(tf_assign_units(h.arena, fw, "XA", listing(&h, 10, 20), team, 2, "seed", &made, &h.err));
    assert_int_equal(made, 245);
    OK(tf_assignments(h.arena, fw, "XA", &a, &n, &h.err));
    assert_int_equal(n, 245);
    for (size_t k = 0; k < n; k++) {
        load[a[k].person[2] - '0']++;
        for (size_t j = 0; j < k; j++)
            if (strcmp(a[j].psu, a[k].psu) == 0)
                assert_string_equal(a[j].team, a[k].team);
    }
    for (size_t k = 0; k < 3; k++)
        assert_true(load[k] + 1 >= load[0] && load[0] + 1 >= load[k]);
    assert_true(load[3] + 1 >= load[4] && load[4] + 1 >= load[3]);
    assert_true(load[0] < load[3] + 15 && load[3] < load[0] + 15); /* teams by their people */
    OUT_OF_HOUSE(h);
}

static void the_same_seed_deals_the_same(void **state)
{
    (void)state;
    const char *first[2][60];
    for (size_t run = 0; run < 2; run++) {
        IN_HOUSE(h);
        struct tf_fieldwork *fw = open_book(&h);
        static const char *const team[] = {"north"};
        struct tf_assignment *a;
        size_t n, made;
        (void)enrol(&h, fw, "tab-1", "I01", "north");
        (void)enrol(&h, fw, "tab-2", "I02", "north");
        OK(tf_assign_units(h.arena, fw, "XA", listing(&h, 2, 10), team, 1, "seed", &made, &h.err));
        OK(tf_assignments(h.arena, fw, "XA", &a, &n, &h.err));
        for (size_t k = 0; k < n; k++)
            first[run][k] = strcmp(a[k].person, "I01") == 0 ? "I01" : "I02";
        if (run == 1)
            for (size_t k = 0; k < n; k++)
                assert_string_equal(first[0][k], first[1][k]);
        OUT_OF_HOUSE(h);
    }
}

static void a_device_is_given_its_own_addresses_and_nobody_elses(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_fieldwork *fw = open_book(&h);
    static const char *const team[] = {"north"};
    const struct tf_out_form form = {.own_assignments = true}, plain = {.id = "x"};
    struct tf_own_media *media;
    struct tf_device *d;
    size_t n, n_devices, made, rows = 0;
    (void)enrol(&h, fw, "tab-1", "I01", "north");
    (void)enrol(&h, fw, "tab-2", "I02", "north");
    OK(tf_assign_units(h.arena, fw, "XA", listing(&h, 2, 10), team, 1, "seed", &made, &h.err));
    OK(tf_devices(h.arena, fw, &d, &n_devices, &h.err));
    const char *seen[2];
    for (size_t k = 0; k < 2; k++) {
        OK(tf_device_media(h.arena, fw, &d[k], &form, &media, &n, &h.err));
        assert_int_equal(n, 1);
        assert_string_equal(media[0].name, "assignments.csv");
        seen[k] = media[0].data.data;
        for (const char *s = seen[k]; *s != '\0'; s++)
            rows += *s == '\n';
    }
    assert_int_equal(rows - 2, made);
    assert_non_null(strstr(seen[0], "\"start gate 0, north\""));
    char **line;
    const size_t lines = tf_split(h.arena, seen[0], '\n', &line);
    for (size_t k = 1; k + 1 < lines; k++)
        assert_null(strstr(seen[1], line[k]));
    OK(tf_device_media(h.arena, fw, &d[0], &plain, &media, &n, &h.err));
    assert_int_equal(n, 0);
    OUT_OF_HOUSE(h);
}

static void a_team_without_people_gets_no_address(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_fieldwork *fw = open_book(&h);
    static const char *const team[] = {"west"};
    size_t made;
    assert_int_equal(tf_assign_units(h.arena, fw, "XA", listing(&h, 2, 3), team, 1, "s", &made, &h.err),
                     TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

static void every_interviewer_is_checked_and_never_by_himself(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_fieldwork *fw = open_book(&h);
    struct tf_assignment done[60], *a;
    size_t n, made, checked[3] = {0};
    for (size_t k = 0; k < 3; k++)
        (void)enrol(&h, fw, tf_printf(h.arena, "tab-%zu", k), tf_printf(h.arena, "I0%zu", k),
                    k < 2 ? "north" : "south");
    for (size_t k = 0; k < 60; k++) /* 40 of I00, 19 of I01, 1 of I02 */
        done[k] = (struct tf_assignment){
            .psu = "P1",
            .unit = tf_printf(h.arena, "%zu", k),
            .person = k < 40 ? "I00" : k < 59 ? "I01" : "I02",
            .team = k < 59 ? "north" : "south"};
    OK(tf_backcheck_draw(h.arena, fw, "XA", done, 60, 0.1, "seed", &made, &h.err));
    assert_int_equal(made, 4 + 2 + 1);
    OK(tf_assignments(h.arena, fw, "XA", &a, &n, &h.err));
    assert_int_equal(n, made);
    for (size_t k = 0; k < n; k++) {
        int64_t unit;
        assert_string_equal(a[k].kind, "backcheck");
        assert_true(tf_parse_int(a[k].unit, &unit));
        const char *whose = done[unit].person;
        assert_string_not_equal(a[k].person, whose);
        checked[whose[2] - '0']++;
    }
    assert_int_equal(checked[0], 4);
    assert_int_equal(checked[1], 2);
    assert_int_equal(checked[2], 1);
    assert_int_equal(tf_backcheck_draw(h.arena, fw, "XA", done, 60, 1.5, "s", &made, &h.err), TF_E_USAGE);
    OUT_OF_HOUSE(h);
}

/* ---- reviews ---------------------------------------------------------------------------------------- */

static void a_review_wants_a_known_state_and_a_reason_when_it_is_bad(void **state)
{
    (void)state;
    static const struct {
        const char *state, *comment;
        enum tf_code code;
    } cases[] = {{"approved", "", TF_OK},          {"received", "", TF_OK},
                 {"rejected", "", TF_E_USAGE},     {"rejected", "door is a shop", TF_OK},
                 {"hasIssues", "", TF_E_USAGE},    {"edited", "x", TF_E_USAGE},
                 {"aproved", "", TF_E_USAGE},      {"approved", "\xff", TF_E_INPUT}};
    IN_HOUSE(h);
    struct tf_fieldwork *fw = open_book(&h);
    struct tf_review *r;
    size_t n;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const struct tf_review one = {.form = "child", .instance = "uuid:1", .record = 1,
                                      .state = cases[k].state, .person = "lead",
                                      .comment = cases[k].comment, .at = 5};
        assert_int_equal(tf_review_put(fw, "XA", &one, &h.err), cases[k].code);
    }
    OK(tf_reviews(h.arena, fw, "XA", &r, &n, &h.err));
    assert_int_equal(n, 3);
    assert_string_equal(r[2].state, "rejected");
    OUT_OF_HOUSE(h);
}

/* ---- proofs ----------------------------------------------------------------------------------------- */

static void codes_are_those_of_rfc_6238(void **state)
{
    (void)state;
    /* Appendix B, SHA-1, secret "12345678901234567890"; its eight digits' last six */
    static const struct {
        int64_t now;
        const char *code;
    } cases[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                 {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    static const char *const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const int64_t step = cases[k].now / 30;
        assert_int_equal(tf_totp_step(secret, cases[k].code, cases[k].now), step);
        assert_int_equal(tf_totp_step(secret, cases[k].code, cases[k].now + 30), step);
        assert_int_equal(tf_totp_step(secret, cases[k].code, cases[k].now + 90), -1);
    }
    static const char *const bad[] = {"", "28708", "2870822", "28708a", "-87082", " 87082"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_int_equal(tf_totp_step(secret, bad[k], 59), -1);
    assert_int_equal(tf_totp_step("SHORT", "287082", 59), -1);
    assert_int_equal(tf_totp_step(NULL, "287082", 59), -1);
}

static void a_code_opens_once(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_fieldwork *fw = open_book(&h);
    const struct tf_person p = {.id = "lead", .country = "XA", .role = "programme_lead", .totp = "X"};
    bool fresh;
    OK(tf_person_put(fw, &p, &h.err));
    OK(tf_person_step(fw, "lead", 100, &fresh, &h.err));
    assert_true(fresh);
    OK(tf_person_step(fw, "lead", 100, &fresh, &h.err));
    assert_false(fresh);
    OK(tf_person_step(fw, "lead", 99, &fresh, &h.err));
    assert_false(fresh);
    OK(tf_person_step(fw, "lead", 101, &fresh, &h.err));
    assert_true(fresh);
    OK(tf_person_end(fw, "lead", &h.err));
    assert_int_equal(tf_person_end(fw, "nobody", &h.err), TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

static void a_password_is_stretched_and_fits_only_itself(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const char *made;
    assert_int_equal(tf_password_hash(h.arena, "short", &made, &h.err), TF_E_INPUT);
    OK(tf_password_hash(h.arena, "four words make one", &made, &h.err));
    assert_non_null(strstr(made, "$argon2id$"));
    assert_true(tf_password_fits(made, "four words make one"));
    assert_false(tf_password_fits(made, "four words make two"));
    assert_false(tf_password_fits(NULL, "four words make one"));
    /* MD5("Mufasa:Trefoil:Circle Of Life"), by openssl md5 */
    assert_string_equal(tf_password_ha1(h.arena, "Mufasa", "Circle Of Life"),
                        "029a469b9e4f834ad4a9632ec73e7f74");
    OUT_OF_HOUSE(h);
}

static void collects_settings_unpack_to_what_collect_reads(void **state)
{
    (void)state;
    IN_HOUSE(h);
    unsigned char packed[1024], plain[2048];
    size_t n = 0;
    unsigned long plain_n = sizeof plain - 1;
    const char *text = tf_collect_settings(h.arena, "https://collect.example.org", "TOKEN", "Study XA");
    assert_int_equal(sodium_base642bin(packed, sizeof packed, text, strlen(text), NULL, &n, NULL,
                                       sodium_base64_VARIANT_ORIGINAL), 0);
    assert_int_equal(uncompress(plain, &plain_n, packed, (unsigned long)n), Z_OK);
    plain[plain_n] = '\0';
    assert_non_null(strstr((char *)plain, "\"server_url\":\"https://collect.example.org/key/TOKEN\""));
    assert_non_null(strstr((char *)plain, "\"admin\":{"));
    struct tf_qr qr;
    OK(tf_qr_make(h.arena, text, &qr, &h.err));
    assert_memory_equal(qr.png.data, "\x89PNG\r\n\x1a\n", 8);
    assert_non_null(strstr(qr.svg, "<path fill=\"#000\""));
    assert_non_null(strstr(qr.blocks, "█"));
    char *long_text = tf_alloc(h.arena, 4000);
    memset(long_text, 'x', 3999);
    assert_int_equal(tf_qr_make(h.arena, long_text, &qr, &h.err), TF_E_LIMIT);
    OUT_OF_HOUSE(h);
}

static void moments_are_read_as_tablets_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t seconds;
        double hour;
    } cases[] = {{"1970-01-01T00:00:00Z", true, 0, 0},
                 {"2026-11-24T10:15:30.000+07:00", true, 1795490130, 10 + 15 / 60.0 + 30 / 3600.0},
                 {"2024-02-29T23:59:59-0330", true, 1709263799, 23 + 59 / 60.0 + 59 / 3600.0},
                 {"2026-11-24T10:15", true, 1795515300, 10.25},
                 {"2026-11-24", false, 0, 0},
                 {"2026-13-24T10:15:30Z", false, 0, 0},
                 {"2026-11-24T10:15:30X", false, 0, 0},
                 {"2026-11-24T10:15:30+25:00", false, 0, 0},
                 {"", false, 0, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_moment m;
        assert_int_equal(tf_moment_parse(cases[k].text, &m), cases[k].good);
        if (!cases[k].good)
            continue;
        assert_int_equal(m.seconds, cases[k].seconds);
        assert_true(fabs(m.hour - cases[k].hour) < 1e-9);
        assert_memory_equal(m.date, cases[k].text, 10);
    }
    assert_string_equal(tf_moment_of(1709251199).date, "2024-02-29");
    assert_string_equal(tf_moment_of(1709251200).date, "2024-03-01");
    assert_string_equal(tf_moment_of(4102444800).date, "2100-01-01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_known_by_the_hash_of_a_token_that_is_told_once),
        cmocka_unit_test(names_that_could_not_stand_in_an_address_are_refused),
        cmocka_unit_test(the_book_does_not_open_with_a_key_that_others_may_read),
        cmocka_unit_test(a_change_by_another_is_noticed),
        cmocka_unit_test(doors_are_dealt_evenly_and_a_psu_stays_with_one_team),
        cmocka_unit_test(the_same_seed_deals_the_same),
        cmocka_unit_test(a_device_is_given_its_own_addresses_and_nobody_elses),
        cmocka_unit_test(a_team_without_people_gets_no_address),
        cmocka_unit_test(every_interviewer_is_checked_and_never_by_himself),
        cmocka_unit_test(a_review_wants_a_known_state_and_a_reason_when_it_is_bad),
        cmocka_unit_test(codes_are_those_of_rfc_6238),
        cmocka_unit_test(a_code_opens_once),
        cmocka_unit_test(a_password_is_stretched_and_fits_only_itself),
        cmocka_unit_test(collects_settings_unpack_to_what_collect_reads),
        cmocka_unit_test(moments_are_read_as_tablets_write_them),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
