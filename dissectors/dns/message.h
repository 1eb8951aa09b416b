/*
 * A DNS message (RFC 1035 section 4), parsed whole. Pure.
 */
#ifndef HT_DNS_MESSAGE_H
#define HT_DNS_MESSAGE_H

#include "dns/dns.h"

enum {
    DNS_HEADER_SIZE = 12,
    /* Bytes of names and data that one message may unfold to: compression and \DDD make 12 bytes
     * into a thousand. What is past it is left out. */
    DNS_MAX_TEXT = 1 << 20
};

/* What a flow speaks. NetBIOS: its name service (RFC 1002), which has the form of DNS. */
enum dns_kind { DNS_UNICAST, DNS_LLMNR, DNS_MULTICAST, DNS_NETBIOS };

enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_NUM_SECTIONS };

struct dns_message {
    uint16_t id;
    bool response;
    uint8_t opcode;
    bool authoritative, truncated, recursion_desired, recursion_available, authentic_data,
        checking_disabled;
    bool reserved;      /* the bit Z, which must be zero */
    uint16_t rcode;     /* with the bits of OPT (RFC 6891 section 6.1.3) */
    uint16_t counts[4]; /* as the header says: questions, answers, authority, additional */
    bool header;        /* the header is whole */
    struct dns_question *questions;
    size_t num_questions;
    struct ht_bytes asked; /* the octets of the first question; empty: there is none */
    struct dns_answer *records[DNS_NUM_SECTIONS]; /* without OPT */
    size_t num_records[DNS_NUM_SECTIONS];
    const struct dns_edns *edns; /* NULL: no OPT */
    bool limit_reached;          /* DNS_MAX_TEXT hit */
};

/* What a message is known by while it waits for another. */
struct dns_gist {
    uint16_t id;
    uint16_t asked_len; /* octets of its first question, behind the header; 0: it has none */
    uint16_t asked_type;
    uint8_t opcode;
    bool header; /* is whole */
    bool response;
    bool edns;
};

/* dns_header_parse reads the 12 bytes of the header; false where there are fewer. */
bool dns_header_parse(struct ht_reader *r, struct dns_message *out);

/* dns_message_parse reads a message; what it finds lies in `arena` or views static text. Of
 * DNS_MULTICAST the top bit of classes is no part of them (RFC 6762 sections 5.4 and 10.2).
 * False where the message breaks its form or ends early, or bytes follow it; `out` then holds what
 * could be read before. A record whose data break the form of its type is there with its data as
 * those of an unknown type. */
bool dns_message_parse(struct ht_bytes message, enum dns_kind kind, struct ht_arena *arena,
                       struct dns_message *out);

/* dns_gist is what is known of a message that was parsed. */
struct dns_gist dns_gist(const struct dns_message *m);

/* dns_query_skim finds the gist of a usual query, of DNS or LLMNR, without memory: one question,
 * and at most an OPT without options. False: it is another message, or a malformed one, to be
 * parsed. */
bool dns_query_skim(struct ht_bytes message, struct dns_gist *out);

#endif
