/*
 * QUIC (RFC 9000, 9001, 9369): what of it can be seen without keys. The structs here are the
 * events' data; their field tables are in events.c.
 */
#ifndef HT_QUIC_QUIC_H
#define HT_QUIC_QUIC_H

#include "event/event.h"
#include "quic/google.h"
#include "quic/transport_parameters.h"

extern const struct ht_registry quic_frame_types, quic_error_codes;

/* A number wider than a registry's, and its name. */
struct quic_named {
    struct ht_bytes id; /* "0x6b3343cf" */
    struct ht_bytes name;
};

struct quic_version_negotiation {
    struct ht_texts versions; /* names, in order */
};

struct quic_retry {
    uint64_t frame;
    struct ht_bytes connection_id; /* that the client is to use from now on */
    uint64_t token_bytes;
    bool authentic;        /* its integrity tag belongs to the client's first Initial, */
    const char *unchecked; /* unless this is set: then that could not be told */
};

struct quic_close {
    uint64_t frame;
    const char *from; /* client, server */
    const struct quic_named *error;
    struct ht_bytes alert;               /* of a CRYPTO_ERROR: TLS's alert */
    const struct quic_named *frame_type; /* that brought the error about */
    struct ht_bytes reason;
    /* Not in the output: */
    uint8_t side; /* who sent it */
};

/* A connection id that a side vouches for in its transport parameters (RFC 9000 section 7.3), and
 * that is another in the headers of packets. */
struct quic_id_mismatch {
    const char *parameter;
    uint64_t frame; /* that holds the parameters' last bytes */
    bool absent;    /* it is not among the parameters */
    struct ht_bytes said, seen;
};

/* Packets that cannot be read, of a side. */
struct quic_encrypted {
    uint64_t packets;
    uint64_t bytes; /* of the packets */
};

/* A frame that no Initial or Handshake packet may have. */
struct quic_malformed {
    const struct quic_named *frame_type;
    uint64_t bytes; /* of the packet's frames from there on */
};

/* A connection id by which `owner` is addressed by `peer`; of a preferred address it is the server
 * there, and `peer` the server where it is now. Told to analyzers alone. */
struct quic_connection_id {
    struct ht_bytes id;
    struct ht_endpoint owner, peer;
    bool preferred;
};

struct quic_connection_id_change {
    struct ht_bytes connection_id; /* by which the receiver is addressed from now on */
};

struct quic_packet_counts {
    uint64_t initial, zero_rtt, handshake, retry, version_negotiation, one_rtt;
};

/* The connection record's object "quic". */
struct quic_details {
    const struct quic_named *version;
    const struct quic_named *original_version; /* the first tried, where it is another */
    struct ht_texts offered_versions;          /* by Version Negotiation */
    struct ht_bytes original_destination_connection_id;
    struct ht_bytes client_connection_id, server_connection_id;
    uint64_t token_bytes; /* of the client's Initial */
    const struct quic_retry *retry;
    const struct quic_transport_parameters *client_transport_parameters,
        *server_transport_parameters; /* the server's: with the keys of a key log */
    struct quic_packet_counts *client_packets, *server_packets;
    uint64_t coalesced_datagrams;
    uint64_t undecryptable_initials;
    uint64_t connection_id_changes;
    struct ht_bytes user_agent; /* by Google's handshake, or its transport parameter */
    struct ht_objects closes;   /* of struct quic_close */
    const struct tls_migrated_from *migrated_from;
    /* Not in the output: */
    uint64_t small_initial_frame; /* a client's Initial in a datagram of less than 1200 bytes; 0: no
                                   * such, or its size is not known */
    uint64_t small_initial_len;   /* of that datagram */
    uint64_t amplified_frame; /* by which the server had sent more than three times what it got, and
                               * the client had not shown yet that the address is its own; or 0 */
    uint64_t amplified_client_bytes, amplified_server_bytes; /* in datagrams, until it had */
    const struct quic_id_mismatch *id_mismatch;              /* the first; NULL: none was seen */
    struct ht_bytes to_client, to_server; /* of a flow that may be part of a connection: what begins
                                           * with the connection id, if it has one */
};

extern const struct ht_struct quic_details_struct;

extern const struct ht_event_type quic_version_negotiation_event, quic_retry_event,
    quic_transport_parameters_event, quic_connection_id_event, quic_zero_rtt_event,
    quic_handshake_event, quic_connection_close_event, quic_connection_id_change_event,
    quic_malformed_event, quic_google_handshake_event;

#endif
