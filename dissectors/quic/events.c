/*
 * What QUIC's events and its object in the connection record are called, and how each field is
 * shown.
 */
#include "quic/quic.h"

#include "tls/tls.h"

static const struct ht_field named_fields[] = {
    HT_FIELD(struct quic_named, id, HT_TEXT, "Number, in hexadecimal."),
    HT_FIELD(struct quic_named, name, HT_TEXT, "Name.", .label = ""),
};

static const struct ht_struct named_struct =
    HT_STRUCT(struct quic_named, "quic_value", named_fields, "A number of QUIC's and its name.");

static const struct ht_field version_negotiation_fields[] = {
    HT_FIELD(struct quic_version_negotiation, versions, HT_LIST_TEXT,
             "Versions that the server supports, in order.", .label = "offers"),
};

static const struct ht_struct version_negotiation_struct =
    HT_STRUCT(struct quic_version_negotiation, "quic_version_negotiation",
              version_negotiation_fields, "A Version Negotiation packet.");

static const struct ht_field retry_fields[] = {
    HT_FIELD(struct quic_retry, frame, HT_UINT, "Frame that holds it."),
    HT_FIELD(struct quic_retry, connection_id, HT_HEX,
             "Connection id by which the client addresses the server from now on."),
    HT_FIELD(struct quic_retry, token_bytes, HT_UINT, "Size of the token that the client returns.",
             .label = "token"),
    HT_FIELD(struct quic_retry, authentic, HT_BOOL,
             "Its integrity tag belongs to the client's first Initial (RFC 9001 section 5.8).",
             .label = "authentic", .flags = HT_UNLESS | HT_DERIVED,
             .unless = offsetof(struct quic_retry, unchecked)),
    HT_FIELD(struct quic_retry, unchecked, HT_LABEL, "It could not be told.", .flags = HT_INTERNAL),
};

static const struct ht_struct retry_struct =
    HT_STRUCT(struct quic_retry, "quic_retry", retry_fields, "A Retry packet.");

static const struct ht_field close_fields[] = {
    HT_FIELD(struct quic_close, frame, HT_UINT, "Frame that holds it."),
    HT_FIELD(struct quic_close, from, HT_LABEL, "Who closed: client, server."),
    HT_FIELD(struct quic_close, error, HT_OBJECT, "Error code (RFC 9000 section 20.1).",
             .of = &named_struct, .label = ""),
    HT_FIELD(struct quic_close, alert, HT_TEXT, "TLS's alert, of a CRYPTO_ERROR.", .label = ""),
    HT_FIELD(struct quic_close, frame_type, HT_OBJECT, "Type of the frame that caused the error.",
             .of = &named_struct, .label = "frame type"),
    HT_FIELD(struct quic_close, reason, HT_TEXT, "Reason phrase.", .label = "reason"),
};

static const struct ht_struct close_struct = HT_STRUCT(
    struct quic_close, "quic_close", close_fields, "A CONNECTION_CLOSE frame that could be read.");

static const struct ht_field encrypted_fields[] = {
    HT_FIELD(struct quic_encrypted, packets, HT_UINT, "Number of packets.", .label = "packets"),
    HT_FIELD(struct quic_encrypted, bytes, HT_UINT, "Size of the packets.", .label = "bytes"),
};

static const struct ht_struct encrypted_struct = HT_STRUCT(
    struct quic_encrypted, "quic_encrypted", encrypted_fields, "Packets that cannot be read.");

static const struct ht_field connection_id_change_fields[] = {
    HT_FIELD(struct quic_connection_id_change, connection_id, HT_HEX,
             "Connection id by which the receiver is addressed from now on.", .label = "to"),
};

static const struct ht_struct connection_id_change_struct =
    HT_STRUCT(struct quic_connection_id_change, "quic_connection_id_change",
              connection_id_change_fields, "Another connection id.");

