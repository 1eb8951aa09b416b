/*
 * The transcript: RFC 5246 section 7.4.8, "all handshake messages sent or received, starting at
 * client hello and up to, but not including, this message", in the order of section 7.3.
 */
#include "support.h"

#include "tls/transcript.h"

enum { CLIENT = 1, SERVER = 0 };

static void say(struct tls_transcript *t, struct ht_arena *arena, unsigned side, const char *what)
{
    tls_transcript_add(t, arena, side, ht_text(what));
}

static void the_order_is_that_of_the_handshake(void **unused)
{
    struct ht_arena arena   = {0};
    struct tls_transcript t = {0};
    (void)unused;
    /* All of the client's come first, as in a capture that stored the server's late. */
    say(&t, &arena, CLIENT, "ClientHello ");
    say(&t, &arena, CLIENT, "Certificate ");
    say(&t, &arena, CLIENT, "ClientKeyExchange");
    say(&t, &arena, SERVER, "ServerHello ");
    say(&t, &arena, SERVER, "ServerHelloDone ");
    assert_text(tls_transcript_join(&t, &arena, CLIENT),
                "ClientHello ServerHello ServerHelloDone Certificate ClientKeyExchange");
    ht_arena_clear(&arena);
}

static void with_a_message_missing_there_is_none(void **unused)
{
    struct ht_arena arena   = {0};
    struct tls_transcript t = {0};
    (void)unused;
    say(&t, &arena, CLIENT, "ClientHello");
    assert_int_equal(tls_transcript_join(&t, &arena, CLIENT).len, 0);
    say(&t, &arena, SERVER, "ServerHello");
    assert_int_equal(tls_transcript_join(&t, &arena, CLIENT).len, 22);
    tls_transcript_break(&t, SERVER);
    assert_int_equal(tls_transcript_join(&t, &arena, CLIENT).len, 0);
    ht_arena_clear(&arena);
}

static void more_messages_than_there_are_break_it(void **unused)
{
    struct ht_arena arena   = {0};
    struct tls_transcript t = {0};
    (void)unused;
    say(&t, &arena, SERVER, "ServerHello");
    for (int i = 0; i < TLS_MAX_SPOKEN; i++) {
        say(&t, &arena, CLIENT, "m");
    }
    assert_int_equal(tls_transcript_join(&t, &arena, CLIENT).len, 11 + TLS_MAX_SPOKEN);
    say(&t, &arena, CLIENT, "m");
    assert_int_equal(tls_transcript_join(&t, &arena, CLIENT).len, 0);
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_order_is_that_of_the_handshake),
                                       cmocka_unit_test(with_a_message_missing_there_is_none),
                                       cmocka_unit_test(more_messages_than_there_are_break_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
