#include "analysis/memo.h"

#include "base/hash.h"

#include <stdlib.h>

struct entry {
    size_t key_len;
    const uint8_t *key; /* after the value */
    _Alignas(16) uint8_t value[];
};

struct slot {
    uint64_t hash;
    struct entry *entry; /* NULL: free, and all that follow in the set */
};

/*
 * The last entry makes room for a new one, and each hit lets an entry change places with the one
 * before it. So what comes again and again moves to the front and stays, and what comes once, as
 * the hellos of a client that shuffles its extensions do, displaces only its like.
 */
struct ht_memo_set {
    struct slot slots[HT_MEMO_WAYS];
};

bool ht_memo_init(struct ht_memo *memo, size_t num_sets, size_t max_len)
{
    *memo = (struct ht_memo){
        .sets = calloc(num_sets, sizeof *memo->sets), .num_sets = num_sets, .max_len = max_len};
    return memo->sets != NULL;
}

void ht_memo_fini(struct ht_memo *memo)
{
    for (size_t i = 0; memo->sets != NULL && i < memo->num_sets; i++) {
        for (size_t way = 0; way < HT_MEMO_WAYS; way++) {
            free(memo->sets[i].slots[way].entry);
        }
    }
    free(memo->sets);
    *memo = (struct ht_memo){0};
}

static struct ht_memo_set *set_of(const struct ht_memo *memo, uint64_t hash)
{
    return &memo->sets[hash & (memo->num_sets - 1)];
}

static bool holds(const struct slot *slot, uint64_t hash, struct ht_bytes key)
{
    return slot->hash == hash && slot->entry != NULL &&
           ht_bytes_equal(ht_bytes(slot->entry->key, slot->entry->key_len), key);
}

/* HT_MEMO_WAYS: none has it. */
static size_t way_of(const struct slot *slots, uint64_t hash, struct ht_bytes key)
{
    size_t way = 0;
    while (way < HT_MEMO_WAYS && !holds(&slots[way], hash, key)) {
        way++;
    }
    return way;
}

void *ht_memo_find(struct ht_memo *memo, struct ht_bytes key)
{
    uint64_t hash      = ht_hash(key, 0);
    struct slot *slots = set_of(memo, hash)->slots;
    size_t way         = way_of(slots, hash, key);
    if (way == HT_MEMO_WAYS) {
        return NULL;
    }
    struct slot found = slots[way];
    if (way > 0) {
        slots[way]     = slots[way - 1];
        slots[way - 1] = found;
    }
    return found.entry->value;
}

static void *value_of(const struct slot *slot)
{
    return slot->entry != NULL ? slot->entry->value : NULL;
}

const void *ht_memo_look(const struct ht_memo *memo, struct ht_bytes key)
{
    uint64_t hash            = ht_hash(key, 0);
    const struct slot *slots = set_of(memo, hash)->slots;
    size_t way               = way_of(slots, hash, key);
    return way < HT_MEMO_WAYS ? value_of(&slots[way]) : NULL;
}

void *ht_memo_displaced(const struct ht_memo *memo, struct ht_bytes key)
{
    return value_of(&set_of(memo, ht_hash(key, 0))->slots[HT_MEMO_WAYS - 1]);
}

void *ht_memo_at(const struct ht_memo *memo, size_t index)
{
    return value_of(&memo->sets[index / HT_MEMO_WAYS].slots[index % HT_MEMO_WAYS]);
}

void *ht_memo_add(struct ht_memo *memo, struct ht_bytes key, size_t len)
{
    if (len > memo->max_len || key.len > memo->max_len - len) {
        return NULL;
    }
    struct entry *entry = malloc(sizeof *entry + len + key.len);
    if (entry == NULL) {
        return NULL;
    }
    uint8_t *key_copy = entry->value + len;
    if (key.len > 0) {
        memcpy(key_copy, key.ptr, key.len);
    }
    *entry = (struct entry){.key_len = key.len, .key = key_copy};

    uint64_t hash      = ht_hash(key, 0);
    struct slot *slots = set_of(memo, hash)->slots;
    size_t way         = 0;
    while (way < HT_MEMO_WAYS - 1 && slots[way].entry != NULL) {
        way++;
    }
    free(slots[way].entry);
    slots[way] = (struct slot){.hash = hash, .entry = entry};
    return memset(entry->value, 0, len);
}
