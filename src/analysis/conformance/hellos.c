/* What a server chose, against what its client offered. */
#include "analysis/conformance/rule.h"

enum {
    RENEGOTIATION_SCSV           = 0x00FF, /* RFC 5746 section 3.3 */
    FALLBACK_SCSV                = 0x5600, /* RFC 7507 */
    EXTENSION_RENEGOTIATION      = 0xFF01,
    EXTENSION_GROUPS             = 10,
    EXTENSION_SIGNATURES         = 13,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_COOKIE             = 44,
    EXTENSION_KEY_SHARE          = 51,
    EXTENSION_PRE_SHARED_KEY     = 41,
    FIRST_FFDHE                  = 0x0100,
    LAST_FFDHE                   = 0x01FF, /* RFC 7919 */
    MAJOR_TLS                    = 3
};

static bool has(struct ht_bytes list, uint16_t value)
{
    for (size_t i = 0; i < list.len / 2; i++) {
        if (ht_be16(list, i) == value) {
            return true;
        }
    }
    return false;
}

static bool suite_not_offered(const struct conformance_session *s, struct ht_proof *out)
{
    struct ht_named suite = s->tls->cipher_suite;
    return suite.set && !has(s->offer->cipher_suites, suite.id) &&
           conformance_show(out, "ServerHello chooses", &tls_cipher_suites, suite.id,
                            s->offer->frame, s->answer->frame);
}

/* A server of TLS 1.2 does not know supported_versions, so what it chooses may lack there. */
static bool version_not_offered(const struct conformance_session *s, struct ht_proof *out)
{
    struct ht_named version = s->tls->version;
    if (!version.set || !s->offer->legacy_version.set) {
        return false;
    }
    bool stream  = version.id >> 8 == MAJOR_TLS && s->offer->legacy_version.id >> 8 == MAJOR_TLS;
    bool offered = s->answer->supported_version.set
                       ? has(s->offer->supported_versions, version.id)
                       : !stream || version.id <= s->offer->legacy_version.id;
    return !offered && conformance_show(out, "ServerHello chooses", &tls_versions, version.id,
                                        s->offer->frame, s->answer->frame);
}

/* Up to TLS 1.2 finite fields are the server's own (RFC 7919 section 4). */
static bool group_not_offered(const struct conformance_session *s, struct ht_proof *out)
{
    struct ht_named group = s->tls->group;
    if (!group.set || s->offer->groups.len == 0 || has(s->offer->groups, group.id)) {
        return false;
    }
    bool own = !s->tls13 && group.id >= FIRST_FFDHE && group.id <= LAST_FFDHE;
    return !own && conformance_show(out, "the server chooses", &tls_groups, group.id,
                                    s->offer->frame, s->answer->frame);
}

static bool key_share_not_offered(const struct conformance_session *s, struct ht_proof *out)
{
    struct ht_named group = s->answer->key_share_group;
    return s->tls13 && group.set && !has(s->offer->key_share_groups, group.id) &&
           conformance_show(out, "ServerHello has a key share of", &tls_groups, group.id,
                            s->offer->frame, s->answer->frame);
}

static bool signature_scheme_not_offered(const struct conformance_session *s, struct ht_proof *out)
{
    struct ht_named scheme = s->tls->signature_scheme;
    return scheme.set && s->offer->signature_schemes.len > 0 &&
           !has(s->offer->signature_schemes, scheme.id) &&
           conformance_show(out, "ServerKeyExchange is signed by", &tls_signature_schemes,
                            scheme.id, s->offer->frame, s->answer->frame);
}

static uint64_t bit_of(uint16_t extension)
{
    return (uint64_t)1 << (extension < 64 ? extension : extension * 40503U >> 10 & 63);
}

static bool may_have(const struct conformance_extensions *set, uint16_t extension)
{
    return (set->bits[extension >= 64] & bit_of(extension)) != 0;
}

/* Does not compare each with each where there are more than any hello has. */
void conformance_gather(struct conformance_extensions *out, struct ht_bytes list)
{
    enum { MANY = 256 };
    size_t num = list.len / 2;
    *out       = (struct conformance_extensions){.twice = -1};
    for (size_t i = 0; i < num; i++) {
        uint16_t extension = ht_be16(list, i);
        uint64_t bit       = bit_of(extension);
        uint64_t *bits     = &out->bits[extension >= 64];
        bool again         = (*bits & bit) != 0;
        if (again && out->twice < 0 && num < MANY &&
            (extension < 64 || has(ht_bytes_head(list, 2 * i), extension))) {
            out->twice = extension;
        }
        *bits |= bit;
    }
}

