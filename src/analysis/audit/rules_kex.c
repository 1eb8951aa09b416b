/* Rules about: kex. */
#include "analysis/audit/case.h"

const struct audit_table audit_kex_rules = {.rules = NULL, .num = 0};
