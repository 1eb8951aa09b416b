/*
 * Builds Initial packets, for what the RFCs print no example of.
 */
#ifndef HT_TEST_QUIC_SEAL_H
#define HT_TEST_QUIC_SEAL_H

#include "support.h"

#include "crypto/aead.h"
#include "quic/protection.h"

#include <openssl/evp.h>

struct sealed {
    uint8_t bytes[2048];
    size_t len;
};

/* put appends bytes given in hexadecimal. */
static inline void put(struct sealed *packet, struct ht_bytes more)
{
    assert_true(packet->len + more.len <= sizeof packet->bytes);
    if (more.len > 0) {
        memcpy(packet->bytes + packet->len, more.ptr, more.len);
    }
    packet->len += more.len;
}

static inline void put_uint(struct sealed *packet, uint64_t value, unsigned width)
{
    for (unsigned i = width; i-- > 0;) {
        put(packet, ht_bytes(&(uint8_t){(uint8_t)(value >> 8 * i)}, 1));
    }
}

static inline void encrypt(const struct quic_keys *keys, const uint8_t nonce[12],
                           struct ht_bytes header, struct ht_bytes frames, uint8_t *out)
{
    int len                 = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex2(context, EVP_aes_128_gcm(), keys->key, nonce, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(context, NULL, &len, header.ptr, (int)header.len), 1);
    assert_int_equal(EVP_EncryptUpdate(context, out, &len, frames.ptr, (int)frames.len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(context, out + frames.len, &len), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, out + frames.len), 1);
    EVP_CIPHER_CTX_free(context);
}

/* What a packet is made of. */
struct recipe {
    uint32_t version;
    const char *keys_from; /* the client's first destination connection id */
    bool client;
    const char *destination, *source;
    uint16_t number;
    const char *frames; /* padded with zeros to 32 bytes, or to what `pad` says */
    size_t pad;
};

/* seal builds the packet: RFC 9001 section 5, RFC 9000 section 17.2.2. */
static inline struct sealed seal(const struct recipe *r)
{
    const struct quic_protection *protection = quic_version_find(r->version)->protection;
    struct quic_keys keys;
    struct sealed packet = {0}, frames = {0};
    uint8_t nonce[12], mask[16];
    put(&frames, hex(r->frames));
    while (frames.len < (r->pad > 0 ? r->pad : 32)) {
        put_uint(&frames, 0, 1);
    }
    assert_true(quic_initial_keys(&keys, protection, hex(r->keys_from), r->client));
    put_uint(&packet, protection->v2 ? 0xD1 : 0xC1, 1); /* a packet number of two bytes */
    put_uint(&packet, r->version, 4);
    put_uint(&packet, hex(r->destination).len, 1);
    put(&packet, hex(r->destination));
    put_uint(&packet, hex(r->source).len, 1);
    put(&packet, hex(r->source));
    put_uint(&packet, 0, 1); /* no token */
    put_uint(&packet, 0x4000 | (2 + frames.len + 16), 2);
    size_t at = packet.len;
    put_uint(&packet, r->number, 2);
    memcpy(nonce, keys.iv, sizeof nonce);
    nonce[10] ^= (uint8_t)(r->number >> 8);
    nonce[11] ^= (uint8_t)r->number;
    encrypt(&keys, nonce, ht_bytes(packet.bytes, packet.len), ht_bytes(frames.bytes, frames.len),
            packet.bytes + packet.len);
    packet.len += frames.len + 16;
    assert_true(ht_aes128_block(mask, keys.header, packet.bytes + at + 4));
    packet.bytes[0] ^= mask[0] & 0x0F;
    packet.bytes[at] ^= mask[1];
    packet.bytes[at + 1] ^= mask[2];
    return packet;
}

#endif
