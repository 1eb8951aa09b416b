/*
 * The end of a TLS 1.3 connection whose handshake was decrypted: nothing need be judged from
 * outside; what is missing was not sent, was lost, or could not be decrypted.
 */
#include "tls/decrypt.h"
#include "tls/ending.h"

/* Why a message of `from` is not there: what follows it was seen and could not be decrypted, or it
 * was not seen. */
static const char *reason_of(const struct tls_ending *x, enum ht_side from)
{
    const struct tls_keyed_side *side = &x->state->keys->side[from];
    bool hidden                       = side->lost && x->state->direction[from].records > 0;
    return hidden ? HT_ABSENT_ENCRYPTED : ht_absent_reason(x->end, from);
}

static void absent(const struct tls_ending *x, const struct ht_event_type *type, enum ht_side from,
                   const char *reason)
{
    tls_absent_at(x, type, from, reason, x->state->server_hello_place);
}

static void absent_messages(const struct tls_ending *x)
{
    const struct tls_state *state      = x->state;
    const struct tls_direction *server = &state->direction[x->server];
    const struct tls_direction *client = &state->direction[x->client];
    bool psk                           = state->details.server_hello->pre_shared_key;
    const char *reason                 = reason_of(x, x->server);
    const char *no_chain               = psk ? HT_ABSENT_NOT_SENT : reason;
    bool quic                          = state->carrier == TLS_OVER_QUIC; /* tells of Finished */
    if (state->encrypted_extensions == NULL) {
        absent(x, &tls_encrypted_extensions_event, x->server, reason);
    }
    if (!server->certificate_told) {
        absent(x, &tls_certificate_event, x->server, no_chain);
    }
    if (!server->certificate_verify) {
        absent(x, &tls_certificate_verify_event, x->server, no_chain);
    }
    if (!server->finished && !quic) {
        absent(x, &tls_finished_event, x->server, reason);
    }
    if (state->certificate_request && !client->certificate_told) {
        absent(x, &tls_certificate_event, x->client, reason_of(x, x->client));
    }
    if (!client->finished && !quic) {
        absent(x, &tls_finished_event, x->client, reason_of(x, x->client));
    }
}

static void tell_data(const struct tls_ending *x, enum ht_side from)
{
    const struct tls_keys *keys      = x->state->keys;
    const struct tls_direction *d    = &x->state->direction[from];
    struct tls_application_data data = {.records = d->records, .bytes = d->bytes};
    if (from == x->client && keys->early_records > 0) {
        struct tls_application_data early = {keys->early_records, keys->early_bytes};
        tls_emit_at(x, &tls_application_data_event, from, HT_EVENT_ENCRYPTED, &early,
                    tls_first_data(d));
        data.records -= early.records;
        data.bytes -= early.bytes;
    }
    if (data.records > 0) {
        struct tls_place first = keys->side[from].first_data;
        tls_emit_at(x, &tls_application_data_event, from, HT_EVENT_ENCRYPTED, &data,
                    first.frame != 0 ? first : tls_first_data(d));
    }
}

void tls13_end_decrypted(const struct tls_ending *x)
{
    struct tls_state *state            = x->state;
    const struct tls_direction *client = &state->direction[x->client];
    const struct tls_direction *server = &state->direction[x->server];
    absent_messages(x);
    if (x->state->carrier != TLS_OVER_QUIC) {
        tell_data(x, x->client);
        tell_data(x, x->server);
    }
    state->details.client_authentication = client->certificate && client->certificate_verify;
    state->details.established           = (client->finished || !x->end->side[x->client].seen) &&
                                 (server->finished || !x->end->side[x->server].seen) &&
                                 (client->finished || server->finished);
    const struct tls_client_hello *hello = state->details.client_hello;
    bool early                           = hello != NULL && hello->early_data;
    state->details.established |= client->finished && !early && tls13_data_was_answered(x, 0);
}
