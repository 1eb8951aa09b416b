#include "dns/match.h"

#include "dns/message.h"
#include "dns/name.h"
#include "dns/netbios.h"

enum {
    LENGTH_SIZE = 2,
    /* Off port 53 longer first messages are no DNS: most text protocols read as a length above
     * 8,192. */
    MAX_STRANGE = 4096,
    /* A question of one label, and its answer, at most: anything larger is no first message. */
    MAX_COUNT = 100,
    MAX_TEXT  = 272 /* of a name without escapes, which is written in chunks */
};

static bool has_port(const struct ht_endpoint endpoint[2], uint16_t port)
{
    return endpoint[0].port == port || endpoint[1].port == port;
}

/* A header as a client or server would write it: a registered opcode and rcode, no reserved bit,
 * one question, a query without answers. */
static bool ordinary_header(const struct dns_message *m)
{
    bool known = ht_registry_find(&dns_opcodes, m->opcode) != NULL &&
                 ht_registry_find(&dns_rcodes, m->rcode) != NULL;
    bool query = m->opcode == 0 && m->counts[1] == 0 && m->counts[2] == 0 && m->rcode == 0 &&
                 m->counts[3] <= 2;
    bool small =
        m->counts[1] <= MAX_COUNT && m->counts[2] <= MAX_COUNT && m->counts[3] <= MAX_COUNT;
    return known && !m->reserved && m->counts[0] == 1 && (m->response ? small : query);
}

/* The first question, read without memory: a name that is not the root, of printable characters
 * that need no escape, a registered type, class IN. */
static bool ordinary_question(struct ht_reader *r, struct ht_bytes message)
{
    uint8_t room[MAX_TEXT];
    struct dns_text name;
    dns_text_start_in(&name, room, sizeof room);
    bool named = dns_name_parse(r, &(const struct dns_names){.message = message}, &name) &&
                 !name.full && name.ptr[0] != '.';
    uint16_t type  = rd_u16(r);
    uint16_t class = rd_u16(r);
    for (size_t i = 0; named && i < name.len; i++) {
        named = name.ptr[i] != '\\';
    }
    return named && !r->bad && class == 1 && type != 0 &&
           ht_registry_find(&dns_types, type) != NULL;
}

/* The whole of an ordinary message. */
static bool ordinary_message(struct ht_bytes message)
{
    struct dns_message m  = {0};
    struct ht_reader r    = ht_reader(message);
    struct ht_arena arena = {0};
    if (!dns_header_parse(&r, &m) || !ordinary_header(&m) || !ordinary_question(&r, message)) {
        return false;
    }
    bool good = dns_message_parse(message, DNS_UNICAST, &arena, &m);
    ht_arena_clear(&arena);
    return good;
}

/* RFC 6762 section 18 and RFC 4795 section 2.1.1: a zero opcode; some question or record. */
static bool multicast_header(struct ht_bytes message)
{
    struct dns_message m = {0};
    struct ht_reader r   = ht_reader(message);
    bool whole           = dns_header_parse(&r, &m);
    bool some            = (m.counts[0] | m.counts[1] | m.counts[2] | m.counts[3]) != 0;
    return whole && m.opcode == 0 && some;
}

/* RFC 1002 section 4.2.1: an operation of its own numbering, no bit set that must be zero, one
 * question or none; then always a name of 32 letters. */
static bool netbios_header(struct ht_bytes message)
{
    enum { NAME_LENGTH = 32 };
    struct dns_message m = {0};
    struct ht_reader r   = ht_reader(message);
    bool whole           = dns_header_parse(&r, &m);
    return whole && ht_registry_find(&dns_netbios_opcodes, m.opcode) != NULL && !m.reserved &&
           !m.authentic_data && m.counts[0] <= 1 && rd_u8(&r) == NAME_LENGTH;
}

static bool is_multicast(const struct ht_address *a)
{
    return a->version == 4 ? a->bytes[0] >> 4 == 14 : a->version == 6 && a->bytes[0] == 0xFF;
}

