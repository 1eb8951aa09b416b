#include "policy/contents.h"
#include "policy/place.h"

#include "base/time.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_NUMBER = 1000000 };

#define DAY_NS (86400 * HT_SECOND_NS)

/* Reads the value at a place into `out`, which depends on the key. */
typedef bool read_value(struct policy_reader *r, struct json_object *value,
                        const struct place *place, void *out);

/* A key that an object may have, and where in its struct the value goes. */
struct key {
    const char *name;
    read_value *read;
    size_t offset;
};

/* FILE:LINE: PATH: MESSAGE */
__attribute__((format(printf, 3, 4))) static bool
fail(struct policy_reader *r, const struct place *place, const char *format, ...)
{
    char path[PLACE_PATH_MAX], message[256];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(message, sizeof message, format, values);
    va_end(values);
    place_print(path, place);
    const char *at = place != NULL ? place_find(r->text, place) : r->text;
    return ht_fail(r->error, "%s:%u: %s%s%s", r->file, place_line(r->text, at), path,
                   path[0] != '\0' ? ": " : "", message);
}

static void *make(struct policy_reader *r, const struct place *place, size_t num, size_t size)
{
    void *made = ht_arena_alloc(r->arena, num * size + 1);
    if (made == NULL) {
        (void)fail(r, place, "no memory");
    }
    return made;
}

/* A copy in the arena; NULL where there is no memory. */
static const char *copy(struct policy_reader *r, const struct place *place, const char *text)
{
    char *made = make(r, place, strlen(text), 1);
    if (made != NULL) {
        memcpy(made, text, strlen(text));
    }
    return made;
}

/* A key that is there twice: json-c keeps one of them, in the place of the first. */
static bool fail_twice(struct policy_reader *r, struct json_object *object,
                       const struct place *place)
{
    char twice[64];
    struct place member = {.in = place, .key = twice};
    json_object_object_foreach(object, key, value)
    {
        const char *at = place_find(r->text, &member) + 1;
        (void)value;
        if (strncmp(at, key, strlen(key)) != 0 || at[strlen(key)] != '"') {
            break;
        }
        member.index++;
    }
    const char *at = place_find(r->text, &member) + 1;
    (void)snprintf(twice, sizeof twice, "%.*s", (int)strcspn(at, "\""), at);
    return fail(r, &member, "is there twice");
}

static bool expect(struct policy_reader *r, struct json_object *value, const struct place *place,
                   enum json_type type, const char *words)
{
    if (!json_object_is_type(value, type)) {
        return fail(r, place, "is to be %s", words);
    }
    bool twice = type == json_type_object &&
                 place_count(r->text, place) != (size_t)json_object_object_length(value);
    return twice ? fail_twice(r, value, place) : true;
}

/* An object with keys that are known: each is read into its member of `out`. */
static bool read_object(struct policy_reader *r, struct json_object *object,
                        const struct place *place, const struct key *keys, void *out)
{
    struct place member = {.in = place};
    if (!expect(r, object, place, json_type_object, "an object")) {
        return false;
    }
    json_object_object_foreach(object, name, value)
    {
        const struct key *key = keys;
        while (key->name != NULL && strcmp(key->name, name) != 0) {
            key++;
        }
        member.key = name;
        if (key->name == NULL) {
            return fail(r, &member, "unknown key");
        }
        if (!key->read(r, value, &member, (char *)out + key->offset)) {
            return false;
        }
        member.index++;
    }
    return true;
}

/* A string's text, in the arena; NULL where it is none, or empty. */
static const char *take_text(struct policy_reader *r, struct json_object *value,
                             const struct place *place)
{
    if (!expect(r, value, place, json_type_string, "a string")) {
        return NULL;
    }
    size_t len = (size_t)json_object_get_string_len(value);
    if (len == 0 || strlen(json_object_get_string(value)) != len) {
        (void)fail(r, place, len == 0 ? "is empty" : "has a zero byte in it");
        return NULL;
    }
    return copy(r, place, json_object_get_string(value));
}

static bool read_text(struct policy_reader *r, struct json_object *value, const struct place *place,
                      void *out)
{
    const char *text    = take_text(r, value, place);
    *(const char **)out = text;
    return text != NULL;
}

/* For readers of the file. */
static bool read_note(struct policy_reader *r, struct json_object *value, const struct place *place,
                      void *out)
{
    (void)out;
    return take_text(r, value, place) != NULL;
}

