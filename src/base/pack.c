#include "base/pack.h"

/* Before each two words a byte says how they are written, four bits each: as 0 to 8 bytes; or, as
 * what is large is mostly addresses and times, as 3 or 4 bytes of how it differs from the last word
 * of its size. */
enum { WORD = sizeof(uint64_t), ADDRESS = 6, TIME = 8, NEAR_ADDRESS = 9, NEAR_TIME = 10 };
enum { NEAR_ADDRESS_LEN = 3, NEAR_TIME_LEN = 4 };

/* The last words of these sizes. */
struct last {
    uint64_t address, time;
};

static void remember(struct last *last, uint64_t word)
{
    unsigned len  = ht_word_len(word);
    last->address = len == ADDRESS ? word : last->address;
    last->time    = len == TIME ? word : last->time;
}

/* Writes a word, and to `*out_how` how. */
static uint8_t *put(uint8_t *at, uint64_t word, struct last *last, unsigned *out_how)
{
    unsigned len          = ht_word_len(word);
    uint64_t from_address = word ^ last->address, from_time = word ^ last->time;
    remember(last, word);
    if (len == ADDRESS && ht_word_len(from_address) <= NEAR_ADDRESS_LEN) {
        *out_how = NEAR_ADDRESS;
        return ht_put_word(at, from_address, NEAR_ADDRESS_LEN);
    }
    if (len == TIME && ht_word_len(from_time) <= NEAR_TIME_LEN) {
        *out_how = NEAR_TIME;
        return ht_put_word(at, from_time, NEAR_TIME_LEN);
    }
    *out_how = len;
    return ht_put_word(at, word, len);
}

static const uint8_t *get(const uint8_t *at, unsigned how, struct last *last, uint64_t *out)
{
    unsigned len = how == NEAR_ADDRESS ? NEAR_ADDRESS_LEN : how == NEAR_TIME ? NEAR_TIME_LEN : how;
    uint64_t to  = how == NEAR_ADDRESS ? last->address : how == NEAR_TIME ? last->time : 0;
    *out         = ht_get_word(at, len) ^ to;
    remember(last, *out);
    return at + len;
}

uint8_t *ht_pack(uint8_t *out, const void *from, size_t len)
{
    struct last last = {0};
    uint8_t *ways    = out;
    for (size_t i = 0; i < len / WORD; i++) {
        uint64_t word;
        unsigned how = 0;
        memcpy(&word, (const char *)from + i * WORD, sizeof word);
        if (i % 2 == 0) {
            ways  = out++;
            *ways = 0;
        }
        out = put(out, word, &last, &how);
        *ways |= (uint8_t)(how << 4 * (i % 2));
    }
    return out;
}

const uint8_t *ht_unpack(const uint8_t *packed, void *to, size_t len)
{
    struct last last = {0};
    unsigned ways    = 0;
    for (size_t i = 0; i < len / WORD; i++) {
        uint64_t word = 0;
        ways          = i % 2 == 0 ? *packed++ : ways >> 4;
        packed        = get(packed, ways & 15, &last, &word);
        memcpy((char *)to + i * WORD, &word, sizeof word);
    }
    return packed;
}
