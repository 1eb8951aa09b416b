#include "report/diff_input.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>

const struct diff_list diff_lists[DIFF_NUM_LISTS] = {
    {"protocols", "protocols", true, offsetof(struct ht_diff_items, protocols)},
    {"versions", "versions", true, offsetof(struct ht_diff_items, versions)},
    {"cipher_suites", "suites", true, offsetof(struct ht_diff_items, cipher_suites)},
    {"groups", "groups", true, offsetof(struct ht_diff_items, groups)},
    {"signature_schemes", "signatures", true, offsetof(struct ht_diff_items, signature_schemes)},
    {"alpn", "alpn", true, offsetof(struct ht_diff_items, alpn)},
    {"offered_versions", "offers", false, offsetof(struct ht_diff_items, offered_versions)},
    {"offered_groups", "offers groups", false, offsetof(struct ht_diff_items, offered_groups)},
    {"certificates", "certificate", false, offsetof(struct ht_diff_items, certificates)},
};

/* Where reading is, for messages and for what is made. */
struct reading {
    const char *file;
    struct ht_arena *arena;
    struct ht_error *error;
    const char *list; /* "servers", "clients" */
    size_t index;
};

static bool fail_entry(const struct reading *r, const char *what)
{
    return ht_fail(r->error, "%s: no inventory: %s[%zu] %s", r->file, r->list, r->index, what);
}

static bool fail_memory(const struct reading *r)
{
    return ht_fail(r->error, "%s: out of memory", r->file);
}

/* The member's text; empty where it is absent or none. */
static struct ht_bytes text_of(struct json_object *object, const char *key)
{
    struct json_object *value;
    if (!json_object_object_get_ex(object, key, &value) ||
        !json_object_is_type(value, json_type_string)) {
        return ht_bytes(NULL, 0);
    }
    return ht_bytes(json_object_get_string(value), (size_t)json_object_get_string_len(value));
}

int diff_text_order(const struct ht_bytes *a, const struct ht_bytes *b)
{
    size_t common = a->len < b->len ? a->len : b->len;
    int order     = common > 0 ? memcmp(a->ptr, b->ptr, common) : 0;
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

int diff_entry_order(const struct diff_entry *a, const struct diff_entry *b)
{
    int order = diff_text_order(&a->ip, &b->ip);
    order     = order != 0 ? order : (a->port > b->port) - (a->port < b->port);
    order     = order != 0 ? order : diff_text_order(&a->transport, &b->transport);
    order     = order != 0 ? order : diff_text_order(&a->name, &b->name);
    return order != 0 ? order : diff_text_order(&a->ja4, &b->ja4);
}

static int compare_texts(const void *a, const void *b)
{
    return diff_text_order(a, b);
}

static int compare_entries(const void *a, const void *b)
{
    return diff_entry_order(a, b);
}

/* The names of a list, [{"name": "TLS 1.3", …}, …]; none where it is absent. */
static bool read_list(const struct reading *r, struct json_object *owner, const char *key,
                      struct ht_texts *out)
{
    struct json_object *array;
    if (!json_object_object_get_ex(owner, key, &array)) {
        return true;
    }
    if (!json_object_is_type(array, json_type_array)) {
        return fail_entry(r, "has a member that should be a list");
    }
    size_t num             = json_object_array_length(array);
    struct ht_bytes *names = ht_arena_alloc(r->arena, (num + 1) * sizeof *names);
    if (names == NULL) {
        return fail_memory(r);
    }
    for (size_t i = 0; i < num; i++) {
        names[i] = text_of(json_object_array_get_idx(array, i), "name");
        if (names[i].len == 0) {
            return fail_entry(r, "has a list with an item that has no name");
        }
    }
    qsort(names, num, sizeof *names, compare_texts);
    *out = (struct ht_texts){.items = names, .len = num};
    return true;
}

static bool read_entry(const struct reading *r, struct json_object *object, struct diff_entry *out)
{
    struct json_object *profile = NULL, *port = NULL;
    (void)json_object_object_get_ex(object, "profile", &profile);
    (void)json_object_object_get_ex(object, "port", &port);
    *out = (struct diff_entry){.ip        = text_of(object, "ip"),
                               .transport = text_of(object, "transport"),
                               .name      = text_of(object, "name"),
                               .ja4       = text_of(object, "ja4"),
                               .port      = (uint16_t)json_object_get_int(port)};
    if (out->ip.len == 0 && out->ja4.len == 0) {
        return fail_entry(r, "has neither an ip nor a ja4");
    }
    for (size_t i = 0; i < DIFF_NUM_LISTS; i++) {
        struct json_object *owner = diff_lists[i].in_profile ? profile : object;
        if (!read_list(r, owner, diff_lists[i].name, &out->lists[i])) {
            return false;
        }
    }
    return true;
}

static bool read_entries(struct reading *r, struct json_object *root, const char *key,
                         struct diff_entries *out)
{
    struct json_object *array;
    if (!json_object_object_get_ex(root, key, &array) ||
        !json_object_is_type(array, json_type_array)) {
        return ht_fail(r->error, "%s: no inventory: it has no list \"%s\"", r->file, key);
    }
    r->list    = key;
    out->len   = json_object_array_length(array);
    out->items = ht_arena_alloc(r->arena, (out->len + 1) * sizeof *out->items);
    if (out->items == NULL) {
        return fail_memory(r);
    }
    for (r->index = 0; r->index < out->len; r->index++) {
        struct json_object *entry = json_object_array_get_idx(array, r->index);
        if (!json_object_is_type(entry, json_type_object)) {
            return fail_entry(r, "is no object");
        }
        if (!read_entry(r, entry, &out->items[r->index])) {
            return false;
        }
    }
    qsort(out->items, out->len, sizeof *out->items, compare_entries);
    return true;
}

/* Absent or none: then nothing is known of any. */
static bool index_certificates(const struct reading *r, struct diff_inventory *out)
{
    struct json_object *array;
    out->certificates = json_object_new_object();
    if (out->certificates == NULL) {
        return fail_memory(r);
    }
    if (!json_object_object_get_ex(out->root, "certificates", &array) ||
        !json_object_is_type(array, json_type_array)) {
        return true;
    }
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *each = json_object_array_get_idx(array, i), *sha256;
        if (json_object_object_get_ex(each, "sha256", &sha256) &&
            json_object_object_add(out->certificates, json_object_get_string(sha256),
                                   json_object_get(each)) != 0) {
            json_object_put(each);
            return fail_memory(r);
        }
    }
    return true;
}