static bool read_date(struct policy_reader *r, struct json_object *value, const struct place *place,
                      void *out)
{
    const char *text = take_text(r, value, place);
    if (text == NULL) {
        return false;
    }
    return (strlen(text) == strlen("2026-01-31") && ht_time_read(text, out)) ||
           fail(r, place, "\"%s\" is no date as \"2026-01-31\"", text);
}

/* The first instant that the day is over. */
static bool read_last_day(struct policy_reader *r, struct json_object *value,
                          const struct place *place, void *out)
{
    bool read = read_date(r, value, place, out);
    *(int64_t *)out += read ? DAY_NS : 0;
    return read;
}

static bool read_count(struct policy_reader *r, struct json_object *value,
                       const struct place *place, void *out)
{
    if (!expect(r, value, place, json_type_int, "a whole number")) {
        return false;
    }
    int64_t count = json_object_get_int64(value);
    if (count < 1 || count > MAX_NUMBER) {
        return fail(r, place, "is to be 1 to %d", MAX_NUMBER);
    }
    *(uint64_t *)out = (uint64_t)count;
    return true;
}

/* One of some words; its index. */
static bool read_word(struct policy_reader *r, struct json_object *value, const struct place *place,
                      const char *const *words, unsigned *out)
{
    char list[128]   = "";
    const char *text = take_text(r, value, place);
    if (text == NULL) {
        return false;
    }
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return true;
        }
        size_t len = strlen(list);
        (void)snprintf(list + len, sizeof list - len, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    return fail(r, place, "\"%s\" is none of %s", text, list);
}

static bool read_verdict(struct policy_reader *r, struct json_object *value,
                         const struct place *place, void *out)
{
    static const char *const words[] = {"ignore", "report", "warn", "fail", NULL};
    unsigned index                   = 0;
    bool read                        = read_word(r, value, place, words, &index);
    *(enum ht_policy_verdict *)out   = (enum ht_policy_verdict)(HT_POLICY_NONE + index);
    return read;
}

static bool read_severity(struct policy_reader *r, struct json_object *value,
                          const struct place *place, void *out)
{
    static const char *const words[] = {"info", "low", "medium", "high", "critical", NULL};
    unsigned index                   = 0;
    bool read                        = read_word(r, value, place, words, &index);
    *(const char **)out              = words[index];
    return read;
}

static bool read_entry(struct policy_reader *r, struct json_object *value,
                       const struct place *place, struct policy_entry *out)
{
    static const struct key keys[] = {
        {"name", read_text, offsetof(struct policy_entry, name)},
        {"from", read_date, offsetof(struct policy_entry, from_ns)},
        {"until", read_last_day, offsetof(struct policy_entry, until_ns)},
        {"clause", read_text, offsetof(struct policy_entry, clause)},
        {NULL, NULL, 0},
    };
    if (json_object_is_type(value, json_type_string)) {
        return read_text(r, value, place, &out->name);
    }
    if (!json_object_is_type(value, json_type_object)) {
        return fail(r, place, "is to be a name, or an object with one");
    }
    if (!read_object(r, value, place, keys, out)) {
        return false;
    }
    bool ordered = out->from_ns == 0 || out->until_ns == 0 || out->from_ns < out->until_ns;
    return out->name == NULL ? fail(r, place, "has no name")
           : ordered         ? true
                             : fail(r, place, "ends before it begins");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct policy_entry *)a)->name, ((const struct policy_entry *)b)->name);
}

/* What a list's values are, for messages. */
static const char *const kinds[] = {
    [HT_POLICY_VERSIONS]               = "version",
    [HT_POLICY_CIPHER_SUITES]          = "cipher suite",
    [HT_POLICY_GROUPS]                 = "group",
    [HT_POLICY_SIGNATURE_SCHEMES]      = "signature scheme",
    [HT_POLICY_CERTIFICATE_KEYS]       = "certificate key",
    [HT_POLICY_CERTIFICATE_SIGNATURES] = "certificate signature",
};

/* `out` is the policy_list whose entries these are. */
static bool read_allowed(struct policy_reader *r, struct json_object *value,
                         const struct place *place, void *out)
{
    struct policy_list *list = out;
    enum ht_policy_list id   = (enum ht_policy_list)(list - r->out->lists);
    struct place element     = {.in = place};
    if (!expect(r, value, place, json_type_array, "a list")) {
        return false;
    }
    size_t num    = json_object_array_length(value);
    list->entries = make(r, place, num, sizeof *list->entries);
    for (list->num = 0; list->entries != NULL && list->num < num; list->num++) {
        struct policy_entry *entry = &list->entries[list->num];
        element.index              = list->num;
        if (!read_entry(r, json_object_array_get_idx(value, list->num), &element, entry)) {
            return false;
        }
        if (r->checks != NULL && r->checks->value != NULL && !r->checks->value(id, entry->name)) {
            return fail(r, &element, "\"%s\" is no %s", entry->name, kinds[id]);
        }
        for (size_t i = 0; i < list->num; i++) {
            if (strcmp(list->entries[i].name, entry->name) == 0) {
                return fail(r, &element, "\"%s\" is there twice", entry->name);
            }
        }
    }
    return list->entries != NULL;
}

