/*
 * Conversations: queries and answers paired, over UDP and TCP. The messages are made by hand from
 * RFC 1035 section 4, but for those that say otherwise.
 */
#include "recorder.h"
#include "support.h"

#include "dns/dns.h"

#include <stdlib.h>

extern const struct ht_dissector dns_dissector, dns_stream_dissector;

#define WWW_A "03777777076578616d706c6503636f6d00 0001 0001"
#define WWW_AAAA "03777777076578616d706c6503636f6d00 001c 0001"
#define ANSWER_A "c00c 0001 0001 0000012c 0004 5db8d822"
#define ANSWER_AAAA "c00c 001c 0001 0000012c 0010 20010db8000000000000000000000001"

static const char query[]        = "1234 0100 0001 0000 0000 0000" WWW_A;
static const char answer[]       = "1234 8180 0001 0001 0000 0000" WWW_A ANSWER_A;
static const char other_query[]  = "abcd 0100 0001 0000 0000 0000" WWW_AAAA;
static const char other_answer[] = "abcd 8180 0001 0001 0000 0000" WWW_AAAA ANSWER_AAAA;

/* One datagram, in memory of exactly its size, `ms` milliseconds after the first one's time. */
static void say_bytes(struct recorder *r, enum ht_side side, int64_t ms, struct ht_bytes message,
                      size_t len)
{
    uint8_t *exact = malloc(message.len > 0 ? message.len : 1);
    assert_non_null(exact);
    memcpy(exact, message.ptr, message.len);
    r->emitter.time_ns = (1000 + ms) * 1000000;
    ht_dispatch_datagram(&r->dispatch, &r->emitter, side, ht_bytes(exact, message.len), len);
    r->emitter.frame++;
    free(exact);
}

static void say(struct recorder *r, enum ht_side side, int64_t ms, const char *digits)
{
    struct ht_bytes message = hex(digits);
    say_bytes(r, side, ms, message, message.len);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        n++;
    }
    return n;
}

/* The end: so many records, which say this and not that. */
static void ends(struct recorder *r, size_t records, const char *const *parts, const char *never)
{
    recorder_end(r);
    if (count(r->text, "\ndns {") != records) {
        fail_msg("not %zu records:\n%s", records, r->text);
    }
    for (; *parts != NULL; parts++) {
        if (strstr(r->text, *parts) == NULL) {
            fail_msg("no \"%s\":\n%s", *parts, r->text);
        }
    }
    if (never != NULL && strstr(r->text, never) != NULL) {
        fail_msg("\"%s\":\n%s", never, r->text);
    }
    recorder_free(r);
}

#define SAYS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void pairs(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0, query);
    say(&r, HT_SIDE_B, 20, answer);
    ends(&r, 1,
         SAYS("client is A by dns_query", "A dns.query { id=4660", "B dns.answer { id=4660",
              "start=1000000000 ", "transport=udp", "client={ ip=10.0.0.1 port=40000 }",
              "server={ ip=10.0.0.2 port=53 }", "query_frame=1 answer_frame=2 rtt_ns=20000000 ",
              "question={ name=www.example.com type=A class=IN } rcode=NOERROR",
              "recursion_desired=true", "recursion_available=true",
              "answers={ name=www.example.com type=A ttl_s=300",
              "data=93.184.216.34 asked=www.example.com }"),
         "repeat_frames");
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0, query);
    ends(&r, 1, SAYS("recursion_desired=true"), "tentative"); /* which is LLMNR's */
}

/* Two at once from one port, answered in the other order. */
static void pairs_by_identifier(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0, query);
    say(&r, HT_SIDE_A, 1, other_query);
    say(&r, HT_SIDE_B, 20, other_answer);
    say(&r, HT_SIDE_B, 30, answer);
    ends(&r, 2,
         SAYS("query_frame=1 answer_frame=4 rtt_ns=30000000 ",
              "query_frame=2 answer_frame=3 rtt_ns=19000000 "),
         NULL);
}

