/*
 * Handshakes that keep to RFC 5246 section 7.3 and RFC 8446 section 2, and ones that break a rule
 * each; and that nothing is found where the capture may be the reason.
 */
#include "support.h"

#include "analysis/conformance/conformance.h"
#include "tls/tls.h"

enum { MAX_ENTRIES = 16 };

/* A session that is in order until a test breaks it. */
struct scene {
    struct tls_client_hello offer;
    struct tls_server_hello answer;
    struct tls_details tls;
    struct ht_tcp_summary tcp;
    struct ht_capture_quality capture;
    struct ht_timeline_entry entries[MAX_ENTRIES];
    uint64_t kind; /* of the timeline */
    size_t num;
    struct ht_bytes protocol;
    struct ht_connection connection;
};

static struct scene scene;
static struct ht_arena arena;

static struct ht_timeline_entry *say(const char *from, const struct ht_event_type *type,
                                     const void *object)
{
    struct ht_timeline_entry *entry = &scene.entries[scene.num++];
    assert_true(scene.num <= MAX_ENTRIES);
    *entry = (struct ht_timeline_entry){.t_ns   = (int64_t)scene.num,
                                        .frame  = scene.num,
                                        .from   = from,
                                        .event  = type->name,
                                        .type   = type,
                                        .object = object};
    return entry;
}

/* TLS 1.2 with ECDHE, full. */
static int set_up(void **unused)
{
    (void)unused;
    scene        = (struct scene){.tcp = {.syn_frame = 1, .syn_ack_frame = 2}};
    scene.offer  = (struct tls_client_hello){.frame               = 1,
                                             .legacy_version      = ht_named(TLS_12),
                                             .session_id          = hex("01"),
                                             .cipher_suites       = hex("c02f 009c 00ff"),
                                             .compression_methods = hex("00"),
                                             .extensions          = hex("000a 000d 0010"),
                                             .groups              = hex("001d 0017"),
                                             .signature_schemes   = hex("0804 0403")};
    scene.answer = (struct tls_server_hello){.frame              = 2,
                                             .legacy_version     = ht_named(TLS_12),
                                             .version            = ht_named(TLS_12),
                                             .cipher_suite       = ht_named(0xc02f),
                                             .compression_method = ht_named(0),
                                             .extensions         = hex("ff01"),
                                             .renegotiation_info = true};
    scene.tls    = (struct tls_details){.established      = true,
                                        .version          = ht_named(TLS_12),
                                        .cipher_suite     = ht_named(0xc02f),
                                        .group            = ht_named(0x1d),
                                        .signature_scheme = ht_named(0x0804),
                                        .client_hello     = &scene.offer,
                                        .server_hello     = &scene.answer};
    say("client", &tls_client_hello_event, &scene.offer);
    say("server", &tls_server_hello_event, &scene.answer);
    say("server", &tls_certificate_event, NULL);
    say("server", &tls_server_key_exchange_event, NULL);
    say("server", &tls_server_hello_done_event, NULL);
    say("client", &tls_client_key_exchange_event, NULL);
    say("client", &tls_change_cipher_spec_event, NULL);
    say("client", &tls_finished_event, NULL);
    say("server", &tls_change_cipher_spec_event, NULL);
    say("server", &tls_finished_event, NULL);
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    ht_arena_clear(&arena);
    return 0;
}

/* The findings' ids, a blank between. */
static const char *found(void)
{
    static const struct ht_analysis_settings settings;
    static uint64_t state[8192]; /* what was known of shapes goes on */
    struct ht_error error;
    static char text[512];
    struct ht_analysis a = {.arena = &arena};
    size_t len           = 0;
    scene.connection     = (struct ht_connection){
            .protocol      = scene.protocol,
            .tcp           = &scene.tcp,
            .capture       = &scene.capture,
            .details       = {&tls_details_struct, &scene.tls},
            .timeline      = {.items = scene.entries, .len = scene.num},
            .timeline_kind = scene.kind,
    };
    assert_true(ht_conformance_analyzer.state_size <= sizeof state);
    assert_true(ht_conformance_analyzer.init(state, &settings, &error));
    ht_conformance_analyzer.judge(state, &a, &scene.connection);
    const struct ht_finding *findings = scene.connection.findings.items;
    for (size_t i = 0; i < scene.connection.findings.len; i++) {
        size_t more = strlen(findings[i].id);
        assert_true(len + more + 2 < sizeof text);
        assert_true(findings[i].frames.len > 0 && findings[i].evidence.len > 0);
        memcpy(text + len, " ", 1);
        memcpy(text + len + (len > 0), findings[i].id, more);
        len += more + (len > 0);
    }
    text[len] = '\0';
    return text;
}

