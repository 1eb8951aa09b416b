/*
 * Who takes which first bytes for its own. The bytes are greetings and commands of common servers
 * and clients.
 */
#include "support.h"

#include "dissect/dissector.h"

extern const struct ht_dissector smtp_dissector, imap_dissector, pop3_dissector, ftp_dissector,
    nntp_dissector, sieve_dissector, ldap_dissector, xmpp_dissector, postgresql_dissector,
    mysql_dissector, rdp_dissector;

static const struct {
    const char *head;
    uint16_t port;
    const struct ht_dissector *dissector; /* that says yes; NULL: none */
} cases[] = {
    {"220 mail.example.com ESMTP Postfix\r\n", 2000, &smtp_dissector},
    {"220 ProFTPD Server (ftp.example.com)\r\n", 2000, &ftp_dissector},
    {"220 welcome\r\n", 25, &smtp_dissector},
    {"220 welcome\r\n", 21, &ftp_dissector},
    {"220 welcome\r\n", 2000, NULL},
    {"220-welcome to the\r\n220 FTP server with SMTP\r\n", 25, &ftp_dissector},
    {"EHLO a\r\n", 2000, &smtp_dissector},
    {"AUTH TLS\r\n", 2000, &ftp_dissector},
    {"USER alice\r\n", 21, &ftp_dissector},
    {"USER alice\r\n", 110, &pop3_dissector},
    {"USER alice 0 * :Alice\r\n", 6667, NULL},
    {"+OK ready\r\n", 2000, &pop3_dissector},
    {"+OK\r\n", 6379, NULL},
    {"* OK ready\r\n", 2000, &imap_dissector},
    {"*1\r\n$4\r\nPING\r\n", 6379, NULL},
    {"a1 CAPABILITY\r\n", 2000, &imap_dissector},
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 80, NULL},
    {"HTTP/1.1 200 OK\r\n", 80, NULL},
    {"SSH-2.0-OpenSSH_9.2\r\n", 22, NULL},
    {"200 news.example.net InterNetNews ready\r\n", 2000, &nntp_dissector},
    {"200 hello\r\n", 2000, NULL},
    {"200 hello\r\n", 119, &nntp_dissector},
    {"\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n", 2000, &sieve_dissector},
    {"<?xml version='1.0'?><stream:stream to='a'>", 2000, &xmpp_dissector},
    {"<?xml version='1.0'?><html><body></body></html>", 80, NULL},
    {"* OK \x01 is no text\r\n", 143, NULL},
};

static const struct ht_dissector *const all[] = {
    &smtp_dissector,  &imap_dissector,       &pop3_dissector, &ftp_dissector,
    &nntp_dissector,  &sieve_dissector,      &ldap_dissector, &xmpp_dissector,
    &mysql_dissector, &postgresql_dissector, &rdp_dissector};

static void check(const char *head, uint16_t port, const struct ht_dissector *expected)
{
    struct ht_endpoint endpoint[2] = {{.port = 40000}, {.port = port}};
    for (size_t i = 0; i < HT_ARRAY_LEN(all); i++) {
        enum ht_match match = all[i]->match(ht_text(head), endpoint, HT_SIDE_B);
        if ((match == HT_MATCH_YES) != (all[i] == expected)) {
            fail_msg("%s: %s, %d", head, all[i]->name, (int)match);
        }
    }
}

/* What each says to the first bytes of the others, of HTTP and of SSH. */
static void test_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        check(cases[i].head, cases[i].port, cases[i].dissector);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
