/*
 * The shortcut for usual packets against ht_tcp_packet: two observers of the same connections, made
 * at random, of whom one takes the shortcut wherever it is offered, see and remember the same.
 */
#include "support.h"

#include "base/hash.h"
#include "stream/tcp.h"

enum { CONNECTIONS = 400, PACKETS = 400 };

struct observed {
    struct ht_receiver receiver;
    struct ht_tcp tcp;
    uint64_t told;            /* a hash of all deliveries and events, in order */
    unsigned passed, brought; /* by the shortcut; of these, with bytes that were wanted */
};

/* What the two ends say next. */
struct talk {
    uint64_t random;
    uint32_t seq[2];
};

static uint32_t below(struct talk *talk, uint32_t bound)
{
    talk->random = talk->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(talk->random >> 33) % bound;
}

static uint64_t collect(void *context, const struct ht_reassembly *r,
                        const struct ht_delivery *delivery)
{
    struct observed *o = context;
    o->told            = ht_mix(o->told ^ delivery->len, delivery->frame ^ delivery->stepped << 32);
    o->told            = ht_mix(o->told, delivery->bytes.len ^ r->next << 16);
    uint64_t choice    = ht_mix(r->next, 1) % 8;
    return choice == 0 ? UINT64_MAX : choice < 6 ? ht_mix(r->next, 2) % 5000 : 0;
}

static void note(void *context, const struct ht_event_type *type, unsigned side, void *data)
{
    struct observed *o = context;
    (void)data;
    o->told = ht_mix(o->told ^ side, ht_hash(ht_text(type->name), 0));
}

static void start(struct observed *o)
{
    *o = (struct observed){.receiver = {.deliver = collect, .context = o}};
    for (int i = 0; i < 2; i++) {
        o->tcp.side[i].bytes.receiver = &o->receiver;
    }
}

static uint8_t choose_flags(struct talk *talk, unsigned number)
{
    enum { S = HT_TCP_SYN, A = HT_TCP_ACK, F = HT_TCP_FIN, R = HT_TCP_RST, P = HT_TCP_PSH };
    if (number < 2) {
        return number == 0 ? S : S | A;
    }
    static const uint8_t rare[] = {F | A, R, R | A, 0, S, S | A};
    return below(talk, 200) == 0 ? rare[below(talk, sizeof rare)]
                                 : (uint8_t)(A | below(talk, 2) * P | below(talk, 4) / 3 * 0x40);
}

/* Mostly the next bytes; at times some before or after them, or far away. */
static struct ht_packet choose(struct talk *talk, unsigned number, unsigned side)
{
    static const uint8_t content[2000];
    uint32_t *seq = &talk->seq[side], len = below(talk, 3) == 0 ? 0 : below(talk, 1500);
    uint32_t skip   = below(talk, 16) == 0 ? below(talk, 3000) : 0;
    uint32_t jump   = below(talk, 300) == 0 ? below(talk, UINT32_MAX) : 0;
    uint8_t flags   = choose_flags(talk, number);
    uint32_t behind = below(talk, 12) == 0 ? below(talk, 4000) : 0;
    len             = (flags & HT_TCP_SYN) != 0 ? 0 : len;
    *seq += skip;
    struct ht_packet packet = {
        .payload     = ht_bytes(content, below(talk, 20) == 0 ? len / 2 : len),
        .payload_len = len,
        .tcp = {.seq = *seq - behind + jump, .ack = talk->seq[1 - side] + jump, .flags = flags}};
    *seq += (behind == 0 && jump == 0 ? len : 0) + ((flags & (HT_TCP_SYN | HT_TCP_FIN)) != 0);
    if (below(talk, 8) == 0) {
        *seq -= skip; /* the hole will be filled */
    }
    return packet;
}

