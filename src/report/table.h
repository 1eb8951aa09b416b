/*
 * Tables of what is counted: entries of one size, found by the bytes that they begin with, and
 * texts that are kept once. Both hold what fits in a budget and count what they refuse. Not for use
 * outside this folder.
 */
#ifndef HT_REPORT_TABLE_H
#define HT_REPORT_TABLE_H

#include "base/arena.h"

/* Owns its entries. Zeroed but for the sizes, `max_bytes` and `budget` is empty. May be moved. */
struct report_table {
    size_t key_size, entry_size; /* an entry begins with its key, which has no padding */
    size_t max_bytes;
    struct ht_budget *budget;
    char *entries;
    uint32_t *slots; /* index of the entry plus one, below bits of its hash; 0: free */
    size_t len, capacity, num_slots;
    uint64_t seed;
    uint64_t refused; /* additions for which there was no room */
};

/* report_table_add is the entry of `key`, which is added, zeroed, if there is none; NULL where
 * there is no room. It moves when another is added. */
void *report_table_add(struct report_table *table, const void *key);

/* report_table_find is the entry of `key`; NULL: there is none. */
void *report_table_find(const struct report_table *table, const void *key);

/* report_table_prefetch has what it takes to look for `key` come out of memory meanwhile. */
void report_table_prefetch(const struct report_table *table, const void *key);

/* report_table_clear makes it empty, with room for as many as it held. */
void report_table_clear(struct report_table *table);

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
    struct report_table table;
    struct ht_arena arena;
    uint64_t seed;
};

/* report_names_add is the number of `text`; 0 where it is empty or too long, or there is no room.
 */
uint32_t report_names_add(struct report_names *names, struct ht_bytes text);

/* report_names_text is the text; it lives as long as the names. */
struct ht_bytes report_names_text(const struct report_names *names, uint32_t number);

void report_names_free(struct report_names *names);

#endif
