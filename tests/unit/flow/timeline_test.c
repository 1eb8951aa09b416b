#include "support.h"

#include "flow/timeline.h"

static const struct ht_event_type one = {.name = "one"}, two = {.name = "two"};
static const struct ht_entry_kind some = {.type = &one, .number = 200};

enum { BEGIN_FRAME = 1000 };
static const int64_t BEGIN_NS = 1700000000000000000;

static struct ht_timeline begun(void)
{
    return (struct ht_timeline){.time_ns = BEGIN_NS, .frame = BEGIN_FRAME};
}

static void assert_same(const struct ht_happening *a, const struct ht_happening *b)
{
    assert_ptr_equal(a->kind, b->kind);
    assert_ptr_equal(a->kept, b->kept);
    assert_int_equal(a->time_ns, b->time_ns);
    assert_int_equal(a->frame, b->frame);
    assert_int_equal(a->side, b->side);
}

/* What is written is read back, at the ends of what numbers can say and over many chunks. */
static void what_goes_in_comes_out(void **unused)
{
    static const int64_t times[] = {
        0, 1, 63, 64, -65, INT64_MAX, INT64_MIN, -1, 1700000000123456789};
    static const uint64_t frames[] = {1, UINT64_MAX, 0, 127, 128, UINT64_MAX / 2, 5};
    enum { MANY = 500 };
    struct ht_arena arena        = {0};
    struct ht_timeline timeline  = begun();
    struct ht_happening in[MANY] = {0}, out[MANY];
    struct ht_entry_kinds kinds  = {0};
    uint64_t object              = 0;
    (void)unused;
    for (size_t i = 0; i < MANY; i++) {
        in[i] = (struct ht_happening){
            .kind    = ht_entry_kind(&kinds, i % 3 == 0 ? &one : &two, i % 128, NULL),
            .kept    = i % 4 == 1 ? (void *)&object : NULL,
            .time_ns = times[i % HT_ARRAY_LEN(times)],
            .frame   = frames[i % HT_ARRAY_LEN(frames)],
            .side    = i % 5 == 0};
        assert_true(ht_timeline_add(&timeline, &arena, &in[i]));
    }
    assert_int_equal(timeline.len, MANY);
    ht_timeline_read(&timeline, BEGIN_NS, BEGIN_FRAME, &kinds, out);
    for (size_t i = 0; i < MANY; i++) {
        assert_same(&in[i], &out[i]);
    }
    ht_entry_kinds_free(&kinds);
    ht_arena_clear(&arena);
}

/* One entry is written in few bytes, the next one, that is a little farther away, in many. */
static void at_the_ends_of_what_is_near(void **unused)
{
    static const int64_t steps_ns[]    = {1 << 30, (1 << 30) - 1, -(1 << 30), -(1 << 30) - 1};
    static const int64_t step_frames[] = {32767, 32768, -32768, -32769};
    enum { NUM = HT_ARRAY_LEN(steps_ns) * HT_ARRAY_LEN(step_frames) };
    static uint64_t objects[100000];
    struct ht_arena arena       = {0};
    struct ht_timeline timeline = begun();
    struct ht_entry_kinds kinds = {0};
    struct ht_happening in[NUM], out[NUM];
    struct ht_happening at = {.time_ns = BEGIN_NS, .frame = UINT64_C(1) << 40};
    (void)unused;
    for (size_t i = 0; i < NUM; i++) {
        at.kind = ht_entry_kind(&kinds, &one, 0, NULL);
        at.side = i % 2;
        at.kept = i % 3 != 0 ? (void *)&objects[i % 3 == 1 ? i : HT_ARRAY_LEN(objects) - i] : NULL;
        at.time_ns += steps_ns[i % HT_ARRAY_LEN(steps_ns)];
        at.frame += (uint64_t)step_frames[i / HT_ARRAY_LEN(steps_ns)];
        in[i] = at;
        assert_true(ht_timeline_add(&timeline, &arena, &in[i]));
    }
    ht_timeline_read(&timeline, BEGIN_NS, BEGIN_FRAME, &kinds, out);
    for (size_t i = 0; i < NUM; i++) {
        assert_same(&in[i], &out[i]);
    }
    ht_entry_kinds_free(&kinds);
    ht_arena_clear(&arena);
}

static void an_ordinary_entry_is_small(void **unused)
{
    struct ht_arena arena       = {0};
    struct ht_timeline timeline = begun();
    (void)unused;
    for (uint64_t i = 0; i < 6; i++) {
        assert_true(
            ht_timeline_add(&timeline, &arena,
                            &(struct ht_happening){.kind    = &some,
                                                   .time_ns = BEGIN_NS + (int64_t)i * 20000000,
                                                   .frame   = BEGIN_FRAME + i * 90}));
    }
    assert_ptr_equal(timeline.first, timeline.last);
    ht_arena_clear(&arena);
}

/* SYNs, ACK, hellos and what comes with them, whose frames lie among those of many others. */
static void an_opening_is_one_chunk(void **unused)
{
    struct ht_arena arena       = {0};
    struct ht_timeline timeline = begun();
    (void)unused;
    for (uint64_t i = 0; i < 7; i++) {
        bool data = i == 0 || i == 1 || i == 3 || i == 4;
        assert_true(
            ht_timeline_add(&timeline, &arena,
                            &(struct ht_happening){.kind = &some,
                                                   .kept = data ? ht_arena_alloc(&arena, 16) : NULL,
                                                   .time_ns = BEGIN_NS + (int64_t)i * 20000000,
                                                   .frame   = BEGIN_FRAME + i * 20000}));
    }
    assert_ptr_equal(timeline.first, timeline.last);
    ht_arena_clear(&arena);
}

static void without_memory_nothing_is_added(void **unused)
{
    struct ht_budget none       = {.max = 0};
    struct ht_arena arena       = {.budget = &none};
    struct ht_timeline timeline = begun();
    (void)unused;
    assert_false(ht_timeline_add(&timeline, &arena, &(struct ht_happening){.kind = &some}));
    assert_int_equal(timeline.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out), cmocka_unit_test(at_the_ends_of_what_is_near),
        cmocka_unit_test(an_ordinary_entry_is_small), cmocka_unit_test(an_opening_is_one_chunk),
        cmocka_unit_test(without_memory_nothing_is_added)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
