/*
 * What cipher suites are made of: spot checks against IANA's registry "TLS Cipher Suites" and the
 * RFCs that define them.
 */
#include "support.h"

#include "analysis/audit/suite.h"

static const struct audit_suite *suite(uint16_t id)
{
    const struct audit_suite *found = audit_suite_find(id);
    assert_non_null(found);
    assert_int_equal(found->id, id);
    return found;
}

/* RFC 5246 appendix A.5. */
static void rsa_with_cbc(void **unused)
{
    (void)unused;
    const struct audit_suite *s = suite(0x002F);
    assert_string_equal(s->name, "TLS_RSA_WITH_AES_128_CBC_SHA");
    assert_string_equal(s->key_exchange, "RSA");
    assert_string_equal(s->cipher, "AES");
    assert_string_equal(s->mode, "CBC");
    assert_string_equal(s->mac, "HMAC-SHA1");
    assert_int_equal(s->strength_bits, 128);
    assert_int_equal(s->block_bits, 128);
    assert_false(s->aead);
    assert_false(s->forward_secrecy);
    assert_true(s->registered);
    assert_int_equal(s->kinds, AUDIT_SUITE_STATIC_RSA);
}

/* RFC 5289 section 3.2; RFC 6655; RFC 8446 appendix B.4. */
static void authenticated(void **unused)
{
    (void)unused;
    const struct audit_suite *gcm = suite(0xC02F), *ccm8 = suite(0x1305);
    assert_string_equal(gcm->key_exchange, "ECDHE");
    assert_string_equal(gcm->authentication, "RSA");
    assert_true(gcm->aead && gcm->forward_secrecy);
    assert_int_equal(gcm->tag_bits, 128);
    assert_int_equal(gcm->recommended, 'Y');
    assert_int_equal(gcm->kinds, 0);
    assert_int_equal(ccm8->tag_bits, 64);
    assert_int_equal(ccm8->recommended, 'N');
}

/* RFC 2246 appendix A.5: RSA_EXPORT_WITH_RC4_40_MD5, DH_anon_EXPORT_WITH_RC4_40_MD5. */
static void weak(void **unused)
{
    (void)unused;
    const struct audit_suite *exported = suite(0x0003), *anonymous = suite(0x0017);
    assert_true(exported->export_grade);
    assert_int_equal(exported->strength_bits, 40);
    assert_int_equal(exported->kinds,
                     AUDIT_SUITE_EXPORT | AUDIT_SUITE_WEAK | AUDIT_SUITE_STATIC_RSA);
    assert_int_equal(anonymous->kinds,
                     AUDIT_SUITE_EXPORT | AUDIT_SUITE_WEAK | AUDIT_SUITE_ANONYMOUS);
    assert_int_equal(suite(0x000A)->block_bits, 64);
    assert_int_equal(suite(0x000A)->kinds, AUDIT_SUITE_WEAK | AUDIT_SUITE_STATIC_RSA);
    assert_int_equal(suite(0xC0B4)->kinds, AUDIT_SUITE_NULL); /* RFC 9150 */
}

/* Signals and GREASE are no suites (RFC 5746, 7507, 8701). */
static void no_suites(void **unused)
{
    (void)unused;
    assert_null(audit_suite_find(0x00FF));
    assert_null(audit_suite_find(0x5600));
    assert_null(audit_suite_find(0x1A1A));
    assert_null(audit_suite_find(0xFFFF));
    assert_int_equal(audit_suite_kinds(hex("1a1a c02f 00ff")), 0);
    assert_int_equal(audit_suite_kinds(hex("1a1a 002f c018 00ff")),
                     AUDIT_SUITE_STATIC_RSA | AUDIT_SUITE_ANONYMOUS);
    assert_int_equal(audit_suite_kinds(hex("")), 0);
}

static void ranks(void **unused)
{
    (void)unused;
    assert_true(audit_suite_rank(suite(0x1301)) > audit_suite_rank(suite(0x009E)));
    assert_true(audit_suite_rank(suite(0x009E)) > audit_suite_rank(suite(0x0033)));
    assert_true(audit_suite_rank(suite(0x0033)) > audit_suite_rank(suite(0x002F)));
    assert_true(audit_suite_rank(suite(0x002F)) > audit_suite_rank(suite(0x0001)));
    assert_int_equal(audit_suite_rank(NULL), -1);
    assert_int_equal(audit_suite_rank(suite(0xE013)), -1); /* nobody's registry has it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_with_cbc), cmocka_unit_test(authenticated), cmocka_unit_test(weak),
        cmocka_unit_test(no_suites),    cmocka_unit_test(ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
