#include "report/observe.h"

#include "analysis/audit/suite.h"
#include "analysis/service/service.h"
#include "base/fetch.h"
#include "base/hash.h"
#include "report/clock.h"
#include "tls/session.h"

uint64_t report_connection_number(struct ht_bytes id)
{
    uint64_t number = 0;
    for (size_t i = 2; i < id.len; i++) { /* after "c-" */
        uint8_t digit = id.ptr[i];
        number        = number << 4 | (uint64_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return number != 0 ? number : 1;
}

static struct report_host host_of(const struct ht_address *address)
{
    struct report_host host = {.version = address->version};
    memcpy(host.address, address->bytes, sizeof host.address);
    return host;
}

uint32_t report_host_of(struct report_state *state, const struct ht_address *address)
{
    const struct report_host host = host_of(address);
    return report_host_add(state, &host);
}

/* Mostly that of the connection before. */
static uint32_t source_of(struct report_state *state, struct ht_bytes source)
{
    if (!ht_bytes_equal(report_names_text(&state->names, state->source), source)) {
        state->source = report_names_add(&state->names, source);
    }
    return state->source;
}

static uint32_t server_of(struct report_state *state, const struct ht_connection *c,
                          const struct starttls_details *starttls)
{
    struct report_server_key key = {.version = c->server->ip.version,
                                    .udp     = c->transport[0] == 'u',
                                    .port    = c->server->port,
                                    .name    = report_names_add(&state->names, c->server_name)};
    memcpy(key.address, c->server->ip.bytes, sizeof key.address);
    struct report_server *server = report_table_add(&state->servers, &key);
    if (server == NULL) {
        return 0;
    }
    /* It has no protocol where TLS followed before anything of it was whole. */
    if (starttls != NULL) {
        report_server_begins(state, server, report_label_of(state, starttls->protocol));
    }
    return report_table_index(&state->servers, server) + 1;
}

/*
 * How it ended
 */

static enum report_outcome outcome_of(const struct tls_failure *failure)
{
    static const struct {
        const char *how;
        enum report_outcome outcome;
    } outcomes[] = {{"alert", REPORT_ALERT},
                    {"encrypted_alert", REPORT_ALERT},
                    {"reset", REPORT_RESET},
                    {"closed", REPORT_CLOSED},
                    {"no_answer", REPORT_SILENCE}};
    for (size_t i = 0; failure != NULL && i < HT_ARRAY_LEN(outcomes); i++) {
        if (strcmp(failure->how, outcomes[i].how) == 0) {
            return outcomes[i].outcome;
        }
    }
    return REPORT_UNKNOWN;
}

static void add_outcome(const struct observer *o, struct report_session_key *key)
{
    const struct tls_details *tls     = o->c->tls;
    const struct tls_failure *failure = tls->failure;
    key->outcome = (uint8_t)(tls->established ? REPORT_ESTABLISHED : outcome_of(failure));
    if (failure != NULL) {
        key->alert = (uint8_t)(failure->alert.len > 0 ? failure->code + 1 : 0);
        key->flags |= failure->by != NULL && failure->by[0] == 's' ? REPORT_BY_SERVER : 0;
    }
}

/*
 * What is alike
 */

static uint16_t highest(uint16_t highest_yet, uint16_t version)
{
    uint16_t comparable = tls_comparable(version);
    return comparable <= TLS_13 && comparable > highest_yet ? comparable : highest_yet;
}

/* 0: nobody knows, for the hello was cut before it would say, and so has no JA4; those in the form
 * of SSL 2.0 never have one. */
static uint16_t highest_offered(const struct tls_client_hello *hello)
{
    enum { SSL_20 = 0x0002 };
    uint16_t version = 0;
    bool whole       = hello->ja4.len > 0 || hello->record_version.id == SSL_20;
    for (size_t i = 0; i < hello->supported_versions.len / 2; i++) {
        uint16_t each = ht_be16(hello->supported_versions, i);
        version       = ht_is_grease(each) ? version : highest(version, each);
    }
    return version != 0 || !whole ? version : highest(0, hello->legacy_version.id);
}

/* The ClientHello does not fit in one packet. */
static bool is_large(const struct ht_connection *c, const struct tls_client_hello *hello)
{
    enum { HEADERS = 5 + 4, USUAL_MSS = 1400 };
    const struct ht_tcp_options *server = c->tcp != NULL ? c->tcp->server_options : NULL;
    size_t mss = server != NULL && server->mss != 0 ? server->mss : USUAL_MSS;
    return hello->body_bytes + HEADERS > mss;
}

static unsigned flags_of_starttls(const struct starttls_details *s, bool tls)
{
    if (s == NULL) {
        return 0;
    }
    unsigned flags = s->offered ? REPORT_OFFERS : 0;
    flags |= !s->offered && s->offer_unknown == NULL ? REPORT_OFFERS_NOT : 0;
    flags |= tls || s->accepted ? REPORT_UPGRADED : 0;
    flags |= s->plaintext_authentication ? REPORT_CLEAR : 0;
    return flags;
}

/* SP 800-67 revision 2 section 3.1: no more than 2^20 blocks of 8 bytes on one key. */
static bool is_much(const struct observer *o)
{
    enum { SHORT_BLOCK = 64, MOST = 8 << 20 };
    const struct tls_details *tls = o->c->tls;
    return o->c->suite != NULL && o->c->suite->block_bits == SHORT_BLOCK &&
           (tls->client_data_bytes > MOST || tls->server_data_bytes > MOST);
}

static unsigned flags_of_tls(const struct observer *o)
{
    const struct tls_details *tls        = o->c->tls;
    const struct tls_client_hello *hello = tls->client_hello;
    unsigned flags                       = tls->resumed ? REPORT_RESUMED : 0;
    flags |= tls->server_hello != NULL ? REPORT_ANSWERED : 0;
    flags |= tls->hello_retry_request ? REPORT_RETRIED : 0;
    flags |= is_much(o) ? REPORT_MUCH : 0;
    flags |=
        tls->certificates != NULL && tls->certificates->server.len > 0 ? REPORT_CERTIFICATES : 0;
    if (hello != NULL) {
        flags |= REPORT_HELLO | (is_large(o->connection, hello) ? REPORT_LARGE : 0);
        flags |= hello->psk.len > 0 || hello->session_ticket_bytes > 0 || tls->resumed
                     ? REPORT_TICKETS
                     : 0;
    }
    return flags;
}

static void add_tls(const struct observer *o, struct report_session_key *key)
{
    const struct tls_details *tls = o->c->tls;
    struct report_names *names    = &o->state->names;
    key->ja4                      = o->ja4;
    key->alpn                     = report_names_add(names, tls->alpn);
    key->key_exchange             = report_label_of(o->state, tls->key_exchange);
    key->post_quantum             = report_label_of(o->state, tls->post_quantum);
    key->version                  = tls->version.set ? tls->version.id : 0;
    key->suite                    = tls->cipher_suite.set ? tls->cipher_suite.id + 1U : 0;
    key->group                    = tls->group.set ? tls->group.id : 0;
    key->scheme                   = tls->signature_scheme.set ? tls->signature_scheme.id : 0;
    key->offered = tls->client_hello != NULL ? highest_offered(tls->client_hello) : 0;
    key->ech     = report_ech_of(tls);
    key->flags |= (uint16_t)(flags_of_tls(o) | report_flags_of_service(o->connection, tls));
    if (tls->certificates != NULL && tls->certificates->server.len > 0) {
        key->certificate = report_names_add(names, tls->certificates->server.items[0]);
    }
    add_outcome(o, key);
}

static void add_clocks(const struct tls_details *tls, int64_t time_ns, struct report_session *out)
{
    if (tls->client_hello != NULL) {
        out->client_clock = report_random_time_of(tls->client_hello->random, time_ns);
    }
    if (tls->server_hello != NULL) {
        out->server_clock = report_random_time_of(tls->server_hello->random, time_ns);
    }
}

static void make_session(struct observer *o, struct report_session *out)
{
    const struct ht_connection *c = o->connection;
    const struct tls_details *tls = o->c->tls;
    *out                          = (struct report_session){
                                 .key           = {.server   = o->server,
                                                   .host     = o->sight.host,
                                                   .protocol = report_names_add(&o->state->names, c->protocol),
                                                   .flags    = (uint16_t)flags_of_starttls(o->starttls, tls != NULL)},
                                 .connections   = 1,
                                 .client_bytes  = c->client->bytes,
                                 .server_bytes  = c->server->bytes,
                                 .data_bytes    = tls != NULL ? tls->client_data_bytes + tls->server_data_bytes : 0,
                                 .exposed_bytes = tls != NULL ? tls->harvestable_bytes : 0,
                                 .span          = {c->start_ns, c->end_ns},
                                 .sights        = {.items = {o->sight}}};
    if (tls != NULL) {
        add_tls(o, &out->key);
        add_clocks(tls, c->start_ns, out);
    }
    out->key.flags |= ht_captured_whole(c) ? 0 : REPORT_PARTIAL;
    o->outcome = out->key.outcome;
}

/*
 * Tickets, times, certificates
 */

/* RFC 5077's tickets, which begin with the name of the key that encrypts them. */
static void add_tickets(const struct observer *o)
{
    const struct ht_timeline_entry *entries = o->connection->timeline.items;
    for (size_t i = 0; i < o->connection->timeline.len; i++) {
        const struct tls_new_session_ticket *event = entries[i].object;
        if (entries[i].type != &tls_new_session_ticket_event || event == NULL ||
            event->key_name.len != REPORT_VALUE) {
            continue;
        }
        struct report_ticket ticket = {.key = {.server = o->server}, .count = 1, .first = o->sight};
        ticket.first.frame          = entries[i].frame;
        ticket.first.frame_2        = 0;
        ticket.first.time_ns += entries[i].t_ns;
        ticket.last = ticket.first;
        memcpy(ticket.key.key_name, event->key_name.ptr, REPORT_VALUE);
        report_ticket_add(o->state, &ticket);
    }
}

static void add_latency(const struct observer *o)
{
    const struct ht_timing *timing = o->connection->timing;
    struct report_latency *latency =
        timing != NULL && timing->handshake_ns != 0 ? report_latency_of(o->state, o->server) : NULL;
    if (latency != NULL) {
        const struct ht_tcp_summary *tcp = o->connection->tcp;
        const struct report_slow slow    = {.sight        = o->sight,
                                            .handshake_ns = timing->handshake_ns,
                                            .rtt_ns       = tcp != NULL ? tcp->rtt_ns : 0,
                                            .think_ns     = timing->server_think_ns};
        latency->buckets[report_bucket_of(timing->handshake_ns)]++;
        report_slow_add(latency, &slow);
    }
}

static void add_offer(const struct observer *o)
{
    const struct tls_client_hello *hello = o->c->tls->client_hello;
    const struct report_offer *known     = report_table_find(&o->state->offers, &o->ja4);
    if (o->ja4 == 0 || (known != NULL && !report_sight_before(&o->sight, &known->sight))) {
        return;
    }
    struct report_names *names      = &o->state->names;
    const struct report_offer offer = {.ja4    = o->ja4,
                                       .suites = report_names_add(names, hello->cipher_suites),
                                       .versions =
                                           report_names_add(names, hello->supported_versions),
                                       .groups = report_names_add(names, hello->groups),
                                       .sight  = o->sight};
    report_offer_add(o->state, &offer);
}

/* That a certificate was sent; `facts` of the chain that it is the leaf of, or NULL. */
static void add_certificate(const struct observer *o, struct ht_bytes sha256, uint64_t frame,
                            const struct ht_chain_facts *facts)
{
    struct report_certificate seen   = {.span          = {o->sight.time_ns, o->sight.time_ns},
                                        .sight         = o->sight,
                                        .public_anchor = facts != NULL && facts->public_anchor,
                                        .judged        = facts != NULL && facts->trust_known};
    struct report_certificate *entry = sha256.len == sizeof seen.sha256
                                           ? report_table_add(&o->state->certificates, sha256.ptr)
                                           : NULL;
    if (entry != NULL) {
        memcpy(seen.sha256, sha256.ptr, sizeof seen.sha256);
        seen.sight.frame   = frame != 0 ? frame : seen.sight.frame;
        seen.sight.frame_2 = 0;
        report_certificate_merge(entry, &seen);
    }
}

static void add_certificates(const struct observer *o)
{
    enum { LONGEST = 16 /* chain that is looked at */ };
    const struct tls_chains *chains = o->c->tls->certificates;
    for (size_t i = 0; chains != NULL && i < chains->server.len && i < LONGEST; i++) {
        add_certificate(o, chains->server.items[i], o->c->certificate_frame,
                        i == 0 ? o->c->facts : NULL);
    }
    for (size_t i = 0; chains != NULL && i < chains->client.len && i < LONGEST; i++) {
        add_certificate(o, chains->client.items[i], 0, NULL);
    }
}

/*
 * Findings and counts
 */

static struct report_finding_key key_of(const struct observer *o, const struct ht_finding *finding)
{
    return (struct report_finding_key){
        .rule = report_rule_of(o->state, finding, &o->sight), .server = o->server, .ja4 = o->ja4};
}

static void add_proof(const struct observer *o, const struct ht_finding *from,
                      struct report_finding *to)
{
    struct report_proof proof = {
        .sight = o->sight, .server = o->server, .evidence = from->evidence};
    for (size_t i = 0; i < from->frames.len && i < HT_ARRAY_LEN(proof.frames); i++) {
        proof.frames[proof.num_frames++] = from->frames.items[i];
    }
    report_proof_add(o->state, to, &proof);
}

/* A finding that is sought in the table. */
struct sought {
    struct report_finding_key key;
    uint64_t hash;
};

/* `to`: NULL, there is no room for its rule. */
static void add_case(const struct observer *o, const struct ht_finding *from,
                     struct report_finding *to)
{
    const struct report_span span = {o->sight.time_ns, o->sight.time_ns};
    const uint32_t severity = from->severity != NULL ? (uint32_t)ht_severity_of(from->severity) : 0;
    if (to == NULL) {
        return;
    }
    report_finding_count(to, severity, 1, &span);
    if (report_proof_is_kept(to, &o->sight)) {
        add_proof(o, from, to);
    }
}

static void count(const struct observer *o, enum report_subject subject, bool judged, unsigned need)
{
    struct ht_audit_count *counts = &o->state->counts[subject];
    counts->judged += judged ? 1 : 0;
    counts->unobservable[o->c->lacks[__builtin_ctz(need)]] += judged ? 0 : 1;
}

static void count_subjects(const struct observer *o)
{
    const struct audit_case *c = o->c;
    bool full                  = !c->tls->resumed;
    bool ephemeral = c->tls->key_exchange != NULL && strstr(c->tls->key_exchange, "DHE") != NULL;
    count(o, REPORT_OF_RANDOMS, o->session != 0,
          (c->has & AUDIT_OFFER) == 0 ? AUDIT_OFFER : AUDIT_ANSWER);
    if (c->version >= TLS_13 || c->version == 0) {
        count(o, REPORT_OF_SHARES, c->version >= TLS_13, AUDIT_ANSWER);
    }
    if (ephemeral && full && c->version < TLS_13) {
        count(o, REPORT_OF_DH, c->key_exchange != NULL, AUDIT_KEY_EXCHANGE);
    }
    if (full) {
        count(o, REPORT_OF_CERTIFICATES,
              c->certificate_frame != 0 && (c->lost & AUDIT_CERTIFICATE) == 0, AUDIT_CERTIFICATE);
        count(o, REPORT_OF_TRUST, (c->has & AUDIT_TRUST) != 0, AUDIT_TRUST);
    }
    count(o, REPORT_OF_SUITES, (c->has & AUDIT_ANSWER) != 0, AUDIT_ANSWER);
    count(o, REPORT_OF_OFFERS, (c->has & AUDIT_OFFER) != 0, AUDIT_OFFER);
    count(o, REPORT_OF_HANDSHAKES, o->outcome != REPORT_UNKNOWN, AUDIT_FINISHED);
    bool timed = o->connection->timing != NULL && o->connection->timing->handshake_ns != 0;
    count(o, REPORT_OF_TIMES, timed, AUDIT_FINISHED);
    if (c->tls->established && c->version >= TLS_13) {
        o->state->counts[REPORT_OF_TICKETS].unobservable[HT_UNOBSERVABLE_ENCRYPTED]++;
    } else if (c->answer != NULL && c->answer->session_ticket) {
        o->state->counts[REPORT_OF_TICKETS].judged++;
    }
}

/* A rule across connections looks at what is looked up. */
static void count_service(const struct observer *o)
{
    struct ht_audit_count *counts = &o->state->counts[REPORT_OF_SERVICES];
    bool told                     = o->connection->service != NULL;
    counts->judged += told && o->connection->service->https != NULL ? 1 : 0;
    counts->unobservable[HT_UNOBSERVABLE_NO_DNS] += (o->c->has & AUDIT_DNS) == 0 ? 1 : 0;
}

static void count_totals(struct report_state *state, const struct ht_connection *c)
{
    const struct ht_capture_quality *q = c->capture;
    struct report_totals *t            = &state->totals;
    t->connections++;
    t->incomplete += q->missing_bytes > 0;
    t->one_sided += q->one_sided;
    t->truncated += q->truncated_frames > 0;
    t->limited += q->limit_reached;
    t->midstream += c->tcp != NULL && c->tcp->midstream;
    report_widen(&state->span, c->start_ns);
    report_widen(&state->span, c->end_ns);
}

static void observe_tls(struct observer *o)
{
    const struct tls_details *tls = o->c->tls;
    o->state->totals.tls_connections++;
    add_certificates(o);
    add_latency(o);
    report_clock_observe(o->state, o->c, &o->sight, o->server);
    if (tls->client_hello != NULL) {
        add_offer(o);
    }
    if (tls->server_hello != NULL && tls->server_hello->session_ticket) {
        add_tickets(o);
    }
    count_subjects(o);
    count_service(o);
}

static void observe_starttls(struct observer *o)
{
    const struct starttls_details *s = o->starttls;
    uint64_t frame = s->authentication_frame != 0 ? s->authentication_frame : s->command_frame;
    o->sight.frame = o->sight.frame != 0 ? o->sight.frame : frame;
    count(o, REPORT_OF_STARTTLS, s->offered || s->offer_unknown == NULL, AUDIT_WHOLE);
}

enum { MOST_FINDINGS = 32 /* that are sought at once */ };

/* The findings from `first` on, as many as there is room for; they come out of memory meanwhile. */
static size_t seek_findings(const struct observer *o, size_t first,
                            struct sought sought[MOST_FINDINGS])
{
    const struct report_table *table  = &o->state->findings;
    const struct ht_finding *findings = o->connection->findings.items;
    size_t num                        = o->connection->findings.len - first;
    num                               = num < MOST_FINDINGS ? num : MOST_FINDINGS;
    for (size_t i = 0; i < num; i++) {
        sought[i].key  = key_of(o, &findings[first + i]);
        sought[i].hash = report_table_hash(table, &sought[i].key);
        report_table_prefetch(table, sought[i].hash);
    }
    return num;
}

/* `sought`: the first `num`. */
static void add_findings(const struct observer *o, struct sought sought[MOST_FINDINGS], size_t num)
{
    const struct ht_finding *findings = o->connection->findings.items;
    for (size_t first = 0; num > 0; first += num, num = seek_findings(o, first, sought)) {
        for (size_t i = 0; i < num; i++) {
            report_table_prefetch_entry(&o->state->findings, sought[i].hash);
        }
        for (size_t i = 0; i < num; i++) {
            add_case(o, &findings[first + i],
                     report_finding_of(o->state, &sought[i].key, sought[i].hash, 1));
        }
    }
}

/* What was kept of the server's times comes out of memory meanwhile. */
static void prefetch_latency(const struct observer *o)
{
    const struct ht_timing *timing = o->connection->timing;
    const uint32_t number          = report_server_at(o->state, o->server)->latency;
    if (number != 0 && timing != NULL) {
        const struct report_latency *latency = report_table_at(&o->state->latencies, number - 1);
        ht_fetch(&latency->buckets[report_bucket_of(timing->handshake_ns)]);
        ht_fetch(&latency->slowest[REPORT_EXAMPLES - 1]);
        ht_fetch(&latency->slowest[REPORT_EXAMPLES - 1].handshake_ns);
    }
}

/* What of the connection is kept many times. False: there is no room for its server, 0. */
static bool look(struct observer *o)
{
    struct report_state *state    = o->state;
    const struct ht_connection *c = o->connection;
    const struct report_host host = host_of(&c->client->ip);
    report_names_prefetch(&state->names, c->server_name);
    report_table_prefetch(&state->hosts, report_table_hash(&state->hosts, &host));
    o->c = c->audit_case;
    if (o->c == NULL) {
        audit_look(&o->own_case, state->settings, c);
        o->c = &o->own_case;
    }
    o->sight  = (struct report_sight){.time_ns = c->start_ns,
                                      .id      = report_connection_number(c->id),
                                      .source  = source_of(state, c->source),
                                      .host    = report_host_add(state, &host)};
    o->server = server_of(state, c, o->starttls);
    if (o->server == 0) {
        return false;
    }
    prefetch_latency(o);
    if (o->c->tls != NULL && o->c->tls->client_hello != NULL) {
        o->ja4         = report_names_add(&state->names, o->c->tls->client_hello->ja4);
        o->sight.frame = o->c->tls->client_hello->frame;
    }
    if (o->c->tls != NULL && o->c->tls->server_hello != NULL) {
        o->sight.frame_2 = o->c->tls->server_hello->frame;
    }
    if (o->c->tls != NULL && o->c->tls->client_hello != NULL && o->c->tls->server_hello != NULL) {
        o->session =
            ht_hash(o->c->tls->client_hello->random, ht_hash(o->c->tls->server_hello->random, 1)) |
            1;
    }
    return true;
}

/* Counts in what is told of all together. */
static void leave_out(struct observer *o)
{
    const struct ht_finding *findings = o->connection->findings.items;
    struct report_session session;
    make_session(o, &session);
    report_session_add(o->state, &session);
    o->state->totals.tls_connections += o->c->tls != NULL;
    o->state->totals.findings_left_out += o->connection->findings.len;
    for (size_t i = 0; i < o->connection->findings.len; i++) {
        const uint32_t rule = report_rule_of(o->state, &findings[i], &o->sight);
        add_case(o, &findings[i], report_finding_of_rest(o->state, rule));
    }
}

void report_observe(struct report_state *state, const struct ht_connection *c)
{
    struct observer o = {.state      = state,
                         .connection = c,
                         .starttls   = ht_connection_details(c, &starttls_details_struct)};
    struct report_session session;
    struct sought sought[MOST_FINDINGS];
    struct report_values values;
    count_totals(state, c);
    bool tls = c->details.type == &tls_details_struct;
    if (!tls && o.starttls == NULL && c->findings.len == 0) {
        return;
    }
    if (!look(&o)) {
        leave_out(&o);
        return;
    }
    if (o.starttls != NULL) {
        observe_starttls(&o);
    }
    values.len = 0;
    if (o.c->tls != NULL) {
        observe_values(&o, &values);
    }
    size_t num_sought = seek_findings(&o, 0, sought);
    make_session(&o, &session);
    report_session_prefetch(state, &session);
    if (o.c->tls != NULL) {
        observe_tls(&o);
    }
    report_values_add(state, &values);
    report_session_add(state, &session);
    add_findings(&o, sought, num_sought);
}
