/*
 * HKDF (RFC 5869), and the labels that TLS 1.3, QUIC and DTLS 1.3 derive their keys by (RFC 8446
 * section 7.1). By OpenSSL's libcrypto.
 */
#ifndef HT_CRYPTO_HKDF_H
#define HT_CRYPTO_HKDF_H

#include "crypto/digest.h"

enum { HT_SECRET_LEN = 32 };

/* ht_hkdf_extract writes HKDF-Extract(salt, input) with SHA-256 to `out`; false where libcrypto
 * refuses. */
bool ht_hkdf_extract(uint8_t out[HT_SECRET_LEN], struct ht_bytes salt, struct ht_bytes input);

/* ht_hkdf_expand_label writes HKDF-Expand-Label(secret, label, "", len) to `out`: `label` without
 * its "tls13 ", up to 32 characters; `len` up to that of the digest. */
bool ht_hkdf_expand_label(enum ht_digest digest, uint8_t *out, size_t len, struct ht_bytes secret,
                          const char *label);

/* ht_hkdf_expand_label_context is the same with a context, up to HT_DIGEST_MAX bytes of it. */
bool ht_hkdf_expand_label_context(enum ht_digest digest, uint8_t *out, size_t len,
                                  struct ht_bytes secret, const char *label,
                                  struct ht_bytes context);

/* ht_hkdf_expand_label_dtls is the same with "dtls13" before the label (RFC 9147 section 5.9). */
bool ht_hkdf_expand_label_dtls(enum ht_digest digest, uint8_t *out, size_t len,
                               struct ht_bytes secret, const char *label);

#endif
