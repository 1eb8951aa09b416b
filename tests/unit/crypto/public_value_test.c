/*
 * Public values: primes of RFC 2409 and RFC 5114, the base points of SEC 2 and RFC 7748; low-order
 * points by what X25519 and X448 of libcrypto make of them: nothing (RFC 7748 section 6).
 */
#include "support.h"

#include "crypto/public_value.h"

#include <openssl/evp.h>

enum { SECP256R1 = 23, X25519 = 29, X448 = 30, BRAINPOOL_P256R1_TLS13 = 31, FFDHE2048 = 256 };

/* RFC 2409 section 6.2. */
static const char oakley_group_2[] =
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a"
    "08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9"
    "a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffff"
    "ffff";

/* RFC 5114 section 2.1. */
static const char with_subgroup[] =
    "b10b8f96a080e01dde92de5eae5d54ec52c99fbcfb06a3c69a6a9dca52d23b616073e28675a23d189838"
    "ef1e2ee652c013ecb4aea906112324975c3cd49b83bfaccbdd7d90c4bd7098488e9c219a73724effd6fa"
    "e5644738faa31a4ff55bccc0a151af5f0dc8b4bd45bf37df365c1a65e68cfda76d4da708df1fb2bc2e4a"
    "4371";

/* SEC 2, version 2, section 2.4.2. */
static const char base_point_p256[] =
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f"
    "9e162bce33576b315ececbb6406837bf51f5";
static const char base_point_p256_compressed[] =
    "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";

static struct ht_bytes bytes_of(uint8_t room[256], const char *digits)
{
    struct ht_bytes bytes = hex(digits);
    memcpy(room, bytes.ptr, bytes.len);
    return ht_bytes(room, bytes.len);
}

static void primes_are_told_apart(void **unused)
{
    uint8_t room[256];
    (void)unused;
    assert_int_equal(ht_prime_judge(bytes_of(room, oakley_group_2)), HT_PRIME_SAFE);
    room[127] = 0xFD; /* composite, says openssl prime */
    assert_int_equal(ht_prime_judge(ht_bytes(room, 128)), HT_PRIME_COMPOSITE);
    assert_int_equal(ht_prime_judge(bytes_of(room, with_subgroup)), HT_PRIME_UNSAFE);
}

static void small_numbers_are_judged(void **unused)
{
    static const struct {
        uint8_t number;
        enum ht_prime kind;
    } numbers[] = {{0, HT_PRIME_COMPOSITE}, {1, HT_PRIME_COMPOSITE}, {2, HT_PRIME_UNSAFE},
                   {3, HT_PRIME_UNSAFE},    {4, HT_PRIME_COMPOSITE}, {5, HT_PRIME_SAFE},
                   {7, HT_PRIME_SAFE},      {11, HT_PRIME_SAFE},     {13, HT_PRIME_UNSAFE},
                   {23, HT_PRIME_SAFE},     {25, HT_PRIME_COMPOSITE}};
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(numbers); i++) {
        assert_int_equal(ht_prime_judge(ht_bytes(&numbers[i].number, 1)), numbers[i].kind);
    }
    assert_int_equal(ht_prime_judge(ht_bytes(NULL, 0)), HT_PRIME_COMPOSITE);
}

/* 341 = 11 * 31 passes Fermat's test by 2, as the smallest of all that are no primes. */
static void a_pseudoprime_is_no_prime(void **unused)
{
    static const uint8_t pseudoprime[] = {0x01, 0x55};
    (void)unused;
    assert_int_equal(ht_prime_judge(ht_bytes(pseudoprime, 2)), HT_PRIME_COMPOSITE);
}

static void long_primes_are_not_judged(void **unused)
{
    static uint8_t number[HT_PRIME_MAX_BITS / 8 + 1];
    (void)unused;
    memset(number, 0xFF, sizeof number);
    assert_int_equal(ht_prime_judge(ht_bytes(number, sizeof number)), HT_PRIME_UNKNOWN);
}

static void degenerate_values_are_found(void **unused)
{
    static const uint8_t p[] = {0, 23}, values[] = {0, 0, 1, 22, 23, 24, 2, 21};
    struct ht_bytes prime = ht_bytes(p, sizeof p);
    (void)unused;
    assert_string_equal(ht_dh_value_fault(ht_bytes(values, 2), prime), "0");
    assert_string_equal(ht_dh_value_fault(ht_bytes(values + 1, 2), prime), "1");
    assert_string_equal(ht_dh_value_fault(ht_bytes(values + 3, 1), prime), "p-1");
    assert_string_equal(ht_dh_value_fault(ht_bytes(values + 4, 1), prime), "p or more");
    assert_string_equal(ht_dh_value_fault(ht_bytes(values + 5, 1), prime), "p or more");
    assert_string_equal(ht_dh_value_fault(ht_bytes(values + 2, 2), prime), "p or more");
    assert_null(ht_dh_value_fault(ht_bytes(values + 6, 1), prime));
    assert_null(ht_dh_value_fault(ht_bytes(values + 7, 1), prime));
    assert_string_equal(ht_dh_value_fault(ht_bytes(NULL, 0), prime), "0");
    assert_string_equal(ht_dh_value_fault(ht_bytes(values + 2, 1), ht_bytes(NULL, 0)), "1");
    assert_null(ht_dh_value_fault(ht_bytes(values + 5, 1), ht_bytes(NULL, 0)));
}

