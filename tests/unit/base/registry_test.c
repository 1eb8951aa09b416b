/*
 * Registries: what has a name, what is GREASE (RFC 8701), what is a number.
 */
#include "support.h"

#include "base/registry.h"

/* Values and names from IANA's "TLS Supported Groups" and "TLS Alerts". */
static const struct ht_registry_entry groups[] = {{1, "sect163k1", ""},
                                                  {23, "secp256r1", "recommended"},
                                                  {29, "x25519", ""},
                                                  {65535, "last", ""}};
static const struct ht_registry two_bytes      = {"groups", 2, true, groups, HT_ARRAY_LEN(groups)};
static const struct ht_registry_entry alerts[] = {{0, "close_notify", ""}, {10, "unexpected", ""}};
static const struct ht_registry one_byte       = {"alerts", 1, false, alerts, HT_ARRAY_LEN(alerts)};
static const struct ht_registry empty          = {"empty", 2, false, NULL, 0};

static void test_find(void **state)
{
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(groups); i++) {
        assert_ptr_equal(ht_registry_find(&two_bytes, groups[i].value), &groups[i]);
    }
    assert_null(ht_registry_find(&two_bytes, 0));
    assert_null(ht_registry_find(&two_bytes, 2));
    assert_null(ht_registry_find(&two_bytes, 65534));
    assert_null(ht_registry_find(&two_bytes, 65536));
    assert_null(ht_registry_find(&two_bytes, UINT32_MAX));
    assert_null(ht_registry_find(&empty, 0));
    assert_string_equal(ht_registry_find(&two_bytes, 23)->note, "recommended");
}

static void assert_spelled(const struct ht_registry *registry, uint32_t value, const char *expected)
{
    char room[HT_SPELLED_MAX];
    assert_string_equal(ht_registry_spell(room, registry, value), expected);
}

static void test_spell(void **state)
{
    (void)state;
    assert_spelled(&two_bytes, 29, "x25519");
    assert_spelled(&two_bytes, 2, "0x0002");
    assert_spelled(&two_bytes, 0x6399, "0x6399");
    assert_spelled(&one_byte, 0, "close_notify");
    assert_spelled(&one_byte, 255, "0xff");
    assert_spelled(&empty, 0x0A0A, "0x0a0a");
    assert_spelled(&two_bytes, UINT32_MAX, "0xffffffff");
}

/* RFC 8701 section 2 lists sixteen values. */
static void test_grease(void **state)
{
    (void)state;
    static const uint16_t listed[] = {0x0A0A, 0x1A1A, 0x2A2A, 0x3A3A, 0x4A4A, 0x5A5A,
                                      0x6A6A, 0x7A7A, 0x8A8A, 0x9A9A, 0xAAAA, 0xBABA,
                                      0xCACA, 0xDADA, 0xEAEA, 0xFAFA};
    for (size_t i = 0; i < HT_ARRAY_LEN(listed); i++) {
        assert_true(ht_is_grease(listed[i]));
    }
    size_t count = 0;
    for (uint32_t value = 0; value <= UINT16_MAX; value++) {
        count += ht_is_grease((uint16_t)value);
    }
    assert_int_equal(count, HT_ARRAY_LEN(listed));
    assert_spelled(&two_bytes, 0x1A1A, "GREASE_1A1A");
    assert_spelled(&two_bytes, 0x1A2A, "0x1a2a");
    assert_spelled(&two_bytes, 0x10A0A, "0x10a0a");
}

static void test_named(void **state)
{
    (void)state;
    struct ht_named zero = ht_named(0);
    assert_true(zero.set);
    assert_int_equal(zero.id, 0);
}

/* The pages as the build makes them: each value of a page in use, and one page that is empty. */
static void test_find_by_page(void **state)
{
    (void)state;
    static const uint16_t pages[][256] = {{0}, {[1] = 1, [23] = 2, [29] = 3}, {[255] = 4}};
    static const uint8_t page_of[256]  = {[0] = 1, [255] = 2};
    struct ht_registry paged           = two_bytes;
    paged.pages                        = pages;
    paged.page_of                      = page_of;
    for (uint32_t value = 0; value < 0x20000; value++) {
        assert_ptr_equal(ht_registry_find(&paged, value), ht_registry_search(&two_bytes, value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),  cmocka_unit_test(test_find_by_page),
        cmocka_unit_test(test_spell), cmocka_unit_test(test_grease),
        cmocka_unit_test(test_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
