/*
 * Handshake packets, and the first of 1-RTT, where the keys of a key log open them (RFC 9001
 * section 5.1).
 */
#include "crypto/key_log.h"
#include "quic/state.h"
#include "quic/told.h"
#include "tls/decrypt.h"

/* Makes the keys of a side's packets of one kind, in `*sealed`; both hellos are known by then, or
 * the keys are not. */
static struct quic_sealed *sealed_of(struct quic_state *state, struct ht_emitter *e,
                                     enum ht_side from, bool data, struct quic_sealed **sealed)
{
    struct tls_protection protection;
    const struct quic_version *version = quic_version_find(state->version);
    if (*sealed != NULL || !tls_keys_found(&state->tls) || version == NULL ||
        version->protection == NULL) {
        return *sealed;
    }
    struct ht_bytes secret = tls_keys_secret(&state->tls, e, from, data, &protection);
    *sealed                = secret.len > 0 ? ht_arena_alloc(e->arena, sizeof **sealed) : NULL;
    if (*sealed != NULL) {
        struct quic_keys *keys = &(*sealed)->keys;
        *keys = (struct quic_keys){.cipher = protection.cipher, .opener = e->keyring->opener};
        (*sealed)->usable = quic_secret_keys(keys, version->protection->v2, protection.hash,
                                             protection.key_len, secret);
    }
    return *sealed;
}

/* Its CRYPTO frames begin at offset 0 again (RFC 9000 section 19.6). */
static void change_level(struct quic_state *state, struct ht_emitter *e, enum ht_side from)
{
    struct quic_side *side = &state->side[from];
    if (!side->sealed->opened) {
        side->sealed->opened = true;
        side->crypto         = (struct quic_crypto_stream){0};
        ht_buffer_free(ht_hold(e, from));
    }
}

void quic_take_handshake(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                         const struct quic_packet *packet)
{
    struct quic_sealed *sealed = sealed_of(state, e, from, false, &state->side[from].sealed);
    if (sealed == NULL || !sealed->usable) {
        return;
    }
    struct ht_bytes frames = quic_open(&sealed->keys, packet, &sealed->next_number, e->scratch);
    if (frames.len > 0 || !sealed->opened) {
        tls_keys_opened(&state->tls, frames.len > 0);
    }
    if (frames.len > 0) {
        change_level(state, e, from);
        quic_tell_frames(state, e, from, packet, frames);
    }
}

void quic_take_data(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct quic_packet *packet)
{
    struct quic_side *side     = &state->side[from];
    struct quic_sealed *sealed = side->packets.one_rtt <= QUIC_MAX_DATA
                                     ? sealed_of(state, e, from, true, &side->data)
                                     : NULL;
    struct quic_packet known   = *packet;
    struct quic_frame frame;
    if (sealed == NULL || !sealed->usable) {
        return;
    }
    known.header_len = (size_t)1 + state->side[ht_other(from)].id.len;
    struct ht_reader r =
        ht_reader(quic_open(&sealed->keys, &known, &sealed->next_number, e->scratch));
    while (rd_more(&r) && quic_frame_next(&r, &frame)) {
        if (frame.type == QUIC_FRAME_NEW_CONNECTION_ID) {
            quic_tell_id(state, e, from, frame.data);
        }
    }
}
