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

/* Where the name is, or would be; NULL: there are no slots. */
static uint16_t *slot_of(const struct report_tallies *t, struct ht_bytes name)
{
    const struct ht_tally *tallies = (const struct ht_tally *)(const void *)t->list.items;
    size_t at                      = (size_t)ht_hash(name, 0);
    for (size_t i = 0; i < t->num_slots; i++, at++) {
        uint16_t *slot = &t->slots[at & (t->num_slots - 1)];
        if (*slot == 0 || ht_bytes_equal(tallies[*slot - 1].name, name)) {
            return slot;
        }
    }
    return NULL;
}

enum { FEW = 8 /* are found as quickly without slots */ };

/* Two slots for each that there may be until it grows again. */
static bool grow(struct report_tallies *t)
{
    const struct ht_tally *tallies = (const struct ht_tally *)(const void *)t->list.items;
    size_t num                     = t->num_slots > 0 ? 2 * t->num_slots : 4 * (size_t)FEW;
    uint16_t *slots                = ht_arena_alloc(t->list.arena, num * sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    t->slots     = slots;
    t->num_slots = num;
    for (size_t i = 0; i < t->list.len; i++) {
        *slot_of(t, tallies[i].name) = (uint16_t)(i + 1);
    }
    return true;
}

static struct ht_tally *find(const struct report_tallies *t, struct ht_bytes name)
{
    struct ht_tally *tallies = (struct ht_tally *)(void *)t->list.items;
    const uint16_t *slot     = slot_of(t, name);
    if (slot != NULL) {
        return *slot != 0 ? &tallies[*slot - 1] : NULL;
    }
    for (size_t i = 0; i < t->list.len; i++) {
        if (ht_bytes_equal(tallies[i].name, name)) {
            return &tallies[i];
        }
    }
    return NULL;
}

/* The tally of a name, which is new where it has no connections; NULL: no room. */
static struct ht_tally *tally_of(struct report_tallies *t, struct ht_bytes name)
{
    t->list.size          = sizeof(struct ht_tally);
    struct ht_tally *same = find(t, name);
    if (same != NULL || name.len == 0 || t->list.len >= REPORT_MAX_TALLIES) {
        return same;
    }
    bool crowded           = t->list.len >= FEW && 2 * t->list.len >= t->num_slots;
    struct ht_tally *tally = !crowded || grow(t) ? report_list_add(&t->list) : NULL;
    uint16_t *slot         = tally != NULL ? slot_of(t, name) : NULL;
    if (slot != NULL) {
        *slot = (uint16_t)t->list.len;
    }
    if (tally != NULL) {
        tally->name = name;
    }
    return tally;
}

void report_tally(struct report_tallies *tallies, struct ht_bytes name, uint16_t id,
                  uint64_t connections, int64_t first_ns, int64_t last_ns)
{
    struct ht_tally *tally = tally_of(tallies, name);
    if (tally == NULL) {
        return;
    }
    bool is_new = tally->connections == 0;
    tally->id   = is_new ? id : tally->id;
    tally->connections += connections;
    tally->first_seen_ns =
        is_new || first_ns < tally->first_seen_ns ? first_ns : tally->first_seen_ns;
    tally->last_seen_ns = is_new || last_ns > tally->last_seen_ns ? last_ns : tally->last_seen_ns;
}

void report_tally_copy(struct report_tallies *tallies, struct ht_bytes name, uint16_t id,
                       uint64_t connections, int64_t first_ns, int64_t last_ns)
{
    bool is_new = tallies->list.len < REPORT_MAX_TALLIES && find(tallies, name) == NULL;
    name        = is_new ? ht_arena_copy(tallies->list.arena, name) : name;
    report_tally(tallies, name, id, connections, first_ns, last_ns);
}

void report_tally_id(struct report_tallies *tallies, const struct ht_registry *names, uint16_t id,
                     uint64_t connections, int64_t first_ns, int64_t last_ns)
{
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
    }
    return report_list_objects(&tallies->list);
}

struct ht_objects report_tallies_sorted(struct report_tallies *tallies)
{
    return sorted(tallies, by_frequency);
}

struct ht_objects report_tallies_in_time(struct report_tallies *tallies)
{
    return sorted(tallies, by_time);
}
