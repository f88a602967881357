/* The monitoring finds what was sown into a synthetic stream of heads, and reads nothing else. */
#include "tests/house.h"
#include "tests/field/stream.h"

static void put(struct house *h, const char *name, const char *text)
{
    OK(tf_file_write(tf_path_join(h->arena, h->dir, name), text, strlen(text), &h->err));
}

struct scene {
    struct tf_study *study;
    struct tf_fieldwork *fw;
    struct stream s;
    struct tf_records records;
};

static void enrol(struct house *h, struct scene *x, const char *id, const char *person,
                  const char *team)
{
    const struct tf_device d = {.id = id, .country = "XA", .team = team, .person = person};
    const char *token;
    OK(tf_device_enrol(h->arena, x->fw, &d, &token, &h->err));
    assert_int_equal(strlen(token), 43);
}

static void begin(struct house *h, struct scene *x)
{
    put(h, "study.yaml", study_text);
    put(h, "frame.csv", frame_text);
    put(h, "fieldwork.yaml", plan_text);
    OK(tf_study_read(h->arena, h->dir, &x->study, &h->err));
    OK(tf_fieldwork_open(h->arena, h->dir, true, &x->fw, &h->err));
    enrol(h, x, "tab-1", "I01", "north");
    enrol(h, x, "tab-2", "I02", "north");
    enrol(h, x, "tab-3", "I03", "south");
    enrol(h, x, "tab-4", "I04", "south");
    x->s = (struct stream){.arena = h->arena, .to = tf_records_begin(h->arena, "XA")};
}

static struct tf_monitor *watch(struct house *h, struct scene *x, const char *team)
{
    struct tf_monitor *m;
    tf_records_end(x->s.to, &x->records);
    OK(tf_monitor_make(h->arena, x->study, x->fw, "XA", team, &x->records, &m, &h->err));
    return m;
}

static const struct tf_watch_person *person(const struct tf_monitor *m, const char *id)
{
    for (size_t k = 0; k < m->n_people; k++)
        if (strcmp(m->person[k].person, id) == 0)
            return &m->person[k];
    fail_msg("%s is not there", id);
    return NULL;
}

static size_t flagged(const struct tf_monitor *m, const char *kind, const char *who)
{
    size_t n = 0;
    for (size_t k = 0; k < m->n_flags; k++)
        n += strcmp(m->flag[k].kind, kind) == 0 && (who == NULL || strcmp(m->flag[k].person, who) == 0);
    return n;
}

static void a_clean_fieldwork_is_counted_and_only_its_full_quota_is_told(void **state)
{
    (void)state;
    struct scene x;
    IN_HOUSE(h);
    begin(&h, &x);
    send_all(&x.s);
    const struct tf_monitor *m = watch(&h, &x, NULL);
    assert_int_equal(m->contacts, 48);
    assert_int_equal(m->interviews, 20);
    assert_int_equal(m->n_psus, 4);
    assert_int_equal(m->n_teams, 2);
    assert_int_equal(m->n_people, 4);
    assert_int_equal((int)tf_flow_count(m->flow, "complete"), 20);
    assert_int_equal((int)tf_flow_count(m->flow, "doors"), 48);
    assert_int_equal((int)m->target, 20);
    assert_int_equal(m->psu[0].doors, 12);
    assert_int_equal(m->psu[0].complete, 5);
    assert_string_equal(m->psu[0].team, "north");
    assert_string_equal(m->psu[0].stratum, "North");
    assert_true(fabs(m->psu[0].km) < 0.01);
    assert_int_equal(m->team_of[0].psus, 2);
    assert_int_equal(m->team_of[0].people, 2);
    assert_true(m->minutes.median >= 41 && m->minutes.median <= 44);
    assert_true(fabs(person(m, "I01")->missing - 0.04) < 1e-12);
    assert_int_equal(m->n_flags, 1); /* the cell that is full */
    assert_string_equal(m->flag[0].kind, "quota");
    OUT_OF_HOUSE(h);
}

