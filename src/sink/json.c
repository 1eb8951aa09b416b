/*
 * JSON Lines: a record is an object on a line of its own, its members what the field tables say.
 */
#include "sink/json_cache.h"
#include "sink/json_labels.h"
#include "sink/json_plan.h"
#include "sink/json_runs.h"
#include "sink/json_writer.h"
#include "sink/sink.h"

#include <stdlib.h>

struct ht_sink {
    struct ht_chars *out; /* the caller's, while a record is written */
    struct ht_json_plans plans;
    struct ht_json_cache cache;
    struct ht_json_clock clock;
    struct ht_json_labels labels;
    struct ht_json_runs runs;
};

static void put_object(struct ht_sink *sink, const struct ht_json_plan *plan, const void *object);
static char *put_each(struct ht_sink *sink, const struct ht_json_plan *plan, const void *object,
                      char *at);

static void put_named(struct ht_chars *out, const struct ht_registry *names, uint16_t id)
{
    char room[HT_SPELLED_MAX];
    const char *name = ht_registry_spell(room, names, id);
    bool named       = name != room || (names->grease && ht_is_grease(id));
    char *at         = ht_chars_room(out, HT_JSON_VALUE_MAX);
    if (at == NULL) {
        return;
    }
    memcpy(at, "{\"id\":", 6);
    ht_chars_end(out, ht_json_put_id(at + 6, id, names->width));
    if (named) {
        ht_chars_add_text(out, ",\"name\":");
        ht_json_add_text(out, ht_text(name));
    }
    ht_chars_add_char(out, '}');
}

static void put_list_named(struct ht_chars *out, const struct ht_registry *names,
                           struct ht_bytes packed)
{
    char room[HT_SPELLED_MAX];
    struct ht_reader r = ht_reader(packed);
    while (rd_left(&r) >= names->width) {
        uint32_t value = (uint32_t)rd_uint(&r, names->width);
        ht_chars_add_char(out, ',');
        ht_json_add_text(out, ht_text(ht_registry_spell(room, names, value)));
    }
}

static void put_list_uint(struct ht_chars *out, const struct ht_uints *uints)
{
    for (size_t i = 0; i < uints->len; i++) {
        ht_chars_add_char(out, ',');
        ht_chars_add_uint(out, uints->items[i], 1);
    }
}

static void put_list_text(struct ht_chars *out, const struct ht_texts *texts, bool hex)
{
    for (size_t i = 0; i < texts->len; i++) {
        ht_chars_add_char(out, ',');
        if (hex) {
            ht_json_add_hex(out, texts->items[i]);
        } else {
            ht_json_add_text(out, texts->items[i]);
        }
    }
}

static void put_list_label(struct ht_chars *out, const char *const *labels)
{
    for (; *labels != NULL; labels++) {
        ht_chars_add_char(out, ',');
        ht_json_add_text(out, ht_text(*labels));
    }
}

static void put_list_object(struct ht_sink *sink, const struct ht_json_plan *plan,
                            const struct ht_objects *objects)
{
    const char *item = objects->items;
    for (size_t i = 0; i < objects->len; i++) {
        ht_chars_add_char(sink->out, ',');
        put_object(sink, plan, item);
        item += plan->type->size;
    }
}

static void put_list(struct ht_sink *sink, const struct ht_json_member *member, const void *at)
{
    size_t start = sink->out->len;
    if (member->field->kind == HT_LIST_NAMED) {
        put_list_named(sink->out, member->field->names, *(const struct ht_bytes *)at);
    } else if (member->field->kind == HT_LIST_UINT) {
        put_list_uint(sink->out, at);
    } else if (member->field->kind == HT_LIST_OBJECT) {
        put_list_object(sink, member->of, at);
    } else if (member->field->kind == HT_LIST_LABEL) {
        put_list_label(sink->out, *(const char *const *const *)at);
    } else {
        put_list_text(sink->out, at, member->field->kind == HT_LIST_HEX);
    }
    char *end = ht_chars_room(sink->out, 2);
    if (end != NULL) {
        ht_chars_end(sink->out, ht_json_end(end, sink->out->ptr + start, "[]"));
    }
}

static void put_key(struct ht_chars *out, const struct ht_json_key *key)
{
    char *at = ht_chars_room(out, ht_json_key_room(key));
    if (at != NULL) {
        ht_chars_end(out, ht_json_put_key(at, key));
    }
}

/* A member that is likely to come again with the same content. */
static void put_repeated(struct ht_sink *sink, const struct ht_json_member *member,
                         struct ht_bytes content)
{
    const struct ht_field *field = member->field;
    struct ht_chars *out         = sink->out;
    uint64_t hash                = ht_json_cache_hash(field, content);
    struct ht_bytes rendered     = ht_json_cache_find(&sink->cache, field, content, hash);
    if (rendered.len > 0) {
        ht_chars_add(out, rendered);
        return;
    }
    size_t start = out->len;
    put_key(out, &member->key);
    if (field->kind == HT_NAMED) {
        put_named(out, field->names, *(const uint16_t *)(const void *)content.ptr);
    } else if (field->kind == HT_TEXT) {
        ht_json_add_text(out, content);
    } else {
        put_list(sink, member, &content);
    }
    if (!out->failed) {
        rendered = ht_bytes_from(ht_chars_view(out), start);
        ht_json_cache_offer(&sink->cache, field, content, hash, rendered);
    }
}

