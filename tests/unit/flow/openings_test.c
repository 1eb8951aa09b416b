#include "support.h"

#include "flow/openings.h"

#include <stdlib.h>

static struct ht_frame frame(uint8_t *room, uint64_t number)
{
    memset(room, 0, 60);
    memcpy(room, &number, sizeof number);
    return (struct ht_frame){.number       = number,
                             .time_ns      = (int64_t)number * 10,
                             .data         = ht_bytes(room, 60),
                             .original_len = 74,
                             .link_type    = HT_LINK_ETHERNET};
}

/* Few buckets for many hashes, so that they collide. */
static uint64_t hash_of(uint64_t number, uint64_t spread)
{
    return number % spread + 1 + (number << 40);
}

static bool keep(struct ht_openings *o, uint64_t number, uint64_t spread)
{
    uint8_t room[60];
    struct ht_frame f = frame(room, number);
    return ht_openings_keep(o, hash_of(number, spread), &f);
}

static void what_is_kept_is_found(void **unused)
{
    struct ht_openings o = {0};
    (void)unused;
    assert_null(ht_openings_find(&o, 1));
    assert_null(ht_openings_oldest(&o));
    for (uint64_t i = 1; i <= 1000; i++) {
        assert_true(keep(&o, i, 50));
    }
    for (uint64_t i = 1; i <= 1000; i++) {
        struct ht_opening *opening = ht_openings_find(&o, hash_of(i, 50));
        assert_non_null(opening);
        struct ht_frame f = ht_opening_frame(opening);
        assert_int_equal(f.number, i);
        assert_int_equal(f.time_ns, i * 10);
        assert_int_equal(f.data.len, 60);
        assert_int_equal(f.original_len, 74);
        assert_memory_equal(f.data.ptr, &i, sizeof i);
    }
    assert_null(ht_openings_find(&o, hash_of(1001, 50)));
    assert_int_equal(ht_opening_frame(ht_openings_oldest(&o)).number, 1);
    ht_openings_free(&o);
}

/* Against a plain array of what should be there: many are added and taken out in any order, so that
 * places are used again, slots move and the ring is rebuilt. */
static void any_order_of_taking_out(void **unused)
{
    enum { NUMBERS = 20000 };
    static bool there[NUMBERS + 1];
    struct ht_openings o = {0};
    uint64_t seed = 1, len = 0;
    (void)unused;
    for (uint64_t i = 1; i <= NUMBERS; i++) {
        assert_true(keep(&o, i, 300));
        there[i] = true;
        len++;
        seed            = seed * 6364136223846793005U + 1442695040888963407U;
        uint64_t victim = (seed >> 33) % i + 1;
        if ((seed >> 20) % 8 != 0 && there[victim]) {
            struct ht_opening *opening = ht_openings_find(&o, hash_of(victim, 300));
            assert_non_null(opening);
            ht_openings_remove(&o, opening);
            there[victim] = false;
            len--;
        }
    }
    assert_int_equal(o.len, len);
    for (uint64_t i = 1; i <= NUMBERS; i++) {
        assert_int_equal(ht_openings_find(&o, hash_of(i, 300)) != NULL, there[i]);
    }
    for (uint64_t i = 1; i <= NUMBERS; i++) {
        if (there[i]) {
            struct ht_opening *oldest = ht_openings_oldest(&o);
            assert_int_equal(ht_opening_frame(oldest).number, i);
            ht_openings_remove(&o, oldest);
        }
    }
    assert_null(ht_openings_oldest(&o));
    ht_openings_free(&o);
}

static void it_is_bounded(void **unused)
{
    struct ht_budget budget                      = {.max = SIZE_MAX / 2};
    struct ht_openings o                         = {.budget = &budget};
    uint8_t long_frame[HT_OPENING_MAX_FRAME + 1] = {0};
    (void)unused;
    for (uint64_t i = 1; i <= HT_MAX_OPENINGS; i++) {
        assert_true(keep(&o, i, HT_MAX_OPENINGS));
    }
    assert_true(ht_openings_full(&o));
    assert_false(keep(&o, HT_MAX_OPENINGS + 1, HT_MAX_OPENINGS));
    ht_openings_remove(&o, ht_openings_oldest(&o));
    assert_true(keep(&o, HT_MAX_OPENINGS + 1, HT_MAX_OPENINGS));
    assert_true(budget.peak < 100 << 20);
    ht_openings_free(&o);
    assert_int_equal(budget.used, 0);
    assert_false(ht_openings_keep(
        &o, 7, &(struct ht_frame){.data = ht_bytes(long_frame, sizeof long_frame)}));
}

/* Without memory for a larger ring the oldest must go; nothing moves for each that comes. */
static void a_ring_that_cannot_grow(void **unused)
{
    struct ht_budget budget = {.max = 1024 * (sizeof(struct ht_opening) + 16) * 3 / 2};
    struct ht_openings o    = {.budget = &budget};
    struct ht_budget none   = {.max = 0};
    struct ht_openings no   = {.budget = &none};
    uint64_t kept           = 0;
    (void)unused;
    for (uint64_t i = 1; i <= 100000; i++) {
        while (ht_openings_full(&o)) {
            ht_openings_remove(&o, ht_openings_oldest(&o));
        }
        kept += keep(&o, i, 1000);
    }
    assert_true(kept > 99000);
    assert_true(o.len > 256);
    assert_non_null(ht_openings_find(&o, hash_of(100000, 1000)));
    assert_false(keep(&no, 1, 1000));
    assert_false(ht_openings_full(&no));
    ht_openings_free(&o);
    ht_openings_free(&no);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_found), cmocka_unit_test(any_order_of_taking_out),
        cmocka_unit_test(it_is_bounded), cmocka_unit_test(a_ring_that_cannot_grow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
