#include "analysis/fingerprint/fingerprint.h"

#include <stdlib.h>

#include "support.h"

struct fixture {
    void *analyzer;
    struct ht_arena arena;
    unsigned flags; /* of the event that is given */
};

static int start(void **state)
{
    struct fixture *f = test_calloc(1, sizeof *f);
    f->analyzer       = test_calloc(1, ht_fingerprint_analyzer.state_size);
    *state            = f;
    return ht_fingerprint_analyzer.init(
               f->analyzer, &(const struct ht_analysis_settings){.certificate_folder = -1}, NULL)
               ? 0
               : -1;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    ht_fingerprint_analyzer.fini(f->analyzer);
    ht_arena_clear(&f->arena);
    test_free(f->analyzer);
    test_free(f);
    return 0;
}

static void give(struct fixture *f, const struct ht_event_type *type, void *event)
{
    struct ht_analysis a = {.arena = &f->arena, .flags = &f->flags};
    ht_fingerprint_analyzer.event(f->analyzer, &a, type, event);
}

/* The first letter of the JA4 says what carries the hello. */
static char letter(struct fixture *f, uint16_t version, const char *extensions)
{
    struct tls_client_hello hello = {.legacy_version = ht_named(version),
                                     .extensions     = hex(extensions)};
    give(f, &tls_client_hello_event, &hello);
    assert_non_null(hello.ja3);
    assert_true(hello.ja4.len == 36 && hello.ja4_r.len > 0);
    return (char)hello.ja4.ptr[0];
}

static void client_hello(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(letter(f, TLS_12, "0000 002b"), 't');
    assert_int_equal(letter(f, TLS_12, "0000 002b 0039"), 'q');
    assert_int_equal(letter(f, TLS_12, "0000 ffa5"), 'q');
    assert_int_equal(letter(f, 0xFEFD, "0000"), 'd');
    assert_int_equal(letter(f, 0x0100, "0000"), 'd');
}

static void server_hello(void **state)
{
    struct tls_server_hello hello = {.legacy_version = ht_named(TLS_12),
                                     .cipher_suite   = ht_named(0xC02B)};
    give(*state, &tls_server_hello_event, &hello);
    assert_non_null(hello.ja3s);
    assert_text(hello.ja3s->string, "771,49195,");
}

static void hello_retry_request_has_none(void **state)
{
    struct tls_server_hello hello = {.legacy_version = ht_named(TLS_12), .retry_request = true};
    give(*state, &tls_hello_retry_request_event, &hello);
    assert_null(hello.ja3s);
}

static void assert_same_ja3(const struct tls_ja3 *a, const struct tls_ja3 *b)
{
    assert_non_null(a);
    assert_non_null(b);
    assert_true(ht_bytes_equal(a->hash, b->hash));
    assert_true(ht_bytes_equal(a->string, b->string));
}

/* What the analyzer fills in is what the pure functions say. */
static void assert_client(struct fixture *f, struct tls_client_hello hello)
{
    struct ht_ja4 ja4         = ht_ja4(NULL, &f->arena, HT_JA4_TCP, &hello);
    const struct tls_ja3 *ja3 = ht_ja3(NULL, &f->arena, &hello);
    give(f, &tls_client_hello_event, &hello);
    assert_same_ja3(hello.ja3, ja3);
    assert_true(ht_bytes_equal(hello.ja4, ja4.hashed));
    assert_true(ht_bytes_equal(hello.ja4_r, ja4.raw));
}

static void assert_server(struct fixture *f, struct tls_server_hello hello)
{
    const struct tls_ja3 *ja3s = ht_ja3s(NULL, &f->arena, &hello);
    give(f, &tls_server_hello_event, &hello);
    assert_same_ja3(hello.ja3s, ja3s);
}

/* Hellos that differ in one thing each, among them some that are the same bytes as others but
 * divided otherwise into lists. */
static size_t various_hellos(struct tls_client_hello *out)
{
    static struct ht_bytes protocols[2];
    protocols[0]                        = ht_text("h2");
    protocols[1]                        = ht_text("http/1.1");
    const struct tls_client_hello plain = {
        .legacy_version     = ht_named(TLS_12),
        .cipher_suites      = hex("1301 1302 c02b"),
        .extensions         = hex("0000 000a 000b 0010 000d"),
        .groups             = hex("001d 0017"),
        .point_formats      = hex("0001"),
        .supported_versions = hex("0304 0303"),
        .signature_schemes  = hex("0403 0804"),
        .alpn               = {.items = protocols, .len = 2},
    };
    size_t num                    = 0;
    out[num++]                    = plain;
    out[num]                      = plain;
    out[num++].legacy_version     = ht_named(TLS_11);
    out[num]                      = plain;
    out[num++].cipher_suites      = hex("1302 1301 c02b");
    out[num]                      = plain;
    out[num++].extensions         = hex("000a 0000 000b 0010 000d");
    out[num]                      = plain;
    out[num++].groups             = hex("001d 0018");
    out[num]                      = plain;
    out[num++].point_formats      = hex("00");
    out[num]                      = plain;
    out[num++].supported_versions = hex("0303");
    out[num]                      = plain;
    out[num++].signature_schemes  = hex("0403");
    out[num]                      = plain;
    out[num++].alpn.items         = protocols + 1;
    out[num]                      = plain;
    out[num++].alpn.len           = 0;
    out[num]                      = plain;
    out[num].cipher_suites        = hex("1301 1302 c02b 0000");
    out[num++].extensions         = hex("000a 000b 0010 000d");
    out[num++]                    = (struct tls_client_hello){0};
    return num;
}

