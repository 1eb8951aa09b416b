/* Who holds a certificate, and for how long it is parsed. */
#include "support.h"

#include "analysis/chain/judge.h"

#include <stdlib.h>

#define FOLDER "tests/unit/analysis/chain/certificates/"

static struct chain_member *member_of(const char *file, uint8_t first)
{
    uint8_t digest[CHAIN_SHA256_LEN] = {first};
    struct chain_member *member      = chain_member_new(digest, file_bytes(file));
    assert_non_null(member);
    return member;
}

/* Forgotten by the cache, it stays for who holds it. */
static void test_holders(void **state)
{
    struct chain_member *member = member_of(FOLDER "issuing-ca.der", 1);
    (void)state;
    assert_ptr_equal(chain_member_hold(member), member);
    assert_non_null(chain_member_x509(member));
    chain_member_drop(member);
    assert_false(member->parsed);
    (void)chain_member_hold(member);
    (void)chain_member_hold(member);
    const struct x509_st *x509 = chain_member_x509(member);
    chain_member_drop(member);
    chain_member_forget(member);
    assert_ptr_equal(chain_member_x509(member), x509);
    chain_member_drop(member);
    chain_member_drop(NULL);
}

static void test_who_may_issue(void **state)
{
    static const struct {
        const char *file;
        bool may_issue;
    } cases[] = {
        {FOLDER "issuing-ca.der", true},
        {FOLDER "ca-as-leaf.der", true},
        {FOLDER "good.der", false},
        {FOLDER "root.der", false}, /* which is nothing without being trusted */
    };
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct chain_member *member = chain_member_hold(member_of(cases[i].file, 1));
        assert_int_equal(chain_member_may_issue(member), cases[i].may_issue);
        chain_member_drop(member);
        chain_member_forget(member);
    }
}

/* Each is there once, and the oldest makes room. */
static void test_issuers(void **state)
{
    static struct chain_issuers issuers;
    struct chain_member *first = member_of(FOLDER "issuing-ca.der", 1);
    (void)state;
    chain_issuers_add(&issuers, first);
    chain_issuers_add(&issuers, first);
    assert_int_equal(issuers.generation, 1);
    assert_int_equal(first->holders, 1);
    for (size_t i = 0; i < CHAIN_MAX_ISSUERS; i++) {
        uint8_t digest[CHAIN_SHA256_LEN] = {2, (uint8_t)(i >> 8), (uint8_t)i};
        struct chain_member *other       = chain_member_new(digest, hex("3000"));
        assert_non_null(other);
        chain_issuers_add(&issuers, other);
        chain_member_forget(other);
    }
    assert_int_equal(issuers.generation, 1 + CHAIN_MAX_ISSUERS);
    assert_int_equal(first->holders, 0);
    chain_member_forget(first);
    chain_issuers_fini(&issuers);
    assert_null(issuers.ring[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holders),
        cmocka_unit_test(test_who_may_issue),
        cmocka_unit_test(test_issuers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
