/*
 * Chains that are known: what was said of one is said of the same bytes again, and of no others.
 */
#include "support.h"
#include "tls/chain.h"
#include "tls/messages.h"

/* A pool, and a flow that keeps chains. */
struct memory {
    struct ht_pool pool;
    ht_pool_use use;
    struct ht_arena arena, scratch;
};

static void clear(struct memory *memory)
{
    ht_arena_clear(&memory->arena);
    ht_arena_clear(&memory->scratch);
    ht_pool_free(&memory->pool);
}

/* As a flow does with its Certificate message; the digest is what an analyzer says. False: the
 * chain was not known. */
static bool meet(struct memory *memory, struct ht_bytes body, const char *digest)
{
    const struct ht_keeper keeper = {
        .arena = &memory->arena, .pool = &memory->pool, .use = &memory->use};
    struct tls_certificate chain;
    struct ht_bytes sha256 = ht_text(digest);
    assert_true(tls_certificate_parse(body, false, &memory->scratch, &chain));
    tls_known_chain(&memory->pool, body, &chain);
    bool known = chain.sha256.len > 0;
    if (!known) {
        chain.sha256  = (struct ht_texts){&sha256, 1};
        chain.subject = ht_text("CN=a");
        chain.issuer  = ht_text("CN=b");
    }
    struct ht_kept *kept = ht_keep(&keeper, &tls_certificate_struct, &chain);
    tls_know_chain(&memory->pool, body, &chain, kept);
    const struct tls_certificate *seen =
        ht_kept_read(kept, &tls_certificate_struct, &memory->scratch);
    assert_non_null(seen);
    assert_int_equal(seen->sha256.len, 1);
    assert_text(seen->sha256.items[0], digest);
    assert_text(seen->subject, "CN=a");
    assert_text(seen->issuer, "CN=b");
    assert_int_equal(seen->chain_bytes, body.len - 6);
    return known;
}

/* Of one certificate, `len` bytes long. */
static struct ht_bytes message(uint8_t *room, size_t len)
{
    memset(room, 7, 6 + len);
    for (unsigned i = 0; i < 3; i++) {
        room[2 - i] = (uint8_t)((len + 3) >> 8 * i);
        room[5 - i] = (uint8_t)(len >> 8 * i);
    }
    return ht_bytes(room, 6 + len);
}

static void known_when_it_comes_again(void **unused)
{
    struct memory memory = {0};
    uint8_t room[4096];
    struct ht_bytes body = message(room, 3000);
    (void)unused;
    assert_false(meet(&memory, body, "digest of one")); /* it is new */
    assert_false(meet(&memory, body, "digest of one")); /* it comes again, and is remembered */
    assert_true(meet(&memory, body, "digest of one"));
    assert_true(meet(&memory, body, "digest of one"));
    clear(&memory);
}

/* At its ends, by which it is found, and between. */
static void every_byte_counts(void **unused)
{
    struct memory memory = {0};
    uint8_t room[4096];
    struct ht_bytes body = message(room, 3000);
    (void)unused;
    (void)meet(&memory, body, "digest of one");
    (void)meet(&memory, body, "digest of one");
    for (size_t i = 6; i < body.len; i++) {
        struct tls_certificate chain = {0};
        room[i] ^= 1;
        tls_known_chain(&memory.pool, body, &chain);
        assert_int_equal(chain.sha256.len, 0);
        assert_null(chain.shape);
        room[i] ^= 1;
    }
    assert_false(meet(&memory, message(room, 2999), "digest of another"));
    assert_true(meet(&memory, message(room, 3000), "digest of one"));
    clear(&memory);
}

static void too_long_to_be_known(void **unused)
{
    struct memory memory = {0};
    uint8_t room[TLS_CHAIN_SOURCE + 1];
    (void)unused;
    for (size_t over = 0; over < 2; over++) {
        struct ht_bytes body = message(room, TLS_CHAIN_SOURCE - 6 + over);
        assert_false(meet(&memory, body, over == 0 ? "the longest" : "longer"));
        assert_false(meet(&memory, body, over == 0 ? "the longest" : "longer"));
        assert_int_equal(meet(&memory, body, over == 0 ? "the longest" : "longer"), over == 0);
    }
    clear(&memory);
}

/* A hello that was read of the same bytes is no chain. */
static void of_its_type(void **unused)
{
    struct memory memory                = {0};
    const struct tls_client_hello hello = {0};
    struct tls_certificate chain        = {0};
    (void)unused;
    ht_pool_remember(&memory.pool, &tls_client_hello_struct,
                     ht_pool_hash(&memory.pool, ht_text("bytes")), ht_text("bytes"), &hello);
    tls_known_chain(&memory.pool, ht_text("bytes"), &chain);
    assert_null(chain.shape);
    clear(&memory);
}

static void without_a_pool(void **unused)
{
    struct tls_certificate chain = {0};
    (void)unused;
    tls_known_chain(NULL, ht_text("bytes"), &chain);
    tls_know_chain(NULL, ht_text("bytes"), &chain, NULL);
    assert_null(chain.shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_when_it_comes_again), cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(too_long_to_be_known), cmocka_unit_test(of_its_type),
        cmocka_unit_test(without_a_pool)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
