/*
 * What extensions carry. The bytes were put together by the RFC named at each; sizes and numbers
 * follow from these.
 */
#include "helpers.h"
#include "support.h"
#include "tls/messages.h"

#include <stdio.h>

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct ht_bytes client_body(const char *extensions)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "0303" RANDOM "00 0002c02f 0100 %04zx %s",
                   hex(extensions).len, extensions);
    return hex(text);
}

static struct ht_bytes server_body(const char *extensions)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "0303" RANDOM "00 c02f 00 %04zx %s", hex(extensions).len,
                   extensions);
    return hex(text);
}

/* The only prefix that may pass is the one without extensions. */
static bool client_passes(struct ht_bytes body, void *arena)
{
    struct tls_client_hello hello;
    return tls_client_hello_parse(body, arena, &hello) && hello.raw_extensions.len > 0;
}

static bool server_passes(struct ht_bytes body, void *arena)
{
    struct tls_server_hello hello;
    return tls_server_hello_parse(body, arena, &hello) && hello.extensions.len > 0;
}

static struct tls_client_hello client(void *arena, const char *extensions)
{
    struct tls_client_hello hello;
    every_prefix(client_body(extensions), client_passes, arena);
    assert_true(tls_client_hello_parse(client_body(extensions), arena, &hello));
    return hello;
}

static struct tls_server_hello server(void *arena, const char *extensions)
{
    struct tls_server_hello hello;
    every_prefix(server_body(extensions), server_passes, arena);
    assert_true(tls_server_hello_parse(server_body(extensions), arena, &hello));
    return hello;
}

static void assert_client_malformed(void *arena, const char *extensions)
{
    struct tls_client_hello hello;
    assert_false(tls_client_hello_parse(client_body(extensions), arena, &hello));
}

static void test_capabilities(void **state)
{
    const struct tls_client_capabilities *c =
        client(*state, "0001 0001 02"                     /* RFC 6066 section 4: 2^10 */
                       "0009 0003 02 01 00"               /* RFC 6091: OpenPGP, X.509 */
                       "000e 0009 0004 0007 0001 02 aabb" /* RFC 5764, with an MKI */
                       "000f 0001 02"                     /* RFC 6520 */
                       "0013 0002 01 02"                  /* RFC 7250 */
                       "0014 0003 02 02 00"               /* RFC 7250 */
                       "0018 0005 0010 02 00 02"          /* RFC 8472 */
                       "001b 0007 06 0002 0001 0003"      /* RFC 8879 */
                       "001c 0002 4001"                   /* RFC 8449 */
                       "0022 0006 0004 0403 0804"         /* RFC 9345 */
                       "0032 0004 0002 0503"              /* RFC 8446 section 4.2.3 */
                       "003a 0002 00 03"                  /* RFC 9149 */
                       "003e 0002 01 04"                  /* tls_flags: flag 2 */
                       "44cd 0005 0003 02 6832"           /* ALPS: h2 */
                       "ca34 0006 0004 01 aa 01 bb")      /* trust_anchors */
            .capabilities;
    assert_int_equal(c->max_fragment_length, 1024);
    assert_hex(c->certificate_types, "01 00");
    assert_hex(c->srtp_profiles, "0007 0001");
    assert_string_equal(c->heartbeat, "peer_not_allowed_to_send");
    assert_hex(c->client_certificate_types, "02");
    assert_hex(c->server_certificate_types, "02 00");
    assert_hex(c->token_binding_parameters, "00 02");
    assert_hex(c->certificate_compression, "0002 0001 0003");
    assert_int_equal(c->record_size_limit, 16385);
    assert_hex(c->delegated_credential_schemes, "0403 0804");
    assert_hex(c->signature_schemes_cert, "0503");
    assert_int_equal(c->tickets_full, 0 + 1);
    assert_int_equal(c->tickets_resumed, 3 + 1);
    assert_hex(c->flags, "04");
    assert_int_equal(c->application_settings.len, 1);
    assert_text(c->application_settings.items[0], "h2");
    assert_int_equal(c->trust_anchors, 2);
}

/* What says no more than that it is there costs nothing. */
static void test_nothing_to_tell(void **state)
{
    struct tls_client_hello hello =
        client(*state, "0005 0005 01 0000 0000 0012 0000 0016 0000 0017 0000 0023 0000 0031 0000"
                       "0036 0001 00 ff01 0001 00");
    assert_null(hello.capabilities);
    assert_null(hello.particulars);
    assert_null(hello.encrypted_client_hello);
    assert_int_equal(hello.extensions.len, 2 * 8);
}

