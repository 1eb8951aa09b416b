/*
 * Things counted by their numbers, and items put together by theirs. What is expected is counted
 * here once more, the slow way.
 */
#include "support.h"

#include "report/lists.h"

#include <stdlib.h>

enum { NUMBERS = 1000, SHOWN = 7 };

static struct ht_arena arena;

/* Names in the order of the numbers: "a000" … */
static void name(const void *context, struct ht_tally *tally)
{
    char text[] = {'a', (char)('0' + tally->number / 100 % 10),
                   (char)('0' + tally->number / 10 % 10), (char)('0' + tally->number % 10)};
    assert_null(context);
    tally->name = ht_arena_copy(&arena, ht_bytes(text, sizeof text));
}

static const struct report_naming naming = {.name = name};

/* How often a number comes: many come equally often. */
static uint64_t times(uint32_t number)
{
    return number * UINT64_C(7919) % 31 + 1;
}

static void count_all(struct report_tallies *tallies, uint32_t numbers)
{
    for (uint32_t number = 1; number <= numbers; number++) {
        for (uint64_t i = 0; i < times(number); i++) {
            const int64_t at              = (int64_t)number * 100 + (int64_t)i;
            const struct report_span span = {at, at};
            assert_non_null(report_tally(tallies, number, 1, &span));
        }
    }
}

static void what_comes_again_is_counted_together(void **state)
{
    (void)state;
    struct report_tallies tallies = report_tallies(&arena);
    count_all(&tallies, NUMBERS);
    assert_null(report_tally(&tallies, 0, 1, &(struct report_span){0}));
    const struct ht_objects list = report_tallies_list(&tallies, &arena);
    const struct ht_tally *each  = list.items;
    assert_int_equal(list.len, NUMBERS);
    for (uint32_t i = 0; i < NUMBERS; i++) {
        assert_int_equal(each[i].number, i + 1);
        assert_int_equal(each[i].connections, times(i + 1));
        const uint64_t at = (uint64_t)each[i].number * 100;
        assert_int_equal(each[i].first_seen_ns, at);
        assert_int_equal(each[i].last_seen_ns, at + times(i + 1) - 1);
    }
    ht_arena_clear(&arena);
}

/* The `rank`-th most frequent of the numbers; of those as frequent the lowest first. */
static uint32_t number_of_rank(size_t rank, uint32_t numbers)
{
    for (uint64_t frequency = 31; frequency > 0; frequency--) {
        for (uint32_t number = 1; number <= numbers; number++) {
            if (times(number) == frequency && rank-- == 0) {
                return number;
            }
        }
    }
    fail_msg("there are fewer");
    return 0;
}

static void the_most_frequent_come_first(void **state)
{
    (void)state;
    struct report_tallies tallies = report_tallies(&arena);
    for (uint32_t numbers = 0; numbers < 100; numbers++) { /* with and without room for all */
        report_tallies_clear(&tallies);
        count_all(&tallies, numbers);
        const struct ht_objects most = report_tallies_most(&tallies, &naming, SHOWN, &arena);
        const struct ht_tally *each  = most.items;
        assert_int_equal(most.len, numbers < SHOWN ? numbers : SHOWN);
        for (size_t i = 0; i < most.len; i++) {
            assert_int_equal(each[i].number, number_of_rank(i, numbers));
        }
    }
    ht_arena_clear(&arena);
}

static void or_those_seen_first(void **state)
{
    (void)state;
    struct report_tallies tallies = report_tallies(&arena);
    count_all(&tallies, NUMBERS);
    const struct report_span early = {-1, 5};
    assert_non_null(report_tally(&tallies, NUMBERS / 2, 1, &early));
    const struct ht_objects first = report_tallies_first(&tallies, &naming, SHOWN, &arena);
    const struct ht_tally *each   = first.items;
    assert_int_equal(first.len, SHOWN);
    assert_int_equal(each[0].number, NUMBERS / 2);
    for (size_t i = 1; i < first.len; i++) {
        assert_int_equal(each[i].number, i);
    }
    ht_arena_clear(&arena);
}

static void items_of_one_number_stay_in_order(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {3, 0, 3, 1, 0, 3};
    static const char items[]       = "abcdef";
    const char *list[HT_ARRAY_LEN(numbers)];
    struct report_groups groups;
    for (size_t i = 0; i < HT_ARRAY_LEN(numbers); i++) {
        list[i] = &items[i];
    }
    assert_true(report_group(&groups, &arena, list, numbers, HT_ARRAY_LEN(numbers), 4));
    const char *const *grouped     = groups.items;
    static const char expected[]   = "bedacf";
    static const uint32_t starts[] = {0, 2, 3, 3, 6};
    for (size_t i = 0; i < HT_ARRAY_LEN(numbers); i++) {
        assert_int_equal(*grouped[i], expected[i]);
    }
    assert_memory_equal(groups.starts, starts, sizeof starts);
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_again_is_counted_together),
        cmocka_unit_test(the_most_frequent_come_first),
        cmocka_unit_test(or_those_seen_first),
        cmocka_unit_test(items_of_one_number_stay_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
