/*
 * The contract between the engine and an analyzer: it looks at events, records and connections on
 * their way to the sinks, and fills the fields that are left for it (a fingerprint, a verdict) or
 * emits records of its own (a certificate).
 */
#ifndef HT_ANALYSIS_ANALYZER_H
#define HT_ANALYSIS_ANALYZER_H

#include "base/error.h"
#include "event/connection.h"

struct ht_analyzer;
struct ht_policy;
struct ht_trust;
struct ht_crl_list;
struct ht_ct_logs;

/* What a run asks of its analyzers. Shared by all engines, read only; outlives them. */
struct ht_analysis_settings {
    const struct ht_policy *policy;   /* NULL: each rule's own severity */
    const struct ht_trust *trust;     /* trust anchors; NULL: chains are not judged */
    const struct ht_crl_list *crls;   /* NULL: none */
    const struct ht_ct_logs *ct_logs; /* logs of Certificate Transparency; NULL: none known */
    int64_t as_of_ns;                 /* judged as of this time; 0: as of each packet's */
    int certificate_folder;           /* where new certificates are written; -1: nowhere */
    int64_t again_ns; /* certificates are told once in each such time since 1970; 0: once a run */
    bool verify;      /* the signatures of handshakes are checked */
};

/* What an analyzer may use while it is called. What it allocates from `arena` lives as long as
 * the event or record at hand; for `connection`, until the record was written. */
struct ht_analysis {
    struct ht_arena *arena;
    int64_t time_ns;
    uint64_t frame;
    uint32_t source;  /* which of the run's sources is read: counted from 1 */
    bool from_client; /* who sent the event, as far as is known now */
    unsigned *flags;  /* of the event at hand: HT_EVENT_VERIFIED or HT_EVENT_REFUTED may be added */
    void *engine;
    void (*record)(void *engine, const struct ht_record_type *type, void *record);

    /* The id of the flow at hand; a view that lives until another is. */
    struct ht_bytes (*connection_id)(void *engine);

    /* The name of the file or interface where the flow at hand is seen; lives as the source does.
     */
    struct ht_bytes (*source_name)(void *engine);

    /* Hands `lesson` to the analyzer's `learn`, in every engine of the run. */
    void (*teach)(void *engine, const struct ht_analyzer *analyzer, struct ht_bytes lesson);
};

struct ht_analyzer {
    const char *name;
    size_t state_size; /* one zeroed state an engine; NULL functions below are not called */
    bool (*init)(void *state, const struct ht_analysis_settings *settings, struct ht_error *error);
    void (*fini)(void *state);
    /* A source begins, of this name: in every engine of the run, whether or not it has flows there.
     */
    void (*source)(void *state, struct ht_bytes name);
    void (*event)(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                  void *event);
    const struct ht_event_type *const *events; /* those `event` is called for, NULL-terminated;
                                                * NULL: all */
    void (*record)(void *state, struct ht_analysis *a, const struct ht_record_type *type,
                   void *record);
    /* A flow was first seen, of TCP or of UDP. */
    void (*connection_start)(void *state, struct ht_analysis *a, const struct ht_endpoint *client,
                             const struct ht_endpoint *server, bool is_tcp);
    /* A flow ended of which its dissector only says that it may be its own (HT_MATCH_MAYBE): does
     * what was learnt of other flows say that it is? Without a yes it has no record. */
    bool (*confirm)(void *state, struct ht_analysis *a, struct ht_connection *connection);
    /* The connection ended and its record is complete but for what analyzers add. */
    void (*connection)(void *state, struct ht_analysis *a, struct ht_connection *connection);

    /* The same, once the timeline is there too: to judge the whole story, from which nothing is to
     * be taken and to which only fields that no other looks at are to be added. */
    void (*judge)(void *state, struct ht_analysis *a, struct ht_connection *connection);

    /* What flows teach each other. Flows may be spread over several engines, but lessons come to
     * all of them, in the order in which one engine alone would have taught them; so what a record
     * of one flow owes to another flow must come this way. A lesson is plain bytes, copied. */
    void (*learn)(void *state, struct ht_bytes lesson);

    const struct ht_record_type *const *records; /* all it may record, NULL-terminated; or NULL */
};

#endif
