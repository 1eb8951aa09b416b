/*
 * SMTP, submission and LMTP until STARTTLS (RFC 5321, RFC 3207, RFC 4954).
 */
#include "starttls/line.h"

enum { READY = 220, COMPLETED = 250, FIRST_FAILURE = 400, UNRECOGNIZED = 500, UNIMPLEMENTED = 502 };

static void command(struct ht_bytes line, struct line_command *out)
{
    struct ht_bytes verb = line_word(&line);
    *out                 = (struct line_command){.overwritten = line_is_overwritten(verb)};
    if (line_is(verb, "EHLO") || line_is(verb, "LHLO")) {
        out->verb = LINE_CAPABILITIES;
    } else if (line_is(verb, "STARTTLS")) {
        out->verb = LINE_STARTTLS;
    } else if (line_is(verb, "AUTH")) {
        out->verb      = LINE_AUTHENTICATE;
        out->method    = "AUTH";
        out->mechanism = line_mechanism(line_word(&line));
    } else if (line_is(verb, "DATA") || line_is(verb, "BDAT")) {
        out->verb = LINE_CONTENT;
    }
}

static void reply(struct ht_bytes line, struct line_reply *out)
{
    char separator;
    unsigned code        = line_code(line, &separator);
    struct ht_bytes rest = ht_bytes_from(line, 4);
    struct ht_bytes word = line_word(&rest);
    bool capability      = code == COMPLETED;
    *out                 = (struct line_reply){.known = code != 0, .last = separator == ' '};
    out->last            = out->last && out->known;
    out->greets          = code == READY;
    out->offers          = capability && line_is(word, "STARTTLS");
    out->overwritten     = capability && line_is_overwritten(word);
    out->ends_list       = capability && out->last;
    out->answers         = code == READY || code >= FIRST_FAILURE;
    out->verdict         = code == READY ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
    if (code == UNRECOGNIZED || code == UNIMPLEMENTED) {
        out->verdict = STARTTLS_UNKNOWN_COMMAND;
    }
}

const struct line_protocol smtp_lines = {.name = "smtp", .command = command, .reply = reply};

static const struct line_greeting greeting = {.codes       = {READY},
                                              .words       = {"SMTP", "LMTP"},
                                              .rivals      = {"FTP"},
                                              .ports       = {25, 587, 465, 2525, 24},
                                              .rival_ports = {21, 990, 2121}};
static const char *const hellos[]          = {"EHLO ", "LHLO ", "HELO ", "MAIL FROM:<", NULL};

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)side;
    return line_match_either(line_match_greeting(head, endpoint, &greeting),
                             line_match_words(head, hellos));
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    return line_take(&smtp_lines, state, e, pdu);
}

extern const struct ht_dissector smtp_dissector;
const struct ht_dissector smtp_dissector = {
    .name           = "smtp",
    .title          = "SMTP until STARTTLS",
    .tcp            = true,
    .ports          = {25, 587, 2525},
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
