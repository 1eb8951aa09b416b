/* Expected values are those of `openssl crl -inform DER -in FILE -noout -text`. */
#include "data.h"

#include "analysis/revocation/revocation.h"

#include <unistd.h>

struct judged {
    struct tls_revocation revocation; /* its status is NULL where nothing was said */
    int64_t from_ns, until_ns;
};

/* The path of `names`, leaf first, judged by the list in the file. */
static struct judged judge(const char *file, const char *time, const char *const *names, size_t len)
{
    char path[512];
    struct ht_arena arena = {0};
    struct ht_error error = {{0}};
    (void)snprintf(path, sizeof path, "%s%s", DATA, file);
    struct ht_crl_list *crls = ht_crl_list_open(path, &error);
    assert_non_null(crls);
    struct ht_chain_link links[4];
    assert_true(len <= HT_ARRAY_LEN(links));
    for (size_t i = 0; i < len; i++) {
        links[i] = link_of(names[i]);
    }
    const struct ht_analysis_settings settings = {.crls = crls};
    struct tls_chain_verdict verdict           = {0};
    struct ht_chain_parts parts                = {.settings = &settings,
                                                  .leaf     = links[0],
                                                  .issuer   = links[1],
                                                  .path     = links,
                                                  .path_len = len,
                                                  .now_ns   = when(time),
                                                  .from_ns  = INT64_MIN,
                                                  .until_ns = INT64_MAX,
                                                  .verdict  = &verdict,
                                                  .arena    = &arena};
    ht_revocation_judge(&parts);
    struct judged out = {.from_ns = parts.from_ns, .until_ns = parts.until_ns};
    if (verdict.revocation != NULL) {
        out.revocation = *verdict.revocation;
    }
    for (size_t i = 0; i < len; i++) {
        link_free(&links[i]);
    }
    ht_crl_list_free(crls);
    ht_arena_clear(&arena);
    return out;
}

static struct tls_revocation of_leaf(const char *file, const char *time, const char *leaf)
{
    const char *const path[] = {leaf, "issuer"};
    return judge(file, time, path, 2).revocation;
}

static void good_and_revoked(void **state)
{
    (void)state;
    struct tls_revocation good = of_leaf("issuer.crl", "2026-03-02", "good");
    assert_string_equal(good.status, "good");
    assert_string_equal(good.source, "crl");
    assert_null(good.fault);
    assert_int_equal(good.certificate, 1);
    assert_int_equal(good.this_update_ns, when("2026-03-01T12:00:00Z"));
    assert_int_equal(good.next_update_ns, when("2026-03-08T12:00:00Z"));

    struct tls_revocation revoked = of_leaf("issuer.crl", "2026-03-02", "revoked");
    assert_string_equal(revoked.status, "revoked");
    assert_int_equal(revoked.revoked_ns, when("2026-02-15T10:30:00Z"));
    assert_string_equal(revoked.reason, "keyCompromise");
}

static void times(void **state)
{
    (void)state;
    struct tls_revocation early = of_leaf("issuer.crl", "2026-02-28", "good");
    assert_string_equal(early.status, "not_judged");
    assert_string_equal(early.fault, "not_yet_valid");
    struct tls_revocation late = of_leaf("issuer.crl", "2026-03-09", "good");
    assert_string_equal(late.status, "not_judged");
    assert_string_equal(late.fault, "expired");
    /* What was revoked stays so. */
    late = of_leaf("issuer.crl", "2026-03-09", "revoked");
    assert_string_equal(late.status, "revoked");
    assert_string_equal(late.fault, "expired");
}

