/*
 * DNS messages, and the presentation forms of more records' data. The data are the examples of
 * the RFCs named, encoded from their definitions by a script of their own; where an RFC gives the
 * octets, they are its.
 */
#include "support.h"

#include "dns/message.h"
#include "dns/rdata.h"

#include <stdio.h>
#include <stdlib.h>

/* A query of www.example.com, and its answer. */
#define QUESTION "03777777076578616d706c6503636f6d00 0001 0001"
#define QUERY "1234 0100 0001 0000 0000 0000" QUESTION
#define ANSWER "1234 8180 0001 0001 0000 0000" QUESTION "c00c 0001 0001 0000012c 0004 5db8d822"

struct form {
    uint16_t type;
    const char *data;
    const char *text;
};

static const struct form forms[] = {
    /* RFC 1035 section 3.4.1 */
    {1, "0a000001", "10.0.0.1"},
    /* RFC 1035 section 3.3.11 */
    {2, "024e53034953490345445500", "NS.ISI.EDU"},
    /* RFC 1035 section 3.3.1 */
    {5, "0141034953490345445500", "A.ISI.EDU"},
    /* RFC 1035 section 5.3 */
    {6,
     "0656454e4552410349534903454455000e416374696f6e2e646f6d61696e730349534903454455000000001400001"
     "c20000002580036ee800000003c",
     "VENERA.ISI.EDU Action\\.domains.ISI.EDU 20 7200 600 3600000 60"},
    /* RFC 1035 section 3.5 */
    {12, "026777076578616d706c6500", "gw.example"},
    /* RFC 1035 section 3.3.2 */
    {13, "084445432d3230363006544f50533230", "\"DEC-2060\" \"TOPS20\""},
    /* RFC 1035 section 5.3 */
    {15, "000a0656454e455241034953490345445500", "10 VENERA.ISI.EDU"},
    /* RFC 1464 section 2 */
    {16, "0c7072696e7465723d6c707235", "\"printer=lpr5\""},
    /* RFC 1035 section 5.1 */
    {16, "046122625c0207ff", "\"a\\\"b\\\\\" \"\\007\\255\""},
    /* RFC 1183 section 2.2 */
    {17, "056c6f756965077472616e746f7203756d640365647500044c414d310670656f706c6503756d640365647500",
     "louie.trantor.umd.edu LAM1.people.umd.edu"},
    /* RFC 1183 section 1 */
    {18, "0001076269676269726407746f617374657203636f6d00", "1 bigbird.toaster.com"},
    /* RFC 2782 */
    {33, "00000001000906736572766572076578616d706c6503636f6d00", "0 1 9 server.example.com"},
    /* RFC 3403 section 4.1 */
    {35, "0064003201730d7a333935302b4e324c2b4e32430009636964736572766572076578616d706c6503636f6d00",
     "100 50 \"s\" \"z3950+N2L+N2C\" \"\" cidserver.example.com"},
    /* RFC 6672 */
    {39, "1066726f626f7a7a2d6469766973696f6e0461636d65076578616d706c6500",
     "frobozz-division.acme.example"},
    /* RFC 4255 section 3.2 */
    {44, "0201123456789abcdef67890123456789abcdef67890",
     "2 1 123456789abcdef67890123456789abcdef67890"},
    /* RFC 4034 section 3.3 */
    {46,
     "00010503000151803e7c9dd73e5510d70a52076578616d706c6503636f6d00a090755ba58d1affa576f4375831b43"
     "10920e481218d18a9f164eb3d81afd3b875d3c75428631e0cf2a28d50875f70c329d7dbfafea807dc1fba1dc34c95"
     "d401f23f334ce63bfcf3f1b5b44739e5f0eded18d6b33f040a911376d173d757a9f0c1fa1798941bb0b36b2df9062"
     "790fa7f0166f2737eea907378341fb12dc0a77a",
     "A 5 3 86400 20030322173103 20030220173103 2642 example.com "
     "oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTrPYGv07h108dUKGMeDPKijVCHX3DDKdfb+v6oB9wfuh3DTJXUAfI/"
     "M0zmO/zz8bW0Rznl8O3tGNazPwQKkRN20XPXV6nwwfoXmJQbsLNrLfkGJ5D6fwFm8nN+6pBzeDQfsS3Ap3o="},
    /* RFC 4034 section 2.3 */
    {48,
     "010003050103d22a6ca77f35b893206fd35e4c506d8378843709b97e041647e1bff43d8d64c649af1e371973c9e89"
     "1fce3df519a8c840a63ee42a6d2ebddbb97035d215aa4e417b1fa45fa11a9741ea2098c1dfa5fb5feb332fd4bc815"
     "2089aef36ba644cce2413b3b72be18cbef8da253f4e93d2103866d9234a2e28df529a67d5468dbefe3",
     "256 3 5 "
     "AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/"
     "0PY1kxkmvHjcZc8nokfzj31GajIQKY+"
     "5CptLr3buXA10hWqTkF7H6RfoRqXQeogmMHfpftf6zMv1LyBUgia7za6ZEzOJBOztyvhjL742iU/"
     "TpPSEDhm2SNKLijfUppn1UaNvv4w=="},
    /* RFC 5155 appendix A */
    {51, "0100000c04aabbccdd", "1 0 12 aabbccdd"},
    /* RFC 6698 section 2.3 */
    {52, "000001d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971",
     "0 0 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"},
    /* RFC 7477 section 2.1.3 */
    {62, "000000420003000460000008", "66 3 A NS AAAA"},
    /* RFC 6742 section 2.3.3 */
    {106, "000a20010db811401000", "10 2001:0db8:1140:1000"},
    /* RFC 6742 section 2.4.3 */
    {107, "000a0b6c36342d7375626e657431076578616d706c6503636f6d00", "10 l64-subnet1.example.com"},
    /* RFC 7043 section 4.2 */
    {109, "00005eef1000002a", "00-00-5e-ef-10-00-00-2a"},
    /* RFC 7553 section 4.5 */
    {256, "000a00016674703a2f2f667470312e6578616d706c652e636f6d2f7075626c6963",
     "10 1 \"ftp://ftp1.example.com/public\""},
    /* RFC 8659 section 4.3 */
    {257, "0009697373756577696c646361322e6578616d706c652e6f7267",
     "0 issuewild \"ca2.example.org\""},
    /* RFC 8659 section 4.4 */
    {257, "0005696f6465666d61696c746f3a7365637572697479406578616d706c652e636f6d",
     "0 iodef \"mailto:security@example.com\""},
    /* RFC 8659 section 4.2 */
    {257, "000569737375653b", "0 issue \";\""},
    /* RFC 9460 appendix D.2, figure 8, its address as RFC 5952 has it */
    {64, "0001076578616d706c6503636f6d000006001020010db80122034400000000c0000221",
     "1 example.com ipv6hint=2001:db8:122:344::c000:221"},
};

