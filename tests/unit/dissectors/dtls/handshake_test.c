/*
 * Fragments (RFC 6347 section 4.2.3): whatever their order, however a message was cut, overlapping
 * and repeated, the message that comes of them is the same.
 */
#include "support.h"
#include "vectors.h"

#include "dtls/handshake.h"
#include "tls/messages.h"

#include <stdlib.h>

enum { MESSAGE = 100 };

struct side {
    struct dtls_reassembly messages;
    struct ht_buffer held;
    struct ht_arena arena;
};

static struct ht_bytes message(void)
{
    static uint8_t bytes[MESSAGE];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7 + 1);
    }
    return ht_bytes(bytes, sizeof bytes);
}

static struct dtls_fragment piece(uint16_t message_seq, uint32_t from, uint32_t to)
{
    return (struct dtls_fragment){.type        = TLS_CERTIFICATE,
                                  .length      = MESSAGE,
                                  .message_seq = message_seq,
                                  .offset      = from,
                                  .bytes =
                                      ht_bytes_head(ht_bytes_from(message(), from), to - from)};
}

static void begin(struct side *s)
{
    *s = (struct side){.held = {.max = (size_t)1 << 16}};
}

static void end(struct side *s)
{
    ht_buffer_free(&s->held);
    ht_arena_clear(&s->arena);
}

static enum dtls_fate take(struct side *s, struct dtls_fragment fragment)
{
    struct dtls_waiting *waiting;
    return dtls_reassembly_take(&s->messages, &fragment, &s->held, &s->arena, &waiting);
}

static void assert_whole(struct side *s)
{
    const struct dtls_waiting *first = dtls_reassembly_first(&s->messages);
    assert_non_null(first);
    assert_int_equal(first->have, MESSAGE);
    assert_true(ht_bytes_equal(dtls_reassembly_body(&s->messages, &s->held, &s->arena), message()));
    dtls_reassembly_drop(&s->messages, &s->held);
}

static void reads_a_fragment(void **unused)
{
    struct dtls_fragment fragment;
    struct ht_reader r = ht_reader(hex("0b 000064 0002 00000a 000003 aabbcc"));
    (void)unused;
    assert_true(dtls_fragment_read(&r, false, &fragment));
    assert_true(rd_done(&r));
    assert_int_equal(fragment.type, TLS_CERTIFICATE);
    assert_int_equal(fragment.length, 100);
    assert_int_equal(fragment.message_seq, 2);
    assert_int_equal(fragment.offset, 10);
    assert_true(ht_bytes_equal(fragment.bytes, hex("aabbcc")));
}

static bool is_fragment(struct ht_bytes bytes, void *arg)
{
    struct dtls_fragment fragment;
    struct ht_reader r = ht_reader(bytes);
    (void)arg;
    return dtls_fragment_read(&r, false, &fragment) && rd_done(&r);
}

static void no_prefix_is_a_fragment(void **unused)
{
    (void)unused;
    every_prefix(ht_bytes_from(hex(dtls12_datagrams[0].hex), 13), is_fragment, NULL);
}

static void refuses_what_contradicts_itself(void **unused)
{
    (void)unused;
    assert_false(is_fragment(hex("0b 000004 0002 000002 000003 aabbcc"), NULL)); /* past its end */
    assert_false(is_fragment(hex("0b 000064 0002 000000 000004 aabbcc"), NULL)); /* not all there */
    assert_true(is_fragment(hex("0e 000000 0002 000000 000000"), NULL));         /* empty */
}

/* RFC 9146 section 3; the hellos' other content is the Illustrated DTLS Connection's. */
static void finds_connection_ids(void **unused)
{
    struct ht_bytes id, body = ht_bytes_from(hex(dtls13_client_hello), 4);
    (void)unused;
    assert_false(dtls_hello_connection_id(TLS_CLIENT_HELLO, body, &id));
    body = ht_bytes_from(hex(dtls13_server_hello), 4);
    assert_false(dtls_hello_connection_id(TLS_SERVER_HELLO, body, &id));
    body = hex("fefd 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00"
               "c02f 00 0009 0036 0005 04 0a0b0c0d");
    assert_true(dtls_hello_connection_id(TLS_SERVER_HELLO, body, &id));
    assert_true(ht_bytes_equal(id, hex("0a0b0c0d")));
    body = hex("fefd 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00"
               "04 aaaaaaaa 0002 c02f 01 00 0005 0036 0001 00");
    assert_true(dtls_hello_connection_id(TLS_CLIENT_HELLO, body, &id));
    assert_int_equal(id.len, 0);
}

/* All orders of the fragments that `cuts` bound, each reaching `over` bytes into the next one and
 * sent `times` in a row. */
static void try_orders(const uint32_t *cuts, size_t num, uint32_t over, int times, size_t *order,
                       size_t chosen)
{
    if (chosen < num) {
        for (size_t i = chosen; i < num; i++) {
            size_t here   = order[chosen];
            order[chosen] = order[i];
            order[i]      = here;
            try_orders(cuts, num, over, times, order, chosen + 1);
            order[i]      = order[chosen];
            order[chosen] = here;
        }
        return;
    }
    struct side s;
    begin(&s);
    for (size_t i = 0; i < num; i++) {
        uint32_t to = cuts[order[i] + 1] + over;
        for (int n = 0; n < times; n++) {
            enum dtls_fate fate = take(&s, piece(5, cuts[order[i]], to < MESSAGE ? to : MESSAGE));
            assert_true(fate == DTLS_TAKEN || fate == DTLS_REPEATED);
            assert_true(n == 0 || fate == DTLS_REPEATED);
        }
    }
    assert_whole(&s);
    assert_null(s.held.ptr);
    end(&s);
}

