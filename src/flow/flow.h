/*
 * A flow: all that is kept of one connection (or one UDP conversation) until its story is told.
 *
 * A connection that is silent sleeps. Of it nothing can be looked at but what a flow is ordered by;
 * the rest, which is mostly zeros, is packed. What hangs in its arena stays.
 */
#ifndef HT_FLOW_FLOW_H
#define HT_FLOW_FLOW_H

#include "base/pack.h"
#include "dissect/dispatch.h"
#include "flow/app_label.h"
#include "flow/copies.h"
#include "flow/key.h"
#include "flow/timeline.h"
#include "stream/tcp.h"

struct ht_flow_side {
    uint64_t packets, bytes, payload_bytes;
    struct ht_recent recent;
    uint32_t truncated_frames;
};

struct ht_flow_list;

/* Owned by the table. What hangs in `arena` dies with the flow; one over UDP lies there itself. */
struct ht_flow {
    bool retired; /* another flow has its key now */
    bool limit_reached;
    uint16_t first_part;           /* of the first frame: ht_frame.part */
    uint16_t packed_len;           /* bytes that the rest is packed into; 0: it is awake */
    struct ht_flow *newer, *older; /* in one of the table's lists */
    uint64_t first_frame;
    int64_t end_ns;        /* of the latest frame: files are not always in order */
    struct ht_arena arena; /* its blocks are the last that is there when the flow sleeps */
    struct ht_flow_list *list;
    uint64_t moved; /* ht_frame_place at which it became the newest of its list */
    struct ht_flow_key key;
    uint8_t client; /* the client's side, by `roles_from` */
    bool label_done;
    bool claimed;                /* a dissector said who the client is */
    struct ht_tcp *tcp;          /* NULL: UDP */
    int64_t start_ns;            /* of the earliest frame */
    struct ht_flow_side side[2]; /* up to here: what most packets touch */
    int64_t first_ns;            /* time of its first frame */
    struct ht_dispatch dispatch;
    struct ht_timeline timeline;
    const char *roles_from;
    void *label_state; /* the labeller's */
    struct ht_app_label label;
    const struct ht_layer *layers; /* around its first packet; in `arena` */
    uint16_t interface;            /* of its first packet */
    uint8_t num_layers;
    ht_pool_use pool_use;
};

enum {
    HT_FLOW_BESIDE    = 1048, /* bytes of a UDP flow's arena beside it: a DNS transaction */
    HT_FLOW_MAX_STATE = 1280, /* bytes that a dissector's state may have for its flow to sleep */
    HT_FLOW_KINDS     = 128   /* of sleeping flows of one protocol */
};

/* What sleeping flows of one protocol have in common, by kind. */
struct ht_flow_protocol {
    const struct ht_dissector *found;
    struct ht_pack_kind flow[HT_FLOW_KINDS], state[HT_FLOW_KINDS];
};

/* What sleeping flows have in common; owned. */
struct ht_flow_sleepers {
    struct ht_budget *budget;
    struct ht_budget learnt; /* of `budget`: what is below, which stays as long as they do */
    struct ht_flow_protocol *protocols[1 + HT_MAX_DISSECTORS]; /* those that were found, or none */
    uint8_t num_protocols;
};

/* ht_flow_new makes a flow, zeroed but for its arena, in which one over UDP lies, and, where it is
 * one over TCP, `tcp` and `dispatch.stream`; it counts in `budget`. NULL: no memory. */
struct ht_flow *ht_flow_new(struct ht_budget *budget, bool tcp);

/* ht_flow_tcp is `flow->tcp` of an awake flow over TCP, and only of one: by where it lies, so that
 * it is asked of memory at once, and not when the pointer has come. */
static inline struct ht_tcp *ht_flow_tcp(struct ht_flow *flow)
{
    return (struct ht_tcp *)(flow + 1);
}

/* ht_flow_bytes is how much an awake flow holds. */
size_t ht_flow_bytes(const struct ht_flow *flow);

/* ht_flow_forget_recent forgets the flow's recent packets where it became the newest of its list
 * more than HT_RECENT_FRAMES before `place`: so that little is kept of one that sleeps, and that
 * what is a copy depends neither on whether it slept, nor on how late, nor on the times of others'
 * packets, which are not always in order. */
static inline void ht_flow_forget_recent(struct ht_flow *flow, uint64_t place)
{
    if ((place >> 16) - (flow->moved >> 16) > HT_RECENT_FRAMES) {
        ht_recent_forget(&flow->side[0].recent);
        ht_recent_forget(&flow->side[1].recent);
    }
}

/* ht_flow_sleep returns the flow asleep, elsewhere, at `place`; it must be one over TCP. Itself,
 * still awake, where there is no memory or it has too much to be packed. */
struct ht_flow *ht_flow_sleep(struct ht_flow *flow, struct ht_flow_sleepers *sleepers,
                              uint64_t place);

/* ht_flow_key_asleep is the key of a sleeping flow. */
struct ht_flow_key ht_flow_key_asleep(const struct ht_flow *flow,
                                      const struct ht_flow_sleepers *sleepers);

/* ht_flow_wake returns a sleeping flow awake, elsewhere; NULL, and it stays as it is: no memory. */
struct ht_flow *ht_flow_wake(struct ht_flow *flow, const struct ht_flow_sleepers *sleepers);

/* ht_flow_sleepers_init begins without any. They count in `budget`, of which what is learnt of them
 * takes but a part: with no room to learn of a kind its flows are packed as those of another. It
 * stays where it is. */
void ht_flow_sleepers_init(struct ht_flow_sleepers *sleepers, struct ht_budget *budget);

/* ht_flow_sleepers_fini frees what was learnt of sleeping flows, when there are none. */
void ht_flow_sleepers_fini(struct ht_flow_sleepers *sleepers);

/* ht_flow_free frees a flow, awake or asleep, and all it owns. */
void ht_flow_free(struct ht_flow *flow, const struct ht_flow_sleepers *sleepers);

#endif