static void put_text(struct ht_sink *sink, const struct ht_json_member *member,
                     struct ht_bytes text)
{
    if ((member->flags & HT_REPEATS) != 0) {
        put_repeated(sink, member, text);
        return;
    }
    put_key(sink->out, &member->key);
    ht_json_add_text(sink->out, text);
}

/* An object known at run time has the name of its type for a key where the field has none. */
static void put_any(struct ht_sink *sink, const struct ht_json_member *member,
                    const struct ht_any *any)
{
    const struct ht_json_plan *plan = ht_json_plan(&sink->plans, any->type);
    if (plan == NULL) {
        sink->out->failed = true;
        return;
    }
    put_key(sink->out, member->field->name[0] == '\0' ? &plan->key : &member->key);
    put_object(sink, plan, any->object);
}

static void put_label(struct ht_sink *sink, const struct ht_json_member *member, const char *word)
{
    struct ht_chars *out = sink->out;
    size_t start         = out->len;
    put_key(out, &member->key);
    ht_json_add_text(out, ht_text(word));
    if (!out->failed) {
        ht_json_labels_keep(&sink->labels, member, word, ht_bytes_from(ht_chars_view(out), start));
    }
}

/* A run that is not kept: its members, which then are. */
static void put_run(struct ht_sink *sink, const struct ht_json_member *member, const char *value)
{
    struct ht_chars *out = sink->out;
    size_t start         = out->len;
    char *at             = ht_chars_room(out, member->of->room);
    at = at != NULL ? put_each(sink, member->of, value - member->offset, at) : NULL;
    if (at == NULL) {
        return;
    }
    ht_chars_end(out, at);
    struct ht_json_run_content content = {0};
    ht_json_run_read(&content, member, value);
    ht_json_runs_keep(&sink->runs, member, &content, ht_bytes_from(ht_chars_view(out), start));
}

/* Writes a member of any size. */
static void put_member(struct ht_sink *sink, const struct ht_json_member *member, const void *value)
{
    switch ((int)member->kind) {
    case HT_LABEL:
        put_label(sink, member, *(const char *const *)value);
        break;
    case HT_TEXT:
        put_text(sink, member, *(const struct ht_bytes *)value);
        break;
    case HT_HEX:
        put_key(sink->out, &member->key);
        ht_json_add_hex(sink->out, *(const struct ht_bytes *)value);
        break;
    case HT_NAMED:
        put_repeated(sink, member,
                     ht_bytes(&((const struct ht_named *)value)->id, sizeof(uint16_t)));
        break;
    case HT_LIST_NAMED:
        put_repeated(sink, member, *(const struct ht_bytes *)value);
        break;
    case HT_OBJECT:
        put_key(sink->out, &member->key);
        put_object(sink, member->of, *(const void *const *)value);
        break;
    case HT_ANY:
        put_any(sink, member, value);
        break;
    case HT_JSON_RUN:
        put_run(sink, member, value);
        break;
    default:
        put_key(sink->out, &member->key);
        put_list(sink, member, value);
        break;
    }
}

static char *put_kept_run(const struct ht_sink *sink, char *at, const struct ht_json_member *member,
                          const char *value)
{
    struct ht_json_run_content content;
    ht_json_run_read(&content, member, value);
    return ht_json_runs_put(&sink->runs, at, member, &content);
}

static uint64_t uint_at(const struct ht_json_member *member, const void *at)
{
    uint64_t value = member->size == 8   ? *(const uint64_t *)at
                     : member->size == 4 ? *(const uint32_t *)at
                     : member->size == 2 ? *(const uint16_t *)at
                                         : *(const uint8_t *)at;
    return value - ((member->flags & HT_PLUS_ONE) != 0 ? 1 : 0);
}

/* NULL where they may not fit into HT_JSON_VALUE_MAX characters. */
static char *put_few_uints(char *at, const struct ht_uints *uints)
{
    enum { FEW = HT_JSON_VALUE_MAX / (20 + 2) }; /* digits of the largest; comma, brackets */
    char *start = at;
    if (uints->len > FEW) {
        return NULL;
    }
    for (size_t i = 0; i < uints->len; i++) {
        *at = ',';
        at  = ht_put_uint(at + 1, uints->items[i]);
    }
    return ht_json_end(at, start, "[]");
}

/* Writes a member at `at` and returns where it ends, or NULL where it may not fit into the room for
 * its key and HT_JSON_VALUE_MAX characters. */
