#include "event/event.h"

/* That a list of any kind can be read as one of another. */
#define IS_LIST(type)                                                                              \
    (sizeof(type) == sizeof(struct ht_list) && offsetof(type, len) == offsetof(struct ht_list, len))

_Static_assert(IS_LIST(struct ht_bytes) && IS_LIST(struct ht_texts), "lists");
_Static_assert(IS_LIST(struct ht_uints) && IS_LIST(struct ht_objects), "lists");

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
        return ht_pointer_at(at) != NULL;
    case HT_TEXT:
    case HT_HEX:
    case HT_LIST_NAMED:
    case HT_LIST_UINT:
    case HT_LIST_TEXT:
    case HT_LIST_HEX:
    case HT_LIST_OBJECT:
        return ht_list_at(at).len > 0;
    case HT_ADDRESS:
        return ((const struct ht_address *)at)->version != 0;
    case HT_NAMED:
        return ((const struct ht_named *)at)->set;
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
        return ht_pointer_at((const char *)object + field->unless) == NULL;
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

/* Items of `size` bytes that point at nothing. */
static struct ht_list keep_items(const struct ht_keeper *keeper, const struct ht_field *field,
                                 struct ht_list from, size_t size)
{
    struct ht_bytes kept = keep_bytes(keeper, field, ht_bytes(from.items, from.len * size));
    return (struct ht_list){.items = kept.ptr, .len = kept.len / size};
}

static struct ht_list keep_texts(const struct ht_keeper *keeper, const struct ht_field *field,
                                 struct ht_list from)
{
    enum { FEW = 16 };
    const struct ht_bytes *texts = from.items;
    struct ht_bytes few[FEW], *items = few;
    if (from.len > FEW) {
        items = alloc(keeper, from.len * sizeof *items);
    }
    if (from.len == 0 || items == NULL) {
        return (struct ht_list){0};
    }
    for (size_t i = 0; i < from.len; i++) {
        items[i] = keep_bytes(keeper, field, texts[i]);
    }
    const struct ht_list list = {.items = items, .len = from.len};
    /* The views of what is in the pool are the same each time, so their list is too. */
    return items == few ? keep_items(keeper, field, list, sizeof *few) : list;
}

static void keep_fields(const struct ht_keeper *keeper, const struct ht_struct *type, void *to,
                        const void *from);

static struct ht_list keep_objects(const struct ht_keeper *keeper, const struct ht_struct *type,
                                   struct ht_list from)
{
    char *items = from.len > 0 ? alloc(keeper, from.len * type->size) : NULL;
    if (items == NULL) {
        return (struct ht_list){0};
    }
    for (size_t i = 0; i < from.len; i++) {
        size_t at = i * type->size;
        keep_fields(keeper, type, items + at, (const char *)from.items + at);
    }
    return (struct ht_list){.items = items, .len = from.len};
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

static void put_list(void *to, struct ht_list list)
{
    memcpy(to, &list, sizeof list);
}

/* Replaces what the shallow copy at `to` points at. */
static void keep_pointed(const struct ht_keeper *keeper, const struct ht_field *field, void *to)
{
    const void *object;
    struct ht_any any;
    switch ((int)field->kind) {
    case HT_TEXT:
    case HT_HEX:
    case HT_LIST_NAMED:
        put_list(to, keep_items(keeper, field, ht_list_at(to), 1));
        break;
    case HT_LIST_UINT:
        put_list(to, keep_items(keeper, field, ht_list_at(to), sizeof(uint64_t)));
        break;
    case HT_LIST_TEXT:
    case HT_LIST_HEX:
        put_list(to, keep_texts(keeper, field, ht_list_at(to)));
        break;
    case HT_LIST_OBJECT:
        put_list(to, keep_objects(keeper, field->of, ht_list_at(to)));
        break;
    case HT_OBJECT:
        object = keep_object(keeper, field, ht_pointer_at(to));
        memcpy(to, &object, sizeof object);
        break;
    case HT_ANY:
        memcpy(&any, to, sizeof any);
        any = keep_any(keeper, any);
        memcpy(to, &any, sizeof any);
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
