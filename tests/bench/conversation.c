#include "conversation.h"

#include <netinet/in.h>
#include <stdlib.h>

enum { SEGMENT = 1448, RECORD = 5 + 16384, SEGMENTS_PER_ACK = 8, SEGMENT_TIME_NS = 60000 };
enum { NOISE = 1 << 16, NUM_SERVERS = 1000 };

/* Parts of a packet's chances, in ten thousandths. */
enum { NEVER_WRITTEN = 25, LOST_AND_REPEATED = 50, REPEATED = 150, REORDERED = 450, WHOLE = 10000 };

static void put_name(uint8_t *out, const struct patch *p, uint32_t name)
{
    uint8_t letters[3] = {(uint8_t)('a' + name / 676 % 26), (uint8_t)('a' + name / 26 % 26),
                          (uint8_t)('a' + name % 26)};
    memcpy(out, letters + p->from, p->len);
}

static void put_random(uint8_t *out, const struct patch *p, uint64_t seed)
{
    for (unsigned i = 0; i < p->len; i++) {
        unsigned at = p->from + i;
        out[i]      = (uint8_t)(mix(seed ^ p->key ^ (uint64_t)(at / 8) << 56) >> at % 8 * 8);
    }
}

/* The addresses: clients in 10.64.0.0/10, servers in 198.18.0.0/15 (RFC 2544), and in IPv6 the
 * same numbers behind prefixes of their own. */
static void put_host(uint8_t *out, bool ipv6, enum host host, const struct conversation *c)
{
    uint32_t server = c->name % NUM_SERVERS;
    uint32_t ipv4 =
        host == HOST_CLIENT ? 0x0a400000 + c->client : 0xc6120000 + server + server / 250;
    if (host == HOST_OTHER) {
        return;
    }
    if (!ipv6) {
        put_u32(out, ipv4);
        return;
    }
    memset(out, 0, 16);
    put_u32(out, host == HOST_CLIENT ? 0xfd000009 : 0x20010db8);
    put_u32(out + 12, ipv4);
}

static void put_patch(uint8_t *frame, const struct patch *p, const struct conversation *c)
{
    uint8_t *out = frame + p->at;
    uint8_t address[16];
    switch (p->kind) {
    case PATCH_RANDOM:
        put_random(out, p, c->seed);
        break;
    case PATCH_NAME:
        put_name(out, p, c->name);
        break;
    case PATCH_SERIAL:
        put_random(out, p, c->chain);
        break;
    case PATCH_ADDRESS:
        put_host(address, c->template->server.version == 6, HOST_SERVER, c);
        memcpy(out, address + p->from, p->len);
        break;
    }
}

/* What is added to sequence numbers of the template, in each direction. */
static uint32_t seq_shift(const struct conversation *c, unsigned flow, bool from_client)
{
    return (uint32_t)mix(c->seed + (uint64_t)flow * 2 + from_client);
}

static void put_addresses(struct packet *p, const struct conversation *c, const struct step *step)
{
    uint8_t *ip        = p->frame + p->layout.ip_at;
    uint8_t *transport = p->frame + p->layout.transport_at;
    bool ipv6          = p->layout.ipv6;
    put_host(ip + (ipv6 ? 8 : 12), ipv6, step->source, c);
    put_host(ip + (ipv6 ? 24 : 16), ipv6, step->destination, c);
    put_u16(transport + (step->from_client ? 0 : 2), (uint32_t)c->first_port + step->flow);
}

static void put_sequence(struct packet *p, const struct conversation *c)
{
    uint8_t *tcp         = p->frame + p->layout.transport_at;
    uint32_t server_body = p->flow == c->template->body.flow ? c->body_at : 0;
    uint32_t seq         = seq_shift(c, p->flow, p->from_client);
    uint32_t ack         = seq_shift(c, p->flow, !p->from_client);
    put_u32(tcp + 4, get_u32(tcp + 4) + seq + (p->from_client ? 0 : server_body));
    if ((p->tcp_flags & HT_TCP_ACK) != 0) {
        put_u32(tcp + 8, get_u32(tcp + 8) + ack + (p->from_client ? server_body : 0));
    }
}

