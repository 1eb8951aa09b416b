#include "report/observe.h"

#include "analysis/audit/case.h"
#include "analysis/audit/suite.h"
#include "analysis/service/service.h"
#include "base/hash.h"
#include "report/clock.h"
#include "starttls/starttls.h"
#include "tls/session.h"

/* The connection at hand. */
struct observer {
    struct report_state *state;
    const struct ht_connection *connection;
    struct audit_case c;
    const struct starttls_details *starttls; /* NULL: none */
    struct report_sight sight;
    uint32_t server; /* index plus one */
    uint32_t ja4;
    uint64_t session; /* hash of both randoms; 0: one was not seen */
    uint8_t outcome;
};

uint64_t report_connection_number(struct ht_bytes id)
{
    uint64_t number = 0;
    for (size_t i = 2; i < id.len; i++) { /* after "c-" */
        uint8_t digit = id.ptr[i];
        number        = number << 4 | (uint64_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return number != 0 ? number : 1;
}

uint32_t report_host_of(struct report_state *state, const struct ht_address *address)
{
    uint8_t text[17];
    memcpy(text, address->bytes, 16);
    text[16] = address->version;
    return report_names_add(&state->names, ht_bytes(text, sizeof text));
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
    if (server->starttls == 0 && starttls != NULL) {
        server->starttls = report_names_add(&state->names, ht_text(starttls->protocol));
    }
    return report_table_index(&state->servers, server) + 1;
}

static const struct starttls_details *starttls_of(const struct ht_connection *c)
{
    if (c->details.type == &starttls_details_struct) {
        return c->details.object;
    }
    for (size_t i = 0; i < HT_MAX_CARRIERS; i++) {
        if (c->carriers[i].type == &starttls_details_struct) {
            return c->carriers[i].object;
        }
    }
    return NULL;
}

/*
 * How it ended
 */

static const struct tls_alert *fatal_alert(const struct tls_details *tls)
{
    const struct tls_alert *alerts = tls->alerts.items;
    for (size_t i = 0; i < tls->alerts.len; i++) {
        if (alerts[i].level != NULL && strcmp(alerts[i].level, "fatal") == 0) {
            return &alerts[i];
        }
    }
    return NULL;
}

static bool by_server(const struct ht_connection *c)
{
    return c->tcp != NULL && c->tcp->closed_by != NULL && c->tcp->closed_by[0] == 's';
}

/* Of a handshake without alert: what TCP tells. What the capture lacks is no failure. */
static enum report_outcome outcome_of_tcp(const struct observer *o)
{
    const struct ht_connection *c = o->connection;
    if (!ht_captured_whole(c) || c->tcp == NULL) {
        return REPORT_UNKNOWN;
    }
    const char *close = c->tcp->close;
    if (o->c.tls->server_hello == NULL && c->server->payload_bytes == 0 && !by_server(c)) {
        return REPORT_SILENCE;
    }
    if (close == NULL) {
        return REPORT_UNKNOWN;
    }
    return strcmp(close, "rst") == 0 ? REPORT_RESET : REPORT_CLOSED;
}

static void add_outcome(const struct observer *o, struct report_session_key *key)
{
    const struct tls_details *tls = o->c.tls;
    const struct tls_alert *alert = fatal_alert(tls);
    if (tls->established || tls->client_hello == NULL) {
        key->outcome = tls->established ? REPORT_ESTABLISHED : REPORT_UNKNOWN;
        return;
    }
    if (alert != NULL) {
        key->outcome = REPORT_ALERT;
        key->alert   = (uint8_t)(alert->encrypted ? 0 : alert->code + 1);
        key->flags |= alert->from != NULL && alert->from[0] == 's' ? REPORT_BY_SERVER : 0;
        return;
    }
    key->outcome = (uint8_t)outcome_of_tcp(o);
    key->flags |= by_server(o->connection) ? REPORT_BY_SERVER : 0;
}

/*
 * What is alike
 */

static uint16_t highest(uint16_t highest_yet, uint16_t version)
{
    uint16_t comparable = tls_comparable(version);
    return comparable <= TLS_13 && comparable > highest_yet ? comparable : highest_yet;
}

static uint16_t highest_offered(const struct tls_client_hello *hello)
{
    uint16_t version = 0;
    for (size_t i = 0; i < hello->supported_versions.len / 2; i++) {
        uint16_t each = ht_be16(hello->supported_versions, i);
        version       = ht_is_grease(each) ? version : highest(version, each);
    }
    return version != 0 ? version : highest(0, hello->legacy_version.id);
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
    const struct tls_details *tls = o->c.tls;
    return o->c.suite != NULL && o->c.suite->block_bits == SHORT_BLOCK &&
           (tls->client_data_bytes > MOST || tls->server_data_bytes > MOST);
}

static unsigned flags_of_tls(const struct observer *o)
{
    const struct tls_details *tls        = o->c.tls;
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

static uint32_t name_of_label(struct report_state *state, const char *label)
{
    return label != NULL ? report_names_add(&state->names, ht_text(label)) : 0;
}

static void add_tls(const struct observer *o, struct report_session_key *key)
{
    const struct tls_details *tls = o->c.tls;
    struct report_names *names    = &o->state->names;
    key->ja4                      = o->ja4;
    key->alpn                     = report_names_add(names, tls->alpn);
    key->key_exchange             = name_of_label(o->state, tls->key_exchange);
    key->post_quantum             = name_of_label(o->state, tls->post_quantum);
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

static void add_session(struct observer *o)
{
    const struct ht_connection *c = o->connection;
    const struct tls_details *tls = o->c.tls;
    struct report_session session = {
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
        add_tls(o, &session.key);
        add_clocks(tls, c->start_ns, &session);
    }
    session.key.flags |= ht_captured_whole(c) ? 0 : REPORT_PARTIAL;
    o->outcome = session.key.outcome;
    report_session_add(o->state, &session);
}

/*
 * What must not come twice
 */

enum { MOST_VALUES = 8 /* that are told of at once */ };

struct values {
    struct report_value items[MOST_VALUES];
    size_t len;
};

static void tell_values(const struct observer *o, struct values *values)
{
    report_values_add(o->state, values->items, values->len);
    values->len = 0;
}

static void add_value(const struct observer *o, struct values *values, enum report_kind kind,
                      uint16_t group, const uint8_t *bytes, uint64_t frame)
{
    static const uint8_t none[REPORT_VALUE];
    struct report_value value = {.key     = {.kind = (uint32_t)kind, .group = group},
                                 .session = o->session,
                                 .sight   = o->sight,
                                 .server  = o->server,
                                 .ja4     = o->ja4};
    value.sight.frame         = frame;
    value.sight.frame_2       = 0;
    memcpy(value.key.value, bytes, REPORT_VALUE);
    if (values->len == MOST_VALUES) {
        tell_values(o, values);
    }
    if (memcmp(bytes, none, REPORT_VALUE) != 0) {
        values->items[values->len++] = value;
    }
}

/* Bytes 4 to 19: the first four may be the time (RFC 5246 section 7.4.1.2), the last eight say of
 * a downgrade (RFC 8446 section 4.1.3). */
static void add_random(const struct observer *o, struct values *values, enum report_kind kind,
                       struct ht_bytes random, uint64_t frame)
{
    enum { SKIPPED = 4, RANDOM = 32 };
    if (random.len == RANDOM) {
        add_value(o, values, kind, 0, random.ptr + SKIPPED, frame);
    }
}

static void add_shares(const struct observer *o, struct values *values,
                       const struct tls_client_hello *hello)
{
    for (size_t i = 0; i < hello->key_share_ends.len / REPORT_VALUE; i++) {
        add_value(o, values, REPORT_CLIENT_SHARE, ht_be16(hello->key_share_groups, i),
                  hello->key_share_ends.ptr + i * REPORT_VALUE, hello->frame);
    }
}

static void add_values(const struct observer *o)
{
    const struct tls_details *tls                      = o->c.tls;
    const struct tls_client_hello *hello               = tls->client_hello;
    const struct tls_server_hello *answer              = tls->server_hello;
    const struct tls_server_key_exchange *key_exchange = o->c.key_exchange;
    if (o->session == 0 || hello == NULL || answer == NULL) {
        return;
    }
    struct values values;
    values.len = 0;
    add_random(o, &values, REPORT_CLIENT_RANDOM, hello->random, hello->frame);
    add_random(o, &values, REPORT_SERVER_RANDOM, answer->random, answer->frame);
    if (o->c.version >= TLS_13) {
        add_shares(o, &values, hello);
    }
    if (answer->key_share_end.len == REPORT_VALUE) {
        add_value(o, &values, REPORT_SERVER_SHARE, answer->key_share_group.id,
                  answer->key_share_end.ptr, answer->frame);
    }
    if (key_exchange != NULL && key_exchange->public_end.len == REPORT_VALUE) {
        add_value(o, &values, REPORT_SERVER_DH, key_exchange->group.id,
                  key_exchange->public_end.ptr, o->c.key_exchange_entry->frame);
    }
    if (hello->psk.len > 0 && hello->resumption_key != 0) {
        uint8_t identity[REPORT_VALUE] = {0};
        memcpy(identity, &hello->resumption_key, sizeof hello->resumption_key);
        add_value(o, &values, REPORT_TICKET, 0, identity, hello->frame);
    }
    tell_values(o, &values);
}

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
    struct report_latency *latency = timing != NULL && timing->handshake_ns != 0
                                         ? report_table_add(&o->state->latencies, &o->server)
                                         : NULL;
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
    const struct tls_client_hello *hello = o->c.tls->client_hello;
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
    const struct tls_chains *chains = o->c.tls->certificates;
    for (size_t i = 0; chains != NULL && i < chains->server.len && i < LONGEST; i++) {
        add_certificate(o, chains->server.items[i], o->c.certificate_frame,
                        i == 0 ? o->c.facts : NULL);
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
        .rule = report_rule_of(o->state, finding), .server = o->server, .ja4 = o->ja4};
}

static void add_finding(const struct observer *o, const struct ht_finding *finding)
{
    struct report_state *state  = o->state;
    struct report_finding added = {
        .key      = key_of(o, finding),
        .severity = finding->severity != NULL ? (uint32_t)ht_severity_of(finding->severity) : 0,
        .count    = 1,
        .span     = {o->sight.time_ns, o->sight.time_ns}};
    struct report_proof *proof = &added.proofs[0];
    proof->sight               = o->sight;
    proof->server              = o->server;
    proof->evidence            = finding->evidence;
    for (size_t i = 0; i < finding->frames.len && i < HT_ARRAY_LEN(proof->frames); i++) {
        proof->frames[proof->num_frames++] = finding->frames.items[i];
    }
    report_finding_add(state, &added);
}

static void count(const struct observer *o, enum report_subject subject, bool judged, unsigned need)
{
    struct ht_audit_count *counts = &o->state->counts[subject];
    counts->judged += judged ? 1 : 0;
    counts->unobservable[o->c.lacks[__builtin_ctz(need)]] += judged ? 0 : 1;
}

static void count_subjects(const struct observer *o)
{
    const struct audit_case *c = &o->c;
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
    counts->unobservable[HT_UNOBSERVABLE_NO_DNS] += (o->c.has & AUDIT_DNS) == 0 ? 1 : 0;
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
    const struct tls_details *tls = o->c.tls;
    o->state->totals.tls_connections++;
    if (tls->client_hello != NULL && tls->server_hello != NULL) {
        o->session = ht_hash(tls->client_hello->random, ht_hash(tls->server_hello->random, 1)) | 1;
    }
    add_values(o);
    add_certificates(o);
    add_latency(o);
    report_clock_observe(o->state, &o->c, &o->sight, o->server);
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

static void add_findings(const struct observer *o)
{
    const struct ht_finding *findings = o->connection->findings.items;
    for (size_t i = 0; i < o->connection->findings.len; i++) {
        const struct report_finding_key key = key_of(o, &findings[i]);
        report_table_prefetch(&o->state->findings, &key);
    }
    for (size_t i = 0; i < o->connection->findings.len; i++) {
        add_finding(o, &findings[i]);
    }
}

void report_observe(struct report_state *state, const struct ht_connection *c)
{
    struct observer o = {.state = state, .connection = c, .starttls = starttls_of(c)};
    count_totals(state, c);
    bool tls = c->details.type == &tls_details_struct;
    if (!tls && o.starttls == NULL && c->findings.len == 0) {
        return;
    }
    o.server = server_of(state, c, o.starttls);
    if (o.server == 0) {
        state->totals.left_out++;
        state->totals.findings_left_out += c->findings.len;
        return;
    }
    o.sight = (struct report_sight){.time_ns = c->start_ns,
                                    .id      = report_connection_number(c->id),
                                    .source  = report_names_add(&state->names, c->source),
                                    .host    = report_host_of(state, &c->client->ip)};
    audit_look(&o.c, state->settings, c);
    if (o.c.tls != NULL && o.c.tls->client_hello != NULL) {
        o.ja4         = report_names_add(&state->names, o.c.tls->client_hello->ja4);
        o.sight.frame = o.c.tls->client_hello->frame;
    }
    if (o.c.tls != NULL && o.c.tls->server_hello != NULL) {
        o.sight.frame_2 = o.c.tls->server_hello->frame;
    }
    if (o.starttls != NULL) {
        observe_starttls(&o);
    }
    add_session(&o);
    if (o.c.tls != NULL) {
        observe_tls(&o);
    }
    add_findings(&o);
}
