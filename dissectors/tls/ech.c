#include "tls/ech.h"

#include "crypto/hkdf.h"
#include "crypto/hpke.h"
#include "tls/messages.h"

enum {
    ENCRYPTED_CLIENT_HELLO = 0xfe0d,
    ECH_OUTER_EXTENSIONS   = 0xfd00,
    VERSION_AND_RANDOM     = 2 + 32,
    EXTENSION_HEADER       = 2 + 2
};

/* What of a ClientHello matters here; its parts as they are on the wire, their lengths too. */
struct hello {
    struct ht_bytes version_and_random, session_id;
    struct ht_bytes suites_and_compression;
    struct ht_bytes extensions; /* without their length */
    struct ht_bytes rest;       /* behind the message */
};

/* What lies between two places of a reader. */
static struct ht_bytes between(struct ht_reader before, const struct ht_reader *now)
{
    return rd_take(&before, rd_left(&before) - rd_left(now));
}

static bool read_hello(struct ht_bytes body, struct hello *out)
{
    struct ht_reader r      = ht_reader(body);
    out->version_and_random = rd_take(&r, VERSION_AND_RANDOM);
    struct ht_reader before = r;
    (void)rd_vec(&r, 1);
    out->session_id = between(before, &r);
    before          = r;
    (void)rd_vec(&r, 2);
    (void)rd_vec(&r, 1);
    out->suites_and_compression = between(before, &r);
    out->extensions             = rd_vec(&r, 2);
    bool good                   = !r.bad;
    out->rest                   = rd_rest(&r);
    return good;
}

/* Takes extensions off `block` up to the next one of this type, which is returned with its header;
 * empty: there is none. */
static struct ht_bytes next_of_type(struct ht_reader *block, uint16_t type)
{
    while (rd_more(block)) {
        struct ht_reader before = *block;
        uint16_t found          = rd_u16(block);
        (void)rd_vec(block, 2);
        if (!block->bad && found == type) {
            return between(before, block);
        }
    }
    return ht_bytes(NULL, 0);
}

/* An ECHClientHello of type outer (section 5). */
struct sealed {
    struct ht_hpke_suite suite; /* but for the KEM */
    struct ht_bytes payload;
    bool first; /* it has the client's encapsulated key, which a second hello has not */
};

static bool read_sealed(struct ht_bytes extensions, struct sealed *out)
{
    enum { OUTER = 0 };
    struct ht_reader block = ht_reader(extensions);
    struct ht_reader r =
        ht_reader(ht_bytes_from(next_of_type(&block, ENCRYPTED_CLIENT_HELLO), EXTENSION_HEADER));
    uint8_t type    = rd_u8(&r);
    out->suite.kdf  = rd_u16(&r);
    out->suite.aead = rd_u16(&r);
    rd_skip(&r, 1); /* config_id */
    out->first   = rd_vec(&r, 2).len > 0;
    out->payload = rd_vec(&r, 2);
    return rd_done(&r) && type == OUTER && out->payload.len > HT_HPKE_TAG_LEN;
}

/* struct { uint16 version; uint16 length; uint8 config_id; HpkeKemId kem_id; HpkePublicKey
 * public_key<1..2^16-1>; HpkeSymmetricCipherSuite cipher_suites<4..2^16-4>; uint8
 * maximum_name_length; opaque public_name<1..255>; … } ECHConfig. */
static struct ht_bytes read_config(struct ht_bytes config, uint16_t *out_kem)
{
    struct ht_reader r = ht_reader(config);
    rd_skip(&r, 2 + 2 + 1);
    *out_kem = rd_u16(&r);
    (void)rd_vec(&r, 2);
    (void)rd_vec(&r, 2);
    rd_skip(&r, 1);
    return rd_vec(&r, 1);
}

struct ht_bytes tls_ech_public_name(struct ht_bytes config)
{
    uint16_t kem;
    return read_config(config, &kem);
}

/* "tls ech", 0 and the ECHConfig, of which also the KEM is (section 6.1). */
static bool schedule(struct ht_hpke *out, struct ht_hpke_suite suite,
                     const struct tls_ech_secrets *secrets)
{
    static const char label[] = "tls ech";
    uint8_t info[HT_HPKE_INFO_MAX];
    size_t len = sizeof label + secrets->config.len;
    if (secrets->config.len == 0 || len > sizeof info) {
        return false;
    }
    memcpy(info, label, sizeof label);
    memcpy(info + sizeof label, secrets->config.ptr, secrets->config.len);
    (void)read_config(secrets->config, &suite.kem);
    return ht_hpke_schedule(out, &suite, secrets->shared_secret, ht_bytes(info, len));
}

/* Opens the payload: ClientHelloOuterAAD is the hello with zeros in its place (section 5.2).
 * An EncodedClientHelloInner, in scratch; empty: it is not sealed with this. */
