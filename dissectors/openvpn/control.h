/*
 * The reliability layer of OpenVPN's control channel: one side's pieces of the TLS stream, by
 * message packet id, put in order and handed to the TLS session record by record.
 */
#ifndef HT_OPENVPN_CONTROL_H
#define HT_OPENVPN_CONTROL_H

#include "tls/session.h"

enum {
    OPENVPN_WINDOW    = 12,  /* packets that OpenVPN keeps for those before them */
    OPENVPN_MAX_PIECE = 2048 /* bytes in one that is kept */
};

/* A piece that came before its turn. */
struct openvpn_piece {
    uint32_t message_id;
    uint16_t len;
    struct tls_place place;
    uint8_t bytes[OPENVPN_MAX_PIECE];
};

/* Zeroed is that of a new side, whose hard reset has id 0. */
struct openvpn_control {
    uint32_t next; /* message packet id */
    uint8_t num_waiting;
    struct openvpn_piece *waiting; /* of OPENVPN_WINDOW, in any order; in the flow's arena */
    uint8_t *record;               /* the beginning of a TLS record; in the flow's arena */
    uint32_t record_len, record_room;
    struct tls_place record_place; /* of the last bytes of that */
    bool searching;                /* after a hole: for where a record begins */
    bool hole;
    bool late;     /* pieces of it were before the capture */
    uint64_t lost; /* packets */
};

/* A packet with a message packet id. */
struct openvpn_message {
    uint32_t id;
    struct ht_bytes payload;
    bool cut;      /* its end is missing */
    bool in_order; /* over TCP: what is missing before it will not come */
};

/* openvpn_control_take takes the payload of a packet. False where it was there before. */
bool openvpn_control_take(struct openvpn_control *control, struct tls_state *tls,
                          struct ht_emitter *e, enum ht_side from,
                          const struct openvpn_message *message);

/* openvpn_control_join begins a side whose hard reset was not seen with this message; the first
 * piece of the TLS stream has id 1. */
void openvpn_control_join(struct openvpn_control *control, const struct openvpn_message *message);

/* openvpn_control_end hands over what waits, whether or not what it waits for came. */
void openvpn_control_end(struct openvpn_control *control, struct tls_state *tls,
                         struct ht_emitter *e, enum ht_side from);

#endif
