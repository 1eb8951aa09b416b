/* The field tables of the connection record and of the event record. The keys are a contract with
 * everybody who reads our output: add to them, never change them. */
#include "event/connection.h"

#define ROW(member, kind, doc, ...) HT_FIELD(OWNER, member, kind, doc, __VA_ARGS__)

#define OWNER struct ht_party
static const struct ht_field party_fields[] = {
    ROW(ip, HT_ADDRESS, "Its address.", .label = ""),
    ROW(port, HT_UINT, "Its port.", .flags = HT_ALWAYS, .label = "port"),
    ROW(packets, HT_UINT, "Packets that it sent.", .flags = HT_ALWAYS),
    ROW(bytes, HT_UINT, "Bytes of the IP packets that it sent, headers included.",
        .flags = HT_ALWAYS),
    ROW(payload_bytes, HT_UINT,
        "Bytes of TCP or UDP payload that it sent, retransmissions included.", .flags = HT_ALWAYS),
};

const struct ht_struct ht_party_struct =
    HT_STRUCT(OWNER, "party", party_fields, "One end of a connection, and what it sent.");

static const struct ht_field endpoint_fields[] = {
    ROW(ip, HT_ADDRESS, "Its address.", .label = ""),
    ROW(port, HT_UINT, "Its port.", .flags = HT_ALWAYS, .label = "port"),
};

const struct ht_struct ht_endpoint_struct =
    HT_STRUCT(OWNER, "endpoint", endpoint_fields, "One end of a connection.");
#undef OWNER

#define OWNER struct ht_app_label
static const struct ht_field app_fields[] = {
    ROW(name, HT_LABEL, "The application or protocol, as the classifier calls it."),
    ROW(category, HT_LABEL, "Its category, as the classifier calls it."),
    ROW(source, HT_LABEL, "The classifier: ndpi."),
};

static const struct ht_struct app_struct = HT_STRUCT(
    OWNER, "app", app_fields, "What a classifier takes the connection for: a label only.");
#undef OWNER

#define OWNER struct ht_tunnel_end
static const struct ht_field tunnel_end_fields[] = {
    ROW(ip, HT_ADDRESS, "Its address."),
    ROW(port, HT_UINT, "Its port, where the tunnel is one over UDP."),
};

static const struct ht_struct tunnel_end_struct =
    HT_STRUCT(OWNER, "tunnel_end", tunnel_end_fields, "One end of a tunnel.");
#undef OWNER

#define OWNER struct ht_encapsulation
static const struct ht_field encapsulation_fields[] = {
    ROW(type, HT_LABEL,
        "What the packets were wrapped in: vlan, isl, vntag, etag, pbb, fabricpath, trill, pppoe, "
        "mpls, nsh, ah, esp, ip_in_ip, gre, pptp, eoip, erspan, etherip, l2tp, mpls_in_ip, vxlan, "
        "geneve, gtpu, teredo, lisp, capwap, ayiya or tzsp."),
    ROW(id, HT_UINT,
        "Its identifier, where it has one: number of the VLAN, network identifier, key, label, "
        "session, tunnel endpoint.",
        .flags = HT_PLUS_ONE),
    ROW(source, HT_OBJECT, "Of a tunnel over IP: where it sent the first packet from.",
        .of = &tunnel_end_struct),
    ROW(destination, HT_OBJECT, "Of a tunnel over IP: where it sent the first packet to.",
        .of = &tunnel_end_struct),
};

static const struct ht_struct encapsulation_struct =
    HT_STRUCT(OWNER, "encapsulation", encapsulation_fields, "One layer around the packets.");
#undef OWNER

#define OWNER struct ht_encrypted_dns
static const struct ht_field encrypted_dns_fields[] = {
    ROW(protocol, HT_LABEL, "dot (RFC 7858), doq (RFC 9250) or doh (RFC 8484)."),
    ROW(judged_by, HT_LABEL,
        "By what that was judged: alpn, port, or server_name, that of a public resolver."),
};

static const struct ht_struct encrypted_dns_struct =
    HT_STRUCT(OWNER, "encrypted_dns", encrypted_dns_fields, "DNS that is carried encrypted.");
