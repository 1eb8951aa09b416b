/*
 * The server's part of a key exchange judged: whose Diffie-Hellman prime it is; and where
 * signatures are checked, whether ServerKeyExchange (RFC 5246 section 7.4.3) and the client's
 * CertificateVerify (section 7.4.8) are signed by the certificates shown.
 */
#ifndef HT_ANALYSIS_KEY_EXCHANGE_H
#define HT_ANALYSIS_KEY_EXCHANGE_H

#include "analysis/analyzer.h"

extern const struct ht_analyzer ht_key_exchange_analyzer;

/* By number; the note is the SHA-256 of the prime, big-endian, in hexadecimal. */
extern const struct ht_registry ht_dh_groups;

#endif
