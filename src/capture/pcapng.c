/*
 * pcapng files:
 * https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/draft-ietf-opsawg-pcapng.html
 *
 *   block { uint32 type; uint32 total_length; body; uint32 total_length }, in the byte order that
 *   the section header block says, padded to 32 bits.
 */
#include "capture/file.h"
#include "capture/interfaces.h"
#include "capture/order.h"

#include "base/arena.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    BLOCK_HEADER_LEN  = 8,
    BLOCK_TRAILER_LEN = 4,
    SHORTEST_BLOCK    = BLOCK_HEADER_LEN + BLOCK_TRAILER_LEN,
    SECTION_HEAD_LEN  = 12,               /* up to and with the byte-order magic */
    LONGEST_BLOCK     = HT_INPUT_LONGEST, /* a longer one is taken for damage */
    MAX_SECRETS_BYTES = 16 * 1024 * 1024
};

#define SECTION_HEADER UINT32_C(0x0A0D0D0A)
#define ORDER_MAGIC UINT32_C(0x1A2B3C4D)

enum {
    OPTION_END           = 0,
    OPTION_COMMENT       = 1,
    EPB_DROP_COUNT       = 4,
    IF_TIME_RESOLUTION   = 9,
    IF_TIME_OFFSET       = 14,
    ISB_INTERFACE_DROP   = 5,
    ISB_SYSTEM_DROP      = 7,
    DEFAULT_RESOLUTION   = 6,
    UNKNOWN_DROP_COUNT16 = 0xFFFF
};

struct secret {
    uint32_t type;
    struct ht_bytes bytes; /* in `kept` */
};

/* Decryption secrets, kept for whoever decrypts. */
struct secrets {
    struct ht_budget budget;
    struct ht_arena kept;
    struct ht_buffer items; /* struct secret, one behind the other */
};

struct pcapng {
    struct ht_file file;
    enum ht_order order;
    struct ht_interfaces interfaces; /* of this section */
    uint32_t earlier_interfaces;     /* of all sections before */
    struct secrets secrets;
};

/* A block as it lies in the input. */
struct block {
    uint32_t type;
    uint32_t total_len;
    struct ht_bytes body;
};

enum taken {
    TAKEN_NOTE, /* read for what it says, or stepped over */
    TAKEN_FRAME,
    TAKEN_BAD
};

struct option {
    uint16_t code;
    struct ht_bytes value;
};

static bool fail_at(const struct pcapng *ng, struct ht_error *error, const char *what)
{
    const struct ht_input *input = &ng->file.input;
    return ht_fail(error, "%s: damaged at %s %" PRIu64 ", after frame %" PRIu64 ": %s",
                   input->raw.name, ht_input_unit(input), ht_input_offset(input), ng->file.frames,
                   what);
}

static enum taken bad_block(const struct pcapng *ng, struct ht_error *error, const char *what)
{
    (void)fail_at(ng, error, what);
    return TAKEN_BAD;
}

/* Reads the next option and its padding, which some writers leave out at the end of a block;
 * counts comments on the way. False at the end of the options. */
static bool next_option(struct pcapng *ng, struct ht_reader *r, struct option *out)
{
    if (rd_left(r) < 4) {
        return false;
    }
    out->code     = rd_order16(r, ng->order);
    size_t len    = rd_order16(r, ng->order);
    out->value    = rd_take(r, len);
    size_t padded = (4 - len % 4) % 4;
    rd_skip(r, padded < rd_left(r) ? padded : rd_left(r));
    if (out->code == OPTION_COMMENT && !r->bad) {
        ng->file.source.num_comments++;
    }
    return !r->bad && out->code != OPTION_END;
}

/* The number that a value of eight bytes is; false where it has another length. */
static bool option_u64(const struct pcapng *ng, const struct option *option, uint64_t *out)
{
    struct ht_reader r = ht_reader(option->value);
    *out               = rd_order64(&r, ng->order);
    return rd_done(&r);
}

