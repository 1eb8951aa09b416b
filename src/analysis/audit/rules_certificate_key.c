/* Rules about certificates: their keys, their signatures, and what they may be used for. */
#include "analysis/audit/certificates.h"
#include "analysis/audit/suite.h"
#include "tls/tls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROPER_RSA_BITS = 2048, BROKEN_RSA_BITS = 1024, PROPER_EC_BITS = 224, KIB = 1024 };

static bool is_type(const struct ht_certificate *certificate, const char *type)
{
    return certificate->key != NULL && ht_bytes_equal(certificate->key->type, ht_text(type));
}

static bool is_rsa(const struct ht_certificate *certificate)
{
    return is_type(certificate, "RSA") || is_type(certificate, "RSA-PSS");
}

/* "certificate 1, CN=…: " is what all evidence of an issuer begins with. */
static const char *which(char room[AUDIT_NAME_MAX + 32], const struct audit_case *c, size_t i)
{
    char name[AUDIT_NAME_MAX];
    (void)snprintf(room, AUDIT_NAME_MAX + 32, "certificate %zu of %zu, %s", i + 1, c->facts->num,
                   audit_name(name, c->facts->certificates[i].subject));
    return room;
}

/* Roots are trusted for themselves: what matters is only what others rely on. */
static bool counts(const struct audit_case *c, size_t i)
{
    const struct ht_certificate *certificate = &c->facts->certificates[i];
    return !certificate->malformed && (i == 0 || !certificate->self_signed);
}

static bool rsa_weak(const struct audit_case *c, struct ht_proof *out)
{
    char room[AUDIT_NAME_MAX + 32];
    for (size_t i = 0; i < c->facts->num; i++) {
        const struct ht_certificate *certificate = &c->facts->certificates[i];
        uint64_t bits = certificate->key != NULL ? certificate->key->bits : 0;
        if (is_rsa(certificate) && counts(c, i) && bits != 0 && bits < PROPER_RSA_BITS) {
            out->severity = bits < BROKEN_RSA_BITS ? "critical" : NULL;
            return ht_proof_say(out, c->certificate_frame, 0, "%s: modulus of %" PRIu64 " bits",
                                which(room, c, i), bits);
        }
    }
    return false;
}

static bool has_rsa_leaf(const struct audit_case *c)
{
    return audit_is_decoded(c) && is_rsa(audit_leaf(c)) && c->facts->rsa_exponent != 0;
}

static bool rsa_exponent(const struct audit_case *c, struct ht_proof *out)
{
    enum { FERMAT_4 = 65537 };
    uint64_t e    = c->facts->rsa_exponent;
    bool no_key   = e % 2 == 0 || e < 3;
    out->severity = no_key ? "critical" : "medium";
    return e != UINT64_MAX && (no_key || e < FERMAT_4) &&
           ht_proof_say(out, c->certificate_frame, 0, "the leaf's public exponent is %" PRIu64, e);
}

static bool has_ec_leaf(const struct audit_case *c)
{
    return audit_is_decoded(c) && is_type(audit_leaf(c), "EC");
}

static bool ec_weak(const struct audit_case *c, struct ht_proof *out)
{
    static const char *const usual[] = {
        "secp256r1",       "secp384r1",       "secp521r1", "brainpoolP256r1",
        "brainpoolP384r1", "brainpoolP512r1", "curveSM2",  "SM2"};
    char room[AUDIT_NAME_MAX];
    const struct ht_public_key *key = audit_leaf(c)->key;
    for (size_t i = 0; i < HT_ARRAY_LEN(usual); i++) {
        if (ht_bytes_equal(key->curve, ht_text(usual[i]))) {
            return false;
        }
    }
    bool is_explicit = ht_bytes_equal(key->curve, ht_text("explicit"));
    out->severity    = is_explicit || key->bits < PROPER_EC_BITS ? NULL : "low";
    return key->bits != 0 &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "the leaf's key is on the curve %s, of %" PRIu64 " bits%s",
                        audit_name(room, key->curve), key->bits,
                        is_explicit ? ", whose parameters are given" : "");
}

static bool dsa_key(const struct audit_case *c, struct ht_proof *out)
{
    return is_type(audit_leaf(c), "DSA") &&
           ht_proof_say(out, c->certificate_frame, 0, "the leaf has a DSA key of %" PRIu64 " bits",
                        audit_leaf(c)->key->bits);
}

static bool roca(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    out->basis = "derived";
    return c->facts->roca && ht_proof_say(out, c->certificate_frame, 0,
                                          "%s: by small primes the modulus is a power of 65537",
                                          audit_name(name, audit_leaf(c)->subject));
}

