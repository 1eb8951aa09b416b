#include "analysis/chain/judge.h"

#include "analysis/certificate/decode.h"
#include "analysis/chain/faults.h"
#include "analysis/chain/key.h"
#include "analysis/chain/times.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum { MAX_REPAIR = 16 /* certificates that are added to a chain */ };

void chain_issuers_add(struct chain_issuers *issuers, struct chain_member *member)
{
    for (size_t i = 0; i < CHAIN_MAX_ISSUERS && issuers->ring[i] != NULL; i++) {
        if (ht_bytes_equal(issuers->ring[i]->entry.key, member->entry.key)) {
            return;
        }
    }
    chain_member_drop(issuers->ring[issuers->next]);
    issuers->ring[issuers->next] = chain_member_hold(member);
    issuers->next                = (issuers->next + 1) % CHAIN_MAX_ISSUERS;
    issuers->generation++;
}

void chain_issuers_fini(struct chain_issuers *issuers)
{
    for (size_t i = 0; i < CHAIN_MAX_ISSUERS; i++) {
        chain_member_drop(issuers->ring[i]);
    }
    *issuers = (struct chain_issuers){.next = 0};
}

/* A chain while it is judged. */
struct trial {
    struct chain_judge *judge;
    struct chain_judgement *out;
    struct chain_span span;
    X509 *leaf;                 /* NULL: it is not a certificate */
    STACK_OF(X509) * untrusted; /* not held */
    struct chain_answer as_sent, repaired;
    const struct chain_answer *better;
};

/*
 * The path.
 */

static void collect_sent(struct trial *t)
{
    const struct chain_members *members = &t->out->members;
    t->leaf                             = chain_member_x509(members->list[0]);
    t->untrusted                        = sk_X509_new_null();
    for (size_t i = 1; i < members->num; i++) {
        X509 *x509 = chain_member_x509(members->list[i]);
        if (x509 != NULL) {
            (void)sk_X509_push(t->untrusted, x509);
        }
    }
}

/* All that may have issued `x509` are added to the untrusted ones. */
static void add_issuers_of(struct trial *t, const X509 *x509)
{
    const struct chain_issuers *issuers = &t->judge->issuers;
    const X509_NAME *name               = X509_get_issuer_name(x509);
    int max                             = CHAIN_MAX_LEN + MAX_REPAIR;
    for (size_t i = 0; i < CHAIN_MAX_ISSUERS && issuers->ring[i] != NULL; i++) {
        X509 *issuer = chain_member_x509(issuers->ring[i]);
        if (issuer != NULL && X509_NAME_cmp(X509_get_subject_name(issuer), name) == 0 &&
            sk_X509_find(t->untrusted, issuer) < 0 && sk_X509_num(t->untrusted) < max) {
            (void)sk_X509_push(t->untrusted, issuer);
        }
    }
}

static struct chain_question question_of(const struct trial *t)
{
    return (struct chain_question){.anchors   = t->judge->anchors,
                                   .good      = &t->judge->signatures,
                                   .leaf      = t->leaf,
                                   .untrusted = t->untrusted,
                                   .client    = t->out->parts.is_client};
}

/* Whose certificate of the path it is; NULL: it is an anchor. */
static struct chain_member *member_at(const struct trial *t, const struct chain_answer *answer,
                                      size_t at)
{
    const struct chain_members *members = &t->out->members;
    const struct chain_issuers *issuers = &t->judge->issuers;
    const X509 *x509                    = sk_X509_value(answer->path, (int)at);
    for (size_t i = 0; i < members->num && at < answer->num_untrusted; i++) {
        if (members->list[i]->x509 == x509) {
            return members->list[i];
        }
    }
    for (size_t i = 0; i < CHAIN_MAX_ISSUERS && at < answer->num_untrusted; i++) {
        if (issuers->ring[i] != NULL && issuers->ring[i]->x509 == x509) {
            return issuers->ring[i];
        }
    }
    return NULL;
}

static struct ht_bytes digest_at(const struct trial *t, const struct chain_answer *answer,
                                 size_t at)
{
    const struct chain_member *member = member_at(t, answer, at);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (member != NULL) {
        return ht_arena_copy(&t->out->arena, member->entry.key);
    }
    (void)X509_digest(sk_X509_value(answer->path, (int)at), EVP_sha256(), digest, &len);
    return ht_arena_copy(&t->out->arena, ht_bytes(digest, len));
}

static const struct tls_path *tell(const struct trial *t, const struct chain_answer *answer)
{
    struct ht_arena *arena = &t->out->arena;
    int num                = sk_X509_num(answer->path);
    struct ht_bytes *items = num > 0 ? ht_arena_alloc(arena, (size_t)num * sizeof *items) : NULL;
    size_t len             = items != NULL ? (size_t)num : 0;
    for (size_t i = 0; i < len; i++) {
        items[i] = digest_at(t, answer, i);
    }
    return chain_tell_path(answer, (struct ht_texts){.items = items, .len = len}, arena);
}

