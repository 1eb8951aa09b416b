/*
 * DNS (RFC 1035) over UDP and TCP (RFC 7766), multicast DNS (RFC 6762), LLMNR (RFC 4795)
 * and the NetBIOS name service (RFC 1002), which has the form of DNS: queries and answers, paired
 * into transactions.
 */
#ifndef HT_DNS_DNS_H
#define HT_DNS_DNS_H

#include "event/event.h"

extern const struct ht_registry dns_types, dns_classes, dns_rcodes, dns_opcodes, dns_svc_params,
    dns_edns_options, dns_extended_errors;

struct dns_party {
    struct ht_address ip;
    uint16_t port;
};

struct dns_question {
    struct ht_bytes name; /* in presentation form, without the last dot; "." is the root */
    struct ht_bytes type; /* its name, or "TYPE65400" (RFC 3597 section 5) */
    struct ht_bytes class;
    bool unicast_response; /* multicast DNS: asked for (RFC 6762 section 5.4) */
    /* Not in the output: */
    uint16_t type_id;
};

/* One configuration for Encrypted Client Hello (RFC 9849 section 4). */
struct dns_ech_config {
    uint64_t version;
    /* Of version 0xfe0d: */
    uint64_t config_id; /* plus one */
    uint64_t kem;
    uint64_t maximum_name_length;
    struct ht_bytes public_name; /* the cover name, that outer hellos carry */
    /* Not in the output: */
    struct ht_bytes suites; /* pairs of uint16: HPKE's KDF and AEAD */
};

struct dns_ech {
    struct ht_objects configs; /* of struct dns_ech_config */
    /* Not in the output: */
    struct ht_bytes list; /* the ECHConfigList as it came */
};

struct dns_answer {
    struct ht_bytes name; /* the owner */
    struct ht_bytes type;
    uint64_t ttl_s;
    struct ht_bytes data; /* in presentation form; empty where the record has none (RFC 2136) */
    const struct dns_ech *ech; /* of SVCB and HTTPS; NULL: none */
    bool cache_flush;          /* multicast DNS (RFC 6762 section 10.2) */
    /* Not in the output: */
    struct ht_address address; /* of A and AAAA */
    bool alias;                /* CNAME */
    uint16_t type_id;
    struct ht_bytes rdata; /* as it came: a view, while its event is seen */
    struct ht_bytes asked; /* the name that it answers; empty: the question was not seen */
};

/* RFC 7871 */
struct dns_client_subnet {
    struct ht_address address;
    uint64_t source_prefix;
    uint64_t scope_prefix;
};

/* RFC 8914 */
struct dns_error {
    struct ht_named code;
    struct ht_bytes text;
};

struct dns_edns {
    uint64_t udp_size;
    uint64_t version;
    bool dnssec_ok;
    struct ht_bytes options;  /* uint16 codes */
    struct ht_objects errors; /* of struct dns_error */
    const struct dns_client_subnet *client_subnet;
    struct ht_bytes nsid;
    struct ht_bytes client_cookie, server_cookie;
    struct ht_bytes report_channel;
    uint64_t tcp_keepalive_ms, expire_s, padding; /* plus one; 0: absent */
};

/* A transaction: the record "dns", and the data of both events (which show less of it).
 * A second, different answer to the same query is a record of its own, with the same query. */
struct dns_transaction {
    struct ht_bytes source; /* the file or interface; an analyzer fills it, in the record only */
    int64_t start_ns;
    const char *protocol;           /* "mdns", "llmnr", "nbns"; NULL: DNS */
    const char *transport;          /* "udp", "tcp" */
    const struct dns_party *client; /* who sent the query */
    const struct dns_party *server;
    uint64_t id;
    uint64_t query_frame;
    uint64_t answer_frame;
    struct ht_uints repeat_frames;
    uint64_t rtt_ns;
    struct ht_bytes opcode; /* its name; absent for QUERY */
    const struct dns_question *question;
    struct ht_objects more_questions; /* of struct dns_question: the second and later ones */
    struct ht_bytes rcode;            /* its name; absent where no answer was seen */
    bool authoritative, truncated, recursion_desired, recursion_available, authentic_data,
        checking_disabled;
    bool conflict, tentative;  /* LLMNR, in place of the first and the third of these */
    bool broadcast;            /* NetBIOS, in place of the last */
    struct ht_objects answers; /* of struct dns_answer */
    struct ht_objects authority;
    struct ht_objects additional; /* without OPT */
    const struct dns_edns *edns;  /* the answer's, else the query's */
    bool malformed;               /* a message breaks its form; what could be read is here */
    bool partial;                 /* a message was cut in the capture */
    bool limit_reached; /* told before its answer, for want of room; or its text was too long */
    /* Not in the output: */
    int64_t query_time_ns, answer_time_ns;
    bool late_query; /* the query came after the answer, whose event was without it */
};

extern const struct ht_record_type dns_transaction_record;

/* Said when the message is seen (a usual query over UDP only where events are told); `event` is a
 * struct dns_transaction. Of an answer whose query was not seen yet, query_frame is 0. */
extern const struct ht_event_type dns_query_event, dns_answer_event;

#endif
