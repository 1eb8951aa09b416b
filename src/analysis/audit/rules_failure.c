/* Rules about: failure. */
#include "analysis/audit/case.h"

const struct audit_table audit_failure_rules = {.rules = NULL, .num = 0};
