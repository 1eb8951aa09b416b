/* Rules about: cipher, the suite that was agreed on. */
#include "analysis/audit/lists.h"

enum { WEAK_BITS = 112, SHORT_TAG = 64, SHORT_BLOCK = 64 };

static bool is(const char *word, const char *other)
{
    return strcmp(word, other) == 0;
}

static bool is_one_of(const char *word, const char *other, const char *another)
{
    return is(word, other) || is(word, another);
}

/* The suite chosen, and which better ones were offered; of those the first three. */
static bool say_suite(const struct audit_case *c, struct ht_proof *out, const char *what)
{
    enum { TOP = 3 };
    uint8_t better[2 * TOP];
    char room[120];
    size_t num             = 0;
    uint16_t id            = c->answer->cipher_suite.id;
    struct ht_bytes offers = c->offer != NULL ? c->offer->cipher_suites : ht_bytes(NULL, 0);
    for (size_t i = 0; i < offers.len / 2 && num < TOP; i++) {
        if (audit_suite_rank(audit_suite_find(ht_be16(offers, i))) > audit_suite_rank(c->suite)) {
            memcpy(better + 2 * num++, offers.ptr + 2 * i, 2);
        }
    }
    return ht_proof_say(
        out, c->answer->frame, 0, "ServerHello chooses 0x%04x%s%s: %s%s%s", id,
        c->suite != NULL ? " " : "", c->suite != NULL ? c->suite->name : "", what,
        num > 0            ? "; better offered: "
        : c->offer != NULL ? "; the client offers none better"
                           : "; what the client offers was not seen",
        audit_list(room, sizeof room, &tls_cipher_suites, ht_bytes(better, 2 * num)));
}

static bool knows_suite(const struct audit_case *c)
{
    return c->suite != NULL;
}

static bool null_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return is(c->suite->cipher, "NULL") && say_suite(c, out, "nothing is encrypted");
}

static bool anonymous_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return is(c->suite->authentication, "anon") && say_suite(c, out, "nobody is authenticated");
}

static bool export_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return c->suite->export_grade && say_suite(c, out, "export grade");
}

static bool rc4_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return is(c->suite->cipher, "RC4") && say_suite(c, out, "RC4");
}

static bool des_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return c->suite->strength_bits > 0 && c->suite->strength_bits < WEAK_BITS &&
           say_suite(c, out, "a key that can be searched for");
}

static bool triple_des_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return is(c->suite->cipher, "3DES") && say_suite(c, out, "Triple-DES");
}

static bool short_block(const struct audit_case *c, struct ht_proof *out)
{
    return c->suite->block_bits == SHORT_BLOCK && say_suite(c, out, "blocks of 64 bits");
}

static bool cbc_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    bool safe = c->answer->encrypt_then_mac;
    if (!is(c->suite->mode, "CBC")) {
        return false;
    }
    out->severity = safe ? "info" : NULL;
    return say_suite(c, out, safe ? "CBC, with encrypt_then_mac" : "CBC, without encrypt_then_mac");
}

static bool static_rsa(const struct audit_case *c, struct ht_proof *out)
{
    return is_one_of(c->suite->key_exchange, "RSA", "RSA_PSK") &&
           say_suite(c, out, "the secret is encrypted to the certificate's key");
}

static bool static_dh(const struct audit_case *c, struct ht_proof *out)
{
    return is_one_of(c->suite->key_exchange, "DH", "ECDH") &&
           say_suite(c, out, "the server's share is that of its certificate");
}

static bool finite_field(const struct audit_case *c, struct ht_proof *out)
{
    return is_one_of(c->suite->key_exchange, "DHE", "DHE_PSK") &&
           say_suite(c, out, "a finite field");
}

static bool no_forward_secrecy(const struct audit_case *c, struct ht_proof *out)
{
    if (c->version == TLS_13) {
        return c->answer->pre_shared_key && !c->answer->key_share_group.set &&
               ht_proof_say(out, c->answer->frame, 0,
                            "ServerHello has pre_shared_key and no key_share");
    }
    return !c->suite->forward_secrecy && say_suite(c, out, "no ephemeral key exchange");
}

