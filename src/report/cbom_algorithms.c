/*
 * Strengths: NIST SP 800-57 part 1 revision 5, tables 2 and 3 (classical); the categories of NIST's
 * call for post-quantum proposals, section 4.A.5: 1, 3 and 5 are as hard as AES-128, -192 and -256,
 * 2 and 4 as a collision of SHA-256 and SHA-384; FIPS 203 to 205 say them of their parameters.
 */
#include "report/cbom_algorithms.h"

#include <stdio.h>

enum { NOT_SAID, NONE, CATEGORY_1, CATEGORY_2, CATEGORY_3, CATEGORY_4, CATEGORY_5 };

#define SEAL "encrypt decrypt tag"

/* A row is found by `known_as`, a list of words. */
struct row {
    const char *known_as;
    const char *name, *primitive, *family, *parameters, *mode, *padding, *functions;
    unsigned classical, category;
    const char *parts[2];
};

#define BLOCK(word, name, family, bits, strength, category)                                        \
    {                                                                                              \
        word, name, "block-cipher", family, bits, "cbc", "", "encrypt decrypt", strength, category \
    }
#define AEAD(word, name, family, bits, mode, category)                                             \
    {                                                                                              \
        word, name, "ae", family, #bits, mode, "", SEAL, bits, category                            \
    }
#define STREAM(word, name, family, bits, strength, category)                                       \
    {                                                                                              \
        word, name, "stream-cipher", family, bits, "", "", "encrypt decrypt", strength, category   \
    }

/* By the words of cipher suites. */
static const struct row ciphers[] = {
    AEAD("AES_128_GCM", "AES-128-GCM", "AES", 128, "gcm", CATEGORY_1),
    AEAD("AES_256_GCM", "AES-256-GCM", "AES", 256, "gcm", CATEGORY_5),
    AEAD("AES_128_CCM", "AES-128-CCM", "AES", 128, "ccm", CATEGORY_1),
    AEAD("AES_256_CCM", "AES-256-CCM", "AES", 256, "ccm", CATEGORY_5),
    AEAD("AES_128_CCM_8", "AES-128-CCM-8", "AES", 128, "ccm", CATEGORY_1),
    AEAD("AES_256_CCM_8", "AES-256-CCM-8", "AES", 256, "ccm", CATEGORY_5),
    AEAD("CHACHA20_POLY1305", "ChaCha20-Poly1305", "ChaCha20", 256, "", CATEGORY_5),
    AEAD("ARIA_128_GCM", "ARIA-128-GCM", "ARIA", 128, "gcm", CATEGORY_1),
    AEAD("ARIA_256_GCM", "ARIA-256-GCM", "ARIA", 256, "gcm", CATEGORY_5),
    AEAD("CAMELLIA_128_GCM", "CAMELLIA-128-GCM", "CAMELLIA", 128, "gcm", CATEGORY_1),
    AEAD("CAMELLIA_256_GCM", "CAMELLIA-256-GCM", "CAMELLIA", 256, "gcm", CATEGORY_5),
    AEAD("SM4_GCM", "SM4-GCM", "SM4", 128, "gcm", CATEGORY_1),
    AEAD("SM4_CCM", "SM4-CCM", "SM4", 128, "ccm", CATEGORY_1),
    AEAD("ASCONAEAD128", "Ascon-AEAD128", "Ascon", 128, "other", NOT_SAID),
    AEAD("AEGIS_128L", "AEGIS-128L", "", 128, "other", NOT_SAID),
    AEAD("AEGIS_256", "AEGIS-256", "", 256, "other", NOT_SAID),
    BLOCK("AES_128_CBC", "AES-128-CBC", "AES", "128", 128, CATEGORY_1),
    BLOCK("AES_256_CBC", "AES-256-CBC", "AES", "256", 256, CATEGORY_5),
    BLOCK("ARIA_128_CBC", "ARIA-128-CBC", "ARIA", "128", 128, CATEGORY_1),
    BLOCK("ARIA_256_CBC", "ARIA-256-CBC", "ARIA", "256", 256, CATEGORY_5),
    BLOCK("CAMELLIA_128_CBC", "CAMELLIA-128-CBC", "CAMELLIA", "128", 128, CATEGORY_1),
    BLOCK("CAMELLIA_256_CBC", "CAMELLIA-256-CBC", "CAMELLIA", "256", 256, CATEGORY_5),
    BLOCK("SEED_CBC", "SEED-128-CBC", "SEED", "128", 128, CATEGORY_1),
    BLOCK("SM4_CBC", "SM4-CBC", "SM4", "128", 128, CATEGORY_1),
    BLOCK("IDEA_CBC", "IDEA-CBC", "IDEA", "128", 126, NOT_SAID),
    BLOCK("3DES_EDE_CBC", "3DES-CBC", "3DES", "168", 112, NONE),
    BLOCK("DES_CBC", "DES-CBC", "DES", "56", 56, NONE),
    BLOCK("DES40_CBC DES_CBC_40", "DES-40-CBC", "DES", "40", 40, NONE),
    BLOCK("RC2_CBC", "RC2-128-CBC", "RC2", "128", 0, NONE),
    BLOCK("RC2_CBC_56", "RC2-56-CBC", "RC2", "56", 56, NONE),
    BLOCK("RC2_CBC_40", "RC2-40-CBC", "RC2", "40", 40, NONE),
    STREAM("RC4_128", "RC4-128", "RC4", "128", 0, NONE),
    STREAM("RC4_56", "RC4-56", "RC4", "56", 56, NONE),
    STREAM("RC4_40", "RC4-40", "RC4", "40", 40, NONE),
    STREAM("28147_CNT", "GOST28147-CNT", "GOST", "256", 0, NOT_SAID),
};

