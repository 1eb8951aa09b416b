/*
 * What is told of an association is the same however its messages were cut, in whatever order the
 * fragments came, and how often (RFC 6347 sections 4.2.2 to 4.2.4); and what did not come is told.
 */
#include "association.h"

/* Cuts each message of a datagram into datagrams of up to `size` bytes of it. */
static size_t cut(struct ht_bytes datagram, uint32_t size, struct built *out)
{
    struct ht_reader r = ht_reader(datagram);
    struct dtls_record record;
    size_t num = 0;
    while (rd_more(&r)) {
        struct dtls_fragment message;
        assert_true(dtls_record_read(&r, 0, false, &record));
        struct ht_reader inner = ht_reader(record.fragment);
        assert_true(dtls_fragment_read(&inner, false, &message));
        for (uint32_t at = 0; at == 0 || at < message.length; at += size) {
            uint32_t until = at + size < message.length ? at + size : message.length;
            assert_true(num < MAX_DATAGRAMS);
            build(&out[num], 100 + num, &message, at, until);
            num++;
        }
    }
    return num;
}

static size_t next_random(uint64_t *state, size_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(*state >> 33) % below;
}

/* The association with the server's first flight cut, shuffled and some of it repeated. */
static void say_shuffled(struct recorder *r, uint32_t size, uint64_t seed)
{
    static struct built pieces[MAX_DATAGRAMS];
    size_t num = cut(hex(dtls12_datagrams[SERVER_FLIGHT].hex), size, pieces);
    say_vector(r, 0, SERVER_FLIGHT);
    for (size_t left = num; left > 0; left--) {
        size_t i = next_random(&seed, left);
        say(r, 1, ht_bytes(pieces[i].bytes, pieces[i].len));
        if (next_random(&seed, 3) == 0) {
            say(r, 1, ht_bytes(pieces[i].bytes, pieces[i].len));
        }
        struct built here = pieces[i];
        pieces[i]         = pieces[left - 1];
        pieces[left - 1]  = here;
    }
    r->emitter.frame   = 100;
    r->emitter.time_ns = 100000000;
    say_vector(r, SERVER_FLIGHT + 1, HT_ARRAY_LEN(dtls12_datagrams));
}

static void any_order_and_cut_is_the_same(void **unused)
{
    static const uint32_t sizes[] = {20, 64, 100, 333, 1200};
    (void)unused;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct recorder r;
        start(&r);
        say_shuffled(&r, sizes[seed % HT_ARRAY_LEN(sizes)], seed);
        const struct dtls_details *details = end(&r);
        char *told                         = outline(r.text, "dtls.retransmission");
        assert_string_equal(told, HELLOS SERVER_FIRST CLIENT_SECOND SERVER_SECOND CLOSE);
        assert_int_equal(details->lost_messages, 0);
        free(told);
        recorder_free(&r);
    }
}

/* What of the messages themselves is told must be that of the messages whole. */
static void fields_are_the_same(void **unused)
{
    struct recorder whole, cut_up;
    (void)unused;
    start(&whole);
    say_vector(&whole, 0, SERVER_FLIGHT);
    say_hex(&whole, 1, dtls12_datagrams[SERVER_FLIGHT].hex);
    start(&cut_up);
    say_shuffled(&cut_up, 50, 7);
    static const char *const fields[] = {" cipher_suite=", " random=", " chain_bytes=", " group="};
    for (size_t i = 0; i < HT_ARRAY_LEN(fields); i++) {
        const char *in_whole = strstr(strstr(whole.text, "tls.server_hello "), fields[i]);
        const char *in_cut   = strstr(strstr(cut_up.text, "tls.server_hello "), fields[i]);
        assert_int_equal(in_whole == NULL, in_cut == NULL);
        if (in_whole != NULL) {
            assert_memory_equal(in_whole, in_cut, 1 + strcspn(in_whole + 1, " "));
        }
    }
    recorder_free(&whole);
    recorder_free(&cut_up);
}

/* The client gave up on a ClientHello of which half was captured, and sends another one whole. */
static void a_whole_hello_overtakes_a_part(void **unused)
{
    static struct built pieces[MAX_DATAGRAMS];
    struct recorder r;
    (void)unused;
    start(&r);
    assert_int_equal(cut(hex(dtls12_datagrams[0].hex), 100, pieces), 2);
    say(&r, 0, ht_bytes(pieces[0].bytes, pieces[0].len));
    assert_int_equal(cut(hex(dtls12_datagrams[2].hex), 100, pieces), 2);
    say(&r, 0, ht_bytes(pieces[1].bytes, pieces[1].len));
    assert_null(strstr(r.text, "tls."));
    say(&r, 0, ht_bytes(pieces[0].bytes, pieces[0].len));
    assert_told(&r, "A tls.other_handshake partial\n"
                    "client is A by client_hello\n"
                    "A tls.client_hello\n");
    assert_non_null(strstr(r.text, " cookie_bytes=20 "));
    recorder_free(&r);
}