static void test_particulars(void **state)
{
    const struct tls_client_particulars *p =
        client(*state, "0005 000c 01 0005 0003 a1a2a3 0002 3000" /* RFC 6066 section 8 */
                       "000c 0004 03 626f62"                     /* RFC 5054: bob */
                       "002f 0009 0007 0002 3000 0001 31"        /* RFC 8446 section 4.2.4 */
                       "0036 0003 02 c1c2"                       /* RFC 9146 */
                       "ff01 000d 0c 000102030405060708090a0b")  /* RFC 5746 section 3.5 */
            .particulars;
    assert_int_equal(p->responder_ids.len, 1);
    assert_hex(p->responder_ids.items[0], "a1a2a3");
    assert_int_equal(p->request_extensions_bytes, 2);
    assert_text(p->srp_user, "bob");
    assert_int_equal(p->num_authorities, 2);
    assert_hex(p->authorities.items[0], "3000");
    assert_hex(p->connection_id, "c1c2");
    assert_int_equal(p->renegotiated_bytes, 12);
}

static void test_padding_and_cookie(void **state)
{
    struct tls_client_hello hello = client(*state, "0015 0003 000000 002c 0006 0004 01020304");
    assert_int_equal(hello.padding_bytes, 3);
    assert_int_equal(hello.cookie_bytes, 4);
}

#define BINDER "20 " RANDOM

/* RFC 8446 section 4.2.11. */
static void test_pre_shared_keys(void **state)
{
    struct tls_client_hello hello =
        client(*state, "0029 0058 0012 0004 61626364 00000102 0002 6566 00000000"
                       "0042" BINDER BINDER);
    const struct tls_psk_offer *psk = hello.psk.items;
    assert_int_equal(hello.psk_identities, 2);
    assert_int_equal(hello.psk.len, 2);
    assert_int_equal(psk[0].identity_bytes, 4);
    assert_text(psk[0].identity, "abcd");
    assert_int_equal(psk[0].obfuscated_age, 0x102);
    assert_int_equal(psk[0].binder_bytes, 32);
    assert_int_equal(psk[1].identity_bytes, 2);
    assert_int_equal(psk[1].binder_bytes, 32);
}

/* All are counted, the first are told. */
static void test_many_pre_shared_keys(void **state)
{
    enum { MANY = TLS_MAX_PSK_OFFERS + 1, OF_ONE = 7, BINDER_LEN = 33 };
    char text[4096];
    struct tls_client_hello hello;
    int at = snprintf(text, sizeof text, "0029 %04x %04x", MANY * (OF_ONE + BINDER_LEN) + 4,
                      MANY * OF_ONE);
    for (int i = 0; i < MANY; i++) {
        at += snprintf(text + at, sizeof text - (size_t)at, "0001 61 00000000");
    }
    at += snprintf(text + at, sizeof text - (size_t)at, "%04x", MANY * BINDER_LEN);
    for (int i = 0; i < MANY; i++) {
        at += snprintf(text + at, sizeof text - (size_t)at, BINDER);
    }
    assert_true(tls_client_hello_parse(client_body(text), *state, &hello));
    assert_int_equal(hello.psk_identities, MANY);
    assert_int_equal(hello.psk.len, TLS_MAX_PSK_OFFERS);
}

/* RFC 9849 section 5. */
static void test_encrypted_client_hello(void **state)
{
    const struct tls_encrypted_client_hello *ech =
        client(*state, "fe0d 0010 00 0001 0003 2a 0003 e1e2e3 0003 d1d2d3").encrypted_client_hello;
    assert_string_equal(ech->type, "outer");
    assert_null(ech->draft);
    assert_int_equal(ech->config_id, 0x2a + 1);
    assert_named(ech->kdf, 1);
    assert_named(ech->aead, 3);
    assert_int_equal(ech->enc_bytes, 3);
    assert_int_equal(ech->payload_bytes, 3);
    ech = client(*state, "fe0d 0001 01").encrypted_client_hello;
    assert_string_equal(ech->type, "inner");
    assert_false(ech->kdf.set);
    assert_client_malformed(*state, "fe0d 0001 02");
    assert_client_malformed(*state, "fe0d 0002 01 00");
}

