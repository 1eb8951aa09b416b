/*
 * What judges a chain beside its path: lists of revoked certificates, logs of Certificate
 * Transparency. For the folders of src/analysis, not for use outside.
 */
#ifndef HT_ANALYSIS_CHAIN_PARTS_H
#define HT_ANALYSIS_CHAIN_PARTS_H

#include "analysis/chain/chain.h"
#include "tls/tls.h"

/* OpenSSL's X509 and ASN1_TIME, by the names that need no header of its. */
struct x509_st;
struct asn1_string_st;

/* A certificate of the chain. Read only. */
struct ht_chain_link {
    const struct ht_certificate *decoded; /* NULL: there is none, as is all of it */
    struct ht_bytes der;
    struct x509_st *x509; /* this engine's own; NULL where libcrypto refuses the DER */
};

/* A chain, as whoever judges a part of it sees it. It lives as long as the verdict, at least until
 * the connection's record was written: ht_chain_facts.parts leads back to it. */
struct ht_chain_parts {
    const struct ht_analysis_settings *settings;
    struct ht_chain_link leaf;
    struct ht_chain_link issuer; /* of the leaf: by the path that libcrypto built (repaired, where
                                  * there is that), so sent, seen elsewhere, or a trust anchor */
    /* While it is judged, from the leaf to the last certificate of that path, an anchor if there is
     * one, each with no more than its x509; empty where none was built, and afterwards. */
    const struct ht_chain_link *path;
    size_t path_len;
    bool is_client; /* the leaf is a client's */
    int64_t now_ns; /* when it was judged */

    /* The verdict is kept for every moment from the first to the second, these included. A judge
     * whose word changes with time narrows it: ht_chain_holds_between. INT64_MIN/MAX: for ever. */
    int64_t from_ns, until_ns;
    struct tls_chain_verdict *verdict; /* to be filled in: revocation, scts */
    struct ht_arena *arena; /* for what the verdict points at; lives as long as the verdict */
};

/* ht_chain_holds_between says that a judge's word holds of times from `from_ns` to `until_ns`, both
 * included, only. */
void ht_chain_holds_between(struct ht_chain_parts *parts, int64_t from_ns, int64_t until_ns);

/* ht_chain_time is a time of ASN.1 in nanoseconds since 1970; the last or first of them where they
 * do not reach it. False where it is none, or NULL; *out_ns then is as it was. */
bool ht_chain_time(const struct asn1_string_st *time, int64_t *out_ns);

/* ht_chain_judge_parts calls all that judge a part, each once for a verdict that is made; what
 * connections have of their own, such as a staple, is for an analyzer after this one, which finds
 * the chain at verdict->facts->parts and replaces the verdict by a copy of its own. */
void ht_chain_judge_parts(struct ht_chain_parts *parts);

#endif
