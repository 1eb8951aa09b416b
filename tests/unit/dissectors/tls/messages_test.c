/*
 * The messages after the hellos. Expected values: as RFC 8448 prints them, as tshark 4.0 shows them
 * or as they were given to OpenSSL, or the bytes here were put together by the RFC named.
 */
#include "helpers.h"
#include "message_vectors.h"
#include "support.h"
#include "tls/messages.h"

#include <stdio.h>

static bool certificate_passes(struct ht_bytes body, void *arena)
{
    struct tls_certificate certificate;
    return tls_certificate_parse(body, false, arena, &certificate);
}

static bool certificate_passes_tls13(struct ht_bytes body, void *arena)
{
    struct tls_certificate certificate;
    return tls_certificate_parse(body, true, arena, &certificate);
}

static void test_certificate_tls13(void **state)
{
    struct tls_certificate certificate;
    struct ht_bytes body = body_of(rfc8448_certificate);
    assert_true(tls_certificate_parse(body, true, *state, &certificate));
    assert_int_equal(certificate.chain.len, 1);
    assert_int_equal(certificate.chain_bytes, 432);
    assert_hex(ht_bytes_head(certificate.chain.items[0], 8), "308201ac30820115");
    every_prefix(body, certificate_passes_tls13, *state);
}

static void test_certificate_tls12(void **state)
{
    struct tls_certificate certificate;
    struct ht_bytes body = body_of(openssl_certificate);
    assert_true(tls_certificate_parse(body, false, *state, &certificate));
    assert_int_equal(certificate.chain.len, 1);
    assert_int_equal(certificate.chain.items[0].len, 789);
    every_prefix(body, certificate_passes, *state);
}

/* RFC 5246 section 7.4.2, RFC 8446 section 4.4.2. */
static void test_certificate_chain(void **state)
{
    struct tls_certificate certificate;
    assert_true(tls_certificate_parse(hex("000000"), false, *state, &certificate));
    assert_int_equal(certificate.chain.len, 0);
    assert_true(certificate.empty);
    assert_true(tls_certificate_parse(hex("00 000000"), true, *state, &certificate));
    assert_true(certificate.empty);
    assert_true(
        tls_certificate_parse(hex("000009 000001aa 000002bbcc"), false, *state, &certificate));
    assert_int_equal(certificate.chain.len, 2);
    assert_hex(certificate.chain.items[0], "aa");
    assert_hex(certificate.chain.items[1], "bbcc");
    assert_int_equal(certificate.chain_bytes, 3);
    assert_false(certificate.empty);
    assert_true(tls_certificate_parse(hex("01ff 00000f 000001aa0000 000002bbcc0002eeff"), true,
                                      *state, &certificate));
    assert_int_equal(certificate.chain.len, 2);
    assert_hex(certificate.chain.items[1], "bbcc");
}

/* What is whole before the cut is told; an empty certificate is against the specification. */
static void test_certificate_cut(void **state)
{
    struct tls_certificate certificate;
    assert_false(
        tls_certificate_parse(hex("000009 000001aa 000002bb"), false, *state, &certificate));
    assert_int_equal(certificate.chain.len, 1);
    assert_hex(certificate.chain.items[0], "aa");
    assert_false(tls_certificate_parse(hex("000007 000001aa 000000"), false, *state, &certificate));
    assert_int_equal(certificate.chain.len, 1);
    assert_false(tls_certificate_parse(hex("000004 000001aa 00"), false, *state, &certificate));
    assert_false(tls_certificate_parse(hex("0000"), false, *state, &certificate));
    assert_false(certificate.empty);
    assert_false(tls_certificate_parse(hex("000003"), false, *state, &certificate));
    assert_false(certificate.empty);
}

/* How a ServerKeyExchange is parsed: of which suite, in which version. */
struct how {
    uint16_t version;
    const char *note;
};

