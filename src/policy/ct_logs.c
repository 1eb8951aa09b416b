#include "policy/ct_logs.h"

#include "base/arena.h"
#include "policy/json_text.h"
#include "policy/place.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_TEXT = 8 << 20 };

struct ht_ct_logs {
    struct ht_arena arena;
    struct ht_ct_log *logs; /* by rising id */
    size_t num;
};

struct reader {
    struct ht_ct_logs *out; /* has room for all */
    const char *file, *text;
    struct ht_error *error;
};

static bool fail(struct reader *r, const struct place *place, const char *what)
{
    char path[PLACE_PATH_MAX];
    place_print(path, place);
    const char *at = place != NULL ? place_find(r->text, place) : r->text;
    return ht_fail(r->error, "%s:%u: %s%s%s", r->file, place_line(r->text, at), path,
                   path[0] != '\0' ? ": " : "", what);
}

/* The member `key` of an object, and its place; NULL where there is none. */
static struct json_object *find_member(struct json_object *object, const struct place *in,
                                       const char *key, struct place *out)
{
    *out = (struct place){.in = in, .key = key};
    if (!json_object_is_type(object, json_type_object)) {
        return NULL;
    }
    json_object_object_foreach(object, name, value)
    {
        if (strcmp(name, key) == 0) {
            return value;
        }
        out->index++;
    }
    return NULL;
}

/* A member that must be there, of that type. */
static struct json_object *need_member(struct reader *r, struct json_object *object,
                                       const struct place *in, const char *key, enum json_type type,
                                       struct place *out)
{
    char missing[64];
    struct json_object *value = find_member(object, in, key, out);
    if (value == NULL) {
        (void)snprintf(missing, sizeof missing, "has no \"%s\"", key);
        (void)fail(r, in, missing);
    } else if (!json_object_is_type(value, type)) {
        (void)fail(r, out, type == json_type_array ? "is to be an array" : "is to be a string");
        value = NULL;
    }
    return value;
}

static bool read_text(struct reader *r, struct json_object *object, const struct place *in,
                      const char *key, struct ht_bytes *out)
{
    struct place place;
    struct json_object *value = need_member(r, object, in, key, json_type_string, &place);
    if (value == NULL) {
        return false;
    }
    size_t len = (size_t)json_object_get_string_len(value);
    *out       = ht_arena_copy(&r->out->arena, ht_bytes(json_object_get_string(value), len));
    return out->len > 0 || fail(r, &place, "is empty");
}

/* The schema does not ask for a name. */
static bool read_description(struct reader *r, struct json_object *log, const struct place *in,
                             struct ht_bytes *out)
{
    static const char key[] = "description";
    struct place place;
    return find_member(log, in, key, &place) == NULL || read_text(r, log, in, key, out);
}

static int digit_of(uint8_t character)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at             = character != '\0' ? strchr(digits, character) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* RFC 4648 section 4; `out` has room for three bytes for each four characters. */
static bool decode_base64(struct ht_bytes text, uint8_t *out, size_t *len)
{
    unsigned bits = 0, held = 0;
    size_t at = 0;
    *len      = 0;
    for (int digit; at < text.len && (digit = digit_of(text.ptr[at])) >= 0; at++) {
        bits = bits << 6 | (unsigned)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[(*len)++] = (uint8_t)(bits >> held);
        }
    }
    size_t padding = text.len - at;
    for (; at < text.len && text.ptr[at] == '='; at++) {
    }
    return at == text.len && text.len % 4 == 0 && padding <= 2;
}

static bool read_base64(struct reader *r, struct json_object *object, const struct place *in,
                        const char *key, struct ht_bytes *out)
{
    struct ht_bytes text;
    struct place place;
    if (!read_text(r, object, in, key, &text)) {
        return false;
    }
    uint8_t *bytes = ht_arena_alloc(&r->out->arena, text.len);
    *out           = ht_bytes(bytes, 0);
    (void)find_member(object, in, key, &place);
    return (bytes != NULL && decode_base64(text, bytes, &out->len) && out->len > 0) ||
           fail(r, &place, "is to be base64");
}

/* "state": {"usable": {"timestamp": …}} */
static const char *read_state(struct json_object *log, const struct place *in)
{
    static const char *const states[] = {"pending",  "qualified", "usable",
                                         "readonly", "retired",   "rejected"};
    struct place place, member;
    struct json_object *state = find_member(log, in, "state", &place);
    for (size_t i = 0; i < HT_ARRAY_LEN(states); i++) {
        if (find_member(state, &place, states[i], &member) != NULL) {
            return states[i];
        }
    }
    return NULL;
}

