/* A path from a leaf to a trust anchor, by libcrypto. Not for use outside this folder. */
#ifndef HT_ANALYSIS_CHAIN_PATH_H
#define HT_ANALYSIS_CHAIN_PATH_H

#include "analysis/chain/trust.h"
#include "tls/tls.h"

struct x509_st;
struct x509_store_ctx_st;
struct stack_st_X509;

enum { CHAIN_MAX_ERRORS = 32 };

enum { CHAIN_MAX_SIGNATURES = 256 };

/* Signatures of CAs' certificates that were found good: most chains have their issuers in common,
 * and to verify a signature costs more than all else. Both certificates are held. */
struct chain_signatures {
    struct chain_signature {
        struct x509_st *subject, *issuer;
    } slots[CHAIN_MAX_SIGNATURES]; /* by the subject's address */
};

void chain_signatures_fini(struct chain_signatures *signatures);

struct chain_answer;

/* What is to be verified. */
struct chain_question {
    struct chain_anchors *anchors;
    struct chain_signatures *good;
    struct x509_st *leaf;
    struct stack_st_X509 *untrusted; /* what else was sent or seen */
    bool client;                     /* the leaf is a client's */
    /* What is known of the leaf, with fewer untrusted ones: a path that is no better is not
     * verified, and the signatures that were good then are not looked at again. NULL: nothing. */
    const struct chain_answer *before;
};

/* An error of X509_V_ERR_… and the certificate at fault, leaf 0. */
struct chain_error {
    int code, depth;
};

struct chain_answer {
    struct chain_error errors[CHAIN_MAX_ERRORS]; /* in the order of libcrypto, each once */
    size_t num_errors;
    struct stack_st_X509 *path; /* leaf first, held; to be given to chain_answer_free */
    size_t num_untrusted;       /* of the path, which are not in the store */
    bool anchored;              /* its last is an anchor */
    bool lacks_issuer;          /* its last is not, and has an issuer that was not found */
    bool signed_well;           /* all signatures of the path are good, and all of it is valid */
};

/* chain_verify asks libcrypto, as of the span's moment, and narrows the span to where the answer
 * stays the same. False where there is no memory. */
bool chain_verify(struct chain_answer *out, const struct chain_question *question,
                  struct chain_span *span);
void chain_answer_free(struct chain_answer *answer);

/* chain_is_better: the path leads to an anchor, or further than the other. */
bool chain_is_better(const struct chain_answer *answer, const struct chain_answer *than);

/* chain_tell_path is the answer as it goes to the output, in `arena`, with the SHA-256 of the
 * certificates of its path. NULL where there is no room. */
const struct tls_path *chain_tell_path(const struct chain_answer *answer, struct ht_texts sha256,
                                       struct ht_arena *arena);

#endif