#define HASH(words, name, family, bits, strength, category)                                        \
    {                                                                                              \
        words, name, "hash", family, bits, "", "", "digest", strength, category                    \
    }
#define MAC(word, name, strength)                                                                  \
    {                                                                                              \
        word, name, "mac", "HMAC", "", "", "", "tag", strength, NOT_SAID                           \
    }

/* By the last word of a cipher suite with an AEAD, for the derivation of keys. */
static const struct row hashes[] = {
    HASH("SHA256", "SHA-256", "SHA-2", "256", 128, CATEGORY_2),
    HASH("SHA384", "SHA-384", "SHA-2", "384", 192, CATEGORY_4),
    HASH("SHA512", "SHA-512", "SHA-2", "512", 256, CATEGORY_5),
    HASH("SM3", "SM3", "SM3", "256", 128, CATEGORY_2),
    HASH("ASCONHASH256", "Ascon-Hash256", "Ascon", "256", 128, NOT_SAID),
};

/* By that of any other. */
static const struct row macs[] = {
    MAC("MD5", "HMAC-MD5", 0),          MAC("SHA SHA1", "HMAC-SHA-1", 128),
    MAC("SHA256", "HMAC-SHA-256", 256), MAC("SHA384", "HMAC-SHA-384", 256),
    MAC("SM3", "HMAC-SM3", 0),
};

/* By the first word of a cipher suite. */
static const struct row key_exchanges[] = {
    {"ECDHE", "ECDHE", "key-agree", "ECDH", "", "", "", "keygen keyderive", 0, NONE},
    {"ECDH", "ECDH", "key-agree", "ECDH", "", "", "", "keyderive", 0, NONE},
    {"DHE", "FFDHE", "key-agree", "FFDH", "", "", "", "keygen keyderive", 0, NONE},
    {"DH", "FFDH", "key-agree", "FFDH", "", "", "", "keyderive", 0, NONE},
    {"RSA", "RSAES-PKCS1-v1_5", "pke", "RSAES-PKCS1", "", "", "pkcs1v15", "encrypt decrypt", 0,
     NONE},
    {"SRP", "SRP", "key-agree", "SRP", "", "", "", "keyderive", 0, NONE},
    {"ECJPAKE", "EC-J-PAKE", "key-agree", "J-PAKE", "", "", "", "keyderive", 0, NONE},
};

