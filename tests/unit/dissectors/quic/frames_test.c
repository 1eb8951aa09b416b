/*
 * Frames. Bytes: the plaintext in RFC 9001 appendix A.3; else put together by RFC 9000 section 19,
 * and for gQUIC's as tshark 4.0 reads them in connections of its versions T050 and T051.
 */
#include "support.h"
#include "vectors.h"

#include "quic/frames.h"

/* A payload is good when it is frames to its end. */
static bool passes(struct ht_bytes payload, void *google)
{
    struct ht_reader r = ht_reader(payload);
    struct quic_frame frame;
    bool good = payload.len > 0;
    while (good && rd_more(&r)) {
        good = google != NULL ? quic_google_frame_next(&r, &frame) : quic_frame_next(&r, &frame);
    }
    return good;
}

static struct quic_frame only(const char *bytes)
{
    struct ht_reader r = ht_reader(hex(bytes));
    struct quic_frame frame;
    assert_true(quic_frame_next(&r, &frame));
    assert_true(rd_done(&r));
    every_prefix(hex(bytes), passes, NULL);
    return frame;
}

/* ACK, then CRYPTO with the ServerHello. */
static void test_server_initial(void **state)
{
    struct ht_reader r = ht_reader(hex(v1_server_frames));
    struct quic_frame frame;
    (void)state;
    assert_true(quic_frame_next(&r, &frame));
    assert_int_equal(frame.type, QUIC_FRAME_ACK);
    assert_true(quic_frame_next(&r, &frame));
    assert_int_equal(frame.type, QUIC_FRAME_CRYPTO);
    assert_int_equal(frame.offset, 0);
    assert_int_equal(frame.data.len, 90);
    assert_int_equal(frame.data.ptr[0], 2);
    assert_true(rd_done(&r));
}

static void test_crypto(void **state)
{
    struct quic_frame frame = only("06 4400 03 aabbcc");
    (void)state;
    assert_int_equal(frame.type, QUIC_FRAME_CRYPTO);
    assert_int_equal(frame.offset, 1024);
    assert_true(ht_bytes_equal(frame.data, hex("aabbcc")));
}

/* What is there of data that end before their length says. */
static void test_cut(void **state)
{
    struct ht_reader r = ht_reader(hex("06 00 05 aabb"));
    struct quic_frame frame;
    (void)state;
    assert_false(quic_frame_next(&r, &frame));
    assert_true(frame.cut);
    assert_true(ht_bytes_equal(frame.data, hex("aabb")));
}

static void test_padding(void **state)
{
    struct ht_reader r = ht_reader(hex("000000 01 0000"));
    struct quic_frame frame;
    (void)state;
    assert_true(quic_frame_next(&r, &frame));
    assert_int_equal(frame.type, QUIC_FRAME_PADDING);
    assert_true(quic_frame_next(&r, &frame));
    assert_int_equal(frame.type, QUIC_FRAME_PING);
    assert_true(quic_frame_next(&r, &frame));
    assert_int_equal(frame.type, QUIC_FRAME_PADDING);
    assert_true(rd_done(&r));
}

static void test_close(void **state)
{
    struct quic_frame frame = only("1c 4178 06 02 6e6f");
    (void)state;
    assert_int_equal(frame.error_code, 0x178);
    assert_int_equal(frame.frame_type, QUIC_FRAME_CRYPTO);
    assert_text(frame.data, "no");
    frame = only("1d 4100 02 6f6b");
    assert_int_equal(frame.error_code, 0x100);
    assert_int_equal(frame.frame_type, 0);
    assert_text(frame.data, "ok");
}

