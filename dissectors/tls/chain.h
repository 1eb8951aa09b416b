/*
 * Chains of certificates that are known: of a server all connections show the same one. What was
 * computed of it is found by the bytes of its message, up to TLS 1.2.
 */
#ifndef HT_TLS_CHAIN_H
#define HT_TLS_CHAIN_H

#include "event/kept.h"
#include "tls/tls.h"

enum { TLS_CHAIN_SOURCE = 8192 /* bytes of a message that can be known; most have 3,000 */ };

/* tls_known_chain fills in what analyzers said of the chain when it was kept, with its shape, where
 * `pool` (which may be NULL) knows it; else `out` stays as it was parsed from `body`. */
void tls_known_chain(struct ht_pool *pool, struct ht_bytes body, struct tls_certificate *out);

/* tls_know_chain remembers a chain that was parsed from `body`, without fault, and kept last, where
 * it may come again. */
void tls_know_chain(struct ht_pool *pool, struct ht_bytes body, const struct tls_certificate *chain,
                    const struct ht_kept *kept);

#endif
