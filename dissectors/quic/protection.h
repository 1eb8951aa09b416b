/*
 * The protection of Initial and Retry packets, whose keys every observer can derive (RFC 9001
 * sections 5.2 to 5.4 and 5.8, RFC 9369 section 3.3).
 */
#ifndef HT_QUIC_PROTECTION_H
#define HT_QUIC_PROTECTION_H

#include "quic/packet.h"

/* What one side's Initial packets are sealed with. */
struct quic_keys {
    uint8_t key[16], iv[12], header[16];
};

/* quic_initial_keys derives the keys of the client's packets, or of the server's, from the
 * destination connection id of the client's first; false where libcrypto refuses. */
bool quic_initial_keys(struct quic_keys *out, const struct quic_protection *protection,
                       struct ht_bytes destination_id, bool client);

/* quic_open removes header protection and opens an Initial packet. `*largest` is the largest packet
 * number of that side yet, plus one (RFC 9000 section 17.1), and is brought up to date. Returns the
 * frames, in `scratch`; an empty view where key and packet do not belong together. Of a packet that
 * was cut the frames that are there, without proof. */
struct ht_bytes quic_open(const struct quic_keys *keys, const struct quic_packet *packet,
                          uint64_t *largest, struct ht_arena *scratch);

/* quic_retry_authentic: the Retry answers an Initial that was sent to `original_id`. `protection`
 * has a key for it. */
bool quic_retry_authentic(const struct quic_protection *protection,
                          const struct quic_packet *packet, struct ht_bytes original_id,
                          struct ht_arena *scratch);

#endif
