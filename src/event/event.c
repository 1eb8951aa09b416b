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
        return *(const uint8_t *)at != 0;
    case HT_UINT:
        return member_uint(field, object) != 0;
    case HT_INT:
    case HT_TIME:
        return *(const int64_t *)at != 0;
    case HT_LABEL:
    case HT_LIST_LABEL:
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
    return kind != HT_TIME && kind != HT_LABEL && kind != HT_LIST_LABEL && kind != HT_ADDRESS &&
           kind != HT_NAMED && kind != HT_OBJECT && kind != HT_ANY;
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

static void *alloc(const struct ht_keeper *keeper, size_t len)
{
    if (keeper->alone != NULL) {
        *keeper->alone = true;
    }
    return ht_arena_alloc(keeper->arena, len);
}

static struct ht_bytes copy_bytes(const struct ht_keeper *keeper, struct ht_bytes bytes)
{
    if (keeper->alone != NULL && bytes.len > 0) {
        *keeper->alone = true;
    }
    return ht_arena_copy(keeper->arena, bytes);
}

/* Bytes that repeat, which may be the pool's. Aligned for any object. */
static struct ht_bytes keep_once(const struct ht_keeper *keeper, struct ht_bytes bytes)
{
    struct ht_bytes kept = {0};
    if (keeper->pool != NULL) {
        kept = ht_pool_keep(keeper->pool, keeper->use, bytes);
    }
    return kept.len > 0 ? kept : copy_bytes(keeper, bytes);
}

static struct ht_bytes keep_bytes(const struct ht_keeper *keeper, const struct ht_field *field,
                                  struct ht_bytes bytes)
{
    return (field->flags & HT_REPEATS) != 0 ? keep_once(keeper, bytes) : copy_bytes(keeper, bytes);
}

static struct ht_texts keep_texts(const struct ht_keeper *keeper, const struct ht_field *field,
                                  struct ht_texts from)
{
    enum { FEW = 16 };
    struct ht_bytes few[FEW], *items = few;
    if (from.len > FEW) {
        items = alloc(keeper, from.len * sizeof *items);
    }
    if (from.len == 0 || items == NULL) {
        return (struct ht_texts){0};
    }
    for (size_t i = 0; i < from.len; i++) {
        items[i] = keep_bytes(keeper, field, from.items[i]);
    }
    if (items != few) {
        return (struct ht_texts){.items = items, .len = from.len};
    }
    /* The views of what is in the pool are the same each time, so their list is too. */
    struct ht_bytes list = keep_bytes(keeper, field, ht_bytes(few, from.len * sizeof *few));
    return (struct ht_texts){.items = (const void *)list.ptr, .len = list.len / sizeof *few};
}

static void keep_fields(const struct ht_keeper *keeper, const struct ht_struct *type, void *to,
                        const void *from);

static struct ht_objects keep_objects(const struct ht_keeper *keeper, const struct ht_struct *type,
                                      struct ht_objects from)
{
    char *items = from.len > 0 ? alloc(keeper, from.len * type->size) : NULL;
    if (items == NULL) {
        return (struct ht_objects){0};
    }
    for (size_t i = 0; i < from.len; i++) {
        size_t at = i * type->size;
        keep_fields(keeper, type, items + at, (const char *)from.items + at);
    }
    return (struct ht_objects){.items = items, .len = from.len};
}

static struct ht_any keep_any(const struct ht_keeper *keeper, struct ht_any from)
{
    const void *object = from.type != NULL ? ht_object_keep(keeper, from.type, from.object) : NULL;
    return object != NULL ? (struct ht_any){.type = from.type, .object = object}
                          : (struct ht_any){0};
}

const void *ht_object_keep_once(const struct ht_keeper *keeper, const struct ht_struct *type,
                                const void *object)
{
    enum { SMALL = 256 };
    _Alignas(16) char room[SMALL];
    if (type->size > SMALL) {
        return ht_object_keep(keeper, type, object);
    }
    memset(room, 0, type->size);
    keep_fields(keeper, type, room, object);
    struct ht_bytes kept = keep_once(keeper, ht_bytes(room, type->size));
    return kept.len > 0 ? kept.ptr : NULL;
}