static void points_are_on_their_curve(void **unused)
{
    struct ht_curves *curves = ht_curves_new();
    uint8_t room[256];
    (void)unused;
    struct ht_bytes point = bytes_of(room, base_point_p256);
    assert_null(ht_point_fault(curves, SECP256R1, point));
    assert_string_equal(ht_point_fault(curves, BRAINPOOL_P256R1_TLS13, point),
                        "is not on the curve");
    room[64] ^= 1;
    assert_string_equal(ht_point_fault(curves, SECP256R1, point), "is not on the curve");
    for (size_t len = 0; len < point.len; len++) {
        bool infinity = len == 1 && point.ptr[0] == 0;
        assert_false(infinity);
        assert_non_null(ht_point_fault(curves, SECP256R1, ht_bytes(room, len)));
    }
    assert_null(ht_point_fault(curves, SECP256R1, bytes_of(room, base_point_p256_compressed)));
    room[0] = 0;
    assert_string_equal(ht_point_fault(curves, SECP256R1, ht_bytes(room, 1)),
                        "is the point at infinity");
    ht_curves_free(curves);
}

/* Whether X25519 or X448 makes nothing but zeros of the point: then libcrypto refuses. */
static bool is_refused(int kind, const uint8_t *u, size_t len)
{
    uint8_t private_key[56] = {77}, secret[56];
    size_t secret_len       = sizeof secret;
    EVP_PKEY *own           = EVP_PKEY_new_raw_private_key(kind, NULL, private_key, len);
    EVP_PKEY *peer          = EVP_PKEY_new_raw_public_key(kind, NULL, u, len);
    EVP_PKEY_CTX *ctx       = EVP_PKEY_CTX_new(own, NULL);
    assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
    assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
    bool refused = EVP_PKEY_derive(ctx, secret, &secret_len) != 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(own);
    EVP_PKEY_free(peer);
    return refused;
}

/* All numbers next to 0, 2^255, 2^256, 2^224, 2^448; and two more of X25519. */
static void low_order_is_what_libcrypto_refuses(void **unused)
{
    static const struct {
        int kind;
        uint16_t group;
        size_t len;
    } groups[]               = {{EVP_PKEY_X25519, X25519, 32}, {EVP_PKEY_X448, X448, 56}};
    struct ht_curves *curves = ht_curves_new();
    size_t num_refused       = 0;
    (void)unused;
    for (size_t g = 0; g < HT_ARRAY_LEN(groups); g++) {
        for (unsigned tail = 0; tail < 4 * 256; tail++) {
            static const uint8_t tops[] = {0x00, 0x7F, 0xFF, 0x80};
            uint8_t u[56], top = tops[tail / 256];
            memset(u, top == 0x00 || top == 0x80 ? 0x00 : 0xFF, sizeof u);
            u[0]                 = (uint8_t)tail;
            u[groups[g].len - 1] = top;
            if (groups[g].group == X448 && top == 0x7F) { /* next to p, and to p+1 */
                u[55] = 0xFF;
                u[28] = 0xFE;
            } else if (groups[g].group == X448 && top == 0x80) {
                memset(u + 28, 0xFF, 28);
            }
            bool refused = is_refused(groups[g].kind, u, groups[g].len);
            num_refused += refused;
            assert_int_equal(ht_point_fault(curves, groups[g].group, ht_bytes(u, groups[g].len)) !=
                                 NULL,
                             refused);
        }
    }
    /* 0, 1, p-1, p, p+1, those of X25519 with the highest bit too. */
    assert_int_equal(num_refused, 10 + 5);
    ht_curves_free(curves);
}

static void points_of_order_eight_are_low(void **unused)
{
    static const char *const points[] = {
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"};
    struct ht_curves *curves = ht_curves_new();
    uint8_t room[256];
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(points); i++) {
        struct ht_bytes u = bytes_of(room, points[i]);
        assert_true(is_refused(EVP_PKEY_X25519, u.ptr, u.len));
        assert_string_equal(ht_point_fault(curves, X25519, u), "is of low order");
    }
    ht_curves_free(curves);
}

static void other_groups_are_not_judged(void **unused)
{
    static const uint8_t bytes[32];
    struct ht_curves *curves = ht_curves_new();
    (void)unused;
    assert_false(ht_point_is_judged(FFDHE2048));
    assert_true(ht_point_is_judged(X25519));
    assert_null(ht_point_fault(curves, FFDHE2048, ht_bytes(bytes, sizeof bytes)));
    assert_non_null(ht_point_fault(curves, X25519, ht_bytes(bytes, 31)));
    ht_curves_free(curves);
    ht_curves_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primes_are_told_apart),
        cmocka_unit_test(small_numbers_are_judged),
        cmocka_unit_test(a_pseudoprime_is_no_prime),
        cmocka_unit_test(long_primes_are_not_judged),
        cmocka_unit_test(degenerate_values_are_found),
        cmocka_unit_test(points_are_on_their_curve),
        cmocka_unit_test(low_order_is_what_libcrypto_refuses),
        cmocka_unit_test(points_of_order_eight_are_low),
        cmocka_unit_test(other_groups_are_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
