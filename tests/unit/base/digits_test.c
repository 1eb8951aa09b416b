/* Numbers, bytes and addresses as characters, against printf and inet_ntop. */
#include "base/digits.h"
#include "support.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

static void expect_uint(uint64_t value)
{
    char at[HT_UINT_MAX_DIGITS + 1], expected[HT_UINT_MAX_DIGITS + 1];
    (void)snprintf(expected, sizeof expected, "%" PRIu64, value);
    *ht_put_uint(at, value) = '\0';
    assert_string_equal(at, expected);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth, MMIX */
    return *seed ^ *seed >> 29;
}

static void test_numbers(void **state)
{
    (void)state;
    uint64_t seed = 7;
    expect_uint(0);
    expect_uint(UINT64_MAX);
    for (uint64_t power = 1, i = 0; i < 20; i++, power *= 10) {
        expect_uint(power - 1);
        expect_uint(power);
        expect_uint(power + 1);
        expect_uint(power * 9 / 5);
    }
    for (uint64_t value = 0; value < 100000; value++) {
        expect_uint(value);
    }
    for (unsigned i = 0; i < 20000; i++) {
        expect_uint(next_random(&seed) >> i % 64);
    }
}

static void test_padded_numbers(void **state)
{
    (void)state;
    char at[HT_UINT_MAX_DIGITS + 1], expected[HT_UINT_MAX_DIGITS + 1];
    uint64_t seed                = 8;
    *ht_put_digits(at, 12345, 3) = '\0';
    assert_string_equal(at, "345");
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t value = (uint32_t)(next_random(&seed) % 1000000000) >> i % 30;
        (void)snprintf(expected, sizeof expected, "%09" PRIu32, value);
        *ht_put_digits(at, value, 9) = '\0';
        assert_string_equal(at, expected);
        *ht_put_nanoseconds(at, value) = '\0';
        assert_string_equal(at, expected);
    }
}

static void test_hex(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        char at[5], expected[5];
        uint8_t bytes[2] = {(uint8_t)i, (uint8_t)~i};
        (void)snprintf(expected, sizeof expected, "%02x%02x", bytes[0], bytes[1]);
        *ht_put_hex(at, ht_bytes(bytes, 2)) = '\0';
        assert_string_equal(at, expected);
    }
    uint8_t bytes[40]; /* each byte in each place of what is written at once */
    char at[sizeof bytes * 2 + 1], expected[sizeof at];
    for (unsigned i = 0; i < 256 * sizeof bytes; i++) {
        size_t len = i % (sizeof bytes + 1);
        for (size_t k = 0; k < len; k++) {
            bytes[k] = (uint8_t)(i / sizeof bytes + 7 * k);
            (void)snprintf(expected + 2 * k, 3, "%02x", bytes[k]);
        }
        expected[2 * len]                     = '\0';
        *ht_put_hex(at, ht_bytes(bytes, len)) = '\0';
        assert_string_equal(at, expected);
    }
}

static void expect_address(const struct ht_address *address)
{
    char at[HT_ADDRESS_TEXT_MAX + 1], expected[INET6_ADDRSTRLEN];
    assert_non_null(inet_ntop(address->version == 4 ? AF_INET : AF_INET6, address->bytes, expected,
                              sizeof expected));
    *ht_put_address(at, address) = '\0';
    assert_string_equal(at, expected);
}

static void test_ipv4(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t bytes[4]    = {(uint8_t)i, (uint8_t)(255 - i), (uint8_t)(i * 7), 9};
        struct ht_address address = ht_address4(bytes);
        expect_address(&address);
    }
}

/* Every pattern of zero groups, the others being short, long or all ones. */
static void test_every_pattern_of_zeros(void **state)
{
    (void)state;
    static const uint16_t groups[] = {1, 0x10, 0xabc, 0xfffe, 0xffff};
    for (unsigned pattern = 0; pattern < 256; pattern++) {
        for (unsigned k = 0; k < HT_ARRAY_LEN(groups); k++) {
            uint8_t bytes[16] = {0};
            for (size_t i = 0; i < 8; i++) {
                uint16_t group   = pattern >> i & 1 ? groups[(k + i) % HT_ARRAY_LEN(groups)] : 0;
                bytes[2 * i]     = (uint8_t)(group >> 8);
                bytes[2 * i + 1] = (uint8_t)group;
            }
            struct ht_address address = ht_address6(bytes);
            expect_address(&address);
        }
    }
}

/* Loopback, IPv4-mapped and -compatible, translated (RFC 6052), documentation, multicast. */
static void test_special_ipv6(void **state)
{
    (void)state;
    static const char *const special[] = {"::",
                                          "::1",
                                          "::ffff:192.0.2.1",
                                          "::192.0.2.1",
                                          "64:ff9b::192.0.2.1",
                                          "2001:db8::1",
                                          "ff02::1:ff00:0",
                                          "fe80::1",
                                          "::ffff:0:0",
                                          "::fffe:192.0.2.1",
                                          "1::ffff:1:2:3",
                                          "::1:0",
                                          "::2:3:4",
                                          "1:0:0:2::3",
                                          "1:0:0:2:0:0:3:4"};
    for (size_t i = 0; i < HT_ARRAY_LEN(special); i++) {
        uint8_t bytes[16];
        assert_int_equal(inet_pton(AF_INET6, special[i], bytes), 1);
        struct ht_address address = ht_address6(bytes);
        expect_address(&address);
    }
}

static void test_random_ipv6(void **state)
{
    (void)state;
    uint64_t seed = 9;
    for (unsigned round = 0; round < 100000; round++) {
        uint64_t words[2] = {next_random(&seed), next_random(&seed)};
        uint64_t zeros    = next_random(&seed) & next_random(&seed);
        uint8_t bytes[16];
        memcpy(bytes, words, 16);
        for (unsigned i = 0; i < 16; i++) { /* a third of the bytes zero or so, in pairs often */
            bytes[i] = zeros >> i & 1 || zeros >> (i / 2 + 16) & 1 ? 0 : bytes[i];
        }
        struct ht_address address = ht_address6(bytes);
        expect_address(&address);
    }
}

static void test_no_address(void **state)
{
    (void)state;
    char at[HT_ADDRESS_TEXT_MAX];
    struct ht_address none = {0};
    assert_ptr_equal(ht_put_address(at, &none), at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_padded_numbers),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_every_pattern_of_zeros),
        cmocka_unit_test(test_special_ipv6),
        cmocka_unit_test(test_random_ipv6),
        cmocka_unit_test(test_no_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
