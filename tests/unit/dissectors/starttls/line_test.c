/*
 * What a line says in each protocol of lines. The lines are the RFCs' own examples where one is
 * named.
 */
#include "support.h"

#include "starttls/line.h"

static struct line_command command_of(const struct line_protocol *p, const char *line)
{
    struct line_command out;
    p->command(ht_text(line), &out);
    return out;
}

static struct line_reply reply_of(const struct line_protocol *p, const char *line)
{
    struct line_reply out;
    p->reply(ht_text(line), &out);
    return out;
}

static const struct {
    const struct line_protocol *protocol;
    const char *line;
    enum line_verb verb;
} commands_cases[] = {
    {&smtp_lines, "EHLO mail.example.com", LINE_CAPABILITIES}, /* RFC 3207 section 5 */
    {&smtp_lines, "STARTTLS", LINE_STARTTLS},
    {&smtp_lines, "starttls", LINE_STARTTLS},
    {&smtp_lines, "STARTTLSX", LINE_OTHER},
    {&smtp_lines, "MAIL FROM:<a@example.com>", LINE_OTHER},
    {&smtp_lines, "DATA", LINE_CONTENT},
    {&smtp_lines, "AUTH CRAM-MD5", LINE_AUTHENTICATE},   /* RFC 4954 section 4 */
    {&imap_lines, "a001 CAPABILITY", LINE_CAPABILITIES}, /* RFC 2595 section 3.1 */
    {&imap_lines, "a002 STARTTLS", LINE_STARTTLS},
    {&imap_lines, "a003 LOGIN joe password", LINE_AUTHENTICATE},
    {&imap_lines, "STARTTLS", LINE_OTHER}, /* no tag */
    {&imap_lines, "A142 SELECT INBOX", LINE_CONTENT},
    {&pop3_lines, "CAPA", LINE_CAPABILITIES},
    {&pop3_lines, "STLS", LINE_STARTTLS}, /* RFC 2595 section 4 */
    {&pop3_lines, "AUTH", LINE_OTHER},    /* asks for a list (RFC 5034) */
    {&pop3_lines, "PASS secret", LINE_AUTHENTICATE},
    {&pop3_lines, "APOP mrose c4c9334bac560ecc979e58001b3e22fb", LINE_AUTHENTICATE},
    {&pop3_lines, "RETR 1", LINE_CONTENT},
    {&ftp_lines, "FEAT", LINE_CAPABILITIES},
    {&ftp_lines, "AUTH TLS", LINE_STARTTLS}, /* RFC 4217 section 12.1 */
    {&ftp_lines, "AUTH TLS-C", LINE_STARTTLS},
    {&ftp_lines, "AUTH SSL", LINE_STARTTLS},
    {&ftp_lines, "AUTH GSSAPI", LINE_OTHER},
    {&ftp_lines, "USER anonymous", LINE_ANONYMOUS},
    {&ftp_lines, "USER alice", LINE_OTHER},
    {&ftp_lines, "PASS secret", LINE_AUTHENTICATE},
    {&nntp_lines, "CAPABILITIES", LINE_CAPABILITIES},
    {&nntp_lines, "STARTTLS", LINE_STARTTLS}, /* RFC 4642 section 2.2.3 */
    {&nntp_lines, "AUTHINFO USER wilma", LINE_OTHER},
    {&nntp_lines, "AUTHINFO PASS flintstone", LINE_AUTHENTICATE}, /* RFC 4643 section 2.3.3 */
    {&nntp_lines, "ARTICLE 1", LINE_CONTENT},
    {&sieve_lines, "StartTls", LINE_STARTTLS}, /* RFC 5804 section 2.2 */
    {&sieve_lines, "Authenticate \"DIGEST-MD5\"", LINE_AUTHENTICATE},
    {&sieve_lines, "CAPABILITY", LINE_CAPABILITIES},
    {&sieve_lines, "Putscript \"foo\" {31+}", LINE_CONTENT},
};

static void test_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(commands_cases); i++) {
        struct line_command got = command_of(commands_cases[i].protocol, commands_cases[i].line);
        if (got.verb != commands_cases[i].verb) {
            fail_msg("%s: %s: %d", commands_cases[i].protocol->name, commands_cases[i].line,
                     (int)got.verb);
        }
    }
}

/* Only what is the name of a mechanism is taken for one: anything else may be a secret. */
static void test_mechanisms(void **state)
{
    (void)state;
    assert_text(command_of(&smtp_lines, "AUTH PLAIN AHRlc3QAMTIzNA==").mechanism, "PLAIN");
    assert_text(command_of(&smtp_lines, "AUTH AHRlc3QAMTIzNDEyMzQxMjM0").mechanism, "");
    assert_text(command_of(&smtp_lines, "AUTH c2VjcmV0==").mechanism, "");
    assert_text(command_of(&imap_lines, "A01 AUTHENTICATE SCRAM-SHA-1").mechanism, "SCRAM-SHA-1");
    assert_text(command_of(&sieve_lines, "AUTHENTICATE \"PLAIN\" \"QXV0aDEB\"").mechanism, "PLAIN");
    assert_text(command_of(&nntp_lines, "AUTHINFO SASL PLAIN AHRlc3QAMTIzNA==").mechanism, "PLAIN");
    assert_text(command_of(&pop3_lines, "PASS secret").mechanism, "");
    assert_string_equal(command_of(&imap_lines, "a LOGIN joe password").method, "LOGIN");
}

