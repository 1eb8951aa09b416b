#include "report/lists.h"

#include "base/hash.h"

#include <stdlib.h>

void *report_list_add(struct report_list *list)
{
    if (list->len == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : 4;
        char *items     = ht_arena_alloc(list->arena, capacity * list->size);
        if (items == NULL) {
            return NULL;
        }
        if (list->len > 0) {
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

/* Where the name is, or would be; NULL: no memory. */
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

/* Two slots for each that there may be until it grows again. */
static bool grow(struct report_tallies *t)
{
    enum { FEWEST = 8 };
    const struct ht_tally *tallies = (const struct ht_tally *)(const void *)t->list.items;
    size_t num                     = t->num_slots > 0 ? 2 * t->num_slots : FEWEST;
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

static struct ht_tally *tally_of(struct report_tallies *t, struct ht_bytes name)
{
    t->list.size   = sizeof(struct ht_tally);
    uint16_t *slot = slot_of(t, name);
    if (slot != NULL && *slot != 0) {
        return (struct ht_tally *)(void *)t->list.items + (*slot - 1);
    }
    bool room = name.len > 0 && t->list.len < REPORT_MAX_TALLIES &&
                (2 * t->list.len < t->num_slots || grow(t));
    struct ht_tally *tally = room ? report_list_add(&t->list) : NULL;
    if (tally != NULL) {
        *slot_of(t, name) = (uint16_t)t->list.len;
        tally->name       = ht_arena_copy(t->list.arena, name);
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
    tally->id   = id;
    tally->connections += connections;
    tally->first_seen_ns =
        is_new || first_ns < tally->first_seen_ns ? first_ns : tally->first_seen_ns;
    tally->last_seen_ns = is_new || last_ns > tally->last_seen_ns ? last_ns : tally->last_seen_ns;
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