static void a_team_is_shown_alone(void **state)
{
    (void)state;
    struct scene x;
    IN_HOUSE(h);
    begin(&h, &x);
    send_all(&x.s);
    const struct tf_monitor *m = watch(&h, &x, "north");
    assert_int_equal(m->contacts, 24);
    assert_int_equal(m->n_teams, 1);
    assert_int_equal(m->n_people, 2);
    assert_int_equal(m->n_psus, 2);
    OUT_OF_HOUSE(h);
}

static void the_last_visit_to_a_door_holds(void **state)
{
    (void)state;
    struct scene x;
    IN_HOUSE(h);
    begin(&h, &x);
    (void)send_contact(&x.s, "tab-1", "P1", 1, 2, "complete", 3, "");
    (void)send_contact(&x.s, "tab-1", "P1", 1, 1, "no_contact", 2, "");
    (void)send_contact(&x.s, "tab-1", "P1", 2, 1, "no_contact", 2, "");
    const struct tf_monitor *m = watch(&h, &x, NULL);
    assert_int_equal(m->contacts, 2);
    assert_int_equal((int)tf_flow_count(m->flow, "complete"), 1);
    assert_int_equal((int)tf_flow_count(m->flow, "no_contact"), 1);
    assert_int_equal(flagged(m, "duplicate", NULL), 0);
    OUT_OF_HOUSE(h);
}

static void an_edit_replaces_what_it_edits_and_is_no_second_record(void **state)
{
    (void)state;
    struct scene x;
    IN_HOUSE(h);
    begin(&h, &x);
    const char *first = send_contact(&x.s, "tab-1", "P1", 1, 1, "no_contact", 2, "");
    const struct tf_inbox_field clear[] = {pair("psu", "P1"), pair("door", "1"), pair("visits", "1"),
                                           pair("outcome", "complete")};
    const char *second = send_head(&x.s, "contact", "tab-1", first, 1795300000, clear, 4);
    (void)send_head(&x.s, "contact", "tab-1", second, 1795400000, clear, 4);
    const struct tf_monitor *m = watch(&h, &x, NULL);
    assert_int_equal(x.records.n, 1);
    assert_int_equal(x.records.item[0].edits, 2);
    assert_string_equal(x.records.item[0].instance, first);
    assert_string_equal(tf_record_state(&x.records.item[0], NULL), "edited");
    assert_int_equal((int)tf_flow_count(m->flow, "complete"), 1);
    OUT_OF_HOUSE(h);
}

static void a_run_of_six_broken_off_is_found_and_one_of_five_is_not(void **state)
{
    (void)state;
    for (unsigned n = 5; n <= 6; n++) {
        struct scene x;
        IN_HOUSE(h);
        begin(&h, &x);
        (void)send_contact(&x.s, "tab-1", "P1", 1, 1, "complete", 2, "");
        for (unsigned k = 0; k < n; k++)
            (void)send_contact(&x.s, "tab-1", "P1", 2 + 2 * k, 1, "broken_off", 2, "");
        (void)send_contact(&x.s, "tab-1", "P1", 3, 1, "no_contact", 2, ""); /* begins none */
        (void)send_contact(&x.s, "tab-1", "P1", 40, 1, "complete", 2, "");
        const struct tf_monitor *m = watch(&h, &x, NULL);
        assert_int_equal(person(m, "I01")->run, n);
        assert_int_equal(flagged(m, "run", "I01"), n == 6);
        OUT_OF_HOUSE(h);
    }
}

