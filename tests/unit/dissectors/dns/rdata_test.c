/*
 * Record data in presentation form. Sources: the RFC named, or "dig": what dig 9.18 prints for the
 * bytes (its names end in a dot, its hexadecimal is in capitals, long runs are cut by spaces).
 */
#include "support.h"

#include "dns/rdata.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* A header of 12 bytes, then x.example: what c00c points at. */
#define BEFORE "000000000000000000000000 0178 076578616d706c65 00"
enum { BEFORE_SIZE = 23 };

static struct ht_bytes print(struct ht_arena *arena, uint16_t type, const char *digits)
{
    char all[4096] = BEFORE;
    strncat(all, digits, sizeof all - sizeof BEFORE);
    struct ht_bytes message = hex(all);
    struct dns_text text;
    dns_text_start(&text, arena);
    bool good = dns_rdata_print(&text, type, ht_bytes_from(message, BEFORE_SIZE),
                                &(struct dns_names){.message = message});
    return good ? dns_text_done(&text) : ht_text("malformed");
}

struct vector {
    uint16_t type;
    const char *hex;
    const char *expected;
};

static const struct vector vectors[] = {
    {1, "c0000250", "192.0.2.80"},
    {1, "0a00", "malformed"},
    {1, "0a00000100", "malformed"},
    {28, "20010db8000000000000000000000001", "2001:db8::1"},
    {5, "03612e62 04 40c32d5c c00c", "a\\.b.@\\195-\\\\.x.example"}, /* dig */
    {5, "c00c00", "malformed"},
    {2, "026e73c00c", "ns.x.example"},
    {12, "00", "."},
    {6, "026e73 c00c 0561642e6d69 c00c 00000001 00000e10 00000384 00093a80 0000003c",
     "ns.x.example ad\\.mi.x.example 1 3600 900 604800 60"},     /* dig */
    {15, "000a c00c", "10 x.example"},                           /* dig */
    {16, "03612262 025cc3 00", "\"a\\\"b\" \"\\\\\\195\" \"\""}, /* dig */
    {16, "", "malformed"},
    {16, "0561", "malformed"},
    {33, "0001 0002 1466 03666f6f03636f6d00", "1 2 5222 foo.com"}, /* dig */
    {257, "00 05 6973737565 6361312e6578616d706c652e6e6574",
     "0 issue \"ca1.example.net\""}, /* RFC 8659 section 4.1.1, dig */
    {257, "00 00 61", "malformed"},
    {35, "0064000a 0175 074532552b736970 12215e2e2a24217369703a6940652e636f6d21 00",
     "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:i@e.com!\" ."}, /* dig */
    /* RFC 4034 section 5.4 */
    {43, "ec45 05 01 2bb183af5f22588179a53b0a98631fad1a292118",
     "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"},
    {46, "0001 05 03 00015180 3e71ffc0 3e4a72c0 0a52 076578616d706c6503636f6d00 0102030405",
     "A 5 3 86400 20030314161352 20030212161352 2642 example.com AQIDBAU="}, /* dig */
    /* RFC 4034 section 4.3 */
    {47,
     "04686f7374 076578616d706c6503636f6d00 0006400100000003 041b"
     "000000000000000000000000000000000000000000000000000020",
     "host.example.com A MX RRSIG NSEC TYPE1234"},
    {47, "00 0006400100000003 000140", "malformed"}, /* windows rise */
    {47, "00 0000", "malformed"},                    /* an empty window */
    {48,
     "0101 03 08 0103 d22a6ca77f35b893206fd35e4c506d8378843709b97e041647e1bff43d8d64c649af1e373c",
     "257 3 8 AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjc8"}, /* dig */
    /* RFC 5155 appendix A: the hash of ns1.example is 2t7b4g4vsa5smi47k61mv5bv1a22bojr */
    {50, "01 01 000c 04 aabbccdd 14 174eb2409fe28bcb4887a1836f957f0a8425e27b 0007 22010000000290",
     "1 1 12 aabbccdd 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG DNSKEY NSEC3PARAM"},
    {51, "01 00 0000 00", "1 0 0 -"}, /* dig */
    {52, "03 01 01 d2abde240d7cd3ee6b4b28c54df034b9",
     "3 1 1 d2abde240d7cd3ee6b4b28c54df034b9"},                  /* dig */
    {13, "03783836 054c696e7578", "\"x86\" \"Linux\""},          /* dig */
    {256, "000a 0001 6674703a2f2f61", "10 1 \"ftp://a\""},       /* RFC 7553 section 4.5 */
    {17, "0561646d696e c00c 00", "admin.x.example ."},           /* dig */
    {61, "0102030405060708", "AQIDBAUGBwg="},                    /* dig */
    {62, "00000042 0003 00 04 60000003", "66 3 A NS NXT EID"},   /* dig */
    {104, "000a 0014 4fff ff20 ee64", "10 0014:4fff:ff20:ee64"}, /* RFC 6742 section 2.1.2 */
    {105, "000a 0a010200", "10 10.1.2.0"},                       /* RFC 6742 section 2.2.2 */
    {108, "00005e0053 2a", "00-00-5e-00-53-2a"},                 /* RFC 7043 section 3.2 */
    {11, "0a000001 06 0000004040", "10.0.0.1 6 25 33"},          /* dig */
    {19, "0c 333131303631373030393536", "\"311061700956\""},     /* RFC 1183, dig */
    {20, "0f 313530383632303238303033323137 03 303034", "\"150862028003217\" \"004\""}, /* dig */
    {21, "000a c00c", "10 x.example"},                                                  /* dig */
    {22, "47 0005 80 005a0000000001e133ffffff00016100",
     "0x47000580005a0000000001e133ffffff00016100"}, /* RFC 1706 section 7, dig */
    {24, "0001 05 03 00015180 3e71ffc0 3e4a72c0 0a52 076578616d706c6503636f6d00 0102030405",
     "A 5 3 86400 20030314161352 20030212161352 2642 example.com AQIDBAU="}, /* dig */
    {25, "0200 03 05 0102030405", "512 3 5 AQIDBAU="},                       /* dig */
    {26, "000a 0161 00 0162 00", "10 a b"},                                  /* dig */
    {27, "08 2d33322e36383832 08 3131362e38363532 04 31302e30",
     "\"-32.6882\" \"116.8652\" \"10.0\""}, /* RFC 1712 section 4, dig */
    /* RFC 1876 appendix A, dig */
    {29, "00 33 16 13 89172dd0 70be15f0 00988d20",
     "42 21 54.000 N 71 6 18.000 W -24m 30m 10000m 10m"},
    {29, "00 12 16 13 8b3b3a38 6ff8d7e0 009896c4",
     "52 20 30.904 N 74 41 44.480 W 0.68m 1m 10000m 10m"},
    {29, "01 12 16 13 8b3b3a38 6ff8d7e0 00989680", "malformed"}, /* another version */
    {29, "00 a2 16 13 8b3b3a38 6ff8d7e0 00989680", "malformed"}, /* a digit above 9 */
    {29, "00 12 16 13 ffffffff 6ff8d7e0 00989680", "malformed"}, /* beyond the pole */
    {30, "c00c 40000001", "x.example A EID"},                    /* dig */
    {36, "000a c00c", "10 x.example"},                           /* dig */
    {37, "0001 1234 05 01020304", "1 4660 5 AQIDBA=="},          /* dig, which names them */
    {38, "40 0000000000000001 0173076578616d706c6500", "64 ::1 s.example"}, /* dig */
    {38, "00 20010db8000000000000000000000001", "0 2001:db8::1"},           /* dig */
    {38, "81 00", "malformed"},
    {39, "c00c", "x.example"}, /* dig */
    /* RFC 3123 section 4 and others by dig */
    {42, "0001 15 03 c0a820 0001 1c 84 c0a82680", "1:192.168.32.0/21 !1:192.168.38.128/28"},
    {42, "0001 04 01 e0 0002 08 01 ff", "1:224.0.0.0/4 2:ff00::/8"},
    {42, "", ""},
    {42, "0001 21 03 c0a820", "malformed"}, /* /33 */
    {42, "0001 15 05 c0a8200000", "malformed"},
    {42, "0003 15 00", "malformed"},
    {44, "02 01 123456789abcdef67890123456789abcdef67890",
     "2 1 123456789abcdef67890123456789abcdef67890"}, /* RFC 4255 section 3.2 */
    /* RFC 4025 section 3.2, dig */
    {45, "0a 01 02 c0000226 0103516053", "10 1 2 192.0.2.38 AQNRYFM="},
    {45, "0a 00 02 0103516053", "10 0 2 . AQNRYFM="},
    {45, "0a 03 02 096d7967617465776179 076578616d706c6503636f6d00 0103516053",
     "10 3 2 mygateway.example.com AQNRYFM="},
    {45, "0a 02 02 20010db8000080020000000000020001 0103516053",
     "10 2 2 2001:db8:0:8002::2:1 AQNRYFM="},
    {45, "0a 04 02 00", "malformed"},
    /* RFC 8005 section 6, its HIT and a short key; dig */
    {55, "10 02 0004 200100107b1a74df365639cc39f1d578 03010001 0372767307 6578616d706c6503636f6d00",
     "2 200100107b1a74df365639cc39f1d578 AwEAAQ== rvs.example.com"},
    {55, "10 02 0004 200100107b1a74df365639cc39f1d578 030100", "malformed"},
    {56, "03616263 0164", "\"abc\" \"d\""},          /* dig */
    {57, "0000 01 05 0102030405", "0 1 5 AQIDBAU="}, /* dig */
    {58, "0161 00 0162 00", "a b"},                  /* dig */
    {59, "0000 00 00 00", "0 0 0 00"},               /* RFC 8078 section 4 */
    {60, "0000 03 00 00", "0 3 0 AA=="},             /* RFC 8078 section 4 */
    {66, "003b 01 14ef 0163076578616d706c6500", "CDS NOTIFY 5359 c.example"}, /* dig */
    {53, "03 01 01 d2abde24", "3 1 1 d2abde24"},                              /* dig */
    /* RFC 8976 appendix A.1 */
    {63,
     "77e9b0b0 01 01 c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9"
     "a9713b3c9ae5cc27777f98b8e730044c",
     "2011803824 1 1 c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9"
     "a9713b3c9ae5cc27777f98b8e730044c"},
    /* RFC 6742 sections 2.3.2 and 2.4.2 */
    {106, "000a 20010db81140 1000", "10 2001:0db8:1140:1000"},
    {107, "000a 036c3634 07737562 6e657431 076578616d706c6503636f6d00",
     "10 l64.subnet1.example.com"},
    {109, "00005ef0103 0 2a2b", "00-00-5e-f0-10-30-2a-2b"},
    {249, "086773732d7473696700 6553f100 65554280 0003 0000 0004 01020304 0000",
     "gss-tsig 1700000000 1700086400 3 NOERROR 4 AQIDBA== 0"}, /* dig */
    /* RFC 8945 section 4.2, spelled as dig spells TKEY */
    {250, "0b686d61632d73686132353600 00006553f100 012c 0004 01020304 3039 0000 0000",
     "hmac-sha256 1700000000 300 4 AQIDBA== 12345 NOERROR 0"},
    {250, "0b686d61632d73686132353600 00006553f100 012c 0000 3039 0010 0000",
     "hmac-sha256 1700000000 300 0 12345 BADSIG 0"},
    {250, "0b686d61632d73686132353600 00006553f100 012c 0000 3039 0012 0006 00006553f200",
     "hmac-sha256 1700000000 300 0 12345 BADTIME 6 AABlU/IA"},
    {258, "03616263", "\"abc\""}, /* dig */
    {259, "00000001 00000002 03 0a746578742f706c61696e 48656c6c6f",
     "1 2 3 \"text/plain\" SGVsbG8="}, /* dig */
    {259, "00000001 00000002 03 00", "1 2 3 \"\" -"},
    /* RFC 8777 section 4.3.1, dig */
    {260, "0a 00", "10 0 0 ."},
    {260, "80 81 cb007100", "128 1 1 203.0.113.0"},
    {260, "0a 82 20010db8000000000000000000000001", "10 1 2 2001:db8::1"},
    {260, "0a 83 05616d747265 00", "10 1 3 amtre"},
    {260, "0a 04 00", "malformed"},
    {261, "08 716e616d656d696e 09 6578746572723d3135", "\"qnamemin\" \"exterr=15\""}, /* RFC 9606 */
    {32768, "ec45 05 01 2bb183af", "60485 5 1 2bb183af"},                             /* dig */
    {65280, "0a000001", "\\# 4 0a000001"}, /* RFC 3597 section 5 */
    {65280, "", "\\# 0"},
};

