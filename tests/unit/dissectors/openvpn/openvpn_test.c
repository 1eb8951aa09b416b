/*
 * Real TLS sessions (those of TLS's own tests) in packets built after OpenVPN's "Network protocol":
 * what is told of TLS is what is told of the same bytes over TCP.
 */
#include "../tls/sessions.h"
#include "recorder.h"
#include "support.h"

#include "openvpn/state.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct ht_dissector tls_dissector, openvpn_dissector, openvpn_stream_dissector;

enum { MAX_PACKETS = 512, PIECE = 100, PORT = 1194 };

struct packet {
    enum ht_side side;
    struct ht_bytes bytes; /* with the length that TCP has before it */
    uint8_t *owned;
};

struct conversation {
    struct packet packets[MAX_PACKETS];
    size_t num;
    uint32_t next[2]; /* message packet ids */
    uint32_t replay[2];
    size_t hmac_len;
    uint8_t key_id;
};

static const uint8_t session_ids[2][OPENVPN_SESSION_ID] = {
    {0x92, 0xb8, 0xaf, 0x4a, 0x77, 0x7f, 0xc7, 0x42},
    {0xd9, 0x16, 0xc4, 0x86, 0x0c, 0xb1, 0xd8, 0xcf}};

static size_t put(uint8_t *at, uint64_t number, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        at[i] = (uint8_t)(number >> (8 * (width - 1 - i)));
    }
    return width;
}

/* A packet of the control channel; `acks` of the other side's message 0. */
static void add(struct conversation *c, enum ht_side side, uint8_t opcode, bool acks,
                struct ht_bytes payload)
{
    enum { OVERHEAD = 128 };
    uint8_t *packet = malloc(payload.len + OVERHEAD);
    assert_non_null(packet);
    assert_true(c->num < MAX_PACKETS);
    size_t len = 2;
    len += put(packet + len, (uint64_t)opcode << 3 | c->key_id, 1);
    memcpy(packet + len, session_ids[side], OPENVPN_SESSION_ID);
    len += OPENVPN_SESSION_ID;
    if (c->hmac_len > 0) {
        memset(packet + len, 0xA5, c->hmac_len);
        len += c->hmac_len;
        len += put(packet + len, ++c->replay[side], 4);
        len += put(packet + len, 0x577e73b3, 4);
    }
    len += put(packet + len, acks ? 1 : 0, 1);
    if (acks) {
        len += put(packet + len, 0, 4);
        memcpy(packet + len, session_ids[ht_other(side)], OPENVPN_SESSION_ID);
        len += OPENVPN_SESSION_ID;
    }
    if (opcode != OPENVPN_ACK) {
        len += put(packet + len, c->next[side]++, 4);
    }
    if (payload.len > 0) {
        memcpy(packet + len, payload.ptr, payload.len);
        len += payload.len;
    }
    (void)put(packet, len - 2, 2);
    c->packets[c->num++] = (struct packet){side, ht_bytes(packet, len), packet};
}

static void add_tls(struct conversation *c, const struct session_utterance *session, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        struct ht_bytes left = hex(session[i].hex);
        enum ht_side side    = session[i].from == 0 ? HT_SIDE_A : HT_SIDE_B;
        for (bool first = true; left.len > 0; first = false) {
            add(c, side, OPENVPN_CONTROL, first, ht_bytes_head(left, PIECE));
            left = ht_bytes_from(left, PIECE);
        }
    }
}

static void converse(struct conversation *c, size_t hmac_len,
                     const struct session_utterance *session, size_t num)
{
    *c = (struct conversation){.hmac_len = hmac_len};
    add(c, HT_SIDE_A, OPENVPN_HARD_RESET_CLIENT, false, ht_bytes(NULL, 0));
    add(c, HT_SIDE_B, OPENVPN_HARD_RESET_SERVER, true, ht_bytes(NULL, 0));
    add(c, HT_SIDE_A, OPENVPN_ACK, true, ht_bytes(NULL, 0));
    add_tls(c, session, num);
}

