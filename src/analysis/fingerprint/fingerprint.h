/*
 * Fingerprints of the programs at both ends, from what their hellos offer. Pure functions: GREASE
 * values (RFC 8701) are left out everywhere, a hello cut short is fingerprinted by what there is.
 * All results are allocated from `arena` and live as long as it does.
 */
#ifndef HT_ANALYSIS_FINGERPRINT_FINGERPRINT_H
#define HT_ANALYSIS_FINGERPRINT_FINGERPRINT_H

#include "analysis/analyzer.h"
#include "crypto/digest.h"
#include "tls/tls.h"

/* ht_ja3 is "version,ciphers,extensions,groups,point formats" in decimal, and its MD5
 * (https://github.com/salesforce/ja3). NULL where the arena has no room. */
const struct tls_ja3 *ht_ja3(struct ht_digester *digester, struct ht_arena *arena,
                             const struct tls_client_hello *hello);

/* ht_ja3s is "version,cipher,extensions" in decimal, and its MD5. NULL where the arena has no
 * room. */
const struct tls_ja3 *ht_ja3s(struct ht_digester *digester, struct ht_arena *arena,
                              const struct tls_server_hello *hello);

/* What carries the hello: the first letter of a JA4. */
enum { HT_JA4_TCP = 't', HT_JA4_QUIC = 'q', HT_JA4_DTLS = 'd' };

struct ht_ja4 {
    struct ht_bytes hashed; /* "t13d1516h2_8daaf6152771_e5627efa2ab1" */
    struct ht_bytes raw;    /* the same with the lists that were hashed: JA4_r */
};

/* ht_ja4 follows FoxIO's technical details of JA4
 * (https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md). Both views are empty where
 * the arena has no room. */
struct ht_ja4 ht_ja4(struct ht_digester *digester, struct ht_arena *arena, char transport,
                     const struct tls_client_hello *hello);

/* Fills `ja3`, `ja4`, `ja4_r` of a ClientHello and `ja3s` of a ServerHello; a HelloRetryRequest has
 * no fingerprint. Those of hellos that were alike lately are not computed again; what is filled in
 * lives until the analyzer is given its next event. */
extern const struct ht_analyzer ht_fingerprint_analyzer;

#endif
