/*
 * Packets as OpenVPN's "Network protocol" describes them, field by field.
 */
#include "support.h"

#include "openvpn/packet.h"

#define SESSION "92b8af4a777fc742"
#define PEER "d916c4860cb1d8cf"
#define HMAC_16 "c1024276d8a9a1c2321879a02264b3cc"
#define HMAC_20 HMAC_16 "bc807707"
#define HMAC_28 HMAC_20 "0102030405060708"
#define HMAC_32 HMAC_16 HMAC_16
#define HMAC_48 HMAC_32 HMAC_16
#define HMAC_64 HMAC_32 HMAC_32
#define REPLAY "00000001 577e73b3 "
#define NO_ACKS "00 "
#define ACK_0 "01 00000000" PEER
#define MESSAGE_0 "00000000"
#define HELLO "1603010037 01000033 0303"

static enum openvpn_wrapping wrapping_of(const char *digits)
{
    return openvpn_detect(hex(digits)).wrapping;
}

static void plain_resets(void **unused)
{
    (void)unused;
    assert_int_equal(wrapping_of("38" SESSION NO_ACKS MESSAGE_0), OPENVPN_PLAIN);
    assert_int_equal(wrapping_of("40" SESSION ACK_0 MESSAGE_0), OPENVPN_PLAIN);
}

static void digests_are_told_by_their_size(void **unused)
{
    static const struct {
        const char *client, *server;
        uint8_t len;
    } by_digest[] = {
#define WITH(hmac, len)                                                                            \
    {"38" SESSION hmac REPLAY NO_ACKS MESSAGE_0, "40" SESSION hmac REPLAY ACK_0 MESSAGE_0, len}
        WITH(HMAC_16, 16), WITH(HMAC_20, 20), WITH(HMAC_28, 28),
        WITH(HMAC_32, 32), WITH(HMAC_48, 48), WITH(HMAC_64, 64),
#undef WITH
    };
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(by_digest); i++) {
        struct openvpn_framing client = openvpn_detect(hex(by_digest[i].client));
        struct openvpn_framing server = openvpn_detect(hex(by_digest[i].server));
        assert_int_equal(client.wrapping, OPENVPN_TLS_AUTH);
        assert_int_equal(client.hmac_len, by_digest[i].len);
        assert_int_equal(server.wrapping, OPENVPN_TLS_AUTH);
        assert_int_equal(server.hmac_len, by_digest[i].len);
    }
}

/* As long as one with a HMAC of 32 bytes, but the replay id comes before the HMAC. */
static void encrypted_resets(void **unused)
{
    (void)unused;
    assert_int_equal(wrapping_of("38" SESSION REPLAY HMAC_32 "9f1b2a3c4d"), OPENVPN_TLS_CRYPT);
    /* 2.6 says by the id that it can negotiate early. */
    assert_int_equal(wrapping_of("38" SESSION "0f000001 577e73b3" HMAC_32 "9f1b2a3c4d"),
                     OPENVPN_TLS_CRYPT);
    assert_int_equal(wrapping_of("40" SESSION REPLAY HMAC_32 "9f1b2a3c4d" HMAC_16),
                     OPENVPN_TLS_CRYPT);
    assert_int_equal(wrapping_of("38" SESSION "00010001 577e73b3" HMAC_32 "9f1b2a3c4d"),
                     OPENVPN_UNKNOWN);
}

/* A wrapped client key: its tag, 256 bytes of keys, metadata, its length (2.6, "tls-crypt-v2"). */
static void client_keys(void **unused)
{
    uint8_t packet[1 + 8 + 8 + 32 + 5 + 299];
    struct ht_bytes head = hex("50" SESSION REPLAY HMAC_32 "9f1b2a3c4d");
    (void)unused;
    memset(packet, 0xA5, sizeof packet);
    memcpy(packet, head.ptr, head.len);
    packet[sizeof packet - 2] = 299 >> 8;
    packet[sizeof packet - 1] = 299 & 0xFF;
    struct ht_bytes whole     = ht_bytes(packet, sizeof packet);
    assert_int_equal(openvpn_detect(whole).wrapping, OPENVPN_TLS_CRYPT);
    assert_int_equal(openvpn_detect(ht_bytes_head(whole, whole.len - 1)).wrapping, OPENVPN_UNKNOWN);
}

static void hellos_tell_the_framing_too(void **unused)
{
    (void)unused;
    assert_int_equal(wrapping_of("20" SESSION NO_ACKS "00000001" HELLO), OPENVPN_PLAIN);
    assert_int_equal(wrapping_of("20" SESSION HMAC_20 REPLAY ACK_0 "00000001" HELLO),
                     OPENVPN_TLS_AUTH);
    assert_int_equal(wrapping_of("20" SESSION NO_ACKS "00000002 0102030405060708090a0b"),
                     OPENVPN_UNKNOWN);
}