enum { LAST = 1, OFFERS = 2, ENDS = 4, GREETS = 8, ANSWERS = 16, OVERWRITTEN = 32, REQUIRED = 64 };

static int flags_of(const struct line_reply *r)
{
    return (r->last ? LAST : 0) | (r->offers ? OFFERS : 0) | (r->ends_list ? ENDS : 0) |
           (r->greets ? GREETS : 0) | (r->answers ? ANSWERS : 0) |
           (r->overwritten ? OVERWRITTEN : 0) | (r->required ? REQUIRED : 0);
}

static const struct {
    const struct line_protocol *protocol;
    const char *line;
    int flags;
} replies_cases[] = {
    {&smtp_lines, "220 mail.imc.org SMTP service ready", LAST | GREETS | ANSWERS},
    {&smtp_lines, "250-mail.imc.org offers a warm hug of welcome", 0}, /* RFC 3207 section 5 */
    {&smtp_lines, "250-STARTTLS", OFFERS},
    {&smtp_lines, "250 STARTTLS", OFFERS | LAST | ENDS},
    {&smtp_lines, "250-XXXXXXXA", OVERWRITTEN},
    {&smtp_lines, "250-XXXXXXXX", OVERWRITTEN},
    {&smtp_lines, "250-XEXCH50", 0},
    {&smtp_lines, "250-XXX", 0},
    {&smtp_lines, "250 DSN", LAST | ENDS},
    {&smtp_lines, "454 TLS not available", LAST | ANSWERS},
    {&smtp_lines, "25 STARTTLS", 0},
    {&smtp_lines, "2500STARTTLS", 0},
    {&smtp_lines, "", 0},
    {&imap_lines, "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED", OFFERS | ENDS | REQUIRED},
    {&imap_lines, "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready", OFFERS | ENDS | GREETS | LAST},
    {&imap_lines, "* OK [CAPABILITY IMAP4rev1] say STARTTLS", ENDS | GREETS | LAST},
    {&imap_lines, "* CAPABILITY IMAP4rev1 XXXXXXXX AUTH=PLAIN", OVERWRITTEN | ENDS},
    {&imap_lines, "a002 OK Begin TLS negotiation now", LAST | ANSWERS},
    {&imap_lines, "a002 BAD unknown command", LAST | ANSWERS},
    {&imap_lines, "* BAD line too long", LAST},
    {&imap_lines, "+ ", 0},
    {&pop3_lines, "+OK Begin TLS negotiation", LAST | GREETS | ANSWERS},
    {&pop3_lines, "-ERR Command not permitted when TLS active", LAST | ANSWERS},
    {&pop3_lines, "STLS", OFFERS},
    {&pop3_lines, "XXXX", OVERWRITTEN},
    {&pop3_lines, ".", ENDS},
    {&ftp_lines, "220---------- Welcome to Pure-FTPd ----------", GREETS},
    {&ftp_lines, "211-Extensions supported:", 0}, /* RFC 2389 section 3.2 */
    {&ftp_lines, " AUTH TLS", OFFERS},
    {&ftp_lines, " AUTH TLS;TLS-C;SSL;TLS-P;", OFFERS},
    {&ftp_lines, " AUTH SSL", OFFERS},
    {&ftp_lines, " AUTH GSSAPI", 0},
    {&ftp_lines, "211 END", LAST | ENDS},
    {&ftp_lines, "234 AUTH command OK", LAST | ANSWERS},
    {&ftp_lines, "331 Password required", LAST},
    {&nntp_lines, "200 news.example.net ready", LAST | GREETS},
    {&nntp_lines, "STARTTLS", OFFERS},
    {&nntp_lines, ".", ENDS},
    {&nntp_lines, "382 Continue with TLS negotiation", LAST | ANSWERS},
    {&nntp_lines, "580 Can not initiate TLS negotiation", LAST | ANSWERS},
    {&sieve_lines, "\"IMPLEMENTATION\" \"Example1 ManageSieved v001\"", GREETS},
    {&sieve_lines, "\"STARTTLS\"", GREETS | OFFERS},
    {&sieve_lines, "\"XXXXXXXX\"", GREETS | OVERWRITTEN},
    {&sieve_lines, "OK", LAST | ENDS | ANSWERS},
    {&sieve_lines, "NO \"TLS not available\"", LAST | ANSWERS},
};

