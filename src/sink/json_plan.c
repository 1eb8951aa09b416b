#include "sink/json_plan.h"

#include "event/shape.h"
#include "sink/json_timeline.h"
#include "sink/json_writer.h"
#include "sink/sink.h"

/* What no word is but with all of its bits: a member that is absent there never is. */
static const uint64_t NEVER = UINT64_MAX;

/* Bytes of a struct, relative to its begin. */
struct span {
    size_t offset, len;
};

/* The bytes of a value of this kind that are zero exactly where it is absent. */
static struct span presence(const struct ht_field *field)
{
    switch (field->kind) {
    case HT_TEXT:
    case HT_HEX:
    case HT_LIST_NAMED:
        return (struct span){offsetof(struct ht_bytes, len), sizeof(size_t)};
    case HT_ADDRESS:
        return (struct span){offsetof(struct ht_address, version), 1};
    case HT_NAMED:
        return (struct span){offsetof(struct ht_named, set), sizeof(bool)};
    case HT_LIST_UINT:
        return (struct span){offsetof(struct ht_uints, len), sizeof(size_t)};
    case HT_LIST_TEXT:
    case HT_LIST_HEX:
        return (struct span){offsetof(struct ht_texts, len), sizeof(size_t)};
    case HT_LIST_OBJECT:
        return (struct span){offsetof(struct ht_objects, len), sizeof(size_t)};
    case HT_ANY:
        return (struct span){offsetof(struct ht_any, type), sizeof(void *)};
    case HT_BOOL:
    case HT_UINT:
    case HT_INT:
    case HT_TIME:
    case HT_LABEL:
    case HT_LIST_LABEL:
    case HT_OBJECT:
        break;
    }
    return (struct span){0, field->size};
}

/* A word that holds these bytes of the object. It may begin before them, for it must not pass the
 * object's end. */
static uint16_t word_of(struct span bytes, size_t object_size)
{
    size_t last = object_size > sizeof(uint64_t) ? object_size - sizeof(uint64_t) : 0;
    return (uint16_t)(bytes.offset < last ? bytes.offset : last);
}

/* Those bits of the word at `at` that are these bytes. */
static uint64_t mask_of(struct span bytes, size_t at)
{
    uint64_t mask = 0;
    memset((char *)&mask + (bytes.offset - at), 0xFF, bytes.len);
    return mask;
}

static void plan_test(struct ht_json_member *member, const struct ht_field *field,
                      size_t object_size)
{
    struct span tested = presence(field);
    tested.offset += field->offset;
    member->test_at = word_of(tested, object_size);
    member->mask    = mask_of(tested, member->test_at);
    member->shift   = (uint8_t)__builtin_ctzll(member->mask);
    member->added   = (field->flags & HT_PLUS_ONE) != 0;
    bool always     = (field->flags & HT_ALWAYS) != 0 && ht_field_has_empty(field->kind);
    if (always || (field->flags & HT_UNLESS) != 0) {
        member->absent = NEVER;
        member->mask   = member->mask == NEVER ? 0 : member->mask;
    }
}

/* ,"name":value */
static struct ht_json_key make_key(struct ht_arena *arena, const char *name, const char *value)
{
    size_t name_len        = strlen(name);
    struct ht_json_key key = {.len = name_len + 4 + strlen(value)};
    size_t chunks          = (key.len + HT_JSON_KEY_CHUNK - 1) / HT_JSON_KEY_CHUNK;
    char *text             = ht_arena_alloc(arena, chunks * HT_JSON_KEY_CHUNK);
    if (text != NULL) {
        memcpy(text, ",\"", 2);
        memcpy(text + 2, name, name_len);
        memcpy(text + 2 + name_len, "\":", 2);
        memcpy(text + 4 + name_len, value, strlen(value));
    }
    key.text = text;
    return key;
}

