/*
 * One direction of a TCP connection: segments in any order, duplicated, overlapping or missing, to
 * bytes in order (RFC 9293 section 3.4). In-order bytes are handed on where they lie; only what
 * comes early is copied, within a bound. The first copy of a byte counts.
 */
#ifndef HT_STREAM_REASSEMBLY_H
#define HT_STREAM_REASSEMBLY_H

#include "base/arena.h"

enum {
    /* Early bytes kept before a hole is given up: more than any reordering in the network makes. */
    HT_MAX_WAITING_BYTES = 512 * 1024,
    /* The same where the receiver acknowledged the hole: then it was lost only in capture. */
    HT_MAX_WAITING_ACKED_BYTES = 64 * 1024,
    HT_MAX_WAITING_SEGMENTS    = 4096,
    /* Bytes held back because the capture does not have yet what they answer. */
    HT_MAX_HELD_BYTES    = 32 * 1024,
    HT_MAX_HELD_SEGMENTS = 1024,
    HT_MAX_AHEAD_BYTES   = 1 << 30
};

/* Bytes handed on: `len` bytes of the stream of which the first `bytes.len` are there. */
struct ht_delivery {
    struct ht_bytes bytes;
    uint64_t len;
    uint64_t stepped; /* bytes before them that nobody wanted, and that were not handed on */
    uint64_t frame;   /* that brought them; where they waited for others, that let them go on */
    int64_t time_ns;
};

/* Called for each stretch, in order. Returns how many bytes after this stretch nobody wants;
 * UINT64_MAX: all. They are not kept where they come early, and those in order are stepped over
 * without a call: the next delivery says how many that were. */
struct ht_reassembly;
typedef uint64_t ht_deliver(void *context, const struct ht_reassembly *r,
                            const struct ht_delivery *delivery);

/* Who gets the bytes of any number of directions, and what bounds those that wait. */
struct ht_receiver {
    ht_deliver *deliver;
    void *context;
    struct ht_budget *budget; /* NULL: no bound */
    bool live; /* directions come as they were sent: one that was not seen is not stored later */
};

struct ht_waiting_segment;

/* What is kept of a direction whose bytes came otherwise than in order and once. */
struct ht_disorder {
    struct ht_waiting_segment *head, *tail; /* early segments by rising offset, disjoint; owned */
    struct ht_waiting_segment *recent;      /* of these: where the last one was placed; or NULL */
    uint32_t waiting_bytes, waiting_segments;
    uint64_t lost_bytes;            /* in holes */
    uint64_t first_duplicate_frame; /* where and when one came that is no keep-alive; 0: none */
    int64_t first_duplicate_ns;
    uint32_t duplicates;   /* segments that brought nothing new */
    uint32_t out_of_order; /* segments that came early */
    uint32_t conflicts;    /* overlaps with other content */
};

/* Zeroed but for `receiver` is a valid direction before its first segment. */
struct ht_reassembly {
    uint64_t next;     /* offset of the next byte in order; offset 0 is the first byte */
    uint64_t unwanted; /* content below this offset need not be kept; at least `next` */
    uint64_t stepped;  /* of the bytes before `next`, how many were stepped over since the last ones
                        * that were handed on */
    uint64_t acked;    /* offset up to which the other side acknowledged */
    uint64_t heard;    /* of the other direction, the offset up to which it was handed on */
    struct ht_disorder *disorder; /* NULL: there was none; owned */
    uint32_t base;                /* sequence number of offset 0 */
    bool started;                 /* `base` is set */
    bool limit_reached;           /* a hole was given up because of a bound */
    bool held;          /* the next byte waits, for the other direction to be heard that far */
    bool impatient : 1; /* it waited too long, and nothing waits so any more */
    bool ran_ahead : 1; /* at some time it did not wait for what it answers */
    const struct ht_receiver *receiver;
};

/* A segment: `payload` as far as captured, `len` bytes on the wire. */
struct ht_segment {
    uint32_t seq; /* of its first payload byte */
    uint32_t len;
    struct ht_bytes payload;
    uint64_t frame;
    int64_t time_ns;
    uint64_t after; /* the offset in the other direction up to which its sender had heard */
};

/* ht_reassembly_start says which sequence number the first byte has (the SYN's plus one). Ignored
 * once started; without it the first segment's number is taken. */