static bool close_primes(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    out->basis = "derived";
    return c->facts->close_primes &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "%s: 100 rounds of Fermat's method factor the modulus",
                        audit_name(name, audit_leaf(c)->subject));
}

/* By name, or by number where libcrypto knows no name: ML-DSA (RFC 9881), SLH-DSA (RFC 9909). */
static bool is_post_quantum(struct ht_bytes algorithm)
{
    enum { FIRST = 17, LAST = 31 };
    static const char arc[] = "2.16.840.1.101.3.4.3.";
    char room[AUDIT_NAME_MAX];
    if (ht_contains_alike(algorithm, "ml-dsa") || ht_contains_alike(algorithm, "slh-dsa")) {
        return true;
    }
    const char *text = audit_name(room, algorithm);
    long last =
        strncmp(text, arc, sizeof arc - 1) == 0 ? strtol(text + sizeof arc - 1, NULL, 10) : 0;
    return last >= FIRST && last <= LAST;
}

static bool pq(const struct audit_case *c, struct ht_proof *out)
{
    char key[AUDIT_NAME_MAX], signature[AUDIT_NAME_MAX];
    const struct ht_certificate *leaf = audit_leaf(c);
    struct ht_bytes type = leaf->key != NULL ? leaf->key->type : leaf->signature_algorithm;
    return (is_post_quantum(type) || is_post_quantum(leaf->signature_algorithm)) &&
           ht_proof_say(out, c->certificate_frame, 0, "key %s, signed by %s", audit_name(key, type),
                        audit_name(signature, leaf->signature_algorithm));
}

/* The first certificate that counts and whose signature algorithm has the word in it. */
static bool is_signed_by(const struct audit_case *c, struct ht_proof *out, const char *word)
{
    char room[AUDIT_NAME_MAX + 32], algorithm[AUDIT_NAME_MAX];
    for (size_t i = 0; i < c->facts->num; i++) {
        struct ht_bytes signature = c->facts->certificates[i].signature_algorithm;
        if (counts(c, i) && ht_contains_alike(signature, word)) {
            return ht_proof_say(out, c->certificate_frame, 0, "%s: signed by %s", which(room, c, i),
                                audit_name(algorithm, signature));
        }
    }
    return false;
}

static bool signed_by_md5(const struct audit_case *c, struct ht_proof *out)
{
    return is_signed_by(c, out, "md5") || is_signed_by(c, out, "md2") ||
           is_signed_by(c, out, "md4");
}

static bool signed_by_sha1(const struct audit_case *c, struct ht_proof *out)
{
    return is_signed_by(c, out, "sha1");
}

static bool algorithms_differ(const struct audit_case *c, struct ht_proof *out)
{
    return c->facts->signature_mismatch &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "the leaf's signatureAlgorithm is not that in its signed part");
}

static bool is_ca(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    const struct ht_certificate *leaf = audit_leaf(c);
    /* openssl req -x509 makes such ones unless told otherwise */
    out->severity = leaf->self_signed ? "low" : NULL;
    return (c->facts->leaf_is_ca || audit_has_word(leaf->key_usage, "keyCertSign")) &&
           ht_proof_say(out, c->certificate_frame, 0, "leaf %s: %s%s",
                        audit_name(name, leaf->subject),
                        leaf->is_ca ? "basicConstraints has CA:TRUE" : "keyUsage has keyCertSign",
                        leaf->self_signed ? "; it is signed by its own key" : "");
}

static bool is_restricted(const struct audit_case *c)
{
    return audit_is_decoded(c) && audit_leaf(c)->extended_key_usage.len > 0;
}

static bool eku_wrong(const struct audit_case *c, struct ht_proof *out)
{
    char first[AUDIT_NAME_MAX];
    struct ht_texts usages = audit_leaf(c)->extended_key_usage;
    return !audit_has_word(usages, "serverAuth") &&
           !audit_has_word(usages, "anyExtendedKeyUsage") &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "extendedKeyUsage is %s%s, without serverAuth",
                        audit_name(first, usages.items[0]), usages.len > 1 ? " and others" : "");
}

static bool eku_client(const struct audit_case *c, struct ht_proof *out)
{
    struct ht_texts usages = audit_leaf(c)->extended_key_usage;
    return audit_has_word(usages, "serverAuth") && audit_has_word(usages, "clientAuth") &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "extendedKeyUsage has serverAuth and clientAuth");
}

