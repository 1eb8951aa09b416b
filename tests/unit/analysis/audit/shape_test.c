/* Shapes of sessions made by hand. */
#include "support.h"

#include "analysis/audit/shape.h"

/* A session whose messages are in these frames: offer, answer, key exchange, certificate, and what
 * shows that the server has its key. */
static void shape_of(struct audit_shape *out, const uint64_t frames[5])
{
    const struct ht_party server                      = {.port = 443};
    const struct ht_connection connection             = {.transport = "tcp", .server = &server};
    const struct tls_client_hello offer               = {.frame = frames[0]};
    const struct tls_server_hello answer              = {.frame = frames[1]};
    const struct tls_server_key_exchange key_exchange = {.key_exchange = "ECDHE"};
    const struct ht_timeline_entry entry              = {.frame = frames[2]};
    const struct ht_timeline_entry verify             = {.frame = frames[4]};
    const struct tls_details tls                      = {.client_hello = &offer};
    const struct audit_case c                         = {.connection         = &connection,
                                                         .tls                = &tls,
                                                         .offer              = &offer,
                                                         .answer             = &answer,
                                                         .key_exchange       = &key_exchange,
                                                         .key_exchange_entry = &entry,
                                                         .certificate_frame  = frames[3],
                                                         .verify_entry       = &verify};
    audit_shape_of(out, AUDIT_BY_SESSION, &c);
}

static bool same(const uint64_t frames[5], const uint64_t others[5])
{
    struct audit_shape one, other;
    shape_of(&one, frames);
    shape_of(&other, others);
    assert_false(one.too_long);
    return ht_bytes_equal(ht_bytes(one.bytes, one.len), ht_bytes(other.bytes, other.len));
}

/* Where the messages are does not matter, but which of them one frame has: what is kept of a frame
 * is the message in it. */
static void test_places(void **state)
{
    (void)state;
    assert_true(same((const uint64_t[]){4, 6, 6, 6, 6}, (const uint64_t[]){14, 16, 16, 16, 16}));
    assert_true(same((const uint64_t[]){4, 6, 8, 7, 9}, (const uint64_t[]){14, 16, 18, 17, 19}));
    assert_false(same((const uint64_t[]){4, 6, 6, 6, 6}, (const uint64_t[]){4, 6, 8, 6, 6}));
    assert_false(same((const uint64_t[]){4, 6, 7, 6, 6}, (const uint64_t[]){4, 6, 7, 7, 6}));
    assert_false(same((const uint64_t[]){4, 6, 6, 6, 6}, (const uint64_t[]){4, 6, 6, 6, 7}));
}

/* A session with a chain so judged, at a server so addressed, by that suite. */
struct chained {
    uint64_t judgement;
    bool in_public;
    uint16_t suite;
    uint64_t frame;
};

static struct audit_shape by_chain(struct chained with)
{
    struct audit_shape out;
    const struct ht_connection connection = {.transport = "tcp"};
    const struct tls_details tls          = {.cipher_suite = {.set = true, .id = with.suite}};
    const struct ht_chain_facts facts     = {.number = with.judgement};
    const struct audit_case c             = {.connection        = &connection,
                                             .tls               = &tls,
                                             .facts             = &facts,
                                             .certificate_frame = with.frame,
                                             .traits            = with.in_public ? AUDIT_IN_PUBLIC : 0};
    audit_shape_of(&out, AUDIT_BY_CHAIN, &c);
    return out;
}

static bool same_chain(struct chained with, struct chained other)
{
    struct audit_shape one = by_chain(with), two = by_chain(other);
    return ht_bytes_equal(ht_bytes(one.bytes, one.len), ht_bytes(two.bytes, two.len));
}

/* What rules of certificates look at beside the chain: whether the address is a private one, and
 * what the suite needs of the key. */
static void test_chains(void **state)
{
    (void)state;
    const struct chained chain = {.judgement = 7, .in_public = true, .suite = 0xC02F, .frame = 6};
    assert_true(same_chain(chain, chain));
    assert_true(same_chain(chain, (struct chained){7, true, 0xC02F, 60}));
    assert_false(same_chain(chain, (struct chained){8, true, 0xC02F, 6}));
    assert_false(same_chain(chain, (struct chained){7, false, 0xC02F, 6}));
    assert_false(same_chain(chain, (struct chained){7, true, 0xC030, 6}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
