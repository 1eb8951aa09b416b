/*
 * Whole associations: what is told of them is what the RFCs' message flows (RFC 6347 figures 1 and
 * 2, RFC 9147 section 5.7) say.
 */
#include "association.h"

#include "base/time.h"
#include "dtls/state.h"

static void full_handshake(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_all(&r);
    const struct dtls_details *details = end(&r);
    assert_told(&r, HELLOS SERVER_FIRST CLIENT_SECOND SERVER_SECOND CLOSE);
    assert_int_equal(details->version.id, DTLS_12);
    assert_true(details->hello_verify_request);
    assert_int_equal(details->cookie_bytes, 20);
    assert_int_equal(details->client_retransmissions + details->server_retransmissions, 0);
    assert_int_equal(details->lost_messages, 0);
    assert_int_equal(details->fragments, 0);
    /* Client: two hellos, ClientKeyExchange, ChangeCipherSpec; Finished, data, close_notify. */
    assert_int_equal(details->epochs.len, 4);
    assert_int_equal(epoch_of(details, 0)->records, 4);
    assert_int_equal(epoch_of(details, 1)->records, 3);
    assert_int_equal(epoch_of(details, 1)->epoch, 1);
    assert_string_equal(epoch_of(details, 3)->from, "server");
    assert_int_equal(epoch_of(details, 3)->records, 2);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(epoch_of(details, i)->missing, 0);
    }
    recorder_free(&r);
}

/* Finished comes before the ChangeCipherSpec: the epoch tells what it is. */
static void epochs_tell_where_encryption_begins(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_vector(&r, 0, 4);
    say_finished(&r, 0);
    say_hex(&r, 0, "14 fefd 0000 000000000003 0001 01");
    (void)end(&r);
    const char *finished = strstr(r.text, "A tls.finished encrypted\n");
    assert_non_null(finished);
    assert_non_null(strstr(finished, "A tls.change_cipher_spec\n"));
    assert_null(strstr(r.text, "A tls.change_cipher_spec absent"));
    recorder_free(&r);
}

/* RFC 6347 section 4.1.2.6. */
static void records_are_numbered(void **unused)
{
    static const unsigned numbers[] = {1, 2, 2, 5, 4, 4, 200, 3};
    struct recorder r;
    (void)unused;
    start(&r);
    say_vector(&r, 0, 6);
    for (size_t i = 0; i < HT_ARRAY_LEN(numbers); i++) {
        char digits[64];
        (void)snprintf(digits, sizeof digits, "17 fefd 0001 %012x 0004 01020304", numbers[i]);
        say_hex(&r, 0, digits);
    }
    const struct dtls_details *details = end(&r);
    assert_int_equal(details->repeated_records, 2);
    assert_int_equal(details->late_records, 2);
    assert_int_equal(epoch_of(details, 1)->records, 7); /* with Finished, number 0 */
    assert_int_equal(epoch_of(details, 1)->missing, 201 - 7);
    assert_non_null(strstr(r.text, "A tls.application_data encrypted { records=6 bytes=24 }"));
    recorder_free(&r);
}

/* TURN and RTP come and go on the same ports (RFC 7983); DTLS begins with the third datagram. */
static void other_protocols_are_stepped_over(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_hex(&r, 0, "0001 0000 2112a442 000102030405060708090a0b");
    say_hex(&r, 1, "0101 0000 2112a442 000102030405060708090a0b");
    say_vector(&r, 0, 4);
    say_hex(&r, 0, "0001 0000 2112a442 000102030405060708090a0b");
    say_vector(&r, 4, HT_ARRAY_LEN(dtls12_datagrams));
    say_hex(&r, 0, "8060 0001 00000000 00000001 0102030405060708");
    const struct dtls_details *details = end(&r);
    assert_told(&r, HELLOS SERVER_FIRST CLIENT_SECOND SERVER_SECOND CLOSE);
    assert_int_equal(details->other_datagrams, 2);
    assert_null(details->within);
    recorder_free(&r);
}

