/*
 * Numbers and memory in few bytes: of a word those up to its highest that is not zero, the lowest
 * first.
 */
#ifndef HT_BASE_PACK_H
#define HT_BASE_PACK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    HT_PACK_SLACK = 8 /* bytes behind what is packed that are read and written, to no effect */
};

static inline uint64_t ht_little_endian(uint64_t word)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

/* ht_word_len is how many bytes of `word` count: 0 to 8. */
static inline unsigned ht_word_len(uint64_t word)
{
    return (71U - (unsigned)__builtin_clzll(word | 1)) / 8 - (word == 0);
}

/* ht_put_word writes a word of `len` bytes and returns where they end. */
static inline uint8_t *ht_put_word(uint8_t *at, uint64_t word, unsigned len)
{
    uint64_t bytes = ht_little_endian(word);
    memcpy(at, &bytes, sizeof bytes);
    return at + len;
}

/* ht_get_word reads one. */
static inline uint64_t ht_get_word(const uint8_t *at, unsigned len)
{
    static const uint64_t masks[] = {0,
                                     UINT64_MAX >> 56,
                                     UINT64_MAX >> 48,
                                     UINT64_MAX >> 40,
                                     UINT64_MAX >> 32,
                                     UINT64_MAX >> 24,
                                     UINT64_MAX >> 16,
                                     UINT64_MAX >> 8,
                                     UINT64_MAX};
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return ht_little_endian(bytes) & masks[len];
}

enum { HT_PACK_MOST = 2048 }; /* bytes that are packed at once */

/* HT_PACKED_MAX is the most that `len` bytes, whole words, can take when packed, with the slack. */
#define HT_PACKED_MAX(len) ((len) + ((len) + 15) / 16 + ((len) + 63) / 64 + HT_PACK_SLACK)

enum { HT_PACK_KINDS = 4 };

/* The words that came last, which the next ones may be like. Zeroed: none did. */
struct ht_pack_past {
    uint64_t last[HT_PACK_KINDS]; /* of each kind */
};

/* ht_pack_after has a word count as one that came. */
void ht_pack_after(struct ht_pack_past *past, uint64_t word);

/* ht_pack packs `len` bytes, whole words, at most HT_PACK_MOST, to `out` and returns where they
 * end. What is as in `like`, as many bytes, and small numbers, addresses and times become small. */
uint8_t *ht_pack(struct ht_pack_past *past, uint8_t *out, const void *from, const void *like,
                 size_t len);

/* ht_unpack makes the `len` bytes again, with the same `past` and `like`, and returns where, in
 * what was packed, they end. */
const uint8_t *ht_unpack(struct ht_pack_past *past, const uint8_t *packed, void *to,
                         const void *like, size_t len);

#endif
