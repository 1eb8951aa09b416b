/*
 * What is in Initial packets: the input is frames, which are sealed here, since no mutation would
 * pass a packet's tag. Chunks: a byte of side, version and what is done to the packet, a byte of
 * packet number, a length, the frames.
 */
#include "fuzz.h"
#include "recorder.h"

#include "crypto/aead.h"
#include "quic/protection.h"

#include <openssl/evp.h>

#include <stdlib.h>

extern const struct ht_dissector quic_dissector;

enum { SERVER = 1, VERSION_2 = 2, GOOGLE = 4, CUT = 8, OTHER_ID = 16, RAW = 32, MAX_FRAMES = 2048 };

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void encrypt(const struct quic_keys *keys, const uint8_t nonce[12], struct ht_bytes header,
                    struct ht_bytes frames, uint8_t *out)
{
    int len                 = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    demand(EVP_EncryptInit_ex2(context, EVP_aes_128_gcm(), keys->key, nonce, NULL) == 1);
    demand(EVP_EncryptUpdate(context, NULL, &len, header.ptr, (int)header.len) == 1);
    demand(EVP_EncryptUpdate(context, out, &len, frames.ptr, (int)frames.len) == 1);
    demand(EVP_EncryptFinal_ex(context, out + frames.len, &len) == 1);
    demand(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, out + frames.len) == 1);
    EVP_CIPHER_CTX_free(context);
}

/* An Initial packet with a packet number of one byte, and 4 bytes of PADDING for the sample. */
static size_t seal(uint8_t *out, uint8_t kind, uint8_t number, struct ht_bytes frames)
{
    static const uint8_t ids[2][4]     = {{0xC1, 0xC2, 0xC3, 0xC4}, {0xD1, 0xD2, 0xD3, 0xD4}};
    static const uint8_t versions[][4] = {
        {0, 0, 0, 1}, {0x6B, 0x33, 0x43, 0xCF}, {'T', '0', '5', '1'}};
    const uint8_t *id      = ids[(kind & OTHER_ID) != 0];
    const uint8_t *version = versions[(kind & GOOGLE) != 0 ? 2 : (kind & VERSION_2) != 0];
    struct ht_reader r     = ht_reader(ht_bytes(version, 4));
    const struct quic_protection *protection = quic_version_find(rd_u32(&r))->protection;
    struct quic_keys keys;
    uint8_t nonce[12], mask[16], plain[MAX_FRAMES + 4] = {0};
    size_t n = 0, len = 1 + frames.len + 4 + 16;
    if (frames.len > 0) {
        memcpy(plain, frames.ptr, frames.len);
    }
    demand(quic_initial_keys(&keys, protection, ht_bytes(id, 4), (kind & SERVER) == 0));
    out[n++] = protection->v2 ? 0xD0 : 0xC0;
    memcpy(out + n, version, 4);
    n += 4;
    out[n++] = (kind & SERVER) == 0 ? 4 : 0; /* to the server's id, or to none */
    if ((kind & SERVER) == 0) {
        memcpy(out + n, id, 4);
        n += 4;
    }
    out[n++]  = 0;
    out[n++]  = 0;
    out[n++]  = (uint8_t)(0x40 | len >> 8);
    out[n++]  = (uint8_t)len;
    size_t at = n;
    out[n++]  = number;
    memcpy(nonce, keys.iv, sizeof nonce);
    nonce[11] ^= number;
    encrypt(&keys, nonce, ht_bytes(out, n), ht_bytes(plain, frames.len + 4), out + n);
    demand(ht_aes128_block(mask, keys.header, out + at + 4));
    out[0] ^= mask[0] & 0x0F;
    out[at] ^= mask[1];
    return n + frames.len + 4 + 16;
}

static void send(struct recorder *r, uint8_t kind, uint8_t number, struct ht_bytes frames)
{
    uint8_t packet[MAX_FRAMES + 64];
    size_t len = frames.len;
    if ((kind & RAW) != 0) {
        if (frames.len == 0) {
            return;
        }
        memcpy(packet, frames.ptr, frames.len);
    } else {
        len = seal(packet, kind, number, frames);
    }
    size_t stored  = (kind & CUT) != 0 ? 1 + (len - 1) * number / 256 : len;
    uint8_t *exact = malloc(stored);
    demand(exact != NULL);
    memcpy(exact, packet, stored);
    enum ht_side side = (kind & SERVER) != 0 ? HT_SIDE_B : HT_SIDE_A;
    ht_dispatch_datagram(&r->dispatch, &r->emitter, side, ht_bytes(exact, stored), len);
    free(exact);
    r->emitter.frame++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_reader in = ht_reader(ht_bytes(data, len));
    struct recorder r;
    recorder_start(&r, &quic_dissector, false, 443);
    while (rd_more(&in)) {
        uint8_t kind = rd_u8(&in), number = rd_u8(&in);
        size_t want = rd_u16(&in) % MAX_FRAMES;
        send(&r, kind, number, rd_take(&in, want < rd_left(&in) ? want : rd_left(&in)));
    }
    recorder_end(&r);
    recorder_free(&r);
    return 0;
}