static void take(struct observed *o, const struct ht_packet *packet, unsigned side, uint64_t frame,
                 bool shortcut)
{
    const struct ht_tcp_observer observer = {.emit = note, .context = o};
    struct ht_tcp_side *me = &o->tcp.side[side], *peer = &o->tcp.side[1 - side];
    enum ht_tcp_usual usual = shortcut ? ht_tcp_usual(&o->tcp, me, peer, packet) : HT_TCP_UNUSUAL;
    if (usual != HT_TCP_UNUSUAL) {
        uint64_t told = o->told;
        ht_tcp_take_usual(&o->tcp, me, peer, usual, packet, frame, (int64_t)frame);
        assert_int_equal(usual == HT_TCP_WANTED, o->told != told);
        o->passed++;
        o->brought += usual == HT_TCP_WANTED;
        assert_false(ht_tcp_closed(&o->tcp)); /* it stays in the list where it is */
        assert_false(ht_tcp_is_half_open(&o->tcp));
    } else {
        ht_tcp_packet(&o->tcp, packet, side, frame, (int64_t)frame, &observer);
    }
}

static void assert_same_bytes(const struct ht_reassembly *a, const struct ht_reassembly *b)
{
    assert_int_equal(a->next, b->next);
    assert_int_equal(a->unwanted, b->unwanted);
    assert_int_equal(a->stepped, b->stepped);
    assert_int_equal(a->acked, b->acked);
    assert_int_equal(a->base, b->base);
    assert_int_equal(a->held, b->held);
    assert_int_equal(a->impatient, b->impatient);
    assert_int_equal(a->ran_ahead, b->ran_ahead);
    assert_int_equal(a->started, b->started);
    assert_int_equal(a->limit_reached, b->limit_reached);
    const struct ht_disorder of_a = ht_reassembly_disorder(a), of_b = ht_reassembly_disorder(b);
    assert_int_equal(of_a.waiting_bytes, of_b.waiting_bytes);
    assert_int_equal(of_a.waiting_segments, of_b.waiting_segments);
    assert_int_equal(of_a.lost_bytes, of_b.lost_bytes);
    assert_int_equal(of_a.duplicates, of_b.duplicates);
    assert_int_equal(of_a.out_of_order, of_b.out_of_order);
    assert_int_equal(of_a.conflicts, of_b.conflicts);
    assert_true(a->unwanted >= a->next);
}

static void assert_same(const struct observed *a, const struct observed *b)
{
    const struct ht_tcp *x = &a->tcp, *y = &b->tcp;
    assert_int_equal(a->told, b->told);
    assert_int_equal(x->foreign, y->foreign);
    assert_int_equal(x->steady, y->steady);
    assert_int_equal(x->ack_frame, y->ack_frame);
    assert_int_equal(x->closer, y->closer);
    assert_int_equal(ht_tcp_closed(x), ht_tcp_closed(y));
    assert_int_equal(ht_tcp_is_half_open(x), ht_tcp_is_half_open(y));
    for (int i = 0; i < 2; i++) {
        assert_same_bytes(&x->side[i].bytes, &y->side[i].bytes);
        assert_int_equal(x->side[i].max_acked, y->side[i].max_acked);
        assert_int_equal(x->side[i].acked, y->side[i].acked);
        assert_int_equal(x->side[i].seen, y->side[i].seen);
        assert_int_equal(x->side[i].fin, y->side[i].fin);
        assert_int_equal(x->side[i].reset, y->side[i].reset);
    }
}

static void compare(uint64_t seed, unsigned *passed, unsigned *brought)
{
    static struct observed general, shortcut;
    struct talk talk = {.random = seed};
    talk.seq[0]      = below(&talk, UINT32_MAX);
    talk.seq[1]      = below(&talk, UINT32_MAX);
    start(&general);
    start(&shortcut);
    for (unsigned i = below(&talk, 8) / 7 * 3; i < PACKETS; i++) { /* some begin in the middle */
        unsigned side           = i < 3 ? i % 2 : below(&talk, 2);
        struct ht_packet packet = choose(&talk, i, side);
        take(&general, &packet, side, i + 1, false);
        take(&shortcut, &packet, side, i + 1, true);
        ht_tcp_fold(&shortcut.tcp);
        ht_tcp_unfold(&shortcut.tcp);
        assert_same(&general, &shortcut);
    }
    ht_tcp_finish(&general.tcp);
    ht_tcp_finish(&shortcut.tcp);
    assert_same(&general, &shortcut);
    ht_tcp_free(&general.tcp);
    ht_tcp_free(&shortcut.tcp);
    *passed += shortcut.passed;
    *brought += shortcut.brought;
}

