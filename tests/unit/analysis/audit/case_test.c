/* Connections made by hand: what an audit has of them, and why not the rest. */
#include "support.h"

#include "analysis/audit/case.h"
#include "analysis/audit/certificates.h"

static const struct ht_party server = {.ip = {.version = 4, .bytes = {192, 0, 2, 1}}, .port = 443};

/* Why there are no certificates of a TLS 1.2 session over UDP that was completed, whose Certificate
 * is like that; HT_NUM_UNOBSERVABLE: there are. */
static enum ht_unobservable why_no_certificate(const struct ht_timeline_entry *entry)
{
    static const struct ht_analysis_settings settings = {.certificate_folder = -1};
    const struct ht_capture_quality whole             = {0};
    const struct tls_client_hello offer               = {.frame = 1};
    const struct tls_server_hello answer              = {.frame = 2, .version = ht_named(0xFEFD)};
    const struct tls_chains none                      = {.server = {.len = 0}};
    const struct tls_details tls                      = {.client_hello = &offer,
                                                         .server_hello = &answer,
                                                         .certificates = &none,
                                                         .established  = true};
    const struct ht_connection connection             = {.transport = "udp",
                                                         .server    = &server,
                                                         .capture   = &whole,
                                                         .details   = {&tls_details_struct, &tls},
                                                         .timeline  = {entry, entry != NULL ? 1 : 0}};
    struct audit_case c;
    audit_look(&c, &settings, &connection);
    return (c.has & AUDIT_CERTIFICATE) != 0 ? HT_NUM_UNOBSERVABLE
                                            : c.lacks[__builtin_ctz(AUDIT_CERTIFICATE)];
}

/* A datagram that is lost leaves no hole in any count of bytes, but a message that is not whole. */
static void a_lost_fragment_is_no_message_that_was_not_sent(void **state)
{
    (void)state;
    const struct tls_certificate message = {.chain = {.len = 0}};
    struct ht_timeline_entry entry       = {
              .frame = 3, .from = "server", .type = &tls_certificate_event, .object = &message};
    entry.partial = true;
    assert_int_equal(why_no_certificate(&entry), HT_UNOBSERVABLE_LOST);
    entry.absent = "lost_in_capture";
    assert_int_equal(why_no_certificate(&entry), HT_UNOBSERVABLE_LOST);
    assert_int_equal(why_no_certificate(NULL), HT_UNOBSERVABLE_NOT_SENT);
}

/* Whether a CertificateVerify that was checked speaks for or against somebody. */
static bool is_verified(bool midstream)
{
    static const struct ht_analysis_settings settings = {.certificate_folder = -1, .verify = true};
    const struct ht_capture_quality whole             = {0};
    const struct ht_tcp_summary tcp                   = {.midstream = midstream};
    const struct tls_certificate_verify message       = {.signature_scheme = {0}};
    const struct ht_timeline_entry entry              = {.frame    = 3,
                                                         .from     = "server",
                                                         .type     = &tls_certificate_verify_event,
                                                         .object   = &message,
                                                         .verified = ht_event_verified(HT_EVENT_REFUTED)};
    const struct tls_details tls                      = {.established = true};
    const struct ht_connection connection             = {.transport = "tcp",
                                                         .server    = &server,
                                                         .tcp       = &tcp,
                                                         .capture   = &whole,
                                                         .details   = {&tls_details_struct, &tls},
                                                         .timeline  = {&entry, 1}};
    struct audit_case c;
    audit_look(&c, &settings, &connection);
    bool verified = (c.has & AUDIT_VERIFIED) != 0;
    assert_true(verified || c.lacks[__builtin_ctz(AUDIT_VERIFIED)] == HT_UNOBSERVABLE_LOST);
    return verified;
}

/* Its first ClientHello, and HelloRetryRequest, may have been before the capture. */
static void a_signature_is_not_judged_where_the_capture_began_late(void **state)
{
    (void)state;
    assert_true(is_verified(false));
    assert_false(is_verified(true));
}

