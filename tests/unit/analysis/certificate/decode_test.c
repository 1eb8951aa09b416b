/*
 * The certificates lie with the seeds of the fuzz target:
 * rfc8448.der  the server's in RFC 8448 section 3
 * rfc8410.der  RFC 8410 section 10.2: an X25519 key signed with the issuer's Ed25519 key, both of
 * the same name names.der    made by `openssl ca -selfsign` from a configuration that asked for the
 * names, the usages, the serial 0xf00dfeed00112233 and the end of 9999 that are expected here
 * explicit.der made by `openssl req -x509`; its key by `openssl ecparam -param_enc explicit`
 * Digests are by sha256sum, sha1sum and `openssl pkey`; other values are in the texts of the RFCs
 * and of `openssl x509 -text`.
 */
#include "analysis/certificate/certificate.h"
#include "support.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <stdio.h>

#define SEEDS HT_SOURCE_DIR "/tests/fuzz/seeds/certificate/"

static struct ht_arena arena;
static struct ht_certificate_decoder *decoder;

static int start(void **state)
{
    (void)state;
    decoder = ht_certificate_decoder_new();
    return decoder != NULL ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    ht_certificate_decoder_free(decoder);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    ht_arena_clear(&arena);
    return 0;
}

static struct ht_certificate decode(const char *path)
{
    struct ht_certificate certificate;
    assert_true(ht_certificate_decode(decoder, &arena, file_bytes(path), &certificate));
    assert_false(certificate.malformed);
    return certificate;
}

static void assert_hex(struct ht_bytes bytes, const char *digits)
{
    struct ht_bytes expected = hex(digits);
    assert_int_equal(bytes.len, expected.len);
    assert_memory_equal(bytes.ptr, expected.ptr, expected.len);
}

/* `expected` joined by "|". */
static void assert_list(struct ht_texts list, const char *expected)
{
    char joined[512];
    size_t len = 0;
    for (size_t i = 0; i < list.len; i++) {
        assert_true(len + list.items[i].len + 2 < sizeof joined);
        if (i > 0) {
            joined[len++] = '|';
        }
        memcpy(joined + len, list.items[i].ptr, list.items[i].len);
        len += list.items[i].len;
    }
    joined[len] = '\0';
    assert_string_equal(joined, expected);
}

static void rsa_self_signed(void **state)
{
    (void)state;
    struct ht_certificate c = decode(SEEDS "rfc8448.der");
    assert_hex(c.sha256, "a7ef15cef43e4b67bdb158fcc13cceef9041c8a6cef762046e825543a92bdc83");
    assert_text(c.subject, "CN=rsa");
    assert_text(c.issuer, "CN=rsa");
    assert_hex(c.serial, "02");
    assert_text(c.not_before, "2016-07-30T01:23:59Z");
    assert_text(c.not_after, "2026-07-30T01:23:59Z");
    assert_text(c.signature_algorithm, "sha256WithRSAEncryption");
    assert_text(c.key->type, "RSA");
    assert_int_equal(c.key->bits, 1024);
    assert_int_equal(c.key->curve.len, 0);
    assert_int_equal(c.version, 3);
    assert_int_equal(c.bytes, 432);
    assert_list(c.key_usage, "digitalSignature|keyEncipherment");
    assert_null(c.san);
    assert_true(c.self_issued && c.self_signed);
    assert_false(c.is_ca);
}

/* One changed bit of the signature, the last of the file, and it is not self-signed any more. */
static void signature_is_verified(void **state)
{
    (void)state;
    struct ht_bytes good = file_bytes(SEEDS "rfc8448.der");
    uint8_t bad[432];
    assert_int_equal(good.len, sizeof bad);
    memcpy(bad, good.ptr, sizeof bad);
    bad[sizeof bad - 1] ^= 1;
    struct ht_certificate c;
    assert_true(ht_certificate_decode(decoder, &arena, ht_bytes(bad, sizeof bad), &c));
    assert_true(c.self_issued);
    assert_false(c.self_signed);
}

