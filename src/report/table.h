/*
 * Tables of what is counted: entries of one size, found by the bytes that they begin with, and
 * texts that are kept once. Both hold what fits in a budget and count what they refuse. Not for use
 * outside this folder.
 */
#ifndef HT_REPORT_TABLE_H
#define HT_REPORT_TABLE_H

#include "base/arena.h"
#include "base/fetch.h"
#include "base/hash.h"

/* Owns its entries. Zeroed but for the first five and `budget` is empty. May be moved. */
struct report_table {
    size_t key_size, entry_size; /* an entry begins with its key, which has no padding */
    bool hashed;                 /* a key's first 8 bytes are its hash */
    uint64_t seed;               /* of its hashes, which strangers do not know */
    size_t max_bytes;
    struct ht_budget *budget;
    char *entries;
    uint32_t *slots; /* index of the entry plus one, below bits of its hash; 0: free */
    size_t len, capacity, num_slots;
    size_t reserved;  /* entries that `entries` has addresses for; `capacity` of them count */
    uint64_t refused; /* additions for which there was no room */
};

/* report_table_add is the entry of `key`, which is added, zeroed, if there is none; NULL where
 * there is no room. It moves when another is added. */
void *report_table_add(struct report_table *table, const void *key);

/* report_table_find is the entry of `key`; NULL: there is none. */
void *report_table_find(const struct report_table *table, const void *key);

/* report_table_hash is the hash of a key, the same in all tables with that seed and such keys. Keys
 * are small numbers, mostly; and the seed is an address, not all of it random: mixed once they lie
 * in clusters with some seeds, in which too many are in the way of others. */
static inline uint64_t report_table_hash(const struct report_table *table, const void *key)
{
    uint64_t hash;
    if (!table->hashed) {
        return ht_mix(ht_hash(ht_bytes(key, table->key_size), table->seed), table->seed);
    }
    memcpy(&hash, key, sizeof hash);
    return hash;
}

/* report_table_add_hashed and report_table_find_hashed likewise, where the hash is at hand. */
void *report_table_add_hashed(struct report_table *table, const void *key, uint64_t hash);
void *report_table_find_hashed(const struct report_table *table, const void *key, uint64_t hash);

/* report_table_prefetch has what it takes to look for a key come out of memory meanwhile. */
static inline void report_table_prefetch(const struct report_table *table, uint64_t hash)
{
    if (table->num_slots > 0) {
        ht_fetch(&table->slots[hash & (table->num_slots - 1)]);
    }
}

/* report_table_prefetch_entry likewise, once what report_table_prefetch asked for is there. */
void report_table_prefetch_entry(const struct report_table *table, uint64_t hash);

/* report_table_clear makes it empty, with room for as many as it held. */
void report_table_clear(struct report_table *table);

/* report_table_reorder makes the entries be as in `list`, which has pointers to them all, of any
 * type; keys are found no more. False: no memory, and they are as before. */
bool report_table_reorder(struct report_table *table, const void *list);

/* report_table_free gives its memory back; it is empty, and usable again. */
void report_table_free(struct report_table *table);

static inline void *report_table_at(const struct report_table *table, size_t index)
{
    return table->entries + index * table->entry_size;
}

/* report_table_index is the number of an entry, from 0. */
static inline uint32_t report_table_index(const struct report_table *table, const void *entry)
{
    return (uint32_t)((size_t)((const char *)entry - table->entries) / table->entry_size);
}

/* report_table_sorted is the entries by their keys' bytes, `table->len` of them; NULL: no memory.
 */
const void **report_table_sorted(const struct report_table *table, struct ht_arena *arena);

enum { REPORT_MAX_NAME = 4096 /* bytes */ };

/* Texts, each kept once, known by a number; 0 is the empty one. May be moved. */
struct report_names {
    struct report_table table; /* of struct report_name */
    struct ht_arena arena;
};

struct report_name {
    uint64_t key[2]; /* the hash, the length */
    const uint8_t *ptr;
};

/* report_names_add is the number of `text`; 0 where it is empty or too long, or there is no room.
 */
uint32_t report_names_add(struct report_names *names, struct ht_bytes text);

/* report_names_prefetch has what it takes to look for `text` come out of memory meanwhile. */
void report_names_prefetch(const struct report_names *names, struct ht_bytes text);

/* report_names_text is the text; it lives as long as the names. */
struct ht_bytes report_names_text(const struct report_names *names, uint32_t number);

void report_names_free(struct report_names *names);

#endif
