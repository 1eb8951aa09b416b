/* Lists for records, made of what was counted. Not for use outside this folder. */
#ifndef HT_REPORT_LISTS_H
#define HT_REPORT_LISTS_H

#include "report/state.h"
#include "report/summary.h"

/* Grows in an arena; zeroed but for `arena` and `size` is empty. */
struct report_list {
    struct ht_arena *arena;
    size_t size; /* of an item */
    char *items;
    size_t len, capacity;
};

/* report_list_add adds a zeroed item; it moves when another is added. NULL: no memory. */
void *report_list_add(struct report_list *list);

static inline struct ht_objects report_list_objects(const struct report_list *list)
{
    return (struct ht_objects){.items = list->items, .len = list->len};
}

enum { REPORT_MAX_TALLIES = 1024 /* of a list; the rest is counted only */ };

/* How often things were seen that have numbers: names, rules, what is in a registry. They get their
 * words at the end, and only once. Zeroed but for `arena` is empty. */
struct report_tallies {
    struct ht_arena *arena;
    struct ht_tally *items;
    size_t len, capacity;
    uint32_t *slots;  /* index plus one, by hash of the number; 0: free */
    size_t num_slots; /* 0: they are few, and are found without */
    size_t room_for_slots;
};

static inline struct report_tallies report_tallies(struct ht_arena *arena)
{
    return (struct report_tallies){.arena = arena};
}

/* report_tally adds connections to the tally of that number, and returns it; it moves when another
 * is added. NULL: the number is 0, or there is no memory. */
struct ht_tally *report_tally(struct report_tallies *tallies, uint32_t number, uint64_t connections,
                              const struct report_span *span);

/* report_tallies_clear makes it empty; the memory that it has it uses again. */
static inline void report_tallies_clear(struct report_tallies *tallies)
{
    tallies->len       = 0;
    tallies->num_slots = 0;
}

/* report_tallies_list are they as they came, a copy in `arena`. */
struct ht_objects report_tallies_list(const struct report_tallies *tallies, struct ht_arena *arena);

/* What the numbers stand for. */
struct report_naming {
    void (*name)(const void *context, struct ht_tally *tally); /* sets its name, and its id */
    const void *context;
};

/* report_tallies_most are the `most` most frequent of them, then by name; they live in `arena`.
 * Once it was called, none can be added before report_tallies_clear. */
struct ht_objects report_tallies_most(struct report_tallies *tallies,
                                      const struct report_naming *naming, size_t most,
                                      struct ht_arena *arena);

/* report_tallies_first likewise, by the time first seen, then by name. */
struct ht_objects report_tallies_first(struct report_tallies *tallies,
                                       const struct report_naming *naming, size_t most,
                                       struct ht_arena *arena);

/* report_compare_bytes orders texts byte by byte, a prefix first. */
int report_compare_bytes(struct ht_bytes a, struct ht_bytes b);

/* Items by a number that each has. */
struct report_groups {
    void *items;      /* pointers, of the type of those in the list */
    uint32_t *starts; /* of each number in `items`; last the end of all */
};

/* report_group puts the `num` pointers of `list`, of any type, together by their numbers, which are
 * below `bound`; those of one number stay in their order. False: no memory. */
bool report_group(struct report_groups *out, struct ht_arena *arena, const void *list,
                  const uint32_t *numbers, size_t num, size_t bound);

#endif
