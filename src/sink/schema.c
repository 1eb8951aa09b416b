/*
 * JSON Schema 2020-12 of the records. Every described struct is a definition, so that those used
 * twice are described once.
 */
#include "sink/schema.h"

#include "sink/sink.h"

#include <json-c/json.h>

enum { MAX_STRUCTS = 256 };

struct schema {
    const struct ht_schema_parts *parts;
    bool strict;
    struct json_object *definitions;
    const struct ht_struct *known[MAX_STRUCTS];
    char names[MAX_STRUCTS][64];
    size_t num_known;
};

static void set(struct json_object *object, const char *key, struct json_object *value)
{
    (void)json_object_object_add(object, key, value);
}

static void set_text(struct json_object *object, const char *key, const char *text)
{
    set(object, key, json_object_new_string(text));
}

static struct json_object *typed(const char *type)
{
    struct json_object *object = json_object_new_object();
    set_text(object, "type", type);
    return object;
}

static struct json_object *text_like(const char *pattern)
{
    struct json_object *object = typed("string");
    set_text(object, "pattern", pattern);
    return object;
}

static struct json_object *list_of(struct json_object *item)
{
    struct json_object *object = typed("array");
    set(object, "items", item);
    return object;
}

/* Members that are not described: allowed, for later versions add some. */
static void close_object(const struct schema *s, struct json_object *object)
{
    if (s->strict) {
        set(object, "additionalProperties", json_object_new_boolean(false));
    }
}

static struct json_object *named_object(const struct schema *s, const struct ht_registry *names)
{
    struct json_object *object  = typed("object");
    struct json_object *members = json_object_new_object();
    struct json_object *needed  = json_object_new_array();
    set(members, "id", text_like(names->width == 1 ? "^0x[0-9a-f]{2}$" : "^0x[0-9a-f]{4}$"));
    set(members, "name", typed("string"));
    set(object, "properties", members);
    json_object_array_add(needed, json_object_new_string("id"));
    set(object, "required", needed);
    close_object(s, object);
    return object;
}

static struct json_object *number(const struct ht_field *field)
{
    struct json_object *object = typed("integer");
    if (field->kind == HT_UINT) {
        set(object, "minimum", json_object_new_int(0));
    }
    if (field->kind == HT_UINT && field->size < sizeof(uint64_t)) {
        set(object, "maximum", json_object_new_int64((INT64_C(1) << 8 * field->size) - 1));
    }
    return object;
}

static const char *define(struct schema *s, const struct ht_struct *type);

static struct json_object *reference(struct schema *s, const struct ht_struct *type)
{
    char path[96];
    struct json_object *object = json_object_new_object();
    (void)snprintf(path, sizeof path, "#/$defs/%s", define(s, type));
    set_text(object, "$ref", path);
    return object;
}

static struct json_object *value_of(struct schema *s, const struct ht_field *field)
{
    switch (field->kind) {
    case HT_BOOL:
        return typed("boolean");
    case HT_UINT:
    case HT_INT:
        return number(field);
    case HT_TIME:
        return text_like("^-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{9}Z$");
    case HT_LABEL:
    case HT_TEXT:
        return typed("string");
    case HT_HEX:
        return text_like("^([0-9a-f]{2})*$");
    case HT_ADDRESS:
        return text_like("^[0-9a-f:.]+$");
    case HT_NAMED:
        return named_object(s, field->names);
    case HT_LIST_UINT:
        return list_of(number(field));
    case HT_LIST_NAMED:
    case HT_LIST_TEXT:
    case HT_LIST_LABEL:
        return list_of(typed("string"));
    case HT_LIST_HEX:
        return list_of(text_like("^([0-9a-f]{2})*$"));
    case HT_OBJECT:
        return reference(s, field->of);
    case HT_LIST_OBJECT:
        return list_of(reference(s, field->of));
    case HT_ANY:
        return typed("object");
    }
    return json_object_new_object();
}

/* The description says also what kind of knowledge the value is. */
static void describe(struct json_object *object, const struct ht_field *field)
{
    char text[512];
    (void)snprintf(text, sizeof text, "%s%s%s%s%s", field->doc,
                   (field->flags & HT_DERIVED) != 0 ? " Derived." : "",
                   (field->flags & HT_INFERRED) != 0 ? " Inferred." : "",
                   field->names != NULL ? " Registry: " : "",
                   field->names != NULL ? field->names->title : "");
    set_text(object, "description", text);
}

