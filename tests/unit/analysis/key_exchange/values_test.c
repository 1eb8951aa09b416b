/*
 * The values of key exchange: lengths of shares (RFC 8446 section 4.2.8, draft-ietf-tls-ecdhe-mlkem
 * section 4), low order (RFC 7748 section 6.1), the prime of RFC 2409 section 6.2.
 */
#include "analysis/key_exchange/values.h"

#include "support.h"
#include "tls/tls.h"

#include <stdlib.h>

enum { P256 = 23, FFDHE2048 = 0x0100, MLKEM768 = 0x0201, X25519MLKEM768 = 0x11EC };

struct fixture {
    void *state;
    struct ht_arena arena;
    struct ht_analysis a;
};

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    f->state                                   = calloc(1, ht_values_analyzer.state_size);
    f->a                                       = (struct ht_analysis){.arena = &f->arena};
    *state                                     = f;
    const struct ht_analysis_settings settings = {0};
    struct ht_error error;
    return f->state != NULL && ht_values_analyzer.init(f->state, &settings, &error) ? 0 : -1;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    ht_values_analyzer.fini(f->state);
    ht_arena_clear(&f->arena);
    free(f->state);
    free(f);
    return 0;
}

static const struct tls_value_faults *of_answer(struct fixture *f, uint16_t group,
                                                struct ht_bytes share)
{
    struct tls_server_hello hello = {.key_share_group = ht_named(group), .key_share = share};
    ht_values_analyzer.event(f->state, &f->a, &tls_server_hello_event, &hello);
    return hello.faults;
}

static void shares_have_the_length_of_their_group(void **state)
{
    static const uint8_t share[1300] = {[0] = 9, [1088] = 9};
    (void)state;
    assert_null(of_answer(*state, X25519MLKEM768, ht_bytes(share, 1120)));
    assert_text(of_answer(*state, X25519MLKEM768, ht_bytes(share, 1216))->length,
                "the key share of X25519MLKEM768 has 1216 bytes, not 1120");
    assert_null(of_answer(*state, MLKEM768, ht_bytes(share, 1088)));
    assert_non_null(of_answer(*state, MLKEM768, ht_bytes(share, 1184)));
    assert_null(of_answer(*state, 0x2A2A, ht_bytes(share, 1)));
}

static void the_curve_of_a_hybrid_is_behind(void **state)
{
    static const uint8_t share[1120] = {[0] = 9};
    assert_text(of_answer(*state, X25519MLKEM768, ht_bytes(share, sizeof share))->point,
                "the key share of x25519, 0000000000000000… (32 bytes), is of low order");
}

static void numbers_of_rfc_7919_are_judged_without_the_prime(void **state)
{
    uint8_t share[256];
    memset(share, 0, sizeof share);
    assert_text(of_answer(*state, FFDHE2048, ht_bytes(share, sizeof share))->number,
                "the key share is 0");
    share[0] = 1;
    assert_null(of_answer(*state, FFDHE2048, ht_bytes(share, sizeof share)));
    memset(share, 0xFF, sizeof share);
    share[255] = 0xFE;
    assert_text(of_answer(*state, FFDHE2048, ht_bytes(share, sizeof share))->number,
                "the key share is p-1 or p");
}

static void each_share_of_a_client_is_looked_at(void **state)
{
    static const uint8_t shares[] = {0x1A, 0x1A, 0, 1, 0, 0x00, 0x1D, 0, 3, 1, 2, 3};
    struct fixture *f             = *state;
    struct tls_client_hello hello = {.key_shares = ht_bytes(shares, sizeof shares)};
    ht_values_analyzer.event(f->state, &f->a, &tls_client_hello_event, &hello);
    assert_text(hello.faults->length, "the key share of x25519 has 3 bytes, not 32");
    for (size_t len = 0; len < sizeof shares; len++) {
        hello = (struct tls_client_hello){.key_shares = ht_bytes(shares, len)};
        ht_values_analyzer.event(f->state, &f->a, &tls_client_hello_event, &hello);
        assert_null(hello.faults);
    }
}

static void the_prime_is_judged_with_zeros_before_it(void **state)
{
    static const uint8_t prime[] = {0, 0, 23}, generator[] = {5}, value[] = {22};
    struct fixture *f                       = *state;
    const struct tls_material material      = {.dh_prime     = ht_bytes(prime, sizeof prime),
                                               .dh_generator = ht_bytes(generator, 1),
                                               .public_value = ht_bytes(value, 1)};
    struct tls_server_key_exchange exchange = {.material = &material};
    for (unsigned i = 0; i < 2; i++) {
        ht_values_analyzer.event(f->state, &f->a, &tls_server_key_exchange_event, &exchange);
        assert_string_equal(exchange.faults->prime, "safe");
        assert_text(exchange.faults->number, "dh_Ys of ServerKeyExchange is p-1");
    }
}

/* Even numbers, of which it costs nothing to say that they are no primes: what is bounded is how
 * many might be proven. */
static void long_primes_without_end_are_not_judged(void **state)
{
    enum { MOST = 32 };
    static uint8_t prime[512]        = {[0] = 0x80};
    static const uint8_t generator[] = {5}, value[] = {22};
    struct fixture *f                       = *state;
    const struct tls_material material      = {.dh_prime     = ht_bytes(prime, sizeof prime),
                                               .dh_generator = ht_bytes(generator, 1),
                                               .public_value = ht_bytes(value, 1)};
    struct tls_server_key_exchange exchange = {.material = &material};
    for (uint8_t i = 0; i < MOST; i++) {
        prime[1] = i;
        ht_values_analyzer.event(f->state, &f->a, &tls_server_key_exchange_event, &exchange);
        assert_string_equal(exchange.faults->prime, "composite");
    }
    prime[1] = MOST;
    ht_values_analyzer.event(f->state, &f->a, &tls_server_key_exchange_event, &exchange);
    assert_null(exchange.faults);
    prime[1] = MOST - 1; /* is known */
    ht_values_analyzer.event(f->state, &f->a, &tls_server_key_exchange_event, &exchange);
    assert_string_equal(exchange.faults->prime, "composite");
}

static void a_client_without_value_is_not_judged(void **state)
{
    static const uint8_t point[65]          = {4};
    struct fixture *f                       = *state;
    struct tls_material material            = {0};
    struct tls_client_key_exchange exchange = {.material = &material};
    ht_values_analyzer.event(f->state, &f->a, &tls_client_key_exchange_event, &exchange);
    assert_null(exchange.faults);
    material.public_value = ht_bytes(point, sizeof point);
    material.group        = ht_named(P256);
    ht_values_analyzer.event(f->state, &f->a, &tls_client_key_exchange_event, &exchange);
    assert_text(exchange.faults->point, "the point in ClientKeyExchange of secp256r1, "
                                        "0400000000000000… (65 bytes), is not on the curve");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shares_have_the_length_of_their_group, start, stop),
        cmocka_unit_test_setup_teardown(the_curve_of_a_hybrid_is_behind, start, stop),
        cmocka_unit_test_setup_teardown(numbers_of_rfc_7919_are_judged_without_the_prime, start,
                                        stop),
        cmocka_unit_test_setup_teardown(each_share_of_a_client_is_looked_at, start, stop),
        cmocka_unit_test_setup_teardown(the_prime_is_judged_with_zeros_before_it, start, stop),
        cmocka_unit_test_setup_teardown(long_primes_without_end_are_not_judged, start, stop),
        cmocka_unit_test_setup_teardown(a_client_without_value_is_not_judged, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
