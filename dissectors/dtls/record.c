#include "dtls/record.h"

#include "dtls/handshake.h"
#include "tls/messages.h"

/* The unified header, RFC 9147 section 4: 0 0 1 C S L E E. */
enum {
    UNIFIED_MASK     = 0xE0,
    UNIFIED          = 0x20,
    UNIFIED_ID       = 0x10,
    UNIFIED_SEQUENCE = 0x08,
    UNIFIED_LENGTH   = 0x04,
    UNIFIED_EPOCH    = 0x03
};

static bool known_version(uint16_t version)
{
    return version == DTLS_12 || version == DTLS_10 || version == DTLS_BAD;
}

/* The fragment: `length` bytes, or what is left of them where the datagram was cut. */
static bool read_fragment(struct ht_reader *r, bool cut, struct dtls_record *out)
{
    if (out->length > DTLS_MAX_FRAGMENT || (out->length > rd_left(r) && !cut)) {
        rd_fail(r);
        return false;
    }
    out->fragment = rd_take(r, out->length < rd_left(r) ? out->length : rd_left(r));
    return !r->bad;
}

static bool read_rest(struct ht_reader *r, struct dtls_record *out)
{
    out->length = rd_left(r);
    return read_fragment(r, false, out);
}

static bool read_unified(struct ht_reader *r, uint8_t flags, size_t id_length, bool cut,
                         struct dtls_record *out)
{
    out->unified = true;
    out->type    = TLS_APPLICATION_DATA;
    out->epoch   = flags & UNIFIED_EPOCH;
    if ((flags & UNIFIED_ID) != 0) {
        if (id_length == 0) {
            return read_rest(r, out);
        }
        out->connection_id = rd_take(r, id_length);
    }
    out->number_width = (flags & UNIFIED_SEQUENCE) != 0 ? 2 : 1;
    rd_skip(r, out->number_width);
    if ((flags & UNIFIED_LENGTH) == 0) {
        return !r->bad && read_rest(r, out);
    }
    out->length = rd_u16(r);
    return !r->bad && read_fragment(r, cut, out);
}

static bool read_record(struct ht_reader *r, size_t id_length, bool cut, struct dtls_record *out)
{
    *out = (struct dtls_record){.type = rd_u8(r)};
    if (r->bad) {
        return false;
    }
    if ((out->type & UNIFIED_MASK) == UNIFIED) {
        return read_unified(r, out->type, id_length, cut, out);
    }
    out->version  = rd_u16(r);
    out->epoch    = rd_u16(r);
    out->sequence = rd_uint(r, 6);
    out->numbered = true;
    if (out->type < TLS_CHANGE_CIPHER_SPEC || out->type > DTLS_ACK ||
        !known_version(out->version)) {
        rd_fail(r);
        return false;
    }
    if (out->type == DTLS_TLS12_CID) {
        if (id_length == 0) {
            return !r->bad && read_rest(r, out);
        }
        out->connection_id = rd_take(r, id_length);
    }
    out->length = rd_u16(r);
    return !r->bad && read_fragment(r, cut, out);
}

bool dtls_record_read(struct ht_reader *datagram, size_t id_length, bool cut,
                      struct dtls_record *out)
{
    const uint8_t *begin = datagram->cur;
    bool read            = read_record(datagram, id_length, cut, out);
    if (read) {
        out->header = ht_bytes(begin, (size_t)(out->fragment.ptr - begin));
    }
    return read;
}

/* A handshake message's fragment at the head of a record in clear: bounds that can be. */
static bool plausible_handshake(const struct dtls_record *record)
{
    struct dtls_fragment fragment;
    struct ht_reader r = ht_reader(record->fragment);
    return dtls_fragment_read(&r, true, &fragment) &&
           ht_registry_find(&tls_handshake_types, fragment.type) != NULL;
}

bool dtls_begins(struct ht_bytes datagram)
{
    struct dtls_record record;
    if (datagram.len < DTLS_RECORD_HEADER || datagram.ptr[0] < TLS_CHANGE_CIPHER_SPEC ||
        datagram.ptr[0] > DTLS_ACK || !known_version(ht_be16_at(datagram, 1))) {
        return false;
    }
    struct ht_reader r = ht_reader(datagram);
    if (!dtls_record_read(&r, 0, true, &record) || record.fragment.len == 0) {
        return false;
    }
    return record.type == TLS_HANDSHAKE && record.epoch == 0 ? plausible_handshake(&record)
                                                             : record.fragment.len == record.length;
}

/* The DATA attribute of a STUN message. */
static struct ht_bytes stun_data(struct ht_bytes attributes)
{
    enum { DATA = 0x0013 };
    struct ht_reader r = ht_reader(attributes);
    while (rd_more(&r)) {
        uint16_t type         = rd_u16(&r);
        struct ht_bytes value = rd_vec(&r, 2);
        if (type == DATA && !r.bad) {
            return value;
        }
        size_t padding = (4 - value.len % 4) % 4;
        rd_skip(&r, padding < rd_left(&r) ? padding : rd_left(&r));
    }
    return ht_bytes(attributes.ptr, 0);
}

struct ht_bytes dtls_unwrap(struct ht_bytes datagram, const char **out_within)
{
    enum {
        STUN_SEND   = 0x0016,
        STUN_DATA   = 0x0017,
        STUN_HEADER = 20,
        STUN_COOKIE = 0x2112A442,
        CAPWAP_DTLS = 0x01000000 /* version 0, type 1, reserved */
    };
    *out_within = NULL;
    if (datagram.len < 4) {
        return datagram;
    }
    uint32_t head        = ht_be32_at(datagram, 0);
    size_t length        = head & 0xFFFF;
    struct ht_bytes rest = ht_bytes_from(datagram, 4);
    if (head >> 30 == 1 && length <= rest.len) { /* channels 0x4000 to 0x7FFF */
        *out_within = "turn_channel";
        return ht_bytes_head(rest, length);
    }
    if (head == CAPWAP_DTLS) {
        *out_within = "capwap";
        return rest;
    }
    if ((head >> 16 == STUN_SEND || head >> 16 == STUN_DATA) && datagram.len >= STUN_HEADER &&
        ht_be32_at(datagram, 4) == STUN_COOKIE) {
        *out_within = "stun_indication";
        return stun_data(ht_bytes_head(ht_bytes_from(datagram, STUN_HEADER), length));
    }
    return datagram;
}
