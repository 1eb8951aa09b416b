/*
 * The hellos. Expected values: as RFC 8448 prints them, as tshark 4.0 shows them, or as the bytes
 * here were put together by the RFC named.
 */
#include "hello_vectors.h"
#include "helpers.h"
#include "support.h"
#include "tls/messages.h"

#include <stdio.h>

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* A ClientHello of TLS 1.2 with one cipher suite and these extensions (without the block's length).
 */
static struct ht_bytes client_hello_with(const char *extensions)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "0303" RANDOM "00 0002c02f 0100 %04zx %s",
                   hex(extensions).len, extensions);
    return hex(text);
}

/* A ServerHello of TLS 1.2 with these extensions. */
static struct ht_bytes server_hello_with(const char *extensions)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "0303" RANDOM "00 c02f 00 %04zx %s", hex(extensions).len,
                   extensions);
    return hex(text);
}

/* A hello may end before its extensions: only the prefix that does is not one of those that must
 * fail. */
static bool client_hello_passes(struct ht_bytes body, void *arena)
{
    struct tls_client_hello hello;
    return tls_client_hello_parse(body, arena, &hello) && hello.raw_extensions.len > 0;
}

static bool server_hello_passes(struct ht_bytes body, void *arena)
{
    struct tls_server_hello hello;
    return tls_server_hello_parse(body, arena, &hello) && hello.extensions.len > 0;
}

static void test_client_hello_tls13(void **state)
{
    struct tls_client_hello hello;
    assert_true(tls_client_hello_parse(body_of(rfc8448_client_hello), *state, &hello));
    assert_named(hello.legacy_version, 0x0303);
    assert_hex(hello.random, "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7");
    assert_int_equal(hello.session_id.len, 0);
    assert_hex(hello.cipher_suites, "1301 1303 1302");
    assert_hex(hello.compression_methods, "00");
    assert_hex(hello.extensions, "0000 ff01 000a 0023 0033 002b 000d 002d 001c");
    assert_int_equal(hello.raw_extensions.len, 145);
    assert_text(hello.server_name, "server");
    assert_hex(hello.groups, "001d 0017 0018 0019 0100 0101 0102 0103 0104");
    assert_hex(hello.key_share_groups, "001d");
    assert_hex(hello.supported_versions, "0304");
    assert_hex(hello.signature_schemes, "0403 0503 0603 0203 0804 0805 0806 0401 0501 0601 0201"
                                        "0402 0502 0602 0202");
    assert_hex(hello.psk_modes, "01");
    assert_true(hello.session_ticket);
    assert_int_equal(hello.session_ticket_bytes, 0);
    assert_int_equal(hello.alpn.len, 0);
    assert_int_equal(hello.psk_identities, 0);
    assert_false(hello.early_data || hello.encrypted_client_hello || hello.grease);
}

static void test_client_hello_psk(void **state)
{
    struct tls_client_hello hello;
    assert_true(tls_client_hello_parse(body_of(rfc8448_psk_client_hello), *state, &hello));
    assert_hex(hello.extensions, "0000 ff01 000a 0033 002a 002b 000d 002d 001c 0015 0029");
    assert_int_equal(hello.psk_identities, 1);
    assert_true(hello.early_data);
    assert_false(hello.session_ticket);
}

static void test_client_hello_tls12(void **state)
{
    struct tls_client_hello hello;
    assert_true(tls_client_hello_parse(body_of(openssl_client_hello), *state, &hello));
    assert_int_equal(hello.cipher_suites.len, 2 * 28);
    assert_hex(hello.extensions, "0000 000b 000a 0023 0005 0010 0016 0017 000d");
    assert_text(hello.server_name, "hellotap.test");
    assert_hex(hello.point_formats, "00 01 02");
    assert_hex(hello.groups, "001d 0017 001e 0019 0018");
    assert_int_equal(hello.alpn.len, 2);
    assert_text(hello.alpn.items[0], "h2");
    assert_text(hello.alpn.items[1], "http/1.1");
    assert_int_equal(hello.signature_schemes.len, 2 * 20);
    assert_int_equal(hello.supported_versions.len, 0);
}

