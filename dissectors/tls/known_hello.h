/*
 * A hello that is known but for what is of this one hello alone: of most programs each differs from
 * the one before in its random, session id, server name, key shares and tickets. It is recognised
 * by all its other bytes, and only those are read.
 */
#ifndef HT_TLS_KNOWN_HELLO_H
#define HT_TLS_KNOWN_HELLO_H

#include "event/kept.h"
#include "tls/extensions.h"

/* tls_known_hello reads the body of a ClientHello of TLS (not of DTLS) of which only what is its
 * own is new, as tls_client_hello_parse would; lists of its own lie in `scratch`. False where it is
 * not known to `pool`, or what is its own is malformed. */
bool tls_known_hello(struct ht_bytes body, struct ht_pool *pool, struct ht_arena *scratch,
                     struct tls_client_hello *out);

/* tls_know_hello remembers a hello that was read whole and kept last, where it may come again. It
 * is none that can be known without extensions, with too much in it, or with one of its own twice.
 */
void tls_know_hello(struct ht_bytes body, struct ht_pool *pool,
                    const struct tls_client_hello *hello, const struct ht_kept *kept);

/* tls_known_server_hello and tls_know_server_hello are the same for a ServerHello, as
 * tls_server_hello_parse would read it: its random and session id are its own, and its key share
 * but for the group. Nor can be known what has choices. */
bool tls_known_server_hello(struct ht_bytes body, struct ht_pool *pool, struct ht_arena *scratch,
                            struct tls_server_hello *out);
void tls_know_server_hello(struct ht_bytes body, struct ht_pool *pool,
                           const struct tls_server_hello *hello, const struct ht_kept *kept);

#endif
