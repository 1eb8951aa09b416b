#include "tls/keys.h"

#include "crypto/hkdf.h"
#include "crypto/rc4.h"

enum {
    SALT_LEN     = 4, /* of GCM and CCM (RFC 5288 section 3) */
    EXPLICIT_LEN = 8,
    SEQUENCE_LEN = 8,
    LENGTH_LEN   = 2,
    MAX_AAD      = TLS_HEADER_MAX + LENGTH_LEN,
    MAX_STREAM   = 16 * 1024, /* of RC4's key stream; what comes later is not opened */
    LONGEST_MAC  = HT_DIGEST_MAX
};

/* What the words of a suite's name mean. One that another is part of comes after it. */
static const struct {
    const char *word;
    enum tls_mode mode; /* up to TLS 1.2; CBC: by the version */
    enum ht_cipher cipher;
    uint8_t key_len, tag_len;
} ciphers[] = {
    {"_AES_128_GCM_", TLS_MODE_AEAD_EXPLICIT, HT_AES_128_GCM, 16, 16},
    {"_AES_256_GCM_", TLS_MODE_AEAD_EXPLICIT, HT_AES_256_GCM, 32, 16},
    {"_CHACHA20_POLY1305_", TLS_MODE_AEAD_IMPLICIT, HT_CHACHA20_POLY1305, 32, 16},
    {"_AES_128_CCM_8", TLS_MODE_AEAD_EXPLICIT, HT_AES_128_CCM, 16, 8},
    {"_AES_256_CCM_8", TLS_MODE_AEAD_EXPLICIT, HT_AES_256_CCM, 32, 8},
    {"_AES_128_CCM", TLS_MODE_AEAD_EXPLICIT, HT_AES_128_CCM, 16, 16},
    {"_AES_256_CCM", TLS_MODE_AEAD_EXPLICIT, HT_AES_256_CCM, 32, 16},
    {"_ARIA_128_GCM_", TLS_MODE_AEAD_EXPLICIT, HT_ARIA_128_GCM, 16, 16},
    {"_ARIA_256_GCM_", TLS_MODE_AEAD_EXPLICIT, HT_ARIA_256_GCM, 32, 16},
    {"_AES_128_CBC_", TLS_MODE_CBC_EXPLICIT, HT_AES_128_CBC, 16, 0},
    {"_AES_256_CBC_", TLS_MODE_CBC_EXPLICIT, HT_AES_256_CBC, 32, 0},
    {"_3DES_EDE_CBC_", TLS_MODE_CBC_EXPLICIT, HT_3DES_CBC, 24, 0},
    {"_CAMELLIA_128_CBC_", TLS_MODE_CBC_EXPLICIT, HT_CAMELLIA_128_CBC, 16, 0},
    {"_CAMELLIA_256_CBC_", TLS_MODE_CBC_EXPLICIT, HT_CAMELLIA_256_CBC, 32, 0},
    {"_RC4_128_", TLS_MODE_RC4, HT_NUM_CIPHERS, 16, 0},
};

static const char *suite_name(struct ht_named suite)
{
    const struct ht_registry_entry *entry =
        suite.set ? ht_registry_find(&tls_cipher_suites, suite.id) : NULL;
    return entry != NULL ? entry->name : "";
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), end = strlen(suffix);
    return len >= end && strcmp(name + len - end, suffix) == 0;
}

static enum ht_digest mac_of(const char *name)
{
    return ends_with(name, "_SHA384")   ? HT_SHA384
           : ends_with(name, "_SHA256") ? HT_SHA256
           : ends_with(name, "_MD5")    ? HT_MD5
                                        : HT_SHA1;
}

enum ht_prf tls_prf_of(uint16_t version, struct ht_named suite)
{
    if (version < TLS_12) {
        return HT_PRF_MD5_SHA1;
    }
    return ends_with(suite_name(suite), "_SHA384") ? HT_PRF_SHA384 : HT_PRF_SHA256;
}

static uint8_t block_len(enum ht_cipher cipher)
{
    return cipher == HT_3DES_CBC ? 8 : 16;
}

static bool is_block(const struct tls_protection *p)
{
    return p->mode == TLS_MODE_CBC_CHAINED || p->mode == TLS_MODE_CBC_EXPLICIT;
}