static void in_order(void **unused)
{
    (void)unused;
    assert_string_equal(found(), "");
}

/* A session whose shapes and timeline have numbers. */
static void set_up_numbered(uint64_t offer, uint64_t answer, uint64_t kind)
{
    set_up(NULL);
    scene.offer.shape_number  = offer;
    scene.answer.shape_number = answer;
    scene.kind                = kind;
}

/* Hellos of the same numbers have the same shapes, timelines of the same kind the same messages:
 * what looks at nothing else is not asked again, unless it was broken, or something else was agreed
 * on. */
static void known_by_their_shapes(void **unused)
{
    (void)unused;
    set_up_numbered(1, 2, 1);
    assert_string_equal(found(), "");
    scene.offer.cipher_suites = hex("1301 00ff"); /* cannot be */
    assert_string_equal(found(), "");
    scene.tls.cipher_suite = ht_named(0x1302);
    assert_string_equal(found(), "cipher-not-offered");
    assert_string_equal(found(), "cipher-not-offered");
    set_up_numbered(1, 2, 2);
    scene.entries[4].type           = &tls_certificate_event;
    scene.answer.renegotiation_info = false;
    scene.tls.renegotiations        = 1;
    assert_string_equal(found(), "message-out-of-order renegotiated-insecurely");
    set_up_numbered(3, 2, 1);
    scene.tls.cipher_suite = ht_named(0x1302);
    assert_string_equal(found(), "cipher-not-offered");
    assert_string_equal(found(), "cipher-not-offered");
}

static void known_by_their_order(void **unused)
{
    (void)unused;
    set_up_numbered(11, 12, 11);
    assert_string_equal(found(), "");
    scene.entries[4].type = &tls_certificate_event; /* cannot be */
    assert_string_equal(found(), "");
    scene.kind = 12;
    assert_string_equal(found(), "message-out-of-order");
    assert_string_equal(found(), "message-out-of-order");
    scene.entries[8].frame = 3; /* frames contradict times: nobody knows, now */
    scene.kind             = 13;
    assert_string_equal(found(), "");
    scene.entries[8].frame = 9;
    assert_string_equal(found(), "message-out-of-order");
}

/* A resumed session with a second handshake in clear: keys that the first one agreed on are not
 * changed before the second one's ClientKeyExchange. In one moment nobody knows what was first. */
static void keys_change_in_each_handshake(void **unused)
{
    enum { CHANGE = 3 + 6 };
    struct ht_timeline_entry again[MAX_ENTRIES];
    (void)unused;
    set_up_numbered(41, 42, 41);
    size_t num = scene.num;
    memcpy(again, scene.entries, sizeof again);
    scene.num = 2;
    say("client", &tls_change_cipher_spec_event, NULL);
    for (size_t i = 0; i < num; i++) {
        say(again[i].from, again[i].type, again[i].object);
    }
    assert_string_equal(found(), "");
    scene.kind                     = 42;
    scene.entries[CHANGE].type     = &tls_client_key_exchange_event;
    scene.entries[CHANGE - 1].type = &tls_change_cipher_spec_event;
    assert_string_equal(found(), "ccs-injection");
    scene.entries[CHANGE].t_ns = scene.entries[CHANGE - 1].t_ns;
    assert_string_equal(found(), "message-out-of-order");
}

/* What shapes and order do not say is looked at each time. */
static void known_but_for_what_is_their_own(void **unused)
{
    (void)unused;
    set_up_numbered(21, 22, 21);
    scene.answer.supported_version = ht_named(TLS_13);
    scene.answer.extensions        = hex("002b 0033");
    scene.offer.extensions         = hex("000a 000d 002b 0033");
    scene.offer.supported_versions = hex("0304");
    scene.answer.session_id        = scene.offer.session_id;
    scene.tls.version              = ht_named(TLS_13);
    assert_string_equal(found(), "");
    scene.answer.session_id = hex("02");
    assert_string_equal(found(), "session-id-not-echoed");
    set_up_numbered(31, 32, 31);
    scene.entries[4].partial = true;
    assert_string_equal(found(), "");
    scene.entries[4].malformed = true; /* of what was cut nothing is known */
    scene.entries[4].partial   = false;
    assert_string_equal(found(), "malformed-handshake");
}

