#include "report/cbom_build.h"

#include "base/time.h"
#include "report/printable.h"

#include <json-c/json.h>
#include <stdio.h>

enum { MAX_OCCURRENCES = 8 };

static const char *keep(struct cbom *bom, struct ht_bytes text)
{
    char *kept = ht_arena_alloc(&bom->arena, text.len + 1);
    if (kept == NULL) {
        bom->failed = true;
        return "";
    }
    if (text.len > 0) {
        memcpy(kept, text.ptr, text.len);
    }
    return kept;
}

const char *cbom_text(struct cbom *bom, struct ht_bytes text)
{
    struct ht_text room = {0};
    report_put_printable(&room, text);
    const char *kept = keep(bom, ht_chars_view(&room.out));
    bom->failed |= room.out.failed;
    ht_chars_free(&room.out);
    return kept;
}

const char *cbom_hex(struct cbom *bom, struct ht_bytes bytes)
{
    struct ht_chars room = {0};
    ht_chars_add_hex(&room, bytes);
    const char *kept = keep(bom, ht_chars_view(&room));
    bom->failed |= room.failed;
    ht_chars_free(&room);
    return kept;
}

const char *cbom_join(struct cbom *bom, const char *kind, const char *name)
{
    struct ht_chars room = {0};
    ht_chars_add_text(&room, kind);
    ht_chars_add_char(&room, '/');
    ht_chars_add_text(&room, name);
    const char *kept = keep(bom, ht_chars_view(&room));
    bom->failed |= room.failed;
    ht_chars_free(&room);
    return kept;
}

void cbom_set(struct cbom *bom, struct json_object *object, const char *key,
              struct json_object *value)
{
    if (value == NULL || json_object_object_add(object, key, value) != 0) {
        json_object_put(value);
        bom->failed = true;
    }
}

void cbom_set_text(struct cbom *bom, struct json_object *object, const char *key, const char *text)
{
    if (text[0] != '\0') {
        cbom_set(bom, object, key, json_object_new_string(text));
    }
}

void cbom_append(struct cbom *bom, struct json_object *array, struct json_object *item)
{
    if (array == NULL || item == NULL || json_object_array_add(array, item) != 0) {
        json_object_put(item);
        bom->failed = true;
    }
}

struct json_object *cbom_new_object(struct cbom *bom, struct json_object *object, const char *key)
{
    struct json_object *made = json_object_new_object();
    cbom_set(bom, object, key, made);
    return json_object_object_get_ex(object, key, &made) ? made : object;
}

struct json_object *cbom_new_array(struct cbom *bom, struct json_object *object, const char *key)
{
    struct json_object *made = json_object_new_array();
    cbom_set(bom, object, key, made);
    return json_object_object_get_ex(object, key, &made) ? made : NULL;
}

void cbom_depend(struct cbom *bom, const char *ref, const char *on)
{
    struct json_object *uses;
    if (!json_object_object_get_ex(bom->dependencies, ref, &uses)) {
        uses = cbom_new_object(bom, bom->dependencies, ref);
    }
    if (on[0] != '\0' && !json_object_object_get_ex(uses, on, NULL)) {
        cbom_set(bom, uses, on, json_object_new_boolean(1));
    }
}

struct json_object *cbom_component(struct cbom *bom, const char *ref, const char *type,
                                   const char *name, bool *is_new)
{
    struct json_object *component;
    *is_new = !json_object_object_get_ex(bom->components, ref, &component);
    if (*is_new) {
        component = json_object_new_object();
        if (component == NULL || json_object_object_add(bom->components, ref, component) != 0) {
            json_object_put(component);
            bom->failed = true;
            return NULL;
        }
        cbom_set_text(bom, component, "type", type);
        cbom_set_text(bom, component, "bom-ref", ref);
        cbom_set_text(bom, component, "name", name);
        cbom_depend(bom, ref, "");
    }
    return component;
}

