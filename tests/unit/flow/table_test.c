/*
 * Flows that are recalled are those that would be found.
 */
#include "support.h"

#include "flow/table.h"

#include <netinet/in.h>
#include <stdlib.h>

enum { SEED = 7, MANY = 5000 };

static const int64_t NOON = 1795236942017281000;

static const struct ht_receiver nobody = {0};

static const struct ht_dissector sleepy  = {.name = "sleepy", .state_size = sizeof(uint64_t)};
static const struct ht_dissector dreamy  = {.name = "dreamy", .state_size = HT_FLOW_MAX_STATE};
static const struct ht_dissector wakeful = {.name       = "wakeful",
                                            .state_size = HT_FLOW_MAX_STATE + sizeof(uint64_t)};

/* The n'th of many packets; two of them, there and back, are of one flow. */
static struct ht_packet packet_of(uint32_t n, bool back, uint8_t protocol)
{
    uint8_t bytes[16]       = {10, 0, (uint8_t)(n >> 8), (uint8_t)n, [15] = 1};
    const uint8_t far[16]   = {192, 0, 2, 1, [15] = (uint8_t)n};
    bool v6                 = n % 4 == 0;
    struct ht_endpoint near = {.port = (uint16_t)(40000 + n % 7)}, other = {.port = 443};
    near.address  = v6 ? ht_address6(bytes) : ht_address4(bytes);
    other.address = v6 ? ht_address6(far) : ht_address4(far);
    return (struct ht_packet){
        .source = back ? other : near, .destination = back ? near : other, .protocol = protocol};
}

static struct ht_flow *find(struct ht_flow_table *table, const struct ht_packet *packet,
                            unsigned *out_side)
{
    struct ht_flow_key key;
    *out_side = ht_flow_key_of(&key, packet);
    return ht_flow_table_find(table, &key, ht_flow_key_hash(&key, SEED));
}

static void add(struct ht_flow_table *table, uint32_t n)
{
    struct ht_flow_key key;
    struct ht_packet packet = packet_of(n, false, IPPROTO_TCP);
    (void)ht_flow_key_of(&key, &packet);
    assert_non_null(ht_flow_table_add(table, &key, ht_flow_key_hash(&key, SEED), 1));
}

/* Recalls what it finds, or nothing; returns whether it did. */
static bool check(struct ht_flow_table *table, const struct ht_packet *packet)
{
    unsigned side, found_side;
    const struct ht_flow *recalled = ht_flow_table_recall(table, packet, &side);
    const struct ht_flow *found    = find(table, packet, &found_side);
    assert_true(recalled == NULL || (recalled == found && side == found_side));
    return recalled != NULL;
}

static unsigned check_all(struct ht_flow_table *table)
{
    unsigned recalled = 0;
    for (uint32_t n = 0; n < MANY; n++) {
        for (int back = 0; back < 2; back++) {
            struct ht_packet tcp = packet_of(n, back, IPPROTO_TCP);
            struct ht_packet udp = packet_of(n, back, IPPROTO_UDP);
            recalled += check(table, &tcp);
            assert_false(check(table, &udp));
        }
    }
    return recalled;
}

static void recalls_what_it_would_find(void **unused)
{
    struct ht_flow_table table;
    struct ht_budget budget = {.max = SIZE_MAX};
    unsigned side;
    (void)unused;
    assert_true(ht_flow_table_init(&table, SEED, &budget, (struct ht_flow_touches){1, 1}));
    for (uint32_t n = 0; n < MANY; n++) {
        add(&table, n);
    }
    assert_int_equal(check_all(&table), 0);
    for (uint32_t n = 0; n < MANY; n++) {
        struct ht_packet there = packet_of(n, false, IPPROTO_TCP);
        struct ht_packet back  = packet_of(n, true, IPPROTO_TCP);
        ht_flow_table_remember(&table, find(&table, &there, &side));
        assert_true(check(&table, &there));
        assert_true(check(&table, &back));
    }
    /* Both sides of each flow. As many places as these flows fill at random, and not fewer. */
    assert_in_range(check_all(&table), 2 * HT_RECALLED_PAIRS * 3 / 2, 2 * HT_RECALLED_PAIRS * 2);
    for (uint32_t n = 0; n < MANY; n++) {
        struct ht_packet packet = packet_of(n, false, IPPROTO_TCP);
        struct ht_flow *flow    = find(&table, &packet, &side);
        if (n % 2 == 0) {
            ht_flow_table_retire(&table, flow, 2);
            assert_false(check(&table, &packet));
        }
        ht_flow_table_remove(&table, flow);
        assert_false(check(&table, &packet));
    }
    assert_int_equal(check_all(&table), 0);
    ht_flow_table_fini(&table);
}

