#include "report/state.h"

#include "report/lists.h"

#define INIT(a_table, owner, the_key, bytes)                                                       \
    (a_table).entry_size = sizeof(struct owner);                                                   \
    (a_table).key_size   = sizeof(((struct owner *)NULL)->the_key);                                \
    (a_table).max_bytes  = (bytes)

enum { NUM_TABLES = 18 };

static void list_tables(struct report_state *state, struct report_table *tables[NUM_TABLES])
{
    struct report_table *const all[] = {
        &state->servers,        &state->hosts,        &state->sessions,      &state->rules,
        &state->findings,       &state->certificates, &state->repeats,       &state->tickets,
        &state->latencies,      &state->offers,       &state->values[0],     &state->values[1],
        &state->names.table,    &state->lookups,      &state->rest_sessions, &state->rest_findings,
        &state->rule_ids.table, &state->showings};
    _Static_assert(HT_ARRAY_LEN(all) == NUM_TABLES, "each has its place");
    memcpy(tables, all, sizeof all);
}

/* All that a state owns counts in its own budget. */
static void own_all(struct report_state *state)
{
    struct report_table *tables[NUM_TABLES];
    list_tables(state, tables);
    for (size_t i = 0; i < NUM_TABLES; i++) {
        tables[i]->budget = &state->budget;
    }
    state->rest_sessions.budget = state->rest_findings.budget = NULL;
    state->rules.budget = state->rule_ids.table.budget = NULL;
    state->arena.budget                                = &state->budget;
    state->names.arena.budget                          = &state->budget;
}

/* Where memory lies is secret enough; no result depends on it. */
static void seed_all(struct report_state *state)
{
    struct report_table *tables[NUM_TABLES];
    list_tables(state, tables);
    for (size_t i = 0; i < NUM_TABLES; i++) {
        tables[i]->seed = (uintptr_t)state;
    }
}

void report_state_init(struct report_state *state, const struct ht_analysis_settings *settings)
{
    *state = (struct report_state){
        .settings = settings, .budget = {.max = REPORT_MAX_BYTES}, .span = {INT64_MAX, INT64_MIN}};
    INIT(state->names.table, report_name, key, REPORT_NAMES_BYTES);
    state->names.table.hashed = true;
    INIT(state->rule_ids.table, report_name, key, REPORT_REST_BYTES);
    state->rule_ids.table.hashed = true;
    INIT(state->hosts, report_host, address, REPORT_HOSTS_BYTES);
    state->hosts.key_size = sizeof(struct report_host);
    INIT(state->servers, report_server, key, REPORT_SERVERS_BYTES);
    INIT(state->sessions, report_session, key, REPORT_SESSIONS_BYTES);
    INIT(state->rules, report_rule, id_number, REPORT_REST_BYTES);
    INIT(state->findings, report_finding, key, REPORT_FINDINGS_BYTES);
    INIT(state->certificates, report_certificate, sha256, REPORT_OTHERS_BYTES);
    INIT(state->repeats, report_repeat, key, REPORT_REPEATS_BYTES);
    INIT(state->showings, report_showing, session, REPORT_OTHERS_BYTES);
    state->showings.key_size = sizeof(struct report_showing);
    INIT(state->tickets, report_ticket, key, REPORT_OTHERS_BYTES);
    INIT(state->latencies, report_latency, server, REPORT_OTHERS_BYTES);
    INIT(state->offers, report_offer, ja4, REPORT_OTHERS_BYTES);
    INIT(state->lookups, report_lookup, key, REPORT_OTHERS_BYTES);
    INIT(state->rest_sessions, report_session, key, REPORT_REST_BYTES);
    INIT(state->rest_findings, report_finding, key, REPORT_REST_BYTES);
    INIT(state->values[0], report_value, key, REPORT_SIGHTS_BYTES);
    INIT(state->values[1], report_value, key, REPORT_SIGHTS_BYTES);
    own_all(state);
    seed_all(state);
}

