/* What the files of this folder know of trust anchors. Not for use outside. */
#ifndef HT_ANALYSIS_CHAIN_TRUST_H
#define HT_ANALYSIS_CHAIN_TRUST_H

#include "analysis/chain/chain.h"

struct X509_name_st;
struct x509_store_st;

struct ht_trust {
    struct ht_buffer pem; /* all files, one after the other */
    bool system;          /* the system's store */
};

/* An engine's own view of the anchors, parsed as far as they are asked for: to parse them all takes
 * 20 ms, and most runs need few of them. */
struct chain_anchors;

/* chain_anchors_new is NULL where there is no memory. What is no certificate is skipped. */
struct chain_anchors *chain_anchors_new(const struct ht_trust *trust);
void chain_anchors_free(struct chain_anchors *anchors);

/* A span of time, in which no certificate that counts becomes valid or expires. */
struct chain_span {
    int64_t now_ns;
    int64_t from_ns, until_ns; /* both included */
};

/* chain_anchors_lend brings all anchors of that name, and those that issued them, into the store;
 * and narrows the span to that in which their validity does not change. */
void chain_anchors_lend(struct chain_anchors *anchors, const struct X509_name_st *name,
                        struct chain_span *span);

/* chain_anchors_store is what libcrypto finds the lent ones in; it lives as long as the anchors. */
struct x509_store_st *chain_anchors_store(const struct chain_anchors *anchors);

#endif
