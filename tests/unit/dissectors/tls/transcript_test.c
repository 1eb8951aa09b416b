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

static struct ht_bytes join(const struct tls_transcript *t, struct ht_arena *arena, unsigned side)
{
    const struct tls_speaker speaker = {.client = CLIENT, .side = side};
    return tls_transcript_join(t, arena, &speaker);
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
    assert_text(join(&t, &arena, CLIENT),
                "ClientHello ServerHello ServerHelloDone Certificate ClientKeyExchange");
    ht_arena_clear(&arena);
}

static void with_a_message_missing_there_is_none(void **unused)
{
    struct ht_arena arena   = {0};
    struct tls_transcript t = {0};
    (void)unused;
    say(&t, &arena, CLIENT, "ClientHello");
    assert_int_equal(join(&t, &arena, CLIENT).len, 0);
    say(&t, &arena, SERVER, "ServerHello");
    assert_int_equal(join(&t, &arena, CLIENT).len, 22);
    tls_transcript_break(&t, SERVER);
    assert_int_equal(join(&t, &arena, CLIENT).len, 0);
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
    assert_int_equal(join(&t, &arena, CLIENT).len, 11 + TLS_MAX_SPOKEN);
    say(&t, &arena, CLIENT, "m");
    assert_int_equal(join(&t, &arena, CLIENT).len, 0);
    ht_arena_clear(&arena);
}

/* RFC 5246 section 7.4.9 and 7.3: the server's Finished covers the client's, and the ticket before
 * it (RFC 5077 section 3.3); resumed it is the other way round. Messages by their types. */
static void each_finished_covers_what_was_before(void **unused)
{
    struct ht_arena arena   = {0};
    struct tls_transcript t = {0};
    (void)unused;
    say(&t, &arena, CLIENT, "\x01");
    say(&t, &arena, SERVER, "\x02");
    say(&t, &arena, SERVER, "\x0e");
    say(&t, &arena, SERVER, "\x04");
    say(&t, &arena, CLIENT, "\x10");
    assert_text(join(&t, &arena, CLIENT), "\x01\x02\x0e\x10");
    say(&t, &arena, CLIENT, "\x14");
    assert_text(join(&t, &arena, SERVER), "\x01\x02\x0e\x10\x14\x04");
    assert_true(tls_transcript_has(&t, CLIENT, 0x14));
    assert_false(tls_transcript_has(&t, SERVER, 0x14));

    t = (struct tls_transcript){0};
    say(&t, &arena, CLIENT, "\x01");
    say(&t, &arena, SERVER, "\x02");
    say(&t, &arena, SERVER, "\x04");
    assert_text(join(&t, &arena, SERVER), "\x01\x02\x04");
    say(&t, &arena, SERVER, "\x14");
    assert_text(join(&t, &arena, CLIENT), "\x01\x02\x04\x14");
    ht_arena_clear(&arena);
}

/* RFC 8446 section 4.4.1: message_hash in place of ClientHello1; SHA-256 of "abc" is of FIPS 180-2
 * appendix B.1. */
static void after_a_retry_the_first_hello_counts_by_its_digest(void **unused)
{
    struct ht_arena arena            = {0};
    struct tls_transcript t          = {0};
    const struct tls_speaker speaker = {
        .client = CLIENT, .side = SERVER, .retry = true, .digest = HT_SHA256};
    (void)unused;
    say(&t, &arena, CLIENT, "abc");
    say(&t, &arena, SERVER, "retry");
    assert_int_equal(tls_transcript_join(&t, &arena, &speaker).len, 0);
    say(&t, &arena, CLIENT, "again");
    say(&t, &arena, SERVER, "hello");
    struct ht_bytes joined = tls_transcript_join(&t, &arena, &speaker);
    struct ht_bytes expected =
        hex("fe000020"
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_memory_equal(joined.ptr, expected.ptr, expected.len);
    assert_text(ht_bytes_from(joined, expected.len), "retryagainhello");
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_that_of_the_handshake),
        cmocka_unit_test(each_finished_covers_what_was_before),
        cmocka_unit_test(after_a_retry_the_first_hello_counts_by_its_digest),
        cmocka_unit_test(with_a_message_missing_there_is_none),
        cmocka_unit_test(more_messages_than_there_are_break_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
