/*
 * What kind of key a SubjectPublicKeyInfo holds. The common kinds, RSA (RFC 3279 section 2.3.1) and
 * the named curves that TLS uses (RFC 5480 section 2), are told by a few bytes; decoding a key
 * takes libcrypto longer than all the rest of a certificate, so only what is not plain is left to
 * it.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "decode.h"

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

/* The content of an element of DER with a length below 65,536. */
static struct ht_bytes take_element(struct ht_reader *r, uint8_t tag)
{
    enum { ONE_BYTE = 0x81, TWO_BYTES = 0x82, SHORT_FORM_END = 0x80 };
    if (rd_u8(r) != tag) {
        rd_fail(r);
    }
    size_t len      = rd_u8(r);
    size_t smallest = 0; /* that needs this form */
    if (len == ONE_BYTE) {
        len      = rd_u8(r);
        smallest = SHORT_FORM_END;
    } else if (len == TWO_BYTES) {
        len      = rd_u16(r);
        smallest = UINT8_MAX + 1;
    } else if (len >= SHORT_FORM_END) {
        rd_fail(r);
    }
    if (len < smallest) {
        rd_fail(r);
    }
    return rd_take(r, len);
}

/* The bytes of a DER INTEGER; one that is not positive, or longer than need be, fails. */
static struct ht_bytes take_number(struct ht_reader *r)
{
    enum { INTEGER = 0x02, SIGN = 0x80 };
    struct ht_bytes content = take_element(r, INTEGER);
    bool padded             = content.len > 0 && content.ptr[0] == 0;
    struct ht_bytes number  = ht_bytes_from(content, padded ? 1 : 0);
    if (number.len == 0 || ((number.ptr[0] & SIGN) != 0) != padded) {
        rd_fail(r);
        return ht_bytes(NULL, 0);
    }
    return number;
}

static uint64_t bits_of(struct ht_bytes number)
{
    uint64_t bits = 8 * (uint64_t)number.len;
    for (unsigned top = number.ptr[0]; top < 0x80; top <<= 1) {
        bits--;
    }
    return bits;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static bool plain_rsa(struct ht_public_key *out, int parameters_type, struct ht_bytes key)
{
    enum { SEQUENCE = 0x30 };
    struct ht_reader r       = ht_reader(key);
    struct ht_reader numbers = ht_reader(take_element(&r, SEQUENCE));
    struct ht_bytes modulus  = take_number(&numbers);
    (void)take_number(&numbers);
    bool plain =
        modulus.len > 0 && parameters_type == V_ASN1_NULL && rd_done(&r) && rd_done(&numbers);
    if (plain) {
        out->bits    = bits_of(modulus);
        out->modulus = modulus;
    }
    return plain;
}

/* ECPoint in its uncompressed form. Whether it lies on the curve is not asked. */
static bool plain_ec(struct ht_public_key *out, int parameters_type, const void *parameters,
                     struct ht_bytes point)
{
    static const struct {
        int nid;
        uint16_t bits;
        const char *name; /* TLS's */
    } curves[] = {
        {NID_X9_62_prime256v1, 256, "secp256r1"},
        {NID_secp384r1, 384, "secp384r1"},
        {NID_secp521r1, 521, "secp521r1"},
    };
    enum { UNCOMPRESSED = 0x04 };
    int nid = parameters_type == V_ASN1_OBJECT ? OBJ_obj2nid(parameters) : NID_undef;
    for (size_t i = 0; i < HT_ARRAY_LEN(curves); i++) {
        size_t point_len = 1 + 2 * (((size_t)curves[i].bits + 7) / 8);
        if (curves[i].nid == nid && point.len == point_len && point.ptr[0] == UNCOMPRESSED) {
            out->bits  = curves[i].bits;
            out->curve = ht_text(curves[i].name);
            return true;
        }
    }
    return false;
}

/* Whether bits and curve could be told without libcrypto's decoding the key. */
static bool plain_key(struct ht_public_key *out, const X509_PUBKEY *info)
{
    X509_ALGOR *identifier = NULL;
    const ASN1_OBJECT *algorithm;
    const uint8_t *key;
    int len, parameters_type;
    const void *parameters;
    if (X509_PUBKEY_get0_param(NULL, &key, &len, &identifier, info) != 1) {
        return false;
    }
    X509_ALGOR_get0(&algorithm, &parameters_type, &parameters, identifier);
    switch (OBJ_obj2nid(algorithm)) {
    case NID_rsaEncryption:
        return plain_rsa(out, parameters_type, ht_bytes(key, (size_t)len));
    case NID_X9_62_id_ecPublicKey:
        return plain_ec(out, parameters_type, parameters, ht_bytes(key, (size_t)len));
    default:
        return false;
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

static void decode_key(struct ht_public_key *out, struct ht_arena *arena, struct ht_bytes spki)
{
    const uint8_t *at = spki.ptr;
    EVP_PKEY *key     = d2i_PUBKEY(NULL, &at, (long)spki.len);
    if (key == NULL) {
        return;
    }
    int bits  = EVP_PKEY_get_bits(key);
    out->bits = bits > 0 ? (uint64_t)bits : 0;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
        out->curve = curve_name(arena, key);
    }
    EVP_PKEY_free(key);
}

const struct ht_public_key *certificate_key(struct ht_arena *arena, const X509_PUBKEY *info,
                                            struct ht_bytes spki)
{
    struct ht_public_key *out = ht_arena_alloc(arena, sizeof *out);
    ASN1_OBJECT *algorithm    = NULL;
    if (out == NULL || X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, info) != 1) {
        return NULL;
    }
    out->type = key_type(arena, algorithm);
    if (!plain_key(out, info)) {
        decode_key(out, arena, spki);
    }
    out->modulus = ht_arena_copy(arena, out->modulus);
    return out;
}
