/*
 * A connection as its datagrams pass. The packets are those of RFC 9001 and RFC 9369 appendix A,
 * and others sealed here with the hellos in them; what must be told follows from how they were
 * made.
 */
#include "connection.h"

static void check_rfc(const char *client, const char *server, const char *version)
{
    struct recorder *r = start();
    send(r, HT_SIDE_B, hex(client));
    send(r, HT_SIDE_A, hex(server));
    const struct quic_state *s = end(r);
    assert_int_equal(r->client, HT_SIDE_B);
    assert_hello_seen(s, 1, 2);
    assert_text(s->details.version->name, version);
    assert_true(ht_bytes_equal(s->details.original_destination_connection_id, hex(first_id)));
    assert_true(ht_bytes_equal(s->details.server_connection_id, hex(server_id)));
    assert_int_equal(s->details.client_packets->initial, 1);
    assert_int_equal(s->details.server_packets->initial, 1);
    assert_non_null(s->details.client_transport_parameters);
    assert_int_equal(s->details.client_transport_parameters->max_idle_timeout_ms - 1, 30000);
    assert_false(s->tls.details.established);
    assert_told(r, "A tls.certificate absent encrypted");
    assert_not_told(r, "malformed");
    stop(r);
}

static void test_rfc(void **state)
{
    (void)state;
    check_rfc(v1_client_packet, v1_server_packet, "QUIC v1");
    check_rfc(v2_client_packet, v2_server_packet, "QUIC v2");
}

/* The server's direction was stored first: its packet waits for the keys. */
static void test_server_first(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_B, hex(v1_server_packet));
    send(r, HT_SIDE_A, hex(v1_client_packet));
    const struct quic_state *s = end(r);
    assert_int_equal(r->client, HT_SIDE_A);
    assert_hello_seen(s, 2, 1);
    assert_int_equal(s->details.undecryptable_initials, 0);
    stop(r);
}

/* Without the client's first Initial there are no keys. */
static void test_server_alone(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_B, hex(v1_server_packet));
    const struct quic_state *s = end(r);
    assert_null(s->tls.details.server_hello);
    assert_text(s->details.version->name, "QUIC v1");
    assert_int_equal(s->details.undecryptable_initials, 1);
    assert_told(r, "tls.client_hello absent");
    stop(r);
}

/* A client whose port changed before it answered the server: a Handshake packet (RFC 9000 section
 * 17.2.4) without all that came before. Where it goes to is for an analyzer to know again. */
static void test_handshake_goes_on(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_A,
         hex("e3 00000001 08f067a5502a4262b5 088394c8f03e515708 4015 "
             "000102030405060708090a0b0c0d0e0f1011121314"));
    const struct quic_state *s = end(r);
    assert_true(ht_bytes_equal(s->details.to_server, hex(server_id)));
    assert_told(r, "tls.client_hello absent capture_started_late");
    stop(r);

    r = start();
    send(r, HT_SIDE_A, hex(v1_client_packet));
    assert_int_equal(end(r)->details.to_server.len, 0);
    stop(r);
}

/* The ClientHello of RFC 9001 in three packets, the last first, each twice. */
static void test_pieces_in_any_order(void **state)
{
    struct ht_bytes hello = ht_bytes_from(hex(client_frames), 4);
    size_t cuts[]         = {0, 63, 120, hello.len};
    struct recorder *r    = start();
    (void)state;
    for (size_t i = 6; i-- > 0;) {
        char digits[1024] = "06";
        size_t n = 2, from = cuts[i % 3], to = cuts[i % 3 + 1];
        n += (size_t)snprintf(digits + n, sizeof digits - n, "40%02zx40%02zx", from, to - from);
        for (size_t k = from; k < to; k++) {
            n += (size_t)snprintf(digits + n, sizeof digits - n, "%02x", hello.ptr[k]);
        }
        send_sealed(r, HT_SIDE_A,
                    &(struct recipe){.version     = QUIC_V1,
                                     .keys_from   = first_id,
                                     .client      = true,
                                     .destination = first_id,
                                     .source      = "",
                                     .number      = (uint16_t)i,
                                     .frames      = digits});
        if (i == 4) {
            assert_not_told(r, "tls.client_hello");
        }
    }
    const struct quic_state *s = end(r);
    assert_non_null(s->tls.details.client_hello);
    assert_int_equal(s->tls.details.client_hello->frame, 3);
    assert_text(s->tls.details.client_hello->server_name, "example.com");
    assert_null(strstr(strstr(r->text, "A tls.client_hello") + 1, "A tls.client_hello"));
    stop(r);
}

