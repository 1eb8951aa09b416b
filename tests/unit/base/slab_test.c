/*
 * Slabs: blocks are aligned, are nobody else's, and are used again.
 */
#include "support.h"

#include "base/slab.h"

enum { BLOCK = 272, MANY = 1000 };

static void assert_filled(const uint8_t *block, size_t number)
{
    for (size_t i = 0; i < BLOCK; i++) {
        assert_int_equal(block[i], (uint8_t)(number * 7));
    }
}

static uint8_t *take(struct ht_slabs *slabs, size_t number)
{
    uint8_t *block = ht_slab_take(slabs, BLOCK);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 16, 0);
    memset(block, (int)(uint8_t)(number * 7), BLOCK);
    return block;
}

static void blocks_are_nobody_elses(void **unused)
{
    struct ht_slabs slabs = {0};
    uint8_t *all[MANY];
    (void)unused;
    for (size_t i = 0; i < MANY; i++) {
        all[i] = take(&slabs, i);
    }
    for (size_t step = 2; step < 7; step++) {
        for (size_t i = 0; i < MANY; i += step) {
            ht_slab_give(&slabs, all[i]);
        }
        for (size_t i = 0; i < MANY; i += step) {
            all[i] = take(&slabs, i);
        }
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_filled(all[i], i);
        ht_slab_give(&slabs, all[i]);
    }
    ht_slabs_free(&slabs); /* the one that is left; of more the leak checker would know */
    assert_null(slabs.roomy);
}

static void what_was_given_back_is_used_again(void **unused)
{
    struct ht_slabs slabs = {0};
    (void)unused;
    uint8_t *first = take(&slabs, 1), *second = take(&slabs, 2);
    ht_slab_give(&slabs, first);
    assert_ptr_equal(take(&slabs, 3), first);
    assert_filled(second, 2);
    ht_slab_give(&slabs, first);
    ht_slab_give(&slabs, second);
    assert_ptr_equal(take(&slabs, 4), second); /* what was given back last */
    ht_slab_give(&slabs, second);
    ht_slabs_free(&slabs);
    assert_null(slabs.roomy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_are_nobody_elses),
                                       cmocka_unit_test(what_was_given_back_is_used_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
