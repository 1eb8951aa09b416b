/*
 * Ways to a file's bytes: each has turns, and the one that is cheaper in most pairs is taken.
 */
#include "capture/ways.h"

#include "support.h"

enum { MIB = 1 << 20, WINDOW = 2 * MIB, ALL_TURNS = 2 * HT_WAYS_PAIRS };

/* Where a run is in its file, and what it has taken. */
struct run {
    struct ht_ways ways;
    uint64_t bytes;
    int64_t cpu_ns;
};

/* A turn, by windows of 2 MiB, each of which takes as long; the way that it went. */
static enum ht_way take_turn(struct run *run, int64_t window_ns)
{
    enum ht_way way = ht_ways_next(&run->ways, run->bytes, run->cpu_ns);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(ht_ways_next(&run->ways, run->bytes, run->cpu_ns), way);
        run->bytes += WINDOW;
        run->cpu_ns += window_ns;
    }
    return way;
}

/* The cheaper one is found, although all turns cost more and more, and some much more than that. */
static void the_cheaper_way_is_taken(void **unused)
{
    (void)unused;
    for (enum ht_way cheaper = HT_WAY_MAP; cheaper <= HT_WAY_READ; cheaper++) {
        struct run run = {.bytes = 12345, .cpu_ns = 1};
        for (unsigned turn = 0; turn < ALL_TURNS; turn++) {
            enum ht_way way = (enum ht_way)(turn % 2);
            bool costly     = way == cheaper && turn / 2 < HT_WAYS_PAIRS / 2;
            int64_t usual   = (way == cheaper ? 900000 : 1000000) * (1 + (int64_t)turn / 2);
            assert_int_equal(take_turn(&run, costly ? usual * 50 : usual), way);
        }
        for (unsigned turn = 0; turn < 10; turn++) {
            assert_int_equal(take_turn(&run, 5000000), cheaper);
        }
    }
}

/* Once a way has most pairs the others are not asked. */
static void no_more_turns_than_are_needed(void **unused)
{
    (void)unused;
    for (enum ht_way cheaper = HT_WAY_MAP; cheaper <= HT_WAY_READ; cheaper++) {
        struct run run = {.cpu_ns = 1};
        for (unsigned turn = 0; turn < HT_WAYS_PAIRS + 1; turn++) {
            enum ht_way way = (enum ht_way)(turn % 2);
            assert_int_equal(take_turn(&run, way == cheaper ? 1000000 : 2000000), way);
        }
        assert_int_equal(take_turn(&run, 5000000), cheaper);
        assert_int_equal(take_turn(&run, 5000000), cheaper);
    }
}

/* What comes between two files is no part of a turn, and one that had begun is begun anew. */
static void a_pause_does_not_count(void **unused)
{
    (void)unused;
    struct run run = {.cpu_ns = 1};
    (void)take_turn(&run, 1000000);
    assert_int_equal(ht_ways_next(&run.ways, run.bytes, run.cpu_ns), HT_WAY_READ);
    assert_int_equal(run.ways.mapped_cost, 500000);
    ht_ways_pause(&run.ways);
    run = (struct run){.ways = run.ways, .bytes = 0, .cpu_ns = run.cpu_ns + 1000000000};
    assert_int_equal(take_turn(&run, 2000000), HT_WAY_READ);
    (void)ht_ways_next(&run.ways, run.bytes, run.cpu_ns);
    assert_int_equal(run.ways.reads_won, 0); /* it took twice as long */
    assert_int_equal(run.ways.turns, 2);
}

/* A long record makes a turn longer, and its cost is that of a byte all the same. */
static void a_turn_may_be_longer(void **unused)
{
    (void)unused;
    struct ht_ways ways = {0};
    (void)ht_ways_next(&ways, 100, 1000);
    assert_int_equal(ht_ways_next(&ways, 100 + 24 * MIB, 1000 + 24 * 7000), HT_WAY_READ);
    assert_int_equal(ways.mapped_cost, 7000);
}

static void without_a_clock_files_are_mapped(void **unused)
{
    (void)unused;
    struct ht_ways ways = {0};
    for (uint64_t bytes = 0; bytes < (uint64_t)2 * ALL_TURNS * HT_WAYS_TURN; bytes += WINDOW) {
        assert_int_equal(ht_ways_next(&ways, bytes, 0), HT_WAY_MAP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cheaper_way_is_taken),
        cmocka_unit_test(no_more_turns_than_are_needed),
        cmocka_unit_test(a_pause_does_not_count),
        cmocka_unit_test(a_turn_may_be_longer),
        cmocka_unit_test(without_a_clock_files_are_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
