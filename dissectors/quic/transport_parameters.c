#include "quic/transport_parameters.h"

#include "base/registry.h"
#include "quic/varint.h"

extern const struct ht_registry quic_transport_parameter_names;

enum { MAX_PARAMETERS = 64, MAX_LIST = 32 };

/* Where what is read goes. */
struct target {
    struct quic_transport_parameters *out;
    struct ht_arena *scratch;
};

enum kind { NUMBER, BYTES, FLAG, OTHER };

/* How a parameter is read: `place` is that of the member, or `read` reads it. */
struct parameter {
    uint64_t id;
    enum kind kind;
    size_t place;
    void (*read)(struct ht_reader *r, const struct target *to);
};

/* Section 18.2: addresses and ports, a connection id, its stateless reset token. */
static void preferred_address(struct ht_reader *r, const struct target *to)
{
    enum { TOKEN = 16 };
    struct quic_preferred_address *address = ht_arena_alloc(to->scratch, sizeof *address);
    struct ht_bytes ipv4                   = rd_take(r, 4);
    uint16_t ipv4_port                     = rd_u16(r);
    struct ht_bytes ipv6                   = rd_take(r, 16);
    uint16_t ipv6_port                     = rd_u16(r);
    struct ht_bytes id                     = rd_vec(r, 1);
    struct ht_bytes token                  = rd_take(r, TOKEN);
    if (address == NULL || r->bad) {
        return;
    }
    *address = (struct quic_preferred_address){.ipv4_port             = ipv4_port,
                                               .ipv6_port             = ipv6_port,
                                               .connection_id         = id,
                                               .stateless_reset_token = token};
    if (ipv4_port != 0) {
        address->ipv4 = ht_address4(ipv4.ptr);
    }
    if (ipv6_port != 0) {
        address->ipv6 = ht_address6(ipv6.ptr);
    }
    to->out->preferred_address = address;
}

/* RFC 9368 section 3: the version chosen, then those available. */
static void version_information(struct ht_reader *r, const struct target *to)
{
    struct ht_bytes chosen = quic_version_name(to->scratch, rd_u32(r));
    size_t num             = rd_left(r) / 4 < MAX_LIST ? rd_left(r) / 4 : MAX_LIST;
    struct ht_bytes *items = ht_arena_alloc(to->scratch, num * sizeof *items);
    if (items == NULL || r->bad || rd_left(r) % 4 != 0) {
        rd_fail(r);
        return;
    }
    for (size_t i = 0; i < num; i++) {
        items[i] = quic_version_name(to->scratch, rd_u32(r));
    }
    rd_skip(r, rd_left(r));
    to->out->chosen_version     = chosen;
    to->out->available_versions = (struct ht_texts){.items = items, .len = num};
}

/* Google's: four characters each. */
static void connection_options(struct ht_reader *r, const struct target *to)
{
    size_t num             = rd_left(r) / 4 < MAX_LIST ? rd_left(r) / 4 : MAX_LIST;
    struct ht_bytes *items = ht_arena_alloc(to->scratch, num * sizeof *items);
    for (size_t i = 0; items != NULL && i < num; i++) {
        items[i] = rd_take(r, 4);
    }
    rd_skip(r, rd_left(r));
    to->out->google_connection_options =
        (struct ht_texts){.items = items, .len = items != NULL ? num : 0};
}

/* Google's: the version first tried, then those supported. */
static void google_version(struct ht_reader *r, const struct target *to)
{
    uint32_t version = rd_u32(r);
    rd_skip(r, rd_left(r));
    if (!r->bad) {
        to->out->google_version = quic_version_name(to->scratch, version);
    }
}

#define PLACE(member) offsetof(struct quic_transport_parameters, member)

