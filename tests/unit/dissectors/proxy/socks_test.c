/*
 * SOCKS 4, 4a and 5. Messages are put together from the SOCKS 4 and 4A memos, RFC 1928 and RFC
 * 1929.
 */
#include "recorder.h"
#include "support.h"

#include "proxy/socks.h"

#include <stdlib.h>

extern const struct ht_dissector socks_dissector;

#define CLIENT_TLS "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

static bool request4(struct ht_bytes in, void *arg)
{
    return socks4_request_parse(in, arg);
}

static bool reply4(struct ht_bytes in, void *arg)
{
    return socks4_reply_parse(in, arg);
}

static bool message5(struct ht_bytes in, void *arg)
{
    return socks5_message_parse(in, arg);
}

static void test_version4(void **state)
{
    (void)state;
    struct socks_message m;
    char room[HT_ADDRESS_TEXT_MAX];
    assert_true(socks4_request_parse(hex("04 01 01bb c0000201 66726564 00"), &m));
    assert_int_equal(m.code, 1);
    assert_int_equal(m.port, 443);
    assert_string_equal(ht_address_print(room, &m.address), "192.0.2.1");
    assert_true(socks4_request_parse(hex("04 01 01bb 00000001 00 612e6578616d706c65 00"), &m));
    assert_text(m.name, "a.example");
    assert_int_equal(m.address.version, 0);
    assert_true(socks4_reply_parse(hex("00 5b 0000 00000000"), &m));
    assert_int_equal(m.code, 0x5b);
    every_prefix(hex("04 01 01bb c0000201 66726564 00"), request4, &m);
    every_prefix(hex("04 01 01bb 00000001 00 612e6578616d706c65 00"), request4, &m);
    every_prefix(hex("00 5a 0000 00000000"), reply4, &m);
    assert_false(socks4_request_parse(hex("05 01 01bb c0000201 00"), &m));
    assert_false(socks4_reply_parse(hex("04 5a 0000 00000000"), &m));
}

static void test_version5(void **state)
{
    (void)state;
    struct socks_message m;
    char room[HT_ADDRESS_TEXT_MAX];
    assert_true(socks5_message_parse(hex("05 01 00 03 09 612e6578616d706c65 01bb"), &m));
    assert_text(m.name, "a.example");
    assert_int_equal(m.port, 443);
    assert_true(socks5_message_parse(hex("05 05 00 01 00000000 0000"), &m));
    assert_int_equal(m.code, 5);
    assert_true(socks5_message_parse(hex("05 01 00 04 20010db8000000000000000000000001 0050"), &m));
    assert_string_equal(ht_address_print(room, &m.address), "2001:db8::1");
    every_prefix(hex("05 01 00 03 09 612e6578616d706c65 01bb"), message5, &m);
    every_prefix(hex("05 01 00 04 20010db8000000000000000000000001 0050"), message5, &m);
    assert_false(socks5_message_parse(hex("05 01 00 02 00000000 0000"), &m));
    assert_false(socks5_message_parse(hex("04 01 00 01 00000000 0000"), &m));
}

static const struct proxy_details *end_of(struct recorder *r, const struct utterance *said,
                                          size_t num)
{
    const struct proxy_state *s = recorder_converse(r, &socks_dissector, 1080, said, num);
    return &s->details;
}

static void test_tunnel5(void **state)
{
    (void)state;
    static const struct utterance said[] = {A("\x05\x02\x00\x02"),
                                            B("\x05\x02"),
                                            A("\x01\x05"
                                              "alice\x06"
                                              "secret"),
                                            B("\x01\x00"),
                                            A("\x05\x01\x00\x03\x09"
                                              "a.example\x01\xbb"),
                                            B("\x05\x00\x00\x01\x0a\x00\x00\x02\x80\x00"),
                                            A(CLIENT_TLS)};
    char *text = every_split(&socks_dissector, said, HT_ARRAY_LEN(said), 1080);
    assert_string_equal(text,
                        "client is A by command\n"
                        "A proxy.methods { offered_methods=0002 }\n"
                        "B proxy.methods { authentication=username }\n"
                        "A proxy.authentication { authentication=username }\n"
                        "B proxy.authentication { authentication=username accepted=true }\n"
                        "A proxy.connect { protocol=socks5 command=connect target_name=a.example "
                        "target_port=443 authentication=username }\n"
                        "B proxy.answer { answer_code=0 answer=succeeded accepted=true }\n");
    free(text);
    struct recorder r;
    const struct proxy_details *d = end_of(&r, said, HT_ARRAY_LEN(said));
    assert_non_null(r.dispatch.past);
    assert_string_equal(d->protocol, "socks5");
    assert_true(d->accepted);
    assert_int_equal(d->request_frame, 5);
    assert_int_equal(d->answer_frame, 6);
    recorder_free(&r);
}