void ht_reassembly_start(struct ht_reassembly *r, uint32_t seq);

/* ht_reassembly_push takes a segment and delivers what is in order now. Segments may come in any
 * order within 2^31 of the next byte; numbers wrap past 2^32. One that its sender said `after` more
 * than what was `heard` is held back, within a bound. */
void ht_reassembly_push(struct ht_reassembly *r, const struct ht_segment *segment);

/* ht_reassembly_heard says how far the other direction was handed on, and delivers what waited for
 * that. Returns whether anything was. */
bool ht_reassembly_heard(struct ht_reassembly *r, uint64_t heard);

/* ht_reassembly_let_go delivers what waits first, and what is in order then: a hole before it is
 * lost, and what it waited for does not come. Returns false where nothing waits. */
bool ht_reassembly_let_go(struct ht_reassembly *r);

/* ht_reassembly_is_before: does what waits first in `a` come before what waits first in `b`? */
bool ht_reassembly_is_before(const struct ht_reassembly *a, const struct ht_reassembly *b);

/* ht_reassembly_end, when nothing waits any more, says that the stream had bytes up to `seq`: those
 * that never came are lost. */
void ht_reassembly_end(struct ht_reassembly *r, uint32_t seq);

/* ht_reassembly_offset is the offset of the byte with a sequence number, within 2^31 of the next
 * one. */
static inline uint64_t ht_reassembly_offset(const struct ht_reassembly *r, uint32_t seq)
{
    int32_t ahead = (int32_t)(seq - (r->base + (uint32_t)r->next));
    return r->next + (uint64_t)(int64_t)ahead;
}

/* ht_reassembly_is_head: does a segment begin at the next byte in order, without bytes that wait
 * behind it? Nearly all do. ht_reassembly_goes_on is the same of a direction that was started. */
static inline bool ht_reassembly_goes_on(const struct ht_reassembly *r, uint32_t seq)
{
    return seq == r->base + (uint32_t)r->next && (r->disorder == NULL || r->disorder->head == NULL);
}

static inline bool ht_reassembly_is_head(const struct ht_reassembly *r, uint32_t seq)
{
    return r->started && ht_reassembly_goes_on(r, seq);
}

/* ht_reassembly_is_unwanted: are the next `len` bytes in order such as nobody wants? Then
 * ht_reassembly_step takes a segment of them that is at the head. */
static inline bool ht_reassembly_is_unwanted(const struct ht_reassembly *r, uint32_t len)
{
    return len <= r->unwanted - r->next;
}

/* ht_reassembly_is_next: does a segment of `len` bytes begin at the next byte in order? */
static inline bool ht_reassembly_is_next(const struct ht_reassembly *r, uint32_t seq, uint32_t len)
{
    return len > 0 && r->started && !r->held && seq == r->base + (uint32_t)r->next;
}

/* ht_reassembly_take_head hands on the `len` bytes of a segment that is at the head and said after
 * no more than what was `heard`; `bytes` of them were captured. */
void ht_reassembly_take_head(struct ht_reassembly *r, struct ht_bytes bytes, uint32_t len,
                             uint64_t frame, int64_t time_ns);

static inline void ht_reassembly_step(struct ht_reassembly *r, uint32_t len)
{
    r->next += len;
    r->stepped += len;
}

/* ht_reassembly_disorder is a copy of what is known of the direction's disorder: all zero where
 * there was none. What it points at is not to be used. */
static inline struct ht_disorder ht_reassembly_disorder(const struct ht_reassembly *r)
{
    return r->disorder != NULL ? *r->disorder : (struct ht_disorder){0};
}

/* ht_reassembly_repeated counts a segment that brings nothing new, and is not looked at. */
void ht_reassembly_repeated(struct ht_reassembly *r);

/* ht_reassembly_acked notes that the receiver acknowledged all before `seq`. */
static inline void ht_reassembly_acked(struct ht_reassembly *r, uint32_t seq)
{
    if (r->started) {
        uint64_t offset = ht_reassembly_offset(r, seq);
        if ((int64_t)(offset - r->acked) > 0) {
            r->acked = offset;
        }
    }
}

/* ht_reassembly_free frees what waits; nothing is delivered. */
void ht_reassembly_free(struct ht_reassembly *r);

#endif
