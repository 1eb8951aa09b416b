/*
 * What a record tells of a session, whatever carries it: ChangeCipherSpec, alerts, application data
 * (RFC 8446 section 5, RFC 5246 section 6).
 */
#include "tls/state.h"

uint16_t tls_comparable(uint16_t version)
{
    enum { DTLS_BAD = 0x0100, DTLS_13 = 0xFEFC, DTLS_12 = 0xFEFD, DTLS_10 = 0xFEFF };
    switch (version) {
    case DTLS_13:
        return TLS_13;
    case DTLS_12:
        return TLS_12;
    case DTLS_10: /* RFC 4347: "a series of deltas from TLS 1.1" */
    case DTLS_BAD:
        return TLS_11;
    default:
        return version;
    }
}

/* Each handshake up to TLS 1.2 has one, so a second one is of a renegotiation. */
static void change_cipher_spec(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                               bool decrypted)
{
    struct tls_direction *d = &state->direction[from];
    bool again              = d->change_cipher_spec && d->finished && state->version < TLS_13;
    if ((!d->change_cipher_spec || again) && d->num_changes < UINT8_MAX) {
        d->num_changes++;
    }
    if (again && state->version != 0) {
        d->finished      = false;
        d->renegotiating = false;
        if (d->num_changes - 1 > state->details.renegotiations) {
            state->details.renegotiations = (uint8_t)(d->num_changes - 1);
        }
    }
    d->change_cipher_spec = true;
    (void)ht_emit(e, &tls_change_cipher_spec_event, from, decrypted ? HT_EVENT_DECRYPTED : 0, NULL);
}

/* For one more behind `n`: most connections have one or two. */
static bool has_room(struct tls_state *state, struct ht_emitter *e, size_t n)
{
    enum { FEW = 2 };
    if (n == 0 || n == FEW) {
        struct tls_alert *alerts =
            ht_arena_alloc(e->arena, (n == 0 ? FEW : TLS_MAX_ALERTS) * sizeof *alerts);
        if (alerts == NULL) {
            return false;
        }
        if (n > 0) {
            memcpy(alerts, state->alerts, n * sizeof *alerts);
        }
        state->alerts = alerts;
    }
    return n < TLS_MAX_ALERTS;
}

bool tls_keep_alert(struct tls_state *state, struct ht_emitter *e, const struct tls_alert *alert)
{
    size_t n  = state->details.alerts.len;
    bool room = has_room(state, e, n);
    if (room) {
        state->alerts[n]             = *alert;
        state->alerts[n].description = ht_arena_copy(e->arena, alert->description);
        state->details.alerts        = (struct ht_objects){.items = state->alerts, .len = n + 1};
    }
    return room;
}

static bool ends_with(struct ht_bytes name, const char *suffix)
{
    size_t len = strlen(suffix);
    return name.len >= len && memcmp(name.ptr + name.len - len, suffix, len) == 0;
}

/* Kinds of key exchange, known by their numbers: those that a suite's note has before a slash, as
 * "ECDHE/RSA", and those that TLS 1.3 has by its group. */
static const char *const exchanges[] = {
    NULL,  "ECDHE_PSK", "ECDHE",   "ECDH_anon",  "ECDH",   "DHE_PSK",
    "DHE", "DH_anon",   "DH",      "RSA_PSK",    "RSA",    "PSK",
    "SRP", "KRB5",      "ECJPAKE", "VKO_GOST12", "ML-KEM", "ECDHE+ML-KEM"};

static uint8_t exchange_of(struct ht_bytes word)
{
    for (size_t i = 1; i < HT_ARRAY_LEN(exchanges); i++) {
        if (ht_bytes_equal(word, ht_text(exchanges[i]))) {
            return (uint8_t)i;
        }
    }
    return 0;
}