static void presentation_forms(void **unused)
{
    struct ht_arena arena = {0};
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(vectors); i++) {
        assert_text(print(&arena, vectors[i].type, vectors[i].hex), vectors[i].expected);
    }
    ht_arena_clear(&arena);
}

/* RFC 9460 appendix D, in the order there; then what section 2.2 and 7 forbid. */
static const struct vector svcb[] = {
    {65, "0000 03666f6f076578616d706c6503636f6d00", "0 foo.example.com"},
    {64, "0001 00", "1 ."},
    {64, "0010 03666f6f076578616d706c6503636f6d00 0003 0002 0035", "16 foo.example.com port=53"},
    {64, "0001 03666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f",
     "1 foo.example.com key667=\"hello\""},
    {64, "0001 03666f6f076578616d706c6503636f6d00 029b 0009 68656c6c6fd2716f6f",
     "1 foo.example.com key667=\"hello\\210qoo\""},
    {64,
     "0001 03666f6f076578616d706c6503636f6d00 0006 0020"
     "20010db8000000000000000000000001 20010db8000000000000000000530001",
     "1 foo.example.com ipv6hint=2001:db8::1,2001:db8::53:1"},
    {64,
     "0010 03666f6f076578616d706c65036f726700 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139"
     "0004 0004 c0000201",
     "16 foo.example.org mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1"},
    {64, "0010 03666f6f076578616d706c65036f726700 0001 000c 08 665c6f6f2c626172 02 6832",
     "16 foo.example.org alpn=\"f\\\\\\\\oo\\\\,bar,h2\""},
    {64, "0001 00 0002 0000", "1 . no-default-alpn"},
    {65, "0001 00 0005 0004 fe0d0001 0007 0004 2f717b7d", "1 . ech=/g0AAQ== dohpath=\"/q{}\""},
    /* RFC 9540 section 3: no value */
    {65, "0001 00 0001 0003 02 6833 0008 0000", "1 . alpn=\"h3\" ohttp"},
    {65, "0001 00 0008 0001 00", "malformed"},
    {64, "0001 00 0009 0004 001d 0017", "1 . tls-supported-groups=29,23"},
    {64, "0001 00 0009 0003 001d 00", "malformed"},
    {64, "0001 00 000a 0004 03 646e73", "1 . docpath=\"dns\""},
    {64, "0001 00 000a 0000", "1 . docpath"},
    {64, "0001 00 ffff 0001 41", "1 . key65535=\"A\""},           /* dig */
    {64, "0001 00 0003 0002 0035 0003 0002 0035", "malformed"},   /* the same key twice */
    {64, "0001 00 0003 0002 0035 0001 0003 026832", "malformed"}, /* falling keys */
    {64, "0001 00 0003 0003 003500", "malformed"},
    {64, "0001 00 0003 0000", "malformed"},
    {64, "0001 00 0001 0000", "malformed"},
    {64, "0001 00 0001 0002 0000", "malformed"}, /* an empty protocol */
    {64, "0001 00 0002 0001 00", "malformed"},   /* no-default-alpn has no value */
    {64, "0001 00 0004 0003 c00002", "malformed"},
    {64, "0001 00 0004 0008 c0000201", "malformed"},
};

