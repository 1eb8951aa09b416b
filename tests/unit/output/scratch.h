/*
 * A directory of a test's own, and what is to be done and looked at in it.
 */
#ifndef HT_TEST_OUTPUT_SCRATCH_H
#define HT_TEST_OUTPUT_SCRATCH_H

#include "output/output.h"
#include "support.h"

#include <sys/resource.h>

/* cmocka's setup and teardown. The directory is the current one while the test runs, and is
 * removed with its files; memory that is handed out below lives until then. A test that hangs is
 * ended after two minutes. */
int scratch_make(void **state);
int scratch_remove(void **state);
#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

/* scratch_read is all that a file holds. */
struct ht_bytes scratch_read(const char *name);

/* scratch_write makes a file of this text. */
void scratch_write(const char *name, const char *text);

/* scratch_exists: there is a file of this name. */
bool scratch_exists(const char *name);

/* scratch_files counts the files. */
size_t scratch_files(void);

/* scratch_join is the content of all files one after another, in the order of what they hold,
 * which for numbered lines is the order in which they were written. No file may be longer than
 * `max_len`, and each consists of records that end with "}\n". */
struct ht_bytes scratch_join(size_t max_len);

enum { LINE_LEN = 64 };

/* scratch_lines makes lines of LINE_LEN bytes, {"n":0000000001,…}, with the numbers from `first`.
 */
struct ht_bytes scratch_lines(unsigned first, unsigned num);

/* scratch_number is the number of the line that stands first in `lines`; fails where no whole line
 * of ours does. */
unsigned scratch_number(struct ht_bytes lines);

/* put writes numbered lines, all together. */
void put(struct ht_output *out, unsigned first, unsigned num);

void assert_lines(struct ht_bytes got, unsigned first, unsigned num);

/* limit_files lets no file of the process grow larger, until 0 takes that back. Beyond the limit
 * the system writes a part, then says EFBIG: like a disk that is full. */
void limit_files(rlim_t bytes);

/* What was complained of. */
struct told {
    unsigned num;
    char last[512];
};
void scratch_tell(void *told, const char *text);

#endif
