/*
 * What a run saw, over all its connections: servers, clients, certificates, and what is wrong with
 * them. The collectors of all engines are taken in, then it is finished; what comes out depends on
 * the connections only, not on how many engines shared them or which was taken first.
 *
 * The structs are data of records: tables in summary_fields.c. Lists are in order of what the
 * comment says, so that two runs give the same bytes. All of it lives as long as the summary.
 */
#ifndef HT_REPORT_SUMMARY_H
#define HT_REPORT_SUMMARY_H

#include "analysis/analyzer.h"
#include "analysis/audit/audit.h"
#include "analysis/rule.h"

/* How often something was seen. */
struct ht_tally {
    struct ht_bytes name; /* as the registries spell it; of a certificate its SHA-256 in hex */
    uint64_t connections;
    int64_t first_seen_ns, last_seen_ns;
    /* Not in the output: */
    uint16_t id;     /* of a registry, or the severity of a rule; else 0 */
    uint32_t number; /* that it was counted by */
};

/* A connection that shows something. */
struct ht_example {
    struct ht_bytes connection; /* its id */
    struct ht_bytes source;
    int64_t time_ns;
    struct ht_uints frames;
    struct ht_bytes evidence; /* empty: none in words */
    /* Whom it was between: */
    struct ht_address client;
    struct ht_bytes server; /* "10.0.0.1:443 www.example.com" */
};

/* What was negotiated, of a server or a client: lists of struct ht_tally, the most frequent first.
 */
struct ht_profile {
    uint64_t connections;
    uint64_t established; /* handshakes completed */
    uint64_t resumed;
    uint64_t failed;             /* begun, not completed, and the capture does not lack the rest */
    struct ht_objects protocols; /* tls, dtls, quic … */
    struct ht_objects versions, cipher_suites, groups, signature_schemes, alpn;
    struct ht_objects key_exchanges;  /* ECDHE, RSA … */
    struct ht_objects failures;       /* an alert's name, "reset", "closed", "no answer" */
    struct ht_objects post_quantum;   /* the verdicts on sessions: pq_protected … */
    const char *post_quantum_verdict; /* on them all: pq_protected, server_declined,
                                       * client_not_capable, server_unknown */
    uint64_t exposed_bytes; /* of application data, to who stores them and has a quantum computer */
    uint64_t client_bytes, server_bytes; /* of IP packets */
    int64_t first_seen_ns, last_seen_ns;
};

/* A server: an address, port and transport, and a name that it was asked for. By address, port,
 * transport, name. */
struct ht_server_summary {
    struct ht_address ip;
    uint16_t port;
    const char *transport;
    struct ht_bytes name;     /* empty: none is known */
    struct ht_bytes label;    /* "10.0.0.1:443 www.example.com"; not in the output */
    struct ht_bytes starttls; /* the protocol that TLS began in: smtp …; else empty */
    const struct ht_profile *profile;
    struct ht_objects certificates; /* of struct ht_tally: leaves, by the time first seen */
    struct ht_objects clients;      /* of struct ht_tally: JA4, the most frequent first */
    uint64_t handshake_p50_ns, handshake_p95_ns; /* 0: none was timed; within an eighth */
    uint64_t block_64_bytes;                     /* carried under ciphers of 64-bit blocks */
    struct ht_objects findings;                  /* of struct ht_tally: rules, the worst first */
    struct ht_objects examples;                  /* of struct ht_example: its first connections */
};

enum { HT_SHOWN_ADDRESSES = 16 };

/* A client stack: the programs that say the same hello. By JA4. */
struct ht_client_summary {
    struct ht_bytes ja4;
    uint64_t num_addresses;
    struct ht_objects addresses; /* of struct ht_tally: HT_SHOWN_ADDRESSES at most */
    const struct ht_profile *profile;
    struct ht_objects offered_versions, offered_groups; /* of struct ht_tally, without counts */
    struct ht_objects findings;                         /* of struct ht_tally: rules, worst first */
    struct ht_objects examples;                         /* of struct ht_example */
};

/* A certificate that was sent. By SHA-256. */
struct ht_certificate_summary {
    struct ht_bytes sha256;
    struct ht_bytes subject, issuer, serial, not_before, not_after;
    struct ht_bytes names; /* DNS names and addresses, with spaces between */
    struct ht_bytes key_type, key_curve;
    uint64_t key_bits;
    struct ht_bytes signature_algorithm;
    struct ht_bytes spki_sha256;
    bool is_ca, self_signed;
    uint64_t servers; /* that it is the leaf of */
    uint64_t connections;
    int64_t first_seen_ns, last_seen_ns;
    struct ht_objects examples; /* of struct ht_example */
};