static bool public_and_restricted(const struct audit_case *c)
{
    return audit_has_public_anchor(c) && is_restricted(c);
}

/* What the key exchange has the leaf's key do (RFC 5246 section 7.4.2, RFC 8446 section 4.4.2.2);
 * NULL: not known. */
static const char *needed_usage(const struct audit_case *c)
{
    const char *exchange = c->tls->key_exchange;
    if (exchange == NULL || strstr(exchange, "PSK") != NULL || strstr(exchange, "anon") != NULL) {
        return NULL;
    }
    if (strncmp(exchange, "ECDHE", 5) == 0 || strncmp(exchange, "DHE", 3) == 0) {
        return "digitalSignature";
    }
    if (strcmp(exchange, "ECDH") == 0 || strcmp(exchange, "DH") == 0) {
        return "keyAgreement";
    }
    return strcmp(exchange, "RSA") == 0 ? "keyEncipherment" : NULL;
}

static bool has_key_usage(const struct audit_case *c)
{
    return audit_is_decoded(c) && audit_leaf(c)->key_usage.len > 0 && needed_usage(c) != NULL;
}

static bool key_usage_mismatch(const struct audit_case *c, struct ht_proof *out)
{
    char first[AUDIT_NAME_MAX];
    struct ht_texts usages = audit_leaf(c)->key_usage;
    const char *needed     = needed_usage(c);
    return !audit_has_word(usages, needed) &&
           ht_proof_say(out, c->answer->frame, c->certificate_frame,
                        "keyUsage has %s%s; the key exchange, %s, needs %s",
                        audit_name(first, usages.items[0]), usages.len > 1 ? " and others" : "",
                        c->tls->key_exchange, needed);
}

/* Of static ECDH and DH what the suite names is how the certificate is signed. */
static bool has_suite_with_authentication(const struct audit_case *c)
{
    return audit_is_decoded(c) && c->suite != NULL && c->version < TLS_13 &&
           audit_leaf(c)->key != NULL && strcmp(c->suite->key_exchange, "ECDH") != 0 &&
           strcmp(c->suite->key_exchange, "DH") != 0;
}

static bool type_mismatch(const struct audit_case *c, struct ht_proof *out)
{
    char type[AUDIT_NAME_MAX];
    const struct ht_certificate *leaf = audit_leaf(c);
    const char *wanted                = c->suite->authentication;
    bool elliptic = is_type(leaf, "EC") || is_type(leaf, "Ed25519") || is_type(leaf, "Ed448");
    bool wrong    = (strcmp(wanted, "RSA") == 0 && (elliptic || is_type(leaf, "DSA"))) ||
                 (strcmp(wanted, "ECDSA") == 0 && (is_rsa(leaf) || is_type(leaf, "DSA"))) ||
                 (strcmp(wanted, "DSS") == 0 && (is_rsa(leaf) || elliptic));
    return wrong && ht_proof_say(out, c->answer->frame, c->certificate_frame,
                                 "%s needs a key of %s, the leaf has one of %s", c->suite->name,
                                 wanted, audit_name(type, leaf->key->type));
}

/* The content of the DER INTEGER (RFC 5280 section 4.1.2.2). */
static bool serial_weak(const struct audit_case *c, struct ht_proof *out)
{
    enum { SIGN = 0x80, LONGEST = 20, RANDOM_BYTES = 8 };
    struct ht_bytes serial = audit_leaf(c)->serial;
    bool negative          = serial.len > 0 && (serial.ptr[0] & SIGN) != 0;
    while (serial.len > 0 && serial.ptr[0] == 0) {
        serial = ht_bytes_from(serial, 1);
    }
    bool guessable = c->facts->public_anchor && serial.len < RANDOM_BYTES;
    if (serial.len == 0) {
        return ht_proof_say(out, c->certificate_frame, 0, "the leaf's serial number is zero");
    }
    return (negative || serial.len > LONGEST || guessable) &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "the leaf's serial number is %s, of %zu byte%s",
                        negative    ? "negative"
                        : guessable ? "short"
                                    : "long",
                        serial.len, serial.len == 1 ? "" : "s");
}

static bool version_old(const struct audit_case *c, struct ht_proof *out)
{
    enum { V3 = 3 };
    return audit_leaf(c)->version != V3 &&
           ht_proof_say(out, c->certificate_frame, 0, "the leaf is of X.509 version %" PRIu64,
                        audit_leaf(c)->version);
}

