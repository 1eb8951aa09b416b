#include "tls/inner_hello.h"

#include "tls/decrypt.h"
#include "tls/ech.h"

static const char accepted[] = "accepted", rejected[] = "rejected";

/* A real one, or one for show. */
static bool may_hide(const struct tls_client_hello *hello)
{
    const struct tls_encrypted_client_hello *ech = hello->encrypted_client_hello;
    return ech != NULL && ech->draft == NULL && ech->payload_bytes > 0;
}

static bool find_secrets(const struct ht_key_log *log, struct ht_bytes random,
                         struct tls_ech_secrets *out)
{
    out->shared_secret = ht_key_log_find(log, HT_KEY_ECH_SECRET, random);
    out->config        = ht_key_log_find(log, HT_KEY_ECH_CONFIG, random);
    return out->shared_secret.len > 0 && out->config.len > 0;
}

static struct tls_inner_hello *inner_of(struct tls_state *state, const struct ht_emitter *e)
{
    if (state->keys->inner == NULL) {
        state->keys->inner = ht_arena_alloc(e->arena, sizeof *state->keys->inner);
    }
    return state->keys->inner;
}

static void tell(const struct tls_telling *m, struct tls_inner_hello *inner,
                 struct ht_bytes message)
{
    struct tls_client_hello hello = {0};
    struct ht_bytes body          = ht_bytes_from(message, TLS_HANDSHAKE_HEADER);
    bool ok                       = tls_client_hello_parse(body, m->e->scratch, &hello);
    unsigned flags                = HT_EVENT_DECRYPTED | (ok ? 0 : HT_EVENT_MALFORMED);
    hello.frame                   = m->e->frame;
    struct ht_kept *kept = ht_emit(m->e, &tls_client_hello_inner_event, m->from, flags, &hello);
    inner->kept          = inner->kept != NULL ? inner->kept : kept;
}

static void keep(const struct tls_telling *m, struct tls_inner_hello *inner,
                 struct ht_bytes message)
{
    const struct tls_spoken *spoken = &inner->said.spoken[m->from];
    tls_transcript_add(&inner->said, m->e->arena, m->from, message);
    inner->message = spoken->broken ? ht_bytes(NULL, 0) : spoken->message[spoken->len - 1];
}

static struct ht_bytes random_of(struct ht_bytes message)
{
    return ht_bytes_head(ht_bytes_from(message, TLS_HANDSHAKE_HEADER + 2), HT_RANDOM_LEN);
}

void tls_inner_hello_take(const struct tls_telling *m, const struct tls_client_hello *outer)
{
    struct tls_state *state       = m->state;
    struct tls_keys *keys         = state->keys;
    const struct ht_keyring *ring = m->e->keyring;
    struct tls_ech_secrets secrets;
    if (m->from != state->client || state->carrier == TLS_OVER_DTLS || !may_hide(outer)) {
        return;
    }
    keys->search = keys->log == NULL && !keys->searched;
    if (!find_secrets(ring->file, outer->random, &secrets) &&
        !find_secrets(ring->capture, outer->random, &secrets)) {
        return;
    }
    struct ht_bytes message       = tls_ech_open(&secrets, ring->opener, m->body, m->e->scratch);
    struct tls_inner_hello *inner = message.len > 0 ? inner_of(state, m->e) : NULL;
    if (inner == NULL) {
        return;
    }
    inner->public_name = ht_arena_copy(m->e->arena, tls_ech_public_name(secrets.config));
    tell(m, inner, message);
    keep(m, inner, message);
    keys->by_inner = keys->log == NULL && tls_keys_look(keys, ring, random_of(inner->message));
    keys->search   = false;
}

struct ht_bytes tls_inner_hello_spoken(const struct tls_state *state, uint8_t type,
                                       struct ht_bytes message)
{
    const struct tls_keys *keys = state->keys;
    return type == TLS_CLIENT_HELLO && keys != NULL && keys->by_inner ? keys->inner->message
                                                                      : message;
}

static void judge(struct tls_state *state, const char *outcome, const char *judged_by)
{
    state->keys->ech_outcome   = outcome;
    state->keys->ech_judged_by = judged_by;
}

/* Whether the end of its random is the confirmation (RFC 9849 section 7.2). That it is not proves
 * nothing where more was said than what was seen. */
static void confirm(const struct tls_telling *m, struct ht_bytes confirmation)
{
    struct tls_state *state             = m->state;
    const struct tls_inner_hello *inner = state->keys->inner;
    const struct tls_speaker server     = {.client = state->client,
                                           .side   = m->from,
                                           .retry  = state->details.hello_retry_request,
                                           .digest = state->suite.sha384 ? HT_SHA384 : HT_SHA256};
    struct ht_bytes said                = tls_transcript_join(&inner->said, m->e->scratch, &server);
    uint8_t expected[TLS_ECH_CONFIRMATION_LEN];
    if (said.len == 0 ||
        !tls_ech_confirm(expected, server.digest, random_of(inner->message), said)) {
        return;
    }
    if (ht_bytes_equal(confirmation, ht_bytes(expected, sizeof expected))) {
        judge(state, accepted, "confirmation");
    } else if (!tls_hello_missed(state, m->e)) {
        judge(state, rejected, "confirmation");
    }
}