/* What follows from the mode: how the nonce is made, and what proves a record. */
static void complete(struct tls_protection *p, const char *name)
{
    p->hash = mac_of(name);
    if (is_block(p) || p->mode == TLS_MODE_RC4) {
        p->mac_len = (uint8_t)ht_digest_len(p->hash);
        p->encrypt_then_mac &= is_block(p);
        p->iv_len = p->mode == TLS_MODE_CBC_CHAINED ? block_len(p->cipher) : 0;
    } else {
        p->encrypt_then_mac = false;
        p->iv_len           = p->mode == TLS_MODE_AEAD_EXPLICIT ? SALT_LEN : HT_NONCE_LEN;
    }
}

bool tls_protection_of(struct tls_protection *out, uint16_t version, struct ht_named suite,
                       bool encrypt_then_mac)
{
    const char *name = suite_name(suite);
    *out             = (struct tls_protection){.encrypt_then_mac = encrypt_then_mac,
                                               .prf              = tls_prf_of(version, suite)};
    size_t i         = 0;
    while (i < HT_ARRAY_LEN(ciphers) && strstr(name, ciphers[i].word) == NULL) {
        i++;
    }
    if (i == HT_ARRAY_LEN(ciphers) || version < TLS_10) {
        return false;
    }
    out->mode    = ciphers[i].mode;
    out->cipher  = ciphers[i].cipher;
    out->key_len = ciphers[i].key_len;
    out->tag_len = ciphers[i].tag_len;
    if (version >= TLS_13) {
        out->mode = TLS_MODE_13;
    } else if (out->mode == TLS_MODE_CBC_EXPLICIT && version == TLS_10) {
        out->mode = TLS_MODE_CBC_CHAINED;
    }
    complete(out, name);
    return version < TLS_13 || out->tag_len > 0;
}

bool tls_expand_label(bool datagrams, enum ht_digest digest, uint8_t *out, size_t len,
                      struct ht_bytes secret, const char *label)
{
    return datagrams ? ht_hkdf_expand_label_dtls(digest, out, len, secret, label)
                     : ht_hkdf_expand_label(digest, out, len, secret, label);
}

static bool expand(uint8_t *out, size_t len, const struct tls_protection *p, struct ht_bytes secret,
                   const char *label)
{
    return tls_expand_label(p->datagrams, p->hash, out, len, secret, label);
}

bool tls_keys_of_traffic_secret(struct tls_write_keys *out, const struct tls_protection *p,
                                struct ht_bytes secret)
{
    *out = (struct tls_write_keys){0};
    return expand(out->key, p->key_len, p, secret, "key") &&
           expand(out->iv, p->iv_len, p, secret, "iv") &&
           (!p->datagrams || expand(out->number, p->key_len, p, secret, "sn"));
}

bool tls_keys_of_master(struct tls_write_keys *out, const struct tls_protection *p,
                        struct ht_bytes master, struct ht_bytes client_random,
                        struct ht_bytes server_random, bool client)
{
    enum { RANDOM_LEN = 32 };
    uint8_t seed[2 * RANDOM_LEN];
    uint8_t block[2 * (LONGEST_MAC + HT_CIPHER_KEY_MAX + HT_CIPHER_BLOCK_MAX)];
    size_t len = 2 * ((size_t)p->mac_len + p->key_len + p->iv_len);
    *out       = (struct tls_write_keys){0};
    if (client_random.len != RANDOM_LEN || server_random.len != RANDOM_LEN) {
        return false;
    }
    memcpy(seed, server_random.ptr, RANDOM_LEN);
    memcpy(seed + RANDOM_LEN, client_random.ptr, RANDOM_LEN);
    if (!ht_prf(p->prf, block, len, master, "key expansion", ht_bytes(seed, sizeof seed))) {
        return false;
    }
    size_t side = client ? 0 : 1;
    memcpy(out->mac, block + side * p->mac_len, p->mac_len);
    size_t keys_at = (size_t)2 * p->mac_len, ivs_at = keys_at + (size_t)2 * p->key_len;
    memcpy(out->key, block + keys_at + side * p->key_len, p->key_len);
    memcpy(out->iv, block + ivs_at + side * p->iv_len, p->iv_len);
    return true;
}

static void put_sequence(uint8_t *out, uint64_t sequence)
{
    for (size_t i = 0; i < SEQUENCE_LEN; i++) {
        out[i] = (uint8_t)(sequence >> (8 * (SEQUENCE_LEN - 1 - i)));
    }
}