static bool is_offered(const struct conformance_session *s, uint16_t extension)
{
    const struct tls_client_hello *offer = s->offer;
    bool listed =
        may_have(&s->offered, extension) && (extension < 64 || has(offer->extensions, extension));
    return listed ||
           (extension == EXTENSION_RENEGOTIATION && has(offer->cipher_suites, RENEGOTIATION_SCSV));
}

static bool extension_not_offered(const struct conformance_session *s, struct ht_proof *out)
{
    struct ht_bytes list = s->answer->extensions;
    for (size_t i = 0; i < list.len / 2; i++) {
        uint16_t extension = ht_be16(list, i);
        if (!is_offered(s, extension)) {
            return conformance_show(out, "ServerHello has", &tls_extensions, extension,
                                    s->offer->frame, s->answer->frame);
        }
    }
    return false;
}

/* All others belong into EncryptedExtensions. */
static bool extension_not_for_server_hello(const struct conformance_session *s,
                                           struct ht_proof *out)
{
    if (s->answer->supported_version.id != TLS_13) {
        return false;
    }
    struct ht_bytes list = s->answer->extensions;
    for (size_t i = 0; i < list.len / 2; i++) {
        uint16_t extension = ht_be16(list, i);
        if (extension != EXTENSION_SUPPORTED_VERSIONS && extension != EXTENSION_KEY_SHARE &&
            extension != EXTENSION_PRE_SHARED_KEY) {
            return conformance_show(out, "ServerHello of TLS 1.3 has", &tls_extensions, extension,
                                    s->answer->frame, 0);
        }
    }
    return false;
}

static bool show_twice(struct ht_proof *out, const char *words, int32_t twice, uint64_t frame)
{
    return twice >= 0 && conformance_show(out, words, &tls_extensions, (uint32_t)twice, frame, 0);
}

static bool extension_twice(const struct conformance_session *s, struct ht_proof *out)
{
    const struct tls_client_hello *offer  = s->offer;
    const struct tls_server_hello *answer = s->answer;
    return (offer != NULL &&
            show_twice(out, "ClientHello has twice", s->offered.twice, offer->frame)) ||
           (answer != NULL &&
            show_twice(out, "ServerHello has twice", s->answered.twice, answer->frame));
}

/* RFC 8701 section 2. */
static bool is_grease(struct ht_named value)
{
    return value.set && (value.id & 0x0F0F) == 0x0A0A && value.id >> 8 == (value.id & 0xFF);
}

/* What a client offers only so that servers get used to what they do not know. */
static bool selected_grease(const struct conformance_session *s, struct ht_proof *out)
{
    struct ht_named suite = s->answer->cipher_suite, version = s->answer->supported_version;
    bool signal    = suite.set && (suite.id == RENEGOTIATION_SCSV || suite.id == FALLBACK_SCSV);
    uint64_t frame = s->answer->frame;
    if (is_grease(suite) || signal) {
        return conformance_show(out, "ServerHello chooses", &tls_cipher_suites, suite.id, frame, 0);
    }
    if (is_grease(version)) {
        return conformance_show(out, "ServerHello chooses", &tls_versions, version.id, frame, 0);
    }
    return is_grease(s->tls->group) &&
           conformance_show(out, "the server chooses", &tls_groups, s->tls->group.id, frame, 0);
}

/* RFC 8446 section 9.2. */
static bool mandatory_missing(const struct conformance_session *s, struct ht_proof *out)
{
    bool groups = is_offered(s, EXTENSION_GROUPS), shares = is_offered(s, EXTENSION_KEY_SHARE);
    bool psk         = is_offered(s, EXTENSION_PRE_SHARED_KEY);
    uint32_t missing = 0;
    if (!has(s->offer->supported_versions, TLS_13)) {
        return false;
    }
    if ((!psk && !groups) || (shares && !groups)) {
        missing = EXTENSION_GROUPS;
    } else if (groups && !shares) {
        missing = EXTENSION_KEY_SHARE;
    } else if (!psk && !is_offered(s, EXTENSION_SIGNATURES)) {
        missing = EXTENSION_SIGNATURES;
    }
    return missing != 0 && conformance_show(out, "ClientHello offers TLS 1.3 without",
                                            &tls_extensions, missing, s->offer->frame, 0);
}

