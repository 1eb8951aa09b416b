/*
 * JSON Lines: a record is an object on a line of its own, its members what the field tables say.
 */
#include "sink/json_writer.h"
#include "sink/sink.h"

#include <errno.h>
#include <stdlib.h>

enum { CHUNK = 64 * 1024 }; /* bytes that are written out together */

struct ht_sink {
    struct ht_json_writer writer;
    struct ht_sink_config config;
};

static void put_object(struct ht_json_writer *w, const struct ht_struct *type, const void *object);

static void put_named(struct ht_json_writer *w, const struct ht_registry *names,
                      struct ht_named value)
{
    char room[HT_SPELLED_MAX];
    const char *name = ht_registry_spell(room, names, value.id);
    bool named       = name != room || (names->grease && ht_is_grease(value.id));
    ht_json_open(w, '{');
    ht_json_key(w, "id");
    ht_json_id(w, value.id, names->width);
    if (named) {
        ht_json_key(w, "name");
        ht_json_text(w, ht_text(name));
    }
    ht_json_close(w, '}');
}

static void put_list_named(struct ht_json_writer *w, const struct ht_registry *names,
                           struct ht_bytes packed)
{
    char room[HT_SPELLED_MAX];
    struct ht_reader r = ht_reader(packed);
    while (rd_left(&r) >= names->width) {
        uint32_t value = (uint32_t)rd_uint(&r, names->width);
        ht_json_text(w, ht_text(ht_registry_spell(room, names, value)));
    }
}

static void put_list(struct ht_json_writer *w, const struct ht_field *field, const void *at)
{
    const struct ht_texts *texts     = at;
    const struct ht_uints *uints     = at;
    const struct ht_objects *objects = at;
    ht_json_open(w, '[');
    if (field->kind == HT_LIST_NAMED) {
        put_list_named(w, field->names, *(const struct ht_bytes *)at);
    } else if (field->kind == HT_LIST_UINT) {
        for (size_t i = 0; i < uints->len; i++) {
            ht_json_uint(w, uints->items[i]);
        }
    } else if (field->kind == HT_LIST_OBJECT) {
        for (size_t i = 0; i < objects->len; i++) {
            put_object(w, field->of, (const char *)objects->items + i * field->of->size);
        }
    } else if (field->kind == HT_LIST_HEX) {
        for (size_t i = 0; i < texts->len; i++) {
            ht_json_hex(w, texts->items[i]);
        }
    } else {
        for (size_t i = 0; i < texts->len; i++) {
            ht_json_text(w, texts->items[i]);
        }
    }
    ht_json_close(w, ']');
}

static void put_value(struct ht_json_writer *w, const struct ht_field *field, const void *object)
{
    const void *at = ht_field_at(field, object);
    switch (field->kind) {
    case HT_BOOL:
        ht_json_bool(w, *(const bool *)at);
        break;
    case HT_UINT:
        ht_json_uint(w, ht_field_uint(field, object));
        break;
    case HT_INT:
        ht_json_int(w, *(const int64_t *)at);
        break;
    case HT_TIME:
        ht_json_time(w, *(const int64_t *)at);
        break;
    case HT_LABEL:
        ht_json_text(w, ht_text(*(const char *const *)at));
        break;
    case HT_TEXT:
        ht_json_text(w, *(const struct ht_bytes *)at);
        break;
    case HT_HEX:
        ht_json_hex(w, *(const struct ht_bytes *)at);
        break;
    case HT_ADDRESS:
        ht_json_address(w, at);
        break;
    case HT_NAMED:
        put_named(w, field->names, *(const struct ht_named *)at);
        break;
    case HT_LIST_NAMED:
    case HT_LIST_UINT:
    case HT_LIST_TEXT:
    case HT_LIST_HEX:
    case HT_LIST_OBJECT:
        put_list(w, field, at);
        break;
    case HT_OBJECT:
        put_object(w, field->of, *(const void *const *)at);
        break;
    case HT_ANY:
        put_object(w, ((const struct ht_any *)at)->type, ((const struct ht_any *)at)->object);
        break;
    }
}

/* An object known at run time has the name of its type for a key where the field has none. */
static const char *key_of(const struct ht_field *field, const void *object)
{
    const struct ht_any *any = ht_field_at(field, object);
    return field->kind == HT_ANY && field->name[0] == '\0' ? any->type->name : field->name;
}

static void put_members(struct ht_json_writer *w, const struct ht_struct *type, const void *object)
{
    for (size_t i = 0; i < type->num_fields; i++) {
        const struct ht_field *field = &type->fields[i];
        if (ht_field_written(field, object)) {
            ht_json_key(w, key_of(field, object));
            put_value(w, field, object);
        }
    }
}

static void put_object(struct ht_json_writer *w, const struct ht_struct *type, const void *object)
{
    ht_json_open(w, '{');
    put_members(w, type, object);
    ht_json_close(w, '}');
}

static struct ht_sink *json_open(const struct ht_sink_config *config)
{
    struct ht_sink *sink = calloc(1, sizeof *sink);
    if (sink != NULL) {
        sink->config = *config;
    }
    return sink;
}

static bool json_record(struct ht_sink *sink, const struct ht_record_type *type, const void *record)
{
    struct ht_json_writer *w = &sink->writer;
    size_t start             = w->out.len;
    ht_json_open(w, '{');
    ht_json_key(w, "schema");
    ht_json_text(w, ht_text(HT_SCHEMA_VERSION));
    ht_json_key(w, "type");
    ht_json_text(w, ht_text(type->name));
    put_members(w, type->data, record);
    ht_json_close(w, '}');
    ht_json_line(w);
    if (w->out.failed) {
        w->out.len    = start; /* the lines before it are whole */
        w->out.failed = false;
        errno         = ENOMEM;
        return false;
    }
    if (sink->config.flush_each || w->out.len >= CHUNK) {
        return ht_chars_write(&w->out, sink->config.out);
    }
    return true;
}

static bool json_finish(struct ht_sink *sink)
{
    bool written = ht_chars_write(&sink->writer.out, sink->config.out);
    ht_chars_free(&sink->writer.out);
    free(sink);
    return written;
}

const struct ht_sink_ops ht_json_sink = {.name   = "json",
                                         .doc    = "JSON Lines: one object a record, for programs",
                                         .open   = json_open,
                                         .record = json_record,
                                         .finish = json_finish};