static void put_header(uint8_t *out, const struct tls_record *record, size_t len)
{
    out[0] = record->type;
    out[1] = (uint8_t)(record->version >> 8);
    out[2] = (uint8_t)record->version;
    out[3] = (uint8_t)(len >> 8);
    out[4] = (uint8_t)len;
}

/* The nonce of RFC 8446 section 5.3 and RFC 7905 section 2. */
static void implicit_nonce(uint8_t nonce[HT_NONCE_LEN], const uint8_t *iv, uint64_t sequence)
{
    uint8_t number[SEQUENCE_LEN];
    put_sequence(number, sequence);
    memcpy(nonce, iv, HT_NONCE_LEN);
    for (size_t i = 0; i < SEQUENCE_LEN; i++) {
        nonce[HT_NONCE_LEN - SEQUENCE_LEN + i] ^= number[i];
    }
}

/* One record, and what opens it. */
struct opening {
    struct ht_opener *opener;
    const struct tls_protection *p;
    const struct tls_write_keys *keys;
    const struct tls_position *position;
    const struct tls_record *record;
    uint8_t *text;            /* room for the whole fragment */
    struct ht_arena *scratch; /* for what is hashed */
};

/* What is proven with `len` bytes of content, up to TLS 1.2: sequence number and header (RFC 5246
 * section 6.2.3.3); writes it to `out` and returns its length. */
static size_t put_proven(const struct opening *o, uint8_t out[MAX_AAD], size_t len)
{
    struct ht_bytes header = o->position->header;
    if (header.len == 0) {
        put_sequence(out, o->position->sequence);
        put_header(out + SEQUENCE_LEN, o->record, len);
        return SEQUENCE_LEN + TLS_RECORD_HEADER;
    }
    memcpy(out, header.ptr, header.len);
    out[header.len]     = (uint8_t)(len >> 8);
    out[header.len + 1] = (uint8_t)len;
    return header.len + LENGTH_LEN;
}

static bool open_13(const struct opening *o, struct tls_record *out)
{
    uint8_t nonce[HT_NONCE_LEN], header[TLS_RECORD_HEADER];
    struct ht_bytes sealed = o->record->fragment, aad = o->position->header;
    if (aad.len == 0) {
        put_header(header, o->record, sealed.len);
        aad = ht_bytes(header, sizeof header);
    }
    implicit_nonce(nonce, o->keys->iv, o->position->sequence);
    const struct ht_sealed what = {sealed, aad, o->p->tag_len};
    if (!ht_open_sealed(o->opener, o->p->cipher, o->text, o->keys->key, nonce, &what)) {
        return false;
    }
    out->fragment = ht_bytes(o->text, sealed.len - o->p->tag_len);
    return true;
}

/* RFC 5246 section 6.2.3.3. */
static bool open_aead(const struct opening *o, struct tls_record *out)
{
    uint8_t nonce[HT_NONCE_LEN], aad[MAX_AAD];
    struct ht_bytes sealed = o->record->fragment;
    if (o->p->mode == TLS_MODE_AEAD_EXPLICIT) {
        if (sealed.len < EXPLICIT_LEN) {
            return false;
        }
        memcpy(nonce, o->keys->iv, SALT_LEN);
        memcpy(nonce + SALT_LEN, sealed.ptr, EXPLICIT_LEN);
        sealed = ht_bytes_from(sealed, EXPLICIT_LEN);
    } else {
        implicit_nonce(nonce, o->keys->iv, o->position->sequence);
    }
    if (sealed.len < o->p->tag_len) {
        return false;
    }
    size_t len                  = sealed.len - o->p->tag_len;
    out->fragment               = ht_bytes(o->text, len);
    const struct ht_sealed what = {sealed, ht_bytes(aad, put_proven(o, aad, len)), o->p->tag_len};
    return ht_open_sealed(o->opener, o->p->cipher, o->text, o->keys->key, nonce, &what);
}

/* Whether `mac` is that of `content` (RFC 5246 section 6.2.3.1, RFC 7366 section 3). */
static bool is_mac(const struct opening *o, struct ht_bytes content, struct ht_bytes mac)
{
    uint8_t made[HT_DIGEST_MAX];
    uint8_t *hashed = ht_arena_alloc(o->scratch, MAX_AAD + content.len);
    if (hashed == NULL || mac.len != o->p->mac_len) {
        return false;
    }
    size_t len = put_proven(o, hashed, content.len);
    if (content.len > 0) {
        memcpy(hashed + len, content.ptr, content.len);
    }
    return ht_hmac(o->p->hash, made, ht_bytes(o->keys->mac, o->p->mac_len),
                   ht_bytes(hashed, len + content.len)) &&
           memcmp(made, mac.ptr, mac.len) == 0;
}