static void test_others(void **state)
{
    (void)state;
    (void)only("02 0a 00 01 02 0304");                  /* ACK with a further range */
    (void)only("03 0a 00 00 02 01 02 03");              /* with counts of ECN */
    (void)only("04 01 02 03");                          /* RESET_STREAM */
    (void)only("05 01 02");                             /* STOP_SENDING */
    assert_text(only("07 02 6162").data, "ab");         /* NEW_TOKEN */
    assert_text(only("0f 04 4400 02 6162").data, "ab"); /* STREAM: offset, length, FIN */
    assert_int_equal(only("0e 04 4400 02 6162").offset, 1024);
    (void)only("10 01");
    (void)only("11 01 02");
    (void)only("12 01");
    (void)only("14 01");
    (void)only("15 01 02");
    (void)only("16 01");
    assert_true(ht_bytes_equal(only("18 01 00 04 a1a2a3a4 000102030405060708090a0b0c0d0e0f").data,
                               hex("a1a2a3a4")));
    (void)only("19 01");
    (void)only("1a 0102030405060708");
    (void)only("1b 0102030405060708");
    (void)only("1e");
}

/* RFC 9221 section 4: without a length a DATAGRAM ends with the packet. The numbers of
 * ACK_FREQUENCY and 0xAC are two bytes of a variable-length integer. */
static void test_extensions(void **state)
{
    struct ht_reader r = ht_reader(hex("30 010203"));
    struct quic_frame frame;
    (void)state;
    assert_true(quic_frame_next(&r, &frame));
    assert_true(rd_done(&r));
    assert_true(ht_bytes_equal(frame.data, hex("010203")));
    frame = only("31 03 010203");
    assert_int_equal(frame.type, QUIC_FRAME_DATAGRAM + 1);
    assert_true(ht_bytes_equal(frame.data, hex("010203")));
    assert_int_equal(only("40af 01 02 4003 00").type, QUIC_FRAME_ACK_FREQUENCY);
    (void)only("1f");
    (void)only("40ac");
    (void)only("24 04 00 4400 01"); /* RESET_STREAM_AT */
}

/* RFC 9000 section 12.4, table 3: "IH". */
static void test_permitted(void **state)
{
    static const uint64_t permitted[] = {0, 1, 2, 3, 6, 0x1C};
    size_t n                          = 0;
    (void)state;
    for (uint64_t type = 0; type < 256; type++) {
        bool is_listed = n < HT_ARRAY_LEN(permitted) && permitted[n] == type;
        assert_int_equal(quic_frame_permitted(&(struct quic_frame){.type = type}), is_listed);
        n += is_listed;
    }
}

static void test_unknown(void **state)
{
    struct ht_reader r = ht_reader(hex("40ff 01"));
    struct quic_frame frame;
    (void)state;
    assert_false(quic_frame_next(&r, &frame));
    assert_false(frame.cut);
}

/* An ACK that announces more ranges than there are bytes must not be walked through to its end. */
static void test_ack_announces_much(void **state)
{
    struct ht_reader r = ht_reader(hex("02 0a 00 ffffffffffffffff 02"));
    struct quic_frame frame;
    (void)state;
    assert_false(quic_frame_next(&r, &frame));
}

static void test_google(void **state)
{
    static char google;
    struct ht_reader r = ht_reader(hex("08 00 4003 010203  60 05 0000 01 02 0102 02 0100000000 "
                                       "010203  07  02 00000019 0002 6e6f  0000"));
    struct quic_frame frame;
    (void)state;
    assert_true(quic_google_frame_next(&r, &frame));
    assert_int_equal(frame.type, QUIC_FRAME_CRYPTO);
    assert_true(ht_bytes_equal(frame.data, hex("010203")));
    assert_true(quic_google_frame_next(&r, &frame));
    assert_int_equal(frame.type, QUIC_FRAME_ACK);
    assert_true(quic_google_frame_next(&r, &frame));
    assert_int_equal(frame.type, QUIC_FRAME_PING);
    assert_true(quic_google_frame_next(&r, &frame));
    assert_int_equal(frame.type, QUIC_FRAME_CLOSE);
    assert_int_equal(frame.error_code, 25);
    assert_text(frame.data, "no");
    assert_true(quic_google_frame_next(&r, &frame));
    assert_int_equal(frame.type, QUIC_FRAME_PADDING);
    assert_true(rd_done(&r));
    every_prefix(hex("08 00 4003 010203"), passes, &google);
    every_prefix(hex("02 00000019 0002 6e6f"), passes, &google);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_initial),
        cmocka_unit_test(test_crypto),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_permitted),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_ack_announces_much),
        cmocka_unit_test(test_google),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
