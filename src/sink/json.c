/*
 * JSON Lines: a record is an object on a line of its own, its members what the field tables say.
 */
#include "sink/json_cache.h"
#include "sink/json_plan.h"
#include "sink/json_runs.h"
#include "sink/json_shapes.h"
#include "sink/json_timeline.h"
#include "sink/json_value.h"
#include "sink/json_words.h"
#include "sink/json_writer.h"
#include "sink/sink.h"

#include <stdlib.h>

struct ht_sink {
    struct ht_chars *out; /* the caller's, while a record is written */
    struct ht_json_plans plans;
    struct ht_json_cache cache;
    struct ht_json_clock clock;
    struct ht_json_address address;
    struct ht_json_words words;
    struct ht_json_runs runs;
    struct ht_json_shapes shapes;
    struct ht_json_timeline timeline;
};

/*
 * Members are written at `at`, where there is room for all that are of bounded size, of any object:
 * sink->plans.room characters. What is of any size makes that room again when it is written. Each
 * function returns where it stopped; NULL: there is no memory.
 */

static char *put_object(struct ht_sink *sink, const struct ht_json_plan *plan, const void *object,
                        char *at);

static inline char *make_room(struct ht_sink *sink, char *at)
{
    struct ht_chars *out = sink->out;
    if ((size_t)(out->ptr + out->capacity - at) >= sink->plans.room) {
        return at;
    }
    ht_chars_end(out, at);
    return ht_chars_grow(out, sink->plans.room);
}

/* Up to there an object has room; behind it, it may have none. */
static inline const char *last_place(const struct ht_sink *sink)
{
    return sink->out->ptr + sink->out->capacity - sink->plans.room;
}

/* Words of an object are read: of one that is smaller its copy's. */
static __attribute__((noinline)) char *
put_small(struct ht_sink *sink, const struct ht_json_plan *plan, const void *object, char *at)
{
    _Alignas(uint64_t) char copy[sizeof(uint64_t)] = {0};
    memcpy(copy, object, plan->size);
    return put_object(sink, plan, copy, at);
}

static inline char *put_one(struct ht_sink *sink, const struct ht_json_plan *plan,
                            const void *object, char *at)
{
    return plan->small ? put_small(sink, plan, object, at) : put_object(sink, plan, object, at);
}

/* Writes objects that lie side by side, a comma before each. */
static char *put_each(struct ht_sink *sink, const struct ht_json_plan *plan, const char *objects,
                      size_t num, char *at)
{
    for (size_t i = 0; at != NULL && i < num; i++) {
        *at++ = ',';
        at    = make_room(sink, at);
        at    = at != NULL ? put_one(sink, plan, objects + i * plan->size, at) : NULL;
    }
    return at;
}

/* Writes an object's members, a comma before each. */
static char *put_members(struct ht_sink *sink, const struct ht_json_plan *plan, const void *object,
                         char *at)
{
    size_t start = (size_t)(at - sink->out->ptr);
    char *end    = put_one(sink, plan, object, at);
    if (end == NULL) {
        return NULL;
    }
    at  = sink->out->ptr + start;
    *at = ',';
    end--;
    return end - at > 1 ? end : at;
}

/* An object whose room is not in that of the object around it. */
static char *put_far_object(struct ht_sink *sink, const struct ht_json_key *key,
                            const struct ht_json_plan *plan, const void *object, char *at)
{
    at = make_room(sink, ht_json_put_key(at, key));
    at = at != NULL ? put_one(sink, plan, object, at) : NULL;
    return at != NULL ? make_room(sink, at) : NULL;
}

