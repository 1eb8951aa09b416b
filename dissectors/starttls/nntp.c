/*
 * NNTP until STARTTLS (RFC 3977, RFC 4642, RFC 4643).
 */
#include "starttls/line.h"

enum {
    POSTING_ALLOWED    = 200,
    POSTING_PROHIBITED = 201,
    CONTINUE_WITH_TLS  = 382,
    FIRST_FAILURE      = 400,
    UNKNOWN_COMMAND    = 500
};

static void authentication(struct ht_bytes rest, struct line_command *out)
{
    struct ht_bytes kind = line_word(&rest);
    if (line_is(kind, "PASS") || line_is(kind, "SASL")) {
        out->verb   = LINE_AUTHENTICATE;
        out->method = line_is(kind, "PASS") ? "AUTHINFO PASS" : "AUTHINFO SASL";
        out->mechanism =
            line_is(kind, "SASL") ? line_mechanism(line_word(&rest)) : ht_bytes(NULL, 0);
    }
}

static void command(struct ht_bytes line, struct line_command *out)
{
    static const char *const content[] = {"ARTICLE", "HEAD", "BODY",     "OVER",
                                          "XOVER",   "POST", "TAKETHIS", "IHAVE"};
    struct ht_bytes verb               = line_word(&line);
    *out = (struct line_command){.overwritten = line_is_overwritten(verb)};
    for (size_t i = 0; i < HT_ARRAY_LEN(content); i++) {
        if (line_is(verb, content[i])) {
            out->verb = LINE_CONTENT;
        }
    }
    if (line_is(verb, "CAPABILITIES")) {
        out->verb = LINE_CAPABILITIES;
    } else if (line_is(verb, "STARTTLS")) {
        out->verb = LINE_STARTTLS;
    } else if (line_is(verb, "AUTHINFO")) {
        authentication(line, out);
    }
}

static void reply(struct ht_bytes line, struct line_reply *out)
{
    char separator;
    unsigned code    = line_code(line, &separator);
    *out             = (struct line_reply){.known = code != 0, .last = code != 0};
    out->greets      = code == POSTING_ALLOWED || code == POSTING_PROHIBITED;
    out->offers      = line_is(line, "STARTTLS");
    out->overwritten = line_is_overwritten(line);
    out->ends_list   = line_is(line, ".");
    out->answers     = code == CONTINUE_WITH_TLS || code >= FIRST_FAILURE;
    out->verdict     = code == CONTINUE_WITH_TLS ? STARTTLS_ACCEPTED
                       : code == UNKNOWN_COMMAND ? STARTTLS_UNKNOWN_COMMAND
                                                 : STARTTLS_REFUSED;
}

const struct line_protocol nntp_lines = {.name = "nntp", .command = command, .reply = reply};

static const struct line_greeting greeting = {
    .codes = {POSTING_ALLOWED, POSTING_PROHIBITED},
    .words = {"NNTP", "NEWS", "USENET", "LEAFNODE"},
    .ports = {119, 433, 563},
};
static const char *const first[] = {"CAPABILITIES\r\n", "MODE READER\r\n", NULL};

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)side;
    return line_match_either(line_match_greeting(head, endpoint, &greeting),
                             line_match_words(head, first));
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    return line_take(&nntp_lines, state, e, pdu);
}

extern const struct ht_dissector nntp_dissector;
const struct ht_dissector nntp_dissector = {
    .name           = "nntp",
    .title          = "NNTP until STARTTLS",
    .tcp            = true,
    .ports          = {119, 433},
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
