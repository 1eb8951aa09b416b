#include "event/kept.h"

#include "event/shape.h"

enum {
    SMALL      = 64, /* bytes of an object; up to these one is kept as it is */
    INLINE_MAX = 64, /* of a view whose bytes lie among what is an object's own */
    WORD       = sizeof(uint64_t),
    PART_MAX   = sizeof(uint16_t) + sizeof((struct ht_shape_part *)0)->flat,
    ROW_MAX    = PART_MAX > 1 + INLINE_MAX ? PART_MAX : 1 + INLINE_MAX,
    OWN_MAX    = HT_SHAPE_MAX_OWN * (1 + ROW_MAX)
};

/* Of a small or large object it is the object itself. `own` has the number of a row, then its
 * member, with all that it points at. Of a view that is not too long a length and the bytes stand
 * in the member's place; of one that is, a length of 0 and the view. Of a small object that points
 * at nothing, two bytes that say which of its words are not zero, and these; of another one, two
 * that are zero, and where it lies. */
struct ht_kept {
    union {
        const void *shape;  /* an object whose own members are zero; in the pool, or the arena */
        const void *object; /* the whole one, once it was recalled */
    };
    bool recalled;
    bool again; /* another object has the shape too; the pool's present generation has it */
    uint16_t own_len;
    uint8_t own[];
};

_Static_assert(OWN_MAX <= UINT16_MAX, "a length");

static uint8_t *put(uint8_t *at, const void *from, size_t len)
{
    memcpy(at, from, len);
    return at + len;
}

/* Bytes, most of which are a random or an identifier. */
static uint8_t *put_bytes(uint8_t *at, struct ht_bytes bytes)
{
    enum { USUAL = 32 };
    return bytes.len == USUAL ? put(at, bytes.ptr, USUAL) : put(at, bytes.ptr, bytes.len);
}

/* A member, most of which are a word. */
static uint8_t *put_member(uint8_t *at, const void *from, size_t size)
{
    return size == sizeof(uint64_t) ? put(at, from, sizeof(uint64_t)) : put(at, from, size);
}

/* The words of a small object that points at nothing; NULL: it is another one. */
static uint8_t *put_part(const struct ht_shape_part *part, const char *object, uint8_t *at)
{
    uint8_t *end     = at + sizeof(uint16_t);
    uint16_t present = 0;
    uint64_t points  = 0;
    for (size_t i = 0; i < part->num_words; i++) {
        uint64_t word;
        memcpy(&word, object + i * WORD, WORD);
        points |= word & part->points[i];
        word &= part->flat[i];
        if (word != 0) {
            end = put(end, &word, WORD);
            present |= (uint16_t)(1U << i);
        }
    }
    (void)put(at, &present, sizeof present);
    return points == 0 && present != 0 ? end : NULL;
}

/* A row at which the object has a value. */
static uint8_t *put_own(const struct ht_keeper *keeper, const struct ht_shape_own *own,
                        const void *object, uint8_t *at)
{
    _Alignas(uint64_t) uint8_t member[INLINE_MAX];
    const struct ht_field *field = own->field;
    const void *from             = ht_field_at(field, object);
    *at++                        = own->number;
    if (own->flat) {
        return put_member(at, from, field->size);
    }
    if (own->view) {
        const struct ht_bytes *view = from;
        bool fits                   = view->len <= INLINE_MAX;
        *at++                       = fits ? (uint8_t)view->len : 0;
        if (fits) {
            return put_bytes(at, *view);
        }
    }
    if (field->kind == HT_OBJECT) {
        uint8_t *end = own->part != NULL ? put_part(own->part, ht_pointer_at(from), at) : NULL;
        if (end != NULL) {
            return end;
        }
        at = put(at, &(uint16_t){0}, sizeof(uint16_t));
    }
    ht_field_keep(keeper, field, member, from);
    return put_member(at, member, field->size);
}

/* Without room it is absent. */
static const uint8_t *take_part(const struct ht_field *field, unsigned present, const uint8_t *at,
                                uint8_t *to, struct ht_arena *arena)
{
    char *part = ht_arena_alloc(arena, field->of->size);
    memcpy(to, &part, sizeof part);
    for (; present != 0; present &= present - 1, at += WORD) {
        if (part != NULL) {
            memcpy(part + (size_t)__builtin_ctz(present) * WORD, at, WORD);
        }
    }
    return at;
}

static const uint8_t *take_own(const struct ht_field *field, const uint8_t *at, void *object,
                               struct ht_arena *arena)
{
    uint8_t *to = (uint8_t *)object + field->offset;
    size_t len  = ht_shape_is_view(field) ? *at++ : 0;
    if (field->kind == HT_OBJECT) {
        uint16_t present;
        memcpy(&present, at, sizeof present);
        at += sizeof present;
        if (present != 0) {
            return take_part(field, present, at, to, arena);
        }
    }
    if (len > 0) {
        const struct ht_bytes view = ht_bytes(at, len);
        memcpy(to, &view, sizeof view);
        return at + len;
    }
    (void)put_member(to, at, field->size);
    return at + field->size;
}

