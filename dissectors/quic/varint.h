/*
 * The variable-length integer of RFC 9000 section 16.
 */
#ifndef HT_QUIC_VARINT_H
#define HT_QUIC_VARINT_H

#include "base/bytes.h"

/* rd_varint reads an integer of 1, 2, 4 or 8 bytes, up to 2^62 - 1; sticky as all readers are. */
static inline uint64_t rd_varint(struct ht_reader *r)
{
    uint8_t first    = rd_u8(r);
    uint64_t value   = first & 0x3F;
    unsigned further = (1U << (first >> 6)) - 1;
    return further == 0 ? value : value << (8 * further) | rd_uint(r, further);
}

/* rd_varint_vec reads such an integer, then views that many bytes. */
static inline struct ht_bytes rd_varint_vec(struct ht_reader *r)
{
    uint64_t len = rd_varint(r);
    return rd_take(r, len < SIZE_MAX ? (size_t)len : SIZE_MAX);
}

#endif