void report_state_shed(struct report_state *state)
{
    struct report_table *tables[NUM_TABLES];
    list_tables(state, tables);
    for (size_t i = 0; i < NUM_TABLES; i++) {
        if (tables[i] != &state->names.table && tables[i] != &state->certificates) {
            report_table_free(tables[i]);
        }
    }
}

void report_state_free(struct report_state *state)
{
    struct report_table *tables[NUM_TABLES];
    list_tables(state, tables);
    for (size_t i = 0; i < NUM_TABLES; i++) {
        report_table_free(tables[i]);
    }
    report_names_free(&state->names);
    ht_arena_clear(&state->rule_ids.arena);
    ht_arena_clear(&state->arena);
    ht_budget_free(&state->budget);
}

void report_state_move(struct report_state *to, struct report_state *from)
{
    const struct ht_analysis_settings *settings = to->settings;
    *to                                         = *from;
    to->settings                                = settings;
    own_all(to);
    report_state_init(from, from->settings);
}

void report_server_begins(const struct report_state *state, struct report_server *server,
                          uint32_t protocol)
{
    const uint32_t known = server->starttls;
    if (known == 0 || (protocol != 0 && protocol != known &&
                       report_compare_bytes(report_names_text(&state->names, protocol),
                                            report_names_text(&state->names, known)) < 0)) {
        server->starttls = protocol;
    }
}

uint32_t report_host_add(struct report_state *state, const struct report_host *host)
{
    const struct report_host *known = report_table_add(&state->hosts, host);
    return known != NULL ? report_table_index(&state->hosts, known) + 1 : 0;
}

void report_widen(struct report_span *span, int64_t time_ns)
{
    span->first_ns = time_ns < span->first_ns ? time_ns : span->first_ns;
    span->last_ns  = time_ns > span->last_ns ? time_ns : span->last_ns;
}

void report_widen_by(struct report_span *span, const struct report_span *more)
{
    report_widen(span, more->first_ns);
    report_widen(span, more->last_ns);
}

bool report_sight_before(const struct report_sight *a, const struct report_sight *b)
{
    if (a->id == 0 || b->id == 0) {
        return a->id != 0;
    }
    if (a->time_ns != b->time_ns) {
        return a->time_ns < b->time_ns;
    }
    if (a->id != b->id) {
        return a->id < b->id;
    }
    return a->frame != b->frame ? a->frame < b->frame : a->source < b->source;
}

static bool same_sight(const struct report_sight *a, const struct report_sight *b)
{
    return a->id == b->id && a->time_ns == b->time_ns && a->frame == b->frame;
}

void report_sights_add(struct report_sights *sights, const struct report_sight *sight)
{
    struct report_sight each = *sight, *items = sights->items;
    for (size_t i = 0; i < REPORT_EXAMPLES && each.id != 0; i++) {
        if (same_sight(&items[i], &each)) {
            items[i] = report_sight_before(&each, &items[i]) ? each : items[i];
            return;
        }
        if (report_sight_before(&each, &items[i])) {
            struct report_sight later = items[i];
            items[i]                  = each;
            each                      = later;
        }
    }
}

/* By which it is found. */
static struct report_session_key key_of(const struct report_state *state,
                                        const struct report_session *session)
{
    struct report_session_key key = session->key;
    if (state->sessions.len >= REPORT_MANY_SESSIONS) {
        key.host = 0;
    }
    return key;
}

void report_session_prefetch(const struct report_state *state, const struct report_session *session)
{
    const struct report_session_key key = key_of(state, session);
    report_table_prefetch(&state->sessions, report_table_hash(&state->sessions, &key));
}

