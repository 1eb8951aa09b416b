/* What the files of this folder share. Not for use outside it. */
#ifndef HT_ANALYSIS_REVOCATION_PARTS_H
#define HT_ANALYSIS_REVOCATION_PARTS_H

#include "analysis/chain/parts.h"
#include "analysis/revocation/revocation.h"
#include "base/time.h"

/* revocation_time is ht_chain_time, or 0 where that is none. */
int64_t revocation_time(const struct asn1_string_st *time);

/* revocation_reason is what RFC 5280 section 5.3.1 calls the number; NULL: it has no name. */
const char *revocation_reason(long number);

/* revocation_weigh lets what is said not count where it has a fault; but a revocation that was said
 * stays one when the saying has expired. */
void revocation_weigh(struct tls_revocation *word);

/* Responses that are larger are not read: those of real responders have some 500 to 5,000 bytes. */
enum { OCSP_MAX_BYTES = 32768 };

/* ocsp_read fills in what the response `der` says, of the first certificate in it; views into
 * `arena`. False where it is not an OCSP response of success. */
bool ocsp_read(struct ht_arena *arena, struct ht_bytes der, struct tls_certificate_status *out);

/* What a response says of one certificate. */
struct ocsp_answer {
    const char *status; /* good, revoked, unknown; NULL: nothing that counts */
    const char *fault;  /* why not; NULL: it counts, as far as time does not matter */
    const char *reason;
    int64_t produced_at_ns, this_update_ns, next_update_ns, revoked_ns;
    int64_t responder_from_ns, responder_until_ns; /* a delegated responder's; 0: the issuer's */
    struct ht_bytes sct_list; /* for the certificate; view into the arena; empty: none */
};

/* ocsp_judge is what the response `der` says of the certificate `leaf` that `issuer` issued, with
 * its signature checked: by the issuer's key, or by that of a responder which the issuer
 * certified for the purpose (RFC 6960 section 4.2.2.2). */
struct ocsp_answer ocsp_judge(struct ht_arena *arena, struct ht_bytes der,
                              const struct ht_chain_link *leaf, const struct ht_chain_link *issuer);

#endif
