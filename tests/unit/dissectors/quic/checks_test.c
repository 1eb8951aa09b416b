/*
 * What is held against RFC 9000: limits are those of its sections 7.3, 8.1 and 14.1. The client's
 * first datagram is that of RFC 9001 appendix A.2, of 1200 bytes; its hello vouches for the
 * connection id 8394c8f03e515708, though that of its header is empty.
 */
#include "connection.h"

static const enum ht_side client = HT_SIDE_A, server = HT_SIDE_B;

/* An Initial of the server's that cannot be opened, of `len` bytes, in a datagram of its own. */
static void server_sends(struct recorder *r, size_t len, uint8_t number)
{
    static uint8_t packet[2048];
    struct ht_bytes head = hex("c000000001 00 08 f067a5502a4262b5 00");
    size_t rest          = len - head.len - 2;
    memset(packet, number, sizeof packet);
    memcpy(packet, head.ptr, head.len);
    packet[head.len]     = (uint8_t)(0x40 | rest >> 8);
    packet[head.len + 1] = (uint8_t)rest;
    send(r, server, ht_bytes(packet, len));
}

static void test_connection_id(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, client, hex(v1_client_packet));
    const struct quic_id_mismatch *id = end(r)->details.id_mismatch;
    assert_non_null(id);
    assert_string_equal(id->parameter, "initial_source_connection_id");
    assert_int_equal(id->frame, 1);
    assert_false(id->absent);
    assert_true(ht_bytes_equal(id->said, hex(first_id)));
    assert_int_equal(id->seen.len, 0);
    stop(r);
}

enum { WHOLE = 1200 - 20 - 16 /* without header and tag */ };

/* The same as in the RFC, but packet 0. */
static void client_begins(struct recorder *r)
{
    send_sealed(r, client,
                &(struct recipe){.version     = QUIC_V1,
                                 .keys_from   = first_id,
                                 .client      = true,
                                 .destination = first_id,
                                 .source      = "",
                                 .frames      = client_frames,
                                 .pad         = WHOLE});
}

static void test_amplification(void **state)
{
    struct recorder *r = start();
    (void)state;
    client_begins(r);
    for (uint8_t i = 1; i <= 3; i++) {
        server_sends(r, 1200, i);
    }
    server_sends(r, 100, 4);
    server_sends(r, 1200, 5);
    const struct quic_state *s = end(r);
    assert_int_equal(s->details.amplified_frame, 5);
    assert_int_equal(s->details.amplified_client_bytes, 1200);
    assert_int_equal(s->details.amplified_server_bytes, 4900);
    assert_int_equal(s->details.small_initial_frame, 0); /* the server's may be small */
    stop(r);
}

static void test_three_times_as_much(void **state)
{
    struct recorder *r = start();
    (void)state;
    client_begins(r);
    for (uint8_t i = 1; i <= 3; i++) {
        server_sends(r, 1200, i);
    }
    assert_int_equal(end(r)->details.amplified_frame, 0);
    stop(r);
}

/* Who addresses the server by the id that it chose has got it. */
static void test_known_address(void **state)
{
    struct recorder *r = start();
    (void)state;
    client_begins(r);
    server_sends(r, 1200, 1);
    send_sealed(r, client,
                &(struct recipe){.version     = QUIC_V1,
                                 .keys_from   = first_id,
                                 .client      = true,
                                 .destination = server_id,
                                 .source      = "",
                                 .number      = 1,
                                 .frames      = "02 00 00 00 00"});
    for (uint8_t i = 2; i <= 9; i++) {
        server_sends(r, 1200, i);
    }
    assert_int_equal(end(r)->details.amplified_frame, 0);
    stop(r);
}

/* The server's connection ids are short, as many are, so that they could be guessed: what shows the
 * address is the Handshake packet (RFC 9000 section 8.1), though it stands behind another. */