static void fast_round_and_night_interviews_are_found_by_person(void **state)
{
    (void)state;
    struct scene x;
    IN_HOUSE(h);
    begin(&h, &x);
    for (unsigned k = 0; k < 30; k++) {
        (void)send_interview(&x.s, "tab-1", "P1", 100 + k, 2 + k % 5, 9 * 60 + k, 38 + k % 9, 12 + k % 6, 1);
        (void)send_interview(&x.s, "tab-2", "P1", 200 + k, 2 + k % 5, 9 * 60 + k, 40 + 5 * (k % 2), 12 + k % 6, 1);
        (void)send_interview(&x.s, "tab-3", "P3", 300 + k, 2 + k % 5, 10 * 60 + k, k < 10 ? 11 : 42, 12 + k % 6, 1);
        (void)send_interview(&x.s, "tab-4", "P3", 400 + k, 2 + k % 5, 22 * 60, 41, 12 + k % 6, 30);
    }
    const struct tf_monitor *m = watch(&h, &x, NULL);
    assert_int_equal(flagged(m, "round times", NULL), 1);
    assert_int_equal(flagged(m, "round times", "I02"), 1);
    assert_int_equal(flagged(m, "fast", NULL), 1);
    assert_int_equal(person(m, "I03")->fast, 10);
    assert_int_equal(flagged(m, "hours", NULL), 1);
    assert_int_equal(person(m, "I04")->outside, 30);
    assert_int_equal(flagged(m, "missing", NULL), 1);
    assert_true(fabs(person(m, "I04")->missing - 0.6) < 1e-12);
    assert_int_equal(m->hour[22], 30);
    OUT_OF_HOUSE(h);
}

static void doors_far_from_their_psu_and_records_sent_twice_are_found(void **state)
{
    (void)state;
    struct scene x;
    IN_HOUSE(h);
    begin(&h, &x);
    (void)send_contact(&x.s, "tab-1", "P1", 1, 1, "complete", 2, "10.10 103.10");
    (void)send_contact(&x.s, "tab-1", "P1", 2, 1, "complete", 2, "10.50 103.10");
    (void)send_contact(&x.s, "tab-1", "P1", 3, 1, "complete", 2, "nonsense");
    (void)send_contact(&x.s, "tab-2", "P2", 1, 1, "complete", 2, "10.20 103.10");
    (void)send_contact(&x.s, "tab-2", "P2", 1, 1, "complete", 2, "10.20 103.10");
    (void)send_interview(&x.s, "tab-1", "P1", 7, 2, 600, 40, 13, 1);
    (void)send_interview(&x.s, "tab-1", "P1", 7, 3, 600, 40, 13, 1);
    (void)send_contact(&x.s, "tab-2", "P2", 9, 1, "vanished", 2, "");
    const struct tf_monitor *m = watch(&h, &x, NULL);
    assert_int_equal(person(m, "I01")->far, 1);
    assert_int_equal(person(m, "I01")->km.n, 2);
    assert_int_equal(flagged(m, "far", "I01"), 1);
    assert_int_equal(flagged(m, "duplicate", "I02"), 1);
    assert_int_equal(flagged(m, "duplicate", "I01"), 1);
    assert_int_equal(flagged(m, "contact", "I02"), 1);
    OUT_OF_HOUSE(h);
}

static void ages_heaped_at_the_edge_are_told(void **state)
{
    (void)state;
    struct scene x;
    IN_HOUSE(h);
    begin(&h, &x);
    for (unsigned k = 0; k < 120; k++)
        (void)send_interview(&x.s, "tab-1", "P1", 100 + k, 2, 600, 41 + k % 3, k % 2 == 0 ? 12 : 13 + k % 5, 1);
    const struct tf_monitor *m = watch(&h, &x, NULL);
    assert_int_equal(m->ages, 120);
    assert_int_equal(m->age_youngest, 60);
    assert_int_equal(flagged(m, "ages", NULL), 1);
    OUT_OF_HOUSE(h);
}

static void a_rejected_record_is_left_out_until_it_is_edited(void **state)
{
    (void)state;
    struct scene x;
    IN_HOUSE(h);
    begin(&h, &x);
    const char *bad = send_contact(&x.s, "tab-1", "P1", 1, 1, "complete", 2, "");
    (void)send_contact(&x.s, "tab-1", "P1", 2, 1, "complete", 2, "");
    const struct tf_review r = {.form = "contact", .instance = bad, .record = 1, .state = "rejected",
                                .person = "lead", .comment = "the door does not exist", .at = 1};
    OK(tf_review_put(x.fw, "XA", &r, &h.err));
    const struct tf_monitor *m = watch(&h, &x, NULL);
    assert_int_equal(m->rejected, 1);
    assert_int_equal(m->contacts, 1);
    const struct tf_inbox_field clear[] = {pair("psu", "P1"), pair("door", "1"), pair("visits", "1"),
                                           pair("outcome", "no_contact")};
    (void)send_head(&x.s, "contact", "tab-1", bad, 1795300000, clear, 4);
    m = watch(&h, &x, NULL);
    assert_int_equal(m->rejected, 0);
    assert_int_equal(m->contacts, 2);
    OUT_OF_HOUSE(h);
}

