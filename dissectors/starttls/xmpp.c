/*
 * XMPP until STARTTLS (RFC 6120 sections 4.7, 5.4, 6.4). Only tags are looked at: what is between
 * them is stepped over.
 */
#include "starttls/xmpp.h"

enum { MAX_TAG = 4096 };

static const char tls_namespace[] = "urn:ietf:params:xml:ns:xmpp-tls";

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_text(uint8_t c)
{
    return c >= ' ' || is_space(c);
}

static void skip_space(struct ht_reader *r)
{
    while (rd_more(r) && is_space(*r->cur)) {
        rd_skip(r, 1);
    }
}

/* Up to what cannot be in a name. */
static struct ht_bytes read_name(struct ht_reader *r)
{
    const uint8_t *from = r->cur;
    while (rd_more(r) && !is_space(*r->cur) && *r->cur != '=' && *r->cur != '/' && *r->cur != '>') {
        rd_skip(r, 1);
    }
    return ht_bytes(from, (size_t)(r->cur - from));
}

/* name = "value", or 'value'. False at the end of the tag. */
static bool read_attribute(struct ht_reader *r, struct ht_bytes *out_name,
                           struct ht_bytes *out_value)
{
    skip_space(r);
    *out_name = read_name(r);
    skip_space(r);
    if (out_name->len == 0 || rd_u8(r) != '=') {
        return false;
    }
    skip_space(r);
    uint8_t quote       = rd_u8(r);
    const uint8_t *from = r->cur;
    if (quote != '"' && quote != '\'') {
        rd_fail(r);
    }
    while (rd_more(r) && *r->cur != quote) {
        rd_skip(r, 1);
    }
    *out_value = ht_bytes(from, r->bad ? 0 : (size_t)(r->cur - from));
    rd_skip(r, 1);
    return !r->bad;
}

static bool is(struct ht_bytes word, const char *text)
{
    return ht_bytes_equal(word, ht_text(text));
}

static struct ht_bytes without_prefix(struct ht_bytes name)
{
    const uint8_t *colon = name.len > 0 ? memchr(name.ptr, ':', name.len) : NULL;
    return colon != NULL ? ht_bytes_from(name, (size_t)(colon - name.ptr) + 1) : name;
}

static void read_attributes(struct ht_reader *r, struct xmpp_tag *out)
{
    const struct {
        const char *name;
        struct ht_bytes *value;
    } known[] = {{"to", &out->to},
                 {"from", &out->from},
                 {"id", &out->id},
                 {"xmlns", &out->xmlns},
                 {"mechanism", &out->mechanism}};
    struct ht_bytes name, value;
    while (read_attribute(r, &name, &value)) {
        for (size_t i = 0; i < HT_ARRAY_LEN(known); i++) {
            if (is(name, known[i].name)) {
                *known[i].value = value;
            }
        }
    }
}

bool xmpp_tag_parse(struct ht_bytes in, struct xmpp_tag *out)
{
    *out = (struct xmpp_tag){0};
    if (in.len < 3 || in.ptr[0] != '<' || in.ptr[in.len - 1] != '>') {
        return false;
    }
    out->closing       = in.ptr[1] == '/';
    out->empty         = in.ptr[in.len - 2] == '/';
    struct ht_bytes at = ht_bytes_from(ht_bytes_head(in, in.len - 1), out->closing ? 2 : 1);
    struct ht_reader r = ht_reader(at);
    out->name          = without_prefix(read_name(&r));
    read_attributes(&r, out);
    return out->name.len > 0;
}

/* Where the tag at the head ends, behind its '>', which may stand in quotes before; or the first
 * byte that is no text; else 0. */
static size_t tag_end(struct ht_bytes avail)
{
    uint8_t quote = 0;
    for (size_t at = 0; at < avail.len; at++) {
        uint8_t c = avail.ptr[at];
        if ((c == '>' && quote == 0) || !is_text(c)) {
            return at + 1;
        }
        if (quote == 0 ? c == '"' || c == '\'' : c == quote) {
            quote = quote == 0 ? c : 0;
        }
    }
    return 0;
}

/* Characters up to a tag or to what is no text. */
static size_t text_length(struct ht_bytes avail)
{
    size_t at = 0;
    while (at < avail.len && avail.ptr[at] != '<' && is_text(avail.ptr[at])) {
        at++;
    }
    return at;
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct starttls_state *s = state;
    enum ht_match tls              = starttls_is_tls(avail);
    (void)side;
    if (s->upgraded || tls == HT_MATCH_YES || (tls == HT_MATCH_NO && !is_text(avail.ptr[0]))) {
        return (struct ht_frame_size){.other = true};
    }
    if (tls == HT_MATCH_MORE) {
        return (struct ht_frame_size){0};
    }
    size_t text = text_length(avail);
    if (text > 0) {
        return (struct ht_frame_size){.len = text};
    }
    struct ht_bytes tag = ht_bytes_head(avail, MAX_TAG);
    size_t end          = tag_end(tag);
    if (end == 0 && tag.len == MAX_TAG) {
        return (struct ht_frame_size){.len = MAX_TAG};
    }
    if (end > 0 && !is_text(tag.ptr[end - 1])) {
        return (struct ht_frame_size){.other = true};
    }
    return (struct ht_frame_size){.len = end, .need = end};
}