static enum ht_json_form bool_form(const struct ht_field *field)
{
    return (field->flags & (HT_ALWAYS | HT_UNLESS | HT_PLUS_ONE)) == 0 ? HT_JSON_TRUE
                                                                       : HT_JSON_BOOL;
}

static enum ht_json_form uint_form(const struct ht_field *field)
{
    return field->size == sizeof(uint64_t) && (field->flags & HT_PLUS_ONE) == 0 ? HT_JSON_WORD
                                                                                : HT_JSON_UINT;
}

/* Of a type that holds itself the plan is not made yet, and nobody knows what room it needs. */
static enum ht_json_form object_form(const struct ht_json_plan *of)
{
    if (of == NULL || !of->made || of->small) {
        return HT_JSON_FAR_OBJECT;
    }
    return of->num_members == 1 && of->members[0].form == HT_JSON_RUN ? HT_JSON_RUN_OBJECT
                                                                      : HT_JSON_OBJECT;
}

static enum ht_json_form form_of(const struct ht_field *field, const struct ht_json_plan *of)
{
    switch ((int)field->kind) {
    case HT_BOOL:
        return bool_form(field);
    case HT_UINT:
        return uint_form(field);
    case HT_INT:
        return HT_JSON_INT;
    case HT_TIME:
        return HT_JSON_TIME;
    case HT_ADDRESS:
        return HT_JSON_ADDRESS;
    case HT_TEXT:
        return (field->flags & HT_REPEATS) != 0 ? HT_JSON_REPEATED : HT_JSON_TEXT;
    case HT_HEX:
        return HT_JSON_HEX;
    case HT_LABEL:
        return HT_JSON_LABEL;
    case HT_NAMED:
        return HT_JSON_NAMED;
    case HT_LIST_NAMED:
        return HT_JSON_REPEATED;
    case HT_OBJECT:
        return object_form(of);
    case HT_LIST_OBJECT:
        return field->of == &ht_timeline_entry_struct && ht_json_timeline_fits(of)
                   ? HT_JSON_TIMELINE
                   : HT_JSON_OBJECTS;
    case HT_ANY:
        return HT_JSON_ANY;
    default:
        return HT_JSON_LARGE;
    }
}

static bool plan_member(struct ht_json_plans *plans, struct ht_json_member *member,
                        const struct ht_field *field, size_t object_size)
{
    const struct ht_json_plan *of = field->of != NULL ? ht_json_plan(plans, field->of) : NULL;
    if (field->of != NULL && of == NULL) {
        return false;
    }
    enum ht_json_form form = form_of(field, of);
    const char *value      = form == HT_JSON_TRUE ? "true" : "";
    *member = (struct ht_json_member){.key    = make_key(&plans->arena, field->name, value),
                                      .offset = field->offset,
                                      .form   = (uint8_t)form,
                                      .field  = field,
                                      .of     = of};
    plan_test(member, field, object_size);
    return member->key.text != NULL;
}

static bool may_be_in_run(const struct ht_field *field)
{
    bool plain = field->kind == HT_BOOL || field->kind == HT_UINT || field->kind == HT_NAMED ||
                 field->kind == HT_LABEL || field->kind == HT_LIST_LABEL;
    return plain && (field->flags & (HT_REPEATS | HT_UNLESS | HT_INTERNAL)) == HT_REPEATS;
}

/* The longest run that begins with this field: how many fields, and in `*bytes` where they lie.
 * 0: none, for they would not lie side by side in a few words. */
static size_t find_run(const struct ht_struct *type, size_t first, struct span *bytes)
{
    size_t low = SIZE_MAX, high = 0, sum = 0, found = 0;
    for (size_t i = first; i < type->num_fields && may_be_in_run(&type->fields[i]); i++) {
        const struct ht_field *field = &type->fields[i];
        low                          = field->offset < low ? field->offset : low;
        high = field->offset + field->size > high ? (size_t)field->offset + field->size : high;
        sum += field->size;
        if (sum == high - low && sum >= sizeof(uint64_t) && sum <= HT_JSON_RUN_BYTES) {
            found  = i + 1 - first;
            *bytes = (struct span){low, sum};
        }
    }
    return found;
}

