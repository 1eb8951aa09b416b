/*
 * Rules about certificates and their keys, as several servers show them.
 */
#include "report/across.h"
#include "report/batch_gcd.h"

#include <inttypes.h>
#include <stdlib.h>

static struct ht_bytes text_of(const struct across *a, uint32_t name)
{
    return report_names_text(&a->state->names, name);
}

static const struct report_certificate *leaf_of(const struct across *a,
                                                const struct report_session *session)
{
    return report_leaf_of(a->state, session);
}

/* Those that were decoded, in an order that does not depend on whose tables they were in. */
static const struct report_certificate **sorted_certificates(struct across *a, size_t *num)
{
    const struct report_table *table = &a->state->certificates;
    const void **all                 = report_table_sorted(table, a->arena);
    const struct report_certificate **list =
        ht_arena_alloc(a->arena, table->len * sizeof *list + 1);
    *num = 0;
    for (size_t i = 0; all != NULL && list != NULL && i < table->len; i++) {
        const struct report_certificate *each = all[i];
        if (each->known) {
            list[(*num)++] = each;
        }
    }
    return list;
}

static void find_two(struct across *a, const struct ht_rule *rule,
                     const struct report_certificate *one, const struct report_certificate *other,
                     struct ht_proof *proof)
{
    const struct report_table *table    = &a->state->certificates;
    const struct report_session *first  = a->shown[report_table_index(table, one)];
    const struct report_session *second = a->shown[report_table_index(table, other)];
    if (first == NULL || second == NULL) {
        return; /* an issuer's */
    }
    const struct across_case found = {.server  = first->key.server,
                                      .count   = 1,
                                      .sights  = {first->sights.items[0], second->sights.items[0]},
                                      .servers = {first->key.server, second->key.server}};
    across_find(a, rule, &found, proof);
}

/*
 * One key, several names
 */

/* The next name of a list with spaces between. */
static struct ht_bytes next_name(struct ht_bytes *names)
{
    const uint8_t *space = names->len > 0 ? memchr(names->ptr, ' ', names->len) : NULL;
    struct ht_bytes name =
        ht_bytes_head(*names, space != NULL ? (size_t)(space - names->ptr) : names->len);
    *names = ht_bytes_from(*names, name.len + 1);
    return name;
}

static bool has_domain(struct ht_bytes names, struct ht_bytes domain)
{
    while (names.len > 0) {
        if (ht_bytes_equal(across_domain(next_name(&names)), domain)) {
            return true;
        }
    }
    return false;
}

static bool share_a_domain(struct ht_bytes a, struct ht_bytes b)
{
    bool any = false;
    while (a.len > 0) {
        struct ht_bytes domain = across_domain(next_name(&a));
        any |= domain.len > 0;
        if (domain.len > 0 && has_domain(b, domain)) {
            return true;
        }
    }
    return !any; /* what has no names says nothing */
}

static void key_reuse(struct across *a, const struct ht_rule *rule)
{
    enum { SHOWN = 60 };
    size_t num;
    const struct report_certificate **list = sorted_certificates(a, &num);
    const struct report_certificate **of_key =
        ht_arena_alloc(a->arena, (a->state->names.table.len + 1) * sizeof *of_key);
    for (size_t i = 0; of_key != NULL && i < num; i++) {
        const struct report_certificate *first = of_key[list[i]->spki];
        if (list[i]->spki == 0 || list[i]->is_ca || first == NULL) {
            of_key[list[i]->spki] = list[i]->is_ca ? NULL : list[i];
            continue;
        }
        struct ht_bytes one = text_of(a, first->names), two = text_of(a, list[i]->names);
        if (share_a_domain(one, two) || share_a_domain(two, one)) {
            continue;
        }
        struct ht_proof proof = {0};
        one                   = ht_bytes_head(one, SHOWN);
        two                   = ht_bytes_head(two, SHOWN);
        (void)ht_proof_say(&proof, 0, 0, "one key in certificates for %.*s and for %.*s",
                           (int)one.len, (const char *)one.ptr, (int)two.len,
                           (const char *)two.ptr);
        find_two(a, rule, first, list[i], &proof);
    }
}

/*
 * Common factors
 */

struct moduli {
    struct ht_bytes *numbers;
    const struct report_certificate **certificates;
    bool *shares;
    size_t num;
};