static void chosen_but_not_offered(void **unused)
{
    (void)unused;
    scene.tls.cipher_suite = ht_named(0x1302);
    assert_string_equal(found(), "cipher-not-offered");
    const struct ht_finding *finding = scene.connection.findings.items;
    assert_text(finding->evidence, "ServerHello chooses TLS_AES_256_GCM_SHA384");
    assert_int_equal(finding->frames.items[0], 1);
    assert_int_equal(finding->frames.items[1], 2);
    set_up(NULL);
    scene.tls.group = ht_named(0x18);
    assert_string_equal(found(), "group-not-offered");
    scene.tls.group = ht_named(0x100); /* ffdhe2048: the server's own up to TLS 1.2 */
    assert_string_equal(found(), "");
    scene.tls.signature_scheme = ht_named(0x0201);
    assert_string_equal(found(), "signature-not-offered");
    set_up(NULL);
    scene.answer.extensions = hex("0023");
    assert_string_equal(found(), "unsolicited-extension");
    set_up(NULL);
    scene.answer.compression_method = ht_named(1);
    assert_string_equal(found(), "compression-not-offered");
    set_up(NULL);
    scene.offer.legacy_version = ht_named(TLS_11);
    assert_string_equal(found(), "version-not-offered");
}

static void twice(void **unused)
{
    (void)unused;
    scene.offer.extensions = hex("000a 000d 000a");
    assert_string_equal(found(), "duplicate-extension");
    scene.offer.extensions = hex("ff01 3374 000d ff01");
    assert_string_equal(found(), "duplicate-extension");
    scene.offer.extensions = hex("0029 000a");
    assert_string_equal(found(), "psk-not-last");
}

static void downgraded(void **unused)
{
    (void)unused;
    scene.answer.downgrade = "TLS 1.2"; /* the client did not offer more */
    assert_string_equal(found(), "");
    scene.offer.supported_versions = hex("0304 0303");
    scene.offer.extensions         = hex("000a 000d 0010 0033");
    assert_string_equal(found(), "downgrade-sentinel");
}

static void make_tls13(void)
{
    scene.offer.supported_versions = hex("0304");
    scene.offer.cipher_suites      = hex("1301");
    scene.offer.key_share_groups   = hex("001d");
    scene.offer.extensions         = hex("000a 000d 002b 0033");
    scene.answer.session_id        = hex("01");
    scene.answer.cipher_suite = scene.tls.cipher_suite = ht_named(0x1301);
    scene.answer.supported_version = scene.answer.version = scene.tls.version = ht_named(TLS_13);
    scene.answer.key_share_group                                              = ht_named(0x1d);
    scene.answer.extensions                                                   = hex("002b 0033");
    scene.num                                                                 = 2;
}

static void tls13(void **unused)
{
    (void)unused;
    make_tls13();
    assert_string_equal(found(), "");
    scene.answer.session_id = hex("02");
    assert_string_equal(found(), "session-id-not-echoed");
    make_tls13();
    scene.offer.key_share_groups = hex("0017");
    assert_string_equal(found(), "key-share-not-offered");
    make_tls13();
    scene.answer.extensions = hex("002b 0033 000d");
    assert_string_equal(found(), "forbidden-extension-in-message");
    make_tls13();
    scene.offer.cipher_suites             = hex("1302");
    struct tls_encrypted_client_hello ech = {0};
    scene.offer.encrypted_client_hello    = &ech; /* the one that was answered is not this */
    assert_string_equal(found(), "");
}

/* RFC 8446 section 9.2. */
static void mandatory_extensions(void **unused)
{
    (void)unused;
    static const char *const incomplete[] = {"002b 0033 000d", "002b 000a 000d", "002b 000a 0033",
                                             "002b 0033 0029", "002b 000a 0029"};
    make_tls13();
    scene.answer.extensions      = hex("002b");
    scene.answer.key_share_group = (struct ht_named){0};
    for (size_t i = 0; i < HT_ARRAY_LEN(incomplete); i++) {
        scene.offer.extensions = hex(incomplete[i]);
        assert_string_equal(found(), "missing-mandatory-extension");
    }
    scene.offer.extensions  = hex("002b 002d 0029"); /* of a pre-shared key alone */
    scene.answer.extensions = hex("002b 0029");
    assert_string_equal(found(), "");
}

