/* EDNS options; sources: the RFC named. */
#include "support.h"

#include "dns/edns.h"

#include <arpa/inet.h>

static void assert_hex(struct ht_bytes got, const char *digits)
{
    struct ht_bytes expected = hex(digits);
    assert_int_equal(got.len, expected.len);
    assert_memory_equal(got.ptr, expected.ptr, expected.len);
}

static void assert_address(const struct ht_address *address, const char *expected)
{
    char text[INET6_ADDRSTRLEN];
    assert_non_null(
        inet_ntop(address->version == 4 ? AF_INET : AF_INET6, address->bytes, text, sizeof text));
    assert_string_equal(text, expected);
}

struct scene {
    struct ht_arena arena;
    struct dns_edns edns;
};

static bool parse(struct scene *scene, const char *digits)
{
    const struct dns_opt opt = {.class = 1232, .ttl = 0x8000, .rdata = hex(digits)};
    struct dns_text text;
    dns_text_start(&text, &scene->arena);
    return dns_edns_parse(&opt, &scene->arena, &text, &scene->edns);
}

static void done(struct scene *scene)
{
    ht_arena_clear(&scene->arena);
    *scene = (struct scene){0};
}

/* RFC 6891 section 6.1.3. */
static void header(void **unused)
{
    struct scene scene = {0};
    (void)unused;
    assert_true(parse(&scene, ""));
    assert_int_equal(scene.edns.udp_size, 1232);
    assert_int_equal(scene.edns.version, 0);
    assert_true(scene.edns.dnssec_ok);
    assert_int_equal(scene.edns.options.len, 0);
    done(&scene);
}

/* RFC 7871 section 6; its examples of 11.2 have these networks. */
static void client_subnet(void **unused)
{
    struct scene scene = {0};
    (void)unused;
    assert_true(parse(&scene, "0008 0007 0001 18 00 c00002"));
    assert_address(&scene.edns.client_subnet->address, "192.0.2.0");
    assert_int_equal(scene.edns.client_subnet->source_prefix, 24);
    assert_int_equal(scene.edns.client_subnet->scope_prefix, 0);
    assert_true(parse(&scene, "0008 000b 0002 38 30 20010db8fd1342"));
    assert_address(&scene.edns.client_subnet->address, "2001:db8:fd13:4200::");
    assert_int_equal(scene.edns.client_subnet->source_prefix, 56);
    assert_int_equal(scene.edns.client_subnet->scope_prefix, 48);
    assert_true(parse(&scene, "0008 0004 0001 00 00")); /* section 7.1.2: nothing is said */
    assert_false(parse(&scene, "0008 0007 0001 19 00 c00002"));
    assert_false(parse(&scene, "0008 0007 0001 21 00 c00002"));
    assert_false(parse(&scene, "0008 0007 0003 18 00 c00002"));
    assert_false(parse(&scene, "0008 0003 000118"));
    done(&scene);
}

/* RFC 9018 appendix A.1: the client's cookie, then the server's behind it. */
static void cookie(void **unused)
{
    struct scene scene = {0};
    (void)unused;
    assert_true(parse(&scene, "000a 0008 2464c4abcf10c957"));
    assert_hex(scene.edns.client_cookie, "2464c4abcf10c957");
    assert_int_equal(scene.edns.server_cookie.len, 0);
    assert_true(parse(&scene, "000a 0018 2464c4abcf10c957 010000005cf79f111f8130c3eee29480"));
    assert_hex(scene.edns.client_cookie, "2464c4abcf10c957");
    assert_hex(scene.edns.server_cookie, "010000005cf79f111f8130c3eee29480");
    assert_false(parse(&scene, "000a 0007 2464c4abcf10c9"));
    /* RFC 7873 section 4: of the server 8 to 32 octets. */
    assert_false(parse(&scene, "000a 0009 2464c4abcf10c957 01"));
    assert_false(parse(&scene, "000a 000f 2464c4abcf10c957 01020304050607"));
    assert_true(parse(&scene, "000a 0010 2464c4abcf10c957 0102030405060708"));
#define EIGHT "0102030405060708"
    assert_true(parse(&scene, "000a 0028 2464c4abcf10c957" EIGHT EIGHT EIGHT EIGHT));
    assert_int_equal(scene.edns.server_cookie.len, 32);
    assert_false(parse(&scene, "000a 0029 2464c4abcf10c957" EIGHT EIGHT EIGHT EIGHT "09"));
#undef EIGHT
    done(&scene);
}