/* One identifier for A and AAAA: what is asked tells them apart. */
static void pairs_by_question(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0, "1234 0100 0001 0000 0000 0000" WWW_AAAA);
    say(&r, HT_SIDE_A, 1, query);
    say(&r, HT_SIDE_B, 20, answer);
    say(&r, HT_SIDE_B, 30, "1234 8180 0001 0001 0000 0000" WWW_AAAA ANSWER_AAAA);
    ends(&r, 2, SAYS("query_frame=1 answer_frame=4 ", "query_frame=2 answer_frame=3 "), NULL);
}

/* As two queues of a network card may store them. */
static void pairs_an_answer_before_its_query(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_B, 20, answer);
    say(&r, HT_SIDE_A, 0, query);
    ends(&r, 1, SAYS("client is A by dns_answer", "query_frame=2 answer_frame=1 rtt_ns=20000000 "),
         NULL);
}

static void notes_repeats(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0, query);
    say(&r, HT_SIDE_A, 1000, query);
    say(&r, HT_SIDE_B, 1020, answer);
    say(&r, HT_SIDE_B, 1021, answer);
    say(&r, HT_SIDE_A, 1022, query);
    ends(&r, 1,
         SAYS("query_frame=1 answer_frame=3 ", "repeat_frames=2,4,5, ", "rtt_ns=1020000000 "),
         NULL);
}

static void notes_repeats_unanswered(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0, query);
    say(&r, HT_SIDE_A, 5000, query);
    say(&r, HT_SIDE_A, 10000, query);
    ends(&r, 1, SAYS("query_frame=1 repeat_frames=2,3, "), "rcode");
}

/* The same identifier once more, a minute later, is another transaction. */
static void begins_anew_after_a_while(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0, query);
    say(&r, HT_SIDE_B, 20, answer);
    say(&r, HT_SIDE_A, 60000, query);
    say(&r, HT_SIDE_B, 60020, answer);
    ends(&r, 2, SAYS("query_frame=1 answer_frame=2 ", "query_frame=3 answer_frame=4 "),
         "repeat_frames");
}

static void tells_what_was_not_answered(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0, query);
    ends(&r, 1, SAYS("query_frame=1 question={ name=www.example.com "), "answer_frame");
}

/* An answer alone, and a second and different one to the same query: each has its record. */
static void tells_every_answer(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_B, 0, other_answer);
    say(&r, HT_SIDE_A, 100, query);
    say(&r, HT_SIDE_B, 120, answer);
    say(&r, HT_SIDE_B, 121, "1234 8183 0001 0000 0000 0000" WWW_A);
    ends(&r, 3,
         SAYS(" answer_frame=1 question", "query_frame=2 answer_frame=3 ",
              "query_frame=2 answer_frame=4 ", "rcode=NXDOMAIN"),
         NULL);
}

/* An error may come without the question (RFC 1035 section 4.1.1: FORMERR). */
static void pairs_an_error_without_question(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0, query);
    say(&r, HT_SIDE_B, 20, "1234 8181 0000 0000 0000 0000");
    ends(&r, 1, SAYS("query_frame=1 answer_frame=2 ", "name=www.example.com", "rcode=FORMERR"),
         NULL);
}

/* More than can wait: the oldest is told before its time. */
static void bounds_what_waits(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    for (unsigned i = 0; i < 1000; i++) {
        struct ht_bytes asked = hex(query);
        uint8_t copy[64];
        assert_true(asked.len <= sizeof copy);
        memcpy(copy, asked.ptr, asked.len);
        copy[0] = (uint8_t)(i >> 8);
        copy[1] = (uint8_t)i;
        say_bytes(&r, HT_SIDE_A, i, ht_bytes(copy, asked.len), asked.len);
    }
    ends(&r, 1000, SAYS("query_frame=1 ", "query_frame=1000 ", "limit_reached=true"), NULL);
}

/* RFC 6762: to the group, no identifier, no pairs; the top bit of the class is a flag. What was
 * captured twice is told once. */
