/*
 * What most tests need: cmocka with what it wants included before, bytes from hexadecimal, and the
 * property that no prefix of a valid message may pass.
 */
#ifndef HT_TEST_SUPPORT_H
#define HT_TEST_SUPPORT_H

/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

/* hex decodes hexadecimal digits, other characters between them ignored. The bytes live until the
 * program ends. */
struct ht_bytes hex(const char *digits);

/* file_bytes reads a file below the source tree; fails the test where it cannot. The bytes live
 * until the program ends. */
struct ht_bytes file_bytes(const char *path);

/* every_prefix calls `parse` on each proper prefix of `message`, in memory of exactly that size,
 * and fails the test if one of them passes; then on the whole, which must pass. */
void every_prefix(struct ht_bytes message, bool (*parse)(struct ht_bytes message, void *arg),
                  void *arg);

#define assert_text(bytes, expected)                                                               \
    do {                                                                                           \
        struct ht_bytes assert_text_got_ = (bytes);                                                \
        assert_int_equal(assert_text_got_.len, strlen(expected));                                  \
        assert_memory_equal(assert_text_got_.ptr, expected, strlen(expected));                     \
    } while (0)

#endif
