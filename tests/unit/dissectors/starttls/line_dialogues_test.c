/*
 * Dialogues of lines. They are the RFCs' examples where one is named, the others are put together
 * from the specifications.
 */
#include "dialogue.h"

extern const struct ht_dissector smtp_dissector, imap_dissector, pop3_dissector, ftp_dissector,
    nntp_dissector, sieve_dissector;

/* RFC 3207 section 5. */
static void test_smtp(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B("220 mail.imc.org SMTP service ready\r\n"),
        A("EHLO mail.example.com\r\n"),
        B("250-mail.imc.org offers a warm hug of welcome\r\n250-8BITMIME\r\n250-STARTTLS\r\n"
          "250 DSN\r\n"),
        A("STARTTLS\r\n"),
        B("220 Go ahead\r\n"),
        TLS};
    check(&(struct dialogue){
        &smtp_dissector,
        25,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=smtp text=220 mail.imc.org SMTP service ready }\n"
        "B starttls.capabilities { protocol=smtp offered=true }\n"
        "A starttls.request { protocol=smtp text=STARTTLS }\n"
        "B starttls.answer { protocol=smtp accepted=true text=220 Go ahead }\n",
        {.protocol      = "smtp",
         .greeting      = TEXT("220 mail.imc.org SMTP service ready"),
         .answer        = TEXT("220 Go ahead"),
         .offered       = true,
         .requested     = true,
         .accepted      = true,
         .command_frame = 4,
         .answer_frame  = 5},
        true});
}

/* A firewall has overwritten the capability, and the client goes on without TLS. */
static void test_smtp_overwritten(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B("220 mail.example.com ESMTP\r\n"),
        A("EHLO a\r\n"),
        B("250-mail.example.com\r\n250-XXXXXXXA\r\n250 AUTH PLAIN\r\n"),
        A("AUTH PLAIN AHRlc3QAMTIzNA==\r\n"),
        B("235 2.7.0 Good\r\n"),
        A("DATA\r\n"),
        B("354 Go\r\n"),
        A("STARTTLS\r\n")};
    check(&(struct dialogue){
        &smtp_dissector,
        25,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=smtp text=220 mail.example.com ESMTP }\n"
        "B starttls.capabilities { protocol=smtp overwritten=true }\n"
        "A starttls.plaintext_authentication { protocol=smtp method=AUTH mechanism=PLAIN }\n",
        {.protocol                 = "smtp",
         .greeting                 = TEXT("220 mail.example.com ESMTP"),
         .method                   = "AUTH",
         .mechanism                = TEXT("PLAIN"),
         .plaintext_authentication = true,
         .authentication_frame     = 4,
         .stripped                 = "likely",
         .stripping_evidence       = "capability_overwritten"},
        false});
}

/* The server offers it and then does not know it: somebody has changed the command. */
static void test_smtp_unknown_command(void **state)
{
    (void)state;
    static const struct utterance said[] = {B("220 mail.example.com ESMTP\r\n"),
                                            A("EHLO a\r\n"),
                                            B("250-mail.example.com\r\n250 STARTTLS\r\n"),
                                            A("STARTTLS\r\n"),
                                            B("500 5.5.1 Command unrecognized: \"XXXXXXXX\"\r\n"),
                                            A("QUIT\r\n"),
                                            B("221 Bye\r\n")};
    check(&(struct dialogue){
        &smtp_dissector,
        25,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=smtp text=220 mail.example.com ESMTP }\n"
        "B starttls.capabilities { protocol=smtp offered=true }\n"
        "A starttls.request { protocol=smtp text=STARTTLS }\n"
        "B starttls.answer { protocol=smtp text=500 5.5.1 Command unrecognized: \"XXXXXXXX\" }\n",
        {.protocol           = "smtp",
         .greeting           = TEXT("220 mail.example.com ESMTP"),
         .offered            = true,
         .requested          = true,
         .refused            = true,
         .command_frame      = 4,
         .answer_frame       = 5,
         .answer             = TEXT("500 5.5.1 Command unrecognized: \"XXXXXXXX\""),
         .stripped           = "likely",
         .stripping_evidence = "offered_but_unknown_command"},
        false});
}

