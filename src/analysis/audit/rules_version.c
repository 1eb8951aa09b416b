/* Rules about: version. */
#include "analysis/audit/case.h"

const struct audit_table audit_version_rules = {.rules = NULL, .num = 0};