static const struct parameter parameters[] = {
    {0x00, BYTES, PLACE(original_destination_connection_id), NULL},
    {0x01, NUMBER, PLACE(max_idle_timeout_ms), NULL},
    {0x02, BYTES, PLACE(stateless_reset_token), NULL},
    {0x03, NUMBER, PLACE(max_udp_payload_size), NULL},
    {0x04, NUMBER, PLACE(initial_max_data), NULL},
    {0x05, NUMBER, PLACE(initial_max_stream_data_bidi_local), NULL},
    {0x06, NUMBER, PLACE(initial_max_stream_data_bidi_remote), NULL},
    {0x07, NUMBER, PLACE(initial_max_stream_data_uni), NULL},
    {0x08, NUMBER, PLACE(initial_max_streams_bidi), NULL},
    {0x09, NUMBER, PLACE(initial_max_streams_uni), NULL},
    {0x0A, NUMBER, PLACE(ack_delay_exponent), NULL},
    {0x0B, NUMBER, PLACE(max_ack_delay_ms), NULL},
    {0x0C, FLAG, PLACE(disable_active_migration), NULL},
    {0x0D, OTHER, PLACE(preferred_address), preferred_address},
    {0x0E, NUMBER, PLACE(active_connection_id_limit), NULL},
    {0x0F, BYTES, PLACE(initial_source_connection_id), NULL},
    {0x10, BYTES, PLACE(retry_source_connection_id), NULL},
    {0x11, OTHER, PLACE(chosen_version), version_information},
    {0x1D, FLAG, PLACE(reset_stream_at), NULL},
    {0x20, NUMBER, PLACE(max_datagram_frame_size), NULL},
    {0x1057, NUMBER, PLACE(loss_bits), NULL},
    {0x2AB2, FLAG, PLACE(grease_quic_bit), NULL},
    {0x3127, NUMBER, PLACE(google_initial_rtt_us), NULL},
    {0x3128, OTHER, PLACE(google_connection_options), connection_options},
    {0x3129, BYTES, PLACE(google_user_agent), NULL},
    {0x4752, OTHER, PLACE(google_version), google_version},
    {0x7158, NUMBER, PLACE(time_stamp), NULL},
    {0xFF73DB, OTHER, PLACE(chosen_version), version_information},
    {0xFF03DE1A, NUMBER, PLACE(min_ack_delay_us), NULL},
    {0xFF04DE1B, NUMBER, PLACE(min_ack_delay_us), NULL},
    {UINT64_C(0x17F7586D2CB571), FLAG, PLACE(reset_stream_at), NULL},
    {UINT64_C(0x0F739BBC1B666D0D), NUMBER, PLACE(initial_max_path_id), NULL},
};

/* Drafts before 27 write some numbers in the width that they have in TLS, but these are all
 * varints in either. */
static void number(struct ht_reader *r, uint64_t *out)
{
    uint64_t value = rd_varint(r);
    if (rd_done(r) && *out == 0) {
        *out = value + 1;
    } else {
        rd_fail(r);
    }
}

static bool read_value(const struct target *to, const struct parameter *parameter,
                       struct ht_bytes value)
{
    struct ht_reader r = ht_reader(value);
    char *member       = (char *)to->out + parameter->place;
    switch (parameter->kind) {
    case NUMBER:
        number(&r, (void *)member);
        return !r.bad;
    case BYTES:
        if (((const struct ht_bytes *)(const void *)member)->len == 0) {
            memcpy(member, &value, sizeof value);
        }
        return true;
    case FLAG:
        *member = 1;
        return value.len == 0;
    case OTHER:
        parameter->read(&r, to);
        return rd_done(&r);
    }
    return false;
}

static bool read_parameter(const struct target *to, uint64_t id, struct ht_bytes value)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(parameters); i++) {
        if (parameters[i].id == id) {
            return read_value(to, &parameters[i], value);
        }
    }
    return true;
}

/* Section 18.1: identifiers of the form 31 * N + 27 are reserved to exercise what ignores them. */
static bool is_grease(uint64_t id)
{
    return id >= 27 && (id - 27) % 31 == 0;
}

static struct ht_bytes name_of(struct ht_arena *scratch, uint64_t id)
{
    const struct ht_registry_entry *entry =
        id <= UINT32_MAX ? ht_registry_find(&quic_transport_parameter_names, (uint32_t)id) : NULL;
    if (entry != NULL) {
        return ht_text(entry->name);
    }
    return is_grease(id) ? ht_text("GREASE") : quic_hex(scratch, id, 2);
}

/* Before draft 27: two bytes of identifier and of length each, and a length before all. */
static bool old_form(struct ht_bytes content)
{
    return content.len >= 2 && ht_be16_at(content, 0) == content.len - 2;
}

bool quic_transport_parameters_parse(struct ht_bytes content, struct ht_arena *scratch,
                                     struct quic_transport_parameters *out)
{
    const struct target to = {.out = out, .scratch = scratch};
    bool old               = old_form(content);
    struct ht_reader r     = ht_reader(ht_bytes_from(content, old ? 2 : 0));
    struct ht_bytes *names = ht_arena_alloc(scratch, MAX_PARAMETERS * sizeof *names);
    bool good              = true;
    size_t num             = 0;
    *out                   = (struct quic_transport_parameters){0};
    while (rd_more(&r)) {
        uint64_t id           = old ? rd_u16(&r) : rd_varint(&r);
        struct ht_bytes value = old ? rd_vec(&r, 2) : rd_varint_vec(&r);
        if (r.bad) {
            break;
        }
        if (names != NULL && num < MAX_PARAMETERS) {
            names[num++] = name_of(scratch, id);
        }
        out->grease |= is_grease(id);
        good &= read_parameter(&to, id, value);
    }
    out->parameters = (struct ht_texts){.items = names, .len = num};
    return good && !r.bad;
}
