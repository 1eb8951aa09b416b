#include "dns/ech.h"

enum { KEY_ECH = 5 };

static void read_contents(struct ht_bytes contents, struct dns_ech_config *out, bool *good)
{
    struct ht_reader r = ht_reader(contents);
    out->config_id     = 1U + rd_u8(&r);
    out->kem           = rd_u16(&r);
    (void)rd_vec(&r, 2); /* the public key */
    (void)rd_vec(&r, 2); /* the cipher suites */
    out->maximum_name_length = rd_u8(&r);
    out->public_name         = rd_vec(&r, 1);
    (void)rd_vec(&r, 2); /* the extensions */
    *good &= rd_done(&r);
}

bool dns_ech_parse(struct ht_bytes list, struct ht_arena *arena, struct ht_objects *out)
{
    struct ht_reader outer         = ht_reader(list);
    struct ht_reader r             = ht_reader(rd_vec(&outer, 2));
    struct dns_ech_config *configs = ht_arena_alloc(arena, DNS_ECH_MAX_CONFIGS * sizeof *configs);
    bool good                      = rd_done(&outer) && rd_more(&r);
    size_t num                     = 0;
    while (rd_more(&r) && configs != NULL && num < DNS_ECH_MAX_CONFIGS) {
        uint16_t version         = rd_u16(&r);
        struct ht_bytes contents = rd_vec(&r, 2);
        if (r.bad) {
            break;
        }
        configs[num] = (struct dns_ech_config){.version = version};
        if (version == DNS_ECH_VERSION) {
            read_contents(contents, &configs[num], &good);
        }
        num++;
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