static const struct ht_field preferred_address_fields[] = {
    HT_FIELD(struct quic_preferred_address, ipv4, HT_ADDRESS, "IPv4 address."),
    HT_FIELD(struct quic_preferred_address, ipv4_port, HT_UINT, "Port at that address."),
    HT_FIELD(struct quic_preferred_address, ipv6, HT_ADDRESS, "IPv6 address."),
    HT_FIELD(struct quic_preferred_address, ipv6_port, HT_UINT, "Port at that address."),
    HT_FIELD(struct quic_preferred_address, connection_id, HT_HEX, "Connection id to use there."),
    HT_FIELD(struct quic_preferred_address, stateless_reset_token, HT_HEX,
             "Token that proves a stateless reset there."),
};

static const struct ht_struct preferred_address_struct =
    HT_STRUCT(struct quic_preferred_address, "quic_preferred_address", preferred_address_fields,
              "Where the server wants to be addressed after the handshake.");

static const struct ht_field connection_id_fields[] = {
    HT_FIELD(struct quic_connection_id, id, HT_HEX, "The connection id."),
};

static const struct ht_struct connection_id_struct =
    HT_STRUCT(struct quic_connection_id, "quic_connection_id", connection_id_fields,
              "A connection id by which a side is addressed.");

#define OWNER struct quic_transport_parameters
#define ROW(...) HT_FIELD(OWNER, __VA_ARGS__)
#define NUMBER(member, doc) ROW(member, HT_UINT, doc, .flags = HT_PLUS_ONE)

static const struct ht_field transport_parameters_fields[] = {
    ROW(parameters, HT_LIST_TEXT, "All parameters, in order.", .flags = HT_REPEATS),
    NUMBER(max_idle_timeout_ms, "Silence after which the connection is given up; 0: none."),
    NUMBER(max_udp_payload_size, "Largest datagram that will be received."),
    NUMBER(initial_max_data, "Bytes that may be sent on all streams before more are allowed."),
    NUMBER(initial_max_stream_data_bidi_local,
           "The same for each bidirectional stream that the sender opens."),
    NUMBER(initial_max_stream_data_bidi_remote,
           "The same for each bidirectional stream that the receiver opens."),
    NUMBER(initial_max_stream_data_uni, "The same for each unidirectional stream."),
    NUMBER(initial_max_streams_bidi, "Bidirectional streams that may be opened."),
    NUMBER(initial_max_streams_uni, "Unidirectional streams that may be opened."),
    NUMBER(ack_delay_exponent, "Power of two by which delays in ACK frames are scaled."),
    NUMBER(max_ack_delay_ms, "Longest delay of an acknowledgement."),
    NUMBER(active_connection_id_limit, "Connection ids of the peer's that are kept."),
    ROW(disable_active_migration, HT_BOOL, "The peer must not change its address."),
    ROW(original_destination_connection_id, HT_HEX,
        "Destination connection id of the client's first Initial, as the server saw it."),
    ROW(initial_source_connection_id, HT_HEX, "Source connection id of the first Initial."),
    ROW(retry_source_connection_id, HT_HEX, "Source connection id of the Retry."),
    ROW(stateless_reset_token, HT_HEX, "Token that proves a stateless reset."),
    ROW(preferred_address, HT_OBJECT, "Where the server wants to be addressed.",
        .of = &preferred_address_struct),
    ROW(chosen_version, HT_TEXT, "Version that the sender chose (RFC 9368).", .label = "chosen"),
    ROW(available_versions, HT_LIST_TEXT, "Versions compatible with it (RFC 9368).",
        .label = "available", .flags = HT_REPEATS),
    NUMBER(max_datagram_frame_size, "Largest DATAGRAM frame that will be received (RFC 9221)."),
    ROW(grease_quic_bit, HT_BOOL, "The fixed bit may be anything (RFC 9287)."),
    NUMBER(min_ack_delay_us, "Shortest delay of an acknowledgement (ACK_FREQUENCY)."),
    NUMBER(initial_max_path_id, "Paths that may be used (multipath)."),
    NUMBER(time_stamp, "TIMESTAMP frames: who sends them."),
    NUMBER(loss_bits, "Loss bits in the short header: whether they are sent."),
    ROW(reset_stream_at, HT_BOOL, "Streams may be reset with part of them delivered."),
    NUMBER(google_initial_rtt_us, "Google's: round trip time of an earlier connection."),
    ROW(google_connection_options, HT_LIST_TEXT, "Google's: experiments.", .flags = HT_REPEATS),
    ROW(google_user_agent, HT_TEXT, "Google's: the client's program.", .label = "agent"),
    ROW(google_version, HT_TEXT, "Google's: the version first tried."),
    ROW(grease, HT_BOOL, "An identifier reserved for exercise is there (RFC 9000 section 18.1)."),
};

