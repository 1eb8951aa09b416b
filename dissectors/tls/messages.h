/*
 * TLS messages: the framing of records and handshake messages, and a pure parser for each message.
 *
 * A parser takes the complete body of a message (after the 4-byte handshake header), fills `out`
 * with views into it, and returns whether the body was read to its end without a contradiction.
 * Where it returns false, `out` holds what was read until then and the rest is zero.
 * Small lists that are not contiguous on the wire are gathered in `scratch`.
 */
#ifndef HT_TLS_MESSAGES_H
#define HT_TLS_MESSAGES_H

#include "tls/tls.h"

enum {
    TLS_CHANGE_CIPHER_SPEC = 20,
    TLS_ALERT              = 21,
    TLS_HANDSHAKE          = 22,
    TLS_APPLICATION_DATA   = 23,
    TLS_HEARTBEAT          = 24
};

enum {
    TLS_HELLO_REQUEST          = 0,
    TLS_CLIENT_HELLO           = 1,
    TLS_SERVER_HELLO           = 2,
    TLS_NEW_SESSION_TICKET     = 4,
    TLS_END_OF_EARLY_DATA      = 5,
    TLS_HELLO_RETRY_REQUEST    = 6, /* drafts of TLS 1.3 up to 21 */
    TLS_ENCRYPTED_EXTENSIONS   = 8,
    TLS_CERTIFICATE            = 11,
    TLS_SERVER_KEY_EXCHANGE    = 12,
    TLS_CERTIFICATE_REQUEST    = 13,
    TLS_SERVER_HELLO_DONE      = 14,
    TLS_CERTIFICATE_VERIFY     = 15,
    TLS_CLIENT_KEY_EXCHANGE    = 16,
    TLS_FINISHED               = 20,
    TLS_CERTIFICATE_STATUS     = 22,
    TLS_KEY_UPDATE             = 24,
    TLS_COMPRESSED_CERTIFICATE = 25
};

enum {
    TLS_RECORD_HEADER    = 5,
    TLS_HANDSHAKE_HEADER = 4,
    TLS_MAX_RECORD       = 16384 + 2048 /* RFC 5246 section 6.2.3, the larger of the versions' */
};

struct tls_record {
    uint8_t type;
    uint16_t version;
    uint16_t length; /* of the fragment, by the header */
    bool decrypted;  /* with keys that are known */
    struct ht_bytes fragment;
};

/* tls_begins_record: the header of a record is there (RFC 8446 section 5.1), and none of it is
 * impossible: an unknown type, a version of another major, too long. */
static inline bool tls_begins_record(struct ht_bytes in)
{
    return in.len >= TLS_RECORD_HEADER && in.ptr[0] >= TLS_CHANGE_CIPHER_SPEC &&
           in.ptr[0] <= TLS_HEARTBEAT && in.ptr[1] == TLS_10 >> 8 &&
           ht_be16_at(in, 3) <= TLS_MAX_RECORD;
}

/* tls_record_header reads the 5-byte header and views what is there of the fragment; false, and
 * `out` undefined, where it is none by tls_begins_record.
 *
 * struct {
 *     ContentType type;
 *     ProtocolVersion legacy_record_version;
 *     uint16 length;
 *     opaque fragment[TLSPlaintext.length];
 * } TLSPlaintext; */
static inline bool tls_record_header(struct ht_bytes in, struct tls_record *out)
{
    if (!tls_begins_record(in)) {
        return false;
    }
    const uint16_t length = ht_be16_at(in, 3);
    const size_t there    = in.len - TLS_RECORD_HEADER;
    *out                  = (struct tls_record){
                         .type     = in.ptr[0],
                         .version  = ht_be16_at(in, 1),
                         .length   = length,
                         .fragment = ht_bytes(in.ptr + TLS_RECORD_HEADER, there < length ? there : length)};
    return true;
}

/* tls_record_resync is the offset at which records plausibly begin: a header whose record is
 * followed by another header or by the end of `avail`; else the first header whose record goes on
 * past that end. `avail.len` where there is none. */
size_t tls_record_resync(struct ht_bytes avail);

struct tls_handshake {
    uint8_t type;
    uint32_t length; /* of the body, by the header */
    struct ht_bytes body;
};

/* tls_handshake_frame reads the message at the head of `avail` (RFC 8446 section 4); false where
 * it is not complete yet, with `out->type` and `length` set if its header is.
 *
 * struct {
 *     HandshakeType msg_type;
 *     uint24 length;
 *     …
 * } Handshake; */
static inline bool tls_handshake_frame(struct ht_bytes avail, struct tls_handshake *out)
{
    struct ht_reader r           = ht_reader(avail);
    const struct ht_bytes header = rd_take(&r, TLS_HANDSHAKE_HEADER);
    *out                         = (struct tls_handshake){0};
    if (r.bad) {
        return false;
    }
    out->type   = header.ptr[0];
    out->length = ht_be32_at(header, 0) & 0xFFFFFF;
    out->body   = rd_take(&r, out->length);
    return !r.bad;
}

/* RFC 8446 section 4.1.2; extensions: section 4.2, RFC 6066, 7301, 8422, 5077. An extension whose
 * content is malformed makes the result false, but the others are read. */
