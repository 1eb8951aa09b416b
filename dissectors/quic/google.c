#include "quic/google.h"

#include "quic/versions.h"

enum { HASH = 12, MAX_TAGS = 64, TAG = 4 };

/* Its messages are little-endian. */
static uint32_t le(struct ht_reader *r, size_t width)
{
    struct ht_bytes b = rd_take(r, width);
    uint32_t value    = 0;
    for (size_t i = b.len; i-- > 0;) {
        value = value << 8 | b.ptr[i];
    }
    return value;
}

/* The public header, up to Q043: flags, connection id, version, packet number. */
static void public_header(struct ht_reader *r, uint8_t flags, struct quic_google_packet *out)
{
    enum { VERSION = 1, NONCE = 4, CONNECTION_ID = 8 };
    static const uint8_t number_lens[] = {1, 2, 4, 6};
    out->connection_id                 = rd_take(r, (flags & CONNECTION_ID) != 0 ? 8 : 0);
    out->version                       = (flags & VERSION) != 0 ? rd_u32(r) : 0;
    bool nonce = out->version == 0 && (flags & NONCE) != 0 && (flags & CONNECTION_ID) == 0;
    rd_skip(r, nonce ? 32 : 0);
    rd_skip(r, number_lens[flags >> 4 & 3]);
}

/* From Q044 to Q049: version, lengths of both connection ids in a byte, these, packet number. */
static void long_header(struct ht_reader *r, uint8_t flags, struct quic_google_packet *out)
{
    out->version       = rd_u32(r);
    uint8_t lens       = rd_u8(r);
    size_t destination = lens >> 4 != 0 ? (size_t)(lens >> 4) + 3 : 0;
    size_t source      = (lens & 15) != 0 ? (size_t)(lens & 15) + 3 : 0;
    struct ht_bytes to = rd_take(r, destination), from = rd_take(r, source);
    out->connection_id = destination > 0 ? to : from;
    rd_skip(r, (flags & 3U) + 1);
}

/* A STREAM frame, 1fdoooss: FIN, data length, lengths of offset and of stream id. */
static struct ht_bytes crypto_stream(struct ht_reader *r, bool little_endian)
{
    enum { STREAM = 0x80, DATA_LENGTH = 0x20, CRYPTO_STREAM = 1, PADDING = 0 };
    uint8_t type = PADDING;
    while (rd_more(r) && type == PADDING) {
        type = rd_u8(r);
    }
    size_t offset_len      = (type >> 2 & 7) != 0 ? (size_t)(type >> 2 & 7) + 1 : 0;
    uint32_t stream        = le(r, (type & 3U) + 1);
    struct ht_bytes offset = rd_take(r, offset_len);
    bool crypto            = (type & STREAM) != 0 && stream == CRYPTO_STREAM;
    for (size_t i = 0; i < offset.len; i++) {
        crypto &= offset.ptr[i] == 0;
    }
    size_t len = rd_left(r);
    if ((type & DATA_LENGTH) != 0) {
        len = little_endian ? le(r, 2) : rd_u16(r);
    }
    struct ht_bytes data = rd_take(r, len);
    return crypto ? data : ht_bytes(NULL, 0);
}

bool quic_google_packet_parse(struct ht_bytes datagram, uint32_t version,
                              struct quic_google_packet *out)
{
    enum { LONG = 0x80, BIG_ENDIAN_SINCE = 0x51303339 /* Q039 */ };
    struct ht_reader r = ht_reader(datagram);
    uint8_t flags      = rd_u8(&r);
    *out               = (struct quic_google_packet){0};
    if ((flags & LONG) != 0) {
        long_header(&r, flags, out);
    } else {
        public_header(&r, flags, out);
    }
    rd_skip(&r, HASH);
    if (r.bad || (out->version != 0 && !quic_is_google(out->version))) {
        return false;
    }
    version     = out->version != 0 ? out->version : version;
    out->crypto = crypto_stream(&r, version < BIG_ENDIAN_SINCE);
    return true;
}

bool quic_google_begins(struct ht_bytes datagram)
{
    enum { SURE = 9, LEAST = 14, LONG = 0xC0 };
    if (datagram.len < LEAST) {
        return false;
    }
    uint8_t flags = datagram.ptr[0];
    return ((flags & LONG) == 0 && (flags & SURE) == SURE &&
            quic_is_google(ht_be32_at(datagram, 9))) ||
           ((flags & LONG) == LONG && quic_is_google(ht_be32_at(datagram, 1)));
}

/* A tag's characters, without what fills it up. */
static struct ht_bytes tag(struct ht_reader *r)
{
    struct ht_bytes name = rd_take(r, TAG);
    while (name.len > 0 && name.ptr[name.len - 1] == '\0') {
        name.len--;
    }
    return name;
}

static void keep(struct quic_google_message *out, struct ht_bytes name, struct ht_bytes value)
{
    if (ht_bytes_equal(name, ht_text("SNI"))) {
        out->server_name = value;
    } else if (ht_bytes_equal(name, ht_text("UAID"))) {
        out->user_agent = value;
    } else if (ht_bytes_equal(name, ht_text("VER")) && value.len == TAG) {
        out->version = value;
    }
}

/* Tag, number of values, padding; for each value its tag and where it ends; the values. */
bool quic_google_message_parse(struct ht_bytes bytes, struct ht_arena *scratch,
                               struct quic_google_message *out)
{
    struct ht_reader r = ht_reader(bytes);
    *out               = (struct quic_google_message){.message = tag(&r)};
    size_t num         = le(&r, 2);
    rd_skip(&r, 2);
    struct ht_reader index = ht_reader(rd_take(&r, num * 2 * TAG));
    struct ht_bytes *tags  = ht_arena_alloc(scratch, MAX_TAGS * sizeof *tags);
    size_t start           = 0;
    if (tags == NULL) {
        return false;
    }
    while (rd_more(&index) && !r.bad && out->tags.len < MAX_TAGS) {
        struct ht_bytes name = tag(&index);
        uint32_t end         = le(&index, TAG);
        if (end < start) {
            rd_fail(&r);
            break;
        }
        tags[out->tags.len++] = name;
        out->tags.items       = tags;
        keep(out, name, rd_take(&r, end - start));
        start = end;
    }
    return !r.bad && out->tags.len > 0;
}
