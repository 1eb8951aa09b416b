/*
 * From a sample to a template: its frames, flows and streams.
 */
#include "template.h"

#include "capture/source.h"

#include <netinet/in.h>
#include <stdlib.h>

enum { MAX_STREAM = 1 << 16, DNS_PORT = 53 };

static bool is_same(const struct ht_endpoint *a, const struct ht_endpoint *b)
{
    return a->port == b->port && ht_address_equal(&a->address, &b->address);
}

static unsigned flow_of(struct template *t, const struct ht_packet *p, bool *out_from_client)
{
    for (unsigned i = 0; i < t->num_flows; i++) {
        const struct flow *f = &t->flows[i];
        bool forth = is_same(&f->client, &p->source) && is_same(&f->server, &p->destination);
        bool back  = is_same(&f->client, &p->destination) && is_same(&f->server, &p->source);
        if (f->protocol == p->protocol && (forth || back)) {
            *out_from_client = forth;
            return i;
        }
    }
    if (t->num_flows == MAX_FLOWS) {
        fatal("%s: more than %d flows", t->name, MAX_FLOWS);
    }
    *out_from_client       = true;
    t->flows[t->num_flows] = (struct flow){p->source, p->destination, p->protocol};
    t->num_connections += p->protocol == IPPROTO_TCP;
    return t->num_flows++;
}

/* A frame of the project's samples is Ethernet without tags; IPv6 has no extension headers. */
static struct layout layout_of(const struct template *t, const struct ht_frame *frame,
                               const struct ht_packet *p)
{
    struct layout l = {.protocol = p->protocol, .ipv6 = p->source.address.version == 6};
    l.ip_at         = (uint16_t)(p->ip.ptr - frame->data.ptr);
    l.len           = (uint16_t)(l.ip_at + p->ip_len);
    l.transport_at  = (uint16_t)(l.ip_at + (l.ipv6 ? 40 : (p->ip.ptr[0] & 15) * 4));
    l.payload_at    = (uint16_t)(l.len - p->payload_len);
    if (frame->link_type != HT_LINK_ETHERNET || l.ip_at != 14 || p->payload_len != p->payload.len ||
        l.len > MAX_FRAME || l.payload_at < l.transport_at) {
        fatal("%s: frame %u is not plain Ethernet", t->name, (unsigned)frame->number);
    }
    return l;
}

void template_add(struct template *t, const struct ht_frame *frame, int64_t time_ns)
{
    struct ht_packet p;
    if (ht_packet_decode(&p, frame) != HT_DECODED) {
        return;
    }
    if (t->num_steps == MAX_STEPS) {
        fatal("%s: more than %d frames", t->name, MAX_STEPS);
    }
    struct step *step = &t->steps[t->num_steps++];
    step->layout      = layout_of(t, frame, &p);
    step->flow        = (uint8_t)flow_of(t, &p, &step->from_client);
    step->time_ns     = time_ns;
    step->tcp_flags   = p.protocol == IPPROTO_TCP ? p.tcp.flags : 0;
    step->frame       = malloc(step->layout.len);
    if (step->frame == NULL) {
        fatal("no memory");
    }
    memcpy(step->frame, frame->data.ptr, step->layout.len);
}

static bool is_wanted(const struct ht_frame *frame, enum part part)
{
    struct ht_packet p;
    return ht_packet_decode(&p, frame) == HT_DECODED &&
           (part == PART_ALL || (part == PART_UDP) == (p.protocol == IPPROTO_UDP));
}

void template_load(struct template *t, const char *samples, const char *file, enum part part)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", samples, file);
    (void)snprintf(t->name, sizeof t->name, "%s", file);
    struct ht_error error;
    struct ht_source *source = ht_file_open(path, &error);
    if (source == NULL) {
        fatal("%s", error.text);
    }
    int64_t start = t->num_steps == 0 ? 0 : t->steps[t->num_steps - 1].time_ns + 300000;
    int64_t first = 0;
    struct ht_frame frame;
    enum ht_read read;
    while ((read = ht_source_next(source, &frame, &error)) == HT_READ_FRAME) {
        if (!is_wanted(&frame, part)) {
            continue;
        }
        first            = first == 0 ? frame.time_ns : first;
        t->first_time_ns = frame.time_ns > t->first_time_ns ? frame.time_ns : t->first_time_ns;
        template_add(t, &frame, start + frame.time_ns - first);
    }
    if (read != HT_READ_END) {
        fatal("%s", error.text);
    }
    ht_source_close(source);
}

