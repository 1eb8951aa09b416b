#include "flow/copies.h"

#include "base/hash.h"

#include <netinet/in.h>

void ht_recent_note(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns)
{
    ht_recent_add(recent, ht_recent_hash(packet), time_ns);
}

/* Not inlined, for the sake of segments. */
__attribute__((noinline)) static bool
is_datagram_known(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns)
{
    enum { HEAD = 64 /* bytes of a datagram that are looked at */ };
    uint64_t payload = ht_hash(ht_bytes_head(packet->payload, HEAD), 0);
    return ht_recent_is_known(recent, ht_recent_add_word(ht_recent_hash(packet), payload), time_ns);
}

bool ht_recent_is_copy(struct ht_recent *recent, const struct ht_packet *packet, int64_t time_ns)
{
    if (!ht_recent_can_be_known(packet)) {
        return false;
    }
    return packet->protocol == IPPROTO_TCP
               ? ht_recent_is_known(recent, ht_recent_hash(packet), time_ns)
               : is_datagram_known(recent, packet, time_ns);
}

void ht_recent_forget(struct ht_recent *recent)
{
    *recent = (struct ht_recent){.copies = recent->copies};
}
