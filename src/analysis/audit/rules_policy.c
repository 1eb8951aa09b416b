/* Rules about: policy. */
#include "analysis/audit/case.h"

const struct audit_table audit_policy_rules = {.rules = NULL, .num = 0};
