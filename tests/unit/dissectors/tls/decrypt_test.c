/*
 * Whole sessions with their keys: RFC 8448 section 3, OpenSSL's of TLS 1.0 to 1.3 with all kinds of
 * protection, and NSS's with Encrypted ClientHello (keyed_sessions.txt). That Finished is what was
 * computed here is its own proof.
 */
#include "support.h"

#include "crypto/key_log.h"
#include "crypto/opener.h"
#include "recorder.h"
#include "tls/session.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_SAID = 16 };

struct session {
    char name[64];
    struct ht_key_log *log;
    char other_keys[2048]; /* the lines but those of Encrypted ClientHello */
    struct utterance said[MAX_SAID];
    size_t num;
};

static struct ht_opener *opener;

static struct ht_bytes next_line(struct ht_bytes *text)
{
    const uint8_t *end = text->len > 0 ? memchr(text->ptr, '\n', text->len) : NULL;
    struct ht_bytes line =
        ht_bytes_head(*text, end != NULL ? (size_t)(end - text->ptr) : text->len);
    *text = ht_bytes_from(*text, line.len + 1);
    return line;
}

static bool begins(struct ht_bytes line, const char *word, struct ht_bytes *out_rest)
{
    *out_rest = ht_bytes_from(line, strlen(word));
    return ht_bytes_equal(ht_bytes_head(line, strlen(word)), ht_text(word));
}

static struct ht_bytes unhex(struct ht_bytes digits)
{
    char *text = strndup((const char *)digits.ptr, digits.len);
    assert_non_null(text);
    struct ht_bytes bytes = hex(text);
    free(text);
    return bytes;
}

static void keep_line(struct session *session, struct ht_bytes line)
{
    struct ht_bytes rest;
    size_t len = strlen(session->other_keys);
    if (!begins(line, "ECH_", &rest)) {
        assert_true(len + line.len + 2 <= sizeof session->other_keys);
        memcpy(session->other_keys + len, line.ptr, line.len);
        session->other_keys[len + line.len] = '\n';
    }
}

/* Reads the session at the head of `text`; false where there is none. */
static bool read_session(struct ht_bytes *text, struct session *out)
{
    struct ht_bytes rest;
    *out = (struct session){.log = ht_key_log_new()};
    while (text->len > 0) {
        struct ht_bytes before = *text, line = next_line(text);
        if (begins(line, "session ", &rest)) {
            if (out->num > 0) {
                *text = before;
                break;
            }
            memcpy(out->name, rest.ptr, rest.len < 63 ? rest.len : 63);
        } else if (begins(line, "key ", &rest)) {
            ht_key_log_add(out->log, rest);
            keep_line(out, rest);
        } else if (begins(line, "> ", &rest) || begins(line, "< ", &rest)) {
            assert_true(out->num < MAX_SAID);
            out->said[out->num++] =
                (struct utterance){line.ptr[0] == '>' ? HT_SIDE_A : HT_SIDE_B, unhex(rest)};
        }
    }
    return out->num > 0;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        n++;
    }
    return n;
}

static void for_each(void (*check)(const struct session *session))
{
    struct ht_bytes text = file_bytes("tests/unit/dissectors/tls/keyed_sessions.txt");
    struct session session;
    size_t num = 0;
    while (read_session(&text, &session)) {
        check(&session);
        ht_key_log_free(session.log);
        num++;
    }
    ht_key_log_free(session.log);
    assert_int_equal(num, 22);
}

/* Says all of it with `log` for key log. */
static char *tell(const struct session *session, const struct ht_key_log *log)
{
    const struct ht_keyring keyring = {.file = log, .opener = opener};
    return every_split_keyed(&tls_dissector, session->said, session->num, 443, &keyring);
}

/* Says all of it once. Returns the state at the end, which lives as long as the recorder. */
static const struct tls_state *tell_once(const struct session *session,
                                         const struct ht_keyring *keyring, struct recorder *r)
{
    recorder_start(r, &tls_dissector, true, 443);
    r->emitter.keyring = keyring;
    for (size_t i = 0; i < session->num; i++) {
        r->emitter.frame = i + 1;
        recorder_bytes(r, session->said[i].side, session->said[i].bytes, 0);
    }
    recorder_end(r);
    return r->dispatch.state;
}