/* Whoever issued the leaf or one of the untrusted ones. */
static void note_wanted(struct trial *t)
{
    size_t num              = 1 + (size_t)sk_X509_num(t->untrusted);
    const X509_NAME **names = ht_arena_alloc(&t->out->arena, num * sizeof *names);
    for (size_t i = 0; names != NULL && i < num; i++) {
        const X509 *x509 = i == 0 ? t->leaf : sk_X509_value(t->untrusted, (int)i - 1);
        names[i]         = X509_get_issuer_name(x509);
    }
    t->out->wanted     = names;
    t->out->num_wanted = names != NULL ? num : 0;
}

/* Again, with issuers that were seen elsewhere, where that leads further. */
static void repair(struct trial *t)
{
    int num_sent = sk_X509_num(t->untrusted);
    add_issuers_of(t, t->leaf);
    for (int i = 0; i < sk_X509_num(t->untrusted); i++) {
        add_issuers_of(t, sk_X509_value(t->untrusted, i));
    }
    note_wanted(t);
    struct chain_question question = question_of(t);
    question.before                = &t->as_sent;
    if (sk_X509_num(t->untrusted) > num_sent && chain_verify(&t->repaired, &question, &t->span) &&
        chain_is_better(&t->repaired, &t->as_sent)) {
        t->better                = &t->repaired;
        t->out->verdict.repaired = tell(t, &t->repaired);
    }
}

static void find_paths(struct trial *t)
{
    const struct chain_question question = question_of(t);
    t->better                            = &t->as_sent;
    if (t->leaf == NULL || !chain_verify(&t->as_sent, &question, &t->span)) {
        return;
    }
    t->out->verdict.as_sent = tell(t, &t->as_sent);
    t->out->lacks_issuer    = t->as_sent.lacks_issuer;
    if (t->as_sent.lacks_issuer) {
        repair(t);
    }
}

/*
 * The order.
 */

/* The leaf says where its issuer's certificate is to be had (caIssuers). */
static bool names_issuer_place(X509 *leaf)
{
    AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(leaf, NID_info_access, NULL, NULL);
    bool names                    = false;
    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access) && !names; i++) {
        names = OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(access, i)->method) == NID_ad_ca_issuers;
    }
    AUTHORITY_INFO_ACCESS_free(access);
    return names;
}

/* An issuer is missing. It may be an anchor that we do not know, which need not be sent; so it
 * takes more to say that a certificate was left out: that there is one, that there is a gap before
 * others that were sent, or that the leaf alone was, by a CA that expects its own to be fetched. */
static bool is_incomplete(const struct trial *t, const char *order)
{
    bool alone = sk_X509_num(t->as_sent.path) == 1;
    return t->as_sent.lacks_issuer &&
           (t->out->verdict.repaired != NULL || strcmp(order, "superfluous") == 0 ||
            (alone && names_issuer_place(t->leaf)));
}

static const char *order_of(const struct trial *t)
{
    X509 *sent[CHAIN_MAX_LEN];
    const struct chain_members *members = &t->out->members;
    for (size_t i = 0; i < members->num; i++) {
        sent[i] = chain_member_x509(members->list[i]);
    }
    const char *order = chain_order(sent, members->num);
    return is_incomplete(t, order) ? "incomplete" : order;
}

/*
 * Facts.
 */

static void add_certificates(struct trial *t)
{
    const struct chain_members *members = &t->out->members;
    struct ht_certificate *certificates =
        ht_arena_alloc(&t->out->arena, members->num * sizeof *certificates);
    for (size_t i = 0; certificates != NULL && i < members->num; i++) {
        const struct ht_certificate *decoded =
            chain_member_decoded(members->list[i], t->judge->decoder);
        certificates[i] = decoded != NULL ? *decoded : (struct ht_certificate){.malformed = true};
    }
    t->out->facts.certificates = certificates;
    t->out->facts.num          = certificates != NULL ? members->num : 0;
}

static struct ht_bytes common_name_of(const X509 *x509, struct ht_arena *arena)
{
    const X509_NAME *subject = X509_get_subject_name(x509);
    int at = -1, last = -1;
    while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
        last = at;
    }
    unsigned char *text = NULL;
    int len             = last < 0 ? -1
                                   : ASN1_STRING_to_UTF8(
                                         &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
    struct ht_bytes name =
        len > 0 ? ht_arena_copy(arena, ht_bytes(text, (size_t)len)) : ht_bytes(NULL, 0);
    OPENSSL_free(text);
    return name;
}

