/*
 * POP3 until STLS (RFC 1939, RFC 2449, RFC 2595 section 4, RFC 5034).
 */
#include "starttls/line.h"

static void authentication(struct ht_bytes verb, struct ht_bytes argument, struct line_command *out)
{
    if (line_is(verb, "PASS") || line_is(verb, "APOP")) {
        out->verb   = LINE_AUTHENTICATE;
        out->method = line_is(verb, "PASS") ? "PASS" : "APOP";
    } else if (line_is(verb, "AUTH") && argument.len > 0) {
        out->verb      = LINE_AUTHENTICATE;
        out->method    = "AUTH";
        out->mechanism = line_mechanism(argument);
    }
}

static void command(struct ht_bytes line, struct line_command *out)
{
    struct ht_bytes verb = line_word(&line), argument = line_word(&line);
    *out = (struct line_command){.overwritten = line_is_overwritten(verb)};
    if (line_is(verb, "CAPA")) {
        out->verb = LINE_CAPABILITIES;
    } else if (line_is(verb, "STLS")) {
        out->verb = LINE_STARTTLS;
    } else if (line_is(verb, "RETR") || line_is(verb, "TOP")) {
        out->verb = LINE_CONTENT;
    } else {
        authentication(verb, argument, out);
    }
}

static void reply(struct ht_bytes line, struct line_reply *out)
{
    struct ht_bytes rest = line;
    struct ht_bytes word = line_word(&rest);
    bool good = line_is(word, "+OK"), bad = line_is(word, "-ERR");
    bool known       = good || bad || line_is(word, "+"); /* a challenge (RFC 5034 section 4) */
    *out             = (struct line_reply){.known = known, .last = known, .greets = good};
    out->offers      = line_is(line, "STLS");
    out->overwritten = line_is_overwritten(line);
    out->ends_list   = line_is(line, ".");
    out->answers     = good || bad;
    out->verdict     = good ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
    if (bad && ht_contains_alike(rest, "UNKNOWN")) {
        out->verdict = STARTTLS_UNKNOWN_COMMAND;
    }
}

const struct line_protocol pop3_lines = {.name = "pop3", .command = command, .reply = reply};

static const uint16_t ports[]      = {110, 995, 0};
static const char *const telling[] = {"+OK ", "CAPA\r\n", "STLS\r\n", NULL};
static const char *const by_port[] = {"+OK", "USER ", "AUTH", "APOP ", NULL};

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)side;
    return line_match_by_port(head, endpoint, telling, ports, by_port);
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    return line_take(&pop3_lines, state, e, pdu);
}

extern const struct ht_dissector pop3_dissector;
const struct ht_dissector pop3_dissector = {
    .name           = "pop3",
    .title          = "POP3 until STLS",
    .tcp            = true,
    .ports          = {110},
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
