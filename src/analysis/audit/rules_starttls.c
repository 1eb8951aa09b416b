/* Rules about: starttls. */
#include "analysis/audit/case.h"

const struct audit_table audit_starttls_rules = {.rules = NULL, .num = 0};
