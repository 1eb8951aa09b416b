/*
 * Hellos that are known. Whatever is recognised is what the parser reads of the same bytes.
 */
#include "hello_vectors.h"
#include "helpers.h"
#include "support.h"
#include "tls/known_hello.h"
#include "tls/messages.h"

#include <stdio.h>
#include <stdlib.h>

/* A pool, and a flow that keeps hellos. */
struct memory {
    struct ht_pool pool;
    ht_pool_use use;
    struct ht_arena arena, scratch;
};

static int start(void **state)
{
    struct memory *memory = calloc(1, sizeof *memory);
    *state                = memory;
    return memory == NULL;
}

static int stop(void **state)
{
    struct memory *memory = *state;
    ht_arena_clear(&memory->arena);
    ht_arena_clear(&memory->scratch);
    ht_pool_free(&memory->pool);
    free(memory);
    return 0;
}

/* As a flow does that has this hello. */
static bool meet(struct memory *memory, struct ht_bytes body)
{
    struct tls_client_hello hello;
    const struct ht_keeper keeper = {
        .arena = &memory->arena, .pool = &memory->pool, .use = &memory->use};
    bool known           = tls_known_hello(body, &memory->pool, &memory->scratch, &hello);
    bool ok              = known || tls_client_hello_parse(body, &memory->scratch, &hello);
    struct ht_kept *kept = ht_keep(&keeper, &tls_client_hello_struct, &hello);
    assert_non_null(kept);
    if (ok && !known) {
        tls_know_hello(body, &memory->pool, &hello, kept);
    }
    return known;
}

static void assert_same_object(const struct ht_struct *type, const void *a, const void *b);

static void assert_same_texts(const struct ht_texts *a, const struct ht_texts *b)
{
    assert_int_equal(a->len, b->len);
    for (size_t i = 0; i < a->len; i++) {
        assert_true(ht_bytes_equal(a->items[i], b->items[i]));
    }
}

static void assert_same_objects(const struct ht_struct *type, const struct ht_objects *a,
                                const struct ht_objects *b)
{
    assert_int_equal(a->len, b->len);
    for (size_t i = 0; i < a->len; i++) {
        assert_same_object(type, (const char *)a->items + i * type->size,
                           (const char *)b->items + i * type->size);
    }
}

static void assert_same_field(const struct ht_field *field, const void *a, const void *b)
{
    switch ((int)field->kind) {
    case HT_TEXT:
    case HT_HEX:
    case HT_LIST_NAMED:
        assert_true(ht_bytes_equal(*(const struct ht_bytes *)a, *(const struct ht_bytes *)b));
        break;
    case HT_LIST_TEXT:
    case HT_LIST_HEX:
        assert_same_texts(a, b);
        break;
    case HT_LIST_OBJECT:
        assert_same_objects(field->of, a, b);
        break;
    case HT_OBJECT:
        assert_int_equal(*(const void *const *)a != NULL, *(const void *const *)b != NULL);
        if (*(const void *const *)a != NULL) {
            assert_same_object(field->of, *(const void *const *)a, *(const void *const *)b);
        }
        break;
    default:
        assert_memory_equal(a, b, field->size);
    }
}

static void assert_same_object(const struct ht_struct *type, const void *a, const void *b)
{
    for (size_t i = 0; i < type->num_fields; i++) {
        assert_same_field(&type->fields[i], ht_field_at(&type->fields[i], a),
                          ht_field_at(&type->fields[i], b));
    }
}

/* Also the views that no field shows. */
static void assert_as_parsed(const struct tls_client_hello *hello, struct ht_bytes body,
                             struct ht_arena *scratch)
{
    struct tls_client_hello parsed;
    assert_true(tls_client_hello_parse(body, scratch, &parsed));
    assert_same_object(&tls_client_hello_struct, hello, &parsed);
    assert_true(ht_bytes_equal(hello->ticket, parsed.ticket));
    assert_true(ht_bytes_equal(hello->raw_extensions, parsed.raw_extensions));
    assert_true(ht_bytes_equal(hello->key_shares, parsed.key_shares));
}

/* False: it is not known. */
static bool is_as_parsed(struct memory *memory, struct ht_bytes body)
{
    struct tls_client_hello hello;
    bool known = tls_known_hello(body, &memory->pool, &memory->scratch, &hello);
    if (known) {
        assert_as_parsed(&hello, body, &memory->scratch);
    }
    ht_arena_rewind(&memory->scratch);
    return known;
}

