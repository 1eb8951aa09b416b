/*
 * Crews where the system has no memory for much at once. The linker has realloc go through here.
 */
#include "crews.h"

#include <stdlib.h>

enum { LARGE = 128 << 10 };

void *real_realloc(void *piece, size_t len) __asm__("__real_realloc");
void *scarce_realloc(void *piece, size_t len) __asm__("__wrap_realloc");

/* A new piece is never large, one that grows may become so. */
void *scarce_realloc(void *piece, size_t len)
{
    return piece == NULL && len > LARGE ? NULL : real_realloc(piece, len);
}

/* What would be enough for a whole harvest is not there, but what its records need is. */
static void no_record_is_lost(void **unused)
{
    static const char *const files[] = {HT_SOURCE_DIR "/samples/many.pcapng", NULL};
    struct written one, several;
    (void)unused;
    (void)run_files(&one, 1, (struct asked){0}, files);
    (void)run_files(&several, 3, (struct asked){0}, files);
    assert_true(one.records > 100);
    assert_int_equal(several.records, one.records);
    assert_int_equal(several.lines.len, one.lines.len);
    assert_memory_equal(several.lines.ptr, one.lines.ptr, one.lines.len);
    ht_chars_free(&one.lines);
    ht_chars_free(&several.lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_record_is_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
