/* Rules about: the values of key exchange and encryption, which must be random, fresh, and in their
 * groups. */
#include "analysis/audit/lists.h"
#include "analysis/key_exchange/values.h"
#include "base/digits.h"
#include "tls/nonces.h"

#include <inttypes.h>

/*
 * explicit-nonce-reuse
 */

static bool was_written_twice(const struct tls_nonce_side *side)
{
    return side != NULL && side->repeat.num > 0;
}

static bool has_nonces(const struct audit_case *c)
{
    const struct tls_nonce_side *client = c->tls->client_nonces, *server = c->tls->server_nonces;
    return (client != NULL && client->seen > 1) || (server != NULL && server->seen > 1);
}

/* Of nonces that are counted, in whatever way, one is near the one before. */
static bool looks_random(const struct tls_nonce_side *side)
{
    enum { ENOUGH = 16 };
    return side != NULL && side->seen >= ENOUGH && side->leaps >= side->seen / 2;
}

static bool nonce_reuse(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_nonce_side *client = c->tls->client_nonces, *server = c->tls->server_nonces;
    const struct tls_nonce_side *side = was_written_twice(client) ? client : server;
    if (was_written_twice(side)) {
        const struct tls_nonce_repeat *r = &side->repeat;
        return ht_proof_say(out, r->frames[0], r->frames[1],
                            "records %" PRIu64 " and %" PRIu64 " of the %s under the same keys "
                            "have nonce %016" PRIx64 "; %" PRIu64 " in all came again",
                            r->records[0], r->records[1], side == client ? "client" : "server",
                            r->nonce, r->num);
    }
    side          = looks_random(client) ? client : server;
    out->severity = "low";
    out->basis    = "inferred";
    return looks_random(side) &&
           ht_proof_say(out, c->answer->frame, 0,
                        "the nonces of the %s are not counted: %" PRIu64 " of %" PRIu64
                        " are far from the one before; of random ones two are alike some day",
                        side == client ? "client" : "server", side->leaps, side->seen);
}

/*
 * random-low-entropy
 */

/* What of a random ought to be random: not the time at its head (RFC 5246 section 7.4.1.2), nor a
 * server's last eight bytes where they say of a downgrade (RFC 8446 section 4.1.3). */
static struct ht_bytes drawn(struct ht_bytes random, bool sentinel)
{
    enum { TIME = 4, SENTINEL = 8, RANDOM = 32 };
    return random.len == RANDOM
               ? ht_bytes(random.ptr + TIME, RANDOM - TIME - (sentinel ? SENTINEL : 0))
               : ht_bytes(NULL, 0);
}

static size_t num_distinct(struct ht_bytes bytes)
{
    bool seen[256] = {false};
    size_t num     = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        num += !seen[bytes.ptr[i]];
        seen[bytes.ptr[i]] = true;
    }
    return num;
}

/* Fewer than half of them are different: of most six bits of each tell that they are not. */
static bool are_few(struct ht_bytes bytes)
{
    uint64_t tails = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        tails |= UINT64_C(1) << bytes.ptr[i] % 64;
    }
    return (size_t)__builtin_popcountll(tails) < bytes.len / 2 &&
           num_distinct(bytes) < bytes.len / 2;
}

static size_t longest_row_of_alike(struct ht_bytes bytes)
{
    size_t longest = 1, row = 1;
    for (size_t i = 1; i < bytes.len; i++) {
        row     = bytes.ptr[i - 1] == bytes.ptr[i] ? row + 1 : 1;
        longest = row > longest ? row : longest;
    }
    return longest;
}

/* Each is as much more than the one before. */
static bool is_counted(struct ht_bytes bytes)
{
    uint8_t step = (uint8_t)(bytes.ptr[1] - bytes.ptr[0]);
    size_t i     = 2;
    while (i < bytes.len && (uint8_t)(bytes.ptr[i - 1] + step) == bytes.ptr[i]) {
        i++;
    }
    return i == bytes.len;
}