static void count_comments(struct pcapng *ng, struct ht_reader *options)
{
    struct option option;
    while (next_option(ng, options, &option)) {
    }
}

/* Brings the source's count of lost frames up to date after `interface` said more. The packets'
 * own counts and the statistics tell of the same frames, so the larger one counts. */
static void update_dropped(struct pcapng *ng, struct ht_interface *interface, uint64_t counted,
                           uint64_t reported)
{
    uint64_t was = interface->lost_counted > interface->lost_reported ? interface->lost_counted
                                                                      : interface->lost_reported;
    interface->lost_counted  = counted;
    interface->lost_reported = reported;
    ng->file.source.dropped += (counted > reported ? counted : reported) - was;
}

/* Section header block, 4.1: byte order (already known), version, length (not needed), options. */
static enum taken take_section(struct pcapng *ng, struct ht_bytes body, struct ht_frame *out,
                               struct ht_error *error)
{
    (void)out;
    struct ht_reader r = ht_reader(body);
    rd_skip(&r, 4);
    uint16_t major = rd_order16(&r, ng->order);
    rd_skip(&r, 2 + 8);
    if (r.bad) {
        return bad_block(ng, error, "a section header that is too short");
    }
    if (major != 1) {
        return bad_block(ng, error, "a section of an unknown version of pcapng");
    }
    count_comments(ng, &r);
    ng->earlier_interfaces += (uint32_t)ng->interfaces.len;
    ng->interfaces.len = 0;
    return TAKEN_NOTE;
}

/* Interface description block, 4.2. */
static enum taken take_interface(struct pcapng *ng, struct ht_bytes body, struct ht_frame *out,
                                 struct ht_error *error)
{
    (void)out;
    struct ht_reader r            = ht_reader(body);
    struct ht_interface interface = {.resolution = ht_resolution(DEFAULT_RESOLUTION)};
    interface.link_type           = rd_order16(&r, ng->order);
    rd_skip(&r, 2);
    interface.snaplen = rd_order32(&r, ng->order);
    if (r.bad) {
        return bad_block(ng, error, "an interface description that is too short");
    }
    struct option option;
    while (next_option(ng, &r, &option)) {
        uint64_t offset = 0;
        if (option.code == IF_TIME_RESOLUTION && option.value.len == 1) {
            interface.resolution = ht_resolution(option.value.ptr[0]);
        } else if (option.code == IF_TIME_OFFSET && option_u64(ng, &option, &offset)) {
            interface.offset_s = (int64_t)offset;
        }
    }
    if (!ht_interfaces_add(&ng->interfaces, &interface)) {
        return bad_block(ng, error, "more than 65536 interfaces");
    }
    return TAKEN_NOTE;
}

static struct ht_interface *find_interface(struct pcapng *ng, uint32_t id)
{
    return id < ng->interfaces.len ? &ng->interfaces.items[id] : NULL;
}

/* What the blocks of packets have in common. */
static void fill_frame(struct pcapng *ng, const struct ht_interface *interface,
                       struct ht_bytes data, uint32_t original_len, struct ht_frame *out)
{
    *out = (struct ht_frame){
        .number       = ++ng->file.frames,
        .data         = data,
        .original_len = original_len > data.len ? original_len : (uint32_t)data.len,
        .interface    = ng->earlier_interfaces + (uint32_t)(interface - ng->interfaces.items),
        .link_type    = interface->link_type};
}

