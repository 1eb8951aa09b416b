/*
 * What the files of src/run share: the engine's inside.
 */
#ifndef HT_RUN_PRIVATE_H
#define HT_RUN_PRIVATE_H

#include "crypto/key_log.h"
#include "flow/openings.h"
#include "flow/table.h"
#include "packet/fragments.h"
#include "run/engine.h"

enum {
    MAX_HAPPENINGS  = 2048,    /* of a flow: a timeline longer than this tells nothing more */
    MAX_ABSENCES    = 64,      /* told beside them */
    MAX_STORY_BYTES = 4 << 20, /* of a flow's arena: hostile hellos are large when copied */
    NUM_WATCHES     = 128      /* nearly twice as many as there are types */
};

/* What follows from an event's type. */
struct ht_watch {
    const struct ht_event_type *type;
    const struct ht_entry_kind *kind; /* that the last of them had in a timeline; NULL: none had */
    uint64_t analyzers;               /* which look at it, a bit each */
};

/* Which analyzers have a function for what happens to flows and records, a bit each. */
struct ht_hooks {
    uint64_t connection_start, record, confirm, connection, judge;
};

/* The first of a set of analyzers that is not empty. */
static inline unsigned ht_first_hook(uint64_t set)
{
    return (unsigned)__builtin_ctzll(set);
}

/* A flow and by what it is sorted: copied, for a million flows do not fit into the cache. */
struct ht_flush_flow {
    uint64_t first; /* frame, and part of it */
    struct ht_flow *flow;
};

/* All flows at the end of a source, those before `at` told already. */
struct ht_flush {
    struct ht_flush_flow *flows; /* owned */
    size_t at, len;
    bool begun;
};

struct ht_engine {
    struct ht_emitter emitter; /* first: its address is the engine's */
    struct ht_engine_config config;
    const struct ht_dissector *dissectors[2][HT_MAX_DISSECTORS + 1]; /* of UDP, of TCP */
    struct ht_flow_table table;
    struct ht_openings openings;   /* SYNs without an answer, not in the table */
    struct ht_fragments fragments; /* of one of several engines, empty: its reader has them */
    struct ht_budget budget;
    struct ht_receiver receiver; /* of all connections' bytes */
    size_t leaving_bytes;        /* of them, those of flows that ended and are still to be told */
    struct ht_pool pool;         /* what flows have in common */
    struct ht_entry_kinds kinds; /* of the entries of their timelines */
    struct ht_arena scratch;     /* for one call into a dissector */
    struct ht_arena story; /* for one record, and what is said at the end of a flow that is told
                            * at once */
    size_t bytes_at_end;   /* of the flow at hand, whose end is seen; 0: another's, or none */
    struct ht_labeler *labeler;
    struct ht_digester *digester;
    struct ht_keyring keyring;
    struct ht_key_log *captured_keys; /* that came with the packets; NULL: none */
    void *analyzer_states[HT_MAX_DISSECTORS];
    struct ht_hooks hooks;
    struct ht_watch watches[NUM_WATCHES]; /* of types met, found by their address */
    /* What analyzers get, but for what is at hand: with an event, and with all else. */
    struct ht_analysis seeing, telling;
    unsigned seen_flags;      /* of the event at hand */
    struct ht_keeper keeping; /* what events of the flow at hand say */
    struct ht_stats stats;
    struct ht_flow *flow; /* at hand */
    const struct ht_source *source;
    uint32_t num_sources;  /* that began */
    struct ht_order order; /* of what is at hand */
    int64_t now_ns;
    uint64_t next_expiry; /* the number of the frame at which to look for flows that ended */
    struct ht_flush flush;
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

/* ht_engine_output hands a record to the output, and counts it, where the conditions hold. */
void ht_engine_output(struct ht_engine *engine, const struct ht_record_type *type,
                      const void *record);

/* ht_engine_record hands a record to analyzers and to the output. */
void ht_engine_record(struct ht_engine *engine, const struct ht_record_type *type, void *record);

/* ht_engine_source_name is where the flow was seen. */
struct ht_bytes ht_engine_source_name(const struct ht_engine *engine, const struct ht_flow *flow);

/* ht_engine_prepare fills in what analyzers get that is always the same. */
void ht_engine_prepare(struct ht_engine *engine);

/* ht_engine_seeing is what analyzers get when an event, of engine->seen_flags, is
 * looked at, or that a flow begins; ht_engine_telling when a record is, or that the flow at hand
 * ended. Of each there is one, for neither is asked for again, for another flow, before it was
 * used. */
struct ht_analysis *ht_engine_seeing(struct ht_engine *engine, bool from_client);
struct ht_analysis *ht_engine_telling(struct ht_engine *engine);

/* ht_order_of_frame is the order of what a frame brings; what ends before it has one less. */
static inline struct ht_order ht_order_of_frame(const struct ht_frame *frame)
{
    return (struct ht_order){.at = 2 * frame->number + 1, .then = frame->part};
}

/* intake.c: takes a packet to its flow. */
void ht_engine_packet(struct ht_engine *engine, const struct ht_frame *frame,
                      const struct ht_packet *packet);

/* ht_engine_plain takes a frame of a plain TCP segment; false: it is any other frame. */
bool ht_engine_plain(struct ht_engine *engine, const struct ht_frame *frame);

/* ht_engine_deliver takes bytes of one direction of the flow at hand, in order. */
uint64_t ht_engine_deliver(void *engine, const struct ht_reassembly *r,
                           const struct ht_delivery *delivery);

/* ht_engine_open makes a flow of a SYN that waited; it is in the table then. NULL: no memory. */
struct ht_flow *ht_engine_open(struct ht_engine *engine, struct ht_opening *opening);

/* ht_engine_is_settled: of the flow, over UDP, nothing more is awaited. */
bool ht_engine_is_settled(const struct ht_flow *flow);

/* ht_engine_set_now: live, it is `time_ns` now, a frame's time or the clock's, which may have been
 * set back; what comes a little out of order changes nothing. */
void ht_engine_set_now(struct ht_engine *engine, int64_t time_ns);

/* lifetime.c: ends the flows whose time is over before the frame `number` at `time_ns`. */
void ht_engine_expire(struct ht_engine *engine, uint64_t number);

/* ht_engine_expire_once ends the flows whose time is over at engine->now_ns, although what is read
 * is a file. */
void ht_engine_expire_once(struct ht_engine *engine);

/* ht_engine_make_room ends flows, the least useful first, while there are too many. */
void ht_engine_make_room(struct ht_engine *engine);

/* ht_engine_make_opening_room takes the oldest SYNs out while no other can be kept. */
void ht_engine_make_opening_room(struct ht_engine *engine);

/* story.c: ends a flow, tells its story and removes it. */
void ht_engine_tell(struct ht_engine *engine, struct ht_flow *flow);

/* ht_engine_drop removes a flow without a word. */
void ht_engine_drop(struct ht_engine *engine, struct ht_flow *flow);

#endif
