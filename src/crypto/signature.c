#include "crypto/signature.h"

#include "crypto/effort.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

struct ht_verifier {
    EVP_PKEY *key;
};

/* None can be read as the other. */
static EVP_PKEY *read_key(struct ht_bytes der)
{
    const unsigned char *at = der.ptr;
    if (der.len > LONG_MAX) {
        return NULL;
    }
    X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    if (x509 == NULL) {
        at = der.ptr;
        return d2i_PUBKEY(NULL, &at, (long)der.len);
    }
    EVP_PKEY *key = X509_get_pubkey(x509);
    X509_free(x509);
    return key;
}

struct ht_verifier *ht_verifier_new(struct ht_bytes der)
{
    struct ht_verifier *verifier = calloc(1, sizeof *verifier);
    if (verifier != NULL) {
        verifier->key = read_key(der);
    }
    if (verifier == NULL || verifier->key == NULL || !ht_key_is_cheap(verifier->key)) {
        ht_verifier_free(verifier);
        return NULL;
    }
    return verifier;
}

void ht_verifier_free(struct ht_verifier *verifier)
{
    if (verifier != NULL) {
        EVP_PKEY_free(verifier->key);
        free(verifier);
    }
}

enum padding { NO_PADDING, PKCS1, PSS };

/* How a scheme signs: RFC 8446 section 4.2.3 and, below it, RFC 5246 section 7.4.1.4.1. */
struct method {
    uint16_t scheme;
    int key;                       /* EVP_PKEY_… */
    const EVP_MD *(*digest)(void); /* NULL: the signature has its own */
    enum padding padding;
};

static const struct method methods[] = {
    {0x0101, EVP_PKEY_RSA, EVP_md5, PKCS1},         {0x0201, EVP_PKEY_RSA, EVP_sha1, PKCS1},
    {0x0202, EVP_PKEY_DSA, EVP_sha1, NO_PADDING},   {0x0203, EVP_PKEY_EC, EVP_sha1, NO_PADDING},
    {0x0301, EVP_PKEY_RSA, EVP_sha224, PKCS1},      {0x0302, EVP_PKEY_DSA, EVP_sha224, NO_PADDING},
    {0x0303, EVP_PKEY_EC, EVP_sha224, NO_PADDING},  {0x0401, EVP_PKEY_RSA, EVP_sha256, PKCS1},
    {0x0402, EVP_PKEY_DSA, EVP_sha256, NO_PADDING}, {0x0403, EVP_PKEY_EC, EVP_sha256, NO_PADDING},
    {0x0501, EVP_PKEY_RSA, EVP_sha384, PKCS1},      {0x0502, EVP_PKEY_DSA, EVP_sha384, NO_PADDING},
    {0x0503, EVP_PKEY_EC, EVP_sha384, NO_PADDING},  {0x0601, EVP_PKEY_RSA, EVP_sha512, PKCS1},
    {0x0602, EVP_PKEY_DSA, EVP_sha512, NO_PADDING}, {0x0603, EVP_PKEY_EC, EVP_sha512, NO_PADDING},
    {0x0804, EVP_PKEY_RSA, EVP_sha256, PSS},        {0x0805, EVP_PKEY_RSA, EVP_sha384, PSS},
    {0x0806, EVP_PKEY_RSA, EVP_sha512, PSS},        {0x0807, EVP_PKEY_ED25519, NULL, NO_PADDING},
    {0x0808, EVP_PKEY_ED448, NULL, NO_PADDING},     {0x0809, EVP_PKEY_RSA_PSS, EVP_sha256, PSS},
    {0x080a, EVP_PKEY_RSA_PSS, EVP_sha384, PSS},    {0x080b, EVP_PKEY_RSA_PSS, EVP_sha512, PSS},
    {0x081a, EVP_PKEY_EC, EVP_sha256, NO_PADDING}, /* RFC 8734: brainpool */
    {0x081b, EVP_PKEY_EC, EVP_sha384, NO_PADDING},  {0x081c, EVP_PKEY_EC, EVP_sha512, NO_PADDING},
};

/* RFC 4346 section 7.4.3: RSA signs MD5 and SHA-1 together, the others SHA-1. */
static const struct method before_tls12[] = {
    {0, EVP_PKEY_RSA, EVP_md5_sha1, PKCS1},
    {0, EVP_PKEY_DSA, EVP_sha1, NO_PADDING},
    {0, EVP_PKEY_EC, EVP_sha1, NO_PADDING},
};

static const struct method *find_method(uint16_t scheme, int key)
{
    bool old                  = scheme == 0;
    const struct method *rows = old ? before_tls12 : methods;
    size_t num                = old ? HT_ARRAY_LEN(before_tls12) : HT_ARRAY_LEN(methods);
    for (size_t i = 0; i < num; i++) {
        if (rows[i].scheme == scheme && rows[i].key == key) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool begin(EVP_MD_CTX *context, const struct method *method, EVP_PKEY *key)
{
    EVP_PKEY_CTX *options = NULL;
    const EVP_MD *digest  = method->digest != NULL ? method->digest() : NULL;
    if (EVP_DigestVerifyInit(context, &options, digest, NULL, key) != 1) {
        return false;
    }
    if (method->padding != PSS) {
        return true;
    }
    /* RFC 8446 section 4.2.3: the salt is as long as the digest. */
    return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static int check_by_parts(EVP_MD_CTX *context, const struct ht_signed *content,
                          struct ht_bytes signature)
{
    for (size_t i = 0; i < HT_SIGNED_PARTS; i++) {
        if (content->part[i].len > 0 &&
            EVP_DigestVerifyUpdate(context, content->part[i].ptr, content->part[i].len) != 1) {
            return -1;
        }
    }
    return EVP_DigestVerifyFinal(context, signature.ptr, signature.len);
}

/* Edwards curves sign the content, not its digest: it must be in one piece. */
static int check_at_once(EVP_MD_CTX *context, const struct ht_signed *content,
                         struct ht_bytes signature)
{
    size_t len     = content->part[0].len + content->part[1].len + content->part[2].len;
    uint8_t *whole = malloc(len > 0 ? len : 1);
    size_t at      = 0;
    if (whole == NULL) {
        return -1;
    }
    for (size_t i = 0; i < HT_SIGNED_PARTS; i++) {
        if (content->part[i].len > 0) {
            memcpy(whole + at, content->part[i].ptr, content->part[i].len);
            at += content->part[i].len;
        }
    }
    int good = EVP_DigestVerify(context, signature.ptr, signature.len, whole, len);
    free(whole);
    return good;
}

enum ht_signature ht_signature_check(const struct ht_verifier *verifier, uint16_t scheme,
                                     const struct ht_signed *content, struct ht_bytes signature)
{
    const struct method *method = find_method(scheme, EVP_PKEY_get_base_id(verifier->key));
    EVP_MD_CTX *context         = method != NULL ? EVP_MD_CTX_new() : NULL;
    enum ht_signature verdict   = HT_SIGNATURE_UNKNOWN;
    if (context != NULL && begin(context, method, verifier->key)) {
        int good = method->digest != NULL ? check_by_parts(context, content, signature)
                                          : check_at_once(context, content, signature);
        verdict  = good == 1 ? HT_SIGNATURE_GOOD : HT_SIGNATURE_BAD;
    }
    EVP_MD_CTX_free(context);
    return verdict;
}
