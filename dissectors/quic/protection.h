/*
 * The protection of Initial and Retry packets, whose keys every observer can derive (RFC 9001
 * sections 5.2 to 5.4 and 5.8, RFC 9369 section 3.3); and of those whose secret is in a key log.
 */
#ifndef HT_QUIC_PROTECTION_H
#define HT_QUIC_PROTECTION_H

#include "crypto/digest.h"
#include "crypto/opener.h"
#include "quic/packet.h"

/* What one side's packets are sealed with. */
struct quic_keys {
    uint8_t key[HT_CIPHER_KEY_MAX], iv[HT_NONCE_LEN], header[HT_CIPHER_KEY_MAX];
    enum ht_cipher cipher;    /* of Initial packets AES-128-GCM */
    struct ht_opener *opener; /* NULL: of Initial packets */
};

/* quic_initial_keys derives the keys of the client's packets, or of the server's, from the
 * destination connection id of the client's first; false where libcrypto refuses. */
bool quic_initial_keys(struct quic_keys *out, const struct quic_protection *protection,
                       struct ht_bytes destination_id, bool client);

/* quic_secret_keys derives keys from a traffic secret (RFC 9001 section 5.1), by the digest and the
 * AEAD of the suite: `out->cipher` and `out->opener` are set already. */
bool quic_secret_keys(struct quic_keys *out, bool v2, enum ht_digest digest, size_t key_len,
                      struct ht_bytes secret);

/* quic_open removes header protection and opens a packet. `*largest` is the largest packet
 * number of that side yet, plus one (RFC 9000 section 17.1), and is brought up to date. Returns the
 * frames, in `scratch`; an empty view where key and packet do not belong together. Of an Initial
 * packet that was cut the frames that are there, without proof. */
struct ht_bytes quic_open(const struct quic_keys *keys, const struct quic_packet *packet,
                          uint64_t *largest, struct ht_arena *scratch);

/* quic_retry_authentic: the Retry answers an Initial that was sent to `original_id`. `protection`
 * has a key for it. */
bool quic_retry_authentic(const struct quic_protection *protection,
                          const struct quic_packet *packet, struct ht_bytes original_id,
                          struct ht_arena *scratch);

#endif
