/* Lists of texts of a certificate, whose length libcrypto tells before. For src/analysis only. */
#ifndef HT_ANALYSIS_CERTIFICATE_LIST_H
#define HT_ANALYSIS_CERTIFICATE_LIST_H

#include "base/arena.h"

/* In an arena; without items where there was no room. */
struct certificate_list {
    struct ht_bytes *items;
    size_t len;
};

/* certificate_list_new has room for `max` items; none where that is not positive. */
static inline struct certificate_list certificate_list_new(struct ht_arena *arena, int max)
{
    size_t size = max > 0 ? (size_t)max * sizeof(struct ht_bytes) : 0;
    return (struct certificate_list){.items = size > 0 ? ht_arena_alloc(arena, size) : NULL};
}

/* certificate_list_add adds a view, if the list has items. */
static inline void certificate_list_add(struct certificate_list *list, struct ht_bytes item)
{
    if (list->items != NULL) {
        list->items[list->len++] = item;
    }
}

static inline struct ht_texts certificate_list_view(const struct certificate_list *list)
{
    return (struct ht_texts){.items = list->items, .len = list->len};
}

#endif
