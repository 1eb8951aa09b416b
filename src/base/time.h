/*
 * Packet time: signed nanoseconds since 1970-01-01T00:00:00Z. The machine's clocks are
 * base/clock.h's.
 */
#ifndef HT_BASE_TIME_H
#define HT_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HT_SECOND_NS INT64_C(1000000000)

enum { HT_TIME_TEXT_MAX = 40 };

/* ht_time_print writes RFC 3339 in UTC with `decimals` (0 to 9) of a second, as
 * "2023-03-06T04:01:06.770821000Z", and returns `out`. Independent of time zone and locale. */
const char *ht_time_print(char out[HT_TIME_TEXT_MAX], int64_t time_ns, unsigned decimals);

/* ht_time_read reads a date, or date and time, of UTC: "2026-03-15", "2026-03-15T12:00:00Z", and
 * with up to nine decimals, as ht_time_print writes; of the years 1970 to 2199. False where `text`
 * is none. */
bool ht_time_read(const char *text, int64_t *out_ns);

#endif
