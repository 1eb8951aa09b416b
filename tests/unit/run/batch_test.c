/*
 * Harvests that are rendered into memory that several have in common.
 */
#include "support.h"

#include "run/batch.h"

static void fill(struct ht_harvest *harvest, char content, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        ht_chars_add_char(&harvest->bytes, content);
    }
}

static void assert_filled(const struct ht_harvest *harvest, char content, size_t len)
{
    assert_int_equal(harvest->bytes.len, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(harvest->bytes.ptr[i], content);
    }
}

static void test_they_lie_behind_each_other(void **state)
{
    struct ht_rooms rooms         = {0};
    struct ht_harvest harvests[3] = {0};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        ht_harvest_begin(&harvests[i], &rooms);
        assert_in_range(harvests[i].bytes.capacity, HT_HARVEST_ROOM, HT_ROOM_BYTES);
        fill(&harvests[i], (char)('a' + i), 1000);
        ht_harvest_end(&harvests[i]);
    }
    assert_ptr_equal(harvests[1].bytes.ptr, harvests[0].bytes.ptr + 1000);
    assert_ptr_equal(harvests[2].bytes.ptr, harvests[1].bytes.ptr + 1000);
    for (unsigned i = 0; i < 3; i++) {
        assert_filled(&harvests[i], (char)('a' + i), 1000);
        ht_harvest_free(&harvests[i], &rooms);
    }
    ht_rooms_free(&rooms);
}

/* What does not fit goes elsewhere, and what lies behind it in the room is another's. */
static void test_one_that_needs_more(void **state)
{
    struct ht_rooms rooms    = {0};
    struct ht_harvest before = {0}, large = {0}, after = {0};
    (void)state;
    ht_harvest_begin(&before, &rooms);
    fill(&before, 'b', 10);
    ht_harvest_end(&before);
    ht_harvest_begin(&large, &rooms);
    fill(&large, 'l', HT_ROOM_BYTES);
    ht_harvest_end(&large);
    ht_harvest_begin(&after, &rooms);
    fill(&after, 'a', 20);
    ht_harvest_end(&after);
    assert_filled(&before, 'b', 10);
    assert_filled(&large, 'l', HT_ROOM_BYTES);
    assert_filled(&after, 'a', 20);
    ht_harvest_free(&before, &rooms);
    ht_harvest_free(&large, &rooms);
    ht_harvest_free(&after, &rooms);
    ht_rooms_free(&rooms);
}

/* As a worker has them, in turns: none is written over before it is its turn again. */
static void test_in_turns(void **state)
{
    enum { NUM = 7, TURNS = 200, STEP = 9973 };
    struct ht_rooms rooms           = {0};
    struct ht_harvest harvests[NUM] = {0};
    (void)state;
    for (unsigned i = 0; i < TURNS; i++) {
        ht_harvest_begin(&harvests[i % NUM], &rooms);
        fill(&harvests[i % NUM], (char)i, i * STEP % HT_HARVEST_ROOM);
        ht_harvest_end(&harvests[i % NUM]);
        for (unsigned j = i < NUM ? 0 : i - NUM + 1; j <= i; j++) {
            assert_filled(&harvests[j % NUM], (char)j, j * STEP % HT_HARVEST_ROOM);
        }
    }
    for (unsigned i = 0; i < NUM; i++) {
        ht_harvest_free(&harvests[i], &rooms);
    }
    ht_rooms_free(&rooms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_they_lie_behind_each_other),
                                       cmocka_unit_test(test_one_that_needs_more),
                                       cmocka_unit_test(test_in_turns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
