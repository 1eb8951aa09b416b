/*
 * RFC 5280 certificates by libcrypto. What libcrypto allocates is freed here; what is returned
 * lies in the arena.
 */
#include <stdio.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/digest.h"
#include "decode.h"

enum {
    OBJECT_TEXT_MAX = 128,
    /* A signature by a larger key costs milliseconds to verify; nobody uses them. */
    MAX_BITS_TO_VERIFY = 8192
};

struct ht_bytes certificate_object(struct ht_arena *arena, const ASN1_OBJECT *object,
                                   bool short_name)
{
    int nid = OBJ_obj2nid(object);
    if (nid != NID_undef) {
        const char *name = short_name ? OBJ_nid2sn(nid) : OBJ_nid2ln(nid);
        return ht_arena_copy(arena, ht_text(name));
    }
    char dotted[OBJECT_TEXT_MAX] = "";
    (void)OBJ_obj2txt(dotted, sizeof dotted, object, 1);
    return ht_arena_copy(arena, ht_text(dotted));
}

struct ht_bytes certificate_name(struct ht_arena *arena, const X509_NAME *name)
{
    /* Characters of UTF-8 stay as they are; a value that is not text at all is shown as RFC 4514
     * shows unknown types, in hexadecimal. */
    const unsigned long readable = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    struct ht_bytes text         = ht_bytes("", 0);
    BIO *out                     = BIO_new(BIO_s_mem());
    if (out == NULL) {
        return text;
    }
    bool printed = X509_NAME_print_ex(out, name, 0, readable) >= 0;
    if (!printed) {
        (void)BIO_reset(out);
        printed = X509_NAME_print_ex(out, name, 0, readable | ASN1_STRFLGS_DUMP_ALL) >= 0;
    }
    char *data;
    long len = BIO_get_mem_data(out, &data);
    if (printed && len > 0) {
        text = ht_arena_copy(arena, ht_bytes(data, (size_t)len));
    }
    (void)BIO_free(out);
    return text;
}

static struct ht_bytes digest_copy(struct ht_arena *arena, enum ht_digest digest,
                                   struct ht_bytes in)
{
    uint8_t raw[HT_DIGEST_MAX];
    size_t len = ht_digest(digest, raw, in);
    return ht_arena_copy(arena, ht_bytes(raw, len));
}

/* The content of the DER INTEGER, as it was sent. */
static struct ht_bytes serial_number(struct ht_arena *arena, const ASN1_INTEGER *serial)
{
    uint8_t *der = NULL;
    int len      = i2d_ASN1_INTEGER(serial, &der);
    if (len <= 0) {
        return ht_bytes("", 0);
    }
    struct ht_reader r = ht_reader(ht_bytes(der, (size_t)len));
    rd_skip(&r, 1);
    uint8_t first = rd_u8(&r);
    if (first & 0x80) {
        rd_skip(&r, first & 0x7F);
    }
    struct ht_bytes content = ht_arena_copy(arena, rd_rest(&r));
    OPENSSL_free(der);
    return content;
}

static struct ht_bytes rfc3339(struct ht_arena *arena, const ASN1_TIME *time)
{
    struct tm tm;
    char text[64];
    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1) {
        return ht_bytes("", 0);
    }
    int len = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return ht_arena_copy(arena, ht_bytes(text, (size_t)len));
}

/* By the algorithm alone, which is known also where the key cannot be decoded. */
static struct ht_bytes key_type(struct ht_arena *arena, const ASN1_OBJECT *algorithm)
{
    switch (OBJ_obj2nid(algorithm)) {
    case NID_rsaEncryption:
        return ht_text("RSA");
    case NID_rsassaPss:
        return ht_text("RSA-PSS");
    case NID_X9_62_id_ecPublicKey:
        return ht_text("EC");
    case NID_dsa:
        return ht_text("DSA");
    case NID_ED25519:
        return ht_text("Ed25519");
    case NID_ED448:
        return ht_text("Ed448");
    default:
        return certificate_object(arena, algorithm, false);
    }
}

