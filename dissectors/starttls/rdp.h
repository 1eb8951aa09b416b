/*
 * The first message of each side of an RDP connection. Private to this folder and its tests.
 */
#ifndef HT_STARTTLS_RDP_H
#define HT_STARTTLS_RDP_H

#include "starttls/upgrade.h"

enum { RDP_CONNECTION_REQUEST = 0xe0, RDP_CONNECTION_CONFIRM = 0xd0 };

enum { RDP_NEG_REQUEST = 1, RDP_NEG_RESPONSE = 2, RDP_NEG_FAILURE = 3 };

/* MS-RDPBCGR 2.2.1.1 and 2.2.1.2: X.224 Connection Request and Confirm in a TPKT (RFC 1006). */
struct rdp_connection {
    uint8_t code;        /* of the X.224 TPDU */
    uint8_t negotiation; /* RDP_NEG_…; 0: there is none */
    uint32_t value;      /* protocols requested or selected, or why it failed */
};

/* rdp_connection_parse reads a whole TPKT; false where it is neither Request nor Confirm of RDP. */
bool rdp_connection_parse(struct ht_bytes in, struct rdp_connection *out);

#endif