/* Room for one, of any content. */
static struct ht_kept *new_kept(const struct ht_keeper *keeper, size_t own_len)
{
    return ht_arena_take(keeper->arena, offsetof(struct ht_kept, own) + own_len);
}

static struct ht_kept *keep_parts(const struct ht_keeper *keeper, const struct ht_shape_plan *plan,
                                  const void *object)
{
    uint8_t own[OWN_MAX], *end = own;
    unsigned present  = keeper->pool->present;
    bool again        = false;
    const void *shape = ht_shape_keep(keeper, plan, object, &again);
    for (size_t i = 0; i < plan->num_own; i++) {
        if (ht_shape_word_of(object, &plan->own[i].present) != 0) {
            end = put_own(keeper, &plan->own[i], object, end);
        }
    }
    size_t own_len       = (size_t)(end - own);
    struct ht_kept *kept = shape != NULL ? new_kept(keeper, own_len) : NULL;
    if (kept != NULL) {
        kept->shape    = shape;
        kept->recalled = false;
        kept->again    = again && present == keeper->pool->present;
        kept->own_len  = (uint16_t)own_len;
        memcpy(kept->own, own, own_len);
    }
    return kept;
}

/* An object of a type without a plan: there is nothing to recall. */
static struct ht_kept *keep_whole(const struct ht_keeper *keeper, const struct ht_struct *type,
                                  const void *object)
{
    const void *copy     = ht_object_keep(keeper, type, object);
    struct ht_kept *kept = copy != NULL ? new_kept(keeper, 0) : NULL;
    if (kept != NULL) {
        kept->object   = copy;
        kept->recalled = true;
    }
    return kept;
}

static bool has_parts(const struct ht_struct *type)
{
    return type->size > SMALL && type->size <= HT_SHAPE_LARGEST;
}

static const void *keep_flat(const struct ht_keeper *keeper, const struct ht_shape_plan *plan,
                             const void *object)
{
    uint64_t word;
    char *copy = ht_arena_take(keeper->arena, plan->type->size);
    for (size_t at = 0; copy != NULL && at < plan->type->size; at += sizeof word) {
        memcpy(&word, (const char *)object + at, sizeof word);
        word &= plan->members[at / sizeof word];
        memcpy(copy + at, &word, sizeof word);
    }
    return copy;
}

/* Nobody writes to what is small once it is kept: where nothing is its own it is a shape. */
static struct ht_kept *keep_small(const struct ht_keeper *keeper, const struct ht_struct *type,
                                  const struct ht_shape_plan *plan, const void *object)
{
    bool again;
    const void *kept = plan == NULL         ? ht_object_keep(keeper, type, object)
                       : plan->num_own == 0 ? ht_shape_keep(keeper, plan, object, &again)
                       : plan->flat         ? keep_flat(keeper, plan, object)
                                            : ht_object_keep(keeper, type, object);
    return (struct ht_kept *)(uintptr_t)kept; /* NOLINT(performance-no-int-to-ptr) */
}

struct ht_kept *ht_keep(const struct ht_keeper *keeper, const struct ht_struct *type,
                        const void *object)
{
    const struct ht_shape_plan *plan =
        keeper->pool != NULL ? ht_shape_plan(keeper->pool, type) : NULL;
    if (!has_parts(type)) {
        return keep_small(keeper, type, plan, object);
    }
    return plan != NULL ? keep_parts(keeper, plan, object) : keep_whole(keeper, type, object);
}

/* Not inlined, for most that is asked for is small, or was made before. */
__attribute__((noinline)) static const void *
make_again(const struct ht_kept *kept, const struct ht_struct *type, struct ht_arena *arena)
{
    void *object = ht_arena_take(arena, type->size);
    if (object == NULL) {
        return NULL;
    }
    memcpy(object, kept->shape, type->size);
    for (const uint8_t *at = kept->own, *end = at + kept->own_len; at < end;) {
        const struct ht_field *field = &type->fields[*at];
        at                           = take_own(field, at + 1, object, arena);
    }
    return object;
}

const void *ht_kept_read(const struct ht_kept *kept, const struct ht_struct *type,
                         struct ht_arena *arena)
{
    if (!has_parts(type)) {
        return kept;
    }
    return kept->recalled ? kept->object : make_again(kept, type, arena);
}

/* Not inlined, as make_again is not. */
__attribute__((noinline)) static const void *
recall_first(struct ht_kept *kept, const struct ht_struct *type, struct ht_arena *arena)
{
    const void *object = make_again(kept, type, arena);
    if (object != NULL) {
        kept->object   = object;
        kept->recalled = true;
    }
    return object;
}

const void *ht_kept_recall(struct ht_kept *kept, const struct ht_struct *type,
                           struct ht_arena *arena)
{
    if (!has_parts(type)) {
        return kept;
    }
    return kept->recalled ? kept->object : recall_first(kept, type, arena);
}

void ht_kept_remember(struct ht_pool *pool, const struct ht_struct *type,
                      const struct ht_kept *kept, uint64_t hash, struct ht_bytes source)
{
    if (has_parts(type) && !kept->recalled && kept->again) {
        ht_pool_remember(pool, type, hash, source, kept->shape);
    }
}
