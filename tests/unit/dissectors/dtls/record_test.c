/*
 * Records as RFC 6347 section 4.1, RFC 9146 section 4 and RFC 9147 section 4 draw them, alone and
 * several in a datagram, and what may be around a datagram (RFC 7983, 8656, 5415).
 */
#include "support.h"
#include "vectors.h"

#include "dtls/record.h"
#include "tls/messages.h"

#define ID "0102030405060708"

static struct dtls_record read_one(const char *digits, size_t id_length)
{
    struct dtls_record record;
    struct ht_reader r = ht_reader(hex(digits));
    assert_true(dtls_record_read(&r, id_length, false, &record));
    assert_true(rd_done(&r));
    return record;
}

static void reads_a_header(void **unused)
{
    (void)unused;
    struct dtls_record record = read_one("16 fefd 0001 00000a0b0c0d 0003 aabbcc", 0);
    assert_int_equal(record.type, TLS_HANDSHAKE);
    assert_int_equal(record.version, DTLS_12);
    assert_int_equal(record.epoch, 1);
    assert_int_equal(record.sequence, 0x0a0b0c0d);
    assert_int_equal(record.length, 3);
    assert_int_equal(record.fragment.len, 3);
    assert_false(record.unified);
}

/* The server's first flight: ServerHello, Certificate, ServerKeyExchange, ServerHelloDone. */
static void reads_several(void **unused)
{
    struct dtls_record record;
    struct ht_reader r = ht_reader(hex(dtls12_datagrams[3].hex));
    size_t num         = 0;
    (void)unused;
    while (rd_more(&r)) {
        assert_true(dtls_record_read(&r, 0, false, &record));
        assert_int_equal(record.type, TLS_HANDSHAKE);
        assert_int_equal(record.sequence, ++num);
    }
    assert_true(rd_done(&r));
    assert_int_equal(num, 4);
}

static bool is_record(struct ht_bytes bytes, void *arg)
{
    struct dtls_record record;
    struct ht_reader r = ht_reader(bytes);
    return dtls_record_read(&r, *(size_t *)arg, false, &record) && rd_done(&r);
}

static void no_prefix_is_a_record(void **unused)
{
    size_t no_id = 0, id = 8;
    (void)unused;
    every_prefix(hex(dtls12_datagrams[0].hex), is_record, &no_id);
    every_prefix(hex(dtls13_record), is_record, &no_id);
    every_prefix(hex("19 fefd 0001 000000000002" ID "0004 01020304"), is_record, &id);
    every_prefix(hex("3e" ID "0001 0004 01020304"), is_record, &id);
}

static void refuses_what_is_none(void **unused)
{
    static const char *const bad[] = {
        "13 fefd 0000 000000000000 0001 00", /* type 19 */
        "1b fefd 0000 000000000000 0001 00", /* type 27 */
        "16 0303 0000 000000000000 0001 00", /* TLS */
        "16 fefc 0000 000000000000 0001 00", /* DTLS 1.3 never says so there */
        "16 fefd 0000 000000000000 0002 00", /* past the end */
    };
    struct dtls_record record;
    struct ht_reader long_one = ht_reader(hex("17 fefd 0001 000000000000 4801 00"));
    size_t no_id              = 0;
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(bad); i++) {
        assert_false(is_record(hex(bad[i]), &no_id));
    }
    /* Too long for any record, even one that was cut. */
    assert_false(dtls_record_read(&long_one, 0, true, &record));
}

/* RFC 9147 figure 3: all forms of the unified header; here 0 0 1 C S L E E. */
static void reads_unified_headers(void **unused)
{
    static const struct {
        const char *digits;
        size_t id_length, length;
        uint16_t epoch;
        size_t id;
    } forms[] = {
        {"22 01 aabbcc", 0, 3, 2, 0},           /* 8-bit sequence number, to the end */
        {"2a 0001 aabbcc", 0, 3, 2, 0},         /* 16-bit sequence number */
        {"26 01 0003 aabbcc", 0, 3, 2, 0},      /* a length */
        {"2f 0001 0003 aabbcc", 0, 3, 3, 0},    /* both, epoch 3 */
        {"31" ID "01 aabb", 8, 2, 1, 8},        /* a connection id */
        {"3f" ID "0001 0002 aabb", 8, 2, 3, 8}, /* all */
        {"3f" ID "0001 0002 aabb", 0, 14, 3, 0} /* an id of unknown length: all of it */
    };
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(forms); i++) {
        struct dtls_record record = read_one(forms[i].digits, forms[i].id_length);
        assert_true(record.unified);
        assert_int_equal(record.type, TLS_APPLICATION_DATA);
        assert_int_equal(record.epoch, forms[i].epoch);
        assert_int_equal(record.length, forms[i].length);
        assert_int_equal(record.fragment.len, forms[i].length);
        assert_int_equal(record.connection_id.len, forms[i].id);
    }
}

/* The Illustrated DTLS Connection's EncryptedExtensions: header 2e, sequence number 79fa as
 * encrypted, length 002f. */
