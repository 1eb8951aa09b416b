/* Whether a certificate is for a server (RFC 9525, RFC 6125). Not for use outside this folder. */
#ifndef HT_ANALYSIS_CHAIN_HOST_H
#define HT_ANALYSIS_CHAIN_HOST_H

#include "base/address.h"
#include "base/bytes.h"

struct x509_st;

enum { CHAIN_MAX_NAME = 255 };

/* Static but for `matched`, which the caller's arena holds. */
struct chain_host_match {
    const char *verdict; /* match, mismatch, common_name_only */
    uint8_t matched_len;
    char matched[CHAIN_MAX_NAME]; /* the certificate's name, as it is there; cut where longer */
};

/* chain_host_check looks for `name`, a host name of up to CHAIN_MAX_NAME bytes, or an IP address in
 * text, in the certificate. A wildcard counts as the whole first label only. */
void chain_host_check(struct chain_host_match *out, struct x509_st *x509, struct ht_bytes name);

#endif
