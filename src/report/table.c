#include "report/table.h"

#include "base/fetch.h"

#include <stdlib.h>

enum {
    FIRST_CAPACITY = 64,
    MANY           = 4096, /* entries */
    MAX_PROBES     = 128,  /* an entry that needs more is refused */
    NUMBER_BITS    = 20,
    MOST_ENTRIES   = (1 << NUMBER_BITS) - 1
};

/* The number of the entry in a slot, and above it bits of the hash, so that others' entries, which
 * are far away in memory, need not be fetched to be compared. */
static uint32_t in_slot(uint64_t hash, size_t number)
{
    return (uint32_t)(hash >> (32 + NUMBER_BITS)) << NUMBER_BITS | (uint32_t)number;
}

static void *entry_of(const struct report_table *table, uint32_t slot)
{
    return report_table_at(table, (slot & MOST_ENTRIES) - 1);
}

/* The slot where `key` is, or would be; NULL: too many others are in the way. */
static uint32_t *slot_of(const struct report_table *table, const void *key, uint64_t hash)
{
    const uint32_t same = in_slot(hash, 0);
    size_t at           = (size_t)hash;
    for (unsigned i = 0; i < MAX_PROBES; i++, at++) {
        uint32_t *slot = &table->slots[at & (table->num_slots - 1)];
        if (*slot == 0 || ((*slot & ~(uint32_t)MOST_ENTRIES) == same &&
                           memcmp(entry_of(table, *slot), key, table->key_size) == 0)) {
            return slot;
        }
    }
    return NULL;
}

static size_t bytes_for(const struct report_table *table, size_t capacity)
{
    return capacity * (table->entry_size + 2 * sizeof *table->slots);
}

static bool may_hold(const struct report_table *table, size_t capacity)
{
    return bytes_for(table, capacity) <= table->max_bytes && capacity <= MOST_ENTRIES;
}

/* How many entries to have room for, where there are to be `capacity`: what grows much is to be
 * copied no more. Pages that were never written take no memory. */
static size_t reserve_for(const struct report_table *table, size_t capacity)
{
    while (capacity >= MANY && may_hold(table, 2 * capacity)) {
        capacity *= 2;
    }
    return capacity;
}

static bool has_room_for(struct report_table *table, size_t capacity)
{
    if (capacity <= table->reserved) {
        return true;
    }
    size_t reserved = reserve_for(table, capacity);
    char *entries   = realloc(table->entries, reserved * table->entry_size);
    if (entries != NULL) {
        table->entries  = entries;
        table->reserved = reserved;
    }
    return entries != NULL;
}

static void fill_slots(struct report_table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        const void *entry = report_table_at(table, i);
        uint64_t hash     = report_table_hash(table, entry);
        uint32_t *slot    = slot_of(table, entry, hash);
        if (slot != NULL) {
            *slot = in_slot(hash, i + 1);
        }
    }
}

/* Twice the entries, and two slots for each. */
static bool grow(struct report_table *table)
{
    size_t capacity = table->capacity > 0 ? 2 * table->capacity : FIRST_CAPACITY;
    size_t more     = bytes_for(table, capacity) - bytes_for(table, table->capacity);
    if (!may_hold(table, capacity) || !ht_budget_take(table->budget, more)) {
        return false;
    }
    uint32_t *slots = calloc(2 * capacity, sizeof *slots);
    if (slots == NULL || !has_room_for(table, capacity)) {
        free(slots);
        ht_budget_give(table->budget, more);
        return false;
    }
    free(table->slots);
    table->slots     = slots;
    table->num_slots = 2 * capacity;
    table->capacity  = capacity;
    fill_slots(table);
    return true;
}

void *report_table_find_hashed(const struct report_table *table, const void *key, uint64_t hash)
{
    const uint32_t *slot = table->num_slots > 0 ? slot_of(table, key, hash) : NULL;
    return slot != NULL && *slot != 0 ? entry_of(table, *slot) : NULL;
}

void *report_table_find(const struct report_table *table, const void *key)
{
    return report_table_find_hashed(table, key, report_table_hash(table, key));
}

void *report_table_add_hashed(struct report_table *table, const void *key, uint64_t hash)
{
    uint32_t *slot = table->num_slots > 0 ? slot_of(table, key, hash) : NULL;
    if (slot != NULL && *slot != 0) {
        return entry_of(table, *slot);
    }
    bool full = table->len == table->capacity;
    if (full && grow(table)) {
        full = false;
        slot = slot_of(table, key, hash);
    }
    if (full || slot == NULL) {
        table->refused++;
        return NULL;
    }
    char *entry = report_table_at(table, table->len);
    memset(entry, 0, table->entry_size);
    memcpy(entry, key, table->key_size);
    *slot = in_slot(hash, ++table->len);
    return entry;
}

