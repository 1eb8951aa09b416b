/*
 * Numbers and records in few bytes.
 */
#ifndef HT_BASE_PACK_H
#define HT_BASE_PACK_H

#include "base/arena.h"

/* Of a word those bytes up to its highest that is not zero, the lowest first. */
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

/*
 * Many records of one kind. Most words of a record are known from others of the kind (the same),
 * from what stays beside it (an address so many bytes behind another), or from the rest of it (the
 * same time once more). How they are is learnt from the first few records; of a later one, what is
 * otherwise is written as well. Words have 64 bits; smaller members are parts of them.
 */

enum {
    HT_PACK_WORDS   = 160, /* of the largest record */
    HT_PACK_ANCHORS = 12,  /* words that are there when a record is unpacked */
    HT_PACK_FORMS   = 8    /* most that is learnt of a kind */
};

/* HT_PACKED_MAX is the most bytes that a record of `num` words can take when packed. */
#define HT_PACKED_MAX(num) (2 + 18 * (num))

struct ht_pack_form;

/* Zeroed but for `budget` (which may be NULL), which its forms count in and do not exceed, is a
 * kind of which nothing was learnt. Owns the forms; the last is used. */
struct ht_pack_kind {
    struct ht_budget *budget;
    struct ht_pack_form *forms[HT_PACK_FORMS];
    size_t num_forms;
};

/* ht_pack packs a record of `num` words to `out` and returns where they end; NULL: no memory to
 * learn the first one, or not as many words as the others of its kind. Of the anchors the first is
 * 0. */
uint8_t *ht_pack(struct ht_pack_kind *kind, uint8_t *out, const uint64_t anchors[HT_PACK_ANCHORS],
                 const void *record, size_t num);

/* ht_unpack makes the record again, by the same anchors, and returns where, in what was packed, it
 * ends. */
const uint8_t *ht_unpack(const struct ht_pack_kind *kind, const uint8_t *packed,
                         const uint64_t anchors[HT_PACK_ANCHORS], void *record);

/* ht_pack_forget frees what was learnt, when nothing is to be unpacked any more. */
void ht_pack_forget(struct ht_pack_kind *kind);

#endif
