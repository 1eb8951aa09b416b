#include "support.h"

#include "base/hash.h"

/* The factor that makes ht_mix zero, whatever the other one is. */
static const uint64_t zero_factor = UINT64_C(0xE7037ED1A0B428DB);

/* Of bytes that differ only before that factor; in the last words, and in those before them. */
static void no_content_hides_what_differs(void **unused)
{
    enum { WORDS = 4, SEED = 0x5EED };
    (void)unused;
    for (size_t at = 1; at < WORDS; at += 2) {
        uint64_t a[WORDS] = {0}, b[WORDS] = {0};
        a[at] = b[at] = zero_factor;
        a[at - 1]     = 1;
        b[at - 1]     = 2;
        assert_true(ht_hash(ht_bytes(a, sizeof a), SEED) != ht_hash(ht_bytes(b, sizeof b), SEED));
    }
}

/* Nor does it hide the order of two words. */
static void words_have_an_order(void **unused)
{
    const uint64_t a = UINT64_C(0x9E3779B97F4A7C15) ^ 16, b = zero_factor;
    (void)unused;
    assert_true(ht_hash(ht_bytes((uint64_t[]){a ^ 1, b ^ 2}, 16), 7) !=
                ht_hash(ht_bytes((uint64_t[]){a ^ 2, b ^ 1}, 16), 7));
}

/* However many there are: what is left behind whole words is read in several ways. */
static void each_byte_counts(void **unused)
{
    enum { LONGEST = 40 };
    uint8_t bytes[LONGEST] = {0};
    (void)unused;
    for (size_t len = 1; len <= LONGEST; len++) {
        uint64_t zeros = ht_hash(ht_bytes(bytes, len), 7);
        assert_true(zeros != ht_hash(ht_bytes(bytes, len - 1), 7));
        for (size_t at = 0; at < len; at++) {
            bytes[at] = 1;
            assert_true(zeros != ht_hash(ht_bytes(bytes, len), 7));
            bytes[at] = 0;
        }
    }
}

/* Of two values that stand either way round; their sum and their difference do not make the rest.
 */
static void either_may_be_the_first(void **unused)
{
    (void)unused;
    assert_true(ht_mix_either(1, 8) == ht_mix_either(8, 1));
    assert_true(ht_mix_either(1, 8) != ht_mix_either(2, 7));
    assert_true(ht_mix_either(1, 8) != ht_mix_either(2, 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_content_hides_what_differs), cmocka_unit_test(words_have_an_order),
        cmocka_unit_test(each_byte_counts), cmocka_unit_test(either_may_be_the_first)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
