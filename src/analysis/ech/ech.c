#include "analysis/ech/ech.h"

#include "analysis/memo.h"
#include "analysis/resolution/answers.h"
#include "dns/ech.h"
#include "tls/tls.h"

enum { MAX_NAME = 255, MAX_SUITES = 16, SUITE_LEN = 4, NUM_IDS = 256, WORD_BITS = 64 };

struct state {
    struct ht_memo configs;            /* struct known by its key */
    uint64_t ids[NUM_IDS / WORD_BITS]; /* that configs had, a bit each; GREASE's are random */
};

/* An ECHConfig that was seen: its id, then its public name in lower case. */
struct key {
    uint8_t bytes[1 + MAX_NAME];
    size_t len;
};

struct known {
    uint16_t kem;
    uint8_t num_suites;
    uint8_t suites[MAX_SUITES * SUITE_LEN];
};

static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    (void)settings;
    struct state *self = state;
    return ht_memo_init(&self->configs, HT_ECH_SETS, sizeof(struct key) + sizeof(struct known)) ||
           ht_fail(error, "out of memory");
}

static void fini(void *state)
{
    ht_memo_fini(&((struct state *)state)->configs);
}

static struct ht_bytes make_key(struct key *key, uint8_t config_id, struct ht_bytes name)
{
    key->bytes[0] = config_id;
    key->len      = 1;
    for (size_t i = 0; i < name.len && i < MAX_NAME; i++) {
        key->bytes[key->len++] = ht_lower(name.ptr[i]);
    }
    return ht_bytes(key->bytes, key->len);
}

/*
 * Lessons: an ECHConfigList, as it came.
 */

static void keep(struct state *state, const struct dns_ech_config *config)
{
    struct key room;
    uint8_t id           = (uint8_t)(config->config_id - 1);
    struct ht_bytes key  = make_key(&room, id, config->public_name);
    struct known *known  = ht_memo_find(&state->configs, key);
    size_t suites_len    = config->suites.len;
    const size_t max_len = sizeof known->suites;
    if (known == NULL) {
        known = ht_memo_add(&state->configs, key, sizeof *known);
    }
    if (known != NULL) {
        state->ids[id / WORD_BITS] |= UINT64_C(1) << id % WORD_BITS;
        suites_len        = suites_len < max_len ? suites_len : max_len;
        known->kem        = (uint16_t)config->kem;
        known->num_suites = (uint8_t)(suites_len / SUITE_LEN);
        memcpy(known->suites, config->suites.ptr, suites_len);
    }
}

static void learn(void *state, struct ht_bytes lesson)
{
    struct ht_reader list = dns_ech_list(lesson);
    while (rd_more(&list)) {
        struct dns_ech_config config;
        if (dns_ech_next(&list, &config) && config.version == DNS_ECH_VERSION) {
            keep(state, &config);
        }
    }
}

static void teach(struct ht_analysis *a, const struct ht_objects *records)
{
    const struct dns_answer *answers = records->items;
    for (size_t i = 0; i < records->len; i++) {
        const struct dns_ech *ech = answers[i].ech;
        if (ech != NULL && ech->list.len > 0 && ech->list.len <= HT_ECH_MAX_LIST) {
            a->teach(a->engine, &ht_ech_analyzer, ech->list);
        }
    }
}

static void see_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                      void *event)
{
    (void)state;
    if (type == &dns_answer_event && event != NULL) {
        const struct dns_transaction *transaction = event;
        teach(a, &transaction->answers);
        teach(a, &transaction->additional);
    }
}

/*
 * Verdicts
 */

/* Nenc of RFC 9180 section 7.1; of other KEMs it is not known. */
static size_t encapsulated_bytes(uint16_t kem)
{
    enum { P256 = 0x0010, P384 = 0x0011, P521 = 0x0012, X25519 = 0x0020, X448 = 0x0021 };
    switch (kem) {
    case P256:
        return 65;
    case P384:
        return 97;
    case P521:
        return 133;
    case X25519:
        return 32;
    case X448:
        return 56;
    default:
        return 0;
    }
}

/* A client that has this config would write such a hello. */
static bool fits(const struct known *config, const struct tls_encrypted_client_hello *hello)
{
    /* A second hello, after a HelloRetryRequest, has no key again (RFC 9849 section 6.1.5). */
    size_t enc_bytes = encapsulated_bytes(config->kem);
    bool fits_key    = enc_bytes == 0 || hello->enc_bytes == 0 || hello->enc_bytes == enc_bytes;
    bool fits_suite  = false;
    struct ht_bytes suites = ht_bytes(config->suites, (size_t)config->num_suites * SUITE_LEN);
    for (size_t i = 0; i < config->num_suites; i++) {
        fits_suite = fits_suite || (ht_be16(suites, 2 * i) == hello->kdf.id &&
                                    ht_be16(suites, 2 * i + 1) == hello->aead.id);
    }
    return fits_key && fits_suite && hello->kdf.set && hello->aead.set;
}

static bool matches(const struct state *state, const struct tls_client_hello *hello)
{
    const struct tls_encrypted_client_hello *ech = hello->encrypted_client_hello;
    struct key room;
    if (hello->server_name.len == 0 || ech->config_id == 0) {
        return false;
    }
    uint8_t id = (uint8_t)(ech->config_id - 1);
    if ((state->ids[id / WORD_BITS] >> id % WORD_BITS & 1) == 0) {
        return false;
    }
    const struct known *known =
        ht_memo_look(&state->configs, make_key(&room, id, hello->server_name));
    return known != NULL && fits(known, ech);
}

/* The client was given the address under the name that the hello gives. */
static bool was_looked_up(const struct ht_resolution *dns, const struct tls_client_hello *hello)
{
    return dns != NULL && dns->name.len > 0 && strcmp(dns->verdict, "other_client") != 0 &&
           ht_names_equal(dns->name, hello->server_name);
}

static void judge(struct state *state, const struct ht_connection *connection,
                  const struct tls_client_hello *hello)
{
    struct tls_encrypted_client_hello *ech = hello != NULL ? hello->encrypted_client_hello : NULL;
    bool opened = ech != NULL && ech->verdict != NULL; /* with keys: nothing need be judged */
    if (ech == NULL || ech->draft != NULL || opened) {
        return;
    }
    if (matches(state, hello)) {
        ech->verdict              = "config_match";
        ech->public_name          = hello->server_name;
        ech->server_name_is_cover = true;
    } else if (ech->outcome == NULL) {
        ech->verdict = was_looked_up(connection->dns, hello) ? "grease_likely" : "unknown";
    }
}

static void see_connection(void *state, struct ht_analysis *a, struct ht_connection *connection)
{
    (void)a;
    if (connection->details.type == &tls_details_struct) {
        const struct tls_details *details = connection->details.object;
        judge(state, connection, details->client_hello);
        judge(state, connection, details->client_hello_2);
    }
}

static const struct ht_event_type *const events[] = {&dns_answer_event, NULL};

const struct ht_analyzer ht_ech_analyzer = {.name       = "ech",
                                            .state_size = sizeof(struct state),
                                            .init       = init,
                                            .fini       = fini,
                                            .event      = see_event,
                                            .events     = events,
                                            .connection = see_connection,
                                            .learn      = learn};
