/*
 * What was written, counted, for comparison with what a reader finds.
 */
#ifndef HT_BENCH_TRUTH_H
#define HT_BENCH_TRUTH_H

#include "template.h"

enum { MAX_CERTIFICATES = 4096 };

struct truth {
    uint64_t found[NUM_FACTS]; /* written whole */
    uint64_t certificates;     /* in the chains */
    uint64_t distinct_certificates;
    uint64_t reordered, repeated, lost_and_repeated, never_written;
    uint64_t flood;                  /* SYNs */
    uint64_t seen[MAX_CERTIFICATES]; /* hash table of certificates */
};

/* truth_add counts the facts of one copy of the template; `lost` are the steps not written, those
 * from `num_steps` on were not sent. */
void truth_add(struct truth *truth, const struct template *t, const struct steps *lost,
               unsigned num_steps, uint32_t chain);

/* truth_write writes it as JSON. */
void truth_write(const struct truth *truth, const struct capture *capture, const char *scenario,
                 double scale, uint64_t seed, const char *path);

#endif
