/*
 * How TLS frames bytes: records (RFC 8446 section 5.1) and in them handshake messages (section 4).
 */
#include "tls/messages.h"

static bool is_content_type(uint8_t byte)
{
    return byte >= TLS_CHANGE_CIPHER_SPEC && byte <= TLS_HEARTBEAT;
}

/* Stricter than tls_record_header: among bytes of any content the versions that no implementation
 * writes, and empty records, are rather chance. */
static bool record_begins(struct ht_bytes at, struct tls_record *out)
{
    return tls_record_header(at, out) && out->version <= TLS_13 && out->length > 0;
}

size_t tls_record_resync(struct ht_bytes avail)
{
    size_t unconfirmed = avail.len;
    for (size_t at = 0; at + TLS_RECORD_HEADER <= avail.len; at++) {
        const uint8_t *major =
            memchr(avail.ptr + at + 1, TLS_10 >> 8, avail.len - TLS_RECORD_HEADER - at + 1);
        if (major == NULL) {
            break;
        }
        at                   = (size_t)(major - avail.ptr) - 1;
        struct ht_bytes rest = ht_bytes_from(avail, at);
        struct tls_record record, next;
        if (!is_content_type(rest.ptr[0]) || !record_begins(rest, &record)) {
            continue;
        }
        size_t len = TLS_RECORD_HEADER + (size_t)record.length;
        if (len == rest.len || record_begins(ht_bytes_from(rest, len), &next)) {
            return at;
        }
        if (len + TLS_RECORD_HEADER > rest.len && unconfirmed == avail.len) {
            unconfirmed = at;
        }
    }
    return unconfirmed;
}