/* RFC 9001 section 8.4: what TLS 1.3 does for middleboxes has no place in QUIC. */
static bool quic_session_id(const struct conformance_session *s, struct ht_proof *out)
{
    return ht_bytes_equal(s->connection->protocol, ht_text("quic")) &&
           s->offer->session_id.len > 0 &&
           ht_proof_say(out, s->offer->frame, 0,
                        "ClientHello in QUIC has a session id of %zu bytes",
                        s->offer->session_id.len);
}

static bool psk_not_last(const struct conformance_session *s, struct ht_proof *out)
{
    struct ht_bytes list = s->offer->extensions;
    return may_have(&s->offered, EXTENSION_PRE_SHARED_KEY) && list.len >= 4 &&
           has(ht_bytes_head(list, list.len - 2), EXTENSION_PRE_SHARED_KEY) &&
           conformance_show(out, "after pre_shared_key comes", &tls_extensions,
                            ht_be16(list, list.len / 2 - 1), s->offer->frame, 0);
}

static bool session_id_not_echoed(const struct conformance_session *s, struct ht_proof *out)
{
    return s->answer->supported_version.id == TLS_13 &&
           !ht_bytes_equal(s->offer->session_id, s->answer->session_id) &&
           conformance_show(out, "the session ids of ClientHello and ServerHello differ", NULL, 0,
                            s->offer->frame, s->answer->frame);
}

/* In the form of SSL 2.0 a hello has no compression methods: null is meant. */
static bool compression_not_offered(const struct conformance_session *s, struct ht_proof *out)
{
    if (!s->answer->compression_method.set) {
        return false;
    }
    uint16_t method        = s->answer->compression_method.id;
    struct ht_bytes offers = s->offer->compression_methods;
    bool offered           = method == 0 && offers.len == 0;
    for (size_t i = 0; i < offers.len; i++) {
        offered |= offers.ptr[i] == method;
    }
    return (!offered || (s->tls13 && method != 0)) &&
           conformance_show(out, "ServerHello chooses", &tls_compression_methods, method,
                            s->offer->frame, s->answer->frame);
}

static bool alpn_not_offered(const struct conformance_session *s, struct ht_proof *out)
{
    struct ht_texts offers = s->offer->alpn;
    if (s->answer->alpn.len == 0 || offers.len == 0) {
        return false;
    }
    for (size_t i = 0; i < offers.len; i++) {
        if (ht_bytes_equal(offers.items[i], s->answer->alpn)) {
            return false;
        }
    }
    return conformance_show(out, "ServerHello chooses an application protocol that is not offered",
                            NULL, 0, s->offer->frame, s->answer->frame);
}

static bool psk_index_too_large(const struct conformance_session *s, struct ht_proof *out)
{
    return s->answer->pre_shared_key && s->answer->psk_index >= s->offer->psk_identities &&
           s->offer->psk_identities > 0 &&
           conformance_show(out, "ServerHello selects a pre-shared key that is not offered", NULL,
                            0, s->offer->frame, s->answer->frame);
}

/* RFC 8446 section 4.1.3: a server that speaks more than it chose says so in its random; where the
 * client offered more too, somebody between them changed the hello. */
static bool downgraded(const struct conformance_session *s, struct ht_proof *out)
{
    if (s->answer->downgrade == NULL || s->offer->legacy_version.id >> 8 != MAJOR_TLS) {
        return false;
    }
    bool more = has(s->offer->supported_versions, TLS_13) ||
                (s->answer->legacy_version.id < TLS_12 && s->offer->legacy_version.id >= TLS_12);
    return more && conformance_show(out, "the sentinel of ServerHello's random; agreed on is",
                                    &tls_versions, s->answer->legacy_version.id, s->offer->frame,
                                    s->answer->frame);
}

static const struct tls_server_hello *retry_request(const struct conformance_session *s)
{
    const struct ht_timeline_entry *entries = s->connection->timeline.items;
    for (size_t i = 0; i < s->connection->timeline.len; i++) {
        if (entries[i].type == &tls_hello_retry_request_event && !entries[i].partial &&
            !entries[i].malformed) {
            return entries[i].object;
        }
    }
    return NULL;
}

static bool retried_twice(const struct conformance_session *s, struct ht_proof *out)
{
    const struct ht_timeline_entry *entries = s->connection->timeline.items, *first = NULL;
    for (size_t i = 0; i < s->connection->timeline.len; i++) {
        if (entries[i].type != &tls_hello_retry_request_event) {
            continue;
        }
        if (first != NULL && s->connection->tcp != NULL) {
            return conformance_show(out, "two HelloRetryRequests", NULL, 0, first->frame,
                                    entries[i].frame);
        }
        first = &entries[i];
    }
    return false;
}

