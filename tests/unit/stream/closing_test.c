/*
 * How connections end: by FIN (RFC 9293 section 3.6), by RST, and with something missing.
 */
#include "scene.h"

/* The client's FIN is stored first, and was sent last. */
static void who_closed_first_is_a_matter_of_time(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    scene.frame = 10;
    say(&scene, 0, F | A, 1001, 5002, "");
    scene.frame = 5;
    say(&scene, 1, F | A, 5001, 1001, "");
    struct ht_tcp_summary s = summary(&scene);
    assert_string_equal(s.closed_by, "server");
    assert_string_equal(s.close, "fin");
}

/* The server's packets come late, or bear times that are too early. */
static void who_closed_first_is_known_by_what_was_acknowledged(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 0, F | A, 1001, 5002, "");
    say(&scene, 1, F | A, 5001, 1001, "");
    assert_string_equal(summary(&scene).closed_by, "server");

    handshake(&scene);
    say(&scene, 0, F | A, 1001, 5001, "");
    scene.frame = 0;
    say(&scene, 1, F | A, 5001, 1002, "");
    assert_string_equal(summary(&scene).closed_by, "client");
}

/* Neither had heard the other: who is first is a matter of time. */
static void both_close_though_one_is_stored_late(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 0, F | A, 1001, 5001, "");
    say(&scene, 0, A, 1002, 5002, "");
    say(&scene, 1, F | A, 5001, 1001, "");
    assert_string_equal(summary(&scene).closed_by, "client");
}

static void half_close(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 0, F | A, 1001, 5001, "");
    say(&scene, 1, A, 5001, 1002, "more");
    assert_string_equal(scene.bytes[1], "more");
    assert_string_equal(summary(&scene).state, "half_closed");
}

static void simultaneous_close(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 0, F | A, 1001, 5001, "");
    say(&scene, 1, F | A, 5001, 1001, "");
    say(&scene, 0, A, 1002, 5002, "");
    say(&scene, 1, A, 5002, 1002, "");
    assert_true(ht_tcp_closed(&scene.tcp));
    assert_string_equal(summary(&scene).state, "closed");
}

static void reset_in_the_middle(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 0, A, 1001, 5001, "hello");
    say(&scene, 1, R, 5001, 0, "go away");
    struct ht_tcp_summary s = summary(&scene);
    assert_string_equal(s.state, "reset");
    assert_true(ht_tcp_closed(&scene.tcp));
    assert_string_equal(s.close, "rst");
    assert_string_equal(scene.bytes[1], ""); /* what a RST carries is no data */
}

static uint64_t lost(struct scene *scene, unsigned side)
{
    ht_tcp_finish(&scene->tcp);
    uint64_t bytes = ht_reassembly_disorder(&scene->tcp.side[side].bytes).lost_bytes;
    ht_tcp_free(&scene->tcp);
    return bytes;
}

/* What was acknowledged, or came before a FIN, was sent (RFC 9293 section 3.4). */
static void the_end_that_was_not_captured(void **unused)
{
    struct scene scene;
    (void)unused;
    handshake(&scene);
    say(&scene, 1, A, 5001, 1001, "two");
    say(&scene, 0, A, 1001, 5024, "");
    assert_int_equal(lost(&scene, 1), 20);
    handshake(&scene);
    say(&scene, 1, A, 5001, 1001, "two");
    say(&scene, 1, F | A, 5011, 1001, "");
    assert_int_equal(lost(&scene, 1), 7);
    /* One more may be the FIN; of a side that was not captured nothing is counted. */
    handshake(&scene);
    say(&scene, 1, A, 5001, 1001, "two");
    say(&scene, 0, A, 1001, 5005, "");
    assert_int_equal(lost(&scene, 1), 0);
    start(&scene);
    say(&scene, 0, S, 1000, 0, "");
    say(&scene, 0, A, 1001, 5001, "");
    say(&scene, 0, A, 1001, 5024, "");
    assert_int_equal(lost(&scene, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_closed_first_is_a_matter_of_time),
        cmocka_unit_test(who_closed_first_is_known_by_what_was_acknowledged),
        cmocka_unit_test(both_close_though_one_is_stored_late),
        cmocka_unit_test(half_close),
        cmocka_unit_test(simultaneous_close),
        cmocka_unit_test(reset_in_the_middle),
        cmocka_unit_test(the_end_that_was_not_captured)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
