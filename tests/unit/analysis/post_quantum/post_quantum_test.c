/*
 * Post-quantum readiness: groups by IANA's registry "TLS Supported Groups", verdicts as the header
 * defines them.
 */
#include "support.h"

#include "analysis/post_quantum/post_quantum.h"

static struct ht_arena arena;

static void groups(void **unused)
{
    (void)unused;
    static const uint16_t with[]    = {0x0200, 0x0202, 0x11EB, 0x11EC, 0x11ED, 0x6399, 0xFE31};
    static const uint16_t without[] = {0x0017, 0x001D, 0x001E, 0x0100, 0x0104, 0x2A2A, 0xFF01};
    for (size_t i = 0; i < HT_ARRAY_LEN(with); i++) {
        assert_true(ht_post_quantum_group(with[i]));
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(without); i++) {
        assert_false(ht_post_quantum_group(without[i]));
    }
    assert_int_equal(ht_post_quantum_offered(hex("2a2a 001d 11ec 0017")), 0x11EC);
    assert_int_equal(ht_post_quantum_offered(hex("2a2a 001d")), 0);
}

/* Of a session with this version and group (0: none), whose client offers `offered`. */
static struct tls_details judged(uint16_t version, uint16_t group, const char *offered)
{
    const struct tls_client_hello hello = {.groups = hex(offered)};
    const struct tls_details tls        = {.client_hello      = &hello,
                                           .version           = {version, version != 0},
                                           .group             = {group, group != 0},
                                           .client_data_bytes = 300,
                                           .server_data_bytes = 700};
    const struct ht_party party         = {.payload_bytes = 5000};
    struct ht_connection connection     = {.details  = {&tls_details_struct, &tls},
                                           .protocol = ht_text("tls"),
                                           .client   = &party,
                                           .server   = &party};
    struct ht_analysis analysis         = {.arena = &arena};
    ht_post_quantum_analyzer.connection(NULL, &analysis, &connection);
    return *(const struct tls_details *)connection.details.object;
}

static void expect(struct tls_details got, const char *verdict, uint64_t harvestable)
{
    if (verdict == NULL) {
        assert_null(got.post_quantum);
    } else {
        assert_non_null(got.post_quantum);
        assert_string_equal(got.post_quantum, verdict);
    }
    assert_int_equal(got.harvestable_bytes, harvestable);
}

static void verdicts(void **unused)
{
    (void)unused;
    expect(judged(TLS_13, 0x11EC, "11ec 001d"), "pq_protected", 0);
    expect(judged(TLS_13, 0x001D, "11ec 001d"), "server_declined", 1000);
    expect(judged(TLS_13, 0, "11ec 001d"), "server_declined", 1000);
    expect(judged(TLS_13, 0x001D, "2a2a 001d"), "client_not_capable", 1000);
    expect(judged(TLS_13, 0x001D, ""), NULL, 0); /* a hello that was cut before them */
    expect(judged(TLS_12, 0x001D, "11ec 001d"), "version_too_old", 1000);
    expect(judged(0xFEFD, 0x001D, "001d"), "version_too_old", 1000);
    expect(judged(0xFEFC, 0x001D, "001d"), "client_not_capable", 1000);
    expect(judged(0, 0, "11ec 001d"), "server_unknown", 0);
    expect(judged(0, 0, "001d"), NULL, 0);
}

static int tear_down(void **unused)
{
    (void)unused;
    ht_arena_clear(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(groups), cmocka_unit_test(verdicts)};
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
