/*
 * Chains of certificates judged, by libcrypto: does the chain lead to a trust anchor, as it was
 * sent and with intermediates that were seen elsewhere; is the leaf for the server that was asked
 * for; what is wrong with its certificates (RFC 5280, RFC 9525). A verdict is kept by chain, name
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

/* What is known of a chain, for rules. */
struct ht_chain_facts {
    const struct ht_certificate *certificates; /* decoded, as sent, leaf first */
    size_t num;
    int64_t not_before_ns, not_after_ns; /* of the leaf; INT64_MIN/MAX where it says none */
    bool public_anchor;                  /* it leads to an anchor of the system's store */
    bool trust_known;                    /* there are trust anchors to judge by */
    bool leaf_is_ca;                     /* a CA's certificate is used as a server's */
    bool roca;                           /* the leaf's key has ROCA's fingerprint */
    bool must_staple;                    /* RFC 7633 */
    struct ht_bytes missing_issuer;      /* whom an incomplete chain lacks, RFC 4514; else empty */
};

/* Fills in server_verdict and client_verdict of a connection's certificates, in its `connection`.
 * Runs where the settings have trust. */
extern const struct ht_analyzer ht_chain_analyzer;

#endif