/* CVE-2011-0411: a command in the segment of STARTTLS, that is taken for an encrypted one. */
static void test_smtp_injection(void **state)
{
    (void)state;
    static const struct utterance said[] = {B("220 mail.example.com ESMTP\r\n"),
                                            A("EHLO a\r\n"),
                                            B("250-mail.example.com\r\n250 STARTTLS\r\n"),
                                            A("STARTTLS\r\nRSET\r\n"),
                                            B("220 Go ahead\r\n"),
                                            TLS};
    check(
        &(struct dialogue){&smtp_dissector,
                           25,
                           said,
                           HT_ARRAY_LEN(said),
                           "client is A by greeting\n"
                           "B starttls.greeting { protocol=smtp text=220 mail.example.com ESMTP }\n"
                           "B starttls.capabilities { protocol=smtp offered=true }\n"
                           "A starttls.request { protocol=smtp text=STARTTLS }\n"
                           "B starttls.answer { protocol=smtp accepted=true text=220 Go ahead }\n",
                           {.protocol        = "smtp",
                            .greeting        = TEXT("220 mail.example.com ESMTP"),
                            .offered         = true,
                            .requested       = true,
                            .accepted        = true,
                            .command_frame   = 4,
                            .answer_frame    = 5,
                            .answer          = TEXT("220 Go ahead"),
                            .pipelined_bytes = 6},
                           true});
}

/* Without an answer TLS itself shows that there was one. */
static void test_smtp_one_sided(void **state)
{
    (void)state;
    static const struct utterance said[] = {A("EHLO a\r\n"), A("STARTTLS\r\n"), A(CLIENT_TLS)};
    check(&(struct dialogue){&smtp_dissector,
                             25,
                             said,
                             HT_ARRAY_LEN(said),
                             "client is A by command\n"
                             "A starttls.request { protocol=smtp text=STARTTLS }\n",
                             {.protocol = "smtp", .requested = true, .command_frame = 2},
                             true});
}

/* RFC 2595 section 3.1, after the greeting of RFC 9051 section 7.1.1. */
static void test_imap(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B("* OK IMAP4rev1 server ready\r\n"),
        A("a001 CAPABILITY\r\n"),
        B("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na001 OK CAPABILITY completed\r\n"),
        A("a002 STARTTLS\r\n"),
        B("* OK Still here\r\na002 OK Begin TLS negotiation now\r\n"),
        TLS};
    check(&(struct dialogue){
        &imap_dissector,
        143,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=imap text=* OK IMAP4rev1 server ready }\n"
        "B starttls.capabilities { protocol=imap offered=true required=true }\n"
        "A starttls.request { protocol=imap text=a002 STARTTLS }\n"
        "B starttls.answer { protocol=imap accepted=true text=a002 OK Begin TLS negotiation now "
        "}\n",
        {.protocol      = "imap",
         .greeting      = TEXT("* OK IMAP4rev1 server ready"),
         .offered       = true,
         .required      = true,
         .requested     = true,
         .accepted      = true,
         .command_frame = 4,
         .answer_frame  = 5,
         .answer        = TEXT("a002 OK Begin TLS negotiation now")},
        true});
}

/* It is offered, and not taken up. */
static void test_imap_plain(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n"), A("1 LOGIN joe secret\r\n"),
        B("1 OK done\r\n"), A("2 SELECT INBOX\r\n"), B("* 1 EXISTS\r\n")};
    check(&(struct dialogue){
        &imap_dissector,
        143,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=imap text=* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] "
        "ready }\n"
        "B starttls.capabilities { protocol=imap offered=true }\n"
        "A starttls.plaintext_authentication { protocol=imap method=LOGIN }\n",
        {.protocol                 = "imap",
         .method                   = "LOGIN",
         .offered                  = true,
         .greeting                 = TEXT("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready"),
         .plaintext_authentication = true,
         .authentication_frame     = 2,
         .stripped                 = "possible",
         .stripping_evidence       = "offered_but_plaintext_authentication"},
        false});
}

