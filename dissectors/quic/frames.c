#include "quic/frames.h"

#include "quic/varint.h"

static void take_padding(struct ht_reader *r)
{
    while (rd_more(r) && *r->cur == QUIC_FRAME_PADDING) {
        rd_skip(r, 1);
    }
}

static void skip_varints(struct ht_reader *r, size_t num)
{
    while (num-- > 0) {
        (void)rd_varint(r);
    }
}

/* Data whose end may be missing, after their length. */
static void take_data(struct ht_reader *r, uint64_t len, struct quic_frame *out)
{
    if (!r->bad && len > rd_left(r)) {
        out->data = rd_rest(r);
        out->cut  = true;
        rd_fail(r);
        return;
    }
    out->data = rd_take(r, (size_t)len);
}

/* Section 19.3: ranges of two numbers each, then with the last bit three counts of ECN. */
static void ack(struct ht_reader *r, struct quic_frame *out)
{
    skip_varints(r, 2);
    uint64_t ranges = rd_varint(r);
    (void)rd_varint(r);
    while (ranges-- > 0 && !r->bad) {
        skip_varints(r, 2);
    }
    skip_varints(r, out->type != QUIC_FRAME_ACK ? 3 : 0);
}

static void crypto(struct ht_reader *r, struct quic_frame *out)
{
    out->offset  = rd_varint(r);
    uint64_t len = rd_varint(r);
    take_data(r, len, out);
}

static void new_token(struct ht_reader *r, struct quic_frame *out)
{
    out->data = rd_varint_vec(r);
}

/* Section 19.8: the last three bits say whether there is an offset, a length, a FIN. */
static void stream(struct ht_reader *r, struct quic_frame *out)
{
    (void)rd_varint(r);
    out->offset  = (out->type & 4) != 0 ? rd_varint(r) : 0;
    uint64_t len = (out->type & 2) != 0 ? rd_varint(r) : rd_left(r);
    take_data(r, len, out);
}

static void new_connection_id(struct ht_reader *r, struct quic_frame *out)
{
    enum { RESET_TOKEN = 16 };
    skip_varints(r, 2);
    out->data = rd_vec(r, 1);
    rd_skip(r, RESET_TOKEN);
}

static void close(struct ht_reader *r, struct quic_frame *out)
{
    out->error_code = rd_varint(r);
    out->frame_type = out->type == QUIC_FRAME_CLOSE ? rd_varint(r) : 0;
    out->data       = rd_varint_vec(r);
}

/* RFC 9221 section 4: the last bit says whether there is a length. */
static void datagram(struct ht_reader *r, struct quic_frame *out)
{
    uint64_t len = (out->type & 1) != 0 ? rd_varint(r) : rd_left(r);
    take_data(r, len, out);
}

/* All others are a few integers, or eight bytes. Those of extensions: RESET_STREAM_AT of
 * draft-ietf-quic-reliable-stream-reset; ACK_FREQUENCY and IMMEDIATE_ACK of
 * draft-ietf-quic-ack-frequency, the latter with its number up to draft 05 too. */
static void numbers(struct ht_reader *r, struct quic_frame *out)
{
    static const struct {
        uint8_t type, varints, bytes;
    } shapes[] = {
        {QUIC_FRAME_PING, 0, 0},
        {0x04, 3, 0},
        {0x05, 2, 0},
        {0x10, 1, 0},
        {0x11, 2, 0},
        {0x12, 1, 0},
        {0x13, 1, 0},
        {0x14, 1, 0},
        {0x15, 2, 0},
        {0x16, 1, 0},
        {0x17, 1, 0},
        {0x19, 1, 0},
        {0x1A, 0, 8},
        {0x1B, 0, 8},
        {0x1E, 0, 0},
        {QUIC_FRAME_IMMEDIATE_ACK, 0, 0},
        {0x24, 4, 0},
        {0xAC, 0, 0},
        {QUIC_FRAME_ACK_FREQUENCY, 4, 0},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(shapes); i++) {
        if (shapes[i].type == out->type) {
            skip_varints(r, shapes[i].varints);
            rd_skip(r, shapes[i].bytes);
            return;
        }
    }
    rd_fail(r);
}

bool quic_frame_next(struct ht_reader *r, struct quic_frame *out)
{
    static const struct {
        uint8_t first, last;
        void (*read)(struct ht_reader *r, struct quic_frame *out);
    } readers[] = {
        {QUIC_FRAME_ACK, QUIC_FRAME_ACK + 1, ack},
        {QUIC_FRAME_CRYPTO, QUIC_FRAME_CRYPTO, crypto},
        {QUIC_FRAME_NEW_TOKEN, QUIC_FRAME_NEW_TOKEN, new_token},
        {QUIC_FRAME_STREAM, QUIC_FRAME_STREAM + 7, stream},
        {QUIC_FRAME_NEW_CONNECTION_ID, QUIC_FRAME_NEW_CONNECTION_ID, new_connection_id},
        {QUIC_FRAME_CLOSE, QUIC_FRAME_CLOSE_APPLICATION, close},
        {QUIC_FRAME_DATAGRAM, QUIC_FRAME_DATAGRAM + 1, datagram},
    };
    *out      = (struct quic_frame){0};
    out->type = rd_varint(r);
    if (!r->bad && out->type == QUIC_FRAME_PADDING) {
        take_padding(r);
        return true;
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(readers); i++) {
        if (out->type >= readers[i].first && out->type <= readers[i].last) {
            readers[i].read(r, out);
            return !r->bad;
        }
    }
    numbers(r, out);
    return !r->bad;
}

/* gQUIC: 01ntllmm, n: several blocks; ll, mm: how many bytes the largest number and the lengths of
 * blocks have. */
static void google_ack(struct ht_reader *r, uint8_t type)
{
    static const uint8_t widths[] = {1, 2, 4, 6};
    enum { DELAY = 2, GAP = 1, FIRST_TIME = 1 + 4, FURTHER_TIME = 1 + 2 };
    size_t block = widths[type & 3];
    rd_skip(r, widths[type >> 2 & 3] + (size_t)DELAY);
    size_t blocks = (type & 0x20) != 0 ? rd_u8(r) : 0;
    rd_skip(r, block + blocks * (GAP + block));
    size_t times = rd_u8(r);
    rd_skip(r, times > 0 ? FIRST_TIME + (times - 1) * FURTHER_TIME : 0);
}

bool quic_frame_permitted(const struct quic_frame *frame)
{
    return frame->type <= QUIC_FRAME_ACK + 1 || frame->type == QUIC_FRAME_CRYPTO ||
           frame->type == QUIC_FRAME_CLOSE;
}

bool quic_google_frame_next(struct ht_reader *r, struct quic_frame *out)
{
    enum { CLOSE = 2, PING = 7, CRYPTO = 8, ACK = 0x40, STREAM = 0x80 };
    *out         = (struct quic_frame){0};
    uint8_t type = rd_u8(r);
    if (r->bad) {
        return false;
    }
    if (type >= ACK && type < STREAM) {
        out->type = QUIC_FRAME_ACK;
        google_ack(r, type);
        return !r->bad;
    }
    switch (type) {
    case QUIC_FRAME_PADDING:
        take_padding(r);
        break;
    case PING:
        out->type = QUIC_FRAME_PING;
        break;
    case CRYPTO:
        out->type = QUIC_FRAME_CRYPTO;
        crypto(r, out);
        break;
    case CLOSE:
        out->type       = QUIC_FRAME_CLOSE;
        out->error_code = rd_u32(r);
        out->data       = rd_vec(r, 2);
        break;
    default:
        rd_fail(r);
    }
    return !r->bad;
}