/* CVE-2009-2408: some take the name up to there, others the whole. */
static bool has_nul(const struct audit_case *c, struct ht_bytes name, struct ht_proof *out)
{
    char room[AUDIT_NAME_MAX];
    const uint8_t *nul = name.len > 0 ? memchr(name.ptr, 0, name.len) : NULL;
    return nul != NULL &&
           ht_proof_say(out, c->certificate_frame, 0, "byte %zu of the leaf's name %s is NUL",
                        (size_t)(nul - name.ptr) + 1, audit_name(room, name));
}

static bool der_malformed(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_subject_alternative_names *names = audit_leaf(c)->san;
    bool nul                                         = has_nul(c, c->facts->common_name, out);
    for (size_t i = 0; names != NULL && i < names->dns.len && !nul; i++) {
        nul = has_nul(c, names->dns.items[i], out);
    }
    if (nul) {
        out->severity = "high";
        return true;
    }
    for (size_t i = 0; i < c->facts->num; i++) {
        struct ht_bytes fault = c->facts->certificates[i].fault;
        if (fault.len > 0) {
            return ht_proof_say(out, c->certificate_frame, 0, "certificate %zu of %zu: %.*s", i + 1,
                                c->facts->num, (int)fault.len, (const char *)fault.ptr);
        }
    }
    return false;
}

/* What programs put into certificates that nobody meant to use. */
static bool default_or_test(const struct audit_case *c, struct ht_proof *out)
{
    static const char *const marks[] = {"internet widgits pty ltd",
                                        "default company ltd",
                                        "o=someorganization",
                                        "snake oil",
                                        "o=acme co",
                                        "traefik default cert",
                                        "kubernetes ingress controller fake certificate",
                                        "cn=localhost.localdomain",
                                        "o=default organization"};
    char name[AUDIT_NAME_MAX];
    const struct ht_certificate *leaf = audit_leaf(c);
    bool found                        = ht_bytes_equal(c->facts->common_name, ht_text("localhost"));
    for (size_t i = 0; i < HT_ARRAY_LEN(marks) && !found; i++) {
        found =
            ht_contains_alike(leaf->subject, marks[i]) || ht_contains_alike(leaf->issuer, marks[i]);
    }
    out->basis = "inferred";
    return found && ht_proof_say(out, c->certificate_frame, 0, "its subject is %s",
                                 audit_name(name, leaf->subject));
}

static bool oversized(const struct audit_case *c, struct ht_proof *out)
{
    enum { LARGE = 8 * KIB, HUGE = 64 * KIB };
    uint64_t bytes = 0;
    for (size_t i = 0; i < c->facts->num; i++) {
        bytes += c->facts->certificates[i].bytes;
    }
    out->severity = bytes > HUGE ? "medium" : NULL;
    return bytes > LARGE &&
           ht_proof_say(out, c->certificate_frame, 0, "%zu certificates of %" PRIu64 " bytes",
                        c->facts->num, bytes);
}

