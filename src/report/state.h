/*
 * What a collector keeps, and what those of all engines are merged into: tables of what is alike,
 * with counts and the first examples. Merging is commutative, as long as there is room. Not for
 * use outside this folder.
 */
#ifndef HT_REPORT_STATE_H
#define HT_REPORT_STATE_H

#include "analysis/analyzer.h"
#include "analysis/audit/audit.h"
#include "base/time.h"
#include "report/table.h"

enum {
    REPORT_MAX_BYTES      = 72 << 20, /* of one collector */
    REPORT_NAMES_BYTES    = 10 << 20,
    REPORT_HOSTS_BYTES    = 8 << 20,
    REPORT_SERVERS_BYTES  = 4 << 20,
    REPORT_SESSIONS_BYTES = 20 << 20,
    REPORT_MANY_SESSIONS  = 49152, /* of so many kinds, who the client is counts no more */
    REPORT_FINDINGS_BYTES = 8 << 20,
    REPORT_SIGHTS_BYTES   = 12 << 20, /* of each of two generations */
    REPORT_REPEATS_BYTES  = 2 << 20,
    REPORT_OTHERS_BYTES   = 4 << 20, /* each other table */
    REPORT_REST_BYTES     = 1 << 20, /* that are there however much the others take */
    REPORT_EXAMPLES       = 2,       /* kept of each thing */
    REPORT_TICKET_KEYS    = 16       /* of a server; of more, they are no key names */
};

/* A connection that shows something, small. */
struct report_sight {
    int64_t time_ns;
    uint64_t id; /* of the connection; 0: nothing is here */
    uint64_t frame, frame_2;
    uint32_t source; /* name; the sooner it was read, the lower */
    uint32_t host;   /* index plus one */
};

/* A client's address; all of it is key. */
struct report_host {
    uint8_t address[16];
    uint32_t version; /* of IP */
};

/* The first ones, by time. */
struct report_sights {
    struct report_sight items[REPORT_EXAMPLES];
};

struct report_span {
    int64_t first_ns, last_ns;
};

struct report_server_key {
    uint8_t address[16];
    uint8_t version; /* of IP */
    uint8_t udp;
    uint16_t port;
    uint32_t name;
};

struct report_server {
    struct report_server_key key;
    uint32_t starttls;    /* name of the protocol that TLS began in */
    uint32_t ticket_keys; /* how many were seen, up to REPORT_TICKET_KEYS plus one */
    uint32_t latency;     /* index of its own plus one; 0: none yet */
};

/* How a handshake ended. */
enum report_outcome {
    REPORT_UNKNOWN, /* the capture does not tell, or there was none */
    REPORT_ESTABLISHED,
    REPORT_ALERT,
    REPORT_RESET,
    REPORT_CLOSED,
    REPORT_SILENCE /* the client said hello, and the server nothing */
};

enum {
    REPORT_RESUMED      = 1 << 0,
    REPORT_HELLO        = 1 << 1,  /* a ClientHello was seen */
    REPORT_ANSWERED     = 1 << 2,  /* and a ServerHello */
    REPORT_LARGE        = 1 << 3,  /* the ClientHello does not fit in one packet */
    REPORT_OFFERS       = 1 << 4,  /* STARTTLS is offered */
    REPORT_OFFERS_NOT   = 1 << 5,  /* capabilities were told, and it is not among them */
    REPORT_UPGRADED     = 1 << 6,  /* TLS was begun by it */
    REPORT_CLEAR        = 1 << 7,  /* somebody authenticated in clear */
    REPORT_BY_SERVER    = 1 << 8,  /* the server ended a handshake that failed */
    REPORT_CERTIFICATES = 1 << 9,  /* the server's were seen */
    REPORT_RETRIED      = 1 << 10, /* by a HelloRetryRequest */
    REPORT_TICKETS      = 1 << 11, /* the client offers a session to resume */
    REPORT_MUCH         = 1 << 13, /* more data on one key than blocks of 64 bits allow */
    REPORT_PARTIAL      = 1 << 12, /* the capture lacks something of it */
    REPORT_TOLD_H3      = 1 << 14, /* by TCP, though an HTTPS record told the client of QUIC */
    REPORT_TOLD_PORT    = 1 << 15  /* to a port that is in none of the HTTPS records */
};

/* Connections that are alike; names and numbers are 0 where there is none. */
struct report_session_key {
    uint32_t server, host;           /* indexes plus one */
    uint32_t ja4, alpn, certificate; /* names; the certificate's is its SHA-256 */
    uint32_t protocol, key_exchange, post_quantum;
    uint32_t suite; /* plus one */
    uint32_t ech; /* the config_id plus one of a configuration that was seen, where the client then
                   * sent nothing; REPORT_ECH_OTHER; 0: none was offered, or for show */
    uint16_t version, group, scheme;
    uint16_t offered; /* the highest version that the client offers, of TLS */
    uint16_t flags;   /* REPORT_RESUMED … */
    uint8_t outcome;  /* enum report_outcome */
    uint8_t alert;    /* its number plus one */
};

