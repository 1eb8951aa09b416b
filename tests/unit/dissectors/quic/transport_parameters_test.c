/*
 * Transport parameters. Bytes: those in the ClientHello of RFC 9001 appendix A.2; else put together
 * by RFC 9000 section 18, RFC 9368, RFC 9221 and, for the form before draft 27,
 * draft-ietf-quic-transport-24 section 18.
 */
#include "support.h"

#include "quic/transport_parameters.h"

static const char rfc9001[] = "04 08 ffffffffffffffff 05 04 8000ffff 07 04 8000ffff 08 01 10 01 04 "
                              "80007530 09 01 10 0f 08 8394c8f03e515708 06 04 8000ffff";

static int start(void **state)
{
    static struct ht_arena arena;
    *state = &arena;
    return 0;
}

static int stop(void **state)
{
    ht_arena_clear(*state);
    return 0;
}

static bool passes(struct ht_bytes content, void *scratch)
{
    struct quic_transport_parameters parameters;
    return content.len > 0 && quic_transport_parameters_parse(content, scratch, &parameters);
}

static void test_rfc9001(void **state)
{
    struct quic_transport_parameters p;
    assert_true(quic_transport_parameters_parse(hex(rfc9001), *state, &p));
    assert_int_equal(p.initial_max_data - 1, UINT64_C(4611686018427387903));
    assert_int_equal(p.initial_max_stream_data_bidi_local - 1, 65535);
    assert_int_equal(p.initial_max_stream_data_bidi_remote - 1, 65535);
    assert_int_equal(p.initial_max_stream_data_uni - 1, 65535);
    assert_int_equal(p.initial_max_streams_bidi - 1, 16);
    assert_int_equal(p.initial_max_streams_uni - 1, 16);
    assert_int_equal(p.max_idle_timeout_ms - 1, 30000);
    assert_true(ht_bytes_equal(p.initial_source_connection_id, hex("8394c8f03e515708")));
    assert_int_equal(p.parameters.len, 8);
    assert_text(p.parameters.items[0], "initial_max_data");
    assert_text(p.parameters.items[6], "initial_source_connection_id");
    assert_int_equal(p.max_ack_delay_ms, 0); /* not there */
    assert_false(p.grease);
}

/* Of more than can be named all are read. */
static void test_many(void **state)
{
    struct quic_transport_parameters p;
    uint8_t content[2 * 70 + 3] = {0};
    for (size_t i = 0; i < 70; i++) {
        content[2 * i] = 0x3F; /* an identifier that is not registered, without a value */
    }
    memcpy(content + sizeof content - 3, "\x09\x01\x10", 3);
    assert_true(quic_transport_parameters_parse(ht_bytes(content, sizeof content), *state, &p));
    assert_int_equal(p.parameters.len, 64);
    assert_int_equal(p.initial_max_streams_uni - 1, 16);
}

/* Prefixes that end between two parameters are good: here is one parameter of each kind. */
static void test_prefixes(void **state)
{
    every_prefix(hex("04 08 ffffffffffffffff"), passes, *state);
    every_prefix(hex("0f 08 8394c8f03e515708"), passes, *state);
    every_prefix(hex("11 08 6b3343cf 00000001"), passes, *state);
    every_prefix(hex("0d 29 c0000201 01bb 20010db8000000000000000000000001 01bc 00 "
                     "000102030405060708090a0b0c0d0e0f"),
                 passes, *state);
}

/* before draft 27; no prefix of it is good, since its length is said. */
static void test_old_form(void **state)
{
    struct quic_transport_parameters p;
    const char old[] = "0012 0001 0004 80007530 000c 0000 0008 0002 4064";
    assert_true(quic_transport_parameters_parse(hex(old), *state, &p));
    assert_int_equal(p.max_idle_timeout_ms - 1, 30000);
    assert_true(p.disable_active_migration);
    assert_int_equal(p.initial_max_streams_bidi - 1, 100);
    assert_text(p.parameters.items[1], "disable_active_migration");
}

static void test_version_information(void **state)
{
    struct quic_transport_parameters p;
    assert_true(
        quic_transport_parameters_parse(hex("11 0c 00000001 6b3343cf 1a2a3a4a"), *state, &p));
    assert_text(p.chosen_version, "QUIC v1");
    assert_int_equal(p.available_versions.len, 2);
    assert_text(p.available_versions.items[0], "QUIC v2");
    assert_text(p.available_versions.items[1], "GREASE_1A2A3A4A");
}

static void test_preferred_address(void **state)
{
    struct quic_transport_parameters p;
    char text[HT_ADDRESS_TEXT_MAX];
    assert_true(quic_transport_parameters_parse(
        hex("0d 2b c0000201 01bb 20010db8000000000000000000000001 01bc 02 c1c2 "
            "000102030405060708090a0b0c0d0e0f"),
        *state, &p));
    assert_non_null(p.preferred_address);
    assert_string_equal(ht_address_print(text, &p.preferred_address->ipv4), "192.0.2.1");
    assert_string_equal(ht_address_print(text, &p.preferred_address->ipv6), "2001:db8::1");
    assert_int_equal(p.preferred_address->ipv4_port, 443);
    assert_int_equal(p.preferred_address->ipv6_port, 444);
    assert_true(ht_bytes_equal(p.preferred_address->connection_id, hex("c1c2")));
    assert_int_equal(p.preferred_address->stateless_reset_token.len, 16);
}

static void test_further(void **state)
{
    struct quic_transport_parameters p;
    assert_true(quic_transport_parameters_parse(
        hex("20 04 80010000  6ab2 00  7129 03 616263  7128 08 5251324c 4e425153  7127 02 4001 "
            "80004752 04 00000001  1b 00  40ff 01 aa  03 01 00"),
        *state, &p));
    assert_int_equal(p.max_datagram_frame_size - 1, 65536);
    assert_true(p.grease_quic_bit);
    assert_text(p.google_user_agent, "abc");
    assert_int_equal(p.google_connection_options.len, 2);
    assert_text(p.google_connection_options.items[1], "NBQS");
    assert_int_equal(p.google_initial_rtt_us - 1, 1);
    assert_text(p.google_version, "QUIC v1");
    assert_true(p.grease); /* 27 = 31 * 0 + 27 */
    assert_text(p.parameters.items[6], "GREASE");
    assert_text(p.parameters.items[7], "0xff");
    assert_int_equal(p.max_udp_payload_size, 1); /* zero, and there */
}

/* One that is malformed, or there twice, does not hide the others. */
static void test_malformed(void **state)
{
    struct quic_transport_parameters p;
    assert_false(quic_transport_parameters_parse(hex("01 02 05 05  08 01 10"), *state, &p));
    assert_int_equal(p.initial_max_streams_bidi - 1, 16);
    assert_false(quic_transport_parameters_parse(hex("08 01 10  08 01 11"), *state, &p));
    assert_int_equal(p.initial_max_streams_bidi - 1, 16);
    assert_false(quic_transport_parameters_parse(hex("0c 01 00"), *state, &p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc9001),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_old_form),
        cmocka_unit_test(test_version_information),
        cmocka_unit_test(test_preferred_address),
        cmocka_unit_test(test_further),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
