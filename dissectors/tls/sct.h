/*
 * Signed certificate timestamps: what logs of Certificate Transparency promised (RFC 6962).
 */
#ifndef HT_TLS_SCT_H
#define HT_TLS_SCT_H

#include "tls/tls.h"

enum { TLS_MAX_SCTS = 32 };

/* tls_sct_list_parse reads a SignedCertificateTimestampList (RFC 6962 section 3.3), as the
 * extension of TLS, of certificates and of OCSP responses holds it, into `out`: views, in an array
 * of `scratch`, of up to TLS_MAX_SCTS. Of an SCT of another version than v1 only that is read.
 * False where it is malformed; `out` then holds those before. */
bool tls_sct_list_parse(struct ht_bytes list, struct ht_arena *scratch, struct ht_objects *out);

#endif
