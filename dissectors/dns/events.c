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
    HT_FIELD(struct dns_question, unicast_response, HT_BOOL,
             "Multicast DNS: the answer may come by unicast (QU, RFC 6762 section 5.4)."),
};

static const struct ht_struct question_struct =
    HT_STRUCT(struct dns_question, "dns_question", question_fields,
              "What is asked (RFC 1035 section 4.1.2).");

static const struct ht_field ech_config_fields[] = {
    HT_FIELD(struct dns_ech_config, version, HT_UINT, "Version of the configuration: 65037."),
    HT_FIELD(struct dns_ech_config, config_id, HT_UINT,
             "Identifier, which the ClientHello repeats.", .flags = HT_PLUS_ONE),
    HT_FIELD(struct dns_ech_config, kem, HT_UINT, "Key encapsulation (RFC 9180 section 7.1)."),
    HT_FIELD(struct dns_ech_config, maximum_name_length, HT_UINT,
             "Length to which inner names are padded."),
    HT_FIELD(struct dns_ech_config, public_name, HT_TEXT, "Name that the outer ClientHello shows.",
             .label = ""),
};

static const struct ht_struct ech_config_struct =
    HT_STRUCT(struct dns_ech_config, "dns_ech_config", ech_config_fields,
              "A configuration for Encrypted Client Hello (RFC 9849).");

static const struct ht_field ech_fields[] = {
    HT_FIELD(struct dns_ech, configs, HT_LIST_OBJECT, "Configurations, in order.",
             .of = &ech_config_struct, .label = ""),
    HT_FIELD(struct dns_ech, list, HT_HEX, "As it came.", .flags = HT_INTERNAL),
};

static const struct ht_struct ech_struct =
    HT_STRUCT(struct dns_ech, "dns_ech", ech_fields, "What a service's ech parameter holds.");

static const struct ht_field answer_fields[] = {
    HT_FIELD(struct dns_answer, name, HT_TEXT, "Name of the record's owner.", .label = "",
             .unless = offsetof(struct dns_answer, asked)),
    HT_FIELD(struct dns_answer, type, HT_TEXT, "Type of the record.", .label = ""),
    HT_FIELD(struct dns_answer, ttl_s, HT_UINT, "Time for which the record may be used.",
             .label = "ttl", .flags = HT_ALWAYS),
    HT_FIELD(struct dns_answer, data, HT_TEXT,
             "What the record says, in presentation form; for a type without one as RFC 3597 "
             "section 5 has it.",
             .label = ""),
    HT_FIELD(struct dns_answer, ech, HT_OBJECT,
             "Of SVCB and HTTPS: the configurations for Encrypted Client Hello.",
             .of = &ech_struct),
    HT_FIELD(struct dns_answer, cache_flush, HT_BOOL,
             "Multicast DNS: takes the place of what was known (RFC 6762 section 10.2)."),
    HT_FIELD(struct dns_answer, asked, HT_TEXT, "The name asked for.", .flags = HT_INTERNAL),
};

static const struct ht_struct answer_struct =
    HT_STRUCT(struct dns_answer, "dns_resource_record", answer_fields,
              "A resource record (RFC 1035 section 4.1.3).");

static const struct ht_field subnet_fields[] = {
    HT_FIELD(struct dns_client_subnet, address, HT_ADDRESS, "Where the client is."),
    HT_FIELD(struct dns_client_subnet, source_prefix, HT_UINT,
             "Bits of the address that the query gives.", .flags = HT_ALWAYS),
    HT_FIELD(struct dns_client_subnet, scope_prefix, HT_UINT, "Bits for which the answer is meant.",
             .flags = HT_ALWAYS),
};

static const struct ht_struct subnet_struct =
    HT_STRUCT(struct dns_client_subnet, "dns_client_subnet", subnet_fields,
              "The network for which is asked (RFC 7871).");

static const struct ht_field error_fields[] = {
    HT_FIELD(struct dns_error, code, HT_NAMED, "What went wrong.", .names = &dns_extended_errors,
             .label = ""),
    HT_FIELD(struct dns_error, text, HT_TEXT, "What the server says to it.", .label = ""),
};

static const struct ht_struct error_struct = HT_STRUCT(
    struct dns_error, "dns_extended_error", error_fields, "An extended DNS error (RFC 8914).");

