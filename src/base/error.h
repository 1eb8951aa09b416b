/*
 * What went wrong, in words for the operator. Built where it is known, printed once, in cli/.
 */
#ifndef HT_BASE_ERROR_H
#define HT_BASE_ERROR_H

#include <stdbool.h>

struct ht_error {
    char text[512];
    bool unknown_format; /* what was to be read is nothing that is read here */
};

#define HT_MUST_USE __attribute__((warn_unused_result))

/* ht_fail writes the message (cut where too long) and returns false, so that a function can
 * end with `return ht_fail(error, …)`. `error` may be NULL. */
bool ht_fail(struct ht_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