/* The part that the enhanced packet block shares with its forerunner: time, lengths, data. */
static enum taken take_timed_packet(struct pcapng *ng, struct ht_interface *interface,
                                    struct ht_reader *r, struct ht_frame *out,
                                    struct ht_error *error)
{
    uint64_t high     = rd_order32(r, ng->order);
    uint64_t ticks    = high << 32 | rd_order32(r, ng->order);
    uint32_t captured = rd_order32(r, ng->order);
    uint32_t original = rd_order32(r, ng->order);
    struct ht_bytes b = rd_take(r, captured);
    if (r->bad) {
        return bad_block(ng, error, "a packet that is longer than its block");
    }
    if (interface == NULL) {
        return bad_block(ng, error, "a packet of an interface that was not described");
    }
    fill_frame(ng, interface, b, original, out);
    out->time_ns = ht_interface_time(interface, ticks);
    return TAKEN_FRAME;
}

/* Enhanced packet block, 4.3. */
static enum taken take_enhanced_packet(struct pcapng *ng, struct ht_bytes body,
                                       struct ht_frame *out, struct ht_error *error)
{
    struct ht_reader r             = ht_reader(body);
    struct ht_interface *interface = find_interface(ng, rd_order32(&r, ng->order));
    enum taken taken               = take_timed_packet(ng, interface, &r, out, error);
    if (taken != TAKEN_FRAME || rd_left(&r) < 4) {
        return taken;
    }
    rd_skip(&r, (4 - out->data.len % 4) % 4);
    struct option option;
    while (next_option(ng, &r, &option)) {
        uint64_t lost = 0;
        if (option.code == EPB_DROP_COUNT && option_u64(ng, &option, &lost)) {
            update_dropped(ng, interface, interface->lost_counted + lost, interface->lost_reported);
        }
    }
    return TAKEN_FRAME;
}

/* Packet block, obsolete, appendix A. */
static enum taken take_old_packet(struct pcapng *ng, struct ht_bytes body, struct ht_frame *out,
                                  struct ht_error *error)
{
    struct ht_reader r             = ht_reader(body);
    struct ht_interface *interface = find_interface(ng, rd_order16(&r, ng->order));
    uint16_t lost                  = rd_order16(&r, ng->order);
    enum taken taken               = take_timed_packet(ng, interface, &r, out, error);
    if (taken == TAKEN_FRAME && lost != UNKNOWN_DROP_COUNT16) {
        update_dropped(ng, interface, interface->lost_counted + lost, interface->lost_reported);
    }
    return taken;
}

/* Simple packet block, 4.4: of the first interface, without a time; what was captured follows from
 * the interface's snapshot length. */
static enum taken take_simple_packet(struct pcapng *ng, struct ht_bytes body, struct ht_frame *out,
                                     struct ht_error *error)
{
    const struct ht_interface *interface = find_interface(ng, 0);
    if (interface == NULL) {
        return bad_block(ng, error, "a packet of an interface that was not described");
    }
    struct ht_reader r = ht_reader(body);
    uint32_t original  = rd_order32(&r, ng->order);
    bool snapped       = interface->snaplen > 0 && interface->snaplen < original;
    struct ht_bytes b  = rd_take(&r, snapped ? interface->snaplen : original);
    if (r.bad) {
        return bad_block(ng, error, "a packet that is longer than its block");
    }
    fill_frame(ng, interface, b, original, out);
    return TAKEN_FRAME;
}

/* Interface statistics block, 4.6. */
static enum taken take_statistics(struct pcapng *ng, struct ht_bytes body, struct ht_frame *out,
                                  struct ht_error *error)
{
    (void)out;
    (void)error;
    struct ht_reader r             = ht_reader(body);
    struct ht_interface *interface = find_interface(ng, rd_order32(&r, ng->order));
    rd_skip(&r, 8); /* the time */
    uint64_t lost = 0;
    struct option option;
    while (next_option(ng, &r, &option)) {
        uint64_t count = 0;
        bool drops     = option.code == ISB_INTERFACE_DROP || option.code == ISB_SYSTEM_DROP;
        if (drops && option_u64(ng, &option, &count)) {
            lost += count;
        }
    }
    if (interface != NULL) {
        update_dropped(ng, interface, interface->lost_counted, lost);
    }
    return TAKEN_NOTE;
}