#undef OWNER

#define OWNER struct ht_resolution
static const struct ht_field resolution_fields[] = {
    ROW(name, HT_TEXT, "The name that was asked for."),
    ROW(cnames, HT_LIST_TEXT, "The aliases that led from it to the address."),
    ROW(address, HT_ADDRESS, "The address that was answered: the server's."),
    ROW(type, HT_LABEL, "The type of record that gave the address: A or AAAA."),
    ROW(query_frame, HT_UINT, "Frame of the query."),
    ROW(answer_frame, HT_UINT, "Frame of the answer."),
    ROW(rtt_ns, HT_UINT, "Time from the query to its answer."),
    ROW(ttl_s, HT_UINT, "Time for which the answer may be used: the lowest of the records' TTLs."),
    ROW(age_ns, HT_UINT, "Age of the answer when the connection began."),
    ROW(verdict, HT_LABEL,
        "How the answer relates to the connection: fresh, within_ttl, beyond_ttl, other_client "
        "(another host had asked), none_seen or literal_address.",
        .flags = HT_INFERRED),
};

static const struct ht_struct resolution_struct =
    HT_STRUCT(OWNER, "resolution", resolution_fields, "The DNS answer that led to the connection.");

static const struct ht_field query_fields[] = {
    ROW(type, HT_LABEL, "The type of record that was asked for.", .label = ""),
    ROW(name, HT_TEXT, "The name that was asked for.", .label = ""),
};

static const struct ht_struct query_struct =
    HT_STRUCT(OWNER, "dns_query", query_fields, "The query that led to the connection.");

const struct ht_event_type ht_dns_query_event = {.name       = "dns.query",
                                                 .title      = "DNS query",
                                                 .doc        = "The name was asked for.",
                                                 .data       = &query_struct,
                                                 .in_details = true};

static const struct ht_field answer_fields[] = {
    ROW(cnames, HT_LIST_TEXT, "The aliases that led to the address.", .label = "alias"),
    ROW(address, HT_ADDRESS, "The address.", .label = ""),
    ROW(ttl_s, HT_UINT, "Time for which it may be used.", .label = "ttl"),
};

static const struct ht_struct answer_struct =
    HT_STRUCT(OWNER, "dns_answer", answer_fields, "The answer that led to the connection.");

const struct ht_event_type ht_dns_answer_event = {.name       = "dns.answer",
                                                  .title      = "DNS answer",
                                                  .doc        = "The address was answered.",
                                                  .data       = &answer_struct,
                                                  .in_details = true};
#undef OWNER

#define OWNER struct ht_tcp_options
static const struct ht_field options_fields[] = {
    ROW(mss, HT_UINT, "Maximum segment size (RFC 9293).", .flags = HT_REPEATS),
    ROW(window_scale, HT_UINT, "Window scale, a shift count (RFC 7323).",
        .flags = HT_PLUS_ONE | HT_REPEATS),
    ROW(sack_permitted, HT_BOOL, "Selective acknowledgement is permitted (RFC 2018).",
        .flags = HT_REPEATS),
    ROW(timestamps, HT_BOOL, "The timestamps option is there (RFC 7323).", .flags = HT_REPEATS),
    ROW(fast_open, HT_BOOL, "The Fast Open option is there (RFC 7413).", .flags = HT_REPEATS),
    ROW(window, HT_UINT, "The window, not scaled.", .flags = HT_REPEATS),
};

static const struct ht_struct options_struct =
    HT_STRUCT(OWNER, "tcp_options", options_fields, "What a SYN or SYN-ACK offers.");
#undef OWNER

