/* Rules about: signature, of handshakes. */
#include "analysis/audit/lists.h"

#include <inttypes.h>

/* What SignatureScheme's high byte was in TLS 1.2 (RFC 5246 section 7.4.1.4.1), and its values. */
enum { MD5 = 1, SHA1 = 2, RSA_PKCS1_SHA256 = 0x0401, RSA_PKCS1_SHA384 = 0x0501 };
enum { RSA_PKCS1_SHA512 = 0x0601 };

static const char *scheme_name(char room[HT_SPELLED_MAX], uint16_t scheme)
{
    return ht_registry_spell(room, &tls_signature_schemes, scheme);
}

static bool is_signed(const struct audit_case *c)
{
    return c->key_exchange == NULL || c->key_exchange->signature_bytes > 0;
}

static bool names_scheme(const struct audit_case *c)
{
    return is_signed(c) && audit_signature_scheme(c).set;
}

static bool say_scheme(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    uint16_t scheme = audit_signature_scheme(c).id;
    return ht_proof_say(out, audit_signed_frame(c), 0, "%s is signed by 0x%04x (%s)",
                        audit_signed_message(c), scheme, scheme_name(room, scheme));
}

/* Before TLS 1.2 the digest is not said: it is SHA-1, for RSA with MD5 beside it. */
static bool signed_by_sha1(const struct audit_case *c, struct ht_proof *out)
{
    if (audit_signature_scheme(c).set) {
        return audit_signature_scheme(c).id >> 8 == SHA1 && say_scheme(c, out);
    }
    return c->version != 0 && c->version < TLS_12 &&
           ht_proof_say(out, audit_signed_frame(c), 0,
                        "ServerKeyExchange is signed as before TLS 1.2: by SHA-1");
}

static bool signed_by_md5(const struct audit_case *c, struct ht_proof *out)
{
    return audit_signature_scheme(c).id >> 8 == MD5 && say_scheme(c, out);
}

static bool has_signature_algorithms(const struct audit_case *c)
{
    return c->offer->signature_schemes.len > 0;
}

static bool client_offers_sha1(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    struct ht_bytes schemes = c->offer->signature_schemes;
    for (size_t i = 0; i < schemes.len / 2; i++) {
        uint16_t scheme = ht_be16(schemes, i);
        if (scheme >> 8 == SHA1 || scheme >> 8 == MD5) {
            return ht_proof_say(out, c->offer->frame, 0, "signature_algorithms has 0x%04x (%s)",
                                scheme, scheme_name(room, scheme));
        }
    }
    return false;
}

static bool is_of_tls12(const struct audit_case *c)
{
    return audit_highest_offered(c->offer) == TLS_12;
}

static bool algorithms_missing(const struct audit_case *c, struct ht_proof *out)
{
    return !audit_offers_extension(c, EXTENSION_SIGNATURE_ALGORITHMS) &&
           ht_proof_say(out, c->offer->frame, 0,
                        "ClientHello offers TLS 1.2 without signature_algorithms (13)");
}

static bool signature_invalid(const struct audit_case *c, struct ht_proof *out)
{
    return c->key_exchange_entry->verified == ht_event_verified(HT_EVENT_REFUTED) &&
           ht_proof_say(out, c->key_exchange_entry->frame, c->certificate_frame,
                        "the signature of ServerKeyExchange is not by the key of the certificate, "
                        "over the randoms and the parameters");
}

static const struct ht_timeline_entry *wrong_verify(const struct audit_case *c)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    for (; entry < end; entry++) {
        if (entry->type == &tls_certificate_verify_event && entry->absent == NULL &&
            entry->verified == ht_event_verified(HT_EVENT_REFUTED)) {
            return entry;
        }
    }
    return NULL;
}

static bool verify_invalid(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    const struct ht_timeline_entry *entry       = wrong_verify(c);
    const struct tls_certificate_verify *verify = entry != NULL ? entry->object : NULL;
    bool named                                  = verify != NULL && verify->signature_scheme.set;
    return entry != NULL &&
           ht_proof_say(out, entry->frame, 0,
                        "the signature in the %s's CertificateVerify of frame %" PRIu64
                        "%s%s is not by the key of its certificate, over what was said before",
                        entry->from, entry->frame, named ? ", by " : "",
                        named ? scheme_name(room, verify->signature_scheme.id) : "");
}

