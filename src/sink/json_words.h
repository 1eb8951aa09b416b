/*
 * Members that are told by a word of the struct, most of which are one of a few: labels, which are
 * words of our own, each at an address of its own, and values that a registry names. Each is kept
 * as it was rendered. Of a label the characters are compared as well, so that it does not matter if
 * another one comes to lie at the address.
 */
#ifndef HT_SINK_JSON_WORDS_H
#define HT_SINK_JSON_WORDS_H

#include "sink/json_plan.h"

enum {
    HT_JSON_WORD_SLOTS = 1024,
    HT_JSON_LABEL_MAX  = 40, /* characters of a label that is kept, and a NUL */
    HT_JSON_WORD_ROOM  = 3 * HT_JSON_KEY_CHUNK
};

/* Zeroed is empty. */
struct ht_json_word {
    const struct ht_json_member *member;
    uint64_t word;
    size_t len;
    char label[HT_JSON_LABEL_MAX];
    char rendered[HT_JSON_WORD_ROOM]; /* the member, key and all */
};

struct ht_json_words {
    struct ht_json_word slots[HT_JSON_WORD_SLOTS];
};

/* ht_json_words_keep keeps a member, whose value it was given, as it was rendered, if it has room,
 * in the place of another. */
void ht_json_words_keep(struct ht_json_words *words, const struct ht_json_member *member,
                        const void *value, struct ht_bytes rendered);

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

/* ht_json_words_find returns NULL where the word is not kept. */
static inline const struct ht_json_word *ht_json_words_find(const struct ht_json_words *words,
                                                            const struct ht_json_member *member,
                                                            uint64_t word)
{
    size_t slot                     = ht_json_words_slot(member, word);
    const struct ht_json_word *kept = &words->slots[slot];
    if (!ht_json_word_is(kept, member, word)) {
        kept = &words->slots[slot ^ 1];
    }
    return ht_json_word_is(kept, member, word) ? kept : NULL;
}

static inline char *ht_json_word_put(char *at, const struct ht_json_word *kept)
{
    memcpy(at, kept->rendered, HT_JSON_WORD_ROOM);
    return at + kept->len;
}

/* The next two write a member into HT_JSON_WORD_ROOM characters of room and return where it ends;
 * NULL where it is not kept. */

static inline char *ht_json_words_put_label(const struct ht_json_words *words, char *at,
                                            const struct ht_json_member *member, const char *label)
{
    const struct ht_json_word *kept = ht_json_words_find(words, member, (uintptr_t)label);
    return kept != NULL && strcmp(kept->label, label) == 0 ? ht_json_word_put(at, kept) : NULL;
}

static inline char *ht_json_words_put_named(const struct ht_json_words *words, char *at,
                                            const struct ht_json_member *member,
                                            const struct ht_named *named)
{
    const struct ht_json_word *kept = ht_json_words_find(words, member, named->id);
    return kept != NULL ? ht_json_word_put(at, kept) : NULL;
}

#endif