/* An object known at run time has the name of its type for a key where the field has none. */
static char *put_any(struct ht_sink *sink, const struct ht_json_member *member, const void *value,
                     char *at)
{
    const struct ht_any *any        = value;
    const struct ht_json_plan *plan = ht_json_plan(&sink->plans, any->type);
    if (plan == NULL) {
        sink->out->failed = true;
        return NULL;
    }
    if (member->field->name[0] != '\0') {
        return put_far_object(sink, &member->key, plan, any->object, at);
    }
    at = make_room(sink, at);
    return at != NULL ? put_far_object(sink, &plan->key, plan, any->object, at) : NULL;
}

static char *put_list(struct ht_sink *sink, const struct ht_json_member *member, const void *value,
                      char *at)
{
    const struct ht_objects *objects = value;
    size_t start                     = (size_t)(at - sink->out->ptr) + member->key.len;
    at =
        put_each(sink, member->of, objects->items, objects->len, ht_json_put_key(at, &member->key));
    return at != NULL ? make_room(sink, ht_json_end(at, sink->out->ptr + start, "[]")) : NULL;
}

/* What was rendered before. */
static char *put_rendered(struct ht_sink *sink, struct ht_bytes rendered, char *at)
{
    ht_chars_end(sink->out, at);
    at = ht_chars_room(sink->out, rendered.len + sink->plans.room);
    return at != NULL ? (char *)memcpy(at, rendered.ptr, rendered.len) + rendered.len : NULL;
}

/* A member that is likely to come again with the same content. */
static char *put_repeated(struct ht_sink *sink, const struct ht_json_member *member,
                          const void *value, char *at)
{
    const struct ht_field *field  = member->field;
    const struct ht_bytes content = *(const struct ht_bytes *)value;
    struct ht_chars *out          = sink->out;
    struct ht_bytes rendered      = ht_json_cache_next(&sink->cache, field, content);
    size_t start                  = (size_t)(at - out->ptr);
    if (rendered.len == 0) {
        rendered =
            ht_json_cache_find(&sink->cache, field, content, ht_json_cache_hash(field, content));
    }
    if (rendered.len > 0) {
        return put_rendered(sink, rendered, at);
    }
    ht_chars_end(out, at);
    ht_json_add_member(out, member, value);
    if (!out->failed) {
        rendered = ht_bytes_from(ht_chars_view(out), start);
        ht_json_cache_offer(&sink->cache, field, content, ht_json_cache_hash(field, content),
                            rendered);
    }
    return ht_chars_room(out, sink->plans.room);
}

/* A part of a shape that is not kept; of number 0 none is, for the object has none. */
static __attribute__((noinline)) char *put_new_shared(struct ht_sink *sink,
                                                      const struct ht_json_member *member,
                                                      const void *object, uint64_t number, char *at)
{
    size_t start = (size_t)(at - sink->out->ptr);
    char *end    = put_members(sink, member->of, object, at);
    if (end != NULL && number != 0) {
        at = sink->out->ptr + start;
        ht_json_shapes_offer(&sink->shapes, number, member->part, ht_bytes(at, (size_t)(end - at)));
    }
    return end;
}

/* Members that follow from the object's shape. Parts of it between which nothing is written are
 * copied as one: `*member` becomes the last that was dealt with. */
static char *put_shared(struct ht_sink *sink, const struct ht_json_member **member,
                        const void *object, char *at)
{
    const struct ht_json_member *first = *member, *last = first;
    const struct ht_json_member *next = ht_json_next_written(first + 1, object);
    for (; next->form == HT_JSON_SHARED; next = ht_json_next_written(next + 1, object)) {
        last = next;
    }
    uint64_t number          = *(const uint64_t *)((const char *)object + first->offset);
    struct ht_bytes rendered = ht_json_shapes_find(&sink->shapes, number, first->part, last->part);
    if (rendered.ptr == NULL) {
        return put_new_shared(sink, first, object, number, at);
    }
    *member = next - 1;
    return put_rendered(sink, rendered, at);
}