static void as_without_the_shortcut(void **unused)
{
    unsigned passed = 0, brought = 0;
    (void)unused;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        compare(i, &passed, &brought);
    }
    assert_in_range(passed, CONNECTIONS * PACKETS / 50, CONNECTIONS * PACKETS);
    assert_in_range(brought, CONNECTIONS * PACKETS / 300, passed);
}

/* A side that acknowledged what was not seen yet says so again when it was, which counts. */
static void acknowledged_before_it_was_seen(void **unused)
{
    enum { S = HT_TCP_SYN, A = HT_TCP_ACK };
    static const uint8_t content[10];
    static const struct {
        unsigned side;
        uint32_t seq, ack, len;
        uint8_t flags;
    } said[] = {{0, 100, 0, 0, S},     {0, 150, 5000, 0, A}, {1, 4000, 101, 10, A},
                {0, 101, 4500, 0, A},  {0, 101, 5000, 0, A}, {0, 101, 5000, 0, A},
                {1, 4010, 101, 10, A}, {0, 101, 5000, 0, A}};
    static struct observed general, shortcut;
    (void)unused;
    start(&general);
    start(&shortcut);
    for (unsigned i = 0; i < HT_ARRAY_LEN(said); i++) {
        const struct ht_packet packet = {
            .payload     = ht_bytes(content, said[i].len),
            .payload_len = said[i].len,
            .tcp         = {.seq = said[i].seq, .ack = said[i].ack, .flags = said[i].flags}};
        take(&general, &packet, said[i].side, i + 1, false);
        take(&shortcut, &packet, said[i].side, i + 1, true);
        assert_same(&general, &shortcut);
    }
    assert_int_equal(shortcut.tcp.side[1].bytes.acked, 1000);
    assert_in_range(shortcut.passed, 1, HT_ARRAY_LEN(said));
    ht_tcp_free(&general.tcp);
    ht_tcp_free(&shortcut.tcp);
}

/* What a SYN with these options is remembered to have had. */
static struct ht_tcp_options options_of(const uint8_t *options, size_t len)
{
    static struct observed o;
    uint8_t header[20 + 24]               = {0};
    const struct ht_tcp_observer observer = {.emit = note, .context = &o};
    memcpy(header + 20, options, len);
    const struct ht_packet packet = {.tcp.flags = HT_TCP_SYN, .header = ht_bytes(header, 20 + len)};
    start(&o);
    ht_tcp_packet(&o.tcp, &packet, 0, 1, 0, &observer);
    return o.tcp.side[0].options;
}

/* With four NOPs before them they are read one by one. */
static void options_as_one_by_one(void **unused)
{
    static const uint8_t usual[20] = {2, 4, 5, 180, 4, 2, 8, 10, [16] = 1, 3, 3, 7};
    struct talk talk               = {.random = 1};
    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t options[24] = {1, 1, 1, 1};
        memcpy(options + 4, usual, sizeof usual);
        for (uint32_t n = below(&talk, 3); n > 0; n--) {
            uint8_t *at = &options[4 + below(&talk, sizeof usual)];
            *at         = (uint8_t)(below(&talk, 2) == 0 ? below(&talk, 16) : below(&talk, 256));
        }
        struct ht_tcp_options a = options_of(options + 4, 20), b = options_of(options, 24);
        assert_int_equal(a.mss, b.mss);
        assert_int_equal(a.window_scale, b.window_scale);
        assert_int_equal(a.sack_permitted, b.sack_permitted);
        assert_int_equal(a.timestamps, b.timestamps);
        assert_int_equal(a.fast_open, b.fast_open);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_without_the_shortcut),
                                       cmocka_unit_test(acknowledged_before_it_was_seen),
                                       cmocka_unit_test(options_as_one_by_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
