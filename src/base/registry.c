#include "base/registry.h"

#include <stdio.h>

const struct ht_registry_entry *ht_registry_find(const struct ht_registry *registry, uint32_t value)
{
    size_t low = 0, high = registry->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (registry->entries[middle].value < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < registry->len && registry->entries[low].value == value) {
        return &registry->entries[low];
    }
    return NULL;
}

const char *ht_registry_spell(char room[HT_SPELLED_MAX], const struct ht_registry *registry,
                              uint32_t value)
{
    if (registry->grease && value <= UINT16_MAX && ht_is_grease((uint16_t)value)) {
        (void)snprintf(room, HT_SPELLED_MAX, "GREASE_%04X", value);
        return room;
    }
    const struct ht_registry_entry *entry = ht_registry_find(registry, value);
    if (entry != NULL) {
        return entry->name;
    }
    (void)snprintf(room, HT_SPELLED_MAX, "0x%0*x", (int)registry->width * 2, value);
    return room;
}