#undef OWNER

static const struct ht_struct transport_parameters_struct =
    HT_STRUCT(struct quic_transport_parameters, "quic_transport_parameters",
              transport_parameters_fields, "What an endpoint says of itself in its handshake.");

#define OWNER struct quic_packet_counts

static const struct ht_field packet_counts_fields[] = {
    ROW(initial, HT_UINT, "Initial packets."),
    ROW(zero_rtt, HT_UINT, "0-RTT packets: early data."),
    ROW(handshake, HT_UINT, "Handshake packets."),
    ROW(retry, HT_UINT, "Retry packets."),
    ROW(version_negotiation, HT_UINT, "Version Negotiation packets."),
    ROW(one_rtt, HT_UINT, "1-RTT packets, those with a short header."),
};

static const struct ht_struct packet_counts_struct = HT_STRUCT(
    struct quic_packet_counts, "quic_packets", packet_counts_fields, "Packets of a side, by type.");

#undef OWNER
#define OWNER struct quic_details

static const struct ht_field details_fields[] = {
    ROW(version, HT_OBJECT, "Version of QUIC in use.", .of = &named_struct, .label = "",
        .flags = HT_HEADLINE),
    ROW(original_version, HT_OBJECT,
        "Version of the client's first packet, where another was then agreed on.",
        .of = &named_struct, .label = "first tried", .flags = HT_HEADLINE),
    ROW(offered_versions, HT_LIST_TEXT, "Versions that Version Negotiation offered."),
    ROW(original_destination_connection_id, HT_HEX,
        "Destination connection id of the client's first Initial; its keys come from it."),
    ROW(client_connection_id, HT_HEX, "Connection id that the client chose first."),
    ROW(server_connection_id, HT_HEX, "Connection id that the server chose first."),
    ROW(token_bytes, HT_UINT,
        "Size of the token in the client's Initial, from a Retry or an earlier connection."),
    ROW(retry, HT_OBJECT, "The Retry, by which the server made sure of the client's address.",
        .of = &retry_struct),
    ROW(client_transport_parameters, HT_OBJECT, "The client's transport parameters.",
        .of = &transport_parameters_struct),
    ROW(server_transport_parameters, HT_OBJECT,
        "The server's, which are encrypted: known with the keys of a key log.",
        .of = &transport_parameters_struct),
    ROW(client_packets, HT_OBJECT, "The client's packets.", .of = &packet_counts_struct),
    ROW(server_packets, HT_OBJECT, "The server's packets.", .of = &packet_counts_struct),
    ROW(coalesced_datagrams, HT_UINT, "Datagrams with more than one packet in them."),
    ROW(undecryptable_initials, HT_UINT, "Initial packets whose keys could not be derived."),
    ROW(connection_id_changes, HT_UINT,
        "How often a side was addressed by another connection id than before."),
    ROW(user_agent, HT_TEXT, "The client's program, where it says so to Google's servers."),
    ROW(migrated_from, HT_OBJECT,
        "The connection that goes on here, since a side changed its address or port.",
        .of = &tls_migrated_from_struct, .label = "goes on from", .flags = HT_HEADLINE),
    ROW(closes, HT_LIST_OBJECT, "CONNECTION_CLOSE frames that could be read.", .of = &close_struct),
};

const struct ht_struct quic_details_struct =
    HT_STRUCT(struct quic_details, "quic", details_fields, "What carries TLS: QUIC.");

