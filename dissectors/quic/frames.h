/*
 * The frames in a packet that was opened (RFC 9000 section 19, RFC 9221). Pure.
 */
#ifndef HT_QUIC_FRAMES_H
#define HT_QUIC_FRAMES_H

#include "base/bytes.h"

enum {
    QUIC_FRAME_PADDING           = 0x00,
    QUIC_FRAME_PING              = 0x01,
    QUIC_FRAME_ACK               = 0x02,
    QUIC_FRAME_CRYPTO            = 0x06,
    QUIC_FRAME_NEW_TOKEN         = 0x07,
    QUIC_FRAME_STREAM            = 0x08,
    QUIC_FRAME_NEW_CONNECTION_ID = 0x18,
    QUIC_FRAME_CLOSE             = 0x1C,
    QUIC_FRAME_CLOSE_APPLICATION = 0x1D,
    QUIC_FRAME_HANDSHAKE_DONE    = 0x1E,
    QUIC_FRAME_IMMEDIATE_ACK     = 0x1F,
    QUIC_FRAME_DATAGRAM          = 0x30,
    QUIC_FRAME_ACK_FREQUENCY     = 0xAF
};

struct quic_frame {
    uint64_t type;
    uint64_t offset;      /* CRYPTO, STREAM */
    struct ht_bytes data; /* CRYPTO, STREAM, DATAGRAM: content; NEW_TOKEN: token; NEW_CONNECTION_ID:
                           * the id; CONNECTION_CLOSE: the reason phrase */
    uint64_t error_code;  /* CONNECTION_CLOSE */
    uint64_t frame_type;  /* CONNECTION_CLOSE: that brought the error about */
    bool cut;             /* the data end before their length says */
};

/* quic_frame_next reads the next frame; consecutive PADDING is one. False where it is malformed, of
 * a type that is not known, or cut; `out->cut` says so of data, which are then what is there. */
bool quic_frame_next(struct ht_reader *r, struct quic_frame *out);

/* quic_frame_permitted is whether Initial and Handshake packets may have it (section 12.4). */
bool quic_frame_permitted(const struct quic_frame *frame);

/* quic_google_frame_next is the same of gQUIC's frames since Q050, told as those of RFC 9000. Of
 * these only PADDING, PING, ACK, CRYPTO and CONNECTION_CLOSE are read. */
bool quic_google_frame_next(struct ht_reader *r, struct quic_frame *out);

#endif
