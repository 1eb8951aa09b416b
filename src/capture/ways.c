#include "capture/ways.h"

#include <stdbool.h>

enum { MOST_PAIRS = HT_WAYS_PAIRS / 2 + 1 };

/* One way cost less in most pairs, whatever the others would say. */
static bool is_decided(const struct ht_ways *ways)
{
    unsigned pairs = ways->turns / 2;
    return ways->reads_won == MOST_PAIRS || pairs - ways->reads_won == MOST_PAIRS;
}

/* Pairs, for what is done with the bytes costs more as tables grow, and less once much is known. */
static void end_turn(struct ht_ways *ways, uint64_t bytes, int64_t took_ns)
{
    uint64_t cost = (uint64_t)took_ns / (bytes >> 20);
    if (ways->turns % 2 == HT_WAY_MAP) {
        ways->mapped_cost = cost;
    } else {
        ways->reads_won += cost < ways->mapped_cost;
    }
    ways->turns++;
}

enum ht_way ht_ways_next(struct ht_ways *ways, uint64_t bytes, int64_t cpu_ns)
{
    bool is_over = ways->from_cpu_ns != 0 && bytes - ways->from_bytes >= HT_WAYS_TURN;
    if (is_over && !is_decided(ways)) {
        end_turn(ways, bytes - ways->from_bytes, cpu_ns - ways->from_cpu_ns);
    }
    if (is_over || ways->from_cpu_ns == 0) {
        ways->from_bytes  = bytes;
        ways->from_cpu_ns = cpu_ns;
    }
    if (!is_decided(ways)) {
        return (enum ht_way)(ways->turns % 2);
    }
    return ways->reads_won == MOST_PAIRS ? HT_WAY_READ : HT_WAY_MAP;
}

void ht_ways_pause(struct ht_ways *ways)
{
    ways->from_cpu_ns = 0;
}
