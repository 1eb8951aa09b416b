#include "flow/copies.h"

#include "base/hash.h"

#include <netinet/in.h>

enum {
    WINDOW = 20000000 / 1024, /* 20 ms: copies come within 13 in all captures that we know of,
                               * and what is sent again under the old id after 40 or more */
    HEAD       = 64,          /* bytes of a datagram that are looked at */
    TCP_HEADER = 20           /* bytes, without options */
};

/* A step that is cheap, for a few packets are to be told apart: each word counts, as the factor is
 * odd; what they are in all is in the upper bits. */
static uint64_t add_word(uint64_t hash, uint64_t word)
{
    return (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
}

/* A capture of one's own packets may have no checksums yet, for the network card computes them: so
 * what they would cover counts too, of TCP all of the header but its ports. Headers are whole words
 * of four bytes. */
static uint64_t hash_of(const struct ht_packet *packet)
{
    enum { PORTS = 4 };
    struct ht_bytes header = packet->header;
    uint64_t hash          = (uint64_t)packet->id << 32 | packet->payload_len, word;
    uint32_t last;
    for (size_t at = PORTS; at + sizeof word <= header.len; at += sizeof word) {
        memcpy(&word, header.ptr + at, sizeof word);
        hash = add_word(hash, word);
    }
    memcpy(&last, header.ptr + header.len - sizeof last, sizeof last); /* perhaps once more */
    return add_word(hash, last);
}

static uint32_t signature_of(uint64_t hash)
{
    return (uint32_t)(hash ^ hash >> 32) | 1; /* 0: none */
}

/* Without identification, options, data, SYN or FIN it is an ACK or a RST of which a host sends one
 * for each packet that it gets, byte for byte the same. */
static bool can_be_known(const struct ht_packet *packet)
{
    const struct ht_tcp_header *tcp = &packet->tcp;
    return (packet->id | packet->payload_len | (tcp->flags & (HT_TCP_SYN | HT_TCP_FIN))) != 0 ||
           packet->header.len > TCP_HEADER;
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

/* Goes on to the time of a packet; too late for copies of those before, it forgets them. */
static inline void go_on(struct ht_recent *recent, int64_t time_ns)
{
    uint32_t time = short_time(time_ns);
    bool soon     = is_soon(recent, time);
    recent->time  = time;
    if (!soon) {
        memset(recent->signatures, 0, sizeof recent->signatures);
    }
}

static inline void add(struct ht_recent *recent, uint32_t signature)
{
    recent->signatures[recent->num++ % HT_RECENT_PACKETS] = signature;
}

void ht_recent_note(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns)
{
    go_on(recent, time_ns);
    add(recent, signature_of(hash_of(packet)));
}

static inline bool is_known(struct ht_recent *recent, uint64_t hash, int64_t time_ns)
{
    uint32_t signature = signature_of(hash);
    go_on(recent, time_ns);
    if (holds(recent, signature)) {
        recent->copies++;
        return true;
    }
    add(recent, signature);
    return false;
}

/* Not inlined, for the sake of segments. */
__attribute__((noinline)) static bool
is_datagram_known(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns)
{
    uint64_t payload = ht_hash(ht_bytes_head(packet->payload, HEAD), 0);
    return is_known(recent, add_word(hash_of(packet), payload), time_ns);
}

bool ht_recent_is_copy(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns)
{
    if (!can_be_known(packet)) {
        return false;
    }
    return packet->protocol == IPPROTO_TCP ? is_known(recent, hash_of(packet), time_ns)
                                           : is_datagram_known(recent, packet, time_ns);
}

void ht_recent_forget(struct ht_recent *recent)
{
    *recent = (struct ht_recent){.copies = recent->copies};
}
