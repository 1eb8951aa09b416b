#include "analysis/chain/order.h"

#include <stdbool.h>

#include <openssl/x509.h>

static bool is_issued_by(const X509 *x509, const X509 *issuer)
{
    return x509 != NULL && issuer != NULL &&
           X509_NAME_cmp(X509_get_issuer_name(x509), X509_get_subject_name(issuer)) == 0;
}

/* Where the issuer of `sent[of]` is, preferably right after it; 0, where the leaf is: nowhere that
 * was not used before. */
static size_t issuer_of(X509 *const *sent, size_t num, size_t of, const bool *used)
{
    if (is_issued_by(sent[of], sent[of])) {
        return 0;
    }
    for (size_t i = 0; i < num; i++) {
        size_t at = (of + 1 + i) % num;
        if (!used[at] && is_issued_by(sent[of], sent[at])) {
            return at;
        }
    }
    return 0;
}

const char *chain_order(X509 *const *sent, size_t num)
{
    bool used[CHAIN_MAX_LEN] = {true};
    bool ascending           = true;
    size_t num_used = 1, at = 0;
    if (num > CHAIN_MAX_LEN || num == 0) {
        return NULL;
    }
    for (size_t next = 0; (next = issuer_of(sent, num, at, used)) != 0; at = next) {
        used[next] = true;
        ascending  = ascending && next > at;
        num_used++;
    }
    if (!ascending) {
        return "misordered";
    }
    return num_used == num ? "in_order" : "superfluous";
}
