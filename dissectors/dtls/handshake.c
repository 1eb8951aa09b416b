#include "dtls/handshake.h"

#include "tls/messages.h"

/* Bytes of a waiting message. */
struct dtls_piece {
    uint16_t message_seq;
    uint32_t offset; /* in the message */
    uint32_t len;
    uint32_t at; /* in the buffer */
};

bool dtls_fragment_read(struct ht_reader *record, bool cut, struct dtls_fragment *out)
{
    *out             = (struct dtls_fragment){.type = rd_u8(record)};
    out->length      = rd_u24(record);
    out->message_seq = rd_u16(record);
    out->offset      = rd_u24(record);
    size_t len       = rd_u24(record);
    out->short_of    = cut && len > rd_left(record);
    out->bytes       = rd_take(record, out->short_of ? rd_left(record) : len);
    if (out->offset + len > out->length) {
        rd_fail(record);
    }
    return !record->bad;
}

bool dtls_hello_connection_id(uint8_t type, struct ht_bytes body, struct ht_bytes *out)
{
    enum { CONNECTION_ID = 54, RANDOM = 32 };
    struct ht_reader r = ht_reader(body);
    rd_skip(&r, 2 + RANDOM);
    (void)rd_vec(&r, 1); /* session id */
    if (type == TLS_CLIENT_HELLO) {
        (void)rd_vec(&r, 1); /* cookie */
        (void)rd_vec(&r, 2); /* cipher suites */
        (void)rd_vec(&r, 1); /* compression methods */
    } else {
        rd_skip(&r, 2 + 1);
    }
    struct ht_reader extensions = ht_reader(rd_vec(&r, 2));
    while (rd_more(&extensions)) {
        uint16_t extension       = rd_u16(&extensions);
        struct ht_reader content = ht_reader(rd_vec(&extensions, 2));
        if (extension == CONNECTION_ID) {
            *out = rd_vec(&content, 1);
            return rd_done(&content);
        }
    }
    return false;
}

static bool make_lists(struct dtls_reassembly *r, struct ht_arena *arena)
{
    if (r->waiting == NULL) {
        r->waiting = ht_arena_alloc(arena, DTLS_MAX_WAITING * sizeof *r->waiting);
    }
    if (r->pieces == NULL) {
        r->pieces = ht_arena_alloc(arena, DTLS_MAX_PIECES * sizeof *r->pieces);
    }
    return r->waiting != NULL && r->pieces != NULL;
}

/* The message to which the fragment belongs, made where it is new. */
static struct dtls_waiting *find_waiting(struct dtls_reassembly *r,
                                         const struct dtls_fragment *fragment)
{
    size_t i = 0;
    while (i < r->num_waiting && r->waiting[i].message_seq < fragment->message_seq) {
        i++;
    }
    if (i < r->num_waiting && r->waiting[i].message_seq == fragment->message_seq) {
        return &r->waiting[i];
    }
    if (r->num_waiting == DTLS_MAX_WAITING) {
        return NULL;
    }
    memmove(&r->waiting[i + 1], &r->waiting[i], (r->num_waiting - i) * sizeof *r->waiting);
    r->num_waiting++;
    r->waiting[i] = (struct dtls_waiting){
        .message_seq = fragment->message_seq, .type = fragment->type, .length = fragment->length};
    return &r->waiting[i];
}

static bool before(const struct dtls_piece *piece, uint16_t message_seq, uint32_t offset)
{
    return piece->message_seq < message_seq ||
           (piece->message_seq == message_seq && piece->offset + piece->len <= offset);
}

static bool insert_piece(struct dtls_reassembly *r, size_t i, const struct dtls_fragment *fragment,
                         uint32_t offset, uint32_t len, struct ht_buffer *held)
{
    struct dtls_piece piece = {.message_seq = fragment->message_seq,
                               .offset      = offset,
                               .len         = len,
                               .at          = (uint32_t)held->len};
    struct ht_bytes bytes =
        ht_bytes_head(ht_bytes_from(fragment->bytes, offset - fragment->offset), len);
    if (r->num_pieces == DTLS_MAX_PIECES || !ht_buffer_append(held, bytes)) {
        return false;
    }
    memmove(&r->pieces[i + 1], &r->pieces[i], (r->num_pieces - i) * sizeof *r->pieces);
    r->pieces[i] = piece;
    r->num_pieces++;
    return true;
}

