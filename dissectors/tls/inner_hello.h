/*
 * The hello within a ClientHello (RFC 9849), with a key log: what it says, whether the server took
 * it, and the secrets that then are known by its random. Where the log does not have what opens it,
 * the secrets that open what the server sealed say that there was one.
 */
#ifndef HT_TLS_INNER_HELLO_H
#define HT_TLS_INNER_HELLO_H

#include "tls/handshake.h"
#include "tls/transcript.h"

/* In the flow's arena. */
struct tls_inner_hello {
    struct tls_transcript said; /* with it, by both sides, as far as ServerHello */
    struct ht_bytes message;    /* the last one */
    struct ht_bytes public_name;
    struct ht_kept *kept; /* the first one */
};

/* tls_inner_hello_take tells of the one in a ClientHello that was told, and looks for its secrets
 * where there are none of that one's. There are keys. */
void tls_inner_hello_take(const struct tls_telling *m, const struct tls_client_hello *outer);

/* tls_inner_hello_spoken is what the sender of a message really said: in place of a ClientHello the
 * one within, where the secrets are by that. */
struct ht_bytes tls_inner_hello_spoken(const struct tls_state *state, uint8_t type,
                                       struct ht_bytes message);

/* tls_inner_hello_answered: the server said this, and told was it too. */
void tls_inner_hello_answered(const struct tls_telling *m, uint8_t type, struct ht_bytes message);

/* tls_inner_hello_search looks, among the last secrets of the key log, for those that open the
 * first record that the server encrypted. */
void tls_inner_hello_search(struct tls_state *state, struct ht_emitter *e, enum ht_side server,
                            const struct tls_record *record);

/* tls_inner_hello_end completes the details, in which the hellos are. There are keys. */
void tls_inner_hello_end(struct tls_state *state, const struct ht_emitter *e);

#endif