struct steps stream_steps(const struct stream *s, size_t at, size_t len)
{
    struct steps set = {{0}};
    for (unsigned i = 0; i < s->num_pieces; i++) {
        const struct piece *p = &s->pieces[i];
        if (p->at < at + len && at < p->at + p->len) {
            steps_add(&set, p->step);
        }
    }
    return set;
}

void stream_patch(const struct stream *s, size_t at, size_t len, enum patch_kind kind, uint64_t key)
{
    struct template *t = s->template;
    for (unsigned i = 0; i < s->num_pieces; i++) {
        const struct piece *p = &s->pieces[i];
        size_t first          = at > p->at ? at : p->at;
        size_t end            = at + len < p->at + p->len ? at + len : p->at + p->len;
        if (first >= end) {
            continue;
        }
        if (t->num_patches == MAX_PATCHES) {
            fatal("%s: more than %d patches", t->name, MAX_PATCHES);
        }
        t->patches[t->num_patches++] = (struct patch){
            .kind = kind,
            .step = p->step,
            .at   = (uint16_t)(p->frame_at + first - p->at),
            .len  = (uint16_t)(end - first),
            .from = (uint16_t)(first - at),
            .key  = key,
        };
    }
}

struct fact *template_fact(struct template *t, enum fact_kind kind, struct steps steps,
                           uint64_t key)
{
    for (unsigned i = 0; i < t->num_facts; i++) {
        struct fact *f = &t->facts[i];
        if (f->any && f->kind == kind && f->key == key) {
            f->steps.bits[0] |= steps.bits[0];
            f->steps.bits[1] |= steps.bits[1];
            return f;
        }
    }
    if (t->num_facts == MAX_FACTS) {
        fatal("%s: more than %d facts", t->name, MAX_FACTS);
    }
    struct fact *f = &t->facts[t->num_facts++];
    *f             = (struct fact){.kind = kind, .any = kind >= FACT_DNS_MESSAGE, .steps = steps};
    f->key         = key;
    return f;
}

/* Appends a step's payload to the stream, which the sample must hold in order. */
static void stream_append(struct stream *s, uint8_t *buffer, unsigned number, uint32_t *next_seq)
{
    const struct step *step = &s->template->steps[number];
    const struct layout *l  = &step->layout;
    if (l->protocol == IPPROTO_TCP) {
        uint32_t seq = get_u32(step->frame + l->transport_at + 4);
        bool syn     = (step->tcp_flags & HT_TCP_SYN) != 0;
        if (s->num_pieces > 0 && l->len > l->payload_at && seq != *next_seq) {
            fatal("%s: frame %u is not in order", s->template->name, number + 1);
        }
        *next_seq = seq + syn + l->len - l->payload_at;
    }
    size_t len = (size_t)(l->len - l->payload_at);
    if (len == 0) {
        return;
    }
    if (s->bytes.len + len > MAX_STREAM) {
        fatal("%s: more than %d bytes in one direction", s->template->name, MAX_STREAM);
    }
    s->pieces[s->num_pieces++] =
        (struct piece){(uint16_t)number, l->payload_at, (uint16_t)len, (uint32_t)s->bytes.len};
    memcpy(buffer + s->bytes.len, step->frame + l->payload_at, len);
    s->bytes.len += len;
}

static void stream_open(struct stream *s, uint8_t *buffer, struct template *t, unsigned flow,
                        bool from_client)
{
    *s = (struct stream){.template = t, .flow = (uint8_t)flow, .from_client = from_client};
    s->bytes.ptr      = buffer;
    uint32_t next_seq = 0;
    for (unsigned i = 0; i < t->num_steps; i++) {
        if (t->steps[i].flow == flow && t->steps[i].from_client == from_client) {
            stream_append(s, buffer, i, &next_seq);
        }
    }
}