static char *put_small_member(struct ht_sink *sink, char *at, const struct ht_json_member *member,
                              const void *value)
{
    switch ((int)member->kind) {
    case HT_BOOL:
        return ht_json_put_bool(ht_json_put_key(at, &member->key), uint_at(member, value) != 0);
    case HT_UINT:
        return ht_put_uint(ht_json_put_key(at, &member->key), uint_at(member, value));
    case HT_INT:
        return ht_json_put_int(ht_json_put_key(at, &member->key), *(const int64_t *)value);
    case HT_TIME:
        return ht_json_put_time(&sink->clock, ht_json_put_key(at, &member->key),
                                *(const int64_t *)value);
    case HT_ADDRESS:
        return ht_json_put_address(ht_json_put_key(at, &member->key), value);
    case HT_TEXT:
        return ht_json_put_text(ht_json_put_key(at, &member->key), *(const struct ht_bytes *)value);
    case HT_HEX:
        return ht_json_put_hex(ht_json_put_key(at, &member->key), *(const struct ht_bytes *)value);
    case HT_LIST_UINT:
        return put_few_uints(ht_json_put_key(at, &member->key), (const struct ht_uints *)value);
    case HT_LABEL:
        return ht_json_labels_put(&sink->labels, at, member, *(const char *const *)value);
    case HT_JSON_RUN:
        return put_kept_run(sink, at, member, value);
    default:
        return NULL;
    }
}

/* Writes the members, a comma before each, at `at`, where there is room for all that are small, and
 * for brackets; it is made again after every other member. NULL: there is no memory. */
static char *put_each(struct ht_sink *sink, const struct ht_json_plan *plan, const void *object,
                      char *at)
{
    const struct ht_json_member *end = plan->members + plan->num_members;
    for (const struct ht_json_member *member = plan->members; member != end; member++) {
        if (!ht_json_written(member, object)) {
            continue;
        }
        const void *value = (const char *)object + member->offset;
        char *next        = put_small_member(sink, at, member, value);
        if (next == NULL) {
            ht_chars_end(sink->out, at);
            put_member(sink, member, value);
            next = ht_chars_room(sink->out, plan->room);
        }
        if (next == NULL) {
            return NULL;
        }
        at = next;
    }
    return at;
}

/* Writes the members and ends the object that began at `start`. */
static void put_members(struct ht_sink *sink, const struct ht_json_plan *plan, const void *object,
                        size_t start)
{
    uint64_t small = 0;
    if (plan->type->size < sizeof small) {
        memcpy(&small, object, plan->type->size); /* ht_json_written reads so much */
        object = &small;
    }
    char *at = ht_chars_room(sink->out, plan->room);
    at       = at != NULL ? put_each(sink, plan, object, at) : NULL;
    if (at != NULL) {
        ht_chars_end(sink->out, ht_json_end(at, sink->out->ptr + start, "{}"));
    }
}

static void put_object(struct ht_sink *sink, const struct ht_json_plan *plan, const void *object)
{
    put_members(sink, plan, object, sink->out->len);
}

static struct ht_sink *json_open(const struct ht_sink_config *config)
{
    (void)config;
    struct ht_sink *sink = calloc(1, sizeof *sink);
    if (sink != NULL && !ht_json_cache_open(&sink->cache)) {
        free(sink);
        sink = NULL;
    }
    return sink;
}

static void put_record(struct ht_sink *sink, const struct ht_record_type *type,
                       const struct ht_json_plan *plan, const void *record)
{
    size_t start = sink->out->len;
    ht_chars_add_text(sink->out, ",\"schema\":\"" HT_SCHEMA_VERSION "\",\"type\":");
    ht_json_add_text(sink->out, ht_text(type->name));
    put_members(sink, plan, record, start);
    ht_chars_add_char(sink->out, '\n');
}

/* Labels and runs are kept by plan. */
static void forget_plans(struct ht_sink *sink)
{
    ht_json_plans_free(&sink->plans);
    memset(&sink->labels, 0, sizeof sink->labels);
    memset(&sink->runs, 0, sizeof sink->runs);
}

static bool json_record(struct ht_sink *sink, const struct ht_record_type *type, const void *record,
                        struct ht_chars *out)
{
    size_t start                    = out->len;
    const struct ht_json_plan *plan = ht_json_plan(&sink->plans, type->data);
    sink->out                       = out;
    if (plan != NULL) {
        put_record(sink, type, plan, record);
    }
    if (plan == NULL || out->failed) {
        forget_plans(sink);  /* one may be half made */
        out->len    = start; /* the lines before it are whole */
        out->failed = false;
        return false;
    }
    return true;
}

static void json_close(struct ht_sink *sink)
{
    ht_json_plans_free(&sink->plans);
    ht_json_cache_close(&sink->cache);
    free(sink);
}

const struct ht_sink_ops ht_json_sink = {.name   = "json",
                                         .doc    = "JSON Lines: one object a record, for programs",
                                         .open   = json_open,
                                         .record = json_record,
                                         .close  = json_close};