static bool server_key_exchange_passes(struct ht_bytes body, void *arg)
{
    struct tls_server_key_exchange message;
    const struct how *how = arg;
    return tls_server_key_exchange_parse(body, how->version, how->note, &message,
                                         &(struct tls_material){0});
}

static struct tls_server_key_exchange parsed(const char *message, uint16_t version,
                                             const char *note)
{
    struct tls_server_key_exchange out;
    struct how how       = {version, note};
    struct ht_bytes body = body_of(message);
    every_prefix(body, server_key_exchange_passes, &how);
    assert_true(
        tls_server_key_exchange_parse(body, version, note, &out, &(struct tls_material){0}));
    return out;
}

static void test_ecdhe(void **state)
{
    (void)state;
    struct tls_server_key_exchange m = parsed(openssl_ecdhe, TLS_12, "ECDHE/RSA");
    assert_string_equal(m.key_exchange, "ECDHE");
    assert_string_equal(m.curve_form, "named_curve");
    assert_named(m.group, 0x001d);
    assert_int_equal(m.public_bytes, 32);
    assert_named(m.signature_scheme, 0x0804);
    assert_int_equal(m.signature_bytes, 256);
    assert_false(m.anonymous);
    m = parsed(openssl_ecdhe_tls11, TLS_11, "ECDHE");
    assert_named(m.group, 0x001d);
    assert_false(m.signature_scheme.set);
    assert_int_equal(m.signature_bytes, 256);
}

static void test_dhe(void **state)
{
    (void)state;
    struct tls_server_key_exchange m = parsed(openssl_dhe, TLS_12, "DHE/RSA");
    assert_string_equal(m.key_exchange, "DHE");
    assert_int_equal(m.dh_bits, 2048);
    assert_int_equal(m.public_bytes, 256);
    assert_named(m.signature_scheme, 0x0804);
    assert_false(m.group.set);
}

static void test_anonymous(void **state)
{
    (void)state;
    struct tls_server_key_exchange m = parsed(openssl_dh_anon, TLS_12, "DH_anon/anon");
    assert_string_equal(m.key_exchange, "DH_anon");
    assert_int_equal(m.dh_bits, 1024);
    assert_true(m.anonymous);
    assert_false(m.signature_scheme.set);
    m = parsed(openssl_ecdh_anon, TLS_12, "ECDH_anon/anon");
    assert_string_equal(m.key_exchange, "ECDH_anon");
    assert_named(m.group, 0x001d);
    assert_true(m.anonymous);
}

static void test_psk(void **state)
{
    (void)state;
    struct tls_server_key_exchange m = parsed(openssl_psk, TLS_12, "PSK/PSK");
    assert_string_equal(m.key_exchange, "PSK");
    assert_text(m.psk_identity_hint, "hellotap");
    m = parsed(openssl_psk, TLS_12, "RSA_PSK/RSA+PSK");
    assert_string_equal(m.key_exchange, "RSA_PSK");
    m = parsed(openssl_dhe_psk, TLS_12, "DHE_PSK/PSK");
    assert_text(m.psk_identity_hint, "hellotap");
    assert_int_equal(m.dh_bits, 1024);
    m = parsed(openssl_ecdhe_psk, TLS_12, "ECDHE_PSK/PSK");
    assert_text(m.psk_identity_hint, "hellotap");
    assert_named(m.group, 0x001d);
    assert_false(m.anonymous);
}