static void say_in_channel(struct recorder *r, int from, struct ht_bytes datagram)
{
    struct built wrapped = {.len = 0};
    put_number(&wrapped, 0x4001, 2);
    put_number(&wrapped, datagram.len, 2);
    put(&wrapped, datagram.ptr, datagram.len);
    say(r, from, ht_bytes(wrapped.bytes, wrapped.len));
}

static void turn_channels_are_stepped_into(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    for (size_t i = 0; i < HT_ARRAY_LEN(dtls12_datagrams); i++) {
        say_in_channel(&r, dtls12_datagrams[i].from, hex(dtls12_datagrams[i].hex));
    }
    const struct dtls_details *details = end(&r);
    assert_told(&r, HELLOS SERVER_FIRST CLIENT_SECOND SERVER_SECOND CLOSE);
    assert_string_equal(details->within, "turn_channel");
    recorder_free(&r);
}

/* A client that begins anew on the same ports, with another random (RFC 6347 section 4.2.8). */
static void an_association_may_begin_anew(void **unused)
{
    struct recorder r;
    struct ht_bytes hello = hex(dtls12_datagrams[0].hex);
    uint8_t other[MAX_LEN];
    (void)unused;
    memcpy(other, hello.ptr, hello.len);
    other[DTLS_RECORD_HEADER + DTLS_HANDSHAKE_HEADER + 2] ^= 0xFF;
    start(&r);
    say(&r, 0, ht_bytes(other, hello.len));
    say_hex(&r, 1, dtls12_datagrams[1].hex);
    say_all(&r);
    const struct dtls_details *details = end(&r);
    assert_told(&r, "client is A by client_hello\n"
                    "A tls.client_hello\n"
                    "B dtls.hello_verify_request\n"
                    "A tls.client_hello\n"
                    "B dtls.hello_verify_request\n"
                    "A tls.client_hello\n" SERVER_FIRST CLIENT_SECOND SERVER_SECOND CLOSE);
    assert_int_equal(details->client_retransmissions, 0);
    recorder_free(&r);
}

static void joined_in_the_middle(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_vector(&r, 6, HT_ARRAY_LEN(dtls12_datagrams));
    (void)end(&r);
    assert_non_null(strstr(r.text, "tls.client_hello absent capture_started_late\n"));
    assert_non_null(strstr(r.text, "A tls.application_data encrypted"));
    recorder_free(&r);
}

/* From the client's second flight on, whose first message has number 2. */
static void joined_in_the_handshake(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_vector(&r, SERVER_FLIGHT + 1, 6);
    (void)end(&r);
    assert_non_null(strstr(r.text, "A tls.client_key_exchange"));
    assert_non_null(strstr(r.text, "A tls.client_hello absent capture_started_late\n"));
    assert_non_null(strstr(r.text, "B tls.server_hello absent capture_started_late\n"));
    recorder_free(&r);
}

/* A message of the vectors of DTLS 1.3, in a record of its own. */
static void say_hello(struct recorder *r, int from, const char *digits)
{
    struct built datagram;
    struct ht_reader message   = ht_reader(hex(digits));
    struct dtls_fragment hello = {.type = rd_u8(&message), .length = rd_u24(&message)};
    hello.bytes                = rd_rest(&message);
    assert_int_equal(hello.bytes.len, hello.length);
    build(&datagram, 0, &hello, 0, hello.length);
    say(r, from, ht_bytes(datagram.bytes, datagram.len));
}

/* A record of DTLS 1.3 with `content` bytes, its type and a tag. */
static void say_protected(struct recorder *r, int from, unsigned epoch, size_t content)
{
    struct built datagram = {.len = 0};
    put_number(&datagram, 0x2C | (epoch & 3), 1);
    put_number(&datagram, 0xABCD, 2);
    put_number(&datagram, content + 1 + 16, 2);
    for (size_t i = 0; i < content + 1 + 16; i++) {
        put_number(&datagram, 0xEE, 1);
    }
    say(r, from, ht_bytes(datagram.bytes, datagram.len));
}

enum { FINISHED = DTLS_HANDSHAKE_HEADER + 32, ACK_OF_ONE = 2 + 16 };