/* An object whose fields repeat repeats itself. */
static const void *keep_object(const struct ht_keeper *keeper, const struct ht_field *field,
                               const void *object)
{
    return (field->flags & HT_REPEATS) != 0 ? ht_object_keep_once(keeper, field->of, object)
                                            : ht_object_keep(keeper, field->of, object);
}

static struct ht_uints keep_uints(const struct ht_keeper *keeper, const struct ht_field *field,
                                  struct ht_uints from)
{
    struct ht_bytes raw =
        keep_bytes(keeper, field, ht_bytes(from.items, from.len * sizeof from.items[0]));
    return (struct ht_uints){.items = (const void *)raw.ptr, .len = raw.len / sizeof from.items[0]};
}

/* Replaces what the shallow copy at `to` points at. */
static void keep_pointed(const struct ht_keeper *keeper, const struct ht_field *field, void *to)
{
    switch ((int)field->kind) {
    case HT_TEXT:
    case HT_HEX:
    case HT_LIST_NAMED:
        *(struct ht_bytes *)to = keep_bytes(keeper, field, *(struct ht_bytes *)to);
        break;
    case HT_LIST_UINT:
        *(struct ht_uints *)to = keep_uints(keeper, field, *(struct ht_uints *)to);
        break;
    case HT_LIST_TEXT:
    case HT_LIST_HEX:
        *(struct ht_texts *)to = keep_texts(keeper, field, *(struct ht_texts *)to);
        break;
    case HT_OBJECT:
        *(const void **)to = keep_object(keeper, field, *(const void **)to);
        break;
    case HT_LIST_OBJECT:
        *(struct ht_objects *)to = keep_objects(keeper, field->of, *(struct ht_objects *)to);
        break;
    case HT_ANY:
        *(struct ht_any *)to = keep_any(keeper, *(struct ht_any *)to);
        break;
    default:
        break; /* points at nothing */
    }
}

/* Copies a member, most of which are of one of these sizes, and tells whether it may point at
 * anything: a view is a pointer and a length, an object a pointer. */
static bool copy_member(char *to, const char *from, size_t size)
{
    uint64_t word[2];
    switch (size) {
    case 1:
        *to = *from;
        return false;
    case 2:
        memcpy(to, from, 2);
        return false;
    case 4:
        memcpy(to, from, 4);
        return false;
    case 8:
        memcpy(word, from, 8);
        memcpy(to, word, 8);
        return word[0] != 0;
    case 16:
        memcpy(word, from, 16);
        memcpy(to, word, 16);
        return word[1] != 0;
    default:
        memcpy(to, from, size);
        return false;
    }
}

inline void ht_field_keep(const struct ht_keeper *keeper, const struct ht_field *field, void *to,
                          const void *from)
{
    if (copy_member(to, from, field->size)) {
        keep_pointed(keeper, field, to);
    }
}

static void keep_fields(const struct ht_keeper *keeper, const struct ht_struct *type, void *to,
                        const void *from)
{
    const struct ht_field *end = type->fields + type->num_fields;
    for (const struct ht_field *field = type->fields; field != end; field++) {
        ht_field_keep(keeper, field, (char *)to + field->offset, ht_field_at(field, from));
    }
}

void *ht_object_keep(const struct ht_keeper *keeper, const struct ht_struct *type,
                     const void *object)
{
    void *copy = alloc(keeper, type->size);
    if (copy != NULL) {
        keep_fields(keeper, type, copy, object);
    }
    return copy;
}

void *ht_object_copy(struct ht_arena *arena, const struct ht_struct *type, const void *object)
{
    return ht_object_keep(&(struct ht_keeper){.arena = arena}, type, object);
}
