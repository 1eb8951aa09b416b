/* A JSON file, read whole. Not for use outside this folder. */
#ifndef HT_POLICY_JSON_TEXT_H
#define HT_POLICY_JSON_TEXT_H

#include "base/error.h"

#include <stddef.h>

struct json_object;

struct json_text {
    char *text; /* ended by a zero; for messages that name a line */
    struct json_object *root;
};

/* json_text_open reads the file `path`, of less than `max` bytes. False with a message that names
 * the file, and the line where it is not JSON. */
bool json_text_open(struct json_text *out, const char *path, size_t max, struct ht_error *error);

/* json_text_copy is the same of a text that is there already, called `name` in messages. */
bool json_text_copy(struct json_text *out, const char *name, const char *text,
                    struct ht_error *error);

void json_text_close(struct json_text *json);

#endif