static void service_parameters(void **unused)
{
    struct ht_arena arena = {0};
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(svcb); i++) {
        assert_text(print(&arena, svcb[i].type, svcb[i].hex), svcb[i].expected);
    }
    ht_arena_clear(&arena);
}

/* RFC 4648 section 10. */
static void base64_and_base32hex(void **unused)
{
    static const char *const encoded[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                          "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    static const char *const hex32[]   = {"",        "CO",       "CPNG",      "CPNMU",
                                          "CPNMUOG", "CPNMUOJ1", "CPNMUOJ1E8"};
    struct ht_arena arena              = {0};
    struct dns_text text;
    (void)unused;
    for (size_t len = 0; len <= 6; len++) {
        dns_text_start(&text, &arena);
        dns_text_base64(&text, ht_bytes("foobar", len));
        assert_text(dns_text_done(&text), encoded[len]);
        dns_text_start(&text, &arena);
        dns_text_base32hex(&text, ht_bytes("foobar", len));
        assert_text(dns_text_done(&text), hex32[len]);
    }
    ht_arena_clear(&arena);
}

/* As inet_ntop writes it, which keeps RFC 5952: every pattern of zero groups, and others. */
static void addresses(void **unused)
{
    uint32_t random = 1;
    (void)unused;
    for (unsigned i = 0; i < 256 * 64; i++) {
        struct ht_arena arena = {0};
        struct dns_text text;
        uint8_t bytes[16] = {0};
        char expected[HT_ADDRESS_TEXT_MAX];
        for (unsigned j = 0; j < 16; j++) {
            random   = random * UINT32_C(1103515245) + 12345;
            bytes[j] = (uint8_t)((i >> j / 2 & 1) != 0 ? random >> 16 >> (i >> 8) % 9 : 0);
        }
        if (i % 5 == 0) {
            bytes[10] = bytes[11] = 0xFF;
        }
        struct ht_address address = i % 4 == 3 ? ht_address4(bytes) : ht_address6(bytes);
        dns_text_start(&text, &arena);
        dns_text_address(&text, &address);
        assert_non_null(
            inet_ntop(address.version == 4 ? AF_INET : AF_INET6, bytes, expected, sizeof expected));
        assert_text(dns_text_done(&text), expected);
        ht_arena_clear(&arena);
    }
}

