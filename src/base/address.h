/*
 * IP addresses and endpoints as values.
 */
#ifndef HT_BASE_ADDRESS_H
#define HT_BASE_ADDRESS_H

#include "base/bytes.h"

#include <endian.h>

/* An IPv4 address lies in the first four bytes, the others being zero, so that two addresses are
 * equal when their structs are. */
struct ht_address {
    uint8_t bytes[16];
    uint8_t version; /* 4, 6; 0: absent */
};

struct ht_endpoint {
    struct ht_address address;
    uint16_t port;
};

/* The addresses that have the first `bits` in common with this one. */
struct ht_network {
    struct ht_address address;
    uint8_t bits;
};

enum { HT_ADDRESS_TEXT_MAX = 46 };

static inline struct ht_address ht_address4(const uint8_t bytes[4])
{
    /* In whole words: what is read in one piece right after it was written in several waits for
     * memory. */
    struct ht_address a = {.version = 4};
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    const uint64_t words[2] = {htole64(le32toh(value)), 0};
    memcpy(a.bytes, words, sizeof words);
    return a;
}

static inline struct ht_address ht_address6(const uint8_t bytes[16])
{
    struct ht_address a = {.version = 6};
    memcpy(a.bytes, bytes, 16);
    return a;
}

static inline bool ht_address_equal(const struct ht_address *a, const struct ht_address *b)
{
    uint64_t x[2], y[2]; /* a call of memcmp costs more than all the rest of a flow's look-up */
    memcpy(x, a->bytes, sizeof x);
    memcpy(y, b->bytes, sizeof y);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0 && a->version == b->version;
}

/* ht_address_bytes views the 4 or 16 bytes of the address; empty where it is absent. */
static inline struct ht_bytes ht_address_bytes(const struct ht_address *a)
{
    return ht_bytes(a->bytes, a->version == 4 ? 4 : a->version == 6 ? 16 : 0);
}

/* ht_address_print writes dotted decimal, or RFC 5952 for IPv6, and returns `out`; "" where the
 * address is absent. */
const char *ht_address_print(char out[HT_ADDRESS_TEXT_MAX], const struct ht_address *address);

/* ht_network_read reads "10.0.0.0/8" or "2001:db8::/32" (RFC 4632, RFC 4291), or an address, which
 * is a network of its own; bits past the prefix do not matter. False where `text` is none. */
bool ht_network_read(const char *text, struct ht_network *out);

/* ht_network_has: the address is one of the network's. */
bool ht_network_has(const struct ht_network *network, const struct ht_address *address);

#endif
