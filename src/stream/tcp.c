#include "stream/tcp.h"

enum {
    FIXED_HEADER          = 20, /* bytes before the options */
    OPTION_END            = 0,
    OPTION_NOP            = 1,
    OPTION_MSS            = 2,
    OPTION_WINDOW_SCALE   = 3,
    OPTION_SACK_PERMITTED = 4,
    OPTION_TIMESTAMPS     = 8,
    OPTION_FAST_OPEN      = 34,
    MAX_SYN_EVENTS        = 8 /* a client retries about six times; more tell nothing */
};

/* What one packet of one side is judged with. */
struct step {
    struct ht_tcp *tcp;
    struct ht_tcp_side *me; /* who sent it */
    struct ht_tcp_side *peer;
    const struct ht_packet *packet;
    const struct ht_tcp_observer *observer;
    unsigned side;
    uint64_t frame;
    int64_t time_ns;
};

static void emit(const struct step *s, const struct ht_event_type *type, void *data)
{
    s->observer->emit(s->observer->context, type, s->side, data);
}

static void read_option(struct ht_reader *r, uint8_t kind, struct ht_tcp_options *out)
{
    uint8_t len = rd_u8(r);
    if (len < 2) {
        rd_fail(r);
        return;
    }
    struct ht_reader content = ht_reader(rd_take(r, len - 2U));
    uint8_t shift;
    switch (kind) {
    case OPTION_MSS:
        out->mss = rd_u16(&content);
        break;
    case OPTION_WINDOW_SCALE:
        shift             = rd_u8(&content);
        out->window_scale = (uint8_t)(content.bad ? 0 : shift + 1);
        break;
    case OPTION_SACK_PERMITTED:
        out->sack_permitted = true;
        break;
    case OPTION_TIMESTAMPS:
        out->timestamps = true;
        break;
    case OPTION_FAST_OPEN:
        out->fast_open = true;
        break;
    default:
        break;
    }
}

/* Linux has these in this order: MSS, SACK permitted, timestamps, a NOP and window scale. Read in
 * one go, as read_option would. False: they are others. */
static bool read_usual_options(struct ht_bytes options, struct ht_tcp_options *out)
{
    enum { MSS = 2, SACK = 4, SCALE = 16, SHIFT = 19, LEN = 20 };
    if (options.len != LEN || ht_be16_at(options, 0) != (OPTION_MSS << 8 | 4) ||
        ht_be32_at(options, SACK) !=
            (OPTION_SACK_PERMITTED << 24 | 2 << 16 | OPTION_TIMESTAMPS << 8 | 10) ||
        ht_be32_at(options, SCALE) >> 8 != (OPTION_NOP << 16 | OPTION_WINDOW_SCALE << 8 | 3)) {
        return false;
    }
    out->mss            = ht_be16_at(options, MSS);
    out->window_scale   = (uint8_t)(options.ptr[SHIFT] + 1);
    out->sack_permitted = out->timestamps = true;
    return true;
}

/* RFC 9293 section 3.2. */
static struct ht_tcp_options read_options(const struct ht_packet *packet)
{
    struct ht_tcp_options out = {.window = packet->tcp.window};
    struct ht_bytes options   = ht_bytes_from(packet->header, FIXED_HEADER);
    struct ht_reader r        = ht_reader(options);
    if (read_usual_options(options, &out)) {
        return out;
    }
    while (rd_more(&r)) {
        uint8_t kind = rd_u8(&r);
        if (kind == OPTION_END) {
            break;
        }
        if (kind != OPTION_NOP) {
            read_option(&r, kind, &out);
        }
    }
    return out;
}

static void emit_open(const struct step *s, const struct ht_tcp_options *o, bool is_ack, bool again)
{
    static const struct ht_event_type *const types[][2] = {
        {&ht_tcp_syn_event, &ht_tcp_syn_again_event},
        {&ht_tcp_syn_ack_event, &ht_tcp_syn_ack_again_event}};
    bool scales             = o->window_scale > 0;
    struct ht_tcp_open open = {.mss            = o->mss,
                               .window_scale   = (uint8_t)(scales ? o->window_scale - 1 : 0),
                               .window_scaling = scales,
                               .sack_permitted = o->sack_permitted,
                               .timestamps     = o->timestamps,
                               .fast_open      = o->fast_open,
                               .window         = o->window,
                               .retransmission = again};
    emit(s, types[is_ack][again], &open);
}