static const struct audit_rule rules[] = {
    {{"cert-rsa-weak",
      "high",
      "certificate",
      "An RSA key of less than 2048 bits",
      "Have a certificate issued for a new key: RSA of 3072 bits, or ECDSA on P-256.",
      "Factoring",
      {"RFC 9325 section 4.5", "NIST SP 800-131A r2", "CA/B BR section 6.1.5", "BSI TR-02102"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     NULL,
     rsa_weak},
    {{"cert-rsa-exponent",
      "high",
      "certificate",
      "An RSA key with an unsafe public exponent",
      "Make a key with the public exponent 65537.",
      "Forgery with small exponents (CVE-2006-4339)",
      {"FIPS 186-5", "CA/B BR section 6.1.6"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     has_rsa_leaf,
     rsa_exponent},
    {{"cert-ec-weak",
      "high",
      "certificate",
      "A key on a weak or unusual curve",
      "Make a key on P-256.",
      "CVE-2020-0601",
      {"RFC 9325 section 4.5", "CA/B BR section 6.1.5"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     has_ec_leaf,
     ec_weak},
    {{"cert-dsa-key",
      "medium",
      "certificate",
      "A DSA key",
      "Have a certificate issued for a new key: RSA of 3072 bits, or ECDSA on P-256.",
      NULL,
      {"FIPS 186-5"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     dsa_key},
    {{"cert-roca",
      "critical",
      "certificate",
      "An RSA key with the fingerprint of ROCA",
      "Replace the key, and the chip or library that made it.",
      "ROCA (CVE-2017-15361)",
      {"CVE-2017-15361"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     roca},
    {{"cert-close-primes",
      "critical",
      "certificate",
      "An RSA key whose primes are close to each other",
      "Replace the key, and the program that made it.",
      "Factoring by Fermat (CVE-2022-26320)",
      {"CVE-2022-26320", "CA/B BR section 6.1.1.3"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     close_primes},
    {{"cert-pq",
      "info",
      "certificate",
      "A post-quantum certificate",
      "None is needed.",
      NULL,
      {"RFC 9881", "RFC 9909"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     pq},
    {{"cert-sig-md5",
      "critical",
      "certificate",
      "A certificate signed with MD5, or older",
      "Have it issued anew, signed with SHA-256 or better.",
      "Forged authorities (CVE-2004-2761)",
      {"RFC 6151", "RFC 9325 section 4.5"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     NULL,
     signed_by_md5},
    {{"cert-sig-sha1",
      "high",
      "certificate",
      "A certificate signed with SHA-1",
      "Have it issued anew, signed with SHA-256 or better.",
      "SHAttered",
      {"RFC 9155", "CA/B BR section 7.1.3.2.1", "NIST SP 800-131A r2"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     NULL,
     signed_by_sha1},
    {{"cert-sig-mismatch",
      "high",
      "certificate",
      "The certificate contradicts itself about its signature",
      "Have it issued anew; find out whether it is forged.",
      NULL,
      {"RFC 5280 section 4.1.1.2"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     algorithms_differ},
    {{"cert-is-ca",
      "high",
      "certificate",
      "A CA's certificate is used as a server's",
      "Use a certificate for the server alone.",
      NULL,
      {"RFC 5280 section 4.2.1.9"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     is_ca},
    {{"cert-eku-wrong",
      "high",
      "certificate",
      "The certificate is not for servers",
      "Have it issued anew, for serverAuth.",
      NULL,
      {"RFC 5280 section 4.2.1.12"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     is_restricted,
     eku_wrong},
    {{"cert-eku-clientauth",
      "info",
      "certificate",
      "A public server certificate is for clients too",
      "Use another certificate where the server is a client: public ones will not be for that any "
      "more.",
      NULL,
      {"Chrome Root Program Policy"},
      .scope = "server"},
     AUDIT_CERTIFICATE | AUDIT_TRUST,
     public_and_restricted,
     eku_client},
    {{"cert-key-usage-mismatch",
      "medium",
      "certificate",
      "The key is used for what its certificate does not allow",
      "Have it issued anew with the right keyUsage, or change the suites.",
      NULL,
      {"RFC 5280 section 4.2.1.3", "RFC 5246 section 7.4.2"},
      .scope = "server"},
     AUDIT_ANSWER | AUDIT_CERTIFICATE,
     has_key_usage,
     key_usage_mismatch},
    {{"cert-type-cipher-mismatch",
      "high",
      "certificate",
      "The key is not of the kind that the suite asks for",
      "Repair or replace the server.",
      NULL,
      {"RFC 5246 section 7.4.2"},
      .scope = "server"},
     AUDIT_ANSWER | AUDIT_CERTIFICATE,
     has_suite_with_authentication,
     type_mismatch},
    {{"cert-serial-weak",
      "low",
      "certificate",
      "The serial number is not as it should be",
      "Have it issued anew, by an authority that takes 64 random bits.",
      "Forgery by collisions of hashes",
      {"RFC 5280 section 4.1.2.2", "CA/B BR section 7.1"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     serial_weak},
    {{"cert-version-not-3",
      "medium",
      "certificate",
      "The certificate is of an old version of X.509",
      "Have it issued anew.",
      NULL,
      {"RFC 5280 section 4.1.2.1"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     version_old},
    {{"cert-der-malformed",
      "medium",
      "certificate",
      "A certificate is malformed",
      "Have it issued anew; a NUL in a name is an attack.",
      "NUL prefix (CVE-2009-2408)",
      {"RFC 5280 section 4.2", "ITU-T X.690"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     NULL,
     der_malformed},
    {{"cert-default-or-test",
      "medium",
      "certificate",
      "A program's default, or a test's, certificate",
      "Replace the certificate and its key, which others may have too.",
      "Keys that others have too",
      {"PCI DSS 4.0 2.2.2", "CWE-321"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     default_or_test},
    {{"cert-chain-oversized",
      "low",
      "certificate",
      "The chain is large",
      "Leave out what nobody needs; use ECDSA, or certificate compression.",
      NULL,
      {"RFC 6928", "RFC 8879"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     NULL,
     oversized},
};

const struct audit_table audit_certificate_key_rules = {
    .rules = rules, .num = HT_ARRAY_LEN(rules), .kind = AUDIT_BY_CHAIN};
