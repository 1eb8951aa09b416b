/*
 * What the records hold, told from the field tables: as JSON Schema, and as a manual page.
 */
#ifndef HT_SINK_SCHEMA_H
#define HT_SINK_SCHEMA_H

#include "event/connection.h"

#include <stdio.h>

/* All that can be in the output. Lists are NULL-terminated. */
struct ht_schema_parts {
    const struct ht_record_type *const *records;
    const struct ht_event_type *const *events;
    const struct ht_struct *const *details; /* of connections, by protocol */
};

/* ht_schema_write writes JSON Schema 2020-12. It is additive: members that it does not know are
 * allowed, unless `strict`, which is for tests. False where `out` fails or there is no memory. */
bool ht_schema_write(FILE *out, const struct ht_schema_parts *parts, bool strict);

/* ht_reference_write writes the manual page hellotap-json(5), in man(7). `version` is the
 * program's. False where `out` fails. */
bool ht_reference_write(FILE *out, const struct ht_schema_parts *parts, const char *version);

#endif
