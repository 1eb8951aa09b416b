/*
 * IEEE 802.11 data frames (section 9.2 and 9.3.2), and what captures put before them
 * (https://www.radiotap.org, https://www.tcpdump.org/linktypes.html).
 */
#include "packet/layers.h"

/* Of the frame control field, its first byte being the upper here. */
enum {
    VERSION_AND_TYPE = 0x0F00,
    DATA             = 0x0800,
    NO_DATA          = 0x4000, /* of the subtype: null frames */
    QOS              = 0x8000, /* of the subtype */
    TO_DS            = 0x0001,
    FROM_DS          = 0x0002,
    PROTECTED        = 0x0040,
    ORDER            = 0x0080 /* with QoS: an HT control field follows */
};

enum { BOTH_ADDRESSES = 12 /* of a subframe */ };

static bool is_data(uint16_t control)
{
    return (control & VERSION_AND_TYPE) == DATA && (control & NO_DATA) == 0;
}

/* A frame whose content was deciphered may still be marked as protected: then LLC stands there
 * instead of an initialization vector. */
static bool is_clear(const struct ht_decoder *d, bool aggregate)
{
    struct ht_reader ahead = d->in;
    rd_skip(&ahead, aggregate ? BOTH_ADDRESSES + 2 : 0);
    return rd_u24(&ahead) == 0xAAAA03;
}

/* Section 9.3.2.2.2: A-MSDU subframes, { destination, source, length, LLC …, padding }. They are
 * frames of their own; but in a tunnel, which is told with the packet, only the first is read. */
static enum ht_decode aggregate_decode(struct ht_decoder *d)
{
    if (d->out->num_layers == 0) {
        decoder_payload(d);
        return HT_DECODE_AGGREGATE;
    }
    rd_skip(&d->in, BOTH_ADDRESSES);
    size_t len = rd_u16(&d->in);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    decoder_bound(d, len);
    return ht_llc_decode(d);
}