static void test_known_address_behind(void **state)
{
    struct recorder *r   = start();
    struct recipe recipe = {.version     = QUIC_V1,
                            .keys_from   = first_id,
                            .client      = true,
                            .destination = "f067a550",
                            .source      = "",
                            .number      = 1,
                            .frames      = "02 00 00 00 00"};
    (void)state;
    client_begins(r);
    send(r, server, hex("c000000001 00 04 f067a550 00 04 00000000"));
    struct sealed datagram = seal(&recipe);
    put(&datagram, hex("e000000001 04 f067a550 00 04 00000000"));
    send(r, client, ht_bytes(datagram.bytes, datagram.len));
    for (uint8_t i = 2; i <= 9; i++) {
        server_sends(r, 1200, i);
    }
    assert_int_equal(end(r)->details.amplified_frame, 0);
    stop(r);
}

/* What a server vouches for after a Retry (RFC 9000 section 7.3), of which it depends on what was
 * seen whether it is what was in the headers. */
static const char *begin_id = first_id; /* of the first Initial that was seen */

static const struct quic_id_mismatch *vouch(bool retried, bool restarted, const char *original,
                                            const char *retry)
{
    struct recorder *r        = start();
    struct quic_state s       = {.client = client, .retried = retried, .restarted = restarted};
    struct quic_packet packet = {.version = QUIC_V1};
    const struct quic_transport_parameters said = {
        .original_destination_connection_id = hex(original),
        .initial_source_connection_id       = hex(server_id),
        .retry_source_connection_id         = retry != NULL ? hex(retry) : ht_bytes(NULL, 0)};
    static struct quic_id_mismatch found;
    quic_id_set(&s.first_id, hex(begin_id));
    quic_id_set(&s.retry_id, hex("0102030405060708"));
    quic_id_set(&s.side[server].id, hex(server_id));
    quic_check_ids(&s, &r->emitter, server, &packet, &said);
    bool any = s.details.id_mismatch != NULL;
    found    = any ? *s.details.id_mismatch : found;
    stop(r);
    return any ? &found : NULL;
}

static void test_server_ids(void **state)
{
    static const char other[] = "aabbccddeeff0011", retry[] = "0102030405060708";
    (void)state;
    assert_null(vouch(false, false, first_id, NULL));
    assert_non_null(vouch(false, false, other, NULL));
    assert_null(vouch(true, false, first_id, retry));
    assert_non_null(vouch(true, false, first_id, other));
    assert_non_null(vouch(true, false, first_id, NULL));
    assert_null(vouch(false, false, other, retry)); /* the capture has not the Retry */
    assert_null(vouch(false, true, other, NULL));   /* nor what came before */
    begin_id = "";
    assert_null(vouch(true, false, other, retry)); /* nor the first Initial */
    begin_id = first_id;
}

/* Packet 2 of the client's is the first in the capture: it sent more than is there. */
static void test_client_packets_lost(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, client, hex(v1_client_packet));
    for (uint8_t i = 1; i <= 5; i++) {
        server_sends(r, 1200, i);
    }
    const struct quic_state *s = end(r);
    assert_int_equal(s->side[HT_SIDE_A].next_number, 3);
    assert_int_equal(s->details.amplified_frame, 0);
    stop(r);
}

static struct quic_details initial_of(const char *frames)
{
    struct recorder *r = start();
    send_sealed(r, client,
                &(struct recipe){.version     = QUIC_V1,
                                 .keys_from   = first_id,
                                 .client      = true,
                                 .destination = first_id,
                                 .source      = "",
                                 .frames      = frames});
    struct quic_details details = end(r)->details;
    stop(r);
    return details;
}

/* Frames that elicit an acknowledgement: PING, CRYPTO; those that do not: ACK, CONNECTION_CLOSE. */
static void test_small_initial(void **state)
{
    (void)state;
    assert_int_equal(initial_of("01 00 00 00").small_initial_frame, 1);
    assert_int_equal(initial_of("06 00 04 01 00 00 00").small_initial_frame, 1);
    assert_int_equal(initial_of("02 00 00 00 00").small_initial_frame, 0);
    assert_int_equal(initial_of("1c 0a 00 00 00").small_initial_frame, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connection_id),        cmocka_unit_test(test_amplification),
        cmocka_unit_test(test_three_times_as_much),  cmocka_unit_test(test_known_address),
        cmocka_unit_test(test_client_packets_lost),  cmocka_unit_test(test_small_initial),
        cmocka_unit_test(test_known_address_behind), cmocka_unit_test(test_server_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