/* Every UDP datagram is a stream of one piece. */
static void mark_datagrams(struct template *t, unsigned flow)
{
    for (unsigned i = 0; i < t->num_steps; i++) {
        const struct step *step = &t->steps[i];
        if (step->flow == flow && t->flows[flow].server.port == DNS_PORT) {
            const struct layout *l = &step->layout;
            uint16_t len           = (uint16_t)(l->len - l->payload_at);
            struct stream s        = {.template    = t,
                                      .flow        = (uint8_t)flow,
                                      .from_client = step->from_client,
                                      .bytes       = ht_bytes(step->frame + l->payload_at, len),
                                      .pieces      = {{(uint16_t)i, l->payload_at, len, 0}},
                                      .num_pieces  = 1};
            mark_dns(&s);
        }
    }
}

static void mark_connection(struct template *t, unsigned flow)
{
    static uint8_t buffers[2][MAX_STREAM];
    struct stream client, server;
    stream_open(&client, buffers[0], t, flow, true);
    stream_open(&server, buffers[1], t, flow, false);
    struct steps all = {{0}};
    for (unsigned i = 0; i < t->num_steps; i++) {
        if (t->steps[i].flow == flow) {
            steps_add(&all, i);
        }
    }
    (void)template_fact(t, FACT_CONNECTION, all, flow);
    if (t->flows[flow].server.port == DNS_PORT) {
        mark_dns(&client);
        mark_dns(&server);
        return;
    }
    mark_tls(&client);
    mark_tls(&server);
    find_body_place(t, &client, &server);
}

/* The client is who sent the first frame, the server whom it connects to; DNS servers and others
 * stay what they are. */
static void name_hosts(struct template *t)
{
    t->client = t->flows[0].client.address;
    if (t->server.version == 0) {
        t->server = t->flows[0].server.address;
    }
    for (unsigned i = t->num_flows; i-- > 0;) {
        if (t->flows[i].protocol == IPPROTO_TCP && t->flows[i].server.port != DNS_PORT) {
            t->server = t->flows[i].server.address;
        }
    }
    for (unsigned i = 0; i < t->num_steps; i++) {
        struct step *step    = &t->steps[i];
        const struct flow *f = &t->flows[step->flow];
        bool is_server       = ht_address_equal(&f->server.address, &t->server);
        enum host peer       = is_server ? HOST_SERVER : HOST_OTHER;
        step->source         = step->from_client ? HOST_CLIENT : peer;
        step->destination    = step->from_client ? peer : HOST_CLIENT;
    }
}

static int compare_patches(const void *a, const void *b)
{
    const struct patch *p = a;
    const struct patch *q = b;
    return p->step != q->step ? (p->step < q->step ? -1 : 1) : (int)p->at - (int)q->at;
}

/* The server's first flight ends where the client sends data again. */
static unsigned hello_steps(const struct template *t)
{
    bool answered = false;
    for (unsigned i = 0; i < t->num_steps; i++) {
        const struct step *step = &t->steps[i];
        bool data =
            step->layout.len > step->layout.payload_at && step->layout.protocol == IPPROTO_TCP;
        if (answered && data && step->from_client) {
            return i;
        }
        answered = answered || (data && !step->from_client);
    }
    return t->num_steps;
}

void template_finish(struct template *t)
{
    name_hosts(t);
    for (unsigned i = 0; i < t->num_flows; i++) {
        if (t->flows[i].protocol == IPPROTO_UDP) {
            mark_datagrams(t, i);
        } else {
            mark_connection(t, i);
        }
    }
    t->num_hello_steps = hello_steps(t);
    qsort(t->patches, t->num_patches, sizeof t->patches[0], compare_patches);
    for (unsigned i = t->num_patches; i-- > 0;) {
        struct step *step = &t->steps[t->patches[i].step];
        step->first_patch = (uint16_t)i;
        step->num_patches++;
    }
}

void template_free(struct template *t)
{
    for (unsigned i = 0; i < t->num_steps; i++) {
        free(t->steps[i].frame);
    }
}
