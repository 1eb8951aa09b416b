/* Lists for records, made of what was counted. Not for use outside this folder. */
#ifndef HT_REPORT_LISTS_H
#define HT_REPORT_LISTS_H

#include "base/registry.h"
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

/* Tallies, by name. */
struct report_tallies {
    struct report_list list;
    uint32_t *slots; /* index plus one, by hash of the name, and above it bits of the hash; 0: free.
                      * None while there are few */
    size_t num_slots;
    size_t last; /* index of the one asked for last */
};

/* report_tally adds connections to the tally of that name, which lives as long as they do; nothing
 * where it is empty. `id`: its number in a registry. */
void report_tally(struct report_tallies *tallies, struct ht_bytes name, uint16_t id,
                  uint64_t connections, int64_t first_ns, int64_t last_ns);

/* report_tally_copy likewise, where the name does not live so long. */
void report_tally_copy(struct report_tallies *tallies, struct ht_bytes name, uint16_t id,
                       uint64_t connections, int64_t first_ns, int64_t last_ns);

/* report_tally_id likewise, of the name of `id`. */
void report_tally_id(struct report_tallies *tallies, const struct ht_registry *names, uint16_t id,
                     uint64_t connections, int64_t first_ns, int64_t last_ns);

/* report_tallies_sorted are they, the most frequent first, then by name; REPORT_MAX_TALLIES at
 * most. Once sorted, none can be added. */
struct ht_objects report_tallies_sorted(struct report_tallies *tallies);

/* report_tallies_in_time likewise, by the time first seen, then by name. */
struct ht_objects report_tallies_in_time(struct report_tallies *tallies);

/* report_compare_bytes orders texts byte by byte, a prefix first. */
int report_compare_bytes(struct ht_bytes a, struct ht_bytes b);

#endif