/* The first time they are computed, the second remembered. */
static void remembered_as_computed(void **state)
{
    enum { MAX = 16, ROUNDS = 3 };
    struct tls_client_hello hellos[MAX];
    size_t num = various_hellos(hellos);
    for (size_t i = 0; i < ROUNDS * num; i++) {
        assert_client(*state, hellos[i % num]);
    }
}

static void remembered_as_computed_of_servers(void **state)
{
    const struct tls_server_hello hellos[] = {
        {.legacy_version = ht_named(TLS_12), .cipher_suite = ht_named(0xC02B)},
        {.legacy_version = ht_named(TLS_11), .cipher_suite = ht_named(0xC02B)},
        {.legacy_version = ht_named(TLS_12), .cipher_suite = ht_named(0xC02C)},
        {.legacy_version = ht_named(TLS_12),
         .cipher_suite   = ht_named(0xC02B),
         .extensions     = hex("002b")},
        {.legacy_version = ht_named(TLS_12),
         .cipher_suite   = ht_named(0xC02B),
         .extensions     = hex("0033")},
    };
    for (size_t i = 0; i < 3 * HT_ARRAY_LEN(hellos); i++) {
        assert_server(*state, hellos[i % HT_ARRAY_LEN(hellos)]);
    }
}

/* More shapes than are remembered, each twice in a row, then all again. */
static void more_than_are_remembered(void **state)
{
    enum { SHAPES = 2000, TIMES = 2 };
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 2 * SHAPES * TIMES; i++) {
        uint32_t shape                      = i / TIMES % SHAPES;
        const uint8_t suites[]              = {0x13, 0x01, (uint8_t)(shape >> 8), (uint8_t)shape};
        const struct tls_client_hello hello = {.legacy_version = ht_named(TLS_12),
                                               .cipher_suites  = ht_bytes(suites, 4)};
        assert_client(f, hello);
        ht_arena_rewind(&f->arena);
    }
}

/* Lists of any length, also those that are too long to be remembered. */
static void lists_of_any_length(void **state)
{
    enum { LONGEST = 65534 };
    struct fixture *f = *state;
    uint8_t *list     = test_calloc(1, LONGEST);
    for (size_t len = 0; len <= LONGEST; len = 2 * len + 2) {
        const struct tls_client_hello hello = {.legacy_version = ht_named(TLS_12),
                                               .cipher_suites  = ht_bytes(list, len)};
        assert_client(f, hello);
        assert_client(f, hello);
        list[len > 0 ? len - 1 : 0] = 1;
        assert_client(f, hello);
    }
    test_free(list);
}

/* What found no room is computed when there is room again. */
static void no_room(void **state)
{
    struct fixture *f             = *state;
    struct ht_budget none         = {0};
    struct ht_arena full          = {.budget = &none};
    struct tls_client_hello hello = {.legacy_version = ht_named(TLS_12),
                                     .cipher_suites  = hex("1301")};
    struct tls_server_hello reply = {.legacy_version = ht_named(TLS_12)};
    struct ht_analysis a          = {.arena = &full, .flags = &f->flags};
    ht_fingerprint_analyzer.event(f->analyzer, &a, &tls_client_hello_event, &hello);
    ht_fingerprint_analyzer.event(f->analyzer, &a, &tls_server_hello_event, &reply);
    assert_null(hello.ja3);
    assert_null(reply.ja3s);
    assert_int_equal(hello.ja4.len, 0);
    assert_client(f, hello);
    assert_server(f, reply);
}

/* Of a hello that was cut, as by a snapshot length, nobody knows what more there was. */
static void partial_hellos_have_none(void **state)
{
    struct fixture *f             = *state;
    struct tls_client_hello hello = {.legacy_version = ht_named(TLS_12),
                                     .cipher_suites  = hex("1301")};
    struct tls_server_hello reply = {.legacy_version = ht_named(TLS_12)};
    f->flags                      = HT_EVENT_PARTIAL;
    give(f, &tls_client_hello_event, &hello);
    give(f, &tls_server_hello_event, &reply);
    assert_null(hello.ja3);
    assert_null(reply.ja3s);
    assert_int_equal(hello.ja4.len, 0);
    assert_int_equal(hello.ja4_r.len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(client_hello),
        TEST(server_hello),
        TEST(hello_retry_request_has_none),
        TEST(remembered_as_computed),
        TEST(remembered_as_computed_of_servers),
        TEST(more_than_are_remembered),
        TEST(lists_of_any_length),
        TEST(no_room),
        TEST(partial_hellos_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
