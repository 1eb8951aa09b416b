/*
 * Sealed records of DTLS 1.2 and 1.3, for tests: what RFC 6347, 9146 and 9147 say a sender does,
 * by libcrypto and not by the code under test. One suite each: TLS_AES_128_GCM_SHA256, and
 * TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 with a handshake that is resumed.
 */
#ifndef HT_TEST_DTLS_SEAL_H
#define HT_TEST_DTLS_SEAL_H

#include "association.h"

#include "crypto/prf.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

enum { SECRET = 32, MASTER = 48, RANDOM = 32, KEY = 16, TAG = 16, EPOCHS = 16, DATAGRAMS = 32 };

/* Sides are 0, the client, and 1. */
struct sealed {
    uint16_t version;
    bool connection_ids, short_numbers, no_length, other_random;
    uint64_t number[2][EPOCHS];
    uint16_t message_seq[2];
    uint8_t master[MASTER];
    uint8_t secret[2][4][SECRET]; /* by epoch */
    uint8_t random[2][RANDOM];
    struct built transcript, message;
    struct built datagram[DATAGRAMS];
    size_t num;
    char key_log[1024];
};

static const char *const connection_id[2] = {"c1c2", "a1a2a3"}; /* that each side asks for */

static inline void log_secret(struct sealed *s, const char *label, const uint8_t *secret,
                              size_t len)
{
    size_t at = strlen(s->key_log);
    at += (size_t)snprintf(s->key_log + at, sizeof s->key_log - at, "%s ", label);
    for (size_t i = 0; i < RANDOM; i++) {
        at += (size_t)snprintf(s->key_log + at, sizeof s->key_log - at, "%02x", s->random[0][i]);
    }
    at += (size_t)snprintf(s->key_log + at, sizeof s->key_log - at, " ");
    for (size_t i = 0; i < len; i++) {
        at += (size_t)snprintf(s->key_log + at, sizeof s->key_log - at, "%02x", secret[i]);
    }
    (void)snprintf(s->key_log + at, sizeof s->key_log - at, "\n");
}

/* Chooses what a handshake would. */
static inline struct sealed *sealed_begin(struct sealed *s)
{
    static const char *const labels[2][4] = {
        {NULL, "CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
         "CLIENT_TRAFFIC_SECRET_0"},
        {NULL, NULL, "SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"}};
    memset(s->master, 0x4D, MASTER);
    for (int side = 0; side < 2; side++) {
        memset(s->random[side], (s->other_random ? 0x30 : 0x20) + side, RANDOM);
        for (int epoch = 1; epoch < 4; epoch++) {
            memset(s->secret[side][epoch], 0x10 * (side + 1) + epoch, SECRET);
        }
    }
    if (s->version == DTLS_12) {
        log_secret(s, "CLIENT_RANDOM", s->master, MASTER);
        return s;
    }
    for (int side = 0; side < 2; side++) {
        for (int epoch = 1; epoch < 4; epoch++) {
            if (labels[side][epoch] != NULL) {
                log_secret(s, labels[side][epoch], s->secret[side][epoch], SECRET);
            }
        }
    }
    return s;
}

/* RFC 8446 section 7.1 with the prefix of RFC 9147 section 5.9. */
static inline void expand(uint8_t *out, size_t len, const uint8_t secret[SECRET], const char *label)
{
    struct built info = {.len = 0};
    put_number(&info, len, 2);
    put_number(&info, 6 + strlen(label), 1);
    put(&info, "dtls13", 6);
    put(&info, label, strlen(label));
    put_number(&info, 0, 1);
    int mode      = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    char digest[] = "SHA256";
    uint8_t key[SECRET];
    memcpy(key, secret, SECRET);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, SECRET),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.bytes, info.len),
        OSSL_PARAM_construct_end()};
    EVP_KDF *kdf         = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    assert_int_equal(EVP_KDF_derive(context, out, len, params), 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
}

