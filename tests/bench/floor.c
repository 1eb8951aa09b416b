/*
 * floor: the least that any program must do that tells connections apart, and so the unit that the
 * benchmark measures in. It reads the file in blocks of a megabyte, finds the 5-tuple of each frame
 * and looks it up in a hash table of open addressing, with entries of 64 bytes, that doubles when
 * it is 70 % full. With --read it finds the 5-tuples only. floor [--read] FILE.pcap
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, FIRST_SLOTS = 1 << 16, FILE_HEADER = 24, RECORD_HEADER = 16 };

/* Both directions of a flow have the same: the lower endpoint comes first. */
struct key {
    uint64_t words[5]; /* two addresses; ports and protocol */
};

struct entry {
    struct key key;
    uint64_t packets, bytes;
    uint32_t first, last; /* seconds */
};

struct table {
    struct entry *entries;
    size_t num_slots, used;
};

struct totals {
    uint64_t frames, bytes, keys;
};

static uint64_t scatter(const struct key *key)
{
    uint64_t h = 0;
    for (unsigned i = 0; i < 5; i++) {
        h = (h ^ key->words[i]) * 0x9e3779b97f4a7c15U;
        h ^= h >> 32;
    }
    return h;
}

static void table_open(struct table *table, size_t num_slots)
{
    table->entries   = calloc(num_slots, sizeof *table->entries);
    table->num_slots = num_slots;
    table->used      = 0;
    if (table->entries == NULL) {
        (void)fputs("floor: no memory\n", stderr);
        exit(2);
    }
}

static struct entry *table_find(struct table *table, const struct key *key)
{
    size_t mask = table->num_slots - 1;
    size_t at   = scatter(key) & mask;
    while (table->entries[at].packets != 0 &&
           memcmp(&table->entries[at].key, key, sizeof *key) != 0) {
        at = (at + 1) & mask;
    }
    return &table->entries[at];
}

static void table_grow(struct table *table)
{
    struct table larger;
    table_open(&larger, table->num_slots * 2);
    for (size_t i = 0; i < table->num_slots; i++) {
        if (table->entries[i].packets != 0) {
            *table_find(&larger, &table->entries[i].key) = table->entries[i];
        }
    }
    larger.used = table->used;
    free(table->entries);
    *table = larger;
}

static void count(struct table *table, const struct key *key, uint32_t len, uint32_t seconds)
{
    struct entry *entry = table_find(table, key);
    if (entry->packets == 0) {
        entry->key   = *key;
        entry->first = seconds;
        table->used++;
    }
    entry->packets++;
    entry->bytes += len;
    entry->last = seconds;
    if (table->used * 10 > table->num_slots * 7) {
        table_grow(table);
    }
}

static bool put_key(struct key *out, const uint8_t *addresses, size_t address_len,
                    const uint8_t *ports, uint8_t protocol)
{
    uint8_t a[18] = {0};
    uint8_t b[18] = {0};
    memcpy(a, addresses, address_len);
    memcpy(b, addresses + address_len, address_len);
    memcpy(a + 16, ports, 2);
    memcpy(b + 16, ports + 2, 2);
    bool swap         = memcmp(a, b, sizeof a) > 0;
    const uint8_t *lo = swap ? b : a;
    const uint8_t *hi = swap ? a : b;
    uint16_t port[4]  = {0, 0, protocol, (uint16_t)address_len};
    memcpy(&port[0], lo + 16, 2);
    memcpy(&port[1], hi + 16, 2);
    memcpy(&out->words[0], lo, 16);
    memcpy(&out->words[2], hi, 16);
    memcpy(&out->words[4], port, 8);
    return true;
}

/* TCP and UDP in IPv4 and IPv6 in Ethernet. */
static bool find_key(struct key *out, const uint8_t *frame, size_t len)
{
    if (len < 14 + 20 + 4) {
        return false;
    }
    const uint8_t *ip = frame + 14;
    if (frame[12] == 0x08 && frame[13] == 0x00) {
        size_t header = (size_t)(ip[0] & 15) * 4;
        return (ip[9] == 6 || ip[9] == 17) && len >= 14 + header + 4 &&
               put_key(out, ip + 12, 4, ip + header, ip[9]);
    }
    if (frame[12] == 0x86 && frame[13] == 0xdd && len >= 14 + 40 + 4) {
        return (ip[6] == 6 || ip[6] == 17) && put_key(out, ip + 8, 16, ip + 40, ip[6]);
    }
    return false;
}

static void take_frame(struct totals *totals, struct table *table, const uint8_t *record,
                       uint32_t len)
{
    struct key key;
    totals->frames++;
    totals->bytes += len;
    if (!find_key(&key, record + RECORD_HEADER, len)) {
        return;
    }
    if (table == NULL) {
        totals->keys ^= scatter(&key);
        return;
    }
    uint32_t seconds;
    memcpy(&seconds, record, 4);
    count(table, &key, len, seconds);
}

/* Takes all whole records; returns how many bytes they have. */
static size_t walk(struct totals *totals, struct table *table, const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    while (len - at >= RECORD_HEADER) {
        uint32_t captured;
        memcpy(&captured, bytes + at + 8, 4);
        if (captured > len - at - RECORD_HEADER) {
            break;
        }
        take_frame(totals, table, bytes + at, captured);
        at += RECORD_HEADER + captured;
    }
    return at;
}

int main(int argc, char **argv)
{
    static uint8_t block[2 * BLOCK];
    bool read_only      = argc > 1 && strcmp(argv[1], "--read") == 0;
    int file            = open(argv[argc - 1], O_RDONLY);
    struct table table  = {0};
    struct totals total = {0};
    size_t have         = 0;
    ssize_t got         = 0;
    if (file < 0 || read(file, block, FILE_HEADER) != FILE_HEADER ||
        memcmp(block, "\xd4\xc3\xb2\xa1", 4) != 0) {
        (void)fputs("usage: floor [--read] FILE.pcap\n", stderr);
        return 2;
    }
    if (!read_only) {
        table_open(&table, FIRST_SLOTS);
    }
    while ((got = read(file, block + have, BLOCK)) > 0) {
        have += (size_t)got;
        size_t taken = walk(&total, read_only ? NULL : &table, block, have);
        memmove(block, block + taken, have - taken);
        have -= taken;
    }
    (void)close(file);
    (void)printf("%" PRIu64 " frames, %" PRIu64 " bytes, %zu flows, %" PRIx64 "\n", total.frames,
                 total.bytes, table.used, total.keys);
    free(table.entries);
    return got < 0 || have != 0;
}
