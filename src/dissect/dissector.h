/*
 * The contract between the engine and a dissector.
 *
 * A dissector sees bytes, and emits events. It never sees packets, flows, files, clocks or output
 * formats. "Need more" exists in `match` and `frame` only: the engine waits until a protocol data
 * unit (PDU) is whole and hands it to `pdu`, which calls pure parsers over complete bytes.
 * Three fates of bytes, never mixed: incomplete (the engine waits; at the end of the stream `pdu`
 * is called once with what there is and `partial`), missing (`gap`), malformed (a whole PDU whose
 * parser fails: an event that says so).
 *
 * All bytes and events handed in or out are views that live until the call returns. ht_emit copies.
 */
#ifndef HT_DISSECT_DISSECTOR_H
#define HT_DISSECT_DISSECTOR_H

#include "event/kept.h"

/* The two ends of a flow. Which of them is the client is told by ht_claim_client or by TCP. */
enum ht_side { HT_SIDE_A, HT_SIDE_B };

static inline enum ht_side ht_other(enum ht_side side)
{
    return side == HT_SIDE_A ? HT_SIDE_B : HT_SIDE_A;
}

enum ht_match { HT_MATCH_NO, HT_MATCH_MORE, HT_MATCH_YES, HT_MATCH_MAYBE };

enum { HT_FIND_BYTES = 16 };

/* What `frame` says of the bytes at the head of a stream. */
struct ht_frame_size {
    size_t len;  /* of the PDU; 0: its header is incomplete; SIZE_MAX: these are no PDU's bytes */
    size_t need; /* how many of its first bytes `pdu` wants to see; the rest is stepped over */
    bool other;  /* instead of a PDU another protocol begins here, on both sides (after STARTTLS,
                  * through a proxy): all dissectors are asked anew, and this one is only called
                  * again for `finish` */
};

struct ht_pdu {
    struct ht_bytes bytes; /* the first `need` bytes; fewer where `partial` */
    size_t len;            /* of the whole PDU, as framed */
    enum ht_side side;     /* who sent it */
    bool partial;          /* the stream ended, or had a hole, before `need` bytes were there */
};

enum ht_verdict {
    HT_CONTINUE,
    HT_DONE /* nothing more is of interest: stop feeding this flow */
};

/* What the engine knows, when the flow ends, of how well each side was captured. */
struct ht_side_quality {
    bool seen;           /* any packet of this side was captured */
    bool started_late;   /* its beginning was before the capture's */
    bool hole;           /* bytes of it were lost in capture */
    bool truncated;      /* a frame was cut by the snapshot length */
    bool limit;          /* a bound of ours hit */
    bool ran_ahead;      /* what it says was handed over before what that answers */
    bool fin, reset;     /* how it closed */
    bool closed_first;   /* before the other side did */
    bool cut;            /* the last that was seen of a stream is the beginning of a PDU */
    uint64_t lost_bytes; /* of a stream, in holes; 0: not known */
};

struct ht_end {
    struct ht_side_quality side[2];
    int64_t close_ns; /* when the first of them closed; 0: neither did */
};

struct ht_emitter;
struct ht_keyring;

/* What a dissector may ask of the engine; implemented by src/run, and by tests/support. */
struct ht_emitter_ops {
    struct ht_kept *(*emit)(struct ht_emitter *, const struct ht_event_type *, enum ht_side from,
                            unsigned flags, void *event);
    void (*absent)(struct ht_emitter *, const struct ht_event_type *, enum ht_side from,
                   const char *reason);
    void (*record)(struct ht_emitter *, const struct ht_record_type *, void *record);
    void (*claim_client)(struct ht_emitter *, enum ht_side client, const char *roles_from);
};