/* A RST in the handshake was meant for an earlier connection on these ports (RFC 9293 section
 * 3.5.1): this one goes on. */
static void reopen(struct ht_tcp *tcp)
{
    tcp->side[0].reset = tcp->side[1].reset = false;
    tcp->closed_by_reset                    = false;
    tcp->closer                             = 0;
}

static void see_syn(const struct step *s)
{
    struct ht_tcp *tcp       = s->tcp;
    struct ht_tcp_side *me   = s->me;
    struct ht_tcp_side *peer = s->peer;
    bool is_ack              = (s->packet->tcp.flags & HT_TCP_ACK) != 0;
    bool again               = me->syn;
    if (is_ack && peer->syn && s->packet->tcp.ack != peer->isn + 1) {
        return; /* it answers another SYN than the one seen */
    }
    if (is_ack && tcp->closed_by_reset && tcp->ack_frame == 0) {
        reopen(tcp);
    }
    const struct ht_tcp_options options = read_options(s->packet);
    if (again) {
        tcp->syn_retransmissions += !is_ack;
        me->syn_ack |= is_ack; /* the second half of a simultaneous open */
    } else {
        me->syn       = true;
        me->syn_ack   = is_ack;
        me->isn       = s->packet->tcp.seq;
        me->syn_frame = s->frame;
        me->options   = options;
        ht_reassembly_start(&me->bytes, me->isn + 1);
    }
    if (!again || is_ack) {
        me->syn_ns = s->time_ns;
    }
    if (is_ack) {
        ht_reassembly_start(&peer->bytes, s->packet->tcp.ack);
        tcp->opener = tcp->opener != 0 ? tcp->opener : (int8_t)(2 - s->side);
    } else if (!again) {
        tcp->simultaneous_open = peer->syn && !peer->syn_ack;
        tcp->opener            = tcp->simultaneous_open ? tcp->opener : (int8_t)(1 + s->side);
    }
    if (!again || tcp->syn_retransmissions < MAX_SYN_EVENTS) {
        emit_open(s, &options, is_ack, again);
    }
}

/* The ACK that ends the three-way handshake: the opener's first packet after its SYN. */
static void see_ack(const struct step *s)
{
    struct ht_tcp *tcp       = s->tcp;
    struct ht_tcp_side *me   = s->me;
    struct ht_tcp_side *peer = s->peer;
    uint32_t ack             = s->packet->tcp.ack;
    if (me->syn && !me->syn_ack && !me->acked && s->packet->tcp.seq == me->isn + 1) {
        /* Where the SYN-ACK was lost in capture this still says where its side begins. */
        ht_reassembly_start(&peer->bytes, ack);
    }
    ht_tcp_see_acked(me, ack);
    ht_reassembly_acked(&peer->bytes, ack);
    bool opened_here =
        me->syn ? !me->syn_ack || tcp->simultaneous_open : peer->syn && peer->syn_ack;
    if (tcp->ack_frame == 0 && opened_here && (me->syn || peer->syn) &&
        (!me->syn || s->packet->tcp.seq == me->isn + 1) && (!peer->syn || ack == peer->isn + 1)) {
        tcp->ack_frame = s->frame;
        tcp->ack_ns    = s->time_ns;
        emit(s, &ht_tcp_ack_event, NULL);
    }
}

static bool fin_acked(const struct ht_tcp_side *me, const struct ht_tcp_side *peer)
{
    return me->fin && peer->acked && !ht_tcp_before(peer->max_acked, me->fin_seq + 1);
}

/* Did `s` come before what is known to have closed the connection? A side's own packets are stored
 * in their order, and what a side acknowledged it had heard; else it is by time, for a file may
 * have one direction after the other. */
