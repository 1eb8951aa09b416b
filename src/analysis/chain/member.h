/* A certificate that was seen, kept and parsed once. Not for use outside this folder. */
#ifndef HT_ANALYSIS_CHAIN_MEMBER_H
#define HT_ANALYSIS_CHAIN_MEMBER_H

#include "analysis/certificate/certificate.h"
#include "analysis/chain/cache.h"

struct x509_st;

enum {
    CHAIN_SHA256_LEN = 32,
    CHAIN_MAX_DER    = 65536 /* no server sends larger ones that a client takes */
};

struct chain_member {
    struct chain_entry entry; /* the key is the digest */
    unsigned holders;         /* the verdicts and lists that have it, not the cache */
    bool cached;
    bool weighed; /* whether it may be an issuer that others miss was looked at */
    uint8_t sha256[CHAIN_SHA256_LEN];
    struct ht_bytes der;
    /* Once asked for: */
    struct x509_st *x509; /* NULL: not parsed yet, or not a certificate */
    bool parsed;
    const struct ht_certificate *decoded;
    struct ht_arena arena; /* what that points at */
    uint8_t bytes[];       /* of the DER */
};

/* chain_member_new copies the DER of a certificate, for a cache. NULL where there is no memory. */
struct chain_member *chain_member_new(const uint8_t sha256[CHAIN_SHA256_LEN], struct ht_bytes der);

/* chain_member_forget: the cache has it no more. Freed, unless somebody holds it. */
void chain_member_forget(struct chain_member *member);

/* chain_member_hold, by whoever asks for what follows; until chain_member_drop, which may get NULL.
 * What nobody holds is bytes only: most certificates are looked at once, and parsed they are
 * several times as large. */
struct chain_member *chain_member_hold(struct chain_member *member);
void chain_member_drop(struct chain_member *member);

/* chain_member_x509 is what libcrypto makes of it; NULL: nothing, or bytes follow it. */
struct x509_st *chain_member_x509(struct chain_member *member);

/* chain_member_decoded is its fields; NULL where there is no memory. */
const struct ht_certificate *chain_member_decoded(struct chain_member *member,
                                                  struct ht_certificate_decoder *decoder);

/* chain_member_may_issue: it is a CA's, and another may have issued it. */
bool chain_member_may_issue(struct chain_member *member);

#endif