static void test_client_hello_after_retry(void **state)
{
    struct tls_client_hello hello;
    assert_true(tls_client_hello_parse(body_of(rfc8448_client_hello_2), *state, &hello));
    assert_hex(hello.groups, "001d 0017 0018");
    assert_hex(hello.key_share_groups, "0017");
    assert_hex(hello.extensions, "0000 ff01 000a 0033 002b 000d 002c 002d 001c 0015");
}

static void test_client_hello_every_prefix(void **state)
{
    every_prefix(body_of(rfc8448_client_hello), client_hello_passes, *state);
    every_prefix(body_of(rfc8448_psk_client_hello), client_hello_passes, *state);
    every_prefix(body_of(rfc8448_client_hello_2), client_hello_passes, *state);
    every_prefix(body_of(openssl_client_hello), client_hello_passes, *state);
}

/* RFC 6101 section 5.6.1.2: SSL 3 has no extensions. */
static void test_client_hello_without_extensions(void **state)
{
    struct tls_client_hello hello;
    struct ht_bytes body = hex("0300" RANDOM "04 aabbccdd 0004 0005000a 0100");
    assert_true(tls_client_hello_parse(body, *state, &hello));
    assert_named(hello.legacy_version, 0x0300);
    assert_hex(hello.session_id, "aabbccdd");
    assert_hex(hello.cipher_suites, "0005 000a");
    assert_int_equal(hello.extensions.len, 0);
}

/* A hello of which only the first segment was captured: the first fields, and of the extensions
 * those that are whole. */
static void test_client_hello_cut(void **state)
{
    struct tls_client_hello hello;
    struct ht_bytes body = body_of(rfc8448_client_hello);
    assert_false(tls_client_hello_parse(ht_bytes_head(body, 20), *state, &hello));
    assert_named(hello.legacy_version, 0x0303);
    assert_int_equal(hello.random.len, 0);
    assert_false(tls_client_hello_parse(ht_bytes_head(body, 70), *state, &hello));
    assert_hex(hello.cipher_suites, "1301 1303 1302");
    assert_text(hello.server_name, "server");
    assert_hex(hello.extensions, "0000 ff01");
    assert_int_equal(hello.groups.len, 0);
    assert_false(tls_client_hello_parse(ht_bytes(body.ptr, 0), *state, &hello));
    assert_false(hello.legacy_version.set);
}

static void test_client_hello_trailing_bytes(void **state)
{
    struct tls_client_hello hello;
    struct ht_bytes body = hex("0303" RANDOM "00 0002c02f 0100 0000 00");
    assert_false(tls_client_hello_parse(body, *state, &hello));
    assert_true(tls_client_hello_parse(ht_bytes_head(body, body.len - 1), *state, &hello));
}

static void test_client_hello_odd_cipher_suites(void **state)
{
    struct tls_client_hello hello;
    struct ht_bytes body = hex("0303" RANDOM "00 0003c02f13 0100 0009 0000 0005 0003 000000");
    assert_false(tls_client_hello_parse(body, *state, &hello));
    assert_hex(hello.cipher_suites, "c02f");
    assert_hex(hello.extensions, "0000");
}

/* RFC 8446 section 4.1.2: these must not be empty, a session id has 32 bytes at most. */
static void test_client_hello_bounds(void **state)
{
    struct tls_client_hello hello;
    assert_false(tls_client_hello_parse(hex("0303" RANDOM "00 0000 0100"), *state, &hello));
    assert_false(tls_client_hello_parse(hex("0303" RANDOM "00 0002c02f 00"), *state, &hello));
    assert_false(
        tls_client_hello_parse(hex("0303" RANDOM "21" RANDOM "20 0002c02f 0100"), *state, &hello));
    assert_int_equal(hello.session_id.len, 33);
    assert_hex(hello.cipher_suites, "c02f");
    assert_true(
        tls_client_hello_parse(hex("0303" RANDOM "20" RANDOM "0002c02f 0100"), *state, &hello));
}

