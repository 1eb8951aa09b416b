/*
 * Records, handshake messages in them, and where records go on after a hole. The bytes are put
 * together by RFC 8446 sections 4 and 5.1.
 */
#include "support.h"
#include "tls/messages.h"

static bool header_passes(struct ht_bytes in, void *arg)
{
    struct tls_record record;
    (void)arg;
    return tls_record_header(in, &record);
}

static void test_record_header(void **state)
{
    (void)state;
    struct tls_record record;
    assert_true(tls_record_header(hex("16 0301 0002 aabb cc"), &record));
    assert_int_equal(record.type, TLS_HANDSHAKE);
    assert_int_equal(record.version, TLS_10);
    assert_int_equal(record.length, 2);
    assert_int_equal(record.fragment.len, 2);
    assert_int_equal(record.fragment.ptr[1], 0xbb);
    assert_true(tls_record_header(hex("17 0303 4000 aa"), &record));
    assert_int_equal(record.length, 0x4000);
    assert_int_equal(record.fragment.len, 1);
    every_prefix(hex("15 0303 0002"), header_passes, NULL);
}

static void test_record_header_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool good;
    } cases[] = {
        {"14 0303 0001", true},  {"18 0303 0001", true}, /* the first and the last type */
        {"13 0303 0001", false}, {"19 0303 0001", false},
        {"16 0300 0001", true},  {"16 0304 0001", true},
        {"16 0203 0001", false}, {"16 0403 0001", false}, /* another major version */
        {"17 0303 4800", true},  {"17 0303 4801", false}, /* RFC 5246 section 6.2.3 */
        {"17 0303 0000", true},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        assert_int_equal(header_passes(hex(cases[i].header), NULL), cases[i].good);
    }
}

static bool handshake_passes(struct ht_bytes in, void *arg)
{
    struct tls_handshake handshake;
    (void)arg;
    return tls_handshake_frame(in, &handshake);
}

static void test_handshake_frame(void **state)
{
    (void)state;
    struct tls_handshake handshake;
    assert_true(tls_handshake_frame(hex("02 000003 aabbcc 0e000000"), &handshake));
    assert_int_equal(handshake.type, TLS_SERVER_HELLO);
    assert_int_equal(handshake.length, 3);
    assert_int_equal(handshake.body.len, 3);
    assert_false(tls_handshake_frame(hex("0b 010203 aa"), &handshake));
    assert_int_equal(handshake.type, TLS_CERTIFICATE);
    assert_int_equal(handshake.length, 0x010203);
    assert_int_equal(handshake.body.len, 0);
    assert_false(tls_handshake_frame(hex("0b0102"), &handshake));
    assert_int_equal(handshake.type, 0);
    every_prefix(hex("14 000004 01020304"), handshake_passes, NULL);
    every_prefix(hex("0e 000000"), handshake_passes, NULL);
}

static void test_resync(void **state)
{
    (void)state;
    static const struct {
        const char *avail;
        size_t at;
    } cases[] = {
        {"170303 0002 aabb", 0},                          /* to the end */
        {"aabb 170303 0002 aabb", 2},                     /* after the rest of a lost one */
        {"aabb 170303 0002 aabb 170303 0100 cc", 2},      /* two follow each other */
        {"aabb 170303 0002 aabb 1703", 2},                /* the next header is cut */
        {"170303 0002 aabbcc ddeeff 170303 0001 aa", 11}, /* what looks like one, and is not */
        {"aabb 170303 0100 cc 160303 0001 dd", 8},        /* a confirmed one is preferred */
        {"aabb 170303 0100 cc", 2},                       /* else one that goes on */
        {"aabb 170305 0100 cc", 8},                       /* no such version */
        {"aabb 170303 0000", 7},                          /* nothing in it */
        {"aabbccddeeff00", 7},
        {"1703", 2},
        {"", 0},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        assert_int_equal(tls_record_resync(hex(cases[i].avail)), cases[i].at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_header),
        cmocka_unit_test(test_record_header_bounds),
        cmocka_unit_test(test_handshake_frame),
        cmocka_unit_test(test_resync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
