/*
 * What the files that tell handshake messages share: handshake.c (all versions), handshake13.c
 * (what TLS 1.3 encrypts).
 */
#ifndef HT_TLS_HANDSHAKE_H
#define HT_TLS_HANDSHAKE_H

#include "tls/state.h"

/* One message and what it is judged with. */
struct tls_telling {
    struct tls_state *state;
    struct ht_emitter *e;
    enum ht_side from;
    struct ht_bytes body;
    uint16_t record_version;
    unsigned flags; /* HT_EVENT_PARTIAL, HT_EVENT_DECRYPTED */
};

/* tls_flags_of are the flags of an event whose parser said `ok`; a message that is whole but
 * contradicts itself is malformed, one that was cut is partial. */
unsigned tls_flags_of(const struct tls_telling *m, bool ok);

/* tls_tell13 tells a message in the form that it has in TLS 1.3 alone; false: it has none of its
 * own. */
bool tls_tell13(struct tls_telling *m, uint8_t type);

/* tls_signed13 is what is signed under all that was `said` before (RFC 8446 section 4.4.3), in
 * scratch; empty where nothing is known of that. */
struct ht_bytes tls_signed13(const struct tls_telling *m, struct ht_bytes said);

/* tls_note_raw_keys notes which sides show a public key in place of certificates, as the server
 * says. */
void tls_note_raw_keys(struct tls_state *state, const struct tls_server_choices *choices);

/* tls_remember keeps a message, with its header, that may be signed later or that Finished is
 * about. Of a session whose keys are not known nothing is signed in clear but by a client that was
 * asked for it. */
void tls_remember(const struct tls_telling *m, uint8_t type, struct ht_bytes message);

/* tls_remembers: there may be something to remember a message for. */
static inline bool tls_remembers(const struct tls_telling *m)
{
    return m->e->verify || m->state->proof != NULL || m->state->keys != NULL;
}

/* tls_take_signer keeps the leaf that `from` shows, where signatures are checked; `sha256`: of each
 * of the chain. */
void tls_take_signer(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                     const struct tls_certificate *certificate, const struct ht_texts *sha256);

/* tls_add_signer adds whose key a signature of the message's sender is to be by; of a connection's
 * first four signatures, for checking one takes long. */
void tls_add_signer(const struct tls_telling *m, struct tls_material *material);

/* tls_add_signed adds what the sender of a CertificateVerify signs, and whose key it is by; nothing
 * where signatures are not checked, or not all was seen. */
void tls_add_signed(const struct tls_telling *m, struct tls_material *material);

/* tls_take_ticket tells of a ticket, and to an audit of the hellos of its session. */
void tls_take_ticket(const struct tls_telling *m, bool ok, struct tls_new_session_ticket *ticket);

/* tls_tell_staple tells of a stapled OCSP response: a CertificateStatus, in whatever carries it. */
void tls_tell_staple(struct tls_telling *m, struct ht_bytes body);

#endif