/* Without the ServerHello. */
static void test_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        uint16_t version;
        const char *expected;
    } cases[] = {
        {openssl_ecdhe, TLS_12, "ECDHE"},
        {openssl_ecdhe_tls11, TLS_11, "ECDHE"},
        {openssl_dhe, TLS_12, "DHE"},
        {openssl_dh_anon, TLS_12, "DH_anon"},
        {openssl_ecdh_anon, TLS_12, "ECDH_anon"},
        {openssl_psk, TLS_12, "PSK"},
        {openssl_dhe_psk, TLS_12, "DHE_PSK"},
        {openssl_ecdhe_psk, TLS_12, "ECDHE_PSK"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct tls_server_key_exchange m;
        struct ht_bytes body = body_of(cases[i].message);
        assert_true(tls_server_key_exchange_parse(body, cases[i].version, "", &m,
                                                  &(struct tls_material){0}));
        assert_string_equal(m.key_exchange, cases[i].expected);
    }
    struct tls_server_key_exchange m;
    assert_false(
        tls_server_key_exchange_parse(hex("ffffff"), TLS_12, "", &m, &(struct tls_material){0}));
    assert_null(m.key_exchange);
}

/* A prime is as long as its highest bit says, however many zeros are written before it. */
static void test_dh_bits(void **state)
{
    (void)state;
    static const struct {
        const char *prime;
        uint64_t bits;
    } cases[] = {
        {"0001 80", 8}, {"0001 7f", 7}, {"0003 000001", 1}, {"0003 00ffff", 16}, {"0002 0000", 0},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        char text[64];
        struct tls_server_key_exchange m;
        (void)snprintf(text, sizeof text, "%s 0001 02 0001 05", cases[i].prime);
        assert_true(tls_server_key_exchange_parse(hex(text), TLS_12, "DH_anon/anon", &m,
                                                  &(struct tls_material){0}));
        assert_int_equal(m.dh_bits, cases[i].bits);
    }
}

/* RFC 4492 section 5.4: ECParameters of the other two forms; then the point and no signature. */
static void test_explicit_curves(void **state)
{
    (void)state;
    static const char prime[]     = "01 01aa 01bb 01cc 02dddd 01ee 0101 0304aabb";
    static const char trinomial[] = "02 00a3 01 01aa 01bb 01cc 02dddd 01ee 0101 0304aabb";
    static const char pentanomial[] =
        "02 00a3 02 01aa 01ab 01ac 01bb 01cc 02dddd 01ee 0101 0304aabb";
    static const char *const messages[] = {prime, trinomial, pentanomial};
    struct how how                      = {TLS_12, "ECDH_anon/anon"};
    for (size_t i = 0; i < HT_ARRAY_LEN(messages); i++) {
        struct tls_server_key_exchange m;
        struct ht_bytes body = hex(messages[i]);
        every_prefix(body, server_key_exchange_passes, &how);
        assert_true(tls_server_key_exchange_parse(body, how.version, how.note, &m,
                                                  &(struct tls_material){0}));
        assert_string_equal(m.curve_form, i == 0 ? "explicit_prime" : "explicit_char2");
        assert_int_equal(m.public_bytes, 3);
        assert_false(m.group.set);
    }
    struct tls_server_key_exchange m;
    assert_false(tls_server_key_exchange_parse(hex("04 0001 01aa"), TLS_12, how.note, &m,
                                               &(struct tls_material){0}));
    assert_false(tls_server_key_exchange_parse(hex("03 001d 00"), TLS_12, how.note, &m,
                                               &(struct tls_material){0}));
}

/* RFC 2246 section 7.4.3: the short-lived key of an export suite. */
static void test_rsa_export(void **state)
{
    (void)state;
    struct how how       = {TLS_10, "RSA/RSA"};
    struct ht_bytes body = hex("0004 80000001 0003 010001 0002 aabb");
    struct tls_server_key_exchange m;
    every_prefix(body, server_key_exchange_passes, &how);
    assert_true(
        tls_server_key_exchange_parse(body, how.version, how.note, &m, &(struct tls_material){0}));
    assert_string_equal(m.key_exchange, "RSA");
    assert_int_equal(m.rsa_bits, 32);
    assert_int_equal(m.dh_bits, 0);
    assert_int_equal(m.signature_bytes, 2);
}

