/*
 * What is remembered of an OpenVPN flow while it is followed: shared by openvpn.c and its tests.
 */
#ifndef HT_OPENVPN_STATE_H
#define HT_OPENVPN_STATE_H

#include "openvpn/control.h"
#include "openvpn/openvpn.h"
#include "openvpn/packet.h"

enum {
    OPENVPN_MAX_ASIDES   = 16, /* resets in the timeline; more are only counted */
    OPENVPN_MAX_RENEWALS = 8   /* TLS sessions after the first that are followed */
};

/* A TLS session that a soft reset began: new keys, with a control channel of their own. */
struct openvpn_renewal {
    struct openvpn_renewal *before; /* the one that began before it; NULL: it is the first */
    struct tls_state tls;
    struct openvpn_control control[2];
};

struct openvpn_direction {
    struct openvpn_control control;
    struct openvpn_packets packets;
    struct tls_place first_data;
    uint8_t session_id[OPENVPN_SESSION_ID];
    bool session_known;
    uint8_t soft_reset; /* the last key id that was told; 0: none */
};

struct openvpn_state {
    struct tls_state tls;
    struct openvpn_details details;
    struct openvpn_direction direction[2];
    struct openvpn_framing framing;
    struct tls_place reset_place; /* of the last hard reset */
    bool client_key;              /* tls-crypt-v2 */
    bool key_known;
    uint8_t key_id;                  /* of the TLS session that is followed */
    uint8_t asides;                  /* told */
    struct openvpn_renewal *renewal; /* the last that is followed, in the flow's arena; or NULL */
};

#endif
