/*
 * ManageSieve until STARTTLS (RFC 5804).
 */
#include "starttls/line.h"

/* A quoted word without its quotes; any other word as it is. */
static struct ht_bytes unquoted(struct ht_bytes word)
{
    bool quoted = word.len >= 2 && word.ptr[0] == '"' && word.ptr[word.len - 1] == '"';
    return quoted ? ht_bytes(word.ptr + 1, word.len - 2) : word;
}

static void command(struct ht_bytes line, struct line_command *out)
{
    struct ht_bytes verb = line_word(&line);
    *out                 = (struct line_command){.overwritten = line_is_overwritten(verb)};
    if (line_is(verb, "CAPABILITY")) {
        out->verb = LINE_CAPABILITIES;
    } else if (line_is(verb, "STARTTLS")) {
        out->verb = LINE_STARTTLS;
    } else if (line_is(verb, "AUTHENTICATE")) {
        out->verb      = LINE_AUTHENTICATE;
        out->method    = "AUTHENTICATE";
        out->mechanism = line_mechanism(unquoted(line_word(&line)));
    } else if (line_is(verb, "PUTSCRIPT") || line_is(verb, "GETSCRIPT")) {
        out->verb = LINE_CONTENT;
    }
}

/* Capabilities stand in lines of quoted strings, which OK ends (section 1.7); a challenge is a
 * string too, quoted or a literal (section 2.1). */
static void reply(struct ht_bytes line, struct line_reply *out)
{
    bool quoted          = line.len > 0 && line.ptr[0] == '"';
    struct ht_bytes word = line_word(&line);
    bool literal         = word.len > 0 && word.ptr[0] == '{';
    bool good            = line_is(word, "OK");
    bool bad             = line_is(word, "NO") || line_is(word, "BYE");
    *out                 = (struct line_reply){.known      = quoted || good || bad,
                                               .last       = good || bad,
                                               .greets     = quoted || line_is(word, "BYE"),
                                               .lists      = quoted,
                                               .ends_list  = good,
                                               .challenges = quoted || literal,
                                               .answers    = good || bad};
    out->offers          = quoted && line_is(unquoted(word), "STARTTLS");
    out->overwritten     = quoted && line_is_overwritten(unquoted(word));
    out->verdict         = good ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
}

const struct line_protocol sieve_lines = {
    .name = "managesieve", .command = command, .reply = reply};

static const uint16_t ports[]      = {4190, 2000, 0};
static const char *const telling[] = {"\"IMPLEMENTATION\" ", "\"SIEVE\" ", NULL};
static const char *const by_port[] = {
    "\"STARTTLS\"",   "\"SASL\"", "\"VERSION\" ", "\"NOTIFY\" ", "STARTTLS\r\n",
    "CAPABILITY\r\n", NULL};

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)side;
    return line_match_by_port(head, endpoint, telling, ports, by_port);
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    return line_take(&sieve_lines, state, e, pdu);
}

extern const struct ht_dissector sieve_dissector;
const struct ht_dissector sieve_dissector = {
    .name           = "managesieve",
    .title          = "ManageSieve until STARTTLS",
    .tcp            = true,
    .ports          = {4190},
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