/* From and to the same address and port, all packets are of one side. */
static void recalls_who_speaks_to_itself(void **unused)
{
    struct ht_flow_table table;
    struct ht_flow_key key;
    struct ht_budget budget = {.max = SIZE_MAX};
    struct ht_packet packet = packet_of(1, false, IPPROTO_UDP);
    (void)unused;
    packet.destination = packet.source;
    (void)ht_flow_key_of(&key, &packet);
    assert_true(ht_flow_table_init(&table, SEED, &budget, (struct ht_flow_touches){1, 1}));
    struct ht_flow *flow = ht_flow_table_add(&table, &key, ht_flow_key_hash(&key, SEED), 1);
    ht_flow_table_remember(&table, flow);
    assert_true(check(&table, &packet));
    ht_flow_table_remove(&table, flow);
    assert_false(check(&table, &packet));
    ht_flow_table_fini(&table);
}

/* Fills what is packed when the flow sleeps, and what it owns. */
static void fill(struct ht_flow *flow, uint32_t n)
{
    const struct ht_segment early = {.seq = n + 10, .payload = ht_text("early"), .len = 5};
    struct ht_reassembly *waits   = &flow->tcp->side[0].bytes;
    waits->receiver               = &nobody;
    ht_reassembly_start(waits, n);
    ht_reassembly_push(waits, &early);
    flow->side[1].packets        = n;
    flow->start_ns               = NOON + n;
    flow->first_ns               = NOON + 2 * (int64_t)n;
    flow->roles_from             = "syn";
    flow->tcp->side[0].isn       = n * 0x9E3779B9;
    flow->tcp->side[1].isn       = n % 5;
    flow->tcp->side[1].bytes     = (struct ht_reassembly){.base = n, .next = n * UINT64_C(9)};
    flow->tcp->side[0].max_acked = n * 7;
    flow->tcp->side[1].syn       = n % 2 == 0;
    flow->dispatch.found         = n % 3 == 0 ? &dreamy : &sleepy;
    flow->dispatch.held[0].max   = 64;
    flow->timeline.frame         = UINT64_MAX - n;
    flow->timeline.len = n % 11; /* they are like others of as many, or of 8 more or less */
    flow->client       = n % 7 == 0;
    assert_true(ht_dispatch_make_state(&flow->dispatch));
    memset(flow->dispatch.state, (uint8_t)n, flow->dispatch.found->state_size);
    assert_true(ht_buffer_append(&flow->dispatch.held[0], ht_text("held")));
    assert_non_null(ht_arena_alloc(&flow->arena, 16));
}

static void assert_filled(const struct ht_flow *flow, uint32_t n)
{
    assert_int_equal(flow->packed_len, 0);
    assert_int_equal(flow->moved, n << 16);
    assert_int_equal(flow->side[1].packets, n);
    assert_int_equal(flow->start_ns, NOON + n);
    assert_int_equal(flow->first_ns, NOON + 2 * (int64_t)n);
    assert_string_equal(flow->roles_from, "syn");
    assert_int_equal(flow->tcp->side[0].isn, n * 0x9E3779B9);
    assert_int_equal(flow->tcp->side[1].syn, n % 2 == 0);
    assert_int_equal(flow->tcp->side[1].isn, n % 5);
    assert_int_equal(flow->tcp->side[1].bytes.base, n);
    assert_int_equal(ht_reassembly_disorder(&flow->tcp->side[0].bytes).waiting_bytes, 5);
    assert_int_equal(flow->tcp->side[0].max_acked, n * 7);
    assert_int_equal(flow->timeline.frame, UINT64_MAX - n);
    assert_int_equal(flow->timeline.len, n % 11);
    assert_int_equal(flow->client, n % 7 == 0);
    const uint8_t *state = flow->dispatch.state;
    for (size_t i = 0; i < flow->dispatch.found->state_size; i++) {
        assert_int_equal(state[i], (uint8_t)n);
    }
    assert_true(ht_bytes_equal(ht_buffer_view(&flow->dispatch.held[0]), ht_text("held")));
}

