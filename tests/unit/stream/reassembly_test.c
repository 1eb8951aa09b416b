/*
 * The reassembler against a known stream: whatever is done to its segments, what is delivered is
 * the stream, and what was never sent is declared missing, exactly.
 */
#include "support.h"

#include "stream/reassembly.h"

#include <stdlib.h>

enum { STREAM_LEN = 20000, MAX_SEGMENTS = 4 * STREAM_LEN };

/* What was delivered: the bytes, and for each whether it came. */
struct result {
    uint8_t bytes[STREAM_LEN + 64];
    bool there[STREAM_LEN + 64];
    uint64_t len;
    uint64_t missing;
};

static uint64_t collect(void *context, const struct ht_reassembly *r,
                        const struct ht_delivery *delivery)
{
    struct result *result = context;
    assert_true(result->len + delivery->len <= sizeof result->bytes);
    assert_int_equal(result->len + delivery->len, r->next);
    for (size_t i = 0; i < delivery->bytes.len; i++) {
        result->bytes[result->len + i] = delivery->bytes.ptr[i];
        result->there[result->len + i] = true;
    }
    result->missing += delivery->len - delivery->bytes.len;
    result->len += delivery->len;
    return 0;
}

static uint32_t random_below(uint64_t *state, uint32_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % below);
}

static uint8_t stream_byte(size_t i)
{
    return (uint8_t)((i * 131 + (i >> 8) * 17) & 0xFF);
}

struct piece {
    uint32_t offset, len;
};

struct plan {
    struct piece pieces[MAX_SEGMENTS];
    size_t num;
    bool sent[STREAM_LEN];
};

/* Cuts the stream at random, repeats and overlaps pieces, loses some, swaps neighbours. */
static void make_plan(struct plan *plan, uint64_t *state, uint32_t max_len, uint32_t loss_percent,
                      uint32_t distance)
{
    memset(plan, 0, sizeof *plan);
    for (uint32_t at = 0; at < STREAM_LEN;) {
        uint32_t len = 1 + random_below(state, max_len);
        len          = len < STREAM_LEN - at ? len : STREAM_LEN - at;
        if (random_below(state, 100) >= loss_percent) {
            plan->pieces[plan->num++] = (struct piece){at, len};
        }
        if (random_below(state, 10) == 0) {
            uint32_t back = random_below(state, 300);
            uint32_t from = at > back ? at - back : 0;
            plan->pieces[plan->num++] =
                (struct piece){from, 1 + random_below(state, at - from + 1)};
        }
        at += len;
    }
    for (size_t i = 0; distance > 0 && i + distance < plan->num; i++) {
        size_t j          = i + random_below(state, distance);
        struct piece swap = plan->pieces[i];
        plan->pieces[i]   = plan->pieces[j];
        plan->pieces[j]   = swap;
    }
    for (size_t i = 0; i < plan->num; i++) {
        for (uint32_t k = 0; k < plan->pieces[i].len; k++) {
            plan->sent[plan->pieces[i].offset + k] = true;
        }
    }
}

static void push(struct ht_reassembly *r, uint32_t isn, const uint8_t *stream, struct piece p,
                 uint64_t after)
{
    /* Exactly its size, so that the sanitizer sees a read past the end. */
    uint8_t *copy = malloc(p.len);
    assert_non_null(copy);
    memcpy(copy, stream + p.offset, p.len);
    ht_reassembly_push(r, &(struct ht_segment){.seq     = isn + 1 + p.offset,
                                               .len     = p.len,
                                               .payload = ht_bytes(copy, p.len),
                                               .after   = after});
    free(copy);
}

/* `answers`: some of it is said after what is heard, or not, only later. */
static void run_plan(const struct plan *plan, uint32_t isn, bool answers)
{
    static uint8_t stream[STREAM_LEN];
    struct result *result             = calloc(1, sizeof *result);
    struct ht_budget budget           = {.max = 1 << 20};
    const struct ht_receiver receiver = {.deliver = collect, .context = result, .budget = &budget};
    struct ht_reassembly r            = {.receiver = &receiver};
    size_t last = 0, expected_missing = 0;
    uint64_t state = isn, heard = 0;
    assert_non_null(result);
    for (size_t i = 0; i < STREAM_LEN; i++) {
        stream[i] = stream_byte(i);
        last      = plan->sent[i] ? i + 1 : last;
    }
    ht_reassembly_start(&r, isn + 1);
    for (size_t i = 0; i < plan->num; i++) {
        uint32_t ahead = answers && random_below(&state, 4) == 0 ? random_below(&state, 9) : 0;
        push(&r, isn, stream, plan->pieces[i], ahead > 0 ? heard + ahead : 0);
        if (answers && random_below(&state, 8) == 0) {
            heard += random_below(&state, 9);
            (void)ht_reassembly_heard(&r, heard);
        }
        assert_true(ht_reassembly_disorder(&r).head == NULL || !r.held ||
                    ht_reassembly_disorder(&r).waiting_segments <= HT_MAX_HELD_SEGMENTS);
    }
    while (ht_reassembly_let_go(&r)) {
    }
    assert_int_equal(result->len, last);
    for (size_t i = 0; i < last; i++) {
        assert_int_equal(result->there[i], plan->sent[i]);
        if (plan->sent[i]) {
            assert_int_equal(result->bytes[i], stream_byte(i));
        }
        expected_missing += !plan->sent[i];
    }
    assert_int_equal(result->missing, expected_missing);
    assert_int_equal(ht_reassembly_disorder(&r).lost_bytes, expected_missing);
    assert_int_equal(ht_reassembly_disorder(&r).conflicts, 0);
    ht_reassembly_free(&r);
    assert_int_equal(budget.used, 0);
    free(result);
}