/* Decryption secrets block, 4.7. */
static enum taken take_secrets(struct pcapng *ng, struct ht_bytes body, struct ht_frame *out,
                               struct ht_error *error)
{
    (void)out;
    struct ht_reader r    = ht_reader(body);
    struct secret secret  = {.type = rd_order32(&r, ng->order)};
    uint32_t len          = rd_order32(&r, ng->order);
    struct ht_bytes bytes = rd_take(&r, len);
    if (r.bad) {
        return bad_block(ng, error, "decryption secrets that are longer than their block");
    }
    secret.bytes = ht_arena_copy(&ng->secrets.kept, bytes);
    if (secret.bytes.len == len &&
        ht_buffer_append(&ng->secrets.items, ht_bytes(&secret, sizeof secret))) {
        ng->file.source.num_secrets++;
    } else {
        ng->file.source.refused_secrets++;
    }
    return TAKEN_NOTE;
}

/* What is done with the blocks known here; all others (name resolution, custom blocks, …) are
 * stepped over. */
static const struct {
    uint32_t type;
    enum taken (*take)(struct pcapng *ng, struct ht_bytes body, struct ht_frame *out,
                       struct ht_error *error);
} block_types[] = {
    {6, take_enhanced_packet},      {3, take_simple_packet},
    {2, take_old_packet},           {1, take_interface},
    {5, take_statistics},           {10, take_secrets},
    {SECTION_HEADER, take_section},
};

static enum taken take_block(struct pcapng *ng, const struct block *block, struct ht_frame *out,
                             struct ht_error *error)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(block_types); i++) {
        if (block_types[i].type == block->type) {
            return block_types[i].take(ng, block->body, out, error);
        }
    }
    return TAKEN_NOTE;
}

/* Reads on until the first `len` bytes of the next block lie at the cursor. */
static enum ht_read fill_block(struct pcapng *ng, size_t len, struct ht_error *error)
{
    const struct ht_input *input = &ng->file.input;
    enum ht_read state           = ht_file_fill(&ng->file, len, error);
    if (state != HT_READ_END || ht_input_left(input) == 0) {
        return state;
    }
    ht_fail(error,
            "%s: cut short at %s %" PRIu64 ", in the block at %" PRIu64 " after frame %" PRIu64,
            input->raw.name, ht_input_unit(input), ht_input_offset(input) + ht_input_left(input),
            ht_input_offset(input), ng->file.frames);
    return HT_READ_ERROR;
}

/* The byte order that the section header at `at`, of SECTION_HEAD_LEN bytes, is written in. */
static bool find_order(const uint8_t *at, enum ht_order *out)
{
    for (*out = HT_LITTLE_ENDIAN; *out <= HT_BIG_ENDIAN; ++*out) {
        if (ht_load32(at + BLOCK_HEADER_LEN, *out) == ORDER_MAGIC) {
            return true;
        }
    }
    return false;
}

/* Reads the head of a block: its type and length, and of a section the byte order. */
static enum ht_read read_block_head(struct pcapng *ng, struct block *out, struct ht_error *error)
{
    const struct ht_input *input = &ng->file.input;
    /* The shortest block is as long as what tells a section's byte order. */
    if (!ht_input_has(input, SECTION_HEAD_LEN)) {
        enum ht_read state = fill_block(ng, SECTION_HEAD_LEN, error);
        if (state != HT_READ_FRAME) {
            return state;
        }
    }
    out->type = ht_load32(input->cur, ng->order); /* SECTION_HEADER is the same in both orders */
    if (out->type == SECTION_HEADER && !find_order(input->cur, &ng->order)) {
        (void)fail_at(ng, error, "a section of unknown byte order");
        return HT_READ_ERROR;
    }
    out->total_len = ht_load32(input->cur + 4, ng->order);
    if (out->total_len < SHORTEST_BLOCK || out->total_len > LONGEST_BLOCK ||
        out->total_len % 4 != 0) {
        char what[64];
        (void)snprintf(what, sizeof what, "a block with a length of %" PRIu32, out->total_len);
        (void)fail_at(ng, error, what);
        return HT_READ_ERROR;
    }
    return HT_READ_FRAME;
}

