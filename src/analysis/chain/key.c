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

/* The integer square root. */
static uint64_t square_root_of_word(uint64_t of)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1) {
        root |= (root | bit) * (root | bit) <= of ? bit : 0;
    }
    return root;
}

/* A number that is no less than the square root, and whose first 16 bits or so are its. */
static bool guess_root(BIGNUM *guess, const BIGNUM *of)
{
    int num   = BN_num_bits(of);
    int shift = num > 32 ? (num - 31) / 2 : 0;
    return BN_rshift(guess, of, 2 * shift) == 1 &&
           BN_set_word(guess, (BN_ULONG)square_root_of_word(BN_get_word(guess)) + 1) == 1 &&
           BN_lshift(guess, guess, shift) == 1;
}

/* The integer square root, by Newton's method from above. False where there is no memory. */
static bool square_root(BIGNUM *root, const BIGNUM *of, BN_CTX *scratch)
{
    BN_CTX_start(scratch);
    BIGNUM *next = BN_CTX_get(scratch);
    bool done    = next != NULL && guess_root(next, of);
    do {
        done = done && BN_copy(root, next) != NULL && BN_div(next, NULL, of, root, scratch) == 1 &&
               BN_add(next, next, root) == 1 && BN_rshift1(next, next) == 1;
    } while (done && BN_cmp(next, root) < 0);
    BN_CTX_end(scratch);
    return done;
}

static bool is_square(const BIGNUM *number, BN_CTX *scratch)
{
    BN_CTX_start(scratch);
    BIGNUM *root = BN_CTX_get(scratch), *square = BN_CTX_get(scratch);
    bool is = square != NULL && square_root(root, number, scratch) &&
              BN_sqr(square, root, scratch) == 1 && BN_cmp(square, number) == 0;
    BN_CTX_end(scratch);
    return is;
}

/*
 * Of numbers modulo a few others it is known which are squares; of a hundred that are none not one
 * passes by all of them.
 */
static const uint8_t sieve_moduli[] = {64, 63, 61, 59, 55, 53, 47, 43};

enum { NUM_SIEVES = HT_ARRAY_LEN(sieve_moduli) };

/* A number `a` and `a * a - modulus`, modulo one of them. */
struct sieve {
    uint64_t squares; /* a bit for each */
    unsigned by, a, difference;
};

static struct sieve sieve_new(unsigned by, const BIGNUM *a, const BIGNUM *difference)
{
    struct sieve out = {.by         = by,
                        .a          = (unsigned)BN_mod_word(a, by),
                        .difference = (unsigned)BN_mod_word(difference, by)};
    for (unsigned i = 0; i <= by / 2; i++) {
        out.squares |= UINT64_C(1) << (i * i % by);
    }
    return out;
}

static bool passes(const struct sieve *sieve)
{
    return (sieve->squares >> sieve->difference & 1) != 0;
}

/* From `a` to the next: (a + 1)^2 = a^2 + 2a + 1. */
static void sieve_step(struct sieve *sieve)
{
    sieve->difference = (sieve->difference + 2 * sieve->a + 1) % sieve->by;
    sieve->a          = (sieve->a + 1) % sieve->by;
}

/* Whether the difference of the modulus and the square of `a + steps` is a square. */
static bool leaves_square(const BIGNUM *modulus, const BIGNUM *a, unsigned steps, BN_CTX *scratch)
{
    BN_CTX_start(scratch);
    BIGNUM *later = BN_CTX_get(scratch), *difference = BN_CTX_get(scratch);
    bool leaves = difference != NULL && BN_copy(later, a) != NULL &&
                  BN_add_word(later, steps) == 1 && BN_sqr(difference, later, scratch) == 1 &&
                  BN_sub(difference, difference, modulus) == 1 && is_square(difference, scratch);
    BN_CTX_end(scratch);
    return leaves;
}

static bool sieve_rounds(const BIGNUM *modulus, const BIGNUM *a, const BIGNUM *difference,
                         BN_CTX *scratch)
{
    struct sieve sieves[NUM_SIEVES];
    for (size_t k = 0; k < NUM_SIEVES; k++) {
        sieves[k] = sieve_new(sieve_moduli[k], a, difference);
    }
    for (unsigned i = 0; i < FERMAT_ROUNDS; i++) {
        bool may_be = true;
        for (size_t k = 0; k < NUM_SIEVES; k++) {
            may_be = may_be && passes(&sieves[k]);
            sieve_step(&sieves[k]);
        }
        if (may_be && leaves_square(modulus, a, i, scratch)) {
            return true;
        }
    }
    return false;
}

/* Fermat: the modulus is (a + b)(a - b), so that a * a - modulus is a square; of close factors a is
 * little more than the modulus's root. The least difference is where a is that root, rounded up. */
static bool falls_to_fermat(const BIGNUM *modulus, BN_CTX *scratch)
{
    BN_CTX_start(scratch);
    BIGNUM *a = BN_CTX_get(scratch), *difference = BN_CTX_get(scratch);
    bool falls = difference != NULL && square_root(a, modulus, scratch) && BN_add_word(a, 1) == 1 &&
                 BN_sqr(difference, a, scratch) == 1 &&
                 BN_sub(difference, difference, modulus) == 1 &&
                 sieve_rounds(modulus, a, difference, scratch);
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