#define CONVERSE(c, hmac_len, session) converse(c, hmac_len, session, HT_ARRAY_LEN(session))

static void forget(struct conversation *c)
{
    for (size_t i = 0; i < c->num; i++) {
        free(c->packets[i].owned);
    }
}

/* The lines about TLS, without fields (which hold frame numbers). */
static char *tls_outline(const char *text)
{
    char *out  = calloc(1, strlen(text) + 1);
    size_t len = 0;
    assert_non_null(out);
    for (const char *line = text; *line != '\0';) {
        size_t end = strcspn(line, "\n"), fields = strcspn(line, "{");
        if (strncmp(line + 2, "tls.", 4) == 0) {
            fields = fields < end ? fields - 1 : end;
            memcpy(out + len, line, fields);
            len += fields;
            out[len++] = '\n';
        }
        line += end + 1;
    }
    return out;
}

/* The same session over TCP, where each packet is a segment. */
static char *over_tcp(const struct session_utterance *session, size_t num)
{
    struct recorder r;
    recorder_start(&r, &tls_dissector, true, 443);
    for (size_t i = 0; i < num; i++) {
        struct ht_bytes left = hex(session[i].hex);
        while (left.len > 0) {
            r.emitter.frame++;
            r.emitter.time_ns += 1000000;
            recorder_bytes(&r, session[i].from == 0 ? HT_SIDE_A : HT_SIDE_B,
                           ht_bytes_head(left, PIECE), 0);
            left = ht_bytes_from(left, PIECE);
        }
    }
    recorder_end(&r);
    char *out = tls_outline(r.text);
    recorder_free(&r);
    return out;
}

static void assert_same_tls(const char *text, const char *expected)
{
    char *got = tls_outline(text);
    assert_string_equal(got, expected);
    free(got);
}

static void say(struct recorder *r, enum ht_side side, struct ht_bytes datagram)
{
    uint8_t *exact = malloc(datagram.len > 0 ? datagram.len : 1);
    assert_non_null(exact);
    memcpy(exact, datagram.ptr, datagram.len);
    r->emitter.frame++;
    r->emitter.time_ns += 1000000;
    ht_dispatch_datagram(&r->dispatch, &r->emitter, side, ht_bytes(exact, datagram.len),
                         datagram.len);
    free(exact);
}

static void say_packet(struct recorder *r, const struct conversation *c, size_t i)
{
    say(r, c->packets[i].side, ht_bytes_from(c->packets[i].bytes, 2));
}

static const struct openvpn_state *end(struct recorder *r)
{
    recorder_end(r);
    assert_non_null(r->dispatch.state);
    return r->dispatch.state;
}

static void check_stream(size_t hmac_len, const struct session_utterance *session, size_t num)
{
    static struct conversation c;
    struct utterance said[MAX_PACKETS];
    converse(&c, hmac_len, session, num);
    for (size_t i = 0; i < c.num; i++) {
        said[i] = (struct utterance){c.packets[i].side, c.packets[i].bytes};
    }
    char *text     = every_split(&openvpn_stream_dissector, said, c.num, PORT);
    char *expected = over_tcp(session, num);
    assert_non_null(strstr(text, "client is A by hard_reset\n"));
    assert_non_null(strstr(text, "A openvpn.hard_reset { session_id=92b8af4a777fc742 }\n"));
    assert_non_null(strstr(text, "B openvpn.hard_reset { session_id=d916c4860cb1d8cf }\n"));
    assert_same_tls(text, expected);
    free(expected);
    free(text);
    forget(&c);
}

static void over_a_stream(void **unused)
{
    (void)unused;
    check_stream(0, tls12_ecdhe_aes128_gcm_sha256_ems,
                 HT_ARRAY_LEN(tls12_ecdhe_aes128_gcm_sha256_ems));
    check_stream(32, tls13_aes128_gcm_sha256, HT_ARRAY_LEN(tls13_aes128_gcm_sha256));
}

