/*
 * Flows that may be the rest of a QUIC connection: what is kept of them, and what is said. The
 * packet is that of RFC 9001 appendix A.5, whose connection id is empty; here eight bytes stand in
 * front of it.
 */
#include "recorder.h"
#include "support.h"

#include "quic/quic.h"

extern const struct ht_dissector quic_moved_dissector;

static const char packet[] = "4c f067a5502a4262b5 fe4189655e5cd55c41f69080575d7999c25a5bfb";

static void send(struct recorder *r, enum ht_side side, const char *text)
{
    struct ht_bytes bytes = hex(text);
    ht_dispatch_datagram(&r->dispatch, &r->emitter, side, bytes, bytes.len);
    r->emitter.frame++;
}

static void test_short_headers(void **state)
{
    struct recorder r;
    (void)state;
    recorder_start(&r, &quic_moved_dissector, false, 443);
    send(&r, HT_SIDE_A, packet);
    send(&r, HT_SIDE_B, "1f 00112233445566778899aabbccddeeff00112233"); /* without the fixed bit */
    send(&r, HT_SIDE_A, packet);
    send(&r, HT_SIDE_A, "c0 00112233445566778899aabbccddeeff00112233"); /* not a short header */
    assert_true(r.dispatch.unsure);
    recorder_end(&r);
    const struct quic_details *details =
        (const void *)((const char *)r.dispatch.state + quic_moved_dissector.details_offset);
    assert_true(ht_bytes_equal(details->to_server, ht_bytes_head(hex(packet + 2), 20)));
    assert_true(
        ht_bytes_equal(details->to_client, hex("00112233445566778899aabbccddeeff00112233")));
    assert_int_equal(details->client_packets->one_rtt, 2);
    assert_int_equal(details->server_packets->one_rtt, 1);
    assert_null(details->migrated_from);
    assert_string_equal(r.text,
                        "A tls.application_data encrypted inferred { records=2 bytes=58 }\n"
                        "B tls.application_data encrypted inferred { records=1 bytes=21 }\n");
    recorder_free(&r);
}

/* Long headers are another dissector's; what is too short holds no sample. */
static void test_others(void **state)
{
    static const char *const others[] = {"c3 00000001 08 8394c8f03e515708 0000449e7b9aec34d1b1c98d",
                                         "4c f067a5502a4262b5 fe4189655e5cd55c41f690", "40", ""};
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        struct recorder r;
        recorder_start(&r, &quic_moved_dissector, false, 443);
        send(&r, HT_SIDE_A, others[i]);
        assert_null(r.dispatch.found);
        recorder_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_short_headers),
                                       cmocka_unit_test(test_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
