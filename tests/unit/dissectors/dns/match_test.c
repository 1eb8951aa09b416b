/* Which bytes are taken for DNS. */
#include "support.h"

#include "messages.h"

#include "dns/match.h"

#define TLS_HELLO "16030100c8010000c40303000102030405060708090a0b0c0d0e0f101112131415"
#define HTTP_GET "474554202f20485454502f312e310d0a486f73743a20612e6578616d706c650d0a"
#define SSH_BANNER "5353482d322e302d4f70656e5353485f392e32703120446562696169"

/* RFC 1002 section 4.2.12: a name query, which is like DNS. */
#define NETBIOS                                                                                    \
    "0c9501100001000000000000 20 464846414542454543414341434143414341434143414341434141410000000"  \
    "0 00 0020 0001"

static void ends(struct ht_endpoint endpoint[2], uint16_t a, uint16_t b)
{
    endpoint[0] = (struct ht_endpoint){.address = ht_address4((uint8_t[]){10, 0, 0, 1}), .port = a};
    endpoint[1] = (struct ht_endpoint){.address = ht_address4((uint8_t[]){10, 0, 0, 2}), .port = b};
}

static enum ht_match datagram(const char *digits, uint16_t client, uint16_t server)
{
    struct ht_endpoint endpoint[2];
    ends(endpoint, client, server);
    return dns_match_datagram(hex(digits), endpoint, HT_SIDE_A);
}

static enum ht_match stream(struct ht_bytes bytes, uint16_t server)
{
    struct ht_endpoint endpoint[2];
    ends(endpoint, 40000, server);
    return dns_match_stream(bytes, endpoint, HT_SIDE_A);
}

static void on_port_53_everything(void **unused)
{
    (void)unused;
    assert_int_equal(datagram(FRAME_5, 40000, 53), HT_MATCH_YES);
    assert_int_equal(datagram("00", 40000, 53), HT_MATCH_YES);
    assert_int_equal(datagram(FRAME_6, 53, 40000), HT_MATCH_YES);
}

static void elsewhere_what_is_well_formed(void **unused)
{
    (void)unused;
    assert_int_equal(datagram(FRAME_5, 40000, 5300), HT_MATCH_YES);
    assert_int_equal(datagram(FRAME_6, 5300, 40000), HT_MATCH_YES);
    assert_int_equal(datagram(FRAME_6 "00", 5300, 40000), HT_MATCH_NO);
    assert_int_equal(datagram(TLS_HELLO, 40000, 5300), HT_MATCH_NO);
    assert_int_equal(datagram(HTTP_GET, 40000, 5300), HT_MATCH_NO);
    assert_int_equal(datagram("", 40000, 5300), HT_MATCH_NO);
    assert_int_equal(datagram("000000000000000000000000", 40000, 5300), HT_MATCH_NO);
}

/* Messages of one look like the other's, so the port decides; not everything on it has their form.
 */
static void netbios_on_its_port(void **unused)
{
    (void)unused;
    assert_int_equal(datagram(NETBIOS, 137, 137), HT_MATCH_YES);
    assert_int_equal(datagram(NETBIOS, 40000, 137), HT_MATCH_YES);
    assert_int_equal(datagram(FRAME_5, 137, 137), HT_MATCH_NO);
    assert_int_equal(datagram("0c95011000010000000000", 137, 137), HT_MATCH_NO);
    assert_int_equal(datagram("0c95 1110 0001000000000000 20 46", 137, 137),
                     HT_MATCH_NO); /* opcode 2 */
    assert_int_equal(datagram("0c95 0150 0001000000000000 20 46", 137, 137), HT_MATCH_NO);
    assert_int_equal(datagram(TLS_HELLO, 40000, 137), HT_MATCH_NO);
}

static void multicast(void **unused)
{
    struct ht_endpoint endpoint[2];
    (void)unused;
    ends(endpoint, 5353, 5353);
    endpoint[1].address = ht_address4((uint8_t[]){224, 0, 0, 251});
    assert_int_equal(dns_match_datagram(hex("00"), endpoint, HT_SIDE_A), HT_MATCH_YES);
    /* Unicast from that port may be anything. */
    assert_int_equal(datagram(FRAME_5, 5353, 40000), HT_MATCH_YES);
    assert_int_equal(datagram(HTTP_GET, 5353, 40000), HT_MATCH_NO);
    assert_int_equal(datagram(HTTP_GET, 5355, 40000), HT_MATCH_NO);
}

static void streams(void **unused)
{
    struct ht_bytes query = hex(FRAME_54);
    (void)unused;
    for (size_t len = 0; len < query.len; len++) {
        assert_int_equal(stream(ht_bytes_head(query, len), 5300), HT_MATCH_MORE);
        assert_int_equal(stream(ht_bytes_head(query, len), 53),
                         len < 14 ? HT_MATCH_MORE : HT_MATCH_YES);
    }
    assert_int_equal(stream(query, 5300), HT_MATCH_YES);
    assert_int_equal(stream(hex(FRAME_54 FRAME_58), 5300), HT_MATCH_YES);
    assert_int_equal(stream(hex(TLS_HELLO), 5300), HT_MATCH_NO);
    assert_int_equal(stream(hex(TLS_HELLO), 53), HT_MATCH_NO);
    assert_int_equal(stream(hex(HTTP_GET), 5300), HT_MATCH_NO);
    assert_int_equal(stream(hex(SSH_BANNER), 5300), HT_MATCH_NO);
}

static void frames(void **unused)
{
    (void)unused;
    assert_int_equal(dns_frame(NULL, hex("00"), HT_SIDE_A).len, 0);
    assert_int_equal(dns_frame(NULL, hex(FRAME_54 FRAME_58), HT_SIDE_A).len, 0x39 + 2);
    assert_int_equal(dns_frame(NULL, hex(FRAME_54 FRAME_58), HT_SIDE_A).need, 0x39 + 2);
    assert_int_equal(dns_frame(NULL, hex("000b"), HT_SIDE_A).len, SIZE_MAX);
    assert_int_equal(dns_frame(NULL, hex("ffff"), HT_SIDE_A).len, 65537);
}

static void resynchronisation(void **unused)
{
    (void)unused;
    assert_int_equal(dns_resync(hex(FRAME_56), HT_SIDE_B), 0);
    struct ht_bytes rest = ht_bytes_from(hex(FRAME_56 FRAME_59), 7);
    assert_int_equal(dns_resync(rest, HT_SIDE_B), hex(FRAME_56).len - 7);
    rest = hex(TLS_HELLO HTTP_GET);
    assert_int_equal(dns_resync(rest, HT_SIDE_B), rest.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_port_53_everything),
        cmocka_unit_test(elsewhere_what_is_well_formed),
        cmocka_unit_test(netbios_on_its_port),
        cmocka_unit_test(multicast),
        cmocka_unit_test(streams),
        cmocka_unit_test(frames),
        cmocka_unit_test(resynchronisation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
