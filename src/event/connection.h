/*
 * The connection record: the whole story, when it ends. What a protocol adds hangs in `details`.
 */
#ifndef HT_EVENT_CONNECTION_H
#define HT_EVENT_CONNECTION_H

#include "event/event.h"

struct ht_party {
    struct ht_address ip;
    uint16_t port;
    uint64_t packets;
    uint64_t bytes;         /* of IP packets, header included */
    uint64_t payload_bytes; /* of TCP or UDP payload, retransmissions included */
};

struct ht_app_label {
    const char *name;     /* "TLS", "HTTP", "Google" */
    const char *category; /* "Web" */
    const char *source;   /* "ndpi" */
};

struct ht_tunnel_end {
    struct ht_address ip;
    uint16_t port; /* of a tunnel over UDP; else 0 */
};

struct ht_encapsulation {
    const char *type; /* "vlan" */
    uint64_t id;      /* plus one; 0: it has none */
    const struct ht_tunnel_end *source;
    const struct ht_tunnel_end *destination;
};

/* That the connection carries DNS, encrypted. */
struct ht_encrypted_dns {
    const char *protocol;  /* dot, doq, doh */
    const char *judged_by; /* alpn, port, server_name */
};

/* The DNS answer that led to the connection. */
struct ht_resolution {
    struct ht_bytes name;
    struct ht_texts cnames;
    struct ht_address address;
    const char *type; /* "A", "AAAA" */
    uint64_t query_frame;
    uint64_t answer_frame;
    uint64_t rtt_ns;
    uint64_t ttl_s;
    uint64_t age_ns; /* of the answer, when the connection began */
    const char
        *verdict; /* fresh, within_ttl, beyond_ttl, other_client, none_seen, literal_address */
    int64_t query_time_ns;
    int64_t answer_time_ns;
    /* Not in the output: */
    bool client_asks;          /* DNS answers to the client were captured before, in this source */
    struct ht_bytes led_there; /* none_seen: another name under which the client was given the
                                * address; empty: none */
    bool elsewhere;            /* the answer, or the one under another name, is of another source
                                * of the run: nobody is to be accused by it */
};

struct ht_tcp_options {
    uint16_t mss;
    uint8_t window_scale; /* plus one; 0: not offered */
    bool sack_permitted;
    bool timestamps;
    bool fast_open;
    uint16_t window;
};

struct ht_tcp_summary {
    const char *state; /* unanswered, refused, half_open, established, half_closed, closed, reset */
    uint64_t syn_frame;
    uint64_t syn_ack_frame;
    uint64_t ack_frame;
    uint64_t rtt_ns;        /* SYN to the ACK that ends the handshake */
    uint64_t rtt_server_ns; /* SYN to SYN-ACK */
    uint64_t rtt_client_ns; /* SYN-ACK to ACK */
    uint64_t syn_retransmissions;
    const char *closed_by; /* client, server */
    const char *close;     /* fin, rst */
    bool midstream;
    bool simultaneous_open;
    const struct ht_tcp_options *client_options;
    const struct ht_tcp_options *server_options;
};

struct ht_timing {
    uint64_t server_hello_ns; /* ClientHello to ServerHello */
    uint64_t server_think_ns; /* of that, without TCP's round trip from here to the server */
    uint64_t handshake_ns;    /* ClientHello to the later Finished */
};

struct ht_repetition {
    uint64_t frame; /* 0: there is none */
    int64_t time_ns;
};

struct ht_capture_quality {
    uint64_t missing_bytes;
    uint64_t duplicates;
    uint64_t mirror_duplicates;
    uint64_t out_of_order;
    uint64_t truncated_frames;
    uint64_t conflicting_overlaps;
    bool one_sided;
    bool limit_reached;
    /* Not in the output: */
    struct ht_repetition client_repeats, server_repeats; /* the first of a side's duplicates */
};

struct ht_timeline_entry {
    int64_t t_ns; /* since the connection's first frame; absent for what was not seen */
    uint64_t frame;
    const char *from;   /* client, server */
    const char *event;  /* the type's name */
    const char *absent; /* why an expected message was not seen */
    bool inferred;
    bool encrypted;
    bool decrypted;
    bool partial;
    bool malformed;
    uint8_t verified; /* whether its signature holds, plus one; 0: not checked */
    uint16_t kind;    /* not in the output: whoever made the entry gave the same number to others of
                       * which all from `from` to `verified`, and the type, is the same; 0: none */
    struct ht_any data;
    /* Not in the output: */
    const struct ht_event_type *type;
    const void *object; /* its data, also where the details hold it */
};

