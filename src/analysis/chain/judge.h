/* From the certificates of a chain to what is thought of them. Not for use outside this folder. */
#ifndef HT_ANALYSIS_CHAIN_JUDGE_H
#define HT_ANALYSIS_CHAIN_JUDGE_H

#include "analysis/chain/host.h"
#include "analysis/chain/member.h"
#include "analysis/chain/order.h"
#include "analysis/chain/parts.h"
#include "analysis/chain/path.h"

enum { CHAIN_MAX_ISSUERS = 512 /* certificates of CAs that were seen */ };

/* Certificates of CAs that were seen, the latest of them. */
struct chain_issuers {
    struct chain_member *ring[CHAIN_MAX_ISSUERS];
    size_t next;
    uint64_t generation; /* how many there have been */
};

/* chain_issuers_add holds it, unless it is there. */
void chain_issuers_add(struct chain_issuers *issuers, struct chain_member *member);
void chain_issuers_fini(struct chain_issuers *issuers);

/* What judging needs. */
struct chain_judge {
    const struct ht_analysis_settings *settings;
    struct ht_certificate_decoder *decoder;
    struct chain_anchors *anchors; /* NULL until the first chain is judged */
    struct chain_issuers issuers;
    uint64_t judgements; /* made so far */
    struct chain_signatures signatures;
};

struct X509_name_st;

struct chain_members {
    struct chain_member *list[CHAIN_MAX_LEN]; /* as sent, leaf first */
    size_t num;
};

/* What is thought of a chain, and all that it points at. */
struct chain_judgement {
    struct chain_entry entry;
    struct ht_arena arena;
    struct chain_members members; /* held */
    struct chain_member *issuer;  /* of the leaf, held; NULL: none, or an anchor */
    struct ht_chain_parts parts;
    struct tls_chain_verdict verdict;
    struct ht_chain_facts facts;
    struct chain_host_names names;            /* of the leaf */
    bool lacks_issuer;                        /* which may be seen later: */
    uint64_t generation;                      /* of the issuers that were looked at */
    const struct X509_name_st *const *wanted; /* whose certificates would be used, if seen */
    size_t num_wanted;
};

/* chain_judgement_new judges a chain as of `now_ns`; its cost is set. NULL where there is no
 * memory. */
struct chain_judgement *chain_judgement_new(struct chain_judge *judge,
                                            const struct chain_members *members, bool client,
                                            int64_t now_ns);
/* chain_judgement_holds: to judge the chain again as of `now_ns` would bring the same. Issuers that
 * were looked at here are not looked at again. */
bool chain_judgement_holds(struct chain_judgement *judgement, const struct chain_judge *judge,
                           int64_t now_ns);

void chain_judgement_free(struct chain_judgement *judgement);

#endif