static void packet_open(struct packet *p, const struct step *step, size_t len)
{
    memcpy(p->frame, step->frame, len);
    p->layout      = step->layout;
    p->layout.len  = (uint16_t)len;
    p->step        = step;
    p->flow        = step->flow;
    p->from_client = step->from_client;
    p->tcp_flags   = step->tcp_flags;
    p->has_data    = len > step->layout.payload_at;
}

static void make_step(struct packet *p, const struct conversation *c)
{
    const struct template *t = c->template;
    const struct step *step  = &t->steps[c->step];
    packet_open(p, step, step->layout.len);
    for (unsigned i = 0; i < step->num_patches; i++) {
        put_patch(p->frame, &t->patches[step->first_patch + i], c);
    }
    put_addresses(p, c, step);
    if (p->layout.protocol == IPPROTO_TCP) {
        put_sequence(p, c);
    }
    wire_finish(p->frame, &p->layout);
}

/* Application data records; what is in them is noise, as if encrypted. */
static void fill_body(uint8_t *out, uint32_t at, uint32_t len, uint32_t total)
{
    static uint8_t noise[NOISE + SEGMENT];
    if (noise[0] == 0) {
        for (unsigned i = 0; i < sizeof noise; i++) {
            noise[i] = (uint8_t)mix(i);
        }
        noise[0] = 1;
    }
    memcpy(out, noise + at % NOISE, len);
    for (uint32_t record = at - at % RECORD; record < at + len; record += RECORD) {
        uint32_t size     = total - record < RECORD ? total - record - 5 : RECORD - 5;
        uint8_t header[5] = {23, 3, 3, (uint8_t)(size >> 8), (uint8_t)size};
        for (uint32_t i = 0; i < 5; i++) {
            if (record + i >= at && record + i < at + len) {
                out[record + i - at] = header[i];
            }
        }
    }
}

/* A segment of the body, or the client's ACK of the last ones. */
static void make_body(struct packet *p, struct conversation *c)
{
    const struct body_place *place = &c->template->body;
    const struct step *model =
        &c->template->steps[c->ack_due ? place->client_model : place->server_model];
    uint32_t left = c->body_len - c->body_at;
    uint32_t room = c->ack_due ? 0 : SEGMENT - (model->layout.ipv6 ? 20 : 0);
    uint32_t len  = left < room ? left : room;
    packet_open(p, model, model->layout.payload_at);
    p->step       = NULL;
    p->has_data   = len > 0;
    p->layout.len = (uint16_t)(p->layout.len + len);
    put_addresses(p, c, model);
    uint8_t *tcp = p->frame + p->layout.transport_at;
    put_u32(tcp + 4, c->ack_due ? place->ack : place->seq);
    put_u32(tcp + 8, c->ack_due ? place->seq : place->ack);
    put_sequence(p, c);
    if (len > 0) {
        fill_body(p->frame + p->layout.payload_at, c->body_at, len, c->body_len);
    }
    c->body_at += len;
    bool last  = c->body_at == c->body_len;
    c->ack_due = !c->ack_due && (last || c->body_at / room % SEGMENTS_PER_ACK == 0);
    wire_finish(p->frame, &p->layout);
}

/* A host that sends something again gives it another IPv4 identification; only what a mirror port
 * copied has the same. */
static void renumber(struct packet *p)
{
    uint8_t *ip = p->frame + p->layout.ip_at;
    if (!p->layout.ipv6) {
        put_u16(ip + 4, get_u16(ip + 4) ^ 0x8000U);
        wire_finish(p->frame, &p->layout);
    }
}

static void hold(struct conversation *c, const struct packet *p, unsigned countdown, bool is_repeat)
{
    for (unsigned i = 0; i < MAX_HELD; i++) {
        if (c->held[i] == NULL) {
            c->held[i] = malloc(sizeof *c->held[i]);
            if (c->held[i] == NULL) {
                fatal("no memory");
            }
            *c->held[i] = (struct held){*p, countdown, is_repeat};
            if (is_repeat) {
                renumber(&c->held[i]->packet);
            }
            return;
        }
    }
}