/* RFC 5054 section 2.8.1. */
static void test_srp(void **state)
{
    (void)state;
    struct how how       = {TLS_12, "SRP/SRP"};
    struct ht_bytes body = hex("0002 aabb 0001 02 03 112233 0004 01020304");
    struct tls_server_key_exchange m;
    every_prefix(body, server_key_exchange_passes, &how);
    assert_true(
        tls_server_key_exchange_parse(body, how.version, how.note, &m, &(struct tls_material){0}));
    assert_string_equal(m.key_exchange, "SRP");
    assert_int_equal(m.public_bytes, 4);
    assert_false(m.anonymous);
    body = hex("0002 aabb 0001 02 03 112233 0004 01020304 0401 0001 ff");
    assert_false(
        tls_server_key_exchange_parse(body, TLS_12, "SRP/SRP", &m, &(struct tls_material){0}));
    assert_true(
        tls_server_key_exchange_parse(body, TLS_12, "SRP/SRP+RSA", &m, &(struct tls_material){0}));
    assert_named(m.signature_scheme, 0x0401);
}

static bool client_value_passes(struct ht_bytes body, void *note)
{
    return tls_client_public_value(body, note).len > 0;
}

/* RFC 5246 section 7.4.7.2, RFC 8422 section 5.7, RFC 4279 section 3, RFC 5489 section 2. */
static void test_client_public_value(void **state)
{
    (void)state;
    char note[] = "DHE/RSA";
    every_prefix(hex("0003 010203"), client_value_passes, note);
    assert_true(
        ht_bytes_equal(tls_client_public_value(hex("0003 010203"), "DHE/RSA"), hex("010203")));
    assert_true(
        ht_bytes_equal(tls_client_public_value(hex("03 040506"), "ECDHE/ECDSA"), hex("040506")));
    assert_true(ht_bytes_equal(tls_client_public_value(hex("0002 6964 01 07"), "ECDHE_PSK/PSK"),
                               hex("07")));
    assert_true(ht_bytes_equal(tls_client_public_value(hex("0002 6964 0001 07"), "DHE_PSK/PSK"),
                               hex("07")));
    assert_int_equal(tls_client_public_value(hex("0003 010203 00"), "DHE/RSA").len, 0);
    assert_int_equal(tls_client_public_value(hex("0003 010203"), "RSA/RSA").len, 0);
    assert_int_equal(tls_client_public_value(hex("0003 010203"), "").len, 0);
}

/* draft-cragie-tls-ecjpake-01 section 5.2: the curve, X, V and r. */
static void test_ecjpake(void **state)
{
    (void)state;
    struct how how       = {TLS_12, "ECJPAKE/PWD"};
    struct ht_bytes body = hex("03 0017 03 040102 03 040304 01 05");
    struct tls_server_key_exchange m;
    every_prefix(body, server_key_exchange_passes, &how);
    assert_true(
        tls_server_key_exchange_parse(body, how.version, how.note, &m, &(struct tls_material){0}));
    assert_string_equal(m.key_exchange, "ECJPAKE");
    assert_named(m.group, 0x0017);
    assert_int_equal(m.public_bytes, 3);
}

static void test_unknown_key_exchange(void **state)
{
    (void)state;
    struct tls_server_key_exchange m;
    assert_true(tls_server_key_exchange_parse(hex("0102"), TLS_12, "KRB5/KRB5", &m,
                                              &(struct tls_material){0}));
    assert_null(m.key_exchange);
}

static bool certificate_request_passes(struct ht_bytes body, void *arena)
{
    struct tls_certificate_request request;
    return tls_certificate_request_parse(body, TLS_12, arena, &request);
}

