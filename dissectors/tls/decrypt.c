#include "tls/decrypt.h"

#include "tls/finished.h"
#include "tls/inner_hello.h"
#include "tls/transcript.h"

enum {
    SMALL_RECORD    = 512,  /* after the handshake larger ones are neither alerts nor KeyUpdates */
    TICKET_RECORD   = 4096, /* but among the first there may be tickets up to this size */
    FIRST_RECORDS   = 8,
    MAX_EARLY_TRIES = 256 /* records of the client that may be early data */
};

static const char decrypted[] = "decrypted", missing[] = "missing", failed[] = "failed",
                  incomplete[] = "incomplete", not_encrypted[] = "not_encrypted";

static bool has_secrets(const struct ht_key_log *log, struct ht_bytes random)
{
    return ht_key_log_find(log, HT_KEY_MASTER, random).len > 0 ||
           ht_key_log_find(log, HT_KEY_CLIENT_HANDSHAKE, random).len > 0 ||
           ht_key_log_find(log, HT_KEY_SERVER_HANDSHAKE, random).len > 0;
}

bool tls_keys_look(struct tls_keys *keys, const struct ht_keyring *ring, struct ht_bytes random)
{
    bool in_file        = has_secrets(ring->file, random);
    bool in_capture     = !in_file && has_secrets(ring->capture, random);
    keys->client_random = random;
    keys->log           = in_file ? ring->file : in_capture ? ring->capture : NULL;
    if (keys->log != NULL) {
        keys->use.source = in_file || ring->live ? "file" : "capture";
    }
    return keys->log != NULL;
}

void tls_keys_begin(struct tls_state *state, struct ht_emitter *e)
{
    if (state->keys == NULL) {
        state->keys = ht_arena_alloc(e->arena, sizeof *state->keys);
    }
    if (state->keys != NULL) {
        state->keys->by_inner = state->keys->search = false;
        (void)tls_keys_look(state->keys, e->keyring, tls_client_random(state, e));
    }
}

static struct ht_bytes find(const struct tls_keys *keys, enum ht_key_label label)
{
    return ht_key_log_find(keys->log, label, keys->client_random);
}

/* What was decrypted once stays so, whatever comes later. */
static void say(struct tls_state *state, const char *verdict)
{
    struct tls_key_use *use = &state->keys->use;
    use->verdict            = use->verdict == decrypted ? decrypted : verdict;
    state->details.keys     = use;
}

static void lose(struct tls_state *state, enum ht_side from, const char *why)
{
    say(state, why);
    state->keys->side[from].lost = true;
}

static bool open_record(struct tls_state *state, const struct ht_emitter *e, enum ht_side from,
                        const struct tls_record *record, struct tls_record *out)
{
    const struct tls_keyed_side *side = &state->keys->side[from];
    if (!tls_record_open(e->keyring->opener, &side->protection, &side->keys, &side->position,
                         record, e->scratch, out)) {
        return false;
    }
    state->keys->use.records++;
    say(state, decrypted);
    return true;
}

/* How records are protected by what the hellos agreed on; false where that is not known, or there
 * are no secrets. */
static bool find_protection(struct tls_state *state, const struct ht_emitter *e, enum ht_side from)
{
    struct tls_protection *out = &state->keys->side[from].protection;
    const struct tls_server_hello *hello =
        ht_read(e, &tls_server_hello_struct, state->last_server_hello);
    if (state->keys->log == NULL) {
        say(state, missing);
    }
    bool found =
        state->keys->log != NULL && hello != NULL && state->last_hello != NULL &&
        tls_protection_of(out, state->version, hello->cipher_suite, hello->encrypt_then_mac);
    out->datagrams = state->carrier == TLS_OVER_DTLS;
    return found;
}

/*
 * TLS 1.3
 */

static bool install(struct tls_keyed_side *side, struct ht_bytes secret)
{
    side->position = (struct tls_position){0};
    return secret.len == ht_digest_len(side->protection.hash) &&
           tls_keys_of_traffic_secret(&side->keys, &side->protection, secret);
}

/* Goes on with the keys of `epoch`; without a secret for it the side is lost. */
static void enter(struct tls_keys *keys, struct tls_keyed_side *side, enum tls_epoch epoch,
                  bool client)
{
    enum ht_key_label label = epoch == TLS_EPOCH_DATA
                                  ? (client ? HT_KEY_CLIENT_TRAFFIC : HT_KEY_SERVER_TRAFFIC)
                                  : (client ? HT_KEY_CLIENT_HANDSHAKE : HT_KEY_SERVER_HANDSHAKE);
    struct ht_bytes secret  = find(keys, label);
    side->epoch             = epoch;
    side->lost              = !install(side, secret);
    if (epoch == TLS_EPOCH_DATA && !side->lost) {
        memcpy(side->secret, secret.ptr, secret.len);
    }
}

