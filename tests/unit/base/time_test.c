/*
 * Times in text. The expected values are the well-known ones of the epoch and what GNU date prints
 * (`date -u -d @SECONDS`).
 */
#include "support.h"

#include "base/time.h"

#include <stdlib.h>
#include <time.h>

static void assert_printed(int64_t seconds, int64_t nanoseconds, unsigned decimals,
                           const char *expected)
{
    char text[HT_TIME_TEXT_MAX];
    const char *got = ht_time_print(text, seconds * HT_SECOND_NS + nanoseconds, decimals);
    assert_ptr_equal(got, text);
    assert_string_equal(text, expected);
}

static void test_known(void **state)
{
    (void)state;
    assert_printed(0, 0, 9, "1970-01-01T00:00:00.000000000Z");
    assert_printed(1000000000, 0, 0, "2001-09-09T01:46:40Z");
    assert_printed(1234567890, 123456789, 9, "2009-02-13T23:31:30.123456789Z");
    assert_printed(2147483647, 0, 0, "2038-01-19T03:14:07Z");
    assert_printed(2147483648, 0, 0, "2038-01-19T03:14:08Z");
    assert_printed(4294967296, 0, 0, "2106-02-07T06:28:16Z");
    assert_printed(1678075266, 770821000, 9, "2023-03-06T04:01:06.770821000Z");
}

static void test_leap_days(void **state)
{
    (void)state;
    assert_printed(951782400, 0, 0, "2000-02-29T00:00:00Z");
    assert_printed(951868800, 0, 0, "2000-03-01T00:00:00Z");
    assert_printed(1709164800, 0, 0, "2024-02-29T00:00:00Z");
    assert_printed(1735603200, 0, 0, "2024-12-31T00:00:00Z");
    assert_printed(4107542399, 0, 0, "2100-02-28T23:59:59Z");
    assert_printed(4107542400, 0, 0, "2100-03-01T00:00:00Z"); /* no leap year */
}

static void test_decimals(void **state)
{
    (void)state;
    assert_printed(1, 999999999, 0, "1970-01-01T00:00:01Z");
    assert_printed(1, 999999999, 3, "1970-01-01T00:00:01.999Z");
    assert_printed(1, 1000, 6, "1970-01-01T00:00:01.000001Z");
    assert_printed(1, 999, 6, "1970-01-01T00:00:01.000000Z");
    assert_printed(1, 100000000, 1, "1970-01-01T00:00:01.1Z");
}

static void test_before_the_epoch(void **state)
{
    (void)state;
    assert_printed(0, -1, 9, "1969-12-31T23:59:59.999999999Z");
    assert_printed(-1, 0, 9, "1969-12-31T23:59:59.000000000Z");
    assert_printed(-86400, 0, 0, "1969-12-31T00:00:00Z");
    assert_printed(-2208988800, 0, 0, "1900-01-01T00:00:00Z"); /* the epoch of NTP */
}

/* The ends of what 64 bits of nanoseconds hold. */
static void test_extremes(void **state)
{
    (void)state;
    char text[HT_TIME_TEXT_MAX];
    assert_string_equal(ht_time_print(text, INT64_MAX, 9), "2262-04-11T23:47:16.854775807Z");
    assert_string_equal(ht_time_print(text, INT64_MIN, 9), "1677-09-21T00:12:43.145224192Z");
}

static void test_time_zone_does_not_matter(void **state)
{
    (void)state;
    static const char *const zones[] = {"UTC", "Asia/Kolkata", "America/St_Johns", "XYZ-14:59"};
    for (size_t i = 0; i < HT_ARRAY_LEN(zones); i++) {
        assert_int_equal(setenv("TZ", zones[i], 1), 0);
        tzset();
        assert_printed(1234567890, 0, 0, "2009-02-13T23:31:30Z");
    }
}

/* The seconds are those of date(1): date -u -d 2026-03-15 +%s. */
static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } good[]                       = {{"1970-01-01", 0},
                                      {"2026-03-15", 1773532800},
                                      {"2024-02-29T23:59:59Z", 1709251199},
                                      {"2199-12-31", 7258032000},
                                      {"2026-03-15T00:00:00.0Z", 1773532800}};
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-13-01",
                                      "2026-02-30",
                                      "1969-12-31",
                                      "2200-01-01",
                                      "2026-03-15T12:00:00",
                                      "2026-03-15 ",
                                      "yesterday",
                                      "2026-03-15T",
                                      "2026-03-15T12:00Z",
                                      "2026-03-15T12:00:00.Z",
                                      "2026-03-15T12:00:00.5",
                                      "2026-03-15T12:00:00.1234567890Z"};
    int64_t ns                     = 0;
    for (size_t i = 0; i < HT_ARRAY_LEN(good); i++) {
        assert_true(ht_time_read(good[i].text, &ns));
        assert_int_equal(ns, good[i].seconds * HT_SECOND_NS);
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(bad); i++) {
        assert_false(ht_time_read(bad[i], &ns));
    }
    assert_true(ht_time_read("2026-03-15T00:00:00.000000001Z", &ns));
    assert_int_equal(ns, 1773532800 * HT_SECOND_NS + 1);
    assert_true(ht_time_read("2026-03-15T00:00:00.25Z", &ns));
    assert_int_equal(ns, 1773532800 * HT_SECOND_NS + HT_SECOND_NS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),    cmocka_unit_test(test_leap_days),
        cmocka_unit_test(test_decimals), cmocka_unit_test(test_before_the_epoch),
        cmocka_unit_test(test_extremes), cmocka_unit_test(test_time_zone_does_not_matter),
        cmocka_unit_test(test_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