struct ht_emitter {
    const struct ht_emitter_ops *ops;
    struct ht_arena *scratch; /* rewound after each call into the dissector */
    struct ht_arena *arena;   /* lives as long as the flow */
    struct ht_pool *pool;     /* where what many flows have in common is kept; NULL: nowhere */
    int64_t time_ns;          /* of the frame at hand; in `finish`, of the flow's last */
    uint64_t frame;           /* its number */
    const struct ht_endpoint *endpoint; /* two, by side */
    struct ht_buffer *held;             /* two, by side: the flow's, for ht_hold */
    enum ht_side client;                /* as far as the engine knows */
    const char *transport;              /* "tcp", "udp" */
    bool joined; /* the connection began before the first packet of it that was captured */
    bool copy;   /* the frame at hand was captured before: for those who list repetitions */
    bool verify; /* signatures are checked: events are to have what was signed */
    bool events; /* events are told as they happen, not only in the story of their connection */
    bool audit;  /* rules will ask for what is kept for nobody else */
    const struct ht_keyring *keyring; /* of crypto/key_log.h; NULL: no keys are known */
};

/* ht_emit says that `from` did this, in the frame at hand. Analyzers see `event` (a struct as
 * `type->data` describes, or NULL) with its views and may fill fields; then a copy is
 * kept as long as the flow lives. Returns what is kept, for ht_read and ht_recall; NULL where there
 * was no room or no data. */
static inline struct ht_kept *ht_emit(struct ht_emitter *e, const struct ht_event_type *type,
                                      enum ht_side from, unsigned flags, void *event)
{
    return e->ops->emit(e, type, from, flags, event);
}

/* ht_emit_at is ht_emit for what happened in an earlier frame of this flow. */
static inline struct ht_kept *ht_emit_at(struct ht_emitter *e, const struct ht_event_type *type,
                                         enum ht_side from, unsigned flags, void *event,
                                         uint64_t frame, int64_t time_ns)
{
    uint64_t frame_now   = e->frame;
    int64_t time_now     = e->time_ns;
    e->frame             = frame;
    e->time_ns           = time_ns;
    struct ht_kept *kept = ht_emit(e, type, from, flags, event);
    e->frame             = frame_now;
    e->time_ns           = time_now;
    return kept;
}

/* ht_read is the event that is kept, as `type` describes it, until the call into the dissector
 * returns, and so are small objects that it points at; the bytes that it views live as long as the
 * flow. NULL of NULL, and where there is no room. */
static inline const void *ht_read(const struct ht_emitter *e, const struct ht_struct *type,
                                  const struct ht_kept *kept)
{
    return kept != NULL ? ht_kept_read(kept, type, e->scratch) : NULL;
}

/* ht_recall is ht_read for as long as the flow lives: the object that the timeline shows too. It
 * takes room: mostly for `finish`. */
static inline const void *ht_recall(const struct ht_emitter *e, const struct ht_struct *type,
                                    struct ht_kept *kept)
{
    return kept != NULL ? ht_kept_recall(kept, type, e->arena) : NULL;
}

/* ht_absent says that a message which the protocol expects of `from` was not seen, and why: one of
 * the HT_ABSENT_ words. */
static inline void ht_absent(struct ht_emitter *e, const struct ht_event_type *type,
                             enum ht_side from, const char *reason)
{
    e->ops->absent(e, type, from, reason);
}

/* ht_record hands a record of its own (a DNS transaction) to analyzers and sinks, at once. */
static inline void ht_record(struct ht_emitter *e, const struct ht_record_type *type, void *record)
{
    e->ops->record(e, type, record);
}

/* ht_claim_client says who the client is, and by what ("client_hello") that is known. */
static inline void ht_claim_client(struct ht_emitter *e, enum ht_side client,
                                   const char *roles_from)
{
    e->ops->claim_client(e, client, roles_from);
}

/* ht_hold is a buffer of the flow's for what `side` says across PDUs; bounded by `max_held`, freed
 * with the flow, and by ht_buffer_free at any time before. */
static inline struct ht_buffer *ht_hold(struct ht_emitter *e, enum ht_side side)
{
    return &e->held[side];
}

#define HT_ABSENT_ENCRYPTED "encrypted"
#define HT_ABSENT_NOT_SENT "not_sent"
#define HT_ABSENT_NOT_NEGOTIATED "not_negotiated"
#define HT_ABSENT_LOST "lost_in_capture"
#define HT_ABSENT_SNAPLEN "snaplen"
#define HT_ABSENT_STARTED_LATE "capture_started_late"
#define HT_ABSENT_ONE_SIDED "one_sided"
#define HT_ABSENT_LIMIT "limit_reached"
#define HT_ABSENT_ENDED "capture_ended"

