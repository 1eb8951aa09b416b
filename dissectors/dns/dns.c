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
                  const struct dns_gist *gist)
{
    if (!state->claimed && gist->header && gist->opcode == 0 && state->kind != DNS_MULTICAST) {
        ht_claim_client(e, client, gist->response ? "dns_answer" : "dns_query");
        state->claimed = true;
    }
}

/* It may have another half. */
static bool is_paired(const struct dns_state *state, const struct dns_half *half)
{
    return state->kind != DNS_MULTICAST && half->gist.header;
}

/* Says what the message, parsed as `m`, tells of its transaction, or records it where it says all:
 * many ask and many answer by multicast, with no identifier. Returns its description where that
 * lies in the flow's memory. */
static struct dns_description *tell_now(const struct dns_state *state, struct ht_emitter *e,
                                        enum ht_side side, const struct dns_said *said,
                                        const struct dns_message *m)
{
    struct dns_description room;
    struct dns_description *description = dns_describe(state, e, said, m, &room);
    emit(e, side, &description->transaction);
    if (state->kind == DNS_MULTICAST || !m->header) {
        ht_record(e, &dns_transaction_record, &description->transaction);
    }
    return description != &room ? description : NULL;
}

static void take_query(struct dns_state *state, struct ht_emitter *e, enum ht_side side,
                       const struct dns_half *half, const struct dns_message *m,
                       struct dns_pair *asked)
{
    if (m != NULL) {
        const struct dns_said said = {.client = side, .query = half};
        (void)tell_now(state, e, side, &said, m);
    }
    if (is_paired(state, half)) {
        dns_take_query(state, e, side, half, m, asked);
    }
}

static void take_answer(struct dns_state *state, struct ht_emitter *e, enum ht_side side,
                        const struct dns_half *half, const struct dns_message *m,
                        struct dns_pair *asked)
{
    struct dns_said said = {.client = ht_other(side), .answer = half};
    if (asked != NULL) {
        said.query = &asked->query;
    }
    struct dns_description *description = tell_now(state, e, side, &said, m);
    if (is_paired(state, half)) {
        dns_take_answer(state, e, said.client, half, m, asked, description);
    }
}

static void take_message(struct dns_state *state, struct ht_emitter *e, enum ht_side side,
                         struct dns_half *half)
{
    struct dns_message room;
    const struct dns_message *m = dns_read(state, e, half, &room);
    enum ht_side client         = half->gist.response ? ht_other(side) : side;
    struct dns_match match      = dns_find(state, client, half);
    claim(state, e, client, &half->gist);
    if (is_paired(state, half) ? dns_note_repeat(state, e, client, half, &match) : e->copy) {
        return;
    }
    if (half->gist.response) {
        take_answer(state, e, side, half, m, match.pair);
    } else {
        take_query(state, e, side, half, m, match.pair);
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