static void over_datagrams(void **unused)
{
    static struct conversation c;
    struct recorder r;
    (void)unused;
    CONVERSE(&c, 20, tls12_ecdhe_aes128_gcm_sha256_ems);
    recorder_start(&r, &openvpn_dissector, false, PORT);
    for (size_t i = 0; i < c.num; i++) {
        say_packet(&r, &c, i);
    }
    const struct openvpn_state *state = end(&r);
    char *expected                    = over_tcp(tls12_ecdhe_aes128_gcm_sha256_ems,
                                                 HT_ARRAY_LEN(tls12_ecdhe_aes128_gcm_sha256_ems));
    assert_same_tls(r.text, expected);
    assert_string_equal(state->details.wrapping, "tls_auth");
    assert_int_equal(state->details.hmac_bytes, 20);
    assert_int_equal(state->details.client_packets->hard_resets, 1);
    assert_int_equal(state->details.client_packets->acks, 1);
    assert_int_equal(state->details.client_packets->control, c.next[0] - 1);
    assert_int_equal(state->details.server_packets->control, c.next[1] - 1);
    assert_true(state->tls.details.established);
    free(expected);
    recorder_free(&r);
    forget(&c);
}

/* In runs of one side's packets, the `n`th is swapped with the one `distance` behind it; all are
 * sent twice. */
static void check_order(size_t distance)
{
    static struct conversation c;
    struct recorder r;
    CONVERSE(&c, 0, tls12_ecdhe_aes128_gcm_sha256_ems);
    for (size_t i = 3; i + distance < c.num; i += distance + 1) {
        bool run = true;
        for (size_t k = 1; k <= distance; k++) {
            run = run && c.packets[i + k].side == c.packets[i].side;
        }
        if (run) {
            struct packet swapped   = c.packets[i];
            c.packets[i]            = c.packets[i + distance];
            c.packets[i + distance] = swapped;
        }
    }
    recorder_start(&r, &openvpn_dissector, false, PORT);
    for (size_t i = 0; i < c.num; i++) {
        say_packet(&r, &c, i);
        say_packet(&r, &c, i);
    }
    const struct openvpn_state *state = end(&r);
    char *expected                    = over_tcp(tls12_ecdhe_aes128_gcm_sha256_ems,
                                                 HT_ARRAY_LEN(tls12_ecdhe_aes128_gcm_sha256_ems));
    assert_same_tls(r.text, expected);
    assert_int_equal(state->details.client_packets->retransmitted, c.next[0]);
    assert_int_equal(state->details.server_packets->retransmitted, c.next[1]);
    assert_int_equal(state->details.server_packets->lost, 0);
    free(expected);
    recorder_free(&r);
    forget(&c);
}

static void any_order(void **unused)
{
    (void)unused;
    for (size_t distance = 1; distance <= 6; distance++) {
        check_order(distance);
    }
}

/* The fourth piece of the server's flight, in the midst of Certificate, is missing for good. */
static void a_packet_is_lost(void **unused)
{
    static struct conversation c;
    struct recorder r;
    size_t server = 0;
    (void)unused;
    CONVERSE(&c, 0, tls12_ecdhe_aes128_gcm_sha256_ems);
    recorder_start(&r, &openvpn_dissector, false, PORT);
    for (size_t i = 0; i < c.num; i++) {
        server += c.packets[i].side == HT_SIDE_B;
        if (c.packets[i].side != HT_SIDE_B || server != 5) {
            say_packet(&r, &c, i);
        }
    }
    const struct openvpn_state *state = end(&r);
    assert_int_equal(state->details.server_packets->lost, 1);
    assert_non_null(strstr(r.text, "B tls.server_hello {"));
    assert_non_null(strstr(r.text, "B tls.certificate partial"));
    assert_non_null(strstr(r.text, "B tls.finished encrypted"));
    recorder_free(&r);
    forget(&c);
}

static void say_hex(struct recorder *r, enum ht_side side, const char *digits)
{
    say(r, side, hex(digits));
}