static void tells_multicast(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 5353);
    r.endpoint[0].port    = 5353;
    r.endpoint[1].address = ht_address4((const uint8_t[]){224, 0, 0, 251});
    say(&r, HT_SIDE_A, 0, "0000 0000 0001 0000 0000 0000 0470632d31 056c6f63616c00 0001 8001");
    say(&r, HT_SIDE_A, 20,
        "0000 8400 0000 0001 0000 0000 0470632d31 056c6f63616c00 0001 8001 00000078 0004 0a000001");
    r.emitter.copy = true;
    say(&r, HT_SIDE_A, 21, "0000 0000 0001 0000 0000 0000 0470632d31 056c6f63616c00 0001 8001");
    ends(&r, 2,
         SAYS("protocol=mdns", "query_frame=1 ",
              "question={ name=pc-1.local type=A class=IN unicast_response=true }",
              " answer_frame=2 ",
              "{ name=pc-1.local type=A ttl_s=120 data=10.0.0.1 cache_flush=true }"),
         "query_frame=1 answer_frame");
}

/* RFC 1002 sections 4.2.2 and 4.2.6: a name is registered with a name server, which refuses. Types,
 * operations and results have other numbers than in DNS: these would be NIMLOC, UPDATE, YXDOMAIN.
 */
static void tells_netbios(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 137);
    r.endpoint[0].port = 137;
    say(&r, HT_SIDE_A, 0,
        "1234 2900 0001 0000 0000 0001"
        "20 4547464345464545434143414341434143414341434143414341434143414341 00 0020 0001"
        "c00c 0020 0001 000493e0 0006 6000 0a000001");
    say(&r, HT_SIDE_B, 1,
        "1234 ad86 0000 0001 0000 0000"
        "20 4547464345464545434143414341434143414341434143414341434143414341 00 0020 0001"
        "00000000 0006 6000 0a000001");
    ends(&r, 1,
         SAYS("protocol=nbns", "query_frame=1 ", " answer_frame=2 ", "opcode=REGISTRATION",
              "question={ name=FRED<20> type=NB class=IN }", "rcode=ACT_ERR",
              "{ name=FRED<20> type=NB data=10.0.0.1 H asked=FRED<20> }"),
         "checking_disabled");
}

/* RFC 6762 section 8.1: a probe asks for any record of its name, by unicast if it may be, and says
 * in the authority section what it is about to claim; section 7.1: what is known already comes with
 * a query; RFC 6763 section 4.3: service names are UTF-8, with spaces. */
static void tells_probes_and_known_answers(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 5353);
    r.endpoint[1].address = ht_address4((const uint8_t[]){224, 0, 0, 251});
    say(&r, HT_SIDE_A, 0,
        "0000 0000 0001 0000 0001 0000 0470632d31056c6f63616c00 00ff 8001"
        "c00c 0001 0001 00000078 0004 0a000001");
    say(&r, HT_SIDE_A, 10,
        "0000 0000 0002 0001 0000 0000 045f697070045f746370056c6f63616c00 000c 0001"
        "c00c 0010 8001 c00c 000c 0001 00000e10 0010 0d 426fe28099732070612e7065 72 c00c");
    ends(&r, 2,
         SAYS("question={ name=pc-1.local type=ANY class=IN unicast_response=true }",
              "authority={ name=pc-1.local type=A ttl_s=120 data=10.0.0.1 }",
              "question={ name=_ipp._tcp.local type=PTR class=IN }",
              "more_questions={ name=_ipp._tcp.local type=TXT class=IN unicast_response=true }",
              "data=Boe28099s pa\\.per._ipp._tcp.local asked=_ipp._tcp.local }"),
         "malformed");
}

/* RFC 4795 section 2.1.1: in place of AA and RD are conflict and tentative. */
static void tells_llmnr_flags(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 5355);
    say(&r, HT_SIDE_A, 0, "4c4c 0400 0001 0000 0000 0000 0470632d3100 0001 0001");
    say(&r, HT_SIDE_B, 1, "4c4c 8100 0001 0000 0000 0000 0470632d3100 0001 0001");
    ends(&r, 1, SAYS("tentative=true"), "authoritative");
}

