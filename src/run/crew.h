/*
 * A run's engines: one, in the caller's thread, or several with threads (run/hands.h), between
 * which the flows are divided by a symmetric hash of addresses and ports. Whatever their number,
 * the same records come out in the same order: that of the capture.
 */
#ifndef HT_RUN_CREW_H
#define HT_RUN_CREW_H

#include "run/hands.h"

struct ht_crew_config {
    struct ht_engine_config engine; /* but for record, lesson, ended and context */
    const struct ht_sink_ops *format;
    struct ht_sink_config sink;
    unsigned workers; /* 1: no threads */

    /* Where records go, in the caller's thread: rendered, or as they are where there are no
     * threads. What is rendered stays where it is until `keep` is called, which may be NULL if
     * `lines` copies all. False ends the run. */
    bool (*lines)(void *context, const struct ht_record_type *type, struct ht_bytes lines);
    bool (*keep)(void *context);
    bool (*record)(void *context, const struct ht_record_type *type, const void *record);
    void *context;
};

struct ht_crew;

/* ht_crew_new makes the engines; NULL with a message. */
struct ht_crew *ht_crew_new(const struct ht_crew_config *config, struct ht_error *error);

/* ht_crew_start starts the threads, if there are any; to be called when nothing more is given up
 * that a thread would keep (capabilities, a sandbox). */
bool ht_crew_start(struct ht_crew *crew, struct ht_error *error);

/* As the functions of one engine; false where the output failed. */
void ht_crew_source(struct ht_crew *crew, const struct ht_source *source);
bool ht_crew_frame(struct ht_crew *crew, const struct ht_frame *frame);
bool ht_crew_tick(struct ht_crew *crew, int64_t now_ns);
bool ht_crew_flush(struct ht_crew *crew);

/* ht_crew_stats adds what the engines counted to `out`, as far as their records came out. */
void ht_crew_stats(struct ht_crew *crew, struct ht_stats *out);

/* ht_crew_visit shows `visit` the state of `analyzer` in each engine; only after ht_crew_flush,
 * when no thread works on it. */
void ht_crew_visit(struct ht_crew *crew, const struct ht_analyzer *analyzer,
                   void (*visit)(void *context, void *state), void *context);

void ht_crew_free(struct ht_crew *crew);

#endif