/* Adds `num` open connections over TCP, one a frame, that own all that one can. */
static void add_filled(struct ht_flow_table *table, uint32_t num)
{
    unsigned side;
    for (uint32_t n = 0; n < num; n++) {
        struct ht_packet packet = packet_of(n, false, IPPROTO_TCP);
        add(table, n);
        struct ht_flow *flow = find(table, &packet, &side);
        fill(flow, n);
        ht_flow_table_move(flow, &table->tcp, n << 16);
        ht_flow_table_remember(table, flow);
    }
}

/* Open connections sleep by their age, are found awake as they were, and free what they own whether
 * they sleep or not. */
static void sleeps_and_wakes(void **unused)
{
    enum { SLEEPERS = 100 };
    struct ht_budget budget = {.max = SIZE_MAX};
    struct ht_flow_table table;
    unsigned side;
    (void)unused;
    assert_true(ht_flow_table_init(&table, SEED, &budget, (struct ht_flow_touches){1, 1}));
    add_filled(&table, SLEEPERS);
    budget.max = budget.used; /* where there is no room left they sleep all the more */
    ht_flow_table_rest(&table, (uint64_t)SLEEPERS / 2 << 16, 0);
    assert_int_equal(budget.refused, 0);
    const struct ht_flow *flow = table.tcp.oldest;
    for (uint32_t n = 0; n < SLEEPERS; n++, flow = flow->newer) {
        size_t state_len = n % 3 == 0 ? dreamy.state_size : sleepy.state_size;
        assert_int_equal(flow->packed_len != 0, n < SLEEPERS / 2);
        assert_true(flow->packed_len < sizeof *flow + state_len);
    }
    for (uint32_t n = 0; n < SLEEPERS; n += 2) {
        struct ht_packet packet = packet_of(n, false, IPPROTO_TCP);
        struct ht_flow *found   = find(&table, &packet, &side);
        assert_filled(found, n);
        ht_flow_table_move(found, &table.tcp, (uint64_t)SLEEPERS << 16);
    }
    while (table.tcp.oldest != NULL) {
        ht_flow_table_remove(&table, table.tcp.oldest);
    }
    ht_flow_table_fini(&table);
    assert_int_equal(budget.used, 0);
}

/* Of one that sleeps the key is packed: a packet of another flow with the same tag wakes it, and is
 * not taken for its own. */
static void who_has_its_tag_is_not_it(void **unused)
{
    struct ht_budget budget = {.max = SIZE_MAX};
    struct ht_flow_table table;
    struct ht_flow_key key, other;
    struct ht_packet packet = packet_of(1, false, IPPROTO_TCP);
    struct ht_packet stray  = packet_of(2, false, IPPROTO_TCP);
    unsigned side;
    (void)unused;
    (void)ht_flow_key_of(&key, &packet);
    (void)ht_flow_key_of(&other, &stray);
    uint64_t hash = ht_flow_key_hash(&key, SEED);
    assert_true(ht_flow_table_init(&table, SEED, &budget, (struct ht_flow_touches){1, 1}));
    add(&table, 1);
    struct ht_flow *flow = find(&table, &packet, &side);
    fill(flow, 1);
    ht_flow_table_move(flow, &table.tcp, 1 << 16);
    ht_flow_table_rest(&table, 2 << 16, 0);
    assert_true(table.tcp.oldest->packed_len != 0);
    assert_null(find(&table, &stray, &side));
    assert_true(table.tcp.oldest->packed_len != 0);
    assert_null(ht_flow_table_find(&table, &other, hash ^ UINT64_C(1) << 40));
    assert_filled(table.tcp.oldest, 1);
    assert_ptr_equal(find(&table, &packet, &side), table.tcp.oldest);
    assert_true(ht_flow_key_equal(&table.tcp.oldest->key, &key));
    ht_flow_table_remove(&table, table.tcp.oldest);
    assert_null(find(&table, &packet, &side));
    ht_flow_table_fini(&table);
    assert_int_equal(budget.used, 0);
}