static void any_cut_any_order(void **unused)
{
    static const struct {
        uint32_t max_len, loss, distance;
    } mixes[] = {{1460, 0, 0}, {1460, 0, 4}, {60, 0, 20}, {1, 0, 0}, {500, 10, 8}, {1460, 3, 3}};
    static struct plan plan;
    (void)unused;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t state = seed;
        for (size_t i = 0; i < sizeof mixes / sizeof mixes[0]; i++) {
            make_plan(&plan, &state, mixes[i].max_len, mixes[i].loss, mixes[i].distance);
            run_plan(&plan, 0x1000, false);
            run_plan(&plan, UINT32_MAX - 7777, false); /* wraps inside the stream */
            run_plan(&plan, (uint32_t)seed, true);
        }
    }
}

static void backwards(void **unused)
{
    static struct plan plan;
    (void)unused;
    memset(&plan, 0, sizeof plan);
    for (uint32_t at = STREAM_LEN; at > 0; at -= 200) {
        plan.pieces[plan.num++] = (struct piece){at - 200, 200};
    }
    memset(plan.sent, 1, sizeof plan.sent);
    run_plan(&plan, 42, false);
}

/* A segment that fills a hole reaches past what waits behind it: some of that goes on, the rest is
 * an answer to what was not heard. */
static void hole_is_filled_past_an_answer(void **unused)
{
    struct result *result             = calloc(1, sizeof *result);
    const struct ht_receiver receiver = {.deliver = collect, .context = result};
    struct ht_reassembly r            = {.receiver = &receiver};
    (void)unused;
    ht_reassembly_start(&r, 0);
    ht_reassembly_push(&r, &(struct ht_segment){.seq = 2, .len = 2, .payload = ht_text("cd")});
    ht_reassembly_push(&r, &(struct ht_segment){.seq = 4, .len = 2, .payload = ht_text("ef")});
    ht_reassembly_push(
        &r, &(struct ht_segment){.seq = 6, .len = 2, .payload = ht_text("gh"), .after = 1});
    ht_reassembly_push(&r,
                       &(struct ht_segment){.seq = 0, .len = 10, .payload = ht_text("abcdefghij")});
    assert_int_equal(result->len, 6);
    assert_true(r.held);
    assert_true(ht_reassembly_heard(&r, 1));
    assert_int_equal(result->len, 10);
    assert_memory_equal(result->bytes, "abcdefghij", 10);
    assert_false(ht_reassembly_let_go(&r));
    assert_int_equal(ht_reassembly_disorder(&r).lost_bytes, 0);
    ht_reassembly_free(&r);
    free(result);
}

/* What could be handed on is not lost for want of room to hold it back. */
static void nothing_is_held_where_memory_is_short(void **unused)
{
    struct result *result             = calloc(1, sizeof *result);
    struct ht_budget budget           = {.max = 1 << 20};
    const struct ht_receiver receiver = {.deliver = collect, .context = result, .budget = &budget};
    struct ht_reassembly r            = {.receiver = &receiver};
    (void)unused;
    ht_reassembly_start(&r, 0);
    ht_reassembly_push(
        &r, &(struct ht_segment){.seq = 0, .len = 4, .payload = ht_text("abcd"), .after = 9});
    assert_int_equal(result->len, 0);
    size_t others = budget.max - budget.used;
    assert_true(ht_budget_take(&budget, others));
    ht_reassembly_push(
        &r, &(struct ht_segment){.seq = 4, .len = 4, .payload = ht_text("efgh"), .after = 9});
    assert_int_equal(result->len, 8);
    assert_memory_equal(result->bytes, "abcdefgh", 8);
    assert_false(r.limit_reached);
    ht_reassembly_free(&r);
    ht_budget_give(&budget, others);
    assert_int_equal(budget.used, 0);
    free(result);
}

static void first_copy_counts_and_conflict_is_told(void **unused)
{
    struct result *result             = calloc(1, sizeof *result);
    const struct ht_receiver receiver = {.deliver = collect, .context = result};
    struct ht_reassembly r            = {.receiver = &receiver};
    (void)unused;
    ht_reassembly_start(&r, 100);
    ht_reassembly_push(&r, &(struct ht_segment){.seq = 104, .len = 4, .payload = ht_text("WXYZ")});
    ht_reassembly_push(&r,
                       &(struct ht_segment){.seq = 102, .len = 6, .payload = ht_text("cd????")});
    ht_reassembly_push(&r, &(struct ht_segment){.seq = 100, .len = 2, .payload = ht_text("ab")});
    assert_int_equal(result->len, 8);
    assert_memory_equal(result->bytes, "abcdWXYZ", 8);
    assert_int_equal(ht_reassembly_disorder(&r).conflicts, 1);
    ht_reassembly_free(&r);
    free(result);
}