/* draft-ietf-tls-esni-10 section 5, -08 section 5, -02 section 5.1. */
static void test_encrypted_client_hello_of_drafts(void **state)
{
    const struct tls_encrypted_client_hello *ech =
        client(*state, "fe0a 000f 0001 0001 07 0003 e1e2e3 0003 d1d2d3").encrypted_client_hello;
    assert_string_equal(ech->draft, "draft-10");
    assert_int_equal(ech->config_id, 7 + 1);
    assert_int_equal(ech->payload_bytes, 3);
    ech = client(*state, "fe08 000d 0001 0002 01 aa 0001 bb 0002 ccdd").encrypted_client_hello;
    assert_string_equal(ech->draft, "draft-08");
    assert_named(ech->aead, 2);
    assert_int_equal(ech->config_id, 0);
    ech = client(*state, "ffce 000f 1301 001d 0002 e1e2 0001 d1 0002 f1f2").encrypted_client_hello;
    assert_string_equal(ech->type, "esni");
    assert_int_equal(ech->enc_bytes, 2);
    assert_int_equal(ech->payload_bytes, 2);
}

static void test_malformed_contents(void **state)
{
    static const char *const wrong[] = {
        "0001 0001 05",           /* no such length */
        "0001 0002 01 00",        /* bytes behind it */
        "000f 0001 03",           /* no such mode */
        "0016 0001 00",           /* encrypt_then_mac has no content */
        "001b 0004 03 000200",    /* an odd list */
        "001c 0001 40",           /* one byte of two */
        "002f 0004 0002 0000",    /* an empty name */
        "44cd 0003 0001 00",      /* an empty protocol */
        "0005 0005 01 0001 0000", /* a list longer than its content */
        "0011 0002 0000",         /* an empty list */
        "ca34 0003 0001 02",      /* an identifier longer than the list */
        "0029 0010 0007 0001 61 00000000 0005 04 01020304 00", /* a byte behind the binders */
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(wrong); i++) {
        assert_client_malformed(*state, wrong[i]);
    }
}

/* The first counts; the second is not read. */
static void test_twice(void **state)
{
    struct tls_client_hello hello =
        client(*state, "001c 0002 4001 001c 0003 000000 ff01 0002 01 aa ff01 0001 00");
    assert_int_equal(hello.capabilities->record_size_limit, 16385);
    assert_int_equal(hello.particulars->renegotiated_bytes, 1);
}

static void test_choices(void **state)
{
    struct tls_server_hello hello =
        server(*state, "0001 0001 04 0009 0001 00 000a 0006 0004 001d 0017 000b 0002 01 00"
                       "000e 0005 0002 0001 00 000f 0001 01 0013 0001 02 0014 0001 00"
                       "001c 0002 2000 0036 0002 01 07 003a 0001 00"
                       "3374 0009 02 6832 05 68322d3136 ff01 0003 02 aabb");
    const struct tls_server_choices *c = hello.choices;
    assert_hex(hello.point_formats, "00");
    assert_int_equal(c->max_fragment_length, 4096);
    assert_named(c->certificate_type, 0);
    assert_hex(c->groups, "001d 0017");
    assert_named(c->srtp_profile, 1);
    assert_string_equal(c->heartbeat, "peer_allowed_to_send");
    assert_named(c->client_certificate_type, 2);
    assert_named(c->server_certificate_type, 0);
    assert_int_equal(c->record_size_limit, 8192);
    assert_hex(c->connection_id, "07");
    assert_int_equal(c->tickets, 0 + 1);
    assert_int_equal(c->next_protocols.len, 2);
    assert_text(c->next_protocols.items[1], "h2-16");
    assert_int_equal(c->renegotiated_bytes, 2);
    assert_true(hello.renegotiation_info);
}

static void test_no_choices(void **state)
{
    struct tls_server_hello hello =
        server(*state, "0000 0000 000b 0002 01 00 0017 0000 ff01 0001 00");
    assert_null(hello.choices);
    assert_hex(hello.extensions, "0000 000b 0017 ff01");
}

/* RFC 8446 section 4.2.2, RFC 9849 section 5. */
static void test_retry_request_choices(void **state)
{
    const struct tls_server_choices *c =
        server(*state, "002c 0004 0002 c1c2 fe0d 0008 0001020304050607").choices;
    assert_int_equal(c->cookie_bytes, 2);
    assert_int_equal(c->encrypted_client_hello_bytes, 8);
}

static void test_server_lists_of_one(void **state)
{
    struct tls_server_hello hello;
    assert_false(
        tls_server_hello_parse(server_body("000e 0007 0004 0001 0002 00"), *state, &hello));
    assert_false(tls_server_hello_parse(server_body("000e 0003 0000 00"), *state, &hello));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_capabilities, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_to_tell, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_particulars, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_padding_and_cookie, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pre_shared_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_pre_shared_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_encrypted_client_hello, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_encrypted_client_hello_of_drafts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_malformed_contents, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_choices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_choices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_retry_request_choices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_server_lists_of_one, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
