#include "starttls/line.h"

struct ht_bytes line_word(struct ht_bytes *rest)
{
    size_t from = 0;
    while (from < rest->len && rest->ptr[from] == ' ') {
        from++;
    }
    size_t to = from;
    while (to < rest->len && rest->ptr[to] != ' ') {
        to++;
    }
    struct ht_bytes word = ht_bytes_from(ht_bytes_head(*rest, to), from);
    *rest                = ht_bytes_from(*rest, to);
    return word;
}

bool line_is(struct ht_bytes word, const char *upper)
{
    return ht_bytes_alike(word, ht_text(upper));
}

static bool is_letter(uint8_t c)
{
    return ht_lower(c) >= 'a' && ht_lower(c) <= 'z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

struct ht_bytes line_mechanism(struct ht_bytes word)
{
    enum { LONGEST = 20 };
    bool good = word.len <= LONGEST;
    for (size_t i = 0; good && i < word.len; i++) {
        uint8_t c = word.ptr[i];
        good      = is_letter(c) || is_digit(c) || c == '-' || c == '_';
    }
    return good ? word : ht_bytes(NULL, 0);
}

bool line_is_overwritten(struct ht_bytes word)
{
    enum { SHORTEST = 4 };
    size_t row = 0;
    while (row < word.len && ht_lower(word.ptr[row]) == 'x') {
        row++;
    }
    return word.len >= SHORTEST &&
           (row == word.len || (row + 1 == word.len && is_letter(word.ptr[row])));
}

unsigned line_code(struct ht_bytes line, char *out_separator)
{
    enum { DIGITS = 3 };
    unsigned code  = 0;
    *out_separator = ' ';
    if (line.len < DIGITS) {
        return 0;
    }
    for (size_t i = 0; i < DIGITS; i++) {
        if (!is_digit(line.ptr[i])) {
            return 0;
        }
        code = code * 10 + line.ptr[i] - '0';
    }
    if (line.len > DIGITS) {
        *out_separator = (char)line.ptr[DIGITS];
    }
    return *out_separator == ' ' || *out_separator == '-' ? code : 0;
}

/* Tabulators and escapes are in some greetings; other controls in no line of text. */
static bool is_text(uint8_t c)
{
    enum { ESCAPE = 0x1b };
    return c >= ' ' || c == '\t' || c == '\r' || c == '\n' || c == ESCAPE;
}

/* The first byte that ends a line or is none of a text; avail.len where neither is there. */
static size_t line_end(struct ht_bytes avail)
{
    size_t at = 0;
    while (at < avail.len && avail.ptr[at] != '\n' && is_text(avail.ptr[at])) {
        at++;
    }
    return at;
}

/* Once the upgrade is agreed on, or TLS begins where a line should, or what begins there is no
 * text at all, another protocol has taken over. */
struct ht_frame_size line_frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct starttls_state *s = state;
    enum ht_match tls              = starttls_is_tls(avail);
    (void)side;
    if (s->upgraded || tls == HT_MATCH_YES) {
        return (struct ht_frame_size){.other = true};
    }
    size_t end = line_end(ht_bytes_head(avail, LINE_MAX_BYTES));
    if (end == LINE_MAX_BYTES) {
        return (struct ht_frame_size){.len = end, .need = end};
    }
    if (tls == HT_MATCH_MORE || end == avail.len) {
        return (struct ht_frame_size){0};
    }
    if (avail.ptr[end] != '\n') {
        return (struct ht_frame_size){.other = true};
    }
    return (struct ht_frame_size){.len = end + 1, .need = end + 1};
}

/* The lost bytes may have held the upgrade: what is no text to the end of its line is searched for
 * a TLS record. */
size_t line_resync(struct ht_bytes avail, enum ht_side side)
{
    size_t end = line_end(avail);
    if (end < avail.len && avail.ptr[end] == '\n') {
        return end + 1;
    }
    return end < avail.len ? starttls_resync(avail, side) : avail.len;
}

/* What one line of a list of capabilities says counts when the list ends. */
static void take_capability(struct line_state *s, struct ht_emitter *e, enum ht_side from,
                            const struct line_reply *reply)
{
    s->list.lists |= reply->lists || reply->offers || reply->overwritten;
    s->list.offers |= reply->offers;
    s->list.required |= reply->required;
    s->list.overwritten |= reply->overwritten;
    if (!reply->ends_list) {
        return;
    }
    if (s->asked || s->list.lists) {
        starttls_offer(&s->common, e, from,
                       &(struct starttls_message){.offered     = s->list.offers,
                                                  .required    = s->list.required,
                                                  .overwritten = s->list.overwritten});
    }
    s->asked = false;
    s->list  = (struct line_reply){0};
}

