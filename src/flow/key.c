#include "flow/key.h"

#include "crypto/digest.h"

static int compare(const struct ht_endpoint *a, const struct ht_endpoint *b)
{
    int order = memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes);
    return order != 0 ? order : (a->port > b->port) - (a->port < b->port);
}

unsigned ht_flow_key_of(struct ht_flow_key *out, const struct ht_packet *packet)
{
    bool first                   = compare(&packet->source, &packet->destination) <= 0;
    out->endpoint[first ? 0 : 1] = packet->source;
    out->endpoint[first ? 1 : 0] = packet->destination;
    out->protocol                = packet->protocol;
    return first ? 0 : 1;
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

/* Multiply and fold: every bit of the input reaches every bit of the result. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product =
        (unsigned __int128)(a ^ UINT64_C(0x9E3779B97F4A7C15)) * (b ^ UINT64_C(0xE7037ED1A0B428DB));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

uint64_t ht_flow_key_hash(const struct ht_flow_key *key, uint64_t seed)
{
    const uint8_t *a = key->endpoint[0].address.bytes, *b = key->endpoint[1].address.bytes;
    uint64_t ports = (uint64_t)key->endpoint[0].port << 32 | (uint64_t)key->endpoint[1].port << 8 |
                     key->protocol;
    uint64_t hash = mix(load(a) ^ seed, load(b) ^ ports);
    if (key->endpoint[0].address.version == 6) {
        hash = mix(load(a + 8) ^ hash, load(b + 8) ^ seed);
    }
    return mix(hash, ports ^ seed);
}

static void base64(char *out, const uint8_t *in, size_t len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)in[i] << 16;
        group |= i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0;
        group |= i + 2 < len ? in[i + 2] : 0;
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = i + 1 < len ? alphabet[group >> 6 & 63] : '=';
        *out++ = i + 2 < len ? alphabet[group & 63] : '=';
    }
    *out = '\0';
}

static uint8_t *put(uint8_t *at, const void *from, size_t len)
{
    memcpy(at, from, len);
    return at + len;
}

const char *ht_community_id(char out[HT_COMMUNITY_ID_MAX], const struct ht_flow_key *key)
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
    size_t len = ht_digest(HT_SHA1, digest, ht_bytes(message, (size_t)(at - message)));
    memcpy(out, "1:", 2);
    base64(out + 2, digest, len);
    return out;
}