/* Appends what AES-128-GCM makes of `text`. */
static inline void seal(struct built *to, const uint8_t *key, const uint8_t nonce[12],
                        const struct built *aad, const struct built *text)
{
    int len                 = 0;
    uint8_t *out            = to->bytes + to->len;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_true(to->len + text->len + TAG <= MAX_LEN);
    assert_int_equal(EVP_EncryptInit_ex2(context, EVP_aes_128_gcm(), key, nonce, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(context, NULL, &len, aad->bytes, (int)aad->len), 1);
    assert_int_equal(EVP_EncryptUpdate(context, out, &len, text->bytes, (int)text->len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(context, out + len, &len), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG, out + text->len), 1);
    EVP_CIPHER_CTX_free(context);
    to->len += text->len + TAG;
}

static inline struct built *next_datagram(struct sealed *s)
{
    assert_true(s->num < DATAGRAMS);
    return &s->datagram[s->num++];
}

static inline struct ht_bytes id_to(const struct sealed *s, int receiver)
{
    return s->connection_ids ? hex(connection_id[receiver]) : ht_bytes(NULL, 0);
}

static inline void put_bytes(struct built *to, struct ht_bytes bytes)
{
    if (bytes.len > 0) {
        put(to, bytes.ptr, bytes.len);
    }
}

/* RFC 9147 sections 4, 4.2.1 and 4.2.3. */
static inline struct ht_bytes seal_13(struct sealed *s, int side, unsigned epoch,
                                      const struct built *text)
{
    uint8_t secret[SECRET], key[KEY], nonce[12], number_key[KEY], mask[2 * TAG];
    uint64_t number = s->number[side][epoch]++;
    memcpy(secret, s->secret[side][epoch < 3 ? epoch : 3], SECRET);
    for (unsigned i = 3; i < epoch; i++) {
        expand(secret, SECRET, secret, "traffic upd");
    }
    expand(key, KEY, secret, "key");
    expand(nonce, sizeof nonce, secret, "iv");
    expand(number_key, KEY, secret, "sn");
    for (size_t i = 0; i < 8; i++) {
        nonce[11 - i] ^= (uint8_t)(number >> (8 * i));
    }
    struct built *out  = next_datagram(s);
    struct ht_bytes id = id_to(s, 1 - side);
    size_t width       = s->short_numbers ? 1 : 2;
    put_number(out,
               0x20U | (id.len > 0 ? 0x10U : 0) | (width == 2 ? 0x08U : 0) |
                   (s->no_length ? 0 : 0x04U) | (epoch & 3),
               1);
    put_bytes(out, id);
    size_t number_at = out->len;
    put_number(out, number & (width == 2 ? 0xFFFF : 0xFF), width);
    if (!s->no_length) {
        put_number(out, text->len + TAG, 2);
    }
    const struct built header = *out;
    seal(out, key, nonce, &header, text);
    int len                 = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex2(context, EVP_aes_128_ecb(), number_key, NULL, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(context, mask, &len, out->bytes + header.len, TAG), 1);
    EVP_CIPHER_CTX_free(context);
    for (size_t i = 0; i < width; i++) {
        out->bytes[number_at + i] ^= mask[i];
    }
    return ht_bytes(out->bytes, out->len);
}

/* RFC 6347 section 4.1.2, RFC 5288 section 3, RFC 9146 section 5. */
static inline struct ht_bytes seal_12(struct sealed *s, int side, unsigned epoch, uint8_t type,
                                      const struct built *text)
{
    uint8_t seed[2 * RANDOM], block[2 * (KEY + 4)], nonce[12];
    uint64_t number = (uint64_t)epoch << 48 | s->number[side][epoch]++;
    memcpy(seed, s->random[1], RANDOM);
    memcpy(seed + RANDOM, s->random[0], RANDOM);
    assert_true(ht_prf(HT_PRF_SHA256, block, sizeof block, ht_bytes(s->master, MASTER),
                       "key expansion", ht_bytes(seed, sizeof seed)));
    struct ht_bytes id = id_to(s, 1 - side);
    struct built aad = {.len = 0}, explicit = {.len = 0}, *out = next_datagram(s);
    if (id.len > 0) {
        put_bytes(&aad, hex("ffffffffffffffff 19"));
        put_number(&aad, id.len, 1);
        put_number(&aad, DTLS_TLS12_CID, 1);
        put_number(&aad, DTLS_12, 2);
        put_number(&aad, number, 8);
        put_bytes(&aad, id);
    } else {
        put_number(&aad, number, 8);
        put_number(&aad, type, 1);
        put_number(&aad, DTLS_12, 2);
    }
    put_number(&aad, text->len, 2);
    put_number(&explicit, 0xE0E1E2E3E4E5E600 | (number & 0xFF), 8);
    memcpy(nonce, block + (size_t)2 * KEY + (size_t)side * 4, 4);
    memcpy(nonce + 4, explicit.bytes, 8);
    put_number(out, id.len > 0 ? DTLS_TLS12_CID : type, 1);
    put_number(out, DTLS_12, 2);
    put_number(out, number, 8);
    put_bytes(out, id);
    put_number(out, 8 + text->len + TAG, 2);
    put(out, explicit.bytes, 8);
    seal(out, block + (size_t)side * KEY, nonce, &aad, text);
    return ht_bytes(out->bytes, out->len);
}

/* A datagram of one record. */
static inline struct ht_bytes sealed_record(struct sealed *s, int side, unsigned epoch,
                                            uint8_t type, struct ht_bytes content)
{
    struct built text = {.len = 0};
    put_bytes(&text, content);
    if (s->version == DTLS_13) {
        put_number(&text, type, 1);
        return seal_13(s, side, epoch, &text);
    }
    if (s->connection_ids) {
        put_number(&text, type, 1);
        put_number(&text, 0, 3); /* padding */
    }
    return seal_12(s, side, epoch, type, &text);
}

/* A handshake message in `s->message`, and in the transcript: with DTLS's header up to 1.2 (RFC
 * 6347 section 4.2.6), without its own part of it in 1.3 (RFC 9147 section 5.2). */
static inline struct ht_bytes make_message(struct sealed *s, int side, uint8_t type,
                                           struct ht_bytes body)
{
    struct built *m = &s->message;
    m->len          = 0;
    put_number(m, type, 1);
    put_number(m, body.len, 3);
    put_number(m, s->message_seq[side]++, 2);
    put_number(m, 0, 3);
    put_number(m, body.len, 3);
    put_bytes(m, body);
    put(&s->transcript, m->bytes, s->version == DTLS_13 ? 4 : DTLS_HANDSHAKE_HEADER);
    put_bytes(&s->transcript, body);
    return ht_bytes(m->bytes, m->len);
}

static inline struct ht_bytes sealed_message(struct sealed *s, int side, unsigned epoch,
                                             uint8_t type, struct ht_bytes body)
{
    return sealed_record(s, side, epoch, TLS_HANDSHAKE, make_message(s, side, type, body));
}

static inline struct ht_bytes sealed_finished(struct sealed *s, int side, unsigned epoch)
{
    uint8_t hash[SECRET], key[SECRET], out[HT_DIGEST_MAX];
    unsigned len = 0;
    assert_int_equal(
        EVP_Digest(s->transcript.bytes, s->transcript.len, hash, &len, EVP_sha256(), NULL), 1);
    if (s->version == DTLS_12) {
        len = 12;
        assert_true(ht_prf(HT_PRF_SHA256, out, len, ht_bytes(s->master, MASTER),
                           side == 0 ? "client finished" : "server finished",
                           ht_bytes(hash, sizeof hash)));
    } else {
        expand(key, SECRET, s->secret[side][2], "finished");
        assert_non_null(HMAC(EVP_sha256(), key, SECRET, hash, sizeof hash, out, &len));
    }
    return sealed_message(s, side, epoch, TLS_FINISHED, ht_bytes(out, len));
}

static inline struct ht_bytes plain_message(struct sealed *s, int side, uint8_t type,
                                            const struct built *body)
{
    struct ht_bytes message = make_message(s, side, type, ht_bytes(body->bytes, body->len));
    struct built *out       = next_datagram(s);
    put_number(out, TLS_HANDSHAKE, 1);
    put_number(out, DTLS_12, 2);
    put_number(out, s->number[side][0]++, 8);
    put_number(out, message.len, 2);
    put_bytes(out, message);
    return ht_bytes(out->bytes, out->len);
}

/* supported_versions and connection_id, where there are any. */
static inline void put_extensions(struct built *to, const struct sealed *s, int side)
{
    struct built list  = {.len = 0};
    struct ht_bytes id = id_to(s, side);
    if (s->version == DTLS_13) {
        put_bytes(&list, side == 0 ? hex("002b 0003 02fefc") : hex("002b 0002 fefc"));
    }
    if (id.len > 0) {
        put_number(&list, 54, 2);
        put_number(&list, id.len + 1, 2);
        put_number(&list, id.len, 1);
        put_bytes(&list, id);
    }
    put_number(to, list.len, 2);
    put(to, list.bytes, list.len);
}

static inline struct ht_bytes sealed_client_hello(struct sealed *s)
{
    struct built body = {.len = 0};
    put_number(&body, DTLS_12, 2);
    put(&body, s->random[0], RANDOM);
    put_bytes(&body, hex("00 00 0002"));
    put_number(&body, s->version == DTLS_13 ? 0x1301 : 0xC02B, 2);
    put_bytes(&body, hex("01 00"));
    put_extensions(&body, s, 0);
    return plain_message(s, 0, TLS_CLIENT_HELLO, &body);
}

static inline struct ht_bytes sealed_server_hello(struct sealed *s)
{
    struct built body = {.len = 0};
    put_number(&body, DTLS_12, 2);
    put(&body, s->random[1], RANDOM);
    put_number(&body, 0, 1);
    put_number(&body, s->version == DTLS_13 ? 0x1301 : 0xC02B, 2);
    put_number(&body, 0, 1);
    put_extensions(&body, s, 1);
    return plain_message(s, 1, TLS_SERVER_HELLO, &body);
}

#endif
