/*
 * The analyzer: it keeps the certificates that come, judges a chain when a connection ends that it
 * came in, and keeps the verdict for as long as it holds.
 */
#include "analysis/chain/chain.h"

#include "analysis/chain/judge.h"
#include "crypto/digest.h"

enum {
    MEMBER_BUCKETS  = 16384,
    MEMBERS_MAX     = 32 << 20, /* bytes; some 25,000 certificates */
    VERDICT_BUCKETS = 1024,
    VERDICTS_MAX    = 32 << 20, /* bytes, with the certificates that they hold; some 1,000 chains */
    LESSON_MAX      = 8192      /* bytes of a certificate that is kept for other chains */
};

struct state {
    struct chain_judge judge;
    struct ht_digester *digester;
    struct chain_cache members;  /* by digest */
    struct chain_cache verdicts; /* by what the chain is used for and its digests */
};

static void forget_member(struct chain_entry *entry)
{
    chain_member_forget((struct chain_member *)entry);
}

static void forget_verdict(struct chain_entry *entry)
{
    chain_judgement_free((struct chain_judgement *)entry);
}

static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *self   = state;
    self->judge.settings = settings;
    self->judge.decoder  = ht_certificate_decoder_new();
    self->digester       = ht_digester_new();
    bool made            = self->judge.decoder != NULL && self->digester != NULL &&
                chain_cache_init(&self->members, MEMBER_BUCKETS, MEMBERS_MAX, forget_member) &&
                chain_cache_init(&self->verdicts, VERDICT_BUCKETS, VERDICTS_MAX, forget_verdict);
    return made || ht_fail(error, "out of memory");
}

static void fini(void *state)
{
    struct state *self = state;
    chain_cache_fini(&self->verdicts);
    chain_cache_fini(&self->members);
    chain_issuers_fini(&self->judge.issuers);
    chain_signatures_fini(&self->judge.signatures);
    chain_anchors_free(self->judge.anchors);
    ht_certificate_decoder_free(self->judge.decoder);
    ht_digester_free(self->digester);
}

/*
 * Certificates that come.
 */

static struct chain_member *find_member(struct state *state, struct ht_bytes sha256)
{
    return (struct chain_member *)chain_cache_find(&state->members, sha256);
}

/* The certificate, new to the cache; NULL: too large, or no memory. */
static struct chain_member *add_member(struct state *state, struct ht_bytes sha256,
                                       struct ht_bytes der)
{
    if (sha256.len != CHAIN_SHA256_LEN || der.len > CHAIN_MAX_DER) {
        return NULL;
    }
    struct chain_member *member = chain_member_new(sha256.ptr, der);
    if (member != NULL) {
        chain_cache_add(&state->members, &member->entry);
    }
    return member;
}

/* What issues others may be missing in another chain. */
static void keep(struct state *state, struct ht_analysis *a, struct ht_bytes sha256,
                 struct ht_bytes der, bool is_leaf)
{
    struct chain_member *member = find_member(state, sha256);
    if (member == NULL) {
        member = add_member(state, sha256, der);
    }
    if (member == NULL || member->weighed || is_leaf || der.len > LESSON_MAX) {
        return;
    }
    member->weighed = true;
    (void)chain_member_hold(member);
    if (chain_member_may_issue(member)) {
        a->teach(a->engine, &ht_chain_analyzer, der);
    }
    chain_member_drop(member);
}

static void see_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                      void *event)
{
    const struct tls_certificate *message = event;
    if (type != &tls_certificate_event || message == NULL) {
        return;
    }
    size_t num = message->sha256.len < CHAIN_MAX_LEN ? message->sha256.len : CHAIN_MAX_LEN;
    for (size_t i = 0; i < num && i < message->chain.len; i++) {
        keep(state, a, message->sha256.items[i], message->chain.items[i], i == 0);
    }
}

