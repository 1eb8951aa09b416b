#include "analysis/fingerprint/fingerprint.h"
#include "support.h"

static void give(struct ht_arena *arena, const struct ht_event_type *type, void *event)
{
    struct ht_analysis a = {.arena = arena};
    ht_fingerprint_analyzer.event(NULL, &a, type, event);
}

/* The first letter of the JA4 says what carries the hello. */
static char letter(struct ht_arena *arena, uint16_t version, const char *extensions)
{
    struct tls_client_hello hello = {.legacy_version = ht_named(version),
                                     .extensions     = hex(extensions)};
    give(arena, &tls_client_hello_event, &hello);
    assert_non_null(hello.ja3);
    assert_true(hello.ja4.len == 36 && hello.ja4_r.len > 0);
    return (char)hello.ja4.ptr[0];
}

static void client_hello(void **state)
{
    (void)state;
    struct ht_arena arena = {0};
    assert_int_equal(letter(&arena, TLS_12, "0000 002b"), 't');
    assert_int_equal(letter(&arena, TLS_12, "0000 002b 0039"), 'q');
    assert_int_equal(letter(&arena, TLS_12, "0000 ffa5"), 'q');
    assert_int_equal(letter(&arena, 0xFEFD, "0000"), 'd');
    assert_int_equal(letter(&arena, 0x0100, "0000"), 'd');
    ht_arena_clear(&arena);
}

static void server_hello(void **state)
{
    (void)state;
    struct ht_arena arena         = {0};
    struct tls_server_hello hello = {.legacy_version = ht_named(TLS_12),
                                     .cipher_suite   = ht_named(0xC02B)};
    give(&arena, &tls_server_hello_event, &hello);
    assert_non_null(hello.ja3s);
    assert_text(hello.ja3s->string, "771,49195,");
    ht_arena_clear(&arena);
}

static void hello_retry_request_has_none(void **state)
{
    (void)state;
    struct ht_arena arena         = {0};
    struct tls_server_hello hello = {.legacy_version = ht_named(TLS_12), .retry_request = true};
    give(&arena, &tls_hello_retry_request_event, &hello);
    assert_null(hello.ja3s);
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_hello),
        cmocka_unit_test(server_hello),
        cmocka_unit_test(hello_retry_request_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
