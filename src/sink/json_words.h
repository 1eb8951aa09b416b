/*
 * Members that are told by a word of the struct, most of which are one of a few: labels, which are
 * words that stay, each at an address of its own, and values that a registry names. Each is kept as
 * it was rendered.
 */
#ifndef HT_SINK_JSON_WORDS_H
#define HT_SINK_JSON_WORDS_H

#include "sink/json_plan.h"

enum { HT_JSON_WORD_SLOTS = 1024, HT_JSON_WORD_ROOM = 3 * HT_JSON_KEY_CHUNK };

/* Zeroed is empty. */
struct ht_json_word {
    const struct ht_json_member *member;
    uint64_t word;
    size_t len;
    char rendered[HT_JSON_WORD_ROOM]; /* the member, key and all */
};

struct ht_json_words {
    struct ht_json_word slots[HT_JSON_WORD_SLOTS];
};

/* ht_json_words_keep keeps a member as it was rendered, if it has room, in the place of another.
 * `word` is a label's address, or a named value's id. */
void ht_json_words_keep(struct ht_json_words *words, const struct ht_json_member *member,
                        uint64_t word, struct ht_bytes rendered);

/* ht_json_words_slot is where a word is kept; the other place is the slot ^ 1. */
static inline size_t ht_json_words_slot(const struct ht_json_member *member, uint64_t word)
{
    uint64_t mixed = ((uintptr_t)member ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return (mixed >> 40) % HT_JSON_WORD_SLOTS;
}

static inline bool ht_json_word_is(const struct ht_json_word *kept,
                                   const struct ht_json_member *member, uint64_t word)
{
    return kept->word == word && kept->member == member;
}

/* ht_json_words_put writes a member into HT_JSON_WORD_ROOM characters of room and returns where it
 * ends; NULL where the word is not kept. */
static inline char *ht_json_words_put(const struct ht_json_words *words, char *at,
                                      const struct ht_json_member *member, uint64_t word)
{
    size_t slot                     = ht_json_words_slot(member, word);
    const struct ht_json_word *kept = &words->slots[slot];
    if (!ht_json_word_is(kept, member, word)) {
        kept = &words->slots[slot ^ 1];
        if (!ht_json_word_is(kept, member, word)) {
            return NULL;
        }
    }
    memcpy(at, kept->rendered, HT_JSON_WORD_ROOM);
    return at + kept->len;
}

#endif
