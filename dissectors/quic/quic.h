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

/* Packets that cannot be read, of a side. */
struct quic_encrypted {
    uint64_t packets;
    uint64_t bytes; /* of the packets */
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
    const struct quic_transport_parameters *client_transport_parameters;
    struct quic_packet_counts *client_packets, *server_packets;
    uint64_t coalesced_datagrams;
    uint64_t undecryptable_initials;
    uint64_t connection_id_changes;
    struct ht_bytes user_agent; /* by Google's handshake, or its transport parameter */
    struct ht_objects closes;   /* of struct quic_close */
};

extern const struct ht_struct quic_details_struct;

extern const struct ht_event_type quic_version_negotiation_event, quic_retry_event,
    quic_transport_parameters_event, quic_zero_rtt_event, quic_handshake_event,
    quic_connection_close_event, quic_connection_id_change_event, quic_malformed_event,
    quic_google_handshake_event;

#endif