/* RFC 9147 section 5.7, figure 9, without HelloRetryRequest. */
static void dtls13_is_told_by_epochs(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_hello(&r, 0, dtls13_client_hello);
    say_hello(&r, 1, dtls13_server_hello);
    say_hex(&r, 1, dtls13_record);
    say_protected(&r, 1, 2, 900);
    say_protected(&r, 0, 2, ACK_OF_ONE); /* of the part that came */
    say_protected(&r, 1, 2, FINISHED);
    say_protected(&r, 0, 2, FINISHED);
    say_protected(&r, 1, 3, ACK_OF_ONE);
    say_protected(&r, 0, 3, 10);
    say_protected(&r, 1, 3, 20);
    say_protected(&r, 1, 4, 20);       /* after a KeyUpdate */
    say_protected(&r, 0, 2, FINISHED); /* late */
    const struct dtls_details *details = end(&r);
    assert_told(&r, "client is A by client_hello\n"
                    "A tls.client_hello\n"
                    "B tls.server_hello\n"
                    "A dtls.ack encrypted inferred\n"
                    "B dtls.ack encrypted inferred\n"
                    "B tls.encrypted_extensions absent encrypted\n"
                    "B tls.certificate absent encrypted\n"
                    "B tls.certificate_verify absent encrypted\n"
                    "B tls.finished encrypted inferred\n"
                    "A tls.finished encrypted inferred\n"
                    "A tls.application_data encrypted inferred\n"
                    "B tls.application_data encrypted inferred\n");
    assert_int_equal(details->version.id, DTLS_13);
    assert_int_equal(details->epochs.len, 3 + 4);
    assert_int_equal(epoch_of(details, 1)->epoch, 2);
    assert_int_equal(epoch_of(details, 1)->records, 3);
    assert_int_equal(epoch_of(details, 6)->epoch, 4);
    assert_int_equal(details->late_records, 1);
    assert_non_null(
        strstr(r.text, "A tls.application_data encrypted inferred { records=1 bytes=27 }"));
    recorder_free(&r);
}

enum { HANDSHAKE_DATAGRAMS = 8 };

/* What a DTLS 1.3 association says as its datagram `i`. */
static void say_handshake(struct recorder *r, size_t i)
{
    static const struct {
        int from;
        unsigned epoch;
        size_t content;
    } protected[] = {{1, 2, 900},        {1, 2, FINISHED}, {0, 2, FINISHED},
                     {1, 3, ACK_OF_ONE}, {0, 3, 10},       {1, 3, 20}};
    if (i < 2) {
        say_hello(r, (int)i, i == 0 ? dtls13_client_hello : dtls13_server_hello);
    } else {
        say_protected(r, protected[i - 2].from, protected[i - 2].epoch, protected[i - 2].content);
    }
}

static void assert_established(struct recorder *r, const char *text)
{
    (void)end(r);
    assert_true(((const struct dtls_state *)r->dispatch.state)->tls.details.established);
    if (text != NULL) {
        assert_string_equal(r->text, text);
    }
    recorder_free(r);
}

/* The order in which datagrams are stored holds then; else time does, for one side may be stored
 * after the other. */
static void an_answer_is_later_though_the_clock_was_set_back(void **unused)
{
    struct recorder right, r;
    (void)unused;
    start(&right);
    for (size_t i = 0; i < HANDSHAKE_DATAGRAMS; i++) {
        say_handshake(&right, i);
    }
    (void)end(&right);
    for (size_t before = 1; before < HANDSHAKE_DATAGRAMS; before++) {
        start(&r);
        for (size_t i = 0; i < HANDSHAKE_DATAGRAMS; i++) {
            r.emitter.time_ns -= i == before ? HT_SECOND_NS : 0;
            say_handshake(&r, i);
        }
        assert_established(&r, right.text);
    }
    start(&r);
    static const uint8_t by_side[] = {0, 4, 6, 1, 2, 3, 5, 7};
    int64_t begin                  = r.emitter.time_ns;
    for (size_t i = 0; i < HANDSHAKE_DATAGRAMS; i++) {
        r.emitter.time_ns = begin + by_side[i] * (HT_SECOND_NS / 1000);
        say_handshake(&r, by_side[i]);
    }
    assert_established(&r, NULL);
    recorder_free(&right);
}

