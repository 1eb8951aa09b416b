/*
 * Pipes from who captures, and from who reads a file.
 */
#include "support.h"

#include "base/time.h"
#include "cli/pace.h"

enum { START_S = 1700000000 };

/* At `now_s`, where the latest frame is of `frame_s` if that is not -1: the seconds since the start
 * that it is there, or -1. */
static int there(struct cli_pace *pace, int now_s, int frame_s)
{
    int64_t there_ns = 0;
    if (frame_s != -1) {
        pace->frame_ns = (START_S + frame_s) * HT_SECOND_NS;
        pace->heard    = true;
    }
    return cli_pace_keeps(pace, (7 + now_s) * HT_SECOND_NS, (START_S + 60) * HT_SECOND_NS,
                          &there_ns)
               ? (int)(there_ns / HT_SECOND_NS - START_S)
               : -1;
}

static void what_is_captured_meanwhile(void **state)
{
    struct cli_pace pace = {0};
    (void)state;
    assert_int_equal(there(&pace, 0, -1), -1);
    assert_int_equal(there(&pace, 5, -1), -1); /* nothing came yet */
    assert_int_equal(there(&pace, 10, 100), -1);
    assert_int_equal(there(&pace, 11, 101), -1);
    assert_int_equal(there(&pace, 13, 103), 103);
    assert_int_equal(there(&pace, 14, -1), 104);
    assert_int_equal(there(&pace, 60, -1), 150);
    assert_int_equal(there(&pace, 61, 130), 130); /* late, as from a buffer */
    assert_int_equal(there(&pace, 62, 152), 152);
}

static void what_comes_faster_than_it_was_captured(void **state)
{
    struct cli_pace pace = {0};
    (void)state;
    for (int s = 0; s < 20; s++) {
        assert_int_equal(there(&pace, s, 4 * s), -1);
    }
    assert_int_equal(there(&pace, 20, 77), -1); /* from now on as fast: what tail -f does */
    assert_int_equal(there(&pace, 22, 79), 79);
}

static void a_clock_that_is_set(void **state)
{
    struct cli_pace pace = {0};
    (void)state;
    assert_int_equal(there(&pace, 0, 100), -1);
    assert_int_equal(there(&pace, 4, 104), 104);
    assert_int_equal(there(&pace, 5, 1000), -1);
    assert_int_equal(there(&pace, 8, 1003), 1003);
    assert_int_equal(there(&pace, 9, 50), 50);
}

/* An old file, from a slow disk. */
static void what_was_captured_long_ago(void **state)
{
    struct cli_pace pace = {0};
    (void)state;
    for (int s = 0; s < 20; s++) {
        assert_int_equal(there(&pace, s, -3600 + s), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_captured_meanwhile),
        cmocka_unit_test(what_comes_faster_than_it_was_captured),
        cmocka_unit_test(a_clock_that_is_set),
        cmocka_unit_test(what_was_captured_long_ago),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
