/* Where something is in a JSON text, for messages. Not for use outside this folder. */
#ifndef HT_POLICY_PLACE_H
#define HT_POLICY_PLACE_H

#include <stddef.h>

/* A member or an element, of what is at the place that it is `in`; NULL: the whole text. */
struct place {
    const struct place *in;
    const char *key; /* of a member; NULL: an element, or the whole text */
    size_t index;    /* among the members or elements, from 0 */
};

enum { PLACE_PATH_MAX = 200 };

/* place_print writes `place` as a path, `rules."tls10-negotiated".verdict` or `allowed[3]`, cut
 * where too long; "" for the whole text. */
void place_print(char out[PLACE_PATH_MAX], const struct place *place);

/* place_find is where a place begins in `text`, which a JSON parser took without a complaint: at
 * the key of a member, at the value of an element. It must be there. */
const char *place_find(const char *text, const struct place *place);

/* place_count is the number of members or elements of the object or array at `place`. */
size_t place_count(const char *text, const struct place *place);

/* place_find_apostrophe is the first one outside of strings: a string in single quotes, which JSON
 * has not but json-c takes; NULL: there is none. */
const char *place_find_apostrophe(const char *text);

/* place_line is the line that `at` is in, from 1. */
unsigned place_line(const char *text, const char *at);

#endif
