/*
 * Whether the secrets of a session withstand a quantum computer, or whose fault it is that they do
 * not; and how much of what was said may be recorded now and read then.
 *
 * `tls.post_quantum` is, of a session of which a ServerHello was seen,
 *
 *     pq_protected         the key exchange has a post-quantum part (ML-KEM, Kyber)
 *     version_too_old      the version agreed on has none: TLS 1.2 or earlier
 *     client_not_capable   TLS 1.3; the client offers no such group
 *     server_declined      TLS 1.3; the client offers one, the server chose another group, or none
 *
 * and of one whose client offers such a group, but whose ServerHello was not seen,
 *
 *     server_unknown       what the server can do was not shown
 *
 * Of a server, over all its connections, the same words say who stands in the way; there
 * server_unknown is a server that nobody ever offered such a group to (client_not_capable and
 * version_too_old alone were seen), see report/.
 */
#ifndef HT_ANALYSIS_POST_QUANTUM_H
#define HT_ANALYSIS_POST_QUANTUM_H

#include "analysis/analyzer.h"
#include "tls/tls.h"

/* ht_post_quantum_group: this group of TLS is a post-quantum key exchange, or has one as a part;
 * drafts and experiments too. By the registry of groups. */
bool ht_post_quantum_group(uint16_t group);

/* ht_post_quantum_offered is the first such group in a list of uint16; 0: none. */
uint16_t ht_post_quantum_offered(struct ht_bytes groups);

/* Fills in `post_quantum` and `harvestable_bytes` of a connection's tls_details. */
extern const struct ht_analyzer ht_post_quantum_analyzer;

#endif