static const struct ht_field google_fields[] = {
    HT_FIELD(struct quic_google_message, message, HT_TEXT, "CHLO, REJ, SHLO.", .label = ""),
    HT_FIELD(struct quic_google_message, server_name, HT_TEXT, "Name of the server asked for.",
             .label = ""),
    HT_FIELD(struct quic_google_message, user_agent, HT_TEXT, "The client's program.",
             .label = "agent"),
    HT_FIELD(struct quic_google_message, version, HT_TEXT, "Version that the client proposes."),
    HT_FIELD(struct quic_google_message, tags, HT_LIST_TEXT, "Tags of its values, in order.",
             .flags = HT_REPEATS),
};

static const struct ht_struct google_struct =
    HT_STRUCT(struct quic_google_message, "quic_google_handshake", google_fields,
              "A message of QUIC crypto, Google's handshake before TLS.");

static const struct ht_field malformed_fields[] = {
    HT_FIELD(struct quic_malformed, frame_type, HT_OBJECT,
             "Type of the first frame that no such packet may have, or that ends too early.",
             .label = "", .of = &named_struct),
    HT_FIELD(struct quic_malformed, bytes, HT_UINT, "Size of the frames from there on.",
             .label = "bytes"),
};

static const struct ht_struct malformed_struct =
    HT_STRUCT(struct quic_malformed, "quic_malformed", malformed_fields,
              "Frames that break the specification.");

const struct ht_event_type quic_version_negotiation_event = {
    .name  = "quic.version_negotiation",
    .title = "Version Negotiation",
    .doc   = "The server does not know the client's version (RFC 9000 section 17.2.1).",
    .data  = &version_negotiation_struct,
};

const struct ht_event_type quic_retry_event = {
    .name       = "quic.retry",
    .title      = "Retry",
    .doc        = "The server wants to be sure of the client's address (RFC 9000 section 8.1.2).",
    .data       = &retry_struct,
    .in_details = true,
};

const struct ht_event_type quic_transport_parameters_event = {
    .name  = "quic.transport_parameters",
    .title = "transport parameters",
    .doc =
        "What a side says of itself in its handshake (RFC 9000 section 18); the server encrypted.",
    .data       = &transport_parameters_struct,
    .in_details = true,
};

const struct ht_event_type quic_zero_rtt_event = {
    .name  = "quic.zero_rtt",
    .title = "0-RTT",
    .doc   = "The client's first 0-RTT packet, and how many came in all (RFC 9001 section 4.6).",
    .data  = &encrypted_struct,
};

const struct ht_event_type quic_handshake_event = {
    .name  = "quic.handshake",
    .title = "Handshake packets",
    .doc   = "A side's first Handshake packet, and how many came in all.",
    .data  = &encrypted_struct,
};

const struct ht_event_type quic_connection_close_event = {
    .name       = "quic.connection_close",
    .title      = "CONNECTION_CLOSE",
    .doc        = "A side closes while it can be read (RFC 9000 section 19.19).",
    .data       = &close_struct,
    .in_details = true,
};

const struct ht_event_type quic_connection_id_event = {
    .name   = "quic.connection_id",
    .title  = "connection id",
    .doc    = "A connection id by which a side is addressed.",
    .data   = &connection_id_struct,
    .unsaid = true,
};

const struct ht_event_type quic_connection_id_change_event = {
    .name  = "quic.connection_id_change",
    .title = "connection id changes",
    .doc   = "The receiver is addressed by another connection id (RFC 9000 section 9.5).",
    .data  = &connection_id_change_struct,
};

const struct ht_event_type quic_malformed_event = {
    .name  = "quic.malformed",
    .title = "Malformed frames",
    .doc   = "Frames that break the specification, in a packet that was opened: malformed, of an "
             "unknown type, or not permitted there (RFC 9000 section 12.4).",
    .data  = &malformed_struct,
};

const struct ht_event_type quic_google_handshake_event = {
    .name  = "quic.google_handshake",
    .title = "QUIC crypto",
    .doc   = "A message of Google's own handshake, of versions up to Q050.",
    .data  = &google_struct,
};