#define OWNER struct ht_tcp_summary
static const struct ht_field tcp_fields[] = {
    ROW(state, HT_LABEL,
        "How far it came: unanswered, refused, half_open, established, half_closed, closed, "
        "reset."),
    ROW(syn_frame, HT_UINT, "Frame of the SYN."),
    ROW(syn_ack_frame, HT_UINT, "Frame of the SYN-ACK."),
    ROW(ack_frame, HT_UINT, "Frame of the ACK that ends the handshake."),
    ROW(rtt_ns, HT_UINT, "Time from the SYN to the ACK that ends the handshake."),
    ROW(rtt_server_ns, HT_UINT, "Time from the SYN to the SYN-ACK: from the probe to the server."),
    ROW(rtt_client_ns, HT_UINT, "Time from the SYN-ACK to the ACK: from the probe to the client."),
    ROW(syn_retransmissions, HT_UINT, "SYNs sent again."),
    ROW(closed_by, HT_LABEL, "Who closed it: client or server.", .flags = HT_REPEATS),
    ROW(close, HT_LABEL, "How: fin or rst.", .flags = HT_REPEATS),
    ROW(midstream, HT_BOOL, "The capture began after the connection did.", .flags = HT_REPEATS),
    ROW(simultaneous_open, HT_BOOL, "Both sides sent a SYN (RFC 9293 section 3.5).",
        .flags = HT_REPEATS),
    ROW(client_options, HT_OBJECT, "What the client's SYN offers.", .of = &options_struct),
    ROW(server_options, HT_OBJECT, "What the server's SYN-ACK offers.", .of = &options_struct),
};

static const struct ht_struct tcp_struct =
    HT_STRUCT(OWNER, "tcp", tcp_fields, "How the TCP connection opened and closed.");
#undef OWNER

#define OWNER struct ht_capture_quality
static const struct ht_field capture_fields[] = {
    ROW(missing_bytes, HT_UINT, "Bytes that were sent but are not in the capture.",
        .flags = HT_ALWAYS | HT_REPEATS, .label = "missing"),
    ROW(duplicates, HT_UINT, "Segments that brought nothing new.", .flags = HT_ALWAYS | HT_REPEATS,
        .label = "duplicate segments"),
    ROW(mirror_duplicates, HT_UINT,
        "Packets captured twice, as from a mirror port or two taps: left out of all else.",
        .label = "packets captured twice", .flags = HT_REPEATS),
    ROW(out_of_order, HT_UINT, "Segments that came early.", .flags = HT_ALWAYS | HT_REPEATS,
        .label = "out of order"),
    ROW(truncated_frames, HT_UINT, "Frames cut by the snapshot length.",
        .flags = HT_ALWAYS | HT_REPEATS, .label = "frames cut by snaplen"),
    ROW(conflicting_overlaps, HT_UINT,
        "Segments that say otherwise than others of the same sequence numbers.",
        .label = "conflicting overlaps", .flags = HT_REPEATS),
    ROW(one_sided, HT_BOOL, "Only one direction was captured.", .flags = HT_ALWAYS | HT_REPEATS,
        .label = "one-sided"),
    ROW(limit_reached, HT_BOOL, "A bound of hellotap's hit: the story is not complete.",
        .label = "limit reached", .flags = HT_REPEATS),
};

const struct ht_struct ht_capture_quality_struct =
    HT_STRUCT(OWNER, "capture_quality", capture_fields, "How well the connection was captured.");
#undef OWNER

#define OWNER struct ht_timeline_entry
static const struct ht_field entry_fields[] = {
    ROW(t_ns, HT_INT,
        "Time since the connection's first frame; its DNS is before that, so negative. Absent for "
        "what was not seen.",
        .flags = HT_UNLESS, .unless = offsetof(OWNER, absent)),
    ROW(frame, HT_UINT, "Number of the frame, from 1 in each file."),
    ROW(from, HT_LABEL, "Who sent it: client or server.", .flags = HT_REPEATS),
    ROW(event, HT_LABEL, "What happened; hellotap-json(5) lists the events.", .flags = HT_REPEATS),
    ROW(absent, HT_LABEL,
        "Why a message that the protocol expects was not seen: encrypted, not_sent, "
        "not_negotiated, lost_in_capture, snaplen, capture_started_late, capture_ended, one_sided "
        "or limit_reached.",
        .flags = HT_INFERRED | HT_REPEATS),
    ROW(inferred, HT_BOOL, "Judged from place, size or order.", .flags = HT_REPEATS),
    ROW(encrypted, HT_BOOL, "Its content could not be read.", .flags = HT_REPEATS),
    ROW(decrypted, HT_BOOL, "It was encrypted, with keys that are known (--keylog).",
        .flags = HT_REPEATS),
    ROW(partial, HT_BOOL, "Its end is missing.", .flags = HT_REPEATS),
    ROW(malformed, HT_BOOL, "Its content breaks the specification.", .flags = HT_REPEATS),
    ROW(verified, HT_BOOL,
        "Whether its signature holds (--verify) or, of Finished, what it says of the handshake "
        "(--keylog), where that was checked.",
        .flags = HT_PLUS_ONE | HT_DERIVED | HT_REPEATS),
    ROW(data, HT_ANY, "The event's fields, where it has any.", .name = ""),
};