/* Empty: it is not known. */
static const char *group_exchange(struct ht_named group)
{
    const struct ht_registry_entry *entry =
        group.set ? ht_registry_find(&tls_groups, group.id) : NULL;
    if (entry == NULL) {
        return "";
    }
    if (strncmp(entry->note, "hybrid", strlen("hybrid")) == 0) {
        return "ECDHE+ML-KEM";
    }
    if (strcmp(entry->note, "pq-kem") == 0) {
        return "ML-KEM";
    }
    return strcmp(entry->note, "ffdhe") == 0 ? "DHE" : "ECDHE";
}

/* As TLS 1.3 has it. */
static const char *share_exchange(const struct tls_server_hello *hello)
{
    const char *name = group_exchange(hello->key_share_group);
    return name[0] == '\0' && hello->pre_shared_key ? "PSK" : name;
}

const char *tls_exchange_name(const struct tls_state *state)
{
    bool other = state->direction[0].server_key_exchange || state->direction[1].server_key_exchange;
    const char *name =
        other && state->version >= TLS_13 ? group_exchange(state->details.group) : "";
    return name[0] != '\0' ? name : exchanges[state->suite.exchange];
}

struct tls_suite_traits tls_suite_traits(const struct tls_server_hello *hello)
{
    const struct ht_registry_entry *entry =
        hello->cipher_suite.set ? ht_registry_find(&tls_cipher_suites, hello->cipher_suite.id)
                                : NULL;
    const char *name = entry != NULL ? entry->name : "", *note = entry != NULL ? entry->note : "";
    struct ht_bytes exchange = tls_comparable(hello->version.id) >= TLS_13
                                   ? ht_text(share_exchange(hello))
                                   : ht_bytes(note, strcspn(note, "/"));
    return (struct tls_suite_traits){.in_clear  = strstr(name, "_NULL_") != NULL,
                                     .short_tag = strstr(name, "CCM_8") != NULL,
                                     .sha384    = ends_with(ht_text(name), "SHA384"),
                                     .exchange  = exchange_of(exchange)};
}

size_t tls_mac_len(const struct tls_state *state)
{
    static const struct {
        const char *suffix;
        size_t len;
    } macs[] = {{"_SHA384", 48}, {"_SHA256", 32}, {"_SHA", 20}, {"_MD5", 16}};
    const struct ht_registry_entry *suite =
        ht_registry_find(&tls_cipher_suites, state->details.cipher_suite.id);
    struct ht_bytes name = ht_text(suite != NULL ? suite->name : "");
    for (size_t i = 0; i < HT_ARRAY_LEN(macs); i++) {
        if (ends_with(name, macs[i].suffix)) {
            return macs[i].len;
        }
    }
    return 0;
}

static const char *role_of(const struct tls_state *state, const struct ht_emitter *e,
                           enum ht_side side)
{
    return side == (state->client_known ? state->client : e->client) ? "client" : "server";
}

struct tls_alert tls_close_notify_inferred(const struct tls_state *state,
                                           const struct ht_emitter *e, enum ht_side from)
{
    return (struct tls_alert){.frame       = e->frame,
                              .from        = role_of(state, e, from),
                              .side        = (uint8_t)from,
                              .level       = "warning",
                              .description = ht_text("close_notify"),
                              .inferred    = true};
}

/* After both Finished an alert that cannot be read is in all likelihood close_notify (RFC 8446
 * section 6.1), unless it answers a FIN, which is known at the end; before that it is a failure,
 * and amid a renegotiation it can be no_renegotiation (RFC 5246 section 7.2.2). */
static void encrypted_alert(struct tls_state *state, struct ht_emitter *e, enum ht_side from)
{
    const struct tls_direction *me   = &state->direction[from];
    const struct tls_direction *peer = &state->direction[ht_other(from)];
    bool renegotiating               = me->renegotiating || peer->renegotiating;
    bool established = me->finished && (peer->finished || peer->records > 0) && !renegotiating;
    struct tls_alert alert = {.frame     = e->frame,
                              .time_ns   = e->time_ns,
                              .from      = role_of(state, e, from),
                              .side      = (uint8_t)from,
                              .untold    = established,
                              .encrypted = true};
    bool kept              = tls_keep_alert(state, e, &alert);
    if (!established || !kept) {
        (void)ht_emit(e, &tls_alert_event, from, HT_EVENT_ENCRYPTED, &alert);
    }
}

