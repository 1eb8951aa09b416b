/*
 * Connections that carry DNS encrypted: over TLS (DoT, RFC 7858), QUIC (DoQ, RFC 9250) and HTTPS
 * (DoH, RFC 8484). Fills `encrypted_dns` of the connection.
 */
#ifndef HT_ANALYSIS_ENCRYPTED_DNS_H
#define HT_ANALYSIS_ENCRYPTED_DNS_H

#include "analysis/analyzer.h"

extern const struct ht_analyzer ht_encrypted_dns_analyzer;

/* The names of public resolvers that are asked over HTTPS, in the order of memcmp; numbered. */
extern const struct ht_registry ht_dns_resolvers;

/* ht_is_dns_resolver: `name`, or a domain above it, is in ht_dns_resolvers. Case does not matter.
 */
bool ht_is_dns_resolver(struct ht_bytes name);

#endif
