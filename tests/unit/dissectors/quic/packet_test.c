/*
 * Packets by their headers. Bytes: RFC 9001 and RFC 9369 appendix A; else put together by RFC 9000
 * section 17.
 */
#include "support.h"
#include "vectors.h"

#include "quic/packet.h"
#include "quic/varint.h"

static bool passes(struct ht_bytes datagram, void *unused)
{
    struct quic_packet packet;
    (void)unused;
    return quic_packet_parse(datagram, &packet);
}

/* RFC 9000 appendix A.1. */
static void test_varint(void **state)
{
    struct ht_reader r = ht_reader(hex("c2197c5eff14e88c 9d7f3e7d 7bbd 25 4025"));
    (void)state;
    assert_int_equal(rd_varint(&r), UINT64_C(151288809941952652));
    assert_int_equal(rd_varint(&r), 494878333);
    assert_int_equal(rd_varint(&r), 15293);
    assert_int_equal(rd_varint(&r), 37);
    assert_int_equal(rd_varint(&r), 37);
    assert_true(rd_done(&r));
    (void)rd_varint(&r);
    assert_true(r.bad);
}

static void check_initial(const char *bytes, uint32_t version)
{
    struct quic_packet packet;
    assert_true(quic_packet_parse(hex(bytes), &packet));
    assert_int_equal(packet.type, QUIC_INITIAL);
    assert_int_equal(packet.version, version);
    assert_true(ht_bytes_equal(packet.destination_id, hex("8394c8f03e515708")));
    assert_int_equal(packet.source_id.len, 0);
    assert_int_equal(packet.token.len, 0);
    assert_int_equal(packet.header_len, 18);
    assert_int_equal(packet.bytes.len, 1200);
    every_prefix(hex(bytes), passes, NULL);
}

static void test_initial(void **state)
{
    (void)state;
    check_initial(v1_client_packet, QUIC_V1);
    check_initial(v2_client_packet, QUIC_V2);
}

static void check_retry(const char *bytes)
{
    struct quic_packet packet;
    assert_true(quic_packet_parse(hex(bytes), &packet));
    assert_int_equal(packet.type, QUIC_RETRY);
    assert_int_equal(packet.destination_id.len, 0);
    assert_true(ht_bytes_equal(packet.source_id, hex("f067a5502a4262b5")));
    assert_text(packet.token, "token");
}

static void test_retry(void **state)
{
    (void)state;
    check_retry(v1_retry);
    check_retry(v2_retry);
}

/* Before draft 25: the original connection id instead of a tag. */
static void test_retry_of_draft(void **state)
{
    struct quic_packet packet;
    (void)state;
    assert_true(quic_packet_parse(hex("f0 ff000018 00 02aabb 03c1c2c3 746f6b656e"), &packet));
    assert_int_equal(packet.type, QUIC_RETRY);
    assert_true(ht_bytes_equal(packet.original_id, hex("c1c2c3")));
    assert_text(packet.token, "token");
}

static void test_version_negotiation(void **state)
{
    struct quic_packet packet;
    struct ht_bytes bytes = hex("80 00000000 02aabb 01cc 00000001 6b3343cf");
    (void)state;
    assert_true(quic_packet_parse(bytes, &packet));
    assert_int_equal(packet.type, QUIC_VERSION_NEGOTIATION);
    assert_true(ht_bytes_equal(packet.versions, hex("00000001 6b3343cf")));
    assert_true(quic_begins(bytes));
    assert_false(quic_packet_parse(ht_bytes_head(bytes, bytes.len - 1), &packet));
    assert_false(quic_packet_parse(ht_bytes_head(bytes, bytes.len - 8), &packet));
    /* Nothing that is known is offered: no proof that this is QUIC. */
    assert_false(quic_begins(hex("80 00000000 02aabb 01cc 12345678")));
}