static const struct {
    const char *extensions;
    bool good;
} client_extension_cases[] = {
    {"000a 0004 0002 001d", true},
    {"000a 0005 0003 001d 00", false},      /* odd */
    {"000a 0005 0002 001d 00", false},      /* something follows the list */
    {"000a 0003 0002 00", false},           /* the list is longer than the extension */
    {"000d 0005 0003 0403 04", false},      /* odd */
    {"002b 0004 03 0304 03", false},        /* odd */
    {"0000 0000", false},                   /* server_name empty in a ClientHello */
    {"0000 0002 0000", false},              /* no names */
    {"0000 0005 0003 00 0000", true},       /* an empty name: left to judge to others */
    {"0000 0006 0004 00 0002 61", false},   /* name cut */
    {"0010 0002 0000", false},              /* no protocols */
    {"0010 0003 0001 00", false},           /* an empty protocol */
    {"0010 0005 0003 02 6832", true},       /* h2 */
    {"0010 0005 0003 03 6832", false},      /* cut */
    {"002a 0000", true},                    /* early_data */
    {"002a 0001 00", false},                /* not empty */
    {"0033 0002 0000", true},               /* no key share: RFC 8446 section 4.2.8 allows it */
    {"0033 0006 0004 001d 0000", false},    /* an empty key */
    {"0033 0007 0005 001d 0001 aa", true},  /* a key */
    {"0033 0007 0005 001d 0002 aa", false}, /* cut */
    {"0029 0002 0000", false},              /* no identities */
    {"0029 000d 0007 0001 aa 00000000 0002 01 bb", true},        /* one of each */
    {"0029 000b 0007 0001 aa 00000000 0000", false},             /* no binder */
    {"0029 000f 0007 0001 aa 00000000 0004 01 bb 01 bb", false}, /* one too many */
    {"0029 000c 0006 0001 aa 000000 0002 01 bb", false},         /* identity cut */
    {"fe0d 0001 01", true},                                      /* inner */
    {"fe0d 0002 01 00", false},                                  /* inner is empty */
    {"fe0d 000d 00 0001 0001 07 0001 aa 0002 bbbb", true},       /* outer */
    {"fe0d 000c 00 0001 0001 07 0001 aa 0002 bb", false},        /* cut */
    {"fe0d 0001 02", false},                                     /* unknown form */
    {"0012 0003 000000", true},                                  /* has no row: not looked into */
    {"0012 0003 0000", false},                                   /* cut */
    {"0012 00", false},
};

static void test_client_extensions(void **state)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(client_extension_cases); i++) {
        struct tls_client_hello hello;
        const char *extensions = client_extension_cases[i].extensions;
        bool good = tls_client_hello_parse(client_hello_with(extensions), *state, &hello);
        if (good != client_extension_cases[i].good) {
            fail_msg("extension %s: %s", extensions, good ? "passed" : "failed");
        }
    }
}

/* What is malformed costs only itself. */
static void test_client_extensions_after_malformed(void **state)
{
    struct tls_client_hello hello;
    struct ht_bytes body = client_hello_with("000a 0007 0005 001d 0017 00"
                                             "0000 0009 0007 00 0004 61622e63");
    assert_false(tls_client_hello_parse(body, *state, &hello));
    assert_hex(hello.groups, "001d 0017");
    assert_hex(hello.extensions, "000a 0000");
    assert_text(hello.server_name, "ab.c");
}