static enum ht_read read_block(struct pcapng *ng, struct block *out, struct ht_error *error)
{
    const struct ht_input *input = &ng->file.input;
    enum ht_read state           = read_block_head(ng, out, error);
    if (state == HT_READ_FRAME && !ht_input_has(input, out->total_len)) {
        state = fill_block(ng, out->total_len, error);
    }
    if (state != HT_READ_FRAME) {
        return state;
    }
    const uint8_t *trailer = input->cur + out->total_len - BLOCK_TRAILER_LEN;
    if (ht_load32(trailer, ng->order) != out->total_len) {
        (void)fail_at(ng, error, "a block whose two lengths differ");
        return HT_READ_ERROR;
    }
    out->body = ht_bytes(input->cur + BLOCK_HEADER_LEN, out->total_len - SHORTEST_BLOCK);
    return HT_READ_FRAME;
}

static enum ht_read pcapng_next(struct ht_source *source, struct ht_frame *out,
                                struct ht_error *error)
{
    struct pcapng *ng = (struct pcapng *)source;
    enum taken taken  = TAKEN_NOTE;
    while (taken == TAKEN_NOTE) {
        struct block block;
        enum ht_read state = read_block(ng, &block, error);
        if (state != HT_READ_FRAME) {
            return state;
        }
        taken = take_block(ng, &block, out, error);
        if (taken == TAKEN_BAD) {
            return HT_READ_ERROR;
        }
        ng->file.input.cur += block.total_len;
    }
    return HT_READ_FRAME;
}

static struct ht_bytes pcapng_secrets(const struct ht_source *source, size_t num,
                                      uint32_t *out_type)
{
    const struct pcapng *ng = (const struct pcapng *)source;
    if (num >= source->num_secrets) {
        return ht_bytes(NULL, 0);
    }
    struct secret secret;
    memcpy(&secret, ng->secrets.items.ptr + num * sizeof secret, sizeof secret);
    *out_type = secret.type;
    return secret.bytes;
}

static void pcapng_close(struct ht_source *source)
{
    struct pcapng *ng = (struct pcapng *)source;
    ht_input_close(&ng->file.input);
    ht_interfaces_free(&ng->interfaces);
    ht_arena_clear(&ng->secrets.kept);
    ht_buffer_free(&ng->secrets.items);
    ht_budget_free(&ng->secrets.budget);
    free(ng);
}

static const struct ht_source_ops pcapng_ops = {
    .next = pcapng_next, .close = pcapng_close, .secrets = pcapng_secrets, .check = ht_file_check};

bool ht_pcapng_magic(struct ht_bytes head)
{
    struct ht_reader r = ht_reader(head);
    enum ht_order order;
    bool is_section = rd_u32(&r) == SECTION_HEADER;
    /* A file that ends within the first block is a capture still, cut short. */
    return is_section && (head.len < SECTION_HEAD_LEN || find_order(head.ptr, &order));
}

struct ht_source *ht_pcapng_open(struct ht_input *input, struct ht_error *error)
{
    struct pcapng *ng = calloc(1, sizeof *ng);
    if (ng == NULL) {
        ht_fail(error, "%s: no memory", input->raw.name);
        return NULL;
    }
    ng->file.source.ops    = &pcapng_ops;
    ng->file.input         = *input;
    ng->secrets.budget.max = MAX_SECRETS_BYTES;
    ng->secrets.kept       = (struct ht_arena){.budget = &ng->secrets.budget};
    ng->secrets.items = (struct ht_buffer){.max = MAX_SECRETS_BYTES, .budget = &ng->secrets.budget};
    return &ng->file.source;
}
