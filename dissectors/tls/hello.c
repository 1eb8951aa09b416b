/*
 * The hellos: ClientHello, ServerHello and HelloRetryRequest (RFC 8446 section 4.1).
 */
#include "tls/extensions.h"
#include "tls/messages.h"

enum { RANDOM_LEN = 32, MAX_SESSION_ID = 32 };

/* DTLS, and the DTLS of OpenSSL before it was standard, which Cisco AnyConnect kept. */
static bool is_dtls(struct ht_named version)
{
    enum { DTLS_MAJOR = 0xFE, DTLS_BAD = 0x0100 };
    return version.set && (version.id >> 8 == DTLS_MAJOR || version.id == DTLS_BAD);
}

/* opaque legacy_session_id<0..32>. A longer one is viewed; the hello is malformed. */
static struct ht_bytes take_session_id(struct ht_reader *r, bool *good)
{
    struct ht_bytes id = rd_vec(r, 1);
    *good              = *good && id.len <= MAX_SESSION_ID;
    return id;
}

static bool any_grease(struct ht_bytes list)
{
    for (size_t i = 0; i < list.len / 2; i++) {
        if (ht_is_grease(ht_be16(list, i))) {
            return true;
        }
    }
    return false;
}

/*
 * struct {
 *     ProtocolVersion legacy_version;
 *     Random random;
 *     opaque legacy_session_id<0..32>;
 *     opaque cookie<0..2^8-1>;                  (DTLS only: RFC 6347 section 4.2.1)
 *     CipherSuite cipher_suites<2..2^16-2>;
 *     opaque legacy_compression_methods<1..2^8-1>;
 *     Extension extensions<8..2^16-1>;          (absent in SSL 3 and from some older clients)
 * } ClientHello;
 */
bool tls_client_hello_parse(struct ht_bytes body, struct ht_arena *scratch,
                            struct tls_client_hello *out)
{
    struct ht_reader r  = ht_reader(body);
    bool good           = true;
    *out                = (struct tls_client_hello){0};
    out->legacy_version = tls_take_named(&r, 2);
    out->random         = rd_take(&r, RANDOM_LEN);
    out->session_id     = take_session_id(&r, &good);
    if (is_dtls(out->legacy_version)) {
        out->cookie_bytes = (uint8_t)rd_vec(&r, 1).len;
    }
    struct ht_bytes suites   = tls_take_vector(&r, 2);
    out->cipher_suites       = ht_bytes_head(suites, suites.len - suites.len % 2);
    out->compression_methods = tls_take_vector(&r, 1);
    good = good && suites.len % 2 == 0 && suites.len > 0 && out->compression_methods.len > 0;
    if (rd_more(&r)) {
        out->raw_extensions = tls_take_vector(&r, 2);
        good = tls_client_extensions_parse(out->raw_extensions, scratch, out) && good;
    }
    out->grease = any_grease(out->cipher_suites) || any_grease(out->extensions) ||
                  any_grease(out->groups) || any_grease(out->supported_versions) ||
                  any_grease(out->signature_schemes) || any_grease(out->key_share_groups);
    return good && rd_done(&r);
}

/* SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3). */
static const uint8_t retry_request_random[RANDOM_LEN] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

bool tls_is_retry_random(struct ht_bytes random)
{
    return ht_bytes_equal(random, ht_bytes(retry_request_random, RANDOM_LEN));
}

const char *tls_find_downgrade(const struct tls_server_hello *hello)
{
    static const struct ht_bytes to_tls12 = {(const uint8_t *)"DOWNGRD\x01", 8};
    static const struct ht_bytes to_less  = {(const uint8_t *)"DOWNGRD\x00", 8};
    struct ht_bytes tail                  = ht_bytes_from(hello->random, RANDOM_LEN - 8);
    bool below_tls13 = hello->legacy_version.id <= TLS_12 || is_dtls(hello->legacy_version);
    if (!hello->legacy_version.set || !below_tls13 || hello->supported_version.set) {
        return NULL;
    }
    return ht_bytes_equal(tail, to_tls12)  ? "TLS 1.2"
           : ht_bytes_equal(tail, to_less) ? "TLS 1.1 or below"
                                           : NULL;
}

/* The drafts of TLS 1.3 up to 21 write their own number as version, and neither session id nor
 * compression method. */
static bool is_early_draft(struct ht_named version)
{
    return version.set && version.id >= 0x7f00 && version.id <= 0x7f15;
}

static bool take_server_extensions(struct ht_reader *r, struct ht_arena *scratch,
                                   struct tls_server_hello *out)
{
    bool good    = !rd_more(r) || tls_server_extensions_parse(tls_take_vector(r, 2), scratch, out);
    out->version = out->supported_version.set ? out->supported_version : out->legacy_version;
    return good;
}

/*
 * struct {
 *     ProtocolVersion legacy_version;
 *     Random random;
 *     opaque legacy_session_id_echo<0..32>;
 *     CipherSuite cipher_suite;
 *     uint8 legacy_compression_method;
 *     Extension extensions<6..2^16-1>;          (absent where there are none, before TLS 1.3)
 * } ServerHello;
 */
bool tls_server_hello_parse(struct ht_bytes body, struct ht_arena *scratch,
                            struct tls_server_hello *out)
{
    struct ht_reader r  = ht_reader(body);
    bool good           = true;
    *out                = (struct tls_server_hello){0};
    out->legacy_version = tls_take_named(&r, 2);
    out->random         = rd_take(&r, RANDOM_LEN);
    out->retry_request  = tls_is_retry_random(out->random);
    if (is_early_draft(out->legacy_version)) {
        out->cipher_suite = tls_take_named(&r, 2);
    } else {
        out->session_id         = take_session_id(&r, &good);
        out->cipher_suite       = tls_take_named(&r, 2);
        out->compression_method = tls_take_named(&r, 1);
    }
    good           = take_server_extensions(&r, scratch, out) && good;
    out->downgrade = tls_find_downgrade(out);
    return good && rd_done(&r);
}

/*
 * struct {
 *     ProtocolVersion server_version;
 *     CipherSuite cipher_suite;                 (since draft 19)
 *     Extension extensions<2..2^16-1>;
 * } HelloRetryRequest;
 */
bool tls_draft_retry_request_parse(struct ht_bytes body, struct ht_arena *scratch,
                                   struct tls_server_hello *out)
{
    struct ht_reader r  = ht_reader(body);
    *out                = (struct tls_server_hello){0};
    out->retry_request  = true;
    out->legacy_version = tls_take_named(&r, 2);
    if (out->legacy_version.id >= 0x7f13) {
        out->cipher_suite = tls_take_named(&r, 2);
    }
    bool good = take_server_extensions(&r, scratch, out);
    return good && rd_done(&r);
}