/* What is left of the frame may be its check sequence alone. */
bool ht_packet_part(struct ht_packet *aggregate, struct ht_frame *frame)
{
    /* The longest A-MSDU is of 11,454 bytes; the empty ones of which it could be made take 16. */
    enum { ALIGNMENT = 4, MAX_PARTS = 1024 };
    struct ht_reader r = ht_reader(aggregate->payload);
    rd_skip(&r, BOTH_ADDRESSES);
    size_t len    = rd_u16(&r);
    size_t header = aggregate->payload.len - rd_left(&r);
    if (r.bad || frame->part == MAX_PARTS) {
        return false;
    }
    size_t left         = aggregate->payload_len - header;
    len                 = len < left ? len : left;
    frame->data         = ht_bytes_head(rd_rest(&r), len);
    frame->original_len = (uint32_t)len;
    frame->link_type    = HT_LINK_ATM_RFC1483; /* which begins with LLC, too */
    frame->part++;
    size_t next        = (header + len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    aggregate->payload = ht_bytes_from(aggregate->payload, next);
    aggregate->payload_len -= (uint32_t)(next < left + header ? next : left + header);
    return true;
}

/* Reads the header behind the frame control field and says whether the body is an aggregate. */
static bool skip_header(struct ht_decoder *d, uint16_t control)
{
    enum { AGGREGATE = 0x8000, BOTH = TO_DS | FROM_DS };
    bool aggregate = false;
    rd_skip(&d->in, 2 + 3 * 6 + 2); /* duration, three addresses, sequence control */
    if ((control & BOTH) == BOTH) {
        rd_skip(&d->in, 6);
    }
    if ((control & QOS) != 0) {
        aggregate = (rd_u16(&d->in) & AGGREGATE) != 0;
        rd_skip(&d->in, (control & ORDER) != 0 ? 4 : 0);
    }
    return aggregate;
}

/* What follows the frame control field of a frame that begins at `begin`. */
static enum ht_decode frame_decode(struct ht_decoder *d, const uint8_t *begin, uint16_t control,
                                   bool padded)
{
    if (d->in.bad) {
        return decoder_ended(d);
    }
    if (!is_data(control)) {
        return HT_DECODE_NOT_IP;
    }
    bool aggregate = skip_header(d, control);
    if (padded && !d->in.bad) {
        rd_skip(&d->in, -(size_t)(d->in.cur - begin) % 4);
    }
    if (d->in.bad) {
        return decoder_ended(d);
    }
    if ((control & PROTECTED) != 0 && !is_clear(d, aggregate)) {
        return HT_DECODE_ENCRYPTED;
    }
    return aggregate ? aggregate_decode(d) : ht_llc_decode(d);
}

enum ht_decode ht_wifi_decode(struct ht_decoder *d, bool padded)
{
    const uint8_t *begin = d->in.cur;
    return frame_decode(d, begin, rd_u16(&d->in), padded);
}

enum ht_decode ht_wifi_swapped_decode(struct ht_decoder *d)
{
    const uint8_t *begin = d->in.cur;
    uint16_t control     = rd_u16(&d->in);
    uint16_t swapped     = __builtin_bswap16(control);
    bool swap            = !is_data(control) && is_data(swapped);
    return frame_decode(d, begin, swap ? swapped : control, false);
}

/* The flags field stands behind the words that say what is present and, aligned to eight bytes, the
 * time; `fields` begins behind the first such word. */
static bool radiotap_is_padded(struct ht_reader fields, uint32_t present)
{
    enum { TIME = 1, FLAGS = 2, DATA_PADDING = 0x20 };
    size_t at = 8;
    for (uint32_t more = present; (more & 1U << 31) != 0 && !fields.bad; at += 4) {
        more = rd_little32(&fields);
    }
    if ((present & TIME) != 0) {
        rd_skip(&fields, 8 + at % 8);
    }
    return (present & FLAGS) != 0 && (rd_u8(&fields) & DATA_PADDING) != 0;
}

/* Version, pad, length, what is present. */
static enum ht_decode radiotap_decode(struct ht_decoder *d)
{
    enum { HEADER = 8 };
    rd_skip(&d->in, 2);
    size_t len              = rd_little16(&d->in);
    uint32_t present        = rd_little32(&d->in);
    struct ht_reader fields = d->in;
    if (!d->in.bad && len < HEADER) {
        return HT_DECODE_MALFORMED;
    }
    rd_skip(&d->in, len - HEADER);
    return d->in.bad ? decoder_ended(d) : ht_wifi_decode(d, radiotap_is_padded(fields, present));
}

/* Per-Packet Information: version, flags, length, link type of what follows. */
static enum ht_decode ppi_decode(struct ht_decoder *d)
{
    enum { HEADER = 8 };
    rd_skip(&d->in, 2);
    size_t len         = rd_little16(&d->in);
    uint32_t link_type = rd_little32(&d->in);
    if (!d->in.bad && (len < HEADER || link_type > UINT16_MAX)) {
        return HT_DECODE_MALFORMED;
    }
    rd_skip(&d->in, len - HEADER);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return decoder_descend(d) ? ht_link_decode(d, (uint16_t)link_type) : HT_DECODE_NOT_IP;
}

/* AVS has its version and its length in front. Prism has 144 bytes, by a driver in any byte order.
 */
static enum ht_decode prism_decode(struct ht_decoder *d)
{
    enum { AVS = 0x80211000, PRISM_HEADER = 144 };
    bool avs   = (rd_u32(&d->in) & 0xFFFFF000) == (uint32_t)AVS;
    size_t len = rd_u32(&d->in);
    if (!d->in.bad && avs && len < 8) {
        return HT_DECODE_MALFORMED;
    }
    rd_skip(&d->in, (avs ? len : PRISM_HEADER) - 8);
    return d->in.bad ? decoder_ended(d) : ht_wifi_decode(d, false);
}

enum ht_decode ht_radio_decode(struct ht_decoder *d, uint16_t link_type)
{
    switch (link_type) {
    case HT_LINK_RADIOTAP:
        return radiotap_decode(d);
    case HT_LINK_PPI:
        return ppi_decode(d);
    default:
        return prism_decode(d);
    }
}