/* What breaks the form of its type, and how. */
static const struct form broken[] = {
    {1, "0a0000", "three octets"},
    {28, "20010db8", "four octets"},
    {15, "000a", "no name"},
    {15, "000a01610000", "an octet after the name"},
    {2, "c000", "a pointer into the header"},
    {47, "00000140000140", "windows that do not rise"},
    {47, "000021010101010101010101010101010101010101010101010101010101010101010101",
     "a bitmap of 33 octets"},
    {257, "00003b", "no tag"},
    {64, "0001000001000100", "an empty alpn-id"},
    {64, "000100000200016e", "no-default-alpn with a value"},
    {64, "0001000003000135", "a port of one octet"},
    {64, "00010000000000", "mandatory without a value"},
    {64, "0001000003000200", "a value past the end"},
};

/* A message of header and data, in memory of exactly its size; `rdata` views its end. */
static struct ht_bytes with_data(const char *data, struct ht_bytes *rdata)
{
    char digits[2048];
    int len = snprintf(digits, sizeof digits, "%024d%s", 0, data);
    assert_in_range(len, 0, sizeof digits - 1);
    struct ht_bytes message = hex(digits);
    *rdata                  = ht_bytes_from(message, DNS_HEADER_SIZE);
    return message;
}

static void prints_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(forms); i++) {
        struct ht_arena arena = {0};
        struct dns_text text;
        struct ht_bytes rdata, message = with_data(forms[i].data, &rdata);
        dns_text_start(&text, &arena);
        if (!dns_rdata_print(&text, forms[i].type, rdata,
                             &(struct dns_names){.message = message})) {
            fail_msg("type %u: %s is refused", forms[i].type, forms[i].text);
        }
        assert_text(dns_text_done(&text), forms[i].text);
        ht_arena_clear(&arena);
    }
}

static void refuses_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(broken); i++) {
        struct ht_arena arena = {0};
        struct dns_text text;
        struct ht_bytes rdata, message = with_data(broken[i].data, &rdata);
        dns_text_start(&text, &arena);
        if (dns_rdata_print(&text, broken[i].type, rdata,
                            &(struct dns_names){.message = message})) {
            fail_msg("type %u passes with %s", broken[i].type, broken[i].text);
        }
        ht_arena_clear(&arena);
    }
}

