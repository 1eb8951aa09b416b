/* Connections made by hand: what an audit has of them, and why not the rest. */
#include "support.h"

#include "analysis/audit/case.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_fragment_is_no_message_that_was_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
