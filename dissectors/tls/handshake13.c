/*
 * Handshake messages in the form that they have in TLS 1.3 alone, once they are decrypted; and what
 * is told of tickets of any version.
 */
#include "tls/decrypt.h"
#include "tls/handshake.h"

/* Whether the server takes early data is said by the extension's being there (RFC 8446 section
 * 4.2.10). */
static const char *early_data_of(const struct tls_server_hello *extensions)
{
    enum { EARLY_DATA = 42 };
    for (size_t i = 0; i < extensions->extensions.len / 2; i++) {
        if (ht_be16(extensions->extensions, i) == EARLY_DATA) {
            return "accepted";
        }
    }
    return "rejected";
}

static void encrypted_extensions(struct tls_telling *m)
{
    struct tls_state *state            = m->state;
    struct tls_server_hello extensions = {0};
    bool ok = tls_encrypted_extensions_parse(m->body, m->e->scratch, &extensions);
    state->encrypted_extensions =
        ht_emit(m->e, &tls_encrypted_extensions_event, m->from, tls_flags_of(m, ok), &extensions);
    tls_note_raw_keys(state, extensions.choices);
    const struct tls_client_hello *hello =
        ht_read(m->e, &tls_client_hello_struct, state->client_hello);
    if (hello != NULL && hello->early_data) {
        state->details.early_data = early_data_of(&extensions);
    }
}

static void certificate_request(struct tls_telling *m)
{
    struct tls_certificate_request request = {0};
    bool ok = tls_certificate_request13_parse(m->body, m->e->scratch, &request);
    m->state->certificate_request = true;
    (void)ht_emit(m->e, &tls_certificate_request_event, m->from, tls_flags_of(m, ok), &request);
}

/* A few bytes may become TLS_MAX_MESSAGE, and one record has room for many messages. */
static bool decompress(struct tls_telling *m, const struct tls_compressed_certificate *compressed,
                       struct ht_bytes *out_body)
{
    struct tls_direction *d = &m->state->direction[m->from];
    if (d->decompressed == TLS_MAX_DECOMPRESSED) {
        return false;
    }
    d->decompressed++;
    return tls_certificate_decompress(compressed, m->e->scratch, out_body);
}

static void compressed_certificate(struct tls_telling *m)
{
    struct tls_compressed_certificate compressed = {0};
    struct tls_certificate certificate           = {0};
    struct ht_bytes body;
    bool ok = tls_compressed_certificate_parse(m->body, &compressed) &&
              decompress(m, &compressed, &body) &&
              tls_certificate_parse(body, true, m->e->scratch, &certificate);
    certificate.compression = compressed.algorithm;
    (void)tls_take_certificate(m->state, m->e, m->from, tls_flags_of(m, ok), &certificate);
    if (certificate.staple.len > 0) {
        tls_tell_staple(m, certificate.staple);
    }
}

void tls_take_ticket(const struct tls_telling *m, bool ok, struct tls_new_session_ticket *ticket)
{
    const struct tls_state *state = m->state;
    if (m->e->audit) {
        ticket->offer  = ht_read(m->e, &tls_client_hello_struct, state->last_hello);
        ticket->answer = ht_read(m->e, &tls_server_hello_struct, state->last_server_hello);
    }
    (void)ht_emit(m->e, &tls_new_session_ticket_event, m->from, tls_flags_of(m, ok), ticket);
}

static void new_session_ticket(struct tls_telling *m)
{
    struct tls_new_session_ticket ticket = {0};
    bool ok = tls_new_session_ticket13_parse(m->body, m->e->scratch, &ticket);
    tls_take_ticket(m, ok, &ticket);
}

/* enum { update_not_requested(0), update_requested(1) } KeyUpdateRequest; */
static void key_update(struct tls_telling *m)
{
    if (m->state->keys != NULL) {
        m->state->keys->side[m->from].updates = true;
    }
    (void)ht_emit(m->e, &tls_key_update_event, m->from, tls_flags_of(m, m->body.len == 1), NULL);
}

static void end_of_early_data(struct tls_telling *m)
{
    (void)ht_emit(m->e, &tls_end_of_early_data_event, m->from, tls_flags_of(m, m->body.len == 0),
                  NULL);
}

static const struct {
    uint8_t type;
    void (*tell)(struct tls_telling *m);
} tellers[] = {
    {TLS_NEW_SESSION_TICKET, new_session_ticket},
    {TLS_END_OF_EARLY_DATA, end_of_early_data},
    {TLS_ENCRYPTED_EXTENSIONS, encrypted_extensions},
    {TLS_CERTIFICATE_REQUEST, certificate_request},
    {TLS_KEY_UPDATE, key_update},
    {TLS_COMPRESSED_CERTIFICATE, compressed_certificate},
};

bool tls_tell13(struct tls_telling *m, uint8_t type)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(tellers); i++) {
        if (tellers[i].type == type) {
            tellers[i].tell(m);
            return true;
        }
    }
    return false;
}

/* 64 spaces, who signs, a zero, and the transcript's hash. */
struct ht_bytes tls_signed13(const struct tls_telling *m, struct ht_bytes said)
{
    enum { SPACES = 64 };
    static const char server[] = "TLS 1.3, server CertificateVerify";
    static const char client[] = "TLS 1.3, client CertificateVerify";
    const char *context        = m->from == m->state->client ? client : server;
    enum ht_digest digest      = m->state->suite.sha384 ? HT_SHA384 : HT_SHA256;
    uint8_t *out = ht_arena_alloc(m->e->scratch, SPACES + sizeof server + HT_DIGEST_MAX);
    if (out == NULL || said.len == 0) {
        return ht_bytes(NULL, 0);
    }
    memset(out, ' ', SPACES);
    memcpy(out + SPACES, context, sizeof server);
    size_t len = ht_digest(NULL, digest, out + SPACES + sizeof server, said);
    return ht_bytes(out, len > 0 ? SPACES + sizeof server + len : 0);
}