static void retransmissions_are_counted(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_vector(&r, 0, 1);
    say_vector(&r, 0, SERVER_FLIGHT + 1);
    say_vector(&r, SERVER_FLIGHT, 5);
    say_vector(&r, 4, HT_ARRAY_LEN(dtls12_datagrams));
    const struct dtls_details *details = end(&r);
    assert_told(&r, "client is A by client_hello\n"
                    "A tls.client_hello\n"
                    "A dtls.retransmission\n"
                    "B dtls.hello_verify_request\n"
                    "A tls.client_hello\n" SERVER_FIRST "B dtls.retransmission\n" CLIENT_SECOND
                    "A dtls.retransmission\n" SERVER_SECOND CLOSE);
    /* ClientHello and ClientKeyExchange; the record of Finished is the very same. */
    assert_int_equal(details->client_retransmissions, 2);
    assert_int_equal(details->server_retransmissions, 4);
    assert_int_equal(details->repeated_records, 1);
    recorder_free(&r);
}

static void finished_again_is_a_retransmission(void **unused)
{
    struct recorder r;
    (void)unused;
    start(&r);
    say_vector(&r, 0, 5);
    say_finished(&r, 1);
    const struct dtls_details *details = end(&r);
    assert_int_equal(details->client_retransmissions, 1);
    assert_int_equal(details->repeated_records, 0);
    assert_null(strstr(r.text, "tls.other_handshake"));
    recorder_free(&r);
}

/* The Certificate's second half was not captured; it is message 2. */
static void a_lost_fragment_is_told(void **unused)
{
    static struct built pieces[MAX_DATAGRAMS];
    struct recorder r;
    size_t num = cut(hex(dtls12_datagrams[SERVER_FLIGHT].hex), 500, pieces);
    (void)unused;
    assert_int_equal(num, 5); /* ServerHello, two of Certificate, ServerKeyExchange, the empty */
    start(&r);
    say_vector(&r, 0, SERVER_FLIGHT);
    say(&r, 1, ht_bytes(pieces[0].bytes, pieces[0].len));
    say(&r, 1, ht_bytes(pieces[1].bytes, pieces[1].len));
    say(&r, 1, ht_bytes(pieces[3].bytes, pieces[3].len));
    say(&r, 1, ht_bytes(pieces[4].bytes, pieces[4].len));
    say_vector(&r, SERVER_FLIGHT + 1, 6);
    (void)end(&r);
    assert_told(&r, HELLOS "B tls.server_hello\n" CLIENT_SECOND "B tls.change_cipher_spec\n"
                           "B tls.finished encrypted\n"
                           "B tls.certificate partial\n"
                           "B tls.server_key_exchange\n"
                           "B tls.server_hello_done\n"
                           "B tls.new_session_ticket\n");
    recorder_free(&r);
}

/* ServerKeyExchange and ServerHelloDone were not captured: messages 3 and 4. */
static void a_lost_message_is_lost_in_capture(void **unused)
{
    static struct built pieces[MAX_DATAGRAMS];
    struct recorder r;
    (void)unused;
    assert_int_equal(cut(hex(dtls12_datagrams[SERVER_FLIGHT].hex), 1200, pieces), 4);
    start(&r);
    say_vector(&r, 0, SERVER_FLIGHT);
    say(&r, 1, ht_bytes(pieces[0].bytes, pieces[0].len));
    say(&r, 1, ht_bytes(pieces[1].bytes, pieces[1].len));
    say_vector(&r, SERVER_FLIGHT + 1, HT_ARRAY_LEN(dtls12_datagrams));
    const struct dtls_details *details = end(&r);
    assert_non_null(strstr(r.text, "B tls.server_key_exchange absent lost_in_capture\n"));
    assert_non_null(strstr(r.text, "B tls.server_hello_done absent lost_in_capture\n"));
    assert_non_null(strstr(r.text, "B tls.new_session_ticket"));
    assert_int_equal(details->lost_messages, 2);
    recorder_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_and_cut_is_the_same),
        cmocka_unit_test(fields_are_the_same),
        cmocka_unit_test(a_whole_hello_overtakes_a_part),
        cmocka_unit_test(retransmissions_are_counted),
        cmocka_unit_test(finished_again_is_a_retransmission),
        cmocka_unit_test(a_lost_fragment_is_told),
        cmocka_unit_test(a_lost_message_is_lost_in_capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