/* RFC 4422 appendix A: who the client is, another layer says. */
static void test_imap_external(void **state)
{
    (void)state;
    static const struct utterance said[] = {B("* OK ready\r\n"), A("1 AUTHENTICATE external =\r\n"),
                                            B("1 OK done\r\n")};
    check(&(struct dialogue){&imap_dissector,
                             143,
                             said,
                             HT_ARRAY_LEN(said),
                             "client is A by greeting\n"
                             "B starttls.greeting { protocol=imap text=* OK ready }\n",
                             {.protocol = "imap", .greeting = TEXT("* OK ready")},
                             false});
}

/* RFC 2595 section 4, after CAPA (RFC 2449 section 5). */
static void test_pop3(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B("+OK POP3 server ready\r\n"),
        A("CAPA\r\n"),
        B("+OK Capability list follows\r\nTOP\r\nSTLS\r\nUSER\r\n.\r\n"),
        A("STLS\r\n"),
        B("+OK Begin TLS negotiation\r\n"),
        TLS};
    check(&(struct dialogue){
        &pop3_dissector,
        110,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=pop3 text=+OK POP3 server ready }\n"
        "B starttls.capabilities { protocol=pop3 offered=true }\n"
        "A starttls.request { protocol=pop3 text=STLS }\n"
        "B starttls.answer { protocol=pop3 accepted=true text=+OK Begin TLS negotiation }\n",
        {.protocol      = "pop3",
         .greeting      = TEXT("+OK POP3 server ready"),
         .offered       = true,
         .requested     = true,
         .accepted      = true,
         .command_frame = 4,
         .answer_frame  = 5,
         .answer        = TEXT("+OK Begin TLS negotiation")},
        true});
}

/* RFC 5034 section 4: a challenge answers the command, and what follows it is one more line of the
 * client's, with an answer of its own. */
static void test_pop3_challenge(void **state)
{
    (void)state;
    static const struct utterance said[] = {B("+OK ready\r\n"),
                                            A("AUTH PLAIN\r\n"),
                                            B("+ \r\n"),
                                            A("AHRlc3QAMTIzNA==\r\n"),
                                            B("-ERR not in clear\r\n"),
                                            A("STLS\r\n"),
                                            B("+OK Begin TLS\r\n"),
                                            TLS};
    check(&(struct dialogue){
        &pop3_dissector,
        110,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=pop3 text=+OK ready }\n"
        "A starttls.plaintext_authentication { protocol=pop3 method=AUTH mechanism=PLAIN }\n"
        "A starttls.request { protocol=pop3 text=STLS }\n"
        "B starttls.answer { protocol=pop3 accepted=true text=+OK Begin TLS }\n",
        {.protocol                 = "pop3",
         .greeting                 = TEXT("+OK ready"),
         .method                   = "AUTH",
         .mechanism                = TEXT("PLAIN"),
         .plaintext_authentication = true,
         .authentication_frame     = 2,
         .requested                = true,
         .accepted                 = true,
         .command_frame            = 6,
         .answer_frame             = 7,
         .answer                   = TEXT("+OK Begin TLS")},
        true});
}

/* RFC 4217 section 12.1. */
static void test_ftp(void **state)
{
    (void)state;
    static const struct utterance said[] = {B("220-Welcome\r\n220 to the FTP server\r\n"),
                                            A("FEAT\r\n"),
                                            B("211-Features:\r\n AUTH TLS\r\n PBSZ\r\n211 End\r\n"),
                                            A("AUTH TLS\r\n"),
                                            B("234 AUTH TLS successful\r\n"),
                                            TLS};
    check(&(struct dialogue){
        &ftp_dissector,
        21,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=ftp text=220-Welcome }\n"
        "B starttls.capabilities { protocol=ftp offered=true }\n"
        "A starttls.request { protocol=ftp text=AUTH TLS }\n"
        "B starttls.answer { protocol=ftp accepted=true text=234 AUTH TLS successful }\n",
        {.protocol      = "ftp",
         .greeting      = TEXT("220-Welcome"),
         .offered       = true,
         .requested     = true,
         .accepted      = true,
         .command_frame = 4,
         .answer_frame  = 5,
         .answer        = TEXT("234 AUTH TLS successful")},
        true});
}

