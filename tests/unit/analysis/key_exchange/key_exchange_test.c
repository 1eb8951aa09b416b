/*
 * The key exchange judged: the prime of RFC 2409 section 6.2, and signatures made by the openssl
 * command (OpenSSL 3.0.19).
 */
#include "analysis/key_exchange/key_exchange.h"

#include "crypto/digest.h"
#include "support.h"
#include "tls/tls.h"

#include <stdio.h>
#include <stdlib.h>

static const char oakley_group_2[] =
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a"
    "08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9"
    "a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffff"
    "ffff";
static const char ec_certificate[] =
    "3082016f30820115a00302010202142c46336c657c7958af28558af27c1f8056793567300a06082a8648"
    "ce3d040302300c310a300806035504030c01783020170d3236313132313130323230315a180f32303531"
    "303731333130323230315a300c310a300806035504030c01783059301306072a8648ce3d020106082a86"
    "48ce3d030107034200043009f5dca3253f7971bca013cab85552f87598aca718c806b2d083fedff8e9b3"
    "68aff71117cd6ad2f77f4e5ff9405ad0e3061302fc7be23b6236d126f680a4d2a3533051301d0603551d"
    "0e04160414a6e9142eccec68b19450bdea7d67ad82c25c27c2301f0603551d23041830168014a6e9142e"
    "ccec68b19450bdea7d67ad82c25c27c2300f0603551d130101ff040530030101ff300a06082a8648ce3d"
    "0403020348003045022100c54ab0faa0c2854d0adf2652df0876d2472b010ae2ea51b3e8f36e1616fb1a"
    "e202202b59b74ca6c34ce26f3e6351fe1326bda39d261ec6af24bca17836dda6141d06";
static const char sha256_by_ec[] =
    "3045022049f5ea6c7d5ce2aaf3196eb2c90730f9a3a7f18148e0a68f69e400ea18588bf7022100de6163"
    "08462949deb3091de2e60311f9143cab2e81f79c0004efb1712111e8f4";

struct fixture {
    void *state;
    struct ht_arena arena;
    struct ht_analysis a;
    unsigned flags;
};

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    f->state = calloc(1, ht_key_exchange_analyzer.state_size);
    f->a     = (struct ht_analysis){.arena = &f->arena, .flags = &f->flags};
    *state   = f;
    return f->state != NULL &&
                   ht_key_exchange_analyzer.init(
                       f->state, &(const struct ht_analysis_settings){.certificate_folder = -1},
                       NULL)
               ? 0
               : -1;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    ht_key_exchange_analyzer.fini(f->state);
    ht_arena_clear(&f->arena);
    free(f->state);
    free(f);
    return 0;
}

static const char *group_of(struct fixture *f, struct ht_bytes prime)
{
    struct tls_material material            = {.dh_prime = prime};
    struct tls_server_key_exchange exchange = {.material = &material};
    ht_key_exchange_analyzer.event(f->state, &f->a, &tls_server_key_exchange_event, &exchange);
    return exchange.dh_group;
}

static void known_primes_have_names(void **state)
{
    struct fixture *f = *state;
    char padded[sizeof oakley_group_2 + 4];
    assert_string_equal(group_of(f, hex(oakley_group_2)), "MODP group 2 (RFC 2409)");
    (void)snprintf(padded, sizeof padded, "0000%s", oakley_group_2);
    assert_string_equal(group_of(f, hex(padded)), "MODP group 2 (RFC 2409)");
    assert_null(group_of(f, hex("17")));
    assert_int_equal(f->flags, 0);
}

static unsigned flags_if(struct fixture *f, const char *certificate, uint8_t change,
                         const char *parameters, bool doubtful)
{
    struct ht_bytes der = hex(certificate);
    uint8_t randoms[64], sha256[HT_DIGEST_MAX];
    (void)ht_digest(NULL, HT_SHA256, sha256, der);
    sha256[31] ^= change;
    for (uint8_t i = 0; i < 64; i++) {
        randoms[i] = i;
    }
    struct tls_material material = {
        .part        = {ht_bytes(randoms, 32), ht_bytes(randoms + 32, 32), ht_text(parameters)},
        .signature   = hex(sha256_by_ec),
        .signer      = ht_bytes(sha256, der.len > 0 ? 32 : 0),
        .certificate = der,
        .doubtful    = doubtful,
        .scheme      = 0x0403};
    struct tls_server_key_exchange exchange = {.material = &material};
    f->flags                                = 0;
    ht_key_exchange_analyzer.event(f->state, &f->a, &tls_server_key_exchange_event, &exchange);
    return f->flags;
}

static unsigned flags_of(struct fixture *f, const char *certificate, uint8_t change,
                         const char *parameters)
{
    return flags_if(f, certificate, change, parameters, false);
}

/* Where more may have been signed than was seen, only a match says something. */
static void doubtful_content_refutes_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(flags_if(f, ec_certificate, 0, "parameters", true), HT_EVENT_VERIFIED);
    assert_int_equal(flags_if(f, ec_certificate, 0, "Parameters", true), 0);
}

static void signatures_are_checked_by_the_certificate_shown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(flags_of(f, ec_certificate, 0, "parameters"), HT_EVENT_VERIFIED);
    assert_int_equal(flags_of(f, ec_certificate, 0, "Parameters"), HT_EVENT_REFUTED);
}

static void without_a_certificate_a_signature_is_not_judged(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(flags_of(f, "", 0, "parameters"), 0);
    assert_int_equal(flags_of(f, "3000", 0, "parameters"), 0); /* no certificate */
}

/* Else the verdict would hang on what other connections the same engine follows. */
static void the_place_of_a_key_may_be_taken(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(flags_of(f, ec_certificate, 0, "parameters"), HT_EVENT_VERIFIED);
    (void)flags_of(f, ec_certificate, 1, "parameters"); /* another's, at the same place */
    assert_int_equal(flags_of(f, ec_certificate, 0, "parameters"), HT_EVENT_VERIFIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_primes_have_names, start, stop),
        cmocka_unit_test_setup_teardown(doubtful_content_refutes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(signatures_are_checked_by_the_certificate_shown, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_place_of_a_key_may_be_taken, start, stop),
        cmocka_unit_test_setup_teardown(without_a_certificate_a_signature_is_not_judged, start,
                                        stop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
