/* SCTs that scts.py signed, independently of this program: see ../revocation/data. */
#include "../revocation/data.h"

#include "analysis/transparency/transparency.h"
#include "tls/sct.h"

static struct ht_ct_logs *logs;

static int open_logs(void **state)
{
    (void)state;
    struct ht_error error = {{0}};
    logs                  = ht_ct_logs_open(DATA "logs.json", &error);
    return logs != NULL ? 0 : -1;
}

static int close_logs(void **state)
{
    (void)state;
    ht_ct_logs_free(logs);
    return 0;
}

struct fixture {
    struct ht_chain_link leaf, issuer;
    struct ht_analysis_settings settings;
    struct ht_arena arena;
    struct tls_chain_verdict verdict;
};

static void judge(struct fixture *f, const char *leaf, const char *issuer,
                  const struct ht_ct_logs *known)
{
    *f = (struct fixture){.leaf = link_of(leaf), .settings = {.ct_logs = known}};
    if (issuer != NULL) {
        f->issuer = link_of(issuer);
    }
    struct ht_chain_parts parts = {.settings = &f->settings,
                                   .leaf     = f->leaf,
                                   .issuer   = f->issuer,
                                   .verdict  = &f->verdict,
                                   .arena    = &f->arena};
    ht_transparency_judge(&parts);
}

static void done(struct fixture *f)
{
    link_free(&f->leaf);
    link_free(&f->issuer);
    ht_arena_clear(&f->arena);
}

static void embedded(void **state)
{
    (void)state;
    struct fixture f;
    judge(&f, "logged", "issuer", logs);
    const struct tls_sct_verdict *scts = f.verdict.scts.items;
    assert_int_equal(f.verdict.scts.len, 3);
    assert_string_equal(scts[0].verdict, "valid");
    assert_text(scts[0].log, "Example 2026");
    assert_text(scts[0].log_operator, "Example Operator");
    assert_string_equal(scts[0].log_state, "usable");
    assert_string_equal(scts[0].source, "certificate");
    assert_int_equal(scts[0].log_id.len, 32);
    assert_int_equal(scts[0].time_ns, when("2026-01-01") + 123000000);
    assert_string_equal(scts[1].verdict, "valid"); /* RSA, with extensions */
    assert_string_equal(scts[1].log_state, "readonly");
    assert_string_equal(scts[2].verdict, "unknown_log");
    assert_int_equal(scts[2].log.len, 0);
    done(&f);
}

static void another_issuer(void **state)
{
    (void)state;
    struct fixture f;
    judge(&f, "logged", "stranger", logs);
    const struct tls_sct_verdict *scts = f.verdict.scts.items;
    assert_int_equal(f.verdict.scts.len, 3);
    assert_string_equal(scts[0].verdict, "invalid");
    assert_string_equal(scts[1].verdict, "invalid");
    done(&f);
}

/* Without the issuer, or logs, they are told of but not checked. */
static void not_checked(void **state)
{
    (void)state;
    struct fixture f;
    judge(&f, "logged", NULL, logs);
    const struct tls_sct_verdict *scts = f.verdict.scts.items;
    assert_int_equal(f.verdict.scts.len, 3);
    assert_null(scts[0].verdict);
    assert_text(scts[0].log, "Example 2026");
    done(&f);
    judge(&f, "logged", "issuer", NULL);
    scts = f.verdict.scts.items;
    assert_int_equal(f.verdict.scts.len, 3);
    assert_null(scts[0].verdict);
    assert_int_equal(scts[0].log.len, 0);
    done(&f);
    judge(&f, "good", "issuer", logs); /* it has none */
    assert_int_equal(f.verdict.scts.len, 0);
    done(&f);
}

/* In the extension of TLS: of the second, a bit of the timestamp was changed. */
static void extension(void **state)
{
    (void)state;
    struct ht_chain_link leaf = link_of("logged"), nobody = {0};
    const struct ht_sct_subject subject = {&leaf, &nobody, false};
    struct ht_sct_outcome out[TLS_MAX_SCTS];
    struct ht_bytes list = data_file("extension.scts");
    assert_int_equal(ht_scts_check(logs, list, &subject, out, TLS_MAX_SCTS), 2);
    assert_string_equal(out[0].verdict, "valid");
    assert_string_equal(out[1].verdict, "invalid");
    assert_int_equal(ht_scts_check(logs, list, &subject, out, 1), 1);

    struct ht_chain_link other        = link_of("good");
    const struct ht_sct_subject moved = {&other, &nobody, false};
    assert_int_equal(ht_scts_check(logs, list, &moved, out, TLS_MAX_SCTS), 2);
    assert_string_equal(out[0].verdict, "invalid");
    link_free(&leaf);
    link_free(&other);
}

static void unwraps(void **state)
{
    (void)state;
    assert_true(ht_bytes_equal(ht_sct_list_unwrap(hex("0403 0001ff")), hex("0001ff")));
    assert_true(ht_bytes_equal(ht_sct_list_unwrap(hex("048103 0001ff")), hex("0001ff")));
    assert_int_equal(ht_sct_list_unwrap(hex("0303 0001ff")).len, 0);
    assert_int_equal(ht_sct_list_unwrap(hex("0404 0001ff")).len, 0);
    assert_int_equal(ht_sct_list_unwrap(hex("0402 0001ff")).len, 0);
    assert_int_equal(ht_sct_list_unwrap(hex("0485 0000000003 0001ff")).len, 0);
    assert_int_equal(ht_sct_list_unwrap(hex("0480 0001ff 0000")).len, 0);
    assert_int_equal(ht_sct_list_unwrap(hex("")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embedded),    cmocka_unit_test(another_issuer),
        cmocka_unit_test(not_checked), cmocka_unit_test(extension),
        cmocka_unit_test(unwraps),
    };
    return cmocka_run_group_tests(tests, open_logs, close_logs);
}
