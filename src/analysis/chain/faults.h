/* What is wrong with the certificates of a chain, as words; chain.h lists them. Not for use outside
 * this folder. */
#ifndef HT_ANALYSIS_CHAIN_FAULTS_H
#define HT_ANALYSIS_CHAIN_FAULTS_H

#include "analysis/chain/chain.h"
#include "analysis/chain/path.h"

/* What the words are found by. */
struct chain_look {
    struct x509_st *leaf;
    const struct chain_answer *answer; /* of libcrypto, the better one */
    const struct ht_chain_facts *facts;
    bool client; /* the leaf is a client's */
    bool weak_key;
};

/* chain_faults are the words, each once, in `arena`. */
struct ht_texts chain_faults(const struct chain_look *look, struct ht_arena *arena);

/* chain_validity_limit_days is how long a public certificate that is valid from `not_before_ns` may
 * be at most (CA/Browser Forum, Baseline Requirements); 0: before they were in force. */
uint64_t chain_validity_limit_days(int64_t not_before_ns);

#endif
