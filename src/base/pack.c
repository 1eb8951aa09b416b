#include "base/pack.h"

#include <stdbool.h>

/* Before each eight words a byte says which of them are not zero; before each two of these another
 * how they are written, four bits each: as 1 to 8 bytes; or, as what is large is mostly addresses
 * and times, as 3 or 4 bytes of how it differs from the last word of its size. */
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
    uint8_t *present = out, *ways = out;
    bool second = false; /* of those that `ways` is for */
    for (size_t i = 0; i < len / WORD; i++) {
        uint64_t word;
        unsigned how = 0;
        memcpy(&word, (const char *)from + i * WORD, sizeof word);
        if (i % 8 == 0) {
            present  = out++;
            *present = 0;
        }
        if (word == 0) {
            continue;
        }
        if (!second) {
            ways  = out++;
            *ways = 0;
        }
        out = put(out, word, &last, &how);
        *present |= (uint8_t)(1U << i % 8);
        *ways |= (uint8_t)(second ? how << 4 : how);
        second = !second;
    }
    return out;
}

const uint8_t *ht_unpack(const uint8_t *packed, void *to, size_t len)
{
    struct last last = {0};
    unsigned present = 0, ways = 0;
    bool second = false;
    for (size_t i = 0; i < len / WORD; i++, present >>= 1) {
        uint64_t word = 0;
        present       = i % 8 == 0 ? *packed++ : present;
        if ((present & 1) != 0) {
            ways   = second ? ways >> 4 : *packed++;
            packed = get(packed, ways & 15, &last, &word);
            second = !second;
        }
        memcpy((char *)to + i * WORD, &word, sizeof word);
    }
    return packed;
}