void *report_table_add(struct report_table *table, const void *key)
{
    return report_table_add_hashed(table, key, report_table_hash(table, key));
}

void report_table_prefetch_entry(const struct report_table *table, uint64_t hash)
{
    const size_t most   = (size_t)4 * HT_CACHE_LINE;
    const uint32_t slot = table->num_slots > 0 ? table->slots[hash & (table->num_slots - 1)] : 0;
    const char *entry   = slot != 0 ? entry_of(table, slot) : NULL;
    if (entry != NULL) {
        ht_fetch_all(entry, table->entry_size < most ? table->entry_size : most);
    }
}

void report_table_clear(struct report_table *table)
{
    if (table->num_slots > 0) {
        memset(table->slots, 0, table->num_slots * sizeof *table->slots);
    }
    table->len = 0;
}

/* The pointer in place `i` of a list. */
static const void *pointer_in(const void *list, size_t i)
{
    const void *pointer;
    memcpy(&pointer, (const char *)list + i * sizeof pointer, sizeof pointer);
    return pointer;
}

bool report_table_reorder(struct report_table *table, const void *list)
{
    enum { AHEAD = 8 };
    const size_t size = table->entry_size;
    char *entries     = malloc(table->len * size + 1);
    if (entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < table->len; i++) {
        const char *next = pointer_in(list, i + AHEAD < table->len ? i + AHEAD : i);
        ht_fetch(next);
        ht_fetch(next + size / 2);
        ht_fetch(next + size - 1);
        memcpy(entries + i * size, pointer_in(list, i), size);
    }
    free(table->entries);
    free(table->slots);
    table->entries   = entries;
    table->slots     = NULL;
    table->num_slots = 0;
    table->reserved  = table->len;
    return true;
}

void report_table_free(struct report_table *table)
{
    free(table->entries);
    free(table->slots);
    if (table->budget != NULL) {
        ht_budget_give(table->budget, bytes_for(table, table->capacity));
    }
    table->entries = NULL;
    table->slots   = NULL;
    table->len = table->capacity = table->reserved = table->num_slots = 0;
}

static int by_key(const void *left, const void *right, void *key_size)
{
    const void *const *a = left, *const *b = right;
    return memcmp(*a, *b, *(const size_t *)key_size);
}

const void **report_table_sorted(const struct report_table *table, struct ht_arena *arena)
{
    const void **list = ht_arena_alloc(arena, (table->len + 1) * sizeof *list);
    size_t key_size   = table->key_size;
    for (size_t i = 0; list != NULL && i < table->len; i++) {
        list[i] = report_table_at(table, i);
    }
    if (list != NULL) {
        qsort_r(list, table->len, sizeof *list, by_key, &key_size);
    }
    return list;
}

static uint64_t hash_of(const struct report_names *names, struct ht_bytes text)
{
    return ht_hash(text, names->table.seed);
}

void report_names_prefetch(const struct report_names *names, struct ht_bytes text)
{
    report_table_prefetch(&names->table, hash_of(names, text));
}

uint32_t report_names_add(struct report_names *names, struct ht_bytes text)
{
    if (text.len == 0 || text.len > REPORT_MAX_NAME) {
        return 0;
    }
    const uint64_t key[]     = {hash_of(names, text), text.len};
    struct report_name *name = report_table_add(&names->table, key);
    if (name == NULL) {
        return 0;
    }
    if (name->ptr == NULL) {
        struct ht_bytes copy = ht_arena_copy(&names->arena, text);
        name->ptr            = copy.len > 0 ? copy.ptr : NULL;
    }
    bool same = name->ptr != NULL && memcmp(name->ptr, text.ptr, text.len) == 0;
    return same ? report_table_index(&names->table, name) + 1 : 0;
}

struct ht_bytes report_names_text(const struct report_names *names, uint32_t number)
{
    if (number == 0) {
        return ht_bytes(NULL, 0);
    }
    const struct report_name *name = report_table_at(&names->table, number - 1);
    return ht_bytes(name->ptr, name->ptr != NULL ? name->key[1] : 0);
}

void report_names_free(struct report_names *names)
{
    report_table_free(&names->table);
    ht_arena_clear(&names->arena);
}