static bool closes_first(const struct step *s)
{
    const struct ht_tcp *tcp       = s->tcp;
    const struct ht_tcp_side *me   = s->me;
    const struct ht_tcp_side *peer = s->peer;
    if (tcp->closer == 0) {
        return true;
    }
    bool goes_on  = tcp->closer == (int8_t)(1 + s->side) || fin_acked(peer, me);
    bool answered = me->fin && peer->acked && !ht_tcp_before(tcp->close_ack, me->fin_seq + 1);
    return !goes_on && (answered || s->time_ns < tcp->close_ns);
}

static void see_close(const struct step *s, bool by_reset)
{
    struct ht_tcp *tcp = s->tcp;
    if (closes_first(s)) {
        tcp->closer          = (int8_t)(1 + s->side);
        tcp->closed_by_reset = by_reset;
        tcp->close_ns        = s->time_ns;
        tcp->close_ack       = s->me->max_acked;
    }
}

static void see_fin(const struct step *s, uint32_t fin_seq)
{
    struct ht_tcp_side *me = s->me;
    if (me->fin) {
        return;
    }
    me->fin     = true;
    me->fin_seq = fin_seq;
    see_close(s, false);
    emit(s, &ht_tcp_fin_event, NULL);
}

/* A RST outside the window is ignored by who gets it (RFC 9293 section 3.5.3); a little behind it
 * is let pass, for middleboxes. */
static bool is_in_window(const struct ht_tcp_side *me, const struct ht_tcp_side *peer, uint32_t seq)
{
    if (!me->bytes.started || !peer->acked) {
        return true;
    }
    unsigned shift = peer->options.window_scale > 0 ? peer->options.window_scale - 1U
                     : peer->syn                    ? 0
                                                    : 14;
    int64_t ahead  = (int32_t)(seq - peer->max_acked);
    return ahead >= -(int64_t)UINT16_MAX && ahead <= (int64_t)UINT16_MAX
                                                         << (shift < 14 ? shift : 14);
}

static void see_reset(const struct step *s)
{
    struct ht_tcp_side *me = s->me;
    bool ignored           = !is_in_window(me, s->peer, s->packet->tcp.seq);
    if (me->reset || (ignored && me->stray_reset)) {
        return;
    }
    me->stray_reset |= ignored;
    me->reset = !ignored;
    if (!ignored) {
        see_close(s, true);
    }
    emit(s, &ht_tcp_rst_event, NULL);
}

/* Also where it is held back. */
static bool has_data(const struct ht_tcp_side *me)
{
    return me->bytes.next > 0 || me->bytes.held;
}

/* Data came, if only behind a hole. */
static bool has_any_data(const struct ht_tcp_side *me)
{
    const struct ht_disorder *disorder = me->bytes.disorder;
    return has_data(me) || (disorder != NULL && disorder->head != NULL);
}

/* A SYN that starts something new although `me` was seen already: unless its data follow on it. */
static bool precedes_what_was_seen(const struct ht_tcp_side *me, uint32_t isn)
{
    return me->seen && !me->syn && me->first_seq - (isn + 1) < (1U << 20);
}

bool ht_tcp_is_new(const struct ht_tcp *tcp, const struct ht_packet *packet, unsigned side)
{
    const struct ht_tcp_side *me   = &tcp->side[side];
    const struct ht_tcp_side *peer = &tcp->side[1 - side];
    uint32_t isn                   = packet->tcp.seq;
    if ((packet->tcp.flags & HT_TCP_SYN) == 0 || (!me->seen && !peer->seen)) {
        return false;
    }
    if ((packet->tcp.flags & HT_TCP_ACK) != 0) {
        /* A SYN-ACK belongs to the SYN that it acknowledges. */
        if (peer->syn && packet->tcp.ack == peer->isn + 1) {
            return false;
        }
        return me->syn ? me->isn != isn && (ht_tcp_closed(tcp) || me->fin || has_data(me))
                       : me->seen && !precedes_what_was_seen(me, isn);
    }
    if (me->syn) {
        return me->isn != isn;
    }
    if (me->seen) {
        return !precedes_what_was_seen(me, isn);
    }
    if (peer->acked) {
        return peer->max_acked - (isn + 1) > (1U << 30);
    }
    return peer->fin || peer->reset;
}

