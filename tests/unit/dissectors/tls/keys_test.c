/*
 * Keys and records: RFC 8448 section 3 (the server's flight); the key block of a session of OpenSSL
 * 3.0. Finished is computed in decrypt_test.c.
 */
#include "helpers.h"
#include "support.h"

#include "tls/keys.h"

#define SERVER_SECRET "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"

static const char flight[] =
    "17030302a2d1ff334a56f5bff6594a07cc87b580233f500f45e489e7f33af35edf7869fcf40aa40a"
    "a2b8ea73f848a7ca07612ef9f945cb960b4068905123ea78b111b429ba9191cd05d2a389280f5261"
    "34aadc7fc78c4b729df828b5ecf7b13bd9aefb0e57f271585b8ea9bb355c7c79020716cfb9b1183e"
    "f3ab20e37d57a6b9d7477609aee6e122a4cf51427325250c7d0e509289444c9b3a648f1d71035d2e"
    "d65b0e3cdd0cbae8bf2d0b227812cbb360987255cc744110c453baa4fcd610928d809810e4b7ed1a"
    "8fd991f06aa6248204797e36a6a73b70a2559c09ead686945ba246ab66e5edd8044b4c6de3fcf2a8"
    "9441ac66272fd8fb330ef8190579b3684596c960bd596eea520a56a8d650f563aad27409960dca63"
    "d3e688611ea5e22f4415cf9538d51a200c27034272968a264ed6540c84838d89f72c24461aad6d26"
    "f59ecaba9acbbb317b66d902f4f292a36ac1b639c637ce343117b659622245317b49eeda0c6258f1"
    "00d7d961ffb138647e92ea330faeea6dfa31c7a84dc3bd7e1b7a6c7178af36879018e3f252107f24"
    "3d243dc7339d5684c8b0378bf30244da8c87c843f5e56eb4c5e8280a2b48052cf93b16499a66db7c"
    "ca71e4599426f7d461e66f99882bd89fc50800becca62d6c74116dbd2972fda1fa80f85df881edbe"
    "5a37668936b335583b599186dc5c6918a396fa48a181d6b6fa4f9d62d513afbb992f2b992f67f8af"
    "e67f76913fa388cb5630c8ca01e0c65d11c66a1e2ac4c85977b7c7a6999bbf10dc35ae69f5515614"
    "636c0b9b68c19ed2e31c0b3b66763038ebba42f3b38edc0399f3a9f23faa63978c317fc9fa66a73f"
    "60f0504de93b5b845e275592c12335ee340bbc4fddd502784016e4b3be7ef04dda49f4b440a30cb5"
    "d2af939828fd4ae3794e44f94df5a631ede42c1719bfdabf0253fe5175be898e750edc53370d2b";

static struct ht_opener *opener;

static struct tls_protection aes128_gcm13(void)
{
    struct tls_protection p;
    assert_true(tls_protection_of(&p, TLS_13, ht_named(0x1301), false));
    return p;
}

static void test_traffic_secret(void **state)
{
    struct tls_protection p = aes128_gcm13();
    struct tls_write_keys keys;
    (void)state;
    assert_true(tls_keys_of_traffic_secret(&keys, &p, hex(SERVER_SECRET)));
    assert_hex(ht_bytes(keys.key, 16), "3fce516009c21727d0f2e4e86ee403bc");
    assert_hex(ht_bytes(keys.iv, 12), "5d313eb2671276ee13000b30");
}

static bool open_flight(struct ht_arena *arena, struct ht_bytes bytes, uint64_t sequence,
                        struct tls_record *out)
{
    struct tls_protection p            = aes128_gcm13();
    const struct tls_position position = {.sequence = sequence};
    struct tls_write_keys keys;
    struct tls_record record = {0};
    assert_true(tls_keys_of_traffic_secret(&keys, &p, hex(SERVER_SECRET)));
    return tls_record_header(bytes, &record) &&
           tls_record_open(opener, &p, &keys, &position, &record, arena, out);
}

static bool flight_opens(struct ht_bytes bytes, void *arena)
{
    struct tls_record out;
    return open_flight(arena, bytes, 0, &out);
}

