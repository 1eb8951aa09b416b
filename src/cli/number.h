/*
 * Numbers, sizes and durations as people write them.
 */
#ifndef HT_CLI_NUMBER_H
#define HT_CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* cli_read_number reads decimal digits, from 1 to `max`. */
bool cli_read_number(const char *text, uint64_t max, uint64_t *out);

/* cli_read_size reads a number of bytes, or with k, M or G (of either case) of 1024, 1024², 1024³
 * of them; from 1 to `max`. */
bool cli_read_size(const char *text, uint64_t max, uint64_t *out_bytes);

/* cli_read_duration reads a number of seconds, or with s, m, h or d of seconds, minutes, hours or
 * days; up to 100 years. */
bool cli_read_duration(const char *text, int64_t *out_ns);

#endif
