/*
 * The machine's clocks. Packets have a time of their own (base/time.h); these are for waiting, for
 * telling how long a run took and when files are rotated.
 */
#ifndef HT_BASE_CLOCK_H
#define HT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* ht_clock_ns returns what `clock` shows, in ns; 0 where there is no such clock. */
int64_t ht_clock_ns(clockid_t clock);

#endif
