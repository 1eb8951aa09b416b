/* Whether a chain is in the order of RFC 5246 section 7.4.2. Not for use outside this folder. */
#ifndef HT_ANALYSIS_CHAIN_ORDER_H
#define HT_ANALYSIS_CHAIN_ORDER_H

#include <stddef.h>

struct x509_st;

enum { CHAIN_MAX_LEN = 32 /* certificates of a chain that are looked at */ };

/* chain_order is "in_order": each certificate is issued by the subject of the next; "misordered":
 * all that the leaf needs is there, but not in this order; "superfluous": it is, and among it are
 * others. `sent` has `num` of up to CHAIN_MAX_LEN certificates, leaf first; NULL: one that is none.
 */
const char *chain_order(struct x509_st *const *sent, size_t num);

#endif
