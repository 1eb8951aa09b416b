/*
 * A ClientHello that is known but for what is of this one hello alone: of most programs each
 * differs from the one before in its random, session id, server name, key shares and tickets. It is
 * recognised by all its other bytes, and only those are read.
 */
#ifndef HT_TLS_KNOWN_HELLO_H
#define HT_TLS_KNOWN_HELLO_H

#include "event/kept.h"
#include "tls/extensions.h"

enum {
    TLS_HELLO_SOURCE   = 1024, /* bytes of one that can be known; programs need some 300 */
    TLS_OWN_EXTENSIONS = 8
};

/* A hello's bytes, taken apart; views of it but for `bytes`. */
struct tls_hello_source {
    struct ht_bytes random, session_id, raw_extensions;
    struct tls_extension own[TLS_OWN_EXTENSIONS]; /* in wire order */
    size_t num_own, len;
    uint8_t bytes[TLS_HELLO_SOURCE]; /* what is in each hello of the program, `len` of them */
};

/* tls_hello_source takes the body of a ClientHello of TLS (not of DTLS) apart. False where it is
 * none that can be known: malformed, without extensions, too long, or with one of its own twice. */
bool tls_hello_source(struct tls_hello_source *out, struct ht_bytes body);

/* tls_known_hello reads a hello of which only what is its own is new, as tls_client_hello_parse
 * would; lists of its own lie in `scratch`. False where it is not known to `pool` (which may be
 * NULL), or what is its own is malformed. */
bool tls_known_hello(struct tls_hello_source *source, struct ht_pool *pool,
                     struct ht_arena *scratch, struct tls_client_hello *out);

/* tls_know_hello remembers a hello that was read whole and kept last, where it may come again. */
void tls_know_hello(const struct tls_hello_source *source, struct ht_pool *pool,
                    const struct tls_client_hello *hello, const struct ht_kept *kept);

#endif
