#include "event/entry_kind.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

static struct ht_timeline_entry make_entry(const struct ht_entry_kind *kind, unsigned side)
{
    const unsigned flags = kind->flags;
    return (struct ht_timeline_entry){.from      = side == 0 ? "client" : "server",
                                      .event     = kind->type->name,
                                      .absent    = kind->absent,
                                      .inferred  = (flags & HT_EVENT_INFERRED) != 0,
                                      .encrypted = (flags & HT_EVENT_ENCRYPTED) != 0,
                                      .decrypted = (flags & HT_EVENT_DECRYPTED) != 0,
                                      .partial   = (flags & HT_EVENT_PARTIAL) != 0,
                                      .malformed = (flags & HT_EVENT_MALFORMED) != 0,
                                      .verified  = ht_event_verified(flags),
                                      .kind      = (uint16_t)(kind->number * 2U + side),
                                      .type      = kind->type};
}

static bool has_room(struct ht_entry_kinds *kinds)
{
    if (kinds->len < kinds->capacity) {
        return true;
    }
    size_t capacity = kinds->capacity == 0 ? FIRST_CAPACITY : kinds->capacity * 2U;
    size_t most     = capacity < HT_ENTRY_KINDS_MAX ? capacity : HT_ENTRY_KINDS_MAX;
    const struct ht_entry_kind **more =
        kinds->len < most ? realloc(kinds->kinds, most * sizeof *more) : NULL;
    if (more != NULL) {
        kinds->kinds    = more;
        kinds->capacity = (uint16_t)most;
    }
    return more != NULL;
}

const struct ht_entry_kind *ht_entry_kind_make(struct ht_entry_kinds *kinds,
                                               const struct ht_event_type *type, unsigned flags,
                                               const char *absent)
{
    const struct ht_entry_kind **bucket =
        &kinds->buckets[ht_entry_kind_bucket(type, flags, absent)];
    struct ht_entry_kind *kind =
        has_room(kinds) ? ht_arena_alloc(&kinds->arena, sizeof *kind) : NULL;
    if (kind == NULL) {
        return NULL;
    }
    kinds->kinds[kinds->len] = kind;
    kind->type               = type;
    kind->absent             = absent;
    kind->flags              = (uint8_t)flags;
    kind->number             = ++kinds->len;
    kind->next               = *bucket;
    *bucket                  = kind;
    for (unsigned side = 0; side < 2; side++) {
        kind->from[side] = make_entry(kind, side);
    }
    return kind;
}

void ht_entry_kinds_free(struct ht_entry_kinds *kinds)
{
    free(kinds->kinds);
    ht_arena_clear(&kinds->arena);
    *kinds = (struct ht_entry_kinds){0};
}