/* The largest window that `me` may have told of; `UINT16_MAX` where either side does not scale (RFC
 * 7323 section 2.2). */
static int64_t largest_window(const struct ht_tcp_side *me, const struct ht_tcp_side *peer)
{
    bool scaled    = me->options.window_scale > 0 && peer->options.window_scale > 0;
    unsigned shift = scaled ? me->options.window_scale - 1U : 0;
    return (int64_t)UINT16_MAX << (shift < 14 ? shift : 14);
}

static bool is_far(uint32_t seq, const struct ht_reassembly *bytes, int64_t window)
{
    enum { SLACK = 4 /* windows: what the capture lost moves the next byte on only later */ };
    int64_t ahead = (int32_t)(seq - (bytes->base + (uint32_t)bytes->next));
    return ahead > SLACK * window || ahead < -SLACK * window;
}

/* A segment whose sequence and acknowledgement numbers both have nothing to do with the handshake:
 * the copy of a middlebox's other side, or of another connection. Where only such come, the capture
 * has a large hole in both directions. */
static bool is_foreign(struct ht_tcp *tcp, const struct ht_packet *packet, unsigned side)
{
    enum { MAX_FOREIGN = 8 };
    const struct ht_tcp_side *me = &tcp->side[side], *peer = &tcp->side[1 - side];
    bool foreign = packet->tcp.seq != ht_tcp_next_seq(me) && me->syn && peer->syn &&
                   (packet->tcp.flags & (HT_TCP_SYN | HT_TCP_ACK)) == HT_TCP_ACK &&
                   is_far(packet->tcp.seq, &me->bytes, largest_window(peer, me)) &&
                   is_far(packet->tcp.ack, &peer->bytes, largest_window(me, peer));
    bool ignored = foreign && tcp->foreign < MAX_FOREIGN;
    tcp->foreign = (uint8_t)(foreign ? tcp->foreign + ignored : 0);
    return ignored;
}

/* What a side acknowledged last is known of the other one's bytes: it may have come before these
 * began. */
static bool is_ack_noted(const struct ht_tcp_side *me, const struct ht_tcp_side *peer)
{
    uint64_t offset = ht_reassembly_offset(&peer->bytes, me->max_acked);
    return !me->acked || (int64_t)(offset - peer->bytes.acked) <= 0;
}

static bool is_steady(const struct ht_tcp *tcp)
{
    const struct ht_tcp_side *a = &tcp->side[0], *b = &tcp->side[1];
    bool closing = a->fin || a->reset || b->fin || b->reset;
    bool started = a->seen && a->bytes.started && b->seen && b->bytes.started;
    return tcp->ack_frame != 0 && started && !closing && is_ack_noted(a, b) && is_ack_noted(b, a);
}

/* The offset in its bytes up to which `me` was handed on; behind the last one its FIN counts, as it
 * does in acknowledgements. */
static uint64_t heard_of(const struct ht_tcp_side *me)
{
    uint64_t next = me->bytes.next;
    return next + (me->fin && me->bytes.base + (uint32_t)next == me->fin_seq);
}

/* What a side says after what the other one said is handed on in that order, wherever the capture
 * has it: a mirror port may bring one direction a little late, and a file all of it. */
static void hear_each_other(struct ht_tcp *tcp)
{
    struct ht_tcp_side *a = &tcp->side[0], *b = &tcp->side[1];
    bool more = true;
    while (more) {
        more = ht_reassembly_heard(&a->bytes, heard_of(b));
        more |= ht_reassembly_heard(&b->bytes, heard_of(a));
    }
}

static bool is_held(const struct ht_tcp *tcp)
{
    return tcp->side[0].bytes.held || tcp->side[1].bytes.held;
}

/* The offset up to which the sender had heard the other side; 0 where that was handed on, or where
 * nothing is known. */