static void same_name_other_key(void **state)
{
    (void)state;
    struct ht_certificate c = decode(SEEDS "rfc8410.der");
    assert_text(c.subject, "CN=IETF Test Demo");
    assert_hex(c.serial, "5601474a2a8dc330");
    assert_text(c.not_before, "2016-08-01T12:19:24Z");
    assert_text(c.not_after, "2040-12-31T23:59:59Z");
    assert_text(c.signature_algorithm, "ED25519");
    assert_text(c.key->type, "X25519");
    assert_hex(c.subject_key_id, "9b1f5eeded043385e4f7bc623c5975b90bc8bb3b");
    assert_list(c.key_usage, "keyAgreement");
    assert_true(c.self_issued);
    assert_false(c.self_signed);
}

static void all_kinds_of_names(void **state)
{
    (void)state;
    struct ht_certificate c = decode(SEEDS "names.der");
    assert_text(c.subject, "CN=www.example.com,O=M\xc3\xbcller\\, S\xc3\xb6hne \\+ Co.,C=CH");
    assert_non_null(c.san);
    assert_list(c.san->dns, "www.example.com|*.example.org");
    assert_list(c.san->ip, "192.0.2.1|2001:db8::1");
    assert_list(c.san->email, "admin@example.com");
    assert_list(c.san->uri, "spiffe://example.com/web");
    assert_list(c.san->directory, "CN=Directory,O=Example");
    assert_int_equal(c.san->others, 2);
}

static void all_fields(void **state)
{
    (void)state;
    struct ht_certificate c = decode(SEEDS "names.der");
    assert_hex(c.sha256, "29fc27099cd22288903cc485427ddfc9c0d1b7023bc7c923a19ebf7a8548e1c6");
    assert_hex(c.sha1, "9595020da109794b77114abd8b632ac623fbca9e");
    assert_hex(c.spki_sha256, "0e4739e9e008dc1aec73eb6346d64f2c3ee86984186d15f30811b1958120b187");
    assert_hex(c.serial, "00f00dfeed00112233");
    assert_text(c.not_before, "2024-02-29T23:59:59Z");
    assert_text(c.not_after, "9999-12-31T23:59:59Z");
    assert_text(c.signature_algorithm, "ecdsa-with-SHA256");
    assert_text(c.key->type, "EC");
    assert_int_equal(c.key->bits, 256);
    assert_text(c.key->curve, "secp256r1");
    assert_list(c.key_usage, "digitalSignature|keyAgreement|decipherOnly");
    assert_list(c.extended_key_usage, "serverAuth|clientAuth|1.2.3.4.5");
    assert_hex(c.subject_key_id, "15159a3f8fc3786648891914c459a812b060599a");
    assert_list(c.ocsp_urls, "http://ocsp.example.com/a|http://ocsp.example.net");
    assert_true(c.ocsp_must_staple);
    assert_true(c.self_signed);
    assert_int_equal(c.scts, 0);
}

static void explicit_curve(void **state)
{
    (void)state;
    struct ht_certificate c = decode(SEEDS "explicit.der");
    assert_text(c.key->type, "EC");
    assert_text(c.key->curve, "explicit");
    assert_int_equal(c.key->bits, 384);
    assert_true(c.is_ca);
    assert_list(c.key_usage, "keyCertSign|cRLSign");
}

static bool parse(struct ht_bytes message, void *arg)
{
    (void)arg;
    struct ht_certificate c;
    bool whole = ht_certificate_decode(decoder, &arena, message, &c);
    assert_int_equal(c.malformed, !whole);
    assert_int_equal(c.sha256.len, 32);
    return whole;
}

static void no_prefix_passes(void **state)
{
    (void)state;
    every_prefix(file_bytes(SEEDS "names.der"), parse, NULL);
    every_prefix(file_bytes(SEEDS "rfc8410.der"), parse, NULL);
}

/* Bytes after the certificate are told, and cost nothing else. */
static void trailing_byte(void **state)
{
    (void)state;
    struct ht_bytes good = file_bytes(SEEDS "rfc8410.der");
    uint8_t longer[512]  = {0};
    memcpy(longer, good.ptr, good.len);
    struct ht_certificate c;
    assert_false(ht_certificate_decode(decoder, &arena, ht_bytes(longer, good.len + 1), &c));
    assert_true(c.malformed);
    assert_text(c.subject, "CN=IETF Test Demo");
    char expected[64];
    (void)snprintf(expected, sizeof expected, "bytes follow it, from byte %zu of %zu", good.len,
                   good.len + 1);
    assert_text(c.fault, expected);
}

