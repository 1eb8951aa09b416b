#include "event/shape.h"

#include "base/hash.h"

enum { WORD = sizeof(uint64_t) };

/* A member that can be another in each flow: a large number, or what points at bytes. */
static bool is_own(const struct ht_field *field)
{
    return (field->flags & HT_REPEATS) == 0 && field->size > sizeof(uint16_t) &&
           field->kind != HT_NAMED && field->kind != HT_LABEL && field->kind != HT_LIST_LABEL;
}

bool ht_shape_counts(const struct ht_struct *type, size_t row)
{
    return row >= HT_SHAPE_MAX_OWN || !is_own(&type->fields[row]);
}

static bool is_list(const struct ht_field *field)
{
    return ht_shape_is_view(field) || field->kind == HT_LIST_UINT || field->kind == HT_LIST_TEXT ||
           field->kind == HT_LIST_HEX || field->kind == HT_LIST_OBJECT;
}

static bool is_pointer(const struct ht_field *field)
{
    return field->kind == HT_OBJECT || field->kind == HT_ANY;
}

/* Of a list its length counts, a pointer not at all: what they point at does. */
static void mask_member(uint64_t *mask, const struct ht_field *field)
{
    size_t skip = is_pointer(field) ? field->size
                  : is_list(field)  ? offsetof(struct ht_bytes, len)
                                    : 0;
    memset((uint8_t *)mask + field->offset + skip, 0xFF, field->size - skip);
}

/* A list without items, a pointer to nothing, an address of no version and a zero are absent: the
 * `len` bytes that say so. */
static struct ht_shape_word presence_of(const struct ht_field *field)
{
    size_t at  = field->offset + (is_list(field) ? offsetof(struct ht_bytes, len) : 0);
    size_t len = is_list(field) || is_pointer(field) ? WORD : field->size;
    if (field->kind == HT_ADDRESS) {
        at += offsetof(struct ht_address, version);
        len = sizeof((struct ht_address *)0)->version;
    }
    struct ht_shape_word word = {.offset = at - at % WORD};
    memset((uint8_t *)&word.mask + at % WORD, 0xFF, len);
    return word;
}

/* NULL: none, or there is no memory. */
static const struct ht_shape_part *part_of(struct ht_arena *arena, const struct ht_field *field)
{
    const struct ht_struct *type = field->kind == HT_OBJECT ? field->of : NULL;
    bool fits = type != NULL && type->size <= sizeof((struct ht_shape_part *)0)->flat &&
                type->size % WORD == 0;
    struct ht_shape_part *part = fits ? ht_arena_alloc(arena, sizeof *part) : NULL;
    if (part == NULL) {
        return NULL;
    }
    part->num_words = type->size / WORD;
    for (size_t i = 0; i < type->num_fields; i++) {
        const struct ht_field *member = &type->fields[i];
        if (is_pointer(member)) {
            memset((uint8_t *)part->points + member->offset, 0xFF, member->size);
        } else {
            mask_member(is_list(member) ? part->points : part->flat, member);
        }
    }
    return part;
}

static struct ht_shape_own own_of(struct ht_arena *arena, const struct ht_field *field,
                                  size_t number)
{
    return (struct ht_shape_own){.field   = field,
                                 .present = presence_of(field),
                                 .part    = part_of(arena, field),
                                 .number  = (uint8_t)number,
                                 .flat    = !is_list(field) && !is_pointer(field),
                                 .view    = ht_shape_is_view(field)};
}

static void add_words(struct ht_shape_plan *plan, const uint64_t *mask)
{
    for (size_t offset = 0; offset < plan->type->size; offset += WORD) {
        if (mask[offset / WORD] != 0) {
            plan->words[plan->num_words++] = (struct ht_shape_word){offset, mask[offset / WORD]};
        }
    }
}

/* Splits what counts of a copy, a mask of its words, into a piece and the words beside it. */
static void add_copied(struct ht_shape_plan *plan, const uint64_t *counted)
{
    size_t len = 0;
    for (size_t at = 0; at < plan->type->size; at += WORD) {
        len = counted[at / WORD] == UINT64_MAX ? len + WORD : 0;
        if (len > plan->piece_len) {
            plan->piece_len = len;
            plan->piece     = at + WORD - len;
        }
    }
    for (size_t at = 0; at < plan->type->size; at += WORD) {
        bool in_piece = at >= plan->piece && at < plan->piece + plan->piece_len;
        if (counted[at / WORD] != 0 && !in_piece) {
            plan->beside[plan->num_beside++] = (struct ht_shape_word){at, counted[at / WORD]};
        }
    }
}