static bool rsa_pkcs1(const struct audit_case *c, struct ht_proof *out)
{
    uint16_t scheme = audit_signature_scheme(c).id;
    return (scheme == RSA_PKCS1_SHA256 || scheme == RSA_PKCS1_SHA384 ||
            scheme == RSA_PKCS1_SHA512) &&
           say_scheme(c, out);
}

/* Schemes that a quantum computer does not break: ML-DSA and SLH-DSA, alone or in hybrids. */
static bool not_post_quantum(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    const char *name = scheme_name(room, audit_signature_scheme(c).id);
    return strstr(name, "mldsa") == NULL && strstr(name, "slhdsa") == NULL && say_scheme(c, out);
}

static const struct audit_rule rules[] = {
    {{"ske-signature-sha1",
      "medium",
      "signature",
      "The handshake is signed with SHA-1",
      "Prefer SHA-256 and better.",
      "SLOTH, collisions of SHA-1",
      {"RFC 9155", "RFC 9325 section 4.5", "NIST SP 800-131A r2"},
      .scope = "server"},
     AUDIT_SIGNED | AUDIT_ANSWER,
     is_signed,
     signed_by_sha1},
    {{"ske-signature-md5",
      "high",
      "signature",
      "The handshake is signed with MD5",
      "Turn signatures with MD5 off.",
      "SLOTH (CVE-2015-7575)",
      {"RFC 9155"},
      .scope = "server"},
     AUDIT_SIGNED,
     names_scheme,
     signed_by_md5},
    {{"client-offers-sha1-signature",
      "low",
      "signature",
      "The client takes signatures with SHA-1 or MD5",
      "Remove them; keep them in signature_algorithms_cert at most.",
      NULL,
      {"RFC 9155 section 2"},
      .scope = "client"},
     AUDIT_OFFER,
     has_signature_algorithms,
     client_offers_sha1},
    {{"sigalgs-missing-tls12",
      "medium",
      "signature",
      "The client does not say which signatures it takes",
      "Upgrade the client: without signature_algorithms SHA-1 is meant.",
      NULL,
      {"RFC 9155 section 2", "RFC 5246 section 7.4.1.4.1"},
      .scope = "client"},
     AUDIT_OFFER,
     is_of_tls12,
     algorithms_missing},
    {{"ske-signature-invalid",
      "critical",
      "signature",
      "The signature of the key exchange is wrong",
      "Look for who is in the middle, for faulty memory or hardware (which may betray an RSA key).",
      "Machine in the middle, faults in RSA-CRT (CVE-2015-5738)",
      {"RFC 5246 section 7.4.3", "RFC 8422 section 5.4"},
      .scope = "server"},
     AUDIT_KEY_EXCHANGE | AUDIT_SIGNATURES,
     NULL,
     signature_invalid},
    {{"certificate-verify-invalid",
      "critical",
      "signature",
      "The signature of CertificateVerify is wrong",
      "First rule out a capture with holes. Else look for who is in the middle.",
      "Machine in the middle",
      {"RFC 9846 section 4.5.2", "RFC 5246 section 7.4.8"}},
     AUDIT_VERIFIED,
     NULL,
     verify_invalid,
     .each = true},
    {{"signature-rsa-pkcs1",
      "info",
      "signature",
      "The handshake is signed by RSA with PKCS #1 v1.5",
      "Prefer RSA-PSS or ECDSA.",
      NULL,
      {"BSI TR-02102-2", "RFC 9846"},
      .scope = "server"},
     AUDIT_SIGNED,
     names_scheme,
     rsa_pkcs1},
    {{"auth-not-pq",
      "info",
      "signature",
      "The server is authenticated by what a quantum computer breaks",
      "Plan to move to ML-DSA; less urgent than the key exchange.",
      "Forgery by quantum computers to come",
      {"NIST IR 8547", "CNSA 2.0", "BSI TR-02102-1"},
      .scope = "server"},
     AUDIT_SIGNED,
     names_scheme,
     not_post_quantum},
};

const struct audit_table audit_signature_rules = {
    .rules = rules, .num = HT_ARRAY_LEN(rules), .kind = AUDIT_BY_SESSION};