static struct ht_json_plan *new_plan(struct ht_json_plans *plans, const struct ht_struct *type,
                                     size_t max_members)
{
    struct ht_json_plan *plan = ht_arena_alloc(
        &plans->arena, sizeof *plan + (max_members + 1) * sizeof(struct ht_json_member));
    for (size_t i = 0; plan != NULL && i <= max_members; i++) {
        plan->members[i] = (struct ht_json_member){.absent = NEVER, .form = HT_JSON_END};
    }
    if (plan != NULL) {
        plan->type  = type;
        plan->size  = type->size;
        plan->small = type->size < sizeof(uint64_t);
        plan->key   = make_key(&plans->arena, type->name, "");
        plan->room  = ht_json_key_room(&plan->key) + HT_JSON_VALUE_MAX; /* more than for brackets */
    }
    return plan;
}

static bool add_member(struct ht_json_plans *plans, struct ht_json_plan *plan,
                       const struct ht_field *field)
{
    struct ht_json_member *member = &plan->members[plan->num_members++];
    bool made                     = plan_member(plans, member, field, plan->type->size);
    bool near = member->form == HT_JSON_OBJECT || member->form == HT_JSON_RUN_OBJECT;
    plan->room += ht_json_key_room(&member->key) + (near ? member->of->room : HT_JSON_VALUE_MAX);
    return made;
}

/* The longest row of members that begins with this field and follows from the shape, with those
 * between that are not shown: how many fields; 0: none, or the type has no number for its shapes.
 */
static size_t find_shared(const struct ht_struct *type, size_t first)
{
    size_t num = 0;
    for (size_t i = first; type->shape_number != 0 && i < type->num_fields; i++) {
        if ((type->fields[i].flags & HT_INTERNAL) != 0) {
            continue;
        }
        if (!ht_shape_counts(type, i) || (type->fields[i].flags & HT_UNLESS) != 0) {
            break;
        }
        num = i + 1 - first;
    }
    return num;
}

/* Some members as one; no fields: there is no such group. */
struct group {
    enum ht_json_form form;
    size_t num; /* fields */
    struct span bytes;
};

/* One member alone is worth a look at the shape if it is an object. */
static struct group find_group(const struct ht_struct *type, size_t first)
{
    const struct ht_field *field = &type->fields[first];
    if ((field->flags & HT_INTERNAL) != 0) {
        return (struct group){0};
    }
    if ((field->flags & HT_UNLESS) != 0) {
        return (struct group){HT_JSON_UNLESS, 1, {field->unless, sizeof(uint64_t)}};
    }
    size_t shared = find_shared(type, first);
    if (shared > 1 || (shared == 1 && field->kind == HT_OBJECT)) {
        return (struct group){HT_JSON_SHARED, shared, {type->shape_number, sizeof(uint64_t)}};
    }
    struct group run = {.form = HT_JSON_RUN};
    run.num          = find_run(type, first, &run.bytes);
    return run.num > 1 ? run : (struct group){0};
}

static uint8_t count_shared(const struct ht_json_plan *plan)
{
    uint8_t num = 0;
    for (size_t i = 0; i < plan->num_members; i++) {
        num = (uint8_t)(num + (plan->members[i].form == HT_JSON_SHARED));
    }
    return num;
}

static bool add_group(struct ht_json_plans *plans, struct ht_json_plan *plan,
                      const struct ht_field *first, const struct group *group)
{
    struct ht_json_plan *of = new_plan(plans, plan->type, group->num);
    bool made               = of != NULL && of->key.text != NULL;
    for (size_t i = 0; made && i < group->num; i++) {
        made = (first[i].flags & HT_INTERNAL) != 0 || add_member(plans, of, &first[i]);
    }
    plan->members[plan->num_members++] =
        (struct ht_json_member){.absent = NEVER,
                                .offset = (uint16_t)group->bytes.offset,
                                .form   = (uint8_t)group->form,
                                .size   = (uint8_t)group->bytes.len,
                                .part   = count_shared(plan),
                                .field  = first,
                                .of     = of};
    if (!made) {
        return false;
    }
    plan->room += of->room + HT_JSON_RUN_ROOM;
    return true;
}

