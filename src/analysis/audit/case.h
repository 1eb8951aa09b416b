/* What the files of the audit share: a connection as rules see it, and the row of a rule. Of
 * these the report's collector, too, sees a connection as a case. */
#ifndef HT_ANALYSIS_AUDIT_CASE_H
#define HT_ANALYSIS_AUDIT_CASE_H

#include "analysis/audit/audit.h"
#include "analysis/chain/chain.h"
#include "tls/tls.h"

/* What a rule needs to see, a bit each. Where it lacks, the rule is not judged, and why is counted.
 */
enum {
    AUDIT_OFFER        = 1 << 0,  /* the ClientHello that was answered, whole */
    AUDIT_ANSWER       = 1 << 1,  /* the ServerHello, whole */
    AUDIT_CERTIFICATE  = 1 << 2,  /* the server's certificates, decoded */
    AUDIT_TRUST        = 1 << 3,  /* and judged against trust anchors */
    AUDIT_KEY_EXCHANGE = 1 << 4,  /* ServerKeyExchange (up to TLS 1.2) */
    AUDIT_SIGNATURES   = 1 << 5,  /* its signature was checked */
    AUDIT_WHOLE        = 1 << 6,  /* both sides, without holes, from the first packet to the last */
    AUDIT_DNS          = 1 << 7,  /* DNS of this client was captured */
    AUDIT_KEYS         = 1 << 8,  /* the session's keys are in a key log */
    AUDIT_FINISHED     = 1 << 9,  /* the handshake was completed */
    AUDIT_SIGNED       = 1 << 10, /* what the server signs the handshake in, or would */
    AUDIT_VERIFIED     = 1 << 11, /* a CertificateVerify was checked */
    AUDIT_NUM_NEEDS    = 12
};

/* What not all connections have, a bit each: rules that look for it are not asked of the others. */
enum {
    AUDIT_QUIC         = 1 << 0,
    AUDIT_STARTTLS     = 1 << 1, /* a protocol in which TLS may begin */
    AUDIT_HTTP         = 1 << 2, /* in clear */
    AUDIT_PROXY        = 1 << 3, /* was asked to connect, in clear */
    AUDIT_NAMED        = 1 << 4, /* the offer has server_name */
    AUDIT_ECH          = 1 << 5, /* the offer has encrypted_client_hello */
    AUDIT_EARLY_DATA   = 1 << 6, /* the first ClientHello has early_data */
    AUDIT_RETRY        = 1 << 7, /* a HelloRetryRequest */
    AUDIT_RENEGOTIATED = 1 << 8,
    AUDIT_TICKET       = 1 << 9,  /* NewSessionTicket */
    AUDIT_ASKED        = 1 << 10, /* CertificateRequest */
    AUDIT_HEARTBEAT    = 1 << 11,
    AUDIT_ALERT        = 1 << 12,
    AUDIT_HIDDEN_ALERT = 1 << 13, /* encrypted */
    AUDIT_FAULTS       = 1 << 14, /* of public values, or that there are none */
    AUDIT_ODD_RECORDS  = 1 << 15,
    AUDIT_SERVICE      = 1 << 16, /* DNS told of it: HTTPS, TLSA, CAA */
    AUDIT_ORIGIN       = 1 << 17, /* which session is resumed is known */
    AUDIT_UNFINISHED   = 1 << 18, /* the handshake was not completed */
    AUDIT_SENT_AGAIN   = 1 << 19, /* segments; or there is no TCP to tell */
    AUDIT_ONE_SIDED    = 1 << 20,
    AUDIT_IN_PUBLIC    = 1 << 21, /* the server's address is not private */
    AUDIT_MAY_LACK     = 1 << 22  /* something: the capture has holes, or there is no TCP to tell */
};

/* What a cipher suite is made of. */
struct audit_suite;

