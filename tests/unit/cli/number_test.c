/*
 * Numbers, sizes and durations, as --help and the manual promise them.
 */
#include "support.h"

#include "cli/number.h"

static void numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "0", "-1", "+1", " 1", "1 ", "x", "1x", "1k", "0x10", "18446744073709551616"};
    uint64_t value = 7;
    assert_true(cli_read_number("1", 1, &value));
    assert_int_equal(value, 1);
    assert_true(cli_read_number("007", 7, &value));
    assert_int_equal(value, 7);
    assert_false(cli_read_number("8", 7, &value));
    assert_true(cli_read_number("18446744073709551615", UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(cli_read_number(bad[i], UINT64_MAX, &value));
    }
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"1", 1},          {"500k", 512000},   {"500K", 512000},  {"64M", 67108864},
                {"64m", 67108864}, {"2G", 2147483648}, {"2g", 2147483648}};
    static const char *const bad[] = {"", "k", "0k", "1kk", "1kB", "1T", "1.5M", "17179869184G"};
    uint64_t bytes                 = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(cli_read_size(good[i].text, UINT64_MAX, &bytes));
        assert_true(bytes == good[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(cli_read_size(bad[i], UINT64_MAX, &bytes));
    }
    assert_false(cli_read_size("2k", 2047, &bytes));
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } good[]                       = {{"1", 1},     {"90s", 90},   {"10m", 600},
                                      {"1h", 3600}, {"1d", 86400}, {"36525d", 3155760000}};
    static const char *const bad[] = {"", "s", "0", "0s", "1w", "1M", "1h30m", "36526d", "-1s"};
    int64_t ns                     = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(cli_read_duration(good[i].text, &ns));
        assert_true(ns == good[i].seconds * 1000000000);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(cli_read_duration(bad[i], &ns));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(sizes),
        cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