static void test_client_extensions_twice(void **state)
{
    struct tls_client_hello hello;
    struct ht_bytes body = client_hello_with("0000 0006 0004 00 0001 61"
                                             "0000 0006 0004 00 0001 62");
    assert_true(tls_client_hello_parse(body, *state, &hello));
    assert_text(hello.server_name, "a");
    assert_hex(hello.extensions, "0000 0000");
}

/* RFC 6066 section 3: only host_name (0) is defined. */
static void test_server_name_of_other_type(void **state)
{
    struct tls_client_hello hello;
    struct ht_bytes body = client_hello_with("0000 000a 0008 07 0001 7a 00 0001 61");
    assert_true(tls_client_hello_parse(body, *state, &hello));
    assert_text(hello.server_name, "a");
}

/* Up to draft 22 of TLS 1.3 key_share had the number 40. */
static void test_key_share_of_drafts(void **state)
{
    struct tls_client_hello hello;
    struct ht_bytes body = client_hello_with("0028 000c 000a 0017 0001 aa 001d 0001 bb"
                                             "002b 0005 04 7f12 0303");
    assert_true(tls_client_hello_parse(body, *state, &hello));
    assert_hex(hello.key_share_groups, "0017 001d");
    assert_hex(hello.supported_versions, "7f12 0303");
}

/* RFC 5077 section 3.2. */
static void test_session_ticket(void **state)
{
    struct tls_client_hello hello;
    assert_true(tls_client_hello_parse(client_hello_with("0023 0003 aabbcc"), *state, &hello));
    assert_true(hello.session_ticket);
    assert_int_equal(hello.session_ticket_bytes, 3);
}

/* RFC 8701 section 2, at each place where a value may be. */
static void test_grease(void **state)
{
    static const char *const extensions[] = {
        "1a1a 0000",                   /* an extension */
        "000a 0006 0004 2a2a 001d",    /* a group */
        "002b 0005 04 3a3a 0304",      /* a version */
        "000d 0006 0004 0403 fafa",    /* a signature scheme */
        "0033 0007 0005 0a0a 0001 00", /* a key share */
    };
    struct tls_client_hello hello;
    for (size_t i = 0; i < HT_ARRAY_LEN(extensions); i++) {
        assert_true(tls_client_hello_parse(client_hello_with(extensions[i]), *state, &hello));
        assert_true(hello.grease);
    }
    assert_true(tls_client_hello_parse(hex("0303" RANDOM "00 0004 8a8ac02f 0100"), *state, &hello));
    assert_true(hello.grease);
    assert_true(tls_client_hello_parse(client_hello_with("1a2a 0000"), *state, &hello));
    assert_false(hello.grease);
}

static void test_server_hello_tls13(void **state)
{
    struct tls_server_hello hello;
    assert_true(tls_server_hello_parse(body_of(rfc8448_server_hello), *state, &hello));
    assert_named(hello.legacy_version, 0x0303);
    assert_named(hello.supported_version, 0x0304);
    assert_named(hello.version, 0x0304);
    assert_hex(hello.random, "a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928");
    assert_named(hello.cipher_suite, 0x1301);
    assert_named(hello.compression_method, 0);
    assert_named(hello.key_share_group, 0x001d);
    assert_hex(hello.extensions, "0033 002b");
    assert_false(hello.pre_shared_key || hello.retry_request);
    assert_null(hello.downgrade);
}

static void test_server_hello_psk(void **state)
{
    struct tls_server_hello hello;
    assert_true(tls_server_hello_parse(body_of(rfc8448_psk_server_hello), *state, &hello));
    assert_hex(hello.extensions, "0029 0033 002b");
    assert_true(hello.pre_shared_key);
    assert_int_equal(hello.psk_index, 0);
}

static void test_hello_retry_request(void **state)
{
    struct tls_server_hello hello;
    assert_true(tls_server_hello_parse(body_of(rfc8448_hello_retry_request), *state, &hello));
    assert_true(hello.retry_request);
    assert_named(hello.version, 0x0304);
    assert_named(hello.key_share_group, 0x0017);
    assert_named(hello.cipher_suite, 0x1301);
    assert_hex(hello.extensions, "0033 002c 002b");
}