#define FIELD(name, bits, strength)                                                                \
    {                                                                                              \
        name, name, "key-agree", "FFDH", bits, "", "", "keygen keyderive", strength, NONE          \
    }
#define KEM(word, name, parameters, strength, category)                                            \
    {                                                                                              \
        word, name, "kem", "ML-KEM", parameters, "", "", "keygen encapsulate decapsulate",         \
            strength, category                                                                     \
    }
#define HYBRID(name, first, second, category)                                                      \
    {                                                                                              \
        name, name, "combiner", "", "", "", "", "keygen encapsulate decapsulate", 0, category,     \
        {                                                                                          \
            first, second                                                                          \
        }                                                                                          \
    }

/* By IANA's name; elliptic curves are told by their names. */
static const struct row groups[] = {
    FIELD("ffdhe2048", "2048", 112),
    FIELD("ffdhe3072", "3072", 128),
    FIELD("ffdhe4096", "4096", 128),
    FIELD("ffdhe6144", "6144", 128),
    FIELD("ffdhe8192", "8192", 192),
    KEM("MLKEM512", "ML-KEM-512", "512", 128, CATEGORY_1),
    KEM("MLKEM768", "ML-KEM-768", "768", 192, CATEGORY_3),
    KEM("MLKEM1024", "ML-KEM-1024", "1024", 256, CATEGORY_5),
    HYBRID("X25519MLKEM768", "x25519", "MLKEM768", CATEGORY_3),
    HYBRID("SecP256r1MLKEM768", "secp256r1", "MLKEM768", CATEGORY_3),
    HYBRID("SecP384r1MLKEM1024", "secp384r1", "MLKEM1024", CATEGORY_5),
    HYBRID("curveSM2MLKEM768", "curveSM2", "MLKEM768", CATEGORY_3),
    /* Kyber is not ML-KEM, and no standard gives it a category. */
    HYBRID("X25519Kyber768Draft00", "x25519", NULL, NOT_SAID),
    HYBRID("X25519Kyber768Draft00Old", "x25519", NULL, NOT_SAID),
    HYBRID("X25519Kyber512Draft00", "x25519", NULL, NOT_SAID),
    HYBRID("SecP256r1Kyber768Draft00", "secp256r1", NULL, NOT_SAID),
    HYBRID("P256Kyber768Draft00", "secp256r1", NULL, NOT_SAID),
    HYBRID("CECPQ2", "x25519", NULL, NOT_SAID),
};

#define SIGNATURE(words, name, family, parameters, padding, strength, category)                    \
    {                                                                                              \
        words, name, "signature", family, parameters, "", padding, "sign verify", strength,        \
            category                                                                               \
    }
#define PKCS1(words, digest)                                                                       \
    SIGNATURE(words, "RSASSA-PKCS1-v1_5-" digest, "RSASSA-PKCS1", digest, "pkcs1v15", 0, NONE)
#define PSS(words, digest)                                                                         \
    SIGNATURE(words, "RSASSA-PSS-" digest, "RSASSA-PSS", digest, "other", 0, NONE)
#define ECDSA(words, digest) SIGNATURE(words, "ECDSA-" digest, "ECDSA", digest, "", 0, NONE)
#define DSA(words, digest) SIGNATURE(words, "DSA-" digest, "DSA", digest, "", 0, NONE)
#define LATTICE(words, set, strength, category)                                                    \
    SIGNATURE(words, "ML-DSA-" set, "ML-DSA", set, "", strength, category)
#define HASH_BASED(scheme, set, strength, category)                                                \
    SIGNATURE(scheme " SLH-DSA-" set, "SLH-DSA-" set, "SLH-DSA", set, "", strength, category)