static bool is_full(const struct conversation *c)
{
    for (unsigned i = 0; i < MAX_HELD; i++) {
        if (c->held[i] == NULL) {
            return false;
        }
    }
    return true;
}

static void release(struct conversation *c, unsigned i, struct capture *capture)
{
    const struct packet *p = &c->held[i]->packet;
    capture_write(capture, c->next_ns, p->frame, p->layout.len);
    free(c->held[i]);
    c->held[i] = NULL;
}

/* What was lost and sent again comes before the answer to it; nothing comes after the end. */
static void release_before(struct conversation *c, const struct packet *p, struct capture *capture)
{
    bool is_end = (p->tcp_flags & (HT_TCP_FIN | HT_TCP_RST)) != 0;
    for (unsigned i = 0; i < MAX_HELD; i++) {
        const struct held *h = c->held[i];
        if (h == NULL || h->packet.flow != p->flow) {
            continue;
        }
        bool is_answer = p->has_data && p->from_client != h->packet.from_client;
        if (is_end || (h->is_repeat && is_answer)) {
            release(c, i, capture);
        }
    }
}

static void release_after(struct conversation *c, struct capture *capture, bool all)
{
    for (unsigned i = 0; i < MAX_HELD; i++) {
        if (c->held[i] != NULL && (all || c->held[i]->countdown-- == 0)) {
            release(c, i, capture);
        }
    }
}

/* Writes the packet, or what becomes of it. The ends of a connection are not reordered, and
 * datagrams neither lost for a while nor reordered. */
static void pass(struct conversation *c, const struct packet *p, struct capture *capture,
                 struct truth *truth)
{
    uint32_t chance = c->is_impaired ? random_below(&c->chance, WHOLE) : WHOLE;
    bool is_tcp     = p->layout.protocol == IPPROTO_TCP;
    bool is_end     = (p->tcp_flags & (HT_TCP_SYN | HT_TCP_FIN | HT_TCP_RST)) != 0;
    bool can_hold   = !is_full(c);
    bool is_held    = false;
    if (chance < NEVER_WRITTEN || (chance < LOST_AND_REPEATED && !is_tcp)) {
        truth->never_written++;
        if (p->step != NULL) {
            steps_add(&c->lost, c->step);
        }
        return;
    }
    if (can_hold && chance < LOST_AND_REPEATED && !is_end) {
        truth->lost_and_repeated++;
        hold(c, p, 6, true);
        is_held = true;
    } else if (can_hold && chance >= LOST_AND_REPEATED && chance < REPEATED) {
        truth->repeated++;
        hold(c, p, 1 + random_below(&c->chance, 3), true);
    } else if (can_hold && chance >= REPEATED && chance < REORDERED && is_tcp && !is_end) {
        truth->reordered++;
        hold(c, p, 1 + random_below(&c->chance, 3), false);
        is_held = true;
    }
    if (!is_held) {
        capture_write(capture, c->next_ns, p->frame, p->layout.len);
    }
}

static void finish(struct conversation *c, struct capture *capture, struct truth *truth)
{
    release_after(c, capture, true);
    truth_add(truth, c->template, &c->lost, c->num_steps, c->chain);
}

bool conversation_send(struct conversation *c, struct capture *capture, struct truth *truth)
{
    const struct template *t = c->template;
    struct packet p;
    bool in_body =
        c->body_len > 0 && c->step == t->body.step && (c->body_at < c->body_len || c->ack_due);
    if (in_body) {
        make_body(&p, c);
        c->start_ns += SEGMENT_TIME_NS;
    } else {
        make_step(&p, c);
    }
    release_before(c, &p, capture);
    pass(c, &p, capture, truth);
    c->step = (uint16_t)(c->step + !in_body);
    release_after(c, capture, false);
    if (c->step == c->num_steps) {
        finish(c, capture, truth);
        return false;
    }
    if (!in_body && c->pause_step != 0 && c->step == c->pause_step) {
        c->start_ns += c->pause_ns;
    }
    c->next_ns = c->start_ns + t->steps[c->step].time_ns;
    return true;
}
