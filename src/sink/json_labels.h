/*
 * Labels are words of our own, each at an address of its own, and most members of a timeline are
 * one of a few. They are found by address and compared by content, so that it does not matter if
 * another word comes to lie at the address.
 */
#ifndef HT_SINK_JSON_LABELS_H
#define HT_SINK_JSON_LABELS_H

#include "sink/json_plan.h"

enum {
    HT_JSON_LABEL_SLOTS = 512,
    HT_JSON_LABEL_MAX   = 40, /* characters of a word that is kept, and a NUL */
    HT_JSON_LABEL_ROOM  = 2 * HT_JSON_KEY_CHUNK
};

/* Zeroed is empty. */
struct ht_json_label {
    const struct ht_json_member *member;
    const char *address;
    size_t len;
    char word[HT_JSON_LABEL_MAX];
    char rendered[HT_JSON_LABEL_ROOM]; /* the member, key and all */
};

struct ht_json_labels {
    struct ht_json_label slots[HT_JSON_LABEL_SLOTS];
};

/* ht_json_labels_keep keeps a member as it was rendered, in the place of another. */
void ht_json_labels_keep(struct ht_json_labels *labels, const struct ht_json_member *member,
                         const char *word, struct ht_bytes rendered);

/* ht_json_labels_slot is where a label is kept; the other place is the slot ^ 1. */
static inline size_t ht_json_labels_slot(const struct ht_json_member *member, const char *word)
{
    uint64_t mixed = ((uintptr_t)member ^ (uintptr_t)word) * UINT64_C(0x9E3779B97F4A7C15);
    return (mixed >> 40) % HT_JSON_LABEL_SLOTS;
}

/* ht_json_labels_put writes the member into HT_JSON_LABEL_ROOM characters of room and returns where
 * it ends; NULL, and what is in the room does not matter, where the label is not kept. */
static inline char *ht_json_labels_put(const struct ht_json_labels *labels, char *at,
                                       const struct ht_json_member *member, const char *word)
{
    size_t slot                       = ht_json_labels_slot(member, word);
    const struct ht_json_label *label = &labels->slots[slot];
    if (label->address != word || label->member != member) {
        label = &labels->slots[slot ^ 1];
    }
    if (label->address != word || label->member != member || strcmp(label->word, word) != 0) {
        return NULL;
    }
    memcpy(at, label->rendered, HT_JSON_LABEL_ROOM);
    return at + label->len;
}

#endif