void tls_keys_update(struct tls_keyed_side *side)
{
    const struct tls_protection *p = &side->protection;
    uint8_t next[HT_KEY_SECRET_MAX];
    size_t len           = ht_digest_len(p->hash);
    struct ht_bytes last = ht_bytes(side->secret, len);
    bool made            = tls_expand_label(p->datagrams, p->hash, next, len, last, "traffic upd");
    side->updates        = false;
    side->lost           = !made || !install(side, ht_bytes(next, len));
    memcpy(side->secret, next, len);
}

static bool offers_early_data(const struct tls_state *state, const struct ht_emitter *e)
{
    const struct tls_client_hello *hello =
        ht_read(e, &tls_client_hello_struct, state->client_hello);
    return hello != NULL && hello->early_data;
}

static bool begin_13(struct tls_state *state, const struct ht_emitter *e, enum ht_side from)
{
    struct tls_keyed_side *side = &state->keys->side[from];
    bool client                 = from == state->client;
    if (!find_protection(state, e, from)) {
        side->lost = true; /* lest all that follows is waited for whole */
        return false;
    }
    enter(state->keys, side, TLS_EPOCH_HANDSHAKE, client);
    if (client && offers_early_data(state, e)) {
        side->epoch = TLS_EPOCH_EARLY;
    }
    return true;
}

/* EndOfEarlyData (RFC 8446 section 4.5), which has the keys of early data; its place among all
 * encrypted records of the client is its number. */
static bool open_end_of_early_data(struct tls_state *state, const struct ht_emitter *e,
                                   enum ht_side from, const struct tls_record *record,
                                   struct tls_record *out)
{
    const struct tls_protection *protection = &state->keys->side[from].protection;
    const struct tls_position position      = {.sequence = state->direction[from].records};
    struct ht_bytes secret                  = find(state->keys, HT_KEY_CLIENT_EARLY);
    struct tls_write_keys keys;
    return record->length <= SMALL_RECORD && secret.len == ht_digest_len(protection->hash) &&
           tls_keys_of_traffic_secret(&keys, protection, secret) &&
           tls_record_open(e->keyring->opener, protection, &keys, &position, record, e->scratch,
                           out) &&
           out->type == TLS_HANDSHAKE;
}

/* Early data end with EndOfEarlyData or, where they were refused, with the first record that has
 * the handshake's keys. */
static bool open_early(struct tls_state *state, const struct ht_emitter *e, enum ht_side from,
                       const struct tls_record *record, struct tls_record *out)
{
    struct tls_keyed_side *side = &state->keys->side[from];
    bool ended                  = open_end_of_early_data(state, e, from, record, out);
    if (!ended && !open_record(state, e, from, record, out)) {
        side->lost = state->direction[from].records >= MAX_EARLY_TRIES;
        return false;
    }
    side->epoch                = TLS_EPOCH_HANDSHAKE;
    side->position.sequence    = ended ? 0 : 1;
    state->keys->early_records = state->direction[from].records;
    state->keys->early_bytes   = state->direction[from].bytes;
    return true;
}

bool tls_keys_may_be_message(const struct tls_keyed_side *side, size_t length)
{
    return length <= SMALL_RECORD ||
           (side->position.sequence < FIRST_RECORDS && length <= TICKET_RECORD);
}

void tls_keys_note_data(struct tls_keyed_side *side, const struct ht_emitter *e)
{
    if (side->first_data.frame == 0) {
        side->first_data = tls_here(e);
    }
}

/* What a record of TLS 1.3 holds; false: data. */
static bool tell_13(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct tls_record *inner)
{
    struct tls_keyed_side *side = &state->keys->side[from];
    if (inner->type == TLS_APPLICATION_DATA) {
        if (side->epoch == TLS_EPOCH_DATA) {
            tls_keys_note_data(side, e);
        }
        return false;
    }
    if (inner->type == TLS_HANDSHAKE) {
        tls_handshake_fragment(state, e, from, inner, false);
    } else if (inner->type == TLS_ALERT) {
        (void)tls_take_record(state, e, from, inner, inner->fragment.len, false);
    }
    if (side->epoch == TLS_EPOCH_HANDSHAKE && state->direction[from].finished) {
        enter(state->keys, side, TLS_EPOCH_DATA, from == state->client);
    } else if (side->updates) {
        tls_keys_update(side);
    }
    return true;
}

/* In the server's first record there may be what says whose session it is. */
static bool may_search(const struct tls_state *state, enum ht_side from)
{
    return state->keys->search && from != state->client && state->version >= TLS_13;
}

