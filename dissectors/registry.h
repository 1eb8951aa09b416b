/*
 * The list of all dissectors.
 */
#ifndef HT_DISSECTORS_REGISTRY_H
#define HT_DISSECTORS_REGISTRY_H

#include "dissect/dissector.h"

/* NULL-terminated, in the order in which they are asked. */
extern const struct ht_dissector *const ht_dissectors[];

#endif