/* False: no room. */
static bool add_session(struct report_table *table, const struct report_session_key *key,
                        const struct report_session *more)
{
    struct report_session *session = report_table_add(table, key);
    if (session == NULL) {
        return false;
    }
    if (session->connections == 0) {
        *session     = *more;
        session->key = *key;
        return true;
    }
    session->connections += more->connections;
    session->client_bytes += more->client_bytes;
    session->server_bytes += more->server_bytes;
    session->data_bytes += more->data_bytes;
    session->exposed_bytes += more->exposed_bytes;
    report_random_time_add(&session->client_clock, &more->client_clock);
    report_random_time_add(&session->server_clock, &more->server_clock);
    report_widen_by(&session->span, &more->span);
    for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
        report_sights_add(&session->sights, &more->sights.items[i]);
    }
    return true;
}

/* No more than the totals tell of: there are few kinds. */
void report_session_add_rest(struct report_state *state, const struct report_session *more)
{
    const struct report_session_key key = {
        .protocol     = more->key.protocol,
        .post_quantum = more->key.post_quantum,
        .version      = more->key.version,
        .flags        = (uint16_t)(more->key.flags & (REPORT_RESUMED | REPORT_BY_SERVER)),
        .outcome      = more->key.outcome,
        .alert        = more->key.alert};
    (void)add_session(&state->rest_sessions, &key, more);
}

void report_session_add(struct report_state *state, const struct report_session *more)
{
    const struct report_session_key key = key_of(state, more);
    if (key.server == 0 || !add_session(&state->sessions, &key, more)) {
        state->totals.left_out += more->connections;
        report_session_add_rest(state, more);
    }
}

void report_lookup_add(struct report_state *state, const struct report_lookup *more)
{
    struct report_lookup *lookup = report_table_add(&state->lookups, &more->key);
    if (lookup != NULL) {
        lookup->count += more->count;
        for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
            report_sights_add(&lookup->sights, &more->sights.items[i]);
        }
    }
}

enum { LOWEST_OCTAVE = 16 /* 65 µs: what is quicker counts as that */, QUARTERS = 4, EIGHTHS = 8 };

size_t report_bucket_of(uint64_t ns)
{
    if (ns < UINT64_C(1) << LOWEST_OCTAVE) {
        return 0;
    }
    unsigned octave = 63 - (unsigned)__builtin_clzll(ns);
    size_t bucket   = (size_t)(octave - LOWEST_OCTAVE) * QUARTERS + (ns >> (octave - 2) & 3);
    return bucket < REPORT_BUCKETS ? bucket : REPORT_BUCKETS - 1;
}

uint64_t report_bucket_ns(size_t bucket)
{
    uint64_t octave = UINT64_C(1) << (LOWEST_OCTAVE + bucket / QUARTERS);
    return octave + octave / EIGHTHS * (2 * (bucket % QUARTERS) + 1);
}

struct report_latency *report_latency_of(struct report_state *state, uint32_t server)
{
    struct report_server *row = report_server_at(state, server);
    if (row->latency != 0) {
        return report_table_at(&state->latencies, row->latency - 1);
    }
    struct report_latency *latency = report_table_add(&state->latencies, &server);
    row->latency = latency != NULL ? report_table_index(&state->latencies, latency) + 1 : 0;
    return latency;
}

static bool slower(const struct report_slow *a, const struct report_slow *b)
{
    return a->handshake_ns != b->handshake_ns ? a->handshake_ns > b->handshake_ns
                                              : report_sight_before(&a->sight, &b->sight);
}

void report_slow_add(struct report_latency *latency, const struct report_slow *slow)
{
    struct report_slow each = *slow, *items = latency->slowest;
    const struct report_slow *last = &items[REPORT_EXAMPLES - 1];
    if (last->sight.id != 0 && !slower(slow, last)) {
        return;
    }
    for (size_t i = 0; i < REPORT_EXAMPLES && each.sight.id != 0; i++) {
        if (items[i].sight.id == 0 || slower(&each, &items[i])) {
            struct report_slow later = items[i];
            items[i]                 = each;
            each                     = later;
        }
    }
}

/*
 * Values that must not come twice
 */