bool tls_client_hello_parse(struct ht_bytes body, struct ht_arena *scratch,
                            struct tls_client_hello *out);

/* RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3; and the drafts' form, that without session id
 * (up to draft 21). */
bool tls_server_hello_parse(struct ht_bytes body, struct ht_arena *scratch,
                            struct tls_server_hello *out);

/* tls_is_retry_random: this random of a ServerHello says that it is a HelloRetryRequest. What it
 * says otherwise is tls_find_downgrade, of a hello that is read but for that: its last eight bytes,
 * of a server of TLS 1.3 that chose less; NULL: nothing (RFC 8446 section 4.1.3). */
bool tls_is_retry_random(struct ht_bytes random);
const char *tls_find_downgrade(const struct tls_server_hello *hello);

/* HelloRetryRequest as a message of its own, type 6 (drafts of TLS 1.3 up to 21). */
bool tls_draft_retry_request_parse(struct ht_bytes body, struct ht_arena *scratch,
                                   struct tls_server_hello *out);

/* RFC 5246 section 7.4.2, or with `tls13` RFC 8446 section 4.4.2. */
bool tls_certificate_parse(struct ht_bytes body, bool tls13, struct ht_arena *scratch,
                           struct tls_certificate *out);

/* RFC 7250 section 3, up to TLS 1.2: a Certificate message that holds a public key alone. */
bool tls_raw_public_key_parse(struct ht_bytes body, struct tls_certificate *out);

/* RFC 5246 section 7.4.3, RFC 8422 section 5.4, RFC 4279, 5489, 5054. `key_exchange` is the cipher
 * suite's note in the registry ("ECDHE/RSA", or "ECDHE" alone); where it is "" (no ServerHello was
 * seen) the form is guessed from the content. The content of kinds that are not known is skipped.
 * `material` gets the prime, the parameters that are signed as its last part, and the signature. */
bool tls_server_key_exchange_parse(struct ht_bytes body, uint16_t version, const char *key_exchange,
                                   struct tls_server_key_exchange *out,
                                   struct tls_material *material);

/* tls_client_public_value is the client's value of Diffie-Hellman, or its point, in the body of a
 * ClientKeyExchange (RFC 5246 section 7.4.7, RFC 8422 section 5.7, RFC 4279, 5489). Empty: the
 * suite has none, or it is in the certificate, or the message is cut. */
struct ht_bytes tls_client_public_value(struct ht_bytes body, const char *key_exchange);

/* RFC 5246 section 7.4.4; before TLS 1.2 without signature schemes. */
bool tls_certificate_request_parse(struct ht_bytes body, uint16_t version, struct ht_arena *scratch,
                                   struct tls_certificate_request *out);

/* RFC 6066 section 8. */
bool tls_certificate_status_parse(struct ht_bytes body, struct tls_certificate_status *out);

/* RFC 5246 section 7.4.8; before TLS 1.2 without a signature scheme. `material` gets the signature.
 */
bool tls_certificate_verify_parse(struct ht_bytes body, uint16_t version,
                                  struct tls_certificate_verify *out,
                                  struct tls_material *material);

/* RFC 5077 section 3.3. */
bool tls_new_session_ticket_parse(struct ht_bytes body, struct tls_new_session_ticket *out);

/* RFC 8446 section 6: level and description; false where it is not two bytes or has another level
 * than these two (it is encrypted). A description without a name is spelled in `scratch`. */
bool tls_alert_parse(struct ht_bytes body, struct ht_arena *scratch, struct tls_alert *out);

/* RFC 6520 section 4: what a heartbeat begins with; its size is left to the caller, since a payload
 * that is longer than the message is what a reader is after. False where its length is not there.
 */
bool tls_heartbeat_parse(struct ht_bytes body, struct tls_heartbeat *out);

/* Those of TLS 1.3 that are encrypted, once they can be read: */

/* RFC 8446 section 4.3.1: what it has is put where a ServerHello has it. */
bool tls_encrypted_extensions_parse(struct ht_bytes body, struct ht_arena *scratch,
                                    struct tls_server_hello *out);

/* RFC 8446 section 4.3.2. */
bool tls_certificate_request13_parse(struct ht_bytes body, struct ht_arena *scratch,
                                     struct tls_certificate_request *out);

/* RFC 8446 section 4.6.1. */
bool tls_new_session_ticket13_parse(struct ht_bytes body, struct ht_arena *scratch,
                                    struct tls_new_session_ticket *out);

/* RFC 8879 section 4. */
bool tls_compressed_certificate_parse(struct ht_bytes body, struct tls_compressed_certificate *out);

/* tls_certificate_decompress gives the body of the Certificate message in `scratch`. False where it
 * is longer than TLS_MAX_MESSAGE or than any chain becomes from so few bytes, does not have the
 * length that it claims, or cannot be decompressed; an algorithm that this build does not know
 * among them. `scratch` is asked for what a claim is plausible of only. */
bool tls_certificate_decompress(const struct tls_compressed_certificate *compressed,
                                struct ht_arena *scratch, struct ht_bytes *out_body);

#endif
