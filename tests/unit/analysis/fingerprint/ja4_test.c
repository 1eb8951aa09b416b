/*
 * Expected values are those of FoxIO's technical details of JA4
 * (https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md) unless said otherwise.
 */
#include "analysis/fingerprint/fingerprint.h"
#include "support.h"

static struct ht_arena arena;

static int clear(void **state)
{
    (void)state;
    ht_arena_clear(&arena);
    return 0;
}

/* The document's example, with GREASE added where a browser puts it. */
static struct tls_client_hello example(void)
{
    static struct ht_bytes alpn[2];
    alpn[0] = ht_text("h2");
    alpn[1] = ht_text("http/1.1");
    return (struct tls_client_hello){
        .legacy_version = ht_named(TLS_12),
        .cipher_suites  = hex("0a0a 1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c "
                               "009d 002f 0035"),
        .extensions     = hex("1a1a 001b 0000 0033 0010 4469 0017 002d 000d 0005 0023 0012 002b "
                                  "ff01 000b 000a fafa 0015"),
        .supported_versions = hex("2a2a 0304 0303"),
        .signature_schemes  = hex("0403 0804 0401 0503 0805 0501 0806 0601"),
        .alpn               = {.items = alpn, .len = 2},
    };
}

/* The readable first part must be `expected`. */
static void check_prefix(char transport, const struct tls_client_hello *hello, const char *expected)
{
    struct ht_ja4 ja4 = ht_ja4(NULL, &arena, transport, hello);
    assert_int_equal(ja4.hashed.len, 36);
    assert_text(ht_bytes_head(ja4.hashed, 10), expected);
    assert_text(ht_bytes_head(ja4.raw, 10), expected);
}