/* Room for a value among the last; what was seen before these is forgotten where there is none. */
static struct report_value *room_for(struct report_state *state, const struct report_value_key *key,
                                     uint64_t hash)
{
    struct report_value *entry = report_table_add_hashed(&state->values[0], key, hash);
    if (entry == NULL) {
        state->totals.forgotten += state->values[1].len;
        report_table_clear(&state->values[1]);
        struct report_table empty = state->values[1];
        state->values[1]          = state->values[0];
        state->values[0]          = empty;
        entry                     = report_table_add_hashed(&state->values[0], key, hash);
    }
    return entry;
}

/* The entry of the value, which is told of as it was seen first; NULL where it was not seen, and is
 * now. What was seen long ago is among the last again. */
static struct report_value *find_value(struct report_state *state, const struct report_value *value,
                                       uint64_t hash)
{
    struct report_value *entry = room_for(state, &value->key, hash);
    if (entry == NULL || entry->session != 0) {
        return entry;
    }
    const struct report_value *before =
        report_table_find_hashed(&state->values[1], &value->key, hash);
    *entry = before != NULL ? *before : *value;
    return before != NULL ? entry : NULL;
}

/* Keeps the earliest sight of each of the sessions that came first. */
static void add_example(struct report_repeat *repeat, const struct report_value *value)
{
    size_t at = 0;
    while (at < repeat->num && repeat->values[at].session != value->session) {
        at++;
    }
    if (at == repeat->num && repeat->num < REPORT_REPEATS) {
        repeat->num++;
    } else if (at == repeat->num) {
        at--;
        if (report_sight_before(&repeat->values[at].sight, &value->sight)) {
            return;
        }
    } else if (!report_sight_before(&value->sight, &repeat->values[at].sight)) {
        return;
    }
    for (; at > 0 && report_sight_before(&value->sight, &repeat->values[at - 1].sight); at--) {
        repeat->values[at] = repeat->values[at - 1];
    }
    repeat->values[at] = *value;
}

static void count_session(struct report_state *state, struct report_repeat *repeat,
                          uint64_t session)
{
    const struct report_showing showing = {
        .session = session, .repeat = report_table_index(&state->repeats, repeat) + 1U};
    const size_t before = state->showings.len;
    if (report_table_add(&state->showings, &showing) == NULL) {
        repeat->unknown++;
    }
    repeat->count += state->showings.len - before;
}

/* The repeat that begins with the value seen first; NULL: no room. */
static struct report_repeat *repeat_of(struct report_state *state, const struct report_value *first)
{
    struct report_repeat *repeat = report_table_add(&state->repeats, &first->key);
    if (repeat != NULL && repeat->num == 0) {
        repeat->num       = 1;
        repeat->values[0] = *first;
        repeat->span      = (struct report_span){first->sight.time_ns, first->last_ns};
        count_session(state, repeat, first->session);
    }
    return repeat;
}

/* The same session, captured at two places: the earlier sight of it stands. */
static void see_again(struct report_value *first, const struct report_value *value)
{
    int64_t last_ns = value->last_ns > first->last_ns ? value->last_ns : first->last_ns;
    if (report_sight_before(&value->sight, &first->sight)) {
        *first = *value;
    }
    first->last_ns = last_ns;
}

static void add_value(struct report_state *state, const struct report_value *value, uint64_t hash)
{
    struct report_value *first = find_value(state, value, hash);
    if (first == NULL) {
        return;
    }
    bool known = report_table_find(&state->repeats, &value->key) != NULL;
    if (!known && first->session == value->session) {
        see_again(first, value);
        return;
    }
    struct report_repeat *repeat = repeat_of(state, first);
    if (repeat != NULL) {
        count_session(state, repeat, value->session);
        add_example(repeat, value);
        report_widen_by(&repeat->span, &(struct report_span){value->sight.time_ns, value->last_ns});
    }
}

/* In both generations. */
static uint64_t hash_of_value(const struct report_state *state, const struct report_value *value)
{
    return report_table_hash(&state->values[0], &value->key);
}

