/*
 * Signatures of TLS handshake messages, checked by OpenSSL's libcrypto.
 */
#ifndef HT_CRYPTO_SIGNATURE_H
#define HT_CRYPTO_SIGNATURE_H

#include "base/bytes.h"

enum ht_signature {
    HT_SIGNATURE_UNKNOWN, /* a scheme or a key that is not known here, or that do not fit */
    HT_SIGNATURE_GOOD,
    HT_SIGNATURE_BAD
};

enum { HT_SIGNED_PARTS = 3 };

/* What was signed: its parts, one after another. */
struct ht_signed {
    struct ht_bytes part[HT_SIGNED_PARTS];
};

/* A public key, ready to check. */
struct ht_verifier;

/* ht_verifier_new is the public key of a certificate, or one that stands alone
 * (SubjectPublicKeyInfo); DER. NULL where it cannot be read, or is one by which checking takes long
 * (crypto/effort.h). */
struct ht_verifier *ht_verifier_new(struct ht_bytes der);
void ht_verifier_free(struct ht_verifier *verifier);

/* ht_signature_check tells whether `signature` is `verifier`'s under `content`. `scheme` is a
 * SignatureScheme (RFC 8446 section 4.2.3), which since TLS 1.2 the message names (RFC 5246 section
 * 7.4.1.4.1); 0: as before TLS 1.2, by the kind of key (RFC 4346 section 7.4.3). */
enum ht_signature ht_signature_check(const struct ht_verifier *verifier, uint16_t scheme,
                                     const struct ht_signed *content, struct ht_bytes signature);

#endif