/* Whoever goes while it sleeps is not found any more. */
static void what_sleeps_can_go(void **unused)
{
    enum { FLOWS = 40 };
    struct ht_budget budget = {.max = SIZE_MAX};
    struct ht_flow_table table;
    unsigned side;
    (void)unused;
    assert_true(ht_flow_table_init(&table, SEED, &budget, (struct ht_flow_touches){1, 1}));
    add_filled(&table, FLOWS);
    ht_flow_table_rest(&table, (uint64_t)FLOWS << 16, 0);
    for (uint32_t n = 0; n < FLOWS; n++) {
        struct ht_packet packet = packet_of(n, false, IPPROTO_TCP);
        assert_true(table.tcp.oldest->packed_len != 0);
        ht_flow_table_remove(&table, table.tcp.oldest);
        assert_null(find(&table, &packet, &side));
        assert_int_equal(table.index.len, FLOWS - 1 - n);
    }
    ht_flow_table_fini(&table);
    assert_int_equal(budget.used, 0);
}

/* However many kinds there are, what is learnt of those that sleep takes but a part of the budget,
 * and all of them sleep. */
static void what_is_learnt_is_bounded(void **unused)
{
    enum { FLOWS = 3000, BUDGET = 1 << 20 };
    struct ht_budget budget = {.max = BUDGET};
    struct ht_flow_table table;
    (void)unused;
    assert_true(ht_flow_table_init(&table, SEED, &budget, (struct ht_flow_touches){1, 1}));
    budget.max = SIZE_MAX;
    add_filled(&table, FLOWS);
    ht_flow_table_rest(&table, (uint64_t)FLOWS << 16, 0);
    assert_true(table.sleepers.learnt.used <= BUDGET / 8);
    for (uint32_t n = 0; n < FLOWS; n++) {
        assert_true(table.tcp.oldest->packed_len != 0);
        assert_filled(ht_flow_table_wake(&table, table.tcp.oldest), n);
        ht_flow_table_remove(&table, table.tcp.oldest);
    }
    assert_int_equal(budget.used, table.sleepers.learnt.used);
    ht_flow_table_fini(&table);
    assert_int_equal(budget.used, 0);
}

/* What two programs' connections are, where all of one program's are alike. */
static void fill_as(struct ht_flow *flow, uint32_t n, unsigned program)
{
    flow->side[0].payload_bytes = (uint64_t)program * 300;
    flow->dispatch.found        = &dreamy;
    flow->start_ns              = NOON + n;
    assert_true(ht_dispatch_make_state(&flow->dispatch));
    memset(flow->dispatch.state, (int)program, dreamy.state_size);
    memset(flow->dispatch.state, (uint8_t)n, sizeof(uint64_t) * program);
}

/* Puts flows of the programs to sleep in turns; returns how many bytes the last of all took. */
static size_t sleep_in_turns(const unsigned *programs, size_t num)
{
    enum { FLOWS = 80 };
    struct ht_budget budget = {.max = SIZE_MAX};
    struct ht_flow_table table;
    unsigned side;
    assert_true(ht_flow_table_init(&table, SEED, &budget, (struct ht_flow_touches){1, 1}));
    for (uint32_t n = 0; n < FLOWS; n++) {
        struct ht_packet packet = packet_of(1 + 4 * n, false, IPPROTO_TCP);
        add(&table, 1 + 4 * n);
        struct ht_flow *flow = find(&table, &packet, &side);
        fill_as(flow, n, programs[n % num]);
        ht_flow_table_move(flow, &table.tcp, n << 16);
    }
    ht_flow_table_rest(&table, FLOWS << 16, 0);
    size_t packed = table.tcp.newest->packed_len;
    while (table.tcp.oldest != NULL) {
        ht_flow_table_remove(&table, table.tcp.oldest);
    }
    ht_flow_table_fini(&table);
    assert_int_equal(budget.used, 0);
    return packed;
}

/* What one program's have in common is learnt, though another's are there that are otherwise. */
static void programs_are_told_apart(void **unused)
{
    (void)unused;
    size_t alone = sleep_in_turns((unsigned[]){2}, 1);
    assert_int_equal(sleep_in_turns((unsigned[]){9, 2}, 2), alone);
    assert_int_equal(sleep_in_turns((unsigned[]){5, 1, 9, 2}, 4), alone);
}

