#include "openvpn/control.h"

/* --- The TLS stream: bytes in order to records --- */

/* Room grows by doubling, so that all that was left behind is less than what is in use. */
static bool keep(struct openvpn_control *control, struct ht_emitter *e, struct ht_bytes bytes)
{
    enum { FIRST = 512 };
    uint32_t len = control->record_len + (uint32_t)bytes.len;
    if (len > control->record_room) {
        uint32_t room = control->record_room > 0 ? control->record_room : FIRST;
        while (room < len) {
            room *= 2;
        }
        uint8_t *more = ht_arena_alloc(e->arena, room);
        if (more == NULL) {
            return false;
        }
        if (control->record_len > 0) {
            memcpy(more, control->record, control->record_len);
        }
        control->record      = more;
        control->record_room = room;
    }
    memcpy(control->record + control->record_len, bytes.ptr, bytes.len);
    control->record_len   = len;
    control->record_place = tls_here(e);
    return true;
}

/* How long the record at the head of `bytes` is: 0 where that cannot be said yet, SIZE_MAX where
 * there is none. */
static size_t record_size(struct ht_bytes bytes)
{
    struct tls_record record;
    if (bytes.len < TLS_RECORD_HEADER) {
        return 0;
    }
    return tls_record_header(bytes, &record) ? TLS_RECORD_HEADER + (size_t)record.length : SIZE_MAX;
}

/* Completes the record that is held, as far as `bytes` go; returns what is behind it. */
static struct ht_bytes complete(struct openvpn_control *control, struct tls_state *tls,
                                struct ht_emitter *e, enum ht_side from, struct ht_bytes bytes)
{
    size_t size = record_size(ht_bytes(control->record, control->record_len));
    size_t want = (size > 0 ? size : TLS_RECORD_HEADER) - control->record_len;
    if (!keep(control, e, ht_bytes_head(bytes, want))) {
        control->record_len = 0;
        control->searching  = true;
        return bytes;
    }
    struct ht_bytes record = ht_bytes(control->record, control->record_len);
    size                   = record_size(record);
    if (size == SIZE_MAX) {
        control->record_len = 0;
        control->searching  = true;
    } else if (size == record.len) {
        tls_take_wire_record(tls, e, from, record, size, false);
        control->record_len = 0;
    }
    return ht_bytes_from(bytes, want);
}

/* Takes the record at the head of `bytes`, or keeps its beginning; returns what is behind it. */
static struct ht_bytes take_record(struct openvpn_control *control, struct tls_state *tls,
                                   struct ht_emitter *e, enum ht_side from, struct ht_bytes bytes)
{
    size_t size = record_size(bytes);
    if (size == SIZE_MAX) {
        control->searching = true;
        return ht_bytes_from(bytes, 1);
    }
    if (size == 0 || size > bytes.len) {
        control->searching = !keep(control, e, bytes);
        return ht_bytes_from(bytes, bytes.len);
    }
    tls_take_wire_record(tls, e, from, ht_bytes_head(bytes, size), size, false);
    return ht_bytes_from(bytes, size);
}

static void take_bytes(struct openvpn_control *control, struct tls_state *tls, struct ht_emitter *e,
                       enum ht_side from, struct ht_bytes bytes)
{
    while (bytes.len > 0) {
        if (control->searching) {
            bytes              = ht_bytes_from(bytes, tls_record_resync(bytes));
            control->searching = bytes.len == 0;
        } else if (control->record_len > 0) {
            bytes = complete(control, tls, e, from, bytes);
        } else {
            bytes = take_record(control, tls, e, from, bytes);
        }
    }
}

/* Here bytes are missing: what is held is told as it is. */
static void cut_stream(struct openvpn_control *control, struct tls_state *tls, struct ht_emitter *e,
                       enum ht_side from)
{
    struct ht_bytes record = ht_bytes(control->record, control->record_len);
    size_t size            = record_size(record);
    struct tls_place now   = tls_here(e);
    if (size > 0 && size != SIZE_MAX) {
        e->frame   = control->record_place.frame;
        e->time_ns = control->record_place.time_ns;
        tls_take_wire_record(tls, e, from, record, size, true);
        e->frame   = now.frame;
        e->time_ns = now.time_ns;
    }
    tls_handshake_cut(tls, e, from);
    control->record_len = 0;
    control->searching  = true;
}

/* --- Pieces: packets to bytes in order --- */

static struct openvpn_piece *find_waiting(const struct openvpn_control *control,
                                          uint32_t message_id)
{
    for (size_t i = 0; i < control->num_waiting; i++) {
        if (control->waiting[i].message_id == message_id) {
            return &control->waiting[i];
        }
    }
    return NULL;
}

