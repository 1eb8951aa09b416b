/*
 * Encrypted ClientHello (RFC 9849) opened with the secret of a key log (RFC 9850). Pure.
 */
#ifndef HT_TLS_ECH_H
#define HT_TLS_ECH_H

#include "crypto/digest.h"
#include "crypto/opener.h"

/* What a key log has of a hello. */
struct tls_ech_secrets {
    struct ht_bytes shared_secret; /* of HPKE */
    struct ht_bytes config;        /* an ECHConfig */
};

/* tls_ech_open rebuilds the ClientHelloInner (RFC 9849 section 5.1) that is in the body of a
 * ClientHelloOuter: a handshake message with its header, in `scratch`. Empty where it is not sealed
 * with these secrets, or is not of the form. */
struct ht_bytes tls_ech_open(const struct tls_ech_secrets *secrets, struct ht_opener *opener,
                             struct ht_bytes outer, struct ht_arena *scratch);

/* tls_ech_decode rebuilds the message that an EncodedClientHelloInner stands for, likewise. */
struct ht_bytes tls_ech_decode(struct ht_bytes encoded, struct ht_bytes outer,
                               struct ht_arena *scratch);

/* tls_ech_public_name is that of an ECHConfig, a view of it; empty where it has none. */
struct ht_bytes tls_ech_public_name(struct ht_bytes config);

enum { TLS_ECH_CONFIRMATION_LEN = 8 };

/* tls_ech_confirm writes what a server that accepts has at the end of ServerHello.random (section
 * 7.2): `transcript` is all from the ClientHelloInner up to that ServerHello, with zeros there.
 * False where libcrypto refuses. */
bool tls_ech_confirm(uint8_t out[TLS_ECH_CONFIRMATION_LEN], enum ht_digest digest,
                     struct ht_bytes inner_random, struct ht_bytes transcript);

#endif
