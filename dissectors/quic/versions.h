/*
 * QUIC's versions: their names, and what of the wire differs between them.
 */
#ifndef HT_QUIC_VERSIONS_H
#define HT_QUIC_VERSIONS_H

#include "base/arena.h"
#include "base/bytes.h"

enum { QUIC_VERSION_NEGOTIATION_VERSION = 0, QUIC_V1 = 1, QUIC_V2 = 0x6B3343CF };

enum { QUIC_SALT_LEN = 20 };

/* What Initial and Retry packets are protected with (RFC 9001 sections 5.2 and 5.8). */
struct quic_protection {
    const uint8_t *salt; /* QUIC_SALT_LEN bytes */
    bool v2;             /* labels and packet types of RFC 9369 */
    bool has_retry_key;  /* else the integrity of a Retry cannot be told, or it has no tag */
    uint8_t retry_key[16], retry_nonce[12];
};

struct quic_version {
    uint32_t first, last; /* a range of version numbers */
    const char *name;
    const struct quic_protection *protection; /* NULL: unknown */
    bool google;                              /* the frames inside are gQUIC's */
    bool retry_without_tag;                   /* drafts before 25 */
};

/* quic_version_find is what is known of `version`; NULL: nothing. */
const struct quic_version *quic_version_find(uint32_t version);

/* quic_is_grease: one of the versions that force negotiation (RFC 9000 section 15). */
static inline bool quic_is_grease(uint32_t version)
{
    return (version & 0x0F0F0F0F) == 0x0A0A0A0A;
}

/* quic_is_google: a version of Google's with a handshake of its own that is not encrypted, Q024 to
 * Q049. */
static inline bool quic_is_google(uint32_t version)
{
    uint32_t ten = version >> 8 & 0xFF, one = version & 0xFF;
    return version >> 16 == 0x5130 && ten >= '2' && ten <= '4' && one >= '0' && one <= '9';
}

/* quic_protections are all of them, the likeliest first, for versions of which none is known;
 * NULL-terminated. */
extern const struct quic_protection *const quic_protections[];

/* quic_version_name is the name of `version`, "GREASE_1A2A3A4A", or its number as "0x1a2b3c4d" in
 * `arena`; empty where there is no room. */
struct ht_bytes quic_version_name(struct ht_arena *arena, uint32_t version);

/* quic_hex is "0x" and at least `digits` hexadecimal digits of `value`, in `arena`. */
struct ht_bytes quic_hex(struct ht_arena *arena, uint64_t value, unsigned digits);

#endif
