/*
 * Numbers in the byte order of a capture file, which is that of the machine that wrote it; the
 * readers of base/bytes.h read network order only.
 */
#ifndef HT_CAPTURE_ORDER_H
#define HT_CAPTURE_ORDER_H

#include "base/bytes.h"

enum ht_order { HT_LITTLE_ENDIAN, HT_BIG_ENDIAN };

/* ht_load32 is the number in the four bytes at `at`, which the caller knows are there. */
static inline uint32_t ht_load32(const uint8_t *at, enum ht_order order)
{
    uint32_t little =
        (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    return order == HT_BIG_ENDIAN ? __builtin_bswap32(little) : little;
}

/* rd_order16, rd_order32 and rd_order64 read a number in the file's order; sticky on failure. */
static inline uint16_t rd_order16(struct ht_reader *r, enum ht_order order)
{
    uint16_t big = rd_u16(r);
    return order == HT_BIG_ENDIAN ? big : __builtin_bswap16(big);
}

static inline uint32_t rd_order32(struct ht_reader *r, enum ht_order order)
{
    struct ht_bytes number = rd_take(r, 4);
    return number.len == 4 ? ht_load32(number.ptr, order) : 0;
}

static inline uint64_t rd_order64(struct ht_reader *r, enum ht_order order)
{
    uint64_t big = rd_u64(r);
    return order == HT_BIG_ENDIAN ? big : __builtin_bswap64(big);
}

#endif