static void drop(struct openvpn_control *control, struct openvpn_piece *piece)
{
    const struct openvpn_piece *last = &control->waiting[--control->num_waiting];
    if (piece != last) {
        *piece = *last;
    }
}

static void tell_ready(struct openvpn_control *control, struct tls_state *tls, struct ht_emitter *e,
                       enum ht_side from)
{
    struct openvpn_piece *piece;
    while ((piece = find_waiting(control, control->next)) != NULL) {
        take_bytes(control, tls, e, from, ht_bytes(piece->bytes, piece->len));
        drop(control, piece);
        control->next++;
    }
}

/* What is missing before `message_id` will not come. */
static void skip_to(struct openvpn_control *control, struct tls_state *tls, struct ht_emitter *e,
                    enum ht_side from, uint32_t message_id)
{
    control->lost += message_id - control->next;
    control->next = message_id;
    control->hole = true;
    cut_stream(control, tls, e, from);
}

/* Gives up the first hole before `until`: goes on with the first piece that waits, or there. */
static void skip_hole(struct openvpn_control *control, struct tls_state *tls, struct ht_emitter *e,
                      enum ht_side from, uint32_t until)
{
    for (size_t i = 0; i < control->num_waiting; i++) {
        uint32_t id = control->waiting[i].message_id;
        until       = id < until ? id : until;
    }
    skip_to(control, tls, e, from, until);
    tell_ready(control, tls, e, from);
}

static bool wait(struct openvpn_control *control, const struct ht_emitter *e,
                 const struct openvpn_message *message)
{
    struct ht_bytes payload = message->payload;
    if (control->waiting == NULL) {
        control->waiting = ht_arena_alloc(e->arena, OPENVPN_WINDOW * sizeof *control->waiting);
    }
    if (control->waiting == NULL || control->num_waiting == OPENVPN_WINDOW ||
        payload.len > OPENVPN_MAX_PIECE) {
        return false;
    }
    struct openvpn_piece *piece = &control->waiting[control->num_waiting++];
    piece->message_id           = message->id;
    piece->len                  = (uint16_t)payload.len;
    piece->place                = tls_here(e);
    if (payload.len > 0) {
        memcpy(piece->bytes, payload.ptr, payload.len);
    }
    return true;
}

/* Its turn is not yet, and what comes before it may still come. */
static bool may_wait(const struct openvpn_control *control, const struct openvpn_message *message)
{
    return message->id > control->next && message->id - control->next < OPENVPN_WINDOW &&
           !message->in_order && !message->cut;
}

bool openvpn_control_take(struct openvpn_control *control, struct tls_state *tls,
                          struct ht_emitter *e, enum ht_side from,
                          const struct openvpn_message *message)
{
    if (message->id < control->next || find_waiting(control, message->id) != NULL) {
        return false;
    }
    if (may_wait(control, message) && wait(control, e, message)) {
        return true;
    }
    while (control->next < message->id) {
        skip_hole(control, tls, e, from, message->id);
    }
    take_bytes(control, tls, e, from, message->payload);
    control->next = message->id + 1;
    if (message->cut) {
        control->hole = true;
        cut_stream(control, tls, e, from);
    }
    tell_ready(control, tls, e, from);
    return true;
}

void openvpn_control_join(struct openvpn_control *control, const struct openvpn_message *message)
{
    enum { FIRST = 1, NEAR = 3 }; /* a datagram with an id up to NEAR may be out of order */
    control->late      = message->id > (message->in_order ? FIRST : NEAR);
    control->searching = control->late;
    control->next      = control->late ? message->id : FIRST;
}

void openvpn_control_end(struct openvpn_control *control, struct tls_state *tls,
                         struct ht_emitter *e, enum ht_side from)
{
    const struct tls_place now = tls_here(e);
    while (control->num_waiting > 0) {
        const struct openvpn_piece *first = &control->waiting[0];
        for (size_t i = 1; i < control->num_waiting; i++) {
            first =
                control->waiting[i].message_id < first->message_id ? &control->waiting[i] : first;
        }
        e->frame   = first->place.frame;
        e->time_ns = first->place.time_ns;
        skip_hole(control, tls, e, from, first->message_id);
    }
    e->frame   = now.frame;
    e->time_ns = now.time_ns;
    if (control->record_len > 0) {
        cut_stream(control, tls, e, from);
    } else {
        tls_handshake_cut(tls, e, from);
    }
}
