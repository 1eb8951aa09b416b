/*
 * Handshakes read with the keys of a key log (RFC 9850): records are decrypted, their messages told
 * as any others, Finished is computed again (RFC 8446 section 4.4.4, RFC 5246 section 7.4.9). The
 * content of application data is not kept, and mostly not even decrypted.
 */
#ifndef HT_TLS_DECRYPT_H
#define HT_TLS_DECRYPT_H

#include "crypto/key_log.h"
#include "tls/keys.h"
#include "tls/state.h"

enum tls_epoch {
    TLS_EPOCH_NONE,      /* nothing encrypted was seen yet, or the keys are about to change */
    TLS_EPOCH_EARLY,     /* of the client, that may send early data */
    TLS_EPOCH_HANDSHAKE, /* TLS 1.3, up to Finished */
    TLS_EPOCH_DATA       /* after it; up to TLS 1.2 from ChangeCipherSpec on */
};

/* What one side writes with now. */
struct tls_keyed_side {
    enum tls_epoch epoch;
    bool lost;    /* its records cannot be decrypted any more */
    bool updates; /* it said KeyUpdate: its next record is written with other keys */
    struct tls_protection protection;
    struct tls_write_keys keys;
    struct tls_position position;
    uint8_t secret[HT_KEY_SECRET_MAX]; /* of TLS 1.3's application data */
    struct tls_place first_data;       /* of application data after the handshake */
};

struct tls_keys {
    struct tls_key_use use;              /* the details' `keys` */
    const struct ht_key_log *log;        /* that has secrets of this handshake; NULL: none has */
    struct ht_bytes client_random;       /* by which it has */
    uint64_t early_records, early_bytes; /* of early data */
    struct tls_keyed_side side[2];
    /* Of Encrypted ClientHello: */
    struct tls_inner_hello *inner; /* NULL: none was opened */
    const char *ech_outcome;       /* accepted, rejected; NULL: not known */
    const char *ech_judged_by;     /* confirmation, keys */
    bool by_inner;                 /* `client_random` is the inner hello's */
    bool search; /* it may be that of one that could not be opened: once it is looked for */
    bool searched;
};

/* tls_keys_begin looks for secrets when a ClientHello was seen; a new handshake over the old one
 * changes keys only at its ChangeCipherSpec. */
void tls_keys_begin(struct tls_state *state, struct ht_emitter *e);

/* tls_keys_look looks for secrets of the session with this random, which is to live as long as the
 * flow; false: there are none. */
bool tls_keys_look(struct tls_keys *keys, const struct ht_keyring *ring, struct ht_bytes random);

/* tls_keys_found: there are secrets of this session. */
static inline bool tls_keys_found(const struct tls_state *state)
{
    return state->keys != NULL && state->keys->log != NULL;
}

/* tls_keys_want: all of this record of application data is wanted, to be decrypted. There are
 * `state->keys`. */
bool tls_keys_want(const struct tls_state *state, enum ht_side from,
                   const struct tls_record *record);

/* tls_keys_changed: `from` said ChangeCipherSpec in clear. */
void tls_keys_changed(struct tls_state *state, enum ht_side from);

/* tls_keys_gap: bytes of `from` are missing, and with them the count of its records. */
void tls_keys_gap(struct tls_state *state, enum ht_side from);

/* tls_keys_take tells what is in an encrypted record. False where it is application data, or cannot
 * be decrypted: it is to be told as without keys. With `partial` not all of it is there. There are
 * `state->keys`. */
bool tls_keys_take(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                   const struct tls_record *record, bool partial);

/* tls_keys_secret is the first traffic secret of a side's handshake or application data (RFC 8446
 * section 7.1), and the protection by the suite that was agreed on; for those who carry TLS 1.3
 * without its records. Empty: not known. */
struct ht_bytes tls_keys_secret(struct tls_state *state, const struct ht_emitter *e,
                                enum ht_side from, bool data, struct tls_protection *out);

/* tls_keys_opened says what came of a packet of a carrier with these keys. */
void tls_keys_opened(struct tls_state *state, bool opened);

/* tls_keys_missing says that the key log has no secrets of this session. */
void tls_keys_missing(struct tls_state *state);

/* tls_keys_enter fills `out` with what `from` writes with from the beginning of an epoch on, by the
 * hellos seen last; `out->lost` where that is not known. For DTLS, whose records each say the epoch
 * that they are of, and tls_keys_unopened, that one could not be decrypted. There are
 * `state->keys`. */
void tls_keys_enter(struct tls_state *state, const struct ht_emitter *e, enum ht_side from,
                    enum tls_epoch epoch, struct tls_keyed_side *out);
void tls_keys_unopened(struct tls_state *state, enum ht_side from, bool whole);

/* tls_keys_update goes on to the next keys of application data (RFC 8446 section 7.2). */
void tls_keys_update(struct tls_keyed_side *side);

/* tls_keys_may_be_message: in TLS 1.3 a record after the handshake may be something else than data,
 * by its length. */
bool tls_keys_may_be_message(const struct tls_keyed_side *side, size_t length);

/* tls_keys_note_data: in the frame at hand there are application data, after the handshake. */
void tls_keys_note_data(struct tls_keyed_side *side, const struct ht_emitter *e);

/* tls_finished_check is HT_EVENT_VERIFIED where `verify_data` is what `from` must say after all
 * that was said before, HT_EVENT_REFUTED where it is not, 0 where that cannot be known. */
unsigned tls_finished_check(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                            struct ht_bytes verify_data);

#endif