static void quotas_close_when_they_are_full_and_tablets_are_told(void **state)
{
    (void)state;
    struct scene x;
    IN_HOUSE(h);
    begin(&h, &x);
    const struct tf_device d = {.id = "tab-1", .country = "XA", .team = "north", .person = "I01"};
    const struct tf_out_form form = {.own_quotas = true, .own_assignments = true};
    struct tf_own_media *media;
    size_t n;
    send_all(&x.s);
    const struct tf_monitor *m = watch(&h, &x, NULL);
    assert_int_equal(m->n_quotas, 2);
    assert_int_equal(m->quota[0].done, 4);
    assert_int_equal(m->quota[1].done, 10);
    const struct tf_quota kept[] = {{"North boys", 4, m->quota[0].done}, {"South all", 100, m->quota[1].done}};
    OK(tf_quotas_put(x.fw, "XA", kept, 2, &h.err));
    OK(tf_device_media(h.arena, x.fw, &d, &form, &media, &n, &h.err));
    assert_int_equal(n, 2);
    assert_string_equal(media[1].name, "quotas.csv");
    assert_string_equal(media[1].data.data, "cell,target,done,open\nNorth boys,4,4,0\nSouth all,100,10,1\n");
    assert_int_equal(strlen(media[1].md5), 32);
    OUT_OF_HOUSE(h);
}

static void every_table_has_its_rows(void **state)
{
    (void)state;
    struct scene x;
    IN_HOUSE(h);
    begin(&h, &x);
    send_all(&x.s);
    const struct tf_monitor *m = watch(&h, &x, NULL);
    static const size_t want[] = {13, 8, 2, 4, 4, 4, 24, 10, 2, 1};
    for (size_t k = 0; tf_monitor_names[k] != NULL; k++) {
        const struct tf_table *t = tf_monitor_table(h.arena, m, tf_monitor_names[k]);
        assert_int_equal(t->n_rows, want[k]);
        assert_true(t->n_cols > 1);
    }
    OUT_OF_HOUSE(h);
}

static void distances_agree_with_known_ones(void **state)
{
    (void)state;
    /* a degree of latitude; a quarter of the equator; antipodes (radius 6371.0088 km) */
    assert_true(fabs(tf_distance_km(0, 0, 1, 0) - 111.195080) < 1e-5);
    assert_true(fabs(tf_distance_km(0, 0, 0, 90) - 10007.557221) < 1e-5);
    assert_true(fabs(tf_distance_km(10, 20, -10, -160) - 20015.114442) < 1e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_fieldwork_is_counted_and_only_its_full_quota_is_told),
        cmocka_unit_test(a_team_is_shown_alone),
        cmocka_unit_test(the_last_visit_to_a_door_holds),
        cmocka_unit_test(an_edit_replaces_what_it_edits_and_is_no_second_record),
        cmocka_unit_test(a_run_of_six_broken_off_is_found_and_one_of_five_is_not),
        cmocka_unit_test(fast_round_and_night_interviews_are_found_by_person),
        cmocka_unit_test(doors_far_from_their_psu_and_records_sent_twice_are_found),
        cmocka_unit_test(ages_heaped_at_the_edge_are_told),
        cmocka_unit_test(a_rejected_record_is_left_out_until_it_is_edited),
        cmocka_unit_test(quotas_close_when_they_are_full_and_tablets_are_told),
        cmocka_unit_test(every_table_has_its_rows),
        cmocka_unit_test(distances_agree_with_known_ones),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
