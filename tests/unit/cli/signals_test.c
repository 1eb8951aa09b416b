/*
 * What signals leave behind.
 */
#include "support.h"

#include "base/shared.h"
#include "cli/signals.h"

#include <stdlib.h>
#include <unistd.h>

/* Of a file that was made shorter, and longer again, zeros were read, and somebody has to say so.
 */
static void zeros_are_read_where_a_file_ended(void **state)
{
    char path[] = "/tmp/hellotap-signals-XXXXXX";
    int fd      = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    assert_int_equal(ftruncate(fd, (off_t)(2 * page)), 0);
    assert_int_equal(pwrite(fd, "first", 5, 0), 5);
    assert_int_equal(pwrite(fd, "second", 6, (off_t)page), 6);
    cli_signals_catch(false, false);
    struct ht_shared *shared = ht_shared_map(fd, 0, 2 * page);
    if (shared == NULL) {
        (void)close(fd);
        return; /* a kernel that does not tell what can be read */
    }
    assert_int_equal(ftruncate(fd, (off_t)page), 0);
    assert_false(cli_signals_take_lost());
    assert_int_equal(((const volatile uint8_t *)shared->bytes)[page], 0);
    assert_int_equal(pwrite(fd, "second", 6, (off_t)page), 6);
    assert_memory_equal(shared->bytes, "first", 5);
    assert_int_equal(shared->bytes[page], 0);
    assert_true(cli_signals_take_lost());
    assert_false(cli_signals_take_lost());
    ht_shared_drop(shared);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(zeros_are_read_where_a_file_ended)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
