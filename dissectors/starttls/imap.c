/*
 * IMAP until STARTTLS (RFC 9051 sections 2.2, 6.1, 6.2, 7; RFC 2595 section 3).
 */
#include "starttls/line.h"

static void command(struct ht_bytes line, struct line_command *out)
{
    struct ht_bytes tag = line_word(&line), verb = line_word(&line);
    *out = (struct line_command){.tag = tag, .overwritten = line_is_overwritten(verb)};
    if (line_is(verb, "CAPABILITY")) {
        out->verb = LINE_CAPABILITIES;
    } else if (line_is(verb, "STARTTLS")) {
        out->verb = LINE_STARTTLS;
    } else if (line_is(verb, "LOGIN")) {
        out->verb   = LINE_AUTHENTICATE;
        out->method = "LOGIN";
    } else if (line_is(verb, "AUTHENTICATE")) {
        out->verb      = LINE_AUTHENTICATE;
        out->method    = "AUTHENTICATE";
        out->mechanism = line_mechanism(line_word(&line));
    } else if (line_is(verb, "SELECT") || line_is(verb, "EXAMINE") || line_is(verb, "APPEND")) {
        out->verb = LINE_CONTENT;
    }
}

/* The names after "CAPABILITY", up to the end of the line or ']'. */
static void capabilities(struct ht_bytes list, struct line_reply *out)
{
    out->lists     = true;
    out->ends_list = true;
    for (struct ht_bytes word = line_word(&list); word.len > 0; word = line_word(&list)) {
        bool last = word.ptr[word.len - 1] == ']';
        word.len -= last;
        out->offers |= line_is(word, "STARTTLS");
        out->required |= line_is(word, "LOGINDISABLED"); /* until the upgrade */
        out->overwritten |= line_is_overwritten(word);
        if (last) {
            break;
        }
    }
}

static bool status(struct ht_bytes word, enum starttls_verdict *out)
{
    *out = line_is(word, "OK")   ? STARTTLS_ACCEPTED
           : line_is(word, "NO") ? STARTTLS_REFUSED
                                 : STARTTLS_UNKNOWN_COMMAND;
    return *out != STARTTLS_UNKNOWN_COMMAND || line_is(word, "BAD");
}

static void reply(struct ht_bytes line, struct line_reply *out)
{
    struct ht_bytes tag = line_word(&line), word = line_word(&line);
    bool untagged = line_is(tag, "*");
    *out          = (struct line_reply){0};
    bool judged   = status(word, &out->verdict);
    out->greets =
        untagged && (line_is(word, "OK") || line_is(word, "PREAUTH") || line_is(word, "BYE"));
    out->known   = judged || untagged || line_is(tag, "+");
    out->last    = judged || out->greets;
    out->answers = judged && !untagged;
    out->tag     = out->answers ? ht_bytes_head(tag, LINE_MAX_TAG) : ht_bytes(NULL, 0);
    bool in_text = judged || out->greets;
    bool lists   = in_text ? line_is(line_word(&line), "[CAPABILITY")
                           : untagged && line_is(word, "CAPABILITY");
    if (lists) {
        capabilities(line, out);
    }
}

const struct line_protocol imap_lines = {.name = "imap", .command = command, .reply = reply};

static const char *const greetings[] = {"* OK", "* PREAUTH", "* BYE", "* CAPABILITY ", NULL};
static const char *const first[]     = {"CAPABILITY\r\n", "STARTTLS\r\n",  "LOGIN ", "ID (",
                                        "ID NIL",         "AUTHENTICATE ", NULL};

/* A client's first line: a tag, a space, a command. */
static enum ht_match match_command(struct ht_bytes head)
{
    size_t at = 0;
    for (; at < head.len && at < LINE_MAX_TAG && head.ptr[at] != ' '; at++) {
        uint8_t c   = head.ptr[at];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-') {
            return HT_MATCH_NO;
        }
    }
    if (at == head.len) {
        return HT_MATCH_MORE;
    }
    return at > 0 && head.ptr[at] == ' ' ? line_match_words(ht_bytes_from(head, at + 1), first)
                                         : HT_MATCH_NO;
}

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)endpoint, (void)side;
    return head.len > 0 && head.ptr[0] == '*' ? line_match_words(head, greetings)
                                              : match_command(head);
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    return line_take(&imap_lines, state, e, pdu);
}

extern const struct ht_dissector imap_dissector;
const struct ht_dissector imap_dissector = {
    .name           = "imap",
    .title          = "IMAP until STARTTLS",
    .tcp            = true,
    .ports          = {143},
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
