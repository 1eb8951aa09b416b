/*
 * The stream of handshake bytes of one side at one level, whose pieces come in CRYPTO frames in any
 * order, repeated and overlapping (RFC 9000 section 7.5). Of a byte that came twice the first copy
 * counts.
 */
#ifndef HT_QUIC_CRYPTO_STREAM_H
#define HT_QUIC_CRYPTO_STREAM_H

#include "base/arena.h"

enum {
    QUIC_MAX_CRYPTO        = 65535, /* bytes past those that were taken; the buffer's `max` */
    QUIC_MAX_CRYPTO_PIECES = 64     /* apart from each other; Chrome cuts a hello into some 20 */
};

/* Zeroed: nothing came yet. Its bytes lie in a buffer that the caller hands over each time. */
struct quic_crypto_stream {
    uint64_t taken; /* the offset up to which bytes were taken */
    struct quic_crypto_piece {
        uint16_t from, to;            /* in the buffer */
    } pieces[QUIC_MAX_CRYPTO_PIECES]; /* by rising place, apart from each other */
    uint8_t num;
};

/* quic_crypto_add keeps what `data` at `offset` has that is new; false where that is past a bound.
 */
bool quic_crypto_add(struct quic_crypto_stream *stream, struct ht_buffer *buffer, uint64_t offset,
                     struct ht_bytes data);

/* quic_crypto_ready views the bytes that follow those taken, without a hole. */
struct ht_bytes quic_crypto_ready(const struct quic_crypto_stream *stream,
                                  const struct ht_buffer *buffer);

/* quic_crypto_take is done with the first `len` bytes of those that are ready. */
void quic_crypto_take(struct quic_crypto_stream *stream, struct ht_buffer *buffer, size_t len);

#endif
