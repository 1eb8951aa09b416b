/*
 * Capture filters. The packets follow RFC 791 and RFC 9293, what surrounds them
 * https://www.tcpdump.org/linktypes.html
 */
#include "support.h"

#include "capture/filter.h"

#include <stdio.h>

/* From 10.0.0.1 port 49153 to 10.0.0.2 port 443, a SYN. */
#define TO_443                                                                                     \
    "45000028 00004000 40060000 0a000001 0a000002 c00101bb 00000000 00000000 5002ffff 00000000"
#define TO_444                                                                                     \
    "45000028 00004000 40060000 0a000001 0a000002 c00101bc 00000000 00000000 5002ffff 00000000"
/* And from 2001:db8::1 to 2001:db8::2, port 443. */
#define TO_443_BY_IPV6                                                                             \
    "60000000 00140640 20010db8000000000000000000000001 20010db8000000000000000000000002"          \
    "c00101bb 00000000 00000000 5002ffff 00000000"

#define ETHERNET "020000000002 020000000001 0800"
#define COOKED "0004 0001 0006 0200000000010000 0800"
#define COOKED_2 "0800 0000 00000001 0001 04 06 0200000000010000"

static bool passes(const char *expression, uint16_t link_type, const char *digits)
{
    struct ht_error error    = {0};
    struct ht_filter *filter = ht_filter_open(expression, &error);
    assert_non_null(filter);
    struct ht_bytes data        = hex(digits);
    const struct ht_frame frame = {
        .data = data, .original_len = (uint32_t)data.len, .link_type = link_type};
    bool pass = ht_filter_match(filter, &frame);
    ht_filter_close(filter);
    return pass;
}

static void passes_what_matches_whatever_the_link_type(void **state)
{
    (void)state;
    assert_true(passes("tcp port 443", HT_LINK_ETHERNET, ETHERNET TO_443));
    assert_true(passes("tcp port 443", HT_LINK_RAW, TO_443));
    assert_true(passes("tcp port 443", HT_LINK_RAW, TO_443_BY_IPV6));
    assert_true(passes("tcp port 443", HT_LINK_RAW_BSD, TO_443));
    assert_true(passes("tcp port 443", HT_LINK_IPV4, TO_443));
    assert_true(passes("tcp port 443", HT_LINK_LINUX_SLL, COOKED TO_443));
    assert_true(passes("tcp port 443", HT_LINK_LINUX_SLL2, COOKED_2 TO_443));
}

static void stops_what_does_not_match(void **state)
{
    (void)state;
    assert_false(passes("tcp port 443", HT_LINK_ETHERNET, ETHERNET TO_444));
    assert_false(passes("tcp port 443", HT_LINK_RAW, TO_444));
    assert_false(passes("tcp port 443", HT_LINK_LINUX_SLL, COOKED TO_444));
    assert_false(passes("tcp port 443", HT_LINK_LINUX_SLL2, COOKED_2 TO_444));
    assert_false(passes("udp port 443", HT_LINK_RAW, TO_443));
    /* A frame too short to tell, and none at all. */
    assert_false(passes("tcp port 443", HT_LINK_RAW, "45000028 00004000 40060000"));
    assert_false(passes("tcp port 443", HT_LINK_ETHERNET, ""));
}

/* "less" looks at the length on the wire, not at what was captured of it. */
static void knows_the_length_on_the_wire(void **state)
{
    (void)state;
    struct ht_error error    = {0};
    struct ht_filter *filter = ht_filter_open("greater 1000", &error);
    assert_non_null(filter);
    struct ht_frame frame = {.data = hex(TO_443), .original_len = 1500, .link_type = HT_LINK_RAW};
    assert_true(ht_filter_match(filter, &frame));
    frame.original_len = 999;
    assert_false(ht_filter_match(filter, &frame));
    ht_filter_close(filter);
}

/* One filter for all frames of a capture, more link types than it keeps programs for. */
static void serves_many_link_types(void **state)
{
    (void)state;
    struct ht_error error    = {0};
    struct ht_filter *filter = ht_filter_open("tcp port 443", &error);
    assert_non_null(filter);
    struct ht_bytes ethernet = hex(ETHERNET TO_443), raw = hex(TO_443);
    for (uint16_t i = 0; i < 40; i++) {
        struct ht_frame other = {.data = raw, .original_len = 40, .link_type = 1000 + i};
        (void)ht_filter_match(filter, &other);
        struct ht_frame frame = {.data = ethernet, .original_len = 54, .link_type = 1};
        assert_true(ht_filter_match(filter, &frame));
        struct ht_frame packet = {.data = raw, .original_len = 40, .link_type = HT_LINK_RAW};
        assert_true(ht_filter_match(filter, &packet));
    }
    ht_filter_close(filter);
}

/* There are no Ethernet addresses in front of a raw packet. */
static void stops_frames_for_which_it_makes_no_sense(void **state)
{
    (void)state;
    assert_true(passes("ether src 02:00:00:00:00:01", HT_LINK_ETHERNET, ETHERNET TO_443));
    assert_false(passes("ether src 02:00:00:00:00:01", HT_LINK_RAW, TO_443));
}

static void says_what_is_wrong_with_an_expression(void **state)
{
    (void)state;
    static const char *const wrong[] = {"tcp port", "tcp prot 443", "host 1.2.3.4.5.6", "((", "\""};
    for (size_t i = 0; i < HT_ARRAY_LEN(wrong); i++) {
        struct ht_error error = {0};
        assert_null(ht_filter_open(wrong[i], &error));
        char expected[64];
        (void)snprintf(expected, sizeof expected, "filter '%s': ", wrong[i]);
        assert_memory_equal(error.text, expected, strlen(expected));
        assert_true(strlen(error.text) > strlen(expected));
        assert_null(strchr(error.text, '\n'));
    }
}

static void passes_everything_where_it_is_empty(void **state)
{
    (void)state;
    assert_true(passes("", HT_LINK_ETHERNET, ETHERNET TO_444));
    assert_true(passes("", HT_LINK_RAW, TO_444));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_what_matches_whatever_the_link_type),
        cmocka_unit_test(stops_what_does_not_match),
        cmocka_unit_test(knows_the_length_on_the_wire),
        cmocka_unit_test(serves_many_link_types),
        cmocka_unit_test(stops_frames_for_which_it_makes_no_sense),
        cmocka_unit_test(says_what_is_wrong_with_an_expression),
        cmocka_unit_test(passes_everything_where_it_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
