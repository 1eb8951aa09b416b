/*
 * The machine's clocks, against what time() says and what passes while one waits.
 */
#include "support.h"

#include "base/clock.h"
#include "base/time.h"

static void test_real_time_is_of_the_epoch(void **state)
{
    (void)state;
    int64_t from_s = time(NULL);
    int64_t now_s  = ht_clock_ns(CLOCK_REALTIME) / HT_SECOND_NS;
    assert_in_range(now_s, from_s, time(NULL) + 1);
}

static void test_what_passes(void **state)
{
    (void)state;
    const int64_t wait_ns = 2 * HT_SECOND_NS / 1000;
    int64_t from_ns       = ht_clock_ns(CLOCK_MONOTONIC);
    struct timespec wait  = {.tv_nsec = (long)wait_ns};
    assert_int_equal(nanosleep(&wait, NULL), 0);
    assert_true(ht_clock_ns(CLOCK_MONOTONIC) - from_ns >= wait_ns);
}

static void test_none(void **state)
{
    (void)state;
    assert_int_equal(ht_clock_ns((clockid_t)9999), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_time_is_of_the_epoch),
        cmocka_unit_test(test_what_passes),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