static uint64_t said_after(const struct step *s)
{
    const struct ht_tcp_side *peer   = s->peer;
    const struct ht_reassembly *said = &peer->bytes;
    bool comes                       = peer->seen || !said->receiver->live;
    bool known    = comes && said->started && (s->packet->tcp.flags & HT_TCP_ACK) != 0;
    int32_t ahead = (int32_t)(s->packet->tcp.ack - (said->base + (uint32_t)said->next));
    return known && ahead > 0 ? said->next + (uint32_t)ahead : 0;
}

/* Not inlined, for most data go the usual way, and what comes here would pay for it. */
__attribute__((noinline)) static void push(const struct step *s, uint32_t seq)
{
    struct ht_reassembly *bytes = &s->me->bytes;
    bytes->heard                = heard_of(s->peer);
    ht_reassembly_push(bytes, &(struct ht_segment){.seq     = seq,
                                                   .len     = s->packet->payload_len,
                                                   .payload = s->packet->payload,
                                                   .frame   = s->frame,
                                                   .time_ns = s->time_ns,
                                                   .after   = said_after(s)});
}

static void take(const struct step *s)
{
    struct ht_tcp_side *me = s->me;
    uint8_t flags          = s->packet->tcp.flags;
    uint32_t seq           = s->packet->tcp.seq;
    if (!me->seen) {
        me->seen      = true;
        me->first_seq = seq;
    }
    if ((flags & HT_TCP_SYN) != 0) {
        see_syn(s);
        seq++;
    } else if ((flags & (HT_TCP_ACK | HT_TCP_RST)) == HT_TCP_ACK) {
        see_ack(s);
    }
    if ((flags & HT_TCP_RST) != 0) {
        see_reset(s); /* what a RST carries is a message for people, not data */
        return;
    }
    if (s->packet->payload_len > 0) {
        push(s, seq);
    }
    if ((flags & HT_TCP_FIN) != 0) {
        see_fin(s, seq + s->packet->payload_len);
    }
}

void ht_tcp_packet(struct ht_tcp *tcp, const struct ht_packet *packet, unsigned side,
                   uint64_t frame, int64_t time_ns, const struct ht_tcp_observer *observer)
{
    if (is_foreign(tcp, packet, side)) {
        ht_reassembly_repeated(&tcp->side[side].bytes);
        return;
    }
    take(&(struct step){.tcp      = tcp,
                        .me       = &tcp->side[side],
                        .peer     = &tcp->side[1 - side],
                        .packet   = packet,
                        .observer = observer,
                        .side     = side,
                        .frame    = frame,
                        .time_ns  = time_ns});
    if (is_held(tcp)) {
        hear_each_other(tcp);
    }
    tcp->steady = is_steady(tcp) && !is_held(tcp);
}

bool ht_tcp_is_half_open(const struct ht_tcp *tcp)
{
    bool went_on = tcp->ack_frame != 0;
    for (int i = 0; i < 2; i++) {
        const struct ht_tcp_side *side = &tcp->side[i];
        went_on |= has_any_data(side) || (side->syn_ack && side->acked);
    }
    return tcp->opener != 0 && !went_on;
}

bool ht_tcp_closed(const struct ht_tcp *tcp)
{
    const struct ht_tcp_side *a = &tcp->side[0], *b = &tcp->side[1];
    return a->reset || b->reset || (fin_acked(a, b) && fin_acked(b, a));
}

/* What was acknowledged, or came before a FIN, was sent. An acknowledgement of one byte more may be
 * that of a FIN which was not captured. */
static void lose_tail(struct ht_tcp_side *me)
{
    struct ht_reassembly *r = &me->bytes;
    if (!me->seen || !r->started) {
        return;
    }
    if (me->fin) {
        ht_reassembly_end(r, me->fin_seq);
    } else if (r->acked > r->next + 1) {
        ht_reassembly_end(r, r->base + (uint32_t)r->acked);
    }
}

void ht_tcp_finish(struct ht_tcp *tcp)
{
    struct ht_reassembly *a = &tcp->side[0].bytes, *b = &tcp->side[1].bytes;
    while (ht_reassembly_let_go(ht_reassembly_is_before(b, a) ? b : a)) {
        hear_each_other(tcp);
    }
    lose_tail(&tcp->side[0]);
    lose_tail(&tcp->side[1]);
}

