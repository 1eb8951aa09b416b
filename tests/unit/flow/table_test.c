/*
 * Flows that are recalled are those that would be found.
 */
#include "support.h"

#include "flow/table.h"

#include <netinet/in.h>
#include <stdlib.h>

enum { SEED = 7, MANY = 5000 };

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

static struct ht_flow *find(const struct ht_flow_table *table, const struct ht_packet *packet,
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
static bool check(const struct ht_flow_table *table, const struct ht_packet *packet)
{
    unsigned side, found_side;
    const struct ht_flow *recalled = ht_flow_table_recall(table, packet, &side);
    const struct ht_flow *found    = find(table, packet, &found_side);
    assert_true(recalled == NULL || (recalled == found && side == found_side));
    return recalled != NULL;
}

static unsigned check_all(const struct ht_flow_table *table)
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
    unsigned side, both = 0;
    (void)unused;
    assert_true(ht_flow_table_init(&table, SEED, &budget, 1));
    for (uint32_t n = 0; n < MANY; n++) {
        add(&table, n);
    }
    assert_int_equal(check_all(&table), 0);
    for (uint32_t n = 0; n < MANY; n++) {
        struct ht_packet there = packet_of(n, false, IPPROTO_TCP);
        struct ht_packet back  = packet_of(n, true, IPPROTO_TCP);
        ht_flow_table_remember(&table, find(&table, &there, &side));
        both += check(&table, &there) + check(&table, &back) == 2;
    }
    assert_in_range(both, MANY - MANY / 100, MANY); /* few share a place with themselves */
    assert_in_range(check_all(&table), HT_RECALLED_FLOWS / 2, HT_RECALLED_FLOWS);
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
                                       cmocka_unit_test(fetches_what_is_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