/* By the names of TLS's schemes and of certificates' algorithms and keys. */
static const struct row signatures[] = {
    PKCS1("rsa_md5 md5WithRSAEncryption", "MD5"),
    PKCS1("rsa_pkcs1_sha1 sha1WithRSAEncryption", "SHA-1"),
    PKCS1("rsa_sha224 sha224WithRSAEncryption", "SHA-224"),
    PKCS1("rsa_pkcs1_sha256 rsa_pkcs1_sha256_legacy sha256WithRSAEncryption", "SHA-256"),
    PKCS1("rsa_pkcs1_sha384 rsa_pkcs1_sha384_legacy sha384WithRSAEncryption", "SHA-384"),
    PKCS1("rsa_pkcs1_sha512 rsa_pkcs1_sha512_legacy sha512WithRSAEncryption", "SHA-512"),
    PSS("rsa_pss_rsae_sha256 rsa_pss_pss_sha256", "SHA-256"),
    PSS("rsa_pss_rsae_sha384 rsa_pss_pss_sha384", "SHA-384"),
    PSS("rsa_pss_rsae_sha512 rsa_pss_pss_sha512", "SHA-512"),
    SIGNATURE("rsassaPss RSA-PSS", "RSASSA-PSS", "RSASSA-PSS", "", "other", 0, NONE),
    ECDSA("ecdsa_sha1 ecdsa-with-SHA1", "SHA-1"),
    ECDSA("ecdsa_sha224 ecdsa-with-SHA224", "SHA-224"),
    ECDSA("ecdsa_secp256r1_sha256 ecdsa_brainpoolP256r1tls13_sha256 ecdsa-with-SHA256", "SHA-256"),
    ECDSA("ecdsa_secp384r1_sha384 ecdsa_brainpoolP384r1tls13_sha384 ecdsa-with-SHA384", "SHA-384"),
    ECDSA("ecdsa_secp521r1_sha512 ecdsa_brainpoolP512r1tls13_sha512 ecdsa-with-SHA512", "SHA-512"),
    DSA("dsa_sha1 dsaWithSHA1", "SHA-1"),
    DSA("dsa_sha224 dsa_with_SHA224", "SHA-224"),
    DSA("dsa_sha256 dsa_with_SHA256", "SHA-256"),
    DSA("dsa_sha384 dsa_with_SHA384", "SHA-384"),
    DSA("dsa_sha512 dsa_with_SHA512", "SHA-512"),
    SIGNATURE("ed25519 ED25519 Ed25519", "Ed25519", "EdDSA", "25519", "", 128, NONE),
    SIGNATURE("ed448 ED448 Ed448", "Ed448", "EdDSA", "448", "", 224, NONE),
    SIGNATURE("sm2sig_sm3 SM2-SM3", "SM2-SM3", "SM2", "SM3", "", 128, NONE),
    LATTICE("mldsa44 ML-DSA-44", "44", 128, CATEGORY_2),
    LATTICE("mldsa65 ML-DSA-65", "65", 192, CATEGORY_3),
    LATTICE("mldsa87 ML-DSA-87", "87", 256, CATEGORY_5),
    HASH_BASED("slhdsa_sha2_128s", "SHA2-128s", 128, CATEGORY_1),
    HASH_BASED("slhdsa_sha2_128f", "SHA2-128f", 128, CATEGORY_1),
    HASH_BASED("slhdsa_sha2_192s", "SHA2-192s", 192, CATEGORY_3),
    HASH_BASED("slhdsa_sha2_192f", "SHA2-192f", 192, CATEGORY_3),
    HASH_BASED("slhdsa_sha2_256s", "SHA2-256s", 256, CATEGORY_5),
    HASH_BASED("slhdsa_sha2_256f", "SHA2-256f", 256, CATEGORY_5),
    HASH_BASED("slhdsa_shake_128s", "SHAKE-128s", 128, CATEGORY_1),
    HASH_BASED("slhdsa_shake_128f", "SHAKE-128f", 128, CATEGORY_1),
    HASH_BASED("slhdsa_shake_192s", "SHAKE-192s", 192, CATEGORY_3),
    HASH_BASED("slhdsa_shake_192f", "SHAKE-192f", 192, CATEGORY_3),
    HASH_BASED("slhdsa_shake_256s", "SHAKE-256s", 256, CATEGORY_5),
    HASH_BASED("slhdsa_shake_256f", "SHAKE-256f", 256, CATEGORY_5),
};