static void test_ftp_plain(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B("220 FTP\r\n"),    A("AUTH TLS\r\n"),      B("530 Please login with USER and PASS.\r\n"),
        A("USER alice\r\n"), B("331 Password?\r\n"), A("PASS secret\r\n"),
        B("230 Login\r\n")};
    check(&(struct dialogue){
        &ftp_dissector,
        2100,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=ftp text=220 FTP }\n"
        "A starttls.request { protocol=ftp text=AUTH TLS }\n"
        "B starttls.answer { protocol=ftp text=530 Please login with USER and PASS. }\n"
        "A starttls.plaintext_authentication { protocol=ftp method=PASS }\n",
        {.protocol                 = "ftp",
         .greeting                 = TEXT("220 FTP"),
         .requested                = true,
         .refused                  = true,
         .command_frame            = 2,
         .answer_frame             = 3,
         .method                   = "PASS",
         .plaintext_authentication = true,
         .authentication_frame     = 6,
         .answer                   = TEXT("530 Please login with USER and PASS.")},
        false});
}

/* RFC 4642 section 2.3. */
static void test_nntp(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B("200 NNTP service ready\r\n"),
        A("CAPABILITIES\r\n"),
        B("101 Capability list:\r\nVERSION 2\r\nREADER\r\nIHAVE\r\nSTARTTLS\r\n"
          "LIST ACTIVE NEWSGROUPS\r\n.\r\n"),
        A("STARTTLS\r\n"),
        B("382 Continue with TLS negotiation\r\n"),
        TLS};
    check(&(struct dialogue){&nntp_dissector,
                             119,
                             said,
                             HT_ARRAY_LEN(said),
                             "client is A by greeting\n"
                             "B starttls.greeting { protocol=nntp text=200 NNTP service ready }\n"
                             "B starttls.capabilities { protocol=nntp offered=true }\n"
                             "A starttls.request { protocol=nntp text=STARTTLS }\n"
                             "B starttls.answer { protocol=nntp accepted=true text=382 Continue "
                             "with TLS negotiation }\n",
                             {.protocol      = "nntp",
                              .greeting      = TEXT("200 NNTP service ready"),
                              .offered       = true,
                              .requested     = true,
                              .accepted      = true,
                              .command_frame = 4,
                              .answer_frame  = 5,
                              .answer        = TEXT("382 Continue with TLS negotiation")},
                             true});
}

/* RFC 5804 sections 1.8 and 2.2. */
static void test_sieve(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B("\"IMPLEMENTATION\" \"Example1 ManageSieved v001\"\r\n\"SIEVE\" \"fileinto vacation\"\r\n"
          "\"STARTTLS\"\r\nOK\r\n"),
        A("STARTTLS\r\n"), B("OK \"Begin TLS negotiation now.\"\r\n"), TLS};
    check(&(struct dialogue){
        &sieve_dissector,
        4190,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=managesieve text=\"IMPLEMENTATION\" \"Example1 "
        "ManageSieved v001\" }\n"
        "B starttls.capabilities { protocol=managesieve offered=true }\n"
        "A starttls.request { protocol=managesieve text=STARTTLS }\n"
        "B starttls.answer { protocol=managesieve accepted=true text=OK \"Begin TLS negotiation "
        "now.\" }\n",
        {.protocol      = "managesieve",
         .offered       = true,
         .requested     = true,
         .accepted      = true,
         .greeting      = TEXT("\"IMPLEMENTATION\" \"Example1 ManageSieved v001\""),
         .command_frame = 2,
         .answer_frame  = 3,
         .answer        = TEXT("OK \"Begin TLS negotiation now.\"")},
        true});
}

/* RFC 5804 section 2.1: a challenge is a string, quoted or a literal, but no capability; those of
 * the greeting hold. A list that was asked for before authentication is one. */
