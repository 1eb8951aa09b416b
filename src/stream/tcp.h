/*
 * A TCP connection (RFC 9293) as it can be seen from outside: handshake, options, round trips, who
 * closed it and how; its two directions of bytes in order by stream/reassembly.h.
 */
#ifndef HT_STREAM_TCP_H
#define HT_STREAM_TCP_H

#include "event/connection.h"
#include "packet/packet.h"
#include "stream/reassembly.h"

struct ht_tcp_side {
    struct ht_reassembly bytes;
    uint32_t max_acked; /* the highest acknowledgement this side sent */
    uint32_t isn;       /* initial sequence number, where a SYN of this side was seen */
    uint32_t first_seq; /* of the first segment seen */
    uint32_t fin_seq;   /* sequence number of the FIN */
    bool seen, syn, syn_ack, fin, reset, stray_reset, acked;
    uint64_t syn_frame; /* of SYN or SYN-ACK */
    int64_t syn_ns;
    struct ht_tcp_options options; /* of SYN or SYN-ACK */
};

/* Where what was seen goes. `emit` gets one of the event types below and its data or NULL. */
struct ht_tcp_observer {
    void (*emit)(void *context, const struct ht_event_type *type, unsigned side, void *data);
    void *context;
};

/* Zeroed but for the directions' `receiver` is a valid new connection. Owns what its directions
 * keep. */
struct ht_tcp {
    struct ht_tcp_side side[2];
    uint64_t ack_frame; /* that ended the handshake */
    int64_t ack_ns;
    int64_t close_ns;   /* of the first FIN or RST */
    uint32_t close_ack; /* what its sender had acknowledged */
    uint32_t syn_retransmissions;
    bool simultaneous_open;
    int8_t opener; /* the side that sent the SYN: 1 + side; 0: not known */
    int8_t closer; /* 1 + the side that closed first */
    bool closed_by_reset;
    bool steady;     /* open, not being closed, both sides were seen, their first sequence numbers
                      * are known and what was acknowledged of them, and neither's bytes wait for
                      * the other's */
    uint8_t foreign; /* segments in a row that were ignored as another connection's */
};

/* ht_tcp_is_new: does this packet of `side` open another connection on the same addresses and
 * ports, rather than belong to `tcp`? */
bool ht_tcp_is_new(const struct ht_tcp *tcp, const struct ht_packet *packet, unsigned side);

/* ht_tcp_packet takes a packet that `side` (0 or 1) sent; bytes that are in order now are delivered
 * before it returns. */
void ht_tcp_packet(struct ht_tcp *tcp, const struct ht_packet *packet, unsigned side,
                   uint64_t frame, int64_t time_ns, const struct ht_tcp_observer *observer);

/* A packet of the most usual kind: in a steady connection, an ACK without SYN, FIN or RST,
 * beginning at the next byte in order. */
enum ht_tcp_usual {
    HT_TCP_UNUSUAL,  /* any other */
    HT_TCP_UNWANTED, /* it is empty, or of bytes that nobody wants */
    HT_TCP_WANTED    /* its bytes can be handed on at once */
};

static inline bool ht_tcp_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* ht_tcp_next_seq is up to where the side's bytes were handed on. */
static inline uint32_t ht_tcp_next_seq(const struct ht_tcp_side *side)
{
    return side->bytes.base + (uint32_t)side->bytes.next;
}

/* ht_tcp_see_acked notes what `me` acknowledged. */
static inline void ht_tcp_see_acked(struct ht_tcp_side *me, uint32_t ack)
{
    if (!me->acked || ht_tcp_before(me->max_acked, ack)) {
        me->acked     = true;
        me->max_acked = ack;
    }
}

/* ht_tcp_usual is which of them a packet from `me` to `peer`, the sides of `tcp`, is.
 * ht_tcp_take_usual takes it then, and does all that ht_tcp_packet would: it emits nothing, and
 * delivers something only where bytes are wanted. */