static void test_record13(void **state)
{
    struct tls_record out = {0};
    assert_true(open_flight(*state, hex(flight), 0, &out));
    assert_int_equal(out.type, TLS_HANDSHAKE);
    assert_int_equal(out.fragment.len, 657);
    /* EncryptedExtensions first, Finished last. */
    assert_hex(ht_bytes_head(out.fragment, 8), "08000024 0022 000a");
    assert_hex(ht_bytes_from(out.fragment, 657 - 36),
               "140000209b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718");
    assert_true(out.decrypted);
    assert_false(open_flight(*state, hex(flight), 1, &out));
    every_prefix(hex(flight), flight_opens, *state);
}

/* TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA in TLS 1.0, encrypt-then-MAC: the session of that name in
 * keyed_sessions.txt. */
static void test_key_block(void **state)
{
    struct tls_protection p;
    struct tls_write_keys client, server;
    struct ht_bytes master = hex("654e66c52daf026efdea197035e86a2617b038d230c0c191ef32fee382379e97"
                                 "3357091b5099008a16f22e959a79402f");
    struct ht_bytes client_random =
        hex("b60ae90bc3e4a58f809bc0b40fb9bffb099b140e73d0bbf66ed57e9d9baa9c87");
    struct ht_bytes server_random =
        hex("f0a1fcad1a1ccc6d34afafc08fa46e051166aa7d41a8f52778c5033296da4f13");
    (void)state;
    assert_true(tls_protection_of(&p, TLS_10, ht_named(0xC013), true));
    assert_int_equal(p.mode, TLS_MODE_CBC_CHAINED);
    assert_true(tls_keys_of_master(&client, &p, master, client_random, server_random, true));
    assert_true(tls_keys_of_master(&server, &p, master, client_random, server_random, false));
    assert_hex(ht_bytes(client.mac, 20), "577bcfec4f395440e8c38631a898ff4bd2ad4641");
    assert_hex(ht_bytes(server.mac, 20), "5fe634ad1132eba8a52ddca9cfa84d9ec24d6650");
    assert_hex(ht_bytes(client.key, 16), "051c7050db1aef73bc8611772dba44e1");
    assert_hex(ht_bytes(server.key, 16), "ed2b4132e57a9aa4590b6807afc57447");
    assert_hex(ht_bytes(client.iv, 16), "996c4aacd17b770066fc4012cbe590ca");
    assert_hex(ht_bytes(server.iv, 16), "1bf0d2b30922cd1f05af0d8c95bf25fc");
    assert_false(tls_keys_of_master(&server, &p, master, hex("00"), server_random, false));
}

/* RFC 5288, 6655, 7905, 5246, 4346. */
static void test_protection(void **state)
{
    struct tls_protection p;
    (void)state;
    assert_true(tls_protection_of(&p, TLS_12, ht_named(0xC030), false));
    assert_int_equal(p.mode, TLS_MODE_AEAD_EXPLICIT);
    assert_int_equal(p.prf, HT_PRF_SHA384);
    assert_int_equal(p.key_len, 32);
    assert_int_equal(p.iv_len, 4);
    assert_true(tls_protection_of(&p, TLS_12, ht_named(0xCCA8), true));
    assert_int_equal(p.mode, TLS_MODE_AEAD_IMPLICIT);
    assert_false(p.encrypt_then_mac);
    assert_true(tls_protection_of(&p, TLS_12, ht_named(0xC0A0), false)); /* AES_128_CCM_8 */
    assert_int_equal(p.tag_len, 8);
    assert_true(tls_protection_of(&p, TLS_12, ht_named(0x003C), false));
    assert_int_equal(p.mode, TLS_MODE_CBC_EXPLICIT);
    assert_int_equal(p.mac_len, 32);
    assert_true(tls_protection_of(&p, TLS_10, ht_named(0x0005), true)); /* RC4_128_SHA */
    assert_false(p.encrypt_then_mac);
    assert_int_equal(p.iv_len, 0);
    assert_false(tls_protection_of(&p, TLS_12, ht_named(0xC010), false)); /* NULL_SHA */
    assert_false(tls_protection_of(&p, TLS_12, ht_named(0xEEEE), false));
    assert_false(tls_protection_of(&p, SSL_30, ht_named(0x0005), false));
    assert_false(tls_protection_of(&p, TLS_13, ht_named(0x002F), false));
}

static int open_all(void **state)
{
    opener = ht_opener_new();
    return opener == NULL || set_up(state) != 0;
}

static int close_all(void **state)
{
    ht_opener_free(opener);
    return tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traffic_secret), cmocka_unit_test(test_record13),
        cmocka_unit_test(test_key_block), cmocka_unit_test(test_protection)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