static void test_server_hello_tls12(void **state)
{
    struct tls_server_hello hello;
    assert_true(tls_server_hello_parse(body_of(openssl_server_hello), *state, &hello));
    assert_named(hello.version, 0x0303);
    assert_false(hello.supported_version.set);
    assert_named(hello.cipher_suite, 0xc030);
    assert_hex(hello.extensions, "ff01 000b 0023 0005 0010 0017");
    assert_text(hello.alpn, "http/1.1");
    assert_true(hello.renegotiation_info && hello.session_ticket && hello.status_request &&
                hello.extended_master_secret);
    assert_false(hello.encrypt_then_mac);
    assert_true(tls_server_hello_parse(server_hello_with("0016 0000"), *state, &hello));
    assert_true(hello.encrypt_then_mac);
}

static void test_server_hello_every_prefix(void **state)
{
    every_prefix(body_of(rfc8448_server_hello), server_hello_passes, *state);
    every_prefix(body_of(rfc8448_psk_server_hello), server_hello_passes, *state);
    every_prefix(body_of(rfc8448_hello_retry_request), server_hello_passes, *state);
    every_prefix(body_of(openssl_server_hello), server_hello_passes, *state);
}

/* SSL 3: neither extensions nor their length. */
static void test_server_hello_without_extensions(void **state)
{
    struct tls_server_hello hello;
    assert_true(tls_server_hello_parse(hex("0300" RANDOM "02 aabb 0005 00"), *state, &hello));
    assert_named(hello.version, 0x0300);
    assert_named(hello.cipher_suite, 0x0005);
    assert_hex(hello.session_id, "aabb");
}

static const struct {
    const char *extensions;
    bool good;
} server_extension_cases[] = {
    {"0010 0005 0003 02 6832", true},
    {"0010 0008 0006 02 6832 02 6833", false}, /* two protocols */
    {"0029 0002 0003", true},
    {"0029 0001 00", false},
    {"002b 0002 0304", true},
    {"002b 0003 020304", false},      /* the client's form */
    {"0033 0002 001d", false},        /* the form of a HelloRetryRequest */
    {"0033 0005 001d 0001 aa", true}, /* a share */
    {"0033 0005 001d 0002 aa", false},
    {"ff01 0001 00", true},
    {"ff01 0001 01", false},
    {"0017 0001 00", false}, /* must be empty */
    {"0023 0000", true},
};

static void test_server_extensions(void **state)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(server_extension_cases); i++) {
        struct tls_server_hello hello;
        const char *extensions = server_extension_cases[i].extensions;
        bool good = tls_server_hello_parse(server_hello_with(extensions), *state, &hello);
        if (good != server_extension_cases[i].good) {
            fail_msg("extension %s: %s", extensions, good ? "passed" : "failed");
        }
    }
}

/* RFC 8446 section 4.1.3. */
static void test_downgrade(void **state)
{
    static const struct {
        const char *start;
        const char *tail;
        const char *extensions;
        const char *expected;
    } cases[] = {
        {"0303", "444f574e47524401", "", "TLS 1.2"},
        {"0302", "444f574e47524400", "", "TLS 1.1 or below"},
        {"0303", "444f574e47524402", "", NULL},
        {"0303", "444f574e47524401", "0006 002b 0002 0304", NULL}, /* that is TLS 1.3 */
        {"7f16", "444f574e47524401", "", NULL},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        char text[512];
        struct tls_server_hello hello;
        (void)snprintf(text, sizeof text, "%s %.48s %s 00 c02f 00 %s", cases[i].start, RANDOM,
                       cases[i].tail, cases[i].extensions);
        assert_true(tls_server_hello_parse(hex(text), *state, &hello));
        if (cases[i].expected == NULL) {
            assert_null(hello.downgrade);
        } else {
            assert_string_equal(hello.downgrade, cases[i].expected);
        }
    }
}

