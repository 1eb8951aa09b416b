/*
 * TCP's stories after RFC 9293 section 3.5; how they end is in closing_test.c.
 */
#include "scene.h"

static bool would_be_new(const struct scene *scene, unsigned side, uint8_t flags, uint32_t seq,
                         uint32_t ack)
{
    const struct ht_packet packet = {.tcp = {.seq = seq, .ack = ack, .flags = flags}};
    return ht_tcp_is_new(&scene->tcp, &packet, side);
}

static void from_handshake_to_fin(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 0, A, 1001, 5001, "hello");
    say(&scene, 1, A, 5001, 1006, "welt");
    say(&scene, 0, F | A, 1006, 5005, "");
    assert_false(ht_tcp_closed(&scene.tcp));
    say(&scene, 1, F | A, 5005, 1007, "");
    assert_false(ht_tcp_closed(&scene.tcp));
    say(&scene, 0, A, 1007, 5006, "");
    assert_true(ht_tcp_closed(&scene.tcp));
    assert_string_equal(scene.events, "1>syn 2<syn_ack 3>ack 6>fin 7<fin ");
    assert_string_equal(scene.bytes[0], "hello");
    assert_string_equal(scene.bytes[1], "welt");
    struct ht_tcp_summary s = summary(&scene);
    assert_string_equal(s.state, "closed");
    assert_string_equal(s.close, "fin");
    assert_string_equal(s.closed_by, "client");
    assert_int_equal(s.syn_frame, 1);
    assert_int_equal(s.syn_ack_frame, 2);
    assert_int_equal(s.ack_frame, 3);
    assert_int_equal(s.rtt_ns, 20000000);
    assert_int_equal(s.rtt_server_ns, 10000000);
    assert_int_equal(s.rtt_client_ns, 10000000);
    assert_int_equal(scene.missing, 0);
}

/* Without its SYN-ACK a side begins where the other's first ACK says, not with what is seen first.
 */
static void the_first_ack_says_where_the_other_begins(void **unused)
{
    struct scene scene;
    (void)unused;
    start(&scene);
    say(&scene, 0, S, 1000, 0, "");
    say(&scene, 0, A, 1001, 5001, "");
    say(&scene, 1, A, 5003, 1001, "cd");
    assert_string_equal(scene.bytes[1], "");
    say(&scene, 1, A, 5001, 1001, "ab");
    assert_string_equal(scene.bytes[1], "abcd");
    assert_int_equal(scene.missing, 0);
    (void)summary(&scene);
}

static void the_last_ack_may_be_in_the_fin_itself(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 1, F | A, 5001, 1001, "");
    say(&scene, 0, F | A, 1001, 5002, "");
    say(&scene, 1, A, 5002, 1002, "");
    struct ht_tcp_summary s = summary(&scene);
    assert_string_equal(s.state, "closed");
    assert_string_equal(s.closed_by, "server");
}

/* RFC 9293 figure 7. */
static void simultaneous_open(void **unused)
{
    struct scene scene;
    (void)unused;
    start(&scene);
    say(&scene, 0, S, 100, 0, "");
    say(&scene, 1, S, 300, 0, "");
    say(&scene, 0, S | A, 100, 301, "");
    say(&scene, 1, S | A, 300, 101, "");
    say(&scene, 0, A, 101, 301, "x");
    struct ht_tcp_summary s = summary(&scene);
    assert_true(s.simultaneous_open);
    assert_string_equal(s.state, "established");
    assert_string_equal(scene.bytes[0], "x");
}

static void refused(void **unused)
{
    struct scene scene;
    (void)unused;
    start(&scene);
    say(&scene, 0, S, 1000, 0, "");
    say(&scene, 1, R | A, 0, 1001, "");
    struct ht_tcp_summary s = summary(&scene);
    assert_string_equal(s.state, "refused");
    assert_string_equal(s.closed_by, "server");
    assert_string_equal(s.close, "rst");
}

static void unanswered_and_tried_again(void **unused)
{
    struct scene scene;
    (void)unused;
    start(&scene);
    say(&scene, 0, S, 1000, 0, "");
    say(&scene, 0, S, 1000, 0, "");
    say(&scene, 0, S, 1000, 0, "");
    assert_string_equal(scene.events, "1>syn 2>syn* 3>syn* ");
    struct ht_tcp_summary s = summary(&scene);
    assert_string_equal(s.state, "unanswered");
    assert_int_equal(s.syn_retransmissions, 2);
}

