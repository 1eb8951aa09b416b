#include "base/clock.h"

#include "base/time.h"

int64_t ht_clock_ns(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * HT_SECOND_NS + now.tv_nsec;
}
