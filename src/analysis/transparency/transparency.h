/*
 * Certificate Transparency (RFC 6962): whether the logs really signed the timestamps (SCTs) that
 * come with a certificate.
 */
#ifndef HT_ANALYSIS_TRANSPARENCY_TRANSPARENCY_H
#define HT_ANALYSIS_TRANSPARENCY_TRANSPARENCY_H

#include "analysis/chain/parts.h"
#include "policy/ct_logs.h"

enum { HT_SCT_LOG_ID_LEN = 32 };

/* What came of an SCT. Flat, so that it can be kept. */
struct ht_sct_outcome {
    uint8_t log_id[HT_SCT_LOG_ID_LEN];
    int64_t time_ns;
    const char *verdict; /* valid, invalid, unknown_log; NULL: not checked, for want of logs */
};

/* What SCTs are for. A log signs an embedded one before the certificate is issued, so what it signs
 * is made from the certificate and its issuer's key (RFC 6962 section 3.2). */
struct ht_sct_subject {
    const struct ht_chain_link *leaf, *issuer;
    bool embedded;
};

/* ht_sct_list_unwrap is the SignedCertificateTimestampList that the value of an extension of a
 * certificate or an OCSP response holds, as an OCTET STRING; empty where it holds none. */
struct ht_bytes ht_sct_list_unwrap(struct ht_bytes extension_value);

/* ht_scts_check checks the first `max` SCTs of version 1 of a list, by the logs known (NULL: none
 * are), and returns how many there are in `out`. A log whose SCT would need an issuer that is not
 * known is not asked. */
size_t ht_scts_check(const struct ht_ct_logs *logs, struct ht_bytes list,
                     const struct ht_sct_subject *subject, struct ht_sct_outcome *out, size_t max);

/* ht_scts_add is a list of `before` and the outcomes (struct tls_sct_verdict), in the arena. */
struct ht_objects ht_scts_add(const struct ht_ct_logs *logs, struct ht_arena *arena,
                              struct ht_objects before, const struct ht_sct_outcome *outcomes,
                              size_t num, const char *source);

/* ht_transparency_judge fills in the verdict's `scts` from those embedded in the leaf. */
void ht_transparency_judge(struct ht_chain_parts *parts);

#endif
