/*
 * Shapes: what objects of a type have in common, all but the members that can be another in each
 * flow. Of those that were kept last each is known by its content, so that an object's is found by
 * one comparison, before anything of it is copied.
 */
#ifndef HT_EVENT_SHAPE_H
#define HT_EVENT_SHAPE_H

#include "event/event.h"

enum {
    HT_SHAPE_LARGEST    = 512, /* bytes of an object that has a plan */
    HT_SHAPE_MAX_OWN    = 64,  /* the first rows of a table; those after them count to the shape */
    HT_SHAPE_PART_WORDS = 12   /* of an object that a row points at and that is kept by its words */
};

struct ht_shape_plan;

/* A row whose member points at what counts to the shape. */
struct ht_shape_row {
    const struct ht_field *field;
    const struct ht_shape_plan *of; /* of an object, all of which counts; NULL: none is compared */
};

/* Eight bytes of an object, of which some count as they are. */
struct ht_shape_word {
    size_t offset;
    uint64_t mask;
};

/* ht_shape_word_of is what counts of them. */
static inline uint64_t ht_shape_word_of(const void *object, const struct ht_shape_word *at)
{
    uint64_t word;
    memcpy(&word, (const char *)object + at->offset, sizeof word);
    return word & at->mask;
}

/* An object that a row points at: which bits of its words have a row, those that point at nothing
 * and those that say whether another one points at something. */
struct ht_shape_part {
    size_t num_words;
    uint64_t flat[HT_SHAPE_PART_WORDS], points[HT_SHAPE_PART_WORDS];
};

/* A row that does not count. */
struct ht_shape_own {
    const struct ht_field *field;
    struct ht_shape_word present;     /* zero where the member is absent */
    const struct ht_shape_part *part; /* NULL: it points at no object, or at a large one */
    uint8_t number;
    bool flat; /* it points at nothing */
    bool view; /* it is a struct ht_bytes */
};

/* ht_shape_is_view: the field's member is a struct ht_bytes. */
static inline bool ht_shape_is_view(const struct ht_field *field)
{
    return field->kind == HT_TEXT || field->kind == HT_HEX || field->kind == HT_LIST_NAMED;
}

/* Which members of a type count to the shape. */
struct ht_shape_plan {
    const struct ht_struct *type;
    struct ht_shape_plan *next;
    const struct ht_field *digests; /* a list of them that counts; NULL: it has none */
    bool flat; /* no member points at anything: an object is copied by its words, `& members` */
    uint64_t members[HT_SHAPE_LARGEST / sizeof(uint64_t)]; /* the bits that have a row */
    /* Of a copy of the shape, also the addresses of what it points at: the longest piece of which
     * all counts, and the words beside it. */
    size_t piece, piece_len;
    size_t num_beside, num_words, num_own, num_rows;
    struct ht_shape_word beside[HT_SHAPE_LARGEST / sizeof(uint64_t)];
    struct ht_shape_word words[HT_SHAPE_LARGEST / sizeof(uint64_t)];
    struct ht_shape_own own[HT_SHAPE_MAX_OWN];
    struct ht_shape_row rows[];
};

/* ht_shape_counts: the member of this row of the type's table counts to the shape. */
bool ht_shape_counts(const struct ht_struct *type, size_t row);

/* ht_shape_plan is the plan of a type, made when it is met the first time; it lives as long as the
 * pool. NULL: the type is too large for one or not of whole words, or there is no memory. */
const struct ht_shape_plan *ht_shape_plan(struct ht_pool *pool, const struct ht_struct *type);

/* ht_shape_keep returns the shape of `object`: one of the type whose own members are zero, with a
 * number where the type has one; NULL where there is no room. The keeper has a pool, to which it
 * belongs if that has room. `*again`: it does, for another object has it too. */
const void *ht_shape_keep(const struct ht_keeper *keeper, const struct ht_shape_plan *plan,
                          const void *object, bool *again);

#endif
