/*
 * HTTP/1 as it passes: the heads of the first exchanges; content is stepped over. What follows a
 * CONNECT, or an upgrade to TLS, is another protocol's.
 */
#include "http/http.h"

#include "http/message.h"
#include "starttls/begins.h"

enum { MAX_HEAD = 16384, MAX_LINE = 8192, MAX_REQUESTS = 2 * HTTP_MAX_EXCHANGES };

enum {
    STATUS_OK                  = 200,
    STATUS_SWITCHING_PROTOCOLS = 101,
    STATUS_NO_CONTENT          = 204,
    STATUS_MULTIPLE_CHOICES    = 300,
    STATUS_NOT_MODIFIED        = 304,
    STATUS_BAD_REQUEST         = 400
};

struct http_state {
    struct http_details details;
    struct ht_bytes server_name; /* that the first request asks for */
    enum ht_side client;
    bool claimed;     /* who the client is was told */
    uint8_t requests; /* that were seen */
    uint8_t responses;
    uint8_t heads; /* a bit for each request that was a HEAD: its answer has no content */
    struct http_body body[2]; /* of each side, what follows its last head */
};

/* A request line that has ended: nothing less tells HTTP from the protocols that look like it. */
static enum ht_match match_request_line(struct ht_bytes head)
{
    struct ht_bytes rest = ht_bytes_head(head, MAX_LINE), line;
    if (!http_next_line(&rest, &line)) {
        return head.len < MAX_LINE ? HT_MATCH_MORE : HT_MATCH_NO;
    }
    size_t len             = strlen(" HTTP/1.x");
    struct ht_bytes ending = ht_bytes_from(line, line.len > len ? line.len - len : line.len);
    return ht_begins_alike(ending, " http/1.") ? HT_MATCH_YES : HT_MATCH_NO;
}

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    static const char *const methods[] = {"GET ",    "POST ",    "HEAD ",  "PUT ",
                                          "DELETE ", "OPTIONS ", "PATCH ", "PROPFIND "};
    enum ht_match match                = HT_MATCH_NO;
    (void)endpoint, (void)side;
    for (size_t i = 0; i < HT_ARRAY_LEN(methods); i++) {
        struct ht_bytes begin = ht_text(methods[i]);
        if (!ht_bytes_equal(ht_bytes_head(head, begin.len), ht_bytes_head(begin, head.len))) {
            continue;
        }
        if (head.len >= begin.len) {
            return match_request_line(head);
        }
        match = HT_MATCH_MORE;
    }
    return match;
}

static bool is_server(const struct http_state *s, enum ht_side side)
{
    return s->claimed && side != s->client;
}

/* TLS, or a proxy's next protocol, takes the connection over. */
static bool is_other(const struct http_state *s, struct ht_bytes avail, enum ht_side side)
{
    return starttls_is_tls(avail) == HT_MATCH_YES ||
           (s->claimed && side == s->client && ht_begins_alike(avail, "connect "));
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct http_state *s   = state;
    const struct http_body *body = &s->body[side];
    if (body->length > 0) {
        return (struct ht_frame_size){.len = (size_t)body->length};
    }
    if (body->chunked) {
        return http_chunk_frame(avail);
    }
    if (is_other(s, avail, side)) {
        return (struct ht_frame_size){.other = true};
    }
    if (starttls_is_tls(avail) == HT_MATCH_MORE) {
        return (struct ht_frame_size){0};
    }
    size_t len = http_head_length(avail, MAX_HEAD);
    if (len == 0 && avail.len >= MAX_HEAD) {
        len = MAX_HEAD; /* which is no head: the end of it */
    }
    return (struct ht_frame_size){.len = len, .need = len};
}

static void keep(struct ht_emitter *e, struct ht_bytes *into, struct ht_bytes text)
{
    if (into->len == 0 && text.len > 0) {
        *into = ht_arena_copy(e->arena, text);
    }
}

/* Host without its port (RFC 9110 section 7.2); empty where it is an address. */
static struct ht_bytes name_of(struct ht_bytes host)
{
    bool letters = false;
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] == ':' || host.ptr[i] == '[') {
            host = ht_bytes_head(host, i);
            break;
        }
        letters |= (host.ptr[i] < '0' || host.ptr[i] > '9') && host.ptr[i] != '.';
    }
    return letters ? host : ht_bytes(NULL, 0);
}