static struct ht_bytes open_payload(const struct ht_hpke *hpke, struct ht_opener *opener,
                                    struct ht_bytes outer, const struct sealed *sealed,
                                    struct ht_arena *scratch)
{
    size_t at     = (size_t)(sealed->payload.ptr - outer.ptr);
    uint8_t *aad  = ht_arena_alloc(scratch, outer.len);
    uint8_t *text = ht_arena_alloc(scratch, sealed->payload.len);
    if (aad == NULL || text == NULL) {
        return ht_bytes(NULL, 0);
    }
    memcpy(aad, outer.ptr, outer.len);
    memset(aad + at, 0, sealed->payload.len);
    return ht_hpke_open(hpke, opener, sealed->first ? 0 : 1, text, ht_bytes(aad, outer.len),
                        sealed->payload)
               ? ht_bytes(text, sealed->payload.len - HT_HPKE_TAG_LEN)
               : ht_bytes(NULL, 0);
}

static uint8_t *put(uint8_t *to, struct ht_bytes bytes)
{
    if (bytes.len > 0) {
        memcpy(to, bytes.ptr, bytes.len);
    }
    return to + bytes.len;
}

/* In place of ech_outer_extensions those of the outer hello whose types it lists, in that hello's
 * order (section 5.1). Each of them is taken once, so that no more comes out than both hellos have.
 * Returns the end; NULL where one is missing. */
static uint8_t *put_outer(uint8_t *to, struct ht_bytes content, struct ht_reader *outer)
{
    struct ht_reader types = ht_reader(content);
    struct ht_reader list  = ht_reader(rd_vec(&types, 1));
    while (rd_more(&list)) {
        uint16_t type         = rd_u16(&list);
        struct ht_bytes taken = next_of_type(outer, type);
        if (list.bad || type == ENCRYPTED_CLIENT_HELLO || taken.len == 0) {
            return NULL;
        }
        to = put(to, taken);
    }
    return rd_done(&types) ? to : NULL;
}

static uint8_t *put_extensions(uint8_t *to, struct ht_bytes inner, struct ht_bytes outer)
{
    struct ht_reader r = ht_reader(inner), from = ht_reader(outer);
    while (rd_more(&r) && to != NULL) {
        struct ht_reader before = r;
        uint16_t type           = rd_u16(&r);
        struct ht_bytes content = rd_vec(&r, 2);
        if (r.bad) {
            return NULL;
        }
        to = type == ECH_OUTER_EXTENSIONS ? put_outer(to, content, &from)
                                          : put(to, between(before, &r));
    }
    return to;
}

static void put_length(uint8_t *to, size_t width, size_t len)
{
    for (size_t i = 0; i < width; i++) {
        to[i] = (uint8_t)(len >> (8 * (width - 1 - i)));
    }
}

static bool is_zeros(struct ht_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.ptr[i] != 0) {
            return false;
        }
    }
    return true;
}

/* The session id is the outer hello's, and what follows the inner one is padding. */
struct ht_bytes tls_ech_decode(struct ht_bytes encoded, struct ht_bytes outer,
                               struct ht_arena *scratch)
{
    struct hello inner, from;
    uint8_t *message = ht_arena_alloc(scratch, TLS_HANDSHAKE_HEADER + encoded.len + outer.len);
    if (message == NULL || !read_hello(encoded, &inner) || !read_hello(outer, &from) ||
        inner.session_id.len != 1 || !is_zeros(inner.rest)) {
        return ht_bytes(NULL, 0);
    }
    uint8_t *to         = put(message + TLS_HANDSHAKE_HEADER, inner.version_and_random);
    to                  = put(to, from.session_id);
    to                  = put(to, inner.suites_and_compression);
    uint8_t *extensions = to + 2;
    uint8_t *end        = put_extensions(extensions, inner.extensions, from.extensions);
    if (end == NULL || end - extensions > UINT16_MAX) {
        return ht_bytes(NULL, 0);
    }
    message[0] = TLS_CLIENT_HELLO;
    put_length(message + 1, 3, (size_t)(end - message) - TLS_HANDSHAKE_HEADER);
    put_length(to, 2, (size_t)(end - extensions));
    return ht_bytes(message, (size_t)(end - message));
}

struct ht_bytes tls_ech_open(const struct tls_ech_secrets *secrets, struct ht_opener *opener,
                             struct ht_bytes outer, struct ht_arena *scratch)
{
    struct hello hello;
    struct sealed sealed = {0};
    struct ht_hpke hpke;
    if (!read_hello(outer, &hello) || !read_sealed(hello.extensions, &sealed) ||
        !schedule(&hpke, sealed.suite, secrets)) {
        return ht_bytes(NULL, 0);
    }
    struct ht_bytes encoded = open_payload(&hpke, opener, outer, &sealed, scratch);
    return encoded.len > 0 ? tls_ech_decode(encoded, outer, scratch) : encoded;
}

bool tls_ech_confirm(uint8_t out[TLS_ECH_CONFIRMATION_LEN], enum ht_digest digest,
                     struct ht_bytes inner_random, struct ht_bytes transcript)
{
    static const uint8_t zeros[HT_DIGEST_MAX];
    uint8_t secret[HT_DIGEST_MAX], hash[HT_DIGEST_MAX];
    size_t len = ht_digest_len(digest);
    return ht_digest(NULL, digest, hash, transcript) == len &&
           ht_hmac(digest, secret, ht_bytes(zeros, len), inner_random) &&
           ht_hkdf_expand_label_context(digest, out, TLS_ECH_CONFIRMATION_LEN,
                                        ht_bytes(secret, len), "ech accept confirmation",
                                        ht_bytes(hash, len));
}
