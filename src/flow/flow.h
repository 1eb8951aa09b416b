/*
 * A flow: all that is kept of one connection (or one UDP conversation) until its story is told.
 */
#ifndef HT_FLOW_FLOW_H
#define HT_FLOW_FLOW_H

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

/* Owned by the table. What hangs in `arena` dies with the flow. */
struct ht_flow {
    struct ht_flow *chain; /* in the hash table */
    uint64_t hash;
    struct ht_flow_key key;        /* up to here: what a look-up reads, a line of the cache */
    struct ht_flow *newer, *older; /* in one of the table's lists */
    struct ht_flow_list *list;
    uint64_t moved;           /* ht_frame_place at which it became the newest of its list */
    int64_t start_ns, end_ns; /* of the earliest and latest frame: files are not always in order */
    struct ht_tcp *tcp;       /* NULL: UDP */
    uint8_t client;           /* the client's side, by `roles_from` */
    bool label_done;
    bool retired; /* another flow has its key now */
    bool claimed; /* a dissector said who the client is */
    bool limit_reached;
    struct ht_flow_side side[2]; /* up to here: what most packets touch */
    struct ht_arena arena;
    uint64_t first_frame;
    int64_t first_ns; /* time of its first frame */
    struct ht_dispatch dispatch;
    struct ht_timeline timeline;
    const char *roles_from;
    void *label_state; /* the labeller's */
    struct ht_app_label label;
    const struct ht_layer *layers; /* around its first packet; in `arena` */
    uint16_t interface;            /* of its first packet */
    uint16_t first_part;           /* of the first frame: ht_frame.part */
    uint8_t num_layers;
    ht_pool_use pool_use;
};

#endif
