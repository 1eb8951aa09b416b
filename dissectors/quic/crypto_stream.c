#include "quic/crypto_stream.h"

/* Makes the buffer at least `len` bytes long. */
static bool reach(struct ht_buffer *buffer, size_t len)
{
    static const uint8_t zeros[256] = {0};
    while (buffer->len < len) {
        size_t step = len - buffer->len < sizeof zeros ? len - buffer->len : sizeof zeros;
        if (!ht_buffer_append(buffer, ht_bytes(zeros, step))) {
            return false;
        }
    }
    return true;
}

/* Copies [from, to) of what `data` holds from `base` on, but for the bytes that are there. */
static void copy_new(const struct quic_crypto_stream *stream, struct ht_buffer *buffer, size_t from,
                     size_t to, const uint8_t *data)
{
    size_t at = from;
    for (size_t i = 0; i < stream->num && at < to; i++) {
        const struct quic_crypto_piece *piece = &stream->pieces[i];
        if (piece->to <= at) {
            continue;
        }
        if (piece->from > at) {
            size_t end = piece->from < to ? piece->from : to;
            memcpy(buffer->ptr + at, data + (at - from), end - at);
        }
        at = piece->to;
    }
    if (at < to) {
        memcpy(buffer->ptr + at, data + (at - from), to - at);
    }
}

/* Adds [from, to) to the pieces, joined with those that it touches. */
static bool join(struct quic_crypto_stream *stream, size_t from, size_t to)
{
    size_t first = 0, last;
    while (first < stream->num && stream->pieces[first].to < from) {
        first++;
    }
    for (last = first; last < stream->num && stream->pieces[last].from <= to; last++) {
        from = stream->pieces[last].from < from ? stream->pieces[last].from : from;
        to   = stream->pieces[last].to > to ? stream->pieces[last].to : to;
    }
    if (last == first && stream->num == QUIC_MAX_CRYPTO_PIECES) {
        return false;
    }
    memmove(&stream->pieces[first + 1], &stream->pieces[last],
            (stream->num - last) * sizeof stream->pieces[0]);
    stream->pieces[first] = (struct quic_crypto_piece){(uint16_t)from, (uint16_t)to};
    stream->num           = (uint8_t)(stream->num + 1 - (last - first));
    return true;
}

bool quic_crypto_add(struct quic_crypto_stream *stream, struct ht_buffer *buffer, uint64_t offset,
                     struct ht_bytes data)
{
    if (offset < stream->taken) {
        uint64_t old = stream->taken - offset;
        data         = ht_bytes_from(data, old < data.len ? (size_t)old : data.len);
        offset       = stream->taken;
    }
    if (data.len == 0) {
        return true;
    }
    if (data.len > QUIC_MAX_CRYPTO || offset - stream->taken > QUIC_MAX_CRYPTO - data.len) {
        return false;
    }
    size_t from                      = (size_t)(offset - stream->taken);
    size_t to                        = from + data.len;
    struct quic_crypto_stream before = *stream;
    if (!reach(buffer, to) || !join(stream, from, to)) {
        return false;
    }
    copy_new(&before, buffer, from, to, data.ptr);
    return true;
}

struct ht_bytes quic_crypto_ready(const struct quic_crypto_stream *stream,
                                  const struct ht_buffer *buffer)
{
    bool ready = stream->num > 0 && stream->pieces[0].from == 0;
    return ht_bytes_head(ht_buffer_view(buffer), ready ? stream->pieces[0].to : 0);
}

void quic_crypto_take(struct quic_crypto_stream *stream, struct ht_buffer *buffer, size_t len)
{
    stream->taken += len;
    for (size_t i = 0; i < stream->num; i++) {
        stream->pieces[i].from = (uint16_t)(i == 0 ? 0 : stream->pieces[i].from - len);
        stream->pieces[i].to   = (uint16_t)(stream->pieces[i].to - len);
    }
    if (stream->num > 0 && stream->pieces[0].to == 0) {
        stream->num--;
        memmove(&stream->pieces[0], &stream->pieces[1], stream->num * sizeof stream->pieces[0]);
    }
    ht_buffer_drop(buffer, len);
    if (buffer->len == 0) {
        ht_buffer_free(buffer);
    }
}