static void any_order_is_the_same(void **unused)
{
    static const uint32_t cuts[] = {0, 1, 20, 50, 99, MESSAGE};
    size_t order[]               = {0, 1, 2, 3, 4};
    (void)unused;
    try_orders(cuts, 5, 0, 1, order, 0);
    try_orders(cuts, 5, 0, 2, order, 0);
    try_orders(cuts, 5, 7, 1, order, 0);
    try_orders(cuts, 5, 35, 3, order, 0);
}

static void any_cut_is_the_same(void **unused)
{
    uint64_t random = 1;
    (void)unused;
    for (int round = 0; round < 2000; round++) {
        struct side s;
        begin(&s);
        const struct dtls_waiting *first = NULL;
        for (int n = 0; first == NULL || first->have < MESSAGE; n++) {
            random        = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint32_t from = (uint32_t)(random >> 33) % MESSAGE;
            uint32_t len  = 1 + (uint32_t)(random >> 50) % 40;
            (void)take(&s, piece(5, from, from + len < MESSAGE ? from + len : MESSAGE));
            first = dtls_reassembly_first(&s.messages);
            assert_true(n < 10000);
        }
        assert_int_equal(s.held.len, MESSAGE); /* no byte is kept twice */
        assert_whole(&s);
        end(&s);
    }
}

static void messages_do_not_mix(void **unused)
{
    struct side s;
    (void)unused;
    begin(&s);
    assert_int_equal(take(&s, piece(7, 50, 100)), DTLS_TAKEN);
    assert_int_equal(take(&s, piece(6, 0, 50)), DTLS_TAKEN);
    assert_int_equal(take(&s, piece(7, 0, 50)), DTLS_TAKEN);
    assert_int_equal(dtls_reassembly_first(&s.messages)->message_seq, 6);
    assert_int_equal(dtls_reassembly_first(&s.messages)->have, 50);
    assert_int_equal(dtls_reassembly_body(&s.messages, &s.held, &s.arena).len, 50);
    assert_int_equal(take(&s, piece(6, 50, 100)), DTLS_TAKEN);
    assert_whole(&s);
    assert_int_equal(dtls_reassembly_first(&s.messages)->message_seq, 7);
    assert_whole(&s);
    assert_null(dtls_reassembly_first(&s.messages));
    end(&s);
}

static void conflicts_are_refused(void **unused)
{
    struct side s;
    struct dtls_fragment other = piece(5, 50, 100);
    (void)unused;
    begin(&s);
    assert_int_equal(take(&s, piece(5, 0, 50)), DTLS_TAKEN);
    other.length = MESSAGE + 1;
    assert_int_equal(take(&s, other), DTLS_CONFLICTING);
    other.length = MESSAGE;
    other.type   = TLS_FINISHED;
    assert_int_equal(take(&s, other), DTLS_CONFLICTING);
    assert_int_equal(take(&s, piece(5, 50, 100)), DTLS_TAKEN);
    assert_whole(&s);
    end(&s);
}

static void empty_messages_wait_too(void **unused)
{
    struct side s;
    const struct dtls_fragment done = {.type = TLS_SERVER_HELLO_DONE, .message_seq = 3};
    (void)unused;
    begin(&s);
    assert_int_equal(take(&s, done), DTLS_TAKEN);
    assert_int_equal(take(&s, done), DTLS_REPEATED);
    assert_int_equal(dtls_reassembly_body(&s.messages, &s.held, &s.arena).len, 0);
    dtls_reassembly_drop(&s.messages, &s.held);
    assert_null(dtls_reassembly_first(&s.messages));
    end(&s);
}

static void what_waits_is_bounded(void **unused)
{
    struct side s;
    (void)unused;
    begin(&s);
    for (unsigned seq = 1; seq <= DTLS_MAX_WAITING; seq++) {
        assert_int_equal(take(&s, piece((uint16_t)seq, 0, 1)), DTLS_TAKEN);
    }
    assert_int_equal(take(&s, piece(DTLS_MAX_WAITING + 1, 0, 1)), DTLS_NO_ROOM);
    end(&s);
    begin(&s);
    for (unsigned n = 0; n < DTLS_MAX_PIECES; n++) {
        uint32_t at = 2U * (n % (MESSAGE / 2));
        assert_int_equal(take(&s, piece((uint16_t)(n / (MESSAGE / 2)), at, at + 1)), DTLS_TAKEN);
    }
    assert_int_equal(take(&s, piece(20, 0, 1)), DTLS_NO_ROOM);
    end(&s);
    begin(&s);
    s.held.max = 60;
    assert_int_equal(take(&s, piece(1, 0, 50)), DTLS_TAKEN);
    assert_int_equal(take(&s, piece(1, 50, 100)), DTLS_NO_ROOM);
    assert_int_equal(dtls_reassembly_body(&s.messages, &s.held, &s.arena).len, 50);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_fragment),
        cmocka_unit_test(no_prefix_is_a_fragment),
        cmocka_unit_test(refuses_what_contradicts_itself),
        cmocka_unit_test(finds_connection_ids),
        cmocka_unit_test(any_order_is_the_same),
        cmocka_unit_test(any_cut_is_the_same),
        cmocka_unit_test(messages_do_not_mix),
        cmocka_unit_test(conflicts_are_refused),
        cmocka_unit_test(empty_messages_wait_too),
        cmocka_unit_test(what_waits_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
