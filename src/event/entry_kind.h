/*
 * What an entry of a timeline says but for when, and its data: what happened, to whose bytes, how
 * it is known, or why it was not seen. Of millions of entries there are a few dozen kinds, so each
 * is kept once and is known by a number.
 */
#ifndef HT_EVENT_ENTRY_KIND_H
#define HT_EVENT_ENTRY_KIND_H

#include "event/connection.h"

enum {
    HT_ENTRY_KIND_BUCKETS = 512,  /* a power of two */
    HT_ENTRY_KINDS_MAX    = 16383 /* more than all types with all flags and reasons */
};

struct ht_entry_kind {
    const struct ht_event_type *type;
    const char *absent;               /* why it was not seen; NULL: it was */
    const struct ht_entry_kind *next; /* in the same bucket; NULL: there is none */
    uint16_t number;                  /* from 1 on, in the order in which kinds were met */
    uint8_t flags;                    /* HT_EVENT_… */
    /* Such an entry, from the client and from the server, without time, frame and data. */
    struct ht_timeline_entry from[2];
};

/* Owns its kinds. Zeroed is empty. */
struct ht_entry_kinds {
    struct ht_arena arena;
    const struct ht_entry_kind **kinds; /* by number, less one */
    uint16_t len, capacity;
    const struct ht_entry_kind *buckets[HT_ENTRY_KIND_BUCKETS];
};

/* ht_entry_kind_make is ht_entry_kind_of one that is not known yet. */
const struct ht_entry_kind *ht_entry_kind_make(struct ht_entry_kinds *kinds,
                                               const struct ht_event_type *type, unsigned flags,
                                               const char *absent);

void ht_entry_kinds_free(struct ht_entry_kinds *kinds);

/* ht_entry_kind_bucket is where a kind is, if it is known. */
static inline size_t ht_entry_kind_bucket(const struct ht_event_type *type, unsigned flags,
                                          const char *absent)
{
    uint64_t mixed = ((uintptr_t)type ^ (uint64_t)flags << 40 ^ (uint64_t)(uintptr_t)absent << 16) *
                     UINT64_C(0x9E3779B97F4A7C15);
    return mixed >> 40 & (HT_ENTRY_KIND_BUCKETS - 1);
}

/* ht_entry_kind_numbered is the kind that has this number. */
static inline const struct ht_entry_kind *ht_entry_kind_numbered(const struct ht_entry_kinds *kinds,
                                                                 unsigned number)
{
    return kinds->kinds[number - 1];
}

/* ht_entry_kind is the kind of what happened, with HT_EVENT_… flags, or, with why it is absent, of
 * what did not. It lives as long as `kinds`; reasons are words of the program's own. NULL: there is
 * no memory. */
static inline const struct ht_entry_kind *ht_entry_kind(struct ht_entry_kinds *kinds,
                                                        const struct ht_event_type *type,
                                                        unsigned flags, const char *absent)
{
    const struct ht_entry_kind *kind = kinds->buckets[ht_entry_kind_bucket(type, flags, absent)];
    for (; kind != NULL; kind = kind->next) {
        if (kind->type == type && kind->flags == flags && kind->absent == absent) {
            return kind;
        }
    }
    return ht_entry_kind_make(kinds, type, flags, absent);
}

#endif
