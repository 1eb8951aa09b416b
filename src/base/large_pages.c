#include "base/large_pages.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    LARGE_PAGE  = 2 << 20,
    COLLAPSE    = 25,       /* MADV_COLLAPSE (Linux 6.1), which not every C library names yet */
    STEP        = 32 << 20, /* of what the heap grew by, before it is asked for */
    LARGEST     = 8 << 20,  /* of a block from the heap; larger ones have a mapping of their own */
    THREAD_HEAP = 64 << 20, /* of which a thread gets another when one is full; it lies at a
                             * multiple of that (HEAP_MAX_SIZE in glibc) */
    PROBE     = 16 << 10,   /* of a block so large that it comes from where the heap grows */
    FIRST_PAD = 16 << 10    /* by which a small heap grows more than it must: little, for it is
                             * cleared where a large block begins in it */
};

/* What is not used of it takes no memory. */
void ht_heap_for_threads(void)
{
    (void)mallopt(M_TOP_PAD, THREAD_HEAP);
    (void)mallopt(M_MMAP_THRESHOLD, LARGEST);
}

/* Tables that are made at the beginning are used all the time: they, too, are to lie in large
 * pages. Setting one of these fixes the others, which grew as needed before. */
static void begin(struct ht_large_pages *pages)
{
    (void)mallopt(M_TOP_PAD, FIRST_PAD);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * STEP);
    (void)mallopt(M_MMAP_THRESHOLD, LARGEST);
    pages->asked = sbrk(0);
}

void ht_large_pages_ask(struct ht_large_pages *pages)
{
    if (pages->asked == NULL) {
        begin(pages);
    }
    char *end = sbrk(0);
    if (end < pages->asked) {
        pages->asked = end;
    }
    if (end - pages->asked < STEP) {
        return;
    }
    bool first = pages->bytes == 0;
    if (first) { /* from now on large steps, so that pages are asked for before they are used */
        (void)mallopt(M_TOP_PAD, THREAD_HEAP);
    }
    char *from = pages->asked + (LARGE_PAGE - (uintptr_t)pages->asked % LARGE_PAGE) % LARGE_PAGE;
    char *to   = end - (uintptr_t)end % LARGE_PAGE;
    if (madvise(from, (size_t)(to - from), MADV_HUGEPAGE) == 0) {
        pages->bytes += (size_t)(to - from);
        if (first) { /* what lies there from the beginning is used most; an older kernel refuses */
            (void)madvise(from, (size_t)(to - from), COLLAPSE);
        }
    }
    pages->asked = to;
}

void ht_large_pages_ask_own(struct ht_large_pages *pages)
{
    char *probe = malloc(PROBE);
    char *heap  = probe - (uintptr_t)probe % THREAD_HEAP;
    free(probe);
    if (probe != NULL && heap != pages->asked && madvise(heap, THREAD_HEAP, MADV_HUGEPAGE) == 0) {
        pages->asked = heap;
        pages->bytes += THREAD_HEAP;
    }
}

void ht_heap_give_back(void)
{
    (void)malloc_trim(0);
}

#else

void ht_large_pages_ask_own(struct ht_large_pages *pages)
{
    (void)pages;
}

void ht_large_pages_ask(struct ht_large_pages *pages)
{
    (void)pages;
}

void ht_heap_for_threads(void)
{
}

void ht_heap_give_back(void)
{
}

#endif
