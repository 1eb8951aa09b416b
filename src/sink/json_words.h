/*
 * Members that are told by a word of the struct, most of which are one of a few: labels, which are
 * words that stay, each at an address of its own, and values that a registry names. Each is kept as
 * it was rendered.
 */
#ifndef HT_SINK_JSON_WORDS_H
#define HT_SINK_JSON_WORDS_H

#include "sink/json_plan.h"

enum {
    HT_JSON_WORD_SETS = 256, /* a power of two */
    HT_JSON_WORD_WAYS = 4,
    HT_JSON_WORD_ROOM = 3 * HT_JSON_KEY_CHUNK
};

/* Zeroed is empty. */
struct ht_json_word {
    const struct ht_json_member *member;
    uint64_t word;
    size_t len;
    char rendered[HT_JSON_WORD_ROOM]; /* the member, key and all */
};

struct ht_json_word_set {
    struct ht_json_word words[HT_JSON_WORD_WAYS];
    unsigned oldest;
};

struct ht_json_words {
    struct ht_json_word_set sets[HT_JSON_WORD_SETS];
};

/* ht_json_words_keep keeps a member as it was rendered, if it has room, in the place of the oldest
 * of its set. `word` is a label's address, or a named value's id. */
void ht_json_words_keep(struct ht_json_words *words, const struct ht_json_member *member,
                        uint64_t word, struct ht_bytes rendered);

/* ht_json_words_set is where a word is kept. Addresses are others in each run, and so are those
 * that share a set. */
static inline size_t ht_json_words_set(const struct ht_json_member *member, uint64_t word)
{
    uint64_t mixed = ((uintptr_t)member ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return (mixed >> 40) % HT_JSON_WORD_SETS;
}

/* ht_json_words_put writes a member into HT_JSON_WORD_ROOM characters of room and returns where it
 * ends; NULL where the word is not kept. */
static inline char *ht_json_words_put(const struct ht_json_words *words, char *at,
                                      const struct ht_json_member *member, uint64_t word)
{
    const struct ht_json_word *kept = words->sets[ht_json_words_set(member, word)].words;
    const struct ht_json_word *end  = kept + HT_JSON_WORD_WAYS;
    for (; kept < end; kept++) {
        if (kept->word == word && kept->member == member) {
            memcpy(at, kept->rendered, HT_JSON_WORD_ROOM);
            return at + kept->len;
        }
    }
    return NULL;
}

#endif