void tls_inner_hello_answered(const struct tls_telling *m, uint8_t type, struct ht_bytes message)
{
    enum {
        RANDOM_END   = TLS_HANDSHAKE_HEADER + 2 + HT_RANDOM_LEN,
        CONFIRMATION = RANDOM_END - TLS_ECH_CONFIRMATION_LEN
    };
    struct tls_state *state = m->state;
    bool hello              = m->from != state->client && type == TLS_SERVER_HELLO;
    if (state->keys == NULL || state->keys->inner == NULL || !hello || message.len < RANDOM_END ||
        state->keys->ech_outcome != NULL) {
        return;
    }
    uint8_t *copy = ht_arena_alloc(m->e->scratch, message.len);
    bool final    = state->last_server_hello != NULL; /* no HelloRetryRequest */
    if (copy == NULL) {
        return;
    }
    memcpy(copy, message.ptr, message.len);
    if (final) {
        memset(copy + CONFIRMATION, 0, TLS_ECH_CONFIRMATION_LEN);
    }
    tls_transcript_add(&state->keys->inner->said, m->e->arena, m->from,
                       ht_bytes(copy, message.len));
    if (final && state->version >= TLS_13) {
        confirm(m, ht_bytes_head(ht_bytes_from(message, CONFIRMATION), TLS_ECH_CONFIRMATION_LEN));
    }
}

/* Whether the secret of a session opens the first record of its server. */
static bool opens(const struct ht_key_log *log, struct ht_bytes random,
                  const struct tls_protection *protection, const struct tls_record *record,
                  struct ht_opener *opener, struct ht_arena *room)
{
    static const struct tls_position first;
    struct ht_bytes secret = ht_key_log_find(log, HT_KEY_SERVER_HANDSHAKE, random);
    struct tls_write_keys keys;
    struct tls_record inner;
    ht_arena_rewind(room);
    return secret.len == ht_digest_len(protection->hash) &&
           tls_keys_of_traffic_secret(&keys, protection, secret) &&
           tls_record_open(opener, protection, &keys, &first, record, room, &inner);
}

/* The random of the session whose record this is; empty: none that is looked at is. */
static struct ht_bytes search(const struct ht_key_log *log, const struct ht_emitter *e,
                              const struct tls_protection *protection,
                              const struct tls_record *record)
{
    struct ht_arena room   = {0};
    struct ht_bytes random = ht_key_log_latest(log, 0);
    size_t i               = 0;
    while (random.len > 0 && !opens(log, random, protection, record, e->keyring->opener, &room)) {
        random = ht_key_log_latest(log, ++i);
    }
    ht_arena_clear(&room);
    return random;
}

void tls_inner_hello_search(struct tls_state *state, struct ht_emitter *e, enum ht_side server,
                            const struct tls_record *record)
{
    struct tls_keys *keys = state->keys;
    struct tls_protection protection;
    const struct tls_server_hello *hello =
        ht_read(e, &tls_server_hello_struct, state->last_server_hello);
    keys->search   = false;
    keys->searched = true;
    if (hello == NULL ||
        !tls_protection_of(&protection, state->version, hello->cipher_suite, false)) {
        return;
    }
    struct ht_bytes random = search(e->keyring->file, e, &protection, record);
    if (random.len == 0) {
        random = search(e->keyring->capture, e, &protection, record);
    }
    random = ht_arena_copy(e->arena, random);
    if (random.len > 0 && tls_keys_look(keys, e->keyring, random)) {
        keys->use.found_by           = "trial";
        keys->side[ht_other(server)] = (struct tls_keyed_side){0}; /* begins again, with keys */
        tls_handshake_missed(state, state->client);
        judge(state, accepted, "keys");
    }
}

static void mark(const struct tls_keys *keys, const struct tls_client_hello *inner,
                 const struct tls_client_hello *hello)
{
    if (hello == NULL || !may_hide(hello)) {
        return;
    }
    struct tls_encrypted_client_hello *ech = hello->encrypted_client_hello;
    ech->outcome                           = keys->ech_outcome;
    ech->judged_by                         = keys->ech_judged_by;
    ech->server_name_is_cover =
        hello->server_name.len > 0 &&
        (inner != NULL ? !ht_bytes_equal(inner->server_name, hello->server_name)
                       : keys->ech_outcome == accepted);
    if (inner != NULL) {
        ech->verdict     = "decrypted";
        ech->public_name = keys->inner->public_name;
    }
}

void tls_inner_hello_end(struct tls_state *state, const struct ht_emitter *e)
{
    struct tls_keys *keys       = state->keys;
    struct tls_details *details = &state->details;
    if (keys->by_inner && keys->use.records > 0) {
        keys->use.found_by = "client_hello_inner";
        if (keys->ech_outcome == NULL) {
            judge(state, accepted, "keys");
        }
    }
    const struct tls_client_hello *inner =
        keys->inner != NULL ? ht_recall(e, &tls_client_hello_struct, keys->inner->kept) : NULL;
    mark(keys, inner, details->client_hello);
    mark(keys, inner, details->client_hello_2);
    details->client_hello_inner = inner;
    if (inner != NULL && keys->ech_outcome == accepted) {
        state->server_name = inner->server_name;
    }
}
