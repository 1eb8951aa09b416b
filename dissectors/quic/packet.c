#include "quic/packet.h"

#include "quic/varint.h"

enum { LONG_HEADER = 0x80, MIN_LONG = 7 /* without connection ids */ };

static void length_and_rest(struct ht_reader *r, struct ht_bytes rest, struct quic_packet *out)
{
    uint64_t len    = rd_varint(r);
    out->header_len = rest.len - rd_left(r);
    if (!r->bad && len > rd_left(r)) {
        out->cut   = true;
        out->bytes = rest;
        rd_fail(r);
        return;
    }
    rd_skip(r, (size_t)len);
}

static void retry(struct ht_reader *r, struct quic_packet *out)
{
    size_t tag = QUIC_RETRY_TAG_LEN;
    if (out->known->retry_without_tag) {
        out->original_id = rd_vec(r, 1);
        tag              = 0;
    }
    if (rd_left(r) < tag) {
        rd_fail(r);
        return;
    }
    out->token = rd_take(r, rd_left(r) - tag);
    rd_skip(r, tag);
}

static enum quic_packet_type type_of(const struct quic_packet *p)
{
    static const enum quic_packet_type of_v1[] = {QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE,
                                                  QUIC_RETRY};
    static const enum quic_packet_type of_v2[] = {QUIC_RETRY, QUIC_INITIAL, QUIC_ZERO_RTT,
                                                  QUIC_HANDSHAKE};
    unsigned bits                              = p->first >> 4 & 3;
    bool v2 = p->known->protection != NULL && p->known->protection->v2;
    return v2 ? of_v2[bits] : of_v1[bits];
}

static void by_type(struct ht_reader *r, struct ht_bytes rest, struct quic_packet *out)
{
    out->type = type_of(out);
    if (out->type == QUIC_RETRY) {
        retry(r, out);
        return;
    }
    if (out->type == QUIC_INITIAL) {
        out->token = rd_varint_vec(r);
    }
    length_and_rest(r, rest, out);
}

static struct ht_bytes connection_id(struct ht_reader *r)
{
    struct ht_bytes id = rd_vec(r, 1);
    if (id.len > QUIC_MAX_CONNECTION_ID) {
        rd_fail(r);
    }
    return id;
}

static bool long_header(struct ht_bytes rest, struct quic_packet *out)
{
    struct ht_reader r  = ht_reader(rest);
    out->first          = rd_u8(&r);
    out->version        = rd_u32(&r);
    out->known          = quic_version_find(out->version);
    out->destination_id = connection_id(&r);
    out->source_id      = connection_id(&r);
    if (out->version == QUIC_VERSION_NEGOTIATION_VERSION) {
        out->type     = QUIC_VERSION_NEGOTIATION;
        out->versions = rd_rest(&r);
        if (out->versions.len == 0 || out->versions.len % 4 != 0) {
            rd_fail(&r);
        }
    } else if (out->known == NULL) {
        rd_fail(&r);
    } else if (!r.bad) {
        by_type(&r, rest, out);
    }
    if (!r.bad) {
        out->bytes = ht_bytes_head(rest, rest.len - rd_left(&r));
    }
    return !r.bad;
}

bool quic_packet_parse(struct ht_bytes rest, struct quic_packet *out)
{
    *out = (struct quic_packet){.type = QUIC_ONE_RTT, .bytes = rest};
    if (rest.len == 0) {
        return false;
    }
    if ((rest.ptr[0] & LONG_HEADER) != 0) {
        return long_header(rest, out);
    }
    out->first = rest.ptr[0];
    return true;
}

/* Four zero bytes are no proof of Version Negotiation: one of its versions must be known too. */
static bool offers_known(struct ht_bytes versions)
{
    struct ht_reader r = ht_reader(versions);
    while (rd_more(&r)) {
        const struct quic_version *known = quic_version_find(rd_u32(&r));
        if (known != NULL && known->protection != NULL) {
            return true;
        }
    }
    return false;
}

bool quic_begins(struct ht_bytes datagram)
{
    enum { LEAST_CLIENT_ID = 8 }; /* RFC 9000 section 7.2 */
    struct quic_packet packet;
    if (datagram.len < MIN_LONG || (datagram.ptr[0] & LONG_HEADER) == 0) {
        return false;
    }
    bool whole = quic_packet_parse(datagram, &packet);
    if (packet.type == QUIC_VERSION_NEGOTIATION) {
        return whole && offers_known(packet.versions);
    }
    if (packet.known == NULL || !(whole || packet.cut)) {
        return false;
    }
    bool named = packet.known->protection != NULL; /* 32 bits are right: what else could it be? */
    return named || (whole && packet.type == QUIC_INITIAL && (packet.first & QUIC_FIXED_BIT) != 0 &&
                     packet.destination_id.len >= LEAST_CLIENT_ID);
}