void ht_tcp_fold(struct ht_tcp *tcp)
{
    struct ht_tcp_side *a = &tcp->side[0], *b = &tcp->side[1];
    a->max_acked -= ht_tcp_next_seq(b);
    b->max_acked -= ht_tcp_next_seq(a);
    for (struct ht_tcp_side *side = a; side <= b; side++) {
        side->bytes.base -= side->first_seq;
        side->isn -= side->first_seq;
    }
}

void ht_tcp_unfold(struct ht_tcp *tcp)
{
    struct ht_tcp_side *a = &tcp->side[0], *b = &tcp->side[1];
    for (struct ht_tcp_side *side = a; side <= b; side++) {
        side->bytes.base += side->first_seq;
        side->isn += side->first_seq;
    }
    a->max_acked += ht_tcp_next_seq(b);
    b->max_acked += ht_tcp_next_seq(a);
}

void ht_tcp_free(struct ht_tcp *tcp)
{
    ht_reassembly_free(&tcp->side[0].bytes);
    ht_reassembly_free(&tcp->side[1].bytes);
}

static const char *state_of(const struct ht_tcp *tcp, const struct ht_tcp_side *client,
                            const struct ht_tcp_side *server)
{
    if (client->reset || server->reset) {
        bool refused = server->reset && client->syn && !server->syn && !client->bytes.next &&
                       tcp->ack_frame == 0;
        return refused ? "refused" : "reset";
    }
    if (client->fin && server->fin) {
        return "closed";
    }
    if (client->fin || server->fin) {
        return "half_closed";
    }
    if (client->syn && !server->seen && client->bytes.next == 0 && tcp->ack_frame == 0) {
        return "unanswered";
    }
    bool opening = client->syn && server->syn && tcp->ack_frame == 0 && client->bytes.next == 0;
    return opening ? "half_open" : "established";
}

static uint64_t span(int64_t from, int64_t to)
{
    return to > from ? (uint64_t)(to - from) : 0;
}

static void summarise_handshake(const struct ht_tcp *tcp, const struct ht_tcp_side *client,
                                const struct ht_tcp_side *server, struct ht_tcp_summary *out)
{
    bool syn_ack       = server->syn;
    out->syn_frame     = client->syn ? client->syn_frame : 0;
    out->syn_ack_frame = syn_ack ? server->syn_frame : 0;
    out->ack_frame     = tcp->ack_frame;
    if (client->syn && syn_ack) {
        out->rtt_server_ns = span(client->syn_ns, server->syn_ns);
    }
    if (tcp->ack_frame != 0 && syn_ack) {
        out->rtt_client_ns = span(server->syn_ns, tcp->ack_ns);
    }
    if (tcp->ack_frame != 0 && client->syn) {
        out->rtt_ns = span(client->syn_ns, tcp->ack_ns);
    }
}

void ht_tcp_summarise(const struct ht_tcp *tcp, unsigned client, struct ht_tcp_summary *out)
{
    const struct ht_tcp_side *c = &tcp->side[client], *s = &tcp->side[1 - client];
    /* Who speaks as the client above TCP may have been asked (FTP's active mode). */
    unsigned opener             = tcp->opener != 0 ? (unsigned)(tcp->opener - 1) : client;
    const struct ht_tcp_side *o = &tcp->side[opener], *a = &tcp->side[1 - opener];
    *out = (struct ht_tcp_summary){.state               = state_of(tcp, o, a),
                                   .syn_retransmissions = tcp->syn_retransmissions,
                                   .midstream           = !c->syn && !s->syn,
                                   .simultaneous_open   = tcp->simultaneous_open};
    summarise_handshake(tcp, o, a, out);
    out->client_options = c->syn ? &c->options : NULL;
    out->server_options = s->syn ? &s->options : NULL;
    if (tcp->closer != 0) {
        out->closed_by = (unsigned)(tcp->closer - 1) == client ? "client" : "server";
        out->close     = tcp->closed_by_reset ? "rst" : "fin";
    }
}