static void learn(void *state, struct ht_bytes lesson)
{
    struct state *self = state;
    uint8_t digest[HT_DIGEST_MAX];
    size_t len                  = ht_digest(self->digester, HT_SHA256, digest, lesson);
    struct ht_bytes sha256      = ht_bytes(digest, len);
    struct chain_member *member = find_member(self, sha256);
    if (member == NULL) {
        member = add_member(self, sha256, lesson);
    }
    if (member != NULL) {
        member->weighed = true;
        chain_issuers_add(&self->judge.issuers, member);
    }
}

/*
 * Verdicts.
 */

struct verdict_key {
    uint8_t bytes[1 + CHAIN_MAX_LEN * CHAIN_SHA256_LEN];
    size_t len;
};

static struct ht_bytes make_key(struct verdict_key *key, const struct chain_members *members,
                                bool client)
{
    key->bytes[0] = client;
    key->len      = 1;
    for (size_t i = 0; i < members->num; i++) {
        memcpy(key->bytes + key->len, members->list[i]->sha256, CHAIN_SHA256_LEN);
        key->len += CHAIN_SHA256_LEN;
    }
    return ht_bytes(key->bytes, key->len);
}

/* False: one of them is not kept any more, or never was. */
static bool find_members(struct state *state, struct chain_members *out,
                         const struct ht_texts *digests)
{
    for (out->num = 0; out->num < digests->len && out->num < CHAIN_MAX_LEN; out->num++) {
        out->list[out->num] = find_member(state, digests->items[out->num]);
        if (out->list[out->num] == NULL) {
            return false;
        }
    }
    return out->num > 0;
}

/* The verdict on a chain, made or known; NULL: there is no chain. */
static const struct chain_judgement *
judgement_of(struct state *state, const struct ht_texts *digests, bool client, int64_t now_ns)
{
    struct chain_members members;
    struct verdict_key room;
    if (!find_members(state, &members, digests)) {
        return NULL;
    }
    struct ht_bytes key         = make_key(&room, &members, client);
    struct chain_entry *entry   = chain_cache_find(&state->verdicts, key);
    struct chain_judgement *out = (struct chain_judgement *)entry;
    if (out != NULL && chain_judgement_holds(out, &state->judge, now_ns)) {
        return out;
    }
    if (out != NULL) {
        chain_cache_drop(&state->verdicts, entry);
    }
    out = chain_judgement_new(&state->judge, &members, client, now_ns);
    if (out != NULL) {
        out->entry.key = ht_arena_copy(&out->arena, key);
        chain_cache_add(&state->verdicts, &out->entry);
    }
    return out;
}

/*
 * The name.
 */

/* Whom the client asked for, and how that is known. */
struct asked {
    struct ht_bytes name;
    const char *from;
    bool unsure; /* it may have asked for another */
};

static const struct tls_client_hello *hello_of(const struct tls_details *tls)
{
    return tls->client_hello_2 != NULL ? tls->client_hello_2 : tls->client_hello;
}

/* With keys it is known what the server made of its Encrypted ClientHello. */
static bool is_outcome(const struct tls_client_hello *hello, const char *outcome)
{
    const struct tls_encrypted_client_hello *ech = hello->encrypted_client_hello;
    return ech != NULL && ech->outcome != NULL && strcmp(ech->outcome, outcome) == 0;
}

/* The name may be the one that stands before the encrypted one. */
static bool may_be_cover(const struct tls_client_hello *hello)
{
    const struct tls_encrypted_client_hello *ech = hello->encrypted_client_hello;
    bool grease = ech != NULL && ech->verdict != NULL && strcmp(ech->verdict, "grease_likely") == 0;
    return ech != NULL && !grease && !is_outcome(hello, "rejected");
}