/* After a Retry the keys come from its connection id, and the hello is sent once more. */
static void test_retry(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send(r, HT_SIDE_B, hex(v1_retry));
    send_sealed(r, HT_SIDE_A,
                &(struct recipe){.version     = QUIC_V1,
                                 .keys_from   = server_id,
                                 .client      = true,
                                 .destination = server_id,
                                 .source      = "",
                                 .number      = 3,
                                 .frames      = client_frames});
    send_sealed(r, HT_SIDE_B,
                &(struct recipe){.version     = QUIC_V1,
                                 .keys_from   = server_id,
                                 .destination = "",
                                 .source      = "aabbccdd",
                                 .frames      = v1_server_frames});
    const struct quic_state *s = end(r);
    assert_hello_seen(s, 1, 4);
    assert_non_null(s->details.retry);
    assert_int_equal(s->details.retry->frame, 2);
    assert_int_equal(s->details.retry->token_bytes, 5);
    assert_true(s->details.retry->authentic);
    assert_null(s->details.retry->unchecked);
    assert_int_equal(s->details.server_packets->retry, 1);
    assert_int_equal(s->details.undecryptable_initials, 0);
    assert_true(ht_bytes_equal(s->details.server_connection_id, hex("aabbccdd")));
    assert_true(ht_bytes_equal(s->details.original_destination_connection_id, hex(first_id)));
    stop(r);
}

/* The server knows another version alone: the client begins anew with it. */
static void test_version_negotiation(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send(r, HT_SIDE_B, hex("80 00000000 00 08 8394c8f03e515708 6b3343cf 1a2a3a4a"));
    send(r, HT_SIDE_A, hex(v2_client_packet));
    send(r, HT_SIDE_B, hex(v2_server_packet));
    const struct quic_state *s = end(r);
    assert_hello_seen(s, 1, 4);
    assert_text(s->details.version->name, "QUIC v2");
    assert_text(s->details.original_version->name, "QUIC v1");
    assert_int_equal(s->details.offered_versions.len, 2);
    assert_text(s->details.offered_versions.items[0], "QUIC v2");
    assert_text(s->details.offered_versions.items[1], "GREASE_1A2A3A4A");
    assert_told(r, "B quic.version_negotiation");
    assert_non_null(strstr(strstr(r->text, "A tls.client_hello") + 1, "A tls.client_hello"));
    stop(r);
}

/* RFC 9368: the server goes on in another version at once, with the keys' connection id. */
static void test_compatible_versions(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send(r, HT_SIDE_B, hex(v2_server_packet));
    const struct quic_state *s = end(r);
    assert_hello_seen(s, 1, 2);
    assert_text(s->details.version->name, "QUIC v2");
    assert_text(s->details.original_version->name, "QUIC v1");
    stop(r);
}