/* The name is that of the certificate given to -CAfile: CN=hellotap.test. */
static void test_certificate_request(void **state)
{
    static const char name[] = "30183116301406035504030c0d68656c6c6f7461702e74657374";
    struct tls_certificate_request request;
    struct ht_bytes body = body_of(openssl_certificate_request);
    assert_true(tls_certificate_request_parse(body, TLS_12, *state, &request));
    assert_hex(request.certificate_types, "010240");
    assert_int_equal(request.signature_schemes.len, 2 * 20);
    assert_hex(ht_bytes_head(request.signature_schemes, 4), "0403 0503");
    assert_int_equal(request.num_authorities, 1);
    assert_hex(request.authorities.items[0], name);
    every_prefix(body, certificate_request_passes, *state);

    body = body_of(openssl_certificate_request_tls11);
    assert_true(tls_certificate_request_parse(body, TLS_11, *state, &request));
    assert_hex(request.certificate_types, "010240");
    assert_int_equal(request.signature_schemes.len, 0);
    assert_int_equal(request.authorities.len, 1);
    assert_hex(request.authorities.items[0], name);
}

static void test_certificate_request_lists(void **state)
{
    struct tls_certificate_request request;
    assert_true(
        tls_certificate_request_parse(hex("0101 0002 0401 0000"), TLS_12, *state, &request));
    assert_int_equal(request.num_authorities, 0);
    assert_true(
        tls_certificate_request_parse(hex("0101 0007 0001aa 0002bbcc"), TLS_11, *state, &request));
    assert_int_equal(request.num_authorities, 2);
    assert_hex(request.authorities.items[1], "bbcc");
    assert_false(
        tls_certificate_request_parse(hex("0101 0006 0001aa 0002bb"), TLS_11, *state, &request));
    assert_int_equal(request.authorities.len, 1);
    assert_false(
        tls_certificate_request_parse(hex("0101 0003 040105 0000"), TLS_12, *state, &request));
    assert_hex(request.signature_schemes, "0401");
}

static bool certificate_status_passes(struct ht_bytes body, void *arg)
{
    struct tls_certificate_status status;
    (void)arg;
    return tls_certificate_status_parse(body, &status);
}

/* The OCSP response "tryLater" of RFC 6960 section 4.2.1, once alone and in a list of RFC 6961. */
static void test_certificate_status(void **state)
{
    (void)state;
    struct tls_certificate_status status;
    struct ht_bytes body = hex("01 000005 30030a0103");
    assert_true(tls_certificate_status_parse(body, &status));
    assert_int_equal(status.status_type, 1);
    assert_int_equal(status.response_bytes, 5);
    assert_hex(status.response, "30030a0103");
    every_prefix(body, certificate_status_passes, NULL);
    body = hex("02 00000b 000005 30030a0103 000000");
    assert_true(tls_certificate_status_parse(body, &status));
    assert_hex(status.response, "30030a0103");
    assert_int_equal(status.response_bytes, 11);
    assert_false(tls_certificate_status_parse(hex("07 000000"), &status));
    assert_false(tls_certificate_status_parse(hex("01 000000"), &status));
}

static bool certificate_verify_passes(struct ht_bytes body, void *arg)
{
    struct tls_certificate_verify verify;
    return tls_certificate_verify_parse(body, *(uint16_t *)arg, &verify, &(struct tls_material){0});
}

static void test_certificate_verify(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        uint16_t version;
        uint16_t scheme;
        uint64_t len;
    } cases[] = {
        {rfc8448_certificate_verify, TLS_13, 0x0804, 128},
        {openssl_certificate_verify, TLS_12, 0x0804, 256},
        {openssl_certificate_verify_tls11, TLS_11, 0, 256},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct tls_certificate_verify verify;
        uint16_t version     = cases[i].version;
        struct ht_bytes body = body_of(cases[i].message);
        assert_true(
            tls_certificate_verify_parse(body, version, &verify, &(struct tls_material){0}));
        assert_int_equal(verify.signature_scheme.set, version >= TLS_12);
        assert_int_equal(verify.signature_scheme.id, cases[i].scheme);
        assert_int_equal(verify.signature_bytes, cases[i].len);
        every_prefix(body, certificate_verify_passes, &version);
    }
}