__attribute__((always_inline)) static inline enum ht_tcp_usual
ht_tcp_usual(const struct ht_tcp *tcp, const struct ht_tcp_side *me, const struct ht_tcp_side *peer,
             const struct ht_packet *packet)
{
    enum { FLAGS = HT_TCP_SYN | HT_TCP_FIN | HT_TCP_RST | HT_TCP_ACK };
    if (!tcp->steady || (packet->tcp.flags & FLAGS) != HT_TCP_ACK ||
        !ht_reassembly_goes_on(&me->bytes, packet->tcp.seq)) {
        return HT_TCP_UNUSUAL;
    }
    if (ht_reassembly_is_unwanted(&me->bytes, packet->payload_len)) {
        return HT_TCP_UNWANTED;
    }
    return ht_tcp_before(ht_tcp_next_seq(peer), packet->tcp.ack) ? HT_TCP_UNUSUAL : HT_TCP_WANTED;
}

__attribute__((always_inline)) static inline void
ht_tcp_take_usual(struct ht_tcp *tcp, struct ht_tcp_side *me, struct ht_tcp_side *peer,
                  enum ht_tcp_usual usual, const struct ht_packet *packet, uint64_t frame,
                  int64_t time_ns)
{
    tcp->foreign = 0; /* a number at the next byte is no other connection's */
    if (!me->acked || packet->tcp.ack != me->max_acked) {
        ht_tcp_see_acked(me, packet->tcp.ack);
        ht_reassembly_acked(&peer->bytes, packet->tcp.ack);
    }
    if (usual == HT_TCP_WANTED) {
        me->bytes.heard = peer->bytes.next;
        ht_reassembly_take_head(&me->bytes, packet->payload, packet->payload_len, frame, time_ns);
    } else {
        ht_reassembly_step(&me->bytes, packet->payload_len);
    }
}

/* ht_tcp_is_half_open: it was asked for, and nothing was seen of what follows a handshake: its last
 * ACK, data, or an ACK of who accepted. */
bool ht_tcp_is_half_open(const struct ht_tcp *tcp);

/* ht_tcp_closed: both FINs were acknowledged, or a RST was seen; only stragglers can follow. */
bool ht_tcp_closed(const struct ht_tcp *tcp);

/* ht_tcp_finish delivers what waits, and counts what never came. */
void ht_tcp_finish(struct ht_tcp *tcp);

/* ht_tcp_fold writes sequence numbers as how far they are from one another, so that most are small;
 * ht_tcp_unfold undoes that, and nothing else is to be done in between. */
void ht_tcp_fold(struct ht_tcp *tcp);
void ht_tcp_unfold(struct ht_tcp *tcp);

/* ht_tcp_free frees what the directions keep. */
void ht_tcp_free(struct ht_tcp *tcp);

/* ht_tcp_summarise fills the record's object; `client` is the client's side. The options in it are
 * views into `tcp`. */
void ht_tcp_summarise(const struct ht_tcp *tcp, unsigned client, struct ht_tcp_summary *out);

/* What is sent again has types of its own, of the same names: the record's details hold what the
 * first SYN and SYN-ACK offer, and the timeline what others do. */
extern const struct ht_event_type ht_tcp_syn_event, ht_tcp_syn_again_event, ht_tcp_syn_ack_event,
    ht_tcp_syn_ack_again_event, ht_tcp_ack_event, ht_tcp_fin_event, ht_tcp_rst_event;
extern const struct ht_event_type *const ht_tcp_events[];

/* Data of tcp.syn and tcp.syn_ack. Whole words, by which the same is found (event/shape.h). */
struct ht_tcp_open {
    _Alignas(uint64_t) uint16_t mss;
    uint8_t window_scale;
    bool window_scaling, sack_permitted, timestamps, fast_open, retransmission;
    uint16_t window;
};

#endif