static const struct ht_field edns_fields[] = {
    HT_FIELD(struct dns_edns, udp_size, HT_UINT, "Largest UDP payload that the sender takes."),
    HT_FIELD(struct dns_edns, version, HT_UINT, "Version of EDNS.", .flags = HT_ALWAYS),
    HT_FIELD(struct dns_edns, dnssec_ok, HT_BOOL, "DNSSEC records are wanted (DO)."),
    HT_FIELD(struct dns_edns, options, HT_LIST_NAMED, "Options, in order.",
             .names = &dns_edns_options),
    HT_FIELD(struct dns_edns, errors, HT_LIST_OBJECT, "Extended errors (RFC 8914).",
             .of = &error_struct, .label = "extended error"),
    HT_FIELD(struct dns_edns, client_subnet, HT_OBJECT, "Client subnet (RFC 7871).",
             .of = &subnet_struct),
    HT_FIELD(struct dns_edns, nsid, HT_TEXT, "Which server it was (RFC 5001)."),
    HT_FIELD(struct dns_edns, client_cookie, HT_HEX, "The client's cookie (RFC 7873)."),
    HT_FIELD(struct dns_edns, server_cookie, HT_HEX, "The server's cookie."),
    HT_FIELD(struct dns_edns, report_channel, HT_TEXT,
             "Where errors may be reported to (RFC 9567)."),
    HT_FIELD(struct dns_edns, tcp_keepalive_ms, HT_UINT,
             "How long a TCP connection may be idle (RFC 7828).", .flags = HT_PLUS_ONE),
    HT_FIELD(struct dns_edns, expire_s, HT_UINT, "When the zone expires (RFC 7314).",
             .flags = HT_PLUS_ONE),
    HT_FIELD(struct dns_edns, padding, HT_UINT, "Octets of padding (RFC 7830).",
             .flags = HT_PLUS_ONE),
};

static const struct ht_struct edns_struct =
    HT_STRUCT(struct dns_edns, "dns_edns", edns_fields, "Extensions to DNS (RFC 6891).");

static const struct ht_field transaction_fields[] = {
    HT_FIELD(struct dns_transaction, source, HT_TEXT,
             "The file or interface it was read from: that of its frames."),
    HT_FIELD(struct dns_transaction, start_ns, HT_TIME, "Time of the query, else of the answer.",
             .name = "start"),
    HT_FIELD(struct dns_transaction, protocol, HT_LABEL,
             "mdns (RFC 6762), llmnr (RFC 4795) or nbns (NetBIOS names, RFC 1002); absent for DNS.",
             .label = "", .flags = HT_REPEATS),
    HT_FIELD(struct dns_transaction, transport, HT_LABEL, "udp or tcp.", .flags = HT_REPEATS),
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
    HT_FIELD(struct dns_transaction, authoritative, HT_BOOL, "The answer is authoritative (AA).",
             .flags = HT_REPEATS),
    HT_FIELD(struct dns_transaction, truncated, HT_BOOL,
             "The sender had to shorten the message (TC).", .label = "truncated",
             .flags = HT_REPEATS),
    HT_FIELD(struct dns_transaction, recursion_desired, HT_BOOL, "Recursion is desired (RD).",
             .flags = HT_REPEATS),
    HT_FIELD(struct dns_transaction, recursion_available, HT_BOOL, "Recursion is available (RA).",
             .flags = HT_REPEATS),
    HT_FIELD(struct dns_transaction, authentic_data, HT_BOOL,
             "The server vouches for the data (AD, RFC 4035).", .flags = HT_REPEATS),
    HT_FIELD(struct dns_transaction, checking_disabled, HT_BOOL,
             "The client checks the data itself (CD, RFC 4035).", .flags = HT_REPEATS),
    HT_FIELD(struct dns_transaction, conflict, HT_BOOL,
             "LLMNR: the sender knows of another owner of the name (C, RFC 4795).",
             .label = "conflict", .flags = HT_REPEATS),
    HT_FIELD(struct dns_transaction, tentative, HT_BOOL,
             "LLMNR: the sender does not know yet that the name is its own (T, RFC 4795).",
             .flags = HT_REPEATS),
    HT_FIELD(struct dns_transaction, broadcast, HT_BOOL,
             "NetBIOS: meant for all, not for a name server (B, RFC 1002).", .flags = HT_REPEATS),
    HT_FIELD(struct dns_transaction, answers, HT_LIST_OBJECT, "Records that answer the question.",
             .of = &answer_struct, .label = "→"),
    HT_FIELD(struct dns_transaction, authority, HT_LIST_OBJECT, "Records about the authority.",
             .of = &answer_struct),
    HT_FIELD(struct dns_transaction, additional, HT_LIST_OBJECT, "Additional records.",
             .of = &answer_struct),
    HT_FIELD(struct dns_transaction, edns, HT_OBJECT, "EDNS of the answer, else of the query.",
             .of = &edns_struct, .label = ""),
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