static bool new_session_ticket_passes(struct ht_bytes body, void *arg)
{
    struct tls_new_session_ticket ticket;
    (void)arg;
    return tls_new_session_ticket_parse(body, &ticket);
}

static void test_new_session_ticket(void **state)
{
    (void)state;
    struct tls_new_session_ticket ticket;
    struct ht_bytes body = body_of(openssl_new_session_ticket);
    assert_true(tls_new_session_ticket_parse(body, &ticket));
    assert_int_equal(ticket.lifetime_s, 7200);
    assert_int_equal(ticket.ticket_bytes, 176);
    every_prefix(body, new_session_ticket_passes, NULL);
}

/* RFC 8446 section 6. */
static bool is_heartbeat(struct ht_bytes in, void *unused)
{
    struct tls_heartbeat out;
    (void)unused;
    return tls_heartbeat_parse(in, &out);
}

/* RFC 6520 section 4; the second is CVE-2014-0160's, which claims 16 KiB and has none. */
static void test_heartbeat(void **state)
{
    struct tls_heartbeat heartbeat;
    (void)state;
    assert_true(
        tls_heartbeat_parse(hex("01 0002 aabb 00000000000000000000000000000000"), &heartbeat));
    assert_string_equal(heartbeat.type, "request");
    assert_int_equal(heartbeat.payload_length, 2);
    assert_int_equal(heartbeat.bytes, 21);
    assert_true(tls_heartbeat_parse(hex("02 4000"), &heartbeat));
    assert_string_equal(heartbeat.type, "response");
    assert_int_equal(heartbeat.payload_length, 0x4000);
    assert_int_equal(heartbeat.bytes, 3);
    every_prefix(hex("01 4000"), is_heartbeat, NULL);
}

static void test_alert(void **state)
{
    struct tls_alert alert;
    assert_true(tls_alert_parse(hex("0228"), *state, &alert));
    assert_string_equal(alert.level, "fatal");
    assert_text(alert.description, "handshake_failure");
    assert_int_equal(alert.code, 40);
    assert_true(tls_alert_parse(hex("0100"), *state, &alert));
    assert_string_equal(alert.level, "warning");
    assert_text(alert.description, "close_notify");
    assert_true(tls_alert_parse(hex("02c8"), *state, &alert));
    assert_text(alert.description, "0xc8");
}

static void test_alert_encrypted(void **state)
{
    struct tls_alert alert;
    assert_false(tls_alert_parse(hex("02"), *state, &alert));
    assert_false(tls_alert_parse(hex("022800"), *state, &alert));
    assert_false(tls_alert_parse(hex("0328"), *state, &alert));
    assert_false(tls_alert_parse(hex(""), *state, &alert));
    assert_null(alert.level);
    assert_int_equal(alert.description.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate_tls13),
        cmocka_unit_test(test_certificate_tls12),
        cmocka_unit_test(test_certificate_chain),
        cmocka_unit_test(test_certificate_cut),
        cmocka_unit_test(test_ecdhe),
        cmocka_unit_test(test_dhe),
        cmocka_unit_test(test_anonymous),
        cmocka_unit_test(test_psk),
        cmocka_unit_test(test_guessed),
        cmocka_unit_test(test_dh_bits),
        cmocka_unit_test(test_explicit_curves),
        cmocka_unit_test(test_rsa_export),
        cmocka_unit_test(test_srp),
        cmocka_unit_test(test_client_public_value),
        cmocka_unit_test(test_ecjpake),
        cmocka_unit_test(test_unknown_key_exchange),
        cmocka_unit_test(test_certificate_request),
        cmocka_unit_test(test_certificate_request_lists),
        cmocka_unit_test(test_certificate_status),
        cmocka_unit_test(test_certificate_verify),
        cmocka_unit_test(test_new_session_ticket),
        cmocka_unit_test(test_heartbeat),
        cmocka_unit_test(test_alert),
        cmocka_unit_test(test_alert_encrypted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
