/*
 * What DNS's record and events are called and how each field is shown.
 */
#include "dns/dns.h"

static const struct ht_field party_fields[] = {
    HT_FIELD(struct dns_party, ip, HT_ADDRESS, "IP address.", .label = ""),
    HT_FIELD(struct dns_party, port, HT_UINT, "Port.", .label = "port", .flags = HT_ALWAYS),
};

static const struct ht_struct party_struct =
    HT_STRUCT(struct dns_party, "dns_party", party_fields, "One end of a transaction.");

static const struct ht_field question_fields[] = {
    HT_FIELD(struct dns_question, name, HT_TEXT,
             "Name asked for, in presentation form (RFC 1035 section 5.1).", .label = ""),
    HT_FIELD(struct dns_question, type, HT_TEXT, "Type asked for: A, AAAA, HTTPS, TYPE65400.",
             .label = ""),
    HT_FIELD(struct dns_question, class, HT_TEXT, "Class asked for: IN."),
};

static const struct ht_struct question_struct =
    HT_STRUCT(struct dns_question, "dns_question", question_fields,
              "What is asked (RFC 1035 section 4.1.2).");

static const struct ht_field answer_fields[] = {
    HT_FIELD(struct dns_answer, name, HT_TEXT, "Name of the record's owner."),
    HT_FIELD(struct dns_answer, type, HT_TEXT, "Type of the record.", .label = ""),
    HT_FIELD(struct dns_answer, ttl_s, HT_UINT, "Time for which the record may be used.",
             .label = "ttl", .flags = HT_ALWAYS),
    HT_FIELD(struct dns_answer, data, HT_TEXT,
             "What the record says, in presentation form; for a type without one as RFC 3597 "
             "section 5 has it.",
             .label = ""),
};

static const struct ht_struct answer_struct =
    HT_STRUCT(struct dns_answer, "dns_resource_record", answer_fields,
              "A resource record (RFC 1035 section 4.1.3).");

static const struct ht_field edns_fields[] = {
    HT_FIELD(struct dns_edns, udp_size, HT_UINT, "Largest UDP payload that the sender takes."),
    HT_FIELD(struct dns_edns, version, HT_UINT, "Version of EDNS.", .flags = HT_ALWAYS),
    HT_FIELD(struct dns_edns, dnssec_ok, HT_BOOL, "DNSSEC records are wanted (DO)."),
    HT_FIELD(struct dns_edns, options, HT_LIST_NAMED, "Options, in order.",
             .names = &dns_edns_options),
};

static const struct ht_struct edns_struct =
    HT_STRUCT(struct dns_edns, "dns_edns", edns_fields, "Extensions to DNS (RFC 6891).");