/* Packets of a session with tls-crypt: what is encrypted is noise. */
static void encrypted(void **unused)
{
#define NOISE "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
    struct recorder r;
    (void)unused;
    recorder_start(&r, &openvpn_dissector, false, PORT);
    say_hex(&r, HT_SIDE_A, "38 2a56d979d99eccf4 00000001 63cf4ff5" NOISE "5cab18c23c");
    say_hex(&r, HT_SIDE_B,
            "40 2f64c09039de3623 00000001 63cf4ff5" NOISE "5cab18c23c17d51081eb196a22");
    say_hex(&r, HT_SIDE_A,
            "20 2a56d979d99eccf4 00000002 63cf4ff5" NOISE "160301002a 01000026 0303 05060708");
    say_hex(&r, HT_SIDE_A, "48 000001 0102030405060708");
    say_hex(&r, HT_SIDE_B, "48 000001 010203040506");
    say_hex(&r, HT_SIDE_B, "48 000001 010203040506");
    const struct openvpn_state *state = end(&r);
    assert_string_equal(r.text, "client is A by hard_reset\n"
                                "A openvpn.hard_reset { session_id=2a56d979d99eccf4 }\n"
                                "client is A by hard_reset\n"
                                "B openvpn.hard_reset { session_id=2f64c09039de3623 }\n"
                                "A openvpn.data encrypted { packets=1 bytes=11 }\n"
                                "B openvpn.data encrypted { packets=2 bytes=18 }\n"
                                "A tls.client_hello absent encrypted\n"
                                "B tls.server_hello absent encrypted\n");
    assert_true(state->details.tls_crypt);
    assert_string_equal(state->details.wrapping, "tls_crypt");
    assert_true(state->tls.details.established);
    assert_int_equal(state->direction[0].packets.retransmitted, 0);
    recorder_free(&r);
    /* Where only one side sends data it is not known; what came twice is only counted. */
    recorder_start(&r, &openvpn_dissector, false, PORT);
    say_hex(&r, HT_SIDE_A, "38 2a56d979d99eccf4 00000001 63cf4ff5" NOISE "5cab18c23c");
    say_hex(&r, HT_SIDE_A, "38 2a56d979d99eccf4 00000002 63cf4ff6" NOISE "5cab18c23c");
    say_hex(&r, HT_SIDE_A, "48 000001 0102030405060708");
    state = end(&r);
    assert_false(state->tls.details.established);
    assert_int_equal(state->direction[0].packets.retransmitted, 1);
    recorder_free(&r);
#undef NOISE
}

/* Soft resets of both sides, that of B once more; then a packet of the old key. */
static void reset_softly(struct recorder *r, struct conversation *c, uint8_t key_id)
{
    size_t from = c->num;
    c->key_id   = key_id;
    memset(c->next, 0, sizeof c->next);
    add(c, HT_SIDE_B, OPENVPN_SOFT_RESET, false, ht_bytes(NULL, 0));
    add(c, HT_SIDE_A, OPENVPN_SOFT_RESET, true, ht_bytes(NULL, 0));
    say_packet(r, c, from);
    say_packet(r, c, from);
    say_packet(r, c, from + 1);
    say_hex(r, HT_SIDE_A, "20 92b8af4a777fc742 00 00000044 1603010037 01000033 0303");
}

/* Another TLS session, under key 1, has a control channel of its own: the same is told of the same
 * bytes, and the old key's are left alone. The details are the first session's. */
