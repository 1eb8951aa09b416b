#include "library.h"

#include "conversation.h"

#include <stdlib.h>

/* A page visit: the samples with their weights in per cent. About 60 % are TLS 1.3, half of them
 * with hellos of two segments; 20 % are IPv6; two of the samples hold a connection and its
 * resumption. Where a sample has no DNS of its own, `names` lends it. */
struct entry {
    const char *file, *names;
    unsigned weight;
    unsigned num_chains;
};

static const struct entry entries[] = {
    {"page-visit.pcapng", NULL, 10, 0},
    {"page-visit-ipv6.pcapng", NULL, 20, 0},
    {"tls13-mlkem.pcapng", NULL, 5, 0},
    {"curl-nginx.pcapng", NULL, 15, 0},
    {"tls13.pcapng", "curl-nginx.pcapng", 7, 0},
    {"gnutls-tls13.pcap", "curl-nginx.pcapng", 3, 0},
    {"tls12-ecdhe-rsa.pcap.zst", "curl-nginx.pcapng", 17, 60},
    {"tls12-ecdhe-ecdsa.pcapng", "curl-nginx.pcapng", 10, 60},
    {"tls12-rsa.pcap", "curl-nginx.pcapng", 3, 40},
    {"tls12-session-id.pcap", "curl-nginx.pcapng", 5, 20},
    {"tls12-ticket.pcap.lz4", "curl-nginx.pcapng", 5, 20},
};

enum { NUM_ENTRIES = HT_ARRAY_LEN(entries), MEDIA_FRAMES = 50 };

static struct template *add(struct library *library, enum set set, unsigned weight)
{
    struct template *t = &library->templates[library->num_templates++];
    library->choices[set][library->num_choices[set]++] = (struct choice){t, weight, 0, 1};
    return t;
}

static void finish(struct library *library, struct template *t)
{
    template_finish(t);
    library->time_ns = t->first_time_ns > library->time_ns ? t->first_time_ns : library->time_ns;
}

static void add_page(struct library *library, const char *samples, const struct entry *entry,
                     unsigned first_chain)
{
    struct template *t = add(library, SET_PAGES, entry->weight);
    if (entry->names != NULL) {
        template_load(t, samples, entry->names, PART_UDP);
    }
    template_load(t, samples, entry->file, PART_ALL);
    finish(library, t);
    struct choice *choice = &library->choices[SET_PAGES][library->num_choices[SET_PAGES] - 1];
    choice->first_chain   = first_chain;
    choice->num_chains    = entry->num_chains > 0 ? entry->num_chains : 1;
}

/* The same connections alone, where there is one: for those that stay open. */
static void add_single(struct library *library, const char *samples, const struct entry *entry,
                       const struct choice *page)
{
    if (page->template->num_connections != 1) {
        return;
    }
    template_load(add(library, SET_SINGLE, entry->weight), samples, entry->file, PART_TCP);
    struct choice *choice = &library->choices[SET_SINGLE][library->num_choices[SET_SINGLE] - 1];
    finish(library, choice->template);
    choice->first_chain = page->first_chain;
    choice->num_chains  = page->num_chains;
}

/* Voice over RTP (RFC 3550): no sample has other UDP, so this one is made up. */
static void add_media(struct library *library)
{
    struct template *t = add(library, SET_MEDIA, 1);
    (void)snprintf(t->name, sizeof t->name, "media");
    for (unsigned i = 0; i < MEDIA_FRAMES; i++) {
        uint8_t bytes[14 + 20 + 8 + 12 + 160] = {2, 0, 0,    0, 0, 1,   2, 0, 0,    0, 0,  2,
                                                 8, 0, 0x45, 0, 0, 200, 0, 0, 0x40, 0, 64, 17};
        bool forth                            = i % 2 == 0;
        put_u32(bytes + 26, forth ? 0x0a090001 : 0x0a090002);
        put_u32(bytes + 30, forth ? 0x0a090002 : 0x0a090001);
        put_u16(bytes + 34, forth ? 30000 : 30002);
        put_u16(bytes + 36, forth ? 30002 : 30000);
        put_u16(bytes + 38, sizeof bytes - 34);
        put_u16(bytes + 42, 0x8008); /* version 2, PCMA */
        put_u16(bytes + 44, i / 2);
        put_u32(bytes + 46, i / 2 * 160);
        put_u32(bytes + 50, forth ? 0x11223344 : 0x55667788);
        memset(bytes + 54, 0xd5, 160);
        struct ht_frame frame = {.number       = i + 1,
                                 .data         = ht_bytes(bytes, sizeof bytes),
                                 .original_len = sizeof bytes,
                                 .link_type    = HT_LINK_ETHERNET};
        template_add(t, &frame, (int64_t)i * 10000000);
    }
    finish(library, t);
}

/* Look-ups alone; the address in their answers is the samples' server's. */
static void add_names(struct library *library, const char *samples, const char *file,
                      enum part part, unsigned weight)
{
    static const uint8_t server[4] = {10, 9, 0, 2};
    struct template *t             = add(library, SET_NAMES, weight);
    t->server                      = ht_address4(server);
    template_load(t, samples, file, part);
    finish(library, t);
}

void library_open(struct library *library, const char *samples)
{
    *library           = (struct library){0};
    library->templates = calloc(2 * NUM_ENTRIES + 3, sizeof *library->templates);
    if (library->templates == NULL) {
        fatal("no memory");
    }
    unsigned chain = 0;
    for (unsigned i = 0; i < NUM_ENTRIES; i++) {
        add_page(library, samples, &entries[i], chain);
        add_single(library, samples, &entries[i], &library->choices[SET_PAGES][i]);
        chain += entries[i].num_chains;
    }
    add_names(library, samples, "curl-nginx.pcapng", PART_UDP, 95);
    add_names(library, samples, "dns.pcap", PART_ALL, 5);
    add_media(library);
}

void library_close(struct library *library)
{
    for (unsigned i = 0; i < library->num_templates; i++) {
        template_free(&library->templates[i]);
    }
    free(library->templates);
}

const struct choice *library_choose(const struct library *library, enum set set,
                                    struct random *random)
{
    const struct choice *choices = library->choices[set];
    unsigned total               = 0;
    for (unsigned i = 0; i < library->num_choices[set]; i++) {
        total += choices[i].weight;
    }
    unsigned at = random_below(random, total);
    unsigned i  = 0;
    while (at >= choices[i].weight) {
        at -= choices[i++].weight;
    }
    return &choices[i];
}
