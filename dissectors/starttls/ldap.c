/*
 * LDAP until StartTLS (RFC 4511 sections 4.1, 4.2, 4.12, 4.14), in the subset of BER that RFC 4511
 * section 5.1 allows: definite lengths only.
 */
#include "starttls/ldap.h"

enum {
    TAG_INTEGER    = 0x02,
    TAG_OCTETS     = 0x04,
    TAG_ENUMERATED = 0x0a,
    TAG_SEQUENCE   = 0x30,
    TAG_NAME       = 0x80, /* [0], of an ExtendedRequest */
    TAG_SIMPLE     = 0x80, /* [0], of a BindRequest */
    TAG_SASL       = 0xa3, /* [3] */
    MAX_MESSAGE    = 16 * 1024 * 1024,
    KEPT_BYTES     = 4096 /* of a message, that are looked at */
};

static const char start_tls[] = "1.3.6.1.4.1.1466.20037";

/* Tag and length (X.690 section 8.1); the length is of the content. */
static uint8_t element_header(struct ht_reader *r, size_t *out_len)
{
    enum { LONG_FORM = 0x80, MAX_WIDTH = 4 };
    uint8_t tag = rd_u8(r), first = rd_u8(r);
    *out_len = first;
    if (first >= LONG_FORM) {
        unsigned width = first - LONG_FORM;
        if (width == 0 || width > MAX_WIDTH) {
            rd_fail(r);
            return 0;
        }
        *out_len = (size_t)rd_uint(r, width);
    }
    return r->bad ? 0 : tag;
}

/* The content of the next element if its tag is `tag`; the reader fails where it is another. */
static struct ht_bytes element(struct ht_reader *r, uint8_t tag)
{
    size_t len;
    if (element_header(r, &len) != tag) {
        rd_fail(r);
    }
    return rd_take(r, len);
}

static uint32_t number(struct ht_bytes content)
{
    uint32_t value = 0;
    for (size_t i = 0; i < content.len; i++) {
        value = value << 8 | content.ptr[i];
    }
    return value;
}

bool ldap_header_parse(struct ht_bytes in, size_t *out_len)
{
    enum { LONGEST_HEADER = 6 };
    struct ht_reader r = ht_reader(in);
    size_t content;
    *out_len = 0;
    if (in.len > 0 && in.ptr[0] != TAG_SEQUENCE) {
        return false;
    }
    if (element_header(&r, &content) == 0) {
        return in.len < LONGEST_HEADER && !(in.len > 1 && (in.ptr[1] == 0x80 || in.ptr[1] > 0x84));
    }
    *out_len = in.len - rd_left(&r) + content;
    return content > 0 && content <= MAX_MESSAGE;
}

/*
 * BindRequest ::= [APPLICATION 0] SEQUENCE {
 *     version        INTEGER (1 ..  127),
 *     name           LDAPDN,
 *     authentication AuthenticationChoice }
 * Without a password it is anonymous (section 4.2, RFC 4513 section 5.1).
 */
static void bind_request(struct ht_bytes body, struct ldap_message *out)
{
    struct ht_reader r = ht_reader(body);
    size_t len;
    (void)element(&r, TAG_INTEGER);
    (void)element(&r, TAG_OCTETS);
    uint8_t choice = element_header(&r, &len);
    if (choice == TAG_SIMPLE && len > 0) {
        out->method = "simple";
    } else if (choice == TAG_SASL) {
        out->mechanism = element(&r, TAG_OCTETS);
        out->method    = r.bad ? NULL : "sasl";
    }
}

/*
 * LDAPResult ::= SEQUENCE {
 *     resultCode        ENUMERATED,
 *     matchedDN         LDAPDN,
 *     diagnosticMessage LDAPString, … }
 */
static void result(struct ht_bytes body, struct ldap_message *out)
{
    struct ht_reader r = ht_reader(body);
    out->result        = (uint8_t)number(ht_bytes_head(element(&r, TAG_ENUMERATED), 1));
    (void)element(&r, TAG_OCTETS);
    out->text = element(&r, TAG_OCTETS);
}

bool ldap_message_parse(struct ht_bytes in, struct ldap_message *out)
{
    enum { MAX_ID_BYTES = 4, APPLICATION_MASK = 0xc0, APPLICATION = 0x40 };
    struct ht_reader r = ht_reader(in);
    size_t len;
    *out = (struct ldap_message){0};
    if (element_header(&r, &len) != TAG_SEQUENCE) {
        return false;
    }
    struct ht_bytes id = element(&r, TAG_INTEGER);
    out->id            = number(id);
    out->operation     = element_header(&r, &len);
    out->body          = rd_take(&r, len < rd_left(&r) ? len : rd_left(&r));
    if (r.bad || id.len == 0 || id.len > MAX_ID_BYTES ||
        (out->operation & APPLICATION_MASK) != APPLICATION) {
        return false;
    }
    if (out->operation == LDAP_EXTENDED_REQUEST) {
        struct ht_reader body = ht_reader(out->body);
        out->name             = element(&body, TAG_NAME);
    } else if (out->operation == LDAP_EXTENDED_RESPONSE) {
        result(out->body, out);
    } else if (out->operation == LDAP_BIND_REQUEST) {
        bind_request(out->body, out);
    }
    return true;
}

