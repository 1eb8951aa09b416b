#include "dns/ech.h"

enum { KEY_ECH = 5 };

/* struct {
 *     uint16 version;
 *     uint16 length;
 *     select (ECHConfig.version) { case 0xfe0d: ECHConfigContents contents; }
 * } ECHConfig;
 * ECHConfig ECHConfigList<4..2^16-1>;
 */
struct ht_reader dns_ech_list(struct ht_bytes list)
{
    struct ht_reader r       = ht_reader(list);
    struct ht_bytes configs  = rd_vec(&r, 2);
    struct ht_reader content = ht_reader(configs);
    if (!rd_done(&r) || configs.len == 0) {
        rd_fail(&content);
    }
    return content;
}

/* struct {
 *     uint8 config_id;
 *     HpkeKemId kem_id;                                  uint16
 *     HpkePublicKey public_key;                          opaque<1..2^16-1>
 *     HpkeSymmetricCipherSuite cipher_suites<4..2^16-4>; pairs of uint16
 *     uint8 maximum_name_length;
 *     opaque public_name<1..255>;
 *     ECHConfigExtension extensions<0..2^16-1>;
 * } ECHConfigContents;
 */
static bool parse_contents(struct ht_bytes contents, struct dns_ech_config *out)
{
    enum { SUITE_LEN = 4 };
    struct ht_reader r = ht_reader(contents);
    out->config_id     = 1U + rd_u8(&r);
    out->kem           = rd_u16(&r);
    (void)rd_vec(&r, 2); /* the public key */
    out->suites              = rd_vec(&r, 2);
    out->maximum_name_length = rd_u8(&r);
    out->public_name         = rd_vec(&r, 1);
    (void)rd_vec(&r, 2); /* the extensions */
    return rd_done(&r) && out->suites.len > 0 && out->suites.len % SUITE_LEN == 0 &&
           out->public_name.len > 0;
}

bool dns_ech_next(struct ht_reader *list, struct dns_ech_config *out)
{
    *out                     = (struct dns_ech_config){.version = rd_u16(list)};
    struct ht_bytes contents = rd_vec(list, 2);
    return !list->bad && (out->version != DNS_ECH_VERSION || parse_contents(contents, out));
}

bool dns_ech_parse(struct ht_bytes list, struct ht_arena *arena, struct ht_objects *out)
{
    struct ht_reader r             = dns_ech_list(list);
    struct dns_ech_config *configs = ht_arena_alloc(arena, DNS_ECH_MAX_CONFIGS * sizeof *configs);
    bool good                      = true;
    size_t num                     = 0;
    while (rd_more(&r) && configs != NULL && num < DNS_ECH_MAX_CONFIGS) {
        good &= dns_ech_next(&r, &configs[num]);
        num += !r.bad;
    }
    *out = (struct ht_objects){.items = configs, .len = configs != NULL ? num : 0};
    return good && !r.bad;
}

/* The target's name, which is never compressed (RFC 9460 section 2.2). */
static void skip_name(struct ht_reader *r)
{
    uint8_t len = rd_u8(r);
    while (len != 0 && !r->bad) {
        rd_skip(r, len);
        len = rd_u8(r);
    }
}

static struct ht_bytes find(struct ht_bytes rdata)
{
    struct ht_reader r = ht_reader(rdata);
    rd_skip(&r, 2); /* the priority */
    skip_name(&r);
    while (rd_more(&r)) {
        uint16_t key          = rd_u16(&r);
        struct ht_bytes value = rd_vec(&r, 2);
        if (!r.bad && key == KEY_ECH) {
            return value;
        }
    }
    return ht_bytes("", 0);
}

const struct dns_ech *dns_ech_find(struct ht_bytes rdata, struct ht_arena *arena)
{
    struct ht_bytes value = find(rdata);
    struct dns_ech *out   = value.len > 0 ? ht_arena_alloc(arena, sizeof *out) : NULL;
    uint8_t *copy         = out != NULL ? ht_arena_alloc(arena, value.len) : NULL;
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, value.ptr, value.len);
    *out = (struct dns_ech){.list = ht_bytes(copy, value.len)};
    (void)dns_ech_parse(out->list, arena, &out->configs);
    return out->configs.len > 0 ? out : NULL;
}
