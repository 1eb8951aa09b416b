/* How long a certificate may be valid, by the day of its issue: CA/Browser Forum, Baseline
 * Requirements 6.3.2. */
#include "support.h"

#include "analysis/chain/faults.h"

static void test_validity_limits(void **state)
{
    static const struct {
        int64_t from_s;
        uint64_t days;
    } cases[] = {
        {1868227200, 47},   {1868227199, 100},  /* 2029-03-15 */
        {1805068800, 100},  {1805068799, 200},  /* 2027-03-15 */
        {1773532800, 200},  {1773532799, 398},  /* 2026-03-15 */
        {1598918400, 398},  {1598918399, 825},  /* 2020-09-01 */
        {1519862400, 825},  {1519862399, 1188}, /* 2018-03-01: 39 months */
        {1427846400, 1188}, {1427846399, 1827}, /* 2015-04-01: 60 months */
        {1341100800, 1827}, {1341100799, 0},    /* 2012-07-01 */
    };
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        assert_int_equal(chain_validity_limit_days(cases[i].from_s * INT64_C(1000000000)),
                         cases[i].days);
    }
    assert_int_equal(chain_validity_limit_days(INT64_MIN), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_validity_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
