/* What rules ask of hellos, and how they say what they found. Not for use outside this folder. */
#ifndef HT_ANALYSIS_AUDIT_LISTS_H
#define HT_ANALYSIS_AUDIT_LISTS_H

#include "analysis/audit/case.h"
#include "analysis/audit/suite.h"

enum {
    EXTENSION_SERVER_NAME          = 0,
    EXTENSION_TRUNCATED_HMAC       = 4,
    EXTENSION_SIGNATURE_ALGORITHMS = 13,
    EXTENSION_HEARTBEAT            = 15,
    EXTENSION_ALPN                 = 16,
    EXTENSION_ENCRYPT_THEN_MAC     = 22,
    EXTENSION_EXTENDED_MASTER      = 23,
    EXTENSION_NEXT_PROTOCOL        = 13172,
    EXTENSION_ESNI                 = 0xFFCE, /* draft-ietf-tls-esni-06 */
    EXTENSION_RENEGOTIATION        = 0xFF01,
    RENEGOTIATION_SCSV             = 0x00FF, /* RFC 5746 section 3.3 */
    FALLBACK_SCSV                  = 0x5600  /* RFC 7507 */
};

/* audit_has: `value` is in a list of uint16. */
static inline bool audit_has(struct ht_bytes list, uint16_t value)
{
    for (size_t i = 0; i < list.len / 2; i++) {
        if (ht_be16(list, i) == value) {
            return true;
        }
    }
    return false;
}

static inline bool audit_offers_extension(const struct audit_case *c, uint16_t extension)
{
    return audit_has(c->offer->extensions, extension);
}

static inline bool audit_answers_extension(const struct audit_case *c, uint16_t extension)
{
    return audit_has(c->answer->extensions, extension);
}

/* audit_is_stream: TLS over TCP, or what looks like it; not DTLS, whose versions count down. */
static inline bool audit_is_stream(const struct audit_case *c)
{
    enum { MAJOR_TLS = 3 };
    return c->offer != NULL && c->offer->legacy_version.id >> 8 <= MAJOR_TLS &&
           strcmp(c->connection->transport, "tcp") == 0;
}

/* audit_before_13: agreed on is SSL 3.0 to TLS 1.2, or DTLS up to 1.2. */
static inline bool audit_before_13(const struct audit_case *c)
{
    return c->version >= SSL_30 && c->version <= TLS_12;
}

/* audit_highest_offered is the highest version that is offered, as TLS's of the same form: of
 * supported_versions without GREASE, or else legacy_version (RFC 8446 section 4.2.1). Drafts and
 * experiments count as TLS 1.3. */
uint16_t audit_highest_offered(const struct tls_client_hello *offer);

/* audit_highest_name is its name, as that of DTLS where it is one. */
const char *audit_highest_name(const struct tls_client_hello *offer);

/* audit_is_usual_port: TLS is at home there, or begins there now and then. */
bool audit_is_usual_port(uint16_t port);

/* audit_signature_scheme is what the server signs the handshake by: in ServerKeyExchange or, from
 * TLS 1.3 on, in CertificateVerify, decrypted. Not set: it signs nothing, or does not say by what.
 */
struct ht_named audit_signature_scheme(const struct audit_case *c);

/* audit_signed_message is which message that is, and audit_signed_frame where. AUDIT_SIGNED is
 * there. */
const char *audit_signed_message(const struct audit_case *c);
uint64_t audit_signed_frame(const struct audit_case *c);

/* audit_certificate_request is the server's, and its frame; NULL: none was seen whole. */
const struct tls_certificate_request *audit_certificate_request(const struct audit_case *c,
                                                                uint64_t *out_frame);

/* audit_list writes the names of the values in a list of uint16, as many as fit, a comma between,
 * then "…" where there are more; returns `room`. */
const char *audit_list(char *room, size_t size, const struct ht_registry *names,
                       struct ht_bytes list);

#endif