static bool mac_md5(const struct audit_case *c, struct ht_proof *out)
{
    return is(c->suite->mac, "HMAC-MD5") && say_suite(c, out, "HMAC with MD5");
}

static bool mac_sha1(const struct audit_case *c, struct ht_proof *out)
{
    return is(c->suite->mac, "HMAC-SHA1") && say_suite(c, out, "HMAC with SHA-1");
}

static bool not_aead(const struct audit_case *c, struct ht_proof *out)
{
    return !c->suite->aead && say_suite(c, out, "no authenticated encryption");
}

static bool short_tag(const struct audit_case *c, struct ht_proof *out)
{
    return c->suite->tag_bits == SHORT_TAG && say_suite(c, out, "a tag of 64 bits");
}

static bool iana_deprecated(const struct audit_case *c, struct ht_proof *out)
{
    return c->suite->recommended == 'D' && say_suite(c, out, "discouraged");
}

static bool has_suite(const struct audit_case *c)
{
    return c->answer->cipher_suite.set;
}

static bool unregistered(const struct audit_case *c, struct ht_proof *out)
{
    return (c->suite == NULL || !c->suite->registered) && say_suite(c, out, "not registered");
}

static bool compression(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    uint16_t method = c->answer->compression_method.id;
    return method != 0 &&
           ht_proof_say(out, c->answer->frame, 0, "ServerHello chooses compression 0x%02x (%s)",
                        method, ht_registry_spell(room, &tls_compression_methods, method));
}

static bool agrees_on_h2(const struct audit_case *c)
{
    return c->suite != NULL && ht_bytes_equal(c->answer->alpn, ht_text("h2"));
}

/* RFC 9113 section 9.2.2 and appendix A: but ephemeral key exchange with AEAD all are blocked. */
static bool h2_blocked(const struct audit_case *c, struct ht_proof *out)
{
    bool good = c->suite->aead && c->suite->forward_secrecy &&
                !is(c->suite->authentication, "anon") && c->version >= TLS_12;
    return !good && say_suite(c, out, "HTTP/2 must not use it");
}

/* Up to TLS 1.0 the IV of a record is the last block of the one before (RFC 2246 section 6.2.3.2).
 */
static bool has_chained_ivs(const struct audit_case *c)
{
    return c->version >= SSL_30 && c->version <= TLS_10 && c->suite != NULL &&
           is(c->suite->mode, "CBC") && c->suite->block_bits > 0 && c->tls->num_client_first > 1;
}

static size_t mac_bytes(const struct audit_suite *suite)
{
    enum { MD5 = 16, SHA1 = 20, SHA256 = 32, SHA384 = 48 };
    return is(suite->mac, "HMAC-MD5")      ? MD5
           : is(suite->mac, "HMAC-SHA256") ? SHA256
           : is(suite->mac, "HMAC-SHA384") ? SHA384
                                           : SHA1;
}

static size_t whole_blocks(size_t bytes, size_t block)
{
    return (bytes + block - 1) / block * block;
}

/* How long a record of no or one byte is at most, which lets nobody know the next one's IV when its
 * content is chosen: that, the MAC, and a byte of padding fill whole blocks; or the MAC is behind
 * them (RFC 7366). */
static size_t longest_split(const struct audit_case *c)
{
    enum { CONTENT = 1, PADDING = 1 };
    size_t block = c->suite->block_bits / 8U, mac = mac_bytes(c->suite);
    return c->answer->encrypt_then_mac ? whole_blocks(CONTENT + PADDING, block) + mac
                                       : whole_blocks(CONTENT + mac + PADDING, block);
}

/* Two records of more than a byte, one after the other. Some clients do not split the first one;
 * and a long write is split once at its head, then cut to the longest records. */
static bool beast(const struct audit_case *c, struct ht_proof *out)
{
    enum { PIECE_OF_MORE = 8192 };
    const struct tls_kept_records *records = c->tls->client_first;
    size_t num = c->tls->num_client_first, split = longest_split(c);
    for (size_t i = 1; i < num; i++) {
        uint32_t before = records->len[i - 1], len = records->len[i];
        if (before > split && before < PIECE_OF_MORE && len > split) {
            return ht_proof_say(out, records->place[i - 1].frame, records->place[i].frame,
                                "the client's records %zu and %zu of data have %u and %u bytes: "
                                "none of %zu or less, as of one byte, is between",
                                i, i + 1, before, len, split);
        }
    }
    return false;
}

