#include "starttls/upgrade.h"

enum { MAX_MECHANISM = 32 };

void starttls_client(struct starttls_state *s, struct ht_emitter *e, enum ht_side client,
                     const char *roles_from)
{
    if (!s->claimed) {
        s->claimed = true;
        s->client  = client;
        ht_claim_client(e, client, roles_from);
    }
}

/* Without the white space at its ends, and not too long. */
static struct ht_bytes bounded(struct ht_bytes text)
{
    while (text.len > 0 && text.ptr[text.len - 1] <= ' ') {
        text.len--;
    }
    while (text.len > 0 && text.ptr[0] <= ' ') {
        text = ht_bytes_from(text, 1);
    }
    return ht_bytes_head(text, STARTTLS_MAX_TEXT);
}

void starttls_greet(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                    struct ht_bytes text)
{
    struct starttls_message m = {.protocol = s->details.protocol, .text = bounded(text)};
    s->details.greeting       = ht_arena_copy(e->arena, m.text);
    (void)ht_emit(e, &starttls_greeting_event, from, 0, &m);
}

void starttls_offer(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                    const struct starttls_message *capabilities)
{
    struct starttls_message m = *capabilities;
    m.protocol                = s->details.protocol;
    s->capabilities           = true;
    s->details.offered |= m.offered;
    s->details.required |= m.required;
    s->overwritten |= m.overwritten;
    if (m.overwritten) {
        s->details.stripping_evidence = "capability_overwritten";
    }
    (void)ht_emit(e, &starttls_capabilities_event, from, 0, &m);
}

void starttls_request(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                      struct ht_bytes text)
{
    struct starttls_message m  = {.protocol = s->details.protocol, .text = bounded(text)};
    s->details.requested       = true;
    s->details.refused         = false;
    s->details.command_frame   = e->frame;
    s->details.pipelined_bytes = 0;
    s->answered                = false;
    s->request_index           = s->commands;
    (void)ht_emit(e, &starttls_request_event, from, 0, &m);
}

void starttls_pipelined(struct starttls_state *s, const struct ht_emitter *e, size_t len)
{
    if (e->frame == s->details.command_frame) {
        s->details.pipelined_bytes += len;
    }
}

void starttls_answer(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                     struct ht_bytes text, enum starttls_verdict verdict)
{
    struct starttls_message m = {.protocol = s->details.protocol,
                                 .text     = bounded(text),
                                 .accepted = verdict == STARTTLS_ACCEPTED};
    s->answered               = true;
    s->upgraded               = m.accepted;
    s->details.accepted       = m.accepted;
    s->details.refused        = !m.accepted;
    s->details.answer_frame   = e->frame;
    s->details.answer         = ht_arena_copy(e->arena, m.text);
    if (verdict == STARTTLS_UNKNOWN_COMMAND && s->details.offered) {
        s->details.stripping_evidence = "offered_but_unknown_command";
    }
    (void)ht_emit(e, &starttls_answer_event, from, 0, &m);
}

/* Who authenticates by another layer, or not at all, gives nothing that somebody else could use
 * (RFC 4422 appendix A, RFC 4505). */
static bool gives_credentials(struct ht_bytes mechanism)
{
    return !ht_bytes_alike(mechanism, ht_text("EXTERNAL")) &&
           !ht_bytes_alike(mechanism, ht_text("ANONYMOUS"));
}

void starttls_authenticate(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                           const char *method, struct ht_bytes mechanism)
{
    struct starttls_message m = {.protocol  = s->details.protocol,
                                 .method    = method,
                                 .mechanism = ht_bytes_head(mechanism, MAX_MECHANISM)};
    if (s->details.plaintext_authentication || !gives_credentials(mechanism)) {
        return;
    }
    s->details.plaintext_authentication = true;
    s->details.authentication_frame     = e->frame;
    s->details.method                   = method;
    s->details.mechanism                = ht_arena_copy(e->arena, m.mechanism);
    (void)ht_emit(e, &starttls_authentication_event, from, 0, &m);
}

enum ht_verdict starttls_count(struct starttls_state *s)
{
    return ++s->units > STARTTLS_MAX_UNITS ? HT_DONE : HT_CONTINUE;
}

/* Answers may be lost: those still to come must not be taken for earlier ones. */
void starttls_gap(void *state, struct ht_emitter *e, enum ht_side side, uint64_t missing)
{
    struct starttls_state *s = state;
    (void)e, (void)side, (void)missing;
    if (s->replies < s->commands) {
        s->replies = s->commands;
    }
}

void starttls_finish(void *state, struct ht_emitter *e, const struct ht_end *end)
{
    struct starttls_state *s = state;
    (void)e, (void)end;
    s->details.offer_unknown = s->capabilities ? NULL : "unknown";
    if (!s->details.accepted) {
        s->details.pipelined_bytes = 0;
    }
    if (s->details.stripping_evidence != NULL) {
        s->details.stripped = s->details.accepted ? NULL : "likely";
    } else if (s->details.offered && s->details.plaintext_authentication) {
        s->details.stripping_evidence = "offered_but_plaintext_authentication";
        s->details.stripped           = "possible";
    }
    if (s->details.stripped == NULL) {
        s->details.stripping_evidence = NULL;
    }
}
