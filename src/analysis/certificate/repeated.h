/* What is there more than once in a list of a certificate, which may have tens of thousands of
 * members. For src/analysis only. */
#ifndef HT_ANALYSIS_CERTIFICATE_REPEATED_H
#define HT_ANALYSIS_CERTIFICATE_REPEATED_H

#include "base/bytes.h"

struct certificate_place {
    struct ht_bytes bytes;
    size_t index; /* where they stand */
};

/* certificate_sort puts equal bytes side by side, in the order of their places; in what order
 * others are is nobody's concern. */
void certificate_sort(struct certificate_place *places, size_t len);

/* certificate_drop_repeated takes out of a list what stands before in it, and is its new length.
 * All of them stay where there is no memory. */
size_t certificate_drop_repeated(struct ht_bytes *items, size_t len);

#endif
