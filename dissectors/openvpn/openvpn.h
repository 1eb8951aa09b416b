/*
 * OpenVPN over TCP and UDP (openvpn.net, "Network protocol"): what of it can be seen beside the TLS
 * session that its control channel carries. Field tables are in events.c.
 */
#ifndef HT_OPENVPN_OPENVPN_H
#define HT_OPENVPN_OPENVPN_H

#include "event/event.h"

struct openvpn_hard_reset {
    struct ht_bytes session_id; /* that its sender chose */
    bool client_key;            /* P_CONTROL_HARD_RESET_CLIENT_V3 */
};

struct openvpn_soft_reset {
    uint64_t key_id; /* of the keys that are agreed on now */
};

/* Packets of the data channel, of one side. */
struct openvpn_data {
    uint64_t packets, bytes;
};

/* What one side sent. */
struct openvpn_packets {
    uint64_t hard_resets, soft_resets, control, acks;
    uint64_t data, data_bytes; /* bytes after the opcode */
    uint64_t retransmitted;    /* packets of the control channel that were there before */
    uint64_t lost;             /* by their packet ids */
    uint64_t other;            /* of other sessions or keys, and what cannot be read */
};

/* The connection record's object beside "tls". */
struct openvpn_details {
    const char *wrapping;
    bool tls_crypt;
    uint64_t hmac_bytes;
    struct ht_bytes client_session_id, server_session_id;
    uint64_t renewals; /* of the TLS session, that were followed */
    const struct openvpn_packets *client_packets, *server_packets;
};

extern const struct ht_struct openvpn_hard_reset_struct, openvpn_soft_reset_struct,
    openvpn_data_struct, openvpn_packets_struct, openvpn_details_struct;

extern const struct ht_event_type openvpn_hard_reset_event, openvpn_soft_reset_event,
    openvpn_data_event;

#endif