/* A rule that is broken, in one connection or many. By severity, then by rule. */
struct ht_finding_summary {
    const char *id;
    const char *severity; /* the worst case */
    const char *title;
    const char *category;
    const char *basis;
    const char *verdict;
    const char *clause;
    uint64_t count;                     /* of connections, or of what the rule counts */
    struct ht_objects servers, clients; /* of struct ht_tally, the most frequent first: servers
                                         * "10.0.0.1:443 www.example.com", clients by JA4 */
    uint64_t num_servers, num_clients;
    uint64_t left_out;          /* of `count`: in none of the lists, for lack of room */
    struct ht_objects examples; /* of struct ht_example, in order of time */
    int64_t first_seen_ns, last_seen_ns;
    const char *const *references; /* the last one is NULL; NULL: there are none */
    const char *attack;
    const char *remediation;
};

/* What came of a rule. */
struct ht_rule_coverage {
    const char *id;
    const char *title;
    uint64_t judged, found;
    struct ht_objects not_observable; /* of struct ht_tally: reasons, the most frequent first */
};

/* What was seen, and what could not be. */
struct ht_coverage {
    uint64_t connections;
    uint64_t tls_connections; /* TLS, DTLS, QUIC */
    uint64_t established, failed, resumed;
    struct ht_objects protocols, versions, failures, post_quantum; /* of struct ht_tally */
    uint64_t exposed_bytes;
    uint64_t incomplete, one_sided, midstream, truncated, limited; /* connections captured so */
    uint64_t certificates_seen, certificates_hidden; /* full handshakes with and without */
    uint64_t servers, clients;
    uint64_t left_out; /* connections that are not in the lists of servers, for lack of room */
    uint64_t findings_left_out; /* cases of rules, likewise */
    uint64_t forgotten; /* randoms, key shares and the like that could not be kept to the end */
    uint64_t moduli, moduli_left_out; /* RSA keys compared, and not, for lack of room */
    int64_t first_seen_ns, last_seen_ns;
    struct ht_objects rules; /* of struct ht_rule_coverage, in the order of the catalogue */
};

/* All of it. */
struct ht_summary_data {
    struct ht_objects servers;      /* of struct ht_server_summary */
    struct ht_objects clients;      /* of struct ht_client_summary */
    struct ht_objects certificates; /* of struct ht_certificate_summary; leaves and issuers */
    struct ht_objects findings;     /* of struct ht_finding_summary */
    const struct ht_coverage *coverage;
};

extern const struct ht_struct ht_tally_struct, ht_example_struct, ht_profile_struct,
    ht_server_summary_struct, ht_client_summary_struct, ht_certificate_summary_struct,
    ht_finding_summary_struct, ht_coverage_struct;

struct ht_summary;

/* ht_summary_new makes an empty one; the settings must outlive it. NULL: no memory. */
struct ht_summary *ht_summary_new(const struct ht_analysis_settings *settings);
void ht_summary_free(struct ht_summary *summary);

/* ht_summary_take adds what an engine's collector (a state of ht_collector_analyzer) holds; the
 * state may go away then. In any order; not after ht_summary_finish. Fits ht_crew_visit as
 * `ht_summary_take(summary, state)`. */
void ht_summary_take(void *summary, void *collector_state);

/* ht_summary_count adds what the audit's rules came to in one engine (a state of
 * ht_audit_analyzer); likewise. */
void ht_summary_count(void *summary, void *audit_state);

/* ht_summary_finish looks for what shows across connections only, and puts all in order. False: no
 * memory. */
bool ht_summary_finish(struct ht_summary *summary);

/* ht_summary_rule is the words of rule number `index` of those that are looked for across
 * connections; NULL: there is none. */
const struct ht_rule *ht_summary_rule(size_t index);

/* ht_summary_settings is what it was made with. */
const struct ht_analysis_settings *ht_summary_settings(const struct ht_summary *summary);

/* What was found; only after ht_summary_finish. */
const struct ht_summary_data *ht_summary_data(const struct ht_summary *summary);

/* ht_summary_worst: of all findings that the policy does not merely report; HT_NUM_SEVERITIES:
 * nothing was found. */
enum ht_severity ht_summary_worst(const struct ht_summary *summary);

/* ht_summary_verdict is the policy's worst on anything that was found; HT_POLICY_NONE: nothing was,
 * or there is no policy. */
enum ht_policy_verdict ht_summary_verdict(const struct ht_summary *summary);

#endif
