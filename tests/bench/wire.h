/*
 * Frames as bytes: numbers in network order, checksums, and the capture that they are written to.
 */
#ifndef HT_BENCH_WIRE_H
#define HT_BENCH_WIRE_H

#include "base/bytes.h"

#include <stdio.h>
#include <stdnoreturn.h>

enum { MAX_FRAME = 1600 };

/* Where the headers of an Ethernet frame with IPv4 or IPv6 and TCP or UDP lie. */
struct layout {
    uint16_t len;
    uint16_t ip_at, transport_at, payload_at;
    uint8_t protocol;
    bool ipv6;
};

/* fatal says what is wrong and ends the program. */
noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline uint16_t get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)get_u16(at) << 16 | get_u16(at + 2);
}

static inline void put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, value >> 16);
    put_u16(at + 2, value);
}

/* hash tells byte strings apart; the same on every run. */
uint64_t hash(struct ht_bytes bytes);

/* wire_finish sets the lengths of the IP and UDP headers to those of the frame, and all checksums
 * (RFC 1071). */
void wire_finish(uint8_t *frame, const struct layout *layout);

/* A classic pcap file being written. */
struct capture {
    FILE *file;
    uint64_t frames, bytes;
};

/* capture_open creates the file with pcap's header; capture_close checks that all was written. */
void capture_open(struct capture *capture, const char *path);
void capture_write(struct capture *capture, int64_t time_ns, const uint8_t *frame, size_t len);
void capture_close(struct capture *capture);

#endif
