#include "base/pack.h"

/* For each eight words there is a byte that says which of them are not as in what they are like;
 * then come these, before each two of them a byte with the ways in which they are written, four
 * bits each.
 */
enum { WORD = sizeof(uint64_t), GROUP = 8, GROUP_BYTES = 64, MOST_WORDS = HT_PACK_MOST / WORD };

/* What is large is mostly an address or a time, and like the last one of its size. */
enum kind { OTHER, NUMBER, ADDRESS, TIME };

/* By length. */
static const uint8_t kinds[WORD + 1] = {OTHER, NUMBER,  NUMBER, NUMBER, NUMBER,
                                        OTHER, ADDRESS, OTHER,  TIME};

/* A way to write a word of a kind: in so many bytes; but for the first nine, how it differs from
 * the last of its kind. */
static const struct {
    uint8_t kind, len;
} ways[] = {{OTHER, 0},   {NUMBER, 1}, {NUMBER, 2}, {NUMBER, 3}, {NUMBER, 4},  {OTHER, 5},
            {ADDRESS, 6}, {OTHER, 7},  {TIME, 8},   {NUMBER, 0}, {ADDRESS, 0}, {ADDRESS, 2},
            {ADDRESS, 3}, {TIME, 0},   {TIME, 3},   {TIME, 4}};

enum { FIRST_DIFFERENCE = WORD + 1 };

/* The way of a word that differs from the last of its kind in so many bytes; 0: as it is. */
static const uint8_t near[HT_PACK_KINDS][WORD + 1] = {
    [NUMBER] = {9}, [ADDRESS] = {10, 11, 11, 12}, [TIME] = {13, 14, 14, 14, 15}};

static uint64_t word_at(const void *words, size_t i)
{
    uint64_t word;
    memcpy(&word, (const char *)words + i * WORD, sizeof word);
    return word;
}

/* A bit for each of `num` words that is another, GROUP at most. */
static inline unsigned differing(const void *a, const void *b, size_t num)
{
    unsigned differ = 0;
#pragma GCC unroll 8
    for (size_t i = 0; i < num; i++) {
        differ |= (unsigned)(word_at(a, i) != word_at(b, i)) << i;
    }
    return differ;
}

/* Writes which words are another, and returns where that ends. */
static uint8_t *put_differing(uint8_t *out, const char *from, const char *like, size_t num)
{
    for (; num >= GROUP; num -= GROUP, from += GROUP_BYTES, like += GROUP_BYTES) {
        *out++ = (uint8_t)differing(from, like, GROUP);
    }
    if (num > 0) {
        *out++ = (uint8_t)differing(from, like, num);
    }
    return out;
}

/* Lists the places of those words; returns how many. */
static size_t list_differing(const uint8_t *groups, size_t num, uint8_t places[MOST_WORDS])
{
    size_t len = 0;
    for (size_t first = 0; first < num; first += GROUP) {
        for (unsigned differ = *groups++; differ != 0; differ &= differ - 1) {
            places[len++] = (uint8_t)(first + (size_t)__builtin_ctz(differ));
        }
    }
    return len;
}

static inline uint8_t *put(struct ht_pack_past *past, uint8_t *at, uint64_t word, unsigned *way)
{
    unsigned len     = ht_word_len(word);
    unsigned kind    = kinds[len];
    uint64_t last    = past->last[kind];
    unsigned nearer  = near[kind][ht_word_len(word ^ last)];
    past->last[kind] = word;
    *way             = nearer != 0 ? nearer : len;
    return ht_put_word(at, nearer != 0 ? word ^ last : word, ways[*way].len);
}

static inline const uint8_t *get(struct ht_pack_past *past, const uint8_t *at, unsigned way,
                                 void *words, size_t place)
{
    unsigned kind = ways[way].kind;
    uint64_t last = way < FIRST_DIFFERENCE ? 0 : past->last[kind];
    uint64_t word = last ^ ht_get_word(at, ways[way].len);

    past->last[kind] = word;
    memcpy((char *)words + place * WORD, &word, sizeof word);
    return at + ways[way].len;
}

void ht_pack_after(struct ht_pack_past *past, uint64_t word)
{
    past->last[kinds[ht_word_len(word)]] = word;
}

uint8_t *ht_pack(struct ht_pack_past *past, uint8_t *out, const void *from, const void *like,
                 size_t len)
{
    uint8_t places[MOST_WORDS];
    unsigned first, second;
    uint8_t *at = put_differing(out, from, like, len / WORD);
    size_t num = list_differing(out, len / WORD, places), i = 0;
    for (; i + 1 < num; i += 2) {
        uint8_t *pair = at++;
        at            = put(past, at, word_at(from, places[i]), &first);
        at            = put(past, at, word_at(from, places[i + 1]), &second);
        *pair         = (uint8_t)(first | second << 4);
    }
    if (i < num) {
        uint8_t *pair = at++;
        at            = put(past, at, word_at(from, places[i]), &first);
        *pair         = (uint8_t)first;
    }
    return at;
}

const uint8_t *ht_unpack(struct ht_pack_past *past, const uint8_t *packed, void *to,
                         const void *like, size_t len)
{
    uint8_t places[MOST_WORDS];
    size_t num = list_differing(packed, len / WORD, places), i = 0;
    packed += (len / WORD + GROUP - 1) / GROUP;
    if (len > 0) {
        memcpy(to, like, len);
    }
    for (; i + 1 < num; i += 2) {
        unsigned pair = *packed++;
        packed        = get(past, packed, pair & 15, to, places[i]);
        packed        = get(past, packed, pair >> 4, to, places[i + 1]);
    }
    if (i < num) {
        unsigned way = *packed++;
        packed       = get(past, packed, way, to, places[i]);
    }
    return packed;
}
