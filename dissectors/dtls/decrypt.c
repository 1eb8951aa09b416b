#include "dtls/decrypt.h"

#include "tls/decrypt.h"

enum {
    KEPT            = 4,   /* epochs, as many as the unified header tells apart */
    MAX_HELD        = 8,   /* records */
    MAX_HELD_LENGTH = 2048 /* of one */
};

/* What a side writes with in an epoch. */
struct dtls_keyed {
    uint16_t epoch; /* 0: none */
    bool proven;    /* a record was opened */
    struct tls_keyed_side writes;
};

void dtls_forget_keys(struct dtls_direction *d)
{
    for (size_t i = 0; i < KEPT && d->keyed != NULL; i++) {
        d->keyed[i] = (struct dtls_keyed){0};
    }
}

/* In DTLS 1.3 each epoch after the first one of data comes by a KeyUpdate (RFC 9147 section 6.1).
 */
static void enter(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from,
                  struct dtls_keyed *keyed)
{
    const struct dtls_keyed *last = &state->direction[from].keyed[(keyed->epoch - 1) % KEPT];
    if (state->tls.version < TLS_13 || keyed->epoch == DTLS_EPOCH_DATA) {
        tls_keys_enter(&state->tls, e, from, TLS_EPOCH_DATA, &keyed->writes);
    } else if (keyed->epoch == DTLS_EPOCH_HANDSHAKE) {
        tls_keys_enter(&state->tls, e, from, TLS_EPOCH_HANDSHAKE, &keyed->writes);
    } else if (last->epoch + 1 == keyed->epoch && !last->writes.lost) {
        keyed->writes = last->writes;
        tls_keys_update(&keyed->writes);
    } else {
        keyed->writes.lost = true;
    }
}

/* NULL: there are no keys. */
static struct dtls_keyed *keys_of(struct dtls_state *state, const struct ht_emitter *e,
                                  enum ht_side from, uint16_t epoch)
{
    struct dtls_direction *d = &state->direction[from];
    if (!tls_keys_found(&state->tls)) {
        tls_keys_missing(&state->tls);
        return NULL;
    }
    if (d->keyed == NULL) {
        d->keyed = ht_arena_alloc(e->arena, KEPT * sizeof *d->keyed);
    }
    if (d->keyed == NULL) {
        return NULL;
    }
    struct dtls_keyed *keyed = &d->keyed[epoch % KEPT];
    if (keyed->epoch != epoch) {
        *keyed = (struct dtls_keyed){.epoch = epoch};
        enter(state, e, from, keyed);
    }
    return keyed->writes.lost ? NULL : keyed;
}

/* The number that ends in these bytes and is the nearest to the one expected (RFC 9147 section
 * 4.2.2). */
static uint64_t whole_number(uint64_t expected, uint64_t end, size_t width)
{
    uint64_t span   = UINT64_C(1) << (8 * width);
    uint64_t number = (expected & ~(span - 1)) | end;
    if (number + span / 2 <= expected) {
        return number + span;
    }
    return number > expected + span / 2 && number >= span ? number - span : number;
}

/* Takes off what hides the number (RFC 9147 section 4.2.3). All of the header before that is proven
 * with the content (section 4). */
static bool place_unified(const struct ht_emitter *e, const struct dtls_keyed *keyed,
                          const struct dtls_record *record, uint8_t header[TLS_HEADER_MAX],
                          struct tls_position *out)
{
    const struct tls_keyed_side *writes = &keyed->writes;
    uint8_t mask[HT_MASK_LEN];
    uint64_t end = 0;
    if (record->number_width == 0 || record->fragment.len < HT_MASK_LEN ||
        !ht_open_mask(e->keyring->opener, writes->protection.cipher, mask, writes->keys.number,
                      record->fragment.ptr)) {
        return false;
    }
    memcpy(header, record->header.ptr, record->header.len);
    for (size_t i = 0; i < record->number_width; i++) {
        uint8_t *byte = &header[1 + record->connection_id.len + i];
        *byte ^= mask[i];
        end = end << 8 | *byte;
    }
    *out = (struct tls_position){
        .sequence = whole_number(writes->position.sequence, end, record->number_width),
        .header   = ht_bytes(header, record->header.len)};
    return true;
}

/* With a connection id (RFC 9146 section 5): eight ones in place of a sequence number, tls12_cid,
 * the id's length, all of the header but its length. */
