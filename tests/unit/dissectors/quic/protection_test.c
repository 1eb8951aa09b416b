/*
 * Keys and packets of RFC 9001 appendix A and RFC 9369 appendix A.
 */
#include "support.h"
#include "vectors.h"

#include "quic/protection.h"

static const char destination[] = "8394c8f03e515708";

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

static void assert_hex(const uint8_t *got, size_t len, const char *expected)
{
    assert_true(ht_bytes_equal(ht_bytes(got, len), hex(expected)));
}

static struct quic_keys keys_of(uint32_t version, bool client)
{
    struct quic_keys keys;
    assert_true(
        quic_initial_keys(&keys, quic_version_find(version)->protection, hex(destination), client));
    return keys;
}

static void check_keys(const struct quic_keys *keys, const char *key, const char *iv,
                       const char *header)
{
    assert_hex(keys->key, 16, key);
    assert_hex(keys->iv, sizeof keys->iv, iv);
    assert_hex(keys->header, 16, header);
}

static void test_keys(void **state)
{
    struct quic_keys keys = keys_of(QUIC_V1, true);
    (void)state;
    check_keys(&keys, v1_client_key, v1_client_iv, v1_client_hp);
    keys = keys_of(QUIC_V1, false);
    check_keys(&keys, v1_server_key, v1_server_iv, v1_server_hp);
    keys = keys_of(QUIC_V2, true);
    check_keys(&keys, v2_client_key, v2_client_iv, v2_client_hp);
    keys = keys_of(QUIC_V2, false);
    check_keys(&keys, v2_server_key, v2_server_iv, v2_server_hp);
}

/* RFC 9001 section A.5: keys from a secret, of ChaCha20-Poly1305. */
static void test_secret(void **state)
{
    struct quic_keys keys = {.cipher = HT_CHACHA20_POLY1305};
    (void)state;
    assert_true(
        quic_secret_keys(&keys, false, HT_SHA256, 32,
                         hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b")));
    assert_hex(keys.key, 32, "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8");
    assert_hex(keys.iv, 12, "e0459b3474bdd0e44a41c144");
    assert_hex(keys.header, 32, "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4");
    assert_false(quic_secret_keys(&keys, false, HT_SHA256, 64, hex("00")));
}

static void check_open(struct ht_arena *scratch, uint32_t version, bool client, const char *bytes,
                       const char *frames, uint64_t number)
{
    struct quic_keys keys = keys_of(version, client);
    struct quic_packet packet;
    uint64_t next = 0;
    assert_true(quic_packet_parse(hex(bytes), &packet));
    struct ht_bytes opened = quic_open(&keys, &packet, &next, scratch);
    struct ht_bytes wanted = hex(frames);
    assert_true(opened.len >= wanted.len);
    assert_true(ht_bytes_equal(ht_bytes_head(opened, wanted.len), wanted));
    for (size_t i = wanted.len; i < opened.len; i++) {
        assert_int_equal(opened.ptr[i], 0); /* PADDING */
    }
    assert_int_equal(next, number + 1);
    keys = keys_of(version, !client);
    assert_int_equal(quic_open(&keys, &packet, &next, scratch).len, 0);
    assert_int_equal(next, number + 1);
}

static void test_open(void **state)
{
    check_open(*state, QUIC_V1, true, v1_client_packet, client_frames, 2);
    check_open(*state, QUIC_V1, false, v1_server_packet, v1_server_frames, 1);
    check_open(*state, QUIC_V2, true, v2_client_packet, client_frames, 2);
    check_open(*state, QUIC_V2, false, v2_server_packet, v2_server_frames, 1);
}

/* Whatever byte is changed, it is noticed (the header's four protected bits included). */
static void test_changed(void **state)
{
    struct ht_bytes good  = hex(v1_server_packet);
    struct quic_keys keys = keys_of(QUIC_V1, false);
    uint8_t bytes[256];
    for (size_t i = 0; i < good.len; i++) {
        struct quic_packet packet;
        uint64_t next = 0;
        memcpy(bytes, good.ptr, good.len);
        bytes[i] ^= 1;
        if (quic_packet_parse(ht_bytes(bytes, good.len), &packet)) {
            assert_int_equal(quic_open(&keys, &packet, &next, *state).len, 0);
        }
    }
}

/* Of a packet cut by the snapshot length, the frames that are there. */
static void test_cut(void **state)
{
    struct quic_keys keys = keys_of(QUIC_V1, true);
    struct quic_packet packet;
    uint64_t next = 0;
    assert_false(quic_packet_parse(ht_bytes_head(hex(v1_client_packet), 214), &packet));
    assert_true(packet.cut);
    struct ht_bytes opened = quic_open(&keys, &packet, &next, *state);
    assert_int_equal(opened.len, 214 - 22);
    assert_memory_equal(opened.ptr, hex(client_frames).ptr, opened.len);
}

/* Too short for a sample of the ciphertext (RFC 9001 section 5.4.2). */
static void test_short(void **state)
{
    struct quic_keys keys = keys_of(QUIC_V1, true);
    struct quic_packet packet;
    uint64_t next = 0;
    assert_true(quic_packet_parse(
        hex("c0 00000001 00 00 00 13 01020304050607080910111213141516171819"), &packet));
    assert_int_equal(quic_open(&keys, &packet, &next, *state).len, 0);
}

static void check_retry(struct ht_arena *scratch, const char *bytes)
{
    struct quic_packet packet;
    assert_true(quic_packet_parse(hex(bytes), &packet));
    assert_true(quic_retry_authentic(packet.known->protection, &packet, hex(destination), scratch));
    assert_false(
        quic_retry_authentic(packet.known->protection, &packet, hex("8394c8f03e515709"), scratch));
    assert_false(quic_retry_authentic(packet.known->protection, &packet, hex(""), scratch));
}

static void test_retry(void **state)
{
    check_retry(*state, v1_retry);
    check_retry(*state, v2_retry);
}

/* RFC 9001 section A.5: a PING in a packet with a short header, and no connection id. */
static void test_short_header(void **state)
{
    struct quic_keys keys = {.cipher = HT_CHACHA20_POLY1305, .opener = ht_opener_new()};
    uint64_t next         = 654360564;
    struct quic_packet packet;
    assert_non_null(keys.opener);
    assert_true(
        quic_secret_keys(&keys, false, HT_SHA256, 32,
                         hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b")));
    assert_true(quic_packet_parse(hex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb"), &packet));
    packet.header_len      = 1;
    struct ht_bytes frames = quic_open(&keys, &packet, &next, *state);
    assert_true(ht_bytes_equal(frames, hex("01")));
    assert_int_equal(next, 654360565);
    packet.header_len = 2;
    assert_int_equal(quic_open(&keys, &packet, &next, *state).len, 0);
    packet.header_len = 100; /* it is shorter than that */
    assert_int_equal(quic_open(&keys, &packet, &next, *state).len, 0);
    ht_opener_free(keys.opener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),  cmocka_unit_test(test_secret),
        cmocka_unit_test(test_open),  cmocka_unit_test(test_changed),
        cmocka_unit_test(test_cut),   cmocka_unit_test(test_short),
        cmocka_unit_test(test_retry), cmocka_unit_test(test_short_header),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
