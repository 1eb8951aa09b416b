/*
 * All templates, and which of them a category chooses from.
 */
#ifndef HT_BENCH_LIBRARY_H
#define HT_BENCH_LIBRARY_H

#include "random.h"
#include "scenario.h"

struct choice {
    struct template *template;
    unsigned weight;
    unsigned first_chain, num_chains;
};

struct library {
    struct template *templates; /* owns them */
    unsigned num_templates;
    struct choice choices[NUM_SETS][MAX_TEMPLATES];
    unsigned num_choices[NUM_SETS];
    int64_t time_ns; /* when the last sample was made */
};

void library_open(struct library *library, const char *samples);
void library_close(struct library *library);

/* library_choose chooses by weight. */
const struct choice *library_choose(const struct library *library, enum set set,
                                    struct random *random);

#endif