/* A reply is the request's by its tag, or else by its place among the replies. */
static bool is_answer(const struct line_state *s, const struct line_reply *reply)
{
    bool waiting = s->common.details.requested && !s->common.answered && reply->answers;
    if (reply->tag.len > 0) {
        return waiting && ht_bytes_equal(reply->tag, ht_bytes(s->tag, s->tag_len));
    }
    return waiting && s->common.replies >= s->common.request_index;
}

/* A challenge is the answer to one line of the client's, as OK or NO is to the last. */
static bool is_challenge(const struct line_state *s, const struct line_reply *reply)
{
    return reply->challenges && !s->greeting && s->authentication_index > 0 &&
           s->common.replies + 1 >= s->authentication_index;
}

static void take_reply(struct line_state *s, struct ht_emitter *e, enum ht_side from,
                       struct ht_bytes line, const struct line_reply *reply)
{
    if (!s->greeted && reply->greets) {
        s->greeted  = true;
        s->greeting = true;
        starttls_greet(&s->common, e, from, line);
    }
    if (is_challenge(s, reply)) {
        s->common.replies++;
        return;
    }
    take_capability(s, e, from, reply);
    if (s->greeting) {
        s->greeting = !reply->last;
    } else if (reply->last) {
        s->common.replies++;
        if (is_answer(s, reply)) {
            starttls_answer(&s->common, e, from, line, reply->verdict);
        }
        if (reply->answers && s->common.replies >= s->authentication_index) {
            s->authentication_index = 0;
        }
    }
}

static void request(struct line_state *s, struct ht_emitter *e, enum ht_side from,
                    struct ht_bytes line, struct ht_bytes tag)
{
    s->tag_len = (uint8_t)(tag.len < LINE_MAX_TAG ? tag.len : LINE_MAX_TAG);
    if (s->tag_len > 0) {
        memcpy(s->tag, tag.ptr, s->tag_len);
    }
    starttls_request(&s->common, e, from, line);
}

static void take_command(struct line_state *s, struct ht_emitter *e, const struct ht_pdu *pdu,
                         struct ht_bytes line, const struct line_command *command)
{
    s->common.commands++;
    if (s->common.details.requested && !s->common.answered) {
        starttls_pipelined(&s->common, e, pdu->len);
    }
    if (command->overwritten) {
        s->common.details.stripping_evidence = "command_overwritten";
    }
    s->asked |= command->verb == LINE_CAPABILITIES;
    s->anonymous |= command->verb == LINE_ANONYMOUS;
    if (command->verb == LINE_STARTTLS) {
        request(s, e, pdu->side, line, command->tag);
    }
    if (command->verb == LINE_AUTHENTICATE) {
        s->authentication_index = s->common.commands;
    }
    if (command->verb == LINE_AUTHENTICATE && !s->anonymous) {
        starttls_authenticate(&s->common, e, pdu->side, command->method, command->mechanism);
    }
}

/* Who has not been told yet who the client is takes it from the first line. */
static void take_role(struct line_state *s, struct ht_emitter *e, enum ht_side from, bool server)
{
    starttls_client(&s->common, e, server ? ht_other(from) : from, server ? "greeting" : "command");
}

static void take_line(const struct line_protocol *protocol, struct line_state *s,
                      struct ht_emitter *e, const struct ht_pdu *pdu, struct ht_bytes line)
{
    struct line_reply reply     = {0};
    struct line_command command = {0};
    protocol->reply(line, &reply);
    take_role(s, e, pdu->side, reply.known);
    if (s->common.client == pdu->side) {
        protocol->command(line, &command);
        if (command.verb == LINE_CONTENT) {
            s->content                      = true;
            s->common.details.content_frame = e->frame;
        }
        take_command(s, e, pdu, line, &command);
    } else {
        take_reply(s, e, pdu->side, line, &reply);
    }
}

enum ht_verdict line_take(const struct line_protocol *protocol, struct line_state *state,
                          struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct ht_bytes line = pdu->bytes;
    bool whole           = line.len > 0 && line.ptr[line.len - 1] == '\n';
    bool begins          = !state->overlong[pdu->side];
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r')) {
        line.len--;
    }
    state->common.details.protocol = protocol->name;
    state->overlong[pdu->side]     = !whole;
    if (whole && begins) { /* part of a line may look like another line */
        take_line(protocol, state, e, pdu, line);
    }
    return state->content ? HT_DONE : starttls_count(&state->common);
}

