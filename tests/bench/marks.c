/*
 * What a template's streams hold: TLS handshake messages (RFC 8446 section 4, RFC 5246 section 7,
 * RFC 5077), certificates (RFC 5280), DNS messages (RFC 1035), and which of their bytes change.
 * It stands apart from the program's own parsers, whose results are checked against it.
 */
#include "template.h"

#include <netinet/in.h>

enum { TLS_CHANGE_CIPHER_SPEC = 20, TLS_ALERT, TLS_HANDSHAKE, TLS_APPLICATION_DATA };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, NEW_SESSION_TICKET = 4, CERTIFICATE = 11 };
enum { EXTENSION_SESSION_TICKET = 35, RECORD_HEADER = 5, NAME_LETTERS = 3 };
enum { SENTINEL = 8, TICKET_PART = 16 };

static const char name_label[] = "example";

static size_t offset(const struct stream *s, struct ht_bytes part)
{
    return (size_t)(part.ptr - s->bytes.ptr);
}

static void patch(const struct stream *s, struct ht_bytes part, enum patch_kind kind)
{
    stream_patch(s, offset(s, part), part.len, kind, hash(part));
}

/* All the samples' names have a label "example": its first letters become the server's number. */
static void patch_names(const struct stream *s, struct ht_bytes in)
{
    size_t label = sizeof name_label - 1;
    for (size_t i = 0; i + label <= in.len; i++) {
        if (memcmp(in.ptr + i, name_label, label) == 0) {
            patch(s, ht_bytes(in.ptr + i, NAME_LETTERS), PATCH_NAME);
        }
    }
}

static void mark_client_hello(const struct stream *s, struct ht_reader r)
{
    patch_names(s, ht_bytes(r.cur, rd_left(&r)));
    rd_skip(&r, 2);
    patch(s, rd_take(&r, 32), PATCH_RANDOM);
    patch(s, rd_vec(&r, 1), PATCH_RANDOM);
    (void)rd_vec(&r, 2);
    (void)rd_vec(&r, 1);
    struct ht_reader extensions = ht_reader(rd_vec(&r, 2));
    while (rd_more(&extensions)) {
        uint16_t type        = rd_u16(&extensions);
        struct ht_bytes body = rd_vec(&extensions, 2);
        if (type == EXTENSION_SESSION_TICKET) {
            patch(s, ht_bytes_head(body, TICKET_PART), PATCH_RANDOM);
        }
    }
}

/* The last bytes of the random may say "DOWNGRD" (RFC 8446 section 4.1.3): they stay. */
static void mark_server_hello(const struct stream *s, struct ht_reader r)
{
    rd_skip(&r, 2);
    patch(s, rd_take(&r, 32 - SENTINEL), PATCH_RANDOM);
    rd_skip(&r, SENTINEL);
    patch(s, rd_vec(&r, 1), PATCH_RANDOM);
}

static struct ht_bytes read_der(struct ht_reader *r)
{
    rd_skip(r, 1);
    uint8_t len = rd_u8(r);
    return rd_take(r, len < 0x80 ? len : (size_t)rd_uint(r, len & 0x7f));
}

/* The serial number's bytes but the first two, so that it stays a positive number in DER. */
static void patch_serial(const struct stream *s, struct ht_bytes certificate)
{
    struct ht_reader r    = ht_reader(certificate);
    struct ht_reader body = ht_reader(read_der(&r));
    struct ht_reader tbs  = ht_reader(read_der(&body));
    (void)read_der(&tbs); /* version */
    struct ht_bytes serial = read_der(&tbs);
    if (tbs.bad || serial.len < 8) {
        fatal("%s: a certificate without a long serial number", s->template->name);
    }
    patch(s, ht_bytes_from(serial, 2), PATCH_SERIAL);
}

/* Only the leaf changes: a site's chain ends in authorities that it shares with others. */
static void mark_certificates(const struct stream *s, struct ht_reader r, struct fact *fact)
{
    struct ht_reader list = ht_reader(rd_vec(&r, 3));
    while (rd_more(&list)) {
        struct ht_bytes certificate = rd_vec(&list, 3);
        if (fact->num_certificates == MAX_CHAIN || list.bad) {
            fatal("%s: a chain of more than %d certificates", s->template->name, MAX_CHAIN);
        }
        if (fact->num_certificates == 0) {
            patch_serial(s, certificate);
        }
        fact->certificates[fact->num_certificates++] = hash(certificate);
    }
}

static void mark_ticket(const struct stream *s, struct ht_reader r)
{
    rd_skip(&r, 4);
    patch(s, ht_bytes_head(rd_vec(&r, 2), TICKET_PART), PATCH_RANDOM);
}