/* draft-ietf-tls-tls13-18 section 4.1.3: neither session id nor compression method. */
static void test_server_hello_draft18(void **state)
{
    struct tls_server_hello hello;
    struct ht_bytes body = hex("7f12" RANDOM "1301 0009 0028 0005 001d 0001 aa");
    assert_true(tls_server_hello_parse(body, *state, &hello));
    assert_named(hello.version, 0x7f12);
    assert_named(hello.cipher_suite, 0x1301);
    assert_named(hello.key_share_group, 0x001d);
    assert_false(hello.compression_method.set);
    every_prefix(hex("7f12" RANDOM "1301 0004 00170000"), server_hello_passes, *state);
}

/* draft-ietf-tls-tls13-22 section 4.1.3: as in the RFC, with a version in the extension. */
static void test_server_hello_draft22(void **state)
{
    struct tls_server_hello hello;
    struct ht_bytes body = hex("0303" RANDOM "00 1301 00 0006 002b 0002 7f16");
    assert_true(tls_server_hello_parse(body, *state, &hello));
    assert_named(hello.version, 0x7f16);
}

/* draft-ietf-tls-tls13-18 and -20 section 4.1.4: since draft 19 with a cipher suite. */
static void test_draft_retry_request(void **state)
{
    struct tls_server_hello hello;
    struct ht_bytes draft18 = hex("7f12 0006 0028 0002 0017");
    assert_true(tls_draft_retry_request_parse(draft18, *state, &hello));
    assert_true(hello.retry_request);
    assert_named(hello.version, 0x7f12);
    assert_named(hello.key_share_group, 0x0017);
    assert_false(hello.cipher_suite.set);
    struct ht_bytes draft20 = hex("7f14 1302 0006 0028 0002 0017");
    assert_true(tls_draft_retry_request_parse(draft20, *state, &hello));
    assert_named(hello.cipher_suite, 0x1302);
    assert_named(hello.key_share_group, 0x0017);
    assert_false(tls_draft_retry_request_parse(ht_bytes_head(draft20, 8), *state, &hello));
    assert_named(hello.cipher_suite, 0x1302);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_hello_tls13),
        cmocka_unit_test(test_client_hello_psk),
        cmocka_unit_test(test_client_hello_tls12),
        cmocka_unit_test(test_client_hello_after_retry),
        cmocka_unit_test(test_client_hello_every_prefix),
        cmocka_unit_test(test_client_hello_without_extensions),
        cmocka_unit_test(test_client_hello_cut),
        cmocka_unit_test(test_client_hello_trailing_bytes),
        cmocka_unit_test(test_client_hello_odd_cipher_suites),
        cmocka_unit_test(test_client_hello_bounds),
        cmocka_unit_test(test_client_extensions),
        cmocka_unit_test(test_client_extensions_after_malformed),
        cmocka_unit_test(test_client_extensions_twice),
        cmocka_unit_test(test_server_name_of_other_type),
        cmocka_unit_test(test_key_share_of_drafts),
        cmocka_unit_test(test_session_ticket),
        cmocka_unit_test(test_grease),
        cmocka_unit_test(test_server_hello_tls13),
        cmocka_unit_test(test_server_hello_psk),
        cmocka_unit_test(test_hello_retry_request),
        cmocka_unit_test(test_server_hello_tls12),
        cmocka_unit_test(test_server_hello_every_prefix),
        cmocka_unit_test(test_server_hello_without_extensions),
        cmocka_unit_test(test_server_extensions),
        cmocka_unit_test(test_downgrade),
        cmocka_unit_test(test_server_hello_draft18),
        cmocka_unit_test(test_server_hello_draft22),
        cmocka_unit_test(test_draft_retry_request),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