/* A version made up to provoke negotiation, sealed as another: draft-29 here. */
static void test_grease_version(void **state)
{
    struct recorder *r   = start();
    struct sealed packet = seal(&(struct recipe){.version     = 0xff00001d,
                                                 .keys_from   = first_id,
                                                 .client      = true,
                                                 .destination = first_id,
                                                 .source      = "",
                                                 .frames      = client_frames});
    struct quic_keys keys;
    uint8_t mask[16];
    (void)state;
    /* The version is in what the tag proves: it must be sealed again. */
    assert_true(
        quic_initial_keys(&keys, quic_version_find(0xff00001d)->protection, hex(first_id), true));
    struct sealed again = {0};
    put_uint(&again, 0xC1, 1);
    put_uint(&again, 0x0a0a0a0a, 4);
    put(&again, ht_bytes(packet.bytes + 5, 13));
    put_uint(&again, 0, 2);
    encrypt(&keys, keys.iv, ht_bytes(again.bytes, again.len), hex(client_frames),
            again.bytes + again.len);
    again.len += hex(client_frames).len + 16;
    assert_true(ht_aes128_block(mask, keys.header, again.bytes + 18 + 4));
    again.bytes[0] ^= mask[0] & 0x0F;
    again.bytes[18] ^= mask[1];
    again.bytes[19] ^= mask[2];
    send(r, HT_SIDE_A, ht_bytes(again.bytes, again.len));
    const struct quic_state *s = end(r);
    assert_non_null(s->tls.details.client_hello);
    assert_text(s->details.version->name, "GREASE_0A0A0A0A");
    stop(r);
}

/* A fatal alert is in the error code (RFC 9001 section 4.8): 0x0178, no_application_protocol. */
static void test_close(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send_sealed(r, HT_SIDE_B,
                &(struct recipe){.version     = QUIC_V1,
                                 .keys_from   = first_id,
                                 .destination = "",
                                 .source      = server_id,
                                 .frames      = "1c 4178 06 02 6e6f"});
    const struct quic_state *s = end(r);
    assert_int_equal(s->details.closes.len, 1);
    const struct quic_close *close = s->details.closes.items;
    assert_int_equal(close->frame, 2);
    assert_string_equal(close->from, "server");
    assert_text(close->error->id, "0x178");
    assert_text(close->error->name, "CRYPTO_ERROR");
    assert_text(close->alert, "no_application_protocol");
    assert_text(close->frame_type->name, "CRYPTO");
    assert_text(close->reason, "no");
    assert_int_equal(s->tls.details.alerts.len, 1);
    assert_told(r, "B tls.alert");
    stop(r);
}

/* Frames that break the specification are told, and those before them taken: RFC 9000 section 12.4.
 * A STREAM is no frame of Initial packets, though it can be read. The frames here are padded to 32
 * bytes. */
static void test_malformed(void **state)
{
    static const struct {
        const char *frames, *told;
        bool closes;
    } cases[] = {
        {"1c 00 06 00 40ff 00", "frame_type={ id=0xff } bytes=28", true},
        {"01 0a 00 01 61 1c 00 06 00", "frame_type={ id=0x0a name=STREAM } bytes=31", true},
        {"01 30 1c 00 06 00", "frame_type={ id=0x30 name=DATAGRAM } bytes=31", false},
    };
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct recorder *r = start();
        send(r, HT_SIDE_A, hex(v1_client_packet));
        send_sealed(r, HT_SIDE_B,
                    &(struct recipe){.version     = QUIC_V1,
                                     .keys_from   = first_id,
                                     .destination = "",
                                     .source      = server_id,
                                     .frames      = cases[i].frames});
        const struct quic_state *s = end(r);
        assert_told(r, "B quic.malformed malformed");
        assert_told(r, cases[i].told);
        assert_int_equal(s->details.closes.len, cases[i].closes);
        stop(r);
    }
}

/* A payload that nobody opens, of 64 bytes. */
#define SEALED                                                                                     \
    "00000000000000000000000000000000 00000000000000000000000000000000 "                           \
    "00000000000000000000000000000000 00000000000000000000000000000000"
static const char client_handshake[] = "e0 00000001 08 f067a5502a4262b5 00 4040" SEALED;
static const char server_handshake[] = "e0 00000001 00 08 f067a5502a4262b5 4040" SEALED;

