/*
 * HKDF: RFC 5869 appendix A.1 (extract; its expand takes no TLS label), RFC 8448 section 3 and RFC
 * 9001 appendix A.1 (labels).
 */
#include "support.h"

#include "crypto/hkdf.h"

static void assert_hex(const uint8_t *got, size_t len, const char *expected)
{
    assert_true(ht_bytes_equal(ht_bytes(got, len), hex(expected)));
}

static void test_extract(void **state)
{
    uint8_t secret[HT_SECRET_LEN];
    (void)state;
    assert_true(ht_hkdf_extract(secret, hex("000102030405060708090a0b0c"),
                                hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b")));
    assert_hex(secret, sizeof secret,
               "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
}

/* RFC 8448 section 3: the client's handshake traffic secret gives its write key and IV. */
static void test_expand_label(void **state)
{
    uint8_t key[16], iv[12];
    (void)state;
    struct ht_bytes secret =
        hex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21");
    assert_true(ht_hkdf_expand_label(HT_SHA256, key, sizeof key, secret, "key"));
    assert_hex(key, sizeof key, "dbfaa693d1762c5b666af5d950258d01");
    assert_true(ht_hkdf_expand_label(HT_SHA256, iv, sizeof iv, secret, "iv"));
    assert_hex(iv, sizeof iv, "5bd3c71b836e0b76bb73265f");
}

static void test_quic_initial(void **state)
{
    uint8_t secret[HT_SECRET_LEN], client[HT_SECRET_LEN];
    (void)state;
    assert_true(ht_hkdf_extract(secret, hex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
                                hex("8394c8f03e515708")));
    assert_hex(secret, sizeof secret,
               "7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44");
    assert_true(ht_hkdf_expand_label(HT_SHA256, client, sizeof client,
                                     ht_bytes(secret, sizeof secret), "client in"));
    assert_hex(client, sizeof client,
               "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea");
}

static void test_refused(void **state)
{
    uint8_t out[64], secret[HT_SECRET_LEN] = {0};
    (void)state;
    assert_false(ht_hkdf_expand_label(HT_SHA256, out, HT_SECRET_LEN + 1,
                                      ht_bytes(secret, sizeof secret), "key"));
    assert_false(ht_hkdf_expand_label(HT_SHA256, out, 16, ht_bytes(secret, sizeof secret),
                                      "a label of more than 32 characters"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extract),
        cmocka_unit_test(test_expand_label),
        cmocka_unit_test(test_quic_initial),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
