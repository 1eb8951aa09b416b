/*
 * OpenVPN's packets (openvpn.net, "Network protocol"): an opcode and, of the control channel, what
 * its reliability layer needs around a piece of the TLS stream. Three ways to wrap the control
 * channel are not told apart by any field: with a HMAC before it (--tls-auth), encrypted
 * (--tls-crypt), or neither.
 */
#ifndef HT_OPENVPN_PACKET_H
#define HT_OPENVPN_PACKET_H

#include "base/bytes.h"

enum {
    OPENVPN_SOFT_RESET           = 3,
    OPENVPN_CONTROL              = 4,
    OPENVPN_ACK                  = 5,
    OPENVPN_DATA_V1              = 6,
    OPENVPN_HARD_RESET_CLIENT    = 7,
    OPENVPN_HARD_RESET_SERVER    = 8,
    OPENVPN_DATA_V2              = 9,
    OPENVPN_HARD_RESET_CLIENT_V3 = 10, /* with the client's own key (--tls-crypt-v2) */
    OPENVPN_CONTROL_WKC          = 11  /* the same on the packet after it */
};

enum {
    OPENVPN_SESSION_ID = 8,
    OPENVPN_MAX_ACKS   = 8 /* in a packet */
};

enum openvpn_wrapping { OPENVPN_UNKNOWN, OPENVPN_PLAIN, OPENVPN_TLS_AUTH, OPENVPN_TLS_CRYPT };

/* How the control channel is wrapped. */
struct openvpn_framing {
    enum openvpn_wrapping wrapping;
    uint8_t hmac_len; /* with OPENVPN_TLS_AUTH */
};

struct openvpn_packet {
    uint8_t opcode, key_id;
    struct ht_bytes session_id; /* empty in data packets */
    uint32_t replay_id, replay_time;
    struct ht_bytes acks; /* packed uint32 */
    struct ht_bytes remote_session_id;
    uint32_t message_id;
    struct ht_bytes payload; /* of the TLS stream; with tls-crypt all that is encrypted */
};

/* openvpn_is_data: the opcode is one of the data channel's. */
bool openvpn_is_data(uint8_t opcode);

/* openvpn_is_hard_reset: the opcode begins a session. */
bool openvpn_is_hard_reset(uint8_t opcode);

/* openvpn_packet_read reads a packet without the length that it has over TCP. False where it ends
 * early or has an opcode that is none; of data packets only the first byte is read. */
bool openvpn_packet_read(struct ht_bytes bytes, struct openvpn_framing framing,
                         struct openvpn_packet *out);

/* openvpn_detect finds the framing by a packet that tells it beyond doubt: a hard reset, or the
 * one with the beginning of a TLS hello. OPENVPN_UNKNOWN: it is neither. */
struct openvpn_framing openvpn_detect(struct ht_bytes bytes);

/* openvpn_detect_amid finds it by any packet of the control channel that is not encrypted: for a
 * session whose beginning is not in the capture, and packets that have their length before them. */
struct openvpn_framing openvpn_detect_amid(struct ht_bytes bytes);

#endif