/* Finished of both sides is inferred from Handshake packets, the end of the handshake from 1-RTT.
 */
static void test_established(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send(r, HT_SIDE_B, hex(v1_server_packet));
    send(r, HT_SIDE_B, hex(server_handshake));
    struct sealed coalesced = {0};
    put(&coalesced, hex(client_handshake));
    put(&coalesced, hex("41 f067a5502a4262b5 0102030405060708090a"));
    send(r, HT_SIDE_A, ht_bytes(coalesced.bytes, coalesced.len));
    send(r, HT_SIDE_B, hex("41 0102030405060708090a0b0c0d0e0f10"));
    send(r, HT_SIDE_A, hex("41 c067a5502a4262b5 0102030405060708090a"));
    const struct quic_state *s = end(r);
    assert_true(s->tls.details.established);
    assert_int_equal(s->details.client_packets->handshake, 1);
    assert_int_equal(s->details.client_packets->one_rtt, 2);
    assert_int_equal(s->details.server_packets->one_rtt, 1);
    assert_int_equal(s->details.coalesced_datagrams, 1);
    assert_int_equal(s->details.connection_id_changes, 1);
    assert_told(r, "A tls.finished encrypted inferred");
    assert_told(r, "B tls.finished encrypted inferred");
    assert_told(r, "A tls.application_data encrypted inferred { records=2");
    assert_told(r, "B tls.application_data encrypted inferred { records=1");
    assert_told(r, "A quic.connection_id_change { connection_id=c067a5502a4262b5");
    stop(r);
}

/* Datagrams that come in another order than they were sent in. */
static void test_late_under_an_id_that_was_left(void **state)
{
    static const char one[]   = "41 f067a5502a4262b5 0102030405060708090a";
    static const char two[]   = "41 c067a5502a4262b5 0102030405060708090a";
    static const char three[] = "41 d067a5502a4262b5 0102030405060708090a";
    const char *const said[]  = {one, two, one, two, three, two, three};
    struct recorder *r        = start();
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send(r, HT_SIDE_B, hex(v1_server_packet));
    for (size_t i = 0; i < HT_ARRAY_LEN(said); i++) {
        send(r, HT_SIDE_A, hex(said[i]));
    }
    const struct quic_state *s = end(r);
    assert_int_equal(s->details.client_packets->one_rtt, HT_ARRAY_LEN(said));
    assert_int_equal(s->details.connection_id_changes, 2);
    stop(r);
}

/* An acknowledgement alone is too short for Finished. */
static void test_not_established(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send(r, HT_SIDE_B, hex(v1_server_packet));
    send(r, HT_SIDE_B, hex(server_handshake));
    send(r, HT_SIDE_A,
         hex("e0 00000001 08 f067a5502a4262b5 00 16 "
             "00000000000000000000000000000000000000000000"));
    const struct quic_state *s = end(r);
    assert_false(s->tls.details.established);
    assert_told(r, "A tls.finished absent");
    stop(r);
}

/* RFC 9287: the fixed bit is 0; the connection id tells a 1-RTT packet from padding. */
static void test_without_fixed_bit(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send(r, HT_SIDE_B, hex(v1_server_packet));
    struct sealed coalesced = {0};
    put(&coalesced, hex(client_handshake));
    put(&coalesced, hex("01 f067a5502a4262b5 0102030405060708090a"));
    send(r, HT_SIDE_A, ht_bytes(coalesced.bytes, coalesced.len));
    coalesced.len = hex(client_handshake).len;
    put(&coalesced, hex("00 0000000000000000 00000000000000000000"));
    send(r, HT_SIDE_A, ht_bytes(coalesced.bytes, coalesced.len));
    send(r, HT_SIDE_A, hex("21 f067a5502a4262b5 0102030405060708090a"));
    send(r, HT_SIDE_A, hex("000100002112a442000102030405060708090a0b")); /* STUN */
    const struct quic_state *s = end(r);
    assert_int_equal(s->details.client_packets->one_rtt, 2);
    stop(r);
}

