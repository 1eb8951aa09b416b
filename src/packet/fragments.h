/*
 * IP fragments to datagrams: IPv4 (RFC 791 section 3.2) and IPv6 (RFC 8200 section 4.5), in any
 * order, whole or cut by the snapshot length, inside tunnels too. A value: what comes out depends
 * on nothing but the frames that went in.
 *
 * A datagram comes out as a frame of its own: what the last of its frames had before the IP header,
 * the IP header of its first fragment, and the data of all. So whatever reads frames reads it, with
 * its VLAN tags and tunnels.
 */
#ifndef HT_PACKET_FRAGMENTS_H
#define HT_PACKET_FRAGMENTS_H

#include "base/arena.h"
#include "packet/packet.h"

enum {
    HT_MAX_FRAGMENTED      = 4096, /* datagrams that are not complete */
    HT_MAX_FRAGMENTED_DONE = 64,   /* complete ones, kept to know copies of their fragments by */
    HT_MAX_FRAGMENT_BYTES  = 32 << 20
};

struct ht_fragment_counts {
    uint64_t datagrams;  /* put together */
    uint64_t duplicates; /* fragments that were there already, byte for byte */
    uint64_t overlaps;   /* datagrams refused: RFC 5722 in IPv6; in IPv4, where contents differ */
    uint64_t malformed;  /* fragments that cannot be part of any datagram */
    uint64_t incomplete; /* datagrams of which fragments are missing */
    uint64_t evicted;    /* of these, how many went to make room */
};

struct ht_fragmented;

/* Datagrams in the order in which their first fragment came. */
struct ht_fragmented_list {
    struct ht_fragmented *oldest, *newest;
    uint32_t len;
};

/* Owns what it points at. */
struct ht_fragments {
    struct ht_fragment_counts counts;
    struct ht_budget budget; /* of `waiting` and `done` */
    struct ht_fragmented **buckets;
    struct ht_fragmented_list waiting, done;
    struct ht_buffer out[2]; /* frames that were made, in turns: of one, the next may be made */
    uint64_t seed;           /* of the hash */
};

/* ht_fragments_init makes it empty. A stranger who knows the hash's `seed` can make look-ups slow.
 */
void ht_fragments_init(struct ht_fragments *fragments, uint64_t seed);

/* ht_fragments_take takes `frame`, which was decoded to `packet` with HT_DECODE_FRAGMENT. Where a
 * datagram is complete with it, `frame` becomes that datagram's, `packet` what is in it, and the
 * outcome of its decoding is returned; a datagram that is itself a fragment, of a tunnel's inner
 * packet, is taken likewise. Else HT_DECODE_FRAGMENT. Views live until the next call. */
enum ht_decode ht_fragments_take(struct ht_fragments *fragments, struct ht_frame *frame,
                                 struct ht_packet *packet);

/* ht_fragments_flush gives up what is not complete, as at the end of a source. */
void ht_fragments_flush(struct ht_fragments *fragments);

void ht_fragments_free(struct ht_fragments *fragments);

#endif
