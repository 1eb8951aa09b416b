/* Large pages: what /proc/self/smaps says of the heap (proc(5), VmFlags: "hg"). */
#include "base/large_pages.h"

#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool heap_has_flag(const char *flag)
{
    char line[512];
    bool heap  = false;
    bool found = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        heap = strstr(line, "[heap]") != NULL || (heap && strstr(line, "-p ") == NULL);
        found |= heap && strncmp(line, "VmFlags:", 8) == 0 && strstr(line, flag) != NULL;
    }
    if (maps != NULL) {
        (void)fclose(maps);
    }
    return found;
}

static void test_a_small_heap_asks_for_nothing(void **state)
{
    (void)state;
    struct ht_large_pages pages = {0};
    ht_large_pages_ask(&pages);
    void *some = malloc(1000);
    ht_large_pages_ask(&pages);
    assert_int_equal(pages.bytes, 0);
    free(some);
}

static void test_a_large_heap_asks(void **state)
{
    (void)state;
    struct ht_large_pages pages = {0};
    char *before                = sbrk(0);
    ht_large_pages_ask(&pages);
    /* As malloc would, which a sanitizer may have replaced. */
    char *more = sbrk(100 << 20);
    if (more == (void *)-1) {
        skip();
    }
    ht_large_pages_ask(&pages);
    size_t asked = pages.bytes;
    assert_true(asked <= 100 << 20);
    assert_true(asked == 0 || asked >= 96 << 20);
    assert_int_equal(asked > 0, heap_has_flag(" hg"));
    ht_large_pages_ask(&pages);
    assert_int_equal(pages.bytes, asked);
    (void)sbrk(before - (char *)sbrk(0));
    ht_large_pages_ask(&pages);
    assert_int_equal(pages.bytes, asked);
}

static bool mapping_has_flag(const char *at, const char *flag)
{
    char line[512];
    void *from = NULL;
    void *to   = NULL;
    bool found = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        (void)sscanf(line, "%p-%p ", &from, &to);
        bool inside = at >= (char *)from && at < (char *)to;
        found |= inside && strncmp(line, "VmFlags:", 8) == 0 && strstr(line, flag) != NULL;
    }
    if (maps != NULL) {
        (void)fclose(maps);
    }
    return found;
}

struct probe {
    size_t first, second; /* bytes asked for, by each call */
    bool flagged;
};

static void *ask_in_thread(void *context)
{
    struct probe *probe         = context;
    struct ht_large_pages pages = {0};
    ht_large_pages_ask_own(&pages);
    char *block    = malloc(100000);
    probe->first   = pages.bytes;
    probe->flagged = mapping_has_flag(block, " hg");
    ht_large_pages_ask_own(&pages); /* it is the same heap */
    probe->second = pages.bytes - probe->first;
    free(block);
    return NULL;
}

static void test_a_threads_heap_asks(void **state)
{
    (void)state;
    struct probe probe = {0};
    pthread_t thread;
#if !defined(__GLIBC__) || defined(HT_SANITIZED)
    skip(); /* a sanitizer replaces malloc, and so the heaps */
#endif
    ht_heap_for_threads();
    assert_int_equal(pthread_create(&thread, NULL, ask_in_thread, &probe), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    bool large_pages = access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0;
    assert_int_equal(probe.first > 0, large_pages);
    assert_int_equal(probe.flagged, large_pages);
    assert_int_equal(probe.second, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_heap_asks_for_nothing),
        cmocka_unit_test(test_a_large_heap_asks),
        cmocka_unit_test(test_a_threads_heap_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
