/*
 * Sinks: where records go. A sink walks field tables and knows no protocol.
 */
#ifndef HT_SINK_SINK_H
#define HT_SINK_SINK_H

#include "base/error.h"
#include "event/connection.h"

#include <stdio.h>

/* Of the records' names and types, as every record says it. */
#define HT_SCHEMA_VERSION "hellotap/1"

struct ht_sink_config {
    FILE *out;       /* the caller's; the sink does not close it */
    bool color;      /* ANSI colours */
    bool flush_each; /* every record is written out at once, for what reads along; else many are
                      * written together, but no line is cut in two */
    unsigned width;  /* columns to fold text to; 0: do not fold */
};

struct ht_sink;

/* A format. `record` and `finish` return false once `out` fails (the reason in errno). */
struct ht_sink_ops {
    const char *name; /* as -f takes it */
    const char *doc;
    struct ht_sink *(*open)(const struct ht_sink_config *config); /* NULL: out of memory */
    bool (*record)(struct ht_sink *sink, const struct ht_record_type *type, const void *record);
    bool (*finish)(struct ht_sink *sink); /* flushes and frees */
};

extern const struct ht_sink_ops ht_text_sink;
extern const struct ht_sink_ops ht_json_sink;

#endif