/* Each byte of it with each bit another one, and each prefix. */
static void assert_known_as_parsed(struct memory *memory, struct ht_bytes body)
{
    uint8_t bytes[2048];
    size_t known = 0;
    assert_in_range(body.len, 1, sizeof bytes);
    assert_true(is_as_parsed(memory, body));
    for (size_t i = 0; i < body.len; i++) {
        memcpy(bytes, body.ptr, body.len);
        assert_false(is_as_parsed(memory, ht_bytes(bytes, i)));
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[i] = (uint8_t)(body.ptr[i] ^ 1U << bit);
            known += is_as_parsed(memory, ht_bytes(bytes, body.len));
        }
    }
    assert_in_range(known, 32 * 8, body.len * 8); /* its random, at least */
}

static void test_vectors(void **state)
{
    const char *const vectors[] = {rfc8448_client_hello, rfc8448_psk_client_hello,
                                   rfc8448_client_hello_2, openssl_client_hello};
    for (size_t i = 0; i < HT_ARRAY_LEN(vectors); i++) {
        struct ht_bytes body = body_of(vectors[i]);
        assert_false(meet(*state, body)); /* its shape is new */
        assert_false(meet(*state, body)); /* it comes again, and is remembered */
        assert_true(meet(*state, body));
        assert_known_as_parsed(*state, body);
    }
}

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define LISTS "0002c02f 0100"

/* What each of these differs in from the one before is its own. */
static void test_own(void **state)
{
    static const char *const bodies[] = {
        "0303" RANDOM "00" LISTS "0014 0000 0008 0006 00 0003 612e62 000a 0004 0002001d",
        "0303" RANDOM "01aa" LISTS "0014 0000 0008 0006 00 0003 632e64 000a 0004 0002001d",
        "0303" RANDOM "00" LISTS "0016 0000 000a 0008 00 0005 612e622e63 000a 0004 0002001d",
    };
    assert_false(meet(*state, hex(bodies[0])));
    assert_false(meet(*state, hex(bodies[0])));
    for (size_t i = 0; i < HT_ARRAY_LEN(bodies); i++) {
        assert_true(is_as_parsed(*state, hex(bodies[i])));
    }
}

/* Each extension that is read, with a content that its reader takes. */
static const char *const extensions[] = {
    "0000 0006 0004 00 0001 61",
    "0001 0001 02",
    "0005 0005 01 0000 0000",
    "0005 0008 01 0003 0001 61 0000",
    "0005 0006 01 0000 0001 61",
    "0009 0002 01 00",
    "000a 0004 0002 001d",
    "000b 0002 01 00",
    "000c 0002 01 61",
    "000d 0004 0002 0403",
    "000e 0005 0002 0001 00",
    "000f 0001 01",
    "0010 0005 0003 02 6832",
    "0011 0006 0004 02 0001 aa",
    "0013 0002 01 00",
    "0014 0002 01 00",
    "0015 0002 0000",
    "0016 0000",
    "0017 0000",
    "0018 0004 0100 01 02",
    "001b 0003 02 0002",
    "001c 0002 4001",
    "0022 0004 0002 0403",
    "0023 0002 aabb",
    "0028 0007 0005 001d 0001 aa",
    "0029 0010 0009 0003 aabbcc 00000001 0003 02 ddee",
    "002a 0000",
    "002b 0003 02 0304",
    "002c 0003 0001 aa",
    "002d 0002 01 01",
    "002f 0006 0004 0002 3000",
    "0031 0000",
    "0032 0004 0002 0403",
    "0033 0007 0005 001d 0001 aa",
    "0035 0002 01 aa",
    "0036 0002 01 aa",
    "003a 0002 01 02",
    "003e 0002 01 80",
    "4469 0005 0003 02 6832",
    "44cd 0005 0003 02 6832",
    "ca34 0004 0002 01 aa",
    "fe08 0005 0001 0001 aa",
    "fe09 0005 0001 0001 aa",
    "fe0a 000b 0001 0001 07 0001 aa 0001 bb",
    "fe0d 000c 00 0001 0001 07 0001 aa 0001 bb",
    "fe0d 0001 01",
    "ff01 0001 00",
    "ff01 0003 02 aabb",
    "ffce 000d 1301 001d 0001 aa 0001 bb 0001 cc",
};

static void test_extensions(void **state)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(extensions); i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "0303" RANDOM "00" LISTS "%04zx %s",
                       hex(extensions[i]).len, extensions[i]);
        (void)meet(*state, hex(text));
        (void)meet(*state, hex(text));
        struct tls_client_hello hello;
        struct ht_arena *scratch = &((struct memory *)*state)->scratch;
        assert_true(tls_client_hello_parse(hex(text), scratch, &hello));
        assert_int_equal(is_as_parsed(*state, hex(text)), hello.particulars == NULL);
    }
}

