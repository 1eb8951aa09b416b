#include "quic/protection.h"

#include "crypto/aead.h"
#include "crypto/hkdf.h"

enum {
    MAX_PACKET_NUMBER = 4,
    SAMPLE_LEN        = HT_AES_BLOCK_LEN,
    RESERVED = 0x0C /* bits of the first byte, 0 when unprotected (RFC 9000 section 17.2) */
};

bool quic_secret_keys(struct quic_keys *out, bool v2, enum ht_digest digest, size_t key_len,
                      struct ht_bytes secret)
{
    return ht_hkdf_expand_label(digest, out->key, key_len, secret,
                                v2 ? "quicv2 key" : "quic key") &&
           ht_hkdf_expand_label(digest, out->iv, sizeof out->iv, secret,
                                v2 ? "quicv2 iv" : "quic iv") &&
           ht_hkdf_expand_label(digest, out->header, key_len, secret, v2 ? "quicv2 hp" : "quic hp");
}

bool quic_initial_keys(struct quic_keys *out, const struct quic_protection *protection,
                       struct ht_bytes destination_id, bool client)
{
    uint8_t initial[HT_SECRET_LEN], secret[HT_SECRET_LEN];
    *out = (struct quic_keys){.cipher = HT_AES_128_GCM};
    return ht_hkdf_extract(initial, ht_bytes(protection->salt, QUIC_SALT_LEN), destination_id) &&
           ht_hkdf_expand_label(HT_SHA256, secret, sizeof secret, ht_bytes(initial, sizeof initial),
                                client ? "client in" : "server in") &&
           quic_secret_keys(out, protection->v2, HT_SHA256, HT_AES_KEY_LEN,
                            ht_bytes(secret, sizeof secret));
}

/* What hides the packet number (RFC 9001 section 5.4.1). */
static bool make_mask(const struct quic_keys *keys, uint8_t mask[HT_AES_BLOCK_LEN],
                      const uint8_t *sample)
{
    return keys->opener != NULL
               ? ht_open_mask(keys->opener, keys->cipher, mask, keys->header, sample)
               : ht_aes128_block(mask, keys->header, sample);
}

/* RFC 9000 appendix A.3: the number nearest to `next` that ends in the `bits` that were sent. */
static uint64_t whole_number(uint64_t next, uint64_t sent, unsigned bits)
{
    uint64_t window = UINT64_C(1) << bits, half = window / 2;
    uint64_t candidate = (next & ~(window - 1)) | sent;
    if (candidate + half <= next && candidate < (UINT64_C(1) << 62) - window) {
        return candidate + window;
    }
    return candidate > next + half && candidate >= window ? candidate - window : candidate;
}

/* The header without its protection, in `scratch`: what the tag proves besides the payload. */
static struct ht_bytes bare_header(const struct quic_keys *keys, const struct quic_packet *packet,
                                   struct ht_arena *scratch)
{
    uint8_t mask[HT_AES_BLOCK_LEN];
    size_t at = packet->header_len;
    if (packet->bytes.len < at + MAX_PACKET_NUMBER + SAMPLE_LEN ||
        !make_mask(keys, mask, packet->bytes.ptr + at + MAX_PACKET_NUMBER)) {
        return ht_bytes(NULL, 0);
    }
    uint8_t *header = ht_arena_alloc(scratch, at + MAX_PACKET_NUMBER);
    if (header == NULL) {
        return ht_bytes(NULL, 0);
    }
    memcpy(header, packet->bytes.ptr, at + MAX_PACKET_NUMBER);
    header[0] ^= mask[0] & (packet->type == QUIC_ONE_RTT ? 0x1F : 0x0F);
    if (packet->cut && (header[0] & RESERVED) != 0) {
        return ht_bytes(NULL, 0); /* where no tag proves anything, this does a little */
    }
    size_t number_len = (header[0] & 3U) + 1;
    for (size_t i = 0; i < number_len; i++) {
        header[at + i] ^= mask[1 + i];
    }
    return ht_bytes(header, at + number_len);
}

static void make_nonce(uint8_t nonce[HT_GCM_NONCE_LEN], const struct quic_keys *keys,
                       uint64_t number)
{
    memcpy(nonce, keys->iv, HT_GCM_NONCE_LEN);
    for (size_t i = 0; i < 8; i++) {
        nonce[HT_GCM_NONCE_LEN - 1 - i] ^= (uint8_t)(number >> 8 * i);
    }
}

/* Decrypts to `out`; an Initial packet that was cut without proof. */
static bool unseal(const struct quic_keys *keys, const struct quic_packet *packet, uint8_t *out,
                   const uint8_t *nonce, const struct ht_sealed *sealed)
{
    if (keys->opener != NULL) {
        return !packet->cut &&
               ht_open_sealed(keys->opener, keys->cipher, out, keys->key, nonce, sealed);
    }
    return packet->cut ? ht_aes128_gcm_decrypt(out, keys->key, nonce, sealed->bytes)
                       : ht_aes128_gcm_open(out, keys->key, nonce, sealed->aad, sealed->bytes);
}

struct ht_bytes quic_open(const struct quic_keys *keys, const struct quic_packet *packet,
                          uint64_t *largest, struct ht_arena *scratch)
{
    uint8_t nonce[HT_GCM_NONCE_LEN];
    struct ht_bytes none   = ht_bytes(NULL, 0);
    struct ht_bytes header = bare_header(keys, packet, scratch);
    if (header.len == 0) {
        return none;
    }
    struct ht_reader r            = ht_reader(ht_bytes_from(header, packet->header_len));
    unsigned number_len           = (unsigned)rd_left(&r);
    uint64_t number               = whole_number(*largest, rd_uint(&r, number_len), 8 * number_len);
    const struct ht_sealed sealed = {ht_bytes_from(packet->bytes, header.len), header,
                                     HT_GCM_TAG_LEN};
    size_t len                    = sealed.bytes.len - (packet->cut ? 0 : sealed.tag_len);
    uint8_t *frames               = ht_arena_alloc(scratch, len);
    make_nonce(nonce, keys, number);
    if (frames == NULL || !unseal(keys, packet, frames, nonce, &sealed)) {
        return none;
    }
    if (!packet->cut && number >= *largest) {
        *largest = number + 1;
    }
    return ht_bytes(frames, len);
}

/* The tag proves the Retry Pseudo-Packet: the original connection id, then the packet. */
bool quic_retry_authentic(const struct quic_protection *protection,
                          const struct quic_packet *packet, struct ht_bytes original_id,
                          struct ht_arena *scratch)
{
    uint8_t nothing;
    struct ht_bytes body = ht_bytes_head(packet->bytes, packet->bytes.len - QUIC_RETRY_TAG_LEN);
    struct ht_bytes tag  = ht_bytes_from(packet->bytes, body.len);
    size_t len           = 1 + original_id.len + body.len;
    uint8_t *pseudo      = ht_arena_alloc(scratch, len);
    if (pseudo == NULL) {
        return false;
    }
    pseudo[0] = (uint8_t)original_id.len;
    if (original_id.len > 0) {
        memcpy(pseudo + 1, original_id.ptr, original_id.len);
    }
    memcpy(pseudo + 1 + original_id.len, body.ptr, body.len);
    return ht_aes128_gcm_open(&nothing, protection->retry_key, protection->retry_nonce,
                              ht_bytes(pseudo, len), tag);
}
