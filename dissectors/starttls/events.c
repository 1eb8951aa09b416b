/*
 * What the events and details of an upgrade to TLS are called and how each field is shown.
 */
#include "starttls/starttls.h"

#define DETAIL(member, kind, doc, ...)                                                             \
    HT_FIELD(struct starttls_details, member, kind, doc, __VA_ARGS__)

static const struct ht_field details_fields[] = {
    DETAIL(
        protocol, HT_LABEL,
        "The protocol that began in plain: smtp, imap, pop3, ftp, nntp, managesieve, ldap, xmpp, "
        "postgresql, mysql, rdp.",
        .label = "starttls", .flags = HT_HEADLINE),
    DETAIL(greeting, HT_TEXT, "The first line that the server says, or the version in it."),
    DETAIL(
        offered, HT_BOOL,
        "The server offers the upgrade to TLS; false where it said what it can do, and not that.",
        .flags = HT_UNLESS, .unless = offsetof(struct starttls_details, offer_unknown)),
    DETAIL(offer_unknown, HT_LABEL, "No capabilities were seen.", .flags = HT_INTERNAL),
    DETAIL(required, HT_BOOL, "The server requires the upgrade."),
    DETAIL(requested, HT_BOOL, "The client asks for the upgrade.", .flags = HT_ALWAYS),
    DETAIL(accepted, HT_BOOL,
           "The server agrees to the upgrade. MySQL has no answer: TLS follows the request."),
    DETAIL(refused, HT_BOOL, "The server refuses the upgrade."),
    DETAIL(answer, HT_TEXT, "What the server answers, at most 200 bytes of it."),
    DETAIL(command_frame, HT_UINT, "Frame of the client's request."),
    DETAIL(answer_frame, HT_UINT, "Frame of the server's answer."),
    DETAIL(pipelined_bytes, HT_UINT,
           "Plain bytes that follow the request in its frame: a server that keeps them takes them "
           "for encrypted ones (CVE-2011-0411)."),
    DETAIL(plaintext_authentication, HT_BOOL, "The client authenticates without TLS."),
    DETAIL(method, HT_LABEL, "The command or kind of message by which it does."),
    DETAIL(mechanism, HT_TEXT, "The mechanism or plugin by which it does."),
    DETAIL(authentication_frame, HT_UINT, "Frame in which it does."),
    DETAIL(content_frame, HT_UINT, "Frame in which content begins without TLS, such as a mail."),
    DETAIL(stripped, HT_LABEL, "Somebody on the way suppressed the upgrade: likely, or possible.",
           .label = "stripped", .flags = HT_HEADLINE | HT_INFERRED),
    DETAIL(stripping_evidence, HT_LABEL,
           "Why that is thought: capability_overwritten, command_overwritten, "
           "offered_but_unknown_command, offered_but_plaintext_authentication.",
           .flags = HT_INFERRED),
};

const struct ht_struct starttls_details_struct =
    HT_STRUCT(struct starttls_details, "starttls", details_fields,
              "The upgrade of a plain protocol to TLS, or why there was none.");

#define PART(member, kind, doc, ...)                                                               \
    HT_FIELD(struct starttls_message, member, kind, doc, __VA_ARGS__)

static const struct ht_field greeting_fields[] = {
    PART(protocol, HT_LABEL, "The protocol.", .label = ""),
    PART(text, HT_TEXT, "What the server says, at most 200 bytes of it.", .label = ""),
};
static const struct ht_field capabilities_fields[] = {
    PART(protocol, HT_LABEL, "The protocol.", .label = ""),
    PART(offered, HT_BOOL, "The upgrade to TLS is among them.", .label = "offers TLS",
         .unset = "no TLS", .flags = HT_ALWAYS),
    PART(required, HT_BOOL, "The upgrade is required.", .label = "required"),
    PART(overwritten, HT_BOOL, "One of them is a row of X.", .label = "overwritten"),
};
static const struct ht_field request_fields[] = {
    PART(protocol, HT_LABEL, "The protocol.", .label = ""),
    PART(text, HT_TEXT, "What the client asks for, at most 200 bytes of it.", .label = ""),
};
static const struct ht_field answer_fields[] = {
    PART(protocol, HT_LABEL, "The protocol.", .label = ""),
    PART(accepted, HT_BOOL, "The server agrees.", .label = "accepted", .unset = "refused",
         .flags = HT_ALWAYS),
    PART(text, HT_TEXT, "What the server answers, at most 200 bytes of it.", .label = ""),
};
static const struct ht_field authentication_fields[] = {
    PART(protocol, HT_LABEL, "The protocol.", .label = ""),
    PART(method, HT_LABEL, "The command or kind of message.", .label = ""),
    PART(mechanism, HT_TEXT, "The mechanism or plugin.", .label = ""),
};

#define MESSAGE(name, doc)                                                                         \
    static const struct ht_struct name##_struct =                                                  \
        HT_STRUCT(struct starttls_message, "starttls_" #name, name##_fields, doc)

MESSAGE(greeting, "What a server says first.");
MESSAGE(capabilities, "What a server can do.");
MESSAGE(request, "A client asks for TLS.");
MESSAGE(answer, "A server's answer to that.");
MESSAGE(authentication, "Credentials in plain; they are not kept.");

const struct ht_event_type starttls_greeting_event     = {.name  = "starttls.greeting",
                                                          .title = "Greeting",
                                                          .doc   = "The server introduces itself.",
                                                          .data  = &greeting_struct};
const struct ht_event_type starttls_capabilities_event = {
    .name  = "starttls.capabilities",
    .title = "Capabilities",
    .doc   = "The server says what it can do, and whether the upgrade to TLS is among it.",
    .data  = &capabilities_struct};
const struct ht_event_type starttls_request_event = {
    .name  = "starttls.request",
    .title = "STARTTLS",
    .doc   = "The client asks to go on with TLS, by whatever command its protocol has for that.",
    .data  = &request_struct};
const struct ht_event_type starttls_answer_event = {
    .name  = "starttls.answer",
    .title = "STARTTLS answer",
    .doc   = "The server agrees to go on with TLS, or refuses.",
    .data  = &answer_struct};
const struct ht_event_type starttls_authentication_event = {
    .name  = "starttls.plaintext_authentication",
    .title = "Authentication in plain",
    .doc   = "The client authenticates without TLS. Credentials are never kept.",
    .data  = &authentication_struct};

const struct ht_event_type *const starttls_events[] = {
    &starttls_greeting_event, &starttls_capabilities_event,   &starttls_request_event,
    &starttls_answer_event,   &starttls_authentication_event, NULL};
