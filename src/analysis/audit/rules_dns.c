/* Rules about: dns. */
#include "analysis/audit/case.h"

const struct audit_table audit_dns_rules = {.rules = NULL, .num = 0};
