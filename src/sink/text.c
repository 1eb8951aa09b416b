/*
 * Text for people: a connection is a block of lines, every other record one line by its labels.
 */
#include "sink/sink.h"
#include "sink/text_connection.h"

#include <errno.h>
#include <stdlib.h>

enum { CHUNK = 64 * 1024 }; /* bytes that are written out together */

struct ht_sink {
    struct ht_sink_config config;
    struct ht_chars out;
    struct ht_text room; /* one unit at a time */
    bool begun;          /* something was written before */
    bool block;          /* the last record was a block of lines */
};

static struct ht_sink *text_open(const struct ht_sink_config *config)
{
    struct ht_sink *sink = calloc(1, sizeof *sink);
    if (sink != NULL) {
        sink->config     = *config;
        sink->room.color = config->color;
    }
    return sink;
}

static void put_line(struct ht_sink *sink, struct ht_fold *lines, const struct ht_record_type *type,
                     const void *record)
{
    lines->indent = 4;
    ht_text_styled(&sink->room, HT_BOLD, type->name);
    ht_text_put(&sink->room, lines, 0);
    ht_text_parties(&sink->room, type->data, record);
    ht_text_put(&sink->room, lines, HT_TEXT_GAP);
    ht_text_fields(&sink->room, lines, type->data, record);
    ht_fold_end(lines);
}

static bool text_record(struct ht_sink *sink, const struct ht_record_type *type, const void *record)
{
    size_t start         = sink->out.len;
    struct ht_fold lines = {.out = &sink->out, .width = sink->config.width};
    bool block           = type == &ht_connection_record;
    if (sink->begun && (block || sink->block)) {
        ht_fold_end(&lines);
    }
    if (block) {
        ht_text_connection(&sink->room, &lines, record);
    } else {
        put_line(sink, &lines, type, record);
    }
    sink->begun = true;
    sink->block = block;
    if (sink->out.failed || sink->room.out.failed) {
        sink->out.len         = start; /* the records before it are whole */
        sink->out.failed      = false;
        sink->room.out.failed = false;
        errno                 = ENOMEM;
        return false;
    }
    if (sink->config.flush_each || sink->out.len >= CHUNK) {
        return ht_chars_write(&sink->out, sink->config.out);
    }
    return true;
}

static bool text_finish(struct ht_sink *sink)
{
    bool written = ht_chars_write(&sink->out, sink->config.out);
    ht_chars_free(&sink->out);
    ht_chars_free(&sink->room.out);
    free(sink);
    return written;
}

const struct ht_sink_ops ht_text_sink = {.name   = "text",
                                         .doc    = "the timeline of every connection, for people",
                                         .open   = text_open,
                                         .record = text_record,
                                         .finish = text_finish};
