#include "report/batch_gcd.h"

#include <openssl/bn.h>
#include <stdlib.h>

/*
 * With P the product of all moduli and S the sum over i of P / N_i, S mod N_i is the product of all
 * others mod N_i; so gcd(N_i, S mod N_i) is what N_i has in common with them. Both go up a binary
 * tree by S = S_left P_right + S_right P_left, and S comes down again as remainders. That is half
 * the size of the usual P mod N_i^2.
 *
 * Nodes as in a heap: node i has the children 2i and 2i + 1, the leaves are from `num` on.
 */
struct tree {
    BIGNUM **product, **sum; /* 2 * num each; 0 is unused */
    size_t num;
    BN_CTX *context;
};

static bool make(struct tree *tree, size_t num)
{
    tree->num     = num;
    tree->product = calloc(2 * num, sizeof(BIGNUM *));
    tree->sum     = calloc(2 * num, sizeof(BIGNUM *));
    tree->context = BN_CTX_new();
    bool good     = tree->product != NULL && tree->sum != NULL && tree->context != NULL;
    for (size_t i = 1; good && i < 2 * num; i++) {
        tree->product[i] = BN_new();
        tree->sum[i]     = BN_new();
        good             = tree->product[i] != NULL && tree->sum[i] != NULL;
    }
    return good;
}

static void unmake(struct tree *tree)
{
    for (size_t i = 1; i < 2 * tree->num; i++) {
        if (tree->product != NULL) {
            BN_free(tree->product[i]);
        }
        if (tree->sum != NULL) {
            BN_free(tree->sum[i]);
        }
    }
    free(tree->product);
    free(tree->sum);
    BN_CTX_free(tree->context);
}

static bool join(struct tree *tree, size_t node)
{
    BIGNUM **p = tree->product, **s = tree->sum;
    size_t left = 2 * node, right = left + 1;
    BIGNUM *other = BN_new();
    bool good     = other != NULL && BN_mul(p[node], p[left], p[right], tree->context) == 1 &&
                BN_mul(s[node], s[left], p[right], tree->context) == 1 &&
                BN_mul(other, s[right], p[left], tree->context) == 1 &&
                BN_add(s[node], s[node], other) == 1;
    BN_free(other);
    return good;
}

static bool climb(struct tree *tree, const struct ht_bytes *moduli)
{
    bool good = true;
    for (size_t i = 0; good && i < tree->num; i++) {
        size_t leaf = tree->num + i;
        good        = BN_bin2bn(moduli[i].ptr, (int)moduli[i].len, tree->product[leaf]) != NULL &&
               !BN_is_zero(tree->product[leaf]) && BN_one(tree->sum[leaf]) == 1;
    }
    for (size_t node = tree->num - 1; good && node > 0; node--) {
        good = join(tree, node);
    }
    return good;
}

static bool descend(struct tree *tree)
{
    bool good = true;
    for (size_t node = 1; good && node < 2 * tree->num; node++) {
        good = BN_mod(tree->sum[node], node > 1 ? tree->sum[node / 2] : tree->sum[node],
                      tree->product[node], tree->context) == 1;
    }
    return good;
}

bool ht_batch_gcd(const struct ht_bytes *moduli, size_t num, bool *shares)
{
    struct tree tree = {0};
    bool good        = true;
    if (num > 0) {
        memset(shares, 0, num * sizeof *shares);
    }
    if (num < 2 || num > HT_BATCH_GCD_MAX) {
        return true;
    }
    good = make(&tree, num) && climb(&tree, moduli) && descend(&tree);
    for (size_t i = 0; good && i < num; i++) {
        BIGNUM *leaf = tree.product[num + i], *common = tree.sum[num + i];
        good      = BN_gcd(common, common, leaf, tree.context) == 1;
        shares[i] = good && !BN_is_one(common);
    }
    unmake(&tree);
    return good;
}

bool ht_common_factor(struct ht_bytes a, struct ht_bytes b)
{
    BN_CTX *context = BN_CTX_new();
    BIGNUM *x       = BN_bin2bn(a.ptr, (int)a.len, NULL);
    BIGNUM *y       = BN_bin2bn(b.ptr, (int)b.len, NULL);
    BIGNUM *common  = BN_new();
    bool found      = context != NULL && x != NULL && y != NULL && common != NULL &&
                 BN_gcd(common, x, y, context) == 1 && !BN_is_one(common);
    BN_free(common);
    BN_free(x);
    BN_free(y);
    BN_CTX_free(context);
    return found;
}
