/*
 * Protocol registries: numbers and the names that IANA or an RFC gives them.
 * The tables are made at build time from the CSV files beside the dissector that uses them.
 */
#ifndef HT_BASE_REGISTRY_H
#define HT_BASE_REGISTRY_H

#include "base/bytes.h"

struct ht_registry_entry {
    uint32_t value;
    const char *name;
    const char *note; /* the CSV's third column, "" where it has none */
};

struct ht_registry {
    const char *title;                       /* "TLS cipher suites" */
    unsigned width;                          /* bytes of a value on the wire: 1 or 2 */
    bool grease;                             /* values 0x?A?A are GREASE (RFC 8701) */
    const struct ht_registry_entry *entries; /* by rising value */
    size_t len;
    /* Where a value's entry is, plus one; 0: nowhere. Values are dense in few places, so that the
     * high byte chooses a page of 256. NULL: it is searched for. */
    const uint8_t *page_of; /* 256 numbers of pages */
    const uint16_t (*pages)[256];
};

/* A value of a registry; `set` tells 0 from absent. */
struct ht_named {
    uint16_t id;
    bool set;
};

static inline struct ht_named ht_named(uint16_t id)
{
    return (struct ht_named){.id = id, .set = true};
}

/* ht_is_grease: one of the sixteen two-byte values of RFC 8701 section 2. */
static inline bool ht_is_grease(uint16_t value)
{
    return (value & 0x0F0F) == 0x0A0A && value >> 8 == (value & 0xFF);
}

/* ht_registry_search finds the entry of `value` without the pages. */
const struct ht_registry_entry *ht_registry_search(const struct ht_registry *registry,
                                                   uint32_t value);

/* ht_registry_find returns the entry of `value`, NULL where the registry has none. */
static inline const struct ht_registry_entry *ht_registry_find(const struct ht_registry *registry,
                                                               uint32_t value)
{
    if (registry->pages == NULL || value > UINT16_MAX) {
        return ht_registry_search(registry, value);
    }
    uint16_t place = registry->pages[registry->page_of[value >> 8]][value & 0xFF];
    return place != 0 ? &registry->entries[place - 1] : NULL;
}

enum { HT_SPELLED_MAX = 16 };

/* ht_registry_spell returns the name of `value`; for GREASE "GREASE_1A1A" and for a value without
 * a name its number, "0x1a2b", both written into `room`. */
const char *ht_registry_spell(char room[HT_SPELLED_MAX], const struct ht_registry *registry,
                              uint32_t value);

#endif