static void begun_before_the_capture(void **unused)
{
    struct scene scene;
    (void)unused;
    start(&scene);
    say(&scene, 1, A, 5001, 1001, "ab");
    say(&scene, 0, A, 1001, 5003, "cd");
    struct ht_tcp_summary s = summary(&scene);
    assert_true(s.midstream);
    assert_int_equal(s.syn_frame, 0);
    assert_int_equal(s.ack_frame, 0);
    assert_string_equal(scene.bytes[0], "cd");
    assert_string_equal(scene.bytes[1], "ab");
}

/* The file holds all of the server's packets first. */
static void one_direction_stored_after_the_other(void **unused)
{
    struct scene scene;
    (void)unused;
    start(&scene);
    say(&scene, 1, S | A, 5000, 1001, "");
    say(&scene, 1, A, 5001, 1006, "welt");
    say(&scene, 1, F | A, 5005, 1007, "");
    say(&scene, 0, S, 1000, 0, "");
    say(&scene, 0, A, 1001, 5001, "");
    say(&scene, 0, A, 1001, 5001, "hello");
    say(&scene, 0, F | A, 1006, 5006, "");
    assert_true(ht_tcp_closed(&scene.tcp));
    struct ht_tcp_summary s = summary(&scene);
    assert_string_equal(s.state, "closed");
    assert_int_equal(s.syn_frame, 4);
    assert_int_equal(s.ack_frame, 5);
    assert_string_equal(scene.bytes[0], "hello");
    assert_string_equal(scene.bytes[1], "welt");
}

static void ports_used_again(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    assert_false(would_be_new(&scene, 0, S, 1000, 0));
    assert_true(would_be_new(&scene, 0, S, 777777, 0));
    assert_false(would_be_new(&scene, 1, S | A, 5000, 1001));
    say(&scene, 0, R, 1001, 0, "");
    assert_true(would_be_new(&scene, 0, S, 777777, 0));
    ht_tcp_free(&scene.tcp);
    /* Data, then a SYN that they do not follow from. */
    start(&scene);
    say(&scene, 0, A, 1001, 5001, "cd");
    assert_true(would_be_new(&scene, 0, S, 900000000, 0));
    assert_false(would_be_new(&scene, 0, S, 1000, 0));
    ht_tcp_free(&scene.tcp);
}

/* RFC 9293 figure 9: the server still has an old connection on these ports. */
static void half_open_reconnect(void **unused)
{
    struct scene scene;
    (void)unused;
    start(&scene);
    say(&scene, 0, S, 400, 0, "");
    say(&scene, 1, A, 300, 100, "");
    say(&scene, 0, R, 100, 0, "");
    say(&scene, 0, S, 400, 0, "");
    say(&scene, 1, S | A, 7000, 401, "");
    say(&scene, 0, A, 401, 7001, "x");
    assert_false(ht_tcp_closed(&scene.tcp));
    struct ht_tcp_summary s = summary(&scene);
    assert_string_equal(s.state, "established");
    assert_int_equal(s.syn_frame, 1);
    assert_int_equal(s.syn_ack_frame, 5);
    assert_int_equal(s.ack_frame, 6);
    assert_string_equal(scene.bytes[0], "x");
}

static void options_of_any_shape(void **unused)
{
    static const char *const shapes[] = {"020405b4 0402 080a0000000100000000 01 030307",
                                         "020405b4",
                                         "0204",
                                         "02",
                                         "0200",
                                         "ff01",
                                         "0303",
                                         "080a00",
                                         "01010101",
                                         "00020405b4"};
    (void)unused;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct scene scene;
        struct ht_tcp_summary out;
        start(&scene);
        char header[128]; /* of 20 bytes, and the options */
        (void)snprintf(header, sizeof header, "%040d%s", 0, shapes[i]);
        const struct ht_packet packet         = {.tcp.flags = S, .header = hex(header)};
        const struct ht_tcp_observer observer = {.emit = note, .context = &scene};
        ht_tcp_packet(&scene.tcp, &packet, 0, 1, 0, &observer);
        ht_tcp_summarise(&scene.tcp, 0, &out);
        assert_int_equal(out.client_options->mss, i < 2 ? 1460 : 0);
        assert_int_equal(out.client_options->window_scale, i == 0 ? 8 : 0);
        assert_int_equal(out.client_options->sack_permitted, i == 0);
    }
}