/* RFC 9147 section 4.2.2: two bits say which epoch. */
static void epochs_are_completed(void **unused)
{
    static const uint16_t highest_bits_whole[][3] = {{0, 2, 2}, {2, 3, 3}, {3, 3, 3}, {3, 2, 2},
                                                     {3, 0, 4}, {4, 0, 4}, {4, 1, 5}, {4, 3, 3},
                                                     {7, 0, 8}, {7, 2, 6}, {7, 1, 5}};
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(highest_bits_whole); i++) {
        const uint16_t *row = highest_bits_whole[i];
        assert_int_equal(dtls_whole_epoch(row[0], row[1]), row[2]);
    }
}

static void acks_in_clear_are_read(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_hello(&r, 0, dtls13_client_hello);
    say_hex(&r, 1,
            "1a fefd 0000 000000000000 0012"
            "0010 0000000000000000 0000000000000000");
    (void)end(&r);
    assert_non_null(strstr(r.text, "B dtls.ack { records=1 }\n"));
    recorder_free(&r);
}

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* RFC 9146: both hellos have the extension; the client wants 0a0b, the server nothing. */
static void connection_ids_are_negotiated(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_hex(&r, 0,
            "16 fefd 0000 000000000000 003f 01 000033 0000 000000 000033 fefd" RANDOM
            "00 00 0002 c0a8 01 00 0007 0036 0003 02 0a0b");
    say_hex(&r, 1,
            "16 fefd 0000 000000000000 0039 02 00002d 0000 000000 00002d fefd" RANDOM
            "00 c0a8 00 0005 0036 0001 00");
    say_hex(&r, 1,
            "14 fefd 0000 000000000001 0001 01 19 fefd 0001 000000000000 0a0b 0004 01020304");
    say_hex(&r, 1,
            "19 fefd 0001 000000000001 0a0b 0003 010203"
            "19 fefd 0001 000000000002 0a0b 0002 0102");
    const struct dtls_details *details = end(&r);
    assert_true(details->connection_ids);
    assert_true(ht_bytes_equal(details->client_connection_id, hex("0a0b")));
    assert_int_equal(details->server_connection_id.len, 0);
    assert_non_null(strstr(r.text, "B tls.finished encrypted\n"));
    assert_non_null(strstr(r.text, "B tls.application_data encrypted { records=2 bytes=5 }"));
    const char *told = strstr(r.text, "A dtls.connection_id { id=0a0b }\n");
    assert_non_null(told);
    assert_null(strstr(told + 4, "dtls.connection_id")); /* once */
    assert_int_equal(details->to_server.len, 0);
    recorder_free(&r);
}

/* RFC 9146 section 6: the client is at another address now, and what begins with the server's id is
 * kept for those who know it. The server writes no id. */
static void an_association_goes_on(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    ht_claim_client(&r.emitter, HT_SIDE_A, "port");
    say_hex(&r, 0, "19 fefd 0001 000000000009 a1a2a3a4a5a6a7a8 0004 01020304");
    say_hex(&r, 1, "17 fefd 0001 000000000007 0002 0102");
    say_hex(&r, 0,
            "19 fefd 0001 00000000000a a1a2a3a4a5a6a7a8 0014 000102030405060708090a0b0c0d0e0f"
            "10111213");
    const struct dtls_details *details = end(&r);
    assert_true(ht_bytes_equal(details->to_server, hex("a1a2a3a4a5a6a7a8 0004 01020304")));
    assert_null(strstr(r.text, "finished"));
    assert_non_null(strstr(r.text, "A tls.application_data encrypted { records=2"));
    assert_null(strstr(r.text, "dtls.connection_id"));
    recorder_free(&r);
}