/* Encrypted ClientHello of another kind than those of which the config_id is kept. */
enum { REPORT_ECH_OTHER = 0x1000 };

/* Randoms that begin with the time, as up to TLS 1.2 it was asked for (gmt_unix_time). */
struct report_random_time {
    uint64_t num;
    int32_t least_s, most_s; /* ahead of the capture's clock: several machines have several */
};

struct report_session {
    struct report_session_key key;
    uint64_t connections;
    struct report_random_time client_clock, server_clock;
    uint64_t client_bytes, server_bytes; /* of IP packets */
    uint64_t data_bytes;                 /* of application data */
    uint64_t exposed_bytes; /* of it, to who stores them and has a quantum computer one day */
    struct report_span span;
    struct report_sights sights;
};

/* A rule's words; static, or the policy's. */
struct report_rule {
    uint32_t id_number; /* of its `rule_ids` */
    const char *id, *title, *category, *basis, *verdict, *clause, *attack, *remediation;
    const char *scope; /* client, server; NULL: both */
    const char *const *references;
    struct report_sight sight; /* of the first case that has a clause: it is that one's */
};

struct report_proof {
    struct report_sight sight;
    uint64_t frames[4];
    uint32_t num_frames;
    struct ht_bytes evidence; /* in the state's arena */
    uint32_t server;          /* index plus one */
};

struct report_finding_key {
    uint32_t rule;   /* index plus one */
    uint32_t server; /* index plus one; 0: none in particular */
    uint32_t ja4;
};

struct report_finding {
    struct report_finding_key key;
    uint32_t severity;
    uint64_t count;
    struct report_span span;
    struct report_proof proofs[REPORT_EXAMPLES];
};

struct report_certificate {
    uint8_t sha256[32];
    uint32_t subject, issuer, serial, not_before, not_after, names, key_type, key_curve,
        signature_algorithm, spki, modulus;
    uint32_t key_bits;
    uint8_t known, is_ca, self_signed;
    uint8_t public_anchor, judged; /* it leads to one of the public web; it was asked */
    struct report_span span;
    struct report_sight sight;
};

/* What must not come twice. */
enum report_kind {
    REPORT_CLIENT_RANDOM = 1,
    REPORT_SERVER_RANDOM,
    REPORT_CLIENT_SHARE,
    REPORT_SERVER_SHARE,
    REPORT_SERVER_DH,
    REPORT_TICKET /* that a client shows, of TLS 1.3 */
};

enum { REPORT_VALUE = 16 /* bytes of a value that are looked at */ };

struct report_value_key {
    uint8_t value[REPORT_VALUE];
    uint32_t kind;
    uint32_t group; /* of a share */
};

/* Where a value was seen. */
struct report_value {
    struct report_value_key key;
    uint64_t session; /* hash of both randoms: the same session may be captured twice */
    struct report_sight sight;
    int64_t last_ns; /* when it was seen last in that session */
    uint32_t server; /* index plus one */
    uint32_t ja4;
};

enum { REPORT_REPEATS = 3 /* examples */ };

/* A value that was seen in more than one session. */
struct report_repeat {
    struct report_value_key key;
    uint32_t num;     /* of `values` */
    uint64_t count;   /* of sessions, */
    uint64_t unknown; /* and of sights of which it is not known whether the session counts already,
                       * for lack of room */
    struct report_span span;
    struct report_value values[REPORT_REPEATS]; /* of different sessions, the first ones */
};

/* A session that shows a value that others show; all of it is key. It counts once, wherever and
 * however often it was captured. */
struct report_showing {
    uint64_t session;
    uint64_t repeat; /* index plus one */
};

struct report_ticket_key {
    uint8_t key_name[REPORT_VALUE]; /* RFC 5077 section 4 */
    uint32_t server;                /* index plus one */
};

struct report_ticket {
    struct report_ticket_key key;
    uint64_t count;
    struct report_sight first, last;
};

enum { REPORT_BUCKETS = 80 };

struct report_slow {
    struct report_sight sight;
    uint64_t handshake_ns, rtt_ns, think_ns;
};

struct report_latency {
    uint32_t server; /* index plus one */
    uint32_t buckets[REPORT_BUCKETS];
    struct report_slow slowest[REPORT_EXAMPLES];
};

/* A resolver and who asks it, in clear. */
struct report_lookup_key {
    uint32_t resolver, host; /* names; the resolver's is text */
};

