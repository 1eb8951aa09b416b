#include "base/registry.h"

const struct ht_registry_entry *ht_registry_search(const struct ht_registry *registry,
                                                   uint32_t value)
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

static void put_hex(char *at, uint32_t value, unsigned digits, const char alphabet[16])
{
    at[digits] = '\0';
    for (unsigned i = digits; i > 0; i--) {
        at[i - 1] = alphabet[value & 0xF];
        value >>= 4;
    }
}

const char *ht_registry_spell(char room[HT_SPELLED_MAX], const struct ht_registry *registry,
                              uint32_t value)
{
    if (registry->grease && value <= UINT16_MAX && ht_is_grease((uint16_t)value)) {
        memcpy(room, "GREASE_", 7);
        put_hex(room + 7, value, 4, "0123456789ABCDEF");
        return room;
    }
    const struct ht_registry_entry *entry = ht_registry_find(registry, value);
    if (entry != NULL) {
        return entry->name;
    }
    unsigned digits = registry->width * 2;
    while (digits < 8 && value >> 4 * digits != 0) {
        digits++;
    }
    memcpy(room, "0x", 2);
    put_hex(room + 2, value, digits, "0123456789abcdef");
    return room;
}
