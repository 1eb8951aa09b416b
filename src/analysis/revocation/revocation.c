/*
 * What a handshake brings for its server's chain: a stapled response, and SCTs. The same come again
 * and again, so what was made of them is kept.
 */
#include "analysis/revocation/revocation.h"

#include "analysis/memo.h"
#include "analysis/revocation/parts.h"
#include "analysis/transparency/transparency.h"
#include "crypto/digest.h"
#include "tls/sct.h"

enum {
    SHA256_LEN = 32,
    /* Staples, of 1 KiB each; of lists of SCTs, of 1.5 KiB at most: 5 MiB at worst. */
    STAPLE_SETS = 256,
    SCT_SETS    = 512,
    KEPT_MAX    = 2048,
    MAX_SCTS    = 8, /* of a response */
};

/* What clocks may differ by, as `openssl ocsp` has it. */
#define SKEW_NS (300 * HT_SECOND_NS)

/* A response that was read, and what came of it for the certificate that it came with last. */
struct staple {
    struct tls_certificate_status said; /* its views are of `bytes` */
    bool judged;
    uint8_t leaf[SHA256_LEN], issuer[SHA256_LEN]; /* for which */
    struct ocsp_answer answer;                    /* without its list */
    struct ht_sct_outcome scts[MAX_SCTS];
    size_t num_scts;
    uint8_t bytes[];
};

struct sct_list {
    size_t num;
    struct ht_sct_outcome scts[];
};

struct state {
    const struct ht_analysis_settings *settings;
    struct ht_digester *digester;
    struct ht_memo staples;   /* struct staple by the response's digest */
    struct ht_memo sct_lists; /* struct sct_list by the digests of certificate and list */
};

static struct ht_bytes put(uint8_t **at, struct ht_bytes from)
{
    struct ht_bytes to = ht_bytes(*at, from.len);
    if (from.len > 0) {
        memcpy(*at, from.ptr, from.len);
    }
    *at += from.len;
    return to;
}

/* The response as it was read, now or before; NULL where there is no room. What is not kept lives
 * as long as the arena. */
static struct staple *staple_of(struct state *state, struct ht_arena *arena, struct ht_bytes digest,
                                struct ht_bytes response)
{
    struct staple *staple = ht_memo_find(&state->staples, digest);
    if (staple != NULL) {
        return staple;
    }
    struct tls_certificate_status said = {0};
    (void)ocsp_read(arena, response, &said);
    size_t len = sizeof *staple + said.serial.len + said.responder.len + said.responder_key.len;
    staple     = ht_memo_add(&state->staples, digest, len);
    staple     = staple != NULL ? staple : ht_arena_alloc(arena, len);
    if (staple != NULL) {
        uint8_t *at                = staple->bytes;
        staple->said               = said;
        staple->said.serial        = put(&at, said.serial);
        staple->said.responder     = put(&at, said.responder);
        staple->said.responder_key = put(&at, said.responder_key);
    }
    return staple;
}

/* Says in the event what the response says, and keeps it for when the chain is known. */
static void on_status(void *self, struct ht_analysis *a, const struct ht_event_type *type,
                      void *data)
{
    struct state *state                  = self;
    struct tls_certificate_status *event = data;
    uint8_t digest[HT_DIGEST_MAX];
    (void)type;
    if (event->response.len == 0 ||
        ht_digest(state->digester, HT_SHA256, digest, event->response) != SHA256_LEN) {
        return;
    }
    struct ht_bytes key         = ht_arena_copy(a->arena, ht_bytes(digest, SHA256_LEN));
    const struct staple *staple = staple_of(state, a->arena, key, event->response);
    if (staple == NULL) {
        return;
    }
    struct tls_certificate_status said = staple->said;
    said.status_type                   = event->status_type;
    said.response_bytes                = event->response_bytes;
    said.response                      = event->response;
    said.kept                          = ht_bytes_head(event->response, OCSP_MAX_BYTES + 1);
    said.digest                        = key;
    said.time_ns = state->settings->as_of_ns != 0 ? state->settings->as_of_ns : a->time_ns;
    *event       = said;
}

static void put_digest(uint8_t out[SHA256_LEN], const struct ht_chain_link *link)
{
    memset(out, 0, SHA256_LEN);
    if (link->decoded != NULL && link->decoded->sha256.len == SHA256_LEN) {
        memcpy(out, link->decoded->sha256.ptr, SHA256_LEN);
    }
}