/* ht_absent_reason is the best explanation of why a message of `side` was not seen, from how well
 * that side was captured: one_sided, capture_started_late, limit_reached, snaplen,
 * lost_in_capture; capture_ended where neither side closed; else not_sent. */
const char *ht_absent_reason(const struct ht_end *end, enum ht_side side);

struct ht_dissector {
    const char
        *name; /* "tls": the connection's protocol, the key of its details, the fuzz target */
    const char *title; /* "TLS 1.0 to 1.3" */
    bool tcp, udp;
    uint16_t ports[8]; /* where its servers usually listen; never proof; 0 ends */
    size_t state_size; /* zeroed before the first call; holds no heap pointers, and nothing points
                        * into it: between calls it may be moved */
    uint32_t max_need; /* of a PDU's `need`: larger ones are handed over cut, as partial */
    uint32_t max_held; /* of each ht_hold buffer */

    /* Could `head` be the first bytes (or the first datagram) that `side` sends in this protocol?
     * MORE: too few to tell; of a datagram NO. MAYBE: nothing in this datagram speaks against it.
     * The dissector then is handed the flow until another one says YES, and the flow has a record
     * only if an analyzer confirms what it is. Pure. */
    enum ht_match (*match)(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side);

    /* The size of the PDU at the head of `avail`. Pure. NULL: each datagram is one. */
    struct ht_frame_size (*frame)(const void *state, struct ht_bytes avail, enum ht_side side);

    /* After a hole: how many bytes of `avail` to step over to where a PDU plausibly begins;
     * `avail.len` where none does. Pure. NULL: the flow is given up after a hole. */
    size_t (*resync)(struct ht_bytes avail, enum ht_side side);

    /* How many bytes before the end of `avail` a PDU may begin that resync tells only once there
     * are more; 0: HT_FIND_BYTES less one. */
    uint32_t resync_reach;

    /* Amid bytes of another protocol (after STARTTLS, through a proxy): where this one begins,
     * beyond doubt, by what needs no more than HT_FIND_BYTES; `bytes.len` where it does not. Pure.
     * NULL: it is not looked for there. */
    size_t (*find)(struct ht_bytes bytes, enum ht_side side);

    enum ht_verdict (*pdu)(void *state, struct ht_emitter *e, const struct ht_pdu *pdu);

    /* Takes several PDUs at once, as `frame` and `pdu` would one after the other: those at the head
     * of `avail` that are whole, or of which no more is wanted than what is there. Returns how many
     * bytes they have, of the last one perhaps more than are there; 0: none. For those whose `pdu`
     * never says HT_DONE. May be NULL. */
    size_t (*take)(void *state, struct ht_emitter *e, struct ht_bytes avail, enum ht_side side);

    /* `missing` bytes of `side` will never come. May be NULL. */
    void (*gap)(void *state, struct ht_emitter *e, enum ht_side side, uint64_t missing);

    /* The flow ended: say what is absent, complete the details. May be NULL. */
    void (*finish)(void *state, struct ht_emitter *e, const struct ht_end *end);

    /* Over UDP: nothing that was said still waits for another datagram, so that what is captured
     * live need not wait for the flow's end. Pure. NULL: never. */
    bool (*settled)(const void *state);

    /* The connection record's details, described by `details_struct`, whose object lies in `state`
     * at `details_offset`; NULL: it has none, and its flows over UDP no connection record. */
    const struct ht_struct *details_struct;
    size_t details_offset;

    /* Beside the details, what is told of the protocol that carries the one they are about (QUIC
     * and DTLS carry TLS); NULL: nothing */
    const struct ht_struct *carrier_struct;
    size_t carrier_offset;

    /* In the details, the name by which the server was asked for (struct ht_bytes in state). 0:
     * none */
    size_t server_name_offset;

    /* In the state, the protocol that was really spoken (const char *; NULL: `name`), where its
     * beginning leaves that open. 0: always `name` */
    size_t protocol_offset;

    const struct ht_event_type *const *events;   /* all it may emit, NULL-terminated */
    const struct ht_record_type *const *records; /* all it may record, NULL-terminated; or NULL */
};

#endif