/* Both sides of a middlebox that has sequence numbers of its own, in one capture: what acknowledges
 * something else than what was said belongs to the other side. */
static void copies_of_another_connection(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 0, A, 1001, 5001, "hello");
    say(&scene, 1, A, 900000000, 3000000000, "olleh");
    say(&scene, 1, A, 5001, 1006, "world");
    say(&scene, 1, F | A, 900000005, 3000000000, "");
    assert_string_equal(scene.bytes[1], "world");
    assert_null(strstr(scene.events, "fin"));
    assert_int_equal(ht_reassembly_disorder(&scene.tcp.side[1].bytes).duplicates, 2);
    struct ht_tcp_summary out = summary(&scene);
    assert_string_equal(out.state, "established");
    assert_int_equal(scene.missing, 0);
}

/* What is far in one number only is of this connection: half of it was lost. So is all that comes
 * where nothing else does. */
static void large_holes(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 1, A, 5001 + 1000000, 1001, "one");
    assert_int_equal(ht_reassembly_disorder(&scene.tcp.side[1].bytes).waiting_segments, 1);
    for (uint32_t i = 0; i < 8; i++) {
        say(&scene, 0, A, 9001001 + i, 9005001, "x");
    }
    assert_int_equal(ht_reassembly_disorder(&scene.tcp.side[0].bytes).waiting_segments, 0);
    say(&scene, 0, A, 9001009, 9005001, "two");
    say(&scene, 0, A, 9001012, 9005001, "three");
    assert_int_equal(ht_reassembly_disorder(&scene.tcp.side[0].bytes).waiting_segments, 2);
    (void)summary(&scene);
    assert_string_equal(scene.bytes[0], "twothree");
    assert_string_equal(scene.bytes[1], "one");
}

/* The last ACK and the first bytes are lost in capture: data behind a hole went on all the same. */
static void data_behind_a_hole_open(void **unused)
{
    struct scene scene;
    (void)unused;
    start(&scene);
    say(&scene, 0, S, 1000, 0, "");
    say(&scene, 1, S | A, 5000, 1001, "");
    assert_true(ht_tcp_is_half_open(&scene.tcp));
    say(&scene, 0, A, 1501, 5001, "late");
    assert_string_equal(scene.bytes[0], "");
    assert_false(ht_tcp_is_half_open(&scene.tcp));
    (void)summary(&scene);
    assert_string_equal(scene.bytes[0], "late");
}

/* A client that waits for the server's greeting, and for the one byte by which a PostgreSQL server
 * accepts TLS, is stored before it. */
static void an_answer_waits_for_what_it_answers(void **unused)
{
    struct scene scene;
    (void)unused;
    start(&scene);
    say(&scene, 0, S, 1000, 0, "");
    say(&scene, 0, A, 1001, 5001, "");
    say(&scene, 0, A, 1001, 5006, "ehlo ");
    say(&scene, 0, A, 1006, 5007, "tls ");
    say(&scene, 0, A, 1006, 5007, "tls ");
    say(&scene, 0, F | A, 1010, 5012, "");
    assert_string_equal(scene.dialogue, "");
    assert_false(ht_tcp_is_half_open(&scene.tcp));
    say(&scene, 1, S | A, 5000, 1001, "");
    say(&scene, 1, A, 5001, 1001, "220 -");
    assert_string_equal(scene.dialogue, "220 -ehlo ");
    say(&scene, 1, A, 5006, 1006, "S");
    say(&scene, 1, F | A, 5007, 1011, " bye");
    assert_string_equal(scene.dialogue, "220 -ehlo Stls  bye");
    assert_int_equal(ht_reassembly_disorder(&scene.tcp.side[0].bytes).out_of_order, 0);
    assert_int_equal(ht_reassembly_disorder(&scene.tcp.side[0].bytes).duplicates, 1);
    assert_string_equal(summary(&scene).state, "closed");
    assert_int_equal(scene.missing, 0);
}

/* What never comes is not waited for: of one direction alone, and where something was lost, all is
 * handed on by its time. */