void report_values_seek(struct report_state *state, struct report_values *values,
                        const struct report_value *value)
{
    if (values->len == REPORT_MOST_VALUES) {
        report_values_add(state, values);
    }
    uint64_t hash               = hash_of_value(state, value);
    values->items[values->len]  = *value;
    values->hashes[values->len] = hash;
    values->len += value->session != 0 ? 1 : 0;
    report_table_prefetch(&state->values[0], hash);
    report_table_prefetch(&state->values[1], hash);
}

void report_values_add(struct report_state *state, struct report_values *values)
{
    for (size_t i = 0; i < values->len; i++) {
        add_value(state, &values->items[i], values->hashes[i]);
    }
    values->len = 0;
}

void report_values_forget(struct report_state *state)
{
    report_table_free(&state->values[0]);
    report_table_free(&state->values[1]);
}

void report_repeat_add(struct report_state *to, const struct report_repeat *more)
{
    const struct report_value *first =
        find_value(to, &more->values[0], hash_of_value(to, &more->values[0]));
    struct report_repeat *repeat = repeat_of(to, first != NULL ? first : &more->values[0]);
    if (repeat == NULL) {
        return;
    }
    repeat->unknown += more->unknown;
    for (size_t i = 0; i < more->num; i++) {
        add_example(repeat, &more->values[i]);
    }
    report_widen_by(&repeat->span, &more->span);
}

void report_showing_add(struct report_state *to, const struct report_value_key *key,
                        uint64_t session)
{
    struct report_repeat *repeat = report_table_find(&to->repeats, key);
    if (repeat != NULL) {
        count_session(to, repeat, session);
    }
}

/*
 * Labels, tickets, certificates, offers
 */

uint32_t report_label_of(struct report_state *state, const char *label)
{
    if (label == NULL) {
        return 0;
    }
    struct report_recent *recent =
        &state->labels_recent[report_place_of(label) % REPORT_RECENT_LABELS];
    if (recent->text != label) {
        uint32_t number = report_names_add(&state->names, ht_text(label));
        *recent         = (struct report_recent){.text = label, .number = number};
    }
    return recent->number;
}

void report_offer_add(struct report_state *state, const struct report_offer *offer)
{
    struct report_offer *known = report_table_add(&state->offers, &offer->ja4);
    if (known != NULL && report_sight_before(&offer->sight, &known->sight)) {
        *known = *offer;
    }
}

void report_ticket_add(struct report_state *state, const struct report_ticket *ticket)
{
    struct report_server *server = report_table_at(&state->servers, ticket->key.server - 1);
    struct report_ticket *known  = report_table_find(&state->tickets, &ticket->key);
    if (known == NULL && server->ticket_keys <= REPORT_TICKET_KEYS) {
        server->ticket_keys++;
        known = report_table_add(&state->tickets, &ticket->key);
        if (known != NULL) {
            *known = *ticket;
        }
        return;
    }
    if (known != NULL) {
        known->count += ticket->count;
        bool earlier = report_sight_before(&ticket->first, &known->first);
        bool later   = report_sight_before(&known->last, &ticket->last);
        known->first = earlier ? ticket->first : known->first;
        known->last  = later ? ticket->last : known->last;
    }
}

void report_certificate_merge(struct report_certificate *into,
                              const struct report_certificate *more)
{
    struct report_certificate both = into->known ? *into : *more;
    const bool before = into->sight.id != 0, now = more->sight.id != 0;
    both.span  = before ? into->span : more->span;
    both.sight = report_sight_before(&more->sight, &into->sight) ? more->sight : into->sight;
    if (before && now) {
        report_widen_by(&both.span, &more->span);
    }
    both.public_anchor = into->public_anchor | more->public_anchor;
    both.judged        = into->judged | more->judged;
    *into              = both;
}

const struct report_certificate *report_leaf_of(const struct report_state *state,
                                                const struct report_session *session)
{
    struct ht_bytes sha256 = report_names_text(&state->names, session->key.certificate);
    return sha256.len == sizeof((struct report_certificate *)NULL)->sha256
               ? report_table_find(&state->certificates, sha256.ptr)
               : NULL;
}
