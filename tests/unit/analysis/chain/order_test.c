#include "support.h"

#include "analysis/chain/order.h"

#include <openssl/x509.h>

#define FOLDER "tests/unit/analysis/chain/certificates/"

enum { MAX = CHAIN_MAX_LEN + 1 };

static X509 *certificate(const char *file)
{
    struct ht_bytes der = file_bytes(file);
    const uint8_t *end  = der.ptr;
    X509 *x509          = d2i_X509(NULL, &end, (long)der.len);
    assert_non_null(x509);
    return x509;
}

static void check(const char *const files[MAX], const char *expected)
{
    X509 *sent[MAX] = {NULL};
    size_t num      = 0;
    for (; files[num] != NULL; num++) {
        sent[num] = files[num][0] == '\0' ? NULL : certificate(files[num]);
    }
    assert_string_equal(chain_order(sent, num), expected);
    for (size_t i = 0; i < num; i++) {
        X509_free(sent[i]);
    }
}

#define LEAF FOLDER "misordered.der"
#define LOW FOLDER "low-ca.der"       /* issued the leaf */
#define MIDDLE FOLDER "middle-ca.der" /* issued low */
#define ROOT FOLDER "root.der"
#define OTHER FOLDER "elsewhere-root.der"
#define NONE "" /* not a certificate */

static void test_orders(void **state)
{
    static const struct {
        const char *files[MAX];
        const char *order;
    } cases[] = {
        {{LEAF}, "in_order"},
        {{LEAF, LOW}, "in_order"},
        {{LEAF, LOW, MIDDLE, ROOT}, "in_order"},
        {{LEAF, MIDDLE, LOW}, "misordered"},
        {{LEAF, ROOT, MIDDLE, LOW}, "misordered"},
        {{LEAF, MIDDLE, OTHER, LOW}, "misordered"},
        {{LEAF, OTHER, LOW, MIDDLE}, "superfluous"},
        {{LEAF, LOW, LOW, MIDDLE}, "superfluous"},
        {{LEAF, LEAF}, "superfluous"},
        {{LEAF, LOW, NONE, MIDDLE}, "superfluous"},
        {{LEAF, ROOT}, "superfluous"}, /* with a gap */
        {{ROOT}, "in_order"},
        {{NONE}, "in_order"},
    };
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        check(cases[i].files, cases[i].order);
    }
}

static void test_bounds(void **state)
{
    X509 *sent[MAX] = {NULL};
    (void)state;
    assert_null(chain_order(sent, 0));
    assert_null(chain_order(sent, MAX));
    assert_string_equal(chain_order(sent, CHAIN_MAX_LEN), "superfluous");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
