/*
 * Packets that were captured twice. A mirror port that shows a packet as it comes in and as it goes
 * out, or two taps on its way, deliver it again within moments, perhaps with another VLAN tag, time
 * to live and IP checksum. Counted as what the party sent it would be told twice, and as a
 * retransmission that never was.
 *
 * A copy has the IPv4 identification, transport header and length of one of the last packets of its
 * direction, and comes within milliseconds. What a host sends again mostly has another
 * identification (RFC 6864 section 4.2), and where it has none (IPv6, or 0) another timestamp
 * option; or it comes later, for no timer is that short. Of bare ACKs and RSTs without either no
 * copy can be told. A copy that the network itself made counts too: nothing in a capture tells it
 * from a mirror's.
 */
#ifndef HT_FLOW_COPIES_H
#define HT_FLOW_COPIES_H

#include "packet/packet.h"

/* A tap may be a burst behind another. After a silence of HT_RECENT_FRAMES frames of the capture
 * nothing is a copy (flow/flow.h). */
enum { HT_RECENT_PACKETS = 8, HT_RECENT_FRAMES = 1 << 14 };

/* The last packets of a direction. Zeroed is a valid start. */
struct ht_recent {
    uint32_t signatures[HT_RECENT_PACKETS]; /* a ring */
    uint32_t num;                           /* packets put into it; wraps */
    uint32_t time;                          /* of the latest, in units of 1,024 ns; wraps */
    uint32_t copies;                        /* of them that came */
};

/* What follows are the parts of ht_recent_is_copy and ht_recent_note, to be inlined. */

/* A step that is cheap, for a few packets are to be told apart: each word counts, as the factor is
 * odd; what they are in all is in the upper bits. */
static inline uint64_t ht_recent_add_word(uint64_t hash, uint64_t word)
{
    return (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
}

static inline uint64_t ht_recent_add_at(uint64_t hash, const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return ht_recent_add_word(hash, word);
}

/* ht_recent_hash is of what tells packets apart. A capture of one's own packets may have no
 * checksums yet, for the network card computes them: so what they would cover counts too, of TCP
 * all of the header but its ports. Headers are whole words of four bytes; most have 12 bytes of
 * options. */
__attribute__((always_inline)) static inline uint64_t ht_recent_hash(const struct ht_packet *packet)
{
    enum { PORTS = 4, WORD = 8, USUAL = 32 };
    const uint8_t *header = packet->header.ptr;
    size_t len = packet->header.len, at = PORTS;
    uint64_t hash = (uint64_t)packet->id << 32 | packet->payload_len;
    uint32_t last;
    if (len == USUAL) {
        hash = ht_recent_add_at(hash, header + at);
        hash = ht_recent_add_at(hash, header + at + WORD);
        hash = ht_recent_add_at(hash, header + at + (size_t)2 * WORD);
    } else {
        for (; at + WORD <= len; at += WORD) {
            hash = ht_recent_add_at(hash, header + at);
        }
    }
    memcpy(&last, header + len - sizeof last, sizeof last); /* perhaps once more */
    return ht_recent_add_word(hash, last);
}

/* ht_recent_can_be_known: without identification, options, data, SYN or FIN it is an ACK or a RST
 * of which a host sends one for each packet that it gets, byte for byte the same. */
static inline bool ht_recent_can_be_known(const struct ht_packet *packet)
{
    enum { TCP_HEADER = 20 };
    const struct ht_tcp_header *tcp = &packet->tcp;
    return (packet->id | packet->payload_len | (tcp->flags & (HT_TCP_SYN | HT_TCP_FIN))) != 0 ||
           packet->header.len > TCP_HEADER;
}

/* ht_recent_signature is what is kept of a hash; 0: of none. */
static inline uint32_t ht_recent_signature(uint64_t hash)
{
    return (uint32_t)(hash ^ hash >> 32) | 1;
}

/* ht_recent_go_on goes on to the time of a packet; too late for copies of those before, either way,
 * for order varies, it forgets them. */
__attribute__((always_inline)) static inline void ht_recent_go_on(struct ht_recent *recent,
                                                                  int64_t time_ns)
{
    /* 20 ms: copies come within 13 in all captures that we know of, and what is sent again under
     * the old id after 40 or more. */
    enum { WINDOW = 20000000 / 1024 };
    uint32_t time = (uint32_t)((uint64_t)time_ns >> 10);
    bool soon     = time - recent->time + WINDOW <= 2 * WINDOW;
    recent->time  = time;
    if (!soon) {
        memset(recent->signatures, 0, sizeof recent->signatures);
    }
}

/* ht_recent_add makes a packet of that hash the latest. */
__attribute__((always_inline)) static inline void ht_recent_add(struct ht_recent *recent,
                                                                uint64_t hash, int64_t time_ns)
{
    ht_recent_go_on(recent, time_ns);
    recent->signatures[recent->num++ % HT_RECENT_PACKETS] = ht_recent_signature(hash);
}

/* ht_recent_is_known: was there one of that hash? If so it is counted, else it is the latest. */
__attribute__((always_inline)) static inline bool ht_recent_is_known(struct ht_recent *recent,
                                                                     uint64_t hash, int64_t time_ns)
{
    uint32_t signature = ht_recent_signature(hash), same = 0;
    ht_recent_go_on(recent, time_ns);
    for (int i = 0; i < HT_RECENT_PACKETS; i++) { /* without a branch for each: four at once */
        same |= recent->signatures[i] == signature ? UINT32_MAX : 0;
    }
    if (same == 0) {
        recent->signatures[recent->num++ % HT_RECENT_PACKETS] = signature;
    }
    recent->copies += same != 0;
    return same != 0;
}

/* ht_recent_is_copy: is it a copy of a recent packet of the direction? If so it is counted, else it
 * is the latest now. */
bool ht_recent_is_copy(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns);

/* ht_recent_note makes a packet the latest that brings new bytes of a stream, and so is no copy,
 * whatever it looks like: nobody can hide bytes by making two packets look alike. */
void ht_recent_note(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns);

/* ht_recent_forget forgets the packets, but not how many copies there were. */
void ht_recent_forget(struct ht_recent *recent);

#endif
