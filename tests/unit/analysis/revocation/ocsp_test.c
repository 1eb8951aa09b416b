/* Expected values are those of `openssl ocsp -respin FILE -noverify -resp_text`. */
#include "data.h"

#include "analysis/revocation/parts.h"

static struct ht_arena arena;

static struct tls_certificate_status read_file(const char *name)
{
    struct tls_certificate_status out = {0};
    (void)ocsp_read(&arena, data_file(name), &out);
    return out;
}

static struct ocsp_answer judge(const char *response, const char *leaf, const char *issuer)
{
    struct ht_chain_link a = link_of(leaf), b = link_of(issuer);
    struct ocsp_answer out = ocsp_judge(&arena, data_file(response), &a, &b);
    link_free(&a);
    link_free(&b);
    return out;
}

static void reads(void **state)
{
    (void)state;
    struct tls_certificate_status good = read_file("good.ocsp");
    assert_string_equal(good.response_status, "successful");
    assert_string_equal(good.certificate_status, "good");
    assert_true(ht_bytes_equal(good.serial, hex("008001")));
    assert_text(good.responder, "CN=Test Issuer,O=Test");
    assert_int_equal(good.responder_key.len, 0);
    assert_int_equal(good.produced_at_ns, when("2026-03-01T12:00:00Z"));
    assert_int_equal(good.this_update_ns, when("2026-03-01T12:00:00Z"));
    assert_int_equal(good.next_update_ns, when("2026-03-08T12:00:00Z"));
    assert_int_equal(good.revoked_ns, 0);
    assert_null(good.reason);

    struct tls_certificate_status revoked = read_file("revoked.ocsp");
    assert_string_equal(revoked.certificate_status, "revoked");
    assert_int_equal(revoked.revoked_ns, when("2026-02-15T10:30:00Z"));
    assert_string_equal(revoked.reason, "keyCompromise");

    assert_string_equal(read_file("unknown.ocsp").certificate_status, "unknown");
    struct tls_certificate_status delegated = read_file("delegated.ocsp");
    assert_int_equal(delegated.responder.len, 0);
    assert_int_equal(delegated.responder_key.len, 20);
}

/* OCSPResponse { responseStatus ENUMERATED }, RFC 6960 section 4.2.1. */
static void unsuccessful(void **state)
{
    (void)state;
    static const struct {
        const char *der, *status, *fault;
    } cases[] = {
        {"30030a0101", "malformed_request", "unsuccessful"},
        {"30030a0102", "internal_error", "unsuccessful"},
        {"30030a0103", "try_later", "unsuccessful"},
        {"30030a0105", "sig_required", "unsuccessful"},
        {"30030a0106", "unauthorized", "unsuccessful"},
        {"30030a0104", "malformed", "malformed"},
        {"30030a0100", "malformed", "malformed"}, /* of success, with nothing in it */
        {"30030a010300", "malformed", "malformed"},
        {"3000", "malformed", "malformed"},
        {"", "malformed", "malformed"},
    };
    const struct ht_chain_link nobody = {0};
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct tls_certificate_status out = {0};
        assert_false(ocsp_read(&arena, hex(cases[i].der), &out));
        assert_string_equal(out.response_status, cases[i].status);
        struct ocsp_answer answer = ocsp_judge(&arena, hex(cases[i].der), &nobody, &nobody);
        assert_string_equal(answer.fault, cases[i].fault);
        assert_null(answer.status);
    }
}

static void too_large(void **state)
{
    (void)state;
    static const uint8_t bytes[OCSP_MAX_BYTES + 1] = {0x30};
    struct tls_certificate_status out              = {0};
    assert_false(ocsp_read(&arena, ht_bytes(bytes, sizeof bytes), &out));
    assert_string_equal(out.response_status, "too_large");
}

static bool is_read(struct ht_bytes der, void *arg)
{
    struct tls_certificate_status out = {0};
    (void)arg;
    return ocsp_read(&arena, der, &out);
}

static void prefixes(void **state)
{
    (void)state;
    every_prefix(data_file("delegated.ocsp"), is_read, NULL);
}

static void counts(void **state)
{
    (void)state;
    struct ocsp_answer good = judge("good.ocsp", "good", "issuer");
    assert_null(good.fault);
    assert_string_equal(good.status, "good");
    assert_int_equal(good.next_update_ns, when("2026-03-08T12:00:00Z"));
    assert_int_equal(good.responder_until_ns, 0);
    assert_null(judge("good-sha256.ocsp", "good", "issuer").fault);
    assert_string_equal(judge("unknown.ocsp", "unfit", "issuer").status, "unknown");

    struct ocsp_answer revoked = judge("revoked.ocsp", "revoked", "issuer");
    assert_null(revoked.fault);
    assert_string_equal(revoked.status, "revoked");
    assert_string_equal(revoked.reason, "keyCompromise");
    assert_int_equal(revoked.revoked_ns, when("2026-02-15T10:30:00Z"));
}

