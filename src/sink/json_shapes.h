/*
 * What follows from an object's shape (event/shape.h), most of a hello's JSON, is rendered once a
 * shape. It stands in several parts, between members that are the object's own; they are kept side
 * by side, and found by the shape's number, which says all that there is to compare.
 *
 * Bounded: HT_JSON_SHAPES shapes, of none more than HT_JSON_SHAPE_MAX characters. One is kept when
 * its number comes the second time in a row of its place, so that what never repeats (a browser
 * that shuffles its extensions) costs no copy and drives nothing out.
 */
#ifndef HT_SINK_JSON_SHAPES_H
#define HT_SINK_JSON_SHAPES_H

#include "base/bytes.h"

enum {
    HT_JSON_SHAPES      = 1024, /* a power of two */
    HT_JSON_SHAPE_PARTS = 8,
    HT_JSON_SHAPE_MAX   = 16384
};

struct ht_json_shape {
    uint64_t number; /* whose parts are kept; 0: nobody's */
    uint64_t missed; /* that was looked for last in vain */
    uint8_t *text;   /* owned: the parts, one behind the other */
    struct {
        uint16_t begin, len;
    } parts[HT_JSON_SHAPE_PARTS];
    uint8_t num_parts;
};

/* Owns what was rendered. Zeroed is empty. */
struct ht_json_shapes {
    struct ht_json_shape places[HT_JSON_SHAPES];
};

static inline struct ht_json_shape *ht_json_shape(struct ht_json_shapes *shapes, uint64_t number)
{
    return &shapes->places[number % HT_JSON_SHAPES];
}

/* ht_json_shapes_find is what the parts of this shape from `first` to `last` were rendered to,
 * which may be nothing; a view of NULL: they are not all kept. The view holds until the next
 * ht_json_shapes_offer. */
static inline struct ht_bytes ht_json_shapes_find(struct ht_json_shapes *shapes, uint64_t number,
                                                  unsigned first, unsigned last)
{
    const struct ht_json_shape *shape = ht_json_shape(shapes, number);
    if (shape->number != number || last >= shape->num_parts) {
        return ht_bytes(NULL, 0);
    }
    size_t begin = shape->parts[first].begin;
    size_t end   = (size_t)shape->parts[last].begin + shape->parts[last].len;
    return ht_bytes(shape->text + begin, end - begin);
}

/* ht_json_shapes_offer tells of a part that was not found, and of its rendering. Parts of an object
 * come in their order, the first one is 0. */
void ht_json_shapes_offer(struct ht_json_shapes *shapes, uint64_t number, unsigned part,
                          struct ht_bytes rendered);

/* ht_json_shapes_forget forgets all that was kept. */
void ht_json_shapes_forget(struct ht_json_shapes *shapes);

#endif