/* A run or word that is not kept yet. */
static __attribute__((noinline)) char *
put_new_run(struct ht_sink *sink, const struct ht_json_member *member, const void *value, char *at)
{
    size_t start = (size_t)(at - sink->out->ptr);
    char *end    = put_members(sink, member->of, (const char *)value - member->offset, at);
    if (end != NULL) {
        at = sink->out->ptr + start;
        ht_json_runs_keep(&sink->runs, member, value, ht_bytes(at, (size_t)(end - at)));
    }
    return end;
}

static __attribute__((noinline)) char *put_new_word(struct ht_sink *sink,
                                                    const struct ht_json_member *member,
                                                    const void *value, uint64_t word, char *at)
{
    struct ht_chars *out = sink->out;
    size_t start         = (size_t)(at - out->ptr);
    ht_chars_end(out, at);
    ht_json_add_member(out, member, value);
    if (!out->failed) {
        ht_json_words_keep(&sink->words, member, word, ht_bytes_from(ht_chars_view(out), start));
    }
    return ht_chars_room(out, sink->plans.room);
}

/* A member of any size. */
static char *put_value(struct ht_sink *sink, const struct ht_json_member *member, const void *value,
                       char *at)
{
    ht_chars_end(sink->out, at);
    ht_json_add_member(sink->out, member, value);
    return ht_chars_room(sink->out, sink->plans.room);
}

/* Most texts are short, and characters that stand for themselves. */
static inline char *put_text(struct ht_sink *sink, const struct ht_json_member *member,
                             const void *value, char *at)
{
    const struct ht_bytes *text = value;
    char *end                   = ht_json_put_text(ht_json_put_key(at, &member->key), *text);
    return end != NULL ? end : put_value(sink, member, value, at);
}

static char *put_hex(struct ht_sink *sink, const struct ht_json_member *member, const void *value,
                     char *at)
{
    const struct ht_bytes *bytes = value;
    char *end                    = ht_json_put_hex(ht_json_put_key(at, &member->key), *bytes);
    return end != NULL ? end : put_value(sink, member, value, at);
}

static char *put_time(struct ht_sink *sink, const struct ht_json_member *member, const void *value,
                      char *at)
{
    at = ht_json_put_key(at, &member->key);
    return ht_json_put_time(&sink->clock, at, *(const int64_t *)value);
}

static char *put_address(struct ht_sink *sink, const struct ht_json_member *member,
                         const void *value, char *at)
{
    return ht_json_put_same_address(&sink->address, ht_json_put_key(at, &member->key), value);
}

/* An entry of a kind that is met the first time, or that has no number. */
static __attribute__((noinline)) char *put_new_kind(struct ht_sink *sink,
                                                    const struct ht_json_plan *plan,
                                                    const struct ht_timeline_entry *entry, char *at)
{
    const struct ht_struct *type    = entry->type != NULL ? entry->type->data : NULL;
    const struct ht_json_plan *data = type != NULL ? ht_json_plan(&sink->plans, type) : NULL;
    if (type != NULL && data == NULL) {
        sink->out->failed = true;
        return NULL;
    }
    if (entry->kind != 0) {
        size_t start = (size_t)(at - sink->out->ptr);
        char *end    = put_members(sink, plan->members[HT_JSON_ENTRY_KIND].of, entry, at);
        at           = sink->out->ptr + start;
        if (end == NULL) {
            return NULL;
        }
        ht_json_timeline_keep(&sink->timeline, entry->kind, ht_bytes(at, (size_t)(end - at)), data);
    }
    at = make_room(sink, at);
    return at != NULL ? put_one(sink, plan, entry, at) : NULL;
}

/* An entry that has data, that is of a kind which is met the first time, or that may have no room;
 * a comma before it. */