static void snapped_bytes_are_missing_not_invented(void **unused)
{
    struct result *result             = calloc(1, sizeof *result);
    const struct ht_receiver receiver = {.deliver = collect, .context = result};
    struct ht_reassembly r            = {.receiver = &receiver};
    (void)unused;
    ht_reassembly_push(&r, &(struct ht_segment){.seq = 7, .len = 10, .payload = ht_text("abc")});
    ht_reassembly_push(&r, &(struct ht_segment){.seq = 17, .len = 2, .payload = ht_text("XY")});
    assert_int_equal(result->len, 12);
    assert_int_equal(result->missing, 7);
    assert_memory_equal(result->bytes + 10, "XY", 2);
    ht_reassembly_free(&r);
    free(result);
}

static void keep_alive_byte_is_ignored(void **unused)
{
    struct result *result             = calloc(1, sizeof *result);
    const struct ht_receiver receiver = {.deliver = collect, .context = result};
    struct ht_reassembly r            = {.receiver = &receiver};
    (void)unused;
    ht_reassembly_start(&r, 1);
    ht_reassembly_push(&r, &(struct ht_segment){.seq = 1, .len = 3, .payload = ht_text("abc")});
    ht_reassembly_push(&r,
                       &(struct ht_segment){
                           .seq = 3, .len = 1, .payload = ht_text("?"), .frame = 7, .time_ns = 70});
    ht_reassembly_push(&r, &(struct ht_segment){.seq = 4, .len = 1, .payload = ht_text("d")});
    assert_int_equal(result->len, 4);
    assert_memory_equal(result->bytes, "abcd", 4);
    assert_int_equal(ht_reassembly_disorder(&r).duplicates, 1);
    assert_int_equal(ht_reassembly_disorder(&r).first_duplicate_frame, 0);
    ht_reassembly_push(
        &r, &(struct ht_segment){
                .seq = 3, .len = 2, .payload = ht_text("cd"), .frame = 9, .time_ns = 90});
    assert_int_equal(ht_reassembly_disorder(&r).duplicates, 2);
    assert_int_equal(ht_reassembly_disorder(&r).first_duplicate_frame, 9);
    assert_int_equal(ht_reassembly_disorder(&r).first_duplicate_ns, 90);
    ht_reassembly_free(&r);
    free(result);
}

static uint64_t want_nothing(void *context, const struct ht_reassembly *r,
                             const struct ht_delivery *delivery)
{
    (void)context, (void)r, (void)delivery;
    return UINT64_MAX;
}

static void memory_is_bounded(void **unused)
{
    static uint8_t payload[1000];
    struct ht_budget budget = {.max = SIZE_MAX / 2};
    struct result *result   = calloc(1, sizeof *result);
    (void)unused;
    /* What nobody wants is not kept. */
    const struct ht_receiver receiver = {.deliver = want_nothing, .budget = &budget};
    struct ht_reassembly idle         = {.receiver = &receiver};
    ht_reassembly_start(&idle, 0);
    ht_reassembly_push(
        &idle, &(struct ht_segment){.seq = 0, .len = 1000, .payload = ht_bytes(payload, 1000)});
    for (uint32_t i = 2; i < 100; i++) {
        ht_reassembly_push(
            &idle,
            &(struct ht_segment){.seq = i * 1000, .len = 1000, .payload = ht_bytes(payload, 1000)});
    }
    assert_true(budget.peak < 100 * 100);
    ht_reassembly_free(&idle);
    /* A hole that does not fill is given up. */
    struct ht_reassembly r = {.receiver = &receiver};
    ht_reassembly_start(&r, 0);
    for (uint32_t i = 1; i < 5000; i++) {
        ht_reassembly_push(
            &r,
            &(struct ht_segment){.seq = i * 1000, .len = 1000, .payload = ht_bytes(payload, 1000)});
    }
    assert_true(budget.peak <= HT_MAX_WAITING_BYTES + 4096 * 100);
    assert_true(r.limit_reached);
    assert_int_equal(ht_reassembly_disorder(&r).lost_bytes, 1000);
    ht_reassembly_free(&r);
    free(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_cut_any_order),
                                       cmocka_unit_test(backwards),
                                       cmocka_unit_test(hole_is_filled_past_an_answer),
                                       cmocka_unit_test(nothing_is_held_where_memory_is_short),
                                       cmocka_unit_test(first_copy_counts_and_conflict_is_told),
                                       cmocka_unit_test(snapped_bytes_are_missing_not_invented),
                                       cmocka_unit_test(keep_alive_byte_is_ignored),
                                       cmocka_unit_test(memory_is_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