/* RFC 8701 section 3, RFC 9001 section 8.4, RFC 8446 appendix D.4. */
static void what_has_no_place(void **unused)
{
    (void)unused;
    make_tls13();
    scene.offer.cipher_suites = hex("1301 1a1a");
    scene.answer.cipher_suite = scene.tls.cipher_suite = ht_named(0x1a1a);
    assert_string_equal(found(), "server-selected-grease");
    make_tls13();
    scene.num = 2;
    say("client", &tls_change_cipher_spec_event, NULL);
    say("server", &tls_change_cipher_spec_event, NULL);
    assert_string_equal(found(), "");
    say("client", &tls_change_cipher_spec_event, NULL);
    assert_string_equal(found(), "tls13-ccs-misuse");
    make_tls13();
    scene.protocol = ht_text("quic");
    assert_string_equal(found(), "quic-compat-mode");
}

static void swap(size_t i, size_t j)
{
    const struct ht_event_type *type = scene.entries[i].type;
    scene.entries[i].type            = scene.entries[j].type;
    scene.entries[j].type            = type;
}

static void out_of_order(void **unused)
{
    (void)unused;
    swap(3, 4); /* ServerHelloDone before ServerKeyExchange */
    assert_string_equal(found(), "message-out-of-order");
    const struct ht_finding *finding = scene.connection.findings.items;
    assert_text(finding->evidence, "after ServerHelloDone came ServerKeyExchange");
    set_up(NULL);
    say("server", &tls_finished_event, NULL);
    assert_string_equal(found(), "message-out-of-order");
    set_up(NULL);
    swap(5, 6);
    assert_string_equal(found(), "ccs-injection");
}

/* A ClientHello begins anew, also one that is only inferred. */
static void renegotiation(void **unused)
{
    (void)unused;
    say("client", &tls_client_hello_event, NULL)->inferred = true;
    say("client", &tls_change_cipher_spec_event, NULL);
    say("client", &tls_finished_event, NULL);
    scene.tls.renegotiations = 1;
    assert_string_equal(found(), "");
    scene.answer.renegotiation_info = false;
    scene.answer.extensions         = hex("");
    assert_string_equal(found(), "renegotiated-insecurely");
}

static void skipped(void **unused)
{
    (void)unused;
    scene.entries[3].absent = "not_sent";
    assert_string_equal(found(), "message-skipped");
    scene.entries[3].absent = "lost_in_capture";
    assert_string_equal(found(), "");
}

static void unexpected(void **unused)
{
    (void)unused;
    scene.tls.cipher_suite = scene.answer.cipher_suite = ht_named(0x009c);
    assert_string_equal(found(), "key-exchange-unexpected");
}

static void after_the_end(void **unused)
{
    const struct tls_alert alert = {.level = "fatal"};
    (void)unused;
    scene.num = 2;
    say("server", &tls_alert_event, &alert);
    assert_string_equal(found(), "");
    say("server", &tls_certificate_event, NULL);
    assert_string_equal(found(), "message-after-fatal-alert");
}

static void malformed(void **unused)
{
    (void)unused;
    scene.entries[2].malformed = true;
    assert_string_equal(found(), "malformed-handshake");
    scene.entries[2].partial = true;
    assert_string_equal(found(), "");
}

/* Whatever is wrong with it, an imperfect capture can be the reason. */
static void imperfect_captures(void **unused)
{
    (void)unused;
    swap(3, 4);
    scene.capture.missing_bytes = 1;
    assert_string_equal(found(), "");
    scene.capture = (struct ht_capture_quality){.one_sided = true};
    assert_string_equal(found(), "");
    scene.capture = (struct ht_capture_quality){.truncated_frames = 1};
    assert_string_equal(found(), "");
    scene.capture       = (struct ht_capture_quality){0};
    scene.tcp.syn_frame = 0;
    assert_string_equal(found(), "");
    scene.tcp.syn_frame    = 1;
    uint64_t frame         = scene.entries[4].frame;
    scene.entries[4].frame = 1; /* a clock that jumped */
    assert_string_equal(found(), "");
    scene.entries[4].frame = frame;
    assert_string_equal(found(), "message-out-of-order");
    scene.entries[1].frame = 100; /* the server's direction is stored after the client's */
    assert_string_equal(found(), "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(in_order),
        TEST(known_by_their_shapes),
        TEST(known_by_their_order),
        TEST(keys_change_in_each_handshake),
        TEST(known_but_for_what_is_their_own),
        TEST(chosen_but_not_offered),
        TEST(twice),
        TEST(downgraded),
        TEST(tls13),
        TEST(out_of_order),
        TEST(renegotiation),
        TEST(skipped),
        TEST(unexpected),
        TEST(after_the_end),
        TEST(malformed),
        TEST(imperfect_captures),
        TEST(mandatory_extensions),
        TEST(what_has_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
