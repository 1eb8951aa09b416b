/*
 * What DNS told a client of the service that it connects to: the HTTPS records of the server's name
 * (RFC 9460), the TLSA records of its port (RFC 6698), the CAA records of the name (RFC 8659). They
 * are told where the connection began after the answer, within its TTL, and in the same source.
 *
 * What cannot be taken at its word is not told: an HTTPS record in AliasMode leads elsewhere, one
 * that demands a parameter which few know is skipped by some clients, and sets that are too large.
 */
#ifndef HT_ANALYSIS_SERVICE_SERVICE_H
#define HT_ANALYSIS_SERVICE_SERVICE_H

#include "analysis/analyzer.h"

enum {
    HT_SERVICE_ALPN  = 192, /* bytes of the lists of ALPN ids together */
    HT_SERVICE_PORTS = 4,
    HT_SERVICE_TLSA  = 8,
    HT_SERVICE_CAA   = 256, /* bytes of the issuers' domains together */
    HT_SERVICE_SETS  = 512  /* of answers kept, with HT_MEMO_WAYS each: up to 2 MB */
};

/* Of all HTTPS records of a name together. */
struct ht_https_records {
    uint8_t alpn[HT_SERVICE_ALPN]; /* the ids that they list, each behind its length */
    uint16_t alpn_len;
    uint16_t ports[HT_SERVICE_PORTS];
    uint16_t num_ports;
    bool all_alpn, all_ports, all_ech; /* each record says so */
    bool default_alpn;                 /* one of them does not say no-default-alpn */
};

struct ht_tlsa_record {
    uint8_t usage, selector, matching;
    uint8_t digest_len;
    uint8_t digest[64]; /* of a record with the data themselves (matching type 0), their SHA-256 */
};

struct ht_tlsa_records {
    struct ht_tlsa_record items[HT_SERVICE_TLSA];
    uint8_t num;
};

/* Whom the name's owner lets issue certificates; nobody where there are no domains. */
struct ht_caa_records {
    uint8_t domains[HT_SERVICE_CAA]; /* in lower case, each behind its length */
    uint16_t len;
    bool issue; /* there is a property "issue": without, everybody may */
};

/* What was told, and in which frame last; NULL: nothing. */
struct ht_service {
    const struct ht_https_records *https;
    const struct ht_tlsa_records *tlsa;
    const struct ht_caa_records *caa;
    uint64_t https_frame, tlsa_frame, caa_frame;
};

/* Fills in `service` of connections whose client gives the server's name, or was given it. */
extern const struct ht_analyzer ht_service_analyzer;

/* ht_service_lists: `id` is among the `len` bytes of ids or domains, each behind its length. */
bool ht_service_lists(const uint8_t *list, size_t len, struct ht_bytes id);

#endif
