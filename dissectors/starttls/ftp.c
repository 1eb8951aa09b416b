/*
 * FTP's control connection until AUTH TLS (RFC 959, RFC 2389, RFC 4217).
 */
#include "starttls/line.h"

enum {
    FEATURES      = 211,
    READY         = 220,
    AUTH_ACCEPTED = 234,
    FIRST_FAILURE = 400,
    UNRECOGNIZED  = 500,
    UNIMPLEMENTED = 502
};

static void command(struct ht_bytes line, struct line_command *out)
{
    struct ht_bytes verb = line_word(&line), argument = line_word(&line);
    *out = (struct line_command){.overwritten = line_is_overwritten(verb)};
    if (line_is(verb, "FEAT")) {
        out->verb = LINE_CAPABILITIES;
    } else if (line_is(verb, "AUTH") &&
               (ht_begins_alike(argument, "TLS") || line_is(argument, "SSL"))) {
        out->verb = LINE_STARTTLS;
    } else if (line_is(verb, "USER") &&
               (line_is(argument, "ANONYMOUS") || line_is(argument, "FTP"))) {
        out->verb = LINE_ANONYMOUS;
    } else if (line_is(verb, "PASS")) {
        out->verb   = LINE_AUTHENTICATE;
        out->method = "PASS";
    }
}

/* Features stand in lines that begin with a space (RFC 2389 section 3.2). */
static void feature(struct ht_bytes line, struct line_reply *out)
{
    struct ht_bytes name = line_word(&line), kind = line_word(&line);
    out->offers =
        line_is(name, "AUTH") && (ht_contains_alike(kind, "TLS") || ht_contains_alike(kind, "SSL"));
    out->overwritten = line_is_overwritten(name);
}

static void reply(struct ht_bytes line, struct line_reply *out)
{
    char separator;
    unsigned code  = line_code(line, &separator);
    *out           = (struct line_reply){.known = code != 0};
    out->last      = code != 0 && separator == ' ';
    out->greets    = code == READY;
    out->ends_list = code == FEATURES && out->last;
    out->answers   = code == AUTH_ACCEPTED || code >= FIRST_FAILURE;
    out->verdict   = code == AUTH_ACCEPTED ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
    if (code == UNRECOGNIZED || code == UNIMPLEMENTED) {
        out->verdict = STARTTLS_UNKNOWN_COMMAND;
    }
    if (line.len > 0 && line.ptr[0] == ' ') {
        feature(line, out);
    }
}

const struct line_protocol ftp_lines = {.name = "ftp", .command = command, .reply = reply};

static const struct line_greeting greeting = {.codes       = {READY},
                                              .words       = {"FTP"},
                                              .rivals      = {"SMTP", "LMTP"},
                                              .ports       = {21, 990, 2121},
                                              .rival_ports = {25, 587, 465, 2525, 24}};
static const char *const requests[]        = {"AUTH TLS", "AUTH SSL", NULL};
static const char *const first[]           = {"USER ", "FEAT\r\n", NULL};

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)side;
    return line_match_either(line_match_by_port(head, endpoint, requests, greeting.ports, first),
                             line_match_greeting(head, endpoint, &greeting));
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    return line_take(&ftp_lines, state, e, pdu);
}

extern const struct ht_dissector ftp_dissector;
const struct ht_dissector ftp_dissector = {
    .name           = "ftp",
    .title          = "FTP until AUTH TLS",
    .tcp            = true,
    .ports          = {21, 2121},
    .state_size     = sizeof(struct line_state),
    .max_need       = LINE_MAX_BYTES,
    .match          = match,
    .frame          = line_frame,
    .resync         = line_resync,
    .pdu            = pdu,
    .gap            = starttls_gap,
    .finish         = starttls_finish,
    .details_struct = &starttls_details_struct,
    .events         = starttls_events,
};