static const struct audit_rule rules[] = {
    {{"cipher-null-negotiated",
      "critical",
      "cipher",
      "Nothing is encrypted",
      "Remove the suites with NULL encryption.",
      NULL,
      {"RFC 9325 section 4.1", "RFC 9150", "RFC 9847"}},
     AUDIT_ANSWER,
     knows_suite,
     null_negotiated},
    {{"cipher-anon-negotiated",
      "critical",
      "cipher",
      "Nobody is authenticated",
      "Remove the anonymous suites (aNULL, ADH, AECDH).",
      "Machine in the middle",
      {"RFC 9325 section 4.1", "RFC 5246 appendix F.1.1.1"}},
     AUDIT_ANSWER,
     knows_suite,
     anonymous_negotiated},
    {{"cipher-export-negotiated",
      "critical",
      "cipher",
      "A suite of export grade agreed on",
      "Remove the export suites.",
      "FREAK (CVE-2015-0204), Logjam (CVE-2015-4000)",
      {"RFC 9325 section 4.1", "RFC 4346"}},
     AUDIT_ANSWER,
     knows_suite,
     export_negotiated},
    {{"cipher-rc4-negotiated",
      "high",
      "cipher",
      "RC4 agreed on",
      "Remove RC4.",
      "Biases of RC4 (CVE-2013-2566, CVE-2015-2808)",
      {"RFC 7465", "RFC 9325 section 4.1"}},
     AUDIT_ANSWER,
     knows_suite,
     rc4_negotiated},
    {{"cipher-des-negotiated",
      "critical",
      "cipher",
      "A cipher of less than 112 bits agreed on",
      "Remove DES and all ciphers with keys as short.",
      "Search for the key",
      {"RFC 8996", "RFC 9325 section 4.1", "NIST SP 800-131A r2"}},
     AUDIT_ANSWER,
     knows_suite,
     des_negotiated},
    {{"cipher-3des-negotiated",
      "medium",
      "cipher",
      "Triple-DES agreed on",
      "Remove Triple-DES; use AES-GCM or ChaCha20-Poly1305.",
      "SWEET32 (CVE-2016-2183)",
      {"RFC 9325 section 4.1", "NIST SP 800-131A r2", "NIST SP 800-67"}},
     AUDIT_ANSWER,
     knows_suite,
     triple_des_negotiated},
    {{"cipher-64bit-block",
      "medium",
      "cipher",
      "A cipher with blocks of 64 bits agreed on",
      "Use ciphers with blocks of 128 bits.",
      "SWEET32 (CVE-2016-2183, CVE-2016-6329)",
      {"RFC 9325 section 4.1"}},
     AUDIT_ANSWER,
     knows_suite,
     short_block},
    {{"cipher-cbc-negotiated",
      "low",
      "cipher",
      "A CBC suite agreed on",
      "Prefer suites with authenticated encryption.",
      "Lucky13 (CVE-2013-0169), POODLE of TLS (CVE-2014-8730), GOLDENDOODLE",
      {"RFC 9325 section 4.1", "RFC 7366", "RFC 7457"}},
     AUDIT_ANSWER,
     knows_suite,
     cbc_negotiated},
    {{"beast-exposure",
      "medium",
      "cipher",
      "CBC of TLS 1.0 without splitting records",
      "Use TLS 1.2 or newer; until then update the client, that it splits records.",
      "BEAST (CVE-2011-3389)",
      {"RFC 7457 section 2.3"},
      .scope = "client"},
     AUDIT_ANSWER | AUDIT_WHOLE,
     has_chained_ivs,
     beast,
     .each = true},
    {{"kx-static-rsa",
      "medium",
      "cipher",
      "RSA key exchange",
      "Turn TLS_RSA_* off; use ECDHE.",
      "ROBOT (CVE-2017-13099), DROWN, Marvin",
      {"RFC 10015 section 4", "RFC 9325 section 4.1", "NIST SP 800-52r2 appendix D",
       "NIST SP 800-131A r2"}},
     AUDIT_ANSWER,
     knows_suite,
     static_rsa},
    {{"kx-static-dh",
      "medium",
      "cipher",
      "Static Diffie-Hellman",
      "Use ECDHE.",
      "Raccoon (CVE-2020-1968), invalid curves",
      {"RFC 10015 section 2", "RFC 9325 section 4.1"}},
     AUDIT_ANSWER,
     knows_suite,
     static_dh},
    {{"kx-ffdhe-tls12",
      "low",
      "cipher",
      "Diffie-Hellman in a finite field before TLS 1.3",
      "Turn DHE off; use ECDHE.",
      "Logjam, Raccoon, DHEat (CVE-2002-20001)",
      {"RFC 10015 section 3", "Mozilla Server Side TLS", "BSI TR-02102-2"}},
     AUDIT_ANSWER,
     knows_suite,
     finite_field},
    {{"kx-no-forward-secrecy",
      "medium",
      "cipher",
      "No forward secrecy",
      "Use (EC)DHE; with pre-shared keys of TLS 1.3 psk_dhe_ke.",
      "Decryption of recordings with a key stolen later",
      {"RFC 9325 section 7.3", "RFC 9846 section 2.2"}},
     AUDIT_ANSWER,
     knows_suite,
     no_forward_secrecy},
    {{"mac-md5",
      "medium",
      "cipher",
      "HMAC with MD5",
      "Remove the suites with MD5.",
      NULL,
      {"RFC 6151", "NIST SP 800-131A r2"}},
     AUDIT_ANSWER,
     knows_suite,
     mac_md5},
    {{"mac-sha1",
      "info",
      "cipher",
      "HMAC with SHA-1",
      "Prefer suites with authenticated encryption.",
      NULL,
      {"RFC 9325", "BSI TR-02102-2"}},
     AUDIT_ANSWER,
     knows_suite,
     mac_sha1},
    {{"cipher-not-aead",
      "low",
      "cipher",
      "No authenticated encryption",
      "Use GCM, CCM or ChaCha20-Poly1305.",
      NULL,
      {"RFC 9325 section 4.2", "RFC 9113 section 9.2.2"}},
     AUDIT_ANSWER,
     knows_suite,
     not_aead},
    {{"cipher-short-tag",
      "low",
      "cipher",
      "Tags of 64 bits (CCM_8)",
      "Use suites with tags of 128 bits, but on the smallest of devices.",
      NULL,
      {"RFC 9846 appendix B.4", "RFC 9325"}},
     AUDIT_ANSWER,
     knows_suite,
     short_tag},
    {{"cipher-iana-deprecated",
      "medium",
      "cipher",
      "A suite that IANA discourages",
      "Use one that IANA recommends.",
      NULL,
      {"RFC 9847", "RFC 10015", "IANA TLS Cipher Suites"}},
     AUDIT_ANSWER,
     knows_suite,
     iana_deprecated},
    {{"cipher-unregistered",
      "medium",
      "cipher",
      "A suite that is not registered",
      "Use registered suites.",
      NULL,
      {"IANA TLS Cipher Suites"}},
     AUDIT_ANSWER,
     has_suite,
     unregistered},
    {{"compression-negotiated",
      "high",
      "cipher",
      "Compression agreed on",
      "Turn compression in TLS off.",
      "CRIME (CVE-2012-4929)",
      {"RFC 9325 section 3.3", "RFC 7457 section 2.6", "NIST SP 800-52r2 section 3.6"}},
     AUDIT_ANSWER,
     audit_before_13,
     compression},
    {{"h2-blocked-cipher",
      "medium",
      "cipher",
      "HTTP/2 over a suite that it forbids",
      "Use ephemeral key exchange and authenticated encryption for HTTP/2.",
      NULL,
      {"RFC 9113 section 9.2", "RFC 9113 appendix A"}},
     AUDIT_ANSWER,
     agrees_on_h2,
     h2_blocked},
};

const struct audit_table audit_cipher_rules = {
    .rules = rules, .num = HT_ARRAY_LEN(rules), .kind = AUDIT_BY_SESSION};