static bool is_at_port(const struct ht_endpoint endpoint[2], const uint16_t *ports)
{
    for (; *ports != 0; ports++) {
        if (endpoint[0].port == *ports || endpoint[1].port == *ports) {
            return true;
        }
    }
    return false;
}

/* Whether `head` begins with a whole line of text. Only a whole one tells: what is found must not
 * depend on how much of a line is there that turns out to be none. */
static enum ht_match is_line(struct ht_bytes head)
{
    head       = ht_bytes_head(head, LINE_MAX_BYTES);
    size_t end = line_end(head);
    if (end == head.len) {
        return head.len < LINE_MAX_BYTES ? HT_MATCH_MORE : HT_MATCH_NO;
    }
    return head.ptr[end] == '\n' ? HT_MATCH_YES : HT_MATCH_NO;
}

enum ht_match line_match_either(enum ht_match a, enum ht_match b)
{
    return a > b ? a : b;
}

enum ht_match line_match_by_port(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                 const char *const *words, const uint16_t *ports,
                                 const char *const *more)
{
    enum ht_match match = line_match_words(head, words);
    return is_at_port(endpoint, ports) ? line_match_either(match, line_match_words(head, more))
                                       : match;
}

enum ht_match line_match_words(struct ht_bytes head, const char *const *words)
{
    enum ht_match match = HT_MATCH_NO;
    for (; *words != NULL; words++) {
        struct ht_bytes word = ht_text(*words);
        if (!ht_bytes_alike(ht_bytes_head(head, word.len), ht_bytes_head(word, head.len))) {
            continue;
        }
        if (head.len >= word.len) {
            return is_line(head);
        }
        match = HT_MATCH_MORE;
    }
    return match;
}

static size_t find_any(struct ht_bytes text, const char *const *words, size_t num)
{
    for (size_t at = 0; at < text.len; at++) {
        for (size_t i = 0; i < num && words[i] != NULL; i++) {
            if (ht_begins_alike(ht_bytes_from(text, at), words[i])) {
                return at;
            }
        }
    }
    return text.len;
}

/* What the greeting's lines say, each by itself so that it does not matter how many are there.
 * `*out_whole`: the last one has ended. */
static enum ht_match by_words(struct ht_bytes head, const struct line_greeting *g, bool *out_whole)
{
    struct ht_bytes left = ht_bytes_head(head, LINE_MAX_BYTES);
    *out_whole           = false;
    while (left.len > 0 && !*out_whole) {
        char separator;
        size_t end           = line_end(left);
        struct ht_bytes line = ht_bytes_head(left, end);
        if (end == left.len) {
            return HT_MATCH_MORE;
        }
        if (left.ptr[end] != '\n') {
            return HT_MATCH_NO;
        }
        size_t own   = find_any(line, g->words, HT_ARRAY_LEN(g->words));
        size_t rival = find_any(line, g->rivals, HT_ARRAY_LEN(g->rivals));
        if (own != rival) {
            return own < rival ? HT_MATCH_YES : HT_MATCH_NO;
        }
        *out_whole = line_code(line, &separator) != 0 && separator == ' ';
        left       = ht_bytes_from(left, end + 1);
    }
    return HT_MATCH_MORE;
}

enum ht_match line_match_greeting(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                  const struct line_greeting *g)
{
    enum { CODE = 4 };
    char separator;
    bool whole;
    if (head.len > 0 && head.ptr[0] != '2') {
        return HT_MATCH_NO;
    }
    if (head.len < CODE) {
        return HT_MATCH_MORE;
    }
    unsigned code = line_code(head, &separator);
    if (code == 0 || (code != g->codes[0] && code != g->codes[1])) {
        return HT_MATCH_NO;
    }
    enum ht_match match = by_words(head, g, &whole);
    if (match != HT_MATCH_MORE || (!whole && head.len < LINE_MAX_BYTES)) {
        return match;
    }
    if (is_at_port(endpoint, g->ports)) {
        return HT_MATCH_YES;
    }
    bool undecided = g->rivals[0] != NULL && !is_at_port(endpoint, g->rival_ports);
    return undecided ? HT_MATCH_MORE : HT_MATCH_NO;
}