static bool read_list(struct policy_reader *r, struct json_object *value, const struct place *place,
                      void *out)
{
    static const struct key keys[] = {
        {"allowed", read_allowed, 0},
        {"clause", read_text, offsetof(struct policy_list, clause)},
        {NULL, NULL, 0},
    };
    struct policy_list *list = out;
    *list                    = (struct policy_list){.given = true};
    if (!read_object(r, value, place, keys, list)) {
        return false;
    }
    if (list->entries == NULL) {
        return fail(r, place, "has no list \"allowed\"");
    }
    qsort(list->entries, list->num, sizeof *list->entries, by_name);
    return true;
}

static bool read_bound(struct policy_reader *r, struct json_object *value,
                       const struct place *place, struct policy_bound *out)
{
    static const struct key keys[] = {
        {"value", read_count, offsetof(struct policy_bound, value)},
        {"from", read_date, offsetof(struct policy_bound, from_ns)},
        {"clause", read_text, offsetof(struct policy_bound, clause)},
        {NULL, NULL, 0},
    };
    if (json_object_is_type(value, json_type_int)) {
        return read_count(r, value, place, &out->value);
    }
    if (!json_object_is_type(value, json_type_object)) {
        return fail(r, place, "is to be a whole number, or an object with one");
    }
    return read_object(r, value, place, keys, out) &&
           (out->value != 0 || fail(r, place, "has no value"));
}

static bool read_number(struct policy_reader *r, struct json_object *value,
                        const struct place *place, void *out)
{
    struct policy_number *number = out;
    struct place element         = {.in = place};
    bool list                    = json_object_is_type(value, json_type_array);
    size_t num                   = list ? json_object_array_length(value) : 1;
    struct policy_bound *bounds  = make(r, place, num, sizeof *bounds);
    if (bounds == NULL || num == 0) {
        return bounds != NULL && fail(r, place, "is an empty list");
    }
    *number = (struct policy_number){.bounds = bounds, .num = num};
    if (!list) {
        return read_bound(r, value, place, bounds);
    }
    for (size_t i = 0; i < num; i++) {
        element.index = i;
        if (!read_bound(r, json_object_array_get_idx(value, i), &element, &bounds[i])) {
            return false;
        }
        if (i > 0 && bounds[i].from_ns <= bounds[i - 1].from_ns) {
            return fail(r, &element, "is not later than the one before it");
        }
    }
    return true;
}

static bool read_source(struct policy_reader *r, struct json_object *value,
                        const struct place *place, void *out)
{
    struct source {
        const char *document, *version, *date;
    } source                       = {0};
    static const struct key keys[] = {
        {"document", read_text, offsetof(struct source, document)},
        {"version", read_text, offsetof(struct source, version)},
        {"date", read_text, offsetof(struct source, date)},
        {NULL, NULL, 0},
    };
    char text[512];
    if (!read_object(r, value, place, keys, &source)) {
        return false;
    }
    if (source.document == NULL) {
        return fail(r, place, "has no document");
    }
    const char *version = source.version != NULL ? source.version : "";
    bool dated = source.date != NULL && strcmp(source.date, version) != 0; /* else it says that */
    (void)snprintf(text, sizeof text, "%s%s%s%s%s", source.document, version[0] != '\0' ? ", " : "",
                   version, dated ? ", " : "", dated ? source.date : "");
    *(const char **)out = copy(r, place, text);
    return *(const char **)out != NULL;
}

static bool read_rule(struct policy_reader *r, struct json_object *value, const struct place *place,
                      struct ht_policy_rule *out)
{
    static const struct key keys[] = {
        {"verdict", read_verdict, offsetof(struct ht_policy_rule, verdict)},
        {"severity", read_severity, offsetof(struct ht_policy_rule, severity)},
        {"clause", read_text, offsetof(struct ht_policy_rule, clause)},
        {NULL, NULL, 0},
    };
    if (json_object_is_type(value, json_type_string)) {
        return read_verdict(r, value, place, &out->verdict);
    }
    if (!json_object_is_type(value, json_type_object)) {
        return fail(r, place, "is to be a verdict, or an object with one");
    }
    return read_object(r, value, place, keys, out) &&
           (json_object_object_get_ex(value, "verdict", NULL) || fail(r, place, "has no verdict"));
}

