#include "event/kept.h"

enum {
    SMALL      = 64,  /* bytes of an object; up to these one is kept as it is, */
    LARGE      = 512, /* as is one of more than these */
    INLINE_MAX = 64,  /* of a view whose bytes lie among what is an object's own */
    MAX_OWN    = 64,  /* the first rows of a table; those after them count to the shape */
    OWN_MAX    = MAX_OWN * (2 + INLINE_MAX)
};

/* Of a small or large object it is the object itself. `own` has the number of a row, then its
 * member, with all that it points at. Of a view that is not too long a length and the bytes stand
 * in the member's place; of one that is, a length of 0 and the view. */
struct ht_kept {
    union {
        const void *shape;  /* an object whose own members are zero; in the pool, or the arena */
        const void *object; /* the whole one, once it was recalled */
    };
    bool recalled;
    uint16_t own_len;
    uint8_t own[];
};

_Static_assert(OWN_MAX <= UINT16_MAX, "a length");

/* A member that can be another in each flow: a large number, or what points at bytes. */
static bool is_own(const struct ht_field *field)
{
    return (field->flags & HT_REPEATS) == 0 && field->size > sizeof(uint16_t) &&
           field->kind != HT_NAMED && field->kind != HT_LABEL && field->kind != HT_LIST_LABEL;
}

static bool is_view(const struct ht_field *field)
{
    return field->kind == HT_TEXT || field->kind == HT_HEX || field->kind == HT_LIST_NAMED;
}

static uint8_t *put(uint8_t *at, const void *from, size_t len)
{
    memcpy(at, from, len);
    return at + len;
}

/* Of the row `number`, if the object has a value there. */
static uint8_t *put_own(const struct ht_keeper *keeper, const struct ht_field *field, size_t number,
                        const void *object, uint8_t *at)
{
    _Alignas(uint64_t) uint8_t member[INLINE_MAX];
    const void *from = ht_field_at(field, object);
    if (!ht_field_present(field, object)) {
        return at;
    }
    *at++ = (uint8_t)number;
    if (is_view(field)) {
        const struct ht_bytes *view = from;
        bool fits                   = view->len <= INLINE_MAX;
        *at++                       = fits ? (uint8_t)view->len : 0;
        if (fits) {
            return put(at, view->ptr, view->len);
        }
    }
    ht_field_keep(keeper, field, member, from);
    return put(at, member, field->size);
}

static const uint8_t *take_own(const struct ht_field *field, const uint8_t *at, void *object)
{
    uint8_t *to = (uint8_t *)object + field->offset;
    size_t len  = is_view(field) ? *at++ : 0;
    if (len > 0) {
        const struct ht_bytes view = ht_bytes(at, len);
        memcpy(to, &view, sizeof view);
        return at + len;
    }
    memcpy(to, at, field->size);
    return at + field->size;
}

/* What the object has in common with others; where the pool has no room it is its alone. NULL where
 * there is none for that. */
static const void *keep_shape(const struct ht_keeper *keeper, struct ht_bytes shape)
{
    struct ht_bytes kept = {0};
    if (keeper->pool != NULL) {
        kept = ht_pool_keep(keeper->pool, keeper->use, shape);
    }
    kept = kept.len > 0 ? kept : ht_arena_copy(keeper->arena, shape);
    return kept.len > 0 ? kept.ptr : NULL;
}

/* Fills `shape`, which is zeroed, and `own`; returns the length of that. */
static size_t part(const struct ht_keeper *keeper, const struct ht_struct *type, const void *object,
                   void *shape, uint8_t *own)
{
    uint8_t *at = own;
    for (size_t i = 0; i < type->num_fields; i++) {
        const struct ht_field *field = &type->fields[i];
        if (i < MAX_OWN && is_own(field)) {
            at = put_own(keeper, field, i, object, at);
        } else {
            ht_field_keep(keeper, field, (char *)shape + field->offset, ht_field_at(field, object));
        }
    }
    return (size_t)(at - own);
}

static struct ht_kept *keep_parts(const struct ht_keeper *keeper, const struct ht_struct *type,
                                  const void *object)
{
    _Alignas(uint64_t) char room[LARGE];
    uint8_t own[OWN_MAX];
    memset(room, 0, type->size);
    size_t own_len    = part(keeper, type, object, room, own);
    const void *shape = keep_shape(keeper, ht_bytes(room, type->size));
    struct ht_kept *kept =
        shape != NULL ? ht_arena_alloc(keeper->arena, sizeof *kept + own_len) : NULL;
    if (kept != NULL) {
        kept->shape   = shape;
        kept->own_len = (uint16_t)own_len;
        memcpy(kept->own, own, own_len);
    }
    return kept;
}

static bool has_parts(const struct ht_struct *type)
{
    return type->size > SMALL && type->size <= LARGE;
}

struct ht_kept *ht_keep(const struct ht_keeper *keeper, const struct ht_struct *type,
                        const void *object)
{
    return has_parts(type) ? keep_parts(keeper, type, object)
                           : ht_object_keep(keeper, type, object);
}

const void *ht_kept_read(const struct ht_kept *kept, const struct ht_struct *type,
                         struct ht_arena *arena)
{
    if (!has_parts(type)) {
        return kept;
    }
    if (kept->recalled) {
        return kept->object;
    }
    void *object = ht_arena_alloc(arena, type->size);
    if (object != NULL) {
        memcpy(object, kept->shape, type->size);
        for (const uint8_t *at = kept->own; at < kept->own + kept->own_len;) {
            const struct ht_field *field = &type->fields[*at];
            at                           = take_own(field, at + 1, object);
        }
    }
    return object;
}

const void *ht_kept_recall(struct ht_kept *kept, const struct ht_struct *type,
                           struct ht_arena *arena)
{
    const void *object = ht_kept_read(kept, type, arena);
    if (object != NULL && has_parts(type)) {
        kept->object   = object;
        kept->recalled = true;
    }
    return object;
}