static void what_is_not_captured_is_not_waited_for(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 0, A, 1001, 5004, "one ");
    say(&scene, 1, A, 5004, 1005, "two ");
    say(&scene, 0, A, 1005, 5008, "three ");
    assert_string_equal(scene.dialogue, "");
    assert_int_equal(ht_reassembly_disorder(&scene.tcp.side[1].bytes).out_of_order, 1);
    (void)summary(&scene);
    assert_string_equal(scene.dialogue, "one two three ");
    assert_int_equal(scene.missing, 3);
    start(&scene);
    scene.receiver.live = true;
    say(&scene, 0, S, 1000, 0, "");
    say(&scene, 0, A, 1001, 5001, "");
    say(&scene, 0, A, 1001, 5004, "alone");
    assert_string_equal(scene.dialogue, "alone");
    ht_tcp_free(&scene.tcp);
}

static uint64_t count_bytes(void *context, const struct ht_reassembly *r,
                            const struct ht_delivery *delivery)
{
    struct scene *scene = context;
    (void)r;
    scene->missing += delivery->len;
    return 0;
}

static void waiting_for_the_other_side_is_bounded(void **unused)
{
    static const char line[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    enum { LEN = sizeof line - 1 };
    struct ht_budget budget = {.max = 1 << 20};
    struct scene scene;
    uint32_t sent = 0;
    (void)unused;
    handshake(&scene);
    scene.receiver.deliver = count_bytes;
    scene.receiver.budget  = &budget;
    for (; scene.missing == 0 && sent < 1 << 20; sent += LEN) {
        say(&scene, 0, A, 1001 + sent, 5002, line);
    }
    assert_int_equal(scene.missing, sent);
    assert_int_equal(sent, (HT_MAX_HELD_BYTES / LEN + 1) * LEN);
    assert_true(scene.tcp.side[0].bytes.ran_ahead);
    say(&scene, 0, A, 1001 + sent, 5002, line);
    assert_int_equal(scene.missing, sent + LEN);
    ht_tcp_free(&scene.tcp);
    /* It does not wait where memory is short. */
    handshake(&scene);
    budget.used            = budget.max / 2;
    scene.receiver.deliver = count_bytes;
    scene.receiver.budget  = &budget;
    assert_false(scene.tcp.side[0].bytes.ran_ahead);
    say(&scene, 0, A, 1001, 5002, line);
    assert_int_equal(scene.missing, LEN);
    assert_true(scene.tcp.side[0].bytes.ran_ahead);
    ht_tcp_free(&scene.tcp);
}

/* What can be known from the first sequence number is not there twice; it comes back as it was. */
static void what_is_in_order_folds_to_little(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 0, A, 1001, 5001, "hello");
    say(&scene, 1, A, 5001, 1006, "welt");
    say(&scene, 0, A, 1006, 5005, "");
    struct ht_tcp before = scene.tcp;
    ht_tcp_fold(&scene.tcp);
    for (unsigned i = 0; i < 2; i++) {
        const struct ht_tcp_side *side = &scene.tcp.side[i];
        assert_int_equal(side->first_seq, i == 0 ? 1000 : 5000);
        assert_int_equal(side->isn | side->max_acked | side->fin_seq, 0);
        assert_int_equal(side->bytes.base, 1);
    }
    ht_tcp_unfold(&scene.tcp);
    assert_memory_equal(&scene.tcp, &before, sizeof before);
    (void)summary(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(from_handshake_to_fin),
                                       cmocka_unit_test(the_first_ack_says_where_the_other_begins),
                                       cmocka_unit_test(the_last_ack_may_be_in_the_fin_itself),
                                       cmocka_unit_test(simultaneous_open),
                                       cmocka_unit_test(refused),
                                       cmocka_unit_test(unanswered_and_tried_again),
                                       cmocka_unit_test(begun_before_the_capture),
                                       cmocka_unit_test(one_direction_stored_after_the_other),
                                       cmocka_unit_test(ports_used_again),
                                       cmocka_unit_test(half_open_reconnect),
                                       cmocka_unit_test(copies_of_another_connection),
                                       cmocka_unit_test(large_holes),
                                       cmocka_unit_test(data_behind_a_hole_open),
                                       cmocka_unit_test(an_answer_waits_for_what_it_answers),
                                       cmocka_unit_test(what_is_not_captured_is_not_waited_for),
                                       cmocka_unit_test(waiting_for_the_other_side_is_bounded),
                                       cmocka_unit_test(options_of_any_shape),
                                       cmocka_unit_test(what_is_in_order_folds_to_little)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
