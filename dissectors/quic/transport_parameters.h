/*
 * The transport parameters that a QUIC endpoint sends in its TLS handshake (RFC 9000 section 18),
 * and those that were added to them. Pure.
 */
#ifndef HT_QUIC_TRANSPORT_PARAMETERS_H
#define HT_QUIC_TRANSPORT_PARAMETERS_H

#include "base/address.h"
#include "quic/versions.h"

/* A number is its value plus one, so that 0 is absent. */
struct quic_transport_parameters {
    struct ht_texts parameters; /* names, in order */
    uint64_t max_idle_timeout_ms, max_udp_payload_size, initial_max_data;
    uint64_t initial_max_stream_data_bidi_local, initial_max_stream_data_bidi_remote;
    uint64_t initial_max_stream_data_uni, initial_max_streams_bidi, initial_max_streams_uni;
    uint64_t ack_delay_exponent, max_ack_delay_ms, active_connection_id_limit;
    uint64_t max_datagram_frame_size, min_ack_delay_us, initial_max_path_id, time_stamp, loss_bits;
    uint64_t google_initial_rtt_us;
    struct ht_bytes original_destination_connection_id, initial_source_connection_id,
        retry_source_connection_id, stateless_reset_token;
    const struct quic_preferred_address *preferred_address;
    struct ht_bytes chosen_version; /* version_information, RFC 9368 */
    struct ht_texts available_versions;
    struct ht_texts google_connection_options;
    struct ht_bytes google_user_agent, google_version;
    bool disable_active_migration, grease_quic_bit, reset_stream_at;
    bool grease; /* one of the identifiers reserved for it is there */
};

struct quic_preferred_address {
    struct ht_address ipv4, ipv6;
    uint64_t ipv4_port, ipv6_port;
    struct ht_bytes connection_id, stateless_reset_token;
};

/* quic_transport_parameters_parse reads the content of the extension quic_transport_parameters, as
 * of RFC 9000 or of the drafts before 27; lists lie in `scratch`. False where a parameter that is
 * read, or the frame around them, is malformed; the others are read, and of one that is there twice
 * the first counts. */
bool quic_transport_parameters_parse(struct ht_bytes content, struct ht_arena *scratch,
                                     struct quic_transport_parameters *out);

#endif