/* The curve by the name that TLS has for it, where X9.62 has another. */
static struct ht_bytes curve_name(struct ht_arena *arena, const EVP_PKEY *key)
{
    char name[64];
    size_t len;
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, name, sizeof name, &len) ==
            1 &&
        strcmp(name, OSSL_PKEY_EC_ENCODING_EXPLICIT) == 0) {
        return ht_text("explicit");
    }
    if (EVP_PKEY_get_group_name(key, name, sizeof name, &len) != 1) {
        return ht_bytes("", 0);
    }
    if (strcmp(name, SN_X9_62_prime256v1) == 0) {
        return ht_text("secp256r1");
    }
    if (strcmp(name, SN_X9_62_prime192v1) == 0) {
        return ht_text("secp192r1");
    }
    return ht_arena_copy(arena, ht_text(name));
}

static const struct ht_public_key *public_key(struct ht_arena *arena, X509 *x509)
{
    struct ht_public_key *out = ht_arena_alloc(arena, sizeof *out);
    ASN1_OBJECT *algorithm    = NULL;
    X509_PUBKEY *info         = X509_get_X509_PUBKEY(x509);
    if (out == NULL || X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, info) != 1) {
        return NULL;
    }
    const EVP_PKEY *key = X509_get0_pubkey(x509);
    out->type           = key_type(arena, algorithm);
    if (key != NULL) {
        int bits  = EVP_PKEY_get_bits(key);
        out->bits = bits > 0 ? (uint64_t)bits : 0;
    }
    if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
        out->curve = curve_name(arena, key);
    }
    return out;
}

static struct ht_bytes spki_sha256(struct ht_arena *arena, X509 *x509)
{
    uint8_t *der = NULL;
    int len      = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
    if (len <= 0) {
        return ht_bytes("", 0);
    }
    struct ht_bytes digest = digest_copy(arena, HT_SHA256, ht_bytes(der, (size_t)len));
    OPENSSL_free(der);
    return digest;
}

static bool verifies_itself(X509 *x509, const struct ht_certificate *certificate)
{
    return certificate->self_issued && certificate->key != NULL &&
           certificate->key->bits <= MAX_BITS_TO_VERIFY &&
           X509_verify(x509, X509_get0_pubkey(x509)) == 1;
}

static void decode(struct ht_arena *arena, X509 *x509, struct ht_certificate *out)
{
    const X509_ALGOR *signature = X509_get0_tbs_sigalg(x509);
    const ASN1_OBJECT *algorithm;
    X509_ALGOR_get0(&algorithm, NULL, NULL, signature);
    out->version             = (uint64_t)X509_get_version(x509) + 1;
    out->subject             = certificate_name(arena, X509_get_subject_name(x509));
    out->issuer              = certificate_name(arena, X509_get_issuer_name(x509));
    out->serial              = serial_number(arena, X509_get0_serialNumber(x509));
    out->not_before          = rfc3339(arena, X509_get0_notBefore(x509));
    out->not_after           = rfc3339(arena, X509_get0_notAfter(x509));
    out->signature_algorithm = certificate_object(arena, algorithm, false);
    out->key                 = public_key(arena, x509);
    out->spki_sha256         = spki_sha256(arena, x509);
    uint32_t flags           = X509_get_extension_flags(x509);
    out->is_ca               = (flags & EXFLAG_CA) != 0;
    out->self_issued         = (flags & EXFLAG_SI) != 0;
    out->self_signed         = verifies_itself(x509, out);
    certificate_extensions(arena, x509, out);
}

bool ht_certificate_decode(struct ht_arena *arena, struct ht_bytes der, struct ht_certificate *out)
{
    *out        = (struct ht_certificate){.bytes = der.len};
    out->sha256 = digest_copy(arena, HT_SHA256, der);
    out->sha1   = digest_copy(arena, HT_SHA1, der);
    if (der.len > LONG_MAX) {
        out->malformed = true;
        return false;
    }
    (void)ERR_set_mark();
    const uint8_t *end = der.ptr;
    X509 *x509         = d2i_X509(NULL, &end, (long)der.len);
    if (x509 != NULL) {
        decode(arena, x509, out);
        X509_free(x509);
    }
    (void)ERR_pop_to_mark();
    out->malformed = x509 == NULL || end != der.ptr + der.len;
    return !out->malformed;
}