static bool add_members(struct ht_json_plans *plans, struct ht_json_plan *plan)
{
    const struct ht_struct *type = plan->type;
    for (size_t i = 0; i < type->num_fields;) {
        struct group group = find_group(type, i);
        bool shown         = (type->fields[i].flags & HT_INTERNAL) == 0;
        if (group.num > 0 ? !add_group(plans, plan, &type->fields[i], &group)
                          : shown && !add_member(plans, plan, &type->fields[i])) {
            return false;
        }
        i += group.num > 0 ? group.num : 1;
    }
    return true;
}

static struct ht_json_plan **bucket_of(struct ht_json_plans *plans, const struct ht_struct *type)
{
    return &plans->buckets[(uintptr_t)type / sizeof *type % HT_ARRAY_LEN(plans->buckets)];
}

static const struct ht_json_plan *make_plan(struct ht_json_plans *plans,
                                            const struct ht_struct *type)
{
    struct ht_json_plan *plan = new_plan(plans, type, type->num_fields);
    if (plan == NULL) {
        return NULL;
    }
    /* Before its members: a type may hold objects of its own. */
    struct ht_json_plan **bucket = bucket_of(plans, type);
    plan->next                   = *bucket;
    *bucket                      = plan;
    plan->made                   = plan->key.text != NULL && add_members(plans, plan);
    plans->room                  = plan->room > plans->room ? plan->room : plans->room;
    return plan->made ? plan : NULL;
}

const struct ht_json_plan *ht_json_plan(struct ht_json_plans *plans, const struct ht_struct *type)
{
    for (const struct ht_json_plan *plan = *bucket_of(plans, type); plan != NULL;
         plan                            = plan->next) {
        if (plan->type == type) {
            return plan;
        }
    }
    return make_plan(plans, type);
}

/* The value after which more members stand. */
static struct ht_json_key make_head(struct ht_arena *arena, const struct ht_record_type *type)
{
    static const char schema[] = "\"" HT_SCHEMA_VERSION "\",\"type\":\"";
    size_t len                 = sizeof schema - 1 + strlen(type->name);
    char *value                = ht_arena_alloc(arena, len + sizeof "\"");
    if (value == NULL) {
        return (struct ht_json_key){0};
    }
    memcpy(value, schema, sizeof schema - 1);
    memcpy(value + sizeof schema - 1, type->name, strlen(type->name));
    memcpy(value + len, "\"", sizeof "\"");
    return make_key(arena, "schema", value);
}

static const struct ht_json_record *make_record(struct ht_json_plans *plans,
                                                const struct ht_record_type *type)
{
    const struct ht_json_plan *plan = ht_json_plan(plans, type->data);
    struct ht_json_key head         = make_head(&plans->arena, type);
    struct ht_json_record *record   = ht_arena_alloc(&plans->arena, sizeof *record);
    if (plan == NULL || head.text == NULL || record == NULL) {
        return NULL;
    }
    *record        = (struct ht_json_record){type, plan, head, plans->records};
    plans->records = record;
    return record;
}

const struct ht_json_record *ht_json_record(struct ht_json_plans *plans,
                                            const struct ht_record_type *type)
{
    const struct ht_json_record *record = plans->records;
    while (record != NULL && record->type != type) {
        record = record->next;
    }
    return record != NULL ? record : make_record(plans, type);
}

void ht_json_plans_free(struct ht_json_plans *plans)
{
    ht_arena_clear(&plans->arena);
    *plans = (struct ht_json_plans){0};
}
