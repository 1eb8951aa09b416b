#include "analysis/chain/times.h"

#include "analysis/chain/parts.h"
#include "base/time.h"

#include <time.h>

#include <openssl/x509.h>

bool ht_chain_time(const ASN1_TIME *time, int64_t *out_ns)
{
    struct tm tm;
    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1) {
        return false;
    }
    int64_t seconds = timegm(&tm);
    if (__builtin_mul_overflow(seconds, HT_SECOND_NS, out_ns)) {
        *out_ns = seconds < 0 ? INT64_MIN : INT64_MAX;
    }
    return true;
}

void chain_validity(const X509 *x509, int64_t *out_from_ns, int64_t *out_until_ns)
{
    *out_from_ns  = INT64_MIN;
    *out_until_ns = INT64_MAX;
    (void)ht_chain_time(X509_get0_notBefore(x509), out_from_ns);
    (void)ht_chain_time(X509_get0_notAfter(x509), out_until_ns);
}

/* Something changes at `edge_ns`. */
static void add_edge(struct chain_span *span, int64_t edge_ns)
{
    if (edge_ns <= span->now_ns) {
        span->from_ns = edge_ns > span->from_ns ? edge_ns : span->from_ns;
    } else {
        span->until_ns = edge_ns - 1 < span->until_ns ? edge_ns - 1 : span->until_ns;
    }
}

void chain_span_add(struct chain_span *span, const X509 *x509)
{
    int64_t from_ns, until_ns;
    chain_validity(x509, &from_ns, &until_ns);
    add_edge(span, from_ns);
    add_edge(span, until_ns);
}
