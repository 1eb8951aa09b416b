#include "key_exchange.h"

#include "crypto/digest.h"
#include "crypto/signature.h"
#include "tls/tls.h"

enum {
    SHA256_LEN = 32,
    KEYS =
        1024 /* of certificates, ready to check; each has one place, and the later one takes it */
};

struct known_key {
    uint8_t sha256[SHA256_LEN]; /* of the certificate */
    struct ht_verifier *verifier;
};

struct state {
    struct ht_digester *digester;
    struct known_key keys[KEYS];
};

static struct known_key *place_of(struct state *state, struct ht_bytes sha256)
{
    return &state->keys[ht_be16_at(sha256, 0) % KEYS];
}

/* The key of the certificate whose SHA-256 `signer` is; NULL where it cannot be read. */
static const struct ht_verifier *verifier_of(struct state *state,
                                             const struct tls_material *material)
{
    struct known_key *place = place_of(state, material->signer);
    if (memcmp(place->sha256, material->signer.ptr, SHA256_LEN) != 0) {
        ht_verifier_free(place->verifier);
        place->verifier = ht_verifier_new(material->certificate);
        memcpy(place->sha256, material->signer.ptr, SHA256_LEN);
    }
    return place->verifier;
}

static unsigned check(struct state *state, const struct tls_material *material)
{
    if (material->signer.len != SHA256_LEN || material->signature.len == 0) {
        return 0;
    }
    const struct ht_verifier *verifier = verifier_of(state, material);
    if (verifier == NULL) {
        return 0;
    }
    const struct ht_signed content = {
        .part = {material->part[0], material->part[1], material->part[2]}};
    switch (ht_signature_check(verifier, material->scheme, &content, material->signature)) {
    case HT_SIGNATURE_GOOD:
        return HT_EVENT_VERIFIED;
    case HT_SIGNATURE_BAD:
        return material->doubtful ? 0 : HT_EVENT_REFUTED;
    case HT_SIGNATURE_UNKNOWN:
        break;
    }
    return 0;
}

/* Whose prime has this SHA-256, in hexadecimal; NULL: nobody's that is known. */
static const char *find_group(struct ht_bytes sha256)
{
    for (size_t i = 0; i < ht_dh_groups.len; i++) {
        if (ht_bytes_equal(sha256, ht_text(ht_dh_groups.entries[i].note))) {
            return ht_dh_groups.entries[i].name;
        }
    }
    return NULL;
}

static const char *name_group(const struct state *state, struct ht_arena *arena,
                              struct ht_bytes prime)
{
    return find_group(ht_digest_hex(state->digester, HT_SHA256, arena, prime));
}

/* The prime without the zeros that may stand before it. */
static struct ht_bytes canonical(struct ht_bytes prime)
{
    while (prime.len > 0 && prime.ptr[0] == 0) {
        prime = ht_bytes_from(prime, 1);
    }
    return prime;
}

static void on_event(void *opaque, struct ht_analysis *a, const struct ht_event_type *type,
                     void *event)
{
    struct state *state = opaque;
    if (type == &tls_server_key_exchange_event) {
        struct tls_server_key_exchange *exchange = event;
        const struct tls_material *material      = exchange->material;
        if (material != NULL && material->dh_prime.len > 0) {
            exchange->dh_group = name_group(state, a->arena, canonical(material->dh_prime));
        }
        *a->flags |= material != NULL ? check(state, material) : 0;
    } else if (type == &tls_certificate_verify_event) {
        const struct tls_certificate_verify *verify = event;
        *a->flags |= verify->material != NULL ? check(state, verify->material) : 0;
    }
}

static bool init(void *opaque, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    (void)settings;
    struct state *state = opaque;
    state->digester     = ht_digester_new();
    return state->digester != NULL || ht_fail(error, "out of memory");
}

static void fini(void *opaque)
{
    struct state *state = opaque;
    for (size_t i = 0; i < KEYS; i++) {
        ht_verifier_free(state->keys[i].verifier);
    }
    ht_digester_free(state->digester);
}

static const struct ht_event_type *const events[] = {&tls_server_key_exchange_event,
                                                     &tls_certificate_verify_event, NULL};

const struct ht_analyzer ht_key_exchange_analyzer = {
    .name       = "key_exchange",
    .state_size = sizeof(struct state),
    .init       = init,
    .fini       = fini,
    .event      = on_event,
    .events     = events,
};
