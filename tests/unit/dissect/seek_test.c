/*
 * How a dissector is sought, driven by a protocol made for it, "<" a digit ">", whose search counts
 * the bytes that it looks at.
 */
#include "recorder.h"
#include "support.h"

#include <stdlib.h>

static size_t looked_at; /* by `resync` */

static const struct ht_event_type toy_event = {.name = "pdu", .title = "PDU"};

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)endpoint, (void)side;
    if (head.len == 0 || head.ptr[0] != '<') {
        return HT_MATCH_NO;
    }
    return head.len < 3 ? HT_MATCH_MORE : head.ptr[2] == '>' ? HT_MATCH_YES : HT_MATCH_NO;
}

/* Cannot tell before forty bytes are there. */
static enum ht_match match_slowly(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                  enum ht_side side)
{
    enum ht_match early = match(head, endpoint, side);
    return early == HT_MATCH_YES && head.len < 40 ? HT_MATCH_MORE : early;
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    (void)state, (void)avail, (void)side;
    return (struct ht_frame_size){.len = 3, .need = 3};
}

static size_t resync(struct ht_bytes avail, enum ht_side side)
{
    (void)side;
    looked_at += avail.len;
    for (size_t at = 0; at < avail.len; at++) {
        if (avail.ptr[at] == '<') {
            return at;
        }
    }
    return avail.len;
}

/* Plausible only once twenty bytes follow. */
static size_t resync_far(struct ht_bytes avail, enum ht_side side)
{
    size_t at = resync(avail, side);
    return at + 20 < avail.len ? at : avail.len;
}

static size_t find(struct ht_bytes bytes, enum ht_side side)
{
    (void)side;
    for (size_t at = 0; at + 2 < bytes.len; at++) {
        if (bytes.ptr[at] == '<' && bytes.ptr[at + 2] == '>') {
            return at;
        }
    }
    return bytes.len;
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    (void)state;
    (void)ht_emit(e, &toy_event, pdu->side, 0, NULL);
    return HT_DONE;
}

static const struct ht_event_type *const toy_events[] = {&toy_event, NULL};

static const struct ht_dissector toy = {.name       = "toy",
                                        .tcp        = true,
                                        .state_size = 8,
                                        .max_need   = 3,
                                        .match      = match,
                                        .frame      = frame,
                                        .resync     = resync,
                                        .find       = find,
                                        .pdu        = pdu,
                                        .events     = toy_events};

/* Sends `len` bytes in segments of `step`, the beginning behind `at` others, in mid-stream or not;
 * returns whether it was found. */
static bool is_found(const struct ht_dissector *dissector, bool late, size_t len, size_t step,
                     size_t at)
{
    struct recorder r;
    uint8_t *said = malloc(len);
    assert_non_null(said);
    memset(said, '.', len);
    memcpy(said + at, "<1>", 3);
    looked_at = 0;
    recorder_start(&r, dissector, true, 7);
    if (late) {
        ht_dispatch_late(&r.dispatch, HT_SIDE_A, false);
    }
    for (size_t sent = 0; sent < len; sent += step) {
        recorder_bytes(&r, HT_SIDE_A, ht_bytes(said + sent, step < len - sent ? step : len - sent),
                       0);
    }
    bool found = r.len > 0;
    recorder_free(&r);
    free(said);
    return found;
}

static void a_beginning_is_found_however_cut(void **unused)
{
    enum { LEN = 200 };
    struct ht_dissector far = toy, slow = toy;
    (void)unused;
    slow.match       = match_slowly;
    far.resync       = resync_far;
    far.resync_reach = 24;
    for (size_t step = 1; step <= LEN; step++) {
        for (size_t at = 0; at + 40 <= LEN; at += 7) {
            assert_true(is_found(&toy, true, LEN, step, at));
            assert_true(is_found(&toy, false, LEN, step, at));
            assert_true(is_found(&far, true, LEN, step, at));
            assert_true(is_found(&slow, true, LEN, step, at));
        }
    }
}