/* The word holds from one change to the next. */
static void holds(void **state)
{
    (void)state;
    static const char *const path[] = {"good", "issuer"};
    struct judged in_time           = judge("issuer.crl", "2026-03-02", path, 2);
    assert_int_equal(in_time.from_ns, when("2026-03-01T12:00:00Z"));
    assert_int_equal(in_time.until_ns, when("2026-03-08T12:00:00Z") - 1);
    struct judged late = judge("issuer.crl", "2026-03-09", path, 2);
    assert_int_equal(late.from_ns, when("2026-03-08T12:00:00Z"));
    assert_int_equal(late.until_ns, INT64_MAX);
    struct judged early = judge("issuer.crl", "2026-02-01", path, 2);
    assert_int_equal(early.from_ns, INT64_MIN);
    assert_int_equal(early.until_ns, when("2026-03-01T12:00:00Z") - 1);
    struct judged other = judge("root.crl", "2026-03-02", path, 2);
    assert_int_equal(other.from_ns, INT64_MIN);
    assert_int_equal(other.until_ns, INT64_MAX);
}

static void no_list_for_it(void **state)
{
    (void)state;
    assert_null(of_leaf("root.crl", "2026-03-02", "good").status);  /* of another issuer */
    assert_null(of_leaf("scope.crl", "2026-03-02", "good").status); /* of CAs only */
}

/* A list by another key of the same name. */
static void signature(void **state)
{
    (void)state;
    struct tls_revocation forged = of_leaf("stranger.crl", "2026-03-02", "revoked");
    assert_string_equal(forged.status, "not_judged");
    assert_string_equal(forged.fault, "signature");
    assert_int_equal(forged.revoked_ns, 0);
}

/* RFC 5280 section 5.2: a list with a critical extension that is not processed is not to be used;
 * one of changes alone (section 5.2.4) says nothing of who is not in it. */
static void critical_extensions(void **state)
{
    (void)state;
    static const char *const path[]  = {"odd-leaf", "odd"};
    static const char *const lists[] = {"odd.crl", "delta.crl"};
    for (size_t i = 0; i < HT_ARRAY_LEN(lists); i++) {
        struct tls_revocation said = judge(lists[i], "2026-03-02", path, 2).revocation;
        assert_string_equal(said.status, "not_judged");
        assert_string_equal(said.fault, "unsupported");
    }
}

/* Both lists in one file of PEM: nearest to the leaf first. */
static void intermediate(void **state)
{
    (void)state;
    static const char *const path[] = {"good", "issuer", "root"};
    struct tls_revocation said      = judge("both.pem", "2026-03-02", path, 3).revocation;
    assert_string_equal(said.status, "revoked");
    assert_int_equal(said.certificate, 2);
    assert_int_equal(said.revoked_ns, when("2026-02-20"));
    assert_string_equal(said.reason, "cACompromise");
    static const char *const revoked[] = {"revoked", "issuer", "root"};
    assert_int_equal(judge("both.pem", "2026-03-02", revoked, 3).revocation.certificate, 1);
}

static void not_lists(void **state)
{
    (void)state;
    struct ht_error error = {{0}};
    assert_null(ht_crl_list_open(DATA "no-such-file", &error));
    assert_non_null(strstr(error.text, "no-such-file: No such file"));
    assert_null(ht_crl_list_open(DATA "logs.json", &error));
    assert_non_null(strstr(error.text, "logs.json"));
    assert_null(ht_crl_list_open(DATA "good.der", &error));

    /* A list after which another is cut. */
    char path[]         = "/tmp/hellotap-crl-XXXXXX";
    struct ht_bytes pem = data_file("both.pem");
    int file            = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, pem.ptr, pem.len - 60), pem.len - 60);
    assert_int_equal(close(file), 0);
    struct ht_crl_list *crls = ht_crl_list_open(path, &error);
    assert_null(crls);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_and_revoked),
        cmocka_unit_test(times),
        cmocka_unit_test(holds),
        cmocka_unit_test(no_list_for_it),
        cmocka_unit_test(signature),
        cmocka_unit_test(critical_extensions),
        cmocka_unit_test(intermediate),
        cmocka_unit_test(not_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