static void other_protocols(void **unused)
{
    (void)unused;
    /* A DNS query of 54 bytes whose id begins with 0x38: www.… A, no EDNS (RFC 1035). */
    assert_int_equal(wrapping_of("38aa 0100 0001 0000 0000 0000 03777777 1e"
                                 "6161616161616161616161616161616161616161616161616161616161"
                                 "61 00 0001 0001"),
                     OPENVPN_UNKNOWN);
    /* Mostly zero: no session id. */
    assert_int_equal(wrapping_of("38 0000000001000000 00 00000000"), OPENVPN_UNKNOWN);
    assert_int_equal(wrapping_of("38" SESSION NO_ACKS "00000001"), OPENVPN_UNKNOWN);
    assert_int_equal(wrapping_of("39" SESSION NO_ACKS MESSAGE_0), OPENVPN_UNKNOWN); /* key 1 */
    assert_int_equal(wrapping_of("38" SESSION NO_ACKS MESSAGE_0 "00"), OPENVPN_UNKNOWN);
    assert_int_equal(wrapping_of("48" SESSION NO_ACKS MESSAGE_0), OPENVPN_UNKNOWN); /* data */
}

static enum openvpn_wrapping amid(const char *digits)
{
    return openvpn_detect_amid(hex(digits)).wrapping;
}

/* An answer of DNS whose id begins as a control packet does: the first bytes of one over TCP (RFC
 * 1035 section 4.1.1), with a name of ten letters. */
static void dns_is_not_the_midst_of_a_session(void **unused)
{
    struct ht_bytes answer = hex("25728180000100030000000003626967076773726d706c650474657374"
                                 "0000100001c00c0010000100000e100004036f6e65");
    (void)unused;
    assert_int_equal(openvpn_detect_amid(answer).wrapping, OPENVPN_UNKNOWN);
}

static void the_midst_of_a_session(void **unused)
{
    (void)unused;
    assert_int_equal(amid("28" SESSION "02 00000011 00000012" PEER), OPENVPN_PLAIN);
    assert_int_equal(amid("29" SESSION HMAC_20 "00000a01 577e73b3 01 00000003" PEER),
                     OPENVPN_TLS_AUTH);
    assert_int_equal(amid("20" SESSION NO_ACKS "00000021 0102030405"), OPENVPN_PLAIN);
    assert_int_equal(amid("28" SESSION "01 00100011" PEER), OPENVPN_UNKNOWN);
    assert_int_equal(amid("28" SESSION "01 00000011" PEER "00"), OPENVPN_UNKNOWN);
    assert_int_equal(amid("28" SESSION "00"), OPENVPN_UNKNOWN);
    assert_int_equal(amid("20" SESSION NO_ACKS "00010021 0102030405"), OPENVPN_UNKNOWN);
    assert_int_equal(amid("30" SESSION NO_ACKS "00000021 0102030405"), OPENVPN_UNKNOWN);
}

static bool is_reset(struct ht_bytes bytes, void *arg)
{
    (void)arg;
    return openvpn_detect(bytes).wrapping != OPENVPN_UNKNOWN;
}

static bool is_plain(struct ht_bytes bytes, void *arg)
{
    struct openvpn_packet packet;
    const struct openvpn_framing plain = {.wrapping = OPENVPN_PLAIN};
    (void)arg;
    return openvpn_packet_read(bytes, plain, &packet);
}

static void prefixes(void **unused)
{
    (void)unused;
    every_prefix(hex("38" SESSION NO_ACKS MESSAGE_0), is_reset, NULL);
    every_prefix(hex("40" SESSION ACK_0 MESSAGE_0), is_reset, NULL);
    every_prefix(hex("38" SESSION HMAC_64 REPLAY NO_ACKS MESSAGE_0), is_reset, NULL);
    every_prefix(hex("40" SESSION HMAC_20 REPLAY ACK_0 MESSAGE_0), is_reset, NULL);
    every_prefix(hex("28" SESSION "02 00000001 00000002" PEER), is_plain, NULL);
    every_prefix(hex("20" SESSION "02 00000001 00000002" PEER "00000007"), is_plain, NULL);
}

static void fields(void **unused)
{
    struct openvpn_packet packet;
    const struct openvpn_framing auth = {.wrapping = OPENVPN_TLS_AUTH, .hmac_len = 20};
    (void)unused;
    assert_true(openvpn_packet_read(
        hex("22" SESSION HMAC_20 REPLAY "02 00000001 00000002" PEER "00000007 abcd"), auth,
        &packet));
    assert_int_equal(packet.opcode, OPENVPN_CONTROL);
    assert_int_equal(packet.key_id, 2);
    assert_int_equal(packet.session_id.ptr[0], 0x92);
    assert_int_equal(packet.replay_id, 1);
    assert_int_equal(packet.replay_time, 0x577e73b3);
    assert_int_equal(packet.acks.len, 8);
    assert_int_equal(packet.remote_session_id.ptr[0], 0xd9);
    assert_int_equal(packet.message_id, 7);
    assert_int_equal(packet.payload.len, 2);
    assert_true(openvpn_packet_read(hex("48"), auth, &packet)); /* data: the opcode tells all */
    assert_int_equal(packet.opcode, OPENVPN_DATA_V2);
    assert_false(openvpn_packet_read(hex("60" SESSION), auth, &packet));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_resets),
                                       cmocka_unit_test(digests_are_told_by_their_size),
                                       cmocka_unit_test(encrypted_resets),
                                       cmocka_unit_test(client_keys),
                                       cmocka_unit_test(hellos_tell_the_framing_too),
                                       cmocka_unit_test(other_protocols),
                                       cmocka_unit_test(dns_is_not_the_midst_of_a_session),
                                       cmocka_unit_test(the_midst_of_a_session),
                                       cmocka_unit_test(prefixes),
                                       cmocka_unit_test(fields)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
