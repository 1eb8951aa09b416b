#include "policy/policy.h"

const char *const ht_policy_names[] = {NULL};

struct ht_policy_rule ht_policy_rule(const struct ht_policy *policy, const char *rule_id)
{
    (void)policy;
    (void)rule_id;
    return (struct ht_policy_rule){.verdict = HT_POLICY_WARN};
}
