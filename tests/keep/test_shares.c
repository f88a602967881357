/* Shares: any two of three give the key back, one says nothing. */
#include "house.h"

#include "keep/shares.h"

static void any_two_of_three_give_it_back(void **state TF_UNUSED)
{
    for (int round = 0; round < 200; round++) {
        unsigned char key[32], back[32];
        struct tf_share s[3];
        randombytes_buf(key, sizeof key);
        tf_shares_make(key, 2, 3, s);
        for (size_t a = 0; a < 3; a++)
            for (size_t b = 0; b < 3; b++) {
                const struct tf_share two[2] = {s[a], s[b]};
                assert_int_equal(tf_shares_join(two, 2, back), a != b);
                if (a != b)
                    assert_memory_equal(back, key, 32);
            }
        assert_true(tf_shares_join(s, 3, back));
        assert_memory_equal(back, key, 32);
    }
}

static void any_need_of_any_number(void **state TF_UNUSED)
{
    for (size_t need = 1; need <= 8; need++) {
        unsigned char key[32], back[32];
        struct tf_share s[12];
        randombytes_buf(key, sizeof key);
        tf_shares_make(key, need, 12, s);
        assert_true(tf_shares_join(s + 12 - need, need, back));
        assert_memory_equal(back, key, 32);
        if (need > 1) {
            assert_true(tf_shares_join(s, need - 1, back));
            assert_memory_not_equal(back, key, 32);
        }
    }
}

/* One share of the same key is any value at all: over many draws each byte's values are about even. */
static void one_share_says_nothing(void **state TF_UNUSED)
{
    enum { ROUNDS = 4000 };
    static size_t seen[256];
    static const unsigned char key[32] = {0x5a};
    for (size_t k = 0; k < ROUNDS; k++) {
        struct tf_share s[3];
        tf_shares_make(key, 2, 3, s);
        for (size_t byte = 0; byte < 32; byte++)
            seen[s[0].y[byte]]++;
    }
    double chi = 0;
    const double expected = ROUNDS * 32.0 / 256.0;
    for (size_t k = 0; k < 256; k++)
        chi += ((double)seen[k] - expected) * ((double)seen[k] - expected) / expected;
    assert_true(chi > 140 && chi < 400); /* 255 degrees of freedom: beyond by chance once in 10^7 */
}

/* FIPS 197, 4.2: {57} x {83} = {c1}; here as the share of a line. */
static void the_field_is_that_of_aes(void **state TF_UNUSED)
{
    unsigned char back[32];
    struct tf_share two[2] = {{.x = 1, .y = {0}}, {.x = 2, .y = {0}}};
    /* p(x) = s + a x: p(1) = s + a, p(2) = s + 2a; with a = 0x83: 2a = 0x06 ^ 0x1b … */
    const unsigned char s = 0x57, a = 0x83, twice = (unsigned char)(0x106 ^ 0x11b);
    two[0].y[0] = s ^ a;
    two[1].y[0] = s ^ twice;
    assert_true(tf_shares_join(two, 2, back));
    assert_int_equal(back[0], s);
}

static void a_share_that_is_none_is_refused(void **state TF_UNUSED)
{
    unsigned char back[32];
    const struct tf_share two[2] = {{.x = 0}, {.x = 1}};
    assert_false(tf_shares_join(two, 2, back));
    assert_false(tf_shares_join(two, 0, back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_two_of_three_give_it_back), cmocka_unit_test(any_need_of_any_number),
        cmocka_unit_test(one_share_says_nothing),        cmocka_unit_test(the_field_is_that_of_aes),
        cmocka_unit_test(a_share_that_is_none_is_refused),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("shares", tests, NULL, NULL);
}