static bool retry_for_what_was_there(const struct conformance_session *s, struct ht_proof *out)
{
    const struct tls_server_hello *retry = retry_request(s);
    const struct tls_client_hello *first = s->tls->client_hello;
    if (retry == NULL || first == NULL || s->offer == NULL || s->offer == first ||
        first->encrypted_client_hello != NULL || !retry->key_share_group.set) {
        return false;
    }
    uint16_t group = retry->key_share_group.id;
    bool pointless = has(first->key_share_groups, group);
    bool strange   = first->groups.len > 0 && !has(first->groups, group);
    return (pointless || strange) &&
           conformance_show(out,
                            pointless ? "there was a key share of" : "not offered:", &tls_groups,
                            group, first->frame, retry->frame);
}

static bool retry_with_another_suite(const struct conformance_session *s, struct ht_proof *out)
{
    const struct tls_server_hello *retry = retry_request(s);
    return retry != NULL && s->answer != NULL && retry->cipher_suite.set &&
           s->answer->cipher_suite.set && retry->cipher_suite.id != s->answer->cipher_suite.id &&
           conformance_show(out, "ServerHello chooses another suite than HelloRetryRequest did,",
                            &tls_cipher_suites, s->answer->cipher_suite.id, retry->frame,
                            s->answer->frame);
}