static __attribute__((noinline)) char *put_other_entry(struct ht_sink *sink,
                                                       const struct ht_json_plan *plan,
                                                       const struct ht_timeline_entry *entry,
                                                       char *at)
{
    const struct ht_json_kind *kind = ht_json_timeline_kind(&sink->timeline, entry);
    at                              = make_room(sink, at);
    if (at == NULL) {
        return NULL;
    }
    if (kind == NULL) {
        *at = ',';
        return put_new_kind(sink, plan, entry, at + 1);
    }
    at = ht_json_put_entry(at, entry, kind);
    if (entry->data.type == NULL) {
        return at;
    }
    at = put_far_object(sink, &kind->data->key, kind->data, entry->data.object, at - 1);
    if (at == NULL) {
        return NULL;
    }
    *at = '}';
    return at + 1;
}

static char *put_timeline(struct ht_sink *sink, const struct ht_json_member *member,
                          const void *value, char *at)
{
    const struct ht_objects *timeline     = value;
    const struct ht_timeline_entry *entry = timeline->items, *end = entry + timeline->len;
    const char *last = last_place(sink);
    size_t start     = (size_t)(at - sink->out->ptr) + member->key.len;
    at               = ht_json_put_key(at, &member->key);
    for (; entry < end; entry++) {
        const struct ht_json_kind *kind = ht_json_timeline_kind(&sink->timeline, entry);
        if (kind != NULL && entry->data.type == NULL && at <= last) {
            at = ht_json_put_entry(at, entry, kind);
            continue;
        }
        at = put_other_entry(sink, member->of, entry, at);
        if (at == NULL) {
            return NULL;
        }
        last = last_place(sink);
    }
    return make_room(sink, ht_json_end(at, sink->out->ptr + start, "[]"));
}

static inline char *put_word(struct ht_sink *sink, const struct ht_json_member *member,
                             const void *value, uint64_t word, char *at)
{
    char *end = ht_json_words_put(&sink->words, at, member, word);
    return end != NULL ? end : put_new_word(sink, member, value, word, at);
}

static inline char *put_run(struct ht_sink *sink, const struct ht_json_member *member,
                            const void *value, char *at)
{
    char *end = ht_json_runs_put(&sink->runs, at, member, value);
    return end != NULL ? end : put_new_run(sink, member, value, at);
}

/* An object that is a run: most often there is nothing else to do for it. */
static inline char *put_run_object(struct ht_sink *sink, const struct ht_json_member *member,
                                   const void *object, char *at)
{
    const struct ht_json_member *run = member->of->members;
    char *start                      = ht_json_put_key(at, &member->key);
    char *end = ht_json_runs_put(&sink->runs, start, run, (const char *)object + run->offset);
    return end != NULL ? ht_json_end(end, start, "{}")
                       : put_object(sink, member->of, object, start);
}

/* One jump leads to all that a kind of member needs. It is always inlined, for called it takes a
 * third more: whoever counts calls in small records thinks it is rare. */
