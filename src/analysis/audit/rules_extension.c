/* Rules about: extension. */
#include "analysis/audit/case.h"

const struct audit_table audit_extension_rules = {.rules = NULL, .num = 0};
