/*
 * Sinks: the formats in which records go out. A sink walks field tables and knows no protocol.
 */
#ifndef HT_SINK_SINK_H
#define HT_SINK_SINK_H

#include "base/error.h"
#include "event/connection.h"
#include "sink/chars.h"

/* Of the records' names and types, as every record says it. */
#define HT_SCHEMA_VERSION "hellotap/1"

struct ht_sink_config {
    bool color;           /* ANSI colours */
    bool several_sources; /* each line says which file or interface it is of */
    unsigned width;       /* columns to fold text to; 0: do not fold */
};

struct ht_sink;

/* A format: turns a record into bytes, and does not know where they go. */
struct ht_sink_ops {
    const char *name; /* as -f takes it */
    const char *doc;
    struct ht_sink *(*open)(const struct ht_sink_config *config); /* NULL: out of memory */
    /* Adds a record, whole lines, to `out`; false: out of memory, and nothing was added. */
    bool (*record)(struct ht_sink *sink, const struct ht_record_type *type, const void *record,
                   struct ht_chars *out);
    void (*close)(struct ht_sink *sink);
    /* An empty line stands before and after such a record. NULL: nowhere. */
    bool (*is_apart)(const struct ht_record_type *type);
};

extern const struct ht_sink_ops ht_text_sink;
extern const struct ht_sink_ops ht_brief_sink;
extern const struct ht_sink_ops ht_json_sink;

#endif
