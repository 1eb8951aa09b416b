#include "tls/chain.h"

#include "tls/handshake.h"

struct ht_kept *tls_take_certificate(struct tls_state *state, struct ht_emitter *e,
                                     enum ht_side from, unsigned flags,
                                     struct tls_certificate *certificate)
{
    struct tls_direction *d = &state->direction[from];
    struct ht_kept *kept    = ht_emit(e, &tls_certificate_event, from, flags, certificate);
    const struct tls_certificate *seen =
        e->verify ? ht_read(e, &tls_certificate_struct, kept) : NULL;
    if (kept != NULL && !d->certificate) {
        state->certificate[from == state->client] = kept;
    }
    if (seen != NULL) {
        tls_take_signer(state, e, from, certificate, &seen->sha256);
    }
    d->certificate |= certificate->chain.len > 0;
    d->certificate_told = true;
    return kept;
}

void tls_known_chain(struct ht_pool *pool, struct ht_bytes body, struct tls_certificate *out)
{
    const struct tls_certificate *known =
        pool != NULL ? ht_pool_recognise(pool, &tls_certificate_struct, body) : NULL;
    if (known != NULL) {
        out->sha256  = known->sha256;
        out->subject = known->subject;
        out->issuer  = known->issuer;
        out->shape   = known;
    }
}

void tls_know_chain(struct ht_pool *pool, struct ht_bytes body, const struct tls_certificate *chain,
                    const struct ht_kept *kept)
{
    if (pool != NULL && kept != NULL && chain->shape == NULL && body.len <= TLS_CHAIN_SOURCE) {
        ht_kept_remember(pool, &tls_certificate_struct, kept, ht_pool_hash(pool, body), body);
    }
}
