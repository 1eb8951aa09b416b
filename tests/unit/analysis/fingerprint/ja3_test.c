#include "analysis/fingerprint/fingerprint.h"
#include "support.h"

static struct ht_arena arena;

static void check(const struct tls_client_hello *hello, const char *string, const char *hash)
{
    const struct tls_ja3 *ja3 = ht_ja3(NULL, &arena, hello);
    assert_non_null(ja3);
    assert_text(ja3->string, string);
    assert_text(ja3->hash, hash);
    ht_arena_clear(&arena);
}

/* Both examples of https://github.com/salesforce/ja3, README. */
static void published(void **state)
{
    (void)state;
    struct tls_client_hello hello = {
        .legacy_version = ht_named(TLS_10),
        .cipher_suites  = hex("002f 0035 0005 000a c009 c00a c013 c014 0032 0038 0013 0004"),
        .extensions     = hex("0000 000a 000b"),
        .groups         = hex("0017 0018 0019"),
        .point_formats  = hex("00"),
    };
    check(&hello, "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
          "ada70206e40642a3e4461f35503241d5");
    hello = (struct tls_client_hello){
        .legacy_version = ht_named(TLS_10),
        .cipher_suites  = hex("0004 0005 000a 0009 0064 0062 0003 0006 0013 0012 0063"),
    };
    check(&hello, "769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6");
}

/* A hello of Chrome with GREASE first, in the middle and last; the expected values are tshark's. */
static void grease_is_left_out(void **state)
{
    (void)state;
    struct tls_client_hello hello = {
        .legacy_version = ht_named(TLS_12),
        .cipher_suites  = hex("aaaa 1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c "
                               "009d 002f 0035 000a"),
        .extensions     = hex("4a4a 0000 0017 ff01 000a 000b 0023 0010 0005 000d 0012 0033 002d "
                                  "002b 001b 7a7a 0015"),
        .groups         = hex("caca 001d 0017 0018"),
        .point_formats  = hex("00"),
    };
    check(&hello,
          "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53-10,"
          "0-23-65281-10-11-35-16-5-13-18-51-45-43-27-21,29-23-24,0",
          "66918128f1b9b03303d77c6f2eefd128");
}

/* What was read of a hello is fingerprinted; half a value at the end of a list is none. By
 * `printf %s 769,47,,, | md5sum`. */
static void cut_short(void **state)
{
    (void)state;
    struct tls_client_hello hello = {
        .legacy_version = ht_named(TLS_10),
        .cipher_suites  = hex("002f 00"),
    };
    check(&hello, "769,47,,,", "b02be259814e870a469a20ce9b2a7900");
}

/* The longest numbers everywhere still fit. */
static void long_lists(void **state)
{
    (void)state;
    static uint8_t ones[65534];
    memset(ones, 0xFF, sizeof ones);
    struct ht_bytes list          = ht_bytes(ones, sizeof ones);
    struct tls_client_hello hello = {.legacy_version = ht_named(0xFFFF),
                                     .cipher_suites  = list,
                                     .extensions     = list,
                                     .groups         = list,
                                     .point_formats  = list};
    const struct tls_ja3 *ja3     = ht_ja3(NULL, &arena, &hello);
    assert_non_null(ja3);
    assert_int_equal(ja3->string.len, 5 + 3 * (1 + 32767 * 6 - 1) + 1 + 65534 * 4 - 1);
    ht_arena_clear(&arena);
}

/* The hash is tshark's of a server that answered that hello of Chrome. */
static void server(void **state)
{
    (void)state;
    struct tls_server_hello hello = {
        .legacy_version = ht_named(TLS_12),
        .cipher_suite   = ht_named(0xC02B),
        .extensions     = hex("0000 ff01 000b 0023 0010"),
    };
    const struct tls_ja3 *ja3s = ht_ja3s(NULL, &arena, &hello);
    assert_non_null(ja3s);
    assert_text(ja3s->string, "771,49195,0-65281-11-35-16");
    assert_text(ja3s->hash, "2d1eb5817ece335c24904f516ad5da12");
    ht_arena_clear(&arena);
}

static void no_room(void **state)
{
    (void)state;
    struct ht_budget none              = {.max = 0};
    struct ht_arena full               = {.budget = &none};
    const struct tls_client_hello chlo = {.cipher_suites = hex("002f")};
    const struct tls_server_hello shlo = {.extensions = hex("0000")};
    assert_null(ht_ja3(NULL, &full, &chlo));
    assert_null(ht_ja3s(NULL, &full, &shlo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published), cmocka_unit_test(grease_is_left_out),
        cmocka_unit_test(cut_short), cmocka_unit_test(long_lists),
        cmocka_unit_test(server),    cmocka_unit_test(no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
