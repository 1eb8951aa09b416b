#include "flow/copies.h"

#include "base/hash.h"

#include <netinet/in.h>

enum {
    WINDOW = 20000000 / 1024, /* 20 ms: copies come within 13 in all captures that we know of,
                               * and what is sent again under the old id after 40 or more */
    HEAD = 64                 /* bytes of a datagram that are looked at */
};

/* A capture of one's own packets may have no checksums yet, for the network card computes them:
 * what they would cover counts too. The end of the options is a timestamp or SACK's newest edges.
 */
static uint64_t tcp_signature(const struct ht_packet *packet)
{
    const struct ht_tcp_header *tcp = &packet->tcp;
    uint64_t options                = 0;
    if (tcp->options.len >= sizeof options) {
        memcpy(&options, tcp->options.ptr + tcp->options.len - sizeof options, sizeof options);
    }
    return ht_mix((uint64_t)tcp->seq << 32 | tcp->ack,
                  options ^ ((uint64_t)tcp->window << 8 | tcp->flags));
}

static uint32_t signature_of(const struct ht_packet *packet)
{
    uint64_t transport = packet->protocol == IPPROTO_TCP
                             ? tcp_signature(packet)
                             : ht_hash(ht_bytes_head(packet->payload, HEAD), 0);
    uint64_t header =
        (uint64_t)packet->id << 48 | (uint64_t)packet->checksum << 32 | packet->payload_len;
    return (uint32_t)ht_mix(transport, header) | 1; /* 0: none */
}

/* Without identification, options, data, SYN or FIN it is an ACK or a RST of which a host sends one
 * for each packet that it gets, byte for byte the same. */
static bool can_be_known(const struct ht_packet *packet)
{
    const struct ht_tcp_header *tcp = &packet->tcp;
    return (packet->id | packet->payload_len | (tcp->flags & (HT_TCP_SYN | HT_TCP_FIN))) != 0 ||
           tcp->options.len > 0;
}

bool ht_recent_is_copy(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns)
{
    uint32_t signature = signature_of(packet);
    uint32_t time      = (uint32_t)((uint64_t)time_ns >> 10);
    bool soon          = time - recent->time + WINDOW <= 2 * WINDOW; /* either way: order varies */
    bool found         = false;
    if (!can_be_known(packet)) {
        return false;
    }
    recent->time = time;
    if (!soon) {
        memset(recent->signatures, 0, sizeof recent->signatures);
    }
    for (int i = 0; i < HT_RECENT_PACKETS; i++) {
        found |= recent->signatures[i] == signature;
    }
    if (found) {
        recent->copies++;
        return true;
    }
    memmove(recent->signatures + 1, recent->signatures,
            sizeof recent->signatures - sizeof signature);
    recent->signatures[0] = signature;
    return false;
}