struct ht_diff_certificate diff_inventory_certificate(const struct diff_inventory *inventory,
                                                      struct ht_bytes sha256)
{
    struct ht_diff_certificate out  = {.sha256 = sha256};
    struct json_object *certificate = NULL;
    /* A string of json-c, so there is a NUL behind it. */
    if (json_object_object_get_ex(inventory->certificates, (const char *)sha256.ptr,
                                  &certificate)) {
        out.subject   = text_of(certificate, "subject");
        out.issuer    = text_of(certificate, "issuer");
        out.not_after = text_of(certificate, "not_after");
    }
    return out;
}

static unsigned line_at(struct ht_bytes text, size_t at)
{
    unsigned line = 1;
    for (size_t i = 0; i < at && i < text.len; i++) {
        line += text.ptr[i] == '\n';
    }
    return line;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Keeps the record where it is an inventory, else drops it. */
static bool take(const struct reading *r, struct diff_inventory *out, struct json_object *record)
{
    if (!ht_bytes_equal(text_of(record, "type"), ht_text("inventory"))) {
        json_object_put(record);
        return true;
    }
    if (out->root != NULL) {
        json_object_put(record);
        return ht_fail(r->error, "%s: holds more than one inventory", r->file);
    }
    out->root              = record;
    struct ht_bytes schema = text_of(record, "schema");
    if (!ht_bytes_equal(schema, ht_text(HT_SCHEMA_VERSION))) {
        return ht_fail(r->error, "%s: the inventory is of another schema than " HT_SCHEMA_VERSION,
                       r->file);
    }
    return true;
}

/* Reads JSON texts one after another. */
static bool read_records(const struct reading *r, struct diff_inventory *out, struct ht_bytes text,
                         struct json_tokener *tokener)
{
    for (size_t at = 0;;) {
        while (at < text.len && is_space(text.ptr[at])) {
            at++;
        }
        if (at == text.len) {
            return true;
        }
        struct json_object *record =
            json_tokener_parse_ex(tokener, (const char *)text.ptr + at, (int)(text.len - at));
        enum json_tokener_error wrong = json_tokener_get_error(tokener);
        size_t used                   = json_tokener_get_parse_end(tokener);
        if (wrong != json_tokener_success) {
            bool cut = wrong == json_tokener_continue;
            return ht_fail(r->error, "%s:%u: not JSON: %s", r->file, line_at(text, at + used),
                           cut ? "it ends too early" : json_tokener_error_desc(wrong));
        }
        json_tokener_reset(tokener);
        at += used;
        if (!take(r, out, record)) {
            return false;
        }
    }
}

bool diff_inventory_read(struct diff_inventory *out, const struct ht_diff_input *input,
                         struct ht_arena *arena, struct ht_error *error)
{
    struct reading r             = {.file = input->name, .arena = arena, .error = error};
    struct json_tokener *tokener = json_tokener_new();
    *out                         = (struct diff_inventory){0};
    if (tokener == NULL) {
        return fail_memory(&r);
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS |
                                        JSON_TOKENER_VALIDATE_UTF8);
    bool parsed = input->text.len <= INT_MAX ? read_records(&r, out, input->text, tokener)
                                             : ht_fail(error, "%s: larger than 2 GB", input->name);
    json_tokener_free(tokener);
    if (parsed && out->root == NULL) {
        return ht_fail(error,
                       "%s: no inventory is in it; `hellotap --inventory -f json` writes one",
                       input->name);
    }
    return parsed && index_certificates(&r, out) &&
           read_entries(&r, out->root, "servers", &out->servers) &&
           read_entries(&r, out->root, "clients", &out->clients);
}

void diff_inventory_free(struct diff_inventory *inventory)
{
    json_object_put(inventory->certificates);
    json_object_put(inventory->root);
}
