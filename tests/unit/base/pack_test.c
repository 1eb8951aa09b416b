/*
 * What is packed comes out again, in no more room than is promised.
 */
#include "support.h"

#include "base/pack.h"

enum { WORDS = 24 };

/* In `packed_len` bytes. */
static void check(const uint64_t *words, size_t num, size_t packed_len)
{
    uint8_t packed[HT_PACKED_MAX(WORDS * sizeof(uint64_t))];
    uint64_t again[WORDS];
    size_t len         = num * sizeof *words;
    const uint8_t *end = ht_pack(packed, words, len);
    assert_int_equal(end - packed, packed_len);
    assert_true((size_t)(end - packed) + HT_PACK_SLACK <= HT_PACKED_MAX(len));
    memset(again, 0xA5, sizeof again);
    assert_ptr_equal(ht_unpack(packed, again, len), end);
    assert_memory_equal(again, words, len);
}

/* A byte for each eight words, and for each two that are not zero; and of each as many as its
 * highest one needs. */
static void packs_words(void **unused)
{
    const uint64_t zeros[WORDS] = {0};
    uint64_t rising[9]          = {0};
    size_t bytes                = 0;
    (void)unused;
    for (size_t num = 0; num <= WORDS; num++) {
        check(zeros, num, (num + 7) / 8);
    }
    for (unsigned i = 1; i < 9; i++) {
        rising[i] = UINT64_C(1) << (8 * i - 1);
        bytes += i;
        check(rising, i + 1, (i + 8) / 8 + (i + 1) / 2 + bytes);
    }
}

/* An address near the last one is 3 bytes, a time 4; what is between them does not matter. */
static void packs_what_is_near(void **unused)
{
    const uint64_t near[] = {0x55D0C0FFEE00,     1795236942017281000, 7, 0x55D0C0123456, 0,
                             1795236943017281000};
    const uint64_t far[]  = {0x55D0C0FFEE00,     1795236942017281000, 7, 0x55D1C0FFEE00, 0,
                             1795246942017281000};
    (void)unused;
    check(near, 6, 1 + 3 + 6 + 8 + 1 + 3 + 4);
    check(far, 6, 1 + 3 + 6 + 8 + 1 + 6 + 8);
}

/* Words of any length in any order, and what most of them are not. */
static void packs_anything(void **unused)
{
    uint8_t packed[HT_PACKED_MAX(WORDS * sizeof(uint64_t))];
    uint64_t words[WORDS], again[WORDS], random = 1;
    (void)unused;
    for (unsigned round = 0; round < 5000; round++) {
        for (unsigned i = 0; i < WORDS; i++) {
            random   = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            words[i] = random >> random % 64;
        }
        const uint8_t *end = ht_pack(packed, words, sizeof words);
        assert_true((size_t)(end - packed) + HT_PACK_SLACK <= sizeof packed);
        assert_ptr_equal(ht_unpack(packed, again, sizeof again), end);
        assert_memory_equal(again, words, sizeof words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(packs_words),
                                       cmocka_unit_test(packs_what_is_near),
                                       cmocka_unit_test(packs_anything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