/* What the response says of this leaf, now or before. */
static void judge_for(struct staple *staple, struct ht_arena *arena, struct ht_bytes response,
                      const struct ht_chain_parts *parts)
{
    uint8_t leaf[SHA256_LEN], issuer[SHA256_LEN];
    put_digest(leaf, &parts->leaf);
    put_digest(issuer, &parts->issuer);
    if (staple->judged && memcmp(leaf, staple->leaf, SHA256_LEN) == 0 &&
        memcmp(issuer, staple->issuer, SHA256_LEN) == 0) {
        return;
    }
    const struct ht_sct_subject subject = {&parts->leaf, &parts->issuer, false};
    staple->answer                      = ocsp_judge(arena, response, &parts->leaf, &parts->issuer);
    staple->num_scts = ht_scts_check(parts->settings->ct_logs, staple->answer.sct_list, &subject,
                                     staple->scts, MAX_SCTS);
    staple->answer.sct_list = ht_bytes(NULL, 0);
    memcpy(staple->leaf, leaf, SHA256_LEN);
    memcpy(staple->issuer, issuer, SHA256_LEN);
    staple->judged = true;
}

/* Why an answer that is otherwise sound does not count at that time; NULL: it does. */
static const char *fault_at(const struct ocsp_answer *answer, int64_t now_ns)
{
    int64_t early = now_ns - SKEW_NS, late = now_ns + SKEW_NS;
    if (answer->this_update_ns > late) {
        return "not_yet_valid";
    }
    if (answer->next_update_ns != 0 && answer->next_update_ns < early) {
        return "expired";
    }
    if (answer->responder_from_ns > late) {
        return "responder_not_yet_valid";
    }
    bool ended = answer->responder_until_ns != 0 && answer->responder_until_ns < early;
    return ended ? "responder_expired" : NULL;
}

static struct tls_revocation revocation_of(const struct ocsp_answer *answer,
                                           const struct tls_certificate_status *event)
{
    struct tls_revocation out = {.status         = answer->status,
                                 .source         = "staple",
                                 .fault          = answer->fault,
                                 .certificate    = 1,
                                 .produced_at_ns = answer->produced_at_ns,
                                 .this_update_ns = answer->this_update_ns,
                                 .next_update_ns = answer->next_update_ns,
                                 .revoked_ns     = answer->revoked_ns,
                                 .reason         = answer->reason,
                                 .responder      = event->responder};
    out.fault                 = out.fault != NULL ? out.fault : fault_at(answer, event->time_ns);
    revocation_weigh(&out);
    return out;
}

/* Which of two words about a certificate counts for more. */
static unsigned weight(const struct tls_revocation *word)
{
    static const char *const rising[] = {"not_judged", "unknown", "good", "revoked"};
    unsigned at                       = HT_ARRAY_LEN(rising);
    while (word != NULL && at > 0 && strcmp(word->status, rising[at - 1]) != 0) {
        at--;
    }
    return word != NULL ? at : 0;
}

static void add_staple(struct state *state, struct ht_arena *arena,
                       const struct tls_certificate_status *event,
                       const struct ht_chain_parts *parts, struct tls_chain_verdict *verdict)
{
    struct staple *staple       = staple_of(state, arena, event->digest, event->kept);
    struct tls_revocation *said = ht_arena_alloc(arena, sizeof *said);
    if (staple == NULL || said == NULL) {
        return;
    }
    judge_for(staple, arena, event->kept, parts);
    *said               = revocation_of(&staple->answer, event);
    verdict->staple     = said;
    verdict->revocation = weight(said) >= weight(verdict->revocation) ? said : verdict->revocation;
    verdict->scts       = ht_scts_add(state->settings->ct_logs, arena, verdict->scts, staple->scts,
                                      staple->num_scts, "ocsp");
}