static void reads_a_published_record(void **unused)
{
    (void)unused;
    struct dtls_record record = read_one(dtls13_record, 0);
    assert_true(record.unified);
    assert_int_equal(record.epoch, 2);
    assert_int_equal(record.length, 0x2f);
    assert_true(ht_bytes_equal(ht_bytes_head(record.fragment, 3), hex("ee9dcf")));
}

static void reads_connection_ids_of_dtls12(void **unused)
{
    static const char digits[] = "19 fefd 0001 000000000002" ID "0004 01020304";
    (void)unused;
    struct dtls_record record = read_one(digits, 8);
    assert_int_equal(record.type, DTLS_TLS12_CID);
    assert_true(ht_bytes_equal(record.connection_id, hex(ID)));
    assert_true(ht_bytes_equal(record.fragment, hex("01020304")));
    record = read_one(digits, 0);
    assert_int_equal(record.connection_id.len, 0);
    assert_int_equal(record.fragment.len, 8 + 2 + 4);
}

static void reads_what_was_cut(void **unused)
{
    struct dtls_record record;
    struct ht_reader r = ht_reader(hex("16 fefd 0000 000000000000 0100 0b0000"));
    (void)unused;
    assert_true(dtls_record_read(&r, 0, true, &record));
    assert_int_equal(record.length, 0x100);
    assert_int_equal(record.fragment.len, 3);
}

static void knows_how_it_begins(void **unused)
{
    static const char *const others[] = {
        "0001 0000 2112a442 000000000000000000000000",          /* STUN Binding request */
        "80 60 0001 00000000 00000001 0102030405060708",        /* RTP */
        "c0 00000001 08 0102030405060708 00 00 41 00 01020304", /* QUIC */
        "1234 0100 0001 0000 0000 0000 03777777 00 0001 0001",  /* DNS */
        "16fe fd00 0001 0000 0000 0000 03777777 00 0001 0001",  /* DNS, by chance alike */
        "2f 0001 0003 aabbcc aabbccddeeff00112233",             /* too weak a sign alone */
        "16 fefd 0000 000000000000 0010 63 000004 0000 000000 000004 00000000", /* type 99 */
        "16 fefd 0000 000000000000 0010 01 000004 0000 000001 000004 00000000", /* past its end */
        "17 fefd 0001 000000000000 0010 00",                                    /* not all there */
    };
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(dtls12_datagrams); i++) {
        assert_true(dtls_begins(hex(dtls12_datagrams[i].hex)));
    }
    /* Cisco AnyConnect's version. */
    assert_true(dtls_begins(hex("16 0100 0000 000000000000 000d 01 000064 0000 000000 000001 01")));
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        assert_false(dtls_begins(hex(others[i])));
    }
}

static void assert_unwrapped(const char *digits, const char *within, const char *inner)
{
    const char *got_within;
    struct ht_bytes got = dtls_unwrap(hex(digits), &got_within);
    assert_true(ht_bytes_equal(got, hex(inner)));
    if (within == NULL) {
        assert_null(got_within);
    } else {
        assert_string_equal(got_within, within);
    }
}

static void steps_over_wrappings(void **unused)
{
    (void)unused;
    /* RFC 8656 section 12.4: channel number, length, data, padding. */
    assert_unwrapped("4001 0003 16fefd 00", "turn_channel", "16fefd");
    assert_unwrapped("4001 0005 16fefd 00", NULL, "4001 0005 16fefd 00");
    /* RFC 8656 sections 11.6 and 18: XOR-PEER-ADDRESS (0x0012), then DATA (0x0013) with padding. */
    assert_unwrapped("0017 0014 2112a442 000102030405060708090a0b"
                     "0012 0008 0001 a147 e112a643"
                     "0013 0003 16fefd 00",
                     "stun_indication", "16fefd");
    assert_unwrapped(
        "0016 0010 2112a442 000102030405060708090a0b 8022 0003 616263 00 0013 0003 16fefd",
        "stun_indication", "16fefd");
    /* A Binding request, and a DATA attribute that ends early. */
    assert_unwrapped("0001 0000 2112a442 000102030405060708090a0b", NULL,
                     "0001 0000 2112a442 000102030405060708090a0b");
    assert_unwrapped("0016 0007 2112a442 000102030405060708090a0b 0013 0004 16fefd",
                     "stun_indication", "");
    assert_unwrapped("0017 0000", NULL, "0017 0000");
    /* RFC 5415 section 4.2. */
    assert_unwrapped("01000000 16fefd", "capwap", "16fefd");
    assert_unwrapped("16fefd0000", NULL, "16fefd0000");
    assert_unwrapped("16", NULL, "16");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_header),
        cmocka_unit_test(reads_several),
        cmocka_unit_test(no_prefix_is_a_record),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(reads_unified_headers),
        cmocka_unit_test(reads_a_published_record),
        cmocka_unit_test(reads_connection_ids_of_dtls12),
        cmocka_unit_test(reads_what_was_cut),
        cmocka_unit_test(knows_how_it_begins),
        cmocka_unit_test(steps_over_wrappings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