/* "connection c-5f0e1c9a7b3d2468, frames 6, 8" */
static const char *context_of(struct cbom *bom, const struct ht_example *example)
{
    struct ht_text room = {0};
    ht_chars_add_text(&room.out, "connection ");
    report_put_printable(&room, example->connection);
    for (size_t i = 0; i < example->frames.len; i++) {
        ht_chars_add_text(&room.out, i > 0                     ? ", "
                                     : example->frames.len > 1 ? ", frames "
                                                               : ", frame ");
        ht_chars_add_uint(&room.out, example->frames.items[i], 1);
    }
    const char *kept = keep(bom, ht_chars_view(&room.out));
    bom->failed |= room.out.failed;
    ht_chars_free(&room.out);
    return kept;
}

static bool says(struct json_object *object, const char *key, const char *text)
{
    struct json_object *value;
    return json_object_object_get_ex(object, key, &value) &&
           strcmp(json_object_get_string(value), text) == 0;
}

/* Adds it where it is not there yet, and there are not many. */
static void add_occurrence(struct cbom *bom, struct json_object *array, const char *location,
                           const char *context)
{
    size_t num = array != NULL ? json_object_array_length(array) : MAX_OCCURRENCES;
    bool known = num >= MAX_OCCURRENCES;
    for (size_t i = 0; i < num && !known; i++) {
        struct json_object *each = json_object_array_get_idx(array, i);
        known = says(each, "location", location) && says(each, "additionalContext", context);
    }
    struct json_object *occurrence = known ? NULL : json_object_new_object();
    if (occurrence != NULL) {
        cbom_set_text(bom, occurrence, "location", location);
        cbom_set_text(bom, occurrence, "additionalContext", context);
        cbom_append(bom, array, occurrence);
    } else if (!known) {
        bom->failed = true;
    }
}

/* Whether an example is known to show the asset: all connections do, or it began at the very time
 * at which the asset was first seen. */
static bool shows(const struct cbom_evidence *evidence, const struct ht_example *example)
{
    const struct ht_tally *tally = evidence->tally;
    return tally == NULL || tally->connections == evidence->connections ||
           tally->first_seen_ns == example->time_ns;
}

static struct json_object *occurrences_of(struct cbom *bom, struct json_object *component)
{
    struct json_object *evidence, *occurrences;
    if (!json_object_object_get_ex(component, "evidence", &evidence)) {
        evidence = cbom_new_object(bom, component, "evidence");
    }
    return json_object_object_get_ex(evidence, "occurrences", &occurrences)
               ? occurrences
               : cbom_new_array(bom, evidence, "occurrences");
}

void cbom_occurrences(struct cbom *bom, struct json_object *component,
                      const struct cbom_evidence *evidence)
{
    const struct ht_example *example = evidence->examples->items;
    size_t num                       = component != NULL ? evidence->examples->len : 0;
    bool shown                       = false;
    for (size_t i = 0; i < num; i++) {
        if (shows(evidence, &example[i])) {
            const char *source = cbom_text(bom, example[i].source);
            add_occurrence(bom, occurrences_of(bom, component), source[0] != '\0' ? source : "-",
                           context_of(bom, &example[i]));
            shown = true;
        }
    }
    if (!shown && component != NULL && evidence->tally != NULL) {
        char text[HT_TIME_TEXT_MAX];
        const char *time = ht_time_print(text, evidence->tally->first_seen_ns, 9);
        add_occurrence(bom, occurrences_of(bom, component), evidence->where, time);
    }
}

void cbom_property(struct cbom *bom, struct json_object *object, const char *name,
                   const char *value)
{
    struct json_object *properties, *property;
    if (value[0] == '\0') {
        return;
    }
    if (!json_object_object_get_ex(object, "properties", &properties)) {
        properties = cbom_new_array(bom, object, "properties");
    }
    property = json_object_new_object();
    cbom_append(bom, properties, property);
    if (!bom->failed) {
        char full[64];
        (void)snprintf(full, sizeof full, "hellotap:%s", name);
        cbom_set_text(bom, property, "name", full);
        cbom_set_text(bom, property, "value", value);
    }
}