/* RFC 6891 section 6.1.1: one OPT, and of the root. */
static void tells_what_opt_must_not_be(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0,
        "0001 0100 0001 0000 0000 0002 0161 00 0001 0001 00 0029 04d0 00000000 0000"
        "00 0029 04d0 00000000 0000");
    say(&r, HT_SIDE_A, 1,
        "0002 0100 0001 0000 0000 0001 0161 00 0001 0001"
        "0161 00 0029 04d0 00000000 0000");
    say(&r, HT_SIDE_A, 2,
        "0003 0100 0001 0000 0000 0001 0161 00 0001 0001"
        "00 0029 04d0 00000000 0006 000f 0002 0012");
    ends(&r, 3,
         SAYS("id=1 query_frame=1", "malformed=true", "id=2 query_frame=2", "malformed=true",
              "id=3 query_frame=3", "errors={ code=0x0012 }"),
         "partial");
}

/* RFC 4795: asked of the group, answered from a host's own address. */
static void tells_llmnr(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 5355);
    r.endpoint[1].address = ht_address4((const uint8_t[]){224, 0, 0, 252});
    say(&r, HT_SIDE_A, 0, "4c4c 0000 0001 0000 0000 0000 0470632d3100 0001 0001");
    ends(&r, 1, SAYS("protocol=llmnr", "query_frame=1 ", "name=pc-1 type=A"), "answer_frame");
}

/* Cut after the first record, though its header says two. */
static void tells_what_is_malformed(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say(&r, HT_SIDE_A, 0, query);
    say(&r, HT_SIDE_B, 20, "1234 8180 0001 0002 0000 0000" WWW_A ANSWER_A);
    say(&r, HT_SIDE_A, 30, "abcd 01");
    ends(&r, 2,
         SAYS("B dns.answer malformed {", "answer_frame=2", "data=93.184.216.34", "malformed=true",
              "A dns.query malformed {"),
         "partial");
}

/* The snapshot length ended it, not its sender. */
static void tells_what_is_cut(void **state)
{
    struct recorder r;
    struct ht_bytes message = hex(answer);
    (void)state;
    recorder_start(&r, &dns_dissector, false, 53);
    say_bytes(&r, HT_SIDE_B, 0, ht_bytes_head(message, message.len - 10), message.len);
    ends(&r, 1, SAYS("B dns.answer partial {", "name=www.example.com", "partial=true"),
         "malformed");
}

static void survives_every_cut(void **state)
{
    struct ht_bytes message = hex(answer);
    (void)state;
    for (size_t len = 1; len < message.len; len++) {
        struct recorder r;
        recorder_start(&r, &dns_dissector, false, 53);
        say(&r, HT_SIDE_A, 0, query);
        say_bytes(&r, HT_SIDE_B, 1, ht_bytes_head(message, len), len);
        recorder_end(&r);
        assert_int_equal(count(r.text, " malformed {"), 1);
        recorder_free(&r);
    }
}

/* Off its port only an ordinary message is DNS. */
static void knows_dns_elsewhere(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_dissector, false, 10053);
    say(&r, HT_SIDE_A, 0, query);
    say(&r, HT_SIDE_B, 20, answer);
    ends(&r, 1, SAYS("query_frame=1 answer_frame=2 "), "protocol=");
    recorder_start(&r, &dns_dissector, false, 10053);
    say(&r, HT_SIDE_A, 0, "1234 0100 0001 0000 0000 0000 02ff0000 0001 0001");
    recorder_end(&r);
    assert_string_equal(r.text, "");
    recorder_free(&r);
}

/* RFC 7766 section 6.2.1.1: queries in a row on one connection, answered in any order. */
static void pairs_over_tcp(void **state)
{
    const struct utterance said[] = {
        {HT_SIDE_A, hex("0021 1234 0100 0001 0000 0000 0000" WWW_A
                        "0021 abcd 0100 0001 0000 0000 0000" WWW_AAAA)},
        {HT_SIDE_B, hex("003d abcd 8180 0001 0001 0000 0000" WWW_AAAA ANSWER_AAAA
                        "0031 1234 8180 0001 0001 0000 0000" WWW_A ANSWER_A)},
        {HT_SIDE_A, hex("0021 1234 0100 0001 0000 0000 0000" WWW_A)},
        {HT_SIDE_B, hex("0031 1234 8183 0001 0001 0000 0000" WWW_A ANSWER_A)},
    };
    char *text = every_split(&dns_stream_dissector, said, HT_ARRAY_LEN(said), 53);
    (void)state;
    assert_int_equal(count(text, "\ndns {"), 3);
    assert_int_equal(count(text, "transport=tcp"), 3);
    assert_int_equal(count(text, "query_frame=1 answer_frame=2 rtt_ns=1000000 "), 2);
    assert_int_equal(count(text, "query_frame=3 answer_frame=4 rtt_ns=1000000 "), 1);
    assert_int_equal(count(text, "data=2001:db8::1 "), 2); /* the event and the record */
    assert_null(strstr(text, "malformed"));
    free(text);
}