static bool parse(struct ht_bytes message, void *arg)
{
    struct ht_arena arena = {0};
    struct dns_message m;
    bool good = dns_message_parse(message, arg != NULL ? DNS_MULTICAST : DNS_UNICAST, &arena, &m);
    ht_arena_clear(&arena);
    return good;
}

static bool skim(struct ht_bytes message, void *unused)
{
    struct dns_gist gist;
    (void)unused;
    return dns_query_skim(message, &gist);
}

#define BARE_OPT "00 0029 04d0 00008000 0000"

/* What waits for an answer is known by as little as that. */
static void skims_usual_queries(void **state)
{
    struct dns_gist gist;
    (void)state;
    assert_true(dns_query_skim(hex(QUERY), &gist));
    assert_true(gist.header && !gist.response && !gist.edns);
    assert_int_equal(gist.id, 0x1234);
    assert_int_equal(gist.opcode, 0);
    assert_int_equal(gist.asked_len, 21);
    assert_int_equal(gist.asked_type, 1);
    assert_true(dns_query_skim(hex("0001 0110 0001 0000 0000 0001" QUESTION BARE_OPT), &gist));
    assert_true(gist.edns);
    assert_int_equal(gist.asked_len, 21);
    every_prefix(hex(QUERY), skim, NULL);
    every_prefix(hex("0001 0110 0001 0000 0000 0001" QUESTION BARE_OPT), skim, NULL);
}

/* Answers, what has more than a question, options to be read, and what is malformed. */
static void skims_nothing_else(void **state)
{
    static const char *const others[] = {
        ANSWER,
        QUERY "00",
        "0001 0100 0000 0000 0000 0000",
        "0001 0100 0002 0000 0000 0000" QUESTION QUESTION,
        "0001 2800 0001 0001 0000 0000" QUESTION "c00c 0001 0001 0000012c 0004 5db8d822",
        "0001 0100 0001 0000 0000 0001" QUESTION "00 0029 04d0 00000000 0004 0003 0000",
        "0001 0100 0001 0000 0000 0001" QUESTION "00 0001 0001 00000000 0000",
        "0001 0100 0001 0000 0000 0001" QUESTION "01 6100 2904 d0000000 000000",
        "0001 0100 0001 0000 0000 0000 03777777c00c 0001 0001",
        "0001 0100 0001 0000 0000 0000 4077 00 0001 0001",
    };
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        assert_false(skim(hex(others[i]), NULL));
    }
}

static void refuses_every_prefix(void **state)
{
    (void)state;
    every_prefix(hex(QUERY), parse, NULL);
    every_prefix(hex(ANSWER), parse, NULL);
    for (size_t i = 0; i < HT_ARRAY_LEN(forms); i++) {
        char message[2048];
        (void)snprintf(message, sizeof message,
                       "1234 8180 0000 0001 0000 0000 00 %04x 0001 00000000 %04x %s", forms[i].type,
                       (unsigned)strlen(forms[i].data) / 2, forms[i].data);
        every_prefix(hex(message), parse, NULL);
    }
    assert_false(parse(hex(QUERY "00"), NULL));
}

static void reads_a_message(void **state)
{
    struct ht_arena arena = {0};
    struct dns_message m;
    (void)state;
    assert_true(dns_message_parse(hex(ANSWER), DNS_UNICAST, &arena, &m));
    assert_int_equal(m.id, 0x1234);
    assert_true(m.response && m.recursion_desired && m.recursion_available);
    assert_false(m.authoritative || m.truncated || m.authentic_data || m.checking_disabled);
    assert_int_equal(m.num_questions, 1);
    assert_text(m.questions[0].name, "www.example.com");
    assert_text(m.questions[0].type, "A");
    assert_text(m.questions[0].class, "IN");
    assert_int_equal(m.num_records[DNS_ANSWER], 1);
    assert_text(m.records[DNS_ANSWER][0].name, "www.example.com");
    assert_text(m.records[DNS_ANSWER][0].data, "93.184.216.34");
    assert_int_equal(m.records[DNS_ANSWER][0].ttl_s, 300);
    assert_int_equal(m.records[DNS_ANSWER][0].address.version, 4);
    ht_arena_clear(&arena);
}

