#include "flow/copies.h"

#include "base/hash.h"

#include <netinet/in.h>

enum {
    WINDOW = 20000000 / 1024, /* 20 ms: copies come within 13 in all captures that we know of,
                               * and what is sent again under the old id after 40 or more */
    HEAD = 64                 /* bytes of a datagram that are looked at */
};

/* A step that is cheap, for a few packets are to be told apart: each word counts, as the factor is
 * odd; what they are in all is in the upper bits. */
static uint64_t add_word(uint64_t hash, uint64_t word)
{
    return (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
}

/* A capture of one's own packets may have no checksums yet, for the network card computes them:
 * what they would cover counts too: of the options the timestamp and SACK, whose newest edges come
 * first. Options are whole words of four bytes, by the header's length. */
static uint64_t tcp_signature(const struct ht_packet *packet)
{
    const struct ht_tcp_header *tcp = &packet->tcp;
    struct ht_bytes options         = tcp->options;
    uint64_t hash                   = (uint64_t)tcp->seq << 32 | tcp->ack, word;
    uint32_t half                   = 0;
    size_t at                       = 0;
    for (; at + sizeof word <= options.len; at += sizeof word) {
        memcpy(&word, options.ptr + at, sizeof word);
        hash = add_word(hash, word);
    }
    if (at + sizeof half <= options.len) {
        memcpy(&half, options.ptr + at, sizeof half);
    }
    return add_word(hash, (uint64_t)half << 24 ^ (uint64_t)tcp->window << 8 ^ tcp->flags);
}

static uint32_t signature_of(const struct ht_packet *packet, uint64_t transport)
{
    uint64_t header =
        (uint64_t)packet->id << 48 | (uint64_t)packet->checksum << 32 | packet->payload_len;
    uint64_t hash = add_word(transport, header);
    return (uint32_t)(hash ^ hash >> 32) | 1; /* 0: none */
}

/* Without identification, options, data, SYN or FIN it is an ACK or a RST of which a host sends one
 * for each packet that it gets, byte for byte the same. */
static bool can_be_known(const struct ht_packet *packet)
{
    const struct ht_tcp_header *tcp = &packet->tcp;
    return (packet->id | packet->payload_len | (tcp->flags & (HT_TCP_SYN | HT_TCP_FIN))) != 0 ||
           tcp->options.len > 0;
}

static bool holds(const struct ht_recent *recent, uint32_t signature)
{
    uint32_t same = 0; /* without a branch for each: the compiler compares four at once */
    for (int i = 0; i < HT_RECENT_PACKETS; i++) {
        same |= recent->signatures[i] == signature ? UINT32_MAX : 0;
    }
    return same != 0;
}

static uint32_t short_time(int64_t time_ns)
{
    return (uint32_t)((uint64_t)time_ns >> 10);
}

/* Either way: order varies. */
static bool is_soon(const struct ht_recent *recent, uint32_t time)
{
    return time - recent->time + WINDOW <= 2 * WINDOW;
}

/* Inlined where it is called twice: the usual packets are to go without a call. */
static inline bool is_known(struct ht_recent *recent, uint32_t signature, int64_t time_ns,
                            bool brings_new)
{
    uint32_t time = short_time(time_ns);
    bool soon     = is_soon(recent, time);
    recent->time  = time;
    if (!soon) {
        memset(recent->signatures, 0, sizeof recent->signatures);
    }
    if (!brings_new && holds(recent, signature)) {
        recent->copies++;
        return true;
    }
    recent->signatures[recent->num++ % HT_RECENT_PACKETS] = signature;
    return false;
}

__attribute__((noinline)) static bool
is_datagram_known(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns)
{
    uint64_t hash = ht_hash(ht_bytes_head(packet->payload, HEAD), 0);
    return is_known(recent, signature_of(packet, hash), time_ns, false);
}

bool ht_recent_is_copy(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns,
                       bool brings_new)
{
    if (!can_be_known(packet)) {
        return false;
    }
    if (packet->protocol != IPPROTO_TCP) {
        return is_datagram_known(recent, packet, time_ns);
    }
    return is_known(recent, signature_of(packet, tcp_signature(packet)), time_ns, brings_new);
}

void ht_recent_rest(struct ht_recent *recent, int64_t now_ns)
{
    if (!is_soon(recent, short_time(now_ns))) {
        *recent = (struct ht_recent){.copies = recent->copies};
    }
}