static bool signatures_differ(const X509 *x509)
{
    const X509_ALGOR *outer;
    X509_get0_signature(NULL, &outer, x509);
    return X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(x509)) != 0;
}

static bool is_ca(X509 *x509)
{
    bool may_sign = (X509_get_extension_flags(x509) & EXFLAG_KUSAGE) != 0 &&
                    (X509_get_key_usage(x509) & KU_KEY_CERT_SIGN) != 0;
    return may_sign || (X509_get_extension_flags(x509) & EXFLAG_CA) != 0;
}

static void add_leaf_facts(struct trial *t, const struct chain_key *key)
{
    struct ht_chain_facts *facts = &t->out->facts;
    chain_validity(t->leaf, &facts->not_before_ns, &facts->not_after_ns);
    facts->validity_limit_days = chain_validity_limit_days(facts->not_before_ns);
    facts->leaf_is_ca          = is_ca(t->leaf);
    facts->roca                = key->roca;
    facts->close_primes        = key->close_primes;
    facts->rsa_exponent        = key->rsa_exponent;
    facts->must_staple         = facts->num > 0 && facts->certificates[0].ocsp_must_staple;
    facts->signature_mismatch  = signatures_differ(t->leaf);
    facts->crl_distribution_points =
        X509_get_ext_by_NID(t->leaf, NID_crl_distribution_points, -1) >= 0;
    facts->common_name = common_name_of(t->leaf, &t->out->arena);
}

static void add_facts(struct trial *t, const struct chain_key *key)
{
    struct ht_chain_facts *facts = &t->out->facts;
    const struct ht_trust *trust = t->judge->settings->trust;
    add_certificates(t);
    facts->parts         = &t->out->parts;
    facts->not_before_ns = INT64_MIN;
    facts->not_after_ns  = INT64_MAX;
    facts->trust_known   = trust->pem.len > 0;
    facts->public_anchor = trust->system && t->better->anchored;
    if (t->leaf != NULL) {
        add_leaf_facts(t, key);
    }
    int num = sk_X509_num(t->as_sent.path);
    if (t->as_sent.lacks_issuer && num > 0) {
        const X509 *last      = sk_X509_value(t->as_sent.path, num - 1);
        facts->missing_issuer = certificate_name(&t->out->arena, X509_get_issuer_name(last));
    }
}

/*
 * Parts.
 */

/* An anchor of which no member is known. */
static void link_anchor(struct trial *t, struct ht_chain_link *link, X509 *x509)
{
    struct ht_arena *arena         = &t->out->arena;
    struct ht_certificate *decoded = ht_arena_alloc(arena, sizeof *decoded);
    unsigned char *der             = NULL;
    int len                        = i2d_X509(x509, &der);
    if (len > 0 && decoded != NULL) {
        link->der = ht_arena_copy(arena, ht_bytes(der, (size_t)len));
        certificate_decode_x509(t->judge->decoder, arena, x509, link->der,
                                digest_at(t, t->better, 1), decoded);
        link->decoded = decoded;
    }
    OPENSSL_free(der);
}

/* The second of the path, which may be sent, seen elsewhere or an anchor. */
static struct ht_chain_link issuer_link(struct trial *t)
{
    struct ht_chain_link link = {.x509 = NULL};
    if (sk_X509_num(t->better->path) < 2) {
        return link;
    }
    X509 *x509                  = sk_X509_value(t->better->path, 1);
    struct chain_member *member = member_at(t, t->better, 1);
    if (member != NULL) {
        t->out->issuer = chain_member_hold(member);
        link.der       = member->der;
        link.decoded   = chain_member_decoded(member, t->judge->decoder);
    } else {
        link_anchor(t, &link, x509);
    }
    if (link.decoded != NULL && X509_up_ref(x509) == 1) {
        link.x509 = x509;
        return link;
    }
    return (struct ht_chain_link){.x509 = NULL};
}

/* For those who judge certificates above the leaf. */
static void lend_path(struct trial *t)
{
    int num                     = sk_X509_num(t->better->path);
    size_t len                  = num > 0 ? (size_t)num : 0;
    struct ht_chain_link *links = ht_arena_alloc(&t->out->arena, len * sizeof *links);
    for (int i = 0; links != NULL && i < num; i++) {
        links[i].x509 = sk_X509_value(t->better->path, i);
    }
    t->out->parts.path     = links;
    t->out->parts.path_len = links != NULL ? len : 0;
}