static void all_is_read(const struct session *session)
{
    char *text = tell(session, session->log);
    bool tls13 = strstr(session->name, "tls13") != NULL || strstr(session->name, "8448") != NULL;
    bool psk   = strcmp(session->name, "tls13-psk-0rtt#2") == 0;
    if (count(text, "A tls.finished decrypted verified\n") != 1 ||
        count(text, "B tls.finished decrypted verified\n") != 1 || count(text, "refuted") != 0) {
        fail_msg("%s:\n%s", session->name, text);
    }
    if (tls13) {
        assert_int_equal(count(text, "B tls.encrypted_extensions decrypted"), 1);
        assert_int_equal(count(text, "B tls.certificate decrypted"), psk ? 0 : 1);
        assert_int_equal(count(text, "B tls.certificate_verify decrypted"), psk ? 0 : 1);
        assert_int_equal(count(text, "tls.certificate absent not_sent"), psk ? 1 : 0);
    }
    assert_int_equal(count(text, "inferred"), 0);
    assert_int_equal(count(text, "absent encrypted"), 0);
    free(text);
}

static void test_sessions(void **state)
{
    (void)state;
    for_each(all_is_read);
}

/* What RFC 8448 section 3 says of each record. */
static void expect_rfc8448(const struct session *session)
{
    if (strcmp(session->name, "rfc8448-section-3") != 0) {
        return;
    }
    char *text = tell(session, session->log);
    assert_non_null(strstr(text, "tls.new_session_ticket decrypted { lifetime_s=30 "
                                 "ticket_bytes=178 nonce=0000 early_data_bytes=1024 }"));
    assert_non_null(strstr(text, "B tls.certificate_verify decrypted { signature_scheme=0x0804 "
                                 "signature_bytes=128 }"));
    assert_int_equal(count(text, "tls.application_data encrypted { records=1 bytes=67 }"), 2);
    assert_int_equal(count(text, "tls.close_notify decrypted"), 2);
    free(text);
}

static void test_rfc8448(void **state)
{
    (void)state;
    for_each(expect_rfc8448);
}

/* What is known of an Encrypted ClientHello at the end, and of the keys. */
struct ech_facts {
    const char *verdict, *outcome, *judged_by, *found_by;
    struct ht_bytes server_name; /* of the session */
    unsigned verified;           /* Finished */
    bool inner;
};