static const struct sct_list *check_list(struct state *state, struct ht_arena *arena,
                                         struct ht_bytes list, const struct ht_chain_parts *parts)
{
    uint8_t key[SHA256_LEN + HT_DIGEST_MAX];
    struct ht_sct_outcome outcomes[TLS_MAX_SCTS];
    const struct ht_sct_subject subject = {&parts->leaf, &parts->issuer, false};
    put_digest(key, &parts->leaf);
    (void)ht_digest(state->digester, HT_SHA256, key + SHA256_LEN, list);
    struct ht_bytes view   = ht_bytes(key, SHA256_LEN + SHA256_LEN);
    struct sct_list *known = ht_memo_find(&state->sct_lists, view);
    if (known != NULL) {
        return known;
    }
    size_t num = ht_scts_check(state->settings->ct_logs, list, &subject, outcomes, TLS_MAX_SCTS);
    size_t len = sizeof *known + num * sizeof outcomes[0];
    known      = ht_memo_add(&state->sct_lists, view, len);
    known      = known != NULL ? known : ht_arena_alloc(arena, len);
    if (known != NULL) {
        known->num = num;
        memcpy(known->scts, outcomes, num * sizeof outcomes[0]);
    }
    return known;
}

static void add_scts(struct state *state, struct ht_arena *arena, struct ht_bytes list,
                     const struct ht_chain_parts *parts, struct tls_chain_verdict *verdict)
{
    const struct sct_list *checked = check_list(state, arena, list, parts);
    if (checked != NULL) {
        verdict->scts = ht_scts_add(state->settings->ct_logs, arena, verdict->scts, checked->scts,
                                    checked->num, "extension");
    }
}

/* The list that came in the extension: beside the certificate in TLS 1.3, before in the hello. */
static struct ht_bytes sct_list_of(const struct tls_details *tls)
{
    const struct tls_server_choices *choices =
        tls->server_hello != NULL ? tls->server_hello->choices : NULL;
    bool in_hello = tls->certificates->sct_list.len == 0 && choices != NULL;
    return in_hello ? choices->sct_list : tls->certificates->sct_list;
}

static bool has_staple(const struct tls_chains *chains)
{
    return chains->staple != NULL && chains->staple->digest.len > 0;
}

/* Who judged the server's chain; NULL: nobody did. */
static const struct ht_chain_parts *parts_of(const struct tls_chains *chains)
{
    const struct tls_chain_verdict *verdict = chains != NULL ? chains->server_verdict : NULL;
    return verdict != NULL && verdict->facts != NULL ? verdict->facts->parts : NULL;
}

/* The verdict is shared by all connections with the chain: this one gets its own. */
static void on_connection(void *self, struct ht_analysis *a, struct ht_connection *c)
{
    struct state *state = self;
    const struct tls_details *tls =
        c->details.type == &tls_details_struct ? c->details.object : NULL;
    const struct ht_chain_parts *parts = tls != NULL ? parts_of(tls->certificates) : NULL;
    struct ht_bytes list               = parts != NULL ? sct_list_of(tls) : ht_bytes(NULL, 0);
    if (parts == NULL || (list.len == 0 && !has_staple(tls->certificates))) {
        return;
    }
    struct tls_chain_verdict *verdict = ht_arena_alloc(a->arena, sizeof *verdict);
    struct tls_chains *chains         = ht_arena_alloc(a->arena, sizeof *chains);
    struct tls_details *details       = ht_arena_alloc(a->arena, sizeof *details);
    if (verdict == NULL || chains == NULL || details == NULL) {
        return;
    }
    *details               = *tls;
    *chains                = *tls->certificates;
    *verdict               = *chains->server_verdict;
    chains->server_verdict = verdict;
    details->certificates  = chains;
    c->details.object      = details;
    if (list.len > 0) {
        add_scts(state, a->arena, list, parts, verdict);
    }
    if (has_staple(chains)) {
        add_staple(state, a->arena, chains->staple, parts, verdict);
    }
}

static bool init(void *self, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *state = self;
    state->settings     = settings;
    state->digester     = ht_digester_new();
    bool made = state->digester != NULL && ht_memo_init(&state->staples, STAPLE_SETS, KEPT_MAX) &&
                ht_memo_init(&state->sct_lists, SCT_SETS, KEPT_MAX);
    return made || ht_fail(error, "out of memory");
}

static void fini(void *self)
{
    struct state *state = self;
    ht_memo_fini(&state->staples);
    ht_memo_fini(&state->sct_lists);
    ht_digester_free(state->digester);
}

static const struct ht_event_type *const events[] = {&tls_certificate_status_event, NULL};

const struct ht_analyzer ht_revocation_analyzer = {
    .name       = "revocation",
    .state_size = sizeof(struct state),
    .init       = init,
    .fini       = fini,
    .event      = on_status,
    .events     = events,
    .connection = on_connection,
};