/* Takes the MAC off the end. */
static bool take_mac(const struct opening *o, struct ht_bytes *text)
{
    if (text->len < o->p->mac_len) {
        return false;
    }
    struct ht_bytes content = ht_bytes_head(*text, text->len - o->p->mac_len);
    bool good               = is_mac(o, content, ht_bytes_from(*text, content.len));
    *text                   = content;
    return good;
}

/* Takes CBC's padding off the end: its length in each byte (RFC 5246 section 6.2.3.2). */
static bool take_padding(struct ht_bytes *text)
{
    if (text->len == 0) {
        return false;
    }
    size_t padding = (size_t)text->ptr[text->len - 1] + 1;
    if (padding > text->len) {
        return false;
    }
    for (size_t i = 1; i <= padding; i++) {
        if (text->ptr[text->len - i] != padding - 1) {
            return false;
        }
    }
    *text = ht_bytes_head(*text, text->len - padding);
    return true;
}

static bool open_blocks(const struct opening *o, struct tls_record *out)
{
    size_t block           = block_len(o->p->cipher);
    const uint8_t *iv      = o->keys->iv;
    struct ht_bytes sealed = o->record->fragment;
    if (o->p->encrypt_then_mac && !take_mac(o, &sealed)) {
        return false;
    }
    if (o->p->mode == TLS_MODE_CBC_EXPLICIT) {
        iv     = sealed.ptr;
        sealed = sealed.len >= block ? ht_bytes_from(sealed, block) : ht_bytes(NULL, 0);
    }
    if (sealed.len == 0 || sealed.len % block != 0 ||
        !ht_open_blocks(o->opener, o->p->cipher, o->text, o->keys->key, iv, sealed)) {
        return false;
    }
    out->fragment = ht_bytes(o->text, sealed.len);
    return take_padding(&out->fragment) && (o->p->encrypt_then_mac || take_mac(o, &out->fragment));
}

static bool open_rc4(const struct opening *o, struct tls_record *out)
{
    if (o->position->stream_bytes > MAX_STREAM) {
        return false;
    }
    ht_rc4(o->text, ht_bytes(o->keys->key, o->p->key_len), (size_t)o->position->stream_bytes,
           o->record->fragment);
    out->fragment = ht_bytes(o->text, o->record->fragment.len);
    return take_mac(o, &out->fragment);
}

/* Inner plaintext: content, its type, zeros (RFC 8446 section 5.2, RFC 9146 section 4). */
static bool take_type(struct tls_record *out)
{
    struct ht_bytes text = out->fragment;
    while (text.len > 0 && text.ptr[text.len - 1] == 0) {
        text.len--;
    }
    if (text.len == 0) {
        return false;
    }
    out->type     = text.ptr[text.len - 1];
    out->fragment = ht_bytes_head(text, text.len - 1);
    return true;
}

static bool open_by_mode(const struct opening *o, struct tls_record *out)
{
    switch (o->p->mode) {
    case TLS_MODE_13:
        return open_13(o, out);
    case TLS_MODE_AEAD_EXPLICIT:
    case TLS_MODE_AEAD_IMPLICIT:
        return open_aead(o, out);
    case TLS_MODE_CBC_CHAINED:
    case TLS_MODE_CBC_EXPLICIT:
        return open_blocks(o, out);
    case TLS_MODE_RC4:
        return open_rc4(o, out);
    case TLS_MODE_UNKNOWN:
        break;
    }
    return false;
}

bool tls_record_open(struct ht_opener *opener, const struct tls_protection *protection,
                     const struct tls_write_keys *keys, const struct tls_position *position,
                     const struct tls_record *record, struct ht_arena *scratch,
                     struct tls_record *out)
{
    const struct opening o = {.opener   = opener,
                              .p        = protection,
                              .keys     = keys,
                              .position = position,
                              .record   = record,
                              .scratch  = scratch,
                              .text     = ht_arena_alloc(scratch, record->fragment.len)};
    bool typed             = protection->mode == TLS_MODE_13 || position->header.len > 0;
    *out                   = *record;
    out->decrypted         = o.text != NULL && open_by_mode(&o, out) && (!typed || take_type(out));
    out->length            = (uint16_t)out->fragment.len;
    return out->decrypted;
}