struct ht_finding {
    /* The words of its rule and policy, which live as long as these, side by side. */
    const char *id;
    const char *severity; /* critical, high, medium, low, info */
    const char *title;
    const char *category; /* version, cipher, kex, certificate … */
    const char *basis;    /* observed, derived, inferred */
    const char *verdict;  /* of the policy: fail, warn, report; NULL: there is none */
    const char *clause;   /* of the policy, that asks for it */
    const char *attack;   /* attacks and CVEs that it opens the way to */
    const char *remediation;
    const char *const *references; /* the last one is NULL; NULL: there are none */
    struct ht_bytes evidence;
    struct ht_uints frames;
    /* Not in the output: */
    const char *scope; /* of the rule: client, server; NULL: both */
};

enum { HT_MAX_CARRIERS = 4 };

struct audit_case;
struct ht_service;

struct ht_connection {
    struct ht_bytes id;           /* "c-5f0e1c9a7b3d2468" */
    struct ht_bytes community_id; /* Community ID version 1, seed 0 */
    struct ht_bytes source;       /* the file's or interface's name */
    int64_t start_ns;
    int64_t end_ns;
    uint64_t duration_ns;
    const char *transport; /* tcp, udp */
    struct ht_bytes protocol;
    const struct ht_party *client;
    const struct ht_party *server;
    const char *roles_from; /* syn, syn_ack, client_hello, server_hello, port, first_packet */
    struct ht_bytes server_name;
    const struct ht_app_label *app;
    struct ht_objects encapsulation; /* of struct ht_encapsulation, outermost first */
    const struct ht_resolution *dns;
    const struct ht_encrypted_dns *encrypted_dns;
    uint64_t truncated_answer_frame; /* of DNS over UDP, which is asked for again here */
    const struct ht_tcp_summary *tcp;
    struct ht_any carriers[HT_MAX_CARRIERS]; /* what carries it, or came before: "quic", "proxy" */
    struct ht_any details;                   /* what the dissector says: "tls" */
    struct ht_objects timeline;              /* of struct ht_timeline_entry, in order of time */
    const struct ht_timing *timing;
    const struct ht_capture_quality *capture;
    struct ht_objects findings; /* of struct ht_finding */
    /* Not in the output: */
    uint64_t timeline_kind; /* timelines of one kind say the same of the same sides in the same
                             * order, and differ in times, frames and data; 0: not known */
    const struct ht_service
        *service; /* what DNS told of it, by an analyzer of that name; or NULL */
    const struct audit_case *audit_case; /* what rules see of it, until the audit judges the next
                                          * connection; NULL: it does not */
};

/* ht_connection_details is what a protocol with details of this type says of the connection: the
 * one that was spoken, or one that carries it or came before; NULL: it did neither. */
static inline const void *ht_connection_details(const struct ht_connection *c,
                                                const struct ht_struct *type)
{
    for (size_t i = 0; i < HT_MAX_CARRIERS; i++) {
        if (c->carriers[i].type == type) {
            return c->carriers[i].object;
        }
    }
    return c->details.type == type ? c->details.object : NULL;
}

/* With --events: one thing, as it happens. */
struct ht_event_record {
    struct ht_bytes connection; /* its id */
    struct ht_bytes community_id;
    struct ht_bytes source;
    int64_t time_ns;
    uint64_t frame;
    struct ht_party *client_party; /* address and port only */
    struct ht_party *server_party;
    const char *from;
    const char *event;
    bool inferred;
    bool encrypted;
    bool decrypted;
    bool partial;
    bool malformed;
    uint8_t verified;
    struct ht_any data;
};

/* ht_event_verified is `verified` of an event with these flags. */
static inline uint8_t ht_event_verified(unsigned flags)
{
    return (flags & HT_EVENT_VERIFIED) != 0 ? 2 : (flags & HT_EVENT_REFUTED) != 0 ? 1 : 0;
}

extern const struct ht_struct ht_party_struct;
extern const struct ht_struct ht_endpoint_struct; /* of a struct ht_party: ip and port only */
extern const struct ht_struct ht_timeline_entry_struct;
extern const struct ht_struct ht_capture_quality_struct;
extern const struct ht_struct ht_connection_struct;
extern const struct ht_record_type ht_connection_record;

/* The timeline's entries for the DNS transaction; their data is a struct ht_resolution, the
 * record's `dns`. */
extern const struct ht_event_type ht_dns_query_event;
extern const struct ht_event_type ht_dns_answer_event;

extern const struct ht_record_type ht_event_record_type;

#endif
