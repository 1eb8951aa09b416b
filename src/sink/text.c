/*
 * Text for people: a connection is a block of lines, every other record one line by its labels; or,
 * in brief, one line a connection.
 */
#include "sink/sink.h"
#include "sink/text_connection.h"

#include <stdlib.h>

struct ht_sink {
    struct ht_sink_config config;
    struct ht_text room; /* one unit at a time */
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

static bool is_block(const struct ht_record_type *type)
{
    return type == &ht_connection_record;
}

/* What was added from `start` on is a record, or nothing. */
static bool is_whole(struct ht_sink *sink, struct ht_chars *out, size_t start)
{
    if (out->failed || sink->room.out.failed) {
        out->len              = start; /* the records before it are whole */
        out->failed           = false;
        sink->room.out.failed = false;
        return false;
    }
    return true;
}

static bool text_record(struct ht_sink *sink, const struct ht_record_type *type, const void *record,
                        struct ht_chars *out)
{
    size_t start         = out->len;
    struct ht_fold lines = {.out = out, .width = sink->config.width};
    if (is_block(type)) {
        ht_text_connection(&sink->room, &lines, record);
    } else {
        put_line(sink, &lines, type, record);
    }
    return is_whole(sink, out, start);
}

/* Lines are not folded: they are to be searched, sorted and counted. */
static bool brief_record(struct ht_sink *sink, const struct ht_record_type *type,
                         const void *record, struct ht_chars *out)
{
    size_t start         = out->len;
    struct ht_fold lines = {.out = out};
    if (type == &ht_connection_record) {
        ht_text_connection_line(&sink->room, &lines, record, sink->config.several_sources);
    }
    return is_whole(sink, out, start);
}

static void text_close(struct ht_sink *sink)
{
    ht_chars_free(&sink->room.out);
    free(sink);
}

const struct ht_sink_ops ht_text_sink = {.name     = "text",
                                         .doc      = "the timeline of every connection, for people",
                                         .open     = text_open,
                                         .record   = text_record,
                                         .close    = text_close,
                                         .is_apart = is_block};

const struct ht_sink_ops ht_brief_sink = {.name   = "brief",
                                          .doc    = "a line a connection, and nothing else",
                                          .open   = text_open,
                                          .record = brief_record,
                                          .close  = text_close};
