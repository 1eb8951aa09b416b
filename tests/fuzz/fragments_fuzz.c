/*
 * Fragments. After a 0, a list of { flags and datagram, offset, length }, in units of 8 bytes: each
 * is made into a fragment, whose data tells where in the datagram it stands and whether it is odd.
 * What comes out is what a simple model says: a datagram is complete when each of its units was
 * there, and none twice with other content (in IPv6: other than by an exact duplicate). After
 * another number, a list of frames as they are: { seconds, length, frame }.
 */
#include "fuzz.h"

#include "packet/fragments.h"

#include <netinet/in.h>
#include <stdlib.h>

enum { DATAGRAMS = 4, UNITS = 32, HEADER = 48, MAX_STEPS = 512 };

/* Of one datagram: which units were there, in which stretch that came at once, and how. */
struct model {
    bool there[UNITS], odd[UNITS];
    uint8_t from[UNITS], to[UNITS];
    size_t units; /* 0: the end is not known */
    bool refused, touched;
};

struct step {
    unsigned which; /* datagram: the lowest bit says IPv6 */
    size_t from, to;
    bool more, odd;
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool overlaps(const struct model *m, const struct step *s)
{
    size_t end = s->more ? m->units : s->to;
    if ((m->units != 0 && end != m->units) || (end != 0 && s->to > end)) {
        return true;
    }
    for (size_t i = 0; i < UNITS; i++) {
        bool inside = i >= s->from && i < s->to;
        bool exact  = m->from[i] == s->from && m->to[i] == s->to;
        if (m->there[i] && ((end != 0 && i >= end) ||
                            (inside && (m->odd[i] != s->odd || (s->which % 2 == 1 && !exact))))) {
            return true;
        }
    }
    return false;
}

/* Whether the datagram is complete with this step. */
static bool model_take(struct model *m, const struct step *s)
{
    bool complete = true;
    m->touched    = true;
    if (m->refused || overlaps(m, s)) {
        m->refused = true;
        return false;
    }
    m->units = s->more ? m->units : s->to;
    for (size_t i = s->from; i < s->to; i++) {
        size_t to = i;
        while (to < s->to && !m->there[to]) {
            to++;
        }
        for (size_t from = i; i < to; i++) {
            m->from[i]  = (uint8_t)from;
            m->to[i]    = (uint8_t)to;
            m->odd[i]   = s->odd;
            m->there[i] = true;
        }
    }
    for (size_t i = 0; i < m->units; i++) {
        complete = complete && m->there[i];
    }
    return complete && m->units != 0;
}

static uint8_t content(size_t at, bool odd)
{
    return (uint8_t)(at * 7 + odd);
}

static struct ht_frame frame_of(uint8_t room[HEADER + 8 * UNITS], const struct step *s)
{
    bool ipv6     = s->which % 2 == 1;
    size_t header = ipv6 ? 48 : 20, len = 8 * (s->to - s->from);
    size_t told  = ipv6 ? 8 + len : header + len;
    size_t where = ipv6 ? s->from * 8 | s->more : s->from | (size_t)s->more << 13;
    memset(room, 0, header);
    room[0]             = ipv6 ? 0x60 : 0x45;
    room[ipv6 ? 6 : 9]  = ipv6 ? IPPROTO_FRAGMENT : 253; /* RFC 3692: for experiments */
    room[ipv6 ? 40 : 8] = 253;
    room[ipv6 ? 4 : 2]  = (uint8_t)(told >> 8);
    room[ipv6 ? 5 : 3]  = (uint8_t)told;
    room[ipv6 ? 42 : 6] = (uint8_t)(where >> 8);
    room[ipv6 ? 43 : 7] = (uint8_t)where;
    room[ipv6 ? 47 : 5] = (uint8_t)s->which;
    for (size_t i = 0; i < len; i++) {
        room[header + i] = content(8 * s->from + i, s->odd);
    }
    return (struct ht_frame){.data         = ht_bytes(room, header + len),
                             .original_len = (uint32_t)(header + len),
                             .link_type    = HT_LINK_RAW};
}

static void check_whole(const struct ht_packet *packet, const struct model *m, bool ipv6)
{
    struct ht_bytes data = ht_bytes_from(packet->ip, ipv6 ? 48 : 20);
    require(packet->protocol == 253 && data.len == 8 * m->units);
    for (size_t i = 0; i < data.len; i++) {
        require(data.ptr[i] == content(i, m->odd[i / 8]));
    }
}

/* A copy of what a complete datagram was made of is no news; all else begins another. */
static bool is_echo(const struct model *done, const struct step *s)
{
    return done->touched && !overlaps(done, s) && done->there[s->from] &&
           done->from[s->from] <= s->from && done->to[s->from] >= s->to;
}

static void run_model(struct ht_reader in)
{
    static const struct model nothing;
    struct model models[DATAGRAMS] = {0}, done[DATAGRAMS] = {0};
    struct ht_fragments fragments;
    uint8_t room[HEADER + 8 * UNITS];
    ht_fragments_init(&fragments, 0);
    for (int i = 0; i < MAX_STEPS && rd_left(&in) >= 3; i++) {
        uint8_t flags = rd_u8(&in);
        size_t from = rd_u8(&in) % UNITS, len = 1 + rd_u8(&in) % (UNITS - from);
        struct step s = {flags % DATAGRAMS, from, from + len, (flags & 0x80) != 0,
                         (flags & 0x40) != 0};
        struct ht_packet packet;
        struct ht_frame frame  = frame_of(room, &s);
        enum ht_decode decoded = ht_packet_decode(&packet, &frame);
        if (decoded != HT_DECODE_FRAGMENT) { /* the only one of its datagram */
            require(from == 0 && !s.more && decoded == HT_DECODE_NOT_TCP_UDP);
            continue;
        }
        decoded           = ht_fragments_take(&fragments, &frame, &packet);
        struct model *own = &models[s.which];
        if (!own->touched && is_echo(&done[s.which], &s)) {
            require(decoded == HT_DECODE_FRAGMENT);
            continue;
        }
        done[s.which] = nothing;
        bool complete = model_take(own, &s);
        require(complete == (decoded != HT_DECODE_FRAGMENT));
        if (complete) {
            check_whole(&packet, own, s.which % 2 == 1);
            done[s.which] = *own;
            *own          = nothing;
        }
    }
    ht_fragments_flush(&fragments);
    require(fragments.budget.used == 0);
    ht_fragments_free(&fragments);
}

static void run_frames(struct ht_reader in, uint16_t link_type)
{
    struct ht_fragments fragments;
    ht_fragments_init(&fragments, 0);
    while (rd_more(&in)) {
        struct ht_packet packet;
        int64_t seconds       = rd_u8(&in);
        struct ht_bytes bytes = rd_vec(&in, 1);
        struct ht_frame frame = {.data         = bytes,
                                 .time_ns      = seconds * 1000000000,
                                 .original_len = (uint32_t)(bytes.len + (size_t)(seconds % 2 * 8)),
                                 .link_type    = link_type};
        if (ht_packet_decode(&packet, &frame) == HT_DECODE_FRAGMENT &&
            ht_fragments_take(&fragments, &frame, &packet) != HT_DECODE_FRAGMENT) {
            require(frame.rebuilt > 0 && frame.rebuilt <= frame.data.len);
            require(packet.payload.len <= packet.payload_len);
        }
    }
    require(fragments.budget.used <= HT_MAX_FRAGMENT_BYTES);
    ht_fragments_free(&fragments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_reader in = ht_reader(ht_bytes(data, len));
    uint8_t how         = rd_u8(&in);
    if (how == 0) {
        run_model(in);
    } else {
        run_frames(in, how % 2 == 1 ? HT_LINK_RAW : HT_LINK_ETHERNET);
    }
    return 0;
}