/* RFC 8914 section 2. */
static void extended_errors(void **unused)
{
    struct scene scene = {0};
    (void)unused;
    assert_true(parse(&scene, "000f 0008 0012 626c6f636b21 000f 0002 0006"));
    assert_int_equal(scene.edns.errors.len, 2);
    const struct dns_error *errors = scene.edns.errors.items;
    assert_int_equal(errors[0].code.id, 18); /* Prohibited */
    assert_true(errors[0].code.set);
    assert_text(errors[0].text, "block!");
    assert_int_equal(errors[1].code.id, 6); /* DNSSEC Bogus */
    assert_int_equal(errors[1].text.len, 0);
    assert_false(parse(&scene, "000f 0001 00"));
    assert_int_equal(scene.edns.errors.len, 0);
    done(&scene);
}

static void names_and_numbers(void **unused)
{
    struct scene scene = {0};
    (void)unused;
    assert_true(parse(&scene, "0003 0004 6e733031")); /* RFC 5001 */
    assert_text(scene.edns.nsid, "ns01");
    assert_true(parse(&scene, "000b 0000")); /* RFC 7828 section 3.2.1: a client's */
    assert_int_equal(scene.edns.tcp_keepalive_ms, 0);
    assert_true(parse(&scene, "000b 0002 0078"));
    assert_int_equal(scene.edns.tcp_keepalive_ms, 12000 + 1);
    assert_false(parse(&scene, "000b 0001 78"));
    assert_int_equal(scene.edns.tcp_keepalive_ms, 0);
    assert_true(parse(&scene, "0009 0004 00000e10")); /* RFC 7314 */
    assert_int_equal(scene.edns.expire_s, 3600 + 1);
    assert_true(parse(&scene, "000c 0005 0000000000")); /* RFC 7830 */
    assert_int_equal(scene.edns.padding, 5 + 1);
    assert_true(parse(&scene, "0012 0010 0672657065727407 6578616d706c6500")); /* RFC 9567 */
    assert_text(scene.edns.report_channel, "repert.example");
    assert_false(parse(&scene, "0012 0001 06"));
    assert_true(parse(&scene, "fde9 0001 00")); /* of local use: named only */
    assert_hex(scene.edns.options, "fde9");
    done(&scene);
}

static bool is_whole(struct ht_bytes rdata, void *unused)
{
    struct scene scene       = {0};
    const struct dns_opt opt = {.rdata = rdata};
    struct dns_text text;
    (void)unused;
    dns_text_start(&text, &scene.arena);
    bool good = rdata.len > 0 && dns_edns_parse(&opt, &scene.arena, &text, &scene.edns);
    done(&scene);
    return good;
}

static void prefixes(void **unused)
{
    (void)unused;
    every_prefix(hex("0008 0007 0001 18 00 c00002"), is_whole, NULL);
    every_prefix(hex("000a 0018 2464c4abcf10c957 010000005cf79f111f8130c3eee29480"), is_whole,
                 NULL);
    every_prefix(hex("000f 0008 0012 626c6f636b21"), is_whole, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header),
        cmocka_unit_test(client_subnet),
        cmocka_unit_test(cookie),
        cmocka_unit_test(extended_errors),
        cmocka_unit_test(names_and_numbers),
        cmocka_unit_test(prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