struct report_lookup {
    struct report_lookup_key key;
    uint64_t count; /* of queries */
    struct report_sights sights;
};

/* Why a rule across connections could not look at some. */
enum report_subject {
    REPORT_OF_RANDOMS,
    REPORT_OF_SHARES,
    REPORT_OF_DH,
    REPORT_OF_CERTIFICATES,
    REPORT_OF_TRUST,
    REPORT_OF_HANDSHAKES,
    REPORT_OF_SUITES,
    REPORT_OF_TIMES,
    REPORT_OF_TICKETS,
    REPORT_OF_STARTTLS,
    REPORT_OF_OFFERS,
    REPORT_OF_SERVICES,
    REPORT_OF_LOOKUPS,
    REPORT_NUM_SUBJECTS
};

/* What a stack offers. */
struct report_offer {
    uint32_t ja4;
    uint32_t suites, versions, groups; /* names: the packed lists */
    struct report_sight sight;         /* whose these are: the first, by time */
};

/* How the capture's clock compares with those of who signs: logs, OCSP responders. */
struct report_clock {
    uint64_t dated;            /* connections that have such a time */
    uint64_t behind;           /* of these, whose packets are from more than an hour before it */
    uint64_t most_ns;          /* by how much, at most */
    struct report_sight sight; /* where */
    uint32_t server;           /* index plus one */
};

/* What was asked for lately, by where its text lies. */
struct report_recent {
    const char *text;
    uint32_t number;
};

enum { REPORT_RECENT_RULES = 64, REPORT_RECENT_LABELS = 32 };

struct report_totals {
    uint64_t connections, tls_connections, incomplete, one_sided, midstream, truncated, limited;
    uint64_t left_out, findings_left_out;
    uint64_t forgotten, moduli, moduli_left_out;
};

struct report_state {
    const struct ht_analysis_settings *settings;
    struct ht_budget budget;
    struct ht_arena arena;
    struct report_names names;
    struct report_table servers, hosts, sessions, rules, findings, certificates, repeats, showings,
        tickets, latencies, offers, lookups;
    /* Of those for which there was no room, without whose they are: */
    struct report_table rest_sessions, rest_findings;
    struct report_names rule_ids;  /* apart from those that strangers choose, and can fill */
    struct report_table values[2]; /* those seen last, and those before */
    struct report_totals totals;
    struct report_clock clock;
    struct report_span span;
    struct ht_audit_count counts[REPORT_NUM_SUBJECTS];
    struct report_recent rules_recent[REPORT_RECENT_RULES];
    struct report_recent labels_recent[REPORT_RECENT_LABELS];
    uint32_t source; /* name of the source of the last connection */
};

void report_state_init(struct report_state *state, const struct ht_analysis_settings *settings);
void report_state_free(struct report_state *state);

/* report_state_merge moves all of `from` to `to`; `from` is as new then. */
void report_state_merge(struct report_state *to, struct report_state *from);

/* report_state_move likewise, where `to` holds nothing. */
void report_state_move(struct report_state *to, struct report_state *from);

/* report_server_at is the server of a number: its index plus one. */
static inline struct report_server *report_server_at(const struct report_state *state,
                                                     uint32_t number)
{
    return report_table_at(&state->servers, number - 1);
}

/* report_server_begins says in which protocol, a name, TLS begins with a server; 0: not known. Of
 * several, the one that comes first by its letters stays. */
void report_server_begins(const struct report_state *state, struct report_server *server,
                          uint32_t protocol);

/* report_host_add is the number of an address, its index plus one; 0: no room. */
uint32_t report_host_add(struct report_state *state, const struct report_host *host);

void report_widen(struct report_span *span, int64_t time_ns);
void report_widen_by(struct report_span *span, const struct report_span *more);

/* report_sight_before orders by time, then by id, by frame, and of files that have the same one by
 * which was read first; what is empty comes last. */
bool report_sight_before(const struct report_sight *a, const struct report_sight *b);

/* report_sights_add keeps the sight if it is among the first. */
void report_sights_add(struct report_sights *sights, const struct report_sight *sight);

enum { REPORT_MOST_VALUES = 12 /* of a connection; more are not looked at at once */ };

/* Values that are to be told of. */
struct report_values {
    struct report_value items[REPORT_MOST_VALUES];
    uint64_t hashes[REPORT_MOST_VALUES];
    size_t len;
};

/* report_values_seek adds a value to those that report_values_add is to tell of, and has what that
 * takes come out of memory meanwhile. One of no session (0) is not looked at. */
void report_values_seek(struct report_state *state, struct report_values *values,
                        const struct report_value *value);

/* report_values_add tells that values were seen, in `state->values`, and whether again, in
 * `state->repeats`; then there are none left in `values`. */
void report_values_add(struct report_state *state, struct report_values *values);

