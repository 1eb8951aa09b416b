/*
 * What DTLS's own events and details are called and how each field is shown.
 */
#include "dtls/dtls.h"

#include "tls/tls.h"

static const struct ht_field hello_verify_request_fields[] = {
    HT_FIELD(struct dtls_hello_verify_request, version, HT_NAMED, "Version in the message.",
             .names = &tls_versions),
    HT_FIELD(struct dtls_hello_verify_request, cookie_bytes, HT_UINT,
             "Size of the cookie that the client is to return.", .label = "cookie"),
};

const struct ht_struct dtls_hello_verify_request_struct =
    HT_STRUCT(struct dtls_hello_verify_request, "dtls_hello_verify_request",
              hello_verify_request_fields, "A HelloVerifyRequest (RFC 6347 section 4.2.1).");

static const struct ht_field retransmission_fields[] = {
    HT_FIELD(struct dtls_retransmission, messages, HT_UINT,
             "Handshake messages in the frame that were there before.", .label = "messages"),
};

const struct ht_struct dtls_retransmission_struct =
    HT_STRUCT(struct dtls_retransmission, "dtls_retransmission", retransmission_fields,
              "Handshake messages that were sent again (RFC 6347 section 4.2.4).");

static const struct ht_field ack_fields[] = {
    HT_FIELD(struct dtls_ack, records, HT_UINT, "Records acknowledged.", .label = "records"),
};

const struct ht_struct dtls_ack_struct =
    HT_STRUCT(struct dtls_ack, "dtls_ack", ack_fields, "An ACK (RFC 9147 section 7).");

static const struct ht_field epoch_fields[] = {
    HT_FIELD(struct dtls_epoch, epoch, HT_UINT,
             "Number of the set of keys: 0 is none; in DTLS 1.3, 1 early data, 2 the handshake, 3 "
             "and more data.",
             .flags = HT_ALWAYS),
    HT_FIELD(struct dtls_epoch, from, HT_LABEL, "Who sent: client, server."),
    HT_FIELD(struct dtls_epoch, records, HT_UINT, "Records."),
    HT_FIELD(struct dtls_epoch, bytes, HT_UINT, "Bytes in them, encrypted or not."),
    HT_FIELD(struct dtls_epoch, missing, HT_UINT,
             "Records between the first and the last that are not in the capture, by their "
             "sequence numbers.",
             .flags = HT_DERIVED),
};

const struct ht_struct dtls_epoch_struct =
    HT_STRUCT(struct dtls_epoch, "dtls_epoch", epoch_fields, "Records of one side in one epoch.");

static const struct ht_field details_fields[] = {
    HT_FIELD(struct dtls_details, version, HT_NAMED, "Version really negotiated.",
             .names = &tls_versions),
    HT_FIELD(struct dtls_details, within, HT_LABEL,
             "What the datagrams are wrapped in: turn_channel, stun_indication, capwap.",
             .label = "within", .flags = HT_HEADLINE),
    HT_FIELD(struct dtls_details, hello_verify_request, HT_BOOL,
             "The server asked the client to return a cookie first.", .flags = HT_ALWAYS),
    HT_FIELD(struct dtls_details, cookie_bytes, HT_UINT, "Size of that cookie."),
    HT_FIELD(struct dtls_details, connection_ids, HT_BOOL,
             "Connection ids were negotiated (RFC 9146).", .label = "connection ids",
             .flags = HT_HEADLINE),
    HT_FIELD(struct dtls_details, client_connection_id, HT_HEX,
             "What the client wants to find in records that it receives."),
    HT_FIELD(struct dtls_details, server_connection_id, HT_HEX,
             "What the server wants to find in records that it receives."),
    HT_FIELD(struct dtls_details, fragmented_messages, HT_UINT,
             "Handshake messages that came in fragments."),
    HT_FIELD(struct dtls_details, fragments, HT_UINT, "Fragments of these, without repeated ones."),
    HT_FIELD(struct dtls_details, client_retransmissions, HT_UINT,
             "Handshake messages that the client sent again.", .label = "client retransmissions",
             .flags = HT_HEADLINE),
    HT_FIELD(struct dtls_details, server_retransmissions, HT_UINT,
             "Handshake messages that the server sent again.", .label = "server retransmissions",
             .flags = HT_HEADLINE),
    HT_FIELD(struct dtls_details, lost_messages, HT_UINT,
             "Handshake messages that are not in the capture, by their sequence numbers.",
             .label = "lost messages", .flags = HT_HEADLINE | HT_DERIVED),
    HT_FIELD(struct dtls_details, repeated_records, HT_UINT,
             "Encrypted records whose sequence number was there before."),
    HT_FIELD(struct dtls_details, late_records, HT_UINT,
             "Encrypted records with a lower sequence number than one before them."),
    HT_FIELD(struct dtls_details, other_datagrams, HT_UINT,
             "Datagrams amid these that are not DTLS (RFC 7983)."),
    HT_FIELD(struct dtls_details, epochs, HT_LIST_OBJECT, "Records by epoch and side.",
             .of = &dtls_epoch_struct),
    HT_FIELD(struct dtls_details, migrated_from, HT_OBJECT,
             "The association that goes on here, since the client changed its address or port.",
             .of = &tls_migrated_from_struct, .label = "goes on from", .flags = HT_HEADLINE),
};

static const struct ht_field connection_id_fields[] = {
    HT_FIELD(struct dtls_connection_id, id, HT_HEX, "The connection id."),
};

static const struct ht_struct connection_id_struct =
    HT_STRUCT(struct dtls_connection_id, "dtls_connection_id", connection_id_fields,
              "A connection id by which a side is addressed.");

const struct ht_event_type dtls_connection_id_event = {
    .name   = "dtls.connection_id",
    .title  = "connection id",
    .doc    = "A connection id by which a side is addressed (RFC 9146).",
    .data   = &connection_id_struct,
    .unsaid = true,
};

const struct ht_struct dtls_details_struct =
    HT_STRUCT(struct dtls_details, "dtls", details_fields, "How DTLS carried the TLS session.");

const struct ht_event_type dtls_hello_verify_request_event = {
    .name  = "dtls.hello_verify_request",
    .title = "HelloVerifyRequest",
    .doc   = "The server asks for its cookie in another ClientHello (RFC 6347 section 4.2.1).",
    .data  = &dtls_hello_verify_request_struct,
};

const struct ht_event_type dtls_retransmission_event = {
    .name  = "dtls.retransmission",
    .title = "Retransmission",
    .doc   = "Handshake messages are sent again (RFC 6347 section 4.2.4).",
    .data  = &dtls_retransmission_struct,
};

const struct ht_event_type dtls_ack_event = {
    .name  = "dtls.ack",
    .title = "ACK",
    .doc   = "Records of the handshake are acknowledged (RFC 9147 section 7).",
    .data  = &dtls_ack_struct,
};