/* What is not random about it; NULL: nothing that is seen. Each comes by chance once in some 2^50
 * and more. */
static const char *pattern_of(struct ht_bytes bytes)
{
    enum { ROW = 8 };
    if (bytes.len == 0) {
        return NULL;
    }
    if (longest_row_of_alike(bytes) >= ROW) {
        return "eight alike bytes in a row";
    }
    if (is_counted(bytes)) {
        return "bytes that are counted up";
    }
    return are_few(bytes) ? "few different bytes" : NULL;
}

static bool say_random(struct ht_proof *out, uint64_t frame, const char *hello,
                       struct ht_bytes random, const char *pattern)
{
    char digits[2 * 32 + 1];
    *ht_put_hex(digits, random) = '\0';
    return ht_proof_say(out, frame, 0, "the random of %s is %s: %s", hello, digits, pattern);
}

/* In a hello of the form of SSL 2.0 it may be shorter, with zeros before it (RFC 5246 appendix
 * E.2).
 */
static bool is_challenge(const struct tls_client_hello *offer)
{
    enum { SSL_20 = 0x0002 };
    return offer->record_version.set && offer->record_version.id == SSL_20;
}

static bool low_entropy(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_server_hello *answer = c->answer;
    const char *of_offer =
        is_challenge(c->offer) ? NULL : pattern_of(drawn(c->offer->random, false));
    if (of_offer != NULL) {
        return say_random(out, c->offer->frame, "ClientHello", c->offer->random, of_offer);
    }
    const char *of_answer =
        answer != NULL ? pattern_of(drawn(answer->random, answer->downgrade != NULL)) : NULL;
    return of_answer != NULL &&
           say_random(out, answer->frame, "ServerHello", answer->random, of_answer);
}

/*
 * Public values, as analysis/key_exchange/values.h judges them
 */

static bool has_judged_prime(const struct audit_case *c)
{
    const struct tls_value_faults *faults = c->key_exchange->faults;
    return faults != NULL && faults->prime != NULL;
}

/* Those of RFC 5114 are made so: their subgroup is known, and has a prime order. */
static bool unsafe_prime(const struct audit_case *c, struct ht_proof *out)
{
    const char *kind = c->key_exchange->faults->prime, *whose = c->key_exchange->dh_group;
    bool composite = strcmp(kind, "composite") == 0;
    bool of_5114   = whose != NULL && strncmp(whose, "RFC 5114", strlen("RFC 5114")) == 0;
    out->severity  = composite ? "critical" : of_5114 ? "medium" : NULL;
    return strcmp(kind, "safe") != 0 &&
           ht_proof_say(out, c->key_exchange_entry->frame, 0,
                        "the modulus p in ServerKeyExchange, of %" PRIu64 " bits%s%s, is %s",
                        c->key_exchange->dh_bits, whose != NULL ? ": " : "",
                        whose != NULL ? whose : "",
                        composite ? "no prime" : "prime, but (p-1)/2 is not");
}

/* Which fault of a message a rule looks for. */
enum fault { LENGTH, POINT, NUMBER };

static bool say_fault(struct ht_proof *out, const struct tls_value_faults *faults, enum fault which,
                      uint64_t frame, const char *from)
{
    if (faults == NULL) {
        return false;
    }
    struct ht_bytes words = which == LENGTH  ? faults->length
                            : which == POINT ? faults->point
                                             : faults->number;
    return words.len > 0 &&
           ht_proof_say(out, frame, 0, "%s: %.*s", from, (int)words.len, (const char *)words.ptr);
}

