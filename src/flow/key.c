#include "flow/key.h"

#include "base/hash.h"
#include "crypto/digest.h"

/* By fields, as they were just written: see ht_address4. */
static void copy(struct ht_endpoint *to, const struct ht_endpoint *from)
{
    memcpy(to->address.bytes, from->address.bytes, sizeof to->address.bytes);
    to->address.version = from->address.version;
    to->port            = from->port;
}

unsigned ht_flow_key_of(struct ht_flow_key *out, const struct ht_packet *packet)
{
    unsigned side = ht_flow_key_side(packet);
    copy(&out->endpoint[side], &packet->source);
    copy(&out->endpoint[1 - side], &packet->destination);
    out->protocol = packet->protocol;
    return side;
}

void ht_flow_key_copy(struct ht_flow_key *to, const struct ht_flow_key *from)
{
    copy(&to->endpoint[0], &from->endpoint[0]);
    copy(&to->endpoint[1], &from->endpoint[1]);
    to->protocol = from->protocol;
}

static bool endpoint_equal(const struct ht_endpoint *a, const struct ht_endpoint *b)
{
    return a->port == b->port && ht_address_equal(&a->address, &b->address);
}

bool ht_flow_key_equal(const struct ht_flow_key *a, const struct ht_flow_key *b)
{
    return a->protocol == b->protocol && endpoint_equal(&a->endpoint[0], &b->endpoint[0]) &&
           endpoint_equal(&a->endpoint[1], &b->endpoint[1]);
}

uint64_t ht_flow_key_hash(const struct ht_flow_key *key, uint64_t seed)
{
    const uint8_t *a = key->endpoint[0].address.bytes, *b = key->endpoint[1].address.bytes;
    uint64_t ports = (uint64_t)key->endpoint[0].port << 32 | (uint64_t)key->endpoint[1].port << 8 |
                     key->protocol;
    uint64_t hash = ht_mix(ht_flow_key_load(a) ^ seed, ht_flow_key_load(b) ^ ports);
    if (key->endpoint[0].address.version == 6) {
        hash = ht_mix(ht_flow_key_load(a + 8) ^ hash, ht_flow_key_load(b + 8) ^ seed);
    }
    return ht_mix(hash, ports ^ seed);
}

/* Four characters for 24 bits. */
static char *put_group(char *out, uint32_t bits)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    out[0] = alphabet[bits >> 18];
    out[1] = alphabet[bits >> 12 & 63];
    out[2] = alphabet[bits >> 6 & 63];
    out[3] = alphabet[bits & 63];
    return out + 4;
}

/* RFC 4648 section 4: at the end what is missing of 24 bits is zero, and padding stands for it. */
static void base64(char *out, const uint8_t *in, size_t len)
{
    for (; len >= 3; len -= 3, in += 3) {
        out = put_group(out, (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2]);
    }
    if (len > 0) {
        out     = put_group(out, (uint32_t)in[0] << 16 | (len == 2 ? (uint32_t)in[1] << 8 : 0));
        out[-1] = '=';
        out[-2] = len == 2 ? out[-2] : '=';
    }
    *out = '\0';
}

static uint8_t *put(uint8_t *at, const void *from, size_t len)
{
    memcpy(at, from, len);
    return at + len;
}

const char *ht_community_id(struct ht_digester *digester, char out[HT_COMMUNITY_ID_MAX],
                            const struct ht_flow_key *key)
{
    uint8_t message[2 + 16 + 16 + 2 + 4] = {0}; /* seed, addresses, protocol, padding, ports */
    uint8_t digest[HT_DIGEST_MAX];
    uint8_t *at = message + 2;
    for (int i = 0; i < 2; i++) {
        struct ht_bytes address = ht_address_bytes(&key->endpoint[i].address);
        at                      = put(at, address.ptr, address.len);
    }
    *at++ = key->protocol;
    *at++ = 0;
    for (int i = 0; i < 2; i++) {
        *at++ = (uint8_t)(key->endpoint[i].port >> 8);
        *at++ = (uint8_t)key->endpoint[i].port;
    }
    size_t len = ht_digest(digester, HT_SHA1, digest, ht_bytes(message, (size_t)(at - message)));
    memcpy(out, "1:", 2);
    base64(out + 2, digest, len);
    return out;
}
