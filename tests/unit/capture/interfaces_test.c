/*
 * Time stamps in the units of a pcapng interface: draft-ietf-opsawg-pcapng section 4.2, if_tsresol
 * and if_tsoffset.
 */
#include "support.h"

#include "base/time.h"
#include "capture/interfaces.h"

/* The values are floor(ticks * 10^9 / units), computed with rational numbers of any size. */
static void converts_every_resolution(void **state)
{
    (void)state;
    const uint64_t ticks = 0x1234567812345678;
    static const struct {
        uint8_t tsresol;
        int64_t time_ns;
    } cases[] = {
        {0, HT_TIME_FARTHEST_NS},
        {3, HT_TIME_FARTHEST_NS},
        {6, HT_TIME_FARTHEST_NS},
        {9, 1311768465173141112},
        {10, 131176846517314111},
        {12, 1311768465173141},
        {19, 131176846},
        {20, 13117684},
        {28, 0},
        {29, 0},
        {127, 0},
        {0x80 | 0, HT_TIME_FARTHEST_NS},
        {0x80 | 10, HT_TIME_FARTHEST_NS},
        {0x80 | 20, HT_TIME_FARTHEST_NS},
        {0x80 | 32, 305419896071111110},
        {0x80 | 34, 76354974017777777},
        {0x80 | 40, 1193046469027777},
        {0x80 | 63, 142222221},
        {0x80 | 127, 0},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct ht_interface interface = {.resolution = ht_resolution(cases[i].tsresol)};
        assert_true(ht_interface_time(&interface, ticks) == cases[i].time_ns);
    }
}

static void converts_usual_times(void **state)
{
    (void)state;
    static const struct {
        uint8_t tsresol;
        uint64_t ticks;
    } cases[] = {
        {0, 1700000000},
        {3, 1700000000000},
        {6, 1700000000000000},
        {9, 1700000000000000000},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct ht_interface interface = {.resolution = ht_resolution(cases[i].tsresol)};
        assert_true(ht_interface_time(&interface, cases[i].ticks) == 1700000000 * HT_SECOND_NS);
    }
}

/* 2^62 - 1 ns is the farthest, so that the difference of two times is a number too. */
static void any_time_is_in_range(void **state)
{
    (void)state;
    static const uint64_t ticks[]  = {0, 1, UINT64_MAX / 2, UINT64_MAX};
    static const int64_t offsets[] = {INT64_MIN, -1, 0, 1, 4611686018, INT64_MAX};
    for (unsigned resolution = 0; resolution < 256; resolution++) {
        for (size_t i = 0; i < HT_ARRAY_LEN(ticks) * HT_ARRAY_LEN(offsets); i++) {
            struct ht_interface interface = {.resolution = ht_resolution((uint8_t)resolution),
                                             .offset_s   = offsets[i % HT_ARRAY_LEN(offsets)]};
            int64_t time_ns = ht_interface_time(&interface, ticks[i / HT_ARRAY_LEN(offsets)]);
            assert_true(time_ns <= INT64_C(4611686018427387903) &&
                        time_ns >= -INT64_C(4611686018427387903));
        }
    }
}

static void adds_the_offset(void **state)
{
    (void)state;
    struct ht_interface interface = {.resolution = ht_resolution(6), .offset_s = -100};
    assert_true(ht_interface_time(&interface, 200500000) == 100500000000);
    assert_true(ht_interface_time(&interface, 0) == -100 * HT_SECOND_NS);
    interface.offset_s = 9000000000; /* as a number of nanoseconds it is one, and too far */
    assert_true(ht_interface_time(&interface, 1) == HT_TIME_FARTHEST_NS);
    interface.offset_s = -9000000000;
    assert_true(ht_interface_time(&interface, 1) == -HT_TIME_FARTHEST_NS);
    interface.offset_s = INT64_MAX;
    assert_true(ht_interface_time(&interface, 0) == HT_TIME_FARTHEST_NS);
    interface.offset_s = INT64_MIN;
    assert_true(ht_interface_time(&interface, UINT64_MAX) == -HT_TIME_FARTHEST_NS);
}

static void bounds_the_list(void **state)
{
    (void)state;
    struct ht_interfaces list           = {0};
    const struct ht_interface interface = {.link_type = 1};
    for (int i = 0; i < HT_MAX_INTERFACES; i++) {
        assert_true(ht_interfaces_add(&list, &interface));
    }
    assert_false(ht_interfaces_add(&list, &interface));
    assert_int_equal(list.len, HT_MAX_INTERFACES);
    ht_interfaces_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts_every_resolution), cmocka_unit_test(converts_usual_times),
        cmocka_unit_test(any_time_is_in_range),      cmocka_unit_test(adds_the_offset),
        cmocka_unit_test(bounds_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
