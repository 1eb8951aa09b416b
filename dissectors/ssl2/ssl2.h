/*
 * SSL 2.0 (K. Hickman, "The SSL Protocol", 1995), and its ClientHello as clients of SSL 3.0 and TLS
 * sent it to servers whose version they did not know (RFC 5246 appendix E.2, forbidden by RFC
 * 6176). What such a hello says of TLS is a struct tls_client_hello; here is what is SSL 2.0's own.
 */
#ifndef HT_SSL2_SSL2_H
#define HT_SSL2_SSL2_H

#include "tls/tls.h"

extern const struct ht_registry ssl2_cipher_kinds;

/* The connection record's "ssl2", beside its "tls". */
struct ssl2_details {
    struct ht_texts cipher_kinds;        /* that the client offers, names */
    struct ht_texts server_cipher_kinds; /* that the server has too */
    struct ht_bytes cipher_kind;         /* that the client chose */
    bool export_strength;                /* the one chosen */
    bool session_id_hit;                 /* the server resumes */
    struct ht_bytes connection_id;
    uint16_t challenge_bytes;
    uint16_t clear_key_bytes; /* of the master key, sent in clear */
};

struct ssl2_client_master_key {
    struct ht_bytes cipher_kind; /* name */
    bool export_strength;
    uint16_t clear_key_bytes;
    uint16_t encrypted_key_bytes;
    uint16_t key_argument_bytes;
};

struct ssl2_error {
    struct ht_bytes error; /* name, or number as "0x0005" */
};

extern const struct ht_struct ssl2_details_struct, ssl2_client_master_key_struct, ssl2_error_struct;
extern const struct ht_event_type ssl2_client_master_key_event, ssl2_error_event;

#endif