/* Whether `word` is one of the words of a list. */
static bool is_among(const char *words, struct ht_bytes word)
{
    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        if (ht_bytes_equal(ht_bytes(words, len), word)) {
            return true;
        }
        words += len + (words[len] == ' ');
    }
    return false;
}

static const struct row *find(const struct row *rows, size_t num, struct ht_bytes word)
{
    for (size_t i = 0; i < num; i++) {
        if (is_among(rows[i].known_as, word)) {
            return &rows[i];
        }
    }
    return NULL;
}

static void set_name(struct ht_cbom_algorithm *out, const char *prefix, const char *name)
{
    (void)snprintf(out->name, sizeof out->name, "%s%s", prefix, name);
}

/* What nothing is known of but its name. */
static void set_unknown(struct ht_cbom_algorithm *out, const char *name)
{
    *out = (struct ht_cbom_algorithm){.primitive  = "unknown",
                                      .family     = "",
                                      .parameters = "",
                                      .mode       = "",
                                      .padding    = "",
                                      .functions  = ""};
    set_name(out, "", name);
}

static bool fill(struct ht_cbom_algorithm *out, const struct row *row)
{
    if (row == NULL) {
        return false;
    }
    set_unknown(out, row->name);
    out->primitive  = row->primitive;
    out->family     = row->family;
    out->parameters = row->parameters;
    out->mode       = row->mode;
    out->padding    = row->padding;
    out->functions  = row->functions;
    out->parts[0]   = row->parts[0];
    out->parts[1]   = row->parts[1];
    out->classical  = row->classical;
    out->category   = row->category;
    return true;
}

/* Half the bits that the name of a curve says, its first number; 256 is the most that SP 800-57
 * tells apart. */
static unsigned strength_of_curve(const char *name)
{
    enum { MOST = 256 };
    unsigned bits = 0;
    for (name += strcspn(name, "0123456789"); *name >= '0' && *name <= '9'; name++) {
        bits = bits * 10 + (unsigned)(*name - '0');
    }
    return bits / 2 < MOST ? bits / 16 * 8 : MOST;
}

/* The curve as CycloneDX spells it, and its strength; false: no curve that it knows. */
static bool set_curve(struct ht_cbom_algorithm *out, const char *name)
{
    static const struct {
        const char *name, *spelling;
        unsigned strength;
    } others[]                    = {{"x25519", "other/Curve25519", 128},
                                     {"x448", "other/Curve448", 224},
                                     {"curveSM2", "oscaa/SM2", 128},
                                     {"SM2", "oscaa/SM2", 128}};
    static const char brainpool[] = "brainpoolP";
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        if (strcmp(name, others[i].name) == 0) {
            (void)snprintf(out->curve, sizeof out->curve, "%s", others[i].spelling);
            out->classical = others[i].strength;
            return true;
        }
    }
    const char *suffix = strstr(name, "tls13"); /* the same curve, under another code */
    int len            = (int)(suffix != NULL ? (size_t)(suffix - name) : strlen(name));
    bool secg          = strncmp(name, "secp", 4) == 0 || strncmp(name, "sect", 4) == 0;
    if (!secg && strncmp(name, brainpool, sizeof brainpool - 1) != 0) {
        return false;
    }
    (void)snprintf(out->curve, sizeof out->curve, "%s/%.*s", secg ? "secg" : "brainpool", len,
                   name);
    out->classical = strength_of_curve(name);
    return true;
}