/* Each modulus once. */
static void gather(struct across *a, struct moduli *out)
{
    size_t num, bytes = 0;
    const struct report_certificate **list = sorted_certificates(a, &num);
    bool *seen        = ht_arena_alloc(a->arena, a->state->names.table.len + 1);
    out->numbers      = ht_arena_alloc(a->arena, num * sizeof *out->numbers);
    out->certificates = ht_arena_alloc(a->arena, num * sizeof *out->certificates);
    out->shares       = ht_arena_alloc(a->arena, num);
    bool room =
        seen != NULL && out->numbers != NULL && out->certificates != NULL && out->shares != NULL;
    for (size_t i = 0; room && i < num; i++) {
        uint32_t modulus = list[i]->modulus;
        if (modulus == 0 || seen[modulus]) {
            continue;
        }
        seen[modulus]          = true;
        struct ht_bytes number = text_of(a, modulus);
        if (out->num == HT_BATCH_GCD_MAX || number.len > HT_BATCH_GCD_BYTES - bytes) {
            a->state->totals.moduli_left_out++;
            continue;
        }
        bytes += number.len;
        out->certificates[out->num] = list[i];
        out->numbers[out->num++]    = number;
    }
    a->state->totals.moduli += out->num;
}

/* The next modulus with which number `i` has a factor in common; `m->num`: none, or there were more
 * to compare than `*left`. */
static size_t partner_of(const struct moduli *m, size_t i, unsigned *left)
{
    size_t k = i + 1;
    for (; k<m->num && * left> 0; k++) {
        if (m->shares[k]) {
            (*left)--;
            if (ht_common_factor(m->numbers[i], m->numbers[k])) {
                return k;
            }
        }
    }
    return m->num;
}

static void shared_prime(struct across *a, const struct ht_rule *rule)
{
    unsigned left   = 4096; /* comparisons: a second or two */
    struct moduli m = {0};
    gather(a, &m);
    if (!ht_batch_gcd(m.numbers, m.num, m.shares)) {
        return;
    }
    for (size_t i = 0; i < m.num; i++) {
        size_t k = m.shares[i] ? partner_of(&m, i, &left) : m.num;
        if (k == m.num) {
            continue; /* none, or it was told with the one before */
        }
        struct ht_proof proof = {.basis = "derived"};
        struct ht_bytes one   = ht_bytes_head(text_of(a, m.certificates[i]->subject), 60);
        struct ht_bytes two   = ht_bytes_head(text_of(a, m.certificates[k]->subject), 60);
        (void)ht_proof_say(&proof, 0, 0,
                           "the RSA keys of %.*s and %.*s have a prime in common: both can be "
                           "computed",
                           (int)one.len, (const char *)one.ptr, (int)two.len,
                           (const char *)two.ptr);
        find_two(a, rule, m.certificates[i], m.certificates[k], &proof);
    }
}

/*
 * Another certificate
 */

static void say_change(const struct report_certificate *before,
                       const struct report_certificate *after, struct ht_proof *proof)
{
    const uint8_t *b = before->sha256, *c = after->sha256;
    bool same_key   = before->spki == after->spki && before->spki != 0;
    proof->severity = same_key || !before->known || !after->known ? NULL : "low";
    (void)ht_proof_say(proof, 0, 0,
                       "leaf %02x%02x%02x%02x%02x%02x\xe2\x80\xa6, then "
                       "%02x%02x%02x%02x%02x%02x\xe2\x80\xa6, %s",
                       b[0], b[1], b[2], b[3], b[4], b[5], c[0], c[1], c[2], c[3], c[4], c[5],
                       same_key                        ? "with the same key"
                       : before->known && after->known ? "with another key"
                                                       : "whose key was not read");
}

static void certificate_changed(struct across *a, const struct ht_rule *rule)
{
    const struct report_session **sessions;
    size_t at = 0, num;
    while ((sessions = across_sessions_of(a, &at, &num)) != NULL) {
        const struct report_session *before = NULL;
        for (size_t i = 0; i < num; i++) {
            const struct report_session *each = sessions[i];
            bool other = before != NULL && each->key.certificate != before->key.certificate;
            if (each->key.certificate == 0 || (before != NULL && !other)) {
                continue;
            }
            if (other && leaf_of(a, before) != NULL && leaf_of(a, each) != NULL) {
                struct ht_proof proof          = {0};
                const struct across_case found = {
                    .server = each->key.server,
                    .count  = 1,
                    .sights = {before->sights.items[0], each->sights.items[0]}};
                say_change(leaf_of(a, before), leaf_of(a, each), &proof);
                across_find(a, rule, &found, &proof);
                break; /* once a server */
            }
            before = each;
        }
    }
}

/*
 * Interception
 */

enum { UNRELATED = 3 /* domains of one issuer that nobody else would issue for */ };

/* An issuer that is not of the public web, and what it issued for. */
struct interceptor {
    uint32_t issuer;
    struct ht_bytes domains[UNRELATED];
    const struct report_session *sessions[UNRELATED];
    size_t num;
    uint64_t count;
};