/* Once 16 KB are looked at, and in each further byte a few before it. */
static void what_was_searched_in_vain_is_not_searched_again(void **unused)
{
    enum { LEN = HT_MAX_MATCH_BYTES - 100 };
    (void)unused;
    assert_true(is_found(&toy, true, LEN, 1, LEN - 3));
    assert_in_range(looked_at, LEN, LEN * (HT_FIND_BYTES + 1));
    assert_true(is_found(&toy, true, LEN, LEN, LEN - 3));
    assert_int_equal(looked_at, LEN);
}

/* What is watched may be long, and the flow live for months. */
static void check_memory_watched(bool late)
{
    static const uint8_t zeros[HT_MAX_MATCH_BYTES + 100];
    struct recorder r;
    struct ht_budget budget = {.max = SIZE_MAX};
    recorder_start(&r, &toy, true, 7);
    r.dispatch.side[HT_SIDE_A].pending.budget = &budget;
    if (late) {
        ht_dispatch_late(&r.dispatch, HT_SIDE_A, false);
    }
    recorder_bytes(&r, HT_SIDE_A, ht_bytes(zeros, 1400), 0);
    assert_in_range(budget.used, late ? 1400 : HT_FIND_BYTES - 1, late ? 2048 : 64);
    recorder_bytes(&r, HT_SIDE_A, ht_bytes(zeros, sizeof zeros), 0);
    assert_in_range(budget.used, HT_FIND_BYTES - 1, 64);
    recorder_bytes(&r, HT_SIDE_A, ht_text("<1>"), 0);
    assert_int_not_equal(r.len, 0);
    recorder_free(&r);
    assert_int_equal(budget.used, 0);
    ht_budget_free(&budget);
}

static void little_is_kept_of_what_is_watched(void **unused)
{
    (void)unused;
    check_memory_watched(false);
    check_memory_watched(true);
}

/* After 16 KB without a match, of which the last could not be told in time, it is watched for. */
static void what_waited_is_watched_too(void **unused)
{
    enum { LEN = HT_MAX_MATCH_BYTES + 50 };
    (void)unused;
    for (size_t at = HT_MAX_MATCH_BYTES - 20; at + 3 <= LEN; at++) {
        assert_true(is_found(&toy, true, LEN, 1000, at));
    }
}

/* Cannot say no before forty bytes are there. */
static enum ht_match match_in_doubt(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                    enum ht_side side)
{
    (void)endpoint, (void)side;
    return head.ptr[0] == '<' && head.len < 40 ? HT_MATCH_MORE : HT_MATCH_NO;
}

static void what_was_held_in_doubt_is_watched_too(void **unused)
{
    struct ht_dissector doubt = toy;
    struct recorder r;
    (void)unused;
    doubt.match = match_in_doubt;
    recorder_start(&r, &doubt, true, 7);
    recorder_bytes(&r, HT_SIDE_A, ht_text("<........<1>.................."), 0);
    assert_int_equal(r.len, 0);
    recorder_bytes(&r, HT_SIDE_A, ht_text("..............."), 0);
    assert_int_not_equal(r.len, 0);
    recorder_free(&r);
}

static void behind_a_hole_all_is_searched(void **unused)
{
    struct recorder r;
    uint8_t junk[1000] = {0};
    (void)unused;
    recorder_start(&r, &toy, true, 7);
    ht_dispatch_late(&r.dispatch, HT_SIDE_A, false);
    recorder_bytes(&r, HT_SIDE_A, ht_bytes(junk, sizeof junk), 10);
    recorder_bytes(&r, HT_SIDE_A, ht_text("....<1>"), 0);
    assert_int_not_equal(r.len, 0);
    recorder_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_beginning_is_found_however_cut),
        cmocka_unit_test(what_was_searched_in_vain_is_not_searched_again),
        cmocka_unit_test(little_is_kept_of_what_is_watched),
        cmocka_unit_test(what_waited_is_watched_too),
        cmocka_unit_test(what_was_held_in_doubt_is_watched_too),
        cmocka_unit_test(behind_a_hole_all_is_searched)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
