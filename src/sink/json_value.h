/*
 * Members whose values may be of any size: texts, bytes, named values and lists of these.
 */
#ifndef HT_SINK_JSON_VALUE_H
#define HT_SINK_JSON_VALUE_H

#include "sink/chars.h"
#include "sink/json_plan.h"

/* ht_json_add_member writes the key and the value, which is at `value`. */
void ht_json_add_member(struct ht_chars *out, const struct ht_json_member *member,
                        const void *value);

#endif
