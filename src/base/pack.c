#include "base/pack.h"

#include <stdbool.h>

/* For each eight words there is a byte that says which of them are not as in what they are like,
 * then these; before each two of them one with the ways in which they are written, four bits each.
 */
enum { WORD = sizeof(uint64_t), GROUP = 8 };

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

struct coder {
    struct ht_pack_past *past;
    bool second; /* of the two whose ways are in one byte */
};

static uint64_t word_at(const void *words, size_t i)
{
    uint64_t word;
    memcpy(&word, (const char *)words + i * WORD, sizeof word);
    return word;
}

/* A bit for each of `num` words that is another. */
static unsigned differing(const void *a, const void *b, size_t first, size_t num)
{
    unsigned differ = 0;
    for (size_t i = 0; i < num; i++) {
        differ |= (unsigned)(word_at(a, first + i) != word_at(b, first + i)) << i;
    }
    return differ;
}

/* `*pair` is where the ways are. */
static uint8_t *put(struct coder *c, uint8_t *at, uint8_t **pair, uint64_t word)
{
    unsigned len  = ht_word_len(word);
    unsigned kind = kinds[len];
    uint64_t from = word ^ c->past->last[kind];
    unsigned way  = near[kind][ht_word_len(from)];
    bool as_it_is = way == 0;
    way           = as_it_is ? len : way;

    c->past->last[kind] = word;
    if (!c->second) {
        *pair  = at++;
        **pair = (uint8_t)way;
    } else {
        **pair |= (uint8_t)(way << 4);
    }
    c->second = !c->second;
    return ht_put_word(at, as_it_is ? word : from, ways[way].len);
}

void ht_pack_after(struct ht_pack_past *past, uint64_t word)
{
    past->last[kinds[ht_word_len(word)]] = word;
}

uint8_t *ht_pack(struct ht_pack_past *past, uint8_t *out, const void *from, const void *like,
                 size_t len)
{
    struct coder c = {.past = past};
    uint8_t *pair  = NULL;
    size_t num     = len / WORD;
    for (size_t first = 0; first < num; first += GROUP) {
        size_t group    = num - first < GROUP ? num - first : GROUP;
        unsigned differ = differing(from, like, first, group);
        *out++          = (uint8_t)differ;
        for (; differ != 0; differ &= differ - 1) {
            out = put(&c, out, &pair, word_at(from, first + (size_t)__builtin_ctz(differ)));
        }
    }
    return out;
}

const uint8_t *ht_unpack(struct ht_pack_past *past, const uint8_t *packed, void *to,
                         const void *like, size_t len)
{
    struct coder c = {.past = past};
    unsigned pair  = 0;
    if (len > 0) {
        memcpy(to, like, len);
    }
    for (size_t first = 0; first < len / WORD; first += GROUP) {
        for (unsigned differ = *packed++; differ != 0; differ &= differ - 1) {
            pair         = c.second ? pair >> 4 : *packed++;
            c.second     = !c.second;
            unsigned way = pair & 15, kind = ways[way].kind;
            uint64_t word = ht_get_word(packed, ways[way].len);
            word ^= way < FIRST_DIFFERENCE ? 0 : past->last[kind];
            packed += ways[way].len;
            past->last[kind] = word;
            memcpy((char *)to + (first + (size_t)__builtin_ctz(differ)) * WORD, &word, sizeof word);
        }
    }
    return packed;
}
