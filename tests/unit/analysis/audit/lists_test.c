/*
 * What is offered at most: RFC 8446 section 4.2.1, with GREASE of RFC 8701, drafts, and DTLS, whose
 * versions count down (RFC 9147 section 5.3).
 */
#include "support.h"

#include "analysis/audit/lists.h"

static uint16_t highest(uint16_t legacy, const char *supported)
{
    const struct tls_client_hello hello = {.legacy_version     = ht_named(legacy),
                                           .supported_versions = hex(supported)};
    return audit_highest_offered(&hello);
}

static void highest_version(void **unused)
{
    (void)unused;
    assert_int_equal(highest(0x0301, ""), TLS_10);
    assert_int_equal(highest(0x0303, ""), TLS_12);
    assert_int_equal(highest(0x0303, "0304 0303"), TLS_13);
    assert_int_equal(highest(0x0303, "fafa 0303 0302"), TLS_12);
    assert_int_equal(highest(0x0303, "fafa"), TLS_12);
    assert_int_equal(highest(0x0303, "7f1c 0303"), TLS_13);
    assert_int_equal(highest(0xFEFF, ""), TLS_11);
    assert_int_equal(highest(0xFEFD, "fefc fefd"), TLS_13);
}

static void names(void **unused)
{
    (void)unused;
    const struct tls_client_hello dtls  = {.legacy_version = ht_named(0xFEFF)};
    const struct tls_client_hello draft = {.legacy_version     = ht_named(0x0303),
                                           .supported_versions = hex("2a2a 7f1c 0303")};
    assert_string_equal(audit_highest_name(&dtls), "DTLS 1.0");
    assert_string_equal(audit_highest_name(&draft), "TLS 1.3 draft-28");
}

static void lists(void **unused)
{
    (void)unused;
    char room[64], small[20];
    assert_string_equal(audit_list(room, sizeof room, &tls_versions, hex("0304 0303")),
                        "TLS 1.3, TLS 1.2");
    assert_string_equal(audit_list(room, sizeof room, &tls_versions, hex("2a2a")), "GREASE_2A2A");
    assert_string_equal(audit_list(room, sizeof room, &tls_versions, hex("")), "");
    assert_string_equal(audit_list(small, sizeof small, &tls_versions, hex("0304 0303 0302 0301")),
                        "TLS 1.3, …");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(highest_version),
        cmocka_unit_test(names),
        cmocka_unit_test(lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