/* RFC 5936 section 2.2: a zone comes in several messages; all have the query. */
static void tells_transfers(void **state)
{
#define ZONE_AXFR "0161 00 00fc 0001"
    const struct utterance said[] = {
        {HT_SIDE_A, hex("0013 1234 0000 0001 0000 0000 0000" ZONE_AXFR)},
        {HT_SIDE_B, hex("0023 1234 8400 0001 0001 0000 0000" ZONE_AXFR
                        "c00c 0001 0001 0000012c 0004 0a000001")},
        {HT_SIDE_B, hex("0023 1234 8400 0001 0001 0000 0000" ZONE_AXFR
                        "c00c 0001 0001 0000012c 0004 0a000002")},
    };
    char *text = every_split(&dns_stream_dissector, said, HT_ARRAY_LEN(said), 53);
    (void)state;
    assert_int_equal(count(text, "\ndns {"), 2);
    assert_int_equal(count(text, "query_frame=1 answer_frame=2 "), 1);
    assert_int_equal(count(text, "query_frame=1 answer_frame=3 "), 1);
    free(text);
}

/* After a hole a whole message is found again. */
static void finds_its_way_over_tcp(void **state)
{
    struct recorder r;
    struct ht_bytes first = hex("0021 1234 0100 0001 0000 0000 0000" WWW_A);
    (void)state;
    recorder_start(&r, &dns_stream_dissector, true, 53);
    recorder_bytes(&r, HT_SIDE_A, ht_bytes_head(first, 20), 15);
    r.emitter.frame = 2;
    recorder_bytes(&r, HT_SIDE_A, hex("0021 abcd 0100 0001 0000 0000 0000" WWW_AAAA), 0);
    ends(&r, 2, SAYS("partial=true", "query_frame=2 ", "type=AAAA"), "malformed");
}

/* TLS to port 53 (RFC 7858 section 3.1 forbids it, servers do it) is no DNS. */
static void leaves_others_alone(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &dns_stream_dissector, true, 53);
    recorder_bytes(&r, HT_SIDE_A, hex("160301009f0100009b03032c3658172a463979a6ceefcc7f54cbc7"), 0);
    recorder_end(&r);
    assert_string_equal(r.text, "");
    recorder_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs),
        cmocka_unit_test(pairs_by_identifier),
        cmocka_unit_test(pairs_by_question),
        cmocka_unit_test(pairs_an_answer_before_its_query),
        cmocka_unit_test(notes_repeats),
        cmocka_unit_test(notes_repeats_unanswered),
        cmocka_unit_test(begins_anew_after_a_while),
        cmocka_unit_test(tells_what_was_not_answered),
        cmocka_unit_test(tells_every_answer),
        cmocka_unit_test(pairs_an_error_without_question),
        cmocka_unit_test(bounds_what_waits),
        cmocka_unit_test(tells_multicast),
        cmocka_unit_test(tells_netbios),
        cmocka_unit_test(tells_probes_and_known_answers),
        cmocka_unit_test(tells_llmnr_flags),
        cmocka_unit_test(tells_what_opt_must_not_be),
        cmocka_unit_test(tells_llmnr),
        cmocka_unit_test(tells_what_is_malformed),
        cmocka_unit_test(tells_what_is_cut),
        cmocka_unit_test(survives_every_cut),
        cmocka_unit_test(knows_dns_elsewhere),
        cmocka_unit_test(pairs_over_tcp),
        cmocka_unit_test(tells_transfers),
        cmocka_unit_test(finds_its_way_over_tcp),
        cmocka_unit_test(leaves_others_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
