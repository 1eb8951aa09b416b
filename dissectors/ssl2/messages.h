/*
 * The messages of SSL 2.0 that are in clear: framing, and a pure parser for each.
 *
 * A parser takes a whole message (without the record's header), fills `out` with views into it and
 * into `scratch`, and returns whether it was read to its end without a contradiction.
 */
#ifndef HT_SSL2_MESSAGES_H
#define HT_SSL2_MESSAGES_H

#include "ssl2/ssl2.h"

enum {
    SSL2_ERROR               = 0,
    SSL2_CLIENT_HELLO        = 1,
    SSL2_CLIENT_MASTER_KEY   = 2,
    SSL2_SERVER_HELLO        = 4,
    SSL2_VERSION             = 0x0002,
    SSL2_MAX_RECORD          = 0x7FFF,
    SSL2_HEADER              = 2, /* of a record without padding */
    SSL2_HEADER_WITH_PADDING = 3
};

struct ssl2_record {
    size_t header; /* bytes */
    size_t length; /* of what follows, padding included */
    size_t padding;
};

/* ssl2_record_header reads the header at the head of `in`; false where it is incomplete, or says
 * that nothing follows. */
bool ssl2_record_header(struct ht_bytes in, struct ssl2_record *out);

struct ssl2_client_hello {
    uint16_t version; /* the highest that the client speaks */
    struct ht_bytes cipher_specs;
    struct ht_bytes session_id;
    struct ht_bytes challenge;
};

/* The draft's section 5.5.1; RFC 5246 appendix E.2. */
bool ssl2_client_hello_parse(struct ht_bytes message, struct ssl2_client_hello *out);

struct ssl2_server_hello {
    bool session_id_hit;
    uint8_t certificate_type;
    uint16_t version;
    struct ht_bytes certificate; /* DER */
    struct ht_bytes cipher_specs;
    struct ht_bytes connection_id;
};

bool ssl2_server_hello_parse(struct ht_bytes message, struct ssl2_server_hello *out);

/* `out->cipher_kind` is spelled in `scratch` where it has no name. */
bool ssl2_client_master_key_parse(struct ht_bytes message, struct ht_arena *scratch,
                                  struct ssl2_client_master_key *out);

bool ssl2_error_parse(struct ht_bytes message, struct ht_arena *scratch, struct ssl2_error *out);

/* ssl2_kind_names are the names of three-byte cipher specs, in `arena`. In a hello to servers of
 * any version those of TLS are among them, with their own names. */
struct ht_texts ssl2_kind_names(struct ht_bytes cipher_specs, struct ht_arena *arena);

/* ssl2_tls_suites are those cipher specs that are suites of SSL 3.0 or TLS, of two bytes each. */
struct ht_bytes ssl2_tls_suites(struct ht_bytes cipher_specs, struct ht_arena *arena);

#endif
