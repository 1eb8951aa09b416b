/*
 * Handshake packets, where the keys of a key log open them (RFC 9001 section 5.1).
 */
#include "crypto/key_log.h"
#include "quic/state.h"
#include "quic/told.h"
#include "tls/decrypt.h"

/* Both hellos are known by then, or the keys are not. */
static struct quic_sealed *sealed_of(struct quic_state *state, struct ht_emitter *e,
                                     enum ht_side from, const struct quic_packet *packet)
{
    struct quic_side *side = &state->side[from];
    struct tls_protection protection;
    if (side->sealed != NULL || state->tls.keys == NULL) {
        return side->sealed;
    }
    struct ht_bytes secret                   = tls_keys_secret(&state->tls, e, from, &protection);
    const struct quic_protection *of_version = packet->known->protection;
    if (secret.len == 0 || of_version == NULL) {
        return NULL;
    }
    side->sealed = ht_arena_alloc(e->arena, sizeof *side->sealed);
    if (side->sealed != NULL) {
        struct quic_keys *keys = &side->sealed->keys;
        *keys = (struct quic_keys){.cipher = protection.cipher, .opener = e->keyring->opener};
        side->sealed->usable =
            quic_secret_keys(keys, of_version->v2, protection.hash, protection.key_len, secret);
    }
    return side->sealed;
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
    struct quic_sealed *sealed = sealed_of(state, e, from, packet);
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
