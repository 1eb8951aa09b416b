#include "repeated.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct certificate_place *left = a, *right = b;
    if (left->bytes.len != right->bytes.len) {
        return left->bytes.len < right->bytes.len ? -1 : 1;
    }
    int order =
        left->bytes.len > 0 ? memcmp(left->bytes.ptr, right->bytes.ptr, left->bytes.len) : 0;
    return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

void certificate_sort(struct certificate_place *places, size_t len)
{
    if (len > 1) {
        qsort(places, len, sizeof *places, compare);
    }
}

size_t certificate_drop_repeated(struct ht_bytes *items, size_t len)
{
    struct certificate_place *places = len > 1 ? malloc(len * sizeof *places) : NULL;
    if (places == NULL) {
        return len;
    }
    for (size_t i = 0; i < len; i++) {
        places[i] = (struct certificate_place){items[i], i};
    }
    certificate_sort(places, len);
    for (size_t i = 1; i < len; i++) {
        if (ht_bytes_equal(places[i - 1].bytes, places[i].bytes)) {
            items[places[i].index] = ht_bytes(NULL, 0);
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < len; i++) {
        if (items[i].ptr != NULL) {
            items[kept++] = items[i];
        }
    }
    free(places);
    return kept;
}