static inline __attribute__((always_inline)) char *put_member(struct ht_sink *sink,
                                                              const struct ht_json_member **next,
                                                              enum ht_json_form form,
                                                              const void *object, char *at)
{
    const struct ht_json_member *member = *next;
    const struct ht_json_key *key       = &member->key;
    const void *value                   = (const char *)object + member->offset;
    switch (form) {
    case HT_JSON_TRUE:
        return ht_json_put_key(at, key);
    case HT_JSON_BOOL:
        return ht_json_put_bool(ht_json_put_key(at, key), ht_json_number(member, object) != 0);
    case HT_JSON_WORD:
        return ht_put_uint(ht_json_put_key(at, key), *(const uint64_t *)value);
    case HT_JSON_UINT:
        return ht_put_uint(ht_json_put_key(at, key), ht_json_number(member, object));
    case HT_JSON_INT:
        return ht_json_put_int(ht_json_put_key(at, key), *(const int64_t *)value);
    case HT_JSON_LABEL:
        return put_word(sink, member, value, ht_json_word(value, 0), at);
    case HT_JSON_NAMED:
        return put_word(sink, member, value, ((const struct ht_named *)value)->id, at);
    case HT_JSON_OBJECT:
        return put_object(sink, member->of, ht_pointer_at(value), ht_json_put_key(at, key));
    case HT_JSON_RUN:
        return put_run(sink, member, value, at);
    case HT_JSON_RUN_OBJECT:
        return put_run_object(sink, member, ht_pointer_at(value), at);
    case HT_JSON_TEXT:
        return put_text(sink, member, value, at);
    case HT_JSON_TIME:
        return put_time(sink, member, value, at);
    case HT_JSON_ADDRESS:
        return put_address(sink, member, value, at);
    case HT_JSON_HEX:
        return put_hex(sink, member, value, at);
    case HT_JSON_SHARED:
        return put_shared(sink, next, object, at);
    case HT_JSON_UNLESS:
        return ht_json_word(value, 0) != 0 ? at : put_members(sink, member->of, object, at);
    case HT_JSON_ANY:
        return put_any(sink, member, value, at);
    case HT_JSON_OBJECTS:
        return put_list(sink, member, value, at);
    case HT_JSON_TIMELINE:
        return put_timeline(sink, member, value, at);
    case HT_JSON_FAR_OBJECT:
        return put_far_object(sink, key, member->of, ht_pointer_at(value), at);
    case HT_JSON_REPEATED:
        return put_repeated(sink, member, value, at);
    case HT_JSON_LARGE:
        return put_value(sink, member, value, at);
    case HT_JSON_END:
        return at;
    }
    __builtin_unreachable();
}

/* Writes an object that is not small. */
static char *put_object(struct ht_sink *sink, const struct ht_json_plan *plan, const void *object,
                        char *at)
{
    size_t start = (size_t)(at - sink->out->ptr);
    for (const struct ht_json_member *member = plan->members;; member++) {
        member                       = ht_json_next_written(member, object);
        const enum ht_json_form form = (enum ht_json_form)member->form;
        at                           = put_member(sink, &member, form, object, at);
        if (form == HT_JSON_END) {
            return ht_json_end(at, sink->out->ptr + start, "{}");
        }
        if (at == NULL) {
            return NULL;
        }
    }
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

static void put_record(struct ht_sink *sink, const struct ht_json_record *type, const void *record)
{
    struct ht_chars *out = sink->out;
    size_t start         = out->len;
    char *at             = ht_chars_room(out, ht_json_key_room(&type->head) + sink->plans.room);
    if (at == NULL) {
        return;
    }
    at = put_members(sink, type->plan, record, ht_json_put_key(at, &type->head));
    if (at != NULL) {
        at    = ht_json_end(at, out->ptr + start, "{}");
        *at++ = '\n';
        ht_chars_end(out, at);
    }
}

/* Words, runs and what is shared are kept by plan. */
static void forget_plans(struct ht_sink *sink)
{
    ht_json_plans_free(&sink->plans);
    ht_json_cache_forget(&sink->cache);
    ht_json_shapes_forget(&sink->shapes);
    ht_json_timeline_free(&sink->timeline);
    memset(&sink->words, 0, sizeof sink->words);
    memset(&sink->runs, 0, sizeof sink->runs);
}

static bool json_record(struct ht_sink *sink, const struct ht_record_type *type, const void *record,
                        struct ht_chars *out)
{
    size_t start                       = out->len;
    const struct ht_json_record *known = ht_json_record(&sink->plans, type);
    sink->out                          = out;
    if (known != NULL) {
        put_record(sink, known, record);
    }
    if (known == NULL || out->failed) {
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
    ht_json_shapes_forget(&sink->shapes);
    ht_json_timeline_free(&sink->timeline);
    free(sink);
}

const struct ht_sink_ops ht_json_sink = {.name   = "json",
                                         .doc    = "JSON Lines: one object a record, for programs",
                                         .open   = json_open,
                                         .record = json_record,
                                         .close  = json_close};