struct audit_case {
    const struct ht_connection *connection;
    const struct ht_analysis_settings *settings;
    const struct tls_details *tls;        /* NULL: no TLS was spoken */
    const struct tls_client_hello *offer; /* that was answered: the second after a retry; or NULL */
    const struct tls_server_hello *answer; /* NULL: none, or cut */
    uint16_t version;                /* negotiated, of DTLS as TLS's of the same form; 0: none */
    const struct audit_suite *suite; /* of the suite negotiated; NULL: unknown */
    unsigned offered_kinds;          /* of the suites offered: AUDIT_SUITE_NULL … */
    const struct tls_server_key_exchange *key_exchange; /* NULL: none */
    const struct ht_timeline_entry *key_exchange_entry; /* where it is */
    uint64_t event_types; /* that were seen: a bit of 64 for each, to know soon which were not */
    unsigned traits;      /* AUDIT_QUIC … */
    uint64_t certificate_frame; /* of the server's; 0: none */
    unsigned lost; /* AUDIT_CERTIFICATE, AUDIT_KEY_EXCHANGE: the capture lacks some of it */
    const struct tls_certificate_verify *verify;  /* likewise; NULL: none was seen */
    const struct ht_timeline_entry *verify_entry; /* where it is */
    const struct tls_chain_verdict *chain;        /* of the server; NULL: not judged */
    const struct ht_chain_facts *facts;           /* of it; NULL: not judged */
    int64_t now_ns; /* when it is judged: the connection's start, or --as-of */
    unsigned has;   /* AUDIT_OFFER … */
    enum ht_unobservable lacks[AUDIT_NUM_NEEDS]; /* why each that it has not is not there */
};

struct audit_rule {
    struct ht_rule rule;
    uint64_t needs;                              /* AUDIT_OFFER … */
    bool (*applies)(const struct audit_case *c); /* NULL: to every case that has `tls`. One that
                                                  * does not is neither judged nor counted. Asked
                                                  * after the needs are there */
    bool (*found)(const struct audit_case *c, struct ht_proof *out);
    bool (*asked)(const struct ht_policy *policy); /* NULL: whatever the policy, or none */
    /* These two of rules that are judged each time: it applies only to cases that have all of
     * `where`, AUDIT_QUIC …, and is broken at most in those that have one of `signs`, or where
     * there are none. */
    unsigned where, signs;
    bool any;  /* it is asked of connections without TLS too */
    bool each; /* it looks at more than the rest of its table, or its evidence tells more */
};

/* What rules look at. What they come to is kept by it (shape.h). */
enum audit_kind {
    AUDIT_EACH,       /* anything: judged each time */
    AUDIT_BY_SESSION, /* what was offered, chosen and exchanged */
    AUDIT_BY_CHAIN,   /* the server's certificates, and what of a session they must suit; not the
                       * name asked for, nor the time, nor what was stapled */
    AUDIT_NUM_KINDS
};

/* The tables, a file each. */
struct audit_table {
    const struct audit_rule *rules;
    size_t num;
    enum audit_kind kind; /* of all but those with `each` */
};

extern const struct audit_table audit_version_rules, audit_cipher_rules, audit_offer_rules,
    audit_kex_rules, audit_session_rules, audit_signature_rules, audit_extension_rules,
    audit_certificate_rules, audit_certificate_name_rules, audit_certificate_key_rules,
    audit_certificate_status_rules, audit_attack_rules, audit_quic_rules, audit_dns_rules,
    audit_service_rules, audit_starttls_rules, audit_failure_rules, audit_capture_rules,
    audit_performance_rules, audit_record_rules, audit_resumption_rules, audit_keylog_rules,
    audit_policy_rules, audit_value_rules;

/* audit_look makes of a connection a case: what it has, and why it lacks the rest. */
void audit_look(struct audit_case *out, const struct ht_analysis_settings *settings,
                const struct ht_connection *connection);

/* audit_began_late: the capture may lack what was said first. What signatures and Finished are over
 * goes back to the first ClientHello, for which one after a HelloRetryRequest is taken then. */
bool audit_began_late(const struct audit_case *c);

/* audit_find_event is the first entry of the timeline of that type from that side (NULL: either)
 * that was seen; NULL: none. */
const struct ht_timeline_entry *
audit_find_event(const struct audit_case *c, const struct ht_event_type *type, const char *from);

/* audit_alien_answer is how many bytes the server sent after a ClientHello, none of which is TLS:
 * an error of HTTP, a banner; 0: it did not, or so few that they may be the beginning of it. */
uint64_t audit_alien_answer(const struct audit_case *c);

#endif
