/*
 * What is packed comes out again, in no more room than is promised.
 */
#include "support.h"

#include "base/pack.h"

enum { WORDS = 24 };

static const uint64_t zeros[WORDS];

/* In `packed_len` bytes. */
static void check_like(const uint64_t *words, const uint64_t *like, size_t num, size_t packed_len)
{
    uint8_t packed[HT_PACKED_MAX(WORDS * sizeof(uint64_t))];
    uint64_t again[WORDS];
    size_t len                 = num * sizeof *words;
    struct ht_pack_past before = {{0}}, after = {{0}};
    const uint8_t *end = ht_pack(&before, packed, words, like, len);
    assert_int_equal(end - packed, packed_len);
    assert_true((size_t)(end - packed) + HT_PACK_SLACK <= HT_PACKED_MAX(len));
    memset(again, 0xA5, sizeof again);
    assert_ptr_equal(ht_unpack(&after, packed, again, like, len), end);
    assert_memory_equal(again, words, len);
    assert_memory_equal(&after, &before, sizeof after);
}

static void check(const uint64_t *words, size_t num, size_t packed_len)
{
    check_like(words, zeros, num, packed_len);
}

/* A byte for each eight words, and for each two that are not zero; and of each as many as its
 * highest one needs. */
static void packs_words(void **unused)
{
    uint64_t rising[9] = {0};
    size_t bytes       = 0;
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

/* A number of up to four bytes, an address or a time again is none; one yet nearer 2 or 3. What is
 * of another length than these is always written. */
static void packs_what_comes_again(void **unused)
{
    const uint64_t again[] = {123456,
                              123456,
                              0x55D0C0FFEE00,
                              0x55D0C0FFEE00,
                              0x55D0C0FF1234,
                              1795236942017281000,
                              1795236942017281000,
                              1795236942017281001};
    const uint64_t large[] = {UINT64_C(1) << 32, UINT64_C(1) << 32, UINT64_C(1) << 48,
                              UINT64_C(1) << 48};
    (void)unused;
    check(again, HT_ARRAY_LEN(again), 1 + 4 + 3 + 6 + 2 + 8 + 3);
    check(large, HT_ARRAY_LEN(large), 1 + 2 + 5 + 5 + 7 + 7);
}

/* What came before: words of no part of what is packed, and those of the part before it. */
static void packs_what_is_like_the_past(void **unused)
{
    const uint64_t words[]   = {0x55D0C0FFEE00, 1795236942017281000, 1795236943017281000, 70000};
    struct ht_pack_past past = {{0}};
    uint8_t packed[HT_PACKED_MAX(sizeof words)];
    uint64_t again[HT_ARRAY_LEN(words)];
    (void)unused;
    ht_pack_after(&past, 1795236942017281001);
    ht_pack_after(&past, 0x55D0C0FFEE00);
    struct ht_pack_past same = past;
    uint8_t *middle          = ht_pack(&past, packed, words, zeros, 16);
    assert_int_equal(middle - packed, 1 + 1 + 0 + 3);
    const uint8_t *end = ht_pack(&past, middle, words + 2, zeros, 16);
    assert_int_equal(end - middle, 1 + 1 + 4 + 3);
    assert_ptr_equal(ht_unpack(&same, packed, again, zeros, 16), middle);
    assert_ptr_equal(ht_unpack(&same, middle, again + 2, zeros, 16), end);
    assert_memory_equal(again, words, sizeof words);
}

static void packs_nothing(void **unused)
{
    struct ht_pack_past past = {{0}};
    uint8_t packed[HT_PACKED_MAX(0)];
    (void)unused;
    assert_ptr_equal(ht_pack(&past, packed, NULL, zeros, 0), packed);
    assert_ptr_equal(ht_unpack(&past, packed, NULL, zeros, 0), packed);
}

/* What is as in what it is like is only in the byte of its eight; a zero that is not, a half. */
static void packs_what_it_is_like(void **unused)
{
    uint64_t like[WORDS], words[WORDS];
    (void)unused;
    for (size_t i = 0; i < WORDS; i++) {
        like[i] = words[i] = UINT64_MAX / (i + 1);
    }
    check_like(words, like, WORDS, WORDS / 8);
    words[7] = 5;
    check_like(words, like, WORDS, WORDS / 8 + 1 + 1);
    words[8] = words[23] = 0;
    check_like(words, like, WORDS, WORDS / 8 + 2 + 1);
    check_like(zeros, like, WORDS, WORDS / 8 + WORDS / 2);
}

/* Words of any length in any order, and what most of them are not. */
static void packs_anything(void **unused)
{
    uint8_t packed[HT_PACKED_MAX(WORDS * sizeof(uint64_t))];
    uint64_t words[WORDS], like[WORDS] = {0}, again[WORDS], random = 1;
    (void)unused;
    for (unsigned round = 0; round < 5000; round++) {
        for (unsigned i = 0; i < WORDS; i++) {
            random   = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            words[i] = (random >> 40) % 3 == 0 ? like[i] : random >> random % 64;
        }
        struct ht_pack_past past = {{0}}, same = {{0}};
        const uint8_t *end = ht_pack(&past, packed, words, like, sizeof words);
        assert_true((size_t)(end - packed) + HT_PACK_SLACK <= sizeof packed);
        assert_ptr_equal(ht_unpack(&same, packed, again, like, sizeof again), end);
        assert_memory_equal(again, words, sizeof words);
        memcpy(like, words, sizeof like);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(packs_words),
                                       cmocka_unit_test(packs_what_is_near),
                                       cmocka_unit_test(packs_what_comes_again),
                                       cmocka_unit_test(packs_what_is_like_the_past),
                                       cmocka_unit_test(packs_what_it_is_like),
                                       cmocka_unit_test(packs_nothing),
                                       cmocka_unit_test(packs_anything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
