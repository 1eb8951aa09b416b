/*
 * Finds the dissector of a flow by the content of its first bytes, frames its bytes into PDUs and
 * hands them over. PDUs that lie in one segment are handed over where they lie; only what spans
 * segments is copied, up to the dissector's `max_need`; the rest of a PDU is stepped over.
 */
#ifndef HT_DISSECT_DISPATCH_H
#define HT_DISSECT_DISPATCH_H

#include "dissect/dissector.h"

enum {
    /* Bytes of a side that are looked at before it is given up as unknown. */
    HT_MAX_MATCH_BYTES = 16 * 1024,
    /* Bytes of a side in which it is watched for, amid another protocol, thereafter. */
    HT_MAX_WATCH_BYTES = 64 * 1024,
    /* Datagrams of a side that are looked at: another protocol (STUN) may come first. */
    HT_MAX_MATCH_DATAGRAMS = 32,
    HT_MAX_DISSECTORS      = 32,
    HT_MAX_PAST            = 3 /* protocols that a flow may leave for another */
};

struct ht_dispatch_side {
    struct ht_buffer pending; /* bytes that wait for the rest of their PDU, or for a match */
    uint64_t skip;            /* bytes of the PDU at hand still to step over */
    uint64_t frame;           /* that brought its last bytes, */
    int64_t time_ns;          /* and its time */
    uint32_t watched;         /* bytes watched without a find; datagrams without a match */
    uint32_t excluded;        /* dissectors that said no, by their place in the list */
    uint16_t searched; /* of the pending bytes, those in which no dissector found its beginning */
    bool searching;    /* after a hole, or in mid-stream: bytes must be found to begin a PDU */
    bool lost_sync;    /* it was searched, at some time */
    bool in_turn;      /* what it says first answers what the other side said last */
    bool watching;     /* it speaks something else; a dissector's may begin within */
    bool given_up;     /* nothing of this side is of interest */
    bool limit_reached;
};

/* A dissector whose protocol ended within the flow, for another's to begin. In the flow's arena. */
struct ht_dispatch_past {
    struct ht_dispatch_past *next; /* the one before it */
    const struct ht_dissector *found;
    void *state;
};

/* Owns the pending bytes and a stream's states; those of datagrams lie in the flow's arena. */
struct ht_dispatch {
    const struct ht_dissector *const *dissectors; /* NULL-terminated */
    const struct ht_dissector *found;
    void *state;              /* of the dissector found */
    struct ht_budget *budget; /* in which the states count */
    struct ht_dispatch_past *past;
    struct ht_buffer held[2];
    struct ht_dispatch_side side[2];
    bool stream;  /* TCP */
    bool unsure;  /* the one found said MAYBE, and no other YES yet */
    bool at_head; /* the one found begins where what was seen of a side begins */
    uint8_t num_past;
};

/* ht_dispatch_start readies a new flow over TCP (`stream`) or UDP; `dissectors`, at most
 * HT_MAX_DISSECTORS, are those of that transport; what it buffers, and a stream's states,
 * count in `budget`. */
void ht_dispatch_start(struct ht_dispatch *d, const struct ht_dissector *const *dissectors,
                       bool stream, struct ht_budget *budget);

/* ht_dispatch_state_size is how many bytes `state` has. */
static inline size_t ht_dispatch_state_size(const struct ht_dispatch *d)
{
    return d->found != NULL ? d->found->state_size : 0;
}

/* ht_dispatch_put_state_away frees a stream's state, whose bytes are kept elsewhere until
 * ht_dispatch_make_state makes a new one for them, of any content, past the budget even; false: no
 * memory. */
void ht_dispatch_put_state_away(struct ht_dispatch *d);
bool ht_dispatch_make_state(struct ht_dispatch *d);

/* ht_dispatch_late says that the beginning of `side` was not captured. `in_turn`: its next bytes
 * are those that the other side waits for. */
void ht_dispatch_late(struct ht_dispatch *d, enum ht_side side, bool in_turn);

/* ht_dispatch_bytes takes the next bytes of a stream: `stepped` of those that the last call did not
 * want, then `bytes`, then `missing` that were lost. Returns how many of the bytes after them are
 * not wanted: of these it need only be told how many they were. */
uint64_t ht_dispatch_bytes(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                           uint64_t stepped, struct ht_bytes bytes, uint64_t missing);

/* ht_dispatch_datagram takes a UDP payload of `len` bytes, as far as captured. */
void ht_dispatch_datagram(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                          struct ht_bytes bytes, size_t len);

/* ht_dispatch_finish hands over what waits, as partial, and ends the dissector; whether it did is
 * filled in in `end`. */
void ht_dispatch_finish(struct ht_dispatch *d, struct ht_emitter *e, struct ht_end *end);

/* ht_dispatch_free frees what is pending and held, and a stream's states. */
void ht_dispatch_free(struct ht_dispatch *d);

/* ht_dispatch_over: no dissector will see anything more of this flow. */
bool ht_dispatch_over(const struct ht_dispatch *d);

#endif