/* Where the first word of a suite's name is a key exchange it ends at "_"; TLS 1.3's have none. */
static const struct row *suite_key_exchange(const char **rest)
{
    const char *with = strstr(*rest, "_WITH_");
    bool prefixed    = strncmp(*rest, "TLS_", 4) == 0 || strncmp(*rest, "SSL_", 4) == 0;
    const char *name = *rest + (prefixed ? 4 : 0);
    size_t len       = strcspn(name, "_");
    *rest            = with != NULL ? with + 6 : name;
    if (with == NULL && prefixed) {
        return NULL;
    }
    *rest = with != NULL || name[len] == '\0' ? *rest : name + len + 1;
    return find(key_exchanges, HT_ARRAY_LEN(key_exchanges), ht_bytes(name, len));
}

/* The longest head of `rest`, cut at "_", that is a cipher; `rest` is what follows. */
static const struct row *suite_cipher(const char **rest)
{
    const char *name = *rest;
    for (size_t len = strlen(name); len > 0; len--) {
        bool whole = name[len] == '\0' || name[len] == '_';
        const struct row *found =
            whole ? find(ciphers, HT_ARRAY_LEN(ciphers), ht_bytes(name, len)) : NULL;
        if (found != NULL) {
            *rest = name + len + (name[len] == '_');
            return found;
        }
    }
    return NULL;
}

size_t ht_cbom_suite(const char *name, struct ht_cbom_algorithm out[HT_CBOM_SUITE_MAX])
{
    const char *rest         = name;
    size_t num               = fill(&out[0], suite_key_exchange(&rest));
    const struct row *cipher = suite_cipher(&rest);
    bool aead                = cipher != NULL && strcmp(cipher->primitive, "ae") == 0;
    struct ht_bytes digest   = ht_bytes(rest, strcspn(rest, "_"));
    const struct row *integrity =
        aead ? find(hashes, HT_ARRAY_LEN(hashes), digest) : find(macs, HT_ARRAY_LEN(macs), digest);
    if (cipher == NULL && strncmp(rest, "NULL_", 5) == 0) {
        integrity = find(macs, HT_ARRAY_LEN(macs), ht_bytes(rest + 5, strcspn(rest + 5, "_")));
    }
    num += fill(&out[num], cipher);
    num += fill(&out[num], integrity);
    return num;
}

bool ht_cbom_group(const char *name, struct ht_cbom_algorithm *out)
{
    set_unknown(out, name);
    if (fill(out, find(groups, HT_ARRAY_LEN(groups), ht_text(name)))) {
        return true;
    }
    if (!set_curve(out, name)) {
        return false;
    }
    set_name(out, "ECDHE-", name);
    out->primitive = "key-agree";
    out->family    = "ECDH";
    out->functions = "keygen keyderive";
    out->category  = NONE;
    return true;
}

bool ht_cbom_signature(const char *name, struct ht_cbom_algorithm *out)
{
    set_unknown(out, name);
    out->primitive = "signature";
    return fill(out, find(signatures, HT_ARRAY_LEN(signatures), ht_text(name)));
}

/* SP 800-57 part 1, table 2: of RSA, DSA and Diffie-Hellman over finite fields. */
static unsigned strength_of_modulus(unsigned bits)
{
    static const struct {
        unsigned bits, strength;
    } steps[] = {{15360, 256}, {7680, 192}, {3072, 128}, {2048, 112}, {1024, 80}};
    for (size_t i = 0; i < HT_ARRAY_LEN(steps); i++) {
        if (bits >= steps[i].bits) {
            return steps[i].strength;
        }
    }
    return 0;
}

bool ht_cbom_key(const char *type, unsigned bits, const char *curve, struct ht_cbom_algorithm *out)
{
    bool known = ht_cbom_signature(type, out);
    if (!known && strcmp(type, "EC") == 0) {
        set_name(out, "ECDSA-", curve);
        out->family   = "ECDSA";
        out->category = NONE;
        known         = set_curve(out, curve);
    } else if (strncmp(type, "RSA", 3) == 0 || strcmp(type, "DSA") == 0) {
        (void)snprintf(out->name, sizeof out->name, "%s-%u", type, bits);
        out->bits      = bits;
        out->classical = strength_of_modulus(bits);
        out->category  = NONE;
        known          = true;
    }
    return known;
}
