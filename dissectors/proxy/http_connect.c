/*
 * HTTP CONNECT (RFC 9110 section 9.3.6): after an answer of 2xx the connection is the client's and
 * the target's.
 */
#include "proxy/http_connect.h"

enum { MAX_HEAD = 8192 };

/* authority-form: host ":" port, the host of IPv6 in brackets (RFC 9112 section 3.2.3). */
static bool read_authority(struct ht_bytes text, struct http_head *out)
{
    enum { MAX_PORT = 65535 };
    uint64_t port;
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0 || !http_number(ht_bytes_from(text, colon), &port) || port > MAX_PORT) {
        return false;
    }
    out->host = ht_bytes_head(text, colon - 1);
    out->port = (uint16_t)port;
    bool brackets =
        out->host.len > 2 && out->host.ptr[0] == '[' && out->host.ptr[out->host.len - 1] == ']';
    if (brackets) {
        out->host = ht_bytes(out->host.ptr + 1, out->host.len - 2);
    }
    return out->host.len > 0;
}

static bool read_first_line(struct ht_bytes line, struct http_head *out)
{
    uint64_t status;
    struct ht_bytes first = http_word(&line), second = http_word(&line);
    out->request = ht_bytes_equal(first, ht_text("CONNECT"));
    if (out->request) {
        return read_authority(second, out) && ht_begins_alike(http_word(&line), "http/1.");
    }
    bool good =
        ht_begins_alike(first, "http/1.") && second.len == 3 && http_number(second, &status);
    out->status = good ? (unsigned)status : 0;
    out->reason = ht_bytes_from(line, 1);
    return good;
}

static void read_field(struct ht_bytes line, struct http_head *out)
{
    struct ht_bytes value;
    if (http_field(line, "proxy-authorization:", &value)) {
        out->scheme = http_scheme(value);
    } else {
        http_body_field(line, &out->body);
    }
}

bool http_head_parse(struct ht_bytes head, struct http_head *out)
{
    struct ht_bytes line;
    *out = (struct http_head){0};
    if (!http_next_line(&head, &line) || !read_first_line(line, out)) {
        return false;
    }
    while (http_next_line(&head, &line)) {
        if (line.len == 0) {
            return true;
        }
        read_field(line, out);
    }
    return false;
}

struct http_state {
    struct proxy_state common;
    struct http_body body; /* what follows an answer's head */
    bool waiting;          /* for the answer */
};

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct http_state *s = state;
    enum ht_match tls          = starttls_is_tls(avail);
    bool server                = s->common.claimed && side != s->common.client;
    if (server && s->body.length > 0) {
        return (struct ht_frame_size){.len = (size_t)s->body.length};
    }
    if (server && s->body.chunked) {
        return http_chunk_frame(avail);
    }
    struct ht_bytes begin = ht_text(server ? "HTTP/1." : "CONNECT ");
    bool http  = ht_bytes_equal(ht_bytes_head(avail, begin.len), ht_bytes_head(begin, avail.len));
    bool early = !server && s->waiting && !http;
    if (s->common.through || tls == HT_MATCH_YES) {
        return (struct ht_frame_size){.other = true};
    }
    if (tls == HT_MATCH_MORE) {
        return (struct ht_frame_size){0};
    }
    if (early) {
        return (struct ht_frame_size){.len = SIZE_MAX}; /* only TLS is of interest */
    }
    if (!http) {
        return (struct ht_frame_size){.len = 1, .need = 1}; /* which is no head: the end of it */
    }
    size_t len = http_head_length(avail, MAX_HEAD);
    if (len == 0 && avail.len >= MAX_HEAD) {
        len = SIZE_MAX;
    }
    return (struct ht_frame_size){.len = len, .need = len};
}

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    struct ht_bytes begin = ht_text("CONNECT ");
    (void)endpoint, (void)side;
    if (head.len > 0 && head.ptr[0] != 'C') {
        return HT_MATCH_NO;
    }
    if (!ht_bytes_equal(ht_bytes_head(head, begin.len), ht_bytes_head(begin, head.len))) {
        return HT_MATCH_NO;
    }
    return head.len < begin.len ? HT_MATCH_MORE : HT_MATCH_YES;
}

static void take_request(struct http_state *s, struct ht_emitter *e, enum ht_side from,
                         const struct http_head *head)
{
    struct proxy_details *d = &s->common.details;
    proxy_client(&s->common, e, from);
    s->waiting        = true;
    bool literal      = proxy_address(head->host, &d->target_address);
    d->target_name    = literal ? ht_bytes(NULL, 0) : proxy_keep(e, head->host);
    d->target_port    = head->port;
    d->command        = "connect";
    d->authentication = proxy_keep(e, head->scheme);
    d->request_frame  = e->frame;
    (void)ht_emit(e, &proxy_connect_event, from, 0, d);
}

static void take_response(struct http_state *s, struct ht_emitter *e, enum ht_side from,
                          const struct http_head *head)
{
    enum { OK = 200, MULTIPLE_CHOICES = 300 };
    struct proxy_details *d = &s->common.details;
    if (head->status < OK) {
        return; /* an interim one: another follows */
    }
    d->accepted       = head->status < MULTIPLE_CHOICES;
    d->refused        = !d->accepted;
    d->answer_code    = head->status + 1;
    d->reason         = proxy_keep(e, head->reason);
    d->answer_frame   = e->frame;
    s->common.through = d->accepted;
    s->waiting        = false;
    s->body.chunked   = !d->accepted && head->body.chunked;
    s->body.length    = d->accepted ? 0 : head->body.length;
    (void)ht_emit(e, &proxy_answer_event, from, 0, d);
}

static enum ht_verdict take_head(struct http_state *s, struct ht_emitter *e,
                                 const struct ht_pdu *pdu, bool server)
{
    struct http_head head;
    if (!http_head_parse(pdu->bytes, &head) || head.request == server) {
        return HT_DONE;
    }
    if (server) {
        take_response(s, e, pdu->side, &head);
    } else {
        take_request(s, e, pdu->side, &head);
    }
    return HT_CONTINUE;
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct http_state *s       = state;
    bool server                = s->common.claimed && pdu->side != s->common.client;
    s->common.details.protocol = "http_connect";
    if (server && s->body.length > 0) {
        s->body.length = 0;
    } else if (server && s->body.chunked) {
        s->body.chunked = !http_is_last_chunk(pdu->bytes);
    } else if (!pdu->partial) {
        return take_head(s, e, pdu, server);
    }
    return HT_CONTINUE;
}

static const struct ht_event_type *const events[] = {&proxy_connect_event, &proxy_answer_event,
                                                     NULL};

extern const struct ht_dissector http_connect_dissector;
const struct ht_dissector http_connect_dissector = {
    .name           = "http_connect",
    .title          = "HTTP CONNECT",
    .tcp            = true,
    .ports          = {3128, 8080, 8888},
    .state_size     = sizeof(struct http_state),
    .max_need       = MAX_HEAD,
    .match          = match,
    .frame          = frame,
    .resync         = starttls_resync,
    .pdu            = pdu,
    .details_struct = &proxy_details_struct,
    .events         = events,
};