static void new_keys(void **unused)
{
    static struct conversation c;
    struct recorder r;
    (void)unused;
    CONVERSE(&c, 0, tls12_ecdhe_aes128_gcm_sha256_ems);
    recorder_start(&r, &openvpn_dissector, false, PORT);
    for (size_t i = 0; i < c.num; i++) {
        say_packet(&r, &c, i);
    }
    char *first = tls_outline(r.text);
    size_t told = strlen(r.text);
    reset_softly(&r, &c, 1);
    assert_string_equal(r.text + told, "B openvpn.soft_reset { key_id=1 }\n"
                                       "A openvpn.soft_reset { key_id=1 }\n");
    size_t from = c.num;
    add_tls(&c, tls12_ecdhe_aes128_gcm_sha256_ems, HT_ARRAY_LEN(tls12_ecdhe_aes128_gcm_sha256_ems));
    for (size_t i = from; i < c.num; i++) {
        say_packet(&r, &c, i);
    }
    char *second = tls_outline(r.text + told);
    assert_non_null(strstr(second, "A tls.client_hello"));
    assert_string_equal(second, first);
    const struct openvpn_state *state = end(&r);
    assert_int_equal(state->details.renewals, 1);
    assert_true(state->tls.details.client_hello->frame < from);
    assert_int_equal(state->details.server_packets->soft_resets, 2);
    assert_int_equal(state->details.server_packets->retransmitted, 1);
    assert_int_equal(state->details.client_packets->other, 1);
    free(first);
    free(second);
    recorder_free(&r);
    forget(&c);
}

/* Many are told of, some are followed; and none whose channel is encrypted by then, as OpenVPN 2.6
 * does with keys of the session before. The packet is one that it sent. */
static void many_new_keys(void **unused)
{
    static struct conversation c;
    struct recorder r;
    (void)unused;
    CONVERSE(&c, 0, tls12_ecdhe_aes128_gcm_sha256_ems);
    recorder_start(&r, &openvpn_dissector, false, PORT);
    for (size_t i = 0; i < c.num; i++) {
        say_packet(&r, &c, i);
    }
    say_hex(&r, HT_SIDE_A,
            "19 92b8af4a777fc742 000000016b0201289b19450c57ca989c440382ad4eeaa673204a313cff9d54e1"
            "8dc37e2688e2286e7739a5d2b6");
    assert_null(((const struct openvpn_state *)r.dispatch.state)->renewal);
    for (unsigned i = 0; i < 100; i++) {
        reset_softly(&r, &c, (uint8_t)(1 + i % 7));
    }
    const struct openvpn_state *state = end(&r);
    assert_int_equal(state->details.renewals, OPENVPN_MAX_RENEWALS);
    recorder_free(&r);
    forget(&c);
}

/* A client whose first session got no answer begins another one from the same port. */
static void another_session(void **unused)
{
    static struct conversation c;
    struct recorder r;
    (void)unused;
    CONVERSE(&c, 0, tls12_ecdhe_aes128_gcm_sha256_ems);
    recorder_start(&r, &openvpn_dissector, false, PORT);
    say_hex(&r, HT_SIDE_A, "38 0102030405060708 00 00000000");
    say_hex(&r, HT_SIDE_A, "20 0102030405060708 00 00000001 1603010037 01000033");
    say_hex(&r, HT_SIDE_A, "20 0102030405060708 00 00000014 00"); /* what is between them is lost */
    for (size_t i = 0; i < c.num; i++) {
        say_packet(&r, &c, i);
    }
    /* Once one was answered, no other takes its place. */
    say_hex(&r, HT_SIDE_A, "38 0807060504030201 00 00000000");
    const struct openvpn_state *state = end(&r);
    char *expected                    = over_tcp(tls12_ecdhe_aes128_gcm_sha256_ems,
                                                 HT_ARRAY_LEN(tls12_ecdhe_aes128_gcm_sha256_ems));
    assert_same_tls(r.text, expected);
    assert_memory_equal(state->details.client_session_id.ptr, session_ids[0], OPENVPN_SESSION_ID);
    assert_int_equal(state->details.client_packets->other, 1);
    assert_int_equal(state->details.client_packets->lost, 18);
    assert_false(state->direction[HT_SIDE_A].control.hole); /* of the session that is told */
    free(expected);
    recorder_free(&r);
    forget(&c);
}