/* Keeps what no piece has yet. */
static bool keep_new(struct dtls_reassembly *r, const struct dtls_fragment *fragment,
                     struct ht_buffer *held, uint32_t *out_new)
{
    uint16_t seq = fragment->message_seq;
    uint32_t at = fragment->offset, end = at + (uint32_t)fragment->bytes.len;
    size_t i = 0;
    while (i < r->num_pieces && before(&r->pieces[i], seq, at)) {
        i++;
    }
    while (at < end) {
        const struct dtls_piece *next =
            i < r->num_pieces && r->pieces[i].message_seq == seq ? &r->pieces[i] : NULL;
        uint32_t until = next != NULL && next->offset < end ? next->offset : end;
        uint32_t over  = next != NULL ? next->offset + next->len : end;
        if (at < until) {
            if (!insert_piece(r, i, fragment, at, until - at, held)) {
                return false;
            }
            *out_new += until - at;
            i++;
        }
        at = over > until ? over : until;
        i++;
    }
    return true;
}

enum dtls_fate dtls_reassembly_take(struct dtls_reassembly *r, const struct dtls_fragment *fragment,
                                    struct ht_buffer *held, struct ht_arena *arena,
                                    struct dtls_waiting **out)
{
    uint32_t fresh               = 0;
    struct dtls_waiting *waiting = make_lists(r, arena) ? find_waiting(r, fragment) : NULL;
    *out                         = waiting;
    if (waiting == NULL) {
        return DTLS_NO_ROOM;
    }
    if (waiting->type != fragment->type || waiting->length != fragment->length) {
        return DTLS_CONFLICTING;
    }
    bool begun = waiting->fragments > 0;
    bool room  = keep_new(r, fragment, held, &fresh);
    waiting->have += fresh;
    if (!room) {
        return DTLS_NO_ROOM;
    }
    waiting->fragments += fresh > 0 || !begun ? 1 : 0;
    return fresh > 0 || !begun ? DTLS_TAKEN : DTLS_REPEATED;
}

const struct dtls_waiting *dtls_reassembly_first(const struct dtls_reassembly *r)
{
    return r->num_waiting > 0 ? &r->waiting[0] : NULL;
}

/* How many pieces belong to the first message. */
static size_t pieces_of_first(const struct dtls_reassembly *r)
{
    size_t n = 0;
    while (n < r->num_pieces && r->pieces[n].message_seq == r->waiting[0].message_seq) {
        n++;
    }
    return n;
}

struct ht_bytes dtls_reassembly_body(const struct dtls_reassembly *r, const struct ht_buffer *held,
                                     struct ht_arena *scratch)
{
    size_t n = pieces_of_first(r), pieces = 0, len = 0;
    while (pieces < n && r->pieces[pieces].offset == len) {
        len += r->pieces[pieces++].len;
    }
    struct ht_bytes view = ht_buffer_view(held);
    if (pieces <= 1) {
        return pieces == 0 ? ht_bytes(NULL, 0)
                           : ht_bytes_head(ht_bytes_from(view, r->pieces[0].at), len);
    }
    uint8_t *body = ht_arena_alloc(scratch, len);
    for (size_t i = 0; i < pieces && body != NULL; i++) {
        memcpy(body + r->pieces[i].offset, view.ptr + r->pieces[i].at, r->pieces[i].len);
    }
    return ht_bytes(body, body != NULL ? len : 0);
}

void dtls_reassembly_drop(struct dtls_reassembly *r, struct ht_buffer *held)
{
    size_t n = pieces_of_first(r);
    r->num_pieces -= (uint16_t)n;
    memmove(r->pieces, r->pieces + n, r->num_pieces * sizeof *r->pieces);
    r->num_waiting--;
    memmove(r->waiting, r->waiting + 1, r->num_waiting * sizeof *r->waiting);
    if (r->num_pieces == 0) {
        ht_buffer_free(held);
    }
}