static bool read_rules(struct policy_reader *r, struct json_object *value,
                       const struct place *place, void *out)
{
    (void)out;
    struct place member = {.in = place};
    if (!expect(r, value, place, json_type_object, "an object")) {
        return false;
    }
    size_t num                = (size_t)json_object_object_length(value);
    struct policy_rule *rules = make(r, place, num, sizeof *rules);
    if (rules == NULL) {
        return false;
    }
    json_object_object_foreach(value, id, asked)
    {
        struct policy_rule *rule = &rules[member.index];
        member.key               = id;
        if (r->checks != NULL && r->checks->rule != NULL && !r->checks->rule(id)) {
            return fail(r, &member, "no such rule");
        }
        rule->id = copy(r, &member, id);
        if (rule->id == NULL || !read_rule(r, asked, &member, &rule->asked)) {
            return false;
        }
        member.index++;
    }
    r->out->rules     = rules;
    r->out->num_rules = num;
    return true;
}

/* The policy or file that a text extends; a file's name is relative to the text's. */
static bool read_extends(struct policy_reader *r, struct json_object *value,
                         const struct place *place, void *out)
{
    const char *name = take_text(r, value, place);
    if (name == NULL) {
        return false;
    }
    if (r->depth >= POLICY_MAX_EXTENDS) {
        return fail(r, place, "\"%s\" extends itself, or there are more than %d of them", name,
                    POLICY_MAX_EXTENDS);
    }
    if (!policy_is_file(name)) {
        *(const char **)out = name;
        return policy_find_text(name) != NULL || fail(r, place, "no policy is called \"%s\"", name);
    }
    const char *slash = strrchr(r->file, '/');
    size_t folder     = slash != NULL && name[0] != '/' ? (size_t)(slash - r->file) + 1 : 0;
    char *path        = make(r, place, folder + strlen(name), 1);
    if (path == NULL) {
        return false;
    }
    memcpy(path, r->file, folder);
    memcpy(path + folder, name, strlen(name));
    *(const char **)out = path;
    return access(path, R_OK) == 0 || fail(r, place, "\"%s\" cannot be read", name);
}

static bool read_unnamed(struct policy_reader *r, struct json_object *value,
                         const struct place *place, void *out)
{
    r->out->unnamed_given = true;
    return read_verdict(r, value, place, out);
}

#define LIST_KEY(name, list)                                                                       \
    {                                                                                              \
        name, read_list, offsetof(struct ht_policy, lists) + (list) * sizeof(struct policy_list)   \
    }
#define NUMBER_KEY(name, number)                                                                   \
    {                                                                                              \
        name, read_number,                                                                         \
            offsetof(struct ht_policy, numbers) + (number) * sizeof(struct policy_number)          \
    }

bool policy_read_object(struct policy_reader *r, struct json_object *root)
{
    static const struct key keys[] = {
        {"name", read_text, offsetof(struct ht_policy, name)},
        {"title", read_text, offsetof(struct ht_policy, title)},
        {"source", read_source, offsetof(struct ht_policy, source)},
        {"note", read_note, 0},
        {"extends", read_extends, offsetof(struct ht_policy, extends)},
        {"default", read_unnamed, offsetof(struct ht_policy, unnamed)},
        {"rules", read_rules, 0},
        LIST_KEY("versions", HT_POLICY_VERSIONS),
        LIST_KEY("cipher_suites", HT_POLICY_CIPHER_SUITES),
        LIST_KEY("groups", HT_POLICY_GROUPS),
        LIST_KEY("signature_schemes", HT_POLICY_SIGNATURE_SCHEMES),
        LIST_KEY("certificate_keys", HT_POLICY_CERTIFICATE_KEYS),
        LIST_KEY("certificate_signatures", HT_POLICY_CERTIFICATE_SIGNATURES),
        NUMBER_KEY("rsa_bits", HT_POLICY_RSA_BITS),
        NUMBER_KEY("dh_bits", HT_POLICY_DH_BITS),
        NUMBER_KEY("validity_days", HT_POLICY_VALIDITY_DAYS),
        {NULL, NULL, 0},
    };
    return read_object(r, root, NULL, keys, r->out) &&
           (r->out->name != NULL || fail(r, NULL, "has no name"));
}
