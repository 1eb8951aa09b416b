#include "analysis/chain/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

enum {
    MIN_MODULUS_BITS = 2048,
    MIN_CURVE_BITS   = 224,
    FERMAT_ROUNDS    = 100,
    /* Larger moduli are of nobody who makes weak ones, and cost milliseconds. */
    MAX_MODULUS_BITS = 8192
};

/* The primes whose product RSALib takes for the smallest keys, so that they are part of all; those
 * are left out of which 65537 generates every residue. */
static const uint8_t roca_primes[] = {11, 13, 17,  19,  37,  53,  61,  71, 73,
                                      79, 97, 103, 107, 109, 127, 151, 157};

/* Whether `residue` is a power of 65537 modulo `prime`. */
static bool is_power(unsigned residue, unsigned prime)
{
    unsigned generator = 65537 % prime, power = 1;
    do {
        if (power == residue) {
            return true;
        }
        power = power * generator % prime;
    } while (power != 1);
    return false;
}

static bool number_has_roca(const BIGNUM *modulus)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(roca_primes); i++) {
        BN_ULONG residue = BN_mod_word(modulus, roca_primes[i]);
        if (!is_power((unsigned)residue, roca_primes[i])) {
            return false;
        }
    }
    return true;
}

bool chain_key_has_roca(struct ht_bytes modulus)
{
    BIGNUM *number = BN_bin2bn(modulus.ptr, (int)modulus.len, NULL);
    bool has       = number != NULL && number_has_roca(number);
    BN_free(number);
    return has;
}

/* The integer square root, by Newton's method from above. False where there is no memory. */
static bool square_root(BIGNUM *root, const BIGNUM *of, BN_CTX *scratch)
{
    BN_CTX_start(scratch);
    BIGNUM *next = BN_CTX_get(scratch);
    bool done    = next != NULL && BN_set_word(next, 0) == 1 &&
                BN_set_bit(next, (BN_num_bits(of) + 1) / 2) == 1;
    do {
        done = done && BN_copy(root, next) != NULL && BN_div(next, NULL, of, root, scratch) == 1 &&
               BN_add(next, next, root) == 1 && BN_rshift1(next, next) == 1;
    } while (done && BN_cmp(next, root) < 0);
    BN_CTX_end(scratch);
    return done;
}

static bool is_square_modulo(unsigned value, unsigned modulus)
{
    value %= modulus;
    for (unsigned i = 0; i <= modulus / 2; i++) {
        if (i * i % modulus == value) {
            return true;
        }
    }
    return false;
}

/* Few numbers that are no squares come to the square root. */
static bool is_square(const BIGNUM *number, BN_CTX *scratch)
{
    static const unsigned moduli[] = {64, 63, 65, 11};
    BN_ULONG residue               = BN_mod_word(number, 2882880); /* their product */
    for (size_t i = 0; i < HT_ARRAY_LEN(moduli); i++) {
        if (!is_square_modulo((unsigned)residue, moduli[i])) {
            return false;
        }
    }
    BN_CTX_start(scratch);
    BIGNUM *root = BN_CTX_get(scratch), *square = BN_CTX_get(scratch);
    bool is = square != NULL && square_root(root, number, scratch) &&
              BN_sqr(square, root, scratch) == 1 && BN_cmp(square, number) == 0;
    BN_CTX_end(scratch);
    return is;
}

/* Fermat: the modulus is (a + b)(a - b), so that a * a - modulus is a square; of close factors a is
 * little more than the modulus's root. The least difference is where a is that root, rounded up. */
static bool falls_to_fermat(const BIGNUM *modulus, BN_CTX *scratch)
{
    BN_CTX_start(scratch);
    BIGNUM *a = BN_CTX_get(scratch), *difference = BN_CTX_get(scratch);
    bool falls = false;
    bool done  = difference != NULL && square_root(a, modulus, scratch) && BN_add_word(a, 1) == 1;
    for (unsigned i = 0; done && !falls && i < FERMAT_ROUNDS; i++) {
        done  = BN_sqr(difference, a, scratch) == 1 && BN_sub(difference, difference, modulus) == 1;
        falls = done && is_square(difference, scratch);
        done  = done && BN_add_word(a, 1) == 1;
    }
    BN_CTX_end(scratch);
    return falls;
}

static bool number_has_close_primes(const BIGNUM *modulus)
{
    int bits = BN_num_bits(modulus);
    if (bits < 16 || bits > MAX_MODULUS_BITS) {
        return false;
    }
    BN_CTX *scratch = BN_CTX_new();
    bool has        = scratch != NULL && falls_to_fermat(modulus, scratch);
    BN_CTX_free(scratch);
    return has;
}

bool chain_key_has_close_primes(struct ht_bytes modulus)
{
    BIGNUM *number = BN_bin2bn(modulus.ptr, (int)modulus.len, NULL);
    bool has       = number != NULL && number_has_close_primes(number);
    BN_free(number);
    return has;
}

static bool is_weak(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
    case EVP_PKEY_DSA:
        return bits < MIN_MODULUS_BITS;
    case EVP_PKEY_EC:
        return bits < MIN_CURVE_BITS;
    default:
        return false;
    }
}

bool chain_key_is_weak(const X509 *x509)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);
    return key != NULL && is_weak(key);
}

static void look_at_rsa(struct chain_key *out, const EVP_PKEY *key)
{
    BIGNUM *modulus = NULL, *exponent = NULL;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1 &&
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1) {
        out->roca         = number_has_roca(modulus);
        out->close_primes = number_has_close_primes(modulus);
        out->rsa_exponent = BN_num_bits(exponent) > 64 ? UINT64_MAX : BN_get_word(exponent);
    }
    BN_free(modulus);
    BN_free(exponent);
}

void chain_key_look(struct chain_key *out, const X509 *x509)
{
    *out                = (struct chain_key){0};
    const EVP_PKEY *key = X509_get0_pubkey(x509);
    if (key == NULL) {
        return;
    }
    out->weak = is_weak(key);
    int type  = EVP_PKEY_get_base_id(key);
    if (type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS) {
        look_at_rsa(out, key);
    }
}