static bool place_identified(const struct dtls_record *record, uint8_t header[TLS_HEADER_MAX],
                             struct tls_position *out)
{
    enum { ONES = 8, LENGTH = 2 };
    size_t len = record->header.len;
    if (record->connection_id.len == 0) {
        return false;
    }
    memset(header, UINT8_MAX, ONES);
    header[ONES]     = DTLS_TLS12_CID;
    header[ONES + 1] = (uint8_t)record->connection_id.len;
    memcpy(header + ONES + 2, record->header.ptr, len - LENGTH);
    out->header = ht_bytes(header, ONES + 2 + len - LENGTH);
    return true;
}

static bool place(const struct ht_emitter *e, const struct dtls_keyed *keyed,
                  const struct dtls_record *record, uint8_t header[TLS_HEADER_MAX],
                  struct tls_position *out)
{
    if (record->unified) {
        return place_unified(e, keyed, record, header, out);
    }
    *out = (struct tls_position){.sequence = (uint64_t)record->epoch << 48 | record->sequence};
    return record->type != DTLS_TLS12_CID || place_identified(record, header, out);
}

/* Whether the record may be something else than application data. */
static bool may_be_message(const struct dtls_state *state, enum ht_side from,
                           const struct dtls_keyed *keyed, const struct dtls_record *record)
{
    if (record->unified || record->type == DTLS_TLS12_CID) {
        bool handshake = record->unified ? keyed->epoch == DTLS_EPOCH_HANDSHAKE
                                         : !state->tls.direction[from].finished;
        return handshake || tls_keys_may_be_message(&keyed->writes, record->length);
    }
    return record->type != TLS_APPLICATION_DATA;
}

static bool open_at(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from,
                    const struct dtls_keyed *keyed, const struct dtls_record *record,
                    const struct tls_position *position, struct dtls_record *out)
{
    const struct tls_record sealed = {.type     = record->type,
                                      .version  = record->version,
                                      .length   = (uint16_t)record->length,
                                      .fragment = record->fragment};
    bool whole                     = record->fragment.len == record->length;
    struct tls_record clear;
    if (!whole || !tls_record_open(e->keyring->opener, &keyed->writes.protection,
                                   &keyed->writes.keys, position, &sealed, e->scratch, &clear)) {
        tls_keys_unopened(&state->tls, from, whole);
        return false;
    }
    tls_keys_opened(&state->tls, true);
    *out           = *record;
    out->type      = clear.type;
    out->fragment  = clear.fragment;
    out->length    = clear.fragment.len;
    out->decrypted = true;
    return true;
}

bool dtls_open(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from,
               uint16_t epoch, struct dtls_record *record, struct dtls_record *out)
{
    uint8_t header[TLS_HEADER_MAX];
    struct tls_position position;
    bool keys = state->tls.version != 0 && (!record->unified || epoch >= DTLS_EPOCH_HANDSHAKE);
    struct dtls_keyed *keyed = keys ? keys_of(state, e, from, epoch) : NULL;
    if (keyed == NULL || !place(e, keyed, record, header, &position)) {
        return false;
    }
    bool wanted = may_be_message(state, from, keyed, record);
    bool opened = wanted && open_at(state, e, from, keyed, record, &position, out);
    keyed->proven |= opened;
    if (record->unified && keyed->proven && opened == wanted) { /* the number is no forged one's */
        uint64_t *next   = &keyed->writes.position.sequence;
        *next            = position.sequence >= *next ? position.sequence + 1 : *next;
        record->sequence = position.sequence;
        record->numbered = true;
    }
    return opened;
}

bool dtls_hold(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from,
               const struct dtls_record *record)
{
    size_t len = record->header.len + record->fragment.len;
    if (state->tls.version != 0 || state->released || !tls_keys_found(&state->tls) ||
        state->num_held == MAX_HELD || len > MAX_HELD_LENGTH) {
        return false;
    }
    if (state->held == NULL) {
        state->held = ht_arena_alloc(e->arena, MAX_HELD * sizeof *state->held);
    }
    struct ht_bytes copy = ht_arena_copy(e->arena, ht_bytes(record->header.ptr, len));
    if (state->held == NULL || copy.len != len) {
        return false;
    }
    struct dtls_held *held = &state->held[state->num_held++];
    *held               = (struct dtls_held){.record = *record, .place = tls_here(e), .from = from};
    held->record.header = ht_bytes_head(copy, record->header.len);
    held->record.fragment      = ht_bytes_from(copy, record->header.len);
    held->record.connection_id = ht_bytes(NULL, 0);
    return true;
}

void dtls_note_data(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from,
                    uint16_t epoch, const struct dtls_record *record)
{
    struct tls_keys *keys = state->tls.keys;
    if (state->tls.version >= TLS_13 && epoch < DTLS_EPOCH_HANDSHAKE) {
        keys->early_records++;
        keys->early_bytes += record->length;
    } else {
        tls_keys_note_data(&keys->side[from], e);
    }
}
