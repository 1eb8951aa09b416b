#include "dns/dns.h"

#include "dns/match.h"
#include "dns/transaction.h"

enum { LENGTH_SIZE = 2, MAX_MESSAGE = 65535 };

static enum dns_kind kind_of(const struct ht_emitter *e)
{
    const struct ht_endpoint *a = &e->endpoint[0], *b = &e->endpoint[1];
    if (a->port == DNS_PORT || b->port == DNS_PORT) {
        return DNS_UNICAST;
    }
    if (a->port == MDNS_PORT || b->port == MDNS_PORT) {
        return DNS_MULTICAST;
    }
    if (a->port == NETBIOS_PORT || b->port == NETBIOS_PORT) {
        return DNS_NETBIOS;
    }
    return a->port == LLMNR_PORT || b->port == LLMNR_PORT ? DNS_LLMNR : DNS_UNICAST;
}

/* What is known now, for those who need it now: the connection to the address begins at once. */
static void emit(struct ht_emitter *e, enum ht_side from, struct dns_transaction *transaction)
{
    bool answer    = transaction->answer_frame != 0;
    unsigned flags = (transaction->malformed ? HT_EVENT_MALFORMED : 0U) |
                     (transaction->partial ? HT_EVENT_PARTIAL : 0U);
    (void)ht_emit(e, answer ? &dns_answer_event : &dns_query_event, from, flags, transaction);
}

static void claim(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                  const struct dns_message *m)
{
    if (!state->claimed && m->header && m->opcode == 0 && state->kind != DNS_MULTICAST) {
        ht_claim_client(e, client, m->response ? "dns_answer" : "dns_query");
        state->claimed = true;
    }
}

/* A transaction of one message, or of an answer and the query that waits for it. */
static void take_new(struct dns_state *state, struct ht_emitter *e, enum ht_side side,
                     const struct dns_half *half, const struct dns_message *m)
{
    struct dns_description description;
    bool alone             = state->kind == DNS_MULTICAST || !m->header;
    enum ht_side client    = m->response ? ht_other(side) : side;
    struct dns_pair said   = {.id = m->id, .client = (uint8_t)client};
    struct dns_pair *asked = NULL;
    if (m->response && state->kind != DNS_MULTICAST) {
        asked = dns_find_query(state, e, client, half, m);
    }
    if (asked != NULL) {
        said.query = asked->query;
    }
    *(m->response ? &said.answer : &said.query) = *half;
    dns_describe(state, e, &said, m, &description);
    emit(e, side, &description.transaction);
    if (alone) {
        /* One message says all: many ask and many answer, with no identifier. */
        ht_record(e, &dns_transaction_record, &description.transaction);
    } else if (m->response) {
        dns_take_answer(state, e, client, half, m, asked);
    } else {
        dns_take_query(state, e, client, half, m);
    }
}

static void take_message(struct dns_state *state, struct ht_emitter *e, enum ht_side side,
                         struct dns_half *half)
{
    struct dns_message room;
    const struct dns_message *m = dns_parse(state, e, half, &room);
    enum ht_side client         = m->response ? ht_other(side) : side;
    bool paired                 = state->kind != DNS_MULTICAST && m->header;
    claim(state, e, client, m);
    if (paired ? !dns_note_repeat(state, e, client, half, m) : !e->copy) {
        take_new(state, e, side, half, m);
    }
}

static enum ht_verdict take_pdu(struct dns_state *state, struct ht_emitter *e,
                                const struct ht_pdu *pdu, size_t header)
{
    struct dns_half half = {.time_ns = e->time_ns,
                            .frame   = e->frame,
                            .bytes   = ht_bytes_from(pdu->bytes, header),
                            .partial = pdu->partial};
    state->kind          = (uint8_t)kind_of(e);
    dns_expire(state, e);
    if (half.bytes.len > 0) {
        take_message(state, e, pdu->side, &half);
    }
    return HT_CONTINUE;
}

static enum ht_verdict datagram(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    return take_pdu(state, e, pdu, 0);
}

static enum ht_verdict stream_pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    ((struct dns_state *)state)->stream = true;
    return take_pdu(state, e, pdu, LENGTH_SIZE);
}

static void finish(void *state, struct ht_emitter *e, const struct ht_end *end)
{
    (void)end;
    dns_tell_all(state, e);
}

static bool settled(const void *state)
{
    return dns_settled(state);
}

static const struct ht_event_type *const events[] = {&dns_query_event, &dns_answer_event, NULL};

static const struct ht_record_type *const records[] = {&dns_transaction_record, NULL};

extern const struct ht_dissector dns_dissector, dns_stream_dissector;

const struct ht_dissector dns_dissector = {.name  = "dns",
                                           .title = "DNS, multicast DNS, LLMNR, NetBIOS names",
                                           .udp   = true,
                                           .ports = {DNS_PORT, MDNS_PORT, LLMNR_PORT, NETBIOS_PORT},
                                           .state_size = sizeof(struct dns_state),
                                           .max_need   = MAX_MESSAGE,
                                           .match      = dns_match_datagram,
                                           .pdu        = datagram,
                                           .finish     = finish,
                                           .settled    = settled,
                                           .events     = events,
                                           .records    = records};

/* A message over TCP has its length before it, and what matches is another thing. */
const struct ht_dissector dns_stream_dissector = {.name       = "dns",
                                                  .title      = "DNS over TCP",
                                                  .tcp        = true,
                                                  .ports      = {DNS_PORT, LLMNR_PORT},
                                                  .state_size = sizeof(struct dns_state),
                                                  .max_need   = LENGTH_SIZE + MAX_MESSAGE,
                                                  .match      = dns_match_stream,
                                                  .frame      = dns_frame,
                                                  .resync     = dns_resync,
                                                  .pdu        = stream_pdu,
                                                  .finish     = finish,
                                                  .events     = events,
                                                  .records    = records};