enum ht_match dns_match_datagram(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                 enum ht_side side)
{
    bool multicast = has_port(endpoint, MDNS_PORT) || has_port(endpoint, LLMNR_PORT);
    if (has_port(endpoint, DNS_PORT)) {
        return HT_MATCH_YES;
    }
    if (multicast && is_multicast(&endpoint[ht_other(side)].address)) {
        return HT_MATCH_YES;
    }
    if (multicast && multicast_header(head)) {
        return HT_MATCH_YES;
    }
    bool netbios = has_port(endpoint, NETBIOS_PORT);
    return (netbios ? netbios_header(head) : ordinary_message(head)) ? HT_MATCH_YES : HT_MATCH_NO;
}

/* A header that a stream on port 53 may begin with: updates and transfers too. */
static bool possible_header(struct ht_bytes message)
{
    struct dns_message m = {0};
    struct ht_reader r   = ht_reader(message);
    return dns_header_parse(&r, &m) && ht_registry_find(&dns_opcodes, m.opcode) != NULL &&
           m.counts[0] <= 1 && !m.reserved;
}

enum ht_match dns_match_stream(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                               enum ht_side side)
{
    struct ht_reader r      = ht_reader(head);
    size_t len              = rd_u16(&r);
    struct ht_bytes message = ht_bytes_head(rd_rest(&r), len);
    bool at_home            = has_port(endpoint, DNS_PORT) || has_port(endpoint, LLMNR_PORT);
    (void)side;
    if (head.len < LENGTH_SIZE) {
        return HT_MATCH_MORE;
    }
    if (len < DNS_HEADER_SIZE || (!at_home && len > MAX_STRANGE)) {
        return HT_MATCH_NO;
    }
    if (message.len < DNS_HEADER_SIZE) {
        return HT_MATCH_MORE;
    }
    if (!possible_header(message)) {
        return HT_MATCH_NO;
    }
    if (!at_home && message.len < len) {
        return HT_MATCH_MORE;
    }
    return at_home || ordinary_message(message) ? HT_MATCH_YES : HT_MATCH_NO;
}

struct ht_frame_size dns_frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    struct ht_reader r = ht_reader(avail);
    size_t len         = rd_u16(&r);
    (void)state, (void)side;
    if (r.bad) {
        return (struct ht_frame_size){0};
    }
    if (len < DNS_HEADER_SIZE) {
        return (struct ht_frame_size){.len = SIZE_MAX};
    }
    return (struct ht_frame_size){.len = LENGTH_SIZE + len, .need = LENGTH_SIZE + len};
}

/* An ordinary header behind its length, and the beginning of a name: HT_FIND_BYTES, so that the
 * answer does not depend on how much of the stream is there. */
static bool begins_message(struct ht_bytes bytes)
{
    struct dns_message m = {0};
    struct ht_reader r   = ht_reader(bytes);
    size_t len           = rd_u16(&r);
    bool whole           = dns_header_parse(&r, &m);
    uint8_t label        = rd_u8(&r);
    uint8_t character    = rd_u8(&r);
    return whole && !r.bad && len > DNS_HEADER_SIZE && ordinary_header(&m) && label >= 1 &&
           label <= 63 && character > ' ' && character <= '~';
}

size_t dns_resync(struct ht_bytes avail, enum ht_side side)
{
    enum { QDCOUNT = LENGTH_SIZE + 4 };
    (void)side;
    for (size_t at = 0; at + HT_FIND_BYTES <= avail.len; at++) {
        const uint8_t *one =
            memchr(avail.ptr + at + QDCOUNT + 1, 1, avail.len - HT_FIND_BYTES - at + 1);
        if (one == NULL) {
            break;
        }
        at = (size_t)(one - avail.ptr) - QDCOUNT - 1;
        if (one[-1] == 0 && begins_message(ht_bytes(avail.ptr + at, HT_FIND_BYTES))) {
            return at;
        }
    }
    return avail.len;
}
