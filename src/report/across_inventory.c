/* What is in use: what PCI DSS 4.0.1 requirement 12.3.3 wants listed, and reviewed each year. */
#include "report/across.h"

#include <inttypes.h>

/* Said once: what each server uses its profile tells. */
static void in_use(struct across *a, const struct ht_rule *rule)
{
    struct across_case found = {0};
    struct ht_proof proof    = {.basis = "derived"};
    size_t servers           = 0;
    for (size_t i = 0, last = 0; i < a->num_sessions; i++) {
        const struct report_session *each = a->sessions[i];
        if (each->key.suite == 0) {
            continue; /* nothing was agreed on */
        }
        servers += each->key.server != last ? 1 : 0;
        last = each->key.server;
        found.count += each->connections;
        if (report_sight_before(&each->sights.items[0], &found.sights[0])) {
            found.sights[0]  = each->sights.items[0];
            found.servers[0] = each->key.server;
        }
    }
    if (found.count > 0) {
        (void)ht_proof_say(
            &proof, 0, 0,
            "%" PRIu64 " connection%s with %zu server%s; --inventory and --cbom list "
            "what is used",
            found.count, found.count == 1 ? "" : "s", servers, servers == 1 ? "" : "s");
        across_find(a, rule, &found, &proof);
    }
}

static const struct across_rule rules[] = {
    {.rule    = {.id          = "inventory-crypto-use",
                 .severity    = "info",
                 .category    = "inventory",
                 .title       = "Cryptography is in use",
                 .remediation = "Keep the inventory, and review it every year.",
                 .references  = {"PCI DSS 4.0.1 requirement 12.3.3", "NIST SP 1800-38"}},
     .subject = REPORT_OF_HANDSHAKES,
     .look    = in_use},
};

const struct across_table across_inventory_rules = {rules, HT_ARRAY_LEN(rules)};