const struct ht_struct ht_timeline_entry_struct =
    HT_STRUCT(OWNER, "timeline_entry", entry_fields,
              "One thing that happened, or that was expected and did not.");
#undef OWNER

#define OWNER struct ht_timing
static const struct ht_field timing_fields[] = {
    ROW(server_hello_ns, HT_UINT,
        "From the first ClientHello to the server's first hello, be it a HelloRetryRequest."),
    ROW(server_think_ns, HT_UINT,
        "Of that, what is left without TCP's round trip to the server: its own time."),
    ROW(handshake_ns, HT_UINT, "From the first ClientHello to the later of both Finished."),
};

static const struct ht_struct timing_struct =
    HT_STRUCT(OWNER, "timing", timing_fields, "How long the handshake took.");
#undef OWNER

#define OWNER struct ht_finding
static const struct ht_field finding_fields[] = {
    ROW(id, HT_LABEL, "The rule's name.", .flags = HT_REPEATS),
    ROW(severity, HT_LABEL, "critical, high, medium, low or info.", .flags = HT_REPEATS),
    ROW(title, HT_LABEL, "What is wrong, in a few words.", .flags = HT_REPEATS),
    ROW(category, HT_LABEL, "What it is about: version, cipher, kex, certificate and so on.",
        .flags = HT_REPEATS),
    ROW(basis, HT_LABEL, "How it is known: observed, derived, inferred.", .flags = HT_REPEATS),
    ROW(verdict, HT_LABEL, "What the policy makes of it: fail, warn, report.", .flags = HT_REPEATS),
    ROW(clause, HT_LABEL, "The policy's clause.", .flags = HT_REPEATS),
    ROW(attack, HT_LABEL, "Attacks and CVEs that it opens the way to.", .flags = HT_REPEATS),
    ROW(remediation, HT_LABEL, "What to do about it.", .flags = HT_REPEATS),
    ROW(references, HT_LIST_LABEL, "Where it says so.", .flags = HT_REPEATS),
    ROW(frames, HT_LIST_UINT, "The frames that show it."),
    ROW(evidence, HT_TEXT, "What was seen in them."),
};

static const struct ht_struct finding_struct =
    HT_STRUCT(OWNER, "finding", finding_fields, "What the audit found.");
#undef OWNER