const struct conformance_rule conformance_hello_rules[] = {
    {{"cipher-not-offered",
      "high",
      "violation",
      "The server chose a cipher suite that was not offered",
      "Repair or replace the server, or what stands before it: a client must abort here.",
      NULL,
      {"RFC 8446 section 4.1.3", "RFC 5246 section 7.4.1.3"},
      .scope = "server"},
     CONFORMANCE_CHOICE | CONFORMANCE_NEWS,
     suite_not_offered},
    {{"version-not-offered",
      "high",
      "violation",
      "The server chose a version that was not offered",
      "Repair or replace the server, or what stands before it: a client must abort here.",
      NULL,
      {"RFC 8446 section 4.2.1", "RFC 5246 section 7.4.1.3"},
      .scope = "server"},
     CONFORMANCE_CHOICE | CONFORMANCE_NEWS,
     version_not_offered},
    {{"group-not-offered",
      "high",
      "violation",
      "The server chose a group that was not offered",
      "Repair or replace the server, or what stands before it: a client must abort here.",
      NULL,
      {"RFC 8446 section 4.2.8", "RFC 8422 section 5.4"},
      .scope = "server"},
     CONFORMANCE_CHOICE | CONFORMANCE_NEWS,
     group_not_offered},
    {{"key-share-not-offered",
      "high",
      "violation",
      "The server's key share is of a group without the client's",
      "Repair or replace the server, or what stands before it: a client must abort here.",
      NULL,
      {"RFC 8446 section 4.2.8"},
      .scope = "server"},
     CONFORMANCE_CHOICE | CONFORMANCE_NEWS,
     key_share_not_offered},
    {{"signature-not-offered",
      "high",
      "violation",
      "The server signed as the client does not accept",
      "Let the server sign with a scheme that its clients offer.",
      NULL,
      {"RFC 5246 section 7.4.3"},
      .scope = "server"},
     CONFORMANCE_CHOICE | CONFORMANCE_NEWS,
     signature_scheme_not_offered},
    {{"unsolicited-extension",
      "high",
      "violation",
      "ServerHello has an extension that was not offered",
      "Repair or replace the server, or what stands before it: a client must abort here.",
      NULL,
      {"RFC 8446 section 4.2", "RFC 5246 section 7.4.1.4"},
      .scope = "server"},
     CONFORMANCE_CHOICE | CONFORMANCE_NEWS,
     extension_not_offered},
    {{"forbidden-extension-in-message",
      "medium",
      "violation",
      "ServerHello has an extension that belongs elsewhere",
      "Repair or replace the server: such extensions belong into EncryptedExtensions.",
      NULL,
      {"RFC 8446 section 4.2"}},
     CONFORMANCE_ANSWER | CONFORMANCE_NEWS,
     extension_not_for_server_hello},
    {{"duplicate-extension",
      "high",
      "violation",
      "A hello has an extension twice",
      "Repair the peer that sent it; find out whether somebody tries to evade inspection.",
      "Parser confusion",
      {"RFC 8446 section 4.2", "RFC 5246 section 7.4.1.4"}},
     CONFORMANCE_NEWS,
     extension_twice},
    {{"server-selected-grease",
      "high",
      "violation",
      "The server chose a value that stands for none",
      "Repair or replace the server.",
      NULL,
      {"RFC 8701 section 3", "RFC 5746 section 3.3"},
      .scope = "server"},
     CONFORMANCE_ANSWER | CONFORMANCE_NEWS,
     selected_grease},
    {{"missing-mandatory-extension",
      "medium",
      "violation",
      "ClientHello offers TLS 1.3 without an extension that it needs",
      "Repair or replace the client.",
      NULL,
      {"RFC 8446 section 9.2"},
      .scope = "client"},
     CONFORMANCE_OFFER | CONFORMANCE_NEWS,
     mandatory_missing},
    {{"quic-compat-mode",
      "low",
      "violation",
      "ClientHello in QUIC has a session id",
      "Repair or replace the client.",
      NULL,
      {"RFC 9001 section 8.4"},
      .scope = "client"},
     CONFORMANCE_OFFER,
     quic_session_id},
    {{"psk-not-last",
      "high",
      "violation",
      "pre_shared_key is not the last extension",
      "Repair or replace the client: binders do not cover what comes after them.",
      NULL,
      {"RFC 8446 section 4.2.11"},
      .scope = "client"},
     CONFORMANCE_OFFER | CONFORMANCE_NEWS,
     psk_not_last},
    {{"session-id-not-echoed",
      "medium",
      "violation",
      "The server did not echo the session id",
      "Repair or replace the server, or what stands before it.",
      NULL,
      {"RFC 8446 section 4.1.3"},
      .scope = "server"},
     CONFORMANCE_CHOICE,
     session_id_not_echoed},
    {{"compression-not-offered",
      "medium",
      "violation",
      "The server chose a compression that it may not",
      "Repair or replace the server; no compression but null may be used.",
      NULL,
      {"RFC 8446 section 4.1.3", "RFC 5246 section 7.4.1.3"},
      .scope = "server"},
     CONFORMANCE_CHOICE | CONFORMANCE_NEWS,
     compression_not_offered},
    {{"alpn-not-offered",
      "high",
      "violation",
      "The server chose a protocol that was not offered",
      "Repair or replace the server; find out whether traffic of another service was redirected "
      "here.",
      "ALPACA",
      {"RFC 7301 section 3.2"},
      .scope = "server"},
     CONFORMANCE_CHOICE | CONFORMANCE_NEWS,
     alpn_not_offered},
    {{"psk-not-offered",
      "medium",
      "violation",
      "The server chose a pre-shared key that was not offered",
      "Repair or replace the server.",
      NULL,
      {"RFC 8446 section 4.2.11"},
      .scope = "server"},
     CONFORMANCE_CHOICE | CONFORMANCE_NEWS,
     psk_index_too_large},
    {{"downgrade-sentinel",
      "high",
      "version",
      "The server says that both speak a later version",
      "Find out who between client and server changes hellos; replace what does.",
      "Version downgrade",
      {"RFC 8446 section 4.1.3"}},
     CONFORMANCE_CHOICE | CONFORMANCE_NEWS,
     downgraded},
    {{"hrr-loop-or-second-hrr",
      "high",
      "violation",
      "A second HelloRetryRequest",
      "Repair or replace the server: a client must abort here.",
      NULL,
      {"RFC 8446 section 4.1.4"},
      .scope = "server"},
     CONFORMANCE_RETRY,
     retried_twice},
    {{"retry-without-need",
      "low",
      "violation",
      "HelloRetryRequest asks for what it may not",
      "Repair the server: a retry must change what the client sends.",
      NULL,
      {"RFC 8446 section 4.1.4", "RFC 8446 section 4.2.8"},
      .scope = "server"},
     CONFORMANCE_RETRY,
     retry_for_what_was_there},
    {{"retry-with-another-suite",
      "medium",
      "violation",
      "ServerHello differs from HelloRetryRequest",
      "Repair or replace the server: a client must abort here.",
      NULL,
      {"RFC 8446 section 4.1.4"},
      .scope = "server"},
     CONFORMANCE_RETRY,
     retry_with_another_suite},
};

const size_t conformance_num_hello_rules = HT_ARRAY_LEN(conformance_hello_rules);
