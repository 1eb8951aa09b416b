#include "report/lists.h"

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

enum { FEW = 16 /* are found as quickly without slots */ };

static struct ht_tally *tallies_of(const struct report_tallies *t)
{
    return (struct ht_tally *)(void *)t->list.items;
}

/* Where the number is, or would be, of slots that are never full. */
static uint32_t *slot_of(const struct report_tallies *t, uint32_t number)
{
    const struct ht_tally *tallies = tallies_of(t);
    for (size_t at = (size_t)(number * UINT64_C(0x9E3779B97F4A7C15) >> 32);; at++) {
        uint32_t *slot = &t->slots[at & (t->num_slots - 1)];
        if (*slot == 0 || tallies[*slot - 1].number == number) {
            return slot;
        }
    }
}

/* Two slots for each that there may be until it grows again. */
static bool grow(struct report_tallies *t)
{
    size_t num = t->num_slots > 0 ? 2 * t->num_slots : 4 * (size_t)FEW;
    if (num > t->room_for_slots) {
        uint32_t *slots = ht_arena_alloc(t->list.arena, num * sizeof *slots);
        if (slots == NULL) {
            return false;
        }
        t->slots          = slots;
        t->room_for_slots = num;
    }
    t->num_slots = num;
    memset(t->slots, 0, num * sizeof *t->slots);
    for (size_t i = 0; i < t->list.len; i++) {
        *slot_of(t, tallies_of(t)[i].number) = (uint32_t)(i + 1);
    }
    return true;
}

/* NULL: there is none. */
static struct ht_tally *find(const struct report_tallies *t, uint32_t number)
{
    struct ht_tally *tallies = tallies_of(t);
    if (t->num_slots > 0) {
        const uint32_t *slot = slot_of(t, number);
        return *slot != 0 ? &tallies[*slot - 1] : NULL;
    }
    for (size_t i = 0; i < t->list.len; i++) {
        if (tallies[i].number == number) {
            return &tallies[i];
        }
    }
    return NULL;
}

/* A tally of a number that has none; NULL: no memory. */
static struct ht_tally *add(struct report_tallies *t, uint32_t number,
                            const struct report_span *span)
{
    bool crowded           = t->list.len >= FEW && 2 * t->list.len >= t->num_slots;
    struct ht_tally *tally = !crowded || grow(t) ? report_list_add(&t->list) : NULL;
    if (tally == NULL) {
        return NULL;
    }
    tally->number        = number;
    tally->first_seen_ns = span->first_ns;
    tally->last_seen_ns  = span->last_ns;
    if (t->num_slots > 0) {
        *slot_of(t, number) = (uint32_t)t->list.len;
    }
    return tally;
}

struct ht_tally *report_tally(struct report_tallies *tallies, uint32_t number, uint64_t connections,
                              const struct report_span *span)
{
    struct ht_tally *tally = number != 0 ? find(tallies, number) : NULL;
    if (number != 0 && tally == NULL) {
        tally = add(tallies, number, span);
    }
    if (tally != NULL) {
        tally->connections += connections;
        tally->first_seen_ns =
            span->first_ns < tally->first_seen_ns ? span->first_ns : tally->first_seen_ns;
        tally->last_seen_ns =
            span->last_ns > tally->last_seen_ns ? span->last_ns : tally->last_seen_ns;
    }
    return tally;
}

struct ht_objects report_tallies_list(const struct report_tallies *tallies, struct ht_arena *arena)
{
    const size_t size = sizeof(struct ht_tally);
    const struct ht_bytes kept =
        ht_arena_copy(arena, ht_bytes(tallies->list.items, tallies->list.len * size));
    return (struct ht_objects){.items = kept.ptr, .len = kept.len / size};
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

typedef int order_of(const void *left, const void *right);

/* Of a heap, whose root comes last in order, all but the one `at` are in place. */
static void sift_down(struct ht_tally *heap, size_t len, size_t at, order_of *order)
{
    const struct ht_tally sinking = heap[at];
    for (size_t child; (child = 2 * at + 1) < len; at = child) {
        child += child + 1 < len && order(&heap[child], &heap[child + 1]) < 0 ? 1 : 0;
        if (order(&sinking, &heap[child]) >= 0) {
            break;
        }
        heap[at] = heap[child];
    }
    heap[at] = sinking;
}

/* Puts the `most` that come first before the others; not in order yet. */
static void select_first(struct ht_tally *tallies, size_t len, size_t most, order_of *order)
{
    for (size_t i = most / 2; i-- > 0;) {
        sift_down(tallies, most, i, order);
    }
    for (size_t i = most; i < len; i++) {
        if (order(&tallies[i], &tallies[0]) < 0) {
            tallies[0] = tallies[i];
            sift_down(tallies, most, 0, order);
        }
    }
}

static struct ht_objects sorted(struct report_tallies *t, const struct report_naming *naming,
                                size_t most, order_of *order, struct ht_arena *arena)
{
    struct ht_tally *tallies = tallies_of(t);
    for (size_t i = 0; i < t->list.len; i++) {
        naming->name(naming->context, &tallies[i]);
    }
    if (t->list.len > most) {
        select_first(tallies, t->list.len, most, order);
    }
    struct report_tallies first = *t;
    first.list.len              = t->list.len < most ? t->list.len : most;
    if (first.list.len > 1) {
        qsort(tallies, first.list.len, sizeof *tallies, order);
    }
    return report_tallies_list(&first, arena);
}

struct ht_objects report_tallies_most(struct report_tallies *tallies,
                                      const struct report_naming *naming, size_t most,
                                      struct ht_arena *arena)
{
    return sorted(tallies, naming, most, by_frequency, arena);
}

struct ht_objects report_tallies_first(struct report_tallies *tallies,
                                       const struct report_naming *naming, size_t most,
                                       struct ht_arena *arena)
{
    return sorted(tallies, naming, most, by_time, arena);
}

bool report_group(struct report_groups *out, struct ht_arena *arena, const void *list,
                  const uint32_t *numbers, size_t num, size_t bound)
{
    const void *const *items = list;
    out->starts              = ht_arena_alloc(arena, (bound + 1) * sizeof *out->starts);
    out->items               = ht_arena_alloc(arena, (num + 1) * sizeof *out->items);
    if (out->starts == NULL || out->items == NULL) {
        return false;
    }
    for (size_t i = 0; i < num; i++) {
        out->starts[numbers[i]]++;
    }
    for (size_t i = 1; i <= bound; i++) {
        out->starts[i] += out->starts[i - 1];
    }
    for (size_t i = num; i-- > 0;) {
        out->items[--out->starts[numbers[i]]] = items[i];
    }
    return true;
}