static void test_sieve_challenge(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B("\"IMPLEMENTATION\" \"Example\"\r\n\"STARTTLS\"\r\nOK\r\n"),
        A("CAPABILITY\r\nAUTHENTICATE \"DIGEST-MD5\"\r\n"),
        B("\"IMPLEMENTATION\" \"Example\"\r\n\"STARTTLS\"\r\nOK\r\n"
          "\"cmVhbG09ImVsd29vZC5pbm5vc29mdC5leGFtcGxlLmNvbSI=\"\r\n"),
        A("\"Y2hhcnNldD11dGYtOA==\"\r\n"),
        B("{8}\r\ncnNwYXV0\r\n"),
        A("\"\"\r\n"),
        B("NO \"not in clear\"\r\n"),
        A("STARTTLS\r\n"),
        B("OK\r\n"),
        TLS};
    check(&(struct dialogue){
        &sieve_dissector,
        4190,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=managesieve text=\"IMPLEMENTATION\" \"Example\" }\n"
        "B starttls.capabilities { protocol=managesieve offered=true }\n"
        "A starttls.plaintext_authentication { protocol=managesieve method=AUTHENTICATE "
        "mechanism=DIGEST-MD5 }\n"
        "B starttls.capabilities { protocol=managesieve offered=true }\n"
        "A starttls.request { protocol=managesieve text=STARTTLS }\n"
        "B starttls.answer { protocol=managesieve accepted=true text=OK }\n",
        {.protocol                 = "managesieve",
         .greeting                 = TEXT("\"IMPLEMENTATION\" \"Example\""),
         .method                   = "AUTHENTICATE",
         .mechanism                = TEXT("DIGEST-MD5"),
         .plaintext_authentication = true,
         .authentication_frame     = 2,
         .stripped                 = "possible",
         .stripping_evidence       = "offered_but_plaintext_authentication",
         .offered                  = true,
         .requested                = true,
         .accepted                 = true,
         .command_frame            = 8,
         .answer_frame             = 9,
         .answer                   = TEXT("OK")},
        true});
}

/* After a hole that held the upgrade, TLS goes on. */
static void test_hole(void **state)
{
    (void)state;
    struct recorder r;
    recorder_start(&r, &imap_dissector, true, 143);
    recorder_bytes(&r, HT_SIDE_B, ht_text("* OK ready\r\n"), 0);
    recorder_bytes(&r, HT_SIDE_A, ht_text("a STARTTLS\r\n"), 0);
    recorder_bytes(&r, HT_SIDE_B, ht_bytes(NULL, 0), 100);
    recorder_bytes(&r, HT_SIDE_B, hex("aabb00 16 0303 0004 0e000000"), 0);
    assert_non_null(r.dispatch.past);
    recorder_end(&r);
    recorder_free(&r);
}

/* A dialogue that stays plain is given up, and what is no line at all is another protocol's. */
static void test_bounds(void **state)
{
    (void)state;
    struct recorder r;
    recorder_start(&r, &smtp_dissector, true, 25);
    recorder_bytes(&r, HT_SIDE_A, ht_text("EHLO a\r\n"), 0);
    for (int i = 0; i < 600 && !ht_dispatch_over(&r.dispatch); i++) {
        recorder_bytes(&r, HT_SIDE_A, ht_text("NOOP\r\n"), 0);
    }
    assert_true(ht_dispatch_over(&r.dispatch));
    recorder_end(&r);
    recorder_free(&r);
    recorder_start(&r, &smtp_dissector, true, 25);
    recorder_bytes(&r, HT_SIDE_A, ht_text("EHLO a\r\n"), 0);
    recorder_bytes(&r, HT_SIDE_A, hex("00010203"), 0);
    assert_non_null(r.dispatch.past);
    assert_null(r.dispatch.found);
    recorder_end(&r);
    recorder_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smtp),
        cmocka_unit_test(test_smtp_overwritten),
        cmocka_unit_test(test_smtp_unknown_command),
        cmocka_unit_test(test_smtp_injection),
        cmocka_unit_test(test_smtp_one_sided),
        cmocka_unit_test(test_imap),
        cmocka_unit_test(test_imap_plain),
        cmocka_unit_test(test_imap_external),
        cmocka_unit_test(test_pop3),
        cmocka_unit_test(test_pop3_challenge),
        cmocka_unit_test(test_ftp),
        cmocka_unit_test(test_ftp_plain),
        cmocka_unit_test(test_nntp),
        cmocka_unit_test(test_sieve),
        cmocka_unit_test(test_sieve_challenge),
        cmocka_unit_test(test_hole),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
