#include "sink/json_plan.h"

#include "sink/json_writer.h"

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

/* Has the member tested by these bytes of the object. The word that holds them may begin before
 * them, for it must not pass the object's end. */
static void test_by(struct ht_json_member *member, struct span bytes, size_t object_size)
{
    size_t last     = object_size > sizeof member->mask ? object_size - sizeof member->mask : 0;
    size_t at       = bytes.offset < last ? bytes.offset : last;
    member->test_at = (uint16_t)at;
    memset((char *)&member->mask + (bytes.offset - at), 0xFF, bytes.len);
}

static void plan_test(struct ht_json_member *member, size_t object_size)
{
    const struct ht_field *field = member->field;
    if ((field->flags & HT_UNLESS) != 0 ||
        ((field->flags & HT_ALWAYS) != 0 && ht_field_has_empty(field->kind))) {
        member->always = 1;
    } else {
        struct span bytes = presence(field);
        bytes.offset += field->offset;
        test_by(member, bytes, object_size);
    }
}

static struct ht_json_key make_key(struct ht_arena *arena, const char *name)
{
    size_t name_len        = strlen(name);
    struct ht_json_key key = {.len = name_len + 4};
    size_t chunks          = (key.len + HT_JSON_KEY_CHUNK - 1) / HT_JSON_KEY_CHUNK;
    char *text             = ht_arena_alloc(arena, chunks * HT_JSON_KEY_CHUNK);
    if (text != NULL) {
        memcpy(text, ",\"", 2);
        memcpy(text + 2, name, name_len);
        memcpy(text + 2 + name_len, "\":", 2);
    }
    key.text = text;
    return key;
}

static bool plan_member(struct ht_json_plans *plans, struct ht_json_member *member,
                        const struct ht_field *field, size_t object_size)
{
    *member = (struct ht_json_member){.key    = make_key(&plans->arena, field->name),
                                      .offset = field->offset,
                                      .kind   = (uint8_t)field->kind,
                                      .size   = field->size,
                                      .flags  = field->flags,
                                      .field  = field};
    plan_test(member, object_size);
    if (field->of != NULL) {
        member->of = ht_json_plan(plans, field->of);
    }
    return member->key.text != NULL && (member->of != NULL || field->of == NULL);
}

static bool may_be_in_run(const struct ht_field *field)
{
    bool plain = field->kind == HT_BOOL || field->kind == HT_UINT || field->kind == HT_LABEL ||
                 field->kind == HT_LIST_LABEL;
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
    struct ht_json_plan *plan =
        ht_arena_alloc(&plans->arena, sizeof *plan + max_members * sizeof(struct ht_json_member));
    if (plan != NULL) {
        plan->type = type;
        plan->room = HT_JSON_RUN_ROOM; /* and for brackets */
        plan->key  = make_key(&plans->arena, type->name);
    }
    return plan;
}

static bool add_member(struct ht_json_plans *plans, struct ht_json_plan *plan,
                       const struct ht_field *field)
{
    struct ht_json_member *member = &plan->members[plan->num_members++];
    bool made                     = plan_member(plans, member, field, plan->type->size);
    plan->room += ht_json_key_room(&member->key) + HT_JSON_VALUE_MAX;
    return made;
}

static bool add_run(struct ht_json_plans *plans, struct ht_json_plan *plan,
                    const struct ht_field *first, size_t num, struct span bytes)
{
    struct ht_json_plan *run = new_plan(plans, plan->type, num);
    bool made                = run != NULL && run->key.text != NULL;
    for (size_t i = 0; made && i < num; i++) {
        made = add_member(plans, run, &first[i]);
    }
    plan->members[plan->num_members++] = (struct ht_json_member){.always = 1,
                                                                 .offset = (uint16_t)bytes.offset,
                                                                 .kind   = HT_JSON_RUN,
                                                                 .size   = (uint8_t)bytes.len,
                                                                 .field  = first,
                                                                 .of     = run};
    plan->room += HT_JSON_RUN_ROOM;
    return made;
}

static bool add_members(struct ht_json_plans *plans, struct ht_json_plan *plan)
{
    const struct ht_struct *type = plan->type;
    for (size_t i = 0; i < type->num_fields;) {
        struct span bytes = {0};
        size_t run        = find_run(type, i, &bytes);
        bool shown        = (type->fields[i].flags & HT_INTERNAL) == 0;
        if (run > 1 ? !add_run(plans, plan, &type->fields[i], run, bytes)
                    : shown && !add_member(plans, plan, &type->fields[i])) {
            return false;
        }
        i += run > 1 ? run : 1;
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
    return plan->key.text != NULL && add_members(plans, plan) ? plan : NULL;
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

void ht_json_plans_free(struct ht_json_plans *plans)
{
    ht_arena_clear(&plans->arena);
    *plans = (struct ht_json_plans){0};
}
