/*
 * DTLS 1.0 (RFC 4347), 1.2 (RFC 6347) and 1.3 (RFC 9147), with connection ids (RFC 9146): what of
 * it can be seen beside the TLS session that it carries. Field tables are in events.c.
 */
#ifndef HT_DTLS_DTLS_H
#define HT_DTLS_DTLS_H

#include "event/event.h"

struct dtls_hello_verify_request {
    struct ht_named version;
    uint64_t cookie_bytes;
};

struct dtls_retransmission {
    uint64_t messages;
};

struct dtls_ack {
    uint64_t records; /* acknowledged; 0: encrypted */
};

/* What one side sent under one set of keys. */
struct dtls_epoch {
    uint64_t epoch;
    const char *from; /* client, server */
    uint64_t records, bytes;
    uint64_t missing; /* by the sequence numbers, between the first and the last seen */
    /* Not in the output: */
    uint64_t first, last; /* sequence numbers */
    uint64_t window;      /* which of the last 64 were seen, by bit; 0: none can be */
};

/* A connection id by which `owner` is addressed by `peer`. Told to analyzers alone. */
struct dtls_connection_id {
    struct ht_bytes id;
    struct ht_endpoint owner, peer;
};

/* The connection record's object beside "tls". */
struct dtls_details {
    struct ht_named version;
    const char *within; /* what the datagrams are wrapped in */
    bool hello_verify_request;
    uint64_t cookie_bytes;
    bool connection_ids; /* negotiated */
    struct ht_bytes client_connection_id, server_connection_id;
    uint64_t fragmented_messages, fragments;
    uint64_t client_retransmissions, server_retransmissions; /* messages */
    uint64_t lost_messages;
    uint64_t repeated_records, late_records;
    uint64_t other_datagrams;
    struct ht_objects epochs;                      /* of struct dtls_epoch */
    const struct tls_migrated_from *migrated_from; /* by an analyzer; NULL: from nowhere */
    /* Not in the output: */
    struct ht_bytes to_server; /* what begins with the server's id, of a flow that did not negotiate
                                * it; empty: there is none */
};

extern const struct ht_struct dtls_hello_verify_request_struct, dtls_retransmission_struct,
    dtls_ack_struct, dtls_epoch_struct, dtls_details_struct;

extern const struct ht_event_type dtls_hello_verify_request_event, dtls_retransmission_event,
    dtls_ack_event, dtls_connection_id_event;

#endif