/* With `whole` all members count, as of an object that another one points at. */
static struct ht_shape_plan *make(struct ht_arena *arena, const struct ht_struct *type, bool whole)
{
    bool fits = type->size <= HT_SHAPE_LARGEST && type->size % WORD == 0, flat = true;
    uint64_t mask[HT_SHAPE_LARGEST / WORD] = {0}, counted[HT_SHAPE_LARGEST / WORD] = {0};
    struct ht_shape_plan *plan =
        fits ? ht_arena_alloc(arena, sizeof *plan + type->num_fields * sizeof plan->rows[0]) : NULL;
    for (size_t i = 0; plan != NULL && i < type->num_fields; i++) {
        const struct ht_field *field = &type->fields[i];
        flat &= !is_list(field) && !is_pointer(field);
        mask_member(plan->members, field);
        if (!whole && !ht_shape_counts(type, i)) {
            plan->own[plan->num_own++] = own_of(arena, field, i);
            continue;
        }
        mask_member(mask, field);
        memset((uint8_t *)counted + field->offset, 0xFF, field->size);
        if (is_list(field) || is_pointer(field)) {
            bool followed                = !whole && field->kind == HT_OBJECT;
            plan->rows[plan->num_rows++] = (struct ht_shape_row){
                .field = field, .of = followed ? make(arena, field->of, true) : NULL};
        }
        if (field->kind == HT_LIST_HEX) {
            plan->digests = field;
        }
    }
    if (plan != NULL) {
        plan->type = type;
        plan->flat = flat;
        add_words(plan, mask);
        add_copied(plan, counted);
    }
    return plan;
}

const struct ht_shape_plan *ht_shape_plan(struct ht_pool *pool, const struct ht_struct *type)
{
    struct ht_shape_plan **plans =
        &pool->plans[(uintptr_t)type / sizeof *type % HT_ARRAY_LEN(pool->plans)];
    struct ht_shape_plan *plan = *plans;
    while (plan != NULL && plan->type != type) {
        plan = plan->next;
    }
    if (plan == NULL) {
        plan = make(&pool->plans_arena, type, false);
        if (plan != NULL) {
            plan->next = *plans;
            *plans     = plan;
        }
    }
    return plan;
}

/* The beginning of the first digest; 0: there is none. */
static uint64_t beginning_of(const struct ht_texts *digests)
{
    uint64_t word = 0;
    if (digests->len > 0 && digests->items[0].len >= sizeof word) {
        memcpy(&word, digests->items[0].ptr, sizeof word);
    }
    return word;
}

/* By what is cheap to hash: not by what lists hold, only by how long they are. So hellos that
 * differ in values of GREASE, or in the order of their extensions, have one. But of what has
 * digests (a chain of certificates) these tell one from the other. */
static uint64_t hash_of(const struct ht_shape_plan *plan, const void *object)
{
    uint64_t hash = (uintptr_t)plan;
    if (plan->digests != NULL) {
        hash ^= beginning_of(ht_field_at(plan->digests, object));
    }
    for (size_t i = 0; i < plan->num_words; i++) {
        hash = (hash ^ ht_shape_word_of(object, &plan->words[i])) * UINT64_C(0x9E3779B97F4A7C15);
    }
    return hash ^ hash >> 32;
}

static bool same_texts(const struct ht_texts *a, const struct ht_texts *b)
{
    for (size_t i = 0; i < a->len; i++) {
        if (!ht_bytes_equal(a->items[i], b->items[i])) {
            return false;
        }
    }
    return true;
}

static bool same(const struct ht_shape_plan *plan, const void *a, const void *b);

/* Items of `size` bytes, two lists of one length. */
static bool same_items(struct ht_list a, struct ht_list b, size_t size)
{
    return a.len == 0 || memcmp(a.items, b.items, a.len * size) == 0;
}

/* What both point at, two lists of one length. */
static bool same_pointed(const struct ht_shape_row *row, const void *a, const void *b)
{
    if (ht_pointer_at(a) == ht_pointer_at(b) && row->field->kind != HT_ANY) {
        return true;
    }
    switch ((int)row->field->kind) {
    case HT_TEXT:
    case HT_HEX:
    case HT_LIST_NAMED:
        return same_items(ht_list_at(a), ht_list_at(b), 1);
    case HT_LIST_UINT:
        return same_items(ht_list_at(a), ht_list_at(b), WORD);
    case HT_LIST_TEXT:
    case HT_LIST_HEX:
        return same_texts(a, b);
    case HT_OBJECT:
        a = ht_pointer_at(a);
        b = ht_pointer_at(b);
        return a == b || (a != NULL && b != NULL && row->of != NULL && same(row->of, a, b));
    case HT_LIST_OBJECT:
        return ht_list_at(a).len == 0;
    default:
        return false;
    }
}

/* What counts of `num` words is not the same in both. */
static bool differ(const struct ht_shape_word *words, size_t num, const void *a, const void *b)
{
    uint64_t unlike = 0;
    for (size_t i = 0; i < num; i++) {
        unlike |= ht_shape_word_of(a, &words[i]) ^ ht_shape_word_of(b, &words[i]);
    }
    return unlike != 0;
}

static bool same(const struct ht_shape_plan *plan, const void *a, const void *b)
{
    bool alike = !differ(plan->words, plan->num_words, a, b);
    for (size_t i = 0; alike && i < plan->num_rows; i++) {
        const struct ht_field *field = plan->rows[i].field;
        alike = same_pointed(&plan->rows[i], ht_field_at(field, a), ht_field_at(field, b));
    }
    return alike;
}

