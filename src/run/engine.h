/*
 * The engine: frames in, records out. A value: two of them share nothing.
 */
#ifndef HT_RUN_ENGINE_H
#define HT_RUN_ENGINE_H

#include "analysis/analyzer.h"
#include "dissect/dissector.h"
#include "run/stats.h"

struct ht_engine_config {
    const struct ht_dissector *const *dissectors; /* NULL-terminated */
    const struct ht_analyzer *const *analyzers;   /* NULL-terminated */

    /* Where records go; false ends the run (the output failed). */
    bool (*record)(void *context, const struct ht_record_type *type, const void *record);
    void *context;

    bool events; /* an event record for each thing as it happens */
    bool label;  /* application labels by libndpi */
    bool live;   /* flows end by time; else by number, and at the end of the source */
    uint64_t hash_seed;
    size_t max_flows; /* 0: 1,000,000 */
    size_t max_bytes; /* that flows hold together; 0: 2 GiB */
};

struct ht_engine;

/* ht_engine_new makes an engine; the config's arrays must outlive it. */
struct ht_engine *ht_engine_new(const struct ht_engine_config *config, struct ht_error *error);

/* ht_engine_source begins a source: `name` goes into the records and must live until the next. */
void ht_engine_source(struct ht_engine *engine, const char *name);

/* ht_engine_frame takes the next frame of the source. False: the output failed. */
bool ht_engine_frame(struct ht_engine *engine, const struct ht_frame *frame);

/* ht_engine_tick lets flows end by time where no frames come (live). */
bool ht_engine_tick(struct ht_engine *engine, int64_t now_ns);

/* ht_engine_flush ends all flows, as at the end of a source. */
bool ht_engine_flush(struct ht_engine *engine);

/* ht_engine_stats is the engine's counters, which the caller may add to and record. */
struct ht_stats *ht_engine_stats(struct ht_engine *engine);

void ht_engine_free(struct ht_engine *engine);

#endif