static const struct ht_field transaction_fields[] = {
    HT_FIELD(struct dns_transaction, start_ns, HT_TIME, "Time of the query, else of the answer.",
             .name = "start"),
    HT_FIELD(struct dns_transaction, protocol, HT_LABEL,
             "mdns (RFC 6762) or llmnr (RFC 4795); absent for DNS.", .label = ""),
    HT_FIELD(struct dns_transaction, transport, HT_LABEL, "udp or tcp."),
    HT_FIELD(struct dns_transaction, client, HT_OBJECT, "Who sent the query.", .of = &party_struct),
    HT_FIELD(struct dns_transaction, server, HT_OBJECT, "Who was asked.", .of = &party_struct),
    HT_FIELD(struct dns_transaction, id, HT_UINT, "Identifier of the messages.",
             .flags = HT_ALWAYS),
    HT_FIELD(struct dns_transaction, query_frame, HT_UINT, "Frame of the query."),
    HT_FIELD(struct dns_transaction, answer_frame, HT_UINT, "Frame of the answer."),
    HT_FIELD(struct dns_transaction, repeat_frames, HT_LIST_UINT,
             "Frames that only repeat the query or the answer."),
    HT_FIELD(struct dns_transaction, rtt_ns, HT_UINT, "Time from the query to the answer.",
             .label = "rtt"),
    HT_FIELD(struct dns_transaction, opcode, HT_TEXT, "Kind of query; absent for QUERY.",
             .label = ""),
    HT_FIELD(struct dns_transaction, question, HT_OBJECT, "What was asked.", .of = &question_struct,
             .label = ""),
    HT_FIELD(struct dns_transaction, more_questions, HT_LIST_OBJECT,
             "The second and later questions of the same message.", .of = &question_struct,
             .label = ""),
    HT_FIELD(struct dns_transaction, rcode, HT_TEXT,
             "Response code; absent where no answer was seen.", .label = "", .unset = "no answer",
             .common = "NOERROR"),
    HT_FIELD(struct dns_transaction, authoritative, HT_BOOL, "The answer is authoritative (AA)."),
    HT_FIELD(struct dns_transaction, truncated, HT_BOOL,
             "The sender had to shorten the message (TC).", .label = "truncated"),
    HT_FIELD(struct dns_transaction, recursion_desired, HT_BOOL, "Recursion is desired (RD)."),
    HT_FIELD(struct dns_transaction, recursion_available, HT_BOOL, "Recursion is available (RA)."),
    HT_FIELD(struct dns_transaction, authentic_data, HT_BOOL,
             "The server vouches for the data (AD, RFC 4035)."),
    HT_FIELD(struct dns_transaction, checking_disabled, HT_BOOL,
             "The client checks the data itself (CD, RFC 4035)."),
    HT_FIELD(struct dns_transaction, answers, HT_LIST_OBJECT, "Records that answer the question.",
             .of = &answer_struct, .label = "→"),
    HT_FIELD(struct dns_transaction, authority, HT_LIST_OBJECT, "Records about the authority.",
             .of = &answer_struct),
    HT_FIELD(struct dns_transaction, additional, HT_LIST_OBJECT, "Additional records.",
             .of = &answer_struct),
    HT_FIELD(struct dns_transaction, edns, HT_OBJECT, "EDNS of the answer, else of the query.",
             .of = &edns_struct),
    HT_FIELD(struct dns_transaction, malformed, HT_BOOL,
             "A message breaks the protocol's form; what could be read of it is here.",
             .label = "malformed"),
    HT_FIELD(struct dns_transaction, partial, HT_BOOL, "A message was cut in the capture.",
             .label = "partial"),
    HT_FIELD(struct dns_transaction, limit_reached, HT_BOOL,
             "Told before an answer was seen, or without all its records, because a bound was hit.",
             .label = "limit reached"),
};

static const struct ht_struct transaction_struct =
    HT_STRUCT(struct dns_transaction, "dns", transaction_fields,
              "A DNS transaction: a query and its answer, or one of them alone.");

const struct ht_record_type dns_transaction_record = {.name = "dns", .data = &transaction_struct};

static const struct ht_field query_event_fields[] = {
    HT_FIELD(struct dns_transaction, id, HT_UINT, "Identifier of the message.", .flags = HT_ALWAYS),
    HT_FIELD(struct dns_transaction, opcode, HT_TEXT, "Kind of query; absent for QUERY.",
             .label = ""),
    HT_FIELD(struct dns_transaction, question, HT_OBJECT, "What is asked.", .of = &question_struct,
             .label = ""),
};

static const struct ht_struct query_event_struct =
    HT_STRUCT(struct dns_transaction, "dns_query", query_event_fields, "A query, when it is seen.");

const struct ht_event_type dns_query_event = {.name  = "dns.query",
                                              .title = "DNS query",
                                              .doc   = "A name was asked for (RFC 1035).",
                                              .data  = &query_event_struct};

static const struct ht_field answer_event_fields[] = {
    HT_FIELD(struct dns_transaction, id, HT_UINT, "Identifier of the message.", .flags = HT_ALWAYS),
    HT_FIELD(struct dns_transaction, question, HT_OBJECT, "What was asked.", .of = &question_struct,
             .label = ""),
    HT_FIELD(struct dns_transaction, rcode, HT_TEXT, "Response code.", .label = ""),
    HT_FIELD(struct dns_transaction, answers, HT_LIST_OBJECT, "Records that answer the question.",
             .of = &answer_struct, .label = ""),
};

static const struct ht_struct answer_event_struct = HT_STRUCT(
    struct dns_transaction, "dns_answer", answer_event_fields, "An answer, when it is seen.");

const struct ht_event_type dns_answer_event = {.name  = "dns.answer",
                                               .title = "DNS answer",
                                               .doc   = "A name was answered (RFC 1035).",
                                               .data  = &answer_event_struct};