static void add_alternatives(struct schema *s, struct json_object *members,
                             const struct ht_struct *owner)
{
    if (owner == &ht_connection_struct) {
        for (size_t i = 0; s->parts->details[i] != NULL; i++) {
            set(members, s->parts->details[i]->name, reference(s, s->parts->details[i]));
        }
        return;
    }
    for (size_t i = 0; s->parts->events[i] != NULL; i++) {
        const struct ht_event_type *event = s->parts->events[i];
        bool repeated                     = owner == &ht_timeline_entry_struct && event->in_details;
        if (event->data != NULL && !repeated) {
            set(members, event->data->name, reference(s, event->data));
        }
    }
}

static bool always_there(const struct ht_field *field)
{
    return (field->flags & HT_ALWAYS) != 0 && (field->flags & HT_UNLESS) == 0 &&
           ht_field_has_empty(field->kind);
}

static void add_members(struct schema *s, const struct ht_struct *type, struct json_object *members,
                        struct json_object *needed)
{
    for (size_t i = 0; i < type->num_fields; i++) {
        const struct ht_field *field = &type->fields[i];
        if ((field->flags & HT_INTERNAL) != 0 || field->doc == NULL) {
            continue;
        }
        if (field->kind == HT_ANY && field->name[0] == '\0') {
            add_alternatives(s, members, type);
            continue;
        }
        struct json_object *value = value_of(s, field);
        describe(value, field);
        set(members, field->name, value);
        if (always_there(field)) {
            json_object_array_add(needed, json_object_new_string(field->name));
        }
    }
}

static struct json_object *constant(const char *text)
{
    struct json_object *object = json_object_new_object();
    set_text(object, "const", text);
    return object;
}

/* A struct, or with `record` the record that it is: with the members that all records have. */
static struct json_object *object_of(struct schema *s, const struct ht_struct *type,
                                     const char *record)
{
    struct json_object *object  = typed("object");
    struct json_object *members = json_object_new_object();
    struct json_object *needed  = json_object_new_array();
    set_text(object, "description", type->doc);
    if (record != NULL) {
        set(members, "schema", constant(HT_SCHEMA_VERSION));
        set(members, "type", constant(record));
        json_object_array_add(needed, json_object_new_string("schema"));
        json_object_array_add(needed, json_object_new_string("type"));
    }
    add_members(s, type, members, needed);
    set(object, "properties", members);
    set(object, "required", needed);
    close_object(s, object);
    return object;
}

static bool name_taken(const struct schema *s, const char *name)
{
    for (size_t i = 0; i < s->num_known; i++) {
        if (strcmp(s->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Two structs of one name, of two protocols, are told apart by a number. */
static char *new_name(struct schema *s, const char *name)
{
    char *out = s->names[s->num_known];
    (void)snprintf(out, sizeof s->names[0], "%s", name);
    for (unsigned n = 2; name_taken(s, out); n++) {
        (void)snprintf(out, sizeof s->names[0], "%s_%u", name, n);
    }
    return out;
}

static const char *define(struct schema *s, const struct ht_struct *type)
{
    for (size_t i = 0; i < s->num_known; i++) {
        if (s->known[i] == type) {
            return s->names[i];
        }
    }
    if (s->num_known == MAX_STRUCTS) {
        return "too_many";
    }
    char *name               = new_name(s, type->name);
    s->known[s->num_known++] = type;
    set(s->definitions, name, object_of(s, type, NULL));
    return name;
}

static struct json_object *document(struct schema *s)
{
    struct json_object *root    = json_object_new_object();
    struct json_object *choices = json_object_new_array();
    s->definitions              = json_object_new_object();
    set_text(root, "$schema", "https://json-schema.org/draft/2020-12/schema");
    set_text(root, "$id", "hellotap-1.schema.json");
    set_text(root, "title", HT_SCHEMA_VERSION);
    set_text(root, "description", "One line of hellotap's JSON output.");
    for (size_t i = 0; s->parts->records[i] != NULL; i++) {
        const struct ht_record_type *type = s->parts->records[i];
        json_object_array_add(choices, object_of(s, type->data, type->name));
    }
    set(root, "oneOf", choices);
    set(root, "$defs", s->definitions);
    return root;
}

bool ht_schema_write(FILE *out, const struct ht_schema_parts *parts, bool strict)
{
    struct schema schema     = {.parts = parts, .strict = strict};
    struct json_object *root = document(&schema);
    const char *text         = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
                                                                        JSON_C_TO_STRING_NOSLASHESCAPE);
    bool written             = text != NULL && fputs(text, out) >= 0 && fputc('\n', out) != EOF;
    (void)json_object_put(root);
    return written && schema.num_known < MAX_STRUCTS;
}