#define OWNER struct ht_connection
static const struct ht_field connection_fields[] = {
    ROW(id, HT_TEXT, "The connection's id; the same in every run over the same capture."),
    ROW(community_id, HT_TEXT, "Community ID, version 1, seed 0."),
    ROW(source, HT_TEXT, "The file or interface it was read from."),
    ROW(start_ns, HT_TIME, "Time of its first frame.", .name = "start"),
    ROW(end_ns, HT_TIME, "Time of its last frame.", .name = "end"),
    ROW(duration_ns, HT_UINT, "Time from the first frame to the last.", .flags = HT_ALWAYS),
    ROW(transport, HT_LABEL, "tcp or udp."),
    ROW(protocol, HT_TEXT, "tls, dtls, quic, ssl2, or what a classifier says."),
    ROW(client, HT_OBJECT, "The client.", .of = &ht_party_struct),
    ROW(server, HT_OBJECT, "The server.", .of = &ht_party_struct),
    ROW(roles_from, HT_LABEL,
        "What told who the client is: syn, syn_ack, client_hello, server_hello or another message "
        "that one side only sends, port or first_packet.",
        .flags = HT_DERIVED),
    ROW(server_name, HT_TEXT, "The best name known for the server: SNI, else DNS."),
    ROW(app, HT_OBJECT, "What a classifier takes it for.", .of = &app_struct, .flags = HT_INFERRED),
    ROW(encapsulation, HT_LIST_OBJECT, "What its packets were wrapped in, outermost first.",
        .of = &encapsulation_struct),
    ROW(dns, HT_OBJECT, "The DNS answer that led to it.", .of = &resolution_struct,
        .flags = HT_DERIVED),
    ROW(encrypted_dns, HT_OBJECT, "That it carries DNS, encrypted.", .of = &encrypted_dns_struct,
        .flags = HT_INFERRED),
    ROW(truncated_answer_frame, HT_UINT,
        "Of DNS over TCP: the frame of the truncated answer over UDP before it, for which it is "
        "opened.",
        .flags = HT_INFERRED),
    ROW(tcp, HT_OBJECT, "How TCP opened and closed.", .of = &tcp_struct),
    ROW(carriers[0], HT_ANY, NULL, .name = ""),
    ROW(carriers[1], HT_ANY, NULL, .name = ""),
    ROW(carriers[2], HT_ANY, NULL, .name = ""),
    ROW(carriers[3], HT_ANY, NULL, .name = ""),
    ROW(details, HT_ANY, "What was negotiated, by protocol.", .name = ""),
    ROW(timeline, HT_LIST_OBJECT, "What happened, in order of time.",
        .of = &ht_timeline_entry_struct),
    ROW(timing, HT_OBJECT, "How long the handshake took.", .of = &timing_struct,
        .flags = HT_DERIVED),
    ROW(capture, HT_OBJECT, "How well it was captured.", .of = &ht_capture_quality_struct),
    ROW(findings, HT_LIST_OBJECT, "What the audit found.", .of = &finding_struct),
};

const struct ht_struct ht_connection_struct = HT_STRUCT(
    OWNER, "connection", connection_fields, "The whole story of a connection, when it ends.");
#undef OWNER

const struct ht_record_type ht_connection_record = {.name = "connection",
                                                    .data = &ht_connection_struct};

#define OWNER struct ht_event_record
static const struct ht_field event_fields[] = {
    ROW(connection, HT_TEXT, "Id of the connection."),
    ROW(community_id, HT_TEXT, "Community ID, version 1, seed 0."),
    ROW(source, HT_TEXT, "The file or interface it was read from."),
    ROW(time_ns, HT_TIME, "Time of the frame.", .name = "time", .label = ""),
    ROW(client_party, HT_OBJECT, "The client, as far as is known at that time.", .name = "client",
        .of = &ht_endpoint_struct, .label = ""),
    ROW(server_party, HT_OBJECT, "The server, as far as is known at that time.", .name = "server",
        .of = &ht_endpoint_struct, .label = "→"),
    ROW(event, HT_LABEL, "What happened.", .label = ""),
    ROW(from, HT_LABEL, "Who sent it: client or server.", .label = "from"),
    ROW(frame, HT_UINT, "Number of the frame, from 1 in each file.", .label = "frame"),
    ROW(inferred, HT_BOOL, "Judged from place, size or order.", .label = "inferred"),
    ROW(encrypted, HT_BOOL, "Its content could not be read.", .label = "encrypted"),
    ROW(decrypted, HT_BOOL, "It was encrypted, with keys that are known (--keylog).",
        .label = "decrypted"),
    ROW(partial, HT_BOOL, "Its end is missing.", .label = "partial"),
    ROW(malformed, HT_BOOL, "Its content breaks the specification.", .label = "malformed"),
    ROW(verified, HT_BOOL,
        "Whether its signature holds (--verify) or, of Finished, what it says of the handshake "
        "(--keylog), where that was checked.",
        .flags = HT_PLUS_ONE | HT_DERIVED, .label = "verified"),
    ROW(data, HT_ANY, "The event's fields, where it has any.", .name = "", .label = ""),
};

static const struct ht_struct event_struct =
    HT_STRUCT(OWNER, "event", event_fields, "One thing, as it happens (--events).");
#undef OWNER

const struct ht_record_type ht_event_record_type = {.name = "event", .data = &event_struct};
