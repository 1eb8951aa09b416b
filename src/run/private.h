/*
 * What the files of src/run share: the engine's inside.
 */
#ifndef HT_RUN_PRIVATE_H
#define HT_RUN_PRIVATE_H

#include "flow/table.h"
#include "run/engine.h"

enum {
    MAX_HAPPENINGS  = 2048,    /* of a flow: a timeline longer than this tells nothing more */
    MAX_ABSENCES    = 64,      /* told beside them */
    MAX_STORY_BYTES = 4 << 20, /* of a flow's arena: hostile hellos are large when copied */
    MAX_CLOSED      = 16384, /* flows of a file that wait for stragglers, or for the direction that
                              * was stored late */
    MAX_UDP = 16384          /* conversations over UDP */
};

struct ht_engine {
    struct ht_emitter emitter; /* first: its address is the engine's */
    struct ht_engine_config config;
    struct ht_flow_table table;
    struct ht_budget budget;
    struct ht_arena scratch; /* for one call into a dissector */
    struct ht_arena story;   /* for one record */
    struct ht_labeler *labeler;
    void *analyzer_states[HT_MAX_DISSECTORS];
    struct ht_stats stats;
    struct ht_flow *flow; /* at hand */
    const char *source;
    int64_t now_ns;
    char id[24]; /* of the flow at hand; "" until it is asked for */
    bool failed; /* the output */
};

/* emitter.c: what dissectors ask of the engine. */
extern const struct ht_emitter_ops ht_engine_emitter_ops;

/* ht_engine_enter makes `flow` the one at hand. */
void ht_engine_enter(struct ht_engine *engine, struct ht_flow *flow, uint64_t frame,
                     int64_t time_ns);

/* ht_engine_connection_id is the id of the flow at hand, until another is entered. */
struct ht_bytes ht_engine_connection_id(struct ht_engine *engine);

/* ht_engine_record hands a record to analyzers and to the output. */
void ht_engine_record(struct ht_engine *engine, const struct ht_record_type *type, void *record);

/* ht_engine_happened adds to the timeline of the flow at hand, up to `max` entries; NULL where
 * there is no room. */
struct ht_happening *ht_engine_happened(struct ht_engine *engine, const struct ht_event_type *type,
                                        unsigned side, unsigned flags, uint32_t max);

/* ht_engine_analysis is what analyzers get while the flow at hand is looked at. */
struct ht_analysis ht_engine_analysis(struct ht_engine *engine, struct ht_arena *arena,
                                      bool from_client);

/* story.c: ends the flow at hand, tells its story and removes it. */
void ht_engine_tell(struct ht_engine *engine, struct ht_flow *flow);

#endif