static bool take_13(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct tls_record *record, bool partial)
{
    struct tls_keyed_side *side = &state->keys->side[from];
    bool whole                  = !partial && record->fragment.len == record->length;
    struct tls_record inner;
    if (record->type == TLS_APPLICATION_DATA && whole && may_search(state, from)) {
        tls_inner_hello_search(state, e, from, record);
    }
    if (record->type != TLS_APPLICATION_DATA || state->server_hello == NULL ||
        (side->epoch == TLS_EPOCH_NONE && !begin_13(state, e, from)) || side->lost) {
        return false;
    }
    if (side->epoch == TLS_EPOCH_DATA && !tls_keys_may_be_message(side, record->length)) {
        side->position.sequence++;
        tls_keys_note_data(side, e);
        return false;
    }
    if (!whole) {
        lose(state, from, incomplete);
        return false;
    }
    if (side->epoch == TLS_EPOCH_EARLY) {
        return open_early(state, e, from, record, &inner) && tell_13(state, e, from, &inner);
    }
    if (!open_record(state, e, from, record, &inner)) {
        lose(state, from, failed);
        return false;
    }
    side->position.sequence++;
    return tell_13(state, e, from, &inner);
}

/*
 * TLS 1.0 to 1.2
 */

static void enter_12(const struct tls_state *state, const struct ht_emitter *e, enum ht_side from,
                     struct tls_keyed_side *side)
{
    struct ht_bytes master = find(state->keys, HT_KEY_MASTER);
    side->epoch            = TLS_EPOCH_DATA;
    side->position         = (struct tls_position){0};
    side->lost =
        !tls_keys_of_master(&side->keys, &side->protection, master, tls_client_random(state, e),
                            tls_server_random(state, e), from == state->client);
}

static bool begin_12(struct tls_state *state, const struct ht_emitter *e, enum ht_side from)
{
    struct tls_keyed_side *side = &state->keys->side[from];
    if (!find_protection(state, e, from)) {
        side->lost = true;
        return false;
    }
    enter_12(state, e, from, side);
    return true;
}

/* The record is behind us; where the next one's IV is its last block, that is kept. */
static void step(struct tls_keyed_side *side, const struct tls_record *record, bool whole)
{
    enum { MAX_BLOCK = HT_CIPHER_BLOCK_MAX };
    const struct tls_protection *p = &side->protection;
    side->position.sequence++;
    side->position.stream_bytes += record->length;
    if (p->mode != TLS_MODE_CBC_CHAINED) {
        return;
    }
    size_t mac_len = p->encrypt_then_mac ? p->mac_len : 0;
    if (!whole || record->length < mac_len + p->iv_len || p->iv_len > MAX_BLOCK) {
        side->lost = true;
        return;
    }
    memcpy(side->keys.iv, record->fragment.ptr + record->length - mac_len - p->iv_len, p->iv_len);
}

void tls_keys_changed(struct tls_state *state, enum ht_side from)
{
    if (state->keys != NULL && state->version < TLS_13) {
        state->keys->side[from].epoch = TLS_EPOCH_NONE;
        state->keys->side[from].lost  = false;
    }
}

static void tell_12(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct tls_record *clear)
{
    if (clear->type == TLS_HANDSHAKE) {
        tls_handshake_fragment(state, e, from, clear, false);
        return;
    }
    (void)tls_take_record(state, e, from, clear, clear->fragment.len, false);
    if (clear->type == TLS_CHANGE_CIPHER_SPEC) {
        tls_keys_changed(state, from);
    }
}

static bool take_12(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct tls_record *record, bool partial)
{
    struct tls_keyed_side *side = &state->keys->side[from];
    bool whole                  = !partial && record->fragment.len == record->length;
    struct tls_record clear;
    if (!state->direction[from].change_cipher_spec ||
        (side->epoch == TLS_EPOCH_NONE && !begin_12(state, e, from)) || side->lost) {
        return false;
    }
    if (record->type == TLS_APPLICATION_DATA) {
        step(side, record, whole);
        return false;
    }
    if (!whole || !open_record(state, e, from, record, &clear)) {
        lose(state, from, whole ? failed : incomplete);
        return false;
    }
    step(side, record, whole);
    tell_12(state, e, from, &clear);
    return true;
}

bool tls_keys_want(const struct tls_state *state, enum ht_side from,
                   const struct tls_record *record)
{
    const struct tls_keyed_side *side = &state->keys->side[from];
    if (side->lost ||
        (side->epoch == TLS_EPOCH_NONE && state->keys->log == NULL && !may_search(state, from))) {
        return false;
    }
    if (state->version < TLS_13) {
        /* The end of a record is where the next one's IV is; nothing else need be whole. */
        return side->epoch == TLS_EPOCH_DATA
                   ? side->protection.mode == TLS_MODE_CBC_CHAINED
                   : state->version == TLS_10 && state->direction[from].change_cipher_spec;
    }
    return side->epoch != TLS_EPOCH_DATA || tls_keys_may_be_message(side, record->length);
}

