/*
 * Google's QUIC: packets and messages put together by the documents that google.h names; the forms
 * of the packets are those that tshark 4.0 reads in connections of versions Q039, Q043 and Q046.
 */
#include "support.h"

#include "quic/google.h"
#include "quic/versions.h"

/* CHLO: SNI "example.com", UAID "Chrome/80", VER "Q043". */
#define CHLO                                                                                       \
    "43484c4f 0300 0000 534e4900 0b000000 55414944 14000000 56455200 18000000 "                    \
    "6578616d706c652e636f6d 4368726f6d652f3830 51303433"
#define HASH "000102030405060708090a0b"

static int start(void **state)
{
    static struct ht_arena arena;
    *state = &arena;
    return 0;
}

static int stop(void **state)
{
    ht_arena_clear(*state);
    return 0;
}

static bool passes(struct ht_bytes bytes, void *scratch)
{
    struct quic_google_message message;
    return quic_google_message_parse(bytes, scratch, &message);
}

static void test_message(void **state)
{
    struct quic_google_message m;
    assert_true(quic_google_message_parse(hex(CHLO), *state, &m));
    assert_text(m.message, "CHLO");
    assert_text(m.server_name, "example.com");
    assert_text(m.user_agent, "Chrome/80");
    assert_text(m.version, "Q043");
    assert_int_equal(m.tags.len, 3);
    assert_text(m.tags.items[0], "SNI");
    assert_text(m.tags.items[1], "UAID");
    every_prefix(hex(CHLO), passes, *state);
}

/* A value that ends before the one before it. */
static void test_backwards(void **state)
{
    struct quic_google_message m;
    assert_false(quic_google_message_parse(
        hex("43484c4f 0200 0000 534e4900 04000000 55414944 02000000 61626364"), *state, &m));
    assert_text(m.server_name, "abcd");
}

static void check(struct ht_arena *scratch, const char *bytes, uint32_t version)
{
    struct quic_google_packet packet;
    struct quic_google_message m;
    assert_true(quic_google_packet_parse(hex(bytes), 0x51303433, &packet));
    assert_int_equal(packet.version, version);
    assert_true(ht_bytes_equal(packet.connection_id, hex("c1c2c3c4c5c6c7c8")));
    assert_true(quic_google_message_parse(packet.crypto, scratch, &m));
    assert_text(m.server_name, "example.com");
    assert_int_equal(quic_google_begins(hex(bytes)), version != 0);
}

static void test_packets(void **state)
{
    /* Up to Q043; a length of 64 in either order of bytes; padding before the frame. */
    check(*state, "0d c1c2c3c4c5c6c7c8 51303433 01 " HASH " a0 01 0038 " CHLO, 0x51303433);
    check(*state, "0d c1c2c3c4c5c6c7c8 51303234 01 " HASH " a0 01 3800 " CHLO, 0x51303234);
    check(*state, "1d c1c2c3c4c5c6c7c8 51303339 0001 " HASH " 0000 80 01 " CHLO, 0x51303339);
    /* A server's, without version. */
    check(*state, "08 c1c2c3c4c5c6c7c8 01 " HASH " a0 01 0038 " CHLO, 0);
    /* From Q044 on. */
    check(*state, "c3 51303436 50 c1c2c3c4c5c6c7c8 00000001 " HASH " a0 01 0038 " CHLO, 0x51303436);
}

/* Not the beginning of the stream, and another stream. */
static void test_other_data(void **state)
{
    struct quic_google_packet packet;
    (void)state;
    assert_true(quic_google_packet_parse(
        hex("0d c1c2c3c4c5c6c7c8 51303433 01 " HASH " a4 01 0400 0002 4142"), 0, &packet));
    assert_int_equal(packet.crypto.len, 0);
    assert_true(quic_google_packet_parse(
        hex("0d c1c2c3c4c5c6c7c8 51303433 01 " HASH " a0 03 0002 4142"), 0, &packet));
    assert_int_equal(packet.crypto.len, 0);
    assert_false(quic_google_packet_parse(hex("0d c1c2c3c4c5c6c7c8 51303433 01 0102"), 0, &packet));
    assert_false(quic_google_begins(hex("0d c1c2c3c4c5c6c7c8 52303433 01 " HASH)));
    assert_false(quic_google_begins(hex("")));
}

static void test_versions(void **state)
{
    assert_text(quic_version_name(*state, 0x51303433), "Google Q043");
    assert_true(quic_is_google(0x51303234));
    assert_false(quic_is_google(0x51303530)); /* Q050 has IETF's packets */
    assert_false(quic_is_google(0x51303a30));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message),  cmocka_unit_test(test_backwards),
        cmocka_unit_test(test_packets),  cmocka_unit_test(test_other_data),
        cmocka_unit_test(test_versions),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