/* Of the public web, as far as its last label tells. */
static bool is_public(struct ht_bytes domain)
{
    static const char *const own[] = {"local",   "localhost", "internal", "intranet",
                                      "lan",     "home",      "corp",     "private",
                                      "invalid", "arpa",      "test",     "onion"};
    for (size_t i = 0; i < HT_ARRAY_LEN(own); i++) {
        size_t len = strlen(own[i]);
        if (domain.len > len && domain.ptr[domain.len - len - 1] == '.' &&
            memcmp(domain.ptr + domain.len - len, own[i], len) == 0) {
            return false;
        }
    }
    return domain.len > 0;
}

static void add_domain(struct interceptor *i, const struct report_session *session,
                       struct ht_bytes domain)
{
    i->count += session->connections;
    for (size_t k = 0; k < i->num; k++) {
        if (ht_bytes_equal(i->domains[k], domain)) {
            return;
        }
    }
    if (i->num < UNRELATED) {
        i->domains[i->num]    = domain;
        i->sessions[i->num++] = session;
    }
}

static void interception(struct across *a, const struct ht_rule *rule)
{
    size_t names                  = a->state->names.table.len + 1;
    struct interceptor *of_issuer = ht_arena_alloc(a->arena, names * sizeof *of_issuer);
    for (size_t i = 0; of_issuer != NULL && i < a->num_sessions; i++) {
        const struct report_session *each     = a->sessions[i];
        const struct report_certificate *leaf = leaf_of(a, each);
        const struct report_server *server    = report_server_at(a->state, each->key.server);
        if (leaf == NULL || !leaf->judged || leaf->public_anchor || leaf->self_signed ||
            leaf->issuer == 0) {
            continue;
        }
        struct ht_bytes domain = across_domain(text_of(a, server->key.name));
        if (is_public(domain)) {
            add_domain(&of_issuer[leaf->issuer], each, domain);
        }
    }
    for (size_t i = 0; of_issuer != NULL && i < names; i++) {
        const struct interceptor *each = &of_issuer[i];
        if (each->num < UNRELATED) {
            continue;
        }
        struct ht_proof proof                 = {.basis = "inferred"};
        struct ht_bytes issuer                = ht_bytes_head(text_of(a, (uint32_t)i), 90);
        const struct report_session *const *s = each->sessions;
        const struct across_case found        = {.server  = s[0]->key.server,
                                                 .ja4     = s[0]->key.ja4,
                                                 .count   = each->count,
                                                 .sights  = {s[0]->sights.items[0], s[1]->sights.items[0]},
                                                 .servers = {s[0]->key.server, s[1]->key.server}};
        (void)ht_proof_say(&proof, 0, 0,
                           "%.*s, not of the public web, issued for %.*s, %.*s and %.*s",
                           (int)issuer.len, (const char *)issuer.ptr, (int)each->domains[0].len,
                           (const char *)each->domains[0].ptr, (int)each->domains[1].len,
                           (const char *)each->domains[1].ptr, (int)each->domains[2].len,
                           (const char *)each->domains[2].ptr);
        across_find(a, rule, &found, &proof);
    }
}

static const struct across_rule rules[] = {
    {.rule    = {.id          = "cert-shared-prime",
                 .severity    = "critical",
                 .category    = "certificate",
                 .title       = "RSA keys have a prime in common",
                 .remediation = "Replace both keys, and repair the random number generator that made "
                                   "them.",
                 .attack      = "Factoring by greatest common divisors",
                 .references  = {"factorable.net", "CA/B BR section 6.1.1.3"},
                 .scope       = "server"},
     .subject = REPORT_OF_CERTIFICATES,
     .look    = shared_prime},
    {.rule    = {.id          = "cert-key-reuse-across-names",
                 .severity    = "medium",
                 .category    = "certificate",
                 .title       = "One key serves unrelated names",
                 .remediation = "Give each service a key of its own.",
                 .attack      = "DROWN; ALPACA",
                 .references  = {"CA/B BR section 6.1.1.3"},
                 .scope       = "server"},
     .subject = REPORT_OF_CERTIFICATES,
     .look    = key_reuse},
    {.rule    = {.id          = "cert-interception-suspected",
                 .severity    = "medium",
                 .category    = "certificate",
                 .title       = "TLS seems to be intercepted",
                 .remediation = "Make sure that this proxy is meant to be there; if nobody knows it, "
                                   "treat it as an incident.",
                 .attack      = "Machine in the middle",
                 .references  = {"RFC 9325 section 7", "US-CERT TA17-075A"}},
     .subject = REPORT_OF_TRUST,
     .look    = interception},
    {.rule    = {.id          = "cert-changed",
                 .severity    = "info",
                 .category    = "certificate",
                 .title       = "The server shows another certificate than before",
                 .remediation = "Expected when it was renewed, or where several machines answer; "
                                   "else find out why.",
                 .attack      = "Machine in the middle",
                 .scope       = "server"},
     .subject = REPORT_OF_CERTIFICATES,
     .look    = certificate_changed},
};

const struct across_table across_certificate_rules = {rules, HT_ARRAY_LEN(rules)};
