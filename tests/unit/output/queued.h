/*
 * Output behind a queue, as its tests use it. Nothing in them waits for a time, but for what is to
 * happen; what never happens ends the program by scratch's alarm.
 */
#ifndef HT_TEST_OUTPUT_QUEUED_H
#define HT_TEST_OUTPUT_QUEUED_H

#include "scratch.h"

#define MS INT64_C(1000000)
#define HOUR (3600 * 1000 * MS)

/* What the output that was opened last complained of. */
extern struct told told;

/* open_queued opens "out.jsonl" with a queue of 64 KiB; it tries again after an hour, and waits for
 * as long: but for what `config` says. */
struct ht_output *open_queued(struct ht_output_config config);

/* start_queued also starts the thread. */
struct ht_output *start_queued(struct ht_output_config config);

/* count_lines fails where not all are whole lines, of rising numbers; how many. */
uint64_t count_lines(struct ht_bytes got);

void wait_for_error(struct ht_output *out, uint64_t more_than);
void wait_for_word(struct ht_output *out, const char *word);

#endif