/* "<?xml …" and the header of a stream, or only the latter. */
static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    enum { LOOK_AHEAD = 512 };
    static const char *const begins[] = {"<?xml ", "<stream:stream"};
    static const char stream[]        = "<stream:stream";
    bool may                          = false;
    (void)endpoint, (void)side;
    for (size_t i = 0; i < HT_ARRAY_LEN(begins); i++) {
        struct ht_bytes begin = ht_text(begins[i]);
        may |= ht_bytes_equal(ht_bytes_head(head, begin.len), ht_bytes_head(begin, head.len));
    }
    struct ht_bytes left = ht_bytes_head(head, LOOK_AHEAD);
    if (!may) {
        return HT_MATCH_NO;
    }
    for (; left.len >= strlen(stream); left = ht_bytes_from(left, 1)) {
        if (!is_text(left.ptr[0])) {
            return HT_MATCH_NO;
        }
        if (is(ht_bytes_head(left, strlen(stream)), stream)) {
            return HT_MATCH_YES;
        }
    }
    return head.len < LOOK_AHEAD ? HT_MATCH_MORE : HT_MATCH_NO;
}

struct xmpp_state {
    struct starttls_state common;
    struct starttls_message features; /* that the server told so far */
    bool in_starttls;                 /* of the server's features */
    bool stanzas;                     /* are exchanged in plain */
};

/* Only who was connected to gives the stream an identifier (RFC 6120 section 4.7.3). */
static void take_header(struct xmpp_state *s, struct ht_emitter *e, enum ht_side from,
                        const struct xmpp_tag *tag)
{
    bool server = tag->id.len > 0;
    starttls_client(&s->common, e, server ? ht_other(from) : from, server ? "greeting" : "command");
    if (from == s->common.client && s->common.server_name.len == 0) {
        struct ht_bytes to    = ht_bytes_head(tag->to, STARTTLS_MAX_TEXT);
        s->common.server_name = ht_arena_copy(e->arena, to);
    } else if (from != s->common.client && s->common.details.greeting.len == 0 &&
               tag->from.len > 0) {
        starttls_greet(&s->common, e, from, tag->from);
    }
}

static void take_from_client(struct xmpp_state *s, struct ht_emitter *e, enum ht_side from,
                             const struct xmpp_tag *tag)
{
    if (is(tag->name, "starttls") && is(tag->xmlns, tls_namespace)) {
        starttls_request(&s->common, e, from, ht_text("starttls"));
    } else if (is(tag->name, "auth")) {
        starttls_authenticate(&s->common, e, from, "auth", tag->mechanism);
    }
}

static void take_from_server(struct xmpp_state *s, struct ht_emitter *e, enum ht_side from,
                             const struct xmpp_tag *tag)
{
    bool waiting = s->common.details.requested && !s->common.answered;
    bool tls     = is(tag->xmlns, tls_namespace);
    if (is(tag->name, "starttls")) {
        s->features.offered |= tls;
        s->in_starttls = !tag->closing && !tag->empty;
    } else if (is(tag->name, "required")) {
        s->features.required |= s->in_starttls;
    } else if (is(tag->name, "features") && (tag->closing || tag->empty)) {
        starttls_offer(&s->common, e, from, &s->features);
        s->features = (struct starttls_message){0};
    } else if (waiting && tls && (is(tag->name, "proceed") || is(tag->name, "failure"))) {
        starttls_answer(&s->common, e, from, tag->name,
                        is(tag->name, "proceed") ? STARTTLS_ACCEPTED : STARTTLS_REFUSED);
    }
}

static void take_tag(struct xmpp_state *s, struct ht_emitter *e, const struct ht_pdu *pdu,
                     const struct xmpp_tag *tag)
{
    bool pipelined = s->common.details.requested && !s->common.answered;
    if (is(tag->name, "stream") && !tag->closing) {
        take_header(s, e, pdu->side, tag);
    }
    if (!s->common.claimed) {
        return;
    }
    if (pdu->side != s->common.client) {
        take_from_server(s, e, pdu->side, tag);
    } else if (pipelined && !tag->closing) {
        starttls_pipelined(&s->common, e, pdu->len);
    } else if (!tag->closing) {
        take_from_client(s, e, pdu->side, tag);
    }
    s->stanzas |= is(tag->name, "message") || is(tag->name, "presence");
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct xmpp_state *s = state;
    struct xmpp_tag tag;
    s->common.details.protocol = "xmpp";
    if (pdu->partial || pdu->bytes.len == 0 || pdu->bytes.ptr[0] != '<') {
        return HT_CONTINUE;
    }
    if (xmpp_tag_parse(ht_bytes_head(pdu->bytes, pdu->len), &tag)) {
        take_tag(s, e, pdu, &tag);
    }
    return s->stanzas ? HT_DONE : starttls_count(&s->common);
}

extern const struct ht_dissector xmpp_dissector;
const struct ht_dissector xmpp_dissector = {
    .name               = "xmpp",
    .title              = "XMPP until STARTTLS",
    .tcp                = true,
    .ports              = {5222, 5269},
    .state_size         = sizeof(struct xmpp_state),
    .max_need           = MAX_TAG,
    .match              = match,
    .frame              = frame,
    .resync             = starttls_resync,
    .pdu                = pdu,
    .gap                = starttls_gap,
    .finish             = starttls_finish,
    .details_struct     = &starttls_details_struct,
    .server_name_offset = offsetof(struct starttls_state, server_name),
    .events             = starttls_events,
};
