/*
 * Children under the sandbox, each of which does one thing.
 */
#ifndef HT_TEST_UNDER_H
#define HT_TEST_UNDER_H

#include "sandbox/private.h"
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_ENTERED = 200, CREATE_RULESET = 444 };

static inline bool has_landlock(void)
{
    return syscall(CREATE_RULESET, NULL, 0, 1) > 0;
}

static inline void only_with_landlock(void)
{
    if (!has_landlock()) {
        print_message("skipped: this kernel has no Landlock\n");
        skip();
    }
}

static inline void not_with_leak_search(void)
{
    if (HT_FINDS_LEAKS) {
        print_message("skipped: allowed under AddressSanitizer, which needs it at exit\n");
        skip();
    }
}

/* run_under returns the wait status of a child that entered the sandbox, then did `action`, whose
 * result, 0 or an errno, is its exit status. */
static inline int run_under(const struct ht_sandbox_config *config, int (*action)(void))
{
    int status      = 0;
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct ht_error error;
        if (!ht_sandbox_enter(config, NULL, &error)) {
            (void)fprintf(stderr, "not entered: %s\n", error.text);
            _exit(NOT_ENTERED);
        }
        _exit(action());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static inline void assert_result(int status, int expected)
{
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
}

static inline void assert_killed(int status)
{
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static inline int result(long value)
{
    return value >= 0 ? 0 : errno;
}

#endif
