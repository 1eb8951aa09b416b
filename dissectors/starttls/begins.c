#include "starttls/begins.h"

enum ht_match starttls_is_tls(struct ht_bytes at)
{
    enum { CHANGE_CIPHER_SPEC = 20, APPLICATION_DATA = 23, MAJOR = 3, MAX_MINOR = 4, ENOUGH = 3 };
    if (at.len > 0 && (at.ptr[0] < CHANGE_CIPHER_SPEC || at.ptr[0] > APPLICATION_DATA)) {
        return HT_MATCH_NO;
    }
    if (at.len > 1 && at.ptr[1] != MAJOR) {
        return HT_MATCH_NO;
    }
    if (at.len < ENOUGH) {
        return HT_MATCH_MORE;
    }
    return at.ptr[2] <= MAX_MINOR ? HT_MATCH_YES : HT_MATCH_NO;
}

size_t starttls_resync(struct ht_bytes avail, enum ht_side side)
{
    enum { HEADER = 5, MAJOR = 3, MAX_RECORD = 16384 + 2048 };
    (void)side;
    for (size_t at = 0; at + HEADER <= avail.len; at++) {
        const uint8_t *major = memchr(avail.ptr + at + 1, MAJOR, avail.len - HEADER - at + 1);
        if (major == NULL) {
            break;
        }
        at                   = (size_t)(major - avail.ptr) - 1;
        struct ht_bytes rest = ht_bytes_from(avail, at);
        uint16_t length      = ht_be16_at(rest, 3);
        if (starttls_is_tls(rest) == HT_MATCH_YES && length > 0 && length <= MAX_RECORD) {
            return at;
        }
    }
    return avail.len;
}
