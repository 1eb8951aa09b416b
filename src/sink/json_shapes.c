#include "sink/json_shapes.h"

#include <stdlib.h>

_Static_assert(HT_JSON_SHAPE_MAX <= UINT16_MAX, "where a part begins");

/* The first part decides whether the shape is kept. */
static void begin(struct ht_json_shape *shape, uint64_t number)
{
    bool again    = shape->missed == number;
    shape->missed = number;
    if (again) {
        shape->number    = number;
        shape->num_parts = 0;
    }
}

/* Behind what is kept of the shape; false: there is no memory. */
static bool add(struct ht_json_shape *shape, size_t len, struct ht_bytes rendered)
{
    uint8_t *text = rendered.len > 0 ? realloc(shape->text, len + rendered.len) : shape->text;
    if (rendered.len > 0 && text != NULL) {
        memcpy(text + len, rendered.ptr, rendered.len);
        shape->text = text;
    }
    return rendered.len == 0 || text != NULL;
}

void ht_json_shapes_offer(struct ht_json_shapes *shapes, uint64_t number, unsigned part,
                          struct ht_bytes rendered)
{
    struct ht_json_shape *shape = ht_json_shape(shapes, number);
    if (part == 0) {
        begin(shape, number);
    }
    bool next = shape->number == number && shape->num_parts == part && part < HT_JSON_SHAPE_PARTS;
    size_t begin =
        next && part > 0 ? (size_t)shape->parts[part - 1].begin + shape->parts[part - 1].len : 0;
    if (next && begin + rendered.len <= HT_JSON_SHAPE_MAX && add(shape, begin, rendered)) {
        shape->parts[part].begin = (uint16_t)begin;
        shape->parts[part].len   = (uint16_t)rendered.len;
        shape->num_parts++;
    }
}

void ht_json_shapes_forget(struct ht_json_shapes *shapes)
{
    for (size_t i = 0; i < HT_JSON_SHAPES; i++) {
        free(shapes->places[i].text);
    }
    memset(shapes, 0, sizeof *shapes);
}