/* What rules need not be asked of: a session over TCP that was completed, with an alert of this
 * form, and such a NewSessionTicket. */
static unsigned traits_with(const struct tls_alert *alert, const struct ht_timeline_entry *ticket)
{
    static const struct ht_analysis_settings settings = {.certificate_folder = -1};
    const struct ht_capture_quality whole             = {0};
    const struct ht_tcp_summary tcp                   = {.syn_frame = 1, .syn_ack_frame = 2};
    const struct tls_details tls = {.established = true, .alerts = {alert, alert != NULL ? 1 : 0}};
    const struct ht_connection connection = {.transport = "tcp",
                                             .server    = &server,
                                             .tcp       = &tcp,
                                             .capture   = &whole,
                                             .details   = {&tls_details_struct, &tls},
                                             .timeline  = {ticket, ticket != NULL ? 1 : 0}};
    struct audit_case c;
    audit_look(&c, &settings, &connection);
    return c.traits;
}

static void traits_tell_what_is_there(void **state)
{
    (void)state;
    const struct tls_alert readable  = {.from = "server", .level = "fatal", .code = 40};
    const struct tls_alert encrypted = {.from = "client", .encrypted = true};
    const struct tls_alert inferred  = {.from = "client", .level = "warning", .inferred = true};
    struct ht_timeline_entry ticket  = {
         .frame = 3, .from = "server", .type = &tls_new_session_ticket_event};
    assert_int_equal(traits_with(NULL, NULL), AUDIT_IN_PUBLIC);
    assert_int_equal(traits_with(&inferred, NULL), AUDIT_IN_PUBLIC);
    assert_int_equal(traits_with(&readable, NULL), AUDIT_IN_PUBLIC | AUDIT_ALERT);
    assert_int_equal(traits_with(&encrypted, NULL), AUDIT_IN_PUBLIC | AUDIT_HIDDEN_ALERT);
    assert_int_equal(traits_with(NULL, &ticket), AUDIT_IN_PUBLIC | AUDIT_TICKET);
    ticket.absent = "encrypted";
    assert_int_equal(traits_with(NULL, &ticket), AUDIT_IN_PUBLIC);
}

/* RFC 1122 section 3.2.1.3, 1918, 3927, 4193, 4291, 5771, 6598; 64:ff9b::/96 (RFC 6052) leads to
 * addresses of IPv4. */
static void private_addresses_are_not_routed(void **state)
{
    static const uint8_t routed[][4] = {
        {8, 8, 8, 8}, {172, 32, 0, 1}, {100, 128, 0, 1}, {1, 1, 1, 1}};
    static const uint8_t unrouted[][4]   = {{0, 0, 0, 0},     {10, 1, 2, 3},       {127, 0, 0, 1},
                                            {172, 31, 0, 1},  {169, 254, 1, 1},    {100, 127, 0, 1},
                                            {224, 0, 0, 251}, {255, 255, 255, 255}};
    static const uint8_t routed6[][16]   = {{0x20, 1, 0x48, 0x60},
                                            {0, 0x64, 0xFF, 0x9B, [12] = 8, 8, 8, 8}};
    static const uint8_t unrouted6[][16] = {
        {0}, {[15] = 1}, {0xFD}, {0xFE, 0x80}, {0xFF, 2, [15] = 0xFB}};
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(routed); i++) {
        struct ht_address address = ht_address4(routed[i]);
        assert_false(audit_is_private(&address));
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(unrouted); i++) {
        struct ht_address address = ht_address4(unrouted[i]);
        assert_true(audit_is_private(&address));
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(routed6); i++) {
        struct ht_address address = ht_address6(routed6[i]);
        assert_false(audit_is_private(&address));
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(unrouted6); i++) {
        struct ht_address address = ht_address6(unrouted6[i]);
        assert_true(audit_is_private(&address));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_fragment_is_no_message_that_was_not_sent),
        cmocka_unit_test(a_signature_is_not_judged_where_the_capture_began_late),
        cmocka_unit_test(traits_tell_what_is_there),
        cmocka_unit_test(private_addresses_are_not_routed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