static void test_tunnel4(void **state)
{
    (void)state;
    static const struct utterance said[] = {A("\x04\x01\x01\xbb\xc0\x00\x02\x01"
                                              "fred\0"),
                                            B("\x00\x5a\x00\x00\x00\x00\x00\x00"), A(CLIENT_TLS)};
    char *text = every_split(&socks_dissector, said, HT_ARRAY_LEN(said), 1080);
    assert_string_equal(text, "client is A by command\n"
                              "A proxy.connect { protocol=socks4 command=connect "
                              "target_address=192.0.2.1 target_port=443 }\n"
                              "B proxy.answer { answer_code=90 answer=granted accepted=true }\n");
    free(text);
}

/* What comes through a port that was bound, or by UDP, is not the client's connection. */
static void test_not_connected(void **state)
{
    (void)state;
    static const struct utterance said[][4] = {
        {A("\x05\x01\x00"), B("\x05\x00"), A("\x05\x02\x00\x01\xc0\x00\x02\x01\x00\x50"),
         B("\x05\x00\x00\x01\x0a\x00\x00\x02\x80\x00")},
        {A("\x05\x01\x00"), B("\x05\x00"), A("\x05\x03\x00\x01\x00\x00\x00\x00\x00\x00"),
         B("\x05\x00\x00\x01\x0a\x00\x00\x02\x80\x00")}};
    static const char *const commands[] = {"bind", "udp_associate"};
    for (size_t i = 0; i < HT_ARRAY_LEN(said); i++) {
        struct recorder r;
        const struct proxy_details *d = end_of(&r, said[i], HT_ARRAY_LEN(said[i]));
        assert_string_equal(d->command, commands[i]);
        assert_true(d->accepted);
        assert_true(ht_dispatch_over(&r.dispatch));
        recorder_free(&r);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    struct recorder r;
    static const struct utterance refused[] = {A("\x05\x01\x00"), B("\x05\x00"),
                                               A("\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"),
                                               B("\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")};
    const struct proxy_details *d           = end_of(&r, refused, HT_ARRAY_LEN(refused));
    assert_true(d->refused);
    assert_string_equal(d->answer, "connection_refused");
    assert_true(ht_dispatch_over(&r.dispatch));
    recorder_free(&r);
    static const struct utterance unacceptable[] = {A("\x05\x01\x00"), B("\x05\xff")};
    d = end_of(&r, unacceptable, HT_ARRAY_LEN(unacceptable));
    assert_text(d->authentication, "none_acceptable");
    assert_true(ht_dispatch_over(&r.dispatch));
    recorder_free(&r);
    static const struct utterance wrong[] = {A("\x05\x01\x02"), B("\x05\x02"),
                                             A("\x01\x01"
                                               "a\x01"
                                               "b"),
                                             B("\x01\x01")};
    (void)end_of(&r, wrong, HT_ARRAY_LEN(wrong));
    assert_true(ht_dispatch_over(&r.dispatch));
    recorder_free(&r);
}

static void test_match(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        enum ht_match match;
    } cases[] = {
        {"05 01 00", HT_MATCH_YES},
        {"05 02 00 02", HT_MATCH_YES},
        {"05 02 00", HT_MATCH_MORE},
        {"05", HT_MATCH_MORE},
        {"05 00", HT_MATCH_NO},
        {"05 02 00 00", HT_MATCH_NO},
        {"05 01 0a", HT_MATCH_NO},
        {"05 0b 00", HT_MATCH_NO},
        {"04 01 01bb c0000201 00", HT_MATCH_YES},
        {"04 01 01bb c0000201 6672", HT_MATCH_MORE},
        {"04 01 01bb c0000201 01", HT_MATCH_NO},
        {"04 03 01bb c0000201 00", HT_MATCH_NO},
        {"04 01 0000 c0000201 00", HT_MATCH_NO},
        {"05 00 0b 03 10 00 00 00", HT_MATCH_NO}, /* DCE/RPC */
    };
    struct ht_endpoint endpoint[2] = {0};
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        if (socks_dissector.match(hex(cases[i].head), endpoint, HT_SIDE_A) != cases[i].match) {
            fail_msg("%s", cases[i].head);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version4),      cmocka_unit_test(test_version5),
        cmocka_unit_test(test_tunnel5),       cmocka_unit_test(test_tunnel4),
        cmocka_unit_test(test_not_connected), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
