/*
 * Encrypted ClientHello opened with keys: real ones (ech_vectors.h), and what must not be taken for
 * one, by RFC 9849 sections 5.1 and 7.2.
 */
#include "support.h"

#include "ech_vectors.h"
#include "tls/ech.h"
#include "tls/messages.h"

#include <string.h>

static struct ht_opener *opener;
static struct ht_arena arena;

static struct ht_bytes open_hello(const char *outer, const char *secret, const char *config)
{
    const struct tls_ech_secrets secrets = {hex(secret), hex(config)};
    return tls_ech_open(&secrets, opener, hex(outer), &arena);
}

static void test_open(void **state)
{
    struct tls_client_hello hello;
    (void)state;
    struct ht_bytes first = open_hello(first_outer, first_secret, first_config);
    assert_true(ht_bytes_equal(first, hex(first_inner)));
    assert_true(tls_client_hello_parse(ht_bytes_from(first, TLS_HANDSHAKE_HEADER), &arena, &hello));
    assert_text(hello.server_name, "brief.example.test");
    assert_string_equal(hello.encrypted_client_hello->type, "inner");
    assert_text(tls_ech_public_name(hex(first_config)), "shop.example.test");
}

/* After a HelloRetryRequest: sealed as the second, without the client's key. */
static void test_open_second(void **state)
{
    (void)state;
    assert_true(
        ht_bytes_equal(open_hello(second_outer, second_secret, second_config), hex(second_inner)));
}

static void test_other_secrets(void **state)
{
    (void)state;
    assert_int_equal(open_hello(first_outer, second_secret, first_config).len, 0);
    assert_int_equal(open_hello(first_outer, first_secret, "").len, 0);
    assert_int_equal(open_hello(first_outer, "", first_config).len, 0);
    assert_int_equal(open_hello(first_outer, first_secret, "fe0d").len, 0);
    assert_int_equal(tls_ech_public_name(hex("fe0d000401020304")).len, 0);
}

static bool opens(struct ht_bytes outer, void *arg)
{
    const struct tls_ech_secrets secrets = {hex(first_secret), hex(first_config)};
    (void)arg;
    bool opened = tls_ech_open(&secrets, opener, outer, &arena).len > 0;
    ht_arena_rewind(&arena);
    return opened;
}

static void test_prefixes(void **state)
{
    (void)state;
    every_prefix(hex(first_outer), opens, NULL);
}

#define VERSION_AND_RANDOM "0303 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SUITES "0002 1301 01 00"

/* With a session id, and the extensions 0x0001 (empty), 0x0002 (aa), 0xfe0d (empty), 0x0003 (bb).
 */
#define OUTER VERSION_AND_RANDOM "02 7777" SUITES "0012 0001 0000 0002 0001aa fe0d 0000 0003 0001bb"

static struct ht_bytes decode(const char *encoded)
{
    return tls_ech_decode(hex(encoded), hex(OUTER), &arena);
}

static void test_decode(void **state)
{
    (void)state;
    assert_true(ht_bytes_equal(decode(VERSION_AND_RANDOM
                                      "00" SUITES
                                      "0012 0009 0001 cc fd00 0005 04 0002 0003 000a 0000 000000"),
                               hex("01 000040" VERSION_AND_RANDOM "02 7777" SUITES
                                   "0013 0009 0001 cc 0002 0001 aa 0003 0001 bb 000a 0000")));
    assert_int_equal(decode(VERSION_AND_RANDOM "00" SUITES "0000").len, 4 + 34 + 3 + 6 + 2);
}

/* RFC 9849 section 5.1 says when to reject an EncodedClientHelloInner. */
static void test_decode_refused(void **state)
{
    static const char *const encoded[] = {
        VERSION_AND_RANDOM "01 00" SUITES "0000",                     /* a session id */
        VERSION_AND_RANDOM "00" SUITES "0000 00 01",                  /* padding not of zeros */
        VERSION_AND_RANDOM "00" SUITES "0009 fd00 0005 04 0003 0002", /* not in order */
        VERSION_AND_RANDOM "00" SUITES "0009 fd00 0005 04 0002 0002", /* twice */
        VERSION_AND_RANDOM "00" SUITES "0007 fd00 0003 02 0004",      /* not there */
        VERSION_AND_RANDOM "00" SUITES "0007 fd00 0003 02 fe0d",      /* itself */
        VERSION_AND_RANDOM "00" SUITES "0006 fd00 0002 01 00",        /* half a type */
        VERSION_AND_RANDOM "00" SUITES "0008 fd00 0004 02 0002 00",   /* more than the list */
        VERSION_AND_RANDOM "00" SUITES "0004 fd00 0000",              /* no list */
        VERSION_AND_RANDOM "00" SUITES "0005 0009 0002 cc",           /* longer than its room */
        VERSION_AND_RANDOM "00" SUITES "000e fd00 0003 02 0002 fd00 0003 02 0002", /* again */
    };
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(encoded); i++) {
        assert_int_equal(decode(encoded[i]).len, 0);
    }
}

static bool decodes(struct ht_bytes encoded, void *arg)
{
    (void)arg;
    return tls_ech_decode(encoded, hex(OUTER), &arena).len > 0;
}

static void test_decode_prefixes(void **state)
{
    (void)state;
    every_prefix(hex(VERSION_AND_RANDOM "00" SUITES "000e 0009 0001 cc fd00 0005 04 0002 0003"),
                 decodes, NULL);
}

static void test_confirm(void **state)
{
    enum { CONFIRMATION = TLS_HANDSHAKE_HEADER + 2 + 24 };
    struct ht_bytes inner = hex(first_inner), hello = hex(server_hello);
    uint8_t transcript[2048], made[TLS_ECH_CONFIRMATION_LEN];
    struct ht_bytes random = ht_bytes_head(ht_bytes_from(inner, TLS_HANDSHAKE_HEADER + 2), 32);
    (void)state;
    assert_true(inner.len + hello.len <= sizeof transcript);
    memcpy(transcript, inner.ptr, inner.len);
    memcpy(transcript + inner.len, hello.ptr, hello.len);
    memset(transcript + inner.len + CONFIRMATION, 0, sizeof made);
    const struct ht_bytes said = ht_bytes(transcript, inner.len + hello.len);
    assert_true(tls_ech_confirm(made, HT_SHA256, random, said));
    assert_memory_equal(made, hello.ptr + CONFIRMATION, sizeof made);
    assert_true(tls_ech_confirm(made, HT_SHA384, random, said));
    assert_memory_not_equal(made, hello.ptr + CONFIRMATION, sizeof made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_open_second),
        cmocka_unit_test(test_other_secrets),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_decode_refused),
        cmocka_unit_test(test_decode_prefixes),
        cmocka_unit_test(test_confirm),
    };
    opener   = ht_opener_new();
    int made = cmocka_run_group_tests(tests, NULL, NULL);
    ht_opener_free(opener);
    ht_arena_clear(&arena);
    return made;
}