/* report_values_forget gives back the memory of what was seen once only, when all is seen. */
void report_values_forget(struct report_state *state);

/* report_state_shed gives back the memory of all but names, certificates and evidence. */
void report_state_shed(struct report_state *state);

/* report_repeat_add adds a value that was seen more than once already, but for its `count`:
 * report_showing_add adds each session that showed it. */
void report_repeat_add(struct report_state *state, const struct report_repeat *repeat);
void report_showing_add(struct report_state *state, const struct report_value_key *key,
                        uint64_t session);

/* report_offer_add adds what a stack offers. */
void report_offer_add(struct report_state *state, const struct report_offer *offer);

/* report_lookup_add adds queries of one client to one resolver. */
void report_lookup_add(struct report_state *state, const struct report_lookup *more);

/* report_session_add adds what is alike: `more` counts any number of connections. Where there is no
 * room, or none for its server (0), it is counted as left out and added to the rest. */
void report_session_add(struct report_state *state, const struct report_session *more);

/* report_session_add_rest adds to what is told of all together alone. */
void report_session_add_rest(struct report_state *state, const struct report_session *more);

/* report_random_time_of is what a hello's random at `time_ns` tells: 1 of `num` where it is the
 * time, within a day. report_random_time_add adds it. */
struct report_random_time report_random_time_of(struct ht_bytes random, int64_t time_ns);
void report_random_time_add(struct report_random_time *into, const struct report_random_time *more);

/* report_session_prefetch has what it takes to add it come out of memory meanwhile. */
void report_session_prefetch(const struct report_state *state,
                             const struct report_session *session);

/* report_bucket_of is the bucket of a time, four to each doubling; report_bucket_ns is the middle
 * of one. */
size_t report_bucket_of(uint64_t ns);
uint64_t report_bucket_ns(size_t bucket);

/* report_percentiles are the times within which 50 and 95 of 100 handshakes were done, to an
 * eighth; 0: none was timed. */
struct report_percentiles {
    uint64_t p50_ns, p95_ns;
};
struct report_percentiles report_percentiles(const struct report_latency *latency);

/* report_latency_of is that of a server, new where it has none; NULL: no room. */
struct report_latency *report_latency_of(struct report_state *state, uint32_t server);

/* report_slow_add keeps the handshake if it is among the slowest. */
void report_slow_add(struct report_latency *latency, const struct report_slow *slow);

/* report_label_of is the name of a static text; 0 for NULL. */
uint32_t report_label_of(struct report_state *state, const char *label);

/* report_rule_of is the index of the rule with these words, plus one; 0: no room. Its basis is that
 * of the least certain case, its clause the first one's, by their sights. */
uint32_t report_rule_of(struct report_state *state, const struct ht_finding *words,
                        const struct report_sight *sight);

/* report_place_of is a hash of where a static text lies. */
static inline size_t report_place_of(const char *text)
{
    return (uintptr_t)text / 8;
}

/* report_finding_of is that of a key, whose hash this is; new where its count is 0. Where there is
 * no room `count` cases, which are to be added, are counted as left out, and it is the rest's.
 * NULL: the key's rule is 0, for which there was no room either. */
struct report_finding *report_finding_of(struct report_state *state,
                                         const struct report_finding_key *key, uint64_t hash,
                                         uint64_t count);

/* report_finding_of_rest is that of all cases of a rule that have no other; NULL likewise. */
struct report_finding *report_finding_of_rest(struct report_state *state, uint32_t rule);

/* report_finding_count adds cases, but for their proofs. */
void report_finding_count(struct report_finding *finding, uint32_t severity, uint64_t count,
                          const struct report_span *span);

/* report_proof_is_kept says whether a proof of that sight would be kept. */
bool report_proof_is_kept(const struct report_finding *finding, const struct report_sight *sight);

/* report_proof_add keeps the proof if it is among the first, and copies its evidence then. */
void report_proof_add(struct report_state *state, struct report_finding *to,
                      const struct report_proof *proof);

/* report_finding_add adds cases of a rule, with their proofs, of which the evidence is copied;
 * report_finding_add_rest to the rest's. */
void report_finding_add(struct report_state *state, const struct report_finding *more);
void report_finding_add_rest(struct report_state *state, const struct report_finding *more);

/* report_ticket_add adds a ticket's key. */
void report_ticket_add(struct report_state *state, const struct report_ticket *ticket);

/* report_leaf_of is the certificate that the server showed; NULL: none that is known. */
const struct report_certificate *report_leaf_of(const struct report_state *state,
                                                const struct report_session *session);

/* report_certificate_merge fills in what `into` does not know. The names are the state's own. */
void report_certificate_merge(struct report_certificate *into,
                              const struct report_certificate *more);

#endif
