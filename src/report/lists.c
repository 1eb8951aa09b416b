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

/* Where the number is, or would be, of slots that are never full. */
static uint32_t *slot_of(const struct report_tallies *t, uint32_t number)
{
    for (size_t at = (size_t)(number * UINT64_C(0x9E3779B97F4A7C15) >> 32);; at++) {
        uint32_t *slot = &t->slots[at & (t->num_slots - 1)];
        if (*slot == 0 || t->items[*slot - 1].number == number) {
            return slot;
        }
    }
}

/* Two slots for each that there may be until there are to be more. */
static bool make_slots(struct report_tallies *t)
{
    const size_t num = t->num_slots > 0 ? 2 * t->num_slots : 4 * (size_t)FEW;
    if (num > t->room_for_slots) {
        uint32_t *slots = ht_arena_alloc(t->arena, num * sizeof *slots);
        if (slots == NULL) {
            return false;
        }
        t->slots          = slots;
        t->room_for_slots = num;
    }
    t->num_slots = num;
    memset(t->slots, 0, num * sizeof *t->slots);
    for (size_t i = 0; i < t->len; i++) {
        *slot_of(t, t->items[i].number) = (uint32_t)(i + 1);
    }
    return true;
}

static bool make_room(struct report_tallies *t)
{
    const size_t capacity  = t->capacity > 0 ? 2 * t->capacity : FEW;
    struct ht_tally *items = ht_arena_alloc(t->arena, capacity * sizeof *items);
    if (items == NULL) {
        return false;
    }
    if (t->items != NULL) {
        memcpy(items, t->items, t->len * sizeof *items);
    }
    t->items    = items;
    t->capacity = capacity;
    return true;
}

/* NULL: there is none. */
static struct ht_tally *find(const struct report_tallies *t, uint32_t number)
{
    if (t->num_slots > 0) {
        const uint32_t *slot = slot_of(t, number);
        return *slot != 0 ? &t->items[*slot - 1] : NULL;
    }
    for (size_t i = 0; i < t->len; i++) {
        if (t->items[i].number == number) {
            return &t->items[i];
        }
    }
    return NULL;
}

/* NULL: no memory. */
static struct ht_tally *append(struct report_tallies *t, uint32_t number, uint64_t connections,
                               const struct report_span *span)
{
    if ((t->items == NULL || t->len == t->capacity) && !make_room(t)) {
        return NULL;
    }
    struct ht_tally *tally = &t->items[t->len++];
    *tally                 = (struct ht_tally){.connections   = connections,
                                               .first_seen_ns = span->first_ns,
                                               .last_seen_ns  = span->last_ns,
                                               .number        = number};
    return tally;
}

static void add_to(struct ht_tally *tally, uint64_t connections, const struct report_span *span)
{
    tally->connections += connections;
    tally->first_seen_ns =
        span->first_ns < tally->first_seen_ns ? span->first_ns : tally->first_seen_ns;
    tally->last_seen_ns = span->last_ns > tally->last_seen_ns ? span->last_ns : tally->last_seen_ns;
}

/* A tally of a number that has none; NULL: no memory. */
static struct ht_tally *add(struct report_tallies *t, uint32_t number, uint64_t connections,
                            const struct report_span *span)
{
    bool crowded = t->len >= FEW && 2 * t->len >= t->num_slots;
    struct ht_tally *tally =
        !crowded || make_slots(t) ? append(t, number, connections, span) : NULL;
    if (tally != NULL && t->num_slots > 0) {
        *slot_of(t, number) = (uint32_t)t->len;
    }
    return tally;
}

struct ht_tally *report_tally(struct report_tallies *tallies, uint32_t number, uint64_t connections,
                              const struct report_span *span)
{
    if (number == 0) {
        return NULL;
    }
    struct ht_tally *tally = find(tallies, number);
    if (tally == NULL) {
        return add(tallies, number, connections, span);
    }
    add_to(tally, connections, span);
    return tally;
}

static struct ht_objects copy_of(struct ht_arena *arena, const struct ht_tally *items, size_t len)
{
    const struct ht_bytes kept = ht_arena_copy(arena, ht_bytes(items, len * sizeof *items));
    return (struct ht_objects){.items = kept.ptr, .len = kept.len / sizeof *items};
}

struct ht_objects report_tallies_list(const struct report_tallies *tallies, struct ht_arena *arena)
{
    return copy_of(arena, tallies->items, tallies->len);
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
    const size_t len = t->len < most ? t->len : most;
    for (size_t i = 0; i < t->len; i++) {
        naming->name(naming->context, &t->items[i]);
    }
    if (len < t->len) {
        select_first(t->items, t->len, len, order);
    }
    if (len > 1) {
        qsort(t->items, len, sizeof *t->items, order);
    }
    return copy_of(arena, t->items, len);
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
    const size_t size = sizeof(void *);
    const char *from  = list;
    char *to          = ht_arena_alloc(arena, (num + 1) * size);
    out->items        = to;
    out->starts       = ht_arena_alloc(arena, (bound + 1) * sizeof *out->starts);
    if (out->starts == NULL || to == NULL) {
        return false;
    }
    for (size_t i = 0; i < num; i++) {
        out->starts[numbers[i]]++;
    }
    for (size_t i = 1; i <= bound; i++) {
        out->starts[i] += out->starts[i - 1];
    }
    for (size_t i = num; i-- > 0;) {
        memcpy(to + --out->starts[numbers[i]] * size, from + i * size, size);
    }
    return true;
}
