/*
 * Which Initial packets are opened, by which keys, of what comes late, again, cut, or cannot be
 * opened at all.
 */
#include "connection.h"

/* What follows a Retry late: it once more, and the client's first Initial once more. The one is
 * still an answer to that Initial, the other brings no second hello. */
static void test_retry_again(void **state)
{
    const struct recipe second = {.version     = QUIC_V1,
                                  .keys_from   = server_id,
                                  .client      = true,
                                  .destination = server_id,
                                  .source      = "",
                                  .number      = 3,
                                  .frames      = client_frames};
    struct recorder *r         = start();
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send(r, HT_SIDE_B, hex(v1_retry));
    send_sealed(r, HT_SIDE_A, &second);
    send(r, HT_SIDE_B, hex(v1_retry));
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send_sealed(r, HT_SIDE_A, &second);
    send_sealed(r, HT_SIDE_B,
                &(struct recipe){.version     = QUIC_V1,
                                 .keys_from   = server_id,
                                 .destination = "",
                                 .source      = "aabbccdd",
                                 .frames      = v1_server_frames});
    const struct quic_state *s = end(r);
    assert_hello_seen(s, 1, 7);
    assert_null(strstr(strstr(r->text, "A tls.client_hello") + 1, "A tls.client_hello"));
    const char *retry = strstr(r->text, "authentic=true");
    assert_non_null(retry);
    assert_non_null(strstr(retry + 1, "authentic=true"));
    assert_int_equal(s->details.server_packets->retry, 2);
    assert_int_equal(s->details.undecryptable_initials, 0);
    stop(r);
}

/* Of a Retry that the snapshot length cut it cannot be told whether it is authentic. */
static void test_retry_cut(void **state)
{
    struct recorder *r = start();
    (void)state;
    send(r, HT_SIDE_A, hex(v1_client_packet));
    send_cut(r, HT_SIDE_B, hex(v1_retry), hex(v1_retry).len - 1);
    const struct quic_state *s = end(r);
    assert_non_null(s->details.retry);
    assert_non_null(s->details.retry->unchecked);
    stop(r);
}

/* The snapshot length cut both Initials: what is there of the hellos is told, as partial. */
static void test_cut(void **state)
{
    struct recorder *r = start();
    (void)state;
    send_cut(r, HT_SIDE_A, hex(v1_client_packet), 214);
    send(r, HT_SIDE_B, hex(v1_server_packet));
    const struct quic_state *s = end(r);
    assert_told(r, "A tls.client_hello partial");
    assert_told(r, "B tls.server_hello {");
    assert_text(s->tls.details.client_hello->server_name, "example.com");
    stop(r);
}

/* Initials that nobody can open, cut before their tags: by chance one in a thousand decrypts to
 * what looks like a hello's piece; without looking at all bits it was more than one in a hundred.
 */
static void test_cut_noise(void **state)
{
    enum { MANY = 1000, FEW = 5 };
    unsigned keyed = 0;
    (void)state;
    for (int i = 0; i < MANY; i++) {
        struct recorder *r   = start();
        struct sealed packet = seal(&(struct recipe){.version     = QUIC_V1,
                                                     .keys_from   = first_id,
                                                     .destination = "0102030405060708",
                                                     .source      = server_id,
                                                     .number      = (uint16_t)i,
                                                     .frames      = "02",
                                                     .pad         = 1100});
        send_cut(r, HT_SIDE_B, ht_bytes(packet.bytes, packet.len), 96);
        keyed += end(r)->keyed;
        stop(r);
    }
    if (keyed > FEW) {
        fail_msg("%u of %d were taken for a client's first packet", keyed, MANY);
    }
}

/* Endless Initials that nobody can open: bounded work and bounded memory. */
static void test_undecryptable(void **state)
{
    enum { MANY = 200 };
    struct recorder *r   = start();
    struct sealed packet = seal(&(struct recipe){.version     = QUIC_V1,
                                                 .keys_from   = first_id,
                                                 .client      = true,
                                                 .destination = "0102030405060708",
                                                 .source      = "",
                                                 .frames      = "01",
                                                 .pad         = 1100});
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        send(r, HT_SIDE_A, ht_bytes(packet.bytes, packet.len));
        assert_true(r->dispatch.held[HT_SIDE_A].len <= QUIC_MAX_PENDING);
    }
    const struct quic_state *s = end(r);
    assert_int_equal(s->side[HT_SIDE_A].key_tries, QUIC_MAX_KEY_TRIES);
    assert_int_equal(s->side[HT_SIDE_A].packets.initial, MANY);
    assert_int_equal(s->details.undecryptable_initials, MANY);
    stop(r);
}

/* What the server says first, that nobody can open, leaves the client its tries. */
static void test_tries_of_each_side(void **state)
{
    struct recorder *r = start();
    (void)state;
    for (unsigned i = 0; i < 2 * QUIC_MAX_KEY_TRIES; i++) {
        send(r, HT_SIDE_B, hex(v1_server_packet));
    }
    send(r, HT_SIDE_A, hex(v1_client_packet));
    const struct quic_state *s = end(r);
    assert_hello_seen(s, 2 * QUIC_MAX_KEY_TRIES + 1, 1);
    stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry_again),   cmocka_unit_test(test_retry_cut),
        cmocka_unit_test(test_cut),           cmocka_unit_test(test_cut_noise),
        cmocka_unit_test(test_undecryptable), cmocka_unit_test(test_tries_of_each_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
