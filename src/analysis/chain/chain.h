/*
 * Chains of certificates judged, by libcrypto: does the chain lead to a trust anchor, as it was
 * sent and with intermediates that were seen elsewhere; is the leaf for the server that was asked
 * for; what is wrong with its certificates (RFC 5280, RFC 9525). A verdict is kept by chain
 * and the span of time in which it holds, so that what repeats costs a look-up.
 */
#ifndef HT_ANALYSIS_CHAIN_CHAIN_H
#define HT_ANALYSIS_CHAIN_CHAIN_H

#include "analysis/analyzer.h"
#include "analysis/certificate/certificate.h"

/* Trust anchors. Read only once made; shared by engines. */
struct ht_trust;

/* ht_trust_open reads the certificates in `path`, a PEM file or a directory of them; NULL: the
 * system's store. That it is the system's says that an anchor is one of the public web. NULL with a
 * message where nothing could be read. What costs time is done when the first chain is judged. */
struct ht_trust *ht_trust_open(const char *path, struct ht_error *error);
/* ht_trust_none trusts nobody. */
struct ht_trust *ht_trust_none(void);
void ht_trust_free(struct ht_trust *trust);

struct ht_chain_parts;

/*
 * What is known of a chain, for rules: it does not depend on the connection, nor on the name asked
 * for. What of it is wrong is in the verdict's `faults`, a word each, of which some depend on the
 * time at which the chain was judged:
 *
 *   of the leaf                      of an issuer on the path
 *   expired, not_yet_valid           issuer_expired, issuer_not_yet_valid
 *   weak_key                         issuer_weak_key            RSA, DSA < 2048 bits, EC < 224
 *   weak_signature                   issuer_weak_signature      MD5, SHA-1; not of anchors
 *   validity_too_long    longer than the CA/B forum allowed on the day of issue (public anchors)
 *   self_signed          by its own key
 *   roca                 the key has ROCA's fingerprint (CVE-2017-15361)
 *   close_primes         the modulus falls to Fermat's method (CVE-2022-26320)
 *   ca_as_leaf           a CA's certificate is the leaf
 *   key_usage            its key usage allows neither signatures nor key transport or agreement
 *   extended_key_usage   it is for other purposes than the one it is used for
 *   no_subject_alternative_name      of a server's
 *   malformed            one of those sent is not a certificate in DER
 *   path_length          a CA's certificate allows fewer below it
 *   name_constraints     a CA's certificate does not allow a name of one below it
 *   not_a_ca             an issuer is no CA, or its key usage does not allow it to issue
 *   signature            a certificate's signature is not its issuer's
 *   unknown_critical_extension
 */
struct ht_chain_facts {
    uint64_t number; /* of the judgement: no two of one engine have the same */
    const struct ht_certificate *certificates; /* decoded, as sent, leaf first */
    size_t num;
    int64_t not_before_ns, not_after_ns; /* of the leaf; INT64_MIN/MAX where it says none */
    bool public_anchor;                  /* it leads to an anchor of the system's store */
    bool trust_known;                    /* there are trust anchors to judge by */
    bool leaf_is_ca;                     /* a CA's certificate is used as a server's */
    bool roca;                           /* the leaf's key has ROCA's fingerprint */
    bool close_primes;                   /* 100 rounds of Fermat's method factor its modulus */
    bool must_staple;                    /* RFC 7633 */
    bool signature_mismatch; /* its two AlgorithmIdentifiers (RFC 5280 section 4.1.1.2) differ */
    bool crl_distribution_points; /* it says where a list of revoked certificates is */
    uint64_t rsa_exponent;        /* of the leaf; UINT64_MAX: more than 64 bits; 0: no RSA key */
    /* Days that a public leaf may be valid, by the day of its issue; 0: before there was a limit */
    uint64_t validity_limit_days;
    struct ht_bytes common_name;        /* the last of its subject, UTF-8; empty: none */
    struct ht_bytes missing_issuer;     /* whom an incomplete chain lacks, RFC 4514; else empty */
    const struct ht_chain_parts *parts; /* for src/analysis only: parts.h */
};

/* Fills in server_verdict and client_verdict of a connection's certificates, in its `connection`.
 * Runs where the settings have trust. */
extern const struct ht_analyzer ht_chain_analyzer;

#endif