static void published(void **state)
{
    (void)state;
    struct tls_client_hello hello = example();
    struct ht_ja4 ja4             = ht_ja4(NULL, &arena, HT_JA4_TCP, &hello);
    assert_text(ja4.hashed, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    assert_text(ja4.raw,
                "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,"
                "cca8,cca9_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_"
                "0403,0804,0401,0503,0805,0501,0806,0601");
}

static void without_signature_algorithms(void **state)
{
    (void)state;
    struct tls_client_hello hello = example();
    hello.signature_schemes       = hex("");
    assert_text(ht_ja4(NULL, &arena, HT_JA4_TCP, &hello).hashed,
                "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

static void nothing_listed(void **state)
{
    (void)state;
    const struct tls_client_hello hello = {.legacy_version = ht_named(TLS_10)};
    struct ht_ja4 ja4                   = ht_ja4(NULL, &arena, HT_JA4_TCP, &hello);
    assert_text(ja4.hashed, "t10i000000_000000000000_000000000000");
    assert_text(ja4.raw, "t10i000000__");
}

/* Extensions of which the first part speaks are not listed: an empty list, though two are there. */
static void only_named_in_prefix(void **state)
{
    (void)state;
    const struct tls_client_hello hello = {
        .legacy_version = ht_named(TLS_12),
        .cipher_suites  = hex("8a8a"),
        .extensions     = hex("0010 0000"),
    };
    assert_text(ht_ja4(NULL, &arena, HT_JA4_TCP, &hello).hashed,
                "t12d000200_000000000000_000000000000");
}

static void versions(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        const char *prefix;
    } rows[] = {
        {0x0304, "t13i000000"}, {0x0303, "t12i000000"}, {0x0302, "t11i000000"},
        {0x0301, "t10i000000"}, {0x0300, "ts3i000000"}, {0x0002, "ts2i000000"},
        {0xFEFF, "td1i000000"}, {0xFEFD, "td2i000000"}, {0xFEFC, "td3i000000"},
        {0x7F1C, "t00i000000"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(rows); i++) {
        const struct tls_client_hello hello = {.legacy_version = ht_named(rows[i].version)};
        check_prefix(HT_JA4_TCP, &hello, rows[i].prefix);
    }
}

/* The highest of supported_versions wherever it stands, GREASE aside, and even where it is lower
 * than the legacy version; DTLS, whose numbers fall, the newest likewise. */
static void newest_version_counts(void **state)
{
    (void)state;
    struct tls_client_hello hello = {.legacy_version     = ht_named(TLS_12),
                                     .supported_versions = hex("0302 0304 0303 fafa")};
    check_prefix(HT_JA4_TCP, &hello, "t13i000000");
    hello.supported_versions = hex("0301 0302");
    check_prefix(HT_JA4_TCP, &hello, "t11i000000");
    hello.supported_versions = hex("dada");
    check_prefix(HT_JA4_TCP, &hello, "t12i000000");
    hello.legacy_version     = ht_named(0xFEFD);
    hello.supported_versions = hex("fefd fefc feff");
    check_prefix(HT_JA4_DTLS, &hello, "dd3i000000");
}

static void counts_end_at_99(void **state)
{
    (void)state;
    enum { NUM_98 = 2 * 98, NUM_99 = 2 * 99, NUM_100 = 2 * 100 }; /* bytes */
    static uint8_t many[NUM_100];
    struct tls_client_hello hello = {.legacy_version = ht_named(TLS_12),
                                     .cipher_suites  = ht_bytes(many, NUM_99),
                                     .extensions     = ht_bytes(many, NUM_98)};
    check_prefix(HT_JA4_TCP, &hello, "t12d999800");
    hello.cipher_suites = ht_bytes(many, sizeof many);
    check_prefix(HT_JA4_TCP, &hello, "t12d999800");
}

static void alpn(void **state)
{
    (void)state;
    static const struct {
        const char *protocol; /* hexadecimal */
        const char *prefix;
    } rows[] = {
        {"6832", "q13i0000h2"},     {"687474702f312e31", "q13i0000h1"}, /* http/1.1 */
        {"", "q13i000000"},         {"41", "q13i0000AA"},
        {"ab", "q13i0000ab"},       {"abcd", "q13i0000ad"},
        {"30ab", "q13i00003b"},     {"3031abcd", "q13i00003d"},
        {"30abcd31", "q13i000001"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(rows); i++) {
        struct ht_bytes protocol            = hex(rows[i].protocol);
        const struct tls_client_hello hello = {.legacy_version = ht_named(TLS_13),
                                               .alpn           = {.items = &protocol, .len = 1}};
        check_prefix(HT_JA4_QUIC, &hello, rows[i].prefix);
    }
}

/* 32,767 values in falling order, twice. */
static void long_lists(void **state)
{
    (void)state;
    enum { NUM = 32767, NUM_BYTES = 2 * NUM };
    uint8_t *falling = test_malloc(NUM_BYTES);
    for (size_t i = 0; i < NUM; i++) {
        falling[2 * i]     = (uint8_t)((NUM - i) >> 8);
        falling[2 * i + 1] = (uint8_t)(NUM - i);
    }
    struct ht_bytes list                = ht_bytes(falling, NUM_BYTES);
    const struct tls_client_hello hello = {.legacy_version    = ht_named(TLS_12),
                                           .cipher_suites     = list,
                                           .extensions        = list,
                                           .signature_schemes = list};
    struct ht_ja4 ja4                   = ht_ja4(NULL, &arena, HT_JA4_TCP, &hello);
    assert_text(ht_bytes_head(ja4.raw, 25), "t12i999900_0001,0002,0003");
    test_free(falling);
}

static void no_room(void **state)
{
    (void)state;
    struct ht_budget budget             = {0};
    struct ht_arena full                = {.budget = &budget};
    const struct tls_client_hello hello = example();
    for (budget.max = 0; budget.max < 2048; budget.max += 16) {
        struct ht_ja4 ja4 = ht_ja4(NULL, &full, HT_JA4_TCP, &hello);
        assert_true(ja4.hashed.len == 0 || ja4.hashed.len == 36);
        assert_int_equal(ja4.hashed.len == 0, ja4.raw.len == 0);
        ht_arena_clear(&full);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(published, clear),
        cmocka_unit_test_teardown(without_signature_algorithms, clear),
        cmocka_unit_test_teardown(nothing_listed, clear),
        cmocka_unit_test_teardown(only_named_in_prefix, clear),
        cmocka_unit_test_teardown(versions, clear),
        cmocka_unit_test_teardown(newest_version_counts, clear),
        cmocka_unit_test_teardown(counts_end_at_99, clear),
        cmocka_unit_test_teardown(alpn, clear),
        cmocka_unit_test_teardown(long_lists, clear),
        cmocka_unit_test_teardown(no_room, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
