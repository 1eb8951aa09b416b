#include "analysis/chain/parts.h"

#include "analysis/revocation/revocation.h"
#include "analysis/transparency/transparency.h"

/* In the order in which they are called; a line for each. */
static void (*const judges[])(struct ht_chain_parts *parts) = {
    ht_revocation_judge,
    ht_transparency_judge,
    NULL,
};

void ht_chain_holds_between(struct ht_chain_parts *parts, int64_t from_ns, int64_t until_ns)
{
    parts->from_ns  = from_ns > parts->from_ns ? from_ns : parts->from_ns;
    parts->until_ns = until_ns < parts->until_ns ? until_ns : parts->until_ns;
}

void ht_chain_judge_parts(struct ht_chain_parts *parts)
{
    for (size_t i = 0; judges[i] != NULL; i++) {
        judges[i](parts);
    }
}
