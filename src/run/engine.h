/*
 * The engine: frames in, records out. A value: two of them share nothing.
 */
#ifndef HT_RUN_ENGINE_H
#define HT_RUN_ENGINE_H

#include "analysis/analyzer.h"
#include "capture/source.h"
#include "dissect/dissector.h"
#include "event/condition.h"
#include "run/stats.h"

/* Where in the output a record belongs, and when a lesson is learnt: the order of the capture,
 * whichever engine follows a flow. */
struct ht_order {
    uint64_t at;   /* by frame number; what ends before a frame comes before what it brings */
    uint64_t then; /* among those of one `at` */
};

static inline bool ht_order_before(struct ht_order a, struct ht_order b)
{
    return a.at != b.at ? a.at < b.at : a.then < b.then;
}

struct ht_flow;
struct ht_key_log;
struct ht_label_tables;

enum { HT_DEFAULT_MAX_FLOWS = 2000000, HT_DEFAULT_SLEEP_FRAMES = 1 << 14 };
#define HT_DEFAULT_MAX_BYTES (UINT64_C(2) << 30)

struct ht_engine_config {
    const struct ht_dissector *const *dissectors; /* NULL-terminated */
    const struct ht_analyzer *const *analyzers;   /* NULL-terminated */
    const struct ht_analysis_settings *analysis;  /* NULL: nothing beyond the story is asked for */

    /* Where records go; false ends the run (the output failed). */
    bool (*record)(void *context, const struct ht_record_type *type, const void *record);
    void *context;

    /* Only records of which all of these hold go there. */
    const struct ht_condition *conditions;
    size_t num_conditions;

    /* Of several engines that share a run. NULL: what flows teach is learnt at once, and what ends
     * is told at once. Else it is kept for ht_engine_learn and ht_engine_tell_ended. */
    void (*lesson)(void *context, size_t analyzer, struct ht_bytes lesson);
    void (*ended)(void *context, struct ht_flow *flow);

    const struct ht_key_log *key_log; /* keys of sessions; shared, read only; NULL: none */

    /* For application labels by libndpi; shared, outlives the engine; NULL: none. */
    struct ht_label_tables *label_tables;

    bool verify; /* check the signatures of handshakes */
    bool audit;  /* keep what rules ask for */
    bool events; /* an event record for each thing as it happens */
    bool live;   /* flows end by time; else by number, and at the end of the source */
    uint64_t hash_seed;
    uint64_t sleep_frames; /* an open connection that is silent for about so many sleeps
                            * (flow/flow.h); 0: HT_DEFAULT_SLEEP_FRAMES. No output depends on it */
    size_t max_flows;      /* 0: HT_DEFAULT_MAX_FLOWS */
    size_t max_bytes;      /* that flows hold together; 0: HT_DEFAULT_MAX_BYTES */
};

struct ht_engine;

/* ht_engine_new makes an engine; the config's arrays must outlive it. */
struct ht_engine *ht_engine_new(const struct ht_engine_config *config, struct ht_error *error);

/* ht_engine_source begins a source; it must live until the next. Its name goes into the records, or
 * the name of the interface if it has several. */
void ht_engine_source(struct ht_engine *engine, const struct ht_source *source);

/* ht_engine_secrets takes a decryption secrets block of the source (ht_source_secrets), before the
 * frames that come after it; keys of other kinds than TLS's are of no use. */
void ht_engine_secrets(struct ht_engine *engine, uint32_t type, struct ht_bytes secrets);

/* ht_engine_frame takes the next frame of the source. False: the output failed. */
bool ht_engine_frame(struct ht_engine *engine, const struct ht_frame *frame);

/* ht_engine_tick lets flows end by time where no frames come (live); of a file whose frames come as
 * they are captured, those for which it is time by then. */
bool ht_engine_tick(struct ht_engine *engine, int64_t now_ns);

/* ht_engine_until ends the flows whose time is over when frame `number`, of another engine, comes.
 */
bool ht_engine_until(struct ht_engine *engine, uint64_t number);

/* ht_engine_order is where the record or lesson at hand belongs. */
struct ht_order ht_engine_order(const struct ht_engine *engine);

/* ht_engine_learn takes what flows of this or another engine taught, in order. */
void ht_engine_learn(struct ht_engine *engine, size_t analyzer, struct ht_bytes lesson);

/* ht_engine_tell_ended records a flow that ended, and frees it. */
bool ht_engine_tell_ended(struct ht_engine *engine, struct ht_flow *flow);

/* ht_engine_fetch_ended has what is needed next fetched into the cache: the rest of `flow`, which
 * is told now, what hangs in `next`, and `after` (NULL: none). */
void ht_engine_fetch_ended(const struct ht_flow *flow, const struct ht_flow *next,
                           const struct ht_flow *after);

/* ht_engine_flush ends all flows, as at the end of a source. ht_engine_flush_until ends those that
 * began before frame `number`; after it nothing but these two may end any, nor bring new ones,
 * until ht_engine_flush has. */
bool ht_engine_flush_until(struct ht_engine *engine, uint64_t number);
bool ht_engine_flush(struct ht_engine *engine);

/* TCP handshakes that do not complete: past HT_MAX_UNFINISHED_TOLD they are a flood. */
enum { HT_MAX_UNFINISHED_TOLD = 16384 };
enum ht_unfinished_kind {
    HT_UNFINISHED_SYN, /* of which nothing but the SYN came */
    HT_UNFINISHED      /* all; but only those are counted of which more came */
};

struct ht_unfinished {
    size_t len;
    uint64_t oldest; /* the place of the one that would be counted; UINT64_MAX: there is none */
};

/* ht_engine_unfinished is how many there are. ht_engine_count_unfinished counts the oldest, which
 * has no record then: ht_engine_flush does so with those that are too many, but knows of no other
 * engine's. */
struct ht_unfinished ht_engine_unfinished(struct ht_engine *engine, enum ht_unfinished_kind kind);
void ht_engine_count_unfinished(struct ht_engine *engine, enum ht_unfinished_kind kind);

/* ht_engine_visit shows `visit` the state of `analyzer`, if it is one of the engine's. */
void ht_engine_visit(struct ht_engine *engine, const struct ht_analyzer *analyzer,
                     void (*visit)(void *context, void *state), void *context);

/* ht_engine_stats is the engine's counters, which the caller may add to and record. */
struct ht_stats *ht_engine_stats(struct ht_engine *engine);

void ht_engine_free(struct ht_engine *engine);

#endif
