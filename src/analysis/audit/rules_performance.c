/* Rules about what makes a handshake slow. */
#include "analysis/audit/case.h"
#include "base/time.h"

#include <inttypes.h>

#define MILLISECOND_NS (HT_SECOND_NS / 1000)
#define SLOW_NS (300 * MILLISECOND_NS)

/* A proxy takes its time before the server does, and what was lost and sent again makes neither of
 * them slow. */
static bool is_timed(const struct audit_case *c)
{
    const struct ht_connection *connection = c->connection;
    const struct ht_capture_quality *q     = connection->capture;
    return connection->timing != NULL && connection->timing->server_think_ns > 0 &&
           connection->carriers[0].type == NULL && q->duplicates == 0 && q->out_of_order == 0;
}

/* The first answer to a ClientHello: a HelloRetryRequest, too. */
static const struct ht_timeline_entry *first_answer(const struct audit_case *c)
{
    const struct ht_timeline_entry *retry =
        audit_find_event(c, &tls_hello_retry_request_event, NULL);
    return retry != NULL ? retry : audit_find_event(c, &tls_server_hello_event, NULL);
}

static bool think_time(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timing *timing = c->connection->timing;
    const struct ht_timeline_entry *answer =
        timing->server_think_ns > SLOW_NS ? first_answer(c) : NULL;
    out->basis = "derived";
    return answer != NULL &&
           ht_proof_say(out, c->tls->client_hello->frame, answer->frame,
                        "%s comes %" PRIu64 " ms after ClientHello; without TCP's round trip of "
                        "%" PRIu64 " ms the server took %" PRIu64 " ms",
                        answer->type->title, timing->server_hello_ns / MILLISECOND_NS,
                        c->connection->tcp->rtt_server_ns / MILLISECOND_NS,
                        timing->server_think_ns / MILLISECOND_NS);
}

/* How much of a ClientHello goes into one packet, and whether the server said so. */
static uint64_t room_in_packet(const struct ht_connection *c, bool *out_said)
{
    enum { USUAL_SEGMENT = 1460, USUAL_DATAGRAM = 1472 };
    const struct ht_tcp_options *server = c->tcp != NULL ? c->tcp->server_options : NULL;
    *out_said                           = server != NULL && server->mss != 0;
    return *out_said ? server->mss : c->tcp != NULL ? USUAL_SEGMENT : USUAL_DATAGRAM;
}

static uint64_t size_in_packet(const struct tls_client_hello *hello)
{
    enum { HEADERS = 5 + 4 /* of the record and of the message; in QUIC more than that */ };
    return hello != NULL ? hello->body_bytes + (uint64_t)HEADERS : 0;
}

/* Either ClientHello: after a HelloRetryRequest the second may have another key share. */
static bool hello_fragmented(const struct audit_case *c, struct ht_proof *out)
{
    bool said;
    uint64_t room                        = room_in_packet(c->connection, &said);
    bool second                          = size_in_packet(c->tls->client_hello) <= room;
    const struct tls_client_hello *hello = second ? c->tls->client_hello_2 : c->tls->client_hello;
    uint64_t size                        = size_in_packet(hello);
    bool is_tcp                          = c->connection->tcp != NULL;
    out->basis                           = said ? "derived" : "inferred";
    return size > room && ht_proof_say(out, hello->frame, 0,
                                       "%s ClientHello takes %" PRIu64
                                       " bytes, thus at least %" PRIu64 " %s of %s "
                                       "%" PRIu64,
                                       second ? "the second" : "the", size,
                                       (size + room - 1) / room, is_tcp ? "segments" : "datagrams",
                                       said ? "the server's MSS," : "up to", room);
}

/* When the handshake was over; INT64_MAX: it never was; INT64_MIN: nobody knows. */
static int64_t end_of_handshake(const struct audit_case *c)
{
    const struct ht_timeline_entry *client = audit_find_event(c, &tls_finished_event, "client");
    const struct ht_timeline_entry *server = audit_find_event(c, &tls_finished_event, "server");
    if (client == NULL || server == NULL) {
        return c->tls->established ? INT64_MIN : INT64_MAX;
    }
    return client->t_ns > server->t_ns ? client->t_ns : server->t_ns;
}

/* What was sent again while the handshake was under way. */
static bool is_amid(const struct audit_case *c, const struct ht_repetition *again, int64_t begin_ns)
{
    int64_t t_ns = again->time_ns - c->connection->start_ns;
    return again->frame != 0 && t_ns >= begin_ns && t_ns <= end_of_handshake(c);
}

static bool segments_again(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_capture_quality *q = c->connection->capture;
    if (q->client_repeats.frame == 0 && q->server_repeats.frame == 0) {
        return false;
    }
    const struct ht_timeline_entry *hello = audit_find_event(c, &tls_client_hello_event, NULL);
    bool client    = hello != NULL && is_amid(c, &q->client_repeats, hello->t_ns);
    bool server    = hello != NULL && is_amid(c, &q->server_repeats, hello->t_ns);
    uint64_t frame = client ? q->client_repeats.frame : q->server_repeats.frame;
    return (client || server) &&
           ht_proof_say(out, frame, client && server ? q->server_repeats.frame : 0,
                        "the %s's segment in frame %" PRIu64 " brings nothing new while the "
                        "handshake is under way%s; such segments in the connection: %" PRIu64,
                        client ? "client" : "server", frame,
                        client && server ? ", nor does one of the server" : "", q->duplicates);
}

static bool messages_again(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items, *first = NULL;
    const struct ht_timeline_entry *end = entry + c->connection->timeline.len;
    unsigned num                        = 0;
    for (; entry < end; entry++) {
        bool again = entry->absent == NULL && strcmp(entry->event, "dtls.retransmission") == 0;
        num += again;
        first = again && first == NULL ? entry : first;
    }
    return first != NULL &&
           ht_proof_say(out, first->frame, 0,
                        "flights that were sent again: %u, the first by the %s", num, first->from);
}

static bool sent_again(const struct audit_case *c, struct ht_proof *out)
{
    out->basis = "derived";
    return c->connection->tcp != NULL ? segments_again(c, out) : messages_again(c, out);
}

/* What QUIC sends again is in packets of their own, of which nobody can say what they repeat. */
static bool is_told_again(const struct audit_case *c)
{
    return !ht_bytes_equal(c->connection->protocol, ht_text("quic"));
}

static const struct audit_rule rules[] = {
    {{"server-think-time",
      "info",
      "performance",
      "The server takes long to answer a ClientHello",
      "Look at the server's load, and at what it asks before it answers.",
      NULL,
      {NULL},
      .scope = "server"},
     AUDIT_OFFER | AUDIT_ANSWER | AUDIT_WHOLE,
     is_timed,
     think_time},
    {{"clienthello-fragmented",
      "info",
      "performance",
      "A ClientHello that does not fit in one packet",
      "Make sure that what stands before the server puts such a ClientHello together.",
      NULL,
      {"RFC 9846 section 5.1", "tldr.fail"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     hello_fragmented},
    {{"handshake-retransmissions",
      "info",
      "performance",
      "Parts of the handshake were sent again",
      "Look for what loses packets on the way, as large ones where the MTU is smaller.",
      NULL,
      {NULL}},
     AUDIT_OFFER,
     is_told_again,
     sent_again,
     .signs = AUDIT_SENT_AGAIN},
};

const struct audit_table audit_performance_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