static struct asked asked_for(const struct ht_connection *c, const struct tls_details *tls,
                              char address[HT_ADDRESS_TEXT_MAX])
{
    const struct tls_client_hello *hello = hello_of(tls);
    const struct ht_resolution *dns      = c->dns;
    if (hello != NULL && tls->client_hello_inner != NULL && is_outcome(hello, "accepted")) {
        return (struct asked){tls->client_hello_inner->server_name, "sni", false};
    }
    if (hello != NULL && hello->server_name.len > 0) {
        return (struct asked){hello->server_name, "sni", may_be_cover(hello)};
    }
    if (dns != NULL && dns->name.len > 0 && strcmp(dns->verdict, "other_client") != 0) {
        return (struct asked){dns->name, "dns", false};
    }
    return (struct asked){ht_text(ht_address_print(address, &c->server->ip)), "address", false};
}

/* Who asks for an address may have asked for a name that we did not see; so that the certificate
 * is not for the address says something only where it is for nothing but addresses. */
static bool says_something(const struct asked *asked, const struct chain_judgement *judgement,
                           const char *verdict)
{
    const struct ht_certificate *leaf = judgement->parts.leaf.decoded; /* NULL: no memory */
    const struct ht_subject_alternative_names *san = leaf != NULL ? leaf->san : NULL;
    if (strcmp(verdict, "match") == 0) {
        return true;
    }
    if (strcmp(asked->from, "address") == 0) {
        return san != NULL && san->ip.len > 0 && san->dns.len == 0;
    }
    return !asked->unsure;
}

/* NULL: nobody knows whom the client asked for, or the leaf is not a certificate. */
static const struct tls_name_check *check_name(struct ht_analysis *a, const struct ht_connection *c,
                                               const struct chain_judgement *judgement)
{
    char address[HT_ADDRESS_TEXT_MAX];
    struct chain_host_match match;
    const struct asked asked = asked_for(c, c->details.object, address);
    if (judgement->parts.leaf.x509 == NULL || asked.name.len == 0 ||
        asked.name.len > CHAIN_MAX_NAME) {
        return NULL;
    }
    chain_host_check(&match, &judgement->names, asked.name);
    struct tls_name_check *check = says_something(&asked, judgement, match.verdict)
                                       ? ht_arena_alloc(a->arena, sizeof *check)
                                       : NULL;
    if (check != NULL) {
        *check = (struct tls_name_check){.verdict = match.verdict,
                                         .name    = ht_arena_copy(a->arena, asked.name),
                                         .from    = asked.from,
                                         .matched = ht_arena_copy(a->arena, match.matched)};
    }
    return check;
}

/*
 * Connections.
 */

/* What is written anew for a connection with chains. */
struct judged {
    struct tls_details details;
    struct tls_chains chains;
    struct tls_chain_verdict server;
};

static void see_connection(void *state, struct ht_analysis *a, struct ht_connection *c)
{
    struct state *self = state;
    if (c->details.type != &tls_details_struct) {
        return;
    }
    const struct tls_details *tls   = c->details.object;
    const struct tls_chains *chains = tls->certificates;
    if (chains == NULL || chains->server.len + chains->client.len == 0) {
        return;
    }
    int64_t as_of_ns                     = self->judge.settings->as_of_ns;
    int64_t now_ns                       = as_of_ns != 0 ? as_of_ns : c->start_ns;
    const struct chain_judgement *client = judgement_of(self, &chains->client, true, now_ns);
    const struct chain_judgement *server = judgement_of(self, &chains->server, false, now_ns);
    struct judged *out                   = ht_arena_alloc(a->arena, sizeof *out);
    if (out == NULL) {
        return;
    }
    out->details              = *tls;
    out->details.certificates = &out->chains;
    out->chains               = *chains;
    if (server != NULL) {
        out->server                = server->verdict;
        out->server.name           = check_name(a, c, server);
        out->chains.server_verdict = &out->server;
    }
    if (client != NULL) {
        out->chains.client_verdict = &client->verdict;
    }
    c->details.object = out;
}

static const struct ht_event_type *const events[] = {&tls_certificate_event, NULL};

const struct ht_analyzer ht_chain_analyzer = {.name       = "chain",
                                              .state_size = sizeof(struct state),
                                              .init       = init,
                                              .fini       = fini,
                                              .event      = see_event,
                                              .events     = events,
                                              .connection = see_connection,
                                              .learn      = learn};
