/*
 * Messages of SSL 2.0, put together by the draft's sections 5.1 (records) and 5.5 (messages) and by
 * RFC 5246 appendix E.2; those of the session are what tshark reads in samples/ssl2-rc4.pcap.
 */
#include "ssl2_sessions.h"
#include "support.h"

#include "ssl2/messages.h"

static bool header_passes(struct ht_bytes in, void *arg)
{
    struct ssl2_record record;
    (void)arg;
    return ssl2_record_header(in, &record);
}

static void test_header(void **state)
{
    struct ssl2_record record;
    (void)state;
    assert_true(ssl2_record_header(hex("8022 01"), &record));
    assert_int_equal(record.header, 2);
    assert_int_equal(record.length, 0x22);
    assert_int_equal(record.padding, 0);
    assert_true(ssl2_record_header(hex("4108 07"), &record)); /* with security escape */
    assert_int_equal(record.header, 3);
    assert_int_equal(record.length, 0x108);
    assert_int_equal(record.padding, 7);
    assert_false(ssl2_record_header(hex("8000"), &record));
    assert_false(ssl2_record_header(hex("0004 04"), &record)); /* nothing but padding */
    every_prefix(hex("8001"), header_passes, NULL);
    every_prefix(hex("0002 01"), header_passes, NULL);
}

static bool client_hello_passes(struct ht_bytes in, void *arg)
{
    struct ssl2_client_hello hello;
    (void)arg;
    return ssl2_client_hello_parse(in, &hello);
}

static void test_client_hello(void **state)
{
    struct ssl2_client_hello hello;
    struct ht_bytes message = ht_bytes_from(hex(ssl2_rc4[0].hex), 2);
    (void)state;
    assert_true(ssl2_client_hello_parse(message, &hello));
    assert_int_equal(hello.version, 0x0002);
    assert_int_equal(hello.cipher_specs.len, 9);
    assert_int_equal(hello.session_id.len, 0);
    assert_int_equal(hello.challenge.len, 16);
    every_prefix(message, client_hello_passes, NULL);
    assert_false(client_hello_passes(hex("01 0002 0000 0000 0010 00112233445566778899aabbccddeeff"),
                                     NULL)); /* no ciphers */
    assert_false(client_hello_passes(hex("01 0002 0002 0000 0010 0700"
                                         "00112233445566778899aabbccddeeff"),
                                     NULL)); /* ciphers have three bytes */
}

static bool server_hello_passes(struct ht_bytes in, void *arg)
{
    struct ssl2_server_hello hello;
    (void)arg;
    return ssl2_server_hello_parse(in, &hello);
}

static void test_server_hello(void **state)
{
    struct ssl2_server_hello hello;
    struct ht_bytes message = ht_bytes_from(hex(ssl2_rc4[1].hex), 2);
    (void)state;
    assert_true(ssl2_server_hello_parse(message, &hello));
    assert_false(hello.session_id_hit);
    assert_int_equal(hello.certificate_type, 1);
    assert_int_equal(hello.certificate.len, 0x3e8);
    assert_int_equal(hello.cipher_specs.len, 6);
    assert_int_equal(hello.connection_id.len, 16);
    every_prefix(message, server_hello_passes, NULL);
}

static bool key_passes(struct ht_bytes in, void *arg)
{
    struct ssl2_client_master_key key;
    return ssl2_client_master_key_parse(in, arg, &key);
}

static void test_client_master_key(void **state)
{
    struct ht_arena arena = {0};
    struct ssl2_client_master_key key;
    struct ht_bytes message = ht_bytes_from(hex(ssl2_rc4[2].hex), 2);
    (void)state;
    assert_true(ssl2_client_master_key_parse(message, &arena, &key));
    assert_text(key.cipher_kind, "SSL_CK_RC4_128_WITH_MD5");
    assert_false(key.export_strength);
    assert_int_equal(key.encrypted_key_bytes, 256);
    every_prefix(message, key_passes, &arena);
    assert_true(
        ssl2_client_master_key_parse(hex("02 040080 0001 0002 0003 11 2222 333333"), &arena, &key));
    assert_text(key.cipher_kind, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5");
    assert_true(key.export_strength);
    assert_int_equal(key.clear_key_bytes, 1);
    assert_int_equal(key.key_argument_bytes, 3);
    ht_arena_clear(&arena);
}

static bool error_passes(struct ht_bytes in, void *arg)
{
    struct ssl2_error error;
    return ssl2_error_parse(in, arg, &error);
}

static void test_error(void **state)
{
    struct ht_arena arena = {0};
    struct ssl2_error error;
    (void)state;
    assert_true(ssl2_error_parse(hex("00 0001"), &arena, &error));
    assert_text(error.error, "no_cipher_error");
    assert_true(ssl2_error_parse(hex("00 0006"), &arena, &error));
    assert_text(error.error, "unsupported_certificate_type_error");
    assert_true(ssl2_error_parse(hex("00 1f03"), &arena, &error));
    assert_text(error.error, "0x1f03");
    every_prefix(hex("00 0001"), error_passes, &arena);
    ht_arena_clear(&arena);
}

/* RFC 5246 appendix E.2: suites of TLS have a zero before them. */
static void test_kinds(void **state)
{
    struct ht_arena arena = {0};
    struct ht_bytes specs = hex("00009c 0700c0 0000ff 0a0b0c");
    (void)state;
    struct ht_bytes suites = ssl2_tls_suites(specs, &arena);
    assert_int_equal(suites.len, 4);
    assert_memory_equal(suites.ptr, hex("009c 00ff").ptr, 4);
    struct ht_texts names = ssl2_kind_names(specs, &arena);
    assert_int_equal(names.len, 4);
    assert_text(names.items[0], "TLS_RSA_WITH_AES_128_GCM_SHA256");
    assert_text(names.items[1], "SSL_CK_DES_192_EDE3_CBC_WITH_MD5");
    assert_text(names.items[2], "TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
    assert_text(names.items[3], "0x0a0b0c");
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),       cmocka_unit_test(test_client_hello),
        cmocka_unit_test(test_server_hello), cmocka_unit_test(test_client_master_key),
        cmocka_unit_test(test_error),        cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