static void add_parts(struct trial *t)
{
    struct chain_judgement *out     = t->out;
    const struct chain_member *leaf = out->members.list[0];
    out->parts.settings             = t->judge->settings;
    out->parts.leaf =
        (struct ht_chain_link){.decoded = leaf->decoded, .der = leaf->der, .x509 = leaf->x509};
    out->parts.issuer   = issuer_link(t);
    out->parts.now_ns   = t->span.now_ns;
    out->parts.from_ns  = t->span.from_ns;
    out->parts.until_ns = t->span.until_ns;
    out->parts.verdict  = &out->verdict;
    out->parts.arena    = &out->arena;
    lend_path(t);
    ht_chain_judge_parts(&out->parts);
    out->parts.path     = NULL;
    out->parts.path_len = 0;
}

static void judge_trial(struct trial *t)
{
    struct chain_key key = {.weak = false};
    collect_sent(t);
    find_paths(t);
    if (t->leaf != NULL) {
        chain_key_look(&key, t->leaf);
        chain_host_names_read(&t->out->names, t->leaf, &t->out->arena);
    }
    add_facts(t, &key);
    if (t->out->facts.num == 0) {
        return; /* no memory */
    }
    t->out->verdict.order        = order_of(t);
    t->out->verdict.facts        = &t->out->facts;
    const struct chain_look look = {.leaf     = t->leaf,
                                    .answer   = t->better,
                                    .facts    = &t->out->facts,
                                    .client   = t->out->parts.is_client,
                                    .weak_key = key.weak};
    t->out->verdict.faults       = chain_faults(&look, &t->out->arena);
    add_parts(t);
}

/* About what the certificates need, once they are parsed, for each byte of theirs. */
enum { PARSED_FACTOR = 8 };

static size_t cost_of(const struct chain_judgement *judgement)
{
    size_t cost = sizeof *judgement + judgement->arena.size;
    for (size_t i = 0; i < judgement->members.num; i++) {
        cost += PARSED_FACTOR * judgement->members.list[i]->der.len;
    }
    return cost;
}

struct chain_judgement *chain_judgement_new(struct chain_judge *judge,
                                            const struct chain_members *members, bool client,
                                            int64_t now_ns)
{
    if (judge->anchors == NULL) {
        judge->anchors = chain_anchors_new(judge->settings->trust);
    }
    struct chain_judgement *out = judge->anchors != NULL ? calloc(1, sizeof *out) : NULL;
    if (out == NULL) {
        return NULL;
    }
    struct trial trial = {.judge = judge,
                          .out   = out,
                          .span  = {.now_ns = now_ns, .from_ns = INT64_MIN, .until_ns = INT64_MAX}};
    for (; out->members.num < members->num; out->members.num++) {
        out->members.list[out->members.num] = chain_member_hold(members->list[out->members.num]);
    }
    out->parts.is_client = client;
    out->facts.number    = ++judge->judgements;
    out->generation      = judge->issuers.generation;
    (void)ERR_set_mark();
    judge_trial(&trial);
    (void)ERR_pop_to_mark();
    sk_X509_free(trial.untrusted);
    chain_answer_free(&trial.as_sent);
    chain_answer_free(&trial.repaired);
    out->entry.cost = cost_of(out);
    if (out->facts.num == 0) {
        chain_judgement_free(out);
        return NULL;
    }
    return out;
}

static bool wants(const struct chain_judgement *judgement, const X509 *issuer)
{
    bool wanted = judgement->wanted == NULL;
    for (size_t i = 0; i < judgement->num_wanted && !wanted; i++) {
        wanted = X509_NAME_cmp(judgement->wanted[i], X509_get_subject_name(issuer)) == 0;
    }
    return wanted;
}

/* None of the issuers that were seen since would be used. Once the ring is full each new one takes
 * the place of another, so that nothing is known. */
static bool has_all_issuers(struct chain_judgement *judgement, const struct chain_issuers *issuers)
{
    bool full = issuers->generation > CHAIN_MAX_ISSUERS;
    for (uint64_t i = judgement->generation; i < issuers->generation; i++) {
        const X509 *x509 = full ? NULL : chain_member_x509(issuers->ring[i]);
        if (full || (x509 != NULL && wants(judgement, x509))) {
            return false;
        }
    }
    judgement->generation = issuers->generation;
    return true;
}

bool chain_judgement_holds(struct chain_judgement *judgement, const struct chain_judge *judge,
                           int64_t now_ns)
{
    const struct ht_chain_parts *parts = &judgement->parts;
    return now_ns >= parts->from_ns && now_ns <= parts->until_ns &&
           (!judgement->lacks_issuer || has_all_issuers(judgement, &judge->issuers));
}

void chain_judgement_free(struct chain_judgement *judgement)
{
    X509_free(judgement->parts.issuer.x509);
    chain_member_drop(judgement->issuer);
    for (size_t i = 0; i < judgement->members.num; i++) {
        chain_member_drop(judgement->members.list[i]);
    }
    ht_arena_clear(&judgement->arena);
    free(judgement);
}
