/*
 * Whose key signs a handshake: that of the leaf, of a raw public key (RFC 7250) or of a delegated
 * credential (RFC 9345 section 3). Digests by sha256sum.
 */
#include "support.h"

#include "tls/handshake.h"
#include "tls/transcript.h"

static const struct ht_bytes leaf = {(const uint8_t *)"leaf", 4}, key = {(const uint8_t *)"key", 3},
                             other = {(const uint8_t *)"other", 5};

#define SHA256_OF_KEY "2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"

struct scene {
    struct ht_arena arena;
    struct ht_emitter emitter;
    struct tls_state state;
};

static void start(struct scene *scene, bool verify)
{
    *scene         = (struct scene){0};
    scene->emitter = (struct ht_emitter){.arena = &scene->arena, .verify = verify};
}

static void show(struct scene *scene, const struct tls_certificate *certificate)
{
    static const struct ht_bytes digest = {(const uint8_t *)"its digest", 10};
    const struct ht_texts sha256        = {.items = &digest, .len = certificate->chain.len};
    tls_take_signer(&scene->state, &scene->emitter, HT_SIDE_B, certificate, &sha256);
}

static void assert_signer(const struct scene *scene, struct ht_bytes der, struct ht_bytes sha256)
{
    const struct tls_proof *proof = scene->state.proof;
    assert_non_null(proof);
    assert_true(ht_bytes_equal(proof->leaf[HT_SIDE_B], der));
    assert_true(ht_bytes_equal(proof->signer[HT_SIDE_B], sha256));
    assert_int_equal(proof->leaf[HT_SIDE_A].len, 0);
}

static void test_leaf(void **state)
{
    const struct tls_certificate chain = {.chain = {&leaf, 1}}, another = {.chain = {&other, 1}};
    struct scene scene;
    (void)state;
    start(&scene, true);
    show(&scene, &chain);
    assert_signer(&scene, leaf, ht_text("its digest"));
    show(&scene, &another); /* of several the first one is kept */
    assert_signer(&scene, leaf, ht_bytes(NULL, 0));
    ht_arena_clear(&scene.arena);
}

static void test_raw_public_key(void **state)
{
    const struct tls_certificate raw = {.raw_public_key = key};
    struct scene scene;
    (void)state;
    start(&scene, true);
    show(&scene, &raw);
    assert_signer(&scene, key, hex(SHA256_OF_KEY));
    ht_arena_clear(&scene.arena);
}

static void test_delegated_credential(void **state)
{
    const struct tls_delegated_credential credential = {.public_key = key};
    const struct tls_certificate delegated           = {.chain                = {&leaf, 1},
                                                        .delegated_credential = &credential};
    struct scene scene;
    (void)state;
    start(&scene, true);
    show(&scene, &delegated);
    assert_signer(&scene, key, hex(SHA256_OF_KEY));
    ht_arena_clear(&scene.arena);
}

static void test_nobody(void **state)
{
    const struct tls_certificate none = {0}, raw = {.raw_public_key = key};
    struct scene scene;
    (void)state;
    start(&scene, true);
    show(&scene, &none);
    assert_signer(&scene, ht_bytes(NULL, 0), ht_bytes(NULL, 0));
    ht_arena_clear(&scene.arena);
    start(&scene, false);
    show(&scene, &raw);
    assert_null(scene.state.proof);
    ht_arena_clear(&scene.arena);
}

/* Each takes up to a millisecond to check, and a server may send thousands. */
static void test_first_signatures(void **state)
{
    const struct tls_certificate chain = {.chain = {&leaf, 1}};
    struct scene scene;
    (void)state;
    start(&scene, true);
    const struct tls_telling from_server = {.state = &scene.state,
                                            .e     = &scene.emitter,
                                            .from  = HT_SIDE_B},
                             from_client = {
                                 .state = &scene.state, .e = &scene.emitter, .from = HT_SIDE_A};
    show(&scene, &chain);
    for (int i = 0; i < 10; i++) {
        struct tls_material of_server = {0}, of_client = {0};
        tls_add_signer(&from_client, &of_client); /* that showed nothing */
        tls_add_signer(&from_server, &of_server);
        assert_int_equal(of_client.signer.len, 0);
        assert_int_equal(of_server.signer.len > 0, i < TLS_MAX_CHECKED);
        assert_int_equal(of_server.certificate.len > 0, i < TLS_MAX_CHECKED);
    }
    ht_arena_clear(&scene.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaf), cmocka_unit_test(test_raw_public_key),
        cmocka_unit_test(test_delegated_credential), cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_first_signatures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
