/*
 * The encrypted messages of TLS 1.3, as RFC 8448 prints them or put together by the RFC named.
 */
#include "helpers.h"
#include "support.h"
#include "tls/messages.h"
#include "tls/session.h"

/* RFC 8448 section 3. */
static const char rfc8448_encrypted_extensions[] =
    "080000240022000a00140012001d00170018001901000101010201030104001c0002400100000000";

/* RFC 8448 section 6. */
static const char rfc8448_certificate_request[] =
    "0d000027000024000d0020001e040305030603020308040805080604010501060102010402050206020202";

static bool encrypted_extensions_pass(struct ht_bytes body, void *arena)
{
    struct tls_server_hello out;
    return tls_encrypted_extensions_parse(body, arena, &out);
}

static void test_encrypted_extensions(void **state)
{
    struct tls_server_hello out;
    struct ht_bytes body = body_of(rfc8448_encrypted_extensions);
    assert_true(tls_encrypted_extensions_parse(body, *state, &out));
    assert_hex(out.extensions, "000a 001c 0000");
    assert_hex(out.choices->groups, "001d 0017 0018 0019 0100 0101 0102 0103 0104");
    assert_int_equal(out.choices->record_size_limit, 16385);
    every_prefix(body, encrypted_extensions_pass, *state);
}

static bool certificate_request_passes(struct ht_bytes body, void *arena)
{
    struct tls_certificate_request out;
    return tls_certificate_request13_parse(body, arena, &out);
}

static void test_certificate_request(void **state)
{
    struct tls_certificate_request out;
    assert_true(
        tls_certificate_request13_parse(body_of(rfc8448_certificate_request), *state, &out));
    assert_int_equal(out.signature_schemes.len, 2 * 15);
    struct ht_bytes body = hex("00 0020 000d 0004 0002 0403 0032 0004 0002 0804"
                               "001b 0003 02 0002 002f 0005 0003 0001 30");
    assert_true(tls_certificate_request13_parse(body, *state, &out));
    assert_hex(out.signature_schemes, "0403");
    assert_hex(out.signature_schemes_cert, "0804");
    assert_hex(out.certificate_compression, "0002");
    assert_int_equal(out.num_authorities, 1);
    every_prefix(body, certificate_request_passes, *state);
}

/* "hellotap " forty times, by python's zlib; RFC 8879 section 4. */
#define COMPRESSED "000016 78dacb48cdc9c92f492c50c81865d092010021c28ae9"

static bool compressed_certificate_passes(struct ht_bytes body, void *arg)
{
    struct tls_compressed_certificate out;
    (void)arg;
    return tls_compressed_certificate_parse(body, &out);
}

static void test_compressed_certificate(void **state)
{
    struct tls_compressed_certificate compressed;
    struct ht_bytes body, certificate;
    body = hex("0001 000168" COMPRESSED);
    assert_true(tls_compressed_certificate_parse(body, &compressed));
    assert_named(compressed.algorithm, 1);
    assert_int_equal(compressed.uncompressed_length, 360);
    assert_true(tls_certificate_decompress(&compressed, *state, &certificate));
    assert_int_equal(certificate.len, 360);
    assert_memory_equal(certificate.ptr + 351, "hellotap ", 9);
    every_prefix(body, compressed_certificate_passes, NULL);
}

/* It claims another length than it has, or more than is held of a message. */
static void test_decompression_is_bounded(void **state)
{
    struct tls_compressed_certificate compressed;
    struct ht_bytes certificate;
    assert_true(tls_compressed_certificate_parse(hex("0001 000167" COMPRESSED), &compressed));
    assert_false(tls_certificate_decompress(&compressed, *state, &certificate));
    assert_true(tls_compressed_certificate_parse(hex("0001 000000" COMPRESSED), &compressed));
    assert_false(tls_certificate_decompress(&compressed, *state, &certificate));
    compressed.uncompressed_length = TLS_MAX_MESSAGE + 1;
    assert_false(tls_certificate_decompress(&compressed, *state, &certificate));
    assert_int_equal(certificate.len, 0);
}

/* What is no algorithm, or claims to become thousands of times as long, takes no memory. */
static void test_room_is_made_for_what_is_plausible(void **unused)
{
    struct ht_arena scratch = {0};
    struct tls_compressed_certificate compressed;
    struct ht_bytes certificate;
    (void)unused;
    assert_true(tls_compressed_certificate_parse(hex("0009 000168" COMPRESSED), &compressed));
    assert_false(tls_certificate_decompress(&compressed, &scratch, &certificate));
    assert_true(tls_compressed_certificate_parse(hex("0001 040000" COMPRESSED), &compressed));
    assert_false(tls_certificate_decompress(&compressed, &scratch, &certificate));
    assert_int_equal(certificate.len, 0);
    assert_int_equal(scratch.size, 0);
}

static bool raw_public_key_passes(struct ht_bytes body, void *arg)
{
    struct tls_certificate out;
    (void)arg;
    return tls_raw_public_key_parse(body, &out);
}

/* RFC 7250 section 3: no list. */
static void test_raw_public_key(void **state)
{
    struct tls_certificate out;
    (void)state;
    assert_true(tls_raw_public_key_parse(hex("000004 30020500"), &out));
    assert_hex(out.raw_public_key, "30020500");
    assert_int_equal(out.chain.len, 0);
    every_prefix(hex("000004 30020500"), raw_public_key_passes, NULL);
    assert_true(tls_raw_public_key_parse(hex("000000"), &out));
    assert_int_equal(out.raw_public_key.len, 0);
}

/* RFC 9345 section 4: the extension delegated_credential (34) of the leaf's CertificateEntry. The
 * "certificate" and "keys" are not looked into. */
static const char certificate_with_credential[] =
    "00 000025"        /* no context; a list */
    "000002 aabb 001e" /* a certificate; its extensions */
    "0022 001a"
    "00093a80 0403 000003 c0ffee 0804 000a 00112233445566778899";

static void test_delegated_credential(void **state)
{
    struct ht_arena *arena = *state;
    struct tls_certificate out;
    assert_true(tls_certificate_parse(hex(certificate_with_credential), true, arena, &out));
    assert_int_equal(out.chain.len, 1);
    assert_non_null(out.delegated_credential);
    assert_int_equal(out.delegated_credential->valid_time_s, 7 * 86400);
    assert_int_equal(out.delegated_credential->scheme.id, 0x0403);
    assert_int_equal(out.delegated_credential->signature_scheme.id, 0x0804);
    assert_true(ht_bytes_equal(out.delegated_credential->public_key, hex("c0ffee")));
    assert_false(tls_certificate_parse(
        hex("00 000014 000002 aabb 000d 0022 0009 00093a80 0403 000000"), true, arena, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_encrypted_extensions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_certificate_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delegated_credential, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_raw_public_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_compressed_certificate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_decompression_is_bounded, set_up, tear_down),
        cmocka_unit_test(test_room_is_made_for_what_is_plausible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