/* A GREASE value among the groups of its key shares, which nothing else shows, is told. */
static void test_grease_of_key_shares(void **state)
{
    const char *plain  = "0303" RANDOM "00" LISTS "000b 0033 0007 0005 001d 0001 aa";
    const char *grease = "0303" RANDOM "00" LISTS "000b 0033 0007 0005 0a0a 0001 aa";
    (void)meet(*state, hex(plain));
    (void)meet(*state, hex(plain));
    assert_true(is_as_parsed(*state, hex(plain)));
    assert_false(is_as_parsed(*state, hex(grease)));
}

/* None of these can be known: DTLS, a session id that is too long, an extension of its own twice,
 * no extensions, bytes behind them, particulars. */
static void test_unknowable(void **state)
{
    static const char *const bodies[] = {
        "fefd" RANDOM "00 00" LISTS "0008 000a 0004 0002001d",
        "0303" RANDOM "21" RANDOM "aa" LISTS "0008 000a 0004 0002001d",
        "0303" RANDOM "00" LISTS "0008 0023 0000 0023 0000",
        "0303" RANDOM "00" LISTS,
        "0303" RANDOM "00" LISTS "0008 000a 0004 0002001d 00",
        "0303" RANDOM "00" LISTS "0006 0036 0002 01aa",
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(bodies); i++) {
        for (unsigned again = 0; again < 3; again++) {
            assert_false(meet(*state, hex(bodies[i])));
        }
    }
}

/*
 * The same of ServerHellos.
 */

static bool meet_answer(struct memory *memory, struct ht_bytes body)
{
    struct tls_server_hello hello;
    const struct ht_keeper keeper = {
        .arena = &memory->arena, .pool = &memory->pool, .use = &memory->use};
    bool known           = tls_known_server_hello(body, &memory->pool, &memory->scratch, &hello);
    bool ok              = known || tls_server_hello_parse(body, &memory->scratch, &hello);
    struct ht_kept *kept = ht_keep(&keeper, &tls_server_hello_struct, &hello);
    assert_non_null(kept);
    if (ok && !known) {
        tls_know_server_hello(body, &memory->pool, &hello, kept);
    }
    return known;
}

/* False: it is not known. */
static bool is_answer_as_parsed(struct memory *memory, struct ht_bytes body)
{
    struct tls_server_hello hello, parsed;
    bool known = tls_known_server_hello(body, &memory->pool, &memory->scratch, &hello);
    if (known) {
        assert_true(tls_server_hello_parse(body, &memory->scratch, &parsed));
        assert_same_object(&tls_server_hello_struct, &hello, &parsed);
        assert_true(ht_bytes_equal(hello.key_share, parsed.key_share));
        assert_non_null(hello.shape);
    }
    ht_arena_rewind(&memory->scratch);
    return known;
}

static void assert_answer_known_as_parsed(struct memory *memory, struct ht_bytes body)
{
    uint8_t bytes[512];
    size_t known = 0;
    assert_in_range(body.len, 1, sizeof bytes);
    assert_true(is_answer_as_parsed(memory, body));
    for (size_t i = 0; i < body.len; i++) {
        memcpy(bytes, body.ptr, body.len);
        assert_false(is_answer_as_parsed(memory, ht_bytes(bytes, i)));
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[i] = (uint8_t)(body.ptr[i] ^ 1U << bit);
            known += is_answer_as_parsed(memory, ht_bytes(bytes, body.len));
        }
    }
    assert_in_range(known, 32 * 8, body.len * 8); /* its random, at least */
}

static void test_answers(void **state)
{
    const char *const vectors[] = {rfc8448_server_hello, rfc8448_psk_server_hello,
                                   openssl_server_hello};
    for (size_t i = 0; i < HT_ARRAY_LEN(vectors); i++) {
        struct ht_bytes body = body_of(vectors[i]);
        assert_false(meet_answer(*state, body)); /* its shape is new */
        assert_false(meet_answer(*state, body)); /* it comes again, and is remembered */
        assert_true(meet_answer(*state, body));
        assert_answer_known_as_parsed(*state, body);
    }
}

#define CHOICE "c02f 00"

/* What each of these differs in from the one before is its own; but neither is the group of a key
 * share, nor what a server says in its random of a version that it did not choose. */