static void numbers(void **unused)
{
    static const char *const expected[] = {
        "0", "9", "10", "99", "100", "4294967295", "9999999999999999999", "18446744073709551615"};
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(expected); i++) {
        uint8_t room[24];
        struct dns_text text;
        dns_text_start_in(&text, room, sizeof room);
        dns_text_uint(&text, strtoull(expected[i], NULL, 10));
        assert_text(dns_text_done(&text), expected[i]);
    }
}

/* A text longer than its first room is whole; without memory it is empty, not cut. */
static void long_texts(void **unused)
{
    struct ht_budget budget = {.max = 0};
    struct ht_arena arena = {0}, none = {.budget = &budget};
    struct dns_text text;
    (void)unused;
    dns_text_start(&text, &arena);
    for (unsigned i = 0; i < 3000; i++) {
        dns_text_char(&text, (char)('a' + i % 26));
    }
    struct ht_bytes all = dns_text_done(&text);
    assert_int_equal(all.len, 3000);
    for (unsigned i = 0; i < 3000; i++) {
        assert_int_equal(all.ptr[i], 'a' + i % 26);
    }
    dns_text_start(&text, &none);
    for (unsigned i = 0; i < 3000; i++) {
        dns_text_char(&text, 'a');
    }
    assert_int_equal(dns_text_done(&text).len, 0);
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presentation_forms),
        cmocka_unit_test(service_parameters),
        cmocka_unit_test(base64_and_base32hex),
        cmocka_unit_test(addresses),
        cmocka_unit_test(numbers),
        cmocka_unit_test(long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
