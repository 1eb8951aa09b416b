/* What is in use: what PCI DSS 4.0.1 requirement 12.3.3 wants listed, and reviewed each year. */
#include "report/across.h"

#include <inttypes.h>

/* The sessions of a server in which something was agreed on, and the first of them. */
static size_t gather(struct across_case *out, const struct report_session **sessions, size_t num)
{
    size_t agreed = 0;
    for (size_t i = 0; i < num; i++) {
        if (sessions[i]->key.suite == 0) {
            continue;
        }
        if (agreed < REPORT_EXAMPLES) {
            out->sights[agreed] = sessions[i]->sights.items[0];
        }
        out->count += sessions[i]->connections;
        agreed++;
    }
    return agreed;
}

static void in_use(struct across *a, const struct ht_rule *rule)
{
    size_t from = 0, num;
    for (const struct report_session **of; (of = across_sessions_of(a, &from, &num)) != NULL;) {
        struct across_case found = {.server = of[0]->key.server};
        struct ht_proof proof    = {.basis = "derived"};
        size_t agreed            = gather(&found, of, num);
        if (agreed > 0) {
            (void)ht_proof_say(&proof, 0, 0,
                               "%" PRIu64 " connection%s, %zu kind%s of session; --inventory and "
                               "--cbom list what is used",
                               found.count, found.count == 1 ? "" : "s", agreed,
                               agreed == 1 ? "" : "s");
            across_find(a, rule, &found, &proof);
        }
    }
}

static const struct across_rule rules[] = {
    {.rule    = {.id          = "inventory-crypto-use",
                 .severity    = "info",
                 .category    = "inventory",
                 .title       = "The server uses cryptography",
                 .remediation = "Keep the inventory, and review it every year.",
                 .references  = {"PCI DSS 4.0.1 requirement 12.3.3", "NIST SP 1800-38"}},
     .subject = REPORT_OF_HANDSHAKES,
     .look    = in_use},
};

const struct across_table across_inventory_rules = {rules, HT_ARRAY_LEN(rules)};