/* Decodes names.der with the bytes `from`, where they come first, changed to `to`. */
static struct ht_certificate decode_changed(const char *from, const char *to)
{
    struct ht_certificate c;
    uint8_t der[2048];
    struct ht_bytes good = file_bytes(SEEDS "names.der"), old = hex(from);
    assert_true(good.len <= sizeof der);
    memcpy(der, good.ptr, good.len);
    uint8_t *at = memmem(der, good.len, old.ptr, old.len);
    assert_non_null(at);
    memcpy(at, hex(to).ptr, old.len);
    (void)ht_certificate_decode(decoder, &arena, ht_bytes(der, good.len), &c);
    return c;
}

/* Object identifiers as RFC 5280 has them: 55 1d 0f is 2.5.29.15, keyUsage, which is critical here;
 * 55 1d 0e is 2.5.29.14. */
static void what_is_wrong_and_where(void **state)
{
    (void)state;
    struct ht_certificate c;
    assert_int_equal(decode(SEEDS "names.der").fault.len, 0);
    c = decode_changed("06 03 55 1d 0f", "06 03 55 1d 7f");
    assert_text(c.fault, "extension 2.5.29.127 is critical, and nobody knows it");
    c = decode_changed("06 03 55 1d 0e", "06 03 55 1d 0f");
    assert_text(c.fault, "extension 2.5.29.15 is there twice");
    c = decode_changed("06 03 55 1d 0f", "06 7f 55 1d 0f");
    assert_true(c.malformed);
    assert_non_null(strstr((const char *)c.fault.ptr, "is not whole, or not in DER"));
    (void)ht_certificate_decode(decoder, &arena, hex("30 03 02 01 01"), &c);
    assert_memory_equal(c.fault.ptr, "its 5 bytes are no certificate: ", 32);
    (void)ht_certificate_decode(decoder, &arena, hex("30 05 02 01 01"), &c);
    assert_text(c.fault, "the element at byte 0 of 5 is not whole, or not in DER");
    (void)ht_certificate_decode(decoder, &arena, hex("30 05 02 01 01 02 02"), &c);
    assert_text(c.fault, "the element at byte 5 of 7 is not whole, or not in DER");
}

/* What others left in the thread's queue of errors is no fault of this certificate. */
static void errors_of_others(void **state)
{
    struct ht_certificate alone, after;
    (void)state;
    (void)ht_certificate_decode(decoder, &arena, hex("30 03 02 01 01"), &alone);
    ERR_raise(ERR_LIB_ASN1, ASN1_R_TOO_LONG);
    (void)ht_certificate_decode(decoder, &arena, hex("30 03 02 01 01"), &after);
    assert_true(ht_bytes_equal(alone.fault, after.fault));
    assert_int_equal(ERR_peek_error(), 0);
}

/* With any amount of memory short of enough, nothing faults. */
static void no_room(void **state)
{
    (void)state;
    struct ht_bytes der     = file_bytes(SEEDS "names.der");
    struct ht_budget budget = {0};
    struct ht_arena full    = {.budget = &budget};
    for (budget.max = 0; budget.max < 4096; budget.max += 128) {
        struct ht_certificate c;
        assert_true(ht_certificate_decode(decoder, &full, der, &c));
        ht_arena_clear(&full);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(rsa_self_signed, clear),
        cmocka_unit_test_teardown(signature_is_verified, clear),
        cmocka_unit_test_teardown(same_name_other_key, clear),
        cmocka_unit_test_teardown(all_kinds_of_names, clear),
        cmocka_unit_test_teardown(all_fields, clear),
        cmocka_unit_test_teardown(explicit_curve, clear),
        cmocka_unit_test_teardown(no_prefix_passes, clear),
        cmocka_unit_test_teardown(trailing_byte, clear),
        cmocka_unit_test_teardown(what_is_wrong_and_where, clear),
        cmocka_unit_test_teardown(errors_of_others, clear),
        cmocka_unit_test_teardown(no_room, clear),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
