#include "report/lists.h"

#include "base/hash.h"

#include <stdlib.h>

void *report_list_add(struct report_list *list)
{
    if (list->items == NULL || list->len == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : 1;
        char *items     = ht_arena_alloc(list->arena, capacity * list->size);
        if (items == NULL) {
            return NULL;
        }
        if (list->items != NULL) {
            memcpy(items, list->items, list->len * list->size);
        }
        list->items    = items;
        list->capacity = capacity;
    }
    return memset(list->items + list->len++ * list->size, 0, list->size);
}

int report_compare_bytes(struct ht_bytes a, struct ht_bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order  = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

enum {
    INDEX_BITS   = 16,
    MOST_TALLIES = (1 << INDEX_BITS) - 1,
    FEW          = 8 /* are found as quickly without slots */
};

static struct ht_tally *tallies_of(const struct report_tallies *t)
{
    return (struct ht_tally *)(void *)t->list.items;
}

static uint32_t in_slot(uint64_t hash, size_t number)
{
    return (uint32_t)(hash >> (32 + INDEX_BITS)) << INDEX_BITS | (uint32_t)number;
}

/* Where the name is, or would be, of slots that are never full. */
static uint32_t *slot_of(const struct report_tallies *t, struct ht_bytes name, uint64_t hash)
{
    const struct ht_tally *tallies = tallies_of(t);
    for (size_t at = (size_t)hash;; at++) {
        uint32_t *slot       = &t->slots[at & (t->num_slots - 1)];
        const uint32_t index = *slot & ((1U << INDEX_BITS) - 1);
        if (*slot == 0 ||
            (*slot == in_slot(hash, index) && ht_bytes_equal(tallies[index - 1].name, name))) {
            return slot;
        }
    }
}

/* Two slots for each that there may be until it grows again. */
static bool grow(struct report_tallies *t)
{
    const struct ht_tally *tallies = tallies_of(t);
    size_t num                     = t->num_slots > 0 ? 2 * t->num_slots : 4 * (size_t)FEW;
    uint32_t *slots                = ht_arena_alloc(t->list.arena, num * sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    t->slots     = slots;
    t->num_slots = num;
    for (size_t i = 0; i < t->list.len; i++) {
        uint64_t hash                      = ht_hash(tallies[i].name, 0);
        *slot_of(t, tallies[i].name, hash) = in_slot(hash, i + 1);
    }
    return true;
}

/* NULL: there is none. `hash`: where there are slots. */
static struct ht_tally *find(const struct report_tallies *t, struct ht_bytes name, uint64_t hash)
{
    struct ht_tally *tallies = tallies_of(t);
    if (t->num_slots > 0) {
        const uint32_t *slot = slot_of(t, name, hash);
        return *slot != 0 ? &tallies[(*slot & ((1U << INDEX_BITS) - 1)) - 1] : NULL;
    }
    for (size_t i = 0; i < t->list.len; i++) {
        if (ht_bytes_equal(tallies[i].name, name)) {
            return &tallies[i];
        }
    }
    return NULL;
}

/* Mostly it is the one asked for last, by the same text at the same place. */
static struct ht_tally *find_last(const struct report_tallies *t, struct ht_bytes name)
{
    struct ht_tally *last = t->list.len > 0 ? &tallies_of(t)[t->last] : NULL;
    return last != NULL && last->name.ptr == name.ptr && last->name.len == name.len ? last : NULL;
}

static uint64_t hash_of(const struct report_tallies *t, struct ht_bytes name)
{
    return t->num_slots > 0 ? ht_hash(name, 0) : 0;
}

/* A tally of a name that has none; NULL: no room. */
static struct ht_tally *new_tally(struct report_tallies *t, struct ht_bytes name)
{
    bool crowded           = t->list.len >= FEW && 2 * t->list.len >= t->num_slots;
    struct ht_tally *tally = !crowded || grow(t) ? report_list_add(&t->list) : NULL;
    if (tally != NULL) {
        uint64_t hash = hash_of(t, name);
        if (t->num_slots > 0) {
            *slot_of(t, name, hash) = in_slot(hash, t->list.len);
        }
        tally->name = name;
    }
    return tally;
}

/* The tally of a name, which is new where it has no connections; NULL: no room. */
static struct ht_tally *tally_of(struct report_tallies *t, struct ht_bytes name)
{
    t->list.size           = sizeof(struct ht_tally);
    struct ht_tally *tally = find_last(t, name);
    tally                  = tally != NULL ? tally : find(t, name, hash_of(t, name));
    if (tally == NULL && name.len > 0 && t->list.len < MOST_TALLIES) {
        tally = new_tally(t, name);
    }
    t->last = tally != NULL ? (size_t)(tally - tallies_of(t)) : t->last;
    return tally;
}

static void add_to(struct ht_tally *tally, uint16_t id, uint64_t connections, int64_t first_ns,
                   int64_t last_ns)
{
    bool is_new = tally->connections == 0;
    tally->id   = is_new ? id : tally->id;
    tally->connections += connections;
    tally->first_seen_ns =
        is_new || first_ns < tally->first_seen_ns ? first_ns : tally->first_seen_ns;
    tally->last_seen_ns = is_new || last_ns > tally->last_seen_ns ? last_ns : tally->last_seen_ns;
}

void report_tally(struct report_tallies *tallies, struct ht_bytes name, uint16_t id,
                  uint64_t connections, int64_t first_ns, int64_t last_ns)
{
    struct ht_tally *tally = tally_of(tallies, name);
    if (tally != NULL) {
        add_to(tally, id, connections, first_ns, last_ns);
    }
}

void report_tally_copy(struct report_tallies *tallies, struct ht_bytes name, uint16_t id,
                       uint64_t connections, int64_t first_ns, int64_t last_ns)
{
    struct ht_tally *known = find(tallies, name, hash_of(tallies, name));
    if (known != NULL) {
        add_to(known, id, connections, first_ns, last_ns);
    } else if (tallies->list.len < MOST_TALLIES) {
        name = ht_arena_copy(tallies->list.arena, name);
        report_tally(tallies, name, id, connections, first_ns, last_ns);
    }
}

void report_tally_id(struct report_tallies *tallies, const struct ht_registry *names, uint16_t id,
                     uint64_t connections, int64_t first_ns, int64_t last_ns)
{
    for (size_t i = 0; i < tallies->list.len && i < FEW; i++) { /* the same number, the same name */
        if (tallies_of(tallies)[i].id == id) {
            add_to(&tallies_of(tallies)[i], id, connections, first_ns, last_ns);
            return;
        }
    }
    char room[HT_SPELLED_MAX];
    const char *name = ht_registry_spell(room, names, id);
    if (name == room) {
        report_tally_copy(tallies, ht_text(name), id, connections, first_ns, last_ns);
    } else {
        report_tally(tallies, ht_text(name), id, connections, first_ns, last_ns);
    }
}

static int by_frequency(const void *left, const void *right)
{
    const struct ht_tally *a = left, *b = right;
    if (a->connections != b->connections) {
        return a->connections > b->connections ? -1 : 1;
    }
    return report_compare_bytes(a->name, b->name);
}

static int by_time(const void *left, const void *right)
{
    const struct ht_tally *a = left, *b = right;
    if (a->first_seen_ns != b->first_seen_ns) {
        return a->first_seen_ns < b->first_seen_ns ? -1 : 1;
    }
    return report_compare_bytes(a->name, b->name);
}

static struct ht_objects sorted(struct report_tallies *tallies,
                                int (*order)(const void *, const void *))
{
    if (tallies->list.len > 1) {
        qsort(tallies->list.items, tallies->list.len, sizeof(struct ht_tally), order);
        tallies->slots     = NULL; /* they are elsewhere now */
        tallies->num_slots = 0;
    }
    struct ht_objects list = report_list_objects(&tallies->list);
    list.len               = list.len < REPORT_MAX_TALLIES ? list.len : REPORT_MAX_TALLIES;
    return list;
}

struct ht_objects report_tallies_sorted(struct report_tallies *tallies)
{
    return sorted(tallies, by_frequency);
}

struct ht_objects report_tallies_in_time(struct report_tallies *tallies)
{
    return sorted(tallies, by_time);
}
