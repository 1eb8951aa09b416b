/*
 * What a capture of the benchmark holds.
 */
#ifndef HT_BENCH_SCENARIO_H
#define HT_BENCH_SCENARIO_H

#include "truth.h"

enum { MAX_TEMPLATES = 16, MAX_CATEGORIES = 3 };

/* Templates to choose from. */
enum set { SET_PAGES, SET_SINGLE, SET_NAMES, SET_MEDIA, NUM_SETS };

/* Conversations of one sort. */
struct category {
    enum set set;
    uint32_t count;                /* connections (of SET_NAMES and SET_MEDIA: conversations) */
    uint32_t small_max;            /* bytes of a body; 0: none */
    uint32_t large_min, large_max; /* of one body in five */
};

struct scenario {
    const char *name;
    struct category categories[MAX_CATEGORIES];
    int64_t arrival_ns; /* between conversations */
    bool only_hellos;   /* they stay open after the server's first flight */
    bool is_impaired;
    uint32_t flood; /* SYNs, while the conversations, their hellos over, wait */
    int64_t flood_at_ns, flood_len_ns;
};

/* scenario_find finds a scenario by name; NULL where there is none. */
const struct scenario *scenario_find(const char *name);

/* scenario_write writes the capture and counts what is in it. The samples are read from the folder
 * `samples`; counts are multiplied by `scale`. */
void scenario_write(const struct scenario *scenario, const char *samples, double scale,
                    uint64_t seed, struct capture *capture, struct truth *truth);

#endif