static void test_replies(void **state)
{
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(replies_cases); i++) {
        struct line_reply got = reply_of(replies_cases[i].protocol, replies_cases[i].line);
        if (flags_of(&got) != replies_cases[i].flags) {
            fail_msg("%s: %s: %d", replies_cases[i].protocol->name, replies_cases[i].line,
                     flags_of(&got));
        }
    }
}

static void test_verdicts(void **state)
{
    (void)state;
    static const struct {
        const struct line_protocol *protocol;
        const char *line;
        enum starttls_verdict verdict;
    } cases[] = {
        {&smtp_lines, "220 Go ahead", STARTTLS_ACCEPTED},
        {&smtp_lines, "454 TLS not available due to temporary reason", STARTTLS_REFUSED},
        {&smtp_lines, "502 5.5.1 Unimplemented", STARTTLS_UNKNOWN_COMMAND},
        {&imap_lines, "a002 OK Begin", STARTTLS_ACCEPTED},
        {&imap_lines, "a002 NO not now", STARTTLS_REFUSED},
        {&imap_lines, "a002 BAD what", STARTTLS_UNKNOWN_COMMAND},
        {&pop3_lines, "+OK Begin TLS negotiation", STARTTLS_ACCEPTED},
        {&pop3_lines, "-ERR Command not permitted when TLS active", STARTTLS_REFUSED},
        {&pop3_lines, "-ERR Unknown command", STARTTLS_UNKNOWN_COMMAND},
        {&ftp_lines, "234 Proceed", STARTTLS_ACCEPTED},
        {&ftp_lines, "504 unknown mechanism", STARTTLS_REFUSED},
        {&ftp_lines, "500 'AUTH TLS': command not understood", STARTTLS_UNKNOWN_COMMAND},
        {&nntp_lines, "382 Continue", STARTTLS_ACCEPTED},
        {&nntp_lines, "580 No", STARTTLS_REFUSED},
        {&sieve_lines, "OK \"Begin TLS negotiation now.\"", STARTTLS_ACCEPTED},
        {&sieve_lines, "BYE \"Too many\"", STARTTLS_REFUSED},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        if (reply_of(cases[i].protocol, cases[i].line).verdict != cases[i].verdict) {
            fail_msg("%s: %s", cases[i].protocol->name, cases[i].line);
        }
    }
    assert_text(reply_of(&imap_lines, "a002 NO x").tag, "a002");
    assert_text(reply_of(&imap_lines, "* OK x").tag, "");
}

static void test_overwritten(void **state)
{
    (void)state;
    assert_true(line_is_overwritten(ht_text("XXXXXXXA")));
    assert_true(line_is_overwritten(ht_text("XXXX")));
    assert_true(line_is_overwritten(ht_text("xxxxxxxx")));
    assert_false(line_is_overwritten(ht_text("XXX")));
    assert_false(line_is_overwritten(ht_text("XXXX1")));
    assert_false(line_is_overwritten(ht_text("XCLIENT")));
    assert_false(line_is_overwritten(ht_text("")));
}

static struct ht_frame_size frame_of(const char *text, size_t len)
{
    struct line_state s = {0};
    return line_frame(&s, ht_bytes(text, len), HT_SIDE_A);
}

static void test_frame(void **state)
{
    (void)state;
    char room[LINE_MAX_BYTES];
    memset(room, 'a', sizeof room);
    assert_int_equal(frame_of("EHLO a\r\nX", 9).len, 8);
    assert_int_equal(frame_of("EHLO a", 6).len, 0);
    assert_int_equal(frame_of("\n", 1).len, 1);
    assert_int_equal(frame_of(room, sizeof room - 1).len, 0);
    assert_int_equal(frame_of(room, sizeof room).len, LINE_MAX_BYTES);
    assert_true(frame_of("\x16\x03\x01", 3).other);
    assert_false(frame_of("\x16\x03", 2).other);
    assert_int_equal(frame_of("\x16\x03", 2).len, 0);
    assert_true(frame_of("EH\0O\r\n", 6).other);
    assert_false(frame_of("EHLO\r\n\0", 7).other);
}

static void test_resync(void **state)
{
    (void)state;
    static const char lines[] = "0 STARTTLS\r\n250 DSN\r\n";
    assert_int_equal(line_resync(ht_text(lines), HT_SIDE_A), 12);
    assert_int_equal(line_resync(ht_text("no end"), HT_SIDE_A), 6);
    assert_int_equal(line_resync(hex("41 00 17 03 03 00 10 aa"), HT_SIDE_A), 2);
    assert_int_equal(line_resync(hex("aa 00 0a 41 42"), HT_SIDE_A), 5);
    assert_int_equal(line_resync(hex("17 03 03 48 01 aa"), HT_SIDE_A), 6); /* too long a record */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),    cmocka_unit_test(test_mechanisms),
        cmocka_unit_test(test_replies),     cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_overwritten), cmocka_unit_test(test_frame),
        cmocka_unit_test(test_resync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
