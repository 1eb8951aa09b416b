#include "tls/sct.h"

#include "tls/extensions.h"

enum { V1 = 0, LOG_ID_LEN = 32, MILLISECOND_NS = 1000000 };

/* struct {
 *     Version sct_version;
 *     LogID id;                                  opaque key_id[32]
 *     uint64 timestamp;                          milliseconds since 1970
 *     CtExtensions extensions;                   opaque CtExtensions<0..2^16-1>
 *     digitally-signed struct { … };
 * } SignedCertificateTimestamp;                  (RFC 6962 section 3.2)
 */
static bool parse_sct(struct ht_bytes bytes, struct tls_sct *out)
{
    const uint64_t latest_ms = INT64_MAX / MILLISECOND_NS;
    struct ht_reader r       = ht_reader(bytes);
    struct ht_named version  = tls_take_named(&r, 1);
    *out                     = (struct tls_sct){0};
    if (!version.set) {
        return false;
    }
    out->version = (uint16_t)(version.id + 1);
    if (version.id != V1) {
        return true;
    }
    out->log_id           = rd_take(&r, LOG_ID_LEN);
    uint64_t time_ms      = rd_u64(&r);
    out->time_ns          = time_ms <= latest_ms ? (int64_t)time_ms * MILLISECOND_NS : 0;
    out->extensions       = rd_vec(&r, 2);
    out->extensions_bytes = (uint16_t)out->extensions.len;
    out->signature_scheme = tls_take_named(&r, 2);
    out->signature        = rd_vec(&r, 2);
    out->signature_bytes  = (uint16_t)out->signature.len;
    return rd_done(&r);
}

bool tls_sct_list_parse(struct ht_bytes list, struct ht_arena *scratch, struct ht_objects *out)
{
    struct ht_reader r    = ht_reader(list);
    struct ht_texts items = tls_take_list(&r, 2, 2, scratch);
    size_t len            = items.len < TLS_MAX_SCTS ? items.len : TLS_MAX_SCTS;
    struct tls_sct *scts  = ht_arena_alloc(scratch, len * sizeof *scts);
    bool good             = scts != NULL && len > 0;
    *out                  = (struct ht_objects){.items = scts};
    while (good && out->len < len) {
        good = parse_sct(items.items[out->len], &scts[out->len]);
        out->len++;
    }
    return good && rd_done(&r);
}
