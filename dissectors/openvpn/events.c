/*
 * What OpenVPN's own events and details are called and how each field is shown.
 */
#include "openvpn/openvpn.h"

static const struct ht_field hard_reset_fields[] = {
    HT_FIELD(struct openvpn_hard_reset, session_id, HT_HEX,
             "Session id that its sender chose, 8 bytes.", .label = "session"),
    HT_FIELD(struct openvpn_hard_reset, client_key, HT_BOOL,
             "The client sends a key of its own (tls-crypt-v2).", .label = "client key"),
};

const struct ht_struct openvpn_hard_reset_struct =
    HT_STRUCT(struct openvpn_hard_reset, "openvpn_hard_reset", hard_reset_fields,
              "The beginning of an OpenVPN session.");

static const struct ht_field soft_reset_fields[] = {
    HT_FIELD(struct openvpn_soft_reset, key_id, HT_UINT, "Number of the new keys, 1 to 7.",
             .label = "key"),
};

const struct ht_struct openvpn_soft_reset_struct =
    HT_STRUCT(struct openvpn_soft_reset, "openvpn_soft_reset", soft_reset_fields,
              "New keys in an OpenVPN session, by another TLS session.");

static const struct ht_field data_fields[] = {
    HT_FIELD(struct openvpn_data, packets, HT_UINT, "Packets of the data channel.",
             .label = "packets"),
    HT_FIELD(struct openvpn_data, bytes, HT_UINT, "Bytes in them, after the opcode.",
             .label = "bytes"),
};

const struct ht_struct openvpn_data_struct =
    HT_STRUCT(struct openvpn_data, "openvpn_data", data_fields, "OpenVPN's data of one side.");

static const struct ht_field packets_fields[] = {
    HT_FIELD(struct openvpn_packets, hard_resets, HT_UINT, "Hard resets: beginnings of a session."),
    HT_FIELD(struct openvpn_packets, soft_resets, HT_UINT,
             "Soft resets: new keys in the session, whose TLS session is not told."),
    HT_FIELD(struct openvpn_packets, control, HT_UINT, "Packets with pieces of the TLS stream."),
    HT_FIELD(struct openvpn_packets, acks, HT_UINT, "Packets with acknowledgements only."),
    HT_FIELD(struct openvpn_packets, data, HT_UINT, "Packets of the data channel."),
    HT_FIELD(struct openvpn_packets, data_bytes, HT_UINT, "Bytes in these, after the opcode."),
    HT_FIELD(struct openvpn_packets, retransmitted, HT_UINT,
             "Packets of the control channel that were there before.", .flags = HT_DERIVED),
    HT_FIELD(struct openvpn_packets, lost, HT_UINT,
             "Packets of the control channel that are not in the capture, by their packet ids.",
             .flags = HT_DERIVED),
    HT_FIELD(struct openvpn_packets, other, HT_UINT,
             "Packets of other sessions or keys, or that cannot be read."),
};

const struct ht_struct openvpn_packets_struct =
    HT_STRUCT(struct openvpn_packets, "openvpn_packets", packets_fields,
              "OpenVPN packets of one side, by what they are.");

static const struct ht_field details_fields[] = {
    HT_FIELD(struct openvpn_details, wrapping, HT_LABEL,
             "How the control channel is protected outside of TLS: none, tls_auth (a HMAC), "
             "tls_crypt, tls_crypt_v2 (encrypted).",
             .label = "wrapping", .flags = HT_HEADLINE),
    HT_FIELD(struct openvpn_details, tls_crypt, HT_BOOL,
             "The control channel is encrypted: the TLS session cannot be seen.",
             .flags = HT_ALWAYS),
    HT_FIELD(struct openvpn_details, hmac_bytes, HT_UINT, "Size of the HMAC of tls_auth."),
    HT_FIELD(struct openvpn_details, client_session_id, HT_HEX, "The client's session id."),
    HT_FIELD(struct openvpn_details, server_session_id, HT_HEX, "The server's session id."),
    HT_FIELD(struct openvpn_details, renewals, HT_UINT,
             "TLS sessions that followed the first, by soft reset; they are in the timeline alone.",
             .label = "renewals"),
    HT_FIELD(struct openvpn_details, client_packets, HT_OBJECT, "Packets of the client.",
             .of = &openvpn_packets_struct),
    HT_FIELD(struct openvpn_details, server_packets, HT_OBJECT, "Packets of the server.",
             .of = &openvpn_packets_struct),
};

const struct ht_struct openvpn_details_struct = HT_STRUCT(
    struct openvpn_details, "openvpn", details_fields, "How OpenVPN carried the TLS session.");

const struct ht_event_type openvpn_hard_reset_event = {
    .name  = "openvpn.hard_reset",
    .title = "Hard reset",
    .doc   = "A side begins an OpenVPN session.",
    .data  = &openvpn_hard_reset_struct,
};

const struct ht_event_type openvpn_soft_reset_event = {
    .name  = "openvpn.soft_reset",
    .title = "Soft reset",
    .doc   = "A side begins another TLS session, for new keys of the OpenVPN session.",
    .data  = &openvpn_soft_reset_struct,
};

const struct ht_event_type openvpn_data_event = {
    .name  = "openvpn.data",
    .title = "OpenVPN data",
    .doc   = "The first packet of a side's data channel; the numbers are of all of them.",
    .data  = &openvpn_data_struct,
};