static void take_request(struct http_state *s, struct ht_emitter *e, enum ht_side from,
                         struct http_request *request)
{
    struct http_details *d = &s->details;
    if (ht_bytes_equal(request->method, ht_text("HEAD"))) {
        s->heads |= (uint8_t)(1U << s->requests);
    }
    if (s->requests++ == 0) {
        d->method        = ht_arena_copy(e->arena, request->method);
        d->host          = ht_arena_copy(e->arena, request->host);
        s->server_name   = request->absolute ? s->server_name : name_of(d->host);
        d->request_frame = e->frame;
    }
    if (request->authorization.len > 0 && d->authorization_frame == 0) {
        d->authorization_frame = e->frame;
    }
    keep(e, &d->authorization, request->authorization);
    keep(e, &d->upgrade, request->upgrade);
    d->cookie |= request->cookie;
    (void)ht_emit(e, &http_request_event, from, 0, request);
}

static enum ht_verdict request(struct http_state *s, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct http_request head;
    if (!http_request_parse(pdu->bytes, &head, &s->body[pdu->side]) ||
        s->requests == MAX_REQUESTS) {
        return HT_DONE;
    }
    if (!s->claimed) {
        s->claimed = true;
        s->client  = pdu->side;
        ht_claim_client(e, pdu->side, "command");
    }
    take_request(s, e, pdu->side, &head);
    return HT_CONTINUE;
}

static void take_response(struct http_state *s, struct ht_emitter *e, enum ht_side from,
                          struct http_response *response)
{
    struct http_details *d = &s->details;
    bool redirects =
        response->status >= STATUS_MULTIPLE_CHOICES && response->status < STATUS_BAD_REQUEST;
    d->status = d->status == 0 ? response->status : d->status;
    d->set_cookie |= response->set_cookie;
    d->redirects_to_https |= redirects && response->location_scheme.len == strlen("https") &&
                             ht_begins_alike(response->location_scheme, "https");
    keep(e, &d->upgrade, response->upgrade);
    (void)ht_emit(e, &http_response_event, from, 0, response);
}

/* What follows the head of a response (RFC 9112 section 6.3); false: content without an end. */
static bool follows(struct http_state *s, uint64_t status, struct http_body *body)
{
    bool is_head = s->responses < MAX_REQUESTS && (s->heads >> s->responses & 1) != 0;
    if (is_head || status == STATUS_NO_CONTENT || status == STATUS_NOT_MODIFIED) {
        *body = (struct http_body){0};
        return true;
    }
    return body->chunked || body->has_length;
}

static enum ht_verdict response(struct http_state *s, struct ht_emitter *e,
                                const struct ht_pdu *pdu)
{
    struct http_response head;
    struct http_body *body = &s->body[pdu->side];
    if (!http_response_parse(pdu->bytes, &head, body)) {
        return HT_DONE;
    }
    take_response(s, e, pdu->side, &head);
    if (head.status < STATUS_OK) {
        bool leaves =
            head.status == STATUS_SWITCHING_PROTOCOLS && !ht_begins_alike(head.upgrade, "tls");
        *body = (struct http_body){0};
        return leaves ? HT_DONE : HT_CONTINUE;
    }
    bool ends = follows(s, head.status, body);
    return ends && ++s->responses < HTTP_MAX_EXCHANGES ? HT_CONTINUE : HT_DONE;
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct http_state *s   = state;
    struct http_body *body = &s->body[pdu->side];
    if (body->length > 0) {
        body->length = 0;
        return HT_CONTINUE;
    }
    if (body->chunked) {
        body->chunked = !http_is_last_chunk(pdu->bytes);
        return HT_CONTINUE;
    }
    if (pdu->partial) {
        return HT_CONTINUE;
    }
    return is_server(s, pdu->side) ? response(s, e, pdu) : request(s, e, pdu);
}

static const struct ht_event_type *const events[] = {&http_request_event, &http_response_event,
                                                     NULL};

extern const struct ht_dissector http_dissector;
const struct ht_dissector http_dissector = {
    .name               = "http",
    .title              = "HTTP/1",
    .tcp                = true,
    .ports              = {80, 8080, 8000, 8008, 8888},
    .state_size         = sizeof(struct http_state),
    .max_need           = MAX_HEAD,
    .match              = match,
    .frame              = frame,
    .pdu                = pdu,
    .details_struct     = &http_details_struct,
    .server_name_offset = offsetof(struct http_state, server_name),
    .events             = events,
};