static void test_zero_rtt(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_B, hex("d0 00000001 08 8394c8f03e515708 00 04 01020304"));
    const struct quic_state *s = end(r);
    assert_int_equal(r->client, HT_SIDE_B);
    assert_int_equal(s->details.client_packets->zero_rtt, 1);
    assert_told(r, "B quic.zero_rtt encrypted { packets=1");
    stop(r);
}

/* Google's version Q043: a handshake of its own, of which nothing is said to be missing; then what
 * cannot be read. */
static void test_google(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_B,
         hex("0d c1c2c3c4c5c6c7c8 51303433 01 000102030405060708090a0b a0 01 002c 43484c4f 0200 "
             "0000 534e4900 0b000000 55414944 14000000 6578616d706c652e636f6d 4368726f6d652f3830"));
    send(r, HT_SIDE_A, hex("08 c1c2c3c4c5c6c7c8 01 000102030405060708090a0b 31323334"));
    const struct quic_state *s = end(r);
    assert_int_equal(r->client, HT_SIDE_B);
    assert_text(s->tls.server_name, "example.com");
    assert_text(s->details.user_agent, "Chrome/80");
    assert_text(s->details.version->name, "Google Q043");
    assert_told(r, "B quic.google_handshake { message=CHLO");
    assert_not_told(r, "absent");
    stop(r);
}

/* The same handshake in the packets of Q050, which are IETF's. */
static void test_google_q050(void **state)
{
    struct recorder *r = start();
    (void)state;
    send_sealed(r, HT_SIDE_A,
                &(struct recipe){.version     = 0x51303530,
                                 .keys_from   = first_id,
                                 .client      = true,
                                 .destination = first_id,
                                 .source      = "",
                                 .frames      = "08 00 1b 43484c4f 0100 0000 534e4900 0b000000 "
                                                "6578616d706c652e636f6d"});
    send(r, HT_SIDE_B, hex("41 0102030405060708090a0b0c0d0e0f10"));
    const struct quic_state *s = end(r);
    assert_text(s->tls.server_name, "example.com");
    assert_text(s->details.version->name, "Google Q050");
    assert_int_equal(s->details.server_packets->one_rtt, 1);
    assert_told(r, "A quic.google_handshake { message=CHLO");
    stop(r);
}

/* A datagram that is no QUIC, and packets with another destination than the first, are left out. */
static void test_noise(void **state)
{
    struct recorder *r      = start();
    struct sealed coalesced = {0};
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send(r, HT_SIDE_A, hex("90 6f 0001 00000001 deadbeef 0102030405"));
    put(&coalesced, hex("e0 00000001 01 aa 00 04 01020304"));
    put(&coalesced, hex("e0 00000001 01 bb 00 04 01020304"));
    send(r, HT_SIDE_A, ht_bytes(coalesced.bytes, coalesced.len));
    const struct quic_state *s = end(r);
    assert_int_equal(s->details.client_packets->handshake, 1);
    assert_int_equal(s->details.client_packets->one_rtt, 0);
    stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc),
        cmocka_unit_test(test_server_first),
        cmocka_unit_test(test_server_alone),
        cmocka_unit_test(test_pieces_in_any_order),
        cmocka_unit_test(test_handshake_goes_on),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_version_negotiation),
        cmocka_unit_test(test_compatible_versions),
        cmocka_unit_test(test_grease_version),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_established),
        cmocka_unit_test(test_late_under_an_id_that_was_left),
        cmocka_unit_test(test_not_established),
        cmocka_unit_test(test_without_fixed_bit),
        cmocka_unit_test(test_zero_rtt),
        cmocka_unit_test(test_google),
        cmocka_unit_test(test_google_q050),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
