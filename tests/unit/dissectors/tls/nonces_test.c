/*
 * Explicit nonces: RFC 5288 section 3, "Each value of the nonce_explicit MUST be distinct for each
 * distinct invocation of the GCM encrypt function for any fixed key".
 */
#include "support.h"

#include "tls/nonces.h"
#include "tls/tls.h"

enum { RECORD = 8 + 10 + 16 };

/* A record with this nonce, in the frame with its number plus 100. */
static void say(struct tls_nonce_side *side, uint64_t nonce)
{
    uint8_t bytes[RECORD] = {0};
    for (unsigned i = 0; i < TLS_EXPLICIT_NONCE; i++) {
        bytes[i] = (uint8_t)(nonce >> (56 - 8 * i));
    }
    tls_nonces_note(side, 100 + side->records + 1, ht_bytes(bytes, sizeof bytes), sizeof bytes);
}

static void say_all(struct tls_nonce_side *side, uint64_t first, uint64_t last)
{
    for (uint64_t nonce = first; nonce <= last; nonce++) {
        say(side, nonce);
    }
}

static struct tls_nonce_side new_side(void)
{
    struct tls_nonce_side side = {0};
    tls_nonces_begin(&side, 0);
    return side;
}

static void counted_nonces_never_repeat(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    say_all(&side, 0, 100000);
    assert_int_equal(side.repeat.num, 0);
    assert_int_equal(side.leaps, 0);
    assert_int_equal(side.seen, 100001);
}

/* NSS: the record's number, combined with a mask by exclusive or. */
static void masked_numbers_do_not_leap(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    for (uint64_t number = 0; number < 500; number++) {
        say(&side, UINT64_C(0x035abd7f5f27b7ab) ^ number);
    }
    assert_int_equal(side.repeat.num, 0);
    assert_int_equal(side.leaps, 0);
}

/* A counter whose least byte comes first. */
static void numbers_from_the_other_end_do_not_leap(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    for (uint64_t number = 0; number < 500; number++) {
        say(&side, __builtin_bswap64(number));
    }
    assert_int_equal(side.repeat.num, 0);
    assert_int_equal(side.leaps, 0);
}

static void random_nonces_leap(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    for (uint64_t number = 1; number <= 100; number++) {
        say(&side, number * UINT64_C(0x9e3779b97f4a7c15));
    }
    assert_int_equal(side.repeat.num, 0);
    assert_int_equal(side.leaps, 99);
}

static void a_constant_nonce_repeats_each_time(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    for (unsigned i = 0; i < 4; i++) {
        say(&side, 0);
    }
    assert_int_equal(side.repeat.num, 3);
    assert_int_equal(side.repeat.nonce, 0);
    assert_int_equal(side.repeat.records[0], 1);
    assert_int_equal(side.repeat.records[1], 2);
    assert_int_equal(side.repeat.frames[0], 101);
    assert_int_equal(side.repeat.frames[1], 102);
}

static void a_counter_that_begins_again_repeats(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    say_all(&side, 10, 5000);
    say(&side, 77);
    assert_int_equal(side.repeat.num, 1);
    assert_int_equal(side.repeat.nonce, 77);
    assert_int_equal(side.repeat.records[0], 68);
    assert_int_equal(side.repeat.records[1], 4992);
    assert_int_equal(side.repeat.frames[0], 0);
}

/* 5, 6, 7 and then 3, 4, 5: the run goes on by one, into one that was before. */
static void a_run_that_goes_into_an_older_one_repeats(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    say_all(&side, 5, 7);
    say_all(&side, 3, 5);
    assert_int_equal(side.repeat.num, 1);
    assert_int_equal(side.repeat.nonce, 5);
    assert_int_equal(side.repeat.records[0], 1);
    assert_int_equal(side.repeat.records[1], 6);
}

/* Böck and others, "Nonce-Disrespecting Adversaries" (2016), section 4: seen of real devices. */
static void the_pattern_of_real_devices_is_found(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    say(&side, UINT64_C(0x0100000003001741));
    say(&side, UINT64_C(0x0100000003001741));
    say(&side, UINT64_C(0xf118cd0fa6ff5a15));
    say(&side, UINT64_C(0xf118cd0fa6ff5a16));
    assert_int_equal(side.repeat.num, 1);
    assert_int_equal(side.repeat.nonce, UINT64_C(0x0100000003001741));
}