/* Sets `*alone` where not all of it is the pool's. */
static const void *make_shape(const struct ht_keeper *keeper, const struct ht_shape_plan *plan,
                              const void *object, bool *alone)
{
    uint64_t room[HT_SHAPE_LARGEST / WORD] = {0};
    const struct ht_keeper telling         = {
                .arena = keeper->arena, .pool = keeper->pool, .use = keeper->use, .alone = alone};
    const struct ht_bytes shape = ht_bytes(room, plan->type->size);
    for (size_t i = 0; i < plan->num_words; i++) {
        room[plan->words[i].offset / WORD] = ht_shape_word_of(object, &plan->words[i]);
    }
    if (plan->type->shape_number != 0) {
        room[plan->type->shape_number / WORD] = ++keeper->pool->num_shapes;
    }
    for (size_t i = 0; i < plan->num_rows; i++) {
        const struct ht_field *field = plan->rows[i].field;
        ht_field_keep(&telling, field, (char *)room + field->offset, ht_field_at(field, object));
    }
    struct ht_bytes kept = ht_pool_keep(keeper->pool, keeper->use, shape);
    if (kept.len == 0) {
        *alone = true;
        kept   = ht_arena_copy(keeper->arena, shape);
    }
    return kept.len > 0 ? kept.ptr : NULL;
}

/* What counts is the same in both, also the addresses of what they point at: as of an object that
 * began as a copy of its shape. */
static inline bool is_copy(const struct ht_shape_plan *plan, const void *object, const void *shape)
{
    return memcmp((const char *)object + plan->piece, (const char *)shape + plan->piece,
                  plan->piece_len) == 0 &&
           !differ(plan->beside, plan->num_beside, object, shape);
}

/* The same of what points at nothing. Of a few words a call would cost more than they do. */
static inline bool is_same_flat(const struct ht_shape_plan *plan, const void *object,
                                const void *shape)
{
    enum { FEW = 4 };
    return plan->num_words <= FEW ? !differ(plan->words, plan->num_words, object, shape)
                                  : is_copy(plan, object, shape);
}

/* What is found changes places with the one before it: what comes again and again stays. NULL: none
 * is the shape of `object`. */
static const void *find(struct ht_pool_shape *known, const struct ht_shape_plan *plan,
                        uint64_t hash, const void *object)
{
    for (size_t i = 0; i < HT_POOL_WAYS; i++) {
        const void *shape = known[i].shape;
        if (known[i].hash != hash || known[i].plan != plan ||
            !(plan->flat ? is_same_flat(plan, object, shape) : same(plan, object, shape))) {
            continue;
        }
        if (i > 0) {
            struct ht_pool_shape found = known[i];
            known[i]                   = known[i - 1];
            known[i - 1]               = found;
        }
        return shape;
    }
    return NULL;
}

/* In the first free place, else in that of the last. */
static void remember(struct ht_pool_shape *known, struct ht_pool_shape shape)
{
    size_t i = 0;
    while (i < HT_POOL_WAYS - 1 && known[i].plan != NULL) {
        i++;
    }
    known[i] = shape;
}

/* Keeps the shape of an object that has none that is known. Not inlined, for there are few. */
__attribute__((noinline)) static const void *keep_new(const struct ht_keeper *keeper,
                                                      const struct ht_shape_plan *plan,
                                                      uint64_t hash, const void *object)
{
    struct ht_pool *pool        = keeper->pool;
    unsigned present            = pool->present;
    struct ht_pool_shape *known = ht_pool_shapes(pool, hash);
    bool alone                  = false;
    const void *shape           = make_shape(keeper, plan, object, &alone);
    /* All that the present generation has lives as long as that. */
    if (known != NULL && shape != NULL && !alone && present == pool->present) {
        remember(known, (struct ht_pool_shape){.hash = hash, .plan = plan, .shape = shape});
    }
    return shape;
}

/* What whoever made the object knows, if it is right. */
static const void *known_shape(const struct ht_shape_plan *plan, const void *object)
{
    const void *shape = NULL;
    if (plan->type->shape != 0) {
        memcpy(&shape, (const char *)object + plan->type->shape, sizeof shape);
    }
    bool right = shape != NULL && (is_copy(plan, object, shape) || same(plan, object, shape));
    return right ? shape : NULL;
}

const void *ht_shape_keep(const struct ht_keeper *keeper, const struct ht_shape_plan *plan,
                          const void *object, bool *again)
{
    const void *shape = known_shape(plan, object);
    uint64_t hash     = 0;
    if (shape == NULL) {
        hash                        = hash_of(plan, object);
        struct ht_pool_shape *known = ht_pool_shapes(keeper->pool, hash);
        shape                       = known != NULL ? find(known, plan, hash, object) : NULL;
    }
    *again = shape != NULL;
    if (shape == NULL) {
        return keep_new(keeper, plan, hash, object);
    }
    ht_pool_hold(keeper->pool, keeper->use);
    return shape;
}
