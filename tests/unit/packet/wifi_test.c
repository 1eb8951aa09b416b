/*
 * IEEE 802.11 data frames (section 9.3.2) and the headers of captures before them. Written by hand
 * from the standard and https://www.radiotap.org; tshark reads them the same.
 */
#include "packets.h"

#define ADDRESSES "020000000001 020000000002 020000000003 "
#define SNAP4 "aaaa03 000000 0800" SYN4
#define SNAP6 "aaaa03 000000 86dd" SYN6
#define DATA_FRAME "0801 0000" ADDRESSES "1000 "

static void check(uint16_t link_type, const char *digits)
{
    struct ht_packet packet;
    struct ht_bytes frame = hex(digits);
    assert_int_equal(decode(&packet, link_type, frame), HT_DECODED);
    assert_syn(&packet);
    assert_int_equal(packet.num_layers, 0);
    every_cut(link_type, frame, (size_t)(packet.ip.ptr - frame.ptr) + packet.ip_len, 0);
}

static void test_data(void **state)
{
    (void)state;
    check(HT_LINK_WIFI, DATA_FRAME SNAP4);
    check(HT_LINK_WIFI, DATA_FRAME SNAP6 "01020304"); /* with a check sequence behind it */
    check(HT_LINK_WIFI, "0802 0000" ADDRESSES "1000" SNAP4);
    check(HT_LINK_WIFI, "0803 0000" ADDRESSES "1000 020000000004" SNAP4);  /* four addresses */
    check(HT_LINK_WIFI, "8801 0000" ADDRESSES "1000 0000" SNAP4);          /* QoS */
    check(HT_LINK_WIFI, "8881 0000" ADDRESSES "1000 0000 00000000" SNAP4); /* HT control */
    check(HT_LINK_WIFI, "8803 0000" ADDRESSES "1000 020000000004 0000" SNAP6);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_WIFI, "8000 0000" ADDRESSES "1000"); /* beacon */
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_WIFI, "d400 0000 020000000001"); /* acknowledgment */
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_WIFI, "4801 0000" ADDRESSES "1000"); /* null */
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_WIFI, "c801 0000" ADDRESSES "1000 0000");
}

/* Section 9.3.2.2.2: subframes, of which the first is read. */
static void test_aggregate(void **state)
{
    (void)state;
    check(HT_LINK_WIFI,
          "8801 0000" ADDRESSES "1000 8000"
          "020000000005 020000000006 0054" SNAP4 "020000000005 020000000006 0054" SNAP4);
}

static void test_protected(void **state)
{
    (void)state;
    assert_decode(HT_DECODE_ENCRYPTED, HT_LINK_WIFI,
                  "0841 0000" ADDRESSES "1000 0100002000000000 0102030405060708");
    /* Deciphered, but still marked. */
    assert_decode(HT_DECODED, HT_LINK_WIFI, "0841 0000" ADDRESSES "1000" SNAP4);
}

static void test_radiotap(void **state)
{
    (void)state;
    check(HT_LINK_RADIOTAP, "00 00 0800 00000000" DATA_FRAME SNAP4);
    check(HT_LINK_RADIOTAP, "00 00 0900 02000000 10" DATA_FRAME SNAP4);
    /* Time and flags, behind one word and behind two, which moves the time by its alignment. */
    check(HT_LINK_RADIOTAP, "00 00 1100 03000000 0102030405060708 10" DATA_FRAME SNAP4);
    /* Flags say that the body is aligned to four bytes: QoS control makes the header 26. */
    check(HT_LINK_RADIOTAP, "00 00 0900 02000000 30 8801 0000" ADDRESSES "1000 0000 0000" SNAP4);
    check(HT_LINK_RADIOTAP, "00 00 1900 03000080 00000000 00000000 0102030405060708 20"
                            "8801 0000" ADDRESSES "1000 0000 0000" SNAP4);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RADIOTAP, "00 00 0700 00000000" DATA_FRAME SNAP4);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RADIOTAP, "00 00 ff00 00000000" DATA_FRAME SNAP4);
}

static void test_other_headers(void **state)
{
    (void)state;
    char prism[144 * 2 + 1];
    memset(prism, '0', sizeof prism - 1);
    prism[sizeof prism - 1] = '\0';
    memcpy(prism, "4400000090000000", 16);
    char frame[1024];
    (void)sprintf(frame, "%s %s", prism, DATA_FRAME SNAP4);
    check(HT_LINK_PRISM, frame);
    memcpy(prism, "8021100100000040", 16); /* AVS: a length of 64 */
    (void)sprintf(frame, "%.128s %s", prism, DATA_FRAME SNAP4);
    check(HT_LINK_AVS, frame);
    check(HT_LINK_PRISM, frame);
    /* Per-Packet Information before 802.11 and before Ethernet. */
    check(HT_LINK_PPI, "00 00 0800 69000000" DATA_FRAME SNAP4);
    check(HT_LINK_PPI, "00 00 0c00 01000000 00000000" MACS "0800" SYN4);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_PPI, "00 00 0700 69000000" DATA_FRAME SNAP4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data),          cmocka_unit_test(test_aggregate),
        cmocka_unit_test(test_protected),     cmocka_unit_test(test_radiotap),
        cmocka_unit_test(test_other_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
