/* Validity periods as nanoseconds. Not for use outside this folder. */
#ifndef HT_ANALYSIS_CHAIN_TIMES_H
#define HT_ANALYSIS_CHAIN_TIMES_H

#include "analysis/chain/trust.h"

struct x509_st;

/* chain_validity tells from when (included) to when (excluded, as libcrypto counts) the
 * certificate is valid; INT64_MIN or INT64_MAX where it says none that can be read, or one that
 * nanoseconds do not reach. */
void chain_validity(const struct x509_st *x509, int64_t *out_from_ns, int64_t *out_until_ns);

/* chain_span_add narrows the span to where the certificate is as valid, or not, as now. */
void chain_span_add(struct chain_span *span, const struct x509_st *x509);

#endif
