/*
 * The messages of TLS 1.3 that are encrypted, once they can be read (RFC 8446 section 4, RFC 8879).
 */
#include "compress/compress.h"
#include "tls/extensions.h"
#include "tls/messages.h"
#include "tls/sct.h"
#include "tls/session.h"

/*
 * struct { Extension extensions<0..2^16-1>; } EncryptedExtensions;
 */
bool tls_encrypted_extensions_parse(struct ht_bytes body, struct ht_arena *scratch,
                                    struct tls_server_hello *out)
{
    struct ht_reader r = ht_reader(body);
    *out               = (struct tls_server_hello){0};
    bool good          = tls_server_extensions_parse(tls_take_vector(&r, 2), scratch, out);
    return good && rd_done(&r);
}

/*
 * CertificateRequest
 *
 * struct {
 *     opaque certificate_request_context<0..2^8-1>;
 *     Extension extensions<2..2^16-1>;
 * } CertificateRequest;
 */

static struct tls_certificate_request *request_of(void *out)
{
    return out;
}

static void read_signature_schemes(struct tls_extension *extension, void *out)
{
    request_of(out)->signature_schemes = tls_take_uint16s(&extension->content, 2);
}

static void read_signature_schemes_cert(struct tls_extension *extension, void *out)
{
    request_of(out)->signature_schemes_cert = tls_take_uint16s(&extension->content, 2);
}

static void read_certificate_compression(struct tls_extension *extension, void *out)
{
    request_of(out)->certificate_compression = tls_take_uint16s(&extension->content, 1);
}

static void read_authorities(struct tls_extension *extension, void *out)
{
    request_of(out)->authorities     = tls_take_list(&extension->content, 2, 2, extension->scratch);
    request_of(out)->num_authorities = request_of(out)->authorities.len;
}

static const struct tls_extension_readers request_readers = {
    .low = {
        [0x0d] = read_signature_schemes,
        [0x1b] = read_certificate_compression,
        [0x2f] = read_authorities,
        [0x32] = read_signature_schemes_cert,
    }};

bool tls_certificate_request13_parse(struct ht_bytes body, struct ht_arena *scratch,
                                     struct tls_certificate_request *out)
{
    struct ht_reader r = ht_reader(body);
    *out               = (struct tls_certificate_request){0};
    (void)rd_vec(&r, 1);
    bool good = tls_extensions_read(tls_take_vector(&r, 2), scratch, &request_readers, out, NULL);
    return good && rd_done(&r);
}

/*
 * struct {
 *     CertificateCompressionAlgorithm algorithm;                  uint16
 *     uint24 uncompressed_length;
 *     opaque compressed_certificate_message<1..2^24-1>;
 * } CompressedCertificate;                                        (RFC 8879 section 4)
 */
bool tls_compressed_certificate_parse(struct ht_bytes body, struct tls_compressed_certificate *out)
{
    struct ht_reader r       = ht_reader(body);
    *out                     = (struct tls_compressed_certificate){0};
    out->algorithm           = tls_take_named(&r, 2);
    out->uncompressed_length = rd_u24(&r);
    out->compressed          = rd_vec(&r, 3);
    return rd_done(&r) && out->compressed.len > 0;
}

/* Could it be a chain? Keys and signatures hardly become shorter: a chain in zlib is a third, one
 * of certificates that repeat each other perhaps a tenth. What claims more asks for memory only. */
static bool is_plausible(const struct tls_compressed_certificate *compressed)
{
    enum { LARGEST_RATIO = 64 };
    size_t len = compressed->uncompressed_length;
    return compressed->algorithm.set && ht_decompresses(compressed->algorithm.id) && len > 0 &&
           len <= TLS_MAX_MESSAGE && len / LARGEST_RATIO <= compressed->compressed.len;
}

bool tls_certificate_decompress(const struct tls_compressed_certificate *compressed,
                                struct ht_arena *scratch, struct ht_bytes *out_body)
{
    size_t len    = compressed->uncompressed_length;
    uint8_t *body = is_plausible(compressed) ? ht_arena_take(scratch, len) : NULL;
    *out_body     = ht_bytes(body, body != NULL ? len : 0);
    return body != NULL &&
           ht_decompress(compressed->algorithm.id, compressed->compressed, body, len);
}

/*
 * CertificateEntry's extensions (RFC 8446 sections 4.4.2.1 and 4.4.2, RFC 6962 section 3.3.1, RFC
 * 9345 section 4)
 */

static void read_staple(struct tls_extension *extension, void *out)
{
    ((struct tls_certificate *)out)->staple = rd_rest(&extension->content);
}

static void read_scts(struct tls_extension *extension, void *out)
{
    struct tls_certificate *certificate = out;
    certificate->sct_list               = rd_rest(&extension->content);
    if (!tls_sct_list_parse(certificate->sct_list, extension->scratch, &certificate->scts)) {
        rd_fail(&extension->content);
    }
}

/*
 * struct {
 *     uint32 valid_time;
 *     SignatureScheme dc_cert_verify_algorithm;
 *     opaque ASN1_subjectPublicKeyInfo<1..2^24-1>;
 *     SignatureScheme algorithm;
 *     opaque signature<1..2^16-1>;
 * } DelegatedCredential;
 */
static void read_delegated_credential(struct tls_extension *extension, void *out)
{
    struct tls_delegated_credential *credential =
        ht_arena_alloc(extension->scratch, sizeof *credential);
    struct ht_reader *r = &extension->content;
    if (credential == NULL) {
        rd_skip(r, rd_left(r));
        return;
    }
    credential->valid_time_s     = rd_u32(r);
    credential->scheme           = tls_take_named(r, 2);
    credential->public_key       = rd_vec(r, 3);
    credential->signature_scheme = tls_take_named(r, 2);
    (void)rd_vec(r, 2);
    ((struct tls_certificate *)out)->delegated_credential = credential;
}

bool tls_certificate_extensions_parse(struct ht_bytes block, struct ht_arena *scratch,
                                      struct tls_certificate *out)
{
    static const struct tls_extension_readers readers = {
        .low = {[0x05] = read_staple, [0x12] = read_scts, [0x22] = read_delegated_credential}};
    return tls_extensions_read(block, scratch, &readers, out, NULL);
}

/*
 * struct {
 *     uint32 ticket_lifetime;
 *     uint32 ticket_age_add;
 *     opaque ticket_nonce<0..255>;
 *     opaque ticket<1..2^16-1>;
 *     Extension extensions<0..2^16-2>;
 * } NewSessionTicket;
 */

static void read_early_data_bytes(struct tls_extension *extension, void *out)
{
    ((struct tls_new_session_ticket *)out)->early_data_bytes = rd_u32(&extension->content);
}

bool tls_new_session_ticket13_parse(struct ht_bytes body, struct ht_arena *scratch,
                                    struct tls_new_session_ticket *out)
{
    static const struct tls_extension_readers readers = {.low = {[0x2a] = read_early_data_bytes}};
    struct ht_reader r                                = ht_reader(body);
    *out                                              = (struct tls_new_session_ticket){0};
    out->lifetime_s                                   = rd_u32(&r);
    rd_skip(&r, 4); /* ticket_age_add: hides the age when the ticket is used */
    out->nonce        = rd_vec(&r, 1);
    out->ticket       = rd_vec(&r, 2);
    out->ticket_bytes = out->ticket.len;
    bool good         = tls_extensions_read(tls_take_vector(&r, 2), scratch, &readers, out, NULL);
    return good && rd_done(&r) && out->ticket.len > 0;
}