/* By a responder whom the issuer certified, until when its certificate ends (`openssl x509
 * -dates`).
 */
static void delegated(void **state)
{
    (void)state;
    struct ocsp_answer answer = judge("delegated.ocsp", "good", "issuer");
    assert_null(answer.fault);
    assert_string_equal(answer.status, "good");
    answer = judge("brief.ocsp", "good", "issuer");
    assert_null(answer.fault);
    assert_int_equal(answer.responder_from_ns, when("2026-01-01"));
    assert_int_equal(answer.responder_until_ns, when("2026-01-31"));
}

static void does_not_count(void **state)
{
    (void)state;
    static const struct {
        const char *response, *leaf, *issuer, *fault;
    } cases[] = {
        {"unfit.ocsp", "good", "issuer", "signature"},    /* its certificate is not for that */
        {"stranger.ocsp", "good", "issuer", "signature"}, /* by another of the same name */
        {"good.ocsp", "good", "stranger", "other_certificate"}, /* of another key */
        {"good.ocsp", "revoked", "issuer", "other_certificate"},
        {"good.ocsp", "good", "root", "other_certificate"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct ocsp_answer answer = judge(cases[i].response, cases[i].leaf, cases[i].issuer);
        assert_null(answer.status);
        assert_string_equal(answer.fault, cases[i].fault);
    }
    struct ht_chain_link leaf = link_of("good"), nobody = {0};
    assert_string_equal(ocsp_judge(&arena, data_file("good.ocsp"), &leaf, &nobody).fault,
                        "issuer_unknown");
    link_free(&leaf);
}

static bool says_the_same(const struct ocsp_answer *a, const struct ocsp_answer *b)
{
    return strcmp(a->status, b->status) == 0 && a->reason == b->reason &&
           a->produced_at_ns == b->produced_at_ns && a->this_update_ns == b->this_update_ns &&
           a->next_update_ns == b->next_update_ns && a->revoked_ns == b->revoked_ns;
}

/* What the responder says, from producedAt to nextUpdate, is signed. A change of a bit is found, or
 * changes nothing: libcrypto checks the signature of what it would have written. */
static void every_bit_matters(void **state)
{
    (void)state;
    static const char first[] = "20260301120000Z", last[] = "20260308120000Z";
    struct ht_bytes good      = data_file("good.ocsp");
    struct ht_chain_link leaf = link_of("good"), issuer = link_of("issuer");
    const uint8_t *from  = memmem(good.ptr, good.len, first, strlen(first));
    const uint8_t *until = memmem(good.ptr, good.len, last, strlen(last));
    uint8_t *copy        = malloc(good.len);
    unsigned same        = 0;

    const struct ocsp_answer original = ocsp_judge(&arena, good, &leaf, &issuer);
    assert_true(from != NULL && until != NULL && copy != NULL && from < until);
    for (const uint8_t *at = from; at < until + strlen(last); at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(copy, good.ptr, good.len);
            copy[at - good.ptr] ^= (uint8_t)(1U << bit);
            struct ocsp_answer got = ocsp_judge(&arena, ht_bytes(copy, good.len), &leaf, &issuer);
            same += got.fault == NULL;
            assert_true(got.fault != NULL || says_the_same(&got, &original));
        }
        ht_arena_rewind(&arena);
    }
    assert_in_range(same, 0, 8);
    free(copy);
    link_free(&leaf);
    link_free(&issuer);
}

static void scts(void **state)
{
    (void)state;
    struct ocsp_answer answer = judge("logged.ocsp", "logged", "issuer");
    assert_null(answer.fault);
    assert_int_equal(answer.sct_list.len,
                     2 + answer.sct_list.ptr[0] * 256 + answer.sct_list.ptr[1]);
    assert_int_equal(judge("good.ocsp", "good", "issuer").sct_list.len, 0);
}

static int clear(void **state)
{
    (void)state;
    ht_arena_clear(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),          cmocka_unit_test(unsuccessful),
        cmocka_unit_test(too_large),      cmocka_unit_test(prefixes),
        cmocka_unit_test(counts),         cmocka_unit_test(delegated),
        cmocka_unit_test(does_not_count), cmocka_unit_test(every_bit_matters),
        cmocka_unit_test(scts),
    };
    return cmocka_run_group_tests(tests, NULL, clear);
}
