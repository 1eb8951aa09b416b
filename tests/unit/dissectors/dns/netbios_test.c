/* NetBIOS names (RFC 1001, RFC 1002). */
#include "support.h"

#include "dns/message.h"
#include "dns/netbios.h"

/* RFC 1001 section 14.1: "FRED", filled up with spaces, in the scope NETBIOS.COM. */
#define FRED "EGFCEFEECACACACACACACACACACACACA"

/* The same name on the wire, without a scope: RFC 1002 section 4.1. */
#define FRED_OCTETS "20 4547464345464545434143414341434143414341434143414341434143414341 00"

static void decodes_names(void **state)
{
    (void)state;
    static const struct {
        const char *encoded, *name;
    } names[] = {
        {FRED, "FRED<20>"},
        {FRED ".NETBIOS.COM", "FRED<20>.NETBIOS.COM"},
        /* A wildcard, as in a request of a node's status (RFC 1002 section 4.2.17), by tshark 4.0.
         */
        {"CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "*<00>"},
        /* By hand: spaces and a dot within, an octet that is no character. */
        {"EBCAECCOEDOJCACACACACACACACACABN", "A B\\.C\\233<1d>"},
        /* No such names: */
        {"EGFCEFEECACACACACACACACACACACACQ", "EGFCEFEECACACACACACACACACACACACQ"},
        {"egfcefeecacacacacacacacacacacaca", "egfcefeecacacacacacacacacacacaca"},
        {FRED "CA", FRED "CA"},
        {"FRED", "FRED"},
        {".", "."},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(names); i++) {
        struct ht_arena arena = {0};
        struct dns_text text;
        dns_text_start(&text, &arena);
        assert_text(dns_netbios_name(&text, ht_text(names[i].encoded)), names[i].name);
        ht_arena_clear(&arena);
    }
}

/* A name for which there is no room stays as it came. */
static void wants_room(void **state)
{
    (void)state;
    uint8_t room[7];
    struct dns_text text;
    dns_text_start_in(&text, room, sizeof room);
    assert_text(dns_netbios_name(&text, ht_text(FRED)), FRED);
}

static bool print(struct dns_text *text, uint16_t type, const char *digits)
{
    return dns_netbios_rdata_print(text, type, hex(digits));
}

/* RFC 1002 sections 4.2.13 and 4.2.18, by hand. */
static void prints_data(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        const char *data, *text;
    } records[] = {
        {0x20, "0000 0a090002", "10.9.0.2 B"},
        {0x20, "a000 0a090002 e000 c0000201", "10.9.0.2 P group, 192.0.2.1 H group"},
        {0x20, "4000 ffffffff", "255.255.255.255 M"},
        {0x21,
         "02 46524544202020202020202020202020 0400 4558414d504c45202020202020202000 8400"
         "020304050607 0000",
         "FRED<20>, EXAMPLE<00> group, 02:03:04:05:06:07"},
        {0x21, "00 000000000000", "00:00:00:00:00:00"},
        {0x0A, "", "\\# 0"},
        {0x0A, "0102", "\\# 2 0102"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(records); i++) {
        struct ht_arena arena = {0};
        struct dns_text text;
        dns_text_start(&text, &arena);
        assert_true(print(&text, records[i].type, records[i].data));
        assert_text(dns_text_done(&text), records[i].text);
        ht_arena_clear(&arena);
    }
}

static void refuses_broken_data(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        const char *data;
    } broken[] = {
        {0x20, ""},
        {0x20, "0000 0a0900"},
        {0x20, "0000 0a090002 00"},
        {0x21, ""},
        {0x21, "01 46524544202020202020202020202020 04"},
        {0x21, "00 0000000000"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(broken); i++) {
        struct ht_arena arena = {0};
        struct dns_text text;
        dns_text_start(&text, &arena);
        assert_false(print(&text, broken[i].type, broken[i].data));
        ht_arena_clear(&arena);
    }
}

/* RFC 1002 section 4.2.13: a positive answer. */
#define ANSWER "1234 8580 0000 0001 0000 0000" FRED_OCTETS "0020 0001 000493e0 0006 6000 0a090002"

static bool parse(struct ht_bytes message, void *arg)
{
    struct ht_arena arena = {0};
    struct dns_message m;
    bool good = dns_message_parse(message, DNS_NETBIOS, &arena, &m);
    (void)arg;
    ht_arena_clear(&arena);
    return good;
}

static void reads_an_answer(void **state)
{
    (void)state;
    struct ht_arena arena = {0};
    struct dns_message m;
    assert_true(dns_message_parse(hex(ANSWER), DNS_NETBIOS, &arena, &m));
    assert_int_equal(m.num_records[DNS_ANSWER], 1);
    const struct dns_answer *answer = m.records[DNS_ANSWER];
    assert_text(answer->name, "FRED<20>");
    assert_text(answer->type, "NB");
    assert_text(answer->data, "10.9.0.2 H");
    assert_int_equal(answer->ttl_s, 300000);
    assert_int_equal(answer->address.version, 0);
    ht_arena_clear(&arena);
    every_prefix(hex(ANSWER), parse, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_names),   cmocka_unit_test(wants_room),
        cmocka_unit_test(prints_data),     cmocka_unit_test(refuses_broken_data),
        cmocka_unit_test(reads_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