/* RFC 6891 section 6.1: 4,096 octets, DO, the upper bits of BADVERS (16), a cookie (10). */
static void reads_edns(void **state)
{
    struct ht_arena arena = {0};
    struct dns_message m;
    (void)state;
    assert_true(dns_message_parse(hex("1234 8180 0000 0000 0000 0001"
                                      "00 0029 1000 01 00 8000 000c 000a 0008 0102030405060708"),
                                  false, &arena, &m));
    assert_int_equal(m.rcode, 16);
    assert_int_equal(m.num_records[DNS_ADDITIONAL], 0);
    assert_non_null(m.edns);
    assert_int_equal(m.edns->udp_size, 4096);
    assert_int_equal(m.edns->version, 0);
    assert_true(m.edns->dnssec_ok);
    assert_int_equal(m.edns->options.len, 2);
    assert_memory_equal(m.edns->options.ptr, "\x00\x0a", 2);
    /* Two are an error (section 6.1.1), and so is an option past the end. */
    assert_false(parse(hex("1234 8180 0000 0000 0000 0002"
                           "00 0029 1000 00000000 0000 00 0029 1000 00000000 0000"),
                       NULL));
    assert_false(parse(hex("1234 8180 0000 0000 0000 0001"
                           "00 0029 1000 00000000 0004 000a 0001"),
                       NULL));
    ht_arena_clear(&arena);
}

/* RFC 6762 sections 5.4 and 10.2: the top bit is no part of the class. */
static void reads_multicast_classes(void **state)
{
    struct ht_arena arena = {0};
    struct dns_message m;
    struct ht_bytes message = hex("0000 0000 0001 0000 0000 0000 016105 6c6f63616c 00 0001 8001");
    (void)state;
    assert_true(dns_message_parse(message, DNS_MULTICAST, &arena, &m));
    assert_text(m.questions[0].class, "IN");
    assert_true(dns_message_parse(message, DNS_UNICAST, &arena, &m));
    assert_text(m.questions[0].class, "CLASS32769");
    ht_arena_clear(&arena);
}

/* What could be read stays, and data that break their form are as those of an unknown type. */
static void keeps_what_it_read(void **state)
{
    struct ht_arena arena = {0};
    struct dns_message m;
    struct ht_bytes broken_data =
        hex("1234 8180 0001 0001 0000 0000" QUESTION "c00c 0001 0001 0000012c 0003 5db8d8");
    (void)state;
    assert_false(dns_message_parse(broken_data, DNS_UNICAST, &arena, &m));
    assert_int_equal(m.num_records[DNS_ANSWER], 1);
    assert_text(m.records[DNS_ANSWER][0].data, "\\# 3 5db8d8");
    assert_false(
        dns_message_parse(hex("1234 8180 0001 ffff ffff ffff" QUESTION), DNS_UNICAST, &arena, &m));
    assert_int_equal(m.num_questions, 1);
    assert_int_equal(m.num_records[DNS_ANSWER], 0);
    ht_arena_clear(&arena);
}

/* RFC 2136 section 2.4.3: an update names what must not be there, without data. */
static void reads_an_update(void **state)
{
    struct ht_arena arena = {0};
    struct dns_message m;
    (void)state;
    assert_true(dns_message_parse(hex("1234 2800 0000 0001 0000 0000 0161 00 0001 00fe 00000000"
                                      "0000"),
                                  false, &arena, &m));
    assert_int_equal(m.opcode, 5);
    assert_int_equal(m.num_records[DNS_ANSWER], 1);
    assert_int_equal(m.records[DNS_ANSWER][0].data.len, 0);
    ht_arena_clear(&arena);
}

/* 65,535 octets of records whose names unfold to 255 characters each: bounded, and said so. */
static void bounds_text(void **state)
{
    struct ht_arena arena = {0};
    struct dns_message m;
    uint8_t *octets = calloc(1, 65535);
    uint8_t *at     = octets + DNS_HEADER_SIZE;
    (void)state;
    assert_non_null(octets);
    memcpy(octets, "\0\0\x80\0\0\1\xFF\xFF\0\0\0\0", DNS_HEADER_SIZE);
    for (int label = 0; label < 4; label++, at += 62) {
        at[0] = 61;
    }
    at += 5;
    while (at + 12 <= octets + 65535) {
        memcpy(at, "\xC0\x0C\0\1\0\1\0\0\0\0\0\0", 12);
        at[3] = 2; /* NS: its data are broken, and told in hexadecimal */
        at += 12;
    }
    assert_false(dns_message_parse(ht_bytes(octets, 65535), DNS_UNICAST, &arena, &m));
    assert_true(m.limit_reached);
    free(octets);
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_data),          cmocka_unit_test(refuses_data),
        cmocka_unit_test(skims_usual_queries),  cmocka_unit_test(skims_nothing_else),
        cmocka_unit_test(refuses_every_prefix), cmocka_unit_test(reads_a_message),
        cmocka_unit_test(reads_edns),           cmocka_unit_test(reads_multicast_classes),
        cmocka_unit_test(keeps_what_it_read),   cmocka_unit_test(reads_an_update),
        cmocka_unit_test(bounds_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
