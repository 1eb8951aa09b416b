/*
 * QUIC packets as they are on the wire (RFC 8999, RFC 9000 section 17, RFC 9369 section 3.2): what
 * of them is not encrypted. Pure; what is read are views.
 */
#ifndef HT_QUIC_PACKET_H
#define HT_QUIC_PACKET_H

#include "quic/versions.h"

enum {
    QUIC_MAX_CONNECTION_ID = 20, /* RFC 9000 section 17.2 */
    QUIC_RETRY_TAG_LEN     = 16,
    QUIC_FIXED_BIT         = 0x40 /* in the first byte; RFC 9287 lets it be anything */
};

enum quic_packet_type {
    QUIC_INITIAL,
    QUIC_ZERO_RTT,
    QUIC_HANDSHAKE,
    QUIC_RETRY,
    QUIC_VERSION_NEGOTIATION,
    QUIC_ONE_RTT
};

struct quic_packet {
    enum quic_packet_type type;
    uint8_t first;                    /* its first byte */
    uint32_t version;                 /* long headers */
    const struct quic_version *known; /* what is known of that version */
    struct ht_bytes destination_id, source_id;
    struct ht_bytes token;       /* Initial, Retry */
    struct ht_bytes versions;    /* Version Negotiation: uint32, packed */
    struct ht_bytes original_id; /* Retry of drafts before 25 */
    size_t header_len;           /* up to the packet number: Initial, 0-RTT, Handshake; of 1-RTT the
                                  * caller's to set */
    struct ht_bytes bytes;       /* all of it, or of a cut one what is there */
    bool cut;                    /* it is longer than what is there */
};

/* quic_packet_parse reads the packet at the head of (the rest of) a datagram; `out->bytes.len` is
 * where the next one begins (RFC 9000 section 12.2). One with a short header takes all that is
 * left, and its connection id cannot be told from what follows. False where it is none, is of a
 * version of which nothing is known, or longer than what is there; in that case alone `out->cut`,
 * and the rest is good. */
bool quic_packet_parse(struct ht_bytes rest, struct quic_packet *out);

/* quic_begins: could this be the first datagram seen of a side? A long header of a version that is
 * known, with all that must be in it; `len` bytes of it may be cut. */
bool quic_begins(struct ht_bytes datagram);

#endif