/* The capture begins after the resets. */
static void joined_at_the_hello(void **unused)
{
    static struct conversation c;
    struct recorder r;
    (void)unused;
    CONVERSE(&c, 64, tls13_aes128_gcm_sha256);
    recorder_start(&r, &openvpn_dissector, false, PORT);
    for (size_t i = 3; i < c.num; i++) {
        say_packet(&r, &c, i);
    }
    (void)end(&r);
    char *expected = over_tcp(tls13_aes128_gcm_sha256, HT_ARRAY_LEN(tls13_aes128_gcm_sha256));
    assert_same_tls(r.text, expected);
    free(expected);
    recorder_free(&r);
    forget(&c);
}

/* The capture begins in the midst of the server's flight: what is whole after it is told. */
static void joined_amid(void **unused)
{
    static struct conversation c;
    struct utterance said[MAX_PACKETS];
    size_t num = 0, server = 0;
    (void)unused;
    CONVERSE(&c, 20, tls12_ecdhe_aes128_gcm_sha256_ems);
    for (size_t i = 0; i < c.num; i++) {
        server += c.packets[i].side == HT_SIDE_B;
        if (server > 6) {
            said[num++] = (struct utterance){c.packets[i].side, c.packets[i].bytes};
        }
    }
    char *text = every_split(&openvpn_stream_dissector, said, num, PORT);
    assert_null(strstr(text, "malformed"));
    assert_non_null(strstr(text, "A tls.change_cipher_spec\n"));
    assert_non_null(strstr(text, "A tls.finished encrypted\n"));
    assert_non_null(strstr(text, "B tls.finished encrypted\n"));
    assert_non_null(strstr(text, "tls.client_hello absent capture_started_late"));
    free(text);
    forget(&c);
}

static enum ht_match match(const struct ht_dissector *dissector, const char *digits)
{
    struct ht_endpoint endpoint[2] = {0};
    return dissector->match(hex(digits), endpoint, HT_SIDE_A);
}

static void other_protocols(void **unused)
{
    (void)unused;
    assert_int_equal(match(&openvpn_stream_dissector, "16"), HT_MATCH_NO);
    assert_int_equal(match(&openvpn_stream_dissector, "47455420"), HT_MATCH_NO);
    assert_int_equal(match(&openvpn_stream_dissector, "001d 1234 0100"), HT_MATCH_NO);
    assert_int_equal(match(&openvpn_stream_dissector, "000e 38 92b8af"), HT_MATCH_MORE);
    assert_int_equal(match(&openvpn_stream_dissector, "000e 38 92b8af4a777fc742 00 00000000"),
                     HT_MATCH_YES);
    assert_int_equal(match(&openvpn_stream_dissector, "000e 38 92b8af4a777fc742 00 00000001"),
                     HT_MATCH_NO);
    assert_int_equal(match(&openvpn_dissector, "38 92b8af4a777fc742 00 00000001"), HT_MATCH_NO);
    assert_int_equal(match(&openvpn_dissector, "48 000001 0102030405060708"), HT_MATCH_NO);
    assert_int_equal(match(&openvpn_dissector, ""), HT_MATCH_NO);
    /* What a first packet of the control channel has is the beginning of a hello. */
    assert_int_equal(
        match(&openvpn_dissector, "20 92b8af4a777fc742 00 00000001 1603010005 01000001"),
        HT_MATCH_YES);
    assert_int_equal(
        match(&openvpn_dissector, "20 92b8af4a777fc742 00 00000001 1703010005 01000001"),
        HT_MATCH_NO);
    assert_int_equal(
        match(&openvpn_dissector, "20 92b8af4a777fc742 00 00000001 1603010005 0b000001"),
        HT_MATCH_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_a_stream),       cmocka_unit_test(over_datagrams),
        cmocka_unit_test(any_order),           cmocka_unit_test(a_packet_is_lost),
        cmocka_unit_test(encrypted),           cmocka_unit_test(new_keys),
        cmocka_unit_test(many_new_keys),       cmocka_unit_test(another_session),
        cmocka_unit_test(joined_at_the_hello), cmocka_unit_test(joined_amid),
        cmocka_unit_test(other_protocols),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