bool tls_keys_take(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                   const struct tls_record *record, bool partial)
{
    if (state->version < TLS_10) {
        return false;
    }
    return state->version >= TLS_13 ? take_13(state, e, from, record, partial)
                                    : take_12(state, e, from, record, partial);
}

void tls_keys_gap(struct tls_state *state, enum ht_side from)
{
    if (state->keys != NULL && state->keys->side[from].epoch != TLS_EPOCH_NONE) {
        state->keys->side[from].lost = true;
    }
}

struct ht_bytes tls_keys_secret(struct tls_state *state, const struct ht_emitter *e,
                                enum ht_side from, bool data, struct tls_protection *out)
{
    static const enum ht_key_label labels[2][2] = {
        {HT_KEY_SERVER_HANDSHAKE, HT_KEY_CLIENT_HANDSHAKE},
        {HT_KEY_SERVER_TRAFFIC, HT_KEY_CLIENT_TRAFFIC}};
    if (state->keys == NULL || state->version < TLS_13 || !find_protection(state, e, from)) {
        return ht_bytes(NULL, 0);
    }
    *out                   = state->keys->side[from].protection;
    struct ht_bytes secret = find(state->keys, labels[data][from == state->client]);
    return secret.len == ht_digest_len(out->hash) ? secret : ht_bytes(NULL, 0);
}

void tls_keys_opened(struct tls_state *state, bool opened)
{
    state->keys->use.records += opened;
    say(state, opened ? decrypted : failed);
}

void tls_keys_missing(struct tls_state *state)
{
    say(state, missing);
}

void tls_keys_enter(struct tls_state *state, const struct ht_emitter *e, enum ht_side from,
                    enum tls_epoch epoch, struct tls_keyed_side *out)
{
    bool known = find_protection(state, e, from);
    *out = (struct tls_keyed_side){.lost = true, .protection = state->keys->side[from].protection};
    if (known && state->version >= TLS_13) {
        enter(state->keys, out, epoch, from == state->client);
    } else if (known) {
        enter_12(state, e, from, out);
    }
}

void tls_keys_unopened(struct tls_state *state, enum ht_side from, bool whole)
{
    lose(state, from, whole ? failed : incomplete);
}

/*
 * Finished
 */

static bool compute(const struct tls_state *state, const struct ht_emitter *e, enum ht_side from,
                    struct ht_bytes messages, uint8_t out[HT_DIGEST_MAX], size_t *out_len)
{
    bool client = from == state->client;
    if (state->version >= TLS_13) {
        enum ht_digest digest = state->suite.sha384 ? HT_SHA384 : HT_SHA256;
        *out_len              = ht_digest_len(digest);
        struct ht_bytes secret =
            find(state->keys, client ? HT_KEY_CLIENT_HANDSHAKE : HT_KEY_SERVER_HANDSHAKE);
        return secret.len == *out_len &&
               tls_finished_13(out, digest, state->carrier == TLS_OVER_DTLS, secret, messages);
    }
    const struct tls_server_hello *hello =
        ht_read(e, &tls_server_hello_struct, state->last_server_hello);
    struct ht_bytes master = find(state->keys, HT_KEY_MASTER);
    if (hello == NULL) {
        return false;
    }
    *out_len        = TLS_VERIFY_DATA_LEN;
    enum ht_prf prf = tls_prf_of(state->version, hello->cipher_suite);
    return master.len > 0 && tls_finished_12(out, prf, master, client, messages);
}

/* One that is wrong makes all doubtful. */
static void note_finished(struct tls_state *state, bool same)
{
    static const char one_side[] = "one_side", verified[] = "verified", refuted[] = "refuted";
    struct tls_key_use *use = &state->keys->use;
    const char *next        = use->finished == NULL ? one_side : verified;
    use->finished           = same && use->finished != refuted ? next : refuted;
    use->verdict            = use->verdict == NULL ? not_encrypted : use->verdict;
    state->details.keys     = use;
}

unsigned tls_finished_check(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                            struct ht_bytes verify_data)
{
    uint8_t expected[HT_DIGEST_MAX];
    size_t len = 0;
    if (!tls_keys_found(state) || state->proof == NULL || state->last_server_hello == NULL ||
        state->version < TLS_10 ||
        tls_transcript_has(&state->proof->transcript, from, TLS_FINISHED)) {
        return 0;
    }
    struct ht_bytes messages = tls_said_before(state, e, from);
    if (messages.len == 0 || !compute(state, e, from, messages, expected, &len)) {
        return 0;
    }
    bool same = ht_bytes_equal(verify_data, ht_bytes(expected, len));
    if (!same && tls_hello_missed(state, e)) {
        return 0;
    }
    note_finished(state, same);
    return same ? HT_EVENT_VERIFIED : HT_EVENT_REFUTED;
}