static bool same(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static void expect_ech(const struct session *session, const struct ht_key_log *log,
                       const struct ech_facts *facts)
{
    const struct ht_keyring keyring = {.file = log, .opener = opener};
    struct recorder r;
    const struct tls_state *tls = tell_once(session, &keyring, &r);
    const struct tls_encrypted_client_hello *ech =
        tls->details.client_hello->encrypted_client_hello;
    assert_true(same(ech->verdict, facts->verdict));
    assert_true(same(ech->outcome, facts->outcome));
    assert_true(same(ech->judged_by, facts->judged_by));
    assert_true(same(tls->details.keys->found_by, facts->found_by));
    assert_true(ht_bytes_equal(tls->server_name, facts->server_name));
    assert_int_equal(count(r.text, "tls.finished decrypted verified"), facts->verified);
    assert_int_equal(count(r.text, "tls.finished decrypted"), 2);
    assert_int_equal(tls->details.client_hello_inner != NULL, facts->inner);
    assert_int_equal(count(r.text, "tls.client_hello_inner decrypted") > 0, facts->inner);
    recorder_free(&r);
}

static const char cover[] = "shop.example.test", hidden[] = "brief.example.test";

static void ech_is_read(const struct session *session)
{
    struct ech_facts facts = {
        .verdict = "decrypted", .judged_by = "confirmation", .verified = 2, .inner = true};
    if (strstr(session->name, "ech") == NULL) {
        return;
    }
    bool rejected     = strstr(session->name, "rejected") != NULL;
    facts.outcome     = rejected ? "rejected" : "accepted";
    facts.found_by    = rejected ? NULL : "client_hello_inner";
    facts.server_name = ht_text(rejected ? cover : hidden);
    expect_ech(session, session->log, &facts);
}

static void test_ech(void **state)
{
    (void)state;
    for_each(ech_is_read);
}

/* Without ECH_SECRET the secrets are tried; what is signed and hashed is not known. */
static void ech_is_found_by_trial(const struct session *session)
{
    static const struct ech_facts facts = {
        .outcome = "accepted", .judged_by = "keys", .found_by = "trial"};
    struct ech_facts of_this = facts;
    of_this.server_name      = ht_text(cover);
    if (strstr(session->name, "ech-accepted") == NULL &&
        strstr(session->name, "ech-hello-retry") == NULL) {
        return;
    }
    struct ht_key_log *log = ht_key_log_new();
    char line[256];
    for (unsigned i = 0; i < HT_KEY_LATEST_MAX / 2; i++) {
        (void)snprintf(line, sizeof line, "SERVER_HANDSHAKE_TRAFFIC_SECRET %064x %064x\n", i, i);
        ht_key_log_add(log, ht_text(line));
    }
    ht_key_log_add(log, ht_text(session->other_keys));
    expect_ech(session, log, &of_this);
    ht_key_log_free(log);
}

static void test_ech_by_trial(void **state)
{
    (void)state;
    for_each(ech_is_found_by_trial);
}

/* The same randoms with other secrets. */
static struct ht_key_log *wrong_keys(const struct session *session)
{
    static const char *const labels[] = {"CLIENT_RANDOM", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                         "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                         "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"};
    struct ht_key_log *log            = ht_key_log_new();
    struct ht_bytes random = ht_bytes_head(ht_bytes_from(session->said[0].bytes, 11), 32);
    char line[256];
    for (size_t i = 0; i < HT_ARRAY_LEN(labels); i++) {
        int n = snprintf(line, sizeof line, "%s ", labels[i]);
        for (size_t k = 0; k < random.len; k++) {
            n += snprintf(line + n, sizeof line - (size_t)n, "%02x", random.ptr[k]);
        }
        int digits = strstr(session->name, "sha384") != NULL ? 96 : 64;
        (void)snprintf(line + n, sizeof line - (size_t)n, " %0*x\n", digits, 1);
        ht_key_log_add(log, ht_text(line));
    }
    return log;
}

static void the_story_goes_on(const struct session *session)
{
    struct ht_key_log *wrong = wrong_keys(session), *empty = ht_key_log_new();
    struct recorder without, failed, missing;
    (void)tell_once(session, NULL, &without);
    (void)tell_once(session, &(struct ht_keyring){.file = wrong, .opener = opener}, &failed);
    (void)tell_once(session, &(struct ht_keyring){.capture = empty, .opener = opener}, &missing);
    assert_string_equal(without.text, failed.text);
    assert_string_equal(without.text, missing.text);
    recorder_free(&without);
    recorder_free(&failed);
    recorder_free(&missing);
    ht_key_log_free(wrong);
    ht_key_log_free(empty);
}

static void test_wrong_keys(void **state)
{
    (void)state;
    for_each(the_story_goes_on);
}

/* A handshake message that is not the one that was sent refutes both Finished. */
static void tampering_shows(const struct session *session)
{
    const struct ht_keyring keyring = {.file = session->log, .opener = opener};
    struct recorder r;
    if (strstr(session->name, "tls12-static-rsa") == NULL) {
        return;
    }
    recorder_start(&r, &tls_dissector, true, 443);
    r.emitter.keyring = &keyring;
    for (size_t i = 0; i < session->num; i++) {
        struct ht_bytes bytes = session->said[i].bytes;
        uint8_t *copy         = malloc(bytes.len);
        assert_non_null(copy);
        memcpy(copy, bytes.ptr, bytes.len);
        if (i == 1) {
            copy[bytes.len - 20] ^= 1; /* in the server's Certificate */
        }
        recorder_bytes(&r, session->said[i].side, ht_bytes(copy, bytes.len), 0);
        free(copy);
    }
    recorder_end(&r);
    assert_int_equal(count(r.text, "tls.finished decrypted refuted"), 2);
    recorder_free(&r);
}

static void test_tampering(void **state)
{
    (void)state;
    for_each(tampering_shows);
}

/* With bytes missing nothing is refuted. */
static void holes_refute_nothing(const struct session *session)
{
    const struct ht_keyring keyring = {.file = session->log, .opener = opener};
    for (size_t missing = 0; missing < session->num; missing++) {
        struct recorder r;
        recorder_start(&r, &tls_dissector, true, 443);
        r.emitter.keyring = &keyring;
        for (size_t i = 0; i < session->num; i++) {
            struct ht_bytes bytes = session->said[i].bytes;
            size_t lost           = i == missing ? bytes.len : 0;
            recorder_bytes(&r, session->said[i].side, ht_bytes_head(bytes, bytes.len - lost), lost);
        }
        recorder_end(&r);
        assert_int_equal(count(r.text, "refuted"), 0);
        recorder_free(&r);
    }
}

static void test_holes(void **state)
{
    (void)state;
    for_each(holes_refute_nothing);
}

/* Joined after its first messages: of these a first ClientHello and HelloRetryRequest leave no
 * trace behind (RFC 8446 section 4.1.4), and count for Finished (section 4.4.1). All that was seen
 * is verified as ever. */
static void joined_late_refutes_nothing(const struct session *session)
{
    const struct ht_keyring keyring = {.file = session->log, .opener = opener};
    for (size_t from = 0; from < session->num; from++) {
        struct recorder r;
        recorder_start(&r, &tls_dissector, true, 443);
        r.emitter.keyring = &keyring;
        r.emitter.joined  = true;
        for (size_t i = from; i < session->num; i++) {
            recorder_bytes(&r, session->said[i].side, session->said[i].bytes, 0);
        }
        recorder_end(&r);
        assert_int_equal(count(r.text, "refuted"), 0);
        assert_true(from > 0 || count(r.text, "tls.finished decrypted verified") == 2);
        recorder_free(&r);
    }
}

static void test_joined_late(void **state)
{
    (void)state;
    for_each(joined_late_refutes_nothing);
}

/* One side after the other, as where a hole in one may still be filled: nothing is refuted. */
static void late_sides_refute_nothing(const struct session *session)
{
    const struct ht_keyring keyring = {.file = session->log, .opener = opener};
    for (int first = HT_SIDE_A; first <= HT_SIDE_B; first++) {
        struct recorder r;
        recorder_start(&r, &tls_dissector, true, 443);
        r.emitter.keyring = &keyring;
        r.emitter.verify  = true;
        for (size_t i = 0; i < 2 * session->num; i++) {
            const struct utterance *it = &session->said[i % session->num];
            if ((it->side == (enum ht_side)first) == (i < session->num)) {
                recorder_bytes(&r, it->side, it->bytes, 0);
            }
        }
        recorder_end(&r);
        assert_int_equal(count(r.text, "refuted"), 0);
        recorder_free(&r);
    }
}

static void test_late_sides(void **state)
{
    (void)state;
    for_each(late_sides_refute_nothing);
}

static int open_all(void **state)
{
    (void)state;
    opener = ht_opener_new();
    return opener == NULL;
}

static int close_all(void **state)
{
    (void)state;
    ht_opener_free(opener);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions),   cmocka_unit_test(test_rfc8448),
        cmocka_unit_test(test_ech),        cmocka_unit_test(test_ech_by_trial),
        cmocka_unit_test(test_wrong_keys), cmocka_unit_test(test_tampering),
        cmocka_unit_test(test_holes),      cmocka_unit_test(test_joined_late),
        cmocka_unit_test(test_late_sides)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
