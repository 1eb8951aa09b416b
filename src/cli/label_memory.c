#include "cli/label_memory.h"

#include "flow/app_label.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    LARGE_PAGE = 2 << 20,
    REGION     = 2 * LARGE_PAGE, /* what the tables of one module take */
    ALIGNMENT  = 8               /* nothing of libndpi's needs more */
};

/* The process's, as the functions are that libndpi keeps: it calls them without a context. */
static uint8_t *region;     /* REGION bytes */
static atomic_size_t taken; /* of them; past the end when there was no room */

static void *take(size_t len)
{
    size_t rounded = (len + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded < REGION && atomic_load_explicit(&taken, memory_order_relaxed) < REGION) {
        size_t at = atomic_fetch_add_explicit(&taken, rounded, memory_order_relaxed);
        if (at <= REGION - rounded) {
            return region + at;
        }
    }
    return malloc(len);
}

/* What lies in the region stays there: the tables live as long as the process. */
static void give(void *piece)
{
    if ((uintptr_t)piece - (uintptr_t)region >= REGION) {
        free(piece);
    }
}

void cli_label_memory_start(void)
{
    uint8_t *pages = mmap(NULL, REGION + LARGE_PAGE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) {
        return;
    }
    region = pages + (LARGE_PAGE - (uintptr_t)pages % LARGE_PAGE) % LARGE_PAGE;
    (void)madvise(region, REGION, MADV_HUGEPAGE);
    ht_labeler_use_memory(take, give);
}