static void what_is_malformed_is_told(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_vector(&r, 0, 1);
    say_hex(&r, 1, "16 fefd 0000 000000000000 0010 02 000002 0000 000000 000004 01020304");
    say_hex(&r, 1, "16 fefd 0000 000000000001 000c 0b ffffff 0001 000000 000000");
    say_hex(&r, 1, "16 fefd 0000 000000000002 000f 03 000003 0000 000000 000003 feff04");
    (void)end(&r);
    assert_non_null(
        strstr(r.text, "B tls.malformed malformed { content_type=0x0016 message=0x0002"));
    assert_non_null(
        strstr(r.text, "B tls.malformed malformed { content_type=0x0016 message=0x000b"));
    assert_non_null(strstr(r.text, "B dtls.hello_verify_request malformed"));
    recorder_free(&r);
}

/* What can be repeated without end is told a few times, then counted only. */
static void asides_are_bounded(void **unused)
{
    struct recorder r;
    size_t num = 0;
    (void)unused;
    start(&r);
    for (int i = 0; i < 1000; i++) {
        say_vector(&r, 0, 1);
    }
    const struct dtls_details *details = end(&r);
    assert_int_equal(details->client_retransmissions, 999);
    for (const char *at = r.text; (at = strstr(at, "dtls.retransmission")) != NULL; at++) {
        num++;
    }
    assert_int_equal(num, 16);
    recorder_free(&r);
}

/* A fifth epoch counts with the fourth; its sequence numbers begin anew. */
static void epochs_past_the_last_are_counted(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_vector(&r, 0, 6);
    for (unsigned epoch = 2; epoch < 7; epoch++) {
        for (unsigned number = 0; number < 3; number++) {
            char digits[64];
            (void)snprintf(digits, sizeof digits, "17 fefd %04x %012x 0004 01020304", epoch,
                           number);
            say_hex(&r, 0, digits);
        }
    }
    const struct dtls_details *details = end(&r);
    assert_int_equal(details->repeated_records, 0);
    assert_int_equal(details->late_records, 0);
    assert_int_equal(epoch_of(details, 3)->records, 4 * 3);
    recorder_free(&r);
}

static struct ht_kept *forget(struct ht_emitter *e, const struct ht_event_type *type,
                              enum ht_side from, unsigned flags, void *event)
{
    (void)e, (void)type, (void)from, (void)flags, (void)event;
    return NULL;
}

/* Endless hellos, each of another client and with another connection id, take no more room. */
static void connection_ids_are_bounded(void **unused)
{
    struct recorder r;
    size_t after = 0;
    (void)unused;
    start(&r);
    struct ht_emitter_ops ops = *r.emitter.ops;
    ops.emit                  = forget; /* of events the engine keeps a number that is bounded */
    r.emitter.ops             = &ops;
    for (unsigned i = 0; i < 1000; i++) {
        char digits[256];
        (void)snprintf(digits, sizeof digits,
                       "16 fefd 0000 000000000000 0041 01 000035 0000 000000 000035 fefd %08x"
                       "0405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                       "00 00 0002 c0a8 01 00 0009 0036 0005 04 %08x",
                       i, i);
        say_hex(&r, 0, digits);
        after = i == 10 ? r.arena.size : after;
    }
    assert_int_equal(r.arena.size, after);
    recorder_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_handshake),
        cmocka_unit_test(epochs_tell_where_encryption_begins),
        cmocka_unit_test(records_are_numbered),
        cmocka_unit_test(other_protocols_are_stepped_over),
        cmocka_unit_test(turn_channels_are_stepped_into),
        cmocka_unit_test(an_association_may_begin_anew),
        cmocka_unit_test(joined_in_the_middle),
        cmocka_unit_test(joined_in_the_handshake),
        cmocka_unit_test(epochs_are_completed),
        cmocka_unit_test(dtls13_is_told_by_epochs),
        cmocka_unit_test(an_answer_is_later_though_the_clock_was_set_back),
        cmocka_unit_test(acks_in_clear_are_read),
        cmocka_unit_test(connection_ids_are_negotiated),
        cmocka_unit_test(an_association_goes_on),
        cmocka_unit_test(epochs_past_the_last_are_counted),
        cmocka_unit_test(connection_ids_are_bounded),
        cmocka_unit_test(what_is_malformed_is_told),
        cmocka_unit_test(asides_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
