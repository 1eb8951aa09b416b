#include "wire.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>

noreturn void fatal(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("generate: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

/* FNV-1a, 64 bits. */
uint64_t hash(struct ht_bytes bytes)
{
    uint64_t h = 0xcbf29ce484222325U;
    for (size_t i = 0; i < bytes.len; i++) {
        h = (h ^ bytes.ptr[i]) * 0x100000001b3U;
    }
    return h;
}

/* The sum of 16-bit words in the machine's order: RFC 1071 section 2(B) says that it does not
 * matter as long as the result is stored in that order too. */
static uint64_t sum(uint64_t total, const uint8_t *at, size_t len)
{
    for (; len >= 4; at += 4, len -= 4) {
        uint32_t word;
        memcpy(&word, at, 4);
        total += word;
    }
    uint8_t rest[4] = {0};
    for (size_t i = 0; i < len; i++) {
        rest[i] = at[i];
    }
    uint32_t word;
    memcpy(&word, rest, 4);
    return total + word;
}

static void put_sum(uint8_t *at, uint64_t total)
{
    while (total >> 16 != 0) {
        total = (total & 0xffff) + (total >> 16);
    }
    uint16_t checksum = (uint16_t)~total;
    memcpy(at, &checksum, 2);
}

static uint64_t pseudo_header(const uint8_t *ip, const struct layout *layout, size_t len)
{
    uint8_t tail[8] = {0};
    put_u32(tail, (uint32_t)len);
    tail[7] = layout->protocol;
    return layout->ipv6 ? sum(sum(0, ip + 8, 32), tail, 8) : sum(sum(0, ip + 12, 8), tail, 8);
}

static void finish_ip(uint8_t *ip, const struct layout *layout)
{
    size_t len = (size_t)(layout->len - layout->ip_at);
    if (layout->ipv6) {
        put_u16(ip + 4, (uint32_t)len - 40);
        return;
    }
    put_u16(ip + 2, (uint32_t)len);
    put_u16(ip + 10, 0);
    put_sum(ip + 10, sum(0, ip, (size_t)(layout->transport_at - layout->ip_at)));
}

void wire_finish(uint8_t *frame, const struct layout *layout)
{
    uint8_t *ip        = frame + layout->ip_at;
    uint8_t *transport = frame + layout->transport_at;
    size_t len         = (size_t)(layout->len - layout->transport_at);
    uint8_t *checksum  = transport + (layout->protocol == IPPROTO_TCP ? 16 : 6);
    finish_ip(ip, layout);
    if (layout->protocol == IPPROTO_UDP) {
        put_u16(transport + 4, (uint32_t)len);
    }
    put_u16(checksum, 0);
    put_sum(checksum, sum(pseudo_header(ip, layout, len), transport, len));
    if (layout->protocol == IPPROTO_UDP && get_u16(checksum) == 0) {
        put_u16(checksum, 0xffff); /* RFC 768: zero would mean that there is none */
    }
}

/* Written in the machine's order, which the magic number tells. */
struct pcap_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, accuracy, snaplen, link_type;
};

struct pcap_record {
    uint32_t seconds, microseconds, captured, original;
};

void capture_open(struct capture *capture, const char *path)
{
    struct pcap_header header = {0xa1b2c3d4, 2, 4, 0, 0, 262144, 1};
    capture->file             = fopen(path, "wb");
    if (capture->file == NULL) {
        fatal("%s: cannot be created", path);
    }
    (void)setvbuf(capture->file, NULL, _IOFBF, 1 << 20);
    (void)fwrite(&header, sizeof header, 1, capture->file);
    capture->bytes = sizeof header;
}

void capture_write(struct capture *capture, int64_t time_ns, const uint8_t *frame, size_t len)
{
    struct pcap_record record = {(uint32_t)(time_ns / 1000000000),
                                 (uint32_t)(time_ns % 1000000000 / 1000), (uint32_t)len,
                                 (uint32_t)len};
    (void)fwrite(&record, sizeof record, 1, capture->file);
    (void)fwrite(frame, 1, len, capture->file);
    capture->frames++;
    capture->bytes += sizeof record + len;
}

void capture_close(struct capture *capture)
{
    bool failed = ferror(capture->file) != 0;
    failed      = fclose(capture->file) != 0 || failed;
    if (failed) {
        fatal("the capture could not be written");
    }
}