static void alert(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                  const struct tls_record *record)
{
    struct tls_alert alert = {0};
    /* Where nothing is encrypted a MAC follows the two bytes. */
    size_t len = tls_hidden(state) == 0 ? 2 : record->fragment.len;
    if (!tls_alert_parse(ht_bytes_head(record->fragment, len), e->scratch, &alert)) {
        encrypted_alert(state, e, from);
        return;
    }
    alert.frame = e->frame;
    alert.from  = role_of(state, e, from);
    alert.side  = (uint8_t)from;
    (void)tls_keep_alert(state, e, &alert);
    bool closes    = alert.code == 0;
    unsigned flags = record->decrypted ? HT_EVENT_DECRYPTED : 0;
    (void)ht_emit(e, closes ? &tls_close_notify_event : &tls_alert_event, from, flags, &alert);
}

/* What the first handshake message of a side after Finished is, up to TLS 1.2: a client begins a
 * renegotiation with ClientHello, to which a server may have asked it by HelloRequest, and which it
 * answers with ServerHello (RFC 5246 section 7.4.1). NULL: it cannot be told. */
static const struct ht_event_type *renegotiation_message(struct tls_state *state, enum ht_side from)
{
    struct tls_direction *d          = &state->direction[from];
    const struct tls_direction *peer = &state->direction[ht_other(from)];
    bool done  = d->finished && peer->finished && state->version != 0 && state->version < TLS_13;
    bool first = state->carrier == TLS_OVER_TCP && state->client_known && done && !d->renegotiating;
    if (!first) {
        return NULL;
    }
    if (from != state->client && !peer->renegotiating) {
        return &tls_hello_request_event;
    }
    d->renegotiating = true;
    return from == state->client ? &tls_client_hello_event : &tls_server_hello_event;
}

/* The first message after ChangeCipherSpec is Finished (RFC 5246 section 7.4.9). */
void tls_encrypted_handshake(struct tls_state *state, struct ht_emitter *e, enum ht_side from)
{
    struct tls_direction *d             = &state->direction[from];
    struct tls_other_handshake other    = {0};
    const struct ht_event_type *guessed = renegotiation_message(state, from);
    if (d->change_cipher_spec && !d->finished) {
        d->finished = true;
        (void)ht_emit(e, &tls_finished_event, from, tls_hidden(state), NULL);
    } else if (guessed != NULL) {
        (void)ht_emit(e, guessed, from, HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED, NULL);
    } else {
        (void)ht_emit(e, &tls_other_handshake_event, from, tls_hidden(state), &other);
    }
}

/* Of those that keep a connection alive for days the first ones say enough. */
static void heartbeat(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                      const struct tls_record *record, size_t len)
{
    enum { MAX_TOLD = 16 };
    struct tls_direction *d        = &state->direction[from];
    struct tls_heartbeat heartbeat = {0};
    bool clear                     = record->decrypted || !d->change_cipher_spec;
    unsigned hidden                = clear ? 0 : tls_hidden(state);
    if (d->heartbeats == MAX_TOLD) {
        return;
    }
    d->heartbeats++;
    if (hidden == 0) {
        (void)tls_heartbeat_parse(record->fragment, &heartbeat);
    }
    heartbeat.bytes = len;
    (void)ht_emit(e, &tls_heartbeat_event, from,
                  hidden | (record->decrypted ? HT_EVENT_DECRYPTED : 0), &heartbeat);
}

bool tls_take_record(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                     const struct tls_record *record, size_t len, bool partial)
{
    switch (record->type) {
    case TLS_APPLICATION_DATA:
        tls_take_data(state, e, from, len);
        return true;
    case TLS_CHANGE_CIPHER_SPEC:
        change_cipher_spec(state, e, from, record->decrypted);
        return true;
    case TLS_ALERT:
        if (!partial) {
            alert(state, e, from, record);
        }
        return true;
    case TLS_HEARTBEAT:
        heartbeat(state, e, from, record, len);
        return true;
    default:
        return false;
    }
}