static bool find_fault(const struct audit_case *c, struct ht_proof *out, enum fault which)
{
    const struct ht_timeline_entry *client =
        audit_find_event(c, &tls_client_key_exchange_event, "client");
    const struct tls_client_key_exchange *exchange = client != NULL ? client->object : NULL;
    return (c->offer != NULL &&
            say_fault(out, c->offer->faults, which, c->offer->frame, "ClientHello")) ||
           (c->answer != NULL &&
            say_fault(out, c->answer->faults, which, c->answer->frame, "ServerHello")) ||
           (c->key_exchange != NULL && say_fault(out, c->key_exchange->faults, which,
                                                 c->key_exchange_entry->frame, "the server")) ||
           (exchange != NULL &&
            say_fault(out, exchange->faults, which, client->frame, "the client"));
}

static bool has_shares(const struct audit_case *c)
{
    return c->offer->key_share_groups.len > 0;
}

static bool share_length(const struct audit_case *c, struct ht_proof *out)
{
    return find_fault(c, out, LENGTH);
}

static bool has_point(const struct audit_case *c)
{
    return c->tls->group.set && ht_values_has_point(c->tls->group.id);
}

static bool point_invalid(const struct audit_case *c, struct ht_proof *out)
{
    return find_fault(c, out, POINT);
}

static bool has_number(const struct audit_case *c)
{
    return c->tls->dh_bits > 0 ||
           (c->tls->group.set && ht_values_is_finite_field(c->tls->group.id));
}

static bool degenerate_value(const struct audit_case *c, struct ht_proof *out)
{
    return find_fault(c, out, NUMBER);
}

static const struct audit_rule rules[] = {
    {{"explicit-nonce-reuse",
      "critical",
      "kex",
      "Nonces of GCM or CCM come twice, or by chance",
      "Replace or update the device that makes nonces so; then replace what it protected.",
      "Nonce-disrespecting adversaries (CVE-2016-0270): forgery, and the plain text",
      {"RFC 5288 section 3", "RFC 9325 section 7.2.1"}},
     AUDIT_ANSWER,
     has_nonces,
     nonce_reuse},
    {{"dh-unsafe-prime",
      "high",
      "kex",
      "The modulus of Diffie-Hellman is no safe prime",
      "Use ECDHE, or the groups of RFC 7919.",
      "Small subgroups; primes with a back door",
      {"RFC 7919 section 3", "CVE-2016-2217"},
      .scope = "server"},
     AUDIT_KEY_EXCHANGE,
     has_judged_prime,
     unsafe_prime,
     .where = AUDIT_FAULTS},
    {{"dh-degenerate-value",
      "critical",
      "kex",
      "A value of Diffie-Hellman that makes the secret known",
      "Look for who is in the middle; update the side that sends it, or takes it.",
      "Small subgroups, Triple Handshake",
      {"RFC 7919 section 5.1", "NIST SP 800-56A r3 section 5.6.2.3"}},
     AUDIT_ANSWER,
     has_number,
     degenerate_value,
     .signs = AUDIT_FAULTS},
    {{"ec-point-invalid",
      "critical",
      "kex",
      "A public key that is not on its curve, or of low order",
      "Look for who attacks; update the side that sends it, or takes it.",
      "Invalid curves, small subgroups",
      {"RFC 8422 section 5.11", "RFC 7748 section 6.1", "RFC 9846 section 7.4.2"}},
     AUDIT_ANSWER,
     has_point,
     point_invalid,
     .signs = AUDIT_FAULTS},
    {{"keyshare-length-invalid",
      "high",
      "violation",
      "A key share of another length than its group's",
      "Update the side that sends it; or look for who changes messages.",
      NULL,
      {"RFC 9846 section 4.3.8", "draft-ietf-tls-ecdhe-mlkem"}},
     AUDIT_OFFER,
     has_shares,
     share_length,
     .signs = AUDIT_FAULTS},
    {{"random-low-entropy",
      "high",
      "kex",
      "The random of a hello is not random",
      "Look at the random number generator of who says it, and replace keys made with it.",
      NULL,
      {"RFC 4086", "RFC 9846 appendix C.1"}},
     AUDIT_OFFER,
     NULL,
     low_entropy},
};

const struct audit_table audit_value_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