/* An Initial, a Handshake and a 1-RTT packet in one datagram. */
static void test_coalesced(void **state)
{
    struct ht_bytes rest = hex("c0 00000001 01aa 01bb 00 03 010203  e0 00000001 01aa 01bb 02 0405 "
                               "41aa0102030405");
    struct quic_packet packet;
    (void)state;
    assert_true(quic_packet_parse(rest, &packet));
    assert_int_equal(packet.type, QUIC_INITIAL);
    assert_int_equal(packet.header_len, 11);
    rest = ht_bytes_from(rest, packet.bytes.len);
    assert_true(quic_packet_parse(rest, &packet));
    assert_int_equal(packet.type, QUIC_HANDSHAKE);
    assert_int_equal(packet.header_len, 10);
    rest = ht_bytes_from(rest, packet.bytes.len);
    assert_true(quic_packet_parse(rest, &packet));
    assert_int_equal(packet.type, QUIC_ONE_RTT);
    assert_int_equal(packet.bytes.len, 7);
}

/* RFC 9369 section 3.2. */
static void test_types(void **state)
{
    static const uint8_t types[] = {QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE};
    (void)state;
    for (unsigned i = 0; i < HT_ARRAY_LEN(types); i++) {
        uint8_t v1[] = {(uint8_t)(0xC0 | i << 4), 0, 0, 0, 1, 0, 0, 0, 0};
        uint8_t v2[] = {(uint8_t)(0xC0 | (i + 1) << 4), 0x6B, 0x33, 0x43, 0xCF, 0, 0, 0, 0};
        struct quic_packet packet;
        assert_true(quic_packet_parse(ht_bytes(v1, sizeof v1), &packet));
        assert_int_equal(packet.type, types[i]);
        assert_true(quic_packet_parse(ht_bytes(v2, sizeof v2), &packet));
        assert_int_equal(packet.type, types[i]);
    }
}

static void test_none(void **state)
{
    struct quic_packet packet;
    (void)state;
    assert_false(quic_packet_parse(hex(""), &packet));
    assert_false(quic_packet_parse(hex("c0 12345678 00 00 00"), &packet)); /* unknown version */
    /* A connection id of 21 bytes. */
    assert_false(quic_packet_parse(
        hex("c0 00000001 15 000102030405060708090a0b0c0d0e0f1011121314 00 00 00"), &packet));
}

/* What begins other protocols over UDP: DNS, RTP, STUN, DTLS; a short header. */
static void test_begins(void **state)
{
    (void)state;
    assert_true(quic_begins(hex(v1_client_packet)));
    assert_true(quic_begins(hex(v2_server_packet)));
    assert_true(quic_begins(ht_bytes_head(hex(v1_client_packet), 256))); /* cut by the snaplen */
    assert_false(quic_begins(hex("12340100000100000000000003777777")));
    assert_false(quic_begins(hex("80000001000000a0deadbeef7f7f7f7f")));
    assert_false(quic_begins(hex("000100002112a442000102030405060708090a0b")));
    assert_false(quic_begins(hex("16feff0000000000000000007a010000")));
    assert_false(quic_begins(hex("41aa01020304050607")));
    assert_false(quic_begins(hex("")));
    /* GREASE: only a whole Initial to an id that a client may choose. */
    assert_true(quic_begins(hex("c0 0a0a0a0a 08 0102030405060708 00 00 02 0000")));
    assert_false(quic_begins(hex("c0 0a0a0a0a 04 01020304 00 00 02 0000")));
    assert_false(quic_begins(hex("e0 0a0a0a0a 08 0102030405060708 00 02 0000")));
}

static void test_names(void **state)
{
    struct ht_arena arena = {0};
    (void)state;
    assert_text(quic_version_name(&arena, 0x6b3343cf), "QUIC v2");
    assert_text(quic_version_name(&arena, 0xff00001d), "QUIC draft-29");
    assert_text(quic_version_name(&arena, 0x1a2a3a4a), "GREASE_1A2A3A4A");
    assert_text(quic_version_name(&arena, 0x12345678), "0x12345678");
    assert_text(quic_hex(&arena, 0x178, 2), "0x178");
    assert_text(quic_hex(&arena, 1, 2), "0x01");
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_varint),
        cmocka_unit_test(test_initial),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_retry_of_draft),
        cmocka_unit_test(test_version_negotiation),
        cmocka_unit_test(test_coalesced),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_begins),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