static void new_keys_begin_anew(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    say_all(&side, 0, 9);
    tls_nonces_begin(&side, 1);
    say_all(&side, 0, 9);
    assert_int_equal(side.repeat.num, 0);
    assert_int_equal(side.seen, 20);
}

static void a_gap_forgets(void **unused)
{
    struct tls_nonces nonces = {.side = {new_side(), new_side()}};
    (void)unused;
    say_all(&nonces.side[1], 0, 9);
    tls_nonces_gap(&nonces, HT_SIDE_B);
    say(&nonces.side[1], 3);
    assert_int_equal(nonces.side[1].repeat.num, 0);
    tls_nonces_gap(NULL, HT_SIDE_B);
}

/* More runs than are kept: only the oldest are forgotten. */
static void many_runs_are_bounded(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    for (uint64_t i = 1; i <= TLS_NONCE_RUNS + 4; i++) {
        say(&side, i * 1000);
    }
    say(&side, 1000);
    assert_int_equal(side.repeat.num, 0);
    say(&side, UINT64_C(1000) * (TLS_NONCE_RUNS + 4));
    assert_int_equal(side.repeat.num, 1);
}

static void the_highest_nonce_is_no_end(void **unused)
{
    struct tls_nonce_side side = new_side();
    (void)unused;
    say(&side, UINT64_MAX - 1);
    say(&side, UINT64_MAX);
    say(&side, 0);
    assert_int_equal(side.repeat.num, 0);
    say(&side, UINT64_MAX);
    assert_int_equal(side.repeat.num, 1);
}

static void what_is_too_short_has_no_nonce(void **unused)
{
    static const uint8_t bytes[RECORD];
    struct tls_nonce_side side = new_side(), unbegun = {0};
    (void)unused;
    tls_nonces_note(&side, 1, ht_bytes(bytes, 1), 1); /* a ChangeCipherSpec in clear */
    tls_nonces_note(&side, 2, ht_bytes(bytes, 7), RECORD);
    tls_nonces_note(&unbegun, 3, ht_bytes(bytes, RECORD), RECORD);
    assert_int_equal(side.seen, 0);
    assert_int_equal(unbegun.seen, 0);
}

static void gcm_and_ccm_of_tls12_have_them(void **unused)
{
    (void)unused;
    assert_true(tls_nonces_are_explicit(TLS_12, ht_named(0xC02F)));  /* ECDHE, AES-128-GCM */
    assert_true(tls_nonces_are_explicit(TLS_12, ht_named(0xC0AE)));  /* AES-128-CCM-8 */
    assert_true(tls_nonces_are_explicit(TLS_12, ht_named(0xC060)));  /* ARIA-128-GCM */
    assert_true(tls_nonces_are_explicit(TLS_12, ht_named(0xC086)));  /* CAMELLIA-128-GCM */
    assert_false(tls_nonces_are_explicit(TLS_12, ht_named(0xCCA8))); /* ChaCha20-Poly1305 */
    assert_false(tls_nonces_are_explicit(TLS_12, ht_named(0xC013))); /* CBC */
    assert_false(tls_nonces_are_explicit(TLS_13, ht_named(0x1301)));
    assert_false(tls_nonces_are_explicit(TLS_12, (struct ht_named){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_nonces_never_repeat),
        cmocka_unit_test(masked_numbers_do_not_leap),
        cmocka_unit_test(random_nonces_leap),
        cmocka_unit_test(numbers_from_the_other_end_do_not_leap),
        cmocka_unit_test(a_constant_nonce_repeats_each_time),
        cmocka_unit_test(a_counter_that_begins_again_repeats),
        cmocka_unit_test(a_run_that_goes_into_an_older_one_repeats),
        cmocka_unit_test(the_pattern_of_real_devices_is_found),
        cmocka_unit_test(new_keys_begin_anew),
        cmocka_unit_test(a_gap_forgets),
        cmocka_unit_test(many_runs_are_bounded),
        cmocka_unit_test(the_highest_nonce_is_no_end),
        cmocka_unit_test(what_is_too_short_has_no_nonce),
        cmocka_unit_test(gcm_and_ccm_of_tls12_have_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
