#include "event/event.h"

static uint64_t member_uint(const struct ht_field *field, const void *object)
{
    const void *at = ht_field_at(field, object);
    switch (field->size) {
    case 1:
        return *(const uint8_t *)at;
    case 2:
        return *(const uint16_t *)at;
    case 4:
        return *(const uint32_t *)at;
    default:
        return *(const uint64_t *)at;
    }
}

uint64_t ht_field_uint(const struct ht_field *field, const void *object)
{
    return member_uint(field, object) - ((field->flags & HT_PLUS_ONE) != 0 ? 1 : 0);
}

bool ht_field_present(const struct ht_field *field, const void *object)
{
    const void *at = ht_field_at(field, object);
    switch (field->kind) {
    case HT_BOOL:
        return *(const bool *)at;
    case HT_UINT:
        return member_uint(field, object) != 0;
    case HT_INT:
    case HT_TIME:
        return *(const int64_t *)at != 0;
    case HT_LABEL:
    case HT_OBJECT:
        return *(const void *const *)at != NULL;
    case HT_TEXT:
    case HT_HEX:
    case HT_LIST_NAMED:
        return ((const struct ht_bytes *)at)->len > 0;
    case HT_ADDRESS:
        return ((const struct ht_address *)at)->version != 0;
    case HT_NAMED:
        return ((const struct ht_named *)at)->set;
    case HT_LIST_UINT:
        return ((const struct ht_uints *)at)->len > 0;
    case HT_LIST_TEXT:
    case HT_LIST_HEX:
        return ((const struct ht_texts *)at)->len > 0;
    case HT_LIST_OBJECT:
        return ((const struct ht_objects *)at)->len > 0;
    case HT_ANY:
        return ((const struct ht_any *)at)->type != NULL;
    }
    return false;
}

bool ht_field_has_empty(enum ht_kind kind)
{
    return kind != HT_TIME && kind != HT_LABEL && kind != HT_ADDRESS && kind != HT_NAMED &&
           kind != HT_OBJECT && kind != HT_ANY;
}

bool ht_field_written(const struct ht_field *field, const void *object)
{
    if ((field->flags & HT_INTERNAL) != 0) {
        return false;
    }
    if ((field->flags & HT_UNLESS) != 0) {
        return *(const char *const *)((const char *)object + field->unless) == NULL;
    }
    if ((field->flags & HT_ALWAYS) != 0 && ht_field_has_empty(field->kind)) {
        return true;
    }
    return ht_field_present(field, object);
}

static struct ht_texts copy_texts(struct ht_arena *arena, struct ht_texts from)
{
    if (from.len == 0) {
        return (struct ht_texts){0};
    }
    struct ht_bytes *items = ht_arena_alloc(arena, from.len * sizeof *items);
    if (items == NULL) {
        return (struct ht_texts){0};
    }
    for (size_t i = 0; i < from.len; i++) {
        items[i] = ht_arena_copy(arena, from.items[i]);
    }
    return (struct ht_texts){.items = items, .len = from.len};
}

static void copy_fields(struct ht_arena *arena, const struct ht_struct *type, void *to,
                        const void *from);

static struct ht_objects copy_objects(struct ht_arena *arena, const struct ht_struct *type,
                                      struct ht_objects from)
{
    char *items = from.len > 0 ? ht_arena_alloc(arena, from.len * type->size) : NULL;
    if (items == NULL) {
        return (struct ht_objects){0};
    }
    for (size_t i = 0; i < from.len; i++) {
        size_t at = i * type->size;
        copy_fields(arena, type, items + at, (const char *)from.items + at);
    }
    return (struct ht_objects){.items = items, .len = from.len};
}

static struct ht_any copy_any(struct ht_arena *arena, struct ht_any from)
{
    const void *object = from.type != NULL ? ht_object_copy(arena, from.type, from.object) : NULL;
    return object != NULL ? (struct ht_any){.type = from.type, .object = object}
                          : (struct ht_any){0};
}

/* Replaces what the shallow copy at `to` points at. */
static void copy_pointed(struct ht_arena *arena, const struct ht_field *field, void *to)
{
    switch (field->kind) {
    case HT_TEXT:
    case HT_HEX:
    case HT_LIST_NAMED:
        *(struct ht_bytes *)to = ht_arena_copy(arena, *(struct ht_bytes *)to);
        break;
    case HT_LIST_UINT: {
        struct ht_uints *list = to;
        struct ht_bytes raw =
            ht_arena_copy(arena, ht_bytes(list->items, list->len * sizeof list->items[0]));
        *list = (struct ht_uints){.items = (const void *)raw.ptr,
                                  .len   = raw.len / sizeof list->items[0]};
        break;
    }
    case HT_LIST_TEXT:
    case HT_LIST_HEX:
        *(struct ht_texts *)to = copy_texts(arena, *(struct ht_texts *)to);
        break;
    case HT_OBJECT:
        if (*(void **)to != NULL) {
            *(void **)to = ht_object_copy(arena, field->of, *(void **)to);
        }
        break;
    case HT_LIST_OBJECT:
        *(struct ht_objects *)to = copy_objects(arena, field->of, *(struct ht_objects *)to);
        break;
    case HT_ANY:
        *(struct ht_any *)to = copy_any(arena, *(struct ht_any *)to);
        break;
    case HT_BOOL:
    case HT_UINT:
    case HT_INT:
    case HT_TIME:
    case HT_LABEL:
    case HT_ADDRESS:
    case HT_NAMED:
        break;
    }
}

static void copy_fields(struct ht_arena *arena, const struct ht_struct *type, void *to,
                        const void *from)
{
    for (size_t i = 0; i < type->num_fields; i++) {
        const struct ht_field *field = &type->fields[i];
        char *at                     = (char *)to + field->offset;
        memcpy(at, ht_field_at(field, from), field->size);
        copy_pointed(arena, field, at);
    }
}

void *ht_object_copy(struct ht_arena *arena, const struct ht_struct *type, const void *object)
{
    void *copy = ht_arena_alloc(arena, type->size);
    if (copy != NULL) {
        copy_fields(arena, type, copy, object);
    }
    return copy;
}
