/* Configurations for Encrypted Client Hello, put together by RFC 9849 section 4. */
#include "support.h"

#include "dns/ech.h"

/* config_id 0x2a, X25519, a key of 32 octets, HKDF-SHA256 with AES-128-GCM, 64, cover.example. */
#define CONTENTS                                                                                   \
    "2a 0020 0020 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"                \
    "0004 00010001 40 0d 636f7665722e6578616d706c65 0000"
#define CONFIG "fe0d 003c" CONTENTS

static struct ht_objects parse(struct ht_arena *arena, struct ht_bytes list, bool good)
{
    struct ht_objects out = {0};
    assert_int_equal(dns_ech_parse(list, arena, &out), good);
    return out;
}

static void one_config(void **unused)
{
    struct ht_arena arena  = {0};
    struct ht_objects list = parse(&arena, hex("0040" CONFIG), true);
    (void)unused;
    assert_int_equal(list.len, 1);
    const struct dns_ech_config *config = list.items;
    assert_int_equal(config->version, 0xfe0d);
    assert_int_equal(config->config_id, 0x2a + 1);
    assert_int_equal(config->kem, 0x20);
    assert_int_equal(config->maximum_name_length, 64);
    assert_text(config->public_name, "cover.example");
    assert_true(ht_bytes_equal(config->suites, hex("00010001")));
    ht_arena_clear(&arena);
}

/* Versions that are not known are stepped over (RFC 9849 section 4). */
static void another_version(void **unused)
{
    struct ht_arena arena  = {0};
    struct ht_objects list = parse(&arena, hex("0046 fe09 0002 abcd" CONFIG), true);
    (void)unused;
    assert_int_equal(list.len, 2);
    const struct dns_ech_config *config = list.items;
    assert_int_equal(config[0].version, 0xfe09);
    assert_int_equal(config[0].config_id, 0);
    assert_text(config[1].public_name, "cover.example");
    ht_arena_clear(&arena);
}

static void broken(void **unused)
{
    struct ht_arena arena = {0};
    (void)unused;
    (void)parse(&arena, hex("0000"), false);
    (void)parse(&arena, hex("0040" CONFIG "00"), false);             /* a byte behind the list */
    (void)parse(&arena, hex("0004 fe0d 0001"), false);               /* a length that lies */
    (void)parse(&arena, hex("0006 fe0d 0002 2a00"), false);          /* contents that end early */
    (void)parse(&arena, hex("0041 fe0d 003d" CONTENTS "00"), false); /* and that go on */
    /* No suites; a half of one; no public name. */
    (void)parse(&arena, hex("0011 fe0d 000d 2a 0020 0001 00 0000 40 0161 0000"), false);
    (void)parse(&arena, hex("0013 fe0d 000f 2a 0020 0001 00 0002 0001 40 0161 0000"), false);
    (void)parse(&arena, hex("0014 fe0d 0010 2a 0020 0001 00 0004 00010001 40 00 0000"), false);
    (void)parse(&arena, hex("0015 fe0d 0011 2a 0020 0001 00 0004 00010001 40 0161 0000"), true);
    ht_arena_clear(&arena);
}

static bool is_whole(struct ht_bytes list, void *unused)
{
    struct ht_arena arena = {0};
    struct ht_objects out;
    (void)unused;
    bool good = dns_ech_parse(list, &arena, &out);
    ht_arena_clear(&arena);
    return good;
}

static void prefixes(void **unused)
{
    (void)unused;
    every_prefix(hex("0040" CONFIG), is_whole, NULL);
}

/* A list of many takes no more than its bound. */
static void many(void **unused)
{
    struct ht_arena arena      = {0};
    uint8_t bytes[2 + 4 * 100] = {0x01, 0x90};
    (void)unused;
    assert_int_equal(parse(&arena, ht_bytes(bytes, sizeof bytes), true).len, DNS_ECH_MAX_CONFIGS);
    ht_arena_clear(&arena);
}

static void in_a_record(void **unused)
{
    struct ht_arena arena = {0};
    (void)unused;
    /* alpn=h2 before it */
    const struct dns_ech *ech =
        dns_ech_find(hex("0001 0378797a 00 0001 0003 026832 0005 0042 0040" CONFIG), &arena);
    assert_non_null(ech);
    assert_int_equal(ech->list.len, 0x42);
    assert_int_equal(ech->configs.len, 1);
    assert_null(dns_ech_find(hex("0001 00 0001 0003 026832"), &arena));
    assert_null(dns_ech_find(hex("0001"), &arena));
    assert_null(dns_ech_find(hex("0001 00 0005 0042 00"), &arena));
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_config), cmocka_unit_test(another_version),
        cmocka_unit_test(broken),     cmocka_unit_test(prefixes),
        cmocka_unit_test(many),       cmocka_unit_test(in_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