/* One whose state is too large to be packed stays awake, and keeps no other from sleeping. */
static void the_large_stay_awake(void **unused)
{
    enum { FLOWS = 8, LARGE = 3 };
    struct ht_budget budget = {.max = SIZE_MAX};
    struct ht_flow_table table;
    unsigned side;
    (void)unused;
    assert_true(ht_flow_table_init(&table, SEED, &budget, (struct ht_flow_touches){1, 1}));
    for (uint32_t n = 0; n < FLOWS; n++) {
        struct ht_packet packet = packet_of(n, false, IPPROTO_TCP);
        add(&table, n);
        struct ht_flow *flow = find(&table, &packet, &side);
        flow->dispatch.found = n == LARGE ? &wakeful : &dreamy;
        assert_true(ht_dispatch_make_state(&flow->dispatch));
        memset(flow->dispatch.state, 0xFF - (int)n, flow->dispatch.found->state_size);
        ht_flow_table_move(flow, &table.tcp, n << 16);
    }
    ht_flow_table_rest(&table, FLOWS << 16, 0);
    const struct ht_flow *flow = table.tcp.oldest;
    for (uint32_t n = 0; n < FLOWS; n++, flow = flow->newer) {
        assert_int_equal(flow->packed_len == 0, n == LARGE);
    }
    while (table.tcp.oldest != NULL) {
        const struct ht_flow *awake = ht_flow_table_wake(&table, table.tcp.oldest);
        const uint8_t *state        = awake->dispatch.state;
        size_t size                 = awake->dispatch.found->state_size;
        for (size_t i = 1; i < size; i++) {
            assert_int_equal(state[i], state[0]);
        }
        assert_ptr_equal(awake->list, &table.tcp);
        ht_flow_table_remove(&table, table.tcp.oldest);
    }
    ht_flow_table_fini(&table);
    assert_int_equal(budget.used, 0);
}

/* Those that sleep and those that do not are hidden together, wake as they were, and go; then there
 * is room for others. */
static void hides_all(void **unused)
{
    enum { FLOWS = 40 };
    struct ht_budget budget = {.max = SIZE_MAX};
    struct ht_flow_table table;
    unsigned side;
    (void)unused;
    assert_true(ht_flow_table_init(&table, SEED, &budget, (struct ht_flow_touches){1, 1}));
    add_filled(&table, FLOWS);
    ht_flow_table_rest(&table, (uint64_t)FLOWS / 2 << 16, 0);
    ht_flow_table_hide_all(&table);
    for (uint32_t n = 0; n < FLOWS; n++) {
        struct ht_packet packet = packet_of(n, false, IPPROTO_TCP);
        assert_null(find(&table, &packet, &side));
        assert_null(ht_flow_table_recall(&table, &packet, &side));
    }
    for (uint32_t n = 0; n < FLOWS; n++) {
        ht_flow_table_fetch(&table, table.tcp.oldest);
        struct ht_flow *flow = ht_flow_table_wake(&table, table.tcp.oldest);
        assert_filled(flow, n);
        ht_flow_table_take(&table, flow);
        ht_flow_table_remove(&table, flow);
    }
    assert_int_equal(table.len, 0);
    add(&table, 1);
    struct ht_packet packet = packet_of(1, false, IPPROTO_TCP);
    ht_flow_table_remove(&table, find(&table, &packet, &side));
    ht_flow_table_fini(&table);
    assert_int_equal(budget.used, 0);
}

/* Of a flow that has nothing yet, and of none; a sanitizer of undefined behaviour sees what fails.
 */
static void fetches_what_is_there(void **unused)
{
    struct ht_flow flow = {0};
    (void)unused;
    ht_flow_fetch(NULL);
    ht_flow_fetch(&flow);
    ht_flow_fetch_content(&flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(recalls_what_it_would_find),
                                       cmocka_unit_test(recalls_who_speaks_to_itself),
                                       cmocka_unit_test(sleeps_and_wakes),
                                       cmocka_unit_test(who_has_its_tag_is_not_it),
                                       cmocka_unit_test(what_sleeps_can_go),
                                       cmocka_unit_test(what_is_learnt_is_bounded),
                                       cmocka_unit_test(programs_are_told_apart),
                                       cmocka_unit_test(the_large_stay_awake),
                                       cmocka_unit_test(hides_all),
                                       cmocka_unit_test(fetches_what_is_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