static void test_own_of_answers(void **state)
{
    static const char *const bodies[] = {
        "0303" RANDOM "00" CHOICE "000f 0033 0005 001d 0001 aa 002b 0002 0304",
        "0303" RANDOM "01aa" CHOICE "000f 0033 0005 001d 0001 bb 002b 0002 0304",
        "0303" RANDOM "00" CHOICE "000f 0033 0005 0017 0001 bb 002b 0002 0304",
    };
    static const char *const plain     = "0303" RANDOM "00" CHOICE "0004 0017 0000";
    static const char *const downgrade = "0303"
                                         "000102030405060708090a0b0c0d0e0f1011121314151617"
                                         "444f574e47524401"
                                         "00" CHOICE "0004 0017 0000";
    (void)meet_answer(*state, hex(bodies[0]));
    (void)meet_answer(*state, hex(bodies[0]));
    assert_true(is_answer_as_parsed(*state, hex(bodies[0])));
    assert_true(is_answer_as_parsed(*state, hex(bodies[1])));
    assert_false(is_answer_as_parsed(*state, hex(bodies[2])));
    (void)meet_answer(*state, hex(plain));
    (void)meet_answer(*state, hex(plain));
    assert_true(is_answer_as_parsed(*state, hex(plain)));
    assert_false(is_answer_as_parsed(*state, hex(downgrade)));
}

/* Each extension that is read, with a content that its reader takes. */
static const char *const server_extensions[] = {
    "0001 0001 02",
    "0005 0000",
    "0009 0001 00",
    "000a 0004 0002 001d",
    "000b 0002 01 00",
    "000e 0005 0002 0001 00",
    "000f 0001 01",
    "0010 0005 0003 02 6832",
    "0013 0001 00",
    "0014 0001 00",
    "0016 0000",
    "0017 0000",
    "001c 0002 4001",
    "0023 0000",
    "0028 0005 001d 0001 aa",
    "0029 0002 0001",
    "002b 0002 0304",
    "002c 0003 0001 aa",
    "0033 0005 001d 0001 aa",
    "0036 0002 01 aa",
    "003a 0001 02",
    "3374 0003 02 6832",
    "fe0d 0008 0102030405060708",
    "ff01 0001 00",
    "ff01 0003 02 aabb",
};

static void test_server_extensions(void **state)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(server_extensions); i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "0303" RANDOM "00" CHOICE "%04zx %s",
                       hex(server_extensions[i]).len, server_extensions[i]);
        (void)meet_answer(*state, hex(text));
        (void)meet_answer(*state, hex(text));
        struct tls_server_hello hello;
        struct ht_arena *scratch = &((struct memory *)*state)->scratch;
        assert_true(tls_server_hello_parse(hex(text), scratch, &hello));
        assert_int_equal(is_answer_as_parsed(*state, hex(text)), hello.choices == NULL);
    }
}

/* None of these can be known: a HelloRetryRequest, no extensions, a key share twice, DTLS, a draft
 * without a session id. */
static void test_unknowable_answers(void **state)
{
    assert_false(meet_answer(*state, body_of(rfc8448_hello_retry_request)));
    assert_false(meet_answer(*state, body_of(rfc8448_hello_retry_request)));
    assert_false(meet_answer(*state, body_of(rfc8448_hello_retry_request)));
    static const char *const bodies[] = {
        "0303" RANDOM "00" CHOICE,
        "0303" RANDOM "00" CHOICE "0012 0033 0005 001d 0001 aa 0033 0005 001d 0001 aa",
        "fefd" RANDOM "00" CHOICE "0004 0017 0000",
        "7f12" RANDOM "1301 0006 0028 0002 001d",
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(bodies); i++) {
        for (unsigned again = 0; again < 3; again++) {
            assert_false(meet_answer(*state, hex(bodies[i])));
        }
    }
}

/* Of a form that is known, but for its random, which says that it is a HelloRetryRequest. */
static void test_retry_of_known_form(void **state)
{
    static const char known[] = "0303" RANDOM "00" CHOICE "0004 0017 0000";
    static const char retry[] = "0303"
                                "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
                                "00" CHOICE "0004 0017 0000";
    (void)meet_answer(*state, hex(known));
    (void)meet_answer(*state, hex(known));
    assert_true(meet_answer(*state, hex(known)));
    assert_false(meet_answer(*state, hex(retry)));
    assert_true(meet_answer(*state, hex(known)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_vectors, start, stop),
        cmocka_unit_test_setup_teardown(test_own, start, stop),
        cmocka_unit_test_setup_teardown(test_extensions, start, stop),
        cmocka_unit_test_setup_teardown(test_grease_of_key_shares, start, stop),
        cmocka_unit_test_setup_teardown(test_unknowable, start, stop),
        cmocka_unit_test_setup_teardown(test_answers, start, stop),
        cmocka_unit_test_setup_teardown(test_own_of_answers, start, stop),
        cmocka_unit_test_setup_teardown(test_server_extensions, start, stop),
        cmocka_unit_test_setup_teardown(test_unknowable_answers, start, stop),
        cmocka_unit_test_setup_teardown(test_retry_of_known_form, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