static bool read_log(struct reader *r, struct json_object *log, const struct place *place,
                     struct ht_bytes log_operator)
{
    struct ht_bytes id;
    struct place id_place;
    struct ht_ct_log *out = &r->out->logs[r->out->num];
    *out = (struct ht_ct_log){.log_operator = log_operator, .state = read_state(log, place)};
    if (!read_description(r, log, place, &out->name) ||
        !read_base64(r, log, place, "key", &out->key) ||
        !read_base64(r, log, place, "log_id", &id)) {
        return false;
    }
    if (id.len != sizeof out->id) {
        (void)find_member(log, place, "log_id", &id_place);
        return fail(r, &id_place, "is to be of 32 bytes, in base64");
    }
    memcpy(out->id, id.ptr, id.len);
    r->out->num++;
    return true;
}

/* `key` is "logs", or "tiled_logs" for those of another interface. */
static bool read_logs(struct reader *r, struct json_object *company, const struct place *in,
                      const char *key, struct ht_bytes name)
{
    struct place place;
    if (find_member(company, in, key, &place) == NULL) {
        return true;
    }
    struct json_object *logs = need_member(r, company, in, key, json_type_array, &place);
    if (logs == NULL) {
        return false;
    }
    for (size_t i = 0; i < json_object_array_length(logs); i++) {
        const struct place element = {.in = &place, .index = i};
        if (!read_log(r, json_object_array_get_idx(logs, i), &element, name)) {
            return false;
        }
    }
    return true;
}

static size_t count_logs(struct json_object *operators)
{
    static const char *const keys[] = {"logs", "tiled_logs"};
    struct place place;
    size_t num = 0;
    for (size_t i = 0; i < json_object_array_length(operators); i++) {
        struct json_object *company = json_object_array_get_idx(operators, i);
        for (size_t k = 0; k < HT_ARRAY_LEN(keys); k++) {
            struct json_object *logs = find_member(company, NULL, keys[k], &place);
            num += json_object_is_type(logs, json_type_array) ? json_object_array_length(logs) : 0;
        }
    }
    return num;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(((const struct ht_ct_log *)a)->id, ((const struct ht_ct_log *)b)->id,
                  HT_CT_LOG_ID_LEN);
}

static bool read_operators(struct reader *r, struct json_object *root)
{
    struct place place;
    struct json_object *all = need_member(r, root, NULL, "operators", json_type_array, &place);
    if (all == NULL) {
        return false;
    }
    size_t num   = count_logs(all);
    r->out->logs = num > 0 ? ht_arena_alloc(&r->out->arena, num * sizeof *r->out->logs) : NULL;
    if (r->out->logs == NULL) {
        return fail(r, &place, num > 0 ? "no memory" : "has no logs");
    }
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        const struct place element  = {.in = &place, .index = i};
        struct json_object *company = json_object_array_get_idx(all, i);
        struct ht_bytes name;
        if (!read_text(r, company, &element, "name", &name) ||
            !read_logs(r, company, &element, "logs", name) ||
            !read_logs(r, company, &element, "tiled_logs", name)) {
            return false;
        }
    }
    qsort(r->out->logs, r->out->num, sizeof *r->out->logs, by_id);
    return true;
}

struct ht_ct_logs *ht_ct_logs_open(const char *path, struct ht_error *error)
{
    struct json_text json;
    if (!json_text_open(&json, path, MAX_TEXT, error)) {
        return NULL;
    }
    struct reader r = {
        .out = calloc(1, sizeof *r.out), .file = path, .text = json.text, .error = error};
    bool read = r.out != NULL ? read_operators(&r, json.root) : fail(&r, NULL, "no memory");
    json_text_close(&json);
    if (!read) {
        ht_ct_logs_free(r.out);
        return NULL;
    }
    return r.out;
}

void ht_ct_logs_free(struct ht_ct_logs *logs)
{
    if (logs != NULL) {
        ht_arena_clear(&logs->arena);
        free(logs);
    }
}

const struct ht_ct_log *ht_ct_log_find(const struct ht_ct_logs *logs, struct ht_bytes id)
{
    struct ht_ct_log key;
    if (logs == NULL || id.len != sizeof key.id) {
        return NULL;
    }
    memcpy(key.id, id.ptr, id.len);
    return bsearch(&key, logs->logs, logs->num, sizeof key, by_id);
}