struct ldap_state {
    struct starttls_state common;
    uint32_t request_id;
};

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct ldap_state *s = state;
    enum ht_match tls          = starttls_is_tls(avail);
    size_t len;
    (void)side;
    if (s->common.upgraded || tls == HT_MATCH_YES) {
        return (struct ht_frame_size){.other = true};
    }
    if (tls == HT_MATCH_MORE) {
        return (struct ht_frame_size){0};
    }
    if (!ldap_header_parse(avail, &len)) {
        return (struct ht_frame_size){.len = SIZE_MAX};
    }
    return (struct ht_frame_size){.len = len, .need = len < KEPT_BYTES ? len : KEPT_BYTES};
}

/* Tags of the operations (section 4.2 to 4.13) in their places, after a plausible length. */
static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    enum { ENOUGH = 14, PRIMITIVE_UNBIND = 0x42, PRIMITIVE_DELETE = 0x4a, ABANDON = 0x50 };
    struct ldap_message message;
    size_t len;
    (void)endpoint, (void)side;
    if (head.len == 0) {
        return HT_MATCH_MORE;
    }
    if (head.ptr[0] != TAG_SEQUENCE || !ldap_header_parse(head, &len)) {
        return HT_MATCH_NO;
    }
    size_t need = len != 0 && len < ENOUGH ? len : ENOUGH;
    if (head.len < need) {
        return HT_MATCH_MORE;
    }
    bool good  = ldap_message_parse(head, &message);
    uint8_t op = message.operation;
    return good && ((op >= LDAP_BIND_REQUEST && op <= 0x79) || op == PRIMITIVE_UNBIND ||
                    op == PRIMITIVE_DELETE || op == ABANDON)
               ? HT_MATCH_YES
               : HT_MATCH_NO;
}

static bool contains(struct ht_bytes in, struct ht_bytes what)
{
    for (; in.len >= what.len; in = ht_bytes_from(in, 1)) {
        if (ht_bytes_equal(ht_bytes_head(in, what.len), what)) {
            return true;
        }
    }
    return false;
}

static void take(struct ldap_state *s, struct ht_emitter *e, enum ht_side from,
                 const struct ldap_message *m)
{
    struct ht_bytes name = ht_text(start_tls);
    bool waiting         = s->common.details.requested && !s->common.answered;
    if (m->operation == LDAP_EXTENDED_REQUEST && ht_bytes_equal(m->name, name)) {
        starttls_client(&s->common, e, from, "command");
        s->request_id = m->id;
        starttls_request(&s->common, e, from, m->name);
    } else if (m->operation == LDAP_EXTENDED_RESPONSE && waiting && m->id == s->request_id) {
        starttls_answer(&s->common, e, from, m->text,
                        m->result == 0 ? STARTTLS_ACCEPTED : STARTTLS_REFUSED);
    } else if (m->operation == LDAP_BIND_REQUEST) {
        starttls_client(&s->common, e, from, "command");
        if (m->method != NULL) {
            starttls_authenticate(&s->common, e, from, m->method, m->mechanism);
        }
    } else if (m->operation == LDAP_SEARCH_ENTRY && !s->common.details.offered &&
               contains(m->body, name)) {
        starttls_offer(&s->common, e, from, &(struct starttls_message){.offered = true});
    }
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct ldap_state *s = state;
    struct ldap_message m;
    s->common.details.protocol = "ldap";
    bool waiting               = s->common.details.requested && !s->common.answered;
    if (!pdu->partial && ldap_message_parse(pdu->bytes, &m)) {
        if (waiting && m.operation != LDAP_EXTENDED_RESPONSE) {
            starttls_pipelined(&s->common, e, pdu->len);
        }
        take(s, e, pdu->side, &m);
    }
    return starttls_count(&s->common);
}

extern const struct ht_dissector ldap_dissector;
const struct ht_dissector ldap_dissector = {
    .name           = "ldap",
    .title          = "LDAP until StartTLS",
    .tcp            = true,
    .ports          = {389, 3268},
    .state_size     = sizeof(struct ldap_state),
    .max_need       = KEPT_BYTES,
    .match          = match,
    .frame          = frame,
    .resync         = starttls_resync,
    .pdu            = pdu,
    .gap            = starttls_gap,
    .finish         = starttls_finish,
    .details_struct = &starttls_details_struct,
    .events         = starttls_events,
};
