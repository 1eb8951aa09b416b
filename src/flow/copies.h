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

/* ht_recent_is_copy: is it a copy of a recent packet of the direction? If so it is counted, else it
 * is the latest now. */
bool ht_recent_is_copy(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns);

/* ht_recent_note makes a packet the latest that brings new bytes of a stream, and so is no copy,
 * whatever it looks like: nobody can hide bytes by making two packets look alike. */
void ht_recent_note(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns);

/* ht_recent_forget forgets the packets, but not how many copies there were. */
void ht_recent_forget(struct ht_recent *recent);

#endif