/* `from` is where the record starts: to read the message one must have that. */
static void mark_message(const struct stream *s, size_t from, uint8_t type, struct ht_bytes body)
{
    size_t len         = offset(s, body) + body.len - from;
    struct steps steps = stream_steps(s, from, len);
    struct ht_reader r = ht_reader(body);
    if (type == CLIENT_HELLO && s->from_client) {
        (void)template_fact(s->template, FACT_CLIENT_HELLO, steps, 0);
        mark_client_hello(s, r);
    } else if (type == SERVER_HELLO && !s->from_client) {
        (void)template_fact(s->template, FACT_SERVER_HELLO, steps, 0);
        mark_server_hello(s, r);
    } else if (type == CERTIFICATE && !s->from_client) {
        mark_certificates(s, r, template_fact(s->template, FACT_CHAIN, steps, 0));
    } else if (type == NEW_SESSION_TICKET && !s->from_client) {
        mark_ticket(s, r);
    }
}

void mark_tls(const struct stream *s)
{
    struct ht_reader r = ht_reader(s->bytes);
    while (rd_more(&r)) {
        size_t from  = (size_t)(r.cur - s->bytes.ptr);
        uint8_t type = rd_u8(&r);
        rd_skip(&r, 2);
        struct ht_reader record = ht_reader(rd_vec(&r, 2));
        if (type != TLS_HANDSHAKE) {
            return; /* encrypted from here */
        }
        while (rd_more(&record)) {
            uint8_t message      = rd_u8(&record);
            struct ht_bytes body = rd_vec(&record, 3);
            if (record.bad) {
                fatal("%s: a handshake message that spans records", s->template->name);
            }
            mark_message(s, from, message, body);
        }
    }
}

static void mark_dns_message(const struct stream *s, size_t from, struct ht_bytes message)
{
    struct template *t = s->template;
    struct steps steps = stream_steps(s, from, offset(s, message) + message.len - from);
    uint16_t id        = get_u16(message.ptr);
    uint64_t key       = (uint64_t)s->flow << 16 | id;
    patch(s, ht_bytes_head(message, 2), PATCH_RANDOM);
    patch_names(s, message);
    (void)template_fact(t, FACT_DNS_MESSAGE, steps, key << 1 | s->from_client);
    (void)template_fact(t, FACT_DNS_TRANSACTION, steps, key);
    struct ht_bytes address = ht_address_bytes(&t->server);
    for (size_t i = 12; i + address.len <= message.len; i++) {
        if (memcmp(message.ptr + i, address.ptr, address.len) == 0) {
            patch(s, ht_bytes(message.ptr + i, address.len), PATCH_ADDRESS);
        }
    }
}

void mark_dns(const struct stream *s)
{
    if (s->template->flows[s->flow].protocol == IPPROTO_UDP) {
        mark_dns_message(s, 0, s->bytes);
        return;
    }
    struct ht_reader r = ht_reader(s->bytes);
    while (rd_more(&r)) {
        size_t from             = (size_t)(r.cur - s->bytes.ptr);
        struct ht_bytes message = rd_vec(&r, 2);
        struct steps steps      = stream_steps(s, from, message.len + 2);
        if (r.bad ||
            __builtin_popcountll(steps.bits[0]) + __builtin_popcountll(steps.bits[1]) != 1) {
            fatal("%s: a DNS message that is not in one segment", s->template->name);
        }
        mark_dns_message(s, from, message);
    }
}

/* Bytes of the direction that were sent before the step. */
static size_t sent_before(const struct stream *s, unsigned step)
{
    size_t sent = 0;
    for (unsigned i = 0; i < s->num_pieces && s->pieces[i].step < step; i++) {
        sent += s->pieces[i].len;
    }
    return sent;
}

/* Whether the first `len` bytes are whole records, the last of them application data. */
static bool is_between_records(struct ht_bytes bytes, size_t len)
{
    struct ht_reader r = ht_reader(ht_bytes_head(bytes, len));
    uint8_t type       = 0;
    while (rd_more(&r)) {
        type = rd_u8(&r);
        rd_skip(&r, 2);
        (void)rd_vec(&r, 2);
    }
    return rd_done(&r) && type == TLS_APPLICATION_DATA;
}

void find_body_place(struct template *t, const struct stream *client, const struct stream *server)
{
    struct body_place place = {.flow = client->flow};
    bool heard[2]           = {false, false};
    uint32_t next[2]        = {0, 0}; /* seq */
    for (unsigned i = 0; i < t->num_steps; i++) {
        const struct step *step = &t->steps[i];
        const uint8_t *tcp      = step->frame + step->layout.transport_at;
        if (step->flow != client->flow) {
            continue;
        }
        if (heard[0] && heard[1] && is_between_records(client->bytes, sent_before(client, i)) &&
            is_between_records(server->bytes, sent_before(server, i))) {
            place.exists = true;
            place.step   = (uint16_t)i;
            place.seq    = next[0];
            place.ack    = next[1];
            t->body      = place;
        }
        if ((step->tcp_flags & (HT_TCP_FIN | HT_TCP_RST)) != 0) {
            return;
        }
        bool syn                 = (step->tcp_flags & HT_TCP_SYN) != 0;
        heard[step->from_client] = true;
        next[step->from_client] =
            get_u32(tcp + 4) + syn + step->layout.len - step->layout.payload_at;
        *(step->from_client ? &place.client_model : &place.server_model) = (uint16_t)i;
    }
}
